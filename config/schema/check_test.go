package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
)

// A kind that went through JSON is the same, apart from what is a function.
func TestKindsAreData(t *testing.T) {
	for _, k := range append(kinds.Catalogue().Kinds(), kinds.Endpoint()) {
		b, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		var back schema.Kind
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		again, err := json.Marshal(&back)
		if err != nil || string(again) != string(b) {
			t.Errorf("%s: %v\n%s\n%s", k.Name, err, b, again)
		}
		if back.Name != k.Name || len(back.Attributes) != len(k.Attributes) || !reflect.DeepEqual(back.Identity, k.Identity) {
			t.Errorf("%s came back as %+v", k.Name, back)
		}
		for i := range k.Attributes {
			a, b := &k.Attributes[i], &back.Attributes[i]
			if a.Type != b.Type || a.Nesting != b.Nesting || a.Disruption != b.Disruption || a.Computed != b.Computed || (a.Pattern == nil) != (b.Pattern == nil) || a.Pattern != nil && a.Pattern.String() != b.Pattern.String() {
				t.Errorf("%s.%s came back as %+v", k.Name, a.Name, b)
			}
		}
	}
}

// What comes from elsewhere is checked, and each fault has words of its own.
func TestKindCheck(t *testing.T) {
	name := schema.Attribute{Name: "name", Doc: "n"}
	good := func() *schema.Kind {
		return &schema.Kind{Name: "box", Identity: [][]string{{"name"}}, Attributes: []schema.Attribute{name, {Name: "of", Type: schema.Ref, RefKind: "box", Doc: "o"}, {Name: "n", Type: schema.Number, Doc: "n"}}}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for says, spoil := range map[string]func(k *schema.Kind){
		`"Box" cannot be the name of a kind`:      func(k *schema.Kind) { k.Name = "Box" },
		`"provider" cannot be the name of a kind`: func(k *schema.Kind) { k.Name = "provider" },
		`"count" cannot be the name`:              func(k *schema.Kind) { k.Attributes[1].Name = "count" },
		"box.name is declared twice":              func(k *schema.Kind) { k.Attributes = append(k.Attributes, name) },
		"no type, nesting or disruption":          func(k *schema.Kind) { k.Attributes[0].Type = 99 },
		"does not say to which kind":              func(k *schema.Kind) { k.Attributes[1].RefKind = "" },
		"an object has attributes of its own":     func(k *schema.Kind) { k.Attributes[0].Attributes = []schema.Attribute{name} },
		"is a block and no object":                func(k *schema.Kind) { k.Attributes[0].Nesting = schema.Block },
		"required and found":                      func(k *schema.Kind) { k.Attributes[0].Required, k.Attributes[0].Computed = true, true },
		"no sentence":                             func(k *schema.Kind) { k.Attributes[0].Doc = " " },
		"is room and no number":                   func(k *schema.Kind) { k.Attributes[0].Room = "x" },
		"says nothing of what identifies":         func(k *schema.Kind) { k.Identity = nil },
		"identified by x":                         func(k *schema.Kind) { k.Identity = [][]string{{"x"}} },
		"home says what an object lives on":       func(k *schema.Kind) { k.Place = "of" },
		"is no reference":                         func(k *schema.Kind) { k.Home = []string{"n"} },
		"no reference to one object":              func(k *schema.Kind) { k.Needs = []schema.Need{{Resource: "x"}} },
		`an amount "name" that is no number`:      func(k *schema.Kind) { k.Needs = []schema.Need{{At: "of", Resource: "x", Amount: "name"}} },
	} {
		k := good()
		spoil(k)
		if err := k.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, and %q was wanted", err, says)
		}
	}
	for _, bad := range []string{`{"type": "text"}`, `{"nesting": "tree"}`, `{"disruption": "mild"}`} {
		if json.Unmarshal([]byte(bad), &schema.Attribute{}) == nil {
			t.Errorf("%s was read", bad)
		}
	}
	k := good()
	if id := k.OwnID("x.a", cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("n1")})); id != "x.a/n1" {
		t.Error(id)
	}
	if id := k.OwnID("x.a", cty.EmptyObjectVal); id != "" {
		t.Error(id)
	}
}

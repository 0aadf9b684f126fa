package planner

import (
	"encoding/json"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Whoever looks at facts that have not crossed must not be told that there is nothing.
func TestNoFacts(t *testing.T) {
	for name, look := range map[string]func(f *Facts){
		"Object":     func(f *Facts) { f.Object("disk", "x") },
		"Declared":   func(f *Facts) { f.Declared("disk", "x") },
		"DeclaredAt": func(f *Facts) { f.DeclaredAt("disk.x") },
		"Coming":     func(f *Facts) { f.Coming("disk", "x") },
		"ComingOf":   func(f *Facts) { f.ComingOf("disk") },
		"Reserve":    func(f *Facts) { f.Reserve("x") },
		"Each":       func(f *Facts) { f.EachDeclared(func(*schema.Object) {}) },
		"Inventory":  func(f *Facts) { f.Inventory.Of("disk") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s answers", name)
				}
			}()
			look(NoFacts(map[string]cty.Value{}))
		}()
	}
}

// Facts that have crossed are those that were sent.
func TestFactsCross(t *testing.T) {
	found := own("path_to", "there", "x.a", nil)
	in := ownInput(t, []*schema.Object{own("path_to", "there", "x.a", nil), own("path_to", "new", "x.a", nil)}, []*schema.Object{found}, map[schema.Address]*schema.Record{"path_to.there": {Object: found}})
	f := Known(in)
	b, err := json.Marshal(f.Data())
	if err != nil {
		t.Fatal(err)
	}
	var d FactsData
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	got := d.Facts()
	if o := got.Object("path_to", "x.a/there"); o == nil || schema.Str(o.Value, "name") != "there" {
		t.Errorf("%+v", o)
	}
	if o := got.Declared("path_to", "x.a/there"); o == nil || o.Address != "path_to.there" {
		t.Errorf("%+v", o)
	}
	if got.DeclaredAt("path_to.new") == nil || got.Object("path_to", "x.a/new") != nil {
		t.Error("what is declared and what is found are mixed up")
	}
	got.Comes("path_to|x.a/new", own("path_to", "new", "x.a", nil))
	if got.Coming("path_to", "x.a/new") == nil || len(got.ComingOf("path_to")) != 1 {
		t.Error("what comes does not")
	}
	s := got.Scratch()
	s.Memo["x"] = cty.True
	if len(got.Memo) != 0 || !s.Reserve("y") || got.Reserved["y"] {
		t.Error("what was tried out is remembered")
	}
}

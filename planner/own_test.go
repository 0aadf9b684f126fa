package planner

import (
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
)

// A kind with room, one that takes of it, and one that prepares partitions, as a provider that an estate requires has them.
func ownKinds() *schema.Catalogue {
	pool := &schema.Kind{Name: "pool_of", Provider: "x", Existing: true, Identity: [][]string{{"name"}}, Attributes: []schema.Attribute{{Name: "name", Doc: "n"}, {Name: "free", Type: schema.Number, Computed: true, Room: "bytes", Doc: "f"}}}
	vol := &schema.Kind{Name: "vol", Provider: "x", Identity: [][]string{{"name"}}, Home: []string{"pool"}, Needs: []schema.Need{{Resource: "bytes", Amount: "size"}},
		Attributes: []schema.Attribute{{Name: "name", Doc: "n"}, {Name: "pool", Type: schema.Ref, RefKind: "pool_of", Doc: "p"}, {Name: "size", Type: schema.Number, Doc: "s"}}}
	path := &schema.Kind{Name: "path_to", Provider: "x", Identity: [][]string{{"name"}}, Attributes: []schema.Attribute{{Name: "name", Doc: "n"}, {Name: "to", Type: schema.Ref, RefKind: "partition", Prepares: true, Doc: "t"}, {Name: "over", Type: schema.Ref, RefKind: "path_to", Prepares: true, Doc: "o"}}}
	for _, k := range []*schema.Kind{pool, vol, path} {
		if err := k.Check(); err != nil {
			panic(err)
		}
	}
	return schema.NewCatalogue(append(kinds.Catalogue().Kinds(), pool, vol, path)...)
}

func own(kind, name, endpoint string, more map[string]cty.Value) *schema.Object {
	v := map[string]cty.Value{"name": cty.StringVal(name)}
	for k, x := range more {
		v[k] = x
	}
	return &schema.Object{Kind: kind, Address: schema.Address(kind + "." + name), Endpoint: endpoint, Value: cty.ObjectVal(v)}
}

func ownInput(t *testing.T, desired []*schema.Object, found []*schema.Object, records map[schema.Address]*schema.Record) Input {
	t.Helper()
	cat := ownKinds()
	for _, f := range found {
		f.Address = ""
		if f.ID == "" {
			f.ID = cat.Kind(f.Kind).OwnID(f.Endpoint, f.Value)
		}
	}
	deps := map[schema.Address][]schema.Address{}
	for _, o := range desired {
		for _, a := range cat.Kind(o.Kind).Attributes {
			if ref := schema.Str(o.Value, a.Name); a.Type == schema.Ref && ref != "" {
				deps[o.Address] = append(deps[o.Address], schema.Address(ref))
			}
		}
	}
	return Input{Catalogue: cat, Desired: Desired{Objects: desired, Deps: deps}, Inventory: Merge(cat, found, map[string]*EndpointStatus{"x.a": {}, "x.b": {}}), Prior: Prior{Records: records},
		Options: Options{AllowDestroy: 99}}
}

// Room at an object of an own kind is given out as that of systems is: what is needed waits for what is given back, and what does not
// fit is refused.
func TestOwnRoom(t *testing.T) {
	size := func(n int64) map[string]cty.Value {
		return map[string]cty.Value{"pool": cty.StringVal("pool_of.p"), "size": cty.NumberIntVal(n)}
	}
	found := func(n int64) map[string]cty.Value {
		return map[string]cty.Value{"pool": cty.StringVal("x.a/p"), "size": cty.NumberIntVal(n)}
	}
	pool := func() *schema.Object {
		return own("pool_of", "p", "x.a", map[string]cty.Value{"free": cty.NumberIntVal(10)})
	}
	p := Build(ownInput(t, []*schema.Object{own("pool_of", "p", "x.a", nil), own("vol", "big", "x.a", size(30))}, []*schema.Object{pool()}, nil))
	if len(p.Findings) != 1 || p.Findings[0].Code != "no-room" || !strings.Contains(p.Findings[0].Detail, "vol.big needs 30 of bytes at pool_of.p, where 10 is free") {
		t.Errorf("%+v", p.Findings)
	}
	// Another one goes: its room is waited for.
	old := own("vol", "old", "x.a", found(25))
	rec := old.Clone()
	rec.ID = "x.a/old"
	p = Build(ownInput(t, []*schema.Object{own("pool_of", "p", "x.a", nil), own("vol", "big", "x.a", size(30))}, []*schema.Object{pool(), old}, map[schema.Address]*schema.Record{"vol.old": {Object: rec}}))
	if len(p.Findings) != 0 || len(p.Steps) != 2 {
		t.Fatalf("%+v %+v", p.Findings, p.Steps)
	}
	if s := p.Steps[1]; s.ID != "create:vol.big" || !slices.Contains(s.WaitsFor, "delete:vol.old") {
		t.Errorf("%s waits for %v", s.ID, s.WaitsFor)
	}
	// It grows by less than is free.
	small := own("vol", "small", "x.a", found(5))
	rec = small.Clone()
	rec.ID = "x.a/small"
	p = Build(ownInput(t, []*schema.Object{own("pool_of", "p", "x.a", nil), own("vol", "small", "x.a", size(15))}, []*schema.Object{pool(), small}, map[schema.Address]*schema.Record{"vol.small": {Object: rec}}))
	if len(p.Findings) != 0 || len(p.Steps) != 1 || len(p.Steps[0].Demands) != 1 || p.Steps[0].Demands[0] != (Demand{"x.a/p", "bytes", 10}) {
		t.Errorf("%+v %+v", p.Findings, p.Steps)
	}
}

// The same name on another console is another object.
func TestOwnIdentity(t *testing.T) {
	theirs := own("path_to", "same", "x.b", nil)
	p := Build(ownInput(t, []*schema.Object{own("path_to", "same", "x.a", nil)}, []*schema.Object{theirs}, nil))
	if len(p.Findings) != 0 || len(p.Steps) != 1 || p.Steps[0].After.ID != "x.a/same" {
		t.Errorf("%+v %+v", p.Findings, p.Steps)
	}
	mine := own("path_to", "same", "x.a", nil)
	p = Build(ownInput(t, []*schema.Object{own("path_to", "same", "x.a", nil)}, []*schema.Object{mine}, nil))
	if len(p.Findings) != 1 || p.Findings[0].Code != "not-owned" {
		t.Errorf("%+v", p.Findings)
	}
	// A console that is silent hides only what it manages.
	rec := own("path_to", "same", "x.a", nil)
	rec.ID = "x.a/same"
	in := ownInput(t, []*schema.Object{own("path_to", "same", "x.a", nil)}, nil, map[schema.Address]*schema.Record{"path_to.same": {Object: rec}})
	in.Inventory.Endpoints["x.b"].Error = "silent"
	if p = Build(in); len(p.Steps) != 1 {
		t.Errorf("%+v %+v", p.Findings, p.Steps)
	}
	in.Inventory.Endpoints["x.a"].Error = "silent"
	if p = Build(in); len(p.Steps) != 0 || !slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == NotVisible }) {
		t.Errorf("%+v %+v", p.Findings, p.Steps)
	}
}

// Over any number of steps between them.
func TestPrepared(t *testing.T) {
	in := ownInput(t, []*schema.Object{
		own("path_to", "far", "x.a", map[string]cty.Value{"over": cty.StringVal("path_to.near")}),
		own("path_to", "near", "x.a", map[string]cty.Value{"to": cty.StringVal("partition.db")}),
	}, nil, nil)
	b := prepare(in)
	got := b.prepared()["partition.db"]
	slices.Sort(got)
	if !slices.Equal(got, []schema.Address{"path_to.far", "path_to.near"}) {
		t.Errorf("%v", got)
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/plugin"
	"github.com/gantry-power/gantry/providers/sdk"

	"github.com/zclconf/go-cty/cty"
)

// boxes is a provider of so many objects that are all to be changed: what is measured is the boundary, not a console.
func boxes(n int) *sdk.Provider[int] {
	text := func(name, doc string) sdk.Attribute { return sdk.Attribute{Name: name, Doc: doc} }
	return &sdk.Provider[int]{
		Name: "boxes", Version: "0.0.1", Connect: func(context.Context, *sdk.Endpoint) (int, error) { return n, nil },
		Endpoint: []sdk.Attribute{text("host", "Unused.")},
		Kinds: []sdk.Kind[int]{{
			Schema: sdk.Schema{Name: "box", Doc: "A box.", Identity: [][]string{{"name"}}, Attributes: []sdk.Attribute{text("name", "Name."), text("owner", "Owner."), text("room", "Room."),
				{Name: "size", Type: sdk.Number, Doc: "Size."}, {Name: "labels", Nesting: sdk.List, Doc: "Labels."}, {Name: "serial", Computed: true, Doc: "Serial number."}}},
			Discover: func(_ context.Context, n int, emit func(sdk.Object)) error {
				for i := range n {
					emit(sdk.Object{Values: map[string]any{"name": boxName(i), "owner": "payroll", "room": fmt.Sprint("r", i%97), "size": i % 50, "labels": []string{"a", "b"}, "serial": fmt.Sprintf("S%08d", i)}})
				}
				return nil
			},
			Explain: func(st *sdk.Step) {
				st.Command("set", st.After.Str("name"), fmt.Sprint(st.After.Num("size")), st.After.Str("owner"))
			},
		}},
	}
}

func boxName(i int) string { return fmt.Sprintf("box%06d", i) }

// boundary discovers and plans so many objects in this process, or through a plugin.
func boundary(where string, n int) (*figure, error) {
	var p providers.Provider = sdk.Adapt(boxes(n))
	if where == "plugin" {
		proc := &plugin.Process{Name: "boxes", Command: []string{os.Args[0], "-serve", fmt.Sprint(n)}, Foreign: true}
		defer proc.Stop()
		p = proc.Provider("boxes")
		if _, err := plugin.Described(p); err != nil { // starting it is not what is measured
			return nil, err
		}
	}
	own := p.Describe().Kinds[0]
	own.Provider = "boxes"
	cat := schema.NewCatalogue(append(kinds.Catalogue().Kinds(), own)...)
	desired := planner.Desired{}
	records := map[schema.Address]*schema.Record{}
	for i := range n {
		v := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(boxName(i)), "owner": cty.StringVal("billing"), "room": cty.StringVal(fmt.Sprint("r", i%97)), "size": cty.NumberIntVal(int64(i%50 + 1)),
			"labels": cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")})})
		o := &schema.Object{Kind: "box", Address: schema.Address("box." + boxName(i)), Endpoint: "boxes.one", Value: v}
		desired.Objects = append(desired.Objects, o)
		rec := o.Clone()
		rec.ID = own.OwnID("boxes.one", v)
		records[o.Address] = &schema.Record{Object: rec}
	}
	f := &figure{Count: n}
	var plan *planner.Plan
	var err error
	runtime.GC()
	f.timed(func() { plan, err = discoverAndPlan(p, cat, desired, records) })
	if err != nil {
		return nil, err
	}
	if len(plan.Steps) != n || len(plan.Steps[0].Commands) != 1 {
		return nil, fmt.Errorf("%d steps, and %d were to be planned", len(plan.Steps), n)
	}
	return f, nil
}

func discoverAndPlan(p providers.Provider, cat *schema.Catalogue, desired planner.Desired, records map[schema.Address]*schema.Record) (*planner.Plan, error) {
	s, err := p.Open(context.Background(), providers.Endpoint{Key: "boxes.one", Config: cty.EmptyObjectVal})
	if err != nil {
		return nil, err
	}
	s = providers.Guard(s, cat, "boxes.one")
	var found []*schema.Object
	if err := s.Discover(context.Background(), providers.Scope{}, func(o *schema.Object) { found = append(found, o) }); err != nil {
		return nil, err
	}
	in := planner.Input{Catalogue: cat, Desired: desired, Inventory: planner.Merge(cat, found, map[string]*planner.EndpointStatus{"boxes.one": {}}), Prior: planner.Prior{Records: records}, Explain: p.Explain}
	if many, ok := p.(providers.ManyExplainer); ok {
		in.ExplainAll = many.ExplainMany
	}
	return planner.Build(in), s.Close()
}

// boundaries prints what the boundary costs.
func boundaries(ns []int, runs int) error {
	fmt.Printf("Objects of a provider's own kind, discovered, planned and explained; every one is changed:\n\n| objects | where | seconds | ratio | allocations on this side | ratio |\n|---|---|---|---|---|---|\n")
	for _, n := range ns {
		var base *figure
		for _, where := range []string{"process", "plugin"} {
			f, err := median("boundary", where, n, runs)
			if err != nil {
				return err
			}
			if base == nil {
				base = &f
			}
			fmt.Printf("| %d | %s | %.2f | %.2f | %d | %.2f |\n", n, map[string]string{"process": "in this process", "plugin": "through a plugin"}[where], f.Seconds, f.Seconds/base.Seconds, f.Allocs, float64(f.Allocs)/float64(base.Allocs))
		}
	}
	fmt.Println()
	return nil
}

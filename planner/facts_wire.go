package planner

import (
	"maps"
	"reflect"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// FactsData are the facts of a plan in a form that crosses to another process. What the planner adds while it plans, Coming, crosses
// by itself; what a provider remembers stays with the provider.
type FactsData struct {
	Inventory *Inventory                        `json:"inventory"`
	Endpoints map[string]Endpoint               `json:"endpoints"`
	Declared  map[string]*schema.Object         `json:"declared"`
	Desired   map[schema.Address]*schema.Object `json:"desired"`
}

// FactsBase tells facts of one plan from those of another: copies that are made to try something out have the same base.
type FactsBase struct {
	inventory *Inventory
	declared  uintptr
}

// Base is what stays the same for all steps of a plan.
func (f *Facts) Base() FactsBase {
	return FactsBase{f.Inventory, reflect.ValueOf(f.declared).Pointer()}
}

// Data is what crosses once for a plan.
func (f *Facts) Data() *FactsData {
	return &FactsData{f.Inventory, f.Endpoints, f.declared, f.desired}
}

// ComingAll are the objects that the plan makes, by kind and identity.
func (f *Facts) ComingAll() map[string]*schema.Object { return f.coming }

// Facts are the facts as a provider sees them.
func (d *FactsData) Facts() *Facts {
	f := NewFacts(d.Inventory)
	f.Endpoints = d.Endpoints
	maps.Copy(f.declared, d.Declared)
	f.desired = d.Desired
	return f
}

// EachDeclared calls for every declared object, in order.
func (f *Facts) EachDeclared(each func(o *schema.Object)) {
	for _, a := range slices.Sorted(maps.Keys(f.known().desired)) {
		each(f.desired[a])
	}
}

// known panics for the facts of a plan that have not crossed: to answer as if there were nothing would be a wrong plan.
func (f *Facts) known() *Facts {
	if f.Inventory == nil {
		panic("the facts of the plan have not crossed")
	}
	return f
}

// NoFacts are those of a plan of which nothing is known yet but what its provider remembers: whoever looks at them panics, and is asked
// again with what there is.
func NoFacts(memo map[string]cty.Value) *Facts { return &Facts{Memo: memo} }

// Scratch is a copy in which nothing that is tried out is remembered.
func (f *Facts) Scratch() *Facts {
	own := *f
	own.scratch = true
	own.Reserved, own.Memo = map[string]bool{}, maps.Clone(f.Memo)
	return &own
}

// Tried reports whether these facts are such a copy.
func (f *Facts) Tried() bool { return f.scratch }

// Comes adds an object that the plan makes.
func (f *Facts) Comes(key string, o *schema.Object) { f.coming[key] = o }

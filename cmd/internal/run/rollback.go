package run

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/state"
)

// Back is a line of the files that says otherwise than an earlier snapshot.
type Back struct {
	Address schema.Address
	Path    string
	Range   *diag.Range
}

// Rollback is what is declared, with the values of an earlier snapshot in it: for every object that is declared now and was owned then,
// each attribute that is declared now as it was verified then. Labelled blocks (disks, adapters) stay as they are declared: to take one
// away or to make it is no matter of values. Lines are what the files say otherwise; apart is what was owned only then, or is declared
// only now, which stays as it is.
func Rollback(e *config.Estate, facts *planner.Facts, to *state.Snapshot) (objects []*schema.Object, lines []Back, apart []schema.Address) {
	seen := map[schema.Address]bool{}
	for _, o := range e.Objects {
		seen[o.Address] = true
		k := e.Catalogue.Kind(o.Kind)
		rec := to.Records[o.Address]
		if rec == nil || rec.Object.Kind != o.Kind {
			if k.Owned(o.Value) {
				apart = append(apart, o.Address)
			}
			objects = append(objects, o)
			continue
		}
		c := o.Clone()
		c.Value = restore(facts, k.Attributes, o, o.Value, rec.Object.Value, "", func(path string) {
			lines = append(lines, Back{o.Address, path, e.RangeOf(o.Address, path)})
			delete(c.Refs, path)
		})
		objects = append(objects, c)
	}
	for a := range to.Records {
		if !seen[a] {
			apart = append(apart, a)
		}
	}
	slices.Sort(apart)
	return objects, lines, apart
}

func restore(facts *planner.Facts, attrs []schema.Attribute, o *schema.Object, declared, recorded cty.Value, at string, changed func(string)) cty.Value {
	if declared == cty.NilVal || declared.IsNull() || !declared.Type().IsObjectType() {
		return declared
	}
	m := declared.AsValueMap()
	for i := range attrs {
		a := &attrs[i]
		is, was := m[a.Name], schema.Get(recorded, a.Name)
		path := schema.JoinPath(append(schema.SplitPath(at), a.Name)...)
		switch {
		case is == cty.NilVal || is.IsNull() || was == cty.NilVal || was.IsNull() || a.Policy || a.Computed || a.Fleeting || a.Sensitive || a.FromLabel:
		case a.Type == schema.ObjectType && a.Nesting == schema.LabelledBlock:
		case a.Type == schema.ObjectType && a.Nesting == schema.Block:
			m[a.Name] = restore(facts, a.Attributes, o, is, was, path, changed)
		case a.Type == schema.ObjectType:
		case a.Type == schema.Ref:
			x := addresses(facts, a, was)
			if !schema.Equal(x, is) {
				m[a.Name] = x
				changed(path)
			}
		case !schema.Equal(is, was):
			m[a.Name] = was
			changed(path)
		}
	}
	return cty.ObjectVal(m)
}

// addresses turns identities back into the addresses that the files have for them; what they do not declare stays an identity.
func addresses(facts *planner.Facts, a *schema.Attribute, v cty.Value) cty.Value {
	one := func(id string) cty.Value {
		if d := facts.Declared(a.RefKind, id); d != nil {
			return cty.StringVal(string(d.Address))
		}
		return cty.StringVal(id)
	}
	if v.Type() == cty.String {
		return one(v.AsString())
	}
	var out []cty.Value
	for _, x := range v.AsValueSlice() {
		out = append(out, one(x.AsString()))
	}
	if len(out) == 0 {
		return cty.EmptyTupleVal
	}
	return cty.TupleVal(out)
}

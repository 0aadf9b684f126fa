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
// each attribute that is declared now as it was verified then. Lines are what the files say otherwise. Apart is what was there only then,
// or is declared only now, and stays as it is, objects and labelled blocks (disks, adapters): to take one away or to make it is no
// matter of values.
func Rollback(e *config.Estate, facts *planner.Facts, present, to *state.Snapshot) (objects []*schema.Object, lines []Back, apart []string) {
	seen := map[schema.Address]bool{}
	for _, o := range e.Objects {
		seen[o.Address] = true
		k := e.Catalogue.Kind(o.Kind)
		rec := to.Records[o.Address]
		if rec == nil || rec.Object.Kind != o.Kind {
			if k.Owned(o.Value) {
				apart = append(apart, string(o.Address))
			}
			objects = append(objects, o)
			continue
		}
		c := o.Clone()
		r := restorer{facts: facts, changed: func(path string) {
			lines = append(lines, Back{o.Address, path, e.RangeOf(o.Address, path)})
			delete(c.Refs, path)
		}, apart: func(path string) { apart = append(apart, string(o.Address)+" "+path) }}
		last := cty.NilVal
		if p := present.Records[o.Address]; p != nil {
			last = p.Object.Value
		}
		c.Value = r.restore(k.Attributes, o.Value, rec.Object.Value, last, nil)
		objects = append(objects, c)
	}
	for a := range to.Records {
		if !seen[a] {
			apart = append(apart, string(a))
		}
	}
	slices.Sort(apart)
	return objects, lines, apart
}

type restorer struct {
	facts          *planner.Facts
	changed, apart func(path string)
}

// restore gives what is declared the values that were recorded then; last is what was recorded last.
func (r *restorer) restore(attrs []schema.Attribute, declared, recorded, last cty.Value, at []string) cty.Value {
	if declared == cty.NilVal || declared.IsNull() || !declared.Type().IsObjectType() {
		return declared
	}
	m := declared.AsValueMap()
	for i := range attrs {
		a := &attrs[i]
		is, was := m[a.Name], schema.Get(recorded, a.Name)
		here := append(slices.Clone(at), a.Name)
		path := schema.JoinPath(here...)
		if a.Policy || a.Computed || a.Fleeting || a.Sensitive || a.FromLabel {
			continue
		}
		if a.Type == schema.ObjectType && (a.Nesting == schema.LabelledBlock || a.Nesting == schema.Map) {
			if v := r.labels(a, is, was, schema.Get(last, a.Name), here); v != cty.NilVal {
				m[a.Name] = v
			}
			continue
		}
		switch {
		case is == cty.NilVal || is.IsNull() || was == cty.NilVal || was.IsNull():
		case a.Type == schema.ObjectType && a.Nesting == schema.List:
			if !schema.Equal(is, was) {
				r.apart(path)
			}
		case a.Type == schema.ObjectType:
			m[a.Name] = r.restore(a.Attributes, is, was, schema.Get(last, a.Name), here)
		case a.Type == schema.Ref:
			x := addresses(r.facts, a, was)
			if !schema.Equal(x, is) {
				m[a.Name] = x
				r.changed(path)
			}
		case !schema.Equal(is, was):
			m[a.Name] = was
			r.changed(path)
		}
	}
	return cty.ObjectVal(m)
}

// labels restores what stands under the same label then and now. What is there, then and now, and was never declared is no matter of it.
func (r *restorer) labels(a *schema.Attribute, is, was, last cty.Value, at []string) cty.Value {
	under := func(v cty.Value) map[string]cty.Value {
		if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
			return nil
		}
		return v.AsValueMap()
	}
	now, then, latest := under(is), under(was), under(last)
	for label := range then {
		if now[label] == cty.NilVal && latest[label] == cty.NilVal {
			r.apart(schema.JoinPath(append(at, label)...))
		}
	}
	for label, v := range now {
		here := append(slices.Clone(at), label)
		if then[label] == cty.NilVal {
			r.apart(schema.JoinPath(here...))
		} else {
			now[label] = r.restore(a.Attributes, v, then[label], latest[label], here)
		}
	}
	if len(now) == 0 {
		return is
	}
	return cty.ObjectVal(now)
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

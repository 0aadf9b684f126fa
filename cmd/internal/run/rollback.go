package run

import (
	"cmp"
	"maps"
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
	seen, referred := map[schema.Address]bool{}, map[schema.Address]bool{}
	for _, deps := range e.Deps {
		for _, d := range deps {
			referred[d] = true
		}
	}
	for _, o := range e.Objects {
		seen[o.Address] = true
		k := e.Catalogue.Kind(o.Kind)
		rec := to.Records[o.Address]
		if rec == nil || rec.Object.Kind != o.Kind {
			if k.Owned(o.Value) {
				apart = append(apart, string(o.Address))
				if present.Records[o.Address] == nil && !referred[o.Address] {
					continue // it is not made by the way
				}
			}
			objects = append(objects, o)
			continue
		}
		c := o.Clone()
		r := restorer{facts: facts, declared: map[string]bool{}, changed: func(path string) {
			lines = append(lines, Back{o.Address, path, e.RangeOf(o.Address, path)})
			delete(c.Refs, path)
		}, apart: func(path string) { apart = append(apart, string(o.Address)+" "+path) }}
		last := cty.NilVal
		if p := present.Records[o.Address]; p != nil {
			last = p.Object.Value
			for _, b := range p.Blocks {
				r.declared[b] = true
			}
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
	declared       map[string]bool // labelled blocks that were declared
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
			x := addresses(r.facts, a, was) // an address stays one
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

// labels restores what stands under the same label then and now. The state has some blocks by what they were found as, a slot or a
// disk, and the files by labels of theirs: what belongs together is found as the planner finds it. A block that was there then, and still
// is, and was taken out of the files is put back into what is asked for; one that is there only then or only now is no matter of values.
func (r *restorer) labels(a *schema.Attribute, is, was, last cty.Value, at []string) cty.Value {
	under := func(v cty.Value) map[string]cty.Value {
		if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
			return nil
		}
		return v.AsValueMap()
	}
	now, then, latest := under(is), under(r.declarable(a, was)), under(r.declarable(a, last))
	pair := func(have map[string]cty.Value) map[string]string {
		if len(now) == 0 || len(have) == 0 {
			return nil
		}
		if a.Nesting == schema.Map {
			same := map[string]string{}
			for l := range now {
				if have[l] != cty.NilVal {
					same[l] = l
				}
			}
			return same
		}
		return planner.Paired(a.Key, is, cty.ObjectVal(have))
	}
	inThen, inLast := pair(then), pair(latest)
	taken := map[string]bool{}
	for _, l := range slices.Sorted(maps.Keys(now)) {
		here := append(slices.Clone(at), l)
		found := cmp.Or(inLast[l], inThen[l])
		if x := then[found]; x != cty.NilVal {
			taken[found] = true
			now[l] = r.restore(a.Attributes, now[l], x, latest[found], here)
		} else if found != "" || known(a, now[l]) {
			if r.apart(schema.JoinPath(here...)); found == "" {
				delete(now, l) // it is not made by the way
			}
		}
	}
	for _, l := range slices.Sorted(maps.Keys(then)) {
		here := append(slices.Clone(at), l)
		switch {
		case taken[l] || schema.True(then[l], "usual"):
		case latest[l] == cty.NilVal:
			r.apart(schema.JoinPath(here...))
		case len(now) == 0 && !r.declared[a.Name]: // it was never declared
		case len(inLast) < len(now) && len(latest) <= len(now): // it is one of those that cannot be told apart
		default:
			if now == nil {
				now = map[string]cty.Value{}
			}
			now[l] = then[l]
			r.changed(schema.JoinPath(here...))
		}
	}
	if now == nil {
		return is
	}
	return schema.Build(now)
}

// known reports whether a block says by which it can be found.
func known(a *schema.Attribute, v cty.Value) bool {
	return len(a.Key) == 0 || slices.ContainsFunc(a.Key, func(k string) bool { return schema.Has(v, k) })
}

// declarable is what could stand in the files of what was recorded, with addresses.
func (r *restorer) declarable(a *schema.Attribute, v cty.Value) cty.Value {
	if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() || a.Type != schema.ObjectType {
		return v
	}
	out := map[string]cty.Value{}
	for l, item := range v.AsValueMap() {
		if !item.Type().IsObjectType() {
			out[l] = item
			continue
		}
		m := item.AsValueMap()
		for name, x := range m {
			i := slices.IndexFunc(a.Attributes, func(b schema.Attribute) bool { return b.Name == name })
			switch {
			case i < 0 || x.IsNull() || a.Attributes[i].Computed && name != "usual":
				delete(m, name)
			case a.Attributes[i].Type == schema.Ref:
				m[name] = addresses(r.facts, &a.Attributes[i], x)
			}
		}
		out[l] = schema.Build(m)
	}
	if len(out) == 0 {
		return v
	}
	return cty.ObjectVal(out)
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

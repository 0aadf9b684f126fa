package planner

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Kinds of providers that the estate requires: what their schemas say of room and of order holds here as for every other kind.

// needs are what an object takes of the room of others.
func (b *builder) needs(k *schema.Kind, v cty.Value) []Demand {
	var out []Demand
	for _, n := range k.Needs {
		at := n.At
		if at == "" {
			at = k.Home[0]
		}
		amount := 1.0
		if n.Amount != "" {
			amount = schema.Num(v, n.Amount)
		}
		if place := b.resolve(schema.Str(v, at)); place != "" && amount > 0 {
			out = append(out, Demand{place, n.Resource, amount})
		}
	}
	return out
}

// grows is what a change takes more of, and what it gives back, in the two places of a move.
func (b *builder) grows(k *schema.Kind, before, after cty.Value) (demands, releases []Demand) {
	was, is := b.needs(k, before), b.needs(k, after)
	for _, d := range is {
		for _, x := range was {
			if x.Place == d.Place && x.Resource == d.Resource {
				d.Amount -= x.Amount
			}
		}
		if d.Amount > 0 {
			demands = append(demands, d)
		}
	}
	for _, d := range was {
		for _, x := range is {
			if x.Place == d.Place && x.Resource == d.Resource {
				d.Amount -= x.Amount
			}
		}
		if d.Amount > 0 {
			releases = append(releases, d)
		}
	}
	return demands, releases
}

// rooms is what is free at an object of a kind that says so.
func rooms(k *schema.Kind, f *schema.Object, each func(resource string, free float64)) {
	for i := range k.Attributes {
		if a := &k.Attributes[i]; a.Room != "" && schema.Has(f.Value, a.Name) {
			each(a.Room, schema.Num(f.Value, a.Name))
		}
	}
}

// prepared are the objects that have to be there before another one is started or moved, over any number of steps between them.
func (b *builder) prepared() map[schema.Address][]schema.Address {
	direct := map[schema.Address][]schema.Address{}
	for _, o := range b.in.Desired.Objects {
		b.in.Catalogue.Kind(o.Kind).EachPrepares(o, func(to schema.Address) { direct[to] = append(direct[to], o.Address) })
	}
	for _, a := range sortedAddresses(b.records) {
		if r := b.records[a]; b.desired[a] == nil { // what it refers to is known by the addresses that it depended on
			k := b.in.Catalogue.Kind(r.Object.Kind)
			if !k.Prepares() {
				continue
			}
			for _, d := range r.Deps {
				direct[d] = append(direct[d], a)
			}
		}
	}
	if len(direct) == 0 {
		return nil
	}
	all := map[schema.Address][]schema.Address{}
	var add func(to, by schema.Address)
	add = func(to, by schema.Address) {
		if slices.Contains(all[to], by) {
			return
		}
		all[to] = append(all[to], by)
		for _, x := range direct[by] {
			add(to, x)
		}
	}
	for to, by := range direct {
		for _, x := range by {
			add(to, x)
		}
	}
	return all
}

// behind reports whether a step takes hold only when what prepares its object is there.
func behind(s *Step) bool {
	return s.Action == Start || s.Action == Restart || s.Action == Migrate || s.Action == Relocate
}

// prepare orders the steps of what prepares an object: before it is started or moved, and after it was stopped where it goes.
func (b *builder) prepare(prepared map[schema.Address][]schema.Address, add func(s, on *Step)) {
	for to, by := range prepared {
		for _, s := range b.byAddr[to] {
			for _, a := range by {
				for _, on := range b.byAddr[a] {
					switch {
					case behind(s) && (on.Action == Create || on.Action == Update):
						add(s, on)
					case s.Action == Stop && on.Action == Delete:
						add(on, s)
					}
				}
			}
		}
	}
}

// referred is a value of a found object by the path that its declaration has: labels are those of the declaration, which a console
// does not know.
func (b *builder) referred(a schema.Address, found cty.Value, path string) cty.Value {
	want := b.desired[a]
	if want == nil || b.in.Catalogue.Kind(want.Kind) == nil {
		return schema.Get(found, path)
	}
	declared := b.resolveAttrs(b.in.Catalogue.Kind(want.Kind).Attributes, want.Value)
	attrs, parts := b.in.Catalogue.Kind(want.Kind).Attributes, schema.SplitPath(path)
	for i := 0; i < len(parts); i++ {
		at := slices.IndexFunc(attrs, func(x schema.Attribute) bool { return x.Name == parts[i] })
		if at < 0 {
			break
		}
		prefix := schema.JoinPath(parts[:i+1]...)
		if attrs[at].Nesting == schema.LabelledBlock && i+1 < len(parts) {
			i++
			have := found
			for _, p := range schema.SplitPath(prefix) {
				have = schema.Get(have, schema.JoinPath(p))
			}
			pair, _ := b.pairItems(&attrs[at], schema.Get(declared, prefix), have)
			if l := pair[parts[i]]; l != "" {
				parts[i] = l
			}
		}
		attrs = attrs[at].Attributes
	}
	return schema.Get(found, schema.JoinPath(parts...))
}

// Refer is a value that a reference leads to, of the object that it leads to as it was found.
func Refer(in Input, ref schema.ValueRef, found *schema.Object) cty.Value {
	b := prepare(in)
	b.match()
	return b.referred(ref.Address, found.Value, ref.Path)
}

// shown is an object of any kind by its address, or else by its identity.
func (b *builder) shown(id string) string {
	for _, k := range b.in.Catalogue.Kinds() {
		if a, ok := b.owner[k.Name+"|"+id]; ok {
			return string(a)
		}
	}
	return id
}

// ownProvider is the provider whose block manages an object of an own kind.
func ownProvider(k *schema.Kind, endpoint string) bool {
	typ, _, _ := strings.Cut(endpoint, ".")
	return k.Provider != "" && typ == k.Provider
}

package planner

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Merge puts the reports of all endpoints together, in an order that does not
// depend on who answered first. Reports of a shared kind with a common key are
// one object; their labelled blocks are united.
func Merge(cat *schema.Catalogue, objects []*schema.Object, endpoints map[string]*EndpointStatus) *Inventory {
	sort.SliceStable(objects, func(i, j int) bool {
		a, b := objects[i], objects[j]
		if a.Kind != b.Kind {
			return a.Kind < b.Kind
		}
		if a.ID != b.ID {
			return a.ID < b.ID
		}
		return a.Endpoint < b.Endpoint
	})
	objects = foldWpars(foldClusters(cat, twins(cat, objects, endpoints)))
	inv := &Inventory{Format: Format, Endpoints: endpoints}
	byKey, byPVID, reported := map[string]*schema.Object{}, map[string]*schema.Object{}, map[*schema.Object]map[string]bool{}
	for _, o := range objects {
		k := cat.Kind(o.Kind)
		if k == nil || !k.Shared {
			// Two consoles over one system report the same things; the first is kept.
			if n := len(inv.Objects); n == 0 || inv.Objects[n-1].Kind != o.Kind || inv.Objects[n-1].ID != o.ID || inv.Objects[n-1].Endpoint == o.Endpoint {
				inv.Objects = append(inv.Objects, o)
			}
			continue
		}
		var into *schema.Object
		for _, key := range o.Keys {
			if x := byKey[o.Kind+"|"+key]; x != nil {
				into = x
				break
			}
		}
		pvid := schema.Str(o.Value, "pvid")
		if x := byPVID[pvid]; into == nil && x != nil && o.Kind == "disk" && !reported[x][o.Endpoint] && !(named(x) && named(o)) {
			into = x // a partition calls by another name what its Virtual I/O Server gives it, but reads the same identifier on it
		}
		if into == nil {
			into = o.Clone()
			into.Endpoint = ""
			inv.Objects = append(inv.Objects, into)
			reported[into] = map[string]bool{}
		} else {
			into.Value = unite(into.Value, o.Value)
			into.Keys = union(into.Keys, o.Keys)
		}
		for _, key := range into.Keys {
			byKey[o.Kind+"|"+key] = into
		}
		reported[into][o.Endpoint] = true
		if pvid != "" && byPVID[pvid] == nil {
			byPVID[pvid] = into
		}
	}
	// The best key names a shared object; references of other reports follow it.
	renamed := map[string]string{}
	for _, o := range inv.Objects {
		if len(o.Keys) == 0 {
			continue
		}
		sort.Slice(o.Keys, func(i, j int) bool {
			if a, b := virtual(o.Keys[i]), virtual(o.Keys[j]); a != b {
				return b
			}
			return o.Keys[i] < o.Keys[j]
		})
		o.ID = o.Keys[0]
		for _, key := range o.Keys {
			renamed[o.Kind+"|"+key] = o.ID
		}
	}
	for _, o := range inv.Objects {
		if k := cat.Kind(o.Kind); k != nil {
			o.Value = renameRefs(k.Attributes, o.Value, renamed)
		}
	}
	inv.Objects = foldGroups(inv.Objects)
	inv.sort()
	return inv
}

// sort puts the objects in the order that Of relies on.
func (inv *Inventory) sort() {
	sort.SliceStable(inv.Objects, func(i, j int) bool {
		a, b := inv.Objects[i], inv.Objects[j]
		if a.Kind != b.Kind {
			return a.Kind < b.Kind
		}
		return a.ID < b.ID
	})
}

// twins takes out what two addresses tell behind which one host name answers: a clone that kept the name. What either says would
// be taken for the other's, down to device names in commands, so both count as silent.
func twins(cat *schema.Catalogue, objects []*schema.Object, endpoints map[string]*EndpointStatus) []*schema.Object {
	first, bad := map[string]string{}, map[string]bool{}
	for _, o := range objects {
		if k := cat.Kind(o.Kind); k == nil || k.Reached == "" {
			continue
		}
		other, seen := first[o.ID]
		if !seen {
			first[o.ID] = o.Endpoint
		} else if other != o.Endpoint {
			for x, y := range map[string]string{o.Endpoint: other, other: o.Endpoint} {
				bad[x] = true
				if e := endpoints[x]; e != nil {
					e.Error = "it says that its name is " + o.ID + ", and so does " + y + ", so nobody can say whose disks are whose; give the copy a name of its own (chdev -l inet0 -a hostname=NAME), or declare the host once"
				}
			}
		}
	}
	if len(bad) == 0 {
		return objects
	}
	return slices.DeleteFunc(slices.Clone(objects), func(o *schema.Object) bool { return bad[o.Endpoint] })
}

// virtual: the identity of a virtual SCSI disk as its client calls it, which ends in the name of the driver. It stands for the
// adapter and the LUN behind it and not for the disk: another path to the same one has another.
func virtual(key string) bool {
	return strings.HasPrefix(key, "uid:") && strings.HasSuffix(key, "vscsi")
}

// named: the disk itself says which one it is. Two that do are two, whatever identifier somebody has copied from one to the other.
func named(o *schema.Object) bool {
	return slices.ContainsFunc(o.Keys, func(k string) bool { return strings.HasPrefix(k, "uid:") && !virtual(k) })
}

func union(a, b []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range append(append([]string(nil), a...), b...) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// unite merges two sparse objects; where both have a primitive, the first wins
// unless they differ, which Mixed says.
func unite(a, b cty.Value) cty.Value {
	am, bm := a.AsValueMap(), b.AsValueMap()
	out := map[string]cty.Value{}
	for k, v := range am {
		out[k] = v
	}
	for k, v := range bm {
		have, both := out[k]
		switch {
		case !both:
			out[k] = v
		case have.Type().IsObjectType() && v.Type().IsObjectType():
			out[k] = unite(have, v)
		case k == "reserve_policy" && !schema.Equal(have, v):
			out[k] = cty.StringVal(Mixed)
		case k == "queue_depth" && !schema.Equal(have, v):
			delete(out, k)
		}
	}
	return schema.Build(out)
}

// Mixed is a shared object's value where its reports differ.
const Mixed = "mixed"

func renameRefs(attrs []schema.Attribute, v cty.Value, renamed map[string]string) cty.Value {
	if v == cty.NilVal || !v.Type().IsObjectType() {
		return v
	}
	m := v.AsValueMap()
	changed := false
	put := func(name string, n cty.Value) {
		if !schema.Equal(n, m[name]) {
			m[name], changed = n, true
		}
	}
	for i := range attrs {
		a := &attrs[i]
		x, ok := m[a.Name]
		if !ok {
			continue
		}
		switch {
		case a.Type == schema.Ref && a.Nesting == schema.Single:
			if id, ok := renamed[a.RefKind+"|"+x.AsString()]; ok {
				put(a.Name, cty.StringVal(id))
			}
		case a.Type == schema.Ref:
			var out []cty.Value
			for it := x.ElementIterator(); it.Next(); {
				_, e := it.Element()
				if id, ok := renamed[a.RefKind+"|"+e.AsString()]; ok {
					e = cty.StringVal(id)
				}
				out = append(out, e)
			}
			if len(out) > 0 {
				put(a.Name, cty.TupleVal(out))
			}
		case a.Type == schema.ObjectType && a.Nesting == schema.LabelledBlock:
			items := x.AsValueMap()
			for label, item := range items {
				items[label] = renameRefs(a.Attributes, item, renamed)
			}
			if len(items) > 0 {
				put(a.Name, cty.ObjectVal(items))
			}
		case a.Type == schema.ObjectType && a.Nesting != schema.Map:
			put(a.Name, renameRefs(a.Attributes, x, renamed))
		}
	}
	if !changed {
		return v
	}
	return schema.Build(m)
}

// ReadInventory reads a saved inventory and checks every object against its kind.
func ReadInventory(cat *schema.Catalogue, b []byte) (*Inventory, error) {
	var inv Inventory
	if err := json.Unmarshal(b, &inv); err != nil {
		return nil, fmt.Errorf("this is no saved inventory: %w", err)
	}
	if inv.Format != Format {
		return nil, fmt.Errorf("the inventory has format %d, this Gantry reads format %d; discover again", inv.Format, Format)
	}
	for _, o := range inv.Objects {
		k := cat.Kind(o.Kind)
		if k == nil {
			return nil, fmt.Errorf("the inventory holds a %q, which is no kind", o.Kind)
		}
		if err := k.Conform(o.Value); err != nil {
			return nil, fmt.Errorf("the inventory's %s %s: %w", o.Kind, o.ID, err)
		}
	}
	return &inv, nil
}

// Canonical is what one endpoint reports with the identities that all of them together gave to what it refers to.
func Canonical(cat *schema.Catalogue, inv *Inventory, o *schema.Object) *schema.Object {
	k := cat.Kind(o.Kind)
	if inv == nil || k == nil {
		return o
	}
	renamed := map[string]string{}
	for _, x := range inv.Objects {
		for _, key := range x.Keys {
			renamed[x.Kind+"|"+key] = x.ID
		}
	}
	c := o.Clone()
	c.Value = renameRefs(k.Attributes, o.Value, renamed)
	return c
}

// Of returns the found objects of a kind.
func (inv *Inventory) Of(kind string) []*schema.Object {
	i := sort.Search(len(inv.Objects), func(i int) bool { return inv.Objects[i].Kind >= kind })
	j := i
	for j < len(inv.Objects) && inv.Objects[j].Kind == kind {
		j++
	}
	return inv.Objects[i:j]
}

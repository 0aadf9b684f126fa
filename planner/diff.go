package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// differ compares one declared object with what it is in the world.
type differ struct {
	b       *builder
	found   *schema.Object
	running bool
	restart bool // the object may be restarted
	ignore  map[string]bool
	refs    map[string]schema.ValueRef
	changes []Change
	pending []Pending
	policy  string // reconcile
	own     bool   // of a provider that the estate requires
	address schema.Address
}

// diff is stage 3 for one object: managed attributes only, by schema, in the
// order of the kind. The place and the state are moves and starts, not changes.
func (b *builder) diff(k *schema.Kind, want, found *schema.Object) ([]Change, []Pending) {
	d := &differ{b: b, found: found, running: isRunning(found) && schema.Str(want.Value, "state") != "off", restart: schema.Str(want.Value, "restart") == "allowed", ignore: map[string]bool{}, refs: want.Refs,
		policy: schema.Str(want.Value, "reconcile"), address: want.Address}
	if d.own = k.Provider != ""; d.own { // what its schema says of a change is felt
		d.running, d.restart = true, true
	}
	for _, p := range b.in.Desired.Lifecycle[want.Address].IgnoreChanges {
		d.ignore[p] = true
	}
	if d.ignore["*"] {
		return nil, nil
	}
	for i := range k.Attributes {
		a := &k.Attributes[i]
		if a.Name == k.Place || a.Name == "state" && k.Place != "" || stepped(k, a.Name) {
			continue
		}
		if a.Name == "host" && k.Name == "volume_group" && slices.Contains(schema.Strings(found.Value, "hosts"), d.b.resolve(schema.Str(want.Value, "host"))) {
			continue // others know it as well
		}
		if a.Name == "lun" && slices.ContainsFunc(schema.Items(found.Value, "hosts"), func(h string) bool {
			return schema.Equal(schema.Get(want.Value, a.Name), schema.Get(found.Value, schema.JoinPath("hosts", h, "lun")))
		}) {
			continue // one of the ports by which hosts see it
		}
		if k.Name == "volume_group" && schema.Has(found.Value, "active") && !schema.True(found.Value, "active") && !schema.Has(found.Value, a.Name) {
			continue // it tells only its name and its disks
		}
		d.attribute(a, a.Name, schema.Get(want.Value, a.Name), schema.Get(found.Value, a.Name), schema.Get(found.Profile, a.Name))
	}
	return d.changes, d.pending
}

// stepped: attributes that have steps of their own and are no changes.
func stepped(k *schema.Kind, attr string) bool {
	return k.Name == "cluster" && attr == "state" || k.Name == "resource_group" && (attr == "state" || attr == "on") || k.Name == "wpar" && (attr == "state" || attr == "host")
}

// isRunning: whether somebody could notice a change.
func isRunning(o *schema.Object) bool {
	s := schema.Str(o.Value, "state")
	return (o.Kind == "partition" || o.Kind == "wpar") && s != "" && s != "off"
}

func (d *differ) attribute(a *schema.Attribute, path string, want, run, prof cty.Value) {
	if a.Computed || a.Policy || d.ignore[path] {
		return
	}
	if ref, ok := d.refs[path]; ok {
		d.reference(a, path, ref, run)
		return
	}
	if want == cty.NilVal && a.Dual && d.running && prof != cty.NilVal && run != cty.NilVal && !same(a, run, prof) {
		d.reconcile(a, path, run, prof)
		return
	}
	group := a.Type == schema.ObjectType && (a.Nesting == schema.Block || a.Nesting == schema.Single)
	// A block that is left out has differences to reconcile all the same.
	if want == cty.NilVal && !(a.Type == schema.ObjectType && len(d.refs) > 0) && !(group && d.running && prof != cty.NilVal) {
		return
	}
	switch {
	case a.Nesting == schema.LabelledBlock:
		d.items(a, path, want, run, prof)
	case group:
		for i := range a.Attributes {
			n := &a.Attributes[i]
			d.attribute(n, path+"."+n.Name, schema.Get(want, n.Name), schema.Get(run, n.Name), schema.Get(prof, n.Name))
		}
	default:
		d.value(a, path, d.resolved(a, want), run, prof)
	}
}

// reconcile puts a difference between the running configuration and the profile
// right as the estate says; what it does not say is shown and left.
func (d *differ) reconcile(a *schema.Attribute, path string, run, prof cty.Value) {
	c := Change{Path: path, Before: d.shown(a, run), Profile: d.shown(a, prof)}
	switch d.policy {
	case "running":
		c.After, c.Why = d.shown(a, run), "reconcile = \"running\": the profile takes what runs"
	case "profile":
		if a.Online == nil || !a.Online(d.found.Value, prof) {
			d.pending = append(d.pending, Pending{Path: path, Running: d.shown(a, run), Wanted: d.shown(a, prof)})
			return
		}
		c.After, c.Why = d.shown(a, prof), WhyRunningWrong
	default:
		d.b.plan.Drift = append(d.b.plan.Drift, Drift{Address: d.address, Path: path, Found: d.shown(a, run), Text: fmt.Sprintf("runs with %s, and the profile says %s; reconcile = \"running\" or \"profile\" says which is right", text(d.shown(a, run)), text(d.shown(a, prof)))})
		return
	}
	d.changes = append(d.changes, c)
}

// reference compares with a value that another object's console chose.
func (d *differ) reference(a *schema.Attribute, path string, ref schema.ValueRef, run cty.Value) {
	if src := d.b.found[ref.Address]; src != nil {
		if v := a.Fit(d.b.referred(ref.Address, src.Value, ref.Path)); v != cty.NilVal {
			d.value(a, path, v, run, cty.NilVal)
			return
		}
	}
	d.changes = append(d.changes, Change{Path: path, Before: raw(run), Source: &ref, Disruption: d.disruption(a), Why: "known after " + string(ref.Address) + " exists"})
}

// resolved turns addresses in a reference into identities.
func (d *differ) resolved(a *schema.Attribute, v cty.Value) cty.Value { return d.b.resolveRefs(a, v) }

func (b *builder) resolveRefs(a *schema.Attribute, v cty.Value) cty.Value {
	if a.Type != schema.Ref || v == cty.NilVal {
		return v
	}
	if v.Type() == cty.String {
		return cty.StringVal(b.resolve(v.AsString()))
	}
	var out []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		out = append(out, cty.StringVal(b.resolve(e.AsString())))
	}
	if len(out) == 0 {
		return cty.EmptyTupleVal
	}
	return cty.TupleVal(out)
}

func (d *differ) value(a *schema.Attribute, path string, want, run, prof cty.Value) {
	inRun := same(a, want, run)
	if top, _, nested := strings.Cut(path, "."); prof == cty.NilVal && !(a.Dual && nested && schema.Has(d.found.Profile, top)) {
		prof = run // a profile that tells of processors and has no units lacks them; of what it tells nothing, nothing is known
	}
	inProf := same(a, want, prof)
	if inRun && (inProf || !a.Dual) {
		return
	}
	c := Change{Path: path, Before: d.shown(a, run), After: d.shown(a, want)}
	if a.Least {
		c.Before, c.After, c.Why = nil, d.shown(a, missing(a, want, run)), "added"
	}
	if a.Dual && d.running && !schema.Equal(run, prof) {
		c.Profile = d.shown(a, prof)
	}
	switch {
	case a.CreateOnly:
		c.Disruption, c.Why = schema.Refused, "can be chosen at creation only"
	case d.own:
		c.Disruption = a.Disruption
	case !d.running:
		c.Disruption = schema.None
	case inRun:
		c.Disruption, c.Why = schema.None, whySaysOtherwise
	case a.Online != nil && a.Online(d.found.Value, want):
		c.Disruption, c.Why = schema.None, "online"
		if a.Dual {
			c.Why = "online; the profile follows"
		}
	case a.Disruption < schema.Restart:
		c.Disruption = a.Disruption
	case d.restart:
		c.Disruption, c.Why = schema.Restart, "needs a restart, which restart = \"allowed\" permits"
	case a.Dual && inProf:
		d.pending = append(d.pending, Pending{Path: path, Running: d.shown(a, run), Wanted: d.shown(a, want)})
		return
	case a.Dual:
		c.Disruption, c.Why = schema.Activation, d.whyNotOnline(a)
	default:
		c.Disruption, c.Why = schema.Refused, d.whyNotOnline(a)+"; stop the partition, or set restart = \"allowed\""
	}
	d.changes = append(d.changes, c)
}

// whyNotOnline says which condition of an online change is missing.
func (d *differ) whyNotOnline(a *schema.Attribute) string {
	if a.Online == nil {
		return "cannot change while the partition runs"
	}
	if s := schema.Str(d.found.Value, "rmc_state"); s != "active" {
		return "no management connection (RMC is " + orNone(s) + ")"
	}
	return "outside the minimum and maximum that it was activated with, or not DLPAR capable"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (d *differ) disruption(a *schema.Attribute) schema.Disruption {
	if !d.running {
		return schema.None
	}
	return a.Disruption
}

// same compares; lists are sets, but for those that are in order. Of some only what is missing counts.
func same(a *schema.Attribute, x, y cty.Value) bool {
	if a.Least {
		return len(lacking(a, x, y)) == 0
	}
	if a.Nesting == schema.List && !a.Ordered {
		xs, ys := set(x), set(y)
		if len(xs) != len(ys) {
			return false
		}
		for k := range xs {
			if !ys[k] {
				return false
			}
		}
		return true
	}
	return schema.Equal(x, y)
}

// lacking are the items of a list, or the entries of a map, that y does not have.
func lacking(a *schema.Attribute, x, y cty.Value) []string {
	if a.Nesting == schema.List {
		have := set(y)
		return slices.DeleteFunc(sortedStrings(set(x)), func(item string) bool { return have[item] })
	}
	return slices.DeleteFunc(schema.Items(x, ""), func(key string) bool {
		key = schema.JoinPath(key)
		return schema.Equal(schema.Get(x, key), schema.Get(y, key))
	})
}

// missing is what lacking names, as a value.
func missing(a *schema.Attribute, x, y cty.Value) cty.Value {
	lacks := lacking(a, x, y)
	if a.Nesting == schema.List {
		var out []cty.Value
		for it := x.ElementIterator(); it.Next(); {
			if _, e := it.Element(); slices.Contains(lacks, string(schema.EncodeValue(e))) {
				out = append(out, e)
			}
		}
		return cty.TupleVal(out)
	}
	out := map[string]cty.Value{}
	for _, k := range lacks {
		out[k] = schema.Get(x, schema.JoinPath(k))
	}
	return schema.Build(out)
}

func set(v cty.Value) map[string]bool {
	out := map[string]bool{}
	if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
		return out
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		out[string(schema.EncodeValue(e))] = true
	}
	return out
}

// shown is a value as the plan keeps it: references by address where declared.
func (d *differ) shown(a *schema.Attribute, v cty.Value) []byte {
	switch {
	case a.Type != schema.Ref || v == cty.NilVal:
	case v.Type() == cty.String:
		return raw(cty.StringVal(d.b.show(a.RefKind, v.AsString())))
	case a.Nesting == schema.List:
		var names []cty.Value
		for _, ref := range schema.Strings(v, "") {
			names = append(names, cty.StringVal(d.b.show(a.RefKind, ref)))
		}
		return raw(cty.TupleVal(names))
	}
	return raw(v)
}

// items matches the declared items of a labelled block with the found ones by
// the block's key, since a console does not know the labels.
func (d *differ) items(a *schema.Attribute, path string, want, run, prof cty.Value) {
	pair, extra := d.b.pairItems(a, want, run)
	inProfile, profExtra := d.b.pairItems(a, want, prof)
	dual := d.running && prof != cty.NilVal
	for _, label := range schema.Items(want, "") {
		p := schema.JoinPath(append(schema.SplitPath(path), label)...)
		item := want.GetAttr(label)
		if foundLabel, ok := pair[label]; ok {
			for i := range a.Attributes {
				n := &a.Attributes[i]
				if n.Type == schema.Ref && n.Name == "source" {
					continue // the key itself
				}
				d.attribute(n, p+"."+n.Name, schema.Get(item, n.Name), schema.Get(run.GetAttr(foundLabel), n.Name), cty.NilVal)
			}
			if profLabel, ok := inProfile[label]; dual && ok {
				d.profileItem(a, p, item, run.GetAttr(foundLabel), prof.GetAttr(profLabel))
			} else if dual {
				full := schema.Set(d.b.resolveItem(a, item), "slot", schema.Get(run.GetAttr(foundLabel), "slot"))
				d.changes = append(d.changes, Change{Path: p, After: raw(full), Why: WhyProfileLacks})
			}
			continue
		}
		c := Change{Path: p, After: raw(d.b.resolveItem(a, item)), Why: "added"}
		d.itemDisruption(a, &c)
		if _, waiting := inProfile[label]; waiting && d.running && c.Disruption == schema.Activation {
			d.pending = append(d.pending, Pending{Path: p, Wanted: raw(d.b.resolveItem(a, item))})
			continue
		}
		d.changes = append(d.changes, c)
	}
	gone := map[string]bool{}
	for _, label := range extra {
		gone[label] = true
	}
	for _, label := range profExtra {
		if dual && !gone[label] {
			d.changes = append(d.changes, Change{Path: schema.JoinPath(append(schema.SplitPath(path), label)...), Before: raw(prof.GetAttr(label)), Why: WhyProfileOnly})
		}
	}
	for _, label := range extra {
		if schema.True(run, schema.JoinPath(label, "usual")) {
			continue
		}
		c := Change{Path: schema.JoinPath(append(schema.SplitPath(path), label)...), Before: raw(run.GetAttr(label)), Why: "not declared any more"}
		d.itemDisruption(a, &c)
		if d.running && (a.Name == "disk" || a.Name == "npiv") {
			c.Disruption, c.Why = schema.Outage, "taken away from a running partition"
		}
		d.changes = append(d.changes, c)
	}
}

// profileItem finds what the profile says otherwise of an item that runs as it is declared.
func (d *differ) profileItem(a *schema.Attribute, path string, item, run, prof cty.Value) {
	for i := range a.Attributes {
		n := &a.Attributes[i]
		want := d.resolved(n, schema.Get(item, n.Name))
		have, said := schema.Get(run, n.Name), schema.Get(prof, n.Name)
		if n.Computed || n.Policy || n.CreateOnly || want == cty.NilVal || !same(n, want, have) || same(n, want, said) || d.ignore[path+"."+n.Name] {
			continue
		}
		d.changes = append(d.changes, Change{Path: path + "." + n.Name, Before: d.shown(n, have), Profile: d.shown(n, said), After: d.shown(n, want), Why: whySaysOtherwise})
	}
}

// Why a change of an item concerns the profile alone.
const (
	WhyRunningWrong  = "online; the profile is right and the running configuration differs"
	WhyProfileLacks  = "the profile lacks it and would lose it at the next activation"
	whySaysOtherwise = "the profile says otherwise and would undo it at the next activation"
	WhyProfileOnly   = "in the profile only; it would appear at the next activation"
)

// itemDisruption is that of adding or taking away a whole item: that of its
// most disruptive attribute, unless that one could change online.
func (d *differ) itemDisruption(a *schema.Attribute, c *Change) {
	if !d.running {
		return
	}
	online := false
	defer func() {
		if online && c.Disruption == schema.None {
			c.Why += ", online"
		}
	}()
	for i := range a.Attributes {
		n := &a.Attributes[i]
		if n.Computed || n.Disruption <= c.Disruption {
			continue
		}
		if n.Online != nil && n.Online(d.found.Value, cty.NilVal) {
			online = true
			continue
		}
		if n.Disruption == schema.Restart && !d.restart {
			c.Disruption = schema.Activation
			c.Why += "; " + d.whyNotOnline(n)
			continue
		}
		c.Disruption = n.Disruption
	}
}

// Paired maps the labels of a block's declared items, with identities in place of addresses, to the labels under which
// they were found. The keys are those of the block, the strongest first.
func Paired(key []string, want, have cty.Value) map[string]string {
	pair, _ := newBuilder(Input{Inventory: &Inventory{}}).pairItems(&schema.Attribute{Key: key}, want, have)
	return pair
}

// pairItems maps declared labels to found labels and returns the found labels left over.
func (b *builder) pairItems(a *schema.Attribute, want, have cty.Value) (map[string]string, []string) {
	pair := map[string]string{}
	taken := map[string]bool{}
	haveLabels := schema.Items(have, "")
	if len(a.Key) == 0 { // the label is the name
		for _, label := range schema.Items(want, "") {
			if slices.Contains(haveLabels, label) {
				pair[label], taken[label] = label, true
			}
		}
	}
	for pass := range a.Key {
		for _, label := range schema.Items(want, "") {
			if pair[label] != "" {
				continue
			}
			item := want.GetAttr(label)
			name := a.Key[pass]
			// A stronger key that is declared decides alone.
			if pass > 0 && schema.Has(item, a.Key[pass-1]) {
				continue
			}
			x := schema.Get(item, name)
			if x == cty.NilVal {
				continue
			}
			for i := range a.Attributes {
				if a.Attributes[i].Name == name {
					x = b.resolveRefs(&a.Attributes[i], x)
				}
			}
			for _, h := range haveLabels {
				if !taken[h] && schema.Equal(schema.Get(have.GetAttr(h), name), x) {
					pair[label], taken[h] = h, true
					break
				}
			}
		}
	}
	var extra []string
	for _, h := range haveLabels {
		if !taken[h] {
			extra = append(extra, h)
		}
	}
	return pair, extra
}

// resolveItem is a declared item with identities in place of addresses.
func (b *builder) resolveItem(a *schema.Attribute, item cty.Value) cty.Value {
	return b.resolveAttrs(a.Attributes, item)
}

func (b *builder) resolveAttrs(attrs []schema.Attribute, v cty.Value) cty.Value {
	if v == cty.NilVal || !v.Type().IsObjectType() {
		return v
	}
	m := v.AsValueMap()
	for i := range attrs {
		a := &attrs[i]
		x, ok := m[a.Name]
		if !ok {
			continue
		}
		switch {
		case a.Type == schema.Ref:
			m[a.Name] = b.resolveRefs(a, x)
		case a.Type == schema.ObjectType && a.Nesting == schema.LabelledBlock:
			items := x.AsValueMap()
			for l, it := range items {
				items[l] = b.resolveAttrs(a.Attributes, it)
			}
			m[a.Name] = schema.Build(items)
		case a.Type == schema.ObjectType && a.Nesting != schema.Map:
			m[a.Name] = b.resolveAttrs(a.Attributes, x)
		}
	}
	return schema.Build(m)
}

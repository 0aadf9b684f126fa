package planner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// classify is stage 2: for each declared and each recorded object, which steps
// it needs; and what exists besides.
func (b *builder) classify() {
	for _, o := range b.in.Desired.Objects {
		if !b.selected(o.Address) {
			continue
		}
		k := b.in.Catalogue.Kind(o.Kind)
		f := b.found[o.Address]
		b.sameThing(k, o)
		switch {
		case f == nil && !k.Owned(o.Value), f == nil && b.hasFinding(o.Address):
			// stage 1 has said what is wrong
		case f == nil && b.in.RefreshOnly:
			// only the state is brought up to what is there
		case f != nil && b.in.Destroy:
			b.plan.Unchanged++ // what is not owned stays as it is
		case f == nil:
			b.create(k, o)
		default:
			b.existing(k, o, f)
		}
	}
	for _, a := range sortedAddresses(b.records) {
		if b.desired[a] == nil && b.selected(a) && !b.renamed[a] {
			b.gone(a, b.records[a])
		}
	}
	b.silentServers()
	b.unmanaged()
}

// sameThing refuses a declaration of something else under the address of what Gantry has made: that would be left behind.
func (b *builder) sameThing(k *schema.Kind, o *schema.Object) {
	rec, id := b.records[o.Address], b.resolve(string(o.Address))
	if rec == nil || b.in.RefreshOnly || id == string(o.Address) || k.Owned(o.Value) || !k.Owned(rec.Object.Value) || rec.Object.ID == id {
		return
	}
	b.finding(diag.Errorf("identity-changed", "Something else under the same name", "%s is %s %s, which Gantry has made or added to, and is declared as %s now.", o.Address, k.Name, rec.Object.ID, id).At(string(o.Address), "").WithFix("Declare the new one under a name of its own and leave the old one out; what was made for that is then taken back. To leave that as it is: gantry state rm %s", o.Address.Shell()))
}

func (b *builder) hasFinding(a schema.Address) bool {
	for _, f := range b.plan.Findings {
		if f.Address == string(a) && f.Severity == diag.Error {
			return true
		}
	}
	return false
}

func (b *builder) selected(a schema.Address) bool { return b.target == nil || b.target[a] }

func (b *builder) step(o *schema.Object, action Action, reason, sentence string, args ...any) *Step {
	s := &Step{ID: string(action) + ":" + string(o.Address), Address: o.Address, Kind: o.Kind, Action: action, Endpoint: o.Endpoint,
		Reason:         Reason{reason, fmt.Sprintf(sentence, args...)},
		PreventDestroy: b.in.Desired.Lifecycle[o.Address].PreventDestroy, Deps: b.in.Desired.Deps[o.Address]}
	b.steps = append(b.steps, s)
	b.byAddr[o.Address] = append(b.byAddr[o.Address], s)
	return s
}

// after is a declared object with identities in place of addresses.
func (b *builder) after(k *schema.Kind, o *schema.Object) *schema.Object {
	c := o.Clone()
	c.Value = b.resolveAttrs(k.Attributes, o.Value)
	for path, ref := range c.Refs {
		if src := b.found[ref.Address]; src != nil {
			if v := b.referred(ref.Address, src.Value, ref.Path); v != cty.NilVal {
				c.Value = schema.Set(c.Value, path, k.Attribute(path).Fit(v))
				delete(c.Refs, path)
			}
		}
	}
	return c
}

// offered is what is declared without the attributes that the manager of the object's place does not have, nor the one
// where it is now: the same text serves a partition under an HMC and, after a move, under an IVM.
func (b *builder) offered(k *schema.Kind, o, f *schema.Object) *schema.Object {
	if k.Place == "" {
		return o
	}
	managers := map[string]string{}
	for _, x := range []*schema.Object{o, f} {
		if x == nil {
			continue
		}
		if place := b.lookup("system", b.resolve(schema.Str(x.Value, k.Place))); place != nil {
			managers[schema.Str(place.Value, "manager")] = b.show("system", place.ID)
		}
	}
	c := o
	var left, where []string
	var walk func(attrs []schema.Attribute, at []string)
	walk = func(attrs []schema.Attribute, at []string) {
		for i := range attrs {
			a := &attrs[i]
			path := schema.JoinPath(append(slices.Clone(at), a.Name)...)
			if a.Policy || a.Computed || !schema.Has(o.Value, path) {
				continue
			}
			lacking := ""
			for m, place := range managers {
				if !a.ManagedBy(m) {
					lacking = place
				}
			}
			switch {
			case lacking != "":
				if c == o {
					c = o.Clone()
				}
				c.Value = schema.Set(c.Value, path, cty.NilVal)
				delete(c.Refs, path)
				left, where = append(left, path), append(where, lacking)
			case a.Nesting == schema.LabelledBlock:
				for _, label := range schema.Items(o.Value, path) {
					walk(a.Attributes, append(slices.Clone(at), a.Name, label))
				}
			default:
				walk(a.Attributes, append(slices.Clone(at), a.Name))
			}
		}
	}
	walk(k.Attributes, nil)
	for i, path := range left {
		if a := k.Attribute(path); a != nil && a.Nesting == schema.LabelledBlock {
			b.finding(diag.Errorf("not-offered", "Not offered there", "%s declares %s, which the manager of %s does not offer.", o.Address, path, where[i]).At(string(o.Address), path).WithFix("Leave it out, or choose a system whose manager offers it."))
			left = slices.Delete(slices.Clone(left), i, i+1)
			break
		}
	}
	// The planner itself adds these two for an HMC, and an IVM has one path and both sides of it anyway.
	left = slices.DeleteFunc(left, func(path string) bool { return path == "connected" || strings.HasSuffix(path, ".paths") })
	if len(left) > 0 {
		b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "not-offered", Summary: "Not offered there", Address: string(o.Address), Path: left[0],
			Detail: fmt.Sprintf("The manager of %s does not offer %s, declared for %s.", where[0], strings.Join(left, ", "), o.Address), Fix: "Nothing to do: it counts where it is offered."})
	}
	return c
}

func (b *builder) create(k *schema.Kind, o *schema.Object) {
	o = b.offered(k, o, nil)
	if bad := b.silentFor(o); bad != "" {
		b.finding(diag.Errorf("not-visible", "Cannot be seen", "%s would be created, but %s did not answer, so nobody can say whether it exists already.", o.Address, bad).At(string(o.Address), "").WithFix("Repair the connection and plan again."))
		return
	}
	s := b.step(o, Create, "declared", "It is declared and does not exist.")
	s.After = b.after(k, o)
	if id := b.made(k, o.Value, o.Endpoint); id != "" {
		s.After.ID = id
		b.owner[k.Name+"|"+id] = o.Address
		b.facts.coming[k.Name+"|"+id] = s.After
		s.Demands = b.poolDemand(s.After, schema.Num(s.After.Value, "size"))
	}
	if k.Provider != "" {
		s.Demands = b.needs(k, s.After.Value)
	}
	b.hostDisks(s, nil, s.After)
	s.Seconds = 10
	s.Reverse = "gantry destroy -allow-destroy 1 -target " + o.Address.Shell()
	place := b.lookup("system", schema.Str(s.After.Value, k.Place))
	if place != nil {
		s.Details = append(s.Details, Detail{"on", b.show("system", place.ID)})
	}
	if s.Kind == "partition" && place != nil && schema.Str(place.Value, "manager") == "hmc" {
		s.After = whole(s.After, func(source string) int {
			if d := b.lookup("disk", b.resolve(source)); d != nil {
				return len(schema.Items(d.Value, schema.JoinPath("paths", place.ID, "devices")))
			}
			return 0
		})
	}
	if c := b.ofCluster(o); c != nil {
		s.Endpoint = b.lead(c)
	}
	b.besideNodes(s)
	b.services(o, nil)
	if k.Name == "wpar" {
		b.wparSteps(k, o, nil, nil)
		return
	}
	if schema.Str(o.Value, "state") == "running" && place != nil {
		st := b.step(o, Start, "state", "state = \"running\" is declared.")
		st.After, st.Seconds, st.Reverse = s.After, 60, "stop"
		st.Demands = b.startDemand(place, s.After)
	}
}

// toRemember are the instructions that a later plan needs although their block may be gone then, and that state does not hold yet as they are
// declared; one that is declared no more is null.
func toRemember(k *schema.Kind, declared cty.Value, rec *schema.Record) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for i := range k.Attributes {
		a := &k.Attributes[i]
		if rec == nil || !a.Policy || !a.Remembered {
			continue
		}
		if was, is := raw(schema.Get(rec.Object.Value, a.Name)), raw(schema.Get(declared, a.Name)); string(was) != string(is) {
			out[a.Name] = is
		}
	}
	return out
}

// silentFor names an endpoint that has not answered and could hide the object.
func (b *builder) silentFor(o *schema.Object) string {
	if e := b.in.Inventory.Endpoints[o.Endpoint]; o.Endpoint != "" && (e == nil || e.Error != "") {
		return o.Endpoint
	}
	for _, path := range []string{"system", "logical_volume.system", "file.system"} {
		if place := b.resolve(schema.Str(o.Value, path)); b.unread()[place] {
			return b.show("system", place)
		}
	}
	if o.Kind == "disk" {
		return strings.Join(b.blind(o.Value), ", ")
	}
	return ""
}

// existing plans what a matched object needs.
func (b *builder) existing(k *schema.Kind, o, f *schema.Object) {
	before := len(b.steps)
	rec := b.records[o.Address]
	f = off(k, b.unheard(o, remembering(k, f, rec), rec), rec)
	if k.Owned(o.Value) {
		if b.adopt[o.Address] {
			s := b.step(o, Adopt, "import", "An import block takes it over as it is; nothing is sent.")
			s.Endpoint = f.Endpoint
			s.Before, s.After = f, f
			s.Reverse = "gantry state rm " + o.Address.Shell()
		} else {
			b.drift(k, rec, f)
		}
	}
	if b.in.RefreshOnly {
		b.steps = b.steps[:before]
		b.byAddr[o.Address] = nil
		if rec != nil && !schema.Equal(rec.Object.Value, f.Value) {
			r := f.Clone()
			r.Address = o.Address
			b.plan.Refreshed = append(b.plan.Refreshed, r)
		}
		return
	}
	o = b.offered(k, o, f)
	changes, pending := b.diff(k, o, f)
	for _, p := range pending {
		p.Address = o.Address
		b.plan.Pending = append(b.plan.Pending, p)
	}
	changes = b.refused(o, f, changes)
	if k.Place != "" {
		b.partitionSteps(k, o, f, changes)
	} else if k.Name == "wpar" {
		b.wparSteps(k, o, f, changes)
	} else if len(changes) > 0 {
		b.update(k, o, f, changes)
	}
	b.services(o, f)
	if len(b.steps) == before {
		b.plan.Unchanged++
		lc, deps := b.in.Desired.Lifecycle[o.Address], b.in.Desired.Deps[o.Address]
		keep := toRemember(k, o.Value, rec)
		if rec != nil && (rec.PreventDestroy != lc.PreventDestroy || !slices.Equal(rec.Deps, deps) || len(keep) > 0) {
			b.plan.Books = append(b.plan.Books, Book{o.Address, lc.PreventDestroy, deps, keep})
		}
	}
}

// remembering is a found object with what state remembers of it besides.
func remembering(k *schema.Kind, f *schema.Object, rec *schema.Record) *schema.Object {
	if rec == nil {
		return f
	}
	v := k.Remember(f.Value, rec.Object.Value)
	if schema.Equal(v, f.Value) {
		return f
	}
	c := f.Clone()
	c.Value = v
	return c
}

// off is a volume group that is not varied on, with what was last known of it: it tells only its name and its disks.
func off(k *schema.Kind, f *schema.Object, rec *schema.Record) *schema.Object {
	if k.Name != "volume_group" || rec == nil || schema.True(f.Value, "active") {
		return f
	}
	c := f.Clone()
	for i := range k.Attributes {
		if a := &k.Attributes[i]; !a.Computed && !schema.Has(f.Value, a.Name) && schema.Has(rec.Object.Value, a.Name) {
			c.Value = schema.Set(c.Value, a.Name, schema.Get(rec.Object.Value, a.Name))
		}
	}
	return c
}

// unheard counts the paths to a partition's disks that a Virtual I/O Server which does not answer may still have as they are
// declared: one that is down for maintenance is no reason to change anything, and nothing could be changed there.
func (b *builder) unheard(o, f *schema.Object, rec *schema.Record) *schema.Object {
	sys := b.lookup("system", schema.Str(f.Value, "system"))
	if o.Kind != "partition" || sys == nil || schema.Str(sys.Value, "manager") != "hmc" {
		return f
	}
	silent := b.mute(sys, f)
	if len(silent) == 0 {
		return f
	}
	c := f.Clone()
	set := func(path string, v cty.Value) { c.Value = schema.Set(c.Value, path, v) }
	block := b.in.Catalogue.Kind("partition").Attribute("disk")
	declared, _ := b.pairItems(block, schema.Get(o.Value, "disk"), schema.Get(f.Value, "disk"))
	wants := map[string]float64{} // by the found label
	for l, found := range declared {
		wants[found] = schema.Num(o.Value, schema.JoinPath("disk", l, "paths"))
	}
	if rec != nil {
		was := schema.Get(rec.Object.Value, "disk")
		recorded, _ := b.pairItems(block, was, schema.Get(f.Value, "disk"))
		for _, l := range schema.Items(was, "") {
			if found, ok := recorded[l]; ok {
				wants[found] = max(wants[found], schema.Num(was, schema.JoinPath(l, "paths")))
				continue
			}
			// All that is known of it is behind the silent ones.
			servers := schema.Items(was, schema.JoinPath(l, "servers"))
			if len(servers) > 0 && !slices.ContainsFunc(servers, func(v string) bool { return !silent[v] }) && !schema.Has(f.Value, schema.JoinPath("disk", l)) {
				set(schema.JoinPath("disk", l), schema.Get(was, l))
			}
		}
	}
	for found, want := range wants {
		at := schema.JoinPath("disk", found, "paths")
		have := schema.Num(f.Value, at)
		if may := min(want, have+float64(len(silent))); may > have {
			set(at, cty.NumberFloatVal(may))
		}
	}
	if schema.Equal(c.Value, f.Value) {
		return f
	}
	for v := range silent {
		b.muted[sys.ID+"/"+v] = append(b.muted[sys.ID+"/"+v], string(o.Address))
	}
	return c
}

// mute are the Virtual I/O Servers of a system that a partition has a SCSI adapter to and that cannot be asked.
func (b *builder) mute(sys, f *schema.Object) map[string]bool {
	out := map[string]bool{}
	for _, l := range schema.Items(f.Value, "adapters") {
		a := schema.Get(f.Value, schema.JoinPath("adapters", l))
		v := schema.Str(a, "server")
		state := schema.Get(sys.Value, schema.JoinPath("vios", v))
		if v != "" && state != cty.NilVal && schema.Str(a, "type") == "scsi" && !answers(state) {
			out[v] = true
		}
	}
	return out
}

// silentServers says once for each Virtual I/O Server what it leaves unknown.
func (b *builder) silentServers() {
	for _, at := range slices.Sorted(maps.Keys(b.muted)) {
		id, v, _ := strings.Cut(at, "/")
		who, sys := b.muted[at], b.lookup("system", id)
		slices.Sort(who)
		names := strings.Join(who, ", ")
		if len(who) > 3 {
			names = fmt.Sprintf("%s and %d more", strings.Join(who[:3], ", "), len(who)-3)
		}
		state, how := schema.Get(sys.Value, schema.JoinPath("vios", v)), "Bring it back"
		if schema.Str(state, "state") == "Running" {
			how = "Repair its management connection (diagrmc on the console helps)"
		}
		b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "server-silent", Summary: "Virtual I/O Server not read", Address: string(b.owner["system|"+id]),
			Detail: fmt.Sprintf("%s of %s cannot be asked (%s, RMC %s), so nobody can say whether it still exports the disks of %s.", v, b.show("system", id), schema.Str(state, "state"), orNone(schema.Str(state, "rmc_state")), names),
			Fix:    "Nothing is changed for that. " + how + " and plan again: what it lacks then is made."})
	}
}

// refused takes the changes out that cannot be made and reports them.
func (b *builder) refused(o, f *schema.Object, changes []Change) []Change {
	out := changes[:0]
	for _, c := range changes {
		if c.Disruption != schema.Refused {
			out = append(out, c)
			continue
		}
		b.finding(diag.Errorf("refused", "Cannot be changed", "%s is %s and %s is declared; it %s.", c.Path, text(c.Before), text(c.After), c.Why).At(string(o.Address), c.Path).WithFix("Declare the value that is there, or remove the line."))
	}
	return out
}

func text(b []byte) string {
	if len(b) == 0 {
		return "nothing"
	}
	return strings.Trim(string(b), `"`)
}

// partitionSteps plans stop, move, update, restart and start of one partition.
func (b *builder) partitionSteps(k *schema.Kind, o, f *schema.Object, changes []Change) {
	state, want := schema.Str(f.Value, "state"), schema.Str(o.Value, "state")
	if want != "" && state == "error" {
		b.finding(diag.Errorf("partition-error", "Partition in error", "%s is in the state Error.", nameOf(f)).At(string(o.Address), "state").WithFix("Look at its reference code (lsrefcode), repair it, and plan again."))
	}
	if want == "running" && state == "open firmware" {
		b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "not-booted", Summary: "Activated, not booted", Address: string(o.Address), Path: "state",
			Detail: nameOf(f) + " is activated and waits in Open Firmware; no operating system runs.", Fix: "Look at its terminal and its disks."})
	}
	if strings.HasPrefix(state, "migrating") {
		return // rule LPM-14 says so; whatever else looks odd is an echo of it
	}
	if state == "shutting down" {
		if want == "running" || len(changes) > 0 {
			b.finding(diag.Errorf("unsettled", "On its way down", "%s is shutting down.", nameOf(f)).At(string(o.Address), "state").WithFix("Wait until it is off, and plan again."))
		} else if want == "off" {
			b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "unsettled", Summary: "On its way down", Address: string(o.Address), Path: "state", Detail: nameOf(f) + " is shutting down; it will be off, as declared.", Fix: "Nothing to do."})
		}
		return
	}
	running := isRunning(f)
	from, to := schema.Str(f.Value, k.Place), b.resolve(schema.Str(o.Value, k.Place))
	if len(changes) == 0 && from == to && (want == "" || want == "off" == !running) {
		return
	}
	after := b.after(k, o)
	if want == "off" && running {
		s := b.step(o, Stop, "state", "state = \"off\" is declared.")
		s.Before, s.After, s.Disruption, s.Seconds, s.Reverse = f, after, schema.Outage, 120, "start"
		s.Endpoint = f.Endpoint
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal(state)), After: raw(cty.StringVal("off")), Disruption: schema.Outage}}
		b.fact(s, f, "state")
		running = false
	}
	source, target := b.lookup("system", from), b.lookup("system", to)
	if from != to && source != nil && target != nil {
		b.migrate(k, o, f, after, source, target, running)
	} else {
		target = source
	}
	if len(changes) > 0 {
		s := b.update(k, o, f, changes)
		if target != nil {
			s.Endpoint = target.Endpoint
			b.resizeDemand(s, target, f, after, running)
		}
		for _, c := range changes {
			if c.Disruption == schema.Restart {
				r := b.step(o, Restart, "restart", "A change needs it, and restart = \"allowed\" permits it.")
				r.Before, r.After, r.Disruption, r.Seconds, r.Endpoint = f, after, schema.Restart, 180, s.Endpoint
				r.Reverse = "none; the previous values can be declared again"
				break
			}
		}
	}
	if want == "running" && state == "off" {
		s := b.step(o, Start, "state", "state = \"running\" is declared.")
		s.Before, s.After, s.Seconds, s.Reverse = f, after, 60, "stop"
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal(state)), After: raw(cty.StringVal("running"))}}
		if target != nil {
			s.Endpoint = target.Endpoint
			if schema.Num(f.Value, "holds_memory") == 0 {
				s.Demands = b.startDemand(target, after)
			}
		}
		b.fact(s, f, "state")
	}
}

// services plans what runs of a cluster and of its resource groups; f is nil for what is made.
func (b *builder) services(o, f *schema.Object) {
	switch o.Kind {
	case "cluster":
		b.clusterSteps(o, f)
	case "resource_group":
		b.groupSteps(o, f)
	}
}

func (b *builder) update(k *schema.Kind, o, f *schema.Object, changes []Change) *Step {
	s := b.step(o, Update, "changed", "%s.", changeSentence(changes))
	s.Changes, s.Before, s.After = changes, f, b.after(k, o)
	if f.Endpoint != "" {
		s.Endpoint = f.Endpoint
	}
	s.Seconds = 5
	s.Reverse = "declare the previous values again"
	if k.Provider != "" {
		s.Demands, s.Releases = b.grows(k, f.Value, s.After.Value)
	}
	for _, c := range changes {
		if c.Disruption > s.Disruption && (c.Disruption != schema.Restart || k.Provider != "") {
			s.Disruption = c.Disruption
		}
		if strings.HasPrefix(c.Path, "ethernet.") && len(c.After) == 0 && strings.HasSuffix(c.Why, ", online") {
			s.Disruption = max(s.Disruption, schema.Outage) // whoever talks through it is cut off
		}
		if parts := schema.SplitPath(c.Path); len(c.After) == 0 && (parts[0] == "disk" || parts[0] == "npiv" && len(parts) == 2) {
			s.Destroys++ // the port names of an adapter that is taken away never come back
		}
		if strings.HasPrefix(c.Path, "disk.") && k.Place != "" {
			b.diskFacts(s, f)
		}
		if len(c.Before) > 0 && k.Attribute(c.Path) != nil && k.Attribute(c.Path).Nesting != schema.LabelledBlock {
			b.fact(s, f, c.Path)
		}
	}
	if k.Place != "" {
		b.fact(s, f, "id") // commands go by it
	} else if k.Name == "disk" && k.Owned(f.Value) {
		s.Reverse = "none: it does not shrink"
		s.Demands = b.poolDemand(f, schema.Num(s.After.Value, "size")-schema.Num(f.Value, "size"))
	}
	b.hostDisks(s, f, s.After)
	b.besideNodes(s)
	for _, sys := range schema.Items(f.Value, "paths") {
		b.fact(s, f, schema.JoinPath("paths", sys, "device"))
		if on := b.lookup("system", sys); on != nil && !slices.Contains(s.Beside, on.Endpoint) {
			s.Beside = append(s.Beside, on.Endpoint)
		}
	}
	if isRunning(f) {
		b.fact(s, f, "state")
		b.fact(s, f, "rmc_state")
	}
	return s
}

// hostDisks holds fast how the host of a volume group names the disks that come or go, because commands go by device names
// and those are given anew at every cfgmgr. A disk that comes is free on every host as long as the plan says so.
func (b *builder) hostDisks(s *Step, before, after *schema.Object) {
	if s.Kind != "volume_group" {
		return
	}
	var have, want []string
	host := ""
	if before != nil {
		have, host = schema.Strings(before.Value, "disks"), schema.Str(before.Value, "host")
	}
	if after != nil {
		want, host = schema.Strings(after.Value, "disks"), schema.Str(after.Value, "host")
	}
	comes := false
	for _, id := range append(slices.Clone(have), want...) {
		d := b.lookup("disk", id)
		if d == nil || slices.Contains(have, id) && slices.Contains(want, id) {
			continue
		}
		b.fact(s, d, schema.JoinPath("hosts", host, "device"))
		for _, h := range schema.Items(d.Value, "hosts") {
			b.fact(s, d, schema.JoinPath("hosts", h, "volume_group"))
			if on := b.lookup("host", h); on != nil && on.Endpoint != s.Endpoint && !slices.Contains(s.Beside, on.Endpoint) {
				s.Beside = append(s.Beside, on.Endpoint)
			}
		}
		comes = comes || !slices.Contains(have, id)
	}
	if !comes {
		return
	}
	for _, o := range b.in.Desired.Objects {
		if e := b.in.Inventory.Endpoints[o.Endpoint]; o.Kind == "host" && (e == nil || e.Error != "") {
			b.finding(diag.Warningf("not-visible", "Cannot be seen", "%s gets disks, and %s did not answer: whether that host uses them nobody can say.", s.Address, o.Address).At(string(s.Address), "disks").WithFix("Repair the connection and plan again."))
		}
	}
}

func changeSentence(changes []Change) string {
	var paths []string
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	if len(paths) > 3 {
		return fmt.Sprintf("%s and %d more differ from what is declared", strings.Join(paths[:3], ", "), len(paths)-3)
	}
	verb := "differs"
	if len(paths) > 1 {
		verb = "differ"
	}
	return strings.Join(paths, ", ") + " " + verb + " from what is declared"
}

func (b *builder) fact(s *Step, o *schema.Object, path string) {
	if b.assumed[s.Address] {
		return // nobody can look again either
	}
	s.Facts = append(s.Facts, Fact{o.Kind, o.ID, path, raw(schema.Get(o.Value, path))})
}

// migrate plans the change of place.
func (b *builder) migrate(k *schema.Kind, o, f, after, source, target *schema.Object, running bool) {
	mode := schema.Str(o.Value, "mobility.mode")
	kind := "inactive"
	if running {
		kind = "live"
	}
	switch {
	case mode == "never":
		b.finding(diag.Errorf("mobility-never", "May not move", "%s is declared on %s and is on %s, but mobility.mode is \"never\".", o.Address, b.show("system", target.ID), b.show("system", source.ID)).At(string(o.Address), k.Place).WithFix("Set the system back, or allow the move."))
		return
	case mode == "live" && !running:
		b.finding(diag.Errorf("LPM-13", "State does not fit the migration", "%s is off, and mobility.mode \"live\" moves it only while it runs.", o.Address).At(string(o.Address), "mobility.mode").WithFix("Start it first, or set mobility.mode to \"auto\"."))
		return
	case mode == "inactive" && running:
		b.finding(diag.Errorf("LPM-13", "State does not fit the migration", "%s is running, and mobility.mode \"inactive\" moves it only while it is off.", o.Address).At(string(o.Address), "mobility.mode").WithFix("Declare state = \"off\", or set mobility.mode to \"auto\"."))
		return
	}
	s := b.step(o, Migrate, "place", "%s is declared on %s and is on %s.", o.Address, b.show("system", target.ID), b.show("system", source.ID))
	s.Mode, s.Before, s.After, s.Seconds = kind, f, after, 10
	if running {
		s.Disruption = schema.Pause
		// About 80 MB/s on one gigabit (LPM-69), and a start and an end.
		s.Seconds = math.Ceil(schema.Num(f.Value, "holds_memory")/80) + 5
	}
	b.between(s, source, target)
	s.Reverse = fmt.Sprintf("set system back to %s", b.show("system", source.ID))
	for _, p := range []string{"state", "rmc_state", "workload_group", "physical_slots"} {
		if schema.Has(f.Value, p) {
			b.fact(s, f, p)
		}
	}
	b.fact(s, f, "id")
	b.diskFacts(s, f)
	b.nodeMoves(s)
}

// between says from where to where a migration goes, through which consoles, and what room that takes.
func (b *builder) between(s *Step, source, target *schema.Object) {
	s.From, s.To = source.ID, target.ID
	s.Endpoint, s.TargetEndpoint = source.Endpoint, target.Endpoint
	if c := b.common(source, target); c != "" {
		s.Endpoint, s.TargetEndpoint = c, c
	}
	s.Changes = []Change{{Path: "system", Before: raw(cty.StringVal(b.show("system", source.ID))), After: raw(cty.StringVal(b.show("system", target.ID))), Disruption: s.Disruption}}
	slots := math.Max(1, float64(len(schema.Items(s.Before.Value, "adapters")))) // an IVM serves everything through one
	s.Demands = append(b.holds(target, s.Before), Demand{target.ID, "slots", slots})
	s.Releases = append(b.holds(source, s.Before), Demand{source.ID, "slots", slots})
}

// diskFacts: which LUN is behind which device name, because commands carry the names.
func (b *builder) diskFacts(s *Step, f *schema.Object) {
	for _, label := range schema.Items(f.Value, "disk") {
		for _, a := range []string{"source", "adapter", "device"} {
			b.fact(s, f, schema.JoinPath("disk", label, a))
		}
	}
}

// holds is what a partition takes on a system: what it holds now, or what it
// would be given, with the hypervisor's overhead on that system.
func (b *builder) holds(on, p *schema.Object) []Demand {
	mem := schema.Num(p.Value, "holds_memory")
	if mem == 0 {
		mem = schema.Num(p.Value, "memory.desired")
	}
	units := schema.Num(p.Value, "holds_units")
	if units == 0 {
		units = wantedUnits(p.Value)
	}
	return []Demand{{on.ID, "memory", mem + Overhead(on, p.Value)}, {on.ID, "units", units}}
}

func wantedUnits(v cty.Value) float64 {
	if schema.Str(v, "processor.mode") == "dedicated" {
		return schema.Num(v, "processor.virtual.desired")
	}
	return schema.Num(v, "processor.units.desired")
}

// Overhead estimates what the hypervisor keeps for a partition: its page table,
// a 64th of the maximum memory, in whole memory regions. An IVM has no query for it.
func Overhead(system *schema.Object, v cty.Value) float64 {
	region := schema.Num(system.Value, "memory.region")
	if region == 0 {
		region = 16
	}
	return math.Ceil(schema.Num(v, "memory.maximum")/64/region) * region
}

func (b *builder) startDemand(on, p *schema.Object) []Demand {
	return []Demand{{on.ID, "memory", schema.Num(p.Value, "memory.desired") + Overhead(on, p.Value)}, {on.ID, "units", wantedUnits(p.Value)}}
}

// resizeDemand charges an online change of memory or units to the system.
func (b *builder) resizeDemand(s *Step, on, f, after *schema.Object, running bool) {
	if !running {
		return
	}
	for _, c := range s.Changes {
		if c.Disruption != schema.None {
			continue
		}
		var resource string
		switch c.Path {
		case "memory.desired":
			resource = "memory"
		case "processor.units.desired":
			resource = "units"
		default:
			continue
		}
		delta := schema.Num(after.Value, c.Path) - schema.Num(f.Value, c.Path)
		if delta > 0 {
			s.Demands = append(s.Demands, Demand{on.ID, resource, delta})
		} else if delta < 0 {
			s.Releases = append(s.Releases, Demand{on.ID, resource, -delta})
		}
	}
}

// gone plans what is recorded and not declared any more.
func (b *builder) gone(a schema.Address, r *schema.Record) {
	f := b.found[a]
	o := r.Object.Clone()
	o.Address = a
	destroy := true
	for _, rm := range b.in.Desired.Removed {
		if rm.From == a || rm.From == a.Group() {
			destroy = rm.Destroy
		}
	}
	k := b.in.Catalogue.Kind(o.Kind)
	if b.in.RefreshOnly {
		return
	}
	if f == nil && !destroy {
		s := b.step(o, Forget, "removed", "A removed block says that it stays as it is; nothing is sent.")
		s.Before, s.Reverse = o, "import { to = "+string(a)+" }"
		return
	}
	if f == nil {
		if b.inGroupOff(a, o) {
			return
		}
		if bad := b.hiding(o); len(bad) > 0 {
			b.finding(diag.Errorf("not-visible", "Cannot be seen", "%s is not declared any more, but %s did not answer, so nobody can say whether it still exists.", a, strings.Join(bad, ", ")).At(string(a), "").WithFix("Repair the connection and plan again."))
			return
		}
		if host, _, _ := strings.Cut(cmp.Or(schema.Str(o.Value, "host"), schema.Str(o.Value, "volume_group")), "/"); len(k.Home) > 0 && b.lookup("host", host) == nil {
			b.finding(diag.Errorf("host-undeclared", "Its host is not declared", "%s is not declared any more, and neither is its host %s, so nobody can be asked to delete it.", a, host).At(string(a), "").WithFix("Keep the host block until it is deleted, or let go of it: removed { from = %s  lifecycle { destroy = false } }.", a))
			return
		}
		s := b.step(o, Forget, "vanished", "It is not declared any more and no console reports it.")
		s.Before, s.Reverse = o, "none needed"
		return
	}
	f = remembering(k, f, r)
	if !destroy {
		s := b.step(o, Forget, "removed", "A removed block says that it stays as it is; nothing is sent.")
		s.Before, s.Reverse = f, "import { to = "+string(a)+" }"
		if o.Kind == "network" {
			s.Reverse = "none: what Gantry had added stays, and is not taken back"
		}
		return
	}
	if r.PreventDestroy || b.in.Desired.Lifecycle[a].PreventDestroy {
		b.finding(diag.Errorf("prevent-destroy", "Protected", "%s would be deleted, and prevent_destroy protects it (remembered in the state).", a).At(string(a), "").WithFix("Declare it with prevent_destroy = false and apply once, or forget it: removed { from = %s  lifecycle { destroy = false } }.", a))
		return
	}
	if o.Kind == "wpar" {
		if b.wparUnclear(a, f) {
			return
		}
		b.leftovers(o, f, f)
	}
	if isRunning(f) && schema.Str(f.Value, "kind") != "application" { // that one goes when it stops
		s := b.step(o, Stop, "deleted", "It is to be deleted and runs.")
		s.Before, s.Disruption, s.Seconds, s.Reverse, s.Endpoint = f, schema.Outage, 120, "start", f.Endpoint
		s.After = f
		b.fact(s, f, "state")
	}
	s := b.step(o, Delete, "undeclared", "It is not declared any more.")
	if b.in.Destroy {
		s.Reason = Reason{"destroy", "Everything owned is to be deleted."}
	}
	s.Before, s.Endpoint, s.Disruption, s.Seconds, s.Destroys = f, f.Endpoint, schema.None, 5, 1
	b.fact(s, f, "id")
	b.fact(s, f, "state")
	b.diskFacts(s, f)
	if isRunning(f) {
		s.Disruption = schema.Outage
	}
	s.Reverse = "none: the partition's definition is lost; its disks stay"
	s.Deps = r.Deps
	if k.Provider != "" {
		s.Facts = nil // which of its attributes say more than its identity, its provider knows
		s.Reverse = "declare it again"
		s.Releases = b.needs(k, f.Value)
		return
	}
	switch o.Kind {
	case "disk":
		b.goneDisk(s, f)
		return
	case "network":
		b.goneNetwork(s, f, r)
		return
	case "wpar":
		s.Reverse = "none: its local filesystems are lost"
		if schema.Str(f.Value, schema.JoinPath("mount", "/", "type")) == "nfs" {
			s.Reverse = "declare it again with preserve = true: its filesystems on NFS stay"
		}
		if at := schema.Str(f.Value, "backup"); at != "" {
			s.Reverse = "restwpar -f " + at
		}
		return
	case "volume_group", "logical_volume", "filesystem":
		s.Facts = nil // none has an id or a state
		s.Reverse = "none: its data is lost"
		for _, path := range []string{"vgid", "disks", "logical_volume", "mounted", "open"} {
			if schema.Has(f.Value, path) {
				b.fact(s, f, path)
			}
		}
		b.hostDisks(s, f, nil)
		return
	case "cluster", "application", "resource_group":
		s.Facts = nil
		s.Reverse = "declare it again"
		if schema.Str(f.Value, "state") == "online" {
			s.Disruption, s.Seconds = schema.Outage, 60
		}
		b.besideNodes(s)
		return
	}
	if place := b.lookup("system", schema.Str(f.Value, k.Place)); place != nil {
		s.Releases = b.holds(place, f)
		if schema.Num(f.Value, "holds_memory") == 0 {
			s.Releases = nil
		}
	}
}

// goneDisk is the deletion of a disk that a Virtual I/O Server made. It follows the steps that take it away from
// partitions; one that stays with a partition is not deleted under it.
func (b *builder) goneDisk(s *Step, f *schema.Object) {
	s.Facts = nil // a disk has neither id nor state
	s.Reverse = "none: its data is lost"
	s.Releases = b.poolDemand(f, schema.Num(f.Value, "size"))
	if schema.Has(f.Value, "logical_unit") {
		// Whoever has it through a Virtual I/O Server or on a system that cannot be asked is not seen.
		bad := b.deaf("", "")
		for _, id := range sortedStrings(b.unread()) {
			bad = append(bad, b.show("system", id))
		}
		if len(bad) > 0 {
			b.finding(diag.Errorf("not-visible", "Cannot be seen", "%s would be deleted with its data, and %s cannot be asked whether somebody has it there.", s.Address, strings.Join(bad, ", ")).At(string(s.Address), "").WithFix("Start them and plan again, or keep it: removed { from = %s  lifecycle { destroy = false } }", s.Address))
		}
	}
	through := map[string]bool{} // server adapters of partitions that are known to have it
	for _, p := range b.in.Inventory.Of("partition") {
		for _, l := range schema.Items(p.Value, "disk") {
			item := schema.Get(p.Value, schema.JoinPath("disk", l))
			if schema.Str(item, "source") != f.ID {
				continue
			}
			if !slices.Contains(b.users[s], p) {
				b.users[s] = append(b.users[s], p)
			}
			for _, server := range schema.Items(item, "servers") {
				through[server+"/"+schema.Str(item, schema.JoinPath("servers", server, "adapter"))] = true
			}
		}
	}
	for _, sys := range schema.Items(f.Value, "paths") {
		at := schema.JoinPath("paths", sys, "mapped_to")
		if len(b.users[s]) == 0 {
			b.fact(s, f, at)
		}
		if others := slices.DeleteFunc(schema.Strings(f.Value, at), func(m string) bool { return through[m] }); len(others) > 0 {
			b.finding(diag.Errorf("STG-06", "In use", "%s would be deleted with its data, and %s gives it to a partition that is not known.", s.Address, strings.Join(others, ", ")).At(string(s.Address), "").WithFix("Take the mapping away first (rmvdev), or keep it: removed { from = %s  lifecycle { destroy = false } }", s.Address))
		}
	}
}

// usersGo has every deletion of what partitions use wait for the steps that take it away from them, and refuses the one
// that has no such step: a declaration without it is not enough, because a plan can be narrowed, a change ignored or
// held back until the next activation, and a partition let go of as it is.
func (b *builder) usersGo(add func(s, on *Step)) {
	for _, s := range b.steps {
		for _, p := range b.users[s] {
			a := b.owner[key(p)]
			if b.found[a] == p && b.letsGo(a, s) {
				for _, on := range b.byAddr[a] {
					add(s, on)
				}
				continue
			}
			d := diag.Errorf("STG-06", "In use", "%s would be deleted with its data, and %s has it, from which this plan does not take it away first.", s.Address, nameOf(p)).WithFix("Take the disk away from it first, or keep it: removed { from = %s  lifecycle { destroy = false } }", s.Address)
			if s.Kind == "network" {
				d = diag.Errorf("NET-01", "In use", "VLAN %s would not be bridged any more on %s, and %s uses it there, from which this plan does not take it away first.", schema.FormatNumber(schema.Get(s.Before.Value, "vlan")), b.placeName(b.in.Catalogue.Kind("partition"), p), nameOf(p)).WithFix("Take the adapter away first, or keep the bridging: removed { from = %s  lifecycle { destroy = false } }", s.Address)
			}
			b.finding(d.At(string(s.Address), ""))
		}
	}
}

// letsGo reports whether the steps of a partition end its use of what another step deletes.
func (b *builder) letsGo(a schema.Address, s *Step) bool {
	block := map[string]string{"disk": "disk", "network": "ethernet"}[s.Kind]
	for _, on := range b.byAddr[a] {
		if on.Action == Delete {
			return true
		}
		if on.Action != Update {
			continue
		}
		have := schema.Get(on.Before.Value, block)
		var declared map[string]string
		if d := b.desired[a]; d != nil {
			declared, _ = b.pairItems(b.in.Catalogue.Kind(on.Kind).Attribute(block), schema.Get(d.Value, block), have)
		}
		stays := false
		for _, l := range schema.Items(have, "") {
			item := have.GetAttr(l)
			if schema.Str(item, "source") != s.Before.ID && !onNetwork(item, s.Before.ID) {
				continue
			}
			stays = stays || !slices.ContainsFunc(on.Changes, func(c Change) bool {
				parts := schema.SplitPath(c.Path)
				switch {
				case parts[0] != block || c.Disruption == schema.Activation:
					return false
				case len(parts) == 2:
					return parts[1] == l && len(c.After) == 0
				}
				return declared[parts[1]] == l && (parts[2] == "network" || parts[2] == "tagged")
			})
		}
		return !stays
	}
	return false
}

// poolDemand is what a logical volume or a file takes of its storage pool.
func (b *builder) poolDemand(o *schema.Object, mib float64) []Demand {
	for block, pool := range map[string]string{"logical_volume": "group", "file": "pool"} {
		if at := schema.Get(o.Value, block); at != cty.NilVal && mib > 0 {
			return []Demand{{schema.Str(at, "system"), poolResource(schema.Str(at, "server"), schema.Str(at, pool)), mib}}
		}
	}
	return nil
}

func poolResource(server, pool string) string { return "pool " + server + "/" + pool }

// drift compares what was last applied with what is there, apart from what is wanted.
func (b *builder) drift(k *schema.Kind, rec *schema.Record, f *schema.Object) {
	if b.in.InFlight[rec.Object.Address] {
		return // an earlier run of Gantry did it, and the next one settles that first
	}
	if rec == nil {
		return
	}
	a := rec.Object.Address
	place := k.Place
	if k.Name == "wpar" {
		place = "host"
	}
	if place != "" {
		was, is := schema.Str(rec.Object.Value, place), schema.Str(f.Value, place)
		if was != is && was != "" {
			kind := k.Attribute(place).RefKind
			b.plan.Drift = append(b.plan.Drift, Drift{Address: a, Path: place, Applied: raw(cty.StringVal(b.show(kind, was))), Found: raw(cty.StringVal(b.show(kind, is))), Text: "moved by hand"})
		}
	}
	seen := map[string]bool{}
	add := func(d Drift) {
		if !seen[d.Path+d.Text] {
			d.Address, seen[d.Path], seen[d.Path+d.Text] = a, true, true
			b.plan.Drift = append(b.plan.Drift, d)
		}
	}
	var walk func(attrs []schema.Attribute, path string, was, is cty.Value, note string)
	walk = func(attrs []schema.Attribute, path string, was, is cty.Value, note string) {
		for i := range attrs {
			at := &attrs[i]
			if at.Computed || at.Policy || path == "" && at.Name == place {
				continue
			}
			p := at.Name
			if path != "" {
				p = path + "." + at.Name
			}
			x, y := schema.Get(was, at.Name), schema.Get(is, at.Name)
			switch {
			case note != "" && x == cty.NilVal && y == cty.NilVal:
			case at.Nesting == schema.LabelledBlock:
				b.driftItems(a, at, x, y, note, add)
			case at.Type == schema.ObjectType && at.Nesting != schema.Map && at.Nesting != schema.List:
				walk(at.Attributes, p, x, y, note)
			case x != cty.NilVal && !same(at, x, y) && !(note != "" && seen[p]):
				add(Drift{Path: p, Applied: raw(x), Found: raw(y), Text: note})
			}
		}
	}
	walk(k.Attributes, "", rec.Object.Value, f.Value, "")
	if isRunning(f) && rec.Object.Profile != cty.NilVal && f.Profile != cty.NilVal {
		walk(k.Attributes, "", rec.Object.Profile, f.Profile, "in its profile")
	}
}

// driftItems compares the items of a labelled block, and what each of them had. An item is called as it is declared, or
// else as the console has it.
func (b *builder) driftItems(a schema.Address, at *schema.Attribute, was, is cty.Value, note string, add func(Drift)) {
	ids := func(v cty.Value) map[string]bool {
		out := map[string]bool{}
		for _, l := range schema.Items(v, "") {
			for _, key := range at.Key {
				if x := schema.Get(v.GetAttr(l), key); x != cty.NilVal {
					name := text(raw(x))
					if at.Name == "disk" {
						name = b.show("disk", name)
					}
					out[key+" "+name] = true
					break
				}
			}
		}
		return out
	}
	suffix := ""
	if note != "" {
		suffix = " " + note
	}
	before, now := ids(was), ids(is)
	for _, x := range sortedStrings(before) {
		if !now[x] {
			add(Drift{Path: at.Name, Text: x + " is gone" + strings.Replace(suffix, " in ", " from ", 1)})
		}
	}
	for _, x := range sortedStrings(now) {
		if !before[x] {
			add(Drift{Path: at.Name, Text: x + " was added" + strings.Replace(suffix, " in ", " to ", 1)})
		}
	}
	called := map[string]string{}
	if d := b.desired[a]; d != nil {
		declared, _ := b.pairItems(at, schema.Get(d.Value, at.Name), is)
		for l, found := range declared {
			called[found] = l
		}
	}
	pair, _ := b.pairItems(at, was, is)
	for _, l := range schema.Items(was, "") {
		found, ok := pair[l]
		if !ok {
			continue
		}
		for i := range at.Attributes {
			n := &at.Attributes[i]
			x, y := schema.Get(was.GetAttr(l), n.Name), schema.Get(is.GetAttr(found), n.Name)
			// A list that is empty is not printed, so tags can also come from nothing.
			if n.Computed || n.Policy || n.Type == schema.ObjectType || same(n, x, y) || x == cty.NilVal && n.Nesting != schema.List {
				continue
			}
			label := called[found]
			if label == "" {
				label = found
			}
			add(Drift{Path: schema.JoinPath(at.Name, label, n.Name), Applied: b.told(n, x), Found: b.told(n, y), Text: note})
		}
	}
}

// told is a value with addresses, or names, in place of identities.
func (b *builder) told(a *schema.Attribute, v cty.Value) []byte {
	if a.Type != schema.Ref || v == cty.NilVal {
		return raw(v)
	}
	if v.Type() == cty.String {
		return raw(cty.StringVal(b.show(a.RefKind, v.AsString())))
	}
	var out []cty.Value
	for _, e := range v.AsValueSlice() {
		out = append(out, cty.StringVal(b.show(a.RefKind, e.AsString())))
	}
	return raw(cty.TupleVal(out))
}

func sortedStrings(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for s := range m {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

// unmanaged lists what exists and nobody declared, of the kinds that are owned.
func (b *builder) unmanaged() {
	for _, k := range b.in.Catalogue.Kinds() {
		if k.Existing {
			continue
		}
		for _, f := range b.in.Inventory.Of(k.Name) {
			if _, ok := b.owner[key(f)]; ok {
				continue
			}
			if kind, at := k.HomeOf(f.Value); at != "" && b.owner[kind+"|"+at] == "" {
				continue // what it is in is listed
			}
			if k.Name == "logical_volume" && (schema.Has(f.Value, "mount") || strings.HasSuffix(schema.Str(f.Value, "type"), "log")) {
				continue // its filesystem is listed
			}
			u := Unmanaged{Kind: k.Name, ID: f.ID, Name: nameOf(f), Place: b.placeName(k, f)}
			if schema.Str(f.Value, "environment") == "vioserver" {
				u.Note = "Virtual I/O Server"
			}
			b.plan.Unmanaged = append(b.plan.Unmanaged, u)
		}
	}
}

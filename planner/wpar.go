package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Workload partitions: one whose root is on NFS may be defined on several hosts, and runs on one of them at most. The planner sees one
// object, which is where it runs; else where it waits; else where it is defined.

// wparRank puts the hosts of a workload partition in order of whom to believe where it is.
var wparRank = map[string]int{"running": 0, "moving": 1, "frozen": 2, "paused": 3, "transitional": 4, "loaded": 5, "maintenance": 6, "off": 7}

// foldWpars makes one object of what several hosts report of a workload partition. The objects are sorted by identity.
func foldWpars(objects []*schema.Object) []*schema.Object {
	var out []*schema.Object
	for _, o := range objects {
		n := len(out)
		if o.Kind != "wpar" || n == 0 || out[n-1].Kind != "wpar" || out[n-1].ID != o.ID || out[n-1].Endpoint == o.Endpoint {
			out = append(out, o)
			continue
		}
		known := schema.Get(out[n-1].Value, "known").AsValueMap()
		for h, s := range schema.Get(o.Value, "known").AsValueMap() {
			known[h] = s
		}
		best := out[n-1]
		rank := func(x *schema.Object) int {
			if r, ok := wparRank[schema.Str(x.Value, "state")]; ok {
				return r
			}
			return 8 // broken, or in a state that nobody knows
		}
		if rank(o) < rank(best) {
			best = o
		}
		best = best.Clone()
		best.Value = schema.Set(best.Value, "known", cty.ObjectVal(known))
		out[n-1] = best
	}
	return out
}

// lives are the hosts on which a workload partition is more than a definition.
func lives(f *schema.Object) []string {
	var out []string
	for h, s := range schema.Get(f.Value, "known").AsValueMap() {
		if s.AsString() != "off" {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return out
}

// wparUnclear says why nothing can be done to a workload partition: there are two of it, something goes on with it, or it is broken.
func (b *builder) wparUnclear(a schema.Address, f *schema.Object) bool {
	refuse := func(code, summary, fix, format string, args ...any) {
		b.finding(diag.Errorf(code, summary, format, args...).At(string(a), "host").WithFix("%s", fix))
	}
	state, here := schema.Str(f.Value, "state"), b.show("host", schema.Str(f.Value, "host"))
	switch alive := lives(f); {
	case len(alive) > 1 && state != "moving":
		var where []string
		for _, h := range alive {
			where = append(where, fmt.Sprintf("%s on %s", schema.Str(f.Value, schema.JoinPath("known", h)), b.show("host", h)))
		}
		refuse("WPAR-26", "Two copies", fmt.Sprintf("Look which of them is the right one, and end the other: stopwpar -F %[1]s, or killwpar %[1]s where it is paused; then rmwpar -p %[1]s.", nameOf(f)), "%s is %s. Nothing is done to it until one copy is left.", nameOf(f), strings.Join(where, " and "))
	case state == "moving" || state == "transitional" || state == "loaded":
		refuse("WPAR-26", "Something goes on", "Wait until it is over (lswpar -L), and plan again.", "%s is %s on %s.", nameOf(f), schema.Str(f.Value, "condition"), here)
	case state == "off" && len(alive) > 0:
		refuse("wpar-broken", "Broken elsewhere", fmt.Sprintf("Look at lswpar -L there; rmwpar -F -p %s removes it.", nameOf(f)), "%s is off on %s and %s on %s.", nameOf(f), here, schema.Str(f.Value, schema.JoinPath("known", alive[0])), b.show("host", alive[0]))
	case slices.Contains([]string{"running", "paused", "frozen", "off"}, state):
		return false
	default:
		refuse("wpar-broken", "Broken", fmt.Sprintf("Look at /var/adm/wpars and lswpar -L; stopwpar -F %s ends it.", nameOf(f)), "%s is %s on %s.", nameOf(f), schema.Str(f.Value, "condition"), here)
	}
	return true
}

// wparSteps plans where a workload partition is and whether it runs; f is nil for one that is made.
func (b *builder) wparSteps(k *schema.Kind, o, f *schema.Object, changes []Change) {
	want := schema.Str(o.Value, "state")
	if f == nil {
		if want == "running" && schema.Str(o.Value, "application") == "" { // an application WPAR runs from its beginning on
			b.wparStart(k, o, nil, "state = \"running\" is declared.")
		}
		return
	}
	here, to := schema.Str(f.Value, "host"), b.resolve(schema.Str(o.Value, "host"))
	state := schema.Str(f.Value, "state")
	if b.wparUnclear(o.Address, f) {
		return
	}
	after := b.after(k, o)
	after.ID = f.ID
	waits := state == "paused" || state == "frozen"
	if want != "off" && waits {
		// Somebody has checkpointed it, or a relocation ended in the middle and no journal tells of it. Whatever else there is comes when
		// it goes on: nothing is moved or changed under what waits.
		s := b.wparStart(k, o, f, fmt.Sprintf("It is %s on %s and waits to go on.", state, b.show("host", here)))
		if here != to || len(changes) > 0 {
			s.Details = append(s.Details, Detail{"then", "what else is declared is planned when it runs: plan again"})
		}
		return
	}
	runs := state == "running" || waits
	if want == "off" && runs {
		s := b.step(o, Stop, "state", "state = \"off\" is declared.")
		s.Before, s.After, s.Disruption, s.Seconds, s.Reverse, s.Endpoint = f, after, schema.Outage, 30, "state = \"running\"", f.Endpoint
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal(state)), After: raw(cty.StringVal("off")), Disruption: schema.Outage}}
		b.fact(s, f, "state")
		runs = false
		f = f.Clone() // as the steps behind find it
		f.Value = schema.Set(f.Value, "state", cty.StringVal("off"))
	}
	if saved := schema.Str(f.Value, "checkpoint"); saved != "" && !b.in.InFlight[o.Address] && (want == "running" || here != to) {
		b.finding(diag.Errorf("wpar-checkpoint", "What it was doing is saved", "%s is off on %s, and a relocation that was interrupted has left its checkpoint in %s, which starting or moving it would lose.", nameOf(f), b.show("host", here), saved).At(string(o.Address), "state").
			WithFix("If it has not run since, restart it from there, on %s: /opt/mcr/bin/restartwpar -d %s %s. Or let go of it: rm -r %s; then plan again.", b.show("host", here), saved, nameOf(f), saved))
		return
	}
	at := f.Endpoint
	switch {
	case here != to:
		at = o.Endpoint
		b.relocate(k, o, f, here, to, runs)
	default:
		// What a relocation left behind, by hand or interrupted: a definition without processes.
		b.leftovers(o, f, after)
	}
	if len(changes) > 0 {
		s := b.update(k, o, f, changes)
		s.Endpoint = at
		s.After.ID = f.ID
	}
	word := schema.Str(o.Value, "reboot")
	if rec := b.records[o.Address]; rec != nil && runs && state == "running" && word != "" && word != schema.Str(rec.Object.Value, "reboot") {
		s := b.step(o, Restart, "reboot", "reboot says %q.", word)
		s.Before, s.After, s.Disruption, s.Seconds, s.Reverse, s.Endpoint = f, after, schema.Outage, 60, "none needed: it runs again", at
		s.Changes = []Change{{Path: "reboot", Before: raw(schema.Get(rec.Object.Value, "reboot")), After: raw(cty.StringVal(word)), Disruption: schema.Outage}}
		b.fact(s, f, "state")
	}
	if want == "running" && state == "off" {
		b.wparStart(k, o, f, "state = \"running\" is declared.").Endpoint = at
	}
}

// leftovers takes the mere definitions away that other hosts have of a workload partition.
func (b *builder) leftovers(o, f, after *schema.Object) {
	here := schema.Str(f.Value, "host")
	for i, h := range slices.Sorted(maps.Keys(schema.Get(f.Value, "known").AsValueMap())) {
		if h == here || b.lookup("host", h) == nil {
			continue
		}
		s := b.relocation(o, f, after, h, here, "finish")
		s.Reason = Reason{"leftover", fmt.Sprintf("%s is on %s, and %s still has its definition.", nameOf(f), b.show("host", here), b.show("host", h))}
		s.Details = append(s.Details, Detail{"because", s.Reason.Sentence})
		s.Reverse = "none needed: the definition is that of what is there"
		if i > 1 {
			s.ID += "@" + h
		}
	}
}

func (b *builder) wparStart(k *schema.Kind, o, f *schema.Object, why string) *Step {
	s := b.step(o, Start, "state", "%s", why)
	if f != nil && schema.Str(f.Value, "state") != "off" {
		s.Details = append(s.Details, Detail{"because", why})
	}
	s.Before, s.After, s.Seconds, s.Reverse = f, b.after(k, o), 20, "state = \"off\""
	before := "off"
	if f != nil {
		s.After.ID, s.Endpoint, before = f.ID, f.Endpoint, schema.Str(f.Value, "state")
		b.fact(s, f, "state")
	} else {
		s.After.ID = b.made(k, o.Value, o.Endpoint)
	}
	s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal(before)), After: raw(cty.StringVal("running"))}}
	return s
}

// relocate plans a change of host.
func (b *builder) relocate(k *schema.Kind, o, f *schema.Object, from, to string, runs bool) {
	mode := schema.Str(o.Value, "mobility.mode")
	for _, x := range b.in.Inventory.Of("wpar") {
		if x.ID != f.ID && nameOf(x) == nameOf(f) && schema.Has(x.Value, schema.JoinPath("known", to)) {
			b.finding(diag.Errorf("wpar-name", "The name is taken there", "%s has another workload partition %s (%s) already, so %s cannot be defined there.", b.show("host", to), nameOf(x), x.ID, o.Address).At(string(o.Address), "host").
				WithFix("Rename or remove the one that is there, or move it elsewhere."))
			return
		}
	}
	switch {
	case schema.Str(f.Value, "kind") == "application":
		b.finding(diag.Errorf("wpar-application", "Does not move", "%s is an application WPAR: it is gone when its command ends, and cannot be defined beforehand on %s.", o.Address, b.show("host", to)).At(string(o.Address), "host").
			WithFix("Declare a system WPAR for what has to move; or remove the block, apply, and declare it on the other host."))
		return
	case mode == "never":
		b.finding(diag.Errorf("mobility-never", "May not move", "%s is declared on %s and is on %s, but mobility.mode is \"never\".", o.Address, b.show("host", to), b.show("host", from)).At(string(o.Address), "host").WithFix("Set the host back, or allow the move."))
		return
	case b.lookup("host", to) == nil || b.lookup("host", from) == nil:
		silent := to
		if b.lookup("host", to) != nil {
			silent = from
		}
		b.finding(diag.Errorf("host-unknown", "Host not there", "%s is to move from %s to %s, and %s has not answered.", o.Address, b.show("host", from), b.show("host", to), b.show("host", silent)).At(string(o.Address), "host").WithFix("Repair the connection and plan again."))
		return
	case mode == "" || !runs:
		mode = map[bool]string{true: "live", false: "static"}[runs]
	}
	after := b.after(k, o)
	after.ID = f.ID
	s := b.relocation(o, f, after, from, to, mode)
	s.Reason = Reason{"place", fmt.Sprintf("%s is declared on %s and is on %s.", o.Address, b.show("host", to), b.show("host", from))}
	switch {
	case mode == "live":
		s.Disruption, s.Seconds = schema.Pause, 30
	case runs:
		s.Disruption, s.Seconds = schema.Outage, 60
	}
	s.Changes = []Change{{Path: "host", Before: raw(cty.StringVal(b.show("host", from))), After: raw(cty.StringVal(b.show("host", to))), Disruption: s.Disruption}}
}

func (b *builder) relocation(o, f, after *schema.Object, from, to, mode string) *Step {
	s := b.step(o, Relocate, "place", "")
	source, target := b.lookup("host", from), b.lookup("host", to)
	s.Mode, s.Before, s.After, s.Seconds = mode, f, after, 20
	s.From, s.To, s.Endpoint, s.TargetEndpoint = from, to, source.Endpoint, target.Endpoint
	s.Reverse = "set host back to " + b.show("host", from)
	b.fact(s, f, "state")
	b.fact(s, f, "host")
	if mode == "live" || mode == "static" {
		if schema.Has(f.Value, schema.JoinPath("known", to)) {
			s.Details = append(s.Details, Detail{"because", fmt.Sprintf("%s has an older definition of it, which is made anew", b.show("host", to))})
		}
	}
	return s
}

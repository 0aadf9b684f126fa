package planner

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/placement"
	"github.com/gantry-power/gantry/planner/rules"
)

// check is stage 6: nothing that place and order have decided is taken on
// trust. It asks of every system and resource what the worst allowed
// interleaving would use, and runs the rules.
func (b *builder) check() {
	b.room()
	var told []rules.Finding
	if !b.in.RefreshOnly { // nothing is done that a rule could be broken by
		told = rules.Run(rules.Plan, b.ruleFacts())
	}
	for _, f := range told {
		if b.target != nil && f.Address != "" && !b.target[schema.Address(f.Address)] {
			continue
		}
		b.plan.Findings = append(b.plan.Findings, Finding{Diagnostic: f.Diagnostic, Facts: f.Facts})
	}
	b.destroyBudget()
	b.waivers()
	b.acknowledge()
}

// Check proves that no allowed interleaving of the steps overfills a place. It
// returns what it found wrong; the planner's own plans give nothing.
func Check(free map[placement.Key]float64, steps []*Step) []diag.Diagnostic {
	used := map[placement.Key]bool{}
	for _, s := range steps {
		for _, d := range s.Demands {
			used[placement.Key{Place: d.Place, Resource: d.Resource}] = true
		}
	}
	var out []diag.Diagnostic
	load := placement.NewLoad(itemsOf(steps))
	for _, k := range sortedPlaces(used) {
		limit, known := free[k]
		if !known {
			continue
		}
		if peak, who := load.Peak(k); peak > limit+0.001 {
			out = append(out, diag.Errorf("MIG-02", "Overfilled on the way", "%s of %s would be needed at once by %s; %s is free.", amount(k.Resource, peak), k.Place, strings.Join(who, ", "), amount(k.Resource, limit)))
		}
	}
	return out
}

func sortedPlaces(m map[placement.Key]bool) []placement.Key {
	var out []placement.Key
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Place != out[j].Place {
			return out[i].Place < out[j].Place
		}
		return out[i].Resource < out[j].Resource
	})
	return out
}

func (b *builder) room() {
	free := b.freeRoom()
	short := false
	for _, f := range b.plan.Findings {
		switch f.Code {
		case "LPM-48", "LPM-49", "LPM-67", "CAP-09", "pool-full", "no-room":
			short = true
		}
	}
	if !short { // stage 4 has said where the room ends; the same again would be an echo
		for _, d := range Check(free, b.steps) {
			b.finding(d)
		}
	}
	touched := map[placement.Key]bool{}
	for _, s := range b.steps {
		for _, d := range append(append([]Demand(nil), s.Demands...), s.Releases...) {
			if d.Resource == "memory" || d.Resource == "units" {
				touched[placement.Key{Place: d.Place, Resource: d.Resource}] = true
			}
		}
	}
	load := placement.NewLoad(b.items())
	for _, k := range sortedPlaces(touched) {
		now, known := free[k]
		if !known {
			continue
		}
		end := now - load.Net(k)
		peak, who := load.Peak(k)
		r := Room{Place: k.Place, Name: b.show("system", k.Place), Resource: k.Resource, Now: round2(now), Tightest: round2(now - peak), End: round2(end)}
		if len(who) > 0 {
			r.AtStep = who[len(who)-1]
		}
		b.plan.Room = append(b.plan.Room, r)
	}
}

// destroyBudget refuses a plan that destroys more than was allowed.
func (b *builder) destroyBudget() {
	n := 0
	var what []string
	for _, s := range b.steps {
		if s.Destroys > 0 {
			n += s.Destroys
			what = append(what, string(s.Address))
		}
	}
	if n <= b.in.AllowDestroy {
		return
	}
	d := diag.Errorf("destroy-budget", "More is destroyed than allowed", "The plan destroys or unmaps %d (%s); -allow-destroy is %d.", n, strings.Join(what, ", "), b.in.AllowDestroy)
	d.Address = what[0]
	d.Fix = fmt.Sprintf("If that is what you want: -allow-destroy %d. To let go of an object without deleting it: removed { from = ADDRESS  lifecycle { destroy = false } }", n)
	b.finding(d)
}

// waivers refuses waivers and acknowledgements for rules that do not exist, and acknowledgements of nobody.
func (b *builder) waivers() {
	known := map[string]bool{}
	var ids []string
	for _, r := range rules.Catalogue() {
		ids = append(ids, r.ID)
	}
	ids = append(append(ids, "power-cut", "adapters-lost", LeftBehind), b.in.Rules...)
	for _, id := range ids {
		known[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(b.in.Acknowledge)) {
		if !known[id] {
			b.finding(diag.Errorf("acknowledge-unknown", "Acknowledgement of no rule", "-acknowledge %s names no rule.", id).WithFix("%s", strings.TrimSpace("Correct the id; docs/rules.md lists them."+schema.Suggest(id, ids))))
			continue
		}
		for _, a := range b.in.Acknowledge[id] {
			if a != "*" && b.desired[a] == nil && b.records[a] == nil && !slices.ContainsFunc(b.plan.Findings, func(f Finding) bool { return f.Address == string(a) }) {
				var names []string
				for _, x := range sortedAddresses(b.desired) {
					names = append(names, string(x))
				}
				b.finding(diag.Errorf("acknowledge-unknown", "Acknowledgement of nobody", "-acknowledge %s=%s: no such object is declared or recorded.", id, a).WithFix("%s", strings.TrimSpace("Name an address of the estate, in quotes for the shell if it has a key, or * for all."+schema.Suggest(string(a), names))))
			}
		}
	}
	for _, w := range b.in.Desired.Waivers {
		if !known[w.Rule] {
			b.finding(diag.Errorf("waive-unknown", "Waiver for no rule", "waive %q names no rule.", w.Rule).WithFix("%s", strings.TrimSpace("Correct the id; docs/rules.md lists them."+schema.Suggest(w.Rule, ids))))
		}
	}
}

// acknowledge marks the warnings that a waiver or the command line accepts.
func (b *builder) acknowledge() {
	for i := range b.plan.Findings {
		f := &b.plan.Findings[i]
		if f.Severity != diag.Warning {
			continue
		}
		a := schema.Address(f.Address)
		for _, x := range b.in.Acknowledge[f.Code] {
			if x == a || x == "*" {
				f.Acknowledged = "-acknowledge"
			}
		}
		for _, w := range b.in.Desired.Waivers {
			if w.Rule != f.Code || !covers(w.Objects, a) {
				continue
			}
			if w.Until != "" && w.Until < b.in.Today {
				f.Detail += fmt.Sprintf(" (The waiver ended on %s.)", w.Until)
				continue
			}
			f.Acknowledged = "waived: " + w.Reason
		}
	}
}

func covers(objects []schema.Address, a schema.Address) bool {
	if len(objects) == 0 {
		return true
	}
	for _, o := range objects {
		if o == a || o == a.Group() {
			return true
		}
	}
	return false
}

package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/placement"
	"github.com/gantry-power/gantry/planner/rules"
)

// detour is a way around a circle of moves that wait for each other's room: a partition steps aside to a third system and
// goes on to its place when the others have made room there (MIG-21).
type detour struct {
	move  *Step // the migration that is made of two
	third *schema.Object
}

// detours looks for the fewest detours, and among those for the cheapest ones.
type detours struct {
	b    *builder
	e    *evacuator
	bad  map[detour][]Obstacle // what forbids a detour by itself; empty for one that is allowed
	said map[detour][]rules.Finding
	used []detour // taken so far
	left int      // trials before the search for the next ones is given up
	gave bool     // it was given up
}

const (
	mostDetours  = 3   // taken together because no single one helps
	mostTrials   = 500 // of an order, for each search
	mostTogether = 24  // candidates, the cheapest ones, among which several are looked for together
)

// breakCircles replaces migrations by two until no circle is left or nothing helps. It reports what is still short.
func (b *builder) breakCircles(waits map[string][]string, short []placement.Shortage) (map[string][]string, []placement.Shortage) {
	if !slices.ContainsFunc(short, func(x placement.Shortage) bool { return len(x.Circle) > 0 }) {
		return waits, short
	}
	d := &detours{b: b, e: b.evacuator(), bad: map[detour][]Obstacle{}, said: map[detour][]rules.Finding{}}
	d.e.near = d.e.neighbourhood()
	for {
		found := d.find(short)
		if found == nil {
			b.dead = d
			return waits, short
		}
		for _, x := range found {
			d.take(x)
		}
		if waits, short = placement.Order(d.room(nil), b.items()); len(short) == 0 {
			return waits, short
		}
	}
}

// find is the first set of detours that leaves fewer steps without room; nil when there is none.
func (d *detours) find(short []placement.Shortage) []detour {
	all := d.candidates(short)
	d.left = mostTrials
	var chosen []detour
	var choose func(from, n int) bool
	choose = func(from, n int) bool {
		if n == 0 {
			return d.helps(chosen, stuck(short))
		}
		for i := from; i < len(all); i++ {
			if d.left <= 0 {
				d.gave = true
				return false
			}
			if slices.ContainsFunc(chosen, func(c detour) bool { return c.move == all[i].move }) {
				continue
			}
			chosen = append(chosen, all[i])
			if choose(i+1, n-1) {
				return true
			}
			chosen = chosen[:len(chosen)-1]
		}
		return false
	}
	for n := 1; n <= mostDetours; n++ {
		if n == 2 {
			all = all[:min(len(all), mostTogether)]
		}
		if choose(0, n) {
			return chosen
		}
	}
	return nil
}

// candidates are the migrations of the circles, each with every third system that has the room for it now and does not
// refuse it: who is cheapest to move twice first, and of the systems the one with most room.
func (d *detours) candidates(short []placement.Shortage) []detour {
	free := d.room(nil)
	return slices.DeleteFunc(d.all(short), func(c detour) bool {
		for _, n := range needs(d.b.holds(c.third, c.move.Before)) {
			if have, known := free[n.Key]; known && n.Amount > have-d.kept(c.third, n.Resource) {
				return true
			}
		}
		return len(d.judge(c)) > 0
	})
}

// kept is the headroom of a third system that is not in room already.
func (d *detours) kept(third *schema.Object, resource string) float64 {
	if slices.ContainsFunc(d.used, func(u detour) bool { return u.third == third }) {
		return 0
	}
	sys := d.e.system[third.ID]
	return map[string]float64{"memory": sys.HeadroomMem, "units": sys.HeadroomUnits}[resource]
}

// room is what is free, less the headroom of the third systems that somebody steps aside to.
func (d *detours) room(chosen []detour) map[placement.Key]float64 {
	free := d.b.freeRoom()
	done := map[string]bool{}
	for _, c := range append(slices.Clone(d.used), chosen...) {
		sys := d.e.system[c.third.ID]
		if done[c.third.ID] {
			continue
		}
		done[c.third.ID] = true
		free[placement.Key{Place: c.third.ID, Resource: "memory"}] -= sys.HeadroomMem
		free[placement.Key{Place: c.third.ID, Resource: "units"}] -= sys.HeadroomUnits
	}
	return free
}

// emptied are the systems that the plan leaves without a partition of the estate: nobody steps aside to one.
func (d *detours) emptied() map[string]bool {
	out := map[string]bool{}
	for _, s := range d.b.steps {
		if s.Action == Migrate && s.Leg < 2 {
			out[s.From] = true
		}
	}
	for _, o := range d.b.in.Desired.Objects {
		if o.Kind == "partition" {
			delete(out, d.b.resolve(schema.Str(o.Value, "system")))
		}
	}
	return out
}

// all are the migrations of the circles with every third system.
func (d *detours) all(short []placement.Shortage) []detour {
	emptied := d.emptied()
	members := map[string]bool{}
	for _, x := range short {
		for _, id := range x.Circle {
			members[x.Item], members[id] = true, true
		}
	}
	room := func(o *schema.Object) float64 { return schema.Num(o.Value, "memory.available") }
	var thirds []*schema.Object
	for _, o := range d.b.in.Desired.Objects {
		if f := d.b.found[o.Address]; o.Kind == "system" && f != nil {
			thirds = append(thirds, f)
		}
	}
	slices.SortStableFunc(thirds, func(a, b *schema.Object) int { return cmp.Compare(room(b), room(a)) })
	var moves []*Step
	for _, s := range d.b.steps {
		if members[s.ID] && s.Action == Migrate && s.Leg == 0 {
			moves = append(moves, s)
		}
	}
	slices.SortFunc(moves, func(a, b *Step) int {
		return cmp.Or(cmp.Compare(moved(a), moved(b)), cmp.Compare(a.Address, b.Address))
	})
	var out []detour
	for _, s := range moves {
		for _, t := range thirds {
			if t.ID != s.From && t.ID != s.To && !emptied[t.ID] {
				out = append(out, detour{s, t})
			}
		}
	}
	return out
}

// home is the system that a partition is on now.
func (d *detours) home(c detour) *rules.System {
	return d.e.system[schema.Str(d.b.found[c.move.Address].Value, "system")]
}

// stuck counts the steps that never get their room.
func stuck(short []placement.Shortage) int {
	items := map[string]bool{}
	for _, x := range short {
		items[x.Item] = true
	}
	return len(items)
}

// helps reports whether with these detours fewer steps are stuck, and each of them is allowed. A third system keeps its
// headroom.
func (d *detours) helps(chosen []detour, before int) bool {
	d.left--
	legs := map[*Step][]*Step{}
	for _, c := range chosen {
		first, last := d.b.split(c)
		legs[c.move] = []*Step{first, last}
	}
	var steps []*Step
	for _, s := range d.b.steps {
		if two := legs[s]; two != nil {
			steps = append(steps, two...)
		} else {
			steps = append(steps, s)
		}
	}
	if _, short := placement.Order(d.room(chosen), itemsOf(steps)); stuck(short) >= before {
		return false
	}
	for i, c := range chosen {
		if !d.beside(c, append(slices.Clone(d.used), chosen[:i]...)) {
			return false
		}
	}
	return true
}

// beside reports whether a partition may be on its third system together with the others that step aside to it.
func (d *detours) beside(c detour, others []detour) bool {
	there, e := d.e.system[c.third.ID], d.e
	on := e.near.on[there]
	for _, o := range others {
		if o.third == c.third {
			e.near.on[there] = append(slices.Clone(e.near.on[there]), legOf(e.byID[d.b.found[o.move.Address].ID], 1, d.home(o), there))
		}
	}
	if len(e.near.on[there]) == len(on) {
		return true
	}
	delete(e.quiet, there.ID)
	p := legOf(e.byID[d.b.found[c.move.Address].ID], 1, d.home(c), there)
	broken := e.broken(p, nil)
	e.near.on[there] = on
	delete(e.quiet, there.ID)
	return len(broken) == 0
}

// judge is what forbids a detour: whatever the plan would refuse for the partition on the third system, and for its way on
// from there beyond what it says of the direct one (MIG-22).
func (d *detours) judge(c detour) []Obstacle {
	if bad, known := d.bad[c]; known {
		return bad
	}
	e, s := d.e, c.move
	o := aside(d.b.desired[s.Address])
	g := &guest{o: o, f: d.b.found[s.Address], rule: legOf(e.byID[s.Before.ID], 1, nil, nil), needs: map[string]map[string]float64{}, bad: map[string][]Obstacle{}}
	e.candidate(g, d.b.desired[d.b.owner[key(c.third)]], c.third)
	bad := g.bad[c.third.ID]
	there, from, to := e.system[c.third.ID], e.system[s.From], e.system[s.To]
	first, last := d.b.split(c)
	hop := func(step *Step, p *rules.Partition) []rules.Finding {
		return e.said(p, []*rules.Migration{{Partition: p, Source: p.System, Target: p.Target, Live: s.Mode == "live", SourceEndpoint: e.endpoint(step.Endpoint), TargetEndpoint: e.endpoint(step.TargetEndpoint)}})
	}
	refused := map[string]bool{}
	for _, f := range hop(s, legOf(e.byID[s.Before.ID], 0, from, to)) {
		refused[f.Code] = refused[f.Code] || f.Severity == diag.Error
	}
	for _, f := range hop(last, legOf(e.byID[s.Before.ID], 2, there, to)) {
		if f.Severity == diag.Error && !refused[f.Code] {
			bad = append(bad, Obstacle{f.Code, f.Detail, f.Fix})
		}
	}
	d.bad[c] = bad
	d.said[c] = slices.DeleteFunc(hop(first, legOf(e.byID[s.Before.ID], 1, from, there)), func(f rules.Finding) bool { return f.Severity == diag.Error || f.Address != string(s.Address) })
	return bad
}

// legOf is a partition as a leg of its way meets it; system and target stay as they are when nil. What the estate chooses
// on the target is for the last leg, and what it chooses on the source for the first.
func legOf(p *rules.Partition, leg int, system, target *rules.System) *rules.Partition {
	q := *p
	q.Choices = maps.Clone(p.Choices)
	switch leg {
	case 1:
		maps.DeleteFunc(q.Choices, func(attr string, _ []string) bool { return attr != "source_mover" })
		q.PoolThere, q.Overrides = "", nil
	case 2:
		delete(q.Choices, "source_mover")
		delete(q.Choices, "mover_pairs")
		delete(q.Choices, "mover_pairs there")
	}
	if system != nil {
		q.System, q.Target = system, target
	}
	return &q
}

// aside is a declaration without what it says of the target of a migration: a check that is given up there is none that
// may be given up elsewhere.
func aside(o *schema.Object) *schema.Object {
	c := o.Clone()
	for _, attr := range []string{"target_mover", "mover_pairs", "pool", "scsi_mappings", "fibre_channel_mappings", "override"} {
		if schema.Has(o.Value, "mobility."+attr) {
			c.Value = schema.Set(c.Value, "mobility."+attr, cty.NilVal)
		}
	}
	return c
}

// split is a migration made of two.
func (b *builder) split(c detour) (first, last *Step) {
	s, third := c.move, c.third
	source, target, name := b.lookup("system", s.From), b.lookup("system", s.To), b.show("system", third.ID)
	one, two := *s, *s
	one.ID, one.Leg, two.Leg = s.ID+"@"+name, 1, 2
	one.After = aside(s.After)
	one.After.Endpoint = third.Endpoint
	one.After.Value = schema.Set(one.After.Value, "system", cty.StringVal(third.ID))
	b.between(&one, source, third)
	one.Reason = Reason{"detour", fmt.Sprintf("It steps aside to %s: on its way to %s there is no room before others have left, and they wait for its own.", name, b.show("system", target.ID))}
	two.Before = b.arrived(s.Before, third)
	two.After = s.After.Clone()
	for _, attr := range []string{"source_mover", "mover_pairs"} {
		if schema.Has(two.After.Value, "mobility."+attr) {
			two.After.Value = schema.Set(two.After.Value, "mobility."+attr, cty.NilVal)
		}
	}
	b.between(&two, third, target)
	two.Reason = Reason{"place", fmt.Sprintf("%s is declared on %s and has stepped aside to %s.", s.Address, b.show("system", target.ID), name)}
	two.WaitsFor = append(slices.Clone(s.WaitsFor), one.ID)
	two.Reverse = s.Reverse
	return &one, &two
}

// arrived is a partition as a migration leaves it on a system: the disks are the same, behind other servers. Which adapters
// there serve it, only the console knows afterwards; the second leg does not name them.
func (b *builder) arrived(f, on *schema.Object) *schema.Object {
	c := f.Clone()
	c.ID, c.Endpoint = on.ID+"/"+nameOf(f), on.Endpoint
	c.Value = schema.Set(c.Value, "system", cty.StringVal(on.ID))
	for _, l := range schema.Items(f.Value, "disk") {
		at := schema.JoinPath("disk", l)
		item := schema.Get(f.Value, at).AsValueMap()
		for _, attr := range []string{"servers", "adapter", "device"} {
			delete(item, attr)
		}
		if disk := b.lookup("disk", schema.Str(f.Value, schema.JoinPath("disk", l, "source"))); disk != nil {
			path := schema.Get(disk.Value, schema.JoinPath("paths", on.ID))
			servers := map[string]cty.Value{}
			for _, v := range schema.Items(path, "devices") {
				servers[v] = schema.Build(map[string]cty.Value{"device": schema.Get(path, schema.JoinPath("devices", v))})
			}
			if len(servers) > 0 {
				item["servers"] = cty.ObjectVal(servers)
			} else if schema.Has(path, "device") {
				item["device"] = schema.Get(path, "device")
			}
		}
		c.Value = schema.Set(c.Value, at, schema.Build(item))
	}
	return c
}

// take puts a detour into the plan.
func (d *detours) take(c detour) {
	b, s := d.b, c.move
	first, last := b.split(c)
	*s = *last
	b.steps = append(b.steps, first)
	b.byAddr[s.Address] = append(b.byAddr[s.Address], first)
	sortSteps(b.byAddr[s.Address])
	d.used = append(d.used, c)
	for _, f := range d.said[c] {
		b.plan.Findings = append(b.plan.Findings, Finding{Diagnostic: f.Diagnostic, Facts: f.Facts})
	}
	how := "moves twice"
	if s.Mode == "live" {
		how = "is interrupted twice for a moment"
	}
	pairs := ""
	if schema.Has(b.desired[s.Address].Value, "mobility.mover_pairs") {
		pairs = " Its mover_pairs count for neither way."
	}
	b.finding(diag.Warningf("MIG-21", "Moves twice", "%s goes from %s to %s through %s, because those who make room for it wait for its own: %s moves once more and it %s.%s",
		s.Address, b.show("system", first.From), b.show("system", s.To), b.show("system", first.To), schema.FormatSize(schema.Num(s.Before.Value, "holds_memory")), how, pairs).At(string(s.Address), "system").
		WithFix("Free room on %s if it is to move once; else acknowledge it.", b.show("system", s.To)))
}

// why says for every third system why it does not serve, of whom it would be cheapest to move twice. It also gives the
// smallest amount that is missing on a third system where only memory is.
func (d *detours) why(short []placement.Shortage) (reasons []string, gap string) {
	free := d.room(nil)
	least := 0.0
	told := map[string]bool{}
	for _, c := range d.all(short) {
		name := d.b.show("system", c.third.ID)
		need, have := d.b.holds(c.third, c.move.Before)[0].Amount, free[placement.Key{Place: c.third.ID, Resource: "memory"}]-d.kept(c.third, "memory")
		bad := d.judge(c)
		text := ""
		switch {
		case len(bad) > 0:
			text = bad[0].Text
		case need > have:
			text = fmt.Sprintf("%s needs %s there, and %s is free", c.move.Address, schema.FormatSize(need), schema.FormatSize(max(have, 0)))
			if gap == "" || need-have < least {
				least = need - have
				gap = fmt.Sprintf("%s on %s, over which %s could step aside", schema.FormatSize(least), name, c.move.Address)
			}
		case d.gave:
			text = fmt.Sprintf("%s fits there, but no set of detours was found in %d trials", c.move.Address, mostTrials)
		default:
			text = fmt.Sprintf("%s stepping aside there is not enough", c.move.Address)
		}
		if !told[name] {
			told[name] = true
			reasons = append(reasons, name+": "+strings.TrimRight(text, ".")+".")
		}
	}
	return reasons, gap
}

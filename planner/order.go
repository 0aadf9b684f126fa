package planner

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/placement"
)

// Stage 5: which step waits for which. Stage 4, place, adds waits for room.

func (b *builder) order() {
	waits := map[string]map[string]bool{}
	add := func(s, on *Step) {
		if s == nil || on == nil || s == on {
			return
		}
		if waits[s.ID] == nil {
			waits[s.ID] = map[string]bool{}
		}
		waits[s.ID][on.ID] = true
	}
	// Steps of one object follow each other.
	for _, a := range sortedAddresses(b.byAddr) {
		steps := b.byAddr[a]
		sortSteps(steps)
		for i := 1; i < len(steps); i++ {
			if steps[i].Node == "" && steps[i-1].Node == "" { // the others go with the move of their node
				add(steps[i], steps[i-1])
			}
		}
	}
	// References: what is referred to comes first; for deletes the other way round.
	prepared := b.prepared()
	for _, s := range b.steps {
		for _, dep := range s.Deps {
			for _, on := range b.byAddr[dep] {
				switch {
				case behind(on) && slices.Contains(prepared[dep], s.Address): // prepare has it the other way round
				case s.Action == Delete && on.Action == Delete:
					add(on, s)
				case s.Action == Delete || s.Action == Forget || on.Action == Delete:
				case on.Kind == "cluster": // clusterOrder says which of its steps
				case on.Kind == "resource_group" && defines(s) && (on.Action == Move || on.Action == Start || on.Action == Stop): // a definition waits for definitions
				default:
					add(s, on)
				}
			}
		}
	}
	b.prepare(prepared, add)
	b.clusterOrder(add)
	b.behindPartitions(add)
	b.nestMounts(add)
	b.chainBridging(add)
	b.usersGo(add)
	// A change of a disk on the way into a partition precedes the partition's steps through Deps.
	for _, s := range b.steps {
		s.WaitsFor = sortedStrings(waits[s.ID])
	}
	b.place()
	b.roles()
	b.limits()
	if members := cycle(b.steps); members != nil {
		b.finding(diag.Errorf("cycle", "Circle of steps", "These wait for each other: %s.", strings.Join(members, " -> ")).WithFix("Remove one of the references or depends_on, or do it in two plans."))
		b.steps = nil
		return
	}
	b.steps = topological(b.steps)
}

// nestMounts: a mount point below another one is on that filesystem, so it comes after it and goes before it.
func (b *builder) nestMounts(add func(s, on *Step)) {
	at := func(s *Step) (host, mount string) {
		o := s.After
		if o == nil {
			o = s.Before
		}
		host, _, _ = strings.Cut(schema.Str(o.Value, "volume_group"), "/")
		return host, schema.Str(o.Value, "mount")
	}
	var steps []*Step
	for _, s := range b.steps {
		if s.Kind == "filesystem" && s.Action != Forget {
			steps = append(steps, s)
		}
	}
	for _, outer := range steps {
		for _, inner := range steps {
			oh, om := at(outer)
			ih, im := at(inner)
			if oh != ih || !strings.HasPrefix(im, om+"/") {
				continue
			}
			if goes := slices.ContainsFunc(inner.Changes, func(c Change) bool { return c.Path == "mounted" && string(c.After) == "false" }); goes || inner.Action == Delete {
				add(outer, inner)
			} else {
				add(inner, outer)
			}
		}
	}
}

// place is stage 4: whoever needs room waits for whoever frees it.
func (b *builder) place() {
	waits, short := b.breakCircles(placement.Order(b.freeRoom(), b.items()))
	byID := map[string]*Step{}
	for _, s := range b.steps {
		byID[s.ID] = s
	}
	for id, ws := range waits {
		s := byID[id]
		have := map[string]bool{}
		for _, w := range s.WaitsFor {
			have[w] = true
		}
		for _, w := range ws {
			have[w] = true
		}
		s.WaitsFor = sortedStrings(have)
	}
	for _, x := range short {
		b.shortage(byID[x.Item], x, short)
	}
}

// roles: a system under an IVM is the source of migrations or their destination,
// not both at once (ivm-cli.md, section 4), so opposite moves follow each other.
func (b *builder) roles() {
	if cycle(b.steps) != nil {
		return
	}
	ivm := map[string]bool{}
	for _, o := range b.in.Inventory.Of("system") {
		ivm[o.ID] = schema.Str(o.Value, "manager") == "ivm"
	}
	var moves []*Step
	for _, s := range topological(b.steps) {
		if s.Action == Migrate && (ivm[s.From] || ivm[s.To]) {
			moves = append(moves, s)
		}
	}
	for i, later := range moves {
		waits := map[string]bool{}
		for _, w := range later.WaitsFor {
			waits[w] = true
		}
		for _, earlier := range moves[:i] {
			if ivm[later.From] && later.From == earlier.To || ivm[later.To] && later.To == earlier.From {
				waits[earlier.ID] = true
			}
		}
		later.WaitsFor = sortedStrings(waits)
	}
}

// limits: a system takes part in as many migrations at once as it supports, less those under way, and counts live and
// inactive ones apart (MIG-07, MIG-11), and its movers carry no more than theirs (LPM-64); and of a group that is kept apart
// one member moves at a time (MIG-16). The next one waits for the end of an earlier one; large ones begin first (MIG-15).
func (b *builder) limits() {
	if cycle(b.steps) != nil {
		return
	}
	queue := map[string][]string{} // by system and kind: the moves so far
	steps := slices.Clone(b.steps)
	sortSteps(steps)
	slices.SortStableFunc(steps, func(x, y *Step) int { return cmp.Compare(moved(y), moved(x)) })
	for _, s := range inOrder(steps) {
		if s.Action != Migrate {
			continue
		}
		kind := "inactive"
		if s.Mode == "live" {
			kind = "active"
		}
		waits := map[string]bool{}
		for _, w := range s.WaitsFor {
			waits[w] = true
		}
		turn := func(key string, most int) {
			if n := len(queue[key]); most > 0 && n >= most && queue[key][n-most] != s.ID {
				s.Queued = s.Queued || len(waits) == 0
				waits[queue[key][n-most]] = true
			}
			queue[key] = append(queue[key], s.ID)
		}
		for _, place := range []string{s.From, s.To} {
			sys := b.lookup("system", place)
			now := int(schema.Num(sys.Value, "mobility."+kind+"_now"))
			turn(place+"|"+kind, int(schema.Num(sys.Value, "mobility."+kind+"_max"))-now) // without any left rule LPM-63 speaks
			if s.Mode == "live" {
				turn(place+"|movers", carried(sys)-now)
				if schema.Str(s.After.Value, "mobility.redundant_movers") == "require" || schema.Has(s.After.Value, "mobility.mover_pairs") {
					turn(place+"|movers", carried(sys)-now) // it keeps two of them busy
				}
			}
		}
		for _, mover := range namedMovers(s) {
			at, name, _ := strings.Cut(mover, "|")
			turn(mover, int(schema.Num(b.lookup("system", at).Value, schema.JoinPath("vios", name, "mover_limit"))))
		}
		if group := schema.Str(s.After.Value, "placement.apart"); group != "" {
			turn("apart|"+group, 1)
		}
		if c := b.nodeOf(s.Address); c != nil {
			key := "cluster|" + string(c.Address)
			if n := len(queue[key]); n > 0 { // rule HA-44: when the last one is back, and its groups with it
				b.afterNode(queue[key][n-1], s)
			}
			turn(key, 1)
		}
		s.WaitsFor = sortedStrings(waits)
	}
}

// spare is the memory that declared partitions which run on a system and stay there hold beyond their minimum (MIG-23).
func (b *builder) spare(place string) float64 {
	sum := 0.0
	for _, o := range b.in.Desired.Objects {
		f := b.found[o.Address]
		if o.Kind != "partition" || f == nil || !isRunning(f) || schema.Str(f.Value, "system") != place || b.resolve(schema.Str(o.Value, "system")) != place {
			continue
		}
		least := schema.Num(o.Value, "memory.minimum")
		if !schema.Has(o.Value, "memory.minimum") {
			least = schema.Num(f.Value, "memory.minimum")
		}
		sum += max(0, schema.Num(f.Value, "memory.desired")-least)
	}
	return sum
}

// moved is the memory that a step moves.
func moved(s *Step) float64 {
	if s.Action != Migrate {
		return 0
	}
	return s.Demands[0].Amount
}

// carried is how many live migrations the movers of a system carry at once; 0 where one does not tell.
func carried(sys *schema.Object) int {
	sum := 0.0
	for _, v := range schema.Items(sys.Value, "vios") {
		x := schema.Get(sys.Value, schema.JoinPath("vios", v))
		if !schema.True(x, "mover") || schema.Str(x, "rmc_state") != "active" {
			continue
		}
		if !schema.Has(x, "mover_limit") {
			return 0
		}
		sum += schema.Num(x, "mover_limit")
	}
	return int(sum)
}

// namedMovers are the movers that a live migration names, as system|server.
func namedMovers(s *Step) []string {
	if s.Mode != "live" {
		return nil
	}
	var out []string
	for attr, place := range map[string]string{"source_mover": s.From, "target_mover": s.To} {
		if name := schema.Str(s.After.Value, "mobility."+attr); name != "" {
			out = append(out, place+"|"+name)
		}
	}
	for _, pair := range schema.Strings(s.After.Value, "mobility.mover_pairs") {
		from, to, _ := strings.Cut(pair, "/")
		out = append(out, s.From+"|"+from, s.To+"|"+to)
	}
	slices.Sort(out)
	return out
}

func (b *builder) shortage(s *Step, x placement.Shortage, all []placement.Shortage) {
	where := b.show("system", x.Key.Place)
	ruleID := "CAP-09"
	if s.Action == Migrate {
		ruleID = map[string]string{"memory": "LPM-48", "units": "LPM-49", "slots": "LPM-67"}[x.Key.Resource]
	}
	path := "system"
	if k := b.in.Catalogue.Kind(s.Kind); k.Provider != "" {
		b.finding(diag.Errorf("no-room", "Not enough room", "%s needs %g of %s at %s, where %g is free.", s.Address, x.Need, x.Key.Resource, b.shown(x.Key.Place), x.Have).At(string(s.Address), "").WithFix("Delete what is not needed there, or declare less."))
		return
	}
	if pool, ok := strings.CutPrefix(x.Key.Resource, "pool "); ok {
		b.finding(diag.Errorf("pool-full", "Storage pool too small", "%s needs %s of the storage pool %s on %s, where %s is free.", s.Address, schema.FormatSize(x.Need), pool, where, schema.FormatSize(x.Have)).At(string(s.Address), "size").WithFix("Add a disk to the pool, delete what is not needed, or declare less."))
		return
	}
	need, have, gap := amount(x.Key.Resource, x.Need), amount(x.Key.Resource, x.Have), amount(x.Key.Resource, x.Need-x.Have)
	d := diag.Errorf(ruleID, "Not enough room", "%s needs %s on %s, hypervisor overhead (an estimate) included; %s is free.", s.Address, need, where, have).At(string(s.Address), path)
	d.Fix = fmt.Sprintf("Free %s on %s, ask for less, or choose another system.", gap, where)
	if len(x.Circle) > 0 {
		var who []string
		for _, id := range x.Circle {
			who = append(who, strings.SplitN(id, ":", 2)[1])
		}
		d.Detail += fmt.Sprintf(" The room would come from %s, which waits for room itself.", strings.Join(who, ", "))
		reasons, less := b.dead.why(all)
		if len(reasons) > 0 {
			d.Detail += " Nobody can step aside to a third system: " + strings.Join(reasons, " ")
		}
		d.Fix = fmt.Sprintf("Free %s on %s", gap, where)
		if less != "" {
			d.Fix += ", or " + less
		} else if len(reasons) == 0 {
			d.Fix += ", or declare a third system that takes one of them for a while"
		}
		d.Fix += "."
	}
	if give := b.spare(x.Key.Place); x.Key.Resource == "memory" && give > 0 {
		d.Fix += fmt.Sprintf(" Partitions that stay there hold %s more than their minimum: declare less for them, or move or stop one.", schema.FormatSize(give))
	}
	b.finding(d)
}

func amount(resource string, n float64) string {
	switch resource {
	case "memory":
		return schema.FormatSize(n)
	case "units":
		return fmt.Sprintf("%g processing units", round2(n))
	}
	if strings.HasPrefix(resource, "pool ") {
		return schema.FormatSize(n)
	}
	return fmt.Sprintf("%g virtual slots", n)
}

func round2(f float64) float64 { return float64(int64(f*100+0.5)) / 100 }

func (b *builder) items() []placement.Item { return itemsOf(b.steps) }

func itemsOf(steps []*Step) []placement.Item {
	items := make([]placement.Item, 0, len(steps))
	for _, s := range steps {
		items = append(items, placement.Item{ID: s.ID, After: s.WaitsFor, Demands: needs(s.Demands), Releases: needs(s.Releases)})
	}
	return items
}

func needs(ds []Demand) []placement.Need {
	var out []placement.Need
	for _, d := range ds {
		out = append(out, placement.Need{Key: placement.Key{Place: d.Place, Resource: d.Resource}, Amount: d.Amount})
	}
	return out
}

// freeRoom is what every found system has left.
func (b *builder) freeRoom() map[placement.Key]float64 {
	free := map[placement.Key]float64{}
	for _, k := range b.in.Catalogue.Kinds() {
		if k.Provider == "" {
			continue
		}
		for _, f := range b.in.Inventory.Of(k.Name) {
			rooms(k, f, func(resource string, n float64) { free[placement.Key{Place: f.ID, Resource: resource}] = n })
		}
	}
	for _, f := range b.in.Inventory.Of("system") {
		if schema.Has(f.Value, "memory.available") {
			free[placement.Key{Place: f.ID, Resource: "memory"}] = schema.Num(f.Value, "memory.available")
		}
		if schema.Has(f.Value, "processor.available") {
			free[placement.Key{Place: f.ID, Resource: "units"}] = schema.Num(f.Value, "processor.available")
		}
		for _, v := range schema.Items(f.Value, "vios") {
			path := schema.JoinPath("vios", v)
			for _, pool := range schema.Items(f.Value, path+".pools") {
				free[placement.Key{Place: f.ID, Resource: poolResource(v, pool)}] = schema.Num(f.Value, schema.JoinPath("vios", v, "pools", pool, "free"))
			}
			if most := schema.Num(f.Value, path+".max_virtual_slots"); most > 0 {
				free[placement.Key{Place: f.ID, Resource: "slots"}] += most - float64(len(set(schema.Get(f.Value, path+".used_slots"))))
			}
		}
	}
	return free
}

// cycle returns the members of a circle of waits, or nil.
func cycle(steps []*Step) []string {
	byID := map[string]*Step{}
	for _, s := range steps {
		byID[s.ID] = s
	}
	state := map[string]int{}
	var stack []string
	var visit func(id string) []string
	visit = func(id string) []string {
		switch state[id] {
		case 1:
			for i, x := range stack {
				if x == id {
					return append(append([]string(nil), stack[i:]...), id)
				}
			}
		case 2:
			return nil
		}
		state[id] = 1
		stack = append(stack, id)
		if s := byID[id]; s != nil {
			for _, w := range s.WaitsFor {
				if byID[w] == nil {
					continue
				}
				if c := visit(w); c != nil {
					return c
				}
			}
		}
		stack = stack[:len(stack)-1]
		state[id] = 2
		return nil
	}
	for _, s := range steps {
		if c := visit(s.ID); c != nil {
			return c
		}
	}
	return nil
}

// topological puts every step behind those that it waits for; among the free
// ones the address and the action decide.
func topological(steps []*Step) []*Step {
	sortSteps(steps)
	return inOrder(steps)
}

// inOrder puts every step behind those that it waits for; among the free ones the one that stands first.
func inOrder(steps []*Step) []*Step {
	waiting := make([]int, len(steps))
	next := make([][]int, len(steps))
	rank := make(map[string]int, len(steps))
	for i, s := range steps {
		rank[s.ID] = i
	}
	for i, s := range steps {
		for _, w := range s.WaitsFor {
			if j, ok := rank[w]; ok {
				waiting[i]++
				next[j] = append(next[j], i)
			}
		}
	}
	ready := &intHeap{}
	for i := range steps {
		if waiting[i] == 0 {
			heap.Push(ready, i)
		}
	}
	out := make([]*Step, 0, len(steps))
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		out = append(out, steps[i])
		for _, n := range next[i] {
			if waiting[n]--; waiting[n] == 0 {
				heap.Push(ready, n)
			}
		}
	}
	return out
}

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

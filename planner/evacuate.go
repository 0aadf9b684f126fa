package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/placement"
	"github.com/gantry-power/gantry/planner/rules"
)

// Evacuation is a proposal of other places: for everybody who is to leave a
// system or a host, or for those who are to come back to it. It changes nothing; whoever
// accepts it changes the declarations and plans as usual.
type Evacuation struct {
	System schema.Address `json:"system"`
	Return bool           `json:"return"`
	// Moves are the places to change, in the order to begin them.
	Moves []Place `json:"moves"`
	// Already are partitions whose declaration has them elsewhere (or, on a return,
	// at home) before anything is proposed.
	Already []Place `json:"already"`
	Stays   []Stay  `json:"stays"`
	// Along are applications that go with the partition that they run in.
	Along []Along `json:"along,omitempty"`
	// Tries is how often a partition was put somewhere to find this. Impossible:
	// every way was tried and not all who stay could go together. Bounded: the
	// search gave up; a better proposal may exist.
	Tries      int  `json:"tries"`
	Impossible bool `json:"impossible"`
	Bounded    bool `json:"bounded"`
	// Open: the system is not marked as in maintenance, so others may be placed on it.
	Open bool `json:"open"`
}

// Place is one object's change of place.
type Place struct {
	Address schema.Address `json:"address"`
	From    schema.Address `json:"from"`
	To      schema.Address `json:"to"`
	// Mode is live or inactive; empty when only the declaration changes, because
	// the partition is there already.
	Mode string `json:"mode,omitempty"`
	// Attribute says the place: host of a workload partition, on of a resource group; empty for system.
	Attribute string `json:"attribute,omitempty"`
	// Why it goes by itself, where its partition does not take it along.
	Why string `json:"why,omitempty"`
}

// At is the attribute that says the place.
func (p Place) At() string { return cmp.Or(p.Attribute, "system") }

// Along is a workload partition or a resource group that moves with its partition, and why that is the least for it.
type Along struct {
	Address schema.Address `json:"address"`
	With    schema.Address `json:"with"`
	Why     string         `json:"why"`
}

// Stay is a partition that stays where it is, and why.
type Stay struct {
	Address schema.Address `json:"address,omitempty"` // empty for what nobody declared
	Name    string         `json:"name"`
	Running bool           `json:"running"`
	Vios    bool           `json:"vios,omitempty"`
	// Obstacles hold wherever it would go; Refused says for each system what holds there.
	Obstacles []Obstacle `json:"obstacles,omitempty"`
	Refused   []Refused  `json:"refused,omitempty"`
	// Forget: it is not where the evacuation put it, so a return has no business with it.
	Forget bool `json:"forget,omitempty"`
}

// Refused is a system that a partition cannot move to.
type Refused struct {
	System    schema.Address `json:"system"`
	Obstacles []Obstacle     `json:"obstacles"`
}

// Obstacle is what forbids a move: a rule's finding, or a constant word.
type Obstacle struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Fix  string `json:"fix,omitempty"`
}

// Left is what is remembered of an object that left a place by an evacuation.
type Left struct {
	Address schema.Address `json:"address"`
	From    schema.Address `json:"from"`
	To      schema.Address `json:"to"`
	// Of is the system that was evacuated, where From is a host on it.
	Of schema.Address `json:"of,omitempty"`
}

// Evacuated is the place that was left.
func (l Left) Evacuated() schema.Address { return cmp.Or(l.Of, l.From) }

// LeftBehind is the code of the warning about a running partition that an
// evacuation leaves on the system.
const LeftBehind = "left-behind"

// Findings are what a plan with these places is to say besides: a warning about
// each running partition that would go down with the system, and the advice to
// close the system.
func (e *Evacuation) Findings() []diag.Diagnostic {
	if e.Return {
		return nil
	}
	var out []diag.Diagnostic
	for _, s := range e.Stays {
		if s.Vios || !s.Running {
			continue
		}
		// What nobody declared has no address to acknowledge it by; its system has.
		at := cmp.Or(s.Address, e.System)
		out = append(out, diag.Warningf(LeftBehind, "Stays there", "%s runs and stays on %s. %s", s.Name, e.System, s.Why()).At(string(at), map[bool]string{true: "host", false: "system"}[at.Kind() == "wpar"]).
			WithFix("Clear what keeps it there, and plan again."))
	}
	if e.Open && len(e.Moves)+len(e.Already) > 0 {
		out = append(out, diag.Diagnostic{Severity: diag.Advice, Code: "left-open", Summary: "Open for placements", Address: string(e.System), Detail: "It is not marked as in maintenance, so partitions may still be placed on it.", Fix: "Declare maintenance = true until it is back in service."})
	}
	return out
}

// Why says in one sentence or two what keeps the partition where it is.
func (s Stay) Why() string {
	var parts []string
	for _, o := range s.Obstacles {
		parts = append(parts, o.Text)
	}
	for _, r := range s.Refused {
		parts = append(parts, r.Obstacles[0].Text)
	}
	return strings.Join(parts, " ")
}

// Relocate is the desired state with other places. Everything else stays.
func (d Desired) Relocate(places []Place) Desired {
	to := map[schema.Address]Place{}
	for _, p := range places {
		to[p.Address] = p
	}
	byAddress := map[schema.Address]*schema.Object{}
	for _, o := range d.Objects {
		byAddress[o.Address] = o
	}
	d.Objects = slices.Clone(d.Objects)
	for i, o := range d.Objects {
		if p, ok := to[o.Address]; ok {
			d.Objects[i] = relocated(o, p.At(), byAddress[schema.Address(schema.Str(o.Value, p.At()))], byAddress[p.To])
		}
	}
	return d
}

// relocated is a declared object with another place.
func relocated(o *schema.Object, attribute string, from, to *schema.Object) *schema.Object {
	c := o.Clone()
	c.Value = schema.Set(o.Value, attribute, cty.StringVal(string(to.Address)))
	if attribute == "on" {
		return c // its cluster says at which node it is managed
	}
	if from == nil || o.Endpoint == from.Endpoint { // else it names its console itself
		c.Endpoint = to.Endpoint
	}
	return c
}

// Evacuate proposes other systems for the partitions of a system. Whatever the
// plan would refuse for one of them on one system, rules and provider included,
// is why it does not go there.
func Evacuate(in Input, system schema.Address) (*Evacuation, error) {
	e, err := newEvacuator(in, system)
	if err != nil {
		return nil, err
	}
	if system.Kind() == "host" {
		e.emptyHost(system, nil, "")
		return e.out, nil
	}
	for _, f := range e.b.in.Inventory.Of("partition") {
		if schema.Str(f.Value, "system") == e.home.ID {
			e.leave(f)
		}
	}
	e.near = e.neighbourhood()
	for _, o := range e.b.in.Desired.Objects {
		if o.Kind == "partition" && schema.Address(schema.Str(o.Value, "system")) == system {
			e.declaredOnly(o)
		}
	}
	var targets []*schema.Object
	for _, o := range e.b.in.Desired.Objects {
		if o.Kind == "system" && o.Address != system {
			targets = append(targets, o)
		}
	}
	e.solve(targets)
	e.applications()
	return e.out, nil
}

// Return proposes to bring back to a system who left it by an evacuation, as far
// as they are still where it put them.
func Return(in Input, system schema.Address, left []Left) (*Evacuation, error) {
	e, err := newEvacuator(in, system)
	if err != nil {
		return nil, err
	}
	e.out.Return = true
	for _, l := range left {
		if l.Address.Kind() == "partition" {
			e.comeBack(l)
		} else {
			e.backThere(l)
		}
	}
	if system.Kind() == "system" {
		e.solve([]*schema.Object{e.b.desired[system]})
	}
	return e.out, nil
}

// evacuator asks for each partition and each system what the plan would say.
type evacuator struct {
	b      *builder
	kind   *schema.Kind
	home   *schema.Object // the system, as found
	facts  *rules.Facts
	byID   map[string]*rules.Partition
	system map[string]*rules.System
	near   neighbours
	guests []*guest
	quiet  map[string]map[string]bool // errors on a system that is left as it is
	out    *Evacuation
}

// guest is a partition that is to move.
type guest struct {
	o, f  *schema.Object
	rule  *rules.Partition
	mode  string
	stuck *Obstacle                     // wherever it would go
	needs map[string]map[string]float64 // by identity of the system
	bad   map[string][]Obstacle         // by identity of the system
}

// DeclaredPlace is an error unless an address is that of a declared system or host.
func DeclaredPlace(objects []*schema.Object, system schema.Address) error {
	var names []string
	for _, o := range objects {
		if o.Kind != "system" && o.Kind != "host" {
			continue
		}
		if o.Address == system {
			return nil
		}
		names = append(names, string(o.Address))
	}
	return diag.List{diag.Errorf("unknown-system", "Unknown place", "%s is no system and no host of the estate.", system).
		WithFix("%s", strings.TrimSpace("Name one of "+strings.Join(names, ", ")+"."+schema.Suggest(string(system), names)))}.Err()
}

func newEvacuator(in Input, system schema.Address) (*evacuator, error) {
	in.Options = Options{InFlight: in.InFlight}
	b := prepare(in)
	if err := DeclaredPlace(b.in.Desired.Objects, system); err != nil {
		return nil, err
	}
	o := b.desired[system]
	b.match()
	b.classify()
	home := b.found[system]
	if home == nil {
		d := diag.Errorf("not-visible", "Cannot be seen", "%s was not discovered, so nobody can say who is on it.", system).At(string(system), "")
		if s := in.Inventory.Endpoints[o.Endpoint]; s != nil && s.Error != "" {
			d.Detail += " " + strings.TrimRight(s.Error, ".\n") + "."
		}
		return nil, diag.List{d.WithFix("Repair the connection to its console, or correct its declaration.")}.Err()
	}
	e := b.evacuator()
	e.home = home
	e.out = &Evacuation{System: system, Open: o.Kind == "system" && !schema.True(o.Value, "maintenance"), Moves: []Place{}, Already: []Place{}, Stays: []Stay{}}
	return e, nil
}

// evacuator asks about the objects that the builder has classified.
func (b *builder) evacuator() *evacuator {
	e := &evacuator{b: b, kind: b.in.Catalogue.Kind("partition"), facts: b.ruleFacts(), byID: map[string]*rules.Partition{}, system: map[string]*rules.System{}, quiet: map[string]map[string]bool{}}
	for _, p := range e.facts.Partitions {
		e.byID[p.ID] = p
	}
	for _, s := range e.facts.Systems {
		e.system[s.ID] = s
	}
	return e
}

// leave sorts out what becomes of a partition that is found on the system.
func (e *evacuator) leave(f *schema.Object) {
	a, known := e.b.owner[key(f)]
	o := e.b.desired[a]
	stay := Stay{Name: nameOf(f), Running: isRunning(f)}
	if o != nil {
		stay.Address = a
	}
	switch {
	case schema.Str(f.Value, "environment") == "vioserver":
		stay.Vios = true
		stay.Obstacles = []Obstacle{{"LPM-12", "A Virtual I/O Server stays with its frame.", ""}}
	case known && o == nil:
		stay.Obstacles = []Obstacle{{"undeclared", fmt.Sprintf("%s is recorded and not declared any more; the plan would delete it.", a), "Declare it again, or let go of it with a removed block."}}
	case o == nil:
		stay.Obstacles = []Obstacle{{"undeclared", "Nobody declared it, so it is not Gantry's to move.", "Declare it with an import block, or move it by hand."}}
	case e.b.found[a] != f:
		stay.Obstacles = []Obstacle{e.unowned(a)}
	case schema.Address(schema.Str(o.Value, "system")) != e.out.System:
		e.out.Already = append(e.out.Already, Place{Address: a, From: e.out.System, To: schema.Address(schema.Str(o.Value, "system")), Mode: modeOf(f)})
		return
	default:
		e.add(o, f)
		return
	}
	e.out.Stays = append(e.out.Stays, stay)
}

func modeOf(f *schema.Object) string {
	if isRunning(f) {
		return "live"
	}
	return "inactive"
}

// unowned repeats what matching said about a declaration.
func (e *evacuator) unowned(a schema.Address) Obstacle {
	for _, f := range e.b.plan.Findings {
		if f.Address == string(a) && f.Severity == diag.Error {
			return Obstacle{f.Code, f.Detail, f.Fix}
		}
	}
	return Obstacle{"unsettled", "It is not clear which partition this is.", "gantry plan says more."}
}

// declaredOnly sorts out a partition that is declared on the system and not found there.
func (e *evacuator) declaredOnly(o *schema.Object) {
	f := e.b.found[o.Address]
	if f == nil {
		if !e.b.hasFinding(o.Address) {
			e.out.Stays = append(e.out.Stays, Stay{Address: o.Address, Name: schema.Str(o.Value, "name"),
				Obstacles: []Obstacle{{"not-created", "It does not exist yet; the plan would create it there.", "Declare it on another system, or take its block out."}}})
		}
		return
	}
	p := e.byID[f.ID]
	if p.System == nil || p.System == e.system[e.home.ID] {
		return // leave has seen it
	}
	stay := Stay{Address: o.Address, Name: nameOf(f), Running: p.Running}
	if p.System.Address == "" {
		stay.Obstacles = []Obstacle{{"undeclared", fmt.Sprintf("It is on %s, which the estate does not declare.", p.System.Label()), "Declare that system."}}
		e.out.Stays = append(e.out.Stays, stay)
		return
	}
	p.Target = p.System // as it will be declared, for those who ask about their neighbours
	if stay.Obstacles = e.broken(p, nil); len(stay.Obstacles) > 0 {
		p.Target = e.system[e.home.ID]
		e.out.Stays = append(e.out.Stays, stay)
		return
	}
	e.out.Moves = append(e.out.Moves, Place{Address: o.Address, From: e.out.System, To: p.System.Address})
}

// comeBack sorts out what becomes of one that left.
func (e *evacuator) comeBack(l Left) {
	o, f := e.b.desired[l.Address], e.b.found[l.Address]
	stay := Stay{Address: l.Address, Name: l.Address.Name(), Forget: true}
	say := func(code, fix, format string, args ...any) {
		stay.Obstacles = []Obstacle{{code, fmt.Sprintf(format, args...), fix}}
		e.out.Stays = append(e.out.Stays, stay)
	}
	if o == nil {
		say("undeclared", "", "It is not declared any more.")
		return
	}
	if f != nil {
		stay.Name, stay.Running = nameOf(f), isRunning(f)
	}
	declared := schema.Address(schema.Str(o.Value, "system"))
	to := e.b.found[l.To]
	switch {
	case declared == e.out.System:
		e.out.Already = append(e.out.Already, Place{Address: l.Address, From: l.To, To: e.out.System})
	case declared != l.To:
		say("moved-on", "If it is to come back all the same, change its place by hand.", "The evacuation put it on %s; it is declared on %s now.", l.To, declared)
	case f == nil:
		stay.Forget = false
		obstacle := e.unowned(l.Address)
		say(obstacle.Code, obstacle.Fix, "%s", obstacle.Text)
	case schema.Str(f.Value, "system") == e.home.ID:
		e.out.Moves = append(e.out.Moves, Place{Address: l.Address, From: l.To, To: e.out.System})
	case to == nil || schema.Str(f.Value, "system") != to.ID:
		say("moved-on", "If it is to come back all the same, change its place by hand.", "The evacuation put it on %s; it is found on %s now.", l.To, e.b.show("system", schema.Str(f.Value, "system")))
	default:
		e.add(o, f)
	}
}

func (e *evacuator) add(o, f *schema.Object) {
	g := &guest{o: o, f: f, rule: e.byID[f.ID], needs: map[string]map[string]float64{}, bad: map[string][]Obstacle{}}
	switch {
	case g.rule.Pinned:
		g.stuck = &Obstacle{"CAP-30", "It is pinned.", "Remove placement.pinned if it may move."}
	case schema.Str(o.Value, "mobility.mode") == "never":
		g.stuck = &Obstacle{"mobility-never", "Its mobility.mode is \"never\".", "Set it to auto if it may move."}
	}
	e.guests = append(e.guests, g)
}

// solve finds places for all guests and writes down the outcome.
func (e *evacuator) solve(targets []*schema.Object) {
	e.near = e.neighbourhood()
	clear(e.quiet)
	problem := placement.Evacuation{Balance: "memory"}
	free, taken := e.b.freeRoom(), e.spokenFor()
	var missing []Refused
	for _, t := range targets {
		found := e.b.found[t.Address]
		if found == nil {
			missing = append(missing, Refused{t.Address, []Obstacle{{"not-visible", fmt.Sprintf("%s was not discovered.", t.Address), "Repair the connection to its console."}}})
			continue
		}
		problem.Hosts = append(problem.Hosts, e.host(found, free, taken))
		for _, g := range e.guests {
			if g.stuck == nil {
				e.candidate(g, t, found)
			}
		}
	}
	byAddress := map[string]*guest{}
	for _, g := range e.guests {
		from := schema.Str(g.f.Value, "system")
		if !slices.Contains(problem.Empty, from) {
			problem.Empty = append(problem.Empty, from)
		}
		x := placement.Guest{ID: string(g.o.Address), Host: from, Needs: g.needs, Pinned: g.stuck != nil, Exclusive: g.rule.Exclusive, Group: g.rule.Group, Apart: g.rule.Apart, Forbidden: map[string][]string{}}
		for id, obstacles := range g.bad {
			for _, o := range obstacles {
				x.Forbidden[id] = append(x.Forbidden[id], o.Text)
			}
		}
		problem.Guests = append(problem.Guests, x)
		byAddress[x.ID] = g
	}
	s := problem.Solve()
	e.out.Tries, e.out.Impossible, e.out.Bounded = s.Tries, s.Impossible, s.Bounded
	for _, m := range s.Moves {
		g := byAddress[m.Guest]
		e.out.Moves = append(e.out.Moves, Place{Address: g.o.Address, From: schema.Address(schema.Str(g.o.Value, "system")), To: e.b.owner["system|"+m.To], Mode: g.mode})
	}
	for _, st := range s.Stays {
		e.out.Stays = append(e.out.Stays, e.stay(byAddress[st.Guest], st, missing))
	}
	slices.SortStableFunc(e.out.Stays, func(a, b Stay) int { return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Name, b.Name)) })
}

// spokenFor is the room that steps which are planned anyway will take.
func (e *evacuator) spokenFor() map[placement.Key]float64 {
	out := map[placement.Key]float64{}
	for _, s := range e.b.steps {
		for _, d := range s.Demands {
			out[placement.Key{Place: d.Place, Resource: d.Resource}] += d.Amount
		}
	}
	return out
}

// host is what a system can take: what is free, less its headroom and what other
// steps will take. Room that other steps will free is not counted on.
func (e *evacuator) host(found *schema.Object, free, taken map[placement.Key]float64) placement.Host {
	sys := e.system[found.ID]
	h := placement.Host{ID: found.ID, Free: map[string]float64{}, Size: schema.Num(found.Value, "memory.configurable")}
	for k, amount := range free {
		if k.Place == found.ID {
			h.Free[k.Resource] = amount - taken[k] - map[string]float64{"memory": sys.HeadroomMem, "units": sys.HeadroomUnits}[k.Resource]
		}
	}
	if sys.MaxRunning >= 0 {
		h.Free["running"] = sys.MaxRunning
		for _, p := range e.near.on[sys] {
			if p.Environment != "vioserver" && (p.Running || p.RunningAtEnd) {
				h.Free["running"]--
			}
		}
	}
	return h
}

// candidate finds out what the plan would say if this alone changed: the steps
// with their demands, the planner's findings, the provider's, and the rules'.
func (e *evacuator) candidate(g *guest, t, found *schema.Object) {
	c := *e.b
	c.steps, c.byAddr, c.plan = nil, map[schema.Address][]*Step{}, &Plan{}
	c.existing(e.kind, relocated(g.o, "system", e.b.desired[schema.Address(schema.Str(g.o.Value, "system"))], t), g.f)
	var move *Step
	needs := map[string]float64{}
	for _, s := range c.steps {
		if s.Action == Migrate {
			move = s
		}
		for _, d := range s.Demands {
			if d.Place == found.ID {
				needs[d.Resource] += d.Amount
			}
		}
		c.askProvider(s)
	}
	var bad []Obstacle
	for _, f := range c.plan.Findings {
		if f.Severity == diag.Error {
			bad = append(bad, Obstacle{f.Code, f.Detail, f.Fix})
		}
	}
	p := *g.rule
	p.Target = e.system[found.ID]
	p.Overhead = Overhead(found, memoryMaximum(p.MemMax))
	if p.Running || p.RunningAtEnd {
		needs["running"] = 1
	}
	live := p.Running
	if move != nil {
		live, g.mode = move.Mode == "live", move.Mode
	}
	bad = append(bad, e.broken(&p, []*rules.Migration{{Partition: &p, Source: p.System, Target: p.Target, Live: live,
		SourceEndpoint: e.endpoint(g.f.Endpoint), TargetEndpoint: e.endpoint(found.Endpoint)}})...)
	if move == nil && len(bad) == 0 {
		bad = []Obstacle{{"unsettled", fmt.Sprintf("It is in the state %q; nothing can be planned for it now.", schema.Str(g.f.Value, "state")), "Wait until it has settled, and plan again."}}
	}
	g.needs[found.ID] = needs
	if len(bad) > 0 {
		g.bad[found.ID] = bad
	}
}

// askProvider adds what the provider says against a step.
func (b *builder) askProvider(s *Step) {
	if b.in.Explain == nil {
		return
	}
	for _, d := range b.in.Explain(s, b.facts.Scratch()) { // names are taken when the plan is made, not here
		b.finding(d)
	}
}

func (e *evacuator) endpoint(name string) *rules.Endpoint {
	for _, x := range e.facts.Endpoints {
		if x.Key == name {
			return x
		}
	}
	return nil
}

// neighbours indexes those who stay where they are, or go their own way, by what
// could matter to an arrival.
type neighbours struct {
	on    map[*rules.System][]*rules.Partition
	group map[string][]*rules.Partition
	mac   map[string][]*rules.Partition
}

func (e *evacuator) neighbourhood() neighbours {
	n := neighbours{map[*rules.System][]*rules.Partition{}, map[string][]*rules.Partition{}, map[string][]*rules.Partition{}}
	guests := map[*rules.Partition]bool{}
	for _, g := range e.guests {
		guests[g.rule] = true
	}
	for _, p := range e.facts.Partitions {
		if guests[p] {
			continue // how guests get along is the search's business
		}
		for _, s := range p.Places() {
			n.on[s] = append(n.on[s], p)
		}
		if p.Group != "" {
			n.group[p.Group] = append(n.group[p.Group], p)
		}
		for _, x := range p.Ethernet {
			if x.MAC != "" {
				n.mac[x.MAC] = append(n.mac[x.MAC], p)
			}
		}
	}
	return n
}

// of are the neighbours that a partition would have on its target. Special says
// that they are not just those who are there.
func (n neighbours) of(p *rules.Partition) (out []*rules.Partition, special bool) {
	seen := map[*rules.Partition]bool{}
	add := func(list []*rules.Partition) {
		for _, x := range list {
			if !seen[x] && x.ID != p.ID {
				seen[x] = true
				out = append(out, x)
			}
		}
	}
	add(n.on[p.Target])
	there := len(out)
	add(n.group[p.Group])
	for _, x := range p.Ethernet {
		add(n.mac[x.MAC])
	}
	return out, len(out) != there || there != len(n.on[p.Target])
}

// broken are the errors of the rule catalogue that a partition would cause on its
// target: about itself, and about those that it would come to.
func (e *evacuator) broken(p *rules.Partition, moves []*rules.Migration) []Obstacle {
	var out []Obstacle
	for _, x := range e.said(p, moves) {
		if x.Severity == diag.Error {
			out = append(out, Obstacle{x.Code, x.Detail, x.Fix})
		}
	}
	return out
}

// said is what the rule catalogue has to say of a partition on its target that it does not say without it.
func (e *evacuator) said(p *rules.Partition, moves []*rules.Migration) []rules.Finding {
	around, special := e.near.of(p)
	f := &rules.Facts{Endpoints: e.facts.Endpoints, Systems: e.facts.Systems, Partitions: around, Partial: true}
	quiet := e.quiet[p.Target.ID]
	if quiet == nil || special {
		quiet = map[string]bool{}
		for _, x := range rules.Run(rules.Plan, f) {
			quiet[x.Code+x.Address+x.Detail] = true
		}
		if !special {
			e.quiet[p.Target.ID] = quiet
		}
	}
	f.Partitions, f.Migrations = append(around, p), moves
	return slices.DeleteFunc(rules.Run(rules.Plan, f), func(x rules.Finding) bool { return quiet[x.Code+x.Address+x.Detail] })
}

// stay puts into words why a guest stays. What holds on every system is said once.
func (e *evacuator) stay(g *guest, st placement.Stay, missing []Refused) Stay {
	s := Stay{Address: g.o.Address, Name: nameOf(g.f), Running: isRunning(g.f)}
	if g.stuck != nil {
		s.Obstacles = []Obstacle{*g.stuck}
		return s
	}
	byHost := map[string]int{}
	for _, r := range st.Refusals {
		i, ok := byHost[r.Host]
		if !ok {
			i = len(s.Refused)
			byHost[r.Host] = i
			s.Refused = append(s.Refused, Refused{System: e.b.owner["system|"+r.Host]})
		}
		if r.Why == placement.Forbidden {
			s.Refused[i].Obstacles = append(s.Refused[i].Obstacles, g.bad[r.Host]...)
		} else {
			s.Refused[i].Obstacles = append(s.Refused[i].Obstacles, e.obstacle(g, r))
		}
	}
	s.Obstacles = common(s.Refused)
	s.Refused = append(without(s.Refused, s.Obstacles), missing...)
	slices.SortFunc(s.Refused, func(a, b Refused) int { return cmp.Compare(a.System, b.System) })
	if len(s.Obstacles)+len(s.Refused) == 0 {
		s.Obstacles = []Obstacle{{"no-target", "The estate declares no other system.", "Declare the system that it could move to."}}
	}
	return s
}

// common are the obstacles that several systems share, word for word. They are
// the partition's own, and moving would need them out of the way anywhere.
func common(refused []Refused) []Obstacle {
	if len(refused) < 2 {
		return nil
	}
	var out []Obstacle
	for _, o := range refused[0].Obstacles {
		everywhere := true
		for _, r := range refused[1:] {
			everywhere = everywhere && slices.ContainsFunc(r.Obstacles, o.same)
		}
		if everywhere {
			out = append(out, o)
		}
	}
	return out
}

func (o Obstacle) same(x Obstacle) bool { return o.Code == x.Code && o.Text == x.Text }

func without(refused []Refused, said []Obstacle) []Refused {
	var out []Refused
	for _, r := range refused {
		var rest []Obstacle
		for _, o := range r.Obstacles {
			if !slices.ContainsFunc(said, o.same) {
				rest = append(rest, o)
			}
		}
		if len(rest) > 0 {
			out = append(out, Refused{r.System, rest})
		}
	}
	return out
}

// obstacle words what the search found in the way.
func (e *evacuator) obstacle(g *guest, r placement.Refusal) Obstacle {
	where, with := e.b.show("system", r.Host), strings.Join(r.With, ", ")
	switch r.Why {
	case placement.ApartFrom:
		return Obstacle{"CAP-27", fmt.Sprintf("%s of the apart group %s would be on %s too.", with, g.rule.Apart, where), "Let one of them go to another system."}
	case placement.NotAlone:
		return Obstacle{"CAP-31", fmt.Sprintf("%s would be on %s too, and one of them is exclusive.", with, where), "Let one of them go to another system."}
	case placement.Together:
		return Obstacle{"CAP-28", fmt.Sprintf("The group %s goes together or not at all, and %s cannot be on %s.", g.rule.Group, with, where), "Clear what keeps the others from it, or give up the group."}
	}
	return e.noRoom(r, where, with)
}

func (e *evacuator) noRoom(r placement.Refusal, where, with string) Obstacle {
	after := ""
	if with != "" {
		after = fmt.Sprintf(" once %s is there", with)
		if len(r.With) > 1 {
			after = fmt.Sprintf(" once %s are there", with)
		}
	}
	sys := e.system[r.Host]
	if r.Resource == "running" {
		return Obstacle{"CAP-33", fmt.Sprintf("%s may run %g partitions, and has them%s.", where, sys.MaxRunning, after), "Raise max_running, or choose another system."}
	}
	code := map[string]string{"memory": "LPM-48", "units": "LPM-49", "slots": "LPM-67"}[r.Resource]
	beyond := ""
	if r.Resource == "memory" && sys.HeadroomMem > 0 || r.Resource == "units" && sys.HeadroomUnits > 0 {
		beyond = " beyond its headroom"
	}
	return Obstacle{code, fmt.Sprintf("It needs %s on %s, hypervisor overhead (an estimate) included; %s is free%s%s.", amount(r.Resource, r.Need), where, amount(r.Resource, r.Have), beyond, after),
		fmt.Sprintf("Free %s on %s.", amount(r.Resource, r.Need-r.Have), where)}
}

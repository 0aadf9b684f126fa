package planner

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/rules"
)

// Endpoint is a declared console, as far as the planner needs to know it.
type Endpoint struct {
	Key  string `json:"key"`
	Type string `json:"type"`
	Host string `json:"host"`
	User string `json:"user"`
	// MigrationAddress and MigrationUser are how other consoles reach it.
	MigrationAddress string `json:"migration_address"`
	MigrationUser    string `json:"migration_user"`
}

// Build makes the plan. It always returns one; what is wrong is in its findings.
func Build(in Input) *Plan {
	b := prepare(in)
	b.targets()
	b.match()
	b.silentEndpoints()
	b.emptied()
	b.wholeAdapters()
	b.clusterHosts()
	b.clusterFindings()
	b.classify()
	b.bridging()
	b.needSync()
	b.order()
	b.explain()
	if b.in.Check != nil {
		for _, d := range b.in.Check(b.facts) {
			b.finding(d)
		}
	}
	b.plan.Steps = b.steps
	if b.plan.Steps == nil {
		b.plan.Steps = []*Step{}
	}
	b.check()
	b.tidy()
	b.plan.Seal()
	return b.plan
}

// prepare is a builder before its first stage: everything in order, nothing decided.
func prepare(in Input) *builder {
	if in.Inventory == nil {
		in.Inventory = &Inventory{Format: Format}
	}
	in.Inventory = rejoin(in.Inventory, in.Prior.Records)
	mode := "apply"
	if in.Destroy {
		mode = "destroy"
	} else if in.RefreshOnly {
		mode = "refresh-only"
	}
	b := newBuilder(in)
	b.plan = &Plan{Format: Format, Mode: mode, Lineage: in.Prior.Lineage, Serial: in.Prior.Serial,
		Steps: []*Step{}, Findings: []Finding{}, Drift: []Drift{}, Pending: []Pending{}, Unmanaged: []Unmanaged{}, Room: []Room{}}
	for _, d := range in.Findings {
		b.finding(d)
	}
	b.facts.Endpoints = map[string]Endpoint{}
	for _, e := range in.Endpoints {
		b.facts.Endpoints[e.Key] = e
	}
	for a, r := range in.Prior.Records {
		b.records[a] = r
	}
	if in.Destroy {
		var kept []*schema.Object
		for _, o := range in.Desired.Objects {
			k, rec := in.Catalogue.Kind(o.Kind), b.records[o.Address]
			if !k.Owned(o.Value) && (rec == nil || !k.Owned(rec.Object.Value)) {
				kept = append(kept, o)
			}
		}
		b.in.Desired.Objects = kept
	}
	b.in.Desired.Objects = slices.Clone(b.in.Desired.Objects)
	sort.Slice(b.in.Desired.Objects, func(i, j int) bool {
		return b.in.Desired.Objects[i].Address < b.in.Desired.Objects[j].Address
	})
	clear(b.desired)
	for _, o := range b.in.Desired.Objects {
		b.desired[o.Address] = o
	}
	b.slots()
	b.plan.Versions = in.Versions
	b.plan.Inputs = map[string]string{"configuration": fingerprintObjects(b.in.Desired.Objects), "inventory": fingerprintObjects(in.Inventory.Objects)}
	b.plan.Objects = len(b.in.Desired.Objects)
	return b
}

// FibreChannelSlot is where the virtual Fibre Channel adapters of a partition
// begin unless slots.fibre_channel says otherwise.
const FibreChannelSlot = 20

// slots gives every declared Fibre Channel adapter its slot by the partition's
// scheme, because the slot is what it is known by on the console.
func (b *builder) slots() {
	for i, o := range b.in.Desired.Objects {
		labels := schema.Items(o.Value, "npiv")
		if o.Kind != "partition" || len(labels) == 0 {
			continue
		}
		next := FibreChannelSlot
		if schema.Has(o.Value, "slots.fibre_channel") {
			next = int(schema.Num(o.Value, "slots.fibre_channel"))
		}
		taken := map[int]bool{}
		for _, l := range labels {
			taken[int(schema.Num(o.Value, schema.JoinPath("npiv", l, "slot")))] = true
		}
		c := o.Clone()
		for _, l := range labels {
			if schema.Has(o.Value, schema.JoinPath("npiv", l, "slot")) {
				continue
			}
			for taken[next] {
				next++
			}
			taken[next] = true
			c.Value = schema.Set(c.Value, schema.JoinPath("npiv", l, "slot"), cty.NumberIntVal(int64(next)))
		}
		b.in.Desired.Objects[i], b.desired[o.Address] = c, c
	}
}

// emptied declares that there is to be none of a block whose last one was left out, where Gantry remembers that it was
// declared: a block that never was is not managed.
func (b *builder) emptied() {
	for i, o := range b.in.Desired.Objects {
		rec, f := b.records[o.Address], b.found[o.Address]
		if rec == nil || f == nil {
			continue
		}
		c, ignored := o, b.in.Desired.Lifecycle[o.Address].IgnoreChanges
		for _, block := range rec.Blocks {
			if slices.Contains(ignored, "*") || slices.Contains(ignored, block) {
				continue
			}
			if schema.Has(o.Value, block) || len(schema.Items(f.Value, block)) == 0 && len(schema.Items(f.Profile, block)) == 0 {
				continue
			}
			if c == o {
				c = o.Clone()
			}
			c.Value = schema.Set(c.Value, block, cty.EmptyObjectVal)
		}
		if c == o {
			continue
		}
		b.in.Desired.Objects[i], b.desired[o.Address] = c, c
		if b.facts.declared[key(f)] != nil {
			b.facts.declared[key(f)] = c
		}
	}
}

// wholeAdapters asks for what a declaration of disks and Fibre Channel adapters
// means under an HMC: every adapter has its other side, and a disk is exported
// through every Virtual I/O Server that the partition has an adapter to and that
// sees it. What an earlier run left half done is so finished.
func (b *builder) wholeAdapters() {
	for i, o := range b.in.Desired.Objects {
		f := b.found[o.Address]
		if o.Kind != "partition" || f == nil || !schema.Has(f.Value, "connected") {
			continue
		}
		exporters := func(source string) int { return b.exporters(f, source) }
		if sys := b.lookup("system", schema.Str(f.Value, "system")); sys != nil && len(b.mute(sys, f)) > 0 {
			exporters = func(string) int { return 0 } // what one that cannot be asked sees is not known
		}
		c := whole(drives(o, f), exporters)
		b.in.Desired.Objects[i], b.desired[o.Address] = c, c
		if b.facts.declared[key(f)] != nil {
			b.facts.declared[key(f)] = c
		}
	}
}

// Drive is the target device of an optical drive that declares none: named after the partition's id and the label, so that
// of several on one server each is known again.
func Drive(label string, id int) string {
	t := fmt.Sprintf("opt%d_%s", id, strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, label))
	return t[:min(len(t), 15)]
}

// drives gives every declared optical drive the target device that it was made with.
func drives(o, f *schema.Object) *schema.Object {
	c := o
	for _, l := range schema.Items(o.Value, "optical") {
		at, target := schema.JoinPath("optical", l, "target"), Drive(l, int(schema.Num(f.Value, "id")))
		if schema.Has(o.Value, at) {
			continue
		}
		for _, h := range schema.Items(f.Value, "optical") {
			have := schema.Get(f.Value, schema.JoinPath("optical", h))
			if schema.Str(have, "target") == target && schema.Str(have, "server") == schema.Str(o.Value, schema.JoinPath("optical", l, "server")) {
				if c == o {
					c = o.Clone()
				}
				c.Value = schema.Set(c.Value, at, cty.StringVal(target))
			}
		}
	}
	return c
}

// whole is a partition with what its disks and Fibre Channel adapters mean under
// an HMC said in full; exporters counts the Virtual I/O Servers for a disk.
func whole(o *schema.Object, exporters func(source string) int) *schema.Object {
	disks := schema.Items(o.Value, "disk")
	if len(disks)+len(schema.Items(o.Value, "npiv"))+len(schema.Items(o.Value, "optical")) == 0 {
		return o
	}
	c := o.Clone()
	switch {
	case !schema.Has(o.Value, "connected"):
		c.Value = schema.Set(c.Value, "connected", cty.True)
	case !schema.True(o.Value, "connected"):
		m := c.Value.AsValueMap()
		delete(m, "connected")
		c.Value = cty.ObjectVal(m)
	}
	for _, l := range disks {
		path := schema.JoinPath("disk", l, "paths")
		if n := exporters(schema.Str(o.Value, schema.JoinPath("disk", l, "source"))); n > 0 && !schema.Has(o.Value, path) {
			c.Value = schema.Set(c.Value, path, cty.NumberIntVal(int64(n)))
		}
	}
	return c
}

// exporters counts the Virtual I/O Servers that a partition has a SCSI adapter to
// and that see a disk.
func (b *builder) exporters(f *schema.Object, source string) int {
	disk := b.lookup("disk", b.resolve(source))
	if disk == nil {
		return 0
	}
	seen := map[string]bool{}
	for _, l := range schema.Items(f.Value, "adapters") {
		a := schema.Get(f.Value, schema.JoinPath("adapters", l))
		vios := schema.Str(a, "server")
		if schema.Str(a, "type") == "scsi" && schema.Has(disk.Value, schema.JoinPath("paths", schema.Str(f.Value, "system"), "devices", vios)) {
			seen[vios] = true
		}
	}
	return len(seen)
}

// targets narrows the plan to addresses and what they depend on; one that destroys, to addresses and what depends on
// them: the disks and networks of a partition may be those of others too.
func (b *builder) targets() {
	if len(b.in.Targets) == 0 {
		return
	}
	b.target = map[schema.Address]bool{}
	b.plan.Targets = b.in.Targets
	next := b.in.Desired.Deps
	if b.in.Destroy {
		next = map[schema.Address][]schema.Address{}
		for a, deps := range b.in.Desired.Deps {
			for _, d := range deps {
				next[d] = append(next[d], a)
			}
		}
		for a, r := range b.records {
			for _, d := range r.Deps {
				next[d] = append(next[d], a)
			}
		}
	}
	var add func(a schema.Address)
	add = func(a schema.Address) {
		if b.target[a] {
			return
		}
		b.target[a] = true
		for _, d := range next[a] {
			add(d)
		}
	}
	all := append(sortedAddresses(b.desired), sortedAddresses(b.records)...)
	for _, t := range b.in.Targets {
		hit := false
		for _, a := range all {
			if a == t || a.Group() == t || strings.HasPrefix(string(a), string(t)+".") {
				add(a)
				hit = true
			}
		}
		if !hit {
			names := make([]string, len(all))
			for i, a := range all {
				names[i] = string(a)
			}
			b.finding(diag.Errorf("unknown-target", "Unknown target", "-target %s is neither declared nor recorded.", t).WithFix("%s", strings.TrimSpace("Name an address of the estate."+schema.Suggest(string(t), names))))
		}
	}
}

// silentEndpoints says which consoles could not be discovered.
func (b *builder) silentEndpoints() {
	for _, name := range sortedEndpoints(b.in.Inventory.Endpoints) {
		e := b.in.Inventory.Endpoints[name]
		for _, id := range sortedStrings(b.unread()) {
			if why := e.Unread[id]; why != "" {
				b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "system-unread", Summary: "System not read", Detail: fmt.Sprintf("%s: %s.", name, strings.TrimRight(why, ".\n")),
					Fix: "Nothing on it can be planned until it answers; everything else goes on."})
			}
		}
		if e.Error == "" {
			continue
		}
		d := diag.Errorf("console-silent", "Console not discovered", "%s: %s.", name, strings.TrimRight(strings.TrimPrefix(e.Error, name+": "), ".\n")).WithFix("Repair the connection, or correct the provider block; nothing on that console can be planned until then.")
		if !b.dependsOn(name) {
			d.Severity = diag.Advice
			d.Fix = "Nothing that is planned needs it, and everything else goes on. Repair it all the same: " + strings.ToLower(d.Fix[:1]) + d.Fix[1:]
		}
		b.finding(d)
	}
}

// dependsOn reports whether an object that is planned can only be read through a console that was silent: another one may
// manage the same system, and -target may leave it out.
func (b *builder) dependsOn(endpoint string) bool {
	for _, o := range b.in.Desired.Objects {
		if o.Endpoint != endpoint || !b.selected(o.Address) {
			continue
		}
		k := b.in.Catalogue.Kind(o.Kind)
		place := o.Address
		if k.Place != "" {
			place = schema.Address(schema.Str(o.Value, k.Place))
		}
		if b.found[place] == nil {
			return true
		}
	}
	return false
}

func sortedEndpoints(m map[string]*EndpointStatus) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// PluginFailed is the code of a plugin that broke the contract.
const PluginFailed = "plugin-failed"

// explain lets the providers add the exact commands, in the plan's order.
func (b *builder) explain() {
	if b.in.Explain == nil {
		return
	}
	var steps []*Step
	var was []schema.Disruption
	for _, s := range b.steps {
		if s.Action != Forget && s.Action != Adopt { // nothing is sent
			steps, was = append(steps, s), append(was, s.Disruption)
		}
	}
	all := b.in.ExplainAll
	if all == nil {
		all = func(steps []*Step, f *Facts) []diag.List {
			out := make([]diag.List, len(steps))
			for i, s := range steps {
				out[i] = b.in.Explain(s, f)
			}
			return out
		}
	}
	failed := map[string]bool{}
	for i, said := range all(steps, b.facts) {
		s, was := steps[i], was[i]
		for _, d := range said {
			if failed[d.Detail] {
				continue
			}
			failed[d.Detail] = d.Code == PluginFailed // it would only be repeated for every step
			if d.Address == "" {
				d.Address = string(s.Address)
			}
			b.finding(d)
		}
		if s.Action == Delete && len(s.Commands) == 0 {
			s.Facts = nil // another step takes it away: it may be gone already
		}
		if s.Disruption < was {
			b.finding(diag.Errorf("disruption-lowered", "Disruption lowered", "The provider of %s calls %s %s, which the planner calls %s. This is a bug in the provider.", s.Endpoint, s.ID, s.Disruption, was).At(string(s.Address), ""))
			s.Disruption = was
		}
	}
}

// tidy puts the findings in order, worst first, and removes repetitions.
func (b *builder) tidy() {
	sort.SliceStable(b.plan.Findings, func(i, j int) bool {
		x, y := b.plan.Findings[i], b.plan.Findings[j]
		if x.Severity != y.Severity {
			return severityRank(x.Severity) < severityRank(y.Severity)
		}
		if x.Code != y.Code {
			return x.Code < y.Code
		}
		if x.Address != y.Address {
			return x.Address < y.Address
		}
		return x.Detail < y.Detail
	})
	out := b.plan.Findings[:0]
	for _, f := range b.plan.Findings {
		if b.target != nil && f.Address != "" && !b.target[schema.Address(f.Address)] {
			continue // the plan was narrowed to other objects
		}
		if len(out) > 0 {
			p := out[len(out)-1]
			if p.Code == f.Code && p.Address == f.Address && (p.Detail == f.Detail || f.Code == "LPM-18") {
				continue
			}
		}
		out = append(out, f)
	}
	b.plan.Findings = out
}

func severityRank(s diag.Severity) int {
	switch s {
	case diag.Error:
		return 0
	case diag.Warning:
		return 1
	}
	return 2
}

func newBuilder(in Input) *builder {
	b := &builder{in: in, facts: NewFacts(in.Inventory), plan: &Plan{}, desired: map[schema.Address]*schema.Object{}, found: map[schema.Address]*schema.Object{}, owner: map[string]schema.Address{},
		records: map[schema.Address]*schema.Record{}, adopt: map[schema.Address]bool{}, assumed: map[schema.Address]bool{}, users: map[*Step][]*schema.Object{}, rewrites: map[*Step][][2]string{}, muted: map[string][]string{}, ids: map[schema.Address]string{}, makes: map[string]schema.Address{}, renamed: map[schema.Address]bool{}, holder: map[string]schema.Address{}, index: map[string]map[string][]*schema.Object{}, byAddr: map[schema.Address][]*Step{}}
	for _, o := range in.Desired.Objects {
		b.desired[o.Address] = o
	}
	return b
}

// Known are the facts that Explain sees before the first step: what was found, and which declaration it is of.
func Known(in Input) *Facts {
	b := prepare(in)
	b.match()
	return b.facts
}

// Validate runs the rules that need no console, over the declared objects alone.
func Validate(in Input) []Finding {
	in.Inventory = &Inventory{Format: Format}
	return newBuilder(in).rules(rules.Validate)
}

// Recheck runs the rules of the moment of applying for a migration, on facts
// that were read right before it.
func Recheck(in Input, s *Step) []Finding {
	if s.Leg == 1 {
		in.Desired.Objects = slices.Clone(in.Desired.Objects)
		for i, o := range in.Desired.Objects {
			if o.Address == s.Address {
				c := aside(o)
				c.Value = schema.Set(c.Value, "system", cty.StringVal(s.To)) // for as long as it stays there
				in.Desired.Objects[i] = c
			}
		}
	}
	b := newBuilder(in)
	f := b.lookup(s.Kind, s.Before.ID)
	if s.Action != Migrate || f == nil {
		return nil // a partition that is not there any more is a fact that has moved
	}
	for _, o := range in.Desired.Objects {
		k := in.Catalogue.Kind(o.Kind)
		if !k.Owned(o.Value) {
			b.matchExisting(k, o)
		} else if same := b.same(k, o.Value, o.Endpoint); k.Made != nil && len(same) == 1 {
			b.claim(o.Address, same[0])
		}
	}
	b.plan.Findings = nil // what the narrow look did not see is not missing
	b.claim(s.Address, f)
	b.steps = []*Step{s}
	var out []Finding
	for _, x := range b.rules(rules.Apply) {
		if x.Address == string(s.Address) {
			out = append(out, x)
		}
	}
	return out
}

func (b *builder) rules(moment string) []Finding {
	var out []Finding
	for _, f := range rules.Run(moment, b.ruleFacts()) {
		out = append(out, Finding{Diagnostic: f.Diagnostic, Facts: f.Facts})
	}
	return out
}

// Verify compares what a step promised with the object as read back. The result
// blames by path; empty means the promise was kept.
func Verify(cat *schema.Catalogue, s *Step, back *schema.Object) diag.List {
	var out diag.List
	bad := func(path, format string, args ...any) {
		out = append(out, diag.Errorf("read-back", "Not as promised", format, args...).At(string(s.Address), path).WithFix("Look at the console, then plan again; what was read back is recorded."))
	}
	switch s.Action {
	case Delete:
		if back != nil {
			bad("", "%s was deleted and is still there.", s.Address)
		}
		return out
	case Forget, Adopt:
		return nil
	}
	if back == nil {
		bad("", "%s cannot be read back after %s.", s.Address, s.Action)
		return out
	}
	k := cat.Kind(s.Kind)
	switch s.Action {
	case Migrate:
		if got := schema.Str(back.Value, k.Place); got != s.To {
			bad(k.Place, "%s was to move to %s and is on %s.", s.Address, s.To, got)
		}
		before, after := sources(s.Before), sources(back)
		if strings.Join(before, "|") != strings.Join(after, "|") {
			bad("disk", "%s had the disks %s and has %s after the move.", s.Address, strings.Join(before, ", "), strings.Join(after, ", "))
		}
		if s.Mode == "live" && schema.Str(back.Value, "state") != "running" {
			bad("state", "%s ran before the move and is %s.", s.Address, schema.Str(back.Value, "state"))
		}
	case Move:
		if at := schema.Str(back.Value, "on"); at != s.To {
			bad("on", "%s was to move to %s and is %s on %s.", s.Address, s.To, strings.ToLower(schema.Str(back.Value, "condition")), orNone(at))
		}
	case Relocate:
		if at := schema.Str(back.Value, "host"); at != s.To {
			bad("host", "%s was to move to %s and is %s on %s.", s.Address, s.To, schema.Str(back.Value, "state"), orNone(at))
		}
		if was := schema.Str(s.Before.Value, "state"); s.Mode != "finish" && schema.Str(back.Value, "state") != was {
			bad("state", "%s was %s before the move and is %s.", s.Address, was, schema.Str(back.Value, "state"))
		}
	case Synchronise:
		if schema.Has(back.Value, "synchronised") && !schema.True(back.Value, "synchronised") {
			who := strings.Join(schema.Strings(back.Value, "disagree"), ", ")
			bad("synchronised", "%s was synchronised, and its nodes do not hold one definition that is in effect; another one hold: %s.", s.Address, cmp.Or(who, "nobody"))
		}
	case Start, Restart, Stop:
		want := []string{"running", "starting", "open firmware"}
		switch s.Kind {
		case "partition":
		case "wpar":
			want = []string{"running"}
		default:
			want = []string{"online"}
		}
		if s.Node != "" {
			if st := schema.Str(back.Value, schema.JoinPath("members", s.Node, "state")); (st == "NORMAL") != (s.Action == Start) {
				bad("state", "Cluster services at %s are %s.", s.Node, st)
			}
			break
		}
		if s.Action == Stop {
			want = []string{map[bool]string{true: "off", false: "offline"}[s.Kind == "partition" || s.Kind == "wpar"]}
		}
		if st := schema.Str(back.Value, "state"); !slices.Contains(want, st) {
			bad("state", "%s was to be %s and is %s.", s.Address, want[0], cmp.Or(st, strings.ToLower(schema.Str(back.Value, "condition")), "in no known state"))
		}
	case Create, Update:
		verifyBridging(s, back, bad)
		b := newBuilder(Input{Catalogue: cat, Inventory: &Inventory{}})
		changes, _ := b.diff(k, s.After, back)
		promised := map[string]bool{}
		for _, c := range s.Changes {
			promised[c.Path] = true
		}
		for _, c := range changes {
			if s.Action == Create || promised[c.Path] {
				if c.Disruption == schema.Restart && k.Provider == "" {
					continue // the restart step that follows makes it true
				}
				bad(c.Path, "%s was promised, %s was read back.", text(c.After), text(c.Before))
			}
		}
	}
	return out
}

// sources are the identities of a partition's disks, sorted.
func sources(o *schema.Object) []string {
	var out []string
	for _, l := range schema.Items(o.Value, "disk") {
		out = append(out, schema.Str(o.Value, schema.JoinPath("disk", l, "source")))
	}
	sort.Strings(out)
	return out
}

// compact is a value in one form: a saved plan is indented.
func compact(v json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, v) != nil || out.String() == "null" {
		return "" // no value at all
	}
	return out.String()
}

// Moved facts: which of a step's facts no longer hold in an inventory.
func MovedFacts(s *Step, inv *Inventory) diag.List {
	facts := NewFacts(inv)
	var out diag.List
	for _, f := range s.Facts {
		o := facts.Object(f.Kind, f.ID)
		if o == nil {
			out = append(out, diag.Errorf("fact-moved", "A fact has changed", "%s %s, which the plan relied on, is not reported any more.", f.Kind, f.ID).At(string(s.Address), "").WithFix("Plan again."))
			continue
		}
		if got := raw(schema.Get(o.Value, f.Path)); compact(got) != compact(f.Value) {
			out = append(out, diag.Errorf("fact-moved", "A fact has changed", "%s of %s was %s when the plan was made and is %s now.", f.Path, nameOf(o), text(json.RawMessage(compact(f.Value))), text(got)).At(string(s.Address), f.Path).WithFix("Plan again."))
		}
	}
	for _, d := range s.Demands {
		o := facts.Object("system", d.Place)
		if o == nil {
			continue
		}
		path := map[string]string{"memory": "memory.available", "units": "processor.available"}[d.Resource]
		if path == "" || !schema.Has(o.Value, path) {
			continue
		}
		if have := schema.Num(o.Value, path); have+0.001 < d.Amount {
			out = append(out, diag.Errorf("fact-moved", "A fact has changed", "%s needs %s on %s, where %s is free now.", s.Address, amount(d.Resource, d.Amount), nameOf(o), amount(d.Resource, have)).At(string(s.Address), "").WithFix("Make room and plan again."))
		}
	}
	return out
}

// Sentence says in one line what a step does.
func (s *Step) Sentence() string {
	switch s.Action {
	case Migrate:
		if s.Leg == 1 {
			return fmt.Sprintf("%s: step aside, migrate %s", s.Address, s.Mode)
		}
		return fmt.Sprintf("%s: migrate %s", s.Address, s.Mode)
	default:
		return fmt.Sprintf("%s: %s", s.Address, s.Action)
	}
}

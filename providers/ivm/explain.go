package ivm

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// Explain adds the exact commands to a step. It is pure: what it needs of the
// world is in the facts, what it allocates it reserves there.
func (p *Provider) Explain(s *planner.Step, f *planner.Facts) diag.List {
	e := &explainer{s: s, f: f}
	if s.Kind == "partition" && s.Before != nil && schema.Str(s.Before.Value, "environment") == "vioserver" && s.Action != planner.Adopt && s.Action != planner.Update && s.Action != planner.Forget {
		if s.Action != planner.Migrate { // rule LPM-12 says it
			e.refuse("", "Virtual I/O Server", "%s is the Virtual I/O Server and the console of its system; every partition there depends on it. It is not part of any plan to %s.", s.Address, s.Action).Fix = "Do not declare its state, and forget it instead of deleting it."
		}
		return e.diags
	}
	switch {
	case s.Kind == "disk" && s.Action == planner.Update:
		e.diags = lpar.ExplainDisk(s, f)
	case s.Kind != "partition":
	case s.Action == planner.Create:
		e.create()
	case s.Action == planner.Update:
		e.update()
	case s.Action == planner.Start:
		e.start()
	case s.Action == planner.Stop:
		e.stop()
	case s.Action == planner.Restart:
		e.stop()
		e.start()
	case s.Action == planner.Migrate:
		e.migrate()
	case s.Action == planner.Delete:
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.Before, "rmsyscfg", "-r", "lpar").Add("-n", partitionName(s.Before)))
	}
	return e.diags
}

type explainer struct {
	s     *planner.Step
	f     *planner.Facts
	diags diag.List
}

func (e *explainer) add(purpose, endpoint string, c *console.Command) {
	line, err := c.Line()
	if err != nil {
		e.refuse("", "Cannot be sent", "%s", err)
		return
	}
	e.s.Commands = append(e.s.Commands, planner.Command{Endpoint: endpoint, Line: line, Purpose: purpose})
}

func (e *explainer) note(text string) {
	if n := len(e.s.Commands); n > 0 {
		e.s.Commands[n-1].Note = text
	}
}

func (e *explainer) refuse(path, summary, format string, args ...any) *diag.Diagnostic {
	e.diags = append(e.diags, diag.Errorf("ivm-refused", summary, format, args...).At(string(e.s.Address), path))
	return &e.diags[len(e.diags)-1]
}

// systemOf is the system that a partition is on, or is to be on.
func (e *explainer) systemOf(o *schema.Object) *schema.Object {
	return e.f.Object("system", schema.Str(o.Value, "system"))
}

// on begins a command about a partition's system. -m is optional on an IVM;
// naming the system makes sure that the console is the one that was meant.
func (e *explainer) on(o *schema.Object, words ...string) *console.Command {
	c := console.New(words...)
	if sys := e.systemOf(o); sys != nil {
		c.Add("-m", systemName(sys))
	}
	return c
}

func partitionName(o *schema.Object) string { return schema.Str(o.Value, "name") }

// units are written with two decimals by this console.
func units(v cty.Value) string {
	f, _ := v.AsBigFloat().Float64()
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func (e *explainer) create() {
	s, v := e.s, e.s.After.Value
	sys := e.systemOf(s.After)
	if sys == nil {
		return // the planner has said that the system is not found
	}
	s.Endpoint = sys.Endpoint
	if env := schema.Str(v, "environment"); env != "" && env != "aixlinux" {
		e.refuse("environment", "Not offered", "An IVM has one Virtual I/O Server, its own, and no IBM i partitions; %s cannot be created.", env)
	}
	for _, p := range lpar.Needed(schema.Str(v, "processor.mode") == "shared") {
		if !schema.Has(v, p) {
			e.refuse(p, "Missing for creation", "Creating %s needs %s.", s.Address, p).Fix = "Declare it."
		}
	}
	name := partitionName(s.After)
	attrs := []console.Attr{console.Set("name", name), console.Set("profile_name", name), console.Set("lpar_env", "aixlinux")}
	if schema.Has(v, "id") {
		attrs = append(attrs, console.Set("lpar_id", lpar.Number(schema.Get(v, "id"))))
	}
	for _, p := range lpar.ProfilePaths {
		if p == "connection_monitoring" {
			continue // creation rejects it (ivm-cli.md, section 5.2)
		}
		if x := schema.Get(v, p); x != cty.NilVal {
			if a, ok := lpar.ProfileAttr(p, x, units); ok {
				attrs = append(attrs, a)
			}
		}
	}
	for _, p := range []string{"availability_priority", "performance_collection", "workload_group"} {
		if x := schema.Get(v, p); x != cty.NilVal {
			if a, ok := lpar.PartitionAttr(p, x); ok {
				attrs = append(attrs, a)
			}
		}
	}
	if eth := e.ethernetItems(v); len(eth) > 0 {
		attrs = append(attrs, console.SetList("virtual_eth_adapters", eth...))
	}
	if io := schema.Strings(v, "physical_slots"); len(io) > 0 {
		for i := range io {
			io[i] += "//0"
		}
		attrs = append(attrs, console.SetList("io_slots", io...))
	}
	disks := schema.Items(v, "disk")
	slot := 0
	vios, viosID := viosOf(sys)
	if len(disks) > 0 {
		slot = e.serverSlot(sys, vios)
		attrs = append(attrs, console.SetList("virtual_scsi_adapters", fmt.Sprintf("2/client/%d/%s/%d/0", viosID, vios, slot)))
	}
	e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "mksyscfg", "-r", "lpar").Record("-i", attrs...))
	for _, label := range disks {
		e.mapDisk(sys, schema.Get(v, schema.JoinPath("disk", label)), label, func(c *console.Command) *console.Command {
			return c.Output(console.Ioscli("lsdev", "-plc", serverLocation(sys, viosID, slot), "-fmt", ":", "-field", "name"))
		})
	}
	if x := schema.Get(v, "connection_monitoring"); x != cty.NilVal {
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chsyscfg", "-r", "prof").Record("-i", console.Set("name", name), console.Set("conn_monitoring", lpar.Bit(x))))
	}
	if slot > 0 {
		s.Details = append(s.Details, planner.Detail{Label: "disks", Text: fmt.Sprintf("%d, behind a new server adapter in slot %d of %s", len(disks), slot, vios)})
	}
}

// viosOf is the one Virtual I/O Server of an IVM's system, with its id.
func viosOf(sys *schema.Object) (string, int) {
	for _, name := range schema.Items(sys.Value, "vios") {
		return name, int(schema.Num(sys.Value, schema.JoinPath("vios", name, "id")))
	}
	return "", 1
}

// serverLocation is the location code of a virtual adapter: machine, owner, slot.
func serverLocation(sys *schema.Object, viosID, slot int) string {
	return fmt.Sprintf("U%s.%s-V%d-C%d", strings.ReplaceAll(schema.Str(sys.Value, "type_model"), "-", "."), schema.Str(sys.Value, "serial_number"), viosID, slot)
}

// serverSlot reserves the lowest free odd slot from 11, as the console itself
// chooses them in captures (ivm-cli.md, section 5.2).
func (e *explainer) serverSlot(sys *schema.Object, vios string) int {
	used := map[int]bool{}
	for _, n := range schema.Get(sys.Value, schema.JoinPath("vios", vios, "used_slots")).AsValueSlice() {
		i, _ := n.AsBigFloat().Int64()
		used[int(i)] = true
	}
	for slot := 11; ; slot += 2 {
		if !used[slot] && e.f.Reserve(fmt.Sprintf("%s slot %d", sys.ID, slot)) {
			return slot
		}
	}
}

// ethernetItems are the profile items of a new partition's adapters; slots that
// are not declared are the lowest free ones from 4.
func (e *explainer) ethernetItems(v cty.Value) []string {
	used := map[int]bool{}
	labels := schema.Items(v, "ethernet")
	for _, l := range labels {
		if n := schema.Num(v, schema.JoinPath("ethernet", l, "slot")); n > 0 {
			used[int(n)] = true
		}
	}
	var out []string
	for _, l := range labels {
		item := schema.Get(v, schema.JoinPath("ethernet", l))
		out = append(out, e.ethernetItem(l, item, used))
	}
	return out
}

// ethernetItem is slot/is-ieee/pvid/[addl-vlans]/trunk-priority/is-required.
func (e *explainer) ethernetItem(label string, item cty.Value, used map[int]bool) string {
	if schema.Has(item, "mac") {
		e.refuse(schema.JoinPath("ethernet", label, "mac"), "Not offered", "An IVM chooses the MAC address itself.").Fix = "Remove mac."
	}
	slot := int(schema.Num(item, "slot"))
	for n := 4; slot == 0; n++ {
		if !used[n] {
			slot = n
		}
	}
	used[slot] = true
	vlan := e.vlan(schema.Str(item, "network"))
	var tags []string
	for _, t := range schema.Strings(item, "tagged") {
		tags = append(tags, e.vlan(t))
	}
	ieee := "0"
	if len(tags) > 0 {
		ieee = "1"
	}
	return strings.Join([]string{strconv.Itoa(slot), ieee, vlan, strings.Join(tags, ","), "0", "0"}, "/")
}

func (e *explainer) vlan(network string) string {
	if n := e.f.Object("network", network); n != nil {
		return lpar.Number(schema.Get(n.Value, "vlan"))
	}
	if v, ok := strings.CutPrefix(network, "vlan:"); ok {
		return v
	}
	return "0" // the planner has said that the network is not found
}

// mapDisk adds mkvdev for a disk on a system; adapter appends the vhost.
func (e *explainer) mapDisk(sys *schema.Object, item cty.Value, label string, adapter func(*console.Command) *console.Command) {
	d := e.f.Object("disk", schema.Str(item, "source"))
	if d == nil {
		return // stage 1 has said that the disk is not found
	}
	device := schema.Str(d.Value, schema.JoinPath("paths", sys.ID, "device"))
	if device == "" {
		return // rule STG-01 has said that it is not visible there
	}
	c := adapter(console.Ioscli("mkvdev", "-vdev", device, "-vadapter"))
	if t := schema.Str(item, "target"); t != "" {
		c.Add("-dev", t)
	}
	e.add(planner.PurposeChange, sys.Endpoint, c)
	e.note("disk." + label)
}

func (e *explainer) update() {
	s := e.s
	// The partition may have moved in an earlier step of the plan.
	sys := e.systemOf(s.After)
	if sys == nil {
		return
	}
	name := partitionName(s.Before)
	// A move may have given the partition another id, so what follows one goes by name.
	who, whose := console.Set("lpar_id", lpar.Number(schema.Get(s.Before.Value, "id"))), console.Set("lpar_id", lpar.Number(schema.Get(s.Before.Value, "id")))
	if schema.Str(s.Before.Value, "system") != sys.ID {
		who, whose = console.Set("name", name), console.Set("name", schema.Str(s.Before.Value, "profile"))
	}
	running := schema.Str(s.Before.Value, "state") != "off"
	var prof, part []console.Attr
	var rename *console.Command
	mem, procUnits, procs := 0.0, 0.0, 0.0
	var sharing []console.Attr
	for i := range s.Changes {
		c := &s.Changes[i]
		if c.Source != nil {
			e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chsyscfg", "-r", "prof").Record("-i", whose))
			e.note(c.Path + ": known after " + c.Source.String() + " exists")
			continue
		}
		want := schema.Get(s.After.Value, c.Path)
		online := running && c.Disruption == schema.None && strings.Contains(c.Why, "online")
		switch {
		case c.Path == "name":
			// Last, so that the other commands still find the partition.
			rename = e.on(s.After, "chsyscfg", "-r", "lpar").Record("-i", console.Set("name", name), console.Set("new_name", want.AsString()))
			continue
		case c.Path == "keylock":
			e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chsysstate", "-r", "lpar", "-o", "chkey").Add("-n", name, "-k", want.AsString()))
			continue
		case c.Path == "physical_slots":
			prof = append(prof, lpar.SlotChanges(schema.Strings(s.Before.Value, c.Path), schema.Strings(s.After.Value, c.Path))...)
			continue
		case strings.HasPrefix(c.Path, "disk."):
			e.diskChange(sys, c)
			continue
		case strings.HasPrefix(c.Path, "ethernet."):
			e.ethernetChange(sys, c, whose, online)
			continue
		}
		if a, ok := lpar.PartitionAttr(c.Path, want); ok {
			part = append(part, a)
			continue
		}
		a, ok := lpar.ProfileAttr(c.Path, want, units)
		if !ok {
			e.refuse(c.Path, "Not offered", "An IVM has no command that changes %s.", c.Path)
			continue
		}
		prof = append(prof, a)
		if !online {
			continue
		}
		delta := schema.Num(s.After.Value, c.Path) - schema.Num(s.Before.Value, c.Path)
		switch c.Path {
		case "memory.desired":
			mem = delta
		case "processor.units.desired":
			procUnits = delta
		case "processor.virtual.desired":
			procs = delta
		case "processor.sharing", "processor.weight":
			sharing = append(sharing, a)
		}
	}
	if mem != 0 {
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chhwres", "-r", "mem", "-o", lpar.AddOrRemove(mem)).Add("-p", name, "-q", strconv.FormatFloat(math.Abs(mem), 'f', -1, 64)))
	}
	if procUnits != 0 || procs != 0 {
		e.processors(name, procUnits, procs)
	}
	if len(sharing) > 0 {
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chhwres", "-r", "proc", "-o", "s").Add("-p", name).Record("-a", sharing...))
	}
	if len(part) > 0 {
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chsyscfg", "-r", "lpar").Record("-i", append([]console.Attr{who}, part...)...))
	}
	if len(prof) > 0 {
		sort.SliceStable(prof, func(i, j int) bool { return prof[i].Name < prof[j].Name })
		e.add(planner.PurposeChange, s.Endpoint, e.on(s.After, "chsyscfg", "-r", "prof").Record("-i", append([]console.Attr{whose}, prof...)...))
	}
	if rename != nil {
		e.add(planner.PurposeChange, s.Endpoint, rename)
	}
}

// processors adds or removes units and virtual processors. A growth and a
// shrinkage are two commands; the growth of processors needs its units first.
func (e *explainer) processors(name string, units, procs float64) {
	for _, dir := range []float64{1, -1} {
		c := e.on(e.s.After, "chhwres", "-r", "proc", "-o", lpar.AddOrRemove(dir)).Add("-p", name)
		any := false
		if units*dir > 0 {
			c.Add("--procunits", strconv.FormatFloat(math.Abs(units), 'f', 2, 64))
			any = true
		}
		if procs*dir > 0 {
			c.Add("--procs", strconv.FormatFloat(math.Abs(procs), 'f', -1, 64))
			any = true
		}
		if any {
			e.add(planner.PurposeChange, e.s.Endpoint, c)
		}
	}
}

func (e *explainer) diskChange(sys *schema.Object, c *planner.Change) {
	parts := schema.SplitPath(c.Path)
	if schema.Str(e.s.Before.Value, "system") != sys.ID {
		// vhost and vtscsi names, and slots, are the source's; on the target they
		// may belong to another partition (rule STG-03).
		e.refuse(c.Path, "Two plans needed", "%s moves to %s and its disks change in the same plan, and which device names it gets there is known only after the move.", e.s.Address, systemName(sys)).Fix = "Apply the move first, then the change of its disks."
		return
	}
	if len(c.After) == 0 {
		e.add(planner.PurposeChange, e.s.Endpoint, console.Ioscli("rmvdev", "-vtd", parts[1]))
		return
	}
	adapter := ""
	for _, l := range schema.Items(e.s.Before.Value, "disk") {
		adapter = schema.Str(e.s.Before.Value, schema.JoinPath("disk", l, "adapter"))
		break
	}
	if adapter == "" {
		// The pair exists since creation; its vhost is the one that serves this partition.
		vios, _ := viosOf(sys)
		adapters := schema.Get(sys.Value, schema.JoinPath("vios", vios, "server_adapters"))
		for _, a := range schema.Items(adapters, "") {
			if schema.Str(adapters, a) == partitionName(e.s.Before) {
				adapter = a
			}
		}
	}
	if adapter == "" {
		e.refuse(c.Path, "No server adapter", "%s has no virtual SCSI server adapter on %s.", e.s.Address, systemName(sys)).Fix = "Add one on the console, then plan again."
		return
	}
	e.mapDisk(sys, schema.Get(e.s.After.Value, c.Path), parts[1], func(cmd *console.Command) *console.Command { return cmd.Add(adapter) })
}

func (e *explainer) ethernetChange(sys *schema.Object, c *planner.Change, whose console.Attr, online bool) {
	parts := schema.SplitPath(c.Path)
	name := partitionName(e.s.Before)
	running := schema.Str(e.s.Before.Value, "state") != "off"
	used := map[int]bool{}
	for _, v := range []cty.Value{e.s.Before.Value, e.s.Before.Profile} {
		for _, l := range schema.Items(v, "ethernet") {
			used[int(schema.Num(v, schema.JoinPath("ethernet", l, "slot")))] = true
		}
	}
	remove := func(item cty.Value) {
		slot := lpar.Number(schema.Get(item, "slot"))
		if running && online {
			e.add(planner.PurposeChange, e.s.Endpoint, e.on(e.s.After, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "r").Add("-p", name, "-s", slot))
		}
		a := console.SetList("virtual_eth_adapters", e.ethernetItem(parts[1], without(item, "mac"), map[int]bool{}))
		a.Op = "-="
		e.add(planner.PurposeChange, e.s.Endpoint, e.on(e.s.After, "chsyscfg", "-r", "prof").Record("-i", whose, a))
	}
	add := func(item cty.Value) {
		text := e.ethernetItem(parts[1], item, used)
		f := strings.Split(text, "/")
		if running && online {
			attrs := []console.Attr{console.Set("ieee_virtual_eth", f[1]), console.Set("port_vlan_id", f[2])}
			if f[3] != "" {
				attrs = append(attrs, console.SetList("addl_vlan_ids", strings.Split(f[3], ",")...))
			}
			e.add(planner.PurposeChange, e.s.Endpoint, e.on(e.s.After, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "a").Add("-p", name, "-s", f[0]).Record("-a", attrs...))
		}
		a := console.SetList("virtual_eth_adapters", text)
		a.Op = "+="
		e.add(planner.PurposeChange, e.s.Endpoint, e.on(e.s.After, "chsyscfg", "-r", "prof").Record("-i", whose, a))
	}
	switch {
	case c.Why == planner.WhyProfileOnly:
		online = false
		remove(schema.Get(e.s.Before.Profile, c.Path))
	case c.Why == planner.WhyProfileLacks:
		online = false
		item, err := schema.DecodeValue(c.After)
		if err != nil {
			e.refuse(c.Path, "Unreadable", "%s", err)
			return
		}
		add(without(item, "mac"))
	case len(parts) == 2 && len(c.After) == 0:
		remove(schema.Get(e.s.Before.Value, c.Path))
	case len(parts) == 2:
		add(schema.Get(e.s.After.Value, c.Path))
	default:
		// One attribute of an adapter: the console has no change, so it is taken
		// away and put back in the same slot.
		want := schema.Get(e.s.After.Value, schema.JoinPath(parts[0], parts[1]))
		slot := schema.Num(want, "slot")
		for _, l := range schema.Items(e.s.Before.Value, "ethernet") {
			have := schema.Get(e.s.Before.Value, schema.JoinPath("ethernet", l))
			if slot > 0 && schema.Num(have, "slot") == slot || slot == 0 && schema.Equal(schema.Get(have, "network"), schema.Get(want, "network")) {
				remove(have)
				add(schema.Set(want, "slot", schema.Get(have, "slot")))
				return
			}
		}
	}
}

func without(v cty.Value, name string) cty.Value {
	m := v.AsValueMap()
	delete(m, name)
	return schema.Build(m)
}

func (e *explainer) start() {
	o := e.s.After
	name := partitionName(o)
	c := e.on(o, "chsysstate", "-r", "lpar", "-o", "on").Add("-n", name)
	if b := schema.Str(o.Value, "boot_mode"); b != "" {
		c.Add("-b", b)
	}
	if k := schema.Str(o.Value, "keylock"); k != "" {
		c.Add("-k", k)
	}
	e.add(planner.PurposeChange, e.s.Endpoint, c)
	e.watchState(name)
}

func (e *explainer) stop() {
	o := e.s.Before
	name := partitionName(o)
	if e.s.Action == planner.Restart {
		// An earlier step may have renamed or moved it.
		name = partitionName(e.s.After)
		o = o.Clone()
		o.Value = schema.Set(o.Value, "system", schema.Get(e.s.After.Value, "system"))
	}
	if schema.Str(o.Value, "rmc_state") == "active" {
		e.add(planner.PurposeChange, e.s.Endpoint, e.on(o, "chsysstate", "-r", "lpar", "-o", "osshutdown").Add("-n", name))
	} else {
		e.add(planner.PurposeChange, e.s.Endpoint, e.on(o, "chsysstate", "-r", "lpar", "-o", "shutdown", "--immed").Add("-n", name))
		e.note("the power is cut")
		e.diags = append(e.diags, diag.Warningf("power-cut", "The power is cut", "%s has no management connection (RMC is %s), so its operating system cannot be asked to shut down: the power is cut while it runs.", e.s.Address, orNone(schema.Str(o.Value, "rmc_state"))).At(string(e.s.Address), "state").WithFix("Wait until RMC is active, or shut the operating system down by hand first."))
	}
	e.watchState(name)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (e *explainer) watchState(name string) {
	e.add(planner.PurposeWatch, e.s.Endpoint, console.New("lssyscfg", "-r", "lpar").Filter("lpar_names", name))
}

func (e *explainer) migrate() {
	s := e.s
	source, target := e.f.Object("system", s.From), e.f.Object("system", s.To)
	if source == nil || target == nil {
		return
	}
	ep := e.f.Endpoints[s.TargetEndpoint]
	name := partitionName(s.Before)
	minutes := 5.0
	if schema.Has(s.After.Value, "mobility.wait") {
		minutes = math.Ceil(schema.Num(s.After.Value, "mobility.wait") / 60)
	}
	remote := func(c *console.Command) *console.Command {
		return c.Add("--ip", ep.MigrationAddress, "-u", ep.MigrationUser)
	}
	order := func(op string) *console.Command {
		return remote(console.New("migrlpar", "-o", op, "-m", systemName(source), "-t", systemName(target))).Add("-p", name, "-w", strconv.FormatFloat(minutes, 'f', -1, 64))
	}
	e.add(planner.PurposeCheck, s.Endpoint, order("v"))
	e.add(planner.PurposeChange, s.Endpoint, order("m").Add("--async"))
	e.add(planner.PurposeWatch, s.Endpoint, console.New("lslparmigr", "-r", "lpar", "-m", systemName(source)).Filter("lpar_names", name))
	e.add(planner.PurposeReadBack, s.TargetEndpoint, console.New("lssyscfg", "-r", "lpar").Filter("lpar_names", name))
	e.add(planner.PurposeOnFailure, s.Endpoint, console.New("migrlpar", "-o", "s", "-m", systemName(source), "-p", name))
	e.add(planner.PurposeOnFailure, s.Endpoint, remote(console.New("migrlpar", "-o", "r", "-m", systemName(source))).Add("-p", name))
	e.migrationDetails(source, target)
}

// migrationDetails tells the disks and devices on both sides. Names on the
// target are what the console's own rule gives: kept where free, else the next.
func (e *explainer) migrationDetails(source, target *schema.Object) {
	s := e.s
	vios, _ := viosOf(target)
	taken := map[string]bool{}
	for _, t := range schema.Strings(target.Value, schema.JoinPath("vios", vios, "target_devices")) {
		taken[t] = true
	}
	for _, a := range schema.Items(target.Value, schema.JoinPath("vios", vios, "server_adapters")) {
		taken[a] = true
	}
	next := func(prefix, want string) string {
		if !taken[want] {
			taken[want] = true
			return want
		}
		for n := 0; ; n++ {
			if name := prefix + strconv.Itoa(n); !taken[name] {
				taken[name] = true
				return name
			}
		}
	}
	adapters := map[string]string{}
	slots := map[string]int{}
	var from, to, lines []string
	labels := schema.Items(s.Before.Value, "disk")
	// By the LUN that the partition sees, as lsmap prints them.
	sort.SliceStable(labels, func(i, j int) bool {
		return schema.Str(s.Before.Value, schema.JoinPath("disk", labels[i], "lun")) < schema.Str(s.Before.Value, schema.JoinPath("disk", labels[j], "lun"))
	})
	for _, l := range labels {
		d := schema.Get(s.Before.Value, schema.JoinPath("disk", l))
		a := schema.Str(d, "adapter")
		if a != "" && adapters[a] == "" {
			adapters[a] = next("vhost", a)
			slots[a] = int(schema.Num(d, "adapter_slot"))
		}
		there := "not visible"
		lun := schema.Str(d, "source")
		if disk := e.f.Object("disk", schema.Str(d, "source")); disk != nil {
			if dev := schema.Str(disk.Value, schema.JoinPath("paths", target.ID, "device")); dev != "" {
				there = dev
			}
			if w := schema.Str(disk.Value, "lun.wwpn"); w != "" {
				lun = "W" + w + "-L" + schema.Str(disk.Value, "lun.id")
			}
		}
		vtd := schema.Str(d, "target")
		from, to = append(from, schema.Str(d, "device")), append(to, there)
		if a == "" { // it comes from where an earlier step puts it, behind an adapter that the console chooses there
			lines = append(lines, fmt.Sprintf("%s %s -> %s", lun, schema.Str(d, "device"), there))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s/%s/%s -> %s/%s/%s", lun, schema.Str(d, "device"), a, vtd, there, adapters[a], next("vtscsi", vtd)))
	}
	if len(labels) > 0 {
		text := fmt.Sprintf("%d, the same LUNs; %s -> %s", len(labels), compact(from), compact(to))
		if strings.Join(from, ",") == strings.Join(to, ",") {
			text = fmt.Sprintf("%d, the same LUNs; %s on both", len(labels), compact(from))
		}
		names := make([]string, 0, len(adapters))
		for a := range adapters {
			names = append(names, a)
		}
		sort.Strings(names)
		for _, a := range names {
			text += fmt.Sprintf("; %s slot %d -> %s", a, slots[a], adapters[a])
		}
		s.Details = append(s.Details, planner.Detail{Label: "disks", Text: text})
		for _, l := range lines {
			s.Details = append(s.Details, planner.Detail{Label: "disk", Text: l})
		}
	}
	sv, _ := viosOf(source)
	s.Details = append(s.Details, planner.Detail{Label: "mover", Text: sv + " -> " + vios})
}

// compact writes hdisk2,5,6 for hdisk2, hdisk5, hdisk6.
func compact(names []string) string {
	var b strings.Builder
	prefix := ""
	for i, n := range names {
		p := strings.TrimRight(n, "0123456789")
		if i > 0 {
			b.WriteByte(',')
		}
		if i > 0 && p == prefix && p != n {
			n = n[len(p):]
		}
		prefix = p
		b.WriteString(n)
	}
	return b.String()
}

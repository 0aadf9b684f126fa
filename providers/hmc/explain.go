package hmc

import (
	"fmt"
	"math"
	"slices"
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
	if s.Kind == "disk" {
		return lpar.ExplainDisk(s, f)
	}
	switch s.Kind {
	case "network":
		e.network()
		return e.diags
	case "system":
		e.bridgeModes()
		return e.diags
	}
	switch s.Action {
	case planner.Create:
		e.create()
	case planner.Update:
		e.update()
	case planner.Start:
		e.start()
	case planner.Stop:
		e.stop()
	case planner.Restart:
		e.stop()
		e.start()
	case planner.Migrate:
		e.migrate()
	case planner.Delete:
		e.remove()
	}
	return e.diags
}

type explainer struct {
	s     *planner.Step
	f     *planner.Facts
	diags diag.List
	added []adapter // SCSI adapters that this step gives the partition
}

func (e *explainer) add(purpose string, c *console.Command) {
	line, err := c.Line()
	if err != nil {
		e.refuse("", "Cannot be sent", "%s", err)
		return
	}
	e.s.Commands = append(e.s.Commands, planner.Command{Endpoint: e.s.Endpoint, Line: line, Purpose: purpose})
}

func (e *explainer) change(c *console.Command) { e.add(planner.PurposeChange, c) }

func (e *explainer) note(format string, args ...any) {
	if n := len(e.s.Commands); n > 0 {
		e.s.Commands[n-1].Note = fmt.Sprintf(format, args...)
	}
}

func (e *explainer) detail(label, format string, args ...any) {
	e.s.Details = append(e.s.Details, planner.Detail{Label: label, Text: fmt.Sprintf(format, args...)})
}

func (e *explainer) refuse(path, summary, format string, args ...any) *diag.Diagnostic {
	e.diags = append(e.diags, diag.Errorf("hmc-refused", summary, format, args...).At(string(e.s.Address), path))
	return &e.diags[len(e.diags)-1]
}

func (e *explainer) system(o *schema.Object) *schema.Object {
	return e.f.Object("system", schema.Str(o.Value, "system"))
}

func name(o *schema.Object) string { return schema.Str(o.Value, "name") }

// on begins a command about a system.
func on(sys *schema.Object, words ...string) *console.Command {
	return console.New(words...).Add("-m", name(sys))
}

// units are written as this console prints them: with one digit where it is enough.
func units(v cty.Value) string {
	f, _ := v.AsBigFloat().Float64()
	text := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimSuffix(text, "0")
}

// server is a Virtual I/O Server of a system.
type server struct {
	name string
	id   int
	v    cty.Value
}

// servers are those of a system that can be asked, in the order of their ids.
func servers(sys *schema.Object) []server {
	var out []server
	for _, n := range schema.Items(sys.Value, "vios") {
		v := schema.Get(sys.Value, schema.JoinPath("vios", n))
		if schema.Str(v, "state") == "Running" {
			out = append(out, server{n, int(schema.Num(v, "id")), v})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

// answers reports whether its disks, mappings and bridges could be read.
func (s server) answers() bool { return schema.Str(s.v, "rmc_state") == "active" }

const noRMC = "Repair RMC (port 657; diagrmc on the console), and plan again."

func (s server) slotFree(slot int) bool {
	used := schema.Get(s.v, "used_slots")
	if used == cty.NilVal {
		return true
	}
	for _, n := range used.AsValueSlice() {
		if i, _ := n.AsBigFloat().Int64(); int(i) == slot {
			return false
		}
	}
	return true
}

// scheme is where the virtual adapters of a partition go.
type scheme struct{ ethernet, scsi, fc, first, step int }

func schemeOf(v cty.Value) scheme {
	num := func(path string, def int) int {
		if schema.Has(v, "slots."+path) {
			return int(schema.Num(v, "slots."+path))
		}
		return def
	}
	return scheme{num("ethernet", 4), num("scsi", 10), num("fibre_channel", planner.FibreChannelSlot), num("server_first", 100), num("server_step", 10)}
}

// serverSlot reserves a slot on a Virtual I/O Server: the partition's range first,
// then whatever is free behind it.
func (e *explainer) serverSlot(sys *schema.Object, v server, sc scheme, id int) int {
	most := int(schema.Num(v.v, "max_virtual_slots"))
	for slot := sc.first + id*sc.step; most == 0 || slot < most; slot++ {
		if v.slotFree(slot) && e.f.Reserve(fmt.Sprintf("%s %s slot %d", sys.ID, v.name, slot)) {
			return slot
		}
	}
	e.refuse("slots", "No virtual slot", "%s has no free virtual slot from %d on; its maximum is %d.", v.name, sc.first+id*sc.step, most).Fix = "Raise its max_virtual_slots, or declare a lower slots.server_first or slots.server_step."
	return 0
}

// identifier is the declared id of a new partition, or the lowest free one.
func (e *explainer) identifier(sys *schema.Object) int {
	if schema.Has(e.s.After.Value, "id") {
		return int(schema.Num(e.s.After.Value, "id"))
	}
	used := map[int]bool{}
	for _, o := range e.f.Inventory.Of("partition") {
		if schema.Str(o.Value, "system") == sys.ID {
			used[int(schema.Num(o.Value, "id"))] = true
		}
	}
	for id := 1; ; id++ {
		if !used[id] && e.f.Reserve(fmt.Sprintf("%s partition %d", sys.ID, id)) {
			return id
		}
	}
}

// adapter is a virtual adapter of a partition with its server side.
type adapter struct {
	vios         server
	client, slot int
	port         string // of a Fibre Channel adapter
	wwpns        []string
	found        cty.Value // what there is already; nothing for a new one
}

func (e *explainer) create() {
	s, v := e.s, e.s.After.Value
	sys := e.system(s.After)
	if sys == nil {
		return // the planner has said that the system is not found
	}
	s.Endpoint = sys.Endpoint
	for _, p := range lpar.Needed(schema.Str(v, "processor.mode") == "shared") {
		if !schema.Has(v, p) {
			e.refuse(p, "Missing for creation", "Creating %s needs %s.", s.Address, p).Fix = "Declare it."
		}
	}
	if !schema.Has(v, "processor.sharing") {
		e.refuse("processor.sharing", "Missing for creation", "Creating %s needs processor.sharing; this console refuses a partition without it.", s.Address).Fix = "Declare capped or uncapped, or keep_idle_procs for dedicated processors."
	}
	env := lpar.Pick(schema.Str(v, "environment"), "aixlinux")
	e.fits(sys, env, v)
	label := name(s.After)
	id, sc := e.identifier(sys), schemeOf(v)
	attrs := []console.Attr{console.Set("name", label), console.Set("profile_name", label), console.Set("lpar_env", env), console.Set("lpar_id", strconv.Itoa(id))}
	if env == "os400" {
		attrs = append(attrs, console.Set("console_slot", "hmc"))
	}
	most := 1
	for _, p := range lpar.ProfilePaths {
		if x := schema.Get(v, p); x != cty.NilVal && p != "max_virtual_slots" {
			if a, ok := lpar.ProfileAttr(p, x, units); ok {
				attrs = append(attrs, a)
			}
		}
	}
	for _, p := range lpar.PartitionPaths {
		if x := schema.Get(v, p); x != cty.NilVal && p != "description" {
			if a, ok := lpar.PartitionAttr(p, x); ok {
				attrs = append(attrs, a)
			}
		}
	}
	used := map[int]bool{}
	for _, l := range schema.Items(v, "npiv") {
		used[int(schema.Num(v, schema.JoinPath("npiv", l, "slot")))] = true // those that are chosen here go around it
	}
	eth := e.ethernetItems(v, sc, used)
	scsi := e.scsiAdapters(sys, sc, id, e.needed(sys, v), used)
	fc := e.fcAdapters(sys, sc, id, v, schema.Items(v, "npiv"), used)
	for slot := range used {
		most = max(most, slot)
	}
	slots := max(30, most+10)
	if schema.Has(v, "max_virtual_slots") {
		slots = int(schema.Num(v, "max_virtual_slots"))
	}
	if most >= slots {
		e.refuse("max_virtual_slots", "Too few virtual slots", "The adapters of %s need slot %d; max_virtual_slots is %d.", s.Address, most, slots).Fix = "Raise max_virtual_slots."
	}
	attrs = append(attrs, console.Set("max_virtual_slots", strconv.Itoa(slots)))
	if len(eth) > 0 {
		attrs = append(attrs, console.SetList("virtual_eth_adapters", eth...))
	}
	if len(scsi) > 0 {
		attrs = append(attrs, console.SetList("virtual_scsi_adapters", clientItems(scsi)...))
	}
	if len(fc) > 0 {
		attrs = append(attrs, console.SetList("virtual_fc_adapters", fcItems(fc)...))
	}
	if io := schema.Strings(v, "physical_slots"); len(io) > 0 {
		for i := range io {
			io[i] += "//0"
		}
		attrs = append(attrs, console.SetList("io_slots", io...))
	}
	e.change(on(sys, "mksyscfg", "-r", "lpar").Record("-i", attrs...))
	if x := schema.Get(v, "description"); x != cty.NilVal {
		e.change(on(sys, "chsyscfg", "-r", "lpar").Record("-i", console.Set("name", label), console.Set("description", x.AsString())))
	}
	if schema.Str(v, "keylock") == "manual" { // a new partition has norm
		e.change(on(sys, "chsysstate", "-r", "lpar", "-o", "chkey").Add("-n", label, "-k", "manual"))
	}
	e.serverSide(sys, label, id, scsi, fc)
	for _, l := range schema.Items(v, "disk") {
		e.mapDisk(sys, schema.Get(v, schema.JoinPath("disk", l)), l, scsi)
	}
	for _, l := range schema.Items(v, "optical") {
		e.addDrive(sys, schema.Get(v, schema.JoinPath("optical", l)), l, id, scsi)
	}
	for _, a := range fc {
		e.mapPort(sys, a)
	}
	e.detail("id", "%d", id)
	for _, a := range scsi {
		e.detail("scsi", "slot %d -> %s slot %d", a.client, a.vios.name, a.slot)
	}
	for _, a := range fc {
		e.detail("npiv", "slot %d -> %s slot %d, %s", a.client, a.vios.name, a.slot, a.port)
	}
}

// disk is a disk that was found, or that an earlier step of the plan makes.
func (e *explainer) disk(id string) *schema.Object {
	if d := e.f.Object("disk", id); d != nil {
		return d
	}
	return e.f.Coming("disk", id)
}

// needed are the Virtual I/O Servers that are to export the disks and hold the optical drives of a partition: for a LUN
// as many as are declared, or all, and for what one of them made, that one.
func (e *explainer) needed(sys *schema.Object, v cty.Value) []server {
	list, wanted := servers(sys), map[string]bool{}
	for _, l := range schema.Items(v, "disk") {
		item := schema.Get(v, schema.JoinPath("disk", l))
		d := e.disk(schema.Str(item, "source"))
		if d == nil {
			continue // stage 1 has said that the disk is not found
		}
		sees := func(s server) bool {
			return schema.Has(d.Value, schema.JoinPath("paths", sys.ID, "devices", s.name))
		}
		want, made := int(schema.Num(item, "paths")), lpar.MadeDisk(d.Value)
		if want > len(list) {
			e.refuse("disk", "Too few Virtual I/O Servers", "%d Virtual I/O Servers of %s run; %d paths are declared.", len(list), name(sys), want).Fix = "Start the others, or declare fewer paths."
			return nil
		}
		n := 0
		for _, s := range list {
			if (made == nil && want == 0) || sees(s) && (want == 0 || n < want) {
				wanted[s.name] = true
				n++
			}
		}
	}
	for _, l := range schema.Items(v, "optical") {
		at := schema.Str(v, schema.JoinPath("optical", l, "server"))
		if !slices.ContainsFunc(list, func(s server) bool { return s.name == at }) {
			e.refuse(schema.JoinPath("optical", l, "server"), "No such Virtual I/O Server", "%s has no running Virtual I/O Server %s.", name(sys), at).Fix = "Correct the name, or start it."
		}
		wanted[at] = true
	}
	return slices.DeleteFunc(list, func(s server) bool { return !wanted[s.name] })
}

// scsiAdapters plans one adapter for each of the Virtual I/O Servers.
func (e *explainer) scsiAdapters(sys *schema.Object, sc scheme, id int, through []server, used map[int]bool) []adapter {
	var out []adapter
	for _, v := range through {
		out = append(out, adapter{vios: v, client: free(used, sc.scsi), slot: e.serverSlot(sys, v, sc, id)})
	}
	return out
}

// free takes the lowest free slot from one on.
func free(used map[int]bool, from int) int {
	for used[from] {
		from++
	}
	used[from] = true
	return from
}

// fcAdapters plans the declared NPIV adapters of a partition.
func (e *explainer) fcAdapters(sys *schema.Object, sc scheme, id int, v cty.Value, labels []string, used map[int]bool) []adapter {
	var out []adapter
	if can := schema.Strings(sys.Value, "capabilities"); len(labels) > 0 && len(can) > 0 && !slices.Contains(can, "virtual_fc_capable") {
		e.refuse("npiv", "No virtual Fibre Channel", "%s does not offer virtual Fibre Channel adapters.", name(sys)).Fix = "Give the partition its disks through virtual SCSI, or choose another system."
		return nil
	}
	load := map[string]int{}
	if e.s.Before != nil { // the adapters that are there already
		for _, l := range schema.Items(e.s.Before.Value, "npiv") {
			item := schema.Get(e.s.Before.Value, schema.JoinPath("npiv", l))
			load[schema.Str(item, "server")]++
			load[schema.Str(item, "server")+"/"+schema.Str(item, "port")]++
		}
	}
	for _, l := range labels {
		item := schema.Get(v, schema.JoinPath("npiv", l))
		fabric := schema.Str(item, "fabric")
		at, port := e.portOn(sys, fabric, load)
		if at == nil {
			continue
		}
		load[at.name]++
		load[at.name+"/"+port]++
		slot := int(schema.Num(item, "slot"))
		if slot == 0 {
			slot = free(used, sc.fc)
		}
		used[slot] = true
		out = append(out, adapter{vios: *at, client: slot, slot: e.serverSlot(sys, *at, sc, id), port: port, wwpns: schema.Strings(item, "wwpns")})
	}
	return out
}

// portOn chooses a port of a fabric; load counts what this partition uses.
func (e *explainer) portOn(sys *schema.Object, fabric string, load map[string]int) (*server, string) {
	return e.portOf(sys, fabric, "", load)
}

// portOf is portOn on one Virtual I/O Server, or on any.
func (e *explainer) portOf(sys *schema.Object, fabric, only string, load map[string]int) (*server, string) {
	declared := e.f.Declared("system", sys.ID)
	if declared == nil || !schema.Has(declared.Value, schema.JoinPath("fabric", fabric)) {
		e.refuse("npiv", "Unknown fabric", "%s needs a port on fabric %s, and %s declares none.", e.s.Address, fabric, name(sys)).Fix = fmt.Sprintf("Declare it in the system block: fabric %q { ports = [\"VIOS/fcsN\"] }.", fabric)
		return nil, ""
	}
	var best *server
	port := ""
	for _, p := range schema.Strings(declared.Value, schema.JoinPath("fabric", fabric, "ports")) {
		vios, fcs, _ := strings.Cut(p, "/")
		for _, s := range servers(sys) {
			if s.name != vios || only != "" && s.name != only || !schema.Has(s.v, schema.JoinPath("fibre_channel_ports", fcs)) {
				continue
			}
			// The Virtual I/O Server that this partition uses least, then the port.
			if best == nil || load[vios] < load[best.name] || load[vios] == load[best.name] && load[p] < load[best.name+"/"+port] {
				best, port = &s, fcs
			}
		}
	}
	if best == nil {
		e.refuse("npiv", "No port", "None of the ports that %s declares for fabric %s is there and available.", name(sys), fabric).Fix = "Correct the fabric block; gantry discover -json shows the ports of every Virtual I/O Server."
	}
	return best, port
}

// clientItems are slot/client/[remote-id]/[remote-name]/remote-slot/is-required.
func clientItems(list []adapter) []string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%d/client/%d/%s/%d/0", a.client, a.vios.id, a.vios.name, a.slot))
	}
	return out
}

// fcItems are slot/client/[remote-id]/[remote-name]/remote-slot/[wwpn1,wwpn2]/is-required.
func fcItems(list []adapter) []string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%d/client/%d/%s/%d/%s/0", a.client, a.vios.id, a.vios.name, a.slot, strings.Join(a.wwpns, ",")))
	}
	return out
}

// serverSide adds the adapters of the Virtual I/O Servers, to what runs and to
// their profiles, and gives them devices.
func (e *explainer) serverSide(sys *schema.Object, client string, id int, scsi, fc []adapter) {
	var order []string
	touched := map[string]server{}
	profile := map[string][2][]string{}
	put := func(list []adapter, sub string, at int) {
		for _, a := range list {
			attrs := []console.Attr{console.Set("adapter_type", "server"), console.Set("remote_lpar_id", strconv.Itoa(id)), console.Set("remote_slot_num", strconv.Itoa(a.client))}
			if !schema.True(a.found, "server_adapter") {
				e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", sub, "-o", "a").Add("-p", a.vios.name, "-s", strconv.Itoa(a.slot)).Record("-a", attrs...))
			}
			if _, seen := touched[a.vios.name]; !seen {
				order = append(order, a.vios.name)
			}
			touched[a.vios.name] = a.vios
			items := profile[a.vios.name]
			if schema.True(a.found, "server_profile") {
				continue
			}
			if sub == "scsi" {
				items[at] = append(items[at], fmt.Sprintf("%d/server/%d/%s/%d/0", a.slot, id, client, a.client))
			} else {
				items[at] = append(items[at], fmt.Sprintf("%d/server/%d/%s/%d//0", a.slot, id, client, a.client))
			}
			profile[a.vios.name] = items
		}
	}
	put(scsi, "scsi", 0)
	put(fc, "fc", 1)
	for _, n := range order {
		v := touched[n]
		attrs := []console.Attr{console.Set("name", schema.Str(v.v, "profile")), console.Set("lpar_id", strconv.Itoa(v.id))}
		for i, attr := range []string{"virtual_scsi_adapters", "virtual_fc_adapters"} {
			if items := profile[n][i]; len(items) > 0 {
				a := console.SetList(attr, items...)
				a.Op = "+="
				attrs = append(attrs, a)
			}
		}
		if len(attrs) > 2 {
			e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", attrs...))
			e.note("%s keeps the adapters when it is activated again", n)
		}
		e.change(console.Vios(name(sys), n, "cfgdev", "-dev", "vio0"))
		e.note("%s finds its new adapters", n)
	}
}

// location is the location code of a virtual adapter: machine, owner, slot.
func location(sys *schema.Object, owner, slot int) string {
	return fmt.Sprintf("U%s.%s-V%d-C%d", strings.ReplaceAll(schema.Str(sys.Value, "type_model"), "-", "."), schema.Str(sys.Value, "serial_number"), owner, slot)
}

// deviceAt is the device of an adapter, which the Virtual I/O Server names.
func deviceAt(sys *schema.Object, a adapter) *console.Command {
	return console.Vios(name(sys), a.vios.name, "lsdev", "-plc", location(sys, a.vios.id, a.slot), "-field", "name", "-fmt", ":")
}

// mapDisk exports a disk through every adapter: the same LUN has its own device
// name on every Virtual I/O Server.
func (e *explainer) mapDisk(sys *schema.Object, item cty.Value, label string, through []adapter) {
	d := e.disk(schema.Str(item, "source"))
	if d == nil {
		return // stage 1 has said that the disk is not found
	}
	made := lpar.MadeDisk(d.Value)
	want := int(schema.Num(item, "paths"))
	mapped := 0
	var silent []string
	if made != nil && !schema.Has(d.Value, schema.JoinPath("paths", sys.ID)) {
		e.refuse(schema.JoinPath("disk", label), "Disk elsewhere", "disk.%s of %s is made by a Virtual I/O Server that is not on %s.", label, e.s.Address, name(sys)).Fix = "Declare a disk of a Virtual I/O Server of that system, or a LUN, which every system can see."
		return
	}
	for _, a := range through {
		device := schema.Str(d.Value, schema.JoinPath("paths", sys.ID, "devices", a.vios.name))
		if want > 0 && mapped == want {
			break
		}
		if device == "" {
			if !a.vios.answers() {
				silent = append(silent, a.vios.name)
			}
			if want > 0 || made != nil || !schema.Has(d.Value, schema.JoinPath("paths", sys.ID)) {
				continue
			}
			if !a.vios.answers() {
				e.diags = append(e.diags, diag.Warningf("STG-14", "One path only", "%s runs without a management connection (RMC), so nobody can say whether it sees the LUN of disk.%s of %s, which is exported without it.", a.vios.name, label, e.s.Address).At(string(e.s.Address), schema.JoinPath("disk", label)).WithFix(noRMC))
				continue
			}
			e.diags = append(e.diags, diag.Warningf("STG-14", "One path only", "%s does not see the LUN of disk.%s of %s, so it is exported without it.", a.vios.name, label, e.s.Address).At(string(e.s.Address), schema.JoinPath("disk", label)).WithFix("Zone the LUN to %s and run cfgdev there, or declare paths = 1.", a.vios.name))
			continue
		}
		mapped++
		if schema.Str(d.Value, schema.JoinPath("paths", sys.ID, "status")) == "not exportable" {
			e.refuse(schema.JoinPath("disk", label), "Disk in use", "%s on %s belongs to the Virtual I/O Server itself.", device, a.vios.name).Fix = "Declare another LUN."
			continue
		}
		if made == nil && !e.reserved(d, sys, a.vios.name) {
			// It cannot be set any more once the disk is open.
			e.change(console.Vios(name(sys), a.vios.name, "chdev", "-dev", device, "-attr", "reserve_policy=no_reserve"))
			e.note("disk.%s: two servers export it", label)
			e.lifted(lifted(sys, a.vios.name, d.ID), schema.Get(d.Value, schema.JoinPath("paths", sys.ID, "reserve_policies", a.vios.name)))
		}
		var c *console.Command
		target := schema.Str(item, "target")
		if made != nil {
			c = made.Map(deviceAt(sys, a), target)
		} else {
			c = console.New("mkvdev", "-vdev", device, "-vadapter").Output(deviceAt(sys, a))
			if target != "" {
				c.Add("-dev", target)
			}
		}
		e.change(console.ViosCommand(name(sys), a.vios.name, c))
		e.note("disk.%s", label)
	}
	if want > mapped && len(silent) > 0 {
		e.refuse(schema.JoinPath("disk", label, "paths"), "Too few paths", "%s runs without a management connection (RMC), so nobody can say whether it exports disk.%s.", strings.Join(silent, ", "), label).Fix = noRMC
	} else if want > mapped {
		e.refuse(schema.JoinPath("disk", label, "paths"), "Too few paths", "paths of disk.%s that are missing: %d; Virtual I/O Servers of %s that see the LUN and do not export it yet: %d.", label, want, name(sys), mapped).Fix = "Zone the LUN to more of them and run cfgdev there, or declare fewer paths."
	}
}

// lifted names a reservation on a Virtual I/O Server.
func lifted(sys *schema.Object, vios, disk string) string { return sys.ID + "/" + vios + "/" + disk }

// lifted remembers how a reservation was, or with nothing that it is put back.
func (e *explainer) lifted(key string, was cty.Value) {
	found := map[string]cty.Value{}
	for _, o := range []*schema.Object{e.s.Before, e.s.After} {
		if o != nil {
			if m := schema.Get(o.Value, "reserve_found"); m != cty.NilVal {
				found = m.AsValueMap()
			}
		}
	}
	if found == nil {
		found = map[string]cty.Value{}
	}
	delete(found, key)
	if was != cty.NilVal {
		found[key] = was
	}
	if e.s.After != nil {
		e.s.After.Value = schema.Set(e.s.After.Value, "reserve_found", cty.ObjectVal(found))
	}
}

// putBack restores the reservation of a disk that is not exported any more, where Gantry had lifted it.
func (e *explainer) putBack(sys *schema.Object, vios, disk string) {
	key := lifted(sys, vios, disk)
	was := schema.Str(e.s.Before.Value, schema.JoinPath("reserve_found", key))
	d := e.f.Object("disk", disk)
	if was == "" || d == nil {
		return
	}
	for _, m := range schema.Strings(d.Value, schema.JoinPath("paths", sys.ID, "mapped_to")) {
		server, adapter, _ := strings.Cut(m, "/")
		if server == vios && !e.mine(vios, adapter, disk) {
			return // another partition uses it too
		}
	}
	e.change(console.Vios(name(sys), vios, "chdev", "-dev", schema.Str(d.Value, schema.JoinPath("paths", sys.ID, "devices", vios)), "-attr", "reserve_policy="+was))
	e.note("as it was found")
	e.lifted(key, cty.NilVal)
}

// mine reports whether a server adapter exports a disk to the partition.
func (e *explainer) mine(vios, adapter, disk string) bool {
	for _, l := range schema.Items(e.s.Before.Value, "disk") {
		d := schema.Get(e.s.Before.Value, schema.JoinPath("disk", l))
		if schema.Str(d, "source") == disk && schema.Str(d, schema.JoinPath("servers", vios, "adapter")) == adapter {
			return true
		}
	}
	return false
}

// reserved reports whether the reservation of a disk needs no change: it is free
// already, the estate declares it, or another partition uses the disk.
func (e *explainer) reserved(d, sys *schema.Object, vios string) bool {
	if w := e.f.Declared("disk", d.ID); w != nil && schema.Str(w.Value, "reserve_policy") != "" {
		return true // a step of its own sets it
	}
	for _, m := range schema.Strings(d.Value, schema.JoinPath("paths", sys.ID, "mapped_to")) {
		if strings.HasPrefix(m, vios+"/") {
			return true
		}
	}
	return schema.Str(d.Value, schema.JoinPath("paths", sys.ID, "reserve_policies", vios)) == "no_reserve"
}

func (e *explainer) mapPort(sys *schema.Object, a adapter) {
	c := console.New("vfcmap", "-vadapter").Output(deviceAt(sys, a)).Add("-fcp", a.port)
	e.change(console.ViosCommand(name(sys), a.vios.name, c))
}

// ethernetItems are the profile items of a new partition's adapters.
func (e *explainer) ethernetItems(v cty.Value, sc scheme, used map[int]bool) []string {
	labels := schema.Items(v, "ethernet")
	for _, l := range labels {
		if n := int(schema.Num(v, schema.JoinPath("ethernet", l, "slot"))); n > 0 {
			used[n] = true
		}
	}
	var out []string
	for _, l := range labels {
		item := schema.Get(v, schema.JoinPath("ethernet", l))
		slot := int(schema.Num(item, "slot"))
		if slot == 0 {
			slot = free(used, sc.ethernet)
		}
		out = append(out, e.ethernetItem(item, slot))
	}
	return out
}

// ethernetItem is slot/is-ieee/pvid/[addl-vlans]/trunk-priority/is-required/vswitch[/MAC/allowed-OS-MACs/QoS].
func (e *explainer) ethernetItem(item cty.Value, slot int) string {
	var tags []string
	for _, t := range schema.Strings(item, "tagged") {
		tags = append(tags, e.vlan(t))
	}
	ieee := "0"
	if len(tags) > 0 {
		ieee = "1"
	}
	vswitch := lpar.Pick(schema.Str(item, "switch"), "ETHERNET0")
	f := []string{strconv.Itoa(slot), ieee, e.vlan(schema.Str(item, "network")), strings.Join(tags, ","), "0", "0", vswitch}
	if mac := schema.Str(item, "mac"); mac != "" {
		f = append(f, mac, "all", "none")
	}
	return strings.Join(f, "/")
}

func (e *explainer) vlan(network string) string {
	if n := e.f.Object("network", network); n != nil {
		return lpar.Number(schema.Get(n.Value, "vlan"))
	}
	if v, ok := strings.CutPrefix(network, "vlan:"); ok {
		return v
	}
	if n := e.f.DeclaredAt(network); n != nil {
		return lpar.Number(schema.Get(n.Value, "vlan"))
	}
	return "0" // the planner has said that the network is not found
}

func (e *explainer) update() {
	s := e.s
	sys := e.system(s.After)
	if sys == nil {
		return
	}
	s.Endpoint = sys.Endpoint
	moved := schema.Str(s.Before.Value, "system") != sys.ID
	if !moved {
		e.fits(sys, environment(s.Before), s.After.Value)
	}
	label := name(s.Before)
	whose := []console.Attr{console.Set("name", schema.Str(s.Before.Value, "profile")), console.Set("lpar_name", label)}
	running := schema.Str(s.Before.Value, "state") != "off"
	var prof, part, sharing []console.Attr
	var rename *console.Command
	var mem, procUnits, procs float64
	for _, c := range s.Changes {
		if c.Path == "connected" && !moved {
			e.repair(sys) // before the disks, which need the devices
		}
	}
	for i := range s.Changes {
		c := &s.Changes[i]
		if c.Path == "connected" {
			continue
		}
		if c.Source != nil {
			e.refuse(c.Path, "Two plans needed", "%s is known only after %s exists.", c.Path, c.Source).Fix = "Apply that first."
			continue
		}
		want := schema.Get(s.After.Value, c.Path)
		if len(c.After) > 0 && want == cty.NilVal {
			if v, err := schema.DecodeValue(c.After); err == nil {
				want = v // chosen by reconcile, not declared
			}
		}
		online := running && c.Disruption == schema.None && strings.Contains(c.Why, "online")
		switch {
		case c.Path == "name":
			// Last, so that the other commands still find the partition.
			rename = on(sys, "chsyscfg", "-r", "lpar").Record("-i", console.Set("name", label), console.Set("new_name", want.AsString()))
			continue
		case c.Path == "keylock":
			e.change(on(sys, "chsysstate", "-r", "lpar", "-o", "chkey").Add("-n", label, "-k", want.AsString()))
			continue
		case c.Path == "physical_slots":
			wanted := schema.Strings(want, "")
			if c.Why != planner.WhyRunningWrong {
				prof = append(prof, lpar.SlotChanges(schema.Strings(s.Before.Profile, c.Path), wanted)...)
			}
			if have := schema.Strings(s.Before.Value, c.Path); online {
				e.slots(sys, label, "r", have, wanted)
				e.slots(sys, label, "a", wanted, have)
			}
			continue
		case strings.HasPrefix(c.Path, "disk."), strings.HasPrefix(c.Path, "npiv."), strings.HasPrefix(c.Path, "optical."):
			if moved {
				// Device names and slots are the source's; on the target they may belong to another partition (rule STG-03).
				e.refuse(c.Path, "Two plans needed", "%s moves to %s and its adapters change in the same plan, and which names they get there is known only after the move.", s.Address, name(sys)).Fix = "Apply the move first, then the change."
				continue
			}
			switch {
			case strings.HasPrefix(c.Path, "disk."):
				e.diskChange(sys, c)
			case strings.HasPrefix(c.Path, "optical."):
				e.opticalChange(sys, c)
			default:
				e.npivChange(sys, c)
			}
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
			e.refuse(c.Path, "Not offered", "An HMC has no command that changes %s.", c.Path)
			continue
		}
		if c.Why != planner.WhyRunningWrong {
			prof = append(prof, a)
		}
		if !online {
			continue
		}
		switch c.Path {
		case "memory.desired":
			mem = number(want) - schema.Num(s.Before.Value, c.Path)
		case "processor.units.desired":
			procUnits = number(want) - schema.Num(s.Before.Value, c.Path)
		case "processor.virtual.desired":
			procs = number(want) - schema.Num(s.Before.Value, c.Path)
		case "processor.sharing", "processor.weight", "processor.pool":
			sharing = append(sharing, a)
		}
	}
	if mem != 0 {
		e.change(on(sys, "chhwres", "-r", "mem", "-o", lpar.AddOrRemove(mem)).Add("-p", label, "-q", lpar.Amount(mem)))
	}
	e.processors(sys, label, procUnits, procs)
	if len(sharing) > 0 {
		e.change(on(sys, "chhwres", "-r", "proc", "-o", "s").Add("-p", label).Record("-a", sharing...))
	}
	if len(part) > 0 {
		e.change(on(sys, "chsyscfg", "-r", "lpar").Record("-i", append([]console.Attr{console.Set("name", label)}, part...)...))
	}
	if len(prof) > 0 {
		sort.SliceStable(prof, func(i, j int) bool { return prof[i].Name < prof[j].Name })
		e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", append(append([]console.Attr{}, whose...), prof...)...))
		if running {
			e.note("the profile follows; it keeps everything else")
		}
	}
	if rename != nil {
		e.change(rename)
	}
}

// slots adds or removes the physical slots of a list that another one lacks.
func (e *explainer) slots(sys *schema.Object, label, op string, list, but []string) {
	for _, drc := range list {
		if !slices.Contains(but, drc) {
			e.change(on(sys, "chhwres", "-r", "io", "--rsubtype", "slot", "-o", op).Add("-p", label, "-l", drc))
		}
	}
}

func number(v cty.Value) float64 {
	if v == cty.NilVal || v.Type() != cty.Number {
		return 0
	}
	f, _ := v.AsBigFloat().Float64()
	return f
}

// processors adds or removes units and virtual processors. A growth and a
// shrinkage are two commands; each virtual processor needs its units first.
func (e *explainer) processors(sys *schema.Object, label string, unit, procs float64) {
	for _, dir := range []float64{1, -1} {
		c := on(sys, "chhwres", "-r", "proc", "-o", lpar.AddOrRemove(dir)).Add("-p", label)
		some := false
		if unit*dir > 1e-9 {
			c.Add("--procunits", units(cty.NumberFloatVal(math.Abs(unit))))
			some = true
		}
		if procs*dir > 0 {
			c.Add("--procs", lpar.Amount(procs))
			some = true
		}
		if some {
			e.change(c)
		}
	}
}

// adapters are the client adapters of a type that a partition has, the first for
// each Virtual I/O Server where one is enough.
func (e *explainer) adapters(sys *schema.Object, sub string) []adapter {
	var out []adapter
	for _, v := range servers(sys) {
		for _, l := range schema.Items(e.s.Before.Value, "adapters") {
			a := schema.Get(e.s.Before.Value, schema.JoinPath("adapters", l))
			if schema.Str(a, "type") == sub && schema.Str(a, "server") == v.name {
				one := adapter{vios: v, client: int(schema.Num(a, "slot")), slot: int(schema.Num(a, "server_slot")), found: a}
				for _, n := range schema.Items(e.s.Before.Value, "npiv") {
					if item := schema.Get(e.s.Before.Value, schema.JoinPath("npiv", n)); sub == "fc" && int(schema.Num(item, "slot")) == one.client {
						one.wwpns = schema.Strings(item, "wwpns") // without them the console would give new ones
					}
				}
				out = append(out, one)
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].client < out[j].client })
	return out
}

// existing are the SCSI adapters of a partition, one for each Virtual I/O Server.
func (e *explainer) existing(sys *schema.Object) []adapter {
	seen := map[string]bool{}
	var out []adapter
	for _, a := range e.adapters(sys, "scsi") {
		if !seen[a.vios.name] {
			seen[a.vios.name] = true
			out = append(out, a)
		}
	}
	return out
}

// repair puts there what is missing on the other side of the partition's adapters.
func (e *explainer) repair(sys *schema.Object) {
	id := int(schema.Num(e.s.Before.Value, "id"))
	incomplete := func(list []adapter) []adapter {
		var out []adapter
		for _, a := range list {
			if !schema.True(a.found, "server_adapter") || !schema.True(a.found, "server_profile") || !schema.Has(a.found, "device") {
				out = append(out, a)
			}
		}
		return out
	}
	scsi, fc := e.adapters(sys, "scsi"), e.adapters(sys, "fc")
	e.revive(sys, "scsi", scsi)
	e.revive(sys, "fc", fc)
	e.serverSide(sys, name(e.s.Before), id, incomplete(scsi), incomplete(fc))
	e.keep(sys, "virtual_scsi_adapters", scsi, clientItems)
	e.keep(sys, "virtual_fc_adapters", fc, fcItems)
	load := map[string]int{}
	for _, a := range fc {
		if schema.Has(a.found, "port") {
			continue
		}
		fabric := ""
		for _, l := range schema.Items(e.s.After.Value, "npiv") {
			if item := schema.Get(e.s.After.Value, schema.JoinPath("npiv", l)); int(schema.Num(item, "slot")) == a.client {
				fabric = schema.Str(item, "fabric")
			}
		}
		if fabric == "" {
			continue // nobody declares it
		}
		if at, port := e.portOf(sys, fabric, a.vios.name, load); at != nil {
			a.port = port
			e.mapPort(sys, a)
		}
	}
}

// revive gives a running partition the client adapters back that only its profile has.
func (e *explainer) revive(sys *schema.Object, sub string, list []adapter) {
	if schema.Str(e.s.Before.Value, "state") == "off" {
		return
	}
	for _, a := range list {
		if !schema.True(a.found, "current") {
			e.clientAdapter(sys, sub, a)
		}
	}
}

// keep puts the adapters that only run into the partition's profile.
func (e *explainer) keep(sys *schema.Object, attr string, list []adapter, items func([]adapter) []string) {
	list = slices.DeleteFunc(slices.Clone(list), func(a adapter) bool { return schema.True(a.found, "profile") })
	if len(list) == 0 {
		return
	}
	a := console.SetList(attr, items(list)...)
	a.Op = "+="
	e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", console.Set("name", schema.Str(e.s.Before.Value, "profile")), console.Set("lpar_name", name(e.s.Before)), a))
	e.note("the next activation would lose them")
}

// lost warns of adapters that an activation with the profile takes away and that no earlier step of the plan puts there.
func (e *explainer) lost() {
	if e.s.Before == nil {
		return
	}
	managed := func(what string) bool {
		switch sub, _, _ := strings.Cut(what, " "); sub {
		case "ethernet":
			return e.s.Action == planner.Restart && len(schema.Items(e.s.After.Value, "ethernet")) > 0
		case "scsi", "fc":
			return schema.True(e.s.After.Value, "connected")
		}
		return false
	}
	only := slices.DeleteFunc(schema.Strings(e.s.Before.Value, "current_only"), managed)
	if len(only) == 0 {
		return
	}
	profile := schema.Str(e.s.Before.Value, "profile")
	e.diags = append(e.diags, diag.Warningf("adapters-lost", "Adapters are lost", "The activation of %s takes what its profile %s has; it loses what the profile lacks: %s.", e.s.Address, profile, strings.Join(only, ", ")).At(string(e.s.Address), "state").WithFix("To keep them, declare them and plan again; what is not declared here at all is kept by saving what the partition has: mksyscfg -r prof -o save -p %s -n %s --force on the console.", name(e.s.Before), profile))
}

func (e *explainer) diskChange(sys *schema.Object, c *planner.Change) {
	parts := schema.SplitPath(c.Path)
	item := schema.Get(e.s.After.Value, schema.JoinPath("disk", parts[1]))
	switch {
	case len(parts) == 2 && len(c.After) == 0:
		have := schema.Get(e.s.Before.Value, c.Path)
		for _, v := range schema.Items(have, "servers") {
			e.change(console.Vios(name(sys), v, "rmvdev", "-vtd", schema.Str(have, schema.JoinPath("servers", v, "target"))))
			e.putBack(sys, v, schema.Str(have, "source"))
		}
	case len(parts) == 2 || parts[2] == "paths":
		through := append(e.existing(sys), e.addServers(sys)...)
		if len(parts) > 2 {
			var missing int
			if through, missing = e.without(sys, item, through); missing <= 0 {
				return
			}
			item = schema.Set(item, "paths", cty.NumberIntVal(int64(missing)))
		}
		e.mapDisk(sys, item, parts[1], through)
	default:
		e.refuse(c.Path, "Not offered", "An HMC has no command that changes %s.", c.Path)
	}
}

// without is the adapters that a disk is not exported through yet, and how many of them it is to have; when it is
// exported through too many, the surplus is taken away.
func (e *explainer) without(sys *schema.Object, item cty.Value, through []adapter) ([]adapter, int) {
	want := int(schema.Num(item, "paths"))
	var have cty.Value
	for _, l := range schema.Items(e.s.Before.Value, "disk") {
		d := schema.Get(e.s.Before.Value, schema.JoinPath("disk", l))
		if schema.Str(d, "source") == schema.Str(item, "source") {
			have = d
		}
	}
	if have == cty.NilVal {
		return through, want
	}
	exported := schema.Items(have, "servers")
	for i := len(exported) - 1; i >= want; i-- {
		e.change(console.Vios(name(sys), exported[i], "rmvdev", "-vtd", schema.Str(have, schema.JoinPath("servers", exported[i], "target"))))
		e.putBack(sys, exported[i], schema.Str(have, "source"))
	}
	return slices.DeleteFunc(through, func(a adapter) bool { return schema.Has(have, schema.JoinPath("servers", a.vios.name)) }), want - len(exported)
}

// addServers gives the partition SCSI adapters of the Virtual I/O Servers that it needs and that do not serve it yet, to
// what runs and to the profile; each once in a step.
func (e *explainer) addServers(sys *schema.Object) []adapter {
	have := map[string]bool{}
	for _, a := range slices.Concat(e.existing(sys), e.added) {
		have[a.vios.name] = true
	}
	missing := slices.DeleteFunc(e.needed(sys, e.s.After.Value), func(s server) bool { return have[s.name] })
	if len(missing) == 0 {
		return e.added
	}
	id := int(schema.Num(e.s.Before.Value, "id"))
	out := e.scsiAdapters(sys, schemeOf(e.s.After.Value), id, missing, e.clientSlots(sys))
	e.clientSide(sys, out, "scsi", "virtual_scsi_adapters", clientItems(out))
	e.serverSide(sys, name(e.s.Before), id, out, nil)
	e.added = append(e.added, out...)
	return e.added
}

// clientSlots are the virtual slots that the partition uses.
func (e *explainer) clientSlots(sys *schema.Object) map[int]bool {
	used := map[int]bool{0: true, 1: true}
	for _, v := range []cty.Value{e.s.Before.Value, e.s.Before.Profile} {
		for _, block := range []string{"ethernet", "npiv"} {
			for _, l := range schema.Items(v, block) {
				used[int(schema.Num(v, schema.JoinPath(block, l, "slot")))] = true
			}
		}
		for _, l := range schema.Items(v, "adapters") {
			used[int(schema.Num(v, schema.JoinPath("adapters", l, "slot")))] = true
		}
	}
	return used
}

// within refuses a virtual slot that the partition does not have.
func (e *explainer) within(path string, slot int) {
	v := e.s.Before.Value
	if schema.Str(v, "state") == "off" && schema.Has(e.s.After.Value, "max_virtual_slots") {
		v = e.s.After.Value
	}
	if most := int(schema.Num(v, "max_virtual_slots")); most > 0 && slot >= most {
		e.refuse(path, "Too few virtual slots", "An adapter of %s would be in slot %d; it has %d virtual slots, so the last one is %d.", e.s.Address, slot, most, most-1).Fix = "Declare a lower slot, or raise max_virtual_slots first, which takes a restart."
	}
}

// clientSide adds client adapters to what runs and to the profile.
func (e *explainer) clientSide(sys *schema.Object, list []adapter, sub, attr string, items []string) {
	label := name(e.s.Before)
	for _, a := range list {
		e.within("max_virtual_slots", a.client)
	}
	if schema.Str(e.s.Before.Value, "state") != "off" {
		for _, a := range list {
			e.clientAdapter(sys, sub, a)
		}
	}
	whose := []console.Attr{console.Set("name", schema.Str(e.s.Before.Value, "profile")), console.Set("lpar_name", label)}
	var known []string
	for i, a := range list {
		if sub != "fc" || len(a.wwpns) > 0 || schema.Str(e.s.Before.Value, "state") == "off" {
			known = append(known, items[i])
			continue
		}
		// The console has just given it its port names, and would give the profile others.
		item := console.SetList(attr, console.Put)
		item.Op = "+="
		now := on(sys, "lshwres", "-r", "virtualio", "--rsubtype", "fc", "--level", "lpar").Record("--filter", console.Set("lpar_names", label), console.Set("slots", strconv.Itoa(a.client))).
			Add("-F", "slot_num/adapter_type/remote_lpar_id/remote_lpar_name/remote_slot_num/wwpns/is_required")
		e.change(on(sys, "chsyscfg", "-r", "prof").RecordPut("-i", now, append(slices.Clone(whose), item)...))
		e.note("the profile gets the port names that the console gave the adapter")
	}
	if len(known) > 0 {
		a := console.SetList(attr, known...)
		a.Op = "+="
		e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", append(whose, a)...))
	}
}

// clientAdapter adds a client adapter to what runs.
func (e *explainer) clientAdapter(sys *schema.Object, sub string, a adapter) {
	attrs := []console.Attr{console.Set("adapter_type", "client"), console.Set("remote_lpar_id", strconv.Itoa(a.vios.id)), console.Set("remote_slot_num", strconv.Itoa(a.slot))}
	if len(a.wwpns) > 0 {
		attrs = append(attrs, console.SetList("wwpns", a.wwpns...))
	}
	e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", sub, "-o", "a").Add("-p", name(e.s.Before), "-s", strconv.Itoa(a.client)).Record("-a", attrs...))
}

func (e *explainer) npivChange(sys *schema.Object, c *planner.Change) {
	parts := schema.SplitPath(c.Path)
	if len(parts) != 2 {
		e.refuse(c.Path, "Not offered", "A virtual Fibre Channel adapter does not change; it is taken away and a new one is made.")
		return
	}
	if len(c.After) > 0 {
		id := int(schema.Num(e.s.Before.Value, "id"))
		used := e.clientSlots(sys)
		if slot := int(schema.Num(e.s.After.Value, schema.JoinPath("npiv", parts[1], "slot"))); used[slot] {
			e.refuse(schema.JoinPath("npiv", parts[1], "slot"), "Slot in use", "npiv.%s of %s is to be in slot %d, which another adapter of it has.", parts[1], e.s.Address, slot).Fix = "Declare a free slot."
		}
		list := e.fcAdapters(sys, schemeOf(e.s.After.Value), id, e.s.After.Value, []string{parts[1]}, used)
		if len(list) == 0 {
			return
		}
		e.clientSide(sys, list, "fc", "virtual_fc_adapters", fcItems(list))
		e.serverSide(sys, name(e.s.Before), id, nil, list)
		e.mapPort(sys, list[0])
		return
	}
	item := schema.Get(e.s.Before.Value, c.Path)
	slot := lpar.Number(schema.Get(item, "slot"))
	label := name(e.s.Before)
	// One that is held while the partition is off goes too, or the next activation would be said to lose it.
	found := schema.Get(e.s.Before.Value, schema.JoinPath("adapters", "slot"+slot))
	if schema.True(found, "current") {
		e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", "fc", "-o", "r").Add("-p", label, "-s", slot))
	}
	if schema.True(found, "profile") {
		a := console.SetList("virtual_fc_adapters", slot)
		a.Op = "-="
		e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", console.Set("name", schema.Str(e.s.Before.Value, "profile")), console.Set("lpar_name", label), a))
	}
	for _, v := range servers(sys) {
		if v.name == schema.Str(item, "server") {
			e.dropServer(sys, v, int(schema.Num(item, "server_slot")), schema.Str(item, "adapter"), "fc")
		}
	}
	e.note("its world wide port names are gone for good")
}

// dropServer takes a server adapter away: its device with all targets, the adapter
// itself, and the line in the profile of the Virtual I/O Server.
func (e *explainer) dropServer(sys *schema.Object, v server, slot int, device, sub string) {
	if device != "" {
		c := console.Vios(name(sys), v.name, "rmdev", "-dev", device)
		if sub == "scsi" {
			c = console.Vios(name(sys), v.name, "rmdev", "-dev", device, "-recursive")
		}
		e.change(c)
	}
	e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", sub, "-o", "r").Add("-p", v.name, "-s", strconv.Itoa(slot)))
	e.dropProfile(sys, v, slot, sub)
}

// dropProfile takes the line of a server adapter out of the profile of a Virtual I/O Server.
func (e *explainer) dropProfile(sys *schema.Object, v server, slot int, sub string) {
	attr := map[string]string{"scsi": "virtual_scsi_adapters", "fc": "virtual_fc_adapters"}[sub]
	a := console.SetList(attr, strconv.Itoa(slot))
	a.Op = "-="
	e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", console.Set("name", schema.Str(v.v, "profile")), console.Set("lpar_id", strconv.Itoa(v.id)), a))
}

// remove deletes a partition that is off, in the order that leaves nothing
// behind: what its Virtual I/O Servers hold for it first.
func (e *explainer) remove() {
	o := e.s.Before
	sys := e.system(o)
	if sys == nil {
		return
	}
	e.s.Endpoint = sys.Endpoint
	label := name(o)
	devices := func(v server, block string) map[int]string {
		out := map[int]string{}
		for _, l := range schema.Items(o.Value, "disk") {
			d := schema.Get(o.Value, schema.JoinPath("disk", l, "servers", v.name))
			if d != cty.NilVal && block == "scsi" {
				out[int(schema.Num(d, "adapter_slot"))] = schema.Str(d, "adapter")
			}
		}
		for _, l := range schema.Items(o.Value, "npiv") {
			n := schema.Get(o.Value, schema.JoinPath("npiv", l))
			if block == "fc" && schema.Str(n, "server") == v.name {
				out[int(schema.Num(n, "server_slot"))] = schema.Str(n, "adapter")
			}
		}
		for _, l := range schema.Items(o.Value, "adapters") {
			a := schema.Get(o.Value, schema.JoinPath("adapters", l))
			if schema.Str(a, "type") == block && schema.Str(a, "server") == v.name {
				out[int(schema.Num(a, "server_slot"))] = schema.Str(a, "device")
			}
		}
		return out
	}
	for _, v := range servers(sys) {
		for _, sub := range []string{"scsi", "fc"} {
			slots := schema.Get(v.v, map[string]string{"scsi": "scsi_slots", "fc": "fibre_channel_slots"}[sub])
			var mine []int
			for _, n := range schema.Items(slots, "") {
				if schema.Str(slots, n) == label {
					slot, _ := strconv.Atoi(n)
					mine = append(mine, slot)
				}
			}
			sort.Ints(mine)
			known := devices(v, sub)
			var others []string // devices of the partition whose slots are not known
			if sub == "scsi" {
				others = adaptersOf(v, label, known)
			}
			unknown := 0
			for _, slot := range mine {
				if known[slot] == "" {
					unknown++
				}
			}
			if unknown > 1 && len(others) > 0 {
				// Which is in which slot only the server knows, so each slot is asked for its own.
				e.change(console.Vios(name(sys), v.name, "cfgdev", "-dev", "vio0"))
			}
			for _, slot := range mine {
				switch {
				case known[slot] != "" || len(others) == 0:
					e.dropServer(sys, v, slot, known[slot], sub)
				case unknown == 1 && len(others) == 1:
					e.dropServer(sys, v, slot, others[0], sub)
				default:
					e.change(console.ViosCommand(name(sys), v.name, console.New("rmdev", "-dev").Output(deviceAt(sys, adapter{vios: v, slot: slot})).Add("-recursive")))
					e.dropServer(sys, v, slot, "", sub)
				}
			}
		}
	}
	// What a deletion that was cut short has taken away already is not found any more; what it left is in the profiles and remembered.
	for _, v := range servers(sys) {
		for _, sub := range []string{"scsi", "fc"} {
			live := schema.Get(v.v, map[string]string{"scsi": "scsi_slots", "fc": "fibre_channel_slots"}[sub])
			prof := schema.Get(v.v, map[string]string{"scsi": "scsi_profile", "fc": "fibre_channel_profile"}[sub])
			for _, n := range schema.Items(prof, "") {
				if slot, err := strconv.Atoi(n); err == nil && schema.Str(prof, n) == label && !slices.Contains(schema.Items(live, ""), n) {
					e.dropProfile(sys, v, slot, sub)
				}
			}
		}
	}
	put := map[string]bool{}
	back := func(v, disk string) {
		if key := lifted(sys, v, disk); !put[key] {
			put[key] = true
			e.putBack(sys, v, disk)
		}
	}
	for _, l := range schema.Items(o.Value, "disk") {
		d := schema.Get(o.Value, schema.JoinPath("disk", l))
		for _, v := range schema.Items(d, "servers") {
			back(v, schema.Str(d, "source"))
		}
	}
	for _, key := range schema.Items(o.Value, "reserve_found") {
		for _, v := range servers(sys) {
			if disk, ok := strings.CutPrefix(key, lifted(sys, v.name, "")); ok {
				back(v.name, disk)
			}
		}
	}
	e.change(on(sys, "rmsyscfg", "-r", "lpar").Add("-n", label))
	e.f.Reserve("gone " + o.ID)
}

// adaptersOf are the devices of server adapters for a client, but for those whose slots are known.
func adaptersOf(v server, client string, known map[int]string) []string {
	taken := map[string]bool{}
	for _, device := range known {
		taken[device] = true
	}
	var out []string
	m := schema.Get(v.v, "server_adapters")
	for _, a := range schema.Items(m, "") {
		if schema.Str(m, a) == client && !taken[a] {
			out = append(out, a)
		}
	}
	return out
}

func (e *explainer) ethernetChange(sys *schema.Object, c *planner.Change, whose []console.Attr, online bool) {
	parts := schema.SplitPath(c.Path)
	label := name(e.s.Before)
	running := schema.Str(e.s.Before.Value, "state") != "off"
	profile := func(item, op string) {
		a := console.SetList("virtual_eth_adapters", item)
		a.Op = op
		e.change(on(sys, "chsyscfg", "-r", "prof").Record("-i", append(append([]console.Attr{}, whose...), a)...))
	}
	// The profile may have, or lack, a slot already that somebody changed by hand.
	slots := map[int]bool{}
	for _, l := range schema.Items(e.s.Before.Profile, "ethernet") {
		slots[int(schema.Num(e.s.Before.Profile, schema.JoinPath("ethernet", l, "slot")))] = true
	}
	inProfile := func(slot int) bool { return slots[slot] }
	remove := func(item cty.Value) {
		slot := lpar.Number(schema.Get(item, "slot"))
		if running && online {
			e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "r").Add("-p", label, "-s", slot))
		}
		if inProfile(atoi(slot)) {
			profile(slot, "-=")
			delete(slots, atoi(slot))
		}
	}
	add := func(item cty.Value) {
		slot := int(schema.Num(item, "slot"))
		if slot == 0 {
			slot = e.plannedSlot(item)
		}
		if slot == 0 {
			slot = free(e.clientSlots(sys), schemeOf(e.s.After.Value).ethernet)
		}
		e.within(schema.JoinPath(parts[0], parts[1]), slot)
		text := e.ethernetItem(item, slot)
		f := strings.Split(text, "/")
		if running && online {
			attrs := []console.Attr{console.Set("ieee_virtual_eth", f[1]), console.Set("port_vlan_id", f[2])}
			if f[3] != "" {
				attrs = append(attrs, console.SetList("addl_vlan_ids", strings.Split(f[3], ",")...))
			}
			attrs = append(attrs, console.Set("vswitch", f[6]))
			if len(f) > 7 {
				attrs = append(attrs, console.Set("mac_addr", f[7]))
			}
			e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "a").Add("-p", label, "-s", f[0]).Record("-a", attrs...))
		}
		if !inProfile(slot) {
			profile(text, "+=")
		}
	}
	switch {
	case c.Why == planner.WhyProfileOnly:
		online = false
		remove(schema.Get(e.s.Before.Profile, c.Path))
	case c.Why == planner.WhyProfileLacks:
		online = false
		if item, err := schema.DecodeValue(c.After); err == nil {
			add(item)
		} else {
			e.refuse(c.Path, "Unreadable", "%s", err)
		}
	case len(parts) == 2 && len(c.After) == 0:
		item := schema.Get(e.s.Before.Value, c.Path)
		if schema.True(item, "current") {
			// It is held while the partition is off; the next activation would be said to lose it.
			e.change(on(sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "r").Add("-p", label, "-s", lpar.Number(schema.Get(item, "slot"))))
		}
		remove(item)
	case len(parts) == 2:
		add(schema.Get(e.s.After.Value, c.Path))
	default:
		// One attribute of an adapter: it is taken away and put back in the same slot.
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

// plannedSlot is where the profile has an adapter of the same network that does not run; 0 for nowhere.
func (e *explainer) plannedSlot(item cty.Value) int {
	runs := map[float64]bool{}
	for _, l := range schema.Items(e.s.Before.Value, "ethernet") {
		runs[schema.Num(e.s.Before.Value, schema.JoinPath("ethernet", l, "slot"))] = true
	}
	for _, l := range schema.Items(e.s.Before.Profile, "ethernet") {
		x := schema.Get(e.s.Before.Profile, schema.JoinPath("ethernet", l))
		if n := schema.Num(x, "slot"); !runs[n] && schema.Equal(schema.Get(x, "network"), schema.Get(item, "network")) {
			return int(n)
		}
	}
	return 0
}

// start activates a partition with its profile, so that what waits in the profile
// takes hold.
func (e *explainer) start() {
	o := e.s.After
	sys := e.system(o)
	if sys == nil {
		return
	}
	e.s.Endpoint = sys.Endpoint
	label, profile := name(o), name(o)
	if e.s.Before != nil && schema.Str(e.s.Before.Value, "profile") != "" {
		profile = schema.Str(e.s.Before.Value, "profile")
	}
	c := on(sys, "chsysstate", "-r", "lpar", "-o", "on").Add("-n", label, "-f", profile)
	if b := schema.Str(o.Value, "boot_mode"); b != "" {
		c.Add("-b", b)
	}
	if k := schema.Str(o.Value, "keylock"); k != "" {
		c.Add("-k", k)
	}
	e.change(c)
	e.lost()
	e.watchState(sys, label)
}

func (e *explainer) stop() {
	o := e.s.Before
	label := name(o)
	if e.s.Action == planner.Restart {
		// An earlier step may have renamed or moved it.
		label = name(e.s.After)
		o = o.Clone()
		o.Value = schema.Set(o.Value, "system", schema.Get(e.s.After.Value, "system"))
	}
	sys := e.system(o)
	if sys == nil {
		return
	}
	e.s.Endpoint = sys.Endpoint
	if schema.Str(o.Value, "environment") == "vioserver" {
		e.refuse("state", "Virtual I/O Server", "%s is a Virtual I/O Server; partitions depend on it, and Gantry does not stop it.", e.s.Address).Fix = "Do not declare its state."
		return
	}
	if schema.Str(o.Value, "rmc_state") == "active" {
		e.change(on(sys, "chsysstate", "-r", "lpar", "-o", "osshutdown").Add("-n", label))
	} else {
		e.change(on(sys, "chsysstate", "-r", "lpar", "-o", "shutdown", "--immed").Add("-n", label))
		e.note("the power is cut")
		if schema.Str(o.Value, "state") == "running" {
			e.diags = append(e.diags, diag.Warningf("power-cut", "The power is cut", "%s has no management connection (RMC is %s), so its operating system cannot be asked to shut down: the power is cut while it runs.", e.s.Address, lpar.Pick(schema.Str(o.Value, "rmc_state"), "none")).At(string(e.s.Address), "state").WithFix("Wait until RMC is active, or shut the operating system down by hand first."))
		}
	}
	e.watchState(sys, label)
}

func (e *explainer) watchState(sys *schema.Object, label string) {
	e.add(planner.PurposeWatch, on(sys, "lssyscfg", "-r", "lpar").Filter("lpar_names", label))
}

func (e *explainer) migrate() {
	s := e.s
	source, target := e.f.Object("system", s.From), e.f.Object("system", s.To)
	if source == nil || target == nil {
		return
	}
	label := name(s.Before)
	minutes := 5.0
	if schema.Has(s.After.Value, "mobility.wait") {
		minutes = math.Ceil(schema.Num(s.After.Value, "mobility.wait") / 60)
	}
	ep := e.f.Endpoints[s.TargetEndpoint]
	remote := func(c *console.Command) *console.Command {
		if s.TargetEndpoint == s.Endpoint {
			return c
		}
		return c.Add("--ip", ep.MigrationAddress, "-u", ep.MigrationUser)
	}
	record := e.choices(source, target)
	order := func(op string) *console.Command {
		c := remote(console.New("migrlpar", "-o", op, "-m", name(source), "-t", name(target))).Add("-p", label, "-w", strconv.FormatFloat(minutes, 'f', -1, 64))
		if p := schema.Str(s.After.Value, "mobility.profile"); p != "" {
			c.Add("-n", p)
		}
		c.Add(e.checks()...)
		if len(record) > 0 {
			c.Record("-i", record...)
		}
		return c
	}
	if s.TargetEndpoint != s.Endpoint {
		e.add(planner.PurposeCheck, console.New("mkauthkeys", "--test", "--ip", ep.MigrationAddress, "-u", ep.MigrationUser))
		e.note("the consoles must have each other's keys; to exchange them: gantry exchange-keys %s %s", s.Endpoint, s.TargetEndpoint)
	}
	e.add(planner.PurposeCheck, order("v"))
	e.change(order("m"))
	e.add(planner.PurposeWatch, on(source, "lslparmigr", "-r", "lpar").Filter("lpar_names", label))
	s.Commands = append(s.Commands, planner.Command{Endpoint: s.TargetEndpoint, Purpose: planner.PurposeReadBack, Line: e.line(on(target, "lssyscfg", "-r", "lpar").Filter("lpar_names", label))})
	e.add(planner.PurposeOnFailure, console.New("migrlpar", "-o", "s", "-m", name(source), "-p", label))
	e.add(planner.PurposeOnFailure, remote(console.New("migrlpar", "-o", "r", "-m", name(source))).Add("-p", label))
	e.migrationDetails(target)
	for _, x := range overridden {
		if slices.Contains(schema.Strings(s.After.Value, "mobility.override"), x.name) {
			e.detail("override", "%s: %s", x.name, x.means)
			e.diags = append(e.diags, diag.Diagnostic{Severity: diag.Advice, Code: "LPM-74", Summary: "A check is overridden", Address: string(s.Address), Path: "mobility.override",
				Detail: fmt.Sprintf("The move of %s overrides the check %q of the console: %s.", s.Address, x.name, x.means), Fix: "Take it out of mobility.override when it is not needed any more."})
		}
	}
}

func (e *explainer) line(c *console.Command) string {
	line, err := c.Line()
	if err != nil {
		e.refuse("", "Cannot be sent", "%s", err)
	}
	return line
}

// choices are the attributes of a migration that the estate decides; the rest is
// left to the console, which keeps the mapping.
func (e *explainer) choices(source, target *schema.Object) []console.Attr {
	v := e.s.After.Value
	var out []console.Attr
	if items := schema.Strings(v, "mobility.scsi_mappings"); len(items) > 0 {
		out = append(out, console.SetList("virtual_scsi_mappings", items...))
	}
	items := schema.Strings(v, "mobility.fibre_channel_mappings")
	if len(items) == 0 {
		items = e.portMappings(target)
	}
	if len(items) > 0 {
		out = append(out, console.SetList("virtual_fc_mappings", items...))
	}
	for path, attr := range map[string]string{"mobility.source_mover": "source_msp_name", "mobility.target_mover": "dest_msp_name", "mobility.pool": "shared_proc_pool_name"} {
		if x := schema.Str(v, path); x != "" {
			out = append(out, console.Set(attr, x))
		}
	}
	// Both pairs are of one group; ids and addresses are left to the console ("Specifying redundant mover service partitions",
	// POWER8 documentation).
	var pairs []string
	for _, pair := range schema.Strings(v, "mobility.mover_pairs") {
		from, to, _ := strings.Cut(pair, "/")
		pairs = append(pairs, "1/"+from+"///"+to+"//")
	}
	if len(pairs) > 0 {
		out = append(out, console.SetList("redundant_msps", pairs...))
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// often is how an option of migrlpar says whether something is to be redundant (hmc-cli.md, section 15.1).
var often = map[string]string{"off": "0", "require": "1", "if_possible": "2"}

// overridden are the checks of the console that the estate may give up: the option, and what its value 2 means.
var overridden = []struct{ name, option, means string }{
	{"multipath", "--mpio", "paths to the disks may be fewer on the target"},
	{"vlan_bridge", "--vlanbridge", "VLANs may be bridged nowhere on the target, and the partition cut off there"},
	{"vsi", "--vsi", "adapters may lose their Virtual Station Interface on the target"},
	{"uuid", "--uuid", "the partition may get another UUID"},
	{"remote_restart", "--requirerr", "the partition may lose its remote restart"},
}

// checks are the options that say what the console is to insist on.
func (e *explainer) checks() []string {
	v := e.s.After.Value
	var out []string
	for _, x := range [][2]string{{"redundant_movers", "--redundantmsps"}, {"redundant_servers", "--redundantvios"}} {
		if how := schema.Str(v, "mobility."+x[0]); how != "" {
			out = append(out, x[1], often[how])
		}
	}
	if how := schema.Str(v, "mobility.npiv_validation"); how != "" {
		out = append(out, "--npivval", how)
	}
	named := schema.Strings(v, "mobility.override")
	for _, x := range overridden {
		if slices.Contains(named, x.name) {
			out = append(out, x.option, "2")
		}
	}
	return out
}

// portMappings sends every NPIV adapter to a port of its own fabric.
func (e *explainer) portMappings(target *schema.Object) []string {
	v := e.s.After.Value
	if schema.Str(target.Value, "manager") != "hmc" {
		return nil
	}
	load := map[string]int{}
	var out []string
	for _, l := range schema.Items(v, "npiv") {
		item := schema.Get(v, schema.JoinPath("npiv", l))
		at, port := e.portOn(target, schema.Str(item, "fabric"), load)
		if at == nil || !schema.Has(item, "slot") {
			continue
		}
		load[at.name]++
		load[at.name+"/"+port]++
		out = append(out, fmt.Sprintf("%s/%s///%s", lpar.Number(schema.Get(item, "slot")), at.name, port))
	}
	return out
}

// servedBy are the Virtual I/O Servers in lists of "server/disk + server/disk".
func servedBy(lists []string) string {
	var out []string
	for _, l := range lists {
		for _, one := range strings.Split(l, " + ") {
			if vios, _, ok := strings.Cut(one, "/"); ok && !slices.Contains(out, vios) {
				out = append(out, vios)
			}
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "nobody"
	}
	return strings.Join(out, ", ")
}

// migrationDetails tells the disks on both sides.
func (e *explainer) migrationDetails(target *schema.Object) {
	s := e.s
	labels := schema.Items(s.Before.Value, "disk")
	var from, to []string
	for _, l := range labels {
		d := schema.Get(s.Before.Value, schema.JoinPath("disk", l))
		there := "not visible"
		if disk := e.f.Object("disk", schema.Str(d, "source")); disk != nil {
			var names []string
			for _, v := range schema.Items(disk.Value, schema.JoinPath("paths", target.ID, "devices")) {
				names = append(names, v+"/"+schema.Str(disk.Value, schema.JoinPath("paths", target.ID, "devices", v)))
			}
			if dev := schema.Str(disk.Value, schema.JoinPath("paths", target.ID, "device")); len(names) == 0 && dev != "" {
				names = []string{schema.Str(disk.Value, schema.JoinPath("paths", target.ID, "vios")) + "/" + dev} // an IVM has one
			}
			if len(names) > 0 {
				there = strings.Join(names, " + ")
			}
		}
		var here []string
		for _, v := range schema.Items(d, "servers") {
			here = append(here, v+"/"+schema.Str(d, schema.JoinPath("servers", v, "device")))
		}
		from, to = append(from, strings.Join(here, " + ")), append(to, there)
	}
	if n := len(labels); n > 0 {
		lun := "LUN"
		if n > 1 {
			lun = "LUNs"
		}
		e.detail("disks", "%d, the same %s through %s -> %s", n, lun, servedBy(from), servedBy(to))
	}
	for i := range from {
		e.detail("disk", "%s -> %s", from[i], to[i])
	}
	for _, l := range schema.Items(s.Before.Value, "npiv") {
		n := schema.Get(s.Before.Value, schema.JoinPath("npiv", l))
		e.detail("npiv", "slot %s, %s: both must be zoned", lpar.Number(schema.Get(n, "slot")), strings.Join(schema.Strings(n, "wwpns"), " and "))
	}
}

package ivm

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// answers of the eleven record commands and the batch of Virtual I/O Server
// commands that discovery sends, however many partitions there are.
type answers struct {
	sys, lpars, profs                  []console.Record
	memSys, memLpar, procSys, procLpar []console.Record
	eth, migrSys, migrLpar, slots      []console.Record
	vios                               map[string]console.Section
}

// Discover reads everything in bulk: twelve requests. With a scope, the rows of
// other partitions are left out.
func (s *Session) Discover(ctx context.Context, scope providers.Scope, emit func(*schema.Object)) error {
	a, err := s.ask(ctx, scope)
	if err != nil {
		return err
	}
	d := &discovery{s: s, a: a, scope: scope}
	objects, err := d.objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		emit(o)
	}
	return nil
}

func (s *Session) ask(ctx context.Context, scope providers.Scope) (*answers, error) {
	a := &answers{}
	lpar := func(c *console.Command) *console.Command {
		if len(scope.Names) > 0 {
			c.Filter("lpar_names", scope.Names...)
		}
		return c
	}
	reads := []struct {
		cmd  *console.Command
		into *[]console.Record
	}{
		{console.New("lssyscfg", "-r", "sys"), &a.sys},
		{lpar(console.New("lssyscfg", "-r", "lpar")), &a.lpars},
		// Profiles of all partitions: the server adapters' owners are written in them.
		{console.New("lssyscfg", "-r", "prof"), &a.profs},
		{console.New("lshwres", "-r", "mem", "--level", "sys"), &a.memSys},
		{lpar(console.New("lshwres", "-r", "mem", "--level", "lpar")), &a.memLpar},
		{console.New("lshwres", "-r", "proc", "--level", "sys"), &a.procSys},
		{lpar(console.New("lshwres", "-r", "proc", "--level", "lpar")), &a.procLpar},
		{console.New("lshwres", "-r", "virtualio", "--rsubtype", "eth", "--level", "lpar"), &a.eth},
		{console.New("lshwres", "-r", "virtualio", "--rsubtype", "slot", "--level", "slot"), &a.slots},
		{console.New("lslparmigr", "-r", "sys"), &a.migrSys},
		{lpar(console.New("lslparmigr", "-r", "lpar")), &a.migrLpar},
	}
	errs := make([]error, len(reads)+1)
	var wg sync.WaitGroup
	for i, r := range reads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := s.read(ctx, r.cmd)
			if err == nil {
				if *r.into, err = console.ParseRecords(out); err != nil {
					line, _ := r.cmd.Line()
					err = s.parseError(line, out, err)
				}
			}
			errs[i] = err
		}()
	}
	wg.Add(1)
	go func() {
		defer wg.Done()
		a.vios, errs[len(reads)] = s.askVIOS(ctx)
	}()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// askVIOS reads the Virtual I/O Server in one request.
func (s *Session) askVIOS(ctx context.Context) (map[string]console.Section, error) {
	b := &console.Batch{}
	b.Add("hostname", console.Ioscli("hostname"))
	b.Add("ioslevel", console.Ioscli("ioslevel"))
	b.Add("virtual", console.Ioscli("lsdev", "-virtual"))
	b.Add("lsmap", console.Ioscli("lsmap", "-all"))
	b.Add("net", console.Ioscli("lsmap", "-all", "-net", "-fmt", ":"))
	b.Add("npiv", console.Ioscli("lsmap", "-all", "-npiv", "-fmt", ":"))
	b.Add("disks", console.Ioscli("lsdev", "-type", "disk", "-field", "name", "status", "physloc", "-fmt", ":"))
	b.Add("lspv", console.Ioscli("lspv"))
	b.Add("size", console.Ioscli("lspv", "-size"))
	// Read anew each time: an hdisk number may belong to another LUN by now.
	b.ForEach("attrs", console.Ioscli("lsdev", "-type", "disk", "-field", "name", "-fmt", ":"),
		console.Ioscli("lsdev", "-dev").AddEach().Add("-attr", "reserve_policy"),
		console.New("echo", "::"),
		console.Ioscli("lsdev", "-dev").AddEach().Add("-attr", "unique_id"))
	line, err := b.Line()
	if err != nil {
		return nil, err
	}
	ans, err := s.shell.Run(ctx, line)
	if _, lost := err.(*console.ErrLost); lost && ctx.Err() == nil {
		ans, err = s.shell.Run(ctx, line)
	}
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		_, err = s.Judge(line, ans, err)
		return nil, err
	}
	sections, err := b.Split(ans.Stdout)
	if err != nil {
		return nil, s.parseError(line, ans.Stdout+ans.Stderr, err)
	}
	for _, must := range []string{"hostname", "virtual", "lsmap", "disks"} {
		if sections[must].Exit != 0 {
			return nil, &providers.CommandError{Endpoint: s.key, Command: "ioscli " + must, Exit: sections[must].Exit, Stdout: sections[must].Out, Stderr: ans.Stderr}
		}
	}
	return sections, nil
}

// discovery turns answers into objects.
type discovery struct {
	s     *Session
	a     *answers
	scope providers.Scope

	sysID   string
	sysName string
	vios    console.Record // the management partition
	maps    []console.ServerAdapter
	disks   map[string]*foundDisk // by hdisk
	prof    map[string]console.Record
	owner   map[int]int // VIOS slot -> client partition id
	err     error
}

type foundDisk struct {
	name, status, location, pvid, vg string
	uniqueID, reserve                string
	size                             float64
	wwpn, lun                        string
	id                               string
	adapters                         []string
}

func (d *discovery) objects() ([]*schema.Object, error) {
	if len(d.a.sys) != 1 {
		return nil, fmt.Errorf("%s reports %d systems; an IVM manages one", d.s.key, len(d.a.sys))
	}
	sys := d.a.sys[0]
	d.sysName, d.sysID = sys["name"], sys["type_model"]+"*"+sys["serial_num"]
	d.s.mu.Lock()
	d.s.system, d.s.name = d.sysID, d.sysName
	d.s.host, d.s.version = strings.TrimSpace(d.a.vios["hostname"].Out), strings.TrimSpace(d.a.vios["ioslevel"].Out)
	d.s.mu.Unlock()
	d.prof = map[string]console.Record{}
	for _, p := range d.a.profs {
		d.prof[p["lpar_id"]] = p
	}
	for _, p := range d.a.profs {
		if env(p) == "vioserver" {
			d.vios = p
		}
	}
	for _, l := range d.a.lpars {
		if l["lpar_env"] == "vioserver" {
			d.vios = l
		}
	}
	var err error
	if d.maps, err = console.ParseLsmap(d.a.vios["lsmap"].Out); err != nil {
		return nil, d.s.parseError("ioscli lsmap -all", d.a.vios["lsmap"].Out, err)
	}
	d.owners()
	d.readDisks()
	var out []*schema.Object
	out = append(out, d.system(sys))
	out = append(out, d.networks()...)
	out = append(out, d.diskObjects()...)
	for _, l := range d.a.lpars {
		out = append(out, d.partition(l))
	}
	return out, d.err
}

// env: profiles call it os_type on an IVM and lpar_env elsewhere.
func env(p console.Record) string {
	if p["lpar_env"] != "" {
		return p["lpar_env"]
	}
	return p["os_type"]
}

func (d *discovery) fail(what, text string, err error) {
	if d.err == nil {
		d.err = d.s.parseError(what, text, err)
	}
}

// owners finds which partition each server adapter belongs to. lsmap names the
// client only while it is active, so the profiles are asked first.
func (d *discovery) owners() {
	d.owner = map[int]int{}
	for _, p := range d.a.profs {
		items, err := p.List("virtual_scsi_adapters")
		if err != nil {
			d.fail("lssyscfg -r prof", p["virtual_scsi_adapters"], err)
			return
		}
		id, _ := strconv.Atoi(p["lpar_id"])
		for _, it := range items {
			// slot/client-or-server/[remote-id]/[remote-name]/[remote-slot]/is-required
			f := strings.Split(it, "/")
			if len(f) < 5 {
				d.fail("lssyscfg -r prof", it, fmt.Errorf("virtual SCSI adapter of %d fields", len(f)))
				return
			}
			switch f[1] {
			case "client":
				if slot, err := strconv.Atoi(f[4]); err == nil {
					d.owner[slot] = id
				}
			case "server":
				slot, _ := strconv.Atoi(f[0])
				if remote, err := strconv.Atoi(f[2]); err == nil && d.owner[slot] == 0 {
					d.owner[slot] = remote
				}
			}
		}
	}
	for _, m := range d.maps {
		if m.Client != 0 && d.owner[m.Slot()] == 0 {
			d.owner[m.Slot()] = m.Client
		}
	}
}

func (d *discovery) readDisks() {
	d.disks = map[string]*foundDisk{}
	for _, row := range console.Colon(d.a.vios["disks"].Out) {
		if len(row) < 3 {
			d.fail("ioscli lsdev -type disk", d.a.vios["disks"].Out, fmt.Errorf("row of %d fields", len(row)))
			return
		}
		x := &foundDisk{name: row[0], status: row[1], location: row[2]}
		x.wwpn, x.lun, _ = console.LUN(x.location)
		d.disks[x.name] = x
	}
	for name, f := range console.ParseLspv(d.a.vios["lspv"].Out) {
		if x := d.disks[name]; x != nil {
			x.pvid, x.vg = f[0], f[1]
		}
	}
	// The layout of lspv -size is unconfirmed: the last field is the size in MB.
	for _, line := range strings.Split(d.a.vios["size"].Out, "\n") {
		f := strings.Fields(line)
		if len(f) >= 3 && d.disks[f[0]] != nil {
			d.disks[f[0]].size, _ = strconv.ParseFloat(f[len(f)-1], 64)
		}
	}
	_, items := console.Items(d.a.vios["attrs"].Out)
	for name, text := range items {
		if x := d.disks[name]; x != nil {
			reserve, uid, _ := strings.Cut(text, "::\n")
			x.uniqueID, x.reserve = console.ParseAttr(uid), console.ParseAttr(reserve)
		}
	}
	for _, x := range d.disks {
		switch {
		case x.uniqueID != "":
			x.id = "uid:" + x.uniqueID
		case x.wwpn != "":
			// Without a unique id the LUN behind its storage port is all there is.
			x.id = "lun:" + x.wwpn + "/" + x.lun
		case x.pvid != "":
			x.id = "pvid:" + x.pvid
		default:
			x.id = "local:" + d.sysID + "/" + x.name
		}
	}
	for _, m := range d.maps {
		for _, v := range m.Mappings {
			if x := d.disks[v.Backing]; x != nil {
				x.adapters = append(x.adapters, m.Name)
			}
		}
	}
}

func (d *discovery) system(sys console.Record) *schema.Object {
	mem, proc, mig := lpar.First(d.a.memSys), lpar.First(d.a.procSys), lpar.First(d.a.migrSys)
	caps, err := sys.List("capabilities")
	if err != nil {
		d.fail("lssyscfg -r sys", sys["capabilities"], err)
	}
	modes, err := sys.List("lpar_proc_compat_modes")
	if err != nil {
		d.fail("lssyscfg -r sys", sys["lpar_proc_compat_modes"], err)
	}
	virtual := console.ParseLsdev(d.a.vios["virtual"].Out)
	has := func(prefix string) bool {
		for _, v := range virtual {
			if strings.HasPrefix(v.Name, prefix) && v.Status == "Available" {
				return true
			}
		}
		return false
	}
	manager := cty.NilVal
	if has("ibmvmc") {
		manager = cty.StringVal("ivm")
	}
	attrs := map[string]cty.Value{
		"name": lpar.Str(sys["name"]), "type_model": lpar.Str(sys["type_model"]), "serial_number": lpar.Str(sys["serial_num"]),
		"manager": manager, "console": lpar.Str(d.s.host), "state": lpar.Str(sys["state"]),
		"capabilities": lpar.List(caps), "compatibility_modes": lpar.List(modes), "max_partitions": lpar.Num(sys["max_lpars"]),
		"memory": lpar.Obj(map[string]cty.Value{"installed": lpar.Num(mem["installed_sys_mem"]), "configurable": lpar.Num(mem["configurable_sys_mem"]), "available": lpar.Num(mem["curr_avail_sys_mem"]),
			"firmware": lpar.Num(mem["sys_firmware_mem"]), "region": lpar.Num(mem["mem_region_size"])}),
		"processor": lpar.Obj(map[string]cty.Value{"configurable": lpar.Num(proc["configurable_sys_proc_units"]), "available": lpar.Num(proc["curr_avail_sys_proc_units"]),
			"min_units_per_virtual": lpar.Num(proc["min_proc_units_per_virtual_proc"]), "max_virtual": lpar.Num(proc["max_curr_virtual_procs_per_aixlinux_lpar"])}),
		"mobility": lpar.Obj(map[string]cty.Value{"active_capable": mobile(mig["active_lpar_mobility_capable"], caps, "active_lpar_mobility_capable"), "inactive_capable": mobile(mig["inactive_lpar_mobility_capable"], caps, "inactive_lpar_mobility_capable"),
			"active_max": lpar.Num(mig["num_active_migrations_supported"]), "active_now": lpar.Num(mig["num_active_migrations_in_progress"]),
			"inactive_max": lpar.Num(mig["num_inactive_migrations_supported"]), "inactive_now": lpar.Num(mig["num_inactive_migrations_in_progress"])}),
	}
	if d.vios != nil {
		name := d.viosName()
		vp := d.prof[d.vios["lpar_id"]]
		adapters := map[string]cty.Value{}
		var vtds, stale []string
		ids := map[int]bool{}
		for _, p := range d.a.profs {
			n, _ := strconv.Atoi(p["lpar_id"])
			ids[n] = true
		}
		for _, m := range d.maps {
			client := d.owner[m.Slot()]
			adapters[m.Name] = cty.StringVal(d.lparName(client))
			for _, v := range m.Mappings {
				vtds = append(vtds, v.VTD)
				if client != 0 && !ids[client] || client == 0 {
					stale = append(stale, v.VTD)
				}
			}
		}
		serverAdapters := cty.NilVal
		if len(adapters) > 0 {
			serverAdapters = cty.ObjectVal(adapters)
		}
		state, rmc, units := cty.StringVal("Running"), cty.StringVal("active"), cty.NilVal
		for _, l := range d.a.lpars {
			if l["lpar_id"] == d.vios["lpar_id"] {
				state, rmc = lpar.Str(l["state"]), lpar.Str(l["rmc_state"])
			}
		}
		for _, p := range d.a.procLpar {
			if p["lpar_id"] == d.vios["lpar_id"] {
				units = lpar.Num(p["curr_proc_units"])
			}
		}
		v := lpar.Obj(map[string]cty.Value{"id": lpar.Num(d.vios["lpar_id"]), "state": state, "rmc_state": rmc, "level": lpar.Str(d.s.version),
			"management_channel": cty.BoolVal(has("ibmvmc")), "vasi": cty.BoolVal(has("vasi")), "mover": cty.True,
			"max_virtual_slots": lpar.Num(vp["max_virtual_slots"]), "used_slots": lpar.Numbers(d.usedSlots()), "units": units,
			"server_adapters": serverAdapters, "target_devices": lpar.List(vtds), "stale_mappings": lpar.List(stale), "bridges": d.bridges()})
		attrs["vios"] = cty.ObjectVal(map[string]cty.Value{name: v})
	}
	return &schema.Object{Kind: "system", Endpoint: d.s.key, ID: d.sysID, Value: schema.Build(attrs)}
}

func mobile(said string, caps []string, capability string) cty.Value {
	if said != "" {
		return lpar.Flag(said)
	}
	for _, c := range caps {
		if c == capability {
			return cty.True
		}
	}
	return cty.False
}

func (d *discovery) viosName() string {
	if n := d.vios["lpar_name"]; n != "" {
		return n
	}
	return d.vios["name"]
}

func (d *discovery) lparName(id int) string {
	if p := d.prof[strconv.Itoa(id)]; p != nil && id != 0 {
		if p["lpar_name"] != "" {
			return p["lpar_name"]
		}
		return p["name"]
	}
	return ""
}

func (d *discovery) usedSlots() []int {
	used := map[int]bool{}
	for _, r := range d.a.slots {
		if r["lpar_id"] != "" && r["lpar_id"] != d.vios["lpar_id"] {
			continue
		}
		if n, err := strconv.Atoi(r["slot_num"]); err == nil && r["config"] != "empty" {
			used[n] = true
		}
	}
	for _, m := range d.maps {
		used[m.Slot()] = true
	}
	out := make([]int, 0, len(used))
	for n := range used {
		out = append(out, n)
	}
	sort.Ints(out)
	return out
}

// vlans are the port VLAN and the tagged VLANs of an Ethernet row.
func (d *discovery) vlans(r console.Record) (port int, tagged []int) {
	port, _ = strconv.Atoi(r["port_vlan_id"])
	items, err := r.List("addl_vlan_ids")
	if err != nil {
		d.fail("lshwres --rsubtype eth", r["addl_vlan_ids"], err)
	}
	for _, it := range items {
		if n, err := strconv.Atoi(it); err == nil {
			tagged = append(tagged, n)
		}
	}
	return port, tagged
}

// bridges joins lsmap -net (which adapter is below which SEA) with the VLANs of
// the Virtual I/O Server's own adapters.
func (d *discovery) bridges() cty.Value {
	bySlot := map[string]console.Record{}
	for _, r := range d.a.eth {
		if r["lpar_id"] == d.vios["lpar_id"] {
			bySlot[r["slot_num"]] = r
		}
	}
	type bridge struct {
		vlans, ports, carriers []int
		physical, status       string
	}
	found := map[string]*bridge{}
	for _, row := range console.Colon(d.a.vios["net"].Out) {
		// svea:physloc:sea:backing:status:bdphysloc; status is absent on old levels.
		if len(row) < 4 || strings.Contains(row[2], "NO SHARED") || row[2] == "" {
			continue
		}
		b := found[row[2]]
		if b == nil {
			b = &bridge{physical: row[3]}
			found[row[2]] = b
		}
		if len(row) >= 6 {
			b.status = row[4]
		}
		r := bySlot[strconv.Itoa(console.VirtualSlot(row[1]))]
		if r == nil {
			continue
		}
		port, tagged := d.vlans(r)
		b.ports = append(b.ports, port)
		b.vlans = append(append(b.vlans, port), tagged...)
		if len(tagged) > 0 {
			b.carriers = append(b.carriers, port)
		}
	}
	if len(found) == 0 {
		return cty.NilVal
	}
	out := map[string]cty.Value{}
	for dev, b := range found {
		sort.Ints(b.vlans)
		out[dev] = lpar.Obj(map[string]cty.Value{"vlans": lpar.Numbers(b.vlans), "port_vlan": lpar.Numbers(b.ports), "carriers": lpar.Numbers(b.carriers), "physical": lpar.Str(b.physical), "status": lpar.Str(b.status)})
	}
	return cty.ObjectVal(out)
}

// networks are the VLANs that are bridged or used here.
func (d *discovery) networks() []*schema.Object {
	bridged := map[int]string{}
	if d.vios != nil {
		if br := d.bridges(); br != cty.NilVal {
			for _, dev := range schema.Items(br, "") {
				for _, v := range schema.Get(br, schema.JoinPath(dev, "vlans")).AsValueSlice() {
					n, _ := v.AsBigFloat().Int64()
					bridged[int(n)] = dev
				}
			}
		}
	}
	used := map[int]bool{}
	for n := range bridged {
		used[n] = true
	}
	for _, r := range d.a.eth {
		port, tagged := d.vlans(r)
		for _, n := range append(tagged, port) {
			used[n] = n != 0
		}
	}
	var ns []int
	for n, ok := range used {
		if ok {
			ns = append(ns, n)
		}
	}
	sort.Ints(ns)
	var out []*schema.Object
	for _, n := range ns {
		attrs := map[string]cty.Value{"vlan": cty.NumberIntVal(int64(n))}
		if dev := bridged[n]; dev != "" {
			attrs["bridges"] = cty.ObjectVal(map[string]cty.Value{d.sysID: cty.ObjectVal(map[string]cty.Value{"vios": cty.StringVal(d.viosName()), "device": cty.StringVal(dev)})})
		}
		out = append(out, &schema.Object{Kind: "network", Endpoint: d.s.key, ID: lpar.NetworkID(n), Keys: []string{lpar.NetworkID(n)}, Value: schema.Build(attrs)})
	}
	return out
}

func (d *discovery) diskObjects() []*schema.Object {
	names := make([]string, 0, len(d.disks))
	for n := range d.disks {
		names = append(names, n)
	}
	sort.Strings(names)
	var out []*schema.Object
	for _, n := range names {
		x := d.disks[n]
		lun := cty.NilVal
		if x.wwpn != "" {
			lun = cty.ObjectVal(map[string]cty.Value{"wwpn": cty.StringVal(x.wwpn), "id": cty.StringVal(x.lun)})
		}
		size := cty.NilVal
		if x.size > 0 {
			size = cty.NumberFloatVal(x.size)
		}
		path := lpar.Obj(map[string]cty.Value{"vios": lpar.Str(d.viosName()), "device": lpar.Str(x.name), "status": lpar.Str(x.status), "location": lpar.Str(x.location), "reserve_policy": lpar.Str(x.reserve), "volume_group": lpar.Str(x.vg), "mapped_to": lpar.List(x.adapters)})
		out = append(out, &schema.Object{Kind: "disk", Endpoint: d.s.key, ID: x.id, Keys: []string{x.id}, Value: schema.Build(map[string]cty.Value{
			"unique_id": lpar.Str(x.uniqueID), "pvid": lpar.Str(x.pvid), "lun": lun, "reserve_policy": lpar.Str(x.reserve), "size": size,
			"paths": cty.ObjectVal(map[string]cty.Value{d.sysID: path})})})
	}
	return out
}

func (d *discovery) partition(l console.Record) *schema.Object {
	id := l["lpar_id"]
	prof := d.prof[id]
	mem, proc := console.Record{}, console.Record{}
	for _, r := range d.a.memLpar {
		if r["lpar_id"] == id {
			mem = r
		}
	}
	for _, r := range d.a.procLpar {
		if r["lpar_id"] == id {
			proc = r
		}
	}
	state := lpar.PartitionState(l["state"])
	compat := lpar.Str(l["desired_lpar_proc_compat_mode"])
	values := func(pre string, m, p console.Record) (cty.Value, cty.Value) {
		memory, processor := lpar.Resources(pre, m, p)
		processor["compatibility"], processor["compatibility_now"] = compat, lpar.Str(l["curr_lpar_proc_compat_mode"])
		return lpar.Obj(memory), lpar.Obj(processor)
	}
	memProf, procProf := values("", prof, prof)
	memRun, procRun := values("curr_", mem, proc)
	if state == "off" {
		memRun, procRun = memProf, procProf
	}
	io, err := prof.List("io_slots")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["io_slots"], err)
	}
	var slots []string
	for _, it := range io {
		slots = append(slots, strings.SplitN(it, "/", 2)[0])
	}
	serial, err := prof.List("virtual_serial_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_serial_adapters"], err)
	}
	var extra []int
	for _, it := range serial {
		if n, err := strconv.Atoi(strings.SplitN(it, "/", 2)[0]); err == nil && n > 1 {
			extra = append(extra, n)
		}
	}
	power, err := l.List("power_ctrl_lpar_ids")
	if err != nil {
		d.fail("lssyscfg -r lpar", l["power_ctrl_lpar_ids"], err)
	}
	ethRun, ethProf := d.ethernet(id, prof)
	if state == "off" && ethProf != cty.NilVal {
		ethRun = ethProf
	}
	holds := lpar.Num(proc["curr_proc_units"])
	if proc["curr_proc_mode"] == "ded" {
		holds = lpar.Num(proc["curr_procs"])
	}
	migration := ""
	for _, r := range d.a.migrLpar {
		if r["lpar_id"] == id || r["name"] == l["name"] {
			migration = r["migration_state"]
		}
	}
	ever := cty.NilVal
	if cp, ok := l["curr_profile"]; ok {
		ever = cty.BoolVal(cp != "")
	}
	value := schema.Build(map[string]cty.Value{
		"name": lpar.Str(l["name"]), "system": cty.StringVal(d.sysID), "id": lpar.Num(id), "environment": lpar.Str(l["lpar_env"]), "state": lpar.Str(state),
		"memory": memRun, "processor": procRun, "ethernet": ethRun, "disk": d.partitionDisks(id), "fibre_channel": d.fibreChannel(id),
		"auto_start": lpar.Flag(lpar.Pick(prof["auto_start"], l["auto_start"])), "boot_mode": lpar.Str(lpar.Pick(prof["boot_mode"], l["boot_mode"])), "keylock": lpar.Str(l["lpar_keylock"]),
		"availability_priority": lpar.Num(l["lpar_avail_priority"]), "max_virtual_slots": lpar.Num(prof["max_virtual_slots"]),
		"performance_collection": lpar.Flag(l["allow_perf_collection"]), "connection_monitoring": lpar.Flag(prof["conn_monitoring"]),
		"workload_group": lpar.Str(l["work_group_id"]), "physical_slots": lpar.List(slots),
		"profile": lpar.Str(lpar.Pick(l["default_profile"], prof["name"])), "ever_activated": ever, "os_version": lpar.Str(l["os_version"]),
		"rmc_state": lpar.Str(l["rmc_state"]), "rmc_address": lpar.Str(l["rmc_ipaddr"]),
		"dlpar":                 lpar.Obj(map[string]cty.Value{"memory": lpar.Flag(l["dlpar_mem_capable"]), "processor": lpar.Flag(l["dlpar_proc_capable"]), "io": lpar.Flag(l["dlpar_io_capable"])}),
		"logical_serial_number": lpar.Str(l["logical_serial_num"]), "uptime": lpar.Num(l["uptime"]),
		"power_control": lpar.List(power), "mac_base": lpar.Str(l["virtual_eth_mac_base_value"]),
		"holds_memory": lpar.Num(mem["curr_mem"]), "holds_units": holds, "migration_state": lpar.Str(migration), "extra_serial_slots": lpar.Numbers(extra),
	})
	profile := schema.Build(map[string]cty.Value{"memory": memProf, "processor": procProf, "max_virtual_slots": lpar.Num(prof["max_virtual_slots"]), "ethernet": ethProf})
	return &schema.Object{Kind: "partition", Endpoint: d.s.key, ID: d.sysID + "/" + l["name"], Value: value, Profile: profile}
}

// ethernet reads a partition's adapters: those that exist now, and those of the profile.
func (d *discovery) ethernet(id string, prof console.Record) (run, profile cty.Value) {
	one := func(slot, vlan int, tagged []int, mac string) cty.Value {
		var tags []string
		for _, t := range tagged {
			tags = append(tags, lpar.NetworkID(t))
		}
		attrs := map[string]cty.Value{"slot": cty.NumberIntVal(int64(slot)), "network": cty.StringVal(lpar.NetworkID(vlan)), "mac": lpar.Str(mac)}
		if len(tags) > 0 {
			attrs["tagged"] = lpar.List(tags)
		}
		return schema.Build(attrs)
	}
	items := map[string]cty.Value{}
	for _, r := range d.a.eth {
		if r["lpar_id"] != id {
			continue
		}
		slot, _ := strconv.Atoi(r["slot_num"])
		port, tagged := d.vlans(r)
		items["slot"+r["slot_num"]] = one(slot, port, tagged, r["mac_addr"])
	}
	if len(items) > 0 {
		run = cty.ObjectVal(items)
	}
	its, err := prof.List("virtual_eth_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_eth_adapters"], err)
	}
	items = map[string]cty.Value{}
	for _, it := range its {
		// slot/is-ieee/pvid/[addl-vlans]/[trunk-priority]/is-required[/...]
		f := strings.Split(it, "/")
		if len(f) < 4 {
			d.fail("lssyscfg -r prof", it, fmt.Errorf("virtual Ethernet adapter of %d fields", len(f)))
			continue
		}
		slot, _ := strconv.Atoi(f[0])
		vlan, _ := strconv.Atoi(f[2])
		var tagged []int
		for _, t := range strings.Split(f[3], ",") {
			if n, err := strconv.Atoi(t); err == nil {
				tagged = append(tagged, n)
			}
		}
		items["slot"+f[0]] = one(slot, vlan, tagged, "")
	}
	if len(items) > 0 {
		profile = cty.ObjectVal(items)
	}
	return run, profile
}

func (d *discovery) partitionDisks(id string) cty.Value {
	n, _ := strconv.Atoi(id)
	items := map[string]cty.Value{}
	for _, m := range d.maps {
		if d.owner[m.Slot()] != n || n == 0 {
			continue
		}
		for _, v := range m.Mappings {
			backing, source := "lv", "lv:"+d.sysID+"/"+v.Backing
			switch {
			case d.disks[v.Backing] != nil:
				backing, source = "disk", d.disks[v.Backing].id
			case strings.HasPrefix(v.VTD, "vtopt") || strings.HasSuffix(v.Backing, ".iso"):
				backing, source = "optical", "optical:"+d.sysID+"/"+v.VTD
			case strings.HasPrefix(v.Backing, "/"):
				backing, source = "file", "file:"+d.sysID+v.Backing
			}
			items[v.VTD] = schema.Build(map[string]cty.Value{"source": cty.StringVal(source), "target": cty.StringVal(v.VTD), "device": lpar.Str(v.Backing), "backing": cty.StringVal(backing),
				"adapter": cty.StringVal(m.Name), "adapter_slot": cty.NumberIntVal(int64(m.Slot())), "lun": lpar.Str(v.LUN), "status": lpar.Str(v.Status)})
		}
	}
	if len(items) == 0 {
		return cty.NilVal
	}
	return cty.ObjectVal(items)
}

// fibreChannel reads lsmap -npiv: name:physloc:clntid:clntname:clntos:status:fc:...
func (d *discovery) fibreChannel(id string) cty.Value {
	items := map[string]cty.Value{}
	for _, row := range console.Colon(d.a.vios["npiv"].Out) {
		if len(row) > 6 && row[2] == id {
			items[row[0]] = cty.StringVal(row[6])
		}
	}
	if len(items) == 0 {
		return cty.NilVal
	}
	return cty.ObjectVal(items)
}

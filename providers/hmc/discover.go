package hmc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// managed is a row of lssyscfg -r sys.
type managed struct {
	name, id, typeModel, serial, state, maxPartitions, service string
	modes, capabilities                                        []string
}

// Discover reads everything in bulk: one command for the console, at most thirteen
// for each managed system, and six for each Virtual I/O Server, however many
// partitions there are. A system that cannot be read is reported without its
// partitions, and the others go on.
func (s *Session) Discover(ctx context.Context, scope providers.Scope, emit func(*schema.Object)) error {
	systems, err := s.systems(ctx)
	if err != nil {
		return err
	}
	found := make([][]*schema.Object, len(systems))
	unread := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, m := range systems {
		if len(scope.Systems) > 0 && !slices.Contains(scope.Systems, m.id) {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			objects, err := s.system(ctx, m)
			found[i] = objects
			if err != nil {
				mu.Lock()
				unread[m.id] = plainly(err)
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	for _, why := range unread {
		if len(scope.Systems) > 0 {
			return errors.New(why)
		}
	}
	if len(scope.Systems) == 0 {
		s.mu.Lock()
		s.unread = unread
		s.mu.Unlock()
	}
	for _, objects := range found {
		for _, o := range objects {
			emit(o)
		}
	}
	return nil
}

// plainly is an error with the meaning of a refusal and what to do about it.
func plainly(err error) string {
	var refused *providers.CommandError
	if errors.As(err, &refused) && refused.Meaning != "" {
		return refused.Meaning + " " + refused.Fix + "\n" + err.Error()
	}
	return err.Error()
}

// systems lists what the console manages. Capabilities are asked for by name,
// because they say what a system can do and version numbers do not.
func (s *Session) systems(ctx context.Context) ([]managed, error) {
	b := &console.Batch{}
	b.Add("host", console.New("uname", "-n"))
	b.Add("sys", console.New("lssyscfg", "-r", "sys", "-F", "name,type_model,serial_num,state,max_lpars,lpar_proc_compat_modes,capabilities,service_lpar_id"))
	b.Add("version", console.New("lshmc", "-V"))
	sections, line, err := s.batch(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := s.sectionError(line, sections["sys"]); err != nil {
		return nil, err
	}
	rows, err := console.ParseFields(sections["sys"].Out, 8)
	if err != nil {
		return nil, s.parseError(line, sections["sys"].Out, err)
	}
	var out []managed
	names := map[string]string{}
	for _, r := range rows {
		m := managed{name: r[0], id: r[1] + "*" + r[2], typeModel: r[1], serial: r[2], state: r[3], maxPartitions: r[4], service: r[7]}
		for i, into := range []*[]string{&m.modes, &m.capabilities} {
			if v := r[5+i]; v != "unavailable" {
				list, err := console.SplitList(v)
				if err != nil {
					return nil, s.parseError(line, v, err)
				}
				*into = list
			}
		}
		names[m.id] = m.name
		out = append(out, m)
	}
	s.mu.Lock()
	s.names, s.host = names, strings.TrimSpace(sections["host"].Out)
	if _, base, ok := strings.Cut(sections["version"].Out, "base_version="); ok {
		s.version = strings.TrimSpace(strings.SplitN(base, "\n", 2)[0])
	}
	s.mu.Unlock()
	return out, nil
}

// batch sends several reads in one request.
func (s *Session) batch(ctx context.Context, b *console.Batch) (map[string]console.Section, string, error) {
	line, err := b.Line()
	if err != nil {
		return nil, "", err
	}
	line = "export LANG=en_US.UTF-8 LC_ALL=en_US.UTF-8; " + line
	out, err := lpar.Read(ctx, s, line)
	if err != nil {
		return nil, line, err
	}
	sections, err := b.Split(out)
	if err != nil {
		return nil, line, s.parseError(line, out, err)
	}
	return sections, line, nil
}

// sectionError is the error of one command of a batch.
func (s *Session) sectionError(line string, sec console.Section) error {
	if sec.Exit == 0 {
		return nil
	}
	meaning, fix := explainMessage(sec.Out)
	return &providers.CommandError{Endpoint: s.key, Command: line, Exit: sec.Exit, Stdout: sec.Out, Meaning: meaning, Fix: fix}
}

// answers about one managed system.
type answers struct {
	lpars, profs                       []console.Record
	memSys, memLpar, procSys, procLpar []console.Record
	eth, scsi, fc, vnic                []console.Record
	migrSys, migrLpar, slots, pools    []console.Record
	logicalPorts                       []console.Record
	partly                             []string // what was read only as far as partitions use it
	switches                           []console.Record
	vios                               map[string]map[string]console.Section // by name of the Virtual I/O Server
}

// system reads one managed system. An error comes beside what could be read.
func (s *Session) system(ctx context.Context, m managed) ([]*schema.Object, error) {
	d := &discovery{s: s, m: m, a: &answers{vios: map[string]map[string]console.Section{}}}
	if m.state != "Operating" && m.state != "Standby" {
		return []*schema.Object{d.bare()}, fmt.Errorf("%s is in the state %s", m.name, m.state)
	}
	if err := s.ask(ctx, m, d.a); err != nil {
		return []*schema.Object{d.bare()}, fmt.Errorf("%s: %w", m.name, err)
	}
	objects, err := d.objects()
	if err != nil {
		return []*schema.Object{d.bare()}, err
	}
	return objects, nil
}

func (s *Session) ask(ctx context.Context, m managed, a *answers) error {
	type read struct {
		name string
		cmd  *console.Command
		into *[]console.Record
	}
	on := func(words ...string) *console.Command { return console.New(words...).Add("-m", m.name) }
	virtual := func(sub string) *console.Command {
		return on("lshwres", "-r", "virtualio", "--rsubtype", sub, "--level", "lpar")
	}
	groups := [][]read{
		{{"prof", on("lssyscfg", "-r", "prof"), &a.profs}},
		{{"mem sys", on("lshwres", "-r", "mem", "--level", "sys"), &a.memSys}, {"mem", on("lshwres", "-r", "mem", "--level", "lpar"), &a.memLpar},
			{"proc sys", on("lshwres", "-r", "proc", "--level", "sys"), &a.procSys}, {"proc", on("lshwres", "-r", "proc", "--level", "lpar"), &a.procLpar}},
		{{"eth", virtual("eth"), &a.eth}, {"scsi", virtual("scsi"), &a.scsi}},
		{{"mobility", on("lslparmigr", "-r", "sys"), &a.migrSys}, {"slots", on("lshwres", "-r", "io", "--rsubtype", "slot"), &a.slots}},
	}
	can := func(c string) bool { return slices.Contains(m.capabilities, c) }
	if can("virtual_fc_capable") {
		groups[2] = append(groups[2], read{"fc", virtual("fc"), &a.fc})
	}
	errs := make([]error, len(groups)+1)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		a.lpars, errs[len(groups)] = s.partitions(ctx, m)
	}()
	for i, g := range groups {
		wg.Add(1)
		go func() {
			defer wg.Done()
			b := &console.Batch{}
			for _, r := range g {
				b.Add(r.name, r.cmd)
			}
			sections, _, err := s.batch(ctx, b)
			if err != nil {
				errs[i] = err
				return
			}
			for _, r := range g {
				line, _ := r.cmd.Line()
				if err := s.sectionError(line, sections[r.name]); err != nil {
					errs[i] = err
					return
				}
				if *r.into, err = console.ParseRecords(sections[r.name].Out); err != nil {
					errs[i] = s.parseError(line, sections[r.name].Out, err)
					return
				}
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if err := s.askVIOS(ctx, m, a); err != nil {
		return err
	}
	asked := 1
	for _, g := range groups {
		asked += len(g)
	}
	return s.askMore(ctx, m, a, asked)
}

// most is how many commands discovery sends about one system, those to its Virtual I/O Servers apart.
const most = 12

// askMore reads what depends on what is there, as far as the number of commands allows: first what would be overlooked
// otherwise, then lists of which the parts in use are known already.
func (s *Session) askMore(ctx context.Context, m managed, a *answers, asked int) error {
	can := func(c string) bool { return slices.Contains(m.capabilities, c) }
	on := func(words ...string) *console.Command { return console.New(words...).Add("-m", m.name) }
	some := func(rows []console.Record, is func(console.Record) bool) bool { return slices.ContainsFunc(rows, is) }
	has := func(attr string) func(console.Record) bool {
		return func(r console.Record) bool { return r[attr] != "" && r[attr] != "none" && r[attr] != "null" }
	}
	vnics := some(a.profs, has("vnic_adapters"))
	for _, sections := range a.vios {
		vnics = vnics || strings.Contains(sections["lsdev"].Out, "vnicserver") // the server's side of one that only runs
	}
	// The slot of an adapter in SR-IOV mode is not assignable (hmc-live-facts.md, section 9).
	shared := some(a.profs, has("sriov_eth_logical_ports")) || some(a.slots, func(r console.Record) bool { return r["lpar_assignment_capable"] == "0" })
	for _, more := range []struct {
		part   string
		needed bool
		cmd    *console.Command
		into   *[]console.Record
	}{
		{"", some(a.lpars, func(l console.Record) bool { return strings.HasPrefix(l["state"], "Migrating") }), on("lslparmigr", "-r", "lpar"), &a.migrLpar},
		{"vnics", vnics && can("vnic_dedicated_sriov_capable"), on("lshwres", "-r", "virtualio", "--rsubtype", "vnic", "--level", "lpar"), &a.vnic},
		{"logical_ports", shared, on("lshwres", "-r", "sriov", "--rsubtype", "logport"), &a.logicalPorts},
		{"virtual_switches", can("virtual_switch_capable"), on("lshwres", "-r", "virtualio", "--rsubtype", "vswitch"), &a.switches},
		{"processor_pools", can("micro_lpar_capable"), on("lshwres", "-r", "procpool"), &a.pools},
	} {
		if !more.needed {
			continue
		}
		if asked++; asked > most {
			a.partly = append(a.partly, more.part)
			continue
		}
		b := &console.Batch{}
		b.Add("more", more.cmd)
		sections, line, err := s.batch(ctx, b)
		if err == nil {
			err = s.sectionError(line, sections["more"])
		}
		if err != nil {
			return err
		}
		if *more.into, err = console.ParseRecords(sections["more"].Out); err != nil {
			return s.parseError(line, sections["more"].Out, err)
		}
	}
	return nil
}

// lparAttrs are what discovery reads of every partition. They are asked for by name, because the record that
// lssyscfg prints without names has no dlpar attributes, and before V9 neither uuid nor description.
var lparAttrs = strings.Fields(`name lpar_id lpar_env state os_version logical_serial_num default_profile curr_profile
	work_group_id allow_perf_collection power_ctrl_lpar_ids boot_mode lpar_keylock rmc_state rmc_ipaddr
	dlpar_mem_capable dlpar_proc_capable dlpar_io_capable time_ref lpar_avail_priority desired_lpar_proc_compat_mode
	curr_lpar_proc_compat_mode msp uuid migration_disabled description simplified_remote_restart_capable
	vtpm_enabled curr_secure_boot keystore_kbytes virtual_serial_num`)

// since are the first versions of the console that are sure to know some of them.
var since = map[string]int{"migration_disabled": 8, "description": 8, "simplified_remote_restart_capable": 8, "vtpm_enabled": 8, "curr_secure_boot": 10, "keystore_kbytes": 10, "virtual_serial_num": 10}

// release is the number behind the V of a console's version; a console that does not tell is taken for a new one.
func release(version string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(version, "V"), "R")
	if n, err := strconv.Atoi(digits); err == nil {
		return n
	}
	return math.MaxInt
}

// partitions reads the partitions of a system. Which attributes a release knows is unconfirmed for the older ones:
// one that the console refuses by name is not asked for again in this session.
func (s *Session) partitions(ctx context.Context, m managed) ([]console.Record, error) {
	for {
		s.mu.Lock()
		names := slices.DeleteFunc(slices.Clone(lparAttrs), func(n string) bool {
			return s.refused[n] || since[n] > release(s.version)
		})
		s.mu.Unlock()
		b := &console.Batch{}
		b.Add("lpar", console.New("lssyscfg", "-r", "lpar", "-m", m.name, "-F", strings.Join(names, ",")))
		sections, line, err := s.batch(ctx, b)
		if err != nil {
			return nil, err
		}
		out := sections["lpar"].Out
		if err := s.sectionError(line, sections["lpar"]); err != nil {
			words := strings.FieldsFunc(out, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
			again := false
			s.mu.Lock()
			for _, n := range names {
				if n != "name" && n != "state" && slices.Contains(words, n) {
					s.refused[n], again = true, true
				}
			}
			s.mu.Unlock()
			if again {
				continue
			}
			return nil, err
		}
		rows, err := console.ParseFields(out, len(names))
		if err != nil {
			return nil, s.parseError(line, out, err)
		}
		var recs []console.Record
		for _, row := range rows {
			r := console.Record{}
			for i, n := range names {
				if row[i] != "null" {
					r[n] = row[i]
				}
			}
			recs = append(recs, r)
		}
		return recs, nil
	}
}

// askVIOS reads every Virtual I/O Server that can be asked, six commands each.
func (s *Session) askVIOS(ctx context.Context, m managed, a *answers) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var first error
	for _, l := range a.lpars {
		if l["lpar_env"] != "vioserver" || l["state"] != "Running" || l["rmc_state"] != "active" {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			name := l["name"]
			b := &console.Batch{}
			b.Add("lsmap", console.Vios(m.name, name, "lsmap", "-all"))
			b.Add("net", console.Vios(m.name, name, "lsmap", "-all", "-net", "-fmt", ":"))
			b.Add("npiv", console.Vios(m.name, name, "lsmap", "-all", "-npiv", "-fmt", ":"))
			b.Add("lsdev", console.Vios(m.name, name, "lsdev", "-field", "name", "status", "physloc", "-fmt", ":"))
			// One command for the identity of every disk; the lines before it may fail, because there need be neither a
			// media library nor a cluster, and its exit code is the command's.
			identities := console.New("chkdev", "-field", "name", "identifier", "phys2virt_capable", "-fmt", ":")
			b.Add("chkdev", console.ViosLines(m.name, name, console.New("lsrep"), console.New("cluster", "-list"), console.New("lssp"), identities))
			sections, line, err := s.batch(ctx, b)
			if err == nil && sections["chkdev"].Exit != 0 {
				// A console that does not take several lines in one command: the storage pools stay unknown.
				b := &console.Batch{}
				b.Add("chkdev", console.ViosCommand(m.name, name, identities))
				var again map[string]console.Section
				if again, line, err = s.batch(ctx, b); err == nil {
					sections["chkdev"] = again["chkdev"]
				}
			}
			if err == nil {
				for _, must := range []string{"lsmap", "lsdev", "chkdev"} {
					if e := s.sectionError(line, sections[must]); e != nil && err == nil {
						err = e
					}
				}
			}
			if err == nil {
				sections["attrs"], err = s.askDetails(ctx, m, name, sections, l["msp"] == "1")
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil && first == nil {
				first = fmt.Errorf("%s: %w", name, err)
			}
			a.vios[name] = sections
		}()
	}
	wg.Wait()
	return first
}

// askDetails reads what can change of every disk of a Virtual I/O Server, how its shared Ethernet adapters share the
// work, and what its storage pools hold. A console that does not take several lines in one command leaves it unknown.
func (s *Session) askDetails(ctx context.Context, m managed, vios string, sections map[string]console.Section, mover bool) (console.Section, error) {
	var lines []*console.Command
	st := readStorage(sections["chkdev"].Out)
	for _, pool := range st.pools {
		switch pool.kind {
		case volumePool:
			lines = append(lines, console.New("lsvg", "-lv", pool.name))
		case filePool:
			lines = append(lines, console.New("lssp", "-bd", "-sp", pool.name))
		}
	}
	if st.cluster != "" {
		lines = append(lines, console.New("lssp", "-clustername", st.cluster), console.New("lu", "-list", "-clustername", st.cluster))
	}
	if mover {
		// Levels before 2.2.2 do not have it; what they print instead stands before the first value.
		lines = append(lines, console.New("lsdev", "-dev", "vioslpm0", "-attr", "cfg_msp_lpm_ops"))
	}
	for _, row := range st.identities {
		lines = append(lines, console.New("lsdev", "-dev", row[0], "-attr", diskAttrs))
	}
	for _, sea := range seas(sections["net"].Out) {
		for _, attr := range seaAttrs {
			lines = append(lines, console.New("lsdev", "-dev", sea, "-attr", attr))
		}
	}
	if len(lines) == 0 {
		return console.Section{}, nil
	}
	b := &console.Batch{}
	b.Add("attrs", console.ViosLines(m.name, vios, lines...))
	answers, _, err := s.batch(ctx, b)
	return answers["attrs"], err
}

// seas are the shared Ethernet adapters in lsmap -all -net -fmt :, each once.
func seas(net string) []string {
	var out []string
	for _, row := range console.Colon(net) {
		if len(row) >= 4 && row[2] != "" && !strings.Contains(row[2], "NO SHARED") && !slices.Contains(out, row[2]) {
			out = append(out, row[2])
		}
	}
	return out
}

// seaAttrs are asked for one by one, because an attribute without a value prints no line.
var seaAttrs = []string{"ha_mode", "ctl_chan"}

const diskAttrs = "pvid,reserve_policy,queue_depth"

// discovery turns the answers about one system into objects.
type discovery struct {
	s *Session
	m managed
	a *answers

	byID  map[string]console.Record // partitions
	prof  map[string]console.Record // by partition id: the default profile
	all   map[string][]string       // by partition id: names of all profiles
	disks map[string]*disk          // by VIOS and device
	maps  map[string][]console.ServerAdapter
	owner map[string]string // VIOS/slot of a server adapter -> id of the client

	storage map[string]*storage  // by VIOS
	exports map[string][]string  // VIOS|identity of a disk -> VIOS/server adapter
	movers  map[string]string    // VIOS -> migrations that it carries at once
	seas    map[string][2]string // VIOS/device of a shared Ethernet adapter -> ha_mode, ctl_chan
	err     error
}

// notExportable is the status of a disk that belongs to a volume group of a Virtual I/O Server itself.
const notExportable = "not exportable"

type disk struct {
	vios, name, status, location, pvid, id, uniqueID, wwpn, lun, reserve, depth string
	adapters                                                                    []string
}

func (d *discovery) fail(what, text string, err error) {
	if d.err == nil {
		d.err = d.s.parseError(what, text, err)
	}
}

// bare is a system of which nothing more can be read.
func (d *discovery) bare() *schema.Object {
	return &schema.Object{Kind: "system", Endpoint: d.s.key, ID: d.m.id, Value: schema.Build(d.head())}
}

func (d *discovery) head() map[string]cty.Value {
	d.s.mu.Lock()
	host := d.s.host
	d.s.mu.Unlock()
	return map[string]cty.Value{
		"name": lpar.Str(d.m.name), "type_model": lpar.Str(d.m.typeModel), "serial_number": lpar.Str(d.m.serial), "manager": cty.StringVal("hmc"),
		"console": lpar.Str(host), "state": lpar.Str(d.m.state), "capabilities": lpar.List(d.m.capabilities), "compatibility_modes": lpar.List(d.m.modes),
		"max_partitions": lpar.Num(d.m.maxPartitions), "service_partition": lpar.Num(d.m.service),
	}
}

func (d *discovery) objects() ([]*schema.Object, error) {
	d.byID, d.prof, d.all = map[string]console.Record{}, map[string]console.Record{}, map[string][]string{}
	for _, l := range d.a.lpars {
		d.byID[l["lpar_id"]] = l
	}
	for _, p := range d.a.profs {
		id := p["lpar_id"]
		d.all[id] = append(d.all[id], p["name"])
		if l := d.byID[id]; l != nil && l["default_profile"] == p["name"] || d.prof[id] == nil {
			d.prof[id] = p
		}
	}
	d.owners()
	d.readVIOS()
	out := []*schema.Object{d.system()}
	out = append(out, d.networks()...)
	out = append(out, d.diskObjects()...)
	out = append(out, d.madeDisks()...)
	for _, l := range d.a.lpars {
		out = append(out, d.partition(l))
	}
	return out, d.err
}

// owners finds the client of every server adapter: the adapter names it, or a
// client adapter points there.
func (d *discovery) owners() {
	d.owner = map[string]string{}
	for _, list := range [][]console.Record{d.a.scsi, d.a.fc} {
		for _, r := range list {
			switch {
			case r["adapter_type"] == "client":
				at := r["remote_lpar_name"] + "/" + r["remote_slot_num"]
				if d.owner[at] == "" {
					d.owner[at] = r["lpar_id"]
				}
			case r["remote_lpar_id"] != "any" && r["remote_lpar_id"] != "65535":
				d.owner[r["lpar_name"]+"/"+r["slot_num"]] = r["remote_lpar_id"]
			}
		}
	}
}

func (d *discovery) readVIOS() {
	d.disks, d.maps = map[string]*disk{}, map[string][]console.ServerAdapter{}
	d.movers = map[string]string{}
	d.storage, d.exports, d.seas = map[string]*storage{}, map[string][]string{}, map[string][2]string{}
	for vios, sec := range d.a.vios {
		maps, err := console.ParseLsmap(sec["lsmap"].Out)
		if err != nil {
			d.fail("viosvrcmd -p "+vios+" lsmap -all", sec["lsmap"].Out, err)
			return
		}
		d.maps[vios] = maps
		identity, taken, attrs := map[string]string{}, map[string]bool{}, map[string][]string{}
		values := console.ParseAttrs(sec["attrs"].Out)
		st := readStorage(sec["chkdev"].Out)
		st.details(sec["attrs"].Out)
		d.storage[vios] = st
		bridges := seas(sec["net"].Out)
		// A disk tells several values, so that a number alone can only be the limit, which was asked for first.
		if len(values) > 0 && len(values[0]) == 1 && len(st.identities)+len(bridges) > 0 && atoi(values[0][0]) > 0 {
			d.movers[vios], values = values[0][0], values[1:]
		}
		whole := len(values) == len(st.identities)+len(bridges)*len(seaAttrs)
		for i, row := range st.identities {
			identity[row[0]], taken[row[0]] = row[1], row[2] == "NO"
			if whole && len(values[i]) == strings.Count(diskAttrs, ",")+1 {
				attrs[row[0]] = values[i]
			}
		}
		for i, sea := range bridges {
			if !whole {
				break
			}
			of := func(k int) string { return strings.Join(values[len(st.identities)+i*len(seaAttrs)+k], "") }
			d.seas[vios+"/"+sea] = [2]string{of(0), of(1)}
		}
		for _, row := range console.Colon(sec["lsdev"].Out) {
			if len(row) < 3 || !strings.HasPrefix(row[0], "hdisk") {
				continue
			}
			x := &disk{vios: vios, name: row[0], status: row[1], location: row[2]}
			if v := attrs[x.name]; v != nil {
				x.reserve, x.depth = v[1], v[2]
				if v[0] != "none" && len(v[0]) >= 16 {
					x.pvid = v[0][:16]
				}
			}
			if taken[x.name] {
				x.status = notExportable
			}
			x.wwpn, x.lun, _ = console.LUN(x.location)
			// Without a unique id chkdev names the PVID, in 32 digits.
			switch id := identity[x.name]; {
			case id == "":
			case len(id) == 32 && strings.HasSuffix(id, strings.Repeat("0", 16)):
				x.pvid = id[:16]
			default:
				x.uniqueID = id
			}
			switch {
			case x.uniqueID != "":
				x.id = "uid:" + x.uniqueID
			case x.wwpn != "":
				x.id = "lun:" + x.wwpn + "/" + x.lun
			case x.pvid != "":
				x.id = "pvid:" + x.pvid
			default:
				x.id = "local:" + d.m.id + "/" + vios + "/" + x.name
			}
			d.disks[vios+"/"+x.name] = x
		}
		for _, a := range maps {
			for _, m := range a.Mappings {
				if x := d.disks[vios+"/"+m.Backing]; x != nil {
					x.adapters = append(x.adapters, vios+"/"+a.Name)
				} else if _, id, _ := d.backed(vios, m); id != "" {
					d.exports[vios+"|"+id] = append(d.exports[vios+"|"+id], vios+"/"+a.Name)
				}
			}
		}
	}
}

// servers are the names of the Virtual I/O Servers, in the order of their ids.
func (d *discovery) servers() []console.Record {
	var out []console.Record
	for _, l := range d.a.lpars {
		if l["lpar_env"] == "vioserver" {
			out = append(out, l)
		}
	}
	sort.Slice(out, func(i, j int) bool { return atoi(out[i]["lpar_id"]) < atoi(out[j]["lpar_id"]) })
	return out
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // no number is no slot
	return n
}

func (d *discovery) system() *schema.Object {
	mem, proc, mig := lpar.First(d.a.memSys), lpar.First(d.a.procSys), lpar.First(d.a.migrSys)
	v := d.head()
	v["memory"] = lpar.Obj(map[string]cty.Value{"installed": lpar.Num(mem["installed_sys_mem"]), "configurable": lpar.Num(mem["configurable_sys_mem"]),
		"available": lpar.Num(mem["curr_avail_sys_mem"]), "firmware": lpar.Num(mem["sys_firmware_mem"]), "huge_pages": lpar.Num(mem["curr_avail_num_sys_huge_pages"]), "region": lpar.Num(mem["mem_region_size"])})
	v["processor"] = lpar.Obj(map[string]cty.Value{"configurable": lpar.Num(proc["configurable_sys_proc_units"]), "available": lpar.Num(proc["curr_avail_sys_proc_units"]),
		"min_units_per_virtual": lpar.Num(proc["min_proc_units_per_virtual_proc"]), "max_virtual": lpar.Num(proc["max_curr_virtual_procs_per_aixlinux_lpar"])})
	v["mobility"] = lpar.Obj(map[string]cty.Value{"active_capable": lpar.Flag(mig["active_lpar_mobility_capable"]), "inactive_capable": lpar.Flag(mig["inactive_lpar_mobility_capable"]),
		"active_max": lpar.Num(mig["num_active_migrations_supported"]), "active_now": lpar.Num(mig["num_active_migrations_in_progress"]),
		"inactive_max": lpar.Num(mig["num_inactive_migrations_supported"]), "inactive_now": lpar.Num(mig["num_inactive_migrations_in_progress"])})
	pools, switches := map[string]bool{}, map[string]bool{}
	for _, r := range d.a.pools {
		pools[r["name"]] = true
	}
	for _, r := range d.a.procLpar {
		pools[r["curr_shared_proc_pool_name"]] = true
	}
	for _, r := range d.a.profs {
		pools[r["shared_proc_pool_name"]] = true
	}
	for _, r := range d.a.eth {
		switches[r["vswitch"]] = true
	}
	for _, r := range d.a.switches {
		switches[strings.TrimSuffix(r["vswitch"], "(Default)")] = true
	}
	v["processor_pools"], v["virtual_switches"] = lpar.List(named(pools)), lpar.List(named(switches))
	if len(d.a.partly) > 0 {
		v["partly"] = lpar.List(d.a.partly)
	}
	slots := map[string]cty.Value{}
	for _, r := range d.a.slots {
		slots[r["drc_index"]] = schema.Build(map[string]cty.Value{"location": lpar.Str(r["drc_name"]), "description": lpar.Str(r["description"]), "owner": lpar.Str(r["lpar_name"])})
	}
	v["physical_slots"] = lpar.Obj(slots)
	vios := map[string]cty.Value{}
	for _, l := range d.servers() {
		vios[l["name"]] = d.server(l)
	}
	v["vios"] = lpar.Obj(vios)
	return &schema.Object{Kind: "system", Endpoint: d.s.key, ID: d.m.id, Value: schema.Build(v)}
}

func named(set map[string]bool) []string {
	var out []string
	for n := range set {
		if n != "" && n != "null" {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}

func (d *discovery) clientName(id string) string {
	if l := d.byID[id]; l != nil {
		return l["name"]
	}
	if id == "" {
		return ""
	}
	return "id " + id
}

func (d *discovery) server(l console.Record) cty.Value {
	name, id := l["name"], l["lpar_id"]
	prof := d.profileOf(l)
	sec := d.a.vios[name]
	adapters, fcAdapters := map[string]cty.Value{}, map[string]cty.Value{}
	var vtds, stale []string
	for _, a := range d.maps[name] {
		client := d.owner[name+"/"+strconv.Itoa(a.Slot())]
		adapters[a.Name] = cty.StringVal(d.clientName(client))
		for _, m := range a.Mappings {
			vtds = append(vtds, m.VTD)
			if client == "" || d.byID[client] == nil {
				stale = append(stale, m.VTD)
			}
		}
	}
	for _, row := range console.Colon(sec["npiv"].Out) {
		if len(row) > 1 {
			fcAdapters[row[0]] = cty.StringVal(d.clientName(d.owner[name+"/"+strconv.Itoa(console.VirtualSlot(row[1]))]))
		}
	}
	used := map[int]bool{0: true, 1: true}
	slotsOf := func(rows []console.Record) cty.Value {
		out := map[string]cty.Value{}
		for _, r := range rows {
			if r["lpar_id"] != id {
				continue
			}
			used[atoi(r["slot_num"])] = true
			if r["adapter_type"] == "server" {
				out[r["slot_num"]] = cty.StringVal(d.clientName(d.owner[name+"/"+r["slot_num"]]))
			}
		}
		return lpar.Obj(out)
	}
	scsi, fc := slotsOf(d.a.scsi), slotsOf(d.a.fc)
	for _, r := range d.a.eth {
		if r["lpar_id"] == id {
			used[atoi(r["slot_num"])] = true
		}
	}
	ports, vasi := map[string]cty.Value{}, false
	for _, row := range console.Colon(sec["lsdev"].Out) {
		if len(row) < 3 || row[1] != "Available" {
			continue
		}
		if strings.HasPrefix(row[0], "fcs") {
			ports[row[0]] = cty.StringVal(row[2])
		}
		vasi = vasi || strings.HasPrefix(row[0], "vasi")
	}
	units := cty.NilVal
	for _, p := range d.a.procLpar {
		if p["lpar_id"] == id {
			units = lpar.Num(p["curr_proc_units"])
		}
	}
	slots := make([]int, 0, len(used))
	for n := range used {
		slots = append(slots, n)
	}
	sort.Ints(slots)
	etherPorts, etherSlots, etherProfile := d.ethernetOf(l)
	pools, media, cluster := cty.NilVal, cty.NilVal, cty.NilVal
	if st := d.storage[name]; st != nil {
		pools, media = st.facts()
		cluster = lpar.Str(st.cluster)
	}
	level := strings.TrimPrefix(l["os_version"], "VIOS ")
	if level == "Unknown" {
		level = ""
	}
	return schema.Build(map[string]cty.Value{"id": lpar.Num(id), "state": lpar.Str(l["state"]), "rmc_state": lpar.Str(l["rmc_state"]), "level": lpar.Str(level),
		"management_channel": cty.False, "vasi": cty.BoolVal(vasi), "mover": lpar.Flag(l["msp"]), "mover_limit": lpar.Num(d.movers[name]), "max_virtual_slots": lpar.Num(prof["max_virtual_slots"]),
		"used_slots": lpar.Numbers(slots), "units": units, "profile": lpar.Str(lpar.Pick(l["curr_profile"], l["default_profile"])),
		"server_adapters": lpar.Obj(adapters), "fibre_channel_adapters": lpar.Obj(fcAdapters), "fibre_channel_ports": lpar.Obj(ports),
		"ethernet_ports": etherPorts, "ethernet_slots": etherSlots, "profile_ethernet": etherProfile, "pools": pools, "media": media, "cluster": cluster, "scsi_slots": scsi, "fibre_channel_slots": fc, "scsi_profile": d.serverProfile(l, "virtual_scsi_adapters"), "fibre_channel_profile": d.serverProfile(l, "virtual_fc_adapters"), "target_devices": lpar.List(vtds), "stale_mappings": lpar.List(stale), "bridges": d.bridges(l)})
}

// vlans are the port VLAN and the tagged VLANs of an Ethernet row.
func (d *discovery) vlans(r console.Record) (port int, tagged []int) {
	items, err := r.List("addl_vlan_ids")
	if err != nil {
		d.fail("lshwres --rsubtype eth", r["addl_vlan_ids"], err)
	}
	for _, it := range items {
		if n := atoi(it); n > 0 {
			tagged = append(tagged, n)
		}
	}
	return atoi(r["port_vlan_id"]), tagged
}

// bridges joins lsmap -net with the trunk adapters of the Virtual I/O Server.
func (d *discovery) bridges(l console.Record) cty.Value {
	type bridge struct {
		vlans, ports, carriers    []int
		priority                  string
		physical, status, vswitch string
		trunks                    map[string]cty.Value
	}
	found := map[string]*bridge{}
	for _, row := range console.Colon(d.a.vios[l["name"]]["net"].Out) {
		// svea:physloc:sea:backing:status:bdphysloc
		if len(row) < 4 || row[2] == "" || strings.Contains(row[2], "NO SHARED") {
			continue
		}
		for _, r := range d.a.eth {
			if r["lpar_id"] != l["lpar_id"] || atoi(r["slot_num"]) != console.VirtualSlot(row[1]) || r["is_trunk"] != "1" {
				continue
			}
			b := found[row[2]]
			if b == nil {
				b = &bridge{physical: row[3], trunks: map[string]cty.Value{}}
				found[row[2]] = b
			}
			if len(row) >= 6 {
				b.status = row[4]
			}
			port, tagged := d.vlans(r)
			b.ports, b.priority, b.vswitch = append(b.ports, port), r["trunk_priority"], r["vswitch"]
			b.vlans = append(append(b.vlans, port), tagged...)
			b.trunks[r["slot_num"]] = schema.Build(map[string]cty.Value{"device": lpar.Str(row[0]), "vlan": cty.NumberIntVal(int64(port)), "tagged": lpar.Numbers(tagged), "ieee": lpar.Flag(r["ieee_virtual_eth"])})
		}
	}
	slots := map[string]int{} // of the virtual adapters, by device
	for _, row := range console.Colon(d.a.vios[l["name"]]["lsdev"].Out) {
		if len(row) > 2 && strings.HasPrefix(row[0], "ent") {
			slots[row[0]] = console.VirtualSlot(row[2])
		}
	}
	out := map[string]cty.Value{}
	for dev, b := range found {
		sort.Ints(b.vlans)
		v := map[string]cty.Value{"vlans": lpar.Numbers(b.vlans), "port_vlan": lpar.Numbers(b.ports), "carriers": lpar.Numbers(b.carriers),
			"priority": lpar.Num(b.priority), "physical": lpar.Str(b.physical), "status": lpar.Str(b.status), "switch": lpar.Str(b.vswitch), "trunks": lpar.Obj(b.trunks)}
		attrs := d.seas[l["name"]+"/"+dev]
		v["mode"] = lpar.Str(attrs[0])
		if slot := slots[attrs[1]]; slot > 0 {
			v["control_slot"] = cty.NumberIntVal(int64(slot))
		}
		out[dev] = lpar.Obj(v)
	}
	return lpar.Obj(out)
}

// ethernetOf are the Ethernet adapters of a Virtual I/O Server: the physical ones, the virtual ones, and those of its profile.
func (d *discovery) ethernetOf(l console.Record) (ports, slots, profile cty.Value) {
	physical, virtual := map[string]cty.Value{}, map[string]cty.Value{}
	bridges := seas(d.a.vios[l["name"]]["net"].Out)
	for _, row := range console.Colon(d.a.vios[l["name"]]["lsdev"].Out) {
		if len(row) > 2 && strings.HasPrefix(row[0], "ent") && row[1] == "Available" && console.VirtualSlot(row[2]) == 0 && !slices.Contains(bridges, row[0]) {
			physical[row[0]] = cty.StringVal(row[2]) // a link aggregation has no location
		}
	}
	for _, r := range d.a.eth {
		if r["lpar_id"] == l["lpar_id"] {
			port, tagged := d.vlans(r)
			one := map[string]cty.Value{"vlan": cty.NumberIntVal(int64(port)), "tagged": lpar.Numbers(tagged), "switch": lpar.Str(r["vswitch"])}
			if r["is_trunk"] == "1" {
				one["priority"] = lpar.Num(r["trunk_priority"])
			}
			virtual[r["slot_num"]] = schema.Build(one)
		}
	}
	return lpar.Obj(physical), lpar.Obj(virtual), d.ethernetProfile(l)
}

// ethernetProfile are the virtual Ethernet adapters in the profile that a Virtual I/O Server was activated with.
func (d *discovery) ethernetProfile(l console.Record) cty.Value {
	prof := d.profileOf(l)
	items, err := prof.List("virtual_eth_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_eth_adapters"], err)
	}
	return lpar.List(items)
}

// serverProfile are the server adapters in the profile that a Virtual I/O Server was activated with, and the partition each is for.
func (d *discovery) serverProfile(l console.Record, attr string) cty.Value {
	prof := d.profileOf(l)
	items, err := prof.List(attr)
	if err != nil {
		d.fail("lssyscfg -r prof", prof[attr], err)
	}
	out := map[string]cty.Value{}
	for _, it := range items {
		f := strings.Split(it, "/") // slot/server/partition's id/its name/its slot/…
		if len(f) < 5 || f[1] != "server" {
			continue
		}
		client := f[3]
		if c := d.byID[f[2]]; c != nil {
			client = c["name"]
		}
		if client != "" && client != "any" {
			out[f[0]] = cty.StringVal(client)
		}
	}
	return lpar.Obj(out)
}

// profileOf is the profile that a partition was activated with, or its default one.
func (d *discovery) profileOf(l console.Record) console.Record {
	for _, p := range d.a.profs {
		if p["lpar_id"] == l["lpar_id"] && p["name"] == l["curr_profile"] {
			return p
		}
	}
	if p := d.prof[l["lpar_id"]]; p != nil {
		return p
	}
	return console.Record{}
}

// networks are the VLANs that are bridged or used here.
func (d *discovery) networks() []*schema.Object {
	bridged, servers, kept := map[int][2]string{}, map[int][]string{}, map[int][]string{}
	used := map[int]bool{}
	for _, l := range d.servers() {
		for _, it := range schema.Strings(d.ethernetProfile(l), "") {
			// slot/is-ieee/pvid/[addl-vlans]/trunk-priority/...
			if f := strings.Split(it, "/"); len(f) > 5 && atoi(f[4]) > 0 {
				for _, v := range append(vlanList(f[3]), f[2]) {
					n := atoi(v)
					used[n] = true
					if list := kept[n]; len(list) == 0 || list[len(list)-1] != l["name"] {
						kept[n] = append(list, l["name"])
					}
				}
			}
		}
		br := d.bridges(l)
		if br == cty.NilVal {
			continue
		}
		for _, dev := range schema.Items(br, "") {
			for _, v := range schema.Get(br, schema.JoinPath(dev, "vlans")).AsValueSlice() {
				n, _ := v.AsBigFloat().Int64()
				if _, ok := bridged[int(n)]; !ok {
					bridged[int(n)] = [2]string{l["name"], dev}
				}
				if list := servers[int(n)]; len(list) == 0 || list[len(list)-1] != l["name"] {
					servers[int(n)] = append(list, l["name"])
				}
			}
		}
	}
	for n := range bridged {
		used[n] = true
	}
	for _, r := range d.a.eth {
		if l := d.byID[r["lpar_id"]]; l == nil || l["lpar_env"] == "vioserver" {
			continue // control channels and the like are nobody's network
		}
		port, tagged := d.vlans(r)
		for _, n := range append(tagged, port) {
			used[n] = true
		}
	}
	var ns []int
	for n := range used {
		ns = append(ns, n)
	}
	sort.Ints(ns)
	var out []*schema.Object
	for _, n := range ns {
		v := map[string]cty.Value{"vlan": cty.NumberIntVal(int64(n))}
		at := bridged[n]
		if len(servers[n])+len(kept[n]) > 0 {
			v["bridges"] = cty.ObjectVal(map[string]cty.Value{d.m.id: schema.Build(map[string]cty.Value{"vios": lpar.Str(at[0]), "device": lpar.Str(at[1]), "servers": lpar.List(servers[n]), "kept": lpar.List(kept[n])})})
		}
		out = append(out, &schema.Object{Kind: "network", Endpoint: d.s.key, ID: lpar.NetworkID(n), Keys: []string{lpar.NetworkID(n)}, Value: schema.Build(v)})
	}
	return out
}

// diskObjects are the disks, each once however many Virtual I/O Servers see it.
func (d *discovery) diskObjects() []*schema.Object {
	byID := map[string][]*disk{}
	for _, x := range d.disks {
		byID[x.id] = append(byID[x.id], x)
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	var out []*schema.Object
	for _, id := range ids {
		list := byID[id]
		sort.Slice(list, func(i, j int) bool { return list[i].vios < list[j].vios })
		first := list[0]
		devices, reserves, depths := map[string]cty.Value{}, map[string]cty.Value{}, map[string]cty.Value{}
		var mapped []string
		for _, x := range list {
			devices[x.vios], reserves[x.vios], depths[x.vios] = cty.StringVal(x.name), lpar.Str(x.reserve), lpar.Num(x.depth)
			mapped = append(mapped, x.adapters...)
		}
		lun := cty.NilVal
		if first.wwpn != "" {
			lun = cty.ObjectVal(map[string]cty.Value{"wwpn": cty.StringVal(first.wwpn), "id": cty.StringVal(first.lun)})
		}
		status := first.status
		if slices.ContainsFunc(list, func(x *disk) bool { return x.status == notExportable }) {
			status = notExportable
		}
		path := lpar.Obj(map[string]cty.Value{"vios": lpar.Str(first.vios), "device": lpar.Str(first.name), "status": lpar.Str(status), "location": lpar.Str(first.location),
			"reserve_policy": common(reserves), "mapped_to": lpar.List(mapped), "devices": lpar.Obj(devices), "reserve_policies": lpar.Obj(reserves), "queue_depths": lpar.Obj(depths)})
		out = append(out, &schema.Object{Kind: "disk", Endpoint: d.s.key, ID: id, Keys: []string{id}, Value: schema.Build(map[string]cty.Value{
			"unique_id": lpar.Str(first.uniqueID), "pvid": lpar.Str(first.pvid), "lun": lun, "reserve_policy": common(reserves), "queue_depth": common(depths), "paths": cty.ObjectVal(map[string]cty.Value{d.m.id: path})})})
	}
	return out
}

// common is the value that all Virtual I/O Servers have; of texts that differ it
// says so, of numbers it says nothing.
func common(values map[string]cty.Value) cty.Value {
	out := cty.NilVal
	for _, v := range values {
		switch {
		case v == cty.NilVal:
			return cty.NilVal
		case out == cty.NilVal:
			out = v
		case !schema.Equal(out, v) && v.Type() == cty.String:
			return cty.StringVal(planner.Mixed)
		case !schema.Equal(out, v):
			return cty.NilVal
		}
	}
	return out
}

func row(rows []console.Record, id string) console.Record {
	for _, r := range rows {
		if r["lpar_id"] == id {
			return r
		}
	}
	return console.Record{}
}

// features are what a partition uses that not every system offers (LPM-39).
func features(l console.Record) []string {
	var out []string
	for _, x := range []struct{ attr, none, name string }{{"vtpm_enabled", "0", "virtual TPM"}, {"curr_secure_boot", "0", "secure boot"}, {"keystore_kbytes", "0", "key store"}, {"virtual_serial_num", "none", "virtual serial number"}} {
		if v := l[x.attr]; v != "" && v != x.none && v != "null" && v != "unavailable" {
			out = append(out, x.name)
		}
	}
	return out
}

func (d *discovery) partition(l console.Record) *schema.Object {
	id := l["lpar_id"]
	prof, mem, proc := d.prof[id], row(d.a.memLpar, id), row(d.a.procLpar, id)
	if prof == nil {
		prof = console.Record{}
	}
	state := lpar.PartitionState(l["state"])
	resources := func(pre string, m, p console.Record) (cty.Value, cty.Value) {
		memory, processor := lpar.Resources(pre, m, p)
		if f := m[expansionName(pre)]; f != "" {
			memory["expansion"] = lpar.Num(f)
		}
		huge := func(n string) cty.Value { return lpar.Num(m[hugeName(pre, n)]) }
		memory["huge_pages"] = lpar.Obj(map[string]cty.Value{"minimum": huge("min"), "desired": huge(""), "maximum": huge("max")})
		processor["pool"] = lpar.Str(p[pre+"shared_proc_pool_name"])
		processor["compatibility_now"] = lpar.Str(l["curr_lpar_proc_compat_mode"])
		processor["compatibility"] = lpar.Str(l["desired_lpar_proc_compat_mode"])
		if pre == "" {
			processor["compatibility"] = lpar.Str(prof["lpar_proc_compat_mode"])
		}
		return lpar.Obj(memory), lpar.Obj(processor)
	}
	memProf, procProf := resources("", prof, prof)
	memRun, procRun := resources("curr_", mem, proc)
	ethRun, ethProf := d.ethernet(id, prof)
	ethOnly := currentOnly(ethRun, ethProf)
	if state == "off" {
		// What counts for a partition that is off is what its next activation takes.
		memRun, procRun, ethRun = memProf, procProf, held(ethRun, ethProf)
	}
	io, err := prof.List("io_slots")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["io_slots"], err)
	}
	slots, slotsProf := map[string]bool{}, map[string]bool{}
	for _, it := range io {
		slotsProf[strings.SplitN(it, "/", 2)[0]] = true
	}
	for _, r := range d.a.slots {
		if r["lpar_id"] == id {
			slots[r["drc_index"]] = true
		}
	}
	if state == "off" {
		slots = slotsProf
	}
	serial, err := prof.List("virtual_serial_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_serial_adapters"], err)
	}
	var extra []int
	for _, it := range serial {
		if n := atoi(strings.SplitN(it, "/", 2)[0]); n > 1 {
			extra = append(extra, n)
		}
	}
	power, err := l.List("power_ctrl_lpar_ids")
	if err != nil {
		d.fail("lssyscfg -r lpar", l["power_ctrl_lpar_ids"], err)
	}
	holds := lpar.Num(proc["curr_proc_units"])
	if proc["curr_proc_mode"] == "ded" {
		holds = lpar.Num(proc["curr_procs"])
	}
	migration := ""
	for _, r := range d.a.migrLpar {
		if r["lpar_id"] == id {
			migration = r["migration_state"]
		}
	}
	var ports, host []string
	for attr, into := range map[string]*[]string{"sriov_eth_logical_ports": &ports, "lhea_logical_ports": &host} {
		if *into, err = prof.List(attr); err != nil {
			d.fail("lssyscfg -r prof", prof[attr], err)
		}
	}
	for _, r := range d.a.logicalPorts {
		if port := "logical_port_id=" + r["logical_port_id"]; r["lpar_id"] == id && r["logical_port_type"] != "unconfigured" && !slices.ContainsFunc(ports, func(p string) bool { return strings.Contains(p, port) }) {
			ports = append(ports, fmt.Sprintf("%s:adapter_id=%s:phys_port_id=%s", port, r["adapter_id"], r["phys_port_id"]))
		}
	}
	vnics := map[string]cty.Value{}
	for _, r := range d.a.vnic {
		if r["lpar_id"] == id {
			vnics[r["slot_num"]] = cty.StringVal(r["backing_devices"])
		}
	}
	npiv, npivMap := d.fibreChannel(id, prof)
	disks, optical := d.partitionDisks(id)
	adapters, connected, only := d.adapters(l, prof)
	if l["lpar_env"] != "vioserver" {
		only = append(ethOnly, only...)
	}
	value := schema.Build(map[string]cty.Value{
		"name": lpar.Str(l["name"]), "system": cty.StringVal(d.m.id), "id": lpar.Num(id), "environment": lpar.Str(l["lpar_env"]), "state": lpar.Str(state),
		"memory": memRun, "processor": procRun, "ethernet": ethRun, "disk": disks, "optical": optical, "npiv": npiv, "fibre_channel": npivMap, "adapters": adapters, "connected": connected, "current_only": lpar.List(only),
		"auto_start": lpar.Flag(lpar.Pick(prof["auto_start"], l["auto_start"])), "boot_mode": lpar.Str(lpar.Pick(prof["boot_mode"], l["boot_mode"])), "keylock": lpar.Str(l["lpar_keylock"]),
		"availability_priority": lpar.Num(l["lpar_avail_priority"]), "max_virtual_slots": lpar.Num(prof["max_virtual_slots"]),
		"performance_collection": lpar.Flag(l["allow_perf_collection"]), "connection_monitoring": lpar.Flag(prof["conn_monitoring"]),
		"redundant_error_path": lpar.Flag(prof["redundant_err_path_reporting"]), "mover": mover(l), "time_reference": lpar.Flag(l["time_ref"]), "description": description(l),
		"workload_group": lpar.Str(l["work_group_id"]), "physical_slots": lpar.List(named(slots)), "migration_disabled": lpar.Flag(l["migration_disabled"]),
		"profile": lpar.Str(l["default_profile"]), "profiles": lpar.List(d.all[id]), "ever_activated": cty.BoolVal(l["curr_profile"] != ""), "os_version": lpar.Str(l["os_version"]),
		"rmc_state": lpar.Str(l["rmc_state"]), "rmc_address": lpar.Str(l["rmc_ipaddr"]), "uuid": lpar.Str(l["uuid"]),
		"dlpar":                 lpar.Obj(map[string]cty.Value{"memory": lpar.Flag(l["dlpar_mem_capable"]), "processor": lpar.Flag(l["dlpar_proc_capable"]), "io": lpar.Flag(l["dlpar_io_capable"])}),
		"logical_serial_number": lpar.Str(l["logical_serial_num"]), "power_control": lpar.List(power), "vnics": lpar.Obj(vnics), "logical_ports": lpar.List(ports), "host_ethernet_ports": lpar.List(host), "bsr_arrays": lpar.Num(prof["bsr_arrays"]), "remote_restart": lpar.Flag(l["simplified_remote_restart_capable"]), "features": lpar.List(features(l)),
		"holds_memory": lpar.Num(mem["curr_mem"]), "holds_units": holds, "migration_state": lpar.Str(migration), "extra_serial_slots": lpar.Numbers(extra),
	})
	if ethProf == cty.NilVal {
		ethProf = cty.EmptyObjectVal // a profile without any lacks those that run
	}
	profile := schema.Build(map[string]cty.Value{"memory": memProf, "processor": procProf, "max_virtual_slots": lpar.Num(prof["max_virtual_slots"]), "ethernet": ethProf, "physical_slots": lpar.List(named(slotsProf))})
	return &schema.Object{Kind: "partition", Endpoint: d.s.key, ID: d.m.id + "/" + l["name"], Value: value, Profile: profile}
}

// description of a console that knows descriptions; one that is empty can be declared too.
func description(l console.Record) cty.Value {
	if v, known := l["description"]; known {
		return cty.StringVal(v)
	}
	return cty.NilVal
}

func mover(l console.Record) cty.Value {
	if l["lpar_env"] != "vioserver" {
		return cty.NilVal
	}
	return lpar.Flag(l["msp"])
}

func expansionName(pre string) string {
	return pre + "mem_expansion"
}

func hugeName(pre, which string) string {
	switch {
	case pre == "" && which == "":
		return "desired_num_huge_pages"
	case which == "":
		return pre + "num_huge_pages"
	}
	return pre + which + "_num_huge_pages"
}

// ethernet reads a partition's adapters: those that exist now, and those of the profile.
func (d *discovery) ethernet(id string, prof console.Record) (run, profile cty.Value) {
	one := func(slot, vlan int, tagged []int, mac, vswitch string) cty.Value {
		var tags []string
		for _, t := range tagged {
			tags = append(tags, lpar.NetworkID(t))
		}
		v := map[string]cty.Value{"slot": cty.NumberIntVal(int64(slot)), "network": cty.StringVal(lpar.NetworkID(vlan)), "mac": lpar.Str(mac), "switch": lpar.Str(vswitch)}
		if len(tags) > 0 {
			v["tagged"] = lpar.List(tags)
		}
		return schema.Build(v)
	}
	items := map[string]cty.Value{}
	for _, r := range d.a.eth {
		if r["lpar_id"] == id {
			port, tagged := d.vlans(r)
			items["slot"+r["slot_num"]] = one(atoi(r["slot_num"]), port, tagged, r["mac_addr"], r["vswitch"])
		}
	}
	run = lpar.Obj(items)
	its, err := prof.List("virtual_eth_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_eth_adapters"], err)
	}
	items = map[string]cty.Value{}
	for _, it := range its {
		// slot/is-ieee/pvid/[addl-vlans]/[trunk-priority]/is-required[/[vswitch][/...]]
		f := strings.Split(it, "/")
		if len(f) < 6 {
			d.fail("lssyscfg -r prof", it, fmt.Errorf("virtual Ethernet adapter of %d fields", len(f)))
			continue
		}
		vswitch, mac := "", ""
		if len(f) > 6 {
			vswitch = f[6]
		}
		if len(f) > 7 {
			mac = strings.ToUpper(f[7]) // empty where the console chooses it
		}
		var tagged []int
		for _, t := range strings.Split(f[3], ",") {
			if n := atoi(t); n > 0 {
				tagged = append(tagged, n)
			}
		}
		items["slot"+f[0]] = one(atoi(f[0]), atoi(f[2]), tagged, mac, vswitch)
	}
	return run, lpar.Obj(items)
}

// held are the adapters of the profile of a partition that is off, with the addresses of those that it holds already.
func held(run, profile cty.Value) cty.Value {
	items := map[string]cty.Value{}
	for _, l := range schema.Items(profile, "") {
		items[l] = schema.Set(profile.GetAttr(l), "current", cty.BoolVal(schema.Has(run, l)))
		if mac := schema.Get(run, schema.JoinPath(l, "mac")); mac != cty.NilVal && !schema.Has(items[l], "mac") {
			items[l] = schema.Set(items[l], "mac", mac)
		}
	}
	return lpar.Obj(items)
}

// partitionDisks are the disks that a partition is given, each once, with how
// every Virtual I/O Server exports it, and its virtual optical drives.
func (d *discovery) partitionDisks(id string) (disks, optical cty.Value) {
	type found struct {
		v       map[string]cty.Value
		servers map[string]cty.Value
	}
	items, drives := map[string]*found{}, map[string]cty.Value{}
	for _, l := range d.servers() {
		vios := l["name"]
		for _, a := range d.maps[vios] {
			slot := strconv.Itoa(a.Slot())
			if d.owner[vios+"/"+slot] != id {
				continue
			}
			client := cty.NilVal
			for _, r := range d.a.scsi {
				if r["lpar_id"] == l["lpar_id"] && r["slot_num"] == slot {
					client = lpar.Num(r["remote_slot_num"])
				}
			}
			for _, m := range a.Mappings {
				backing, source, medium := d.backed(vios, m)
				if backing == "optical" {
					item := map[string]cty.Value{"server": cty.StringVal(vios), "target": cty.StringVal(m.VTD), "medium": cty.StringVal(medium), "adapter": cty.StringVal(a.Name), "adapter_slot": cty.NumberIntVal(int64(a.Slot()))}
					drives[vios+"/"+m.VTD] = cty.ObjectVal(item)
					continue
				}
				f := items[source]
				if f == nil {
					f = &found{servers: map[string]cty.Value{}, v: map[string]cty.Value{"source": cty.StringVal(source), "target": cty.StringVal(m.VTD), "device": lpar.Str(m.Backing),
						"backing": cty.StringVal(backing), "adapter": cty.StringVal(a.Name), "adapter_slot": cty.NumberIntVal(int64(a.Slot())), "lun": lpar.Str(m.LUN), "status": lpar.Str(m.Status)}}
					items[source] = f
				}
				f.servers[vios] = schema.Build(map[string]cty.Value{"target": cty.StringVal(m.VTD), "device": lpar.Str(m.Backing), "adapter": cty.StringVal(a.Name),
					"adapter_slot": cty.NumberIntVal(int64(a.Slot())), "client_slot": client})
			}
		}
	}
	out := map[string]cty.Value{}
	for source, f := range items {
		f.v["servers"], f.v["paths"] = cty.ObjectVal(f.servers), cty.NumberIntVal(int64(len(f.servers)))
		out[source] = schema.Build(f.v)
	}
	return lpar.Obj(out), lpar.Obj(drives)
}

// adapters are the client adapters of a partition, in force or in its profile,
// with what there is on the other side.
func (d *discovery) adapters(l, prof console.Record) (list, connected cty.Value, only []string) {
	if l["lpar_env"] == "vioserver" {
		return cty.NilVal, cty.NilVal, nil
	}
	off := lpar.PartitionState(l["state"]) == "off"
	items, whole := map[string]cty.Value{}, true
	add := func(sub string, slot, server, serverSlot string, current, inProfile bool) {
		label := "slot" + slot
		if items[label] != cty.NilVal || server == "" {
			return
		}
		v, ready := d.otherSide(sub, l["lpar_id"], server, serverSlot)
		v["type"], v["slot"], v["server"], v["server_slot"], v["current"], v["profile"] = cty.StringVal(sub), lpar.Num(slot), cty.StringVal(server), lpar.Num(serverSlot), cty.BoolVal(current), cty.BoolVal(inProfile)
		items[label] = schema.Build(v)
		whole = whole && ready && inProfile && (off || current)
	}
	for _, sub := range []string{"scsi", "fc"} {
		rows, attr := d.a.scsi, "virtual_scsi_adapters"
		if sub == "fc" {
			rows, attr = d.a.fc, "virtual_fc_adapters"
		}
		its, err := prof.List(attr)
		if err != nil {
			d.fail("lssyscfg -r prof", prof[attr], err)
		}
		// slot/client-or-server/[remote-id]/[remote-name]/remote-slot/...
		var planned [][]string
		inProfile := map[string]bool{}
		for _, it := range its {
			if f := strings.Split(it, "/"); len(f) > 4 && f[1] == "client" {
				planned, inProfile[f[0]] = append(planned, f), true
			}
		}
		for _, r := range rows {
			if r["lpar_id"] == l["lpar_id"] && r["adapter_type"] == "client" {
				add(sub, r["slot_num"], r["remote_lpar_name"], r["remote_slot_num"], true, inProfile[r["slot_num"]])
				if !inProfile[r["slot_num"]] {
					only = append(only, sub+" slot "+r["slot_num"])
				}
			}
		}
		for _, f := range planned {
			add(sub, f[0], lpar.Pick(f[3], d.clientName(f[2])), f[4], false, true)
		}
	}
	if v := prof["vnic_adapters"]; v == "" || v == "none" {
		for _, r := range d.a.vnic {
			if r["lpar_id"] == l["lpar_id"] {
				only = append(only, "vnic slot "+r["slot_num"])
			}
		}
	}
	if len(items) == 0 {
		return cty.NilVal, cty.True, only
	}
	return lpar.Obj(items), cty.BoolVal(whole), only
}

// currentOnly are the Ethernet adapters that the partition has, or holds while it is off, and that its profile lacks.
func currentOnly(run, profile cty.Value) []string {
	slots := map[float64]bool{}
	for _, l := range schema.Items(profile, "") {
		slots[schema.Num(profile, schema.JoinPath(l, "slot"))] = true
	}
	var out []string
	for _, l := range schema.Items(run, "") {
		if n := schema.Num(run, schema.JoinPath(l, "slot")); !slots[n] {
			out = append(out, "ethernet slot "+strconv.FormatFloat(n, 'f', -1, 64))
		}
	}
	return out
}

// otherSide is what a Virtual I/O Server has for a client adapter. Of a server
// that cannot be asked nothing is said to be missing.
func (d *discovery) otherSide(sub, client, server, slot string) (map[string]cty.Value, bool) {
	rows, attr := d.a.scsi, "virtual_scsi_adapters"
	if sub == "fc" {
		rows, attr = d.a.fc, "virtual_fc_adapters"
	}
	v := map[string]cty.Value{"server_adapter": cty.False, "server_profile": cty.False}
	for _, r := range rows {
		if r["lpar_name"] == server && r["slot_num"] == slot && r["adapter_type"] == "server" && (r["remote_lpar_id"] == client || r["remote_lpar_id"] == "any") {
			v["server_adapter"] = cty.True
		}
	}
	for _, p := range d.a.profs {
		if l := d.byID[p["lpar_id"]]; p["lpar_name"] != server || l == nil || p["name"] != lpar.Pick(l["curr_profile"], l["default_profile"]) {
			continue
		}
		its, err := p.List(attr)
		if err != nil {
			d.fail("lssyscfg -r prof", p[attr], err)
		}
		for _, it := range its {
			if f := strings.SplitN(it, "/", 3); f[0] == slot && len(f) > 1 && f[1] == "server" {
				v["server_profile"] = cty.True
			}
		}
	}
	sec, asked := d.a.vios[server]
	ready := v["server_adapter"].True() && v["server_profile"].True()
	if sub == "scsi" {
		for _, a := range d.maps[server] {
			if strconv.Itoa(a.Slot()) == slot {
				v["device"] = cty.StringVal(a.Name)
			}
		}
		return v, ready && (!asked || v["device"] != cty.NilVal)
	}
	for _, row := range console.Colon(sec["npiv"].Out) {
		if len(row) > 6 && strconv.Itoa(console.VirtualSlot(row[1])) == slot {
			v["device"], v["port"] = cty.StringVal(row[0]), lpar.Str(row[6])
		}
	}
	return v, ready && (!asked || v["port"] != cty.NilVal)
}

// fibreChannel reads a partition's virtual Fibre Channel adapters: those that
// exist, and those that only its profile has.
func (d *discovery) fibreChannel(id string, prof console.Record) (items, ports cty.Value) {
	list, byPort := map[string]cty.Value{}, map[string]cty.Value{}
	add := func(slot, server, serverSlot, wwpns string) {
		v := map[string]cty.Value{"slot": lpar.Num(slot), "server": lpar.Str(server), "server_slot": lpar.Num(serverSlot)}
		if w, err := console.SplitList(wwpns); err == nil && len(w) == 2 {
			v["wwpns"] = lpar.List(w)
		}
		for _, row := range console.Colon(d.a.vios[server]["npiv"].Out) {
			// name:physloc:clntid:clntname:clntos:status:fc:...
			if len(row) > 6 && strconv.Itoa(console.VirtualSlot(row[1])) == serverSlot {
				v["adapter"], v["port"], v["status"] = lpar.Str(row[0]), lpar.Str(row[6]), lpar.Str(row[5])
				byPort[server+"/"+row[0]] = cty.StringVal(row[6])
			}
		}
		list["slot"+slot] = schema.Build(v)
	}
	for _, r := range d.a.fc {
		if r["lpar_id"] == id && r["adapter_type"] == "client" {
			add(r["slot_num"], r["remote_lpar_name"], r["remote_slot_num"], r["wwpns"])
		}
	}
	its, err := prof.List("virtual_fc_adapters")
	if err != nil {
		d.fail("lssyscfg -r prof", prof["virtual_fc_adapters"], err)
	}
	for _, it := range its {
		// slot/client-or-server/[remote-id]/[remote-name]/remote-slot/[wwpn1,wwpn2]/is-required
		if f := strings.Split(it, "/"); len(f) >= 6 && f[1] == "client" && list["slot"+f[0]] == cty.NilVal {
			add(f[0], lpar.Pick(f[3], d.clientName(f[2])), f[4], f[5])
		}
	}
	return lpar.Obj(list), lpar.Obj(byPort)
}

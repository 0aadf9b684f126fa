package lab

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// States of a path that a command has given it; "" is as it comes.
const (
	pathDisabled = "disabled"
	pathDefined  = "defined"
)

// pathsNamed are the paths that -l, -p, -w and -i pick: disk and index.
func (a *aixCall) pathsNamed(f *flagSet) (out []pathRef, ok bool) {
	if len(f.rest) > 0 || !f.any("lp") {
		a.usage()
		return nil, false
	}
	if f.has('l') && a.h.disk(f.get('l')) == nil {
		a.fail(devNoFound, a.name, f.get('l'))
		return nil, false
	}
	for _, d := range a.h.Disks {
		if f.has('l') && d.Name != f.get('l') {
			continue
		}
		for i, p := range d.paths() {
			if (!f.has('p') || p[0] == f.get('p')) && (!f.has('w') || p[1] == f.get('w')) && (!f.has('i') || f.get('i') == strconv.Itoa(i)) {
				out = append(out, pathRef{d, i, p[0] + "," + p[1]})
			}
		}
	}
	if len(out) == 0 {
		a.fail("%s: 0514-538 Cannot perform the requested function because the\n\tspecified path was not found.", a.name)
		return nil, false
	}
	return out, true
}

type pathRef struct {
	d   *HostDisk
	i   int
	key string
}

func (d *HostDisk) setPath(key, state string) {
	if d.PathState == nil {
		d.PathState = map[string]string{}
	}
	if d.PathState[key] = state; state == "" {
		delete(d.PathState, key)
	}
}

// working counts the paths of a disk that carry data.
func (a *aixCall) working(d *HostDisk) int {
	n := 0
	for i := range d.paths() {
		if a.e.pathStatus(a.h, d, i) == "Enabled" {
			n++
		}
	}
	return n
}

func aixChpath(a *aixCall) int {
	f, ok := a.flags("l:s:a:p:w:i:P")
	if !ok {
		return 1
	}
	if f.has('s') == f.has('a') || !f.has('l') || f.has('s') && !contains("enable disable e d ENABLE DISABLE", f.get('s')) || f.has('P') {
		return a.usage()
	}
	list, ok := a.pathsNamed(f)
	if !ok {
		return 1
	}
	if f.has('a') {
		n, v, _ := strings.Cut(f.get('a'), "=")
		if p, num := atoi(v); n != "priority" || !num || p < 1 || p > 255 {
			return a.fail(devInvalid, "/usr/lib/methods/chgpath", n)
		}
		a.say("path Changed")
		return 0
	}
	state := ""
	if strings.ToLower(f.get('s')[:1]) == "d" {
		state = pathDisabled
	}
	rest := a.working(list[0].d)
	for _, p := range list {
		if state == pathDisabled && a.e.pathStatus(a.h, p.d, p.i) == "Enabled" {
			rest--
		}
	}
	if state == pathDisabled && rest < 1 && a.h.inUse(list[0].d) {
		return a.fail(devBusyText, "/usr/lib/methods/chgpath")
	}
	for _, p := range list {
		p.d.setPath(p.key, state)
	}
	word := "path"
	if len(list) > 1 || !f.any("wi") {
		word = "paths"
	}
	a.say("%s Changed", word)
	return 0
}

func aixRmpath(a *aixCall) int {
	f, ok := a.flags("dl:p:w:i:")
	if !ok {
		return 1
	}
	list, ok := a.pathsNamed(f)
	if !ok {
		return 1
	}
	if f.has('l') && !f.any("pwi") {
		return a.usage()
	}
	left := map[*HostDisk]int{}
	for _, p := range list {
		if _, seen := left[p.d]; !seen {
			left[p.d] = a.working(p.d)
		}
		if a.e.pathStatus(a.h, p.d, p.i) == "Enabled" {
			left[p.d]--
		}
	}
	for d, n := range left {
		if n < 1 && a.h.inUse(d) || f.has('d') && len(d.paths()) == 1 {
			return a.fail(devBusyText, "/usr/lib/methods/ucfgpath")
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		p := list[i]
		if !f.has('d') {
			p.d.setPath(p.key, pathDefined)
			continue
		}
		p.d.setPath(p.key, "")
		if p.d.Paths != nil {
			p.d.Paths = slices.Delete(slices.Clone(p.d.Paths), p.i, p.i+1)
		} else {
			p.d.setPath(p.key, "deleted")
		}
	}
	word := map[bool]string{true: "path", false: "paths"}[len(list) == 1]
	if f.has('d') {
		a.say("%s Deleted", word)
	} else {
		a.say("%s Defined", word)
	}
	return 0
}

func aixMkpath(a *aixCall) int {
	f, ok := a.flags("dl:p:w:i:")
	if !ok {
		return 1
	}
	list, ok := a.pathsNamed(f)
	if !ok {
		return 1
	}
	for _, p := range list {
		if p.d.PathState[p.key] == pathDefined && !f.has('d') {
			p.d.setPath(p.key, "")
		}
	}
	if f.has('d') {
		a.say("path Defined")
		return 0
	}
	a.say("path Available")
	return 0
}

// freshPaths are what a configuration makes of paths that were taken away: they are there again.
func (d *HostDisk) freshPaths() {
	for k, v := range d.PathState {
		if v != pathDisabled {
			delete(d.PathState, k)
		}
	}
}

var bootModes = []string{"normal", "service", "both", "prevboot"}

// bootTargets reads the operands of bootlist: a device and its attributes, several times.
func (a *aixCall) bootTargets(words []string) ([]string, bool) {
	var out []string
	for _, w := range words {
		n, v, attr := strings.Cut(w, "=")
		if !attr {
			if d, known := a.h.deviceNamed(w); !known || !contains("disk if adapter", d.class) || d.status != "Available" {
				a.fail("0514-210 bootlist: Device %s is not in the AVAILABLE state", w)
				return nil, false
			}
			out = append(out, w)
			continue
		}
		if len(out) == 0 {
			a.usage()
			return nil, false
		}
		name, _, _ := strings.Cut(out[len(out)-1], " ")
		d := a.h.disk(name)
		switch n {
		case "pathid":
			for _, id := range strings.Split(v, ",") {
				if i, ok := atoi(id); d == nil || !ok || i < 0 || i >= len(d.paths()) {
					a.fail("0514-220 bootlist: The path id %s of %s is not valid", id, name)
					return nil, false
				}
			}
		case "blv":
			if d == nil || v != "hd5" {
				a.fail("0514-226 bootlist: Invalid value %s for the attribute blv", v)
				return nil, false
			}
			continue
		case "bserver", "client", "gateway", "speed", "duplex", "hardware", "filename", "vlan_tag", "vlan_pri":
		default:
			a.fail("0514-225 bootlist: The attribute %s is not valid", n)
			return nil, false
		}
		out[len(out)-1] += " " + w
	}
	return out, true
}

func aixBootlist(a *aixCall) int {
	f, ok := a.flags("m:oivrFf:")
	if !ok {
		return 1
	}
	mode := f.get('m')
	words := f.rest
	if f.has('f') {
		data, ok := a.h.read(absolute(a.dir, f.get('f')))
		if !ok {
			return a.fail("0514-221 bootlist: Unable to open the file %s", f.get('f'))
		}
		words = append(words, strings.Fields(data)...)
	}
	if !slices.Contains(bootModes, mode) || f.has('i') && (f.has('o') || len(words) > 0) || !f.any("oi") && len(words) == 0 || mode == "both" && f.has('o') && len(words) == 0 {
		return a.usage()
	}
	lists := []*[]string{&a.h.Boot}
	switch mode {
	case "service", "prevboot":
		lists[0] = &a.h.BootService
	case "both":
		lists = append(lists, &a.h.BootService)
	}
	if len(words) > 0 {
		list, ok := a.bootTargets(words)
		if !ok {
			return 1
		}
		for _, l := range lists {
			*l = slices.Clone(list)
		}
	}
	if f.has('i') {
		for _, l := range lists {
			*l = []string{}
		}
	}
	if !f.has('o') {
		return 0
	}
	list := *lists[0]
	if list == nil && mode == "normal" {
		list = a.bootDisks()[:min(1, len(a.bootDisks()))]
	}
	if len(list) == 0 {
		a.say("-")
	}
	for _, entry := range list {
		name, attrs, _ := strings.Cut(entry, " ")
		line := name
		if slices.Contains(a.bootDisks(), name) {
			line += " blv=hd5"
		}
		d := a.h.disk(name)
		if d == nil {
			a.say("%s", strings.TrimSpace(line+" "+attrs))
			continue
		}
		ids, only := strings.CutPrefix(attrs, "pathid=")
		for i := range d.paths() {
			if !only || slices.Contains(strings.Split(ids, ","), strconv.Itoa(i)) {
				a.say("%s pathid=%d", line, i)
			}
		}
	}
	return 0
}

func aixMkssys(a *aixCall) int {
	f, ok := a.flags("s:p:u:a:G:e:i:o:Sn:f:KI:m:QqROdDE:w:t:")
	if !ok {
		return 1
	}
	name := f.get('s')
	if len(f.rest) > 0 || name == "" || !f.has('p') || !f.has('u') || f.has('Q') && f.has('q') || f.has('R') && f.has('O') {
		return a.usage()
	}
	if slices.ContainsFunc(a.h.Subsystems, func(s *subsystem) bool { return s.Name == name }) {
		return a.fail("0513-070 The %s Subsystem already exists.", name)
	}
	a.h.Subsystems = append(a.h.Subsystems, &subsystem{Name: name, Group: f.get('G')})
	a.say("0513-071 The %s Subsystem has been added.", name)
	return 0
}

func aixRmssys(a *aixCall) int {
	f, ok := a.flags("s:")
	if !ok {
		return 1
	}
	name := f.get('s')
	at := slices.IndexFunc(a.h.Subsystems, func(s *subsystem) bool { return s.Name == name })
	switch {
	case name == "" || len(f.rest) > 0:
		return a.usage()
	case at < 0:
		return a.fail("0513-084 There were no records that matched your request.")
	case a.h.Subsystems[at].PID > 0:
		return a.fail("0513-076 Cannot delete the %s Subsystem: it is active.", name)
	}
	a.h.Subsystems = slices.Delete(slices.Clone(a.h.Subsystems), at, at+1)
	a.say("0513-083 Subsystem has been Deleted.")
	return 0
}

func aixTunsave(a *aixCall) int {
	f, ok := a.flags("aAf:F:d:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('f') == f.has('F') {
		return a.usage()
	}
	name := f.get('f') + f.get('F')
	if !strings.HasPrefix(name, "/") {
		name = "/etc/tunables/" + name
	}
	if a.h.Files[name] != nil && f.has('f') {
		return a.fail("tunsave: 1485-147 The file %s exists.", name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "info:\n\tDescription = \"%s\"\n\tAIX_level = \"%s\"\n\tKernel_type = \"MP64\"\n\tLast_validation = \"%s (current, reboot)\"\n", strings.Join(append([]string{"tunsave"}, a.args...), " "), a.h.vrmf(), a.e.Now.Format("2006-01-02 15:04:05 UTC"))
	for _, program := range []string{"schedo", "vmo", "ioo", "no", "nfso"} {
		fmt.Fprintf(&b, "\n%s:\n", program)
		for _, t := range tunables[program] {
			now, _ := a.h.tuned(program, t)
			if now != t.def || f.any("aA") && t.kind != "S" {
				word := "# STATIC"
				switch {
				case t.kind == "R" || t.kind == "B":
					word = "# " + map[string]string{"R": "REBOOT", "B": "BOSBOOT"}[t.kind]
				case now == t.def:
					word = "# DEFAULT VALUE"
				default:
					word = ""
				}
				fmt.Fprintf(&b, "\t%s = \"%d\"\t%s\n", t.name, now, word)
			}
		}
	}
	n := a.h.create(name, false, a.user, a.e.Now)
	if n == nil {
		if !strings.HasPrefix(name, "/etc/tunables/") {
			return a.fail("tunsave: 1485-141 Unable to create the file %s.", name)
		}
		a.h.makeDir("/etc/tunables", a.e.Now)
		n = a.h.create(name, false, a.user, a.e.Now)
	}
	n.Data = b.String()
	return 0
}

// aixTunrestore is tunrestore, and tuncheck, which only looks.
func aixTunrestore(a *aixCall) int {
	f, ok := a.flags("rpf:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('f') || f.has('p') && (f.has('r') || a.name == "tunrestore") {
		return a.usage()
	}
	name := f.get('f')
	if !strings.HasPrefix(name, "/") {
		name = "/etc/tunables/" + name
	}
	data, ok := a.h.read(name)
	if !ok {
		return a.fail("%s: 1485-142 Unable to open the file %s.", a.name, name)
	}
	program := ""
	type change struct {
		program string
		t       tunable
		v       int
	}
	var changes []change
	for _, l := range strings.Split(data, "\n") {
		l, _, _ = strings.Cut(l, "#")
		l = strings.TrimSpace(l)
		n, v, eq := strings.Cut(l, "=")
		n, v = strings.TrimSpace(n), strings.Trim(strings.TrimSpace(v), `"`)
		switch {
		case strings.HasSuffix(l, ":") && !eq:
			program = strings.TrimSuffix(l, ":")
		case !eq || program == "info":
		default:
			at := slices.IndexFunc(tunables[program], func(t tunable) bool { return t.name == n })
			num, number := atoi(v)
			switch {
			case at < 0:
				return a.fail(tuneUnknown, a.name, n)
			case v == "DEFAULT":
				num = tunables[program][at].def
			case !number:
				return a.fail(tuneBad, a.name, v, n)
			}
			t := tunables[program][at]
			if num < t.low || num > t.high {
				return a.fail(tuneRange, a.name, v, n, t.low, t.high)
			}
			changes = append(changes, change{program, t, num})
		}
	}
	if a.name == "tuncheck" {
		return 0
	}
	for _, c := range changes {
		fixed := c.t.kind == "R" || c.t.kind == "B" || c.t.kind == "S"
		if !f.has('r') && !fixed {
			a.h.tune(c.program+"|"+c.t.name, c.v, c.t.def)
		}
		if f.has('r') && c.t.kind != "S" {
			a.h.tune("boot|"+c.program+"|"+c.t.name, c.v, c.t.def)
		}
	}
	return 0
}

// moreLparstat is the part of lparstat -i that newer levels have besides.
func (a *aixCall) moreLparstat(r Resources, units, cpus int) [][2]string {
	n := strconv.Itoa
	desired := func(v string) string {
		if r.Dedicated {
			return "-"
		}
		return v
	}
	return [][2]string{{"Memory Mode", "Dedicated"}, {"Total I/O Memory Entitlement", "-"}, {"Variable Memory Capacity Weight", "-"}, {"Memory Pool ID", "-"}, {"Physical Memory in the Pool", "-"}, {"Hypervisor Page Size", "-"},
		{"Unallocated Variable Memory Capacity Weight", "-"}, {"Unallocated I/O Memory entitlement", "-"}, {"Memory Group ID of LPAR", "-"}, {"Desired Virtual CPUs", n(r.Procs)}, {"Desired Memory", n(a.h.MemoryMB) + " MB"},
		{"Desired Variable Capacity Weight", desired(n(r.Weight))}, {"Desired Capacity", unitText(units)}, {"Target Memory Expansion Factor", "-"}, {"Target Memory Expansion Size", "-"}, {"Power Saving Mode", "Disabled"}, {"Sub Processor Mode", "-"}}
}

// lparUse is lparstat with an interval: what the processors do.
func (a *aixCall) lparUse(words []string) int {
	count, every, ok := a.interval(words)
	if !ok {
		return a.usage()
	}
	r := a.h.resources()
	kind, mode := "Shared", "Uncapped"
	if r.Dedicated {
		kind, mode = "Dedicated", "Capped"
	} else if r.Sharing == "cap" {
		mode = "Capped"
	}
	cpus := a.h.sysProcs
	if cpus == 0 {
		cpus = 16
	}
	a.say("\nSystem configuration: type=%s mode=%s smt=%d lcpu=%d mem=%dMB psize=%d ent=%s \n\n%%user  %%sys  %%wait  %%idle physc %%entc  lbusy  vcsw phint\n----- ----- ------ ------ ----- ----- ------ ----- -----", kind, mode, a.h.smt(), r.Procs*a.h.smt(), a.h.MemoryMB, cpus, unitText(r.held()))
	for i := range count {
		if i > 0 && !a.pause(every) {
			return -1
		}
		a.say("%5.1f %5.1f %6.1f %6.1f %5.2f %5.1f %6.1f %5d %5d", 0.9, 1.2, 0.0, 97.9, 0.02, 3.8, 0.6, 310+i%9, 0)
	}
	return 0
}

// fullPrtconf is prtconf without flags.
func (a *aixCall) fullPrtconf() {
	h := a.h
	number, name := h.lpar()
	a.say("System Model: %s\nMachine Serial Number: %s\nProcessor Type: PowerPC_POWER%s\nProcessor Implementation Mode: POWER %s\nProcessor Version: PV_%s_Compat\nNumber Of Processors: %d\nProcessor Clock Speed: 3400 MHz\nCPU Type: 64-bit\nKernel Type: 64-bit\nLPAR Info: %d %s\nMemory Size: %d MB\nGood Memory Size: %d MB\nPlatform Firmware level: VL950_045\nFirmware Version: IBM,FW950.00 (VL950_045)\nConsole Login: enable\nAuto Restart: true\nFull Core: false",
		h.Model, h.serialNo(), h.power(), h.power(), h.power(), h.resources().Procs, number, name, h.MemoryMB, h.MemoryMB)
	if h.atLeast(7, 2) {
		a.say("NX Crypto Acceleration: Not Capable\nIn-Core Crypto Acceleration: Capable, but not Enabled")
	}
	address, mask, gateway, server, domain := h.Address, "", "", "", ""
	for _, n := range h.Interfaces {
		if n.Address == address {
			mask = n.Netmask
		}
	}
	for _, r := range h.Routes {
		if r.Dest == "default" {
			gateway = r.Gateway
		}
	}
	conf, _ := h.read(resolvConf)
	for _, l := range strings.Split(conf, "\n") {
		if w := strings.Fields(l); len(w) == 2 && w[0] == "nameserver" && server == "" {
			server = w[1]
		} else if len(w) == 2 && w[0] == "domain" {
			domain = w[1]
		}
	}
	swap := 0
	for _, p := range h.pagingSpaces() {
		if p.active {
			swap += p.mb()
		}
	}
	a.say(" \nNetwork Information\n\tHost Name: %s\n\tIP Address: %s\n\tSub Netmask: %s\n\tGateway: %s\n\tName Server: %s\n\tDomain Name: %s\n \nPaging Space Information\n\tTotal Paging Space: %dMB\n\tPercent Used: 2%%\n ", h.Hostname, address, mask, gateway, server, domain, swap)
	line := strings.Repeat("=", 78)
	a.say("Volume Groups Information\n%s \nActive VGs\n%s ", line, line)
	for _, g := range h.Groups {
		if g.State == vgActive {
			a.lsvgDisks(g)
			a.say("%s \n", line)
		}
	}
	a.args = nil
	aixLscfg(a)
}

// otherNetstat are the forms that are not -rn and -in.
func (a *aixCall) otherNetstat(f *flagSet) (int, bool) {
	switch {
	case f.has('f') && !contains("inet inet6 unix", f.get('f')):
		return a.usage(), true
	case f.has('f') && f.get('f') == "inet6" && f.has('r'):
		a.say("Routing tables\nDestination        Gateway           Flags   Refs     Use  If   Exp  Groups\n\nRoute Tree for Protocol Family 24 (Internet v6):\n%-18s %-17s %-7s %3d %9d %-7s %-6s %s", "::1%1", "::1%1", "UH", 0, 12, "lo0", "-", "-")
		return 0, true
	case f.has('v'):
		for _, n := range a.h.Interfaces {
			if n.gone {
				continue
			}
			b := *a
			b.call, b.args, b.name = a.call, []string{"ent" + strings.TrimPrefix(n.Name, "en")}, "entstat"
			old := a.args
			a.args = b.args
			aixEntstat(a)
			a.args = old
		}
		return 0, true
	case f.has('a'):
		a.say("Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local Address          Foreign Address        (state)")
		ports := []struct {
			port int
			name string
		}{{22, "sshd"}, {111, "portmap"}, {657, "ctrmc"}, {2049, "nfsd"}, {6191, "clcomd"}}
		for _, p := range ports {
			if a.h.running(p.name) {
				a.say("tcp4       0      0  %-22s %-22s %s", "*."+strconv.Itoa(p.port), "*.*", "LISTEN")
			}
		}
		if ip := net.ParseIP(a.h.Address).To4(); ip != nil {
			a.say("tcp4       0     48  %-22s %-22s %s", a.h.Address+".22", ip.String()+".41822", "ESTABLISHED")
		}
		return 0, true
	}
	return 0, false
}

// knownLevels is oslevel with -q.
func (a *aixCall) knownLevels(f *flagSet) int {
	p := strings.Split(a.h.Level, "-")
	tl, _ := atoi(p[1])
	sp, _ := atoi(p[2])
	switch {
	case f.has('s'):
		a.say("Known Service Packs\n-------------------")
		for i := sp; i > 0; i-- {
			build := p[3]
			if i < sp {
				build = "0000"
			}
			a.say("%s-%s-%02d-%s", p[0], p[1], i, build)
		}
	case f.has('r'):
		a.say("Known Recommended Maintenance Levels\n------------------------------------")
		for i := tl; i >= 0; i-- {
			a.say("%s-%02d", p[0], i)
		}
	default:
		a.say("Known Maintenance Levels\n------------------------\n%c.%c.%c.%c", p[0][0], p[0][1], p[0][2], p[0][3])
	}
	return 0
}

// historyOf is lslpp -h, and -p: what was installed when, and what it needs.
func (a *aixCall) lslppOther(f *flagSet, found []fileset, level string) int {
	at := a.h.Booted.Add(-90 * 24 * time.Hour)
	for _, s := range found {
		switch {
		case f.has('p') && f.has('c'):
			a.say("/usr/lib/objrepos:%s %s:NONE", s.name, level)
		case f.has('p'):
			a.say("Path: /usr/lib/objrepos\n  %s %s\n                            NONE", s.name, level)
		case f.has('c'):
			a.say("/usr/lib/objrepos:%s:%s::COMMIT:COMPLETE:%s:%s", s.name, level, at.Format("01/02/06"), at.Format("15;04;05"))
		default:
			a.say("  Fileset         Level     Action       Status       Date         Time        \n  ----------------------------------------------------------------------------\nPath: /usr/lib/objrepos\n  %s\n                  %s   COMMIT       COMPLETE     %s     %s", s.name, level, at.Format("01/02/06"), at.Format("15:04:05"))
		}
	}
	return 0
}

// mirrorPools is lsvg -m: the pools of the copies of the logical volumes.
func (a *aixCall) mirrorPools(g *hostGroup) {
	a.say("Logical Volume    Copy 1            Copy 2            Copy 3")
	for _, v := range g.disk.Volumes {
		line := fmt.Sprintf("%-18s", v.Name)
		for _, p := range v.Pools {
			line += fmt.Sprintf("%-18s", poolName(p))
		}
		a.say("%s", strings.TrimRight(line, " "))
	}
}

package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func aixSysCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"smtctl":              {aixSmtctl, 300 * ms, "/usr/sbin", false, "smtctl [-m {off | on | suspend | limit} [-w {boot | now}]]\n       smtctl [-t #SMT [-w {boot | now}]]"},
		"emgr":                {aixEmgr, 500 * ms, "/usr/sbin", true, "emgr -l [-L Label | -n Number | -u VUID] [-v {1|2|3}] [-X] [-a Path]\n       emgr -c [-L Label | -n Number | -u VUID] [-v {1|2|3}] [-X] [-a Path]\n       emgr -r {-L Label | -n Number | -u VUID} [-p] [-q] [-X]\n       emgr -P [Package] [-a Path] [-X]"},
		"instfix":             {aixInstfix, 2 * time.Second, "/usr/sbin", false, "instfix -i [-c] [-q] [-v] [-F] [-k Keyword | -t Type]"},
		"lppchk":              {aixLppchk, 2 * time.Second, "/usr/bin", false, "lppchk {-c | -f | -l | -v} [-m {1|2|3}] [ProductName [FileList ...]]"},
		"lsrsrc":              {aixLsrsrc, 300 * ms, "/usr/bin", false, "lsrsrc [-s Select] [-l | -t | -d | -D Delimiter | -x] [-a] Resource_class [Attr ...]"},
		"manage_disk_drivers": {aixDiskDrivers, 200 * ms, "/usr/sbin", true, "manage_disk_drivers {-l | -h}"},
		"vmstat":              {aixVmstat, 100 * ms, "/usr/bin", false, "vmstat [-v | -s] [Interval [Count]]"},
		"iostat":              {aixIostat, 100 * ms, "/usr/bin", false, "iostat [-d] [-t] [Drive ...] [Interval [Count]]"},
		"svmon":               {aixSvmon, 200 * ms, "/usr/bin", true, "svmon -G [-O Options]"},
		"swap":                {aixSwap, 50 * ms, "/usr/sbin", false, "swap {-s | -l}"},
		"pmcycles":            {aixPmcycles, 50 * ms, "/usr/bin", false, "pmcycles [-m]"},
		"arp":                 {aixArp, 50 * ms, "/usr/sbin", false, "arp -a [-n]"},
		"genkex":              {aixGenkex, 50 * ms, "/usr/bin", false, "genkex [-d]"},
		"sysdumpdev":          {aixSysdumpdev, 100 * ms, "/usr/bin", true, "sysdumpdev {-l | -L | -e}"},
		"mkps":                {aixMkps, 2 * time.Second, "/usr/sbin", true, "mkps [-a] [-n] [-t lv] -s LogicalPartitions VolumeGroup [PhysicalVolume]"},
		"chps":                {aixChps, time.Second, "/usr/sbin", true, "chps [-s LogicalPartitions | -d LogicalPartitions] [-a {y | n}] PagingSpace"},
		"rmps":                {aixRmps, time.Second, "/usr/sbin", true, "rmps PagingSpace"},
		"swapon":              {aixSwapon, 300 * ms, "/usr/sbin", true, "swapon {-a | Device ...}"},
		"swapoff":             {aixSwapon, 300 * ms, "/usr/sbin", true, "swapoff Device ..."},
		"crontab":             {aixCrontab, 50 * ms, "/usr/bin", false, "crontab [-l [User] | -r | -v [User] | File]"},
		"lsconf":              {aixPrtconf, time.Second, "/usr/sbin", false, "lsconf [-c | -k | -L | -m | -s]"},
		"chpath":              {aixChpath, 200 * ms, "/usr/sbin", true, "chpath -l Name {-s OpStatus | -a Attribute=Value} [-p Parent] [-w Connection] [-i PathID]"},
		"rmpath":              {aixRmpath, 200 * ms, "/usr/sbin", true, "rmpath [-d] [-l Name] [-p Parent] [-w Connection] [-i PathID]"},
		"mkpath":              {aixMkpath, 200 * ms, "/usr/sbin", true, "mkpath [-d] [-l Name] [-p Parent] [-w Connection] [-i PathID]"},
		"mkssys":              {aixMkssys, 200 * ms, "/usr/bin", true, "mkssys -s Subsystem -p Path -u UserID [-a Arguments] [-G Group] [-e StandardError] [-i StandardInput] [-o StandardOutput] [-S -n NormalSignal -f ForceSignal | -K | -I MessageQueue -m MessageType] [-Q | -q] [-R | -O] [-D | -d] [-E Priority] [-w WaitTime] [-t Synonym]"},
		"rmssys":              {aixRmssys, 200 * ms, "/usr/bin", true, "rmssys -s Subsystem"},
		"tunsave":             {aixTunsave, 300 * ms, "/usr/sbin", true, "tunsave [-a | -A] {-f | -F} FileName"},
		"tunrestore":          {aixTunrestore, 300 * ms, "/usr/sbin", true, "tunrestore [-r] -f FileName"},
		"tuncheck":            {aixTunrestore, 300 * ms, "/usr/sbin", true, "tuncheck [-r | -p] -f FileName"},
		"tunchange":           {aixTunchange, 300 * ms, "/usr/sbin", true, "tunchange -f FileName -t Stanza {-o Parameter=Value ... | -D}"},
		"kill":                {aixKill, 5 * ms, "/usr/bin", false, "kill [-s Signal | -Signal] ProcessID ...\n       kill -l"},
	}
}

func aixSmtctl(a *aixCall) int {
	f, ok := a.flags("m:t:w:")
	if !ok {
		return 1
	}
	h := a.h
	if len(f.rest) > 0 || f.has('w') && !f.any("mt") || f.has('w') && !contains("boot now", f.get('w')) || f.has('m') && !contains("on off limit suspend", f.get('m')) {
		return a.usage()
	}
	if len(f.set) > 0 {
		want, top := h.maxSMT(), h.maxSMT()
		if f.get('m') == "off" || f.get('m') == "suspend" {
			want = 1
		} else if f.has('m') {
			want = min(4, top)
		}
		if f.has('t') {
			n, ok := atoi(f.get('t'))
			if !ok || !slices.Contains([]int{1, 2, 4, 8}, n) || n > top {
				return a.fail("smtctl: %s is not a valid number of SMT threads.", f.get('t'))
			}
			want = n
		}
		if a.user != "root" {
			return a.fail("smtctl: Only the root user can change the SMT mode.")
		}
		if h.DevAttrs == nil {
			h.DevAttrs = map[string]string{}
		}
		if f.get('w') != "boot" {
			h.DevAttrs["smt|threads"] = fmt.Sprint(want)
		}
		if f.get('w') != "now" {
			h.DevAttrs["boot|smt|threads"] = fmt.Sprint(want)
		}
		state := "enabled"
		if want == 1 {
			state = "disabled"
		}
		switch f.get('w') {
		case "boot":
			a.say("smtctl: SMT will be %s on subsequent reboots.\nNote that the boot image must be remade with the bosboot command before\nthe next reboot.", state)
		case "now":
			a.say("smtctl: SMT is now %s.", state)
		default:
			a.say("smtctl: SMT is now %s. It will persist across reboots if\n        you run the bosboot command before the next reboot.", state)
		}
		return 0
	}
	threads := h.smt()
	boot := "not set"
	if v := h.DevAttrs["boot|smt|threads"]; v == "1" {
		boot = "set to disabled"
	} else if v != "" {
		boot = "set to enabled"
	}
	state := "enabled"
	if threads == 1 {
		state = "disabled"
	}
	a.say("\nThis system is SMT capable.\nThis system supports up to %d SMT threads per processor.\nSMT is currently %s.\nSMT boot mode is %s.\nSMT threads are bound to the same virtual processor.\n", h.maxSMT(), state, boot)
	bound := 0
	for _, p := range h.processors() {
		a.say("%s has %d SMT threads.", p, threads)
		for range threads {
			a.say("Bind processor %d is bound with %s", bound, p)
			bound++
		}
		a.say("\n")
	}
	return 0
}

// aixEmgr knows no interim fixes: there are none.
func aixEmgr(a *aixCall) int {
	f, ok := a.flags("lcrPL:n:u:v:Xa:pqw:f:")
	if !ok {
		return 1
	}
	modes := 0
	for _, c := range "lcrP" {
		if f.has(byte(c)) {
			modes++
		}
	}
	if modes != 1 || f.has('v') && !contains("1 2 3", f.get('v')) || len(f.rest) > 0 && !f.has('P') || f.has('r') && !f.any("Lnu") {
		return a.usage()
	}
	if f.any("Lnu") {
		return a.fail("emgr: 0645-041 There is no efix with the label, the number or the VUID %s on this system.", f.get('L')+f.get('n')+f.get('u'))
	}
	a.say("There is no efix data on this system.")
	return 0
}

// fixes are the keywords that follow from the level: technology levels and service packs.
func (h *Host) fixes() [][3]string {
	p := strings.Split(h.Level, "-")
	vr := p[0][:2]
	var out [][3]string
	tl, _ := atoi(p[1])
	sp, _ := atoi(p[2])
	for i := 0; i <= tl; i++ {
		key := fmt.Sprintf("%s00-%02d_AIX_ML", vr, i)
		out = append(out, [3]string{key, "p", fmt.Sprintf("AIX %s00-%02d Update", vr, i)})
	}
	for i := 1; i <= sp; i++ {
		key := fmt.Sprintf("%s-%s-%02d%s_SP", vr, p[1], i, p[3])
		if i < sp {
			key = fmt.Sprintf("%s-%s-%02d_SP", vr, p[1], i)
		}
		out = append(out, [3]string{key, "p", fmt.Sprintf("Service Pack %d for %s00-%s", i, vr, p[1])})
	}
	return out
}

func aixInstfix(a *aixCall) int {
	f, ok := a.flags("icqvFk:t:a")
	if !ok {
		return 1
	}
	if !f.has('i') || len(f.rest) > 0 || f.has('k') && f.has('t') {
		return a.usage()
	}
	level := a.h.vrmf()
	list := a.h.fixes()
	code := 0
	if f.has('k') {
		var some [][3]string
		for _, k := range strings.Fields(f.get('k')) {
			at := slices.IndexFunc(list, func(x [3]string) bool { return x[0] == k })
			if at < 0 {
				code = 1
				if !f.has('q') {
					a.say("    There was no data for %s in the fix database.", k)
				}
				continue
			}
			some = append(some, list[at])
		}
		list = some
	}
	if f.has('c') && !f.has('q') {
		a.say("#Keyword:Fileset:ReqLevel:InstLevel:Status:Abstract")
	}
	for _, x := range list {
		switch {
		case f.has('c'):
			for _, s := range a.h.filesets() {
				a.say("%s:%s:%s:%s:=:%s", x[0], s.name, level, level, x[2])
			}
		case f.has('v'):
			a.say("%s Abstract: %s", x[0], x[2])
		case f.has('q'):
		default:
			a.say("    All filesets for %s were found.", x[0])
		}
	}
	return code
}

// vrmf is the level of the filesets of the base system.
func (h *Host) vrmf() string {
	p := strings.Split(h.Level, "-")
	tl, _ := atoi(p[1])
	return fmt.Sprintf("%c.%c.%d.0", p[0][0], p[0][1], tl)
}

func aixLppchk(a *aixCall) int {
	f, ok := a.flags("cflvm:")
	if !ok {
		return 1
	}
	if len(f.set) == 0 {
		return a.usage()
	}
	for _, n := range f.rest {
		if !slices.ContainsFunc(a.h.filesets(), func(s fileset) bool { return globMatch(n, s.name) }) {
			return a.fail("lppchk: 0504-206  File %s could not be located in the database.", n)
		}
	}
	return 0
}

// aixLsrsrc knows the classes that say who manages the partition and what the host is.
func aixLsrsrc(a *aixCall) int {
	f, ok := a.flags("s:ltdD:xapA:Vc")
	if !ok {
		return 2
	}
	if !a.h.running("ctrmc") {
		return a.fail("/usr/bin/lsrsrc: 2612-022 A session could not be established with the RMC daemon on \"local_node\".")
	}
	if len(f.rest) == 0 {
		a.say("class_name\n\"IBM.Host\"\n\"IBM.MCP\"\n\"IBM.ManagementServer\"")
		return 0
	}
	var rows [][][2]string
	q := func(s string) string { return `"` + s + `"` }
	_, p := a.e.place(a.h)
	switch f.rest[0] {
	case "IBM.MCP", "IBM.ManagementServer":
		for _, c := range a.e.Consoles {
			if p == nil || c.Kind != "hmc" || !slices.ContainsFunc(c.Systems, func(s *System) bool { return slices.Contains(s.Partitions, p) }) {
				continue
			}
			key := "0x" + stableHex(16, c.Name)
			rows = append(rows, [][2]string{{"MNName", q(a.h.Address)}, {"NodeID", "10115264082421678976"}, {"KeyToken", q(c.Name)}, {"IPAddresses", "{" + q(c.Address) + "}"}, {"ConnectivityNames", "{" + q(a.h.Address) + "}"}, {"HMCName", q(key)},
				{"HMCIPAddr", q(c.Address)}, {"HMCAddIPs", q("")}, {"HMCAddIPv6s", q("")}, {"ActivePeerDomain", q("")}, {"NodeNameList", "{" + q(a.h.Hostname) + "}"}})
		}
	case "IBM.Host":
		rows = append(rows, [][2]string{{"Name", q(a.h.Hostname)}, {"NumProcessors", fmt.Sprint(a.h.resources().Procs)}, {"RealMemSize", fmt.Sprint(a.h.MemoryMB << 20)}, {"OSName", q("AIX")}, {"KernelVersion", q(fmt.Sprintf("%d.%d", a.h.major(), a.h.release()))}, {"NodeNameList", "{" + q(a.h.Hostname) + "}"}})
	default:
		a.fail("/usr/bin/lsrsrc: 2612-301 Resource class %q not found.", f.rest[0])
		return 3
	}
	if f.has('s') {
		return a.fail("/usr/bin/lsrsrc: 2612-303 A selection is not supported for this class.")
	}
	want := f.rest[1:]
	if !f.has('d') && !f.has('x') {
		a.say("Resource Persistent Attributes for %s", f.rest[0])
	}
	for i, r := range rows {
		var plain []string
		if !f.has('d') && !f.has('x') {
			a.say("resource %d:", i+1)
		}
		width := 0
		for _, x := range r {
			width = max(width, len(x[0]))
		}
		for _, x := range r {
			if len(want) > 0 && !slices.Contains(want, x[0]) {
				continue
			}
			if plain = append(plain, strings.Trim(x[1], `"`)); !f.has('d') && !f.has('x') {
				a.say("\t%-*s = %s", width, x[0], x[1])
			}
		}
		if f.has('d') || f.has('x') {
			a.say("%s", strings.Join(plain, ":"))
		}
	}
	return 0
}

func aixDiskDrivers(a *aixCall) int {
	f, ok := a.flags("lh")
	if !ok {
		return 1
	}
	if !f.has('l') || len(f.rest) > 0 {
		return a.usage()
	}
	a.say("Device              Present Driver      Driver Options\n2810XIV             AIX_AAPCM           AIX_AAPCM,AIX_non_MPIO\nDS4100              AIX_APPCM           AIX_APPCM,AIX_fcparray\nDS4200              AIX_APPCM           AIX_APPCM,AIX_fcparray\nDS5100/DS5300       AIX_APPCM           AIX_APPCM,AIX_fcparray\nDS8K                AIX_AAPCM           AIX_AAPCM,NO_OVERRIDE\nIBMSVC              AIX_AAPCM           AIX_AAPCM,NO_OVERRIDE")
	return 0
}

// memoryPages is what vmstat and svmon say: of 4 KB; a third is free.
func (h *Host) memoryPages() (total, free int) { return h.MemoryMB << 8, h.MemoryMB << 8 / 3 }

// interval reads the operands of the tools that measure: nothing, an interval, an interval and a count.
func (a *aixCall) interval(words []string) (count int, every time.Duration, ok bool) {
	switch len(words) {
	case 0:
		return 1, 0, true
	case 1:
		n, ok := atoi(words[0])
		return 1000, time.Duration(n) * time.Second, ok && n > 0
	case 2:
		n, ok1 := atoi(words[0])
		c, ok2 := atoi(words[1])
		return c, time.Duration(n) * time.Second, ok1 && ok2 && n > 0 && c > 0
	}
	return 0, 0, false
}

// cpuHeader is the line that the tools print before their columns.
func (a *aixCall) cpuHeader() string {
	r := a.h.resources()
	return fmt.Sprintf("\nSystem configuration: lcpu=%d mem=%dMB ent=%s", r.Procs*a.h.smt(), a.h.MemoryMB, unitText(r.held()))
}

func aixVmstat(a *aixCall) int {
	f, ok := a.flags("vsIit")
	if !ok {
		return 1
	}
	total, free := a.h.memoryPages()
	switch {
	case f.has('v') && len(f.rest) == 0:
		for _, r := range []struct {
			n    any
			text string
		}{{total, "memory pages"}, {total * 98 / 100, "lruable pages"}, {free, "free pages"}, {2, "memory pools"}, {total / 8, "pinned pages"}, {"90.0", "maxpin percentage"}, {"3.0", "minperm percentage"}, {"90.0", "maxperm percentage"}, {"21.4", "numperm percentage"},
			{total / 5, "file pages"}, {"0.0", "compressed percentage"}, {0, "compressed pages"}, {"21.4", "numclient percentage"}, {"90.0", "maxclient percentage"}, {total / 5, "client pages"}, {0, "remote pageouts scheduled"}, {0, "pending disk I/Os blocked with no pbuf"},
			{0, "paging space I/Os blocked with no psbuf"}, {2228, "filesystem I/Os blocked with no fsbuf"}, {0, "client filesystem I/Os blocked with no fsbuf"}, {0, "external pager filesystem I/Os blocked with no fsbuf"}} {
			a.say("%21v %s", r.n, r.text)
		}
		return 0
	case f.has('s') && len(f.rest) == 0:
		for _, r := range []struct {
			n    int
			text string
		}{{7264021, "total address trans. faults"}, {81263, "page ins"}, {92317, "page outs"}, {0, "paging space page ins"}, {0, "paging space page outs"}, {0, "total reclaims"}, {4123877, "zero filled pages faults"}, {62344, "executable filled pages faults"}, {0, "pages examined by clock"},
			{0, "revolutions of the clock hand"}, {0, "pages freed by the clock"}, {123021, "backtracks"}, {0, "free frame waits"}, {0, "extend XPT waits"}, {61334, "pending I/O waits"}, {173580, "start I/Os"}, {101263, "iodones"}, {9123422, "cpu context switches"}, {612344, "device interrupts"},
			{823331, "software interrupts"}, {12233444, "decrementer interrupts"}, {0, "mpc-sent interrupts"}, {0, "mpc-received interrupts"}, {0, "phantom interrupts"}, {0, "traps"}, {98344122, "syscalls"}} {
			a.say("%15d %s", r.n, r.text)
		}
		return 0
	case f.any("vsIi"):
		return a.usage()
	}
	count, every, ok := a.interval(f.rest)
	if !ok {
		return a.usage()
	}
	a.say("%s\n\nkthr    memory              page              faults              cpu          \n----- ----------- ------------------------ ------------ -----------------------\n r  b   avm   fre  re  pi  po  fr   sr  cy  in   sy  cs us sy id wa    pc    ec", a.cpuHeader())
	for i := range count {
		if i > 0 && !a.pause(every) {
			return -1
		}
		a.say(" %d  %d %d %d   0   0   0   0    0   0  %2d %4d %3d  1  1 98  0  0.02   3.6", 1, 0, total-free, free, 12, 1400+i%7, 210)
	}
	return 0
}

func aixIostat(a *aixCall) int {
	f, ok := a.flags("dtDlTs")
	if !ok {
		return 1
	}
	words := f.rest
	var drives []string
	for len(words) > 0 {
		if _, n := atoi(words[0]); n {
			break
		}
		drives, words = append(drives, words[0]), words[1:]
	}
	count, every, ok := a.interval(words)
	if !ok || f.any("DlTs") || f.has('d') && f.has('t') {
		return a.usage()
	}
	for _, d := range drives {
		if a.h.disk(d) == nil {
			return a.fail("iostat: 0551-157 Device %s is not a drive or adapter.", d)
		}
	}
	a.say("%s drives=%d paths=%d vdisks=0", a.cpuHeader(), len(a.h.Disks), len(a.h.Disks))
	for i := range count {
		if i > 0 && !a.pause(every) {
			return -1
		}
		if !f.has('d') {
			a.say("\ntty:      tin         tout    avg-cpu: %% user %% sys %% idle %% iowait physc %% entc\n          0.0         12.3                1.0   1.1   97.8      0.1   0.0    3.6")
		}
		if f.has('t') {
			continue
		}
		a.say("\nDisks:         %% tm_act     Kbps      tps    Kb_read   Kb_wrtn")
		for _, d := range a.h.Disks {
			if d.Defined || len(drives) > 0 && !slices.Contains(drives, d.Name) {
				continue
			}
			busy, kb := 0.0, 0.0
			if a.h.inUse(d) {
				busy, kb = 0.3, 14.2
			}
			a.say("%-15s %6.1f %8.1f %8.1f %10d %9d", d.Name, busy, kb, kb/8, int(kb*3000), int(kb*9000))
		}
	}
	return 0
}

func aixSvmon(a *aixCall) int {
	f, ok := a.flags("GO:i:")
	if !ok {
		return 1
	}
	if !f.has('G') || len(f.rest) > 0 || f.has('i') {
		return a.usage()
	}
	unit, long := "page", false
	for _, o := range strings.Split(f.get('O'), ",") {
		n, v, _ := strings.Cut(o, "=")
		switch {
		case o == "":
		case n == "unit" && contains("page KB MB GB auto", v):
			unit = v
		case n == "summary" && contains("basic longreal longame ame", v):
			long = v == "longreal"
		case contains("timestamp pgsz affinity", n) && contains("on off", v):
		default:
			return a.fail("svmon: 0408-156 The option %s is not valid.", o)
		}
	}
	total, free := a.h.memoryPages()
	scale := func(pages int) string {
		switch unit {
		case "KB":
			return fmt.Sprint(pages * 4)
		case "MB":
			return fmt.Sprintf("%.2f", float64(pages)/256)
		case "GB":
			return fmt.Sprintf("%.2f", float64(pages)/262144)
		}
		return fmt.Sprint(pages)
	}
	used, pin := total-free, total/8
	a.say("Unit: %s", unit)
	if long {
		a.say("--------------------------------------------------------------------------------------\n                                       Memory\n--------------------------------------------------------------------------------------\n       Size      Inuse       Free        Pin    Virtual  Available   Pgsp\n%11s%11s%11s%11s%11s%11s%11s",
			scale(total), scale(used), scale(free), scale(pin), scale(used*3/4), scale(free*5/4), scale(131072))
		return 0
	}
	a.say("--------------------------------------------------------------------------------------\n               size       inuse        free         pin     virtual  available   mmode\nmemory  %11s %11s %11s %11s %11s %11s     Ded\npg space%11s %11s\n",
		scale(total), scale(used), scale(free), scale(pin), scale(used*3/4), scale(free*5/4), scale(131072), scale(2900))
	a.say("               work        pers        clnt       other\npin     %11s %11s %11s %11s\nin use  %11s %11s %11s", scale(pin), scale(0), scale(0), scale(0), scale(used*3/4), scale(0), scale(used/4))
	return 0
}

// pagingSpaces are the logical volumes for paging that a host knows.
func (h *Host) pagingSpaces() []pagingSpace {
	var out []pagingSpace
	for _, g := range h.Groups {
		if g.State == vgOff {
			continue
		}
		for _, v := range g.disk.Volumes {
			name := g.LVs[v.Minor]
			if v.Kind != "paging" || name == "" || len(v.Parts) == 0 {
				continue
			}
			disk := "-"
			if d := h.diskOf(v.Parts[0][0].on); d != nil {
				disk = d.Name
			}
			auto := h.DevAttrs["swap|"+name+"|auto"]
			if auto == "" && g.Name == "rootvg" && name == "hd6" {
				auto = "y"
			}
			active := h.DevAttrs["swap|"+name+"|active"]
			if active == "" && name == "hd6" {
				active = "y"
			}
			out = append(out, pagingSpace{name, disk, g, v, active == "y", auto == "y"})
		}
	}
	return out
}

type pagingSpace struct {
	name, disk   string
	g            *hostGroup
	v            *volume
	active, auto bool
}

func (p pagingSpace) mb() int { return len(p.v.Parts) * p.g.disk.PPSize }

func (a *aixCall) pagingSpace(name string) *pagingSpace {
	for _, p := range a.h.pagingSpaces() {
		if p.name == strings.TrimPrefix(name, "/dev/") {
			return &p
		}
	}
	a.fail("%s: 0517-077 There is no paging space %s.", a.name, name)
	return nil
}

func (h *Host) setSwap(name, what string, on bool) {
	if h.DevAttrs == nil {
		h.DevAttrs = map[string]string{}
	}
	h.DevAttrs["swap|"+name+"|"+what] = map[bool]string{true: "y", false: "n"}[on]
}

func aixLsps(a *aixCall) int {
	f, ok := a.flags("asct:")
	if !ok {
		return 1
	}
	if f.has('t') && f.get('t') != "lv" || f.has('s') && (f.any("ac") || len(f.rest) > 0) || !f.any("as") && !f.has('t') && len(f.rest) != 1 {
		return a.usage()
	}
	list := a.h.pagingSpaces()
	if len(f.rest) == 1 {
		p := a.pagingSpace(f.rest[0])
		if p == nil {
			return 1
		}
		list = []pagingSpace{*p}
	}
	if f.has('s') {
		total := 0
		for _, p := range list {
			if p.active {
				total += p.mb()
			}
		}
		a.say("Total Paging Space   Percent Used")
		a.say("%13s%18s", fmt.Sprintf("%dMB", total), "2%")
		return 0
	}
	if f.has('c') {
		a.say("#Psname:Pvname:Vgname:Size:Used:Active:Auto:Type:Chksum")
	} else {
		a.say("Page Space      Physical Volume   Volume Group    Size %%Used   Active    Auto    Type   Chksum")
	}
	for _, p := range list {
		used := 2
		if !p.active {
			used = 0
		}
		if f.has('c') {
			yn := map[bool]string{true: "y", false: "n"}
			a.say("%s:%s:%s:%d:%d:%s:%s:lv:0", p.name, p.disk, p.g.Name, len(p.v.Parts), used, yn[p.active], yn[p.auto])
			continue
		}
		a.say("%-16s%-18s%-15s%5dMB%6d%8s%6s%6s%7s", p.name, p.disk, p.g.Name, p.mb(), used, yesNo(p.active), yesNo(p.auto), "lv", "0")
	}
	return 0
}

func aixMkps(a *aixCall) int {
	f, ok := a.flags("ant:s:")
	if !ok {
		return 1
	}
	n, good := atoi(f.get('s'))
	if !good || n < 1 || len(f.rest) < 1 || len(f.rest) > 2 || f.has('t') && f.get('t') != "lv" {
		return a.usage()
	}
	g := a.openGroup("mkps", f.rest[0])
	if g == nil {
		return 1
	}
	name := a.h.freeName("paging")
	v := newVolume(g.disk, name, "paging")
	if !a.makeVolume(g, v, n, 1, f.rest[1:]) {
		return a.bad("0517-074 mkps: Unable to create the paging space.")
	}
	a.h.setSwap(name, "auto", f.has('a'))
	a.h.setSwap(name, "active", f.has('n'))
	a.say("%s", name)
	return 0
}

func aixChps(a *aixCall) int {
	f, ok := a.flags("s:d:a:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 || f.has('s') && f.has('d') || f.has('a') && !contains("y n", f.get('a')) {
		return a.usage()
	}
	p := a.pagingSpace(f.rest[0])
	if p == nil {
		return 1
	}
	if f.any("sd") {
		n, good := atoi(f.get('s') + f.get('d'))
		switch {
		case !good || n < 1:
			return a.usage()
		case f.has('d') && n >= len(p.v.Parts):
			return a.fail("chps: 0517-080 The paging space %s cannot be made that small.", p.name)
		case f.has('d'):
			p.v.Parts = p.v.Parts[:len(p.v.Parts)-n]
		case !a.growVolume(p.g, p.v, n, nil):
			return 1
		}
	}
	if f.has('a') {
		a.h.setSwap(p.name, "auto", f.get('a') == "y")
	}
	return 0
}

func aixRmps(a *aixCall) int {
	if len(a.args) != 1 {
		return a.usage()
	}
	p := a.pagingSpace(a.args[0])
	switch {
	case p == nil:
		return 1
	case p.active:
		return a.fail("0517-062 rmps: Paging space %s is active.", p.name)
	case p.name == "hd6":
		return a.fail("0517-063 rmps: The paging space %s is the primary one.", p.name)
	}
	a.removeVolume(p.g, p.v)
	delete(a.h.DevAttrs, "swap|"+p.name+"|auto")
	delete(a.h.DevAttrs, "swap|"+p.name+"|active")
	a.say("rmlv: Logical volume %s is removed.", p.name)
	return 0
}

func aixSwapon(a *aixCall) int {
	on := a.name == "swapon"
	if len(a.args) == 0 || !on && a.args[0] == "-a" {
		return a.usage()
	}
	code := 0
	for _, n := range a.args {
		if n == "-a" {
			for _, p := range a.h.pagingSpaces() {
				if p.auto && !p.active {
					a.h.setSwap(p.name, "active", true)
				}
			}
			continue
		}
		p := a.pagingSpace(n)
		switch {
		case p == nil:
			code = 1
		case p.active == on:
			code = a.fail("%s: 0517-075 Cannot use %s: it is %s already.", a.name, n, map[bool]string{true: "active", false: "inactive"}[on])
		default:
			a.h.setSwap(p.name, "active", on)
		}
	}
	return code
}

func aixSwap(a *aixCall) int {
	f, ok := a.flags("sla")
	if !ok {
		return 1
	}
	if len(f.set) != 1 || f.has('a') {
		return a.usage()
	}
	blocks := 0
	for _, p := range a.h.pagingSpaces() {
		if p.active {
			blocks += p.mb() * 256
		}
	}
	if f.has('s') {
		a.say("allocated   = %8d blocks    used  = %8d blocks    free  = %8d blocks", blocks, blocks/50, blocks-blocks/50)
		return 0
	}
	a.say("device              maj,min        total       free\n")
	for _, p := range a.h.pagingSpaces() {
		if p.active {
			a.say("/dev/%-14s  %d, %d        %dMB      %dMB", p.name, p.g.Major, p.v.Minor, p.mb(), p.mb()-p.mb()/50)
		}
	}
	return 0
}

func aixPmcycles(a *aixCall) int {
	f, ok := a.flags("mM")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if len(f.set) == 0 {
		a.say("This machine runs at 3400 MHz")
		return 0
	}
	for i := range a.h.resources().Procs * a.h.smt() {
		a.say("CPU %d runs at 3400 MHz", i)
	}
	return 0
}

func aixArp(a *aixCall) int {
	f, ok := a.flags("an")
	if !ok {
		return 1
	}
	if !f.has('a') || len(f.rest) > 0 {
		return a.usage()
	}
	n := 0
	for _, h := range a.e.hosts() {
		for _, x := range h.Interfaces {
			if h == a.h || x.Address == "" || x.State != "up" || !a.e.reaches(a.h, x.Address) || !a.h.onLink(x.Address) {
				continue
			}
			mac := make([]string, 0, 6)
			for k := 0; k+1 < len(x.MAC); k += 2 {
				b := strings.TrimLeft(x.MAC[k:k+2], "0")
				if b == "" {
					b = "0"
				}
				mac = append(mac, b)
			}
			name := h.Hostname
			if f.has('n') {
				name = "?"
			}
			a.say("  %s (%s) at %s [ethernet] stored in bucket %d", name, x.Address, strings.ToLower(strings.Join(mac, ":")), n%149)
			n++
		}
	}
	a.say("\nbucket:    0     contains:    %d entries\nThere are %d entries in the arp table.", n, n)
	return 0
}

func aixGenkex(a *aixCall) int {
	f, ok := a.flags("d")
	if !ok {
		return 1
	}
	if f.has('d') {
		a.say("    Text address     Size     Data address     Size File")
	} else {
		a.say("    Text address     Size File")
	}
	for i, n := range []string{"/usr/lib/drivers/vscsi_initdd", "/usr/lib/drivers/vioentdd", "/usr/lib/drivers/netinet", "/unix"} {
		if f.has('d') {
			a.say("f10000%010x    %x f10000%010x    %x %s", 0xc0338000+i*0x100000, 0x77000, 0xc0390000+i*0x100000, 0x1ec8c, n)
		} else {
			a.say("f10000%010x    %x %s", 0xc0338000+i*0x100000, 0x77000, n)
		}
	}
	return 0
}

func aixSysdumpdev(a *aixCall) int {
	f, ok := a.flags("lLeP")
	if !ok {
		return 1
	}
	if len(f.set) != 1 || len(f.rest) > 0 || f.has('P') {
		return a.usage()
	}
	switch {
	case f.has('e'):
		a.say("Estimated dump size in bytes: %d", a.h.MemoryMB<<20/20)
	case f.has('L'):
		a.fail("0453-019 No previous dumps recorded.\n\nScanning device /dev/hd6 for existing dump.")
	default:
		device := "/dev/hd6"
		if _, v := a.h.volume("lg_dumplv"); v != nil {
			device = "/dev/lg_dumplv"
		}
		a.say("primary              %s\nsecondary            /dev/sysdumpnull\ncopy directory       /var/adm/ras\nforced copy flag     TRUE\nalways allow dump    FALSE\ndump compression     ON\ntype of dump         fw-assisted\nfull memory dump     disallow", device)
	}
	return 0
}

func aixCrontab(a *aixCall) int {
	f, ok := a.flags("lrve")
	if !ok {
		return 1
	}
	user := a.user
	if len(f.set) > 1 || f.has('e') || f.any("lv") && len(f.rest) > 1 || f.has('r') && len(f.rest) > 0 || len(f.set) == 0 && len(f.rest) > 1 {
		return a.usage()
	}
	if f.any("lv") && len(f.rest) == 1 {
		if user = f.rest[0]; a.user != "root" && user != a.user {
			return a.fail("0481-102 You must be root to see the crontab file of another user.")
		}
	}
	file := "/var/spool/cron/crontabs/" + user
	t := a.h.Files[file]
	switch {
	case f.any("lv") && t == nil:
		return a.fail("0481-103 Cannot open a file in the /var/spool/cron/crontabs directory.\nA file or directory in the path name does not exist.")
	case f.has('l'):
		a.out.WriteString(t.Data)
	case f.has('v'):
		a.say("The crontab file was submitted on %s", t.at.Format("Mon Jan _2 15:04:05 2006"))
	case f.has('r') && t == nil:
		return a.fail("0481-103 Cannot open a file in the /var/spool/cron/crontabs directory.")
	case f.has('r'):
		delete(a.h.Files, file)
	default:
		data := ""
		if len(f.rest) == 1 && f.rest[0] != "-" {
			if data, ok = a.h.read(absolute(a.dir, f.rest[0])); !ok {
				return a.fail("0481-098 The cron: cannot open %s.", f.rest[0])
			}
		} else {
			data = a.input()
		}
		for i, l := range strings.Split(data, "\n") {
			if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") && !cronLine(l) {
				return a.fail("%s\n0481-079 Reached a symbol that is not expected in line %d.", l, i+1)
			}
		}
		a.h.Files[file] = &hostFile{Mode: 0o600, Data: data, at: a.e.Now}
	}
	return 0
}

// cronLine tells whether a line of a crontab has five fields of time and a command.
func cronLine(l string) bool {
	w := strings.Fields(l)
	if len(w) < 6 {
		return false
	}
	for _, x := range w[:5] {
		if strings.Trim(x, "0123456789,-*/") != "" {
			return false
		}
	}
	return true
}

package lab

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

func init() {
	ms := time.Millisecond
	aixCommands = map[string]aixCommand{
		"uname":    {aixUname, 10 * ms, "/usr/bin", false, "uname [-FLMWaflmnprsuvx]"},
		"hostname": {aixHostname, 10 * ms, "/usr/bin", false, "hostname [-s]"},
		"oslevel":  {aixOslevel, 2 * time.Second, "/usr/bin", false, "oslevel [-r | -s] [-q]"},
		"lparstat": {aixLparstat, 200 * ms, "/usr/bin", false, "lparstat {-i [-s] | [Interval [Count]]}"},
		"lslpp":    {aixLslpp, 500 * ms, "/usr/bin", false, "lslpp {-l | -L | -h | -p} [-a | -I] [-c] [-q] [-R Path] [FilesetName ... | all]"},
		"getconf":  {aixGetconf, 20 * ms, "/usr/bin", false, "getconf {-a | SystemWideConfiguration | PathConfiguration PathName}"},
		"prtconf":  {aixPrtconf, time.Second, "/usr/sbin", false, "prtconf [-c | -k | -L | -m | -s | -v]"},
		"bootinfo": {aixBootinfo, 50 * ms, "/usr/sbin", true, "bootinfo {-s Disk | -r | -K | -y | -b}"},
		"lsps":     {aixLsps, 100 * ms, "/usr/sbin", false, "lsps {-s | [-c] {-a | -t lv | PagingSpace}}"},
		"id":       {aixID, 10 * ms, "/usr/bin", false, "id [-u | -g | -G] [-n] [User]"},
		"whoami":   {aixWhoami, 10 * ms, "/usr/bin", false, "whoami"},
		"who":      {aixWho, 10 * ms, "/usr/bin", false, "who [-b | -r]"},
		"uptime":   {aixUptime, 10 * ms, "/usr/bin", false, "uptime"},
		"ps":       {aixPs, 50 * ms, "/usr/bin", false, "ps [-A] [-a] [-e] [-f] [-k] [-@ [WparName]] [-o Format] [-F Format] [-p PID,...] [-t TTY,...] [-u User,...]\n       ps aux"},
		"ls":       {aixLs, 10 * ms, "/usr/bin", false, "ls [-1ailrtd] [File ...]"},
		"mkdir":    {aixMkdir, 10 * ms, "/usr/bin", false, "mkdir [-p] [-m Mode] Directory ..."},
		"rmdir":    {aixRmdir, 10 * ms, "/usr/bin", false, "rmdir Directory ..."},
		"rm":       {aixRm, 10 * ms, "/usr/bin", false, "rm [-f] [-r] File ..."},
		"touch":    {aixTouch, 10 * ms, "/usr/bin", false, "touch File ..."},
		"chmod":    {aixChmod, 10 * ms, "/usr/bin", false, "chmod [-R] {OctalMode | [ugoa]{+|-|=}[rwx][,...]} File ..."},
		"cp":       {aixCp, 20 * ms, "/usr/bin", false, "cp [-p] SourceFile TargetFile"},
		"mv":       {aixMv, 20 * ms, "/usr/bin", false, "mv [-f] SourceFile TargetFile"},
		"basename": {aixBasename, 10 * ms, "/usr/bin", false, "basename String [Suffix]"},
		"dirname":  {aixBasename, 10 * ms, "/usr/bin", false, "dirname Path"},
		"expr":     {aixExpr, 10 * ms, "/usr/bin", false, "expr Expression"},
		"env":      {aixEnv, 10 * ms, "/usr/bin", false, "env"},
		"sync":     {func(a *aixCall) int { return a.nothing() }, 100 * ms, "/usr/sbin", false, "sync"},
	}
	for _, more := range []map[string]aixCommand{aixDeviceCommands(), aixGroupCommands(), aixVolumeCommands(), aixFSCommands(), aixNetCommands(), aixBootCommands(), aixPartCommands(),
		aixNFSCommands(), aixTCPCommands(), aixUserCommands(), aixTuneCommands(), aixShellCommands(), aixODMCommands(), aixSysCommands(), aixDiskCommands(), aixHACommands(), aixWparCommands()} {
		for n, c := range more {
			aixCommands[n] = c
		}
	}
}

// nothing is a command that takes no operands and prints nothing.
func (a *aixCall) nothing() int {
	if len(a.args) > 0 {
		return a.usage()
	}
	return 0
}

func aixUname(a *aixCall) int {
	f, ok := a.flags("FSTLWaflmnprsuvxM")
	if !ok {
		return 1
	}
	if f.has('S') && len(f.set) == 1 && len(f.rest) == 1 {
		if a.user != "root" {
			return a.fail("uname: 0652-024 Only the root user can set the name of the system.")
		}
		a.h.Hostname = f.rest[0]
		return 0
	}
	if len(f.rest) > 0 || f.any("ST") {
		return a.usage()
	}
	h := a.h
	serial := "IBM,02" + h.serialNo()
	number, name := h.lpar()
	version, release := strconv.Itoa(h.major()), strconv.Itoa(h.release())
	single := map[byte]string{'L': fmt.Sprintf("%d %s", number, name), 'W': h.wparID(), 'M': h.Model, 'u': serial, 'F': serial + "0001", 'f': serial + "0001", 'l': strings.TrimPrefix(h.Machine, "00")}
	for c, v := range single {
		if f.has(c) && len(f.set) == 1 {
			a.say("%s", v)
			return 0
		}
	}
	if f.any("LWMuFfl") {
		return a.usage()
	}
	all := f.any("ax")
	var out []string
	add := func(flag byte, v string) {
		if all || f.has(flag) {
			out = append(out, v)
		}
	}
	if len(f.set) == 0 || all || f.has('s') {
		out = append(out, "AIX")
	}
	short, _, _ := strings.Cut(h.Hostname, ".")
	add('n', short)
	add('r', release)
	add('v', version)
	add('m', h.Machine)
	if f.has('p') {
		out = append(out, "powerpc")
	}
	a.say("%s", strings.Join(out, " "))
	return 0
}

func aixHostname(a *aixCall) int {
	f, ok := a.flags("s")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	name := a.h.Hostname
	if f.has('s') {
		name, _, _ = strings.Cut(name, ".")
	}
	a.say("%s", name)
	return 0
}

func aixOslevel(a *aixCall) int {
	f, ok := a.flags("rsq")
	if !ok {
		return 1
	}
	p := strings.Split(a.h.Level, "-")
	if f.has('q') && len(f.rest) == 0 && !(f.has('r') && f.has('s')) {
		return a.knownLevels(f)
	}
	switch {
	case len(f.rest) > 0 || len(f.set) > 1:
		return a.usage()
	case f.has('s'):
		a.say("%s", a.h.Level)
	case f.has('r'):
		a.say("%s-%s", p[0], p[1])
	default:
		a.say("%c.%c.%c.%c", p[0][0], p[0][1], p[0][2], p[0][3])
	}
	return 0
}

func aixLparstat(a *aixCall) int {
	f, ok := a.flags("is")
	if !ok {
		return 1
	}
	if !f.has('i') && len(f.set) == 0 {
		return a.lparUse(f.rest)
	}
	if !f.has('i') || len(f.rest) > 0 {
		return a.usage()
	}
	h := a.h
	r := h.resources()
	number, name := h.lpar()
	mb := func(n int) string { return fmt.Sprintf("%d MB", n) }
	kind, mode := "Shared-SMT-4", "Uncapped"
	cpus := h.sysProcs
	if cpus == 0 {
		cpus = 16
	}
	entitled, least, most := r.Units, r.MinUnits, r.MaxUnits
	if r.Dedicated {
		kind, mode = "Dedicated-SMT-4", "Capped"
		entitled, least, most = r.Procs*100, r.MinProcs*100, r.MaxProcs*100
	} else if r.Sharing == "cap" {
		mode = "Capped"
	}
	percent := "100.00%"
	if r.Procs > 0 {
		percent = fmt.Sprintf("%d.%02d%%", entitled/r.Procs, entitled%r.Procs*100/r.Procs)
	}
	n := strconv.Itoa
	for _, x := range [][2]string{{"Node Name", h.Hostname}, {"Partition Name", name}, {"Partition Number", n(number)}, {"Type", kind}, {"Mode", mode},
		{"Entitled Capacity", unitText(entitled)}, {"Partition Group-ID", n(32768 + number)}, {"Shared Pool ID", n(r.Pool)}, {"Online Virtual CPUs", n(r.Procs)}, {"Maximum Virtual CPUs", n(r.MaxProcs)},
		{"Minimum Virtual CPUs", n(r.MinProcs)}, {"Online Memory", mb(h.MemoryMB)}, {"Maximum Memory", mb(r.MaxMem)}, {"Minimum Memory", mb(r.MinMem)},
		{"Variable Capacity Weight", n(r.Weight)}, {"Minimum Capacity", unitText(least)}, {"Maximum Capacity", unitText(most)}, {"Capacity Increment", "0.01"}, {"Maximum Physical CPUs in system", n(cpus)},
		{"Active Physical CPUs in system", n(cpus)}, {"Active CPUs in Pool", n(cpus)}, {"Unallocated Capacity", "0.00"}, {"Physical CPU Percentage", percent}, {"Unallocated Weight", "0"}} {
		a.say("%-43s: %s", x[0], x[1])
	}
	if h.atLeast(6, 1) {
		for _, x := range a.moreLparstat(r, entitled, cpus) {
			a.say("%-43s: %s", x[0], x[1])
		}
	}
	return 0
}

type fileset struct{ name, text, level string }

func (h *Host) filesets() []fileset {
	out := []fileset{{name: "bos.mp64", text: "Base Operating System 64-bit Multiprocessor Runtime"}, {name: "bos.net.nfs.client", text: "Network File System Client"}, {name: "bos.net.nfs.server", text: "Network File System Server"},
		{name: "bos.net.tcp.client", text: "TCP/IP Client Support"}, {name: "bos.net.tcp.server", text: "TCP/IP Server"}, {name: "bos.rte", text: "Base Operating System Runtime"},
		{name: "bos.rte.filesystem", text: "Filesystem Administration"}, {name: "bos.rte.libc", text: "libc Library"}, {name: "bos.rte.lvm", text: "Logical Volume Manager"}, {name: "devices.common.IBM.mpio.rte", text: "MPIO Disk Path Control Module"},
		{name: "rsct.core.rmc", text: "RSCT Resource Monitoring and Control"}, {name: "bos.adt.lib", text: "Base Application Development Libraries"}, {name: "bos.adt.libm", text: "Base Application Development Math Library"},
		{name: "bos.adt.syscalls", text: "System Calls Application Development Toolkit"}, {name: "bos.data", text: "Base Operating System Data"}, {name: "bos.rte.SRC", text: "System Resource Controller"},
		{name: "bos.rte.libcfg", text: "libcfg Library"}, {name: "bos.rte.libcur", text: "libcurses Library"}, {name: "bos.rte.libpthreads", text: "libpthreads Library"}, {name: "bos.rte.odm", text: "Object Data Manager"}}
	if h.Cluster {
		out = append(out, fileset{name: "bos.clvm.enh", text: "Enhanced Concurrent Logical Volume Manager"}, fileset{name: "rsct.basic.rte", text: "RSCT Basic Function"})
		if h.HA == nil {
			out = append(out, fileset{name: "cluster.es.server.rte", text: "PowerHA SystemMirror Base Server Runtime"})
		}
		out = append(out, h.haFilesets()...)
	}
	if h.atLeast(6, 1) {
		out = append(out, fileset{name: "bos.wpars", text: "AIX Workload Partitions"})
	}
	for _, s := range h.Software {
		out = append(out, fileset{name: s, text: s})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

func aixLslpp(a *aixCall) int {
	f, ok := a.flags("lLcqaIhpR:")
	if !ok {
		return 1
	}
	modes := 0
	for _, c := range "lLhp" {
		if f.has(byte(c)) {
			modes++
		}
	}
	if modes != 1 || f.has('a') && f.has('I') || f.has('R') && f.get('R') != "/" && f.get('R') != "ALL" {
		return a.usage()
	}
	p := strings.Split(a.h.Level, "-")
	tl, _ := atoi(p[1])
	level := fmt.Sprintf("%c.%c.%d.0", p[0][0], p[0][1], tl)
	var found []fileset
	code := 0
	names := f.rest
	if len(names) == 0 || slices.Equal(names, []string{"all"}) {
		found, names = a.h.filesets(), nil
	}
	for _, n := range names {
		hit := false
		for _, s := range a.h.filesets() {
			if match, err := path.Match(n, s.name); err == nil && match {
				found = append(found, s)
				hit = true
			}
		}
		if !hit {
			a.fail("lslpp: 0504-132  Fileset %s not installed.", n)
			code = 1
		}
	}
	if len(found) == 0 {
		return code
	}
	switch {
	case f.any("hp"):
		return max(code, a.lslppOther(f, found, level))
	case f.has('L') && f.has('c'):
		if !f.has('q') {
			a.say("#Package Name:Fileset:Level:State:PTF Id:Fix State:Type:Description:Destination Dir.:Uninstaller:Message Catalog:Message Set:Message Number:Parent:Automatic:EFIX Locked:Install Path:Build Date")
		}
		for _, s := range found {
			a.say("bos:%s:%s: : :C: :%s: : : : : : :0:0:/:%s", s.name, cmp.Or(s.level, level), s.text, p[3])
		}
	case f.has('c'):
		if !f.has('q') {
			a.say("#Fileset:Level:PTF Id:State:Type:Description:EFIX Locked")
		}
		for _, s := range found {
			a.say("/usr/lib/objrepos:%s:%s::COMMITTED:I:%s:", s.name, cmp.Or(s.level, level), s.text)
		}
	case f.has('L'):
		if !f.has('q') {
			a.say("  %-25s %-12s%-5s  %-6s %s", "Fileset", "   Level", "State", "Type", "Description (Uninstaller)")
			a.say("  %s", strings.Repeat("-", 76))
		}
		for _, s := range found {
			a.say("  %-25s %10s    C     F    %s", s.name, cmp.Or(s.level, level), s.text)
		}
	default:
		if !f.has('q') {
			a.say("  %-25s %11s  %-10s %s", "Fileset", "Level", "State", "Description")
			a.say("  %s", strings.Repeat("-", 76))
			a.say("Path: /usr/lib/objrepos")
		}
		for _, s := range found {
			a.say("  %-25s %11s  %-10s %s", s.name, cmp.Or(s.level, level), "COMMITTED", s.text)
		}
	}
	return code
}

func (h *Host) bootDisk() string {
	if g := h.group("rootvg"); g != nil {
		for _, m := range g.disk.Members {
			if d := h.diskOf(m); d != nil {
				return d.Name
			}
		}
	}
	return ""
}

func aixGetconf(a *aixCall) int {
	values := map[string]string{"KERNEL_BITMODE": "64", "HARDWARE_BITMODE": "64", "BOOT_DEVICE": a.h.bootDisk(), "REAL_MEMORY": strconv.Itoa(a.h.MemoryMB << 10),
		"MACHINE_ARCHITECTURE": "chrp", "MP_CAPABLE": "1", "PAGE_SIZE": "4096"}
	switch {
	case len(a.args) == 1 && a.args[0] == "-a":
		for _, n := range sortedKeys(values) {
			a.say("%s: %s", n, values[n])
		}
		return 0
	case len(a.args) == 2 && (a.args[0] == "DISK_SIZE" || a.args[0] == "DISK_DEVNAME"):
		d := a.h.disk(strings.TrimPrefix(a.args[1], "/dev/"))
		if d == nil || d.Defined || !strings.HasPrefix(a.args[1], "/dev/") {
			return a.fail("getconf: 0402-007 Invalid path %s.", a.args[1])
		}
		if a.args[0] == "DISK_SIZE" {
			a.say("%d", d.medium.size())
		} else {
			a.say("%s", d.Name)
		}
		return 0
	case len(a.args) != 1:
		return a.usage()
	}
	v, ok := values[a.args[0]]
	if !ok {
		return a.fail("getconf: Invalid argument (%s)", a.args[0])
	}
	a.say("%s", v)
	return 0
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func aixPrtconf(a *aixCall) int {
	f, ok := a.flags("ckLmsv")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || len(f.set) > 1 {
		return a.usage()
	}
	h := a.h
	number, name := h.lpar()
	memory := fmt.Sprintf("Memory Size: %d MB", h.MemoryMB)
	speed := "Processor Clock Speed: 3400 MHz"
	switch {
	case f.has('c'):
		a.say("CPU Type: 64-bit")
	case f.has('k'):
		a.say("Kernel Type: 64-bit")
	case f.has('L'):
		a.say("LPAR Info: %d %s", number, name)
	case f.has('m'):
		a.say("%s", memory)
	case f.has('s'):
		a.say("%s", speed)
	default:
		a.fullPrtconf()
	}
	return 0
}

func aixBootinfo(a *aixCall) int {
	f, ok := a.flags("s:rKyb")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || len(f.set) != 1 {
		return a.usage()
	}
	switch {
	case f.has('r'):
		a.say("%d", a.h.MemoryMB<<10)
	case f.has('K'), f.has('y'):
		a.say("64")
	case f.has('b'):
		a.say("%s", a.h.bootDisk())
	default:
		d := a.h.disk(strings.TrimPrefix(f.get('s'), "/dev/"))
		if d == nil || d.Defined {
			return a.fail("bootinfo: 0301-155 Cannot get the size of %s.", f.get('s'))
		}
		a.say("%d", d.medium.size())
	}
	return 0
}

func aixID(a *aixCall) int {
	f, ok := a.flags("ungG")
	if !ok {
		return 1
	}
	modes := 0
	for _, c := range "ugG" {
		if f.has(byte(c)) {
			modes++
		}
	}
	if len(f.rest) > 1 || modes > 1 || f.has('n') && modes == 0 {
		return a.usage()
	}
	name := a.user
	if len(f.rest) == 1 {
		name = f.rest[0]
	}
	u := a.h.user(name)
	if u == nil && name != a.user {
		return a.fail("id: 0653-121 User not found in /etc/passwd file")
	}
	if u == nil { // somebody who has come over the network
		u = &hostUser{Name: name, ID: 203, Group: "staff"}
	}
	g := a.h.userGroup(u.Group)
	pick := func(name string, id int) string {
		if f.has('n') {
			return name
		}
		return strconv.Itoa(id)
	}
	switch {
	case f.has('u'):
		a.say("%s", pick(u.Name, u.ID))
	case f.has('g'):
		a.say("%s", pick(g.Name, g.ID))
	case f.has('G'):
		var out []string
		for _, n := range a.h.groupsOf(u) {
			out = append(out, pick(n, a.h.userGroup(n).ID))
		}
		a.say("%s", strings.Join(out, " "))
	default:
		a.say("%s", a.h.accountText(u))
	}
	return 0
}

func aixWhoami(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	a.say("%s", a.user)
	return 0
}

func aixWho(a *aixCall) int {
	if len(a.args) == 2 && contains("am Am", a.args[0]) {
		a.args = nil
	}
	f, ok := a.flags("bru")
	if !ok {
		return 1
	}
	switch {
	case len(f.rest) > 0 || len(f.set) > 1:
		return a.usage()
	case f.has('b'):
		a.say("   .        system boot %s", a.h.Booted.Format("Jan 02 15:04"))
	case f.has('r'):
		a.say("   .        run-level 2 %s       2    0    S", a.h.Booted.Format("Jan 02 15:04"))
	default:
		a.say("%-11s pts/0       %s", a.user, a.e.Now.Format("Jan 02 15:04"))
	}
	return 0
}

func aixUptime(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	up := a.e.Now.Sub(a.h.Booted)
	a.say("  %s   up %d days, %s,  1 user,  load average: 0.42, 0.37, 0.35", a.e.Now.Format("03:04PM"), int(up.Hours())/24, clockText(up))
	return 0
}

// modeText is the first column of ls -l.
func modeText(m fs.FileMode) string {
	kind := "-"
	switch {
	case m.IsDir():
		kind = "d"
	case m&fs.ModeCharDevice != 0:
		kind = "c"
	case m&fs.ModeDevice != 0:
		kind = "b"
	}
	return kind + m.Perm().String()[1:]
}

func aixLs(a *aixCall) int {
	f, ok := a.flags("1ailrtdFAL")
	if !ok {
		return 2
	}
	names := f.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	code := 0
	line := func(shown, full string) {
		i := a.h.stat(full)
		if i == nil {
			return
		}
		if !f.has('l') {
			a.say("%s", shown)
			return
		}
		size := fmt.Sprintf("%12d", i.size)
		if kind, major, minor := a.h.device(strings.TrimPrefix(full, "/dev/")); kind != 0 && strings.HasPrefix(full, "/dev/") {
			size = fmt.Sprintf("%8d,%3d", major, minor)
		}
		a.say("%s    1 root     system  %s %s %s", modeText(i.mode), size, i.at.Format("Jan 02 15:04"), shown)
	}
	for _, n := range names {
		full := absolute(a.dir, n)
		i := a.h.stat(full)
		if i == nil {
			a.fail("ls: 0653-341 The file %s does not exist.", n)
			code = 2
			continue
		}
		if !i.IsDir() || f.has('d') {
			line(n, full)
			continue
		}
		if len(names) > 1 {
			a.say("\n%s:", n)
		}
		list := a.h.list(full)
		if f.has('l') {
			a.say("total %d", 8*len(list))
		}
		if f.has('a') {
			list = append([]string{".", ".."}, list...)
		}
		for _, x := range list {
			if !strings.HasPrefix(x, ".") || f.any("aA") {
				line(x, path.Join(full, x))
			}
		}
	}
	return code
}

func aixMkdir(a *aixCall) int {
	f, ok := a.flags("pm:")
	if !ok {
		return 2
	}
	mode := uint64(0o755)
	if f.has('m') {
		var err error
		if mode, err = strconv.ParseUint(f.get('m'), 8, 12); err != nil {
			return a.usage()
		}
	}
	if len(f.rest) == 0 {
		a.usage()
		return 2
	}
	code := 0
	for _, n := range f.rest {
		full := absolute(a.dir, n)
		old, parent := a.h.stat(full), a.h.stat(path.Dir(full))
		_, _, writable := a.h.at(full)
		switch {
		case !writable:
			a.fail("mkdir: 0653-358 Cannot create %s.\n%s: The file system has read permission only.", n, n)
			code = 2
			continue
		case old != nil && f.has('p') && old.IsDir():
			continue
		case old != nil:
			a.fail("mkdir: 0653-358 Cannot create %s.\n%s: The file already exists.", n, n)
			code = 2
			continue
		case !f.has('p') && (parent == nil || !parent.IsDir()):
			a.fail("mkdir: 0653-357 Cannot access directory %s.\n%s: A file or directory in the path name does not exist.", path.Dir(n), path.Dir(n))
			code = 2
			continue
		case strings.HasPrefix(full, "/dev/") || strings.HasPrefix(full, "/proc/") || a.user != "root" && !strings.HasPrefix(full, "/tmp/"):
			a.fail("mkdir: 0653-358 Cannot create %s.\n%s: The file access permissions do not allow the specified action.", n, n)
			code = 2
			continue
		}
		var missing []string
		for p := full; a.h.stat(p) == nil; p = path.Dir(p) {
			missing = append(missing, p)
		}
		for _, p := range missing {
			a.h.put(p, &hostFile{Dir: true, Mode: int(mode), at: a.e.Now})
		}
	}
	return code
}

func aixRmdir(a *aixCall) int {
	if len(a.args) == 0 {
		a.usage()
		return 2
	}
	code := 0
	for _, n := range a.args {
		name := absolute(a.dir, n)
		h, full, writable := a.h.at(name)
		switch f := h.Files[full]; {
		case a.h.stat(name) == nil:
			a.fail("rmdir: 0653-611 Directory %s does not exist.", n)
			code = 2
		case f == nil || !f.Dir || !writable || a.h.mountAt(name) != nil || len(a.h.list(name)) > 0:
			a.fail("rmdir: 0653-609 Cannot remove %s.", n)
			code = 2
		default:
			delete(h.Files, full)
		}
	}
	return code
}

func aixRm(a *aixCall) int {
	f, ok := a.flags("frRi")
	if !ok || f.has('i') {
		return 2
	}
	code := 0
	for _, n := range f.rest {
		name := absolute(a.dir, n)
		h, full, writable := a.h.at(name)
		i := a.h.stat(name)
		switch {
		case i == nil && f.has('f'):
		case i == nil:
			a.fail("rm: 0653-603 Cannot remove %s.\nA file or directory in the path name does not exist.", n)
			code = 2
		case i.IsDir() && !f.any("rR"):
			a.fail("rm: 0653-603 Cannot remove directory %s.", n)
			code = 2
		case h.Files[full] == nil && !(h.bare && i.IsDir()) || !writable || a.h.mountAt(name) != nil || a.user != "root" && !strings.HasPrefix(name, "/tmp/"):
			a.fail("rm: 0653-609 Cannot remove %s.\nThe file access permissions do not allow the specified action.", n)
			code = 2
		default:
			for p := range h.Files {
				if p == full || strings.HasPrefix(p, full+"/") {
					delete(h.Files, p)
				}
			}
		}
	}
	return code
}

func aixTouch(a *aixCall) int {
	code := 0
	if len(a.args) == 0 {
		return a.usage()
	}
	for _, n := range a.args {
		full := absolute(a.dir, n)
		if strings.HasPrefix(n, "-") {
			return a.usage()
		}
		if h, there, writable := a.h.at(full); h.Files[there] != nil && writable {
			h.Files[there].at = a.e.Now
		} else if a.h.create(full, true, a.user, a.e.Now) == nil {
			a.fail("touch: 0652-046 Cannot create %s.", n)
			code = 1
		}
	}
	return code
}

func aixChmod(a *aixCall) int {
	args, all := a.args, false
	if len(args) > 0 && args[0] == "-R" { // -x is a mode
		args, all = args[1:], true
	}
	if len(args) < 2 {
		return a.usage()
	}
	set, ok := chmodWord(args[0])
	if !ok {
		return a.fail("chmod: %s is not valid.", args[0])
	}
	code := 0
	for _, n := range args[1:] {
		h, there, _ := a.h.at(absolute(a.dir, n))
		f := h.Files[there]
		if f == nil {
			a.fail("chmod: %s: A file or directory in the path name does not exist.", n)
			code = 1
			continue
		}
		f.Mode = set(f.Mode)
		for name, g := range h.Files {
			if all && strings.HasPrefix(name, strings.TrimSuffix(there, "/")+"/") {
				g.Mode = set(g.Mode)
			}
		}
	}
	return code
}

var modeClause = regexp.MustCompile(`^([ugoa]*)([+=-])([rwx]*)$`)

// chmodWord reads a mode as chmod takes it: what it makes of the one that a file has. Without a class of users the mask 022 holds.
func chmodWord(word string) (func(int) int, bool) {
	if mode, err := strconv.ParseUint(word, 8, 12); err == nil {
		return func(int) int { return int(mode) }, true
	}
	var steps []func(int) int
	for _, clause := range strings.Split(word, ",") {
		m := modeClause.FindStringSubmatch(clause)
		if m == nil {
			return nil, false
		}
		who, bits := 0, 0
		for _, c := range m[1] {
			who |= map[rune]int{'u': 0o700, 'g': 0o070, 'o': 0o007, 'a': 0o777}[c]
		}
		for _, c := range m[3] {
			bits |= map[rune]int{'r': 0o444, 'w': 0o222, 'x': 0o111}[c]
		}
		if m[1] == "" {
			who, bits = 0o777, bits&^0o022
		}
		steps = append(steps, func(mode int) int {
			switch m[2] {
			case "+":
				return mode | bits&who
			case "-":
				return mode &^ (bits & who)
			}
			return mode&^who | bits&who
		})
	}
	return func(mode int) int {
		for _, step := range steps {
			mode = step(mode)
		}
		return mode
	}, true
}

func aixCp(a *aixCall) int { return a.copyFile("p", false) }
func aixMv(a *aixCall) int { return a.copyFile("f", true) }

func (a *aixCall) copyFile(flags string, move bool) int {
	f, ok := a.flags(flags)
	if !ok {
		return 1
	}
	if len(f.rest) != 2 {
		return a.usage()
	}
	from, to := absolute(a.dir, f.rest[0]), absolute(a.dir, f.rest[1])
	data, ok := a.h.read(from)
	if !ok {
		return a.fail("%s: %s: A file or directory in the path name does not exist.", a.name, f.rest[0])
	}
	if i := a.h.stat(to); i != nil && i.IsDir() {
		to = path.Join(to, path.Base(from))
	}
	fromHost, fromPath, writable := a.h.at(from)
	if move && (fromHost.Files[fromPath] == nil || !writable) || from == to {
		return a.fail("%s: 0653-401 Cannot rename %s to %s.", a.name, f.rest[0], f.rest[1])
	}
	if a.h.fileBytes()+len(data) > mostFiles {
		return a.fail("%s: %s: There is not enough space in the file system.", a.name, f.rest[1])
	}
	n := a.h.create(to, false, a.user, a.e.Now)
	if n == nil {
		return a.fail("%s: %s: The file access permissions do not allow the specified action.", a.name, f.rest[1])
	}
	n.Data = data
	if old := fromHost.Files[fromPath]; old != nil {
		n.Mode = old.Mode
		if f.has('p') {
			n.at = old.at
		}
	}
	if move {
		delete(fromHost.Files, fromPath)
	}
	return 0
}

func aixBasename(a *aixCall) int {
	switch {
	case len(a.args) == 1 && a.name == "dirname":
		a.say("%s", path.Dir(a.args[0]))
	case len(a.args) == 1:
		a.say("%s", path.Base(a.args[0]))
	case len(a.args) == 2 && a.name == "basename":
		a.say("%s", strings.TrimSuffix(path.Base(a.args[0]), a.args[1]))
	default:
		return a.usage()
	}
	return 0
}

func aixEnv(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	for name, v := range a.env.Each {
		if v.Exported && !strings.Contains(name, " ") {
			a.say("%s=%s", name, v.String())
		}
	}
	return 0
}

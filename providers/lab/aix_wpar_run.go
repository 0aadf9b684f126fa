package lab

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// startOptions are those of startwpar.
type startOptions struct {
	resolve, verbose, maintenance, load, run, wait bool
}

func aixStartwpar(a *aixCall) int {
	f, ok := a.flags("amvR12Ie:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('1') && f.any("2I") || f.has('2') && f.has('I') || f.has('R') && !f.has('1') || f.has('e') && !f.has('2') || f.has('m') && f.any("12I") {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	for _, v := range f.set['e'] {
		if !strings.Contains(v, "=") {
			return a.usage()
		}
	}
	return a.startWpar(w, startOptions{resolve: f.has('a'), verbose: f.has('v'), maintenance: f.has('m'), load: f.has('1'), run: f.has('2'), wait: f.has('I')})
}

// startWpar brings a partition from Defined to Active, or as far as it was asked for.
func (a *aixCall) startWpar(w *wpar, o startOptions) int {
	h := a.h
	switch {
	case o.run && w.State != wparLoaded, !o.run && w.State != wparDefined:
		if w.State == wparActive {
			return a.fail(wparActiveText, a.name, w.Name)
		}
		return a.fail(wparBadState, a.name, w.Name, wparStates[w.State])
	}
	if !o.run {
		if rc := a.loadWpar(w, o); rc != 0 {
			return rc
		}
		switch {
		case o.load:
			w.State = wparLoaded
			return 0
		case o.maintenance:
			w.State = wparMaintenance
			return 0
		}
	}
	if w.Kind == wparApplication {
		a.startApp(w)
	} else {
		a.say("Starting workload partition subsystem '%s'.", w.subsystem())
		if h.Files[w.outer("/etc/inittab")] == nil || !a.mayRun(w) {
			// Nobody looked whether there is a system in the file systems.
			a.fail(wparInitFailed, a.name)
			w.State, w.Operation, w.OpPID = wparBroken, "", 0
			return 1
		}
		a.boot(w)
	}
	if w.Kind != wparApplication {
		a.say("Verifying workload partition startup.")
	}
	w.State, w.Operation, w.OpPID = wparActive, "", 0
	if w.Script != "" {
		a.say("Running user script '%s'.", w.Script)
	}
	if o.verbose {
		a.say("Return Status = SUCCESS.")
	}
	if o.wait {
		a.wait(func() bool { return w.State != wparActive || h.wpar(w.Name) != w })
	}
	return 0
}

// mayRun tells whether the servers let the partition itself at its files: exports are for its own name, too.
func (a *aixCall) mayRun(w *wpar) bool {
	for _, m := range w.Mounts {
		s := a.e.nfsServer(m.Host)
		if s == nil || m.Host == "" {
			continue
		}
		names := []string{w.Name, w.Hostname}
		for _, n := range w.Nets {
			names = append(names, n.Address)
		}
		if x, _ := s.export(m.Dev); x == nil || !x.admits(names...) && len(w.Nets) > 0 {
			return false
		}
	}
	return true
}

// loadWpar mounts, exports and sets addresses.
func (a *aixCall) loadWpar(w *wpar, o startOptions) int {
	h := a.h
	for _, n := range w.Nets {
		nic := h.nic(n.Interface)
		switch {
		case nic == nil:
			return a.fail(wparNoIface, a.name, n.Interface)
		case h.liveAddress(n.Address, w) && !o.resolve:
			return a.fail(wparAddrUsed, a.name, n.Address)
		}
	}
	for _, d := range w.Devices {
		if d.Kind != "disk" {
			continue
		}
		disk := h.disk(d.Name)
		if disk == nil || disk.Defined {
			return a.fail(wparNoDevice, a.name, d.Name)
		}
		if g := h.groupOf(disk); g != nil && g.State != vgOff {
			return a.fail(wparDiskUsed, a.name, d.Name, g.Name)
		}
	}
	w.State, w.Operation, w.OpPID, w.OpStart = wparTransit, "start", h.nextPID(), a.e.Now
	back := func() int {
		a.unmountWpar(w, true)
		w.State, w.Operation, w.OpPID = wparDefined, "", 0
		return 1
	}
	a.say("Starting workload partition '%s'.", w.Name)
	a.say("Mounting all workload partition file systems.")
	if !a.mountWpar(w, o.verbose) {
		return back()
	}
	if !a.pause(5 * time.Second) {
		w.State = wparBroken
		return 1
	}
	a.say("Loading workload partition.")
	for _, n := range w.Nets {
		if nic := h.nic(n.Interface); nic != nil && !n.v6() && !h.liveAddress(n.Address, w) {
			nic.Aliases = append(slices.Clone(nic.Aliases), n.Address+","+n.Mask)
		}
	}
	for id := 1; ; id++ {
		if !slices.ContainsFunc(h.Wpars, func(x *wpar) bool { return x.ID == id }) {
			w.ID = id
			break
		}
	}
	w.Started = a.e.Now
	if w.Kind != wparApplication {
		a.say("Exporting workload partition devices.")
		for _, d := range w.Devices {
			if disk := h.disk(d.Name); disk != nil {
				disk.Defined = true
			}
		}
		if h.atLeast(7, 1) {
			a.say("Exporting workload partition kernel extensions.")
		}
	}
	return 0
}

// liveAddress tells whether an interface has an address already.
func (h *Host) liveAddress(address string, not *wpar) bool {
	for _, n := range h.Interfaces {
		if n.Address == address || slices.ContainsFunc(n.Aliases, func(x string) bool { return strings.HasPrefix(x, address+",") }) {
			return true
		}
	}
	return false
}

// boot starts init and what it starts.
func (a *aixCall) boot(w *wpar) {
	h := a.h
	w.Procs, w.Subsystems = nil, nil
	cor := h.corSubsystem(w)
	cor.PID = h.nextPID()
	a.say("0513-059 The %s Subsystem has been started. Subsystem PID is %d.", w.subsystem(), cor.PID)
	first := a.spawn(w, 0, "/etc/init")
	first.Inside = 1
	src := a.spawn(w, 1, "/usr/sbin/srcmstr")
	a.spawn(w, 1, "/usr/sbin/cron")
	for _, s := range []subsystem{{"syslogd", "ras", 1}, {"portmap", "portmap", 1}, {"inetd", "tcpip", 1}, {"sendmail", "mail", 1}, {"sshd", "ssh", 1}, {"biod", "nfs", 0}, {"rpc.lockd", "nfs", 0},
		{"rpc.statd", "nfs", 0}, {"xntpd", "tcpip", 0}} {
		x := &subsystem{Name: s.Name, Group: s.Group}
		if s.PID > 0 {
			x.PID = a.spawn(w, src.Inside, "/usr/sbin/"+s.Name).PID
		}
		w.Subsystems = append(w.Subsystems, x)
	}
	text, _ := h.read(w.outer("/etc/inittab"))
	for _, line := range strings.Split(text, "\n") {
		part := strings.SplitN(line, ":", 4)
		if len(part) < 4 || !contains("once respawn wait", part[2]) {
			continue
		}
		cmd, _, _ := strings.Cut(part[3], ">")
		cmd, _, _ = strings.Cut(cmd, "#")
		if _, _, ok := counter(strings.Fields(cmd)); ok {
			a.spawn(w, 1, strings.TrimSpace(cmd))
		}
	}
}

func (h *Host) corSubsystem(w *wpar) *subsystem {
	for _, s := range h.Subsystems {
		if s.Name == w.subsystem() {
			return s
		}
	}
	s := &subsystem{Name: w.subsystem(), Group: "wpars"}
	h.Subsystems = append(h.Subsystems, s)
	return s
}

// unload takes a partition out of the kernel: no processes, addresses, devices and, where they let go, mounts.
func (a *aixCall) unload(w *wpar, force bool) bool {
	h := a.h
	a.e.tick()
	w.Procs, w.Subsystems, w.ID = nil, nil, 0
	for _, s := range h.Subsystems {
		if s.Name == w.subsystem() {
			s.PID = 0
		}
	}
	for _, n := range w.Nets {
		if nic := h.nic(n.Interface); nic != nil {
			nic.Aliases = slices.DeleteFunc(slices.Clone(nic.Aliases), func(x string) bool { return strings.HasPrefix(x, n.Address+",") })
		}
	}
	for _, d := range w.Devices {
		if disk := h.disk(d.Name); disk != nil {
			disk.Defined = false
		}
	}
	return a.unmountWpar(w, force)
}

func aixStopwpar(a *aixCall) int {
	f, ok := a.flags("hFrt:Nv")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('h') && f.has('F') || f.has('t') && f.has('N') {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	if f.has('r') && w.Kind == wparApplication {
		return a.fail(wparOnlySystem, a.name, "-r")
	}
	if rc := a.stopWpar(w, f); rc != 0 || !f.has('r') {
		return rc
	}
	return a.startWpar(w, startOptions{verbose: f.has('v')})
}

// stopWpar ends a partition.
func (a *aixCall) stopWpar(w *wpar, f *flagSet) int {
	force := f.has('F')
	switch {
	case contains("A N L", w.State):
	case force && contains("B T F P E", w.State):
	case w.State == wparDefined:
		return a.fail(wparNotActive, a.name, w.Name)
	default:
		return a.fail(wparBadState, a.name, w.Name, wparStates[w.State])
	}
	limit := 600
	if f.has('h') {
		limit = 60
	}
	if f.has('t') {
		var ok bool
		if limit, ok = atoi(f.get('t')); !ok || limit < 1 {
			return a.usage()
		}
	}
	was := w.State
	a.say("Stopping workload partition '%s'.", w.Name)
	if f.has('N') {
		a.fail(wparWaitingEver, a.name)
	} else {
		a.fail(wparWaiting, a.name, limit)
	}
	w.Operation, w.OpPID, w.OpStart = "stop", a.h.nextPID(), a.e.Now
	stuck := slices.ContainsFunc(w.Procs, func(p *wparProc) bool { return p.Stuck })
	if stuck {
		if !a.pause(time.Duration(limit) * time.Second) {
			w.State, w.Operation, w.OpPID = wparBroken, "", 0
			return 1
		}
		a.fail(wparStuckText, a.name, w.Name)
		w.State, w.Operation, w.OpPID = was, "", 0
		if force {
			w.State = wparBroken
		}
		return 1
	}
	w.State = wparTransit
	if w.Kind != wparApplication {
		a.say("0513-044 The %s Subsystem was requested to stop.", w.subsystem())
	}
	if !a.pause(10 * time.Second) {
		w.State, w.Operation, w.OpPID = wparBroken, "", 0
		return 1
	}
	a.say("Shutting down all workload partition processes.")
	// Its counters wrote until now.
	w.State = wparActive
	a.e.tick()
	w.State = wparTransit
	a.say("Unmounting all workload partition file systems.")
	if f.has('v') && w.Kind != wparApplication {
		for i := len(w.Mounts) - 1; i >= 0; i-- {
			a.say("Umounting %s.", w.mountPoint(w.Mounts[i]))
		}
	}
	ok := a.unload(w, force)
	w.State, w.Operation, w.OpPID = wparDefined, "", 0
	if !ok {
		w.State = wparBroken
		return 1
	}
	if w.Kind == wparApplication {
		a.dropWpar(w)
	}
	if f.has('v') {
		a.say("Return Status = SUCCESS.")
	}
	return 0
}

func (a *aixCall) dropWpar(w *wpar) {
	h := a.h
	h.Wpars = slices.DeleteFunc(slices.Clone(h.Wpars), func(x *wpar) bool { return x == w })
	h.Subsystems = slices.DeleteFunc(slices.Clone(h.Subsystems), func(s *subsystem) bool { return s.Name == w.subsystem() })
}

func aixRebootwpar(a *aixCall) int {
	f, ok := a.flags("FhNt:v")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('t') && f.has('N') || f.has('h') && f.has('F') {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	if w.Kind == wparApplication {
		return a.fail(wparOnlySystem, a.name, "rebootwpar")
	}
	if rc := a.stopWpar(w, f); rc != 0 {
		return rc
	}
	return a.startWpar(w, startOptions{verbose: f.has('v')})
}

func aixRmwpar(a *aixCall) int {
	f, ok := a.flags("Fpsv")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	h, force := a.h, f.has('F')
	if f.has('p') && w.Rootvg {
		return a.fail("%s: 0960-210 The -p flag is not valid for workload partitions with their own root volume group.", a.name)
	}
	if w.inKernel() || w.State == wparTransit || w.State == wparBroken || w.State == wparError {
		switch {
		case contains("A N L", w.State) && !f.has('s') && !force:
			return a.fail(wparActiveText, a.name, w.Name)
		case !contains("A N L", w.State) && !force:
			return a.fail(wparBadState, a.name, w.Name, wparStates[w.State])
		}
		rc := a.stopWpar(w, f)
		if rc != 0 && !force {
			return rc
		}
		if h.wpar(w.Name) != w {
			return 0
		}
		if rc != 0 {
			a.unload(w, true)
		}
	}
	if w.Kind == wparApplication {
		a.dropWpar(w)
		return 0
	}
	if busy := a.standsIn(w); busy && !force {
		return a.fail(wparFSBusy, a.name, w.Dir)
	}
	w.State, w.Operation = wparTransit, "remove"
	if !a.pause(10 * time.Second) {
		w.State = wparBroken
		return 1
	}
	for i := len(w.Mounts) - 1; i >= 0; i-- {
		m := w.Mounts[i]
		over := w.mountPoint(m)
		s := h.stanza(over)
		if m.VFS == "jfs2" && (w.Rootvg || f.has('p')) {
			continue
		}
		a.say("rmwpar: Removing file system %s.", over)
		if g, v := h.volumeOf(m.Dev); m.VFS == "jfs2" && v != nil {
			name := g.LVs[v.Minor]
			a.removeVolume(g, v)
			a.say(lvRemoved, name)
		}
		if s != nil {
			h.dropStanza(s)
		}
	}
	if w.own != nil {
		for _, m := range w.own.Members {
			m.medium.group = nil
		}
	}
	if !f.has('p') {
		// What is on servers stays.
		for p := range h.Files {
			if p == w.Dir || strings.HasPrefix(p, w.base()+"/") {
				delete(h.Files, p)
			}
		}
	}
	a.dropWpar(w)
	if f.has('v') {
		a.say("Return Status = SUCCESS.")
	}
	return 0
}

// standsIn tells whether the shell of the command is in a file system of a partition.
func (a *aixCall) standsIn(w *wpar) bool {
	return a.dir == w.Dir || strings.HasPrefix(a.dir, w.base()+"/")
}

// process is one of a host as ps lists it.
type process struct {
	pid, parent int
	cmd, wpar   string
	at          time.Time
	cpu         time.Duration
}

// processes are those that the host, or the partition, sees.
func (h *Host) processes(e *Estate) []process {
	if w := h.in; w != nil {
		var out []process
		for _, p := range w.Procs {
			out = append(out, process{p.Inside, p.Parent, p.Cmd, w.Name, p.Started, p.cpu(e.Now)})
		}
		return out
	}
	at := h.Booted
	out := []process{{1, 0, "/etc/init", "", at, 0}, {3342644, 1, "/usr/sbin/srcmstr", "", at, 0}, {3211618, 1, "/usr/sbin/syncd 60", "", at, 0}, {3539260, 1, "/usr/sbin/cron", "", at, 0}}
	for _, s := range h.Subsystems {
		if s.PID > 0 && !strings.HasPrefix(s.Name, "cor_") {
			out = append(out, process{s.PID, 3342644, "/usr/sbin/" + s.Name, "", at, 0})
		} else if s.PID > 0 {
			out = append(out, process{s.PID, 3342644, "/usr/lib/corrals/vinit " + strings.TrimPrefix(s.Name, "cor_"), "", at, 0})
		}
	}
	for _, w := range h.Wpars {
		for _, p := range w.Procs {
			parent := p.Parent
			for _, q := range w.Procs {
				if q.Inside == p.Parent {
					parent = q.PID
				}
			}
			out = append(out, process{p.PID, parent, p.Cmd, w.Name, p.Started, p.cpu(e.Now)})
		}
	}
	return out
}

// cpu is the time that a counter has used: a hundredth of a second for each step.
func (p *wparProc) cpu(now time.Time) time.Duration {
	return time.Duration(p.counted(now)) * 10 * time.Millisecond
}

// psOf is ps with -@, -o or -p.
func (a *aixCall) psOf(f *flagSet) int {
	list := a.h.processes(a.e)
	own := process{a.h.pid + 2, a.h.pid + 1, "ps " + strings.Join(a.args, " "), "", a.e.Now, 0}
	if a.h.in != nil {
		own.wpar = a.h.in.Name
	}
	list = append(list, own)
	if f.has('@') && f.get('@') != "" {
		name := f.get('@')
		if a.h.in != nil || name != "Global" && a.h.wpar(name) == nil {
			return a.fail(wparNone, a.name, name)
		}
		list = slices.DeleteFunc(list, func(p process) bool { return p.wpar != name && !(name == "Global" && p.wpar == "") })
	} else if f.has('p') {
		want := strings.FieldsFunc(f.get('p'), func(r rune) bool { return r == ',' || r == ' ' })
		list = slices.DeleteFunc(list, func(p process) bool { return !slices.Contains(want, fmt.Sprint(p.pid)) })
	} else if !f.has('e') {
		list = list[len(list)-1:]
	}
	where := func(p process) string {
		if p.wpar == "" {
			return "Global"
		}
		return p.wpar
	}
	code := 0
	if len(list) == 0 {
		code = 1
	}
	if f.has('o') {
		var heads []string
		widths := map[string]int{"pid": 8, "ppid": 8, "user": 8, "wpar": 12, "etime": 11, "time": 9, "args": 0, "comm": 0}
		titles := map[string]string{"pid": "PID", "ppid": "PPID", "user": "USER", "wpar": "WPAR", "etime": "ELAPSED", "time": "TIME", "args": "COMMAND", "comm": "COMMAND"}
		fields := strings.FieldsFunc(strings.Join(f.set['o'], ","), func(r rune) bool { return r == ',' || r == ' ' })
		for _, n := range fields {
			if titles[n] == "" {
				return a.usage()
			}
			heads = append(heads, fmt.Sprintf("%*s", widths[n], titles[n]))
		}
		a.say("%s", strings.Join(heads, " "))
		for _, p := range list {
			word, _, _ := strings.Cut(p.cmd, " ")
			values := map[string]string{"pid": fmt.Sprint(p.pid), "ppid": fmt.Sprint(p.parent), "user": "root", "wpar": where(p), "etime": elapsedText(a.e.Now.Sub(p.at)),
				"time": elapsedText(p.cpu), "args": p.cmd, "comm": path.Base(word)}
			var row []string
			for _, n := range fields {
				row = append(row, fmt.Sprintf("%*s", widths[n], values[n]))
			}
			a.say("%s", strings.Join(row, " "))
		}
		return code
	}
	column, pad := "", func(process) string { return "" }
	if f.has('@') {
		column, pad = fmt.Sprintf("%12s ", "WPAR"), func(p process) string { return fmt.Sprintf("%12s ", where(p)) }
	}
	if f.has('f') {
		a.say("%s     UID     PID    PPID   C    STIME    TTY  TIME CMD", column)
		for _, p := range list {
			a.say("%s    root %7d %7d   0   %s      -  %s %s", pad(p), p.pid, p.parent, p.at.Format("Jan 02"), cpuText(p.cpu), p.cmd)
		}
		return code
	}
	a.say("%s     PID    TTY  TIME CMD", column)
	for _, p := range list {
		word, _, _ := strings.Cut(p.cmd, " ")
		a.say("%s %7d      -  %s %s", pad(p), p.pid, cpuText(p.cpu), path.Base(word))
	}
	return code
}

func cpuText(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

func elapsedText(d time.Duration) string {
	s := int(d.Seconds())
	switch {
	case s >= 86400:
		return fmt.Sprintf("%d-%02d:%02d:%02d", s/86400, s/3600%24, s/60%60, s%60)
	case s >= 3600:
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// psFlags reads the flags of ps. That of -@ has a value only where a word follows.
func (a *aixCall) psFlags() (*flagSet, bool) {
	args := a.args
	for i, x := range args {
		if x == "-@" && (i == len(args)-1 || strings.HasPrefix(args[i+1], "-")) {
			a.args = slices.Concat(args[:i], []string{"-@", ""}, args[i+1:])
		}
	}
	f, ok := a.flags("efA@:p:o:")
	a.args = args
	if ok && f.has('A') {
		f.set['e'] = f.set['A']
	}
	return f, ok
}

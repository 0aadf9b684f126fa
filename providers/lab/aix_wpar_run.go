package lab

import (
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
		if h.file(w.outer("/etc/inittab")) == nil || !a.mayRun(w) {
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
		server, outside, why := a.e.nfsAnswer(a.h, m.Host)
		if m.Host == "" || why != "" {
			continue
		}
		names := []string{w.Name, w.Hostname}
		for _, n := range w.Nets {
			names = append(names, n.Address)
		}
		x, _, _, ok := exported(server, outside, m.Dev)
		if may, _ := x.allows(names); !ok || !may && len(w.Nets) > 0 {
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
	first := h.spawn(a.e, w, 0, "/etc/init")
	first.Inside = 1
	src := h.spawn(a.e, w, 1, "/usr/sbin/srcmstr")
	h.spawn(a.e, w, 1, "/usr/sbin/cron")
	for _, s := range []subsystem{{"syslogd", "ras", 1}, {"portmap", "portmap", 1}, {"inetd", "tcpip", 1}, {"sendmail", "mail", 1}, {"sshd", "ssh", 1}, {"biod", "nfs", 0}, {"rpc.lockd", "nfs", 0},
		{"rpc.statd", "nfs", 0}, {"xntpd", "tcpip", 0}} {
		x := &subsystem{Name: s.Name, Group: s.Group}
		if s.PID > 0 {
			x.PID = h.spawn(a.e, w, src.Inside, "/usr/sbin/"+s.Name).PID
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
			h.spawn(a.e, w, 1, strings.TrimSpace(cmd))
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
	stuck := slices.ContainsFunc(w.Procs, func(p *process) bool { return p.Stuck })
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

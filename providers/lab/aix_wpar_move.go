package lab

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Checkpoint and restart. These commands look at nothing but the partition itself: whether the arrival system suits it shows
// when it is restarted there.

func wparMoveCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"chkptwpar":   {aixChkptwpar, 500 * ms, mcrDir, true, "chkptwpar -d statedir [-o logfile [-l debug | error]] [-k | -p] wparname"},
		"restartwpar": {aixRestartwpar, 500 * ms, mcrDir, true, "restartwpar -d statedir [-o logfile [-l debug | error]] [-k | -p] wparname"},
		"resumewpar":  {aixResumewpar, 300 * ms, mcrDir, true, "resumewpar [-o logfile [-l debug | error]] wparname"},
		"killwpar":    {aixKillwpar, 300 * ms, mcrDir, true, "killwpar [-o logfile [-l debug | error]] wparname"},
		"movewpar":    {aixMovewpar, 500 * ms, mcrDir, true, "movewpar -k keyfile {-s | -I address} [-o logfile [-l debug | error]] wparname"},
	}
}

// Numbers and words are not confirmed.
const (
	mcrDone      = "1020-235 %s command succeeded"
	mcrFailed    = "1020-187 %s command failed."
	mcrNotAble   = "1020-089 Workload partition %s is not checkpointable."
	mcrDenied    = "1020-052 WPAR checkpoint not allowed: a session of the global environment is open in %s."
	mcrState     = "1020-054 Workload partition %s is in the %s state."
	mcrDirUsed   = "1020-120 The state directory %s already holds a state."
	mcrNoDir     = "1020-121 Could not write to the state directory %s."
	mcrNoState   = "1020-122 Could not read a state in directory %s."
	mcrOther     = "1020-123 The state in directory %s is not that of workload partition %s."
	mcrNoLog     = "1020-124 Could not open the log file %s."
	mcrSkew      = "1020-154 The checkpoint was made at level %s, this system is at %s: a library that is in use does not match."
	mcrNoFile    = "1020-155 Could not reopen %s: A file or directory in the path name does not exist."
	mcrResources = "1020-156 Could not recreate the resources of workload partition %s."
	mcrNoPeer    = "1020-160 Could not connect to the departure system %s."
	mcrBadKey    = "1020-161 The key does not match that of the departure system."
)

// checkpoint is what a state directory holds.
type checkpoint struct {
	Name, UUID, Level, Host string
	Taken                   time.Time
	Started                 time.Time
	Procs                   []savedProc
	Subsystems              []subsystem
}

type savedProc struct {
	Inside, Parent int
	User, Cmd      string
	Ran, Left      time.Duration
	Started        time.Time
	Stuck          bool
}

const stateFile = "wpar.state"

// mcr reads the flags that all of these commands have, and finds the partition.
func (a *aixCall) mcr(spec string) (*flagSet, *wpar) {
	f, ok := a.flags("o:l:" + spec)
	if !ok {
		return nil, nil
	}
	if len(f.rest) != 1 || f.has('l') && (!f.has('o') || !contains("debug error", f.get('l'))) || strings.Contains(spec, "d:") && (!f.has('d') || f.has('k') && f.has('p')) {
		a.usage()
		return nil, nil
	}
	w := a.h.wpar(f.rest[0])
	if w == nil {
		a.fail(wparNone, a.name, f.rest[0])
		a.mcrEnd(f, 1)
		return nil, nil
	}
	if f.has('o') && a.h.create(absolute(a.dir, f.get('o')), true, a.user, a.e.Now) == nil {
		a.fail(mcrNoLog, f.get('o'))
		a.fail(mcrFailed, a.name)
		return nil, nil
	}
	return f, w
}

// mcrEnd says how it went, and writes it into the log.
func (a *aixCall) mcrEnd(f *flagSet, rc int) int {
	line := fmt.Sprintf(mcrDone, a.name)
	if rc != 0 {
		line = fmt.Sprintf(mcrFailed, a.name)
		a.bad(line)
	} else {
		a.say("%s", line)
	}
	if log := a.h.file(absolute(a.dir, f.get('o'))); f.has('o') && log != nil {
		log.Data += a.e.Now.Format("Mon Jan _2 15:04:05 2006") + " " + strings.TrimSuffix(a.err.String(), "\n") + "\n" + line + "\n"
		log.at = a.e.Now
	}
	return rc
}

func aixChkptwpar(a *aixCall) int {
	f, w := a.mcr("d:kp")
	if w == nil {
		return 1
	}
	no := func(format string, v ...any) int { a.fail(format, v...); return a.mcrEnd(f, 1) }
	dir := absolute(a.dir, f.get('d'))
	switch i, up := a.h.stat(dir), a.h.stat(path.Dir(dir)); {
	case w.State != wparActive:
		return no(mcrState, w.Name, wparStates[w.State])
	case !w.Checkpointable:
		return no(mcrNotAble, w.Name)
	case w.logins > 0:
		return no(mcrDenied, w.Name)
	case i != nil && (!i.IsDir() || len(a.h.list(dir)) > 0):
		return no(mcrDirUsed, f.get('d'))
	case up == nil || !up.IsDir() || a.h.readOnly(dir):
		return no(mcrNoDir, f.get('d'))
	}
	a.e.tick()
	w.halt(a.e.Now)
	w.State, w.Operation, w.OpPID, w.OpStart = wparFrozen, "checkpoint", a.h.nextPID(), a.e.Now
	if !a.pause(5 * time.Second) {
		// It stays frozen: resumewpar brings it back.
		w.Operation, w.OpPID = "", 0
		return 1
	}
	data, err := json.MarshalIndent(a.h.snapshot(w, a.e.Now), "", " ")
	if err != nil {
		return no(mcrNoDir, f.get('d'))
	}
	if a.h.file(dir) == nil {
		a.h.put(dir, &hostFile{Dir: true, Mode: 0o700, at: a.e.Now})
	}
	a.h.put(dir+"/"+stateFile, &hostFile{Mode: 0o600, Data: string(data) + "\n", at: a.e.Now})
	w.State, w.Operation, w.OpPID = wparPaused, "", 0
	if f.has('k') && !a.kill(w) {
		return a.mcrEnd(f, 1)
	}
	return a.mcrEnd(f, 0)
}

// snapshot is the state of the processes of a partition.
func (h *Host) snapshot(w *wpar, now time.Time) checkpoint {
	c := checkpoint{Name: w.Name, UUID: w.UUID, Level: h.Level, Host: h.Hostname, Taken: now, Started: w.Started}
	for _, p := range w.Procs {
		c.Procs = append(c.Procs, savedProc{p.Inside, p.Parent, p.User, p.Command, p.ran(now), p.Left, p.Started, p.Stuck})
	}
	for _, s := range w.Subsystems {
		c.Subsystems = append(c.Subsystems, *s)
	}
	return c
}

// kill takes a paused partition out of the kernel. What it wrote stays.
func (a *aixCall) kill(w *wpar) bool {
	ok := a.unload(w, false)
	w.State, w.Operation, w.OpPID = wparDefined, "", 0
	switch {
	case !ok:
		w.State = wparBroken
	case w.Kind == wparApplication:
		a.dropWpar(w)
	}
	return ok
}

func aixKillwpar(a *aixCall) int {
	f, w := a.mcr("")
	if w == nil {
		return 1
	}
	if w.State != wparPaused {
		a.fail(mcrState, w.Name, wparStates[w.State])
		return a.mcrEnd(f, 1)
	}
	if !a.pause(time.Second) || !a.kill(w) {
		return a.mcrEnd(f, 1)
	}
	return a.mcrEnd(f, 0)
}

func aixResumewpar(a *aixCall) int {
	f, w := a.mcr("")
	if w == nil {
		return 1
	}
	if w.State != wparPaused && w.State != wparFrozen || w.Operation != "" {
		a.fail(mcrState, w.Name, wparStates[w.State])
		return a.mcrEnd(f, 1)
	}
	w.State = wparActive
	w.proceed(a.e.Now)
	return a.mcrEnd(f, 0)
}

func aixRestartwpar(a *aixCall) int {
	f, w := a.mcr("d:kp")
	if w == nil {
		return 1
	}
	no := func(format string, v ...any) int { a.fail(format, v...); return a.mcrEnd(f, 1) }
	text, ok := a.h.read(absolute(a.dir, f.get('d')) + "/" + stateFile)
	var c checkpoint
	switch {
	case w.State != wparDefined:
		return no(mcrState, w.Name, wparStates[w.State])
	case !w.Checkpointable:
		return no(mcrNotAble, w.Name)
	case !ok || json.Unmarshal([]byte(text), &c) != nil:
		return no(mcrNoState, f.get('d'))
	case c.Name != w.Name:
		return no(mcrOther, f.get('d'), w.Name)
	}
	if !a.restart(w, c) {
		if w.State != wparBroken {
			return a.mcrEnd(f, 1)
		}
		if f.has('k') {
			a.unload(w, true)
			w.State = wparDefined
		}
		return a.mcrEnd(f, 1)
	}
	w.State = wparPaused
	if !f.has('p') {
		w.State = wparActive
		w.proceed(a.e.Now)
	}
	return a.mcrEnd(f, 0)
}

// restart recreates the processes of a checkpoint. They stand still. A partition that has come so far that it had to be loaded is
// broken when it fails.
func (a *aixCall) restart(w *wpar, c checkpoint) bool {
	h := a.h
	if a.loadWpar(w, startOptions{}) != 0 {
		a.fail(mcrResources, w.Name)
		return false
	}
	broken := func(format string, v ...any) bool {
		a.fail(format, v...)
		w.State, w.Operation, w.OpPID = wparBroken, "", 0
		return false
	}
	if c.Level != h.Level {
		return broken(mcrSkew, c.Level, h.Level)
	}
	if !a.mayRun(w) {
		return broken(mcrNoFile, w.mountPoint(w.Mounts[0]))
	}
	var procs []*process
	for _, p := range c.Procs {
		x := &process{Inside: p.Inside, Parent: p.Parent, User: p.User, Command: p.Cmd, Ran: p.Ran, Left: p.Left, Started: p.Started, Stuck: p.Stuck}
		x.File, x.Every, _ = counter(strings.Fields(p.Cmd))
		if x.File != "" {
			if h.file(w.outer(x.File)) == nil {
				return broken(mcrNoFile, x.File)
			}
		}
		procs = append(procs, x)
	}
	// The files of the system are in use, too.
	if w.Kind != wparApplication && h.file(w.outer("/etc/inittab")) == nil {
		return broken(mcrNoFile, "/etc/inittab")
	}
	w.Procs, w.Subsystems = nil, nil
	for _, x := range procs {
		x.PID = h.nextPID()
		w.Procs = append(w.Procs, x)
	}
	for _, s := range c.Subsystems {
		w.Subsystems = append(w.Subsystems, &s)
	}
	if w.Kind != wparApplication {
		h.corSubsystem(w).PID = h.nextPID()
	}
	w.Started, w.Operation, w.OpPID = c.Started, "", 0
	return true
}

// move is a relocation that the departure system offers.
type move struct {
	key  string
	done bool
}

// aixMovewpar is one side of an asynchronous relocation: with -s the departure system waits for the arrival system, which
// gets the processes and runs them while the departure system still sends data.
func aixMovewpar(a *aixCall) int {
	f, w := a.mcr("k:sI:")
	if w == nil {
		return 1
	}
	if !f.has('k') || f.has('s') == f.has('I') {
		return a.usage()
	}
	no := func(format string, v ...any) int { a.fail(format, v...); return a.mcrEnd(f, 1) }
	key, ok := a.h.read(absolute(a.dir, f.get('k')))
	switch {
	case !ok:
		return no(mcrNoLog, f.get('k'))
	case !w.Checkpointable:
		return no(mcrNotAble, w.Name)
	case f.has('s') && w.State != wparActive, f.has('I') && w.State != wparDefined:
		return no(mcrState, w.Name, wparStates[w.State])
	case f.has('s') && w.logins > 0:
		return no(mcrDenied, w.Name)
	}
	if f.has('s') {
		m := &move{key: key}
		w.offer, w.Operation, w.OpPID, w.OpStart = m, "move", a.h.nextPID(), a.e.Now
		if !a.wait(func() bool { return m.done }) {
			w.offer, w.Operation, w.OpPID = nil, "", 0
			return 1
		}
		return a.mcrEnd(f, 0)
	}
	from, old := a.departure(f.get('I'), w.Name)
	switch {
	case old == nil:
		return no(mcrNoPeer, f.get('I'))
	case old.offer.key != key:
		return no(mcrBadKey)
	}
	a.e.tick()
	old.halt(a.e.Now)
	old.State = wparMoving
	c := from.snapshot(old, a.e.Now)
	// The addresses and the file systems go over with the processes.
	for _, n := range old.Nets {
		if nic := from.nic(n.Interface); nic != nil {
			nic.Aliases = slices.DeleteFunc(slices.Clone(nic.Aliases), func(x string) bool { return strings.HasPrefix(x, n.Address+",") })
		}
	}
	other := &aixCall{call: &call{lab: a.lab, e: a.e, user: a.user, name: a.name}, h: from}
	if !a.restart(w, c) {
		old.State = wparActive
		for _, n := range old.Nets {
			if nic := from.nic(n.Interface); nic != nil && !n.v6() {
				nic.Aliases = append(slices.Clone(nic.Aliases), n.Address+","+n.Mask)
			}
		}
		old.proceed(a.e.Now)
		if w.State == wparBroken {
			w.State = wparError
		}
		return a.mcrEnd(f, 1)
	}
	w.State = wparActive
	w.proceed(a.e.Now)
	if !a.pause(10 * time.Second) {
		return 1
	}
	m := old.offer
	old.offer = nil
	other.kill(old)
	m.done = true
	return a.mcrEnd(f, 0)
}

// departure finds the host with an address that offers a partition.
func (a *aixCall) departure(address, name string) (*Host, *wpar) {
	for _, h := range a.e.hosts() {
		if h == a.h || !slices.Contains(h.names(), address) {
			continue
		}
		if w := h.wpar(name); w != nil && w.offer != nil && w.State == wparActive {
			return h, w
		}
	}
	return nil, nil
}

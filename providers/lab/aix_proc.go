package lab

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// process is a program that goes on: of the host, or of a workload partition on it.
type process struct {
	PID, Parent   int
	Inside        int // its number in a workload partition, which a relocation does not change
	User, Command string
	Started       time.Time
	Until         time.Time     // when it ends by itself; zero: when it is killed
	Left          time.Duration // until then, while it stands still
	File          string        // a counter writes here
	Every         time.Duration
	Ran           time.Duration // until it last began to run
	Since         time.Time     // when that was; zero: it stands still
	Stuck         bool          // cannot be killed
}

func (h *Host) newProcess(now time.Time, user, command string) *process {
	p := &process{PID: h.nextPID(), Parent: 1, User: user, Command: command, Started: now, Since: now}
	p.Inside = p.PID
	p.File, p.Every, _ = counter(strings.Fields(command))
	return p
}

// ran is the virtual time in which a process was not frozen.
func (p *process) ran(now time.Time) time.Duration {
	if p.Since.IsZero() {
		return p.Ran
	}
	return p.Ran + max(0, now.Sub(p.Since))
}

// counted is how far a counter is.
func (p *process) counted(now time.Time) int {
	if p.Every <= 0 {
		return 0
	}
	return int(p.ran(now) / p.Every)
}

// cpu is the time that a counter has used: a hundredth of a second for each step.
func (p *process) cpu(now time.Time) time.Duration {
	return time.Duration(p.counted(now)) * 10 * time.Millisecond
}

// halt lets a process stand still.
func (p *process) halt(now time.Time) {
	if p.Since.IsZero() {
		return
	}
	p.Ran, p.Since = p.ran(now), time.Time{}
	if !p.Until.IsZero() {
		p.Left = p.Until.Sub(now)
	}
}

func (p *process) proceed(now time.Time) {
	if p.Since = now; p.Left > 0 {
		p.Until, p.Left = now.Add(p.Left), 0
	}
}

// gone tells whether a process has ended by itself.
func (p *process) gone(now time.Time) bool {
	return !p.Since.IsZero() && !p.Until.IsZero() && !p.Until.After(now)
}

// processes of the host itself that were started in the background; those whose time is over have gone.
func (h *Host) processes(now time.Time) []*process {
	h.Processes = slices.DeleteFunc(h.Processes, func(p *process) bool { return p.gone(now) })
	for _, w := range h.Wpars {
		w.Procs = slices.DeleteFunc(w.Procs, func(p *process) bool { return p.gone(now) })
	}
	return h.Processes
}

// nextPID is a number that no process of the host has.
func (h *Host) nextPID() int {
	if h.global != nil {
		return h.global.nextPID()
	}
	has := func(p *process) bool { return p.PID == h.pid || p.Inside == h.pid }
	runs := func(s *subsystem) bool { return s.PID == h.pid }
	for h.pid += 66; ; h.pid += 2 {
		used := slices.ContainsFunc(h.Subsystems, runs) || slices.ContainsFunc(h.Processes, has)
		for _, w := range h.Wpars {
			used = used || w.OpPID == h.pid || slices.ContainsFunc(w.Procs, has) || slices.ContainsFunc(w.Subsystems, runs)
		}
		if !used {
			return h.pid
		}
	}
}

// psRow is a process as ps lists it.
type psRow struct {
	pid, parent     int
	user, cmd, wpar string
	at              time.Time
	cpu             time.Duration
}

// ps are the processes that the host, or the partition, sees.
func (h *Host) ps(now time.Time) []psRow {
	if w := h.in; w != nil {
		h.global.processes(now)
		var out []psRow
		for _, p := range w.Procs {
			out = append(out, psRow{p.Inside, p.Parent, p.User, p.Command, w.Name, p.Started, p.cpu(now)})
		}
		return out
	}
	at := h.Booted
	row := func(pid, parent int, cmd string) psRow { return psRow{pid, parent, "root", cmd, "", at, 0} }
	out := []psRow{row(1, 0, "/etc/init"), row(3342644, 1, "/usr/sbin/srcmstr"), row(3211618, 1, "/usr/sbin/syncd 60"), row(3539260, 1, "/usr/sbin/cron")}
	for _, s := range h.Subsystems {
		if name, of := strings.CutPrefix(s.Name, "cor_"); s.PID > 0 && of {
			out = append(out, row(s.PID, 3342644, "/usr/lib/corrals/vinit "+name))
		} else if s.PID > 0 {
			out = append(out, row(s.PID, 3342644, "/usr/sbin/"+s.Name))
		}
	}
	for _, p := range h.processes(now) {
		out = append(out, psRow{p.PID, p.Parent, p.User, p.Command, "", p.Started, p.cpu(now)})
	}
	for _, w := range h.Wpars {
		for _, p := range w.Procs {
			parent := p.Parent
			for _, q := range w.Procs {
				if q.Inside == p.Parent {
					parent = q.PID
				}
			}
			out = append(out, psRow{p.PID, parent, p.User, p.Command, w.Name, p.Started, p.cpu(now)})
		}
	}
	return out
}

// psColumns are those of ps -o, with their titles and widths.
var psColumns = map[string]struct {
	title string
	width int
}{"user": {"USER", 8}, "ruser": {"RUSER", 8}, "uid": {"UID", 0}, "pid": {"PID", 8}, "ppid": {"PPID", 8}, "pgid": {"PGID", 8}, "pcpu": {"%CPU", 0}, "pmem": {"%MEM", 0}, "tty": {"TT", 0}, "tt": {"TT", 0}, "time": {"TIME", 0},
	"etime": {"ELAPSED", 11}, "args": {"COMMAND", 0}, "cmd": {"COMMAND", 0}, "comm": {"COMMAND", 0}, "vszize": {"VSZ", 0}, "state": {"S", 0}, "vsz": {"VSZ", 5}, "rssize": {"RSS", 0}, "rss": {"RSS", 5}, "nice": {"NI", 0}, "ni": {"NI", 0}, "st": {"S", 0}, "stat": {"S", 0}, "wpar": {"WPAR", 12}}

// psLetters are the columns of a format such as "%p %a".
var psLetters = map[byte]string{'a': "args", 'c': "comm", 't': "etime", 'p': "pid", 'P': "ppid", 'u': "user", 'U': "ruser", 'C': "pcpu", 'n': "nice", 'r': "pgid", 'x': "time", 'y': "tty", 'z': "vsz"}

// psCell is a column that was asked for; without a name it is a character that stands as it is.
type psCell struct {
	name, title string
	width       int
	bare        bool // in a format: no width, no blank beside it
}

// psFormat reads what -o asks for.
func (a *aixCall) psFormat(columns []string) (cells []psCell, ok bool) {
	for _, c := range columns {
		if strings.Contains(c, "%") || strings.Trim(c, "=-:|") == "" {
			for i := 0; i < len(c); i++ {
				if c[i] != '%' || i+1 == len(c) || psLetters[c[i+1]] == "" {
					cells = append(cells, psCell{"", c[i : i+1], 0, true})
					continue
				}
				i++
				cells = append(cells, psCell{psLetters[c[i]], psColumns[psLetters[c[i]]].title, 0, true})
			}
			continue
		}
		n, title, own := strings.Cut(c, "=")
		n, wide, _ := strings.Cut(n, ":")
		x := psCell{n, psColumns[n].title, psColumns[n].width, false}
		if x.title == "" {
			a.fail("ps: 0509-048 Flag -o was used with the invalid argument %s.", n)
			return nil, false
		}
		if own {
			x.title = title
		}
		if w, ok := atoi(wide); ok {
			x.width = -w
		}
		cells = append(cells, x)
	}
	return cells, true
}

func psLine(cells []psCell, value func(psCell) string) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 && !c.bare && !cells[i-1].bare {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%*s", c.width, value(c))
	}
	return b.String()
}

func (p psRow) where() string {
	if p.wpar == "" {
		return "Global"
	}
	return p.wpar
}

// began is the column STIME.
func (p psRow) began(now time.Time) string {
	if now.Sub(p.at) < 24*time.Hour {
		return p.at.Format("15:04:05")
	}
	return p.at.Format("Jan 02")
}

func (a *aixCall) psValue(p psRow, column string) string {
	word, _, _ := strings.Cut(p.cmd, " ")
	switch column {
	case "user", "ruser":
		return p.user
	case "uid":
		if u := a.h.user(p.user); u != nil {
			return fmt.Sprint(u.ID)
		}
		return "0"
	case "pid", "pgid":
		return fmt.Sprint(p.pid)
	case "ppid":
		return fmt.Sprint(p.parent)
	case "tty", "tt":
		return "-"
	case "time":
		s := int(p.cpu.Seconds())
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	case "etime":
		return elapsedText(a.e.Now.Sub(p.at))
	case "args", "cmd":
		return p.cmd
	case "comm":
		return path.Base(word)
	case "wpar":
		return p.where()
	}
	return map[string]string{"pcpu": "0.0", "pmem": "0.0", "vsz": "412", "vszize": "412", "state": "A", "rss": "420", "rssize": "420", "nice": "20", "ni": "20", "st": "A", "stat": "A"}[column]
}

// aixPs is ps, with the columns of -o, and with those of a workload partition by -@.
func aixPs(a *aixCall) int {
	list := a.h.ps(a.e.Now)
	own := psRow{a.h.pid + 2, a.h.pid + 1, a.user, strings.TrimSpace("ps " + strings.Join(a.args, " ")), "", a.e.Now, 0}
	if a.h.in != nil {
		own.wpar = a.h.in.Name
	}
	if len(a.args) == 1 && contains("aux auxw auxww -aux ax gv", a.args[0]) {
		a.say("USER          PID %%CPU %%MEM   SZ  RSS    TTY STAT    STIME  TIME COMMAND")
		for _, p := range append(list, own) {
			a.say("%-8s %8d  0.0  0.0  412  420      - A    %8s  %s %s", p.user, p.pid, p.began(a.e.Now), cpuText(p.cpu), p.cmd)
		}
		return 0
	}
	f, ok := a.psFlags()
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	words := func(c byte) []string {
		return strings.FieldsFunc(strings.Join(f.set[c], ","), func(r rune) bool { return r == ',' || r == ' ' })
	}
	cells, ok := a.psFormat(append(words('o'), words('F')...))
	if !ok {
		return 1
	}
	list = append(list, own)
	switch {
	case f.has('@') && f.get('@') != "":
		name := f.get('@')
		if a.h.in != nil || name != "Global" && a.h.wpar(name) == nil {
			return a.fail(wparNone, a.name, name)
		}
		list = slices.DeleteFunc(list, func(p psRow) bool { return p.wpar != name && !(name == "Global" && p.wpar == "") })
	case f.any("put"):
		list = slices.DeleteFunc(list, func(p psRow) bool {
			return f.has('p') && !slices.Contains(words('p'), fmt.Sprint(p.pid)) || f.has('u') && !slices.Contains(words('u'), p.user) && !slices.Contains(words('u'), a.psValue(p, "uid")) || f.has('t') && !slices.Contains(words('t'), "-")
		})
	case !f.any("eAak"):
		list = list[len(list)-1:]
	}
	code := 0
	if len(list) == 0 {
		code = 1
	}
	if cells != nil {
		if slices.ContainsFunc(cells, func(c psCell) bool { return c.title != "" }) {
			a.say("%s", psLine(cells, func(c psCell) string { return c.title }))
		}
		for _, p := range list {
			a.say("%s", psLine(cells, func(c psCell) string {
				if c.name == "" {
					return c.title
				}
				return a.psValue(p, c.name)
			}))
		}
		return code
	}
	column, pad := "", func(psRow) string { return "" }
	if f.has('@') {
		column, pad = fmt.Sprintf("%12s ", "WPAR"), func(p psRow) string { return fmt.Sprintf("%12s ", p.where()) }
	}
	if f.has('f') {
		a.say("%s     UID     PID    PPID   C    STIME    TTY  TIME CMD", column)
		for _, p := range list {
			a.say("%s%8s %7d %7d   0 %8s      -  %s %s", pad(p), p.user, p.pid, p.parent, p.began(a.e.Now), cpuText(p.cpu), p.cmd)
		}
		return code
	}
	a.say("%s     PID    TTY  TIME CMD", column)
	for _, p := range list {
		a.say("%s %7d      -  %s %s", pad(p), p.pid, cpuText(p.cpu), a.psValue(p, "comm"))
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
	f, ok := a.flags("efAak@:p:o:F:u:t:")
	a.args = args
	return f, ok
}

// aixKill ends processes and subsystems: those of the host with its partitions, or of the partition that the shell is in.
func aixKill(a *aixCall) int {
	args, sig := a.args, "TERM"
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		sig, args = strings.TrimPrefix(strings.ToUpper(args[0][1:]), "SIG"), args[1:]
		if sig == "S" && len(args) > 0 {
			sig, args = strings.TrimPrefix(strings.ToUpper(args[0]), "SIG"), args[1:]
		}
		if sig == "L" && len(args) == 0 {
			a.say("HUP INT QUIT ILL TRAP ABRT EMT FPE KILL BUS SEGV SYS PIPE ALRM TERM URG STOP TSTP CONT CHLD TTIN TTOU IO XCPU XFSZ MSG WINCH PWR USR1 USR2 PROF DANGER VTALRM MIGRATE PRE")
			return 0
		}
		if !contains("0 1 2 3 9 15 HUP INT QUIT KILL TERM", sig) {
			return a.fail("kill: 0403-010 A specified flag is not valid for this command.")
		}
	}
	if len(args) == 0 {
		return a.usage()
	}
	code := 0
	for _, x := range args {
		pid, ok := atoi(x)
		if !ok {
			return a.fail("kill: 0403-009 The specified process identifier %s is not valid.", x)
		}
		at := slices.IndexFunc(a.h.ps(a.e.Now), func(p psRow) bool { return p.pid == pid })
		switch {
		case at < 0:
			code = a.fail("kill: %d: 0403-003 The specified process does not exist.", pid)
		case a.user != "root" && a.h.ps(a.e.Now)[at].user != a.user:
			code = a.fail("kill: %d: 0403-006 Execute permission denied.", pid)
		case sig != "0":
			a.end(pid, sig == "9" || sig == "KILL")
		}
	}
	return code
}

// end ends a process. What is respawned stays, and what hangs in the kernel.
func (a *aixCall) end(pid int, hard bool) {
	for _, s := range a.h.Subsystems {
		if s.PID == pid {
			a.stopSubsystem(s, hard)
		}
	}
	a.h.Processes = slices.DeleteFunc(slices.Clone(a.h.Processes), func(p *process) bool { return p.PID == pid && !p.Stuck })
	list := a.h.Wpars
	if a.h.in != nil {
		list = []*wpar{a.h.in}
	}
	for _, w := range slices.Clone(list) {
		w.Procs = slices.DeleteFunc(w.Procs, func(p *process) bool {
			number := p.PID
			if a.h.in != nil {
				number = p.Inside
			}
			return number == pid && p.Inside != 1 && !contains("/usr/sbin/srcmstr /usr/sbin/cron", p.Command) && !p.Stuck
		})
		if w.Kind == wparApplication && w.State == wparActive && len(w.Procs) == 1 {
			a.unload(w, true)
			a.dropWpar(w)
		}
	}
}

// processBody is a process of a host or of a workload partition.
type processBody struct {
	Command string   `hcl:"command,label"`
	PID     *int     `hcl:"pid,optional"`
	Inside  *int     `hcl:"inside,optional"`
	Parent  *int     `hcl:"parent,optional"`
	User    *string  `hcl:"user,optional"`
	Ran     *string  `hcl:"ran,optional"`
	Left    *string  `hcl:"left,optional"`
	Frozen  *bool    `hcl:"frozen,optional"`
	Started *string  `hcl:"started,optional"`
	Until   *string  `hcl:"until,optional"`
	Stuck   *bool    `hcl:"cannot_be_killed,optional"`
	Body    hcl.Body `hcl:",body"`
}

func (b *builder) process(h *Host, pb processBody) *process {
	p := h.newProcess(b.e.Now, opt(pb.User, "root"), pb.Command)
	p.PID = opt(pb.PID, p.PID)
	p.Inside, p.Parent, p.Stuck = opt(pb.Inside, p.PID), opt(pb.Parent, 1), opt(pb.Stuck, false)
	p.Until = b.exact(pb.Body, pb.Until)
	if pb.Started != nil {
		p.Started = b.exact(pb.Body, pb.Started)
	}
	for _, x := range []struct {
		text *string
		into *time.Duration
	}{{pb.Ran, &p.Ran}, {pb.Left, &p.Left}} {
		if x.text != nil {
			var err error
			if *x.into, err = time.ParseDuration(*x.text); err != nil {
				b.fail(pb.Body, "process %q: ran and left are durations such as \"90s\"", pb.Command)
			}
		}
	}
	if opt(pb.Frozen, false) {
		p.Since = time.Time{}
	}
	h.pid = max(h.pid, p.PID)
	return p
}

func (w *encoder) processes(list []*process, now time.Time) {
	for _, p := range list {
		w.open("process %s", quoteHCL(p.Command))
		w.num("pid", p.PID, 0)
		w.num("inside", p.Inside, p.PID)
		w.num("parent", p.Parent, 1)
		w.str("user", p.User, "root")
		if p.File != "" {
			w.str("ran", p.ran(now).String(), "0s")
		}
		w.str("left", p.Left.String(), "0s")
		w.flag("frozen", p.Since.IsZero(), false)
		w.moment("started", p.Started)
		w.moment("until", p.Until)
		w.flag("cannot_be_killed", p.Stuck, false)
		w.close()
	}
}

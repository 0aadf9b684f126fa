package lab

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// aixWparexec makes an application partition, runs its command and removes it.
func aixWparexec(a *aixCall) int {
	f, ok := a.wparFlags("ac1Fivwx", "hHnefou", "", "IMNR", false)
	if !ok {
		return 1
	}
	if f.has('e') && f.has('f') || f.has('w') && (!f.has('o') || f.has('1')) {
		return a.usage()
	}
	words, env := f.rest, []string(nil)
	for len(words) > 0 && strings.Contains(words[0], "=") && !strings.HasPrefix(words[0], "/") {
		env, words = append(env, words[0]), words[1:]
	}
	if len(words) == 0 && !f.any("fe") {
		return a.usage()
	}
	p, ok := a.planApp(f, words)
	if !ok {
		return 1
	}
	if p.App == "" || len(words) > 0 && !strings.HasPrefix(words[0], "/") {
		return a.usage()
	}
	if f.has('o') && !a.writeSpec(f.get('o'), p) {
		return 1
	}
	if f.has('w') {
		return 0
	}
	w := p.wpar
	if a.h.wpar(w.Name) != nil {
		return a.fail(wparThere, a.name, w.Name)
	}
	if !a.unique(p) {
		return 1
	}
	a.say("wparexec: Verifying file systems...")
	if i := a.h.stat(strings.Fields(w.App)[0]); (i == nil || i.IsDir()) && !strings.HasPrefix(w.App, counterProgram+" ") {
		a.fail("wparexec: 0960-311 %s: A file or directory in the path name does not exist.", strings.Fields(w.App)[0])
		return exitNotFound
	}
	a.h.Wpars = append(a.h.Wpars, w)
	a.say("Workload partition %s created successfully.", w.Name)
	if f.has('1') {
		return 0
	}
	if rc := a.loadWpar(w, startOptions{resolve: p.resolve}); rc != 0 {
		a.dropWpar(w)
		return rc
	}
	w.State, w.Operation, w.OpPID = wparActive, "", 0
	return a.runApp(w, env, words)
}

// planApp puts an application partition together.
func (a *aixCall) planApp(f *wparArgs, words []string) (*wparPlan, bool) {
	name := f.get('n')
	p := &wparPlan{wpar: a.h.newWpar(name), resolve: f.has('a'), force: f.has('F')}
	switch {
	case f.has('e'):
		t := a.wparNamed(f.get('e'))
		if t == nil {
			return nil, false
		}
		a.template(p, t, false)
	case f.has('f'):
		if !a.readSpec(f.get('f'), p) {
			return nil, false
		}
	}
	w := p.wpar
	w.Kind, w.Dir, w.Devices, w.Group = wparApplication, "/", nil, ""
	if len(words) > 0 {
		w.App = strings.Join(words, " ")
	}
	if name != "" {
		w.Name = name
	}
	if w.Name == "" && len(words) > 0 {
		w.Name = path.Base(words[0])
	}
	if !validWparName(w.Name) {
		a.fail(wparBadName, a.name, w.Name)
		return nil, false
	}
	for c, into := range map[byte]*string{'h': &w.Hostname, 'u': &w.Script, 'H': &w.Arch} {
		if f.has(c) {
			*into = f.get(c)
		}
	}
	w.Checkpointable, w.Routing, w.IPC = w.Checkpointable || f.has('c'), w.Routing || f.has('i'), f.has('x')
	if w.Hostname == "" {
		w.Hostname = w.Name
	}
	if w.UUID == "" {
		id := stableHex(32, w.Name, a.h.Name, a.e.Now.UnixNano())
		w.UUID = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
	}
	if !wparHostRe.MatchString(w.Hostname) {
		return nil, a.badAttr("hostname", w.Hostname)
	}
	if !a.wparLists(p, f) {
		return nil, false
	}
	for _, m := range p.fs {
		if !strings.HasPrefix(m.VFS, "nfs") && m.VFS != "namefs" || m.Dir == "/" {
			return nil, a.badAttr("vfs", m.VFS)
		}
		x := m.wparMount
		if x.Options == "" {
			x.Options = "rw"
		}
		w.Mounts = append(w.Mounts, &x)
	}
	return p, true
}

// startApp starts the command of an application partition that is loaded.
func (a *aixCall) startApp(w *wpar) {
	w.Procs = nil
	first := a.spawn(w, 0, "/usr/lib/wpars/vinit "+w.App)
	first.Inside, first.File = 1, ""
	a.spawn(w, 1, w.App)
}

// runApp runs the command, and ends the partition with it.
func (a *aixCall) runApp(w *wpar, env, words []string) int {
	a.startApp(w)
	code := 0
	if _, _, ok := counter(strings.Fields(w.App)); ok {
		// It goes on until somebody stops the partition.
		a.e.settle(a.h)
		if a.wait(func() bool { return a.h.wpar(w.Name) != w }) {
			return 0
		}
		code = 1
	} else {
		line := ""
		if len(words) == 0 {
			words = strings.Fields(w.App)
		}
		for _, e := range env {
			n, v, _ := strings.Cut(e, "=")
			line += n + "=" + quoteKsh(v) + " "
		}
		for _, x := range words {
			line += " " + quoteKsh(x)
		}
		a.free(func() {
			inner := &session{lab: a.lab, console: a.session.console, user: a.user, aix: true, plain: true, out: &a.out, errOut: &a.err, drop: a.session.drop, gone: a.session.gone,
				done: a.session.done, wpar: w.Name}
			code = max(0, inner.runText(a.ctx, line))
		})
	}
	if slices.Contains(a.h.Wpars, w) {
		a.unload(w, true)
		a.dropWpar(w)
	}
	return code
}

func quoteKsh(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// aixHalt ends the partition that it runs in. With -q it leaves it between the states: nobody unmounts.
func aixHalt(a *aixCall) int {
	f, ok := a.flags(map[string]string{"halt": "lnpqy", "reboot": "lnqt", "shutdown": "dFhikmrv"}[a.name])
	if !ok {
		return 1
	}
	w := a.h.in
	if w == nil || a.name == "shutdown" && f.has('r') && f.has('h') {
		return a.usage()
	}
	out := &aixCall{call: &call{lab: a.lab, e: a.e, con: a.con, user: a.user, name: "stopwpar", ctx: a.ctx, session: a.session}, h: a.con.Host}
	if a.name == "shutdown" && !f.has('F') && !a.pause(time.Minute) {
		return 1
	}
	if a.name == "halt" && f.has('q') {
		a.e.tick()
		w.Procs, w.State = nil, wparTransit
		return 0
	}
	if rc := out.stopWpar(w, &flagSet{set: map[byte][]string{}}); rc != 0 {
		return rc
	}
	if a.name == "reboot" || a.name == "shutdown" && f.has('r') {
		return out.startWpar(w, startOptions{})
	}
	return 0
}

// aixRcWpars starts the partitions that are to start with the system.
func aixRcWpars(a *aixCall) int {
	code := 0
	for _, w := range slices.Clone(a.h.Wpars) {
		if w.Auto && w.State == wparDefined {
			code = max(code, a.startWpar(w, startOptions{}))
		}
	}
	return code
}

// aixKill ends processes: those of partitions, and subsystems.
func aixKill(a *aixCall) int {
	args, ask := a.args, false
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := strings.TrimPrefix(strings.ToUpper(args[0][1:]), "SIG")
		if !contains("9 KILL 15 TERM 1 HUP 2 INT 0", word) {
			return a.fail("kill: 0403-010 A specified flag is not valid for this command.")
		}
		ask, args = word == "0", args[1:]
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
		if !slices.ContainsFunc(a.h.processes(a.e), func(p process) bool { return p.pid == pid }) {
			code = a.fail("kill: %d: 0403-003 The specified process does not exist.", pid)
			continue
		}
		if !ask {
			a.end(pid)
		}
	}
	return code
}

// end ends a process. What is respawned stays, and what hangs in the kernel.
func (a *aixCall) end(pid int) {
	for _, s := range a.h.Subsystems {
		if s.PID == pid {
			s.PID = 0
		}
	}
	list := a.h.Wpars
	if a.h.in != nil {
		list = []*wpar{a.h.in}
	}
	for _, w := range list {
		w.Procs = slices.DeleteFunc(w.Procs, func(p *wparProc) bool {
			number := p.PID
			if a.h.in != nil {
				number = p.Inside
			}
			return number == pid && p.Inside != 1 && !contains("/usr/sbin/srcmstr /usr/sbin/cron", p.Cmd) && !p.Stuck
		})
		if w.Kind == wparApplication && w.State == wparActive && len(w.Procs) == 1 {
			a.unload(w, true)
			a.dropWpar(w)
		}
	}
}

// aixMkssys puts a subsystem on file.
func aixMkssys(a *aixCall) int {
	f, ok := a.flags("s:p:u:a:e:i:o:m:f:n:E:G:SKIORQdDqxw:t:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('s') || !f.has('p') || !f.has('u') {
		return a.usage()
	}
	if slices.ContainsFunc(a.h.Subsystems, func(s *subsystem) bool { return s.Name == f.get('s') }) {
		return a.fail("0513-069 Odm error, %s is already on file.", f.get('s'))
	}
	a.h.Subsystems = append(a.h.Subsystems, &subsystem{Name: f.get('s'), Group: f.get('G')})
	a.say("0513-071 The %s Subsystem has been added.", f.get('s'))
	return 0
}

func wparAppCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"wparexec": {aixWparexec, 500 * ms, "/usr/sbin", true, `wparexec [-a] [-c] [-1] [-F] [-h hostname] [-H architecture] [-i] [-I attribute=value ...] ...
                [-M attribute=value ...] ... [-N attribute=value ...] ... [-R attribute=value ...]
                [-u userscript] [-v] [-x] { -n wparname [-e existingwpar | -f infile] [-o outfile [-w]] |
                -f infile ... | -w -o outfile ... } [[--] [var=value ...] /path/to/command [arg ...]]`},
		"rc.wpars": {aixRcWpars, 200 * ms, "/etc", true, "rc.wpars"},
		"halt":     {aixHalt, 200 * ms, "/usr/sbin", true, "halt [-l] [-n] [-p] [-q] [-y]"},
		"reboot":   {aixHalt, 200 * ms, "/usr/sbin", true, "reboot [-l] [-n] [-q] [-t]"},
		"shutdown": {aixHalt, 200 * ms, "/usr/sbin", true, "shutdown [-d] [-F] [-h] [-i] [-k] [-m] [-r] [-v] [+Time [Message]]"},
	}
}

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
	if a.variable(detachedVar) != "" {
		a.startApp(w)
		return 0
	}
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
	first := a.h.spawn(a.e, w, 0, "/usr/lib/wpars/vinit "+w.App)
	first.Inside, first.File = 1, ""
	a.h.spawn(a.e, w, 1, w.App)
}

// runApp runs the command, and ends the partition with it.
func (a *aixCall) runApp(w *wpar, env, words []string) int {
	a.startApp(w)
	code := 0
	if _, _, ok := counter(strings.Fields(w.App)); ok {
		// It goes on until somebody stops the partition.
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
			inner := &session{lab: a.lab, console: a.session.console, user: a.user, aix: true, plain: true, held: a.session.held, out: &a.out, errOut: &a.err, drop: a.session.drop, gone: a.session.gone,
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

// leaveWpar ends the partition that a command runs in. A quick end leaves it between the states: nobody unmounts.
func (a *aixCall) leaveWpar(restart, quick bool) int {
	w := a.h.in
	out := &aixCall{call: &call{lab: a.lab, e: a.e, con: a.con, user: a.user, name: "stopwpar", ctx: a.ctx, session: a.session}, h: a.h.global}
	if quick {
		a.e.tick()
		w.Procs, w.State = nil, wparTransit
		return 0
	}
	if rc := out.stopWpar(w, &flagSet{set: map[byte][]string{}}); rc != 0 || !restart {
		return rc
	}
	return out.startWpar(w, startOptions{})
}

// stopWpars is what the end of a host leaves of its partitions: they are defined, and what was being made or removed is broken.
func (h *Host) stopWpars() {
	h.Wpars = slices.DeleteFunc(slices.Clone(h.Wpars), func(w *wpar) bool { return w.Kind == wparApplication && w.State != wparDefined })
	for _, w := range h.Wpars {
		if w.State == wparDefined {
			continue
		}
		if contains("create remove", w.Operation) && w.Operation != "" {
			w.State = wparBroken
		} else {
			w.State = wparDefined
		}
		w.Procs, w.Subsystems, w.ID, w.Operation, w.OpPID, w.offer, w.logins = nil, nil, 0, "", 0, nil, 0
		for _, d := range w.Devices {
			if x := h.disk(d.Name); x != nil && d.Kind == "disk" {
				x.Defined = false
			}
		}
	}
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

func wparAppCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"wparexec": {aixWparexec, 500 * ms, "/usr/sbin", true, `wparexec [-a] [-c] [-1] [-F] [-h hostname] [-H architecture] [-i] [-I attribute=value ...] ...
                [-M attribute=value ...] ... [-N attribute=value ...] ... [-R attribute=value ...]
                [-u userscript] [-v] [-x] { -n wparname [-e existingwpar | -f infile] [-o outfile [-w]] |
                -f infile ... | -w -o outfile ... } [[--] [var=value ...] /path/to/command [arg ...]]`},
		"rc.wpars": {aixRcWpars, 200 * ms, "/etc", true, "rc.wpars"},
	}
}

package lab

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// held is a script that an event of the cluster runs. Whoever moves the estate on holds its lock meanwhile, so the commands
// of the script share a lock of their own, and what they would wait for is added up: the script has its effect at once, and
// its exit code counts when that time is over.
type held struct {
	mu      sync.Mutex
	spent   time.Duration
	stop    func()
	tooLong bool
}

const (
	// endless is how long a script may take; one that takes longer has not ended.
	endless = 24 * time.Hour
	// realLimit ends a script that loops without waiting.
	realLimit = 3 * time.Second
)

func (s *session) lock() {
	if s.held != nil {
		s.held.mu.Lock()
		return
	}
	s.lab.mu.Lock()
}

func (s *session) unlock() {
	if s.held != nil {
		s.held.mu.Unlock()
		return
	}
	s.lab.mu.Unlock()
}

// now is the moment that a command of the session sees.
func (s *session) now() time.Time {
	if s.held != nil {
		s.held.mu.Lock()
		defer s.held.mu.Unlock()
		return s.lab.estate.Now.Add(s.held.spent)
	}
	return s.lab.clock.Now()
}

// sleep lets virtual time pass.
func (s *session) sleep(ctx context.Context, d time.Duration) bool {
	if s.held != nil {
		s.held.mu.Lock()
		defer s.held.mu.Unlock()
		s.held.spend(d)
		return ctx.Err() == nil
	}
	return s.lab.clock.Sleep(ctx, d) == nil
}

func (x *held) spend(d time.Duration) {
	if x.spent += d; x.spent > endless {
		x.tooLong = true
		x.stop()
	}
}

// heldCommand is command for a session whose lock is held already. What it prints may go to a file, which takes that lock, too.
func (s *session) heldCommand(ctx context.Context, hc interp.HandlerContext, cost time.Duration, run func(*call) int, name string, args []string, full string, in io.Reader) int {
	code, out, errs := s.heldRun(ctx, cost, run, name, args, full, in)
	_, _ = hc.Stderr.Write(errs)
	_, _ = hc.Stdout.Write(out)
	return code
}

func (s *session) heldRun(ctx context.Context, cost time.Duration, run func(*call) int, name string, args []string, full string, in io.Reader) (code int, out, errs []byte) {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	e := s.lab.estate
	con := e.console(s.console)
	if con == nil || ctx.Err() != nil {
		return -1, nil, nil
	}
	after := false
	if f := e.hit(s.console, full); f != nil {
		switch f.Action {
		case FaultFail:
			if f.Message != "" {
				errs = []byte(f.Message + "\n")
			}
			return f.Exit, nil, errs
		case FaultDropBefore, FaultHang:
			s.held.spend(2 * endless)
			return -1, nil, nil
		case FaultLate:
			s.held.spend(time.Duration(f.Delay))
		case FaultDropAfter:
			after = true
		}
	}
	s.held.spend(time.Duration(float64(cost) * e.Timing.Latency))
	c := &call{lab: s.lab, e: e, con: con, user: s.user, name: name, args: args, stdin: in, ctx: ctx, session: s}
	code = run(c)
	e.touch()
	if after {
		s.held.spend(2 * endless)
		return -1, nil, nil
	}
	return code, c.out.Bytes(), c.err.Bytes()
}

// runHeld runs a command line in the shell of a host while the estate is locked. took is how long it lasts; ended is false
// for a line that does not end.
func (e *Estate) runHeld(h *Host, user, line string, env map[string]string) (out string, code int, took time.Duration, ended bool) {
	return e.runHeldIn(h, "", user, line, env)
}

// runHeldIn runs it in a workload partition of the host.
func (e *Estate) runHeldIn(h *Host, wpar, user, line string, env map[string]string) (out string, code int, took time.Duration, ended bool) {
	if e.lab == nil || h.off() {
		return "", exitNotFound, 0, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), realLimit)
	defer cancel()
	var buf bytes.Buffer
	x := &held{stop: cancel}
	s := &session{lab: e.lab, console: h.Name, user: user, aix: true, plain: true, wpar: wpar, out: &buf, errOut: &buf, held: x}
	vars := shellEnv{"LOGNAME": user, "USER": user, "LANG": "C", "TERM": "dumb", "HOSTNAME": h.Hostname, "TMPDIR": "/dev/null/none"}
	for k, v := range env {
		vars[k] = v
	}
	r, err := s.newKsh(vars, nil)
	if err != nil {
		return "", 1, 0, true
	}
	s.runner = r
	f, _, msg := s.parse(line)
	if msg != "" || f == nil {
		return msg + "\n", 2, 0, true
	}
	code, _, _ = s.execute(context.WithValue(ctx, commandKey{}, ctx), f)
	x.mu.Lock()
	defer x.mu.Unlock()
	s.outMu.Lock()
	defer s.outMu.Unlock()
	return buf.String(), code, x.spent, !x.tooLong && ctx.Err() == nil
}

// haDo runs a program of AIX for the cluster and notes it in hacmp.out.
func (e *Estate) haDo(h *Host, words ...string) int {
	e.trace(h, "+ %s", strings.Join(words, " "))
	for i, w := range words {
		words[i] = quoteWord(w)
	}
	out, code, _, _ := e.runHeld(h, "root", strings.Join(words, " "), nil)
	if out != "" {
		e.trace(h, "%s", strings.TrimSuffix(out, "\n"))
	}
	if code != 0 {
		e.trace(h, "+ rc=%d", code)
	}
	return code
}

func quoteWord(w string) string {
	if w != "" && !strings.ContainsAny(w, " \t\n'\"\\$`|&;<>()*?[]{}~#!") {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

const (
	spawnWord = "\x01spawn"
	spawnPID  = "\x01pid"
	spawnVar  = "_lab_bg"

	detachedVar = "_lab_detached" // set for a wparexec that nobody waits for
)

// background rewrites the text of a script so that what it starts with & becomes a process of the host. Such a process does
// not hold the script, and outlives it.
func background(src string) string {
	if !strings.Contains(src, "&") {
		return src
	}
	f, err := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn)).Parse(strings.NewReader(src), "")
	if err != nil || !rewriteBackground(f, false) {
		return src
	}
	var b strings.Builder
	if syntax.NewPrinter().Print(&b, f) != nil {
		return src
	}
	return b.String()
}

func rewriteBackground(f *syntax.File, onlyPaths bool) bool {
	found := false
	word := func(s string) *syntax.Word { return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: s}}} }
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			c, ok := n.Cmd.(*syntax.CallExpr)
			if !n.Background || !ok || len(c.Args) == 0 || c.Args[0].Lit() == "wait" {
				return true
			}
			if first := c.Args[0].Lit(); onlyPaths && !strings.Contains(first, "/") && first != "nohup" {
				return true
			}
			found = true
			inner := &syntax.Stmt{Position: n.Position, Redirs: n.Redirs, Cmd: &syntax.CallExpr{Assigns: c.Assigns, Args: append([]*syntax.Word{word(spawnWord)}, c.Args...)}}
			note := &syntax.Stmt{Position: n.Position, Cmd: &syntax.CallExpr{Assigns: []*syntax.Assign{{Name: &syntax.Lit{Value: spawnVar}, Value: &syntax.Word{Parts: []syntax.WordPart{
				&syntax.CmdSubst{Stmts: []*syntax.Stmt{{Cmd: &syntax.CallExpr{Args: []*syntax.Word{word(spawnPID)}}}}}}}}}}}
			n.Background, n.Redirs = false, nil
			n.Cmd = &syntax.Block{Stmts: []*syntax.Stmt{inner, note}}
			return false
		case *syntax.ParamExp:
			if n.Param != nil && n.Param.Value == "!" && !onlyPaths {
				n.Param.Value = spawnVar
				found = true
			}
		}
		return true
	})
	return found
}

// spawn starts a program in the background. A file without text is a program that runs until it is killed; a script runs as
// long as its sleeps last.
func (s *session) spawn(hc interp.HandlerContext, args []string) int {
	for len(args) > 0 && args[0] == "nohup" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	words := make([]string, len(args))
	for i, w := range args {
		words[i] = quoteWord(w)
	}
	code := exitNotFound
	// What it prints may go to a file, which waits for the same lock.
	printed, said := "", ""
	defer func() {
		_, _ = io.WriteString(hc.Stdout, printed)
		_, _ = io.WriteString(hc.Stderr, said)
	}()
	s.onHost(func(e *Estate, h *Host) {
		shown := strings.Join(args, " ")
		now := e.Now
		if s.held != nil {
			now = now.Add(s.held.spent)
		}
		until := time.Time{}
		f := h.file(absolute(hc.Dir, args[0]))
		_, _, counts := counter(args)
		switch {
		case path.Base(args[0]) == "wparexec":
			// Its partition is what goes on, until somebody stops it: when its command would end is not played.
			env := s.exported(hc)
			env[detachedVar] = "1"
			printed, code, _, _ = e.runHeldIn(h, s.wpar, s.user, "cd "+quoteWord(hc.Dir)+"; "+strings.Join(words, " "), env)
			return
		case counts:
		case strings.Contains(args[0], "/") && f != nil && !f.Dir && f.Mode&0o111 != 0 && f.program():
		case strings.Contains(args[0], "/") && f != nil && f.Mode&0o111 == 0:
			said = kshPrefix + args[0] + ": " + kshNoRight + "\n"
			code = exitDenied
			return
		default:
			if f != nil && strings.Contains(args[0], "/") {
				shown = "/usr/bin/ksh " + shown
			}
			out, rc, took, ended := e.runHeldIn(h, s.wpar, s.user, "cd "+quoteWord(hc.Dir)+"; "+strings.Join(words, " "), s.exported(hc))
			printed = out
			code = rc
			if ended {
				until = now.Add(took)
			}
			if ended && took == 0 {
				return
			}
		}
		code = 0
		p := h.newProcess(now, s.user, shown)
		p.Until = until
		if s.lastPID = p.PID; h.in != nil {
			h.in.Procs = append(h.in.Procs, p)
			return
		}
		h.Processes = append(h.Processes, p)
	})
	return code
}

// exported variables of a shell.
func (s *session) exported(hc interp.HandlerContext) map[string]string {
	out := map[string]string{}
	for name, v := range hc.Env.Each {
		if v.Exported && !strings.Contains(name, " ") {
			out[name] = v.String()
		}
	}
	return out
}

// program: the file is no text that a shell could run.
func (f *hostFile) program() bool { return f.Data == "" || strings.HasPrefix(f.Data, "\x01") }

// named are the processes that a process monitor counts.
func (h *Host) named(name, owner string, now time.Time) int {
	n := 0
	for _, p := range h.processes(now) {
		word, _, _ := strings.Cut(p.Command, " ")
		if path.Base(word) == path.Base(name) && (owner == "" || p.User == owner) {
			n++
		}
	}
	return n
}

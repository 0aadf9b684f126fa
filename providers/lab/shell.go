package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

const iosPath = "/usr/ios/cli/ioscli"

var (
	errDropped = errors.New("connection dropped")
	// errPipe ends a line whose commands go on writing where nobody reads; errDepth one whose functions call themselves.
	errPipe  = errors.New("broken pipe")
	errDepth = errors.New("maximum function nesting level exceeded")
)

const (
	// maxBroken is how many writes into a closed pipe a line may try: a shell would be killed by the first.
	maxBroken = 100
	// maxCalls is how often functions may be called in a line: one that calls itself would take the whole process with it.
	maxCalls = 5000
	// maxInput is what a filter reads of an endless input.
	maxInput = 64 << 20
	// hangup is how long a shell goes on when its client has gone.
	hangup = 15 * time.Second
	// exitPipe is the exit code of a command that a closed pipe has ended.
	exitPipe = 141
)

// commandKey finds the context of the commands behind that of the shell.
type commandKey struct{}

// shellContext is the context of the interpreter: it ends some time after the client has gone, so that no loop runs on for
// nobody. A command that is being carried out then still ends by itself, as on a console: commands have ctx.
func (s *session) shellContext(ctx context.Context) (context.Context, func()) {
	s.broken.Store(0)
	s.calls.Store(0)
	inner, cancel := context.WithCancel(context.WithValue(ctx, commandKey{}, ctx))
	ended := make(chan struct{})
	s.lab.wg.Go(func() {
		select {
		case <-s.done:
		case <-ended:
			return
		}
		late := time.NewTimer(hangup)
		defer late.Stop()
		select {
		case <-late.C:
			cancel()
		case <-ended:
		}
	})
	return inner, func() {
		close(ended)
		cancel()
	}
}

// session is one shell of a user on a console: an exec channel, an interactive shell, or a call of Lab.Run.
type session struct {
	lab     *Lab
	console string
	user    string
	tty     bool
	plain   bool            // the client's terminal wants no carriage returns
	raw     func(on bool)   // hands the keys of an interactive session to a command as they come
	done    <-chan struct{} // closed when the channel is; nil without one
	hmc     bool            // the restricted bash of an HMC, not the shell of a Virtual I/O Server
	aix     bool            // the ksh of an AIX host
	wpar    string          // the workload partition of the host that the shell is in
	shell   bool            // bare names of VIOS commands work even on a strict console
	input   io.Reader       // of an interactive session, for commands that ask
	outMu   sync.Mutex
	out     io.Writer
	errOut  io.Writer
	drop    func()          // closes the client's connection
	gone    <-chan struct{} // closed when the connection is; nil without one
	runner  *interp.Runner
	broken  atomic.Int32 // writes of the present line into closed pipes
	calls   atomic.Int32 // calls of functions in the present line
	funcs   sync.Map     // names of functions that were declared
	held    *held        // of a script that a cluster event runs
	lastPID int          // of what was started last in the background
}

// write puts text on the terminal or the output of the session.
func (s *session) write(text string) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	if s.tty && !s.plain {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	_, _ = io.WriteString(s.out, text)
}

// bytes puts bytes out as they are.
func (s *session) bytes(b string) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	_, _ = io.WriteString(s.out, b)
}

type sessionWriter struct {
	s   *session
	err bool
}

func (w sessionWriter) Write(p []byte) (int, error) {
	w.s.outMu.Lock()
	defer w.s.outMu.Unlock()
	to := w.s.out
	if w.err {
		to = w.s.errOut
	}
	q := p
	if w.s.tty && !w.s.plain {
		q = bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))
	}
	if _, err := to.Write(q); err != nil {
		return 0, err
	}
	return len(p), nil
}

// shellEnv is the environment of a session: nothing of the host, and no home directory of a host account behind ~name.
type shellEnv map[string]string

func (e shellEnv) Get(name string) expand.Variable {
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		return expand.Variable{Set: true, Kind: expand.String, Str: "~" + user}
	}
	v, ok := e[name]
	if !ok {
		return expand.Variable{}
	}
	return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: v}
}

func (e shellEnv) Each(f func(string, expand.Variable) bool) {
	names := make([]string, 0, len(e))
	for n := range e {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		if !f(n, e.Get(n)) {
			return
		}
	}
}

// builtins that a restricted shell may run inside the interpreter. Everything else that the interpreter could do by
// itself is refused before it gets there.
var allowedBuiltins = map[string]bool{
	":": true, "true": true, "false": true, "exit": true, "set": true, "shift": true, "unset": true, "printf": true,
	"break": true, "continue": true, "pwd": true, "wait": true, "test": true, "[": true, "return": true, "read": true,
	"getopts": true, "eval": true, "trap": true,
}

func (s *session) newRunner(stdin io.Reader) (*interp.Runner, error) {
	env := shellEnv{
		"HOME": "/home/" + s.user, "LOGNAME": s.user, "USER": s.user, "SHELL": "/usr/bin/rksh", "PATH": "/usr/ios/cli:/usr/ios/utils",
		"LANG": "C", "TERM": "dumb", "UID": "100", "EUID": "100", "GID": "1", "HOSTNAME": s.console,
		// The interpreter would put the pipes of process substitutions here; no such directory can exist.
		"TMPDIR": "/dev/null/none",
	}
	if s.hmc {
		env["SHELL"], env["PATH"], env["LANG"] = "/usr/hmcrbin/hmcbash", "/usr/hmcrbin", s.locale()
	}
	if s.aix {
		return s.newKsh(env, stdin)
	}
	r, err := interp.New(
		interp.Env(env),
		interp.Dir("/"),
		interp.StdIO(stdin, sessionWriter{s, false}, sessionWriter{s, true}),
		interp.CallHandler(s.callHandler),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.execHandler }),
		interp.OpenHandler(s.openFile),
		interp.StatHandler(func(_ context.Context, name string, _ bool) (fs.FileInfo, error) {
			return nil, &os.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
		}),
		interp.AccessHandler(func(_ context.Context, name string, _ interp.AccessMode) error {
			return &os.PathError{Op: "access", Path: name, Err: fs.ErrNotExist}
		}),
		// Nothing is ever matched, so a pattern such as 9009-42A*78A1F10 stays as it is written.
		interp.ReadDirHandler2(func(context.Context, string) ([]fs.DirEntry, error) { return nil, nil }),
	)
	return r, err
}

type nullFile struct{}

func (nullFile) Read([]byte) (int, error)    { return 0, io.EOF }
func (nullFile) Write(p []byte) (int, error) { return len(p), nil }
func (nullFile) Close() error                { return nil }

func (s *session) openFile(_ context.Context, path string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	if path == "/dev/null" {
		return nullFile{}, nil
	}
	if s.hmc {
		msg := "No such file or directory"
		if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0 {
			msg = "restricted: cannot redirect output"
		}
		return nil, &os.PathError{Op: "bash:", Path: path, Err: errors.New(msg)}
	}
	msg := msgNoFile
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0 {
		msg = msgRestricted
	}
	return nil, &os.PathError{Op: strings.TrimSuffix(shellPrefix, " "), Path: path, Err: errors.New(msg)}
}

// callHandler sees every simple command before the interpreter runs it, built into it or not.
func (s *session) callHandler(ctx context.Context, args []string) ([]string, error) {
	if _, ok := s.funcs.Load(args[0]); ok && s.calls.Add(1) > maxCalls {
		return nil, errDepth
	}
	for len(args) > 1 && args[0] == "command" && !strings.HasPrefix(args[1], "-") {
		args = args[1:]
	}
	name := args[0]
	refuse := func(msg string) []string { return []string{"\x00refuse", msg} }
	if s.hmc {
		return s.bashCall(args, refuse), nil
	}
	if s.aix {
		return s.kshCall(args), nil
	}
	if strings.Contains(name, "/") && name != iosPath {
		return refuse(shellPrefix + name + ": " + msgRestricted), nil
	}
	switch name {
	case "cd", "exec", ".", "source":
		return refuse(shellPrefix + name + ": " + msgRestricted), nil
	case "echo":
		// The shell's own echo, that of ksh, knows escape sequences without an option.
		return append([]string{"\x00echo"}, args[1:]...), nil
	case "eval", "trap":
		// The text goes through the interpreter's own parser, so what the session's parser refuses is looked for here.
		if msg := s.refusedSyntax(strings.Join(args[1:], " ")); msg != "" {
			return refuse(msg), nil
		}
	}
	if interp.IsBuiltin(name) && !allowedBuiltins[name] {
		return []string{"\x00unknown", name}, nil
	}
	if name == "pwd" {
		return []string{"\x00pwd"}, nil
	}
	return args, nil
}

// bashCall is callHandler for the restricted bash of an HMC.
func (s *session) bashCall(args []string, refuse func(string) []string) []string {
	name := args[0]
	if strings.Contains(name, "/") {
		if base, ok := strings.CutPrefix(name, "/usr/hmcrbin/"); !ok || hmcCommands[base].run == nil {
			return refuse("bash: " + name + ": restricted: cannot specify `/' in command names")
		}
		return append([]string{strings.TrimPrefix(name, "/usr/hmcrbin/")}, args[1:]...)
	}
	switch name {
	case "cd", "exec", ".", "source":
		return refuse("bash: " + name + ": restricted")
	case "eval", "trap":
		if msg := s.refusedSyntax(strings.Join(args[1:], " ")); msg != "" {
			return refuse(msg)
		}
	case "pwd":
		return []string{"\x00pwd"}
	case "echo":
		return append([]string{"\x00echo"}, args[1:]...)
	case "type":
		return args
	}
	if interp.IsBuiltin(name) && !allowedBuiltins[name] {
		return []string{"\x00unknown", name}
	}
	return args
}

// locale is that of the console.
func (s *session) locale() string {
	s.lab.mu.Lock()
	defer s.lab.mu.Unlock()
	if c := s.lab.estate.console(s.console); c != nil && c.Locale != "" {
		return c.Locale
	}
	return "en_US.UTF-8"
}

// prompt is what an interactive shell shows.
func (s *session) prompt() string {
	switch {
	case s.hmc:
		return s.user + "@" + s.console + ":~> "
	case s.aix && s.user == "root":
		return "# "
	}
	return "$ "
}

func (s *session) parse(line string) (*syntax.File, bool, string) {
	variant := syntax.LangMirBSDKorn
	if s.hmc {
		variant = syntax.LangBash
	}
	if s.aix {
		line = kshRewrite(line)
	}
	f, more, msg := parseAs(line, variant, s.hmc)
	if s.aix {
		msg = strings.Replace(msg, shellPrefix, kshPrefix, 1)
		if f != nil && unsupported(f) {
			return nil, false, text(kshSyntax, "`(' is not expected.")
		}
		if f != nil {
			rewriteBackground(f, s.held == nil)
		}
	}
	if f != nil {
		s.declared(f)
	}
	return f, more, msg
}

// declared remembers the functions that a text declares.
func (s *session) declared(f *syntax.File) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if d, ok := n.(*syntax.FuncDecl); ok && d.Name != nil {
			s.funcs.Store(d.Name.Value, true)
		}
		return true
	})
}

func (s *session) refusedSyntax(src string) string {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(src), "")
	if err != nil {
		return ""
	}
	s.declared(f)
	bad := unsupported(f)
	syntax.Walk(f, func(n syntax.Node) bool {
		if w, ok := n.(*syntax.Word); ok && len(w.Parts) > 0 {
			lit, ok := w.Parts[0].(*syntax.Lit)
			bad = bad || ok && len(lit.Value) > 1 && lit.Value[0] == '~' && lit.Value[1] != '/'
		}
		return true
	})
	if bad {
		return text(msgSyntax, "The word is not expected.")
	}
	return ""
}

// unsupported finds what the interpreter would do with files of the host.
func unsupported(f *syntax.File) bool {
	bad := false
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.ProcSubst, *syntax.CoprocClause:
			bad = true
		}
		return true
	})
	return bad
}

// pipeSubsts turns "command < <(list)", with which monitoring plugins feed their loops, into "(list) | command". The
// interpreter runs the right side of a pipe in the shell itself, so variables of the loop survive it.
func pipeSubsts(f *syntax.File) {
	syntax.Walk(f, func(n syntax.Node) bool {
		st, ok := n.(*syntax.Stmt)
		if !ok || st.Cmd == nil {
			return true
		}
		for i, r := range st.Redirs {
			if r.Op != syntax.RdrIn || r.N != nil || len(r.Word.Parts) != 1 {
				continue
			}
			ps, ok := r.Word.Parts[0].(*syntax.ProcSubst)
			if !ok || ps.Op != syntax.CmdIn {
				continue
			}
			inner := &syntax.Stmt{Position: st.Position, Cmd: st.Cmd, Redirs: slices.Delete(slices.Clone(st.Redirs), i, i+1)}
			list := &syntax.Stmt{Position: st.Position, Cmd: &syntax.Subshell{Stmts: ps.Stmts}}
			st.Cmd, st.Redirs = &syntax.BinaryCmd{Op: syntax.Pipe, X: list, Y: inner}, nil
			break
		}
		return true
	})
}

func (s *session) execHandler(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	if c, ok := ctx.Value(commandKey{}).(context.Context); ok {
		ctx = c
	}
	pipe := &pipeWriter{w: hc.Stdout}
	hc.Stdout = pipe
	code := s.run(ctx, hc, args)
	if code < 0 {
		return errDropped
	}
	if pipe.closed {
		if code = exitPipe; s.broken.Add(1) > maxBroken {
			return errPipe
		}
	}
	if code > 0 {
		return interp.ExitStatus(uint8(code))
	}
	return nil
}

// pipeWriter notices that nobody reads any more.
type pipeWriter struct {
	w      io.Writer
	closed bool
}

func (p *pipeWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.closed = p.closed || err != nil
	return n, err
}

func isNil(r io.Reader) bool {
	f, ok := r.(*os.File)
	return r == nil || ok && f == nil
}

// run is one simple command. A negative result ends the whole session.
func (s *session) run(ctx context.Context, hc interp.HandlerContext, args []string) int {
	var in io.Reader
	if !isNil(hc.Stdin) {
		in = hc.Stdin
	}
	say := func(msg string) { _, _ = io.WriteString(hc.Stderr, msg+"\n") }
	switch args[0] {
	case "\x00refuse":
		say(args[1])
		return 1
	case "\x00which":
		return s.kshWhich(hc, args[1:])
	case "\x00unknown":
		say(s.notFound(args[1]))
		return exitNotFound
	case "\x00pwd":
		_, _ = io.WriteString(hc.Stdout, "/home/"+s.user+"\n")
		return 0
	case "\x00echo":
		if s.hmc {
			return bashEcho(args[1:], hc.Stdout)
		}
		return filterEcho(args[1:], hc.Stdout)
	}
	name, rest := args[0], args[1:]
	if s.aix {
		return s.runKsh(ctx, hc, name, rest, in)
	}
	if f := filters[name]; f != nil && (!s.hmc || hmcFilters[name]) {
		if in == nil {
			in = strings.NewReader("")
		}
		in = io.LimitReader(in, maxInput)
		out := &bytes.Buffer{}
		errs := &bytes.Buffer{}
		code := f(&filterCall{name: name, args: rest, in: in, out: out, err: errs, gnu: s.hmc, proc: s.procFiles(), now: s.lab.clock.Now,
			sleep: func(d time.Duration) bool { return s.lab.clock.Sleep(ctx, d) == nil }})
		_, _ = hc.Stdout.Write(out.Bytes())
		_, _ = hc.Stderr.Write(errs.Bytes())
		return code
	}
	if s.hmc {
		return s.runBash(ctx, hc, name, rest, in)
	}
	if name == "oem_setup_env" {
		say(msgOEM)
		return 1
	}
	var cmd command
	var ok bool
	if name == "ioscli" || name == iosPath {
		if len(rest) == 0 {
			rest = []string{"help"}
		}
		name, rest = rest[0], rest[1:]
		if cmd, ok = deviceCommands[name]; !ok {
			say(text(msgIoscli, name))
			return 1
		}
	} else if cmd, ok = partitionCommands[name]; !ok {
		if cmd, ok = deviceCommands[name]; ok && !s.shell && s.strict() {
			ok = false
		}
	}
	if !ok {
		say(text(shellNotFound, name))
		return exitNotFound
	}
	if in == nil {
		in = s.input
	}
	return s.command(ctx, hc, cmd.latency, cmd.run, name, rest, strings.Join(args, " "), in)
}

// hmcFilters are those of the tools that the restricted bash of an HMC has.
var hmcFilters = map[string]bool{"grep": true, "egrep": true, "fgrep": true, "cut": true, "sort": true, "sed": true, "head": true, "tail": true,
	"tr": true, "wc": true, "date": true, "cat": true, "uniq": true, "sleep": true}

func (s *session) shellName() string {
	switch {
	case s.hmc:
		return "bash: "
	case s.aix:
		return kshPrefix
	}
	return shellPrefix
}

func (s *session) notFound(name string) string {
	switch {
	case s.hmc:
		return "bash: " + name + ": command not found"
	case s.aix:
		return kshPrefix + name + ":  not found."
	}
	return text(shellNotFound, name)
}

// runBash is one simple command in the shell of an HMC.
func (s *session) runBash(ctx context.Context, hc interp.HandlerContext, name string, rest []string, in io.Reader) int {
	switch name {
	case "uname":
		line := "Linux"
		if len(rest) > 0 && rest[0] == "-n" {
			line = s.console
		} else if len(rest) > 0 && rest[0] == "-a" {
			line = "Linux " + s.console + " 4.18.0-553.el8.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux"
		}
		_, _ = io.WriteString(hc.Stdout, line+"\n")
		return 0
	case "hostname", "whoami":
		line := s.console
		if name == "whoami" {
			line = s.user
		}
		_, _ = io.WriteString(hc.Stdout, line+"\n")
		return 0
	case "uptime":
		now := s.lab.clock.Now()
		_, _ = fmt.Fprintf(hc.Stdout, " %s up %d days, %s,  1 user,  load average: 0.42, 0.37, 0.35\n", now.Format("15:04:05"), int(s.up().Hours())/24, clockText(s.up()))
		return 0
	case "ping":
		return s.ping(hc.Stdout, hc.Stderr, rest)
	case "ls", "clear", "logger":
		return 0
	}
	cmd, ok := hmcCommands[name]
	if !ok {
		_, _ = io.WriteString(hc.Stderr, s.notFound(name)+"\n")
		return exitNotFound
	}
	if in == nil {
		in = s.input
	}
	locale := hc.Env.Get("LANG").String()
	for _, n := range []string{"LC_MESSAGES", "LC_ALL"} {
		if v := hc.Env.Get(n).String(); v != "" {
			locale = v
		}
	}
	run := func(c *call) int { return c.runHMC(cmd, locale) }
	return s.command(ctx, hc, cmd.latency, run, name, rest, strings.Join(append([]string{name}, rest...), " "), in)
}

// up is how long the console has been running: since a week before the lab began.
func (s *session) up() time.Duration {
	s.lab.mu.Lock()
	defer s.lab.mu.Unlock()
	return s.lab.clock.Now().Sub(s.lab.start) + 7*24*time.Hour
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%2d:%02d", int(d.Hours())%24, int(d.Minutes())%60)
}

// procFiles are what monitoring plugins read of an HMC. It has no other files that a user could open.
func (s *session) procFiles() map[string]string {
	if !s.hmc {
		return nil
	}
	up := s.up().Seconds()
	return map[string]string{
		"/proc/uptime":  fmt.Sprintf("%.2f %.2f\n", up, up*3.6),
		"/proc/meminfo": "MemTotal:       16325352 kB\nMemFree:         1112032 kB\nBuffers:          301232 kB\nCached:          6043220 kB\nSwapTotal:       2040212 kB\nSwapFree:        1922200 kB\n",
		"/proc/stat":    fmt.Sprintf("cpu  %d 0 %d %d 0 0 0 0 0 0\n", int(up*2), int(up), int(up*97)),
	}
}

// ping reaches the consoles, service processors and partitions of the estate.
func (s *session) ping(out, errs io.Writer, args []string) int {
	count, host := 4, ""
	for i := 0; i < len(args); i++ {
		n := 0
		switch {
		case args[i] == "-c" && i+1 < len(args):
			i++
			n, _ = number(args[i])
			if n < 1 || n > 100 {
				_, _ = fmt.Fprintf(errs, "ping: invalid argument: '%s'\n", args[i])
				return 1
			}
			count = n
		case strings.HasPrefix(args[i], "-") || host != "":
			_, _ = io.WriteString(errs, "Usage: ping [-c count] destination\n")
			return 2
		default:
			host = args[i]
		}
	}
	s.lab.mu.Lock()
	answers := host == "127.0.0.1" || host == "localhost" || s.lab.estate.answers(host)
	s.lab.mu.Unlock()
	_, _ = fmt.Fprintf(out, "PING %s (%s) 56(84) bytes of data.\n", host, host)
	got := 0
	if answers {
		got = count
		for i := range count {
			_, _ = fmt.Fprintf(out, "64 bytes from %s: icmp_seq=%d ttl=64 time=0.412 ms\n", host, i+1)
		}
	}
	_, _ = fmt.Fprintf(out, "\n--- %s ping statistics ---\n%d packets transmitted, %d received, %d%% packet loss, time %dms\n", host, count, got, 100*(count-got)/count, (count-1)*1000)
	if !answers {
		return 1
	}
	_, _ = io.WriteString(out, "rtt min/avg/max/mdev = 0.381/0.412/0.450/0.028 ms\n")
	return 0
}

// answers tells whether something of the estate has the address.
func (e *Estate) answers(address string) bool {
	if c := e.resolve(address); c != nil {
		return !e.refuses(c.Name)
	}
	for _, h := range e.hosts() {
		if address == h.Name || address == h.Hostname || address == h.Address && address != "" {
			return !e.refuses(h.Name)
		}
		for _, w := range h.Wpars {
			if w.inKernel() && (address == w.Hostname || slices.ContainsFunc(w.Nets, func(n wparNet) bool { return n.Address == address })) {
				return !e.refuses(h.Name)
			}
		}
	}
	for _, s := range e.Systems {
		if s.Address == address {
			return !s.deaf()
		}
		for _, p := range s.Partitions {
			if p.RMCAddress == address {
				return p.State == stateRunning
			}
		}
	}
	return false
}

func (s *session) strict() bool {
	s.lab.mu.Lock()
	defer s.lab.mu.Unlock()
	c := s.lab.estate.console(s.console)
	return c != nil && c.Strict
}

// command runs a console command over the estate, through the faults that are armed.
func (s *session) command(ctx context.Context, hc interp.HandlerContext, cost time.Duration, run func(*call) int, name string, args []string, full string, in io.Reader) int {
	l := s.lab
	if s.held != nil {
		return s.heldCommand(ctx, hc, cost, run, name, args, full, in)
	}
	l.mu.Lock()
	l.estate.advance(l.clock.Now())
	var fault armedFault
	if f := l.estate.hit(s.console, full); f != nil {
		fault = *f
	}
	latency := time.Duration(float64(cost) * l.estate.Timing.Latency)
	l.mu.Unlock()
	switch fault.Action {
	case FaultFail:
		if fault.Message != "" && s.hmc {
			_, _ = io.WriteString(hc.Stdout, fault.Message+"\n") // where an HMC prints its messages
		} else if fault.Message != "" {
			_, _ = io.WriteString(hc.Stderr, fault.Message+"\n")
		}
		return fault.Exit
	case FaultDropBefore:
		s.close()
		return -1
	case FaultLate:
		if l.clock.Sleep(ctx, time.Duration(fault.Delay)) != nil {
			return -1
		}
	case FaultHang:
		select {
		case <-ctx.Done():
		case <-s.gone:
		}
		return -1
	}
	if l.clock.Sleep(ctx, latency) != nil {
		return -1
	}
	l.mu.Lock()
	e := l.estate
	e.advance(l.clock.Now())
	con := e.console(s.console)
	if con == nil || con.Host != nil && con.Host.off() {
		l.mu.Unlock()
		s.close()
		return -1
	}
	c := &call{lab: l, e: e, con: con, sys: con.System, user: s.user, name: name, args: args, stdin: in, ctx: ctx, tty: s.tty, session: s}
	if vp := con.vios(); vp != nil {
		c.vp, c.v = vp, vp.VIOS
	}
	code := run(c)
	e.touch()
	gone := con.Host != nil && con.Host.off()
	l.mu.Unlock()
	if ctx.Err() != nil {
		return -1
	}
	if gone {
		s.close()
		return -1
	}
	if fault.Action == FaultDropAfter {
		s.close()
		return -1
	}
	_, _ = hc.Stderr.Write(c.err.Bytes())
	_, _ = hc.Stdout.Write(c.out.Bytes())
	return code
}

func (s *session) close() {
	if s.drop != nil {
		s.drop()
	}
}

// keepTildes takes ~name literally: the interpreter would look the account up on the host.
func keepTildes(f *syntax.File) {
	syntax.Walk(f, func(n syntax.Node) bool {
		w, ok := n.(*syntax.Word)
		if !ok || len(w.Parts) == 0 {
			return true
		}
		if lit, ok := w.Parts[0].(*syntax.Lit); ok && len(lit.Value) > 1 && lit.Value[0] == '~' && lit.Value[1] != '/' {
			lit.Value = `\` + lit.Value
		}
		return true
	})
}

// parseLine parses a command line. more tells that it goes on in the next line.
func parseLine(line string) (f *syntax.File, more bool, msg string) {
	return parseAs(line, syntax.LangMirBSDKorn, false)
}

func parseAs(line string, variant syntax.LangVariant, bash bool) (f *syntax.File, more bool, msg string) {
	f, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(line), "")
	if err == nil && bash {
		if pipeSubsts(f); unsupported(f) {
			return nil, false, "syntax error near unexpected token `('"
		}
	}
	if err == nil {
		keepTildes(f)
		return f, false, ""
	}
	var pe syntax.ParseError
	errors.As(err, &pe)
	if syntax.IsIncomplete(err) {
		return nil, true, bashOpen(pe.Text)
	}
	if bash {
		return nil, false, bashSyntax(line, pe)
	}
	if pe.Text != "" {
		return nil, false, text(msgSyntax, pe.Text)
	}
	return nil, false, text(msgSyntax, err.Error())
}

// bashOpen is what bash says at the end of a line that is not complete.
func bashOpen(why string) string {
	for _, q := range []string{"'", `"`} {
		if strings.HasSuffix(why, "quote `"+q+"`") {
			return "unexpected EOF while looking for matching `" + q + "'"
		}
	}
	if strings.Contains(why, "`$(`") {
		return "unexpected EOF while looking for matching `)'"
	}
	if strings.Contains(why, "quote") {
		return "unexpected EOF while looking for matching ``'"
	}
	return "syntax error: unexpected end of file"
}

// bashSyntax is what bash says of a line that cannot be right: the token where it noticed.
func bashSyntax(line string, pe syntax.ParseError) string {
	at := min(int(pe.Pos.Offset()), len(line))
	token := strings.TrimLeft(line[at:], " \t")
	switch {
	case token == "":
		token = "newline"
	case len(token) > 1 && contains(";; && || ;& |&", token[:2]):
		token = token[:2]
	case strings.ContainsRune("();|&<>\n", rune(token[0])):
		token = token[:1]
	default:
		token, _, _ = strings.Cut(token, " ")
	}
	return "syntax error near unexpected token `" + token + "'"
}

// execute runs a parsed line. exited tells that the shell is to end; dropped that the connection is gone.
func (s *session) execute(ctx context.Context, f *syntax.File) (code int, exited, dropped bool) {
	status := func(err error) (int, bool) {
		var st interp.ExitStatus
		switch {
		case err == nil:
			return 0, false
		case errors.As(err, &st):
			return int(st), false
		}
		return 1, true
	}
	for _, st := range f.Stmts {
		err := s.runner.Run(ctx, st)
		if errors.Is(err, errPipe) || errors.Is(err, errDepth) {
			if errors.Is(err, errDepth) {
				_, _ = sessionWriter{s, true}.Write([]byte(s.shellName() + err.Error() + "\n"))
			}
			code = 1
			continue
		}
		var fatal bool
		if code, fatal = status(err); fatal {
			return code, true, errors.Is(err, errDropped)
		}
		if s.runner.Exited() {
			return code, true, false
		}
	}
	return code, false, false
}

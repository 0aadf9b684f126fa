package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

const (
	kshPrefix  = "ksh: "
	kshSyntax  = kshPrefix + "0403-057 Syntax error: %s"
	kshNoRight = "0403-006 Execute permission denied."
	kshNoMake  = "0403-005 Cannot create the specified file."
	aixPath    = "/usr/bin:/etc:/usr/sbin:/usr/ucb:/usr/bin/X11:/sbin"
	exitDenied = 126
	// mostFiles is what the files of a host may hold together.
	mostFiles = 8 << 20
)

// aixCall is one command on an AIX host.
type aixCall struct {
	*call
	h   *Host
	env expand.Environ
}

// scripts are the commands that are shell scripts on a host, and split their words once more: Ansible modules that pass
// "-s 64" or an empty word get along with them. That all of these do so is not confirmed.
var scripts = map[string]bool{"mkvg": true, "extendvg": true, "reducevg": true, "mklv": true, "extendlv": true, "mirrorvg": true, "unmirrorvg": true,
	"importvg": true, "exportvg": true, "varyonvg": true, "varyoffvg": true, "mklvcopy": true, "rmlvcopy": true, "chfs": true, "crfs": true, "rmfs": true}

// aixCommand is a program of a host. Those that change the system are root's.
type aixCommand struct {
	run     func(*aixCall) int
	latency time.Duration
	dir     string // where it lives
	root    bool
	usage   string
}

var aixCommands map[string]aixCommand

// usage refuses the command line.
func (a *aixCall) usage() int {
	a.fail("Usage: %s", aixCommands[a.name].usage)
	return 1
}

func (a *aixCall) fail(format string, args ...any) int {
	a.call.fail(format, args...)
	return 1
}

// bad is fail without formatting.
func (a *aixCall) bad(msg string) int { return a.fail("%s", msg) }

// flagSet are the flags of a command line.
type flagSet struct {
	set  map[byte][]string
	rest []string
}

func (f *flagSet) has(c byte) bool { return len(f.set[c]) > 0 }

func (f *flagSet) get(c byte) string {
	if v := f.set[c]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// any tells whether one of several flags is there.
func (f *flagSet) any(flags string) bool {
	for i := range len(flags) {
		if f.has(flags[i]) {
			return true
		}
	}
	return false
}

// flags reads a command line as getopt does: it ends at the first operand. A letter with a colon in spec takes a value.
func (a *aixCall) flags(spec string) (*flagSet, bool) {
	f := &flagSet{set: map[byte][]string{}}
	args := a.args
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0]
		args = args[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word); i++ {
			at := strings.IndexByte(spec, word[i])
			switch {
			case at < 0 || word[i] == ':':
				a.fail("%s: Not a recognized flag: %c", a.name, word[i])
				a.usage()
				return nil, false
			case at+1 < len(spec) && spec[at+1] == ':':
				v := word[i+1:]
				if v == "" {
					if len(args) == 0 {
						a.fail("%s: Option requires an argument: %c", a.name, word[i])
						a.usage()
						return nil, false
					}
					v, args = args[0], args[1:]
				}
				f.set[word[i]] = append(f.set[word[i]], v)
				i = len(word)
			default:
				f.set[word[i]] = append(f.set[word[i]], "")
			}
		}
	}
	f.rest = slices.DeleteFunc(slices.Clone(args), func(s string) bool { return s == "" })
	return f, true
}

// newKsh is the shell of a host: it sees the files of the host and nothing of the machine that the lab runs on.
func (s *session) newKsh(env shellEnv, stdin io.Reader) (*interp.Runner, error) {
	home := "/home/" + s.user
	uid := "203"
	if s.user == "root" {
		home, uid = "/", "0"
	}
	for k, v := range map[string]string{"HOME": home, "SHELL": "/usr/bin/ksh", "PATH": aixPath, "UID": uid, "EUID": uid, "LOCPATH": "/usr/lib/nls/loc",
		"ODMDIR": "/etc/objrepos", "TZ": "UTC", "PWD": "/"} {
		env[k] = v
	}
	return interp.New(
		interp.Env(env), interp.Dir("/"), interp.StdIO(stdin, sessionWriter{s, false}, sessionWriter{s, true}),
		interp.CallHandler(s.callHandler),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.execHandler }),
		interp.OpenHandler(func(ctx context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
			file := absolute(interp.HandlerCtx(ctx).Dir, name)
			if !s.await(ctx, file) {
				return nil, ctx.Err()
			}
			return s.openHost(file, flag)
		}),
		interp.StatHandler(func(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
			return s.statHost(absolute(interp.HandlerCtx(ctx).Dir, name))
		}),
		interp.AccessHandler(func(ctx context.Context, name string, mode interp.AccessMode) error {
			i, err := s.statHost(absolute(interp.HandlerCtx(ctx).Dir, name))
			if err == nil && mode == interp.AccessExec && !i.IsDir() && i.Mode()&0o111 == 0 {
				return &os.PathError{Op: "access", Path: name, Err: fs.ErrPermission}
			}
			return err
		}),
		interp.ReadDirHandler2(func(ctx context.Context, name string) ([]fs.DirEntry, error) {
			return s.listHost(absolute(interp.HandlerCtx(ctx).Dir, name))
		}),
	)
}

func absolute(dir, name string) string {
	if !strings.HasPrefix(name, "/") {
		name = dir + "/" + name
	}
	return path.Clean(name)
}

// onHost looks at the host of the session while nothing changes it.
func (s *session) onHost(look func(e *Estate, h *Host)) {
	s.lock()
	defer s.unlock()
	if s.held == nil {
		s.lab.estate.advance(s.lab.clock.Now())
	}
	if c := s.lab.estate.console(s.console); c != nil && c.Host != nil {
		s.lab.estate.lookAt(c.Host, s.wpar, look)
	}
}

// hostWriter is a file of a host that is written.
type hostWriter struct {
	s    *session
	name string
	in   io.Reader
}

func (w *hostWriter) Read(p []byte) (int, error) { return w.in.Read(p) }
func (w *hostWriter) Close() error               { return nil }

func (w *hostWriter) Write(p []byte) (n int, err error) {
	err = &os.PathError{Op: "ksh:", Path: w.name, Err: fs.ErrNotExist}
	w.s.onHost(func(e *Estate, h *Host) {
		h, name, writable := h.at(w.name)
		f := h.Files[name]
		if f == nil || !writable {
			return
		}
		if h.fileBytes()+len(p) > mostFiles {
			//lint:ignore ST1005 the text of the host
			err = &os.PathError{Op: "ksh:", Path: w.name, Err: fmt.Errorf("There is not enough space in the file system.")}
			return
		}
		f.Data += string(p)
		f.at = e.Now
		n, err = len(p), nil
	})
	return n, err
}

func (h *Host) fileBytes() int {
	if h.global != nil {
		return h.global.fileBytes()
	}
	n := 0
	for _, f := range h.Files {
		n += len(f.Data) + 64
	}
	return n
}

// openHost opens a file for the shell.
func (s *session) openHost(name string, flag int) (io.ReadWriteCloser, error) {
	if name == "/dev/null" {
		return nullFile{}, nil
	}
	var out io.ReadWriteCloser
	msg := msgNoFile
	s.onHost(func(e *Estate, h *Host) {
		if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
			if data, ok := h.read(name); ok {
				out = &hostWriter{in: strings.NewReader(data)}
			}
			return
		}
		msg = kshNoMake
		if f := h.create(name, flag&os.O_TRUNC == 0, s.user, e.Now); f != nil {
			out = &hostWriter{s: s, name: name, in: strings.NewReader("")}
		}
	})
	if out == nil {
		return nil, &os.PathError{Op: "ksh:", Path: name, Err: fmt.Errorf("%s", msg)}
	}
	return out, nil
}

// kshBuiltins of the interpreter that ksh does not have.
var notKsh = map[string]bool{"pushd": true, "popd": true, "dirs": true, "shopt": true, "mapfile": true, "readarray": true, "compgen": true, "complete": true,
	"compopt": true, "caller": true, "disown": true, "enable": true, "help": true, "history": true, "logout": true, "suspend": true, "bind": true, "builtin": true}

// kshCall sees every simple command before the interpreter runs it.
func (s *session) kshCall(args []string) []string {
	name := args[0]
	switch name {
	case "command", "whence", "type", "which":
		if name != "command" || len(args) > 1 && (args[1] == "-v" || args[1] == "-V") {
			return append([]string{"\x00which"}, args...)
		}
		return args
	case "echo":
		return append([]string{"\x00echo"}, args[1:]...)
	case "source":
		return []string{"\x00unknown", name}
	case "eval", "trap":
		if name == "trap" {
			if args = knownTraps(args); args == nil {
				return []string{"true"}
			}
		}
		if msg := s.refusedSyntax(strings.Join(args[1:], " ")); msg != "" {
			return []string{"\x00refuse", strings.Replace(msg, shellPrefix, kshPrefix, 1)}
		}
		if name == "eval" {
			return []string{"eval", kshRewrite(strings.Join(args[1:], " "))}
		}
		return args
	case ".":
		if len(args) < 2 {
			return []string{"\x00refuse", kshPrefix + "0403-010 A specified parameter must be a name."}
		}
		return s.kshScript("", args[1], nil)
	case "umask", "ulimit", "kill":
		return append([]string{"\x00program"}, args...)
	case "hash", "jobs", "fg", "bg", "fc", "times", "newgrp":
		return []string{"\x00unknown", name}
	}
	base := name
	if strings.Contains(name, "/") {
		dir := path.Dir(name)
		base = path.Base(name)
		if !s.hasProgram(dir, base) {
			return s.kshScript(name, name, args[1:])
		}
		if apart(dir) {
			return args
		}
	}
	if contains("sh ksh ksh93 bsh psh", base) {
		return s.kshShell(args)
	}
	if notKsh[name] {
		return []string{"\x00unknown", name}
	}
	return append([]string{base}, args[1:]...)
}

// kshShell is sh or ksh as a program: with -c and a command, with a script, or with a script as its input.
func (s *session) kshShell(args []string) []string {
	rest := args[1:]
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		o := rest[0]
		rest = rest[1:]
		if strings.HasSuffix(o, "c") {
			if len(rest) == 0 {
				return []string{"\x00refuse", args[0] + ": 0403-011 The specified substitution is not valid for this command."}
			}
			words := []string{}
			if len(rest) > 2 {
				words = rest[2:]
			}
			return s.kshText(rest[0], words)
		}
	}
	if len(rest) > 0 {
		return s.kshScript(args[0], rest[0], rest[1:])
	}
	return []string{"\x00script"}
}

// kshText is a text that runs in a shell of its own.
func (s *session) kshText(src string, words []string) []string {
	src = kshRewrite(src)
	if msg := s.refusedSyntax(src); msg != "" {
		return []string{"\x00refuse", strings.Replace(msg, shellPrefix, kshPrefix, 1)}
	}
	for i, w := range words {
		words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return []string{"eval", "(\nset -- " + strings.Join(words, " ") + "\n" + background(src) + "\n)"}
}

// kshScript runs a file of the host; without a shell it is read into the present one.
func (s *session) kshScript(shell, name string, words []string) []string {
	data, mode, ok := "", 0, false
	s.onHost(func(_ *Estate, h *Host) {
		data, ok = h.read(absolute("/", name))
		h, there, _ := h.at(absolute("/", name))
		if f := h.Files[there]; f != nil {
			mode = f.Mode
		}
	})
	switch {
	case shell == "" && ok:
		if msg := s.refusedSyntax(data); msg != "" {
			return []string{"\x00refuse", strings.Replace(msg, shellPrefix, kshPrefix, 1)}
		}
		return []string{"eval", background(kshRewrite(data))}
	case shell == "":
		return []string{"\x00refuse", kshPrefix + name + ": " + msgNoFile}
	case !ok && shell == name:
		return []string{"\x00unknown", name}
	case !ok:
		return []string{"\x00refuse", shell + ": " + name + ": " + msgNoFile}
	case shell == name && mode&0o111 == 0:
		return []string{"\x00denied", name}
	}
	return s.kshText(kshScriptText(data, name), slices.Clone(words))
}

// hasProgram tells whether a program lives in a directory. /bin is a link to /usr/bin; some are in /etc and /sbin too.
func (s *session) hasProgram(dir, name string) bool {
	if dir == "/bin" {
		dir = "/usr/bin"
	}
	if contains("sh ksh ksh93 bsh psh", name) {
		return dir == "/usr/bin"
	}
	if s.lab != nil && s.lacks(name) {
		return false
	}
	if c, ok := aixCommands[name]; ok {
		return dir == c.dir || c.dir == "/usr/sbin" && (dir == "/etc" || dir == "/sbin")
	}
	return dir == "/usr/bin" && (filters[name] != nil || name == "echo" || name == "print" || name == "printf" || name == "test")
}

// where is the path of a program.
func (s *session) where(name, search string) string {
	if c, ok := aixCommands[name]; ok && !s.lacks(name) && inPath(c.dir, search) {
		return c.dir + "/" + name
	}
	for _, dir := range strings.Split(aixPath, ":") {
		if s.hasProgram(dir, name) {
			return dir + "/" + name
		}
	}
	return ""
}

// kshWhich is command -v, whence, type and which.
func (s *session) kshWhich(hc interp.HandlerContext, args []string) int {
	asked, names := args[0], args[1:]
	long := asked == "type"
	for len(names) > 0 && strings.HasPrefix(names[0], "-") {
		long = long || names[0] == "-V"
		names = names[1:]
	}
	code := 0
	for _, n := range names {
		at := s.where(n, hc.Env.Get("PATH").String())
		if strings.HasPrefix(n, "/") && s.hasProgram(path.Dir(n), path.Base(n)) {
			at = n
		}
		switch _, fn := s.funcs.Load(n); {
		case asked != "which" && fn:
			if long {
				n += " is a function"
			}
			_, _ = io.WriteString(hc.Stdout, n+"\n")
		case asked != "which" && (interp.IsBuiltin(n) && !notKsh[n] && n != "source" || n == "print" || n == "whence"):
			if long {
				n += " is a shell builtin"
			}
			_, _ = io.WriteString(hc.Stdout, n+"\n")
		case at != "":
			if long {
				at = n + " is " + at
			}
			_, _ = io.WriteString(hc.Stdout, at+"\n")
		default:
			code = 1
			switch {
			case asked == "which":
				_, _ = io.WriteString(hc.Stderr, "which: 0652-141 There is no "+n+" in "+strings.ReplaceAll(aixPath, ":", " ")+".\n")
			case long:
				_, _ = io.WriteString(hc.Stdout, n+" not found.\n")
			}
		}
	}
	return code
}

// runKsh is one simple command in the shell of a host.
func (s *session) runKsh(ctx context.Context, hc interp.HandlerContext, name string, rest []string, in io.Reader) int {
	say := func(msg string) { _, _ = io.WriteString(hc.Stderr, msg+"\n") }
	switch name {
	case "\x00denied":
		say(kshPrefix + rest[0] + ": " + kshNoRight)
		return exitDenied
	case "\x00script":
		return s.scriptInput(ctx, hc, in)
	case "print":
		return kshPrint(hc, rest)
	case spawnWord:
		return s.spawn(hc, rest)
	case spawnPID:
		_, _ = fmt.Fprintln(hc.Stdout, s.lastPID)
		return 0
	case "\x00program":
		return s.runKsh(ctx, hc, rest[0], rest[1:], in)
	}
	search := hc.Env.Get("PATH").String()
	if apart(path.Dir(name)) {
		name, search = path.Base(name), path.Dir(name)
	}
	if code, ok := s.runWith(ctx, hc, name, rest, in); ok {
		return code
	}
	if cmd, ok := aixCommands[name]; ok && !s.lacks(name) && inPath(cmd.dir, search) {
		if cmd.root && s.user != "root" {
			say(kshPrefix + name + ": " + kshNoRight)
			return exitDenied
		}
		if in == nil {
			in = s.input
		}
		run := func(c *call) int {
			a := &aixCall{call: c, h: c.con.Host, env: hc.Env}
			if a.h.off() || a.e.frozen(a.h) && !a.wait(func() bool { return !a.e.frozen(a.h) }) {
				return -1
			}
			a.e.follow(a.h)
			a.dir = hc.Dir
			if scripts[name] {
				a.args = strings.Fields(strings.Join(a.args, " "))
			}
			return a.runOn(cmd.run)
		}
		return s.command(ctx, hc, cmd.latency, run, name, rest, strings.Join(append([]string{name}, rest...), " "), in)
	}
	if f := filters[name]; f != nil {
		if in == nil {
			in = strings.NewReader("")
		}
		out, errs := &bytes.Buffer{}, &bytes.Buffer{}
		code := f(&filterCall{name: name, args: rest, in: io.LimitReader(in, maxInput), out: out, err: errs, now: s.now,
			sleep: func(d time.Duration) bool { return s.sleep(ctx, d) },
			open: func(file string) (string, error) {
				data, ok := "", false
				s.await(ctx, absolute(hc.Dir, file))
				s.onHost(func(_ *Estate, h *Host) { data, ok = h.read(absolute(hc.Dir, file)) })
				if !ok {
					return "", fs.ErrNotExist
				}
				return data, nil
			},
			write: func(file string, add bool, data string) error {
				flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
				if add {
					flag &^= os.O_TRUNC
				}
				w, err := s.openHost(absolute(hc.Dir, file), flag)
				if err == nil {
					_, err = io.WriteString(w, data)
				}
				return err
			}})
		_, _ = hc.Stdout.Write(out.Bytes())
		_, _ = hc.Stderr.Write(errs.Bytes())
		return code
	}
	say(s.notFound(name))
	return exitNotFound
}

// scriptInput is a shell whose script comes on its input.
func (s *session) scriptInput(ctx context.Context, hc interp.HandlerContext, in io.Reader) int {
	if in == nil {
		return 0
	}
	data, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return 1
	}
	f, _, msg := s.parse(kshRewrite(string(data)))
	if msg == "" && f == nil {
		msg = text(kshSyntax, "end of line is not expected.")
	}
	if msg != "" {
		_, _ = io.WriteString(hc.Stderr, msg+"\n")
		return 2
	}
	inner := *s.childOf(hc)
	r, err := inner.newRunner(nil)
	if err != nil {
		return 1
	}
	inner.runner = r
	code, _, dropped := inner.execute(context.WithValue(ctx, commandKey{}, ctx), f)
	if dropped {
		return -1
	}
	return code
}

// childOf is a session that writes where the command of another one writes.
func (s *session) childOf(hc interp.HandlerContext) *session {
	return &session{lab: s.lab, console: s.console, user: s.user, aix: true, plain: true, wpar: s.wpar, out: hc.Stdout, errOut: hc.Stderr, drop: s.drop, gone: s.gone, done: s.done, held: s.held}
}

// kshPrint is the print of ksh.
func kshPrint(hc interp.HandlerContext, args []string) int {
	to, raw, nl := hc.Stdout, false, true
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		o := args[0]
		args = args[1:]
		if o == "--" {
			break
		}
		for _, c := range o[1:] {
			switch c {
			case 'r', 'R':
				raw = true
			case 'n':
				nl = false
			case 'u', '1':
			case '2':
				to = hc.Stderr
			default:
				_, _ = io.WriteString(hc.Stderr, "ksh: print: 0403-010 A specified flag is not valid for this command.\n")
				return 2
			}
		}
	}
	if raw {
		s := strings.Join(args, " ")
		if nl {
			s += "\n"
		}
		_, _ = io.WriteString(to, s)
		return 0
	}
	if !nl {
		args = append([]string{"-n"}, args...)
	} else if len(args) > 0 && args[0] == "-n" {
		args = append([]string{""}, args...)
	}
	return filterEcho(args, to)
}

// variable of the environment of a command.
func (a *aixCall) variable(name string) string { return a.env.Get(name).String() }

// hostInfo is what the shell's test wants to know of a file.
type hostInfo struct {
	name string
	mode fs.FileMode
	size int64
	at   time.Time
}

func (i hostInfo) Name() string               { return path.Base(i.name) }
func (i hostInfo) Size() int64                { return i.size }
func (i hostInfo) Mode() fs.FileMode          { return i.mode }
func (i hostInfo) ModTime() time.Time         { return i.at }
func (i hostInfo) IsDir() bool                { return i.mode.IsDir() }
func (i hostInfo) Sys() any                   { return nil }
func (i hostInfo) Type() fs.FileMode          { return i.mode.Type() }
func (i hostInfo) Info() (fs.FileInfo, error) { return i, nil }

func (s *session) statHost(name string) (fs.FileInfo, error) {
	var out *hostInfo
	s.onHost(func(_ *Estate, h *Host) { out = h.stat(name) })
	if out == nil {
		return nil, &os.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return *out, nil
}

func (s *session) listHost(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	s.onHost(func(_ *Estate, h *Host) {
		for _, n := range h.list(name) {
			if i := h.stat(strings.TrimSuffix(name, "/") + "/" + n); i != nil {
				out = append(out, *i)
			}
		}
	})
	return out, nil
}

func atoi(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

package lab

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// What ksh has and the interpreter does not is put into words that it knows, before it runs.

// kshTypes finds which names a text declares with a type: i an integer, u and l letters of one case, Z, L and R a width.
func kshTypes(f *syntax.File) map[string]string {
	types := map[string]string{}
	syntax.Walk(f, func(n syntax.Node) bool {
		var words []string
		switch x := n.(type) {
		case *syntax.DeclClause:
			if x.Variant == nil || !contains("typeset declare local", x.Variant.Value) {
				return true
			}
			words = append(words, "typeset")
			for _, a := range x.Args {
				words = append(words, declWord(a))
			}
		case *syntax.CallExpr:
			if len(x.Args) > 1 && x.Args[0].Lit() == "integer" {
				words = []string{"typeset", "-i"}
				for _, w := range x.Args[1:] {
					words = append(words, wordText(w))
				}
			}
		}
		kind := ""
		for _, w := range words[min(1, len(words)):] {
			if strings.HasPrefix(w, "-") {
				for _, c := range w[1:] {
					if strings.ContainsRune("iulZLR", c) {
						kind = strings.TrimLeft(w[strings.IndexRune(w, c):], "")
						break
					}
				}
				continue
			}
			if name, _, _ := strings.Cut(w, "="); kind != "" && syntax.ValidName(name) {
				types[name] = kind
			}
		}
		return true
	})
	return types
}

func declWord(a *syntax.Assign) string {
	switch {
	case a.Naked && a.Name != nil:
		return a.Name.Value
	case a.Name == nil && a.Value != nil:
		return wordText(a.Value)
	case a.Name != nil && a.Value != nil:
		return a.Name.Value + "=" + wordText(a.Value)
	case a.Name != nil:
		return a.Name.Value + "="
	}
	return ""
}

func wordText(w *syntax.Word) string {
	var b strings.Builder
	_ = syntax.NewPrinter().Print(&b, w)
	return b.String()
}

// typedWord is a value in the form of its type.
func typedWord(kind, value string) string {
	width := kind[1:]
	switch kind[0] {
	case 'i':
		if value == "" {
			value = "0"
		}
		return "$((" + strings.Trim(value, `"'`) + "))"
	case 'u':
		return "$(print -r -- " + value + " | tr '[a-z]' '[A-Z]')"
	case 'l':
		return "$(print -r -- " + value + " | tr '[A-Z]' '[a-z]')"
	case 'Z':
		return "$(printf %0" + width + "d " + value + ")"
	case 'L':
		return `"$(printf '%-` + width + "." + width + "s' " + value + `)"`
	}
	return `"$(printf '%` + width + "s' " + value + `)"`
}

// kshText93 rewrites a text; one that has nothing of the kind stays as it is.
func kshRewrite(src string) string { return kshScriptText(src, "") }

// kshScriptText is a text as a script of a name, which $0 gives.
func kshScriptText(src, name string) string {
	if strings.Contains(src, "$0") || strings.Contains(src, "${0") {
		if text, ok := kshOwnName(src, name); ok {
			src = text
		}
	}
	if !strings.Contains(src, "typeset") && !strings.Contains(src, "integer") && !strings.Contains(src, "-A") {
		return src
	}
	parser := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn), syntax.KeepComments(false))
	f, err := parser.Parse(strings.NewReader(src), "")
	if err != nil {
		return src
	}
	types := kshTypes(f)
	word := func(text string) *syntax.Word {
		x, err := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn)).Parse(strings.NewReader("x="+text), "")
		if err != nil || len(x.Stmts) != 1 {
			return nil
		}
		if c, ok := x.Stmts[0].Cmd.(*syntax.CallExpr); ok && len(c.Assigns) == 1 {
			return c.Assigns[0].Value
		}
		return nil
	}
	value := func(a *syntax.Assign) {
		if a.Name == nil || types[a.Name.Value] == "" || a.Array != nil || a.Index != nil || a.Append || a.Naked {
			return
		}
		text := ""
		if a.Value != nil {
			text = wordText(a.Value)
		}
		if w := word(typedWord(types[a.Name.Value], text)); w != nil {
			a.Value = w
		}
	}
	changed := len(types) > 0
	syntax.Walk(f, func(n syntax.Node) bool {
		st, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		switch x := st.Cmd.(type) {
		case *syntax.DeclClause:
			if x.Variant == nil || x.Variant.Value != "typeset" {
				return true
			}
			var keep []*syntax.Assign
			for _, a := range x.Args {
				w := declWord(a)
				if strings.HasPrefix(w, "-") && strings.ContainsAny(w, "iulZLR") {
					if strings.Contains(w, "x") { // typeset -xi: exported too
						a = &syntax.Assign{Value: word("-x")}
					} else {
						continue
					}
				}
				value(a)
				keep = append(keep, a)
			}
			x.Args = keep
		case *syntax.CallExpr:
			for _, a := range x.Assigns {
				value(a)
			}
			switch {
			case len(x.Args) > 1 && x.Args[0].Lit() == "integer":
				var b strings.Builder
				b.WriteString("typeset")
				for _, w := range x.Args[1:] {
					name, v, set := strings.Cut(wordText(w), "=")
					if b.WriteString(" " + name); set {
						b.WriteString("=" + typedWord("i", v))
					}
				}
				replaceCmd(st, b.String())
			case len(x.Args) > 3 && x.Args[0].Lit() == "set" && x.Args[1].Lit() == "-A":
				var b strings.Builder
				b.WriteString(x.Args[2].Lit() + "=(")
				for _, w := range x.Args[3:] {
					b.WriteString(" " + wordText(w))
				}
				b.WriteString(")")
				changed = true
				replaceCmd(st, b.String())
			}
		}
		return true
	})
	if !changed {
		return src
	}
	var b strings.Builder
	if syntax.NewPrinter().Print(&b, f) != nil {
		return src
	}
	return b.String()
}

// kshOwnName puts the name of a script in place of $0. A shell without one is called ksh.
func kshOwnName(src, name string) (string, bool) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn), syntax.KeepComments(false)).Parse(strings.NewReader(src), "")
	if err != nil {
		return "", false
	}
	const variable = "_own_name"
	hit := false
	own := map[string]bool{}
	// In a function that is declared with the word function it is the name of that.
	syntax.Walk(f, func(n syntax.Node) bool {
		d, ok := n.(*syntax.FuncDecl)
		if !ok || !d.RsrvWord || d.Name == nil || !syntax.ValidName(d.Name.Value) {
			return true
		}
		syntax.Walk(d.Body, func(n syntax.Node) bool {
			if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && p.Param.Value == "0" {
				p.Param.Value, p.Short, hit, own[d.Name.Value] = variable+"_"+d.Name.Value, false, true, true
			}
			return true
		})
		return true
	})
	syntax.Walk(f, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && p.Param.Value == "0" {
			p.Param.Value, p.Short, hit = variable, false, true
		}
		return true
	})
	if !hit {
		return "", false
	}
	if name == "" {
		name = "ksh"
	}
	var b strings.Builder
	b.WriteString(variable + "='" + strings.ReplaceAll(name, "'", `'\''`) + "'\n")
	for _, n := range sortedKeys(own) {
		b.WriteString(variable + "_" + n + "=" + n + "\n")
	}
	if syntax.NewPrinter().Print(&b, f) != nil {
		return "", false
	}
	return b.String(), true
}

func replaceCmd(st *syntax.Stmt, text string) {
	x, err := syntax.NewParser(syntax.Variant(syntax.LangMirBSDKorn)).Parse(strings.NewReader(text), "")
	if err == nil && len(x.Stmts) == 1 {
		st.Cmd = x.Stmts[0].Cmd
	}
}

// withVariables is an environment with some variables set anew.
type withVariables struct {
	expand.Environ
	set map[string]string
}

func (e withVariables) Get(name string) expand.Variable {
	if v, ok := e.set[name]; ok {
		return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: v}
	}
	return e.Environ.Get(name)
}

func (e withVariables) Each(fn func(string, expand.Variable) bool) {
	done := false
	e.Environ.Each(func(name string, v expand.Variable) bool {
		if _, ok := e.set[name]; ok {
			return true
		}
		done = !fn(name, v)
		return !done
	})
	names := sortedKeys(e.set)
	for _, n := range names {
		if !done && !fn(n, e.Get(n)) {
			return
		}
	}
}

// runWith are the programs that run another one. The second result is false for everything else.
func (s *session) runWith(ctx context.Context, hc interp.HandlerContext, name string, rest []string, in io.Reader) (int, bool) {
	say := func(msg string) { _, _ = io.WriteString(hc.Stderr, msg+"\n") }
	inner := func(words []string, in io.Reader) int {
		words = s.kshCall(words)
		if words[0] == "eval" {
			say(name + ": a script cannot be run in this way here")
			return 1
		}
		if interp.IsBuiltin(words[0]) && aixCommands[words[0]].run == nil && filters[words[0]] == nil && !strings.HasPrefix(words[0], "\x00") {
			say(s.notFound(words[0]))
			return exitNotFound
		}
		x := hc
		if strings.HasPrefix(words[0], "\x00") {
			return s.run(ctx, x, words)
		}
		return s.runKsh(ctx, x, words[0], words[1:], in)
	}
	switch name {
	case "nohup", "nice", "timex":
		for name == "nice" && len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
			if rest[0] == "-n" && len(rest) > 1 {
				rest = rest[1:]
			}
			rest = rest[1:]
		}
		if len(rest) == 0 {
			say("Usage: " + name + " Command [Argument ...]")
			return 1, true
		}
		return inner(rest, in), true
	case "env":
		vars := map[string]string{}
		for len(rest) > 0 {
			n, v, ok := strings.Cut(rest[0], "=")
			if !ok {
				break
			}
			vars[n], rest = v, rest[1:]
		}
		if len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
			say("Usage: env [Name=Value ...] [Command [Argument ...]]")
			return 2, true
		}
		if len(vars) > 0 {
			hc.Env = withVariables{hc.Env, vars}
		}
		if len(rest) > 0 {
			return inner(rest, in), true
		}
		return 0, false
	case "su":
		if len(rest) > 0 && rest[0] == "-" {
			rest = rest[1:]
		}
		user := "root"
		if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
			user, rest = rest[0], rest[1:]
		}
		known := false
		s.onHost(func(_ *Estate, h *Host) { known = h.user(user) != nil })
		switch {
		case !known:
			say("3004-500 User \"" + user + "\" does not exist.")
			return 1, true
		case s.user != "root":
			say("3004-501 Cannot su to \"" + user + "\" : Authentication is denied.")
			return 1, true
		case len(rest) != 2 || rest[0] != "-c":
			say("Usage: su [-] [User] -c Command")
			return 1, true
		}
		child := *s.childOf(hc)
		child.user = user
		return child.runExec(ctx, rest[1], nil), true
	case "xargs":
		return s.xargs(hc, rest, in, inner), true
	case "find":
		return s.find(ctx, hc, rest, inner), true
	}
	return 0, false
}

func (s *session) xargs(hc interp.HandlerContext, args []string, in io.Reader, run func([]string, io.Reader) int) int {
	usage := func() int {
		_, _ = io.WriteString(hc.Stderr, "Usage: xargs [-p] [-t] [-e[EOFString]] [-E EOFString] [-i[ReplaceString]] [-I ReplaceString] [-l[Number]] [-L Number] [-n Number [-x]] [-s Size] [Command [Argument ...]]\n")
		return 1
	}
	perRun, perLine, replace, trace := 0, 0, "", false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		o := args[0]
		args = args[1:]
		value := func() string {
			if len(o) > 2 {
				return o[2:]
			}
			if len(args) == 0 {
				return ""
			}
			v := args[0]
			args = args[1:]
			return v
		}
		ok := true
		switch o[1:min(2, len(o))] {
		case "n":
			perRun, ok = atoi(value())
		case "L":
			perLine, ok = atoi(value())
		case "l":
			if perLine = 1; len(o) > 2 {
				perLine, ok = atoi(o[2:])
			}
		case "I":
			replace = value()
			ok = replace != ""
		case "i":
			if replace = "{}"; len(o) > 2 {
				replace = o[2:]
			}
		case "t":
			trace = true
		case "s", "E":
			value()
		case "e", "x":
		default:
			_, _ = io.WriteString(hc.Stderr, "xargs: Not a recognized flag: "+strings.TrimPrefix(o, "-")+"\n")
			return usage()
		}
		if !ok || perRun < 0 || perLine < 0 {
			return usage()
		}
	}
	if len(args) == 0 {
		args = []string{"echo"}
	}
	data := ""
	if in != nil {
		b, err := io.ReadAll(io.LimitReader(in, maxInput))
		if err != nil {
			return 1
		}
		data = string(b)
	}
	code, ran := 0, false
	once := func(words []string) bool {
		ran = true
		if trace {
			_, _ = io.WriteString(hc.Stderr, strings.Join(words, " ")+"\n")
		}
		switch rc := run(words, strings.NewReader("")); {
		case rc < 0:
			code = rc
			return false
		case rc != 0:
			code = max(code, rc)
		}
		return true
	}
	lines := strings.FieldsFunc(data, func(r rune) bool { return r == '\n' })
	switch {
	case replace != "":
		for _, l := range lines {
			l = strings.TrimLeft(l, " \t")
			words := make([]string, len(args))
			for i, w := range args {
				words[i] = strings.ReplaceAll(w, replace, l)
			}
			if l != "" && !once(words) {
				return code
			}
		}
		return code
	case perLine > 0:
		for chunk := range slices.Chunk(lines, perLine) {
			if !once(append(slices.Clone(args), shellWords(strings.Join(chunk, " "))...)) {
				return code
			}
		}
		return code
	}
	words := shellWords(data)
	if perRun == 0 {
		perRun = max(1, len(words))
	}
	for chunk := range slices.Chunk(words, perRun) {
		if !once(append(slices.Clone(args), chunk...)) {
			return code
		}
	}
	if !ran {
		once(args) // once also with nothing
	}
	return code
}

// shellWords splits as xargs does: blanks, with quotes and backslashes.
func shellWords(s string) []string {
	var out []string
	var b strings.Builder
	quote, open := byte(0), false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '"' || c == '\'':
			quote, open = c, true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			open = true
		case c == ' ' || c == '\t' || c == '\n':
			if open || b.Len() > 0 {
				out = append(out, b.String())
			}
			b.Reset()
			open = false
		default:
			b.WriteByte(c)
		}
	}
	if open || b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

func aixShellCommands() map[string]aixCommand {
	ms := time.Millisecond
	elsewhere := func(*aixCall) int { return 1 } // the shell runs them itself
	return map[string]aixCommand{
		"xargs":  {elsewhere, 10 * ms, "/usr/bin", false, "xargs"},
		"nohup":  {elsewhere, 10 * ms, "/usr/bin", false, "nohup"},
		"nice":   {elsewhere, 10 * ms, "/usr/bin", false, "nice"},
		"timex":  {elsewhere, 10 * ms, "/usr/bin", false, "timex"},
		"su":     {elsewhere, 50 * ms, "/usr/bin", false, "su"},
		"logger": {aixLogger, 10 * ms, "/usr/bin", false, "logger [-f File] [-i] [-p Priority] [-t Tag] [Message]"},
		"find":   {elsewhere, 50 * ms, "/usr/bin", false, "find"},
		"diff":   {aixDiff, 20 * ms, "/usr/bin", false, "diff File1 File2"},
		"cmp":    {aixDiff, 20 * ms, "/usr/bin", false, "cmp [-s] File1 File2"},
		"bc":     {aixBc, 10 * ms, "/usr/bin", false, "bc [-l]"},
		"tty":    {aixTty, 5 * ms, "/usr/bin", false, "tty [-s]"},
		"cksum":  {aixCksum, 10 * ms, "/usr/bin", false, "cksum File ..."},
		"sum":    {aixCksum, 10 * ms, "/usr/bin", false, "sum File ..."},
	}
}

func aixLogger(a *aixCall) int {
	f, ok := a.flags("f:ip:t:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 && !f.has('f') {
		a.input()
	}
	return 0
}

// aixDiff is diff and cmp: whether two files are the same, and for diff the lines that are not, as one block.
func aixDiff(a *aixCall) int {
	spec := "bw"
	if a.name == "cmp" {
		spec = "s"
	}
	f, ok := a.flags(spec)
	if !ok {
		return 2
	}
	if len(f.rest) != 2 {
		a.usage()
		return 2
	}
	var data [2]string
	for i, n := range f.rest {
		if data[i], ok = a.h.read(absolute(a.dir, n)); !ok {
			a.fail("%s: 0653-800 Cannot open %s: A file or directory in the path name does not exist.", a.name, n)
			return 2
		}
	}
	switch {
	case data[0] == data[1]:
		return 0
	case f.has('s'):
		return 1
	case a.name == "cmp":
		at := 0
		for at < len(data[0]) && at < len(data[1]) && data[0][at] == data[1][at] {
			at++
		}
		a.say("%s %s differ: char %d, line %d", f.rest[0], f.rest[1], at+1, strings.Count(data[0][:min(at, len(data[0]))], "\n")+1)
		return 1
	}
	x, y := strings.Split(strings.TrimSuffix(data[0], "\n"), "\n"), strings.Split(strings.TrimSuffix(data[1], "\n"), "\n")
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	span := func(from, to int) string {
		if to-from <= 1 {
			return fmt.Sprint(max(from+1, to))
		}
		return fmt.Sprintf("%d,%d", from+1, to)
	}
	xe, ye := len(x)-tail, len(y)-tail
	switch {
	case xe == head:
		a.say("%da%s", head, span(head, ye))
	case ye == head:
		a.say("%sd%d", span(head, xe), head)
	default:
		a.say("%sc%s", span(head, xe), span(head, ye))
	}
	for _, l := range x[head:xe] {
		a.say("< %s", l)
	}
	if xe > head && ye > head {
		a.say("---")
	}
	for _, l := range y[head:ye] {
		a.say("> %s", l)
	}
	return 1
}

func aixTty(a *aixCall) int {
	f, ok := a.flags("s")
	if !ok {
		return 2
	}
	switch {
	case f.has('s') && a.tty:
		return 0
	case f.has('s'):
		return 1
	case a.tty:
		a.say("/dev/pts/0")
		return 0
	}
	a.say("Not a tty")
	return 1
}

// aixCksum is cksum, with the sum of POSIX, and sum, with that of BSD.
func aixCksum(a *aixCall) int {
	code := 0
	if len(a.args) == 0 {
		return a.usage()
	}
	for _, n := range a.args {
		data, ok := a.h.read(absolute(a.dir, n))
		if !ok {
			code = a.fail("%s: 0653-800 Cannot open %s: A file or directory in the path name does not exist.", a.name, n)
			continue
		}
		if a.name == "sum" {
			s := uint16(0)
			for i := range len(data) {
				s = s>>1 | s<<15
				s += uint16(data[i])
			}
			a.say("%05d %5d %s", s, (len(data)+1023)/1024, n)
			continue
		}
		a.say("%d %d %s", posixSum(data), len(data), n)
	}
	return code
}

// posixSum is the checksum of cksum.
func posixSum(data string) uint32 {
	crc := uint32(0)
	step := func(b byte) {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
	}
	for i := range len(data) {
		step(data[i])
	}
	for n := len(data); n > 0; n >>= 8 {
		step(byte(n))
	}
	return ^crc
}

// knownTraps leaves of a trap what the interpreter can catch: the end and an error. Signals do not come to a host here.
func knownTraps(args []string) []string {
	if len(args) < 3 {
		return args
	}
	out := args[:2:2]
	for _, s := range args[2:] {
		switch s = strings.TrimPrefix(strings.ToUpper(s), "SIG"); s {
		case "0", "EXIT":
			out = append(out, "EXIT")
		case "ERR":
			out = append(out, s)
		case "1", "2", "3", "6", "9", "13", "14", "15", "HUP", "INT", "QUIT", "ABRT", "KILL", "PIPE", "ALRM", "TERM", "USR1", "USR2", "DEBUG", "TSTP", "CHLD", "WINCH", "CONT", "24":
		default:
			return args // the interpreter refuses it
		}
	}
	if len(out) == 2 {
		return nil
	}
	return out
}

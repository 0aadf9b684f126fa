package lab

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// filterCall is one run of a text filter. Filters read their input to the end; they open no files.
type filterCall struct {
	name  string
	args  []string
	in    io.Reader
	out   *bytes.Buffer
	err   *bytes.Buffer
	gnu   bool // the tools of an HMC, not those of a Virtual I/O Server
	proc  map[string]string
	open  func(name string) (string, error)              // files, where a user has some
	write func(name string, add bool, data string) error // the same
	now   func() time.Time
	sleep func(time.Duration) bool
}

func (f *filterCall) usage(code int) int {
	if f.gnu {
		fmt.Fprintf(f.err, "%[1]s: the options or operands are not supported\nTry '%[1]s --help' for more information.\n", f.name)
		return code
	}
	fmt.Fprintf(f.err, "Usage: %s: the options or operands are not supported.\n", f.name)
	return code
}

func (f *filterCall) lines() []string {
	var out []string
	sc := bufio.NewScanner(f.in)
	sc.Buffer(make([]byte, 64<<10), 16<<20)
	for sc.Scan() {
		out = append(out, sc.Text())
	}
	return out
}

func (f *filterCall) say(s string) {
	f.out.WriteString(s)
	f.out.WriteByte('\n')
}

// input takes operands that name files as the input. A restricted user has none.
func (f *filterCall) input(names []string, code int) (int, bool) {
	if f.open == nil {
		return f.file(names[0], code), false
	}
	var all strings.Builder
	for _, name := range names {
		body := ""
		var err error
		if name == "-" {
			var b []byte
			b, err = io.ReadAll(f.in)
			body = string(b)
		} else {
			body, err = f.open(name)
		}
		if err != nil {
			number := map[string]string{"cat": "0652-050", "sed": "0602-419", "awk": "0602-533", "sort": "0653-655", "wc": "0653-755"}[f.name]
			if number == "" {
				number = "0652-033"
			}
			fmt.Fprintf(f.err, "%s: %s Cannot open %s.\n", f.name, number, name)
			return code, false
		}
		all.WriteString(body)
	}
	f.in = strings.NewReader(all.String())
	return 0, true
}

// file refuses an operand that names a file: a restricted user has none here.
func (f *filterCall) file(name string, code int) int {
	if f.gnu {
		fmt.Fprintf(f.err, "%s: %s: No such file or directory\n", f.name, name)
		if !contains("grep egrep fgrep sort", f.name) {
			code = 1
		}
		return code
	}
	fmt.Fprintf(f.err, "%s: 0652-033 Cannot open %s.\n", f.name, name)
	return code
}

var filters = map[string]func(*filterCall) int{
	"grep": filterGrep, "egrep": filterGrep, "fgrep": filterGrep, "awk": filterAwk, "sed": filterSed, "cut": filterCut,
	"sort": filterSort, "uniq": filterUniq, "head": filterHead, "tail": filterTail, "wc": filterWc, "tr": filterTr, "cat": filterCat,
	"sleep": filterSleep, "date": filterDate, "tee": filterTee, "df": filterDf,
}

// filterEcho is the echo of ksh.
func filterEcho(args []string, w io.Writer) int {
	nl := true
	if len(args) > 0 && args[0] == "-n" {
		args, nl = args[1:], false
	}
	s := strings.Join(args, " ")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'c':
			nl = false
			i = len(s)
		case '\\':
			b.WriteByte('\\')
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	if nl {
		b.WriteByte('\n')
	}
	_, _ = io.WriteString(w, b.String())
	return 0
}

// posixRegexp turns a basic or extended POSIX expression into Go's syntax.
func posixRegexp(p string, extended, fold bool) (*regexp.Regexp, error) {
	var b strings.Builder
	if fold {
		b.WriteString("(?i)")
	}
	for i := 0; i < len(p); i++ {
		ch := p[i]
		switch {
		case ch == '[':
			j := i + 1
			if j < len(p) && p[j] == '^' {
				j++
			}
			if j < len(p) && p[j] == ']' {
				j++
			}
			for j < len(p) && p[j] != ']' {
				if p[j] == '[' && j+1 < len(p) && p[j+1] == ':' {
					if k := strings.Index(p[j:], ":]"); k > 0 {
						j += k + 1
					}
				}
				j++
			}
			if j >= len(p) {
				return nil, fmt.Errorf("unmatched [")
			}
			set := p[i : j+1]
			set = strings.ReplaceAll(set, `\`, `\\`)
			if rest, ok := strings.CutPrefix(set, "[]"); ok {
				set = `[\]` + rest
			} else if rest, ok := strings.CutPrefix(set, "[^]"); ok {
				set = `[^\]` + rest
			}
			b.WriteString(set)
			i = j
		case ch == '\\' && i+1 < len(p):
			i++
			next := p[i]
			switch {
			case !extended && strings.IndexByte("(){}|+?", next) >= 0:
				b.WriteByte(next)
			case next == '<' || next == '>':
				b.WriteString(`\b`)
			case next >= 'a' && next <= 'z' || next >= 'A' && next <= 'Z' || next >= '0' && next <= '9':
				if strings.IndexByte("wWsSbBnt", next) >= 0 {
					b.WriteByte('\\')
				}
				b.WriteByte(next)
			default:
				b.WriteString(regexp.QuoteMeta(string(next)))
			}
		case !extended && strings.IndexByte("(){}|+?", ch) >= 0:
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch == '*' && (i == 0 || i == 1 && p[0] == '^' || !extended && i >= 2 && p[i-2:i] == `\(`):
			b.WriteString(`\*`)
		case !extended && ch == '^' && i != 0 && !(i >= 2 && p[i-2:i] == `\(`):
			b.WriteString(`\^`)
		case !extended && ch == '$' && i != len(p)-1 && !strings.HasPrefix(p[i+1:], `\)`):
			b.WriteString(`\$`)
		default:
			b.WriteByte(ch)
		}
	}
	return regexp.Compile(b.String())
}

// bashEcho is the echo of bash, which knows escape sequences with -e only.
func bashEcho(args []string, w io.Writer) int {
	nl, escapes := true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		for _, o := range args[0][1:] {
			switch o {
			case 'n':
				nl = false
			default:
				escapes = o == 'e'
			}
		}
		args = args[1:]
	}
	if escapes {
		if !nl {
			args = append([]string{"-n"}, args...)
		}
		return filterEcho(args, w)
	}
	s := strings.Join(args, " ")
	if nl {
		s += "\n"
	}
	_, _ = io.WriteString(w, s)
	return 0
}

func filterGrep(f *filterCall) int {
	var extended, fixed, fold, invert, count, number_, word, quiet, list, only, whole, perl, bare, paragraphs bool
	extended = f.name == "egrep"
	fixed = f.name == "fgrep"
	var patterns []string
	args := f.args
	hasE := false
	before, after, limit := 0, 0, 1<<30
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && len(args[0]) > 1 {
		a := args[0]
		args = args[1:]
		if a == "--" {
			break
		}
		for i := 1; i < len(a); i++ {
			switch a[i] {
			case 'E':
				extended = true
			case 'F':
				fixed = true
			case 'i', 'y':
				fold = true
			case 'v':
				invert = true
			case 'c':
				count = true
			case 'n':
				number_ = true
			case 'w':
				word = true
			case 'x':
				whole = true
			case 'q':
				quiet = true
			case 'o':
				only = true
			case 'l':
				list = true
			case 'h':
				bare = true
			case 's':
			case 'p':
				if f.gnu || i+1 < len(a) && strings.Trim(a[i+1:], "iynchvwqlsEFx") != "" {
					return f.usage(2)
				}
				paragraphs = true
			case 'P':
				if !f.gnu {
					return f.usage(2)
				}
				perl = true
			case 'A', 'B', 'C', 'm':
				v := a[i+1:]
				if v == "" && len(args) > 0 {
					v, args = args[0], args[1:]
				}
				n, ok := number(v)
				if !ok || !f.gnu {
					return f.usage(2)
				}
				switch a[i] {
				case 'A':
					after = n
				case 'B':
					before = n
				case 'C':
					before, after = n, n
				default:
					limit = n
				}
				i = len(a)
			case 'e':
				p := a[i+1:]
				if p == "" {
					if len(args) == 0 {
						return f.usage(2)
					}
					p, args = args[0], args[1:]
				}
				patterns = append(patterns, p)
				hasE = true
				i = len(a)
			default:
				return f.usage(2)
			}
		}
	}
	if !hasE {
		if len(args) == 0 {
			return f.usage(2)
		}
		patterns, args = []string{args[0]}, args[1:]
	}
	if len(args) > 0 && !(len(args) == 1 && args[0] == "-") {
		if f.open == nil {
			return f.file(args[0], 2)
		}
		return f.grepFiles(f.args[:len(f.args)-len(args)], args, list, len(args) > 1 && !bare)
	}
	var res []*regexp.Regexp
	for _, p := range patterns {
		for _, one := range strings.Split(p, "\n") {
			var re *regexp.Regexp
			var err error
			if fixed || perl {
				flag := ""
				if fold {
					flag = "(?i)"
				}
				if fixed {
					one = regexp.QuoteMeta(one)
				}
				re, err = regexp.Compile(flag + one)
			} else {
				re, err = posixRegexp(one, extended, fold)
			}
			if err == nil && (word || whole) {
				edge := `\b`
				if whole {
					edge = ""
				}
				src := re.String()
				flag := ""
				if rest, ok := strings.CutPrefix(src, "(?i)"); ok {
					src, flag = rest, "(?i)"
				}
				if whole {
					re, err = regexp.Compile(flag + "^(?:" + src + ")$")
				} else {
					re, err = regexp.Compile(flag + edge + "(?:" + src + ")" + edge)
				}
			}
			if err != nil {
				if f.gnu {
					fmt.Fprintf(f.err, "%s: Invalid regular expression\n", f.name)
				} else {
					fmt.Fprintf(f.err, "%s: 0652-217 The regular expression is not valid: %s\n", f.name, one)
				}
				return 2
			}
			res = append(res, re)
		}
	}
	hits := 0
	lines := f.lines()
	if paragraphs {
		lines = blocks(lines)
	}
	shown := -1 // the last line of the output
	context := func(i int, mark string) {
		if i <= shown {
			return
		}
		if shown >= 0 && i > shown+1 && before+after > 0 {
			f.say("--")
		}
		prefix := ""
		if number_ {
			prefix = strconv.Itoa(i+1) + mark
		}
		f.say(prefix + lines[i])
		shown = i
	}
	follow := -1 // the last line of the context
	for i, line := range lines {
		match := false
		var found []string
		for _, re := range res {
			if re.MatchString(line) {
				match = true
				if only {
					found = append(found, re.FindAllString(line, -1)...)
				}
			}
		}
		if match == invert || hits == limit {
			if i <= follow {
				context(i, "-")
			}
			continue
		}
		hits++
		if quiet || count || list {
			continue
		}
		prefix := ""
		if number_ {
			prefix = strconv.Itoa(i+1) + ":"
		}
		if only {
			for _, m := range found {
				f.say(prefix + m)
			}
			continue
		}
		for j := max(0, i-before); j < i; j++ {
			context(j, "-")
		}
		context(i, ":")
		follow = i + after
	}
	switch {
	case quiet:
	case list && hits > 0:
		f.say("(standard input)")
	case count:
		f.say(strconv.Itoa(hits))
	}
	if hits == 0 {
		return 1
	}
	return 0
}

// blocks are the paragraphs of a text, each with the empty line behind it.
func blocks(lines []string) []string {
	var out []string
	var b strings.Builder
	for _, l := range append(lines, "") {
		if strings.TrimSpace(l) != "" {
			b.WriteString(l + "\n")
		} else if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	return out
}

// grepFiles looks into one file after the other; named puts the name in front of what it finds.
func (f *filterCall) grepFiles(options, names []string, list, named bool) int {
	code := 1
	for _, name := range names {
		one := &filterCall{name: f.name, args: options, in: f.in, out: &bytes.Buffer{}, err: f.err, open: f.open}
		if rc, ok := one.input([]string{name}, 2); !ok {
			code = rc
			continue
		}
		one.open = nil
		rc := filterGrep(one)
		if rc > 1 {
			return rc
		}
		if rc == 0 && code == 1 {
			code = 0
		}
		if list && rc == 0 {
			f.say(name)
			continue
		}
		for _, l := range strings.SplitAfter(one.out.String(), "\n") {
			if l != "" && named {
				l = name + ":" + l
			}
			f.out.WriteString(l)
		}
	}
	return code
}

// sedCommand is one command of a sed script.
type sedCommand struct {
	end      int // of a group: the command behind it
	from, to sedAddress
	two, neg bool
	what     byte
	re       *regexp.Regexp
	repl     string
	global   bool
	print    bool
	nth      int
	active   bool
}

type sedAddress struct {
	line int
	last bool
	re   *regexp.Regexp
}

func (a sedAddress) none() bool { return a.line == 0 && !a.last && a.re == nil }

func filterSed(f *filterCall) int {
	quiet := false
	extended := false
	var scripts []string
	args := f.args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && len(args[0]) > 1 {
		switch a := args[0]; {
		case a == "-n":
			quiet = true
		case a == "-E" || a == "-r":
			extended = true
		case a == "-e" && len(args) > 1:
			scripts = append(scripts, args[1])
			args = args[1:]
		case a == "-ne" && len(args) > 1:
			quiet = true
			scripts = append(scripts, args[1])
			args = args[1:]
		default:
			return f.usage(2)
		}
		args = args[1:]
	}
	if scripts == nil {
		if len(args) == 0 {
			return f.usage(2)
		}
		scripts, args = args[:1], args[1:]
	}
	if len(args) > 0 {
		if rc, ok := f.input(args, 2); !ok {
			return rc
		}
	}
	prog, err := parseSed(strings.Join(scripts, "\n"), extended)
	if err != nil {
		fmt.Fprintf(f.err, "sed: 0602-404 Function %s cannot be parsed.\n", strings.Join(scripts, " "))
		return 2
	}
	lines := f.lines()
	for i, line := range lines {
		deleted, quit := false, false
		last := i == len(lines)-1
		for k := 0; k < len(prog); k++ {
			c := prog[k]
			if !c.selects(i+1, last, line) {
				if c.what == '{' {
					k = c.end - 1
				}
				continue
			}
			switch c.what {
			case 'p':
				f.say(line)
			case 'd':
				deleted = true
			case 'q':
				quit = true
			case '=':
				f.say(strconv.Itoa(i + 1))
			case 's':
				n, did := 0, false
				line2 := replaceFunc(c.re, line, func(m []int) (string, bool) {
					n++
					if !c.global && n != max(1, c.nth) || c.global && n < c.nth {
						return "", false
					}
					did = true
					return sedExpand(c.repl, line, m), true
				})
				line = line2
				if did && c.print {
					f.say(line)
				}
			}
			if deleted || quit {
				break
			}
		}
		if !deleted && !quiet {
			f.say(line)
		}
		if quit {
			break
		}
	}
	return 0
}

func replaceFunc(re *regexp.Regexp, s string, f func([]int) (string, bool)) string {
	var b strings.Builder
	at := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if r, ok := f(m); ok {
			b.WriteString(s[at:m[0]])
			b.WriteString(r)
			at = m[1]
		}
	}
	b.WriteString(s[at:])
	return b.String()
}

func sedExpand(repl, s string, m []int) string {
	var b strings.Builder
	for i := 0; i < len(repl); i++ {
		switch ch := repl[i]; {
		case ch == '&':
			b.WriteString(s[m[0]:m[1]])
		case ch == '\\' && i+1 < len(repl):
			i++
			if d := repl[i]; d >= '0' && d <= '9' {
				if n := int(d-'0') * 2; n < len(m) && m[n] >= 0 {
					b.WriteString(s[m[n]:m[n+1]])
				}
			} else if d == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(d)
			}
		default:
			b.WriteByte(ch)
		}
	}
	return b.String()
}

func (c *sedCommand) selects(n int, last bool, line string) bool {
	hit := func(a sedAddress) bool {
		return a.line == n && n > 0 || a.last && last || a.re != nil && a.re.MatchString(line)
	}
	ok := true
	switch {
	case c.two:
		switch {
		case c.active:
			if hit(c.to) || c.to.line > 0 && n >= c.to.line {
				c.active = false
			}
		case hit(c.from):
			c.active = !(c.to.line > 0 && c.to.line <= n)
		default:
			ok = false
		}
	case !c.from.none():
		ok = hit(c.from)
	}
	return ok != c.neg
}

func parseSed(src string, extended bool) ([]*sedCommand, error) {
	bad := fmt.Errorf("bad script")
	var prog, open []*sedCommand
	i := 0
	delimited := func(d byte, keep bool) (string, bool) {
		var b strings.Builder
		inSet := false
		for i < len(src) {
			ch := src[i]
			if ch == '\\' && i+1 < len(src) {
				if src[i+1] == d && !keep {
					b.WriteByte(d)
				} else {
					b.WriteString(src[i : i+2])
				}
				i += 2
				continue
			}
			if ch == '[' && !keep {
				inSet = true
			} else if ch == ']' {
				inSet = false
			}
			if ch == d && !inSet {
				i++
				return b.String(), true
			}
			b.WriteByte(ch)
			i++
		}
		return "", false
	}
	address := func() (sedAddress, error) {
		var a sedAddress
		if i >= len(src) {
			return a, nil
		}
		switch ch := src[i]; {
		case ch >= '0' && ch <= '9':
			j := i
			for j < len(src) && src[j] >= '0' && src[j] <= '9' {
				j++
			}
			a.line, _ = strconv.Atoi(src[i:j])
			i = j
			if a.line == 0 {
				return a, bad
			}
		case ch == '$':
			a.last = true
			i++
		case ch == '/':
			i++
			p, ok := delimited('/', false)
			if !ok {
				return a, bad
			}
			re, err := posixRegexp(p, extended, false)
			if err != nil {
				return a, err
			}
			a.re = re
		}
		return a, nil
	}
	for {
		for i < len(src) && strings.IndexByte(" \t;\n", src[i]) >= 0 {
			i++
		}
		if i >= len(src) {
			if len(open) > 0 {
				return nil, bad
			}
			return prog, nil
		}
		if src[i] == '}' && len(open) > 0 {
			open[len(open)-1].end = len(prog)
			open = open[:len(open)-1]
			i++
			continue
		}
		c := &sedCommand{}
		var err error
		if c.from, err = address(); err != nil {
			return nil, err
		}
		if i < len(src) && src[i] == ',' {
			i++
			c.two = true
			if c.to, err = address(); err != nil || c.to.none() {
				return nil, bad
			}
		}
		for i < len(src) && (src[i] == ' ' || src[i] == '!') {
			c.neg = c.neg || src[i] == '!'
			i++
		}
		if i >= len(src) {
			return nil, bad
		}
		c.what = src[i]
		i++
		switch c.what {
		case 'p', 'd', 'q', '=':
		case '{':
			prog, open = append(prog, c), append(open, c)
			continue
		case 's':
			if i >= len(src) {
				return nil, bad
			}
			d := src[i]
			i++
			p, ok := delimited(d, false)
			if !ok {
				return nil, bad
			}
			if c.repl, ok = delimited(d, true); !ok {
				return nil, bad
			}
			fold := false
			for i < len(src) && strings.IndexByte(" ;\n}", src[i]) < 0 {
				switch ch := src[i]; {
				case ch == 'g':
					c.global = true
				case ch == 'p':
					c.print = true
				case ch == 'i' || ch == 'I':
					fold = true
				case ch >= '1' && ch <= '9':
					c.nth = int(ch - '0')
				default:
					return nil, bad
				}
				i++
			}
			if c.re, err = posixRegexp(p, extended, fold); err != nil {
				return nil, err
			}
		default:
			return nil, bad
		}
		if i < len(src) && strings.IndexByte(" \t;\n}", src[i]) < 0 {
			return nil, bad
		}
		prog = append(prog, c)
	}
}

// optArg reads options of cut, sort, head and tail: letters in flags take nothing, letters in valued take a value.
func optArg(args []string, flags, valued string) (set map[byte]string, rest []string, ok bool) {
	set = map[byte]string{}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		a := args[0]
		args = args[1:]
		if a == "--" {
			break
		}
		for i := 1; i < len(a); i++ {
			switch {
			case strings.IndexByte(flags, a[i]) >= 0:
				set[a[i]] = "1"
			case strings.IndexByte(valued, a[i]) >= 0:
				v := a[i+1:]
				if v == "" {
					if len(args) == 0 {
						return nil, nil, false
					}
					v, args = args[0], args[1:]
				}
				if old, twice := set[a[i]]; twice {
					v = old + " " + v
				}
				set[a[i]] = v
				i = len(a)
			default:
				return nil, nil, false
			}
		}
	}
	return set, args, true
}

func ranges(s string) ([][2]int, bool) {
	var out [][2]int
	for _, p := range strings.Split(s, ",") {
		a, b, dash := strings.Cut(p, "-")
		lo, hi := 1, 1<<30
		var err error
		if a != "" {
			if lo, err = strconv.Atoi(a); err != nil || lo < 1 {
				return nil, false
			}
		}
		if !dash {
			hi = lo
		} else if b != "" {
			if hi, err = strconv.Atoi(b); err != nil || hi < lo {
				return nil, false
			}
		}
		if a == "" && b == "" {
			return nil, false
		}
		out = append(out, [2]int{lo, hi})
	}
	return out, true
}

func filterCut(f *filterCall) int {
	o, rest, ok := optArg(f.args, "s", "dfcb")
	if !ok || (o['f'] == "") == (o['c']+o['b'] == "") {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	rs, ok := ranges(o['f'] + o['c'] + o['b'])
	if !ok {
		return f.usage(2)
	}
	in := func(n int) bool {
		for _, r := range rs {
			if n >= r[0] && n <= r[1] {
				return true
			}
		}
		return false
	}
	delim := "\t"
	if d, given := o['d']; given {
		if len(d) != 1 {
			return f.usage(2)
		}
		delim = d
	}
	for _, line := range f.lines() {
		if o['f'] == "" {
			var b strings.Builder
			for i := 0; i < len(line); i++ {
				if in(i + 1) {
					b.WriteByte(line[i])
				}
			}
			f.say(b.String())
			continue
		}
		if !strings.Contains(line, delim) {
			if o['s'] == "" {
				f.say(line)
			}
			continue
		}
		var kept []string
		for i, p := range strings.Split(line, delim) {
			if in(i + 1) {
				kept = append(kept, p)
			}
		}
		f.say(strings.Join(kept, delim))
	}
	return 0
}

func filterSort(f *filterCall) int {
	o, rest, ok := optArg(f.args, "nrufbd", "tk")
	if !ok {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	type key struct {
		from, to int
		num, rev bool
	}
	var keys []key
	if o['k'] != "" {
		for _, k := range strings.Fields(o['k']) {
			x := key{num: o['n'] != "", rev: o['r'] != ""}
			body := strings.TrimRight(k, "nrbdf")
			for _, ch := range k[len(body):] {
				x.num = x.num || ch == 'n'
				x.rev = x.rev || ch == 'r'
			}
			a, b, two := strings.Cut(body, ",")
			var err error
			if x.from, err = strconv.Atoi(a); err != nil || x.from < 1 {
				return f.usage(2)
			}
			x.to = 1 << 30
			if two {
				if x.to, err = strconv.Atoi(b); err != nil {
					return f.usage(2)
				}
			}
			keys = append(keys, x)
		}
	} else {
		keys = []key{{from: 0, num: o['n'] != "", rev: o['r'] != ""}}
	}
	part := func(line string, k key) string {
		if k.from == 0 {
			return line
		}
		var fields []string
		sep := " "
		if o['t'] != "" {
			sep = o['t']
			fields = strings.Split(line, sep)
		} else {
			fields = strings.Fields(line)
		}
		if k.from > len(fields) {
			return ""
		}
		return strings.Join(fields[k.from-1:min(k.to, len(fields))], sep)
	}
	compare := func(a, b string) int {
		for _, k := range keys {
			x, y := part(a, k), part(b, k)
			c := 0
			if k.num {
				p, q := leadingNumber(x), leadingNumber(y)
				switch {
				case p < q:
					c = -1
				case p > q:
					c = 1
				}
			} else {
				if o['f'] != "" {
					x, y = strings.ToUpper(x), strings.ToUpper(y)
				}
				c = strings.Compare(x, y)
			}
			if k.rev {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	}
	lines := f.lines()
	sort.SliceStable(lines, func(i, j int) bool {
		c := compare(lines[i], lines[j])
		if c == 0 && o['u'] == "" {
			c = strings.Compare(lines[i], lines[j])
			if o['r'] != "" {
				c = -c
			}
		}
		return c < 0
	})
	for i, l := range lines {
		if o['u'] != "" && i > 0 && compare(lines[i-1], l) == 0 {
			continue
		}
		f.say(l)
	}
	return 0
}

var leadingRe = regexp.MustCompile(`^[ \t]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?`)

func leadingNumber(s string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSpace(leadingRe.FindString(s)), 64)
	return n
}

func filterUniq(f *filterCall) int {
	o, rest, ok := optArg(f.args, "cdu", "")
	if !ok {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	lines := f.lines()
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && lines[j] == lines[i] {
			j++
		}
		n := j - i
		if !(o['d'] != "" && n == 1) && !(o['u'] != "" && n > 1) {
			if o['c'] != "" {
				width := 4
				if f.gnu {
					width = 7
				}
				f.say(fmt.Sprintf("%*d %s", width, n, lines[i]))
			} else {
				f.say(lines[i])
			}
		}
		i = j
	}
	return 0
}

var dashNumber = regexp.MustCompile(`^[-+][0-9]+$`)

func countArg(args []string) (n int, from bool, rest []string, ok bool) {
	n = 10
	if len(args) > 0 && dashNumber.MatchString(args[0]) {
		n, _ = strconv.Atoi(args[0][1:])
		return n, args[0][0] == '+', args[1:], true
	}
	o, rest, ok := optArg(args, "", "n")
	if !ok {
		return 0, false, nil, false
	}
	if v, given := o['n']; given {
		from = strings.HasPrefix(v, "+")
		var err error
		n, err = strconv.Atoi(strings.TrimLeft(v, "+-"))
		ok = err == nil
	}
	return n, from, rest, ok
}

// byteCount is the operand of -c, which head and tail take instead of a number of lines.
func byteCount(args []string) (int, bool) {
	if len(args) == 0 || !strings.HasPrefix(args[0], "-c") {
		return 0, false
	}
	v := strings.Join(args, " ")[2:]
	return number(strings.TrimSpace(v))
}

func filterHead(f *filterCall) int {
	if n, ok := byteCount(f.args); ok {
		_, _ = io.CopyN(f.out, f.in, int64(n))
		return 0
	}
	n, _, rest, ok := countArg(f.args)
	if !ok {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	// It ends when it has seen enough, whatever is still to come.
	in := bufio.NewReader(f.in)
	for range n {
		l, err := in.ReadString('\n')
		if l != "" {
			f.say(strings.TrimSuffix(l, "\n"))
		}
		if err != nil {
			break
		}
	}
	return 0
}

func filterTail(f *filterCall) int {
	if n, ok := byteCount(f.args); ok {
		data, _ := io.ReadAll(f.in)
		f.out.Write(data[max(0, len(data)-n):])
		return 0
	}
	n, from, rest, ok := countArg(f.args)
	if !ok {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	lines := f.lines()
	start := max(0, len(lines)-n)
	if from {
		start = min(max(0, n-1), len(lines))
	}
	for _, l := range lines[start:] {
		f.say(l)
	}
	return 0
}

func filterWc(f *filterCall) int {
	o, rest, ok := optArg(f.args, "lwc", "")
	if !ok {
		return f.usage(2)
	}
	if len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
	}
	data, _ := io.ReadAll(f.in)
	all := len(o) == 0
	var out strings.Builder
	for _, x := range []struct {
		flag byte
		n    int
	}{{'l', bytes.Count(data, []byte("\n"))}, {'w', len(bytes.Fields(data))}, {'c', len(data)}} {
		switch {
		case !all && o[x.flag] == "":
		case f.gnu && len(o) == 1:
			fmt.Fprintf(&out, "%d", x.n)
		case f.gnu:
			fmt.Fprintf(&out, " %7d", x.n)
		default:
			fmt.Fprintf(&out, "%8d", x.n)
		}
	}
	f.say(out.String())
	return 0
}

func trSet(s string) ([]rune, bool) {
	classes := map[string]string{"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9", "[:alpha:]": "A-Za-z", "[:alnum:]": "A-Za-z0-9", "[:space:]": " \t\n\r\v\f", "[:blank:]": " \t",
		"[:punct:]": "!-/:-@[-`{-~", "[:xdigit:]": "0-9A-Fa-f", "[:cntrl:]": "\x01-\x1f\x7f", "[:print:]": " -~", "[:graph:]": "!-~"}
	for k, v := range classes {
		s = strings.ReplaceAll(s, k, v)
	}
	if strings.Contains(s, "[:") {
		return nil, false
	}
	var raw []rune
	in := []rune(s)
	for i := 0; i < len(in); i++ {
		if in[i] == '\\' && i+1 < len(in) {
			i++
			switch in[i] {
			case 'n':
				raw = append(raw, '\n')
			case 't':
				raw = append(raw, '\t')
			case 'r':
				raw = append(raw, '\r')
			case '0':
				for i+1 < len(in) && in[i+1] >= '0' && in[i+1] <= '7' {
					i++
				}
				n, _ := strconv.ParseInt(strings.TrimLeft(string(in[1:i+1]), `\`), 8, 32)
				raw = append(raw, rune(n))
			default:
				raw = append(raw, in[i])
			}
			continue
		}
		if i+2 < len(in) && in[i+1] == '-' && in[i+2] >= in[i] {
			for r := in[i]; r <= in[i+2]; r++ {
				raw = append(raw, r)
			}
			i += 2
			continue
		}
		raw = append(raw, in[i])
	}
	return raw, true
}

func filterTr(f *filterCall) int {
	o, rest, ok := optArg(f.args, "dsc", "")
	if !ok || len(rest) == 0 || len(rest) > 2 {
		return f.usage(2)
	}
	set, ok := trSet(rest[0])
	if !ok {
		return f.usage(2)
	}
	in := func(r rune) int {
		for i, x := range set {
			if x == r {
				return i
			}
		}
		return -1
	}
	member := func(r rune) bool { return (in(r) >= 0) != (o['c'] != "") }
	var to []rune
	if len(rest) == 2 {
		if to, ok = trSet(rest[1]); !ok || len(to) == 0 {
			return f.usage(2)
		}
	} else if o['d'] == "" && o['s'] == "" {
		return f.usage(2)
	}
	data, _ := io.ReadAll(f.in)
	var b strings.Builder
	var last rune = -1
	for _, r := range string(data) {
		hit := member(r)
		switch {
		case hit && o['d'] != "":
			continue
		case hit && to != nil:
			i := in(r)
			if i < 0 || i >= len(to) {
				i = len(to) - 1
			}
			r = to[i]
		}
		if o['s'] != "" && hit && r == last {
			continue
		}
		last = -1
		if hit {
			last = r
		}
		b.WriteRune(r)
	}
	f.out.WriteString(b.String())
	return 0
}

func filterCat(f *filterCall) int {
	o, rest, ok := optArg(f.args, "nu", "")
	if !ok {
		return f.usage(2)
	}
	if f.open != nil && len(rest) > 0 {
		if rc, ok := f.input(rest, 2); !ok {
			return rc
		}
		rest = nil
	}
	for _, r := range rest {
		if body, ok := f.proc[r]; ok {
			f.in = strings.NewReader(body)
		} else if r != "-" {
			return f.file(r, 2)
		}
	}
	if o['n'] != "" {
		for i, l := range f.lines() {
			f.say(fmt.Sprintf("%6d\t%s", i+1, l))
		}
		return 0
	}
	_, _ = io.Copy(f.out, f.in)
	return 0
}

func filterSleep(f *filterCall) int {
	if len(f.args) != 1 {
		return f.usage(2)
	}
	n, err := strconv.ParseFloat(f.args[0], 64)
	if err != nil || n < 0 || n > 1e7 {
		return f.usage(2)
	}
	if !f.sleep(time.Duration(n * float64(time.Second))) {
		return 1
	}
	return 0
}

func filterDate(f *filterCall) int {
	now := f.now()
	args := f.args
	if len(args) > 0 && args[0] == "-u" {
		args = args[1:]
	}
	switch {
	case len(args) == 0:
		f.say(now.Format("Mon Jan _2 15:04:05 UTC 2006"))
		return 0
	case len(args) > 1 || !strings.HasPrefix(args[0], "+"):
		return f.usage(1)
	}
	verbs := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'b': "Jan", 'B': "January",
		'a': "Mon", 'A': "Monday", 'T': "15:04:05", 'D': "01/02/06", 'j': "002", 'Z': "UTC", 'F': "2006-01-02"}
	s := args[0][1:]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch layout, ok := verbs[s[i]]; {
		case s[i] == 's':
			b.WriteString(strconv.FormatInt(now.Unix(), 10))
		case s[i] == '%':
			b.WriteByte('%')
		case s[i] == 'n':
			b.WriteByte('\n')
		case ok:
			b.WriteString(now.Format(layout))
		default:
			return f.usage(1)
		}
	}
	f.say(b.String())
	return 0
}

func filterTee(f *filterCall) int {
	data, _ := io.ReadAll(f.in)
	add := false
	for _, a := range f.args {
		switch {
		case a == "-a":
			add = true
		case a == "/dev/null":
		case f.write == nil:
			return f.file(a, 1)
		default:
			if err := f.write(a, add, string(data)); err != nil {
				fmt.Fprintf(f.err, "tee: cannot open %s\n", a)
				return 1
			}
		}
	}
	f.out.Write(data)
	return 0
}

func filterDf(f *filterCall) int {
	for _, a := range f.args {
		if !strings.HasPrefix(a, "-") || strings.Trim(a[1:], "kmg") != "" {
			return f.usage(1)
		}
	}
	f.say("Filesystem    1024-blocks      Free %Used    Iused %Iused Mounted on")
	f.say("/dev/hd4           262144    131072   50%     5431    15% /")
	f.say("/dev/hd1         10485760   9437184   10%      212     1% /home")
	return 0
}

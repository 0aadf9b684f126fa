package lab

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"path"
	"regexp"
	"sort"
	"strings"

	"mvdan.cc/sh/v3/interp"
)

// exprParser evaluates the words of expr. Values are texts; what looks like a number counts as one.
type exprParser struct {
	words []string
	err   string
}

func (p *exprParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *exprParser) next() string {
	w := p.peek()
	if len(p.words) > 0 {
		p.words = p.words[1:]
	}
	return w
}

// exprLevels are the operators, the loosest first.
var exprLevels = [][]string{{"|"}, {"&"}, {"=", "==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}, {":"}}

func (p *exprParser) level(n int) string {
	if n == len(exprLevels) {
		return p.primary()
	}
	left := p.level(n + 1)
	for p.err == "" && len(p.words) > 0 && containsWord(exprLevels[n], p.peek()) {
		op := p.next()
		left = p.apply(op, left, p.level(n+1))
	}
	return left
}

func containsWord(list []string, w string) bool {
	for _, x := range list {
		if x == w {
			return true
		}
	}
	return false
}

func (p *exprParser) primary() string {
	switch w := p.peek(); {
	case len(p.words) == 0:
		p.err = "expr: 0402-050 Syntax error."
		return ""
	case w == "(":
		p.next()
		v := p.level(0)
		if p.next() != ")" && p.err == "" {
			p.err = "expr: 0402-050 Syntax error."
		}
		return v
	case w == "length" && len(p.words) > 1:
		p.next()
		return fmt.Sprint(len(p.next()))
	}
	return p.next()
}

func (p *exprParser) apply(op, a, b string) string {
	x, ok1 := atoi(a)
	y, ok2 := atoi(b)
	truth := func(v bool) string {
		if v {
			return "1"
		}
		return "0"
	}
	null := func(s string) bool { return s == "" || s == "0" }
	switch op {
	case "|":
		if !null(a) {
			return a
		}
		return b
	case "&":
		if null(a) || null(b) {
			return "0"
		}
		return a
	case ":":
		re, err := posixRegexp("^"+strings.TrimPrefix(b, "^"), false, false)
		if err != nil {
			p.err = "expr: 0402-048 A regular expression is not valid."
			return ""
		}
		m := re.FindStringSubmatch(a)
		switch {
		case len(m) > 1:
			return m[1]
		case regexp.MustCompile(`\\\(`).MatchString(b):
			return ""
		case m == nil:
			return "0"
		}
		return fmt.Sprint(len(m[0]))
	case "=", "==", "!=", "<", "<=", ">", ">=":
		cmp := strings.Compare(a, b)
		if ok1 && ok2 {
			cmp = x - y
		}
		return truth(map[string]bool{"=": cmp == 0, "==": cmp == 0, "!=": cmp != 0, "<": cmp < 0, "<=": cmp <= 0, ">": cmp > 0, ">=": cmp >= 0}[op])
	}
	switch {
	case !ok1 || !ok2:
		p.err = "expr: 0402-046 A specified operator requires numeric parameters."
		return ""
	case (op == "/" || op == "%") && y == 0:
		p.err = "expr: 0402-045 Division by zero is not allowed."
		return ""
	}
	return fmt.Sprint(map[string]func() int{"+": func() int { return x + y }, "-": func() int { return x - y }, "*": func() int { return x * y }, "/": func() int { return x / y }, "%": func() int { return x % y }}[op]())
}

func aixExpr(a *aixCall) int {
	p := &exprParser{words: a.args}
	if len(a.args) == 0 {
		a.usage()
		return 2
	}
	v := p.level(0)
	if p.err == "" && len(p.words) > 0 {
		p.err = "expr: 0402-050 Syntax error."
	}
	if p.err != "" {
		a.bad(p.err)
		return 2
	}
	a.say("%s", v)
	if v == "" || v == "0" {
		return 1
	}
	return 0
}

// bcParser evaluates the expressions of bc: numbers, variables, arithmetic and comparisons.
type bcParser struct {
	text  string
	at    int
	scale int
	vars  map[string]*big.Rat
	err   string
}

func (p *bcParser) skip() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

func (p *bcParser) take(ops ...string) string {
	p.skip()
	for _, o := range ops {
		if strings.HasPrefix(p.text[p.at:], o) {
			p.at += len(o)
			return o
		}
	}
	return ""
}

func (p *bcParser) fail() *big.Rat {
	if p.err == "" {
		p.err = "syntax error on line 1 stdin"
	}
	return new(big.Rat)
}

// cut drops what is behind the scale.
func (p *bcParser) cut(r *big.Rat, scale int) *big.Rat {
	f := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	n := new(big.Int).Mul(r.Num(), f)
	n.Quo(n, r.Denom())
	return new(big.Rat).SetFrac(n, f)
}

func (p *bcParser) compare() *big.Rat {
	left := p.sum()
	for p.err == "" {
		op := p.take("==", "!=", "<=", ">=", "<", ">")
		if op == "" {
			return left
		}
		c := left.Cmp(p.sum())
		left = new(big.Rat)
		if map[string]bool{"==": c == 0, "!=": c != 0, "<=": c <= 0, ">=": c >= 0, "<": c < 0, ">": c > 0}[op] {
			left.SetInt64(1)
		}
	}
	return left
}

func (p *bcParser) sum() *big.Rat {
	left := p.product()
	for p.err == "" {
		switch p.take("+", "-") {
		case "+":
			left = new(big.Rat).Add(left, p.product())
		case "-":
			left = new(big.Rat).Sub(left, p.product())
		default:
			return left
		}
	}
	return left
}

func (p *bcParser) product() *big.Rat {
	left := p.power()
	for p.err == "" {
		switch op := p.take("*", "/", "%"); op {
		case "":
			return left
		case "*":
			left = new(big.Rat).Mul(left, p.power())
		default:
			right := p.power()
			if right.Sign() == 0 {
				p.err = "Divide by zero"
				return left
			}
			q := p.cut(new(big.Rat).Quo(left, right), p.scale)
			if op == "/" {
				left = q
			} else {
				left = new(big.Rat).Sub(left, new(big.Rat).Mul(q, right))
			}
		}
	}
	return left
}

func (p *bcParser) power() *big.Rat {
	left := p.unary()
	if p.take("^") == "" {
		return left
	}
	e := p.power()
	if !e.IsInt() || e.Num().BitLen() > 12 {
		return p.fail()
	}
	n := e.Num().Int64()
	out := big.NewRat(1, 1)
	for range max(n, -n) {
		out.Mul(out, left)
	}
	if n < 0 && out.Sign() != 0 {
		out = p.cut(new(big.Rat).Inv(out), p.scale)
	}
	return out
}

func (p *bcParser) unary() *big.Rat {
	if p.take("-") != "" {
		return new(big.Rat).Neg(p.unary())
	}
	if p.take("(") != "" {
		v := p.compare()
		if p.take(")") == "" {
			return p.fail()
		}
		return v
	}
	p.skip()
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("0123456789.", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at > start {
		word := p.text[start:p.at]
		if strings.HasPrefix(word, ".") {
			word = "0" + word
		}
		v, ok := new(big.Rat).SetString(strings.TrimSuffix(word, "."))
		if !ok {
			return p.fail()
		}
		return v
	}
	for p.at < len(p.text) && (p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.at > start && p.text[p.at] == '_') {
		p.at++
	}
	switch name := p.text[start:p.at]; {
	case name == "":
		return p.fail()
	case name == "scale":
		return new(big.Rat).SetInt64(int64(p.scale))
	case p.vars[name] != nil:
		return p.vars[name]
	}
	return new(big.Rat)
}

// aixBc knows expressions and assignments, no statements and functions.
func aixBc(a *aixCall) int {
	f, ok := a.flags("lc")
	if !ok {
		return 1
	}
	if f.has('c') || len(f.rest) > 0 {
		return a.usage()
	}
	p := &bcParser{vars: map[string]*big.Rat{}}
	if f.has('l') {
		p.scale = 20
	}
	assign := regexp.MustCompile(`^([a-z][a-z0-9_]*)\s*=\s*([^=].*)$`)
	for _, l := range strings.FieldsFunc(a.input(), func(r rune) bool { return r == '\n' || r == ';' }) {
		l = strings.TrimSpace(l)
		switch {
		case l == "":
			continue
		case l == "quit":
			return 0
		}
		name := ""
		if m := assign.FindStringSubmatch(l); m != nil {
			name, l = m[1], m[2]
		}
		p.text, p.at, p.err = l, 0, ""
		v := p.compare()
		if p.skip(); p.err == "" && p.at < len(p.text) {
			p.fail()
		}
		switch {
		case p.err != "":
			a.fail("%s", p.err)
		case name == "scale":
			if p.scale = int(v.Num().Int64()); p.scale < 0 || p.scale > 99 {
				p.scale = 0
			}
		case name != "":
			p.vars[name] = v
		default:
			a.say("%s", p.print(v))
		}
	}
	return 0
}

// print shows a number with the digits that it has, at most those of the scale; a zero in front of the point is left out.
func (p *bcParser) print(v *big.Rat) string {
	if v.IsInt() && (p.scale == 0 || !strings.Contains(p.text, "/")) {
		return v.Num().String()
	}
	digits := p.scale
	if !strings.Contains(p.text, "/") {
		for digits = 0; digits < 40; digits++ {
			if p.cut(v, digits).Cmp(v) == 0 {
				break
			}
		}
	}
	s := p.cut(v, digits).FloatString(digits)
	if s == "0."+strings.Repeat("0", digits) {
		return "0"
	}
	return strings.Replace(strings.Replace(s, "-0.", "-.", 1), "0.", ".", map[bool]int{true: 1, false: 0}[strings.HasPrefix(s, "0.")])
}

// find with -exec runs a program for every name; without it, it prints them.
func (s *session) find(_ context.Context, hc interp.HandlerContext, args []string, run func([]string, io.Reader) int) int {
	say := func(msg string) { _, _ = io.WriteString(hc.Stderr, msg+"\n") }
	var roots []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") && args[0] != "!" && args[0] != "(" {
		roots, args = append(roots, args[0]), args[1:]
	}
	var exec []string
	name, kind, skip := "", "", ""
	depth := 1000
	for len(args) > 0 {
		o := args[0]
		switch {
		case o == "-print" || o == "-xdev" || o == "-depth":
			args = args[1:]
		case o == "-prune":
			depth, args = 1, args[1:]
		case o == "!" && len(args) > 2 && args[1] == "-name":
			skip, args = args[2], args[3:]
		case o == "-name" && len(args) > 1:
			name, args = args[1], args[2:]
		case o == "-type" && len(args) > 1 && contains("b c d f", args[1]):
			kind, args = args[1], args[2:]
		case o == "-exec":
			end := 1
			for end < len(args) && args[end] != ";" && args[end] != "+" {
				end++
			}
			if end == len(args) || end == 1 {
				say("find: 0652-018 An expression term lacks a required parameter.")
				return 1
			}
			exec, args = args[1:end], args[end+1:]
		default:
			say("find: 0652-009 There is a missing conjunction or an operator that is not supported: " + o)
			return 1
		}
	}
	if len(roots) == 0 {
		say("Usage: find [-H | -L] Path-list [Expression-list]")
		return 1
	}
	code := 0
	var names []string
	s.onHost(func(_ *Estate, h *Host) {
		var walk func(shown, full string, level int)
		walk = func(shown, full string, level int) {
			i := h.stat(full)
			if i == nil {
				return
			}
			is := modeText(i.mode)[:1]
			if is == "-" {
				is = "f"
			}
			match, _ := path.Match(name, path.Base(full))
			drop, _ := path.Match(skip, path.Base(full))
			if (name == "" || match) && (kind == "" || kind == is) && (skip == "" || !drop) {
				names = append(names, shown)
			}
			if !i.IsDir() || level >= depth {
				return
			}
			list := h.list(full)
			sort.Strings(list)
			for _, n := range list {
				walk(strings.TrimSuffix(shown, "/")+"/"+n, path.Join(full, n), level+1)
			}
		}
		for _, r := range roots {
			full := absolute(hc.Dir, r)
			if h.stat(full) == nil {
				say("find: bad status-- " + r)
				code = 1
				continue
			}
			walk(r, full, 0)
		}
	})
	for _, n := range names {
		if exec == nil {
			if _, err := io.WriteString(hc.Stdout, n+"\n"); err != nil {
				return code
			}
			continue
		}
		words := make([]string, len(exec))
		for i, w := range exec {
			words[i] = strings.ReplaceAll(w, "{}", n)
		}
		if rc := run(words, strings.NewReader("")); rc < 0 {
			return rc
		}
	}
	return code
}

package lab

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// The awk of the lab is the part of the language that console scripts use: -F and -v, patterns and ranges, fields,
// variables, print and printf, if/else, while and for loops, and the common string functions. Anything else is a
// syntax error.

type awkValue struct {
	s     string
	n     float64
	num   bool // n is the value
	input bool // came from the input, so that it compares as a number if it looks like one
}

func awkNum(n float64) awkValue { return awkValue{n: n, num: true} }
func awkStr(s string) awkValue  { return awkValue{s: s} }

func (v awkValue) str() string {
	if !v.num {
		return v.s
	}
	if v.n == math.Trunc(v.n) && math.Abs(v.n) < 1e16 {
		return strconv.FormatInt(int64(v.n), 10)
	}
	return strconv.FormatFloat(v.n, 'g', 6, 64)
}

func (v awkValue) float() float64 {
	if v.num {
		return v.n
	}
	return leadingNumber(v.s)
}

func (v awkValue) looksNumeric() bool {
	if v.num {
		return true
	}
	t := strings.TrimSpace(v.s)
	return v.input && t != "" && leadingRe.FindString(t) == t
}

func (v awkValue) truth() bool {
	if v.num {
		return v.n != 0
	}
	if v.looksNumeric() {
		return v.float() != 0
	}
	return v.s != ""
}

type awkExpr func(*awkRun) awkValue

type awkStmt func(*awkRun)

type awkRule struct {
	begin, end bool
	from, to   awkExpr
	body       awkStmt
	active     bool
}

type awkRun struct {
	f      *filterCall
	vars   map[string]awkValue
	arrays map[string]map[string]awkValue
	fields []string // fields[0] is $0
	nr     int
	exit   bool
	code   int
	next   bool
	brk    bool
	cont   bool
	steps  int
	res    map[string]*regexp.Regexp
}

type awkToken struct {
	kind string // num str re name func op nl eof
	text string
	num  float64
	// space tells that a blank stood before the token.
	space bool
}

type awkParser struct {
	toks []awkToken
	pos  int
}

type awkError string

var awkFuncs = map[string]bool{"length": true, "substr": true, "index": true, "split": true, "toupper": true, "tolower": true,
	"int": true, "sub": true, "gsub": true, "match": true, "sprintf": true}

func awkLex(src string) ([]awkToken, error) {
	var out []awkToken
	prevValue := func() bool {
		if len(out) == 0 {
			return false
		}
		t := out[len(out)-1]
		return t.kind == "num" || t.kind == "str" || t.kind == "name" || t.kind == "op" && (t.text == ")" || t.text == "]" || t.text == "$")
	}
	i, space := 0, false
	add := func(t awkToken) {
		t.space = space
		space = false
		out = append(out, t)
	}
	for i < len(src) {
		ch := src[i]
		switch {
		case ch == ' ' || ch == '\t' || ch == '\r':
			space = true
			i++
		case ch == '\\' && i+1 < len(src) && src[i+1] == '\n':
			i += 2
		case ch == '\n':
			add(awkToken{kind: "nl", text: ";"})
			i++
		case ch == '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
		case ch == '"':
			var b strings.Builder
			i++
			closed := false
			for i < len(src) {
				if src[i] == '"' {
					closed = true
					i++
					break
				}
				if src[i] == '\\' && i+1 < len(src) {
					i++
					switch src[i] {
					case 'n':
						b.WriteByte('\n')
					case 't':
						b.WriteByte('\t')
					case '"', '\\', '/':
						b.WriteByte(src[i])
					default:
						b.WriteByte('\\')
						b.WriteByte(src[i])
					}
					i++
					continue
				}
				b.WriteByte(src[i])
				i++
			}
			if !closed {
				return nil, fmt.Errorf("string")
			}
			add(awkToken{kind: "str", text: b.String()})
		case ch == '/' && !prevValue():
			j := i + 1
			inSet := false
			for j < len(src) && (src[j] != '/' || inSet) {
				if src[j] == '\\' {
					j++
				} else if src[j] == '[' {
					inSet = true
				} else if src[j] == ']' {
					inSet = false
				}
				j++
			}
			if j >= len(src) {
				return nil, fmt.Errorf("expression")
			}
			add(awkToken{kind: "re", text: strings.ReplaceAll(src[i+1:j], `\/`, "/")})
			i = j + 1
		case ch >= '0' && ch <= '9' || ch == '.' && i+1 < len(src) && src[i+1] >= '0' && src[i+1] <= '9':
			m := leadingRe.FindString(src[i:])
			n, _ := strconv.ParseFloat(m, 64)
			add(awkToken{kind: "num", num: n, text: m})
			i += len(m)
		case ch == '_' || unicode.IsLetter(rune(ch)):
			j := i
			for j < len(src) && (src[j] == '_' || unicode.IsLetter(rune(src[j])) || src[j] >= '0' && src[j] <= '9') {
				j++
			}
			kind := "name"
			if awkFuncs[src[i:j]] {
				kind = "func"
			}
			add(awkToken{kind: kind, text: src[i:j]})
			i = j
		default:
			op := ""
			for _, x := range []string{"&&", "||", "==", "!=", "<=", ">=", "!~", "++", "--", "+=", "-=", "*=", "/=", "%="} {
				if strings.HasPrefix(src[i:], x) {
					op = x
				}
			}
			if op == "" && strings.IndexByte("+-*/%^!<>=~?:;,{}()[]$", ch) >= 0 {
				op = string(ch)
			}
			if op == "" {
				return nil, fmt.Errorf("character %q", ch)
			}
			if op == ";" {
				add(awkToken{kind: "nl", text: ";"})
			} else {
				add(awkToken{kind: "op", text: op})
			}
			i += len(op)
		}
	}
	return append(out, awkToken{kind: "eof"}), nil
}

func (p *awkParser) peek() awkToken { return p.toks[p.pos] }

func (p *awkParser) is(op string) bool {
	t := p.peek()
	return (t.kind == "op" || t.kind == "name") && t.text == op
}

func (p *awkParser) accept(op string) bool {
	if p.is(op) {
		p.pos++
		return true
	}
	return false
}

// fail leaves the parser; parseAwk catches it. Only awkError travels this way.
func (p *awkParser) fail() {
	panic(awkError(p.peek().text))
}

func (p *awkParser) expect(op string) {
	if !p.accept(op) {
		p.fail()
	}
}

func (p *awkParser) newlines() {
	for p.peek().kind == "nl" {
		p.pos++
	}
}

func parseAwk(src string) (rules []*awkRule, err error) {
	toks, err := awkLex(src)
	if err != nil {
		return nil, err
	}
	p := &awkParser{toks: toks}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(awkError)
			if !ok {
				panic(r)
			}
			rules, err = nil, fmt.Errorf("near %q", string(e))
		}
	}()
	for p.newlines(); p.peek().kind != "eof"; p.newlines() {
		r := &awkRule{}
		switch {
		case p.accept("BEGIN"):
			r.begin = true
		case p.accept("END"):
			r.end = true
		case !p.is("{"):
			r.from = p.expr()
			if p.accept(",") {
				r.to = p.expr()
			}
		}
		if p.is("{") {
			r.body = p.block()
		} else if r.begin || r.end {
			p.fail()
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("empty")
	}
	return rules, nil
}

func (p *awkParser) block() awkStmt {
	p.expect("{")
	var list []awkStmt
	for p.newlines(); !p.is("}"); p.newlines() {
		list = append(list, p.stmt())
	}
	p.expect("}")
	return func(r *awkRun) {
		for _, s := range list {
			if r.stopped() {
				return
			}
			s(r)
		}
	}
}

func (r *awkRun) stopped() bool {
	r.steps++
	if r.steps > 5_000_000 {
		r.exit, r.code = true, 2
	}
	return r.exit || r.next || r.brk || r.cont
}

func (p *awkParser) endStmt() {
	if t := p.peek(); t.kind == "nl" {
		p.pos++
	} else if !p.is("}") && t.kind != "eof" {
		p.fail()
	}
}

func (p *awkParser) simpleOrBlock() awkStmt {
	p.newlines()
	if p.is("{") {
		return p.block()
	}
	return p.stmt()
}

func (p *awkParser) stmt() awkStmt {
	switch {
	case p.is("{"):
		return p.block()
	case p.accept("if"):
		p.expect("(")
		cond := p.expr()
		p.expect(")")
		then := p.simpleOrBlock()
		var other awkStmt
		save := p.pos
		p.newlines()
		if p.accept("else") {
			other = p.simpleOrBlock()
		} else {
			p.pos = save
		}
		return func(r *awkRun) {
			if cond(r).truth() {
				then(r)
			} else if other != nil {
				other(r)
			}
		}
	case p.accept("while"):
		p.expect("(")
		cond := p.expr()
		p.expect(")")
		body := p.simpleOrBlock()
		return awkLoop(cond, body, nil)
	case p.accept("for"):
		p.expect("(")
		if p.peek().kind == "name" && p.toks[p.pos+1].kind == "name" && p.toks[p.pos+1].text == "in" {
			name := p.peek().text
			p.pos += 2
			arr := p.peek().text
			p.pos++
			p.expect(")")
			body := p.simpleOrBlock()
			return func(r *awkRun) {
				var keys []string
				for k := range r.arrays[arr] {
					keys = append(keys, k)
				}
				sortNatural(keys)
				for _, k := range keys {
					r.vars[name] = awkValue{s: k, input: true}
					body(r)
					if r.exit || r.next {
						return
					}
					if r.brk {
						r.brk = false
						return
					}
					r.cont = false
				}
			}
		}
		var init, step awkStmt
		var cond awkExpr
		if p.peek().kind != "nl" {
			init = p.simple()
		}
		p.semicolon()
		if p.peek().kind != "nl" {
			cond = p.expr()
		}
		p.semicolon()
		if !p.is(")") {
			step = p.simple()
		}
		p.expect(")")
		body := p.simpleOrBlock()
		loop := awkLoop(cond, body, step)
		return func(r *awkRun) {
			if init != nil {
				init(r)
			}
			loop(r)
		}
	}
	s := p.simple()
	p.endStmt()
	return s
}

func (p *awkParser) semicolon() {
	if p.peek().kind != "nl" {
		p.fail()
	}
	p.pos++
}

func awkLoop(cond awkExpr, body, step awkStmt) awkStmt {
	return func(r *awkRun) {
		for (cond == nil || cond(r).truth()) && !r.exit {
			body(r)
			if r.exit || r.next {
				return
			}
			if r.brk {
				r.brk = false
				return
			}
			r.cont = false
			if step != nil {
				step(r)
			}
			if r.stopped() {
				return
			}
		}
	}
}

func (p *awkParser) simple() awkStmt {
	switch {
	case p.accept("print"):
		args := p.args()
		if p.is(">") {
			p.fail()
		}
		return func(r *awkRun) {
			if len(args) == 0 {
				r.f.say(r.fields[0])
				return
			}
			var parts []string
			for _, a := range args {
				parts = append(parts, a(r).str())
			}
			r.f.out.WriteString(strings.Join(parts, r.vars["OFS"].str()) + r.vars["ORS"].str())
		}
	case p.accept("printf"):
		args := p.args()
		if len(args) == 0 || p.is(">") {
			p.fail()
		}
		return func(r *awkRun) { r.f.out.WriteString(r.sprintf(args)) }
	case p.accept("next"):
		return func(r *awkRun) { r.next = true }
	case p.accept("break"):
		return func(r *awkRun) { r.brk = true }
	case p.accept("continue"):
		return func(r *awkRun) { r.cont = true }
	case p.accept("exit"):
		var code awkExpr
		if t := p.peek(); t.kind != "nl" && !p.is("}") && t.kind != "eof" {
			code = p.expr()
		}
		return func(r *awkRun) {
			r.exit = true
			if code != nil {
				r.code = int(code(r).float()) & 255
			}
		}
	}
	e := p.expr()
	return func(r *awkRun) { e(r) }
}

// args reads the operands of print; a ">" inside them would be a redirection and is refused by the caller.
func (p *awkParser) args() []awkExpr {
	var out []awkExpr
	if t := p.peek(); t.kind == "nl" || t.kind == "eof" || p.is("}") {
		return nil
	}
	// print (a, b): the parentheses belong to print when they enclose everything.
	if p.is("(") {
		save := p.pos
		p.pos++
		list := []awkExpr{p.expr()}
		for p.accept(",") {
			list = append(list, p.expr())
		}
		if p.accept(")") {
			if t := p.peek(); t.kind == "nl" || t.kind == "eof" || p.is("}") {
				return list
			}
		}
		p.pos = save
	}
	for {
		out = append(out, p.noGreater())
		if !p.accept(",") {
			return out
		}
	}
}

func (p *awkParser) noGreater() awkExpr { return p.ternary(true) }

func (p *awkParser) expr() awkExpr { return p.ternary(false) }

func (p *awkParser) ternary(noGT bool) awkExpr {
	// An assignment starts with a place.
	if set, get, n := p.place(); set != nil {
		save := p.pos
		p.pos = n
		for _, op := range []string{"=", "+=", "-=", "*=", "/=", "%="} {
			if p.accept(op) {
				rhs := p.ternary(noGT)
				return func(r *awkRun) awkValue {
					v := rhs(r)
					if op != "=" {
						v = awkNum(arith(op[0], get(r).float(), v.float()))
					}
					set(r, v)
					return v
				}
			}
		}
		p.pos = save
	}
	cond := p.or(noGT)
	if p.accept("?") {
		a := p.ternary(noGT)
		p.expect(":")
		b := p.ternary(noGT)
		return func(r *awkRun) awkValue {
			if cond(r).truth() {
				return a(r)
			}
			return b(r)
		}
	}
	return cond
}

// place looks ahead for a variable, a field or an array element. It does not move the parser; n is where it would be.
func (p *awkParser) place() (set func(*awkRun, awkValue), get awkExpr, n int) {
	save := p.pos
	defer func() { p.pos = save }()
	switch t := p.peek(); {
	case t.kind == "name" && !contains("in getline function delete print printf if while for do return", t.text):
		p.pos++
		if p.is("[") && !p.peek().space {
			p.pos++
			key := p.expr()
			p.expect("]")
			return func(r *awkRun, v awkValue) {
					if r.arrays[t.text] == nil {
						r.arrays[t.text] = map[string]awkValue{}
					}
					r.arrays[t.text][key(r).str()] = v
				}, func(r *awkRun) awkValue { return r.arrays[t.text][key(r).str()] },
				p.pos
		}
		if p.is("(") && !p.peek().space {
			return nil, nil, 0
		}
		return func(r *awkRun, v awkValue) { r.set(t.text, v) }, func(r *awkRun) awkValue { return r.get(t.text) }, p.pos
	case t.kind == "op" && t.text == "$":
		p.pos++
		idx := p.primary()
		return func(r *awkRun, v awkValue) { r.setField(int(idx(r).float()), v.str()) },
			func(r *awkRun) awkValue { return r.field(int(idx(r).float())) }, p.pos
	}
	return nil, nil, 0
}

func (p *awkParser) or(noGT bool) awkExpr {
	x := p.and(noGT)
	for p.accept("||") {
		p.newlines()
		a, b := x, p.and(noGT)
		x = func(r *awkRun) awkValue { return awkBool(a(r).truth() || b(r).truth()) }
	}
	return x
}

func (p *awkParser) and(noGT bool) awkExpr {
	x := p.in(noGT)
	for p.accept("&&") {
		p.newlines()
		a, b := x, p.in(noGT)
		x = func(r *awkRun) awkValue { return awkBool(a(r).truth() && b(r).truth()) }
	}
	return x
}

func (p *awkParser) in(noGT bool) awkExpr {
	x := p.match(noGT)
	for p.accept("in") {
		arr := p.peek()
		if arr.kind != "name" {
			p.fail()
		}
		p.pos++
		a := x
		x = func(r *awkRun) awkValue { _, ok := r.arrays[arr.text][a(r).str()]; return awkBool(ok) }
	}
	return x
}

func (p *awkParser) match(noGT bool) awkExpr {
	x := p.compare(noGT)
	for p.is("~") || p.is("!~") {
		neg := p.peek().text == "!~"
		p.pos++
		a := x
		re := p.regexpOperand()
		x = func(r *awkRun) awkValue { return awkBool(re(r).MatchString(a(r).str()) != neg) }
	}
	return x
}

// regexpOperand reads a /re/ or an expression whose value is one.
func (p *awkParser) regexpOperand() func(*awkRun) *regexp.Regexp {
	if t := p.peek(); t.kind == "re" {
		p.pos++
		re, err := posixRegexp(t.text, true, false)
		if err != nil {
			p.fail()
		}
		return func(*awkRun) *regexp.Regexp { return re }
	}
	e := p.compare(false)
	return func(r *awkRun) *regexp.Regexp { return r.regexp(e(r).str()) }
}

var awkNever = regexp.MustCompile(`[^\x00-\x{10FFFF}]`)

func (r *awkRun) regexp(s string) *regexp.Regexp {
	if re := r.res[s]; re != nil {
		return re
	}
	re, err := posixRegexp(s, true, false)
	if err != nil {
		re = awkNever
	}
	r.res[s] = re
	return re
}

func (p *awkParser) compare(noGT bool) awkExpr {
	x := p.concat()
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if op == ">" && noGT || !p.is(op) {
			continue
		}
		p.pos++
		a, b := x, p.concat()
		return func(r *awkRun) awkValue {
			l, rr := a(r), b(r)
			c := 0
			if (l.looksNumeric() || l.input && l.s == "") && rr.looksNumeric() || l.looksNumeric() && rr.input && rr.s == "" {
				switch {
				case l.float() < rr.float():
					c = -1
				case l.float() > rr.float():
					c = 1
				}
			} else {
				c = strings.Compare(l.str(), rr.str())
			}
			return awkBool(map[string]bool{"==": c == 0, "!=": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op])
		}
	}
	return x
}

func awkBool(b bool) awkValue {
	if b {
		return awkNum(1)
	}
	return awkNum(0)
}

func (p *awkParser) concat() awkExpr {
	x := p.sum()
	for {
		t := p.peek()
		ok := t.kind == "num" || t.kind == "str" || t.kind == "func" || t.kind == "op" && (t.text == "$" || t.text == "(" || t.text == "-" && false) ||
			t.kind == "name" && t.text != "in"
		if !ok {
			return x
		}
		a, b := x, p.sum()
		x = func(r *awkRun) awkValue { return awkStr(a(r).str() + b(r).str()) }
	}
}

func arith(op byte, a, b float64) float64 {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	case '/':
		if b == 0 {
			return 0
		}
		return a / b
	case '%':
		if b == 0 {
			return 0
		}
		return math.Mod(a, b)
	}
	return math.Pow(a, b)
}

func (p *awkParser) sum() awkExpr {
	x := p.product()
	for p.is("+") || p.is("-") {
		op := p.peek().text[0]
		p.pos++
		a, b := x, p.product()
		x = func(r *awkRun) awkValue { return awkNum(arith(op, a(r).float(), b(r).float())) }
	}
	return x
}

func (p *awkParser) product() awkExpr {
	x := p.unary()
	for p.is("*") || p.is("/") || p.is("%") {
		op := p.peek().text[0]
		p.pos++
		a, b := x, p.unary()
		x = func(r *awkRun) awkValue { return awkNum(arith(op, a(r).float(), b(r).float())) }
	}
	return x
}

func (p *awkParser) unary() awkExpr {
	switch {
	case p.accept("!"):
		x := p.unary()
		return func(r *awkRun) awkValue { return awkBool(!x(r).truth()) }
	case p.accept("-"):
		x := p.unary()
		return func(r *awkRun) awkValue { return awkNum(-x(r).float()) }
	case p.accept("+"):
		x := p.unary()
		return func(r *awkRun) awkValue { return awkNum(x(r).float()) }
	}
	x := p.primary()
	if p.accept("^") {
		a, b := x, p.unary()
		x = func(r *awkRun) awkValue { return awkNum(math.Pow(a(r).float(), b(r).float())) }
	}
	return x
}

func (p *awkParser) primary() awkExpr {
	t := p.peek()
	for _, op := range []string{"++", "--"} {
		if p.accept(op) {
			set, get, n := p.place()
			if set == nil {
				p.fail()
			}
			p.pos = n
			return func(r *awkRun) awkValue {
				v := awkNum(arith(op[0], get(r).float(), 1))
				set(r, v)
				return v
			}
		}
	}
	switch t.kind {
	case "num":
		p.pos++
		return func(*awkRun) awkValue { return awkNum(t.num) }
	case "str":
		p.pos++
		return func(*awkRun) awkValue { return awkStr(t.text) }
	case "re":
		re := p.regexpOperand()
		return func(r *awkRun) awkValue { return awkBool(re(r).MatchString(r.fields[0])) }
	case "func":
		p.pos++
		return p.function(t.text)
	}
	if p.accept("(") {
		x := p.expr()
		p.expect(")")
		return x
	}
	set, get, n := p.place()
	if set == nil {
		p.fail()
	}
	p.pos = n
	for _, op := range []string{"++", "--"} {
		if p.accept(op) {
			return func(r *awkRun) awkValue {
				old := get(r).float()
				set(r, awkNum(arith(op[0], old, 1)))
				return awkNum(old)
			}
		}
	}
	return get
}

func (p *awkParser) function(name string) awkExpr {
	if name == "length" && !p.is("(") {
		return func(r *awkRun) awkValue { return awkNum(float64(len(r.fields[0]))) }
	}
	p.expect("(")
	var args []awkExpr
	var re func(*awkRun) *regexp.Regexp
	var arr string
	var set func(*awkRun, awkValue)
	var get awkExpr
	for i := 0; !p.is(")"); i++ {
		if i > 0 {
			p.expect(",")
		}
		switch {
		case (name == "sub" || name == "gsub") && i == 0, name == "match" && i == 1, name == "split" && i == 2 && p.peek().kind == "re":
			re = p.regexpOperand()
			args = append(args, nil)
		case (name == "sub" || name == "gsub") && i == 2:
			var n int
			if set, get, n = p.place(); set == nil {
				p.fail()
			}
			p.pos = n
			args = append(args, get)
		case name == "split" && i == 1:
			if p.peek().kind != "name" {
				p.fail()
			}
			arr = p.peek().text
			p.pos++
			args = append(args, nil)
		default:
			args = append(args, p.expr())
		}
	}
	p.expect(")")
	limits := map[string][2]int{"length": {0, 1}, "substr": {2, 3}, "index": {2, 2}, "split": {2, 3}, "toupper": {1, 1}, "tolower": {1, 1},
		"int": {1, 1}, "sub": {2, 3}, "gsub": {2, 3}, "match": {2, 2}, "sprintf": {1, 99}}[name]
	if len(args) < limits[0] || len(args) > limits[1] {
		p.fail()
	}
	switch name {
	case "length":
		return func(r *awkRun) awkValue {
			if len(args) == 0 {
				return awkNum(float64(len(r.fields[0])))
			}
			return awkNum(float64(len(args[0](r).str())))
		}
	case "substr":
		return func(r *awkRun) awkValue {
			s := args[0](r).str()
			from := int(math.Round(args[1](r).float()))
			to := len(s) + 1
			if len(args) == 3 {
				to = from + int(math.Round(args[2](r).float()))
			}
			from, to = max(from, 1), min(to, len(s)+1)
			if from >= to {
				return awkStr("")
			}
			return awkStr(s[from-1 : to-1])
		}
	case "index":
		return func(r *awkRun) awkValue {
			return awkNum(float64(strings.Index(args[0](r).str(), args[1](r).str()) + 1))
		}
	case "toupper":
		return func(r *awkRun) awkValue { return awkStr(strings.ToUpper(args[0](r).str())) }
	case "tolower":
		return func(r *awkRun) awkValue { return awkStr(strings.ToLower(args[0](r).str())) }
	case "int":
		return func(r *awkRun) awkValue { return awkNum(math.Trunc(args[0](r).float())) }
	case "sprintf":
		return func(r *awkRun) awkValue { return awkStr(r.sprintf(args)) }
	case "match":
		return func(r *awkRun) awkValue {
			m := re(r).FindStringIndex(args[0](r).str())
			if m == nil {
				r.vars["RSTART"], r.vars["RLENGTH"] = awkNum(0), awkNum(-1)
				return awkNum(0)
			}
			r.vars["RSTART"], r.vars["RLENGTH"] = awkNum(float64(m[0]+1)), awkNum(float64(m[1]-m[0]))
			return r.vars["RSTART"]
		}
	case "split":
		return func(r *awkRun) awkValue {
			s := args[0](r).str()
			sep := r.vars["FS"].str()
			if len(args) == 3 && args[2] != nil {
				sep = args[2](r).str()
			}
			var parts []string
			if re != nil {
				parts = re(r).Split(s, -1)
			} else {
				parts = r.splitFields(s, sep)
			}
			if s == "" {
				parts = nil
			}
			r.arrays[arr] = map[string]awkValue{}
			for i, x := range parts {
				r.arrays[arr][strconv.Itoa(i+1)] = awkValue{s: x, input: true}
			}
			return awkNum(float64(len(parts)))
		}
	}
	if set == nil {
		set, get = func(r *awkRun, v awkValue) { r.setField(0, v.str()) }, func(r *awkRun) awkValue { return r.field(0) }
	}
	return func(r *awkRun) awkValue {
		s, repl, n := get(r).str(), args[1](r).str(), 0
		out := replaceFunc(re(r), s, func(m []int) (string, bool) {
			if name == "sub" && n == 1 {
				return "", false
			}
			n++
			return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(repl, `\&`, "\x00"), "&", s[m[0]:m[1]]), "\x00", "&"), true
		})
		if n > 0 {
			set(r, awkStr(out))
		}
		return awkNum(float64(n))
	}
}

func (r *awkRun) sprintf(args []awkExpr) string {
	f := args[0](r).str()
	rest := args[1:]
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		j := i + 1
		for j < len(f) && strings.IndexByte("-+ 0123456789.#", f[j]) >= 0 {
			j++
		}
		if j >= len(f) {
			b.WriteString(f[i:])
			break
		}
		if f[j] == '%' {
			b.WriteByte('%')
			i = j
			continue
		}
		v := awkStr("")
		if len(rest) > 0 {
			v, rest = rest[0](r), rest[1:]
		}
		spec := f[i:j]
		switch f[j] {
		case 's':
			fmt.Fprintf(&b, spec+"s", v.str())
		case 'd', 'i':
			fmt.Fprintf(&b, spec+"d", int64(v.float()))
		case 'x', 'X', 'o':
			fmt.Fprintf(&b, spec+string(f[j]), int64(v.float()))
		case 'f', 'e', 'g':
			fmt.Fprintf(&b, spec+string(f[j]), v.float())
		case 'c':
			if v.num {
				b.WriteByte(byte(v.n))
			} else if v.s != "" {
				b.WriteByte(v.s[0])
			}
		default:
			b.WriteString(f[i : j+1])
		}
		i = j
	}
	return b.String()
}

func (r *awkRun) get(name string) awkValue {
	switch name {
	case "NR", "FNR":
		return awkNum(float64(r.nr))
	case "NF":
		return awkNum(float64(len(r.fields) - 1))
	}
	v, ok := r.vars[name]
	if !ok {
		return awkValue{input: true}
	}
	return v
}

func (r *awkRun) set(name string, v awkValue) {
	if name == "NF" {
		n := max(0, min(int(v.float()), 10000))
		for len(r.fields)-1 < n {
			r.fields = append(r.fields, "")
		}
		r.fields = r.fields[:n+1]
		r.rebuild()
		return
	}
	r.vars[name] = v
}

func (r *awkRun) field(n int) awkValue {
	if n < 0 || n >= len(r.fields) {
		return awkValue{input: true}
	}
	return awkValue{s: r.fields[n], input: true}
}

func (r *awkRun) setField(n int, s string) {
	if n < 0 || n > 10000 {
		return
	}
	if n == 0 {
		r.setLine(s)
		return
	}
	for len(r.fields) <= n {
		r.fields = append(r.fields, "")
	}
	r.fields[n] = s
	r.rebuild()
}

func (r *awkRun) rebuild() { r.fields[0] = strings.Join(r.fields[1:], r.vars["OFS"].str()) }

func (r *awkRun) setLine(s string) {
	r.fields = append([]string{s}, r.splitFields(s, r.vars["FS"].str())...)
}

func (r *awkRun) splitFields(s, sep string) []string {
	switch {
	case sep == " ":
		return strings.Fields(s)
	case s == "":
		return nil
	case len(sep) == 1:
		return strings.Split(s, sep)
	}
	return r.regexp(sep).Split(s, -1)
}

func sortNatural(keys []string) {
	for i := 1; i < len(keys); i++ {
		for j := i; j > 0 && naturalLess(keys[j], keys[j-1]); j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
}

func filterAwk(f *filterCall) int {
	r := &awkRun{f: f, vars: map[string]awkValue{"FS": awkStr(" "), "OFS": awkStr(" "), "ORS": awkStr("\n")},
		arrays: map[string]map[string]awkValue{}, res: map[string]*regexp.Regexp{}, fields: []string{""}}
	args := f.args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && len(args[0]) > 1 {
		a := args[0]
		args = args[1:]
		value := func() (string, bool) {
			if len(a) > 2 {
				return a[2:], true
			}
			if len(args) == 0 {
				return "", false
			}
			v := args[0]
			args = args[1:]
			return v, true
		}
		switch {
		case strings.HasPrefix(a, "-F"):
			v, ok := value()
			if !ok {
				return f.usage(2)
			}
			if v == "t" || v == `\t` {
				v = "\t"
			}
			r.vars["FS"] = awkStr(v)
		case strings.HasPrefix(a, "-v"):
			v, ok := value()
			n, val, found := strings.Cut(v, "=")
			if !ok || !found {
				return f.usage(2)
			}
			r.vars[n] = awkValue{s: val, input: true}
		default:
			return f.usage(2)
		}
	}
	if len(args) == 0 {
		return f.usage(2)
	}
	rules, err := parseAwk(args[0])
	if err != nil {
		fmt.Fprintf(f.err, " Syntax Error The source line is 1.\n The error context is\n\t\t%s\n awk: 0602-502 The statement cannot be correctly parsed. The source line is 1.\n", args[0])
		return 2
	}
	if len(args) > 1 {
		if rc, ok := f.input(args[1:], 2); !ok {
			return rc
		}
	}
	needInput := false
	for _, ru := range rules {
		if ru.begin {
			ru.body(r)
			r.next = false
		} else {
			needInput = true
		}
	}
	if needInput && !r.exit {
		for _, line := range f.lines() {
			r.nr++
			r.setLine(line)
			for _, ru := range rules {
				if ru.begin || ru.end || !r.selects(ru) {
					continue
				}
				if ru.body == nil {
					f.say(r.fields[0])
				} else {
					ru.body(r)
				}
				if r.next || r.exit {
					break
				}
			}
			r.next = false
			if r.exit {
				break
			}
		}
	}
	r.exit = false
	for _, ru := range rules {
		if ru.end && !r.exit {
			ru.body(r)
		}
	}
	return r.code
}

func (r *awkRun) selects(ru *awkRule) bool {
	switch {
	case ru.from == nil:
		return true
	case ru.to == nil:
		return ru.from(r).truth()
	case ru.active:
		ru.active = !ru.to(r).truth()
		return true
	case ru.from(r).truth():
		ru.active = !ru.to(r).truth()
		return true
	}
	return false
}

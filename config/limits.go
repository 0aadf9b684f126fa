package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// The parsers of HCL and JSON call themselves for every level of nesting and
// look ahead again at each one, and evaluating does the same for every operator
// of an expression. A file of a few hundred kilobytes could so keep a processor
// busy for minutes or blow the stack, which no Go program survives. What people
// write stays far below these limits.
const (
	maxNesting  = 1000   // brackets open at once, and operators waiting in them
	maxExponent = 300    // decimal exponent of a number; a float64 holds it
	maxStack    = 10_000 // values that wait for each other
)

// checkLimits looks over a file before it is parsed. A cheap scan settles nearly
// all files; only what it cannot judge is split into tokens.
func checkLimits(src []byte, name string) *hcl.Diagnostic {
	if strings.HasSuffix(name, ".json") {
		return checkJSON(src, name)
	}
	if scanNative(src) {
		return nil
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	return checkTokens(tokens)
}

func tooDeep(r hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Nested too deeply", Detail: fmt.Sprintf("More than %d brackets and operators are nested here. Split the expression with locals.", maxNesting), Subject: &r}
}

func tooLarge(r hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Number out of range", Detail: fmt.Sprintf("The exponent of a number goes up to %d.", maxExponent), Subject: &r}
}

// nesting counts open brackets and, for each, the operators since the last
// separator: together they bound how deep parsing and evaluating will recurse.
type nesting struct {
	open  []byte
	ops   []int
	total int
}

func (n *nesting) push(c byte) {
	n.open, n.ops = append(n.open, c), append(n.ops, 0)
	n.total++
}

func (n *nesting) pop() {
	last := len(n.open) - 1
	n.total -= 1 + n.ops[last]
	n.open, n.ops = n.open[:last], n.ops[:last]
}

func (n *nesting) top() byte {
	if len(n.open) == 0 {
		return 0
	}
	return n.open[len(n.open)-1]
}

func (n *nesting) op() {
	if len(n.ops) > 0 {
		n.ops[len(n.ops)-1]++
		n.total++
	}
}

func (n *nesting) separator() {
	if len(n.ops) > 0 {
		n.total -= n.ops[len(n.ops)-1]
		n.ops[len(n.ops)-1] = 0
	}
}

// scanNative reports whether a file is surely within the limits. It gives up,
// with false, at what only the real scanner can judge.
func scanNative(src []byte) bool {
	n := &nesting{}
	n.push(0)
	for i := 0; i < len(src); i++ {
		if n.total > maxNesting {
			return false
		}
		c := src[i]
		if n.top() == '"' {
			switch c {
			case '\\':
				i++
			case '\n':
				return false
			case '"':
				n.pop()
			case '$', '%':
				if i+2 < len(src) && src[i+1] == c && src[i+2] == '{' {
					i += 2
				} else if i+1 < len(src) && src[i+1] == '{' {
					if c == '%' {
						n.op()
					}
					n.push('{')
					i++
				}
			}
			continue
		}
		switch c {
		case '#':
			i = endOfLine(src, i) - 1
		case '\n':
			if n.top() == '{' || n.top() == 0 {
				n.separator()
			}
		case ',':
			n.separator()
		case '"', '(', '[', '{':
			n.push(c)
		case ')', ']', '}':
			if want := map[byte]byte{')': '(', ']': '[', '}': '{'}[c]; n.top() != want {
				return false
			}
			n.pop()
			n.op()
		case '/':
			switch {
			case i+1 < len(src) && src[i+1] == '/':
				i = endOfLine(src, i) - 1
			case i+1 < len(src) && src[i+1] == '*':
				end := bytes.Index(src[i+2:], []byte("*/"))
				if end < 0 {
					return false
				}
				i += 2 + end + 1
			default:
				n.op()
			}
		case '<':
			if i+1 < len(src) && src[i+1] == '<' {
				return false // a heredoc
			}
			n.op()
		case '+', '-', '*', '%', '!', '&', '|', '>', '?', ':', '=', '.':
			n.op()
		case 'e', 'E':
			if i > 0 && (src[i-1] >= '0' && src[i-1] <= '9' || src[i-1] == '.') && longExponent.Match(src[i:min(i+8, len(src))]) {
				return false
			}
		}
	}
	return n.total <= maxNesting
}

func endOfLine(src []byte, i int) int {
	if end := bytes.IndexByte(src[i:], '\n'); end >= 0 {
		return i + end
	}
	return len(src)
}

var longExponent = regexp.MustCompile(`^[eE][+-]?[0-9]{3,}`)

// checkTokens is the exact form of scanNative.
func checkTokens(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	n := &nesting{}
	n.push(0)
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			n.push(t.Bytes[0])
		case hclsyntax.TokenTemplateControl:
			n.op() // what stands between if and endif is nested in it
			n.push('%')
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(n.open) > 1 {
				n.pop()
			}
			if t.Type != hclsyntax.TokenTemplateSeqEnd {
				n.op()
			}
		case hclsyntax.TokenComma:
			n.separator()
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if n.top() == '{' || n.top() == 0 {
				n.separator()
			}
		case hclsyntax.TokenNumberLit:
			if _, exp, ok := strings.Cut(strings.ToLower(string(t.Bytes)), "e"); ok {
				if e, err := strconv.Atoi(exp); err != nil || e > maxExponent || e < -maxExponent {
					return tooLarge(t.Range)
				}
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
		default:
			n.op()
		}
		if n.total > maxNesting {
			return tooDeep(t.Range)
		}
	}
	return nil
}

// checkJSON is the same for JSON, whose strings are templates.
func checkJSON(src []byte, name string) *hcl.Diagnostic {
	depth := 0
	at := func(i int) hcl.Range {
		before := src[:i]
		line := bytes.Count(before, []byte("\n")) + 1
		p := hcl.Pos{Line: line, Column: i - bytes.LastIndexByte(before, '\n'), Byte: i}
		return hcl.Range{Filename: name, Start: p, End: p}
	}
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case 'e', 'E':
			if i > 0 && src[i-1] >= '0' && src[i-1] <= '9' && longExponent.Match(src[i:min(i+8, len(src))]) {
				return tooLarge(at(i))
			}
		case '"':
			start := i + 1
			for i++; i < len(src) && src[i] != '"'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
			text := src[start:max(start, min(i, len(src)))]
			if !bytes.Contains(text, []byte("${")) && !bytes.Contains(text, []byte("%{")) {
				continue
			}
			// Escapes do not matter here: they hide no bracket and no operator.
			tokens, _ := hclsyntax.LexTemplate(bytes.ReplaceAll(text, []byte(`\"`), []byte(`"`)), name, hcl.InitialPos)
			if d := checkTokens(tokens); d != nil {
				*d.Subject = at(start)
				return d
			}
		}
		if depth > maxNesting {
			return tooDeep(at(i))
		}
	}
	return nil
}

// hugeNumber reports numbers that cannot be written out in reasonable time,
// which expressions can reach by multiplying.
func hugeNumber(v cty.Value) bool {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || v.Type() != cty.Number {
		return false
	}
	f := v.AsBigFloat()
	e := f.MantExp(nil)
	return f.IsInf() || e > 1000 || e < -1000
}

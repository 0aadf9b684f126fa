// Package console speaks to consoles: SSH sessions, and for each grammar (HMC
// and IVM records, Virtual I/O Server text) one command builder and one parser.
// Command lines are made here and nowhere else.
//
// The package knows no kinds and no plans.
package console

import (
	"fmt"
	"sort"
	"strings"
)

// Record is one line of lssyscfg, lshwres or lslparmigr: attribute -> value.
type Record map[string]string

// List returns a value that is itself a list by the same rules one level down.
// "none" and nothing are the empty list.
func (r Record) List(name string) ([]string, error) {
	v := r[name]
	if v == "" || v == "none" || v == "null" {
		return nil, nil
	}
	return splitCSV(v)
}

// ParseRecords reads the default output of a command: lines of name=value
// pairs. IVM prints nothing for an empty result, an HMC a sentence.
func ParseRecords(out string) ([]Record, error) {
	var recs []Record
	for _, line := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "No results were found.") {
			continue
		}
		fields, err := splitCSV(line)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		r := make(Record, len(fields))
		for _, f := range fields {
			name, value, ok := strings.Cut(f, "=")
			if !ok || name == "" {
				return nil, fmt.Errorf("line %q: %q is no name=value", line, f)
			}
			r[name] = value
		}
		recs = append(recs, r)
	}
	return recs, nil
}

// ParseFields reads the output of -F name,name,...: one slice of values for each
// line, in the order asked for.
func ParseFields(out string, n int) ([][]string, error) {
	var rows [][]string
	for _, line := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "No results were found.") {
			continue
		}
		f, err := splitCSV(line)
		if err == nil && len(f) != n {
			err = fmt.Errorf("%d values instead of %d", len(f), n)
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		rows = append(rows, f)
	}
	return rows, nil
}

// SplitList takes a list value apart.
func SplitList(s string) ([]string, error) { return Record{"": s}.List("") }

// splitCSV splits a line by the rules of RFC 4180, without line breaks inside values.
func splitCSV(s string) ([]string, error) {
	var out []string
	for {
		if !strings.HasPrefix(s, `"`) {
			f, rest, more := strings.Cut(s, ",")
			out = append(out, f)
			if !more {
				return out, nil
			}
			s = rest
			continue
		}
		var b strings.Builder
		i := 1
		for {
			j := strings.IndexByte(s[i:], '"')
			if j < 0 {
				return nil, fmt.Errorf("a quote is not closed")
			}
			b.WriteString(s[i : i+j])
			i += j + 1
			if i < len(s) && s[i] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			break
		}
		out = append(out, b.String())
		switch {
		case i == len(s):
			return out, nil
		case s[i] != ',':
			return nil, fmt.Errorf("text follows a closing quote: %q", s[i:])
		}
		s = s[i+1:]
	}
}

func quoteCSV(s string) string {
	if strings.ContainsAny(s, `,"`) {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// Attr is one name=value of an input record; Op is "=", "+=" or "-=".
type Attr struct {
	Name, Op, Value string
}

// Set makes an attribute with a plain value.
func Set(name, value string) Attr { return Attr{name, "=", value} }

// SetList makes an attribute whose value is a list.
func SetList(name string, items ...string) Attr {
	q := make([]string, len(items))
	for i, x := range items {
		q[i] = quoteCSV(x)
	}
	return Attr{name, "=", strings.Join(q, ",")}
}

// FormatRecord writes an input record for -i or -a, refusing what the grammar
// cannot carry: no value may become a second attribute.
func FormatRecord(attrs ...Attr) (string, error) {
	parts := make([]string, len(attrs))
	for i, a := range attrs {
		if err := plain(a.Value); err != nil {
			return "", fmt.Errorf("%s: %w", a.Name, err)
		}
		if a.Name == "" || strings.ContainsAny(a.Name, "=,\" +-") {
			return "", fmt.Errorf("%q is no attribute name", a.Name)
		}
		parts[i] = quoteCSV(a.Name + a.Op + a.Value)
	}
	return strings.Join(parts, ","), nil
}

// plain refuses control characters: a line break would begin a second record.
func plain(s string) error {
	for _, r := range s {
		if r < 0x20 || r == 0x7f {
			return fmt.Errorf("%q holds a control character, which no console takes", s)
		}
	}
	return nil
}

// Names returns a record's attribute names, sorted.
func (r Record) Names() []string {
	out := make([]string, 0, len(r))
	for n := range r {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

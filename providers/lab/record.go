package lab

import (
	"strings"
)

// A record is RFC 4180 CSV whose fields are name=value; a list value is CSV again, one level down. The two functions
// splitCSV and joinCSV are therefore used for records and for lists alike.

// splitCSV cuts one CSV line. blanks tells that blanks before a field are skipped, as the consoles do after a comma.
func splitCSV(s string, blanks bool) ([]string, bool) {
	var fields []string
	i := 0
	for {
		if blanks {
			for i < len(s) && s[i] == ' ' {
				i++
			}
		}
		if i < len(s) && s[i] == '"' {
			var b strings.Builder
			i++
			closed := false
			for i < len(s) {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						b.WriteByte('"')
						i += 2
						continue
					}
					i++
					closed = true
					break
				}
				b.WriteByte(s[i])
				i++
			}
			if !closed {
				return nil, false
			}
			fields = append(fields, b.String())
			if i == len(s) {
				return fields, true
			}
			if s[i] != ',' {
				return nil, false
			}
			i++
			continue
		}
		end := strings.IndexByte(s[i:], ',')
		field := s[i:]
		if end >= 0 {
			field = s[i : i+end]
		}
		if strings.Contains(field, `"`) {
			return nil, false
		}
		fields = append(fields, field)
		if end < 0 {
			return fields, true
		}
		i += end + 1
	}
}

func quoteCSV(s string, delim byte) string {
	if strings.IndexByte(s, delim) < 0 && !strings.ContainsAny(s, "\",\n") && !strings.HasPrefix(s, " ") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func joinCSV(fields []string, delim byte) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(delim)
		}
		b.WriteString(quoteCSV(f, delim))
	}
	return b.String()
}

// pair is one name=value of an input record. Op is "=", "+=" or "-=".
type pair struct{ Name, Op, Value string }

// parseRecord reads an input record (-i, -a, --filter). ok is false where the console says that the format of the
// data is invalid.
func parseRecord(s string) (pairs []pair, ok bool) {
	if strings.TrimSpace(s) == "" {
		return nil, false
	}
	fields, ok := splitCSV(s, true)
	if !ok {
		return nil, false
	}
	for _, f := range fields {
		name, value, found := strings.Cut(f, "=")
		if !found || name == "" {
			return nil, false
		}
		p := pair{Name: name, Op: "=", Value: value}
		if n := len(name); name[n-1] == '+' || name[n-1] == '-' {
			p.Op = name[n-1:] + "="
			p.Name = name[:n-1]
		}
		if p.Name == "" || strings.ContainsAny(p.Name, " \"") {
			return nil, false
		}
		pairs = append(pairs, p)
	}
	return pairs, true
}

// formatRecord is the default output format: name=value pairs, a pair with a comma in double quotes.
func formatRecord(pairs []pair) string {
	fields := make([]string, len(pairs))
	for i, p := range pairs {
		fields[i] = p.Name + "=" + p.Value
	}
	return joinCSV(fields, ',')
}

// formatRow is formatRecord with some pairs in quotes whatever they hold.
func formatRow(pairs []pair, quotes map[string]bool) string {
	if quotes == nil {
		return formatRecord(pairs)
	}
	fields := make([]string, len(pairs))
	for i, p := range pairs {
		fields[i] = p.Name + "=" + p.Value
		if q := quoteCSV(fields[i], ','); q != fields[i] || quotes[p.Name] && p.Value != "" {
			fields[i] = `"` + strings.ReplaceAll(fields[i], `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, ",")
}

// splitList reads a list value; none and the empty string are empty lists.
func splitList(s string) ([]string, bool) {
	if s == "" || s == "none" {
		return nil, true
	}
	return splitCSV(s, false)
}

func joinList(items []string) string {
	if len(items) == 0 {
		return "none"
	}
	return joinCSV(items, ',')
}

// row is one output object: names in print order with their values. A name with na is left out of the default format
// and printed as word when it is asked for with -F.
type row struct {
	names  []string
	values map[string]string
	hidden map[string]bool // printed with -F only
	na     map[string]bool
	quotes map[string]bool // in quotes in the default format even without a comma
}

func newRow() *row {
	return &row{values: map[string]string{}, hidden: map[string]bool{}, na: map[string]bool{}}
}

func (r *row) add(name, value string) *row {
	r.names = append(r.names, name)
	r.values[name] = value
	return r
}

// addNA adds an attribute that does not apply to this object.
func (r *row) addNA(name, word string) *row {
	r.add(name, word)
	r.na[name] = true
	return r
}

// addHidden adds an attribute that only -F shows.
func (r *row) addHidden(name, value string) *row {
	r.add(name, value)
	r.hidden[name] = true
	return r
}

// force puts a pair into quotes in the default format.
func (r *row) force(name string) {
	if r.quotes == nil {
		r.quotes = map[string]bool{}
	}
	r.quotes[name] = true
}

// selection is a parsed -F.
type selection struct {
	given bool
	names []string
	delim byte
}

func parseSelection(s string) (selection, bool) {
	sel := selection{given: true, delim: ','}
	if s == "" {
		return sel, true
	}
	start := 0
	found := false
	for i := 0; i < len(s); i++ {
		ch := s[i]
		word := ch == '_' || ch >= '0' && ch <= '9' || ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z'
		if word {
			continue
		}
		if found && ch != sel.delim {
			return sel, false
		}
		found, sel.delim = true, ch
		sel.names = append(sel.names, s[start:i])
		start = i + 1
	}
	sel.names = append(sel.names, s[start:])
	for _, n := range sel.names {
		if n == "" {
			return sel, false
		}
	}
	return sel, true
}

// printRows renders rows. known is the full attribute list in order; bad names the first unknown attribute.
func printRows(rows []*row, known []string, sel selection, header bool) (text string, bad string) {
	valid := map[string]bool{}
	for _, n := range known {
		valid[n] = true
	}
	for _, n := range sel.names {
		if !valid[n] {
			return "", n
		}
	}
	if len(rows) == 0 {
		return "", ""
	}
	var b strings.Builder
	names := sel.names
	if sel.given && len(names) == 0 {
		names = known
	}
	if header {
		b.WriteString(strings.Join(names, string(sel.delim)))
		b.WriteByte('\n')
	}
	for _, r := range rows {
		if !sel.given {
			var pairs []pair
			for _, n := range r.names {
				if !r.na[n] && !r.hidden[n] {
					pairs = append(pairs, pair{Name: n, Value: r.values[n]})
				}
			}
			b.WriteString(formatRow(pairs, r.quotes))
			b.WriteByte('\n')
			continue
		}
		values := make([]string, len(names))
		for i, n := range names {
			v, ok := r.values[n]
			if !ok {
				v = "null"
			}
			values[i] = v
		}
		b.WriteString(joinCSV(values, sel.delim))
		b.WriteByte('\n')
	}
	return b.String(), ""
}

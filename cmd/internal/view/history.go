package view

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

// History lists snapshots, a line each.
func History(w io.Writer, vs []state.Version) {
	if len(vs) == 0 {
		fmt.Fprintln(w, "There is no state yet.")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "serial\twhen\twho\twhy\twhat")
	for _, v := range vs {
		when, who, what := "-", v.By, []string{}
		if !v.Time.IsZero() {
			when = v.Time.Local().Format(time.DateTime)
		}
		if v.Job != "" {
			who += " " + v.Job
		}
		names := func(sign string, as []schema.Address) {
			for i, a := range as {
				if i == 3 {
					what = append(what, fmt.Sprintf("and %d more", len(as)-3))
					break
				}
				what = append(what, sign+string(a))
			}
		}
		names("~ ", v.Changed)
		names("- ", v.Gone)
		if v.Unreadable {
			what = []string{"(encrypted for others)"}
		} else if v.Whole {
			what = []string{"written whole"}
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", v.Serial, when, dash(who), dash(v.Why), dash(strings.Join(what, ", ")))
	}
	_ = t.Flush() // w is the terminal or a file; the next write fails too
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// StateDiff shows what is remembered otherwise.
func StateDiff(w io.Writer, st Style, from, to *state.Snapshot, cat *schema.Catalogue) {
	fmt.Fprintf(w, "From serial %d to serial %d.\n", from.Serial, to.Serial)
	var all []schema.Address
	for a := range from.Records {
		all = append(all, a)
	}
	for a := range to.Records {
		if from.Records[a] == nil {
			all = append(all, a)
		}
	}
	slices.Sort(all)
	n := 0
	for _, a := range all {
		x, y := from.Records[a], to.Records[a]
		switch {
		case x == nil:
			fmt.Fprintf(w, "+ %s\n", a)
		case y == nil:
			fmt.Fprintf(w, "- %s\n", a)
		default:
			lines := differences(x.Object, y.Object, cat)
			if x.PreventDestroy != y.PreventDestroy {
				lines = append(lines, fmt.Sprintf("prevent_destroy  %v -> %v", x.PreventDestroy, y.PreventDestroy))
			}
			if len(lines) == 0 {
				continue
			}
			fmt.Fprintf(w, "~ %s\n", a)
			for _, l := range lines {
				fmt.Fprintf(w, "    %s\n", l)
			}
		}
		n++
	}
	if n == 0 {
		fmt.Fprintln(w, "Nothing changed.")
	}
}

func differences(x, y *schema.Object, cat *schema.Catalogue) []string {
	var out []string
	if x.ID != y.ID {
		out = append(out, fmt.Sprintf("identity  %s -> %s", x.ID, y.ID))
	}
	k := cat.Kind(x.Kind)
	was, is := leaves(x.Value, ""), leaves(y.Value, "")
	var paths []string
	for p := range was {
		paths = append(paths, p)
	}
	for p := range is {
		if _, both := was[p]; !both {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	for _, p := range paths {
		show := func(v cty.Value) string {
			if v == cty.NilVal || v.IsNull() {
				return "(none)"
			}
			if k != nil {
				if a := k.Attribute(p); a != nil {
					if a.Sensitive {
						return "(sensitive)"
					}
					return a.Display(v)
				}
			}
			if v.Type() == cty.String {
				return strconv.Quote(v.AsString())
			}
			return string(schema.EncodeValue(v))
		}
		if k != nil {
			if a := k.Attribute(p); a != nil && (a.Fleeting || a.Computed) {
				continue // what was found, and not what was asked for
			}
		}
		if a, b := was[p], is[p]; a == cty.NilVal || b == cty.NilVal || !schema.Equal(a, b) {
			out = append(out, fmt.Sprintf("%s  %s -> %s", p, show(a), show(b)))
		}
	}
	return out
}

// leaves are the values of an object that hold no object, by path.
func leaves(v cty.Value, at string) map[string]cty.Value {
	out := map[string]cty.Value{}
	if v == cty.NilVal || v.IsNull() {
		return out
	}
	if !v.Type().IsObjectType() {
		out[at] = v
		return out
	}
	for name, x := range v.AsValueMap() {
		for p, y := range leaves(x, schema.JoinPath(append(schema.SplitPath(at), name)...)) {
			out[p] = y
		}
	}
	return out
}

package view

import (
	"fmt"
	"io"
	"sort"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

// Snapshot writes the whole state.
func Snapshot(w io.Writer, st Style, s *state.Snapshot, cat *schema.Catalogue) {
	fmt.Fprintf(w, "State %s, serial %d, %s.\n", s.Lineage, s.Serial, plural(len(s.Records), "object"))
	addrs := make([]string, 0, len(s.Records))
	for a := range s.Records {
		addrs = append(addrs, string(a))
	}
	sort.Strings(addrs)
	for _, a := range addrs {
		fmt.Fprintln(w)
		Record(w, st, s.Records[schema.Address(a)], cat)
	}
}

// Record writes one owned object as last verified.
func Record(w io.Writer, st Style, r *schema.Record, cat *schema.Catalogue) {
	o := r.Object
	protect := ""
	if r.PreventDestroy {
		protect = ", protected from deletion"
	}
	fmt.Fprintf(w, "%s  (%s%s)\n", st.Bold.Render(string(o.Address)), o.ID, protect)
	if k := cat.Kind(o.Kind); k != nil {
		attributes(w, k.Attributes, o.Value, "  ")
	}
}

func attributes(w io.Writer, attrs []schema.Attribute, v cty.Value, in string) {
	for i := range attrs {
		a := &attrs[i]
		x := schema.Get(v, a.Name)
		switch {
		case x == cty.NilVal || a.Fleeting:
		case a.Type == schema.ObjectType && a.Nesting == schema.LabelledBlock:
			for _, label := range schema.Items(x, "") {
				fmt.Fprintf(w, "%s%s %s\n", in, a.Name, strconv.Quote(label))
				attributes(w, a.Attributes, x.GetAttr(label), in+"  ")
			}
		case a.Type == schema.ObjectType && a.Nesting != schema.Map:
			fmt.Fprintf(w, "%s%s\n", in, a.Name)
			attributes(w, a.Attributes, x, in+"  ")
		default:
			fmt.Fprintf(w, "%s%-24s %s\n", in, a.Name, a.Display(x))
		}
	}
}

// Graph writes a directed graph for Graphviz.
func Graph(w io.Writer, nodes []string, edges map[string][]string) {
	fmt.Fprintln(w, "digraph gantry {\n  rankdir = LR\n  node [shape = box]")
	for _, n := range nodes {
		fmt.Fprintf(w, "  %s\n", strconv.Quote(n))
	}
	for _, n := range nodes {
		for _, to := range edges[n] {
			fmt.Fprintf(w, "  %s -> %s\n", strconv.Quote(n), strconv.Quote(to))
		}
	}
	fmt.Fprintln(w, "}")
}

package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// Proposal is an evacuation or a return, with what has to change in the files
// for it and the plan that would result. Its JSON form is documented.
type Proposal struct {
	Format     int                 `json:"format"`
	Evacuation *planner.Evacuation `json:"evacuation"`
	Lines      []config.Edit       `json:"lines"`
	ByHand     []config.Manual     `json:"by_hand"`
	// Remember is what the memory of evacuations holds afterwards.
	Remember []planner.Left `json:"remember"`
	Written  bool           `json:"written"`
	Plan     *planner.Plan  `json:"plan"`
}

// Evacuation writes who moves where, which lines change for it, and who stays
// and why.
func Evacuation(w io.Writer, st Style, p *Proposal) {
	e := p.Evacuation
	fmt.Fprintln(w, st.Bold.Render(evacuationHeadline(e)))
	if len(e.Moves)+len(e.Already) > 0 {
		fmt.Fprintln(w)
	}
	width := 30
	for _, m := range e.Moves {
		width = max(width, min(len(m.Address), 46))
	}
	for _, m := range e.Moves {
		fmt.Fprintf(w, " %-10s %-*s %-14s %s -> %s\n", st.Green.Render(pad("moves", 10)), width, m.Address, modeWords(m.Mode), short(m.From), short(m.To))
		if m.Why != "" {
			fmt.Fprintf(w, " %-10s %s\n", "", st.Dim.Render("because "+m.Why))
		}
	}
	for _, x := range e.Along {
		fmt.Fprintf(w, " %-10s %-*s with %s: %s\n", st.Green.Render(pad("along", 10)), width, x.Address, x.With, x.Why)
	}
	for _, m := range e.Already {
		fmt.Fprintf(w, " %-10s %-30s %-14s %s\n", st.Dim.Render(pad("declared", 10)), m.Address, "on "+short(m.To), "already; its line does not change")
	}
	stays(w, st, e)
	lines(w, st, p)
	fmt.Fprintln(w)
}

func short(a schema.Address) string {
	return strings.TrimPrefix(strings.TrimPrefix(string(a), "system."), "host.")
}

func modeWords(mode string) string {
	switch mode {
	case "live":
		return "live"
	case "inactive":
		return "powered off"
	case "static":
		return "stopped meanwhile"
	case "move":
		return "group move"
	}
	return "is there"
}

func evacuationHeadline(e *planner.Evacuation) string {
	what, verb := "Evacuation of "+string(e.System), "stay"
	if e.Return {
		what, verb = "Return to "+string(e.System), "not to return"
	}
	left, vios := 0, 0
	for _, s := range e.Stays {
		left++
		if s.Vios {
			vios++
		}
	}
	if len(e.Moves)+len(e.Already)+left-vios == 0 {
		return what + ": it holds no " + map[bool]string{true: "workload partition", false: "client partition"}[e.System.Kind() == "host"] + "; there is nothing to do."
	}
	count := map[string]int{}
	for _, m := range e.Moves {
		count[m.Mode]++
	}
	parts := []string{fmt.Sprintf("%d to move live", count["live"]), fmt.Sprintf("%d powered off", count["inactive"])}
	for _, mode := range []string{"static", "move"} {
		if n := count[mode]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, map[string]string{"static": "stopped meanwhile", "move": "by a move of their group"}[mode]))
		}
	}
	if n := count[""]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d only in the files", n))
	}
	if n := len(e.Already); n > 0 {
		parts = append(parts, fmt.Sprintf("%d declared so already", n))
	}
	parts = append(parts, fmt.Sprintf("%d %s", left-vios, verb))
	return what + ": " + strings.Join(parts, ", ") + "."
}

func stays(w io.Writer, st Style, e *planner.Evacuation) {
	if len(e.Stays) > 0 {
		fmt.Fprintln(w)
	}
	for _, s := range e.Stays {
		name, state := string(s.Address), "off"
		if name == "" {
			name = s.Name
		}
		if s.Running {
			state = "running"
		}
		head := pad("stays", 10)
		switch {
		case s.Vios:
			head = st.Dim.Render(head)
		case s.Running && !e.Return:
			head = st.Yellow.Render(head)
		}
		if s.Vios {
			fmt.Fprintf(w, " %s %-30s %s\n", head, name, s.Obstacles[0].Text)
			continue
		}
		fmt.Fprintf(w, " %s %-30s %s; cannot move because:\n", head, name, state)
		obstacles(w, st, "", s.Obstacles)
		for _, r := range s.Refused {
			obstacles(w, st, short(r.System), r.Obstacles)
		}
	}
	switch {
	case e.Bounded && !e.Impossible:
		fmt.Fprintf(w, "\n No place for all of them was found within %d tries. There may be one: help the search with placement.only_on, or make room.\n", e.Tries)
	case e.Bounded:
		fmt.Fprintf(w, "\n Not all of them can go; every way was tried. Whether fewer could stay was not settled within %d tries.\n", e.Tries)
	}
}

func obstacles(w io.Writer, st Style, system string, list []planner.Obstacle) {
	for _, o := range list {
		text := o.Text
		if o.Fix != "" {
			text += " " + o.Fix
		}
		if system == "" {
			fmt.Fprintf(w, "              %s\n", indentRest(wrap(o.Code+": "+text, st.Width-14), 14))
			continue
		}
		fmt.Fprintf(w, "              %-16s %s\n", system, indentRest(wrap(o.Code+": "+text, st.Width-31), 31))
	}
}

func indentRest(s string, n int) string {
	return strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", n))
}

// lines are the changes of the files, those that can be made and those that a
// person has to make.
func lines(w io.Writer, st Style, p *Proposal) {
	if len(p.Lines) > 0 {
		fmt.Fprintf(w, "\n %s\n", st.Dim.Render("lines to change"))
		for _, l := range p.Lines {
			whose := ""
			if !strings.HasPrefix(l.Before, "system") { // a map, a local or an argument decides it
				whose = st.Dim.Render("   # " + joined(l.Addresses))
			}
			fmt.Fprintf(w, "   %s:%d  %s  ->  %s%s\n", l.File, l.Line, oneLine(l.Before), oneLine(l.After), whose)
		}
	}
	if len(p.ByHand) > 0 {
		fmt.Fprintf(w, "\n %s\n", st.Dim.Render("to change by hand"))
		for _, m := range p.ByHand {
			for i, a := range m.Addresses {
				fmt.Fprintf(w, "   %s:%d  %s  of %s is to be %s.\n", m.File, m.Line, oneLine(m.Text), a, m.Want[i])
			}
			at := ""
			if m.DecidedAt != nil {
				at = " [" + m.DecidedAt.String() + "]"
			}
			fmt.Fprintf(w, "     %s%s\n", indentRest(wrap(m.Decides, st.Width-5), 5), at)
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// EvacuationMarkdown writes the proposal for a merge request.
func EvacuationMarkdown(w io.Writer, p *Proposal) {
	e := p.Evacuation
	fmt.Fprintf(w, "### %s\n\n", evacuationHeadline(e))
	if len(e.Moves)+len(e.Stays) > 0 {
		fmt.Fprintln(w, "| | who | how | to or why |\n|---|---|---|---|")
	}
	for _, m := range e.Moves {
		fmt.Fprintf(w, "| moves | `%s` | %s | `%s` |\n", m.Address, modeWords(m.Mode), m.To)
	}
	for _, x := range e.Along {
		fmt.Fprintf(w, "| along | `%s` | | with `%s`: %s |\n", x.Address, x.With, x.Why)
	}
	for _, s := range e.Stays {
		name := string(s.Address)
		if name == "" {
			name = s.Name
		}
		fmt.Fprintf(w, "| stays | `%s` | | %s |\n", name, cell(s.Why()))
	}
	for _, l := range p.Lines {
		fmt.Fprintf(w, "\n- `%s:%d` `%s` → `%s`", l.File, l.Line, oneLine(l.Before), oneLine(l.After))
	}
	for _, m := range p.ByHand {
		fmt.Fprintf(w, "\n- `%s:%d` `%s` by hand: %s", m.File, m.Line, oneLine(m.Text), m.Decides)
	}
	fmt.Fprint(w, "\n\n")
}

func joined(addresses []schema.Address) string {
	names := make([]string, len(addresses))
	for i, a := range addresses {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}

// Package view renders plans, events, findings, inventories and diagnostics:
// terminal text, JSON and Markdown. It decides nothing and asks nobody.
package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/term"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// Style colours text, or leaves it alone.
type Style struct {
	Bold, Dim, Red, Yellow, Green, Cyan lipgloss.Style
	Width                               int
}

// NewStyle looks at the writer: colours only on a terminal, never with NO_COLOR.
func NewStyle(w io.Writer) Style {
	r := lipgloss.NewRenderer(w)
	width := 0 // no breaking of lines: whoever reads a pipe may search it
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		width = 100
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 40 {
			width = min(n, 120)
		}
	} else {
		r.SetColorProfile(termenv.Ascii)
	}
	if os.Getenv("NO_COLOR") != "" {
		r.SetColorProfile(termenv.Ascii)
	}
	s := r.NewStyle()
	return Style{Bold: s.Bold(true), Dim: s.Faint(true), Red: s.Foreground(lipgloss.Color("1")).Bold(true), Yellow: s.Foreground(lipgloss.Color("3")), Green: s.Foreground(lipgloss.Color("2")), Cyan: s.Foreground(lipgloss.Color("6")), Width: width}
}

// Diagnostics writes what is wrong, each with its place, snippet and fix.
func Diagnostics(w io.Writer, st Style, l diag.List) {
	for _, d := range l {
		head := string(d.Severity)
		switch d.Severity {
		case diag.Error:
			head = st.Red.Render(head)
		case diag.Warning:
			head = st.Yellow.Render(head)
		}
		title := d.Summary
		if d.Address != "" && d.Range == nil {
			title = d.Address + ": " + title
		}
		fmt.Fprintf(w, "%s: %s\n", head, st.Bold.Render(title))
		if d.Range != nil {
			fmt.Fprintf(w, "  %s, line %d\n", d.Range.File, d.Range.Start.Line)
			n := d.Range.Start.Line
			for i, line := range strings.Split(d.Snippet, "\n") {
				if d.Snippet == "" {
					break
				}
				fmt.Fprintf(w, "  %4d | %s\n", n+i, strings.ReplaceAll(line, "\t", "  "))
			}
		}
		if d.Detail != "" {
			fmt.Fprintln(w, indent(wrap(d.Detail, st.Width-2), "  "))
		}
		if d.Fix != "" {
			fmt.Fprintln(w, indent(wrap(d.Fix, st.Width-2), "  "))
		}
		fmt.Fprintln(w)
	}
}

func indent(s, by string) string { return by + strings.ReplaceAll(s, "\n", "\n"+by) }

// wrap breaks prose; lines that are set off by blanks (commands, answers) stay whole.
func wrap(s string, width int) string {
	if width < 20 {
		return s
	}
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if strings.HasPrefix(line, " ") || len(line) <= width {
			out = append(out, line)
			continue
		}
		cur := ""
		for _, word := range strings.Fields(line) {
			if cur != "" && len(cur)+1+len(word) > width {
				out = append(out, cur)
				cur = ""
			}
			if cur != "" {
				cur += " "
			}
			cur += word
		}
		out = append(out, cur)
	}
	return strings.Join(out, "\n")
}

// JSON writes any of the documented forms.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// PlanOptions choose how much of a plan is shown.
type PlanOptions struct {
	Commands  bool
	Details   bool
	Catalogue *schema.Catalogue
	// Proposed: the plan is of declarations that are not written yet, so apply
	// would not do it.
	Proposed bool
}

var symbols = map[planner.Action]string{planner.Create: "+", planner.Adopt: "=", planner.Update: "~", planner.Start: "^", planner.Stop: "v", planner.Restart: "o", planner.Migrate: ">", planner.Move: ">", planner.Relocate: ">", planner.Synchronise: "*", planner.Delete: "-", planner.Forget: "."}

// Plan writes the plan for a screen: worst disruption first, counts on top.
func Plan(w io.Writer, st Style, p *planner.Plan, o PlanOptions) {
	fmt.Fprintln(w, st.Bold.Render(Headline(p)))
	steps := byDisruption(p.Steps)
	names := displayNames(p)
	width := 30
	for _, s := range steps {
		width = max(width, min(len(s.Address)+2, 48))
	}
	if len(steps) > 0 {
		fmt.Fprintf(w, "\n %-10s %-45s %-8s %s\n", st.Dim.Render(pad("felt", 10)), st.Dim.Render(pad("step", width+15)), st.Dim.Render(pad("takes", 8)), st.Dim.Render("waits for"))
	}
	for _, s := range steps {
		fmt.Fprintln(w, stepLine(st, s, width))
		for _, c := range s.Changes {
			if s.Action == planner.Start || s.Action == planner.Stop || s.Kind == "network" {
				continue // the action, or the details, say it
			}
			fmt.Fprintln(w, changeLine(st, s, c, o.Catalogue, names))
		}
		for _, d := range s.Details {
			if d.Label == "disk" && !o.Details && !o.Commands {
				continue
			}
			fmt.Fprintf(w, "              %-16s %s\n", d.Label, d.Text)
		}
		if o.Commands {
			for _, c := range s.Commands {
				note := ""
				if c.Note != "" {
					note = st.Dim.Render("   # " + c.Note)
				}
				fmt.Fprintf(w, "              %s %s%s\n", st.Cyan.Render(pad(c.Endpoint+" "+c.Purpose, 22)), c.Line, note)
			}
			if s.Reverse != "" {
				fmt.Fprintf(w, "              %-16s %s\n", "way back", s.Reverse)
			}
		}
	}
	if len(p.Renamed) > 0 {
		fmt.Fprintf(w, "\n%s\n", " renamed in the state; nothing is sent")
		for _, m := range p.Renamed {
			fmt.Fprintf(w, "   %s -> %s\n", m.From, m.To)
		}
	}
	room(w, st, p)
	Pending(w, st, p, o.Catalogue)
	drift(w, st, p, o.Catalogue)
	Findings(w, st, p.Findings)
	unmanaged(w, st, p)
	fmt.Fprintln(w)
	fmt.Fprintln(w, closing(p, o.Proposed))
}

func pad(s string, n int) string {
	if len(s) >= n {
		return s
	}
	return s + strings.Repeat(" ", n-len(s))
}

// Headline is the plan in one sentence or two.
func Headline(p *planner.Plan) string {
	counts := map[string]int{}
	order := []string{}
	add := func(k string) {
		if counts[k] == 0 {
			order = append(order, k)
		}
		counts[k]++
	}
	destroyed, stopped := 0, 0
	for _, s := range byDisruption(p.Steps) {
		kind := strings.ReplaceAll(s.Kind, "_", " ")
		if kind == "wpar" {
			kind = "WPAR"
		}
		switch s.Action {
		case planner.Migrate:
			add(s.Mode + " migration")
		case planner.Relocate:
			add(s.Mode + " relocation")
		case planner.Move:
			add("move")
		case planner.Synchronise:
			add("synchronisation")
		case planner.Update:
			add("change")
		case planner.Create:
			add(kind + " to create")
		case planner.Adopt:
			add(kind + " to take over")
		case planner.Start:
			add("start")
		case planner.Stop:
			add("stop")
		case planner.Restart:
			add("restart")
		case planner.Delete:
			add(kind + " to delete")
		case planner.Forget:
			add(kind + " to forget")
		}
		destroyed += s.Destroys
		if s.Disruption >= schema.Restart {
			stopped++
		}
	}
	if len(p.Renamed) > 0 {
		order = append(order, "rename")
		counts["rename"] = len(p.Renamed)
	}
	if len(p.Refreshed) > 0 {
		order = append(order, "record to refresh")
		counts["record to refresh"] = len(p.Refreshed)
	}
	if len(order) == 0 {
		if slices.ContainsFunc(p.Findings, func(f planner.Finding) bool { return f.Severity == diag.Error }) {
			return "Nothing can be planned until the errors below are settled."
		}
		if p.Mode == "destroy" {
			return "Nothing to destroy: nothing is owned."
		}
		if len(p.Targets) > 0 {
			return "Nothing to do for the targets; the rest was not looked at."
		}
		return fmt.Sprintf("Nothing to do: %d objects are as declared.", p.Objects)
	}
	var parts []string
	for _, k := range order {
		parts = append(parts, plural(counts[k], k))
	}
	text := strings.Join(parts, ", ") + "."
	if errs, _ := count(p); errs > 0 {
		return fmt.Sprintf("Refused, for %s below. Asked for: %s", plural(errs, "error"), text)
	}
	switch {
	case destroyed == 0 && stopped == 0:
		text += " Nothing is destroyed, nobody is stopped."
	case destroyed == 0:
		text += fmt.Sprintf(" Nothing is destroyed; %s felt as an outage or restart.", plural(stopped, "step is"))
	default:
		text += fmt.Sprintf(" %d destroyed or unmapped.", destroyed)
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if what == "step is" {
		return fmt.Sprintf("%d steps are", n)
	}
	head, tail, ok := strings.Cut(what, " to ")
	if strings.HasSuffix(head, "s") { // an alias
		head += "e"
	}
	if ok {
		return fmt.Sprintf("%d %ss to %s", n, head, tail)
	}
	return fmt.Sprintf("%d %ss", n, head)
}

func byDisruption(in []*planner.Step) []*planner.Step {
	out := append([]*planner.Step(nil), in...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Disruption > out[j].Disruption })
	return out
}

func stepLine(st Style, s *planner.Step, width int) string {
	felt := pad(s.Disruption.String(), 10)
	switch {
	case s.Disruption >= schema.Restart:
		felt = st.Red.Render(felt)
	case s.Disruption >= schema.Pause:
		felt = st.Yellow.Render(felt)
	}
	what := fmt.Sprintf("%s %s", symbols[s.Action], s.Address)
	verb := string(s.Action)
	switch s.Action {
	case planner.Migrate:
		verb += " " + s.Mode
		if s.Leg == 1 {
			verb = "migrate aside"
		}
	case planner.Relocate:
		verb += " " + s.Mode
	case planner.Update:
		verb = "change"
	case planner.Adopt:
		verb = "take over"
	}
	switch {
	case s.Node == "":
	case s.Action == planner.Move && s.From == s.Node:
		verb = "move aside"
	case s.Action == planner.Move:
		verb = "move back"
	default:
		verb += " at " + s.Node
	}
	waits := "-"
	if len(s.WaitsFor) > 0 {
		var w []string
		for _, id := range s.WaitsFor {
			a, addr, _ := strings.Cut(id, ":")
			if i := strings.IndexByte(addr, '@'); i > 0 && !strings.Contains(addr[i:], "system.") {
				addr = addr[:i] // for the sake of another one
			}
			if a == string(planner.Update) {
				a = "change"
			}
			if addr == string(s.Address) {
				w = append(w, a)
			} else if !slices.Contains(w, addr) {
				w = append(w, addr)
			}
		}
		waits = strings.Join(w, ", ")
	}
	takes := "-"
	if s.Seconds > 0 {
		takes = "~" + schema.FormatDuration(s.Seconds)
	}
	return fmt.Sprintf(" %s %-*s %-14s %-8s %s", felt, width, what, verb, takes, waits)
}

func changeLine(st Style, s *planner.Step, c planner.Change, cat *schema.Catalogue, names map[string]string) string {
	var a *schema.Attribute
	if k := cat.Kind(s.Kind); k != nil {
		a = k.Attribute(c.Path)
	}
	before, after := value(a, brief(a, c.Before), names), value(a, brief(a, c.After), names)
	if s.Action == planner.Migrate || s.Action == planner.Move || s.Action == planner.Relocate {
		for _, kind := range []string{"system.", "host."} {
			before, after = strings.TrimPrefix(before, kind), strings.TrimPrefix(after, kind)
		}
	}
	if c.Source != nil {
		after = "(known after create of " + string(c.Source.Address) + ")"
	}
	if after == "" {
		after = "(empty)"
	}
	line := fmt.Sprintf("              %-16s %s -> %s", c.Path, cmp.Or(before, "(empty)"), after)
	if len(c.Before) == 0 {
		line = fmt.Sprintf("              %-16s + %s", c.Path, after)
	} else if len(c.After) == 0 && c.Source == nil {
		line = fmt.Sprintf("              %-16s - %s", c.Path, before)
	}
	var notes []string
	if len(c.Profile) > 0 {
		notes = append(notes, "profile: "+value(a, c.Profile, names))
	}
	if c.Disruption == schema.Activation || c.Disruption == schema.Restart {
		notes = append(notes, c.Disruption.String())
	}
	if c.Why != "" {
		notes = append(notes, c.Why)
	}
	if len(notes) > 0 {
		line += st.Dim.Render("   " + strings.Join(notes, "; "))
	}
	return line
}

// brief is an item that comes or goes without what only discovery says of it.
func brief(a *schema.Attribute, raw json.RawMessage) json.RawMessage {
	v, err := schema.DecodeValue(raw)
	if a == nil || a.Nesting != schema.LabelledBlock || err != nil || !v.Type().IsObjectType() {
		return raw
	}
	m := map[string]cty.Value{}
	for _, x := range a.Attributes {
		if !x.Computed && schema.Has(v, x.Name) {
			m[x.Name] = schema.Get(v, x.Name)
		}
	}
	return schema.EncodeValue(schema.Build(m))
}

func value(a *schema.Attribute, raw json.RawMessage, names map[string]string) string {
	v, err := schema.DecodeValue(raw)
	if err != nil {
		return string(raw)
	}
	s := a.Display(v)
	if strings.ContainsFunc(s, unicode.IsControl) { // a line of the plan stays one line
		s = strconv.Quote(s)
	}
	if n, ok := names[s]; ok {
		return n
	}
	for id, n := range names {
		if len(id) > 12 && strings.Contains(s, id) {
			s = strings.ReplaceAll(s, id, n)
		}
	}
	return s
}

// displayNames maps console identities that appear in the plan to addresses.
func displayNames(p *planner.Plan) map[string]string {
	names := map[string]string{}
	for _, r := range p.Room {
		names[r.Place] = r.Name
	}
	return names
}

func room(w io.Writer, st Style, p *planner.Plan) {
	if len(p.Room) == 0 {
		return
	}
	type row struct{ now, tight, end string }
	var order []string
	mem, units := map[string]row{}, map[string]row{}
	for _, r := range p.Room {
		name := strings.TrimPrefix(r.Name, "system.")
		if _, ok := mem[name]; !ok {
			if _, ok := units[name]; !ok {
				order = append(order, name)
			}
		}
		if r.Resource == "memory" {
			g := func(m float64) string { return fmt.Sprintf("%.2f GiB", m/1024) }
			mem[name] = row{g(r.Now), g(r.Tightest), g(r.End)}
		} else {
			g := func(u float64) string { return fmt.Sprintf("%.2f units", u) }
			units[name] = row{g(r.Now), g(r.Tightest), g(r.End)}
		}
	}
	fmt.Fprintf(w, "\n %s\n", st.Dim.Render(fmt.Sprintf("%-14s %-24s %-24s %s", "room", "free now", "tightest", "at the end")))
	join := func(a, b string) string { return strings.Trim(a+", "+b, ", ") }
	for _, n := range order {
		m, u := mem[n], units[n]
		fmt.Fprintf(w, " %-14s %-24s %-24s %s\n", n, join(m.now, u.now), join(m.tight, u.tight), join(m.end, u.end))
	}
}

// Pending lists what waits in profiles for the next activation.
func Pending(w io.Writer, st Style, p *planner.Plan, cat *schema.Catalogue) {
	if len(p.Pending) == 0 {
		return
	}
	fmt.Fprintf(w, "\n %s\n", st.Dim.Render("waiting for the next activation (in the profile already)"))
	for _, x := range p.Pending {
		var a *schema.Attribute
		if k := cat.Kind(x.Address.Kind()); k != nil {
			a = k.Attribute(x.Path)
		}
		fmt.Fprintf(w, "   %-28s %-20s runs with %s, will have %s\n", x.Address, x.Path, value(a, x.Running, nil), value(a, x.Wanted, nil))
	}
}

func drift(w io.Writer, st Style, p *planner.Plan, cat *schema.Catalogue) {
	if len(p.Drift) == 0 {
		return
	}
	fmt.Fprintf(w, "\n %s\n", st.Dim.Render("drift: changed since it was last applied, by somebody else"))
	for _, d := range p.Drift {
		var a *schema.Attribute
		if k := cat.Kind(d.Address.Kind()); k != nil && d.Path != "" {
			a = k.Attribute(d.Path)
		}
		text := d.Text
		if len(d.Applied) > 0 || len(d.Found) > 0 {
			text = fmt.Sprintf("%s -> %s", value(a, d.Applied, nil), value(a, d.Found, nil))
			if d.Text != "" {
				text += " (" + d.Text + ")"
			}
		}
		fmt.Fprintf(w, "   %-28s %-20s %s\n", d.Address, d.Path, text)
	}
}

// Findings writes errors and warnings in full, advice in a line.
func Findings(w io.Writer, st Style, fs []planner.Finding) {
	fs = gather(fs)
	if len(fs) > 0 {
		fmt.Fprintln(w)
	}
	for _, f := range fs {
		head := fmt.Sprintf("%s %s", f.Severity, f.Code)
		switch {
		case f.Severity == diag.Error:
			head = st.Red.Render(head)
		case f.Severity == diag.Warning && f.Acknowledged == "":
			head = st.Yellow.Render(head)
		}
		subject := f.Address
		if subject != "" {
			subject += ": "
		}
		text := subject + f.Detail
		if f.Fix != "" {
			text += " " + f.Fix
			if strings.Contains(f.Detail, "\n") {
				text = subject + f.Detail + "\n" + f.Fix
			}
		}
		if f.Severity == diag.Warning && f.Acknowledged == "" {
			text += " Or acknowledge it: -acknowledge " + schema.Address(f.Code+"="+f.Address).Shell()
		}
		if f.Acknowledged != "" {
			text += " (acknowledged: " + f.Acknowledged + ")"
		}
		if f.Range != nil {
			text += fmt.Sprintf(" [%s:%d]", f.Range.File, f.Range.Start.Line)
		}
		fmt.Fprintf(w, " %s %s\n", head, strings.TrimPrefix(indent(wrap(text, st.Width-10), "         "), "         "))
	}
}

func unmanaged(w io.Writer, st Style, p *planner.Plan) {
	if len(p.Unmanaged) == 0 {
		return
	}
	var parts []string
	for i, u := range p.Unmanaged {
		if i == 6 {
			parts = append(parts, fmt.Sprintf("and %d more (gantry plan -json)", len(p.Unmanaged)-6))
			break
		}
		s := u.Name + " on " + strings.TrimPrefix(u.Place, "system.")
		if u.Note != "" {
			s += " (" + u.Note + ")"
		}
		parts = append(parts, s)
	}
	fmt.Fprintf(w, "\n %s\n", strings.TrimPrefix(indent(wrap("Not managed, left alone: "+strings.Join(parts, ", ")+".", st.Width-2), " "), " "))
}

// many says how to acknowledge several warnings of a kind at once.
func many(p *planner.Plan) string {
	counts := map[string]int{}
	for _, f := range gather(p.Findings) {
		if f.Severity == diag.Warning && f.Acknowledged == "" {
			counts[f.Code]++
		}
	}
	var flags []string
	for code, n := range counts {
		if n > 2 {
			flags = append(flags, fmt.Sprintf("-acknowledge '%s=*'", code))
		}
	}
	if len(flags) == 0 {
		return ""
	}
	slices.Sort(flags)
	return " All of a kind: " + strings.Join(flags, " ")
}

func closing(p *planner.Plan, proposed bool) string {
	errs, warns := count(p)
	switch {
	case errs > 0:
		return fmt.Sprintf("Refused: %s. Nothing was changed.", plural(errs, "error"))
	case warns > 0 && p.Blocked():
		return fmt.Sprintf("Held: %s to acknowledge. Nothing was changed.%s", plural(warns, "warning"), many(p))
	case !p.Changes() && warns > 0:
		return fmt.Sprintf("Nothing to do, and %s to look at.", plural(warns, "warning"))
	case !p.Changes() && (p.Mode == "destroy" || len(p.Targets) > 0):
		return "Nothing was changed."
	case !p.Changes():
		return "The estate is as declared."
	}
	text := fmt.Sprintf("%s, about %s.", plural(len(p.Steps), "step"), schema.FormatDuration(criticalPath(p)))
	if len(p.Steps) == 0 {
		text = "Only the state is written."
	}
	if proposed {
		return text + " Nothing was changed."
	}
	return text + " Commands: gantry plan -commands. Apply: gantry apply"
}

// count is how many errors and unacknowledged warnings a plan has.
func count(p *planner.Plan) (errs, warns int) {
	for _, f := range gather(p.Findings) {
		switch {
		case f.Severity == diag.Error:
			errs++
		case f.Severity == diag.Warning && f.Acknowledged == "":
			warns++
		}
	}
	return errs, warns
}

// criticalPath is the longest chain of waits, by estimate, and at least what one console does one after the other.
func criticalPath(p *planner.Plan) float64 {
	end, alone := map[string]float64{}, map[string]float64{}
	longest := 0.0
	for _, s := range p.Steps { // in topological order
		begin := 0.0
		for _, w := range s.WaitsFor {
			begin = max(begin, end[w])
		}
		end[s.ID] = begin + s.Seconds
		longest = max(longest, end[s.ID])
		if s.Action == planner.Create || s.Action == planner.Update || s.Action == planner.Delete {
			alone[s.Endpoint] += s.Seconds
			longest = max(longest, alone[s.Endpoint])
		}
	}
	return longest
}

// Markdown writes the plan for a merge request.
func Markdown(w io.Writer, p *planner.Plan, cat *schema.Catalogue) {
	fmt.Fprintf(w, "### %s\n\n", Headline(p))
	if len(p.Steps) > 0 {
		fmt.Fprintln(w, "| felt | step | change | takes | waits for |\n|---|---|---|---|---|")
	}
	names := displayNames(p)
	for _, s := range byDisruption(p.Steps) {
		var ch []string
		for _, c := range s.Changes {
			var a *schema.Attribute
			if k := cat.Kind(s.Kind); k != nil {
				a = k.Attribute(c.Path)
			}
			ch = append(ch, fmt.Sprintf("%s: %s → %s", c.Path, value(a, c.Before, names), value(a, c.After, names)))
		}
		verb := string(s.Action)
		if s.Mode != "" {
			verb += " " + s.Mode
		}
		fmt.Fprintf(w, "| %s | `%s` %s | %s | %s | %s |\n", s.Disruption, s.Address, verb, cell(strings.Join(ch, "<br>")), schema.FormatDuration(s.Seconds), cell(strings.Join(s.WaitsFor, "<br>")))
	}
	if len(p.Findings) > 0 {
		fmt.Fprintln(w, "\n| | rule | object | finding |\n|---|---|---|---|")
		for _, f := range gather(p.Findings) {
			sev := string(f.Severity)
			if f.Acknowledged != "" {
				sev += " (acknowledged)"
			}
			fmt.Fprintf(w, "| %s | %s | `%s` | %s %s |\n", sev, f.Code, f.Address, cell(f.Detail), cell(f.Fix))
		}
	}
	if len(p.Steps) > 0 {
		fmt.Fprintln(w, "\n<details><summary>Commands</summary>\n\n```")
		for _, s := range p.Steps {
			fmt.Fprintf(w, "# %s\n", s.ID)
			for _, c := range s.Commands {
				fmt.Fprintf(w, "%s %s: %s\n", c.Endpoint, c.Purpose, c.Line)
			}
		}
		fmt.Fprintln(w, "```\n\n</details>")
	}
	fmt.Fprintf(w, "\n%s Plan `%s`.\n", closing(p, false), p.Fingerprint)
}

func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", "<br>")
}

// Inventory writes what was found.
func Inventory(w io.Writer, st Style, inv *planner.Inventory, took time.Duration, commands int) {
	name := map[string]string{}
	for _, o := range inv.Of("system") {
		name[o.ID] = schema.Str(o.Value, "name")
	}
	for _, o := range inv.Of("system") {
		v := o.Value
		fmt.Fprintf(w, "%s  %s*%s, %s, console %s\n", st.Bold.Render("system "+schema.Str(v, "name")), schema.Str(v, "type_model"), schema.Str(v, "serial_number"), schema.Str(v, "state"), schema.Str(v, "console"))
		fmt.Fprintf(w, "  free %s of %s, %g of %g processing units\n", schema.FormatSize(schema.Num(v, "memory.available")), schema.FormatSize(schema.Num(v, "memory.configurable")), schema.Num(v, "processor.available"), schema.Num(v, "processor.configurable"))
		for _, p := range inv.Of("partition") {
			if schema.Str(p.Value, "system") != o.ID {
				continue
			}
			pv := p.Value
			fmt.Fprintf(w, "  %-16s id %-3g %-10s %-24s %s, %s\n", schema.Str(pv, "name"), schema.Num(pv, "id"), schema.Str(pv, "environment"), schema.Str(pv, "state"), schema.FormatSize(schema.Num(pv, "memory.desired")), disksOf(pv))
		}
		for _, n := range inv.Of("network") {
			if dev := schema.Str(n.Value, schema.JoinPath("bridges", o.ID, "device")); dev != "" {
				fmt.Fprintf(w, "  VLAN %-11g bridged by %s\n", schema.Num(n.Value, "vlan"), dev)
			}
		}
		fmt.Fprintln(w)
	}
	hosts(w, st, inv)
	if disks := inv.Of("disk"); len(disks) > 0 {
		fmt.Fprintf(w, "%s\n", st.Bold.Render("disks"))
		for _, d := range disks {
			id := d.ID
			lun := schema.Get(d.Value, "lun")
			for _, h := range schema.Items(d.Value, "hosts") {
				if lun == cty.NilVal {
					lun = schema.Get(d.Value, schema.JoinPath("hosts", h, "lun"))
				}
			}
			if lun != cty.NilVal {
				id = "W" + schema.Str(lun, "wwpn") + "-L" + schema.Str(lun, "id")
			}
			var seen []string
			for _, sys := range schema.Items(d.Value, "paths") {
				p := schema.Get(d.Value, schema.JoinPath("paths", sys))
				s := schema.Str(p, "device") + " on " + schema.Str(p, "vios")
				if all := schema.Items(p, "devices"); len(all) > 0 {
					var on []string
					for _, vios := range all {
						on = append(on, schema.Str(p, schema.JoinPath("devices", vios))+" on "+vios)
					}
					s = strings.Join(on, ", ")
				}
				if m := schema.Strings(p, "mapped_to"); len(m) > 0 {
					s += " (" + strings.Join(m, ",") + ")"
				}
				seen = append(seen, s)
			}
			for _, h := range schema.Items(d.Value, "hosts") {
				seen = append(seen, schema.Str(d.Value, schema.JoinPath("hosts", h, "device"))+" on "+h)
			}
			size := "-"
			mib := schema.Num(d.Value, "size")
			for _, h := range schema.Items(d.Value, "hosts") {
				mib = max(mib, schema.Num(d.Value, schema.JoinPath("hosts", h, "size")))
			}
			if mib > 0 {
				size = schema.FormatSize(mib)
			}
			fmt.Fprintf(w, "  %-44s %-9s %s\n", id, size, strings.Join(seen, ", "))
		}
		fmt.Fprintln(w)
	}
	keys := make([]string, 0, len(inv.Endpoints))
	for k := range inv.Endpoints {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if e := inv.Endpoints[k]; e.Error != "" {
			fmt.Fprintf(w, "%s %s: %s\n", st.Red.Render("not discovered"), k, e.Error)
		}
	}
	fmt.Fprintln(w, Discovered(inv, commands, took))
}

func disksOf(v cty.Value) string {
	n := len(schema.Items(v, "disk"))
	if n == 0 {
		return "no disk"
	}
	return plural(n, "disk")
}

// Discovered is the sentence above every plan.
func Discovered(inv *planner.Inventory, commands int, took time.Duration) string {
	text := fmt.Sprintf("%s from %s", counts(inv), places(inv))
	if took == 0 {
		return "Planned against a saved inventory: " + text + "."
	}
	return fmt.Sprintf("Discovered %s: %s, %s.", text, plural(commands, "request"), took.Round(100*time.Millisecond))
}

// counts are the numbers of what was found; hosts and what is on them are told where there are any.
func counts(inv *planner.Inventory) string {
	hosts := len(inv.Of("host"))
	var out []string
	for _, x := range []struct{ kind, word string }{{"system", "system"}, {"partition", "partition"}, {"host", "host"}, {"volume_group", "volume group"}, {"filesystem", "filesystem"}, {"wpar", "WPAR"}, {"disk", "disk"}} {
		n := len(inv.Of(x.kind))
		hosted := x.kind == "host" || x.kind == "volume_group" || x.kind == "filesystem" || x.kind == "wpar"
		if n > 0 || hosts == 0 && !hosted && !foreign(inv) {
			out = append(out, plural(n, x.word))
		}
	}
	own := map[string]int{}
	for _, o := range inv.Objects {
		if o.Endpoint != "" && strings.HasPrefix(o.ID, o.Endpoint+"/") { // the identities of a provider's own kinds
			own[o.Kind]++
		}
	}
	for _, k := range slices.Sorted(maps.Keys(own)) {
		out = append(out, plural(own[k], strings.ReplaceAll(k, "_", " ")))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

// foreign: only consoles of providers that the estate requires were asked.
func foreign(inv *planner.Inventory) bool {
	for key := range inv.Endpoints {
		if typ, _, _ := strings.Cut(key, "."); typ == "aix" || typ == "hmc" || typ == "ivm" {
			return false
		}
	}
	return len(inv.Endpoints) > 0
}

// places are the consoles and the hosts that were asked.
func places(inv *planner.Inventory) string {
	hosts := 0
	for key := range inv.Endpoints {
		if strings.HasPrefix(key, "aix.") {
			hosts++
		}
	}
	consoles := len(inv.Endpoints) - hosts
	switch {
	case hosts == 0:
		return plural(consoles, "console")
	case consoles == 0:
		return plural(hosts, "host")
	}
	return plural(consoles, "console") + " and " + plural(hosts, "host")
}

// hosts writes what was found on AIX hosts.
func hosts(w io.Writer, st Style, inv *planner.Inventory) {
	for _, h := range inv.Of("host") {
		fmt.Fprintf(w, "%s  AIX %s, %s, %s\n", st.Bold.Render("host "+h.ID), schema.Str(h.Value, "level"), schema.Str(h.Value, "model"), schema.FormatSize(schema.Num(h.Value, "memory")))
		for _, g := range inv.Of("volume_group") {
			if schema.Str(g.Value, "host") != h.ID {
				continue
			}
			room := "not varied on"
			if schema.True(g.Value, "active") {
				room = fmt.Sprintf("free %s of %s", schema.FormatSize(schema.Num(g.Value, "free")), schema.FormatSize(schema.Num(g.Value, "size")))
			}
			fmt.Fprintf(w, "  %-16s %s, %s\n", schema.Str(g.Value, "name"), plural(len(schema.Strings(g.Value, "disks")), "disk"), room)
			for _, f := range inv.Of("filesystem") {
				if schema.Str(f.Value, "volume_group") != g.ID {
					continue
				}
				mounted := ""
				if !schema.True(f.Value, "mounted") {
					mounted = ", not mounted"
				}
				fmt.Fprintf(w, "    %-24s %s on %s%s\n", schema.Str(f.Value, "mount"), schema.FormatSize(schema.Num(f.Value, "size")), schema.Str(f.Value, "logical_volume"), mounted)
			}
		}
		for _, x := range inv.Of("wpar") {
			if s := schema.Str(x.Value, schema.JoinPath("known", h.ID)); s != "" {
				fmt.Fprintf(w, "  %-16s %s WPAR, %s\n", schema.Str(x.Value, "name"), schema.Str(x.Value, "kind"), s)
			}
		}
		fmt.Fprintln(w)
	}
}

// gather makes one finding, for people, of those about recorded objects that one silent console hides.
func gather(fs []planner.Finding) []planner.Finding {
	const between = " is recorded, but "
	hidden := map[string][]string{}
	for _, f := range fs {
		if who, by, ok := strings.Cut(f.Detail, between); ok && f.Code == planner.NotVisible {
			hidden[by] = append(hidden[by], who)
		}
	}
	said := map[string]bool{}
	var out []planner.Finding
	for _, f := range fs {
		_, by, ok := strings.Cut(f.Detail, between)
		if who := hidden[by]; ok && f.Code == planner.NotVisible && len(who) > 3 {
			if said[by] {
				continue
			}
			said[by] = true
			slices.Sort(who)
			f.Address = ""
			f.Detail = fmt.Sprintf("%s and %d more are recorded, but %s", strings.Join(who[:3], ", "), len(who)-3, strings.Replace(by, "it still exists", "they still exist", 1))
		}
		out = append(out, f)
	}
	return out
}

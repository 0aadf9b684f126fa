package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// relocation are the options of plan that propose other places.
type relocation struct {
	evacuate, back string
	write          bool
}

func (f *relocation) register(c *cobra.Command) {
	c.Flags().StringVar(&f.evacuate, "evacuate", "", "propose other places for everybody on this `system`, or for the WPARs of this host")
	c.Flags().StringVar(&f.back, "return", "", "propose to bring back to this `system` or host who left it by -evacuate")
	c.Flags().BoolVar(&f.write, "write", false, "with -evacuate or -return: write the changed lines into the files")
}

func (f *relocation) asked() bool { return f.evacuate != "" || f.back != "" }

// option is how the user asked, for messages.
func (f *relocation) option() string {
	if f.back != "" {
		return "-return " + f.back
	}
	return "-evacuate " + f.evacuate
}

// check refuses options that contradict each other.
func (f *relocation) check(p *planRun) error {
	bad := func(detail, fix string) error {
		return diag.List{diag.Errorf("options", "Options that do not go together", "%s", detail).WithFix("%s", fix)}.Err()
	}
	if !f.asked() {
		if f.write {
			return bad("-write says nothing without -evacuate or -return.", "Add one of the two.")
		}
		return nil
	}
	word, _, _ := strings.Cut(f.option(), " ")
	switch {
	case f.evacuate != "" && f.back != "":
		return bad("-evacuate empties a system and -return fills one.", "Plan one after the other.")
	case p.destroy:
		return bad(word+" proposes other places, and -destroy deletes what lives there.", "Leave one of the two out.")
	case p.refreshOnly:
		return bad(word+" proposes changes, and -refresh-only plans none.", "Leave one of the two out.")
	case len(p.targets) > 0:
		return bad(word+" looks at every partition of the system, and -target leaves some out.", "Leave -target out; pinned partitions stay (placement.pinned).")
	case p.out != "" && !f.write:
		return bad("A plan that is saved with -out is of what the files say, and without -write they do not say it yet: the next plan would take everything back.", "Add -write.")
	}
	return nil
}

// relocate proposes places, shows them with the plan that would result, and
// writes the lines where that was asked for and the plan is not refused.
func (a *app) relocate(ctx context.Context, r *run.Run, f *planRun) error {
	before := r.Estate
	system, err := f.relocation.system(before)
	if err != nil {
		return err
	}
	known, memory, err := run.ReadEvacuations(before)
	if err != nil {
		return err
	}
	left, err := f.relocation.left(system, known)
	if err != nil {
		return err
	}
	g, err := a.gather(ctx, r, &f.planFlags, nil)
	if err != nil {
		return err
	}
	e, err := f.relocation.propose(r.Input(g.inv, g.snap, g.options), system, left)
	if err != nil {
		return before.Locate(diag.FromError(err)).Err()
	}
	p := &view.Proposal{Format: planner.Format, Evacuation: e, Lines: []config.Edit{}, ByHand: []config.Manual{}, Remember: run.Remember(known, e)}
	files, err := a.redirect(r, f, p)
	if err != nil {
		return err
	}
	g.options.Findings = e.Findings()
	in := r.Input(g.inv, g.snap, g.options)
	if len(p.ByHand) > 0 {
		in.Desired = in.Desired.Relocate(e.Moves)
	}
	pl, err := a.planFrom(ctx, r, g, in)
	if err != nil {
		return err
	}
	p.Plan = pl.plan
	if f.write && len(p.ByHand) == 0 && !pl.plan.Blocked() {
		if err := write(before, files, memory, p.Remember); err != nil {
			return err
		}
		p.Written = true
	}
	changed := !bytes.Equal(memory, run.EncodeEvacuations(p.Remember))
	if err := a.showProposal(f, r, pl, p, changed); err != nil {
		return err
	}
	if f.write && !p.Written {
		return errBlocked
	}
	return a.finish(f, r.Estate, pl.plan)
}

// system is the one that is asked for; a wrong name is told before any console is asked.
func (f *relocation) system(est *config.Estate) (schema.Address, error) {
	name := f.evacuate
	if f.back != "" {
		name = f.back
	}
	system, err := schema.ParseAddress(name)
	if err != nil {
		return "", diag.List{diag.Errorf("unknown-system", "Unknown system", "%s.", err).WithFix("Name a system or a host of the estate, as system.NAME or host.NAME.")}.Err()
	}
	return system, planner.DeclaredPlace(est.Objects, system)
}

// left is who is remembered to have left the system.
func (f *relocation) left(system schema.Address, known []planner.Left) ([]planner.Left, error) {
	if f.back == "" {
		return nil, nil
	}
	var out []planner.Left
	var systems []string
	for _, l := range known {
		if l.Evacuated() == system {
			out = append(out, l)
		} else if at := string(l.Evacuated()); !slices.Contains(systems, at) {
			systems = append(systems, at)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	d := diag.Errorf("nothing-remembered", "Nobody to bring back", "%s does not know of anybody who left %s.", run.EvacuationsFile, system)
	d.Fix = fmt.Sprintf("It is written by gantry plan -evacuate %s -write.", system)
	if len(systems) > 0 {
		d.Fix += " It knows of " + strings.Join(systems, ", ") + "."
	}
	return nil, diag.List{d}.Err()
}

func (f *relocation) propose(in planner.Input, system schema.Address, left []planner.Left) (*planner.Evacuation, error) {
	if f.back != "" {
		return planner.Return(in, system, left)
	}
	return planner.Evacuate(in, system)
}

// redirect finds the lines to change. When all of them can be, the run goes on
// with the estate as it would be read after the change.
func (a *app) redirect(r *run.Run, f *planRun, p *view.Proposal) (map[string][]byte, error) {
	to := map[string]map[schema.Address]schema.Address{}
	for _, m := range p.Evacuation.Moves {
		if to[m.At()] == nil {
			to[m.At()] = map[schema.Address]schema.Address{}
		}
		to[m.At()][m.Address] = m.To
	}
	for _, attribute := range slices.Sorted(maps.Keys(to)) {
		lines, byHand := r.Estate.Redirect(attribute, to[attribute])
		p.Lines, p.ByHand = append(p.Lines, lines...), append(p.ByHand, byHand...)
	}
	if len(p.ByHand) > 0 {
		return nil, nil
	}
	files, err := r.Estate.Rewrite(p.Lines)
	if err != nil {
		return nil, err
	}
	after, l := a.loadWith(&f.variableFlags, files)
	if l.HasErrors() {
		return nil, after.Locate(l).Err()
	}
	if err := as(r.Estate, after, run.Desired(r.Estate).Relocate(p.Evacuation.Moves)); err != nil {
		return nil, err
	}
	r.Estate = after
	return files, nil
}

// as proves that the changed files mean what was proposed and nothing else:
// another object may take its place from one that is moved.
func as(before, after *config.Estate, want planner.Desired) error {
	bad := func(o schema.Address) error {
		d := diag.Errorf("means-more", "The lines mean more", "After the change of the lines %s would not be as proposed: its declaration refers to one that is changed.", o).At(string(o), "system")
		d.Fix = "Give it a place of its own, or change the lines by hand."
		return before.Locate(diag.List{d}).Err()
	}
	if len(after.Objects) != len(want.Objects) {
		return bad("the estate")
	}
	for i, o := range want.Objects {
		if x := after.Objects[i]; x.Address != o.Address || x.Endpoint != o.Endpoint || !schema.Equal(x.Value, o.Value) {
			return bad(o.Address)
		}
	}
	return nil
}

// write puts the memory of the evacuation and the changed files on disk, all or
// none. The memory comes first: it does no harm when a line is not changed.
func write(before *config.Estate, files map[string][]byte, memory []byte, remember []planner.Left) error {
	m := run.Replacement{Path: filepath.Join(before.Dir, run.EvacuationsFile), Old: memory}
	if len(remember) > 0 {
		m.New = run.EncodeEvacuations(remember)
	}
	var out []run.Replacement
	if !bytes.Equal(m.Old, m.New) {
		out = append(out, m)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(before.Dir, name)
		}
		out = append(out, run.Replacement{Path: path, Old: before.Files[name], New: files[name]})
	}
	return run.Replace(out)
}

func (a *app) showProposal(f *planRun, r *run.Run, pl *planned, p *view.Proposal, remembers bool) error {
	switch {
	case f.json:
		return view.JSON(a.stdout, p)
	case f.markdown:
		view.EvacuationMarkdown(a.stdout, p)
		view.Markdown(a.stdout, p.Plan, r.Catalogue)
		return nil
	}
	st := view.NewStyle(a.stdout)
	fmt.Fprintf(a.stdout, "%s\n\n", pl.sentence)
	view.Evacuation(a.stdout, st, p)
	view.Plan(a.stdout, st, p.Plan, view.PlanOptions{Commands: f.commands, Details: f.details, Catalogue: r.Catalogue, Proposed: !p.Written})
	fmt.Fprintln(a.stdout)
	fmt.Fprint(a.stdout, f.relocation.whatNow(p))
	if remembers && !p.Written && !p.Plan.Blocked() && len(p.Evacuation.Moves) > 0 {
		fmt.Fprint(a.stdout, byHand(p))
	}
	return nil
}

// whatNow says what was written, or what to do for it.
func (f *relocation) whatNow(p *view.Proposal) string {
	lines := fmt.Sprintf("%d lines were", len(p.Lines))
	if len(p.Lines) == 1 {
		lines = "1 line was"
	}
	switch {
	case p.Written && len(p.Lines) == 0 && p.Evacuation.Return:
		return fmt.Sprintf("No line changes. %s is up to date.\n", run.EvacuationsFile)
	case p.Written && len(p.Lines) == 0:
		return "No line changes.\n"
	case p.Written:
		return fmt.Sprintf("%s written; %s is up to date. Commit them together. Apply: gantry apply\n", lines, run.EvacuationsFile)
	case len(p.ByHand) > 0 && f.write:
		return "Nothing was written: some lines have to be changed by hand, and half of the change would be none.\n"
	case f.write:
		return "Nothing was written: the plan is refused or held. What is only held is written with its acknowledgements.\n"
	case len(p.Evacuation.Moves) == 0:
		return ""
	case len(p.ByHand) > 0:
		return "Some lines have to be changed by hand, so -write would write none.\n"
	}
	if p.Plan.Blocked() {
		return fmt.Sprintf("The files are as before. Once nothing is refused, and with the acknowledgements, this writes the lines: gantry plan %s -write\n", f.option())
	}
	return fmt.Sprintf("The files are as before. To write the lines: gantry plan %s -write\n", f.option())
}

// byHand is what -return would need of lines that are changed by hand.
func byHand(p *view.Proposal) string {
	if len(p.Remember) == 0 {
		return fmt.Sprintf("Whoever changes them by hand removes %s as well.\n", run.EvacuationsFile)
	}
	return fmt.Sprintf("Whoever changes them by hand saves this as %s as well; the way back needs it:\n%s", run.EvacuationsFile, run.EncodeEvacuations(p.Remember))
}

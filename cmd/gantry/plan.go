package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/state"
)

// shown chooses the form of a plan.
type shown struct {
	json, markdown, commands, details bool
	proposed                          bool // gantry apply would not do it
}

func (s *shown) register(c *cobra.Command) {
	c.Flags().BoolVar(&s.json, "json", false, "print JSON (docs/json.md)")
	c.Flags().BoolVar(&s.markdown, "markdown", false, "print Markdown, for a merge request")
	c.Flags().BoolVar(&s.commands, "commands", false, "show every command that would be sent")
	c.Flags().BoolVar(&s.details, "details", false, "show every disk of a migration")
}

func (a *app) showPlan(s *shown, r *run.Run, p *planned) error {
	switch {
	case s.json:
		return view.JSON(a.stdout, p.plan)
	case s.markdown:
		view.Markdown(a.stdout, p.plan, r.Catalogue)
		return nil
	}
	if p.sentence != "" {
		fmt.Fprintln(a.stdout, p.sentence)
		fmt.Fprintln(a.stdout)
	}
	view.Plan(a.stdout, view.NewStyle(a.stdout), p.plan, view.PlanOptions{Commands: s.commands, Details: s.details, Catalogue: r.Catalogue, Proposed: s.proposed})
	return nil
}

// planRun is one run of the command plan.
type planRun struct {
	planFlags
	shown
	relocation
	out      string
	detailed bool
}

func (a *app) planCmd() *cobra.Command {
	var f planRun
	c := &cobra.Command{Use: "plan", Short: "Show what apply would do, with every command and its impact", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.relocation.check(&f); err != nil {
				return err
			}
			est, err := a.load(&f.variableFlags)
			if err != nil {
				return err
			}
			r, done, err := a.newRun(est)
			if err != nil {
				return err
			}
			defer done()
			a.warnOpen(c.Context(), r)
			if f.relocation.asked() {
				return a.relocate(c.Context(), r, &f)
			}
			p, err := a.makePlan(c.Context(), r, &f.planFlags, nil)
			if err != nil {
				return err
			}
			if err := a.showPlan(&f.shown, r, p); err != nil {
				return err
			}
			return a.finish(&f, est, p.plan)
		}}
	f.planFlags.register(c)
	f.shown.register(c)
	f.relocation.register(c)
	c.Flags().BoolVar(&f.destroy, "destroy", false, "plan the deletion of everything owned")
	c.Flags().StringVar(&f.inventory, "inventory", "", "plan against a saved inventory instead of the consoles")
	c.Flags().StringVar(&f.out, "out", "", "save the plan to a file")
	c.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	return c
}

// finish saves a plan that was shown, and returns what the exit code is to say.
func (a *app) finish(f *planRun, est *config.Estate, p *planner.Plan) error {
	if f.out != "" && !p.Blocked() {
		b, err := p.WriteJSON()
		if err != nil {
			return err
		}
		if err := a.save(f.out, b, est); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Saved to %s. Apply exactly this: gantry apply %s\n", f.out, f.out)
	}
	switch {
	case p.Blocked():
		return errBlocked
	case f.detailed && p.Changes():
		return exitError{2}
	}
	return nil
}

// warnOpen tells of steps that an earlier run left open, or that a run has open at the moment.
func (a *app) warnOpen(ctx context.Context, r *run.Run) {
	open, err := r.Store.Open(ctx)
	if err != nil {
		return // an unreadable journal is reported by apply, which needs it
	}
	if len(open) == 0 {
		if r.Estate.Settings.StateType == "http" {
			return // looking takes the lock for a moment there
		}
		if h, err := r.Store.Holder(ctx); err == nil && h != nil && !h.Dead(run.LockInfo("").Host) && time.Since(h.Heartbeat) < h.StaleAfter() {
			fmt.Fprintf(a.stderr, "The state is locked, by %s: what is shown below may change meanwhile.\n\n", h)
		}
		return
	}
	var steps []string
	for _, e := range open {
		steps = append(steps, strings.Replace(e.Step, ":", " ", 1))
	}
	if h, err := r.Store.Holder(ctx); err == nil && h != nil && !h.Dead(run.LockInfo("").Host) {
		fmt.Fprintf(a.stderr, "An apply is under way, by %s: %s. What is shown below is the world meanwhile; plan again when it has ended.\n\n", h, strings.Join(steps, ", "))
		return
	}
	fmt.Fprintf(a.stderr, "An earlier run left open: %s. The next apply settles that first.\n\n", strings.Join(steps, ", "))
}

func (a *app) applyCmd() *cobra.Command {
	var f planFlags
	var yes, events, verbose bool
	c := &cobra.Command{Use: "apply [PLAN-FILE]", Short: "Make the estate as declared, or apply a saved plan", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return a.apply(c, &f, file, yes, events, verbose)
		}}
	f.register(c)
	a.applyFlags(c, &yes, &events, &verbose)
	return c
}

func (a *app) applyFlags(c *cobra.Command, yes, events, verbose *bool) {
	a.locks(c)
	c.Flags().BoolVar(yes, "auto-approve", false, "do not ask")
	c.Flags().BoolVar(events, "json", false, "print events as JSON, one a line")
	c.Flags().BoolVar(verbose, "verbose", false, "show every command and its answer")
}

func (a *app) destroyCmd() *cobra.Command {
	var f planFlags
	var yes, events, verbose bool
	c := &cobra.Command{Use: "destroy", Short: "Delete everything that Gantry owns (needs -allow-destroy)", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.destroy = true
			return a.apply(c, &f, "", yes, events, verbose)
		}}
	f.register(c)
	a.applyFlags(c, &yes, &events, &verbose)
	return c
}

func (a *app) apply(c *cobra.Command, f *planFlags, file string, yes, events, verbose bool) error {
	ctx := c.Context()
	est, err := a.load(&f.variableFlags)
	if err != nil {
		return err
	}
	r, done, err := a.newRun(est)
	if err != nil {
		return err
	}
	defer done()
	st := view.NewStyle(a.stderr)
	if events {
		r.Emit = view.JSONEvents(a.stdout)
	} else {
		r.Emit = view.NewProgress(a.stderr, st, verbose).Event
	}
	var saved *planner.Plan
	if file != "" {
		b, err := a.saved(file, est)
		if err != nil {
			return err
		}
		if saved, err = planner.ReadPlan(b); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	lock, err := a.lock(ctx, r)
	if err != nil {
		return err
	}
	defer func() {
		if err := lock.Unlock(); err != nil {
			fmt.Fprintln(a.stderr, "The lock was not released:", err)
		}
	}()
	settled, snap, err := r.Settle(ctx, lock)
	if err != nil {
		return err
	}
	var p *planned
	if saved != nil {
		if p, err = a.savedPlan(ctx, r, saved, snap); err != nil {
			return err
		}
	} else if p, err = a.makePlan(ctx, r, f, snap); err != nil {
		return err
	}
	if events {
		view.FindingsJSON(a.stdout, p.plan)
	} else if err := a.showPlan(&shown{}, r, p); err != nil {
		return err
	}
	switch {
	case p.plan.Blocked():
		return errBlocked
	case !p.plan.Changes():
		if len(p.plan.Books) > 0 {
			if _, err := r.Execute(ctx, lock, p.snap, p.plan, a.soft); err != nil {
				return err
			}
		}
		if settled > 0 && !events {
			fmt.Fprintln(a.stdout, "What an earlier run had left open is settled; nothing else is to be done.")
		}
		return nil
	}
	if !yes && saved == nil {
		if !term.IsTerminal(int(os.Stdin.Fd())) {
			return diag.List{diag.Errorf("approval", "Nobody to ask", "Standard input is no terminal, so nobody can approve the plan.").WithFix("Use -auto-approve, or save the plan (gantry plan -out FILE) and apply the file.")}.Err()
		}
		ok, err := a.confirm("Apply this?")
		if err != nil {
			return err
		}
		if !ok {
			fmt.Fprintln(a.stderr, "Nothing was changed.")
			return exitError{1}
		}
	}
	if a.audit != nil {
		a.audit.Plan(p.plan.Fingerprint)
	}
	a.applying.Store(true)
	sum, err := r.Execute(ctx, lock, p.snap, p.plan, a.soft)
	a.applying.Store(false)
	if err != nil {
		return err
	}
	if events {
		view.SummaryJSON(a.stdout, sum)
	} else {
		view.Summary(a.stderr, st, sum)
	}
	if !sum.OK() {
		return exitError{1}
	}
	return nil
}

func named(versions map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		out = append(out, name+" "+versions[name])
	}
	return strings.Join(out, ", ")
}

// savedPlan checks that a plan file still fits: the same state, and the facts
// that its steps rely on.
func (a *app) savedPlan(ctx context.Context, r *run.Run, plan *planner.Plan, snap *state.Snapshot) (*planned, error) {
	if snap.Serial > 0 && plan.Lineage != snap.Lineage && plan.Serial > 0 {
		return nil, diag.List{diag.Errorf("plan-lineage", "Plan of another estate", "The plan was made for the state %s; this one is %s.", plan.Lineage, snap.Lineage).WithFix("Plan again here.")}.Err()
	}
	if plan.Serial != snap.Serial {
		return nil, diag.List{diag.Errorf("plan-stale", "Plan is stale", "The state has changed since the plan was made: serial %d then, %d now.", plan.Serial, snap.Serial).WithFix("Plan again.")}.Err()
	}
	if len(plan.Versions) > 0 && !maps.Equal(plan.Versions, r.Versions) {
		return nil, diag.List{diag.Errorf("plan-versions", "Plan of other versions", "The plan was made by %s; here are %s. Another version may send other commands for the same step.", named(plan.Versions), named(r.Versions)).WithFix("Plan again here, or apply it where it was made.")}.Err()
	}
	if plan.Blocked() {
		return nil, diag.List{diag.Errorf("plan-blocked", "Plan is refused", "The plan holds findings that forbid it.").WithFix("gantry show FILE lists them.")}.Err()
	}
	d, err := r.Discover(ctx)
	if err != nil {
		return nil, err
	}
	var moved diag.List
	for _, s := range plan.Steps {
		check := *s
		if len(s.WaitsFor) > 0 {
			check.Demands = nil // room that earlier steps make is not there yet
		}
		moved = append(moved, planner.MovedFacts(&check, d.Inventory)...)
	}
	if moved.HasErrors() {
		return nil, r.Estate.Locate(moved).Err()
	}
	return &planned{plan: plan, snap: snap, sentence: view.Discovered(d.Inventory, d.Commands, d.Took.Round(time.Millisecond))}, nil
}

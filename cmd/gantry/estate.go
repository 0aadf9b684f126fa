package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/state"
)

// variableFlags are the options of every command that evaluates the estate.
type variableFlags struct{ vars, files []string }

func (f *variableFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.vars, "var", nil, "value of a variable, as name=value (repeatable)")
	c.Flags().StringArrayVar(&f.files, "var-file", nil, "file of variable values (repeatable)")
}

// load reads the estate in the current directory. Warnings are shown; errors
// are returned with their places.
func (a *app) load(f *variableFlags) (*config.Estate, error) {
	est, l := a.loadWith(f, nil)
	if l.HasErrors() {
		return est, est.Locate(l).Err()
	}
	view.Diagnostics(a.stderr, view.NewStyle(a.stderr), est.Locate(l))
	return est, nil
}

// loadWith reads the estate in the current directory, taking some files for what
// they would hold after a change.
func (a *app) loadWith(f *variableFlags, overlay map[string][]byte) (*config.Estate, diag.List) {
	o, l := a.options(f, overlay)
	if l.HasErrors() {
		return &config.Estate{Dir: "."}, l // what the kinds are is not known
	}
	est, more := config.Load(".", o)
	return est, append(l, more...)
}

// newRun prepares a run on an estate.
func (a *app) newRun(est *config.Estate) (*run.Run, func(), error) {
	store, err := run.OpenStore(a.ctx, est)
	if err != nil {
		return nil, nil, err
	}
	r := &run.Run{Catalogue: est.Catalogue, Providers: a.providers(), Estate: est, Store: store, Version: Version, Versions: a.versions(), Today: time.Now().Format("2006-01-02")}
	closeLog := func() {}
	if a.commandLog != "" {
		w, err := os.OpenFile(a.commandLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, err
		}
		r.Log = console.Answered(w)
		closeLog = func() { _ = w.Close() }
	}
	if a.audit, err = openAudit(est); err != nil {
		return nil, nil, err
	}
	if a.audit != nil {
		if r.Log != nil {
			r.Log = both{a.audit, r.Log}
		} else {
			r.Log = a.audit
		}
	}
	if a.tap != nil {
		a.tap(r)
	}
	return r, func() {
		r.Close()
		closeLog()
		if a.audit == nil {
			return
		}
		if err := a.audit.Err(); err != nil {
			a.unaudited = true
			view.Diagnostics(a.stderr, view.NewStyle(a.stderr), diag.List{diag.Errorf("audit", "The audit log has gaps", "Commands were sent and could not be written down: %v.", err).WithFix("Mend that, or name another file with audit_log or GANTRY_AUDIT_LOG.")})
		}
	}, nil
}

// both are two logs of which neither stops the other.
type both struct{ first, second io.Writer }

func (w both) Write(b []byte) (int, error) {
	_, err := w.first.Write(b)
	_, err2 := w.second.Write(b)
	return len(b), errors.Join(err, err2)
}

// saved reads a file that a run saved: a plan, an inventory, a state. It may be encrypted.
func (a *app) saved(path string, est *config.Estate) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil || !state.Sealed(b) {
		return b, err
	}
	if est == nil {
		if est, err = a.load(&variableFlags{}); err != nil {
			return nil, fmt.Errorf("%s is encrypted, and how is said by the estate: %w", path, err)
		}
	}
	c, err := run.Cipher(est)
	if err == nil {
		b, err = state.Unseal(c, b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// save writes a file that a later run reads, encrypted where the estate says so. What goes to standard output is for the one who asked.
func (a *app) save(path string, b []byte, est *config.Estate) error {
	c, err := run.Cipher(est)
	if err == nil && path != "-" {
		b, err = state.Seal(c, b, "", 0)
	}
	if err != nil {
		return err
	}
	return writeFile(path, b)
}

// planFlags are the options that shape a plan.
type planFlags struct {
	variableFlags
	targets      []string
	destroy      bool
	refreshOnly  bool
	allowDestroy int
	acknowledge  []string
	inventory    string
}

func (f *planFlags) register(c *cobra.Command) {
	f.variableFlags.register(c)
	c.Flags().StringArrayVar(&f.targets, "target", nil, "plan only this object and what it depends on; to destroy, this object and what depends on it (repeatable)")
	c.Flags().BoolVar(&f.refreshOnly, "refresh-only", false, "only bring the state up to what is found")
	c.Flags().IntVar(&f.allowDestroy, "allow-destroy", 0, "how many objects the plan may delete or unmap")
	c.Flags().StringArrayVar(&f.acknowledge, "acknowledge", nil, "accept a warning, as RULE=ADDRESS (repeatable)")
}

func (f *planFlags) options() (planner.Options, error) {
	o := planner.Options{Destroy: f.destroy, RefreshOnly: f.refreshOnly, AllowDestroy: f.allowDestroy, Acknowledge: map[string][]schema.Address{}}
	for _, t := range f.targets {
		o.Targets = append(o.Targets, schema.Address(t))
	}
	for _, x := range f.acknowledge {
		id, addr, ok := strings.Cut(x, "=")
		if !ok {
			return o, fmt.Errorf("-acknowledge %s: write it as RULE=ADDRESS, for example NET-01=partition.db01", x)
		}
		o.Acknowledge[id] = append(o.Acknowledge[id], schema.Address(addr))
	}
	return o, nil
}

// planned is a plan with what it was made from.
type planned struct {
	plan     *planner.Plan
	snap     *state.Snapshot
	sentence string
}

// gathered is what a plan is made from, besides the estate.
type gathered struct {
	snap     *state.Snapshot
	options  planner.Options
	inv      *planner.Inventory
	live     bool // the consoles were asked, and can be asked to validate
	sentence string
}

// gather reads the state and discovers, or reads a saved inventory.
func (a *app) gather(ctx context.Context, r *run.Run, f *planFlags, snap *state.Snapshot) (*gathered, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	if snap == nil {
		if snap, err = r.Store.Read(ctx); err != nil {
			return nil, err
		}
	}
	if snap.Serial == 0 {
		if err := forgotten(ctx, r); err != nil {
			return nil, err
		}
	}
	for addr, rec := range snap.Records {
		if r.Catalogue.Kind(rec.Object.Kind) == nil {
			return nil, diag.List{diag.Errorf("kind-unknown", "A kind of no provider", "The state has %s, and no provider that the files require has the kind %s.", addr, rec.Object.Kind).At(string(addr), "").
				WithFix("Require its provider until it is gone; or forget it, which leaves it as it is: gantry state rm %s", addr)}.Err()
		}
	}
	open, err := r.Store.Open(ctx)
	if err != nil {
		return nil, err
	}
	o.InFlight = map[schema.Address]bool{}
	for _, e := range open {
		_, addr, _ := strings.Cut(e.Step, ":")
		o.InFlight[schema.Address(addr)] = true
	}
	g := &gathered{snap: snap, options: o}
	if f.inventory != "" {
		b, err := a.saved(f.inventory, r.Estate)
		if err != nil {
			return nil, err
		}
		if g.inv, err = planner.ReadInventory(r.Catalogue, b); err != nil {
			return nil, fmt.Errorf("%s: %w", f.inventory, err)
		}
		g.sentence = view.Discovered(g.inv, 0, 0)
		return g, nil
	}
	d, err := r.Discover(ctx)
	if err != nil {
		return nil, err
	}
	g.inv, g.live, g.sentence = d.Inventory, true, view.Discovered(d.Inventory, d.Commands, d.Took)
	return g, nil
}

// forgotten refuses to begin anew in an empty store while a state in a file lies beside the estate's files.
func forgotten(ctx context.Context, r *run.Run) error {
	if _, file := r.Store.(*state.File); file {
		return nil
	}
	old := &state.File{Path: filepath.Join(r.Estate.Dir, state.DefaultFile)}
	var err error
	if old.Cipher, err = run.Cipher(r.Estate); err != nil {
		return err
	}
	snap, err := old.Read(ctx)
	if err != nil || snap.Serial == 0 {
		return nil // not one that could be moved
	}
	return diag.List{diag.Errorf("state-elsewhere", "The state is elsewhere", "%s holds no state, and %s holds %d objects.", r.Store.Location(), old.Path, len(snap.Records)).
		WithFix("Move it: gantry state migrate -from file. Or correct the state block; or remove the file, if it is of no use any more.")}.Err()
}

// makePlan gathers, plans, and has the consoles validate the migrations.
func (a *app) makePlan(ctx context.Context, r *run.Run, f *planFlags, snap *state.Snapshot) (*planned, error) {
	g, err := a.gather(ctx, r, f, snap)
	if err != nil {
		return nil, err
	}
	return a.planFrom(ctx, r, g, r.Input(g.inv, g.snap, g.options))
}

// planFrom plans from what was gathered.
func (a *app) planFrom(ctx context.Context, r *run.Run, g *gathered, in planner.Input) (*planned, error) {
	p := &planned{snap: g.snap, sentence: g.sentence, plan: planner.Build(in)}
	if g.live {
		if err := r.Validate(ctx, p.plan); err != nil {
			return nil, err
		}
	}
	a.locate(r.Estate, p.plan)
	return p, nil
}

// locate puts file and line into a plan's findings.
func (a *app) locate(est *config.Estate, p *planner.Plan) {
	for i := range p.Findings {
		d := est.Locate(diag.List{p.Findings[i].Diagnostic})[0]
		p.Findings[i].Range = d.Range
	}
	p.Seal()
}

func writeFile(path string, b []byte) error {
	if path == "-" {
		_, err := os.Stdout.Write(b)
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// errBlocked is returned after the findings have been shown.
var errBlocked = exitError{1}

func (a *app) confirm(question string) (bool, error) {
	fmt.Fprintf(a.stderr, "%s Only \"yes\" goes on: ", question)
	var answer string
	if _, err := fmt.Fscanln(os.Stdin, &answer); err != nil && !errors.Is(err, io.EOF) && err.Error() != "unexpected newline" {
		return false, err
	}
	return answer == "yes", nil
}

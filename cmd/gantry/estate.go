package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/hmc"
	"github.com/gantry-power/gantry/providers/ivm"
	"github.com/gantry-power/gantry/providers/lpar"
	"github.com/gantry-power/gantry/state"
)

// builtins are the providers inside this process, by type.
func builtins() map[string]providers.Provider {
	reg := &lpar.Registry{}
	return map[string]providers.Provider{"hmc": hmc.New(reg), "ivm": ivm.New(reg)}
}

// variableFlags are the options of every command that evaluates the estate.
type variableFlags struct{ vars, files []string }

func (f *variableFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.vars, "var", nil, "value of a variable, as name=value (repeatable)")
	c.Flags().StringArrayVar(&f.files, "var-file", nil, "file of variable values (repeatable)")
}

// load reads the estate in the current directory. Warnings are shown; errors
// are returned with their places.
func (a *app) load(f *variableFlags) (*config.Estate, error) {
	types := []string{}
	for t := range builtins() {
		types = append(types, t)
	}
	est, l := config.Load(".", config.Options{Catalogue: kinds.Catalogue(), Endpoint: kinds.Endpoint(), ProviderTypes: types, Version: Version,
		Vars: config.CommandLineVars(f.vars, f.files), Env: config.Environ()})
	if l.HasErrors() {
		return est, est.Locate(l).Err()
	}
	view.Diagnostics(a.stderr, view.NewStyle(a.stderr), est.Locate(l))
	return est, nil
}

// newRun prepares a run on an estate.
func (a *app) newRun(est *config.Estate) (*run.Run, func(), error) {
	store, err := run.OpenStore(est)
	if err != nil {
		return nil, nil, err
	}
	r := &run.Run{Catalogue: est.Catalogue, Providers: builtins(), Estate: est, Store: store, Version: Version, Today: time.Now().Format("2006-01-02")}
	closeLog := func() {}
	if a.commandLog != "" {
		w, err := os.OpenFile(a.commandLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, err
		}
		r.Log = w
		closeLog = func() { _ = w.Close() }
	}
	return r, func() { r.Close(); closeLog() }, nil
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
	lockTimeout  time.Duration
}

func (f *planFlags) register(c *cobra.Command) {
	f.variableFlags.register(c)
	c.Flags().StringArrayVar(&f.targets, "target", nil, "plan only this object and what it depends on (repeatable)")
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

// makePlan discovers (or reads a saved inventory), plans, and has the consoles
// validate the migrations.
func (a *app) makePlan(ctx context.Context, r *run.Run, f *planFlags, snap *state.Snapshot) (*planned, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	if snap == nil {
		if snap, err = r.Store.Read(ctx); err != nil {
			return nil, err
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
	p := &planned{snap: snap}
	if f.inventory != "" {
		b, err := os.ReadFile(f.inventory)
		if err != nil {
			return nil, err
		}
		inv, err := planner.ReadInventory(r.Catalogue, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.inventory, err)
		}
		p.plan = r.Build(inv, snap, o)
		p.sentence = view.Discovered(inv, 0, 0)
	} else {
		d, err := r.Discover(ctx)
		if err != nil {
			return nil, err
		}
		p.plan = r.Build(d.Inventory, snap, o)
		p.sentence = view.Discovered(d.Inventory, d.Commands, d.Took)
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

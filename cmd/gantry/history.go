package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/seal"
	"github.com/gantry-power/gantry/state/stores"
)

// at is the snapshot of a serial; 0 is the present one.
func at(ctx context.Context, st state.Store, serial uint64) (*state.Snapshot, error) {
	if serial == 0 {
		return st.Read(ctx)
	}
	s, err := st.At(ctx, serial)
	if errors.Is(err, state.ErrNoSerial) {
		err = fmt.Errorf("%w. gantry state history lists what is kept", err)
	}
	return s, err
}

// historyCmds are the subcommands of state that look at earlier snapshots and move the state.
func (a *app) historyCmds(f *variableFlags) []*cobra.Command {
	var asJSON bool
	var limit int
	history := &cobra.Command{Use: "history", Short: "List the snapshots that are kept, the newest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		st, err := a.store(f)
		if err != nil {
			return err
		}
		vs, err := st.History(c.Context())
		if err != nil {
			return err
		}
		if limit > 0 && len(vs) > limit {
			vs = vs[:limit]
		}
		if asJSON {
			return view.JSON(a.stdout, map[string]any{"format": 1, "versions": vs})
		}
		view.History(a.stdout, vs)
		return nil
	}}
	history.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	history.Flags().IntVar(&limit, "limit", 20, "how many; 0 is all")

	var typ string
	var from []string
	migrate := &cobra.Command{Use: "migrate -from TYPE [-from-arg NAME=VALUE]...", Short: "Move the state from another store into the one that the files name", Args: cobra.NoArgs,
		Long: `Change the state block first, then say where the state is until now:

  gantry state migrate -from file
  gantry state migrate -from postgres -from-arg conn=postgres://db/gantry -from-arg estate=payroll

What was read is compared with what is read back. The old store stays as it is.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.migrateState(c.Context(), f, typ, from)
		}}
	migrate.Flags().StringVar(&typ, "from", "", "the store where the state is: "+strings.Join(stores.Types(), ", "))
	migrate.Flags().StringArrayVar(&from, "from-arg", nil, "an argument of its state block, as name=value (repeatable)")

	rotate := &cobra.Command{Use: "rotate", Short: "Encrypt the state anew with a new key, for those whom the files name now", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return a.rotate(c.Context(), f)
	}}
	var p planRun
	rollback := &cobra.Command{Use: "rollback SERIAL", Short: "Plan the way back to the values of an earlier serial; nothing is changed", Args: cobra.ExactArgs(1),
		Long: `Plans what it takes to give everything that is declared now and was owned then the values that it had at a serial of the history.
Nothing is written over: it is a plan like any other one, shown, checked, and applied with gantry apply FILE.`,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil || n == 0 {
				return fmt.Errorf("%q is no serial; gantry state history lists them", args[0])
			}
			p.variableFlags = *f
			return a.rollback(c.Context(), &p, n)
		}}
	rollback.Flags().StringVar(&p.out, "out", "", "save the plan to a file")
	rollback.Flags().StringArrayVar(&p.acknowledge, "acknowledge", nil, "accept a warning, as RULE=ADDRESS (repeatable)")
	p.shown.register(rollback)
	return []*cobra.Command{history, a.locks(migrate), a.locks(rotate), rollback}
}

// rollback plans the way back to the values of a serial.
func (a *app) rollback(ctx context.Context, f *planRun, serial uint64) error {
	est, err := a.load(&f.variableFlags)
	if err != nil {
		return err
	}
	r, done, err := a.newRun(est)
	if err != nil {
		return err
	}
	defer done()
	if err := nothingOpen(ctx, r.Store); err != nil {
		return err
	}
	to, err := at(ctx, r.Store, serial)
	if err != nil {
		return err
	}
	g, err := a.gather(ctx, r, &f.planFlags, nil)
	if err != nil {
		return err
	}
	in := r.Input(g.inv, g.snap, g.options)
	objects, lines, apart := run.Rollback(est, planner.Known(in), g.snap, to)
	in.Desired.Objects = objects
	// What is not declared any more, and is owned, is left as it is: the planner does not know that it is.
	in.Prior.Records = maps.Clone(in.Prior.Records)
	maps.DeleteFunc(in.Prior.Records, func(a schema.Address, _ *schema.Record) bool { return est.Object(a) == nil })
	p, err := a.planFrom(ctx, r, g, in)
	if err != nil {
		return err
	}
	f.shown.proposed = true
	if err := a.showPlan(&f.shown, r, p); err != nil {
		return err
	}
	if p.plan.Changes() && f.out == "" {
		fmt.Fprintf(a.stderr, "To apply it: gantry state rollback %d -out FILE, then gantry apply FILE.\n", serial)
	}
	if len(apart) > 0 {
		fmt.Fprintln(a.stderr, "There only then, or declared only now, and left as it is:")
		for _, x := range apart {
			fmt.Fprintf(a.stderr, "  %s\n", x)
		}
	}
	if p.plan.Changes() && len(lines) > 0 {
		fmt.Fprintln(a.stderr, "The files say otherwise. Change these lines too, or the next plan takes the rollback back:")
		for _, x := range lines {
			where := "main"
			if x.Range != nil {
				where = x.Range.String()
			}
			fmt.Fprintf(a.stderr, "  %s: %s %s\n", where, x.Address, x.Path)
		}
	}
	return a.finish(f, est, p.plan)
}

func (a *app) migrateState(ctx context.Context, f *variableFlags, typ string, given []string) (err error) {
	if typ == "" {
		return errors.New("-from says where the state is until now: gantry state migrate -from file")
	}
	args := map[string]string{}
	for _, x := range given {
		k, v, ok := strings.Cut(x, "=")
		if !ok {
			return fmt.Errorf("-from-arg %s: write it as name=value", x)
		}
		args[k] = v
	}
	est, err := a.load(f)
	if err != nil {
		return err
	}
	to, err := run.OpenStore(ctx, est)
	if err != nil {
		return err
	}
	cipher, err := run.Cipher(est)
	if err != nil {
		return err
	}
	from, err := stores.Open(ctx, typ, args, est.Dir, cipher)
	if err != nil {
		return fmt.Errorf("-from %s: %w", typ, err)
	}
	if from.Location() == to.Location() {
		return fmt.Errorf("the state is in %s already. Change the state block first", to.Location())
	}
	// Both locks: nobody writes the old one any more, and nobody the new one yet.
	old := &run.Run{Store: from}
	lockOld, err := a.lock(ctx, old)
	if err != nil {
		return fmt.Errorf("%s: %w", from.Location(), err)
	}
	defer func() { err = errors.Join(err, lockOld.Unlock()) }()
	r := &run.Run{Store: to}
	lock, err := a.lock(ctx, r)
	if err != nil {
		return fmt.Errorf("%s: %w", to.Location(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := nothingOpen(ctx, from); err != nil {
		return fmt.Errorf("%s: %w, with the old state block", from.Location(), err)
	}
	snap, err := from.Read(ctx)
	if err != nil {
		return err
	}
	if snap.Serial == 0 {
		return fmt.Errorf("%s holds no state", from.Location())
	}
	have, err := to.Read(ctx)
	if err != nil {
		return err
	}
	if have.Serial > 0 {
		return fmt.Errorf("%s holds a state already: lineage %s, serial %d. Nothing was written", to.Location(), have.Lineage, have.Serial)
	}
	next := *snap
	next.Serial, next.Writer, next.Stamp = 1, Version, state.Moment(r.Who, "moved from "+from.Location()+", serial "+strconv.FormatUint(snap.Serial, 10))
	if err := lock.Write(ctx, &next, 0); err != nil {
		return err
	}
	back, err := to.Read(ctx)
	if err != nil {
		return err
	}
	want, err := state.Encode(&next)
	if err != nil {
		return err
	}
	got, err := state.Encode(back)
	if err != nil {
		return err
	}
	if string(want) != string(got) {
		return fmt.Errorf("what was written to %s and what is read back differ. The state in %s is untouched: go on with that", to.Location(), from.Location())
	}
	fmt.Fprintf(a.stdout, "%d objects are in %s and were read back as they were written. The history begins anew there.\n%s is as it was; remove it when you are sure.\n", len(back.Records), to.Location(), from.Location())
	return nil
}

// rotate writes the state with a new key.
func (a *app) rotate(ctx context.Context, f *variableFlags) error {
	est, err := a.load(f)
	if err != nil {
		return err
	}
	c, err := run.Cipher(est)
	if err != nil {
		return err
	}
	s, ok := c.(*seal.Cipher)
	if !ok {
		return errors.New("the estate is not encrypted: there is no encryption block in gantry { … }. To encrypt it, add one and run gantry state rotate")
	}
	st, err := run.OpenStoreAs(ctx, est, est.Settings.StateType, est.Settings.State, s)
	if err != nil {
		return err
	}
	r := &run.Run{Store: st}
	lock, err := a.lock(ctx, r)
	if err != nil {
		return err
	}
	err = func() error {
		if err := nothingOpen(ctx, st); err != nil {
			return err
		}
		snap, err := st.Read(ctx)
		if err != nil {
			return err
		}
		if snap.Serial == 0 {
			return errors.New("there is no state yet")
		}
		if err := s.Renew(); err != nil {
			return err
		}
		next := *snap
		next.Serial, next.Writer, next.Stamp = snap.Serial+1, Version, state.Moment(r.Who, "gantry state rotate")
		if err := lock.Write(ctx, &next, snap.Serial); err != nil {
			return err
		}
		// Nothing is open, so the journal begins anew, with the new key.
		return lock.Journal(ctx, state.Entry{Time: time.Now().UTC(), Plan: fmt.Sprintf("rotate %d", next.Serial), Step: "rotate", Status: state.Settled})
	}()
	if err = errors.Join(err, lock.Unlock()); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "The state is encrypted with a new key, for those whom the files name. Earlier snapshots of the history, and plans that were saved, stay as they were, in the clear or for their former readers: delete those that must not be read.")
	return nil
}

func (a *app) diffCmd() *cobra.Command {
	var f variableFlags
	c := &cobra.Command{Use: "diff FROM [TO]", Short: "Show what changed in the state between two serials of its history", Args: cobra.RangeArgs(1, 2), RunE: func(c *cobra.Command, args []string) error {
		var serials [2]uint64
		for i, x := range args {
			n, err := strconv.ParseUint(x, 10, 64)
			if err != nil || n == 0 {
				return fmt.Errorf("%q is no serial; gantry state history lists them", x)
			}
			serials[i] = n
		}
		st, err := a.store(&f)
		if err != nil {
			return err
		}
		from, err := at(c.Context(), st, serials[0])
		if err != nil {
			return err
		}
		to, err := at(c.Context(), st, serials[1])
		if err != nil {
			return err
		}
		view.StateDiff(a.stdout, view.NewStyle(a.stdout), from, to, a.catalogue())
		return nil
	}}
	f.register(c)
	return c
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

func (a *app) stateCmd() *cobra.Command {
	c := &cobra.Command{Use: "state", Short: "Look at and repair what Gantry remembers"}
	var f variableFlags
	with := func(sub *cobra.Command) *cobra.Command {
		f.register(sub)
		c.AddCommand(sub)
		return sub
	}
	with(&cobra.Command{Use: "list", Short: "List what is owned", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		snap, err := a.snapshot(c.Context(), &f)
		if err != nil {
			return err
		}
		for _, addr := range addresses(snap) {
			fmt.Fprintln(a.stdout, addr)
		}
		if len(snap.Records) == 0 {
			fmt.Fprintln(a.stderr, "Nothing is owned.")
		}
		return nil
	}})
	with(&cobra.Command{Use: "show ADDRESS", Short: "Show one record", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		snap, err := a.snapshot(c.Context(), &f)
		if err != nil {
			return err
		}
		rec, err := find(snap, args[0])
		if err != nil {
			return err
		}
		view.Record(a.stdout, view.NewStyle(a.stdout), rec, a.catalogue())
		return nil
	}})
	with(a.locks(&cobra.Command{Use: "mv FROM TO", Short: "Record an object under another address", Args: cobra.ExactArgs(2), RunE: func(c *cobra.Command, args []string) error {
		to, err := schema.ParseAddress(args[1])
		if err != nil {
			return err
		}
		err = a.change(c.Context(), &f, func(s *state.Snapshot) error {
			rec, err := find(s, args[0])
			if err != nil {
				return err
			}
			if s.Records[to] != nil {
				return fmt.Errorf("%s is recorded already", to)
			}
			if to.Kind() != rec.Object.Kind {
				return fmt.Errorf("%s is a %s; %s is not an address of that kind", args[0], rec.Object.Kind, to)
			}
			moved := *rec
			moved.Object = rec.Object.Clone()
			moved.Object.Address = to
			delete(s.Records, rec.Object.Address)
			s.Records[to] = &moved
			return nil
		})
		if err == nil {
			fmt.Fprintf(a.stderr, "%s is recorded as %s.\n", args[0], to)
		}
		return err
	}}))
	with(a.locks(&cobra.Command{Use: "rm ADDRESS", Short: "Forget an object; it stays as it is", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		err := a.change(c.Context(), &f, func(s *state.Snapshot) error {
			rec, err := find(s, args[0])
			if err != nil {
				return err
			}
			delete(s.Records, rec.Object.Address)
			return nil
		})
		if err == nil {
			fmt.Fprintf(a.stderr, "%s is forgotten; it stays as it is.\n", args[0])
		}
		return err
	}}))
	with(a.locks(&cobra.Command{Use: "settled STEP", Short: "Say that a step which an earlier run left open was settled by hand", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return a.settled(c.Context(), &f, args[0])
	}}))
	with(&cobra.Command{Use: "pull", Short: "Print the state as JSON", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		snap, err := a.snapshot(c.Context(), &f)
		if err != nil {
			return err
		}
		b, err := state.Encode(snap)
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(b)
		return err
	}})
	for _, sub := range a.historyCmds(&f) {
		with(sub)
	}
	var force bool
	push := with(a.locks(&cobra.Command{Use: "push FILE", Short: "Replace the state by a file (- reads standard input)", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		var b []byte
		var err error
		if args[0] == "-" {
			b, err = io.ReadAll(os.Stdin)
		} else {
			b, err = os.ReadFile(args[0])
		}
		if err != nil {
			return err
		}
		next, err := state.Decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		cat := a.catalogue()
		for addr, rec := range next.Records {
			k := cat.Kind(rec.Object.Kind)
			if k == nil {
				return fmt.Errorf("%s: %s is of the unknown kind %q", args[0], addr, rec.Object.Kind)
			}
			if err := k.Conform(rec.Object.Value); err != nil {
				return fmt.Errorf("%s: %s: %w", args[0], addr, err)
			}
		}
		return a.change(c.Context(), &f, func(s *state.Snapshot) error {
			if s.Serial > 0 && !force {
				if next.Lineage != s.Lineage {
					return fmt.Errorf("the file is the state of another estate (lineage %s, here %s); -force replaces all the same", next.Lineage, s.Lineage)
				}
				if next.Serial < s.Serial {
					return fmt.Errorf("the file is older (serial %d, here %d); -force replaces all the same", next.Serial, s.Serial)
				}
			}
			s.Records = next.Records
			if s.Serial == 0 {
				s.Lineage = next.Lineage
			}
			return nil
		})
	}}))
	push.Flags().BoolVar(&force, "force", false, "replace a newer or a foreign state")
	return c
}

func addresses(s *state.Snapshot) []string {
	out := make([]string, 0, len(s.Records))
	for a := range s.Records {
		out = append(out, string(a))
	}
	sort.Strings(out)
	return out
}

func find(s *state.Snapshot, addr string) (*schema.Record, error) {
	if r := s.Records[schema.Address(addr)]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("%s is not recorded.%s gantry state list shows what is", addr, schema.Suggest(addr, addresses(s)))
}

func (a *app) snapshot(ctx context.Context, f *variableFlags) (*state.Snapshot, error) {
	st, err := a.store(f)
	if err != nil {
		return nil, err
	}
	return st.Read(ctx)
}

// nothingOpen refuses to edit the state while the journal holds steps of an
// earlier run: settling them would write over the edit.
func nothingOpen(ctx context.Context, st state.Store) error {
	open, err := st.Open(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	return fmt.Errorf("an earlier run left %s open; gantry apply settles that first", strings.Replace(open[0].Step, ":", " ", 1))
}

// locks gives a command the flag of those that take the lock.
func (a *app) locks(c *cobra.Command) *cobra.Command {
	c.Flags().DurationVar(&a.lockTimeout, "lock-timeout", 0, "how long to wait for another run that holds the lock")
	return c
}

// lock takes the lock of the state, and says for whom it waits.
func (a *app) lock(ctx context.Context, r *run.Run) (state.Lock, error) {
	if r.Emit == nil {
		r.Emit = view.NewProgress(a.stderr, view.NewStyle(a.stderr), false).Event
		defer func() { r.Emit = nil }()
	}
	return r.Lock(ctx, commandLine(os.Args[1:]), a.lockTimeout)
}

// change edits the state under the lock.
func (a *app) change(ctx context.Context, f *variableFlags, edit func(*state.Snapshot) error) error {
	st, err := a.store(f)
	if err != nil {
		return err
	}
	r := &run.Run{Store: st}
	lock, err := a.lock(ctx, r)
	if err != nil {
		return err
	}
	defer func() {
		if err := lock.Unlock(); err != nil {
			fmt.Fprintln(a.stderr, "The lock was not released:", err)
		}
	}()
	if err := nothingOpen(ctx, st); err != nil {
		return err
	}
	snap, err := st.Read(ctx)
	if err != nil {
		return err
	}
	next := *snap
	next.Records = maps.Clone(snap.Records)
	if err := edit(&next); err != nil {
		return err
	}
	next.Serial, next.Writer, next.Stamp = snap.Serial+1, Version, state.Moment(r.Who, r.Who.Command)
	if snap.Serial > 0 && next.Lineage != snap.Lineage {
		return lock.Write(ctx, &next, snap.Serial)
	}
	return lock.Update(ctx, state.Whole(snap, &next))
}

// settled closes the journal entry of a step whose console cannot be asked. The state stays as it is: the next plan sees what is there.
func (a *app) settled(ctx context.Context, f *variableFlags, step string) (err error) {
	st, err := a.store(f)
	if err != nil {
		return err
	}
	lock, err := a.lock(ctx, &run.Run{Store: st})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	open, err := st.Open(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range open {
		if names = append(names, e.Step); e.Step == step {
			return lock.Journal(ctx, state.Entry{Time: time.Now().UTC(), Plan: e.Plan, Step: step, Status: state.Settled, Note: "settled by hand"})
		}
	}
	if len(names) == 0 {
		return errors.New("no earlier run left anything open")
	}
	return fmt.Errorf("%s is not open; open are %s", step, strings.Join(names, ", "))
}

func (a *app) forceUnlockCmd() *cobra.Command {
	var f variableFlags
	var force bool
	c := &cobra.Command{Use: "force-unlock LOCK-ID", Short: "Remove the lock of a run that is dead", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		st, err := a.store(&f)
		if err != nil {
			return err
		}
		holder, err := st.Holder(c.Context())
		if err != nil {
			return err
		}
		if holder != nil && holder.ID == args[0] && time.Since(holder.Heartbeat) < holder.StaleAfter() && !force {
			return fmt.Errorf("the holder is alive: %s; its last heartbeat was %s ago. Taking its lock cancels that run. If that is what you want: gantry force-unlock -force %s", holder, time.Since(holder.Heartbeat).Round(time.Second), args[0])
		}
		if err := st.ForceUnlock(c.Context(), args[0]); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, "Unlocked. What that run left open is settled by the next apply.")
		return nil
	}}
	f.register(c)
	c.Flags().BoolVar(&force, "force", false, "take the lock of a run that is alive; that cancels it")
	return c
}

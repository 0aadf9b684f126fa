package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/state"
)

// RecoverMigration settles an unfinished migration, also one that no journal knows of: it finds both ends and hands them
// to the provider's recovery. What the journal has open about it is closed then.
// The second result is why it had to be recovered, which is no failure of the recovery.
func (r *Run) RecoverMigration(ctx context.Context, lock state.Lock, want *schema.Object) (*providers.Result, error, error) {
	res, why := r.recoverMigration(ctx, want)
	if res == nil || res.Object == nil || strings.HasPrefix(schema.Str(res.Object.Value, "state"), "migrating") {
		return res, nil, why
	}
	open, err := r.Store.Open(ctx)
	if err != nil {
		return res, why, err
	}
	for _, e := range open {
		var s planner.Step
		if json.Unmarshal(e.Body, &s) != nil || s.Address != want.Address || s.Action != planner.Migrate {
			continue // the next apply settles it, or says why it cannot be read
		}
		snap, err := r.Store.Read(ctx)
		if err != nil {
			return res, why, err
		}
		x := &executor{r: r, lock: lock, plan: &planner.Plan{Fingerprint: e.Plan}, snap: snap, back: map[schema.Address]*schema.Object{}}
		if err := errors.Join(x.keep(ctx, &s, res.Object, true), x.journal(&s, state.Settled, "recovered by gantry migrate -recover", nil, nil)); err != nil {
			return res, why, err
		}
	}
	return res, why, nil
}

func (r *Run) recoverMigration(ctx context.Context, want *schema.Object) (*providers.Result, error) {
	d, err := r.Discover(ctx)
	if err != nil {
		return nil, err
	}
	name := schema.Str(want.Value, "name")
	var ends []*schema.Object
	for _, o := range d.Inventory.Of("partition") {
		if schema.Str(o.Value, "name") == name {
			ends = append(ends, o)
		}
	}
	if len(ends) == 0 {
		for _, e := range d.Inventory.Endpoints {
			if e.Error != "" {
				return nil, fmt.Errorf("a console does not answer, so nobody can say where %s is: %s", name, e.Error)
			}
		}
		return nil, fmt.Errorf("no console has a partition named %s", name)
	}
	snap, err := r.Store.Read(ctx)
	if err != nil {
		return nil, err
	}
	if len(ends) == 1 && !strings.HasPrefix(schema.Str(ends[0].Value, "state"), "migrating") {
		return &providers.Result{Outcome: providers.NotDoneOutcome, Object: ends[0]}, nil // nothing to recover
	}
	// The source is where the state remembers it, else the end whose console speaks of the migration.
	source := ends[0]
	for _, o := range ends {
		if st := schema.Str(o.Value, "migration_state"); st != "" && st != "Not Migrating" {
			source = o
		}
	}
	facts := planner.Known(r.Input(d.Inventory, snap, planner.Options{}))
	for _, o := range ends {
		if rec := snap.Records[want.Address]; rec != nil && rec.Object.ID == o.ID {
			source = o
		}
	}
	from := facts.Object("system", schema.Str(source.Value, "system"))
	var to *schema.Object
	for _, o := range d.Inventory.Of("system") {
		if o.ID == from.ID {
			continue
		}
		for _, e := range ends {
			if schema.Str(e.Value, "system") == o.ID {
				to = o
			}
		}
		if to == nil && len(d.Inventory.Of("system")) == 2 {
			to = o
		}
	}
	if to == nil {
		return &providers.Result{Outcome: providers.NotDoneOutcome, Object: source}, nil
	}
	want = want.Clone()
	want.Value = schema.Set(want.Value, "mobility.on_failure", cty.StringVal("recover")) // that is what was asked for
	s := &planner.Step{ID: "migrate:" + string(want.Address), Address: want.Address, Kind: "partition", Action: planner.Migrate, Mode: "live",
		From: from.ID, To: to.ID, Endpoint: from.Endpoint, TargetEndpoint: to.Endpoint, Before: source, After: want}
	if l := r.Explain(s, facts); l.HasErrors() {
		return nil, l.Err()
	}
	sess, err := r.session(ctx, s.Endpoint)
	if err != nil {
		return nil, err
	}
	if _, err := r.session(ctx, s.TargetEndpoint); err != nil {
		return nil, err
	}
	return sess.Apply(ctx, providers.Request{Step: s, Mode: providers.Recover, Emit: r.providerEvents(s)})
}

package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/state"
)

// RecoverMigration settles an unfinished migration that no journal knows of:
// it finds both ends and hands them to the provider's recovery.
func (r *Run) RecoverMigration(ctx context.Context, lock state.Lock, want *schema.Object) (*providers.Result, error) {
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
	res, err := sess.Apply(ctx, providers.Request{Step: s, Mode: providers.Recover, Emit: r.providerEvents(s)})
	if res == nil || res.Object == nil || strings.HasPrefix(schema.Str(res.Object.Value, "state"), "migrating") {
		return res, err
	}
	if e := r.closeRecovered(ctx, lock, s.ID, res); e != nil {
		return res, e
	}
	return res, err
}

// closeRecovered ends the books of the migration that an earlier run left open: the next one need not watch for it.
func (r *Run) closeRecovered(ctx context.Context, lock state.Lock, id string, res *providers.Result) error {
	open, err := r.Store.Open(ctx)
	if err != nil {
		return err
	}
	for _, e := range open {
		var s planner.Step
		if e.Step != id || json.Unmarshal(e.Body, &s) != nil {
			continue
		}
		snap, err := r.Store.Read(ctx)
		if err != nil {
			return err
		}
		x := &executor{r: r, lock: lock, plan: &planner.Plan{Fingerprint: e.Plan}, snap: snap, back: map[schema.Address]*schema.Object{}}
		if x.ours(&s) {
			if err := x.keep(ctx, &s, res.Object); err != nil {
				return err
			}
		}
		if err := x.journal(&s, state.Settled, "recovered by gantry migrate -recover", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

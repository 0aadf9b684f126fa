package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/state"
)

// Summary is how an apply ended.
type Summary struct {
	Done     []string
	Failed   []Failure
	Skipped  []Skip   // because of a failed step
	NotBegun []string // because of an interrupt
	Moved    []Move   // migrations that are done
	Took     time.Duration
}

// Failure is a step that failed, with its cause.
type Failure struct {
	Step string
	Err  error
}

// Skip is a step that was not begun because another one failed.
type Skip struct {
	Step, Because string
	Rests         bool // it did not depend on the failed one: after_failed_migration = "rest"
}

// Move is a migration that is done, and the system that the partition left, by its address.
type Move struct{ Address, From string }

// OK reports whether everything was done.
func (s *Summary) OK() bool { return len(s.Failed)+len(s.Skipped)+len(s.NotBegun) == 0 }

// ErrUnrecorded says that the state was not written.
var ErrUnrecorded = errors.New("the state was not written")

// executor walks one plan.
type executor struct {
	r     *Run
	lock  state.Lock
	plan  *planner.Plan
	user  context.Context // ends when the user cancels, and not with the lock
	soft  <-chan struct{} // closed: begin nothing new
	hush  func(error)     // closes it
	slots map[string]chan struct{}
	turn  map[string]chan struct{} // for actions that run one at a time

	mu    sync.Mutex
	snap  *state.Snapshot
	back  map[schema.Address]*schema.Object
	ended map[string]chan struct{}
	bad   map[string]string // step -> first cause's step
	rest  string            // the failed migration after which no other one begins
	sum   Summary
}

// Execute applies a plan under a lock that the caller holds. soft, when closed,
// lets what runs go on and begins nothing new; cancelling ctx cancels what can
// be cancelled.
func (r *Run) Execute(ctx context.Context, lock state.Lock, snap *state.Snapshot, plan *planner.Plan, soft <-chan struct{}) (*Summary, error) {
	// An interrupt and a store that is out of reach begin nothing new, both.
	quiet := make(chan struct{})
	x := &executor{r: r, lock: lock, plan: plan, soft: quiet, snap: snap, back: map[schema.Address]*schema.Object{}, ended: map[string]chan struct{}{}, bad: map[string]string{},
		slots: map[string]chan struct{}{}, turn: map[string]chan struct{}{}}
	begin := time.Now()
	if err := x.books(ctx); err != nil {
		return nil, err
	}
	for _, s := range plan.Steps {
		x.ended[s.ID] = make(chan struct{})
		for _, k := range []string{s.Endpoint, s.TargetEndpoint} {
			if k == "" || x.slots[k] != nil {
				continue
			}
			limit := 4
			if e := r.Estate.Endpoints[k]; e != nil && r.Providers[e.Type] != nil {
				if n := r.Providers[e.Type].Describe().Limits.StepsPerEndpoint; n > 0 {
					limit = n
				}
			}
			x.slots[k] = make(chan struct{}, limit)
			x.turn[k] = make(chan struct{}, 1)
		}
	}
	var once sync.Once
	x.hush = func(why error) {
		once.Do(func() {
			if why != nil {
				r.emit(Event{Type: "lock-lost", Text: why.Error()})
			}
			close(quiet)
		})
	}
	x.user = ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-soft:
			x.hush(nil)
		case <-ctx.Done():
		}
	}()
	go func() {
		select {
		case <-lock.Lost():
			if errors.Is(lock.Cause(), state.ErrTaken) {
				x.hush(lock.Cause())
				cancel(lock.Cause())
				return
			}
			// The store is out of reach: what runs at a console goes on and is settled later; nothing new begins.
			x.hush(lock.Cause())
		case <-ctx.Done():
		}
	}()
	var wg sync.WaitGroup
	for _, s := range plan.Steps {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer close(x.ended[s.ID])
			x.step(ctx, s)
		}()
	}
	wg.Wait()
	x.sum.Took = time.Since(begin)
	x.sortSummary()
	return &x.sum, nil
}

// books makes the changes that concern only the state: renames and refreshes.
func (x *executor) books(ctx context.Context) error {
	if len(x.plan.Renamed)+len(x.plan.Refreshed)+len(x.plan.Books) == 0 {
		return nil
	}
	put := map[schema.Address]*schema.Record{}
	var gone []schema.Address
	x.mu.Lock()
	at := func(a schema.Address) *schema.Record {
		if put[a] != nil {
			return put[a]
		}
		return x.snap.Records[a]
	}
	for _, m := range x.plan.Renamed {
		if r := x.snap.Records[m.From]; r != nil {
			c := *r
			c.Object = r.Object.Clone()
			c.Object.Address = m.To
			put[m.To] = &c
			gone = append(gone, m.From)
		}
	}
	gone = slices.DeleteFunc(gone, func(a schema.Address) bool { return put[a] != nil }) // two that change names
	for _, b := range x.plan.Books {
		if r := at(b.Address); r != nil {
			c := *r
			c.PreventDestroy, c.Deps = b.PreventDestroy, b.Deps
			for name, v := range b.Keep {
				x, err := schema.DecodeValue(v)
				if err != nil || x == cty.NilVal || x.IsNull() {
					x = cty.NilVal // it is to be forgotten
				}
				c.Object = c.Object.Clone()
				c.Object.Value = schema.Set(c.Object.Value, name, x)
			}
			put[b.Address] = &c
		}
	}
	for _, o := range x.plan.Refreshed {
		if r := at(o.Address); r != nil {
			c := *r
			c.Object = o
			put[o.Address] = &c
		}
	}
	x.mu.Unlock()
	return x.record(ctx, "what is remembered, without a step", put, gone...)
}

// record writes what a step changes of the snapshot.
func (x *executor) record(ctx context.Context, why string, put map[schema.Address]*schema.Record, gone ...schema.Address) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := &state.Delta{Lineage: x.snap.Lineage, Serial: x.snap.Serial + 1, Writer: x.r.Version, Stamp: state.Moment(x.r.Who, why), Put: put, Gone: gone}
	// What was done must be written down even while the run is being cancelled.
	if err := x.lock.Update(context.WithoutCancel(ctx), d); err != nil {
		if x.hush != nil {
			x.hush(err)
		}
		return fmt.Errorf("%w: %w", ErrUnrecorded, err)
	}
	return x.snap.Apply(d)
}

// forget records that an object is not ours, or not there, any more.
func (x *executor) forget(ctx context.Context, s *planner.Step) error {
	return x.record(ctx, s.ID, nil, s.Address)
}

func (x *executor) journal(s *planner.Step, status state.Status, note string, body, handle json.RawMessage) error {
	return x.lock.Journal(context.Background(), state.Entry{Time: time.Now().UTC(), Plan: x.plan.Fingerprint, Step: s.ID, Status: status, Note: note, Body: body, Handle: handle})
}

// step waits for its predecessors and runs.
func (x *executor) step(ctx context.Context, s *planner.Step) {
	for _, w := range s.WaitsFor {
		if ch := x.ended[w]; ch != nil {
			<-ch
		}
	}
	x.mu.Lock()
	because := ""
	for _, w := range s.WaitsFor {
		if root := x.bad[w]; root != "" {
			because = root
		}
	}
	x.mu.Unlock()
	if because != "" {
		x.skip(s, because, false)
		return
	}
	release, ok := x.acquire(ctx, s)
	if !ok {
		x.mu.Lock()
		x.sum.NotBegun = append(x.sum.NotBegun, s.ID)
		x.mu.Unlock()
		return
	}
	defer release()
	x.mu.Lock()
	rest := x.rest
	x.mu.Unlock()
	if s.Action == planner.Migrate && rest != "" {
		x.skip(s, rest, true)
		return
	}
	begin := time.Now()
	x.r.emit(Event{Type: "step-started", Step: s})
	err := x.run(ctx, s)
	if err != nil {
		x.mu.Lock()
		x.bad[s.ID] = s.ID
		if s.Action == planner.Migrate && x.rest == "" && x.r.Estate.Settings.AfterFailedMigration == "rest" {
			x.rest = s.ID
		}
		x.sum.Failed = append(x.sum.Failed, Failure{s.ID, err})
		x.mu.Unlock()
		x.r.emit(Event{Type: "step-failed", Step: s, Err: err, Took: time.Since(begin)})
		return
	}
	x.mu.Lock()
	x.sum.Done = append(x.sum.Done, s.ID)
	if s.Action == planner.Migrate && s.Leg < 2 { // home is where it was before it stepped aside
		var from string
		if len(s.Changes) > 0 {
			_ = json.Unmarshal(s.Changes[0].Before, &from)
		}
		x.sum.Moved = append(x.sum.Moved, Move{string(s.Address), from})
	}
	x.mu.Unlock()
	x.r.emit(Event{Type: "step-done", Step: s, Took: time.Since(begin)})
}

func (x *executor) skip(s *planner.Step, because string, rests bool) {
	x.mu.Lock()
	x.bad[s.ID] = because
	x.sum.Skipped = append(x.sum.Skipped, Skip{s.ID, because, rests})
	x.mu.Unlock()
	x.r.emit(Event{Type: "step-skipped", Step: s, Text: because})
}

// acquire takes the step's places under the limits that its providers declare,
// in a fixed order so that two steps never wait for each other.
func (x *executor) acquire(ctx context.Context, s *planner.Step) (func(), bool) {
	keys := []string{}
	for _, k := range []string{s.Endpoint, s.TargetEndpoint} {
		if k != "" && (len(keys) == 0 || keys[0] != k) {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	var taken []chan struct{}
	release := func() {
		for _, c := range taken {
			<-c
		}
	}
	take := func(c chan struct{}) bool {
		select { // an interrupt wins over a free place
		case <-x.soft:
			return false
		case <-ctx.Done():
			return false
		default:
		}
		select {
		case c <- struct{}{}:
			taken = append(taken, c)
			return true
		case <-x.soft:
		case <-ctx.Done():
		}
		return false
	}
	if len(keys) == 0 {
		c := make(chan struct{}, 1)
		if !take(c) {
			return nil, false
		}
		return release, true
	}
	for _, k := range keys {
		if !take(x.slots[k]) {
			release()
			return nil, false
		}
		if x.oneAtATime(k, s.Action) && !take(x.turn[k]) {
			release()
			return nil, false
		}
	}
	return release, true
}

func (x *executor) oneAtATime(key string, a planner.Action) bool {
	e := x.r.Estate.Endpoints[key]
	if e == nil || x.r.Providers[e.Type] == nil {
		return false
	}
	for _, s := range x.r.Providers[e.Type].Describe().Limits.Serial {
		if s == a {
			return true
		}
	}
	return false
}

// run does one step: facts, journal, commands, verification, state, journal.
func (x *executor) run(ctx context.Context, s *planner.Step) error {
	switch s.Action {
	case planner.Forget:
		return x.forget(ctx, s)
	case planner.Adopt:
		return x.keep(ctx, s, s.Before, true)
	}
	sess, err := x.r.session(ctx, s.Endpoint)
	if err != nil {
		return err
	}
	if s.TargetEndpoint != "" {
		if _, err := x.r.session(ctx, s.TargetEndpoint); err != nil {
			return err
		}
	}
	if err := x.facts(ctx, s); err != nil {
		return err
	}
	if s, err = x.substitute(s); err != nil {
		return err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// Intent before effect: on disk before the first command leaves.
	if err := x.journal(s, state.Started, "", body, nil); err != nil {
		return fmt.Errorf("the journal cannot be written, so nothing was sent: %w", err)
	}
	emit := func(e providers.Event) {
		if e.Type == "handle" {
			// A handle that cannot be written is not fatal: the step's body is there.
			if err := x.journal(s, state.Started, "", nil, e.Handle); err != nil {
				e = providers.Event{Step: s.ID, Type: "note", Text: "the job handle was not written: " + err.Error()}
			}
		}
		x.r.emit(Event{Type: "provider", Step: s, Provider: &e})
	}
	if s.Action == planner.Migrate {
		// Who has lost the lock sends nothing any more, and least of all an order to stop what another run may have begun meanwhile: only
		// the user cancels a migration.
		ctx = x.user
	}
	res, err := sess.Apply(ctx, providers.Request{Step: s, Mode: providers.Do, Emit: emit})
	if err == nil && (res == nil || res.Outcome == providers.NotDoneOutcome) {
		return fmt.Errorf("the provider of %s says that it did not do %s, and not why; what there is now is not known", s.Endpoint, s.ID)
	}
	if err != nil {
		return x.failed(ctx, s, res, err)
	}
	return x.succeeded(ctx, s, res)
}

func (x *executor) failed(ctx context.Context, s *planner.Step, res *providers.Result, cause error) error {
	if res == nil {
		return cause // the outcome is unknown: the journal entry stays open
	}
	if res.Object != nil && x.ours(s) {
		if err := x.keep(ctx, s, res.Object, false); err != nil {
			return fmt.Errorf("%w\n(and the state was not written: %v)", cause, err)
		}
	}
	if err := x.journal(s, state.Failed, firstLine(cause), nil, nil); err != nil {
		return fmt.Errorf("%w\n(and the journal was not written: %v)", cause, err)
	}
	return cause
}

// ours: whether state keeps the step's object. What a failed creation left
// behind is ours too, or it would be an orphan.
func (x *executor) ours(s *planner.Step) bool {
	for _, o := range []*schema.Object{s.After, s.Before} {
		if o != nil {
			return x.r.Catalogue.Kind(s.Kind).Owned(o.Value)
		}
	}
	return false
}

func (x *executor) succeeded(ctx context.Context, s *planner.Step, res *providers.Result) error {
	if res.Note != "" {
		x.r.emit(Event{Type: "provider", Step: s, Provider: &providers.Event{Step: s.ID, Type: "note", Text: res.Note}})
	}
	if o := x.seenByAll(ctx, s, res.Object); o != nil {
		res.Object = o
	}
	if res.Object != nil {
		x.r.mu.Lock()
		inv := x.r.inventory
		x.r.mu.Unlock()
		res.Object = planner.Canonical(x.r.Catalogue, inv, res.Object)
	}
	if bad := planner.Verify(x.r.Catalogue, s, res.Object); bad.HasErrors() {
		if res.Object != nil && x.ours(s) {
			if err := x.keep(ctx, s, res.Object, false); err != nil {
				return err
			}
		}
		return errors.Join(bad.Err(), x.journal(s, state.Failed, "not as promised", nil, nil))
	}
	switch {
	case s.Action == planner.Delete:
		if err := x.forget(ctx, s); err != nil {
			return err
		}
	case x.ours(s):
		if err := x.keep(ctx, s, res.Object, true); err != nil {
			return err
		}
	}
	if err := x.journal(s, state.Done, "", nil, nil); err != nil {
		return err
	}
	if err := x.postconditions(s, res.Object); err != nil {
		return err
	}
	return x.heartbeat(ctx, s)
}

// heartbeatWait is how long the paths of a cluster's heartbeat may take to come back after a node has moved.
const heartbeatWait = 30 * time.Second

// heartbeat looks, after the partition of a cluster node has moved, whether the nodes and the paths between them are as they were
// before: the next step must not take another path away.
func (x *executor) heartbeat(ctx context.Context, s *planner.Step) error {
	after := *s
	after.Facts = slices.DeleteFunc(slices.Clone(s.Facts), func(f planner.Fact) bool { return f.Kind != "host" && f.Kind != "cluster" })
	if s.Action != planner.Migrate || len(after.Facts) == 0 {
		return nil
	}
	end := time.Now().Add(heartbeatWait)
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		objects, err := x.discover(ctx, s.Beside, providers.Scope{})
		moved := diag.List{}
		if err == nil {
			moved = planner.MovedFacts(&after, planner.Merge(x.r.Catalogue, objects, nil))
		}
		if err == nil && len(moved) == 0 {
			return nil
		}
		if time.Now().After(end) {
			if err != nil {
				return fmt.Errorf("%s has moved, which is recorded; then its cluster could not be asked: %w", s.Address, err)
			}
			for i := range moved {
				moved[i].Code, moved[i].Summary = "HA-44", "The cluster is not as before the move"
				moved[i].Detail += fmt.Sprintf(" %s has moved, which is recorded.", s.Address)
				moved[i].Fix = "Look at the interfaces and the VLANs of the new place, repair them or move it back, and plan again."
			}
			return moved.Err()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// discover asks some endpoints.
func (x *executor) discover(ctx context.Context, endpoints []string, scope providers.Scope) ([]*schema.Object, error) {
	var mu sync.Mutex
	var objects []*schema.Object
	for _, k := range endpoints {
		sess, err := x.r.session(ctx, k)
		if err != nil {
			return nil, err
		}
		if err := sess.Discover(ctx, scope, func(o *schema.Object) {
			mu.Lock()
			defer mu.Unlock()
			objects = append(objects, o)
		}); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// seenByAll is what a step left behind as all see it whose facts it rested on: what several hosts share is only whole when
// each of them has been asked. It is nil where one endpoint knows everything, or where one does not answer any more.
func (x *executor) seenByAll(ctx context.Context, s *planner.Step, back *schema.Object) *schema.Object {
	if len(s.Beside) == 0 || back == nil || s.Kind == "disk" || s.Kind == "partition" {
		return nil
	}
	objects, err := x.discover(ctx, endpointsOf(s), providers.Scope{})
	if err != nil {
		return nil
	}
	return planner.NewFacts(planner.Merge(x.r.Catalogue, objects, nil)).Object(s.Kind, back.ID)
}

// rebootOwed reports whether a restart that the word in reboot asks for is still to come after a step.
func (x *executor) rebootOwed(s *planner.Step, ok bool) bool {
	for _, t := range append(slices.Clone(x.plan.Steps), s) {
		if t.Address == s.Address && t.Action == planner.Restart && (t.ID != s.ID || !ok) && !slices.Contains(x.sum.Done, t.ID) {
			return true
		}
	}
	return false
}

// keep records an object as last verified; ok: its step has done what it should.
func (x *executor) keep(ctx context.Context, s *planner.Step, o *schema.Object, ok bool) error {
	c := o.Clone()
	c.Address = s.Address
	k := x.r.Catalogue.Kind(s.Kind)
	x.mu.Lock()
	for _, earlier := range []*schema.Object{s.After, recorded(x.snap, s.Address)} {
		if earlier != nil {
			c.Value = k.Remember(c.Value, earlier.Value)
		}
	}
	if k.Attribute("reboot") != nil && x.rebootOwed(s, ok) {
		word := cty.NilVal
		if earlier := recorded(x.snap, s.Address); earlier != nil {
			word = schema.Get(earlier.Value, "reboot")
		}
		c.Value = schema.Set(c.Value, "reboot", word)
	}
	x.back[s.Address] = c
	x.mu.Unlock()
	declared := s.After
	if s.Action == planner.Adopt {
		declared = x.r.Estate.Object(s.Address) // what it takes over is as it was found
	}
	r := &schema.Record{Object: c, PreventDestroy: s.PreventDestroy, Deps: s.Deps}
	if declared != nil {
		var earlier []string
		x.mu.Lock()
		if old := x.snap.Records[s.Address]; old != nil {
			earlier = old.Blocks
		}
		x.mu.Unlock()
		r.Blocks = k.DeclaredBlocks(declared.Value, c.Value, earlier)
	}
	return x.record(ctx, s.ID, map[schema.Address]*schema.Record{s.Address: r})
}

func recorded(snap *state.Snapshot, a schema.Address) *schema.Object {
	if snap == nil || snap.Records[a] == nil {
		return nil
	}
	return snap.Records[a].Object
}

func (x *executor) postconditions(s *planner.Step, back *schema.Object) error {
	lc := x.r.Estate.Lifecycle[s.Address]
	if lc == nil || back == nil {
		return nil
	}
	x.mu.Lock() // evaluation is not made for several goroutines
	defer x.mu.Unlock()
	for _, c := range lc.Postconditions {
		ok, msg, bad := c.Eval(back.Value)
		if bad.HasErrors() {
			return bad.Err()
		}
		if !ok {
			return diag.List{diag.Errorf("postcondition", "Postcondition does not hold", "%s: %s. The step itself was done and recorded.", s.Address, msg).In(c.Range)}.Err()
		}
	}
	return nil
}

// facts re-reads what the step relies on, right before it: what earlier steps of
// this plan leave alone, and room always.
func (x *executor) facts(ctx context.Context, s *planner.Step) error {
	names := []string{}
	for _, o := range []*schema.Object{s.Before, s.After} {
		if o != nil && o.Kind == "partition" {
			names = append(names, schema.Str(o.Value, "name"))
		}
	}
	objects, err := x.discover(ctx, endpointsOf(s), providers.Scope{Names: dedupe(names), Systems: systemsOf(s)})
	if err != nil {
		return err
	}
	inv := planner.Merge(x.r.Catalogue, objects, nil)
	if s.Action == planner.Create {
		for _, o := range inv.Of(s.Kind) {
			if s.After.ID != "" && o.ID == s.After.ID || s.Kind == "partition" && schema.Str(o.Value, "name") == schema.Str(s.After.Value, "name") && schema.Str(o.Value, "system") == schema.Str(s.After.Value, "system") {
				return diag.List{diag.Errorf("fact-moved", "A fact has changed", "%s did not exist when the plan was made and exists now.", s.Address).At(string(s.Address), "").WithFix("Plan again.")}.Err()
			}
		}
	}
	check := *s
	check.Facts = x.stillTrue(s)
	if err := planner.MovedFacts(&check, inv).Err(); err != nil || s.Action != planner.Migrate {
		return err
	}
	var refused diag.List
	for _, f := range planner.Recheck(planner.Input{Catalogue: x.r.Catalogue, Desired: Desired(x.r.Estate), Inventory: inv, Endpoints: Endpoints(x.r.Estate), Today: x.r.Today}, s) {
		if f.Severity == diag.Error {
			refused = append(refused, f.Diagnostic)
		}
	}
	return refused.Err()
}

// stillTrue are the facts that earlier steps of this plan on the same object
// leave alone: adopting changes none, stopping and starting the state and the
// management connection, a move everything that hangs on the identity.
func (x *executor) stillTrue(s *planner.Step) []planner.Fact {
	changed := map[string]bool{}
	for _, other := range x.plan.Steps {
		if other.Address != s.Address || other.ID == s.ID || !slices.Contains(s.WaitsFor, other.ID) {
			continue
		}
		switch other.Action {
		case planner.Adopt, planner.Forget:
		case planner.Stop, planner.Start, planner.Restart:
			changed["state"], changed["rmc_state"] = true, true
		default:
			return nil
		}
	}
	var facts []planner.Fact
	for _, f := range s.Facts {
		if !changed[f.Path] {
			facts = append(facts, f)
		}
	}
	return facts
}

func dedupe(in []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// substitute puts values that only a console could choose into a step, now that
// the objects they come from exist, and has its commands made again.
func (x *executor) substitute(s *planner.Step) (*planner.Step, error) {
	if s.After == nil || len(s.After.Refs) == 0 {
		return s, nil
	}
	c := *s
	c.After = s.After.Clone()
	c.Commands, c.Details = nil, nil
	c.Changes = append([]planner.Change(nil), s.Changes...)
	x.mu.Lock()
	snap := *x.snap // other steps write theirs down meanwhile
	snap.Records = maps.Clone(snap.Records)
	x.mu.Unlock()
	in := x.r.Input(x.r.inventory, &snap, planner.Options{})
	for _, path := range sortedRefs(c.After.Refs) {
		ref := c.After.Refs[path]
		x.mu.Lock()
		src := x.back[ref.Address]
		if src == nil {
			if rec := x.snap.Records[ref.Address]; rec != nil {
				src = rec.Object
			}
		}
		x.mu.Unlock()
		if src == nil {
			return nil, fmt.Errorf("%s needs %s, which does not exist", s.Address, ref)
		}
		v := planner.Refer(in, ref, src)
		if v == cty.NilVal {
			return nil, fmt.Errorf("%s needs %s, which its console does not report", s.Address, ref)
		}
		v = x.r.Catalogue.Kind(c.Kind).Attribute(path).Fit(v)
		c.After.Value = schema.Set(c.After.Value, path, v)
		delete(c.After.Refs, path)
		for i := range c.Changes {
			if c.Changes[i].Path == path {
				c.Changes[i].After, c.Changes[i].Source = schema.EncodeValue(v), nil
			}
		}
	}
	f := planner.Known(in)
	if d := x.r.Explain(&c, f); d.HasErrors() {
		return nil, d.Err()
	}
	return &c, nil
}

func sortedRefs(m map[string]schema.ValueRef) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func firstLine(err error) string {
	s := err.Error()
	for i, c := range s {
		if c == '\n' {
			return s[:i]
		}
	}
	return s
}

func (x *executor) sortSummary() {
	rank := map[string]int{}
	for i, s := range x.plan.Steps {
		rank[s.ID] = i
	}
	sort.Slice(x.sum.Done, func(i, j int) bool { return rank[x.sum.Done[i]] < rank[x.sum.Done[j]] })
	sort.Slice(x.sum.NotBegun, func(i, j int) bool { return rank[x.sum.NotBegun[i]] < rank[x.sum.NotBegun[j]] })
	sort.Slice(x.sum.Skipped, func(i, j int) bool { return rank[x.sum.Skipped[i].Step] < rank[x.sum.Skipped[j].Step] })
	// Failures stay in the order in which they happened: the first cause on top.
}

// unreachable is a step that is open and cannot be settled as long as one of its consoles is silent; what may be done meanwhile is
// somebody's to decide.
func unreachable(s *planner.Step, err error) error {
	d := diag.Errorf("not-settled", "An earlier run left something open", "%s is still open, and a console that can tell how it ended cannot be reached: %v.", s.ID, err).At(string(s.Address), "").
		WithFix("Bring the console back and apply again. If it is gone for good, look at %s by hand, and then say so: gantry state settled %s", s.Address, s.ID)
	if dir, name := "", ""; s.Action == planner.Relocate && s.After != nil && s.Mode == "live" {
		dir, name = schema.Str(s.After.Value, "mobility.directory"), schema.Str(s.After.Value, "name")
		d.Fix = fmt.Sprintf("Bring the console back and apply again. If it is gone for good, look at the other host: lswpar %[2]s. Where it is paused, /opt/mcr/bin/resumewpar %[2]s lets it go on; where it is off and runs nowhere else, what it was doing is in %[1]s/%[2]s.state: "+
			"/opt/mcr/bin/restartwpar -d %[1]s/%[2]s.state %[2]s. Then say so: gantry state settled %[3]s", dir, name, s.ID)
	}
	return diag.List{d}.Err()
}

// Settle takes up what earlier runs left in flight: it recovers or looks, and
// closes the journal entries. It returns how many it settled, and the snapshot
// as it is afterwards.
func (r *Run) Settle(ctx context.Context, lock state.Lock) (int, *state.Snapshot, error) {
	open, err := r.Store.Open(ctx)
	if err != nil {
		return 0, nil, err
	}
	snap, err := r.Store.Read(ctx)
	if err != nil {
		return 0, nil, err
	}
	n := 0
	for _, e := range open {
		var s planner.Step
		if err := json.Unmarshal(e.Body, &s); err != nil {
			return n, nil, fmt.Errorf("the journal entry of %s cannot be read: %w", e.Step, err)
		}
		x := &executor{r: r, lock: lock, plan: &planner.Plan{Fingerprint: e.Plan}, snap: snap, back: map[schema.Address]*schema.Object{}}
		r.emit(Event{Type: "settling", Step: &s, Text: fmt.Sprintf("an earlier run began this at %s and did not end it", e.Time.Local().Format("15:04:05"))})
		var sess providers.Session
		for _, k := range endpointsOf(&s) {
			one, err := r.session(ctx, k)
			if err != nil {
				return n, nil, unreachable(&s, err)
			}
			if k == s.Endpoint {
				sess = one
			}
		}
		if sess == nil {
			return n, nil, fmt.Errorf("the journal entry of %s names no console", e.Step)
		}
		res, err := sess.Apply(ctx, providers.Request{Step: &s, Mode: providers.Recover, Handle: e.Handle, Emit: r.providerEvents(&s)})
		if res == nil {
			if err == nil {
				err = errors.New("the provider gave no result")
			}
			return n, nil, fmt.Errorf("%s, which an earlier run left open, cannot be settled: %w", e.Step, err)
		}
		text := "it had not taken effect; it is planned anew"
		if err != nil {
			text = "it failed: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		switch {
		case res.Outcome == providers.DoneOutcome && s.Action == planner.Delete:
			err = x.forget(ctx, &s)
			text = "it was done"
		case res.Object != nil && x.ours(&s):
			err = x.keep(ctx, &s, res.Object, res.Outcome == providers.DoneOutcome)
			if res.Outcome == providers.DoneOutcome {
				text = "it was done; the books are finished"
			}
		case res.Outcome == providers.DoneOutcome:
			err, text = nil, "it was done"
		default:
			err = nil
		}
		if err != nil {
			return n, nil, err
		}
		if err := x.journal(&s, state.Settled, text, nil, nil); err != nil {
			return n, nil, err
		}
		snap = x.snap
		n++
		r.emit(Event{Type: "settled", Step: &s, Text: text})
	}
	return n, snap, nil
}

// systemsOf are the identities of the systems that a step concerns.
func systemsOf(s *planner.Step) []string {
	ids := []string{s.From, s.To}
	for _, o := range []*schema.Object{s.Before, s.After} {
		if o != nil {
			ids = append(ids, schema.Str(o.Value, "system"))
			ids = append(ids, schema.Items(o.Value, "paths")...)
		}
	}
	for _, f := range s.Facts {
		if f.Kind == "system" {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// endpointsOf are the consoles that a step concerns.
func endpointsOf(s *planner.Step) []string {
	keys := []string{s.Endpoint}
	if s.TargetEndpoint != "" && s.TargetEndpoint != s.Endpoint {
		keys = append(keys, s.TargetEndpoint)
	}
	all := slices.Clone(s.Beside)
	for _, c := range s.Commands {
		all = append(all, c.Endpoint)
	}
	for _, k := range all {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

package lpar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// applier carries out one step that a console's session was given.
type applier struct {
	own Console
	reg *Registry
}

// Apply performs one step: it sends the step's commands to the consoles that
// they name, waits for what they begin, and reads the object back.
func Apply(ctx context.Context, reg *Registry, own Console, r providers.Request) (*providers.Result, error) {
	s := &applier{own, reg}
	if r.Emit == nil {
		r.Emit = func(providers.Event) {}
	}
	step := r.Step
	switch {
	case step.Action == planner.Migrate:
		return s.applyMigrate(ctx, r)
	case r.Mode == providers.Check:
		return &providers.Result{Outcome: providers.DoneOutcome}, nil
	case r.Mode == providers.Recover:
		return s.settle(ctx, r)
	}
	for _, c := range step.Commands {
		if c.Purpose != planner.PurposeChange {
			continue
		}
		on, err := s.reg.Peer(c.Endpoint)
		if err != nil {
			return nil, err
		}
		power := step.Action == planner.Restart || step.Action == planner.Stop || step.Action == planner.Start
		want := "running"
		if isShutdown(c.Line) {
			want = "off"
		}
		if err := change(ctx, on, step.ID, c.Line, r.Emit); err != nil {
			var lost *providers.LostError
			if !power || !errors.As(err, &lost) || !underWayTo(ctx, on, step, want) {
				return s.afterFailure(ctx, step, err)
			}
			r.Emit(providers.Event{Step: step.ID, Type: "note", Text: "the answer was lost; the console shows that the command took effect"})
		}
		if power {
			if err := awaitState(ctx, on, step, want, r.Emit); err != nil {
				return s.afterFailure(ctx, step, err)
			}
		}
	}
	back, err := s.readBack(ctx, step)
	if err != nil {
		return nil, err
	}
	res := &providers.Result{Outcome: providers.DoneOutcome, Object: back}
	if back != nil && schema.Str(back.Value, "state") == "open firmware" && (step.Action == planner.Start || step.Action == planner.Restart) {
		res.Note = partitionName(back) + " is activated and waits in Open Firmware: it found nothing to boot from. Look at its terminal and its disks."
	}
	return res, nil
}

func isShutdown(line string) bool {
	return strings.Contains(line, "-o osshutdown") || strings.Contains(line, "-o shutdown")
}

// change sends a command that has an effect. The console can not take two
// configuration commands at once; one that it refuses as busy is tried once
// more (ivm-cli.md, section 2).
func change(ctx context.Context, on Console, step, line string, emit func(providers.Event)) error {
	if on.Serial() != nil {
		on.Serial().Lock()
		defer on.Serial().Unlock()
	}
	for try := 0; ; try++ {
		emit(providers.Event{Step: step, Type: "command", Command: line, Text: on.Key()})
		a, err := patiently(ctx, on, step, line, emit)
		if err == nil {
			emit(providers.Event{Step: step, Type: "answer", Command: line, Exit: a.Exit, Took: a.Took, Text: a.Stdout + a.Stderr})
		}
		_, err = on.Judge(line, a, err)
		var refused *providers.CommandError
		if try == 0 && errors.As(err, &refused) && on.Busy(refused) {
			select {
			case <-time.After(10 * time.Second):
				continue
			case <-ctx.Done():
			}
		}
		return err
	}
}

// patiently runs a command and says so every half minute while no answer comes.
func patiently(ctx context.Context, on Console, step, line string, emit func(providers.Event)) (*console.Answer, error) {
	begin, done := time.Now(), make(chan struct{})
	defer close(done)
	go func() {
		t := time.NewTicker(30 * time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				emit(providers.Event{Step: step, Type: "note", Text: fmt.Sprintf("%s has not answered for %s: %s", on.Key(), time.Since(begin).Round(time.Second), line)})
			case <-done:
				return
			}
		}
	}()
	return on.Run(ctx, line)
}

// afterFailure finds out what is there after a command failed or its answer was
// lost. When the whole promise holds, the step is done; otherwise what exists is
// handed back with the error, so that nothing is orphaned.
func (s *applier) afterFailure(ctx context.Context, step *planner.Step, cause error) (*providers.Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	back, err := s.readBack(ctx, step)
	if err != nil {
		return nil, fmt.Errorf("%w\n(and reading back failed too: %v)", cause, err)
	}
	var lost *providers.LostError
	if errors.As(cause, &lost) && s.promised(step, back) {
		return &providers.Result{Outcome: providers.DoneOutcome, Object: back, Note: "the answer was lost; the console shows that the command took effect"}, nil
	}
	switch {
	case step.Action == planner.Create && lost != nil && back == nil:
		// It may still appear: the journal stays open and the next run looks again.
		return nil, fmt.Errorf("%w\nThe console does not show %s yet; the next apply looks again", cause, step.Address)
	case step.Action == planner.Restart && back != nil && schema.Str(back.Value, "state") == "off":
		return nil, fmt.Errorf("%w\n%s is off now; the next apply starts it", cause, step.Address)
	case !s.ours(step, back):
		return &providers.Result{Outcome: providers.NotDoneOutcome}, cause
	}
	if lost != nil {
		cause = fmt.Errorf("%w\nThe console was asked: the step has not taken effect, or not completely. What there is was recorded", cause)
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, cause
}

// madeLater are the attributes that commands after the one that makes the
// partition set.
var madeLater = []string{"disk", "optical", "npiv", "bridges", "connected", "connection_monitoring", "description", "keylock"}

// ours: whether what a creation left behind can be what the step made. Another
// partition of that name, made by hand meanwhile, is not taken over.
func (s *applier) ours(step *planner.Step, back *schema.Object) bool {
	if step.Action != planner.Create || back == nil {
		return true
	}
	for _, d := range planner.Verify(coreKinds, step, back) {
		if path, _, _ := strings.Cut(d.Path, "."); !slices.Contains(madeLater, path) {
			return false
		}
	}
	return true
}

// promised: whether the object is as the step promised.
func (s *applier) promised(step *planner.Step, back *schema.Object) bool {
	return len(planner.Verify(coreKinds, step, back)) == 0
}

// settle is Recover for everything but migrations: look, and say how it ended.
func (s *applier) settle(ctx context.Context, r providers.Request) (*providers.Result, error) {
	step := r.Step
	back, err := s.readBack(ctx, step)
	if err != nil {
		return nil, err
	}
	if step.Action == planner.Restart && back != nil && schema.Str(back.Value, "state") == "off" {
		// It was stopped to be started again: finish that, or it would stay down.
		for _, c := range step.Commands {
			if c.Purpose != planner.PurposeChange || isShutdown(c.Line) {
				continue
			}
			if err := change(ctx, s.own, step.ID, c.Line, r.Emit); err != nil {
				return nil, err
			}
			if err := awaitState(ctx, s.own, step, "running", r.Emit); err != nil {
				return nil, err
			}
		}
		if back, err = s.readBack(ctx, step); err != nil {
			return nil, err
		}
	}
	if !s.ours(step, back) {
		return &providers.Result{Outcome: providers.NotDoneOutcome}, nil
	}
	if s.promised(step, back) {
		return &providers.Result{Outcome: providers.DoneOutcome, Object: back}, nil
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, nil
}

// readBack reads the step's object; nil when it does not exist.
func (s *applier) readBack(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	switch step.Kind {
	case "disk":
		return s.readBackDisk(ctx, step)
	case "network":
		return s.readBackNetwork(ctx, step)
	case "system":
		return s.readBackShared(ctx, step, step.Before.ID, []string{step.Before.ID})
	}
	o := step.After
	if o == nil {
		o = step.Before
	}
	if step.Action == planner.Delete {
		o = step.Before
	}
	name, system := partitionName(o), schema.Str(o.Value, "system")
	back, err := s.own.Find(ctx, system, name)
	if back == nil && err == nil && step.Action == planner.Update && partitionName(step.Before) != name {
		return s.own.Find(ctx, system, partitionName(step.Before)) // the renaming has not happened
	}
	return back, err
}

// readBackDisk reads a shared disk on every console that sees it.
func (s *applier) readBackDisk(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	o := step.Before
	if o == nil {
		o = step.After
	}
	return s.readBackShared(ctx, step, o.ID, schema.Items(o.Value, "paths"))
}

// readBackNetwork reads where a network is bridged, and keeps of what Gantry has added what is there.
func (s *applier) readBackNetwork(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	o := step.After
	if o == nil {
		o = step.Before
	}
	var systems []string
	for _, c := range step.Changes {
		systems = append(systems, schema.SplitPath(c.Path)[1])
	}
	back, err := s.readBackShared(ctx, step, o.ID, systems)
	if err != nil || back == nil {
		return nil, err
	}
	left := false
	back.Value = schema.Set(back.Value, "added", cty.EmptyObjectVal) // nothing at all is said too, or what was planned would be remembered
	for _, id := range schema.Items(o.Value, "added") {
		at := schema.JoinPath("added", id)
		have := append(schema.Strings(back.Value, schema.JoinPath("bridges", id, "servers")), schema.Strings(back.Value, schema.JoinPath("bridges", id, "kept"))...)
		there := func(path string) cty.Value {
			return List(slices.DeleteFunc(schema.Strings(o.Value, path), func(v string) bool {
				server, _, _ := strings.Cut(v, "/")
				return slices.Contains(systems, id) && !slices.Contains(have, server)
			}))
		}
		if servers := there(at + ".servers"); servers.LengthInt() > 0 {
			back.Value = schema.Set(back.Value, at, cty.ObjectVal(map[string]cty.Value{"servers": servers, "made": there(at + ".made"), "adapters": there(at + ".adapters")}))
			left = true
		}
	}
	if step.Action == planner.Delete && !left {
		return nil, nil
	}
	return back, nil
}

// readBackShared reads an object on every console that the step concerns.
func (s *applier) readBackShared(ctx context.Context, step *planner.Step, id string, systems []string) (*schema.Object, error) {
	var objects []*schema.Object
	consoles := append(slices.Clone(step.Beside), step.Endpoint)
	for _, c := range step.Commands {
		consoles = append(consoles, c.Endpoint)
	}
	slices.Sort(consoles)
	for _, key := range slices.Compact(consoles) {
		on, err := s.reg.Peer(key)
		if err != nil {
			return nil, err
		}
		if err := on.Discover(ctx, providers.Scope{Systems: systems}, func(x *schema.Object) {
			if x.Kind == step.Kind && x.ID == id {
				objects = append(objects, x)
			}
		}); err != nil {
			return nil, err
		}
	}
	inv := planner.Merge(coreKinds, objects, nil)
	if len(inv.Objects) != 1 {
		return nil, nil
	}
	return inv.Objects[0], nil
}

// underWayTo: after an order whose answer was lost, whether the partition is on
// its way to a state, or there already.
func underWayTo(ctx context.Context, on Console, step *planner.Step, want string) bool {
	name, system := subject(step, want)
	for end, p := time.Now().Add(3*time.Second), newPoll(); time.Now().Before(end); {
		st, err := on.State(ctx, system, name)
		if err != nil {
			return false
		}
		if st == want || want == "off" && st == "shutting down" || want == "running" && (st == "starting" || st == "open firmware") {
			return true
		}
		if p.wait(ctx) != nil {
			return false
		}
	}
	return false
}

// subject is the partition that a step is about, and its system.
func subject(step *planner.Step, want string) (name, system string) {
	o := step.After
	if want == "off" && step.Action == planner.Stop {
		o = step.Before // a later step of the plan may rename it
	}
	return partitionName(o), schema.Str(o.Value, "system")
}

// stateTimeout is how long a partition may take to start or to shut down.
const stateTimeout = 15 * time.Minute

func awaitState(ctx context.Context, on Console, step *planner.Step, want string, emit func(providers.Event)) error {
	name, system := subject(step, want)
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	last := ""
	var blind time.Time
	for p := newPoll(); ; {
		st, err := on.State(ctx, system, name)
		if err != nil {
			if blind.IsZero() {
				blind = time.Now()
			}
			if ctx.Err() != nil || time.Since(blind) > time.Minute {
				return err
			}
			if werr := p.wait(ctx); werr != nil {
				return err
			}
			continue
		}
		blind = time.Time{}
		if st != last {
			emit(providers.Event{Step: step.ID, Type: "note", Text: name + " is " + st})
			last = st
		}
		switch {
		case st == want, want == "running" && st == "open firmware":
			return nil
		case st == "error":
			return fmt.Errorf("%s went into the state Error; look at its reference code: lsrefcode -r lpar --filter lpar_names=%s", name, name)
		case st == "":
			return fmt.Errorf("%s is not there any more", name)
		}
		if err := p.wait(ctx); err != nil {
			return fmt.Errorf("%s is still %s after %s; it was to be %s: %w", name, st, stateTimeout, want, err)
		}
	}
}

// poll waits a little longer each time, up to a second, which is what the
// consoles' own clients use.
type poll struct{ next time.Duration }

func newPoll() *poll { return &poll{50 * time.Millisecond} }

func (p *poll) wait(ctx context.Context) error {
	t := time.NewTimer(p.next)
	defer t.Stop()
	p.next = min(p.next*3/2, time.Second)
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package ivm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Apply performs one step.
func (s *Session) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
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
		on, err := s.p.peer(c.Endpoint)
		if err != nil {
			return nil, err
		}
		power := step.Action == planner.Restart || step.Action == planner.Stop || step.Action == planner.Start
		want := "running"
		if isShutdown(c.Line) {
			want = "off"
		}
		if err := on.change(ctx, step.ID, c.Line, r.Emit); err != nil {
			var lost *providers.LostError
			if !power || !errors.As(err, &lost) || !on.underWay(ctx, step, want) {
				return s.afterFailure(ctx, step, err)
			}
			r.Emit(providers.Event{Step: step.ID, Type: "note", Text: "the answer was lost; the console shows that the command took effect"})
		}
		if power {
			if err := on.awaitState(ctx, step, want, r.Emit); err != nil {
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
func (s *Session) change(ctx context.Context, step, line string, emit func(providers.Event)) error {
	s.serial.Lock()
	defer s.serial.Unlock()
	for try := 0; ; try++ {
		emit(providers.Event{Step: step, Type: "command", Command: line, Text: s.key})
		a, err := s.patiently(ctx, step, line, emit)
		if err == nil {
			emit(providers.Event{Step: step, Type: "answer", Command: line, Exit: a.Exit, Took: a.Took, Text: a.Stdout + a.Stderr})
		}
		_, err = s.judge(line, a, err)
		var refused *providers.CommandError
		if try == 0 && errors.As(err, &refused) && strings.Contains(refused.Stderr+refused.Stdout, "0514-516") {
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
func (s *Session) patiently(ctx context.Context, step, line string, emit func(providers.Event)) (*console.Answer, error) {
	begin, done := time.Now(), make(chan struct{})
	defer close(done)
	go func() {
		t := time.NewTicker(30 * time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				emit(providers.Event{Step: step, Type: "note", Text: fmt.Sprintf("%s has not answered for %s: %s", s.key, time.Since(begin).Round(time.Second), line)})
			case <-done:
				return
			}
		}
	}()
	return s.shell.Run(ctx, line)
}

// afterFailure finds out what is there after a command failed or its answer was
// lost. When the whole promise holds, the step is done; otherwise what exists is
// handed back with the error, so that nothing is orphaned.
func (s *Session) afterFailure(ctx context.Context, step *planner.Step, cause error) (*providers.Result, error) {
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

// ours: whether what a creation left behind can be what the step made. Another
// partition of that name, made by hand meanwhile, is not taken over.
func (s *Session) ours(step *planner.Step, back *schema.Object) bool {
	if step.Action != planner.Create || back == nil {
		return true
	}
	for _, d := range planner.Verify(coreKinds, step, back) {
		if !strings.HasPrefix(d.Path, "disk") && d.Path != "connection_monitoring" {
			return false
		}
	}
	return true
}

// promised: whether the object is as the step promised.
func (s *Session) promised(step *planner.Step, back *schema.Object) bool {
	return len(planner.Verify(coreKinds, step, back)) == 0
}

// settle is Recover for everything but migrations: look, and say how it ended.
func (s *Session) settle(ctx context.Context, r providers.Request) (*providers.Result, error) {
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
			if err := s.change(ctx, step.ID, c.Line, r.Emit); err != nil {
				return nil, err
			}
			if err := s.awaitState(ctx, step, "running", r.Emit); err != nil {
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
func (s *Session) readBack(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	if step.Kind == "disk" {
		return s.readBackDisk(ctx, step)
	}
	o := step.After
	if o == nil {
		o = step.Before
	}
	name := partitionName(o)
	if step.Action == planner.Delete {
		name = partitionName(step.Before)
	}
	back, err := s.find(ctx, name)
	if back == nil && err == nil && step.Action == planner.Update && partitionName(step.Before) != name {
		return s.find(ctx, partitionName(step.Before)) // the renaming has not happened
	}
	return back, err
}

// readBackDisk reads a shared disk on every console that the step touched.
func (s *Session) readBackDisk(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	var objects []*schema.Object
	seen := map[string]bool{}
	for _, c := range step.Commands {
		if seen[c.Endpoint] {
			continue
		}
		seen[c.Endpoint] = true
		on, err := s.p.peer(c.Endpoint)
		if err != nil {
			return nil, err
		}
		if err := on.Discover(ctx, providers.Scope{}, func(o *schema.Object) {
			if o.Kind == "disk" && o.ID == step.Before.ID {
				objects = append(objects, o)
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

// find reads one partition by name; nil when the console has none.
func (s *Session) find(ctx context.Context, name string) (*schema.Object, error) {
	var back *schema.Object
	err := s.Discover(ctx, providers.Scope{Names: []string{name}}, func(o *schema.Object) {
		if o.Kind == "partition" && partitionName(o) == name {
			back = o
		}
	})
	return back, err
}

// state reads the state of one partition: "" when there is none.
func (s *Session) state(ctx context.Context, name string) (string, error) {
	c := console.New("lssyscfg", "-r", "lpar").Filter("lpar_names", name)
	out, err := s.read(ctx, c)
	if err != nil {
		return "", err
	}
	recs, err := console.ParseRecords(out)
	if err != nil {
		line, _ := c.Line()
		return "", s.parseError(line, out, err)
	}
	for _, r := range recs {
		if r["name"] == name {
			return partitionState(r["state"]), nil
		}
	}
	return "", nil
}

// underWay: after an order whose answer was lost, whether the partition is on
// its way to a state, or there already.
func (s *Session) underWay(ctx context.Context, step *planner.Step, want string) bool {
	name := partitionName(step.After)
	if want == "off" && step.Action == planner.Stop {
		name = partitionName(step.Before)
	}
	for end, p := time.Now().Add(3*time.Second), newPoll(); time.Now().Before(end); {
		st, err := s.state(ctx, name)
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

// stateTimeout is how long a partition may take to start or to shut down.
const stateTimeout = 15 * time.Minute

func (s *Session) awaitState(ctx context.Context, step *planner.Step, want string, emit func(providers.Event)) error {
	o := step.After
	if want == "off" && step.Action == planner.Stop {
		o = step.Before // a later step of the plan may rename it
	}
	name := partitionName(o)
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	last := ""
	var blind time.Time
	for p := newPoll(); ; {
		st, err := s.state(ctx, name)
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

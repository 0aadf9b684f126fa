// Package aix carries plans out on AIX hosts: no agent, root's shell over SSH the commands that every AIX has
// (aix-cli.md), and those of the cluster software where it is installed.
//
// The package knows LVM and filesystems as a host has them, and the cluster that a host is a node of, in both generations
// (powerha-cli.md): what the node itself holds and says. What all nodes together make of it is the planner's. It knows neither the console that manages the partition behind
// the host, nor configuration files, nor state.
package aix

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Provider is the built-in provider aix.
type Provider struct{ sessions sync.Map }

var _ providers.Provider = (*Provider)(nil)

// New returns the provider.
func New() *Provider { return &Provider{} }

// Describe says what the provider can do. One change at a time is made on a host: LVM locks a volume group, and what a
// step was explained with must still be so.
func (p *Provider) Describe() providers.Description {
	owned := []planner.Action{planner.Create, planner.Adopt, planner.Update, planner.Delete, planner.Forget}
	runs := append(slices.Clone(owned), planner.Start, planner.Stop)
	return providers.Description{
		Name: "aix", Version: "0.1.0",
		Actions: map[string][]planner.Action{"volume_group": owned, "filesystem": owned, "logical_volume": owned,
			"host": {planner.Update}, "cluster": append(slices.Clone(runs), planner.Synchronise), "application": owned, "resource_group": append(slices.Clone(runs), planner.Move),
			"wpar": append(slices.Clone(runs), planner.Relocate, planner.Restart)},
		Limits: providers.Limits{StepsPerEndpoint: 4, Serial: []planner.Action{planner.Create, planner.Update, planner.Delete, planner.Synchronise, planner.Start, planner.Stop, planner.Move, planner.Relocate, planner.Restart}},
	}
}

// Session is one open host.
type Session struct {
	p     *Provider
	key   string
	shell *console.Shell

	mu          sync.Mutex
	name, level string
}

// Open connects, verifies the host key and logs in.
func (p *Provider) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	t, err := console.Resolve(e.Key, e.Dir, e.Config)
	if err != nil {
		return nil, err
	}
	sh, err := console.Dial(ctx, t, e.Log, 4)
	if err != nil {
		return nil, err
	}
	s := &Session{p: p, key: e.Key, shell: sh}
	p.sessions.Store(e.Key, s)
	return s, nil
}

// Status is what is known of the host after Discover.
func (s *Session) Status() planner.EndpointStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return planner.EndpointStatus{Console: s.name, Version: s.level, Commands: s.shell.Sent()}
}

// Close ends the session.
func (s *Session) Close() error {
	s.p.sessions.CompareAndDelete(s.key, s)
	return s.shell.Close()
}

// run sends a line and turns a refusal or a lost answer into an error that shows both.
func (s *Session) run(ctx context.Context, line string) (*console.Answer, error) {
	a, err := s.shell.Run(ctx, line)
	var lost *console.ErrLost
	switch {
	case errors.As(err, &lost):
		return nil, &providers.LostError{Endpoint: s.key, Command: line, Err: lost.Err}
	case err != nil:
		return nil, err
	case a.Exit != 0:
		meaning, fix := explainMessage(a.Stdout + a.Stderr)
		return a, &providers.CommandError{Endpoint: s.key, Command: line, Exit: a.Exit, Stdout: a.Stdout, Stderr: a.Stderr, Meaning: meaning, Fix: fix}
	}
	return a, nil
}

// Apply performs one step.
func (s *Session) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	if r.Emit == nil {
		r.Emit = func(providers.Event) {}
	}
	step := r.Step
	ctx = console.WithStep(ctx, step.ID)
	if step.Action == planner.Relocate && r.Mode != providers.Check {
		return s.relocates(ctx, r)
	}
	switch r.Mode {
	case providers.Check:
		return &providers.Result{Outcome: providers.DoneOutcome}, nil
	case providers.Recover:
		return s.settle(ctx, r)
	}
	if step.Kind == "volume_group" && step.Action == planner.Delete {
		if err := s.empty(ctx, step); err != nil {
			return &providers.Result{Outcome: providers.NotDoneOutcome, Object: step.Before}, err
		}
	}
	clustered := step.Kind == "cluster" || step.Kind == "resource_group" || step.Kind == "application"
	if clustered {
		if err := s.stable(ctx, r); err != nil {
			return &providers.Result{Outcome: providers.NotDoneOutcome, Object: step.Before}, err
		}
	}
	for i, c := range step.Commands {
		if c.Purpose != planner.PurposeChange {
			continue
		}
		if err := s.change(ctx, r, c.Line); err != nil {
			var refused *providers.CommandError
			return s.afterFailure(ctx, r, i > 0 || !errors.As(err, &refused), err)
		}
	}
	if clustered {
		if err := s.stable(ctx, r); err != nil {
			return s.afterFailure(ctx, r, true, err)
		}
	}
	back, err := s.settled(ctx, step)
	if err != nil {
		return nil, err
	}
	return &providers.Result{Outcome: providers.DoneOutcome, Object: back}, nil
}

// settled reads the object of a step that is done. A workload partition may be on its way between two states for a while, and one that
// is a command begins behind the answer.
func (s *Session) settled(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	for end := time.Now().Add(time.Minute); ; {
		back, err := s.find(ctx, step)
		if err != nil || step.Kind != "wpar" || step.Action == planner.Delete || time.Now().After(end) {
			return back, err
		}
		if back != nil && !slices.Contains(passing, schema.Str(back.Value, "condition")) {
			return back, nil
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// settling is how long a cluster may take until it is stable.
const settling = 10 * time.Minute

// stable waits until no event runs in the cluster of the host and no resource group is on its way (rule HA-30).
func (s *Session) stable(ctx context.Context, r providers.Request) error {
	b := &console.Batch{}
	b.Add("cluster", clmgr("-a", "STATE", "query", "cluster"))
	b.Add("groups", console.New(utilities+"clRGinfo", "-s"))
	b.Add("manager", console.New("lssrc", "-ls", "clstrmgrES"))
	line, err := b.Line()
	if err != nil {
		return err
	}
	end, said := time.Now().Add(settling), false
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		out, err := s.read(ctx, "export LC_ALL=C; "+line)
		if err != nil {
			return err
		}
		sec, err := b.Split(out)
		if err != nil {
			return s.parseError(line, out, err)
		}
		state := attributes(sec["cluster"].Out).get("STATE")
		busy := ""
		if slices.Contains([]string{"UNSTABLE", "RP_RUNNING"}, state) {
			busy = "the cluster is " + state
		}
		if m := regexp.MustCompile(`Current state: (ST_(?:JOINING|VOTING|RP_RUNNING|BARRIER|CBARRIER|UNSTABLE))`).FindStringSubmatch(sec["manager"].Out); m != nil {
			busy = "the cluster manager is in " + m[1]
		}
		for _, l := range strings.Split(sec["groups"].Out, "\n") {
			if f := strings.Split(l, ":"); len(f) > 2 && slices.ContainsFunc([]string{"ACQUIRING", "RELEASING", "TEMP"}, func(p string) bool { return strings.HasPrefix(f[1], p) }) {
				busy = fmt.Sprintf("%s is %s on %s", f[0], f[1], strings.TrimSpace(f[2]))
			}
		}
		if busy == "" {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %s for %s: nothing more was sent. Look at /var/hacmp/log/hacmp.out, and plan again when the cluster is stable", s.key, busy, settling)
		}
		if !said {
			r.Emit(providers.Event{Step: r.Step.ID, Type: "note", Text: busy + "; waiting until it is stable"})
			said = true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Session) change(ctx context.Context, r providers.Request, line string) error {
	r.Emit(providers.Event{Step: r.Step.ID, Type: "command", Command: line, Text: s.key})
	a, err := s.run(ctx, line)
	if a != nil {
		r.Emit(providers.Event{Step: r.Step.ID, Type: "answer", Command: line, Exit: a.Exit, Took: a.Took, Text: a.Stdout + a.Stderr})
	}
	return err
}

// empty refuses to delete a volume group in which somebody has made a logical volume since the plan: its log volume would be
// taken away first, and a filesystem made meanwhile may write its log there.
func (s *Session) empty(ctx context.Context, step *planner.Step) error {
	g, err := s.find(ctx, step)
	if err != nil || g == nil {
		return err
	}
	logs := schema.Strings(step.Before.Value, "log_volumes")
	for _, lv := range schema.Strings(g.Value, "volumes") {
		if !slices.Contains(logs, lv) {
			return fmt.Errorf("%s: the logical volume %s is in %s, and was not there when the plan was made: nothing was sent. Look whose it is (lslv %s) and plan again", s.key, lv, schema.Str(g.Value, "name"), lv)
		}
	}
	return nil
}

// takeBack removes a logical volume that a step has made and that got no filesystem: it bears the label that the step gave it.
// Whatever is in use, or has a mount point or another label, stays.
func (s *Session) takeBack(ctx context.Context, r providers.Request) error {
	for _, c := range r.Step.Commands {
		if c.Purpose != planner.PurposeOnFailure {
			continue
		}
		line, err := console.New("lslv", schema.Str(r.Step.After.Value, "logical_volume")).Line()
		if err != nil {
			return err
		}
		out, err := s.read(ctx, "export LC_ALL=C; "+line)
		var refused *providers.CommandError
		if errors.As(err, &refused) {
			return nil // there is none
		}
		if err != nil {
			return err
		}
		_, group, _ := strings.Cut(schema.Str(r.Step.After.Value, "volume_group"), "/")
		if label(out, "LABEL") == ownLabel(schema.Str(r.Step.After.Value, "mount")) && label(out, "MOUNT POINT") == "N/A" && label(out, "VOLUME GROUP") == group && strings.HasPrefix(label(out, "LV STATE"), "closed") {
			return s.change(ctx, r, c.Line)
		}
	}
	return nil
}

// afterFailure looks what a failed step has left. A lost answer leaves the journal open unless the host can be asked.
func (s *Session) afterFailure(ctx context.Context, r providers.Request, begun bool, cause error) (*providers.Result, error) {
	step := r.Step
	ctx = console.WithStep(ctx, step.ID)
	ctx = context.WithoutCancel(ctx)
	back, err := s.find(ctx, step)
	if err == nil && back == nil && begun {
		err = s.takeBack(ctx, r)
	}
	if err != nil {
		var refused *providers.CommandError
		if errors.As(cause, &refused) {
			return &providers.Result{Outcome: providers.NotDoneOutcome}, cause
		}
		return nil, cause
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, cause
}

// settle finds out what became of a step that an earlier run left open. What it has made so far is kept; the rest is
// planned anew, because every command here leaves a state that a plan can go on from.
func (s *Session) settle(ctx context.Context, r providers.Request) (*providers.Result, error) {
	step := r.Step
	ctx = console.WithStep(ctx, step.ID)
	back, err := s.find(ctx, step)
	if err == nil && back == nil {
		err = s.takeBack(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	if step.Action == planner.Delete && back == nil {
		return &providers.Result{Outcome: providers.DoneOutcome}, nil
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, nil
}

// find reads the object of a step; nil when there is none.
func (s *Session) find(ctx context.Context, step *planner.Step) (*schema.Object, error) {
	id := ""
	for _, o := range []*schema.Object{step.After, step.Before} {
		if o != nil && o.ID != "" {
			id = o.ID
		}
	}
	var back *schema.Object
	// What several hosts share is known under the name of one of them.
	short := func(id string) string {
		if at := strings.IndexAny(id, "/:"); at >= 0 && (step.Kind == "volume_group" || step.Kind == "logical_volume" || step.Kind == "filesystem") {
			return id[at+1:]
		}
		return id
	}
	err := s.Discover(ctx, providers.Scope{}, func(o *schema.Object) {
		if o.Kind == step.Kind && short(o.ID) == short(id) {
			back = o.Clone()
			back.ID = id
		}
	})
	return back, err
}

// meanings are those of aix-cli.md, section 14, and of the sections of the commands.
var meanings = []struct{ code, meaning, fix string }{
	{"0516-404", "There are too few free partitions on the disks for what was asked, or too few disks to keep copies apart.", "Give the volume group another disk, or ask for less."},
	{"0516-787", "The logical volume has reached the most logical partitions that it may have.", "Raise the limit: chlv -x N LV."},
	{"0516-828", "The logical volume would have more logical partitions than it may have.", "Name its logical_volume, or make the volume group with a larger pp_size."},
	{"0516-1398", "The disk seems to belong to a volume group already, on this host or another one.", "Find out whose it is before anything else: lqueryvg -Atp hdiskN. Do not force it."},
	{"0516-1184", "The disk cannot be read or written; another host may have reserved it.", "See who has it varied on, and its reserve_policy: lsattr -El hdiskN."},
	{"0516-1254", "The disk got a physical volume identifier.", "Nothing to do."},
	{"0516-010", "The volume group is not varied on.", "Vary it on: varyonvg NAME."},
	{"0516-320", "The disk belongs to no volume group.", "Plan again."},
	{"0516-1396", "The host does not know the disk.", "Run cfgmgr there, and plan again."},
	{"0516-306", "The host does not know the volume group or the logical volume.", "Plan again."},
	{"0516-012", "A logical volume of the group is in use.", "Unmount its filesystems first."},
	{"0516-014", "The descriptor area of the disk cannot be used.", "Look at the disk: errpt, lspath."},
	{"0506-349", "The filesystem is in use.", "Find who uses it: fuser -cu MOUNT; then try again."},
	{"0506-324", "The filesystem cannot be mounted.", "Look whether it is mounted already, and whether its mount point is there."},
	{"0960-123", "A filesystem of the workload partition holds data of an earlier one.", "Declare preserve = true to make it over them; or empty them on their server."},
	{"0514-062", "The device is in use.", "Free it first."},
}

// explainMessage puts known refusals into plain words. Nothing depends on it.
func explainMessage(text string) (meaning, fix string) {
	for _, m := range meanings {
		if strings.Contains(text, m.code) {
			return m.meaning, m.fix
		}
	}
	return "", ""
}

// parseError says that an answer has a form that is not known.
func (s *Session) parseError(command, answer string, err error) error {
	if len(answer) > 2000 {
		answer = answer[:2000] + " ..."
	}
	return fmt.Errorf("%s answered in an unknown form: %w\n  command: %s\n  answer:  %s", s.key, err, command, strings.ReplaceAll(strings.TrimSpace(answer), "\n", "\n           "))
}

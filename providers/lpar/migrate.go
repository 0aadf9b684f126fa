package lpar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

var coreKinds = kinds.Catalogue()

// handle is what the journal keeps of a migration under way.
type handle struct {
	Partition string `json:"partition"`
	Source    string `json:"source"`
	Target    string `json:"target"`
}

// applyMigrate validates, migrates, watches and verifies.
func (s *applier) applyMigrate(ctx context.Context, r providers.Request) (*providers.Result, error) {
	target, err := s.reg.Peer(r.Step.TargetEndpoint)
	if err != nil {
		return nil, err
	}
	m := &migration{source: s.own, target: target, step: r.Step, name: partitionName(r.Step.Before), emit: r.Emit}
	switch r.Mode {
	case providers.Check:
		return &providers.Result{Outcome: providers.DoneOutcome}, m.send(ctx, planner.PurposeCheck)
	case providers.Recover:
		return m.takeUp(ctx, r)
	}
	// Validation again, right before the move (rule LPM-73).
	if err := m.send(ctx, planner.PurposeCheck); err != nil {
		return &providers.Result{Outcome: providers.NotDoneOutcome, Object: m.step.Before}, err
	}
	h, err := json.Marshal(handle{m.name, s.own.Key(), target.Key()})
	if err != nil {
		return nil, err
	}
	r.Emit(providers.Event{Step: r.Step.ID, Type: "handle", Handle: h})
	if s.own.Blocks() {
		return m.order(ctx)
	}
	err = m.send(ctx, planner.PurposeChange)
	var lost *providers.LostError
	if err != nil && !errors.As(err, &lost) {
		return m.failed(ctx, err)
	}
	// With the answer lost nobody knows whether it began; watching tells.
	return m.watch(ctx, lost != nil)
}

// order gives an order that the console answers only when the migration has
// ended, and watches it meanwhile.
func (m *migration) order(ctx context.Context) (*providers.Result, error) {
	m.answer = make(chan error, 1)
	// The order itself is not cancelled with the caller: dropping the connection
	// would leave the migration running unwatched. It is stopped instead.
	own := context.WithoutCancel(ctx)
	go func() { m.answer <- m.send(own, planner.PurposeChange) }()
	return m.watch(ctx, false)
}

type migration struct {
	answer         chan error // of an order that blocks; nil otherwise
	source, target Console
	step           *planner.Step
	stop           bool // the order was given and is to be taken back
	name           string
	emit           func(providers.Event)
}

// send sends the step's commands of a purpose to the source.
func (m *migration) send(ctx context.Context, purpose string) error {
	for _, c := range m.step.Commands {
		if c.Purpose == purpose {
			if err := change(ctx, m.source, m.step.ID, c.Line, m.emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// quietFor is how long a console may say that nothing is under way, with the
// partition still on its source, before that counts as the end: it may answer
// so for a moment before the migration begins.
const quietFor = 3 * time.Second

// doubtFor is the same when it is unknown whether the order was taken: the
// console validates first, and shows nothing meanwhile. How long a real IVM
// takes for that is unconfirmed.
const doubtFor = 45 * time.Second

// blindFor is how long a migration is watched although its console does not answer.
const blindFor = 10 * time.Minute

// sides is where the partition is: its state on each console, "" for absent.
type sides struct{ source, target string }

func (m *migration) look(ctx context.Context) (sides, error) {
	src, err := m.source.State(ctx, m.step.From, m.name)
	if err != nil {
		return sides{}, err
	}
	dst, err := m.target.State(ctx, m.step.To, m.name)
	return sides{src, dst}, err
}

func migrating(state string) bool { return strings.HasPrefix(state, "migrating") }

// arrived: on the target, settled, and gone from the source (rules LPM-77, LPM-79).
func (p sides) arrived() bool { return p.source == "" && p.target != "" && !migrating(p.target) }

// stayed: on the source, settled, and no shell left on the target.
func (p sides) stayed() bool { return p.target == "" && p.source != "" && !migrating(p.source) }

func (p sides) String() string {
	word := func(s string) string {
		if s == "" {
			return "not there"
		}
		return s
	}
	return fmt.Sprintf("source: %s, target: %s", word(p.source), word(p.target))
}

// watch follows the migration until the partition has settled on one side.
// "Not Migrating" is its state before, after success and after rollback, so only
// the place decides.
func (m *migration) watch(ctx context.Context, doubtful bool) (*providers.Result, error) {
	begin := time.Now()
	patience := quietFor
	if doubtful {
		patience = doubtFor
		m.emit(providers.Event{Step: m.step.ID, Type: "note", Text: fmt.Sprintf("nobody knows whether the order to move %s was taken; watching both consoles for up to %s", m.name, doubtFor)})
	}
	var quiet time.Time // since when the console has said that nothing is under way
	var blind time.Time // since when the console has not answered
	var last console.Record
	var firstSent int64 = -1
	stalled := &stall{m: m, after: 10 * time.Minute}
	if s := schema.Num(m.step.After.Value, "mobility.stalled_after"); s > 0 {
		stalled.after = time.Duration(s * float64(time.Second))
	}
	for p := newPoll(); ; {
		if res, err, ended := m.answered(ctx, &patience, &doubtful); ended {
			return res, err
		}
		rec, at, err := m.observe(ctx)
		if err != nil && ctx.Err() == nil {
			// A console that cannot be asked says nothing about the migration: it
			// goes on, and so does the watching.
			if blind.IsZero() {
				blind = time.Now()
				m.emit(providers.Event{Step: m.step.ID, Type: "note", Text: "the migration cannot be watched at the moment; it goes on: " + firstLine(err)})
			}
			if time.Since(blind) > blindFor {
				return nil, fmt.Errorf("%w\nThe migration of %s was not stopped; nobody could watch it for %s. The next apply takes it up from the journal", err, m.name, blindFor)
			}
			if err := p.wait(ctx); err != nil {
				return m.cancel(ctx)
			}
			continue
		}
		blind = time.Time{}
		state := rec["migration_state"]
		if rec != nil && rec["bytes_transmitted"] != "" {
			last = rec
			sent, _ := strconv.ParseInt(rec["bytes_transmitted"], 10, 64)
			left, _ := strconv.ParseInt(rec["bytes_remaining"], 10, 64)
			if firstSent < 0 {
				firstSent, begin = sent, time.Now()
			}
			e := providers.Event{Step: m.step.ID, Type: "progress", Sent: sent, Total: sent + left}
			if took := time.Since(begin).Seconds(); took > 0 && sent > firstSent {
				e.Rate = float64(sent-firstSent) / took
				e.Left = time.Duration(float64(left) / e.Rate * float64(time.Second))
			}
			m.emit(e)
			stalled.see(sent, sent+left)
		}
		if ctx.Err() != nil {
			return m.cancel(ctx)
		}
		if underWay(state) {
			quiet = time.Time{}
		} else {
			if quiet.IsZero() {
				quiet = time.Now()
			}
			switch {
			case at.arrived():
				return m.done(ctx, last)
			case m.answer != nil && at.stayed():
				// The console still validates, or is about to answer.
			case at.stayed() && (time.Since(quiet) > patience || strings.Contains(state, "Failed")):
				err := fmt.Errorf("the migration of %s ended without moving it: it is %s on the source", m.name, at.source)
				if doubtful {
					err = fmt.Errorf("the answer to the order was lost, and %s has not moved: it is %s on the source", m.name, at.source)
				}
				return m.failed(ctx, err)
			case strings.Contains(state, "Failed"), strings.Contains(state, "Interrupted"):
				return m.failed(ctx, fmt.Errorf("the console reports %q for %s (%s)", state, m.name, at))
			case time.Since(quiet) > doubtFor+time.Minute:
				return m.failed(ctx, fmt.Errorf("%s is not migrating and has not settled either (%s)", m.name, at))
			}
		}
		if err := p.wait(ctx); err != nil {
			return m.cancel(ctx)
		}
	}
}

// stall reports a transfer that does not advance (MIG-37). It ends nothing: only the console knows whether it still tries.
type stall struct {
	m     *migration
	after time.Duration
	sent  int64
	since time.Time // of the last advance
	said  bool
}

func (s *stall) see(sent, total int64) {
	if sent != s.sent || s.since.IsZero() {
		if s.said {
			s.m.emit(providers.Event{Step: s.m.step.ID, Type: "note", Text: s.m.name + " advances again"})
		}
		s.sent, s.since, s.said = sent, time.Now(), false
		return
	}
	if s.said || sent >= total || time.Since(s.since) < s.after {
		return // at the end the partition is being suspended
	}
	s.said = true
	s.m.emit(providers.Event{Step: s.m.step.ID, Type: "note", Text: fmt.Sprintf("%s has made no progress for %s, at %d%%: the movers may be busy, their link slow, or the disks under load. Look at the movers of %s and %s; a second interrupt stops the migration, and the partition stays where it is",
		s.m.name, s.after, sent*100/max(total, 1), s.m.source.SystemName(s.m.step.From), s.m.target.SystemName(s.m.step.To))})
}

// answered looks whether an order that blocks has been answered. A refusal ends
// the migration; a lost answer makes it doubtful.
func (m *migration) answered(ctx context.Context, patience *time.Duration, doubtful *bool) (*providers.Result, error, bool) {
	if m.answer == nil {
		return nil, nil, false
	}
	select {
	case err := <-m.answer:
		m.answer = nil
		var lost *providers.LostError
		switch {
		case err == nil:
			*patience = quietFor
			return nil, nil, false
		case errors.As(err, &lost):
			*patience, *doubtful = doubtFor, true
			m.emit(providers.Event{Step: m.step.ID, Type: "note", Text: fmt.Sprintf("nobody knows whether the order to move %s was taken; watching both consoles for up to %s", m.name, doubtFor)})
			return nil, nil, false
		case ctx.Err() != nil:
			res, err := m.cancel(ctx)
			return res, err, true
		}
		res, err := m.failed(ctx, err)
		return res, err, true
	default:
		return nil, nil, false
	}
}

// underWay: whether a migration_state says that memory is still being copied.
// The set of values is not documented completely (hmc-cli.md, section 14).
func underWay(state string) bool {
	return state != "" && state != "Not Migrating" && !strings.Contains(state, "Complete") && !strings.Contains(state, "Failed") && !strings.Contains(state, "Interrupted")
}

// observe reads the migration's record and, when it says that nothing is under
// way, where the partition is.
func (m *migration) observe(ctx context.Context) (console.Record, sides, error) {
	rec, err := m.record(ctx)
	if err != nil || underWay(rec["migration_state"]) {
		return rec, sides{}, err
	}
	at, err := m.look(ctx)
	return rec, at, err
}

// record reads the migration's state as the step's watching command gives it;
// nil when the source has none.
func (m *migration) record(ctx context.Context) (console.Record, error) {
	for _, x := range m.step.Commands {
		if x.Purpose != planner.PurposeWatch {
			continue
		}
		recs, err := m.source.Records(ctx, x.Line)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if r["name"] == m.name {
				return r, nil
			}
		}
	}
	return nil, nil
}

// done reads the partition back on the target and checks the whole promise.
func (m *migration) done(ctx context.Context, last console.Record) (*providers.Result, error) {
	if last != nil {
		sent, _ := strconv.ParseInt(last["bytes_transmitted"], 10, 64)
		left, _ := strconv.ParseInt(last["bytes_remaining"], 10, 64)
		m.emit(providers.Event{Step: m.step.ID, Type: "progress", Sent: sent + left, Total: sent + left})
	}
	back, err := m.target.Find(ctx, m.step.To, m.name)
	if err != nil {
		return nil, err
	}
	return &providers.Result{Outcome: providers.DoneOutcome, Object: back}, nil
}

// cancel stops the migration on request. The order goes to the source (rule
// LPM-78), on a context of its own: the caller's has ended.
func (m *migration) cancel(ctx context.Context) (*providers.Result, error) {
	own, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer stop()
	m.emit(providers.Event{Step: m.step.ID, Type: "note", Text: "stopping the migration of " + m.name})
	m.stop = true // even when nothing shows yet: the order was given
	at, err := m.look(own)
	if err == nil && at.arrived() {
		return m.done(own, nil)
	}
	return m.failed(own, fmt.Errorf("cancelled: %w", context.Cause(ctx)))
}

// failed stops and recovers as the estate allows, finds where the partition
// really is, and says so. The error keeps the first cause on top.
func (m *migration) failed(ctx context.Context, cause error) (*providers.Result, error) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
	defer stop()
	at, err := m.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w\nWhere %s is now is unknown: %v", cause, m.name, err)
	}
	if schema.Str(m.step.After.Value, "mobility.on_failure") == "leave" && !at.arrived() && !at.stayed() {
		return nil, fmt.Errorf("%w\nIt was left as it is (%s), as mobility.on_failure says. To recover it: gantry migrate -recover %s", cause, at, m.step.Address.Shell())
	}
	var did []string
	if m.stop && !at.arrived() || !at.arrived() && !at.stayed() {
		for _, c := range m.step.Commands {
			if c.Purpose != planner.PurposeOnFailure {
				continue
			}
			stopping := strings.Contains(c.Line, "-o s ")
			if stopping && !migrating(at.source) && !m.stop {
				continue
			}
			if err := change(ctx, m.source, m.step.ID, c.Line, m.emit); err != nil {
				did = append(did, brief(c.Line, err))
				continue
			}
			did = append(did, "sent "+c.Line)
			if at, err = m.settle(ctx); err == nil && (at.arrived() || at.stayed()) {
				break
			}
		}
		if at, err = m.settle(ctx); err != nil {
			return nil, fmt.Errorf("%w\nWhere %s is now is unknown: %v", cause, m.name, err)
		}
	}
	where := fmt.Sprintf("%s is on neither side settled (%s); nothing touches it until that is cleared. Look at lslparmigr and lsrefcode on both consoles.", m.name, at)
	res := &providers.Result{Outcome: providers.NotDoneOutcome}
	switch {
	case at.stayed():
		where = fmt.Sprintf("%s is %s on its source, %s.", m.name, at.source, m.source.SystemName(m.step.From))
		res.Object, err = m.source.Find(ctx, m.step.From, m.name)
	case at.arrived():
		where = fmt.Sprintf("%s is %s on its target, %s, all the same.", m.name, at.target, m.target.SystemName(m.step.To))
		res.Outcome = providers.DoneOutcome
		res.Object, err = m.target.Find(ctx, m.step.To, m.name)
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s (Reading it back failed: %v)", cause, where, err)
	}
	text := where
	if len(did) > 0 {
		text = strings.Join(did, "; ") + ". " + where
	}
	if res.Outcome == providers.DoneOutcome {
		res.Note = cause.Error() + "\n" + text
		return res, nil
	}
	if res.Object == nil {
		return nil, fmt.Errorf("%w\n%s", cause, text)
	}
	return res, fmt.Errorf("%w\n%s", cause, text)
}

// brief is a refusal in one line: the command and the first line of the answer.
func brief(line string, err error) string {
	var refused *providers.CommandError
	if errors.As(err, &refused) {
		answer, _, _ := strings.Cut(strings.TrimSpace(refused.Stderr+refused.Stdout), "\n")
		return line + " was refused: " + answer
	}
	return line + " failed: " + firstLine(err)
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

// settle waits until neither side says that it is migrating, up to a minute.
func (m *migration) settle(ctx context.Context) (sides, error) {
	deadline := time.Now().Add(time.Minute)
	for p := newPoll(); ; {
		at, err := m.look(ctx)
		if err != nil || at.arrived() || at.stayed() || time.Now().After(deadline) {
			return at, err
		}
		if err := p.wait(ctx); err != nil {
			return at, err
		}
	}
}

// takeUp settles a migration that an earlier run left in flight: it goes on
// watching what still runs, and finishes the books of what has ended. It never
// orders a second migration.
func (m *migration) takeUp(ctx context.Context, r providers.Request) (*providers.Result, error) {
	at, err := m.look(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case at.arrived():
		return m.done(ctx, nil)
	case at.stayed() && len(r.Handle) == 0:
		// The handle is written before the order is given, so it never was.
		back, err := m.source.Find(ctx, m.step.From, m.name)
		return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, err
	case at.stayed():
		return m.watch(ctx, true)
	}
	m.emit(providers.Event{Step: m.step.ID, Type: "note", Text: fmt.Sprintf("%s is still migrating (%s); watching it", m.name, at)})
	return m.watch(ctx, false)
}

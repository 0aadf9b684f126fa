package aix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// A relocation is a walk through positions: what each of the two hosts says of the workload partition, and which files there are. From
// each position one command leads on, towards the target or back to the source, so that a refused command, a lost answer and a crash
// are all the same: look where it is, and go on from there. The order of the commands is that of aix-cli.md, section 19.3; their options
// are unconfirmed.

// relocation is what does not change during one.
type relocation struct {
	name, dir string
	live      bool // by checkpoint and restart
	runs      bool // it is running, and is to be running there
	finish    bool // it is on the target; what the source has is a mere definition that goes
}

// position is where a relocation stands: the condition on the source and on the target, "" where it is not known there.
type position struct {
	source, target string
	spec, saved    bool // the specification file, and something in the directory of the checkpoint
	// ours: what the target has is a definition that this relocation made.
	ours bool
	// left: it was this relocation that took it down on the source. Live, the log of killwpar beside the checkpoint tells; static, the
	// journal does. What is off without that was stopped by somebody else, after whatever checkpoint there may be.
	left bool
}

// act is the next command of a relocation.
type act struct {
	target bool // on the target, else on the source
	words  []string
	says   string
}

func (r relocation) file(suffix string) string { return path.Join(r.dir, r.name+suffix) }

func (r relocation) files() []string {
	return []string{r.file(".state"), r.file(".spec"), r.file(".checkpoint.log"), r.file(".kill.log"), r.file(".restart.log")}
}

var (
	errStuck = errors.New("no command leads on from here")
	errEnded = errors.New("somebody has stopped it since, so nothing starts it again")
)

// arrived: the workload partition is on the target as it was on the source.
func (r relocation) arrived(p position) bool {
	return p.target == "Active" || !r.runs && p.target == "Defined" && p.source == ""
}

// home: it is on the source as it was, and nowhere else.
func (r relocation) home(p position) bool {
	return p.target == "" && (p.source == "Active" || !r.runs && p.source == "Defined")
}

// next is the command that leads on from a position; nil when the relocation is over. It never lets two copies run: what restarts or
// starts one does so only where the other is a mere definition.
func (r relocation) next(p position, back bool) (*act, error) {
	tidy := func(target bool) (*act, error) {
		if !p.spec && !p.saved {
			return nil, nil
		}
		return &act{target, append([]string{"rm", "-rf"}, r.files()...), "removes its files"}, nil
	}
	if r.finish {
		switch {
		case p.source == "" && p.target == "Active":
			return tidy(true)
		case p.source == "":
			return nil, nil // a checkpoint of what is off is somebody's to decide about
		case p.source != "Defined" || p.target == "" || slices.Contains(broken, p.target):
			return nil, errStuck
		}
		return &act{false, []string{"rmwpar", "-p", r.name}, "forgets it where it was left behind"}, nil
	}
	here := func(says string, words ...string) (*act, error) { return &act{false, words, says}, nil }
	there := func(says string, words ...string) (*act, error) { return &act{true, words, says}, nil }
	if r.arrived(p) {
		switch {
		case p.source == "Defined":
			return here("forgets it on the source", "rmwpar", "-p", r.name)
		case p.source != "":
			return nil, fmt.Errorf("it is %s on the target and %s on the source", p.target, p.source)
		}
		return tidy(true)
	}
	if back {
		return r.back(p, tidy, here, there)
	}
	if p.source == "Defined" && r.runs && !p.left {
		return nil, errEnded
	}
	switch {
	case p.source == "Frozen":
		return nil, errStuck // its checkpoint was interrupted
	case p.target == "Defined" && !p.ours:
		return there("forgets an older definition there", "rmwpar", "-p", r.name)
	case p.target == "" && !p.spec:
		return here("writes its specification", "mkwpar", "-e", r.name, "-o", r.file(".spec"), "-w")
	case p.target == "":
		return there("defines it on the target", "mkwpar", "-p", "-f", r.file(".spec"))
	case p.target == "Paused" && p.source == "Defined":
		return there("lets it go on", mcr+"resumewpar", r.name)
	case p.target != "Defined":
		return nil, errStuck
	case !r.runs && p.source == "Defined":
		return here("forgets it on the source", "rmwpar", "-p", r.name)
	case !r.live && p.source == "Active":
		return here("stops it on the source", "stopwpar", r.name)
	case !r.live && (p.source == "Defined" || p.source == ""):
		return there("starts it on the target", "startwpar", r.name)
	case p.source == "Active" && p.saved:
		return here("clears the directory of the checkpoint", "rm", "-rf", r.file(".state"))
	case p.source == "Active":
		return here("checkpoints it", mcr+"chkptwpar", "-d", r.file(".state"), "-o", r.file(".checkpoint.log"), "-p", r.name)
	case p.source == "Paused" && p.saved:
		return here("takes it down on the source", mcr+"killwpar", "-o", r.file(".kill.log"), r.name)
	case p.source == "Defined" && p.saved:
		return there("restarts it on the target", mcr+"restartwpar", "-d", r.file(".state"), "-o", r.file(".restart.log"), "-p", r.name)
	}
	return nil, errStuck
}

// broken are the conditions out of which only removing with force leads.
var broken = []string{"Broken", "Error"}

// back leads home.
func (r relocation) back(p position, tidy func(bool) (*act, error), here, there func(string, ...string) (*act, error)) (*act, error) {
	switch {
	case p.source == "Paused" && r.live && p.left:
		return here("forgets that it was to be taken down", "rm", "-f", r.file(".kill.log"))
	case p.source == "Frozen" || p.source == "Paused":
		return here("lets it go on on the source", mcr+"resumewpar", r.name)
	case p.target == "Paused" || p.target == "Frozen":
		return there("takes it down on the target", mcr+"killwpar", r.name)
	case p.target == "Defined" && p.ours:
		return there("forgets it on the target", "rmwpar", "-p", r.name)
	case slices.Contains(broken, p.target) && p.ours:
		return there("forgets what is left on the target", "rmwpar", "-F", "-p", r.name)
	case p.source == "Defined" && r.runs && !p.left:
		return nil, errEnded
	case p.target != "" && p.target != "Defined":
		return nil, errStuck
	case p.source == "Defined" && r.runs && r.live && p.saved:
		return here("restarts it on the source", mcr+"restartwpar", "-d", r.file(".state"), "-o", r.file(".restart.log"), r.name)
	case p.source == "Defined" && r.runs && !r.live:
		return here("starts it on the source", "startwpar", r.name)
	case p.source == "Active" || !r.runs && p.source == "Defined":
		return tidy(false)
	}
	return nil, errStuck
}

// does is a position after a command that did what it should, for the plan.
func (r relocation) does(p position, a *act) position {
	state := func(s string) position {
		if a.target {
			p.target = s
		} else {
			p.source = s
		}
		return p
	}
	switch path.Base(a.words[0]) {
	case "mkwpar":
		if slices.Contains(a.words, "-w") {
			p.spec = true
			return p
		}
		p.ours = true
		return state("Defined")
	case "chkptwpar":
		p.saved = true
		return state("Paused")
	case "killwpar", "stopwpar":
		p.left = p.left || !a.target
		return state("Defined")
	case "restartwpar":
		return state("Paused")
	case "resumewpar", "startwpar":
		return state("Active")
	case "rmwpar":
		return state("")
	}
	if slices.Contains(a.words, "-f") { // rm
		p.left = false
		return p
	}
	p.spec, p.saved = false, false
	return p
}

// of is the relocation of a step, with the position that the plan begins at.
func relocationOf(s *planner.Step) (relocation, position) {
	state := schema.Str(s.Before.Value, "state")
	r := relocation{name: schema.Str(s.Before.Value, "name"), dir: schema.Str(s.After.Value, "mobility.directory"), live: s.Mode == "live", runs: state == "running", finish: s.Mode == "finish"}
	p := position{source: "Defined"}
	if r.runs {
		p.source = "Active"
	}
	switch {
	case r.finish:
		p.source, p.target = "Defined", p.source
	case schema.Has(s.Before.Value, schema.JoinPath("known", s.To)):
		p.target = "Defined" // an older definition; the planner refuses whatever else it is there
	}
	return r, p
}

// explainRelocation shows the commands of a relocation that meets no trouble.
func (e *explainer) explainRelocation() {
	r, p := relocationOf(e.s)
	if r.dir == "" && e.s.Mode != "finish" {
		e.refuse("mobility.directory", "Nowhere to write", "%s needs a directory that both hosts mount from one NFS server, for its specification and its checkpoint.", e.s.Address).Fix = "Declare mobility { directory = \"/nfs/...\" }."
		return
	}
	for range 20 {
		a, err := r.next(p, false)
		if err != nil {
			e.refuse("host", "Cannot be moved from here", "%s.", err)
			return
		}
		if a == nil {
			break
		}
		line, err := console.New(a.words...).Line()
		if err != nil {
			e.refuse("", "Cannot be sent", "%s", err)
			return
		}
		at := e.s.Endpoint
		if a.target {
			at = e.s.TargetEndpoint
		}
		e.s.Commands = append(e.s.Commands, planner.Command{Endpoint: at, Line: line, Purpose: planner.PurposeChange, Note: a.says})
		p = r.does(p, a)
	}
	if r.runs && r.dir != "" {
		e.detail("also", "what an older relocation left in %s is removed", r.dir)
	}
}

// peer is the open session of another endpoint.
func (s *Session) peer(key string) (*Session, error) {
	if x, ok := s.p.sessions.Load(key); ok {
		return x.(*Session), nil
	}
	return nil, fmt.Errorf("%s is not open", key)
}

// condition asks a host what it says of a workload partition, and, where files are named, whether they are there.
func (s *Session) condition(ctx context.Context, r relocation, files bool) (state string, p position, err error) {
	b := &console.Batch{}
	b.Add("state", console.New("lswpar", "-cq", "-a", "name,state", r.name))
	if files {
		b.Add("spec", console.New("ls", r.file(".spec")))
		b.Add("saved", console.New("ls", "-A", r.file(".state")))
		b.Add("killed", console.New("grep", "-c", "failed", r.file(".kill.log"))) // 1: it is there, and nothing failed
	}
	line, err := b.Line()
	if err != nil {
		return "", p, err
	}
	line = "export LC_ALL=C; exec 2>&1; " + line
	out, err := s.read(ctx, line)
	if err != nil {
		return "", p, err
	}
	sec, err := b.Split(out)
	if err != nil {
		return "", p, s.parseError(line, out, err)
	}
	switch x := sec["state"]; {
	case x.Exit == 0:
		_, letter, _ := strings.Cut(strings.TrimSpace(x.Out), ":")
		if state = wparStates[letter]; state == "" {
			return "", p, s.parseError(line, x.Out, errors.New("no state"))
		}
	case !strings.Contains(x.Out, "0960-419"):
		return "", p, s.parseError(line, x.Out, fmt.Errorf("exit code %d of lswpar", x.Exit))
	}
	p.spec, p.saved = sec["spec"].Exit == 0 && files, files && sec["saved"].Exit == 0 && strings.TrimSpace(sec["saved"].Out) != ""
	p.left = files && sec["killed"].Exit == 1
	return state, p, nil
}

// passing are the conditions that end by themselves.
var passing = []string{"Transitional", "Moving", "Loaded"}

// between is how long a workload partition may be on its way between two states.
const between = 10 * time.Minute

// leaving is what the journal keeps of a static relocation: whether it takes the workload partition down on the source.
type leaving struct {
	Left bool `json:"left"`
}

// relocates carries a relocation out, or takes up one that was interrupted.
func (s *Session) relocates(ctx context.Context, q providers.Request) (*providers.Result, error) {
	target, err := s.peer(q.Step.TargetEndpoint)
	if err != nil {
		return nil, err
	}
	r, planned := relocationOf(q.Step)
	files := r.dir != ""
	p := position{ours: q.Mode == providers.Recover}
	if len(q.Handle) > 0 {
		var l leaving
		if err := json.Unmarshal(q.Handle, &l); err != nil {
			return nil, err
		}
		p.left = l.Left
	}
	stopping := func() {
		p.left = true
		b, _ := json.Marshal(leaving{true}) // a bool always encodes
		q.Emit(providers.Event{Step: q.Step.ID, Type: "handle", Handle: b})
	}
	note := func(format string, args ...any) {
		q.Emit(providers.Event{Step: q.Step.ID, Type: "note", Text: fmt.Sprintf(format, args...)})
	}
	stands := func() string {
		return fmt.Sprintf("%s is %s on %s and %s on %s", r.name, orNone(p.source), s.key, orNone(p.target), target.key)
	}
	var cause error
	back, end := false, time.Now().Add(between)
	sent := map[string]int{}
	for first := true; ; first = false {
		var seen position
		if p.source, seen, err = s.condition(ctx, r, files); err == nil {
			p.target, _, err = target.condition(ctx, r, false)
		}
		if p.spec, p.saved = seen.spec, seen.saved; r.live {
			p.left = seen.left
		}
		if err != nil {
			return nil, errors.Join(cause, err) // nobody knows where it is: the journal stays open
		}
		if first && q.Mode == providers.Recover {
			// What has left the source goes on; what is still there stays.
			back = !r.finish && p.source != "" && p.source != "Defined"
		}
		if slices.Contains(passing, p.source) || slices.Contains(passing, p.target) && p.source != "Active" {
			if time.Now().After(end) {
				return nil, errors.Join(cause, fmt.Errorf("%s, for %s now: look at it on both (lswpar -L %s); the next apply goes on from where it is then", stands(), between, r.name))
			}
			select {
			case <-time.After(500 * time.Millisecond):
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		if first && q.Mode == providers.Do && !r.finish && p.target != planned.target && !r.arrived(p) {
			return s.whereabouts(ctx, target, q, r, p, fmt.Errorf("%s: that has changed since the plan was made, so nothing was done. Plan again", stands()))
		}
		a, err := r.next(p, back)
		if first && q.Mode == providers.Do && !r.finish && r.home(position{source: p.source}) && (p.spec || p.saved) {
			if p.saved && p.source != "Active" {
				return s.whereabouts(ctx, target, q, r, p, fmt.Errorf("%s holds a checkpoint of an older relocation, and %s is off. Restart it from that (%srestartwpar -d %s %s), or remove it to move without it: rm -r %s", r.file(".state"), r.name, mcr, r.file(".state"), r.name, r.file(".state")))
			}
			// An older relocation has left its files: its specification would make another partition of it.
			a, err = &act{false, append([]string{"rm", "-rf"}, r.files()...), "removes the files of an older relocation"}, nil
		}
		if err != nil && !back && !r.finish && !r.arrived(p) {
			back, cause, sent = true, errors.Join(cause, fmt.Errorf("%s: %w", stands(), err)), map[string]int{}
			continue
		}
		if err != nil {
			if !errors.Is(cause, err) {
				cause = errors.Join(cause, fmt.Errorf("%s: %w. Look at it on both (lswpar -L %s) before anything else", stands(), err, r.name))
			}
			return s.whereabouts(ctx, target, q, r, p, cause)
		}
		if a == nil {
			break
		}
		on := s
		if a.target {
			on = target
		}
		line, err := console.New(a.words...).Line()
		if err != nil {
			return nil, err
		}
		again := ""
		switch sent[on.key+"\n"+line]++; sent[on.key+"\n"+line] {
		case 1:
		case 2:
			again = " (again: the first time had no effect)"
		default:
			cause = errors.Join(cause, fmt.Errorf("%s: sent twice without effect: %s", on.key, line))
			if back || r.finish {
				return s.whereabouts(ctx, target, q, r, p, cause)
			}
			back, sent = true, map[string]int{}
			continue
		}
		if a.words[0] == "stopwpar" {
			stopping()
		}
		note("%s: %s%s", on.key, a.says, again)
		err = on.change(ctx, q, line)
		end = time.Now().Add(between)
		if path.Base(a.words[0]) == "mkwpar" && a.target {
			p.ours = true
		}
		var lost *providers.LostError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &lost):
			// Whether it had an effect, the hosts tell.
		case path.Base(a.words[0]) == "rm" && (r.arrived(p) || back && r.home(p)):
			note("what is left in %s was not removed: %v", r.dir, err)
			return s.whereabouts(ctx, target, q, r, p, cause)
		case r.arrived(p) || back || r.finish:
			// It is where it should be, or does not come home; what is left of the way is for the next plan.
			return s.whereabouts(ctx, target, q, r, p, errors.Join(cause, err))
		default:
			note("that was refused; the way back begins")
			cause, back, sent = errors.Join(cause, err), true, map[string]int{}
		}
	}
	return s.whereabouts(ctx, target, q, r, p, cause)
}

// whereabouts reads the workload partition where it is now, and says so where the relocation has failed.
func (s *Session) whereabouts(ctx context.Context, target *Session, q providers.Request, r relocation, p position, cause error) (*providers.Result, error) {
	ctx = context.WithoutCancel(ctx)
	var best *schema.Object
	at := map[string]string{}
	for _, on := range []*Session{target, s} {
		o, err := on.find(ctx, q.Step)
		if err != nil {
			return nil, errors.Join(cause, err)
		}
		if o == nil {
			continue
		}
		at[on.key] = schema.Str(o.Value, "state")
		if best == nil || schema.Str(best.Value, "state") == "off" && schema.Str(o.Value, "state") != "off" {
			best = o
		}
	}
	if cause == nil && best != nil && schema.Str(best.Value, "host") == q.Step.To {
		return &providers.Result{Outcome: providers.DoneOutcome, Object: best}, nil
	}
	if cause != nil {
		now := ""
		switch {
		case at[s.key] == "running":
			now = fmt.Sprintf("%s runs on %s.", r.name, s.key)
		case at[target.key] == "running":
			now = fmt.Sprintf("%s runs on %s.", r.name, target.key)
		case slices.Contains([]string{"paused", "frozen"}, at[s.key]):
			now = fmt.Sprintf("%s waits on %s: %sresumewpar %s lets it go on.", r.name, s.key, mcr, r.name)
		case r.runs && p.left && r.live && p.saved:
			now = fmt.Sprintf("%s is DOWN. What it was doing is in %s; on the host where it is to run: %srestartwpar -d %s %s", r.name, r.file(".state"), mcr, r.file(".state"), r.name)
		case r.runs && best != nil:
			now = fmt.Sprintf("%s is DOWN on %s.", r.name, schema.Str(best.Value, "host"))
		case r.runs:
			now = fmt.Sprintf("%s is DOWN, and defined on neither host.", r.name)
		}
		if now != "" {
			cause = fmt.Errorf("%w\n%s", cause, now)
		}
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: best}, cause
}

func orNone(s string) string {
	if s == "" {
		return "not defined"
	}
	return s
}

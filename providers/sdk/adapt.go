package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Refusal is a command that the console refused: nothing happened. Meaning and Fix put it into plain words, where that is known.
type Refusal struct {
	Command, Answer string
	Exit            int
	Meaning, Fix    string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: %s", r.Command, strings.TrimSpace(r.Answer))
}

// Lost is a connection that ended before the answer came: whether the command took effect is unknown.
type Lost struct {
	Command string
	Err     error
}

func (l *Lost) Error() string { return fmt.Sprintf("no answer to %s: %v", l.Command, l.Err) }
func (l *Lost) Unwrap() error { return l.Err }

// Temporary marks an error of a read after which it is worth trying again.
func Temporary(err error) error { return &temporary{err} }

type temporary struct{ error }

func (t *temporary) Unwrap() error { return t.error }

// Adapt makes of a provider what Gantry works with: for Serve, and for tests in this process.
func Adapt[S any](p *Provider[S]) providers.Provider { return &adapter[S]{p} }

type adapter[S any] struct{ p *Provider[S] }

func (a *adapter[S]) kind(name string) *Kind[S] {
	for i := range a.p.Kinds {
		if a.p.Kinds[i].Schema.Name == name {
			return &a.p.Kinds[i]
		}
	}
	return nil
}

// Describe is the provider as data.
func (a *adapter[S]) Describe() providers.Description {
	d := providers.Description{Name: a.p.Name, Version: a.p.Version, Actions: map[string][]planner.Action{}, Limits: a.p.Limits, Lazy: true}
	if len(a.p.Endpoint) > 0 {
		d.Endpoint = &schema.Kind{Name: "provider", Attributes: a.p.Endpoint}
	}
	for i := range a.p.Kinds {
		k := &a.p.Kinds[i]
		actions := k.Actions
		if len(actions) == 0 && !k.Schema.Existing {
			actions = []Action{Create, Update, Delete}
		}
		d.Actions[k.Schema.Name] = actions
		if !k.Core {
			own := k.Schema
			d.Kinds = append(d.Kinds, &own)
		}
	}
	for _, r := range a.p.Rules {
		d.Rules = append(d.Rules, providers.Rule{ID: r.ID, Severity: r.Severity, Doc: r.Doc})
	}
	return d
}

// Explain adds the commands of a step.
func (a *adapter[S]) Explain(s *planner.Step, f *planner.Facts) diag.List {
	k := a.kind(s.Kind)
	if k == nil || k.Explain == nil || !slices.Contains(a.Describe().Actions[s.Kind], s.Action) {
		return diag.List{diag.Errorf("not-offered", "Not offered", "%s does not %s a %s.", a.p.Name, s.Action, s.Kind).At(string(s.Address), "")}
	}
	st := step(s, f, nil)
	k.Explain(st)
	if s.Action == Delete && len(st.diags) == 0 {
		f.Memo[goes+s.Kind+"|"+s.Before.ID] = cty.True
	}
	return st.diags
}

// Check applies the rules of the provider.
func (a *adapter[S]) Check(f *planner.Facts) diag.List {
	var out diag.List
	for _, r := range a.p.Rules {
		r.Check(&Facts{f}, func(address, path, problem, fix string) {
			d := diag.Errorf(r.ID, r.Doc, "%s", problem).At(address, path).WithFix("%s", fix)
			d.Severity = r.Severity
			out = append(out, d)
		})
	}
	return out
}

// Open connects.
func (a *adapter[S]) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	if a.p.Connect == nil {
		return nil, fmt.Errorf("the provider %s has no Connect", a.p.Name)
	}
	at := &Endpoint{Key: e.Key, Config: View{e.Config}, raw: e}
	s, err := a.p.Connect(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Key, err)
	}
	return &session[S]{a: a, s: s, at: at}, nil
}

type session[S any] struct {
	a  *adapter[S]
	s  S
	at *Endpoint

	mu   sync.Mutex
	sent int
}

// Status counts the commands that were sent.
func (x *session[S]) Status() planner.EndpointStatus {
	x.mu.Lock()
	defer x.mu.Unlock()
	st := planner.EndpointStatus{Console: x.at.Key, Commands: x.sent}
	if c, ok := any(x.s).(interface{ Sent() int }); ok {
		st.Commands = c.Sent()
	}
	return st
}

func (x *session[S]) Close() error {
	if x.a.p.Close == nil {
		return nil
	}
	return x.a.p.Close(x.s)
}

// tries of a read, and how long is waited between them.
const (
	tries = 3
	pause = 200 * time.Millisecond
)

// read reads all objects of a kind, or of all that have no Discover of their own for nil; again where that is worth it.
func (x *session[S]) read(ctx context.Context, k *Kind[S]) ([]*schema.Object, error) {
	for try := 1; ; try++ {
		var out []*schema.Object
		var bad error
		var mu sync.Mutex
		take := func(k *Kind[S], o Object) {
			made, err := x.object(k, o)
			mu.Lock()
			defer mu.Unlock()
			if out = append(out, made); err != nil && bad == nil {
				bad = err
			}
		}
		var err error
		switch {
		case k != nil && k.Discover != nil:
			err = k.Discover(ctx, x.s, func(o Object) { take(k, o) })
		case x.a.p.Discover != nil:
			err = x.a.p.Discover(ctx, x.s, func(kind string, o Object) {
				switch of := x.a.kind(kind); {
				case of == nil:
					mu.Lock()
					defer mu.Unlock()
					bad = fmt.Errorf("there is no kind %q", kind)
				case k == nil && of.Discover == nil || of == k:
					take(of, o)
				}
			})
		}
		if err == nil {
			return out, bad
		}
		var again *temporary
		var lost *Lost
		if try == tries || !errors.As(err, &again) && !errors.As(err, &lost) {
			return nil, x.wrap(err)
		}
		select {
		case <-time.After(time.Duration(try) * pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// object checks what was found against its schema.
func (x *session[S]) object(k *Kind[S], o Object) (*schema.Object, error) {
	v, err := value(o.Values)
	if err == nil && !k.Core {
		err = k.Schema.Conform(v)
	}
	if err != nil {
		return nil, fmt.Errorf("a %s that was found does not fit its schema: %w", k.Schema.Name, err)
	}
	out := &schema.Object{Kind: k.Schema.Name, Endpoint: x.at.Key, ID: o.ID, Value: v}
	if !k.Core {
		if out.ID = k.Schema.OwnID(x.at.Key, v); out.ID == "" {
			return nil, fmt.Errorf("a %s was found without %s, which identifies it", k.Schema.Name, strings.Join(k.Schema.Identity[0], " and "))
		}
	}
	if out.ID == "" && k.ID != nil {
		out.ID = k.ID(View{v})
	}
	if out.ID == "" {
		return nil, fmt.Errorf("a %s was found without an ID", k.Schema.Name)
	}
	return out, nil
}

// Discover reads every kind.
func (x *session[S]) Discover(ctx context.Context, _ providers.Scope, emit func(*schema.Object)) error {
	reads := []*Kind[S]{nil}
	for i := range x.a.p.Kinds {
		if x.a.p.Kinds[i].Discover != nil {
			reads = append(reads, &x.a.p.Kinds[i])
		}
	}
	for _, k := range reads {
		all, err := x.read(ctx, k)
		if err != nil {
			return err
		}
		for _, o := range all {
			emit(o)
		}
	}
	return nil
}

// Apply does a step, or finds out what became of one.
func (x *session[S]) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	ctx = console.WithStep(ctx, r.Step.ID)
	k := x.a.kind(r.Step.Kind)
	if k == nil {
		return nil, fmt.Errorf("%s has no kind %s", x.a.p.Name, r.Step.Kind)
	}
	if r.Emit == nil {
		r.Emit = func(providers.Event) {}
	}
	st := step(r.Step, nil, r.Emit)
	switch r.Mode {
	case providers.Check:
		if k.Preflight != nil {
			if err := k.Preflight(ctx, x.s, st); err != nil {
				return nil, x.wrap(err)
			}
		}
		return &providers.Result{Outcome: providers.DoneOutcome}, nil
	case providers.Recover:
		if len(r.Handle) > 0 {
			if err := json.Unmarshal(r.Handle, &st.remembered); err != nil {
				return nil, err
			}
		}
		return x.recover(ctx, k, st)
	}
	err := x.do(ctx, k, st)
	if err != nil {
		err = x.wrap(err)
		if ctx.Err() != nil {
			return nil, err // what it did is for the next run to find out
		}
		var lost *providers.LostError
		res, bad := x.recover(ctx, k, st)
		switch {
		case bad != nil:
			return nil, errors.Join(err, bad)
		case errors.As(err, &lost) && res.Outcome == providers.DoneOutcome:
			res.Note = fmt.Sprintf("The answer to %s got lost; the console says that it was done.", lost.Command)
			return res, nil
		}
		res.Outcome = providers.NotDoneOutcome
		return res, err
	}
	back, err := x.back(ctx, k, r.Step)
	if err != nil {
		return nil, err
	}
	return &providers.Result{Outcome: providers.DoneOutcome, Object: back}, nil
}

func (x *session[S]) do(ctx context.Context, k *Kind[S], st *Step) error {
	if k.Apply != nil {
		return k.Apply(ctx, x.s, st)
	}
	send, ok := any(x.s).(Sender)
	if !ok {
		return fmt.Errorf("the kind %s has no Apply, and its connection sends no commands", k.Schema.Name)
	}
	for _, line := range st.Commands() {
		if _, err := st.Send(ctx, send, line); err != nil {
			return err
		}
	}
	return nil
}

// Send sends a command line of the step, so that whoever watches the apply sees it and what it answered.
func (st *Step) Send(ctx context.Context, s Sender, line string) (string, error) {
	begin := time.Now()
	st.emit(providers.Event{Step: st.s.ID, Type: "command", Command: line})
	answer, err := s.Send(ctx, line)
	e := providers.Event{Step: st.s.ID, Type: "answer", Command: line, Text: answer, Took: time.Since(begin)}
	var refused *Refusal
	if errors.As(err, &refused) {
		e.Text, e.Exit = refused.Answer, refused.Exit
	}
	st.emit(e)
	return answer, err
}

// back is the object of a step as its console has it now; nil when there is none.
func (x *session[S]) back(ctx context.Context, k *Kind[S], s *planner.Step) (*schema.Object, error) {
	all, err := x.read(ctx, k)
	if err != nil {
		return nil, err
	}
	for _, want := range []*schema.Object{s.After, s.Before} {
		if want == nil {
			continue
		}
		id := want.ID
		switch {
		case !k.Core:
			id = k.Schema.OwnID(x.at.Key, want.Value)
		case k.ID != nil && id == "":
			id = k.ID(View{want.Value})
		}
		for _, o := range all {
			if o.ID == id && id != "" {
				return o, nil
			}
		}
	}
	return nil, nil
}

// recover looks at what there is and says whether the step has been done.
func (x *session[S]) recover(ctx context.Context, k *Kind[S], st *Step) (*providers.Result, error) {
	if k.Settle != nil {
		if err := k.Settle(ctx, x.s, st); err != nil {
			return nil, x.wrap(err)
		}
	}
	s := st.s
	back, err := x.back(ctx, k, s)
	if err != nil {
		return nil, err
	}
	done := back == nil
	if s.Action != Delete {
		done = back != nil && holds(k.Schema.Attributes, s.After.Value, back.Value)
	}
	if done {
		return &providers.Result{Outcome: providers.DoneOutcome, Object: back}, nil
	}
	return &providers.Result{Outcome: providers.NotDoneOutcome, Object: back}, nil
}

// holds reports whether what is declared is there. Lists that have no order are compared as sets.
func holds(attrs []schema.Attribute, want, have cty.Value) bool {
	if want == cty.NilVal || want.IsNull() {
		return true
	}
	if !want.Type().IsObjectType() {
		return schema.Equal(want, have)
	}
	for name, w := range want.AsValueMap() {
		var a *schema.Attribute
		for i := range attrs {
			if attrs[i].Name == name {
				a = &attrs[i]
			}
		}
		h := schema.Get(have, schema.JoinPath(name))
		switch {
		case a == nil && attrs != nil || a != nil && (a.Policy || a.Computed):
		case a != nil && a.Nesting == schema.List && !a.Ordered:
			if !slices.Equal(elements(w), elements(h)) {
				return false
			}
		case a != nil && a.Nesting == schema.LabelledBlock:
			for label, item := range w.AsValueMap() {
				if !holds(a.Attributes, item, schema.Get(h, schema.JoinPath(label))) {
					return false
				}
			}
		case a != nil && a.Type == schema.ObjectType && a.Nesting == schema.Block:
			if !holds(a.Attributes, w, h) {
				return false
			}
		case !schema.Equal(w, h):
			return false
		}
	}
	return true
}

// elements are those of a list, in one order.
func elements(v cty.Value) []string {
	if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
		return nil
	}
	var out []string
	for _, x := range v.AsValueSlice() {
		out = append(out, string(schema.EncodeValue(x)))
	}
	slices.Sort(out)
	return out
}

// wrap puts the errors of an author into the words that Gantry shows.
func (x *session[S]) wrap(err error) error {
	var refused *Refusal
	var lost *Lost
	switch {
	case errors.As(err, &refused):
		return &providers.CommandError{Endpoint: x.at.Key, Command: refused.Command, Exit: refused.Exit, Stdout: refused.Answer, Meaning: refused.Meaning, Fix: refused.Fix}
	case errors.As(err, &lost):
		return &providers.LostError{Endpoint: x.at.Key, Command: lost.Command, Err: lost.Err}
	}
	return err
}

package providertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/plugin"
)

// world is an estate on a fresh console, with what was done to it: a small Gantry that keeps nothing on disk.
type world struct {
	x        *story
	t        testing.TB
	console  Console
	provider providers.Provider
	cat      *schema.Catalogue
	own      []*schema.Kind
	estate   string
	est      *config.Estate
	reads    int // command lines of a discovery
	destroy  bool
	parallel bool

	mu       sync.Mutex
	sessions map[string]providers.Session
	records  map[schema.Address]*schema.Record
	opened   []*planner.Step // what was begun and whose end is not known
	handles  map[string]json.RawMessage
	told     told
}

// told is everything that the provider says.
type told struct {
	mu sync.Mutex
	strings.Builder
}

func (t *told) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Builder.Write(b)
}

func (x *story) world(t testing.TB) *world { return x.worldOn(t, x.s.Console(t), x.s.Estate) }

func (x *story) worldOn(t testing.TB, c Console, estate string) *world {
	t.Helper()
	w := &world{x: x, t: t, console: c, provider: x.provider(t), estate: estate, sessions: map[string]providers.Session{}, records: map[schema.Address]*schema.Record{}, handles: map[string]json.RawMessage{}}
	for old, new := range c.Replace {
		w.estate = strings.ReplaceAll(w.estate, old, new)
	}
	d, err := plugin.Described(w.provider)
	if err != nil {
		t.Fatal(err)
	}
	all := kinds.Catalogue().Kinds()
	for _, k := range d.Kinds {
		k.Provider = x.s.Name
		w.own = append(w.own, k)
		all = append(all, k)
	}
	w.cat = schema.NewCatalogue(all...)
	if err := w.load(); err != nil {
		t.Fatalf("the estate: %v", err)
	}
	t.Cleanup(w.close)
	w.discover()
	before := w.sent()
	w.discover()
	w.reads = w.sent() - before
	return w
}

func (w *world) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sessions {
		_ = s.Close() // the console may be gone
	}
	w.sessions = map[string]providers.Session{}
}

// load reads the estate.
func (w *world) load() error {
	dir := tempDir(w.t)
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(w.estate), 0o600); err != nil {
		return err
	}
	d := w.provider.Describe()
	core := false
	for k := range d.Actions {
		core = core || kinds.Catalogue().Kind(k) != nil
	}
	o := config.Options{Catalogue: w.cat, Endpoint: kinds.Endpoint(), ProviderTypes: []string{w.x.s.Name}}
	if len(w.own) > 0 || d.Endpoint != nil {
		o.Plugins = map[string]config.Plugin{w.x.s.Name: {Endpoint: d.Endpoint, Core: core}}
	}
	est, l := config.Load(dir, o)
	if l.HasErrors() {
		return l.Err()
	}
	w.est = est
	return nil
}

func (w *world) edit(e Edit) {
	w.t.Helper()
	if !strings.Contains(w.estate, e.Old) {
		w.t.Fatalf("no %q in the estate", e.Old)
	}
	w.estate = strings.Replace(w.estate, e.Old, e.New, 1)
}

// sent counts the command lines that the console received.
func (w *world) sent() int {
	if w.console.Sent == nil {
		return 0
	}
	return len(w.console.Sent())
}

// changed counts those of the commands of plans.
func (w *world) changed() int {
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	return strings.Count(w.told.String(), "\ncommand ")
}

func (w *world) emit(e providers.Event) {
	if e.Type == "handle" {
		w.mu.Lock()
		w.handles[e.Step] = e.Handle
		w.mu.Unlock()
	}
	word := e.Type
	if word == "command" {
		word = "command " + e.Command
	}
	fmt.Fprintf(&w.told, "\n%s %s %s", word, e.Text, e.Step)
}

func (w *world) session(key string) providers.Session {
	w.t.Helper()
	s, err := w.trySession(key)
	if err != nil {
		w.t.Fatalf("%s does not open: %v", key, err)
	}
	return s
}

func (w *world) trySession(key string) (providers.Session, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.sessions[key]; s != nil {
		return s, nil
	}
	e := w.est.Endpoints[key]
	if e == nil {
		return nil, fmt.Errorf("the estate declares no provider %s", key)
	}
	s, err := w.provider.Open(context.Background(), providers.Endpoint{Key: key, Config: e.Config, Dir: w.console.Dir, Log: &w.told})
	if err != nil {
		fmt.Fprintf(&w.told, "\nerror %v", err)
		return nil, err
	}
	w.sessions[key] = providers.Guard(s, w.cat, key)
	return w.sessions[key], nil
}

func (w *world) discover() *planner.Inventory {
	w.t.Helper()
	inv, err := w.tryDiscover()
	if err != nil {
		w.t.Fatalf("it cannot discover: %v", err)
	}
	return inv
}

func (w *world) tryDiscover() (*planner.Inventory, error) {
	var objects []*schema.Object
	endpoints := map[string]*planner.EndpointStatus{}
	for _, key := range w.keys() {
		s, err := w.trySession(key)
		if err == nil {
			err = s.Discover(context.Background(), providers.Scope{}, func(o *schema.Object) {
				w.mu.Lock()
				defer w.mu.Unlock()
				objects = append(objects, o)
			})
		}
		if err != nil {
			fmt.Fprintf(&w.told, "\nerror %v", err)
			return nil, err
		}
		st := s.Status()
		endpoints[key] = &st
	}
	return planner.Merge(w.cat, objects, endpoints), nil
}

func (w *world) keys() []string {
	var out []string
	for k := range w.est.Endpoints {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// input is what a plan depends on.
func (w *world) input(inv *planner.Inventory) planner.Input {
	d := planner.Desired{Objects: slices.Clone(w.est.Objects), Deps: w.est.Deps, Lifecycle: map[schema.Address]planner.Lifecycle{}}
	in := planner.Input{Catalogue: w.cat, Desired: d, Inventory: inv, Prior: planner.Prior{Lineage: "story", Records: w.records}, Explain: w.provider.Explain, Today: time.Now().Format("2006-01-02"),
		Options: planner.Options{AllowDestroy: 1000, Destroy: w.destroy, Acknowledge: map[string][]schema.Address{}}}
	if c, ok := w.provider.(providers.Checker); ok {
		in.Check = c.Check
		for _, r := range w.provider.Describe().Rules {
			in.Rules = append(in.Rules, r.ID)
		}
	}
	for _, id := range w.x.s.Acknowledge {
		in.Acknowledge[id] = []schema.Address{"*"}
	}
	for _, k := range w.keys() {
		e := w.est.Endpoints[k]
		host, user := schema.Str(e.Config, "host"), schema.Str(e.Config, "user")
		in.Endpoints = append(in.Endpoints, planner.Endpoint{Key: k, Type: e.Type, Host: host, User: user, MigrationAddress: host, MigrationUser: user})
	}
	return in
}

// try plans; the error is that of the estate or of the console.
func (w *world) try() (*planner.Plan, error) {
	if err := w.load(); err != nil {
		return nil, err
	}
	inv, err := w.tryDiscover()
	if err != nil {
		return nil, err
	}
	return planner.Build(w.input(inv)), nil
}

func (w *world) plan() *planner.Plan {
	w.t.Helper()
	p, err := w.try()
	if err != nil {
		w.t.Fatalf("it cannot be planned: %v", err)
	}
	for _, f := range p.Findings {
		if f.Stops() {
			w.t.Fatalf("the plan is refused: %s %s %s", f.Code, f.Detail, f.Fix)
		}
	}
	return p
}

// one does a step of a plan, and records what was read back.
func (w *world) one(s *planner.Step) error {
	switch s.Action {
	case planner.Forget:
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.records, s.Address)
		return nil
	case planner.Adopt:
		return nil
	}
	if s.After != nil && len(s.After.Refs) > 0 {
		return nil // the next plan knows the value
	}
	sess, err := w.trySession(s.Endpoint)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.opened = append(w.opened, s)
	w.mu.Unlock()
	res, err := sess.Apply(context.Background(), providers.Request{Step: s, Mode: providers.Do, Emit: w.emit})
	if err != nil {
		fmt.Fprintf(&w.told, "\nerror %v", err)
		if res != nil {
			w.settled(s, res)
		}
		return err
	}
	if res.Object != nil {
		res.Object = planner.Canonical(w.cat, w.last(), res.Object)
	}
	if bad := planner.Verify(w.cat, s, res.Object); bad.HasErrors() {
		return bad.Err()
	}
	w.settled(s, res)
	return nil
}

func (w *world) last() *planner.Inventory {
	inv, err := w.tryDiscover()
	if err != nil {
		return nil
	}
	return inv
}

// settled writes down how a step has ended.
func (w *world) settled(s *planner.Step, res *providers.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = slices.DeleteFunc(w.opened, func(x *planner.Step) bool { return x.ID == s.ID })
	delete(w.handles, s.ID)
	switch {
	case s.Action == planner.Delete && res.Outcome == providers.DoneOutcome:
		delete(w.records, s.Address)
	case res.Object != nil && w.owns(s):
		o := res.Object.Clone()
		o.Address = s.Address
		w.records[s.Address] = &schema.Record{Object: o, Deps: s.Deps}
	}
}

func (w *world) owns(s *planner.Step) bool {
	for _, o := range []*schema.Object{s.After, s.Before} {
		if o != nil {
			return w.cat.Kind(s.Kind).Owned(o.Value)
		}
	}
	return false
}

// open is a step that an earlier run began.
func (w *world) open(s *planner.Step) { w.opened = append(w.opened, s) }

// apply plans and does the steps, in order; it stops at the first failure.
func (w *world) apply() {
	w.t.Helper()
	if err := w.applied(w.plan()); err != nil {
		w.t.Fatalf("it cannot be applied: %v", err)
	}
}

func (w *world) applied(p *planner.Plan) error {
	if !w.parallel {
		for _, s := range p.Steps {
			if err := w.one(s); err != nil {
				return fmt.Errorf("%s: %w", s.ID, err)
			}
		}
		return nil
	}
	limit := max(1, w.provider.Describe().Limits.StepsPerEndpoint)
	slots := make(chan struct{}, limit)
	ended, errs := map[string]chan struct{}{}, make(chan error, len(p.Steps))
	for _, s := range p.Steps {
		ended[s.ID] = make(chan struct{})
	}
	for _, s := range p.Steps {
		go func() {
			defer close(ended[s.ID])
			for _, on := range s.WaitsFor {
				if c := ended[on]; c != nil {
					<-c
				}
			}
			slots <- struct{}{}
			err := w.one(s)
			<-slots
			errs <- err
		}()
	}
	for range p.Steps {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// applyAnyhow applies as far as it goes, as a run whose connection breaks does.
func (w *world) applyAnyhow() {
	p, err := w.try()
	if err == nil && !p.Blocked() {
		err = w.applied(p)
	}
	if err != nil {
		w.close() // the next run opens anew
	}
}

// converge settles what is open, and applies until nothing is left to do: at most four plans, the last of which is empty.
func (w *world) converge(t testing.TB, when string) {
	t.Helper()
	var last error
	for range 4 {
		if last = w.settle(); last != nil {
			w.close()
			continue
		}
		p, err := w.try()
		if err != nil {
			last = err
			w.close()
			continue
		}
		for _, f := range p.Findings {
			if f.Stops() {
				t.Fatalf("%s; now the plan is refused: %s %s %s", when, f.Code, f.Detail, f.Fix)
			}
		}
		if len(p.Steps) == 0 {
			return
		}
		if last = w.applied(p); last != nil {
			w.close()
		}
	}
	p, err := w.try()
	if err != nil {
		t.Fatalf("%s; then it cannot be planned: %v (and before: %v)", when, err, last)
	}
	if len(p.Steps) > 0 {
		t.Fatalf("%s; the plan is not empty in the end (%v):\n%s", when, last, commands(p))
	}
}

// settle takes up what was begun, as the next run of Gantry does.
func (w *world) settle() error {
	w.mu.Lock()
	open := slices.Clone(w.opened)
	w.mu.Unlock()
	for _, s := range open {
		sess, err := w.trySession(s.Endpoint)
		if err != nil {
			return err
		}
		w.mu.Lock()
		handle := w.handles[s.ID]
		w.mu.Unlock()
		res, err := sess.Apply(context.Background(), providers.Request{Step: s, Mode: providers.Recover, Handle: handle, Emit: w.emit})
		if res == nil {
			return fmt.Errorf("settling %s: %w", s.ID, err)
		}
		w.settled(s, res)
	}
	return nil
}

// commands are the steps of a plan with what they send, for messages.
func commands(p *planner.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s\n", s.ID)
		for _, c := range s.Changes {
			fmt.Fprintf(&b, "  %s: %s -> %s\n", c.Path, c.Before, c.After)
		}
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "  %s %s\n", c.Endpoint, c.Line)
		}
	}
	return b.String()
}

// lines are the objects of an inventory, without what changes by itself.
func (w *world) lines(inv *planner.Inventory) []string {
	var out []string
	for _, o := range inv.Objects {
		out = append(out, o.Kind+" "+o.ID+" "+steady(w.cat.Kind(o.Kind), o))
	}
	return out
}

// steady is what an object says that does not change by itself.
func steady(k *schema.Kind, o *schema.Object) string {
	v := o.Value
	for i := range k.Attributes {
		if k.Attributes[i].Fleeting {
			v = schema.Set(v, k.Attributes[i].Name, schema.Get(schema.Build(nil), k.Attributes[i].Name))
		}
	}
	return string(schema.EncodeValue(v))
}

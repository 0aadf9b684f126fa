// Package run is the imperative shell: lock, discover, plan, approve, execute,
// verify, record, unlock. It is the only place where goroutines meet a plan. It
// knows no concrete provider and prints nothing; it emits events.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/seal"
	"github.com/gantry-power/gantry/state/stores"
)

// Event is what a run tells whoever shows it. Provider events keep their own form.
type Event struct {
	Type     string           `json:"type"` // discovering, discovered, waiting, settling, settled, step-started, step-done, step-failed, step-skipped, provider
	Step     *planner.Step    `json:"-"`
	StepID   string           `json:"step,omitempty"`
	Text     string           `json:"text,omitempty"`
	Took     time.Duration    `json:"took,omitempty"`
	Err      error            `json:"-"`
	Provider *providers.Event `json:"provider,omitempty"`
}

// Run is one invocation on one estate.
type Run struct {
	Catalogue *schema.Catalogue
	Providers map[string]providers.Provider // by type
	Estate    *config.Estate
	Store     state.Store
	Version   string
	Versions  map[string]string // that a plan remembers: gantry, and required providers by name
	Today     string            // YYYY-MM-DD
	Who       state.LockInfo    // who this run is, in the lock and in the history
	Log       io.Writer         // of every command sent; nil discards
	Emit      func(Event)

	mu        sync.Mutex
	sessions  map[string]providers.Session
	opening   map[string]*sync.Mutex
	inventory *planner.Inventory
}

func (r *Run) emit(e Event) {
	if r.Emit != nil {
		if e.Step != nil {
			e.StepID = e.Step.ID
		}
		r.Emit(e)
	}
}

// Close ends all sessions.
func (r *Run) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		_ = s.Close() // nothing is in flight any more
	}
	r.sessions = nil
}

// session opens an endpoint once; different endpoints open at the same time.
func (r *Run) session(ctx context.Context, key string) (providers.Session, error) {
	r.mu.Lock()
	if r.sessions == nil {
		r.sessions, r.opening = map[string]providers.Session{}, map[string]*sync.Mutex{}
	}
	if r.opening[key] == nil {
		r.opening[key] = &sync.Mutex{}
	}
	one := r.opening[key]
	r.mu.Unlock()
	one.Lock()
	defer one.Unlock()
	r.mu.Lock()
	s := r.sessions[key]
	r.mu.Unlock()
	if s != nil {
		return s, nil
	}
	e := r.Estate.Endpoints[key]
	if e == nil {
		return nil, fmt.Errorf("the estate declares no provider %s", key)
	}
	p := r.Providers[e.Type]
	if p == nil {
		return nil, fmt.Errorf("there is no provider %q", e.Type)
	}
	s, err := p.Open(ctx, providers.Endpoint{Key: key, Config: e.Config, Dir: r.Estate.Dir, Log: r.Log})
	if err != nil {
		return nil, err
	}
	s = providers.Guard(s, r.Catalogue, key)
	r.mu.Lock()
	r.sessions[key] = s
	r.mu.Unlock()
	return s, nil
}

// Discovery sums up what discovering took.
type Discovery struct {
	Inventory *planner.Inventory
	Commands  int
	Took      time.Duration
}

// Discover asks all consoles at once. One that does not answer becomes an
// endpoint with an error; the others go on.
func (r *Run) Discover(ctx context.Context) (*Discovery, error) {
	begin := time.Now()
	keys := make([]string, 0, len(r.Estate.Endpoints))
	for k := range r.Estate.Endpoints {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	type result struct {
		objects []*schema.Object
		status  planner.EndpointStatus
	}
	results := make([]result, len(keys))
	var wg sync.WaitGroup
	for i, k := range keys {
		r.emit(Event{Type: "discovering", Text: k})
		wg.Add(1)
		go func() {
			defer wg.Done()
			res := &results[i]
			s, err := r.session(ctx, k)
			if err == nil {
				var mu sync.Mutex
				scope := providers.Scope{Programs: programs(r.Estate)}
				scope.Workloads, scope.Servers, scope.Directories = workloads(r.Estate)
				err = s.Discover(ctx, scope, func(o *schema.Object) {
					mu.Lock()
					defer mu.Unlock()
					res.objects = append(res.objects, o)
				})
				res.status = s.Status()
			}
			if err != nil {
				res.status.Error = cmp.Or(err.Error(), "it failed and gave no reason")
				res.objects = nil
			}
		}()
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := &Discovery{}
	endpoints := map[string]*planner.EndpointStatus{}
	var all []*schema.Object
	for i, k := range keys {
		st := results[i].status
		d.Commands += st.Commands
		endpoints[k] = &st
		all = append(all, results[i].objects...)
	}
	d.Inventory = planner.Merge(r.Catalogue, all, endpoints)
	d.Took = time.Since(begin)
	r.mu.Lock()
	r.inventory = d.Inventory
	r.mu.Unlock()
	r.emit(Event{Type: "discovered", Took: d.Took})
	return d, nil
}

// workloads: whether there is any declared workload partition, and their NFS servers and the directories of their relocations, sorted.
func workloads(e *config.Estate) (some bool, out, dirs []string) {
	for _, o := range e.Objects {
		if o.Kind != "wpar" {
			continue
		}
		some = true
		if d := schema.Str(o.Value, "mobility.directory"); d != "" && !slices.Contains(dirs, d) {
			dirs = append(dirs, d)
		}
		for _, m := range schema.Items(o.Value, "mount") {
			if s := schema.Str(o.Value, schema.JoinPath("mount", m, "server")); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	sort.Strings(out)
	sort.Strings(dirs)
	return some, out, dirs
}

// programs are the paths of the programs that the estate declares for its hosts.
func programs(e *config.Estate) []string {
	seen := map[string]bool{}
	var out []string
	var walk func(attrs []schema.Attribute, v cty.Value)
	walk = func(attrs []schema.Attribute, v cty.Value) {
		for i := range attrs {
			a := &attrs[i]
			switch {
			case a.Program:
				if p := schema.Str(v, a.Name); p != "" && !seen[p] {
					seen[p] = true
					out = append(out, p)
				}
			case a.Nesting == schema.LabelledBlock:
				for _, l := range schema.Items(v, a.Name) {
					walk(a.Attributes, schema.Get(v, schema.JoinPath(a.Name, l)))
				}
			case a.Type == schema.ObjectType && schema.Has(v, a.Name) && a.Nesting == schema.Block:
				walk(a.Attributes, schema.Get(v, a.Name))
			}
		}
	}
	for _, o := range e.Objects {
		walk(e.Catalogue.Kind(o.Kind).Attributes, o.Value)
	}
	sort.Strings(out)
	return out
}

// Endpoints describes the declared consoles for the planner.
func Endpoints(e *config.Estate) []planner.Endpoint {
	var out []planner.Endpoint
	for _, x := range e.Endpoints {
		p := planner.Endpoint{Key: x.Key(), Type: x.Type, Host: schema.Str(x.Config, "host"), User: schema.Str(x.Config, "user"),
			MigrationAddress: schema.Str(x.Config, "migration_address"), MigrationUser: schema.Str(x.Config, "migration_user")}
		if p.MigrationAddress == "" {
			p.MigrationAddress = p.Host
		}
		if p.MigrationUser == "" {
			p.MigrationUser = p.User
		}
		p.User = p.MigrationUser
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

// Desired is the estate in the planner's terms.
func Desired(e *config.Estate) planner.Desired {
	d := planner.Desired{Objects: append([]*schema.Object(nil), e.Objects...), Deps: e.Deps, Lifecycle: map[schema.Address]planner.Lifecycle{}}
	for a, l := range e.Lifecycle {
		d.Lifecycle[a] = planner.Lifecycle{PreventDestroy: l.PreventDestroy, IgnoreChanges: l.IgnoreChanges}
	}
	for _, m := range e.Moved {
		d.Moved = append(d.Moved, planner.Moved{From: m.From, To: m.To})
	}
	for _, m := range e.Removed {
		d.Removed = append(d.Removed, planner.Removed{From: m.From, Destroy: m.Destroy})
	}
	for _, m := range e.Imports {
		d.Imports = append(d.Imports, planner.Import{To: m.To, ID: m.ID})
	}
	for _, w := range e.Waivers {
		d.Waivers = append(d.Waivers, planner.Waiver{Rule: w.Rule, Objects: w.Objects, Reason: w.Reason, Until: w.Until})
	}
	return d
}

// ExplainAll hands steps to their providers, in order: those that follow each other and are of one provider that takes several at
// once go together.
func (r *Run) ExplainAll(steps []*planner.Step, f *planner.Facts) []diag.List {
	out := make([]diag.List, 0, len(steps))
	for i := 0; i < len(steps); {
		p := r.explainer(steps[i])
		j := i + 1
		for j < len(steps) && r.explainer(steps[j]) == p {
			j++
		}
		if many, ok := p.(providers.ManyExplainer); ok {
			out = append(out, many.ExplainMany(steps[i:j], f)...)
		} else {
			for _, s := range steps[i:j] {
				out = append(out, r.Explain(s, f))
			}
		}
		i = j
	}
	return out
}

// explainer is the provider of a step's endpoint, or, for kinds that belong to no single endpoint, the provider that can act on the kind;
// nil when there is none.
func (r *Run) explainer(s *planner.Step) providers.Provider {
	typ, _, _ := strings.Cut(s.Endpoint, ".")
	p := r.Providers[typ]
	if p == nil {
		names := make([]string, 0, len(r.Providers))
		for n := range r.Providers {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			for _, a := range r.Providers[n].Describe().Actions[s.Kind] {
				if a == s.Action {
					p = r.Providers[n]
				}
			}
		}
	}
	return p
}

// Explain hands a step to its provider.
func (r *Run) Explain(s *planner.Step, f *planner.Facts) diag.List {
	p := r.explainer(s)
	if p == nil {
		return diag.List{diag.Errorf("no-provider", "Nobody can do this", "No provider can %s a %s.", s.Action, s.Kind).At(string(s.Address), "")}
	}
	return p.Explain(s, f)
}

// Check has every provider that the estate uses and that has rules of its own apply them.
func (r *Run) Check(f *planner.Facts) diag.List {
	var out diag.List
	for _, typ := range r.used() {
		if c, ok := r.Providers[typ].(providers.Checker); ok {
			out = append(out, c.Check(f)...)
		}
	}
	return out
}

// used are the types of the providers that the estate has blocks of.
func (r *Run) used() []string {
	types := map[string]bool{}
	for _, e := range r.Estate.Endpoints {
		types[e.Type] = true
	}
	return slices.Sorted(maps.Keys(types))
}

// Input is what planning against an inventory and a snapshot depends on.
func (r *Run) Input(inv *planner.Inventory, snap *state.Snapshot, o planner.Options) planner.Input {
	var own []string
	for _, typ := range r.used() {
		if _, ok := r.Providers[typ].(providers.Checker); ok {
			for _, x := range r.Providers[typ].Describe().Rules {
				own = append(own, x.ID)
			}
		}
	}
	return planner.Input{Catalogue: r.Catalogue, Desired: Desired(r.Estate), Inventory: inv, Rules: own,
		Prior:   planner.Prior{Lineage: snap.Lineage, Serial: snap.Serial, Records: snap.Records},
		Explain: r.Explain, ExplainAll: r.ExplainAll, Check: r.Check, Endpoints: Endpoints(r.Estate), Today: r.Today, Versions: r.Versions, Options: o}
}

// Build plans against an inventory and a snapshot.
func (r *Run) Build(inv *planner.Inventory, snap *state.Snapshot, o planner.Options) *planner.Plan {
	return planner.Build(r.Input(inv, snap, o))
}

// Validate asks the consoles to validate every migration of a plan (rule
// LPM-73). It changes nothing on them; what they refuse becomes a finding.
func (r *Run) Validate(ctx context.Context, p *planner.Plan) error {
	if p.Blocked() {
		return nil // the console would only repeat what is known
	}
	open, err := r.Store.Open(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.Steps {
		if s.Action != planner.Migrate {
			continue
		}
		if slices.ContainsFunc(open, func(e state.Entry) bool { return e.Step == s.ID }) {
			s.Details = append(s.Details, planner.Detail{Label: "check", Text: "not asked: an earlier run left it open, and apply settles that first"})
			continue
		}
		if len(s.WaitsFor) > 0 && !s.Queued {
			// The console would judge the world as it is before the earlier steps.
			s.Details = append(s.Details, planner.Detail{Label: "check", Text: "validated by the console right before the move, after the steps that it waits for"})
			continue
		}
		sess, err := r.session(ctx, s.Endpoint)
		if err != nil {
			return err
		}
		if _, err := r.session(ctx, s.TargetEndpoint); err != nil {
			return err
		}
		if _, err := sess.Apply(ctx, providers.Request{Step: s, Mode: providers.Check, Emit: r.providerEvents(s)}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fix, meaning := "Repair what it says and plan again.", ""
			if refused := (*providers.CommandError)(nil); errors.As(err, &refused) && refused.Fix != "" {
				fix, meaning = refused.Fix+" Then plan again.", " "+refused.Meaning
				fix = strings.Replace(fix, "FROM TO, with the providers of the source and of the target; it", s.Endpoint+" "+s.TargetEndpoint+"; it", 1)
			}
			d := diag.Errorf("LPM-73", "The console's own validation is run while planning, and again just before the migration starts.", "The console refuses to move %s.%s\n%s", s.Address, meaning, err).At(string(s.Address), "system").WithFix("%s", fix)
			p.Findings = append([]planner.Finding{{Diagnostic: d}}, p.Findings...)
			continue
		}
		s.Details = append(s.Details, planner.Detail{Label: "check", Text: "validated by the console"})
	}
	p.Seal()
	return nil
}

func (r *Run) providerEvents(s *planner.Step) func(providers.Event) {
	return func(e providers.Event) { r.emit(Event{Type: "provider", Step: s, Provider: &e}) }
}

// OpenStore returns the store that the estate declares.
func OpenStore(ctx context.Context, e *config.Estate) (state.Store, error) {
	c, err := Cipher(e)
	if err != nil {
		return nil, err
	}
	return OpenStoreAs(ctx, e, e.Settings.StateType, e.Settings.State, c)
}

// OpenStoreAs opens a store of another type or with other arguments.
func OpenStoreAs(ctx context.Context, e *config.Estate, typ string, args map[string]string, c state.Cipher) (state.Store, error) {
	if err := CheckSettings(e); err != nil {
		return nil, err
	}
	return stores.Open(ctx, typ, args, e.Dir, c)
}

// CheckSettings looks at what the gantry block says of the state, without asking anybody.
func CheckSettings(e *config.Estate) error {
	var bad *stores.ArgumentError
	if err := stores.Check(e.Settings.StateType, e.Settings.State); errors.As(err, &bad) {
		d := diag.Errorf("state", "The state block cannot be used", "%s", bad.Problem).WithFix("%s", bad.Fix)
		if e.Settings.StateRange != nil {
			d = d.In(e.Settings.StateRange)
		}
		return diag.List{d}.Err()
	}
	_, err := Cipher(e)
	return err
}

// Cipher is what the estate encrypts with; nil when it does not.
func Cipher(e *config.Estate) (state.Cipher, error) {
	x := e.Settings.Encryption
	if x == nil {
		return nil, nil
	}
	c := seal.Config{Dir: e.Dir, Recipients: x.Recipients, Passphrase: x.Passphrase, PassphraseCommand: x.PassphraseCommand, KeyCommand: x.KeyCommand}
	for _, f := range x.IdentityFiles {
		if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(f, "~/") {
			f = filepath.Join(home, f[2:])
		}
		if !filepath.IsAbs(f) {
			f = filepath.Join(e.Dir, f)
		}
		c.Identities = append(c.Identities, f)
	}
	s, err := seal.New(c)
	if err != nil {
		return nil, diag.List{diag.Errorf("encryption", "The encryption block cannot be used", "%v.", err).In(x.Range)}.Err()
	}
	return s, nil
}

// LockInfo describes this process for the lock.
func LockInfo(command string) state.LockInfo {
	host, _ := os.Hostname() // an empty name only makes the message poorer
	user := os.Getenv("USER")
	if user == "" {
		user = os.Getenv("USERNAME")
	}
	if user == "" {
		user = fmt.Sprintf("uid %d", os.Getuid())
	}
	job := ""
	for _, k := range []string{"CI_JOB_URL", "BUILD_URL", "GITHUB_RUN_URL"} {
		if v := os.Getenv(k); v != "" {
			job = v
		}
	}
	if job == "" && os.Getenv("GITHUB_RUN_ID") != "" {
		job = os.Getenv("GITHUB_SERVER_URL") + "/" + os.Getenv("GITHUB_REPOSITORY") + "/actions/runs/" + os.Getenv("GITHUB_RUN_ID")
	}
	return state.LockInfo{ID: planner.Fingerprint([]any{host, os.Getpid(), time.Now().UnixNano()})[:12], User: user, Host: host, PID: os.Getpid(), Command: command, Job: job}
}

// Lock takes the lock, waiting up to the given time for another holder.
func (r *Run) Lock(ctx context.Context, command string, wait time.Duration) (state.Lock, error) {
	if wait < 0 {
		return nil, fmt.Errorf("-lock-timeout %s: write how long to wait, as 30s or 5m", wait)
	}
	deadline := time.Now().Add(wait)
	said := false
	for {
		r.Who = LockInfo(command)
		l, err := r.Store.Lock(ctx, r.Who)
		if err == nil {
			return l, nil
		}
		locked, ok := err.(*state.LockedError)
		if !ok || !time.Now().Before(deadline) {
			if ok {
				fix := "Wait for it (-lock-timeout 5m)."
				if wait > 0 {
					fix = fmt.Sprintf("It was waited for %s; wait longer.", wait)
				}
				if time.Since(locked.Info.Heartbeat) < locked.Info.StaleAfter() {
					fix += " It is alive: its last heartbeat was " + time.Since(locked.Info.Heartbeat).Round(time.Second).String() + " ago. If it hangs, and nothing else helps: gantry force-unlock -force " + locked.Info.ID
				} else {
					fix += " If you are sure that it is dead: gantry force-unlock " + locked.Info.ID
				}
				return nil, diag.List{diag.Errorf("locked", "State is locked", "%s.", locked.Error()).WithFix("%s", fix)}.Err()
			}
			return nil, err
		}
		if !said {
			said = true
			r.emit(Event{Type: "waiting", Text: locked.Error()})
		}
		select {
		case <-time.After(min(time.Second, time.Until(deadline)+time.Millisecond)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Outputs resolves the estate's outputs: values that only a console knows come
// from the state; what is not there yet stays unknown.
func Outputs(e *config.Estate, snap *state.Snapshot) map[string]cty.Value {
	out, in := map[string]cty.Value{}, planner.Input{Catalogue: e.Catalogue, Desired: Desired(e)}
	for _, o := range e.Outputs {
		v, err := cty.Transform(o.Value, func(_ cty.Path, v cty.Value) (cty.Value, error) {
			if v == cty.NilVal || v.Type() != schema.ConsoleValue {
				return v, nil
			}
			ref := v.EncapsulatedValue().(*schema.ValueRef)
			if rec := snap.Records[ref.Address]; rec != nil {
				if x := planner.Refer(in, *ref, rec.Object); x != cty.NilVal {
					return x, nil
				}
			}
			return cty.StringVal("(known after create)"), nil
		})
		if err != nil {
			v = cty.StringVal("(" + err.Error() + ")")
		}
		out[o.Name] = v
	}
	return out
}

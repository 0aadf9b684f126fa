// Package providers is the contract between Gantry and whatever carries a plan
// out: the Provider interface, its capabilities and events, and the one guard
// that checks every object crossing it against its kind.
//
// The package knows no console and no plan beyond the single step.
package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// Description is what a provider says of itself; no connection is needed for it.
type Description struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Actions that it performs, by kind.
	Actions map[string][]planner.Action `json:"actions"`
	Limits  Limits                      `json:"limits"`
	// Endpoint is the schema of its provider blocks; without one they have that of Gantry's own providers.
	Endpoint *schema.Kind `json:"endpoint,omitempty"`
	// Kinds of its own, as data.
	Kinds []*schema.Kind `json:"kinds,omitempty"`
	// Lazy: it explains without the facts of the plan where it does not look at them, and panics where it does; it is then asked again with
	// them.
	Lazy bool `json:"lazy,omitempty"`
	// Rules of its own, which Check applies.
	Rules []Rule `json:"rules,omitempty"`
}

// Rule is a check of a provider's own. Its id begins with RulePrefix.
type Rule struct {
	ID       string        `json:"id"`
	Severity diag.Severity `json:"severity"`
	Doc      string        `json:"doc"`
}

// RulePrefix is what the ids of the rules of a provider begin with: ZONING- for zoning.
func RulePrefix(provider string) string { return strings.ToUpper(provider) + "-" }

// Handles are the kinds that a provider reports or changes.
func (d *Description) Handles() map[string]bool {
	out := map[string]bool{}
	for k := range d.Actions {
		out[k] = true
	}
	for _, k := range d.Kinds {
		out[k.Name] = true
	}
	return out
}

// Check reports what is wrong with a description.
func (d *Description) Check() error {
	if d.Name == "" || d.Version == "" {
		return fmt.Errorf("it has no name or no version")
	}
	for _, k := range d.Kinds {
		if k == nil {
			return fmt.Errorf("one of its kinds is nothing")
		}
		if err := k.Check(); err != nil {
			return err
		}
	}
	if d.Endpoint != nil {
		if err := schema.CheckAttributes("provider", d.Endpoint.Attributes); err != nil {
			return err
		}
	}
	for _, r := range d.Rules {
		if !strings.HasPrefix(r.ID, RulePrefix(d.Name)) {
			return fmt.Errorf("the id of its rule %q does not begin with %s", r.ID, RulePrefix(d.Name))
		}
	}
	return nil
}

// Limits bound what runs at the same time.
type Limits struct {
	// StepsPerEndpoint run at once against one console.
	StepsPerEndpoint int `json:"steps_per_endpoint,omitempty"`
	// Serial lists the actions of which one at a time runs against a console,
	// because it cannot take two (the ODM lock of a Virtual I/O Server).
	Serial []planner.Action `json:"serial,omitempty"`
	// Silence is for how many seconds nothing may be heard of a plugin that works; half an hour unless it is more.
	Silence int `json:"silence,omitempty"`
}

// Endpoint is one console to open.
type Endpoint struct {
	Key    string // TYPE.NAME
	Config cty.Value
	// Dir is what relative paths in the configuration are relative to.
	Dir string
	// Log receives a line for every command sent; nil discards.
	Log io.Writer
}

// Scope limits discovery. The zero value means everything.
type Scope struct {
	// Names of partitions; with it only they and the system's totals are read.
	Names []string
	// Systems are identities; with them a console that manages several reads only
	// these.
	Systems []string
	// Programs are paths whose presence and mode are asked for where applications run.
	Programs []string
	// Workloads asks hosts for what they offer to workload partitions, and Servers names the NFS servers that those need.
	Workloads bool
	Servers   []string
	// Directories are those in which relocations keep their files.
	Directories []string
}

// Mode of Apply.
type Mode string

// The modes.
const (
	Check   Mode = "check"   // the live preflight; changes nothing
	Do      Mode = "do"      // sends the commands
	Recover Mode = "recover" // takes up what a crash left in flight
)

// Event is something that happens during Apply.
type Event struct {
	Step    string          `json:"step"`
	Type    string          `json:"type"` // command, answer, progress, note, handle
	Text    string          `json:"text,omitempty"`
	Command string          `json:"command,omitempty"`
	Exit    int             `json:"exit,omitempty"`
	Took    time.Duration   `json:"took,omitempty"`
	Sent    int64           `json:"sent,omitempty"`  // bytes
	Total   int64           `json:"total,omitempty"` // bytes
	Rate    float64         `json:"rate,omitempty"`  // bytes per second
	Left    time.Duration   `json:"left,omitempty"`
	Handle  json.RawMessage `json:"handle,omitempty"`
}

// Outcome of an applied step.
type Outcome string

// The outcomes. NotDone: the step has had no effect, or not all of it, or it was
// taken back; what there is may be planned again. With Do it comes beside an error.
const (
	DoneOutcome    Outcome = "done"
	NotDoneOutcome Outcome = "not-done"
)

// Request is one call of Apply.
type Request struct {
	Step   *planner.Step
	Mode   Mode
	Handle json.RawMessage // of the journal, for Recover
	Emit   func(Event)
}

// Result is how an applied step ended, with the object as read back; nil after a delete.
type Result struct {
	Outcome Outcome
	Object  *schema.Object
	Note    string
}

// Provider is the same for a built-in and for a plugin process.
type Provider interface {
	Describe() Description
	// Explain is pure: it adds the exact commands to a step and may raise its
	// disruption or refuse it with findings, never lower it.
	Explain(s *planner.Step, f *planner.Facts) diag.List
	// Open connects, verifies the host key and the login, and reads the console's version.
	Open(ctx context.Context, e Endpoint) (Session, error)
}

// ManyExplainer is a provider that explains several steps at once as it would one after the other: a plugin is asked once for many.
type ManyExplainer interface {
	ExplainMany(steps []*planner.Step, f *planner.Facts) []diag.List
}

// Checker is a provider that has rules of its own. Check is pure.
type Checker interface {
	Check(f *planner.Facts) diag.List
}

// Session is an open endpoint. Its methods may be called concurrently.
type Session interface {
	Status() planner.EndpointStatus
	Discover(ctx context.Context, s Scope, emit func(*schema.Object)) error
	Apply(ctx context.Context, r Request) (*Result, error)
	Close() error
}

// KeyExchanger is a session whose console needs the trust of another one to migrate to it. The other one's password is
// asked for when it is needed; whether anything was done comes back.
type KeyExchanger interface {
	ExchangeKeys(ctx context.Context, address, user string, password func() (string, error)) (bool, error)
}

// CommandError is a command that a console refused, with what it answered.
type CommandError struct {
	Endpoint string
	Command  string
	Exit     int
	Stdout   string
	Stderr   string
	// Meaning is the refusal in plain words, and Fix what to do, where they are known.
	Meaning, Fix string
}

func (e *CommandError) Error() string {
	answer := strings.TrimSpace(strings.TrimSpace(e.Stderr) + "\n" + strings.TrimSpace(e.Stdout))
	if answer == "" {
		answer = "(nothing)"
	}
	return fmt.Sprintf("%s refused the command\n  %s\nand answered (exit code %d):\n  %s", e.Endpoint, e.Command, e.Exit, strings.ReplaceAll(answer, "\n", "\n  "))
}

// Diagnostics puts the meaning on top.
func (e *CommandError) Diagnostics() diag.List {
	d := diag.Diagnostic{Severity: diag.Error, Code: "console-refused", Summary: "The console refused", Detail: e.Error(), Fix: e.Fix}
	if e.Meaning != "" {
		d.Detail = e.Meaning + "\n" + d.Detail
	}
	return diag.List{d}
}

// LostError says that a connection ended before the answer came: the command
// may or may not have taken effect.
type LostError struct {
	Endpoint, Command string
	Err               error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("the connection to %s ended before it answered\n  %s\n(%v); whether the command took effect is unknown until the console is asked", e.Endpoint, e.Command, e.Err)
}

func (e *LostError) Unwrap() error { return e.Err }

// Guard wraps a session so that every object that it yields conforms to its kind.
func Guard(s Session, cat *schema.Catalogue, endpoint string) Session {
	return &guarded{Session: s, cat: cat, endpoint: endpoint}
}

type guarded struct {
	Session
	cat      *schema.Catalogue
	endpoint string
}

// ExchangeKeys hands the request on; no object crosses.
func (g *guarded) ExchangeKeys(ctx context.Context, address, user string, password func() (string, error)) (bool, error) {
	k, ok := g.Session.(KeyExchanger)
	if !ok {
		return false, fmt.Errorf("%s exchanges no keys", g.endpoint)
	}
	return k.ExchangeKeys(ctx, address, user, password)
}

func (g *guarded) check(o *schema.Object) error {
	k := g.cat.Kind(o.Kind)
	if k == nil {
		return fmt.Errorf("the provider of %s reported a %q, which is no kind", g.endpoint, o.Kind)
	}
	if o.ID == "" {
		return fmt.Errorf("the provider of %s reported a %s without an identity", g.endpoint, o.Kind)
	}
	if err := k.Conform(o.Value); err != nil {
		return fmt.Errorf("the provider of %s reported a %s %s that breaks its schema: %w", g.endpoint, o.Kind, o.ID, err)
	}
	if err := k.Conform(o.Profile); err != nil {
		return fmt.Errorf("the provider of %s reported a profile of %s %s that breaks its schema: %w", g.endpoint, o.Kind, o.ID, err)
	}
	return nil
}

func (g *guarded) Discover(ctx context.Context, s Scope, emit func(*schema.Object)) error {
	var bad error
	err := g.Session.Discover(ctx, s, func(o *schema.Object) {
		if e := g.check(o); e != nil {
			if bad == nil {
				bad = e
			}
			return
		}
		emit(o)
	})
	if err != nil {
		return err
	}
	return bad
}

func (g *guarded) Apply(ctx context.Context, r Request) (*Result, error) {
	res, err := g.Session.Apply(ctx, r)
	if err == nil && res != nil && res.Object != nil {
		if err := g.check(res.Object); err != nil {
			return nil, err // how it ended is not known
		}
	}
	return res, err
}

// Package sdk is what a provider for Gantry is written with, in a module of its own: kinds are data, reading and changing are plain
// functions, and the package does the rest: the process and its protocol, schema checks, retries of reads, the command log, reading back.
//
// A provider is a value of Provider; its main calls Serve. The package knows no console; SSH is there for those that are reached by it.
// docs/writing-a-provider.md writes one from an empty folder.
package sdk

import (
	"context"
	"errors"
	"time"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/plugin"
)

// The words of a schema.
type (
	// Attribute is one attribute of a kind, of a block in it, or of the provider block.
	Attribute = schema.Attribute
	// Schema is a kind as data.
	Schema = schema.Kind
	// Need is room that an object takes at another one.
	Need = schema.Need
	// Type is the type of an attribute.
	Type = schema.Type
	// Nesting says how several values, or nested attributes, are written.
	Nesting = schema.Nesting
	// Disruption is what the users of an object notice.
	Disruption = schema.Disruption
	// Action is what a step does to its object.
	Action = planner.Action
	// Limits bound what runs at the same time.
	Limits = providers.Limits
	// Severity is how bad a finding of a rule is.
	Severity = diag.Severity
)

// Types and nestings of attributes.
const (
	String   = schema.String
	Number   = schema.Number
	Bool     = schema.Bool
	Size     = schema.Size     // MiB
	Duration = schema.Duration // seconds
	Ref      = schema.Ref      // to an object of RefKind
	Nested   = schema.ObjectType

	Single        = schema.Single
	List          = schema.List
	Map           = schema.Map
	Block         = schema.Block
	LabelledBlock = schema.LabelledBlock
)

// Disruptions, mildest first.
const (
	None       = schema.None
	Pause      = schema.Pause
	Activation = schema.Activation
	Restart    = schema.Restart
	Outage     = schema.Outage
)

// Actions of kinds. The first three are those of every kind that is made and deleted; the others are of core kinds.
const (
	Create  = planner.Create
	Update  = planner.Update
	Delete  = planner.Delete
	Start   = planner.Start
	Stop    = planner.Stop
	Migrate = planner.Migrate
)

// Severities of findings: an error refuses the plan, a warning holds it until somebody acknowledges it, advice is only said.
const (
	Error   = diag.Error
	Warning = diag.Warning
	Advice  = diag.Advice
)

// Provider is a provider for consoles to which a connection is an S.
type Provider[S any] struct {
	// Name is the type of its provider blocks, the name under which estates require it, and what the ids of its rules begin with: small
	// letters and digits.
	Name    string
	Version string
	// Endpoint are the attributes of its provider blocks. Without any they have those of Gantry's own providers, for SSH.
	Endpoint []Attribute
	Kinds    []Kind[S]
	Rules    []Rule
	Limits   Limits
	// Connect opens a console: it logs in and finds out what it talks to. It may be called again after an error.
	Connect func(ctx context.Context, e *Endpoint) (S, error)
	// Close ends what Connect opened; nil where there is nothing to end.
	Close func(s S) error
	// Discover reads the objects of all kinds that have no Discover of their own, where one request answers for several. It may be called
	// again when it fails with Temporary.
	Discover func(ctx context.Context, s S, emit func(kind string, o Object)) error
}

// Kind is a kind that the provider manages.
type Kind[S any] struct {
	// Schema of a kind of its own. Of a core kind, which Gantry has the schema of, only the Name.
	Schema Schema
	// Core: it is a kind that Gantry brings.
	Core bool
	// ID of a core kind is the console's identity of an object with these values, in which references are identities: SYSTEM/NAME of a
	// partition. That of an own kind follows from Schema.Identity.
	ID func(v View) string
	// Actions that it can do; Create, Update and Delete when there are none. A kind that exists already has none: Schema.Existing.
	Actions []Action
	// Discover reads all objects of the kind, in as few requests as it can. It may be called again when it fails with Temporary. When it
	// is nil, the Discover of the provider reads them.
	Discover func(ctx context.Context, s S, emit func(Object)) error
	// Explain adds the commands of a step. It is pure: it sees the step and the facts, and no console.
	Explain func(st *Step)
	// Apply does a step. When it is nil, the commands of the plan are sent one after the other by the Send of S (see Sender).
	Apply func(ctx context.Context, s S, st *Step) error
	// Preflight asks a console whether it would do a step, and changes nothing; nil when it cannot be asked.
	Preflight func(ctx context.Context, s S, st *Step) error
	// Settle clears away what a step that was interrupted has left half done, before it is looked at what there is; nil where a command
	// is done or not. Step.Remembered is what the step remembered.
	Settle func(ctx context.Context, s S, st *Step) error
}

// Sender is a connection that sends command lines. What a console refuses is a Refusal; what got lost, so that nobody knows whether it
// took effect, is Lost.
type Sender interface {
	Send(ctx context.Context, line string) (answer string, err error)
}

// Rule is a check of the provider's own across objects. Its ID begins with the provider's name in capitals and a hyphen.
type Rule struct {
	ID       string
	Severity Severity
	Doc      string
	// Check is pure, and says what it finds with Report.
	Check func(f *Facts, report func(address, path, problem, fix string))
}

// Endpoint is a provider block.
type Endpoint struct {
	// Key is TYPE.NAME.
	Key    string
	Config View
	raw    providers.Endpoint
}

// Logged does what is not sent through SSH, and writes it into the command log and the audit log, as line: before it is done, and how it
// ended. It is not done when the Gantry that asked for it is gone. A Refusal is written with its exit code, Lost as an answer that got
// lost, another error with exit code 1.
func (e *Endpoint) Logged(ctx context.Context, line string, do func() error) error {
	log := &console.CommandLog{W: e.raw.Log, Name: e.Key}
	if err := log.Announce(ctx, line); err != nil {
		return err
	}
	begin, exit := time.Now(), 0
	err := do()
	var lost *Lost
	var refused *Refusal
	switch {
	case err == nil:
	case errors.As(err, &lost):
		log.Ended(ctx, line, 0, time.Since(begin), lost.Err)
		return err
	case errors.As(err, &refused) && refused.Exit != 0:
		exit = refused.Exit
	default:
		exit = 1
	}
	log.Ended(ctx, line, exit, time.Since(begin), nil)
	return err
}

// Serve runs the provider until Gantry ends it.
func Serve[S any](p *Provider[S]) {
	plugin.Serve("the provider "+p.Name+" "+p.Version, map[string]providers.Provider{p.Name: Adapt(p)})
}

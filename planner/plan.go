// Package planner turns what is declared, what was found and what is remembered
// into a Plan. It is pure: the same input gives the same bytes. It knows no
// context, clock, logger, file, network or HCL.
package planner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Format is the version of the plan file's form.
const Format = 1

// Action is what a step does to its object.
type Action string

// The actions.
const (
	Create  Action = "create"
	Adopt   Action = "adopt"
	Update  Action = "update"
	Start   Action = "start"
	Stop    Action = "stop"
	Restart Action = "restart"
	Migrate Action = "migrate"
	// Move changes the place of a resource group.
	Move Action = "move"
	// Synchronise has the nodes of a cluster hold one verified definition, and puts it into effect.
	Synchronise Action = "synchronise"
	// Relocate takes a workload partition to another host. Mode: live, by checkpoint and restart; static, stopped there and started
	// here; finish, what an earlier relocation left behind.
	Relocate Action = "relocate"
	Delete   Action = "delete"
	Forget   Action = "forget"
)

// Inventory is what discovery found.
type Inventory struct {
	Format    int                        `json:"format"`
	Objects   []*schema.Object           `json:"objects"`
	Endpoints map[string]*EndpointStatus `json:"endpoints"`
}

// EndpointStatus is how one console answered.
type EndpointStatus struct {
	Console  string `json:"console,omitempty"`  // host name it gives itself
	Version  string `json:"version,omitempty"`  //
	Commands int    `json:"commands,omitempty"` // sent during discovery
	Error    string `json:"error,omitempty"`    // why it was not discovered
	System   string `json:"system,omitempty"`   // identity of the system it manages, where it is one
	// Systems are the identities of all systems that it manages, where it can manage several.
	Systems []string `json:"systems,omitempty"`
	// Unread are systems whose partitions could not be read, with the reason.
	Unread map[string]string `json:"unread,omitempty"`
}

// Desired is what the configuration asks for.
type Desired struct {
	Objects   []*schema.Object
	Deps      map[schema.Address][]schema.Address
	Lifecycle map[schema.Address]Lifecycle
	Moved     []Moved
	Removed   []Removed
	Imports   []Import
	Waivers   []Waiver
}

// Lifecycle is what a block asks of the planner besides its attributes.
type Lifecycle struct {
	PreventDestroy bool
	IgnoreChanges  []string
}

// Moved renames a record.
type Moved struct {
	From schema.Address `json:"from"`
	To   schema.Address `json:"to"`
}

// Removed says whether an object whose block is gone is deleted or forgotten.
type Removed struct {
	From    schema.Address
	Destroy bool
}

// Import allows taking ownership; ID "" means what the declaration identifies.
type Import struct {
	To schema.Address
	ID string
}

// Waiver acknowledges findings of a rule. Until is a date or empty.
type Waiver struct {
	Rule    string
	Objects []schema.Address
	Reason  string
	Until   string
}

// Prior is what state remembers.
type Prior struct {
	Lineage string
	Serial  uint64
	Records map[schema.Address]*schema.Record
}

// Input is everything a plan depends on.
type Input struct {
	Catalogue *schema.Catalogue
	Desired   Desired
	Inventory *Inventory
	Prior     Prior
	// Explain adds a step's commands; it is a provider's pure function. Nil leaves them out.
	Explain func(*Step, *Facts) diag.List
	// ExplainAll explains several steps, in order; nil has Explain do it one by one.
	ExplainAll func([]*Step, *Facts) []diag.List
	// Rules are the ids of the rules of the estate's providers.
	Rules []string
	// Check has the providers of the estate apply rules of their own to the facts of the plan; nil when there are none.
	Check func(f *Facts) diag.List
	// Endpoints are the declared consoles, sorted by key.
	Endpoints []Endpoint
	// Today is the date, YYYY-MM-DD, that waivers are measured against.
	Today string
	// Versions are of what makes the plan: gantry, and required providers by name.
	Versions map[string]string
	Options
}

// Options are what the command line asks for.
type Options struct {
	Destroy      bool // plan the deletion of everything owned
	RefreshOnly  bool // only bring state up to what was found
	Targets      []schema.Address
	AllowDestroy int
	// InFlight are objects that an earlier run left open in the journal.
	InFlight    map[schema.Address]bool
	Acknowledge map[string][]schema.Address // rule id -> objects
	// Findings are what the caller found out before planning. They stand among the
	// plan's own and are acknowledged like them.
	Findings []diag.Diagnostic
}

// Facts is what Explain may look at besides the step.
type Facts struct {
	Inventory *Inventory
	Endpoints map[string]Endpoint
	// Reserved holds names and slots that earlier steps of the plan have taken.
	Reserved map[string]bool
	// Memo is what a provider remembers of the earlier steps of the plan.
	Memo     map[string]cty.Value
	scratch  bool // something is tried out, and nothing of it remembered
	byID     map[string]*schema.Object
	declared map[string]*schema.Object
	coming   map[string]*schema.Object
	desired  map[schema.Address]*schema.Object
}

// DeclaredAt returns what is declared under an address, or nil.
func (f *Facts) DeclaredAt(address string) *schema.Object {
	return f.known().desired[schema.Address(address)]
}

// Declared returns the declaration of a found object, or nil.
func (f *Facts) Declared(kind, id string) *schema.Object { return f.known().declared[kind+"|"+id] }

// Object returns a found object by kind and console identity, or nil.
func (f *Facts) Object(kind, id string) *schema.Object { return f.known().byID[kind+"|"+id] }

// Coming returns what an earlier step of the plan makes, with what its provider has said of it, or nil.
func (f *Facts) Coming(kind, id string) *schema.Object { return f.known().coming[kind+"|"+id] }

// ComingOf are the objects of a kind that earlier steps of the plan make, in order of their identities.
func (f *Facts) ComingOf(kind string) []*schema.Object {
	f.known()
	var out []*schema.Object
	for _, id := range sortedKeys(f.coming) {
		if o := f.coming[id]; o.Kind == kind {
			out = append(out, o)
		}
	}
	return out
}

// Reserve takes a name and reports whether it was free.
func (f *Facts) Reserve(name string) bool {
	f.known()
	if f.Reserved[name] {
		return false
	}
	f.Reserved[name] = true
	return true
}

// NewFacts indexes an inventory.
func NewFacts(inv *Inventory) *Facts {
	f := &Facts{Inventory: inv, Reserved: map[string]bool{}, Memo: map[string]cty.Value{}, byID: make(map[string]*schema.Object, len(inv.Objects)), declared: map[string]*schema.Object{}, coming: map[string]*schema.Object{}}
	for _, o := range inv.Objects {
		for _, id := range o.Keys { // by what other hosts call it
			if o.Kind != "disk" && o.Kind != "network" {
				f.byID[o.Kind+"|"+id] = o
			}
		}
		f.byID[o.Kind+"|"+o.ID] = o
	}
	return f
}

// Command is one line that a step sends to a console.
type Command struct {
	Endpoint string `json:"endpoint"`
	Line     string `json:"line"`
	// Purpose: check (changes nothing, may refuse), change, watch (repeated while
	// waiting), read-back, on-failure (sent only if something goes wrong).
	Purpose string `json:"purpose"`
	Note    string `json:"note,omitempty"`
}

// The purposes of commands.
const (
	PurposeCheck     = "check"
	PurposeChange    = "change"
	PurposeWatch     = "watch"
	PurposeReadBack  = "read-back"
	PurposeOnFailure = "on-failure"
)

// Change is one attribute's way from what is to what is wanted.
type Change struct {
	Path       string            `json:"path"`
	Before     json.RawMessage   `json:"before,omitempty"`  // running value
	Profile    json.RawMessage   `json:"profile,omitempty"` // value for the next activation, where it differs from Before
	After      json.RawMessage   `json:"after,omitempty"`   // wanted value; absent = removed
	Disruption schema.Disruption `json:"disruption"`
	Why        string            `json:"why,omitempty"`
	// Source is set where After is only known once another object exists.
	Source *schema.ValueRef `json:"source,omitempty"`
}

// Demand is an amount of a resource on a place.
type Demand struct {
	Place    string  `json:"place"`    // identity of the system
	Resource string  `json:"resource"` // memory (MiB), units, slots
	Amount   float64 `json:"amount"`
}

// Fact is a value that a step relied on; apply refuses the step when it has changed.
type Fact struct {
	Kind  string          `json:"kind"`
	ID    string          `json:"id"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// Detail is a line of explanation for people, such as the disks of a migration.
type Detail struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Reason says why a step is there: a code for scripts, a sentence for people.
// No decision is made on it.
type Reason struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
}

// Step is one action on one object. What was reviewed is what is sent.
type Step struct {
	ID       string         `json:"id"`
	Address  schema.Address `json:"address"`
	Kind     string         `json:"kind"`
	Action   Action         `json:"action"`
	Endpoint string         `json:"endpoint,omitempty"`
	// From, To and TargetEndpoint belong to a migration: identities of the systems.
	From           string `json:"from,omitempty"`
	To             string `json:"to,omitempty"`
	TargetEndpoint string `json:"target_endpoint,omitempty"`
	// Beside are the consoles whose facts the step rests on where an object is seen through several.
	Beside []string `json:"beside,omitempty"`
	Mode   string   `json:"mode,omitempty"` // live or inactive
	// Node is the node of a cluster that the step is about, where it is not about the whole.
	Node string `json:"node,omitempty"`
	// Leg is 1 for a migration aside, to a third system, and 2 for the one that goes on from there.
	Leg            int               `json:"leg,omitempty"`
	Changes        []Change          `json:"changes,omitempty"`
	Before         *schema.Object    `json:"before,omitempty"`
	After          *schema.Object    `json:"after,omitempty"`
	WaitsFor       []string          `json:"waits_for,omitempty"`
	Queued         bool              `json:"queued,omitempty"` // it waits only for its turn, not for what the others leave behind
	Demands        []Demand          `json:"demands,omitempty"`
	Releases       []Demand          `json:"releases,omitempty"`
	Commands       []Command         `json:"commands,omitempty"`
	Disruption     schema.Disruption `json:"disruption"`
	Destroys       int               `json:"destroys,omitempty"` // counts against -allow-destroy
	Reason         Reason            `json:"reason"`
	Reverse        string            `json:"reverse,omitempty"`
	Seconds        float64           `json:"seconds,omitempty"` // estimate
	Facts          []Fact            `json:"facts,omitempty"`
	Details        []Detail          `json:"details,omitempty"`
	PreventDestroy bool              `json:"prevent_destroy,omitempty"`
	Deps           []schema.Address  `json:"deps,omitempty"`
}

// Finding is a rule's word about an object.
type Finding struct {
	diag.Diagnostic
	// Acknowledged says by what: a waiver's reason or the flag.
	Acknowledged string `json:"acknowledged,omitempty"`
	// Facts are what the rule saw, for the record.
	Facts map[string]string `json:"facts,omitempty"`
}

// Stops reports whether the finding alone holds an apply up.
func (f *Finding) Stops() bool {
	return f.Severity == diag.Error || f.Severity == diag.Warning && f.Acknowledged == ""
}

// Drift is a difference between the world and what was last applied.
type Drift struct {
	Address schema.Address  `json:"address"`
	Path    string          `json:"path,omitempty"`
	Applied json.RawMessage `json:"applied,omitempty"`
	Found   json.RawMessage `json:"found,omitempty"`
	Text    string          `json:"text,omitempty"`
}

// Unmanaged is something that exists, is not owned and is left alone.
type Unmanaged struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Place string `json:"place,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Pending is a change that is already in the profile and waits for an activation.
type Pending struct {
	Address schema.Address  `json:"address"`
	Path    string          `json:"path"`
	Running json.RawMessage `json:"running"`
	Wanted  json.RawMessage `json:"wanted"`
}

// Room is a system's free resource now, at the tightest moment and at the end.
type Room struct {
	Place    string  `json:"place"`
	Name     string  `json:"name"`
	Resource string  `json:"resource"`
	Now      float64 `json:"now"`
	Tightest float64 `json:"tightest"`
	AtStep   string  `json:"at_step,omitempty"`
	End      float64 `json:"end"`
}

// Book is a change of what state remembers of an object that is otherwise as declared.
type Book struct {
	Address        schema.Address   `json:"address"`
	PreventDestroy bool             `json:"prevent_destroy"`
	Deps           []schema.Address `json:"deps,omitempty"`
	// Keep are values to remember, by attribute; null is to be forgotten.
	Keep map[string]json.RawMessage `json:"keep,omitempty"`
}

// Plan is the complete, serialisable answer.
type Plan struct {
	Format      int               `json:"format"`
	Fingerprint string            `json:"fingerprint"` // of everything below
	Mode        string            `json:"mode"`        // apply, destroy, refresh-only
	Lineage     string            `json:"lineage"`
	Serial      uint64            `json:"serial"`
	Inputs      map[string]string `json:"inputs"`             // configuration, inventory: fingerprints
	Versions    map[string]string `json:"versions,omitempty"` // of what made it: gantry, and required providers by name
	Steps       []*Step           `json:"steps"`
	Findings    []Finding         `json:"findings"`
	Drift       []Drift           `json:"drift"`
	Pending     []Pending         `json:"pending"`
	Unmanaged   []Unmanaged       `json:"unmanaged"`
	Room        []Room            `json:"room"`
	Renamed     []Moved           `json:"renamed,omitempty"`
	Refreshed   []*schema.Object  `json:"refreshed,omitempty"` // what state will hold besides what the steps say
	Books       []Book            `json:"books,omitempty"`     // what state is to remember besides; nothing is sent for it
	Targets     []schema.Address  `json:"targets,omitempty"`   // the plan is narrowed to these
	Objects     int               `json:"objects"`             // declared
	Unchanged   int               `json:"unchanged"`
}

// Changes reports whether applying the plan would do anything.
func (p *Plan) Changes() bool {
	return len(p.Steps) > 0 || len(p.Renamed) > 0 || len(p.Refreshed) > 0
}

// Blocked reports whether a finding forbids applying the plan. A warning holds up what is to be done, and nothing else.
func (p *Plan) Blocked() bool {
	for _, f := range p.Findings {
		if f.Severity == diag.Error || f.Stops() && (p.Changes() || f.Code == LeftBehind) {
			return true
		}
	}
	return false
}

// Step returns a step by its id, or nil.
func (p *Plan) Step(id string) *Step {
	for _, s := range p.Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Seal computes the fingerprint.
func (p *Plan) Seal() {
	p.Fingerprint = ""
	p.Fingerprint = Fingerprint(p)
}

// Fingerprint is the SHA-256 of a value's JSON.
func Fingerprint(v any) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(v) // the types of this package always encode
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// fingerprintObjects is Fingerprint for many objects, without building their
// whole JSON first.
func fingerprintObjects(objects []*schema.Object) string {
	h := sha256.New()
	for _, o := range objects {
		fmt.Fprintf(h, "%q %q %q %q ", o.Kind, o.Address, o.Endpoint, o.ID)
		h.Write(schema.EncodeValue(o.Value))
		h.Write(schema.EncodeValue(o.Profile))
		for _, p := range sortedPaths(o.Refs) {
			fmt.Fprintf(h, "%q %q ", p, o.Refs[p])
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func sortedPaths(m map[string]schema.ValueRef) []string {
	out := make([]string, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

// ReadPlan reads a plan file and checks its fingerprint.
func ReadPlan(b []byte) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("this is no plan file: %w", err)
	}
	if p.Format != Format {
		return nil, fmt.Errorf("the plan has format %d, this Gantry reads format %d; plan again with this version", p.Format, Format)
	}
	want := p.Fingerprint
	p.Seal()
	if p.Fingerprint != want {
		return nil, fmt.Errorf("the plan file was changed after it was written (fingerprint %s, content %s); plan again", want, p.Fingerprint)
	}
	return &p, nil
}

// WriteJSON is the plan's form at rest.
func (p *Plan) WriteJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(p)
	return b.Bytes(), err
}

func sortSteps(steps []*Step) {
	sort.Slice(steps, func(i, j int) bool {
		if steps[i].Address != steps[j].Address {
			return steps[i].Address < steps[j].Address
		}
		if steps[i].Action != steps[j].Action {
			return rankOf[steps[i].Action] < rankOf[steps[j].Action]
		}
		return steps[i].Leg < steps[j].Leg
	})
}

// rankOf is the order of steps on one object.
var rankOf = map[Action]int{Adopt: 0, Stop: 1, Create: 2, Migrate: 3, Relocate: 3, Update: 4, Synchronise: 5, Restart: 5, Start: 6, Move: 7, Delete: 8, Forget: 9}

func raw(v cty.Value) json.RawMessage { return schema.EncodeValue(v) }

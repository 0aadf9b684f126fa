// Package config turns a directory of HCL and variables into an Estate: the
// declared objects, what they depend on, the endpoints, the policies, and where
// each attribute was written.
//
// The package knows no console, no state and no plan. It receives the catalogue
// of kinds as an argument.
package config

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Estate is everything that a configuration describes.
type Estate struct {
	Dir       string
	Catalogue *schema.Catalogue
	Objects   []*schema.Object // sorted by address
	Deps      map[schema.Address][]schema.Address
	Lifecycle map[schema.Address]*Lifecycle
	Endpoints map[string]*Endpoint // by TYPE.NAME
	Moved     []Moved
	Removed   []Removed
	Imports   []Import
	Waivers   []Waiver
	Outputs   []*Output
	Settings  Settings
	// Files are the sources by the name that ranges use.
	Files map[string][]byte

	byAddress map[schema.Address]*schema.Object
	mu        sync.Mutex                  // guards bodies: steps that run side by side locate their diagnostics
	bodies    map[string]map[int]hcl.Body // of files parsed again to locate something: by start of the block
	ranges    map[schema.Address]hcl.Range
}

// Settings is the gantry block.
type Settings struct {
	RequiredVersion string
	// AfterFailedMigration is continue or rest: whether migrations that do not depend on a failed one still begin.
	AfterFailedMigration string
	StateType            string            // file where nothing is said
	State                map[string]string // arguments of the state block
	StateRange           *diag.Range
	Encryption           *Encryption
	AuditLog             string // file; "" means none
	AuditSyslog          bool
}

// Encryption is the encryption block: how what is at rest is encrypted.
type Encryption struct {
	Recipients, IdentityFiles     []string
	Passphrase                    bool
	PassphraseCommand, KeyCommand []string
	Range                         *diag.Range
}

// Endpoint is a provider block: one console or host.
type Endpoint struct {
	// hostless: the block names no host; it is how the hosts that name it are reached.
	hostless bool
	def      hcl.Range
	Type     string
	Name     string
	Config   cty.Value // canonical, of the endpoint schema
	Range    *diag.Range
}

// Key is the name by which objects refer to the endpoint.
func (e *Endpoint) Key() string { return e.Type + "." + e.Name }

// Lifecycle is what a block asks of the planner besides its attributes.
type Lifecycle struct {
	PreventDestroy bool
	IgnoreChanges  []string // attribute paths
	Postconditions []Condition
}

// Condition is a postcondition: it is evaluated when the object was read back.
type Condition struct {
	Range *diag.Range
	// Eval takes the object's value as read back and returns whether the
	// condition holds, and the message if it does not.
	Eval func(self cty.Value) (bool, string, diag.List)
}

// Moved says that what state records under From is now declared as To.
type Moved struct {
	From, To schema.Address
	Range    *diag.Range
}

// Removed says what to do with an object whose block is gone.
type Removed struct {
	From    schema.Address
	Destroy bool
	Range   *diag.Range
}

// Import allows Gantry to take ownership of an existing object.
type Import struct {
	To    schema.Address
	ID    string // console identity; "" = whatever the declaration identifies
	Range *diag.Range
}

// Waiver acknowledges a rule's findings for named objects until a date.
type Waiver struct {
	Rule    string
	Objects []schema.Address // empty = all
	Reason  string
	Until   string // YYYY-MM-DD
	Range   *diag.Range
}

// Output is a value that the configuration shows. Values that only a console
// knows are inside as schema.ConsoleValue capsules.
type Output struct {
	Name        string
	Description string
	Sensitive   bool
	Value       cty.Value
	Range       *diag.Range
}

// Object returns the declared object of an address, or nil.
func (e *Estate) Object(a schema.Address) *schema.Object { return e.byAddress[a] }

// Locate fills the source range and snippet of diagnostics that carry an
// address, with an attribute path where there is one.
func (e *Estate) Locate(l diag.List) diag.List {
	out := make(diag.List, len(l))
	for i, d := range l {
		if d.Range == nil && d.Address != "" {
			d.Range = e.RangeOf(schema.Address(d.Address), d.Path)
		}
		if d.Snippet == "" && d.Range != nil {
			d.Snippet = snippet(e.Files[d.Range.File], d.Range)
		}
		out[i] = d
	}
	return out
}

// RangeOf returns where an attribute of an object was written, else where its
// nearest enclosing block was, else nil.
func (e *Estate) RangeOf(a schema.Address, path string) *diag.Range {
	at, ok := e.ranges[a]
	if !ok {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	body := e.body(at)
	if body == nil {
		return toRange(at)
	}
	r := rangeInBody(body, e.Catalogue.Kind(a.Kind()).Attributes, schema.SplitPath(path))
	if r == nil {
		return toRange(e.ranges[a])
	}
	return r
}

// body parses a file again to find a block: the syntax trees of a large estate
// take more room than everything else, and few diagnostics need them.
func (e *Estate) body(at hcl.Range) hcl.Body {
	known, ok := e.bodies[at.Filename]
	if !ok {
		known = map[int]hcl.Body{}
		if e.bodies == nil {
			e.bodies = map[string]map[int]hcl.Body{}
		}
		e.bodies[at.Filename] = known
		var f *hcl.File
		if strings.HasSuffix(at.Filename, ".json") {
			f, _ = hclparse.NewParser().ParseJSON(e.Files[at.Filename], at.Filename)
		} else {
			f, _ = hclsyntax.ParseConfig(e.Files[at.Filename], at.Filename, hcl.InitialPos)
		}
		if f != nil {
			content, _, _ := f.Body.PartialContent(topSchema(e.Catalogue))
			for _, b := range content.Blocks {
				known[b.DefRange.Start.Byte] = b.Body
			}
		}
	}
	return known[at.Start.Byte]
}

func rangeInBody(body hcl.Body, attrs []schema.Attribute, path []string) *diag.Range {
	if len(path) == 0 {
		return nil
	}
	var a *schema.Attribute
	for i := range attrs {
		if attrs[i].Name == path[0] {
			a = &attrs[i]
		}
	}
	if a == nil {
		return nil
	}
	content, _, _ := body.PartialContent(bodySchemaOf(attrs).hcl)
	if attr, ok := content.Attributes[a.Name]; ok {
		return toRange(attr.Range)
	}
	for _, b := range content.Blocks {
		if b.Type != a.Name {
			continue
		}
		rest := path[1:]
		if a.Nesting == schema.LabelledBlock {
			if len(rest) == 0 || len(b.Labels) == 0 || b.Labels[0] != rest[0] {
				continue
			}
			rest = rest[1:]
		}
		if r := rangeInBody(b.Body, a.Attributes, rest); r != nil {
			return r
		}
		return toRange(b.DefRange)
	}
	return nil
}

func toRange(r hcl.Range) *diag.Range {
	if r.Filename == "" {
		return nil
	}
	return &diag.Range{File: r.Filename,
		Start: diag.Pos{Line: r.Start.Line, Column: r.Start.Column, Byte: r.Start.Byte},
		End:   diag.Pos{Line: r.End.Line, Column: r.End.Column, Byte: r.End.Byte}}
}

// snippet returns the source lines of a range, at most four.
func snippet(src []byte, r *diag.Range) string {
	if len(src) == 0 {
		return ""
	}
	lines := strings.Split(string(src), "\n")
	from, to := r.Start.Line-1, r.End.Line-1
	if from < 0 || from >= len(lines) {
		return ""
	}
	if to < from {
		to = from
	}
	if to > from && r.End.Column == 1 {
		to--
	}
	to = min(to, from+3, len(lines)-1)
	return strings.Join(lines[from:to+1], "\n")
}

func (e *Estate) finish() {
	sort.Slice(e.Objects, func(i, j int) bool { return e.Objects[i].Address < e.Objects[j].Address })
	for a, deps := range e.Deps {
		sort.Slice(deps, func(i, j int) bool { return deps[i] < deps[j] })
		uniq := deps[:0]
		for i, d := range deps {
			if i == 0 || d != deps[i-1] {
				uniq = append(uniq, d)
			}
		}
		e.Deps[a] = uniq
	}
	// The order of files must not show.
	sort.SliceStable(e.Moved, func(i, j int) bool {
		return e.Moved[i].From < e.Moved[j].From || e.Moved[i].From == e.Moved[j].From && e.Moved[i].To < e.Moved[j].To
	})
	sort.SliceStable(e.Removed, func(i, j int) bool { return e.Removed[i].From < e.Removed[j].From })
	sort.SliceStable(e.Imports, func(i, j int) bool {
		return e.Imports[i].To < e.Imports[j].To || e.Imports[i].To == e.Imports[j].To && e.Imports[i].ID < e.Imports[j].ID
	})
	sort.SliceStable(e.Waivers, func(i, j int) bool {
		a, b := e.Waivers[i], e.Waivers[j]
		if a.Rule != b.Rule {
			return a.Rule < b.Rule
		}
		if c := slices.Compare(a.Objects, b.Objects); c != 0 {
			return c < 0
		}
		return a.Until+a.Reason < b.Until+b.Reason
	})
	sort.Slice(e.Outputs, func(i, j int) bool { return e.Outputs[i].Name < e.Outputs[j].Name })
}

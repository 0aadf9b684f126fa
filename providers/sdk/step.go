package sdk

import (
	"encoding/json"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Step is one action on one object.
type Step struct {
	Action  Action
	Kind    string
	Address string
	// Before is what was found, nil for a creation; After is what is declared, nil for a deletion. References are identities; of what
	// the plan makes they are those that it will have.
	Before, After *Known
	// Changes are the paths that an update changes.
	Changes []string
	// Facts of the plan, while it is explained.
	Facts *Facts

	s          *planner.Step
	diags      diag.List
	emit       func(providers.Event)
	remembered string
}

func step(s *planner.Step, f *planner.Facts, emit func(providers.Event)) *Step {
	st := &Step{Action: s.Action, Kind: s.Kind, Address: string(s.Address), Before: known(s.Before), After: known(s.After), s: s, emit: emit}
	for _, c := range s.Changes {
		st.Changes = append(st.Changes, c.Path)
	}
	if f != nil {
		st.Facts = &Facts{f}
	}
	return st
}

// Changed reports whether an attribute, or something in it, changes.
func (st *Step) Changed(path string) bool {
	for _, c := range st.Changes {
		if c == path || strings.HasPrefix(c, path+".") {
			return true
		}
	}
	return false
}

// Commands are those that Explain has added, in order.
func (st *Step) Commands() []string {
	var out []string
	for _, c := range st.s.Commands {
		if c.Purpose == planner.PurposeChange {
			out = append(out, c.Line)
		}
	}
	return out
}

// Command adds the words of a command for a POSIX shell, quoted as needed, so that no value becomes a second word, option or command.
func (st *Step) Command(words ...string) {
	line, err := console.New(words...).Line()
	if err != nil {
		st.Refuse("", "It cannot be sent: "+err.Error(), "Declare a value without control characters.")
		return
	}
	st.Line(line)
}

// Line adds a command line as it is sent. Build it from values only with quoting that refuses what it cannot carry.
func (st *Step) Line(line string) {
	st.s.Commands = append(st.s.Commands, planner.Command{Endpoint: st.s.Endpoint, Line: line, Purpose: planner.PurposeChange})
}

// Detail adds a line that the plan shows with the step.
func (st *Step) Detail(label, text string) {
	st.s.Details = append(st.s.Details, planner.Detail{Label: label, Text: text})
}

// Refuse refuses the step: the plan shows the problem at the line of the attribute, and the fix, and nothing is applied.
func (st *Step) Refuse(path, problem, fix string) {
	st.diags = append(st.diags, diag.Errorf("refused", "Refused by the provider", "%s: %s", st.Address, problem).At(st.Address, path).WithFix("%s", fix))
}

// Raise says that users notice more of the step than its schema says, and why. It never lowers.
func (st *Step) Raise(d Disruption, why string) {
	if d > st.s.Disruption {
		st.s.Disruption = d
		st.Detail("felt", why)
	}
}

// Takes says how long the step is likely to take, in seconds.
func (st *Step) Takes(seconds float64) { st.s.Seconds = seconds }

// Reverse says how the step is taken back.
func (st *Step) Reverse(how string) { st.s.Reverse = how }

// Progress says how far a step that is done has come.
func (st *Step) Progress(text string, done, total int64) {
	if st.emit != nil {
		st.emit(providers.Event{Step: st.s.ID, Type: "progress", Text: text, Sent: done, Total: total})
	}
}

// Remember writes something down for Settle, in case the run ends before the step does: a job number, the token of a transaction.
func (st *Step) Remember(text string) {
	st.remembered = text
	if st.emit != nil {
		b, _ := json.Marshal(text) // a text always encodes
		st.emit(providers.Event{Step: st.s.ID, Type: "handle", Handle: b})
	}
}

// Remembered is what was remembered last, "" when nothing was.
func (st *Step) Remembered() string { return st.remembered }

// Note says something while a step is done.
func (st *Step) Note(text string) {
	if st.emit != nil {
		st.emit(providers.Event{Step: st.s.ID, Type: "note", Text: text})
	}
}

// Facts are what the plan rests on: what all consoles report, and what is declared.
type Facts struct{ f *planner.Facts }

// Found is an object by its identity; one that the plan makes counts. It is nil when there is none.
func (f *Facts) Found(kind, id string) *Known {
	if o := f.f.Object(kind, id); o != nil {
		return known(o)
	}
	return known(f.f.Coming(kind, id))
}

// Goes reports whether a step that stands before this one deletes an object.
func (f *Facts) Goes(kind, id string) bool { return f.f.Memo[goes+kind+"|"+id] != cty.NilVal }

const goes = "goes "

// All are the objects of a kind that were found.
func (f *Facts) All(kind string) []*Known {
	var out []*Known
	for _, o := range f.f.Inventory.Of(kind) {
		out = append(out, known(o))
	}
	return out
}

// Declared are the declared objects of a kind. References in them are addresses.
func (f *Facts) Declared(kind string) []*Known {
	var out []*Known
	f.f.EachDeclared(func(o *schema.Object) {
		if o.Kind == kind {
			out = append(out, known(o))
		}
	})
	return out
}

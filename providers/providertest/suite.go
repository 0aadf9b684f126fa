// Package providertest is the suite that every provider of Gantry passes: it makes, changes, finds again and deletes what an estate
// declares, breaks the connection at every command, kills, cancels and asks twice, and tells what it does like a story. What a provider
// breaks is named by its clause.
//
// The package knows no kind and no console: the author says how a fresh console is had, and what can go wrong with it.
package providertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/plugin"
)

// Suite is what a provider author says of the provider.
type Suite struct {
	// Name is the type of its provider blocks.
	Name string
	// Provider makes the provider anew, in this process.
	Provider func() providers.Provider
	// Build is the package of the plugin's program, such as "."; when it is given, the whole story is told once more through a process.
	Build string
	// Args are words behind the name of the program, and Trusted says that it is Gantry's own: both are for the providers that Gantry brings.
	Args    []string
	Trusted bool
	// Console makes a console on which nothing of what the estate declares is there yet.
	Console func(t testing.TB) Console
	// Estate declares some of every kind that can be made, and changes them one after the other.
	Estate string
	// Changes are edits of the estate, one after the other, that change what is there in place.
	Changes []Edit
	// Refused are edits of the estate that the provider refuses while it is planned.
	Refused []Refusal
	// Secrets are texts that must never be shown: in events, errors, objects and the command log.
	Secrets []string
	// Unchanged are attributes, as KIND.PATH, that no edit changes, with the reason.
	Unchanged map[string]string
	// Acknowledge are warnings that the estate lives with.
	Acknowledge []string
}

// Edit replaces a text of the estate that stands there.
type Edit struct{ Old, New string }

// Refusal is an edit and what is said about it.
type Refusal struct {
	Edit
	Says string
}

// Console is a fresh one.
type Console struct {
	// Dir is what relative paths in the provider blocks are relative to.
	Dir string
	// Replace are texts of the estate that are only known with the console, such as its address.
	Replace map[string]string
	// Sent are the command lines that the console received, where it can tell; nil otherwise.
	Sent func() []string
	// Drift changes something that the estate declares, by hand; nil when nobody can.
	Drift func()
	// Break ends the connection at the command line number n from now on that changes something, before it takes effect or after; nil when
	// the console is not reached by a connection.
	Break func(n int, after bool)
	// Hang lets the command line number n from now on never answer.
	Hang func(n int)
}

// Run tells the story.
func Run(t *testing.T, s Suite) {
	t.Run("in this process", func(t *testing.T) {
		(&story{s: s, provider: func(testing.TB) providers.Provider { return s.Provider() }}).tell(t)
	})
	if s.Build == "" {
		return
	}
	t.Run("as a plugin", func(t *testing.T) {
		bin := filepath.Join(t.TempDir(), "provider")
		if out, err := exec.Command("go", "build", "-o", bin, s.Build).CombinedOutput(); err != nil {
			t.Fatalf("the program does not compile: %v\n%s", err, out)
		}
		(&story{s: s, plugin: bin, provider: func(t testing.TB) providers.Provider {
			p := &plugin.Process{Name: s.Name, Command: append([]string{bin}, s.Args...), Foreign: !s.Trusted}
			t.Cleanup(p.Stop)
			return p.Provider(s.Name)
		}}).tell(t)
	})
}

type story struct {
	s        Suite
	plugin   string
	provider func(testing.TB) providers.Provider
}

// clause is a chapter: its name is what the provider has to keep to.
func (x *story) clause(t *testing.T, name string, tell func(t *testing.T)) {
	t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { tell(t) })
}

func (x *story) tell(t *testing.T) {
	x.clause(t, "it says what it is", x.introduction)
	x.clause(t, "it finds the same twice", x.discovery)
	x.clause(t, "what is declared is made, and then nothing is left to do", x.making)
	x.clause(t, "explaining is pure", x.pure)
	x.clause(t, "every attribute changes in place", x.changing)
	x.clause(t, "what somebody else changes is found", x.drifting)
	x.clause(t, "what cannot be is refused before anything is sent", x.refusing)
	x.clause(t, "what is read back is what is there", x.honesty)
	x.clause(t, "a connection that ends at any command loses nothing", x.breaking)
	x.clause(t, "what was interrupted is settled, once and twice", x.resuming)
	x.clause(t, "it stops when it is told to", x.cancelling)
	x.clause(t, "it keeps to deadlines", x.deadlines)
	x.clause(t, "steps that may run together do", x.together)
	x.clause(t, "no secret is told", x.discretion)
	x.clause(t, "what is declared no more is gone", x.deleting)
}

func (x *story) introduction(t *testing.T) {
	d, err := plugin.Described(x.provider(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check(); err != nil {
		t.Fatalf("its description: %v", err)
	}
	if d.Name != x.s.Name {
		t.Errorf("it calls itself %q, and the suite %q", d.Name, x.s.Name)
	}
	var kinds []string
	for k, actions := range d.Actions {
		kinds = append(kinds, fmt.Sprintf("%s (%v)", k, actions))
	}
	slices.Sort(kinds)
	for _, k := range d.Kinds {
		if k.Doc == "" {
			t.Errorf("the kind %s does not say what it is", k.Name)
		}
		if _, has := d.Actions[k.Name]; !has {
			t.Errorf("the kind %s is of its own, and it says nothing of what it does to one", k.Name)
		}
	}
	t.Logf("%s %s handles %s, with %d kinds and %d rules of its own.", d.Name, d.Version, strings.Join(kinds, ", "), len(d.Kinds), len(d.Rules))
}

func (x *story) discovery(t *testing.T) {
	w := x.world(t)
	w.applyAnyhow() // what comes of that, the next clause says
	once, twice := w.discover(), w.discover()
	a, b := w.lines(once), w.lines(twice)
	for _, l := range a {
		if !slices.Contains(b, l) {
			t.Errorf("nothing happened, and the second time it does not find\n%s", l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			t.Errorf("nothing happened, and the first time it did not find\n%s", l)
		}
	}
	seen := map[string]bool{}
	for _, o := range once.Objects {
		if seen[o.Kind+" "+o.ID] {
			t.Errorf("%s %s was found twice", o.Kind, o.ID)
		}
		seen[o.Kind+" "+o.ID] = true
	}
	t.Logf("It finds %d objects.", len(once.Objects))
}

func (x *story) making(t *testing.T) {
	w := x.world(t)
	plan := w.plan()
	if len(plan.Steps) == 0 {
		t.Fatal("the estate declares nothing that has to be made")
	}
	for _, s := range plan.Steps {
		if len(s.Commands)+len(s.Details) == 0 {
			t.Errorf("%s is planned without a command and without a word", s.ID)
		}
	}
	for rounds := 0; ; rounds++ { // values that only a console knows may need a second one
		waits := slices.ContainsFunc(plan.Steps, func(s *planner.Step) bool { return s.After != nil && len(s.After.Refs) > 0 })
		if err := w.applied(plan); err != nil {
			t.Fatalf("it cannot be made: %v", err)
		}
		next := w.plan()
		if len(next.Steps) == 0 {
			break
		}
		if !waits || rounds > 3 {
			t.Fatalf("all was done, and the second plan is not empty:\n%s", commands(next))
		}
		plan = next
	}
	t.Logf("%d steps made it; a second plan is empty.", len(plan.Steps))
}

func (x *story) pure(t *testing.T) {
	w := x.world(t)
	before := w.sent()
	a, b := w.plan(), w.plan()
	if a.Fingerprint == "" || commands(a) != commands(b) {
		t.Errorf("explained twice:\n%s\nand\n%s", commands(a), commands(b))
	}
	if n := w.sent() - before; w.console.Sent != nil && n != 2*w.reads {
		t.Errorf("%d command lines were sent while two plans were made, and discovering twice takes %d: Explain has asked the console", n, 2*w.reads)
	}
}

func (x *story) changing(t *testing.T) {
	w := x.world(t)
	w.converge(t, "it was made")
	changed := map[string]bool{}
	for _, e := range x.s.Changes {
		w.edit(e)
		plan := w.plan()
		var what []string
		for _, s := range plan.Steps {
			if s.Action == planner.Create || s.Action == planner.Delete {
				t.Errorf("after the edit to %q it would %s %s, not change it", e.New, s.Action, s.Address)
			}
			for _, c := range s.Changes {
				what = append(what, string(s.Address)+" "+c.Path)
				changed[s.Kind+"."+schema.SplitPath(c.Path)[0]] = true
			}
		}
		if len(what) == 0 {
			t.Errorf("the edit from %q to %q changes nothing", e.Old, e.New)
			continue
		}
		w.converge(t, "it was changed: "+strings.Join(what, ", "))
	}
	for _, k := range w.own {
		for _, a := range k.Attributes {
			name := k.Name + "." + a.Name
			if a.Computed || a.Policy || a.CreateOnly || k.Existing || changed[name] || x.s.Unchanged[name] != "" || slices.Contains(k.Identity[0], a.Name) {
				continue
			}
			t.Errorf("no edit changes %s; add one to Changes, or say in Unchanged why there is none", name)
		}
	}
	t.Logf("%d edits changed %d attributes.", len(x.s.Changes), len(changed))
}

func (x *story) drifting(t *testing.T) {
	w := x.world(t)
	if w.console.Drift == nil {
		t.Skip("nobody can change anything by hand")
	}
	w.converge(t, "it was made")
	w.console.Drift()
	plan := w.plan()
	if len(plan.Drift) == 0 || len(plan.Steps) == 0 {
		t.Fatalf("it was changed by hand, and the plan has %d drifts and %d steps", len(plan.Drift), len(plan.Steps))
	}
	w.converge(t, "it was put right")
	t.Logf("%s: found, and put right.", plan.Drift[0].Address)
}

func (x *story) refusing(t *testing.T) {
	for _, r := range x.s.Refused {
		w := x.world(t)
		w.converge(t, "it was made")
		before := w.changed()
		w.edit(r.Edit)
		said := ""
		plan, err := w.try()
		if err != nil {
			said = err.Error()
		} else {
			for _, f := range plan.Findings {
				said += f.Detail + " " + f.Fix + "\n"
				if f.Stops() && f.Fix == "" {
					t.Errorf("it says what is wrong and not what to do: %s", f.Detail)
				}
			}
			if !plan.Blocked() {
				t.Errorf("the edit to %q is planned:\n%s", r.New, commands(plan))
			}
		}
		if !strings.Contains(said, r.Says) {
			t.Errorf("of the edit to %q it says\n%s\nand %q was wanted", r.New, said, r.Says)
		}
		if w.changed() != before {
			t.Errorf("something was sent although the edit to %q was refused", r.New)
		}
	}
	t.Logf("%d edits are refused.", len(x.s.Refused))
}

func (x *story) honesty(t *testing.T) {
	w := x.world(t)
	w.converge(t, "it was made")
	inv := w.discover()
	for a, r := range w.records {
		found := planner.NewFacts(inv).Object(r.Object.Kind, r.Object.ID)
		if found == nil {
			t.Errorf("%s was read back as %s, which is not found", a, r.Object.ID)
			continue
		}
		if was, is := steady(w.cat.Kind(found.Kind), r.Object), steady(w.cat.Kind(found.Kind), found); was != is {
			t.Errorf("%s was read back as\n%s\nand is found as\n%s", a, was, is)
		}
	}
	t.Logf("%d objects are as they were read back.", len(w.records))
}

func (x *story) breaking(t *testing.T) {
	if c := x.s.Console(t); c.Break == nil {
		t.Skip("the console is reached by no connection that could end")
	}
	calm := x.world(t)
	calm.converge(t, "it was made")
	want := len(calm.discover().Objects)
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			w := x.world(t)
			before := w.changed()
			w.console.Break(n, after)
			w.applyAnyhow()
			if w.changed()-before < n && n > 1 {
				break // there was no such command
			}
			when := fmt.Sprintf("the connection ended at command %d (%s)", n, map[bool]string{true: "after it took effect", false: "before"}[after])
			w.converge(t, when)
			if have := len(w.discover().Objects); have != want {
				t.Errorf("%s; in the end there are %d objects, and without that %d", when, have, want)
			}
			if n > 60 {
				break
			}
		}
	}
	t.Log("It converges, whichever answer gets lost.")
}

func (x *story) resuming(t *testing.T) {
	w := x.world(t)
	plan := w.plan()
	if len(plan.Steps) > 0 {
		// Nothing of the step was done: it must not be taken as done.
		s := plan.Steps[0]
		for range 2 {
			res, err := w.session(s.Endpoint).Apply(context.Background(), providers.Request{Step: s, Mode: providers.Recover, Emit: w.emit})
			if err != nil {
				t.Fatalf("%s was interrupted before it sent anything, and cannot be settled: %v", s.ID, err)
			}
			if res.Outcome == providers.DoneOutcome && s.Action == planner.Create {
				t.Fatalf("%s has not been begun, and counts as done", s.ID)
			}
		}
	}
	w.converge(t, "it was made")
	for _, s := range plan.Steps {
		if s.Action != planner.Create || len(s.WaitsFor) > 0 {
			continue
		}
		// It was done, and the answer never written down: it must not be done again.
		before := w.changed()
		for range 2 {
			res, err := w.session(s.Endpoint).Apply(context.Background(), providers.Request{Step: s, Mode: providers.Recover, Emit: w.emit})
			if err != nil || res.Object == nil {
				t.Fatalf("%s was done, and settling it gives %+v and %v", s.ID, res, err)
			}
		}
		if w.changed() != before {
			t.Errorf("settling %s, which was done, sent something", s.ID)
		}
	}
	w.converge(t, "it was settled")
	t.Log("Settling twice is settling once.")
}

func (x *story) cancelling(t *testing.T) {
	w := x.world(t)
	if w.console.Hang == nil {
		t.Skip("the console cannot be made to hang")
	}
	plan := w.plan()
	w.console.Hang(1)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(500*time.Millisecond, cancel)
	done := make(chan error, 1)
	go func() {
		_, err := w.session(plan.Steps[0].Endpoint).Apply(ctx, providers.Request{Step: plan.Steps[0], Mode: providers.Do, Emit: w.emit})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a console that never answers was taken as an answer")
		}
	case <-time.After(15 * time.Second):
		t.Fatal("it was cancelled 15 seconds ago and still waits")
	}
	x2 := x.worldOn(t, w.console, w.estate)
	x2.open(plan.Steps[0])
	x2.converge(t, "it was cancelled")
	t.Log("Cancelled, it stops; the next run settles it.")
}

func (x *story) deadlines(t *testing.T) {
	w := x.world(t)
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for key := range w.est.Endpoints {
		begin := time.Now()
		if err := w.session(key).Discover(ctx, providers.Scope{}, func(*schema.Object) {}); err == nil && w.console.Sent != nil {
			t.Error("a deadline that has passed is no reason for it to stop discovering")
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("it took %s to notice that a deadline has passed", took)
		}
	}
	w.converge(t, "a deadline had passed")
}

func (x *story) together(t *testing.T) {
	w := x.world(t)
	w.parallel = true
	w.converge(t, "it was made at once")
}

func (x *story) discretion(t *testing.T) {
	w := x.world(t)
	w.converge(t, "it was made")
	for _, r := range x.s.Refused {
		w.edit(r.Edit)
		if p, err := w.try(); err != nil {
			w.told.WriteString(err.Error())
		} else {
			for _, f := range p.Findings {
				w.told.WriteString(f.Detail + f.Fix)
			}
		}
		w.edit(Edit{r.New, r.Old})
	}
	w.told.WriteString(strings.Join(w.lines(w.discover()), "\n"))
	for _, s := range x.s.Secrets {
		if i := strings.Index(w.told.String(), s); i >= 0 {
			t.Errorf("a secret is told: ...%s...", strings.ReplaceAll(w.told.String()[max(0, i-60):min(w.told.Len(), i+len(s)+20)], s, "SECRET"))
		}
	}
	t.Logf("%d secrets were looked for in %d bytes of what it told.", len(x.s.Secrets), w.told.Len())
}

func (x *story) deleting(t *testing.T) {
	w := x.world(t)
	w.converge(t, "it was made")
	made := len(w.records)
	w.destroy = true
	for range 3 {
		if p := w.plan(); len(p.Steps) == 0 {
			break
		}
		w.apply()
	}
	if len(w.records) > 0 {
		t.Errorf("%d objects are still recorded", len(w.records))
	}
	w.destroy = false
	for _, s := range w.plan().Steps {
		if s.Action == planner.Create {
			made--
		}
	}
	if made > 0 {
		t.Errorf("%d objects were deleted and are still found", made)
	}
	t.Log("All that was made is gone.")
}

// tempDir is short, for sockets.
func tempDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "pt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

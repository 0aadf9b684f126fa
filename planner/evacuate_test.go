package planner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// find changes what is found of a system or a partition, by name.
func (w *world) find(name, path string, v any) {
	for _, o := range w.found {
		if schema.Str(o.Value, "name") == name {
			o.Value = schema.Set(o.Value, path, schema.Get(object("x", v), "x"))
		}
	}
}

func list(items ...string) cty.Value {
	var out []cty.Value
	for _, s := range items {
		out = append(out, cty.StringVal(s))
	}
	return cty.TupleVal(out)
}

func (w *world) evacuate(t testing.TB, system string) *planner.Evacuation {
	t.Helper()
	e, err := planner.Evacuate(w.input(), schema.Address("system."+system))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// told renders an evacuation, a partition a line.
func told(e *planner.Evacuation) string {
	var b strings.Builder
	for _, p := range e.Moves {
		fmt.Fprintf(&b, "%s %s->%s %s\n", p.Address, p.From, p.To, p.Mode)
	}
	for _, p := range e.Already {
		fmt.Fprintf(&b, "%s already %s\n", p.Address, p.To)
	}
	for _, s := range e.Stays {
		fmt.Fprintf(&b, "%s stays:", s.Name)
		for _, o := range s.Obstacles {
			fmt.Fprintf(&b, " %s", o.Code)
		}
		for _, r := range s.Refused {
			fmt.Fprintf(&b, " %s(", r.System.Name())
			for i, o := range r.Obstacles {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(o.Code)
			}
			b.WriteByte(')')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestEvacuate(t *testing.T) {
	base := func() *world {
		w := newWorld()
		w.system("a", 1024, 2)
		w.system("b", 4096, 2)
		w.system("c", 2048, 2)
		for _, name := range []string{"a", "b", "c"} {
			w.find(name, "memory.configurable", 8192)
		}
		w.partition("one", "a", 512)
		w.partition("two", "a", 256)
		w.partition("three", "b", 256)
		return w
	}
	const toB, toC = "partition.one system.a->system.b live\n", "partition.one system.a->system.c live\n"
	const two = "partition.two system.a->system.b live\n"
	for name, c := range map[string]struct {
		change func(w *world)
		want   string
	}{
		"the largest first, where most stays free": {func(w *world) {}, toB + two},
		"powered off":            {func(w *world) { w.find("two", "state", "off"); w.want("partition.two", "state", "off") }, toB + "partition.two system.a->system.b inactive\n"},
		"to be powered off":      {func(w *world) { w.want("partition.two", "state", "off") }, toB + "partition.two system.a->system.b inactive\n"},
		"pinned":                 {func(w *world) { w.want("partition.one", "placement.pinned", true) }, two + "one stays: CAP-30\n"},
		"never":                  {func(w *world) { w.want("partition.one", "mobility.mode", "never") }, two + "one stays: mobility-never\n"},
		"live only, and it runs": {func(w *world) { w.want("partition.one", "mobility.mode", "live") }, toB + two},
		"live only, and it is off": {func(w *world) {
			w.want("partition.one", "mobility.mode", "live")
			w.want("partition.one", "state", "off")
			w.find("one", "state", "off")
		}, two + "one stays: LPM-13\n"},
		"fenced in": {func(w *world) { w.want("partition.one", "placement.only_on", list("system.a", "system.c")) }, toC + two},
		"fenced in at home": {func(w *world) { w.want("partition.one", "placement.only_on", list("system.a")) },
			two + "one stays: b(CAP-29) c(CAP-29)\n"},
		"banned": {func(w *world) { w.want("partition.one", "placement.not_on", list("system.b")) }, toC + two},
		"apart from a resident": {func(w *world) {
			w.want("partition.one", "placement.apart", "x")
			w.want("partition.three", "placement.apart", "x")
		}, toC + two},
		"apart from each other": {func(w *world) {
			w.want("partition.one", "placement.apart", "x")
			w.want("partition.two", "placement.apart", "x")
		}, toB + "partition.two system.a->system.c live\n"},
		"apart, and two systems for three": {func(w *world) {
			w.partition("four", "a", 512)
			for _, p := range []string{"one", "two", "four"} {
				w.want("partition."+p, "placement.apart", "x")
			}
		}, "partition.four system.a->system.b live\n" + toC + "two stays: b(CAP-27) c(CAP-27)\n"},
		"a group follows its members": {func(w *world) {
			w.want("partition.three", "system", "system.c")
			w.want("partition.one", "placement.group", "x")
			w.want("partition.three", "placement.group", "x")
		}, toC + two},
		"a group leaves as one": {func(w *world) {
			w.want("partition.one", "placement.group", "x")
			w.want("partition.two", "placement.group", "x")
		}, toB + two},
		"a group follows a member that was moved by hand": {func(w *world) {
			w.find("one", "system", "T*c")
			w.want("partition.one", "placement.group", "x")
			w.want("partition.two", "placement.group", "x")
		}, "partition.one system.a->system.c \npartition.two system.a->system.c live\n"},
		"exclusive, and another that could only go there too": {func(w *world) {
			w.want("partition.one", "placement.exclusive", true)
			w.find("b", "memory.available", 300)
		}, toC + "two stays: b(LPM-48) c(CAP-31)\n"},
		"what is wrong there already is not the arrival's fault": {func(w *world) {
			w.partition("four", "b", 256)
			w.want("partition.three", "placement.apart", "x")
			w.want("partition.four", "placement.apart", "x")
		}, toB + two},
		"a group stays as one": {func(w *world) {
			w.want("partition.one", "placement.group", "x")
			w.want("partition.two", "placement.group", "x")
			w.want("partition.two", "placement.pinned", true)
		}, "one stays: b(CAP-28) c(CAP-28)\ntwo stays: CAP-30\n"},
		"exclusive goes where nobody is": {func(w *world) { w.want("partition.one", "placement.exclusive", true) }, toC + two},
		"nobody goes where an exclusive one is": {func(w *world) { w.want("partition.three", "placement.exclusive", true) },
			toC + "partition.two system.a->system.c live\n"},
		"maintenance": {func(w *world) { w.want("system.b", "maintenance", true) }, toC + "partition.two system.a->system.c live\n"},
		"standby":     {func(w *world) { w.want("system.b", "standby", true) }, toC + "partition.two system.a->system.c live\n"},
		"quarantine of the source": {func(w *world) { w.want("system.a", "quarantine", true) },
			"one stays: CAP-32\ntwo stays: CAP-32\n"},
		"a limit of running partitions": {func(w *world) { w.want("system.b", "max_running", 2); w.want("system.c", "max_running", 0) },
			toB + "two stays: b(CAP-33) c(CAP-33)\n"},
		"headroom": {func(w *world) {
			w.want("system.b", "headroom.memory", 4096)
			w.want("system.c", "headroom.memory", 1280)
		},
			toC + "two stays: b(CAP-14) c(LPM-48)\n"},
		"no room": {func(w *world) { w.find("b", "memory.available", 320); w.find("c", "memory.available", 500) }, "partition.two system.a->system.c live\none stays: b(LPM-48) c(LPM-48)\n"},
		"room that others take": {func(w *world) {
			w.find("b", "memory.available", 700)
			w.find("c", "memory.available", 0)
		}, toB + "two stays: b(LPM-48) c(LPM-48)\n"},
		"room that a pending move takes": {func(w *world) {
			w.find("b", "memory.available", 0)
			w.find("c", "memory.available", 900)
			w.want("partition.three", "system", "system.c")
		}, toC + "two stays: b(LPM-48) c(LPM-48)\n"},
		"no processors": {func(w *world) { w.find("b", "processor.available", 0.1); w.find("c", "processor.available", 0) }, toB + "two stays: b(LPM-49) c(LPM-49)\n"},
		"a VLAN that is not bridged": {func(w *world) {
			w.desired = append(w.desired, &schema.Object{Kind: "network", Address: "network.n", Value: object("vlan", 7)})
			w.found = append(w.found, &schema.Object{Kind: "network", ID: "vlan:7", Value: object("vlan", 7)})
			w.find("one", "ethernet.en0.network", "vlan:7")
			w.find("c", "vios.v.bridges.ent5.vlans", cty.TupleVal([]cty.Value{cty.NumberIntVal(7)}))
		}, toC + two},
		"a disk that is not zoned": {func(w *world) {
			w.found = append(w.found, &schema.Object{Kind: "disk", ID: "uid:1", Value: object("unique_id", "1", "lun.wwpn", "5005076303030053", "lun.id", "1", "paths.T*a.device", "hdisk1", "paths.T*a.reserve_policy", "no_reserve", "paths.T*c.device", "hdisk9", "paths.T*c.reserve_policy", "no_reserve")})
			w.find("one", "disk.root.source", "uid:1")
			w.find("one", "disk.root.backing", "disk")
		}, toC + two},
		"the management connection down": {func(w *world) { w.find("one", "rmc_state", "inactive") }, two + "one stays: LPM-15\n"},
		"physical slots":                 {func(w *world) { w.find("one", "physical_slots", list("21020207")) }, two + "one stays: LPM-22\n"},
		"another memory region":          {func(w *world) { w.find("b", "memory.region", 128) }, toC + "partition.two system.a->system.c live\n"},
		"a processor mode": {func(w *world) {
			w.find("one", "processor.compatibility_now", "POWER7")
			w.find("b", "compatibility_modes", list("POWER6"))
		}, toC + two},
		"inactive only": {func(w *world) { w.find("b", "mobility.active_capable", false) }, toC + "partition.two system.a->system.c live\n"},
		"the Virtual I/O Server and what nobody declared": {func(w *world) {
			for i, env := range []string{"vioserver", "aixlinux"} {
				w.found = append(w.found, &schema.Object{Kind: "partition", ID: "T*a/" + env, Endpoint: "ivm.a", Value: object("name", env, "system", "T*a", "id", 90+i, "environment", env, "state", "running")})
			}
		}, toB + two + "aixlinux stays: undeclared\nvioserver stays: LPM-12\n"},
		"declared and not owned": {func(w *world) { delete(w.records, "partition.one") }, two + "one stays: not-owned\n"},
		"not created yet":        {func(w *world) { w.found = append(w.found[:3], w.found[4:]...); delete(w.records, "partition.one") }, two + "one stays: not-created\n"},
		"moved there by hand": {func(w *world) {
			w.find("one", "system", "T*c")
		}, "partition.one system.a->system.c \n" + two},
		"declared elsewhere already": {func(w *world) { w.want("partition.one", "system", "system.c") }, two + "partition.one already system.c\n"},
		"in a migration": {func(w *world) {
			w.find("one", "state", "migrating - running")
			w.find("one", "migration_state", "Migration In Progress")
		},
			two + "one stays: LPM-14\n"},
		"on its way down": {func(w *world) { w.find("one", "state", "shutting down") }, two + "one stays: unsettled LPM-13\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base()
			c.change(w)
			e := w.evacuate(t, "a")
			if got := told(e); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
				for _, s := range e.Stays {
					t.Logf("%s: %s", s.Name, s.Why())
				}
			}
			if e.Bounded {
				t.Error("gave up")
			}
		})
	}
}

// What was refused is told with object, amount and system.
func TestEvacuateSaysWhy(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 700, 2)
	w.system("c", 300, 2)
	w.partition("one", "a", 512)
	w.partition("two", "a", 256)
	w.want("partition.two", "placement.not_on", list("system.c"))
	e := w.evacuate(t, "a")
	if len(e.Stays) != 1 || len(e.Stays[0].Refused) != 2 {
		t.Fatalf("%s", told(e))
	}
	const want = "It needs 320 MiB on system.b, hypervisor overhead (an estimate) included; 124 MiB is free once partition.one is there. two may not be on system.c: placement.not_on lists it."
	if got := e.Stays[0].Why(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if ws := e.Findings(); len(ws) != 2 || ws[1].Code != "left-open" || ws[0].Code != planner.LeftBehind || ws[0].Address != "partition.two" {
		t.Errorf("%v", ws)
	}
	if !e.Impossible {
		t.Error("not every way was tried")
	}
}

// What nobody declared has no address; the warning stands at its system, so that
// it can be acknowledged.
func TestEvacuateWarnsOfTheUndeclared(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 1024, 2)
	w.found = append(w.found, &schema.Object{Kind: "partition", ID: "T*a/old", Endpoint: "ivm.a", Value: object("name", "old", "system", "T*a", "id", 9, "environment", "aixlinux", "state", "running")})
	e := w.evacuate(t, "a")
	in := w.input()
	in.Findings = e.Findings()
	p := planner.Build(in)
	if !p.Blocked() || len(p.Findings) != 1 || p.Findings[0].Code != planner.LeftBehind || p.Findings[0].Address != "system.a" {
		t.Fatalf("%v", p.Findings)
	}
	in.Acknowledge = map[string][]schema.Address{planner.LeftBehind: {"system.a"}}
	if planner.Build(in).Blocked() {
		t.Error("it cannot be acknowledged")
	}
}

// The provider is asked too, and only the running ones are warned about.
func TestEvacuateAsksTheProvider(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 2048, 2)
	w.system("c", 1024, 2)
	w.partition("one", "a", 512)
	w.partition("two", "a", 256)
	w.want("partition.two", "state", "off")
	w.find("two", "state", "off")
	in := w.input()
	in.Explain = func(s *planner.Step, f *planner.Facts) diag.List {
		if s.To == "T*b" || s.Address == "partition.two" {
			return diag.List{diag.Errorf("dialect", "Cannot be said", "There is no command for it.")}
		}
		return nil
	}
	e, err := planner.Evacuate(in, "system.a")
	if err != nil {
		t.Fatal(err)
	}
	if got := told(e); got != "partition.one system.a->system.c live\ntwo stays: dialect\n" {
		t.Errorf("%s", got)
	}
	if ws := e.Findings(); len(ws) != 1 || ws[0].Code != "left-open" {
		t.Errorf("a partition that is off is warned about: %v", ws)
	}
}

// Only the place and the console that comes with it change.
func TestRelocate(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 1024, 2)
	w.partition("one", "a", 512)
	w.partition("two", "a", 512)
	w.desired[3].Endpoint = "ivm.own"
	in := w.input()
	d := in.Desired.Relocate([]planner.Place{{Address: "partition.one", To: "system.b"}, {Address: "partition.two", To: "system.b"}})
	for i, want := range []string{"ivm.b", "ivm.own"} {
		o := d.Objects[2+i]
		if schema.Str(o.Value, "system") != "system.b" || o.Endpoint != want {
			t.Errorf("%s: %s at %s", o.Address, schema.Str(o.Value, "system"), o.Endpoint)
		}
		if !schema.Equal(schema.Set(o.Value, "system", cty.StringVal("system.a")), in.Desired.Objects[2+i].Value) {
			t.Errorf("%s: more than the place has changed", o.Address)
		}
	}
	if schema.Str(in.Desired.Objects[2].Value, "system") != "system.a" {
		t.Error("the original has changed")
	}
}

func TestEvacuateRefusesBadInput(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.partition("one", "a", 512)
	if _, err := planner.Evacuate(w.input(), "system.aa"); err == nil || !strings.Contains(err.Error(), "Did you mean") {
		t.Errorf("%v", err)
	}
	if _, err := planner.Evacuate(w.input(), "partition.one"); err == nil {
		t.Error("a partition was evacuated")
	}
	in := w.input()
	in.Inventory = &planner.Inventory{Endpoints: map[string]*planner.EndpointStatus{"ivm.a": {Error: "no answer"}}}
	if _, err := planner.Evacuate(in, "system.a"); err == nil || !strings.Contains(err.Error(), "was not discovered") || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("%v", err)
	}
	if e := w.evacuate(t, "a"); told(e) != "one stays: no-target\n" {
		t.Errorf("without another system: %s", told(e))
	}
}

func TestReturn(t *testing.T) {
	left := []planner.Left{{Address: "partition.one", From: "system.a", To: "system.b"}, {Address: "partition.two", From: "system.a", To: "system.b"}}
	for name, c := range map[string]struct {
		change func(w *world)
		want   string
		forget string
	}{
		"both": {func(w *world) {}, "partition.one system.b->system.a live\npartition.two system.b->system.a live\n", ""},
		"one was moved on": {func(w *world) { w.want("partition.one", "system", "system.c") },
			"partition.two system.b->system.a live\none stays: moved-on\n", "one"},
		"one was moved on by hand": {func(w *world) { w.find("one", "system", "T*c") },
			"partition.two system.b->system.a live\none stays: moved-on\n", "one"},
		"one never left": {func(w *world) { w.find("one", "system", "T*a") },
			"partition.one system.b->system.a \npartition.two system.b->system.a live\n", ""},
		"one is declared at home": {func(w *world) { w.want("partition.one", "system", "system.a") },
			"partition.two system.b->system.a live\npartition.one already system.a\n", ""},
		"no room at home":  {func(w *world) { w.find("a", "memory.available", 600) }, "partition.one system.b->system.a live\ntwo stays: a(LPM-48)\n", ""},
		"home is closed":   {func(w *world) { w.want("system.a", "maintenance", true) }, "one stays: a(CAP-13)\ntwo stays: a(CAP-13)\n", ""},
		"a stranger stays": {func(w *world) { w.partition("three", "b", 128) }, "partition.one system.b->system.a live\npartition.two system.b->system.a live\n", ""},
		"not declared any more": {func(w *world) { w.desired = append(w.desired[:3], w.desired[4:]...) },
			"partition.two system.b->system.a live\none stays: undeclared\n", "one"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.system("a", 1024, 2)
			w.system("b", 1024, 2)
			w.system("c", 1024, 2)
			w.partition("one", "b", 512)
			w.partition("two", "b", 256)
			c.change(w)
			e, err := planner.Return(w.input(), "system.a", left)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(e); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			for _, s := range e.Stays {
				if s.Forget != (s.Name == c.forget) {
					t.Errorf("forget %s: %v", s.Name, s.Forget)
				}
			}
			if len(e.Findings()) != 0 {
				t.Errorf("%v", e.Findings())
			}
		})
	}
}

// crowded is an estate with all sorts of wishes about places.
func crowded(t *rapid.T) *world {
	w := newWorld()
	systems := rapid.IntRange(2, 4).Draw(t, "systems")
	pick := func(name string, n int) int { return rapid.IntRange(0, n).Draw(t, name) }
	for i := range systems {
		name := fmt.Sprintf("s%d", i)
		w.system(name, pick("free", 30)*64, []float64{0.2, 1, 4}[pick("units", 2)])
		a := "system." + name
		switch pick("policy", 6) {
		case 0:
			w.want(a, "headroom.memory", 128*pick("headroom", 4))
		case 1:
			w.want(a, "max_running", pick("running", 4))
		case 2:
			w.want(a, []string{"maintenance", "standby", "quarantine"}[pick("mark", 2)], true)
		}
	}
	for i := range 1 + pick("partitions", 6) {
		on := 0
		if pick("resident", 2) == 0 {
			on = pick("on", systems-1)
		}
		name := fmt.Sprintf("p%d", i)
		w.partition(name, fmt.Sprintf("s%d", on), 128*(1+pick("mem", 5)))
		a := "partition." + name
		if pick("off", 3) == 0 {
			w.want(a, "state", "off")
			w.find(name, "state", "off")
		}
		some := fmt.Sprintf("system.s%d", pick("some", systems-1))
		switch pick("wish", 12) {
		case 0:
			w.want(a, "placement.pinned", true)
		case 1:
			w.want(a, "placement.exclusive", true)
		case 2:
			w.want(a, "placement.only_on", list("system.s0", some))
		case 3:
			w.want(a, "placement.not_on", list(some))
		case 4, 5:
			w.want(a, "placement.group", "g")
		case 6, 7:
			w.want(a, "placement.apart", "x")
		case 8:
			w.want(a, "system", some)
		case 9:
			w.find(name, "rmc_state", "inactive")
		}
	}
	return w
}

// What is proposed is never what the plan refuses: no error that was not there
// before, and after applying it nobody of the proposal is on the system.
func TestEvacuationIsPlannable(t *testing.T) {
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		w := crowded(t)
		in := w.input()
		e := proposal(t, in)
		for _, m := range e.Moves {
			if m.Mode == "" {
				return // who was to leave that system stays there, and another step may have counted on the room
			}
		}
		before := map[string]bool{}
		for _, f := range planner.Build(in).Findings {
			before[f.Code+f.Address], before[f.Code+f.Detail] = true, true
		}
		in.Desired = in.Desired.Relocate(e.Moves)
		p := planner.Build(in)
		for _, f := range p.Findings {
			if f.Severity == diag.Error && !before[f.Code+f.Address] && !before[f.Code+f.Detail] {
				t.Fatalf("%s\nis refused: %s", told(e), f)
			}
		}
		moved += len(e.Moves)
		after := planner.Replay(in.Inventory, p.Steps)
		for _, m := range e.Moves {
			for _, o := range after.Of("partition") {
				if schema.Str(o.Value, "name") == m.Address.Name() && schema.Str(o.Value, "system") != "T*"+m.To.Name() {
					t.Fatalf("%s\n%s is on %s in the end", told(e), m.Address, schema.Str(o.Value, "system"))
				}
			}
		}
	})
	if moved == 0 {
		t.Error("nothing was ever moved")
	}
}

func proposal(t *rapid.T, in planner.Input) *planner.Evacuation {
	e, err := planner.Evacuate(in, "system.s0")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The order of files and of discovery does not show.
func TestEvacuationIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := crowded(t)
		first, err := json.Marshal(proposal(t, w.input()))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(w.desired), func(i, j int) { w.desired[i], w.desired[j] = w.desired[j], w.desired[i] })
		r.Shuffle(len(w.found), func(i, j int) { w.found[i], w.found[j] = w.found[j], w.found[i] })
		second, err := json.Marshal(proposal(t, w.input()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Fatalf("%s\n%s", first, second)
		}
	})
}

// A frame of 40 partitions and 10 others with 40 each.
func BenchmarkEvacuate(b *testing.B) {
	w := newWorld()
	for s := range 11 {
		w.system(fmt.Sprintf("s%d", s), 65536, 40)
		for p := range 40 {
			w.partition(fmt.Sprintf("p%d-%d", s, p), fmt.Sprintf("s%d", s), 1024+256*(p%16))
		}
	}
	in := w.input()
	for b.Loop() {
		e, err := planner.Evacuate(in, "system.s0")
		if err != nil || len(e.Moves) != 40 {
			b.Fatal(err, len(e.Moves))
		}
	}
}

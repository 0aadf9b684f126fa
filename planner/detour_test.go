package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// fullPair are two systems without room whose partitions are declared to change places.
func fullPair() *world {
	w := newWorld()
	w.system("a", 0, 2)
	w.system("b", 0, 2)
	w.partition("one", "a", 512)
	w.partition("two", "b", 512)
	w.want("partition.one", "system", "system.b")
	w.want("partition.two", "system", "system.a")
	return w
}

func warnings(p *planner.Plan) string {
	var out []string
	for _, f := range p.Findings {
		if f.Severity == diag.Warning {
			out = append(out, f.Code+" "+f.Address+": "+f.Detail)
		}
	}
	return strings.Join(out, "\n")
}

// MIG-21: two full systems swap through a third one, each step waits for its room, and it is said.
func TestDetour(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		want   string
	}{
		"the cheapest to move twice, and the system with most room": {func(w *world) {
			w.system("c", 700, 2)
			w.system("d", 900, 2)
			w.system("e", 800, 2)
		}, `migrate:partition.one@system.d pause system:"system.a"->"system.d"
migrate:partition.two pause system:"system.b"->"system.a" after migrate:partition.one@system.d
migrate:partition.one pause system:"system.d"->"system.b" after migrate:partition.one@system.d,migrate:partition.two
`},
		"a ring of three": {func(w *world) {
			w.system("c", 0, 2)
			w.system("d", 600, 2)
			w.partition("three", "c", 512)
			w.want("partition.two", "system", "system.c")
			w.want("partition.three", "system", "system.a")
		}, `migrate:partition.one@system.d pause system:"system.a"->"system.d"
migrate:partition.three pause system:"system.c"->"system.a" after migrate:partition.one@system.d
migrate:partition.two pause system:"system.b"->"system.c" after migrate:partition.three
migrate:partition.one pause system:"system.d"->"system.b" after migrate:partition.one@system.d,migrate:partition.two
`},
		"two rings over one system, which under an IVM receives before it sends": {func(w *world) {
			w.system("c", 0, 2)
			w.system("d", 0, 2)
			w.partition("three", "c", 512)
			w.partition("four", "d", 512)
			w.want("partition.three", "system", "system.d")
			w.want("partition.four", "system", "system.c")
			w.system("e", 1200, 2)
		}, `migrate:partition.four@system.e pause system:"system.d"->"system.e"
migrate:partition.one@system.e pause system:"system.a"->"system.e"
migrate:partition.three pause system:"system.c"->"system.d" after migrate:partition.four@system.e
migrate:partition.four pause system:"system.e"->"system.c" after migrate:partition.four@system.e,migrate:partition.one@system.e,migrate:partition.three
migrate:partition.two pause system:"system.b"->"system.a" after migrate:partition.one@system.e
migrate:partition.one pause system:"system.e"->"system.b" after migrate:partition.four@system.e,migrate:partition.one@system.e,migrate:partition.two
`},
		"not on a system that it may not live on": {func(w *world) {
			w.system("c", 900, 2)
			w.system("d", 800, 2)
			w.want("partition.one", "placement.not_on", cty.TupleVal([]cty.Value{cty.StringVal("system.c")}))
			w.want("partition.two", "placement.not_on", cty.TupleVal([]cty.Value{cty.StringVal("system.c")}))
		}, `migrate:partition.one@system.d pause system:"system.a"->"system.d"
migrate:partition.two pause system:"system.b"->"system.a" after migrate:partition.one@system.d
migrate:partition.one pause system:"system.d"->"system.b" after migrate:partition.one@system.d,migrate:partition.two
`},
		"beyond the headroom": {func(w *world) {
			w.system("c", 900, 2)
			w.want("system.c", "headroom.memory", 400)
		}, "error LPM-48 partition.one\nerror LPM-48 partition.two\n"},
		"apart on the third system too": {func(w *world) {
			w.system("c", 1000, 2)
			w.system("e", 0, 2)
			w.system("f", 0, 2)
			w.partition("three", "e", 512)
			w.partition("four", "f", 1024)
			w.want("partition.three", "system", "system.f")
			w.want("partition.four", "system", "system.e")
			w.set("T*e", "memory.available", 512)
			w.want("partition.one", "placement.apart", "g")
			w.want("partition.three", "placement.apart", "g")
			w.want("partition.two", "placement.apart", "h")
			w.want("partition.four", "placement.apart", "h")
		}, `error LPM-48 partition.four
error LPM-48 partition.three
`},
		"not to a system that is emptied": {func(w *world) {
			w.system("c", 900, 2)
			w.system("d", 3000, 2)
			w.partition("three", "d", 128)
			w.want("partition.three", "system", "system.c")
		}, `migrate:partition.one@system.c pause system:"system.a"->"system.c"
migrate:partition.three pause system:"system.d"->"system.c"
migrate:partition.two pause system:"system.b"->"system.a" after migrate:partition.one@system.c
migrate:partition.one pause system:"system.c"->"system.b" after migrate:partition.one@system.c,migrate:partition.three,migrate:partition.two
`},
		"in maintenance": {func(w *world) {
			w.system("c", 900, 2)
			w.want("system.c", "maintenance", true)
		}, "error LPM-48 partition.one\nerror LPM-48 partition.two\n"},
		"one too large, so both small ones": {func(w *world) {
			*w = *newWorld()
			w.system("a", 0, 2)
			w.system("b", 0, 2)
			w.system("c", 700, 2)
			w.system("d", 600, 2)
			w.partition("big", "a", 1024)
			w.partition("s1", "b", 512)
			w.partition("s2", "b", 448)
			w.want("partition.big", "system", "system.b")
			w.want("partition.s1", "system", "system.a")
			w.want("partition.s2", "system", "system.a")
		}, `migrate:partition.s1@system.d pause system:"system.b"->"system.d"
migrate:partition.s2@system.c pause system:"system.b"->"system.c"
migrate:partition.big pause system:"system.a"->"system.b" after migrate:partition.s1@system.d,migrate:partition.s2@system.c
migrate:partition.s1 pause system:"system.d"->"system.a" after migrate:partition.big,migrate:partition.s1@system.d
migrate:partition.s2 pause system:"system.c"->"system.a" after migrate:partition.big,migrate:partition.s2@system.c
`},
	} {
		t.Run(name, func(t *testing.T) {
			w := fullPair()
			c.change(w)
			p := w.build()
			got := lines(p)
			if strings.HasPrefix(c.want, "error") && strings.Contains(got, "error") {
				got = got[strings.Index(got, "error"):]
			}
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if !strings.HasPrefix(c.want, "error") && !strings.Contains(warnings(p), "MIG-21") {
				t.Errorf("nobody is told that a partition moves twice: %s", warnings(p))
			}
		})
	}
}

// MIG-22 and MIG-24: where no third system serves, the plan says why of each, and how little is missing.
func TestNoDetour(t *testing.T) {
	w := fullPair()
	w.system("c", 512, 2)
	w.system("d", 900, 2)
	w.want("system.d", "maintenance", true)
	p := w.build()
	if !p.Blocked() || strings.Contains(warnings(p), "MIG-21") {
		t.Fatalf("%s", lines(p))
	}
	w.partition("three", "b", 512) // stays
	p = w.build()
	if f := p.Findings[0]; !strings.HasSuffix(f.Fix, "Partitions that stay there hold 448 MiB more than their minimum: declare less for them, or move or stop one.") {
		t.Errorf("%q", f.Fix)
	}
	f := p.Findings[0]
	for _, want := range []string{"system.c: partition.one needs 576 MiB there, and 512 MiB is free.", "system.d: "} {
		if !strings.Contains(f.Detail, want) {
			t.Errorf("%q is not in %q", want, f.Detail)
		}
	}
	if want := "or 64 MiB on system.c, over which partition.one could step aside."; !strings.Contains(f.Fix, want) {
		t.Errorf("%q is not in %q", want, f.Fix)
	}
}

// Whatever circle of full systems there is: a plan that is made is safe at every instant, nobody is left aside, and what it
// leaves behind needs no further step.
func TestDetoursAreSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		n := rapid.IntRange(2, 4).Draw(t, "full systems")
		for i := range n {
			w.system(fmt.Sprintf("f%d", i), rapid.IntRange(0, 2).Draw(t, "free")*128, 4)
		}
		for i := range rapid.IntRange(0, 2).Draw(t, "others") {
			w.system(fmt.Sprintf("o%d", i), rapid.IntRange(0, 20).Draw(t, "room")*128, 4)
		}
		for i := range rapid.IntRange(2, 6).Draw(t, "partitions") {
			name := fmt.Sprintf("p%d", i)
			w.partition(name, fmt.Sprintf("f%d", i%n), rapid.IntRange(1, 8).Draw(t, "size")*128)
			w.want("partition."+name, "system", fmt.Sprintf("system.f%d", rapid.IntRange(0, n-1).Draw(t, "to")))
		}
		in := w.input()
		in.Acknowledge = map[string][]schema.Address{"MIG-21": {"*"}}
		p := planner.Build(in)
		for _, f := range p.Findings {
			if f.Code == "MIG-02" || f.Code == "cycle" {
				t.Fatalf("%s: %s", f.Code, f.Detail)
			}
		}
		if p.Blocked() {
			return
		}
		after := w.input()
		after.Inventory = planner.Replay(after.Inventory, p.Steps)
		for _, o := range after.Inventory.Objects { // the room is what a console would say
			if o.Kind != "system" {
				continue
			}
			for _, r := range p.Room {
				if r.Place == o.ID && r.Resource == "memory" {
					o.Value = schema.Set(o.Value, "memory.available", cty.NumberFloatVal(r.End))
				}
			}
		}
		if again := planner.Build(after); len(again.Steps) > 0 {
			t.Fatalf("steps are left:\n%s", lines(again))
		}
	})
}

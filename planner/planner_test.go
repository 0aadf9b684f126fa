package planner_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/planner/placement"
)

func object(pairs ...any) cty.Value {
	v := cty.EmptyObjectVal
	for i := 0; i < len(pairs); i += 2 {
		var x cty.Value
		switch p := pairs[i+1].(type) {
		case string:
			x = cty.StringVal(p)
		case int:
			x = cty.NumberIntVal(int64(p))
		case float64:
			x = cty.NumberFloatVal(p)
		case bool:
			x = cty.BoolVal(p)
		case cty.Value:
			x = p
		}
		v = schema.Set(v, pairs[i].(string), x)
	}
	return v
}

// world is a small estate in which everything is as declared, made to be changed.
type world struct {
	desired   []*schema.Object
	found     []*schema.Object
	records   map[schema.Address]*schema.Record
	deps      map[schema.Address][]schema.Address
	endpoints []planner.Endpoint
	moved     []planner.Moved
}

func newWorld() *world {
	return &world{records: map[schema.Address]*schema.Record{}, deps: map[schema.Address][]schema.Address{}}
}

func (w *world) system(name string, freeMiB int, freeUnits float64) {
	w.desired = append(w.desired, &schema.Object{Kind: "system", Address: schema.Address("system." + name), Endpoint: "ivm." + name, Value: object("name", name)})
	tuple := cty.TupleVal([]cty.Value{cty.NumberIntVal(1)})
	w.found = append(w.found, &schema.Object{Kind: "system", ID: "T*" + name, Endpoint: "ivm." + name, Value: object("name", name, "type_model", "T", "serial_number", name, "state", "Operating", "manager", "ivm", "console", name,
		"memory.available", freeMiB, "memory.region", 64, "processor.available", freeUnits, "processor.min_units_per_virtual", 0.1,
		"mobility.active_capable", true, "mobility.inactive_capable", true, "mobility.active_max", 4, "mobility.inactive_max", 4,
		"vios.v.id", 1, "vios.v.state", "Running", "vios.v.rmc_state", "active", "vios.v.level", "1.5.2.1", "vios.v.management_channel", true, "vios.v.vasi", true, "vios.v.max_virtual_slots", 64, "vios.v.used_slots", tuple, "vios.v.bridges.ent5.vlans", tuple, "vios.v.bridges.ent5.status", "Available")})
	w.endpoints = append(w.endpoints, planner.Endpoint{Key: "ivm." + name, Type: "ivm", Host: name, User: "padmin", MigrationAddress: name, MigrationUser: "padmin"})
}

// partition declares a running partition of the given memory on a system, and finds and records it as such.
func (w *world) partition(name, on string, mib int) {
	a := schema.Address("partition." + name)
	attrs := []any{"name", name, "state", "running", "memory.minimum", 64, "memory.desired", mib, "memory.maximum", mib, "processor.mode", "shared", "processor.sharing", "uncapped", "processor.weight", 128,
		"processor.units.minimum", 0.1, "processor.units.desired", 0.1, "processor.units.maximum", 1, "processor.virtual.minimum", 1, "processor.virtual.desired", 1, "processor.virtual.maximum", 2}
	w.desired = append(w.desired, &schema.Object{Kind: "partition", Address: a, Endpoint: "ivm." + on, Value: object(append(attrs, "system", "system."+on)...)})
	w.deps[a] = []schema.Address{schema.Address("system." + on)}
	found := &schema.Object{Kind: "partition", ID: "T*" + on + "/" + name, Endpoint: "ivm." + on,
		Value: object(append(attrs, "system", "T*"+on, "id", len(w.found), "environment", "aixlinux", "rmc_state", "active", "dlpar.memory", true, "dlpar.processor", true, "dlpar.io", true, "holds_memory", mib, "holds_units", 0.1, "migration_state", "Not Migrating", "workload_group", "none", "ever_activated", true)...)}
	found.Profile = object("memory", schema.Get(found.Value, "memory"), "processor", schema.Get(found.Value, "processor"))
	w.found = append(w.found, found)
	rec := found.Clone()
	rec.Address = a
	w.records[a] = &schema.Record{Object: rec, Deps: w.deps[a]}
}

func (w *world) want(address, path string, v any) {
	for _, o := range w.desired {
		if o.Address == schema.Address(address) {
			o.Value = schema.Set(o.Value, path, schema.Get(object("x", v), "x"))
		}
	}
}

func (w *world) input() planner.Input {
	status := map[string]*planner.EndpointStatus{}
	for _, e := range w.endpoints {
		status[e.Key] = &planner.EndpointStatus{}
	}
	var found []*schema.Object
	for _, o := range w.found {
		found = append(found, o.Clone())
	}
	cat := kinds.Catalogue()
	return planner.Input{Catalogue: cat, Desired: planner.Desired{Objects: append([]*schema.Object(nil), w.desired...), Deps: w.deps, Moved: w.moved}, Inventory: planner.Merge(cat, found, status),
		Prior: planner.Prior{Lineage: "l", Serial: 1, Records: w.records}, Endpoints: w.endpoints, Today: "2026-01-01"}
}

func (w *world) build() *planner.Plan { return planner.Build(w.input()) }

// lines renders steps and blocking findings, one a line.
func lines(p *planner.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s %s", s.ID, s.Disruption)
		for _, c := range s.Changes {
			fmt.Fprintf(&b, " %s:%s->%s", c.Path, c.Before, c.After)
		}
		if len(s.WaitsFor) > 0 {
			fmt.Fprintf(&b, " after %s", strings.Join(s.WaitsFor, ","))
		}
		b.WriteByte('\n')
	}
	for _, f := range p.Findings {
		if f.Severity == diag.Error {
			fmt.Fprintf(&b, "error %s %s\n", f.Code, f.Address)
		}
	}
	return b.String()
}

func TestBuild(t *testing.T) {
	base := func() *world {
		w := newWorld()
		w.system("a", 1024, 2)
		w.system("b", 1024, 2)
		w.partition("one", "a", 512)
		return w
	}
	for name, c := range map[string]struct {
		change func(w *world)
		want   string
	}{
		"as declared": {func(w *world) {}, ""},
		"moved":       {func(w *world) { w.want("partition.one", "system", "system.b") }, "migrate:partition.one pause system:\"system.a\"->\"system.b\"\n"},
		"grown online": {func(w *world) {
			w.want("partition.one", "memory.maximum", 512)
			w.want("partition.one", "memory.desired", 256)
		}, "update:partition.one none memory.desired:512->256\n"},
		"grown beyond its maximum": {func(w *world) { w.want("partition.one", "memory.maximum", 1024) }, "update:partition.one activation memory.maximum:512->1024\n"},
		"the same with leave": {func(w *world) {
			w.want("partition.one", "memory.maximum", 1024)
			w.want("partition.one", "restart", "allowed")
		}, "update:partition.one none memory.maximum:512->1024\nrestart:partition.one restart after update:partition.one\n"},
		"off": {func(w *world) { w.want("partition.one", "state", "off") }, "stop:partition.one outage state:\"running\"->\"off\"\n"},
		"off and changed: no restart": {func(w *world) {
			w.want("partition.one", "state", "off")
			w.want("partition.one", "restart", "allowed")
			w.want("partition.one", "memory.maximum", 1024)
		}, "stop:partition.one outage state:\"running\"->\"off\"\nupdate:partition.one none memory.maximum:512->1024 after stop:partition.one\n"},
		"undeclared": {func(w *world) { w.desired = w.desired[:2] },
			"stop:partition.one outage\ndelete:partition.one outage after stop:partition.one\nerror destroy-budget partition.one\n"},
		"undeclared and unrecorded is left alone": {func(w *world) { w.desired = w.desired[:2]; clear(w.records) }, ""},
		"unrecorded is not touched":               {func(w *world) { clear(w.records); w.want("partition.one", "memory.desired", 256) }, "error not-owned partition.one\n"},
		"no room": {func(w *world) {
			w.want("partition.one", "system", "system.b")
			w.found[1].Value = schema.Set(w.found[1].Value, "memory.available", cty.NumberIntVal(500))
		}, "migrate:partition.one pause system:\"system.a\"->\"system.b\"\nerror LPM-48 partition.one\n"},
		"protected": {func(w *world) { w.desired = w.desired[:2]; w.records["partition.one"].PreventDestroy = true }, "error prevent-destroy partition.one\n"},
		"moved into an instance, long ago": {func(w *world) {
			w.desired[2].Address = `partition.one["k"]`
			w.records[`partition.one["k"]`] = w.records["partition.one"]
			delete(w.records, "partition.one")
			w.moved = []planner.Moved{{From: "partition.one", To: `partition.one["k"]`}}
		}, ""},
		"renamed label": {func(w *world) { w.desired[2].Address = "partition.uno" }, "error renamed partition.uno\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base()
			c.change(w)
			if got := lines(w.build()); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// Room: whoever needs it waits for whoever frees it; a swap between two full
// systems is refused with the amount where there is no third one.
func TestRoom(t *testing.T) {
	full := func() *world {
		w := newWorld()
		w.system("a", 0, 2)
		w.system("b", 0, 2)
		w.partition("one", "a", 512)
		w.partition("two", "b", 512)
		return w
	}
	w := full()
	w.system("c", 1024, 2)
	w.want("partition.two", "system", "system.c")
	w.want("partition.one", "system", "system.b")
	p := w.build()
	if got := strings.Join(p.Step("migrate:partition.one").WaitsFor, ","); got != "migrate:partition.two" {
		t.Errorf("one waits for %q", got)
	}
	if p.Blocked() {
		t.Errorf("blocked: %v", p.Findings)
	}
	w = full()
	w.want("partition.one", "system", "system.b")
	w.want("partition.two", "system", "system.a")
	p = w.build()
	if !p.Blocked() || !strings.Contains(p.Findings[0].Fix, "Free 576 MiB on system.b, or declare a third system that takes one of them for a while.") {
		t.Errorf("a swap without room: %v", p.Findings)
	}
}

// A silent console hides nothing and creates nothing.
func TestSilentConsole(t *testing.T) {
	w := newWorld()
	w.system("a", 4096, 2)
	w.system("b", 4096, 2)
	w.partition("one", "a", 512)
	in := w.input()
	in.Inventory.Objects = in.Inventory.Objects[:0]
	in.Inventory.Endpoints["ivm.a"].Error = "no answer"
	in.Inventory.Endpoints["ivm.b"].Error = "no answer"
	p := planner.Build(in)
	if len(p.Steps) != 0 || !p.Blocked() {
		t.Errorf("%s", lines(p))
	}
}

// The same input gives the same bytes, whatever the order of what was declared and discovered.
func TestDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := random(t)
		first, err := w.build().WriteJSON()
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(w.desired), func(i, j int) { w.desired[i], w.desired[j] = w.desired[j], w.desired[i] })
		r.Shuffle(len(w.found), func(i, j int) { w.found[i], w.found[j] = w.found[j], w.found[i] })
		second, err := w.build().WriteJSON()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Fatalf("the plan depends on order:\n%s\n%s", first, second)
		}
		read, err := planner.ReadPlan(first)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := read.WriteJSON(); !bytes.Equal(first, again) {
			t.Fatal("reading and writing a plan changes it")
		}
	})
}

// random is an estate with some of its declarations changed.
func random(t *rapid.T) *world {
	w := newWorld()
	systems := rapid.IntRange(2, 4).Draw(t, "systems")
	for i := range systems {
		w.system(fmt.Sprintf("s%d", i), rapid.IntRange(0, 40).Draw(t, "free")*64, 4)
	}
	n := rapid.IntRange(1, 7).Draw(t, "partitions")
	for i := range n {
		name, on := fmt.Sprintf("p%d", i), fmt.Sprintf("s%d", rapid.IntRange(0, systems-1).Draw(t, "on"))
		w.partition(name, on, rapid.IntRange(1, 8).Draw(t, "mem")*128)
		a := "partition." + name
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0, 1:
			w.want(a, "system", fmt.Sprintf("system.s%d", rapid.IntRange(0, systems-1).Draw(t, "to")))
		case 2:
			w.want(a, "memory.desired", rapid.IntRange(1, 8).Draw(t, "want")*64)
		case 3:
			w.want(a, "state", "off")
		case 4:
			w.want(a, "processor.weight", rapid.IntRange(0, 255).Draw(t, "weight"))
		}
	}
	return w
}

// Applying a plan and planning again gives nothing; and no allowed interleaving
// of a plan that is not refused overfills a system.
func TestApplyThenPlanIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := random(t)
		in := w.input()
		p := planner.Build(in)
		if p.Blocked() {
			return
		}
		free := map[placement.Key]float64{}
		for _, o := range in.Inventory.Of("system") {
			free[placement.Key{Place: o.ID, Resource: "memory"}] = schema.Num(o.Value, "memory.available")
			free[placement.Key{Place: o.ID, Resource: "units"}] = schema.Num(o.Value, "processor.available")
		}
		if bad := planner.Check(free, p.Steps); len(bad) > 0 {
			t.Fatalf("%v\n%s", bad, lines(p))
		}
		after := planner.Replay(in.Inventory, p.Steps)
		records := map[schema.Address]*schema.Record{}
		for a, r := range in.Prior.Records {
			records[a] = r
			for _, o := range after.Of("partition") {
				if schema.Str(o.Value, "name") == schema.Str(r.Object.Value, "name") {
					c := o.Clone()
					c.Address = a
					records[a] = &schema.Record{Object: c, Deps: r.Deps}
				}
			}
		}
		again := w.input()
		again.Inventory, again.Prior.Records = after, records
		if p2 := planner.Build(again); p2.Changes() || p2.Blocked() {
			t.Fatalf("first:\n%ssecond:\n%s", lines(p), lines(p2))
		}
	})
}

// Taking a wait away must be noticed: the check that follows placement can fail.
func TestCheckNoticesAMissingWait(t *testing.T) {
	w := newWorld()
	w.system("a", 0, 2)
	w.system("b", 0, 2)
	w.system("c", 1024, 2)
	w.partition("one", "a", 512)
	w.partition("two", "b", 512)
	w.want("partition.two", "system", "system.c")
	w.want("partition.one", "system", "system.b")
	p := w.build()
	free := map[placement.Key]float64{{Place: "T*b", Resource: "memory"}: 0, {Place: "T*c", Resource: "memory"}: 1024}
	if bad := planner.Check(free, p.Steps); len(bad) != 0 {
		t.Fatal(bad)
	}
	p.Step("migrate:partition.one").WaitsFor = nil
	if bad := planner.Check(free, p.Steps); len(bad) != 1 || bad[0].Code != "MIG-02" {
		t.Fatalf("not noticed: %v", bad)
	}
}

// What was promised and is not there is blamed by path.
func TestVerify(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 1024, 2)
	w.partition("one", "a", 512)
	w.want("partition.one", "memory.desired", 256)
	in := w.input()
	s := planner.Build(in).Steps[0]
	kept := planner.Replay(in.Inventory, []*planner.Step{s}).Of("partition")[0]
	if bad := planner.Verify(in.Catalogue, s, kept); len(bad) != 0 {
		t.Errorf("a promise kept is blamed: %v", bad)
	}
	broken := in.Inventory.Of("partition")[0]
	if bad := planner.Verify(in.Catalogue, s, broken); len(bad) != 1 || bad[0].Path != "memory.desired" {
		t.Errorf("a promise broken: %v", bad)
	}
	if bad := planner.Verify(in.Catalogue, s, nil); len(bad) != 1 {
		t.Errorf("an object that is gone: %v", bad)
	}
}

// A plan file that somebody edited is refused.
func TestEditedPlan(t *testing.T) {
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 1024, 2)
	w.partition("one", "a", 512)
	w.want("partition.one", "system", "system.b")
	b, err := w.build().WriteJSON()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := planner.ReadPlan(bytes.Replace(b, []byte(`"pause"`), []byte(`"none"`), 1)); err == nil || !strings.Contains(err.Error(), "changed after it was written") {
		t.Errorf("%v", err)
	}
}

// Hosts reach one disk through different ports of the array, and an array may number disks differently for each host: a LUN that
// some host reports finds the disk, and one that means two disks finds neither.
func TestHostLUNs(t *testing.T) {
	disk := func(host, uid, wwpn, lun string) *schema.Object {
		return &schema.Object{Kind: "disk", ID: "uid:" + uid, Keys: []string{"uid:" + uid}, Endpoint: "aix.x/" + host,
			Value: object("unique_id", uid, "hosts."+host+".device", "hdisk1", "hosts."+host+".lun.wwpn", wwpn, "hosts."+host+".lun.id", lun)}
	}
	const p, q = "500507110110C1A4", "500507110110C1A5"
	for name, c := range map[string]struct {
		found []*schema.Object
		want  string
	}{
		"two ports": {[]*schema.Object{disk("a", "x", p, "1"), disk("b", "x", q, "1"), disk("b", "y", q, "2")}, ""},
		"crosswise": {[]*schema.Object{disk("a", "x", p, "1"), disk("b", "x", p, "2"), disk("a", "y", p, "2"), disk("b", "y", p, "1")}, "error ambiguous disk.d\n"},
		"nowhere":   {[]*schema.Object{disk("a", "x", p, "2")}, "error not-found disk.d\n"},
	} {
		w := newWorld()
		w.system("a", 1024, 2)
		w.found = append(w.found, c.found...)
		w.desired = append(w.desired, &schema.Object{Kind: "disk", Address: "disk.d", Value: object("lun.wwpn", p, "lun.id", "1")})
		if got := lines(w.build()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

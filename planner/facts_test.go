package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// set changes what was found of an object.
func (w *world) set(id, path string, v any) {
	for _, o := range w.found {
		if o.ID == id {
			o.Value = schema.Set(o.Value, path, schema.Get(object("x", v), "x"))
		}
	}
}

func numbers(ns ...int) cty.Value {
	var out []cty.Value
	for _, n := range ns {
		out = append(out, cty.NumberIntVal(int64(n)))
	}
	return cty.TupleVal(out)
}

// What discovery finds and the estate declares reaches the rules: each case is told by one rule, and the same estate without it
// is not.
func TestRuleFacts(t *testing.T) {
	base := func() *world {
		w := newWorld()
		w.system("a", 8192, 4)
		w.system("b", 8192, 4)
		w.partition("one", "a", 512)
		w.want("partition.one", "system", "system.b")
		for _, id := range []string{"T*a", "T*b"} {
			w.set(id, "vios.v.mover", true)
			w.set(id, "memory.huge_pages", 4)
			w.set(id, "vios.v.bridges.ent5.vlans", numbers(1, 7))
			w.set(id, "vios.v.bridges.ent5.port_vlan", numbers(1))
			w.set(id, "vios.v.bridges.ent5.switch", "ETHERNET0")
		}
		w.found = append(w.found, &schema.Object{Kind: "network", ID: "vlan:7", Endpoint: "ivm.a", Value: object("vlan", 7)},
			&schema.Object{Kind: "disk", ID: "uid:1", Keys: []string{"uid:1"}, Endpoint: "ivm.a", Value: object("unique_id", "1", "lun.wwpn", "50", "lun.id", "1")})
		for _, id := range []string{"T*a", "T*b"} {
			for path, v := range map[string]any{"device": "hdisk1", "status": "Available", "reserve_policy": "no_reserve", "devices.v": "hdisk1", "reserve_policies.v": "no_reserve"} {
				w.set("uid:1", schema.JoinPath("paths", id)+"."+path, v)
			}
		}
		w.set("T*a/one", "ethernet.e0.network", "vlan:7")
		w.set("T*a/one", "ethernet.e0.switch", "ETHERNET0")
		w.set("T*a/one", "disk.d0.source", "uid:1")
		w.set("T*a/one", "disk.d0.backing", "disk")
		return w
	}
	off := func(w *world) {
		w.set("T*a/one", "state", "off")
		w.want("partition.one", "state", "off")
	}
	codes := func(p *planner.Plan) string {
		var out []string
		for _, f := range p.Findings {
			if f.Address == "partition.one" {
				out = append(out, f.Code)
			}
		}
		return strings.Join(out, " ")
	}
	for name, c := range map[string]struct {
		change func(w *world)
		want   string
	}{
		"nothing":      {func(w *world) {}, ""},
		"nothing, off": {off, ""},
		"Host Ethernet ports": {func(w *world) {
			w.set("T*a/one", "host_ethernet_ports", cty.TupleVal([]cty.Value{cty.StringVal("23000000/1")}))
		}, "LPM-24"},
		"BSR arrays":           {func(w *world) { w.set("T*a/one", "bsr_arrays", 8) }, "LPM-29"},
		"remote restart":       {func(w *world) { w.set("T*a/one", "remote_restart", true) }, "LPM-42"},
		"service partition":    {func(w *world) { w.set("T*a/one", "id", 9); w.set("T*a", "service_partition", 9) }, "LPM-31"},
		"too few huge pages":   {func(w *world) { off(w); w.set("T*a/one", "memory.huge_pages.desired", 5) }, "LPM-28"},
		"enough huge pages":    {func(w *world) { off(w); w.set("T*a/one", "memory.huge_pages.desired", 4) }, ""},
		"another switch":       {func(w *world) { w.set("T*b", "vios.v.bridges.ent5.switch", "DMZ") }, "NET-01"},
		"untagged there":       {func(w *world) { w.set("T*b", "vios.v.bridges.ent5.port_vlan", numbers(7)) }, "NET-05"},
		"mover of nobody":      {func(w *world) { w.want("partition.one", "mobility.target_mover", "w") }, "LPM-80"},
		"mover of the source":  {func(w *world) { w.want("partition.one", "mobility.source_mover", "v") }, ""},
		"mapping to nobody":    {func(w *world) { w.want("partition.one", "mobility.scsi_mappings", list("10/w/")) }, "LPM-80"},
		"mapping by id":        {func(w *world) { w.want("partition.one", "mobility.scsi_mappings", list("10//1")) }, ""},
		"port mapping":         {func(w *world) { w.want("partition.one", "mobility.fibre_channel_mappings", list("20/w//110/fcs0")) }, "LPM-80"},
		"reserved on a server": {func(w *world) { w.set("uid:1", schema.JoinPath("paths", "T*b")+".reserve_policies.v", "single_path") }, "STG-05"},
		"reserved, and set free before": {func(w *world) {
			w.set("uid:1", schema.JoinPath("paths", "T*b")+".reserve_policies.v", "single_path")
			w.set("uid:1", schema.JoinPath("paths", "T*b")+".reserve_policy", "single_path")
			w.set("uid:1", "reserve_policy", "single_path")
			w.desired = append(w.desired, &schema.Object{Kind: "disk", Address: "disk.d", Endpoint: "ivm.a", Value: object("unique_id", "1", "reserve_policy", "no_reserve")})
		}, ""},
		"the server's own disk": {func(w *world) { w.set("uid:1", schema.JoinPath("paths", "T*b")+".status", "not exportable") }, "STG-06"},
		"holds something else": {func(w *world) {
			off(w)
			w.set("T*a", "manager", "hmc")
			w.set("T*b", "manager", "hmc")
			w.set("T*a/one", "holds_memory", 256)
		}, "LPM-81"},
		"holds nothing": {func(w *world) {
			off(w)
			w.set("T*a", "manager", "hmc")
			w.set("T*b", "manager", "hmc")
			w.set("T*a/one", "holds_memory", 0)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := base()
			c.change(w)
			if got := codes(w.build()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// LPM-64 and MIG-15: the movers of a frame carry as many moves as they say, one that is named no more than its own number, and
// large partitions begin first.
func TestMoversLimit(t *testing.T) {
	frames := func(limit any) *world {
		w := newWorld()
		w.system("a", 8192, 8)
		w.system("b", 8192, 8)
		for _, s := range []string{"T*a", "T*b"} {
			w.set(s, "mobility.active_max", 8)
			w.set(s, "vios.v.mover", true)
		}
		if limit != nil {
			w.set("T*b", "vios.v.mover_limit", limit)
		}
		for i, mib := range []int{128, 256, 512, 384} {
			w.partition(fmt.Sprintf("p%d", i), "a", mib)
			w.want(fmt.Sprintf("partition.p%d", i), "system", "system.b")
		}
		return w
	}
	for _, c := range []struct {
		limit any
		named bool
		want  string
	}{
		{nil, false, "p0: p1: p2: p3:"},
		{4, false, "p0: p1: p2: p3:"},
		{2, false, "p0:migrate:partition.p3 p1:migrate:partition.p2 p2: p3:"},
		{1, false, "p0:migrate:partition.p1 p1:migrate:partition.p3 p2: p3:migrate:partition.p2"},
		{3, true, "p0:migrate:partition.p2 p1: p2: p3:"},
	} {
		w := frames(c.limit)
		if c.named {
			w.set("T*b", "vios.w.mover", true)
			w.set("T*b", "vios.w.rmc_state", "active")
			w.set("T*b", "vios.w.mover_limit", 3)
			for i := range 4 {
				w.want(fmt.Sprintf("partition.p%d", i), "mobility.target_mover", "v")
			}
		}
		p := w.build()
		var got []string
		for i := range 4 {
			got = append(got, fmt.Sprintf("p%d:%s", i, strings.Join(p.Step(fmt.Sprintf("migrate:partition.p%d", i)).WaitsFor, ",")))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %s", c, strings.Join(got, " "))
		}
	}
}

// A frame takes part in no more moves at once than it supports, whichever of them ends first; live and inactive ones are counted
// apart.
func TestMigrationLimits(t *testing.T) {
	for _, c := range []struct{ most, under, live, off, want int }{{4, 0, 6, 0, 4}, {4, 2, 5, 0, 2}, {1, 0, 3, 2, 3}, {4, 0, 4, 4, 8}} {
		w := newWorld()
		w.system("a", 8192, 8)
		w.system("b", 8192, 8)
		w.set("T*b", "mobility.active_max", c.most)
		w.set("T*b", "mobility.active_now", c.under)
		for i := range c.live + c.off {
			name := fmt.Sprintf("p%d", i)
			w.partition(name, "a", 128)
			w.want("partition."+name, "system", "system.b")
			if i >= c.live {
				w.want("partition."+name, "state", "off")
				w.set("T*a/"+name, "state", "off")
			}
		}
		p := w.build()
		if p.Blocked() {
			t.Errorf("%+v: %v", c, p.Findings)
		}
		// The most steps of which none waits, over others, for another one.
		before := map[string]map[string]bool{}
		for _, s := range p.Steps {
			before[s.ID] = map[string]bool{}
			for _, x := range s.WaitsFor {
				before[s.ID][x] = true
				for y := range before[x] {
					before[s.ID][y] = true
				}
			}
		}
		for _, s := range p.Steps {
			if s.Queued != (len(s.WaitsFor) > 0) {
				t.Errorf("%+v: %s waits for its turn only: %t", c, s.ID, s.Queued)
			}
		}
		widest := 0
		for set := range 1 << len(p.Steps) {
			n, free := 0, true
			for i, s := range p.Steps {
				for j := 0; set>>i&1 == 1 && j < i; j++ {
					free = free && (set>>j&1 == 0 || !before[s.ID][p.Steps[j].ID])
				}
				n += set >> i & 1
			}
			if free {
				widest = max(widest, n)
			}
		}
		if widest != c.want || len(p.Steps) != c.live+c.off {
			t.Errorf("%+v: %d of %d steps at once\n%s", c, widest, len(p.Steps), lines(p))
		}
	}
}

// Room that is short is told by the rule of what is short, with the object.
func TestShortages(t *testing.T) {
	for code, change := range map[string]func(w *world){
		"":       func(w *world) {},
		"LPM-48": func(w *world) { w.set("T*b", "memory.available", 500) },
		"LPM-49": func(w *world) { w.set("T*b", "processor.available", 0.05) },
		// Each client adapter needs a slot; one of the 64 is taken.
		"LPM-67": func(w *world) {
			w.set("T*b", "vios.v.max_virtual_slots", 2)
			w.set("T*a/one", "adapters.slot10.slot", 10)
			w.set("T*a/one", "adapters.slot11.slot", 11)
		},
		"CAP-09": func(w *world) {
			w.want("partition.one", "system", "system.a")
			w.want("partition.one", "memory.desired", 512)
			w.set("T*a/one", "memory.desired", 256)
			w.set("T*a", "memory.available", 128)
		},
	} {
		w := newWorld()
		w.system("a", 1024, 2)
		w.system("b", 1024, 2)
		w.partition("one", "a", 512)
		w.want("partition.one", "system", "system.b")
		change(w)
		got := ""
		for _, f := range w.build().Findings {
			if f.Severity == diag.Error {
				got += f.Code
				if f.Address != "partition.one" || f.Fix == "" {
					t.Errorf("%s: %+v", code, f)
				}
			}
		}
		if got != code {
			t.Errorf("got %q, want %q", got, code)
		}
	}
	// The two slots are enough for one adapter less.
	w := newWorld()
	w.system("a", 1024, 2)
	w.system("b", 1024, 2)
	w.partition("one", "a", 512)
	w.want("partition.one", "system", "system.b")
	w.set("T*b", "vios.v.max_virtual_slots", 2)
	w.set("T*a/one", "adapters.slot10.slot", 10)
	if p := w.build(); p.Blocked() {
		t.Error(p.Findings)
	}
}

// Members of an apart group never move at once; others do.
func TestApartMovesInTurn(t *testing.T) {
	for _, group := range []string{"web", "db"} {
		w := newWorld()
		for _, s := range []string{"a", "b", "c", "d"} {
			w.system(s, 4096, 4)
		}
		w.partition("one", "a", 512)
		w.partition("two", "b", 512)
		w.want("partition.one", "system", "system.c")
		w.want("partition.two", "system", "system.d")
		w.want("partition.one", "placement.apart", "web")
		w.want("partition.two", "placement.apart", group)
		p := w.build()
		if p.Blocked() {
			t.Error(p.Findings)
		}
		if got := strings.Join(p.Step("migrate:partition.two").WaitsFor, ","); (got == "migrate:partition.one") != (group == "web") {
			t.Errorf("with the group %s it waits for %q", group, got)
		}
	}
}

// The files alone do not tell who arrives: a frame that is about to be evacuated is closed while its partitions are declared on it.
// What contradicts itself they do tell.
func TestValidate(t *testing.T) {
	for code, change := range map[string]func(w *world){
		"": func(w *world) { w.want("system.a", "maintenance", true) },
		"CAP-27": func(w *world) {
			w.want("partition.one", "placement.apart", "web")
			w.want("partition.two", "placement.apart", "web")
		},
		"CAP-29": func(w *world) { w.want("partition.one", "placement.only_on", list("system.b")) },
	} {
		w := newWorld()
		w.system("a", 4096, 4)
		w.system("b", 4096, 4)
		w.partition("one", "a", 512)
		w.partition("two", "a", 512)
		change(w)
		got := ""
		for _, f := range planner.Validate(w.input()) {
			got += f.Code
		}
		if got != code {
			t.Errorf("got %q, want %q", got, code)
		}
	}
}

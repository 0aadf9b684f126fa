// Command gantry-bench measures Gantry on synthetic estates: loading, a first
// plan and a no-change plan, and the commands that discovery sends. It asserts
// nothing; absolute times depend on the machine, so it prints ratios and
// growth exponents beside them.
//
// Every figure comes from a process of its own, so that one does not pay for
// another's garbage.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/ivm"
	"github.com/gantry-power/gantry/providers/lab"
	"github.com/gantry-power/gantry/providers/lpar"
	"github.com/gantry-power/gantry/providers/sdk"
	"github.com/gantry-power/gantry/state"
)

// figure is one measurement.
type figure struct {
	Seconds float64 `json:"seconds"`
	PeakMiB float64 `json:"peak_mib"`
	Allocs  uint64  `json:"allocs"`
	Count   int     `json:"count"`
}

func main() {
	one := flag.String("one", "", "measure one thing and print it as JSON: SHAPE/STAGE/SIZE (internal)")
	onlyCommands := flag.Bool("commands", false, "only count the commands of discovery")
	sizes := flag.String("sizes", "1000,10000,100000", "objects of the estates")
	runs := flag.Int("runs", 3, "runs of each measurement; the median is printed")
	onlyPlugin := flag.Bool("plugin", false, "only measure the boundary of a plugin")
	onlyState := flag.Bool("state", false, "only measure the state")
	serve := flag.Int("serve", 0, "be the plugin with so many objects (internal)")
	flag.Parse()
	if *serve > 0 {
		sdk.Serve(boxes(*serve))
		return
	}
	if *one != "" {
		f := strings.Split(*one, "/")
		var n int
		if _, err := fmt.Sscan(f[2], &n); err != nil {
			fatal(err)
		}
		out, err := measure(f[0], f[1], n)
		if err != nil {
			fatal(err)
		}
		_ = json.NewEncoder(os.Stdout).Encode(out) // standard output is a pipe to the parent
		return
	}
	if *onlyPlugin {
		if err := boundaries([]int{1000, 10000}, *runs); err != nil {
			fatal(err)
		}
		return
	}
	if *onlyState {
		if err := stores([]int{1000, 10000, 100000}, *runs); err != nil {
			fatal(err)
		}
		return
	}
	if *onlyCommands {
		if err := commands(); err != nil {
			fatal(err)
		}
		if err := hmcCommands(); err != nil {
			fatal(err)
		}
		return
	}
	var ns []int
	for _, s := range strings.Split(*sizes, ",") {
		var n int
		if _, err := fmt.Sscan(s, &n); err != nil {
			fatal(err)
		}
		ns = append(ns, n)
	}
	fmt.Printf("%s, %d processors, %s\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOARCH)
	for _, shape := range []string{"blocks", "for_each"} {
		fmt.Printf("Objects written as %s:\n\n| stage | objects | seconds | peak MiB | allocations | growth, time | growth, memory |\n|---|---|---|---|---|---|---|\n", shape)
		for _, stage := range []string{"parse", "load", "first", "nochange"} {
			var prev figure
			for i, n := range ns {
				f, err := median(shape, stage, n, *runs)
				if err != nil {
					fatal(err)
				}
				growth, mem := "", ""
				if i > 0 {
					growth = fmt.Sprintf("%.2f", exponent(prev.Seconds, f.Seconds, ns[i-1], n))
					mem = fmt.Sprintf("%.2f", exponent(prev.PeakMiB, f.PeakMiB, ns[i-1], n))
				}
				fmt.Printf("| %s | %d | %.3f | %.0f | %d | %s | %s |\n", stageNames[stage], f.Count, f.Seconds, f.PeakMiB, f.Allocs, growth, mem)
				prev = f
			}
		}
		fmt.Println()
	}
	if err := boundaries([]int{1000, 10000}, *runs); err != nil {
		fatal(err)
	}
	if err := stores([]int{1000, 10000, 100000}, *runs); err != nil {
		fatal(err)
	}
	if err := commands(); err != nil {
		fatal(err)
	}
	if err := hmcCommands(); err != nil {
		fatal(err)
	}
}

var stageNames = map[string]string{"parse": "hclsyntax alone", "load": "load and evaluate", "first": "first plan", "nochange": "no-change plan"}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func exponent(a, b float64, n, m int) float64 {
	return math.Log(b/a) / math.Log(float64(m)/float64(n))
}

func median(shape, stage string, n, runs int) (figure, error) {
	self, err := os.Executable()
	if err != nil {
		return figure{}, err
	}
	var all []figure
	for range runs {
		out, err := exec.Command(self, "-one", fmt.Sprintf("%s/%s/%d", shape, stage, n)).Output()
		if err != nil {
			return figure{}, fmt.Errorf("%s %s %d: %w", shape, stage, n, err)
		}
		var f figure
		if err := json.Unmarshal(out, &f); err != nil {
			return figure{}, err
		}
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Seconds < all[j].Seconds })
	return all[len(all)/2], nil
}

// generate writes an estate of about n objects: a system for each 200, a
// partition with two disks of its own for each 3, all with references.
func generate(dir, shape string, n int) error {
	var b strings.Builder
	systems := max(1, n/200)
	parts := (n - systems - 2) / 3
	fmt.Fprintf(&b, "network \"lan\" {\n  vlan = 1\n}\nnetwork \"backup\" {\n  vlan = 2\n}\n")
	for i := range systems {
		fmt.Fprintf(&b, "provider \"ivm\" \"s%d\" {\n  host = \"s%d\"\n  user = \"padmin\"\n}\nsystem \"s%d\" {\n  provider = ivm.s%d\n  name     = \"Server-%d\"\n}\n", i, i, i, i, i)
	}
	body := "  state  = \"running\"\n  memory {\n    minimum = \"512MiB\"\n    desired = \"1GiB\"\n    maximum = \"2GiB\"\n  }\n  processor {\n    mode    = \"shared\"\n    sharing = \"uncapped\"\n    units   = { minimum = 0.1, desired = 0.1, maximum = 1 }\n    virtual = { minimum = 1, desired = 1, maximum = 2 }\n  }\n  ethernet \"en0\" {\n    network = network.lan\n  }\n"
	if shape == "for_each" {
		// One block of each kind; its instances come from a map of all of them.
		fmt.Fprintf(&b, "locals {\n  systems = {\n")
		for i := range systems {
			fmt.Fprintf(&b, "    s%d = system.s%d\n", i, i)
		}
		b.WriteString("  }\n  parts = {\n")
		for i := range parts {
			fmt.Fprintf(&b, "    p%d = { on = \"s%d\", root = \"d%d\", data = \"d%d\" }\n", i, i%systems, 2*i, 2*i+1)
		}
		b.WriteString("  }\n  luns = {\n")
		for i := range 2 * parts {
			fmt.Fprintf(&b, "    d%d = \"40%014X\"\n", i, i)
		}
		b.WriteString("  }\n}\n")
		fmt.Fprintf(&b, "disk \"d\" {\n  for_each = local.luns\n  lun      = { wwpn = \"5005076303030053\", id = each.value }\n}\n")
		fmt.Fprintf(&b, "partition \"p\" {\n  for_each = local.parts\n  system = local.systems[each.value.on]\n%s  disk \"root\" {\n    source = disk.d[each.value.root]\n  }\n  disk \"data\" {\n    source = disk.d[each.value.data]\n  }\n}\n", body)
		return os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(b.String()), 0o644)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	for f := 0; f*1000 < parts; f++ {
		b.Reset()
		for i := f * 1000; i < min(parts, (f+1)*1000); i++ {
			for d := 2 * i; d < 2*i+2; d++ {
				fmt.Fprintf(&b, "disk \"d%d\" {\n  lun = { wwpn = \"5005076303030053\", id = \"40%014X\" }\n}\n", d, d)
			}
			fmt.Fprintf(&b, "partition \"p%d\" {\n  system = system.s%d\n%s  disk \"root\" {\n    source = disk.d%d\n  }\n  disk \"data\" {\n    source = disk.d%d\n  }\n}\n", i, i%systems, body, 2*i, 2*i+1)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part%04d.hcl", f)), []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func load(dir string) (*config.Estate, error) {
	e, l := config.Load(dir, config.Options{Catalogue: kinds.Catalogue(), Endpoint: kinds.Endpoint(), ProviderTypes: []string{"ivm"}})
	return e, l.Err()
}

func measure(shape, stage string, n int) (*figure, error) {
	if shape == "boundary" {
		return boundary(stage, n)
	}
	dir, err := os.MkdirTemp("", "gantry-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := generate(dir, shape, n); err != nil {
		return nil, err
	}
	f := &figure{}
	switch stage {
	case "parse":
		paths, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
		if err != nil {
			return nil, err
		}
		var srcs [][]byte
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil {
				return nil, err
			}
			srcs = append(srcs, b)
		}
		f.timed(func() {
			for i, b := range srcs {
				if _, d := hclsyntax.ParseConfig(b, paths[i], hcl.InitialPos); d.HasErrors() {
					err = d
				}
			}
		})
		f.Count = n
		return f, err
	case "load":
		var e *config.Estate
		f.timed(func() { e, err = load(dir) })
		f.Count = len(e.Objects)
		return f, err
	}
	e, err := load(dir)
	if err != nil {
		return nil, err
	}
	inv, snap := world(e)
	r := &run.Run{Catalogue: e.Catalogue, Providers: map[string]providers.Provider{"ivm": ivm.New(&lpar.Registry{})}, Estate: e, Today: "2026-01-01"}
	if stage == "first" {
		var kept []*schema.Object
		for _, o := range inv.Objects {
			if o.Kind != "partition" {
				kept = append(kept, o)
			}
		}
		inv.Objects, snap = kept, state.New()
	}
	runtime.GC()
	var p *planner.Plan
	f.timed(func() { p = r.Build(inv, snap, planner.Options{}) })
	f.Count = p.Objects
	if p.Blocked() {
		return nil, fmt.Errorf("the synthetic plan is blocked: %s", p.Findings[0].Detail)
	}
	if (stage == "nochange") == p.Changes() {
		return nil, fmt.Errorf("stage %s: %d steps", stage, len(p.Steps))
	}
	return f, nil
}

func (f *figure) timed(do func()) {
	if p := os.Getenv("GANTRY_BENCH_PROFILE"); p != "" {
		if w, err := os.Create(p); err == nil && pprof.StartCPUProfile(w) == nil {
			defer pprof.StopCPUProfile()
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	do()
	f.Seconds = time.Since(begin).Seconds()
	runtime.ReadMemStats(&after)
	f.Allocs = after.Mallocs - before.Mallocs
	f.PeakMiB = peak()
}

// world is the inventory in which everything is as declared, and the state that owns it.
func world(e *config.Estate) (*planner.Inventory, *state.Snapshot) {
	snap := state.New()
	snap.Serial = 1
	id := map[schema.Address]string{}
	systems := 0
	for _, o := range e.Objects {
		switch o.Kind {
		case "system":
			id[o.Address] = "7998-61X*" + schema.Str(o.Value, "name")
			systems++
		case "network":
			id[o.Address] = "vlan:" + schema.FormatNumber(schema.Get(o.Value, "vlan"))
		case "disk":
			id[o.Address] = "lun:" + schema.Str(o.Value, "lun.wwpn") + "/" + schema.Str(o.Value, "lun.id")
		}
	}
	var objects []*schema.Object
	text, num := cty.StringVal, func(n int64) cty.Value { return cty.NumberIntVal(n) }
	for _, o := range e.Objects {
		f := o.Clone()
		f.Address = ""
		f.ID = id[o.Address]
		m := o.Value.AsValueMap()
		switch o.Kind {
		case "system":
			m["type_model"], m["serial_number"], m["state"], m["manager"] = text("7998-61X"), m["name"], text("Operating"), text("ivm")
			m["memory"] = cty.ObjectVal(map[string]cty.Value{"available": num(1 << 30), "region": num(16)})
			m["processor"] = cty.ObjectVal(map[string]cty.Value{"available": num(1 << 20)})
			m["vios"] = cty.ObjectVal(map[string]cty.Value{"vios": cty.ObjectVal(map[string]cty.Value{"id": num(1), "max_virtual_slots": num(1 << 20), "used_slots": cty.EmptyTupleVal, "management_channel": cty.True,
				"bridges": cty.ObjectVal(map[string]cty.Value{"ent5": cty.ObjectVal(map[string]cty.Value{"vlans": cty.TupleVal([]cty.Value{num(1), num(2)})})})})})
		case "disk":
			f.Keys = []string{f.ID}
			m["paths"] = cty.ObjectVal(allPaths(e, id, f.ID))
		case "network":
			f.Keys = []string{f.ID}
		case "partition":
			sys := id[schema.Address(schema.Str(o.Value, "system"))]
			f.ID = sys + "/" + schema.Str(o.Value, "name")
			m["system"], m["id"], m["rmc_state"] = text(sys), num(2), text("active")
			m["ethernet"] = cty.ObjectVal(map[string]cty.Value{"slot4": cty.ObjectVal(map[string]cty.Value{"slot": num(4), "network": text("vlan:1")})})
			disks := map[string]cty.Value{}
			for _, l := range schema.Items(o.Value, "disk") {
				disks["vtscsi-"+l] = cty.ObjectVal(map[string]cty.Value{"source": text(id[schema.Address(schema.Str(o.Value, schema.JoinPath("disk", l, "source")))]), "backing": text("disk")})
			}
			m["disk"] = cty.ObjectVal(disks)
		}
		f.Value = schema.Build(m)
		objects = append(objects, f)
		if o.Kind == "partition" {
			rec := f.Clone()
			rec.Address = o.Address
			snap.Records[o.Address] = &schema.Record{Object: rec, Deps: e.Deps[o.Address]}
		}
	}
	endpoints := map[string]*planner.EndpointStatus{}
	for k := range e.Endpoints {
		endpoints[k] = &planner.EndpointStatus{}
	}
	return planner.Merge(e.Catalogue, objects, endpoints), snap
}

var onePath = cty.ObjectVal(map[string]cty.Value{"device": cty.StringVal("hdisk1"), "reserve_policy": cty.StringVal("no_reserve")})

// allPaths: a disk is seen by the system of the partition that uses it.
func allPaths(e *config.Estate, id map[schema.Address]string, disk string) map[string]cty.Value {
	if users == nil {
		users = map[string]string{}
		for _, o := range e.Objects {
			for _, l := range schema.Items(o.Value, "disk") {
				users[id[schema.Address(schema.Str(o.Value, schema.JoinPath("disk", l, "source")))]] = id[schema.Address(schema.Str(o.Value, "system"))]
			}
		}
	}
	if sys := users[disk]; sys != "" {
		return map[string]cty.Value{sys: onePath}
	}
	return map[string]cty.Value{"nowhere": onePath}
}

var users map[string]string

// commands counts what discovery sends to one IVM, with few and with many partitions.
func commands() error {
	fmt.Printf("Commands to discover an IVM:\n\n| partitions | disks | commands |\n|---|---|---|\n")
	for _, parts := range []int{1, 20, 60} {
		dir, err := os.MkdirTemp("", "gantry-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		sc, err := lab.Parse([]byte(scenario(parts)), "bench.hcl")
		if err != nil {
			return err
		}
		l, err := lab.Start(sc, lab.Options{Dir: dir, Speed: 1000})
		if err != nil {
			return err
		}
		defer l.Close()
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("provider \"ivm\" \"b\" {\n  host = \"b\"\n}\n"), 0o644); err != nil {
			return err
		}
		e, err := load(dir)
		if err != nil {
			return err
		}
		os.Setenv("GANTRY_SSH_CONFIG", l.SSHConfig())
		r := &run.Run{Catalogue: e.Catalogue, Providers: map[string]providers.Provider{"ivm": ivm.New(&lpar.Registry{})}, Estate: e}
		d, err := r.Discover(context.Background())
		r.Close()
		if err != nil {
			return err
		}
		for _, st := range d.Inventory.Endpoints {
			if st.Error != "" {
				return fmt.Errorf("%s", st.Error)
			}
		}
		fmt.Printf("| %d | %d | %d |\n", len(d.Inventory.Of("partition")), len(d.Inventory.Of("disk")), d.Commands)
	}
	return nil
}

// scenario is one IVM with the given number of client partitions.
func scenario(partitions int) string {
	var b strings.Builder
	b.WriteString("lab {\n  speed = 1000\n}\n")
	for i := range partitions {
		fmt.Fprintf(&b, "lun \"l%d\" {\n  wwpn      = \"5005076303030053\"\n  id        = \"40%014X\"\n  size_mb   = 10240\n  unique_id = \"200B75TL77%04d07210790003IBMfcp\"\n}\n", i, i, i)
	}
	b.WriteString("system \"b\" {\n  name       = \"Server-7998-61X-SN1000000\"\n  type_model = \"7998-61X\"\n  serial     = \"1000000\"\n  memory_mb  = 262144\n  firmware_mb = 256\n  region_mb  = 64\n  processors = 64\n  compat_modes = [\"default\", \"POWER6\"]\n  max_partitions = 100\n")
	b.WriteString("  vios \"b\" {\n    id     = 1\n    level  = \"1.5.2.1\"\n    memory = [512, 1024, 2048]\n    units  = [0.1, 0.2, 2]\n    procs  = [1, 2, 4]\n    max_slots = 400\n    fc \"fcs0\" {\n      location = \"U78A5.001.WIH0001-P1-C6-T1\"\n      wwpn     = \"10000000C96B1301\"\n    }\n")
	for i := range partitions {
		fmt.Fprintf(&b, "    hdisk \"hdisk%d\" {\n      lun            = \"l%d\"\n      reserve_policy = \"no_reserve\"\n    }\n", i, i)
	}
	b.WriteString("  }\n")
	for i := range partitions {
		fmt.Fprintf(&b, "  partition \"p%d\" {\n    id     = %d\n    memory = [512, 1024, 2048]\n    units  = [0.1, 0.1, 1]\n    procs  = [1, 1, 2]\n    vscsi {\n      slot        = 2\n      server_slot = %d\n      disk \"hdisk%d\" {\n        vtd = \"vtscsi%d\"\n      }\n    }\n  }\n", i, i+2, 11+2*i, i, i)
	}
	b.WriteString("}\nivm \"b\" {\n  system = \"b\"\n  user \"padmin\" {\n    password = \"padmin\"\n  }\n}\n")
	return b.String()
}

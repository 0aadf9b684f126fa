package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
)

// richScenario is the scenario of the other tests with what an HMC can have besides: huge pages, a processor pool, a
// second virtual switch, more VLANs and more LUNs.
func richScenario(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	text = strings.ReplaceAll(text, "  processors   = 20\n", "  processors   = 20\n  huge_pages   = 8\n  processor_pool \"batch\" {\n    id  = 1\n    max = 4\n  }\n  virtual_switch \"backnet\" {\n  }\n")
	text = strings.ReplaceAll(text, "vlans = [20]", "vlans = [20, 30, 40]")
	// The second switch is bridged as well, by another port of each server.
	for i := range 4 {
		text = strings.Replace(text, "    sea \"ent6\" {", fmt.Sprintf(`    ethernet "ent1" {
      location    = "U78D3.001.WZS00%dA-P1-C%d-T2"
      description = "PCIe2 4-Port Ethernet Adapter"
    }
    ethernet "ent7" {
      slot   = 4
      vlan   = 10
      vlans  = [20, 30, 40]
      trunk  = %d
      switch = "backnet"
    }
    sea "ent8" {
      real    = "ent1"
      virtual = ["ent7"]
      vlan    = 10
    }
    sea  "ent6" {`, i/2+1, 4+3*(i%2), i%2+1), 1)
	}
	var luns strings.Builder
	for _, n := range []string{"04", "05", "06", "07", "08"} {
		luns.WriteString("lun \"app" + n + "\" {\n  wwpn      = \"5005076810114C3D\"\n  id        = \"00" + n + "000000000000\"\n  size_mb   = 51200\n  unique_id = \"33213600507680000000000000000" + n + "04214503IBMfcp\"\n}\n")
	}
	text = strings.Replace(text, "system \"f1\" {", luns.String()+"\nsystem \"f1\" {", 1)
	for _, old := range []string{`luns = ["app01", "app02", "app03"]`, `luns = ["app03", "app02", "app01"]`} {
		text = strings.ReplaceAll(text, old, strings.TrimSuffix(old, "]")+`, "app04", "app05", "app06", "app07", "app08"]`)
	}
	return []byte(text)
}

// estateHead declares what the partitions of the tests stand on.
func estateHead(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(b), "disk \"root\"")
	if !ok {
		t.Fatal("the estate has no disk")
	}
	head += "network \"web\" {\n  vlan = 30\n}\n\nnetwork \"admin\" {\n  vlan = 40\n}\n\n"
	for i := 1; i <= 8; i++ {
		n := string(rune('0' + i))
		head += "disk \"d" + n + "\" {\n  lun            = { wwpn = \"5005076810114C3D\", id = \"" + n + "000000000000\" }\n  reserve_policy = \"no_reserve\"\n}\n\n"
	}
	return head
}

// full declares every attribute that a partition under an HMC has and that can change after its creation.
const full = `partition "db" {
  system                 = system.f1
  state                  = "running"
  description            = "payroll"
  auto_start             = true
  time_reference         = false
  boot_mode              = "norm"
  keylock                = "norm"
  availability_priority  = 120
  max_virtual_slots      = 40
  performance_collection = false
  connection_monitoring  = true
  redundant_error_path   = false
  workload_group         = "none"
  physical_slots         = ["21030012"]
  memory {
    minimum    = "2GiB"
    desired    = "8GiB"
    maximum    = "16GiB"
    mode       = "dedicated"
    expansion  = 1.5
    huge_pages = {
      minimum = 0 # huge pages
      desired = 1 # huge pages
      maximum = 2 # huge pages
    }
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 128
    units = {
      minimum = 0.1 # units
      desired = 0.4 # units
      maximum = 2 # units
    }
    virtual = {
      minimum = 1 # virtual
      desired = 2 # virtual
      maximum = 4 # virtual
    }
    pool          = "batch"
    compatibility = "POWER8"
  }
  ethernet "en0" {
    network = network.prod
    tagged  = [network.backup, network.web]
    slot    = 4
    switch  = "ETHERNET0"
  }
  disk "root" {
    source = disk.d1
  }
  disk "data" {
    source = disk.d2
    paths  = 1
    target = "db_data"
  }
  npiv "a" {
    fabric = "A"
    slot   = 20
  }
  npiv "b" {
    fabric = "B"
    slot   = 21
  }
}
`

// plannedJSON and its parts are a plan in JSON, as far as the tests look at it.
type plannedChange struct {
	Path       string          `json:"path"`
	Before     json.RawMessage `json:"before"`
	After      json.RawMessage `json:"after"`
	Disruption string          `json:"disruption"`
	Why        string          `json:"why"`
}

type plannedStep struct {
	Action     string          `json:"action"`
	Address    string          `json:"address"`
	Disruption string          `json:"disruption"`
	Changes    []plannedChange `json:"changes"`
	Commands   []struct {
		Line    string `json:"line"`
		Purpose string `json:"purpose"`
	} `json:"commands"`
}

type plannedJSON struct {
	Steps []plannedStep `json:"steps"`
	Drift []struct {
		Path string `json:"path"`
		Text string `json:"text"`
	} `json:"drift"`
	Pending []struct {
		Path string `json:"path"`
	} `json:"pending"`
	Findings []json.RawMessage `json:"findings"`
}

// plan reads the plan as JSON.
func (s *site) plan() plannedJSON {
	s.t.Helper()
	out, rc := s.gantry("plan", "-json", "-allow-destroy", "9")
	if rc != 0 {
		text, _ := s.gantry("plan", "-commands", "-allow-destroy", "9")
		s.t.Fatalf("the plan is refused:\n%s", text)
	}
	var p plannedJSON
	if !strings.Contains(out, "{") {
		s.t.Fatal(out)
	}
	if err := json.NewDecoder(strings.NewReader(out[strings.Index(out, "{"):])).Decode(&p); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// paths are all attributes that the plan's steps change.
func (p plannedJSON) paths() []string {
	var out []string
	for _, st := range p.Steps {
		for _, c := range st.Changes {
			out = append(out, c.Path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p plannedJSON) drifted() []string {
	var out []string
	for _, d := range p.Drift {
		out = append(out, d.Path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// discovered is the world: what discovery says, and behind it what the console's own listings say, in which nothing is
// left out. The items of a list and the rows have no order of their own there.
func (s *site) discovered() string {
	s.t.Helper()
	var rows []string
	for _, m := range []string{"frame1", "frame2"} {
		for _, list := range []string{"lssyscfg -r lpar", "lssyscfg -r prof", "lshwres -r mem --level lpar", "lshwres -r proc --level lpar", "lshwres -r io --rsubtype slot",
			"lshwres -r virtualio --rsubtype eth --level lpar", "lshwres -r virtualio --rsubtype scsi --level lpar", "lshwres -r virtualio --rsubtype fc --level lpar"} {
			for _, row := range strings.Split(strings.TrimSpace(s.console(list+" -m "+m)), "\n") {
				words := strings.FieldsFunc(row, func(r rune) bool { return r == ',' || r == '"' })
				if list == "lssyscfg -r prof" {
					for i, w := range words { // a list begins with its name
						if name, item, ok := strings.Cut(w, "="); ok && strings.Contains(item, "/") {
							words[i] = name + "= " + item
						}
					}
					words = strings.Fields(strings.Join(words, " "))
				}
				rows = append(rows, m+" "+list+": "+strings.Join(sorted(words), " "))
			}
		}
	}
	return s.must("discover", "-json") + listings + strings.Join(sorted(rows), "\n")
}

const listings = "\nlistings of the console\n"

// discovery is the part of a world that discovery tells.
func discovery(world string) []byte {
	text, _, _ := strings.Cut(world, listings)
	return []byte(text)
}

// facts are the leaves of a discovery, one a line: kind, identity, path and value.
func facts(t tb, world string) map[string]bool {
	t.Helper()
	var inv struct {
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal(discovery(world), &inv); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(path+"."+k, x)
			}
		case []any:
			b, _ := json.Marshal(v)
			out[path+" = "+string(b)] = true
		default:
			out[fmt.Sprintf("%s = %v", path, v)] = true
		}
	}
	for _, o := range inv.Objects {
		for _, part := range []string{"value", "profile"} {
			walk(fmt.Sprintf("%v %v %s", o["kind"], o["id"], part), o[part])
		}
	}
	return out
}

// worldDiff are the facts that went, with a minus, and those that came, with a plus.
func worldDiff(t tb, before, after string) []string {
	t.Helper()
	a, b := facts(t, before), facts(t, after)
	var out []string
	for f := range a {
		if !b[f] {
			out = append(out, "- "+f)
		}
	}
	for f := range b {
		if !a[f] {
			out = append(out, "+ "+f)
		}
	}
	if len(out) == 0 {
		x, y := strings.Split(before, "\n"), strings.Split(after, "\n")
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				return []string{"- " + x[i], "+ " + y[i]}
			}
		}
	}
	slices.SortFunc(out, func(x, y string) int { return strings.Compare(x[2:]+x[:1], y[2:]+y[:1]) })
	return out
}

// sameWorld fails unless the two discoveries are the same bytes.
func (s *site) sameWorld(before, after string) {
	s.t.Helper()
	if before != after {
		s.t.Errorf("the world is not as it was:\n%s", strings.Join(worldDiff(s.t, before, after), "\n"))
	}
}

func richSite(t *testing.T, partitions string) *site {
	t.Helper()
	s := startSite(t, richScenario(t))
	s.write(estateHead(t) + partitions)
	return s
}

// hand is something that a person does on the console behind Gantry's back.
type hand struct {
	path  string   // the attribute that it changes, as the plan names it
	lines []string // what is typed on the console
	also  []string // what the console changes with it
	off   bool     // it can be done while the partition is off
	run   bool     // it can be done while the partition runs
}

func lparHand(path, attrs string) hand {
	return hand{path: path, run: true, off: true, lines: []string{`chsyscfg -r lpar -m frame1 -i "name=db,` + attrs + `"`}}
}

func profHand(path, attrs string, also ...string) hand {
	return hand{path: path, run: true, off: true, also: also, lines: []string{`chsyscfg -r prof -m frame1 -i "name=db,lpar_name=db,` + attrs + `"`}}
}

// name is what the row is called: the attribute, and what is typed.
func (h hand) name() string {
	typed := regexp.MustCompile(`(-m frame1|chsyscfg|name=db,|lpar_name=db,|\\|"|-i )`).ReplaceAllString(h.lines[0], "")
	return h.path + "_" + strings.Join(strings.Fields(strings.ReplaceAll(typed, "/", "|")), "_")
}

func runHand(path string, lines ...string) hand { return hand{path: path, run: true, lines: lines} }

func bothHand(path string, lines ...string) hand {
	return hand{path: path, run: true, off: true, lines: lines}
}

const onVIOS1 = "viosvrcmd -m frame1 -p f1vios1 -c "

// hands is every way in which an attribute of the partition "db" can be changed by hand.
func hands() []hand {
	return []hand{
		// the partition itself
		lparHand("name", "new_name=db2"),
		lparHand("description", "description=typed by hand"),
		lparHand("time_reference", "time_ref=1"),
		lparHand("availability_priority", "lpar_avail_priority=10"),
		lparHand("performance_collection", "allow_perf_collection=1"),
		lparHand("workload_group", "work_group_id=7"),
		lparHand("auto_start", "auto_start=0"),
		profHand("auto_start", "auto_start=0"),
		profHand("boot_mode", "boot_mode=sms"),
		bothHand("keylock", "chsysstate -r lpar -m frame1 -o chkey -n db -k manual"),
		runHand("state", "chsysstate -r lpar -m frame1 -o shutdown --immed -n db"),
		{path: "state", off: true, lines: []string{"chsysstate -r lpar -m frame1 -o on -n db -f db"}},
		profHand("max_virtual_slots", "max_virtual_slots=50"),
		profHand("connection_monitoring", "conn_monitoring=0"),
		profHand("redundant_error_path", "redundant_err_path_reporting=1"),
		// memory
		profHand("memory.minimum", "min_mem=1024"),
		profHand("memory.desired", "desired_mem=4096"),
		profHand("memory.maximum", "max_mem=32768"),
		profHand("memory.expansion", "mem_expansion=2"),
		profHand("memory.huge_pages.minimum", "min_num_huge_pages=1"),
		profHand("memory.huge_pages.desired", "desired_num_huge_pages=2"),
		profHand("memory.huge_pages.maximum", "max_num_huge_pages=3"),
		runHand("memory.desired", "chhwres -r mem -m frame1 -o r -p db -q 1024"),
		runHand("memory.desired", "chhwres -r mem -m frame1 -o a -p db -q 2048"),
		// processors
		profHand("processor.mode", "proc_mode=ded,sharing_mode=keep_idle_procs", "processor.sharing", "processor.units.minimum", "processor.units.desired", "processor.units.maximum", "processor.weight", "processor.pool"),
		profHand("processor.sharing", "sharing_mode=cap", "processor.weight"),
		profHand("processor.weight", "uncap_weight=64"),
		profHand("processor.units.minimum", "min_proc_units=0.2"),
		profHand("processor.units.desired", "desired_proc_units=0.55"),
		profHand("processor.units.maximum", "max_proc_units=1.5"),
		profHand("processor.virtual.minimum", "min_procs=2"),
		profHand("processor.virtual.desired", "desired_procs=3"),
		profHand("processor.virtual.maximum", "max_procs=6"),
		profHand("processor.pool", "shared_proc_pool_name=DefaultPool"),
		profHand("processor.compatibility", "lpar_proc_compat_mode=POWER9"),
		{path: "processor.sharing", run: true, also: []string{"processor.weight"}, lines: []string{"chhwres -r proc -m frame1 -o s -p db -a sharing_mode=cap"}},
		runHand("processor.weight", "chhwres -r proc -m frame1 -o s -p db -a uncap_weight=200"),
		runHand("processor.units.desired", "chhwres -r proc -m frame1 -o a -p db --procunits 0.35"),
		runHand("processor.virtual.desired", "chhwres -r proc -m frame1 -o r -p db --procs 1"),
		runHand("processor.pool", "chhwres -r proc -m frame1 -o s -p db -a shared_proc_pool_name=DefaultPool"),
		// Ethernet
		profHand("ethernet.en0", "virtual_eth_adapters-=4"),
		profHand("ethernet", "virtual_eth_adapters+=7/0/40//0/0/ETHERNET0"),
		profHand("ethernet.en0.network", `\"virtual_eth_adapters=\"\"4/1/40/20,30/0/0/ETHERNET0\"\"\"`),
		profHand("ethernet.en0.tagged", `virtual_eth_adapters=4/1/10/20/0/0/ETHERNET0`),
		profHand("ethernet.en0.switch", `\"virtual_eth_adapters=\"\"4/1/10/20,30/0/0/backnet\"\"\"`),
		runHand("ethernet.en0", "chhwres -r virtualio --rsubtype eth -m frame1 -o r -p db -s 4"),
		runHand("ethernet", "chhwres -r virtualio --rsubtype eth -m frame1 -o a -p db -s 8 -a ieee_virtual_eth=0,port_vlan_id=40"),
		runHand("ethernet.en0.network", "chhwres -r virtualio --rsubtype eth -m frame1 -o s -p db -s 4 -a port_vlan_id=40"),
		runHand("ethernet.en0.tagged", "chhwres -r virtualio --rsubtype eth -m frame1 -o s -p db -s 4 -a addl_vlan_ids+=40"),
		runHand("ethernet.en0.tagged", "chhwres -r virtualio --rsubtype eth -m frame1 -o s -p db -s 4 -a addl_vlan_ids-=20"),
		runHand("ethernet.en0.switch", "chhwres -r virtualio --rsubtype eth -m frame1 -o r -p db -s 4",
			`chhwres -r virtualio --rsubtype eth -m frame1 -o a -p db -s 4 -a "ieee_virtual_eth=1,port_vlan_id=10,vswitch=backnet,\"addl_vlan_ids=20,30\""`),
		// disks
		bothHand("disk.root.paths", onVIOS1+`"rmvdev -vtd vtscsi0"`),
		bothHand("disk.root", onVIOS1+`"rmvdev -vtd vtscsi0"`, `viosvrcmd -m frame1 -p f1vios2 -c "rmvdev -vtd vtscsi0"`),
		bothHand("disk.data", onVIOS1+`"rmvdev -vtd db_data"`),
		bothHand("disk", onVIOS1+`"mkvdev -vdev hdisk5 -vadapter vhost0 -dev by_hand"`),
		// both sides of the adapters
		profHand("connected", "virtual_scsi_adapters-=11"),
		profHand("connected", "virtual_fc_adapters-=21"),
		bothHand("connected", `chsyscfg -r prof -m frame1 -i "name=normal,lpar_name=f1vios1,virtual_scsi_adapters-=130"`),
		bothHand("connected", `chsyscfg -r prof -m frame1 -i "name=normal,lpar_name=f1vios1,virtual_fc_adapters-=131"`),
		bothHand("connected", onVIOS1+`"vfcmap -vadapter vfchost0 -fcp"`),
		runHand("connected", "chhwres -r virtualio --rsubtype fc -m frame1 -o r -p db -s 20"),
		runHand("connected", "chhwres -r virtualio --rsubtype scsi -m frame1 -o r -p db -s 11 --force"),
		// physical slots
		profHand("physical_slots", "io_slots-=21030012//0"),
		profHand("physical_slots", "io_slots+=21030013//0"),
		runHand("physical_slots", "chhwres -r io --rsubtype slot -m frame1 -o r -p db -l 21030012"),
		runHand("physical_slots", "chhwres -r io --rsubtype slot -m frame1 -o a -p db -l 21030013"),
	}
}

// becomes waits until the partition is off, or runs and has met the console.
func (s *site) becomes(state string) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		got := strings.TrimSpace(s.console("lssyscfg -r lpar -m frame1 --filter lpar_ids=3 -F state,rmc_state"))
		if state == "off" && strings.HasPrefix(got, "Not Activated") || state == "running" && got == "Running,active" {
			return
		}
	}
	s.t.Fatalf("the partition never came to be %s", state)
}

// oneByOne: GANTRY_PROPERTY=all makes the tables run one row at a time, which takes minutes; otherwise rows that do not
// touch each other go together.
var oneByOne = os.Getenv("GANTRY_PROPERTY") == "all"

// touching tells whether two rows are about the same attribute, or about the same adapters.
func touching(x, y []string) bool {
	for _, a := range x {
		for _, b := range y {
			if a == b || a == everything || b == everything || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".") {
				return true
			}
		}
	}
	return false
}

const everything = "*"

// whole are the paths that a row keeps others from.
func whole(path string, also []string) []string {
	block, _, _ := strings.Cut(path, ".")
	switch block {
	case "ethernet":
		return []string{"ethernet"}
	case "disk", "connected", "npiv":
		return []string{"disk"}
	case "name", "state":
		return []string{everything}
	}
	if path == "processor.mode" {
		return []string{"processor"}
	}
	return append([]string{path}, also...)
}

// together puts rows into groups that do not touch each other.
func together[T any](rows []T, paths func(T) []string) [][]T {
	var out [][]T
next:
	for _, r := range rows {
		for i := range out {
			if !oneByOne && !slices.ContainsFunc(out[i], func(x T) bool { return touching(paths(x), paths(r)) }) {
				out[i] = append(out[i], r)
				continue next
			}
		}
		out = append(out, []T{r})
	}
	return out
}

// started is a site with the estate applied and its partition running, or off after it ran.
func started(t *testing.T, partition, state string) *site {
	t.Helper()
	s := richSite(t, partition)
	s.must("apply", "-auto-approve")
	s.becomes("running")
	if state == "off" {
		s.edit(`"running"`, `"off"`)
		s.must("apply", "-auto-approve")
		s.becomes("off")
	}
	s.settled()
	return s
}

// What a person changes by hand is drift that names the attribute, and the next apply puts it right and changes nothing else.
//
// The full run, one attribute at a time: GANTRY_PROPERTY=all go test -run 'TestHMC(DriftOf|EditOf|Reconcile|Random)' -rapid.checks=200 ./cmd/gantry
func TestHMCDriftOfEveryAttribute(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"running", "off"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			rows := slices.DeleteFunc(hands(), func(h hand) bool { return state == "running" && !h.run || state == "off" && !h.off })
			var s *site
			var before string
			for _, group := range together(rows, func(h hand) []string { return whole(h.path, h.also) }) {
				if s == nil {
					s = started(t, full, state)
					before = s.discovered()
				}
				t.Run(group[0].name(), func(t *testing.T) {
					mine := s
					s, mine.t = nil, t // a row that fails leaves the next one a fresh site
					mine.drifts(group, state)
					mine.must("apply", "-auto-approve", "-allow-destroy", "9")
					mine.becomes(state)
					mine.sameWorld(before, mine.discovered())
					mine.settled()
					if !t.Failed() {
						s = mine
					}
				})
			}
		})
	}
}

// drifts types what the rows say and checks what the plan tells of it.
func (s *site) drifts(group []hand, state string) {
	s.t.Helper()
	mine := func(got string) bool {
		return slices.ContainsFunc(group, func(h hand) bool {
			block, _, _ := strings.Cut(h.path, ".")
			return got == h.path || slices.Contains(h.also, got) || h.path == block && strings.HasPrefix(got, block+".")
		})
	}
	for _, h := range group {
		for _, line := range h.lines {
			s.console(line)
		}
		if h.path == "state" {
			s.becomes(map[string]string{"running": "off", "off": "running"}[state])
		} else if state == "running" {
			s.becomes("running")
		}
	}
	p := s.plan()
	for _, h := range group {
		// That a whole item came or went is said of its block.
		block, _, _ := strings.Cut(h.path, ".")
		if !slices.Contains(p.drifted(), h.path) && !(slices.Contains(p.drifted(), block) && strings.Count(h.path, ".") == 1) {
			s.t.Errorf("drift names %q, not %s", p.drifted(), h.path)
		}
	}
	for _, got := range p.paths() {
		if !mine(got) {
			s.t.Errorf("the plan changes %s too", got)
		}
	}
}

// exactly applies the estate, and checks that the console was sent what plan -commands shows, no more and no fewer.
func (s *site) exactly(args ...string) string {
	s.t.Helper()
	planned := s.planned(args...)
	slices.Sort(planned) // the plan shows the steps by what is felt, not in their order
	before := len(s.lab.Log())
	out := s.must(append([]string{"apply", "-auto-approve"}, args...)...)
	var sent []string
	for _, e := range s.lab.Log()[before:] {
		if !readingLine.MatchString(e.Line) {
			sent = append(sent, e.Line)
		}
	}
	slices.Sort(sent)
	if !slices.Equal(planned, sent) {
		s.t.Errorf("planned:\n%s\n\nsent:\n%s", strings.Join(planned, "\n"), strings.Join(sent, "\n"))
	}
	return out
}

var readingLine = regexp.MustCompile(`^(export LANG|lssyscfg|lslparmigr|lshwres)`)

// edition is a change of one attribute in the file.
type edition struct {
	path     string   // as the plan names it
	old, new string   // what stands in the file, and what takes its place
	running  string   // what users notice while the partition runs: none, activation, refused
	also     []string // paths that change with it
	facts    string   // what else of the world changes, as a regular expression
	further  bool     // only in the full run
}

func change(path, old, new, running string) edition {
	return edition{path: path, old: old, new: new, running: running}
}

const en1 = "  ethernet \"en1\" {\n    network = network.admin\n    slot    = 5\n  }\n"

const npivC = "  npiv \"c\" {\n    fabric = \"A\"\n    slot   = 22\n  }\n"

const diskMore = "  disk \"more\" {\n    source = disk.d3\n  }\n"

// more marks a further value of an attribute, which only the full run tries.
func (x edition) more() edition {
	x.further = true
	return x
}

// editions is every attribute of the kind partition that an HMC has, changed in the file.
func editions() []edition {
	adapters := `vios\.f1vios\d\.|adapters\.slot|fibre_channel\.|npiv\.slot|mapped_to|disk 1 |disk uid:`
	list := []edition{
		change("name", "  system                 = system.f1", "  name                   = \"db2\"\n  system                 = system.f1", "none"),
		change("description", `"payroll"`, `"pay roll; 2nd (#3) 'x' $HOME ~"`, "none").more(),
		change("description", `"payroll"`, `""`, "none"),
		change("auto_start", "auto_start             = true", "auto_start             = false", "none"),
		change("time_reference", "time_reference         = false", "time_reference         = true", "none"),
		change("boot_mode", `boot_mode              = "norm"`, `boot_mode              = "dd"`, "activation"),
		change("keylock", `keylock                = "norm"`, `keylock                = "manual"`, "none"),
		change("availability_priority", "priority  = 120", "priority  = 12", "none"),
		change("max_virtual_slots", "slots      = 40", "slots      = 64", "activation"),
		change("performance_collection", "performance_collection = false", "performance_collection = true", "none"),
		change("connection_monitoring", "connection_monitoring  = true", "connection_monitoring  = false", "activation"),
		change("redundant_error_path", "redundant_error_path   = false", "redundant_error_path   = true", "activation"),
		change("workload_group", `workload_group         = "none"`, `workload_group         = "9"`, "none"),
		change("physical_slots", `["21030012"]`, `["21030012", "21030013"]`, "none"),
		change("physical_slots", `["21030012"]`, `["21030013"]`, "none").more(),
		change("physical_slots", `["21030012"]`, `[]`, "none").more(),
		change("memory.minimum", `minimum    = "2GiB"`, `minimum    = "4GiB"`, "activation"),
		change("memory.desired", `desired    = "8GiB"`, `desired    = "12GiB"`, "none"),
		change("memory.desired", `desired    = "8GiB"`, `desired    = "3GiB"`, "none").more(),
		change("memory.maximum", `maximum    = "16GiB"`, `maximum    = "32GiB"`, "activation"),
		change("memory.expansion", "expansion  = 1.5", "expansion  = 2.25", "activation"),
		change("memory.expansion", "expansion  = 1.5", "expansion  = 0", "activation").more(),
		change("memory.huge_pages.minimum", "minimum = 0 # huge pages", "minimum = 1 # huge pages", "activation"),
		change("memory.huge_pages.desired", "desired = 1 # huge pages", "desired = 2 # huge pages", "activation"),
		change("memory.huge_pages.maximum", "maximum = 2 # huge pages", "maximum = 3 # huge pages", "activation"),
		{path: "processor.sharing", old: "    sharing = \"uncapped\"\n    weight  = 128\n", new: "    sharing = \"capped\"\n", running: "none", also: []string{"processor.weight"}, facts: `processor\.weight`},
		change("processor.weight", "weight  = 128", "weight  = 200", "none"),
		change("processor.units.minimum", "minimum = 0.1 # units", "minimum = 0.25 # units", "activation"),
		change("processor.units.desired", "desired = 0.4 # units", "desired = 1.15 # units", "none"),
		change("processor.units.desired", "desired = 0.4 # units", "desired = 0.13 # units", "none").more(),
		change("processor.units.maximum", "maximum = 2 # units", "maximum = 3.5 # units", "activation"),
		change("processor.virtual.minimum", "minimum = 1 # virtual", "minimum = 2 # virtual", "activation"),
		change("processor.virtual.desired", "desired = 2 # virtual", "desired = 3 # virtual", "none"),
		change("processor.virtual.maximum", "maximum = 4 # virtual", "maximum = 8 # virtual", "activation"),
		change("processor.pool", `pool          = "batch"`, `pool          = "DefaultPool"`, "none"),
		change("processor.compatibility", `compatibility = "POWER8"`, `compatibility = "default"`, "activation"),
		change("ethernet.en0.network", "network = network.prod", "network = network.admin", "none"),
		change("ethernet.en0.tagged", "[network.backup, network.web]", "[network.backup, network.web, network.admin]", "none"),
		change("ethernet.en0.tagged", "[network.backup, network.web]", "[network.web]", "none").more(),
		change("ethernet.en0.tagged", "[network.backup, network.web]", "[]", "none").more(),
		change("ethernet.en0.switch", `"ETHERNET0"`, `"backnet"`, "none"),
		{path: "ethernet.en1", old: "  disk \"root\" {", new: en1 + "  disk \"root\" {", running: "none", facts: `ethernet\.slot5`},
		{path: "disk.data.paths", old: "    paths  = 1\n", new: "    paths  = 2\n", running: "none", facts: adapters + `|value\.disk\.`},
		{path: "disk.more", old: "  npiv \"a\" {", new: diskMore + "  npiv \"a\" {", running: "none", facts: adapters + `|value\.disk\.`},
		{path: "npiv.c", old: "  npiv \"a\" {", new: npivC + "  npiv \"a\" {", running: "none", facts: adapters},
	}
	dedicated := edition{path: "processor.mode", running: "activation", also: []string{"processor.sharing"}, facts: `processor\.`}
	_, rest, _ := strings.Cut(full, "    mode    = \"shared\"")
	body, _, _ := strings.Cut(rest, "    compatibility")
	dedicated.old, dedicated.new = "    mode    = \"shared\""+body, "    mode    = \"dedicated\"\n    sharing = \"share_idle_procs_active\"\n    virtual = { minimum = 1, desired = 2, maximum = 4 }\n"
	return slices.DeleteFunc(append(list, dedicated), func(x edition) bool { return x.further && !oneByOne })
}

// An attribute that is changed in the file is named by the plan with what users notice; the apply changes it and nothing
// else, with the commands that were shown; going back brings the world back.
func TestHMCEditOfEveryAttribute(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"running", "restart", "off"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			state := strings.Replace(mode, "restart", "running", 1)
			var s *site
			var before string
			rows := slices.DeleteFunc(editions(), func(x edition) bool { return mode == "restart" && x.running != "activation" && !oneByOne })
			for _, group := range together(rows, func(x edition) []string { return append(whole(x.path, x.also), "text "+x.old) }) {
				if s == nil {
					text := full
					if mode == "restart" {
						text = strings.Replace(full, "  auto_start  ", "  restart = \"allowed\"\n  auto_start  ", 1)
					}
					s = started(t, text, state)
					before = s.discovered()
				}
				t.Run(strings.ReplaceAll(group[0].path+"_"+group[0].new, "/", "|"), func(t *testing.T) {
					mine := s
					s, mine.t = nil, t // a row that fails leaves the next one a fresh site
					mine.editions(group, mode, state, before)
					if !t.Failed() {
						s = mine
					}
				})
			}
		})
	}
}

// editions makes the changes of the rows in the file, applies them, and takes them back.
func (s *site) editions(group []edition, mode, state, before string) {
	s.t.Helper()
	from := len(s.lab.Log())
	for _, x := range group {
		s.edit(x.old, x.new)
	}
	felt, known := map[string]string{}, map[string]bool{"state": true}
	for _, st := range s.plan().Steps {
		for _, c := range st.Changes {
			felt[c.Path] = c.Disruption
		}
	}
	for _, x := range group {
		want := x.running
		if mode == "restart" && want == "activation" && !slices.Contains([]string{"boot_mode", "connection_monitoring", "redundant_error_path"}, x.path) {
			want = "restart"
		}
		if mode == "off" {
			want = "none"
		}
		if got := felt[x.path]; got != want {
			s.t.Errorf("%s is felt as %q, not %q", x.path, got, want)
		}
		known[x.path] = true
		for _, p := range x.also {
			known[p] = true
		}
	}
	for p := range felt {
		if !known[p] {
			s.t.Errorf("the plan changes %s too", p)
		}
	}
	s.exactly()
	s.becomes(state)
	s.settled()
	after := s.discovered()
	if after == before {
		s.t.Error("nothing has changed")
	}
	for _, f := range worldDiff(s.t, before, after) {
		if !slices.ContainsFunc(group, func(x edition) bool { return x.touches(f, mode) }) {
			s.t.Errorf("changed too: %s", f)
		}
	}
	for _, x := range group {
		s.edit(x.new, x.old)
	}
	s.exactly("-allow-destroy", "9")
	s.becomes(state)
	s.settled()
	s.sameWorld(before, s.discovered())
	for _, e := range s.lab.Log()[from:] {
		if strings.HasPrefix(e.Line, "rmsyscfg") || strings.HasPrefix(e.Line, "mksyscfg") {
			s.t.Errorf("sent %s", e.Line)
		}
	}
}

// touches tells whether a fact of the world is one that the edition may change.
func (x edition) touches(fact, mode string) bool {
	path := strings.SplitN(fact, " ", 3)[1:]
	text := strings.Join(path, " ")
	own := regexp.QuoteMeta(x.path)
	if block, rest, ok := strings.Cut(x.path, ".en0."); ok {
		own = block + `\.slot4\.(mac|` + rest + `)`
	}
	// What the system has left, and which network is used, follows from it.
	all := `/db2? (value|profile)\.(` + own + `|holds_|physical_slots)|system .*value\.(memory|processor|physical_slots|processor_pools|virtual_switches)`
	if x.facts != "" {
		all += "|" + x.facts
	}
	if x.path == "name" {
		all += "|db2?"
	}
	if mode == "restart" {
		all += `|compatibility_now`
	}
	return regexp.MustCompile(all).MatchString(text)
}

// Random estates.

// drawEstate draws partitions that are legal on the two frames.
func drawEstate(rt *rapid.T) string {
	e := &drawer{rt: rt, disks: []string{"d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"}, slots: []string{"21030012", "21030013"}}
	var text strings.Builder
	for i := range rapid.IntRange(1, 3).Draw(rt, "partitions") {
		text.WriteString(e.partition(fmt.Sprintf("p%d", i)))
	}
	return text.String()
}

type drawer struct {
	rt    *rapid.T
	disks []string // that nobody has yet
	slots []string // physical ones on f1
	macs  int
}

func (e *drawer) n(from, to int, what string) int { return rapid.IntRange(from, to).Draw(e.rt, what) }
func (e *drawer) yes(what string) bool            { return rapid.Bool().Draw(e.rt, what) }
func (e *drawer) one(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(e.rt, what)
}

// rising draws three numbers in order.
func (e *drawer) rising(from, to int, what string) [3]int {
	a := e.n(from, to, what+" minimum")
	b := e.n(a, to, what+" desired")
	return [3]int{a, b, e.n(b, to, what+" maximum")}
}

func (e *drawer) partition(label string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	env := e.one("environment", "aixlinux", "aixlinux", "aixlinux", "os400", "vioserver")
	system := e.one("system", "f1", "f1", "f2")
	line("system = system.%s", system)
	if env != "aixlinux" || e.yes("says environment") {
		line("environment = %q", env)
	}
	if suffix := e.one("name", "", "", " x", ";y", ".z", "#1", ":c", "~t", "@h", "^u", " - {a} + b"); suffix != "" {
		line("name = %q", label+suffix)
	}
	if e.yes("has an id") {
		line("id = %d", 20+10*int(label[1]-'0')+e.n(0, 9, "id"))
	}
	if odd := e.one("description", "-", "", "payroll", "it's 5 o'clock", "$HOME `ls` $(id) | & ; < > * ? [a] {b} #c ~ !d %e ^f", "two  blanks and a colon: semi;colon / slash"); odd != "-" {
		line("description = %s", hclQuote(odd))
	}
	running := false
	if env != "vioserver" {
		if state := e.one("state", "running", "off", "-"); state != "-" {
			line("state = %q", state)
			running = state == "running"
		}
	} else if e.yes("mover") {
		line("mover = true")
	}
	for _, flag := range []string{"auto_start", "time_reference", "performance_collection", "connection_monitoring", "redundant_error_path"} {
		if v := e.one(flag, "-", "true", "false"); v != "-" {
			line("%s = %s", flag, v)
		}
	}
	if env == "aixlinux" {
		modes := []string{"-", "norm", "dd", "ds"}
		if !running {
			modes = append(modes, "sms", "of") // where nobody boots
		}
		if v := e.one("boot mode", modes...); v != "-" {
			line("boot_mode = %q", v)
		}
	}
	if v := e.one("keylock", "-", "norm", "manual"); v != "-" {
		line("keylock = %q", v)
	}
	if v := e.one("workload group", "-", "none", "1", "255"); v != "-" {
		line("workload_group = %q", v)
	}
	if e.yes("has a priority") {
		line("availability_priority = %d", e.n(0, 255, "priority"))
	}
	if e.yes("has a maximum of slots") {
		line("max_virtual_slots = %d", e.n(90, 200, "maximum of slots"))
	}
	b.WriteString(e.memory(env))
	b.WriteString(e.processor())
	taken := map[int]bool{}
	slot := func(what string) int {
		for {
			if n := e.n(2, 79, what); !taken[n] {
				taken[n] = true
				return n
			}
		}
	}
	declared := e.yes("declares slots") // all or none, so that no default meets one
	if e.yes("has a slots scheme") {
		if declared {
			line("slots {\n    scsi         = 80\n    server_first = %d\n    server_step  = %d\n  }", e.n(50, 300, "first server slot"), e.n(4, 20, "step"))
		} else {
			line("slots {\n    ethernet      = %d\n    scsi          = %d\n    fibre_channel = %d\n    server_first  = %d\n    server_step   = %d\n  }",
				e.n(2, 9, "first ethernet"), e.n(14, 20, "first scsi"), e.n(30, 40, "first fc"), e.n(50, 300, "first server slot"), e.n(4, 20, "step"))
		}
	} else if declared {
		line("slots {\n    scsi = 80\n  }")
	}
	nets := []string{"prod", "backup", "web", "admin"}
	for i := range e.n(0, 3, "ethernet adapters") {
		net := e.one("network", nets...)
		nets = slices.DeleteFunc(slices.Clone(nets), func(n string) bool { return n == net })
		line("ethernet \"en%d\" {\n    network = network.%s", i, net)
		var tags []string
		for _, n := range []string{"prod", "backup", "web", "admin"} {
			if n != net && e.yes("tags "+n) {
				tags = append(tags, "network."+n)
			}
		}
		if len(tags) > 0 {
			line("  tagged = [%s]", strings.Join(tags, ", "))
		}
		if declared {
			line("  slot = %d", slot("ethernet slot"))
		}
		if e.yes("has a MAC") {
			e.macs++
			line("  mac = \"0A5566%04XFE\"", e.macs) // the lab takes one that ends in its slot for its own
		}
		if v := e.one("switch", "-", "ETHERNET0", "backnet"); v != "-" {
			line("  switch = %q", v)
		}
		line("}")
	}
	if env != "vioserver" {
		for i := range min(e.n(0, 3, "disks"), len(e.disks)) {
			d := e.one("disk", e.disks...)
			e.disks = slices.DeleteFunc(slices.Clone(e.disks), func(n string) bool { return n == d })
			line("disk \"k%d\" {\n    source = disk.%s", i, d)
			if v := e.n(0, 2, "paths"); v > 0 {
				line("  paths = %d", v)
			}
			if e.yes("has a target") {
				line("  target = \"t_%s_%d\"", label, i)
			}
			line("}")
		}
		for i := range e.n(0, 3, "npiv adapters") {
			line("npiv \"v%d\" {\n    fabric = %q", i, e.one("fabric", "A", "B"))
			if declared {
				line("  slot = %d", slot("npiv slot"))
			}
			if e.yes("has port names") {
				e.macs++
				line("  wwpns = [\"c050760000%06x\", \"c050760000%06x\"]", e.macs*2, e.macs*2+1)
			}
			line("}")
		}
	}
	if system == "f1" && len(e.slots) > 0 && e.yes("has a physical slot") {
		line("physical_slots = [%q]", e.slots[0])
		e.slots = e.slots[1:]
	}
	return "partition \"" + label + "\" {\n" + b.String() + "}\n\n"
}

func (e *drawer) memory(env string) string {
	m := e.rising(1, 64, "memory")
	text := fmt.Sprintf("  memory {\n    minimum = %d\n    desired = \"%dMiB\"\n    maximum = %d\n", m[0]*256, m[1]*256, m[2]*256)
	if e.yes("memory mode") {
		text += "    mode = \"dedicated\"\n"
	}
	if env == "aixlinux" {
		if v := e.one("expansion", "-", "0", "1", "1.25", "2.5", "10"); v != "-" {
			text += "    expansion = " + v + "\n"
		}
	}
	if env != "vioserver" && e.yes("huge pages") {
		h := e.rising(0, 2, "huge pages")
		text += fmt.Sprintf("    huge_pages = { minimum = %d, desired = %d, maximum = %d }\n", h[0], h[1], h[2])
	}
	return text + "  }\n"
}

func (e *drawer) processor() string {
	if e.one("processors", "shared", "shared", "dedicated") == "dedicated" {
		v := e.rising(1, 3, "processors")
		return fmt.Sprintf("  processor {\n    mode = \"dedicated\"\n    sharing = %q\n    virtual = { minimum = %d, desired = %d, maximum = %d }\n  }\n",
			e.one("sharing", "keep_idle_procs", "share_idle_procs", "share_idle_procs_active", "share_idle_procs_always"), v[0], v[1], v[2])
	}
	v := e.rising(1, 8, "virtual")
	a := e.n(v[0]*5, v[0]*20, "minimum units")
	b := e.n(max(a, v[1]*5), max(a, v[1]*30), "desired units")
	b = min(b, v[1]*100)
	c := e.n(max(b, v[2]*5), max(b, v[2]*100), "maximum units")
	text := fmt.Sprintf("  processor {\n    mode = \"shared\"\n    units = { minimum = %g, desired = %g, maximum = %g }\n    virtual = { minimum = %d, desired = %d, maximum = %d }\n",
		float64(a)/100, float64(b)/100, float64(c)/100, v[0], v[1], v[2])
	if e.yes("capped") {
		text += "    sharing = \"capped\"\n"
	} else {
		text += "    sharing = \"uncapped\"\n"
		if e.yes("has a weight") {
			text += fmt.Sprintf("    weight = %d\n", e.n(0, 255, "weight"))
		}
	}
	if v := e.one("pool", "-", "DefaultPool", "batch"); v != "-" {
		text += "    pool = \"" + v + "\"\n"
	}
	if v := e.one("compatibility", "-", "default", "POWER8", "POWER9_base"); v != "-" {
		text += "    compatibility = \"" + v + "\"\n"
	}
	return text + "  }\n"
}

func hclQuote(s string) string {
	return `"` + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s) + `"`
}

// quiet waits until no partition is on its way up or down and every one that runs with an adapter has met the console.
func (s *site) quiet() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		moving := false
		for _, m := range []string{"frame1", "frame2"} {
			eth := s.console("lshwres -r virtualio --rsubtype eth --level lpar -m " + m + " -F lpar_id")
			for _, l := range strings.Fields(strings.ReplaceAll(s.console("lssyscfg -r lpar -m "+m+" -F lpar_id,state,rmc_state"), " ", "_")) {
				f := strings.Split(l, ",")
				moving = moving || f[1] == "Starting" || f[1] == "Shutting_Down" ||
					f[1] == "Running" && f[2] != "active" && slices.Contains(strings.Fields(eth), f[0])
			}
		}
		if !moving {
			return
		}
	}
	s.t.Fatal("the partitions never settle")
}

// acknowledged are the options that accept every warning of a plan; an error of it fails the test.
func (s *site) acknowledged(args ...string) []string {
	s.t.Helper()
	out, _ := s.gantry(append([]string{"plan", "-json"}, args...)...)
	var p struct {
		Findings []struct {
			Severity, Code, Address, Detail string
		} `json:"findings"`
	}
	i := strings.Index(out, "{")
	if i < 0 {
		s.t.Fatalf("no plan:\n%s\n%s", out, s.read())
	}
	if err := json.NewDecoder(strings.NewReader(out[i:])).Decode(&p); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range p.Findings {
		switch f.Severity {
		case "error":
			s.t.Fatalf("%s %s: %s\n%s", f.Code, f.Address, f.Detail, s.read())
		case "warning":
			args = append(args, "-acknowledge", f.Code+"="+f.Address)
		}
	}
	return args
}

// asDiscovered declares every partition of the estate as discovery found it, with all that can be declared.
func (s *site) asDiscovered(world string) string {
	s.t.Helper()
	var inv struct {
		Objects []struct {
			Kind  string         `json:"kind"`
			Value map[string]any `json:"value"`
		} `json:"objects"`
	}
	if err := json.Unmarshal(discovery(world), &inv); err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for _, o := range inv.Objects {
		name, _ := o.Value["name"].(string)
		if o.Kind != "partition" || strings.HasPrefix(name, "f") {
			continue
		}
		label, _, _ := strings.Cut(strings.FieldsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })[0], " ")
		if state := o.Value["state"]; state != "running" && state != "off" {
			delete(o.Value, "state")
		}
		if o.Value["environment"] == "vioserver" {
			delete(o.Value, "state") // it is not Gantry's to stop
		}
		fmt.Fprintf(&out, "partition %q {\n", label)
		writeAttributes(&out, kinds.Partition().Attributes, o.Value)
		out.WriteString("}\n\n")
	}
	return out.String()
}

func writeAttributes(w *strings.Builder, attrs []schema.Attribute, v map[string]any) {
	for i := range attrs {
		a := &attrs[i]
		x, ok := v[a.Name]
		if a.Name == "fabric" {
			x, ok = map[any]string{"fcs0": "A", "fcs1": "B"}[v["port"]], true
		}
		if a.Computed || !ok || a.Policy && a.Name != "fabric" {
			continue
		}
		switch {
		case a.Nesting == schema.LabelledBlock:
			items := x.(map[string]any)
			for _, l := range slices.Sorted(maps.Keys(items)) {
				fmt.Fprintf(w, "%s %q {\n", a.Name, strings.NewReplacer(":", "_", "/", "_").Replace(l))
				writeAttributes(w, a.Attributes, items[l].(map[string]any))
				w.WriteString("}\n")
			}
		case a.Nesting == schema.Block:
			fmt.Fprintf(w, "%s {\n", a.Name)
			writeAttributes(w, a.Attributes, x.(map[string]any))
			w.WriteString("}\n")
		case a.Type == schema.ObjectType:
			fmt.Fprintf(w, "%s = {\n", a.Name)
			writeAttributes(w, a.Attributes, x.(map[string]any))
			w.WriteString("}\n")
		default:
			fmt.Fprintf(w, "%s = %s\n", a.Name, literal(a, x))
		}
	}
}

// literal writes a value; references are those of estateHead.
func literal(a *schema.Attribute, x any) string {
	switch x := x.(type) {
	case []any:
		var items []string
		for _, e := range x {
			items = append(items, literal(a, e))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case string:
		switch {
		case a.RefKind == "system":
			return map[string]string{"9009-42A*78A1F10": "system.f1", "9009-42A*78A1F20": "system.f2"}[x]
		case a.RefKind == "network":
			return map[string]string{"vlan:10": "network.prod", "vlan:20": "network.backup", "vlan:30": "network.web", "vlan:40": "network.admin"}[x]
		case a.RefKind == "disk":
			return "disk.d" + x[strings.Index(x, "04214503")-1:][:1]
		}
		return hclQuote(x)
	}
	b, _ := json.Marshal(x)
	return string(b)
}

// Whatever is declared: what was applied needs no second apply, what discovery says of it can be declared in its place,
// and destroy leaves the frames as they were found.
func TestHMCRandomEstates(t *testing.T) {
	t.Parallel()
	checks(t, 4)
	rapid.Check(t, func(rt *rapid.T) {
		estate := drawEstate(rt)
		s := richSite(t, "")
		defer func() { _ = s.lab.Close() }()
		s.t = rt
		s.must("apply", "-auto-approve")
		before := s.discovered()
		s.write(s.read() + estate)
		s.exactly(s.acknowledged()...)
		s.quiet()
		s.nothingToDo("applied")
		found := s.discovered()
		head, _, _ := strings.Cut(s.read(), "partition \"")
		s.write(head + s.asDiscovered(found))
		s.nothingToDo("declared as discovered")
		s.must(append([]string{"destroy", "-auto-approve"}, s.acknowledged("-destroy", "-allow-destroy", "3")[1:]...)...)
		s.sameWorld(before, s.discovered())
	})
}

// checks makes a property run a number of times unless -rapid.checks says otherwise.
func checks(t *testing.T, n int) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// nothingToDo fails unless the plan is empty.
func (s *site) nothingToDo(when string) {
	s.t.Helper()
	if out := s.must("plan", "-commands"); !strings.Contains(out, "The estate is as declared") {
		s.t.Fatalf("%s, the plan is not empty:\n%s\n%s", when, out, s.read())
	}
}

// bare declares nothing that the running configuration and the profile can differ in.
const bare = `partition "db" {
  system = system.f1
  state  = "running"
  disk "root" {
    source = disk.d1
  }
}
`

// values are what a discovery says of an attribute of the partition, in force and in its profile.
func values(known map[string]bool, path string) (run, profile string) {
	for f := range known {
		if v, ok := strings.CutPrefix(f, "partition 9009-42A*78A1F10/db value."+path+" = "); ok {
			run = v
		}
		if v, ok := strings.CutPrefix(f, "partition 9009-42A*78A1F10/db profile."+path+" = "); ok {
			profile = v
		}
	}
	return run, profile
}

// Where the running configuration and the profile differ and nothing is declared, reconcile says which is right; without
// it the difference is told and left.
func TestHMCReconcile(t *testing.T) {
	t.Parallel()
	var rows []hand
	for _, h := range hands() {
		dual := strings.HasPrefix(h.path, "memory.") || strings.HasPrefix(h.path, "processor.") || h.path == "physical_slots"
		if dual && h.run && h.path != "processor.mode" { // which changes what the others are
			rows = append(rows, h)
		}
	}
	for _, policy := range []string{"running", "profile", ""} {
		t.Run("policy "+policy, func(t *testing.T) {
			t.Parallel()
			text := bare
			if policy != "" {
				text = strings.Replace(bare, "  disk", "  reconcile = \""+policy+"\"\n  disk", 1)
			}
			var s *site
			for _, group := range together(rows, func(h hand) []string { return whole(h.path, h.also) }) {
				if s == nil {
					s = started(t, full, "running")
					s.write(estateHead(t) + text)
					s.must("apply", "-auto-approve", "-allow-destroy", "9")
					s.becomes("running")
					s.settled()
				}
				t.Run(group[0].name(), func(t *testing.T) {
					mine := s
					s, mine.t = nil, t
					for _, h := range group {
						for _, l := range h.lines {
							mine.console(l)
						}
					}
					type pair struct{ run, profile string }
					was := map[string]pair{}
					known := facts(t, mine.discovered())
					for _, h := range group {
						r, p := values(known, h.path)
						if r == p {
							t.Fatalf("%s is %s in both", h.path, r)
						}
						was[h.path] = pair{r, p}
					}
					plan := mine.plan()
					waiting := map[string]bool{}
					for _, x := range plan.Pending {
						waiting[x.Path] = true
					}
					for _, h := range group {
						if told := slices.Contains(plan.drifted(), h.path); policy == "" && (!told || len(plan.Steps) > 0) {
							t.Errorf("%s is not told, or not left: %q, %q", h.path, plan.drifted(), plan.paths())
						}
						if policy != "" && !slices.Contains(plan.paths(), h.path) && !waiting[h.path] {
							t.Errorf("%s is neither changed nor waiting: %q", h.path, plan.paths())
						}
					}
					mine.exactly()
					mine.becomes("running")
					known = facts(t, mine.discovered())
					for _, h := range group {
						r, p := values(known, h.path)
						want := was[h.path]
						switch {
						case policy == "running":
							want.profile = want.run
						case policy == "profile" && !waiting[h.path]:
							want.run = want.profile
						}
						if r != want.run || p != want.profile {
							t.Errorf("%s was %v and is {%s %s}, not %v", h.path, was[h.path], r, p, want)
						}
					}
					// The next rows begin with no difference, and where these began.
					mine.console("mksyscfg -r prof -o save -m frame1 -p db -n db --force")
					mine.write(estateHead(t) + full)
					mine.must("apply", "-auto-approve")
					mine.write(estateHead(t) + text)
					mine.must("apply", "-auto-approve", "-allow-destroy", "9")
					mine.settled()
					if !t.Failed() {
						s = mine
					}
				})
			}
		})
	}
}

// An import takes over what there is, whatever somebody typed before, and from then on a change by hand is drift.
func TestHMCImportAdoptsEveryAttribute(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"running", "off"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := started(t, full, state)
			before := s.discovered()
			rows := slices.DeleteFunc(hands(), func(h hand) bool {
				return state == "running" && !h.run || state == "off" && !h.off || slices.Contains(whole(h.path, nil), everything)
			})
			group := together(rows, func(h hand) []string { return whole(h.path, h.also) })[0]
			s.drifts(group, state)
			changed := s.discovered()
			s.must("state", "rm", "partition.db")
			s.write(estateHead(t) + "partition \"db\" {\n  system = system.f1\n}\n\nimport {\n  to = partition.db\n}\n")
			p := s.plan()
			if len(p.Steps) != 1 || p.Steps[0].Action != "adopt" || len(p.paths()) > 0 {
				t.Errorf("the plan is %+v", p.Steps)
			}
			s.exactly()
			s.settled()
			s.sameWorld(changed, s.discovered())
			// What is recorded is what there is.
			b, err := os.ReadFile(filepath.Join(s.dir, "gantry.state.json"))
			if err != nil {
				t.Fatal(err)
			}
			var found any
			if err := json.Unmarshal(discovery(changed), &found); err != nil {
				t.Fatal(err)
			}
			for _, o := range found.(map[string]any)["objects"].([]any) {
				if o := o.(map[string]any); o["id"] == "9009-42A*78A1F10/db" {
					for _, part := range []string{"value", "profile"} {
						want, _ := json.Marshal(o[part])
						var compact bytes.Buffer
						if err := json.Compact(&compact, b); err != nil {
							t.Fatal(err)
						}
						if !strings.Contains(compact.String(), string(want)) {
							t.Errorf("the state has not the %s\n%s", part, want)
						}
					}
				}
			}
			// Put back by hand, each of them is drift, which nobody corrects: nothing is declared.
			s.write(estateHead(t) + full)
			if state == "off" {
				s.edit(`"running"`, `"off"`)
			}
			s.must("apply", "-auto-approve", "-allow-destroy", "9")
			s.becomes(state)
			s.sameWorld(before, s.discovered())
			s.drifts(group, state)
		})
	}
}

// The power of a partition, and its end.
func TestHMCLifeAndPower(t *testing.T) {
	t.Parallel()
	s := richSite(t, "")
	s.must("apply", "-auto-approve")
	empty := s.discovered()
	text := estateHead(t) + strings.Replace(full, "  description ", "  lifecycle {\n    prevent_destroy = false\n  }\n  description ", 1)
	s.write(text)
	s.exactly()
	s.becomes("running")
	s.settled()
	running := s.discovered()

	s.edit(`"running"`, `"off"`)
	s.says(s.must("plan"), "1 stop", "outage")
	s.exactly()
	s.becomes("off")
	s.settled()
	s.edit(`"off"`, `"running"`)
	s.says(s.must("plan"), "1 start")
	s.exactly()
	s.becomes("running")
	s.settled()
	s.sameWorld(running, s.discovered())

	// Nothing is declared about its state: it is neither stopped nor started.
	s.edit("  state                  = \"running\"\n", "")
	s.settled()
	s.console("chsysstate -r lpar -m frame1 -o shutdown --immed -n db")
	s.becomes("off")
	s.settled()
	// Adapters that go while it is off are not said to be lost when it starts.
	en0, _, _ := strings.Cut(full[strings.Index(full, "  ethernet \"en0\""):], "  disk")
	s.edit(en0, "")
	one := "  npiv \"b\" {\n    fabric = \"B\"\n    slot   = 21\n  }\n"
	s.edit(one, en1)
	s.exactly("-allow-destroy", "9")
	s.settled()
	s.write(strings.Replace(s.read(), "  description ", "  state = \"running\"\n  description ", 1))
	s.exactly("-allow-destroy", "9")
	s.becomes("running")
	s.settled()

	// Its end needs leave, and prevent_destroy forbids it.
	kept := s.read()
	s.edit("prevent_destroy = false", "prevent_destroy = true")
	s.must("apply", "-auto-approve")
	s.write(estateHead(t))
	s.says(s.mustNot("plan", "-allow-destroy", "9"), "prevent_destroy")
	s.write(kept)
	s.must("apply", "-auto-approve")
	s.write(estateHead(t))
	s.says(s.mustNot("apply", "-auto-approve"), "-allow-destroy 1")
	s.exactly("-allow-destroy", "1")
	s.sameWorld(empty, s.discovered())

	// Without a management connection the power would be cut: that is a warning first.
	alone := strings.Replace(bare, "  disk", "  memory {\n    minimum = \"1GiB\"\n    desired = \"1GiB\"\n    maximum = \"1GiB\"\n  }\n  processor {\n    mode    = \"dedicated\"\n    sharing = \"keep_idle_procs\"\n    virtual = { minimum = 1, desired = 1, maximum = 1 }\n  }\n  disk", 1)
	s.write(estateHead(t) + alone)
	s.exactly()
	s.settled()
	s.edit(`"running"`, `"off"`)
	s.says(s.mustNot("apply", "-auto-approve"), "power-cut", "partition.db")
	s.exactly("-acknowledge", "power-cut=partition.db")
	s.settled()
	// It waits in the SMS menu when it is told to, which is as declared.
	s.edit(`"off"`, "\"running\"\n  boot_mode = \"sms\"")
	s.says(s.exactly(), "waits in Open Firmware")
	s.says(s.must("plan"), "The estate is as declared")
}

// What a kind of partition cannot have is refused by the plan, which names it, and nothing is sent.
func TestHMCRefusesWhatItMust(t *testing.T) {
	t.Parallel()
	s := richSite(t, "")
	s.must("apply", "-auto-approve")
	before := s.discovered()
	base := func(env, inside string) string {
		return fmt.Sprintf("partition \"x\" {\n  system = system.f1\n  environment = %q\n  memory {\n    minimum = 1024\n    desired = 1024\n    maximum = 2048\n%%s  }\n  processor {\n    mode = \"shared\"\n    sharing = \"uncapped\"\n    units = { minimum = 0.1, desired = 0.1, maximum = 1 }\n    virtual = { minimum = 1, desired = 1, maximum = 1 }\n  }\n%s}\n", env, inside)
	}
	plain := func(env, inside string) string { return fmt.Sprintf(base(env, inside), "") }
	for _, x := range []struct{ name, text, says string }{
		{"no sharing", strings.Replace(plain("aixlinux", ""), "    sharing = \"uncapped\"\n", "", 1), "processor.sharing"},
		{"no maximum", strings.Replace(plain("os400", ""), "    maximum = 2048\n", "", 1), "memory.maximum"},
		{"mover on AIX", plain("aixlinux", "  mover = true\n"), "mover"},
		{"mover on IBM i", plain("os400", "  mover = true\n"), "mover"},
		{"disk of a VIOS", plain("vioserver", "  disk \"root\" {\n    source = disk.d1\n  }\n"), "disk"},
		{"npiv of a VIOS", plain("vioserver", "  npiv \"a\" {\n    fabric = \"A\"\n  }\n"), "npiv"},
		{"expansion of IBM i", fmt.Sprintf(base("os400", ""), "    expansion = 1.5\n"), "memory.expansion"},
		{"expansion of a VIOS", fmt.Sprintf(base("vioserver", ""), "    expansion = 1.5\n"), "memory.expansion"},
		{"memory not in regions", strings.Replace(plain("aixlinux", ""), "desired = 1024", "desired = 1100", 1), "256"},
		{"minimum above desired", strings.Replace(plain("aixlinux", ""), "minimum = 1024", "minimum = 2048", 1), "minimum"},
		{"too few units", strings.Replace(plain("aixlinux", ""), "virtual = { minimum = 1, desired = 1, maximum = 1 }", "virtual = { minimum = 1, desired = 4, maximum = 4 }", 1), "units"},
		{"dedicated sharing", strings.Replace(plain("aixlinux", ""), `"uncapped"`, `"keep_idle_procs"`, 1), "keep_idle_procs is for dedicated processors"},
		{"slot beyond the maximum", plain("aixlinux", "  max_virtual_slots = 10\n  ethernet \"en0\" {\n    network = network.prod\n    slot = 12\n  }\n"), "max_virtual_slots"},
		{"the same slot twice", plain("aixlinux", "  ethernet \"en0\" {\n    network = network.prod\n    slot = 12\n  }\n  ethernet \"en1\" {\n    network = network.web\n    slot = 12\n  }\n"), "slot"},
		{"a fabric of nobody", plain("aixlinux", "  npiv \"a\" {\n    fabric = \"C\"\n  }\n"), "fabric"},
		{"more paths than servers", plain("aixlinux", "  disk \"root\" {\n    source = disk.d1\n    paths = 3\n  }\n"), "paths"},
		{"a slot that is not there", plain("aixlinux", "  physical_slots = [\"21FFFFFF\"]\n"), "21FFFFFF"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s.t = t
			s.write(estateHead(t) + x.text)
			from := len(s.lab.Log())
			s.says(s.mustNot("apply", "-auto-approve"), x.says)
			for _, e := range s.lab.Log()[from:] {
				if !readingLine.MatchString(e.Line) {
					t.Errorf("sent %s", e.Line)
				}
			}
		})
	}
	s.t = t
	// A Virtual I/O Server that runs is not stopped, and not deleted either.
	s.write(estateHead(t) + plain("vioserver", "  state = \"running\"\n"))
	s.must("apply", "-auto-approve")
	s.edit(`"running"`, `"off"`)
	s.says(s.mustNot("plan"), "Virtual I/O Server", "state")
	s.write(estateHead(t))
	s.says(s.mustNot("plan", "-allow-destroy", "1"), "Virtual I/O Server")
	s.console("chsysstate -r lpar -m frame1 -o shutdown --immed -n x")
	for s.console("lssyscfg -r lpar -m frame1 --filter lpar_names=x -F state") != "Not Activated\n" {
		time.Sleep(time.Millisecond)
	}
	s.exactly("-allow-destroy", "1")
	s.sameWorld(before, s.discovered())
}

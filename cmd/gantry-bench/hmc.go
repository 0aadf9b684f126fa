package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/hmc"
	"github.com/gantry-power/gantry/providers/lab"
	"github.com/gantry-power/gantry/providers/lpar"
)

// commandDelay is what every command takes in the measurement of many systems.
const commandDelay = 300 * time.Millisecond

// hmcCommands counts what discovery sends to an HMC for one system with few and with many partitions, and times it for
// fifty systems under one, two and five consoles.
func hmcCommands() error {
	fmt.Printf("\nCommands to discover a system with two Virtual I/O Servers under an HMC:\n\n| partitions | for the console | for the system | for each Virtual I/O Server |\n|---|---|---|---|\n")
	for _, parts := range []int{1, 20, 100} {
		inv, log, _, err := discoverHMC(1, 1, parts, 0)
		if err != nil {
			return err
		}
		vios, system, console := 0, 0, 0
		for _, e := range log {
			switch {
			case strings.Contains(e, "viosvrcmd"):
				vios++
			case strings.Contains(e, " -m "):
				system++
			default:
				console++
			}
		}
		fmt.Printf("| %d | %d | %d | %d |\n", len(inv.Of("partition"))-2, console, system, vios/2)
	}
	fmt.Printf("\nDiscovery of 50 systems with two Virtual I/O Servers and four partitions each, %s a command:\n\n| consoles | commands | seconds |\n|---|---|---|\n", commandDelay)
	for _, consoles := range []int{1, 2, 5} {
		_, log, took, err := discoverHMC(consoles, 50, 4, commandDelay)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %d | %.1f |\n", consoles, len(log), took.Seconds())
	}
	return nil
}

// discoverHMC discovers systems, each under one of the consoles, and returns what the consoles ran. A delay is real time.
func discoverHMC(consoles, systems, partitions int, delay time.Duration) (*planner.Inventory, []string, time.Duration, error) {
	fail := func(err error) (*planner.Inventory, []string, time.Duration, error) { return nil, nil, 0, err }
	dir, err := os.MkdirTemp("", "gantry-bench-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	sc, err := lab.Parse([]byte(hmcScenario(consoles, systems, partitions)), "bench.hcl")
	if err != nil {
		return fail(err)
	}
	speed := 1000.0
	if delay > 0 {
		speed = 1
	}
	l, err := lab.Start(sc, lab.Options{Dir: dir, Speed: speed})
	if err != nil {
		return fail(err)
	}
	defer l.Close()
	if delay > 0 {
		if err := l.Inject(lab.Fault{Action: lab.FaultLate, Command: "^(lssyscfg|lshwres|lslparmigr|viosvrcmd|lshmc)", Delay: lab.Duration(delay), Times: 1 << 30}); err != nil {
			return fail(err)
		}
	}
	var b strings.Builder
	for c := range consoles {
		fmt.Fprintf(&b, "provider \"hmc\" \"h%d\" {\n  host = \"h%d\"\n  user = \"hscroot\"\n}\n", c, c)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(b.String()), 0o644); err != nil {
		return fail(err)
	}
	e, list := config.Load(dir, config.Options{Catalogue: kinds.Catalogue(), Endpoint: kinds.Endpoint(), ProviderTypes: []string{"hmc"}})
	if list.HasErrors() {
		return fail(list.Err())
	}
	os.Setenv("GANTRY_SSH_CONFIG", l.SSHConfig())
	r := &run.Run{Catalogue: e.Catalogue, Providers: map[string]providers.Provider{"hmc": hmc.New(&lpar.Registry{})}, Estate: e}
	begin := time.Now()
	d, err := r.Discover(context.Background())
	took := time.Since(begin)
	r.Close()
	if err != nil {
		return fail(err)
	}
	for _, st := range d.Inventory.Endpoints {
		if st.Error != "" || len(st.Unread) > 0 {
			return fail(fmt.Errorf("%s %v", st.Error, st.Unread))
		}
	}
	if n := len(d.Inventory.Of("system")); n != systems {
		return fail(fmt.Errorf("%d systems found instead of %d", n, systems))
	}
	// A request joins several commands; each counts.
	var log []string
	for _, e := range l.Log() {
		for _, line := range strings.Split(e.Line, "; ") {
			if word := strings.Fields(line)[0]; word != "export" && word != "echo" {
				log = append(log, line)
			}
		}
	}
	return d.Inventory, log, took, nil
}

// hmcScenario is a number of systems under HMCs, with two Virtual I/O Servers and the given number of partitions each.
func hmcScenario(consoles, systems, partitions int) string {
	var b strings.Builder
	b.WriteString("lab {\n  speed   = 1000\n  latency = 0\n}\n") // the delay of the measurement is a fault's
	of := make([][]string, consoles)
	for s := range systems {
		of[s%consoles] = append(of[s%consoles], fmt.Sprintf("%q", fmt.Sprintf("s%d", s)))
		for d := range partitions {
			fmt.Fprintf(&b, "lun \"l%d_%d\" {\n  wwpn      = \"5005076810%06X\"\n  id        = \"%04X000000000000\"\n  size_mb   = 10240\n  unique_id = \"33213600507680%06X%06X04214503IBMfcp\"\n}\n", s, d, s, d+1, s, d)
		}
		fmt.Fprintf(&b, "system \"s%d\" {\n  name       = \"frame%d\"\n  type_model = \"9009-42A\"\n  serial     = \"78%05X\"\n  memory_mb  = 4194304\n  firmware_mb = 8192\n  region_mb  = 256\n  processors = 128\n  min_units_per_virtual_processor = 0.05\n  compat_modes = [\"default\", \"POWER8\", \"POWER9\"]\n  max_partitions = 400\n", s, s, s)
		for v := 1; v <= 2; v++ {
			fmt.Fprintf(&b, "  vios \"s%dv%d\" {\n    id     = %d\n    level  = \"3.1.4.21\"\n    msp    = true\n    memory = [4096, 8192, 16384]\n    units  = [0.5, 1, 2]\n    procs  = [1, 2, 4]\n    max_slots = 2000\n    fc \"fcs0\" {\n      location = \"U78D3.001.WZS%04d-P1-C%d-T1\"\n      wwpn     = \"10000090FA%03X%03X\"\n      npiv     = true\n      san      = \"A\"\n    }\n    luns = [", s, v, v, s, v, s, v)
			for d := range partitions {
				fmt.Fprintf(&b, "\"l%d_%d\", ", s, d)
			}
			fmt.Fprintf(&b, "]\n    ethernet \"ent0\" {\n      location = \"U78D3.001.WZS%04d-P1-C%d-T2\"\n    }\n    ethernet \"ent4\" {\n      slot  = 2\n      vlan  = 10\n      trunk = %d\n    }\n    sea \"ent6\" {\n      real    = \"ent0\"\n      virtual = [\"ent4\"]\n      vlan    = 10\n    }\n  }\n", s, v+4, v)
		}
		for p := range partitions {
			fmt.Fprintf(&b, "  partition \"s%dp%d\" {\n    id     = %d\n    memory = [1024, 2048, 4096]\n    units  = [0.1, 0.1, 1]\n    procs  = [1, 1, 2]\n    ethernet {\n      slot = 4\n      vlan = 10\n    }\n", s, p, p+3)
			for v := 1; v <= 2; v++ {
				fmt.Fprintf(&b, "    vscsi {\n      slot        = %d\n      server_id   = %d\n      server_slot = %d\n      disk \"hdisk%d\" {\n        vtd = \"vt%d\"\n      }\n    }\n", 9+v, v, 100+p, p, p)
			}
			b.WriteString("  }\n")
		}
		b.WriteString("}\n")
	}
	for c := range consoles {
		fmt.Fprintf(&b, "hmc \"h%d\" {\n  systems = [%s]\n  user \"hscroot\" {\n    password = \"abc123\"\n  }\n}\n", c, strings.Join(of[c], ", "))
	}
	return b.String()
}

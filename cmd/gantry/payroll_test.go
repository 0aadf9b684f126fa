package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-power/gantry/providers/lab"
)

// The payroll: a cluster on partitions of four frames.
func newPayroll(t *testing.T) *site {
	t.Helper()
	scenario, err := os.ReadFile("../../examples/payroll/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile("../../examples/payroll/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, scenario)
	s.write(string(main))
	return s
}

// place changes the system of a partition.
func (s *site) place(partition, from, to string) {
	s.t.Helper()
	old := "partition \"" + partition + "\" {\n  system = system." + from
	s.edit(old, strings.Replace(old, "system."+from, "system."+to, 1))
}

// From three bare hosts to two groups that are online, by one apply; then storage grows from the LUN to the filesystem in one plan.
func TestPayrollGrows(t *testing.T) {
	t.Parallel()
	s := newPayroll(t)
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on("db01", haUtilities+"clRGinfo -s"), "payroll:ONLINE:db01", "web:ONLINE:db02")
	s.says(s.on("db02", "mount"), "/payroll/everywhere") // the cross mount

	main := s.read()
	for _, p := range []string{"db01", "db02", "dr01"} {
		disks := ""
		for _, d := range []string{"repository", "repository_backup", "data", "web", "more"} {
			disks += "  disk \"" + d + "\" {\n    source = disk." + d + "\n  }\n"
		}
		i := strings.Index(main, "partition \""+p+"\" {\n")
		end := i + strings.Index(main[i:], "\n}\n")
		main = main[:end] + "\n  disk \"root\" {\n    source = disk.root[\"" + p + "\"]\n  }\n" + disks + main[end+1:]
	}
	main += "\ndisk \"more\" {\n  lun = { wwpn = \"5005076810114C3D\", id = \"8000000000000\" }\n  shared = true\n}\n"
	for _, d := range []string{"repository", "repository_backup", "data", "web"} {
		main = strings.Replace(main, "disk \""+d+"\" {\n  lun ", "disk \""+d+"\" {\n  shared = true\n  lun ", 1)
	}
	main = strings.Replace(strings.Replace(main, "[disk.data]", "[disk.data, disk.more]", 1), `"8GiB"`, `"30GiB"`, 1)
	s.write(main)
	s.says(s.must("plan", "-commands"), "mkvdev -vdev hdisk8", "cfgmgr", `ADD=$(lspv | awk '$2 == "00f78a1f0000beef" { print $1 }')`, "cli_chfs -a size=30720M /payroll/data", "nobody is stopped")
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on("db01", "df -g /payroll/data"), "30.00")
}

// A node moves alone, behind a look at its cluster, with its groups as the cluster declares; never onto the frame of another one.
func TestPayrollMigrations(t *testing.T) {
	t.Parallel()
	s := newPayroll(t)
	s.must("apply", "-auto-approve")
	groups := func() {
		t.Helper()
		s.says(s.on("db01", haUtilities+"clRGinfo -s"), "payroll:ONLINE:db01", "web:ONLINE:db02")
		s.says(s.on("db01", haUtilities+"clmgr query cluster"), `STATE="STABLE"`)
	}
	s.place("db02", "f2", "f1")
	s.says(s.mustNot("plan"), "HA-42", "db01 and db02 of cluster.payroll")
	s.place("db02", "f1", "f3")
	s.says(s.must("plan"), "resource_group.web stay managed", "HA-47")
	s.must("apply", "-auto-approve")
	s.settled()
	groups()

	s.edit(`  heartbeat  = "unicast"`, "  heartbeat  = \"unicast\"\n  during_migration = \"unmanage\"")
	s.place("db02", "f3", "f2")
	s.says(s.mustNot("plan", "-commands"), "stop at db02", "clmgr offline node db02 WHEN=now MANAGE=unmanage", "start at db02", "HA-46")
	s.accepting("HA-46")
	s.settled()
	groups()

	s.edit(`during_migration = "unmanage"`, `during_migration = "move"`)
	s.place("db02", "f2", "f3")
	s.says(s.mustNot("plan"), "move aside", "move back", "RG-43", "db02 -> db01", "db01 -> db02")
	s.accepting("RG-43")
	s.settled()
	groups()

	// Two at once, where one goes where the other one comes from: at some moment they could meet.
	s.place("db02", "f3", "f2")
	s.place("db01", "f1", "f3")
	out, _ := s.gantry("plan")
	s.says(out, "2 live migrations", "HA-42")
}

// The night that a node dies: its group is taken over; the plan speaks of nothing but the node that is silent and of where the
// group is; when its partition runs again, one apply starts its services and, where somebody agrees, moves the group back.
func TestPayrollTakeover(t *testing.T) {
	t.Parallel()
	s := newPayroll(t)
	s.must("apply", "-auto-approve")
	s.console("chsysstate -r lpar -m frame1 -o shutdown -n db01 --immed")
	s.until("db02", haUtilities+"clRGinfo -s payroll", "payroll:ONLINE:db02")
	out := s.mustNot("plan")
	s.says(out, "error console-silent aix.payroll/db01", "Asked for: 1 move.", "db02 -> db01", "Refused: 1 error")
	if strings.Contains(out, "db02/datavg") || strings.Contains(out, "resource_group.web ") {
		t.Error(out)
	}
	s.console("chsysstate -r lpar -m frame1 -o on -n db01 -f db01")
	s.until("hmc1", "lssyscfg -r lpar -m frame1 --filter lpar_names=db01 -F rmc_state", "active")
	s.says(s.mustNot("plan"), "start at db01", "Held: 1 warning")
	s.accepting("RG-43")
	s.settled()
	s.says(s.on("db02", haUtilities+"clRGinfo -s"), "payroll:ONLINE:db01", "web:ONLINE:db02")

	// Nothing goes to a node that lost the link which it needs, and no node moves while a path of the heartbeat is down.
	if err := s.lab.Inject(lab.Fault{Action: "interface-down", Console: "db02", Interface: "en0"}); err != nil {
		t.Fatal(err)
	}
	s.until("db02", "lscluster -i | grep state", "DOWN")
	s.edit("  on              = host.db01", "  on              = host.db02")
	s.says(s.mustNot("plan", "-acknowledge", "RG-43=*"), "error RG-42", "whose interface en0 on net_ether_01 is down")
	s.edit("  critical        = true\n  on              = host.db02", "  critical        = true\n  on              = host.db01")
	s.place("db01", "f1", "f3")
	s.says(s.mustNot("plan"), "error HA-44 partition.db01", "en0 of db02 is down")
	s.place("db01", "f3", "f1")
	if err := s.lab.Inject(lab.Fault{Action: "interface-up", Console: "db02", Interface: "en0"}); err != nil {
		t.Fatal(err)
	}
	s.until("db02", "lscluster -i | grep -c DOWN || true", "0")

	// A definition and a place in one plan: what is defined waits for what is defined, and what moves for all of it.
	s.edit("  fallback      = \"never\"\n  service_ips   = [\"payroll-web\"]", "  fallback      = \"higher-priority\"\n  service_ips   = [\"payroll-web\"]")
	s.edit("  on              = host.db01", "  on              = host.db02")
	s.accepting("RG-43", "HA-35", "RG-13")
	s.says(s.must("plan"), "Nothing to do")
	s.says(s.on("db02", haUtilities+"clRGinfo -s"), "payroll:ONLINE:db02", "web:ONLINE:db02")
}

// A path of the heartbeat that goes away while a node moves: the move is recorded, its step says what is not as before, and
// nothing else of the plan is done.
func TestPayrollHeartbeatAfterMove(t *testing.T) {
	t.Parallel()
	s := newPayroll(t)
	s.must("apply", "-auto-approve")
	s.place("db02", "f2", "f3")
	if err := s.lab.Inject(lab.Fault{Console: "hmc1", Command: "migrlpar -o m", Action: lab.FaultLate, Delay: lab.Duration(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		out  string
		code int
	}
	done := make(chan answer)
	go func() {
		out, code := s.gantry("apply", "-auto-approve")
		done <- answer{out, code}
	}()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(s.dir, "*.journal"))
		b, _ := os.ReadFile(strings.Join(files, ""))
		if strings.Contains(string(b), "migrate:partition.db02") || strings.Contains(string(b), `"migrate"`) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the migration has not begun")
		}
	}
	if err := s.lab.Inject(lab.Fault{Action: "interface-down", Console: "db01", Interface: "en1"}); err != nil {
		t.Fatal(err)
	}
	a := <-done
	if a.code == 0 {
		t.Error(a.out)
	}
	s.says(a.out, "The cluster is not as before the move", "interfaces.en1.state of db01 was", "partition.db02 has moved, which is recorded")
	s.says(s.console("lssyscfg -r lpar -m frame3 -F name"), "db02")
	if err := s.lab.Inject(lab.Fault{Action: "interface-up", Console: "db01", Interface: "en1"}); err != nil {
		t.Fatal(err)
	}
	s.until("db01", "lscluster -i | grep -c DOWN || true", "0")
	s.settled()
}

// An evacuation across layers: while the node's partition can migrate it takes its resource group and its workload partition along, with one
// pause; where it stays, the workload partition relocates running, and only the group is stopped here and started there.
func TestPayrollEvacuation(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../examples/payroll/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	scenario := string(b)
	for _, h := range []string{"db01", "dr01"} {
		i := strings.Index(scenario, "host \""+h+"\" {\n") + len("host \""+h+"\" {\n")
		scenario = scenario[:i] + "  software = [\"mcr.rte\"]\n  mounted \"/nfs/mobility\" {\n    dev  = \"/scratch/mobility\"\n    vfs  = \"nfs4\"\n    node = \"files\"\n  }\n" + scenario[i:]
	}
	mounts, exports := "", ""
	for dir, path := range map[string]string{"/": "root", "/home": "home", "/tmp": "tmp", "/var": "var"} {
		mounts += "  mount \"" + dir + "\" {\n    type = \"nfs\"\n    server = \"files\"\n    path = \"/scratch/" + path + "\"\n  }\n"
		exports += "  export \"/scratch/" + path + "\" {}\n"
	}
	s := startSite(t, []byte(scenario+"\nnfs_server \"files\" {\n  address = \"10.1.10.200\"\n  export \"/scratch/mobility\" {}\n"+exports+"}\n"))
	main, err := os.ReadFile("../../examples/payroll/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write(string(main) + "\nwpar \"report\" {\n  host = host.db01\n  state = \"running\"\n  checkpointable = true\n  network {\n    interface = \"en0\"\n    address = \"10.1.10.210\"\n    netmask = \"255.255.255.0\"\n  }\n" + mounts +
		"  mobility {\n    reason = \"maintenance\"\n    directory = \"/nfs/mobility\"\n  }\n}\n")
	s.must("apply", "-auto-approve")

	out, _ := s.gantry("plan", "-evacuate", "system.f1")
	s.says(out, "moves      partition.db01", "along      resource_group.payroll", "with partition.db01: the migration pauses it; moving the group would stop what is in it", "along      wpar.report", "WPAR-27")

	s.edit("partition \"db01\" {\n", "partition \"db01\" {\n  mobility {\n    mode = \"never\"\n  }\n")
	out, _ = s.gantry("plan", "-evacuate", "system.f1")
	s.says(out, "1 to move live", "1 by a move of their group", "moves      resource_group.payroll", "group move", "db01 -> db02", "moves      wpar.report", "db01 -> dr01", "because partition.db01 stays: Its mobility.mode is \"never\"", "stays      partition.db01", "RG-43")
	s.must("plan", "-evacuate", "system.f1", "-write", "-acknowledge", "RG-43=*", "-acknowledge", "left-behind=*", "-acknowledge", "RG-14=*", "-acknowledge", "RG-42=*")
	s.accepting("RG-43")
	s.settled()
	s.says(s.on("db02", haUtilities+"clRGinfo -s"), "payroll:ONLINE:db02")
	s.says(s.on("dr01", "lswpar -cq -a name,state"), "report:A")
	out, _ = s.gantry("plan", "-return", "system.f1")
	s.says(out, "moves      resource_group.payroll", "db02 -> db01", "moves      wpar.report", "dr01 -> db01")
}

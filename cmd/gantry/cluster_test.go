package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-power/gantry/providers/lab"
)

// Two bare nodes and what becomes a cluster of them.
func newCluster(t *testing.T) *site {
	t.Helper()
	scenario, err := os.ReadFile("testdata/cluster/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile("testdata/cluster/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, scenario)
	s.write(string(main))
	return s
}

const haUtilities = "/usr/es/sbin/cluster/utilities/"

// accepting is an apply that takes the warnings about what is felt.
func (s *site) accepting(rules ...string) string {
	s.t.Helper()
	args := []string{"apply", "-auto-approve"}
	for _, r := range rules {
		args = append(args, "-acknowledge", r+"=*")
	}
	return s.must(args...)
}

func (s *site) groupOn(node string) {
	s.t.Helper()
	s.says(s.on("db01", haUtilities+"clRGinfo -s"), "payroll:ONLINE:"+node+":")
}

// From two bare hosts to a stable cluster with its resource group online, by one apply; what was shown was sent; the second one
// has nothing to do; the group moves with its outage announced; and destroy leaves no cluster.
func TestClusterFromBareHosts(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	plan := s.must("plan", "-commands")
	from := len(s.lab.Log())
	s.must("apply", "-auto-approve")
	var shown, sent []string
	for _, m := range regexp.MustCompile(`(?m)^ +aix\.payroll/db0[12] change +(.*?)(?:   # .*)?$`).FindAllStringSubmatch(plan, -1) {
		shown = append(shown, m[1])
	}
	for _, e := range s.lab.Log()[from:] {
		if !strings.HasPrefix(e.Line, "export LC_ALL=C; ") {
			sent = append(sent, e.Line)
		}
	}
	slices.Sort(shown)
	slices.Sort(sent)
	if !slices.Equal(shown, sent) {
		t.Errorf("shown:\n%s\n\nsent:\n%s", strings.Join(shown, "\n"), strings.Join(sent, "\n"))
	}
	s.settled()
	s.groupOn("db01")
	s.says(s.on("db01", "lssrc -ls clstrmgrES"), "Current state: ST_STABLE")
	s.says(s.on("db01", "mount"), "/payroll/data")
	s.says(s.on("db01", "ifconfig -a"), "10.1.2.10")
	for _, h := range []string{"db01", "db02"} {
		s.says(s.on(h, haUtilities+"clmgr query cluster"), `STATE="STABLE"`, `UNSYNCED_CHANGES="false"`)
	}

	s.edit("  on            = host.db01", "  on            = host.db02")
	s.says(s.mustNot("plan"), "outage", "> resource_group.payroll", "db01 -> db02", "RG-43", "payroll-svc", "Held")
	s.says(s.mustNot("apply", "-auto-approve"), "RG-43")
	s.groupOn("db01")
	s.accepting("RG-43")
	s.groupOn("db02")
	s.settled()

	s.says(s.must("show", "-document", "cluster.payroll"), "# Cluster payroll", "| Release | 7.2 |", "| db01 | NORMAL | ST_STABLE |", "| payroll-svc | service | 10.1.2.10 | net_ether_01 |", "/opt/payroll/check.sh", "3321360050768000000000000000000204214503IBMfcp", "/payroll/data")

	s.says(s.mustNot("destroy", "-auto-approve"), "destroy-budget")
	s.must("destroy", "-auto-approve", "-allow-destroy", "9", "-acknowledge", "RG-43=*", "-acknowledge", "HA-35=*", "-acknowledge", "HA-37=*")
	if out := s.on("db01", haUtilities+"clmgr query cluster; lspv"); strings.Contains(out, "CLUSTER_NAME") || strings.Contains(out, "datavg") || strings.Contains(out, "caavg_private") {
		t.Errorf("left behind:\n%s", out)
	}
}

// Every attribute that can change is found to differ, and is made so: an apply later there is nothing to do.
func TestClusterChanges(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.must("apply", "-auto-approve")
	for _, c := range []struct{ old, new, says string }{
		{`  heartbeat  = "unicast"`, "  heartbeat  = \"unicast\"\n  settings {\n    failure_detection = \"60s\"\n    grace_period = \"20s\"\n    settling_time = \"30s\"\n    lpm_policy = \"unmanage\"\n    daily_verification = false\n  }", "HEARTBEAT_FREQUENCY=60"},
		{"  service_ip \"payroll-svc\" {", "  service_ip \"web-svc\" {\n    network = \"net_ether_01\"\n    address = \"10.1.2.11\"\n  }\n  service_ip \"payroll-svc\" {", "add service_ip web-svc"},
		{`["payroll-svc"]`, `["payroll-svc", "web-svc"]`, `SERVICE_LABEL=payroll-svc,web-svc`},
		{`  stop    = "/opt/payroll/stop.sh"`, "  stop    = \"/opt/payroll/stop.sh\"\n  startup_mode = \"foreground\"", "STARTUP_MODE=foreground"},
		{`    interval         = "60s"`, `    interval         = "30s"`, "MONITORINTERVAL=30"},
		{"  monitor \"payroll_check\" {", "  monitor \"pay_other\" {\n    type = \"custom\"\n    method = \"/opt/payroll/check.sh\"\n    interval = \"120s\"\n    stabilization = \"90s\"\n    restarts = 1\n    restart_interval = \"10m\"\n    hung_signal = 15\n    on_failure = \"notify\"\n  }\n  monitor \"payroll_check\" {", "add application_monitor pay_other"},
		{`  fallback      = "never"`, "  fallback      = \"higher-priority\"\n  fallback_timer {\n    name    = \"night\"\n    weekday = \"sunday\"\n    hour    = 3\n    minute  = 30\n  }", "DAY_OF_WEEK=0"},
		{"    hour    = 3", "    hour    = 4", "modify fallback_timer night DAY_OF_WEEK=0 HOUR=4 MINUTE=30"},
		{`  startup       = "first-available"`, `  startup       = "home-node"`, "STARTUP=OHN"},
		{`  size         = "4GiB"`, `  size         = "6GiB"`, "size=6144M"},
	} {
		s.edit(c.old, c.new)
		out, _ := s.gantry("plan", "-commands") // some of them are held until somebody agrees
		s.says(out, c.says)
		s.accepting("HA-35", "RG-14", "RG-15", "RG-17", "MON-09", "RG-13", "RG-01", "HA-45")
		s.says(s.must("plan"), "Nothing to do")
	}
	s.groupOn("db01")
	// And back: what is left out goes.
	s.write(regexp.MustCompile(`(?s)  monitor "pay_other" \{.*?\n  \}\n`).ReplaceAllString(s.read(), ""))
	out, _ := s.gantry("plan", "-commands")
	s.says(out, "delete application_monitor pay_other")
	s.accepting("HA-35", "RG-14", "RG-15", "RG-17", "MON-09", "RG-13", "RG-01", "HA-45")
	s.says(s.must("plan"), "Nothing to do")
}

// An estate in the old words and its translation are the same.
func TestClusterStyles(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.must("apply", "-auto-approve")
	policies := "  startup       = \"first-available\"\n  fallover      = \"next-priority\"\n  fallback      = \"never\"\n"
	for _, style := range []string{
		"  style = \"cascading\"\n  inactive_takeover = true\n  without_fallback = true\n",
		"  style = \"rotating\"\n",
		"  style = \"custom\"\n" + policies,
	} {
		main := s.read()
		s.edit(policies, style)
		s.says(s.must("plan"), "Nothing to do")
		s.write(main)
	}
	for style, says := range map[string]string{
		"  style = \"rotating\"\n  inactive_takeover = true\n":                                 "inactive_takeover is of cascading groups",
		"  style = \"rotating\"\n  fallback = \"never\"\n":                                     "fallback and style = \"rotating\" say the same twice",
		"  style = \"concurrent\"\n  priority {\n    policy = \"cpu\"\n  }\n":                  "has no dynamic node priority",
		"  startup = \"home-node\"\n  fallover = \"next-priority\"\n":                          "does not say its fallback policy",
		strings.Replace(policies, "next-priority", "nowhere", 1):                               "\"nowhere\" is not one of its values",
		strings.Replace(policies, "\"first-available\"", "\"all-available\"", 1):               "RG-10",
		policies + "  fallback_timer {\n    name = \"n\"\n    hour = 1\n    minute = 0\n  }\n": "RG-16",
	} {
		main := s.read()
		s.edit(policies, style)
		s.says(s.mustNot("plan"), says)
		s.write(main)
	}
}

// What a release lacks is refused with the reason, and so is what the nodes do not run.
func TestClusterReleases(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.edit(`version    = "7.2"`, `version    = "6.1"`)
	s.says(s.mustNot("validate"), "up to 6.1", "have no repository")
	s.edit(`version    = "6.1"`, `version    = "7.1"`)
	s.says(s.mustNot("plan"), "HA-14", "7.2.7")
	s.edit(`version    = "7.1"`, `version    = "7.2"`)
	s.edit("  network \"net_ether_01\" {", "  network \"net_hb\" {\n    type = \"diskhb\"\n    disk = disk.data\n  }\n  network \"net_ether_01\" {")
	s.says(s.mustNot("validate"), "net_hb is of the type diskhb, which exists up to 6.1")
}

// A name that a host knows with another address is never changed.
func TestClusterNameTaken(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.on("db02", "echo 10.9.9.9 payroll-svc >> /etc/hosts")
	s.says(s.mustNot("plan"), "NET-33", "payroll-svc is 10.9.9.9 in /etc/hosts of db02", "never changed")
}

// A definition that somebody changed on another node is not overwritten; what an apply left half done is finished.
func TestClusterDisagreement(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.must("apply", "-auto-approve")
	s.on("db02", haUtilities+"clmgr modify cluster GRACE_PERIOD=25")
	s.edit(`    interval         = "60s"`, `    interval         = "45s"`)
	s.says(s.mustNot("plan"), "HA-31", "db02")
	s.on("db02", haUtilities+"clmgr modify cluster GRACE_PERIOD=10")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultFail, Console: "db01", Command: "clmgr sync cluster"}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("apply", "-auto-approve", "-acknowledge", "HA-35=*"), "clmgr sync cluster")
	s.says(s.must("plan", "-acknowledge", "HA-35=*"), "synchronise", "1 synchronisation")
	s.accepting("HA-35")
	s.says(s.must("plan"), "Nothing to do")
}

// Each command of an apply on the cluster fails, or its connection is lost before or after it took effect: the next applies end
// where the first one was to.
func TestClusterFaultAtEveryCommand(t *testing.T) {
	t.Parallel()
	commands := []string{"refresh -s clcomd", "chdev -l hdisk1 -a pv=yes", "clmgr add cluster", "clmgr delete network", "clmgr add network", "clmgr add interface db02 ", "clmgr add service_ip", "clmgr verify cluster", "clmgr sync cluster",
		"clmgr add volume_group", "varyonvg datavg", "clmgr add file_system", "clmgr add application_controller", "clmgr add application_monitor", "clmgr add resource_group", "varyoffvg datavg", "clmgr online cluster"}
	if os.Getenv("GANTRY_FULL") == "" {
		commands = []string{"clmgr add interface db02 ", "clmgr sync cluster", "clmgr add file_system", "clmgr online cluster"}
	}
	for _, command := range commands {
		for _, action := range []string{lab.FaultFail, lab.FaultDropAfter, lab.FaultDropBefore} {
			t.Run(fmt.Sprintf("%s/%s", command, action), func(t *testing.T) {
				t.Parallel()
				s := newCluster(t)
				if err := s.lab.Inject(lab.Fault{Action: action, Console: "db01", Command: command}); err != nil {
					t.Fatal(err)
				}
				out, code := s.gantry("apply", "-auto-approve")
				if code == 0 && action == lab.FaultFail {
					t.Fatalf("%s failed, and the apply did not:\n%s", command, out)
				}
				for range 3 {
					if out, code = s.gantry("apply", "-auto-approve"); code == 0 {
						break
					}
				}
				if code != 0 {
					t.Fatalf("no end:\n%s", out)
				}
				s.settled()
				s.groupOn("db01")
			})
		}
	}
}

// A cluster that is there already is taken over as it is, with nothing sent.
func TestClusterImport(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.must("apply", "-auto-approve")
	if err := os.Remove(s.dir + "/gantry.state.json"); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("plan"), "not-owned cluster.payroll", "not-owned resource_group.payroll", "import { to = cluster.payroll }")
	imports := ""
	for _, a := range []string{"cluster.payroll", "application.payroll", "resource_group.payroll", "volume_group.datavg", "filesystem.data"} {
		imports += "\nimport {\n  to = " + a + "\n}\n"
	}
	s.write(s.read() + imports)
	from := len(s.lab.Log())
	s.must("apply", "-auto-approve")
	if sent := s.changes(from); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	s.settled()
}

// A group that is in error stops every change; a node that died stops the plan until it is back, and its services are started again.
func TestClusterBroken(t *testing.T) {
	t.Parallel()
	s := newCluster(t)
	s.must("apply", "-auto-approve")
	s.edit(`    interval         = "60s"`, `    interval         = "45s"`)
	if err := s.lab.Inject(lab.Fault{Action: "host-down", Console: "db02"}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("plan"), "console-silent", "aix.payroll/db02")
	s.groupOn("db01")
	if err := s.lab.Inject(lab.Fault{Action: "host-up", Console: "db02"}); err != nil {
		t.Fatal(err)
	}
	out, _ := s.gantry("plan")
	s.says(out, "start at db02", "1 start")
	s.accepting("HA-35")
	s.says(s.must("plan"), "Nothing to do")
	s.says(s.on("db02", "lssrc -ls clstrmgrES"), "Current state: ST_STABLE")

	for _, h := range []string{"db01", "db02"} { // the start script fails wherever the group goes
		s.on(h, "echo 'exit 1' > /opt/payroll/start.sh")
	}
	s.edit(`  stop    = "/opt/payroll/stop.sh"`, "  stop    = \"/opt/payroll/stop.sh\"\n  startup_mode = \"foreground\"")
	s.accepting("HA-35")
	s.edit("  on            = host.db01", "  on            = host.db02")
	s.says(s.mustNot("apply", "-auto-approve", "-acknowledge", "RG-43=*", "-acknowledge", "HA-35=*"), "resource_group.payroll")
	s.says(s.mustNot("plan"), "error RG-42 resource_group.payroll", "declared on db02 and is in the state ERROR", "warning HA-30 cluster.payroll")

	for _, h := range []string{"db01", "db02"} {
		s.on(h, "echo 'exit 0' > /opt/payroll/start.sh")
	}
	s.on("db02", haUtilities+"clmgr recover cluster; "+haUtilities+"clmgr online resource_group payroll NODE=db02")
	s.groupOn("db02")
	s.says(s.must("plan"), "Nothing to do")
}

// The older generation: topology services, a disk heartbeat, heartbeat over IP aliases, and the programs that it had before clmgr.
func TestClusterClassic(t *testing.T) {
	t.Parallel()
	for _, release := range []string{"6.1", "5.2", "5.1"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile("testdata/cluster/scenario.hcl")
			if err != nil {
				t.Fatal(err)
			}
			scenario := strings.NewReplacer(`powerha   = "7.2.7"`, `powerha   = "`+release+`"`, "7200-05-03-2148", "5300-12-04-1119").Replace(string(b))
			s := startSite(t, []byte(scenario))
			main, err := os.ReadFile("testdata/cluster/main.hcl")
			if err != nil {
				t.Fatal(err)
			}
			s.write(string(main))
			s.edit(`version    = "7.2"`, `version    = "`+release+`"`)
			s.edit("  heartbeat  = \"unicast\"\n  repository = [disk.repository]\n", "")
			s.edit("  network \"net_ether_01\" {\n    type    = \"ether\"\n", "  network \"net_diskhb_01\" {\n    type = \"diskhb\"\n    disk = disk.data\n  }\n  network \"net_ether_01\" {\n    type    = \"ether\"\n    heartbeat_alias = \"172.16.100.1\"\n")
			s.edit("disk \"repository\" {\n  lun = { wwpn = \"5005076810114C3D\", id = \"1000000000000\" }\n}\n", "")
			s.write(s.read() + "\nwaive \"HA-11\" {\n  reason = \"the lab tells no RSCT\"\n}\n")
			if release == "5.1" { // what is shared is there already
				s.on("db01", "chdev -l hdisk2 -a pv=yes; chdev -l hdisk2 -a reserve_policy=no_reserve; mkvg -C -n -y datavg -s 64 hdisk2; varyonvg datavg; crfs -v jfs2 -g datavg -m /payroll/data -a size=4096M; varyoffvg datavg")
				s.on("db02", "chdev -l hdisk2 -a pv=yes; chdev -l hdisk2 -a reserve_policy=no_reserve; importvg -y datavg hdisk2")
				text := s.read()
				i, j := strings.Index(text, "filesystem \"data\""), strings.Index(text, "application \"payroll\"")
				s.write(text[:i] + text[j:])
				s.edit("  type    = \"scalable\"\n  pp_size = \"64MiB\"\n", "")
				s.write(s.read() + "\nimport {\n  to = volume_group.datavg\n}\n\n")
			} else {
				s.says(s.mustNot("plan"), "Declare major: a number that lvlstmajor prints")
				s.edit(`  pp_size = "64MiB"`, "  pp_size = \"64MiB\"\n  major   = 60")
			}
			if release == "5.1" {
				s.edit("  startup       = \"first-available\"\n  fallover      = \"next-priority\"\n  fallback      = \"never\"\n", "  style             = \"cascading\"\n  inactive_takeover = true\n  without_fallback  = true\n")
			}
			plan, _ := s.gantry("plan", "-commands")
			s.says(plan, "claddclstr -n payroll", "clmodnetwork -a -n net_ether_01 -i ether -m 255.255.255.0 -l yes -b 172.16.100.1", "claddnode -a db01_net_diskhb_01:diskhb:net_diskhb_01:serial:service:/dev/hdisk2 -n db01", "cldare -rt -V normal", "172.16.101.2")
			s.accepting("NET-29", "HA-11", "RG-14", "MON-09", "STG-23", "HA-14", "STG-38", "NET-33", "STG-17")
			s.settled()
			if release != "5.1" {
				s.groupOn("db01")
			}
			s.says(s.on("db01", haUtilities+"cllsif -c"), "172.16.100.1", "172.16.101.2")
			s.edit("  on            = host.db01", "  on            = host.db02")
			s.accepting("RG-43", "RG-44", "NET-29", "HA-11", "STG-23", "STG-17", "RG-14")
			s.settled()
			s.edit(`    interval         = "60s"`, `    interval         = "45s"`)
			s.accepting("HA-35", "NET-29", "HA-11", "STG-23", "STG-17", "RG-14")
			s.settled()
			if release == "5.1" {
				return
			}
			s.says(s.on("db01", "lsvg; ls -l /dev/datavg; lsfs /payroll/data"), "datavg", " 60, ", "/payroll/data")
			s.says(s.on("db02", "lsvg -o; ls -l /dev/datavg; mount"), "datavg", " 60, ", "/payroll/data")
			s.edit(`size         = "4GiB"`, `size         = "6GiB"`) // where the group is, while people work on it
			s.accepting("NET-29", "HA-11", "STG-23", "STG-17", "RG-14")
			s.says(s.on("db02", "df -m /payroll/data"), "6144.00")
			s.settled()
			s.edit("application \"payroll\"", "filesystem \"more\" {\n  volume_group = volume_group.datavg\n  mount = \"/payroll/more\"\n  size = \"1GiB\"\n}\n\napplication \"payroll\"")
			s.says(s.mustNot("plan"), "while the services of payroll are down")
			s.edit(`  state      = "online"`, `  state      = "offline"`)
			more := regexp.MustCompile(`(?s)filesystem "more" \{.*?\n\}\n`).FindString(s.read())
			s.edit(more, "")
			s.accepting("RG-43", "RG-44", "HA-35", "HA-37", "NET-29", "HA-11", "STG-23", "STG-17", "RG-14")
			s.write(s.read() + more)
			s.accepting("NET-29", "HA-11", "STG-23", "STG-17", "RG-14")
			s.settled()
			s.says(s.on("db01", "lsfs /payroll/more"), "/payroll/more")
			s.must("destroy", "-auto-approve", "-allow-destroy", "9", "-acknowledge", "RG-43=*", "-acknowledge", "HA-35=*", "-acknowledge", "HA-37=*", "-acknowledge", "RG-44=*")
			for _, h := range []string{"db01", "db02"} {
				if out := s.on(h, "lsvg; lspv; odmget HACMPcluster"); strings.Contains(out, "datavg") || strings.Contains(out, "payroll") {
					t.Errorf("left behind on %s:\n%s", h, out)
				}
			}
		})
	}
}

// A shared volume group with a mirror pool for each site: made by the cluster's commands, copies that come and go, a disk that is
// added to a pool. Then a third node gets to know the group, and forgets it again.
func TestClusterMirrorPools(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/cluster/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, []byte(strings.ReplaceAll(string(b), `luns = ["repo", "data"`, `luns = ["repo", "data", "mirror", "third"`)+`
lun "mirror" {
  wwpn      = "5005076810114C3D"
  id        = "0007000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000704214503IBMfcp"
}

lun "third" {
  wwpn      = "5005076810114C3D"
  id        = "0008000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000804214503IBMfcp"
}
`))
	main, err := os.ReadFile("testdata/cluster/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write(string(main) + `
disk "mirror" {
  lun = { wwpn = "5005076810114C3D", id = "7000000000000" }
}

disk "third" {
  lun = { wwpn = "5005076810114C3D", id = "8000000000000" }
}

logical_volume "paydata" {
  volume_group = volume_group.datavg
  size         = "4GiB"
  type         = "jfs2"
  copies       = 2
  mirror_pools = ["milan", "rome"]
}
`)
	s.edit("  disks   = [disk.data]\n", "  disks   = [disk.data, disk.mirror]\n  quorum = false\n  mirror_pool \"milan\" {\n    disks = [disk.data]\n  }\n  mirror_pool \"rome\" {\n    disks = [disk.mirror]\n  }\n  mirror_pool_strictness = \"super\"\n")
	s.edit("  mount        = \"/payroll/data\"\n", "  mount        = \"/payroll/data\"\n  volume       = logical_volume.paydata\n  inline_log   = true\n")
	s.says(s.must("plan", "-commands"), "add mirror_pool milan VOLUME_GROUP=datavg PHYSICAL_VOLUMES=hdisk2", "add mirror_pool rome", "modify volume_group datavg STRICT_MIRROR_POOLS=super",
		"add logical_volume paydata VOLUME_GROUP=datavg LOGICAL_PARTITIONS=64 TYPE=jfs2 LPART_COPIES=2 FIRST_COPY_MIRROR_POOL=milan SECOND_COPY_MIRROR_POOL=rome", "add file_system /payroll/data LOGICAL_VOLUME=paydata")
	s.accepting()
	s.settled()
	s.groupOn("db01")
	s.says(s.on("db01", "lsmp datavg; lsvg -m datavg"), "Super Strict: yes", "paydata           milan             rome")

	s.edit("[disk.data, disk.mirror]", "[disk.data, disk.mirror, disk.third]")
	s.edit("    disks = [disk.mirror]", "    disks = [disk.mirror, disk.third]")
	s.says(s.must("plan", "-commands"), "MIRROR_POOL_NAME=rome")
	s.accepting()
	s.settled()
	s.says(s.on("db01", "lsvg -P datavg"), "rome")

	s.edit(`"super"`, `"on"`)
	s.edit("  copies       = 2", "  copies       = 1")
	s.edit(`["milan", "rome"]`, `["milan"]`)
	s.says(s.must("plan", "-commands"), "STRICT_MIRROR_POOLS=yes", "cli_rmlvcopy paydata 1 hdisk")
	s.accepting()
	s.settled()
	s.edit("  copies       = 1", "  copies       = 2")
	s.edit(`["milan"]`, `["milan", "rome"]`)
	s.write(strings.ReplaceAll(s.read(), `size         = "4GiB"`, `size         = "5GiB"`))
	s.says(s.must("plan", "-commands"), "chlv -m copy1=milan -m copy2=rome paydata", "cli_mklvcopy -k paydata 2", "cli_extendlv paydata 16", "cli_chfs -a size=5120M /payroll/data")
	s.accepting()
	s.settled()
	s.says(s.on("db01", "lslv paydata; df -m /payroll/data"), "COPY 2 MIRROR POOL: rome", "5120.00")
}

// A cluster of two gets a third node, which gets to know the shared volume group with its name and major number and may have the
// resource group then; and the way back. In both generations the data stays where it is, and nobody is stopped.
func TestClusterThirdNode(t *testing.T) {
	t.Parallel()
	for _, release := range []string{"7.2", "6.1"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile("testdata/cluster/scenario.hcl")
			if err != nil {
				t.Fatal(err)
			}
			scenario := string(b)
			scenario += strings.NewReplacer("db02", "db03", "10.1.1.12", "10.1.1.13", "10.1.4.12", "10.1.4.13").Replace(scenario[strings.Index(scenario, `host "db02"`):])
			main, err := os.ReadFile("testdata/cluster/main.hcl")
			if err != nil {
				t.Fatal(err)
			}
			text := string(main)
			if release == "6.1" {
				scenario = strings.NewReplacer(`powerha   = "7.2.7"`, `powerha   = "6.1"`, "7200-05-03-2148", "5300-12-04-1119").Replace(scenario)
				text = strings.NewReplacer(`version    = "7.2"`, `version    = "6.1"`, "  heartbeat  = \"unicast\"\n  repository = [disk.repository]\n", "  network \"net_diskhb_01\" {\n    type = \"diskhb\"\n    nodes = [host.db01, host.db02]\n    disk = disk.data\n  }\n").Replace(text)
			}
			text = strings.Replace(text, `  pp_size = "64MiB"`, "  pp_size = \"64MiB\"\n  major = 60", 1)
			beats := ""
			if release == "6.1" { // a disk heartbeat joins two nodes, on a disk of an enhanced concurrent volume group
				text = strings.Replace(text, "  disks   = [disk.data]", "  disks   = [disk.data, disk.repository, disk.more]\n  quorum = true", 1) + "\ndisk \"more\" {\n  lun = { wwpn = \"5005076810114C3D\", id = \"3000000000000\" }\n}\n"
				for n, ends := range []string{"host.db02, host.db03", "host.db01, host.db03"} {
					beats += fmt.Sprintf("  network \"net_diskhb_%02d\" {\n    type = \"diskhb\"\n    nodes = [%s]\n    disk = disk.%s\n  }\n", n+2, ends, []string{"repository", "more"}[n])
				}
			}
			s := startSite(t, []byte(scenario))
			s.write(text + "\nhost \"db03\" {}\n\nwaive \"HA-11\" {\n  reason = \"the lab tells no RSCT\"\n}\n")
			agree := []string{"HA-35", "NET-29", "HA-11", "STG-23", "STG-17", "RG-14", "HA-14", "STG-38", "NET-33", "MON-09", "HA-01", "NET-18", "RG-43"}
			s.accepting(agree...)
			s.groupOn("db01")

			s.edit("  nodes      = [host.db01, host.db02]", "  nodes      = [host.db01, host.db02, host.db03]")
			s.edit("  hosts   = [host.db01, host.db02]", "  hosts   = [host.db01, host.db02, host.db03]")
			s.edit("  nodes         = [host.db01, host.db02]", "  nodes         = [host.db01, host.db02, host.db03]")
			s.edit("  service_ip \"payroll-svc\" {", "  interface \"db03\" {\n    node    = host.db03\n    network = \"net_ether_01\"\n    address = \"10.1.1.13\"\n  }\n  interface \"db03_b\" {\n    node    = host.db03\n    network = \"net_ether_01\"\n    address = \"10.1.4.13\"\n  }\n  service_ip \"payroll-svc\" {")
			s.edit("  network \"net_ether_01\" {", beats+"  network \"net_ether_01\" {")
			out, _ := s.gantry("plan", "-commands")
			s.says(out, "cl_nodecmd -cspoc \"-n db03\" importvg -n -y datavg -V 60 hdisk2")
			s.accepting(agree...)
			s.says(s.must("plan"), "Nothing to do")
			s.says(s.on("db03", "ls -l /dev/datavg; lsfs /payroll/data"), " 60, ", "/payroll/data")
			s.groupOn("db01")
			s.edit("  on            = host.db01", "  on            = host.db03")
			s.accepting(agree...)
			s.says(s.on("db03", "mount"), "/payroll/data")

			s.edit("  hosts   = [host.db01, host.db02, host.db03]", "  hosts   = [host.db01, host.db02]")
			s.says(s.mustNot("plan"), "db03")
		})
	}
}

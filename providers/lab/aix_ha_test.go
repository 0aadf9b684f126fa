package lab

import (
	"strings"
	"testing"
	"time"
)

const haEstate = `
lab { latency = 0 }
lun "repo" {
  wwpn    = "500507110110C1A4"
  id      = "0001000000000000"
  size_mb = 5120
  pvid    = "00f6f5d0000000a1"
}
lun "repo2" {
  wwpn    = "500507110110C1A4"
  id      = "0002000000000000"
  size_mb = 5120
  pvid    = "00f6f5d0000000a2"
}
lun "data" {
  wwpn    = "500507110110C1A4"
  id      = "0003000000000000"
  size_mb = 10240
  pvid    = "00f6f5d0000000a3"
}
host "nodea" {
  level   = "7200-05-03-2148"
  powerha = "7.2.7"
  address = "10.10.0.21"
  disk "hdisk0" { size_mb = 51200 }
  luns = ["repo", "repo2", "data"]
  volume_group "rootvg" { disks = ["hdisk0"] }
  volume_group "datavg" {
    disks              = ["hdisk3"]
    concurrent_capable = true
    auto_on            = false
    varied_on          = false
    logical_volume "datalv" { lps = 10 }
    filesystem "/data" {
      lv   = "datalv"
      auto = false
    }
  }
  interface "en0" { address = "10.10.0.21" }
  interface "en1" { address = "10.20.0.21" }
  file "/etc/hosts" { data = "10.10.0.21 nodea\n10.10.0.22 nodeb\n10.20.0.21 nodea_b\n10.20.0.22 nodeb_b\n10.30.0.50 appsvc\n10.30.0.51 othersvc\n" }
  file "/etc/cluster/rhosts" {
    data = "10.10.0.21\n10.10.0.22\n"
    mode = 384
  }
  file "/ha" { directory = true }
  file "/ha/start" {
    data = "#!/usr/bin/ksh\necho started $(hostname) >> /ha/log\nnohup /ha/appd -v >/dev/null 2>&1 &\necho $! > /ha/pid\n"
    mode = 493
  }
  file "/ha/stop" {
    data = "#!/usr/bin/ksh\necho stopped $(hostname) >> /ha/log\nkill $(cat /ha/pid) 2>/dev/null\nexit 0\n"
    mode = 493
  }
  file "/ha/appd" { mode = 493 }
}
host "nodeb" {
  level   = "7200-05-03-2148"
  powerha = "7.2.7"
  address = "10.10.0.22"
  disk "hdisk0" { size_mb = 51200 }
  disk "hdisk1" { size_mb = 51200 }
  luns = ["repo", "repo2", "data"]
  volume_group "rootvg" { disks = ["hdisk0"] }
  imported "datavg" { disk = "hdisk4" }
  interface "en0" { address = "10.10.0.22" }
  interface "en1" { address = "10.20.0.22" }
  file "/etc/hosts" { data = "10.10.0.21 nodea\n10.10.0.22 nodeb\n10.20.0.21 nodea_b\n10.20.0.22 nodeb_b\n10.30.0.50 appsvc\n10.30.0.51 othersvc\n" }
  file "/etc/cluster/rhosts" {
    data = "10.10.0.21\n10.10.0.22\n"
    mode = 384
  }
  file "/ha" { directory = true }
  file "/ha/start" {
    data = "#!/usr/bin/ksh\necho started $(hostname) >> /ha/log\nnohup /ha/appd -v >/dev/null 2>&1 &\necho $! > /ha/pid\n"
    mode = 493
  }
  file "/ha/stop" {
    data = "#!/usr/bin/ksh\necho stopped $(hostname) >> /ha/log\nkill $(cat /ha/pid) 2>/dev/null\nexit 0\n"
    mode = 493
  }
  file "/ha/appd" { mode = 493 }
}
`

// haSpeed lets a minute pass in 30 ms.
var haSpeed = 2000.0

// startHA starts the estate of two nodes; each edit changes its text.
func startHA(t testing.TB, edit ...func(string) string) *Lab {
	t.Helper()
	src := haEstate
	for _, f := range edit {
		src = f(src)
	}
	sc, err := Parse([]byte(src), "ha.hcl")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(sc, Options{Speed: haSpeed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

const haPath = "PATH=$PATH:/usr/es/sbin/cluster/utilities:/usr/es/sbin/cluster/cspoc:/usr/es/sbin/cluster/sbin:/usr/es/sbin/cluster; "

// ha runs a line with the directories of the cluster in PATH.
func ha(t testing.TB, l *Lab, host, line string) string {
	t.Helper()
	return must(t, l, host, haPath+line)
}

func haHas(t *testing.T, l *Lab, host, line string, parts ...string) {
	t.Helper()
	contained(t, l, host, haPath+line, parts...)
}

// wantFail expects a refusal with a text.
func haFails(t *testing.T, l *Lab, host, line string, rc int, want string) {
	t.Helper()
	out, errs, code := l.Run(host, haPath+line)
	if code != rc || !strings.Contains(out+errs, want) {
		t.Errorf("%s: %s\ngot  [%d] %s%s\nwant [%d] %s", host, line, code, out, errs, rc, want)
	}
}

// haReady brings a cluster with one resource group up to where it can be synchronized.
func haReady(t testing.TB, l *Lab, more ...string) {
	t.Helper()
	for _, h := range []string{"nodea", "nodeb"} {
		for _, d := range strings.Fields(must(t, l, h, "lspv | awk '$2~/a1|a2/ {print $1}'")) {
			must(t, l, h, "chdev -l "+d+" -a reserve_policy=no_reserve")
		}
	}
	ha(t, l, "nodea", "clmgr add cluster prod NODES=nodea,nodeb REPOSITORIES=hdisk1")
	for _, line := range append([]string{"clmgr add service_ip appsvc NETWORK=net_ether_01 NETMASK=255.255.255.0",
		"clmgr add application_controller app1 STARTSCRIPT=/ha/start STOPSCRIPT=/ha/stop",
		"clmgr add resource_group rg1 NODES=nodea,nodeb SERVICE_LABEL=appsvc VOLUME_GROUP=datavg APPLICATIONS=app1 FALLBACK=NFB"}, more...) {
		ha(t, l, "nodea", line)
	}
}

// haUp has the cluster running.
func haUp(t testing.TB, l *Lab, more ...string) {
	t.Helper()
	haReady(t, l, more...)
	ha(t, l, "nodea", "clmgr sync cluster")
	ha(t, l, "nodea", "clmgr online cluster")
}

// haWait waits until a line prints something.
func haWait(t testing.TB, l *Lab, host, line, pattern string) {
	t.Helper()
	eventually(t, l, host, haPath+line, pattern)
}

// haCalm waits until no event of the cluster runs.
func haCalm(t testing.TB, l *Lab) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		l.estate.advance(l.clock.Now())
		busy := false
		for _, g := range l.estate.ha {
			busy = busy || g.busy != nil || len(g.queue) > 0 || g.checking
		}
		l.mu.Unlock()
		if !busy {
			return
		}
	}
	t.Fatal("the cluster does not come to rest")
}

func inject(t testing.TB, l *Lab, f Fault) {
	t.Helper()
	if err := l.Inject(f); err != nil {
		t.Fatal(err)
	}
}

func TestHaLife(t *testing.T) {
	l := startHA(t)
	haReady(t, l)
	haHas(t, l, "nodea", "clmgr query cluster", `CLUSTER_NAME="prod"`, `STATE="NOT_CONFIGURED"`, `UNSYNCED_CHANGES="true"`, `REPOSITORIES="hdisk1 (00f6f5d0000000a1)"`)
	haHas(t, l, "nodea", "lssrc -ls clstrmgrES", "Current state: NOT_CONFIGURED\n")
	if out, _, rc := l.Run("nodeb", haPath+"clmgr query cluster"); rc == 0 {
		t.Error("nodeb knows a cluster that was not synchronized:", out)
	}
	haHas(t, l, "nodea", "clmgr sync cluster", "Verification has completed normally.", "Committing any changes")
	haHas(t, l, "nodeb", "clmgr query cluster", `STATE="OFFLINE"`, `UNSYNCED_CHANGES="false"`)
	haHas(t, l, "nodeb", "lspv", "caavg_private   active")
	haHas(t, l, "nodeb", "lscluster -m", "Node query number of nodes examined: 2", "State of node: UP  NODE_LOCAL")
	haHas(t, l, "nodea", "lssrc -ls clstrmgrES", "Current state: ST_INIT\n")
	haFails(t, l, "nodea", "clRGinfo", 1, "Cluster IPC error")
	ha(t, l, "nodea", "clmgr online cluster")
	haHas(t, l, "nodea", "clmgr query cluster", `STATE="STABLE"`)
	haHas(t, l, "nodea", "clRGinfo", "rg1            ONLINE           nodea\n               OFFLINE          nodeb\n")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea:non-concurrent:OHN:FNPN:NFB:IGNORE")
	haHas(t, l, "nodea", "mount; ifconfig -a; lsvg datavg; ps -ef; cat /ha/log", "/dev/datalv      /data", "inet 10.30.0.50 netmask 0xffffff00", "VG PERMISSION:      read/write", "/ha/appd -v", "started nodea")
	haHas(t, l, "nodeb", "lsvg datavg; lssrc -ls clstrmgrES", "passive-only", "Current state: ST_STABLE")
	ha(t, l, "nodeb", "clmgr move resource_group rg1 NODE=nodeb")
	haHas(t, l, "nodea", "clmgr query resource_group rg1", `STATE="ONLINE"`, `CURRENT_NODE="nodeb"`, `NODES="nodea nodeb"`)
	haHas(t, l, "nodeb", "mount; ifconfig en0; ifconfig en1; cat /ha/log; ps -ef", "/data", "10.30.0.50", "started nodeb", "/ha/appd")
	if out := must(t, l, "nodea", "mount; ifconfig -a; ps -ef"); strings.Contains(out, "/data") || strings.Contains(out, "10.30.0.50") || strings.Contains(out, "appd") {
		t.Error(out)
	}
	haHas(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT START: rg_move nodeb rg1", "EVENT COMPLETED: rg_move nodeb rg1 0")
	haCalm(t, l)
	savedAgain(t, l)
	haHas(t, l, "nodea", "clRGinfo", "rg1            OFFLINE          nodea\n               ONLINE           nodeb\n")
	ha(t, l, "nodea", "clmgr offline resource_group rg1")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:OFFLINE:nodea", "rg1:OFFLINE:nodeb")
	ha(t, l, "nodea", "clmgr online resource_group rg1")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	ha(t, l, "nodea", "clmgr offline cluster")
	haHas(t, l, "nodea", "clmgr query cluster", `STATE="OFFLINE"`)
	haHas(t, l, "nodea", "lsvg -o", "caavg_private", "rootvg")
	if out := must(t, l, "nodea", "lsvg -o"); strings.Contains(out, "datavg") {
		t.Error(out)
	}
	ha(t, l, "nodea", "clmgr delete cluster NODES=ALL")
	for _, h := range []string{"nodea", "nodeb"} {
		if out := must(t, l, h, "lspv"); strings.Contains(out, "caavg") {
			t.Error(out)
		}
		if _, _, rc := l.Run(h, haPath+"clmgr query cluster"); rc == 0 {
			t.Error("the definition is still there on", h)
		}
	}
}

// A host dies and comes back: its group goes to the other node, and stays there or falls back as its policy says.
func TestHaHostDies(t *testing.T) {
	for _, policy := range []string{"NFB", "FBHPN"} {
		l := startHA(t)
		haUp(t, l, "clmgr modify resource_group rg1 FALLBACK="+policy)
		if out, errs, rc := l.Run("nodea", "halt -q"); rc != -1 {
			t.Fatal(rc, out, errs)
		}
		if _, _, rc := l.Run("nodea", "hostname"); rc != -1 {
			t.Error("a dead host answers")
		}
		haWait(t, l, "nodeb", "clRGinfo -s", "rg1:OFFLINE:nodea:.*\nrg1:ONLINE:nodeb:")
		haCalm(t, l)
		haHas(t, l, "nodeb", "mount; ifconfig -a; cat /ha/log; clmgr query cluster; lscluster -m", "/dev/datalv      /data", "10.30.0.50", "started nodeb", `STATE="STABLE"`, "State of node: DOWN")
		haFails(t, l, "nodeb", "clmgr sync cluster", 1, "Unable to communicate with node nodea: the node does not answer.")
		inject(t, l, Fault{Action: FaultHostUp, Console: "nodea"})
		haWait(t, l, "nodea", "lssrc -ls clstrmgrES", "ST_INIT")
		ha(t, l, "nodeb", "clmgr online node nodea")
		want := "rg1:OFFLINE:nodea:.*\nrg1:ONLINE:nodeb:"
		if policy == "FBHPN" {
			want = "rg1:ONLINE:nodea:.*\nrg1:OFFLINE:nodeb:"
		}
		haWait(t, l, "nodea", "clRGinfo -s", want)
	}
}

// Without IP the repository disk still carries heartbeats: nothing moves. Without it too, each side takes the other for dead.
func TestHaSplitBrain(t *testing.T) {
	l := startHA(t)
	haUp(t, l)
	for _, n := range []string{"10.10.0.0/24", "10.20.0.0/24"} {
		inject(t, l, Fault{Action: FaultNetworkDown, Network: n})
	}
	haWait(t, l, "nodea", "grep network_down /var/hacmp/log/hacmp.out", "EVENT START: network_down -1 net_ether_01")
	haCalm(t, l)
	haHas(t, l, "nodea", "clRGinfo -s; lscluster -m; lscluster -i", "rg1:ONLINE:nodea", "REACHABLE THROUGH REPOS DISK ONLY", "Interface state = DOWN")
	haHas(t, l, "nodeb", "lsvg datavg", "passive-only")
	if out := must(t, l, "nodeb", "cat /var/hacmp/log/hacmp.out"); strings.Contains(out, "node_down") {
		t.Error(out)
	}
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "the node does not answer")
	inject(t, l, Fault{Action: FaultDiskLost, LUN: "repo"})
	haWait(t, l, "nodeb", "lsvg datavg", "VG PERMISSION:      read/write")
	haWait(t, l, "nodeb", "clRGinfo -s", "rg1:OFFLINE:nodea:.*\nrg1:ONLINE:nodeb:")
	haHas(t, l, "nodea", "clRGinfo -s; lsvg datavg; mount", "rg1:ONLINE:nodea", "rg1:OFFLINE:nodeb", "VG PERMISSION:      read/write", "/data")
	haHas(t, l, "nodeb", "mount; grep node_down /var/hacmp/log/hacmp.out", "/dev/datalv      /data", "EVENT START: node_down nodea")
	haCalm(t, l)
	savedAgain(t, l)
	// They hear each other again: one of them gives its group up.
	for _, n := range []string{"10.10.0.0/24", "10.20.0.0/24"} {
		inject(t, l, Fault{Action: FaultNetworkUp, Network: n})
	}
	inject(t, l, Fault{Action: FaultDiskBack, LUN: "repo"})
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea:.*\nrg1:OFFLINE:nodeb:")
	haWait(t, l, "nodeb", "mount | grep -c /data; true", "^0")
}

// An interface fails: with another one on the network the address moves, without it the group does.
func TestHaInterface(t *testing.T) {
	l := startHA(t)
	haUp(t, l)
	must(t, l, "nodea", "ifconfig en0 down")
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:OFFLINE:nodea:.*\nrg1:ONLINE:nodeb:")
	haCalm(t, l)
	haHas(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT START: network_down nodea net_ether_01")
	haHas(t, l, "nodea", "clstat -o", "Address: 10.10.0.21\n                                State:   DOWN")
	haFails(t, l, "nodea", "clmgr move resource_group rg1 NODE=nodea", 1, "a network of its service IP labels is down there")
	must(t, l, "nodea", "ifconfig en0 up")
	haWait(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT COMPLETED: join_interface nodea 10.10.0.21 0")
	haCalm(t, l)
	ha(t, l, "nodea", "clmgr move resource_group rg1 NODE=nodea")

	// Both interfaces on one cluster network.
	l = startHA(t)
	haReady(t, l, "clmgr delete network net_ether_02", "clmgr add interface nodea_b NETWORK=net_ether_01 NODE=nodea", "clmgr add interface nodeb_b NETWORK=net_ether_01 NODE=nodeb")
	ha(t, l, "nodea", "clmgr sync cluster; clmgr online cluster")
	haHas(t, l, "nodea", "ifconfig en0", "10.30.0.50")
	inject(t, l, Fault{Action: FaultInterfaceDown, Console: "nodea", Interface: "en0"})
	haWait(t, l, "nodea", "ifconfig en1", "10.30.0.50")
	haHas(t, l, "nodea", "clRGinfo -s; cat /var/hacmp/log/hacmp.out", "rg1:ONLINE:nodea", "EVENT START: swap_adapter nodea net_ether_01 10.10.0.21 10.20.0.21")
}

// A process that dies is restarted, then its group goes to another node; a custom monitor runs its method.
func TestHaMonitors(t *testing.T) {
	l := startHA(t)
	haUp(t, l, "clmgr add application_monitor mon1 TYPE=Process APPLICATIONS=app1 PROCESSES=appd OWNER=root RESTARTCOUNT=1 FAILUREACTION=fallover STABILIZATION=10")
	haHas(t, l, "nodea", "clmgr query application_controller app1", `MONITORS="mon1"`)
	haWait(t, l, "nodea", "clRGinfo -m", "app1 .* ONLINE MONITORED")
	must(t, l, "nodea", "kill -9 $(cat /ha/pid)")
	haWait(t, l, "nodea", "cat /ha/log", "started nodea\nstopped nodea\nstarted nodea\n")
	haHas(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT START: server_restart nodea app1")
	haWait(t, l, "nodea", "clRGinfo -m", "app1 .* ONLINE MONITORED")
	haCalm(t, l)
	savedAgain(t, l)
	must(t, l, "nodea", "kill -9 $(cat /ha/pid)")
	haWait(t, l, "nodeb", "clRGinfo -s", "rg1:OFFLINE:nodea:.*\nrg1:ONLINE:nodeb:")
	haWait(t, l, "nodeb", "clRGinfo -m", "app1 .* ONLINE MONITORED")
	// Suspended, the death of the process is nothing that the cluster cares for.
	haCalm(t, l)
	ha(t, l, "nodeb", "clmgr manage application_controller suspend app1 RESOURCE_GROUP=rg1")
	must(t, l, "nodeb", "kill -9 $(cat /ha/pid); sleep 300")
	haHas(t, l, "nodeb", "clRGinfo -s; clRGinfo -m", "rg1:ONLINE:nodeb", "ONLINE SUSPENDED")
	if out := must(t, l, "nodeb", "cat /ha/log"); strings.Contains(out, "stopped") {
		t.Error(out)
	}
	ha(t, l, "nodeb", "clmgr manage application_controller resume app1 RESOURCE_GROUP=rg1")
	haWait(t, l, "nodeb", "cat /ha/log", "stopped nodeb\nstarted nodeb\n")

	l = startHA(t)
	for _, h := range []string{"nodea", "nodeb"} {
		must(t, l, h, `printf '#!/usr/bin/ksh\n[ ! -f /ha/sick ]\n' > /ha/check; chmod +x /ha/check`)
	}
	haUp(t, l, "clmgr add application_monitor mon1 TYPE=Custom APPLICATIONS=app1 MONITORMETHOD=/ha/check MONITORINTERVAL=30 RESTARTCOUNT=0 FAILUREACTION=notify")
	haWait(t, l, "nodea", "clRGinfo -m", "app1 .* ONLINE MONITORED")
	must(t, l, "nodea", "touch /ha/sick")
	haWait(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT COMPLETED: server_down nodea app1 0")
	haHas(t, l, "nodea", "clRGinfo -s; clRGinfo -m", "rg1:ONLINE:nodea", "ONLINE MONITOR FAILED")
}

// The exit code of a start script counts in the foreground only.
func TestHaScripts(t *testing.T) {
	l := startHA(t)
	for _, h := range []string{"nodea", "nodeb"} {
		must(t, l, h, `printf '#!/usr/bin/ksh\necho tried >> /ha/log\nexit 3\n' > /ha/start`)
	}
	haUp(t, l)
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	ha(t, l, "nodea", "clmgr offline resource_group rg1; clmgr modify application_controller app1 STARTUP_MODE=foreground; clmgr sync cluster")
	haFails(t, l, "nodea", "clmgr online resource_group rg1", 1, "the request failed")
	haHas(t, l, "nodea", "clRGinfo -s; lssrc -ls clstrmgrES; clmgr query cluster", "rg1:ERROR:nodea", "Current state: RP_FAILED", `STATE="ERROR"`)
	haHas(t, l, "nodea", "mount; cat /var/hacmp/log/hacmp.out", "/data", "EVENT COMPLETED: start_server app1 3", "EVENT FAILED")
	haFails(t, l, "nodea", "clmgr move resource_group rg1 NODE=nodeb", 1, "an event script has failed")
	ha(t, l, "nodea", "clmgr recover cluster")
	haHas(t, l, "nodea", "lssrc -ls clstrmgrES", "Current state: ST_STABLE")
	must(t, l, "nodea", `printf '#!/usr/bin/ksh\nsleep 40\nexit 0\n' > /ha/start`)
	ha(t, l, "nodea", "clmgr online resource_group rg1")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	// A fault meets the commands of an event as it meets those of a user.
	inject(t, l, Fault{Action: FaultFail, Console: "nodeb", Command: "^varyonvg .*-A", Message: "0516-052 varyonvg: Volume group cannot be varied on", Exit: 1})
	haFails(t, l, "nodea", "clmgr move resource_group rg1 NODE=nodeb", 1, "the request failed")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ERROR:nodeb")
	haHas(t, l, "nodeb", "cat /var/hacmp/log/hacmp.out", "0516-052 varyonvg")
	ha(t, l, "nodea", "clmgr online resource_group rg1 NODES=nodea")
	// A node that cannot reach the disks gives the group to the next one.
	inject(t, l, Fault{Action: FaultDiskLost, Console: "nodeb", LUN: "data"})
	ha(t, l, "nodea", "clmgr offline resource_group rg1; clmgr modify rg rg1 NODES=nodeb,nodea; clmgr sync cluster FORCE=yes; clmgr online resource_group rg1")
	haHas(t, l, "nodea", "clRGinfo -s; cat /var/hacmp/log/hacmp.out", "rg1:ONLINE:nodea", "EVENT START: rg_move_acquire nodea rg1")
	haHas(t, l, "nodeb", "cat /var/hacmp/log/hacmp.out", "0516-013")
}

// A node that dies while the definition is copied keeps the old one.
func TestHaSyncBroken(t *testing.T) {
	haSpeed = 100
	defer func() { haSpeed = 2000 }()
	l := startHA(t)
	haReady(t, l)
	ha(t, l, "nodea", "clmgr sync cluster")
	ha(t, l, "nodea", "clmgr add resource_group rg2 NODES=nodeb,nodea")
	haHas(t, l, "nodea", "clmgr -cSa UNSYNCED_CHANGES query cluster", "true\n")
	inject(t, l, Fault{Action: FaultHostDown, Console: "nodeb", Delay: Duration(7e9)})
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "could not be copied to node \"nodeb\"")
	inject(t, l, Fault{Action: FaultHostUp, Console: "nodeb"})
	haHas(t, l, "nodea", "clmgr query rg; clmgr -cSa UNSYNCED_CHANGES query cluster", "rg1\nrg2\ntrue\n")
	expect(t, l, "nodeb", haPath+"clmgr query rg", "rg1\n", "", 0)
	haCalm(t, l)
	savedAgain(t, l)
	ha(t, l, "nodea", "clmgr sync cluster")
	expect(t, l, "nodeb", haPath+"clmgr query rg", "rg1\nrg2\n", "", 0)
	// The answer is lost, the effect is there.
	ha(t, l, "nodea", "clmgr delete rg rg2")
	inject(t, l, Fault{Action: FaultDropAfter, Console: "nodea", Command: "^clmgr sync"})
	if _, _, rc := l.Run("nodea", haPath+"clmgr sync cluster"); rc != -1 {
		t.Error(rc)
	}
	expect(t, l, "nodeb", haPath+"clmgr query rg", "rg1\n", "", 0)
}

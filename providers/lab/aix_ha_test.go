package lab

import (
	"strings"
	"testing"
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
	l, err := Start(sc, Options{Speed: 2000})
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

package lab

import (
	"strings"
	"testing"
	"time"
)

// partNodes is a cluster of a host in a partition, whose disks come over virtual SCSI, and one that stands alone.
func partNodes(edit ...func(string) string) string {
	files := `
  file "/etc/hosts" { data = "10.1.1.10 app1\n10.1.1.11 nodeb\n10.9.9.50 appsvc\n" }
  file "/etc/cluster/rhosts" {
    data = "10.1.1.10\n10.1.1.11\n"
    mode = 384
  }
`
	text := partHosts(withoutFC, replace(`    aliases = ["10.9.9.1,255.255.255.0"]`+"\n", ""), replace(`  partition = "lp1"
  system    = "SysA"
`, `  partition = "lp1"
  system    = "SysA"
  powerha   = "7.2.7"
`+files)) + `
host "nodeb" {
  level   = "7200-05-03-2148"
  powerha = "7.2.7"
  disk "hdisk0" { size_mb = 51200 }
  luns = ["l2", "l3"]
  volume_group "rootvg" { disks = ["hdisk0"] }
  interface "en0" {
    address = "10.1.1.11"
    netmask = "255.255.255.0"
  }
` + files + "}\n"
	for _, f := range edit {
		text = f(text)
	}
	return text
}

// startPartNodes has the cluster running, with a group on the node in the partition that others mount from.
func startPartNodes(t *testing.T, more []string, edit ...func(string) string) *Lab {
	t.Helper()
	l := startText(t, partNodes(edit...))
	for _, d := range []string{"hdisk2", "hdisk3"} {
		for _, v := range []string{"vios1", "vios2"} {
			for _, sys := range []string{"SysA", "SysB"} {
				vios(l, t, sys, v, "chdev -dev "+d+" -attr reserve_policy=no_reserve")
			}
			vios(l, t, "SysA", v, "mkvdev -vdev "+d+" -vadapter vhost0")
		}
	}
	must(t, l, "app1", "cfgmgr; for d in hdisk1 hdisk2; do chdev -l $d -a pv=yes; chdev -l $d -a reserve_policy=no_reserve; done")
	must(t, l, "nodeb", "for d in hdisk1 hdisk2; do chdev -l $d -a pv=yes; chdev -l $d -a reserve_policy=no_reserve; done")
	must(t, l, "app1", "mkvg -f -n -C -S -s 32 -V 50 -y datavg hdisk2; varyonvg -n -c datavg || varyonvg datavg; crfs -v jfs2 -g datavg -m /data -a size=1G -A no; varyoffvg datavg")
	must(t, l, "nodeb", "importvg -n -V 50 -y datavg hdisk2")
	ha(t, l, "app1", "clmgr add cluster prod NODES=app1,nodeb REPOSITORIES=hdisk1")
	ha(t, l, "app1", "clmgr add service_ip appsvc NETWORK=net_ether_01 NETMASK=255.255.255.0")
	ha(t, l, "app1", "clmgr add resource_group rg1 NODES=app1,nodeb SERVICE_LABEL=appsvc VOLUME_GROUP=datavg FALLBACK=NFB EXPORT_FILESYSTEM=/data MOUNT_FILESYSTEM=\"/mnt/data;/data\" FS_BEFORE_IPADDR=true")
	for _, line := range more {
		ha(t, l, "app1", line)
	}
	ha(t, l, "app1", "clmgr sync cluster")
	ha(t, l, "app1", "clmgr online cluster")
	haCalm(t, l)
	return l
}

// A partition is what its node is: when it is powered off, or its system ends, the other node takes over; its address, its
// exports and the mounts of them go with the group.
func TestAixPartNodeDies(t *testing.T) {
	for _, end := range []func(l *Lab){
		func(l *Lab) { l.Run("hmc1", "chsysstate -r lpar -m SysA -o shutdown --immed -n lp1") },
		func(l *Lab) { l.Run("app1", "halt -q") },
		func(l *Lab) { l.Run("hmc1", "chsysstate -r sys -m SysA -o off --immed") },
	} {
		l := startPartNodes(t, nil)
		contained(t, l, "app1", haPath+"clRGinfo -s; showmount -e; echo one > /mnt/data/f; cat /data/f; mount", "rg1:ONLINE:app1", "/data (everyone)", "one\n", "appsvc   /data            /mnt/data        nfs3")
		expect(t, l, "nodeb", "cat /mnt/data/f; lspv | awk '$3==\"datavg\" {print $1, $4}'", "one\nhdisk2 concurrent\n", "", 0)
		end(l)
		haWait(t, l, "nodeb", "clRGinfo -s", "rg1:ONLINE:nodeb")
		haCalm(t, l)
		contained(t, l, "nodeb", "showmount -e; echo two > /mnt/data/g; ls /data; ls /mnt/data; lsvg -o; ifconfig en0", "/data (everyone)", "g\n", "datavg", "10.9.9.50")
		savedAgain(t, l)
	}
}

// A node comes back with its partition, and joins when it is to start with the system.
func TestAixPartNodeReturns(t *testing.T) {
	l := startPartNodes(t, []string{"clmgr modify node app1 START_ON_BOOT=true"}, replace(`boot           = "0s"`, `boot           = "120s"`))
	must(t, l, "hmc1", "chsysstate -r lpar -m SysA -o osshutdown --immed --restart -n lp1")
	haWait(t, l, "nodeb", "clRGinfo -s", "rg1:ONLINE:nodeb")
	haWait(t, l, "nodeb", "clmgr -a STATE query node app1", "NORMAL")
	haCalm(t, l)
	contained(t, l, "app1", haPath+"clRGinfo -s; cat /mnt/data/nothing; lsvg datavg; lsattr -El hdisk2 -a reserve_policy", "rg1:ONLINE:nodeb", "passive-only", "no_reserve")
}

// A live migration stops the partition for a moment. A cluster notices it only when it waits for less than that.
func TestAixPartNodeMoves(t *testing.T) {
	freeze := replace(`suspend        = "0s"`, `suspend        = "8s"`)
	l := startPartNodes(t, nil, freeze)
	must(t, l, "hmc1", "migrlpar -o m -m SysA -t SysB -p lp1")
	haCalm(t, l)
	contained(t, l, "app1", haPath+"clRGinfo -s; uname -m; lspath -l hdisk1; lsvg -o", "rg1:ONLINE:app1", "00FA1F204C00", "Enabled hdisk1 vscsi0", "datavg")
	if out := must(t, l, "nodeb", "cat /var/hacmp/log/hacmp.out"); strings.Contains(out, "node_down") {
		t.Error(out)
	}
	savedAgain(t, l)

	l = startPartNodes(t, []string{"clmgr modify cluster NODE_FAILURE_DETECTION_TIMEOUT=10"}, replace(`suspend        = "0s"`, `suspend        = "120s"`))
	must(t, l, "hmc1", "migrlpar -o m -m SysA -t SysB -p lp1")
	haCalm(t, l)
	contained(t, l, "nodeb", "cat /var/hacmp/log/hacmp.out", "EVENT START: node_down app1", "EVENT START: cluster_merge app1")

	// Unmanaged, nothing is decided meanwhile.
	l = startPartNodes(t, []string{"clmgr modify cluster LPM_POLICY=unmanage"}, freeze)
	must(t, l, "hmc1", "migrlpar -o m -m SysA -t SysB -p lp1")
	haCalm(t, l)
	contained(t, l, "app1", haPath+"clRGinfo -s; cat /var/hacmp/log/hacmp.out", "rg1:ONLINE:app1", "node_down app1 forced")
}

// A disk that one node has reserved the other one cannot take, over virtual SCSI and over fibre channel alike.
func TestAixPartReserves(t *testing.T) {
	l := startText(t, partNodes())
	for _, v := range []string{"vios1", "vios2"} {
		vios(l, t, "SysA", v, "mkvdev -vdev hdisk2 -vadapter vhost0")
	}
	must(t, l, "app1", "cfgmgr; chdev -l hdisk1 -a reserve_policy=single_path; mkvg -S -s 32 -y onevg hdisk1")
	want := strings.Fields(must(t, l, "app1", "lspv hdisk1 | grep IDENTIFIER; lspv | awk '$1==\"hdisk1\" {print $2}'"))
	if _, errs, rc := l.Run("nodeb", "importvg -y onevg hdisk1"); rc == 0 {
		t.Error("nodeb took a disk that app1 has reserved:", errs)
	}
	l.Run("app1", "halt -q")
	time.Sleep(time.Millisecond)
	must(t, l, "nodeb", "chdev -l hdisk1 -a pv=yes; importvg -y onevg hdisk1")
	if got := strings.TrimSpace(must(t, l, "nodeb", "lspv | awk '$1==\"hdisk1\" {print $2}'")); len(want) == 0 || got != want[len(want)-1] {
		t.Error(got, want)
	}
}

// Scripts of a cluster start workload partitions, enter them and write what all that prints into files; accounts and processes
// of a partition are its own, and end with the host.
func TestHaWpar(t *testing.T) {
	l := startHA(t, replace(`echo started $(hostname) >> /ha/log\n`, `echo started $(hostname) >> /ha/log\nstartwpar w >> /ha/log 2>&1\nclogin w 'echo in $(hostname) > /tmp/x; nohup sleep 500 &' >> /ha/log 2>&1\n/ha/talk > /ha/said &\n`),
		replace(`  file "/ha/appd" { mode = 493 }`, `  file "/ha/appd" { mode = 493 }
  file "/ha/talk" {
    data = "echo hello\nsleep 5\n"
    mode = 493
  }`))
	must(t, l, "nodea", "mkwpar -n w")
	haUp(t, l)
	haCalm(t, l)
	contained(t, l, "nodea", "cat /ha/log /ha/said; lswpar -cq -a state; cat /wpars/w/tmp/x; ps -ef -@ w", "Verifying workload partition startup.\n", "hello\n", "A\n", "in w\n", "sleep 500\n")
	must(t, l, "nodea", "clogin w mkuser u1")
	expect(t, l, "nodea", "clogin w 'lsuser -a id u1; id u1'; grep -c u1 /wpars/w/etc/passwd; lsuser -a id u1", "u1 id=204\nuid=204(u1) gid=1(staff)\n1\n", "3004-687 User \"u1\" does not exist.\n", 2)
	savedAgain(t, l)
	l.Run("nodea", "halt -q")
	haWait(t, l, "nodeb", "clRGinfo -s", "rg1:ONLINE:nodeb")
	inject(t, l, Fault{Action: FaultHostUp, Console: "nodea"})
	haWait(t, l, "nodea", "lswpar -cq -a state", "D")
	expect(t, l, "nodea", "ps -e -@ w | grep -c sleep; clogin w id", "0\n", "clogin: 0960-206 Workload partition w is not active.\n", 1)
}

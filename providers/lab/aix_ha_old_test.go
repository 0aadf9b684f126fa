package lab

import (
	"strings"
	"testing"
)

// oldHA is the estate with an older release.
func oldHA(version string) func(string) string {
	return func(s string) string {
		s = strings.ReplaceAll(s, `powerha = "7.2.7"`, `powerha = "`+version+`"`)
		s = strings.ReplaceAll(s, "7200-05-03-2148", "5300-12-04-1119")
		s = strings.ReplaceAll(s, `10.30.0.50 appsvc`, `10.10.0.50 appsvc`)
		return strings.ReplaceAll(s, "/etc/cluster/rhosts", "/usr/es/sbin/cluster/etc/rhosts")
	}
}

// oldReady defines a cluster with the programs of the older releases: one Ethernet network and a heartbeat disk.
func oldReady(t testing.TB, l *Lab, group string, more ...string) {
	t.Helper()
	for _, line := range append([]string{"claddclstr -i 7 -n prod", "clnodename -a nodea -p nodea", "clnodename -a nodeb -p nodeb", "clmodnetwork -a -n net_ether_01 -i ether -m 255.255.255.0 -l no",
		"claddnode -a nodea:ether:net_ether_01:public:boot:10.10.0.21 -n nodea", "claddnode -a nodeb:ether:net_ether_01:public:boot:10.10.0.22 -n nodeb", "claddnode -a appsvc:ether:net_ether_01:public:service:",
		"clmodnetwork -a -n net_diskhb_01 -i diskhb", "claddnode -a nodea_hb:diskhb:net_diskhb_01:serial:service:/dev/hdisk3 -n nodea", "claddnode -a nodeb_hb:diskhb:net_diskhb_01:serial:service:/dev/hdisk4 -n nodeb",
		"claddserv -s app1 -b /ha/start -e /ha/stop", group}, more...) {
		ha(t, l, "nodea", line)
	}
}

// HACMP 5.1: kinds of groups, takeover by replacement, disk heartbeat.
func TestHaOld51(t *testing.T) {
	l := startHA(t, oldHA("5.1"))
	for line, want := range map[string]string{"clmgr query cluster": "not found", "lscluster -m": "not found", "clRGinfo": "not found", "clnodename -a x": "There is no cluster defined"} {
		out, errs, rc := l.Run("nodea", haPath+line)
		if rc == 0 || !strings.Contains(errs, want) {
			t.Error(line, rc, out, errs)
		}
	}
	haHas(t, l, "nodea", "lssrc -g cluster; lslpp -l cluster.es.server.rte", "clstrmgrES       cluster                       inoperative", "5.1.0.0")
	oldReady(t, l, "claddgrp -g rg-1 -r cascading -n 'nodea nodeb'", "claddres -g rg-1 NODE_PRIORITY_POLICY= SERVICE_LABEL='appsvc' FILESYSTEM='/data' FSCHECK_TOOL='fsck' RECOVERY_METHOD='sequential' EXPORT_FILESYSTEM= MOUNT_FILESYSTEM= NFS_NETWORK= VOLUME_GROUP='datavg' CONCURRENT_VOLUME_GROUP= DISK= AIX_CONNECTIONS_SERVICES= AIX_FAST_CONNECT_SERVICES= SHARED_TAPE_RESOURCES= APPLICATIONS='app1' TCP_CONNECTIONS= MISC_DATA= VG_AUTO_IMPORT='false' INACTIVE_TAKEOVER='false' CASCADE_WO_FALLBACK='false' DISK_FENCING='false' SSA_DISK_FENCING='false' FS_BEFORE_IPADDR='false'")
	for line, want := range map[string]string{"claddgrp -g x -r frob -n nodea": "none of cascading", "claddgrp -g x -r cascading -n nodec": "does not appear to exist", "claddgrp -g x -n nodea": "Usage: claddgrp", "claddres -g rg-1 FOO=1": "is not known", "claddserv -s app1 -b /x -e /y": "already defined",
		"clchgrp -o rg-1 -S OHN": "has no policies", "claddnode -a x:ether:net_ether_01 -n nodea": "Usage: claddnode", "clmodnetwork -a -n net_x -i frob": "is not supported", "clrmserv -s app1": "in use by resource group", "cldare -x": "Not a recognized flag", "claddappmon name=m MONITOR_TYPE=frob": "user or process"} {
		haFails(t, l, "nodea", line, 1, want)
	}
	for range 5 { // one value that is wrong leaves the other one as it was
		haFails(t, l, "nodea", "clchserv -o app1 -b /ha/other -e stop", 1, "full path names")
		haHas(t, l, "nodea", "cllsserv", "/ha/start")
	}
	haHas(t, l, "nodea", "cldare -rt -V normal", "Verification has completed normally.")
	haHas(t, l, "nodeb", "cllsif -c; cat /usr/es/sbin/cluster/etc/rhosts", "nodea_hb:service:net_diskhb_01:diskhb:serial:nodea:/dev/hdisk3::hdisk3::::", "10.10.0.21\n")
	ha(t, l, "nodea", "cl_rc_cluster -boot -N -i")
	haWait(t, l, "nodea", "clfindres", "rg-1 +cascading +UP +nodea")
	haCalm(t, l)
	// The service address has taken the place of the boot address.
	haHas(t, l, "nodea", "ifconfig en0; mount; lssrc -ls clstrmgrES; lssrc -ls topsvcs; cat /ha/log", "inet 10.10.0.50", "/data", "Current state: ST_STABLE", "net_diskhb_01", "started nodea")
	if out := must(t, l, "nodea", "ifconfig en0"); strings.Contains(out, "10.10.0.21") {
		t.Error(out)
	}
	savedAgain(t, l)
	haHas(t, l, "nodea", "cl_rsh nodeb hostname", "nodeb")
	ha(t, l, "nodea", "cldare -M rg-1:nodeb:sticky")
	haHas(t, l, "nodea", "clfindres -s; ifconfig en0", "rg-1:cascading:UP:nodeb:nodeb", "inet 10.10.0.21")
	haHas(t, l, "nodeb", "ifconfig en0", "inet 10.10.0.50")
	ha(t, l, "nodea", "cldare -M rg-1:default")
	haHas(t, l, "nodea", "clfindres -s", "rg-1:cascading:UP:nodea:")
	// Without the Ethernet the disk still tells that the other one lives; without the disk too, both take the group.
	inject(t, l, Fault{Action: FaultNetworkDown, Network: "10.10.0.0/24"})
	inject(t, l, Fault{Action: FaultNetworkDown, Network: "10.20.0.0/24"})
	haWait(t, l, "nodea", "cat /var/hacmp/log/hacmp.out", "EVENT COMPLETED: network_down_complete -1 net_ether_01 0")
	haHas(t, l, "nodeb", "lsvg datavg", "passive-only")
	inject(t, l, Fault{Action: FaultNetworkDown, Network: "net_diskhb_01"})
	haWait(t, l, "nodeb", "lsvg datavg", "VG PERMISSION:      read/write")
	haHas(t, l, "nodea", "lsvg datavg", "VG PERMISSION:      read/write")
	haCalm(t, l)
	for _, h := range []string{"nodea", "nodeb"} {
		ha(t, l, h, "clstop -g -N")
	}
	haWait(t, l, "nodea", "lssrc -g cluster", "clstrmgrES       cluster                       inoperative")
	haHas(t, l, "nodea", "ifconfig en0; lssrc -s topsvcs", "10.10.0.21", "inoperative")
}

// From 5.2 groups have policies; heartbeat over IP aliases is allocated at the synchronization.
func TestHaOld61(t *testing.T) {
	l := startHA(t, oldHA("6.1"), func(s string) string { return strings.ReplaceAll(s, "10.10.0.50 appsvc", "10.30.0.50 appsvc") })
	haFails(t, l, "nodea", "clmgr query cluster", 127, "not found")
	oldReady(t, l, "claddgrp -g rg1 -n 'nodea nodeb' -S OHN -O FNPN -B NFB", "claddres -g rg1 SERVICE_LABEL=appsvc VOLUME_GROUP=datavg APPLICATIONS=app1", "claddnode -a nodea_b:ether:net_ether_01:public:boot:10.20.0.21 -n nodea", "claddnode -a nodeb_b:ether:net_ether_01:public:boot:10.20.0.22 -n nodeb",
		"clchipat -n net_ether_01 -e", "clmodnetwork -c -n net_ether_01 -b 10.20.0.1", "claddappmon name=mon1 MONITOR_TYPE=process PROCESSES=appd PROCESS_OWNER=root RESOURCE_TO_MONITOR=app1 RESTART_COUNT=0 FAILURE_ACTION=fallover")
	haFails(t, l, "nodea", "claddgrp -g x -r cascading -n nodea", 1, "Resource groups of this release have policies")
	haFails(t, l, "nodea", "/usr/es/sbin/cluster/diag/clver -rt", 1, "ERROR: The heartbeat alias subnet 10.20.0.0/24 of network net_ether_01 is used by")
	ha(t, l, "nodea", "clmodnetwork -c -n net_ether_01 -b 172.16.100.1; cldare -rt")
	haHas(t, l, "nodeb", "cllsif -c; odmget -q 'ip_label=nodeb_b' HACMPadapter", "nodea:boot:net_ether_01:ether:public:nodea:10.10.0.21::en0::255.255.255.0:172.16.100.1", "nodeb:boot:net_ether_01:ether:public:nodeb:10.10.0.22::en0::255.255.255.0:172.16.100.2",
		"nodea_b:boot:net_ether_01:ether:public:nodea:10.20.0.21::en1::255.255.255.0:172.16.101.1", "nodeb_b:boot:net_ether_01:ether:public:nodeb:10.20.0.22::en1::255.255.255.0:172.16.101.2", "hb_addr = \"172.16.101.2\"")
	ha(t, l, "nodea", "cl_rc_cluster -boot -N -A")
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	haCalm(t, l)
	haHas(t, l, "nodea", "ifconfig -a; clRGinfo; halevel -s", "inet 172.16.100.1", "inet 172.16.101.1", "inet 10.30.0.50", "Group Name     Group State      Node", "6.1 GA")
	ha(t, l, "nodeb", "clRGmove -g rg1 -n nodeb -m")
	haHas(t, l, "nodeb", "clRGinfo -s; cltopinfo -c", "rg1:ONLINE:nodeb", "Cluster Name:    prod")
	savedAgain(t, l)
	ha(t, l, "nodea", "cl_clstop -cspoc '-n nodeb' -gr -N")
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	haCalm(t, l)
	if out := must(t, l, "nodeb", "ifconfig -a"); strings.Contains(out, "172.16") {
		t.Error(out)
	}
	ha(t, l, "nodea", "clstop -f -N")
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:UNMANAGED:nodea")
}

// One end of a heartbeat disk answers the other.
func TestHaDiskHeartbeat(t *testing.T) {
	l := startHA(t, oldHA("5.4"))
	done := make(chan string)
	go func() {
		out, errs, _ := l.Run("nodea", "/usr/sbin/rsct/bin/dhb_read -p hdisk3 -r")
		done <- out + errs
	}()
	out, errs, rc := l.Run("nodeb", "/usr/sbin/rsct/bin/dhb_read -p hdisk4 -t")
	if first := <-done; rc != 0 || !strings.Contains(out, "Link operating normally") || !strings.Contains(first, "Link operating normally") {
		t.Error(rc, out, errs, first)
	}
	if out, errs, rc := l.Run("nodea", "/usr/sbin/rsct/bin/dhb_read -p hdisk3 -r"); rc == 0 {
		t.Error(out, errs)
	}
}

package lab

import (
	"strings"
	"testing"
)

// What clmgr refuses, with its exit codes.
func TestHaRefusals(t *testing.T) {
	l := startHA(t)
	haFails(t, l, "nodea", "clmgr query cluster", haNotFound, "ERROR: no cluster is currently defined.")
	haReady(t, l, "clmgr add fallback_timer night HOUR=2 MINUTE=30", "clmgr add resource_group rg2 NODES=nodea,nodeb")
	for _, x := range []struct {
		line string
		rc   int
		want string
	}{
		{"clmgr frobnicate cluster", haIncorrect, "the action \"frobnicate\" is unknown"}, {"clmgr m cluster", haIncorrect, "the action \"m\" is ambiguous"}, {"clmgr query frob", haIncorrect, "the class \"frob\" is unknown"},
		{"clmgr -Z query cluster", haIncorrect, "unknown option"}, {"clmgr -S query cluster", haIncorrect, "\"-S\" requires one of them"}, {"clmgr -l loud query cluster", 1, "is not a valid log level"},
		{"clmgr query cluster other", haNotFound, "\"other\" does not appear to exist!"}, {"clmgr query rg RG1", haNotFound, "\"RG1\" does not appear to exist!"}, {"clmgr query rg rg1 FOO=1", haIncorrect, "\"FOO\" is not a valid attribute"},
		{"clmgr -a NOPE query cluster", haIncorrect, "\"NOPE\" is not a valid attribute"}, {"clmgr add cluster x NODES=nodea", 1, "a cluster is already defined"}, {"clmgr modify cluster NOPE=1", haIncorrect, "\"NOPE\""},
		{"clmgr modify cluster HEARTBEAT_FREQUENCY=5", haIncorrect, "Valid values are: 10 through 600"}, {"clmgr modify cluster TYPE=xx", haIncorrect, "Valid values are: NSC, SC, LC"}, {"clmgr add rg rg-1 NODES=nodea", haIncorrect, "invalid characters were detected in \"rg-1\" (\"-\")"},
		{"clmgr add rg 1rg NODES=nodea", haIncorrect, "may not begin with a number"}, {"clmgr add rg network NODES=nodea", haIncorrect, "reserved word"}, {"clmgr add rg rg1 NODES=nodea", 1, "resource group \"rg1\" already exists"}, {"clmgr add rg", haMissing, "a name/label is required"},
		{"clmgr add rg rg3", haMissing, "\"NODES\" is required"}, {"clmgr add rg rg3 NODES=nodec", haNotFound, "node \"nodec\" does not appear to exist!"}, {"clmgr add rg rg3 NODES=nodea,nodea", haIncorrect, "more than once"}, {"clmgr add rg rg3 NODES=nodea STARTUP=XX", haIncorrect, "Valid values are: OHN, OFAN, OAAN, OUDP"},
		{"clmgr add rg rg3 NODES=nodea STARTUP=OAAN", haIncorrect, "requires the fallover policy \"BO\""}, {"clmgr add rg rg3 NODES=nodea STARTUP=OUDP FALLBACK=FBHPN", haIncorrect, "\"NFB\""}, {"clmgr add rg rg3 NODES=nodea FALLBACK=NFB FALLBACK_AT=night", haIncorrect, "FBHPN"},
		{"clmgr add rg rg3 NODES=nodea FALLOVER=FUDNP", haMissing, "NODE_PRIORITY_POLICY"}, {"clmgr add rg rg3 NODES=nodea VOLUME_GROUP=nopevg", haNotFound, "volume group \"nopevg\""}, {"clmgr add rg rg3 NODES=nodea VOLUME_GROUP=datavg", haIncorrect, "already a resource of resource group \"rg1\""},
		{"clmgr add rg rg3 NODES=nodea SERVICE_LABEL=nope", haNotFound, "service ip \"nope\""}, {"clmgr add rg rg3 NODES=nodea FILESYSTEM=/nope", haNotFound, "file system \"/nope\""}, {"clmgr add service_ip nosuch NETWORK=net_ether_01", haNotFound, "does not resolve"},
		{"clmgr add service_ip othersvc NETWORK=nope", haNotFound, "network \"nope\""}, {"clmgr add service_ip othersvc", haMissing, "\"NETWORK\" is required"}, {"clmgr add service_ip othersvc NETWORK=net_ether_01 NETMASK=255.0.255.0", haIncorrect, "not a valid netmask"},
		{"clmgr add service_ip othersvc NETWORK=net_ether_01 NETMASK=255.255.255.0 PREFIX=24", haIncorrect, "together"}, {"clmgr add app a2 STARTSCRIPT=/x", haMissing, "\"STOPSCRIPT\" is required"}, {"clmgr add app a2 STARTSCRIPT=x STOPSCRIPT=/y", haIncorrect, "full path name"},
		{"clmgr add am m1 TYPE=Custom APPLICATIONS=app1", haMissing, "MONITORMETHOD"}, {"clmgr add am m1 TYPE=Process APPLICATIONS=app1", haMissing, "PROCESSES"}, {"clmgr add am m1 TYPE=Process APPLICATIONS=nope", haNotFound, "application controller \"nope\""},
		{"clmgr add am m1 TYPE=Custom APPLICATIONS=app1 MONITORMETHOD=/x STABILIZATION=0", haIncorrect, "STABILIZATION"}, {"clmgr add interface nope NETWORK=net_ether_01 NODE=nodea", haNotFound, "does not resolve"}, {"clmgr add interface othersvc NETWORK=net_ether_01 NODE=nodea", haNotFound, "is not configured on an interface"},
		{"clmgr add dep PARENT=rg1", haMissing, "specify PARENT and CHILD"}, {"clmgr add dep PARENT=rg1 CHILD=rg1", haIncorrect, "may not depend on itself"}, {"clmgr add dep SAME=node GROUPS=rg1", haMissing, "at least two"}, {"clmgr add timer t2 HOUR=25 MINUTE=0", haIncorrect, "0 through 23"}, {"clmgr add timer t2 HOUR=2", haMissing, "\"MINUTE\""},
		{"clmgr add repository hdisk3", 1, "belongs to volume group \"datavg\""}, {"clmgr add repository hdisk9", haNotFound, "does not appear to exist!"}, {"clmgr add repository hdisk0", 1, "belongs to volume group"}, {"clmgr delete service_ip appsvc", haDepends, "in use by resource group \"rg1\""}, {"clmgr delete app app1", haDepends, "in use"},
		{"clmgr delete rg nope", haNotFound, "does not appear to exist!"}, {"clmgr delete node nodec", haNotFound, "does not appear to exist!"}, {"clmgr online cluster", 1, "has not been synchronized"}, {"clmgr online cluster WHEN=never", haIncorrect, "Valid values are: now, restart, both"}, {"clmgr online resource_group rg1", 1, "Cluster IPC error"},
		{"clmgr move resource_group rg1", haMissing, "either \"NODE\" or \"SITE\""}, {"clmgr sync cluster FOO=1", haIncorrect, "\"FOO\" is not a valid attribute"}, {"clmgr add snapshot 1x", haIncorrect, "number"}, {"clmgr delete vg nopevg", haNotFound, "does not appear to exist!"}, {"clmgr query lv nope", 0, "ERROR: \"nope\" does not appear to exist!"},
		{"clmgr query vg nope", haNotFound, "does not appear"}, {"clmgr query fs /nope", haNotFound, "does not appear"}, {"clmgr query mp nope", haNotFound, "does not appear"}, {"clmgr add site s1", haMissing, "\"NODES\" is required"}, {"clmgr replace repository hdisk2", 1, "has not been synchronized"},
		{"clmgr add fc f1", haMissing, "\"FILES\" is required"}, {"clmgr query cluster extra words", haIncorrect, "unexpected operand"}, {"clRGinfo -Z", 1, "Not a recognized flag"}, {"clRGmove -g rg1 -m", 1, "Usage: clRGmove"}, {"cllsif -x", 1, "Not a recognized flag"}, {"lscluster -m", 1, "not active"},
		{"odmget CuFoo", 1, "odm errno"}, {"cl_rsh nodec date", 1, "cl_rsh: nodec"}, {"clsnapshot -c", 1, "Usage: clsnapshot"}, {"clctrl -tune -L", 1, "does not belong to a cluster"}, {"halevel x", 1, "Usage: halevel"},
	} {
		haFails(t, l, "nodea", x.line, x.rc, x.want)
	}
	// A refusal has changed nothing.
	expect(t, l, "nodea", haPath+"clmgr query rg; clmgr query service_ip; clmgr query app; clmgr query network", "rg1\nrg2\nappsvc\napp1\nnet_ether_01\nnet_ether_02\n", "", 0)
	// The commands are not in the default path, and their directories are seen.
	expect(t, l, "nodea", "clmgr query rg", "", "ksh: clmgr:  not found.\n", 127)
	expect(t, l, "nodea", "/usr/es/sbin/cluster/utilities/clmgr q rg; ls /usr/es/sbin/cluster/utilities | grep -c '^clmgr$'; test -x /usr/es/sbin/cluster/utilities/clRGinfo && echo yes; halevel -s 2>&1", "rg1\nrg2\n1\nyes\nksh: halevel:  not found.\n", "", 127)
	// Case does not matter, except in names; prefixes and aliases do.
	expect(t, l, "nodea", haPath+"clmgr QuErY ReSouRce_GrouP rg1 | head -1; clmgr -a startup,FALLBACK q rg rg1; clmgr -cS -a name ls rg; clmgr -M- 'query rg' 'query app'", "NAME=\"rg1\"\nSTARTUP=\"OHN\"\nFALLBACK=\"NFB\"\nrg1\nrg2\nrg1\nrg2\napp1\n", "", 0)
	ha(t, l, "nodea", "clmgr mod rg rg2 STARTU=OFAN FALLB=NFB; clmgr -T 12 -g SMUI ls hosts; clmgr ls pv TYP=all")
	haFails(t, l, "nodea", "clmgr mod rg rg2 FALL=NFB", haIncorrect, "\"FALL\" is not a valid attribute")
	haHas(t, l, "nodea", "cat /var/hacmp/log/clutils.log", "CLMGR STARTED", "exit code 4")
	haHas(t, l, "nodea", "lslpp -L cluster.es.server.rte bos.cluster.rte rsct.basic.rte bos.clvm.enh", "7.2.7.0", "bos.cluster.rte")
}

// What a cluster must have before it is synchronized.
func TestHaVerification(t *testing.T) {
	l := startHA(t)
	must(t, l, "nodeb", "stopsrc -s clcomd; rm /etc/cluster/rhosts; startsrc -s clcomd")
	haFails(t, l, "nodea", "clmgr add cluster prod NODES=nodea,nodeb REPOSITORIES=hdisk1", 1, "could not communicate with node \"nodeb\": permission denied by clcomd; check /etc/cluster/rhosts.")
	must(t, l, "nodeb", "echo 10.10.0.21 > /etc/cluster/rhosts; refresh -s clcomd")
	haFails(t, l, "nodea", "clmgr add cluster prod NODES=nodea,nodeb REPOSITORIES=hdisk1", 1, "permission denied")
	must(t, l, "nodeb", "chmod 600 /etc/cluster/rhosts; refresh -s clcomd")
	ha(t, l, "nodea", "clmgr add cluster prod NODES=nodea,nodeb REPOSITORIES=hdisk1")
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "ERROR: Repository disk hdisk1 on node nodea has reserve_policy single_path; it must be no_reserve.")
	for h, d := range map[string]string{"nodea": "hdisk1", "nodeb": "hdisk2"} {
		must(t, l, h, "chdev -l "+d+" -a reserve_policy=no_reserve")
	}
	for _, line := range []string{"clmgr add service_ip appsvc NETWORK=net_ether_01", "clmgr add app app1 STARTSCRIPT=/ha/start STOPSCRIPT=/ha/gone", "clmgr add rg rg1 NODES=nodea,nodeb SERVICE_LABEL=appsvc VOLUME_GROUP=datavg APPLICATIONS=app1"} {
		ha(t, l, "nodea", line)
	}
	must(t, l, "nodea", "chvg -a y datavg 2>/dev/null; varyonvg datavg; chvg -a y datavg; varyoffvg datavg")
	must(t, l, "nodeb", "exportvg datavg; grep -v appsvc /etc/hosts > /tmp/h; cp /tmp/h /etc/hosts; chmod 644 /ha/start")
	for _, want := range []string{"ERROR: Start script /ha/start of application controller app1 does not exist or is not executable on node nodeb.", "ERROR: Stop script /ha/gone of application controller app1 does not exist or is not executable on node nodea.",
		"ERROR: IP label appsvc does not resolve on node nodeb", "ERROR: Volume group datavg is not defined on node nodeb.", "ERROR: The auto-varyon flag of shared volume group datavg is set on node nodea.", "Verification exiting with error count: 6"} {
		haFails(t, l, "nodea", "clmgr verify cluster", 1, want)
	}
	haHas(t, l, "nodea", "cat /var/hacmp/clverify/clverify.log", "error count: 6")
	// What can be corrected is, the rest stays.
	haFails(t, l, "nodea", "clmgr sync cluster FIX=yes", 1, "Verification exiting with error count: 3")
	haHas(t, l, "nodeb", "lspv; lsfs; cat /etc/hosts", "datavg", "/data", "10.30.0.50\tappsvc")
	expect(t, l, "nodeb", haPath+"clmgr query rg", "", "ERROR: no cluster is currently defined.\n", haNotFound)
	must(t, l, "nodeb", "chmod 755 /ha/start; touch /ha/gone; chmod 755 /ha/gone")
	must(t, l, "nodea", "touch /ha/gone; chmod 755 /ha/gone")
	ha(t, l, "nodea", "clmgr sync cluster")
	// An error that is overridden does not keep the definition.
	must(t, l, "nodeb", "rm /ha/gone")
	ha(t, l, "nodea", "clmgr add rg rg2 NODES=nodeb")
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "error count: 1")
	ha(t, l, "nodea", "clmgr sync cluster FORCE=yes")
	expect(t, l, "nodeb", haPath+"clmgr query rg", "rg1\nrg2\n", "", 0)
	// Disks and the cluster of AIX.
	inject(t, l, Fault{Action: FaultDiskLost, LUN: "repo", Console: "nodeb"})
	haFails(t, l, "nodea", "clmgr verify cluster", 1, "ERROR: Repository disk hdisk2 cannot be opened on node nodeb.")
	inject(t, l, Fault{Action: FaultDiskBack, LUN: "repo", Console: "nodeb"})
	must(t, l, "nodeb", "clctrl -stop -n prod -a")
	haFails(t, l, "nodeb", "lscluster -i", 1, "not active")
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "Cluster-Aware AIX is not active on this node")
	must(t, l, "nodea", "clctrl -start -a")
	must(t, l, "nodeb", "lscluster -i")
	ha(t, l, "nodea", "clmgr add repository hdisk2; clmgr query repository")
	haHas(t, l, "nodea", "clmgr replace repository hdisk2; lspv; clmgr query repository; clmgr query cluster", "hdisk2          00f6f5d0000000a2                    caavg_private", "hdisk2 (00f6f5d0000000a2)")
	haFails(t, l, "nodea", "clmgr delete repository hdisk2", 1, "is the active repository disk")
	haFails(t, l, "nodea", "rmcluster -r hdisk2", 1, "which is active")
	for h, d := range map[string]string{"nodea": "hdisk2", "nodeb": "hdisk3"} {
		must(t, l, h, "CAA_FORCE_ENABLED=1 rmcluster -fr "+d)
		if out := must(t, l, h, "lspv"); strings.Contains(out, "caavg") {
			t.Error(out)
		}
	}
}

// Parents and children, start after, same and different nodes.
func TestHaDependencies(t *testing.T) {
	l := startHA(t)
	haReady(t, l, "clmgr add rg parent NODES=nodea,nodeb", "clmgr add rg child NODES=nodeb,nodea", "clmgr add rg grand NODES=nodea,nodeb", "clmgr add rg fourth NODES=nodea,nodeb", "clmgr add rg mate NODES=nodea,nodeb FALLBACK=NFB", "clmgr add rg apart NODES=nodea,nodeb STARTUP=OFAN FALLBACK=NFB",
		"clmgr add dep parent=parent child=child", "clmgr add dep parent=child child=grand", "clmgr add dep same=node groups=rg1,mate", "clmgr add dep DIFFERENT=NODE GROUPS=mate,apart")
	haFails(t, l, "nodea", "clmgr add dep PARENT=grand CHILD=parent", haIncorrect, "circular")
	haFails(t, l, "nodea", "clmgr add dep PARENT=grand CHILD=fourth", haIncorrect, "three levels")
	haFails(t, l, "nodea", "clmgr add dep SAME=NODE GROUPS=mate,fourth", haIncorrect, "already in such a dependency")
	expect(t, l, "nodea", haPath+"clmgr query dep; odmget -q 'group_child=child' HACMPrgdependency", "PARENT=parent CHILD=child\nPARENT=child CHILD=grand\nSAME=NODE GROUPS=rg1,mate\nDIFFERENT=NODE GROUPS=mate,apart\n\nHACMPrgdependency:\n\tgroup_parent = \"parent\"\n\tgroup_child = \"child\"\n\tdependency_type = \"PARENT_CHILD\"\n\tcondition = \"ONLINE\"\n", "", 0)
	ha(t, l, "nodea", "clmgr sync cluster; clmgr online cluster")
	haHas(t, l, "nodea", "clRGinfo -s", "parent:ONLINE:nodea", "child:ONLINE:nodeb", "grand:ONLINE:nodea", "mate:ONLINE:nodea", "apart:ONLINE:nodeb", "rg1:ONLINE:nodea")
	haFails(t, l, "nodea", "clmgr offline rg parent", 1, "while its children are online: child")
	haFails(t, l, "nodea", "clmgr move rg parent NODE=nodeb", 1, "while its children are online: child")
	haFails(t, l, "nodea", "clmgr move rg mate NODE=nodeb", 1, "a location dependency forbids it")
	ha(t, l, "nodea", "clmgr offline rg grand; clmgr offline rg child; clmgr offline rg parent")
	haFails(t, l, "nodea", "clmgr online rg child", 1, "while its parents are offline: parent")
	ha(t, l, "nodea", "clmgr online rg parent; clmgr online rg child; clmgr online rg grand")
	// The parent's node dies: children are stopped and come back behind it.
	ha(t, l, "nodea", "clmgr offline rg apart; clmgr move rg rg1 NODE=nodeb")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodeb", "mate:ONLINE:nodeb")
	_, _, _ = l.Run("nodea", "halt -q")
	haWait(t, l, "nodeb", "clRGinfo -s grand", "grand:ONLINE:nodeb")
	haCalm(t, l)
	haHas(t, l, "nodeb", "clRGinfo -s; grep -c 'rg_move_release nodeb child' /var/hacmp/log/hacmp.out", "parent:ONLINE:nodeb", "child:ONLINE:nodeb", "grand:ONLINE:nodeb", "\n4\n")
	ha(t, l, "nodeb", "clmgr delete dep DIFFERENT=NODE GROUPS=mate,apart; clmgr query dep | grep -vc DIFF")
}

// A group falls back at the hour of its timer, not before.
func TestHaFallbackTimer(t *testing.T) {
	haSpeed = 20000
	defer func() { haSpeed = 2000 }()
	l := startHA(t)
	haUp(t, l, "clmgr add fallback_timer noon HOUR=12 MINUTE=0", "clmgr modify rg rg1 FALLBACK=FBHPN FALLBACK_AT=noon")
	_, _, _ = l.Run("nodea", "halt -q")
	haWait(t, l, "nodeb", "clRGinfo -s", "rg1:ONLINE:nodeb")
	haCalm(t, l)
	inject(t, l, Fault{Action: FaultHostUp, Console: "nodea"})
	ha(t, l, "nodeb", "clmgr online node nodea")
	haHas(t, l, "nodea", "clRGinfo -s; clRGinfo -t", "rg1:ONLINE:nodeb", "fallback: Thu Aug 14 12:00:00 2008")
	must(t, l, "nodea", "sleep 7200")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodeb")
	must(t, l, "nodea", "sleep 5400")
	haHas(t, l, "nodea", "clRGinfo -s; grep 'rg_move nodea rg1' /var/hacmp/log/hacmp.out", "rg1:ONLINE:nodea", "Aug 14 2008 12:0")
}

// Dynamic reconfiguration: what is added to a running group is acquired, what is taken away is released.
func TestHaReconfiguration(t *testing.T) {
	l := startHA(t)
	haUp(t, l)
	ha(t, l, "nodea", "clmgr add service_ip othersvc NETWORK=net_ether_02; clmgr modify rg rg1 SERVICE_LABEL=appsvc,othersvc")
	if out := must(t, l, "nodea", "ifconfig -a"); strings.Contains(out, "10.30.0.51") {
		t.Error("a change acts before it is synchronized")
	}
	ha(t, l, "nodea", "clmgr sync cluster")
	haHas(t, l, "nodea", "ifconfig en1; clRGinfo -s", "10.30.0.51", "rg1:ONLINE:nodea")
	ha(t, l, "nodea", "clmgr modify rg rg1 SERVICE_LABEL=othersvc APPLICATIONS=")
	ha(t, l, "nodea", "clmgr sync cluster")
	haHas(t, l, "nodea", "ifconfig -a; clRGinfo -s; cat /ha/log; mount", "10.30.0.51", "rg1:ONLINE:nodea", "stopped nodea", "/data")
	if out := must(t, l, "nodea", "ifconfig -a; ps -ef"); strings.Contains(out, "10.30.0.50") || strings.Contains(out, "appd") {
		t.Error(out)
	}
	haFails(t, l, "nodea", "clmgr modify rg rg1 NODES=nodeb", 1, "is online on node \"nodea\"")
	haFails(t, l, "nodea", "clmgr delete rg rg1", 1, "Bring it offline first")
	haFails(t, l, "nodea", "clmgr delete cluster", 1, "cluster services are active")
	// Stopped with move, the group goes to the other node; unmanaged, everything stays.
	ha(t, l, "nodeb", "clmgr offline node nodea MANAGE=move")
	haHas(t, l, "nodeb", "clRGinfo -s; ifconfig -a; clmgr query cluster; clmgr query node nodea", "rg1:ONLINE:nodeb", "10.30.0.51", `STATE="STABLE"`, `STATE="OFFLINE"`)
	haFails(t, l, "nodea", "clmgr sync cluster", 1, "cluster services are active on node \"nodeb\", but not on this node")
	ha(t, l, "nodea", "clmgr online node nodea; clmgr offline cluster MANAGE=unmanage")
	haHas(t, l, "nodeb", "lssrc -ls clstrmgrES; mount; ifconfig -a", "Current state: ST_STABLE", "/data", "10.30.0.51")
	haHas(t, l, "nodeb", "clRGinfo -s; clmgr query node nodeb", "rg1:UNMANAGED:nodeb", `STATE="UNMANAGED"`)
	haCalm(t, l)
	savedAgain(t, l)
	ha(t, l, "nodea", "clmgr online cluster")
	haHas(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodeb")
}

// Shared storage through clmgr.
func TestHaStorage(t *testing.T) {
	l := startHA(t)
	haUp(t, l, "clmgr add rg rg2 NODES=nodea,nodeb")
	ha(t, l, "nodea", "clmgr add vg newvg NODES=nodea,nodeb PHYSICAL_VOLUMES=hdisk2 TYPE=scalable PPART_SIZE=32 RESOURCE_GROUP=rg2")
	haHas(t, l, "nodeb", "lspv; clmgr query vg", "newvg", "datavg\nnewvg\n")
	ha(t, l, "nodea", "clmgr add lv newlv VOLUME_GROUP=newvg LOGICAL_PARTITIONS=4 TYPE=jfs2; clmgr add fs /new LOGICAL_VOLUME=newlv; clmgr add fs /more VOLUME_GROUP=datavg UNITS=64 SIZE_PER_UNIT=megabytes")
	haHas(t, l, "nodea", "clmgr query lv newlv; clmgr query fs; clmgr query vg newvg", `SIZE="128"`, "/data\n/more\n/new\n", `RESOURCE_GROUP="rg2"`, `PPART_SIZE="32"`, `CONCURRENT_ACCESS="true"`)
	haHas(t, l, "nodeb", "lsfs", "/new", "/more")
	ha(t, l, "nodea", "clmgr sync cluster")
	haHas(t, l, "nodea", "clRGinfo -s; mount", "rg2:ONLINE:nodea", "/new")
	haFails(t, l, "nodea", "clmgr delete fs /new", 1, "is mounted on node \"nodea\"")
	ha(t, l, "nodea", "clmgr offline rg rg2; clmgr delete fs /new; clmgr add mp pool1 VOLUME_GROUP=newvg PHYSICAL_VOLUMES=hdisk2; clmgr query mp pool1; clmgr delete vg newvg")
	haHas(t, l, "nodeb", "clmgr query vg; lspv", "datavg\n", "00f6f5d0000000a2                    None")
	ha(t, l, "nodea", "clmgr add fc col FILES=/ha/start,/etc/hosts; echo x >> /ha/start; clmgr sync fc col")
	haHas(t, l, "nodeb", "tail -1 /ha/start", "x\n")
	ha(t, l, "nodea", "clmgr add snapshot before DESCRIPTION=first; clmgr delete rg rg2; clmgr sync cluster; clmgr offline cluster; clmgr manage snapshot restore before")
	expect(t, l, "nodea", haPath+"clmgr query rg; clmgr query snapshot", "rg1\nrg2\nbefore\nclver_pass_snapshot\n", "", 0)
	savedAgain(t, l)
}

// A scenario may hold a cluster that is configured and running already.
func TestHaScenario(t *testing.T) {
	l := startHA(t, func(s string) string {
		return s + `
hacluster "prod" {
  on      = ["nodea", "nodeb"]
  running = true
  object "repository" "hdisk1" {}
  object "node" "nodea" {}
  object "node" "nodeb" {}
  object "network" "net_ether_01" { attributes = { netmask = "255.255.255.0" } }
  object "interface" "nodea" { attributes = { network = "net_ether_01", node = "nodea" } }
  object "interface" "nodeb" { attributes = { network = "net_ether_01", node = "nodeb" } }
  object "service_ip" "appsvc" { attributes = { network = "net_ether_01" } }
  object "application_controller" "app1" { attributes = { startscript = "/ha/start", stopscript = "/ha/stop" } }
  object "resource_group" "rg1" {
    attributes = {
      nodes         = ["nodea", "nodeb"]
      service_label = ["appsvc"]
      applications  = "app1"
      volume_group  = "datavg"
    }
  }
}
`
	})
	haWait(t, l, "nodea", "clRGinfo -s", "rg1:ONLINE:nodea")
	haCalm(t, l)
	haHas(t, l, "nodeb", "clmgr query cluster; lspv; clmgr verify cluster", `STATE="STABLE"`, `UNSYNCED_CHANGES="false"`, "caavg_private", "Verification has completed normally.")
	savedAgain(t, l)
	for _, x := range []struct{ old, new, want string }{
		{`powerha = "7.2.7"`, `powerha = "9.9"`, "powerha is a release"}, {`lab { latency = 0 }`, `lab { latency = 0 }` + "\nhacluster \"x\" { on = [\"nope\"] }", "there is no host"},
		{`lab { latency = 0 }`, `lab { latency = 0 }` + "\nhacluster \"x\" {\n  on = [\"nodea\"]\n  object \"frob\" \"y\" {}\n}", "there is no class"},
		{`lab { latency = 0 }`, `lab { latency = 0 }` + "\nhacluster \"x\" {\n  on = [\"nodea\"]\n  object \"resource_group\" \"y\" { attributes = { nodes = \"nodec\" } }\n}", "there is no node"},
		{`lab { latency = 0 }`, `lab { latency = 0 }` + "\ncaa_cluster \"x\" {\n  nodes = [\"nodea\"]\n  repository = \"nope\"\n}", "there is no disk"},
		{`lab { latency = 0 }`, `lab { latency = 0 }` + "\nfault \"f\" {\n  action = \"host-down\"\n}", "give console"},
	} {
		if sc, err := Parse([]byte(replace(x.old, x.new)(haEstate)), "ha.hcl"); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v %v", x.new, sc != nil, err)
		}
	}
}

// The other policies, NFS, and clRGmove.
func TestHaPolicies(t *testing.T) {
	l := startHA(t)
	ready := func(more ...string) {
		haReady(t, l, more...)
		ha(t, l, "nodea", "clmgr sync cluster")
	}
	ready("clmgr delete rg rg1", "clmgr add rg all1 NODES=nodea,nodeb STARTUP=OAAN FALLOVER=BO FALLBACK=NFB VOLUME_GROUP=datavg", "clmgr add rg first NODES=nodea,nodeb STARTUP=OFAN FALLBACK=NFB", "clmgr add rg dist1 NODES=nodea,nodeb STARTUP=OUDP FALLBACK=NFB",
		"clmgr add rg dist2 NODES=nodea,nodeb STARTUP=OUDP FALLBACK=NFB", "clmgr add rg home NODES=nodeb,nodea FALLBACK=NFB")
	ha(t, l, "nodea", "clmgr online node nodea")
	haHas(t, l, "nodea", "clRGinfo -s", "all1:ONLINE:nodea:concurrent", "all1:OFFLINE:nodeb", "first:ONLINE:nodea", "dist1:ONLINE:nodea", "dist2:OFFLINE:nodea", "home:OFFLINE:nodeb", "home:OFFLINE:nodea")
	ha(t, l, "nodea", "clmgr online node nodeb")
	haHas(t, l, "nodea", "clRGinfo -s", "all1:ONLINE:nodea", "all1:ONLINE:nodeb", "first:ONLINE:nodea", "dist1:ONLINE:nodea", "dist2:ONLINE:nodeb", "home:ONLINE:nodeb")
	haHas(t, l, "nodea", "lsvg datavg", "VG PERMISSION:      read/write")
	haHas(t, l, "nodeb", "lsvg datavg", "VG PERMISSION:      read/write")
	haFails(t, l, "nodea", "clRGmove -g all1 -n nodeb -m", 1, "is concurrent")
	haHas(t, l, "nodea", "clRGmove -g home -n nodea -m; clRGinfo -p home", "Resource group home is online on node nodea.", "Priority Override Information:\n\tNode: nodea")
	haHas(t, l, "nodea", "clRGmove -g home -r -m; clRGinfo -p home", "home is online on node nodeb")
	haFails(t, l, "nodea", "clRGmove -g home -n nodeb -m", 1, "ERROR: resource group \"home\" is already online on node \"nodeb\".")
	ha(t, l, "nodea", "clRGmove -g home -n nodeb -d; clRGmove -g home -n nodeb -u; clRGmove -g all1 -a -d; clRGmove -g all1 -a -u")
	haHas(t, l, "nodea", "clRGinfo -c all1 home", "all1:ONLINE:nodea", "all1:ONLINE:nodeb", "home:ONLINE:nodeb")
	_, _, _ = l.Run("nodeb", "halt -q")
	haWait(t, l, "nodea", "clRGinfo -s", "home:ONLINE:nodea")
	haCalm(t, l)
	haHas(t, l, "nodea", "clRGinfo -s", "all1:ONLINE:nodea", "all1:OFFLINE:nodeb", "dist2:ONLINE:nodea")

	// NFS: exported by the owner, mounted by all nodes through the service label.
	l = startHA(t)
	ready("clmgr modify rg rg1 EXPORT_FILESYSTEM=/data MOUNT_FILESYSTEM='/nfs;/data' FS_BEFORE_IPADDR=true")
	ha(t, l, "nodea", "clmgr online cluster")
	haHas(t, l, "nodea", "cat /etc/xtab; mount", "/data", "appsvc   /data            /nfs             nfs3")
	haHas(t, l, "nodeb", "mount", "appsvc   /data            /nfs             nfs3")
	ha(t, l, "nodea", "clmgr modify rg rg1 FS_BEFORE_IPADDR=false")
	haFails(t, l, "nodea", "clmgr verify cluster", 1, "\"FS_BEFORE_IPADDR\" must be true")

	// Without anybody to take it the group waits for the next node.
	l = startHA(t)
	ready("clmgr modify rg rg1 NODES=nodea,nodeb", "clmgr modify cluster RG_SETTLING_TIME=60", "clmgr add rg calm NODES=nodea,nodeb STARTUP=OFAN FALLBACK=NFB")
	ha(t, l, "nodea", "clmgr online node nodeb")
	haHas(t, l, "nodeb", "clRGinfo -s", "calm:OFFLINE:nodeb", "rg1:OFFLINE:nodeb")
	haWait(t, l, "nodeb", "clRGinfo -s", "calm:ONLINE:nodeb")
}

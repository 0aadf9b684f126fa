package rules

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// The severities of rules about clusters, and those of them that run again right before a step (TestSeverities).
var clusterSeverities = map[string]string{
	"warning": "HA-07 HA-22 HA-26 HA-27 HA-28 HA-35 HA-37 HA-41 HA-43 HA-45 HA-46 RG-01 RG-12 RG-14 RG-15 RG-17 RG-26 RG-27 RG-29 RG-36 RG-43 RG-44 RG-45 " +
		"MON-02 MON-09 MON-15 MON-16 MON-18 DR-01 DR-10 DR-11 DR-16 DR-17",
	"advice":               "HA-06 HA-09 HA-10 HA-16 HA-39 HA-47 RG-21 RG-40 MON-13 MON-19 DR-18",
	"warning, unconfirmed": "HA-01 HA-18 HA-19 RG-13 RG-19 RG-37 MON-08",
}

const haAgain = "HA-15 HA-21 HA-30 HA-31 HA-32 HA-33 HA-36 HA-44 HA-45 HA-48 HA-49 RG-42 MON-11"

func init() {
	for id, p := range map[string][2]string{
		"HA-32":  {"planner/cluster_sync_test.go", `begins at a node whose services run`},
		"HA-33":  {"providers/aix/cluster_rules_test.go", `clmgr verify cluster\nclmgr sync cluster`},
		"HA-34":  {"providers/aix/cluster_rules_test.go", `! Shared without a cluster`},
		"MON-07": {"config/testdata/cluster-bad.txtar", `application.payroll needs stop`},
		"HA-49":  {"planner/rules/rules_test.go", `{rule: "STG-01"`},
		"NET-15": {"planner/rules/ha_test.go", `what: "disks are reserved"`},
		"STG-26": {"planner/rules/ha_test.go", `what: "no path without IP"`},
		"STG-31": {"planner/rules/ha_test.go", `what: "forced"`},
		"RG-05":  {"planner/rules/stg_cluster_test.go", `{rule: "STG-19"`},
		"RG-09":  {"config/testdata/cluster-bad.txtar", `startup  = "somewhere"`},
		"RG-25":  {"config/testdata/cluster-bad.txtar", `inactive_takeover is of cascading groups (rule RG-25)`},
		"DR-07":  {"planner/rules/rg_test.go", `{entry{rule: "RG-20"`},
	} {
		proofs[id] = p
	}
	for _, list := range [][]clusterEntry{haEntries, rgEntries, monEntries, drEntries} {
		for _, x := range list {
			e := x.entry
			e.breaks = func(e *estate) { x.breaks(e.clustered()) }
			e.almost = func(e *estate) { x.almost(e.clustered()) }
			entries = append(entries, e)
		}
	}
}

// clusterEntry is an entry whose estate has a cluster besides.
type clusterEntry struct {
	entry
	breaks, almost func(e *clustered)
}

// clustered is the base with a cluster in which everything is in order: two nodes on the two frames, one network, a repository
// disk, one volume group, one group that never falls back, one application with a process monitor.
type clustered struct {
	*estate
	c          *Cluster
	g          *ResourceGroup
	a          *Application
	mon        *Monitor
	v          *VolumeGroup
	db01, db02 *Host
	net        *ClusterNetwork
	svc        *ClusterLabel
}

func says(b bool) *bool { return &b }

func (e *estate) clustered() *clustered {
	x := &clustered{estate: e}
	x.net = &ClusterNetwork{Name: "net_ether_01", Type: "ether", Netmask: "255.255.255.0", Takeover: "alias"}
	x.c = &Cluster{Address: theCluster, Name: "payroll", Release: "7.2", Declared: true, Exists: true, Type: "standard", OnStop: "offline", Networks: []*ClusterNetwork{x.net},
		Settings: map[string]float64{}, Policies: map[string]string{}, TestedAt: "2026-10-01", Condition: "STABLE", Running: true, Synchronised: true, Online: true}
	x.db01, x.db02 = x.node("db01", e.src, 21), x.node("db02", e.dst, 22)
	repo := x.disk("repository", "caavg_private", x.db01, x.db02)
	x.c.Repositories = []*Disk{repo, x.disk("spare", "", x.db01, x.db02)}
	x.svc = &ClusterLabel{Name: "payroll_svc", Network: "net_ether_01", Address: "10.1.3.10", Netmask: "255.255.255.0"}
	x.c.ServiceIPs = []*ClusterLabel{x.svc}
	x.v = x.shared("datavg", "/payroll/data")
	x.mon = &Monitor{Name: "payd", Type: "process", Mode: "longrunning", Processes: []string{"payd"}, Owner: "pay", Instances: 1, Interval: -1, Signal: -1, Stabilization: 60, Restarts: 3, RestartInterval: 600, OnFailure: "fallover"}
	x.a = &Application{Address: theApp, Name: "payroll", Cluster: x.c, Start: "/opt/payroll/start.sh", Stop: "/opt/payroll/stop.sh", StartTime: 30, Unattended: true,
		Recovers: true, RecoversSaid: true, Standalone: true, StandaloneSaid: true, Files: []string{"/payroll/data"}, Monitors: []*Monitor{x.mon}, Clients: &Clients{ARPRefresh: says(true), SameSubnet: says(true), Reconnect: "by themselves"}}
	x.c.Applications = []*Application{x.a}
	x.g = x.group("payroll")
	x.g.ServiceIPs, x.g.Applications, x.g.VolumeGroups = x.c.ServiceIPs, x.c.Applications, []*VolumeGroup{x.v}
	x.v.Group, x.mon.Group = x.g, x.g
	e.Clusters = []*Cluster{x.c}
	return x
}

// node adds a node to the cluster, in a partition of its own on a frame.
func (x *clustered) node(name string, on *System, id int) *Host {
	p := client(name, id, on)
	p.State, p.Running, p.RunningAtEnd, p.RMC, p.DlparMem, p.DlparProc, p.Units = "running", true, true, "active", true, true, 0.2
	p.Ethernet = nil // where its interfaces hang is the business of NET-37
	x.Partitions = append(x.Partitions, p)
	filesets := map[string]string{"bos.clvm.enh": "7.2.5.0", "rsct.basic.rte": "3.2.6.0", "bos.rte.lvm": "7.2.5.0"}
	for _, f := range haFilesets {
		filesets[f] = "7.2.5.0"
	}
	end := strconv.Itoa(10 + int(name[len(name)-1]-'0'))
	h := &Host{Address: schema.Address("host." + name), Name: name, Found: true, Declared: true, Partition: p, Level: "7200-05-03-2148", Bits: 64, VarFree: 500, ClusterLevel: "7.2.7 GA", Filesets: filesets,
		Names: map[string]string{"payroll_svc": "10.1.3.10", name: "10.1.1." + end},
		Users: map[string]float64{"root": 0, "pay": 300}, Processes: []string{"init", "payd"}, State: "NORMAL", Manager: "ST_STABLE",
		Scripts: map[string]string{"/opt/payroll/start.sh": "executable", "/opt/payroll/stop.sh": "executable", "/opt/payroll/check.sh": "executable"}}
	x.Hosts = append(x.Hosts, h)
	x.c.Nodes = append(x.c.Nodes, h)
	for _, i := range []string{"1", "2"} {
		l := &ClusterLabel{Name: name + "_boot" + i, Network: "net_ether_01", Address: "10.1." + i + "." + end, Netmask: "255.255.255.0", Node: h, Device: "en" + i}
		x.c.Interfaces = append(x.c.Interfaces, l)
		h.Interfaces = append(h.Interfaces, &HostInterface{Name: l.Device, Address: l.Address, Netmask: l.Netmask, State: "up", Boot: l.Address})
	}
	for _, o := range x.Hosts {
		for _, l := range x.c.Interfaces {
			o.Names[l.Name] = l.Address
		}
	}
	return h
}

// third adds a node on a third frame, which has the volume group too.
func (x *clustered) third() *Host {
	h := x.node("db03", x.bystander(), 23)
	x.g.Nodes, x.g.NodesNow, x.v.Hosts = append(x.g.Nodes, h), append(x.g.NodesNow, h), append(x.v.Hosts, h)
	x.sees(h)
	return h
}

// sees lets a node see the disks of the volume group and of the cluster.
func (x *clustered) sees(h *Host) *Host {
	for _, d := range append(slices.Clone(x.v.Disks), x.c.Repositories...) {
		d.OnHosts[h.Name] = &HostDisk{Device: "hdisk9", Status: "Available", Reserve: "no_reserve", Size: 10240}
	}
	return h
}

func (x *clustered) disk(name, vg string, hosts ...*Host) *Disk {
	d := &Disk{Address: schema.Address("disk." + name), ID: "60050768" + name, Shared: true, Identity: true, Declared: true, ByID: true, PVID: "00c0f592" + name, Paths: map[string]*DiskPath{}, OnHosts: map[string]*HostDisk{}}
	for _, h := range hosts {
		d.OnHosts[h.Name] = &HostDisk{Device: "hdisk4", Status: "Available", VolumeGroup: vg, Reserve: "no_reserve", Size: 10240, LUN: "500507680140AC9D/1"}
	}
	return d
}

// shared is a volume group of both nodes, with a filesystem.
func (x *clustered) shared(name, mount string) *VolumeGroup {
	v := &VolumeGroup{Address: schema.Address("volume_group." + name), Name: name, Declared: true, Hosts: []*Host{x.db01, x.db02}, Mode: "enhanced-concurrent", Type: "scalable", AutoOn: says(false), Quorum: says(true), Major: 40,
		Disks: []*Disk{x.disk(name, name, x.db01, x.db02)}, Known: map[string]*KnownGroup{"db01": {State: "active", Major: 40, AutoOn: says(false)}, "db02": {State: "passive", Major: 40, AutoOn: says(false)}}}
	if mount != "" {
		v.Filesystems = []*Filesystem{{Mount: mount, Group: v}}
	}
	x.VolumeGroups = append(x.VolumeGroups, v)
	return v
}

// local is a volume group of one node, with a filesystem.
func (x *clustered) local(h *Host, mount string) {
	v := &VolumeGroup{Address: schema.Address("volume_group.local" + h.Name), Name: "localvg", Declared: true, Hosts: []*Host{h}, Mode: "standard"}
	v.Filesystems = []*Filesystem{{Mount: mount, Group: v}}
	x.VolumeGroups = append(x.VolumeGroups, v)
}

// group adds a resource group that is online on the first node.
func (x *clustered) group(name string) *ResourceGroup {
	g := &ResourceGroup{Address: schema.Address("resource_group." + name), Name: name, Cluster: x.c, Nodes: slices.Clone(x.c.Nodes), Startup: "first-available", Fallover: "next-priority", Fallback: "never", Style: "custom",
		Data: -1, Link: -1, Latency: -1, Exists: true, Condition: "ONLINE", Current: x.db01, NodesNow: slices.Clone(x.c.Nodes)}
	x.c.Groups = append(x.c.Groups, g)
	return g
}

// child is a second group, with nothing in it.
func (x *clustered) child() *ResourceGroup { return x.group("web") }

// app adds an application to a group.
func (x *clustered) app(g *ResourceGroup, name, monitor string) *Application {
	a := *x.a
	m := *x.mon
	m.Name, m.Group = monitor, g
	a.Address, a.Name, a.Files, a.Monitors = schema.Address("application."+name), name, []string{"/" + name}, []*Monitor{&m}
	x.c.Applications = append(x.c.Applications, &a)
	g.Applications = append(g.Applications, &a)
	return &a
}

// release puts cluster and nodes at a release, of HACMP on AIX 5.2 where it is an old one. A classic cluster has a heartbeat
// disk, in a volume group of its own.
func (x *clustered) release(v string) *ClusterNetwork {
	x.c.Release = v
	for _, h := range x.c.Nodes {
		h.ClusterLevel = v + ".0"
	}
	if v >= "7" {
		return nil
	}
	x.c.Repositories = nil
	for _, h := range x.c.Nodes {
		h.Level, h.Filesets["rsct.basic.rte"], h.Filesets["bos.rte.lvm"] = "5200-07", "2.3.9.0", "5.2.0.85"
	}
	beat := x.shared("hbvg", "")
	n := &ClusterNetwork{Name: "net_diskhb_01", Type: "diskhb", Disk: beat.Disks[0], Nodes: []*Host{x.db01, x.db02}}
	x.c.Networks = append(x.c.Networks, n)
	return n
}

// link adds a serial line between two nodes.
func (x *clustered) link(name string, a, b *Host) *ClusterNetwork {
	n := &ClusterNetwork{Name: name, Type: "rs232", Nodes: []*Host{a, b}}
	x.c.Networks = append(x.c.Networks, n)
	return n
}

// sites puts the nodes at two sites of the cluster.
func (x *clustered) sites() {
	x.c.Type, x.c.Features = "stretched", []string{"replication"}
	x.c.Sites = []*Site{{Name: "north", Nodes: []*Host{x.db01}, Link: 3, Latency: 2, Readiness: "hot"}, {Name: "south", Nodes: []*Host{x.db02}, Link: 3, Latency: 2, Readiness: "hot"}}
	x.g.SitePolicy = "primary"
}

// moving puts the first node into the partition that migrates, and the second one on a third frame.
func (x *clustered) moving() {
	x.p.Ethernet = nil
	x.db01.Partition = x.p
	s := x.bystander()
	x.db02.Partition.System, x.db02.Partition.Target = s, s
	x.g.Current = x.db02
}

// active: the node that moves runs the group.
func (x *clustered) active() { x.moving(); x.g.Current = x.db01 }

// up and down are the states of the node that stays.
func (x *clustered) down() { x.db02.State, x.db02.Manager = "OFFLINE", "ST_INIT" }

func TestClusterIsInOrder(t *testing.T) {
	for what, change := range map[string]func(x *clustered){
		"as it is": func(*clustered) {},
		"classic":  func(x *clustered) { x.release("5.2") },
		"nothing found": func(x *clustered) {
			for _, h := range x.Hosts {
				*h = Host{Address: h.Address, Name: h.Name, Declared: true, Partition: h.Partition}
			}
			for _, d := range append(x.c.Repositories, x.v.Disks...) {
				d.OnHosts = nil
			}
			x.c.Exists, x.c.Running, x.c.Synchronised, x.c.Condition = false, false, false, ""
			x.g.Exists, x.g.Current, x.g.Condition, x.g.NodesNow = false, nil, "", nil
		},
		"little said": func(x *clustered) { x.c.Interfaces, x.a.Files = nil, nil },
	} {
		f := base()
		change(open(f).clustered())
		for _, moment := range []string{Validate, Plan, Apply} {
			for _, d := range Run(moment, f) {
				if d.Severity != diag.Advice {
					t.Errorf("%s, at %s: %s", what, moment, d.Diagnostic)
				}
			}
		}
	}
}

// What some entries excuse, a change of that kind cannot leave out: a running cluster that changes says so (HA-35), a group
// without addresses has no way for its clients (NET-45), a heartbeat disk that moves elsewhere leaves a volume group behind that
// nobody holds (RG-01), levels that differ from what is asked for differ from those of the other node too (HA-14), and users
// notice the move of a node that has a group (HA-47).
var haEntries = []clusterEntry{
	// A group that names a node which is none breaks RG-04, so it loses that one too; and one of one node is no group to fall over.
	{entry{rule: "HA-01", what: "one", address: theCluster, path: "nodes", severity: diag.Error, names: []string{"payroll has 1 node"}, also: []string{"MON-10"}},
		func(e *clustered) { e.c.Nodes = e.c.Nodes[:1]; e.g.Nodes = e.g.Nodes[:1]; e.g.NodesNow = e.g.Nodes },
		func(e *clustered) { e.third() }},
	{entry{rule: "HA-01", what: "many", address: theCluster, path: "nodes", names: []string{"33 nodes", "32"}},
		func(e *clustered) {
			for range 31 {
				e.c.Nodes = append(e.c.Nodes, &Host{Name: "h", Partition: &Partition{}})
			}
			e.c.Interfaces, e.db01.VarFree, e.db02.VarFree = nil, 9000, 9000
		},
		func(e *clustered) {
			for range 30 {
				e.c.Nodes = append(e.c.Nodes, &Host{Name: "h", Partition: &Partition{}})
			}
		}},
	{entry{rule: "HA-02", what: "no path without IP", address: theCluster, path: "network", names: []string{"db01 and db02", "volume_group.datavg"}},
		func(e *clustered) {
			e.release("5.2")
			e.c.Networks = e.c.Networks[:1]
			e.VolumeGroups = e.VolumeGroups[:1]
		},
		func(e *clustered) { e.release("5.2").Type = "tmssa" }},
	{entry{rule: "HA-02", what: "disks are reserved", address: theCluster, path: "network", severity: diag.Warning, names: []string{"db01 and db02"}},
		func(e *clustered) {
			e.release("5.2")
			e.c.Networks, e.VolumeGroups, e.v.Mode = e.c.Networks[:1], e.VolumeGroups[:1], "standard"
		},
		func(e *clustered) { e.release("5.2") }},
	{entry{rule: "HA-02", what: "no IP network in common", address: theCluster, path: "interface", names: []string{"db01 and db02"}, also: []string{"NET-45"}},
		func(e *clustered) {
			e.c.Networks = append(e.c.Networks, &ClusterNetwork{Name: "net_ether_02", Type: "ether"})
			e.c.Interfaces[2].Network, e.c.Interfaces[3].Network = "net_ether_02", "net_ether_02"
			e.g.ServiceIPs, e.c.ServiceIPs = nil, nil
		},
		func(e *clustered) { e.c.Interfaces = nil }},
	{entry{rule: "HA-02", what: "a new cluster without a repository", address: theCluster, path: "network", names: []string{"db01 and db02"}},
		func(e *clustered) { e.c.Repositories, e.c.Created = nil, true },
		func(e *clustered) { e.c.Repositories = nil }},
	{entry{rule: "HA-02", what: "forced", address: theCluster, path: "network", names: []string{"db01 and db02", "volume_group.datavg"}},
		func(e *clustered) {
			e.release("5.2")
			e.c.Networks, e.VolumeGroups, e.v.Mode, e.g.Forced = e.c.Networks[:1], e.VolumeGroups[:1], "standard", true
		},
		func(e *clustered) { e.release("5.2"); e.v.Mode, e.g.Forced = "standard", true }},
	{entry{rule: "HA-02", what: "three nodes", address: theCluster, path: "network", names: []string{"db01 and db03; db02 and db03"}},
		func(e *clustered) { e.release("5.2"); e.third(); e.old("5.2") },
		func(e *clustered) { e.release("5.2"); e.link("net_rs232_01", e.db02, e.third()) }},
	{entry{rule: "HA-03", what: "three ends", address: theCluster, path: "network.net_diskhb_01.nodes", names: []string{"net_diskhb_01", "3 ends"}},
		func(e *clustered) { n := e.release("5.2"); e.heard(e.third(), n) },
		func(e *clustered) { e.release("5.2").Nodes = nil }},
	{entry{rule: "HA-03", what: "one disk, two networks", address: theCluster, path: "network.net_diskhb_02.disk", names: []string{"net_diskhb_01", "net_diskhb_02"}},
		func(e *clustered) {
			n := *e.release("5.2")
			n.Name = "net_diskhb_02"
			e.c.Networks = append(e.c.Networks, &n)
		},
		func(e *clustered) { e.release("5.2"); e.link("net_rs232_01", e.db01, e.db02) }},
	{entry{rule: "HA-05", what: "no disk", address: theCluster, path: "network.net_diskhb_01.disk", names: []string{"net_diskhb_01", "no disk"}, also: []string{"RG-01"}},
		func(e *clustered) { e.release("5.2").Disk = nil },
		func(e *clustered) { e.release("5.2") }},
	{entry{rule: "HA-05", what: "not seen", address: theCluster, names: []string{"db02 does not see disk.hbvg"}},
		func(e *clustered) {
			delete(e.release("5.2").Disk.OnHosts, "db02")
			e.VolumeGroups = e.VolumeGroups[:1]
		},
		func(e *clustered) { e.release("5.2").Disk.OnHosts = nil }},
	{entry{rule: "HA-05", what: "in no group", address: theCluster, names: []string{"in no volume group of db01"}},
		func(e *clustered) {
			e.release("5.2").Disk.OnHosts["db01"].VolumeGroup = "None"
			e.VolumeGroups = e.VolumeGroups[:1]
		},
		func(e *clustered) { e.release("5.2"); e.VolumeGroups = e.VolumeGroups[:1] }},
	{entry{rule: "HA-05", what: "group of others", address: theCluster, names: []string{"volume_group.hbvg", "db02"}},
		func(e *clustered) { e.release("5.2"); e.VolumeGroups[1].Hosts = e.c.Nodes[:1] },
		func(e *clustered) { e.release("5.2"); e.VolumeGroups[1].Mode = "" }},
	{entry{rule: "HA-05", what: "mode", address: theCluster, names: []string{"volume_group.hbvg", "not enhanced concurrent"}},
		func(e *clustered) { e.release("5.2"); e.VolumeGroups[1].Mode = "standard" },
		func(e *clustered) { e.release("5.2"); e.VolumeGroups[1].Mode = "" }},
	{entry{rule: "HA-06", address: theCluster, names: []string{"disk.datavg", "volume_group.datavg", "resource_group.payroll"}, also: []string{"RG-01"}},
		func(e *clustered) { e.release("5.2").Disk = e.v.Disks[0] },
		func(e *clustered) { e.release("5.2") }},
	{entry{rule: "HA-07", address: theCluster, names: []string{"3 nodes", "2 networks", "db02, db03"}},
		func(e *clustered) { e.release("5.2"); e.link("net_rs232_01", e.db01, e.third()); e.old("5.2") },
		func(e *clustered) {
			e.release("5.2")
			h := e.third()
			e.link("net_rs232_01", e.db01, h)
			e.link("net_rs232_02", e.db02, h)
		}},
	{entry{rule: "HA-08", address: theCluster, path: "network.net_rs232_01.type", names: []string{"rs232", "7.2"}},
		func(e *clustered) { e.link("net_rs232_01", e.db01, e.db02) },
		func(e *clustered) { e.release("6.1"); e.link("net_rs232_01", e.db01, e.db02) }},
	{entry{rule: "HA-09", address: theCluster, names: []string{"net_rs232_01", "tmscsi"}},
		func(e *clustered) { e.release("5.2"); e.link("net_rs232_01", e.db01, e.db02).Type = "tmscsi" },
		func(e *clustered) { e.release("5.2"); e.link("net_rs232_01", e.db01, e.db02) }},
	{entry{rule: "HA-10", address: theCluster, path: "settings.grace_period", names: []string{"grace_period", "5.2"}},
		func(e *clustered) { e.release("5.2"); e.c.Settings["grace_period"] = 10 },
		func(e *clustered) { e.c.Settings["grace_period"] = 10 }},
	{entry{rule: "HA-11", what: "AIX", address: theCluster, path: "version", names: []string{"db02", "5200-02", "5200-03"}, also: []string{"HA-14"}},
		func(e *clustered) { e.release("5.2"); e.db02.Level = "5200-02" },
		func(e *clustered) { e.release("5.1"); e.db02.Level = "5200-02" }},
	{entry{rule: "HA-11", what: "RSCT", address: theCluster, names: []string{"db02", "2.3.1.5", "2.3.3.0"}},
		func(e *clustered) { e.release("5.2"); e.db02.Filesets["rsct.basic.rte"] = "2.3.1.5" },
		func(e *clustered) { e.release("5.1"); e.db02.Filesets["rsct.basic.rte"] = "2.3.1.5" }},
	{entry{rule: "HA-12", address: theCluster, names: []string{"db02", "bos.adt.libm"}},
		func(e *clustered) { delete(e.db02.Filesets, "bos.adt.libm") },
		func(e *clustered) { delete(e.db02.Filesets, "bos.net.tcp.client") }},
	{entry{rule: "HA-13", what: "missing", address: theCluster, names: []string{"db02", "bos.clvm.enh", "volume_group.datavg"}},
		func(e *clustered) { delete(e.db02.Filesets, "bos.clvm.enh") },
		func(e *clustered) { delete(e.db02.Filesets, "bos.clvm.enh"); e.v.Mode = "standard" }},
	{entry{rule: "HA-13", what: "LVM of 5.1", address: theCluster, names: []string{"db02", "5.1.0.10", "5.1.0.25"}},
		func(e *clustered) {
			e.release("5.2")
			for _, h := range e.c.Nodes {
				h.Level, h.Filesets["bos.rte.lvm"] = "5100-06", "5.1.0.35"
			}
			e.db02.Filesets["bos.rte.lvm"] = "5.1.0.10"
		},
		func(e *clustered) { e.db02.Filesets["bos.rte.lvm"] = "5.1.0.10" }},
	{entry{rule: "HA-14", what: "none", address: theCluster, names: []string{"db02", "no cluster software"}},
		func(e *clustered) { e.db02.ClusterLevel = "" },
		func(e *clustered) { e.db02.ClusterLevel, e.db02.Found = "", false }},
	{entry{rule: "HA-14", what: "another release", address: theCluster, path: "version", names: []string{"db02", "7.1.3 SP4", "7.2"}},
		func(e *clustered) { e.db02.ClusterLevel = "7.1.3 SP4" },
		func(e *clustered) { e.db01.ClusterLevel, e.db02.ClusterLevel = "7.2.2 SP1", "7.2.2 SP1" }},
	{entry{rule: "HA-14", what: "levels, and a change", address: theCluster, names: []string{"7.2.2 SP1 on db02", "7.2.7 GA on db01"}, also: []string{"HA-35"}},
		func(e *clustered) { e.db02.ClusterLevel, e.c.Changed = "7.2.2 SP1", true },
		func(e *clustered) { e.c.Changed = true }},
	{entry{rule: "HA-14", what: "levels", address: theCluster, severity: diag.Warning, names: []string{"7.2.2 SP1 on db02"}},
		func(e *clustered) { e.db02.ClusterLevel = "7.2.2 SP1" },
		func(e *clustered) { e.db02.VarFree = 600 }},
	{entry{rule: "HA-14", what: "AIX, and a change", address: theCluster, severity: diag.Warning, names: []string{"7300-01-01-2246 on db02"}, also: []string{"HA-35"}},
		func(e *clustered) { e.db02.Level, e.c.Changed = "7300-01-01-2246", true },
		func(e *clustered) { e.c.Changed = true }},
	{entry{rule: "HA-14", what: "AIX", address: theCluster, severity: diag.Advice, names: []string{"7300-01-01-2246 on db02"}},
		func(e *clustered) { e.db02.Level = "7300-01-01-2246" },
		func(e *clustered) { e.db01.Level, e.db02.Level = "7300-01-01-2246", "7300-01-01-2246" }},
	{entry{rule: "HA-15", address: theCluster, names: []string{"db02", "31 MiB", "32"}},
		func(e *clustered) { e.db02.VarFree = 31 },
		func(e *clustered) { e.db02.VarFree = 32 }},
	{entry{rule: "HA-16", address: theCluster, names: []string{"db02", "23 MiB", "24"}},
		func(e *clustered) { e.db02.VarFree = 55 },
		func(e *clustered) { e.db02.VarFree = 56 }},
	{entry{rule: "HA-18", what: "cluster", address: theCluster, path: "name", names: []string{`"cluster"`}},
		func(e *clustered) { e.c.Name = "cluster" },
		func(e *clustered) { e.c.Name = "cluster_1" }},
	{entry{rule: "HA-18", what: "monitor", address: theApp, path: "monitor.daemon", names: []string{`"daemon"`, "monitor"}},
		func(e *clustered) { e.mon.Name = "daemon" },
		func(e *clustered) { e.mon.Name = "daemon1" }},
	{entry{rule: "HA-18", what: "group", address: theGroup, path: "name", names: []string{`"group"`}},
		func(e *clustered) { e.g.Name = "group" },
		func(e *clustered) { e.g.Name = "groups" }},
	{entry{rule: "HA-19", address: theCluster, path: "network", names: []string{"49 networks", "48"}},
		func(e *clustered) { e.networks(48) },
		func(e *clustered) { e.networks(47) }},
	{entry{rule: "HA-20", what: "missing", address: theApp, path: "stop", names: []string{"stop"}},
		func(e *clustered) { e.a.Stop = "" },
		func(e *clustered) { e.a.Stop = "/opt/payroll/start.sh" }},
	{entry{rule: "HA-20", what: "asks", address: theApp, path: "unattended", names: []string{"payroll", "unattended = false"}},
		func(e *clustered) { e.a.Unattended = false },
		func(e *clustered) { e.a.Recovers = false }},
	{entry{rule: "HA-21", address: theApp, path: "start", names: []string{"/opt/payroll/start.sh", "missing", "db02"}},
		func(e *clustered) { e.db02.Scripts["/opt/payroll/start.sh"] = "missing" },
		func(e *clustered) {
			e.db02.Scripts["/opt/payroll/start.sh"] = "missing"
			e.c.Nodes, e.g.Nodes = e.c.Nodes[:1], e.g.Nodes[:1]
		}},
	{entry{rule: "HA-21", what: "of a monitor", address: theApp, path: "monitor.payd.notify", names: []string{"/opt/payroll/check.sh", "not executable", "db01"}},
		func(e *clustered) {
			e.mon.Notify, e.db01.Scripts["/opt/payroll/check.sh"] = "/opt/payroll/check.sh", "not executable"
		},
		func(e *clustered) { e.db01.Scripts["/opt/payroll/check.sh"] = "not executable" }},
	{entry{rule: "HA-21", what: "unknown", address: theApp, severity: diag.Warning, names: []string{"/opt/payroll/stop.sh", "db01"}},
		func(e *clustered) { delete(e.db01.Scripts, "/opt/payroll/stop.sh") },
		func(e *clustered) { e.db01.Scripts = nil }},
	{entry{rule: "HA-22", what: "declared", address: theApp, path: "recovers_from_crash", names: []string{"payroll"}},
		func(e *clustered) { e.a.Recovers = false },
		func(e *clustered) { e.a.Standalone = false }},
	{entry{rule: "HA-22", what: "not declared", address: theApp, severity: diag.Advice, names: []string{"payroll"}},
		func(e *clustered) { e.a.Recovers, e.a.RecoversSaid = false, false },
		func(e *clustered) { e.a.Standalone = false }},
	{entry{rule: "HA-23", what: "declared", address: theApp, path: "tested_standalone", names: []string{"payroll"}},
		func(e *clustered) { e.a.Standalone = false },
		func(e *clustered) { e.a.Recovers = false }},
	{entry{rule: "HA-23", what: "no files", address: theApp, severity: diag.Advice, path: "files", names: []string{"files"}},
		func(e *clustered) { e.a.Files = nil },
		func(e *clustered) { e.a.Files = []string{"/x"} }},
	{entry{rule: "HA-23", what: "not declared", address: theApp, severity: diag.Advice, path: "tested_standalone", names: []string{"tested_standalone"}},
		func(e *clustered) { e.a.Standalone, e.a.StandaloneSaid = false, false },
		func(e *clustered) { e.a.Files = []string{"/x"} }},
	{entry{rule: "HA-24", address: theApp, path: "files", names: []string{"/payroll/tmp", "db01", "db02"}},
		func(e *clustered) { e.local(e.db01, "/payroll/tmp"); e.a.Files = []string{"/payroll/tmp"} },
		func(e *clustered) {
			e.local(e.db01, "/payroll/tmp")
			e.local(e.db02, "/payroll/tmp")
			e.a.Files = []string{"/payroll/tmp"}
		}},
	{entry{rule: "HA-25", address: theApp, path: "levels", names: []string{"db02", "7.3", "7.2"}, also: []string{"HA-14"}},
		func(e *clustered) { e.a.Levels, e.db02.Level = []string{"7.2"}, "7300-01-01-2246" },
		func(e *clustered) { e.a.Levels, e.db02.Level = []string{"7.2", "7.3"}, "7300-01-01-2246" }},
	{entry{rule: "HA-26", address: theApp, path: "licence.bound_to", names: []string{"db01", "db02"}},
		func(e *clustered) { e.a.Licence = &Licence{BoundTo: []*Host{e.db01}} },
		func(e *clustered) { e.a.Licence = &Licence{BoundTo: []*Host{e.db02, e.db01}} }},
	{entry{rule: "HA-27", address: theApp, path: "licence.processors", names: []string{"db02", "4 processors", "2"}},
		func(e *clustered) {
			e.a.Licence = &Licence{Processors: 2}
			e.db02.Partition.Procs, e.db02.Partition.Units = 4, 0.4
		},
		func(e *clustered) { e.a.Licence = &Licence{Processors: 4}; e.db02.Partition.Procs = 4 }},
	{entry{rule: "HA-28", address: theApp, path: "licence.count", names: []string{"2 nodes", "1"}},
		func(e *clustered) { e.concurrent(); e.a.Licence = &Licence{Count: 1} },
		func(e *clustered) { e.concurrent(); e.a.Licence = &Licence{Count: 2} }},
	{entry{rule: "HA-30", what: "cluster", address: theCluster, names: []string{"cluster.payroll", "RP_RUNNING"}, also: []string{"HA-35"}},
		func(e *clustered) { e.c.Condition, e.c.Changed = "RP_RUNNING", true },
		func(e *clustered) { e.c.Condition, e.c.Changed = "STABLE", true }},
	{entry{rule: "HA-30", what: "nothing of it changes", address: theCluster, severity: diag.Warning, names: []string{"cluster.payroll", "ERROR"}},
		func(e *clustered) { e.c.Condition = "ERROR" },
		func(e *clustered) { e.c.Condition = "STABLE" }},
	{entry{rule: "HA-30", what: "node", address: theCluster, names: []string{"db02", "joining"}, also: []string{"HA-35"}},
		func(e *clustered) { e.db02.State, e.c.Changed = "JOINING", true },
		func(e *clustered) { e.db02.State, e.c.Changed = "OFFLINE", true }},
	{entry{rule: "HA-30", what: "group", address: theCluster, names: []string{"resource_group.payroll", "RELEASING"}, also: []string{"HA-35"}},
		func(e *clustered) { e.g.Condition, e.c.Changed = "RELEASING", true },
		func(e *clustered) { e.g.Condition, e.c.Changed = "OFFLINE", true }},
	{entry{rule: "HA-31", what: "disagree", address: theCluster, path: "nodes", names: []string{"db02"}, also: []string{"HA-35"}},
		func(e *clustered) { e.c.Disagree, e.c.Changed = []string{"db02"}, true },
		func(e *clustered) { e.c.Disagree = []string{"db02"} }},
	{entry{rule: "HA-31", what: "not synchronised", address: theCluster, severity: diag.Warning, names: []string{"payroll"}, also: []string{"HA-35"}},
		func(e *clustered) { e.c.Synchronised, e.c.Changed = false, true },
		func(e *clustered) { e.c.Synchronised = false }},
	{entry{rule: "HA-35", address: theCluster, names: []string{"resource_group.payroll"}},
		func(e *clustered) { e.c.Changed, e.g.Changed = true, true },
		func(e *clustered) { e.c.Changed, e.g.Changed, e.c.Running = true, true, false }},
	{entry{rule: "HA-35", what: "topology alone", address: theCluster, severity: diag.Advice, names: []string{"payroll runs"}},
		func(e *clustered) { e.c.Changed = true },
		func(e *clustered) { e.g.Changed = true }},
	{entry{rule: "HA-36", address: theCluster, path: "interface.db02_boot1", names: []string{"db02", "10.1.1.12"}},
		func(e *clustered) { e.old("5.2"); e.c.Created = true; e.db02.Interfaces[0].Address = "10.1.3.10" },
		func(e *clustered) { e.old("5.2"); e.db02.Interfaces[0].Address = "10.1.3.10" }},
	{entry{rule: "HA-37", address: theCluster, path: "on_stop", names: []string{"resource_group.payroll", "go offline", "payroll_svc"}},
		func(e *clustered) { e.c.Stops = true },
		func(e *clustered) { e.c.Stops, e.g.Condition = true, "OFFLINE" }},
	{entry{rule: "HA-37", what: "unmanage", address: theCluster, names: []string{"resource_group.payroll", "nothing protects them"}},
		func(e *clustered) { e.c.Stops, e.c.OnStop = true, "unmanage" },
		func(e *clustered) { e.c.OnStop = "unmanage" }},
	{entry{rule: "HA-39", address: theCluster, path: "tested_at", names: []string{"payroll"}},
		func(e *clustered) { e.c.TestedAt = "" },
		func(e *clustered) { e.c.TestedAt = "2020-01-01" }},
	{entry{rule: "HA-41", address: theCluster, names: []string{"pay (300 on db01, 301 on db02)"}},
		func(e *clustered) { e.db02.Users["pay"] = 301 },
		func(e *clustered) { e.db02.Users["other"] = 301 }},
	{entry{rule: "HA-42", what: "stay on one frame", address: "partition.db02", path: "system", names: []string{"db01", "db02", "system.uli13", "at the end"}},
		func(e *clustered) { e.db02.Partition.System, e.db02.Partition.Target = e.src, e.src },
		func(e *clustered) {
			s := e.bystander()
			e.db02.Partition.System, e.db02.Partition.Target = s, s
		}},
	{entry{rule: "HA-42", what: "arrives", names: []string{"db01", "db02", "system.uli14", "at the end"}, also: []string{"HA-47"}},
		func(e *clustered) { e.db01.Partition, e.p.Ethernet = e.p, nil },
		func(e *clustered) { e.moving() }},
	{entry{rule: "HA-42", what: "on the way", address: lp1, names: []string{"system.uli14", "on the way"}, also: []string{"HA-47"}},
		func(e *clustered) {
			e.db01.Partition, e.p.Ethernet = e.p, nil
			s := e.bystander()
			e.db02.Partition.Target = s
			e.db02.Partition.Address = ""
		},
		func(e *clustered) { // together now, and apart in the end
			e.db01.Partition = e.p
			e.db02.Partition.System, e.db02.Partition.Target = e.src, e.src
		}},
	{entry{rule: "HA-42", what: "one partition", address: theCluster, names: []string{"db01", "db02", "run in db01"}},
		func(e *clustered) { e.db02.Partition = e.db01.Partition },
		func(e *clustered) { e.third() }},
	{entry{rule: "HA-42", what: "unknown", address: theCluster, severity: diag.Advice, names: []string{"db02"}},
		func(e *clustered) { e.db02.Partition = nil },
		func(e *clustered) { e.third() }},
	{entry{rule: "HA-43", what: "fabric", address: theCluster, names: []string{"fabric A"}},
		func(e *clustered) { e.db01.Partition.Fabrics, e.db02.Partition.Fabrics = []string{"A"}, []string{"A"} },
		func(e *clustered) {
			e.db01.Partition.Fabrics, e.db02.Partition.Fabrics = []string{"A", "B"}, []string{"A"}
		}},
	{entry{rule: "HA-43", what: "site", address: theCluster, severity: diag.Advice, names: []string{"site north"}},
		func(e *clustered) { e.db01.Site, e.db02.Site = "north", "north" },
		func(e *clustered) { e.db01.Site = "north" }},
	{entry{rule: "HA-44", what: "no link", names: []string{"uli13lp1", "cluster.payroll", "db02", "is down"}},
		func(e *clustered) { e.moving(); e.unplug(e.db02) },
		func(e *clustered) { e.moving() }},
	{entry{rule: "HA-44", what: "unstable", names: []string{"uli13lp1", "cluster.payroll", "UNSTABLE"}, also: []string{"HA-30"}},
		func(e *clustered) { e.moving(); e.c.Condition = "UNSTABLE" },
		func(e *clustered) { e.c.Condition = "UNSTABLE" }},
	{entry{rule: "HA-44", what: "the other one moves", names: []string{"db02", "cluster.payroll"}, also: []string{"LPM-14"}},
		func(e *clustered) { e.moving(); e.db02.Partition.State = "migrating - running" },
		func(e *clustered) { e.db02.Partition.State = "migrating - running" }},
	{entry{rule: "HA-45", what: "setting for moves", names: []string{"cluster.payroll", "db01", "10 s"}},
		func(e *clustered) { e.moving(); e.c.Settings["failure_detection_during_lpm"] = 10 },
		func(e *clustered) {
			e.moving()
			e.c.Settings["failure_detection_during_lpm"], e.c.Policies["lpm_policy"] = 10, "unmanage"
		}},
	{entry{rule: "HA-45", what: "of 7.1", names: []string{"cluster.payroll", "db01", "10 s"}},
		func(e *clustered) { e.release("7.1"); e.moving(); e.c.Settings["failure_detection"] = 10 },
		func(e *clustered) { e.moving(); e.c.Settings["failure_detection"] = 10 }},
	{entry{rule: "HA-46", names: []string{"resource_group.payroll", "db01", "db02"}, also: []string{"HA-47"}},
		func(e *clustered) { e.active(); e.c.Policies["lpm_policy"] = "unmanage" },
		func(e *clustered) { e.moving(); e.c.Policies["lpm_policy"] = "unmanage" }},
	{entry{rule: "HA-47", names: []string{"db01", "resource_group.payroll"}},
		func(e *clustered) { e.active() },
		func(e *clustered) { e.moving() }},
	{entry{rule: "HA-48", what: "broken", names: []string{"resource_group.payroll", "db01", "ERROR"}, also: []string{"HA-30"}},
		func(e *clustered) { e.moving(); e.g.Condition = "ERROR" },
		func(e *clustered) { e.moving(); e.g.Condition = "OFFLINE" }},
	{entry{rule: "HA-48", what: "no other node", severity: diag.Warning, names: []string{"db01", "resource_group.payroll", "db02"}, also: []string{"HA-47"}},
		func(e *clustered) { e.active(); e.down() },
		func(e *clustered) { e.moving(); e.down() }},
	{entry{rule: "HA-48", what: "unknown", severity: diag.Warning, names: []string{"resource_group.payroll", "db02"}, also: []string{"HA-47"}},
		func(e *clustered) { e.active(); e.db02.Found, e.db02.State = false, "" },
		func(e *clustered) { e.moving(); e.db02.Found, e.db02.State = false, "" }},
}

// old is a classic release for nodes that were added after release.
func (x *clustered) old(v string) {
	if !x.c.Classic() {
		x.release(v)
	}
	for _, h := range x.c.Nodes {
		h.ClusterLevel, h.Level, h.Filesets["rsct.basic.rte"], h.Filesets["bos.rte.lvm"] = v+".0", "5200-07", "2.3.9.0", "5.2.0.85"
	}
}

// heard lets a node hear a heartbeat disk too, with its volume group.
func (x *clustered) heard(h *Host, n *ClusterNetwork) {
	x.old(x.c.Release)
	n.Nodes = append(n.Nodes, h)
	n.Disk.OnHosts[h.Name] = &HostDisk{Device: "hdisk8", VolumeGroup: "hbvg"}
	x.VolumeGroups[1].Hosts = append(x.VolumeGroups[1].Hosts, h)
}

func (x *clustered) networks(n int) {
	for i := range n {
		x.c.Networks = append(x.c.Networks, &ClusterNetwork{Name: "net_" + string(rune('a'+i%26)) + string(rune('a'+i/26)), Type: "ether", Takeover: "alias"})
	}
}

// concurrent makes the group one that runs on all nodes, with what such a group may hold.
func (x *clustered) concurrent() {
	x.g.Startup, x.g.Fallover, x.g.Fallback = "all-available", "bring-offline", "never"
	x.g.ServiceIPs, x.c.ServiceIPs, x.v.Filesystems, x.a.Concurrent, x.mon.OnFailure = nil, nil, nil, true, "notify"
}

// The findings do not depend on the order in which hosts, clusters and volume groups were found.
func TestClustersInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := base()
		broken := rapid.SampledFrom(slices.Concat(haEntries, rgEntries, monEntries, drEntries)).Draw(t, "entry")
		x := open(f).clustered()
		broken.breaks(x)
		other := *x.c
		other.Address, other.Name = "cluster.other", "other"
		f.Clusters = append(f.Clusters, &other)
		moment := rapid.SampledFrom([]string{Validate, Plan, Apply}).Draw(t, "moment")
		first := multiset(Run(moment, f))
		g := *f
		g.Hosts, g.Clusters, g.VolumeGroups = permute(t, f.Hosts), permute(t, f.Clusters), permute(t, f.VolumeGroups)
		if second := multiset(Run(moment, &g)); !slices.Equal(first, second) {
			t.Fatalf("another order gives other findings:\n%q\n%q", first, second)
		}
	})
}

// What no document states is no row of the matrix.
func TestLevelsAreSourced(t *testing.T) {
	known := map[string]bool{}
	for _, l := range haLevels {
		known[l.Release] = true
	}
	if !maps.Equal(known, map[string]bool{"5.1": true, "5.2": true}) {
		t.Errorf("levels for %v", known)
	}
}

// unplug has an interface of a node lose its link.
func (x *clustered) unplug(h *Host) { h.Interfaces[0].State = "down" }

package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Addresses of what most findings about clusters are about.
const (
	theCluster = schema.Address("cluster.payroll")
	theGroup   = schema.Address("resource_group.payroll")
	theApp     = schema.Address("application.payroll")
	theVG      = schema.Address("volume_group.datavg")
)

// payroll is a cluster of two nodes in which everything is in order, with names for its pieces.
type payroll struct {
	*Cluster
	e          *estate
	one, two   *Host
	net        *ClusterNetwork
	group      *ResourceGroup
	app        *Application
	vg         *VolumeGroup
	data, repo *Disk
}

// given makes the change of an entry out of one of the cluster.
func given(change func(p *payroll)) func(*estate) {
	return func(e *estate) { change(e.payroll()) }
}

// array is a LUN that hosts see.
func (e *estate) array(name string, size float64, hosts ...*Host) *Disk {
	d := &Disk{Address: schema.Address("disk." + name), ID: "uid:33213600507680" + name + "IBMfcp", Identity: true, Declared: true, ByID: true, Paths: map[string]*DiskPath{}, OnHosts: map[string]*HostDisk{}}
	for _, h := range hosts {
		d.OnHosts[h.Name] = &HostDisk{Device: "hdisk4", Status: "Available", Reserve: "no_reserve", Size: size, LUN: "500507680140AC9D/1000000000000"}
	}
	e.Disks = append(e.Disks, d)
	return d
}

// payroll adds a cluster of two nodes, each with two interfaces on one network, with repository disks and one group.
func (e *estate) payroll() *payroll {
	p := &payroll{e: e, net: &ClusterNetwork{Name: "net_ether_01", Type: "ether", Netmask: "255.255.255.0", Takeover: "alias"}}
	c := &Cluster{Address: theCluster, Name: "payroll", Release: "7.2", Declared: true, Exists: true, Type: "standard", Heartbeat: "unicast", OnStop: "offline",
		Settings: map[string]float64{}, Policies: map[string]string{}, TestedAt: "2026-09-01", Condition: "STABLE", Running: true, Synchronised: true, Online: true}
	p.Cluster = c
	for i, name := range []string{"db01", "db02"} {
		h := &Host{Address: schema.Address("host." + name), Name: name, Found: true, Declared: true, Level: "7200-05-03-2148", Bits: 64, VarFree: 2048, ClusterLevel: "7.2.7 GA",
			Filesets: map[string]string{"bos.cluster.rte": "7.2.5.102", "bos.ahafs": "7.2.5.100", "bos.clvm.enh": "7.2.5.100", "rsct.basic.rte": "3.2.6.4"}, Names: map[string]string{},
			Routes: []string{"default", "10.1.1/24", "127/8"}, Users: map[string]float64{"pay": 301}, State: "NORMAL", Manager: "ST_STABLE",
			Scripts: map[string]string{"/opt/payroll/start.sh": "executable", "/opt/payroll/stop.sh": "executable"}}
		for _, f := range haFilesets {
			h.Filesets[f] = "7.2.5.100"
		}
		// What its partition has is said where it matters.
		h.Partition = &Partition{Address: schema.Address("partition." + name), Name: name, ID: name, System: e.Systems[i], Target: e.Systems[i]}
		for k := range 2 {
			l := &ClusterLabel{Name: fmt.Sprintf("%s-b%d", name, k), Network: "net_ether_01", Address: fmt.Sprintf("10.1.%d.%d", k+1, 11+i), Netmask: "255.255.255.0", Node: h, Device: fmt.Sprintf("en%d", k)}
			c.Interfaces = append(c.Interfaces, l)
			h.Interfaces = append(h.Interfaces, &HostInterface{Name: l.Device, Address: l.Address, Netmask: "0xffffff00", State: "up", Boot: l.Address})
		}
		c.Persistent = append(c.Persistent, &ClusterLabel{Name: name + "-per", Network: "net_ether_01", Address: fmt.Sprintf("10.1.4.%d", 11+i), Netmask: "255.255.255.0", Node: h})
		c.Nodes = append(c.Nodes, h)
	}
	p.one, p.two = c.Nodes[0], c.Nodes[1]
	service := &ClusterLabel{Name: "payroll-svc", Network: "net_ether_01", Address: "10.1.3.10", Netmask: "255.255.255.0"}
	c.ServiceIPs = []*ClusterLabel{service}
	c.Networks = []*ClusterNetwork{p.net}
	for _, h := range c.Nodes {
		for _, l := range slices.Concat(c.Interfaces, c.Persistent, c.ServiceIPs) {
			h.Names[l.Name] = l.Address
		}
		h.Names[h.Name] = c.On(h, "")[0].Address
	}
	p.repo, p.data = e.array("repo", 1024, c.Nodes...), e.array("data", 20480, c.Nodes...)
	for _, h := range c.Nodes {
		p.repo.OnHosts[h.Name].VolumeGroup, p.data.OnHosts[h.Name].VolumeGroup = "caavg_private", "datavg"
	}
	c.Repositories = []*Disk{p.repo, e.array("spare", 1024, c.Nodes...)}
	off, on := false, true
	p.vg = &VolumeGroup{Address: theVG, Name: "datavg", Declared: true, Hosts: c.Nodes, Mode: "enhanced-concurrent", Type: "scalable", AutoOn: &off, Quorum: &on, Major: 40, Disks: []*Disk{p.data},
		Known:   map[string]*KnownGroup{"db01": {State: "active", Major: 40, AutoOn: &off}, "db02": {State: "passive", Major: 40, AutoOn: &off}},
		Volumes: []*LogicalVolume{{Address: "logical_volume.data", Name: "datalv", Type: "jfs2", Copies: 1, Strictness: "strict", Mount: "/payroll"}, {Name: "loglv00", Type: "jfs2log", Copies: 1, Strictness: "strict"}}}
	p.vg.Filesystems = []*Filesystem{{Address: "filesystem.data", Mount: "/payroll", Group: p.vg}}
	p.app = &Application{Address: theApp, Name: "payroll", Cluster: c, Start: "/opt/payroll/start.sh", Stop: "/opt/payroll/stop.sh", StartupMode: "background", Kind: "database", Process: "program", StartTime: 60, Unattended: true, Recovers: true, Standalone: true,
		Files: []string{"/payroll"}, Clients: &Clients{ARPRefresh: &on, Reconnect: "by themselves"}}
	p.group = &ResourceGroup{Address: theGroup, Name: "payroll_rg", Cluster: c, Nodes: c.Nodes, Startup: "first-available", Fallover: "next-priority", Fallback: "never", ServiceIPs: c.ServiceIPs, Applications: []*Application{p.app},
		VolumeGroups: []*VolumeGroup{p.vg}, Data: -1, Link: -1, Latency: -1, Exists: true, Condition: "ONLINE", Current: p.one}
	p.app.Monitors = []*Monitor{{Name: "payd", Type: "process", Mode: "longrunning", Processes: []string{"payd"}, Owner: "pay", Instances: 1, Interval: -1, Signal: -1, Stabilization: 120, Restarts: 3, RestartInterval: 660, OnFailure: "fallover", Group: p.group}}
	p.vg.Group = p.group
	c.Groups, c.Applications = []*ResourceGroup{p.group}, []*Application{p.app}
	e.Hosts, e.Clusters, e.VolumeGroups = append(e.Hosts, c.Nodes...), append(e.Clusters, c), append(e.VolumeGroups, p.vg)
	return p
}

// classic makes it one of HACMP, with a disk heartbeat in place of the repository.
func (p *payroll) classic() {
	p.Release, p.Repositories, p.Heartbeat = "5.3", nil, ""
	for _, h := range p.Nodes {
		p.repo.OnHosts[h.Name].VolumeGroup = ""
		h.Level, h.ClusterLevel = "5300-06-00", "5.3.0"
	}
	beat := p.e.array("beat", 1024, p.Nodes...)
	for _, x := range beat.OnHosts {
		x.VolumeGroup = "hbvg"
	}
	p.e.VolumeGroups = append(p.e.VolumeGroups, &VolumeGroup{Address: "volume_group.hbvg", Name: "hbvg", Declared: true, Hosts: p.Nodes, Mode: concurrentMode, AutoOn: &no, Disks: []*Disk{beat}, Known: map[string]*KnownGroup{}})
	p.Networks = append(p.Networks, &ClusterNetwork{Name: "net_diskhb_01", Type: "diskhb", Disk: beat, Nodes: p.Nodes})
}

// third adds a node like the second one, without anything of its own.
func (p *payroll) third() *Host {
	h := *p.two
	h.Address, h.Name, h.Found, h.Names, h.Interfaces = "host.db03", "db03", false, nil, nil
	h.Partition = &Partition{Name: "db03", ID: "db03"}
	p.Nodes = append(slices.Clone(p.Nodes), &h)
	p.e.Hosts = append(p.e.Hosts, &h)
	return &h
}

// boot adds a boot address.
func (p *payroll) boot(h *Host, name, network, address string) *ClusterLabel {
	l := &ClusterLabel{Name: name, Network: network, Address: address, Netmask: "255.255.255.0", Node: h}
	p.Interfaces = append(p.Interfaces, l)
	return l
}

// other adds an IP network.
func (p *payroll) other(name string) *ClusterNetwork {
	n := &ClusterNetwork{Name: name, Type: "ether", Netmask: "255.255.255.0", Takeover: "alias"}
	p.Networks = append(p.Networks, n)
	return n
}

// single takes the second interface of each node away.
func (p *payroll) single() {
	p.Interfaces = []*ClusterLabel{p.Interfaces[0], p.Interfaces[2]}
}

// replace is a classic cluster with takeover by replacement: the first interfaces boot, the second ones stand by.
func (p *payroll) replace() {
	p.classic()
	p.net.Takeover, p.ServiceIPs[0].Address = "replacement", "10.1.1.10"
	for _, h := range p.Nodes {
		h.Names["payroll-svc"] = "10.1.1.10"
	}
}

// beat is a classic cluster whose heartbeat over aliases is in effect, which rules about a change do not speak of.
func (p *payroll) beat(start string) {
	p.classic()
	p.net.HeartbeatAlias = start
}

// partition puts each node into a partition on a frame of its own, with two adapters.
func (p *payroll) partition(vlan int) {
	for i, h := range p.Nodes[:2] {
		s := p.e.Systems[i]
		h.Partition = client(h.Name, 7+i, s)
		h.Partition.Ethernet = append(h.Partition.Ethernet, &Ethernet{Label: "e1", VLANs: []int{1}})
		if i == 1 {
			h.Partition.Ethernet[0].VLANs, h.Partition.Ethernet[1].VLANs = []int{vlan}, []int{vlan}
		}
		s.Vios[0].Bridges[0].VLANs, s.Vios[0].Bridges[0].Untagged = []int{1, 2}, []int{99}
	}
}

func init() { entries = append(entries, netClusterEntries...) }

// What clusterListed and clusterAgain say belongs to TestSeverities.
var (
	clusterListed = map[string]string{}
	clusterAgain  = strings.Fields("NET-35 STG-27 STG-48 STG-49")
)

func init() {
	for what, ids := range map[string]string{
		"warning":              "NET-14 NET-15 NET-29 NET-37 NET-40 NET-42 NET-44 NET-45 STG-23 STG-24 STG-30 STG-31 STG-34 STG-35 STG-36 STG-40 STG-50",
		"advice":               "NET-28 NET-31 NET-41 NET-43 STG-32 STG-41",
		"warning, unconfirmed": "NET-23 NET-24 STG-38",
		"advice, unconfirmed":  "NET-38",
	} {
		for id := range strings.FieldsSeq(ids) {
			clusterListed[id] = what
		}
	}
}

var no = false

var netClusterEntries = []entry{
	// One interface also cannot tell its own failure from that of the network.
	{rule: "NET-14", what: "one interface", address: theCluster, names: []string{"one IP path joins db01 and db02"}, path: "interface", also: []string{"NET-38", "HA-35"},
		breaks: given(func(p *payroll) { p.single(); p.Changed = true }),
		almost: given(func(p *payroll) {
			p.single()
			p.other("net_ether_02")
			p.boot(p.one, "db01-x", "net_ether_02", "10.2.1.11")
			p.boot(p.two, "db02-x", "net_ether_02", "10.2.1.12")
		})},
	{rule: "NET-16", address: theCluster, names: []string{"net_ether_01", "db01-b0 (10.1.1.11) and db01-b1 (10.1.1.21) of db01", "10.1.1.0/24"}, path: "interface.db01-b1",
		breaks: given(func(p *payroll) { p.rename("db01-b1", "10.1.1.21") }),
		almost: given(func(p *payroll) { p.rename("db01-b1", "10.1.1.21"); p.beat("172.16.100.1") })},
	{rule: "NET-17", address: theCluster, names: []string{"payroll-svc (10.1.2.10)", "10.1.2.0/24", "db01-b1 (10.1.2.11)"}, path: "service_ip.payroll-svc",
		breaks: given(func(p *payroll) { p.rename("payroll-svc", "10.1.2.10") }),
		almost: given(func(p *payroll) {
			p.rename("payroll-svc", "10.1.1.10")
			p.single()
			p.other("net_ether_02")
			p.boot(p.one, "db01-x", "net_ether_02", "10.2.1.11")
			p.boot(p.two, "db02-x", "net_ether_02", "10.2.1.12")
		})},
	{rule: "NET-18", address: theCluster, names: []string{"db02-per (10.1.1.99)", "10.1.1.0/24"}, path: "persistent_ip.db02-per",
		breaks: given(func(p *payroll) { p.rename("db02-per", "10.1.1.99") }),
		almost: given(func(p *payroll) { p.rename("db02-per", "10.1.9.99") })},
	{rule: "NET-19", address: theCluster, names: []string{"db01", "net_ether_01", "db01-per, db01-per2"}, path: "persistent_ip.db01-per2",
		breaks: given(func(p *payroll) {
			p.Persistent = append(p.Persistent, &ClusterLabel{Name: "db01-per2", Network: "net_ether_01", Address: "10.1.4.21", Node: p.one})
		}),
		almost: given(func(p *payroll) {
			p.other("net_ether_02")
			p.Persistent = append(p.Persistent, &ClusterLabel{Name: "db01-per2", Network: "net_ether_02", Address: "10.1.4.21", Node: p.one})
		})},
	{rule: "NET-20", address: theGroup, names: []string{"db01-per (10.1.4.11)", "db01", "payroll_rg"}, path: "service_ips",
		breaks: given(func(p *payroll) { p.group.UnknownIPs = []string{"db01-per"} }),
		almost: given(func(p *payroll) { p.group.UnknownIPs = []string{"db01-p"} })},
	{rule: "NET-21", what: "no boot subnet", address: theCluster, names: []string{"payroll-svc (10.1.3.10)", "10.1.3.0/24", "net_ether_01"}, path: "service_ip.payroll-svc",
		breaks: given(func(p *payroll) { p.replace(); p.rename("payroll-svc", "10.1.3.10") }),
		almost: given((*payroll).replace)},
	{rule: "NET-21", what: "a standby interface", address: theCluster, names: []string{"db02-b0 (10.1.1.12), db02-b1 (10.1.1.22) of db02", "10.1.1.0/24"},
		breaks: given(func(p *payroll) { p.replace(); p.rename("db02-b1", "10.1.1.22") }),
		almost: given(func(p *payroll) { p.replace(); p.rename("db02-b1", "10.1.7.22") })},
	{rule: "NET-22", address: theCluster, names: []string{"db01 may get 3 service addresses on 2"}, path: "network.net_ether_01.takeover",
		breaks: given(func(p *payroll) { p.replace(); p.services(2) }),
		almost: given(func(p *payroll) { p.replace(); p.services(1) })},
	{rule: "NET-22", what: "never at once", address: theCluster, names: []string{"db01 may get 3 service addresses on 2"},
		breaks: given(func(p *payroll) { p.replace(); p.apart() }),
		almost: given(func(p *payroll) { p.replace(); g := p.apart(); g.DifferentNode = []*ResourceGroup{p.group} })},
	{rule: "NET-23", address: theCluster, names: []string{"payroll-svc", "4000000000aa", "net_ether_01"}, path: "service_ip.payroll-svc.hardware_address",
		breaks: given(func(p *payroll) { p.ServiceIPs[0].MAC = "4000000000aa" }),
		almost: given(func(p *payroll) { p.replace(); p.ServiceIPs[0].MAC = "4000000000aa" })},
	{rule: "NET-23", what: "classic", address: theCluster, names: []string{"payroll-svc", "net_ether_01"},
		breaks: given(func(p *payroll) { p.classic(); p.ServiceIPs[0].MAC = "4000000000aa" }),
		almost: given((*payroll).classic)},
	{rule: "NET-24", what: "none of the network", address: theCluster, names: []string{"db01-b0 is 255.255.255.0", "db02-per has 255.255.255.128"}, path: "persistent_ip.db02-per",
		breaks: given(func(p *payroll) { p.net.Netmask, p.Persistent[1].Netmask = "", "255.255.255.128" }),
		almost: given(func(p *payroll) { p.net.Netmask, p.Persistent[1].Netmask = "", "" })},
	{rule: "NET-24", what: "of a service address", address: theCluster, names: []string{"net_ether_01 is 255.255.255.0", "payroll-svc has 255.255.254.0"}, path: "service_ip.payroll-svc",
		breaks: given(func(p *payroll) { p.ServiceIPs[0].Netmask = "255.255.254.0" }),
		almost: given(func(p *payroll) { p.ServiceIPs[0].Netmask = "0xffffff00" })},
	{rule: "NET-25", what: "a boot address", address: theCluster, names: []string{"10.1.2.0/24 overlaps db01-b1 (10.1.2.11)"}, path: "network.net_ether_01.heartbeat_alias",
		breaks: given(func(p *payroll) { p.beat("10.1.1.100"); p.rename("payroll-svc", "10.1.3.10") }),
		almost: given(func(p *payroll) { p.beat("10.1.5.100") })},
	{rule: "NET-25", what: "an interface outside of the cluster", address: theCluster, names: []string{"172.16.101.0/24 overlaps en5 of db02 (172.16.101.77)"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.interfaces(p.two, "172.16.101.77") }),
		almost: given(func(p *payroll) { p.beat("172.16.100.1"); p.interfaces(p.two, "172.16.101.2") })}, // its own alias
	{rule: "NET-25", what: "another network", address: theCluster, names: []string{"net_ether_02: 172.16.101.0/24 overlaps the heartbeat aliases of net_ether_01"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.second("172.16.101.1") }),
		almost: given(func(p *payroll) { p.beat("172.16.100.1"); p.second("172.16.102.1") })},
	{rule: "NET-26", address: theCluster, names: []string{"172.16.100.40 is printer on db02", "net_ether_01"}, path: "network.net_ether_01.heartbeat_alias",
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.two.Names["printer"] = "172.16.100.40" }),
		almost: given(func(p *payroll) { p.beat("172.16.100.1"); p.two.Names["printer"] = "172.16.102.40" })},
	{rule: "NET-27", what: "subnets", address: theCluster, names: []string{"net_ether_01", "2 subnets are needed from 223.255.255.1", "there are 1"}, path: "network.net_ether_01.heartbeat_alias",
		breaks: given(func(p *payroll) { p.beat("223.255.255.1") }),
		almost: given(func(p *payroll) { p.beat("223.255.254.1") })},
	{rule: "NET-27", what: "nodes", address: theCluster, names: []string{"db02 is number 2"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.254") }),
		almost: given(func(p *payroll) { p.beat("172.16.100.253") })},
	// A change of the first address brings three rules to word.
	{rule: "NET-28", address: theCluster, names: []string{"255.255.255.0", "db01-b0 of db01 172.16.100.1", "db02-b1 of db02 172.16.101.2"}, path: "network.net_ether_01.heartbeat_alias", also: []string{"NET-29", "NET-31", "HA-35"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.Changed = true }),
		almost: given(func(p *payroll) { p.beat("172.16.100.1") })},
	{rule: "NET-29", address: theCluster, names: []string{"net_ether_01, net_ether_02"}, path: "network.net_ether_01.heartbeat_alias", also: []string{"NET-28", "NET-31", "HA-35"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.second("172.16.110.1"); p.Changed = true }),
		almost: given(func(p *payroll) { p.beat("172.16.100.1"); p.net.HeartbeatAlias, p.Changed = "", true })},
	{rule: "NET-30", address: theCluster, names: []string{"db01 is on VLAN 1", "db02 on VLAN 2"}, path: "network.net_ether_01",
		breaks: given(func(p *payroll) { p.spread(); p.partition(2) }),
		almost: given(func(p *payroll) { p.spread(); p.partition(1) })},
	{rule: "NET-30", what: "untagged", address: theCluster, names: []string{"db01 is on VLAN 1", "db02 on VLAN 2"},
		breaks: given(func(p *payroll) { p.spread(); p.partition(2) }),
		almost: given(func(p *payroll) {
			p.spread()
			p.partition(2)
			for _, v := range p.e.dst.Vios {
				v.Bridges[0].Untagged = []int{2}
			}
		})},
	{rule: "NET-30", what: "between sites", address: theCluster, names: []string{"db01 is on VLAN 1", "db02 on VLAN 2"},
		breaks: given(func(p *payroll) { p.spread(); p.partition(2) }),
		almost: given(func(p *payroll) { p.spread(); p.partition(2); p.net.Type = "XD_data" })},
	{rule: "NET-31", address: theCluster, names: []string{"net_ether_01", "payroll"}, path: "network.net_ether_01.heartbeat_alias", also: []string{"NET-28", "NET-29", "HA-35"},
		breaks: given(func(p *payroll) { p.beat("172.16.100.1"); p.Changed = true }),
		almost: given(func(p *payroll) {
			p.beat("172.16.100.1")
			p.Release, p.Repositories, p.Changed = "7.1", []*Disk{p.repo, p.repo}, true
		})},
	{rule: "NET-32", what: "a volume group", address: theCluster, names: []string{"datavg", "volume group volume_group.datavg"}, path: "service_ip.datavg",
		breaks: given(func(p *payroll) { p.ServiceIPs[0].Name = "datavg" }),
		almost: given(func(p *payroll) { p.ServiceIPs[0].Name, p.vg.Hosts = "data", p.Nodes })},
	{rule: "NET-32", what: "a resource group", address: theCluster, names: []string{"payroll_rg", "resource group resource_group.payroll"},
		breaks: given(func(p *payroll) { p.ServiceIPs[0].Name = "payroll_rg" }),
		almost: given(func(p *payroll) { p.ServiceIPs[0].Name = "payroll-rg" })},
	{rule: "NET-33", what: "another address", address: theCluster, names: []string{"payroll-svc is 10.1.3.9 on db02", "10.1.3.10"}, path: "service_ip.payroll-svc",
		breaks: given(func(p *payroll) { p.two.Names["payroll-svc"] = "10.1.3.9" }),
		almost: given(func(p *payroll) { delete(p.two.Names, "payroll-svc") })}, // it is added
	{rule: "NET-33", what: "missing", address: theCluster, names: []string{"db01-b1 is missing on db02"}, path: "interface.db01-b1",
		breaks: given(func(p *payroll) { p.two.Declared = false; delete(p.two.Names, "db01-b1") }),
		almost: given(func(p *payroll) { p.two.Found = false; delete(p.two.Names, "db01-b1") })},
	{rule: "NET-34", what: "a service address", address: "host.db01", names: []string{"db01", "10.1.3.10", "service address payroll-svc"}, path: "names",
		breaks: given(func(p *payroll) { p.one.Names["db01"] = "10.1.3.10" }),
		almost: given(func(p *payroll) { p.one.Names["db01"] = "10.1.4.11" })}, // its persistent address
	{rule: "NET-34", what: "an alias", address: "host.db02", names: []string{"10.1.9.9", "an alias of en1"},
		breaks: given(func(p *payroll) { p.two.Names["db02"], p.two.Interfaces[1].Aliases = "10.1.9.9", []string{"10.1.9.9"} }),
		almost: given(func(p *payroll) { p.two.Names["db02"] = "10.1.2.12" })},
	{rule: "NET-34", what: "a private network", address: "host.db01", names: []string{"10.1.1.11", "private network net_ether_01"},
		breaks: given(func(p *payroll) { p.net.Private, p.two.Found = true, false }),
		almost: given(func(p *payroll) { p.net.Private = true; p.one.Found, p.two.Found = false, false })},
	{rule: "NET-34", what: "persistent on a private network", address: "host.db01", names: []string{"10.1.4.11", "persistent address on the private network net_ether_02"},
		breaks: given(func(p *payroll) {
			p.one.Names["db01"], p.Persistent[0].Network = "10.1.4.11", "net_ether_02"
			p.other("net_ether_02").Private = true
		}),
		almost: given(func(p *payroll) {
			p.one.Names["db01"], p.Persistent[0].Network = "10.1.4.11", "net_ether_02"
			p.other("net_ether_02")
		})},
	{rule: "NET-34", what: "loopback", address: "host.db01", names: []string{"127.0.0.1", "loopback"},
		breaks: given(func(p *payroll) { p.one.Names["db01"] = "127.0.0.1" }),
		almost: given(func(p *payroll) { p.one.Names["loopback"] = "127.0.0.1" })},
	{rule: "NET-34", what: "nobody's address", address: "host.db01", names: []string{"10.7.7.7", "none of its interfaces"},
		breaks: given(func(p *payroll) { p.one.Names["db01"] = "10.7.7.7" }),
		almost: given(func(p *payroll) { p.one.Names["db01"], p.one.Interfaces = "10.7.7.7", nil })},
	{rule: "NET-34", what: "no address", address: "host.db02.lab", names: []string{"cannot be checked", "db02.lab"}, severity: diag.Warning,
		breaks: given(func(p *payroll) { p.fqdn("db02.lab"); delete(p.two.Names, "db02") }),
		almost: given(func(p *payroll) { p.fqdn("db02.lab") })},
	{rule: "NET-36", address: theCluster, names: []string{"payroll-svc (10.1.3.10)", "net_diskhb_01", "diskhb"}, path: "service_ip.payroll-svc.network",
		breaks: given(func(p *payroll) { p.classic(); p.ServiceIPs[0].Network = "net_diskhb_01" }),
		almost: given((*payroll).classic)},
	{rule: "NET-37", address: theCluster, names: []string{"the 2 interfaces of db01 depend on uli13vio of system.uli13", "db02 depend on uli14vio of system.uli14"}, path: "network.net_ether_01",
		breaks: given(func(p *payroll) { p.partition(1) }),
		almost: given(func(p *payroll) { p.spread(); p.partition(1) })},
	{rule: "NET-37", what: "other adapters", address: theCluster, names: []string{"db02"},
		breaks: given(func(p *payroll) { p.partition(1); p.one.Partition.VNICs = []string{"7"} }),
		almost: given(func(p *payroll) {
			p.partition(1)
			p.one.Partition.VNICs, p.two.Partition.Slots = []string{"7"}, []string{"C5"}
		})},
	{rule: "NET-38", address: theCluster, names: []string{"net_ether_02", "db02"}, path: "network.net_ether_02", also: []string{"HA-35"},
		breaks: given(func(p *payroll) {
			p.other("net_ether_02")
			p.boot(p.two, "x", "net_ether_02", "10.2.1.1")
			p.Changed = true
		}),
		almost: given(func(p *payroll) { p.other("net_ether_02"); p.Changed = true })},
	{rule: "NET-39", address: theCluster, names: []string{"db01 has 8 interfaces on net_ether_01"},
		breaks: given(func(p *payroll) { p.boots(6) }),
		almost: given(func(p *payroll) { p.boots(5) })},
	{rule: "NET-40", address: theApp, names: []string{"Clients of payroll", "payroll-svc"}, path: "clients.arp_refresh",
		breaks: given(func(p *payroll) { p.app.Clients.ARPRefresh = &no }),
		almost: given(func(p *payroll) { p.replace(); p.app.Clients.ARPRefresh = &no })},
	{rule: "NET-40", what: "not declared", address: theApp, names: []string{"cannot be checked: clients of payroll"}, severity: diag.Advice,
		breaks: given(func(p *payroll) { p.app.Clients.ARPRefresh = nil }),
		almost: given(func(p *payroll) {
			p.app.Clients.ARPRefresh, p.group.ServiceIPs = nil, nil
			p.group.UnknownIPs = []string{"x"}
		})},
	// Rule NET-40 says what is wrong, this one what helps.
	{rule: "NET-41", address: theApp, names: []string{"payroll", "payroll-svc"}, path: "clients.same_subnet", also: []string{"NET-40"},
		breaks: given(func(p *payroll) { yes := true; p.app.Clients.SameSubnet, p.app.Clients.ARPRefresh = &yes, &no }),
		almost: given(func(p *payroll) {
			p.replace()
			p.ServiceIPs[0].MAC = "4000000000aa"
			yes := true
			p.app.Clients.SameSubnet, p.app.Clients.ARPRefresh = &yes, &no
		})},
	{rule: "NET-42", address: theApp, names: []string{"Clients of payroll", "router", "payroll-svc"}, path: "clients.arp_refresh",
		breaks: given(func(p *payroll) { p.app.Clients.SameSubnet, p.app.Clients.ARPRefresh = &no, &no }),
		almost: given(func(p *payroll) { p.app.Clients.SameSubnet = &no })},
	{rule: "NET-42", what: "not declared", address: theApp, names: []string{"cannot be checked: clients of payroll", "router"}, severity: diag.Advice,
		breaks: given(func(p *payroll) { p.app.Clients.SameSubnet, p.app.Clients.ARPRefresh = &no, nil }),
		almost: given(func(p *payroll) { p.app.Clients.SameSubnet = &no })},
	{rule: "NET-43", address: theApp, names: []string{"payroll"}, path: "clients.reconnect",
		breaks: given(func(p *payroll) { p.app.Clients = nil }),
		almost: given(func(p *payroll) { p.app.Clients, p.app.Kind = nil, "batch" })},
	{rule: "NET-44", address: theApp, names: []string{"payroll", "10.9.0.0", "db02"}, path: "routes",
		breaks: given(func(p *payroll) { p.app.Routes = []string{"10.9.0.0"}; p.one.Routes = []string{"default", "10.9/16"} }),
		almost: given(func(p *payroll) {
			p.app.Routes, p.one.Routes, p.two.Routes = []string{"10.9.0.0"}, []string{"10.8/15"}, nil
		})},
	{rule: "NET-45", address: theGroup, names: []string{"payroll_rg", "payroll has clients"}, path: "service_ips", also: []string{"RG-01"},
		breaks: given(func(p *payroll) { p.group.ServiceIPs = nil }),
		almost: given(func(p *payroll) {
			other := &ResourceGroup{Name: "ip_rg", Cluster: p.Cluster, Nodes: p.Nodes, ServiceIPs: p.ServiceIPs, Data: -1, Link: -1, Latency: -1}
			p.Groups, p.group.SameNode, p.group.ServiceIPs = append(p.Groups, other), []*ResourceGroup{other}, nil
		})},
	{rule: "NET-45", what: "not declared", address: theGroup, names: []string{"cannot be checked", "payroll_rg", "who uses payroll"}, severity: diag.Advice, also: []string{"RG-01"},
		breaks: given(func(p *payroll) { p.group.ServiceIPs, p.app.Clients = nil, nil }),
		almost: given(func(p *payroll) { p.group.ServiceIPs, p.app.Clients, p.app.Kind = nil, nil, "batch" })},
}

// rename gives a label another address, in the hosts files too.
func (p *payroll) rename(name, address string) {
	for _, l := range slices.Concat(p.Interfaces, p.Persistent, p.ServiceIPs) {
		if l.Name != name {
			continue
		}
		for _, h := range p.Nodes {
			for n, a := range h.Names {
				if a == l.Address {
					h.Names[n] = address
				}
			}
			for _, i := range h.Interfaces {
				if i.Address == l.Address {
					i.Address, i.Boot = address, address
				}
			}
		}
		l.Address = address
	}
}

// services adds service addresses in the boot subnet to the group.
func (p *payroll) services(n int) {
	for i := range n {
		l := &ClusterLabel{Name: fmt.Sprintf("more%d", i), Network: "net_ether_01", Address: fmt.Sprintf("10.1.1.%d", 50+i), Netmask: "255.255.255.0"}
		p.ServiceIPs = append(slices.Clone(p.ServiceIPs), l)
	}
	p.group.ServiceIPs = p.ServiceIPs
}

// apart adds a second group with two service addresses.
func (p *payroll) apart() *ResourceGroup {
	mine := p.group.ServiceIPs
	p.services(2)
	g := &ResourceGroup{Name: "other_rg", Cluster: p.Cluster, Nodes: p.Nodes, ServiceIPs: p.ServiceIPs[1:], Data: -1, Link: -1, Latency: -1}
	p.group.ServiceIPs, p.Groups = mine, append(p.Groups, g)
	return g
}

// interfaces gives a host one more interface.
func (p *payroll) interfaces(h *Host, address string) {
	h.Interfaces = append(h.Interfaces, &HostInterface{Name: "en5", Address: address, Netmask: "255.255.255.0", State: "up"})
}

// second adds a network that beats through aliases.
func (p *payroll) second(start string) {
	p.other("net_ether_02").HeartbeatAlias = start
	for i, h := range p.Nodes {
		for k := range 2 {
			p.boot(h, fmt.Sprintf("%s-x%d", h.Name, k), "net_ether_02", fmt.Sprintf("10.2.%d.%d", k+1, 11+i))
		}
	}
}

// spread gives each frame a second Virtual I/O Server.
func (p *payroll) spread() {
	for _, s := range p.e.Systems {
		s.second()
	}
}

// fqdn gives the second node a name with a domain.
func (p *payroll) fqdn(name string) {
	for _, d := range p.e.Disks {
		if x := d.OnHosts[p.two.Name]; x != nil {
			d.OnHosts[name] = x
		}
	}
	p.vg.Known[name] = p.vg.Known[p.two.Name]
	p.two.Name, p.two.Address = name, schema.Address("host."+name)
}

// boots adds interfaces to the first node, each in a subnet of its own.
func (p *payroll) boots(n int) {
	for i := range n {
		p.boot(p.one, fmt.Sprintf("more%d", i), "net_ether_01", fmt.Sprintf("10.1.%d.11", 20+i))
	}
}

// A cluster that is in order says nothing, whichever kind it is of, and neither does one with a single interface in each node
// by way of an error.
func TestClusterOfNetworksIsInOrder(t *testing.T) {
	for name, change := range map[string]func(*payroll){
		"with a repository": func(*payroll) {},
		"classic":           (*payroll).classic,
		"by replacement":    (*payroll).replace,
		"beating":           func(p *payroll) { p.beat("172.16.100.1") },
		"not found": func(p *payroll) {
			p.Exists, p.group.Exists = false, false
			for _, h := range p.Nodes {
				*h = Host{Address: h.Address, Name: h.Name, Declared: true, Partition: h.Partition}
			}
			for _, d := range p.e.Disks {
				d.OnHosts = nil
			}
			p.vg.Known, p.vg.Volumes = nil, nil
		},
	} {
		for _, moment := range []string{Validate, Plan, Apply} {
			e := open(base())
			change(e.payroll())
			for _, x := range Run(moment, e.Facts) {
				t.Errorf("%s, at %s: %s", name, moment, x.Diagnostic)
			}
		}
	}
	e := open(base())
	e.payroll().single()
	for _, x := range Run(Plan, e.Facts) {
		if x.Severity == diag.Error {
			t.Error(x.Diagnostic)
		}
	}
}

// three is a classic cluster of three nodes with as many interfaces each, on one network.
func three(mask, start string, interfaces int) (*Cluster, *ClusterNetwork) {
	n := &ClusterNetwork{Name: "net", Type: "ether", Netmask: mask, HeartbeatAlias: start}
	c := &Cluster{Release: "5.1", Networks: []*ClusterNetwork{n}}
	for i := range 3 {
		c.Nodes = append(c.Nodes, &Host{Name: fmt.Sprintf("node%d", i+1)})
	}
	for k := range interfaces {
		k = interfaces - 1 - k // not in order
		for i, h := range c.Nodes {
			c.Interfaces = append(c.Interfaces, &ClusterLabel{Name: fmt.Sprintf("node%d_boot%d", i+1, interfaces-k), Network: "net", Node: h, Device: fmt.Sprintf("en%d", k)})
		}
	}
	return c, n
}

func TestHeartbeatAliases(t *testing.T) {
	for name, x := range map[string]struct {
		mask, start string
		interfaces  int
		want        string // per node, or the error
	}{
		"the table of the article": {"255.255.255.0", "172.16.100.1", 3, "172.16.100.1 172.16.101.1 172.16.102.1 / 172.16.100.2 172.16.101.2 172.16.102.2 / 172.16.100.3 172.16.101.3 172.16.102.3"},
		"longer":                   {"255.255.255.240", "172.16.100.1", 2, "172.16.100.1 172.16.100.17 / 172.16.100.2 172.16.100.18 / 172.16.100.3 172.16.100.19"},
		"just enough":              {"255.255.255.248", "172.16.100.252", 2, "172.16.100.252 172.16.101.4 / 172.16.100.253 172.16.101.5 / 172.16.100.254 172.16.101.6"},
		"shorter":                  {"255.255.0.0", "172.16.100.1", 2, "172.16.100.1 172.17.100.1 / 172.16.100.2 172.17.100.2 / 172.16.100.3 172.17.100.3"},
		"over a byte":              {"255.255.0.0", "172.16.0.254", 1, "172.16.0.254 / 172.16.0.255 / 172.16.1.0"},
		"subnets over a byte":      {"255.255.255.0", "172.16.255.1", 2, "172.16.255.1 172.17.0.1 / 172.16.255.2 172.17.0.2 / 172.16.255.3 172.17.0.3"},
		"eleven interfaces":        {"255.255.255.0", "10.0.0.1", 11, "10.0.0.1 10.0.1.1 10.0.2.1 10.0.3.1 10.0.4.1 10.0.5.1 10.0.6.1 10.0.7.1 10.0.8.1 10.0.9.1 10.0.10.1 / "},
		"no interfaces":            {"255.255.255.0", "10.0.0.1", 0, ""},
		"the last subnet":          {"255.0.0.0", "223.0.0.1", 1, "223.0.0.1 / 223.0.0.2 / 223.0.0.3"},
		"out of subnets":           {"255.0.0.0", "223.0.0.1", 2, "error: 2 subnets are needed from 223.0.0.1 with the mask 255.0.0.0 on, and there are 1"},
		"up to loopback":           {"255.0.0.0", "126.0.0.1", 2, "error: 2 subnets are needed from 126.0.0.1 with the mask 255.0.0.0 on, and there are 1"},
		"out of addresses":         {"255.255.255.0", "172.16.100.253", 1, "error: from 172.16.100.253 on, a subnet with the mask 255.255.255.0 has addresses for 2 nodes, and node3 is number 3"},
		"a short subnet":           {"255.255.255.252", "172.16.100.1", 1, "error: from 172.16.100.1 on, a subnet with the mask 255.255.255.252 has addresses for 2 nodes, and node3 is number 3"},
		"no host part":             {"255.255.255.0", "172.16.100.0", 1, "error: with the mask 255.255.255.0, 172.16.100.0 is no address of a host"},
		"broadcast":                {"255.255.255.0", "172.16.100.255", 1, "error: with the mask 255.255.255.0, 172.16.100.255 is no address of a host"},
		"no room at all":           {"255.255.255.255", "172.16.100.1", 1, "error: with the mask 255.255.255.255, 172.16.100.1 is no address of a host"},
		"point to point":           {"255.255.255.254", "172.16.100.1", 1, "error: with the mask 255.255.255.254, 172.16.100.1 is no address of a host"},
		"loopback":                 {"255.255.255.0", "127.0.0.1", 1, "error: 127.0.0.1 is no address that an interface can have"},
		"multicast":                {"255.255.255.0", "224.0.0.1", 1, "error: 224.0.0.1 is no address that an interface can have"},
		"the end of everything":    {"255.255.255.0", "255.255.255.1", 1, "error: 255.255.255.1 is no address that an interface can have"},
		"this network":             {"255.255.255.0", "0.0.1.1", 1, "error: 0.0.1.1 is no address that an interface can have"},
		"no mask":                  {"", "172.16.100.1", 1, `error: "" is no netmask`},
		"a mask with a hole":       {"255.0.255.0", "172.16.100.1", 1, `error: "255.0.255.0" is no netmask`},
		"no address":               {"255.255.255.0", "172.16.100", 1, `error: "172.16.100" is no IPv4 address`},
		"IPv6":                     {"255.255.255.0", "fe80::1", 1, `error: "fe80::1" is no IPv4 address`},
	} {
		c, n := three(x.mask, x.start, x.interfaces)
		all, err := HeartbeatAliases(c, n)
		got := ""
		for i, a := range all {
			switch {
			case i == 0:
			case a.Node != all[i-1].Node:
				got += " / "
			default:
				got += " "
			}
			got += a.Address
			if want := fmt.Sprintf("%s_boot%d", a.Node.Name, x.interfaces-i%x.interfaces); a.Label != want {
				t.Errorf("%s: %s is of %s, want %s", name, a.Address, a.Label, want)
			}
		}
		if err != nil {
			got += "error: " + err.Error()
		}
		if got != x.want && !(strings.HasSuffix(x.want, " / ") && strings.HasPrefix(got, x.want)) {
			t.Errorf("%s: got %s\nwant %s", name, got, x.want)
		}
	}
	// The mask of a service address serves where the network has none.
	c, n := three("", "172.16.100.1", 1)
	c.ServiceIPs = []*ClusterLabel{{Name: "svc", Network: "net", Netmask: "255.255.255.128"}}
	if all, err := HeartbeatAliases(c, n); err != nil || len(all) != 3 {
		t.Errorf("%v, %v", all, err)
	}
}

// Addresses are unique, each is a host's address of its subnet, and an interface of a node shares its subnet with no other one.
func TestHeartbeatAliasesKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(1, 32).Draw(t, "bits")
		start := addressOf(rapid.Uint32().Draw(t, "start"))
		mask := addressOf(uint32(0xffffffff << (32 - bits))).String()
		c, n := three(mask, start.String(), rapid.IntRange(0, 7).Draw(t, "interfaces"))
		all, err := HeartbeatAliases(c, n)
		if err != nil {
			return
		}
		if len(all) != len(c.Interfaces) {
			t.Fatalf("%d aliases for %d interfaces", len(all), len(c.Interfaces))
		}
		seen, subnets := map[string]bool{}, map[string]bool{}
		for _, a := range all {
			p, ok := subnetOf(a.Address, mask)
			if key := a.Node.Name + p.String(); !ok || seen[a.Address] || subnets[key] {
				t.Fatalf("%v in %v", a, all)
			} else {
				seen[a.Address], subnets[key] = true, true
			}
			if last := uint64(number(p.Addr())) + 1<<(32-bits) - 1; a.Address == p.Addr().String() || a.Address == addressOf(uint32(last)).String() {
				t.Fatalf("%s is no host's address of %s", a.Address, p)
			}
		}
		if len(all) > 0 && all[0].Address != start.String() {
			t.Fatalf("%s comes first, want %s", all[0].Address, start)
		}
	})
}

func TestReaches(t *testing.T) {
	for _, x := range []struct {
		routes, to string
		want       bool
	}{
		{"10.9/16", "10.9.0.0", true}, {"10.9/16", "10.9.3.7", true}, {"10.9/16", "10.9.3/24", true}, {"10.9.3/24", "10.9/16", false},
		{"default", "10.9.0.0", false}, {"default", "default", true}, {"0/0", "10.9.0.0", false}, {"10.9.0.0", "10.9.0.0", true}, {"10.9.3.7", "10.9.3.7", true},
		{"", "10.9.0.0", false}, {"nonsense 10/8", "10.9.0.0", true}, {"10/8", "nonsense", false},
	} {
		if got := reaches(strings.Fields(x.routes), x.to); got != x.want {
			t.Errorf("%q reaches %s: %t", x.routes, x.to, got)
		}
	}
}

func TestMaskBits(t *testing.T) {
	for mask, want := range map[string]int{"255.255.255.0": 24, "0xffffff00": 24, "0.0.0.0": 0, "255.255.255.255": 32, "0xffffffff": 32, "0x0": 0, "128.0.0.0": 1, "255.0.255.0": -1, "0xzz": -1, "0x1ffffffff": -1, "": -1, "::": -1} {
		if got, ok := maskBits(mask); ok && got != want || ok == (want < 0) {
			t.Errorf("%q has %d, %t", mask, got, ok)
		}
	}
}

// Several clusters, each broken in a way, say the same in whatever order things were discovered.
func TestClusterRulesAreDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := open(base())
		for _, x := range rapid.SliceOfN(rapid.SampledFrom(slices.Concat(netClusterEntries, stgClusterEntries)), 1, 4).Draw(t, "entries") {
			x.breaks(e)
		}
		moment := rapid.SampledFrom([]string{Validate, Plan, Apply}).Draw(t, "moment")
		hosts := slices.Clone(e.Hosts)
		first := Run(moment, e.Facts)
		if !slices.Equal(hosts, e.Hosts) {
			t.Fatal("the run changed the order of the caller's hosts")
		}
		e.Hosts, e.Clusters, e.VolumeGroups, e.Disks = permute(t, e.Hosts), permute(t, e.Clusters), permute(t, e.VolumeGroups), permute(t, e.Disks)
		for _, c := range e.Clusters {
			c.Interfaces, c.ServiceIPs, c.Persistent, c.Networks = permute(t, c.Interfaces), permute(t, c.ServiceIPs), permute(t, c.Persistent), permute(t, c.Networks)
		}
		for _, v := range e.VolumeGroups {
			v.Disks, v.Volumes, v.Filesystems = permute(t, v.Disks), permute(t, v.Volumes), permute(t, v.Filesystems)
		}
		if a, b := multiset(first), multiset(Run(moment, e.Facts)); !slices.Equal(a, b) {
			t.Fatalf("another order of discovery gives other findings:\n%s\n\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}

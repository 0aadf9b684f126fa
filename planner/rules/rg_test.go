package rules

import "github.com/gantry-power/gantry/config/diag"

// nfs lets the group export its filesystem.
func (x *clustered) nfs() {
	x.g.Exports, x.g.FilesystemsFirst = []string{"/payroll/data"}, true
}

var rgEntries = []clusterEntry{
	{entry{rule: "RG-01", what: "address", address: theCluster, path: "service_ip.payroll_svc", names: []string{"payroll_svc", "cluster.payroll"}, also: []string{"NET-45"}},
		func(e *clustered) { e.g.ServiceIPs = nil },
		func(e *clustered) { e.g.ServiceIPs, e.c.ServiceIPs = nil, nil }},
	{entry{rule: "RG-01", what: "application", address: theApp, names: []string{"application.payroll"}},
		func(e *clustered) { e.g.Applications = nil },
		func(e *clustered) { e.g.Applications, e.c.Applications = nil, nil }},
	{entry{rule: "RG-01", what: "volume group", address: "volume_group.datavg", names: []string{"volume_group.datavg"}},
		func(e *clustered) { e.g.VolumeGroups, e.v.Group = nil, nil },
		func(e *clustered) { e.g.VolumeGroups, e.v.Group, e.v.Hosts = nil, nil, e.v.Hosts[:1] }},
	{entry{rule: "RG-02", address: "resource_group.web", path: "volume_groups", names: []string{"volume_group.datavg", "resource_group.payroll", "resource_group.web"}},
		func(e *clustered) { e.child().VolumeGroups = []*VolumeGroup{e.v} },
		func(e *clustered) { e.child() }},
	{entry{rule: "RG-03", address: theApp, path: "files", names: []string{"/web/x", "resource_group.web", "volume_group.webvg"}},
		func(e *clustered) { e.second("/web").a.Files = []string{"/web/x"} },
		func(e *clustered) { e.second("/web") }},
	{entry{rule: "RG-04", what: "stranger", address: theGroup, path: "nodes", names: []string{"db09", "cluster.payroll"}},
		func(e *clustered) {
			e.g.Secondary = []*Host{{Name: "db09"}}
			e.g.SitePolicy, e.c.Interfaces = "ignore", nil
		},
		func(e *clustered) { e.third() }},
	{entry{rule: "RG-04", what: "alone", address: theGroup, severity: diag.Warning, names: []string{"db01"}},
		func(e *clustered) { e.g.Nodes, e.mon.OnFailure = e.g.Nodes[:1], "notify" },
		func(e *clustered) { e.g.Nodes, e.g.Secondary = e.g.Nodes[:1], e.g.Nodes[1:] }},
	{entry{rule: "RG-06", what: "elsewhere", address: theGroup, path: "filesystems", names: []string{"/web", "volume_group.webvg", "resource_group.payroll"}},
		func(e *clustered) { e.second("/web").g.Filesystems = []string{"/web"} },
		func(e *clustered) { e.g.Filesystems = []string{"/payroll/data"} }},
	{entry{rule: "RG-06", what: "unknown", address: theGroup, severity: diag.Warning, names: []string{"/payroll/date"}},
		func(e *clustered) { e.g.Filesystems = []string{"/payroll/date"} },
		func(e *clustered) {
			e.g.Filesystems = []string{"/payroll/date"}
			e.db01.Found, e.db02.Found = false, false
		}},
	{entry{rule: "RG-06", what: "raw disk", address: theGroup, path: "disks", names: []string{"db02", "disk.raw"}},
		func(e *clustered) { e.g.RawDisks = []*Disk{e.disk("raw", "", e.db01)} },
		func(e *clustered) { e.g.RawDisks = []*Disk{e.disk("raw", "", e.db01, e.db02)} }},
	{entry{rule: "RG-07", what: "volume group", address: theGroup, path: "name", names: []string{`"datavg"`, "volume group"}},
		func(e *clustered) { e.g.Name = "datavg" },
		func(e *clustered) { e.g.Name = "data" }},
	{entry{rule: "RG-07", what: "group", address: "resource_group.web", names: []string{`"payroll"`, "another resource group"}},
		func(e *clustered) { e.child().Name = "payroll" },
		func(e *clustered) { e.child() }},
	{entry{rule: "RG-08", address: theGroup, path: "nodes", names: []string{"payroll", "db01", "db02"}, also: []string{"RG-04"}},
		func(e *clustered) { e.g.Nodes, e.mon.OnFailure = e.g.Nodes[1:], "notify" },
		func(e *clustered) {
			e.g.Nodes, e.mon.OnFailure, e.g.MovesTo = e.g.Nodes[1:], "notify", e.db02
		}},
	{entry{rule: "RG-10", address: theGroup, path: "startup", names: []string{"payroll", "next-priority"}},
		func(e *clustered) { e.concurrent(); e.g.Fallover = "next-priority" },
		func(e *clustered) { e.concurrent() }},
	{entry{rule: "RG-11", address: theGroup, path: "fallback", names: []string{"payroll", "higher-priority"}},
		func(e *clustered) {
			e.g.Startup, e.g.Fallback, e.g.Timer = "node-distribution", "higher-priority", "night"
		},
		func(e *clustered) { e.g.Startup = "node-distribution" }},
	{entry{rule: "RG-12", address: theGroup, path: "fallover", names: []string{"payroll"}},
		func(e *clustered) { e.g.Fallover, e.mon.OnFailure = "bring-offline", "notify" },
		func(e *clustered) { e.concurrent() }},
	{entry{rule: "RG-13", address: theGroup, path: "fallback", names: []string{"payroll", "db01"}},
		func(e *clustered) { e.g.Fallback = "higher-priority" },
		func(e *clustered) { e.g.Fallback, e.g.Timer = "higher-priority", "night" }},
	{entry{rule: "RG-14", address: theGroup, path: "startup", names: []string{"payroll", "db01"}},
		func(e *clustered) { e.g.Startup = "home-node" },
		func(e *clustered) { e.g.Nodes = e.g.Nodes[:1]; e.g.Startup = "home-node" }},
	{entry{rule: "RG-15", address: theGroup, path: "fallback", names: []string{"payroll", "db01"}, also: []string{"RG-14"}},
		func(e *clustered) { e.g.Startup, e.g.Fallback = "home-node", "higher-priority" },
		func(e *clustered) { e.g.Startup, e.g.Fallback, e.g.Timer = "home-node", "higher-priority", "night" }},
	{entry{rule: "RG-16", address: theGroup, path: "fallback_timer", names: []string{"payroll", "night"}},
		func(e *clustered) { e.g.Timer = "night" },
		func(e *clustered) { e.g.Fallback, e.g.Timer = "higher-priority", "night" }},
	{entry{rule: "RG-17", address: theCluster, path: "settings.settling_time", names: []string{"60 s", "payroll"}},
		func(e *clustered) { e.g.Startup, e.c.Settings["settling_time"] = "node-distribution", 60 },
		func(e *clustered) { e.c.Settings["settling_time"] = 60 }},
	{entry{rule: "RG-18", what: "none", address: theGroup, path: "priority", names: []string{"payroll"}},
		func(e *clustered) { e.third(); e.g.Fallover = "dynamic-priority" },
		func(e *clustered) { e.third(); e.g.Fallover, e.g.Priority = "dynamic-priority", "cpu" }},
	{entry{rule: "RG-18", what: "script", address: theGroup, names: []string{"payroll", "lowest"}},
		func(e *clustered) { e.third(); e.g.Fallover, e.g.Priority = "dynamic-priority", "lowest" },
		func(e *clustered) {
			e.third()
			e.g.Fallover, e.g.Priority, e.g.PriorityScript, e.g.PriorityTimeout = "dynamic-priority", "lowest", "/x", 10
		}},
	{entry{rule: "RG-19", address: theGroup, names: []string{"payroll", "2 nodes"}},
		func(e *clustered) { e.g.Fallover, e.g.Priority = "dynamic-priority", "cpu" },
		func(e *clustered) { e.third(); e.g.Fallover, e.g.Priority = "dynamic-priority", "cpu" }},
	{entry{rule: "RG-20", address: theGroup, path: "fallover", names: []string{"payroll", "2 sites"}, also: []string{"RG-19"}},
		func(e *clustered) { e.sites(); e.g.Fallover, e.g.Priority = "dynamic-priority", "cpu" },
		func(e *clustered) { e.sites() }},
	{entry{rule: "RG-21", address: theGroup, path: "priority.policy", names: []string{"payroll", "paging space"}},
		func(e *clustered) { e.third(); e.g.Fallover, e.g.Priority = "dynamic-priority", "memory" },
		func(e *clustered) { e.third(); e.g.Fallover, e.g.Priority = "dynamic-priority", "cpu" }},
	{entry{rule: "RG-22", what: "style", address: theGroup, path: "style", severity: diag.Advice, names: []string{"rotating", `startup = "first-available"`}},
		func(e *clustered) { e.g.Style = "rotating" },
		func(e *clustered) { e.release("5.1"); e.g.Style = "rotating" }},
	{entry{rule: "RG-22", what: "5.1", address: theGroup, path: "startup", names: []string{"payroll", "5.1"}},
		func(e *clustered) { e.release("5.1"); e.g.Startup = "node-distribution" },
		func(e *clustered) { e.release("5.2"); e.g.Startup = "node-distribution" }},
	{entry{rule: "RG-23", address: theGroup, path: "service_ips", names: []string{"payroll_svc", "net_ether_01"}},
		func(e *clustered) { e.release("5.1"); e.net.Takeover = "replacement"; e.sameSubnet() },
		func(e *clustered) { e.release("5.2"); e.net.Takeover = "replacement"; e.sameSubnet() }},
	{entry{rule: "RG-24", address: theGroup, path: "startup", names: []string{"payroll", "2 sites"}},
		func(e *clustered) { e.release("5.1"); e.sites(); e.c.Type = "standard" },
		func(e *clustered) { e.release("5.2"); e.sites(); e.c.Type = "standard" }},
	{entry{rule: "RG-26", address: "resource_group.web", path: "nodes", names: []string{"resource_group.payroll", "resource_group.web", "db01"}, also: []string{"RG-27"}},
		func(e *clustered) { e.release("5.1"); e.rotating(1) },
		func(e *clustered) {
			e.release("5.1")
			e.rotating(1)
			g := e.c.Groups[1]
			g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0]
		}},
	{entry{rule: "RG-27", address: theCluster, path: "network", names: []string{"2 rotating groups", "2 nodes", "1 networks"}, also: []string{"RG-26"}},
		func(e *clustered) { e.release("5.1"); e.rotating(1) },
		func(e *clustered) { e.release("5.1"); e.rotating(1); e.networks(1) }},
	{entry{rule: "RG-28", what: "filesystem", address: theGroup, path: "filesystems", names: []string{"payroll", "/payroll/data"}, also: []string{"RG-06"}},
		func(e *clustered) { e.concurrent(); e.g.Filesystems = []string{"/payroll/data"} },
		func(e *clustered) {
			e.concurrent()
			e.g.Filesystems, e.v.Filesystems = []string{"/payroll/data"}, []*Filesystem{{Mount: "/payroll/data", Group: e.v}}
		}},
	{entry{rule: "RG-28", what: "address", address: theGroup, path: "service_ips", severity: diag.Warning, names: []string{"payroll", "payroll_svc"}},
		func(e *clustered) {
			e.concurrent()
			e.g.ServiceIPs, e.c.ServiceIPs = []*ClusterLabel{e.svc}, []*ClusterLabel{e.svc}
		},
		func(e *clustered) { e.concurrent() }},
	{entry{rule: "RG-29", address: theApp, path: "concurrent", names: []string{"payroll", "resource_group.payroll"}},
		func(e *clustered) { e.concurrent(); e.a.Concurrent = false },
		func(e *clustered) { e.concurrent() }},
	{entry{rule: "RG-30", what: "no interface", address: theGroup, path: "service_ips", names: []string{"db03", "net_ether_01", "payroll_svc"}},
		func(e *clustered) { e.third(); e.c.Interfaces = e.c.Interfaces[:4] },
		func(e *clustered) { e.third(); e.c.Interfaces = nil }},
	{entry{rule: "RG-30", what: "unknown address", address: theGroup, names: []string{"pay_svc", "cluster.payroll"}},
		func(e *clustered) { e.g.UnknownIPs = []string{"pay_svc"} },
		func(e *clustered) { e.c.TestedAt = "" }},
	{entry{rule: "RG-31", address: theGroup, path: "exports", names: []string{"/payroll/data/x", "db02"}},
		func(e *clustered) { e.db02.Exports = []string{"/payroll/data/x"} },
		func(e *clustered) { e.db02.Exports = []string{"/payroll/database"} }},
	{entry{rule: "RG-33", address: theGroup, path: "filesystems_first", names: []string{"payroll", "/payroll/data"}},
		func(e *clustered) { e.nfs(); e.g.FilesystemsFirst, e.g.FilesystemsFirstSaid = false, true },
		func(e *clustered) { e.nfs() }},
	{entry{rule: "RG-34", address: theGroup, path: "exports", names: []string{"/payroll/data", "3 nodes"}},
		func(e *clustered) { e.nfs(); e.third() },
		func(e *clustered) { e.third(); e.g.ExportsV4, e.g.FilesystemsFirst = []string{"/payroll/data"}, true }},
	{entry{rule: "RG-35", address: theGroup, path: "nfs_mounts", names: []string{"3 nodes", "/payroll/shared"}},
		func(e *clustered) {
			e.nfs()
			e.third()
			e.g.NFSMounts = map[string]string{"/payroll/shared": "/payroll/data"}
		},
		func(e *clustered) { e.nfs(); e.g.NFSMounts = map[string]string{"/payroll/shared": "/payroll/data"} }},
	{entry{rule: "RG-36", address: theGroup, path: "nfs_mounts", names: []string{"/payroll/shared", "/other"}},
		func(e *clustered) { e.nfs(); e.g.NFSMounts = map[string]string{"/payroll/shared": "/other"} },
		func(e *clustered) { e.nfs(); e.g.NFSMounts = map[string]string{"/payroll/shared": "/payroll/data"} }},
	{entry{rule: "RG-37", address: theGroup, path: "service_ips", names: []string{"/payroll/data"}, also: []string{"NET-45"}},
		func(e *clustered) { e.nfs(); e.g.ServiceIPs, e.c.ServiceIPs = nil, nil },
		func(e *clustered) { e.nfs() }},
	{entry{rule: "RG-39", what: "circle", address: theGroup, path: "parents", names: []string{"resource_group.web", "resource_group.payroll"}, also: []string{"MON-15"}},
		func(e *clustered) {
			g := e.child()
			g.Parents, e.g.Parents = []*ResourceGroup{e.g}, []*ResourceGroup{g}
		},
		func(e *clustered) { e.child().Parents = []*ResourceGroup{e.g} }},
	{entry{rule: "RG-39", what: "levels", address: "resource_group.w4", names: []string{"w4", "fourth"}},
		func(e *clustered) { e.levels(4) },
		func(e *clustered) { e.levels(3) }},
	{entry{rule: "RG-40", address: theCluster, names: []string{"resource_group.payroll", "resource_group.web"}},
		func(e *clustered) { e.g.Startup, e.child().Startup = "node-distribution", "node-distribution" },
		func(e *clustered) {
			g := e.child()
			e.g.Startup, g.Startup = "node-distribution", "node-distribution"
			g.DifferentNode, e.g.DifferentNode = []*ResourceGroup{e.g}, []*ResourceGroup{g}
		}},
	{entry{rule: "RG-41", what: "too many", address: "resource_group.three", path: "different_node", names: []string{"resource_group.web", "db01, db02"}},
		func(e *clustered) {
			a, b := e.child(), e.group("three")
			a.DifferentNode, b.DifferentNode = []*ResourceGroup{e.g}, []*ResourceGroup{e.g, a}
		},
		func(e *clustered) {
			a, b := e.child(), e.group("three")
			a.DifferentNode, b.DifferentNode = []*ResourceGroup{e.g}, []*ResourceGroup{e.g}
		}},
	{entry{rule: "RG-41", what: "none in common", address: "resource_group.web", path: "same_node", names: []string{"web", "payroll"}},
		func(e *clustered) {
			g := e.child()
			g.SameNode, g.Nodes, g.Current = []*ResourceGroup{e.g}, []*Host{e.third(), e.sees(e.node("db04", e.bystander(), 24))}, nil
			e.g.Nodes, e.g.NodesNow = e.g.Nodes[:2], e.g.NodesNow[:2]
			g.Condition = "OFFLINE"
		},
		func(e *clustered) { e.child().SameNode = []*ResourceGroup{e.g} }},
	{entry{rule: "RG-41", what: "both", address: "resource_group.web", path: "different_node", names: []string{"web", "payroll"}},
		func(e *clustered) {
			g := e.child()
			g.SameNode, g.DifferentNode = []*ResourceGroup{e.g}, []*ResourceGroup{e.g}
		},
		func(e *clustered) { e.child().DifferentNode = []*ResourceGroup{e.g} }},
	{entry{rule: "RG-42", what: "stranger", address: theGroup, path: "on", names: []string{"payroll", "db03"}},
		func(e *clustered) {
			e.g.Wanted = e.third()
			e.g.Nodes, e.g.NodesNow = e.g.Nodes[:2], e.g.NodesNow[:2]
		},
		func(e *clustered) { e.g.Wanted = e.third() }},
	{entry{rule: "RG-42", what: "node is down", address: theGroup, names: []string{"db02", "OFFLINE"}, also: []string{"RG-43"}},
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02; e.down() },
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02; e.down(); e.db02.Starts = true }},
	{entry{rule: "RG-42", what: "no link", address: theGroup, path: "on", names: []string{"db02", "is down"}, also: []string{"RG-43"}},
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02; e.unplug(e.db02) },
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02 }},
	{entry{rule: "RG-42", what: "group is broken", address: theGroup, names: []string{"db02", "ERROR"}, also: []string{"HA-30"}},
		func(e *clustered) { e.g.Wanted, e.g.MovesTo, e.g.Condition = e.db02, e.db02, "ERROR" },
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02 }},
	{entry{rule: "RG-42", what: "group is broken where it is wanted", address: theGroup, names: []string{"db02", "ERROR"}, also: []string{"HA-30"}},
		func(e *clustered) { e.g.Wanted, e.g.Condition = e.db02, "ERROR" },
		func(e *clustered) { e.g.Condition = "ERROR" }},
	{entry{rule: "RG-43", what: "moves", address: theGroup, path: "on", names: []string{"payroll", "payroll_svc", "db02", "about 30 s"}},
		func(e *clustered) { e.g.Wanted, e.g.MovesTo = e.db02, e.db02 },
		func(e *clustered) { e.g.Wanted, e.g.MovesTo, e.g.Condition = e.db02, e.db02, "OFFLINE" }},
	{entry{rule: "RG-43", what: "nobody says how long", address: theGroup, names: []string{"30 to 300 s"}},
		func(e *clustered) { e.g.Wanted, e.g.MovesTo, e.a.StartTime = e.db02, e.db02, 0 },
		func(e *clustered) { e.a.StartTime = 0 }},
	{entry{rule: "RG-43", what: "stops", address: theGroup, path: "state", names: []string{"payroll", "payroll_svc"}, also: []string{"MON-19"}},
		func(e *clustered) { e.g.Stops = true },
		func(e *clustered) { e.g.Stops, e.g.Condition = true, "OFFLINE" }},
	{entry{rule: "RG-44", what: "5.1", address: theGroup, path: "on", names: []string{"payroll", "db02"}},
		func(e *clustered) { e.release("5.1"); e.g.Pinned = "db02" },
		func(e *clustered) { e.release("5.1") }},
	{entry{rule: "RG-44", what: "later", address: theGroup, severity: diag.Advice, names: []string{"db02"}},
		func(e *clustered) { e.g.Pinned = "db02" },
		func(e *clustered) { e.g.Pinned = "db01" }},
	{entry{rule: "RG-45", address: theGroup, path: "nodes", names: []string{"db01", "db02", "payroll_svc"}, also: []string{"RG-13", "HA-35"}},
		func(e *clustered) {
			e.g.Changed, e.c.Changed, e.g.Fallback = true, true, "higher-priority"
			e.g.Nodes = []*Host{e.db02, e.db01}
		},
		func(e *clustered) {
			e.g.Changed, e.c.Changed = true, true
			e.g.Nodes = []*Host{e.db02, e.db01}
		}},
}

// second is another group with a volume group that has a filesystem.
func (x *clustered) second(mount string) *clustered {
	g := x.child()
	v := x.shared("webvg", mount)
	v.Group, g.VolumeGroups = g, []*VolumeGroup{v}
	return x
}

// sameSubnet puts the service address where the boot addresses are, as replacement needs it.
func (x *clustered) sameSubnet() {
	x.svc.Address = "10.1.1.99"
	for _, h := range x.c.Nodes {
		h.Names["payroll_svc"] = "10.1.1.99"
	}
}

// rotating makes the group a rotating one and adds n like it.
func (x *clustered) rotating(n int) {
	x.g.Style = "rotating"
	for i := range n {
		x.group([]string{"web", "web2"}[i]).Style = "rotating"
	}
}

// levels is a chain of n groups, of which the last one depends on all others.
func (x *clustered) levels(n int) {
	var prev *ResourceGroup
	for i := range n {
		g := x.group("w" + string(rune('1'+i)))
		if prev != nil {
			g.Parents = []*ResourceGroup{prev}
		}
		prev = g
	}
}

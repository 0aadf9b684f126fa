package rules

import (
	"slices"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

const theWpar schema.Address = "wpar.app20"

func init() {
	for id, p := range map[string][2]string{
		"WPAR-10": {"cmd/gantry/wpar_test.go", `func TestWPARByHand`},
		"WPAR-12": {"config/testdata/wpar-bad.txtar", `hostname = "app 20"`},
		"WPAR-13": {"cmd/gantry/wpar_test.go", `func TestWPARRefusals`},
		"WPAR-14": {"planner/rules/wpar_test.go", `rule: "WPAR-09"`},
		"WPAR-15": {"cmd/gantry/wpar_test.go", `console-silent`},
		"WPAR-26": {"cmd/gantry/wpar_test.go", `func TestWPARFaultAtEveryCommand`},
		"WPAR-31": {"cmd/gantry/wpar_test.go", `It is moved meanwhile`},
	} {
		proofs[id] = p
	}
	for _, x := range wparEntries {
		e := x.entry
		e.breaks = func(e *estate) { x.breaks(e.mobile()) }
		e.almost = func(e *estate) { x.almost(e.mobile()) }
		entries = append(entries, e)
	}
	clusterSeverities["warning"] += " WPAR-04 WPAR-13 WPAR-18 WPAR-19 WPAR-31"
	// The catalogue has WPAR-27 as a warning; nothing is to be decided about it, and a warning would hold up every migration of such a partition.
	clusterSeverities["advice"] += " WPAR-23 WPAR-24 WPAR-27 WPAR-30"
	clusterAgain = append(clusterAgain, "WPAR-26", "WPAR-31")
}

// wparEntry is an entry whose estate has a workload partition besides.
type wparEntry struct {
	entry
	breaks, almost func(e *mobile)
}

// mobile is the base with a workload partition on NFS that relocates, running, between two hosts in which everything is in order.
type mobile struct {
	*estate
	w        *Wpar
	from, to *Host
}

func (e *estate) mobile() *mobile {
	x := &mobile{estate: e}
	x.from, x.to = x.image("lpar55", e.src, "172.29.140.55"), x.image("lpar56", e.dst, "172.29.140.56")
	x.w = &Wpar{Address: theWpar, Name: "app20", Hostname: "app20", Kind: "system", Host: x.from, Target: x.to, Running: true, Live: true, Checkpointable: true, Limited: true, Reason: "maintenance", Directory: "/nfs/mobility",
		Addresses: []WparAddress{{"172.29.140.243", "255.255.192.0", "en0"}}}
	for _, d := range writable {
		x.w.Mounts = append(x.w.Mounts, WparMount{Dir: d, Type: "nfs", Server: "nfs1", Path: "/scratch" + d})
		for _, h := range x.Hosts {
			h.Exported["nfs1:/scratch"+d] = "(everyone)"
		}
	}
	e.Wpars = []*Wpar{x.w}
	return x
}

func (x *mobile) image(name string, on *System, address string) *Host {
	p := client(name, len(name)+len(x.Hosts)+30, on)
	p.State, p.Running, p.RunningAtEnd, p.RMC, p.DlparMem, p.DlparProc, p.Ethernet = "running", true, true, "active", true, true, nil
	x.Partitions = append(x.Partitions, p)
	h := &Host{Address: schema.Address("host." + name), Name: name, Found: true, Declared: true, Partition: p, Level: "6100-09-12-1846", Filesets: map[string]string{"bos.wpars": "6.1.9.0", "mcr.rte": "6.1.9.0"},
		Interfaces: []*HostInterface{{Name: "en0", Address: address, Netmask: "255.255.192.0", State: "up"}}, Memory: 8192, MemFree: 4096, Processor: "POWER6", Speed: 4200, Entitled: 2, Idle: 80, Time: true, Mobility: true,
		NFS: map[string]string{"/nfs": "nfs1:/export"}, Exported: map[string]string{"nfs1": "", "nfs1:/export": "lpar55,lpar56"}}
	x.Hosts = append(x.Hosts, h)
	return h
}

// another stays on the host that is left.
func (x *mobile) another() *Wpar {
	o := *x.w
	o.Mounts = slices.Clone(o.Mounts)
	o.Address, o.Name, o.Hostname, o.Target, o.Addresses, o.Live = "wpar.web01", "web01", "web01", x.from, nil, false
	x.Wpars = append(x.Wpars, &o)
	return &o
}

var wparEntries = []wparEntry{
	{entry{rule: "WPAR-01", address: theWpar, names: []string{"host.lpar56", "5.3"}, also: []string{"WPAR-02"}},
		func(e *mobile) { e.to.Level = "5300-12-06-1216" },
		func(e *mobile) { e.from.Level, e.to.Level = "7100-04-05-1720", "7100-04-05-1720" }},
	{entry{rule: "WPAR-02", what: "levels", address: theWpar, names: []string{"6100-09-12-1846", "6100-09-11-1810"}},
		func(e *mobile) { e.to.Level = "6100-09-11-1810" },
		func(e *mobile) { e.to.Level = "6100-09-11-1810"; e.w.Live = false }},
	{entry{rule: "WPAR-02", what: "filesets", address: theWpar, names: []string{"bos.wpars", "6.1.8.0"}},
		func(e *mobile) { e.to.Filesets["bos.wpars"] = "6.1.8.0" },
		func(e *mobile) { delete(e.to.Filesets, "bos.wpars") }},
	{entry{rule: "WPAR-03", what: "family", address: theWpar, names: []string{"host.lpar56", "RS64"}},
		func(e *mobile) { e.to.Processor = "RS64" },
		func(e *mobile) { e.to.Processor = "POWER7" }},
	{entry{rule: "WPAR-03", what: "unknown", address: theWpar, severity: diag.Warning, names: []string{"host.lpar56"}},
		func(e *mobile) { e.to.Processor = "" },
		func(e *mobile) { e.from.Processor, e.to.Processor = "970", "970" }},
	{entry{rule: "WPAR-04", address: theWpar, names: []string{"POWER6", "POWER5"}},
		func(e *mobile) { e.to.Processor = "POWER5" },
		func(e *mobile) { e.to.Processor = "POWER5"; e.w.Tested = true }},
	{entry{rule: "WPAR-05", address: theWpar, path: "checkpointable", names: []string{"app20"}},
		func(e *mobile) { e.w.Checkpointable = false },
		func(e *mobile) { e.w.Checkpointable = false; e.w.Live = false }},
	{entry{rule: "WPAR-06", what: "missing", address: theWpar, path: "mount", names: []string{"/home"}},
		func(e *mobile) { e.w.Mounts = append(e.w.Mounts[:1:1], e.w.Mounts[2:]...) },
		func(e *mobile) { e.w.Mounts = append(e.w.Mounts[:1:1], e.w.Mounts[2:]...); e.w.Kind = "application" }},
	{entry{rule: "WPAR-06", what: "more", address: theWpar, names: []string{"/data"}},
		func(e *mobile) { e.w.Mounts = append(e.w.Mounts, WparMount{Dir: "/data", Type: "jfs2"}) },
		func(e *mobile) {
			e.w.Mounts = append(e.w.Mounts, WparMount{Dir: "/data", Type: "nfs", Server: "nfs1", Path: "/export"})
		}},
	{entry{rule: "WPAR-07", what: "silent", address: theWpar, names: []string{"nfs1", "host.lpar56"}},
		func(e *mobile) { e.to.Exported = nil },
		func(e *mobile) { e.from.Exported = nil }},
	{entry{rule: "WPAR-07", what: "not exported", address: theWpar, names: []string{"nfs1", "/scratch/home"}},
		func(e *mobile) { delete(e.to.Exported, "nfs1:/scratch/home") },
		func(e *mobile) { e.to.Exported["nfs1:/scratch/home"] = "lpar55,app20,172.29.140.56" }},
	{entry{rule: "WPAR-07", what: "not to it", address: theWpar, names: []string{"/scratch/home", "lpar55", "host.lpar56"}},
		func(e *mobile) { e.to.Exported["nfs1:/scratch/home"] = "lpar55" },
		func(e *mobile) { e.to.Exported["nfs1:/scratch/home"] = "lpar55,lpar56,172.29.140.243" }},
	{entry{rule: "WPAR-07", what: "not to itself", address: theWpar, names: []string{"/scratch/home", "app20 itself"}},
		func(e *mobile) { e.to.Exported["nfs1:/scratch/home"] = "lpar55,lpar56" },
		func(e *mobile) { e.to.Exported["nfs1:/scratch/home"] = "lpar56,app20" }},
	{entry{rule: "WPAR-07", what: "directory", address: theWpar, path: "mobility.directory", names: []string{"host.lpar56", "/nfs/mobility"}},
		func(e *mobile) { e.to.NFS = nil },
		func(e *mobile) { e.to.NFS = map[string]string{"/nfs/mobility": "nfs1:/export/mobility"} }},
	{entry{rule: "WPAR-07", what: "two directories", address: theWpar, names: []string{"nfs1:/export/mobility", "nfs2:/export/mobility"}},
		func(e *mobile) { e.to.NFS["/nfs"] = "nfs2:/export" },
		func(e *mobile) { e.w.Directory = "" }},
	{entry{rule: "WPAR-08", what: "a workload partition", address: theWpar, names: []string{"web01"}, also: []string{"WPAR-07", "WPAR-18"}},
		func(e *mobile) { e.another(); e.w.Mounts[0].Server = "web01" },
		func(e *mobile) { e.w.Mounts[0].Server = "lpar56" }},
	{entry{rule: "WPAR-08", what: "its host", address: theWpar, names: []string{"lpar55"}, also: []string{"WPAR-07"}},
		func(e *mobile) { e.w.Mounts[0].Server = "lpar55" },
		func(e *mobile) { e.w.Target, e.w.Mounts[0].Server = e.from, "lpar55" }},
	{entry{rule: "WPAR-09", address: theWpar, names: []string{"host.lpar56", "restartwpar"}},
		func(e *mobile) { e.to.Mobility = false },
		func(e *mobile) { e.to.Mobility, e.w.Live = false, false }},
	{entry{rule: "WPAR-11", what: "host", address: theWpar, path: "host", names: []string{"lpar_56"}},
		func(e *mobile) { e.to.Name = "lpar_56" },
		func(e *mobile) { e.to.Name = "lpar-56"; e.to.Exported["nfs1:/export"] = "lpar-56" }},
	{entry{rule: "WPAR-11", what: "inside", address: theWpar, path: "hostname", names: []string{"app_20"}},
		func(e *mobile) { e.w.Hostname = "app_20" },
		func(e *mobile) { e.w.Name = "app_20" }},
	{entry{rule: "WPAR-16", address: theWpar, path: "mobility.reason", names: []string{"app20"}},
		func(e *mobile) { e.w.Reason = "" },
		func(e *mobile) { e.w.Reason, e.w.Target = "", e.from }},
	{entry{rule: "WPAR-17", what: "no gain", address: theWpar, names: []string{"host.lpar56", "1.60", "1.70"}},
		func(e *mobile) { e.w.Reason, e.to.Idle, e.to.MemFree = "performance", 85, 8192 },
		func(e *mobile) { e.w.Reason, e.to.Idle, e.to.MemFree = "performance", 90, 8192 }},
	{entry{rule: "WPAR-17", what: "unknown", address: theWpar, severity: diag.Warning, names: []string{"host.lpar56"}},
		func(e *mobile) { e.w.Reason, e.to.Idle = "performance", -1 },
		func(e *mobile) { e.to.Idle = -1 }},
	{entry{rule: "WPAR-18", address: theWpar, names: []string{"host.lpar55", "wpar.web01"}},
		func(e *mobile) { e.another() },
		func(e *mobile) { e.another().Target = e.to }},
	{entry{rule: "WPAR-18", what: "strangers", address: theWpar, names: []string{"other"}},
		func(e *mobile) { e.from.Strangers = []string{"other"} },
		func(e *mobile) { e.to.Strangers = []string{"other"} }},
	{entry{rule: "WPAR-19", address: theWpar, names: []string{"host.lpar55", "energy", "wpar.web01"}},
		func(e *mobile) { e.w.Reason = "energy"; e.another() },
		func(e *mobile) { e.w.Reason = "energy"; e.another().Target = e.to }},
	{entry{rule: "WPAR-20", what: "processors", address: theWpar, names: []string{"host.lpar56", "9% idle"}},
		func(e *mobile) { e.to.Idle = 9 },
		func(e *mobile) { e.to.Idle = 10 }},
	{entry{rule: "WPAR-20", what: "memory", address: theWpar, names: []string{"host.lpar56", "200 MiB"}},
		func(e *mobile) { e.to.MemFree = 200 },
		func(e *mobile) { e.to.MemFree = 200; e.w.Running, e.w.Live = false, false }},
	{entry{rule: "WPAR-21", what: "memory", address: theWpar, path: "mobility.tests", names: []string{"host.lpar56", "4 GiB", "8 GiB"}},
		func(e *mobile) { e.w.Tests, e.to.Memory = []string{"memory"}, 4096 },
		func(e *mobile) { e.to.Memory = 4096 }},
	{entry{rule: "WPAR-21", what: "speed", address: theWpar, names: []string{"4000 MHz", "4200 MHz"}},
		func(e *mobile) { e.w.Tests, e.to.Speed = []string{"speed"}, 4000 },
		func(e *mobile) { e.w.Tests = []string{"speed"} }},
	{entry{rule: "WPAR-21", what: "time", address: theWpar, names: []string{"host.lpar56", "time"}},
		func(e *mobile) { e.w.Tests, e.to.Time = []string{"time"}, false },
		func(e *mobile) { e.w.Tests, e.from.Time = []string{"time"}, false }},
	{entry{rule: "WPAR-22", what: "no interface", address: theWpar, names: []string{"host.lpar56", "172.29.140.243"}},
		func(e *mobile) { e.to.Interfaces[0].Address = "10.0.0.56" },
		func(e *mobile) { e.to.Interfaces[0].Address = "172.29.190.56" }},
	{entry{rule: "WPAR-22", what: "taken", address: theWpar, names: []string{"host.lpar56", "172.29.140.243"}},
		func(e *mobile) { e.to.Interfaces[0].Aliases = []string{"172.29.140.243"} },
		func(e *mobile) { e.from.Interfaces[0].Aliases = []string{"172.29.140.243"} }},
	{entry{rule: "WPAR-23", address: theWpar, names: []string{"app20", "system.uli13"}},
		func(e *mobile) { e.to.Partition.System = e.from.Partition.System },
		func(e *mobile) { e.to.Partition = nil }},
	{entry{rule: "WPAR-24", address: theWpar, names: []string{"All 2", "host.lpar55"}},
		func(e *mobile) { e.another().Target = e.to },
		func(e *mobile) { e.another().Target = e.to; e.from.Partition = nil }},
	{entry{rule: "WPAR-25", address: theWpar, path: "critical", names: []string{"app20", "host.lpar55"}},
		func(e *mobile) { e.w.Critical = true },
		func(e *mobile) {
			e.w.Critical, e.w.Target = true, e.from
			e.Clusters = []*Cluster{{Name: "c", Nodes: []*Host{e.from}}}
		}},
	{entry{rule: "WPAR-27", address: lp1, path: "system", names: []string{"wpar.app20"}},
		func(e *mobile) { e.w.Target, e.from.Partition = e.from, e.p },
		func(e *mobile) { e.from.Partition = e.p }},
	{entry{rule: "WPAR-29", what: "versioned", address: theWpar, names: []string{"app20", "older AIX"}},
		func(e *mobile) { e.w.Kind = "versioned" },
		func(e *mobile) { e.w.Kind, e.w.Tested = "versioned", true }},
	{entry{rule: "WPAR-29", what: "devices", address: theWpar, path: "device", names: []string{"hdisk5"}},
		func(e *mobile) { e.w.Devices = []string{"hdisk5"} },
		func(e *mobile) { e.w.Devices, e.w.Target = []string{"hdisk5"}, e.from }},
	{entry{rule: "WPAR-30", address: theWpar, path: "resource_control", names: []string{"host.lpar56", "2 workload partitions"}, also: []string{"WPAR-24"}},
		func(e *mobile) { e.w.Limited = false; e.another().Limited = false; e.Wpars[1].Target = e.to },
		func(e *mobile) { e.another().Target = e.to; e.w.Limited = false }},
}

package rules

import (
	"slices"
	"testing"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
)

func init() { entries = append(entries, stgClusterEntries...) }

// concurrent brings the group online on all nodes at once, with raw logical volumes.
func (p *payroll) concurrent() {
	p.group.Startup, p.group.Fallover, p.group.ServiceIPs, p.ServiceIPs = "all-available", "bring-offline", nil, nil
	p.app.Concurrent, p.app.Clients, p.app.Monitors[0].OnFailure, p.app.Kind = true, nil, "notify", "batch"
	p.vg.Filesystems, p.vg.Volumes = nil, []*LogicalVolume{{Name: "rawlv", Type: "raw", Copies: 1}}
}

// mirror gives all logical volumes copies on disks of their own, and lets the cluster force them online.
func (p *payroll) mirror() {
	p.group.Forced = true
	p.vg.Disks = append(p.vg.Disks, p.e.array("data2", 20480, p.Nodes...), p.e.array("data3", 20480, p.Nodes...))
	for _, l := range p.vg.Volumes {
		l.Copies, l.Strictness, l.Upper = 2, "superstrict", 1
	}
}

// mount adds a filesystem to a volume group.
func (v *VolumeGroup) mount(at string) {
	v.Filesystems = append(v.Filesystems, &Filesystem{Mount: at, Group: v})
}

// local is a volume group of one node.
func (p *payroll) local(h *Host) *VolumeGroup {
	v := &VolumeGroup{Name: "rootvg", Hosts: []*Host{h}, Known: map[string]*KnownGroup{h.Name: {State: "active"}}}
	p.e.VolumeGroups = append(p.e.VolumeGroups, v)
	return v
}

// more adds a second group, with a volume group of its own.
func (p *payroll) more() (*ResourceGroup, *VolumeGroup) {
	v := *p.vg
	v.Address, v.Name, v.Volumes, v.Filesystems, v.Disks = "volume_group.morevg", "morevg", nil, nil, []*Disk{p.e.array("more", 20480, p.Nodes...)}
	g := &ResourceGroup{Address: "resource_group.more", Name: "more_rg", Cluster: p.Cluster, Nodes: p.Nodes, Startup: "first-available", Fallover: "next-priority", Fallback: "never", VolumeGroups: []*VolumeGroup{&v}, Data: -1, Link: -1, Latency: -1, Exists: true}
	v.Group = g
	p.Groups, p.e.VolumeGroups = append(p.Groups, g), append(p.e.VolumeGroups, &v)
	return g, &v
}

// created is a cluster that the plan makes, with disks of which nothing is in use yet.
func (p *payroll) created() {
	p.Exists, p.Created = false, true
	for _, d := range p.Repositories {
		for _, x := range d.OnHosts {
			x.VolumeGroup = ""
		}
	}
}

// plain makes the data disk one that is no LUN.
func (p *payroll) plain() {
	p.data.LocalOnly, p.data.ID = true, "pvid:000018fa3b12f5cb"
	for _, x := range p.data.OnHosts {
		x.LUN = ""
	}
}

var stgClusterEntries = []entry{
	{rule: "STG-17", address: theVG, names: []string{"cannot be checked", "datalv, loglv00", "disk.data"}, path: "disks", severity: diag.Warning,
		breaks: given((*payroll).plain),
		almost: given(func(p *payroll) {
			p.plain()
			for _, l := range p.vg.Volumes {
				l.Copies = 2
			}
		})},
	{rule: "STG-17", what: "LUNs", address: theVG, names: []string{"datavg"}, severity: diag.Warning,
		breaks: given((*payroll).plain),
		almost: given(func(p *payroll) { p.plain(); p.data.OnHosts["db02"].LUN = "500507680140AC9D/1" })},
	{rule: "STG-18", address: theVG, names: []string{"datavg", "db02 has no disk.data (PVID 000018fa3b12f5cb)"}, path: "hosts",
		breaks: given(func(p *payroll) { p.data.PVID = "000018fa3b12f5cb"; delete(p.data.OnHosts, "db02") }),
		almost: given(func(p *payroll) { p.data.PVID, p.two.Found = "000018fa3b12f5cb", false; delete(p.data.OnHosts, "db02") })},
	{rule: "STG-19", address: theGroup, names: []string{"payroll_rg", "volume_group.datavg on db03"}, path: "volume_groups",
		breaks: given(func(p *payroll) {
			h := p.third()
			p.boot(h, "db03-x", "net_ether_01", "10.1.1.13")
			p.boot(h, "db03-y", "net_ether_01", "10.1.2.13")
			p.group.Nodes = p.Nodes
		}),
		almost: given(func(p *payroll) { p.third(); p.group.Nodes, p.group.AutoImport = p.Nodes, true })},
	{rule: "STG-20", what: "declared", address: theVG, names: []string{"datavg", "db01, db02"}, path: "auto_on",
		breaks: given(func(p *payroll) { yes := true; p.vg.AutoOn = &yes }),
		almost: given(func(p *payroll) { p.vg.AutoOn = nil })},
	{rule: "STG-20", what: "found", address: theVG, names: []string{"datavg", "db02"}, path: "auto_on",
		breaks: given(func(p *payroll) { yes := true; p.vg.AutoOn, p.vg.Known["db02"].AutoOn = nil, &yes }),
		almost: given(func(p *payroll) { yes := true; p.vg.Known["db02"].AutoOn = &yes })}, // it is turned off
	{rule: "STG-21", address: theVG, names: []string{"datavg", "standard", "payroll_rg"}, path: "mode",
		breaks: given(func(p *payroll) { p.concurrent(); p.vg.Mode = "standard" }),
		almost: given(func(p *payroll) { p.vg.Mode = "standard" })},
	{rule: "STG-23", address: theVG, names: []string{"datavg", "db02"}, path: "mode",
		breaks: given(func(p *payroll) { p.concurrent(); p.two.Bits = 32 }),
		almost: given(func(p *payroll) { p.concurrent(); p.two.Bits = 0 })},
	{rule: "STG-23", what: "not declared", address: theGroup, names: []string{"datavg", "db02"}, path: "volume_groups",
		breaks: given(func(p *payroll) { p.concurrent(); p.two.Bits, p.vg.Address = 32, "" }),
		almost: given(func(p *payroll) { p.two.Bits, p.vg.Address = 32, "" })},
	{rule: "STG-25", address: theVG, names: []string{"payroll_rg", "datavg", "/scratch"},
		breaks: given(func(p *payroll) { p.concurrent(); p.vg.mount("/scratch") }),
		almost: given(func(p *payroll) { p.vg.mount("/scratch") })},
	{rule: "STG-28", address: theGroup, names: []string{"payroll_rg", "datavg", "loglv00"}, path: "forced_varyon", also: []string{"STG-36"}, // the log has fewer copies
		breaks: given(func(p *payroll) { p.mirror(); p.vg.Volumes[1].Copies = 1 }),
		almost: given(func(p *payroll) { p.mirror(); p.vg.Volumes[1].Copies = 0 })},
	{rule: "STG-29", address: theGroup, names: []string{"payroll_rg", "datavg", "datalv (strict)"}, path: "forced_varyon",
		breaks: given(func(p *payroll) { p.mirror(); p.vg.Volumes[0].Strictness = "strict" }),
		almost: given(func(p *payroll) { p.mirror(); p.vg.Volumes[0].Strictness = "" })},
	{rule: "STG-30", address: "logical_volume.data", names: []string{"datalv"}, path: "upper_bound",
		breaks: given(func(p *payroll) { p.mirror(); p.vg.Volumes[0].Upper = 32 }),
		almost: given(func(p *payroll) { p.mirror(); p.vg.Volumes[1].Upper = 32 })}, // which is not declared
	{rule: "STG-32", address: theGroup, names: []string{"datavg", "payroll_rg"}, path: "forced_varyon",
		breaks: given(func(p *payroll) { p.mirror(); p.group.Changed = true }),
		almost: given((*payroll).mirror)},
	{rule: "STG-34", what: "two disks", address: theVG, names: []string{"datavg", "two disks"}, path: "quorum",
		breaks: given(func(p *payroll) { p.mirror(); p.vg.Disks = p.vg.Disks[:2] }),
		almost: given(func(p *payroll) { p.mirror(); p.vg.Disks, p.vg.Quorum = p.vg.Disks[:2], nil })},
	{rule: "STG-34", what: "concurrent", address: theVG, names: []string{"datavg", "without quorum"}, path: "quorum",
		breaks: given(func(p *payroll) { p.concurrent(); p.vg.Quorum = &no }),
		almost: given(func(p *payroll) { p.vg.Quorum = &no })},
	{rule: "STG-35", address: theVG, names: []string{"datavg", "disk.data on db02 (Defined)"}, path: "quorum",
		breaks: given(func(p *payroll) { p.vg.Quorum, p.data.OnHosts["db02"].Status = &no, "Defined" }),
		almost: given(func(p *payroll) { p.data.OnHosts["db02"].Status = "Defined" })},
	{rule: "STG-36", address: theVG, names: []string{"datavg", "2 copies", "loglv00 has 1"},
		breaks: given(func(p *payroll) { p.vg.Volumes[0].Copies = 2 }),
		almost: given(func(p *payroll) { p.vg.Volumes[1].Copies = 2 })},
	{rule: "STG-37", address: theVG, names: []string{"payroll_rg", "/payroll/share", "40 on db01 and 41 on db02"}, path: "major",
		breaks: given(func(p *payroll) {
			p.group.Exports, p.vg.Known["db02"].Major = []string{"/payroll/share", "/elsewhere"}, 41
		}),
		almost: given(func(p *payroll) { p.group.Exports, p.vg.Known["db02"].Major = []string{"/payrolls"}, 41 })},
	{rule: "STG-37", what: "nothing is known to be in it", address: theVG, names: []string{"/share", "40 on db01 and 41 on db02"},
		breaks: given(func(p *payroll) {
			p.vg.Volumes, p.vg.Filesystems, p.group.ExportsV4, p.vg.Known["db02"].Major = nil, nil, []string{"/share"}, 41
		}),
		almost: given(func(p *payroll) {
			p.vg.Volumes, p.vg.Filesystems, p.group.ExportsV4, p.vg.Known["db02"].Major = nil, nil, []string{"/share"}, 0
		})},
	{rule: "STG-38", what: "a logical volume", address: theVG, names: []string{"datalv is in rootvg of db02 too"},
		breaks: given(func(p *payroll) { p.local(p.two).Volumes = []*LogicalVolume{{Name: "datalv", Copies: 1}} }),
		almost: given(func(p *payroll) { p.local(p.third()).Volumes = []*LogicalVolume{{Name: "datalv", Copies: 1}} })},
	{rule: "STG-38", what: "a mount point, of the later of two", address: "volume_group.morevg", names: []string{"/x is in volume_group.datavg of db01, db02 too"},
		breaks: given(func(p *payroll) { _, v := p.more(); p.vg.mount("/x"); v.mount("/x") }),
		almost: given(func(p *payroll) { _, v := p.more(); p.vg.mount("/x"); v.mount("/y") })},
	{rule: "STG-40", what: "at once", address: theGroup, names: []string{"payroll_rg", "/payroll/data lies below /payroll"}, path: "recovery",
		breaks: given(func(p *payroll) { p.group.Recovery = "parallel"; p.vg.mount("/payroll/data") }),
		almost: given(func(p *payroll) { p.group.Recovery = "parallel"; p.vg.mount("/payrolls") })},
	{rule: "STG-40", what: "two groups", address: "resource_group.more", names: []string{"more_rg", "/payroll/more lies below /payroll of resource_group.payroll"}, path: "parents",
		breaks: given(func(p *payroll) { _, v := p.more(); v.mount("/payroll/more") }),
		almost: given(func(p *payroll) {
			g, v := p.more()
			v.mount("/payroll/more")
			between := &ResourceGroup{Name: "between", Parents: []*ResourceGroup{p.group}}
			between.Parents = append(between.Parents, between)
			g.Parents = []*ResourceGroup{between}
		})},
	{rule: "STG-41", address: theGroup, names: []string{"payroll_rg", "/payroll, /payroll/data"}, path: "recovery", also: []string{"RG-06"},
		breaks: given(func(p *payroll) { p.group.Filesystems = []string{"/payroll/data", "/payroll"} }),
		almost: given(func(p *payroll) {
			p.group.Filesystems, p.group.Recovery = []string{"/payroll/data", "/payroll"}, "sequential"
		})},
	{rule: "STG-45", address: theGroup, names: []string{"payroll_rg", "rmt0"}, path: "tapes",
		breaks: given(func(p *payroll) { p.concurrent(); p.group.Tapes = []string{"rmt0"} }),
		almost: given(func(p *payroll) { p.group.Tapes = []string{"rmt0"} })},
	{rule: "STG-46", what: "old", address: theVG, names: []string{"datavg", "db02 (1.3.1.2)"}, path: "disks",
		breaks: given(func(p *payroll) { p.vpath("1.3.1.2") }),
		almost: given(func(p *payroll) { p.vpath("1.3.1.3") })},
	{rule: "STG-46", what: "unknown", address: theVG, names: []string{"cannot be checked", "datavg", "db02"}, severity: diag.Warning,
		breaks: given(func(p *payroll) { p.vpath("") }),
		almost: given(func(p *payroll) { p.vpath(""); p.data.OnHosts["db02"].Device = "hdisk4" })},
	{rule: "STG-48", what: "size", address: theCluster, names: []string{"disk.repo", "it has 500 MiB"}, path: "repository",
		breaks: given(func(p *payroll) { p.sizes(500) }),
		almost: given(func(p *payroll) { p.sizes(512) })},
	{rule: "STG-48", what: "too large", address: theCluster, names: []string{"disk.repo", "471041 MiB"},
		breaks: given(func(p *payroll) { p.sizes(471041) }),
		almost: given(func(p *payroll) { p.sizes(471040) })},
	{rule: "STG-48", what: "not seen", address: theCluster, names: []string{"disk.repo", "db02 cannot see it"},
		breaks: given(func(p *payroll) { delete(p.repo.OnHosts, "db02") }),
		almost: given(func(p *payroll) { delete(p.repo.OnHosts, "db02"); p.two.Found = false })},
	{rule: "STG-48", what: "reserved", address: theCluster, names: []string{"single_path on db01"},
		breaks: given(func(p *payroll) { p.repo.OnHosts["db01"].Reserve = "single_path" }),
		almost: given(func(p *payroll) { p.created(); p.repo.OnHosts["db01"].Reserve = "single_path" })}, // it is set
	{rule: "STG-48", what: "of a site", address: theCluster, names: []string{"disk.south", "db02 cannot see it"}, path: "site.south.repository",
		breaks: given(func(p *payroll) { p.sites(p.two) }),
		almost: given(func(p *payroll) { p.sites(p.one) })},
	{rule: "STG-48", what: "otherwise used", address: theCluster, names: []string{"volume_group.datavg is to use it", "resource_group.payroll has it as a raw disk"},
		breaks: given(func(p *payroll) {
			p.vg.Disks, p.group.RawDisks = append(p.vg.Disks, p.Repositories[1]), []*Disk{p.Repositories[1]}
		}),
		almost: given(func(p *payroll) {
			x := p.e.array("x", 1, p.Nodes...)
			p.vg.Disks, p.group.RawDisks = append(p.vg.Disks, x), []*Disk{x}
		})},
	{rule: "STG-48", what: "two clusters", address: theCluster, names: []string{"it is the repository of old", "net of old beats over it"},
		breaks: given(func(p *payroll) {
			p.e.Clusters = append(p.e.Clusters, &Cluster{Name: "old", Release: "7.1", Exists: true, Repositories: []*Disk{p.repo}, Networks: []*ClusterNetwork{{Name: "net", Type: "diskhb", Disk: p.repo}}})
		}),
		almost: given(func(p *payroll) {
			p.e.Clusters = append(p.e.Clusters, &Cluster{Name: "old", Release: "7.1", Exists: true, Repositories: []*Disk{p.data}})
		})},
	{rule: "STG-48", what: "no second one", address: theCluster, names: []string{"disk.repo is the only repository disk of payroll"}, severity: diag.Advice, also: []string{"HA-35"},
		breaks: given(func(p *payroll) { p.Repositories, p.Changed = p.Repositories[:1], true }),
		almost: given(func(p *payroll) { p.Repositories = p.Repositories[:1] })},
	{rule: "STG-49", what: "a volume group", address: theCluster, names: []string{"disk.repo", "the volume group oldvg of db02"}, path: "repository",
		breaks: given(func(p *payroll) { p.created(); p.repo.OnHosts["db02"].VolumeGroup = "oldvg" }),
		almost: given(func(p *payroll) { p.created(); p.repo.OnHosts["db02"].VolumeGroup = "None" })},
	{rule: "STG-49", what: "another repository", address: theCluster, names: []string{"disk.repo", "the repository of a cluster that db01 is in"},
		breaks: given(func(p *payroll) { p.created(); p.repo.OnHosts["db01"].VolumeGroup = repositoryGroup }),
		almost: given((*payroll).created)},
	{rule: "STG-49", what: "a Virtual I/O Server", address: theCluster, names: []string{"disk.repo", "the volume group clientvg of a Virtual I/O Server on f1"},
		breaks: given(func(p *payroll) { p.repo.Paths["f1"] = &DiskPath{VolumeGroup: "clientvg"} }),
		almost: given(func(p *payroll) { p.repo.Paths["f1"] = &DiskPath{VolumeGroup: "None"} })},
	{rule: "STG-50", address: theCluster, names: []string{"disk.repo", "Defined on db02", "payroll"}, path: "repository", also: []string{"HA-35"},
		breaks: given(func(p *payroll) { p.Changed, p.repo.OnHosts["db02"].Status = true, "Defined" }),
		almost: given(func(p *payroll) { p.repo.OnHosts["db02"].Status = "Defined" })},
}

// vpath puts the data disk of the second node behind the subsystem device driver.
func (p *payroll) vpath(level string) {
	p.classic()
	p.data.OnHosts["db02"].Device = "vpath3"
	if level != "" {
		p.two.Filesets["ibmSdd_510nchacmp.rte"] = level
	}
}

func (p *payroll) sizes(mib float64) {
	for _, x := range p.repo.OnHosts {
		x.Size = mib
	}
}

// sites makes two of the cluster, the second one with a repository that only the second node sees.
func (p *payroll) sites(south *Host) {
	d := p.e.array("south", 1024, p.one)
	p.Type, p.Sites = "linked", []*Site{{Name: "south", Nodes: []*Host{south}, Repository: d, Link: -1, Latency: -1}}
}

// Rules STG-22 and STG-24 stand on what a volume group can be declared as.
func TestVolumeGroupModes(t *testing.T) {
	a := schema.Attribute{}
	for _, x := range kinds.VolumeGroup().Attributes {
		if x.Name == "mode" {
			a = x
		}
	}
	if !slices.Equal(a.Enum, []string{"standard", concurrentMode}) {
		t.Errorf("a volume group can be declared as %q", a.Enum)
	}
}

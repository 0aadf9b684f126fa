package rules

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Addresses of the two partitions that nearly every finding is about.
const (
	lp1 = schema.Address("partition.uli13lp1")
	lp2 = schema.Address("partition.uli13lp2")
)

// base is an estate in which everything is in order: two blades, each under its
// own IVM, and one live migration from the first to the second.
func base() *Facts {
	f := &Facts{}
	for _, name := range []string{"uli13", "uli14"} {
		s := blade(name)
		f.Systems = append(f.Systems, s)
		f.Endpoints = append(f.Endpoints, &Endpoint{Key: "ivm." + name, Type: "ivm", Host: name + ".example", User: "padmin", Claims: []schema.Address{s.Address}})
		// A Virtual I/O Server is found but not declared, so it has no address.
		f.Partitions = append(f.Partitions, &Partition{Name: name + "vio", ID: name + "#1", System: s, Target: s, Environment: "vioserver", State: "running", Running: true, RunningAtEnd: true, RMC: "active", LparID: 1})
	}
	src, dst := f.Systems[0], f.Systems[1]
	p := client("uli13lp1", 2, src)
	p.Target, p.State, p.Running, p.RunningAtEnd, p.RMC, p.DlparMem, p.DlparProc = dst, "running", true, true, "active", true, true
	q := client("uli13lp2", 3, src)
	for i := range 6 {
		d := lun(i, src, dst)
		f.Disks = append(f.Disks, d)
		owner := p
		if i == 5 {
			owner = q
		}
		owner.Disks = append(owner.Disks, &PartitionDisk{Label: fmt.Sprintf("d%d", i), Target: fmt.Sprintf("vtscsi%d", i), Backing: "disk", Device: fmt.Sprintf("hdisk%d", i+2), Disk: d})
	}
	f.Partitions = append(f.Partitions, p, q)
	f.Migrations = []*Migration{{Partition: p, Source: src, Target: dst, Live: true, TargetIDs: map[int]string{1: "uli14vio"}, SourceEndpoint: f.Endpoints[0], TargetEndpoint: f.Endpoints[1]}}
	return f
}

func blade(name string) *System {
	return &System{
		Address: schema.Address("system." + name), Name: "Blade-" + name, ID: "7998-61X*" + name, Console: name + ".example",
		Manager: "ivm", ManagerDeclared: "ivm", State: "Operating", Compat: []string{"default", "POWER5", "POWER6"},
		RegionMB: 64, MemConfigurable: 32768, MemInstalled: 32768, MemFree: 16384, ProcsFree: 3, MinUnits: 0.1, MaxVirtual: 64, MaxPartitions: 40,
		ActiveCapable: true, InactiveCapable: true, ActiveMax: 4, InactiveMax: 4, MaxRunning: -1, Definitions: 2,
		Vios: []*Vios{{Name: name + "vio", State: "Running", RMC: "active", Level: "2.1.0.1", Channel: true, VASI: true, Mover: true, MaxSlots: 200, UsedSlots: 12,
			Bridges: []*Bridge{{Device: "ent6", Status: "Available", VLANs: []int{1}}}, TargetDevices: []string{"vtopt7"}}},
	}
}

func client(name string, id int, on *System) *Partition {
	return &Partition{
		Address: schema.Address("partition." + name), Name: name, ID: fmt.Sprintf("%s#%d", on.Name, id), System: on, Target: on, Environment: "aixlinux", State: "off",
		OS: "AIX 6.1 6100-02", LparID: id, EverActivated: true, Migration: "Not Migrating", WorkloadGroup: "none",
		MemNow: 1024, MemMin: 512, MemDesired: 1024, MemMax: 2048, Overhead: 64, HeldUnits: 0.4, ProfileMem: 1024, ProfileUnits: 0.4, Units: 0.4, Procs: 2, MaxProcs: 4, ProcMode: "shared", CompatNow: "POWER6", CompatWanted: "default",
		Ethernet: []*Ethernet{{Label: "e0", VLANs: []int{1}, MAC: fmt.Sprintf("0210000000%02x", id)}},
	}
}

// lun is a LUN that both blades see and that only the first one maps.
func lun(n int, src, dst *System) *Disk {
	dev := fmt.Sprintf("hdisk%d", n+2)
	return &Disk{Address: schema.Address(fmt.Sprintf("disk.d%d", n)), ID: fmt.Sprintf("60050768%02d", n), Identity: true, Declared: true, ByID: true, Paths: map[string]*DiskPath{
		src.ID: {Device: dev, Status: "Available", Reserve: "no_reserve", VolumeGroup: "None", MappedTo: []string{"vhost0"}},
		dst.ID: {Device: dev, Status: "Available", Reserve: "no_reserve", VolumeGroup: "None"},
	}}
}

// estate is the base with names for its pieces, so that an entry says only what
// it changes.
type estate struct {
	*Facts
	src, dst *System
	p, q     *Partition // uli13lp1, which migrates, and uli13lp2, which is off and stays
	m        *Migration
}

func open(f *Facts) *estate {
	return &estate{Facts: f, src: f.Systems[0], dst: f.Systems[1], p: f.Partitions[2], q: f.Partitions[3], m: f.Migrations[0]}
}

// inactive powers the partition off, so that its migration is an inactive one.
func (e *estate) inactive() {
	e.m.Live, e.p.State, e.p.Running, e.p.RunningAtEnd, e.p.RMC, e.p.DlparMem, e.p.DlparProc = false, "off", false, false, "", false, false
}

// hmc puts both frames under an HMC, where the rules for an IVM are silent.
func (e *estate) hmc() {
	for _, s := range e.Systems {
		s.Manager, s.ManagerDeclared = "hmc", "hmc"
	}
}

// ends makes both consoles HMCs of the given levels.
func (e *estate) ends(source, target string) {
	for i, v := range []string{source, target} {
		e.Endpoints[i].Type, e.Endpoints[i].Version = "hmc", v
	}
}

// second gives a frame another Virtual I/O Server like its first.
func (s *System) second() *Vios {
	v := *s.Vios[0]
	v.Name += "b"
	s.Vios = append(s.Vios, &v)
	return &v
}

// created is a partition that the plan makes on the second frame, which has two Virtual I/O Servers, as the first one has.
func (e *estate) created() *Partition {
	e.hmc()
	e.src.second()
	e.dst.second()
	p := client("uli14lp9", 9, e.dst)
	p.System, p.New = nil, true
	p.Disks = []*PartitionDisk{e.q.Disks[0]}
	e.q.Disks = nil
	e.Partitions = append(e.Partitions, p)
	return p
}

// level puts every Virtual I/O Server at a level.
func (e *estate) level(text string) {
	for _, s := range e.Systems {
		for _, v := range s.Vios {
			v.Level = text
		}
	}
}

// untag gives the bridge of a frame its port VLAN.
func (e *estate) untag(s *System, vlan int) { s.Vios[0].Bridges[0].Untagged = []int{vlan} }

// fence allows a partition both frames.
func (e *estate) fence(p *Partition) { p.OnlyOn = []schema.Address{e.src.Address, e.dst.Address} }

// two moves both partitions, live and under an HMC, between frames of two Virtual I/O Servers, with the target's movers named.
func (e *estate) two(first, second string) {
	e.hmc()
	e.src.second()
	e.dst.second()
	e.q.Target, e.q.State, e.q.Running, e.q.RunningAtEnd, e.q.RMC, e.q.DlparMem, e.q.DlparProc = e.dst, "running", true, true, "active", true, true
	other := *e.m
	other.Partition = e.q
	e.Migrations = append(e.Migrations, &other)
	for p, name := range map[*Partition]string{e.p: first, e.q: second} {
		if name != "" {
			p.Choices = map[string][]string{"target_mover": {name}}
		}
	}
}

// stay takes the migration away.
func (e *estate) stay() { e.Migrations, e.p.Target = nil, e.p.System }

// settle puts the second partition on a frame and leaves it there.
func (e *estate) settle(s *System) { e.q.System, e.q.Target = s, s }

// bystander is a third blade that no partition lives on or moves to.
func (e *estate) bystander() *System {
	s := blade("uli15")
	e.Systems = append(e.Systems, s)
	e.Endpoints = append(e.Endpoints, &Endpoint{Key: "ivm.uli15", Type: "ivm", Host: "uli15.example", User: "padmin", Claims: []schema.Address{s.Address}})
	return s
}

// path is the first disk of the migrating partition as a frame sees it.
func (e *estate) path(s *System) *DiskPath { return e.p.Disks[0].Disk.Paths[s.ID] }

// entry proves one way in which a rule fires, and that the nearest legal estate
// keeps it silent.
type entry struct {
	rule string
	what string // tells entries of one rule apart
	// address is the object of the finding; uli13lp1 where empty.
	address schema.Address
	// names are what Detail has to mention: the partition, frame, server, disk or
	// provider that is wrong.
	names []string
	path  string // attribute that the finding points at, where it matters
	// count is the number of findings; 1 where it is 0.
	count int
	// severity differs from the rule's own only where a fact is unknown.
	severity diag.Severity
	// also are rules that cannot be silent when this one fires, with the reason in
	// a comment at the entry.
	also           []string
	breaks, almost func(e *estate)
}

var entries = []entry{
	{rule: "LPM-02", what: "target, live", names: []string{"system.uli14", "active"},
		breaks: func(e *estate) { e.dst.ActiveCapable = false },
		almost: func(e *estate) { e.dst.InactiveCapable = false }},
	{rule: "LPM-02", what: "source, live", names: []string{"system.uli13"},
		breaks: func(e *estate) { e.src.ActiveCapable = false },
		almost: func(e *estate) { e.src.InactiveCapable = false }},
	{rule: "LPM-02", what: "target, powered off", names: []string{"system.uli14", "inactive"},
		breaks: func(e *estate) { e.inactive(); e.dst.InactiveCapable = false },
		almost: func(e *estate) { e.inactive(); e.dst.ActiveCapable = false }},
	{rule: "LPM-03", what: "target", names: []string{"system.uli14", "Standby"},
		breaks: func(e *estate) { e.dst.State = "Standby" },
		almost: func(e *estate) { e.bystander().State = "Standby" }},
	{rule: "LPM-03", what: "source, unknown", names: []string{"system.uli13", "unknown"},
		breaks: func(e *estate) { e.src.State = "" },
		almost: func(e *estate) { e.bystander().State = "" }},
	// Under an IVM a level below 1.5 breaks IVM-06 as well, so this estate is under an HMC.
	{rule: "LPM-08", names: []string{"uli14vio", "1.4.9.9"},
		breaks: func(e *estate) { e.hmc(); e.dst.Vios[0].Level = "1.4.9.9" },
		almost: func(e *estate) { e.hmc(); e.dst.Vios[0].Level = "1.5" }},
	{rule: "LPM-08", what: "unknown", names: []string{"uli13vio", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.src.Vios[0].Level = "" },
		almost: func(e *estate) { e.bystander().Vios[0].Level = "" }},
	{rule: "LPM-08", what: "vNICs", names: []string{"uli14vio", "2.2.3.4", "uli13lp1, which has vNICs", "2.2.4"},
		breaks: func(e *estate) {
			e.level("2.2.4")
			e.dst.Vios[0].Level, e.p.VNICs, e.dst.Capabilities = "2.2.3.4", []string{"7"}, []string{"vnic_dedicated_sriov_capable"}
		},
		almost: func(e *estate) { e.level("2.2.4"); e.dst.Vios[0].Level = "2.2.3.4" }},
	{rule: "LPM-08", what: "virtual Fibre Channel", names: []string{"uli13vio", "1.5.2.1", "virtual Fibre Channel", "2.1"},
		breaks: func(e *estate) { e.hmc(); e.src.Vios[0].Level, e.p.FibreChannel = "1.5.2.1", []string{"v/vfchost0"} },
		almost: func(e *estate) { e.hmc(); e.src.Vios[0].Level = "1.5.2.1" }},
	{rule: "LPM-08", what: "IBM i", names: []string{"uli14vio", "2.2.0.11", "IBM i", "2.2.0.12"},
		breaks: func(e *estate) {
			e.level("2.2.0.12")
			e.dst.Vios[0].Level, e.p.Environment, e.dst.Capabilities = "2.2.0.11", "os400", []string{"os400_capable"}
		},
		almost: func(e *estate) {
			e.level("2.2.0.12")
			e.p.Environment, e.dst.Capabilities = "os400", []string{"os400_capable"}
		}},
	{rule: "LPM-09", what: "technology level", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.OS = "AIX 5.3 5300-06-01" },
		almost: func(e *estate) { e.p.OS = "AIX 5.3 5300-07" }},
	{rule: "LPM-09", what: "version", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.OS = "AIX 5.2 5200-10" },
		almost: func(e *estate) { e.inactive(); e.p.OS = "AIX 5.2 5200-10" }},
	// LPM-13 counts error among the states that are neither running nor off.
	{rule: "LPM-11", names: []string{"uli13lp1"}, also: []string{"LPM-13"},
		breaks: func(e *estate) { e.p.State = "error" },
		almost: func(e *estate) { e.q.State = "error" }},
	{rule: "LPM-12", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.Environment = "vioserver" },
		almost: func(e *estate) { e.p.Environment = "aixlinux"; e.p.Name = "vio" }},
	{rule: "LPM-13", names: []string{"uli13lp1", "open firmware"},
		breaks: func(e *estate) { e.p.State = "open firmware" },
		almost: func(e *estate) { e.inactive() }},
	{rule: "LPM-13", what: "suspended", names: []string{"uli13lp1", "suspended"},
		breaks: func(e *estate) { e.p.State = "suspended" },
		almost: func(e *estate) { e.q.State = "suspended" }},
	{rule: "LPM-14", what: "migration state", names: []string{"uli13lp1", "Migration Starting"},
		breaks: func(e *estate) { e.p.Migration = "Migration Starting" },
		almost: func(e *estate) { e.p.Migration = "" }},
	{rule: "LPM-14", what: "partition state", address: lp2, names: []string{"uli13lp2"},
		breaks: func(e *estate) { e.q.State = "migrating - not activated" },
		almost: func(e *estate) { e.q.State, e.q.Address = "migrating - not activated", "" }},
	{rule: "LPM-15", names: []string{"uli13lp1", "uli13.example", "inactive"},
		breaks: func(e *estate) { e.p.RMC = "inactive" },
		almost: func(e *estate) { e.inactive(); e.p.RMC = "inactive" }},
	// IBM i has no such connection.
	{rule: "LPM-15", what: "not of IBM i", names: []string{"uli13lp1", "none"},
		breaks: func(e *estate) { e.p.RMC = "none" },
		almost: func(e *estate) { e.level("3.1"); e.p.RMC, e.p.Environment = "none", "os400" }},
	{rule: "LPM-16", what: "connection", names: []string{"uli14vio", "system.uli14"},
		breaks: func(e *estate) { e.dst.Vios[0].RMC = "inactive" },
		almost: func(e *estate) { e.bystander().Vios[0].RMC = "inactive" }},
	{rule: "LPM-16", what: "unknown stays an error", names: []string{"uli13vio", "unknown"},
		breaks: func(e *estate) { e.src.Vios[0].RMC = "" },
		almost: func(e *estate) { e.bystander().Vios[0].RMC = "" }},
	{rule: "LPM-16", what: "state, and powered off too", names: []string{"uli13vio", "Not Activated"},
		breaks: func(e *estate) { e.inactive(); e.src.Vios[0].State = "Not Activated" },
		almost: func(e *estate) { e.inactive(); e.src.Vios[0].State = "running" }},
	{rule: "LPM-17", what: "processor", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.DlparProc = false },
		almost: func(e *estate) { e.inactive(); e.p.RMC = "active" }},
	{rule: "LPM-17", what: "memory", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.DlparMem = false },
		almost: func(e *estate) { e.q.DlparMem, e.q.RMC = false, "active" }},
	{rule: "LPM-18", names: []string{"uli13lp1", "system.uli14"}, path: "name",
		breaks: func(e *estate) {
			// It is to be deleted, which does not help: it is there today.
			e.Partitions = append(e.Partitions, &Partition{Name: "uli13lp1", ID: "x", System: e.dst})
		},
		almost: func(e *estate) {
			e.Partitions = append(e.Partitions, &Partition{Name: "uli13lp10", ID: "x", System: e.dst, Target: e.dst})
		}},
	{rule: "LPM-19", names: []string{"uli13lp1", "other", "system.uli14"},
		breaks: func(e *estate) { e.m.TargetIDs = map[int]string{2: "other"} },
		almost: func(e *estate) { e.m.TargetIDs = map[int]string{3: "other"} }},
	{rule: "LPM-22", names: []string{"uli13lp1", "U78A5.001-P1-C5"},
		breaks: func(e *estate) { e.p.Slots = []string{"U78A5.001-P1-C5"} },
		almost: func(e *estate) { e.inactive(); e.p.Slots = []string{"U78A5.001-P1-C5"} }},
	{rule: "LPM-23", names: []string{"uli13lp1", "U78A5.001-P1-C5"},
		breaks: func(e *estate) { e.inactive(); e.p.Slots = []string{"U78A5.001-P1-C5"} },
		almost: func(e *estate) { e.p.Slots = []string{"U78A5.001-P1-C5"} }},
	{rule: "LPM-23", what: "ports", names: []string{"uli13lp1", "config_id=0", "23000000/1/2"},
		breaks: func(e *estate) {
			e.inactive()
			e.p.LogicalPorts, e.p.HostPorts = []string{"config_id=0:migratable=0"}, []string{"23000000/1/2"}
		},
		almost: func(e *estate) { e.inactive(); e.p.LogicalPorts = []string{"config_id=0:migratable=1"} }},
	{rule: "LPM-32", names: []string{"uli13lp1", "group 7"},
		breaks: func(e *estate) { e.p.WorkloadGroup = "7" },
		almost: func(e *estate) { e.p.WorkloadGroup = "" }},
	{rule: "LPM-33", names: []string{"uli13lp1", "2, 3"},
		breaks: func(e *estate) { e.p.ExtraSerial = []string{"2", "3"} },
		almost: func(e *estate) { e.q.ExtraSerial = []string{"2", "3"} }},
	{rule: "LPM-35", names: []string{"uli13lp1", "vtopt0"},
		breaks: func(e *estate) {
			e.p.Disks = append(e.p.Disks, &PartitionDisk{Label: "cd", Target: "vtopt0", Backing: "optical"})
		},
		almost: func(e *estate) {
			e.q.Disks = append(e.q.Disks, &PartitionDisk{Label: "cd", Target: "vtopt0", Backing: "optical"})
		}},
	{rule: "LPM-37", names: []string{"uli13lp1", "system.uli14"},
		breaks: func(e *estate) { e.p.MemShared, e.src.Capabilities = true, []string{"active_mem_sharing_capable"} },
		almost: func(e *estate) { e.p.MemShared, e.dst.Capabilities = true, []string{"active_mem_sharing_capable"} }},
	{rule: "LPM-47", names: []string{"64 MiB on system.uli13", "128 MiB on system.uli14"},
		breaks: func(e *estate) { e.dst.RegionMB = 128 },
		almost: func(e *estate) { e.src.RegionMB, e.dst.RegionMB = 128, 128 }},
	{rule: "LPM-47", what: "unknown", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.dst.RegionMB = 0 },
		almost: func(e *estate) { e.bystander().RegionMB = 0 }},
	{rule: "LPM-50", what: "number", names: []string{"uli13lp1", "system.uli14"},
		breaks: func(e *estate) { e.dst.MaxVirtual, e.p.MaxProcs = 16, 17 },
		almost: func(e *estate) { e.dst.MaxVirtual, e.p.MaxProcs = 16, 16 }},
	// CAP-03 asks the same of every declared partition, on its wanted frame.
	{rule: "LPM-50", what: "units", names: []string{"uli13lp1", "system.uli14"}, also: []string{"CAP-03"},
		breaks: func(e *estate) { e.dst.MinUnits = 0.21 },
		almost: func(e *estate) { e.dst.MinUnits = 0.2 }},
	{rule: "LPM-52", what: "current", names: []string{"uli13lp1", "POWER7", "system.uli14"},
		breaks: func(e *estate) { e.p.CompatNow = "POWER7" },
		almost: func(e *estate) { e.inactive(); e.p.CompatNow = "POWER7" }},
	{rule: "LPM-52", what: "preferred", names: []string{"uli13lp1", "POWER7", "system.uli14"},
		breaks: func(e *estate) { e.p.CompatWanted = "POWER7" },
		almost: func(e *estate) { e.p.CompatWanted, e.dst.Compat = "POWER7", append(e.dst.Compat, "POWER7") }},
	{rule: "LPM-53", names: []string{"uli13lp1", "POWER7", "system.uli14"},
		breaks: func(e *estate) { e.inactive(); e.p.CompatWanted = "POWER7" },
		almost: func(e *estate) {
			e.inactive()
			e.p.CompatWanted, e.dst.Compat = "POWER7", append(e.dst.Compat, "POWER7")
		}},
	{rule: "LPM-53", what: "only the preferred mode", names: []string{"uli13lp1", "POWER7", "system.uli14"},
		breaks: func(e *estate) {
			e.inactive()
			e.p.CompatWanted, e.src.Compat = "POWER7", append(e.src.Compat, "POWER7")
		},
		almost: func(e *estate) { e.inactive(); e.p.CompatNow = "POWER7" }},
	{rule: "LPM-52", what: "unknown", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.hmc(); e.dst.Compat = nil },
		almost: func(e *estate) { e.hmc(); e.dst.Compat, e.p.CompatNow = nil, "default" }},
	{rule: "LPM-52", what: "unknown, but not under an IVM", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.hmc(); e.dst.Compat = nil },
		almost: func(e *estate) { e.dst.Compat = nil }},
	{rule: "LPM-53", what: "unknown", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Advice,
		breaks: func(e *estate) { e.hmc(); e.inactive(); e.dst.Compat, e.p.CompatWanted = nil, "POWER6" },
		almost: func(e *estate) { e.hmc(); e.inactive(); e.dst.Compat = nil }},
	{rule: "LPM-53", what: "unknown, but not under an IVM", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Advice,
		breaks: func(e *estate) { e.hmc(); e.inactive(); e.dst.Compat, e.p.CompatWanted = nil, "POWER6" },
		almost: func(e *estate) { e.inactive(); e.dst.Compat, e.p.CompatWanted = nil, "POWER6" }},
	{rule: "LPM-54", names: []string{"uli13lp1", "restart on system.uli14", "POWER7", "return to system.uli13"},
		breaks: func(e *estate) { e.dst.Compat = append(e.dst.Compat, "POWER7") },
		almost: func(e *estate) { e.p.CompatWanted, e.dst.Compat = "POWER6", append(e.dst.Compat, "POWER7") }},
	{rule: "LPM-55", what: "powered off", names: []string{"uli13lp1", "POWER6_enhanced", "system.uli14"},
		breaks: func(e *estate) { e.inactive(); e.p.CompatNow = "POWER6_enhanced" },
		almost: func(e *estate) {
			e.inactive()
			e.p.CompatNow, e.dst.Compat = "POWER6_enhanced", append(e.dst.Compat, "POWER6_enhanced")
		}},
	// For a running partition LPM-52 refuses every mode that the target lacks.
	{rule: "LPM-55", what: "live", names: []string{"uli13lp1", "POWER6+", "system.uli14"}, also: []string{"LPM-52"},
		breaks: func(e *estate) { e.p.CompatNow = "POWER6+" },
		almost: func(e *estate) { e.p.CompatNow = "POWER7" }},
	{rule: "LPM-59", names: []string{"uli14vio"},
		breaks: func(e *estate) { e.hmc(); e.dst.Vios[0].VASI = false },
		almost: func(e *estate) { e.hmc(); e.dst.Vios[0].VASI, e.dst.Vios[0].Mover = false, false }},
	{rule: "LPM-63", what: "target is busy", names: []string{"system.uli14", "4 of 4 active"},
		breaks: func(e *estate) { e.dst.ActiveNow = 4 },
		almost: func(e *estate) { e.dst.ActiveNow, e.dst.InactiveNow = 3, 4 }},
	{rule: "LPM-63", what: "source is busy, powered off", names: []string{"system.uli13", "4 of 4 inactive"},
		breaks: func(e *estate) { e.inactive(); e.src.InactiveNow = 4 },
		almost: func(e *estate) { e.inactive(); e.src.InactiveNow, e.src.ActiveNow = 3, 4 }},
	{rule: "LPM-63", what: "none supported", names: []string{"system.uli13", "active"},
		breaks: func(e *estate) { e.src.ActiveMax = 0 },
		almost: func(e *estate) { e.src.InactiveMax = 0 }},
	{rule: "LPM-64", names: []string{"system.uli14", "carry 2", "2 are under way"},
		breaks: func(e *estate) { e.dst.Carried, e.dst.ActiveNow = 2, 2 },
		almost: func(e *estate) { e.dst.Carried, e.dst.ActiveNow = 3, 2 }},
	{rule: "LPM-68", names: []string{"uli14vio", "vtscsi9"},
		breaks: func(e *estate) { e.dst.Vios[0].Stale = []string{"vtscsi9"} },
		almost: func(e *estate) { e.src.Vios[0].Stale = []string{"vtscsi9"} }},
	{rule: "LPM-70", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.MemNow = 65536 },
		almost: func(e *estate) { e.p.MemNow = 65535 }},
	{rule: "LPM-82", names: []string{"system.uli14", "40 of 40"},
		breaks: func(e *estate) { e.dst.Definitions = 40 },
		almost: func(e *estate) { e.dst.Definitions = 39 }},

	{rule: "IVM-01", address: "system.uli14", names: []string{"ivm.uli13", "system.uli13", "system.uli14"},
		breaks: func(e *estate) { e.Endpoints[0].Claims = []schema.Address{"system.uli13", "system.uli14"} },
		almost: func(e *estate) {
			e.Endpoints[0].Type, e.Endpoints[0].Claims = "hmc", []schema.Address{"system.uli13", "system.uli14"}
		}},
	{rule: "IVM-02", address: "system.uli14", names: []string{"system.uli14", "hmc", "IVM"},
		breaks: func(e *estate) { e.dst.ManagerDeclared = "hmc" },
		almost: func(e *estate) { e.dst.ManagerDeclared, e.dst.Manager = "hmc", "" }},
	{rule: "IVM-03", names: []string{"system.uli13 is managed by an IVM", "system.uli14 by an HMC"},
		breaks: func(e *estate) { e.dst.Manager, e.dst.ManagerDeclared = "hmc", "hmc" },
		almost: func(e *estate) { e.hmc() }},
	{rule: "IVM-04", address: "system.uli14", names: []string{"uli14vio"},
		breaks: func(e *estate) { e.dst.Vios[0].Channel = false },
		almost: func(e *estate) { e.hmc(); e.dst.Vios[0].Channel = false }},
	{rule: "IVM-06", names: []string{"uli14vio", "1.5.1.0"},
		breaks: func(e *estate) { e.dst.Vios[0].Level = "1.5.1.0" },
		almost: func(e *estate) { e.dst.Vios[0].Level = "1.5.1.1" }},
	{rule: "IVM-07", address: "system.uli15", names: []string{"uli15.example"}, path: "name",
		breaks: func(e *estate) { s := e.bystander(); s.ID, s.Name = "", "uli15.example" },
		almost: func(e *estate) { s := e.bystander(); s.Name = "uli15.example" }},
	{rule: "IVM-09", names: []string{"ivm.uli14"},
		breaks: func(e *estate) { e.m.TargetEndpoint.User = "" },
		almost: func(e *estate) { e.m.SourceEndpoint.User = "" }},
	// Two members of an apart group on one frame are what CAP-27 is about.
	{rule: "IVM-12", names: []string{"system.uli14", "uli13lp1", "uli13lp2"}, also: []string{"CAP-27"},
		breaks: func(e *estate) { e.settle(e.dst); e.p.Apart, e.q.Apart = "web", "web" },
		almost: func(e *estate) { e.p.Apart, e.q.Apart = "web", "web" }},
	{rule: "IVM-13", names: []string{"uli14vio"},
		breaks: func(e *estate) { e.dst.Vios[0].VASI = false },
		almost: func(e *estate) { e.inactive(); e.dst.Vios[0].VASI = false }},
	// Without a migration, for which IVM-06 would ask for the same level.
	{rule: "IVM-14", address: lp2, names: []string{"uli13lp2", "system.uli13", "1.5.1.0"},
		breaks: func(e *estate) {
			e.stay()
			e.q.Slots, e.src.Vios[0].Level = []string{"U78A5.001-P1-C5"}, "1.5.1.0"
		},
		almost: func(e *estate) {
			e.stay()
			e.q.Slots, e.src.Vios[0].Level = []string{"U78A5.001-P1-C5"}, "1.5.1.1"
		}},
	// The level of the frame that it moves to counts. IVM-06 asks for it as well, and
	// LPM-23 says that the slots are lost.
	{rule: "IVM-14", what: "target", names: []string{"uli13lp1", "system.uli14", "1.5.1.0"}, also: []string{"IVM-06", "LPM-23"},
		breaks: func(e *estate) {
			e.inactive()
			e.p.Slots, e.dst.Vios[0].Level = []string{"U78A5.001-P1-C5"}, "1.5.1.0"
		},
		almost: func(e *estate) {
			e.inactive()
			e.p.Slots, e.src.Vios[0].Level = []string{"U78A5.001-P1-C5"}, "1.5.1.0"
		}},
	{rule: "IVM-16", names: []string{"2 migrations", "system.uli13"},
		breaks: func(e *estate) {
			e.q.Target = e.dst
			e.Migrations = append(e.Migrations, &Migration{Partition: e.q, Source: e.src, Target: e.dst, SourceEndpoint: e.Endpoints[0], TargetEndpoint: e.Endpoints[1]})
		},
		almost: func(e *estate) {
			e.q.System, e.q.Target = e.dst, e.src
			e.Migrations = append(e.Migrations, &Migration{Partition: e.q, Source: e.dst, Target: e.src, SourceEndpoint: e.Endpoints[1], TargetEndpoint: e.Endpoints[0]})
		}},
	{rule: "IVM-17", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.inactive(); e.p.EverActivated = false },
		almost: func(e *estate) { e.inactive(); e.hmc(); e.p.EverActivated = false }},

	{rule: "NET-01", what: "not bridged, said once", names: []string{"VLAN 7 ", "uli13lp1", "system.uli14"},
		breaks: func(e *estate) {
			e.p.Ethernet[0].VLANs = []int{7}
			e.p.Ethernet = append(e.p.Ethernet, &Ethernet{Label: "e1", VLANs: []int{1, 7}, MAC: "021000000102"})
		},
		almost: func(e *estate) {
			e.p.Ethernet[0].VLANs = []int{7}
			e.dst.Vios[0].Bridges = append(e.dst.Vios[0].Bridges, &Bridge{Device: "ent7", Status: "Available", VLANs: []int{7}})
		}},
	{rule: "NET-01", what: "bridge is down", names: []string{"VLAN 1 ", "uli13lp1", "system.uli14"},
		breaks: func(e *estate) { e.dst.Vios[0].Bridges[0].Status = "Defined" },
		almost: func(e *estate) { e.src.Vios[0].Bridges[0].Status = "Defined" }},
	{rule: "NET-01", what: "another check is overridden", names: []string{"VLAN 7 ", "uli13lp1", "system.uli14"},
		breaks: func(e *estate) { e.p.Ethernet[0].VLANs, e.p.Overrides = []int{7}, []string{"multipath"} },
		almost: func(e *estate) { e.p.Ethernet[0].VLANs, e.p.Overrides = []int{7}, []string{"vlan_bridge"} }},
	{rule: "NET-01", what: "new partition", address: "partition.uli13lp3", names: []string{"VLAN 7 ", "uli13lp3", "system.uli13"},
		breaks: func(e *estate) {
			p := client("uli13lp3", 0, e.src)
			p.System, p.New, p.Ethernet[0].VLANs = nil, true, []int{7}
			e.Partitions = append(e.Partitions, p)
		},
		almost: func(e *estate) { e.q.Ethernet[0].VLANs = []int{7} }},
	{rule: "NET-01", what: "another virtual switch", names: []string{"VLAN 1 ", "uli13lp1", "system.uli14", "virtual switch DMZ"},
		breaks: func(e *estate) { e.p.Ethernet[0].Switch, e.dst.Vios[0].Bridges[0].Switch = "DMZ", "ETHERNET0" },
		almost: func(e *estate) { e.p.Ethernet[0].Switch, e.dst.Vios[0].Bridges[0].Switch = "DMZ", "DMZ" }},
	// An adapter that names no switch is on the usual one.
	{rule: "NET-01", what: "the usual virtual switch", names: []string{"VLAN 1 ", "uli13lp1", "system.uli14"},
		breaks: func(e *estate) { e.dst.Vios[0].Bridges[0].Switch = "DMZ" },
		almost: func(e *estate) { e.dst.Vios[0].Bridges[0].Switch = "ETHERNET0" }},
	{rule: "NET-05", names: []string{"VLAN 1 of uli13lp1", "system.uli13 untagged", "system.uli14 tagged"}, path: "ethernet",
		breaks: func(e *estate) { e.untag(e.src, 1); e.untag(e.dst, 99) },
		almost: func(e *estate) { e.untag(e.src, 1); e.untag(e.dst, 1) }},
	// One of two bridges is enough to reach the segment, and a bridge without port VLANs tells nothing.
	{rule: "NET-05", what: "the other way round", names: []string{"system.uli13 tagged", "system.uli14 untagged"},
		breaks: func(e *estate) { e.untag(e.src, 99); e.untag(e.dst, 1) },
		almost: func(e *estate) {
			e.untag(e.src, 99)
			e.untag(e.dst, 1)
			e.dst.Vios[0].Bridges = append(e.dst.Vios[0].Bridges, &Bridge{Device: "ent7", VLANs: []int{1}})
		}},
	{rule: "NET-03", names: []string{"uli13lp1", "VLAN 1,", "ent6", "uli14vio"},
		breaks: func(e *estate) { e.dst.Vios[0].Bridges[0].Carriers = []int{1} },
		almost: func(e *estate) { // the carrier is a tagged VLAN of the adapter, not its own
			e.p.Ethernet[0].VLANs, e.dst.Vios[0].Bridges[0].VLANs, e.dst.Vios[0].Bridges[0].Carriers = []int{1, 20}, []int{1, 20}, []int{20}
		}},
	{rule: "NET-06", names: []string{"uli13lp1", "uli13lp2", "VLAN 1"},
		breaks: func(e *estate) { e.q.Ethernet[0].MAC = e.p.Ethernet[0].MAC },
		almost: func(e *estate) { e.q.Ethernet[0].MAC, e.q.Ethernet[0].VLANs = e.p.Ethernet[0].MAC, []int{2} }},

	{rule: "NET-06", what: "of a partition that is only found", names: []string{"uli13lp1", "uli13lp2", "VLAN 1"},
		breaks: func(e *estate) { e.q.Address, e.q.Ethernet[0].MAC = "", e.p.Ethernet[0].MAC },
		almost: func(e *estate) { e.stay(); e.q.Address, e.q.Ethernet[0].MAC = "", e.p.Ethernet[0].MAC }},
	{rule: "STG-01", what: "not visible", names: []string{"uli13lp1", "disk.d0", "system.uli14"},
		breaks: func(e *estate) { delete(e.p.Disks[0].Disk.Paths, e.dst.ID) },
		almost: func(e *estate) { delete(e.p.Disks[0].Disk.Paths, e.src.ID) }},
	{rule: "STG-01", what: "unknown stays an error", names: []string{"uli13lp1", "d0", "cannot be checked"}, severity: diag.Error,
		breaks: func(e *estate) { e.p.Disks[0].Disk = nil },
		almost: func(e *estate) { e.p.Disks[0].Disk, e.p.Disks[0].Backing = nil, "optical" }},
	{rule: "STG-01", what: "a logical unit of another cluster", names: []string{"uli13lp1", "disk.d0", "system.uli14", "shared storage pool"},
		breaks: func(e *estate) { d := e.p.Disks[0]; d.Backing = "lu"; delete(d.Disk.Paths, e.dst.ID) },
		almost: func(e *estate) { d := e.p.Disks[0]; d.Backing = "lu"; delete(d.Disk.Paths, e.src.ID) }},
	{rule: "STG-01", what: "new partition", address: "partition.uli13lp3", names: []string{"uli13lp3", "disk.d9", "system.uli14"},
		breaks: func(e *estate) {
			p := client("uli13lp3", 0, e.dst)
			d := &Disk{Address: "disk.d9", ID: "6005076899", Identity: true, Declared: true, ByID: true}
			p.System, p.New, p.Disks, e.Disks = nil, true, []*PartitionDisk{{Label: "d9", Disk: d}}, append(e.Disks, d)
			e.Partitions = append(e.Partitions, p)
		},
		almost: func(e *estate) { delete(e.q.Disks[0].Disk.Paths, e.dst.ID) }},
	{rule: "STG-02", address: "disk.d0", names: []string{"disk.d0"},
		breaks: func(e *estate) { e.Disks[0].ByID = false },
		almost: func(e *estate) { e.Disks[0].ByID, e.Disks[0].Declared = false, false }},
	{rule: "STG-03", names: []string{"vtscsi0, vtscsi4 are taken", "system.uli14"},
		breaks: func(e *estate) { e.dst.Vios[0].TargetDevices = []string{"vtscsi4", "vtscsi0", "vtscsi40"} },
		almost: func(e *estate) {
			e.dst.Vios[0].TargetDevices, e.src.Vios[0].TargetDevices = []string{"vtscsi40"}, []string{"vtscsi4"}
		}},
	{rule: "STG-03", what: "on both servers, said once", names: []string{"vtscsi0 is taken", "system.uli14"},
		breaks: func(e *estate) {
			e.src.second()
			e.dst.second()
			for _, v := range e.dst.Vios {
				v.TargetDevices = []string{"vtscsi0"}
			}
		},
		almost: func(e *estate) { e.src.second(); e.dst.second() }},
	{rule: "STG-04", what: "logical volume", names: []string{"vtscsi0", "uli13lp1", "logical volume lv_data"},
		breaks: func(e *estate) { d := e.p.Disks[0]; d.Backing, d.Device, d.Disk = "lv", "lv_data", nil },
		almost: func(e *estate) { d := e.q.Disks[0]; d.Backing, d.Device, d.Disk = "lv", "lv_data", nil }},
	{rule: "STG-04", what: "file", names: []string{"vtscsi0", "uli13lp1", "file data"},
		breaks: func(e *estate) { d := e.p.Disks[0]; d.Backing, d.Device, d.Disk = "file", "data", nil },
		almost: func(e *estate) { e.p.Disks[0].Backing = "" }},
	{rule: "STG-04", what: "disk of the frame", names: []string{"vtscsi0", "uli13lp1", "hdisk2"},
		breaks: func(e *estate) { e.p.Disks[0].Disk.LocalOnly = true },
		almost: func(e *estate) { e.q.Disks[0].Disk.LocalOnly = true }},
	{rule: "STG-05", what: "target", names: []string{"disk.d0", "single_path", "system.uli14"},
		breaks: func(e *estate) { e.path(e.dst).Reserve = "single_path" },
		almost: func(e *estate) {
			e.level("2.1.2")
			e.path(e.dst).Reserve, e.path(e.src).Reserve = "PR_shared", "PR_shared"
		}},
	{rule: "STG-05", what: "one of two servers", names: []string{"disk.d0", "single_path", "uli14viob of system.uli14"},
		breaks: func(e *estate) {
			e.path(e.dst).Reserves = map[string]string{"uli14vio": "no_reserve", "uli14viob": "single_path"}
		},
		almost: func(e *estate) {
			e.path(e.dst).Reserves = map[string]string{"uli14vio": "no_reserve", "uli14viob": "no_reserve"}
		}},
	{rule: "STG-05", what: "unknown on one of two servers", names: []string{"disk.d0", "uli14viob of system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.path(e.dst).Reserves = map[string]string{"uli14vio": "no_reserve", "uli14viob": ""} },
		almost: func(e *estate) { e.path(e.dst).Reserves = map[string]string{"uli14vio": "no_reserve"} }},
	{rule: "STG-05", what: "unknown on both servers, said once", names: []string{"disk.d0", "on system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.path(e.dst).Reserves = map[string]string{"uli14vio": "", "uli14viob": ""} },
		almost: func(e *estate) {
			e.q.Disks[0].Disk.Paths[e.dst.ID].Reserves = map[string]string{"uli14vio": "", "uli14viob": ""}
		}},
	{rule: "STG-05", what: "not equal", names: []string{"disk.d0", "PR_shared on system.uli13", "no_reserve on system.uli14"},
		breaks: func(e *estate) { e.level("2.1.2"); e.path(e.src).Reserve = "PR_shared" },
		almost: func(e *estate) {
			e.level("2.1.2")
			e.path(e.src).Reserve, e.path(e.dst).Reserve = "PR_shared", "PR_shared"
		}},
	{rule: "STG-05", what: "shared on an old server", names: []string{"disk.d0", "uli14vio", "2.1.1.9"},
		breaks: func(e *estate) {
			e.level("2.1.2")
			e.dst.Vios[0].Level, e.path(e.src).Reserve, e.path(e.dst).Reserve = "2.1.1.9", "PR_shared", "PR_shared"
		},
		almost: func(e *estate) { e.level("2.1.2"); e.dst.Vios[0].Level = "2.1.1.9" }},
	{rule: "STG-05", what: "shared under an old console", names: []string{"disk.d0", "ivm.uli14", "V7R3.4.0"},
		breaks: func(e *estate) {
			e.level("2.1.2")
			e.ends("V7R3.5.0", "V7R3.4.0")
			e.path(e.src).Reserve, e.path(e.dst).Reserve = "PR_shared", "PR_shared"
		},
		almost: func(e *estate) {
			e.level("2.1.2")
			e.ends("V7R3.5.0", "V7R3.5.0")
			e.path(e.src).Reserve, e.path(e.dst).Reserve = "PR_shared", "PR_shared"
		}},
	{rule: "STG-05", what: "source", names: []string{"disk.d0", "PR_exclusive", "system.uli13"},
		breaks: func(e *estate) { e.path(e.src).Reserve = "PR_exclusive" },
		almost: func(e *estate) { e.q.Disks[0].Disk.Paths[e.src.ID].Reserve = "PR_exclusive" }},
	{rule: "STG-05", what: "unknown", names: []string{"disk.d0", "system.uli14", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.path(e.dst).Reserve = "" },
		almost: func(e *estate) { e.q.Disks[0].Disk.Paths[e.dst.ID].Reserve = "" }},
	{rule: "STG-06", what: "volume group", names: []string{"disk.d0", "rootvg", "system.uli14"},
		breaks: func(e *estate) { e.path(e.dst).VolumeGroup = "rootvg" },
		almost: func(e *estate) { e.path(e.dst).VolumeGroup, e.path(e.src).VolumeGroup = "", "datavg" }},
	{rule: "STG-06", what: "the server's own", names: []string{"disk.d0", "system.uli14", "itself"},
		breaks: func(e *estate) { e.path(e.dst).Status = "not exportable" },
		almost: func(e *estate) { e.path(e.src).Status = "not exportable" }},
	{rule: "STG-06", what: "mapped", names: []string{"disk.d0", "vhost3", "system.uli14"},
		breaks: func(e *estate) { e.path(e.dst).MappedTo = []string{"vhost3"} },
		almost: func(e *estate) { e.path(e.dst).MappedTo, e.p.Disks[0].Disk.Shared = []string{"vhost3"}, true }},
	{rule: "STG-07", names: []string{"hdisk2", "uli13lp1"},
		breaks: func(e *estate) { e.p.Disks[0].Disk.Identity = false },
		almost: func(e *estate) { e.q.Disks[0].Disk.Identity = false }},
	{rule: "STG-08", names: []string{"uli13lp1", "fcs0"}, severity: diag.Error,
		breaks: func(e *estate) { e.p.FibreChannel = []string{"fcs0"} },
		almost: func(e *estate) { e.q.FibreChannel = []string{"fcs0"} }},
	{rule: "STG-08", what: "an HMC checks the fabric", names: []string{"uli13lp1", "fcs0"}, severity: diag.Error,
		breaks: func(e *estate) { e.p.FibreChannel = []string{"fcs0"} },
		almost: func(e *estate) {
			e.p.FibreChannel = []string{"fcs0"}
			for _, s := range []*System{e.src, e.dst} {
				s.Manager, s.ManagerDeclared = "hmc", "hmc"
			}
		}},

	{rule: "CAP-02", what: "desired", names: []string{"1000 MiB", "64 MiB", "system.uli14"}, path: "memory.desired",
		breaks: func(e *estate) { e.p.MemDesired = 1000 },
		almost: func(e *estate) { e.p.MemDesired = 960 }},
	{rule: "CAP-02", what: "all three, region of the frame at the end", names: []string{"192 MiB", "system.uli13"}, address: lp2, count: 3,
		breaks: func(e *estate) { e.stay(); e.src.RegionMB = 192; e.p.Address = "" },
		almost: func(e *estate) { e.stay(); e.dst.RegionMB = 192 }},
	{rule: "CAP-03", what: "too little", address: lp2, names: []string{"0.19 units", "system.uli13"},
		breaks: func(e *estate) { e.q.Units = 0.19 },
		almost: func(e *estate) { e.q.Units = 0.2 }},
	{rule: "CAP-03", what: "too much", address: lp2, names: []string{"2.01 units", "system.uli13"},
		breaks: func(e *estate) { e.q.Units = 2.01 },
		almost: func(e *estate) { e.q.Units = 2 }},
	// On the partition that stays: CAP-05 speaks of large maxima of those that arrive.
	{rule: "CAP-04", what: "64 times", address: lp2, names: []string{"uli13lp2", "256 MiB", "16448 MiB"},
		breaks: func(e *estate) { e.q.MemMin, e.q.MemDesired, e.q.MemMax = 256, 256, 16448 },
		almost: func(e *estate) { e.q.MemMin, e.q.MemDesired, e.q.MemMax = 256, 256, 16384 }},
	{rule: "CAP-04", what: "16 times", address: lp2, names: []string{"uli13lp2", "192 MiB", "3136 MiB"},
		breaks: func(e *estate) { e.q.MemMin, e.q.MemDesired, e.q.MemMax = 128, 192, 3136 },
		almost: func(e *estate) { e.q.MemMin, e.q.MemDesired, e.q.MemMax = 128, 192, 3072 }},
	{rule: "CAP-05", names: []string{"8256 MiB", "64 MiB", "system.uli14"},
		breaks: func(e *estate) { e.p.MemMax = 8256 },
		almost: func(e *estate) { e.p.MemMax = 8192 }},
	{rule: "CAP-07", what: "no connection", address: lp2, names: []string{"uli13lp2", "inactive"},
		breaks: func(e *estate) { e.q.State, e.q.RMC, e.q.Resized = "running", "inactive", true },
		almost: func(e *estate) { e.q.State, e.q.RMC, e.q.Resized = "running", "active", true }},
	// LPM-14 speaks of every partition that is in a migration.
	{rule: "CAP-07", what: "migrating", address: lp2, names: []string{"uli13lp2", "migrating - running"}, also: []string{"LPM-14"},
		breaks: func(e *estate) { e.q.State, e.q.RMC, e.q.Resized = "migrating - running", "active", true },
		almost: func(e *estate) { e.q.State, e.q.RMC = "migrating - running", "active" }},
	{rule: "CAP-13", what: "maintenance", names: []string{"system.uli14", "maintenance"},
		breaks: func(e *estate) { e.dst.Maintenance = true },
		almost: func(e *estate) { e.src.Maintenance = true }},
	{rule: "CAP-13", what: "standby", names: []string{"system.uli14", "standby"},
		breaks: func(e *estate) { e.dst.Standby = true },
		almost: func(e *estate) { e.stay(); e.src.Standby = true }},
	{rule: "CAP-14", what: "memory", names: []string{"system.uli14", "15296 MiB"},
		breaks: func(e *estate) { e.dst.HeadroomMem = 15297 },
		almost: func(e *estate) { e.dst.HeadroomMem = 15296 }},
	{rule: "CAP-14", what: "processors", names: []string{"system.uli14", "2.60 units"},
		breaks: func(e *estate) { e.dst.HeadroomUnits = 2.61 },
		almost: func(e *estate) { e.dst.HeadroomUnits = 2.6 }},
	{rule: "CAP-14", what: "whole processors", names: []string{"system.uli14", "1.00 units"},
		breaks: func(e *estate) { e.dst.HeadroomUnits, e.p.ProcMode, e.p.Units = 1.01, "dedicated", 0 },
		almost: func(e *estate) { e.dst.HeadroomUnits, e.p.ProcMode, e.p.Units = 1, "dedicated", 0 }},
	{rule: "CAP-24", what: "newest mode", address: lp2, names: []string{"uli13lp2", "system.uli13 has no mode POWER7"}, path: "processor.compatibility",
		breaks: func(e *estate) { e.stay(); e.fence(e.q); e.dst.Compat = append(e.dst.Compat, "POWER7") },
		almost: func(e *estate) {
			e.stay()
			e.fence(e.q)
			e.dst.Compat, e.q.CompatWanted = append(e.dst.Compat, "POWER7"), "POWER6"
		}},
	{rule: "CAP-24", what: "wanted mode", address: lp2, names: []string{"uli13lp2", "system.uli13 has no mode POWER7"},
		breaks: func(e *estate) {
			e.stay()
			e.fence(e.q)
			e.dst.Compat, e.q.CompatWanted = []string{"default", "POWER7", "POWER8"}, "POWER7"
		},
		almost: func(e *estate) {
			e.stay()
			e.q.OnlyOn, e.dst.Compat = []schema.Address{e.src.Address}, []string{"POWER8"}
		}},
	{rule: "CAP-25", what: "network", address: lp2, names: []string{"uli13lp2 to system.uli14", "it does not bridge VLAN 7"}, path: "placement.only_on",
		breaks: func(e *estate) { e.fence(e.q); e.q.Ethernet[0].VLANs = []int{7, 7} },
		almost: func(e *estate) { e.q.OnlyOn, e.q.Ethernet[0].VLANs = []schema.Address{e.src.Address}, []int{7} }},
	{rule: "CAP-25", what: "disk", address: lp2, names: []string{"uli13lp2 to system.uli14", "disk.d5"},
		breaks: func(e *estate) { e.fence(e.q); delete(e.q.Disks[0].Disk.Paths, e.dst.ID) },
		almost: func(e *estate) { e.fence(e.q); delete(e.q.Disks[0].Disk.Paths, e.src.ID) }},
	// Without a migration, for which LPM-47 would ask for the same.
	{rule: "CAP-25", what: "memory region", address: lp2, names: []string{"uli13lp2 to system.uli14", "128 MiB, not 64"},
		breaks: func(e *estate) { e.stay(); e.fence(e.q); e.dst.RegionMB = 128 },
		almost: func(e *estate) { e.stay(); e.fence(e.q); e.dst.RegionMB, e.src.RegionMB = 128, 128 }},
	{rule: "CAP-25", what: "not read", address: lp2, names: []string{"system.uli14", "cannot be checked"}, severity: diag.Advice,
		breaks: func(e *estate) { e.stay(); e.fence(e.q); e.dst.RegionMB = 0 },
		almost: func(e *estate) { e.stay(); e.dst.RegionMB = 0 }},
	// They only pass each other: at the end each is alone, so IVM-12 is silent. The
	// partitions that part are the cure of such a state and must not be blocked.
	{rule: "CAP-27", what: "on the way", address: lp2, names: []string{"uli13lp1", "uli13lp2", "on the way"},
		breaks: func(e *estate) {
			e.p.Apart, e.q.Apart = "web", "web"
			e.q.System, e.q.Target = e.dst, e.src
			e.q.Disks[0].Disk.Paths[e.src.ID].MappedTo = nil
		},
		almost: func(e *estate) { e.p.Apart, e.q.Apart = "web", "web" }},
	// Under an HMC, since IVM-12 speaks of the same group under an IVM. The one that
	// moves is to blame, whatever the order of the names.
	{rule: "CAP-27", what: "at the end", names: []string{"uli13lp1", "uli13lp2", "system.uli14", "at the end"},
		breaks: func(e *estate) { e.hmc(); e.settle(e.dst); e.p.Apart, e.q.Apart = "web", "web" },
		almost: func(e *estate) { e.hmc(); e.settle(e.dst); e.p.Apart, e.q.Apart = "web", "db" }},
	{rule: "CAP-27", what: "nobody moves", address: lp2, names: []string{"uli13lp1", "uli13lp2", "system.uli13", "at the end"},
		breaks: func(e *estate) { e.hmc(); e.stay(); e.p.Apart, e.q.Apart = "web", "web" },
		almost: func(e *estate) { e.hmc(); e.stay(); e.settle(e.dst); e.p.Apart, e.q.Apart = "web", "web" }},
	{rule: "CAP-28", names: []string{"uli13lp1", "system.uli14", "uli13lp2", "system.uli13"},
		breaks: func(e *estate) { e.p.Group, e.q.Group = "shop", "shop" },
		almost: func(e *estate) { e.p.Group, e.q.Group = "shop", "shop"; e.q.Target = e.dst }},
	{rule: "CAP-29", what: "fence", names: []string{"uli13lp1", "system.uli14", "only_on"},
		breaks: func(e *estate) { e.p.OnlyOn = []schema.Address{"system.uli13"} },
		almost: func(e *estate) { e.p.OnlyOn = []schema.Address{"system.uli14"} }},
	{rule: "CAP-29", what: "ban", names: []string{"uli13lp1", "system.uli14", "not_on"},
		breaks: func(e *estate) { e.p.NotOn = []schema.Address{"system.uli14"} },
		almost: func(e *estate) { e.p.NotOn = []schema.Address{"system.uli13"} }},
	{rule: "CAP-30", names: []string{"uli13lp1", "system.uli13"},
		breaks: func(e *estate) { e.p.Pinned = true },
		almost: func(e *estate) { e.q.Pinned = true }},
	// In the second estate the exclusive partition leaves its company behind.
	{rule: "CAP-31", what: "company at the target", names: []string{"uli13lp1", "uli13lp2", "system.uli14"},
		breaks: func(e *estate) { e.settle(e.dst); e.p.Exclusive = true },
		almost: func(e *estate) { e.p.Exclusive = true }},
	{rule: "CAP-31", what: "nobody moves", names: []string{"uli13lp1", "uli13lp2", "system.uli13"},
		breaks: func(e *estate) { e.stay(); e.p.Exclusive = true },
		almost: func(e *estate) { e.stay(); e.settle(e.dst); e.p.Exclusive = true }},
	{rule: "CAP-32", what: "enter", names: []string{"system.uli14", "uli13lp1", "enter"},
		breaks: func(e *estate) { e.dst.Quarantine = true },
		almost: func(e *estate) { e.bystander().Quarantine = true }},
	{rule: "CAP-32", what: "leave", names: []string{"system.uli13", "uli13lp1", "leave"},
		breaks: func(e *estate) { e.src.Quarantine = true },
		almost: func(e *estate) { e.stay(); e.src.Quarantine = true }},
	{rule: "CAP-11", address: "partition.uli14lp9", names: []string{"If system.uli14 fails", "pool prod", "would find no place: 1088 MiB"},
		breaks: func(e *estate) {
			e.created().RunningAtEnd = true
			e.src.Pool, e.dst.Pool, e.src.MemFree = "prod", "prod", 500
		},
		almost: func(e *estate) {
			e.created().RunningAtEnd = true
			e.src.Pool, e.dst.Pool, e.src.MemFree = "prod", "prod", 1200
		}},
	{rule: "CAP-11", what: "where it could not live", address: "partition.uli14lp9", names: []string{"If system.uli14 fails", "uli14lp9"},
		breaks: func(e *estate) {
			p := e.created()
			p.RunningAtEnd, p.NotOn = true, []schema.Address{e.src.Address}
			e.src.Pool, e.dst.Pool = "prod", "prod"
		},
		almost: func(e *estate) {
			p := e.created()
			p.RunningAtEnd, p.NotOn = true, []schema.Address{e.src.Address}
			e.src.Pool = "prod"
		}},
	{rule: "CAP-11", what: "a start", address: lp2, names: []string{"If system.uli13 fails"},
		breaks: func(e *estate) {
			e.stay()
			e.src.Pool, e.dst.Pool, e.dst.MemFree, e.q.MemNow, e.q.RunningAtEnd = "prod", "prod", 1200, 0, true
		},
		almost: func(e *estate) {
			e.stay()
			e.src.Pool, e.dst.Pool, e.dst.MemFree, e.q.MemNow, e.q.RunningAtEnd = "prod", "prod", 2200, 0, true
		}},
	{rule: "CAP-11", what: "what is so already", address: "system.uli13", names: []string{"If system.uli13 fails, uli13lp1"}, severity: diag.Advice,
		breaks: func(e *estate) { e.stay(); e.src.Pool, e.dst.Pool, e.dst.MemFree = "prod", "prod", 1000 },
		almost: func(e *estate) { e.stay(); e.src.Pool, e.dst.Pool, e.dst.MemFree = "prod", "prod", 1100 }},
	{rule: "CAP-12", address: "system.uli13", names: []string{"in maintenance", "If system.uli13 fails, uli13lp2"},
		breaks: func(e *estate) {
			x := e.bystander()
			e.src.Pool, x.Pool, x.Maintenance, e.q.Running, e.q.RunningAtEnd, e.q.State = "prod", "prod", true, true, true, "running"
			e.q.Disks[0].Disk.Paths[x.ID] = &DiskPath{Status: "Available", Reserve: "no_reserve"}
		},
		almost: func(e *estate) {
			x := e.bystander()
			e.src.Pool, x.Pool, e.q.Running, e.q.RunningAtEnd, e.q.State = "prod", "prod", true, true, "running"
			e.q.Disks[0].Disk.Paths[x.ID] = &DiskPath{Status: "Available", Reserve: "no_reserve"}
		}},
	{rule: "CAP-21", names: []string{"system.uli14", "2.00 virtual processors", "1.5 are allowed"}, path: "processor.virtual",
		breaks: func(e *estate) { e.dst.ProcsConfigurable, e.dst.VirtualPerCore = 1, 1.5 },
		almost: func(e *estate) { e.dst.ProcsConfigurable, e.dst.VirtualPerCore = 1, 2 }},
	{rule: "CAP-33", what: "arrival", names: []string{"system.uli14", "1 partitions, 0"},
		breaks: func(e *estate) { e.dst.MaxRunning = 0 },
		almost: func(e *estate) { e.dst.MaxRunning = 1 }},
	{rule: "CAP-33", what: "start, but not departure", address: lp2, names: []string{"system.uli13", "2 partitions, 1"},
		breaks: func(e *estate) { e.src.MaxRunning, e.q.RunningAtEnd = 1, true },
		almost: func(e *estate) { e.src.MaxRunning = 0 }},
	// A frame that is too full already is no fault of a plan that adds nothing to it.
	{rule: "CAP-33", what: "new partition", address: "partition.uli13lp3", names: []string{"system.uli14", "2 partitions, 1"},
		breaks: func(e *estate) {
			e.dst.MaxRunning = 1
			p := e.homeless()
			p.Target, p.RunningAtEnd, p.Name = e.dst, true, "uli13lp3"
		},
		almost: func(e *estate) { e.stay(); e.src.MaxRunning = 0 }},
	{rule: "CAP-35", what: "fence and ban", names: []string{"uli13lp1", "system.uli13"},
		breaks: func(e *estate) {
			e.p.OnlyOn, e.p.NotOn = []schema.Address{"system.uli13", "system.uli14"}, []schema.Address{"system.uli13"}
		},
		almost: func(e *estate) {
			e.p.OnlyOn, e.p.NotOn = []schema.Address{"system.uli14"}, []schema.Address{"system.uli13"}
		}},
	// The third partition has no frame yet, so neither CAP-27 nor CAP-28 can judge.
	{rule: "CAP-35", what: "together and apart", address: "partition.uli13lp3", names: []string{"uli13lp2", "uli13lp3", "shop", "web"},
		breaks: func(e *estate) {
			p := e.homeless()
			p.Group, p.Apart, e.q.Group, e.q.Apart = "shop", "web", "shop", "web"
		},
		almost: func(e *estate) {
			p := e.homeless()
			p.Group, p.Apart, e.q.Group, e.q.Apart = "shop", "web", "shop", "db"
		}},
	{rule: "CAP-35", what: "more members than systems", address: "partition.uli13lp3", names: []string{"web", "3 members", "2 systems"},
		breaks: func(e *estate) {
			e.stay()
			e.settle(e.dst)
			p := e.homeless()
			p.Apart, e.p.Apart, e.q.Apart = "web", "web", "web"
		},
		almost: func(e *estate) {
			e.stay()
			e.settle(e.dst)
			p := e.homeless()
			e.bystander()
			p.Apart, e.p.Apart, e.q.Apart = "web", "web", "web"
		}},
	// What an HMC adds. ends gives both consoles a type and a level.
	{rule: "LPM-05", what: "two consoles", names: []string{"ivm.uli14", "V7R3.3.0", "V7R3.4"},
		breaks: func(e *estate) { e.ends("V7R3.4.0", "V7R3.3.0") },
		almost: func(e *estate) { e.ends("V7R3.4.0", "V10R3.1060.0") }},
	{rule: "LPM-05", what: "one console", names: []string{"ivm.uli13", "V7R3.1.0"},
		breaks: func(e *estate) { e.ends("V7R3.1.0", ""); e.m.TargetEndpoint = e.m.SourceEndpoint },
		almost: func(e *estate) { e.ends("V7R3.2.0", ""); e.m.TargetEndpoint = e.m.SourceEndpoint }},
	{rule: "LPM-05", what: "unknown", names: []string{"ivm.uli13", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.ends("", "V8R8.7.0") },
		almost: func(e *estate) { e.ends("V8R8.7.0", "V8R8.7.0") }},
	{rule: "LPM-05", what: "shared memory", names: []string{"ivm.uli14", "V7R3.4.0", "V7R3.4.2"},
		breaks: func(e *estate) {
			e.ends("V7R3.4.2", "V7R3.4.0")
			e.p.MemShared, e.dst.Capabilities = true, []string{"active_mem_sharing_capable"}
		},
		almost: func(e *estate) { e.ends("V7R3.4.2", "V7R3.4.0") }},
	{rule: "LPM-20", names: []string{"uli13lp1", "uli13lp2", "system.uli13"},
		breaks: func(e *estate) { e.p.UUID, e.q.UUID = "a", "a" },
		almost: func(e *estate) { e.p.UUID, e.q.UUID = "a", "b" }},
	{rule: "LPM-21", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.p.MigrationDisabled = true },
		almost: func(e *estate) { e.q.MigrationDisabled = true }},
	{rule: "LPM-24", names: []string{"uli13lp1", "23000000/1/2"},
		breaks: func(e *estate) { e.p.HostPorts = []string{"23000000/1/2"} },
		almost: func(e *estate) { e.q.HostPorts = []string{"23000000/1/2"} }},
	{rule: "LPM-25", names: []string{"uli13lp1", "config_id=0"},
		breaks: func(e *estate) { e.p.LogicalPorts = []string{"config_id=0:adapter_id=1:migratable=0"} },
		almost: func(e *estate) { e.p.LogicalPorts = []string{"config_id=0:adapter_id=1:migratable=1"} }},
	{rule: "LPM-25", what: "one of two", names: []string{"uli13lp1", "config_id=1"},
		breaks: func(e *estate) { e.p.LogicalPorts = []string{"config_id=0:migratable=1", "config_id=1:migratable=0"} },
		almost: func(e *estate) { e.p.LogicalPorts = []string{"config_id=0:migratable=1", "config_id=1:migratable=1"} }},
	{rule: "LPM-26", names: []string{"uli13lp1", "7", "system.uli14"},
		breaks: func(e *estate) { e.level("2.2.4"); e.p.VNICs = []string{"7"} },
		almost: func(e *estate) {
			e.level("2.2.4")
			e.p.VNICs, e.dst.Capabilities = []string{"7"}, []string{"vnic_dedicated_sriov_capable"}
		}},
	{rule: "LPM-27", names: []string{"uli13lp1", "2"}, path: "memory.huge_pages",
		breaks: func(e *estate) { e.p.HugePages = 2 },
		almost: func(e *estate) { e.inactive(); e.p.HugePages = 2 }},
	{rule: "LPM-28", names: []string{"system.uli14", "1 huge pages", "uli13lp1 wants 2"}, path: "memory.huge_pages",
		breaks: func(e *estate) { e.inactive(); e.p.HugePages, e.dst.HugeFree = 2, 1 },
		almost: func(e *estate) { e.inactive(); e.p.HugePages, e.dst.HugeFree = 2, 2 }},
	{rule: "LPM-28", what: "unknown", names: []string{"system.uli14", "cannot be checked"}, severity: diag.Advice,
		breaks: func(e *estate) { e.inactive(); e.p.HugePages, e.dst.HugeFree = 2, -1 },
		almost: func(e *estate) { e.inactive(); e.dst.HugeFree = -1 }},
	{rule: "LPM-29", names: []string{"uli13lp1", "8 BSR arrays"},
		breaks: func(e *estate) { e.p.BSR = 8 },
		almost: func(e *estate) { e.inactive(); e.p.BSR = 8 }},
	{rule: "LPM-31", names: []string{"uli13lp1", "system.uli13"},
		breaks: func(e *estate) { e.src.Service = e.p.LparID },
		almost: func(e *estate) { e.dst.Service = e.p.LparID }},
	{rule: "LPM-30", names: []string{"uli13lp1"}, path: "redundant_error_path",
		breaks: func(e *estate) { e.p.RedundantErrorPath = true },
		almost: func(e *estate) { e.inactive(); e.p.RedundantErrorPath = true }},
	{rule: "LPM-36", names: []string{"uli13lp1", "system.uli13"}, path: "time_reference",
		breaks: func(e *estate) { e.p.TimeReference = true },
		almost: func(e *estate) { e.q.TimeReference = true }},
	{rule: "LPM-38", names: []string{"uli13lp1", "1.5", "system.uli14"}, path: "memory.expansion",
		breaks: func(e *estate) { e.p.Expansion = 1.5 },
		almost: func(e *estate) { e.p.Expansion, e.dst.Capabilities = 1.5, []string{"active_mem_expansion_capable"} }},
	{rule: "LPM-39", what: "secure boot", names: []string{"uli13lp1", "secure boot, which system.uli14 lacks"},
		breaks: func(e *estate) { e.hmc(); e.p.Features = []string{"secure boot"} },
		almost: func(e *estate) { e.hmc(); e.q.Features = []string{"secure boot"} }},
	{rule: "LPM-39", what: "unknown", names: []string{"uli13lp1", "system.uli14", "cannot be checked", "virtual TPM"}, severity: diag.Warning,
		breaks: func(e *estate) { e.hmc(); e.p.Features = []string{"virtual TPM"} },
		almost: func(e *estate) { e.hmc(); e.q.Features = []string{"virtual TPM"} }},
	{rule: "LPM-42", names: []string{"uli13lp1", "system.uli14"},
		breaks: func(e *estate) {
			e.p.RemoteRestart, e.src.Capabilities = true, []string{"powervm_lpar_simplified_remote_restart_capable"}
		},
		almost: func(e *estate) {
			e.p.RemoteRestart, e.dst.Capabilities = true, []string{"powervm_lpar_simplified_remote_restart_capable"}
		}},
	{rule: "LPM-43", names: []string{"uli13lp1", "system.uli14", "IBM i"},
		breaks: func(e *estate) {
			e.level("3.1")
			e.p.Environment, e.src.Capabilities = "os400", []string{"os400_capable"}
		},
		almost: func(e *estate) {
			e.level("3.1")
			e.p.Environment, e.dst.Capabilities = "os400", []string{"os400_capable"}
		}},
	{rule: "LPM-44", names: []string{"uli13lp1"},
		breaks: func(e *estate) { e.hmc(); e.inactive(); e.p.EverActivated = false },
		almost: func(e *estate) { e.hmc(); e.p.EverActivated = false }},
	{rule: "LPM-80", what: "target mover", names: []string{"uli13lp1", "uli13vio", "system.uli14"}, path: "mobility.target_mover",
		breaks: func(e *estate) { e.p.Choices = map[string][]string{"target_mover": {"uli13vio"}} },
		almost: func(e *estate) { e.p.Choices = map[string][]string{"target_mover": {"uli14vio"}} }},
	{rule: "LPM-80", what: "source mover", names: []string{"uli13lp1", "uli14vio", "system.uli13"}, path: "mobility.source_mover",
		breaks: func(e *estate) { e.p.Choices = map[string][]string{"source_mover": {"uli14vio"}} },
		almost: func(e *estate) { e.q.Choices = map[string][]string{"source_mover": {"uli14vio"}} }},
	{rule: "LPM-80", what: "mapping", names: []string{"uli13lp1", "uli13vio", "system.uli14"}, path: "mobility.scsi_mappings",
		breaks: func(e *estate) { e.p.Choices = map[string][]string{"scsi_mappings": {"uli14vio", "uli13vio"}} },
		almost: func(e *estate) { e.p.Choices = map[string][]string{"scsi_mappings": {"uli14vio"}} }},
	{rule: "LPM-80", what: "Fibre Channel mapping", names: []string{"uli13lp1", "f9vios1", "system.uli14"}, path: "mobility.fibre_channel_mappings",
		breaks: func(e *estate) { e.p.Choices = map[string][]string{"fibre_channel_mappings": {"f9vios1"}} },
		almost: func(e *estate) { e.p.Choices = map[string][]string{"fibre_channel_mappings": {"uli14vio"}} }},
	{rule: "LPM-80", what: "no mover", names: []string{"uli13lp1", "uli14vio", "no mover service partition"}, path: "mobility.target_mover",
		breaks: func(e *estate) {
			e.p.Choices, e.dst.Vios[0].Mover = map[string][]string{"target_mover": {"uli14vio"}}, false
		},
		almost: func(e *estate) {
			e.inactive()
			e.p.Choices, e.dst.Vios[0].Mover = map[string][]string{"target_mover": {"uli14vio"}}, false
		}},
	{rule: "LPM-80", what: "a pair of movers", names: []string{"uli13lp1", "uli13vio", "system.uli14"}, path: "mobility.mover_pairs",
		breaks: func(e *estate) {
			e.src.second()
			e.dst.second()
			e.p.Choices = map[string][]string{"mover_pairs": {"uli13vio", "uli13viob"}, "mover_pairs there": {"uli14vio", "uli13vio"}}
		},
		almost: func(e *estate) {
			e.src.second()
			e.dst.second()
			e.p.Choices = map[string][]string{"mover_pairs": {"uli13vio", "uli13viob"}, "mover_pairs there": {"uli14vio", "uli14viob"}}
		}},
	{rule: "LPM-80", what: "one pair of movers", names: []string{"uli13lp1", "two pairs"}, path: "mobility.mover_pairs",
		breaks: func(e *estate) {
			e.p.Choices = map[string][]string{"mover_pairs": {"uli13vio"}, "mover_pairs there": {"uli14vio"}}
		},
		almost: func(e *estate) {
			e.p.Choices = map[string][]string{"source_mover": {"uli13vio"}, "target_mover": {"uli14vio"}}
		}},
	{rule: "LPM-80", what: "redundant movers", names: []string{"uli13lp1", "system.uli14", "has 1"}, path: "mobility.redundant_movers",
		breaks: func(e *estate) {
			e.hmc()
			e.src.second()
			e.dst.second().Mover = false
			e.p.RedundantMovers = true
		},
		almost: func(e *estate) { e.hmc(); e.src.second(); e.dst.second(); e.p.RedundantMovers = true }},
	{rule: "LPM-81", what: "memory", names: []string{"uli13lp1", "2048 MiB", "1024 MiB", "system.uli13"},
		breaks: func(e *estate) { e.hmc(); e.inactive(); e.p.MemNow = 2048 },
		almost: func(e *estate) { e.hmc(); e.inactive(); e.p.MemNow = 0 }},
	{rule: "LPM-81", what: "processors", names: []string{"uli13lp1", "0.5 processing units", "0.4"},
		breaks: func(e *estate) { e.hmc(); e.inactive(); e.p.HeldUnits = 0.5 },
		almost: func(e *estate) { e.hmc(); e.p.HeldUnits = 0.5 }},
	{rule: "MIG-09", names: []string{"2 live moves", "system.uli14", "uli14viob"}, path: "mobility.target_mover",
		breaks: func(e *estate) { e.two("uli14viob", "uli14viob") },
		almost: func(e *estate) { e.two("uli14viob", "uli14vio") }},
	{rule: "MIG-09", what: "unless the console chooses", names: []string{"2 live moves", "system.uli14", "uli14vio"},
		breaks: func(e *estate) { e.two("uli14vio", "uli14vio") },
		almost: func(e *estate) { e.two("uli14vio", "") }},
	{rule: "LPM-45", names: []string{"uli13lp1", "normal"}, path: "mobility.profile",
		breaks: func(e *estate) { e.p.Profile, e.p.Differs = "normal", true },
		almost: func(e *estate) { e.p.Profile, e.p.Differs, e.p.ProfileNamed = "normal", true, true }},
	{rule: "LPM-46", names: []string{"uli13lp1", "big, old", "system.uli14"},
		breaks: func(e *estate) { e.p.Profile, e.p.Profiles = "normal", []string{"old", "normal", "big"} },
		almost: func(e *estate) { e.p.Profile, e.p.Profiles = "normal", []string{"normal"} }},
	{rule: "LPM-51", names: []string{"uli13lp1", "Oracle", "system.uli14"}, path: "mobility.pool",
		breaks: func(e *estate) { e.p.Pool, e.dst.Pools = "Oracle", []string{"DefaultPool"} },
		almost: func(e *estate) { e.p.Pool, e.p.PoolThere, e.dst.Pools = "Oracle", "Licensed", []string{"Licensed"} }},
	{rule: "LPM-51", what: "not read", names: []string{"Oracle", "cannot be checked"}, severity: diag.Warning,
		breaks: func(e *estate) { e.p.Pool, e.dst.PoolsPartly = "Oracle", true },
		almost: func(e *estate) { e.p.Pool, e.p.ProcMode, e.dst.PoolsPartly = "Oracle", "dedicated", true }},
	{rule: "LPM-58", names: []string{"system.uli14"},
		breaks: func(e *estate) { e.hmc(); e.dst.Vios[0].Mover = false },
		almost: func(e *estate) { e.hmc(); e.inactive(); e.dst.Vios[0].Mover = false }},
	{rule: "LPM-61", names: []string{"system.uli14"},
		breaks: func(e *estate) { e.hmc(); e.dst.second().Mover = false },
		almost: func(e *estate) { e.hmc(); e.dst.second() }},
	{rule: "LPM-75", names: []string{"uli13lp1", "disk.d0", "system.uli14"},
		breaks: func(e *estate) { e.path(e.src).Servers, e.path(e.dst).Servers = []string{"a", "b"}, []string{"c"} },
		almost: func(e *estate) {
			e.path(e.src).Servers, e.path(e.dst).Servers = []string{"a", "b"}, []string{"c"}
			e.p.Disks[0].Paths = 1
		}},
	{rule: "NET-02", names: []string{"uli13lp1", "DMZ", "system.uli14"}, path: "ethernet",
		breaks: func(e *estate) {
			e.hmc()
			e.p.Ethernet[0].Switch, e.dst.Switches = "DMZ", []string{"ETHERNET0"}
		},
		almost: func(e *estate) {
			e.hmc()
			e.p.Ethernet[0].Switch, e.q.Ethernet[0].Switch, e.dst.Switches = "ETHERNET0", "DMZ", []string{"ETHERNET0"}
		}},
	{rule: "NET-08", names: []string{"VLAN 1", "system.uli13", "system.uli14"}, path: "ethernet",
		breaks: func(e *estate) { e.src.second() },
		almost: func(e *estate) { e.src.second(); e.dst.second() }},
	{rule: "STG-12", names: []string{"uli13lp1", "v1", "system.uli14"}, path: "npiv",
		breaks: func(e *estate) {
			e.p.Fabrics, e.dst.Fabrics = []string{"A", "B"}, map[string][]string{"A": {"v1/fcs0"}, "B": {"v1/fcs1"}}
		},
		almost: func(e *estate) {
			e.p.Fabrics, e.dst.Fabrics = []string{"A", "B"}, map[string][]string{"A": {"v1/fcs0", "v2/fcs0"}, "B": {"v1/fcs1"}}
		}},
	{rule: "STG-14", what: "what one server made has no other path", address: "partition.uli14lp9", names: []string{"uli14vio", "system.uli14", "disk.d5"}, path: "disk",
		breaks: func(e *estate) { e.created().Disks[0].Disk.Paths[e.dst.ID].Servers = []string{"uli14vio"} },
		almost: func(e *estate) {
			d := e.created().Disks[0]
			d.Backing, d.Disk.Paths[e.dst.ID].Servers = "lv", []string{"uli14vio"}
		}},
	{rule: "STG-14", what: "a LUN", address: "partition.uli14lp9", names: []string{"uli14vio", "system.uli14", "disk.d5"}, path: "disk",
		breaks: func(e *estate) { e.created().Disks[0].Disk.Paths[e.dst.ID].Servers = []string{"uli14vio"} },
		almost: func(e *estate) { e.created().Disks[0].Disk.Paths[e.dst.ID].Servers = []string{"uli14vio", "uli14viob"} }},
}

// homeless is a declared partition whose frame nobody has found.
func (e *estate) homeless() *Partition {
	p := client("uli13lp3", 0, e.src)
	p.System, p.Target, p.New = nil, nil, true
	e.Partitions = append(e.Partitions, p)
	return p
}

func TestBaseIsInOrder(t *testing.T) {
	for _, moment := range []string{Validate, Plan, Apply} {
		for _, x := range Run(moment, base()) {
			t.Errorf("at %s: %s", moment, x.Diagnostic)
		}
	}
}

// coverage tells what is wrong with a table: rules without an entry, and entries
// that name no rule with a check.
func coverage(catalogue []*Rule, table []entry) []string {
	var wrong []string
	known, seen := map[string]bool{}, map[string]bool{}
	for _, r := range catalogue {
		known[r.ID] = r.Check != nil
	}
	for _, x := range table {
		if check, ok := known[x.rule]; !ok {
			wrong = append(wrong, x.rule+" is not in the catalogue")
		} else if !check {
			wrong = append(wrong, x.rule+" has no check")
		}
		if seen[x.rule+x.what] {
			wrong = append(wrong, x.rule+" "+x.what+" is there twice")
		}
		seen[x.rule+x.what], seen[x.rule] = true, true
		for _, a := range x.also {
			if !known[a] {
				wrong = append(wrong, x.rule+" excuses "+a+", which is no rule with a check")
			}
		}
	}
	for _, r := range catalogue {
		if r.Check != nil && !seen[r.ID] {
			wrong = append(wrong, r.ID+" has no entry")
		}
	}
	return wrong
}

func TestEveryRuleHasAnEntry(t *testing.T) {
	for _, w := range coverage(Catalogue(), entries) {
		t.Error(w)
	}
	// The check itself can fail.
	fake := []*Rule{{ID: "X-01", Check: func(*Facts, *Reporter) {}}, {ID: "X-02"}}
	for want, table := range map[string][]entry{
		"X-01 has no entry":           nil,
		"X-02 has no check":           {{rule: "X-01"}, {rule: "X-02"}},
		"X-03 is not in the":          {{rule: "X-01"}, {rule: "X-03"}},
		"X-01 one is there twice":     {{rule: "X-01", what: "one"}, {rule: "X-01", what: "one"}},
		"X-01 excuses X-02, which is": {{rule: "X-01", also: []string{"X-02"}}},
	} {
		if got := coverage(fake, table); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("coverage says %q, want %q", got, want)
		}
	}
}

func TestRules(t *testing.T) {
	byID := map[string]*Rule{}
	for _, r := range Catalogue() {
		byID[r.ID] = r
	}
	for _, x := range entries {
		r := byID[x.rule]
		if r == nil {
			continue // TestEveryRuleHasAnEntry says so
		}
		t.Run(strings.TrimSpace(x.rule+" "+x.what), func(t *testing.T) {
			broken, legal := base(), base()
			x.breaks(open(broken))
			x.almost(open(legal))
			eq := reflect.DeepEqual
			if eq(broken, base()) || eq(legal, base()) || eq(broken, legal) {
				t.Fatal("the entry compares an estate with itself")
			}
			for _, moment := range []string{Validate, Plan, Apply} {
				got := of(x.rule, Run(moment, broken))
				if !r.At(moment) {
					if len(got) > 0 {
						t.Errorf("reports at %s, which is not among its moments", moment)
					}
					continue
				}
				check(t, x, r, moment, got)
				for _, d := range of(x.rule, Run(moment, legal)) {
					t.Errorf("at %s the nearest legal estate gives %s", moment, d.Diagnostic)
				}
			}
			for _, d := range Run(Plan, broken) {
				if d.Code != x.rule && !slices.Contains(x.also, d.Code) {
					t.Errorf("another rule reports: %s", d.Diagnostic)
				}
			}
			for _, id := range x.also {
				if len(of(id, Run(Plan, broken))) == 0 {
					t.Errorf("%s is excused but silent", id)
				}
			}
		})
	}
}

func of(rule string, all []Finding) []Finding {
	var out []Finding
	for _, x := range all {
		if x.Code == rule {
			out = append(out, x)
		}
	}
	return out
}

func check(t *testing.T, x entry, r *Rule, moment string, got []Finding) {
	t.Helper()
	count, severity, address := max(x.count, 1), x.severity, x.address
	if severity == "" {
		severity = r.Effective()
	}
	if address == "" {
		address = lp1
	}
	if len(got) != count {
		t.Fatalf("%d findings at %s, want %d: %v", len(got), moment, count, got)
	}
	for _, d := range got {
		if d.Severity != severity {
			t.Errorf("severity %s, want %s", d.Severity, severity)
		}
		if d.Address != string(address) {
			t.Errorf("address %q, want %q", d.Address, address)
		}
		if x.path != "" && d.Path != x.path {
			t.Errorf("path %q, want %q", d.Path, x.path)
		}
		if d.Summary != r.Statement {
			t.Errorf("summary %q is not the statement of the rule", d.Summary)
		}
		if d.Fix == "" || !strings.HasSuffix(d.Fix, ".") {
			t.Errorf("the fix is no sentence: %q", d.Fix)
		}
		if !strings.HasSuffix(d.Detail, ".") || strings.Contains(d.Detail+d.Fix, "%!") {
			t.Errorf("the detail is no sentence: %q", d.Detail)
		}
		if len(x.names) == 0 {
			t.Error("the entry does not say what the detail has to name")
		}
		for _, n := range x.names {
			if !strings.Contains(d.Detail, n) {
				t.Errorf("the detail %q does not name %q", d.Detail, n)
			}
		}
	}
}

func TestCatalogue(t *testing.T) {
	families := []string{"LPM", "IVM", "NET", "STG", "HA", "RG", "MON", "CAP", "DR", "MIG", "WPAR"}
	seen := map[string]bool{}
	at, last := 0, 0
	for _, r := range Catalogue() {
		family, number, _ := strings.Cut(r.ID, "-")
		var n int
		if _, err := fmt.Sscanf(number, "%d", &n); err != nil || fmt.Sprintf("%s-%02d", family, n) != r.ID {
			t.Errorf("%s is no rule id", r.ID)
		}
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
		if family != families[at] {
			at, last = at+1, 0
			if at == len(families) || family != families[at] {
				t.Fatalf("%s is out of place: families come in the order %v", r.ID, families)
			}
		}
		if n <= last {
			t.Errorf("%s comes after %s-%02d", r.ID, family, last)
		}
		last = n
		if !strings.HasSuffix(r.Statement, ".") || strings.TrimSpace(r.Statement) != r.Statement || len(r.Statement) < 10 {
			t.Errorf("%s: the statement is no sentence: %q", r.ID, r.Statement)
		}
		if r.Source == "" || r.Says == "" {
			t.Errorf("%s has no source or does not say what the user reads", r.ID)
		}
		if (r.Check == nil) == (r.Elsewhere == "") {
			t.Errorf("%s must have either a check or a place elsewhere", r.ID)
		}
		if len(r.Moments) == 0 {
			t.Errorf("%s runs at no moment", r.ID)
		}
		for i, m := range r.Moments {
			if m != Validate && m != Plan && m != Apply || slices.Contains(r.Moments[:i], m) {
				t.Errorf("%s: moments %v", r.ID, r.Moments)
			}
		}
		for _, s := range []diag.Severity{r.Severity, r.Effective()} {
			if s != diag.Error && s != diag.Warning && s != diag.Advice {
				t.Errorf("%s: %q is no severity", r.ID, s)
			}
		}
		if want := r.Severity; r.Unconfirmed {
			if want == diag.Error {
				want = diag.Warning
			}
			if r.Effective() != want || !strings.Contains(r.Source, "unconfirmed") {
				t.Errorf("%s is unconfirmed: it ships as %s from %q", r.ID, r.Effective(), r.Source)
			}
		} else if r.Effective() != want {
			t.Errorf("%s ships as %s, want %s", r.ID, r.Effective(), want)
		}
	}
	if at != len(families)-1 {
		t.Errorf("only the families %v are there", families[:at+1])
	}
}

// The severities and the rules that run again right before a step are pinned here,
// so that none changes by accident. A rule that is not listed is an error.
func TestSeverities(t *testing.T) {
	listed := map[string]string{}
	for what, ids := range map[string]string{
		"warning":              "LPM-19 LPM-23 LPM-28 LPM-36 LPM-42 LPM-45 LPM-46 LPM-54 LPM-68 LPM-81 IVM-12 IVM-22 NET-05 NET-08 STG-03 STG-12 STG-14 CAP-05 CAP-08 CAP-12 CAP-21 CAP-24 CAP-25 MIG-09 MIG-17 MIG-21 MIG-23 MIG-37",
		"advice":               "LPM-61 LPM-70 LPM-72 LPM-76 MIG-06 MIG-12 MIG-15 MIG-20 IVM-16 IVM-17 IVM-18 IVM-20",
		"warning, unconfirmed": "LPM-20 LPM-30 LPM-31 LPM-33 LPM-38 LPM-43 LPM-53 LPM-82 IVM-03",
	} {
		for id := range strings.FieldsSeq(ids) {
			listed[id] = what
		}
	}
	maps.Copy(listed, clusterListed)
	again := strings.Fields("LPM-01 LPM-04 LPM-06 LPM-41 LPM-60 MIG-11 MIG-19 MIG-26 MIG-28 MIG-30 MIG-31 MIG-37 MIG-38 MIG-07 MIG-27 MIG-29 MIG-33 MIG-34 MIG-36 LPM-26 LPM-58 LPM-76 STG-09 LPM-02 LPM-13 LPM-14 LPM-15 LPM-16 LPM-18 LPM-22 LPM-35 LPM-48 LPM-49 LPM-59 LPM-57 LPM-63 LPM-64 LPM-67 LPM-73 LPM-77 LPM-78 LPM-79 IVM-08 IVM-16 IVM-19 IVM-20 IVM-22 NET-01 STG-01 STG-05 STG-06 STG-08 STG-33 STG-51 CAP-07 CAP-09")
	again = append(again, clusterAgain...)
	for what, ids := range clusterSeverities {
		for id := range strings.FieldsSeq(ids) {
			listed[id] = what
		}
	}
	again = append(again, strings.Fields(haAgain)...)
	for _, r := range Catalogue() {
		got, want := string(r.Effective()), "error"
		if r.Unconfirmed {
			got += ", unconfirmed"
		}
		if listed[r.ID] != "" {
			want = listed[r.ID]
		}
		if got != want {
			t.Errorf("%s is %s, want %s", r.ID, got, want)
		}
		if r.At(Apply) != slices.Contains(again, r.ID) {
			t.Errorf("%s: runs at apply: %t", r.ID, r.At(Apply))
		}
	}
}

// Numbers that a console does not report limit nothing.
func TestLimitsNotReported(t *testing.T) {
	for _, live := range []bool{true, false} {
		e := open(base())
		if !live {
			e.inactive()
		}
		for _, s := range e.Systems {
			s.MaxVirtual, s.MinUnits, s.MaxPartitions = 0, 0, 0
		}
		e.p.CompatWanted, e.p.Procs, e.p.Overhead, e.p.MemMax = "POWER6", 0, 0, 16384
		for _, x := range Run(Plan, e.Facts) {
			t.Errorf("live %t: %s", live, x.Diagnostic)
		}
	}
}

func TestUnknownIsOneStepMilder(t *testing.T) {
	for _, x := range []struct {
		rule       Rule
		keep       bool
		want, said diag.Severity
	}{
		{Rule{Severity: diag.Error}, false, diag.Warning, diag.Error},
		{Rule{Severity: diag.Error}, true, diag.Error, diag.Error},
		{Rule{Severity: diag.Error, Unconfirmed: true}, false, diag.Advice, diag.Warning},
		{Rule{Severity: diag.Warning}, false, diag.Advice, diag.Warning},
		{Rule{Severity: diag.Advice}, false, diag.Advice, diag.Advice},
	} {
		r := &Reporter{rule: &x.rule}
		r.Unknown(x.keep, lp1, "", "nobody knows.", "Look.")
		r.Say(lp1, "", "it is wrong.", "Mend it.", "a", 1, "b", true)
		if r.out[0].Severity != x.want || r.out[1].Severity != x.said {
			t.Errorf("%+v: unknown %s, known %s", x.rule, r.out[0].Severity, r.out[1].Severity)
		}
		if !reflect.DeepEqual(r.out[1].Facts, map[string]string{"a": "1", "b": "true"}) || r.out[0].Facts != nil {
			t.Errorf("facts %v and %v", r.out[0].Facts, r.out[1].Facts)
		}
	}
}

func TestOlder(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want bool
	}{{"1.5", "1.5.1.1", true}, {"1.5.1.1", "1.5.1.1", false}, {"1.5.1.1", "1.5", false}, {"1.10", "1.9", false}, {"1.9", "1.10", true}, {"2.1.0.10-FP21", "2.1", false}, {"1.5.0.0", "1.5", false}} {
		if older(x.a, x.b) != x.want {
			t.Errorf("older(%s, %s) is not %t", x.a, x.b, x.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	text := Markdown()
	for range 5 {
		if Markdown() != text {
			t.Fatal("two calls give two texts")
		}
	}
	for _, r := range Catalogue() {
		if strings.Count(text, "\n### "+r.ID+"\n\n"+r.Statement+"\n") != 1 {
			t.Errorf("%s has not exactly one heading", r.ID)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "## " { // a family without a title
			t.Error("a heading is empty")
		}
	}
}

// The order of severity, rule and object is what views and tests rely on.
func TestRunOrder(t *testing.T) {
	e := open(base())
	e.p.MemNow, e.p.Pinned, e.dst.Vios[0].Stale, e.q.Units, e.p.Units = 65536, true, []string{"x"}, 0.1, 0.1
	var got []string
	for _, x := range Run(Plan, e.Facts) {
		got = append(got, fmt.Sprintf("%s %s %s", x.Severity, x.Code, x.Address))
	}
	want := []string{"error CAP-03 " + string(lp1), "error CAP-03 " + string(lp2), "error CAP-30 " + string(lp1), "error LPM-50 " + string(lp1), "warning LPM-68 " + string(lp1), "advice LPM-70 " + string(lp1)}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// With -target only findings about the chosen objects count, so a rule about two
// partitions has to blame the one that the plan moves.
func TestPairsBlameTheArrival(t *testing.T) {
	for _, mover := range []string{"a", "z"} {
		e := open(base())
		e.settle(e.dst)
		e.q.Address, e.q.Name = "partition.m", "m"
		e.p.Address, e.p.Name = schema.Address("partition."+mover), mover
		e.p.Apart, e.q.Apart = "web", "web"
		e.q.Ethernet[0].MAC = e.p.Ethernet[0].MAC
		for _, rule := range []string{"CAP-27", "IVM-12", "NET-06"} {
			got := of(rule, Run(Plan, e.Facts))
			if len(got) != 1 || got[0].Address != "partition."+mover {
				t.Errorf("%s with the mover %s: %v", rule, mover, got)
			}
		}
	}
}

// messy draws an estate in which much is wrong or missing.
func messy(t *rapid.T) *Facts {
	f := &Facts{}
	yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
	rare := func(name string) bool { return rapid.IntRange(0, 5).Draw(t, name) == 0 }
	for i := range rapid.IntRange(1, 4).Draw(t, "systems") {
		s := blade(fmt.Sprintf("b%d", i))
		if yes("hmc") {
			s.Manager = "hmc"
		}
		if rare("undeclared") {
			s.Address, s.ManagerDeclared = "", ""
		}
		s.Maintenance, s.Standby, s.Quarantine, s.ActiveCapable = rare("maintenance"), rare("standby"), rare("quarantine"), !rare("incapable")
		s.MaxRunning = float64(rapid.IntRange(-1, 2).Draw(t, "max"))
		s.HeadroomUnits = rapid.SampledFrom([]float64{0, 2.2, 2.9}).Draw(t, "headroom")
		s.RegionMB = rapid.SampledFrom([]float64{0, 64, 192}).Draw(t, "region")
		s.Vios[0].Level = rapid.SampledFrom([]string{"", "1.4", "1.5.1.0", "2.1"}).Draw(t, "level")
		if rare("second server") {
			v := *s.Vios[0]
			v.Name, v.VASI, v.RMC = v.Name+"2", false, ""
			s.Vios = append(s.Vios, &v)
		}
		if rare("no server") {
			s.Vios = nil
		}
		s.Compat = rapid.SampledFrom([][]string{nil, {"default", "POWER6"}, {"default", "POWER6", "POWER7"}}).Draw(t, "modes")
		s.HugeFree, s.Service = float64(rapid.IntRange(-1, 1).Draw(t, "free huge pages")), rapid.IntRange(0, 2).Draw(t, "service")
		f.Systems = append(f.Systems, s)
	}
	some := rapid.SampledFrom(f.Systems)
	f.Disks = append(f.Disks, &Disk{ID: "bare"})
	for i := range rapid.IntRange(1, 5).Draw(t, "disks") {
		d := lun(i, some.Draw(t, "path"), some.Draw(t, "path"))
		d.Identity, d.ByID, d.Shared, d.LocalOnly = !rare("identity"), !rare("by id"), yes("shared"), rare("local")
		f.Disks = append(f.Disks, d)
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "partitions") {
		p := client(fmt.Sprintf("p%d", i), rapid.IntRange(0, 3).Draw(t, "id"), f.Systems[0])
		p.ID = fmt.Sprint("id", i)
		p.System, p.Target = some.Draw(t, "on"), some.Draw(t, "to")
		if rare("new") {
			p.New, p.System = true, nil
		}
		if rare("gone") {
			p.Target = nil
		}
		if rare("unowned") {
			p.Address = ""
		}
		if rare("namesake") {
			p.Name = "p0"
		}
		p.State = rapid.SampledFrom([]string{"", "running", "off", "error", "migrating - running"}).Draw(t, "state")
		p.Running, p.RunningAtEnd = p.State == "running", yes("runs")
		p.RMC = rapid.SampledFrom([]string{"", "active"}).Draw(t, "rmc")
		p.Units = rapid.SampledFrom([]float64{0, 0.1, 0.2, 0.3, 2.3}).Draw(t, "units")
		group := rapid.SampledFrom([]string{"", "", "x", "y"})
		p.Group, p.Apart = group.Draw(t, "group"), group.Draw(t, "apart")
		p.HostPorts, p.BSR, p.RemoteRestart = []string{"23000000/1"}[:rapid.IntRange(0, 1).Draw(t, "host port")], float64(rapid.IntRange(0, 1).Draw(t, "bsr")), rare("remote restart")
		p.HugePages, p.HeldUnits, p.ProfileMem = float64(rapid.IntRange(0, 2).Draw(t, "huge")), rapid.SampledFrom([]float64{0, 0.1, 0.4}).Draw(t, "held"), rapid.SampledFrom([]float64{512, 1024}).Draw(t, "profile")
		p.Choices = map[string][]string{"target_mover": rapid.SliceOfN(rapid.SampledFrom([]string{"b0vio", "b1vio", "b1vio2"}), 0, 1).Draw(t, "mover")}
		p.CompatWanted = rapid.SampledFrom([]string{"", "default", "POWER6", "POWER7"}).Draw(t, "compat")
		for _, s := range f.Systems {
			if rare("allowed") {
				p.OnlyOn = append(p.OnlyOn, s.Address)
			}
		}
		p.Exclusive, p.Pinned, p.Resized, p.MemShared = rare("exclusive"), rare("pinned"), rare("resized"), rare("shared memory")
		p.Ethernet[0].MAC = rapid.SampledFrom([]string{"", "m1", "m2"}).Draw(t, "mac")
		p.Ethernet[0].VLANs = rapid.SliceOfN(rapid.IntRange(1, 3), 0, 2).Draw(t, "vlans")
		if rare("fence") {
			p.OnlyOn, p.NotOn = []schema.Address{f.Systems[0].Address}, []schema.Address{f.Systems[0].Address}
		}
		for j := range rapid.IntRange(0, 3).Draw(t, "mappings") {
			d := &PartitionDisk{Label: fmt.Sprint("d", j), Target: fmt.Sprint("vtscsi", j), Backing: rapid.SampledFrom([]string{"", "disk", "lv", "file", "optical"}).Draw(t, "backing")}
			if !rare("no disk") {
				d.Disk = rapid.SampledFrom(f.Disks).Draw(t, "disk")
			}
			p.Disks = append(p.Disks, d)
		}
		f.Partitions = append(f.Partitions, p)
		if p.System != nil && p.Target != nil && p.System != p.Target {
			f.Migrations = append(f.Migrations, &Migration{Partition: p, Source: p.System, Target: p.Target, Live: p.Running})
		}
	}
	return f
}

// shuffled is the same estate, discovered in another order.
func shuffled(t *rapid.T, f *Facts) *Facts {
	c := &Facts{Endpoints: f.Endpoints, Systems: permute(t, f.Systems), Disks: permute(t, f.Disks), Partitions: permute(t, f.Partitions), Migrations: permute(t, f.Migrations)}
	for _, p := range c.Partitions {
		p.Disks = permute(t, p.Disks)
	}
	return c
}

func permute[T any](t *rapid.T, list []T) []T {
	if len(list) == 0 {
		return list
	}
	return rapid.Permutation(list).Draw(t, "order")
}

func TestRunIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := messy(t)
		moment := rapid.SampledFrom([]string{Validate, Plan, Apply}).Draw(t, "moment")
		given := slices.Clone(f.Partitions)
		first := Run(moment, f)
		if !reflect.DeepEqual(first, Run(moment, f)) {
			t.Fatal("two runs over the same facts differ")
		}
		if !slices.Equal(given, f.Partitions) {
			t.Fatal("the run changed the order of the caller's partitions")
		}
		a, b := multiset(first), multiset(Run(moment, shuffled(t, f)))
		if !slices.Equal(a, b) {
			t.Fatalf("another order of discovery gives other findings:\n%s\n\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		for _, x := range first {
			if x.Code == "" || x.Detail == "" || x.Fix == "" {
				t.Fatalf("an incomplete finding: %+v", x)
			}
		}
	})
}

func multiset(all []Finding) []string {
	var out []string
	for _, x := range all {
		out = append(out, fmt.Sprintf("%s at %s %v", x.Diagnostic, x.Path, x.Facts))
	}
	sort.Strings(out)
	return out
}

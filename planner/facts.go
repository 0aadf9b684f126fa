package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/rules"
)

// ruleFacts joins found and declared objects under the fact names of the rule catalogue.
func (b *builder) ruleFacts() *rules.Facts {
	f := &rules.Facts{}
	endpoints := map[string]*rules.Endpoint{}
	for _, e := range b.in.Endpoints {
		x := &rules.Endpoint{Key: e.Key, Type: e.Type, Host: e.Host, User: e.User}
		if st := b.in.Inventory.Endpoints[e.Key]; st != nil {
			x.Version = st.Version
		}
		endpoints[e.Key] = x
		f.Endpoints = append(f.Endpoints, x)
	}
	systems := b.ruleSystems(f, endpoints)
	disks := b.ruleDisks(f)
	vlans := map[string]int{}
	for _, o := range b.in.Inventory.Of("network") {
		vlans[o.ID] = int(schema.Num(o.Value, "vlan"))
	}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "network" {
			vlans[string(o.Address)] = int(schema.Num(o.Value, "vlan"))
		}
	}
	byID := map[string]*rules.Partition{}
	for _, o := range b.in.Inventory.Of("partition") {
		a := b.owner[key(o)]
		if b.found[a] != o {
			a = "" // spoken of, not owned
		}
		p := b.rulePartition(o, b.desired[a], systems, disks, vlans)
		p.Address = a
		if migrating(o) {
			p.Target = p.System // only rule LPM-14 speaks; the rest would be echoes
		}
		f.Partitions = append(f.Partitions, p)
		byID[o.ID] = p
		if p.System != nil {
			p.System.Definitions++
		}
	}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "partition" && b.found[o.Address] == nil && !b.hasFinding(o.Address) {
			p := b.rulePartition(nil, o, systems, disks, vlans)
			p.Address, p.New = o.Address, true
			f.Partitions = append(f.Partitions, p)
		}
	}
	declared := map[string]*rules.Partition{}
	for _, p := range f.Partitions {
		if p.Address != "" {
			declared[b.resolve(string(p.Address))] = p
		}
	}
	b.clusterRules(f, disks, declared)
	for _, s := range b.steps {
		switch s.Action {
		case Migrate:
			p := byID[s.Before.ID]
			if f := b.found[s.Address]; s.Leg == 2 && f != nil {
				p = byID[f.ID]
			}
			if p == nil || systems[s.From] == nil || systems[s.To] == nil {
				continue
			}
			if s.Leg > 0 {
				p = legOf(p, s.Leg, systems[s.From], systems[s.To])
			}
			ids := map[int]string{}
			for _, q := range f.Partitions {
				if q.System == systems[s.To] && q.LparID != 0 {
					ids[q.LparID] = q.Name
				}
			}
			f.Migrations = append(f.Migrations, &rules.Migration{Partition: p, Source: systems[s.From], Target: systems[s.To], Live: s.Mode == "live", TargetIDs: ids,
				SourceEndpoint: endpoints[s.Endpoint], TargetEndpoint: endpoints[s.TargetEndpoint]})
		case Update:
			if s.Kind == "disk" {
				// An earlier step of the plan makes it so on every system.
				if d, w := disks[s.Before.ID], schema.Str(s.After.Value, "reserve_policy"); d != nil && w != "" {
					for _, path := range d.Paths {
						path.Reserve, path.Reserves = w, nil
					}
				}
				continue
			}
			if p := byID[s.Before.ID]; p != nil && s.Kind == "partition" {
				for _, c := range s.Changes {
					if c.Disruption == schema.None && strings.HasPrefix(c.Why, "online") {
						p.Resized = true
					}
				}
			}
		case Delete:
			if p := byID[s.Before.ID]; p != nil && s.Kind == "partition" {
				p.Target = nil
			}
		}
	}
	return f
}

func (b *builder) ruleSystems(f *rules.Facts, endpoints map[string]*rules.Endpoint) map[string]*rules.System {
	systems, coming := map[string]*rules.System{}, b.coming()
	declared := map[string]*schema.Object{}
	for _, o := range b.in.Desired.Objects {
		if o.Kind != "system" {
			continue
		}
		if e := endpoints[o.Endpoint]; e != nil {
			e.Claims = append(e.Claims, o.Address)
		}
		if x := b.found[o.Address]; x != nil {
			declared[x.ID] = o
			continue
		}
		s := &rules.System{Address: o.Address, Name: schema.Str(o.Value, "name"), MaxRunning: -1}
		policies(s, o)
		systems[string(o.Address)] = s // what is declared refers to it by its address
		f.Systems = append(f.Systems, s)
	}
	for _, o := range b.in.Inventory.Of("system") {
		v := o.Value
		s := &rules.System{ID: o.ID, Name: nameOf(o), Console: schema.Str(v, "console"), Manager: schema.Str(v, "manager"), State: schema.Str(v, "state"),
			Compat: schema.Strings(v, "compatibility_modes"), Capabilities: schema.Strings(v, "capabilities"),
			RegionMB: schema.Num(v, "memory.region"), MemConfigurable: schema.Num(v, "memory.configurable"), MemInstalled: schema.Num(v, "memory.installed"), MemFree: schema.Num(v, "memory.available"),
			ProcsFree: schema.Num(v, "processor.available"), ProcsConfigurable: schema.Num(v, "processor.configurable"), MinUnits: schema.Num(v, "processor.min_units_per_virtual"), MaxVirtual: schema.Num(v, "processor.max_virtual"), MaxPartitions: schema.Num(v, "max_partitions"),
			ActiveCapable: schema.True(v, "mobility.active_capable"), InactiveCapable: schema.True(v, "mobility.inactive_capable"),
			ActiveMax: schema.Num(v, "mobility.active_max"), ActiveNow: schema.Num(v, "mobility.active_now"), InactiveMax: schema.Num(v, "mobility.inactive_max"), InactiveNow: schema.Num(v, "mobility.inactive_now"), Carried: float64(carried(o)),
			Pools: schema.Strings(v, "processor_pools"), Switches: schema.Strings(v, "virtual_switches"),
			MaxRunning: -1, HugeFree: -1, Service: int(schema.Num(v, "service_partition"))}
		if schema.Has(v, "memory.huge_pages") {
			s.HugeFree = schema.Num(v, "memory.huge_pages")
		}
		s.PoolsPartly, s.SwitchesPartly = slices.Contains(schema.Strings(v, "partly"), "processor_pools"), slices.Contains(schema.Strings(v, "partly"), "virtual_switches")
		for _, name := range schema.Items(v, "vios") {
			x := schema.Get(v, schema.JoinPath("vios", name))
			vios := &rules.Vios{Name: name, State: schema.Str(x, "state"), RMC: schema.Str(x, "rmc_state"), Level: schema.Str(x, "level"), Channel: schema.True(x, "management_channel"), VASI: schema.True(x, "vasi"), Mover: schema.True(x, "mover"),
				MaxSlots: schema.Num(x, "max_virtual_slots"), UsedSlots: len(set(schema.Get(x, "used_slots"))), TargetDevices: schema.Strings(x, "target_devices"), Stale: schema.Strings(x, "stale_mappings")}
			for _, dev := range schema.Items(x, "bridges") {
				br := schema.Get(x, schema.JoinPath("bridges", dev))
				vios.Bridges = append(vios.Bridges, &rules.Bridge{Device: dev, Status: schema.Str(br, "status"), Switch: schema.Str(br, "switch"), VLANs: ints(br, "vlans"), Untagged: ints(br, "port_vlan"), Carriers: ints(br, "carriers")})
			}
			vios.Bridges = append(vios.Bridges, coming[o.ID+"/"+name]...)
			s.Vios = append(s.Vios, vios)
		}
		if d := declared[o.ID]; d != nil {
			s.Address = d.Address
			policies(s, d)
		}
		systems[o.ID] = s
		f.Systems = append(f.Systems, s)
	}
	return systems
}

// policies are what a declaration says about a system that no console holds.
func policies(s *rules.System, d *schema.Object) {
	s.ManagerDeclared, _, _ = strings.Cut(d.Endpoint, ".")
	s.Maintenance, s.Standby, s.Quarantine = schema.True(d.Value, "maintenance"), schema.True(d.Value, "standby"), schema.True(d.Value, "quarantine")
	s.Pool, s.VirtualPerCore = schema.Str(d.Value, "pool"), schema.Num(d.Value, "overcommit.virtual_per_core")
	s.HeadroomMem, s.HeadroomUnits = schema.Num(d.Value, "headroom.memory"), schema.Num(d.Value, "headroom.units")
	s.Fabrics = map[string][]string{}
	for _, name := range schema.Items(d.Value, "fabric") {
		s.Fabrics[name] = schema.Strings(d.Value, schema.JoinPath("fabric", name, "ports"))
	}
	if schema.Has(d.Value, "max_running") {
		s.MaxRunning = schema.Num(d.Value, "max_running")
	}
}

func (b *builder) ruleDisks(f *rules.Facts) map[string]*rules.Disk {
	disks := map[string]*rules.Disk{}
	for _, o := range b.in.Inventory.Of("disk") {
		d := &rules.Disk{ID: o.ID, Identity: backing(o.ID) != "disk" || schema.Has(o.Value, "unique_id") || schema.Has(o.Value, "lun.wwpn") || schema.Has(o.Value, "pvid"),
			LocalOnly: backing(o.ID) == "disk" && !schema.Has(o.Value, "lun.wwpn"), Paths: map[string]*rules.DiskPath{}}
		for _, sys := range schema.Items(o.Value, "paths") {
			x := schema.Get(o.Value, schema.JoinPath("paths", sys))
			d.Paths[sys] = &rules.DiskPath{Device: schema.Str(x, "device"), Status: schema.Str(x, "status"), Reserve: schema.Str(x, "reserve_policy"), VolumeGroup: schema.Str(x, "volume_group"), MappedTo: schema.Strings(x, "mapped_to"), Servers: schema.Items(x, "devices")}
			for _, server := range d.Paths[sys].Servers {
				if d.Paths[sys].Reserves == nil {
					d.Paths[sys].Reserves, d.Paths[sys].Devices = map[string]string{}, map[string]string{}
				}
				d.Paths[sys].Devices[server] = schema.Str(x, schema.JoinPath("devices", server))
				d.Paths[sys].Reserves[server] = schema.Str(x, schema.JoinPath("reserve_policies", server))
			}
			if v := schema.Str(x, "vios"); v != "" && len(d.Paths[sys].Servers) == 0 {
				d.Paths[sys].Servers = []string{v} // an IVM has one
			}
		}
		d.PVID, d.OnHosts = schema.Str(o.Value, "pvid"), map[string]*rules.HostDisk{}
		for _, h := range schema.Items(o.Value, "hosts") {
			x := schema.Get(o.Value, schema.JoinPath("hosts", h))
			d.OnHosts[h] = &rules.HostDisk{Device: schema.Str(x, "device"), Status: schema.Str(x, "status"), VolumeGroup: schema.Str(x, "volume_group"), Reserve: schema.Str(x, "reserve_policy"), Size: schema.Num(x, "size")}
			if id := schema.Str(x, "lun.id"); id != "" {
				d.OnHosts[h].LUN = schema.Str(x, "lun.wwpn") + "/" + id
			}
		}
		if a, ok := b.owner[key(o)]; ok {
			d.Address = a
			if w := b.desired[a]; w != nil {
				d.Declared, d.Shared = true, schema.True(w.Value, "shared")
				d.ByID = firstIdentity(b.in.Catalogue.Kind("disk"), w.Value) != ""
			}
		}
		disks[o.ID] = d
		f.Disks = append(f.Disks, d)
	}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "disk" && b.found[o.Address] == nil {
			k := b.in.Catalogue.Kind("disk")
			d := &rules.Disk{Address: o.Address, ID: identityText(k, o.Value), Declared: true, Identity: true, ByID: firstIdentity(k, o.Value) != "", Paths: map[string]*rules.DiskPath{}}
			if c := b.facts.Coming("disk", b.resolve(string(o.Address))); c != nil {
				d.ID = c.ID
				for _, sys := range schema.Items(c.Value, "paths") {
					d.Paths[sys] = &rules.DiskPath{}
				}
			}
			disks[b.resolve(string(o.Address))] = d
			f.Disks = append(f.Disks, d)
		}
	}
	return disks
}

// backing is the form of a disk that its identity begins with: lv, file and lu are made by a Virtual I/O Server.
func backing(id string) string {
	switch form, _, _ := strings.Cut(id, ":"); form {
	case "lv", "file", "lu", "optical":
		return form
	}
	return "disk"
}

func ints(v cty.Value, path string) []int {
	x := schema.Get(v, path)
	if x == cty.NilVal || !x.CanIterateElements() {
		return nil
	}
	var out []int
	for it := x.ElementIterator(); it.Next(); {
		_, e := it.Element()
		n, _ := e.AsBigFloat().Int64()
		out = append(out, int(n))
	}
	return out
}

// rulePartition joins a found partition with its declaration; either may be nil.
func (b *builder) rulePartition(o, want *schema.Object, systems map[string]*rules.System, disks map[string]*rules.Disk, vlans map[string]int) *rules.Partition {
	p := &rules.Partition{}
	v, w := cty.EmptyObjectVal, cty.EmptyObjectVal
	if o != nil {
		v = o.Value
		p.ID, p.Name, p.System = o.ID, nameOf(o), systems[schema.Str(v, "system")]
		p.Target = p.System
	}
	if want != nil {
		w = b.resolveAttrs(b.in.Catalogue.Kind("partition").Attributes, want.Value)
		if t := systems[schema.Str(w, "system")]; t != nil {
			p.Target = t
		}
		if p.Name == "" {
			p.Name = schema.Str(w, "name")
		}
	}
	// What is declared says how it will be, what was found how it is.
	num := func(path string) float64 {
		if schema.Has(w, path) {
			return schema.Num(w, path)
		}
		return schema.Num(v, path)
	}
	str := func(path string) string {
		if s := schema.Str(w, path); s != "" {
			return s
		}
		return schema.Str(v, path)
	}
	p.Environment, p.State = str("environment"), schema.Str(v, "state")
	p.Running = o != nil && isRunning(o)
	p.RunningAtEnd = str("state") == "running"
	p.RMC, p.DlparMem, p.DlparProc = schema.Str(v, "rmc_state"), schema.True(v, "dlpar.memory"), schema.True(v, "dlpar.processor")
	p.OS, p.LparID, p.EverActivated = schema.Str(v, "os_version"), int(schema.Num(v, "id")), schema.True(v, "ever_activated")
	p.Migration, p.WorkloadGroup = schema.Str(v, "migration_state"), schema.Str(v, "workload_group")
	p.Slots = schema.Strings(v, "physical_slots")
	p.UUID, p.MigrationDisabled, p.TimeReference, p.RedundantErrorPath = schema.Str(v, "uuid"), schema.True(v, "migration_disabled"), schema.True(v, "time_reference"), schema.True(v, "redundant_error_path")
	p.HugePages, p.Expansion, p.VNICs, p.LogicalPorts = schema.Num(v, "memory.huge_pages.desired"), num("memory.expansion"), schema.Items(v, "vnics"), schema.Strings(v, "logical_ports")
	p.Pool, p.PoolThere, p.Profile, p.Profiles = schema.Str(v, "processor.pool"), schema.Str(w, "mobility.pool"), schema.Str(v, "profile"), schema.Strings(v, "profiles")
	p.ProfileNamed = schema.Has(w, "mobility.profile")
	p.Features = schema.Strings(v, "features")
	p.HostPorts, p.BSR, p.RemoteRestart = schema.Strings(v, "host_ethernet_ports"), schema.Num(v, "bsr_arrays"), schema.True(v, "remote_restart")
	p.HeldUnits, p.ProfileMem, p.ProfileUnits = schema.Num(v, "holds_units"), schema.Num(v, "memory.desired"), wantedUnits(v)
	p.Choices = map[string][]string{}
	for _, attr := range []string{"source_mover", "target_mover"} {
		if name := schema.Str(w, "mobility."+attr); name != "" {
			p.Choices[attr] = []string{name}
		}
	}
	for _, attr := range []string{"scsi_mappings", "fibre_channel_mappings"} {
		for _, item := range schema.Strings(w, "mobility."+attr) {
			// client-slot/vios-name/vios-id and more
			if f := strings.Split(item, "/"); len(f) > 1 && f[1] != "" && !slices.Contains(p.Choices[attr], f[1]) {
				p.Choices[attr] = append(p.Choices[attr], f[1])
			}
		}
	}
	for _, pair := range schema.Strings(w, "mobility.mover_pairs") {
		from, to, _ := strings.Cut(pair, "/")
		p.Choices["mover_pairs"] = append(p.Choices["mover_pairs"], from)
		p.Choices["mover_pairs there"] = append(p.Choices["mover_pairs there"], to)
	}
	p.OneMover = schema.Str(w, "mobility.redundant_movers") == "off"
	p.RedundantMovers, p.Overrides = schema.Str(w, "mobility.redundant_movers") == "require" || len(p.Choices["mover_pairs"]) > 0, schema.Strings(w, "mobility.override")
	if o != nil && o.Profile != cty.NilVal {
		for _, what := range []string{"memory", "processor"} {
			p.Differs = p.Differs || !schema.Equal(schema.Get(o.Profile, what), schema.Get(v, what))
		}
	}
	for _, n := range ints(v, "extra_serial_slots") {
		p.ExtraSerial = append(p.ExtraSerial, schema.FormatNumber(cty.NumberIntVal(int64(n))))
	}
	p.MemNow, p.MemMin, p.MemDesired, p.MemMax = schema.Num(v, "holds_memory"), num("memory.minimum"), num("memory.desired"), num("memory.maximum")
	if p.Target != nil {
		if t := b.lookup("system", p.Target.ID); t != nil {
			p.Overhead = Overhead(t, memoryMaximum(p.MemMax))
		}
	}
	p.MemShared = str("memory.mode") == "shared"
	p.Units, p.Procs, p.MaxProcs, p.ProcMode = num("processor.units.desired"), num("processor.virtual.desired"), num("processor.virtual.maximum"), str("processor.mode")
	p.CompatNow, p.CompatWanted = schema.Str(v, "processor.compatibility_now"), str("processor.compatibility")
	p.Pinned, p.Exclusive = schema.True(w, "placement.pinned"), schema.True(w, "placement.exclusive")
	p.Group, p.Apart = schema.Str(w, "placement.group"), schema.Str(w, "placement.apart")
	if want != nil {
		for _, s := range schema.Strings(want.Value, "placement.only_on") {
			p.OnlyOn = append(p.OnlyOn, schema.Address(s))
		}
		for _, s := range schema.Strings(want.Value, "placement.not_on") {
			p.NotOn = append(p.NotOn, schema.Address(s))
		}
	}
	src := v
	if o == nil {
		src = w
	}
	for _, label := range schema.Items(src, "ethernet") {
		x := schema.Get(src, schema.JoinPath("ethernet", label))
		e := &rules.Ethernet{Label: label, MAC: schema.Str(x, "mac"), Switch: schema.Str(x, "switch")}
		for _, id := range append([]string{schema.Str(x, "network")}, schema.Strings(x, "tagged")...) {
			if n := vlans[id]; n != 0 {
				e.VLANs = append(e.VLANs, n)
			}
		}
		p.Ethernet = append(p.Ethernet, e)
	}
	if o != nil {
		have := map[int]bool{}
		for _, e := range p.Ethernet {
			for _, v := range e.VLANs {
				have[v] = true
			}
		}
		for _, label := range schema.Items(w, "ethernet") {
			x := schema.Get(w, schema.JoinPath("ethernet", label))
			e := &rules.Ethernet{Label: label, New: true}
			for _, id := range append([]string{schema.Str(x, "network")}, schema.Strings(x, "tagged")...) {
				if n := vlans[id]; n != 0 && !have[n] {
					e.VLANs = append(e.VLANs, n)
				}
			}
			if len(e.VLANs) > 0 {
				p.Ethernet = append(p.Ethernet, e)
			}
		}
	}
	for _, label := range schema.Items(src, "disk") {
		x := schema.Get(src, schema.JoinPath("disk", label))
		p.Disks = append(p.Disks, &rules.PartitionDisk{Label: label, Target: schema.Str(x, "target"), Backing: cmp.Or(schema.Str(x, "backing"), backing(schema.Str(x, "source"))), Device: schema.Str(x, "device"), Paths: int(schema.Num(x, "paths")), Disk: disks[schema.Str(x, "source")]})
	}
	for _, label := range schema.Items(v, "optical") {
		p.Disks = append(p.Disks, &rules.PartitionDisk{Label: label, Target: schema.Str(v, schema.JoinPath("optical", label, "target")), Backing: "optical"})
	}
	for _, label := range schema.Items(w, "npiv") {
		p.Fabrics = append(p.Fabrics, schema.Str(w, schema.JoinPath("npiv", label, "fabric")))
	}
	if fc := schema.Get(v, "fibre_channel"); fc != cty.NilVal {
		p.FibreChannel = schema.Items(fc, "")
	}
	return p
}

// memoryMaximum is a value of which only the hypervisor's overhead is asked.
func memoryMaximum(mib float64) cty.Value {
	return schema.Build(map[string]cty.Value{"memory": schema.Build(map[string]cty.Value{"maximum": cty.NumberFloatVal(mib)})})
}

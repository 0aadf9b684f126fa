package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/rules"
)

// clusterFacts joins hosts, clusters and what they share for the rules.
type clusterFacts struct {
	b      *builder
	out    *rules.Facts
	disks  map[string]*rules.Disk
	hosts  map[string]*rules.Host        // by identity, or by address while nobody knows it
	groups map[string]*rules.VolumeGroup // likewise
	rgs    map[string]*rules.ResourceGroup
	apps   map[string]*rules.Application
}

func (b *builder) clusterRules(f *rules.Facts, disks map[string]*rules.Disk, parts map[string]*rules.Partition) {
	c := &clusterFacts{b: b, out: f, disks: disks, hosts: map[string]*rules.Host{}, groups: map[string]*rules.VolumeGroup{}, rgs: map[string]*rules.ResourceGroup{}, apps: map[string]*rules.Application{}}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "host" {
			c.host(o, parts)
		}
	}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "volume_group" {
			c.group(o)
		}
	}
	for _, o := range b.in.Desired.Objects {
		switch o.Kind {
		case "logical_volume", "filesystem":
			c.inGroup(o)
		case "application":
			c.application(o)
		case "resource_group":
			g := &rules.ResourceGroup{Address: o.Address, Name: schema.Str(o.Value, "name")}
			c.rgs[b.resolve(string(o.Address))] = g
		}
	}
	for _, o := range b.in.Desired.Objects {
		switch o.Kind {
		case "cluster":
			c.cluster(o)
		case "wpar":
			c.workload(o)
		}
	}
}

// workload adds a workload partition: as it is where it moves, for what is changed is changed behind the move.
func (c *clusterFacts) workload(o *schema.Object) {
	b := c.b
	v, f := b.merged(o), b.found[o.Address]
	w := &rules.Wpar{Address: o.Address, Name: schema.Str(v, "name"), New: f == nil, Target: c.hosts[b.resolve(schema.Str(o.Value, "host"))], Kind: cmp.Or(schema.Str(v, "kind"), "system"),
		Critical: schema.True(o.Value, "critical"), Tested: schema.True(o.Value, "mobility.tested"), Reason: schema.Str(o.Value, "mobility.reason"), Directory: schema.Str(o.Value, "mobility.directory"), Tests: schema.Strings(o.Value, "mobility.tests")}
	w.Hostname, w.Host = cmp.Or(schema.Str(v, "hostname"), w.Name), w.Target
	is := v
	if f != nil {
		is, w.Running = f.Value, schema.Str(f.Value, "state") == "running"
		w.Host = c.hosts[schema.Str(f.Value, "host")]
		if w.Host == nil { // it is on a host that is not declared
			w.Host = &rules.Host{Name: schema.Str(f.Value, "host")}
		}
	}
	w.Checkpointable = schema.True(is, "checkpointable")
	for _, s := range b.byAddr[o.Address] {
		w.Live = w.Live || s.Action == Relocate && s.Mode == "live"
	}
	for _, d := range schema.Items(is, "mount") {
		m := schema.Get(is, schema.JoinPath("mount", d))
		if schema.True(m, "usual") {
			continue
		}
		w.Mounts = append(w.Mounts, rules.WparMount{Dir: d, Type: schema.Str(m, "type"), Server: schema.Str(m, "server"), Path: schema.Str(m, "path"), Options: schema.Str(m, "options")})
	}
	for _, a := range schema.Items(is, "address") {
		x := schema.Get(is, schema.JoinPath("address", a))
		w.Addresses = append(w.Addresses, rules.WparAddress{Address: a, Mask: schema.Str(x, "netmask"), Interface: schema.Str(x, "interface")})
	}
	w.Devices = schema.Items(is, "device")
	for attr, none := range map[string]string{"shares_cpu": "unlimited", "shares_memory": "unlimited", "cpu": "0%-100%,100%", "memory": "0%-100%,100%"} {
		if x := schema.Str(v, "resource_control."+attr); x != "" && x != none {
			w.Limited = true
		}
	}
	c.out.Wpars = append(c.out.Wpars, w)
}

// merged is what an object will be: what is declared, and what was found of the rest.
func (b *builder) merged(o *schema.Object) cty.Value {
	k := b.in.Catalogue.Kind(o.Kind)
	v := b.resolveAttrs(k.Attributes, o.Value)
	if f := b.found[o.Address]; f != nil {
		v = overlay(f.Value, v)
	}
	return v
}

// overlay is a found value with a declared one over it. What is declared in labelled blocks is all that there will be.
func overlay(found, declared cty.Value) cty.Value {
	out := found.AsValueMap()
	if out == nil {
		out = map[string]cty.Value{}
	}
	for n, v := range declared.AsValueMap() {
		if have, ok := out[n]; ok && n == "settings" {
			v = overlay(have, v)
		}
		out[n] = v
	}
	return schema.Build(out)
}

func (c *clusterFacts) host(o *schema.Object, parts map[string]*rules.Partition) {
	h := &rules.Host{Address: o.Address, Name: schema.Str(o.Value, "hostname"), Declared: true, Site: schema.Str(o.Value, "site")}
	h.Partition = parts[c.b.resolve(schema.Str(o.Value, "partition"))]
	if f := c.b.found[o.Address]; f != nil {
		v := f.Value
		h.Found, h.Name, h.Level, h.Bits, h.VarFree, h.ClusterLevel = true, f.ID, schema.Str(v, "level"), schema.Num(v, "kernel_bits"), schema.Num(v, "var_free"), schema.Str(v, "cluster_level")
		h.Filesets, h.Names, h.Scripts, h.Users = words(v, "filesets"), words(v, "names"), words(v, "scripts"), map[string]float64{}
		h.Routes, h.Exports, h.Processes = schema.Strings(v, "routes"), schema.Strings(v, "exports"), schema.Strings(v, "processes")
		for _, n := range schema.Items(v, "users") {
			h.Users[n] = schema.Num(v, schema.JoinPath("users", n))
		}
		for _, n := range schema.Items(v, "interfaces") {
			x := schema.Get(v, schema.JoinPath("interfaces", n))
			h.Interfaces = append(h.Interfaces, &rules.HostInterface{Name: n, Address: schema.Str(x, "address"), Netmask: schema.Str(x, "netmask"), State: schema.Str(x, "state"), Boot: schema.Str(x, "boot"), Aliases: schema.Strings(x, "aliases")})
		}
		h.Memory, h.MemFree, h.Processor, h.Speed, h.Entitled, h.Idle = schema.Num(v, "memory"), schema.Num(v, "memory_free"), schema.Str(v, "processor"), schema.Num(v, "processor_speed"), schema.Num(v, "entitled"), -1
		if schema.Has(v, "idle") {
			h.Idle = schema.Num(v, "idle")
		}
		h.Time, h.Mobility, h.NFS, h.Exported = schema.True(v, "time"), schema.True(v, "mobility"), words(v, "nfs"), words(v, "exported")
		for _, w := range c.b.in.Inventory.Of("wpar") {
			if schema.Str(w.Value, "host") == f.ID && c.b.owner["wpar|"+w.ID] == "" {
				h.Strangers = append(h.Strangers, nameOf(w))
			}
		}
		for _, cl := range c.b.in.Inventory.Of("cluster") {
			if m := schema.Get(cl.Value, schema.JoinPath("members", f.ID)); m != cty.NilVal {
				h.State, h.Manager = schema.Str(m, "state"), schema.Str(m, "manager")
			}
		}
	}
	c.hosts[c.b.resolve(string(o.Address))] = h
	c.out.Hosts = append(c.out.Hosts, h)
}

func words(v cty.Value, path string) map[string]string {
	out := map[string]string{}
	for _, n := range schema.Items(v, path) {
		out[n] = schema.Str(v, schema.JoinPath(append(schema.SplitPath(path), n)...))
	}
	return out
}

// at are the hosts behind references.
func (c *clusterFacts) at(refs []string) []*rules.Host {
	var out []*rules.Host
	for _, r := range refs {
		h := c.hosts[r]
		if h == nil {
			h = &rules.Host{Name: r}
			c.hosts[r] = h
		}
		out = append(out, h)
	}
	return out
}

func (c *clusterFacts) disksOf(refs []string) []*rules.Disk {
	var out []*rules.Disk
	for _, r := range refs {
		if d := c.disks[r]; d != nil {
			out = append(out, d)
		}
	}
	return out
}

func truth(v cty.Value, path string) *bool {
	x := schema.Get(v, path)
	if x == cty.NilVal || x.Type() != cty.Bool {
		return nil
	}
	t := x.True()
	return &t
}

func (c *clusterFacts) group(o *schema.Object) {
	v := c.b.merged(o)
	hosts := schema.Strings(v, "hosts")
	if h := schema.Str(o.Value, "host"); h != "" || len(hosts) == 0 {
		hosts = []string{schema.Str(v, "host")}
	}
	g := &rules.VolumeGroup{Address: o.Address, Name: schema.Str(v, "name"), Declared: true, Hosts: c.at(hosts), Mode: schema.Str(v, "mode"), Type: schema.Str(v, "type"), AutoOn: truth(v, "auto_on"), Quorum: truth(v, "quorum"),
		Major: schema.Num(o.Value, "major"), Disks: c.disksOf(schema.Strings(v, "disks")), Known: map[string]*rules.KnownGroup{}}
	if g.Mode == "" {
		g.Mode = "standard"
		if len(hosts) > 1 {
			g.Mode = "enhanced-concurrent"
		}
	}
	for _, h := range schema.Items(v, "known") {
		x := schema.Get(v, schema.JoinPath("known", h))
		g.Known[h] = &rules.KnownGroup{State: schema.Str(x, "state"), Major: schema.Num(x, "major"), AutoOn: truth(x, "auto_on")}
	}
	id := c.b.resolve(string(o.Address))
	for _, x := range c.b.in.Inventory.Of("logical_volume") {
		if schema.Str(x.Value, "volume_group") == id && c.b.owner[key(x)] == "" {
			g.Volumes = append(g.Volumes, volumeFact("", x.Value))
		}
	}
	c.groups[id] = g
	c.out.VolumeGroups = append(c.out.VolumeGroups, g)
}

func volumeFact(a schema.Address, v cty.Value) *rules.LogicalVolume {
	return &rules.LogicalVolume{Address: a, Name: schema.Str(v, "name"), Type: schema.Str(v, "type"), Copies: schema.Num(v, "copies"), Strictness: schema.Str(v, "strictness"), Upper: schema.Num(v, "upper_bound"), Mount: schema.Str(v, "mount")}
}

func (c *clusterFacts) inGroup(o *schema.Object) {
	v := c.b.merged(o)
	g := c.groups[schema.Str(v, "volume_group")]
	if g == nil {
		return
	}
	if o.Kind == "filesystem" {
		g.Filesystems = append(g.Filesystems, &rules.Filesystem{Address: o.Address, Mount: schema.Str(v, "mount"), Group: g})
		return
	}
	lv := volumeFact(o.Address, v)
	if lv.Copies == 0 {
		lv.Copies = 1
	}
	lv.Strictness = cmp.Or(lv.Strictness, "strict")
	g.Volumes = append(g.Volumes, lv)
}

func number(v cty.Value, path string) float64 {
	if !schema.Has(v, path) {
		return -1
	}
	return schema.Num(v, path)
}

func (c *clusterFacts) application(o *schema.Object) {
	v := c.b.merged(o)
	a := &rules.Application{Address: o.Address, Name: schema.Str(v, "name"), Start: schema.Str(v, "start"), Stop: schema.Str(v, "stop"), StartupMode: schema.Str(v, "startup_mode"), Kind: schema.Str(v, "kind"), Process: schema.Str(v, "process"),
		StartTime: schema.Num(v, "start_time"), Unattended: !schema.Has(v, "unattended") || schema.True(v, "unattended"), Recovers: schema.True(v, "recovers_from_crash"), Standalone: schema.True(v, "tested_standalone"), Concurrent: schema.True(v, "concurrent"),
		Files: schema.Strings(v, "files"), Levels: schema.Strings(v, "levels"), Routes: schema.Strings(v, "routes")}
	a.RecoversSaid, a.StandaloneSaid = schema.Has(v, "recovers_from_crash"), schema.Has(v, "tested_standalone")
	if l := schema.Get(v, "licence"); l != cty.NilVal {
		a.Licence = &rules.Licence{BoundTo: c.at(schema.Strings(l, "bound_to")), Processors: schema.Num(l, "processors"), Count: schema.Num(l, "count")}
	}
	if l := schema.Get(v, "clients"); l != cty.NilVal {
		a.Clients = &rules.Clients{ARPRefresh: truth(l, "arp_refresh"), SameSubnet: truth(l, "same_subnet"), Reconnect: schema.Str(l, "reconnect")}
	}
	for _, n := range schema.Items(v, "monitor") {
		m := schema.Get(v, schema.JoinPath("monitor", n))
		a.Monitors = append(a.Monitors, &rules.Monitor{Name: n, Type: schema.Str(m, "type"), Mode: cmp.Or(schema.Str(m, "mode"), "longrunning"), Processes: schema.Strings(m, "processes"), Owner: schema.Str(m, "owner"), Method: schema.Str(m, "method"),
			Instances: number(m, "instances"), Interval: number(m, "interval"), Signal: number(m, "hung_signal"), Stabilization: number(m, "stabilization"), Restarts: number(m, "restarts"), RestartInterval: number(m, "restart_interval"),
			OnFailure: cmp.Or(schema.Str(m, "on_failure"), "notify"), Cleanup: schema.Str(m, "cleanup"), Restart: schema.Str(m, "restart"), Notify: schema.Str(m, "notify")})
	}
	c.apps[c.b.resolve(string(o.Address))] = a
}

func (c *clusterFacts) cluster(o *schema.Object) {
	b, v, f := c.b, c.b.merged(o), c.b.found[o.Address]
	x := &rules.Cluster{Address: o.Address, Name: schema.Str(v, "name"), Release: schema.Str(o.Value, "version"), Declared: true, Exists: f != nil, Nodes: c.at(schema.Strings(v, "nodes")), Type: cmp.Or(schema.Str(v, "type"), "standard"), Heartbeat: schema.Str(v, "heartbeat"),
		OnStop: schema.Str(o.Value, "on_stop"), Repositories: c.disksOf(schema.Strings(v, "repository")), Settings: map[string]float64{}, Policies: map[string]string{}, Features: schema.Strings(o.Value, "features"), TestedAt: schema.Str(o.Value, "tested_at"),
		Running: running(f), Synchronised: true, Online: schema.Str(o.Value, "state") == "online" || schema.Str(o.Value, "state") == "" && running(f)}
	if f != nil {
		x.Condition, x.Disagree = schema.Str(f.Value, "condition"), b.strangers(o)
		x.Synchronised = !schema.Has(f.Value, "synchronised") || schema.True(f.Value, "synchronised") || b.ownChanges(f)
	}
	for _, n := range schema.Items(v, "settings") {
		if s := schema.Get(v, "settings."+n); s.Type() == cty.Number {
			x.Settings[n] = schema.Num(v, "settings."+n)
		} else if s.Type() == cty.String {
			x.Policies[n] = s.AsString()
		}
	}
	if schema.Str(o.Value, "during_migration") == "unmanage" {
		x.Policies["lpm_policy"] = "unmanage"
	}
	for _, n := range schema.Items(v, "network") {
		w := schema.Get(v, schema.JoinPath("network", n))
		net := &rules.ClusterNetwork{Name: n, Type: schema.Str(w, "type"), Netmask: schema.Str(w, "netmask"), Private: schema.Has(w, "public") && !schema.True(w, "public"), Takeover: cmp.Or(schema.Str(w, "takeover"), "alias"),
			HeartbeatAlias: schema.Str(w, "heartbeat_alias"), Disk: c.disks[schema.Str(w, "disk")], Nodes: c.at(schema.Strings(w, "nodes")), Devices: words(w, "devices")}
		if len(net.Nodes) == 0 && !net.IP() {
			net.Nodes = x.Nodes
		}
		x.Networks = append(x.Networks, net)
	}
	labels := func(block string) []*rules.ClusterLabel {
		var out []*rules.ClusterLabel
		for _, n := range schema.Items(v, block) {
			w := schema.Get(v, schema.JoinPath(block, n))
			l := &rules.ClusterLabel{Name: n, Network: schema.Str(w, "network"), Address: schema.Str(w, "address"), Netmask: schema.Str(w, "netmask"), Site: schema.Str(w, "site"), MAC: schema.Str(w, "hardware_address"), Device: schema.Str(w, "device")}
			if net := x.Network(l.Network); net != nil && l.Netmask == "" {
				l.Netmask = net.Netmask
			}
			if h := schema.Str(w, "node"); h != "" {
				l.Node = c.at([]string{h})[0]
			}
			out = append(out, l)
		}
		return out
	}
	x.Interfaces, x.ServiceIPs, x.Persistent = labels("interface"), labels("service_ip"), labels("persistent_ip")
	for _, n := range schema.Items(v, "site") {
		w := schema.Get(v, schema.JoinPath("site", n))
		x.Sites = append(x.Sites, &rules.Site{Name: n, Nodes: c.at(schema.Strings(w, "nodes")), Repository: c.disks[schema.Str(w, "repository")], Readiness: schema.Str(w, "readiness"), Link: number(w, "link"), Latency: number(w, "latency"), OwnGroups: schema.True(w, "groups")})
	}
	for _, s := range b.steps {
		if b.stepCluster(s) != o.Address {
			continue
		}
		x.Created = x.Created || s.Kind == "cluster" && s.Action == Create
		x.Stops = x.Stops || s.Kind == "cluster" && s.Action == Stop && s.Node == ""
		x.Changed = x.Changed || defines(s) || s.Kind == "cluster" && s.Action == Create
	}
	id := b.resolve(string(o.Address))
	for _, d := range b.in.Desired.Objects {
		if b.resolve(schema.Str(d.Value, "cluster")) != id {
			continue
		}
		switch d.Kind {
		case "application":
			a := c.apps[b.resolve(string(d.Address))]
			a.Cluster = x
			x.Applications = append(x.Applications, a)
		case "resource_group":
			c.resourceGroup(x, d)
		}
	}
	c.out.Clusters = append(c.out.Clusters, x)
}

func (c *clusterFacts) resourceGroup(x *rules.Cluster, o *schema.Object) {
	b, v, f := c.b, c.b.merged(o), c.b.found[o.Address]
	g := c.rgs[b.resolve(string(o.Address))]
	x.Groups = append(x.Groups, g)
	g.Cluster, g.Nodes, g.Secondary = x, c.at(schema.Strings(v, "nodes")), c.at(schema.Strings(v, "secondary_nodes"))
	g.Startup, g.Fallover, g.Fallback = schema.Str(v, "startup"), schema.Str(v, "fallover"), schema.Str(v, "fallback")
	g.Style, g.InactiveTakeover, g.CWOF = schema.Str(o.Value, "style"), schema.True(o.Value, "inactive_takeover"), schema.True(o.Value, "without_fallback")
	g.Priority, g.PriorityScript, g.PriorityTimeout, g.Timer = schema.Str(v, "priority.policy"), schema.Str(v, "priority.script"), schema.Num(v, "priority.timeout"), schema.Str(v, "fallback_timer.name")
	for _, n := range schema.Strings(v, "service_ips") {
		if i := slices.IndexFunc(x.ServiceIPs, func(l *rules.ClusterLabel) bool { return l.Name == n }); i >= 0 {
			g.ServiceIPs = append(g.ServiceIPs, x.ServiceIPs[i])
		} else {
			g.UnknownIPs = append(g.UnknownIPs, n)
		}
	}
	for _, id := range schema.Strings(v, "applications") {
		if a := c.apps[id]; a != nil {
			g.Applications = append(g.Applications, a)
			for _, m := range a.Monitors {
				m.Group = g
			}
		}
	}
	for _, id := range schema.Strings(v, "volume_groups") {
		vg := c.groups[id]
		if vg == nil {
			_, name, _ := strings.Cut(id, "/")
			vg = &rules.VolumeGroup{Name: name, Known: map[string]*rules.KnownGroup{}}
			if found := b.lookup("volume_group", id); found != nil {
				vg.Hosts, vg.Mode = c.at(schema.Strings(found.Value, "hosts")), schema.Str(found.Value, "mode")
			}
		}
		vg.Group = g
		g.VolumeGroups = append(g.VolumeGroups, vg)
	}
	g.Filesystems, g.RawDisks, g.Tapes, g.Exports, g.ExportsV4 = schema.Strings(v, "filesystems"), c.disksOf(schema.Strings(v, "disks")), schema.Strings(v, "tapes"), schema.Strings(v, "exports"), schema.Strings(v, "exports_v4")
	g.NFSMounts, g.NFSNetwork, g.FilesystemsFirst, g.FilesystemsFirstSaid = words(v, "nfs_mounts"), schema.Str(v, "nfs_network"), schema.True(v, "filesystems_first"), schema.Has(o.Value, "filesystems_first")
	g.Forced, g.AutoImport, g.Recovery = schema.True(v, "forced_varyon"), schema.True(v, "auto_import"), schema.Str(v, "recovery")
	others := func(path string) []*rules.ResourceGroup {
		var out []*rules.ResourceGroup
		for _, id := range schema.Strings(v, path) {
			if r := c.rgs[id]; r != nil {
				out = append(out, r)
			}
		}
		return out
	}
	g.Parents, g.SameNode, g.DifferentNode, g.StartAfter, g.StopAfter = others("parents"), others("same_node"), others("different_node"), others("start_after"), others("stop_after")
	g.SitePolicy, g.Critical = schema.Str(v, "site_policy"), schema.True(o.Value, "critical")
	g.Data, g.Link, g.Readiness, g.By, g.TestedAt = number(o.Value, "recovery_level.data"), number(o.Value, "recovery_level.link"), schema.Str(o.Value, "recovery_level.site"), schema.Str(o.Value, "recovery_level.by"), schema.Str(o.Value, "recovery_level.tested_at")
	g.Within, g.Latency = schema.Num(o.Value, "recovery_level.within"), number(o.Value, "recovery_level.latency")
	if on := b.resolve(schema.Str(o.Value, "on")); on != "" {
		g.Wanted = c.at([]string{on})[0]
	}
	if f != nil {
		g.Exists, g.Condition, g.Pinned = true, schema.Str(f.Value, "condition"), schema.Str(f.Value, "pinned_to")
		g.NodesNow = c.at(schema.Strings(f.Value, "nodes"))
		if on := schema.Str(f.Value, "on"); on != "" {
			g.Current = c.at([]string{on})[0]
		}
	}
	for _, s := range b.byAddr[o.Address] {
		felt := s.Disruption >= schema.Outage
		switch s.Action {
		case Move:
			if felt && (s.Node == "" || s.From == s.Node) { // there and back counts once
				g.MovesTo = c.at([]string{s.To})[0]
			}
		case Stop, Delete:
			g.Stops = g.Stops || felt
		case Update:
			g.Changed, g.Stops = true, g.Stops || felt
		case Create:
			g.Changed = true
		}
	}
	for _, s := range b.byAddr[x.Address] {
		if s.Action == Start && s.Node != "" {
			c.at([]string{s.Node})[0].Starts = true
		}
		if s.Action == Stop && s.Disruption >= schema.Outage && g.Condition == "ONLINE" {
			g.Stops = true
		}
	}
}

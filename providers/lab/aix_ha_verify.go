package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// haCheck collects what verification finds, and repairs what it may.
type haCheck struct {
	e      *Estate
	h      *Host // where it runs
	d      *haDef
	fix    bool
	names  []string
	hosts  map[string]*Host
	errors []string
	warns  []string
	fixed  []string
}

const cannotTalk = "Unable to communicate with node"

func (v *haCheck) bad(format string, args ...any)  { v.errors = append(v.errors, text(format, args...)) }
func (v *haCheck) warn(format string, args ...any) { v.warns = append(v.warns, text(format, args...)) }

// repair corrects an error when that is allowed: only with services down on the node.
func (v *haCheck) repair(h *Host, run func(), format string, args ...any) {
	if v.fix && h.HA.State == "" {
		run()
		v.fixed = append(v.fixed, text(format, args...))
		return
	}
	v.bad(format, args...)
}

// verify checks a definition against all of its nodes.
func (e *Estate) verify(h *Host, fix bool) *haCheck {
	v := &haCheck{e: e, h: h, d: h.HA.DCD, fix: fix}
	v.names, v.hosts = e.peers(v.d, h)
	if len(v.names) < 2 {
		v.warn("The cluster has %d node(s). At least two are needed for high availability.", len(v.names))
	}
	for _, name := range v.names {
		p := v.hosts[name]
		if why := e.talk(h, p); why != "" {
			v.bad(cannotTalk+" %s: %s.", name, why)
			delete(v.hosts, name)
		}
	}
	for _, name := range v.names {
		p := v.hosts[name]
		switch {
		case p == nil:
			continue
		case p.HA.Version != h.HA.Version:
			v.bad("Node %s has PowerHA SystemMirror %s, node %s has %s.", name, p.HA.Version, e.nodeName(h), h.HA.Version)
		}
		if x := p.HA.DCD.cluster(); x != nil && x.Attrs["SYNCED"] != "" && v.d.clusterID() != p.HA.DCD.clusterID() {
			v.bad("Node %s already belongs to cluster %s.", name, x.Name)
		}
		if e.var22(p) < 22+5*len(v.names) {
			v.warn("There is not enough free space in /var on node %s: %d MB are needed.", name, 22+5*len(v.names))
		}
	}
	v.resolve()
	v.networks()
	v.withoutSerial()
	v.disks()
	v.groups()
	v.applications()
	v.dependencies()
	sort.Strings(v.warns)
	return v
}

// var22 is the free space of /var in MB.
func (e *Estate) var22(h *Host) int {
	if m := h.mountAt("/var"); m != nil {
		if _, v := h.volumeOf(m.Dev); v != nil && v.FS != nil {
			return v.FS.freeBlocks() / 2048
		}
	}
	return 1 << 20
}

// resolve looks at the names: every label has the same address on every node.
func (v *haCheck) resolve() {
	labels := append(v.d.names("service_ip"), v.d.names("persistent_ip")...)
	for _, o := range v.d.all("interface") {
		if n := v.d.get("network", o.get("NETWORK")); n == nil || !contains(serialKinds, n.get("TYPE")) {
			labels = append(labels, o.Name)
		}
	}
	for _, n := range v.d.all("node") {
		labels = append(labels, n.get("COMMPATH"))
	}
	var done []string
	for _, label := range labels {
		if slices.Contains(done, label) {
			continue
		}
		done = append(done, label)
		want := v.h.haLookup(label)
		if want == "" {
			v.bad("IP label %s does not resolve on node %s.", label, v.e.nodeName(v.h))
			continue
		}
		for _, name := range v.names {
			p := v.hosts[name]
			if p == nil || p == v.h {
				continue
			}
			switch got := p.haLookup(label); {
			case got == want:
			case got == "":
				v.repair(p, func() {
					text, _ := p.read("/etc/hosts")
					p.Files["/etc/hosts"] = &hostFile{Mode: 0o644, Data: strings.TrimSuffix(text, "\n") + "\n" + want + "\t" + label + "\n", at: v.e.Now}
				}, "IP label %s does not resolve on node %s: there is no entry in /etc/hosts.", label, name)
			default:
				v.bad("IP label %s resolves to %s on node %s and to %s on node %s.", label, want, v.e.nodeName(v.h), got, name)
			}
		}
	}
	for _, name := range v.names {
		p := v.hosts[name]
		if p == nil {
			continue
		}
		own := p.haLookup(p.Hostname)
		if own == "" {
			v.bad("The host name %s of node %s does not resolve through /etc/hosts.", p.Hostname, name)
		} else if !slices.Contains(p.addresses(), own) {
			v.bad("The host name %s of node %s resolves to %s, which is not an address of its interfaces.", p.Hostname, name, own)
		}
		for _, s := range v.d.names("service_ip") {
			if v.h.haLookup(s) == own && own != "" {
				v.bad("The host name %s of node %s resolves to the service IP label %s.", p.Hostname, name, s)
			}
		}
	}
}

func (v *haCheck) networks() {
	if len(v.d.all("network")) == 0 {
		v.bad("There are no networks defined in the cluster.")
	}
	for _, n := range v.d.all("network") {
		if contains("diskhb rs232 tmscsi tmssa", n.get("TYPE")) {
			v.serial(n)
			continue
		}
		with := 0
		single := false
		for _, node := range v.names {
			var subnets []string
			count := 0
			for _, o := range v.d.all("interface") {
				if o.get("NODE") != node || o.get("NETWORK") != n.Name {
					continue
				}
				count++
				p := v.hosts[node]
				if p == nil {
					continue
				}
				nic := p.nic(o.get("INTERFACE"))
				address := v.h.haLookup(o.Name)
				if nic == nil || nic.Address != address && address != "" && p.HA.State == "" {
					v.bad("Interface %s of node %s is not configured with the IP label %s (%s).", o.get("INTERFACE"), node, o.Name, address)
					continue
				}
				if slices.Contains(subnets, nic.subnet()) && n.Attrs["HB_ALIAS"] == "" {
					v.bad("Node %s: two boot addresses of network %s are in the subnet %s. Each interface needs its own.", node, n.Name, nic.subnet())
				}
				subnets = append(subnets, nic.subnet())
				if m := n.get("NETMASK"); m != "" && m != nic.Netmask {
					v.warn("The netmask %s of interface %s on node %s differs from that of network %s.", nic.Netmask, nic.Name, node, n.Name)
				}
			}
			if count > 0 {
				with++
			}
			if count > 7 {
				v.bad("Node %s has %d interfaces on network %s; 7 are supported.", node, count, n.Name)
			}
			single = single || count == 1
			v.labels(n, node, count, subnets)
		}
		if with == 0 {
			v.bad("Network %s has no interfaces.", n.Name)
		} else if with < len(v.names) {
			v.warn("Not all nodes have an interface on network %s.", n.Name)
		}
		if single && n.yes("PUBLIC") {
			for _, node := range v.names {
				if p := v.hosts[node]; p != nil {
					if f := p.Files["/usr/es/sbin/cluster/netmon.cf"]; f == nil || strings.TrimSpace(f.Data) == "" {
						v.warn("File 'netmon.cf' is missing or empty on node %s. It is needed for single-adapter networks: %s", node, n.Name)
					}
				}
			}
		}
		v.oldNetwork(n)
	}
	if v.h.HA.modern() && len(v.names) > 1 && len(v.d.all("network")) == 1 && v.onePath() {
		v.warn("There is only one IP path between the nodes of the cluster.")
	}
	for _, node := range v.names {
		if p := v.hosts[node]; p != nil && v.h.HA.modern() {
			if f := p.Files["/usr/es/sbin/cluster/etc/clhosts.client"]; f == nil && len(v.d.all("service_ip")) > 0 {
				v.warn("There are IP labels known to PowerHA SystemMirror and not listed in file /usr/es/sbin/cluster/etc/clhosts.client on node: %s.", node)
			}
		}
	}
}

func (v *haCheck) onePath() bool {
	n := map[string]int{}
	for _, o := range v.d.all("interface") {
		n[o.get("NODE")]++
	}
	for _, c := range n {
		if c < 2 {
			return true
		}
	}
	return false
}

// labels checks the service and persistent addresses of a network against the boot subnets of a node.
func (v *haCheck) labels(n *haObject, node string, interfaces int, subnets []string) {
	if n.get("IPALIASING") == "false" {
		return
	}
	for _, class := range []string{"service_ip", "persistent_ip"} {
		for _, s := range v.d.all(class) {
			address := v.h.haLookup(s.Name)
			if s.get("NETWORK") != n.Name || address == "" || interfaces < 2 || class == "persistent_ip" && s.get("NODE") != node {
				continue
			}
			if sub := subnetOf(address, maskFor(v.d, s)); slices.Contains(subnets, sub) {
				v.bad("%s %s (%s) is in the same subnet as a boot address of network %s on node %s.", map[string]string{"service_ip": "Service IP label", "persistent_ip": "Persistent IP label"}[class], s.Name, address, n.Name, node)
			}
		}
	}
}

func (v *haCheck) disks() {
	if v.h.HA.modern() {
		v.repository()
	}
	shared := map[string]bool{}
	for _, rg := range v.d.all("resource_group") {
		for _, vg := range rg.list("VOLUME_GROUP") {
			shared[vg] = true
			v.sharedGroup(rg, vg)
		}
	}
}

// repository checks the disk that the cluster of AIX keeps its configuration on.
func (v *haCheck) repository() {
	repos := v.d.all("repository")
	c := v.e.caaOf(v.h)
	if len(repos) == 0 && c == nil {
		v.bad("No repository disk is defined. Define one with: clmgr add repository <DISK>")
		return
	}
	for i, r := range repos {
		for _, name := range v.names {
			p := v.hosts[name]
			if p == nil {
				continue
			}
			d := p.diskWith(r.get("PVID"))
			switch {
			case d == nil:
				v.bad("Repository disk with PVID %s is not known on node %s.", r.get("PVID"), name)
				continue
			case !v.e.reachesDisk(p, d.medium):
				v.bad("Repository disk %s cannot be opened on node %s.", d.Name, name)
			case d.attr("reserve_policy") != "no_reserve":
				v.bad("Repository disk %s on node %s has reserve_policy %s; it must be no_reserve.", d.Name, name, d.attr("reserve_policy"))
			}
			if g, _ := p.groupLabel(d); i == 0 && c == nil && g != "None" {
				v.bad("Repository disk %s on node %s belongs to volume group %s.", d.Name, name, g)
			}
			if d.medium.size() < 512 {
				v.bad("Repository disk %s on node %s is smaller than 512 MB.", d.Name, name)
			}
		}
	}
	if len(repos) < 2 {
		v.warn("No backup repository disk is UP and not already part of a VG for nodes: %s", strings.Join(v.names, " "))
	}
	if c != nil {
		for _, name := range v.names {
			if p := v.hosts[name]; p != nil && slices.Contains(c.Nodes, p) && !v.e.caaUp(p) {
				v.bad("Cluster-Aware AIX is not active on node %s. Start it with: clctrl -start -a", name)
			}
		}
	}
}

func (h *Host) diskWith(pvid string) *HostDisk {
	for _, d := range h.Disks {
		if pvid != "" && d.PVID == pvid && !d.Defined {
			return d
		}
	}
	return nil
}

func (v *haCheck) sharedGroup(rg *haObject, vg string) {
	any := v.e.sharedVG(v.hosts, vg)
	if any == nil {
		v.bad("Volume group %s of resource group %s is not defined on any node.", vg, rg.Name)
		return
	}
	major := map[int]string{}
	for _, name := range append(rg.list("NODES"), rg.list("SECONDARYNODES")...) {
		p := v.hosts[name]
		if p == nil {
			continue
		}
		g := p.group(vg)
		if g == nil {
			v.repair(p, func() {
				for _, m := range any.disk.Members {
					for _, d := range p.Disks {
						if d.medium == m.medium && !d.Defined {
							v.e.haDo(p, "importvg", "-n", "-y", vg, "-V", fmt.Sprint(v.freeMajor(any, p)), d.Name)
							return
						}
					}
				}
			}, "Volume group %s is not defined on node %s.", vg, name)
			if g = p.group(vg); g == nil {
				if v.fix {
					v.bad("Volume group %s is not defined on node %s.", vg, name)
				}
				continue
			}
		}
		if g.disk != any.disk {
			v.bad("Volume group %s on node %s is another one than on the other nodes.", vg, name)
			continue
		}
		for _, m := range g.disk.Members {
			if !slices.ContainsFunc(p.Disks, func(d *HostDisk) bool { return d.medium == m.medium && !d.Defined }) {
				v.bad("Nodes have different numbers of disk resources: disk with PVID %s of volume group %s is not known on node %s.", m.medium.pvid(), vg, name)
			} else if p.diskOf(m) == nil {
				v.bad("The PVID %s of a disk of volume group %s is unknown on node %s.", m.medium.pvid(), vg, name)
			}
		}
		if g.disk.Auto {
			v.repair(p, func() { g.disk.Auto = false }, "The auto-varyon flag of shared volume group %s is set on node %s.", vg, name)
		}
		if v.behind(p, g) {
			v.repair(p, func() { v.e.catchUp(p, g) }, "The time stamp of volume group %s on node %s is not that of its disks: the definition is out of date.", vg, name)
		}
		if !g.disk.ECM {
			v.warn("Volume group %s on node %s is not enhanced concurrent capable; fast disk takeover is not possible.", vg, name)
			if rg.get("STARTUP") == "OAAN" {
				v.bad("Volume group %s of the concurrent resource group %s is not enhanced concurrent capable.", vg, rg.Name)
			}
		}
		major[g.Major] = name
	}
	if len(major) > 1 && rg.get("EXPORT_FILESYSTEM")+rg.get("EXPORT_FILESYSTEM_V4") != "" {
		v.bad("Volume group %s has different major numbers on the nodes of resource group %s, which exports file systems by NFS.", vg, rg.Name)
	}
	if rg.yes("FORCED_VARYON") {
		for _, x := range any.disk.Volumes {
			if x.copies() < 2 || x.Strict != "s" {
				v.warn("Forced varyon of volume group %s: logical volume %s is not mirrored with super strict allocation.", vg, x.Name)
			}
		}
	}
}

// freeMajor is the major number of a group where another node can have it too.
func (v *haCheck) freeMajor(g *hostGroup, p *Host) int {
	if !p.majorUsed(g.Major) {
		return g.Major
	}
	return p.freeMajors(1)[0]
}

// behind tells whether a node does not know what another one has changed in a group.
func (v *haCheck) behind(p *Host, g *hostGroup) bool {
	if g.State == vgConcurrent || g.State == vgActive {
		return false
	}
	for _, x := range g.disk.Volumes {
		if g.LVs[x.Minor] != x.Name {
			return true
		}
		if x.Block != nil && p.stanza(x.Block.Mount) == nil {
			return true
		}
	}
	return len(g.LVs) != len(g.disk.Volumes)
}

func (v *haCheck) groups() {
	for _, rg := range v.d.all("resource_group") {
		nodes := append(rg.list("NODES"), rg.list("SECONDARYNODES")...)
		if len(nodes) == 0 {
			v.bad("Resource group %s has no nodes.", rg.Name)
		} else if len(nodes) == 1 {
			v.warn("Resource group %s has one node only.", rg.Name)
		}
		if p := checkGroup(v.e, v.h, v.d, rg); p != nil {
			v.bad("Resource group %s: %s", rg.Name, strings.TrimPrefix(p.text, "ERROR: "))
		}
		if rg.get("STARTUP") == "OAAN" {
			if rg.get("FILESYSTEM") != "" || rg.get("SERVICE_LABEL") != "" || rg.get("SHARED_TAPE_RESOURCES") != "" {
				v.bad("Resource group %s starts on all available nodes and may hold no file systems, service IP labels and tapes.", rg.Name)
			}
		} else if rg.get("FALLOVER") == "BO" {
			v.warn("Resource group %s goes offline when its node fails: its fallover policy is Bring Offline.", rg.Name)
		}
		if rg.get("FALLOVER") == "FUDNP" && len(nodes) < 3 {
			v.warn("Resource group %s has fewer than three nodes; its dynamic node priority has no effect.", rg.Name)
		}
		if rg.get("STARTUP") == "OFAN" && rg.get("FALLBACK") == "FBHPN" && rg.get("FALLBACK_AT") == "" {
			v.warn("Resource group %s starts on the first available node and falls back as soon as a higher one joins.", rg.Name)
		}
		for _, label := range rg.list("SERVICE_LABEL") {
			s := v.d.get("service_ip", label)
			if s == nil {
				v.bad("Service IP label %s of resource group %s is not defined.", label, rg.Name)
				continue
			}
			if n := v.d.get("network", s.get("NETWORK")); n != nil && contains("diskhb rs232 tmscsi tmssa", n.get("TYPE")) {
				v.bad("Service IP label %s is on network %s, which is not an IP network.", label, n.Name)
			}
			for _, node := range nodes {
				if !slices.ContainsFunc(v.d.all("interface"), func(o *haObject) bool {
					return o.get("NODE") == node && o.get("NETWORK") == s.get("NETWORK")
				}) {
					v.bad("Node %s of resource group %s has no interface on network %s of service IP label %s.", node, rg.Name, s.get("NETWORK"), label)
				}
			}
		}
		for _, label := range rg.list("SERVICE_LABEL") {
			if v.d.get("persistent_ip", label) != nil {
				v.bad("IP label %s is persistent and may not be a resource of resource group %s.", label, rg.Name)
			}
			if slices.Contains(rg.list("VOLUME_GROUP"), label) || v.d.get("resource_group", label) != nil {
				v.bad("The name %s is used for a service IP label and for another resource.", label)
			}
		}
		v.files(rg, nodes)
		v.nfs(rg, nodes)
	}
	if c := v.d.cluster(); c.num("RG_SETTLING_TIME") > 0 && !slices.ContainsFunc(v.d.all("resource_group"), func(g *haObject) bool { return g.get("STARTUP") == "OFAN" }) {
		v.warn("The settling time has no effect: no resource group starts on the first available node.")
	}
}

// files checks that the file systems of a group are in its volume groups, on every node.
func (v *haCheck) files(rg *haObject, nodes []string) {
	for _, fs := range rg.list("FILESYSTEM") {
		if fs == "ALL" {
			continue
		}
		for _, node := range nodes {
			p := v.hosts[node]
			if p == nil {
				continue
			}
			s := p.stanza(fs)
			if s == nil {
				v.bad("File system %s of resource group %s is not defined on node %s.", fs, rg.Name, node)
				continue
			}
			if g, x := p.volumeOf(s.Dev); x == nil || rg.get("VOLUME_GROUP") != "" && !slices.Contains(rg.list("VOLUME_GROUP"), g.Name) {
				v.bad("File system %s is not in a volume group of resource group %s.", fs, rg.Name)
			}
		}
	}
	for _, node := range nodes {
		if p := v.hosts[node]; p != nil {
			for _, s := range p.mountsOf(rg) {
				if s.Auto == "true" {
					v.warn("File system %s of resource group %s is mounted automatically at the start of node %s.", s.Mount, rg.Name, node)
				}
			}
		}
	}
	for _, disk := range rg.list("DISK") {
		for _, node := range nodes {
			if p := v.hosts[node]; p != nil && p.disk(disk) == nil && p.diskWith(disk) == nil {
				v.bad("Raw disk %s of resource group %s is not known on node %s.", disk, rg.Name, node)
			}
		}
	}
}

func (v *haCheck) nfs(rg *haObject, nodes []string) {
	old := rg.get("EXPORT_FILESYSTEM")
	if old+rg.get("EXPORT_FILESYSTEM_V4") != "" {
		if !rg.yes("FS_BEFORE_IPADDR") {
			v.bad("Resource group %s exports file systems by NFS: \"FS_BEFORE_IPADDR\" must be true.", rg.Name)
		}
		if rg.get("SERVICE_LABEL") == "" {
			v.warn("Resource group %s exports file systems by NFS and has no service IP label.", rg.Name)
		}
		if old != "" && len(nodes) > 2 {
			v.warn("NFS locks of resource group %s survive a takeover with two nodes only.", rg.Name)
		}
		for _, node := range nodes {
			if p := v.hosts[node]; p != nil {
				if v.h.HA.version() >= 700 {
					v.warn("Node %s has cluster.es.nfs.rte installed however grace periods are not fully enabled on this node.", node)
				}
				if f := p.Files["/etc/exports"]; f != nil {
					for _, fs := range strings.Fields(old) {
						if slices.ContainsFunc(strings.Split(f.Data, "\n"), func(l string) bool { return strings.HasPrefix(l, fs+" ") || l == fs }) {
							v.bad("File system %s of resource group %s is listed in /etc/exports on node %s.", fs, rg.Name, node)
						}
					}
				}
			}
		}
	}
	for _, m := range rg.list("MOUNT_FILESYSTEM") {
		_, remote, ok := strings.Cut(m, ";")
		if !ok {
			remote = m
		}
		exported := false
		for _, x := range v.d.all("resource_group") {
			exported = exported || slices.Contains(x.list("EXPORT_FILESYSTEM"), remote) || slices.Contains(x.list("EXPORT_FILESYSTEM_V4"), remote)
		}
		if !exported {
			v.warn("Resource group %s mounts %s by NFS, which no resource group exports.", rg.Name, remote)
		}
		if len(nodes) > 2 && rg.get("EXPORT_FILESYSTEM_V4") == "" {
			v.bad("NFS cross mounts of resource group %s with more than two nodes need NFS version 4.", rg.Name)
		}
	}
}

func (v *haCheck) applications() {
	for _, a := range v.d.all("application_controller") {
		var nodes []string
		for _, rg := range v.d.all("resource_group") {
			if slices.Contains(rg.list("APPLICATIONS"), a.Name) {
				nodes = append(rg.list("NODES"), rg.list("SECONDARYNODES")...)
			}
		}
		if nodes == nil {
			v.warn("Application controller %s is in no resource group.", a.Name)
		}
		scripts := func(what, path string) {
			for _, node := range nodes {
				if p := v.hosts[node]; path != "" && p != nil && !p.executable(path) {
					v.bad("%s %s of application controller %s does not exist or is not executable on node %s.", what, path, a.Name, node)
				}
			}
		}
		scripts("Start script", a.get("STARTSCRIPT"))
		scripts("Stop script", a.get("STOPSCRIPT"))
		list := a.list("MONITORS")
		if len(list) == 0 && v.h.HA.version() >= 502 {
			v.warn("Application monitors are required for detecting application failures in order for PowerHA SystemMirror to recover from them. Application monitors are not configured for: %s", a.Name)
		}
		for _, name := range list {
			m := v.d.get("application_monitor", name)
			if m == nil {
				v.bad("Application monitor %s of application controller %s is not defined.", name, a.Name)
				continue
			}
			scripts("Monitor method", m.get("MONITORMETHOD"))
			scripts("Cleanup method", m.get("CLEANUPMETHOD"))
			scripts("Restart method", m.get("RESTARTMETHOD"))
			scripts("Notify method", m.get("NOTIFYMETHOD"))
			v.monitor(m, nodes)
		}
	}
	for _, m := range v.d.all("application_monitor") {
		if len(m.list("APPLICATIONS")) == 0 {
			v.bad("Application monitor %s watches no application controller.", m.Name)
		}
	}
}

func (v *haCheck) monitor(m *haObject, nodes []string) {
	if m.get("FAILUREACTION") == "fallover" && len(nodes) == 1 {
		v.bad("Application monitor %s: the action fallover needs a resource group with another node.", m.Name)
	}
	for _, rg := range v.d.all("resource_group") {
		for _, a := range m.list("APPLICATIONS") {
			if slices.Contains(rg.list("APPLICATIONS"), a) && rg.get("FALLOVER") == "BO" && m.get("FAILUREACTION") == "fallover" {
				v.bad("Application monitor %s: the action fallover is not possible, resource group %s brings itself offline.", m.Name, rg.Name)
			}
		}
	}
	if n := m.num("RESTARTCOUNT"); n > 0 && m.num("RESTARTINTERVAL") > 0 && m.num("RESTARTINTERVAL") < n*m.num("STABILIZATION")*11/10 {
		v.warn("Application monitor %s: the restart interval is shorter than %d restarts take.", m.Name, n)
	}
	if m.get("TYPE") == "Process" {
		for _, node := range nodes {
			if p := v.hosts[node]; p != nil && !p.knowsUser(m.get("OWNER")) {
				v.bad("Application monitor %s: user %s does not exist on node %s.", m.Name, m.get("OWNER"), node)
			}
		}
		for _, proc := range m.list("PROCESSES") {
			for _, node := range nodes {
				if p := v.hosts[node]; p != nil {
					if f := p.file(proc); f != nil && !f.program() {
						v.bad("Application monitor %s: %s is a shell script, which a process monitor cannot watch.", m.Name, proc)
						break
					}
				}
			}
		}
	}
}

// knowsUser looks into /etc/passwd.
func (h *Host) knowsUser(name string) bool {
	text, _ := h.read("/etc/passwd")
	return slices.ContainsFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(l, name+":") })
}

func (v *haCheck) dependencies() {
	for _, dep := range v.d.all("dependency") {
		if p := checkDependency(v.d, dep, dep); p != nil {
			v.bad("Dependency %s: %s", dep.Name, strings.TrimPrefix(p.text, "ERROR: "))
		}
		if parent := v.d.get("resource_group", dep.get("PARENT")); parent != nil {
			for _, a := range parent.list("APPLICATIONS") {
				started := slices.ContainsFunc(v.d.all("application_monitor"), func(m *haObject) bool {
					return slices.Contains(m.list("APPLICATIONS"), a) && m.get("MODE") != "longrunning"
				})
				if !started {
					v.warn("Application controller %s of the parent resource group %s has no startup monitor.", a, parent.Name)
				}
			}
		}
	}
}

// dependencyGroups are all groups that a dependency names.
func dependencyGroups(o *haObject) []string {
	var out []string
	for _, a := range []string{"PARENT", "CHILD", "START", "STOP", "AFTER", "GROUPS", "HIGH", "INTERMEDIATE", "LOW", "SERIAL", "PARALLEL"} {
		out = append(out, o.list(a)...)
	}
	return out
}

// dependencyName is what a dependency says.
func dependencyName(o *haObject) string {
	var out []string
	for _, a := range haClassOf("dependency").attrs {
		if v := o.Attrs[a.name]; v != "" {
			out = append(out, a.name+"="+strings.ReplaceAll(v, " ", ","))
		}
	}
	return strings.Join(out, " ")
}

// checkDependency refuses a dependency that is incomplete or cannot hold.
func checkDependency(d *haDef, o, old *haObject) *haProblem {
	has := func(attrs string) bool {
		for _, a := range haClassOf("dependency").attrs {
			if (o.Attrs[a.name] != "") != contains(attrs, a.name) {
				return false
			}
		}
		return true
	}
	pairs := func(before, after string) *haProblem {
		for _, b := range o.list(before) {
			for _, a := range o.list(after) {
				if a == b {
					return problem(haIncorrect, "ERROR: resource group \"%s\" may not depend on itself.", a)
				}
			}
		}
		return nil
	}
	var p *haProblem
	switch {
	case has("PARENT CHILD"):
		p = pairs("PARENT", "CHILD")
	case has("START AFTER"):
		p = pairs("AFTER", "START")
	case has("STOP AFTER"):
		p = pairs("AFTER", "STOP")
	case has("SAME GROUPS"), has("DIFFERENT GROUPS"):
		groups := o.list("GROUPS")
		if len(groups) < 2 {
			return problem(haMissing, "ERROR: at least two resource groups are required for \"GROUPS\".")
		}
		for _, x := range d.all("dependency") {
			if x == old || o.get("SAME") == "" || x.get("SAME") != o.get("SAME") {
				continue
			}
			for _, g := range groups {
				if slices.Contains(x.list("GROUPS"), g) {
					return problem(haIncorrect, "ERROR: resource group \"%s\" is already in such a dependency: %s", g, x.Name)
				}
			}
		}
		p = satisfiable(d, o, groups)
	case o.get("HIGH") != "" && o.get("INTERMEDIATE")+o.get("LOW") != "" && o.get("PARENT")+o.get("START")+o.get("STOP")+o.get("SAME")+o.get("TYPE")+o.get("GROUPS") == "":
		p = satisfiable(d, o, append(append(o.list("HIGH"), o.list("INTERMEDIATE")...), o.list("LOW")...))
		for _, x := range d.all("dependency") {
			if x != old && x.get("HIGH") != "" {
				p = problem(haIncorrect, "ERROR: there is already an online-on-different-nodes dependency: %s", x.Name)
			}
		}
	case has("TYPE SERIAL"), has("TYPE PARALLEL"):
	default:
		return problem(haMissing, "ERROR: specify PARENT and CHILD, START and AFTER, STOP and AFTER, SAME and GROUPS, DIFFERENT and GROUPS, HIGH with INTERMEDIATE or LOW, or TYPE with SERIAL or PARALLEL.")
	}
	if p != nil {
		return p
	}
	// No chain may come back to where it began, and three levels are the most.
	next := map[string][]string{}
	for _, x := range append(d.all("dependency"), o) {
		if x == old && x != o {
			continue
		}
		before, after := x.get("PARENT"), x.list("CHILD")
		if x.get("START") != "" {
			before, after = x.get("AFTER"), x.list("START")
		}
		for _, b := range strings.Fields(before) {
			next[b] = append(next[b], after...)
		}
	}
	var depth func(g string, seen []string) int
	depth = func(g string, seen []string) int {
		if slices.Contains(seen, g) {
			return 1000
		}
		n := 1
		for _, c := range next[g] {
			n = max(n, 1+depth(c, append(slices.Clone(seen), g)))
		}
		return n
	}
	for g := range next {
		switch n := depth(g, nil); {
		case n >= 1000:
			return problem(haIncorrect, "ERROR: the dependency would be circular.")
		case n > 3:
			return problem(haIncorrect, "ERROR: resource group dependencies may have three levels only.")
		}
	}
	return nil
}

// satisfiable: groups that must meet have a node in common, groups that may not meet have enough of them.
func satisfiable(d *haDef, o *haObject, groups []string) *haProblem {
	union, common := map[string]bool{}, map[string]int{}
	for _, g := range groups {
		if rg := d.get("resource_group", g); rg != nil {
			for _, n := range append(rg.list("NODES"), rg.list("SECONDARYNODES")...) {
				union[n] = true
				common[n]++
			}
		}
	}
	if o.get("SAME") == "NODE" {
		for _, n := range common {
			if n == len(groups) {
				return nil
			}
		}
		return problem(haIncorrect, "ERROR: the resource groups have no node in common: %s", strings.Join(groups, " "))
	}
	if o.get("SAME") == "" && len(groups) > len(union) {
		return problem(haIncorrect, "ERROR: there are more resource groups than nodes: %s", strings.Join(groups, " "))
	}
	return nil
}

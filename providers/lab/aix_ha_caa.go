package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func aixHACommands() map[string]aixCommand {
	ms := time.Millisecond
	out := map[string]aixCommand{
		"lscluster": {aixLscluster, 500 * ms, "/usr/sbin", true, "lscluster { -i | -g [-k] | -d | -c [-n clustername] }\n       lscluster { -m [node] | -s | -i interface | -d disk }"},
		"clctrl":    {aixClctrl, 500 * ms, "/usr/sbin", true, "clctrl { -start | -stop } { -a | -n name -a | -m node[,...] }\n       clctrl -tune { -L [tunable] | -o tunable=value | -D | -a }"},
		"rmcluster": {aixRmcluster, 5 * time.Second, "/usr/sbin", true, "rmcluster -n name [-f] [-v]\n       rmcluster -r hdisk [-f] [-v]"},
		"clcmd":     {aixClcmd, 300 * ms, "/usr/sbin", true, "clcmd [-m node[,...] | -n clustername] command"},
		"mkcluster": {aixMkcluster, 10 * time.Second, "/usr/sbin", true, "mkcluster [-n clustername] -m node[,...] -r reposdisk"},
		"clmgr":     {aixClmgr, 200 * ms, haUtilDir, false, "clmgr <ACTION> <CLASS> [<NAME>] [<ATTR>=<VALUE> ...]"},
	}
	for n, c := range haStatusCommands() {
		out[n] = c
	}
	for n, c := range haOldCommands() {
		out[n] = c
	}
	for n, c := range out {
		switch {
		case contains("lscluster clctrl rmcluster clcmd mkcluster", n):
			aixGates[n] = func(h *Host) bool { return h.HA.modern() || h.Cluster && h.HA == nil && h.atLeast(7, 1) }
		default:
			if aixGates[n] == nil && inCluster(c.dir) || n == "dhb_read" {
				aixGates[n] = func(h *Host) bool { return h.HA != nil }
			}
		}
	}
	return out
}

// aixGates tell which hosts have a program that not all have.
var aixGates = map[string]func(*Host) bool{}

func (s *session) lacks(name string) bool {
	gate, ok := aixGates[name]
	if !ok || s.lab == nil {
		return false
	}
	missing := false
	s.onHost(func(_ *Estate, h *Host) { missing = !gate(h) })
	return missing
}

// haFilesets are those of the installed release.
func (h *Host) haFilesets() []fileset {
	if h.HA == nil {
		return nil
	}
	level := h.HA.Version + ".0"
	if n := 0; h.HA.Fix != "GA" {
		_, _ = fmt.Sscanf(h.HA.Fix, "SP%d", &n)
		level = fmt.Sprintf("%s.%d", h.HA.Version, n)
	}
	if strings.Count(level, ".") < 3 {
		level = strings.Replace(level, h.HA.Version, h.HA.Version+".0", 1)
	}
	out := []fileset{{"cluster.es.server.rte", "Base Server Runtime", level}, {"cluster.es.server.events", "Server Events", level}, {"cluster.es.server.utils", "Server Utilities", level},
		{"cluster.es.server.diag", "Server Diags", level}, {"cluster.es.server.testtool", "Cluster Test Tool", level}, {"cluster.es.server.cfgast", "Two-Node Configuration Assistant", level},
		{"cluster.es.client.rte", "Client Runtime", level}, {"cluster.es.client.lib", "Client LIBCL Libraries", level}, {"cluster.es.client.utils", "Client Utilities", level}, {"cluster.es.client.clcomd", "Cluster Communication Infrastructure", level},
		{"cluster.es.cspoc.cmds", "CSPOC Commands", level}, {"cluster.es.cspoc.rte", "CSPOC Runtime Commands", level}, {"cluster.es.nfs.rte", "NFS Support", level}, {"cluster.license", "Electronic License", level}}
	if h.HA.modern() {
		out = append(out, fileset{name: "bos.cluster.rte", text: "Cluster Aware AIX"}, fileset{name: "bos.ahafs", text: "Aha File System"})
	}
	return out
}

// haSubsystems are those that the cluster software brings.
func (h *Host) haSubsystems() []*subsystem {
	if h.HA != nil && !h.HA.modern() {
		return []*subsystem{{"clcomdES", "clcomdES", 4194370}, {"clstrmgrES", "cluster", map[bool]int{true: 4194376}[h.HA.version() >= 503]}, {"topsvcs", "topsvcs", 0}, {"grpsvcs", "grpsvcs", 0}, {"emsvcs", "emsvcs", 0}, {"clinfoES", "cluster", 0}}
	}
	out := []*subsystem{{"clcomd", "caa", 4194370}, {"clconfd", "caa", 4194372}, {"clstrmgrES", "cluster", 4194376}}
	if h.HA != nil {
		out = append(out, &subsystem{"clevmgrdES", "cluster", 0}, &subsystem{"clinfoES", "cluster", 0}, &subsystem{"cthags", "cthags", 0})
	}
	return out
}

// haStarted: a subsystem was started or refreshed, and reads its files.
func (h *Host) haStarted(name string) {
	if h.HA != nil && name == h.HA.comm() {
		h.HA.Trust = h.readTrust()
	}
}

// stopSubsystem stops a subsystem. A cluster manager whose node has resources takes the node with it when it is killed.
func (a *aixCall) stopSubsystem(s *subsystem, hard bool) {
	s.PID = 0
	if s.Name == "ctrmc" {
		a.e.hostRMC(a.h)
	}
	if s.Name == "clstrmgrES" && a.h.HA != nil && a.h.HA.State != "" {
		if hard {
			a.e.haltHost(a.h)
			return
		}
		a.e.stopServices(a.h, "offline")
	}
}

const caaGroup = "caavg_private"

// makeCAA makes the cluster of AIX at the first synchronization, and takes nodes in and out later.
func (m *clmgr) makeCAA(names []string, hosts map[string]*Host) int {
	e := m.e
	c := e.caaOf(m.h)
	fresh := c == nil
	if fresh {
		repos := m.h.HA.DCD.all("repository")
		if len(repos) == 0 {
			return m.error(haDepends, "ERROR: no repository disk is defined.")
		}
		d := m.h.diskWith(repos[0].get("PVID"))
		if d == nil {
			return m.error(haGeneral, "ERROR: the repository disk \"%s\" is not known on this node.", repos[0].Name)
		}
		m.say("cldare: Configuring a %d node cluster in AIX may take up to 2 minutes. Please wait.", len(names))
		if !m.lapse(20 * time.Second) {
			return haGeneral
		}
		if g := d.medium.group; g != nil || !e.reachesDisk(m.h, d.medium) {
			return m.error(haGeneral, "ERROR: cldare: the repository disk \"%s\" cannot be used.", d.Name)
		}
		c = &caaCluster{Name: m.h.HA.DCD.cluster().Name, ID: makeUUIDText(m.h.Machine, m.e.Now), Repo: d.medium, Tunables: map[string]string{}}
		e.caas = append(e.caas, c)
		e.formatRepository(c, m.h)
	}
	for _, n := range names {
		h := hosts[n]
		if h == nil || slices.Contains(c.Nodes, h) {
			continue
		}
		if !fresh {
			m.say("cldare: Adding node %s to the cluster in AIX. Please wait.", n)
			if !m.lapse(10 * time.Second) {
				return haGeneral
			}
		}
		if h.off() {
			return m.error(haGeneral, "ERROR: cldare: node \"%s\" could not be added to the cluster in AIX.", n)
		}
		e.joinCAA(c, h)
	}
	cl := m.h.HA.DCD.cluster()
	c.Tunables["network_fdt"] = fmt.Sprint(cl.num("NETWORK_FAILURE_DETECTION_TIME") * 1000)
	c.Tunables["node_timeout"] = fmt.Sprint(cl.num("HEARTBEAT_FREQUENCY") * 1000)
	c.Tunables["node_down_delay"] = fmt.Sprint(cl.num("GRACE_PERIOD") * 1000)
	c.Tunables["communication_mode"] = map[string]string{"UNICAST": "u", "MULTICAST": "m"}[cl.get("HEARTBEAT_TYPE")]
	return 0
}

func makeUUIDText(parts ...any) string {
	s := stableHex(32, stableHex(32, parts...), "uuid", len(parts), parts) // twice, so that names that differ at their end give other digits
	return fmt.Sprintf("%s-%s-%s-%s-%s", s[:8], s[8:12], s[12:16], s[16:20], s[20:32])
}

// formatRepository puts the private volume group on the disk; what was there is gone.
func (e *Estate) formatRepository(c *caaCluster, h *Host) {
	g := newDiskGroup(vgScalable)
	g.ID, g.Auto, g.Quorum, g.ECM = e.newVGID(h), false, true, true
	g.PPSize = 64
	for c.Repo.size() < 10*g.PPSize && g.PPSize > 1 {
		g.PPSize /= 2
	}
	g.Members = []*member{{medium: c.Repo, PPs: partsFor(vgScalable, c.Repo.size(), g.PPSize)}}
	c.Repo.group = g
	for _, name := range []string{"caalv_private1", "caalv_private2", "caalv_private3", "powerha_crlv"} {
		v := newVolume(g, name, "boot")
		if v.Parts = g.allocate(v, 1, 1, g.Members); v.Parts != nil {
			g.add(v)
		}
	}
	for _, n := range c.Nodes {
		e.seeRepository(c, n)
	}
}

// seeRepository lets a node have the private volume group.
func (e *Estate) seeRepository(c *caaCluster, h *Host) {
	if old := h.group(caaGroup); old != nil {
		h.dropGroup(old)
	}
	for _, d := range h.Disks {
		if d.medium == c.Repo {
			d.PVID = c.Repo.pvid()
		}
	}
	hg := &hostGroup{Name: caaGroup, Major: h.nextMajor(caaGroup), disk: c.Repo.group, State: vgActive, LVs: map[int]string{}, since: e.Now}
	h.Groups = append(h.Groups, hg)
	for _, v := range h.learn(hg) {
		hg.LVs[v.Minor] = v.Name
	}
}

func (e *Estate) joinCAA(c *caaCluster, h *Host) {
	c.Nodes = append(c.Nodes, h)
	e.seeRepository(c, h)
	for _, s := range h.Subsystems {
		if contains("clconfd clcomd cthags", s.Name) && s.PID == 0 {
			s.PID = h.nextPID()
		}
	}
}

// dropFromCAA takes a node out of the cluster of AIX; with the last one the repository is free again.
func (e *Estate) dropFromCAA(h *Host) {
	c := e.caaOf(h)
	if c == nil {
		return
	}
	not := func(x *Host) bool { return x == h }
	c.Nodes = slices.DeleteFunc(slices.Clone(c.Nodes), not)
	c.Stopped = slices.DeleteFunc(slices.Clone(c.Stopped), not)
	if g := h.group(caaGroup); g != nil {
		h.dropGroup(g)
	}
	if len(c.Nodes) == 0 {
		c.Repo.group = nil
		e.caas = slices.DeleteFunc(slices.Clone(e.caas), func(x *caaCluster) bool { return x == c })
	}
}

// takeRepository defines a repository disk by its name, PVID or UUID.
func (m *clmgr) takeRepository(word string) *haProblem {
	d := m.h.disk(word)
	if d == nil {
		d = m.h.diskWith(word)
	}
	for _, x := range m.h.Disks {
		if d == nil && x.LUN != nil && x.LUN.UniqueID != "" && x.LUN.UniqueID == word {
			d = x
		}
	}
	switch {
	case d == nil || d.Defined:
		return problem(haNotFound, "ERROR: disk \"%s\" does not appear to exist!", word)
	case d.PVID == "" || d.medium.pvid() == "":
		return problem(haGeneral, "ERROR: disk \"%s\" has no PVID. Assign one with: chdev -l %s -a pv=yes", word, word)
	}
	for _, o := range m.h.HA.DCD.all("repository") {
		if o.get("PVID") == d.PVID {
			return problem(haGeneral, "ERROR: repository \"%s\" already exists.", word)
		}
	}
	if g, _ := m.h.groupLabel(d); g != "None" {
		return problem(haGeneral, "ERROR: disk \"%s\" belongs to volume group \"%s\".", word, g)
	}
	if d.medium.size() < 512 {
		return problem(haIncorrect, "ERROR: disk \"%s\" is too small. A repository disk has between 512 MB and 460 GB.", word)
	}
	for _, n := range m.h.HA.DCD.all("node") {
		h := m.e.haHost(m.h, n)
		if h == nil || h == m.h {
			continue
		}
		x := slices.IndexFunc(h.Disks, func(y *HostDisk) bool { return y.medium == d.medium && !y.Defined })
		if x < 0 {
			return problem(haGeneral, "ERROR: disk \"%s\" is not shared with node \"%s\".", word, n.Name)
		}
		if h.Disks[x].PVID != d.PVID {
			return problem(haGeneral, "ERROR: the PVID of disk \"%s\" is not known on node \"%s\".", word, n.Name)
		}
	}
	m.h.HA.DCD.add("repository", d.Name, map[string]string{"PVID": d.PVID})
	return nil
}

func (m *clmgr) addRepository() int {
	if m.name == "" {
		return m.error(haMissing, "ERROR: a disk must be specified.")
	}
	o := &haObject{Class: "repository", Attrs: map[string]string{}}
	if p := m.assign(o, true); p != nil {
		return m.refuse(p)
	}
	before := m.h.HA.DCD.clone()
	for _, disk := range strings.Split(m.name, ",") {
		if p := m.takeRepository(disk); p != nil {
			m.h.HA.DCD = before
			return m.refuse(p)
		}
		all := m.h.HA.DCD.all("repository")
		for k, v := range o.Attrs {
			all[len(all)-1].Attrs[k] = v
		}
	}
	return 0
}

// repositoryNamed finds a repository by the name of its disk here, or by its PVID.
func (m *clmgr) repositoryNamed(word string) *haObject {
	for _, o := range m.h.HA.DCD.all("repository") {
		if d := m.h.diskWith(o.get("PVID")); word == o.get("PVID") || d != nil && d.Name == word || d == nil && o.Name == word {
			return o
		}
	}
	return nil
}

func (m *clmgr) deleteRepository() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	for _, word := range strings.Split(m.name, ",") {
		o := m.repositoryNamed(word)
		if o == nil {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", word)
		}
		if c := m.e.caaOf(m.h); c != nil && c.Repo.pvid() == o.get("PVID") {
			return m.error(haGeneral, "ERROR: \"%s\" is the active repository disk. Replace it instead.", word)
		}
		m.h.HA.DCD.drop(o)
	}
	return 0
}

// replaceRepository makes another disk the active repository.
func (m *clmgr) replaceRepository() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	d := m.h.HA.DCD
	c := m.e.caaOf(m.h)
	if m.name == "" {
		return m.error(haMissing, "ERROR: a disk must be specified.")
	}
	if c == nil {
		return m.error(haGeneral, "ERROR: the cluster has not been synchronized; there is no active repository disk.")
	}
	o := m.repositoryNamed(m.name)
	if o == nil {
		if p := m.takeRepository(m.name); p != nil {
			return m.refuse(p)
		}
		all := d.all("repository")
		o = all[len(all)-1]
	}
	disk := m.h.diskWith(o.get("PVID"))
	switch {
	case disk == nil || !m.e.reachesDisk(m.h, disk.medium):
		return m.error(haGeneral, "ERROR: disk \"%s\" cannot be opened.", m.name)
	case disk.medium == c.Repo:
		return m.error(haGeneral, "ERROR: \"%s\" is the active repository disk already.", m.name)
	}
	if !m.lapse(15 * time.Second) {
		return haGeneral
	}
	for _, x := range d.all("repository") {
		if x.get("PVID") == c.Repo.pvid() {
			d.drop(x)
		}
	}
	d.drop(o)
	d.Objects = append([]*haObject{d.Objects[0], o}, d.Objects[1:]...)
	c.Repo.group = nil
	c.Repo = disk.medium
	m.e.formatRepository(c, m.h)
	for _, h := range m.hosts() {
		if h != m.h && !h.off() && h.HA.DCD != nil {
			h.HA.DCD.Objects = slices.DeleteFunc(h.HA.DCD.Objects, func(x *haObject) bool { return x.Class == "repository" })
			h.HA.DCD.Objects = append(h.HA.DCD.Objects[:1:1], append(d.clone().all("repository"), h.HA.DCD.Objects[1:]...)...)
		}
	}
	m.say("Successfully modified repository disk or disks.")
	return 0
}

// deleteCluster removes the definition, from all nodes when asked for.
func (m *clmgr) deleteCluster() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	d := m.h.HA.DCD
	if m.name != "" && m.name != d.cluster().Name {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	names, hosts := m.e.peers(d, m.h)
	chosen := strings.Fields(o["NODES"])
	if strings.EqualFold(o["NODES"], "ALL") || o["NODES"] == "" {
		chosen = names
	}
	for _, n := range chosen {
		if !slices.Contains(names, n) {
			return m.error(haNotFound, "ERROR: node \"%s\" does not appear to exist!", n)
		}
		h := hosts[n]
		if h != nil && h.HA.State != "" && !h.off() {
			return m.error(haGeneral, "ERROR: cluster services are active on node \"%s\". Stop them first.", n)
		}
		if why := m.e.talk(m.h, h); why != "" {
			return m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
		}
	}
	m.say("Ensuring that the following nodes are offline: %s\n", strings.Join(chosen, ", "))
	if !m.lapse(10 * time.Second) {
		return haGeneral
	}
	m.say("Attempting to delete node(s) from the cluster: %s", strings.Join(chosen, ", "))
	for _, n := range chosen {
		h := hosts[n]
		for _, x := range d.all("persistent_ip") {
			if x.get("NODE") == n {
				m.e.dropAddress(h, d, x.Name)
			}
		}
		m.e.dropFromCAA(h)
		h.HA.DCD, h.HA.Discovered = nil, false
	}
	m.say("Successfully deleted the cluster definition.")
	return 0
}

func (a *aixCall) caa() *caaCluster {
	c := a.e.caaOf(a.h)
	if c == nil || !a.e.caaUp(a.h) {
		return nil
	}
	return c
}

const caaNone = "lscluster: Cluster services are not active."

func aixLscluster(a *aixCall) int {
	f, ok := a.flags("igkdcmsn:")
	if !ok {
		return 1
	}
	kinds := 0
	for _, k := range "igdcms" {
		if f.has(byte(k)) {
			kinds++
		}
	}
	if kinds != 1 || len(f.rest) > 1 || f.has('n') && !f.has('c') || f.has('k') && !f.has('g') || len(f.rest) == 1 && f.any("cs") {
		return a.usage()
	}
	c := a.caa()
	if c == nil {
		return a.bad(caaNone)
	}
	only := strings.Join(f.rest, "")
	switch {
	case f.has('c'):
		if f.has('n') && f.get('n') != c.Name {
			return a.fail("lscluster: The cluster %s does not exist.", f.get('n'))
		}
		a.caaConfig(c)
	case f.has('m'):
		return a.caaNodes(c, only)
	case f.has('d'):
		return a.caaDisks(c, only)
	case f.has('i'), f.has('g'):
		return a.caaInterfaces(c, only)
	default:
		a.caaStatistics(c)
	}
	return 0
}

func (c *caaCluster) nodeUUID(h *Host) string { return makeUUIDText(h.Name, c.ID) }

func (a *aixCall) caaConfig(c *caaCluster) {
	a.say("Cluster Name: %s\nCluster UUID: %s\nNumber of nodes in cluster = %d", c.Name, c.ID, len(c.Nodes))
	for i, h := range c.Nodes {
		a.say("\tCluster ID for node %s: %d\n\tPrimary IP address for node %s: %s", h.Hostname, i+1, h.Hostname, strings.Join(h.addresses()[:min(1, len(h.addresses()))], ""))
	}
	a.say("Number of disks in cluster = 1")
	if d := a.h.diskOf(&member{medium: c.Repo}); d != nil {
		a.say("\tDisk = %s UUID = %s cluster_major = 0 cluster_minor = 1", d.Name, makeUUIDText(c.Repo.name))
	}
	a.say("Multicast for site LOCAL: IPv4 228.%s IPv6 ff05::e4%s\nCommunication Mode: %s\nLocal node maximum capabilities: %s\nEffective cluster-wide capabilities: %s",
		strings.TrimPrefix(lastOctets(a.h.addresses()), "."), stableHex(6, c.ID), map[string]string{"u": "unicast", "m": "multicast"}[c.tunable("communication_mode")], caaCapabilities, caaCapabilities)
}

const caaCapabilities = "AUTO_REPOS_REPLACE, HNAME_CHG, UNICAST, IPV6, SITE"

func lastOctets(list []string) string {
	if len(list) == 0 {
		return "0.0.0"
	}
	_, rest, _ := strings.Cut(list[0], ".")
	return rest
}

// caaSees tells whether the heartbeats of a node reach another one of the cluster.
func (e *Estate) caaSees(a, b *Host) bool {
	return a == b || e.caaUp(b) && e.connected(a, b)
}

func (a *aixCall) caaNodes(c *caaCluster, only string) int {
	list := c.Nodes
	if only != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(h *Host) bool { return h.Hostname != only && h.Name != only })
		if len(list) == 0 {
			return a.fail("lscluster: The node %s does not exist.", only)
		}
	}
	a.say("Calling node query for all nodes...\nNode query number of nodes examined: %d\n", len(list))
	for _, h := range list {
		state := "DOWN"
		if a.e.caaSees(a.h, h) {
			state = "UP"
		}
		if h == a.h {
			state += "  NODE_LOCAL"
		} else if state == "UP" && !a.e.linked(a.h, h) {
			state += "  REACHABLE THROUGH REPOS DISK ONLY"
		}
		a.say("\n\tNode name: %s\n\tCluster shorthand id for node: %d\n\tUUID for node: %s\n\tState of node: %s\n\tSmoothed rtt to node: %d\n\tMean Deviation in network rtt to node: %d\n\tNumber of clusters node is a member in: 1",
			h.Hostname, slices.Index(c.Nodes, h)+1, c.nodeUUID(h), state, map[bool]int{true: 0, false: 7}[h == a.h], map[bool]int{true: 0, false: 3}[h == a.h])
		a.say("\tCLUSTER NAME       SHID         UUID\n\t%-18s 0            %s\n\tSITE NAME          SHID         UUID\n\tLOCAL              1            51735173-5173-5173-5173-517351735173\n", c.Name, c.ID)
		if h == a.h {
			a.say("\tPoints of contact for node: 0")
			continue
		}
		up := func(b bool) string { return map[bool]string{true: "UP", false: "DOWN"}[b] }
		a.say("\tPoints of contact for node: 1\n\t-----------------------------------------------------------------------\n\tInterface     State  Protocol    Status     SRC_IP->DST_IP\n\t-----------------------------------------------------------------------")
		from, to := strings.Join(a.h.addresses()[:min(1, len(a.h.addresses()))], ""), strings.Join(h.addresses()[:min(1, len(h.addresses()))], "")
		a.say("\ttcpsock->%02d    %s    IPv4       none       %s->%s", slices.Index(c.Nodes, h)+1, up(a.e.linked(a.h, h)), from, to)
	}
	return 0
}

func (a *aixCall) caaDisks(c *caaCluster, only string) int {
	d := (*HostDisk)(nil)
	for _, x := range a.h.Disks {
		if x.medium == c.Repo {
			d = x
		}
	}
	if only != "" && (d == nil || d.Name != only) {
		return a.fail("lscluster: The disk %s does not belong to the cluster.", only)
	}
	a.say("Storage Interface Query\n\nCluster Name: %s\nCluster UUID: %s\nNumber of nodes reporting = %d\nNumber of nodes expected = %d\n", c.Name, c.ID, len(c.Nodes), len(c.Nodes))
	for _, h := range c.Nodes {
		for _, x := range h.Disks {
			if x.medium != c.Repo {
				continue
			}
			state := "DOWN"
			if a.e.reachesDisk(h, x.medium) {
				state = "UP"
			}
			a.say("Node %s\nNode UUID = %s\nNumber of disks discovered = 1\n\t%s:\n\t\tState : %s\n\t\t uDid : %s\n\t\t uUid : %s\n\t\tSite uUid : 51735173-5173-5173-5173-517351735173\n\t\t Type : REPDISK\n",
				h.Hostname, c.nodeUUID(h), x.Name, state, x.medium.unique(), makeUUIDText(c.Repo.name))
		}
	}
	return 0
}

func (m *medium) unique() string {
	if m.lun != nil {
		return m.lun.UniqueID
	}
	return ""
}

func (a *aixCall) caaInterfaces(c *caaCluster, only string) int {
	hit := false
	a.say("Network/Storage Interface Query\n\nCluster Name: %s\nCluster UUID: %s\nNumber of nodes reporting = %d\nNumber of nodes stale = 0\nNumber of nodes expected = %d\n", c.Name, c.ID, len(c.Nodes), len(c.Nodes))
	for _, h := range c.Nodes {
		a.say("Node %s\nNode UUID = %s\nNumber of interfaces discovered = %d", h.Hostname, c.nodeUUID(h), len(h.Interfaces)+1)
		for i, n := range h.Interfaces {
			if only != "" && n.Name != only {
				continue
			}
			hit = true
			state := "DOWN"
			if a.e.wired(h, n) {
				state = "UP"
			}
			a.say("\tInterface number %d, %s\n\t\tIFNET type = 6 (IFT_ETHER)\n\t\tNDD type = 7 (NDD_ISO88023)\n\t\tMAC address length = 6\n\t\tMAC address = %s\n\t\tSmoothed RTT across interface = 7\n\t\tMean deviation in network RTT across interface = 3\n\t\tProbe interval for interface = 990 ms\n\t\tIFNET flags for interface = 0x1E084863\n\t\tNDD flags for interface = 0x0021081B\n\t\tInterface state = %s", i+1, n.Name, n.MAC, state)
			if n.Address != "" {
				a.say("\t\tNumber of regular addresses configured on interface = 1\n\t\tIPv4 ADDRESS: %s broadcast %s netmask %s", n.Address, broadcast(n.Address, maskBits(n.Netmask)), n.Netmask)
			}
		}
		state := "DOWN"
		if a.e.caaUp(h) && a.e.reachesDisk(h, c.Repo) {
			state = "UP  RESTRICTED  AIX_CONTROLLED"
		}
		if only == "" || only == "dpcom" {
			hit = true
			a.say("\tInterface number %d, dpcom\n\t\tIFNET type = 0 (none)\n\t\tNDD type = 305 (NDD_PINGCOMM)\n\t\tSmoothed RTT across interface = 750\n\t\tMean deviation in network RTT across interface = 1500\n\t\tProbe interval for interface = 22500 ms\n\t\tIFNET flags for interface = 0x00000000\n\t\tNDD flags for interface = 0x00000009\n\t\tInterface state = %s\n", len(h.Interfaces)+1, state)
		}
	}
	if !hit {
		return a.fail("lscluster: The interface %s does not exist.", only)
	}
	return 0
}

func (a *aixCall) caaStatistics(c *caaCluster) {
	a.say("Cluster Network Statistics:\n\npkts seen: 194312                   passed: 79305\nIP pkts: 183041                     UDP pkts: 87401\ngossip pkts sent: 36012             gossip pkts recv: 71987\ncluster address pkts: 0             CP pkts: 79231\nbad transmits: 0                    bad posts: 0\nBad transmit (overflow): 0\nBad transmit (host unreachable): 0\nBad transmit (net unreachable): 0\nBad transmit (network down): 0\nBad transmit (no connection): 0")
}

// caaTunables with their defaults and ranges.
var caaTunables = []struct{ name, def, min, max, unit string }{
	{"communication_mode", "u", "", "", ""}, {"config_timeout", "240", "0", "2147483647", "seconds"}, {"deadman_mode", "a", "", "", ""}, {"link_timeout", "30000", "0", "1171000", "milliseconds"},
	{"local_merge_policy", "m", "", "", ""}, {"network_fdt", "20000", "0", "590000", "milliseconds"}, {"no_if_traffic_monitor", "0", "0", "1", ""}, {"node_down_delay", "10000", "5000", "600000", "milliseconds"},
	{"node_timeout", "30000", "10000", "600000", "milliseconds"}, {"packet_ttl", "32", "1", "64", ""}, {"remote_hb_factor", "1", "1", "100", ""}, {"repos_mode", "e", "", "", ""}, {"site_merge_policy", "p", "", "", ""},
}

func (c *caaCluster) tunable(name string) string {
	if v, ok := c.Tunables[name]; ok {
		return v
	}
	for _, t := range caaTunables {
		if t.name == name {
			return t.def
		}
	}
	return ""
}

// aixClctrl has options of several letters.
func aixClctrl(a *aixCall) int {
	if len(a.args) == 0 {
		return a.usage()
	}
	c := a.e.caaOf(a.h)
	if c == nil {
		return a.fail("clctrl: This node does not belong to a cluster.")
	}
	rest := a.args[1:]
	switch a.args[0] {
	case "-start", "-stop":
		var list []*Host
		for i := 0; i < len(rest); i++ {
			switch {
			case rest[i] == "-n" && i+1 < len(rest):
				if i++; rest[i] != c.Name {
					return a.fail("clctrl: The cluster %s does not exist.", rest[i])
				}
			case rest[i] == "-a":
				list = c.Nodes
			case rest[i] == "-m" && i+1 < len(rest):
				i++
				for _, n := range strings.Split(rest[i], ",") {
					k := slices.IndexFunc(c.Nodes, func(h *Host) bool { return h.Hostname == n || h.Name == n })
					if k < 0 {
						return a.fail("clctrl: The node %s does not exist.", n)
					}
					list = append(list, c.Nodes[k])
				}
			default:
				return a.usage()
			}
		}
		if len(list) == 0 {
			return a.usage()
		}
		for _, h := range list {
			if a.args[0] == "-start" {
				c.Stopped = slices.DeleteFunc(slices.Clone(c.Stopped), func(x *Host) bool { return x == h })
				continue
			}
			if h.HA != nil && h.HA.State != "" {
				return a.fail("clctrl: PowerHA SystemMirror is active on node %s.", h.Hostname)
			}
			if !slices.Contains(c.Stopped, h) {
				c.Stopped = append(c.Stopped, h)
			}
		}
		return 0
	case "-tune":
		return a.tune(c, rest)
	}
	return a.usage()
}

func (a *aixCall) tune(c *caaCluster, rest []string) int {
	known := func(name string) bool {
		for _, t := range caaTunables {
			if t.name == name {
				return true
			}
		}
		return false
	}
	switch {
	case len(rest) == 1 && rest[0] == "-a":
		for _, t := range caaTunables {
			a.say("  %s(%s): %s = %s", c.Name, c.ID, t.name, c.tunable(t.name))
		}
	case len(rest) == 1 && rest[0] == "-D":
		c.Tunables = map[string]string{}
	case len(rest) == 2 && rest[0] == "-o":
		name, v, ok := strings.Cut(rest[1], "=")
		if !ok || !known(name) {
			return a.fail("clctrl: The tunable %s does not exist.", name)
		}
		for _, t := range caaTunables {
			if t.name != name || t.max == "" {
				continue
			}
			n, ok1 := atoi(v)
			low, _ := atoi(t.min)
			high, _ := atoi(t.max)
			if !ok1 || n < low || n > high {
				return a.fail("clctrl: The value %s of tunable %s is not between %s and %s.", v, name, t.min, t.max)
			}
		}
		c.Tunables[name] = v
	case len(rest) >= 1 && rest[0] == "-L" && len(rest) <= 2:
		if len(rest) == 2 && !known(rest[1]) {
			return a.fail("clctrl: The tunable %s does not exist.", rest[1])
		}
		a.say("NAME                      DEF    MIN    MAX    UNIT           SCOPE\n     ENTITY_NAME(UUID)                                              CUR")
		a.say("%s", strings.Repeat("-", 80))
		for _, t := range caaTunables {
			if len(rest) == 2 && rest[1] != t.name {
				continue
			}
			a.say("%-25s %-6s %-6s %-6s %-14s c e\n     %s(%s)      %s", t.name, t.def, t.min, t.max, t.unit, c.Name, c.ID, c.tunable(t.name))
			a.say("%s", strings.Repeat("-", 80))
		}
	default:
		return a.usage()
	}
	return 0
}

func aixMkcluster(a *aixCall) int {
	f, ok := a.flags("n:m:r:")
	if !ok {
		return 1
	}
	if !f.has('m') || !f.has('r') || len(f.rest) > 0 {
		return a.usage()
	}
	return a.fail("mkcluster: The cluster of this host is made by PowerHA SystemMirror: clmgr sync cluster.")
}

// aixRmcluster takes this node out, or wipes a repository disk by force.
func aixRmcluster(a *aixCall) int {
	f, ok := a.flags("n:r:fv")
	if !ok {
		return 1
	}
	if f.has('n') == f.has('r') || len(f.rest) > 0 {
		return a.usage()
	}
	c := a.e.caaOf(a.h)
	for _, h := range a.e.haHosts() {
		if c != nil && slices.Contains(c.Nodes, h) && h.HA.State != "" && !h.off() {
			return a.fail("rmcluster: PowerHA SystemMirror is active on node %s.", h.Hostname)
		}
	}
	if f.has('n') {
		if c == nil || c.Name != f.get('n') {
			return a.fail("rmcluster: The cluster %s does not exist.", f.get('n'))
		}
		for _, h := range slices.Clone(c.Nodes) {
			a.e.dropFromCAA(h)
		}
		a.say("rmcluster: Removed cluster shared disks are automatically renamed to names such as\n\thdisk10, [hdisk11, ...] on all cluster nodes. However, this cannot\n\ttake place while a disk is busy or on a node which is down or not\n\treachable.")
		return 0
	}
	d := a.h.disk(strings.TrimPrefix(f.get('r'), "/dev/"))
	if d == nil || d.Defined || !a.e.reachesDisk(a.h, d.medium) {
		return a.fail("rmcluster: The disk %s does not exist.", f.get('r'))
	}
	if c != nil && c.Repo == d.medium && !f.has('f') && a.variable("CAA_FORCE_ENABLED") != "1" {
		return a.fail("rmcluster: The disk %s is the repository of cluster %s, which is active.", d.Name, c.Name)
	}
	if c != nil && c.Repo == d.medium {
		a.e.dropFromCAA(a.h)
	} else if g := d.medium.group; g != nil && !slices.ContainsFunc(a.e.caas, func(x *caaCluster) bool { return x.Repo == d.medium }) {
		if g.volume("caalv_private1") == nil {
			return a.fail("rmcluster: The disk %s is no repository disk.", d.Name)
		}
		d.medium.group = nil
	}
	a.say("rmcluster: Successfully removed %s.", d.Name)
	return 0
}

// aixClcmd runs a command on all nodes of the cluster of AIX.
func aixClcmd(a *aixCall) int {
	args := a.args
	var only []string
	for len(args) > 1 && contains("-m -n", args[0]) {
		if args[0] == "-m" {
			only = strings.Split(args[1], ",")
		}
		args = args[2:]
	}
	if len(args) == 0 {
		return a.usage()
	}
	c := a.caa()
	if c == nil {
		return a.fail("clcmd: This node does not belong to an active cluster.")
	}
	code := 0
	for _, h := range c.Nodes {
		if only != nil && !slices.Contains(only, h.Hostname) {
			continue
		}
		a.say("\n-------------------------------\nNODE %s\n-------------------------------", h.Hostname)
		if why := a.e.talk(a.h, h); why != "" {
			code = a.fail("clcmd: %s: %s.", h.Hostname, why)
			continue
		}
		out, rc := a.remote(h, strings.Join(args, " "))
		a.out.WriteString(out)
		code = max(code, rc)
	}
	return code
}

// remote runs a command line on another node, or on this one.
func (a *aixCall) remote(h *Host, line string) (string, int) {
	out, code, _, _ := a.e.runHeld(h, "root", line, map[string]string{"PATH": haUtilDir + ":" + aixPath})
	return out, code
}

// haltHost is the end of a host without any farewell. Its partition goes down with it.
func (e *Estate) haltHost(h *Host) {
	if h.off() {
		return
	}
	e.stopHost(h, false)
	if s, p := e.place(h); p != nil && !p.migrating() {
		e.finishShutdown(s, p, e.Timing.PowerOff, false)
	}
}

// bootHost starts a host that was down, at once where it is in no partition.
func (e *Estate) bootHost(h *Host) {
	s, p := e.place(h)
	switch {
	case p == nil:
		e.startHost(h)
	case p.State == stateOff && s.HMC:
		e.bootHMC(s, p)
	case p.State == stateOff:
		e.boot(s, p)
	}
}

// bootPowerHA is what PowerHA does at the start of a host.
func (e *Estate) bootPowerHA(h *Host) {
	if h.HA != nil {
		h.HA.Trust = h.readTrust()
		h.HA.Groups, h.HA.ACD = nil, nil
		e.bindPersistent(h)
		if n := e.nodeOf(h.HA.DCD, h); h.HA.AtBoot || n != nil && n.yes("START_ON_BOOT") {
			e.startServices(h, false)
		}
	}
	e.touch()
}

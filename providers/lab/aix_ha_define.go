package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// addNode takes another host into the cluster.
func (m *clmgr) addNode(o *haObject) int {
	d := m.h.HA.DCD
	path := cmp.Or(o.Attrs["COMMPATH"], o.Name)
	h := m.e.hostAt(m.h.haLookup(path))
	if why := m.unreachable(path, h); why != nil {
		return m.refuse(why)
	}
	if c := m.e.caaOf(h); c != nil && c != m.e.caaOf(m.h) {
		return m.error(haGeneral, "ERROR: node \"%s\" already belongs to cluster \"%s\".", o.Name, c.Name)
	}
	if m.e.nodeOf(d, h) != nil {
		return m.error(haGeneral, "ERROR: node \"%s\" already exists.", o.Name)
	}
	persistent := o.Attrs["PERSISTENT_IP"]
	extra := map[string]string{"NODE": o.Name}
	for _, a := range []string{"NETWORK", "NETMASK"} {
		if v := o.Attrs[a]; v != "" {
			extra[a] = v
		}
		delete(o.Attrs, a)
	}
	delete(o.Attrs, "PERSISTENT_IP")
	o.Attrs["COMMPATH"] = path
	if persistent != "" && (m.h.haLookup(persistent) == "" || extra["NETWORK"] == "") {
		return m.error(haMissing, "ERROR: a persistent IP label resolves through /etc/hosts and needs \"NETWORK\".")
	}
	d.Objects = append(d.Objects, o)
	if persistent != "" {
		d.add("persistent_ip", persistent, extra)
	}
	m.harvest(o, h)
	return 0
}

// unreachable refuses a node that clcomd does not reach.
func (m *clmgr) unreachable(path string, h *Host) *haProblem {
	if m.h.haLookup(path) == "" {
		return problem(haNotFound, "ERROR: the node \"%s\" does not resolve to an IP address. Check /etc/hosts.", path)
	}
	if h == nil {
		return problem(haGeneral, "ERROR: could not communicate with node \"%s\": the host does not answer.", path)
	}
	if why := m.e.talk(m.h, h); why != "" {
		return problem(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", path, why)
	}
	return nil
}

// addCluster defines a cluster on this node.
func (m *clmgr) addCluster() int {
	n := m.h.HA
	if n.DCD.cluster() != nil {
		return m.error(haGeneral, "ERROR: a cluster is already defined: \"%s\".", n.DCD.cluster().Name)
	}
	short, _, _ := strings.Cut(m.h.Hostname, ".")
	c := &haObject{Class: "cluster", Name: cmp.Or(m.name, haName(short)+"_cluster"), Attrs: map[string]string{}}
	if p := checkName("cluster", c.Name); p != nil {
		return m.refuse(p)
	}
	d := &haDef{}
	n.DCD = d
	undo := func(p *haProblem) int {
		n.DCD = nil
		return m.refuse(p)
	}
	if p := m.assign(c, true); p != nil {
		return undo(p)
	}
	nodes, repos := strings.Fields(c.Attrs["NODES"]), strings.Fields(c.Attrs["REPOSITORIES"])
	delete(c.Attrs, "NODES")
	delete(c.Attrs, "REPOSITORIES")
	if len(nodes) == 0 {
		nodes = []string{m.h.Hostname}
	}
	if c.get("HEARTBEAT_TYPE") == "UNICAST" && c.get("CLUSTER_IP") != "" {
		return undo(problem(haIncorrect, "ERROR: \"CLUSTER_IP\" is for multicast heartbeats only."))
	}
	c.Attrs["CLUSTER_ID"] = fmt.Sprint(1000000000 + hexNumber(stableHex(7, m.h.Machine, c.Name, m.e.Now.Unix())))
	d.Objects = append(d.Objects, c)
	var hosts []*Host
	for _, path := range nodes {
		h := m.e.hostAt(m.h.haLookup(path))
		if p := m.unreachable(path, h); p != nil {
			return undo(p)
		}
		if slices.Contains(hosts, h) {
			return undo(problem(haIncorrect, "ERROR: \"%s\" is specified more than once for \"NODES\".", path))
		}
		if x := m.e.caaOf(h); x != nil {
			return undo(problem(haGeneral, "ERROR: node \"%s\" already belongs to cluster \"%s\".", path, x.Name))
		}
		if h.HA.version() != n.version() {
			return undo(problem(haGeneral, "ERROR: node \"%s\" has PowerHA SystemMirror %s, this node has %s.", path, h.HA.Version, n.Version))
		}
		first, _, _ := strings.Cut(path, ".")
		name := haName(first)
		if p := checkName("node", name); p != nil {
			return undo(p)
		}
		hosts = append(hosts, h)
		d.add("node", name, map[string]string{"COMMPATH": path})
	}
	if !slices.Contains(hosts, m.h) {
		return undo(problem(haIncorrect, "ERROR: the local node must be one of \"NODES\"."))
	}
	for _, disk := range repos {
		if p := m.takeRepository(disk); p != nil {
			return undo(p)
		}
	}
	for i, o := range d.all("node") {
		m.harvest(o, hosts[i])
	}
	n.Discovered = true
	if len(repos) == 0 {
		m.say("Warning: to complete this configuration, a repository disk must be defined.\n")
	}
	m.topology()
	m.say("\nInitializing..\nGathering cluster information, which may take a few minutes...\nProcessing...\nStoring the following information in file\n/usr/es/sbin/cluster/etc/config/clvg_config\n")
	return 0
}

func hexNumber(s string) int {
	n := 0
	_, _ = fmt.Sscanf(s, "%x", &n)
	return n
}

// harvest defines the interfaces of a node whose addresses have labels, and the networks that they are on.
func (m *clmgr) harvest(node *haObject, h *Host) {
	d := m.h.HA.DCD
	for _, n := range h.Interfaces {
		label := m.h.label(n.Address)
		if n.Address == "" || n.State != "up" || label == "" || d.get("interface", label) != nil || d.get("service_ip", label) != nil {
			continue
		}
		network := ""
		for _, x := range d.all("interface") {
			if p := m.hosts()[x.get("NODE")]; p != nil {
				if y := p.nic(x.get("INTERFACE")); y != nil && y.subnet() == n.subnet() {
					network = x.get("NETWORK")
				}
			}
		}
		for i := 1; network == ""; i++ {
			if name := fmt.Sprintf("net_ether_%02d", i); d.get("network", name) == nil {
				network = name
				d.add("network", name, map[string]string{"NETMASK": n.Netmask})
			}
		}
		d.add("interface", label, map[string]string{"NETWORK": network, "NODE": node.Name, "INTERFACE": n.Name})
	}
}

func (m *clmgr) discover() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	d := m.h.HA.DCD
	m.say("Initializing..\nGathering cluster information, which may take a few minutes...\nProcessing...")
	code := 0
	for _, o := range d.all("node") {
		h := m.e.haHost(m.h, o)
		if why := m.e.talk(m.h, h); why != "" {
			code = m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", o.Name, why)
		}
	}
	m.h.HA.Discovered = true
	m.say("Storing the following information in file\n/usr/es/sbin/cluster/etc/config/clvg_config\n")
	for _, o := range d.all("node") {
		if h := m.e.haHost(m.h, o); h != nil {
			m.say("%s:", o.Name)
			for _, x := range h.Disks {
				name, _ := h.groupLabel(x)
				m.say("\tHdisk:\t%s\n\tPVID:\t%s\n\tVGname:\t%s", x.Name, orNone(x.PVID), name)
			}
			m.say("")
		}
	}
	return code
}

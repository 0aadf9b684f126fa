package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// query prints names, or the attributes of objects.
func (m *clmgr) query() int {
	if len(m.attrs) > 0 {
		return m.error(haIncorrect, "ERROR: \"%s\" is not a valid attribute for action \"query\" of class \"%s\".", m.attrs[0].Name, m.class.name)
	}
	d := m.h.HA.DCD
	class := m.class.name
	for _, a := range m.only {
		if !slices.Contains(m.keys(), a) {
			return m.error(haIncorrect, "ERROR: \"%s\" is not a valid attribute for class \"%s\".", a, class)
		}
	}
	if class == "cluster" {
		if m.name != "" && m.name != d.cluster().Name {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
		}
		return m.print([][]pair{m.clusterValues()})
	}
	var list []*haObject
	if m.name == "" {
		if !m.verbose && len(m.only) == 0 {
			for _, n := range d.names(class) {
				if o := d.get(class, n); class == "repository" {
					n = m.repositoryText(o)
				}
				m.say("%s", n)
			}
			return 0
		}
		list = d.all(class)
	} else if class == "repository" {
		for _, n := range strings.Split(m.name, ",") {
			o := m.repositoryNamed(n)
			if o == nil {
				return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", n)
			}
			list = append(list, o)
		}
	} else {
		var p *haProblem
		if list, p = m.chosen(); p != nil {
			return m.refuse(p)
		}
	}
	var out [][]pair
	for _, o := range list {
		out = append(out, m.values(o))
	}
	return m.print(out)
}

// keys are the attributes that a query knows.
func (m *clmgr) keys() []string {
	o := &haObject{Class: m.class.name, Attrs: map[string]string{}}
	var list []pair
	if o.Class == "cluster" {
		list = m.clusterValues()
	} else {
		list = m.values(o)
	}
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

// print writes the attributes of objects in the form that was asked for.
func (m *clmgr) print(objects [][]pair) int {
	for i, list := range objects {
		if m.only != nil {
			var keep []pair
			for _, want := range m.only {
				for _, p := range list {
					if p.Name == want {
						keep = append(keep, p)
					}
				}
			}
			list = keep
		}
		switch {
		case m.colon != "":
			var names, values []string
			for _, p := range list {
				names = append(names, p.Name)
				values = append(values, strings.ReplaceAll(p.Value, m.colon, "\\"+m.colon))
			}
			if i == 0 && !m.noHead {
				m.say("#%s", strings.Join(names, m.colon))
			}
			m.say("%s", strings.Join(values, m.colon))
		case m.xml:
			m.say("<%s>", strings.ToUpper(m.class.name))
			for _, p := range list {
				m.say("    <%s>%s</%s>", p.Name, p.Value, p.Name)
			}
			m.say("</%s>", strings.ToUpper(m.class.name))
		default:
			if i > 0 {
				m.say("")
			}
			for _, p := range list {
				m.say("%s=\"%s\"", p.Name, p.Value)
			}
		}
	}
	return 0
}

func (m *clmgr) repositoryText(o *haObject) string {
	name := o.Name
	if d := m.h.diskWith(o.get("PVID")); d != nil {
		name = d.Name
	}
	return fmt.Sprintf("%s (%s)", name, o.get("PVID"))
}

func (m *clmgr) clusterValues() []pair {
	d := m.h.HA.DCD
	c := d.cluster()
	var repos []string
	for _, o := range d.all("repository") {
		repos = append(repos, m.repositoryText(o))
	}
	out := []pair{{Name: "CLUSTER_NAME", Value: c.Name}, {Name: "CLUSTER_ID", Value: c.Attrs["CLUSTER_ID"]}, {Name: "STATE", Value: m.clusterState()}}
	for _, a := range m.class.attrs {
		switch {
		case a.name == "NODES":
		case a.name == "REPOSITORIES":
			version := m.h.HA.Version
			for strings.Count(version, ".") < 3 {
				version += ".0"
			}
			out = append(out, pair{Name: "REPOSITORIES", Value: strings.Join(repos, ", ")}, pair{Name: "VERSION", Value: version}, pair{Name: "VERSION_NUMBER", Value: versionNumber(m.h.HA)},
				pair{Name: "EDITION", Value: map[bool]string{true: "STANDARD", false: "ENTERPRISE"}[c.get("TYPE") != "LC"]}, pair{Name: "UNSYNCED_CHANGES", Value: trueFalse(c.Attrs["SYNCED"] == "" || !m.agreed())}, pair{Name: "SECURITY", Value: "Standard"})
		default:
			out = append(out, pair{Name: a.name, Value: c.get(a.name)})
		}
	}
	return out
}

// versionNumber is how the cluster counts its releases.
func versionNumber(n *haNode) string {
	for _, x := range []struct {
		release int
		minor   string
		number  string
	}{{702, "7.2.7", "23"}, {702, "7.2.6", "22"}, {702, "7.2.5", "21"}, {702, "7.2.4", "20"}, {702, "7.2.3", "19"}, {702, "7.2.2", "18"}, {702, "7.2.1", "17"}, {702, "7.2", "16"}, {701, "7.1.3", "15"}, {701, "7.1.2", "14"}, {701, "7.1.1", "13"}, {701, "7.1", "12"},
		{601, "6.1", "11"}, {505, "5.5", "10"}, {504, "5.4", "9"}, {503, "5.3", "8"}, {502, "5.2", "7"}, {501, "5.1", "6"}} {
		if n.version() == x.release && strings.HasPrefix(n.Version, x.minor) {
			return x.number
		}
	}
	return "0"
}

func (m *clmgr) clusterState() string { return m.e.clusterState(m.h) }

// clusterState is the state of the whole cluster as a node sees it.
func (e *Estate) clusterState(from *Host) string {
	d := from.HA.DCD
	if d.cluster().Attrs["SYNCED"] == "" {
		return "NOT_CONFIGURED"
	}
	_, hosts := e.peers(d, from)
	up, down, unknown := 0, 0, 0
	state := "STABLE"
	for _, h := range hosts {
		switch {
		case h != from && e.talk(from, h) != "":
			unknown++
		case h.HA.State == "" || h.HA.Forced:
			down++
		default:
			up++
			switch h.HA.State {
			case haFailed:
				state = "ERROR"
			case haRunning, haJoining:
				if state == "STABLE" {
					state = "UNSTABLE"
				}
			}
		}
	}
	switch {
	case up == 0 && down == 0:
		return "UNKNOWN"
	case up == 0:
		return "OFFLINE"
	}
	return state
}

// nodeState is the word of clshowsrv -v for a node, and the state behind it.
func (e *Estate) nodeState(from, h *Host) (string, string) {
	if h == nil || h != from && e.talk(from, h) != "" {
		return "UNKNOWN", "UNKNOWN"
	}
	raw := h.HA.shown()
	switch {
	case raw == haStable && h.HA.Forced:
		return "UNMANAGED", raw
	case raw == haStable:
		return "NORMAL", raw
	case raw == haJoining:
		return "JOINING", raw
	case raw == haFailed:
		return "ERROR", raw
	case raw == haRunning:
		return "RUNNING", raw
	case raw == haNone:
		return "NOT_CONFIGURED", raw
	}
	return "OFFLINE", raw
}

// groupState is the state of a group over its nodes, and where it is.
func (a *aixCall) groupState(rg string) (state, node string) {
	on := a.runningNode()
	if on == nil {
		if a.h.HA.State != "" {
			on = a.h
		} else {
			return "UNKNOWN", ""
		}
	}
	state = rgOffline
	for _, s := range []string{rgUnmanaged, rgTemporary, rgError, rgReleasing, rgAcquiring, rgOnline} {
		for _, h := range a.e.side(on) {
			if g := h.HA.Groups[rg]; g != nil && g.State == s {
				state = s
				if node == "" || s != rgOnline {
					node = a.e.nodeName(h)
				} else if s == rgOnline && !slices.Contains(strings.Fields(node), a.e.nodeName(h)) {
					if g0 := a.e.haHost(on, on.HA.ACD.get("node", strings.Fields(node)[0])); g0 != nil && g0.HA.group(rg).State == rgOnline {
						node += " " + a.e.nodeName(h)
					} else {
						node = a.e.nodeName(h)
					}
				}
			}
		}
	}
	if !contains("ONLINE ACQUIRING RELEASING ERROR UNMANAGED", strings.Fields(state)[0]) {
		node = ""
	}
	return state, node
}

// values are the attributes of an object as a query prints them.
func (m *clmgr) values(o *haObject) []pair {
	d := m.h.HA.DCD
	out := []pair{{Name: "NAME", Value: o.Name}}
	add := func(name, v string) { out = append(out, pair{Name: name, Value: v}) }
	switch o.Class {
	case "node":
		h := m.e.haHost(m.h, o)
		state, raw := m.e.nodeState(m.h, h)
		add("STATE", state)
		add("RAW_STATE", raw)
		add("COMMPATH", o.get("COMMPATH"))
		var persistent, ifs []string
		for _, x := range d.all("persistent_ip") {
			if x.get("NODE") == o.Name {
				persistent = append(persistent, x.Name)
			}
		}
		for _, x := range d.all("interface") {
			if x.get("NODE") == o.Name {
				ifs = append(ifs, x.Name)
			}
		}
		for _, a := range m.class.attrs {
			if !contains("COMMPATH NETWORK NETMASK PERSISTENT_IP", a.name) {
				add(a.name, o.get(a.name))
			}
		}
		add("PERSISTENT_IP", strings.Join(persistent, " "))
		add("INTERFACES", strings.Join(ifs, " "))
		level := ""
		if h != nil {
			level = h.Level
		}
		add("LEVEL", level)
		return out
	case "repository":
		out[0].Value = strings.Fields(m.repositoryText(o) + " x")[0]
		add("PVID", o.get("PVID"))
		state, size, uuid := "BACKUP", "", ""
		if disk := m.h.diskWith(o.get("PVID")); disk != nil {
			size, uuid = fmt.Sprint(disk.medium.size()), makeUUIDText(disk.medium.name)
			if c := m.e.caaOf(m.h); c != nil && c.Repo == disk.medium {
				state = "ACTIVE"
			}
			if !m.e.reachesDisk(m.h, disk.medium) {
				state = "DOWN"
			}
		}
		add("UUID", uuid)
		add("BACKUP", trueFalse(state == "BACKUP"))
		add("STATE", state)
		add("TYPE", "hdisk")
		add("SIZE_MB", size)
		add("SITE", o.get("SITE"))
		return out
	case "resource_group":
		state, node := m.groupState(o.Name)
		add("STATE", state)
		add("CURRENT_NODE", node)
		add("CURRENT_SECONDARY_NODE", "")
	case "service_ip", "persistent_ip":
		add("IPADDR", m.h.haLookup(o.Name))
		if o.Class == "service_ip" {
			group := ""
			for _, rg := range d.all("resource_group") {
				if slices.Contains(rg.list("SERVICE_LABEL"), o.Name) {
					group = rg.Name
				}
			}
			add("RESOURCE_GROUP", group)
		}
	case "interface":
		add("IPADDR", m.h.haLookup(o.Name))
		state := "DOWN"
		if h := m.hosts()[o.get("NODE")]; h != nil {
			if n := h.nic(o.get("INTERFACE")); n != nil && m.e.wired(h, n) {
				state = "UP"
			}
		}
		add("STATE", state)
	case "network":
		var ifs, labels []string
		for _, x := range d.all("interface") {
			if x.get("NETWORK") == o.Name {
				ifs = append(ifs, x.Name)
			}
		}
		for _, x := range d.all("service_ip") {
			if x.get("NETWORK") == o.Name {
				labels = append(labels, x.Name)
			}
		}
		sort.Strings(ifs)
		add("INTERFACES", strings.Join(ifs, " "))
		add("SERVICE_IPS", strings.Join(labels, " "))
	}
	for _, a := range m.class.attrs {
		add(a.name, o.get(a.name))
	}
	return out
}

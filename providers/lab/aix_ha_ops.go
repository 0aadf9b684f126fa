package lab

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// services starts and stops cluster services: on all nodes, on some, or on those of a site.
func (m *clmgr) services() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	d := m.h.HA.DCD
	names, hosts := m.e.peers(d, m.h)
	chosen := names
	switch m.class.name {
	case "cluster":
		if m.name != "" && m.name != d.cluster().Name {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
		}
	case "node":
		if m.name == "" {
			return m.error(haMissing, "ERROR: a name/label must be provided.")
		}
		if !strings.EqualFold(m.name, "all") {
			chosen = strings.Split(m.name, ",")
		}
	case "site":
		s := d.get("site", m.name)
		if s == nil {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
		}
		chosen = s.list("NODES")
	}
	for _, n := range chosen {
		if !slices.Contains(names, n) {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", n)
		}
	}
	when := cmp.Or(o["WHEN"], "now")
	if m.action == "online" {
		return m.start(o, when, chosen, hosts)
	}
	return m.stop(o, when, chosen, hosts)
}

func (m *clmgr) start(o map[string]string, when string, chosen []string, hosts map[string]*Host) int {
	e, d := m.e, m.h.HA.DCD
	if d.cluster().Attrs["SYNCED"] == "" {
		return m.error(haGeneral, "ERROR: the cluster has not been synchronized. Run: clmgr sync cluster")
	}
	if when != "now" {
		for _, n := range chosen {
			if h := hosts[n]; h != nil && !h.off() {
				h.HA.AtBoot = true
			}
		}
		if when == "restart" {
			return 0
		}
	}
	code := 0
	for _, n := range chosen {
		h := hosts[n]
		if why := e.talk(m.h, h); why != "" {
			code = m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
			continue
		}
		if m.h.HA.modern() && o["START_CAA"] != "" && o["START_CAA"] != "no" {
			if c := e.caaOf(h); c != nil {
				c.Stopped = slices.DeleteFunc(slices.Clone(c.Stopped), func(x *Host) bool { return x == h })
			}
		}
		if m.h.HA.modern() && !e.caaUp(h) {
			code = m.error(haGeneral, "ERROR: Cluster-Aware AIX is not active on node \"%s\".", n)
		}
		if h.HA.DCD.cluster() == nil {
			code = m.error(haGeneral, "ERROR: node \"%s\" holds no cluster definition. Synchronize the cluster first.", n)
		}
	}
	if code != 0 || o["START_CAA"] == "only" {
		return code
	}
	// Verification runs at every start.
	v := e.verify(m.h, o["FIX"] == "yes")
	v.errors = slices.DeleteFunc(v.errors, func(x string) bool { return strings.HasPrefix(x, cannotTalk) }) // a node may start while another is down
	for _, x := range v.fixed {
		m.say("Corrective action performed: %s", x)
	}
	if len(v.errors) > 0 && o["FORCE"] != "true" {
		for _, x := range v.errors {
			m.fail("ERROR: %s", x)
		}
		m.logVerify(v)
		return m.error(haGeneral, "ERROR: verification failed. Cluster services were not started.")
	}
	for _, n := range chosen {
		h := hosts[n]
		if h.HA.up() {
			m.say("%s: cluster services are already active.", n)
			continue
		}
		m.say("%s: start_cluster: Starting PowerHA SystemMirror", n)
		m.say("%s: %s: Completed execution of %s/etc/rc.cluster\n%s: with parameters: -boot -N -A -b -P cl_rc_cluster.\n%s: Exit status = 0", n, n, haBase, n, n)
		if contains("true consistent", o["CLINFO"]) {
			for _, s := range h.Subsystems {
				if s.Name == "clinfoES" && s.PID == 0 {
					s.PID = h.nextPID()
				}
			}
		}
		e.startServices(h, o["MANAGE"] == "manual")
	}
	limit := 10 * time.Minute
	if n, ok := atoi(o["TIMEOUT"]); ok && n > 0 {
		limit = time.Duration(n) * time.Second
	}
	m.say("\nWaiting for the cluster services to become active...")
	settled := func() bool {
		for _, n := range chosen {
			if h := hosts[n]; !h.off() && (h.HA.State != haStable && h.HA.State != haFailed || e.busyHA(h)) {
				return false
			}
		}
		return true
	}
	if !m.waitFor(limit, settled) {
		return m.error(haGeneral, "ERROR: the cluster services did not become active in time.")
	}
	for _, n := range chosen {
		m.say("%s: %s", n, hosts[n].HA.shown())
		if hosts[n].HA.State == haFailed || hosts[n].off() {
			code = haGeneral
		}
	}
	return code
}

func (m *clmgr) stop(o map[string]string, when string, chosen []string, hosts map[string]*Host) int {
	e := m.e
	if when != "now" {
		for _, n := range chosen {
			if h := hosts[n]; h != nil && !h.off() {
				h.HA.AtBoot = false
				if x := e.nodeOf(h.HA.DCD, h); x != nil {
					delete(x.Attrs, "START_ON_BOOT")
				}
			}
		}
		if when == "restart" {
			return 0
		}
	}
	how := cmp.Or(o["MANAGE"], "offline")
	var running []*Host
	for _, n := range chosen {
		h := hosts[n]
		if why := e.talk(m.h, h); why != "" {
			if h != nil && h.off() {
				continue
			}
			return m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
		}
		if h.HA.State != "" && e.stuck(h) {
			return m.error(haGeneral, "ERROR: an event script has failed. Recover first: clmgr recover cluster")
		}
		if h.HA.up() || h.HA.State != "" && how != "unmanage" {
			running = append(running, h)
		} else {
			m.say("%s: cluster services are not active.", n)
		}
	}
	if how == "move" && len(running) > 0 {
		rest := 0
		for _, h := range hosts {
			if h.HA.up() && !slices.Contains(running, h) {
				rest++
			}
		}
		if rest == 0 {
			m.say("WARNING: no node is left that could take the resource groups; they are brought offline.")
		}
	}
	for _, h := range running {
		m.say("%s: clstop: Stopping PowerHA SystemMirror (%s)", e.nodeName(h), how)
		e.stopServices(h, how)
	}
	limit := 10 * time.Minute
	if n, ok := atoi(o["TIMEOUT"]); ok && n > 0 {
		limit = time.Duration(n) * time.Second
	}
	m.say("\nWaiting for the cluster services to stop...")
	if !m.waitFor(limit, func() bool {
		for _, h := range running {
			if how == "unmanage" && !h.HA.Forced || how != "unmanage" && h.HA.State != "" || h.HA.State != "" && e.busyHA(h) {
				return false
			}
		}
		if x := e.anyUp(m.h); x != nil && e.busyHA(x) {
			return false
		}
		return true
	}) {
		return m.error(haGeneral, "ERROR: the cluster services did not stop in time.")
	}
	if o["STOP_CAA"] == "true" {
		for _, h := range running {
			if c := e.caaOf(h); c != nil && h.HA.State == "" && !slices.Contains(c.Stopped, h) {
				c.Stopped = append(c.Stopped, h)
			}
		}
	}
	for _, n := range chosen {
		m.say("%s: %s", n, hosts[n].HA.shown())
	}
	return 0
}

// running is a node of this cluster whose services run, this one when it can be.
func (a *aixCall) runningNode() *Host {
	if a.h.HA.up() {
		return a.h
	}
	for _, h := range a.e.haHosts() {
		if h.HA.up() && !h.off() && h.HA.ACD.clusterID() == a.h.HA.DCD.clusterID() && a.h.HA.DCD.cluster() != nil && a.e.talk(a.h, h) == "" {
			return h
		}
	}
	return nil
}

const ipcError = "Cluster IPC error: The cluster manager on node %s is in ST_INIT or NOT_CONFIGURED state and cannot process the IPC request."

// groupService is online and offline resource_group.
func (m *clmgr) groupService() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	list, p := m.chosen()
	if p != nil {
		return m.refuse(p)
	}
	for _, rg := range list {
		var to []string
		if o["NODES"] != "" {
			to = strings.Fields(o["NODES"])
		}
		if code := m.groupMove(rg.Name, m.action, to, false); code != 0 {
			return code
		}
	}
	return 0
}

// moveGroup is move resource_group.
func (m *clmgr) moveGroup() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	list, p := m.chosen()
	if p != nil {
		return m.refuse(p)
	}
	if (o["NODE"] == "") == (o["SITE"] == "") {
		return m.error(haMissing, "ERROR: specify either \"NODE\" or \"SITE\".")
	}
	d := m.h.HA.DCD
	if len(list) > 1 {
		for _, rg := range list {
			if n := len(slices.DeleteFunc(d.all("dependency"), func(x *haObject) bool { return !slices.Contains(dependencyGroups(x), rg.Name) })); n > 1 {
				return m.error(haGeneral, "ERROR: resource group \"%s\" has more than one dependency; move the groups one by one.", rg.Name)
			}
		}
	}
	to := []string{o["NODE"]}
	if o["SITE"] != "" {
		s := d.get("site", o["SITE"])
		if s == nil {
			return m.error(haNotFound, "ERROR: site \"%s\" does not appear to exist!", o["SITE"])
		}
		to = s.list("NODES")
	} else if d.get("node", o["NODE"]) == nil {
		return m.error(haNotFound, "ERROR: node \"%s\" does not appear to exist!", o["NODE"])
	}
	for _, rg := range list {
		if code := m.groupMove(rg.Name, "move", to, false); code != 0 {
			return code
		}
	}
	return 0
}

// groupMove asks the cluster manager to bring a group online, offline, or to other nodes, and waits for it.
func (a *aixCall) groupMove(group, what string, to []string, quiet bool) int {
	e := a.e
	no := func(format string, args ...any) int {
		a.fail("ERROR: "+format, args...)
		return haGeneral
	}
	on := a.runningNode()
	if on == nil {
		return a.fail(ipcError, e.nodeName(a.h))
	}
	rg := on.HA.ACD.get("resource_group", group)
	if rg == nil {
		return no("resource group \"%s\" is not known to the cluster manager. Synchronize the cluster first.", group)
	}
	if e.busyHA(on) {
		return no("the cluster is processing an event. Try again when it is stable.")
	}
	if e.stuck(on) {
		return no("an event script has failed. Recover first: clmgr recover cluster")
	}
	nodes := append(rg.list("NODES"), rg.list("SECONDARYNODES")...)
	var targets []*Host
	for _, n := range to {
		if !slices.Contains(nodes, n) {
			return no("node \"%s\" is not one of the nodes of resource group \"%s\".", n, group)
		}
		h := e.upHost(on, n)
		if h == nil {
			return no("cluster services are not active on node \"%s\".", n)
		}
		targets = append(targets, h)
	}
	owners := e.ownersOf(on, group, "ONLINE")
	broken := e.ownersOf(on, group, "ERROR UNMANAGED")
	concurrent := rg.get("STARTUP") == "OAAN"
	var steps []haStep
	each := func(run func(h *Host, g *haInstance)) haStep {
		return func(*haEvent) time.Duration {
			for _, h := range e.side(on) {
				run(h, h.HA.group(group))
			}
			return 0
		}
	}
	var good func() bool
	at := ""
	switch what {
	case "offline":
		if len(targets) == 0 {
			targets = append(slices.Clone(owners), broken...)
		}
		if kids := e.childrenOn(on, group); len(kids) > 0 {
			return no("resource group \"%s\" may not be brought offline while its children are online: %s", group, strings.Join(kids, " "))
		}
		targets = slices.DeleteFunc(targets, func(h *Host) bool { return !slices.Contains(owners, h) && !slices.Contains(broken, h) })
		if len(targets) == 0 {
			a.say("Resource group %s is offline already.", group)
			return 0
		}
		for _, h := range targets {
			steps = append(steps, e.release(h, rg, false)...)
		}
		steps = append(steps, each(func(_ *Host, g *haInstance) {
			if g.State == rgOffline {
				g.Why, g.Override = "user", false
			}
		}))
		good = func() bool { return len(e.ownersOf(on, group, "ONLINE ERROR")) == 0 || concurrent }
	case "online", "move":
		if what == "move" && concurrent {
			return no("resource group \"%s\" is concurrent and can only be brought online or offline.", group)
		}
		if off := e.parentsOff(on, rg); len(off) > 0 {
			return no("resource group \"%s\" may not be brought online while its parents are offline: %s", group, strings.Join(off, " "))
		}
		if what == "move" && len(owners) > 0 && slices.Contains(targets, owners[0]) {
			return no("resource group \"%s\" is already online on node \"%s\".", group, e.nodeName(owners[0]))
		}
		if what == "online" && len(owners) > 0 && !concurrent {
			if len(targets) > 0 && !slices.Contains(targets, owners[0]) {
				return no("resource group \"%s\" is online on node \"%s\"; move it instead.", group, e.nodeName(owners[0]))
			}
			a.say("Resource group %s is online already on node %s.", group, e.nodeName(owners[0]))
			return 0
		}
		if kids := e.childrenOn(on, group); what == "move" && len(owners) > 0 && len(kids) > 0 {
			return no("resource group \"%s\" may not be moved while its children are online: %s", group, strings.Join(kids, " "))
		}
		// Groups on the same node move together.
		together := []*haObject{rg}
		if what == "move" && len(owners) > 0 {
			together = e.together(on, rg)
		}
		forced := len(targets) > 0
		for _, h := range broken {
			steps = append(steps, e.release(h, rg, true)...)
		}
		steps = append(steps, each(func(_ *Host, g *haInstance) { g.Why, g.Override = "", false }))
		for _, x := range together {
			if what == "move" && len(owners) > 0 {
				steps = append(steps, e.release(owners[0], x, false)...)
			}
		}
		if concurrent {
			if len(targets) == 0 {
				for _, n := range nodes {
					if h := e.upHost(on, n); h != nil {
						targets = append(targets, h)
					}
				}
			}
			for _, h := range targets {
				if !slices.Contains(owners, h) {
					steps = append(steps, e.placeGroup(on, rg, []*Host{h})...)
				}
			}
		} else {
			for _, h := range targets {
				if !e.usableFor(on, h, rg, together) {
					return no("resource group \"%s\" cannot be acquired on node \"%s\": a network of its service IP labels is down there, or a location dependency forbids it.", group, e.nodeName(h))
				}
			}
			for _, x := range together {
				steps = append(steps, func(ev *haEvent) time.Duration {
					list := slices.Clone(targets)
					if !forced {
						list = e.candidates(on, x, "")
					}
					ev.push(e.placeGroup(on, x, list)...)
					return 0
				})
			}
			if forced {
				steps = append(steps, func(*haEvent) time.Duration {
					for _, x := range together {
						for _, h := range e.ownersOf(on, x.Name, "ONLINE") {
							h.HA.group(x.Name).Override = e.nodeName(h) != nodes[0] || what == "move"
						}
					}
					return 0
				})
			}
		}
		steps = append(steps, e.startGroups(on, on)...)
		good = func() bool {
			now := e.ownersOf(on, group, "ONLINE")
			if len(now) > 0 {
				at = e.nodeName(now[0])
			}
			return len(now) > 0 && (len(targets) == 0 || slices.Contains(targets, now[0]))
		}
	}
	if !quiet {
		a.say("Attempting to %s group %s%s.\n", map[string]string{"online": "bring online", "offline": "bring offline", "move": "move"}[what], group, map[bool]string{true: " to node " + strings.Join(to, " ")}[len(to) > 0 && what == "move"])
	}
	a.say("Waiting for the cluster to process the resource group movement request....\n\nWaiting for the cluster to stabilize...")
	ev := e.post(on, "rg_move "+e.nodeName(on)+" "+group, steps...)
	e.post(on, "rg_move_complete "+e.nodeName(on)+" "+group)
	if !a.waitEvent(ev, on) {
		if a.session != nil && a.session.held != nil {
			return 0
		}
		return a.fail("ERROR: the resource group movement request did not end in time.")
	}
	if !good() {
		return no("resource group %s: the request failed. See %s.", group, haOut)
	}
	if what == "offline" {
		a.say("\nResource group movement successful.\nResource group %s is offline.", group)
	} else {
		a.say("\nResource group movement successful.\nResource group %s is online on node %s.", group, at)
	}
	return 0
}

func (a *aixCall) waitEvent(ev *haEvent, on *Host) bool {
	end := a.e.Now.Add(2 * time.Hour)
	a.wait(func() bool {
		return !a.e.Now.Before(end) || a.h.off() || ev.done && (!a.e.busyHA(on) || on.off())
	})
	return ev.done && !a.h.off()
}

// together are the groups that a same-node dependency keeps with one that is online.
func (e *Estate) together(on *Host, rg *haObject) []*haObject {
	out := []*haObject{rg}
	for _, dep := range on.HA.ACD.all("dependency") {
		if dep.get("SAME") != "NODE" || !slices.Contains(dep.list("GROUPS"), rg.Name) {
			continue
		}
		for _, x := range dep.list("GROUPS") {
			if x != rg.Name && len(e.ownersOf(on, x, "ONLINE")) > 0 {
				out = append(out, on.HA.ACD.get("resource_group", x))
			}
		}
	}
	return out
}

// usableFor is usable for a group that moves with others.
func (e *Estate) usableFor(on, h *Host, rg *haObject, with []*haObject) bool {
	if e.usable(on, h, rg) {
		return true
	}
	for _, x := range with {
		for _, label := range x.list("SERVICE_LABEL") {
			if s := on.HA.ACD.get("service_ip", label); s == nil || len(e.nicsOn(h, on.HA.ACD, s.get("NETWORK"))) == 0 {
				return false
			}
		}
		if !e.mayMeet(on, h, x, with) {
			return false
		}
	}
	return len(with) > 1
}

// recoverCluster is "Recover From Script Failure": the event goes on behind the script that failed.
func (m *clmgr) recoverCluster() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	hit := false
	for _, h := range m.hosts() {
		if h.HA.State == haFailed && !h.off() {
			h.HA.State = haStable
			m.e.eventLine(h, "EVENT RECOVERED", "clruncmd")
			hit = true
		}
	}
	if on := m.runningNode(); hit && on != nil {
		m.e.nextHA(m.e.engine(on.HA.ACD))
		m.waitFor(time.Hour, func() bool { return !m.e.busyHA(on) })
	}
	if !hit {
		m.say("No node has a failed event script.")
	}
	return 0
}

// manageApp suspends and resumes the monitoring of an application.
func (m *clmgr) manageApp() int {
	o, p := m.options()
	do := ""
	for _, x := range m.attrs {
		if x.Name == "\x00do" {
			do = x.Value
		}
	}
	switch {
	case p != nil:
		return m.refuse(p)
	case !contains("suspend resume", do):
		return m.error(haMissing, "ERROR: specify \"suspend\" or \"resume\".")
	case m.name == "" && !strings.EqualFold(m.name, "all"):
		return m.error(haMissing, "ERROR: a name/label must be provided.")
	}
	list, p := m.chosen()
	if p != nil {
		return m.refuse(p)
	}
	on := m.runningNode()
	if on == nil {
		return m.fail(ipcError, m.e.nodeName(m.h))
	}
	for _, app := range list {
		group := ""
		for _, rg := range on.HA.ACD.all("resource_group") {
			if slices.Contains(rg.list("APPLICATIONS"), app.Name) {
				group = rg.Name
			}
		}
		if group == "" || o["RESOURCE_GROUP"] != "" && o["RESOURCE_GROUP"] != group {
			return m.error(haNotFound, "ERROR: application controller \"%s\" is not in resource group \"%s\".", app.Name, cmp.Or(o["RESOURCE_GROUP"], "none"))
		}
		if len(app.list("MONITORS")) == 0 {
			return m.error(haDepends, "ERROR: application controller \"%s\" has no monitors.", app.Name)
		}
		for _, h := range m.e.side(on) {
			h.HA.Suspended = slices.DeleteFunc(h.HA.Suspended, func(x string) bool { return x == app.Name })
			if do == "suspend" {
				h.HA.Suspended = append(h.HA.Suspended, app.Name)
			}
			if do == "resume" {
				h.HA.group(group).Monitors = map[string]*haMonitor{}
				m.e.startMonitors(h)
			}
		}
	}
	return 0
}

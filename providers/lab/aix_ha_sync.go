package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// synchronize is clmgr verify cluster and clmgr sync cluster.
func (m *clmgr) synchronize() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	if m.name != "" && m.name != m.h.HA.DCD.cluster().Name {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	if m.busyNow() {
		return m.error(haGeneral, "ERROR: the cluster is processing an event. Try again when it is stable.")
	}
	sync := m.action == "sync" || o["SYNC"] == "true"
	fix := o["FIX"] == "yes"
	if sync && m.h.HA.State == "" && m.e.anyUp(m.h) != nil && o["FORCE"] != "true" {
		return m.error(haGeneral, "ERROR: cluster services are active on node \"%s\", but not on this node. Synchronize from an active node.", m.e.nodeName(m.e.anyUp(m.h)))
	}
	if sync && m.h.HA.modern() && m.e.caaOf(m.h) != nil && !m.e.caaUp(m.h) {
		return m.error(haGeneral, "ERROR: Cluster-Aware AIX is not active on this node. Start it with: clctrl -start -a")
	}
	if o["VERIFY"] != "false" || !sync {
		m.say("Verification to be performed on the following:\n\tCluster Topology\n\tCluster Resources\n\nRetrieving data from available cluster nodes.  This could take a few minutes.\n")
		if !m.lapse(5 * time.Second) {
			return haGeneral
		}
		v := m.e.verify(m.h, fix)
		for _, name := range v.names {
			m.say("\tStart data collection on node %s", name)
		}
		for _, name := range v.names {
			if v.hosts[name] != nil {
				m.say("\tCollector on node %s completed", name)
			}
		}
		m.say("\tData collection complete\n\nVerifying Cluster Topology...\n\tCompleted 30 percent of the verification checks")
		m.say("Verifying Cluster Resources...\n\tCompleted 70 percent of the verification checks")
		for _, x := range v.fixed {
			m.say("Corrective action performed: %s", x)
		}
		for _, x := range v.warns {
			m.say("WARNING: %s\n", x)
		}
		for _, x := range v.errors {
			m.say("ERROR: %s\n", x)
		}
		m.say("\tCompleted 100 percent of the verification checks\n\nRemember to redo automatic error notification if configuration has changed.\n")
		m.logVerify(v)
		if len(v.errors) > 0 {
			m.say("Verification exiting with error count: %d", len(v.errors))
			if !sync || o["FORCE"] != "true" {
				m.bad("Verification has completed with errors.")
				if sync {
					m.bad("ERROR: Cluster verification failed. Synchronization was not performed.")
				}
				return haGeneral
			}
		} else {
			m.say("Verification has completed normally.")
		}
	}
	if !sync {
		return 0
	}
	return m.copyOut(o["FORCE"] == "true")
}

func (m *clmgr) logVerify(v *haCheck) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s clverify on node %s\n", m.e.Now.Format("Mon Jan 02 15:04:05 2006"), m.e.nodeName(m.h))
	for _, x := range v.warns {
		b.WriteString("WARNING: " + x + "\n")
	}
	for _, x := range v.errors {
		b.WriteString("ERROR: " + x + "\n")
	}
	fmt.Fprintf(&b, "error count: %d\n", len(v.errors))
	m.h.haFile(haVerLog, b.String(), m.e.Now)
}

// busyNow: an event of the cluster runs somewhere this node knows of.
func (m *clmgr) busyNow() bool {
	h := m.h
	if h.HA.State == "" {
		if h = m.e.anyUp(m.h); h == nil {
			return false
		}
	}
	return m.e.busyHA(h)
}

// lapse lets virtual time pass in a command, whatever the latency of commands is. False: the node or the lab is gone.
func (m *clmgr) lapse(d time.Duration) bool {
	if m.session != nil && m.session.held != nil {
		m.session.held.spend(d)
		return true
	}
	end := m.e.Now.Add(d)
	return m.wait(func() bool { return !m.e.Now.Before(end) }) && !m.h.off()
}

// copyOut brings the definition to all nodes. A node that dies meanwhile keeps what it has.
func (m *clmgr) copyOut(force bool) int {
	h, e := m.h, m.e
	m.say("\nCommitting any changes, as required, to all available nodes...")
	changed := h.HA.DCD.cluster().Attrs["SYNCED"] == "" || !m.agreed()
	names, hosts := e.peers(h.HA.DCD, h)
	for _, n := range names {
		if why := e.talk(h, hosts[n]); why != "" {
			if !force {
				return m.error(haGeneral, "ERROR: unable to communicate with node \"%s\": %s. The cluster was not synchronized.", n, why)
			}
			m.fail("WARNING: unable to communicate with node \"%s\": %s.", n, why)
			delete(hosts, n)
		}
	}
	if h.HA.modern() {
		if code := m.makeCAA(names, hosts); code != 0 {
			return code
		}
	}
	h.HA.DCD.cluster().Attrs["SYNCED"] = "true"
	e.heartbeatAliases(h)
	def := h.HA.DCD.clone()
	code := 0
	var done []*Host
	for _, n := range names {
		p := hosts[n]
		if p == nil {
			continue
		}
		if p != h {
			if !m.lapse(4 * time.Second) {
				return haGeneral
			}
			if why := e.talk(h, p); why != "" {
				code = m.error(haGeneral, "ERROR: cldare: the configuration could not be copied to node \"%s\": %s.", n, why)
				continue
			}
			p.HA.DCD = def.clone()
		}
		done = append(done, p)
	}
	// Nodes that the definition no longer has lose it.
	for _, p := range e.haHosts() {
		if p != h && p.HA.DCD.clusterID() == def.clusterID() && !p.off() && !slices.Contains(done, p) && e.nodeOf(def, p) == nil && e.talk(h, p) == "" {
			e.dropFromCAA(p)
			p.HA.DCD = nil
		}
	}
	if !changed {
		m.say("cldare: No changes detected in Cluster Topology or Resources.")
	}
	if !h.HA.modern() {
		e.fillTrust(def, done)
	}
	e.reconfigure(h, def, done)
	for _, f := range def.all("file_collection") {
		if f.yes("SYNC_WITH_CLUSTER") {
			m.spread(f)
		}
	}
	h.haFile("/usr/es/sbin/cluster/snapshots/clver_pass_snapshot.odm", "<VER\n"+h.HA.Version+"\n</VER\n"+def.text()+"\n", e.Now)
	if on := e.anyUp(h); on != nil && !m.waitFor(time.Hour, func() bool { return !e.busyHA(on) }) {
		return haGeneral
	}
	return code
}

// agreed tells whether all nodes that answer have the same definition.
func (m *clmgr) agreed() bool { return m.e.agreed(m.h) }

func (e *Estate) agreed(h *Host) bool {
	_, hosts := e.peers(h.HA.DCD, h)
	want := h.HA.DCD.text()
	for _, p := range hosts {
		if !p.off() && p.HA.DCD.text() != want {
			return false
		}
	}
	return true
}

// reconfigure is dynamic reconfiguration: the running nodes take the new definition, and release and acquire what has changed.
func (e *Estate) reconfigure(h *Host, def *haDef, done []*Host) {
	var on *Host
	var before *haDef
	for _, p := range done {
		if p.HA.State != "" {
			on = p
			if before == nil {
				before = p.HA.ACD.clone()
			}
		}
	}
	if on == nil || before.text() == def.text() {
		return
	}
	e.post(on, "reconfig_resource_release", func(ev *haEvent) time.Duration {
		for _, old := range before.all("resource_group") {
			if now := def.get("resource_group", old.Name); now == nil {
				for _, owner := range e.ownersOf(on, old.Name, "ONLINE ERROR") {
					ev.push(e.release(owner, old, false)...)
				}
			} else {
				for _, owner := range e.ownersOf(on, old.Name, "ONLINE") {
					e.lessOf(ev, owner, old, now)
				}
			}
		}
		return haShort
	})
	e.post(on, "reconfig_resource_acquire", func(ev *haEvent) time.Duration {
		for _, p := range done {
			if p.HA.State == "" {
				continue
			}
			p.HA.ACD = def.clone()
			for _, rg := range def.all("resource_group") {
				p.HA.group(rg.Name)
			}
			for name := range p.HA.Groups {
				if def.get("resource_group", name) == nil {
					delete(p.HA.Groups, name)
				}
			}
			e.bindPersistent(p)
		}
		for _, now := range groupOrder(def) {
			old := before.get("resource_group", now.Name)
			if old == nil {
				ev.push(func(ev *haEvent) time.Duration {
					for _, n := range now.list("NODES") {
						if p := e.upHost(on, n); p != nil && (len(e.ownersOf(on, now.Name, "ONLINE")) == 0 || now.get("STARTUP") == "OAAN") {
							ev.push(func(ev *haEvent) time.Duration {
								if len(e.ownersOf(on, now.Name, "ONLINE")) == 0 || now.get("STARTUP") == "OAAN" {
									return e.decide(ev, on, p, now)
								}
								return 0
							})
						}
					}
					return 0
				})
				continue
			}
			for _, owner := range e.ownersOf(on, now.Name, "ONLINE") {
				e.moreOf(ev, owner, old, now)
			}
		}
		return haShort
	})
}

// onlyIn is a group with those resources only that another version of it lacks.
func onlyIn(a, b *haObject) *haObject {
	out := &haObject{Class: a.Class, Name: a.Name, Attrs: map[string]string{"PARTIAL": "true"}}
	for k, v := range a.Attrs {
		out.Attrs[k] = v
	}
	for _, attr := range []string{"VOLUME_GROUP", "FILESYSTEM", "SERVICE_LABEL", "APPLICATIONS", "EXPORT_FILESYSTEM", "EXPORT_FILESYSTEM_V4", "MOUNT_FILESYSTEM"} {
		var list []string
		for _, x := range a.list(attr) {
			if !slices.Contains(b.list(attr), x) {
				list = append(list, x)
			}
		}
		out.Attrs[attr] = strings.Join(list, " ")
	}
	return out
}

// lessOf releases the resources that a group no longer has.
func (e *Estate) lessOf(ev *haEvent, owner *Host, old, now *haObject) {
	gone := onlyIn(old, now)
	if gone.Attrs["VOLUME_GROUP"]+gone.Attrs["FILESYSTEM"]+gone.Attrs["SERVICE_LABEL"]+gone.Attrs["APPLICATIONS"]+gone.Attrs["MOUNT_FILESYSTEM"] == "" {
		return
	}
	ev.push(append(e.release(owner, gone, false), func(*haEvent) time.Duration {
		owner.HA.group(old.Name).State = rgOnline
		return 0
	})...)
}

// moreOf acquires the resources that a group has now.
func (e *Estate) moreOf(ev *haEvent, owner *Host, old, now *haObject) {
	fresh := onlyIn(now, old)
	if fresh.Attrs["VOLUME_GROUP"]+fresh.Attrs["FILESYSTEM"]+fresh.Attrs["SERVICE_LABEL"]+fresh.Attrs["APPLICATIONS"]+fresh.Attrs["MOUNT_FILESYSTEM"] == "" {
		ev.push(func(*haEvent) time.Duration { e.startMonitors(owner); return 0 })
		return
	}
	failed := ""
	ev.push(append(e.acquire(owner, fresh, &failed), func(ev *haEvent) time.Duration {
		g := owner.HA.group(now.Name)
		g.State = rgOnline
		if failed != "" {
			g.State, ev.failed = rgError, true
		}
		e.startMonitors(owner)
		return 0
	})...)
}

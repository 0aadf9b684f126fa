package lab

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// haEngine carries out the events of one cluster, one after the other.
type haEngine struct {
	queue    []*haEvent
	busy     *haEvent
	checking bool // a look at the heartbeats is due
	timers   map[string]bool
}

// haEvent is an event of the cluster manager: steps on a side of the cluster.
type haEvent struct {
	name   string
	on     *Host // a node of the side
	steps  []haStep
	done   bool
	failed bool
}

// haStep does something and says how long it lasts.
type haStep func(ev *haEvent) time.Duration

func (ev *haEvent) push(steps ...haStep) { ev.steps = append(steps, ev.steps...) }

// How long the parts of an event last.
const (
	haJoinTime  = 12 * time.Second
	haEventTime = 2 * time.Second
	haShort     = time.Second
	haVaryTime  = 3 * time.Second
)

func (e *Estate) engine(d *haDef) *haEngine {
	id := d.cluster().Attrs["CLUSTER_ID"]
	if e.ha == nil {
		e.ha = map[string]*haEngine{}
	}
	if e.ha[id] == nil {
		e.ha[id] = &haEngine{timers: map[string]bool{}}
	}
	return e.ha[id]
}

// post queues an event of the cluster that a host belongs to.
func (e *Estate) post(on *Host, name string, steps ...haStep) *haEvent {
	ev := &haEvent{name: name, on: on, steps: steps}
	d := on.HA.ACD
	if d.cluster() == nil {
		ev.done = true
		return ev
	}
	g := e.engine(d)
	g.queue = append(g.queue, ev)
	if g.busy == nil {
		e.after(0, func() { e.nextHA(g) })
	}
	return ev
}

func (e *Estate) nextHA(g *haEngine) {
	if g.busy != nil || len(g.queue) == 0 {
		return
	}
	ev := g.queue[0]
	if e.stuck(ev.on) {
		return // until somebody has recovered from the failure
	}
	g.queue = g.queue[1:]
	g.busy = ev
	for _, h := range e.side(ev.on) {
		if h.HA.State != haJoining {
			h.HA.State = haRunning
		}
		e.eventLine(h, "EVENT START", ev.name)
	}
	e.after(haEventTime, func() { e.stepHA(g, ev) })
}

func (e *Estate) stepHA(g *haEngine, ev *haEvent) {
	if g.busy != ev {
		return
	}
	if len(ev.steps) > 0 {
		step := ev.steps[0]
		ev.steps = ev.steps[1:]
		d := step(ev)
		e.after(d, func() { e.stepHA(g, ev) })
		return
	}
	code := "0"
	if ev.failed {
		code = "1"
	}
	for _, h := range e.side(ev.on) {
		e.eventLine(h, "EVENT COMPLETED", ev.name+" "+code)
		switch {
		case ev.failed:
			h.HA.State = haFailed
			e.eventLine(h, "EVENT FAILED", code+": "+ev.name)
		case h.HA.State == haRunning:
			h.HA.State = haStable
		}
	}
	ev.done = true
	g.busy = nil
	e.touch()
	e.armTimers(ev.on)
	e.nextHA(g)
}

// busyHA tells whether an event of the cluster runs or waits.
func (e *Estate) busyHA(h *Host) bool {
	if h.HA == nil || h.HA.ACD.cluster() == nil {
		return false
	}
	g := e.engine(h.HA.ACD)
	return g.busy != nil || len(g.queue) > 0 && !e.stuck(h)
}

// stuck: an event script has failed on a node of the side.
func (e *Estate) stuck(h *Host) bool {
	return slices.ContainsFunc(e.side(h), func(p *Host) bool { return p.HA.State == haFailed })
}

// connected tells whether the heartbeats of two nodes reach each other: over IP or over another path.
func (e *Estate) connected(a, b *Host) bool {
	if a == b {
		return !a.off()
	}
	if a.off() || b.off() || e.givenUp(a, b) || e.givenUp(b, a) {
		return false
	}
	return e.linked(a, b) || e.otherPath(a, b)
}

// givenUp tells whether a node that a migration suspends has been silent for so long that another one takes it for dead.
func (e *Estate) givenUp(by, node *Host) bool {
	return e.frozen(node) && by.HA != nil && by.HA.Seen != nil && node.HA != nil && !slices.Contains(by.HA.Seen, e.nodeName(node))
}

// otherPath is the way that is not IP: the repository disk, or a serial network of the older releases.
func (e *Estate) otherPath(a, b *Host) bool {
	if c := e.caaOf(a); c != nil {
		return slices.Contains(c.Nodes, b) && e.reachesDisk(a, c.Repo) && e.reachesDisk(b, c.Repo)
	}
	return a.HA != nil && b.HA != nil && e.serialPath(a, b)
}

// side are the nodes with running services that a node hears of, itself among them, in the order of the definition.
func (e *Estate) side(h *Host) []*Host {
	if h.HA == nil {
		return nil
	}
	var out []*Host
	names, hosts := e.peers(h.HA.ACD, h)
	for _, n := range names {
		if p := hosts[n]; p != nil && p.HA.State != "" && e.connected(h, p) {
			out = append(out, p)
		}
	}
	return out
}

// upHost is the host of a node when its services run on the same side; nil otherwise.
func (e *Estate) upHost(from *Host, node string) *Host {
	h := e.haHost(from, from.HA.ACD.get("node", node))
	if h == nil || h.HA.State == "" || h.HA.Forced || !e.connected(from, h) {
		return nil
	}
	return h
}

// ownerOf are the nodes of a side on which a group is in one of the states.
func (e *Estate) ownersOf(from *Host, group, states string) []*Host {
	var out []*Host
	for _, h := range e.side(from) {
		if g := h.HA.Groups[group]; g != nil && contains(states, strings.ReplaceAll(g.State, " ", "_")) {
			out = append(out, h)
		}
	}
	return out
}

// startServices starts the cluster manager of a node.
func (e *Estate) startServices(h *Host, manual bool) {
	n := h.HA
	if n.State != "" && n.Forced {
		// Services that were stopped with unmanaged groups take them up again.
		n.Forced = false
		for _, name := range sortedKeys(n.Groups) {
			if g := n.Groups[name]; g.State == rgUnmanaged {
				g.State = rgOnline
			}
		}
		e.post(h, "node_up "+e.nodeName(h), func(*haEvent) time.Duration { return haShort }, func(ev *haEvent) time.Duration { e.startMonitors(h); return 0 })
		return
	}
	if n.State != "" || h.off() {
		return
	}
	n.ACD = n.DCD.clone()
	n.State, n.Joined = haJoining, e.Now
	n.Groups = map[string]*haInstance{}
	for _, rg := range n.ACD.all("resource_group") {
		n.group(rg.Name)
	}
	n.Seen, n.BadPaths, n.Suspended = nil, nil, nil
	for _, s := range h.Subsystems {
		if s.Group == "cluster" && s.Name == "clstrmgrES" || !n.modern() && contains("topsvcs grpsvcs emsvcs", s.Name) {
			if s.PID == 0 {
				s.PID = h.nextPID()
			}
		}
	}
	e.bindPersistent(h)
	e.bindHeartbeat(h, true)
	joined := n.Joined
	e.after(haJoinTime, func() {
		if n.State != haJoining || !n.Joined.Equal(joined) {
			return
		}
		e.joined(h, manual)
	})
}

func (e *Estate) joined(h *Host, manual bool) {
	name := e.nodeName(h)
	e.post(h, "node_up "+name, func(ev *haEvent) time.Duration {
		if h.HA.State != haJoining {
			return 0
		}
		h.HA.State = haRunning
		e.noticePeers(h)
		// What the others know of groups counts here too.
		for _, p := range e.side(h) {
			for _, g := range sortedKeys(p.HA.Groups) {
				if w := p.HA.Groups[g].Why; p != h && h.HA.Groups[g] != nil && w == "user" {
					h.HA.Groups[g].Why = w
				}
			}
		}
		if !manual {
			ev.push(e.startGroups(h, h)...)
		} else {
			for _, g := range h.HA.Groups {
				g.Why = "manual"
			}
		}
		return haShort
	}, func(*haEvent) time.Duration { return haShort })
	e.post(h, "node_up_complete "+name)
}

// noticePeers makes all nodes of a side know each other.
func (e *Estate) noticePeers(h *Host) {
	side := e.side(h)
	var names []string
	for _, p := range side {
		names = append(names, e.nodeName(p))
	}
	sort.Strings(names)
	for _, p := range side {
		p.HA.Seen = names
	}
}

// groupOrder are the resource groups of a definition: parents before children, what others start after before those.
func groupOrder(d *haDef) []*haObject {
	level := map[string]int{}
	for range d.all("dependency") {
		for _, dep := range d.all("dependency") {
			before, after := dep.list("PARENT"), dep.list("CHILD")
			if dep.get("START") != "" {
				before, after = dep.list("AFTER"), dep.list("START")
			}
			for _, b := range before {
				for _, a := range after {
					level[a] = max(level[a], min(level[b]+1, 100))
				}
			}
			if dep.get("TYPE") == "ACQUIRE" {
				for i, g := range dep.list("SERIAL") {
					level[g] = max(level[g], i)
				}
			}
			for i, attr := range []string{"HIGH", "INTERMEDIATE", "LOW"} {
				for _, g := range dep.list(attr) {
					level[g] = max(level[g], i)
				}
			}
		}
	}
	out := d.all("resource_group")
	slices.SortStableFunc(out, func(a, b *haObject) int { return level[a.Name] - level[b.Name] })
	return out
}

// startGroups decides for every group what the arrival of a node means.
func (e *Estate) startGroups(from, fresh *Host) []haStep {
	var out []haStep
	for _, rg := range groupOrder(from.HA.ACD) {
		out = append(out, func(ev *haEvent) time.Duration { return e.decide(ev, from, fresh, rg) })
	}
	return out
}

func (e *Estate) decide(ev *haEvent, from, fresh *Host, rg *haObject) time.Duration {
	nodes := append(rg.list("NODES"), rg.list("SECONDARYNODES")...)
	name := e.nodeName(fresh)
	at := slices.Index(nodes, name)
	owners := e.ownersOf(from, rg.Name, "ONLINE ACQUIRING")
	held := func(why string) bool {
		return slices.ContainsFunc(e.side(from), func(h *Host) bool { g := h.HA.Groups[rg.Name]; return g != nil && g.Why == why })
	}
	waiting := held("parent")
	if at < 0 && !waiting || held("user") || len(e.ownersOf(from, rg.Name, "ERROR UNMANAGED")) > 0 {
		return 0
	}
	if missing := e.parentsOff(from, rg); len(missing) > 0 {
		for _, h := range e.side(from) {
			if g := h.HA.Groups[rg.Name]; g != nil && g.State == rgOffline {
				g.Why = "parent"
			}
		}
		return 0
	}
	if rg.get("STARTUP") == "OAAN" {
		if at >= 0 && fresh.HA.group(rg.Name).State == rgOffline {
			ev.push(e.placeGroup(from, rg, []*Host{fresh})...)
		}
		return 0
	}
	if len(owners) > 0 {
		owner := owners[0]
		was := slices.Index(nodes, e.nodeName(owner))
		if at >= 0 && at < was && rg.get("FALLBACK") == "FBHPN" && rg.get("FALLBACK_AT") == "" && !owner.HA.group(rg.Name).Override && e.usable(from, fresh, rg) {
			ev.push(e.shift(from, rg, owner, []*Host{fresh, owner})...)
			return 0
		}
		if at >= 0 {
			ev.push(func(*haEvent) time.Duration { return e.passive(fresh, rg) })
		}
		return 0
	}
	settle := from.HA.ACD.cluster().seconds("RG_SETTLING_TIME")
	var to []*Host
	switch {
	case held("lack") || waiting:
		to = e.candidates(from, rg, "")
	case rg.get("STARTUP") == "OHN":
		if at == 0 {
			to = []*Host{fresh}
		}
	case rg.get("STARTUP") == "OUDP":
		busy := slices.ContainsFunc(from.HA.ACD.all("resource_group"), func(x *haObject) bool {
			g := fresh.HA.Groups[x.Name]
			return x.get("STARTUP") == "OUDP" && g != nil && g.State == rgOnline
		})
		if !busy {
			to = []*Host{fresh}
		}
	case settle > 0 && at > 0:
		key := "settle " + rg.Name
		if g := e.engine(from.HA.ACD); !g.timers[key] {
			g.timers[key] = true
			e.after(settle, func() {
				delete(g.timers, key)
				if h := e.anyUp(from); h != nil && len(e.ownersOf(h, rg.Name, "ONLINE ACQUIRING")) == 0 {
					e.post(h, "rg_move "+rg.Name, e.placeGroup(h, rg, e.candidates(h, rg, ""))...)
				}
			})
		}
	default:
		to = []*Host{fresh}
	}
	to = slices.DeleteFunc(to, func(h *Host) bool { return !e.usable(from, h, rg) })
	if len(to) > 0 {
		ev.push(e.placeGroup(from, rg, to)...)
	} else if at >= 0 {
		ev.push(func(*haEvent) time.Duration { return e.passive(fresh, rg) })
	}
	return 0
}

// anyUp is a node of the cluster whose services run.
func (e *Estate) anyUp(like *Host) *Host {
	for _, h := range append([]*Host{like}, e.haHosts()...) {
		if h.HA.State != "" && !h.off() && h.HA.ACD.cluster() != nil && h.HA.ACD.cluster().Attrs["CLUSTER_ID"] == like.HA.DCD.clusterID() {
			return h
		}
	}
	return nil
}

func (d *haDef) clusterID() string {
	if c := d.cluster(); c != nil {
		return c.Attrs["CLUSTER_ID"]
	}
	return ""
}

// parentsOff are the groups that must be online first and are not.
func (e *Estate) parentsOff(from *Host, rg *haObject) []string {
	var out []string
	for _, dep := range from.HA.ACD.all("dependency") {
		before := ""
		if slices.Contains(dep.list("CHILD"), rg.Name) {
			before = dep.get("PARENT")
		}
		if dep.get("START") == rg.Name {
			before = dep.get("AFTER")
		}
		for _, b := range strings.Fields(before) {
			if len(e.ownersOf(from, b, "ONLINE")) == 0 {
				out = append(out, b)
			}
		}
	}
	return out
}

// childrenOn are the children of a group that are online.
func (e *Estate) childrenOn(from *Host, group string) []string {
	var out []string
	for _, dep := range from.HA.ACD.all("dependency") {
		if dep.get("PARENT") == group {
			for _, c := range dep.list("CHILD") {
				if len(e.ownersOf(from, c, "ONLINE ACQUIRING")) > 0 {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// usable tells whether a node can take a group: its interfaces work and no location rule is against it.
func (e *Estate) usable(from, h *Host, rg *haObject) bool {
	if h.HA.State == "" || h.HA.State == haJoining || h.HA.Forced || !e.connected(from, h) {
		return false
	}
	for _, label := range rg.list("SERVICE_LABEL") {
		s := from.HA.ACD.get("service_ip", label)
		if s == nil || len(e.nicsOn(h, from.HA.ACD, s.get("NETWORK"))) == 0 {
			return false
		}
	}
	return e.mayMeet(from, h, rg, nil)
}

// mayMeet looks at the location dependencies; groups that move together do not keep each other.
func (e *Estate) mayMeet(from, h *Host, rg *haObject, with []*haObject) bool {
	for _, dep := range from.HA.ACD.all("dependency") {
		groups := dependencyGroups(dep)
		if !slices.Contains(groups, rg.Name) {
			continue
		}
		for _, other := range groups {
			if other == rg.Name || slices.ContainsFunc(with, func(x *haObject) bool { return x.Name == other }) {
				continue
			}
			owners := e.ownersOf(from, other, "ONLINE ACQUIRING")
			switch {
			case dep.get("SAME") == "NODE":
				if len(owners) > 0 && !slices.Contains(owners, h) {
					return false
				}
			case dep.get("SAME") == "SITE":
				if len(owners) > 0 && e.siteOf(from, owners[0]) != e.siteOf(from, h) {
					return false
				}
			case dep.get("DIFFERENT") == "NODE" || dep.get("HIGH")+dep.get("INTERMEDIATE")+dep.get("LOW") != "":
				if slices.Contains(owners, h) {
					return false
				}
			}
		}
	}
	return true
}

func (e *Estate) siteOf(from, h *Host) string {
	if n := e.nodeOf(from.HA.ACD, h); n != nil {
		return n.get("SITE")
	}
	return ""
}

// nicsOn are the interfaces of a node on a cluster network that can take an address: a node does not know what is wrong behind
// its own cable.
func (e *Estate) nicsOn(h *Host, d *haDef, network string) []*hostInterface {
	return e.nicsThat(h, d, network, e.cabled)
}

// nicsThat are the interfaces of a node on a cluster network that a condition holds for.
func (e *Estate) nicsThat(h *Host, d *haDef, network string, holds func(*Host, *hostInterface) bool) []*hostInterface {
	var out []*hostInterface
	node := e.nodeOf(d, h)
	for _, o := range d.all("interface") {
		if node == nil || o.get("NODE") != node.Name || o.get("NETWORK") != network {
			continue
		}
		if n := h.nic(o.get("INTERFACE")); n != nil && holds(h, n) {
			out = append(out, n)
		}
	}
	return out
}

// candidates are the nodes that may take a group, in the order of its policy. After a failure of a node the list goes on
// behind that node.
func (e *Estate) candidates(from *Host, rg *haObject, failed string) []*Host {
	nodes := append(rg.list("NODES"), rg.list("SECONDARYNODES")...)
	if at := slices.Index(nodes, failed); at >= 0 {
		nodes = append(slices.Clone(nodes[at+1:]), nodes[:at]...)
	}
	var out []*Host
	for _, n := range nodes {
		if h := e.upHost(from, n); h != nil && e.usable(from, h, rg) && h.HA.group(rg.Name).State != rgError {
			out = append(out, h)
		}
	}
	if failed != "" && rg.get("FALLOVER") == "FUDNP" {
		e.byPriority(out, rg)
	}
	return out
}

// byPriority sorts nodes by the dynamic node priority of a group. Memory is that of the host; the load is how many groups
// run there.
func (e *Estate) byPriority(list []*Host, rg *haObject) {
	load := func(h *Host) int {
		n := 0
		for _, g := range h.HA.Groups {
			if g.State == rgOnline {
				n++
			}
		}
		return n
	}
	value := map[*Host]int{}
	for _, h := range list {
		switch rg.get("NODE_PRIORITY_POLICY") {
		case "mem":
			value[h] = -h.MemoryMB
		case "cpu", "disk":
			value[h] = load(h)
		case "least", "most":
			_, code, _, _ := e.runHeld(h, "root", quoteWord(rg.get("NODE_PRIORITY_POLICY_SCRIPT")), nil)
			value[h] = code
			if rg.get("NODE_PRIORITY_POLICY") == "most" {
				value[h] = -code
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *Host) int { return value[a] - value[b] })
}

// placeGroup brings a group online on the first node that can take it.
func (e *Estate) placeGroup(from *Host, rg *haObject, to []*Host) []haStep {
	return []haStep{func(ev *haEvent) time.Duration {
		if len(to) == 0 {
			for _, h := range e.side(from) {
				if g := h.HA.Groups[rg.Name]; g != nil && g.State == rgOffline && g.Why != "user" {
					g.Why = "lack"
				}
			}
			return 0
		}
		h := to[0]
		for _, p := range e.side(from) {
			if g := p.HA.Groups[rg.Name]; g != nil {
				g.Why = ""
			}
		}
		ok := ""
		ev.push(append(e.acquire(h, rg, &ok), func(ev *haEvent) time.Duration {
			g := h.HA.group(rg.Name)
			switch {
			case ok == "":
				g.State, g.Since = rgOnline, e.Now
				e.startMonitors(h)
				for _, p := range e.side(from) {
					if p != h && slices.Contains(append(rg.list("NODES"), rg.list("SECONDARYNODES")...), e.nodeName(p)) {
						e.passive(p, rg)
					}
				}
			case ok == "script":
				g.State = rgError
				ev.failed = true
			default:
				g.State = rgTemporary
				ev.push(append(e.release(h, rg, true), func(ev *haEvent) time.Duration {
					g.State = rgOffline
					if len(to) > 1 {
						ev.push(e.placeGroup(from, rg, to[1:])...)
					} else {
						g.State = rgError
					}
					return haShort
				})...)
			}
			return 0
		})...)
		return 0
	}}
}

// shift moves a group from a node to others.
func (e *Estate) shift(from *Host, rg *haObject, owner *Host, to []*Host) []haStep {
	return append(e.release(owner, rg, false), e.placeGroup(from, rg, to)...)
}

// downSteps is what survivors do for the groups of a node that has gone.
func (e *Estate) downSteps(from, lost *Host, name string) []haStep {
	var out []haStep
	had := map[string]bool{}
	for _, rg := range groupOrder(from.HA.ACD) {
		if g := lost.HA.Groups[rg.Name]; g != nil && contains("ONLINE ACQUIRING RELEASING TEMPORARY", strings.Fields(g.State + " x")[0]) {
			had[rg.Name] = true
		}
	}
	if lost.off() || lost.HA.State == "" {
		for _, g := range lost.HA.Groups {
			g.State = rgOffline
		}
	}
	// Children of a group that is lost are stopped, and come back behind it.
	var again []*haObject
	for _, rg := range groupOrder(from.HA.ACD) {
		for _, dep := range from.HA.ACD.all("dependency") {
			if had[dep.get("PARENT")] && slices.Contains(dep.list("CHILD"), rg.Name) && !had[rg.Name] {
				for _, owner := range e.ownersOf(from, rg.Name, "ONLINE") {
					out = append(out, e.release(owner, rg, false)...)
					again = append(again, rg)
				}
			}
		}
	}
	for _, rg := range groupOrder(from.HA.ACD) {
		if !had[rg.Name] && !slices.Contains(again, rg) || rg.get("STARTUP") == "OAAN" {
			continue
		}
		out = append(out, func(ev *haEvent) time.Duration {
			if len(e.ownersOf(from, rg.Name, "ONLINE ACQUIRING")) > 0 {
				return 0
			}
			if rg.get("FALLOVER") == "BO" && had[rg.Name] {
				for _, h := range e.side(from) {
					if g := h.HA.Groups[rg.Name]; g != nil && g.State == rgOffline {
						g.Why = "fallover"
					}
				}
				return 0
			}
			failed := name
			if !had[rg.Name] {
				failed = ""
			}
			if len(e.parentsOff(from, rg)) > 0 {
				for _, h := range e.side(from) {
					if g := h.HA.Groups[rg.Name]; g != nil && g.State == rgOffline {
						g.Why = "parent"
					}
				}
				return 0
			}
			ev.push(e.placeGroup(from, rg, e.candidates(from, rg, failed))...)
			return 0
		})
	}
	return out
}

// stopServices ends the cluster manager of a node: offline releases its groups, move gives them to others, unmanage leaves
// everything as it is.
func (e *Estate) stopServices(h *Host, how string) *haEvent {
	name := e.nodeName(h)
	switch how {
	case "unmanage":
		return e.post(h, "node_down "+name+" forced", func(*haEvent) time.Duration {
			h.HA.Forced = true
			for _, g := range h.HA.Groups {
				if g.State == rgOnline || g.State == rgError {
					g.State = rgUnmanaged
				}
			}
			return haShort
		})
	}
	event := "node_down " + name + " graceful"
	if how == "move" {
		event = "node_down " + name + " takeover"
	}
	ev := e.post(h, event, func(ev *haEvent) time.Duration {
		var steps []haStep
		order := groupOrder(h.HA.ACD)
		slices.Reverse(order)
		var had []*haObject
		for _, rg := range order {
			if g := h.HA.Groups[rg.Name]; g != nil && contains("ONLINE ERROR TEMPORARY UNMANAGED", strings.Fields(g.State + " x")[0]) {
				if g.State == rgOnline && rg.get("STARTUP") != "OAAN" {
					had = append(had, rg)
				}
				steps = append(steps, e.release(h, rg, false)...)
			}
		}
		steps = append(steps, func(ev *haEvent) time.Duration {
			for _, g := range h.Groups {
				if g.State == vgPassive && g.disk.ECM {
					e.haDo(h, "varyoffvg", g.Name)
				}
			}
			e.bindHeartbeat(h, false)
			h.HA.Groups = map[string]*haInstance{}
			h.HA.State, h.HA.ACD = "", nil
			h.HA.Seen = nil
			for _, s := range h.Subsystems {
				if s.Name == "clstrmgrES" && h.HA.version() < 503 || contains("clinfoES topsvcs grpsvcs emsvcs", s.Name) {
					s.PID = 0
				}
			}
			if next := e.anyUp(h); next != nil {
				e.noticePeers(next)
				ev.on = next
				if how == "move" {
					slices.Reverse(had)
					for i := len(had) - 1; i >= 0; i-- {
						if rg := next.HA.ACD.get("resource_group", had[i].Name); rg != nil {
							ev.push(func(ev *haEvent) time.Duration {
								if len(e.parentsOff(next, rg)) == 0 {
									ev.push(e.placeGroup(next, rg, e.candidates(next, rg, name))...)
								}
								return 0
							})
						}
					}
				}
			}
			return haShort
		})
		ev.push(steps...)
		return haShort
	})
	return ev
}

// noticeTime is how long the cluster waits for heartbeats before it believes that something is down.
func (e *Estate) noticeTime(d *haDef) time.Duration {
	c := d.cluster()
	if c == nil {
		return 30 * time.Second
	}
	if slow := c.seconds("HEARTBEAT_FREQUENCY_DURING_LPM"); slow > 0 {
		for _, h := range e.haHosts() {
			if _, p := e.place(h); p != nil && p.migrating() && h.HA.DCD.clusterID() == d.clusterID() {
				return slow
			}
		}
	}
	return c.seconds("NODE_FAILURE_DETECTION_TIMEOUT")
}

// moves is what a cluster does when the partition of a node begins to migrate, and when that has ended.
func (e *Estate) moves(h *Host, done bool) {
	n := h.HA
	if n != nil && n.State != "" && n.ACD.cluster() != nil && n.ACD.cluster().get("LPM_POLICY") == "unmanage" {
		switch {
		case !done && n.up():
			e.stopServices(h, "unmanage")
		case done && n.Forced:
			e.startServices(h, false)
		}
	}
	e.touch()
}

// touch looks whether something has changed that a cluster manager would notice.
func (e *Estate) touch() {
	for _, h := range e.haHosts() {
		n := h.HA
		if n.State == "" || h.off() || n.ACD.cluster() == nil || e.frozen(h) {
			continue
		}
		e.follow(h)
		e.watchProcesses(h)
		g := e.engine(n.ACD)
		if g.checking || !e.changed(h) {
			continue
		}
		g.checking = true
		e.after(e.noticeTime(n.ACD), func() {
			g.checking = false
			e.checkHeartbeats(n.ACD.clusterID())
		})
	}
}

// changed: a node hears others than before, or one of its interfaces has another state.
func (e *Estate) changed(h *Host) bool {
	if h.HA.State == haJoining || h.HA.Seen == nil {
		return false
	}
	return !slices.Equal(e.heard(h), h.HA.Seen) || !slices.Equal(e.badPaths(h), h.HA.BadPaths)
}

// heard are the names of the nodes that a node hears.
func (e *Estate) heard(h *Host) []string {
	var out []string
	for _, p := range e.side(h) {
		if p.HA.State != haJoining && (p == h || !e.frozen(p)) {
			out = append(out, e.nodeName(p))
		}
	}
	sort.Strings(out)
	return out
}

// badPaths are the interfaces of a node that do not work.
func (e *Estate) badPaths(h *Host) []string {
	var out []string
	node := e.nodeOf(h.HA.ACD, h)
	for _, o := range h.HA.ACD.all("interface") {
		if node == nil || o.get("NODE") != node.Name {
			continue
		}
		if n := h.nic(o.get("INTERFACE")); n == nil || !e.wired(h, n) {
			out = append(out, o.Name)
		}
	}
	sort.Strings(out)
	return out
}

// checkHeartbeats posts the events for what has changed since the nodes looked last.
func (e *Estate) checkHeartbeats(cluster string) {
	handled := map[string]bool{}
	for _, h := range e.haHosts() {
		n := h.HA
		if n.State == "" || h.off() || n.ACD.clusterID() != cluster || n.State == haJoining || e.frozen(h) {
			continue
		}
		now := e.heard(h)
		if !slices.Equal(now, n.Seen) && n.Seen != nil {
			key := strings.Join(now, ",")
			if !handled[key] {
				handled[key] = true
				for _, name := range n.Seen {
					lost := e.haHost(h, n.ACD.get("node", name))
					if lost == nil || slices.Contains(now, name) {
						continue
					}
					if lost.off() || lost.HA.State != "" || len(lost.HA.Groups) > 0 {
						e.post(h, "node_down "+name, func(ev *haEvent) time.Duration {
							ev.push(e.downSteps(h, lost, name)...)
							return haShort
						})
						e.post(h, "node_down_complete "+name)
					}
				}
				for _, name := range now {
					if !slices.Contains(n.Seen, name) && n.Seen != nil {
						e.merged(h, name)
					}
				}
			}
			n.Seen = now
		}
	}
	for _, h := range e.haHosts() {
		if n := h.HA; n.State != "" && !h.off() && n.ACD.clusterID() == cluster && n.State != haJoining {
			if bad := e.badPaths(h); !slices.Equal(bad, n.BadPaths) {
				e.paths(h, bad)
			}
		}
	}
	e.touch()
}

package lab

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// monitorsOf are the monitors of an application.
func (d *haDef) monitorsOf(app string) []*haObject {
	var out []*haObject
	for _, m := range d.all("application_monitor") {
		if slices.Contains(m.list("APPLICATIONS"), app) {
			out = append(out, m)
		}
	}
	return out
}

// startupMonitor is a monitor that looks whether an application runs before it is started.
func (e *Estate) startupMonitor(h *Host, app string) *haObject {
	for _, m := range h.HA.ACD.monitorsOf(app) {
		if contains("startup both", m.get("MODE")) {
			return m
		}
	}
	return nil
}

// healthy asks a monitor. A method that takes longer than its interval counts as a failure.
func (e *Estate) healthy(h *Host, rg, m *haObject) (bool, time.Duration) {
	if m.get("TYPE") == "Process" {
		for _, p := range m.list("PROCESSES") {
			if h.named(p, m.get("OWNER"), e.Now) < m.num("INSTANCECOUNT") {
				return false, 0
			}
		}
		return true, 0
	}
	method := m.get("MONITORMETHOD")
	name, _, _ := strings.Cut(method, " ")
	if !h.executable(name) {
		return false, 0
	}
	_, code, took, ended := e.runHeld(h, "root", method, e.appEnv(h, rg))
	if limit := m.seconds("MONITORINTERVAL"); !ended || took > limit {
		e.trace(h, "clappmon: monitor %s did not answer in %s; signal %s", m.Name, limit, m.get("HUNGSIGNAL"))
		return false, limit
	}
	return code == 0, took
}

const (
	monOnline    = "ONLINE MONITORED"
	monSuspended = "SUSPENDED"
	monFailed    = "ONLINE MONITOR FAILED"
	monWaiting   = "ONLINE NOT MONITORED"
)

// startMonitors begins to watch the applications of the groups that are online on a node.
func (e *Estate) startMonitors(h *Host) {
	if !h.HA.up() {
		return
	}
	for _, rg := range h.HA.ACD.all("resource_group") {
		g := h.HA.Groups[rg.Name]
		if g == nil || g.State != rgOnline {
			continue
		}
		for _, app := range rg.list("APPLICATIONS") {
			for _, m := range h.HA.ACD.monitorsOf(app) {
				if m.get("MODE") == "startup" || g.Monitors[m.Name] != nil {
					continue
				}
				g.Monitors[m.Name] = &haMonitor{State: monWaiting, Since: e.Now}
				e.watch(h, rg.Name, app, m.Name, m.seconds("STABILIZATION"))
			}
		}
	}
}

// watch looks at an application after a while, and again and again.
func (e *Estate) watch(h *Host, group, app, name string, in time.Duration) {
	st := h.HA.Groups[group].Monitors[name]
	e.after(in, func() {
		g := h.HA.Groups[group]
		if h.off() || !h.HA.up() || g == nil || g.State != rgOnline || g.Monitors[name] != st {
			return
		}
		rg, m := h.HA.ACD.get("resource_group", group), h.HA.ACD.get("application_monitor", name)
		if rg == nil || m == nil {
			return
		}
		if e.frozen(h) {
			e.watch(h, group, app, name, time.Second)
			return
		}
		interval := m.seconds("MONITORINTERVAL")
		if slices.Contains(h.HA.Suspended, app) {
			st.State = monSuspended
			return
		}
		ok, took := e.healthy(h, rg, m)
		if ok {
			st.State = monOnline
			reset := m.seconds("RESTARTINTERVAL")
			if reset == 0 {
				reset = time.Duration(m.num("RESTARTCOUNT")) * (m.seconds("STABILIZATION") + interval) * 11 / 10
			}
			if st.Restarts > 0 && e.Now.Sub(st.Since) > reset {
				st.Restarts = 0
			}
			if m.get("TYPE") == "Custom" {
				e.watch(h, group, app, name, max(interval, took+time.Second))
			}
			return
		}
		e.appFailed(h, rg, app, m, st)
	})
}

// watchProcesses notices at once when a process has ended that a monitor watches.
func (e *Estate) watchProcesses(h *Host) {
	for _, rg := range h.HA.ACD.all("resource_group") {
		g := h.HA.Groups[rg.Name]
		if g == nil || g.State != rgOnline {
			continue
		}
		for _, name := range sortedKeys(g.Monitors) {
			m := h.HA.ACD.get("application_monitor", name)
			if st := g.Monitors[name]; m != nil && m.get("TYPE") == "Process" && st.State == monOnline {
				if ok, _ := e.healthy(h, rg, m); !ok {
					for _, app := range m.list("APPLICATIONS") {
						if slices.Contains(rg.list("APPLICATIONS"), app) && !slices.Contains(h.HA.Suspended, app) {
							e.appFailed(h, rg, app, m, st)
							break
						}
					}
				}
			}
		}
	}
}

// appFailed cleans up and restarts an application, as often as the monitor allows; then comes the action on failure.
func (e *Estate) appFailed(h *Host, rg *haObject, app string, m *haObject, st *haMonitor) {
	st.State = monFailed
	a := h.HA.ACD.get("application_controller", app)
	if a == nil {
		return
	}
	method := func(attr, def string) {
		script := m.get(attr)
		if script == "" {
			script = def
		}
		if name, _, _ := strings.Cut(script, " "); script != "" && h.executable(name) {
			e.trace(h, "+ %s", script)
			out, code, _, _ := e.runHeld(h, "root", script, e.appEnv(h, rg))
			e.trace(h, "%s+ rc=%d", out, code)
		}
	}
	node := e.nodeName(h)
	still := func() bool {
		g := h.HA.Groups[rg.Name]
		return g != nil && g.State == rgOnline && g.Monitors[m.Name] == st
	}
	if st.Restarts < m.num("RESTARTCOUNT") {
		st.Restarts++
		st.Since = e.Now
		e.post(h, text("server_restart %s %s", node, app), func(*haEvent) time.Duration {
			if !still() {
				return 0
			}
			method("CLEANUPMETHOD", a.get("STOPSCRIPT"))
			method("RESTARTMETHOD", a.get("STARTSCRIPT"))
			st.State = monWaiting
			e.watch(h, rg.Name, app, m.Name, m.seconds("STABILIZATION"))
			return haShort
		})
		e.post(h, text("server_restart_complete %s %s", node, app))
		return
	}
	method("NOTIFYMETHOD", "")
	if m.get("FAILUREACTION") == "notify" {
		e.post(h, text("server_down %s %s", node, app))
		e.post(h, text("server_down_complete %s %s", node, app))
		return
	}
	e.post(h, text("rg_move %s %s", node, rg.Name), func(ev *haEvent) time.Duration {
		if !still() {
			return 0
		}
		to := slices.DeleteFunc(e.candidates(h, rg, node), func(p *Host) bool { return p == h })
		steps := e.release(h, rg, false)
		steps = append(steps, func(*haEvent) time.Duration { h.HA.group(rg.Name).State = rgError; return 0 })
		if len(to) > 0 {
			steps = append(steps, e.placeGroup(h, rg, to)...)
			steps = append(steps, func(*haEvent) time.Duration {
				if g := h.HA.group(rg.Name); g.State == rgError && len(e.ownersOf(h, rg.Name, "ONLINE")) > 0 {
					g.State = rgOffline
				}
				return 0
			})
		}
		ev.push(steps...)
		return haShort
	})
	e.post(h, text("rg_move_complete %s %s", node, rg.Name))
}

// armTimers sets the alarm of groups that wait for the moment to fall back.
func (e *Estate) armTimers(from *Host) {
	on := e.anyUp(from)
	if on == nil || on.HA.ACD.cluster() == nil {
		return
	}
	g := e.engine(on.HA.ACD)
	for _, rg := range on.HA.ACD.all("resource_group") {
		t := on.HA.ACD.get("fallback_timer", rg.get("FALLBACK_AT"))
		owners := e.ownersOf(on, rg.Name, "ONLINE")
		if t == nil || len(owners) == 0 || rg.get("FALLBACK") != "FBHPN" {
			continue
		}
		at, ok := nextMoment(t, e.Now)
		key := fmt.Sprintf("fallback %s %s", rg.Name, at)
		if !ok || g.timers[key] {
			continue
		}
		g.timers[key] = true
		e.after(at.Sub(e.Now), func() {
			delete(g.timers, key)
			e.fallBack(from, rg.Name)
		})
	}
}

// fallBack moves a group to the highest node that can take it.
func (e *Estate) fallBack(from *Host, group string) {
	on := e.anyUp(from)
	if on == nil {
		return
	}
	rg := on.HA.ACD.get("resource_group", group)
	owners := e.ownersOf(on, group, "ONLINE")
	if rg == nil || len(owners) == 0 {
		return
	}
	for _, n := range rg.list("NODES") {
		h := e.upHost(on, n)
		if h == owners[0] {
			break
		}
		if h != nil && e.usable(on, h, rg) {
			e.post(on, text("rg_move %s %s", n, group), func(ev *haEvent) time.Duration {
				if now := e.ownersOf(on, group, "ONLINE"); len(now) > 0 && now[0] == owners[0] {
					ev.push(e.shift(on, rg, owners[0], []*Host{h, owners[0]})...)
				}
				return haShort
			})
			e.post(on, text("rg_move_complete %s %s", n, group))
			return
		}
	}
	e.armTimers(on)
}

// nextMoment is when a fallback timer rings next: daily, weekly, monthly, yearly or once.
func nextMoment(t *haObject, now time.Time) (time.Time, bool) {
	at := time.Date(now.Year(), now.Month(), now.Day(), t.num("HOUR"), t.num("MINUTE"), 0, 0, time.UTC)
	fits := func(d time.Time) bool {
		return (t.get("YEAR") == "" || d.Year() == t.num("YEAR")) && (t.get("MONTH") == "" || int(d.Month()) == t.num("MONTH")) &&
			(t.get("DAY_OF_MONTH") == "" || d.Day() == t.num("DAY_OF_MONTH")) && (t.get("DAY_OF_WEEK") == "" || int(d.Weekday()) == t.num("DAY_OF_WEEK"))
	}
	if t.get("YEAR") != "" {
		at = time.Date(t.num("YEAR"), time.Month(t.num("MONTH")), t.num("DAY_OF_MONTH"), t.num("HOUR"), t.num("MINUTE"), 0, 0, time.UTC)
		return at, at.After(now)
	}
	for range 366 * 4 {
		if at.After(now) && fits(at) {
			return at, true
		}
		at = at.AddDate(0, 0, 1)
	}
	return at, false
}

// paths is what a node does when one of its interfaces fails or comes back: service addresses go to another interface of the
// network; without one the groups go to another node, unless the whole network is down.
func (e *Estate) paths(h *Host, bad []string) {
	before := h.HA.BadPaths
	h.HA.BadPaths = bad
	node := e.nodeName(h)
	d := h.HA.ACD
	done := map[string]bool{}
	for _, name := range slices.Concat(bad, before) {
		o := d.get("interface", name)
		fresh, back := slices.Contains(bad, name) && !slices.Contains(before, name), !slices.Contains(bad, name)
		if o == nil || !fresh && !back || done[name] {
			continue
		}
		done[name] = true
		network := o.get("NETWORK")
		if back {
			e.post(h, text("join_interface %s %s", node, h.haLookup(name)))
			if len(e.nicsThat(h, d, network, e.wired)) == 1 {
				e.post(h, text("network_up %s %s", node, network), func(ev *haEvent) time.Duration {
					ev.push(e.startGroups(h, h)...)
					return 0
				})
			}
			continue
		}
		left := e.nicsThat(h, d, network, e.wired)
		if len(left) > 0 {
			e.post(h, text("swap_adapter %s %s %s %s", node, network, h.haLookup(name), left[0].Address), func(*haEvent) time.Duration {
				e.swap(h, d, o, network)
				return haShort
			})
			continue
		}
		whole := !slices.ContainsFunc(e.side(h), func(p *Host) bool { return p != h && len(e.nicsThat(p, d, network, e.wired)) > 0 })
		who := node
		if whole {
			who = "-1"
		}
		e.post(h, text("network_down %s %s", who, network), func(ev *haEvent) time.Duration {
			if !whole {
				e.leaveNetwork(ev, h, d, network)
			}
			return haShort
		})
		e.post(h, text("network_down_complete %s %s", who, network))
	}
}

// swap moves the service and persistent addresses of a failed interface to another one of the network.
func (e *Estate) swap(h *Host, d *haDef, o *haObject, network string) {
	n := h.nic(o.get("INTERFACE"))
	if n == nil {
		return
	}
	for _, alias := range slices.Clone(n.Aliases) {
		address, mask, _ := strings.Cut(alias, ",")
		for _, label := range append(d.names("service_ip"), d.names("persistent_ip")...) {
			if h.haLookup(label) == address {
				if left := e.nicsThat(h, d, network, e.wired); len(left) > 0 {
					e.haDo(h, "ifconfig", n.Name, address, "delete")
					e.haDo(h, "ifconfig", left[0].Name, address, "netmask", mask, "alias")
				}
			}
		}
	}
}

// leaveNetwork moves the groups with an address on a network that this node has lost.
func (e *Estate) leaveNetwork(ev *haEvent, h *Host, d *haDef, network string) {
	for _, rg := range groupOrder(d) {
		uses := slices.ContainsFunc(rg.list("SERVICE_LABEL"), func(l string) bool {
			s := d.get("service_ip", l)
			return s != nil && s.get("NETWORK") == network
		})
		if g := h.HA.Groups[rg.Name]; !uses || g == nil || g.State != rgOnline || rg.get("FALLOVER") == "BO" {
			continue
		}
		ev.push(func(ev *haEvent) time.Duration {
			if to := e.candidates(h, rg, e.nodeName(h)); len(to) > 0 {
				ev.push(e.shift(h, rg, h, to)...)
			}
			return 0
		})
	}
}

// merged: two sides that took each other for dead hear each other again. The side with fewer nodes gives its groups up where
// both have them; on a tie it is the node that comes later in the definition.
func (e *Estate) merged(h *Host, name string) {
	other := e.haHost(h, h.HA.ACD.get("node", name))
	if other == nil || other.HA.State == "" {
		return
	}
	e.post(h, "cluster_merge "+name, func(ev *haEvent) time.Duration {
		for _, rg := range h.HA.ACD.all("resource_group") {
			owners := e.ownersOf(h, rg.Name, "ONLINE")
			if rg.get("STARTUP") == "OAAN" || len(owners) < 2 {
				continue
			}
			names, _ := e.peers(h.HA.ACD, h)
			slices.SortFunc(owners, func(a, b *Host) int {
				return slices.Index(names, e.nodeName(a)) - slices.Index(names, e.nodeName(b))
			})
			for _, lose := range owners[1:] {
				ev.push(e.release(lose, rg, false)...)
			}
		}
		return haShort
	})
}

// Actions of faults that concern hosts, networks and disks.
const (
	FaultHostDown      = "host-down"
	FaultHostUp        = "host-up"
	FaultInterfaceDown = "interface-down"
	FaultInterfaceUp   = "interface-up"
	FaultNetworkDown   = "network-down"
	FaultNetworkUp     = "network-up"
	FaultDiskLost      = "disk-lost"
	FaultDiskBack      = "disk-back"
)

var clusterFaults = []string{FaultHostDown, FaultHostUp, FaultInterfaceDown, FaultInterfaceUp, FaultNetworkDown, FaultNetworkUp, FaultDiskLost, FaultDiskBack}

// armCluster puts such a fault in place.
func (e *Estate) armCluster(f *armedFault) (known bool, err error) {
	if !slices.Contains(clusterFaults, f.Action) {
		return false, nil
	}
	var h *Host
	if c := e.console(f.Console); c != nil {
		h = c.Host
	}
	key := ""
	switch f.Action {
	case FaultHostDown, FaultHostUp:
		if h == nil {
			return true, errors.New("give console, the name of an AIX host")
		}
	case FaultInterfaceDown, FaultInterfaceUp:
		if h == nil || h.nic(f.Interface) == nil {
			return true, errors.New("give console, the name of an AIX host, and an interface of it")
		}
		key = h.Name + "/" + f.Interface
	case FaultNetworkDown, FaultNetworkUp:
		if f.Network == "" {
			return true, errors.New("give network, a subnet such as 10.10.0.0/24")
		}
		key = "subnet " + f.Network
	case FaultDiskLost, FaultDiskBack:
		if e.lun(f.LUN) == nil || f.Console != "" && h == nil {
			return true, errors.New("give lun, and console where one host alone loses it")
		}
		key = path.Join("disk", f.LUN)
		if h != nil {
			key = h.Name + "/disk/" + f.LUN
		}
	}
	e.after(time.Duration(f.Delay), func() {
		f.spent = true
		switch f.Action {
		case FaultHostDown:
			e.haltHost(h)
		case FaultHostUp:
			e.bootHost(h)
		case FaultInterfaceDown, FaultNetworkDown, FaultDiskLost:
			if e.cut == nil {
				e.cut = map[string]bool{}
			}
			e.cut[key] = true
		default:
			delete(e.cut, key)
		}
		e.touch()
	})
	return true, nil
}

// resumeClusters goes on where a saved estate stood: nodes that were joining join, groups in a passing state are taken up again.
func (e *Estate) resumeClusters() {
	for _, h := range e.haHosts() {
		n := h.HA
		if n.State == "" || h.off() || n.ACD.cluster() == nil {
			continue
		}
		switch n.State {
		case haJoining:
			joined := n.Joined
			e.after(haJoinTime, func() {
				if n.State == haJoining && n.Joined.Equal(joined) {
					e.joined(h, false)
				}
			})
			continue
		case haRunning:
			n.State = haStable
		}
		for _, rg := range groupOrder(n.ACD) {
			g := n.Groups[rg.Name]
			if g == nil {
				continue
			}
			switch g.State {
			case rgAcquiring, rgTemporary:
				g.State = rgOffline
				e.post(h, text("rg_move %s %s", e.nodeName(h), rg.Name), e.placeGroup(h, rg, []*Host{h})...)
			case rgReleasing:
				e.post(h, text("rg_move %s %s", e.nodeName(h), rg.Name), e.release(h, rg, false)...)
			}
			for _, name := range sortedKeys(g.Monitors) {
				m := n.ACD.get("application_monitor", name)
				if m == nil || g.State != rgOnline {
					continue
				}
				for _, app := range rg.list("APPLICATIONS") {
					if slices.Contains(m.list("APPLICATIONS"), app) && g.Monitors[name].State != monSuspended {
						in := m.seconds("STABILIZATION")
						if g.Monitors[name].State == monOnline {
							in = m.seconds("MONITORINTERVAL")
						}
						e.watch(h, rg.Name, app, name, in)
					}
				}
			}
		}
		e.armTimers(h)
	}
	e.touch()
}

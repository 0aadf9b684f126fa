package lab

import (
	"net"
	"slices"
	"strings"
	"time"
)

// acquire are the steps that bring a group online on a node. What fails is told in failed: the kind of resource; after that
// the other steps do nothing.
func (e *Estate) acquire(h *Host, rg *haObject, failed *string) []haStep {
	var steps []haStep
	event := text("rg_move_acquire %s %s", e.nodeName(h), rg.Name)
	do := func(kind string, run func() (bool, time.Duration)) {
		steps = append(steps, func(*haEvent) time.Duration {
			if *failed != "" || h.off() {
				return 0
			}
			ok, d := run()
			if !ok {
				*failed = kind
			}
			return d
		})
	}
	do("", func() (bool, time.Duration) {
		h.HA.group(rg.Name).State = rgAcquiring
		e.eventLine(h, "EVENT START", event)
		return true, haShort
	})
	for _, vg := range h.groupsFor(rg) {
		do("vg", func() (bool, time.Duration) { return e.varyOn(h, rg, vg), haVaryTime })
	}
	filesystems := func() {
		if rg.get("STARTUP") == "OAAN" {
			return
		}
		do("fs", func() (bool, time.Duration) {
			ok, n := true, 0
			for _, s := range h.mountsOf(rg) {
				if h.mountAt(s.Mount) == nil {
					ok = e.bringMount(h, s) && ok
					n++
				}
			}
			for _, m := range rg.list("FILESYSTEM") {
				if m != "ALL" && h.stanza(m) == nil {
					e.trace(h, "cl_activate_fs: file system %s is not defined on this node", m)
					ok = false
				}
			}
			return ok, time.Duration(n) * haShort
		})
	}
	addresses := func() {
		for _, label := range rg.list("SERVICE_LABEL") {
			do("ip", func() (bool, time.Duration) { return e.takeAddress(h, h.HA.ACD, label), haShort })
		}
	}
	if rg.yes("FS_BEFORE_IPADDR") || rg.get("EXPORT_FILESYSTEM") != "" {
		filesystems()
		e.exports(h, rg, do)
		addresses()
	} else {
		addresses()
		filesystems()
		e.exports(h, rg, do)
	}
	if rg.get("MOUNT_FILESYSTEM") != "" {
		do("nfs", func() (bool, time.Duration) { return e.crossMount(h, rg), haShort })
	}
	for _, app := range rg.list("APPLICATIONS") {
		do("script", func() (bool, time.Duration) { return e.startApp(h, rg, app) })
	}
	do("", func() (bool, time.Duration) {
		e.eventLine(h, "EVENT COMPLETED", event+" 0")
		return true, haShort
	})
	return steps
}

// varyOn activates a volume group for its owner: concurrent and active where it can, else alone.
func (e *Estate) varyOn(h *Host, rg *haObject, name string) bool {
	g := h.group(name)
	if g == nil {
		e.trace(h, "cl_activate_vgs: volume group %s is not known on this node", name)
		return false
	}
	if g.State == vgActive || g.State == vgConcurrent {
		return true
	}
	ask := []string{"varyonvg", "-n", "-c", "-A", "-O", name}
	if !g.disk.ECM {
		ask = []string{"varyonvg", "-n", name}
		e.breakReserves(g.disk, h)
	}
	if e.haDo(h, ask...) == 0 {
		return true
	}
	if !rg.yes("FORCED_VARYON") || !wholeCopies(h, g) {
		return false
	}
	return e.haDo(h, append(ask[:1:1], append([]string{"-f"}, ask[1:]...)...)...) == 0
}

// wholeCopies: every logical volume has a copy that the host can read.
func wholeCopies(h *Host, g *hostGroup) bool {
	for _, v := range g.disk.Volumes {
		for _, lp := range v.Parts {
			if !slices.ContainsFunc(lp, func(p part) bool { return !p.stale && h.diskOf(p.on) != nil }) {
				return false
			}
		}
	}
	return true
}

// passive lets a node that does not own a group see its enhanced concurrent volume groups.
func (e *Estate) passive(h *Host, rg *haObject) time.Duration {
	if rg.get("STARTUP") == "OAAN" || h.HA.State == "" {
		return 0
	}
	for _, name := range h.groupsFor(rg) {
		if g := h.group(name); g != nil && g.disk.ECM && g.State == vgOff {
			e.haDo(h, "varyonvg", "-n", "-c", "-P", name)
		}
	}
	return 0
}

// bringMount checks and mounts a file system. The volume group was taken for this node, so whatever another node has mounted is
// no reason against it.
func (e *Estate) bringMount(h *Host, s *stanza) bool {
	_, v := h.volumeOf(s.Dev)
	if v == nil || v.FS == nil {
		e.trace(h, "cl_activate_fs: %s has no file system", s.Dev)
		return false
	}
	if v.FS.Dirty {
		e.haDo(h, "fsck", "-y", s.Dev)
	}
	h.makeDir(s.Mount, e.Now)
	if e.mountedElsewhere(v, h) && !v.FS.Guard {
		// Nothing keeps two nodes apart that do not hear each other.
		e.trace(h, "+ mount %s", s.Mount)
		h.Mounts = append(h.Mounts, &mounted{Dev: s.Dev, Over: s.Mount, VFS: "jfs2", Options: s.mountOptions(""), at: e.Now})
		return true
	}
	return e.haDo(h, "mount", s.Mount) == 0
}

// exports puts the NFS exports of a group in force, with the daemons that they need. Without a line in the file of exports all
// nodes of the group have the rights of root.
func (e *Estate) exports(h *Host, rg *haObject, do func(string, func() (bool, time.Duration))) {
	v4 := rg.list("EXPORT_FILESYSTEM_V4")
	list := append(rg.list("EXPORT_FILESYSTEM"), v4...)
	if len(list) == 0 {
		return
	}
	do("nfs", func() (bool, time.Duration) {
		for _, name := range []string{"portmap", "rpc.statd", "rpc.lockd", "nfsd", "rpc.mountd"} {
			if !h.running(name) {
				e.haDo(h, "startsrc", "-s", name)
			}
		}
		data, _ := h.read(haEtc + "/exports")
		written := parseExports(data)
		for _, fs := range list {
			if h.mountAt(fs) == nil {
				e.trace(h, "cl_export_fs: %s is not mounted", fs)
				return false, haShort
			}
			options := []string{"root=" + strings.Join(rg.list("NODES"), ":")}
			for _, x := range written {
				if x.Dir == fs {
					options = x.Options
				}
			}
			if slices.Contains(v4, fs) && !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "vers=") }) {
				options = append(slices.Clone(options), "vers=4")
			}
			words := []string{"exportfs", "-i"}
			if len(options) > 0 {
				words = append(words, "-o", strings.Join(options, ","))
			}
			if e.haDo(h, append(words, fs)...) != 0 {
				return false, haShort
			}
		}
		return true, haShort
	})
}

// crossMount mounts what the group exports on all of its nodes, through the service label.
func (e *Estate) crossMount(h *Host, rg *haObject) bool {
	labels := rg.list("SERVICE_LABEL")
	if len(labels) == 0 {
		e.trace(h, "cl_activate_nfs: resource group %s has no service label", rg.Name)
		return false
	}
	for _, p := range e.side(h) {
		if !slices.Contains(rg.list("NODES"), e.nodeName(p)) {
			continue
		}
		for _, pair := range rg.list("MOUNT_FILESYSTEM") {
			local, remote, ok := strings.Cut(pair, ";")
			if !ok {
				local, remote = pair, pair
			}
			// One that was there before the takeover goes on with the new owner.
			if p.mountAt(local) == nil {
				p.makeDir(local, e.Now)
				e.haDo(p, "mount", "-o", "hard,intr,vers=3", labels[0]+":"+remote, local)
			}
		}
	}
	return true
}

// takeAddress puts a service or persistent address on an interface as an alias: on the one with the fewest.
func (e *Estate) takeAddress(h *Host, d *haDef, label string) bool {
	o := d.get("service_ip", label)
	if o == nil {
		o = d.get("persistent_ip", label)
	}
	address := h.haLookup(label)
	if o == nil || address == "" {
		e.trace(h, "cl_swap_IP_address: %s does not resolve", label)
		return false
	}
	for _, n := range h.Interfaces {
		if slices.ContainsFunc(n.Aliases, func(x string) bool { return strings.HasPrefix(x, address+",") }) || n.Address == address {
			return true
		}
	}
	nics := e.nicsOn(h, d, o.get("NETWORK"))
	if len(nics) == 0 {
		e.trace(h, "cl_swap_IP_address: no interface is up on network %s", o.get("NETWORK"))
		return false
	}
	slices.SortStableFunc(nics, func(a, b *hostInterface) int { return len(a.Aliases) - len(b.Aliases) })
	if e.replaces(d, o) {
		return e.replaceAddress(h, nics, address, maskFor(d, o))
	}
	return e.haDo(h, "ifconfig", nics[0].Name, address, "netmask", maskFor(d, o), "alias") == 0
}

// maskFor is the netmask of a label: its own, or that of its network.
func maskFor(d *haDef, o *haObject) string {
	prefix := o.Attrs["PREFIX"]
	mask := o.Attrs["NETMASK"]
	if n := d.get("network", o.get("NETWORK")); mask == "" && prefix == "" && n != nil {
		mask, prefix = n.Attrs["NETMASK"], n.Attrs["PREFIX"]
	}
	if bits, ok := atoi(prefix); mask == "" && ok && bits <= 32 {
		mask = net.IP(net.CIDRMask(bits, 32)).String()
	}
	if mask == "" {
		mask = "255.255.255.0"
	}
	return mask
}

func (e *Estate) dropAddress(h *Host, d *haDef, label string) {
	address := h.haLookup(label)
	for _, n := range h.Interfaces {
		switch {
		case slices.ContainsFunc(n.Aliases, func(x string) bool { return strings.HasPrefix(x, address+",") }):
			e.haDo(h, "ifconfig", n.Name, address, "delete")
		case n.Address == address && address != "":
			e.restoreBoot(h, d, n)
		}
	}
}

// bindPersistent puts the persistent addresses of a node on its interfaces.
func (e *Estate) bindPersistent(h *Host) {
	node := e.nodeName(h)
	for _, o := range h.HA.DCD.all("persistent_ip") {
		if o.get("NODE") == node {
			e.takeAddress(h, h.HA.DCD, o.Name)
		}
	}
}

// appEnv is what scripts of the cluster find in their environment.
func (e *Estate) appEnv(h *Host, rg *haObject) map[string]string {
	return map[string]string{"GROUPNAME": rg.Name, "LOCALNODENAME": e.nodeName(h), "LOCALNODEID": e.nodeName(h), "CLUSTER_VERSION": "18",
		"PATH": haBase + "/events:" + haBase + "/events/utils:" + haUtilDir + ":" + aixPath}
}

// startApp runs the start script of an application, unless a startup monitor finds it running.
func (e *Estate) startApp(h *Host, rg *haObject, app string) (bool, time.Duration) {
	a := h.HA.ACD.get("application_controller", app)
	if a == nil {
		return false, 0
	}
	e.eventLine(h, "EVENT START", text("start_server %s", app))
	if m := e.startupMonitor(h, app); m != nil {
		if ok, took := e.healthy(h, rg, m); ok {
			e.trace(h, "start_server: application %s is running already", app)
			return true, took
		}
	}
	script := a.get("STARTSCRIPT")
	path, _, _ := strings.Cut(script, " ")
	if !h.executable(path) {
		e.trace(h, "start_server: %s is missing or not executable", path)
		e.eventLine(h, "EVENT COMPLETED", text("start_server %s 1", app))
		return a.get("STARTUP_MODE") != "foreground", haShort
	}
	out, code, took, ended := e.runHeld(h, "root", script, e.appEnv(h, rg))
	e.trace(h, "+ %s", script)
	if out != "" {
		e.trace(h, "%s", strings.TrimSuffix(out, "\n"))
	}
	if a.get("STARTUP_MODE") != "foreground" {
		e.eventLine(h, "EVENT COMPLETED", text("start_server %s 0", app))
		return true, haShort
	}
	e.eventLine(h, "EVENT COMPLETED", text("start_server %s %d", app, code))
	if !ended {
		took = time.Hour
	}
	return code == 0 && ended, took + haShort
}

// stopApp runs the stop script; a failure does not keep the group.
func (e *Estate) stopApp(h *Host, rg *haObject, app string) (bool, time.Duration) {
	a := h.HA.ACD.get("application_controller", app)
	if a == nil {
		return true, 0
	}
	e.eventLine(h, "EVENT START", text("stop_server %s", app))
	script := a.get("STOPSCRIPT")
	path, _, _ := strings.Cut(script, " ")
	if !h.executable(path) {
		e.trace(h, "stop_server: %s is missing or not executable", path)
		return false, haShort
	}
	out, code, took, ended := e.runHeld(h, "root", script, e.appEnv(h, rg))
	e.trace(h, "+ %s", script)
	if out != "" {
		e.trace(h, "%s", strings.TrimSuffix(out, "\n"))
	}
	e.eventLine(h, "EVENT COMPLETED", text("stop_server %s %d", app, code))
	if !ended {
		took = time.Hour
	}
	return code == 0 && ended, took + haShort
}

// release are the steps that take a group off a node. A partial one follows an acquisition that failed: no stop script runs.
func (e *Estate) release(h *Host, rg *haObject, partial bool) []haStep {
	var steps []haStep
	failed := false
	event := text("rg_move_release %s %s", e.nodeName(h), rg.Name)
	do := func(run func() (bool, time.Duration)) {
		steps = append(steps, func(*haEvent) time.Duration {
			if failed || h.off() {
				return 0
			}
			ok, d := run()
			failed = !ok
			return d
		})
	}
	do(func() (bool, time.Duration) {
		h.HA.group(rg.Name).State = rgReleasing
		h.HA.group(rg.Name).Monitors = map[string]*haMonitor{}
		e.eventLine(h, "EVENT START", event)
		return true, haShort
	})
	if !partial {
		for _, app := range rg.list("APPLICATIONS") {
			do(func() (bool, time.Duration) { return e.stopApp(h, rg, app) })
		}
	}
	do(func() (bool, time.Duration) {
		for _, p := range e.side(h) {
			for _, pair := range rg.list("MOUNT_FILESYSTEM") {
				local, _, _ := strings.Cut(pair, ";")
				if m := p.mountAt(local); m != nil && m.Node != "" {
					e.haDo(p, "umount", "-f", local)
				}
			}
		}
		return true, 0
	})
	addresses := func() {
		do(func() (bool, time.Duration) {
			for _, label := range rg.list("SERVICE_LABEL") {
				e.dropAddress(h, h.HA.ACD, label)
			}
			return true, haShort
		})
	}
	filesystems := func() {
		do(func() (bool, time.Duration) {
			for _, fs := range append(rg.list("EXPORT_FILESYSTEM"), rg.list("EXPORT_FILESYSTEM_V4")...) {
				if slices.ContainsFunc(h.Exported, func(x export) bool { return x.Dir == fs }) {
					e.haDo(h, "exportfs", "-u", fs)
				}
			}
			list := h.mountsOf(rg)
			slices.Reverse(list)
			ok := true
			for _, s := range list {
				if m := h.mountAt(s.Mount); m != nil && m.Dev == s.Dev {
					ok = e.haDo(h, "umount", "-f", s.Mount) == 0 && ok
				}
			}
			return ok, haShort
		})
	}
	if rg.yes("FS_BEFORE_IPADDR") || rg.get("EXPORT_FILESYSTEM") != "" {
		addresses()
		filesystems()
	} else {
		filesystems()
		addresses()
	}
	do(func() (bool, time.Duration) {
		ok := true
		names := h.groupsFor(rg)
		slices.Reverse(names)
		for _, name := range names {
			g := h.group(name)
			switch {
			case g == nil || g.State == vgOff || g.State == vgPassive:
			case g.disk.ECM && rg.get("STARTUP") != "OAAN":
				ok = e.haDo(h, "varyonvg", "-n", "-c", "-P", name) == 0 && ok
			default:
				ok = e.haDo(h, "varyoffvg", name) == 0 && ok
			}
		}
		return ok, haVaryTime
	})
	return append(steps, func(ev *haEvent) time.Duration {
		g := h.HA.group(rg.Name)
		g.State, g.Override = rgOffline, false
		if failed && !partial {
			g.State = rgError
			ev.failed = true
		}
		e.eventLine(h, "EVENT COMPLETED", event+map[bool]string{false: " 0", true: " 1"}[failed])
		return haShort
	})
}

package lab

import (
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"time"
)

// oldVerify is clverify and clver: the whole check.
func oldVerify(a *aixCall) int {
	f, ok := a.flags("rtV:C:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('V') && !contains("normal verbose", f.get('V')) || f.has('C') && !contains("yes no", f.get('C')) {
		return a.usage()
	}
	if a.old() == nil {
		return 1
	}
	return a.oldCheck(f.get('C') == "yes")
}

func (a *aixCall) oldCheck(fix bool) int {
	m := &clmgr{aixCall: a}
	a.say("Verification to be performed on the following:\n\tCluster Topology\n\tCluster Resources\n")
	if !m.lapse(5 * time.Second) {
		return 1
	}
	v := a.e.verify(a.h, fix)
	for _, x := range v.fixed {
		a.say("Corrective action performed: %s", x)
	}
	for _, x := range v.warns {
		a.say("WARNING: %s\n", x)
	}
	for _, x := range v.errors {
		a.say("ERROR: %s\n", x)
	}
	m.logVerify(v)
	if len(v.errors) > 0 {
		a.say("Verification exiting with error count: %d", len(v.errors))
		return 1
	}
	a.say("Verification has completed normally.")
	return 0
}

// oldDare synchronizes, and moves resource groups.
func oldDare(a *aixCall) int {
	f, ok := a.flags("rtfV:C:M:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('M') == f.any("rt") || f.has('V') && !contains("normal verbose", f.get('V')) || f.has('C') && !contains("yes no interactive", f.get('C')) {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	if f.has('M') {
		return a.oldMove(f.set['M'])
	}
	on := a.e.anyUp(a.h)
	switch {
	case on != nil && a.h.HA.State == "":
		return a.fail("cldare: Cluster services are active on node %s, but not on this node. Synchronize from an active node.", a.e.nodeName(on))
	case on != nil && a.e.busyHA(on):
		return a.fail("cldare: The cluster is not stable. Try again later.")
	}
	// Before the first synchronization every node is on its boot addresses.
	if code := a.oldCheck(f.get('C') == "yes"); code != 0 && !f.has('f') {
		return a.fail("cldare: Verification has failed. The cluster was not synchronized.")
	}
	return (&clmgr{aixCall: a, class: haClassOf("cluster"), action: "sync"}).copyOut(f.has('f'))
}

// oldMove is the migration of resource groups of these releases: to a node, to where the priority wants them, or offline.
func (a *aixCall) oldMove(list []string) int {
	d := a.h.HA.DCD
	for _, word := range list {
		w := strings.Split(word, ":")
		if len(w) < 2 || len(w) > 3 || len(w) == 3 && w[2] != "sticky" {
			return a.usage()
		}
		rg := d.get("resource_group", w[0])
		if rg == nil {
			return a.fail("cldare: Resource group %s is not defined.", w[0])
		}
		code := 0
		switch {
		case w[1] == "stop":
			code = a.groupMove(w[0], "offline", nil, true)
		case w[1] == "default":
			on := a.runningNode()
			if on == nil {
				return a.fail("cldare: Cluster services are not active.")
			}
			best := a.e.candidates(on, rg, "")
			owners := a.e.ownersOf(on, w[0], "ONLINE")
			for _, h := range a.e.side(on) {
				h.HA.group(w[0]).Override = false
			}
			if len(best) > 0 && (len(owners) == 0 || owners[0] != best[0]) {
				if code = a.groupMove(w[0], "move", []string{a.e.nodeName(best[0])}, true); code == 0 {
					best[0].HA.group(w[0]).Override = false
				}
			}
		case d.get("node", w[1]) == nil:
			return a.fail("cldare: Node %s is not defined.", w[1])
		default:
			if code = a.groupMove(w[0], "move", []string{w[1]}, true); code == 0 && len(w) < 3 {
				if h := a.e.haHost(a.h, d.get("node", w[1])); h != nil {
					h.HA.group(w[0]).Override = false
				}
			}
		}
		if code != 0 {
			return code
		}
	}
	return 0
}

// chosenNodes are those that -cspoc names, or this one.
func (a *aixCall) chosenNodes(all bool) ([]string, []string, bool) {
	if len(a.args) > 0 && a.args[0] == "-cspoc" {
		nodes, rest, ok := a.cspocNodes(a.args)
		return nodes, rest, ok
	}
	if all {
		return a.h.HA.DCD.names("node"), a.args, true
	}
	return []string{a.e.nodeName(a.h)}, a.args, true
}

func oldStart(a *aixCall) int {
	if a.old() == nil {
		return 1
	}
	nodes, args, ok := a.chosenNodes(a.name == "cl_rc_cluster")
	if !ok {
		return a.usage()
	}
	boot, now := false, true
	for _, w := range args {
		if !contains("-boot -m -s -l -c -b -i -I -N -R -B -M -A -r -v -x -G -P", w) && w != "cl_rc_cluster" {
			return a.usage()
		}
		boot = boot || w == "-R" || w == "-B"
		now = now && w != "-R"
	}
	_, hosts := a.e.peers(a.h.HA.DCD, a.h)
	code := 0
	for _, n := range nodes {
		h := hosts[n]
		if why := a.e.talk(a.h, h); why != "" {
			code = a.fail("%s: %s: %s.", a.name, n, why)
			continue
		}
		if h.HA.DCD.cluster() == nil || h.HA.DCD.cluster().Attrs["SYNCED"] == "" {
			code = a.fail("%s: %s: The cluster has not been synchronized.", a.name, n)
			continue
		}
		if h.HA.up() {
			code = a.fail("%s: %s: Cluster services are already active.", a.name, n)
			continue
		}
		h.HA.AtBoot = h.HA.AtBoot || boot
		if !now {
			continue
		}
		if slices.Contains(args, "-i") || slices.Contains(args, "-I") {
			for _, s := range h.Subsystems {
				if s.Name == "clinfoES" && s.PID == 0 {
					s.PID = h.nextPID()
				}
			}
		}
		a.e.startServices(h, slices.Contains(args, "-M"))
		a.say("%s: start_cluster: Starting HACMP", n)
	}
	// It returns at once; the node joins behind it.
	return code
}

func oldStop(a *aixCall) int {
	if a.old() == nil {
		return 1
	}
	nodes, args, ok := a.chosenNodes(a.name == "cl_clstop")
	if !ok {
		return a.usage()
	}
	how := ""
	for _, w := range args {
		switch {
		case contains("-f -g -gr", w) && how == "":
			how = map[string]string{"-f": "unmanage", "-g": "offline", "-gr": "move"}[w]
		case !contains("-s -y -N -R -B", w):
			return a.usage()
		}
	}
	if how == "" {
		return a.usage()
	}
	_, hosts := a.e.peers(a.h.HA.DCD, a.h)
	code := 0
	for _, n := range nodes {
		h := hosts[n]
		if why := a.e.talk(a.h, h); why != "" {
			code = a.fail("%s: %s: %s.", a.name, n, why)
			continue
		}
		if slices.Contains(args, "-R") || slices.Contains(args, "-B") {
			h.HA.AtBoot = false
		}
		if slices.Contains(args, "-R") {
			continue
		}
		if !h.HA.up() {
			code = a.fail("%s: %s: 0513-004 The Subsystem or Group, clstrmgrES, is currently inoperative.", a.name, n)
			continue
		}
		a.e.stopServices(h, how)
		a.say("%s: 0513-044 The clstrmgrES Subsystem was requested to stop.", n)
	}
	return code
}

// serialPath tells whether two nodes hear each other over a network that is not IP.
func (e *Estate) serialPath(a, b *Host) bool {
	d := a.HA.ACD
	if d == nil {
		d = a.HA.DCD
	}
	for _, n := range d.all("network") {
		if !contains(serialKinds, n.get("TYPE")) || e.cut["subnet "+n.Name] {
			continue
		}
		ends := map[*Host]*haObject{}
		for _, o := range d.all("interface") {
			if o.get("NETWORK") == n.Name {
				if h := e.haHost(a, d.get("node", o.get("NODE"))); h != nil {
					ends[h] = o
				}
			}
		}
		if ends[a] == nil || ends[b] == nil {
			continue
		}
		if n.get("TYPE") != "diskhb" {
			return true
		}
		x, y := a.disk(ends[a].get("INTERFACE")), b.disk(ends[b].get("INTERFACE"))
		if x != nil && y != nil && x.medium == y.medium && e.reachesDisk(a, x.medium) && e.reachesDisk(b, y.medium) {
			return true
		}
	}
	return false
}

// replaces tells whether a label takes the place of a boot address instead of standing beside it.
func (e *Estate) replaces(d *haDef, o *haObject) bool {
	n := d.get("network", o.get("NETWORK"))
	return o.Class == "service_ip" && n != nil && n.get("IPALIASING") == "false"
}

// replaceAddress puts a service address in the place of the boot address of its subnet.
func (e *Estate) replaceAddress(h *Host, nics []*hostInterface, address, mask string) bool {
	for _, n := range nics {
		if h.HA.Boot[n.Name] == "" && subnetOf(address, mask) == n.subnet() {
			if h.HA.Boot == nil {
				h.HA.Boot = map[string]string{}
			}
			h.HA.Boot[n.Name] = n.Address
			e.trace(h, "+ ifconfig %s %s netmask %s", n.Name, address, mask)
			n.Address = address
			return true
		}
	}
	e.trace(h, "cl_swap_IP_address: no boot address is left for %s", address)
	return false
}

// restoreBoot puts the boot address of an interface back.
func (e *Estate) restoreBoot(h *Host, d *haDef, n *hostInterface) {
	boot := h.HA.Boot[n.Name]
	if boot == "" {
		return
	}
	e.trace(h, "+ ifconfig %s %s netmask %s", n.Name, boot, n.Netmask)
	n.Address = boot
	delete(h.HA.Boot, n.Name)
}

// unreplace is a start of the system: every interface has its boot address.
func (e *Estate) unreplace(h *Host) {
	for _, n := range h.Interfaces {
		if boot := h.HA.Boot[n.Name]; boot != "" {
			n.Address = boot
		}
	}
	h.HA.Boot = nil
}

// heartbeatAliases allocates the addresses over which the heartbeats of a network go: each interface of a node has a subnet,
// the nodes follow each other in it.
func (e *Estate) heartbeatAliases(h *Host) {
	d := h.HA.DCD
	for _, n := range d.all("network") {
		for _, o := range d.all("interface") {
			if o.get("NETWORK") == n.Name {
				delete(o.Attrs, "HB_ALIAS")
			}
		}
		for _, x := range aliasPlan(d, n) {
			x.o.Attrs["HB_ALIAS"] = x.address
		}
	}
}

type aliasOf struct {
	o       *haObject
	address string
	subnet  string
}

// aliasPlan is which heartbeat alias each interface of a network gets.
func aliasPlan(d *haDef, n *haObject) []aliasOf {
	start := net.ParseIP(n.Attrs["HB_ALIAS"]).To4()
	mask := maskFor(d, &haObject{Class: "service_ip", Attrs: map[string]string{"NETWORK": n.Name}})
	bits := maskBits(mask)
	if start == nil || bits < 1 || bits > 30 {
		return nil
	}
	first := binary.BigEndian.Uint32(start)
	var out []aliasOf
	for i, node := range d.all("node") {
		k := 0
		for _, o := range d.all("interface") {
			if o.get("NODE") != node.Name || o.get("NETWORK") != n.Name {
				continue
			}
			ip := make(net.IP, 4)
			binary.BigEndian.PutUint32(ip, first+uint32(k)<<(32-bits)+uint32(i))
			out = append(out, aliasOf{o, ip.String(), subnetOf(ip.String(), mask)})
			k++
		}
	}
	return out
}

// bindHeartbeat puts the heartbeat aliases of a node on its interfaces, or takes them off.
func (e *Estate) bindHeartbeat(h *Host, on bool) {
	d := h.HA.ACD
	node := e.nodeOf(d, h)
	for _, o := range d.all("interface") {
		n := h.nic(o.get("INTERFACE"))
		if node == nil || o.get("NODE") != node.Name || o.Attrs["HB_ALIAS"] == "" || n == nil {
			continue
		}
		alias := o.Attrs["HB_ALIAS"] + "," + maskFor(d, &haObject{Class: "service_ip", Attrs: map[string]string{"NETWORK": o.get("NETWORK")}})
		n.Aliases = slices.DeleteFunc(slices.Clone(n.Aliases), func(x string) bool { return x == alias })
		if on {
			n.Aliases = append(n.Aliases, alias)
		}
		if len(n.Aliases) == 0 {
			n.Aliases = nil
		}
	}
}

// serial checks a network that is not IP.
func (v *haCheck) serial(n *haObject) {
	if v.h.HA.modern() {
		v.bad("Network %s: the type %s is not supported by this release; the repository disk takes its place.", n.Name, n.get("TYPE"))
		return
	}
	var ends []*haObject
	for _, o := range v.d.all("interface") {
		if o.get("NETWORK") == n.Name {
			ends = append(ends, o)
		}
	}
	if len(ends) != 2 || ends[0].get("NODE") == ends[1].get("NODE") {
		v.bad("Network %s joins %d devices; it must join exactly two nodes.", n.Name, len(ends))
		return
	}
	if n.get("TYPE") != "diskhb" {
		return
	}
	var disks []*HostDisk
	for _, o := range ends {
		h := v.hosts[o.get("NODE")]
		if h == nil {
			return
		}
		x := h.disk(o.get("INTERFACE"))
		if x == nil || x.Defined {
			v.bad("Disk %s of network %s does not exist on node %s.", o.get("INTERFACE"), n.Name, o.get("NODE"))
			return
		}
		if g := h.groupOf(x); g == nil || !g.disk.ECM {
			v.bad("Disk %s of network %s does not belong to an enhanced concurrent volume group that node %s knows.", x.Name, n.Name, o.get("NODE"))
		}
		disks = append(disks, x)
	}
	if disks[0].PVID == "" || disks[0].PVID != disks[1].PVID {
		v.bad("The disks of network %s have different PVIDs: %s and %s.", n.Name, orNone(disks[0].PVID), orNone(disks[1].PVID))
	}
}

// oldNetwork checks what only the older releases have: heartbeat aliases and takeover by replacement.
func (v *haCheck) oldNetwork(n *haObject) {
	if v.h.HA.modern() {
		if n.Attrs["HB_ALIAS"] != "" || n.get("IPALIASING") == "false" {
			v.bad("Network %s: heartbeat over IP aliases and IP address takeover by replacement are not supported by this release.", n.Name)
		}
		return
	}
	used := map[string]string{}
	for name, h := range v.hosts {
		for _, x := range h.Interfaces {
			used[x.subnet()] = "interface " + x.Name + " of node " + name
		}
	}
	for _, s := range append(v.d.all("service_ip"), v.d.all("persistent_ip")...) {
		used[subnetOf(v.h.haLookup(s.Name), maskFor(v.d, s))] = "IP label " + s.Name
	}
	seen := map[string]bool{}
	for _, x := range aliasPlan(v.d, n) {
		if used[x.subnet] != "" && !seen[x.subnet] {
			seen[x.subnet] = true
			v.bad("The heartbeat alias subnet %s of network %s is used by %s.", x.subnet, n.Name, used[x.subnet])
		}
		for _, name := range v.names {
			if h := v.hosts[name]; h != nil && h.label(x.address) != "" {
				v.bad("The heartbeat alias address %s of network %s is listed in /etc/hosts on node %s.", x.address, n.Name, name)
			}
		}
	}
	if n.get("IPALIASING") != "false" {
		return
	}
	for _, node := range v.names {
		h := v.hosts[node]
		if h == nil {
			continue
		}
		var subnets []string
		for _, o := range v.d.all("interface") {
			if x := h.nic(o.get("INTERFACE")); o.get("NODE") == node && o.get("NETWORK") == n.Name && x != nil {
				subnets = append(subnets, x.subnet())
			}
		}
		held := 0
		for _, rg := range v.d.all("resource_group") {
			for _, l := range rg.list("SERVICE_LABEL") {
				s := v.d.get("service_ip", l)
				if s == nil || s.get("NETWORK") != n.Name || !slices.Contains(rg.list("NODES"), node) {
					continue
				}
				held++
				if !slices.Contains(subnets, subnetOf(v.h.haLookup(l), maskFor(v.d, s))) {
					v.bad("Service IP label %s replaces a boot address, but is in no boot subnet of network %s on node %s.", l, n.Name, node)
				}
				if rg.Attrs["KIND"] == "custom" && v.h.HA.version() < 502 {
					v.bad("Resource group %s is custom and supports IP address takeover by aliasing only.", rg.Name)
				}
			}
		}
		if held > len(subnets) && len(subnets) > 0 {
			v.bad("Node %s may have to hold %d service IP labels on network %s, which has %d interfaces there.", node, held, n.Name, len(subnets))
		}
	}
}

// withoutSerial warns of node pairs that only IP joins, and of rings that are not closed.
func (v *haCheck) withoutSerial() {
	if v.h.HA.modern() || len(v.names) < 2 {
		return
	}
	serial := 0
	for _, n := range v.d.all("network") {
		if contains(serialKinds, n.get("TYPE")) {
			serial++
		}
	}
	switch {
	case serial == 0:
		v.warn("There is no serial network: a failure of IP would be taken for a failure of a node, and the cluster would be partitioned.")
	case len(v.names) > 2 && serial < len(v.names):
		v.warn("There are %d serial networks for %d nodes; they should form a ring.", serial, len(v.names))
	}
}

// oldTopology is lssrc -ls topsvcs.
func (a *aixCall) oldTopology(s *subsystem) {
	a.say("Subsystem         Group            PID     Status\n %-16s %-16s %-7d active\nNetwork Name   Indx Defd  Mbrs  St   Adapter ID      Group ID", s.Name, s.Group, s.PID)
	d := a.h.HA.ACD
	for i, n := range d.all("network") {
		all, up := 0, 0
		own := ""
		for _, o := range d.all("interface") {
			if o.get("NETWORK") != n.Name {
				continue
			}
			all++
			h := a.e.haHost(a.h, d.get("node", o.get("NODE")))
			if h == nil || h.HA.State == "" {
				continue
			}
			serial := contains(serialKinds, n.get("TYPE"))
			if x := h.nic(o.get("INTERFACE")); serial && (h == a.h || a.e.serialPath(a.h, h)) || x != nil && a.e.wired(h, x) {
				up++
			}
			if h == a.h {
				own = o.Attrs["HB_ALIAS"]
				if own == "" {
					own = a.interfaceAddress(o)
				}
				if serial {
					own = "r" + o.get("INTERFACE")
				}
			}
		}
		a.say("%-14s [ %d] %4d  %4d   S  %-15s %-15s\nHB Interval = 1.000 secs. Sensitivity = 10 missed beats", n.Name, i, all, up, own, own)
	}
	a.say("  %d locally connected Clients with PIDs:\nhagsd( %d)", 1, s.PID+2)
}

// oldFindres is clfindres of 5.1: kinds of groups, and where they are.
func (a *aixCall) oldFindres() int {
	f, ok := a.flags("s")
	if !ok {
		return 1
	}
	if a.noCluster() {
		return 1
	}
	on := a.runningNode()
	if on == nil {
		return a.fail("clfindres: Cluster services are not active on any node.")
	}
	if !f.has('s') {
		a.say("%s\n%-15s %-14s %-10s %-15s %s\n%-15s %-14s %-10s %-15s %s", strings.Repeat("-", 77), "GroupName", "Type", "State", "Location", "Sticky Loc", "---------", "----------", "------", "--------", "----------")
	}
	for _, rg := range on.HA.ACD.all("resource_group") {
		if len(f.rest) > 0 && !slices.Contains(f.rest, rg.Name) {
			continue
		}
		state, node := a.groupState(rg.Name)
		sticky := ""
		for _, h := range a.e.side(on) {
			if g := h.HA.Groups[rg.Name]; g != nil && g.Override {
				sticky = a.e.nodeName(h)
			}
		}
		word := map[string]string{rgOnline: "UP", rgOffline: "DOWN"}[state]
		if word == "" {
			word = state
		}
		if f.has('s') {
			a.say("%s:%s:%s:%s:%s", rg.Name, groupType(rg), word, node, sticky)
			continue
		}
		a.say("%s", strings.TrimRight(text("%-15s %-14s %-10s %-15s %s", rg.Name, groupType(rg), word, node, sticky), " "))
	}
	return 0
}

// fillTrust writes the addresses of all nodes into the files of those that have none yet.
func (e *Estate) fillTrust(d *haDef, hosts []*Host) {
	for _, h := range hosts {
		if f := h.Files[rhostsOld]; f != nil && strings.TrimSpace(f.Data) != "" {
			continue
		}
		var b strings.Builder
		for _, o := range d.all("interface") {
			if a := h.haLookup(o.Name); a != "" {
				b.WriteString(a + "\n")
			}
		}
		h.Files[rhostsOld] = &hostFile{Mode: 0o600, Data: b.String(), at: e.Now}
		h.HA.Trust = h.readTrust()
	}
}

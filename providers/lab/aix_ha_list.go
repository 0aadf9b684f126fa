package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// adapter is a row of the HACMPadapter class.
type adapter struct {
	name, kind, network, netType, attr, node, address, hardware, iface, global, mask, alias string
}

// adapters are the boot, service and persistent labels of a definition, node by node.
func (a *aixCall) adapters(d *haDef) []adapter {
	var out []adapter
	row := func(o *haObject, kind, node string) {
		n := d.get("network", o.get("NETWORK"))
		if n == nil {
			return
		}
		x := adapter{name: o.Name, kind: kind, network: n.Name, netType: n.get("TYPE"), attr: map[bool]string{true: "public", false: "private"}[n.yes("PUBLIC")], node: node, address: a.h.haLookup(o.Name), mask: maskFor(d, o), alias: o.Attrs["HB_ALIAS"]}
		if o.Class == "interface" {
			x.iface = o.get("INTERFACE")
			x.mask = n.get("NETMASK")
			if contains("diskhb rs232 tmscsi tmssa", n.get("TYPE")) {
				x.attr, x.address, x.kind, x.mask = "serial", "/dev/"+x.iface, "service", ""
			}
		}
		out = append(out, x)
	}
	for _, n := range d.all("node") {
		for _, o := range d.all("interface") {
			if o.get("NODE") == n.Name {
				row(o, "boot", n.Name)
			}
		}
		for _, o := range d.all("service_ip") {
			row(o, "service", n.Name)
		}
		for _, o := range d.all("persistent_ip") {
			if o.get("NODE") == n.Name {
				row(o, "persistent", n.Name)
			}
		}
	}
	return out
}

func aixCllsif(a *aixCall) int {
	f, ok := a.flags("cSi:n:J:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('S') && !f.has('c') {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	list := a.adapters(a.h.HA.DCD)
	list = slices.DeleteFunc(list, func(x adapter) bool {
		return f.has('i') && x.node != f.get('i') || f.has('n') && x.name != f.get('n') || f.has('J') && x.network != f.get('J')
	})
	if f.has('c') {
		if !f.has('S') {
			a.say("#name:type:network:nettype:attr:node:ipaddr:haddr:interfacename:globalname:netmask:hb_addr:site_name")
		}
		for _, x := range list {
			a.say("%s:%s:%s:%s:%s:%s:%s:%s:%s:%s:%s:%s:%s", x.name, x.kind, x.network, x.netType, x.attr, x.node, x.address, x.hardware, x.iface, x.global, x.mask, x.alias, a.siteText(x.node))
		}
		return 0
	}
	const row = "%-22s %-10s %-15s %-11s %-10s %-13s %-18s %-16s %-15s %-15s %-16s %-13s %s"
	a.say(row, "Adapter", "Type", "Network", "Net Type", "Attribute", "Node", "IP Address", "Hardware Address", "Interface Name", "Global Name", "Netmask", "Alias for HB", "Prefix Length")
	a.say("")
	for _, x := range list {
		bits := ""
		if b := maskBits(x.mask); b >= 0 {
			bits = fmt.Sprint(b)
		}
		a.say("%s", strings.TrimRight(text(row, x.name, x.kind, x.network, x.netType, x.attr, x.node, x.address, x.hardware, x.iface, x.global, x.mask, x.alias, bits), " "))
	}
	return 0
}

func (a *aixCall) siteText(node string) string {
	if n := a.h.HA.DCD.get("node", node); n != nil {
		return n.get("SITE")
	}
	return ""
}

func aixCllsgrp(a *aixCall) int {
	f, ok := a.flags("cg:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	if f.has('c') {
		a.say("#name:nodes:type:sitepolicy:startup:fallover:fallback")
	}
	hit := false
	for _, rg := range a.h.HA.DCD.all("resource_group") {
		if f.has('g') && f.get('g') != rg.Name {
			continue
		}
		hit = true
		if f.has('c') {
			a.say("%s:%s:%s:%s:%s:%s:%s", rg.Name, rg.get("NODES"), groupType(rg), rg.get("SITE_POLICY"), rg.get("STARTUP"), rg.get("FALLOVER"), rg.get("FALLBACK"))
			continue
		}
		a.say("%s", rg.Name)
	}
	if f.has('g') && !hit {
		return a.fail("cllsgrp: Resource group %s is not configured.", f.get('g'))
	}
	return 0
}

func groupType(rg *haObject) string {
	if t := rg.Attrs["KIND"]; t != "" {
		return t
	}
	if rg.get("STARTUP") == "OAAN" {
		return "concurrent"
	}
	return "non-concurrent"
}

func aixCllsnw(a *aixCall) int {
	f, ok := a.flags("cSn:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('S') && !f.has('c') {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	if f.has('c') && !f.has('S') {
		a.say("#netname:attribute:netalias:monitor_method:nettype:heartbeat_alias:hb_addr:netmask")
	} else if !f.has('c') {
		a.say("%-20s %-10s %-10s %s", "Network", "Attribute", "Alias", "Node   Adapter(s)")
	}
	for _, n := range d.all("network") {
		if f.has('n') && f.get('n') != n.Name {
			continue
		}
		attr := map[bool]string{true: "public", false: "private"}[n.yes("PUBLIC")]
		if contains("diskhb rs232 tmscsi tmssa", n.get("TYPE")) {
			attr = "serial"
		}
		if f.has('c') {
			a.say("%s:%s:%s:default:%s:%s:%s:%s", n.Name, attr, n.get("IPALIASING"), n.get("TYPE"), trueFalse(n.Attrs["HB_ALIAS"] != ""), n.Attrs["HB_ALIAS"], n.get("NETMASK"))
			continue
		}
		var rows []string
		for _, node := range d.all("node") {
			var names []string
			for _, x := range a.adapters(d) {
				if x.node == node.Name && x.network == n.Name {
					names = append(names, x.name)
				}
			}
			rows = append(rows, node.Name+" "+strings.Join(names, " "))
		}
		a.say("%-20s %-10s %-10s %s", n.Name, attr, n.get("IPALIASING"), strings.Join(rows, "\n"+strings.Repeat(" ", 43)))
	}
	return 0
}

// odmResources are the rows of HACMPresource: group, name, value.
func odmResources(d *haDef) [][3]string {
	var out [][3]string
	for _, rg := range d.all("resource_group") {
		vg := "VOLUME_GROUP"
		if rg.get("STARTUP") == "OAAN" {
			vg = "CONCURRENT_VOLUME_GROUP"
		}
		for _, x := range [][2]string{{"SERVICE_LABEL", "SERVICE_LABEL"}, {"FILESYSTEM", "FILESYSTEM"}, {vg, "VOLUME_GROUP"}, {"DISK", "DISK"}, {"APPLICATIONS", "APPLICATIONS"}, {"EXPORT_FILESYSTEM", "EXPORT_FILESYSTEM"},
			{"EXPORT_FILESYSTEM_V4", "EXPORT_FILESYSTEM_V4"}, {"MOUNT_FILESYSTEM", "MOUNT_FILESYSTEM"}, {"NFS_NETWORK", "NFS_NETWORK"}, {"SHARED_TAPE_RESOURCES", "SHARED_TAPE_RESOURCES"}} {
			list := rg.list(x[1])
			if x[0] == "FILESYSTEM" && len(list) == 0 && rg.get("VOLUME_GROUP") != "" && rg.get("STARTUP") != "OAAN" {
				list = []string{"ALL"}
			}
			for _, v := range list {
				out = append(out, [3]string{rg.Name, x[0], v})
			}
		}
		for _, x := range []string{"FORCED_VARYON", "VG_AUTO_IMPORT", "FSCHECK_TOOL", "RECOVERY_METHOD", "FS_BEFORE_IPADDR"} {
			out = append(out, [3]string{rg.Name, x, rg.get(x)})
		}
		if rg.Attrs["KIND"] == "cascading" {
			for _, x := range []string{"INACTIVE_TAKEOVER", "CASCADE_WO_FALLBACK"} {
				out = append(out, [3]string{rg.Name, x, trueFalse(rg.Attrs[x] == "true")})
			}
		}
		for _, x := range []string{"STABLE_STORAGE_PATH", "WPAR_NAME", "FALLBACK_AT"} {
			if v := rg.get(x); v != "" {
				out = append(out, [3]string{rg.Name, x, v})
			}
		}
	}
	return out
}

// ofGroup reads the options of a program that lists what resource groups have, with -g for one of them.
func (a *aixCall) ofGroup(spec string) (*flagSet, *haDef, int) {
	f, ok := a.flags(spec)
	switch {
	case !ok:
		return nil, nil, 1
	case len(f.rest) > 0:
		return nil, nil, a.usage()
	case a.noCluster():
		return nil, nil, 1
	}
	d := a.h.HA.DCD
	if f.has('g') && d.get("resource_group", f.get('g')) == nil {
		return nil, nil, a.fail("%s: Resource group %s is not configured.", a.name, f.get('g'))
	}
	return f, d, 0
}

func aixCllsres(a *aixCall) int {
	f, d, code := a.ofGroup("g:csed:q:")
	if code != 0 {
		return code
	}
	terms, ok := criteria(f.get('q'))
	if f.has('q') && !ok {
		return a.fail("cllsres: The query is not valid: %s", f.get('q'))
	}
	var order []string
	values := map[string][]string{}
	for _, r := range odmResources(d) {
		row := odmRow{{"group", r[0]}, {"name", r[1]}, {"value", r[2]}}
		miss := func(t odmTerm) bool { hit, _ := t.holds(row); return !hit }
		if f.has('g') && r[0] != f.get('g') || slices.ContainsFunc(terms, miss) {
			continue
		}
		if f.has('c') {
			a.say("%s:%s:%s", r[0], r[1], r[2])
			continue
		}
		if values[r[1]] == nil {
			order = append(order, r[1])
		}
		values[r[1]] = append(values[r[1]], r[2])
	}
	sort.Strings(order)
	for _, n := range order {
		a.say("%s=\"%s\"", n, strings.Join(values[n], " "))
	}
	return 0
}

func aixClshowres(a *aixCall) int {
	f, d, code := a.ofGroup("g:n:d:")
	if code != 0 {
		return code
	}
	if f.has('n') && d.get("node", f.get('n')) == nil {
		return a.fail("clshowres: Node %s is not configured.", f.get('n'))
	}
	line := func(label, v string) { a.say("%s", strings.TrimRight(text("%-60s %s", label, v), " ")) }
	for _, rg := range d.all("resource_group") {
		if f.has('g') && f.get('g') != rg.Name || f.has('n') && !slices.Contains(rg.list("NODES"), f.get('n')) {
			continue
		}
		a.say("")
		line("Resource Group Name", rg.Name)
		line("Participating Node Name(s)", strings.Join(append(rg.list("NODES"), rg.list("SECONDARYNODES")...), " "))
		line("Startup Policy", startupNames[rg.get("STARTUP")])
		line("Fallover Policy", falloverNames[rg.get("FALLOVER")])
		line("Fallback Policy", fallbackNames[rg.get("FALLBACK")])
		line("Site Relationship", rg.get("SITE_POLICY"))
		line("Dynamic Node Priority", map[bool]string{true: rg.get("NODE_PRIORITY_POLICY")}[rg.get("FALLOVER") == "FUDNP"])
		line("Service IP Label", rg.get("SERVICE_LABEL"))
		fs := rg.get("FILESYSTEM")
		if fs == "" && rg.get("VOLUME_GROUP") != "" && rg.get("STARTUP") != "OAAN" {
			fs = "ALL"
		}
		line("Filesystems", fs)
		line("Filesystems Consistency Check", rg.get("FSCHECK_TOOL"))
		line("Filesystems Recovery Method", rg.get("RECOVERY_METHOD"))
		line("Filesystems/Directories to be exported (NFSv3)", rg.get("EXPORT_FILESYSTEM"))
		line("Filesystems/Directories to be exported (NFSv4)", rg.get("EXPORT_FILESYSTEM_V4"))
		line("Filesystems to be NFS mounted", rg.get("MOUNT_FILESYSTEM"))
		line("Network For NFS Mount", rg.get("NFS_NETWORK"))
		line("Filesystem/Directory for NFSv4 Stable Storage", rg.get("STABLE_STORAGE_PATH"))
		vg, cvg := rg.get("VOLUME_GROUP"), ""
		if rg.get("STARTUP") == "OAAN" {
			vg, cvg = "", vg
		}
		line("Volume Groups", vg)
		line("Concurrent Volume Groups", cvg)
		line("Use forced varyon for volume groups, if necessary", rg.get("FORCED_VARYON"))
		line("Disks", rg.get("DISK"))
		line("Application Controllers", rg.get("APPLICATIONS"))
		line("Highly Available Communication Links", "")
		line("Primary Workload Manager Class", "")
		line("Secondary Workload Manager Class", "")
		line("Delayed Fallback Timer", rg.get("FALLBACK_AT"))
		line("Miscellaneous Data", "")
		line("Automatically Import Volume Groups", rg.get("VG_AUTO_IMPORT"))
		line("Filesystems mounted before IP configured", rg.get("FS_BEFORE_IPADDR"))
		line("WPAR Name", rg.get("WPAR_NAME"))
	}
	return 0
}

func aixCllsfs(a *aixCall) int {
	f, ok := a.flags("g:n")
	if !ok {
		return 1
	}
	if a.noCluster() {
		return 1
	}
	for _, rg := range a.h.HA.DCD.all("resource_group") {
		if f.has('g') && f.get('g') != rg.Name {
			continue
		}
		for _, s := range a.h.mountsOf(rg) {
			a.say("%s %s", rg.Name, s.Mount)
		}
	}
	return 0
}

func aixCllsvg(a *aixCall) int {
	f, ok := a.flags("g:")
	if !ok {
		return 1
	}
	if a.noCluster() {
		return 1
	}
	for _, rg := range a.h.HA.DCD.all("resource_group") {
		if f.has('g') && f.get('g') != rg.Name || rg.get("VOLUME_GROUP") == "" {
			continue
		}
		a.say("%s %s", rg.Name, rg.get("VOLUME_GROUP"))
	}
	return 0
}

func aixCllsserv(a *aixCall) int {
	f, ok := a.flags("cn:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	hit := false
	for _, o := range a.h.HA.DCD.all("application_controller") {
		if f.has('n') && f.get('n') != o.Name {
			continue
		}
		hit = true
		if f.has('c') {
			a.say("%s:%s:%s:%s", o.Name, o.get("STARTSCRIPT"), o.get("STOPSCRIPT"), o.get("STARTUP_MODE"))
		} else {
			a.say("%-15s %-40s %-40s %s", o.Name, o.get("STARTSCRIPT"), o.get("STOPSCRIPT"), o.get("STARTUP_MODE"))
		}
	}
	if f.has('n') && !hit {
		return a.fail("cllsserv: Application controller %s is not configured.", f.get('n'))
	}
	return 0
}

func aixCllsappmon(a *aixCall) int {
	f, ok := a.flags("h")
	if !ok {
		return 1
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	if len(f.rest) == 0 {
		for _, m := range d.all("application_monitor") {
			a.say("%s %s", m.Name, map[string]string{"Custom": "user", "Process": "process"}[m.get("TYPE")])
		}
		return 0
	}
	for _, n := range f.rest {
		m := d.get("application_monitor", n)
		if m == nil {
			return a.fail("cllsappmon: Application monitor %s is not configured.", n)
		}
		for _, r := range odmMonitor(m) {
			a.say("%s=\"%s\"", r[0], r[1])
		}
	}
	return 0
}

// odmMonitor are the rows of HACMPmonitor for a monitor.
func odmMonitor(m *haObject) [][2]string {
	out := [][2]string{{"name", m.Name}, {"MONITOR_TYPE", map[string]string{"Custom": "user", "Process": "process"}[m.get("TYPE")]}}
	for _, x := range [][2]string{{"INVOCATION", "MODE"}, {"PROCESSES", "PROCESSES"}, {"PROCESS_OWNER", "OWNER"}, {"INSTANCE_COUNT", "INSTANCECOUNT"}, {"PARAM_CHECK", "ARGUMENTS"}, {"MONITOR_METHOD", "MONITORMETHOD"}, {"MONITOR_INTERVAL", "MONITORINTERVAL"},
		{"HUNG_MONITOR_SIGNAL", "HUNGSIGNAL"}, {"STABILIZATION_INTERVAL", "STABILIZATION"}, {"RESTART_COUNT", "RESTARTCOUNT"}, {"RESTART_INTERVAL", "RESTARTINTERVAL"}, {"FAILURE_ACTION", "FAILUREACTION"}, {"CLEANUP_METHOD", "CLEANUPMETHOD"}, {"RESTART_METHOD", "RESTARTMETHOD"},
		{"NOTIFY_METHOD", "NOTIFYMETHOD"}, {"RESOURCE_TO_MONITOR", "APPLICATIONS"}} {
		custom := contains("MONITOR_METHOD MONITOR_INTERVAL HUNG_MONITOR_SIGNAL", x[0])
		process := contains("PROCESSES PROCESS_OWNER INSTANCE_COUNT PARAM_CHECK", x[0])
		if custom && m.get("TYPE") != "Custom" || process && m.get("TYPE") != "Process" {
			continue
		}
		out = append(out, [2]string{x[0], m.get(x[1])})
	}
	return out
}

// aixCldisp is the view by application.
func aixCldisp(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	on := a.runningNode()
	a.say("Cluster: %s\n   Cluster services: %s", d.cluster().Name, map[bool]string{true: "active", false: "inactive"}[on != nil])
	if on != nil {
		sub := strings.ToLower(a.e.clusterState(a.h))
		a.say("   State of cluster: %s\n      Substate: %s", map[bool]string{true: "up", false: "down"}[on != nil], sub)
	}
	a.say("\n#############\nAPPLICATIONS\n#############")
	if len(d.all("application_controller")) == 0 {
		a.say("   Cluster %s provides no applications.", d.cluster().Name)
		return 0
	}
	a.say("   Cluster %s provides the following applications: %s ", d.cluster().Name, strings.Join(d.names("application_controller"), " "))
	nodeWord := func(n string) string {
		w := "down"
		if on != nil && a.e.upHost(on, n) != nil {
			w = "up"
		}
		return n + "{" + w + "}"
	}
	for _, app := range d.all("application_controller") {
		var rg *haObject
		for _, x := range d.all("resource_group") {
			if slices.Contains(x.list("APPLICATIONS"), app.Name) {
				rg = x
			}
		}
		if rg == nil {
			a.say("      Application: %s\n      %s is not part of a resource group.", app.Name, app.Name)
			continue
		}
		state, node := "offline", ""
		if on != nil {
			state, node = a.groupState(rg.Name)
			state = strings.ToLower(state)
		}
		line := text("      Application: %s", app.Name)
		if on != nil {
			line += text("   State: {%s}", state)
		}
		a.say("%s\n      %s is started by %s\n      %s is stopped by %s", line, app.Name, app.get("STARTSCRIPT"), app.Name, app.get("STOPSCRIPT"))
		for _, m := range d.monitorsOf(app.Name) {
			a.say("      Application monitor of %s: %s\n         Monitor: %s\n            Type: %s", app.Name, m.Name, m.Name, strings.ToLower(m.get("TYPE")))
		}
		if len(d.monitorsOf(app.Name)) == 0 {
			a.say("      No application monitors are configured for %s.", app.Name)
		}
		a.say("      This application is part of resource group '%s'.\n         Resource group policies:\n            Startup: %s\n            Fallover: %s\n            Fallback: %s", rg.Name, strings.ToLower(startupNames[rg.get("STARTUP")]), strings.ToLower(falloverNames[rg.get("FALLOVER")]), strings.ToLower(fallbackNames[rg.get("FALLBACK")]))
		var words []string
		for _, n := range rg.list("NODES") {
			words = append(words, nodeWord(n))
		}
		a.say("         Nodes configured to provide %s: %s ", app.Name, strings.Join(words, " "))
		if node != "" && state == "online" {
			a.say("            Nodes currently providing %s: %s ", app.Name, nodeWord(strings.Fields(node)[0]))
			if owner := a.e.upHost(on, strings.Fields(node)[0]); owner != nil && rg.get("STARTUP") != "OAAN" {
				next := slices.DeleteFunc(a.e.candidates(on, rg, node), func(h *Host) bool { return h == owner })
				if len(next) > 0 && rg.get("FALLOVER") != "BO" {
					a.say("            The node that will provide %s if %s fails is: %s ", app.Name, node, a.e.nodeName(next[0]))
				}
			}
		} else {
			a.say("            There are no nodes currently providing %s.", app.Name)
		}
		if labels := rg.list("SERVICE_LABEL"); len(labels) > 0 {
			a.say("         Resources associated with %s:\n            Service Labels", app.Name)
			for _, l := range labels {
				a.say("               %s(%s) {%s}", l, a.h.haLookup(l), map[bool]string{true: "online", false: "offline"}[state == "online"])
			}
		}
	}
	a.say("\n#############\nTOPOLOGY\n#############")
	for _, n := range d.all("node") {
		a.say("   %s consists of the following node: %s\n", d.cluster().Name, n.Name)
	}
	return 0
}

// aixClstat shows one screen; a real one goes on until it is interrupted.
func aixClstat(a *aixCall) int {
	f, ok := a.flags("c:n:ir:aos")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('c') && f.has('n') {
		return a.usage()
	}
	if !f.any("oa") {
		return a.fail("clstat: the full screen needs a terminal; use clstat -o.")
	}
	if !a.h.running("clinfoES") && a.h.HA.State == "" || a.h.HA.DCD.cluster() == nil {
		return a.fail("Failed retrieving cluster information.\n\nThere are a number of possible causes:\nclinfoES or snmpd subsystems are not active.\nsnmp is unresponsive.\nsnmp is not configured correctly.\nCluster services are not active on any nodes.")
	}
	a.clstatScreen(true)
	return 0
}

func (a *aixCall) clstatScreen(banner bool) {
	d := a.h.HA.DCD
	on := a.runningNode()
	if banner {
		a.say("                clstat - PowerHA SystemMirror Cluster Status Monitor\n                -------------------------------------\n")
	}
	sub := map[string]string{"STABLE": "STABLE", "UNSTABLE": "UNSTABLE", "ERROR": "ERROR"}[a.e.clusterState(a.h)]
	state := "UP"
	if on == nil {
		state, sub = "DOWN", "STABLE"
	}
	a.say("Cluster: %s   (%s)\n%s\n      State: %s     Nodes: %d\n      SubState: %s\n", d.cluster().Name, d.cluster().Attrs["CLUSTER_ID"], a.e.Now.Format("Mon Jan _2 15:04:05 MST 2006"), state, len(d.all("node")), sub)
	for _, n := range d.all("node") {
		word := "DOWN"
		var h *Host
		if on != nil {
			if h = a.e.upHost(on, n.Name); h != nil {
				word = "UP"
				if h.HA.State == haJoining {
					word = "JOINING"
				}
			}
		}
		a.say(" Node: %s            State: %s", n.Name, word)
		for _, i := range d.all("interface") {
			if i.get("NODE") != n.Name {
				continue
			}
			s := "DOWN"
			if p := a.e.haHost(a.h, n); p != nil {
				if nic := p.nic(i.get("INTERFACE")); nic != nil && a.e.wired(p, nic) {
					s = "UP"
				}
			}
			a.say("   Interface: %s (%d)          Address: %s\n                                State:   %s", i.Name, max(0, slices.Index(d.names("network"), i.get("NETWORK"))), a.interfaceAddress(i), s)
		}
		if h == nil {
			a.say("")
			continue
		}
		for _, rg := range d.all("resource_group") {
			g := h.HA.Groups[rg.Name]
			if g == nil || g.State == rgOffline {
				continue
			}
			for _, l := range rg.list("SERVICE_LABEL") {
				a.say("   Interface: %s (%d)          Address: %s\n                                State:   UP", l, max(0, slices.Index(d.names("network"), d.get("service_ip", l).get("NETWORK"))), a.h.haLookup(l))
			}
			word := strings.ToLower(g.State)
			a.say("   Resource Group: %s                   State:  %s", rg.Name, strings.ToUpper(word[:1])+word[1:])
		}
		a.say("")
	}
}

func aixCldump(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	if a.h.HA.State == "" {
		return a.fail("cldump: Waiting for the Cluster SMUX peer (clstrmgrES)\nto stabilize...\nFailed retrieving cluster information.")
	}
	d := a.h.HA.DCD
	rule := strings.Repeat("_", 77)
	a.say("%s\nCluster Name: %s\nCluster State: UP\nCluster Substate: %s\n%s\n", rule, d.cluster().Name, a.e.clusterState(a.h), rule)
	for _, n := range d.all("node") {
		h := a.e.upHost(a.h, n.Name)
		a.say("Node Name: %s                State: %s\n", n.Name, map[bool]string{true: "UP", false: "DOWN"}[h != nil])
		for _, net := range d.all("network") {
			var rows []string
			up := false
			for _, i := range d.all("interface") {
				if i.get("NODE") != n.Name || i.get("NETWORK") != net.Name {
					continue
				}
				s := "DOWN"
				if p := a.e.haHost(a.h, n); p != nil {
					if nic := p.nic(i.get("INTERFACE")); nic != nil && a.e.wired(p, nic) {
						s, up = "UP", true
					}
				}
				rows = append(rows, text("    Address: %-15s Label: %-18s State: %s", a.interfaceAddress(i), i.Name, s))
			}
			if len(rows) > 0 {
				a.say("  Network Name: %-18s State: %s\n\n%s\n", net.Name, map[bool]string{true: "UP", false: "DOWN"}[up], strings.Join(rows, "\n"))
			}
		}
	}
	a.say("Cluster Name: %s\n", d.cluster().Name)
	for _, rg := range d.all("resource_group") {
		a.say("Resource Group Name: %s\nStartup Policy: %s\nFallover Policy: %s\nFallback Policy: %s\nSite Policy: %s\nNode                         Group State\n---------------------------- ---------------", rg.Name, startupNames[rg.get("STARTUP")], falloverNames[rg.get("FALLOVER")], fallbackNames[rg.get("FALLBACK")], rg.get("SITE_POLICY"))
		for _, n := range rg.list("NODES") {
			a.say("%-28s %s", n, a.e.shownState(a.h, rg.Name, n))
		}
		a.say("")
	}
	return 0
}

package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

func haStatusCommands() map[string]aixCommand {
	ms := time.Millisecond
	u := func(run func(*aixCall) int, usage string) aixCommand {
		return aixCommand{run, 300 * ms, haUtilDir, false, usage}
	}
	out := map[string]aixCommand{
		"clRGinfo":           u(aixClRGinfo, "clRGinfo [-h] [-v] [-a] [-s | -c] [-t] [-p] [-m] [-i] [groupname1] [groupname2] ..."),
		"clfindres":          u(aixClRGinfo, "clfindres [-h] [-v] [-a] [-s | -c] [-t] [-p] [-m] [-i] [groupname1] [groupname2] ..."),
		"clRGmove":           u(aixClRGmove, "clRGmove -g <groupname>[,<groupname>...] {-n <nodename> | -x -n <sitename> | -r | -a} {-m | -u | -d} [-i] [-s true | false]"),
		"clshowsrv":          u(aixClshowsrv, "clshowsrv { -a | -v | subsystem ...}"),
		"cltopinfo":          u(aixCltopinfo, "cltopinfo [-c] [-n] [-w] [-i] [-m]"),
		"cllscf":             u(aixCllscf, "cllscf"),
		"cllsclstr":          u(aixCllsclstr, "cllsclstr [-c] [-i id] [-n name]"),
		"cllsnode":           u(aixCllsnode, "cllsnode [-c] [-i node ...]"),
		"clnodename":         u(aixClnodename, "clnodename"),
		"cllsif":             u(aixCllsif, "cllsif [-c] [-S] [-i node] [-n adapter] [-J network]"),
		"cllsgrp":            u(aixCllsgrp, "cllsgrp [-c] [-g group]"),
		"cllsnw":             u(aixCllsnw, "cllsnw [-c] [-S] [-n network]"),
		"cllsres":            u(aixCllsres, "cllsres [-g group] [-c] [-s] [-e] [-d odmdir] [-q query]"),
		"clshowres":          u(aixClshowres, "clshowres [-g group] [-n node] [-d odmdir]"),
		"cllsfs":             u(aixCllsfs, "cllsfs [-g group] [-n]"),
		"cllsvg":             u(aixCllsvg, "cllsvg [-g group]"),
		"cllsserv":           u(aixCllsserv, "cllsserv [-c] [-n name]"),
		"cllsappmon":         u(aixCllsappmon, "cllsappmon [-h] [monitor ...]"),
		"cldisp":             u(aixCldisp, "cldisp"),
		"cldump":             u(aixCldump, "cldump"),
		"clgetactivenodes":   u(aixClgetactivenodes, "clgetactivenodes [-n node] [-t timeout] [-v verbose]"),
		"get_local_nodename": u(aixGetLocalNodename, "get_local_nodename"),
		"halevel":            u(aixHalevel, "halevel [-s | -x | -v] [-p]"),
		"clsnapshot":         {aixClsnapshot, 3 * time.Second, haUtilDir, true, "clsnapshot -c [-i] -n name [-m methods] [-d description]\n       clsnapshot -r -n name\n       clsnapshot -l"},
		"clstat":             {aixClstat, 300 * ms, haBase, false, "clstat [-c cluster ID | -n cluster name] [-i] [-r seconds] [-a] [-o] [-s]"},
		"cli_on_cluster":     {aixCliOnCluster, 200 * ms, haCspoc, true, "cli_on_cluster [-S] 'command string'"},
		"cli_on_node":        {aixCliOnNode, 200 * ms, haCspoc, true, "cli_on_node [-V volume group | -R resource group | -N node] 'command string'"},
		"cli_importvg":       {aixCliImportvg, 2 * time.Second, haCspoc, true, "cli_importvg [-V MajorNumber] [-y VGname] [-f] [-c] [-x] [-L VolumeGroup] PVname"},
		"cli_chfs":           {aixCliChfs, time.Second, haCspoc, true, "cli_chfs [-n NewName] [-u MountGroup] [-A yes|no] [-p ro|rw] [-t yes|no] [-a Attribute=Value] [-d Attribute] FileSystem"},
		"cli_extendlv":       {aixCliVolume, time.Second, haCspoc, true, "cli_extendlv LogicalVolume Partitions [PhysicalVolume ...]"},
		"cli_mklvcopy":       {aixCliVolume, 3 * time.Second, haCspoc, true, "cli_mklvcopy [-e Range] [-k] [-s Strict] LogicalVolume Copies [PhysicalVolume ...]"},
		"cli_rmlvcopy":       {aixCliVolume, time.Second, haCspoc, true, "cli_rmlvcopy LogicalVolume Copies [PhysicalVolume ...]"},
		"cl_nodecmd":         {aixClNodecmd, 200 * ms, haUtilDir, true, "cl_nodecmd [-q] [-cspoc \"[-f] [-n nodelist | -g resgrp]\"] command args"},
		"cl_lsvg":            {aixClLsvg, 300 * ms, haSbin, true, "cl_lsvg [-cspoc \"[-f] [-g ResourceGroup | -n Nodelist]\"] [-o] | [-l | -M | -p] VolumeGroup ..."},
		"cl_rsh":             {aixClRsh, 100 * ms, haUtilDir, true, "cl_rsh [-n] node command"},
		"clrsh":              {aixClRsh, 100 * ms, haUtilDir, true, "clrsh [-n] node command"},
		"dhb_read":           {aixDhbRead, time.Second, "/usr/sbin/rsct/bin", true, "dhb_read -p device { -r | -t }"},
	}
	return out
}

// haLssrc is lssrc -ls for the subsystems of the cluster.
func (a *aixCall) haLssrc() (int, bool) {
	name := ""
	switch {
	case len(a.args) == 2 && contains("-ls -sl", a.args[0]):
		name = a.args[1]
	case len(a.args) == 3 && a.args[0] == "-l" && a.args[1] == "-s":
		name = a.args[2]
	default:
		return 0, false
	}
	i := slices.IndexFunc(a.h.Subsystems, func(s *subsystem) bool { return s.Name == name })
	if i < 0 {
		return a.fail("0513-085 The %s Subsystem is not on file.", name), true
	}
	s := a.h.Subsystems[i]
	if s.PID == 0 {
		a.say("%-17s %-16s %-12s %s\n %-16s %-16s %-12s %s", "Subsystem", "Group", "PID", "Status", s.Name, s.Group, "", "inoperative")
		return 0, true
	}
	switch {
	case name == "clstrmgrES" && a.h.HA != nil:
		n := a.h.HA
		fix := strings.TrimPrefix(n.Fix, "SP")
		if fix == "GA" {
			fix = "0"
		}
		digits := strings.ReplaceAll(n.Version, ".", "")
		for len(digits) < 3 {
			digits += "0"
		}
		a.say("Current state: %s", n.shown())
		a.say("sccsid = \"@(#)  %s src/43haes/usr/sbin/cluster/hacmprd/main.C, hacmp, 61haes_r%s %s\"", "$Header$", digits, a.h.Booted.Format("2006-01-02"))
		if c := n.DCD.cluster(); c != nil {
			a.say("i_local_nodeid %d, i_local_siteid -1, my_handle %d", max(0, slices.Index(n.DCD.names("node"), a.e.nodeName(a.h))), max(0, slices.Index(n.DCD.names("node"), a.e.nodeName(a.h)))+1)
		}
		forced := 0
		if n.Forced {
			forced = 1
		}
		a.say("ml_idx[1]=0\tml_idx[2]=1\nThere are 0 events on the Ibcast queue\nThere are 0 events on the RM Ibcast queue\nCLversion: %s\nlocal node vrmf is %s%s\ncluster fix level is \"%s\"\nThe following timer(s) are currently active:\nCurrent DNP values\nForced down node list: %s", versionNumber(n), digits, fix, fix, map[int]string{1: a.e.nodeName(a.h), 0: ""}[forced])
	case name == "cthags":
		a.say("%-17s %-16s %-12s %s\n %-16s %-16s %-12d active", "Subsystem", "Group", "PID", "Status", s.Name, s.Group, s.PID)
		a.say("%d locally-connected clients.\nHA Group Services domain information:\nDomain established by node 1\nNumber of groups known locally: 2", 2)
	case name == "topsvcs":
		a.oldTopology(s)
	default:
		a.say("%-17s %-16s %-12s %s\n %-16s %-16s %-12d active", "Subsystem", "Group", "PID", "Status", s.Name, s.Group, s.PID)
	}
	return 0, true
}

var startupNames = map[string]string{"OHN": "Online On Home Node Only", "OFAN": "Online On First Available Node", "OAAN": "Online On All Available Nodes", "OUDP": "Online Using Node Distribution Policy"}
var falloverNames = map[string]string{"FNPN": "Fallover To Next Priority Node In The List", "FUDNP": "Fallover Using Dynamic Node Priority", "BO": "Bring Offline (On Error Node Only)"}
var fallbackNames = map[string]string{"FBHPN": "Fallback To Higher Priority Node In The List", "NFB": "Never Fallback"}

// noCluster refuses where no cluster is defined.
func (a *aixCall) noCluster() bool {
	if a.h.HA.DCD.cluster() != nil {
		return false
	}
	a.fail("%s: There is no cluster definition on this node.", a.name)
	return true
}

// shownState is the state of a group on a node as another one sees it.
func (e *Estate) shownState(on *Host, group, node string) string {
	h := e.haHost(on, on.HA.ACD.get("node", node))
	if h == nil || h.HA.State == "" || !e.connected(on, h) {
		return rgOffline
	}
	if g := h.HA.Groups[group]; g != nil {
		return g.State
	}
	return rgOffline
}

func aixClRGinfo(a *aixCall) int {
	if a.h.HA.version() < 502 {
		return a.oldFindres()
	}
	f, ok := a.flags("hvasctpmi")
	if !ok {
		return 1
	}
	if f.has('h') || f.has('s') && f.has('c') {
		a.usage()
		return map[bool]int{true: 0, false: 1}[f.has('h')]
	}
	if a.noCluster() {
		return 1
	}
	on := a.runningNode()
	if on == nil && a.h.HA.State != "" {
		on = a.h
	}
	if on == nil {
		return a.fail(ipcError, a.e.nodeName(a.h))
	}
	d := on.HA.ACD
	groups := d.all("resource_group")
	if len(f.rest) > 0 {
		groups = nil
		for _, n := range f.rest {
			rg := d.get("resource_group", n)
			if rg == nil {
				return a.fail("%s: Resource group %s is not configured or not found.", a.name, n)
			}
			groups = append(groups, rg)
		}
	}
	if len(groups) == 0 {
		a.say("There are no resource groups configured.")
		return 0
	}
	if f.any("sc") {
		for _, rg := range groups {
			kind := "non-concurrent"
			if rg.get("STARTUP") == "OAAN" {
				kind = "concurrent"
			}
			for _, n := range append(rg.list("NODES"), rg.list("SECONDARYNODES")...) {
				a.say("%s:%s:%s:%s:%s:%s:%s:%s: :", rg.Name, a.e.shownState(on, rg.Name, n), a.withSite(d, n), kind, rg.get("STARTUP"), rg.get("FALLOVER"), rg.get("FALLBACK"), strings.ToUpper(rg.get("SITE_POLICY")))
			}
		}
		return 0
	}
	rule := strings.Repeat("-", 77)
	word := "State"
	if a.h.HA.version() < 702 {
		word = "Group State"
	}
	table := func(rg *haObject) {
		for i, n := range append(rg.list("NODES"), rg.list("SECONDARYNODES")...) {
			name := rg.Name
			if i > 0 {
				name = ""
			}
			a.say("%-14s %-16s %s", name, a.e.shownState(on, rg.Name, n), a.withSite(d, n))
		}
	}
	switch {
	case f.has('m'):
		a.monitorTable(on, groups)
	case f.has('t'):
		a.say("%s\n%-14s %-24s %-24s %s\n%s", rule, "Group Name", word, "Location", "Delayed Timers", rule)
		for _, rg := range groups {
			for i, n := range rg.list("NODES") {
				name := rg.Name
				if i > 0 {
					name = ""
				}
				timer := ""
				if t := d.get("fallback_timer", rg.get("FALLBACK_AT")); t != nil && a.e.shownState(on, rg.Name, n) == rgOnline && i > 0 {
					if at, ok := nextMoment(t, a.e.Now); ok {
						timer = "fallback: " + at.Format("Mon Jan 02 15:04:05 2006")
					}
				}
				a.say("%-14s %-24s %-24s %s", name, a.e.shownState(on, rg.Name, n), n, timer)
			}
		}
	case f.has('p'):
		a.say("Cluster Name: %s\n", d.cluster().Name)
		for _, rg := range groups {
			over := ""
			for _, h := range a.e.side(on) {
				if g := h.HA.Groups[rg.Name]; g != nil && g.Override {
					over = a.e.nodeName(h)
				}
			}
			a.say("Resource Group Name: %s", rg.Name)
			if over != "" {
				a.say("Priority Override Information:\n\tNode: %s", over)
			}
			a.say("Primary instance(s):\nNode                         State\n---------------------------- ---------------")
			for _, n := range rg.list("NODES") {
				a.say("%-28s %s", a.withSite(d, n), a.e.shownState(on, rg.Name, n))
			}
			if len(rg.list("SECONDARYNODES")) > 0 {
				a.say("Secondary instance(s):\nNode                         State\n---------------------------- ---------------")
				for _, n := range rg.list("SECONDARYNODES") {
					a.say("%-28s %s SECONDARY", a.withSite(d, n), a.e.shownState(on, rg.Name, n))
				}
			}
			a.say("")
		}
	case f.has('a'):
		a.say("%s\n%-14s %-22s %s\n%s", rule, "Group Name", "Resource Group Movement", "", rule)
		for _, rg := range groups {
			pre, post := "", ""
			for _, h := range a.e.side(on) {
				switch g := h.HA.Groups[rg.Name]; {
				case g == nil:
				case g.State == rgReleasing:
					pre = a.e.nodeName(h)
				case g.State == rgAcquiring:
					post = a.e.nodeName(h)
				case g.State == rgOnline:
					pre, post = a.e.nodeName(h), a.e.nodeName(h)
				}
			}
			a.say("%-14s PRIMARY=\":%s:%s\"", rg.Name, pre, post)
		}
	case f.has('v'):
		a.say("Cluster Name: %s\n", d.cluster().Name)
		for _, rg := range groups {
			a.say("Resource Group Name: %s\nStartup Policy: %s\nFallover Policy: %s\nFallback Policy: %s\nSite Policy: %s", rg.Name, startupNames[rg.get("STARTUP")], falloverNames[rg.get("FALLOVER")], fallbackNames[rg.get("FALLBACK")], rg.get("SITE_POLICY"))
			a.say("Node                         State\n---------------------------- ---------------")
			for _, n := range append(rg.list("NODES"), rg.list("SECONDARYNODES")...) {
				a.say("%-28s %s", a.withSite(d, n), a.e.shownState(on, rg.Name, n))
			}
			a.say("")
		}
	default:
		a.say("%s\n%-14s %-16s %s\n%s", rule, "Group Name", word, "Node", rule)
		for i, rg := range groups {
			if i > 0 {
				a.say("")
			}
			table(rg)
		}
	}
	return 0
}

func (a *aixCall) withSite(d *haDef, node string) string {
	if o := d.get("node", node); o != nil && o.get("SITE") != "" {
		return node + "@" + o.get("SITE")
	}
	return node
}

// monitorTable is clRGinfo -m.
func (a *aixCall) monitorTable(on *Host, groups []*haObject) {
	rule := strings.Repeat("-", 77)
	a.say("%s\n%-14s %-16s %-28s %s\n%s", rule, "Group Name", "Group State", "Application state", "Node", rule)
	for _, rg := range groups {
		for i, n := range rg.list("NODES") {
			name := rg.Name
			if i > 0 {
				name = ""
			}
			a.say("%-14s %-16s %-28s %s", name, a.e.shownState(on, rg.Name, n), "", n)
			h := a.e.haHost(on, on.HA.ACD.get("node", n))
			if h == nil || h.HA.Groups[rg.Name] == nil || a.e.shownState(on, rg.Name, n) == rgOffline {
				for _, app := range rg.list("APPLICATIONS") {
					a.say(" %-13s %-16s %-28s", app, "", "OFFLINE")
				}
				continue
			}
			for _, app := range rg.list("APPLICATIONS") {
				state := monWaiting
				for _, m := range on.HA.ACD.monitorsOf(app) {
					if st := h.HA.Groups[rg.Name].Monitors[m.Name]; st != nil && state != monFailed {
						state = st.State
					}
				}
				if slices.Contains(h.HA.Suspended, app) {
					state = "ONLINE SUSPENDED"
				}
				a.say(" %-13s %-16s %-28s", app, "", state)
			}
		}
	}
}

func aixClRGmove(a *aixCall) int {
	f, ok := a.flags("g:n:xramudis:")
	if !ok {
		return 1
	}
	how := 0
	for _, c := range "mud" {
		if f.has(byte(c)) {
			how++
		}
	}
	where := 0
	for _, c := range "nra" {
		if f.has(byte(c)) {
			where++
		}
	}
	if !f.has('g') || how != 1 || where != 1 || f.has('x') && !f.has('n') || len(f.rest) > 0 || f.has('s') && !contains("true false", f.get('s')) || f.has('a') && f.has('m') {
		return a.usage()
	}
	if a.user != "root" {
		return a.fail("ERROR: you must have root authority to run clRGmove.")
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	var to []string
	if f.has('n') {
		to = []string{f.get('n')}
		if f.has('x') {
			s := d.get("site", f.get('n'))
			if s == nil {
				return a.fail("ERROR: Site %s is not configured.", f.get('n'))
			}
			to = s.list("NODES")
		} else if d.get("node", to[0]) == nil {
			return a.fail("ERROR: Node %s is not configured.", to[0])
		}
	}
	what := map[bool]string{true: "move", false: "online"}[f.has('m')]
	if f.has('d') {
		what = "offline"
	}
	code := 0
	for _, g := range strings.Split(f.get('g'), ",") {
		if d.get("resource_group", g) == nil {
			return a.fail("ERROR: Resource group %s is not configured.", g)
		}
		if f.has('r') && what == "move" {
			// Back to where the policy wants the group.
			on := a.runningNode()
			if on == nil {
				return a.fail(ipcError, a.e.nodeName(a.h))
			}
			rg := on.HA.ACD.get("resource_group", g)
			best := a.e.candidates(on, rg, "")
			owners := a.e.ownersOf(on, g, "ONLINE")
			for _, h := range a.e.side(on) {
				h.HA.group(g).Override = false
			}
			if len(best) == 0 || len(owners) > 0 && owners[0] == best[0] {
				continue
			}
			if code = a.groupMove(g, "move", []string{a.e.nodeName(best[0])}, false); code == 0 {
				for _, h := range a.e.side(on) {
					h.HA.group(g).Override = false
				}
			}
		} else {
			code = a.groupMove(g, what, to, false)
		}
		if code != 0 {
			return code
		}
	}
	if f.has('i') {
		a.args = strings.Split(f.get('g'), ",")
		return aixClRGinfo(a)
	}
	return code
}

func aixClshowsrv(a *aixCall) int {
	if len(a.args) == 0 {
		return a.usage()
	}
	head := text("%-17s %-16s %-12s %s", "Subsystem", "Group", "PID", "Status")
	row := func(s *subsystem) {
		pid, status := "", "inoperative"
		if s.PID > 0 {
			pid, status = fmt.Sprint(s.PID), "active"
		}
		a.say(" %-16s %-16s %-12s %s", s.Name, s.Group, pid, status)
	}
	switch {
	case len(a.args) == 1 && a.args[0] == "-v":
		if a.noCluster() {
			return 1
		}
		names, hosts := a.e.peers(a.h.HA.DCD, a.h)
		sort.SliceStable(names, func(i, j int) bool { return hosts[names[i]] == a.h && hosts[names[j]] != a.h })
		up := func(b bool) string { return map[bool]string{true: "UP", false: "DOWN"}[b] }
		for _, n := range names {
			h := hosts[n]
			kind := "Remote node:"
			full, short := n, n
			if h == a.h {
				kind = "Local node:"
			}
			if h != nil {
				full = h.Hostname
				short, _, _ = strings.Cut(h.Hostname, ".")
			}
			word, raw := a.e.nodeState(a.h, h)
			a.say("%s \"%s\" (\"%s\", \"%s\")\n         Cluster services status:   \"%s\" (\"%s\")\n         Remote communications:     \"%s\"", kind, n, full, short, word, raw, up(a.e.talk(a.h, h) == ""))
			if a.h.HA.modern() {
				a.say("         Cluster-Aware AIX status:  \"%s\"", up(h != nil && a.e.caaUp(h) && (h == a.h || a.e.connected(a.h, h))))
			}
			a.say("")
		}
		a.say("Status of the RSCT subsystems used by PowerHA SystemMirror:\n%s", head)
		for _, s := range a.h.Subsystems {
			if contains("cthags ctrmc topsvcs grpsvcs emsvcs", s.Name) {
				row(s)
			}
		}
		a.say("\nStatus of the PowerHA SystemMirror subsystems:\n%s", head)
		for _, s := range a.h.Subsystems {
			if s.Group == "cluster" {
				row(s)
			}
		}
		if a.h.HA.modern() {
			a.say("\nStatus of the CAA subsystems:\n%s", head)
			for _, s := range a.h.Subsystems {
				if s.Group == "caa" {
					row(s)
				}
			}
		}
		return 0
	case len(a.args) == 1 && a.args[0] == "-a":
		a.say("%s", head)
		for _, s := range a.h.Subsystems {
			if contains("cluster caa clcomdES topsvcs grpsvcs emsvcs cthags", s.Group) {
				row(s)
			}
		}
		return 0
	}
	a.say("%s", head)
	code := 0
	for _, n := range a.args {
		i := slices.IndexFunc(a.h.Subsystems, func(s *subsystem) bool { return s.Name == n })
		if strings.HasPrefix(n, "-") {
			return a.usage()
		}
		if i < 0 {
			code = a.fail("0513-085 The %s Subsystem is not on file.", n)
			continue
		}
		row(a.h.Subsystems[i])
	}
	return code
}

// topology prints the cluster, its nodes and networks.
func (a *aixCall) topology() {
	d := a.h.HA.DCD
	a.topologyHead(d)
	a.say("\nThere are %d node(s) and %d network(s) defined\n", len(d.all("node")), len(d.all("network")))
	for _, n := range d.all("node") {
		a.topologyNode(d, n)
	}
	for _, rg := range d.all("resource_group") {
		a.topologyGroup(rg)
	}
	if len(d.all("resource_group")) == 0 {
		a.say("No resource groups defined")
	}
}

func (a *aixCall) topologyHead(d *haDef) {
	c := d.cluster()
	a.say("Cluster Name:    %s", c.Name)
	if !a.h.HA.modern() {
		a.say("Cluster Connection Authentication Mode: Standard\nCluster Message Authentication Mode: None\nCluster Message Encryption: None\nUse Persistent Labels for Communication: No")
		return
	}
	repo := "None"
	if all := d.all("repository"); len(all) > 0 {
		repo = (&clmgr{aixCall: a}).repositoryText(all[0])
	}
	title := func(s string) string { return s[:1] + strings.ToLower(s[1:]) }
	a.say("Cluster Type:    %s\nHeartbeat Type:  %s\nRepository Disk: %s", map[string]string{"NSC": "Standard", "SC": "Stretched", "LC": "Linked"}[c.get("TYPE")], title(c.get("HEARTBEAT_TYPE")), repo)
}

func (a *aixCall) topologyNode(d *haDef, n *haObject) {
	a.say("NODE %s:", n.Name)
	for _, net := range d.all("network") {
		a.say("\tNetwork %s", net.Name)
		for _, s := range d.all("service_ip") {
			if s.get("NETWORK") == net.Name {
				a.say("\t\t%s\t%s", s.Name, a.h.haLookup(s.Name))
			}
		}
		for _, p := range d.all("persistent_ip") {
			if p.get("NETWORK") == net.Name && p.get("NODE") == n.Name {
				a.say("\t\t%s\t%s", p.Name, a.h.haLookup(p.Name))
			}
		}
		for _, i := range d.all("interface") {
			if i.get("NETWORK") == net.Name && i.get("NODE") == n.Name {
				a.say("\t\t%s\t%s", i.Name, a.interfaceAddress(i))
			}
		}
	}
	a.say("")
}

// interfaceAddress is the address of an interface, or the device of a serial network.
func (a *aixCall) interfaceAddress(o *haObject) string {
	if strings.HasPrefix(o.get("INTERFACE"), "hdisk") || strings.HasPrefix(o.get("INTERFACE"), "tty") || strings.HasPrefix(o.get("INTERFACE"), "tm") {
		return "/dev/" + o.get("INTERFACE")
	}
	return a.h.haLookup(o.Name)
}

func (a *aixCall) topologyGroup(rg *haObject) {
	a.say("Resource Group %s\n\tStartup Policy   %s\n\tFallover Policy  %s\n\tFallback Policy  %s\n\tParticipating Nodes      %s", rg.Name, startupNames[rg.get("STARTUP")], falloverNames[rg.get("FALLOVER")], fallbackNames[rg.get("FALLBACK")], strings.Join(append(rg.list("NODES"), rg.list("SECONDARYNODES")...), " "))
	for _, l := range rg.list("SERVICE_LABEL") {
		a.say("\tService IP Label                 %s", l)
	}
	a.say("")
}

func aixCltopinfo(a *aixCall) int {
	f, ok := a.flags("cnwim")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || len(f.set) > 1 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	switch {
	case f.has('c'):
		a.topologyHead(d)
	case f.has('n'):
		for _, n := range d.all("node") {
			a.topologyNode(d, n)
		}
	case f.has('w'):
		for _, net := range d.all("network") {
			a.say("Network %s", net.Name)
			for _, n := range d.all("node") {
				a.say("\tNODE %s:", n.Name)
				for _, i := range d.all("interface") {
					if i.get("NETWORK") == net.Name && i.get("NODE") == n.Name {
						a.say("\t\t%s\t%s", i.Name, a.interfaceAddress(i))
					}
				}
			}
		}
	case f.has('i'):
		a.say("%-20s %-15s %-15s %-10s %-10s %-16s %-15s %s", "IP Label", "Network", "Type", "Node", "Address", "If", "Netmask", "Prefix Length")
		a.say("%-20s %-15s %-15s %-10s %-10s %-16s %-15s %s", "=========", "=======", "====", "====", "=======", "====", "=======", "=============")
		for _, i := range d.all("interface") {
			net := d.get("network", i.get("NETWORK"))
			if net == nil {
				continue
			}
			bits := maskBits(net.get("NETMASK"))
			a.say("%-20s %-15s %-15s %-10s %-10s %-16s %-15s %d", i.Name, net.Name, net.get("TYPE"), i.get("NODE"), a.interfaceAddress(i), i.get("INTERFACE"), net.get("NETMASK"), bits)
		}
	case f.has('m'):
		a.say("Interface Name  Adapter  Total Missed  Current Missed\n               Address    Heartbeats    Heartbeats\n------------------------------------------------------")
		for _, i := range d.all("interface") {
			if i.get("NODE") == a.e.nodeName(a.h) {
				a.say("%-15s %-15s %-8d %d", i.get("INTERFACE"), a.interfaceAddress(i), 0, 0)
			}
		}
		a.say("\nCluster Services Uptime:\t%s", map[bool]string{true: "", false: a.e.Now.Sub(a.h.HA.Joined).Truncate(time.Second).String()}[a.h.HA.State == ""])
	default:
		a.topology()
	}
	return 0
}

func aixCllscf(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	a.topologyHead(d)
	a.say("\nThere were %d networks defined: %s\nThere are %d nodes in this cluster\n", len(d.all("network")), strings.Join(d.names("network"), ", "), len(d.all("node")))
	for _, n := range d.all("node") {
		var labels []string
		for _, s := range d.all("service_ip") {
			labels = append(labels, s.Name)
		}
		a.say("NODE %s:\n        This node has %d service IP label(s):\n", n.Name, len(labels))
		for _, l := range labels {
			a.say("        Service IP Label %s:\n                IP address:     %s\n                Network:        %s", l, a.h.haLookup(l), d.get("service_ip", l).get("NETWORK"))
		}
	}
	a.say("Breakdown of network connections:\n")
	for _, net := range d.all("network") {
		a.say("Connections to network %s", net.Name)
		for _, n := range d.all("node") {
			var on []string
			for _, i := range d.all("interface") {
				if i.get("NETWORK") == net.Name && i.get("NODE") == n.Name {
					on = append(on, i.Name)
				}
			}
			if len(on) > 0 {
				a.say("        Node %s is connected to network %s by these interfaces:\n                %s\n", n.Name, net.Name, strings.Join(on, "\n                "))
			}
		}
	}
	return 0
}

func aixCllsclstr(a *aixCall) int {
	f, ok := a.flags("ci:n:S")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	c := a.h.HA.DCD.cluster()
	if c == nil {
		return 0
	}
	if f.has('n') && f.get('n') != c.Name || f.has('i') && f.get('i') != c.Attrs["CLUSTER_ID"] {
		return a.fail("cllsclstr: The cluster does not exist.")
	}
	if f.has('c') {
		if !f.has('S') {
			a.say("#id:name:security:persist:repository")
		}
		a.say("%s:%s:Standard::", c.Attrs["CLUSTER_ID"], c.Name)
		return 0
	}
	a.say("ID          Name                 Security Level   Use Persistent Labels for Communication\n%-11s %-20s %-16s %s", c.Attrs["CLUSTER_ID"], c.Name, "Standard", "No")
	return 0
}

func aixCllsnode(a *aixCall) int {
	f, ok := a.flags("ci:S")
	if !ok {
		return 1
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	for _, n := range d.all("node") {
		if f.has('i') && f.get('i') != n.Name {
			continue
		}
		if f.has('c') {
			a.say("%s", n.Name)
			continue
		}
		a.say("Node %s", n.Name)
		for _, i := range d.all("interface") {
			if i.get("NODE") == n.Name {
				a.say("   Interfaces to network %s", i.get("NETWORK"))
				a.say("     Communication Interface: Name %s, Attribute public, IP address %s", i.Name, a.interfaceAddress(i))
			}
		}
	}
	return 0
}

// aixClnodename lists nodes; of the older releases it changes them too.
func aixClnodename(a *aixCall) int {
	if !a.h.HA.modern() && len(a.args) > 0 {
		return a.oldNodename()
	}
	if len(a.args) > 0 {
		return a.usage()
	}
	for _, n := range a.h.HA.DCD.names("node") {
		a.say("%s", n)
	}
	return 0
}

func aixGetLocalNodename(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	n := a.e.nodeName(a.h)
	if n == "" {
		return 1
	}
	a.say("%s", n)
	return 0
}

func aixClgetactivenodes(a *aixCall) int {
	f, ok := a.flags("n:t:v:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	on := a.runningNode()
	if on == nil {
		return 1
	}
	for _, h := range a.e.side(on) {
		if h.HA.up() {
			a.say("%s", a.e.nodeName(h))
		}
	}
	return 0
}

func aixHalevel(a *aixCall) int {
	f, ok := a.flags("sxvp")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	n := a.h.HA
	if f.has('s') {
		a.say("%s %s", n.Version, n.Fix)
		return 0
	}
	a.say("%s", n.Version)
	return 0
}

package aix

import (
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
)

// The definition of a cluster is changed on one node, by clmgr, and goes to the others when the plan synchronises it.

// clmgrAttr is an attribute of a kind under its name in clmgr, with its words where they differ from ours.
type clmgrAttr struct {
	ours, theirs string
	words        map[string]string
}

var (
	clusterAttrs = []clmgrAttr{{"type", "TYPE", clusterTypes}, {"heartbeat", "HEARTBEAT_TYPE", nil}, {"multicast_address", "CLUSTER_IP", nil}}
	// settingAttrs take effect when the cluster is synchronised.
	settingAttrs = func() []clmgrAttr {
		var out []clmgrAttr
		for _, m := range []map[string]string{clusterSettings, clusterWords, {"daily_verification": "DAILY_VERIFICATION"}} {
			for ours, theirs := range m {
				out = append(out, clmgrAttr{"settings." + ours, theirs, nil})
			}
		}
		slices.SortFunc(out, func(a, b clmgrAttr) int { return strings.Compare(a.theirs, b.theirs) })
		return out
	}()
	applicationAttrs = []clmgrAttr{{"start", "STARTSCRIPT", nil}, {"stop", "STOPSCRIPT", nil}, {"startup_mode", "STARTUP_MODE", nil}}
	monitorAttrs     = []clmgrAttr{{"mode", "MODE", nil}, {"processes", "PROCESSES", nil}, {"owner", "OWNER", nil}, {"instances", "INSTANCECOUNT", nil}, {"arguments", "ARGUMENTS", nil}, {"method", "MONITORMETHOD", nil}, {"interval", "MONITORINTERVAL", nil},
		{"hung_signal", "HUNGSIGNAL", nil}, {"stabilization", "STABILIZATION", nil}, {"restarts", "RESTARTCOUNT", nil}, {"restart_interval", "RESTARTINTERVAL", nil}, {"on_failure", "FAILUREACTION", nil}, {"cleanup", "CLEANUPMETHOD", nil},
		{"restart", "RESTARTMETHOD", nil}, {"notify", "NOTIFYMETHOD", nil}}
	groupAttrs = []clmgrAttr{{"nodes", "NODES", nil}, {"secondary_nodes", "SECONDARYNODES", nil}, {"site_policy", "SITE_POLICY", nil}, {"startup", "STARTUP", startups}, {"fallover", "FALLOVER", fallovers}, {"fallback", "FALLBACK", fallbacks},
		{"priority.policy", "NODE_PRIORITY_POLICY", priorities}, {"priority.script", "NODE_PRIORITY_POLICY_SCRIPT", nil}, {"priority.timeout", "NODE_PRIORITY_POLICY_TIMEOUT", nil}, {"fallback_timer.name", "FALLBACK_AT", nil},
		{"service_ips", "SERVICE_LABEL", nil}, {"applications", "APPLICATIONS", nil}, {"volume_groups", "VOLUME_GROUP", nil}, {"filesystems", "FILESYSTEM", nil}, {"disks", "DISK", nil}, {"tapes", "SHARED_TAPE_RESOURCES", nil},
		{"exports", "EXPORT_FILESYSTEM", nil}, {"exports_v4", "EXPORT_FILESYSTEM_V4", nil}, {"stable_storage", "STABLE_STORAGE_PATH", nil}, {"nfs_mounts", "MOUNT_FILESYSTEM", nil}, {"nfs_network", "NFS_NETWORK", nil},
		{"filesystems_first", "FS_BEFORE_IPADDR", nil}, {"forced_varyon", "FORCED_VARYON", nil}, {"auto_import", "VG_AUTO_IMPORT", nil}, {"recovery", "RECOVERY_METHOD", nil}, {"check", "FSCHECK_TOOL", nil}}
	timerAttrs = []clmgrAttr{{"year", "YEAR", nil}, {"month", "MONTH", nil}, {"day", "DAY_OF_MONTH", nil}, {"weekday", "DAY_OF_WEEK", map[string]string{"sunday": "0", "monday": "1", "tuesday": "2", "wednesday": "3", "thursday": "4", "friday": "5", "saturday": "6"}}, {"hour", "HOUR", nil}, {"minute", "MINUTE", nil}}
	labelAttrs = []clmgrAttr{{"network", "NETWORK", nil}, {"node", "NODE", nil}, {"netmask", "NETMASK", nil}, {"site", "SITE", nil}}
	netAttrs   = []clmgrAttr{{"type", "TYPE", nil}, {"netmask", "NETMASK", nil}, {"public", "PUBLIC", nil}}
)

// assign writes ATTR=VALUE; "" where there is nothing to say. An empty list takes everything away.
func (e *explainer) assign(a clmgrAttr, v cty.Value) string {
	x := schema.Get(v, a.ours)
	if x == cty.NilVal {
		return ""
	}
	var value string
	switch {
	case x.Type() == cty.Bool:
		value = word(x.True())
		if a.ours == "public" {
			value = strconv.FormatBool(x.True())
		}
	case x.Type() == cty.Number:
		value = schema.FormatNumber(x)
	case x.Type() == cty.String:
		value = x.AsString()
		if w := a.words[value]; w != "" {
			value = w
		}
	case x.Type().IsObjectType() || x.Type().IsMapType():
		var list []string
		for _, at := range schema.Items(x, "") {
			list = append(list, at+";"+schema.Str(x, schema.JoinPath(at)))
		}
		value = strings.Join(list, ",")
	default:
		var list []string
		for _, s := range schema.Strings(x, "") {
			list = append(list, e.called(a.ours, s))
		}
		value = strings.Join(list, ",")
	}
	return a.theirs + "=" + value
}

// called is what a cluster calls what a list of ours refers to: the name behind the identity, and the device of a disk here.
func (e *explainer) called(attr, id string) string {
	switch attr {
	case "disks", "repository":
		return e.deviceAt(e.here(), id, attr)
	case "applications", "volume_groups":
		_, name, _ := strings.Cut(id, "/")
		return name
	}
	return id
}

// here is the host behind the step's endpoint.
func (e *explainer) here() string {
	for _, h := range e.f.Inventory.Of("host") {
		if h.Endpoint == e.s.Endpoint {
			return h.ID
		}
	}
	return ""
}

// deviceAt is the name of a disk on a host, whoever uses it.
func (e *explainer) deviceAt(host, id, path string) string {
	d := e.f.Object("disk", id)
	if d != nil {
		if device := schema.Str(d.Value, schema.JoinPath("hosts", host, "device")); device != "" {
			return device
		}
	}
	if word := e.mapped(host, d); word != "" {
		return word
	}
	e.refuse(path, "Not visible", "%s does not see the disk %s.", host, id).Fix = "Zone and map it to the host, run cfgmgr there, and plan again."
	return ""
}

func (e *explainer) clmgr(words ...string) {
	e.utility("clmgr", slices.DeleteFunc(words, func(w string) bool { return w == "" })...)
}

// assigned are the assignments of all attributes that are declared.
func (e *explainer) assigned(attrs []clmgrAttr, v cty.Value) []string {
	var out []string
	for _, a := range attrs {
		if s := e.assign(a, v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// changed are the assignments of the attributes that differ.
func (e *explainer) changed(attrs []clmgrAttr, prefix string, v cty.Value) []string {
	var out []string
	for _, a := range attrs {
		at := a.ours
		if prefix != "" {
			at = prefix + "." + a.ours
		}
		for _, c := range e.s.Changes {
			if c.Path != at {
				continue
			}
			s := e.assign(a, v)
			if s == "" {
				s = a.theirs + "=" // it is to be none
			}
			out = append(out, s)
		}
	}
	return out
}

// items are the labels of a block that come, go, and change.
func (e *explainer) items(block string) (come, gone, changed []string) {
	for _, c := range e.s.Changes {
		parts := schema.SplitPath(c.Path)
		if parts[0] != block || len(parts) < 2 {
			continue
		}
		switch {
		case len(parts) > 2:
			if !slices.Contains(changed, parts[1]) {
				changed = append(changed, parts[1])
			}
		case len(c.After) == 0:
			gone = append(gone, parts[1])
		default:
			come = append(come, parts[1])
		}
	}
	return come, gone, changed
}

func (e *explainer) host() {
	v, b := e.s.After.Value, e.s.Before.Value
	host, trust, daemon := e.here(), "/etc/cluster/rhosts", "clcomd"
	if level := schema.Str(b, "cluster_level"); level != "" && level < "7" {
		trust, daemon = classicTrust, "clcomdES"
	}
	for _, c := range e.s.Changes {
		switch c.Path {
		case "names":
			for _, n := range schema.Items(v, "names") {
				if at := schema.JoinPath("names", n); !schema.Has(b, at) {
					e.command(console.New("echo", schema.Str(v, at)+" "+n).Append("/etc/hosts"))
				}
			}
		case "peers":
			have := schema.Strings(b, "peers")
			for _, p := range schema.Strings(v, "peers") {
				if !slices.Contains(have, p) {
					e.command(console.New("echo", p).Append(trust))
				}
			}
			e.change("chmod", "600", trust)
			e.change("refresh", "-s", daemon)
		case "identified", "unreserved":
			have := schema.Strings(b, c.Path)
			for _, id := range schema.Strings(v, c.Path) {
				if slices.Contains(have, id) {
					continue
				}
				device := e.deviceAt(host, id, c.Path)
				if device == "" {
					continue
				}
				if strings.HasPrefix(device, found) && c.Path == "identified" {
					e.finds(e.f.Object("disk", id)) // and reads its identifier
				} else if c.Path == "identified" {
					e.change("chdev", "-l", device, "-a", "pv=yes")
				} else {
					e.change("chdev", "-l", device, "-a", "reserve_policy=no_reserve")
				}
			}
		}
	}
}

func (e *explainer) command(c *console.Command) {
	line, err := c.Line()
	if err != nil {
		e.refuse("", "Cannot be sent", "%s", err)
		return
	}
	e.s.Commands = append(e.s.Commands, planner.Command{Endpoint: e.s.Endpoint, Line: line, Purpose: planner.PurposeChange})
}

func (e *explainer) cluster() {
	switch e.s.Action {
	case planner.Start:
		if e.s.Node != "" {
			e.clmgr("online", "node", e.s.Node, "WHEN=now", "MANAGE=auto")
			return
		}
	case planner.Stop:
		if e.s.Node != "" {
			e.clmgr("offline", "node", e.s.Node, "WHEN=now", "MANAGE=unmanage")
			return
		}
	}
	switch e.s.Action {
	case planner.Create:
		e.createCluster()
	case planner.Update:
		e.changeCluster()
	case planner.Synchronise:
		e.clmgr("verify", "cluster")
		e.clmgr("sync", "cluster")
	case planner.Start:
		e.release()
		e.clmgr("online", "cluster", "WHEN=now", "MANAGE=auto", "START_CAA=yes")
	case planner.Stop:
		how := schema.Str(e.s.After.Value, "on_stop")
		if how == "" {
			how = "offline"
		}
		e.clmgr("offline", "cluster", "WHEN=now", "MANAGE="+how)
	case planner.Delete:
		if schema.Str(e.s.Before.Value, "state") == "online" {
			e.clmgr("offline", "cluster", "WHEN=now", "MANAGE=offline")
		}
		e.clmgr("delete", "cluster", "NODES=ALL")
	}
}

// release varies the shared volume groups off that were varied on here while no cluster did it, so that the cluster can.
func (e *explainer) release() {
	nodes, host := schema.Strings(e.s.After.Value, "nodes"), e.here()
	for _, g := range e.f.Inventory.Of("volume_group") {
		hosts := schema.Strings(g.Value, "hosts")
		shared := len(hosts) > 1 && !slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(nodes, h) })
		if shared && schema.Str(g.Value, schema.JoinPath("known", host, "state")) == "active" && e.f.Memo["on "+g.ID] == cty.NilVal {
			e.change("varyoffvg", schema.Str(g.Value, "name"))
		}
	}
	var on []string
	for k, v := range e.f.Memo {
		if id, ok := strings.CutPrefix(k, "on "); ok && v.AsString() == e.s.Endpoint {
			_, name, _ := strings.Cut(id, "/")
			on = append(on, name)
		}
	}
	slices.Sort(on)
	for _, name := range on {
		e.change("varyoffvg", name)
	}
}

func (e *explainer) createCluster() {
	v := e.s.After.Value
	name := schema.Str(v, "name")
	words := append([]string{"add", "cluster", name, "NODES=" + strings.Join(schema.Strings(v, "nodes"), ",")}, e.assigned(clusterAttrs, v)...)
	if disks := schema.Strings(v, "repository"); len(disks) > 0 {
		var devices []string
		for _, id := range disks {
			if e.device(e.here(), id) == "" {
				return
			}
			devices = append(devices, e.called("repository", id))
		}
		words = append(words, "REPOSITORIES="+strings.Join(devices, ","))
		e.detail("erases", "%s", strings.Join(devices, ", ")+" on "+e.here())
	}
	e.clmgr(words...)
	for _, n := range schema.Items(v, "site") {
		e.clmgr("add", "site", n, "NODES="+strings.Join(schema.Strings(v, schema.JoinPath("site", n, "nodes")), ","))
	}
	if len(schema.Items(v, "network")) > 0 {
		e.clmgr("delete", "network", "ALL") // those that the cluster found by itself
	}
	for _, n := range schema.Items(v, "network") {
		e.addNetwork(n)
	}
	for _, block := range []string{"interface", "persistent_ip", "service_ip"} {
		for _, l := range schema.Items(v, block) {
			e.addLabel(block, l)
		}
	}
	if set := e.assigned(settingAttrs, v); len(set) > 0 {
		e.clmgr(append([]string{"modify", "cluster"}, set...)...)
	}
	e.clmgr("verify", "cluster")
	e.clmgr("sync", "cluster")
	e.detail("nodes", "%s", strings.Join(schema.Strings(v, "nodes"), ", "))
	e.s.Seconds = 180
}

func (e *explainer) addNetwork(n string) {
	e.clmgr(append([]string{"add", "network", n}, e.assigned(netAttrs, schema.Get(e.s.After.Value, schema.JoinPath("network", n)))...)...)
}

func (e *explainer) labelWords(block, l string) []string {
	return append([]string{"add", block, l}, e.assigned(labelAttrs, schema.Get(e.s.After.Value, schema.JoinPath(block, l)))...)
}

func (e *explainer) addLabel(block, l string) { e.clmgr(e.labelWords(block, l)...) }

// foundLabel adds an interface that the cluster may have found by itself.
func (e *explainer) foundLabel(l string) {
	e.send(planner.PurposeChange, console.New(append([]string{utilities + "clmgr"}, e.labelWords("interface", l)...)...).Unless(console.New(utilities+"clmgr", "query", "interface", l)))
}

func (e *explainer) changeCluster() {
	b, v := e.s.Before.Value, e.s.After.Value
	have, want := schema.Strings(b, "nodes"), schema.Strings(v, "nodes")
	run := schema.Str(b, "state") == "online"
	for _, c := range e.s.Changes {
		if c.Path == "nodes" {
			for _, n := range want {
				if !slices.Contains(have, n) {
					e.clmgr("add", "node", n)
				}
			}
		}
		if c.Path == "heartbeat" && run {
			e.refuse("heartbeat", "Services run", "How nodes talk to each other changes only while cluster services are down.").Fix = "Declare state = \"offline\" and apply that first."
		}
	}
	if set := e.changed(slices.Concat(clusterAttrs, settingAttrs), "", v); len(set) > 0 {
		e.clmgr(append([]string{"modify", "cluster"}, set...)...)
	}
	// What is left out goes before what it stands on, and what comes follows it.
	for _, block := range []string{"service_ip", "persistent_ip", "interface", "network", "site"} {
		_, gone, changed := e.items(block)
		if block != "network" && block != "site" {
			gone = append(gone, changed...) // it comes back as declared
		}
		for _, l := range gone {
			e.clmgr("delete", block, l)
		}
	}
	come, _, changed := e.items("site")
	for _, n := range append(come, changed...) {
		action := "add"
		if slices.Contains(changed, n) {
			action = "modify"
		}
		e.clmgr(action, "site", n, "NODES="+strings.Join(schema.Strings(v, schema.JoinPath("site", n, "nodes")), ","))
	}
	come, _, changed = e.items("network")
	for _, n := range come {
		e.addNetwork(n)
	}
	for _, n := range changed {
		e.clmgr(append([]string{"modify", "network", n}, e.changed(netAttrs, schema.JoinPath("network", n), schema.Get(v, schema.JoinPath("network", n)))...)...)
	}
	for _, block := range []string{"interface", "persistent_ip", "service_ip"} {
		come, _, changed := e.items(block)
		for _, l := range append(come, changed...) {
			if node := schema.Str(v, schema.JoinPath(block, l, "node")); block == "interface" && node != "" && !slices.Contains(have, node) {
				e.foundLabel(l) // a node that is added may come with its interfaces
				continue
			}
			e.addLabel(block, l)
		}
	}
	for _, c := range e.s.Changes {
		switch c.Path {
		case "nodes":
			for _, n := range have {
				if !slices.Contains(want, n) {
					if schema.Str(b, schema.JoinPath("members", n, "state")) == "NORMAL" {
						e.refuse("nodes", "Services run there", "Cluster services run on %s, which leaves the cluster.", n).Fix = "Stop them there first: clmgr offline node " + n + "."
					}
					e.clmgr("delete", "node", n)
				}
			}
		case "repository":
			e.changeRepository(schema.Strings(b, "repository"), schema.Strings(v, "repository"))
		}
	}
}

// changeRepository replaces the active repository disk, and adds and takes away backups.
func (e *explainer) changeRepository(have, want []string) {
	if len(have) == 0 || len(want) == 0 {
		e.refuse("repository", "Needed", "A cluster from 7.1 on has a repository disk.").Fix = "Declare it."
		return
	}
	for _, id := range want {
		if !slices.Contains(have, id) && e.device(e.here(), id) == "" {
			return
		}
	}
	if want[0] != have[0] {
		e.clmgr("replace", "repository", e.called("repository", want[0]))
		have = append([]string{want[0]}, slices.DeleteFunc(slices.Clone(have[1:]), func(id string) bool { return id == want[0] })...)
	}
	for _, id := range have[1:] {
		if !slices.Contains(want, id) {
			e.clmgr("delete", "repository", e.called("repository", id))
		}
	}
	for _, id := range want[1:] {
		if !slices.Contains(have, id) {
			e.clmgr("add", "repository", e.called("repository", id))
		}
	}
}

func (e *explainer) application() {
	o := e.s.After
	if e.s.Action == planner.Delete {
		o = e.s.Before
	}
	name := schema.Str(o.Value, "name")
	monitor := func(action, l string, set []string) {
		words := []string{action, "application_monitor", l}
		if action == "add" {
			words = append(words, "TYPE="+monitorTypes[schema.Str(o.Value, schema.JoinPath("monitor", l, "type"))], "APPLICATIONS="+name)
		}
		e.clmgr(append(words, set...)...)
	}
	add := func(l string) {
		monitor("add", l, e.assigned(monitorAttrs, schema.Get(o.Value, schema.JoinPath("monitor", l))))
	}
	switch e.s.Action {
	case planner.Create:
		e.clmgr(append([]string{"add", "application_controller", name}, e.assigned(applicationAttrs, o.Value)...)...)
		for _, l := range schema.Items(o.Value, "monitor") {
			add(l)
		}
	case planner.Update:
		if set := e.changed(applicationAttrs, "", o.Value); len(set) > 0 {
			e.clmgr(append([]string{"modify", "application_controller", name}, set...)...)
		}
		come, gone, changed := e.items("monitor")
		for _, l := range gone {
			e.clmgr("delete", "application_monitor", l)
		}
		for _, l := range changed {
			at := schema.JoinPath("monitor", l)
			monitor("modify", l, e.changed(monitorAttrs, at, schema.Get(o.Value, at)))
		}
		for _, l := range come {
			add(l)
		}
	case planner.Delete:
		for _, l := range schema.Items(o.Value, "monitor") {
			e.clmgr("delete", "application_monitor", l)
		}
		e.clmgr("delete", "application_controller", name)
	}
}

// relation is a dependency between resource groups as clmgr makes it.
var relations = []struct {
	attr  string
	words func(name, other string) []string
}{
	{"parents", func(name, other string) []string { return []string{"PARENT=" + other, "CHILD=" + name} }},
	{"start_after", func(name, other string) []string { return []string{"START=" + name, "AFTER=" + other} }},
	{"stop_after", func(name, other string) []string { return []string{"STOP=" + name, "AFTER=" + other} }},
	{"same_node", func(name, other string) []string { return []string{"SAME=NODE", "GROUPS=" + name + "," + other} }},
	{"different_node", func(name, other string) []string { return []string{"DIFFERENT=NODE", "GROUPS=" + name + "," + other} }},
}

func (e *explainer) resourceGroup() {
	o := e.s.After
	if e.s.Action == planner.Delete {
		o = e.s.Before
	}
	v, name := o.Value, schema.Str(o.Value, "name")
	relate := func(action string, words func(name, other string) []string, id string) {
		_, other, _ := strings.Cut(id, "/")
		e.clmgr(append([]string{action, "dependency"}, words(name, other)...)...)
	}
	switch e.s.Action {
	case planner.Create:
		e.timer(v, "add")
		e.clmgr(append([]string{"add", "resource_group", name}, e.assigned(groupAttrs, v)...)...)
		for _, r := range relations {
			for _, other := range schema.Strings(v, r.attr) {
				relate("add", r.words, other)
			}
		}
	case planner.Update:
		for _, c := range e.s.Changes {
			if t, ok := strings.CutPrefix(c.Path, "fallback_timer."); ok {
				action := "modify"
				if t == "name" || !schema.Has(e.s.Before.Value, "fallback_timer") {
					action = "add"
				}
				e.timer(v, action)
				break
			}
		}
		if set := e.changed(groupAttrs, "", v); len(set) > 0 {
			e.clmgr(append([]string{"modify", "resource_group", name}, set...)...)
		}
		for _, r := range relations {
			have := schema.Strings(e.s.Before.Value, r.attr)
			want := schema.Strings(v, r.attr)
			if !slices.ContainsFunc(e.s.Changes, func(c planner.Change) bool { return c.Path == r.attr }) {
				continue
			}
			for _, other := range want {
				if !slices.Contains(have, other) {
					relate("add", r.words, other)
				}
			}
			for _, other := range have {
				if !slices.Contains(want, other) {
					relate("delete", r.words, other)
				}
			}
		}
		e.groupChangeIsFelt()
	case planner.Delete:
		if schema.Str(v, "state") == "online" {
			e.clmgr("offline", "resource_group", name)
			e.s.Disruption = max(e.s.Disruption, schema.Outage)
		}
		e.clmgr("delete", "resource_group", name)
		e.f.Memo["gone "+o.ID] = cty.True
	case planner.Move:
		e.clmgr("move", "resource_group", name, "NODE="+e.s.To)
	case planner.Start:
		words := []string{"online", "resource_group", name}
		if e.s.To != "" {
			words = append(words, "NODES="+e.s.To)
		}
		e.clmgr(words...)
	case planner.Stop:
		e.clmgr("offline", "resource_group", name)
		e.f.Memo["gone "+o.ID] = cty.True
	}
}

func (e *explainer) timer(v cty.Value, action string) {
	if !schema.Has(v, "fallback_timer") || action == "add" && !e.f.Reserve("fallback_timer "+schema.Str(v, "fallback_timer.name")) {
		return
	}
	t := schema.Get(v, "fallback_timer")
	e.clmgr(append([]string{action, "fallback_timer", schema.Str(t, "name")}, e.assigned(timerAttrs, t)...)...)
}

// groupChangeIsFelt: what leaves a group that is online is released when the cluster is synchronised, with the application that
// uses it (rule HA-35).
func (e *explainer) groupChangeIsFelt() {
	if schema.Str(e.s.Before.Value, "state") != "online" {
		return
	}
	for _, c := range e.s.Changes {
		switch c.Path {
		case "service_ips", "applications", "volume_groups", "filesystems", "disks", "exports", "exports_v4":
			have, want := schema.Strings(e.s.Before.Value, c.Path), schema.Strings(e.s.After.Value, c.Path)
			if slices.ContainsFunc(have, func(x string) bool { return !slices.Contains(want, x) }) {
				e.s.Disruption = max(e.s.Disruption, schema.Outage)
			}
		}
	}
}

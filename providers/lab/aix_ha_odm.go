package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// haRow is an object of a class of the cluster: its fields in order. A number is written without quotes.
type haRow [][2]string

// odm is the object as odmget prints it.
func (r haRow) odm() odmRow {
	var out odmRow
	for _, f := range r {
		if n, number := strings.CutPrefix(f[1], "\x00"); number {
			out = append(out, [2]string{f[0], n})
		} else {
			out = append(out, [2]string{f[0], `"` + f[1] + `"`})
		}
	}
	return out
}

func odmNumber(n any) string { return fmt.Sprint("\x00", n) }

// haOdmClass are the objects of a class of the cluster; ok is false for a class that is not of the cluster.
func (a *aixCall) haOdmClass(class string) (rows []haRow, ok bool) {
	if a.h.HA == nil || !slices.Contains(haOdmClasses, class) {
		return nil, false
	}
	d := a.h.HA.DCD
	c := d.cluster()
	if c == nil {
		if class == "HACMPcluster" {
			return []haRow{{{"id", odmNumber(0)}, {"name", ""}, {"nodename", ""}}}, true
		}
		return nil, true
	}
	add := func(f ...[2]string) { rows = append(rows, f) }
	switch class {
	case "HACMPcluster":
		r := haRow{{"id", odmNumber(c.Attrs["CLUSTER_ID"])}, {"name", c.Name}, {"nodename", a.e.nodeName(a.h)}, {"sec_level", "Standard"}, {"sec_level_msg", ""}, {"sec_encryption", ""}, {"sec_persistent", ""},
			{"last_node_ids", strings.Trim(fmt.Sprint(seq(len(d.all("node")))), "[]")}, {"highest_node_id", odmNumber(len(d.all("node")))}, {"last_network_ids", strings.Trim(fmt.Sprint(seq(len(d.all("network")))), "[]")}, {"highest_network_id", odmNumber(len(d.all("network")))},
			{"handle", odmNumber(max(0, slices.Index(d.names("node"), a.e.nodeName(a.h))) + 1)}, {"cluster_version", odmNumber(versionNumber(a.h.HA))}, {"settling_time", odmNumber(c.get("RG_SETTLING_TIME"))}, {"rg_distribution_policy", c.get("RG_DIST_POLICY")}}
		if a.h.HA.modern() {
			r = append(r, [2]string{"clvernodename", ""}, [2]string{"clverhour", odmNumber(0)}, [2]string{"heartbeattype", map[string]string{"UNICAST": "U", "MULTICAST": "C"}[c.get("HEARTBEAT_TYPE")]})
		}
		rows = append(rows, r)
	case "HACMPnode":
		for i, n := range d.all("node") {
			for _, x := range [][2]string{{"COMMUNICATION_PATH", a.h.haLookup(n.get("COMMPATH"))}, {"VERBOSE_LOGGING", "high"}, {"NAME_SERVER", "true"}, {"START_ON_BOOT", n.get("START_ON_BOOT")}} {
				add([2]string{"name", n.Name}, [2]string{"object", x[0]}, [2]string{"value", x[1]}, [2]string{"node_id", odmNumber(i + 1)}, [2]string{"node_handle", odmNumber(i + 1)}, [2]string{"version", odmNumber(versionNumber(a.h.HA))})
			}
		}
	case "HACMPnetwork":
		for i, n := range d.all("network") {
			attr := "public"
			if contains("diskhb rs232 tmscsi tmssa", n.get("TYPE")) {
				attr = "serial"
			} else if !n.yes("PUBLIC") {
				attr = "private"
			}
			add([2]string{"name", n.Name}, [2]string{"attr", attr}, [2]string{"network_id", odmNumber(i + 1)}, [2]string{"globalname", ""}, [2]string{"nimname", n.get("TYPE")}, [2]string{"poll_uid", odmNumber(0)}, [2]string{"alias", odmNumber(map[bool]int{true: 1}[n.get("IPALIASING") != "false"])}, [2]string{"hb_alias", n.Attrs["HB_ALIAS"]}, [2]string{"netmask", n.get("NETMASK")})
		}
	case "HACMPadapter":
		for _, x := range a.adapters(d) {
			add([2]string{"type", x.netType}, [2]string{"network", x.network}, [2]string{"nodename", x.node}, [2]string{"ip_label", x.name}, [2]string{"function", x.kind}, [2]string{"identifier", x.address}, [2]string{"haddr", x.hardware}, [2]string{"interfacename", x.iface}, [2]string{"globalname", x.global}, [2]string{"netmask", x.mask}, [2]string{"hb_addr", x.alias}, [2]string{"max_aliases", odmNumber(0)})
		}
	case "HACMPgroup":
		for i, g := range d.all("resource_group") {
			add([2]string{"group", g.Name}, [2]string{"type", groupType(g)}, [2]string{"nodes", g.get("NODES")}, [2]string{"site_policy", g.get("SITE_POLICY")}, [2]string{"startup_pref", g.get("STARTUP")}, [2]string{"fallover_pref", g.get("FALLOVER")}, [2]string{"fallback_pref", g.get("FALLBACK")}, [2]string{"id", odmNumber(i + 1)})
		}
	case "HACMPresource":
		for i, r := range odmResources(d) {
			add([2]string{"group", r[0]}, [2]string{"type", ""}, [2]string{"name", r[1]}, [2]string{"value", r[2]}, [2]string{"id", odmNumber(i + 1)}, [2]string{"monitor_method", ""})
		}
	case "HACMPserver":
		for _, o := range d.all("application_controller") {
			add([2]string{"name", o.Name}, [2]string{"start", o.get("STARTSCRIPT")}, [2]string{"stop", o.get("STOPSCRIPT")}, [2]string{"min_cpu", odmNumber(0)}, [2]string{"desired_cpu", odmNumber(0)}, [2]string{"startup_mode", o.get("STARTUP_MODE")})
		}
	case "HACMPmonitor":
		for _, o := range d.all("application_monitor") {
			for _, r := range odmMonitor(o)[1:] {
				add([2]string{"name", r[0]}, [2]string{"monitor", o.Name}, [2]string{"value", r[1]})
			}
		}
	case "HACMPsite":
		for i, o := range d.all("site") {
			add([2]string{"name", o.Name}, [2]string{"nodelist", o.get("NODES")}, [2]string{"id", odmNumber(i + 1)}, [2]string{"priority", o.get("RECOVERY_PRIORITY")})
		}
	case "HACMPtimer":
		for _, o := range d.all("fallback_timer") {
			num := func(attr string) string {
				if v := o.get(attr); v != "" {
					return odmNumber(v)
				}
				return odmNumber(-1)
			}
			add([2]string{"policy_name", o.Name}, [2]string{"recurrence", timerKind(o)}, [2]string{"year", num("YEAR")}, [2]string{"month", num("MONTH")}, [2]string{"day_of_month", num("DAY_OF_MONTH")}, [2]string{"week_day", num("DAY_OF_WEEK")}, [2]string{"hour", num("HOUR")}, [2]string{"minutes", num("MINUTE")})
		}
	case "HACMPrgdependency":
		for _, o := range d.all("dependency") {
			for _, p := range o.list("PARENT") {
				for _, ch := range o.list("CHILD") {
					add([2]string{"group_parent", p}, [2]string{"group_child", ch}, [2]string{"dependency_type", "PARENT_CHILD"}, [2]string{"condition", "ONLINE"})
				}
			}
			for _, t := range o.list("AFTER") {
				for _, s := range append(o.list("START"), o.list("STOP")...) {
					add([2]string{"group_parent", t}, [2]string{"group_child", s}, [2]string{"dependency_type", map[bool]string{true: "STARTAFTER", false: "STOPAFTER"}[o.get("START") != ""]}, [2]string{"condition", "ONLINE"})
				}
			}
		}
	case "HACMPrg_loc_dependency":
		id := 0
		for _, o := range d.all("dependency") {
			kind := map[string]string{"NODE": "NODECOLLOCATION", "SITE": "SITECOLLOCATION"}[o.get("SAME")]
			if o.get("DIFFERENT") != "" || o.get("HIGH") != "" {
				kind = "ANTICOLLOCATION"
			}
			if kind == "" {
				continue
			}
			id++
			for _, g := range append(append(append(o.list("GROUPS"), o.list("HIGH")...), o.list("INTERMEDIATE")...), o.list("LOW")...) {
				add([2]string{"id", odmNumber(id)}, [2]string{"set_id", odmNumber(id)}, [2]string{"group_name", g}, [2]string{"priority", odmNumber(priorityOf(o, g))}, [2]string{"loc_dep_type", kind}, [2]string{"loc_dep_sub_type", "STRICT"})
			}
		}
	case "HACMPevent":
		for _, n := range haEventNames {
			add([2]string{"name", n}, [2]string{"desc", "Script run for the " + n + " event."}, [2]string{"setno", odmNumber(101)}, [2]string{"msgno", odmNumber(1)}, [2]string{"catalog", "events.cat"}, [2]string{"cmd", haBase + "/events/" + n}, [2]string{"notify", ""}, [2]string{"pre", ""}, [2]string{"post", ""}, [2]string{"recv", ""}, [2]string{"count", odmNumber(0)}, [2]string{"event_duration", odmNumber(0)})
		}
	case "HACMPlogs":
		for _, x := range [][2]string{{"hacmp.out", "/var/hacmp/log"}, {"cluster.log", "/var/hacmp/adm"}, {"clutils.log", "/var/hacmp/log"}, {"clverify.log", "/var/hacmp/clverify"}, {"autoverify.log", "/var/hacmp/log"}} {
			add([2]string{"name", x[0]}, [2]string{"description", "Generated by the cluster"}, [2]string{"defaultdir", x[1]}, [2]string{"value", x[1]}, [2]string{"rfs", ""})
		}
	case "HACMPsircol":
		for _, o := range d.all("repository") {
			add([2]string{"name", c.Name + "_sircol"}, [2]string{"id", odmNumber(0)}, [2]string{"uuid", "0"}, [2]string{"ip_address", c.get("CLUSTER_IP")}, [2]string{"nodelist", strings.Join(d.names("node"), ",")}, [2]string{"repository", o.get("PVID")}, [2]string{"backup_repository", ""})
		}
	}
	return rows, true
}

var haOdmClasses = []string{"HACMPcluster", "HACMPnode", "HACMPnetwork", "HACMPadapter", "HACMPgroup", "HACMPresource", "HACMPserver", "HACMPmonitor", "HACMPsite", "HACMPtimer", "HACMPrgdependency", "HACMPrg_loc_dependency", "HACMPevent", "HACMPlogs", "HACMPsircol"}

var haEventNames = []string{"node_up", "node_up_complete", "node_down", "node_down_complete", "network_up", "network_up_complete", "network_down", "network_down_complete", "swap_adapter", "swap_adapter_complete", "fail_interface", "join_interface", "rg_move",
	"rg_move_acquire", "rg_move_release", "rg_move_complete", "start_server", "stop_server", "server_restart", "server_restart_complete", "server_down", "server_down_complete", "config_too_long", "reconfig_resource_release", "reconfig_resource_acquire", "site_up", "site_down", "site_merge"}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

func priorityOf(o *haObject, group string) int {
	for i, attr := range []string{"HIGH", "INTERMEDIATE", "LOW"} {
		if slices.Contains(o.list(attr), group) {
			return i + 1
		}
	}
	return 0
}

func timerKind(o *haObject) string {
	switch {
	case o.get("YEAR") != "":
		return "date"
	case o.get("MONTH") != "":
		return "yearly"
	case o.get("DAY_OF_MONTH") != "":
		return "monthly"
	case o.get("DAY_OF_WEEK") != "":
		return "weekly"
	}
	return "daily"
}

// aixClsnapshot makes, applies and lists snapshots: files of the ODM and a report beside it.
func aixClsnapshot(a *aixCall) int {
	f, ok := a.flags("crRliIn:m:d:s")
	if !ok {
		return 1
	}
	how := 0
	for _, c := range "crRl" {
		if f.has(byte(c)) {
			how++
		}
	}
	if how != 1 || len(f.rest) > 0 || !f.has('l') && !f.has('n') {
		return a.usage()
	}
	name := f.get('n')
	odm, info := haBase+"/snapshots/"+name+".odm", haBase+"/snapshots/"+name+".info"
	switch {
	case f.has('l'):
		for _, n := range a.snapshots() {
			a.say("%s", n)
		}
	case f.has('c'):
		if a.h.HA.DCD.cluster() == nil {
			return a.fail("clsnapshot: There is no cluster definition on this node.")
		}
		if !haWord.MatchString(name) {
			return a.fail("clsnapshot: The name %s is not valid.", name)
		}
		if a.h.Files[odm] != nil {
			return a.fail("clsnapshot: The snapshot %s already exists.", name)
		}
		a.saveSnapshot(name, f.get('d'))
		a.say("\nclsnapshot: Creating file %s.\n\nclsnapshot: Creating file %s.\n\nclsnapshot: Succeeded creating Cluster Snapshot: %s", odm, info, name)
	case f.any("rR"):
		if a.h.Files[odm] == nil {
			return a.fail("clsnapshot: The snapshot %s does not exist.", name)
		}
		if f.has('R') {
			delete(a.h.Files, odm)
			delete(a.h.Files, info)
			return 0
		}
	}
	return 0
}

// snapshots are the names of those that the node has.
func (a *aixCall) snapshots() []string {
	var out []string
	for p := range a.h.Files {
		if n, ok := strings.CutPrefix(p, haBase+"/snapshots/"); ok && strings.HasSuffix(n, ".odm") {
			out = append(out, strings.TrimSuffix(n, ".odm"))
		}
	}
	sort.Strings(out)
	return out
}

func (a *aixCall) saveSnapshot(name, text string) {
	odm, info := haBase+"/snapshots/"+name+".odm", haBase+"/snapshots/"+name+".info"
	var b strings.Builder
	fmt.Fprintf(&b, "<VER\n1.0\n</VER\n<DSC\n%s\n</DSC\n<ODM\n", text)
	for _, class := range haOdmClasses {
		rows, _ := a.haOdmClass(class)
		for _, r := range rows {
			fmt.Fprintf(&b, "\n%s:\n", class)
			for _, x := range r.odm() {
				fmt.Fprintf(&b, "\t%s = %s\n", x[0], x[1])
			}
		}
	}
	// The definition itself, in the form in which it can be put back.
	b.WriteString("</ODM\n<DEF\n" + a.h.HA.DCD.saved() + "\n</DEF\n")
	a.h.Files[odm] = &hostFile{Mode: 0o644, Data: b.String(), at: a.e.Now}
	a.h.Files[info] = &hostFile{Mode: 0o644, Data: text, at: a.e.Now}
}

package aix

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/providers/console"
)

// HACMP 5.1 to PowerHA 6.1 have no clmgr: what a node holds is in its object database (powerha-cli.md, section 9.3), in classes
// whose field names are unconfirmed. It is put into the words of clmgr and read like those.

// odmClasses are the classes that are read.
var odmClasses = []string{"HACMPcluster", "HACMPnode", "HACMPnetwork", "HACMPgroup", "HACMPresource", "HACMPserver", "HACMPmonitor", "HACMPtimer", "HACMPrgdependency"}

func classicBatch(programs []string) *console.Batch {
	b := hostBatch(programs)
	b.Add("software", console.New("lslpp", "-Lcq", "cluster.es.server.rte"))
	for _, c := range odmClasses {
		b.Add(c, console.New("odmget", c))
	}
	// From 5.2 on there is clRGinfo; clfindres, which 5.1 has, says the same under other words.
	b.Add("groups", console.New(utilities+"clRGinfo", "-s"))
	b.Add("places", console.New(utilities+"clfindres", "-s"))
	return b
}

var (
	odmField = regexp.MustCompile(`^\s+([a-z_]+) = (.*)$`)
	versions = regexp.MustCompile(`:(\d+\.\d+\.\d+)\.`)
)

// odm are the stanzas of a class.
func odm(out string) []map[string]string {
	var all []map[string]string
	for _, l := range strings.Split(out, "\n") {
		if strings.HasPrefix(l, "HACMP") {
			all = append(all, map[string]string{})
		}
		if m := odmField.FindStringSubmatch(l); m != nil && len(all) > 0 {
			all[len(all)-1][m[1]] = strings.Trim(strings.TrimSpace(m[2]), `"`)
		}
	}
	return all
}

// modernized puts the object database of a node into the answers of clmgr.
func modernized(sec map[string]console.Section) map[string]console.Section {
	items := map[string][]string{} // class of clmgr -> lines
	order := map[string][]string{}
	say := func(class, name, attr, value string) {
		if !slices.Contains(order[class], name) {
			order[class] = append(order[class], name)
		}
		if value != "" {
			items[class+" "+name] = append(items[class+" "+name], attr+`="`+value+`"`)
		}
	}
	var cluster []string
	for _, c := range odm(sec["HACMPcluster"].Out) {
		if c["name"] != "" {
			cluster = append(cluster, `CLUSTER_NAME="`+c["name"]+`"`, `CLUSTER_ID="`+c["id"]+`"`, `RG_SETTLING_TIME="`+c["settling_time"]+`"`)
		}
	}
	state := "OFFLINE"
	if strings.Contains(sec["manager"].Out, "Current state: ST_STABLE") {
		state = "STABLE"
	}
	cluster = append(cluster, `STATE="`+state+`"`)
	for _, n := range odm(sec["HACMPnode"].Out) {
		say("node", n["name"], "NAME", n["name"])
	}
	for _, n := range odm(sec["HACMPnetwork"].Out) {
		name := n["name"]
		say("network", name, "TYPE", n["nimname"])
		say("network", name, "NETMASK", n["netmask"])
		say("network", name, "PUBLIC", map[string]string{"public": "true", "private": "false"}[n["attr"]])
		say("network", name, "TAKEOVER", map[string]string{"0": "replacement", "1": "alias"}[n["alias"]])
		say("network", name, "HB_ALIAS", n["hb_alias"])
	}
	for _, s := range odm(sec["HACMPserver"].Out) {
		say("application_controller", s["name"], "STARTSCRIPT", s["start"])
		say("application_controller", s["name"], "STOPSCRIPT", s["stop"])
	}
	for _, m := range odm(sec["HACMPmonitor"].Out) {
		value := m["value"]
		attr := map[string]string{"MONITOR_TYPE": "TYPE", "INVOCATION": "MODE", "PROCESSES": "PROCESSES", "PROCESS_OWNER": "OWNER", "INSTANCE_COUNT": "INSTANCECOUNT", "PARAM_CHECK": "ARGUMENTS", "RESOURCE_TO_MONITOR": "APPLICATIONS",
			"STABILIZATION_INTERVAL": "STABILIZATION", "HUNG_MONITOR_SIGNAL": "HUNGSIGNAL"}[m["name"]]
		if attr == "TYPE" {
			value = map[string]string{"user": "Custom", "process": "Process"}[value]
		}
		if attr == "" {
			attr = m["name"] // the others differ by underscores alone
		}
		say("application_monitor", m["monitor"], attr, value)
	}
	old := map[string]map[string]string{} // group -> flags of 5.1
	for _, r := range odm(sec["HACMPresource"].Out) {
		if old[r["group"]] == nil {
			old[r["group"]] = map[string]string{}
		}
		old[r["group"]][r["name"]] = r["value"]
	}
	for _, g := range odm(sec["HACMPgroup"].Out) {
		name := g["group"]
		say("resource_group", name, "NODES", g["nodes"])
		startup, fallover, fallback := g["startup_pref"], g["fallover_pref"], g["fallback_pref"]
		switch g["type"] { // of 5.1, where only custom groups have policies
		case "cascading":
			startup, fallover, fallback = "OHN", "FNPN", "FBHPN"
			if old[name]["INACTIVE_TAKEOVER"] == "true" {
				startup = "OFAN"
			}
			if old[name]["CASCADE_WO_FALLBACK"] == "true" {
				fallback = "NFB"
			}
		case "rotating":
			startup, fallover, fallback = "OFAN", "FNPN", "NFB"
		case "concurrent":
			startup, fallover, fallback = "OAAN", "BO", "NFB"
		}
		say("resource_group", name, "STARTUP", startup)
		say("resource_group", name, "FALLOVER", fallover)
		say("resource_group", name, "FALLBACK", fallback)
	}
	lists := map[string][]string{} // a resource with several values has a stanza for each
	for _, r := range odm(sec["HACMPresource"].Out) {
		name := r["name"]
		if name == "CONCURRENT_VOLUME_GROUP" {
			name = "VOLUME_GROUP"
		}
		if key := r["group"] + " " + name; r["value"] != "" {
			lists[key] = append(lists[key], r["value"])
		}
	}
	for key, values := range lists {
		group, attr, _ := strings.Cut(key, " ")
		say("resource_group", group, attr, strings.Join(values, " "))
	}
	for _, t := range odm(sec["HACMPtimer"].Out) {
		for attr, field := range map[string]string{"YEAR": "year", "MONTH": "month", "DAY_OF_MONTH": "day_of_month", "DAY_OF_WEEK": "week_day", "HOUR": "hour", "MINUTE": "minutes"} {
			if v := t[field]; !strings.HasPrefix(v, "-") {
				say("fallback_timer", t["policy_name"], attr, v)
			}
		}
	}
	out := map[string]console.Section{}
	for n, s := range sec {
		out[n] = s
	}
	var depends []string
	for _, d := range odm(sec["HACMPrgdependency"].Out) {
		form := map[string]string{"PARENT_CHILD": "PARENT=%s CHILD=%s", "STARTAFTER": "AFTER=%s START=%s", "STOPAFTER": "AFTER=%s STOP=%s"}[d["dependency_type"]]
		if form != "" {
			depends = append(depends, fmt.Sprintf(form, d["group_parent"], d["group_child"]))
		}
	}
	out["dependency"] = console.Section{Out: strings.Join(depends, "\n")}
	out["cluster"] = console.Section{Out: strings.Join(cluster, "\n") + "\n"}
	if len(cluster) == 1 {
		out["cluster"] = console.Section{Exit: 1}
	}
	for _, class := range classes {
		var b strings.Builder
		for _, n := range order[class] {
			fmt.Fprintf(&b, "::item %s\n%s\n", n, strings.Join(items[class+" "+n], "\n"))
		}
		out[class] = console.Section{Out: b.String()}
	}
	if m := versions.FindStringSubmatch(sec["software"].Out); m != nil {
		out["level"] = console.Section{Out: m[1]}
	}
	if sec["groups"].Exit != 0 { // 5.1: rg:cascading:UP:node
		var rows []string
		for _, l := range strings.Split(sec["places"].Out, "\n") {
			if f := strings.Split(l, ":"); len(f) > 3 {
				rows = append(rows, f[0]+":"+map[string]string{"UP": "ONLINE", "DOWN": "OFFLINE"}[f[2]]+":"+f[3])
			}
		}
		out["groups"] = console.Section{Out: strings.Join(rows, "\n")}
	}
	return out
}

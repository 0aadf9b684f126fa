package aix

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// Clusters up to 6.1 are changed by the programs that SMIT runs there. Of their forms claddgrp, claddserv, claddres and cl_clstop are
// confirmed, the others are not: a node that takes another one refuses, and what it answered is shown.

// releaseOf is that of the cluster of a step, as it is declared; what is not declared any more is what the node runs.
func (e *explainer) releaseOf(cluster string) string {
	for _, o := range []*schema.Object{e.s.After, e.f.Declared("cluster", cluster), e.f.Coming("cluster", cluster)} {
		if o != nil && o.Kind == "cluster" && schema.Has(o.Value, "version") {
			return schema.Str(o.Value, "version")
		}
	}
	if h := e.f.Object("host", e.here()); h != nil {
		level := schema.Str(h.Value, "cluster_level")
		return level[:min(3, len(level))] // 6.1.0
	}
	return ""
}

// classic reports whether the cluster of a step has no clmgr.
func (e *explainer) classic(cluster string) bool {
	r := e.releaseOf(cluster)
	return r != "" && r < "7"
}

// utility sends a program of the cluster software.
func (e *explainer) utility(program string, words ...string) {
	e.change(append([]string{utilities + program}, words...)...)
}

func (e *explainer) classicStep() {
	switch e.s.Kind {
	case "cluster":
		e.classicCluster()
	case "application":
		e.classicApplication()
	case "resource_group":
		e.classicGroup()
	}
}

func (e *explainer) classicSync() { e.utility("cldare", "-rt", "-V", "normal") }

func (e *explainer) classicCluster() {
	const sbin = "/usr/es/sbin/cluster/sbin/"
	switch e.s.Action {
	case planner.Create:
		v := e.s.After.Value
		e.utility("claddclstr", "-n", schema.Str(v, "name"))
		for _, n := range schema.Strings(v, "nodes") {
			e.utility("clnodename", "-a", n, "-p", n)
		}
		for _, n := range schema.Items(v, "network") {
			e.classicNetwork("-a", n)
		}
		for _, block := range []string{"interface", "persistent_ip", "service_ip"} {
			for _, l := range schema.Items(v, block) {
				e.classicLabel(block, l)
			}
		}
	case planner.Update:
		e.classicChange()
	case planner.Synchronise:
		e.classicSync() // it verifies first, and does not go on after an error
	case planner.Start:
		if e.s.Node != "" {
			e.change(sbin+"cl_rc_cluster", "-cspoc", "-n "+e.s.Node, "-boot", "-N", "-i")
			return
		}
		e.release()
		e.change(sbin+"cl_rc_cluster", "-boot", "-N", "-i")
	case planner.Stop:
		if e.s.Node != "" {
			e.change(sbin+"cl_clstop", "-cspoc", "-n "+e.s.Node, "-f", "-N")
			return
		}
		how := map[string]string{"move": "-gr", "unmanage": "-f"}[schema.Str(e.s.After.Value, "on_stop")]
		if how == "" {
			how = "-g"
		}
		e.change(sbin+"cl_clstop", how, "-N")
	case planner.Delete:
		if schema.Str(e.s.Before.Value, "state") == "online" {
			e.change(sbin+"cl_clstop", "-g", "-N")
		}
		// A node forgets its own copy alone, and the others are reached while this one still has it.
		for _, n := range schema.Strings(e.s.Before.Value, "nodes") {
			if n != e.here() {
				e.at(n, utilities+"clrmclstr")
			}
		}
		e.utility("clrmclstr")
	}
}

func (e *explainer) classicNetwork(how, n string) {
	v := schema.Get(e.s.After.Value, schema.JoinPath("network", n))
	kind := schema.Str(v, "type")
	words := []string{how, "-n", n, "-i", kind}
	ip := slices.Contains([]string{"ether", "XD_data", "XD_ip"}, kind)
	if m := schema.Str(v, "netmask"); m != "" {
		words = append(words, "-m", m)
	}
	if ip {
		words = append(words, "-l", map[bool]string{true: "no", false: "yes"}[schema.Str(v, "takeover") == "replacement"])
	}
	if a := schema.Str(v, "heartbeat_alias"); a != "" {
		words = append(words, "-b", a)
	}
	e.utility("clmodnetwork", words...)
	if ip || how != "-a" {
		return
	}
	nodes := schema.Strings(v, "nodes")
	if len(nodes) == 0 {
		nodes = schema.Strings(e.s.After.Value, "nodes")
	}
	for _, node := range nodes {
		device := schema.Str(v, schema.JoinPath("devices", node))
		if d := schema.Str(v, "disk"); d != "" {
			device = "/dev/" + e.deviceAt(node, d, "network")
		}
		e.utility("claddnode", "-a", node+"_"+n+":"+kind+":"+n+":serial:service:"+device, "-n", node)
	}
}

func (e *explainer) classicLabel(block, l string) {
	v := schema.Get(e.s.After.Value, schema.JoinPath(block, l))
	net := schema.Get(e.s.After.Value, schema.JoinPath("network", schema.Str(v, "network")))
	attr := "public"
	if schema.Has(net, "public") && !schema.True(net, "public") {
		attr = "private"
	}
	function := map[string]string{"interface": "boot", "persistent_ip": "persistent", "service_ip": "service"}[block]
	words := []string{"-a", strings.Join([]string{l, schema.Str(net, "type"), schema.Str(v, "network"), attr, function, schema.Str(v, "address")}, ":")}
	if n := schema.Str(v, "node"); n != "" {
		words = append(words, "-n", n)
	}
	e.utility("claddnode", words...)
}

func (e *explainer) classicChange() {
	b, v := e.s.Before.Value, e.s.After.Value
	for _, block := range []string{"service_ip", "persistent_ip", "interface"} {
		_, gone, changed := e.items(block)
		for _, l := range append(gone, changed...) {
			e.utility("clrmnode", "-a", l)
		}
	}
	_, gone, _ := e.items("network")
	for _, n := range gone {
		e.utility("clmodnetwork", "-d", "-n", n)
	}
	have, want := schema.Strings(b, "nodes"), schema.Strings(v, "nodes")
	for _, n := range want {
		if !slices.Contains(have, n) {
			e.utility("clnodename", "-a", n, "-p", n)
		}
	}
	come, _, changed := e.items("network")
	for _, n := range come {
		e.classicNetwork("-a", n)
	}
	for _, n := range changed {
		e.classicNetwork("-c", n)
	}
	for _, block := range []string{"interface", "persistent_ip", "service_ip"} {
		come, _, changed := e.items(block)
		for _, l := range append(come, changed...) {
			e.classicLabel(block, l)
		}
	}
	for _, n := range have {
		if !slices.Contains(want, n) {
			e.utility("clrmnode", "-n", n)
		}
	}
	for _, c := range e.s.Changes {
		if strings.HasPrefix(c.Path, "settings.") {
			e.refuse(c.Path, "Not changed there", "Settings of clusters before 7.1 are changed by hand.").Fix = "Leave the line out."
		}
	}
}

var classicMonitor = []clmgrAttr{{"mode", "INVOCATION", nil}, {"processes", "PROCESSES", nil}, {"owner", "PROCESS_OWNER", nil}, {"instances", "INSTANCE_COUNT", nil}, {"arguments", "PARAM_CHECK", nil}, {"method", "MONITOR_METHOD", nil}, {"interval", "MONITOR_INTERVAL", nil},
	{"hung_signal", "HUNG_MONITOR_SIGNAL", nil}, {"stabilization", "STABILIZATION_INTERVAL", nil}, {"restarts", "RESTART_COUNT", nil}, {"restart_interval", "RESTART_INTERVAL", nil}, {"on_failure", "FAILURE_ACTION", nil}, {"cleanup", "CLEANUP_METHOD", nil},
	{"restart", "RESTART_METHOD", nil}, {"notify", "NOTIFY_METHOD", nil}}

func (e *explainer) classicApplication() {
	o := e.s.After
	if e.s.Action == planner.Delete {
		o = e.s.Before
	}
	name := schema.Str(o.Value, "name")
	add := func(l string) {
		m := schema.Get(o.Value, schema.JoinPath("monitor", l))
		words := []string{"name=" + l, "MONITOR_TYPE=" + map[string]string{"process": "process", "custom": "user"}[schema.Str(m, "type")], "RESOURCE_TO_MONITOR=" + name}
		for _, a := range e.assigned(classicMonitor, m) {
			words = append(words, strings.ReplaceAll(a, ",", " ")) // lists have blanks here
		}
		e.utility("claddappmon", words...)
	}
	switch e.s.Action {
	case planner.Create:
		e.utility("claddserv", "-s", name, "-b", schema.Str(o.Value, "start"), "-e", schema.Str(o.Value, "stop"))
		for _, l := range schema.Items(o.Value, "monitor") {
			add(l)
		}
	case planner.Update:
		if slices.ContainsFunc(e.s.Changes, func(c planner.Change) bool { return c.Path == "start" || c.Path == "stop" }) {
			e.utility("clchserv", "-o", name, "-b", schema.Str(o.Value, "start"), "-e", schema.Str(o.Value, "stop"))
		}
		come, gone, changed := e.items("monitor")
		for _, l := range append(gone, changed...) {
			e.utility("clrmappmon", l)
		}
		for _, l := range append(come, changed...) {
			add(l)
		}
	case planner.Delete:
		for _, l := range schema.Items(o.Value, "monitor") {
			e.utility("clrmappmon", l)
		}
		e.utility("clrmserv", "-s", name)
	}
}

func (e *explainer) classicGroup() {
	o := e.s.After
	if e.s.Action == planner.Delete {
		o = e.s.Before
	}
	v, name := o.Value, schema.Str(o.Value, "name")
	first := e.releaseOf(schema.Str(v, "cluster")) == "5.1"
	for _, p := range []string{"fallback_timer", "parents", "start_after", "stop_after", "same_node", "different_node", "secondary_nodes"} {
		if e.s.Action != planner.Delete && schema.Has(v, p) && len(schema.Strings(v, p))+len(schema.Items(v, p)) > 0 {
			e.refuse(p, "Not made there", "%s of groups of clusters before 7.1 is made by hand.", p).Fix = "Leave it out, and set it in SMIT."
			return
		}
	}
	policies := func() []string {
		if style := schema.Str(v, "style"); first && style != "" && style != "custom" {
			return []string{"-r", style}
		}
		out := []string{"-S", startups[schema.Str(v, "startup")], "-O", fallovers[schema.Str(v, "fallover")], "-B", fallbacks[schema.Str(v, "fallback")]}
		if first {
			out = append([]string{"-r", "custom"}, out...)
		}
		return out
	}
	nodes := strings.Join(schema.Strings(v, "nodes"), " ")
	resources := func() {
		var words []string
		for _, a := range groupAttrs {
			if slices.Contains([]string{"NODES", "SECONDARYNODES", "SITE_POLICY", "STARTUP", "FALLOVER", "FALLBACK", "FALLBACK_AT", "NODE_PRIORITY_POLICY_SCRIPT", "NODE_PRIORITY_POLICY_TIMEOUT", "EXPORT_FILESYSTEM_V4", "STABLE_STORAGE_PATH"}, a.theirs) {
				continue
			}
			s := e.assign(a, v)
			if s == "" {
				continue
			}
			if x := schema.Get(v, a.ours); x.Type() == cty.Bool {
				s = a.theirs + "=" + map[bool]string{true: "true", false: "false"}[x.True()]
			}
			words = append(words, strings.ReplaceAll(s, ",", " "))
		}
		if first && schema.Str(v, "style") == "cascading" {
			for ours, theirs := range map[string]string{"inactive_takeover": "INACTIVE_TAKEOVER", "without_fallback": "CASCADE_WO_FALLBACK"} {
				if schema.True(v, ours) {
					words = append(words, theirs+"=true")
				}
			}
			slices.Sort(words)
		}
		if len(words) > 0 {
			e.utility("claddres", append([]string{"-g", name}, words...)...)
		}
	}
	switch e.s.Action {
	case planner.Create:
		e.utility("claddgrp", append([]string{"-g", name, "-n", nodes}, policies()...)...)
		resources()
	case planner.Update:
		if slices.ContainsFunc(e.s.Changes, func(c planner.Change) bool {
			return slices.Contains([]string{"nodes", "startup", "fallover", "fallback"}, c.Path)
		}) {
			e.utility("clchgrp", append([]string{"-o", name, "-n", nodes}, policies()...)...)
		}
		resources()
		e.groupChangeIsFelt()
	case planner.Delete:
		if schema.Str(v, "state") == "online" {
			e.utility("clRGmove", "-g", name, "-n", schema.Str(v, "on"), "-d")
			e.s.Disruption = max(e.s.Disruption, schema.Outage)
		}
		e.utility("clrmgrp", "-g", name)
		e.f.Memo["gone "+o.ID] = cty.True
	case planner.Move:
		if first {
			e.utility("cldare", "-M", name+":"+e.s.To)
			return
		}
		e.utility("clRGmove", "-g", name, "-n", e.s.To, "-m")
	case planner.Start, planner.Stop:
		at, flag := e.s.To, "-u"
		if at == "" {
			at = schema.Strings(v, "nodes")[0]
		}
		if e.s.Action == planner.Stop {
			flag = "-d"
			if e.s.Before != nil && schema.Str(e.s.Before.Value, "on") != "" {
				at = schema.Str(e.s.Before.Value, "on")
			}
		}
		e.utility("clRGmove", "-g", name, "-n", at, flag)
	}
}

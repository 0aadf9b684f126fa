package lab

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// The releases before 7.1 have no cluster of AIX beneath them: topology services beat over IP and over serial networks, and the
// definition is changed with small programs that SMIT calls.

const serialKinds = "rs232 tmscsi tmssa diskhb"

func haOldCommands() map[string]aixCommand {
	ms := time.Millisecond
	u := func(run func(*aixCall) int, usage string) aixCommand {
		return aixCommand{run, 300 * ms, haUtilDir, true, usage}
	}
	out := map[string]aixCommand{
		"claddclstr":    u(oldAddCluster, "claddclstr [-i id] -n name"),
		"clmodclstr":    u(oldModCluster, "clmodclstr -n name"),
		"clrmclstr":     u(oldRemoveCluster, "clrmclstr"),
		"clrmnode":      u(oldRemoveNode, "clrmnode -n node | -a label"),
		"claddnode":     u(oldAddAdapter, "claddnode -a label:nettype:network:attribute:function:identifier[:haddr] -n node"),
		"clmodnetwork":  u(oldNetworkCommand, "clmodnetwork {-a | -c | -d} -n network [-i type] [-m netmask] [-l yes | no] [-b heartbeat address]"),
		"clchipat":      u(oldChangeIPAT, "clchipat -n network {-e | -d}"),
		"claddgrp":      u(oldAddGroup, "claddgrp -g group [-r cascading | rotating | concurrent | custom] -n 'node ...' [-S startup] [-O fallover] [-B fallback]"),
		"clchgrp":       u(oldChangeGroup, "clchgrp -o group [-g group] [-r type] [-n 'node ...'] [-S startup] [-O fallover] [-B fallback]"),
		"clrmgrp":       u(oldRemoveGroup, "clrmgrp -g group"),
		"claddres":      u(oldAddResources, "claddres -g group resource='value ...' ..."),
		"clrmres":       u(oldRemoveResources, "clrmres -g group"),
		"claddserv":     u(oldAddServer, "claddserv -s name -b start -e stop"),
		"clchserv":      u(oldChangeServer, "clchserv -o name [-s name] [-b start] [-e stop]"),
		"clrmserv":      u(oldRemoveServer, "clrmserv -s name"),
		"claddappmon":   u(oldAddMonitor, "claddappmon name=monitor MONITOR_TYPE=user|process attribute=value ..."),
		"clrmappmon":    u(oldRemoveMonitor, "clrmappmon monitor"),
		"cldare":        {oldDare, 2 * time.Second, haUtilDir, true, "cldare -r | -t | -rt [-V normal | verbose] [-C yes | no | interactive] [-f]\n       cldare -M group:{node | default | stop}[:sticky]"},
		"cl_harvest":    u(oldHarvest, "cl_harvest"),
		"clverify":      {oldVerify, 2 * time.Second, "/usr/es/sbin/cluster/diag", true, "clverify [-V normal | verbose]"},
		"clver":         {oldVerify, 2 * time.Second, "/usr/es/sbin/cluster/diag", true, "clver [-r] [-t] [-V normal | verbose] [-C yes | no]"},
		"clstart":       u(oldStart, "clstart -m [-s] [-b] [-i] [-N | -R | -B]"),
		"clstop":        u(oldStop, "clstop {-f | -g | -gr} [-s] [-y] [-N | -R | -B]"),
		"cl_clstop":     {oldStop, 500 * ms, haSbin, true, "cl_clstop [-cspoc \"[-f] [-n NodeList | -g ResourceGroup]\"] {-f | -g | -gr} [-s] [-y] [-N | -R | -B]"},
		"rc.cluster":    {oldStart, 500 * ms, haEtc, true, "rc.cluster [-boot] [-l] [-c] [-b] [-i | -I] [-N | -R | -B] [-M | -A] [-r] [-v] [-x]"},
		"cl_rc_cluster": {oldStart, 500 * ms, haSbin, true, "cl_rc_cluster [-cspoc \"[-f] [-n NodeList | -g ResourceGroup]\"] [-boot] [-b] [-i | -I] [-N | -R | -B] [-M | -A] [-r] [-v] [-x]"},
	}
	for n := range out {
		aixGates[n] = func(h *Host) bool { return h.HA != nil && !h.HA.modern() }
	}
	for n, from := range map[string]int{"clRGinfo": 502, "clRGmove": 502, "halevel": 601, "clmgr": 701, "cl_clstop": 501, "cl_rc_cluster": 501, "clnodename": 501} {
		aixGates[n] = func(h *Host) bool { return h.HA != nil && h.HA.version() >= from }
	}
	return out
}

// old is the definition that a program changes, or a refusal.
func (a *aixCall) old() *haDef {
	if a.h.HA.DCD.cluster() == nil {
		a.fail("%s: There is no cluster defined on this node.", a.name)
		return nil
	}
	return a.h.HA.DCD
}

// wrong says what clmgr would say, in the name of the program.
func (a *aixCall) wrong(p *haProblem) int {
	return a.fail("%s: %s", a.name, strings.TrimPrefix(p.text, "ERROR: "))
}

func oldAddCluster(a *aixCall) int {
	f, ok := a.flags("i:n:")
	if !ok {
		return 1
	}
	id := f.get('i')
	if n, good := atoi(id); id != "" && (!good || n < 1) || !f.has('n') || len(f.rest) > 0 {
		return a.usage()
	}
	if c := a.h.HA.DCD.cluster(); c != nil {
		return a.fail("claddclstr: A cluster is already defined: %s.", c.Name)
	}
	if p := checkName("cluster", f.get('n')); p != nil {
		return a.wrong(p)
	}
	if id == "" {
		id = fmt.Sprint(1000000000 + hexNumber(stableHex(7, a.h.Machine, f.get('n'), a.e.Now.Unix())))
	}
	d := &haDef{}
	d.add("cluster", f.get('n'), map[string]string{"CLUSTER_ID": id})
	a.h.HA.DCD = d
	return 0
}

func oldModCluster(a *aixCall) int {
	f, ok := a.flags("n:p:")
	if !ok {
		return 1
	}
	if !f.has('n') || len(f.rest) > 0 {
		return a.usage()
	}
	if a.h.HA.DCD.cluster() == nil {
		a.args = []string{"-n", f.get('n')}
		return oldAddCluster(a)
	}
	if p := checkName("cluster", f.get('n')); p != nil {
		return a.wrong(p)
	}
	a.h.HA.DCD.cluster().Name = f.get('n')
	return 0
}

func oldRemoveCluster(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	if a.old() == nil {
		return 1
	}
	if a.h.HA.State != "" {
		return a.fail("clrmclstr: Cluster services are active on this node.")
	}
	a.h.HA.DCD = nil
	return 0
}

// oldNodename is clnodename of these releases: it adds nodes, renames and removes them.
func (a *aixCall) oldNodename() int {
	f, ok := a.flags("a:p:o:n:d:")
	if !ok {
		return 1
	}
	how := 0
	for _, c := range "aod" {
		if f.has(byte(c)) {
			how++
		}
	}
	if how != 1 || len(f.rest) > 0 || f.has('o') && !f.has('n') {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	switch {
	case f.has('a'):
		name := f.get('a')
		if p := checkName("node", name); p != nil {
			return a.wrong(p)
		}
		path := name
		if f.has('p') {
			path = f.get('p')
		}
		h := a.e.hostAt(a.h.haLookup(path))
		switch {
		case d.get("node", name) != nil:
			return a.fail("clnodename: Node %s is already defined.", name)
		case a.h.haLookup(path) == "":
			return a.fail("clnodename: The communication path %s does not resolve.", path)
		case h == nil || a.e.talk(a.h, h) != "":
			return a.fail("clnodename: Could not communicate with node %s over %s.", name, path)
		}
		d.add("node", name, map[string]string{"COMMPATH": path})
	case f.has('d'):
		return a.dropNode(d, f.get('d'))
	default:
		o := d.get("node", f.get('o'))
		if o == nil {
			return a.fail("clnodename: Node %s is not defined.", f.get('o'))
		}
		if p := checkName("node", f.get('n')); p != nil {
			return a.wrong(p)
		}
		(&clmgr{aixCall: a}).renameObject(o, f.get('n'))
	}
	return 0
}

func (a *aixCall) dropNode(d *haDef, name string) int {
	o := d.get("node", name)
	if o == nil {
		return a.fail("%s: Node %s is not defined.", a.name, name)
	}
	m := &clmgr{aixCall: a, class: haClassOf("node"), name: name, action: "delete"}
	if p := m.mayDelete(o); p != nil {
		return a.wrong(p)
	}
	return m.deleteObject()
}

func oldRemoveNode(a *aixCall) int {
	f, ok := a.flags("n:a:")
	if !ok {
		return 1
	}
	if f.has('n') == f.has('a') || len(f.rest) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	if f.has('n') {
		return a.dropNode(d, f.get('n'))
	}
	for _, class := range []string{"interface", "service_ip", "persistent_ip"} {
		if o := d.get(class, f.get('a')); o != nil {
			m := &clmgr{aixCall: a, class: haClassOf(class), name: o.Name, action: "delete"}
			if p := m.mayDelete(o); p != nil {
				return a.wrong(p)
			}
			d.drop(o)
			return 0
		}
	}
	return a.fail("clrmnode: Adapter %s is not defined.", f.get('a'))
}

// oldAddAdapter defines an interface, a service or persistent label, or an end of a serial network.
func oldAddAdapter(a *aixCall) int {
	f, ok := a.flags("a:n:")
	if !ok {
		return 1
	}
	w := strings.Split(f.get('a'), ":")
	if !f.has('a') || len(f.rest) > 0 || len(w) < 6 || len(w) > 7 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	label, kind, network, attr, function, id := w[0], w[1], w[2], w[3], w[4], w[5]
	net := d.get("network", network)
	switch {
	case net == nil:
		return a.fail("claddnode: Network %s is not defined.", network)
	case net.get("TYPE") != kind || !contains("public private serial", attr):
		return a.fail("claddnode: Network %s has the type %s; the attribute is public, private or serial.", network, net.get("TYPE"))
	case function != "service" && d.get("node", f.get('n')) == nil:
		return a.fail("claddnode: Node %s is not defined.", f.get('n'))
	case d.get("interface", label) != nil || d.get("service_ip", label) != nil || d.get("persistent_ip", label) != nil:
		return a.fail("claddnode: Adapter %s is already defined.", label)
	}
	if contains(serialKinds, kind) {
		node := a.e.haHost(a.h, d.get("node", f.get('n')))
		dev := strings.TrimPrefix(id, "/dev/")
		if attr != "serial" || function != "service" && function != "boot" || node == nil || dev == "" {
			return a.fail("claddnode: A device of a serial network has the attribute serial, and a node.")
		}
		if kind == "diskhb" && (node.disk(dev) == nil || node.disk(dev).Defined) {
			return a.fail("claddnode: Disk %s does not exist on node %s.", dev, f.get('n'))
		}
		d.add("interface", label, map[string]string{"NETWORK": network, "NODE": f.get('n'), "INTERFACE": dev, "TYPE": kind})
		return 0
	}
	address := a.h.haLookup(label)
	if address == "" || id != "" && id != address {
		return a.fail("claddnode: The label %s does not resolve to %s.", label, id)
	}
	switch function {
	case "boot", "standby":
		o := &haObject{Class: "interface", Name: label, Attrs: map[string]string{"NETWORK": network, "NODE": f.get('n')}}
		if p := checkInterface(a.e, a.h, d, o); p != nil {
			return a.wrong(p)
		}
		if function == "standby" && net.get("IPALIASING") != "false" {
			return a.fail("claddnode: Network %s uses aliasing and has no standby adapters.", network)
		}
		d.Objects = append(d.Objects, o)
	case "service":
		d.add("service_ip", label, map[string]string{"NETWORK": network})
	case "persistent":
		o := &haObject{Class: "persistent_ip", Name: label, Attrs: map[string]string{"NETWORK": network, "NODE": f.get('n')}}
		if p := checkObject(a.e, a.h, d, o, true); p != nil {
			return a.wrong(p)
		}
		d.Objects = append(d.Objects, o)
	default:
		return a.fail("claddnode: The function %s is none of boot, standby, service, persistent.", function)
	}
	return 0
}

func oldNetworkCommand(a *aixCall) int {
	f, ok := a.flags("acdn:i:m:l:b:")
	if !ok {
		return 1
	}
	how := 0
	for _, c := range "acd" {
		if f.has(byte(c)) {
			how++
		}
	}
	if how != 1 || !f.has('n') || len(f.rest) > 0 || f.has('l') && !contains("yes no", f.get('l')) {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get("network", f.get('n'))
	if f.has('a') == (o != nil) {
		return a.fail("clmodnetwork: Network %s is %s.", f.get('n'), map[bool]string{true: "already defined", false: "not defined"}[o != nil])
	}
	if f.has('d') {
		m := &clmgr{aixCall: a, class: haClassOf("network"), name: o.Name, action: "delete"}
		if p := m.mayDelete(o); p != nil {
			return a.wrong(p)
		}
		return m.deleteObject()
	}
	kind := f.get('i')
	if kind == "" {
		kind = "ether"
		if o != nil {
			kind = o.get("TYPE")
		}
	}
	switch {
	case !contains("ether token fddi "+serialKinds, kind):
		return a.fail("clmodnetwork: The network type %s is not supported.", kind)
	case f.has('m') && maskBits(f.get('m')) < 0:
		return a.fail("clmodnetwork: The netmask %s is not valid.", f.get('m'))
	case f.get('b') != "" && net.ParseIP(f.get('b')).To4() == nil:
		return a.fail("clmodnetwork: The heartbeat address %s is not valid.", f.get('b'))
	case contains(serialKinds, kind) && (f.has('b') || f.has('l') || f.has('m')):
		return a.fail("clmodnetwork: Network %s carries no IP.", f.get('n'))
	}
	if p := checkName("network", f.get('n')); p != nil {
		return a.wrong(p)
	}
	if o == nil {
		o = d.add("network", f.get('n'), nil)
	}
	o.Attrs["TYPE"] = kind
	if f.has('m') {
		o.Attrs["NETMASK"] = f.get('m')
	}
	if f.has('l') {
		o.Attrs["IPALIASING"] = trueFalse(f.get('l') == "yes")
	}
	if f.has('b') {
		if o.Attrs["HB_ALIAS"] = f.get('b'); f.get('b') == "" {
			delete(o.Attrs, "HB_ALIAS")
		}
	}
	return 0
}

func oldChangeIPAT(a *aixCall) int {
	f, ok := a.flags("n:ed")
	if !ok {
		return 1
	}
	if !f.has('n') || f.has('e') == f.has('d') || len(f.rest) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get("network", f.get('n'))
	if o == nil || contains(serialKinds, o.get("TYPE")) {
		return a.fail("clchipat: Network %s is not defined, or carries no IP.", f.get('n'))
	}
	o.Attrs["IPALIASING"] = trueFalse(f.has('e'))
	return 0
}

// policies are those of the kinds of groups that 5.1 has.
func oldPolicies(o *haObject) {
	put := func(s, f, b string) { o.Attrs["STARTUP"], o.Attrs["FALLOVER"], o.Attrs["FALLBACK"] = s, f, b }
	switch o.Attrs["KIND"] {
	case "cascading":
		put("OHN", "FNPN", "FBHPN")
		if o.Attrs["INACTIVE_TAKEOVER"] == "true" {
			o.Attrs["STARTUP"] = "OFAN"
		}
		if o.Attrs["CASCADE_WO_FALLBACK"] == "true" {
			o.Attrs["FALLBACK"] = "NFB"
		}
	case "rotating":
		put("OUDP", "FNPN", "NFB")
	case "concurrent":
		put("OAAN", "BO", "NFB")
	}
}

func (a *aixCall) groupFlags(f *flagSet, o *haObject) *haProblem {
	d := a.h.HA.DCD
	if f.has('n') {
		v, p := haClassOf("resource_group").attr("NODES").value(a.h, d, f.get('n'))
		if p != nil {
			return p
		}
		o.Attrs["NODES"] = v
	}
	if f.has('r') {
		if !contains("cascading rotating concurrent custom", f.get('r')) {
			return problem(1, "The type %s is none of cascading, rotating, concurrent, custom.", f.get('r'))
		}
		if a.h.HA.version() > 501 && f.get('r') != "custom" {
			return problem(1, "Resource groups of this release have policies, and no type %s.", f.get('r'))
		}
		o.Attrs["KIND"] = f.get('r')
	}
	for flag, attr := range map[byte]string{'S': "STARTUP", 'O': "FALLOVER", 'B': "FALLBACK"} {
		if !f.has(flag) {
			continue
		}
		if k := o.Attrs["KIND"]; k != "" && k != "custom" {
			return problem(1, "A resource group of the type %s has no policies.", k)
		}
		v, p := haClassOf("resource_group").attr(attr).value(a.h, d, f.get(flag))
		if p != nil {
			return p
		}
		if v == "OUDP" && a.h.HA.version() < 502 {
			return problem(1, "The startup policy OUDP exists from release 5.2 on.")
		}
		o.Attrs[attr] = v
	}
	oldPolicies(o)
	return checkGroup(a.e, a.h, d, o)
}

func oldAddGroup(a *aixCall) int {
	f, ok := a.flags("g:r:n:S:O:B:")
	if !ok {
		return 1
	}
	if !f.has('g') || !f.has('n') || len(f.rest) > 0 || a.h.HA.version() < 502 && !f.has('r') {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	if d.get("resource_group", f.get('g')) != nil {
		return a.fail("claddgrp: Resource group %s is already defined.", f.get('g'))
	}
	// A group may have a hyphen in its name here.
	if p := checkName("resource_group", strings.ReplaceAll(f.get('g'), "-", "_")); p != nil {
		return a.wrong(p)
	}
	o := &haObject{Class: "resource_group", Name: f.get('g'), Attrs: map[string]string{}}
	if p := a.groupFlags(f, o); p != nil {
		return a.wrong(p)
	}
	d.Objects = append(d.Objects, o)
	return 0
}

// changed is clchgrp and clchserv: an object takes new values, all of them or none, and a new name last.
func (a *aixCall) changed(spec, class, called string, newName byte, set func(f *flagSet, next *haObject) int) int {
	f, ok := a.flags(spec)
	if !ok {
		return 1
	}
	if !f.has('o') || len(f.set) < 2 || len(f.rest) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get(class, f.get('o'))
	if o == nil {
		return a.fail("%s: %s %s is not defined.", a.name, called, f.get('o'))
	}
	next := (&haDef{Objects: []*haObject{o}}).clone().Objects[0]
	if code := set(f, next); code != 0 {
		return code
	}
	*o = *next
	if n := f.get(newName); n != "" && n != o.Name {
		(&clmgr{aixCall: a}).renameObject(o, n)
	}
	return 0
}

func oldChangeGroup(a *aixCall) int {
	return a.changed("o:g:r:n:S:O:B:", "resource_group", "Resource group", 'g', func(f *flagSet, next *haObject) int {
		if p := a.groupFlags(f, next); p != nil {
			return a.wrong(p)
		}
		return 0
	})
}

// removal is clrmgrp, clrmserv and clrmappmon.
func (a *aixCall) removal(class, name string) int {
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get(class, name)
	if o == nil {
		return a.fail("%s: %s is not defined.", a.name, name)
	}
	m := &clmgr{aixCall: a, class: haClassOf(class), name: name, action: "delete"}
	if p := m.mayDelete(o); p != nil {
		return a.wrong(p)
	}
	d.drop(o)
	for _, x := range d.all("application_controller") {
		x.setMember("MONITORS", name, false)
	}
	return 0
}

func oldRemoveGroup(a *aixCall) int {
	f, ok := a.flags("g:")
	if !ok {
		return 1
	}
	if !f.has('g') || len(f.rest) > 0 {
		return a.usage()
	}
	return a.removal("resource_group", f.get('g'))
}

func oldRemoveServer(a *aixCall) int {
	f, ok := a.flags("s:")
	if !ok {
		return 1
	}
	if !f.has('s') || len(f.rest) > 0 {
		return a.usage()
	}
	return a.removal("application_controller", f.get('s'))
}

func oldRemoveMonitor(a *aixCall) int {
	if len(a.args) != 1 || strings.HasPrefix(a.args[0], "-") {
		return a.usage()
	}
	return a.removal("application_monitor", a.args[0])
}

// oldResources are the words of claddres that no attribute of a group answers to; they are empty or false.
const oldResources = "AIX_CONNECTIONS_SERVICES AIX_FAST_CONNECT_SERVICES TCP_CONNECTIONS MISC_DATA COMMUNICATION_LINKS PRIMARYCLASS SECONDARYCLASS SNA_CONNECTIONS GMD_REP_RESOURCE PPRC_REP_RESOURCE ERCMF_REP_RESOURCE FALLBACK_TIMER"

func oldAddResources(a *aixCall) int {
	f, ok := a.flags("g:")
	if !ok {
		return 1
	}
	if !f.has('g') || len(f.rest) == 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get("resource_group", f.get('g'))
	if o == nil {
		return a.fail("claddres: Resource group %s is not defined.", f.get('g'))
	}
	next := (&haDef{Objects: []*haObject{o}}).clone().Objects[0]
	for _, w := range f.rest {
		name, v, ok := strings.Cut(w, "=")
		if name == "CONCURRENT_VOLUME_GROUP" {
			if v == "" {
				continue
			}
			if next.get("STARTUP") != "OAAN" {
				return a.fail("claddres: CONCURRENT_VOLUME_GROUP is for concurrent resource groups.")
			}
			name = "VOLUME_GROUP"
		}
		attr := haClassOf("resource_group").attr(name)
		switch {
		case !ok:
			return a.usage()
		case contains("INACTIVE_TAKEOVER CASCADE_WO_FALLBACK", name):
			if v == "true" && next.Attrs["KIND"] != "cascading" {
				return a.fail("claddres: %s is for cascading resource groups.", name)
			}
			if next.Attrs[name] = v; v != "true" {
				delete(next.Attrs, name)
			}
		case contains("DISK_FENCING SSA_DISK_FENCING", name):
			if v != "" && v != "true" && v != "false" {
				return a.fail("claddres: %s is true or false.", name)
			}
		case contains(oldResources, name):
			if v != "" && v != "false" {
				return a.fail("claddres: %s is not supported on this system.", name)
			}
		case attr == nil || contains("NODES STARTUP FALLOVER FALLBACK SECONDARYNODES SITE_POLICY", name):
			return a.fail("claddres: The resource %s is not known.", name)
		case name == "NODE_PRIORITY_POLICY" && v == "":
		default:
			value, p := attr.value(a.h, d, v)
			if p != nil {
				return a.wrong(p)
			}
			if next.Attrs[name] = value; value == "" || value == attr.def {
				delete(next.Attrs, name)
			}
		}
	}
	oldPolicies(next)
	if p := checkGroup(a.e, a.h, d, next); p != nil {
		return a.wrong(p)
	}
	*o = *next
	return 0
}

func oldRemoveResources(a *aixCall) int {
	f, ok := a.flags("g:")
	if !ok {
		return 1
	}
	if !f.has('g') || len(f.rest) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	o := d.get("resource_group", f.get('g'))
	if o == nil {
		return a.fail("clrmres: Resource group %s is not defined.", f.get('g'))
	}
	for name := range o.Attrs {
		if !contains("NODES STARTUP FALLOVER FALLBACK KIND", name) {
			delete(o.Attrs, name)
		}
	}
	oldPolicies(o)
	return 0
}

func oldAddServer(a *aixCall) int {
	f, ok := a.flags("s:b:e:")
	if !ok {
		return 1
	}
	if !f.has('s') || !f.has('b') || !f.has('e') || len(f.rest) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	if d.get("application_controller", f.get('s')) != nil {
		return a.fail("claddserv: Application server %s is already defined.", f.get('s'))
	}
	if p := checkName("application server", strings.ReplaceAll(f.get('s'), "-", "_")); p != nil {
		return a.wrong(p)
	}
	if !strings.HasPrefix(f.get('b'), "/") || !strings.HasPrefix(f.get('e'), "/") {
		return a.fail("claddserv: The scripts are full path names.")
	}
	d.add("application_controller", f.get('s'), map[string]string{"STARTSCRIPT": f.get('b'), "STOPSCRIPT": f.get('e')})
	return 0
}

func oldChangeServer(a *aixCall) int {
	return a.changed("o:s:b:e:", "application_controller", "Application server", 's', func(f *flagSet, next *haObject) int {
		for flag, attr := range map[byte]string{'b': "STARTSCRIPT", 'e': "STOPSCRIPT"} {
			if v := f.get(flag); f.has(flag) {
				if !strings.HasPrefix(v, "/") {
					return a.fail("clchserv: The scripts are full path names.")
				}
				next.Attrs[attr] = v
			}
		}
		return 0
	})
}

// oldAddMonitor takes the words of the ODM.
func oldAddMonitor(a *aixCall) int {
	d := a.old()
	if d == nil {
		return 1
	}
	words := map[string]string{"MONITOR_TYPE": "TYPE", "INVOCATION": "MODE", "PROCESSES": "PROCESSES", "PROCESS_OWNER": "OWNER", "INSTANCE_COUNT": "INSTANCECOUNT", "PARAM_CHECK": "ARGUMENTS", "MONITOR_METHOD": "MONITORMETHOD", "MONITOR_INTERVAL": "MONITORINTERVAL",
		"HUNG_MONITOR_SIGNAL": "HUNGSIGNAL", "STABILIZATION_INTERVAL": "STABILIZATION", "RESTART_COUNT": "RESTARTCOUNT", "RESTART_INTERVAL": "RESTARTINTERVAL", "FAILURE_ACTION": "FAILUREACTION", "CLEANUP_METHOD": "CLEANUPMETHOD", "RESTART_METHOD": "RESTARTMETHOD",
		"NOTIFY_METHOD": "NOTIFYMETHOD", "RESOURCE_TO_MONITOR": "APPLICATIONS"}
	o := &haObject{Class: "application_monitor", Attrs: map[string]string{"FAILUREACTION": "notify"}}
	for _, w := range a.args {
		name, v, ok := strings.Cut(w, "=")
		switch {
		case !ok:
			return a.usage()
		case name == "name":
			o.Name = v
			continue
		case name == "MONITOR_TYPE":
			if v = map[string]string{"user": "Custom", "process": "Process"}[v]; v == "" {
				return a.fail("claddappmon: MONITOR_TYPE is user or process.")
			}
		case words[name] == "":
			return a.fail("claddappmon: The attribute %s is not known.", name)
		}
		value, p := haClassOf("application_monitor").attr(words[name]).value(a.h, d, v)
		if p != nil {
			return a.wrong(p)
		}
		o.Attrs[words[name]] = value
	}
	if p := checkName("application_monitor", o.Name); p != nil {
		return a.wrong(p)
	}
	if d.get("application_monitor", o.Name) != nil {
		return a.fail("claddappmon: Monitor %s is already defined.", o.Name)
	}
	if a.h.HA.version() < 502 && o.Attrs["MODE"] != "" && o.Attrs["MODE"] != "longrunning" {
		return a.fail("claddappmon: Startup monitors exist from release 5.2 on.")
	}
	if p := checkObject(a.e, a.h, d, o, true); p != nil {
		return a.wrong(p)
	}
	d.Objects = append(d.Objects, o)
	(&clmgr{aixCall: a}).crossLinks(o)
	return 0
}

// oldHarvest lists what discovery finds.
func oldHarvest(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	d := a.old()
	if d == nil {
		return 1
	}
	for _, n := range d.all("node") {
		h := a.e.haHost(a.h, n)
		if why := a.e.talk(a.h, h); why != "" {
			return a.fail("cl_harvest: %s: %s.", n.Name, why)
		}
		a.say("%s:", n.Name)
		for _, x := range h.Interfaces {
			a.say("\tInterface: %s\t%s\t%s", x.Name, x.Address, a.h.label(x.Address))
		}
		for _, x := range h.Disks {
			group, _ := h.groupLabel(x)
			a.say("\tHdisk: %s\tPVID: %s\tVGname: %s", x.Name, orNone(x.PVID), group)
		}
	}
	a.h.HA.Discovered = true
	return 0
}

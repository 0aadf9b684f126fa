package aix

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

// What a node tells of its cluster (powerha-cli.md): the definition that it holds itself, which another node may not share yet,
// and the states of the moment. Clusters are read through clmgr, which is there from 7.1 on; cluster_classic.go puts what older ones
// keep in their object database into the same words.

const utilities = "/usr/es/sbin/cluster/utilities/"

func clmgr(words ...string) *console.Command {
	return console.New(utilities + "clmgr").Add(words...)
}

// classes of objects that are asked for one by one.
var classes = []string{"node", "network", "site", "application_controller", "application_monitor", "resource_group", "fallback_timer"}

// hostBatch is what any node of a cluster is asked for.
func hostBatch(programs []string) *console.Batch {
	b := &console.Batch{}
	b.Add("machine", console.New("uname", "-m"))
	b.Add("kernel", console.New("bootinfo", "-K"))
	b.Add("var", console.New("df", "-m", "/var"))
	b.Add("hosts", console.New("cat", "/etc/hosts"))
	b.Add("peers", console.New("cat", "/etc/cluster/rhosts"))
	b.Add("classic peers", console.New("cat", classicTrust))
	b.Add("filesets", console.New("lslpp", "-Lcq"))
	b.Add("interfaces", console.New("ifconfig", "-a"))
	b.Add("routes", console.New("netstat", "-rn"))
	b.Add("users", console.New("cat", "/etc/passwd"))
	b.Add("manager", console.New("lssrc", "-ls", "clstrmgrES"))
	b.Add("self", console.New(utilities+"get_local_nodename"))
	b.Add("labels", console.New(utilities+"cllsif", "-c"))
	if len(programs) > 0 {
		b.Add("programs", console.New("ls", "-lLd").Add(programs...))
	}
	return b
}

// classicTrust is where nodes up to 6.1 keep whom they trust.
const classicTrust = "/usr/es/sbin/cluster/etc/rhosts"

// clusterBatch is the second request: what only a node of a cluster is asked for.
func clusterBatch(programs []string) *console.Batch {
	b := hostBatch(programs)
	b.Add("level", console.New(utilities+"halevel", "-s"))
	b.Add("caa", console.New("lscluster", "-c"))
	b.Add("paths", console.New("lscluster", "-i"))
	b.Add("cluster", clmgr("query", "cluster"))
	for _, c := range classes {
		b.ForEach(c, clmgr("query", c), clmgr("query", c).AddEach())
	}
	b.Add("dependency", clmgr("query", "dependency"))
	b.Add("groups", console.New(utilities+"clRGinfo", "-s"))
	b.Add("overrides", console.New(utilities+"clRGinfo", "-p"))
	return b
}

// answer is ATTR="VALUE" lines. How clmgr spells the attributes of monitors is unconfirmed, so underscores and case do not
// count; what is empty is left out.
type answer map[string]string

var attrLine = regexp.MustCompile(`(?m)^([A-Za-z0-9_]+)="(.*)"\s*$`)

func attributes(text string) answer {
	a := answer{}
	for _, m := range attrLine.FindAllStringSubmatch(text, -1) {
		if m[2] != "" {
			a[spelling(m[1])] = m[2]
		}
	}
	return a
}

func spelling(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "_", "")) }

func (a answer) get(name string) string { return a[spelling(name)] }

func (a answer) text(name string) cty.Value { return text(a.get(name)) }

func (a answer) number(name string) cty.Value { return number(a.get(name)) }

// words of a value; members of a list are separated by blanks, and by commas where they were written so.
func (a answer) words(name string) []string {
	return strings.FieldsFunc(a.get(name), func(r rune) bool { return r == ' ' || r == ',' })
}

func (a answer) yes(name string) cty.Value {
	switch strings.ToLower(a.get(name)) {
	case "yes", "true", "enabled":
		return cty.True
	case "no", "false", "disabled":
		return cty.False
	}
	return cty.NilVal
}

// word translates a value of the console; what is not known stays as it is.
func (a answer) word(name string, ours map[string]string) cty.Value {
	v := a.get(name)
	if w := ours[strings.ToUpper(v)]; w != "" {
		return cty.StringVal(w)
	}
	return text(v)
}

// Words of clmgr for those of the kinds (powerha-cli.md, sections 3.1, 3.5 and 3.9).
var (
	clusterTypes = map[string]string{"standard": "NSC", "stretched": "SC", "linked": "LC"}
	startups     = map[string]string{"home-node": "OHN", "first-available": "OFAN", "all-available": "OAAN", "node-distribution": "OUDP"}
	fallovers    = map[string]string{"next-priority": "FNPN", "dynamic-priority": "FUDNP", "bring-offline": "BO"}
	fallbacks    = map[string]string{"higher-priority": "FBHPN", "never": "NFB"}
	priorities   = map[string]string{"memory": "mem", "cpu": "cpu", "disk": "disk", "lowest": "least", "highest": "most"}
	monitorTypes = map[string]string{"process": "Process", "custom": "Custom"}
	weekdays     = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

func upper(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[strings.ToUpper(v)] = k
	}
	return out
}

// readNode adds to the host what a node of a cluster is asked for, and reads its cluster.
func (d *discovery) readNode(sec map[string]console.Section, host map[string]cty.Value) ([]*schema.Object, error) {
	host["machine"], host["kernel_bits"] = text(strings.TrimSpace(sec["machine"].Out)), number(strings.TrimSpace(sec["kernel"].Out))
	host["cluster_level"] = text(strings.TrimSpace(sec["level"].Out))
	for _, l := range strings.Split(sec["var"].Out, "\n") {
		if f := strings.Fields(l); len(f) >= 7 && f[len(f)-1] == "/var" {
			if n, err := strconv.ParseFloat(f[2], 64); err == nil {
				host["var_free"] = cty.NumberFloatVal(n)
			}
		}
	}
	names := map[string]cty.Value{}
	for _, f := range rows(sec["hosts"].Out, "#") {
		for _, n := range f[1:] {
			if _, twice := names[n]; !twice && strings.Count(f[0], ".") == 3 { // the first entry counts
				names[n] = cty.StringVal(f[0])
			}
		}
	}
	host["names"] = schema.Build(names)
	var peers []string
	trust := sec["peers"]
	if _, old := sec["HACMPcluster"]; old {
		trust = sec["classic peers"]
	}
	for _, f := range rows(trust.Out, "#") {
		peers = append(peers, f[0])
	}
	host["peers"] = texts(peers)
	filesets := map[string]cty.Value{}
	for _, l := range strings.Split(sec["filesets"].Out, "\n") {
		if f := strings.Split(l, ":"); len(f) > 2 && slices.ContainsFunc(clusterFilesets, func(p string) bool { return strings.HasPrefix(f[1], p) }) {
			filesets[f[1]] = cty.StringVal(f[2])
		}
	}
	host["filesets"] = schema.Build(filesets)
	host["interfaces"] = interfaces(sec["interfaces"].Out)
	for _, n := range deaf(sec["paths"].Out, strings.TrimSpace(sec["self"].Out)) {
		if schema.Has(host["interfaces"], n) {
			host["interfaces"] = schema.Set(host["interfaces"], schema.JoinPath(n, "state"), cty.StringVal("down"))
		}
	}
	var routes []string
	for _, f := range rows(sec["routes"].Out, "") {
		if len(f) > 5 && (f[0] == "default" || f[0][0] >= '0' && f[0][0] <= '9') && strings.Count(f[1], ".") == 3 {
			routes = append(routes, f[0])
		}
	}
	host["routes"] = texts(routes)
	users := map[string]cty.Value{}
	for _, l := range strings.Split(sec["users"].Out, "\n") {
		if f := strings.Split(l, ":"); len(f) > 3 {
			if n := number(f[2]); n != cty.NilVal {
				users[f[0]] = n
			}
		}
	}
	host["users"] = schema.Build(users)
	var exports []string
	for dir := range d.exports {
		exports = append(exports, dir)
	}
	slices.Sort(exports)
	host["exports"] = texts(exports)
	if p, asked := sec["programs"]; asked {
		scripts := map[string]cty.Value{}
		for _, f := range rows(p.Out, "") {
			if len(f) > 3 && len(f[0]) >= 10 {
				scripts[f[len(f)-1]] = cty.StringVal("not executable")
				if f[0][3] == 'x' || f[0][3] == 's' {
					scripts[f[len(f)-1]] = cty.StringVal("executable")
				}
			}
		}
		for _, s := range d.programs {
			if _, there := scripts[s]; !there {
				scripts[s] = cty.StringVal("missing")
			}
		}
		host["scripts"] = schema.Build(scripts)
	}
	c := attributes(sec["cluster"].Out)
	if c.get("CLUSTER_NAME") == "" {
		if sec["cluster"].Exit == 0 {
			return nil, fmt.Errorf("no CLUSTER_NAME")
		}
		return nil, nil // there is none
	}
	return d.cluster(c, sec)
}

// clusterFilesets are those that HACMP and PowerHA ask for (powerha-cli.md, sections 0 and 1.6).
var clusterFilesets = []string{"cluster.es.", "bos.cluster.rte", "bos.ahafs", "bos.clvm.enh", "rsct.basic.rte", "bos.adt.", "bos.net.tcp.", "bos.rte.SRC", "bos.rte.lib", "bos.rte.odm", "bos.rte.lvm", "bos.data", "bos.rte"}

// rows are the words of lines, without what stands behind a comment sign.
func rows(out, comment string) [][]string {
	var all [][]string
	for _, l := range strings.Split(out, "\n") {
		if comment != "" {
			l, _, _ = strings.Cut(l, comment)
		}
		if f := strings.Fields(l); len(f) > 0 && (comment == "" || len(f) > 0) {
			all = append(all, f)
		}
	}
	return all
}

// deaf lists the interfaces of a node over which the cluster hears nothing, of lscluster -i: ifconfig shows one without a link as up.
// Only DOWN counts; the words behind it are unconfirmed.
func deaf(out, self string) []string {
	var all []string
	node, name := "", ""
	for _, l := range strings.Split(out, "\n") {
		f := strings.Fields(l)
		switch {
		case len(f) == 2 && strings.EqualFold(f[0], "Node"):
			node = f[1]
		case len(f) == 4 && strings.EqualFold(f[0]+" "+f[1], "Interface number"):
			name = f[3]
		case node == self && len(f) > 3 && strings.EqualFold(f[0]+" "+f[1], "Interface state") && f[3] == "DOWN":
			all = append(all, name)
		}
	}
	return all
}

var inet = regexp.MustCompile(`^\s+inet (\S+) netmask (0x[0-9a-f]+|\S+)`)

// interfaces reads ifconfig -a.
func interfaces(out string) cty.Value {
	all := map[string]cty.Value{}
	name, first, mask, state := "", "", "", ""
	var aliases []string
	flush := func() {
		if name != "" && !strings.HasPrefix(name, "lo") {
			v := map[string]cty.Value{"address": text(first), "netmask": text(mask), "state": text(state)}
			if len(aliases) > 0 {
				v["aliases"] = texts(aliases)
			}
			all[name] = schema.Build(v)
		}
		first, mask, aliases = "", "", nil
	}
	for _, l := range strings.Split(out, "\n") {
		if n, rest, ok := strings.Cut(l, ": flags="); ok && !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "\t") {
			flush()
			name, state = n, "down"
			if regexp.MustCompile(`[<,]UP[,>]`).MatchString(rest) {
				state = "up"
			}
			continue
		}
		m := inet.FindStringSubmatch(l)
		switch {
		case m == nil:
		case first == "":
			first, mask = m[1], dotted(m[2])
		default:
			aliases = append(aliases, m[1])
		}
	}
	flush()
	return schema.Build(all)
}

// dotted writes a mask such as 0xffffff00 with dots.
func dotted(mask string) string {
	n, err := strconv.ParseUint(strings.TrimPrefix(mask, "0x"), 16, 32)
	if err != nil || !strings.HasPrefix(mask, "0x") {
		return mask
	}
	return fmt.Sprintf("%d.%d.%d.%d", n>>24, n>>16&255, n>>8&255, n&255)
}

// cluster is the definition that this node holds, and what it says of itself.
func (d *discovery) cluster(c answer, sec map[string]console.Section) ([]*schema.Object, error) {
	name := c.get("CLUSTER_NAME")
	v := map[string]cty.Value{"name": text(name), "id": c.text("CLUSTER_ID"), "condition": c.text("STATE"), "type": c.word("TYPE", upper(clusterTypes)),
		"heartbeat": text(strings.ToLower(c.get("HEARTBEAT_TYPE"))), "multicast_address": c.text("CLUSTER_IP")}
	switch strings.ToLower(c.get("UNSYNCED_CHANGES")) { // the key is unconfirmed; without it only a comparison of the nodes tells
	case "true", "yes":
		v["synchronised"] = cty.False
	case "false", "no":
		v["synchronised"] = cty.True
	}
	nodes, self := map[string]string{}, strings.TrimSpace(sec["self"].Out) // node -> host: they have one name unless it is this one
	if self != "" {
		nodes[self] = d.host
	}
	hostOf := func(node string) string {
		if h := nodes[node]; h != "" {
			return h
		}
		return node
	}
	hosts := func(list []string) cty.Value {
		var out []string
		for _, n := range list {
			out = append(out, hostOf(n))
		}
		return texts(out)
	}
	order, about := console.Items(sec["node"].Out)
	if listed := c.words("NODES"); len(listed) > 0 {
		order = listed
	}
	v["nodes"] = hosts(order)
	state := "OFFLINE"
	manager := ""
	if _, s, ok := strings.Cut(sec["manager"].Out, "Current state: "); ok {
		manager = strings.Fields(s + " -")[0]
	}
	if st := attributes(about[self]).get("STATE"); st != "" {
		state = st
	} else if manager == "ST_STABLE" {
		state = "NORMAL"
	}
	v["members"] = schema.Build(map[string]cty.Value{d.host: schema.Build(map[string]cty.Value{"node": text(self), "state": text(state), "manager": text(manager),
		"level": text(strings.TrimSpace(sec["level"].Out)), "caa": cty.BoolVal(sec["caa"].Exit == 0 && strings.TrimSpace(sec["caa"].Out) != "")})})
	v["state"] = cty.StringVal("online") // also while it is busy or in error
	if slices.Contains([]string{"OFFLINE", "UNKNOWN", "NOT_CONFIGURED"}, state) {
		v["state"] = cty.StringVal("offline")
	}
	var repositories []string
	for _, f := range strings.FieldsFunc(c.get("REPOSITORIES"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if id := d.diskNamed(f); id != "" && !slices.Contains(repositories, id) {
			repositories = append(repositories, id)
		}
	}
	if len(repositories) > 0 {
		v["repository"] = texts(repositories)
	}
	setting := map[string]cty.Value{}
	for attr, key := range clusterSettings {
		setting[attr] = c.number(key)
	}
	setting["daily_verification"] = c.yes("DAILY_VERIFICATION")
	for attr, key := range clusterWords {
		setting[attr] = text(strings.ToLower(c.get(key)))
	}
	if s := schema.Build(setting); s.LengthInt() > 0 {
		v["settings"] = s
	}
	d.labels(v, sec, hostOf)
	_, items := console.Items(sec["site"].Out)
	sites := map[string]cty.Value{}
	for n, t := range items {
		sites[n] = schema.Build(map[string]cty.Value{"nodes": hosts(attributes(t).words("NODES"))})
	}
	if len(sites) > 0 {
		v["site"] = schema.Build(sites)
	}
	out := []*schema.Object{{Kind: "cluster", ID: name, Endpoint: d.endpoint, Value: schema.Build(v)}}
	out = append(out, d.applications(name, sec)...)
	return append(out, d.resourceGroups(name, sec, hosts, hostOf)...), nil
}

// clusterSettings are numbers of the cluster, clusterWords words, by the attribute of clmgr.
var (
	clusterSettings = map[string]string{"failure_detection": "HEARTBEAT_FREQUENCY", "grace_period": "GRACE_PERIOD", "network_failure_detection": "NETWORK_FAILURE_DETECTION_TIME", "settling_time": "RG_SETTLING_TIME",
		"max_event_time": "MAX_EVENT_TIME", "max_group_time": "MAX_RG_PROCESSING_TIME", "failure_detection_during_lpm": "HEARTBEAT_FREQUENCY_DURING_LPM"}
	clusterWords = map[string]string{"lpm_policy": "LPM_POLICY", "split_policy": "SPLIT_POLICY", "merge_policy": "MERGE_POLICY", "site_failure": "SITE_POLICY_FAILURE_ACTION"}
)

// diskNamed finds a disk by the device name or the PVID that the cluster tells: hdisk2 (00f70c99013e28ca).
func (d *discovery) diskNamed(word string) string {
	word = strings.Trim(word, "()")
	for _, p := range d.disks {
		if p.device == word || p.pvid == word && word != "" {
			return p.id(d.host)
		}
	}
	return ""
}

// labels reads networks, and the addresses in cllsif -c: name, type, network, type of the network, attribute, node, address,
// hardware address, interface, global name, netmask, heartbeat alias and more.
func (d *discovery) labels(v map[string]cty.Value, sec map[string]console.Section, hostOf func(string) string) {
	networks := map[string]map[string]cty.Value{}
	_, items := console.Items(sec["network"].Out)
	for n, t := range items {
		a := attributes(t)
		kind := strings.ToLower(a.get("TYPE"))
		if strings.HasPrefix(kind, "xd_") {
			kind = "XD_" + kind[3:]
		}
		networks[n] = map[string]cty.Value{"type": text(kind), "netmask": a.text("NETMASK"), "public": a.yes("PUBLIC"), "takeover": a.text("TAKEOVER"), "heartbeat_alias": a.text("HB_ALIAS")}
	}
	blocks := map[string]map[string]cty.Value{"interface": {}, "service_ip": {}, "persistent_ip": {}}
	masks := map[string]string{}
	for _, l := range strings.Split(sec["labels"].Out, "\n") {
		f := strings.Split(strings.TrimSpace(l), ":")
		if strings.HasPrefix(l, "#") || len(f) < 12 {
			continue
		}
		n := networks[f[2]]
		if n == nil {
			n = map[string]cty.Value{"type": text(strings.ToLower(f[3]))}
			networks[f[2]] = n
		}
		if f[1] == "boot" && f[10] != "" {
			masks[f[2]] = f[10]
		}
		if slices.Contains([]string{"diskhb", "rs232", "tmscsi", "tmssa"}, f[3]) { // an end of a network without IP
			node := hostOf(f[5])
			if id := d.diskNamed(strings.TrimPrefix(f[6], "/dev/")); id != "" && f[3] == "diskhb" && node == d.host {
				n["disk"] = text(id)
			} else if f[3] != "diskhb" {
				ends := map[string]cty.Value{}
				if n["devices"] != cty.NilVal {
					ends = n["devices"].AsValueMap()
				}
				ends[node] = text(f[6])
				n["devices"] = cty.ObjectVal(ends)
			}
			var nodes []string
			if n["nodes"] != cty.NilVal {
				nodes = schema.Strings(n["nodes"], "")
			}
			if !slices.Contains(nodes, node) {
				n["nodes"] = texts(append(nodes, node))
			}
			continue
		}
		switch f[1] {
		case "boot":
			blocks["interface"][f[0]] = schema.Build(map[string]cty.Value{"node": text(hostOf(f[5])), "network": text(f[2]), "address": text(f[6]), "device": text(f[8])})
		case "service":
			blocks["service_ip"][f[0]] = schema.Build(map[string]cty.Value{"network": text(f[2]), "address": text(f[6])})
		case "persistent":
			blocks["persistent_ip"][f[0]] = schema.Build(map[string]cty.Value{"node": text(hostOf(f[5])), "network": text(f[2]), "address": text(f[6])})
		}
	}
	all := map[string]cty.Value{}
	for n, a := range networks {
		if a["netmask"] == cty.NilVal {
			a["netmask"] = text(masks[n])
		}
		all[n] = schema.Build(a)
	}
	v["network"] = schema.Build(all)
	for b, items := range blocks {
		v[b] = schema.Build(items)
	}
}

func (d *discovery) applications(cluster string, sec map[string]console.Section) []*schema.Object {
	monitors := map[string]map[string]cty.Value{} // by application
	_, items := console.Items(sec["application_monitor"].Out)
	for n, t := range items {
		a := attributes(t)
		m := map[string]cty.Value{"type": a.word("TYPE", upper(monitorTypes)), "mode": text(strings.ToLower(a.get("MODE"))), "owner": a.text("OWNER"), "instances": a.number("INSTANCECOUNT"), "arguments": a.text("ARGUMENTS"),
			"method": a.text("MONITORMETHOD"), "interval": a.number("MONITORINTERVAL"), "hung_signal": a.number("HUNGSIGNAL"), "stabilization": a.number("STABILIZATION"), "restarts": a.number("RESTARTCOUNT"),
			"restart_interval": a.number("RESTARTINTERVAL"), "on_failure": text(strings.ToLower(a.get("FAILUREACTION"))), "cleanup": a.text("CLEANUPMETHOD"), "restart": a.text("RESTARTMETHOD"), "notify": a.text("NOTIFYMETHOD")}
		if p := a.words("PROCESSES"); len(p) > 0 {
			m["processes"] = texts(p)
		}
		for _, app := range a.words("APPLICATIONS") {
			if monitors[app] == nil {
				monitors[app] = map[string]cty.Value{}
			}
			monitors[app][n] = schema.Build(m)
		}
	}
	var out []*schema.Object
	order, about := console.Items(sec["application_controller"].Out)
	for _, n := range order {
		a := attributes(about[n])
		v := map[string]cty.Value{"name": text(n), "cluster": text(cluster), "start": a.text("STARTSCRIPT"), "stop": a.text("STOPSCRIPT"), "startup_mode": text(strings.ToLower(a.get("STARTUP_MODE"))), "monitor": schema.Build(monitors[n])}
		out = append(out, &schema.Object{Kind: "application", ID: cluster + "/" + n, Endpoint: d.endpoint, Value: schema.Build(v)})
	}
	return out
}

func (d *discovery) resourceGroups(cluster string, sec map[string]console.Section, hosts func([]string) cty.Value, hostOf func(string) string) []*schema.Object {
	where, holder, pinned := map[string]map[string]cty.Value{}, map[string][2]string{}, map[string]string{}
	for _, l := range strings.Split(sec["groups"].Out, "\n") {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) < 3 || f[0] == "" {
			continue
		}
		node, _, _ := strings.Cut(strings.TrimSpace(f[2]), "@")
		if where[f[0]] == nil {
			where[f[0]] = map[string]cty.Value{}
		}
		where[f[0]][hostOf(node)] = cty.StringVal(f[1])
		if rankOfState(f[1]) > rankOfState(holder[f[0]][0]) {
			holder[f[0]] = [2]string{f[1], hostOf(node)}
		}
	}
	for group, node := range overrides(sec["overrides"].Out) {
		pinned[group] = hostOf(node)
	}
	depends := d.dependencies(cluster, sec)
	_, timers := console.Items(sec["fallback_timer"].Out)
	var out []*schema.Object
	order, about := console.Items(sec["resource_group"].Out)
	for _, n := range order {
		a := attributes(about[n])
		in := func(kind string, list []string) cty.Value {
			var ids []string
			for _, x := range list {
				id := cluster + "/" + x
				if kind == "volume_group" {
					id = d.host + "/" + x
				}
				ids = append(ids, id)
			}
			return texts(ids)
		}
		var disks []string
		for _, x := range a.words("DISK") {
			if id := d.diskNamed(x); id != "" {
				disks = append(disks, id)
			}
		}
		v := map[string]cty.Value{"name": text(n), "cluster": text(cluster), "nodes": hosts(a.words("NODES")), "startup": a.word("STARTUP", upper(startups)), "fallover": a.word("FALLOVER", upper(fallovers)), "fallback": a.word("FALLBACK", upper(fallbacks)),
			"service_ips": texts(a.words("SERVICE_LABEL")), "applications": in("application", a.words("APPLICATIONS")), "volume_groups": in("volume_group", a.words("VOLUME_GROUP")),
			"disks": texts(disks), "tapes": texts(a.words("SHARED_TAPE_RESOURCES")), "exports": texts(a.words("EXPORT_FILESYSTEM")), "exports_v4": texts(a.words("EXPORT_FILESYSTEM_V4")),
			"stable_storage": a.text("STABLE_STORAGE_PATH"), "nfs_network": a.text("NFS_NETWORK"), "filesystems_first": a.yes("FS_BEFORE_IPADDR"), "forced_varyon": a.yes("FORCED_VARYON"), "auto_import": a.yes("VG_AUTO_IMPORT"),
			"recovery": text(strings.ToLower(a.get("RECOVERY_METHOD"))), "check": text(strings.ToLower(a.get("FSCHECK_TOOL"))), "secondary_nodes": hosts(a.words("SECONDARYNODES")), "site_policy": text(strings.ToLower(a.get("SITE_POLICY")))}
		if f := a.words("FILESYSTEM"); !(len(f) == 1 && f[0] == "ALL") {
			v["filesystems"] = texts(f)
		}
		mounts := map[string]cty.Value{}
		for _, m := range a.words("MOUNT_FILESYSTEM") {
			if at, dir, ok := strings.Cut(m, ";"); ok {
				mounts[at] = cty.StringVal(dir)
			}
		}
		v["nfs_mounts"] = schema.Build(mounts)
		if p := a.get("NODE_PRIORITY_POLICY"); p != "" && p != "default" {
			v["priority"] = schema.Build(map[string]cty.Value{"policy": a.word("NODE_PRIORITY_POLICY", upper(priorities)), "script": a.text("NODE_PRIORITY_POLICY_SCRIPT"), "timeout": a.number("NODE_PRIORITY_POLICY_TIMEOUT")})
		}
		if t := a.get("FALLBACK_AT"); t != "" {
			v["fallback_timer"] = timer(t, attributes(timers[t]))
		}
		for attr, groups := range depends[n] {
			v[attr] = texts(groups)
		}
		h := holder[n]
		if h[0] == "" {
			h[0] = a.get("STATE")
		}
		v["condition"], v["where"], v["pinned_to"] = text(h[0]), schema.Build(where[n]), text(pinned[n])
		switch {
		case h[0] == "ONLINE":
			v["state"], v["on"] = cty.StringVal("online"), text(h[1])
		case strings.HasPrefix(h[0], "OFFLINE"):
			v["state"] = cty.StringVal("offline")
		}
		out = append(out, &schema.Object{Kind: "resource_group", ID: cluster + "/" + n, Endpoint: d.endpoint, Value: schema.Build(v)})
	}
	return out
}

// rankOfState: which state of a group on one of its nodes is that of the group.
func rankOfState(s string) int {
	switch {
	case s == "":
		return 0
	case strings.HasPrefix(s, "OFFLINE"):
		return 1
	case s == "ONLINE":
		return 3
	}
	return 2
}

// overrides reads the priority override locations of clRGinfo -p. Its form is unconfirmed: a line of a group, and below it one that
// names the node.
func overrides(out string) map[string]string {
	found, group := map[string]string{}, ""
	for _, l := range strings.Split(out, "\n") {
		if _, name, ok := strings.Cut(l, "Resource Group Name:"); ok {
			group = strings.TrimSpace(name)
		}
		if _, node, ok := strings.Cut(l, "Priority Override Information"); ok && group != "" {
			if n := strings.Trim(strings.TrimSpace(node), ": "); n != "" && n != "none" {
				found[group] = n
			}
		}
	}
	return found
}

// dependencies by group and attribute. How clmgr tells them is unconfirmed; what is read are the names under which they are made,
// one dependency a line.
func (d *discovery) dependencies(cluster string, sec map[string]console.Section) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	add := func(group, attr string, others ...string) {
		if out[group] == nil {
			out[group] = map[string][]string{}
		}
		for _, o := range others {
			if id := cluster + "/" + o; o != group && !slices.Contains(out[group][attr], id) {
				out[group][attr] = append(out[group][attr], id)
			}
		}
	}
	for _, line := range rows(sec["dependency"].Out, "") {
		a := answer{}
		for _, word := range line {
			if name, value, ok := strings.Cut(word, "="); ok {
				a[spelling(name)] = strings.Trim(value, `"`)
			}
		}
		groups := a.words("GROUPS")
		switch {
		case a.get("PARENT") != "":
			for _, child := range a.words("CHILD") {
				add(child, "parents", a.words("PARENT")...)
			}
		case a.get("START") != "":
			for _, g := range a.words("START") {
				add(g, "start_after", a.words("AFTER")...)
			}
		case a.get("STOP") != "":
			for _, g := range a.words("STOP") {
				add(g, "stop_after", a.words("AFTER")...)
			}
		case strings.EqualFold(a.get("SAME"), "node"):
			for _, g := range groups {
				add(g, "same_node", groups...)
			}
		case a.get("DIFFERENT") != "":
			for _, g := range groups {
				add(g, "different_node", groups...)
			}
		}
	}
	return out
}

func timer(name string, a answer) cty.Value {
	v := map[string]cty.Value{"name": text(name), "day": a.number("DAY_OF_MONTH"), "month": a.number("MONTH"), "year": a.number("YEAR"), "hour": a.number("HOUR"), "minute": a.number("MINUTE")}
	day := strings.ToLower(a.get("DAY_OF_WEEK"))
	if n, err := strconv.Atoi(day); err == nil && n >= 0 && n < 7 {
		day = weekdays[n]
	}
	v["weekday"] = text(day)
	return schema.Build(v)
}

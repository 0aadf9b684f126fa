package lab

import (
	"cmp"
	"fmt"
	"net"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
)

// haObject is one thing of a cluster definition. Lists are words with single blanks between them, as clmgr prints them.
type haObject struct {
	Class, Name string
	Attrs       map[string]string
}

func (o *haObject) get(attr string) string {
	if v, ok := o.Attrs[attr]; ok {
		return v
	}
	if a := haClassOf(o.Class).attr(attr); a != nil {
		return a.def
	}
	return ""
}

func (o *haObject) list(attr string) []string { return strings.Fields(o.get(attr)) }
func (o *haObject) yes(attr string) bool      { return o.get(attr) == "true" }
func (o *haObject) num(attr string) int       { n, _ := atoi(o.get(attr)); return n }

// seconds is a number of an attribute as a time.
func (o *haObject) seconds(attr string) time.Duration {
	return time.Duration(o.num(attr)) * time.Second
}

// haDef is a definition of a cluster as the ODM of one node holds it.
type haDef struct{ Objects []*haObject }

func (d *haDef) all(class string) []*haObject {
	if d == nil {
		return nil
	}
	var out []*haObject
	for _, o := range d.Objects {
		if o.Class == class {
			out = append(out, o)
		}
	}
	return out
}

func (d *haDef) get(class, name string) *haObject {
	for _, o := range d.all(class) {
		if o.Name == name {
			return o
		}
	}
	return nil
}

func (d *haDef) names(class string) []string {
	var out []string
	for _, o := range d.all(class) {
		out = append(out, o.Name)
	}
	return out
}

// cluster is the object of the cluster itself, or nil.
func (d *haDef) cluster() *haObject {
	if all := d.all("cluster"); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (d *haDef) add(class, name string, attrs map[string]string) *haObject {
	o := &haObject{Class: class, Name: name, Attrs: attrs}
	if attrs == nil {
		o.Attrs = map[string]string{}
	}
	d.Objects = append(d.Objects, o)
	return o
}

func (d *haDef) drop(o *haObject) {
	d.Objects = slices.DeleteFunc(slices.Clone(d.Objects), func(x *haObject) bool { return x == o })
}

func (d *haDef) clone() *haDef {
	if d == nil {
		return nil
	}
	out := &haDef{}
	for _, o := range d.Objects {
		m := map[string]string{}
		for k, v := range o.Attrs {
			m[k] = v
		}
		out.Objects = append(out.Objects, &haObject{o.Class, o.Name, m})
	}
	return out
}

// text is a definition for comparing: two nodes agree when it is the same.
func (d *haDef) text() string {
	if d == nil {
		return ""
	}
	var out []string
	for _, o := range d.Objects {
		line := fmt.Sprintf("%s %q", o.Class, o.Name)
		for _, k := range sortedKeys(o.Attrs) {
			line += fmt.Sprintf(" %s=%q", k, o.Attrs[k])
		}
		out = append(out, line)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// States of a cluster manager.
const (
	haNone    = "NOT_CONFIGURED"
	haInit    = "ST_INIT"
	haJoining = "ST_JOINING"
	haRunning = "ST_RP_RUNNING"
	haStable  = "ST_STABLE"
	haFailed  = "RP_FAILED"
)

// States of a resource group on a node.
const (
	rgOffline   = "OFFLINE"
	rgOnline    = "ONLINE"
	rgAcquiring = "ACQUIRING"
	rgReleasing = "RELEASING"
	rgError     = "ERROR"
	rgTemporary = "TEMPORARY ERROR"
	rgUnmanaged = "UNMANAGED"
)

// haNode is what PowerHA keeps on a host.
type haNode struct {
	Version, Fix string
	DCD          *haDef // what clmgr changes here
	ACD          *haDef // what the running cluster manager works with
	Trust        string // the rhosts file as clcomd read it last
	State        string // empty: not running
	Forced       bool   // services stopped, resources left as they are
	Groups       map[string]*haInstance
	Seen         []string // nodes that this one takes for up, itself too
	Joined       time.Time
	Suspended    []string // application controllers that are not monitored
	AtBoot       bool     // cluster services start with the host
	BadPaths     []string // interfaces whose failure was noticed
	Discovered   bool
	Boot         map[string]string // addresses that service addresses stand in for, by interface
}

// haInstance is a resource group on one node.
type haInstance struct {
	State    string
	Why      string // behind OFFLINE: user, parent, fallover, lack
	Override bool   // an operator has put the group here
	Since    time.Time
	Monitors map[string]*haMonitor
}

// haMonitor is the state of an application monitor.
type haMonitor struct {
	State    string // ONLINE MONITORED, SUSPENDED, ...
	Restarts int
	Since    time.Time
}

// caaCluster is a cluster of AIX itself.
type caaCluster struct {
	Name, ID string
	Nodes    []*Host // in the order of their shorthand ids
	Repo     *medium
	Tunables map[string]string
	Stopped  []*Host
}

func (e *Estate) caaOf(h *Host) *caaCluster {
	for _, c := range e.caas {
		if slices.Contains(c.Nodes, h) {
			return c
		}
	}
	return nil
}

// caaUp tells whether AIX's own cluster runs on a host.
func (e *Estate) caaUp(h *Host) bool {
	c := e.caaOf(h)
	return c != nil && !h.off() && !slices.Contains(c.Stopped, h)
}

// hosts with PowerHA.
func (e *Estate) haHosts() []*Host {
	var out []*Host
	for _, h := range e.hosts() {
		if h.HA != nil {
			out = append(out, h)
		}
	}
	return out
}

// haVersion is the release as a number that can be compared: 7.2 is 702.
func (n *haNode) version() int {
	if n == nil {
		return 0
	}
	var v, r int
	_, _ = fmt.Sscanf(n.Version, "%d.%d", &v, &r)
	return v*100 + r
}

// modern has AIX's own cluster beneath it.
func (n *haNode) modern() bool { return n.version() >= 701 }

func (n *haNode) group(name string) *haInstance {
	if n.Groups[name] == nil {
		if n.Groups == nil {
			n.Groups = map[string]*haInstance{}
		}
		n.Groups[name] = &haInstance{State: rgOffline, Monitors: map[string]*haMonitor{}}
	}
	return n.Groups[name]
}

// up: cluster services run and are not about to end.
func (n *haNode) up() bool { return n.State != "" && !n.Forced }

// shown is the state that lssrc -ls clstrmgrES prints.
func (n *haNode) shown() string {
	switch {
	case n.State != "":
		return n.State
	case n.DCD.cluster() == nil || n.modern() && n.DCD.cluster().Attrs["SYNCED"] == "":
		return haNone
	}
	return haInit
}

// haLookup resolves a name by the hosts file of a host, and an address to itself.
func (h *Host) haLookup(name string) string {
	if net.ParseIP(name) != nil {
		return name
	}
	text, _ := h.read("/etc/hosts")
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if w := strings.Fields(line); len(w) > 1 && slices.Contains(w[1:], name) {
			return w[0]
		}
	}
	return ""
}

// label is the first name of an address in the hosts file.
func (h *Host) label(address string) string {
	text, _ := h.read("/etc/hosts")
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if w := strings.Fields(line); len(w) > 1 && w[0] == address {
			return w[1]
		}
	}
	return ""
}

// addresses of a host, without those that the cluster puts on it.
func (h *Host) addresses() []string {
	var out []string
	for _, n := range h.Interfaces {
		if n.Address != "" && n.State != "detach" {
			out = append(out, n.Address)
		}
		if h.HA != nil && h.HA.Boot[n.Name] != "" {
			out = append(out, h.HA.Boot[n.Name]) // a service address stands in for it
		}
	}
	if len(out) == 0 && h.Address != "" {
		out = append(out, h.Address)
	}
	return out
}

// hostAt finds a host by an address of it, service and persistent addresses too.
func (e *Estate) hostAt(address string) *Host {
	for _, h := range e.hosts() {
		if address != "" && (slices.Contains(h.addresses(), address) || h.Address == address) {
			return h
		}
	}
	for _, h := range e.hosts() {
		for _, n := range h.Interfaces {
			if slices.ContainsFunc(n.Aliases, func(x string) bool { return address != "" && strings.HasPrefix(x, address+",") }) {
				return h
			}
		}
	}
	return nil
}

// haHost is the host behind a node, as another one finds it.
func (e *Estate) haHost(from *Host, node *haObject) *Host {
	if node == nil {
		return nil
	}
	h := e.hostAt(from.haLookup(node.get("COMMPATH")))
	if h == nil || h.HA == nil {
		return nil
	}
	return h
}

// nodeOf is the node that a host is in a definition, or nil.
func (e *Estate) nodeOf(d *haDef, h *Host) *haObject {
	for _, n := range d.all("node") {
		if e.haHost(h, n) == h {
			return n
		}
	}
	for _, n := range d.all("node") {
		if short, _, _ := strings.Cut(h.Hostname, "."); n.Name == h.Hostname || n.Name == haName(short) {
			return n
		}
	}
	return nil
}

// nodeName is the name that a host has in its own definition.
func (e *Estate) nodeName(h *Host) string {
	if n := e.nodeOf(h.HA.DCD, h); n != nil {
		return n.Name
	}
	return ""
}

// haName makes a name that a cluster takes.
func haName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' {
			return '_'
		}
		return r
	}, s)
}

// peers are the hosts of a definition by the names of their nodes, in its order.
func (e *Estate) peers(d *haDef, from *Host) (names []string, hosts map[string]*Host) {
	hosts = map[string]*Host{}
	for _, n := range d.all("node") {
		names = append(names, n.Name)
		if h := e.haHost(from, n); h != nil {
			hosts[n.Name] = h
		}
	}
	return names, hosts
}

const (
	rhostsNew = "/etc/cluster/rhosts"
	rhostsOld = "/usr/es/sbin/cluster/etc/rhosts"
)

func (n *haNode) rhosts() string {
	if n.modern() {
		return rhostsNew
	}
	return rhostsOld
}

// readTrust is what clcomd takes from its file when it starts or is refreshed: nothing when others may write it.
func (h *Host) readTrust() string {
	f := h.Files[h.HA.rhosts()]
	if f == nil || f.Mode&0o077 != 0 {
		return ""
	}
	return strings.Join(strings.Fields(f.Data), " ")
}

// talk tells why one node cannot run commands on another; empty when it can.
func (e *Estate) talk(from, to *Host) string {
	switch {
	case from == to:
		return ""
	case to == nil:
		return "the host is not known"
	case to.off() || !e.linked(from, to):
		return "the node does not answer"
	case to.HA == nil:
		return "PowerHA SystemMirror is not installed"
	case !from.running(from.HA.comm()) || !to.running(to.HA.comm()):
		return "clcomd is not active"
	}
	if c := e.caaOf(from); c != nil && c == e.caaOf(to) {
		return ""
	}
	trusted := strings.Fields(to.HA.Trust)
	if f := to.Files[rhostsOld]; !to.HA.modern() && len(trusted) == 0 && (f == nil || strings.TrimSpace(f.Data) == "") {
		return "" // the first connection is taken from anybody
	}
	for _, o := range to.HA.DCD.all("interface") {
		if to.HA.DCD.cluster().Attrs["SYNCED"] != "" {
			trusted = append(trusted, to.haLookup(o.Name))
		}
	}
	for _, a := range from.addresses() {
		for _, t := range trusted {
			if to.haLookup(t) == a {
				return ""
			}
		}
	}
	return "permission denied by clcomd; check " + to.HA.rhosts()
}

func (n *haNode) comm() string {
	if n.modern() {
		return "clcomd"
	}
	return "clcomdES"
}

// linked tells whether two hosts reach each other over IP: interfaces of both are up on one subnet whose switch works.
func (e *Estate) linked(a, b *Host) bool {
	if a.off() || b.off() {
		return false
	}
	if len(a.Interfaces) == 0 || len(b.Interfaces) == 0 {
		return true
	}
	for _, x := range a.Interfaces {
		for _, y := range b.Interfaces {
			if e.wired(a, x) && e.wired(b, y) && x.subnet() == y.subnet() {
				return true
			}
		}
	}
	return false
}

// cabled: the interface is up and has a link.
func (e *Estate) cabled(h *Host, n *hostInterface) bool {
	return !h.off() && n.State == "up" && n.Address != "" && !n.gone && !e.cut[h.Name+"/"+n.Name]
}

// wired: something gets through as well.
func (e *Estate) wired(h *Host, n *hostInterface) bool {
	return e.cabled(h, n) && !e.cut["subnet "+n.subnet()]
}

func (n *hostInterface) subnet() string { return subnetOf(n.Address, n.Netmask) }

func subnetOf(address, mask string) string {
	ip, bits := net.ParseIP(address).To4(), maskBits(mask)
	if ip == nil || bits < 0 {
		return ""
	}
	return fmt.Sprintf("%s/%d", ip.Mask(net.CIDRMask(bits, 32)), bits)
}

// reachesDisk tells whether a host can read and write a disk.
func (e *Estate) reachesDisk(h *Host, m *medium) bool {
	if h.off() || m == nil || e.cut[h.Name+"/disk/"+m.name] || e.cut["disk/"+m.name] {
		return false
	}
	return slices.ContainsFunc(h.Disks, func(d *HostDisk) bool { return d.medium == m && !d.Defined && !d.lost })
}

// haDirs are the directories that the filesets bring.
var haDirs = []string{"/etc/cluster", "/etc/es", "/etc/es/objrepos", "/usr/es", "/usr/es/sbin", "/usr/es/sbin/cluster", "/usr/es/sbin/cluster/utilities", "/usr/es/sbin/cluster/sbin",
	"/usr/es/sbin/cluster/cspoc", "/usr/es/sbin/cluster/diag", "/usr/es/sbin/cluster/etc", "/usr/es/sbin/cluster/etc/config", "/usr/es/sbin/cluster/events", "/usr/es/sbin/cluster/events/utils", "/usr/es/sbin/cluster/snapshots",
	"/usr/es/sbin/cluster/samples", "/var/hacmp", "/var/hacmp/log", "/var/hacmp/adm", "/var/hacmp/clverify", "/var/hacmp/clcomd", "/var/hacmp/odmcache"}

// haDir tells whether a directory is there because of PowerHA.
func (h *Host) haDir(name string) bool { return h.HA != nil && slices.Contains(haDirs, name) }

// lacks tells whether a program comes with filesets that a host lacks.
func (h *Host) lacks(name string) bool {
	gate, ok := aixGates[name]
	return ok && !gate(h)
}

// where programs of PowerHA are; a bare name needs the directory in PATH.
func inCluster(dir string) bool { return strings.HasPrefix(dir, "/usr/es/") }

// apart are the directories that the usual search path does not have.
func apart(dir string) bool { return inCluster(dir) || dir == mcrDir }

// inPath tells whether a bare name is found.
func inPath(dir, search string) bool {
	return !apart(dir) || slices.Contains(strings.Split(search, ":"), dir)
}

// haFile appends to a log, which is cut when it grows.
func (h *Host) haFile(name, text string, now time.Time) {
	f := h.Files[name]
	if f == nil {
		f = &hostFile{Mode: 0o644}
		h.Files[name] = f
	}
	if f.Data += text; len(f.Data) > 256<<10 {
		f.Data = f.Data[len(f.Data)-(128<<10):]
	}
	f.at = now
}

const (
	haOut     = "/var/hacmp/log/hacmp.out"
	haLog     = "/var/hacmp/adm/cluster.log"
	haUtils   = "/var/hacmp/log/clutils.log"
	haVerLog  = "/var/hacmp/clverify/clverify.log"
	haUtilDir = "/usr/es/sbin/cluster/utilities"
	haBase    = "/usr/es/sbin/cluster"
	haSbin    = "/usr/es/sbin/cluster/sbin"
	haCspoc   = "/usr/es/sbin/cluster/cspoc"
	haEtc     = "/usr/es/sbin/cluster/etc"
)

// trace writes what an event script does into hacmp.out.
func (e *Estate) trace(h *Host, format string, args ...any) {
	h.haFile(haOut, text(format, args...)+"\n", e.Now)
}

// eventLine notes an event in hacmp.out and cluster.log.
func (e *Estate) eventLine(h *Host, what, event string) {
	e.trace(h, "%s %s: %s", e.Now.Format("Jan 02 2006 15:04:05"), what, event)
	h.haFile(haLog, text("%s %s user:notice PowerHA SystemMirror for AIX: %s: %s\n", e.Now.Format("Jan 02 15:04:05"), h.Hostname, what, event), e.Now)
}

// executable tells whether a path on a host is a program or a script that can be run.
func (h *Host) executable(name string) bool {
	name, _, _ = strings.Cut(name, " ")
	i := h.stat(path.Clean(name))
	return strings.HasPrefix(name, "/") && i != nil && !i.IsDir() && i.mode&0o111 != 0
}

// sharedVG finds a volume group by its name on any node of a definition.
func (e *Estate) sharedVG(hosts map[string]*Host, name string) *hostGroup {
	for _, n := range sortedKeys(hosts) {
		if g := hosts[n].group(name); g != nil {
			return g
		}
	}
	return nil
}

// mountsOf are the mount points of the file systems of a resource group on a host: those that are named, or all of its volume
// groups.
func (h *Host) mountsOf(rg *haObject) []*stanza {
	var out []*stanza
	named := rg.list("FILESYSTEM")
	for _, s := range h.Stanzas {
		g, v := h.volumeOf(s.Dev)
		if v == nil {
			continue
		}
		whole := slices.Contains(rg.list("VOLUME_GROUP"), g.Name) && (len(named) == 0 || named[0] == "ALL")
		if whole || slices.Contains(named, s.Mount) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *stanza) int { return cmp.Compare(a.Mount, b.Mount) })
	return out
}

// groupsFor are the volume groups of a resource group: named, or implied by its file systems.
func (h *Host) groupsFor(rg *haObject) []string {
	out := rg.list("VOLUME_GROUP")
	if rg.Attrs["PARTIAL"] != "" {
		return out
	}
	for _, m := range rg.list("FILESYSTEM") {
		if s := h.stanza(m); s != nil {
			if g, v := h.volumeOf(s.Dev); v != nil && !slices.Contains(out, g.Name) {
				out = append(out, g.Name)
			}
		}
	}
	return out
}

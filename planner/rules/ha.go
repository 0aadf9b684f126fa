package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// ofApplications runs a check for every declared application, with the group that holds it or nil.
func ofApplications(check func(a *Application, g *ResourceGroup, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, c := range f.Clusters {
			for _, a := range c.Applications {
				if a.Address != "" {
					check(a, c.holding(a), r)
				}
			}
		}
	}
}

// holding is the group that holds an application, or nil.
func (c *Cluster) holding(a *Application) *ResourceGroup {
	for _, g := range c.Groups {
		if slices.Contains(g.Applications, a) {
			return g
		}
	}
	return nil
}

// all are the nodes of a group at both sites.
func (g *ResourceGroup) all() []*Host { return append(slices.Clone(g.Nodes), g.Secondary...) }

// online: it was found running somewhere.
func (g *ResourceGroup) online() bool { return strings.HasPrefix(g.Condition, "ONLINE") }

// labelled is something with a name in messages.
type labelled interface{ Label() string }

// joined are the names of several, at most five of them.
func joined[T labelled](list []T) string {
	var names []string
	for _, x := range list {
		names = append(names, x.Label())
	}
	return some(names)
}

// hostNames are the names that hosts give themselves.
func hostNames(list []*Host) string {
	var names []string
	for _, h := range list {
		names = append(names, h.Name)
	}
	return some(names)
}

func some(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}

// ends are the nodes that a network without IP connects.
func (c *Cluster) ends(n *ClusterNetwork) []*Host {
	if len(n.Nodes) > 0 {
		return n.Nodes
	}
	return c.Nodes
}

// beyondIP are the nodes that a node reaches over networks without IP, over other nodes too.
func (c *Cluster) beyondIP(from *Host) map[*Host]bool {
	reached, queue := map[*Host]bool{from: true}, []*Host{from}
	for len(queue) > 0 {
		h := queue[0]
		queue = queue[1:]
		for _, n := range c.Networks {
			if ends := c.ends(n); !n.IP() && slices.Contains(ends, h) {
				for _, o := range ends {
					if !reached[o] {
						reached[o], queue = true, append(queue, o)
					}
				}
			}
		}
	}
	return reached
}

// enhanced: it is varied on at several hosts, so that no reserve protects its disks. A shared group is so by default.
func (v *VolumeGroup) enhanced() bool { return v.Mode == concurrentMode || v.Mode == "" && v.Shared() }

// unreserved is a volume group of two nodes whose disks no reserve protects, or nil.
func unreserved(f *Facts, a, b *Host) *VolumeGroup {
	for _, v := range f.VolumeGroups {
		if slices.Contains(v.Hosts, a) && slices.Contains(v.Hosts, b) && (v.enhanced() || v.Group != nil && (v.Group.Forced || v.Group.Concurrent())) {
			return v
		}
	}
	return nil
}

// Limits that a third-party table gives for HACMP and PowerHA (November 2026); no document of the vendor was found for them.
const (
	mostNodes      = 32
	mostGroups     = 64
	mostNetworks   = 48
	mostAddresses  = 256
	mostMonitors   = 128 // for each site
	shortestFreeze = 20  // seconds: the usual time after which a node counts as dead, which a live migration stays below
	longestPolling = 30  // seconds: a monitor that asks more often may meet the freeze of a live migration
)

// haLevel is what a release of the cluster software asks of AIX.
type haLevel struct {
	Release string // of HACMP
	AIX     string // version and maintenance level
	RSCT    string
	APARs   []string // AIX tells of no fixes by number, so they are named and not checked
}

// haLevels are the levels that the planning article of HACMP 5.1 prints (S2 2.5.1; read in November 2026). For later releases
// no public statement was found that names levels, and none is made up.
var haLevels = []haLevel{
	{"5.1", "5100-05", "2.2.1.30", []string{"IY50579", "IY48331"}},
	{"5.1", "5200-02", "2.3.1.0", []string{"IY48180", "IY44290"}},
	{"5.2", "5100-06", "2.2.1.30", []string{"IY54018", "IY53707", "IY54140", "IY55017"}},
	{"5.2", "5200-03", "2.3.3.0", []string{"IY56213"}},
}

// haFilesets have to be there before the cluster software (S2 2.5.1, where libpthreads is misspelt).
var haFilesets = []string{"bos.adt.lib", "bos.adt.libm", "bos.adt.syscalls", "bos.net.tcp.client", "bos.net.tcp.server", "bos.rte.SRC", "bos.rte.libc", "bos.rte.libcfg", "bos.rte.libcur", "bos.rte.libpthreads", "bos.rte.odm", "bos.data"}

// haReserved are words that a cluster does not take as names, as documented for PowerHA SystemMirror 7.2 ("List of reserved
// words", November 2026); an installed release has its own in /usr/es/sbin/cluster/etc/reserved_words.
var haReserved = strings.Fields("adapter alias atm BO cluster command custom daemon disk diskhb diskhbmulti ether event FBHPN fcs fddi FNPN fscsi FUDNP grep group hps ip IP ipv6 IPv6 IPV6 IW name network NFB nim node nodename OAAN OFAN OHN OUDP private public resource rs232 serial slip socc subnet tmscsi tmssa token tty volume vpath vscsi")

func ha() []*Rule {
	return []*Rule{
		{ID: "HA-01", Moments: declaredAlone, Severity: diag.Error, Unconfirmed: true, Statement: "A cluster has two nodes or more, and no more than its release takes.",
			Says: "{cluster} has {n} nodes; between 2 and {max} are possible.", Source: "LIM (third party, unconfirmed); S2 2.3",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				switch n := len(c.Nodes); {
				case n < 2:
					// That one node is no cluster needs no document.
					r.say(diag.Error, c.Address, "nodes", fmt.Sprintf("%s has %d node; nobody could take anything over.", c.Name, n), "Declare a second node.", []any{"nodes", n})
				case n > mostNodes:
					r.Say(c.Address, "nodes", fmt.Sprintf("%s has %d nodes; %d are known to be possible.", c.Name, n, mostNodes), "Declare fewer nodes.", "nodes", n)
				}
			})},
		{ID: "HA-02", Moments: declaredAlone, Severity: diag.Error, Statement: "Every two nodes hear each other over an IP network and over a path without IP.",
			Says: "{a} and {b} of {cluster} share no non-IP path, and {vg} is not protected by disk reserves. A network failure could damage data; add a disk heartbeat.", Source: "S2 2.3, 2.4.2; PART; NETS", Check: heartbeats},
		{ID: "HA-03", Moments: declaredAlone, Severity: diag.Error, Statement: "A heartbeat disk makes one network, and that one has two ends.",
			Says: "Disk heartbeat {network} names {n} nodes. Define one per pair.", Source: "S2 2.3.1",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				owner := map[*Disk]string{}
				for _, n := range c.Networks {
					if n.IP() || !c.Classic() { // HA-08 speaks of later clusters
						continue
					}
					if ends := len(c.ends(n)); ends != 2 {
						r.Say(c.Address, "network."+n.Name+".nodes", fmt.Sprintf("The network %s, of the type %s, has %d ends.", n.Name, n.Type, ends), "Declare a network for each two nodes, and name them in its nodes.", "ends", ends)
					}
					if prev := owner[n.Disk]; n.Disk != nil && prev != "" {
						r.Say(c.Address, "network."+n.Name+".disk", fmt.Sprintf("The networks %s and %s are both on %s.", prev, n.Name, n.Disk.Label()), "Give each of them a disk of its own.", "disk", n.Disk.Label())
					} else if n.Disk != nil {
						owner[n.Disk] = n.Name
					}
				}
			})},
		{ID: "HA-05", Moments: declaredAlone, Severity: diag.Error, Statement: "A heartbeat disk is in an enhanced concurrent volume group that both ends know.",
			Says: "{disk} cannot carry the heartbeat of {a} and {b}: {reason}. Put it into an enhanced concurrent group defined on both.", Source: "S2 2.3.1",
			Check: func(f *Facts, r *Reporter) {
				everyCluster(func(c *Cluster, r *Reporter) {
					for _, n := range c.Networks {
						if n.Type != "diskhb" || !c.Classic() {
							continue
						}
						if reason := f.unfit(c, n); reason != "" {
							r.Say(c.Address, "network."+n.Name+".disk", fmt.Sprintf("The network %s cannot work: %s.", n.Name, reason), "Name a disk of an enhanced concurrent volume group that "+hostNames(c.ends(n))+" share.", "network", n.Name)
						}
					}
				})(f, r)
			}},
		{ID: "HA-06", Moments: []string{Plan}, Severity: diag.Advice, Statement: "A heartbeat disk may hold data besides.",
			Says: "{disk} serves as heartbeat and as data disk of {vg}.", Source: "S2 2.3.1",
			Check: func(f *Facts, r *Reporter) {
				everyCluster(func(c *Cluster, r *Reporter) {
					for _, n := range c.Networks {
						if v := f.groupOf(n.Disk); v != nil && v.Group != nil && c.Classic() {
							r.Say(c.Address, "network."+n.Name+".disk", fmt.Sprintf("%s carries the heartbeat of %s and data of %s, which %s holds.", n.Disk.Label(), n.Name, v.Label(), v.Group.Label()), "Nothing is wrong with that; a disk of its own keeps the two apart.", "disk", n.Disk.Label())
						}
					}
				})(f, r)
			}},
		{ID: "HA-07", Moments: declaredAlone, Severity: diag.Warning, Statement: "With more than two nodes the networks without IP close a ring.",
			Says: "{cluster} has {n} nodes and {m} non-IP networks; {missing_pair} is not linked. Close the ring.", Source: "DHB; S2 2.3 (each two nodes)",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if !c.Classic() || len(c.Nodes) < 3 || len(c.beyondIP(c.Nodes[0])) < len(c.Nodes) {
					return // the repository disk links all; or HA-02 speaks
				}
				var loose []*Host
				links := 0
				for _, h := range c.Nodes {
					others := map[*Host]bool{}
					for _, n := range c.Networks {
						if ends := c.ends(n); !n.IP() && slices.Contains(ends, h) {
							for _, o := range ends {
								others[o] = o != h
							}
						}
					}
					delete(others, h)
					if len(others) < 2 {
						loose = append(loose, h)
					}
				}
				for _, n := range c.Networks {
					if !n.IP() {
						links++
					}
				}
				if len(loose) > 0 {
					r.Say(c.Address, "network", fmt.Sprintf("%s has %d nodes and %d networks without IP; of %s only one neighbour hears.", c.Name, len(c.Nodes), links, hostNames(loose)), "Close the ring with another one.", "networks", links)
				}
			})},
		{ID: "HA-08", Moments: declaredAlone, Severity: diag.Error, Statement: "The release knows the kind of network without IP.",
			Says: "{network}: type {type} is not available in {product} {version}. Use {alternative}.", Source: "S2 2.3.1; CERT; REPO",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, n := range c.Networks {
					if !n.IP() && !c.Classic() {
						r.Say(c.Address, "network."+n.Name+".type", fmt.Sprintf("%s is of the type %s, which exists up to 6.1; the cluster is of %s.", n.Name, n.Type, c.Release), "Leave it out: the repository disk takes its part.", "type", n.Type)
					}
				}
			})},
		{ID: "HA-09", Moments: declaredAlone, Severity: diag.Advice, Statement: "A heartbeat over a disk needs less than target mode does.",
			Says: "{network} uses {type}; a disk heartbeat is simpler to support in this SAN.", Source: "S2 2.3.1",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, n := range c.Networks {
					if c.Classic() && (n.Type == "tmscsi" || n.Type == "tmssa") {
						r.Say(c.Address, "network."+n.Name+".type", fmt.Sprintf("%s uses %s, which needs adapters that can be targets.", n.Name, n.Type), "Where the nodes share a disk, diskhb does without them.", "type", n.Type)
					}
				}
			})},
		{ID: "HA-10", Moments: declaredAlone, Severity: diag.Advice, Statement: "Heartbeat settings are those of the technology that the release uses.",
			Says: "{cluster}: {setting} belongs to an older heartbeat and is ignored. Remove it.", Source: "S2 2.3",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if !c.Classic() {
					return
				}
				for _, name := range []string{"failure_detection", "grace_period", "network_failure_detection", "failure_detection_during_lpm"} {
					if s, ok := c.Settings[name]; ok {
						r.Say(c.Address, "settings."+name, fmt.Sprintf("%s = %gs is a setting of Cluster Aware AIX; the topology services of %s do not know it.", name, s, c.Release), "Leave it out.", "setting", name)
					}
				}
			})},
		{ID: "HA-11", Moments: []string{Plan}, Severity: diag.Error, Statement: "AIX and RSCT are at the level that the release asks for.",
			Says: "{node}: {product} {version} needs {need}, found {found}. Update {node} first.", Source: "S2 2.5.1",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, h := range c.Nodes {
					if need := haLevelFor(c, h); need != nil {
						fixes := "Update it, with the fixes " + strings.Join(need.APARs, ", ") + "."
						if h.Level < need.AIX {
							r.Say(c.Address, "version", fmt.Sprintf("%s runs AIX %s; HACMP %s needs at least %s on that version.", h.Name, h.Level, c.Release, need.AIX), fixes, "level", h.Level)
						} else if v := h.Filesets["rsct.basic.rte"]; v != "" && older(v, need.RSCT) {
							r.Say(c.Address, "version", fmt.Sprintf("%s has RSCT %s; HACMP %s needs at least %s on AIX %s.", h.Name, v, c.Release, need.RSCT, need.AIX), fixes, "rsct", v)
						}
					}
				}
			})},
		{ID: "HA-12", Moments: []string{Plan}, Severity: diag.Error, Statement: "The base filesets are there before the cluster software.",
			Says: "{node} lacks {filesets}. Install them before {product}.", Source: "S2 2.5.1 (one name misspelt there)",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, h := range c.Nodes {
					var missing []string
					for _, name := range haFilesets {
						// From 7.2 on AIX ships the two in smaller pieces.
						split := strings.HasPrefix(name, "bos.net.tcp.") && h.Release() >= "7.2"
						if len(h.Filesets) > 0 && h.Filesets[name] == "" && !split {
							missing = append(missing, name)
						}
					}
					if len(missing) > 0 {
						r.Say(c.Address, "nodes", fmt.Sprintf("%s lacks %s.", h.Name, some(missing)), "Install them from the AIX media.", "filesets", strings.Join(missing, " "))
					}
				}
			})},
		{ID: "HA-13", Moments: []string{Plan}, Severity: diag.Error, Statement: "A node with an enhanced concurrent volume group has the filesets for it.",
			Says: "{node} lacks {fileset} for {vg}. Install it.", Source: "S2 2.5.1; DHB",
			Check: func(f *Facts, r *Reporter) {
				everyCluster(func(c *Cluster, r *Reporter) {
					for _, h := range c.Nodes {
						for _, v := range f.VolumeGroups {
							if !v.enhanced() || !slices.Contains(v.Hosts, h) || len(h.Filesets) == 0 {
								continue
							}
							lvm := h.Filesets["bos.rte.lvm"]
							if h.Filesets["bos.clvm.enh"] == "" {
								r.Say(c.Address, "nodes", fmt.Sprintf("%s lacks bos.clvm.enh, which %s needs.", h.Name, v.Label()), "Install it from the AIX media.", "fileset", "bos.clvm.enh")
							} else if h.Release() == "5.1" && lvm != "" && older(lvm, "5.1.0.25") {
								r.Say(c.Address, "nodes", fmt.Sprintf("%s has bos.rte.lvm %s; %s needs 5.1.0.25.", h.Name, lvm, v.Label()), "Update it.", "fileset", "bos.rte.lvm "+lvm)
							}
							break
						}
					}
				})(f, r)
			}},
		{ID: "HA-14", Moments: []string{Plan}, Severity: diag.Error, Statement: "All nodes run the declared cluster release, and one level of AIX.",
			Says: "{a} runs {level_a} and {b} runs {level_b}. Bring both to one level before changing {cluster}.", Source: "CLHELP", Check: everyCluster(sameLevels)},
		{ID: "HA-15", Moments: planApply, Severity: diag.Error, Statement: "Each node has room in /var for the cluster's logs and verification data: 22 MB and 5 MB for each node.",
			Says: "{node} has {free} MB free in /var; {cluster} with {n} nodes needs {need} MB. Enlarge /var.", Source: "S2 2.6",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				need := float64(22 + 5*len(c.Nodes))
				for _, h := range c.Nodes {
					if h.Found && h.VarFree < need {
						r.Say(c.Address, "nodes", fmt.Sprintf("%s has %g MiB free in /var; a cluster of %d nodes needs %g.", h.Name, h.VarFree, len(c.Nodes), need), "Enlarge /var, or clean it up.", "free", h.VarFree)
					}
				}
			})},
		{ID: "HA-16", Moments: []string{Plan}, Severity: diag.Advice, Statement: "/var has room for the four copies that verification keeps.",
			Says: "{node}: /var meets the minimum by only {spare} MB.", Source: "S2 2.6",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				n := float64(len(c.Nodes))
				for _, h := range c.Nodes {
					if spare := h.VarFree - 22 - 5*n; h.Found && spare >= 0 && spare < 12*n {
						r.Say(c.Address, "nodes", fmt.Sprintf("/var of %s meets the minimum by %g MiB; three more copies take %g.", h.Name, spare, 12*n), "Enlarge /var when there is an occasion.", "spare", spare)
					}
				}
			})},
		{ID: "HA-18", Moments: declaredAlone, Severity: diag.Error, Unconfirmed: true, Statement: "A name in a cluster has the form that it takes and is no word that it keeps for itself.",
			Says: "'{name}' is not a valid {kind} name: {reason}.", Source: "MONH (monitors); other kinds unconfirmed; PowerHA 7.2, List of reserved words",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				say := func(o labelled, path, kind, name string) {
					a := c.Address
					switch o := o.(type) {
					case *ResourceGroup:
						a = o.Address
					case *Application:
						a = o.Address
					}
					if slices.Contains(haReserved, name) && a != "" {
						r.Say(a, path, fmt.Sprintf("%q is a reserved word and no name for a %s.", name, kind), "Choose another name; a number or a word beside it is enough.", "name", name)
					}
				}
				say(c, "name", "cluster", c.Name)
				for _, n := range c.Networks {
					say(c, "network."+n.Name, "network", n.Name)
				}
				for _, s := range c.Sites {
					say(c, "site."+s.Name, "site", s.Name)
				}
				for _, g := range c.Groups {
					say(g, "name", "resource group", g.Name)
				}
				for _, a := range c.Applications {
					say(a, "name", "application", a.Name)
					for _, m := range a.Monitors {
						say(a, "monitor."+m.Name, "monitor", m.Name)
					}
				}
			})},
		{ID: "HA-19", Moments: declaredAlone, Severity: diag.Warning, Unconfirmed: true, Statement: "A cluster stays within the numbers that its release takes.",
			Says: "{cluster} has {n} {kind}; the limit is {max}.", Source: "LIM (third party, unconfirmed)",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				monitors := 0
				for _, a := range c.Applications {
					monitors += len(a.Monitors)
				}
				for _, x := range []struct {
					path, what string
					n, most    int
				}{
					{"", "resource groups", len(c.Groups), mostGroups}, {"network", "networks", len(c.Networks), mostNetworks},
					{"interface", "addresses", len(c.Interfaces) + len(c.ServiceIPs) + len(c.Persistent), mostAddresses},
					{"", "monitors", monitors, mostMonitors * max(1, len(c.Sites))},
				} {
					if x.n > x.most {
						r.Say(c.Address, x.path, fmt.Sprintf("%s has %d %s; a table gives %d as the limit.", c.Name, x.n, x.what, x.most), "Declare fewer, or make two clusters of it.", "count", x.n)
					}
				}
			})},
		{ID: "HA-20", Moments: declaredAlone, Severity: diag.Error, Statement: "An application has a start and a stop script that need nobody.",
			Says: "{application} has no unattended {which} script. Provide one that never asks a question.", Source: "S2 2.5.2",
			Check: ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
				for _, x := range [][2]string{{"start", a.Start}, {"stop", a.Stop}} {
					if x[1] == "" {
						r.Say(a.Address, x[0], fmt.Sprintf("%s has no %s script.", a.Name, x[0]), "Provide one that asks nothing.")
					}
				}
				if !a.Unattended {
					r.Say(a.Address, "unattended", fmt.Sprintf("The scripts of %s are declared to ask somebody (unattended = false); the cluster has nobody to answer.", a.Name), "Provide scripts that ask nothing.")
				}
			})},
		{ID: "HA-21", Moments: planApply, Severity: diag.Error, Statement: "The scripts of an application are there, under one path and executable, on every node of its group.",
			Says: "{script} is missing or not executable on {node}. Install it under the same path.", Source: "CERT",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				scripts := [][2]string{{"start", a.Start}, {"stop", a.Stop}}
				for _, m := range a.Monitors {
					for _, x := range [][2]string{{"cleanup", m.Cleanup}, {"restart", m.Restart}, {"notify", m.Notify}} {
						scripts = append(scripts, [2]string{"monitor." + m.Name + "." + x[0], x[1]})
					}
				}
				seen := map[string]bool{"": true}
				for _, x := range scripts {
					if !seen[x[1]] {
						seen[x[1]] = true
						runnable(a, g, x[0], x[1], r)
					}
				}
			})},
		{ID: "HA-22", Moments: declaredAlone, Severity: diag.Warning, Statement: "The start script copes with what a crashed node leaves behind.",
			Says: "{application}: declare that its start script cleans up after a crash, or fix it.", Source: "S2 2.5.2",
			Check: ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
				switch {
				case a.Recovers:
				case a.RecoversSaid:
					r.Say(a.Address, "recovers_from_crash", fmt.Sprintf("%s is declared not to start after a crash; a takeover is one.", a.Name), "Let its start script remove locks and half-written files.")
				default:
					r.say(diag.Advice, a.Address, "recovers_from_crash", fmt.Sprintf("Nobody has declared that %s starts after a crash of its node.", a.Name), "Try it, and declare recovers_from_crash.", nil)
				}
			})},
		{ID: "HA-23", Moments: declaredAlone, Severity: diag.Error, Statement: "An application runs by itself on one node, and its files are known, before a cluster gets it.",
			Says: "{application}: not declared as tested stand-alone (or file list empty). Test and list its files first.", Source: "S2 2.5.2",
			Check: ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
				switch {
				case !a.Standalone && a.StandaloneSaid:
					r.Say(a.Address, "tested_standalone", fmt.Sprintf("%s is declared as not tried on a node by itself.", a.Name), "Try it without the cluster first.")
				case !a.Standalone || len(a.Files) == 0:
					what := "tested_standalone"
					if a.Standalone {
						what = "files"
					}
					r.say(diag.Advice, a.Address, what, fmt.Sprintf("%s of %s is not declared.", what, a.Name), "Try it without the cluster, list where it keeps its files, and declare both.", nil)
				}
			})},
		{ID: "HA-24", Moments: []string{Plan}, Severity: diag.Error, Statement: "What an application keeps is on shared storage or on every node of its group.",
			Says: "{application} keeps {path} on local disk of {node} only. Put it on shared storage or create it on all nodes.", Source: "S2 2.5.2",
			Check: func(f *Facts, r *Reporter) {
				ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
					if g == nil {
						return
					}
					for _, path := range a.Files {
						var has, lacks []*Host
						shared := false
						for _, h := range g.all() {
							fs := f.under(path, h)
							shared = shared || fs != nil && (fs.Group.Shared() || fs.Group.Group == g) // RG-05 speaks of that
							if fs == nil {
								lacks = append(lacks, h)
							} else {
								has = append(has, h)
							}
						}
						if !shared && len(has) > 0 && len(lacks) > 0 {
							r.Say(a.Address, "files", fmt.Sprintf("%s is in a filesystem of %s alone; %s would not find it.", path, hostNames(has), hostNames(lacks)), "Put it into a volume group of "+g.Label()+", or make the filesystem on every node.", "path", path)
						}
					}
				})(f, r)
			}},
		{ID: "HA-25", Moments: []string{Plan}, Severity: diag.Error, Statement: "An application supports the AIX of every node of its group.",
			Says: "{application} does not support {what} on {node}. Exclude {node} from {rg} or change the level.", Source: "S2 2.5.2",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g == nil || len(a.Levels) == 0 {
					return
				}
				var strange []string
				for _, h := range g.all() {
					if v := h.Release(); v != "" && !slices.Contains(a.Levels, v) {
						strange = append(strange, h.Name+" runs AIX "+v)
					}
				}
				if len(strange) > 0 {
					r.Say(a.Address, "levels", fmt.Sprintf("%s supports AIX %s; %s.", a.Name, strings.Join(a.Levels, ", "), some(strange)), "Take such nodes off "+g.Label()+", or bring one of the two to the other's level.", "nodes", some(strange))
				}
			})},
		{ID: "HA-26", Moments: declaredAlone, Severity: diag.Warning, Statement: "A licence that is bound to machines covers every node of the group.",
			Says: "{application} is licensed for {list}; {node} would take it over unlicensed. Get a key for {node}.", Source: "S2 2.5.2, 2.5.4",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g == nil || a.Licence == nil || len(a.Licence.BoundTo) == 0 {
					return
				}
				if without := lacking(g.Nodes, a.Licence.BoundTo); len(without) > 0 {
					r.Say(a.Address, "licence.bound_to", fmt.Sprintf("%s is licensed for %s; %s would run it without.", a.Name, hostNames(a.Licence.BoundTo), hostNames(without)), "Get a key for "+hostNames(without)+", or take it off the nodes of "+g.Label()+".", "nodes", hostNames(without))
				}
			})},
		{ID: "HA-27", Moments: declaredAlone, Severity: diag.Warning, Statement: "A licence that counts processors holds on every node of the group.",
			Says: "After takeover on {node} {application} would use {n} processors, {m} are licensed.", Source: "S2 2.5.2, 2.5.4; NOMIG",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g == nil || a.Licence == nil || a.Licence.Processors == 0 {
					return
				}
				var over []string
				for _, h := range g.all() {
					if p := h.Partition; p != nil && p.Procs > a.Licence.Processors {
						over = append(over, fmt.Sprintf("%g processors on %s", p.Procs, h.Name))
					}
				}
				if len(over) > 0 {
					r.Say(a.Address, "licence.processors", fmt.Sprintf("%s would use %s; %g are licensed.", a.Name, some(over), a.Licence.Processors), "License more, or give the partitions fewer.", "processors", some(over))
				}
			})},
		{ID: "HA-28", Moments: declaredAlone, Severity: diag.Warning, Statement: "What runs on all nodes at once is licensed for all of them.",
			Says: "{application} runs on {n} nodes at once with {m} licences.", Source: "S2 2.5.4",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g != nil && g.Concurrent() && a.Licence != nil && a.Licence.Count > 0 && a.Licence.Count < float64(len(g.Nodes)) {
					r.Say(a.Address, "licence.count", fmt.Sprintf("%s runs on %d nodes at once and is licensed for %g.", a.Name, len(g.Nodes), a.Licence.Count), "License it for all nodes, or take some off "+g.Label()+".", "count", a.Licence.Count)
				}
			})},
		{ID: "HA-30", Moments: []string{Plan, Apply}, Severity: diag.Error, Statement: "A cluster is stable before it is changed.",
			Says: "{cluster} is processing an event on {node}. Waiting until it is stable.", Source: "DARE; domain knowledge",
			Check: func(f *Facts, r *Reporter) {
				for _, c := range f.Clusters {
					moves := slices.ContainsFunc(c.Groups, func(g *ResourceGroup) bool { return g.MovesTo != nil || g.Stops })
					why := c.unsettled()
					for _, g := range c.Groups {
						if why == "" && c.Running && !settled(g.Condition) {
							why = fmt.Sprintf("%s of %s is in the state %s.", g.Label(), c.Label(), g.Condition)
						}
					}
					switch {
					case c.Address == "" || why == "":
					case c.Changed || c.Stops || moves:
						r.Say(c.Address, "", why, "Wait until it is stable, or repair it, and plan again.", "condition", c.Condition)
					default: // nothing of the plan touches it, and it is not as anybody wants it
						r.say(diag.Warning, c.Address, "", why, "Look at hacmp.out of its nodes (/var/hacmp/log/hacmp.out). Nothing of it can be changed before it is stable.", []any{"condition", c.Condition})
					}
				}
			}},
		{ID: "HA-31", Moments: planApply, Severity: diag.Error, Statement: "All nodes hold one definition before it is changed.",
			Says: "{node} holds a different definition of {cluster} ({diff}). Synchronize from {reference} first.", Source: "SYNC; CERT",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				switch {
				case !c.Exists || !c.Changed && !c.Stops:
				case len(c.Disagree) > 0:
					r.Say(c.Address, "nodes", fmt.Sprintf("%s holds another definition of %s than the other nodes.", some(c.Disagree), c.Name), "Synchronise from a node whose definition is right (clmgr sync cluster), and plan again.", "disagree", strings.Join(c.Disagree, " "))
				case !c.Synchronised:
					r.say(diag.Warning, c.Address, "", fmt.Sprintf("%s has changes that nobody synchronised; they take effect together with those of the plan.", c.Name), "Look at them on its nodes, or acknowledge it.", nil)
				}
			})},
		{ID: "HA-32", Moments: []string{Apply}, Severity: diag.Error, Statement: "A cluster is changed and synchronised from a node whose services run, where some run.",
			Says: "{node} is not active while others are. Synchronization of {cluster} will start from {other}.", Source: "CERT",
			Elsewhere: "the planner, which sends what changes a cluster to such a node"},
		{ID: "HA-33", Moments: planApply, Severity: diag.Error, Statement: "Every change of a cluster ends with its verification and synchronisation.",
			Says: "Verification of {cluster} reports: {text}. Nothing was synchronized.", Source: "SYNC; S2 2.6; FAQ-HA",
			Elsewhere: "the planner, whose step for it follows all that changes the definition, and the aix provider, which verifies first and stops where that fails"},
		{ID: "HA-34", Moments: []string{Plan}, Severity: diag.Error, Statement: "What a cluster controls is changed by the cluster's commands.",
			Says: "{object} belongs to {rg}; it will be changed through {cluster}, not on {node} alone.", Source: "CHG",
			Elsewhere: "the aix provider, which changes what hosts share by the commands of their cluster and refuses to where there is none"},
		{ID: "HA-35", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A change of a running cluster lets go of what it touches, and takes it again.",
			Says: "Applying this to the running {cluster} takes {resources} offline for a moment. Do it in the window.", Source: "DARE; RES",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if !c.Running || !c.Changed || c.Stops {
					return
				}
				var touched []*ResourceGroup
				for _, g := range c.Groups {
					if g.Exists && g.Changed && g.online() && !g.Stops {
						touched = append(touched, g)
					}
				}
				if len(touched) > 0 {
					r.Say(c.Address, "", fmt.Sprintf("%s runs. The change takes what it touches of %s offline for a moment, and a failure meanwhile is not mended.", c.Name, joined(touched)), "Apply it when users can do without.", "groups", joined(touched))
				} else {
					r.say(diag.Advice, c.Address, "", fmt.Sprintf("%s runs and is reconfigured; a failure meanwhile is not mended.", c.Name), "Apply it at a quiet time.", nil)
				}
			})},
		{ID: "HA-36", Moments: planApply, Severity: diag.Error, Statement: "Before its first synchronisation every node of a classic cluster is on its boot addresses.",
			Says: "{node} is not on its boot address. Stop the cluster there before the first synchronization.", Source: "CERT",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if !c.Classic() || !c.Created {
					return
				}
				for _, h := range c.Nodes {
					for _, l := range c.On(h, "") {
						if h.Found && !slices.ContainsFunc(h.Interfaces, func(i *HostInterface) bool { return i.Address == l.Address || slices.Contains(i.Aliases, l.Address) }) {
							r.Say(c.Address, "interface."+l.Name, fmt.Sprintf("No interface of %s has the boot address %s.", h.Name, l.Address), "Stop what took it away, or configure it.", "address", l.Address)
						}
					}
				}
			})},
		{ID: "HA-37", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A plan that stops cluster services says what becomes of the groups.",
			Says: "Cluster services on {node} stop with groups {mode}. Unmanaged groups are not protected until restart.", Source: "HALPM; Ansible collection for PowerHA",
			Check: func(f *Facts, r *Reporter) {
				for _, c := range f.Clusters {
					if !c.Stops {
						continue
					}
					var on []*ResourceGroup
					for _, g := range c.Groups {
						if g.online() {
							on = append(on, g)
						}
					}
					what := map[string]string{"move": "move to nodes that stay, and stop where none does", "unmanage": "keep running, and nothing protects them until services start again"}[c.OnStop]
					if what == "" {
						what = "go offline, with " + reach(on...)
					}
					if len(on) > 0 {
						r.Say(c.Address, "on_stop", fmt.Sprintf("Cluster services of %s stop; its groups (%s) %s.", c.Name, joined(on), what), "Apply it when users can do without, or declare another on_stop.", "on_stop", c.OnStop)
					}
				}
			}},
		{ID: "HA-39", Moments: declaredAlone, Severity: diag.Advice, Statement: "A takeover was tried before anybody relies on it.",
			Says: "{cluster} has no recorded failover test. Test takeover of {rgs} before using it.", Source: "S3 Failover and cluster; S0 (availability)",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if c.TestedAt == "" {
					r.Say(c.Address, "tested_at", fmt.Sprintf("Nobody has declared when a takeover of %s was last tried.", c.Name), "Try it, and declare tested_at.")
				}
			})},
		{ID: "HA-41", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A user has one numeric id on all nodes.",
			Says: "User {user} has id {a} on {node_a} and {b} on {node_b}; shared files would change owner at takeover.", Source: "S2 2.5.2 (dependencies); detail domain knowledge",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				ids := map[string]map[float64]*Host{}
				for _, h := range c.Nodes {
					for u, id := range h.Users {
						if ids[u] == nil {
							ids[u] = map[float64]*Host{}
						}
						if ids[u][id] == nil {
							ids[u][id] = h
						}
					}
				}
				var differ []string
				for _, u := range slices.Sorted(maps.Keys(ids)) {
					var where []string
					for _, id := range slices.Sorted(maps.Keys(ids[u])) {
						where = append(where, fmt.Sprintf("%g on %s", id, ids[u][id].Name))
					}
					if len(where) > 1 {
						differ = append(differ, u+" ("+strings.Join(where, ", ")+")")
					}
				}
				if len(differ) > 0 {
					r.Say(c.Address, "nodes", fmt.Sprintf("The nodes give other ids to %s; shared files would change their owner at a takeover.", some(differ)), "Give each user one id on all nodes.", "users", strings.Join(differ, " "))
				}
			})},
		{ID: "HA-42", Moments: declaredAlone, Severity: diag.Error, Statement: "Nodes of a cluster are on different frames: now, at the end of the plan, and at every moment between.",
			Says: "{a} and {b} of {cluster} would both be on {system} after step {n}. Choose another target or order.", Source: "COLL; BTR (spread, continuous); S3 Failover and cluster", Check: apartNodes},
		{ID: "HA-43", Moments: declaredAlone, Severity: diag.Warning, Statement: "Nodes of a cluster share no fabric and no site.",
			Says: "{a} and {b} of {cluster} both depend on {part}. Spread them.", Source: "S3; STO; domain knowledge",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				fabrics, sites := map[string]bool{}, map[string]bool{}
				for _, h := range c.Nodes {
					if h.Partition == nil || len(h.Partition.Fabrics) == 0 {
						fabrics[""] = true
					} else {
						for _, name := range h.Partition.Fabrics {
							fabrics[name] = true
						}
					}
					sites[h.Site] = true
				}
				if len(fabrics) == 1 && !fabrics[""] {
					one := slices.Collect(maps.Keys(fabrics))[0]
					r.Say(c.Address, "nodes", fmt.Sprintf("All nodes of %s have their disks over the fabric %s alone.", c.Name, one), "Connect them to two fabrics.", "fabric", one)
				}
				// A site is shared by most clusters, and DR-16 speaks of those that must survive it.
				if len(sites) == 1 && !sites[""] && !slices.ContainsFunc(c.Groups, func(g *ResourceGroup) bool { return g.Critical }) {
					one := slices.Collect(maps.Keys(sites))[0]
					r.say(diag.Advice, c.Address, "nodes", fmt.Sprintf("All nodes of %s are at the site %s.", c.Name, one), "A node elsewhere would survive the loss of the site.", []any{"site", one})
				}
			})},
		{ID: "HA-44", Moments: planApply, Severity: diag.Error, Statement: "One node of a cluster migrates at a time, and only while the cluster is stable and the others are up.",
			Says: "{b} waits: {a} of {cluster} has just moved and is not stable yet.", Source: "HALPM; COLL; BTR (serialize)",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				if !c.Running {
					return
				}
				if why := c.unsettled(); why != "" {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is a node of %s. %s", m.Partition.Name, c.Label(), why), "Wait until the cluster is stable.", "condition", c.Condition)
					return
				}
				for _, o := range c.Nodes {
					if device, network := c.deaf(o); device != "" {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is a node of %s, and %s of %s is down on %s.", m.Partition.Name, c.Label(), device, o.Name, network), "Repair the link first: the others may lose sight of a node that moves.", "interface", device)
						return
					}
				}
				for _, o := range c.Nodes {
					if p := o.Partition; o != h && p != nil && strings.HasPrefix(p.State, "migrating") {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s, which is a node of %s too, is in migration.", p.Name, c.Label()), "Let it finish first.", "state", p.State)
					}
				}
			})},
		{ID: "HA-45", Moments: planApply, Severity: diag.Warning, Statement: "A cluster waits longer for a node than its live migration freezes it, or leaves its groups unmanaged.",
			Says: "{cluster} would declare {node} dead after {s} s. Raise the timeout for the move or leave its groups unmanaged.", Source: "HALPM; HALPMV; HALPM08",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				// 7.2 waits 600 s during a move where nothing is set.
				s := c.Settings["failure_detection_during_lpm"]
				if s == 0 && c.Release != "" && c.Release < "7.2" {
					s = c.Settings["failure_detection"]
				}
				if m.Live && c.Running && c.Policies["lpm_policy"] != "unmanage" && s > 0 && s < shortestFreeze {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s would count %s as dead after %g s; a live migration may take that long to let it answer.", c.Label(), h.Name, s), "Raise settings.failure_detection_during_lpm of the cluster, declare lpm_policy = \"unmanage\", or try it.", "seconds", s)
				}
			})},
		{ID: "HA-46", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Somebody watches what is left unmanaged while its node moves.",
			Says: "{rg} is unprotected while {node} moves. Watch {application}; standby is {standby}.", Source: "HALPM; HALPMV",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				for _, g := range c.Groups {
					if m.Live && c.Policies["lpm_policy"] == "unmanage" && g.Current == h && g.online() {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("While %s moves %s is unmanaged: nothing restarts %s. It could be started by hand on %s.", h.Name, g.Label(), reach(g), cmp.Or(hostNames(without(g.all(), h)), "no other node")), "Let somebody watch it meanwhile.", "group", g.Name)
					}
				}
			})},
		{ID: "HA-47", Moments: []string{Plan}, Severity: diag.Advice, Statement: "The standby node moves first; groups can leave a node before it moves.",
			Says: "{node} runs {rgs}. Moving them to {standby} first removes the freeze from users (costs one takeover).", Source: "HALPM (idea); domain knowledge",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				var on []*ResourceGroup
				var standby []*Host
				for _, g := range c.Groups {
					if g.Current == h && g.online() && !g.Concurrent() && g.MovesTo == nil {
						on, standby = append(on, g), append(standby, without(g.all(), h)...)
					}
				}
				if m.Live && len(on) > 0 && len(standby) > 0 {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s runs %s, whose users notice the freeze of its move.", h.Name, joined(on)), "Moving them to "+standby[0].Name+" first spares them that and costs a takeover.", "groups", joined(on))
				}
			})},
		{ID: "HA-48", Moments: planApply, Severity: diag.Error, Statement: "A node migrates only while its groups are settled and another node could take them.",
			Says: "{rg} has no healthy second node while {node} moves. Repair {other} first or accept the risk.", Source: "HALPM; derived",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				for _, g := range c.Groups {
					if !c.Running || !slices.Contains(g.all(), h) || g.Concurrent() {
						continue
					}
					if !settled(g.Condition) {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s, which %s may run, is in the state %s.", g.Label(), h.Name, g.Condition), "Repair it, or wait until it is settled.", "state", g.Condition)
						continue
					}
					others := without(g.all(), h)
					up := slices.ContainsFunc(others, func(o *Host) bool { return o.State == "NORMAL" })
					unknown := slices.ContainsFunc(others, func(o *Host) bool { return !o.Found })
					switch {
					case g.Current != h || up:
					case unknown:
						r.Unknown(false, m.Partition.Address, "system", fmt.Sprintf("whether another node could take %s is not known; %s did not answer.", g.Label(), hostNames(others)), "Make them reachable, and plan again.")
					default:
						// The one risk that the catalogue lets somebody take.
						r.say(diag.Warning, m.Partition.Address, "system", fmt.Sprintf("While %s moves nobody could take %s: cluster services run on none of %s.", h.Name, g.Label(), cmp.Or(hostNames(others), "its other nodes")), "Start them there first, or acknowledge it.", []any{"group", g.Name})
					}
				}
			})},
		{ID: "HA-49", Moments: planApply, Severity: diag.Error, Statement: "Heartbeat, repository and data disks of a node are visible where it moves, like any other disk.",
			Says: "Heartbeat disk {disk} of {node} is not visible from {target}. Present it before the move.", Source: "S2 2.3.1; STO; REPO",
			Elsewhere: "rule STG-01, which looks at every disk of a partition that migrates, and STG-08 to STG-10 for those over virtual Fibre Channel"},
	}
}

// heartbeats are the paths between every two nodes (HA-02). One finding tells of all pairs of a cluster.
func heartbeats(f *Facts, r *Reporter) {
	everyCluster(func(c *Cluster, r *Reporter) {
		none := slices.DeleteFunc(pairsOf(c.Nodes), func(p [2]*Host) bool { return c.ipPaths(p[0], p[1]) != 0 })
		if len(none) > 0 {
			r.Say(c.Address, "interface", fmt.Sprintf("No IP path joins %s.", pairNames(none)), "Declare an interface of each node on one network.", "pairs", pairNames(none))
		}
		apart := c.unlinked(c.Nodes)
		if len(apart) == 0 {
			return
		}
		for _, p := range apart {
			if v := unreserved(f, p[0], p[1]); v != nil {
				r.Say(c.Address, "network", fmt.Sprintf("No path without IP joins %s, and no disk reserve protects %s: after a failure of the network both would write.", pairNames(apart), v.Label()), c.nonIP(), "pairs", pairNames(apart))
				return
			}
		}
		r.say(diag.Warning, c.Address, "network", fmt.Sprintf("No path without IP joins %s: a failure of the network looks like one of the other node.", pairNames(apart)), c.nonIP(), []any{"pairs", pairNames(apart)})
	})(f, r)
}

// groupOf is the volume group that a disk is in, or nil.
func (f *Facts) groupOf(d *Disk) *VolumeGroup {
	for _, v := range f.VolumeGroups {
		if d != nil && slices.Contains(v.Disks, d) {
			return v
		}
	}
	return nil
}

// unfit says why a disk cannot carry a heartbeat; "" where it can.
func (f *Facts) unfit(c *Cluster, n *ClusterNetwork) string {
	if n.Disk == nil {
		return "it names no disk"
	}
	d, v := n.Disk, f.groupOf(n.Disk)
	for _, h := range c.ends(n) {
		seen := d.OnHosts[h.Name]
		switch {
		case h.Found && seen == nil && len(d.OnHosts) > 0 && v == nil: // else STG-18 speaks
			return fmt.Sprintf("%s does not see %s", h.Name, d.Label())
		case v == nil && seen != nil && (seen.VolumeGroup == "" || seen.VolumeGroup == "None"):
			return fmt.Sprintf("%s is in no volume group of %s", d.Label(), h.Name)
		case v != nil && !slices.Contains(v.Hosts, h):
			return fmt.Sprintf("%s, with %s in it, is not one of %s", v.Label(), d.Label(), h.Name)
		}
	}
	if v != nil && !v.enhanced() {
		return fmt.Sprintf("%s, with %s in it, is not enhanced concurrent", v.Label(), d.Label())
	}
	return ""
}

// under is the filesystem of a host that a path lies in, or nil. A host's own root is none.
func (f *Facts) under(path string, h *Host) *Filesystem {
	var best *Filesystem
	for _, v := range f.VolumeGroups {
		if !slices.Contains(v.Hosts, h) {
			continue
		}
		for _, fs := range v.Filesystems {
			if within(path, fs.Mount) && (best == nil || len(fs.Mount) > len(best.Mount)) {
				best = fs
			}
		}
	}
	return best
}

// within: a path is a mount point or lies below it.
func within(path, mount string) bool {
	return mount != "" && mount != "/" && (path == mount || strings.HasPrefix(path, mount+"/"))
}

// haLevelFor is the row of the matrix for a node, or nil where there is none.
func haLevelFor(c *Cluster, h *Host) *haLevel {
	for i, l := range haLevels {
		if l.Release == c.Release && h.Release() != "" && l.AIX[:2] == h.Level[:2] {
			return &haLevels[i]
		}
	}
	return nil
}

// sameLevels compares what the nodes run (HA-14). Levels may differ for a while, in a rolling update: then nothing is changed.
func sameLevels(c *Cluster, r *Reporter) {
	changes := c.Changed || c.Created
	byHA, byAIX := map[string][]*Host{}, map[string][]*Host{}
	for _, h := range c.Nodes {
		if !h.Found {
			continue
		}
		// Old releases have no halevel.
		switch level := cmp.Or(h.ClusterLevel, h.Filesets["cluster.es.server.rte"]); {
		case level == "":
			r.Say(c.Address, "nodes", fmt.Sprintf("%s has no cluster software.", h.Name), "Install "+c.Release+" there.", "level", "none")
		case !strings.HasPrefix(level, c.Release+"."):
			r.Say(c.Address, "version", fmt.Sprintf("%s runs %s; the cluster is declared for %s.", h.Name, level, c.Release), "Declare the release that is there, or update the node.", "level", level)
		default:
			byHA[level] = append(byHA[level], h)
		}
		if h.Level != "" {
			byAIX[h.Level] = append(byAIX[h.Level], h)
		}
	}
	for i, by := range []map[string][]*Host{byHA, byAIX} {
		if len(by) < 2 {
			continue
		}
		var parts []string
		for _, level := range slices.Sorted(maps.Keys(by)) {
			parts = append(parts, fmt.Sprintf("%s on %s", level, hostNames(by[level])))
		}
		sev, what := diag.Warning, []string{"cluster software", "AIX"}[i]
		switch {
		case changes && i == 0:
			sev = diag.Error
		case !changes && i == 1:
			sev = diag.Advice
		}
		r.say(sev, c.Address, "nodes", fmt.Sprintf("The nodes run several levels of %s: %s.", what, strings.Join(parts, "; ")), "Bring them to one level before the cluster is changed.", []any{"levels", strings.Join(parts, "; ")})
	}
}

// runnable reports what is known of a script on the nodes of a group. A host that tells of no script at all was asked for none.
func runnable(a *Application, g *ResourceGroup, path, script string, r *Reporter) {
	if g == nil || script == "" {
		return
	}
	by := map[string][]*Host{}
	for _, h := range g.all() {
		if state := h.Scripts[script]; h.Found && len(h.Scripts) > 0 && state != "executable" {
			by[state] = append(by[state], h)
		}
	}
	for _, state := range slices.Sorted(maps.Keys(by)) {
		if state == "" {
			r.Unknown(false, a.Address, path, fmt.Sprintf("%s does not tell of %s.", hostNames(by[state]), script), "Look whether root can run it there.", "script", script)
		} else {
			fix := "Install it under the same path, for root to run."
			if state == "not executable" {
				fix = "Make it so there: chmod 755 " + script + "."
			}
			r.Say(a.Address, path, fmt.Sprintf("%s is %s on %s.", script, state, hostNames(by[state])), fix, "script", script)
		}
	}
}

// lacking are the hosts of a list that another one does not have.
func lacking(list, other []*Host) []*Host {
	var out []*Host
	for _, h := range list {
		if !slices.Contains(other, h) {
			out = append(out, h)
		}
	}
	return out
}

// meet: two lists have a host in common.
func meet(a, b []*Host) bool { return len(lacking(a, b)) < len(a) }

func without(list []*Host, h *Host) []*Host { return lacking(list, []*Host{h}) }

// settled: a condition of a group in which nothing is under way or broken.
func settled(condition string) bool {
	return condition == "" || strings.HasPrefix(condition, "ONLINE") || strings.HasPrefix(condition, "OFFLINE") || strings.HasPrefix(condition, "UNMANAGED")
}

// unsettled says why a cluster is not stable; "" where it is, does not run, or nothing is known.
func (c *Cluster) unsettled() string {
	switch c.Condition {
	case "UNSTABLE", "RP_RUNNING", "RP_FAILED", "ERROR":
		return fmt.Sprintf("%s is in the state %s.", c.Label(), c.Condition)
	}
	for _, h := range c.Nodes {
		if h.State == "JOINING" || h.State == "LEAVING" {
			return fmt.Sprintf("%s of %s is %s.", h.Name, c.Label(), strings.ToLower(h.State))
		}
	}
	for _, g := range c.Groups {
		if strings.HasPrefix(g.Condition, "ACQUIRING") || strings.HasPrefix(g.Condition, "RELEASING") {
			return fmt.Sprintf("%s of %s is in the state %s.", g.Label(), c.Label(), g.Condition)
		}
	}
	return ""
}

// reach is what users have of groups: their applications and addresses.
func reach(groups ...*ResourceGroup) string {
	var out []string
	for _, g := range groups {
		for _, a := range g.Applications {
			out = append(out, a.Name)
		}
		for _, l := range g.ServiceIPs {
			out = append(out, l.Name)
		}
	}
	if len(out) == 0 {
		return "what they hold"
	}
	return some(out)
}

// ofNodeMoves runs a check for every migration of a partition in which a node of a cluster runs.
func ofNodeMoves(check func(m *Migration, c *Cluster, h *Host, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, m := range f.Migrations {
			for _, c := range f.Clusters {
				for _, h := range c.Nodes {
					if h.Partition == m.Partition {
						check(m, c, h, r)
					}
				}
			}
		}
	}
}

// apartNodes compares the places of every two nodes, as CAP-27 does for groups: the partition that arrives is to blame, and two
// that part are the cure.
func apartNodes(f *Facts, r *Reporter) {
	for _, c := range f.Clusters {
		var nowhere []*Host
		for _, h := range c.Nodes {
			if h.Partition == nil {
				nowhere = append(nowhere, h)
			}
		}
		if c.Address != "" && len(nowhere) > 0 {
			r.say(diag.Advice, c.Address, "nodes", fmt.Sprintf("cannot be checked: nobody has declared in which partition %s runs.", hostNames(nowhere)), "Declare partition in the host.", nil)
		}
		for _, pair := range pairsOf(c.Nodes) {
			c.meeting(pair[0], pair[1], r)
		}
	}
}

// meeting reports where two nodes would be on one frame.
func (c *Cluster) meeting(a, b *Host, r *Reporter) {
	p, q := a.Partition, b.Partition
	if p == nil || q == nil {
		return
	}
	if p == q {
		if c.Address != "" {
			r.Say(c.Address, "nodes", fmt.Sprintf("%s and %s are both declared to run in %s.", a.Name, b.Name, p.Name), "Declare the partition of each of them.", "partition", p.Name)
		}
		return
	}
	moves := func(p *Partition) bool { return p.Target != nil && (p.New || p.Target != p.System) }
	for _, s := range p.Places() {
		for _, t := range q.Places() {
			if s == nil || s != t || parting(p, q, s) {
				continue
			}
			blame, when := q, "at the end"
			if p.Target != s || q.Target != s {
				when = "on the way"
			}
			if !moves(q) && moves(p) || q.Address == "" {
				blame = p
			}
			if at, path := blame.Address, "system"; c.Address != "" || moves(blame) {
				if at == "" {
					at, path = c.Address, "nodes"
				}
				r.Say(at, path, fmt.Sprintf("%s and %s of %s would both be on %s %s.", a.Name, b.Name, c.Label(), s.Label(), when), "Choose another system for one of them, or move them one after the other.", "system", s.Name)
			}
			return
		}
	}
}

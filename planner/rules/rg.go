package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// Time that users miss a group when it moves, where nobody has declared how long its applications take to start.
const usualMove = "30 to 300 s"

// policies are a group's three policies in the words of the files.
func (g *ResourceGroup) policies() string {
	return fmt.Sprintf("startup = %q, fallover = %q, fallback = %q", g.Startup, g.Fallover, g.Fallback)
}

// custom: the group says its policies itself.
func (g *ResourceGroup) custom() bool { return g.Style == "" || g.Style == "custom" }

// exported are the directories that it exports by any version of NFS.
func (g *ResourceGroup) exported() []string { return append(slices.Clone(g.Exports), g.ExportsV4...) }

// nearNFS: it mounts on its nodes, by NFS 2 or 3, what it exports itself, and has more than two of them.
func (g *ResourceGroup) nearNFS() (string, bool) {
	for _, mount := range slices.Sorted(maps.Keys(g.NFSMounts)) {
		if slices.Contains(g.Exports, g.NFSMounts[mount]) && len(g.all()) > 2 {
			return mount, true
		}
	}
	return "", false
}

// siteOf is the name of a node's site in the cluster; "" without sites.
func (c *Cluster) siteOf(h *Host) string {
	for _, s := range c.Sites {
		if slices.Contains(s.Nodes, h) {
			return s.Name
		}
	}
	return ""
}

// spans: the group has nodes at several sites of its cluster.
func (g *ResourceGroup) spans() bool {
	sites := map[string]bool{}
	for _, h := range g.all() {
		sites[g.Cluster.siteOf(h)] = true
	}
	delete(sites, "")
	return len(sites) > 1
}

// returns: it goes back by itself and at once.
func (g *ResourceGroup) returns() bool { return g.Fallback == "higher-priority" && g.Timer == "" }

func rg() []*Rule {
	return []*Rule{
		{ID: "RG-01", Moments: declaredAlone, Severity: diag.Warning, Statement: "What is to be highly available is in a resource group.",
			Says: "{object} of {cluster} is in no resource group, so nothing moves it at a failure. Add it to one.", Source: "S2 2.7", Check: ungrouped},
		{ID: "RG-02", Moments: declaredAlone, Severity: diag.Error, Statement: "A resource is in one resource group.",
			Says: "{object} is in {a} and in {b}. Keep it in one.", Source: "RGGEN",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				owner := map[any]*ResourceGroup{}
				for _, g := range c.Groups {
					hold := func(key any, path, name string) {
						if prev := owner[key]; prev != nil && prev != g {
							r.Say(cmp.Or(g.Address, prev.Address, c.Address), path, fmt.Sprintf("%s is in %s and in %s.", name, prev.Label(), g.Label()), "Keep it in one of the two.", "object", name)
							return
						}
						owner[key] = g
					}
					for _, l := range g.ServiceIPs {
						hold(l, "service_ips", l.Name)
					}
					for _, a := range g.Applications {
						hold(a, "applications", a.Label())
					}
					for _, v := range g.VolumeGroups {
						hold(v, "volume_groups", v.Label())
					}
					for _, d := range g.RawDisks {
						hold(d, "disks", d.Label())
					}
					for _, m := range g.Filesystems {
						hold(m, "filesystems", m)
					}
				}
			})},
		{ID: "RG-03", Moments: declaredAlone, Severity: diag.Error, Statement: "An application is in the group of the storage that it needs.",
			Says: "{application} in {a} needs {object}, which is in {b}. Put them in one group.", Source: "RGGEN; S2 2.7",
			Check: func(f *Facts, r *Reporter) {
				ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
					if g == nil {
						return
					}
					for _, path := range a.Files {
						for _, h := range g.Nodes {
							fs := f.under(path, h)
							if fs != nil && fs.Group != nil && fs.Group.Group != nil && fs.Group.Group != g {
								r.Say(a.Address, "files", fmt.Sprintf("%s in %s needs %s, which is in %s with %s.", a.Name, g.Label(), path, fs.Group.Group.Label(), fs.Group.Label()), "Put them into one group.", "path", path)
								break
							}
						}
					}
				})(f, r)
			}},
		{ID: "RG-04", Moments: declaredAlone, Severity: diag.Error, Statement: "The nodes of a group are nodes of its cluster, and two or more.",
			Says: "{rg}: {node} is not in {cluster} (or listed twice, or alone).", Source: "S2 2.7",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if strange := lacking(g.all(), g.Cluster.Nodes); len(strange) > 0 {
					r.Say(g.Address, "nodes", fmt.Sprintf("%s is no node of %s.", hostNames(strange), g.Cluster.Label()), "Name nodes of the cluster, or add it there.", "nodes", hostNames(strange))
				} else if len(g.all()) < 2 && len(g.Cluster.Nodes) > 1 {
					// A group of one node may be meant; nothing declares it.
					r.say(diag.Warning, g.Address, "nodes", fmt.Sprintf("%s has no other node than %s: nobody takes it over.", g.Name, hostNames(g.all())), "Name a second node, or acknowledge it.", nil)
				}
			})},
		{ID: "RG-05", Moments: declaredAlone, Severity: diag.Error, Statement: "Every node of a group reaches its volume groups and their disks.",
			Says: "{node} cannot reach {object} of {rg}. Connect it or take {node} off the list.", Source: "S2 2.4.1, 2.7",
			Elsewhere: "rules STG-18 and STG-19 for volume groups and their disks, RG-06 for raw disks and RG-30 for networks"},
		{ID: "RG-06", Moments: declaredAlone, Severity: diag.Error, Statement: "A filesystem of a group is in a volume group of it, and a raw disk is shared by its nodes.",
			Says: "{mount} in {rg} is in {vg}, which {rg} does not contain.", Source: "S2 2.7",
			Check: func(f *Facts, r *Reporter) {
				everyGroup(func(g *ResourceGroup, r *Reporter) {
					for _, mount := range g.Filesystems {
						var in *VolumeGroup
						for _, v := range f.VolumeGroups {
							if meet(v.Hosts, g.all()) && slices.Contains(v.mounts(), mount) && (in == nil || slices.Contains(g.VolumeGroups, v)) {
								in = v
							}
						}
						looked := slices.ContainsFunc(g.Nodes, func(h *Host) bool { return h.Found })
						switch {
						case in == nil && looked:
							r.Unknown(false, g.Address, "filesystems", fmt.Sprintf("no volume group that is known has the filesystem %s; one that is off does not tell.", mount), "Declare the filesystem.", "mount", mount)
						case in != nil && len(g.VolumeGroups) > 0 && !slices.Contains(g.VolumeGroups, in):
							r.Say(g.Address, "filesystems", fmt.Sprintf("%s is in %s, which is not in %s.", mount, in.Label(), g.Label()), "Add the volume group, or take the filesystem out.", "mount", mount)
						}
					}
					for _, d := range g.RawDisks {
						if far := d.blind(g.all()); len(far) > 0 {
							r.Say(g.Address, "disks", fmt.Sprintf("%s does not see %s.", hostNames(far), d.Label()), "Map the LUN there, or take it off the nodes.", "disk", d.Label())
						}
					}
				})(f, r)
			}},
		{ID: "RG-07", Moments: declaredAlone, Severity: diag.Error, Statement: "The name of a group is that of no other group and no volume group; for addresses see NET-32.",
			Says: "'{name}' names a resource group and a {kind}. Rename one.", Source: "IPL; RGGEN",
			Check: func(f *Facts, r *Reporter) {
				everyGroup(func(g *ResourceGroup, r *Reporter) {
					what := ""
					switch c := g.Cluster; {
					case slices.ContainsFunc(f.VolumeGroups, func(v *VolumeGroup) bool {
						return v.Name == g.Name && meet(v.Hosts, c.Nodes)
					}):
						what = "a volume group"
					default:
						if i := slices.IndexFunc(c.Groups, func(o *ResourceGroup) bool { return o.Name == g.Name }); c.Groups[i] != g {
							what = "another resource group"
						}
					}
					if what != "" {
						r.Say(g.Address, "name", fmt.Sprintf("%q is the name of %s too.", g.Name, what), "Rename one of them.", "name", g.Name)
					}
				})(f, r)
			}},
		{ID: "RG-08", Moments: []string{Plan}, Severity: diag.Error, Statement: "A node that runs a group stays on its list.",
			Says: "{rg} runs on {node}, which the new list omits. Move it to {other} first.", Source: "derived from S2 2.7",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				leaves := g.MovesTo != nil && slices.Contains(g.NodesNow, g.MovesTo) // while it still has both
				if g.Exists && g.online() && g.Current != nil && !slices.Contains(g.all(), g.Current) && !g.Concurrent() && !leaves && !g.Stops {
					r.Say(g.Address, "nodes", fmt.Sprintf("%s runs on %s, which its nodes (%s) leave out.", g.Name, g.Current.Name, hostNames(g.all())), "Move it away first: declare on, and apply that.", "node", g.Current.Name)
				}
			})},
		{ID: "RG-09", Moments: declaredAlone, Severity: diag.Error, Statement: "Startup, fallover and fallback policies are among those that exist.",
			Says: "{rg}: '{value}' is no valid {policy} policy. Choose from {list}.", Source: "S2 2.7.4; RGPOL", Elsewhere: "the kind resource_group, which lists them and asks for all three where there is no style"},
		{ID: "RG-10", Moments: declaredAlone, Severity: diag.Error, Statement: "A group that starts on all nodes goes offline where it fails, and never falls back.",
			Says: "{rg} starts on all nodes, so fallover must be bring offline and fallback never.", Source: "RGHELP; S2 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Concurrent() && (g.Fallover != "bring-offline" || g.Fallback != "never") {
					r.Say(g.Address, "startup", fmt.Sprintf("%s has %s.", g.Name, g.policies()), "Declare fallover = \"bring-offline\" and fallback = \"never\" with it.")
				}
			})},
		{ID: "RG-11", Moments: declaredAlone, Severity: diag.Error, Statement: "A group that is distributed at start never falls back.",
			Says: "{rg} uses node distribution; fallback must be never.", Source: "RGHELP",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Startup == "node-distribution" && g.Fallback != "never" {
					r.Say(g.Address, "fallback", fmt.Sprintf("%s has %s.", g.Name, g.policies()), "Declare fallback = \"never\".")
				}
			})},
		{ID: "RG-12", Moments: declaredAlone, Severity: diag.Warning, Statement: "A group that goes offline where it fails is taken over by nobody.",
			Says: "{rg} goes offline when its node fails. Choose next priority node if it should be taken over.", Source: "S2 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Fallover == "bring-offline" && !g.Concurrent() {
					r.Say(g.Address, "fallover", fmt.Sprintf("%s goes offline when its node fails, and no other node takes it.", g.Name), "Declare fallover = \"next-priority\" if another one should.")
				}
			})},
		{ID: "RG-13", Moments: declaredAlone, Severity: diag.Warning, Unconfirmed: true, Statement: "A group that starts on the first available node does not fall back at once.",
			Says: "{rg} starts on the first node and then jumps to {home}. Use home-node startup or never fall back.", Source: "domain knowledge (unconfirmed); policies from RGPOL",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Startup == "first-available" && g.returns() && len(g.Nodes) > 1 {
					r.Say(g.Address, g.policyPath("fallback"), fmt.Sprintf("%s starts on the first node that is there and jumps to %s as soon as that is.", g.Name, g.Nodes[0].Name), "Start it on its home node, or let it never fall back.", "home", g.Nodes[0].Name)
				}
			})},
		{ID: "RG-14", Moments: declaredAlone, Severity: diag.Warning, Statement: "A group that starts on its home node alone stays down with it.",
			Says: "{rg} stays offline if {home} is down at start. Choose first available node (or inactive takeover) if it should start elsewhere.", Source: "S2 2.7.1, 2.7.4; RGPOL",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Startup == "home-node" && len(g.all()) > 1 {
					fix := "Declare startup = \"first-available\" if it should start elsewhere."
					if g.Style == "cascading" {
						fix = "Declare inactive_takeover if it should start elsewhere."
					}
					r.Say(g.Address, g.policyPath("startup"), fmt.Sprintf("%s stays offline when %s is down while the cluster starts.", g.Name, g.all()[0].Name), fix, "home", g.all()[0].Name)
				}
			})},
		{ID: "RG-15", Moments: declaredAlone, Severity: diag.Warning, Statement: "A group does not go back in the middle of the day.",
			Says: "{rg} returns to {home} as soon as it is back, with a second interruption. Set a timer or never.", Source: "S2 2.7.1, 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				// With first-available RG-13 says it.
				if g.returns() && len(g.Nodes) > 1 && g.Startup != "first-available" {
					r.Say(g.Address, g.policyPath("fallback"), fmt.Sprintf("%s goes back to %s as soon as that is up again: a second interruption, at any time.", g.Name, g.Nodes[0].Name), "Declare a fallback_timer, or fallback = \"never\".", "home", g.Nodes[0].Name)
				}
			})},
		{ID: "RG-16", Moments: declaredAlone, Severity: diag.Error, Statement: "A fallback timer is for a group that falls back.",
			Says: "{rg} has a fallback timer but never falls back. Remove one of the two.", Source: "S2 2.7.4; RGPOL",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Timer != "" && g.Fallback == "never" {
					r.Say(g.Address, "fallback_timer", fmt.Sprintf("%s has the timer %s and never falls back.", g.Name, g.Timer), "Leave one of the two out.", "timer", g.Timer)
				}
			})},
		{ID: "RG-17", Moments: declaredAlone, Severity: diag.Warning, Statement: "A settling time is for groups that start on the first available node.",
			Says: "{rg}: the settling time is ignored with startup {startup}.", Source: "RGHELP; S2 2.7.4",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				s := c.Settings["settling_time"]
				if s > 0 && len(c.Groups) > 0 && !slices.ContainsFunc(c.Groups, func(g *ResourceGroup) bool { return g.Startup == "first-available" }) {
					r.Say(c.Address, "settings.settling_time", fmt.Sprintf("The settling time of %g s has no effect: no group of %s starts on the first available node.", s, c.Name), "Leave it out, or choose that startup.", "seconds", s)
				}
			})},
		{ID: "RG-18", Moments: declaredAlone, Severity: diag.Error, Statement: "Dynamic node priority names what it goes by.",
			Says: "{rg} uses dynamic node priority without a policy. Name one.", Source: "S2 2.7.4; DNP",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				script := g.Priority == "lowest" || g.Priority == "highest"
				switch {
				case g.Fallover != "dynamic-priority":
				case g.Priority == "":
					r.Say(g.Address, "priority", fmt.Sprintf("%s falls over by dynamic node priority and names no policy.", g.Name), "Declare priority, or fallover = \"next-priority\".")
				case script && (g.PriorityScript == "" || g.PriorityTimeout == 0):
					r.Say(g.Address, "priority", fmt.Sprintf("%s chooses the %s value of a script and lacks the script or its timeout.", g.Name, g.Priority), "Declare priority.script and priority.timeout.", "policy", g.Priority)
				}
			})},
		{ID: "RG-19", Moments: declaredAlone, Severity: diag.Warning, Unconfirmed: true, Statement: "Dynamic node priority has something to choose from.",
			Says: "{rg} has {n} nodes; dynamic node priority needs three to matter.", Source: "domain knowledge (unconfirmed); NDP-DEF (order chosen at the event)",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if n := len(g.Nodes); g.Fallover == "dynamic-priority" && n < 3 {
					r.Say(g.Address, "nodes", fmt.Sprintf("%s has %d nodes; after a failure there is nothing left to choose.", g.Name, n), "Name three or more, or declare fallover = \"next-priority\".", "nodes", n)
				}
			})},
		{ID: "RG-20", Moments: declaredAlone, Severity: diag.Error, Statement: "Dynamic node priority is not for clusters with sites, nor for rotating and concurrent groups.",
			Says: "{rg} is {kind} (or spans sites); remove dynamic node priority.", Source: "S2 2.7.2; RGPOL; DNP; NDP-DEF",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				// The kind resource_group refuses it in the two styles.
				if n := len(g.Cluster.Sites); g.Fallover == "dynamic-priority" && n > 1 {
					r.Say(g.Address, g.policyPath("fallover"), fmt.Sprintf("%s falls over by dynamic node priority, and %s has %d sites.", g.Name, g.Cluster.Label(), n), "Declare fallover = \"next-priority\".", "sites", n)
				}
			})},
		{ID: "RG-21", Moments: declaredAlone, Severity: diag.Advice, Statement: "The policy memory goes by paging space.",
			Says: "{rg}: 'most free memory' looks at paging space, refreshed every 3 minutes.", Source: "DNP",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Fallover == "dynamic-priority" && g.Priority == "memory" {
					r.Say(g.Address, "priority.policy", fmt.Sprintf("%s goes to the node with the most free paging space, by values that are up to three minutes old.", g.Name), "Choose cpu or disk, or a script, if something else is meant.")
				}
			})},
		{ID: "RG-22", Moments: declaredAlone, Severity: diag.Error, Statement: "From 5.2 on there are custom groups alone, and a style stands for three policies; 5.1 knows no node distribution.",
			Says: "{rg} is {kind}, which {product} {version} does not have. Use {policies}.", Source: "S2 2.7, 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				switch v := g.Cluster.Release; {
				case v == "5.1" && g.Startup == "node-distribution":
					r.Say(g.Address, "startup", fmt.Sprintf("%s starts by node distribution, which exists from 5.2 on; the cluster is of %s.", g.Name, v), "Choose home-node or first-available.", "version", v)
				case v > "5.1" && !g.custom():
					r.say(diag.Advice, g.Address, "style", fmt.Sprintf("%s has no %s groups; %s gets %s.", v, g.Style, g.Name, g.policies()), "Nothing has to be done; the three can stand there instead of the style.", []any{"style", g.Style})
				}
			})},
		{ID: "RG-23", Moments: declaredAlone, Severity: diag.Error, Statement: "In 5.1 a custom group takes addresses by aliasing.",
			Says: "{rg} is custom and {label} uses replacement; 5.1 allows aliasing only. Change {network} or the kind of group.", Source: "S2 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				for _, l := range g.ServiceIPs {
					if n := g.Cluster.Network(l.Network); g.Cluster.Release == "5.1" && g.custom() && n != nil && n.Takeover == "replacement" {
						r.Say(g.Address, "service_ips", fmt.Sprintf("%s is on %s, where a service address replaces the boot address; custom groups of 5.1 cannot do that.", l.Name, n.Name), "Declare takeover = \"alias\" for the network, or a style for the group.", "network", n.Name)
					}
				}
			})},
		{ID: "RG-24", Moments: declaredAlone, Severity: diag.Error, Statement: "In 5.1 a custom group has neither sites nor replicated resources.",
			Says: "{rg} is custom and {cluster} has sites; 5.1 does not support that.", Source: "S2 2.7.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if n := len(g.Cluster.Sites); g.Cluster.Release == "5.1" && g.custom() && n > 0 {
					r.Say(g.Address, g.policyPath("startup"), fmt.Sprintf("%s is custom and %s has %d sites, which 5.1 does not combine.", g.Name, g.Cluster.Label(), n), "Declare a style, or leave the sites out.", "sites", n)
				}
			})},
		{ID: "RG-25", Moments: declaredAlone, Severity: diag.Error, Statement: "Inactive takeover and staying without fallback are words for cascading groups.",
			Says: "{rg}: {flag} applies to cascading groups only. Use the startup or fallback policy instead.", Source: "S2 2.7.1", Elsewhere: "the kind resource_group"},
		{ID: "RG-26", Moments: declaredAlone, Severity: diag.Warning, Statement: "Rotating groups with the same nodes begin with different ones.",
			Says: "Rotating groups {a} and {b} both list {node} first. Give them different first nodes.", Source: "S2 2.7.2",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				first := map[string]*ResourceGroup{}
				for _, g := range c.Groups {
					if g.Style != "rotating" || len(g.Nodes) == 0 {
						continue
					}
					names := make([]string, 0, len(g.Nodes))
					for _, h := range g.Nodes {
						names = append(names, h.Name)
					}
					key := g.Nodes[0].Name + "\x00" + strings.Join(sorted(names), " ")
					if prev := first[key]; prev == nil {
						first[key] = g
					} else if len(g.Nodes) > 1 {
						r.Say(cmp.Or(g.Address, c.Address), "nodes", fmt.Sprintf("%s and %s rotate over the same nodes and both name %s first.", prev.Label(), g.Label(), g.Nodes[0].Name), "Name another node first in one of them.", "node", g.Nodes[0].Name)
					}
				}
			})},
		{ID: "RG-27", Moments: declaredAlone, Severity: diag.Warning, Statement: "Rotating groups of 5.1 find a node and a network each.",
			Says: "{n} rotating groups share {nodes} nodes and {nets} networks; {m} would stay inactive after a failure.", Source: "S2 2.7.2",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				groups, nets := 0, 0
				for _, g := range c.Groups {
					if g.Style == "rotating" {
						groups++
					}
				}
				for _, n := range c.Networks {
					if n.IP() && !n.Private {
						nets++
					}
				}
				if room := max(len(c.Nodes)-1, 0) * max(nets, 1); c.Release == "5.1" && groups > room {
					r.Say(c.Address, "network", fmt.Sprintf("%d rotating groups share %d nodes and %d networks: when a node fails, %d of them stay inactive.", groups, len(c.Nodes), nets, groups-room), "Declare another network, or groups of another style.", "groups", groups)
				}
			})},
		{ID: "RG-28", Moments: declaredAlone, Severity: diag.Error, Statement: "A concurrent group holds neither filesystems nor tapes nor addresses that are taken over.",
			Says: "{rg} is concurrent but contains {object}. Remove it or make the group non-concurrent.", Source: "S2 2.7.3, 2.4.2; RGHELP (all resources must be concurrent capable); addresses unconfirmed",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if !g.Concurrent() {
					return
				}
				fix := "Take it out, or choose another startup."
				// Of filesystems in its volume groups STG-25 speaks, of tapes STG-45.
				if len(g.Filesystems) > 0 && !slices.ContainsFunc(g.VolumeGroups, func(v *VolumeGroup) bool { return len(v.mounts()) > 0 }) {
					r.Say(g.Address, "filesystems", fmt.Sprintf("%s runs on all nodes at once and has %s.", g.Name, some(g.Filesystems)), fix, "object", some(g.Filesystems))
				}
				for _, l := range g.ServiceIPs {
					r.say(diag.Warning, g.Address, "service_ips", fmt.Sprintf("%s runs on all nodes at once and has the address %s, which is on one.", g.Name, l.Name), fix, []any{"object", l.Name})
				}
			})},
		{ID: "RG-29", Moments: declaredAlone, Severity: diag.Warning, Statement: "Software coordinates who writes to the data of a concurrent group.",
			Says: "{application} in concurrent group {rg}: name the software that coordinates access to the data.", Source: "S2 2.7.3; CONC",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g != nil && g.Concurrent() && !a.Concurrent {
					r.Say(a.Address, "concurrent", fmt.Sprintf("%s runs on all nodes of %s at once and is not declared to be made for that.", a.Name, g.Label()), "Declare concurrent where it coordinates its accesses, or choose another startup.")
				}
			})},
		{ID: "RG-30", Moments: declaredAlone, Severity: diag.Error, Statement: "Every node of a group has an interface on the networks of its addresses.",
			Says: "{node} has no interface on {network}, so it cannot take {label} of {rg}.", Source: "S2 2.3, 2.7",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				for _, name := range g.UnknownIPs {
					if slices.ContainsFunc(g.Cluster.Persistent, func(l *ClusterLabel) bool { return l.Name == name }) {
						continue // NET-20 speaks
					}
					r.Say(g.Address, "service_ips", fmt.Sprintf("%s has no service address %s.", g.Cluster.Label(), name), "Declare it there, or correct the name.", "label", name)
				}
				g.takes(g.Nodes, func(network, labels, far string) {
					r.Say(g.Address, "service_ips", fmt.Sprintf("%s has no interface on %s and cannot take %s.", far, network, labels), "Declare an interface there, or take it off the nodes.", "network", network)
				})
			})},
		{ID: "RG-31", Moments: []string{Plan}, Severity: diag.Error, Statement: "What a group exports by NFS stands in the group and not in the export file of a node.",
			Says: "{mount} is exported in the export file of {node} but not in {rg}. List it in {rg}.", Source: "S2 2.5.3; CERT",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				for _, h := range g.all() {
					for _, dir := range h.Exports {
						inGroup := slices.ContainsFunc(g.Filesystems, func(m string) bool { return within(dir, m) }) || slices.ContainsFunc(g.VolumeGroups, func(v *VolumeGroup) bool {
							return slices.ContainsFunc(v.Filesystems, func(x *Filesystem) bool { return within(dir, x.Mount) })
						})
						if inGroup || slices.Contains(g.exported(), dir) {
							r.Say(g.Address, "exports", fmt.Sprintf("%s is in /etc/exports of %s, which knows nothing of a takeover.", dir, h.Name), "Take it out there, and list it in exports or exports_v4.", "directory", dir)
						}
					}
				}
			})},
		{ID: "RG-33", Moments: declaredAlone, Severity: diag.Error, Statement: "A group that exports mounts its filesystems before its addresses come up.",
			Says: "{rg} exports NFS but brings addresses up first. Set filesystems before addresses.", Source: "S2 2.5.3",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if e := g.exported(); len(e) > 0 && g.FilesystemsFirstSaid && !g.FilesystemsFirst {
					r.Say(g.Address, "filesystems_first", fmt.Sprintf("%s exports %s and brings its addresses up first; clients would find nothing there.", g.Name, some(e)), "Declare filesystems_first = true, or leave it out.")
				}
			})},
		{ID: "RG-34", Moments: declaredAlone, Severity: diag.Error, Statement: "Locks of NFS 2 and 3 survive a takeover between two nodes alone.",
			Says: "{rg} exports {mount} with locking to {n} nodes; locks survive a takeover only with two. Use two nodes or NFS 4.", Source: "S2 2.5.3; NFSX",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				n, of := len(g.all()), g.Label()
				if g.Cluster.Classic() {
					n, of = len(g.Cluster.Nodes), g.Cluster.Label()
				}
				if _, near := g.nearNFS(); len(g.Exports) > 0 && n > 2 && !near { // else RG-35 speaks
					r.Say(g.Address, "exports", fmt.Sprintf("%s exports %s, and %s has %d nodes; locks would be lost at a takeover.", g.Name, some(g.Exports), of, n), "Use exports_v4, or two nodes.", "nodes", n)
				}
			})},
		{ID: "RG-35", Moments: declaredAlone, Severity: diag.Error, Statement: "A group with more than two nodes mounts its own exports by NFS 4.",
			Says: "{rg} cross-mounts {mount} on {n} nodes with NFS {version}. Use NFS 4 or two nodes.", Source: "NFSX",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if mount, near := g.nearNFS(); near {
					r.Say(g.Address, "nfs_mounts", fmt.Sprintf("The %d nodes of %s mount %s by NFS 2 or 3.", len(g.all()), g.Name, mount), "Export it by exports_v4, or use two nodes.", "mount", mount)
				}
			})},
		{ID: "RG-36", Moments: declaredAlone, Severity: diag.Warning, Statement: "What a group mounts by NFS, a group exports.",
			Says: "{rg} mounts {mount} by NFS but no group exports it.", Source: "NFSX",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				for _, mount := range slices.Sorted(maps.Keys(g.NFSMounts)) {
					dir := g.NFSMounts[mount]
					if !slices.ContainsFunc(g.Cluster.Groups, func(o *ResourceGroup) bool { return slices.Contains(o.exported(), dir) }) {
						r.Say(g.Address, "nfs_mounts", fmt.Sprintf("%s mounts %s at %s, and no group of %s exports it.", g.Name, dir, mount, g.Cluster.Label()), "Add it to exports or exports_v4.", "directory", dir)
					}
				}
			})},
		{ID: "RG-37", Moments: declaredAlone, Severity: diag.Warning, Unconfirmed: true, Statement: "A group that exports has an address to mount from.",
			Says: "{rg} exports {mount} but has no service address. Add one.", Source: "S2 2.5.3, 2.5.5; derived (unconfirmed)",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if e := g.exported(); len(e) > 0 && len(g.ServiceIPs)+len(g.UnknownIPs) == 0 {
					r.Say(g.Address, "service_ips", fmt.Sprintf("%s exports %s and has no address that moves with it.", g.Name, some(e)), "Give it a service address.")
				}
			})},
		{ID: "RG-39", Moments: declaredAlone, Severity: diag.Error, Statement: "Parents and children make no circle and three levels at most.",
			Says: "{rg} depends on itself through {path} (or on more than three levels).", Source: "LIM; FS",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if chain := ancestors(g); len(chain) > 1 && chain[len(chain)-1] == g {
					// One of the circle speaks for all of it.
					if g == slices.MinFunc(chain, func(a, b *ResourceGroup) int { return cmp.Compare(a.Name, b.Name) }) {
						r.Say(g.Address, "parents", fmt.Sprintf("%s depends on itself: %s.", g.Name, joined(chain)), "Take one of them out of parents.")
					}
				} else if len(chain) == 4 {
					r.Say(g.Address, "parents", fmt.Sprintf("%s is on the fourth level: %s.", g.Name, joined(chain)), "Put it below a group that is higher.")
				}
			})},
		{ID: "RG-40", Moments: declaredAlone, Severity: diag.Advice, Statement: "Groups that are distributed at start may meet later.",
			Says: "{a} and {b} may meet on one node after a failure. Add a rule to keep them on different nodes.", Source: "NDP",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				var spread []*ResourceGroup
				kept := true
				for _, g := range c.Groups {
					if g.Startup == "node-distribution" {
						spread = append(spread, g)
						kept = kept && len(g.DifferentNode) > 0
					}
				}
				if len(spread) > 1 && !kept {
					r.Say(c.Address, "", fmt.Sprintf("%s are spread over the nodes at start alone; after a failure they may meet.", joined(spread)), "Declare different_node where they must not.", "groups", joined(spread))
				}
			})},
		{ID: "RG-41", Moments: declaredAlone, Severity: diag.Error, Statement: "Rules on where groups are can be kept.",
			Says: "Rule on {rgs} cannot hold with nodes {nodes}.", Source: "NDP; derived", Check: everyGroup(located)},
		{ID: "RG-42", Moments: []string{Validate, Plan, Apply}, Severity: diag.Error, Statement: "A group moves to a node of its list that is up.",
			Says: "{rg} cannot move to {node}: {reason}.", Source: "S2 2.7; derived",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				to := g.MovesTo
				if to == nil {
					to = g.Wanted
				}
				starts := g.Cluster.Online && !g.Cluster.Running
				switch {
				case to == nil:
				case !slices.Contains(g.all(), to):
					r.Say(g.Address, "on", fmt.Sprintf("%s cannot be on %s, which is not one of its nodes (%s).", g.Name, to.Name, hostNames(g.all())), "Name one of them, or add it to the list.", "node", to.Name)
				case g.MovesTo == nil && g.Cluster.Running && !settled(g.Condition):
					r.Say(g.Address, "on", fmt.Sprintf("%s is declared on %s and is in the state %s.", g.Name, to.Name, g.Condition), "Repair it (its events are in /var/hacmp/log/hacmp.out), or wait until it is settled.", "state", g.Condition)
				case g.MovesTo == nil || starts:
				case to.Found && to.State != "" && to.State != "NORMAL" && !to.Starts:
					r.Say(g.Address, "on", fmt.Sprintf("%s cannot move to %s, where cluster services are %s.", g.Name, to.Name, to.State), "Start them there first.", "state", to.State)
				case deafFor(g, to) != "":
					r.Say(g.Address, "on", fmt.Sprintf("%s cannot move to %s, whose interface %s is down.", g.Name, to.Name, deafFor(g, to)), "Repair the link first.", "node", to.Name)
				case !settled(g.Condition):
					r.Say(g.Address, "on", fmt.Sprintf("%s cannot move to %s while it is in the state %s.", g.Name, to.Name, g.Condition), "Repair it, or wait until it is settled.", "state", g.Condition)
				}
			})},
		{ID: "RG-43", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A group that moves or stops interrupts its users.",
			Says: "Moving {rg} stops {application} for about {t}.", Source: "S2 2.7.1; DISK (30 to 300 s typical)",
			Check: func(f *Facts, r *Reporter) {
				for _, c := range f.Clusters {
					for _, g := range c.Groups {
						switch {
						case c.Stops || !g.online(): // HA-37 speaks; or nobody uses it
						case g.Stops:
							r.Say(g.Address, "state", fmt.Sprintf("The plan takes %s offline: users lose %s until it is online again.", g.Name, reach(g)), "Apply it when they can do without.", "group", g.Name)
						case g.MovesTo != nil && g.MovesTo != g.Current:
							r.Say(g.Address, "on", fmt.Sprintf("Moving %s to %s stops %s for %s.", g.Name, g.MovesTo.Name, reach(g), g.interruption()), "Apply it when users can do without.", "group", g.Name)
						}
					}
				}
			}},
		{ID: "RG-44", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A move to a named node leaves an override behind, which lasts in HACMP 5.1.",
			Says: "{rg} is pinned to {node} by an earlier move. Restore its priority order, or it will not fall over as listed.", Source: "POL",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Pinned == "" {
					return
				}
				text, fix := fmt.Sprintf("%s is bound to %s by an earlier move and does not follow its list.", g.Name, g.Pinned), "Restore its priority order (clRGmove -r) instead of naming its home node."
				if g.Cluster.Release == "5.1" {
					r.Say(g.Address, "on", text, fix, "node", g.Pinned)
				} else if len(g.Nodes) > 0 && g.Pinned != g.Nodes[0].Name {
					r.say(diag.Advice, g.Address, "on", text, fix, []any{"node", g.Pinned})
				}
			})},
		{ID: "RG-45", Moments: []string{Plan}, Severity: diag.Warning, Statement: "New policies or a new order can move a group at once.",
			Says: "The new order makes {node} the home of {rg}; it will move there when synchronized.", Source: "DARE; NDP-DEF",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				at := slices.Index(g.Nodes, g.Current)
				if at > 0 && g.Nodes[0].State != "" && g.Nodes[0].State != "NORMAL" {
					return // it has nowhere to go back to now
				}
				if g.Exists && g.Changed && g.online() && g.Cluster.Running && !g.Cluster.Stops && !g.Stops && g.MovesTo == nil && g.returns() && at > 0 {
					r.Say(g.Address, "nodes", fmt.Sprintf("%s is on %s; when the change takes effect it goes to %s, and its users lose %s for %s.", g.Name, g.Current.Name, g.Nodes[0].Name, reach(g), g.interruption()), "Apply it when they can do without, or let it never fall back.", "home", g.Nodes[0].Name)
				}
			})},
	}
}

// policyPath is where a policy is declared: by itself or by the style.
func (g *ResourceGroup) policyPath(policy string) string {
	if g.custom() {
		return policy
	}
	return "style"
}

// interruption is how long users miss a group that moves.
func (g *ResourceGroup) interruption() string {
	start := 0.0
	for _, a := range g.Applications {
		start = max(start, a.StartTime)
	}
	if start == 0 {
		return "some " + usualMove
	}
	return fmt.Sprintf("about %g s, the declared start, and what storage and addresses take", start)
}

// blind are the hosts that answered, do not see a disk and get it from no declared mapping, while another host sees it.
func (d *Disk) blind(hosts []*Host) []*Host {
	var out []*Host
	for _, h := range hosts {
		mapped := h.Partition != nil && slices.ContainsFunc(h.Partition.Disks, func(x *PartitionDisk) bool { return x.Disk == d })
		if h.Found && d.OnHosts[h.Name] == nil && len(d.OnHosts) > 0 && !mapped {
			out = append(out, h)
		}
	}
	return out
}

// takes tells of the group's networks and their addresses that some of the nodes cannot take. A later cluster that names no
// interface uses all that it finds.
func (g *ResourceGroup) takes(nodes []*Host, tell func(network, labels, far string)) {
	c := g.Cluster
	if len(c.Interfaces) == 0 && !c.Classic() {
		return
	}
	for _, n := range c.Networks {
		if !n.IP() {
			continue // NET-36 speaks
		}
		var labels []string
		var far []*Host
		for _, l := range g.ServiceIPs {
			if l.Network != n.Name {
				continue
			}
			cannot := false
			for _, h := range nodes {
				if (l.Site == "" || l.Site == c.siteOf(h)) && len(c.On(h, n.Name)) == 0 {
					far, cannot = append(lacking(far, []*Host{h}), h), true
				}
			}
			if cannot {
				labels = append(labels, l.Name)
			}
		}
		if len(far) > 0 {
			tell(n.Name, some(labels), hostNames(far))
		}
	}
}

// ungrouped are shared things of a cluster that no group holds (RG-01).
func ungrouped(f *Facts, r *Reporter) {
	everyCluster(func(c *Cluster, r *Reporter) {
		say := func(o labelled, path, name string) {
			a := c.Address
			switch o := o.(type) {
			case *Application:
				a = cmp.Or(o.Address, a)
			case *VolumeGroup:
				a = cmp.Or(o.Address, a)
			}
			r.Say(a, path, fmt.Sprintf("%s is in no resource group of %s, and nothing moves it when a node fails.", name, c.Label()), "Add it to one.", "object", name)
		}
		held, beats := map[any]bool{}, map[*Disk]bool{}
		for _, g := range c.Groups {
			for _, l := range g.ServiceIPs {
				held[l] = true
			}
		}
		for _, n := range c.Networks {
			beats[n.Disk] = n.Disk != nil
		}
		for _, l := range c.ServiceIPs {
			if !held[l] {
				say(c, "service_ip."+l.Name, l.Name)
			}
		}
		for _, a := range c.Applications {
			if c.holding(a) == nil {
				say(a, "", a.Label())
			}
		}
		for _, v := range f.VolumeGroups {
			carries := slices.ContainsFunc(v.Disks, func(d *Disk) bool { return beats[d] })
			if v.Address != "" && v.Shared() && v.Group == nil && !carries && len(lacking(v.Hosts, c.Nodes)) == 0 {
				say(v, "", v.Label())
			}
		}
	})(f, r)
}

// ancestors is the longest chain from a group over its parents. One that comes back to the group ends with it; chains are cut at
// the fourth level.
func ancestors(g *ResourceGroup) []*ResourceGroup {
	var longest []*ResourceGroup
	found := false
	var walk func(chain []*ResourceGroup)
	walk = func(chain []*ResourceGroup) {
		if len(chain) > len(longest) && !found {
			longest = slices.Clone(chain)
		}
		for _, p := range chain[len(chain)-1].Parents {
			switch {
			case found:
			case p == g:
				longest, found = append(slices.Clone(chain), g), true
			case !slices.Contains(chain, p):
				walk(append(chain, p))
			}
		}
	}
	walk([]*ResourceGroup{g})
	if !found && len(longest) > 4 {
		longest = longest[:4]
	}
	return longest
}

// located compares what a group asks of the places of others with the nodes that there are (RG-41).
func located(g *ResourceGroup, r *Reporter) {
	for _, o := range g.SameNode {
		if !meet(g.all(), o.all()) {
			r.Say(g.Address, "same_node", fmt.Sprintf("%s and %s have to be on one node and have none in common.", g.Name, o.Name), "Give them one.", "group", o.Name)
		}
		if slices.Contains(g.DifferentNode, o) || slices.Contains(o.DifferentNode, g) {
			r.Say(g.Address, "different_node", fmt.Sprintf("%s has to be on the node of %s and must not be.", g.Name, o.Name), "Give up one of the two.", "group", o.Name)
		}
	}
	var apart []*ResourceGroup
	for _, o := range g.DifferentNode {
		if o != g && !slices.Contains(g.SameNode, o) {
			apart = append(apart, o)
		}
	}
	if len(apart) == 0 {
		return
	}
	// Those that g names may share a node among themselves unless they say otherwise: count those that are apart from each other.
	set := []*ResourceGroup{g}
	for _, o := range apart {
		if !slices.ContainsFunc(set[1:], func(x *ResourceGroup) bool {
			return !slices.Contains(x.DifferentNode, o) && !slices.Contains(o.DifferentNode, x)
		}) {
			set = append(set, o)
		}
	}
	var nodes []*Host
	for _, x := range set {
		nodes = append(nodes, lacking(x.all(), nodes)...)
	}
	if len(set) > len(nodes) {
		r.Say(g.Address, "different_node", fmt.Sprintf("%s must be on different nodes, and there are %d: %s.", joined(set), len(nodes), hostNames(nodes)), "Give them more nodes, or take one out.", "nodes", len(nodes))
	}
}

// deafFor names an interface that is down on the node and that an address of the group would need; "" for none.
func deafFor(g *ResourceGroup, h *Host) string {
	var networks []string
	for _, l := range g.ServiceIPs {
		networks = append(networks, l.Network)
	}
	if len(networks) == 0 {
		return ""
	}
	if device, network := g.Cluster.deaf(h, networks...); device != "" {
		return device + " on " + network
	}
	return ""
}

package rules

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// declaredAlone are the moments of a rule that the files alone can break.
var declaredAlone = []string{Validate, Plan}

// everyCluster runs a check for each declared cluster.
func everyCluster(check func(c *Cluster, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, c := range f.Clusters {
			if c.Address != "" {
				check(c, r)
			}
		}
	}
}

// everyNetwork runs a check for each IP network of each declared cluster.
func everyNetwork(check func(c *Cluster, n *ClusterNetwork, r *Reporter)) func(*Facts, *Reporter) {
	return everyCluster(func(c *Cluster, r *Reporter) {
		for _, n := range c.Networks {
			if n.IP() {
				check(c, n, r)
			}
		}
	})
}

// everyBeating runs a check for each network whose heartbeat goes over aliases.
func everyBeating(check func(c *Cluster, n *ClusterNetwork, r *Reporter)) func(*Facts, *Reporter) {
	return everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
		if c.aliased(n) {
			check(c, n, r)
		}
	})
}

// everyApplication runs a check for each declared application with the groups that hold it.
func everyApplication(check func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter)) func(*Facts, *Reporter) {
	return everyCluster(func(c *Cluster, r *Reporter) {
		for _, a := range c.Applications {
			var in []*ResourceGroup
			for _, g := range c.Groups {
				if slices.Contains(g.Applications, a) {
					in = append(in, g)
				}
			}
			if a.Address != "" {
				check(c, a, in, r)
			}
		}
	})
}

// replaces: a service address takes the place of a boot address.
func (c *Cluster) replaces(n *ClusterNetwork) bool { return c.Classic() && n.Takeover == "replacement" }

// ahead: what the definition says does not hold yet. Before anything was found, everything is ahead.
func (c *Cluster) ahead() bool { return !c.Exists || c.Created || c.Changed }

// labelsOn are those of a list that are on a network, by name.
func labelsOn(list []*ClusterLabel, n *ClusterNetwork) []*ClusterLabel {
	out := slices.DeleteFunc(slices.Clone(list), func(l *ClusterLabel) bool { return l.Network != n.Name })
	slices.SortStableFunc(out, func(a, b *ClusterLabel) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// most is the largest number of boot addresses that a node has on a network.
func (c *Cluster) most(n *ClusterNetwork) int {
	m := 0
	for _, h := range c.Nodes {
		m = max(m, len(c.On(h, n.Name)))
	}
	return m
}

// at names a label with its address.
func (l *ClusterLabel) at() string { return l.Name + " (" + l.Address + ")" }

// bootIn is a boot address of a network whose subnet an address lies in, or nil.
func (c *Cluster) bootIn(n *ClusterNetwork, address string) (*ClusterLabel, netip.Prefix) {
	for _, b := range c.adapters(nil, n) {
		if p, ok := b.subnet(); ok && inside(p, address) {
			return b, p
		}
	}
	return nil, netip.Prefix{}
}

func namesOf(list []*Host) []string {
	var out []string
	for _, h := range list {
		out = append(out, h.Name)
	}
	return out
}

// pairsOf are all pairs of a list of nodes.
func pairsOf(nodes []*Host) [][2]*Host {
	var out [][2]*Host
	for i, a := range nodes {
		for _, b := range nodes[i+1:] {
			out = append(out, [2]*Host{a, b})
		}
	}
	return out
}

// ipPaths counts the IP paths between two nodes; -1 where the boot addresses of one of them are not known.
func (c *Cluster) ipPaths(a, b *Host) int {
	if len(c.On(a, "")) == 0 || len(c.On(b, "")) == 0 {
		return -1
	}
	sum := 0
	for _, n := range c.Networks {
		if n.IP() {
			sum += min(len(c.On(a, n.Name)), len(c.On(b, n.Name)))
		}
	}
	return sum
}

// unlinked are the pairs of nodes that no path without IP joins, not even by way of other nodes. Cluster Aware AIX beats
// through the repository disk, which every cluster of that kind has; what says nothing of its networks may have others.
func (c *Cluster) unlinked(nodes []*Host) [][2]*Host {
	joined := map[*Host]*Host{}
	root := func(h *Host) *Host {
		for joined[h] != nil {
			h = joined[h]
		}
		return h
	}
	join := func(list []*Host) {
		for _, h := range list {
			if a, b := root(list[0]), root(h); a != b {
				joined[b] = a
			}
		}
	}
	switch {
	case !c.Classic():
		own := slices.ContainsFunc(c.Sites, func(s *Site) bool { return s.Repository != nil })
		if !c.Created || own || len(c.Repositories) > 0 {
			return nil
		}
	case len(c.Networks) == 0 && !c.Created:
		return nil
	}
	for _, n := range c.Networks {
		switch {
		case n.IP():
		case len(n.Nodes) == 0:
			join(c.Nodes)
		default:
			join(n.Nodes)
		}
	}
	return slices.DeleteFunc(pairsOf(nodes), func(p [2]*Host) bool { return root(p[0]) == root(p[1]) })
}

func pairNames(pairs [][2]*Host) string {
	var out []string
	for _, p := range pairs {
		out = append(out, p[0].Name+" and "+p[1].Name)
	}
	return strings.Join(out, "; ")
}

// nonIP is what a cluster should be given where paths without IP are missing.
func (c *Cluster) nonIP() string {
	if c.Classic() {
		return "Add a network of type diskhb for each pair of nodes."
	}
	return "Declare the repository disk."
}

// adapters are the boot addresses of a node on a network in order of their interfaces, or of their names as long as an
// interface is not known.
func (c *Cluster) adapters(h *Host, n *ClusterNetwork) []*ClusterLabel {
	out := slices.Clone(c.On(h, n.Name))
	known := !slices.ContainsFunc(out, func(l *ClusterLabel) bool { return l.Device == "" })
	slices.SortStableFunc(out, func(a, b *ClusterLabel) int {
		if known && a.Device != b.Device {
			return cmp.Or(cmp.Compare(len(a.Device), len(b.Device)), cmp.Compare(a.Device, b.Device))
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

// segments are the Ethernet segments that the adapters of a node's partition are on; false where something else than
// virtual Ethernet may carry its interfaces, or where nobody outside of the frame can tell the segment.
func (h *Host) segments() (map[string]bool, bool) {
	p := h.Partition
	if p == nil || len(p.Ethernet) == 0 || len(p.Slots)+len(p.HostPorts)+len(p.LogicalPorts)+len(p.VNICs) > 0 {
		return nil, false
	}
	s := cmp.Or(p.Target, p.System)
	if s == nil || len(s.Vios) == 0 {
		return nil, false
	}
	out := map[string]bool{}
	for _, e := range p.Ethernet {
		for _, v := range e.VLANs {
			if s.Bridges(e, v) {
				// What leaves the frame untagged is on whatever segment the port of the switch is.
				if _, tagged := s.untagged(e, v); !tagged {
					return nil, false
				}
				out[fmt.Sprintf("VLAN %d", v)] = true
			}
			out[fmt.Sprintf("VLAN %d of %s%s", v, s.Label(), e.onSwitch())] = true
		}
	}
	return out, true
}

// without is true for what is declared and is not so; nil stands for what is not declared.
func saysNo(b *bool) bool { return b != nil && !*b }

// staleARP are service addresses of groups whose MAC address is another one after a takeover.
func (c *Cluster) staleARP(in []*ResourceGroup) (labels []string, alias bool) {
	for _, g := range in {
		for _, l := range g.ServiceIPs {
			n := c.Network(l.Network)
			if n == nil || !n.IP() || l.MAC != "" && c.replaces(n) {
				continue
			}
			labels, alias = append(labels, l.Name), alias || !c.replaces(n)
		}
	}
	return slices.Compact(sorted(labels)), alias
}

// netCluster are the rules about the networks of clusters, their addresses and their clients.
func netCluster() []*Rule {
	return []*Rule{
		{ID: "NET-14", Moments: declaredAlone, Severity: diag.Warning, Statement: "Any two nodes of a cluster reach each other over two IP paths at least: two networks, or two interfaces of one.",
			Says: "Nodes {a} and {b} of {cluster} share only one IP path. Add a second network or interface.", Source: "S2 2.3; NETS; PART",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				// Of nodes that no path joins HA-02 speaks.
				one := slices.DeleteFunc(pairsOf(c.Nodes), func(p [2]*Host) bool { return c.ipPaths(p[0], p[1]) != 1 })
				if len(one) > 0 {
					r.Say(c.Address, "interface", fmt.Sprintf("%s: one IP path joins %s.", c.Name, pairNames(one)), "Give the nodes a second network, or a second interface of the network that they share.", "pairs", len(one))
				}
			})},
		{ID: "NET-15", Moments: declaredAlone, Severity: diag.Warning, Statement: "Besides its IP networks a cluster has a heartbeat path without IP.",
			Says: "{cluster} has no non-IP heartbeat; a network failure would look like a node failure. Add a disk heartbeat.", Source: "S2 2.3; CERT",
			Elsewhere: "rule HA-02, which looks at the paths between every two nodes"},
		{ID: "NET-16", Moments: declaredAlone, Severity: diag.Error, Statement: "With takeover by aliases each boot address of a node on a network is in a subnet of its own.",
			Says: "{node}: boot addresses {a} and {b} of {network} are in the same subnet. Put each interface in its own subnet.", Source: "IPATA; IPATB",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if c.replaces(n) || c.aliased(n) {
					return // the heartbeat over aliases leaves the boot addresses alone
				}
				var text []string
				path := ""
				for _, h := range c.Nodes {
					first := map[netip.Prefix]*ClusterLabel{}
					for _, b := range c.adapters(h, n) {
						p, ok := b.subnet()
						if !ok {
							continue
						}
						if first[p] == nil {
							first[p] = b
							continue
						}
						text, path = append(text, fmt.Sprintf("%s and %s of %s are both in %s", first[p].at(), b.at(), h.Name, p)), cmp.Or(path, "interface."+b.Name)
					}
				}
				if len(text) > 0 {
					r.Say(c.Address, path, fmt.Sprintf("%s: %s.", n.Name, strings.Join(text, "; ")), "Give each interface of a node a subnet of its own, or make one aggregation of them with one boot address.", "network", n.Name)
				}
			})},
		{ID: "NET-17", Moments: declaredAlone, Severity: diag.Error, Statement: "With takeover by aliases and several interfaces in a node, no service address is in a subnet of boot addresses.",
			Says: "Service address {ip} is in boot subnet {subnet} of {network}. Give the service addresses their own subnet.", Source: "IPATA; IPATB",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if c.replaces(n) || c.aliased(n) || c.most(n) < 2 {
					return
				}
				for _, s := range labelsOn(c.ServiceIPs, n) {
					if b, p := c.bootIn(n, s.Address); b != nil {
						r.Say(c.Address, "service_ip."+s.Name, fmt.Sprintf("The service address %s is in the subnet %s of the boot address %s.", s.at(), p, b.at()), "Give the service addresses of "+n.Name+" a subnet of their own.", "subnet", p)
					}
				}
			})},
		{ID: "NET-18", Moments: declaredAlone, Severity: diag.Error, Statement: "Where a node has several interfaces on a network, persistent addresses are in no subnet of its boot addresses.",
			Says: "Persistent address {ip} of {node} is in boot subnet {subnet}. Use another subnet.", Source: "IPATA",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if c.replaces(n) || c.aliased(n) || c.most(n) < 2 {
					return
				}
				for _, s := range labelsOn(c.Persistent, n) {
					if b, p := c.bootIn(n, s.Address); b != nil {
						r.Say(c.Address, "persistent_ip."+s.Name, fmt.Sprintf("The persistent address %s is in the subnet %s of the boot address %s.", s.at(), p, b.at()), "Give it an address of another subnet.", "subnet", p)
					}
				}
			})},
		{ID: "NET-19", Moments: declaredAlone, Severity: diag.Error, Statement: "A node has one persistent address on a network at most.",
			Says: "{node} has {n} persistent addresses on {network}. Keep one.", Source: "PERS; LIM",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				for _, h := range c.Nodes {
					var names []string
					for _, l := range labelsOn(c.Persistent, n) {
						if l.Node == h {
							names = append(names, l.Name)
						}
					}
					if names = sorted(names); len(names) > 1 {
						r.Say(c.Address, "persistent_ip."+names[1], fmt.Sprintf("%s has %d persistent addresses on %s: %s.", h.Name, len(names), n.Name, strings.Join(names, ", ")), "Keep one.", "count", len(names))
					}
				}
			})},
		{ID: "NET-20", Moments: declaredAlone, Severity: diag.Error, Statement: "A persistent address stays on its node and is in no resource group.",
			Says: "{label} is the persistent address of {node} and also in {rg}. Use a service label in {rg}.", Source: "PERS",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, g := range c.Groups {
					for _, l := range c.Persistent {
						if g.Address != "" && l.Node != nil && (slices.Contains(g.UnknownIPs, l.Name) || slices.ContainsFunc(g.ServiceIPs, func(s *ClusterLabel) bool { return s.Name == l.Name })) {
							r.Say(g.Address, "service_ips", fmt.Sprintf("%s is the persistent address of %s, and %s is to move it.", l.at(), l.Node.Name, g.Name), "Declare a service_ip for the group.", "label", l.Name)
						}
					}
				}
			})},
		{ID: "NET-21", Moments: declaredAlone, Severity: diag.Error, Statement: "With takeover by replacement a service address shares the subnet of a boot address, and the standby interfaces are in other subnets.",
			Says: "{label} on {network} uses replacement but matches no boot subnet (or the standby shares it). Fix the subnets or switch to aliasing.", Source: "IPATB; NEUMAN; S2 2.3.2",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if !c.replaces(n) || len(c.On(nil, n.Name)) == 0 {
					return
				}
				for _, s := range labelsOn(c.ServiceIPs, n) {
					say := func(format string, args ...any) {
						r.Say(c.Address, "service_ip."+s.Name, fmt.Sprintf(format, args...), "Put it into the subnet of the boot addresses that it replaces, with every standby interface in another one; or declare takeover = \"alias\".", "label", s.Name)
					}
					p, ok := s.subnet()
					if !ok {
						continue
					}
					sharing := func(h *Host) (in []string) {
						for _, b := range c.adapters(h, n) {
							if inside(p, b.Address) {
								in = append(in, b.at())
							}
						}
						return in
					}
					if len(sharing(nil)) == 0 {
						say("%s is in %s, and no boot address of %s is.", s.at(), p, n.Name)
						continue
					}
					for _, h := range c.Nodes {
						if in := sharing(h); len(in) > 1 && !c.aliased(n) {
							say("%s replaces one of %s of %s, which are all in %s: none of them can stand by.", s.at(), strings.Join(in, ", "), h.Name, p)
							break
						}
					}
				}
			})},
		{ID: "NET-22", Moments: declaredAlone, Severity: diag.Error, Statement: "With takeover by replacement a node has an interface for each service address that it may have at once.",
			Says: "{node} may have to hold {n} service addresses on {network} with {m} interfaces. Use aliasing or add interfaces.", Source: "IPATB; S2 2.7.2 (one group per network)",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if !c.replaces(n) {
					return
				}
				var text []string
				for _, h := range c.Nodes {
					var held []*ResourceGroup
					sum, room := 0, len(c.On(h, n.Name))
					for _, g := range c.Groups {
						apart := slices.ContainsFunc(held, func(o *ResourceGroup) bool {
							return slices.Contains(o.DifferentNode, g) || slices.Contains(g.DifferentNode, o)
						})
						if k := len(labelsOn(g.ServiceIPs, n)); k > 0 && !apart && (slices.Contains(g.Nodes, h) || slices.Contains(g.Secondary, h)) {
							held, sum = append(held, g), sum+k
						}
					}
					if room > 0 && sum > room {
						text = append(text, fmt.Sprintf("%s may get %d service addresses on %d of its interfaces", h.Name, sum, room))
					}
				}
				if len(text) > 0 {
					r.Say(c.Address, "network."+n.Name+".takeover", fmt.Sprintf("%s: %s.", n.Name, strings.Join(text, "; ")), "Declare takeover = \"alias\", or give the nodes more interfaces on the network.", "network", n.Name)
				}
			})},
		{ID: "NET-23", Moments: declaredAlone, Severity: diag.Error, Unconfirmed: true, Statement: "A service address takes its hardware address along only on a network with takeover by replacement.",
			Says: "{label} has a takeover MAC but {network} uses aliasing. Remove the MAC or use replacement.", Source: "S2 2.5.5; exclusion unconfirmed",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				for _, s := range labelsOn(c.ServiceIPs, n) {
					if s.MAC != "" && !c.replaces(n) {
						fix := "Leave the hardware address out."
						if c.Classic() {
							fix = "Leave the hardware address out, or declare takeover = \"replacement\" for the network."
						}
						r.Say(c.Address, "service_ip."+s.Name+".hardware_address", fmt.Sprintf("%s is to take the hardware address %s along, and %s adds it as an alias to an interface that has one.", s.Name, s.MAC, n.Name), fix, "mac", s.MAC)
					}
				}
			})},
		{ID: "NET-24", Moments: declaredAlone, Severity: diag.Error, Unconfirmed: true, Statement: "One netmask holds for all addresses of a network of a cluster.",
			Says: "{network}: netmask {a} on {x} differs from {b}. Make them equal.", Source: "S2 2.3.2 (alias mask equals service mask); rest domain knowledge, unconfirmed",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				mask, of := n.Netmask, n.Name
				var text []string
				path := ""
				for _, list := range []struct {
					block  string
					labels []*ClusterLabel
				}{{"interface", c.Interfaces}, {"service_ip", c.ServiceIPs}, {"persistent_ip", c.Persistent}} {
					for _, l := range labelsOn(list.labels, n) {
						a, known := maskBits(l.Netmask)
						b, ok := maskBits(mask)
						switch {
						case !known:
						case !ok:
							mask, of = l.Netmask, l.Name
						case a != b:
							text, path = append(text, l.Name+" has "+l.Netmask), cmp.Or(path, list.block+"."+l.Name)
						}
					}
				}
				if len(text) > 0 {
					r.Say(c.Address, path, fmt.Sprintf("The netmask of %s is %s, and %s.", of, mask, strings.Join(text, ", ")), "Make them equal, or give the address another network.", "netmask", mask)
				}
			})},
		{ID: "NET-25", Moments: declaredAlone, Severity: diag.Error, Statement: "The subnets of heartbeat aliases are used by nothing else in the cluster or on its nodes.",
			Says: "Heartbeat alias subnet {subnet} of {network} collides with {other}. Choose an unused range.", Source: "S2 2.3.2",
			Check: everyBeating(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				mine := heartbeatSubnets(c, n)
				aliases, _ := HeartbeatAliases(c, n)
				var text []string
				hit := func(p netip.Prefix, ok bool, who string) {
					for _, m := range mine {
						if said := m.String() + " overlaps " + who; ok && m.Overlaps(p) && !slices.Contains(text, said) {
							text = append(text, said)
						}
					}
				}
				seen := map[string]bool{}
				for _, a := range aliases {
					seen[a.Address] = true // a cluster that runs has them on its interfaces
				}
				for _, list := range [][]*ClusterLabel{c.Interfaces, c.ServiceIPs, c.Persistent} {
					for _, l := range list {
						p, ok := l.subnet()
						hit(p, ok, l.at())
						seen[l.Address] = true
					}
				}
				for _, o := range c.Networks {
					if o.Name < n.Name && o.IP() && c.aliased(o) { // the later of the two is blamed
						for _, p := range heartbeatSubnets(c, o) {
							hit(p, true, "the heartbeat aliases of "+o.Name)
						}
					}
				}
				for _, h := range c.Nodes {
					for _, i := range h.Interfaces {
						for _, a := range []string{i.Address, i.Boot} {
							if p, ok := subnetOf(a, i.Netmask); !seen[a] {
								hit(p, ok, i.Name+" of "+h.Name+" ("+a+")")
							}
						}
					}
				}
				if text = sorted(text); len(text) > 0 {
					r.Say(c.Address, "network."+n.Name+".heartbeat_alias", fmt.Sprintf("Heartbeat aliases of %s: %s.", n.Name, strings.Join(text, "; ")), "Choose a first address from which on as many subnets are unused as a node has interfaces on the network.", "network", n.Name)
				}
			})},
		{ID: "NET-26", Moments: declaredAlone, Severity: diag.Error, Statement: "Nothing gives a name to an address in the subnets of heartbeat aliases.",
			Says: "{ip} in the heartbeat range of {network} is listed in the hosts file of {node}. Remove the entry.", Source: "S2 2.3.2",
			Check: everyBeating(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				labels := map[string]bool{} // in a heartbeat subnet they break rule NET-25
				for _, list := range [][]*ClusterLabel{c.Interfaces, c.ServiceIPs, c.Persistent} {
					for _, l := range list {
						labels[l.Address] = true
					}
				}
				var text []string
				for _, h := range c.Nodes {
					for _, name := range slices.Sorted(maps.Keys(h.Names)) {
						a := h.Names[name]
						if !labels[a] && slices.ContainsFunc(heartbeatSubnets(c, n), func(p netip.Prefix) bool { return inside(p, a) }) {
							text = append(text, fmt.Sprintf("%s is %s on %s", a, name, h.Name))
						}
					}
				}
				if len(text) > 0 {
					r.Say(c.Address, "network."+n.Name+".heartbeat_alias", fmt.Sprintf("The hosts files name addresses among the heartbeat aliases of %s: %s.", n.Name, strings.Join(text, ", ")), "Remove the names from /etc/hosts and from name servers, or choose another first address.", "network", n.Name)
				}
			})},
		{ID: "NET-27", Moments: declaredAlone, Severity: diag.Error, Statement: "From the first heartbeat alias on there are as many subnets as a node has interfaces on the network, and in each of them addresses for all nodes.",
			Says: "{network} needs {n} heartbeat subnets from {start}; only {m} are free.", Source: "S2 2.3.2",
			Check: everyBeating(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if _, known := maskBits(heartbeatMask(c, n)); !known {
					return
				}
				if _, err := HeartbeatAliases(c, n); err != nil {
					r.Say(c.Address, "network."+n.Name+".heartbeat_alias", fmt.Sprintf("Heartbeat aliases of %s: %s.", n.Name, err), "Choose another first address, or another netmask.", "start", n.HeartbeatAlias, "interfaces", c.most(n))
				}
			})},
		{ID: "NET-28", Moments: declaredAlone, Severity: diag.Advice, Statement: "Heartbeat aliases have the netmask of the service addresses and need no routes.",
			Says: "Heartbeat aliases of {network} use netmask {mask} and need no route.", Source: "S2 2.3.2",
			Check: everyBeating(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				all, err := HeartbeatAliases(c, n)
				if err != nil || len(all) == 0 || !c.ahead() {
					return
				}
				var text []string
				for _, a := range all {
					text = append(text, a.Label+" of "+a.Node.Name+" "+a.Address)
				}
				r.Say(c.Address, "network."+n.Name+".heartbeat_alias", fmt.Sprintf("%s will beat through aliases with the netmask %s, which need no route: %s.", n.Name, heartbeatMask(c, n), strings.Join(text, ", ")), "Keep these subnets free.", "netmask", heartbeatMask(c, n))
			})},
		{ID: "NET-29", Moments: declaredAlone, Severity: diag.Warning, Statement: "A heartbeat over aliases no longer watches the boot addresses.",
			Says: "{network}: boot addresses are not monitored once aliases carry the heartbeat.", Source: "S2 2.3.2",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if names := c.beating(); len(names) > 0 {
					r.Say(c.Address, "network."+names[0]+".heartbeat_alias", fmt.Sprintf("Once aliases carry the heartbeat of %s, nothing watches the boot addresses there.", strings.Join(names, ", ")), "See that nobody relies on boot addresses being watched, and acknowledge it.", "networks", strings.Join(names, " "))
				}
			})},
		{ID: "NET-30", Moments: []string{Plan}, Severity: diag.Error, Statement: "The interfaces of a network of a cluster are on one Ethernet segment.",
			Says: "{node_a} {dev_a} cannot reach {node_b} {dev_b} on {network}. Put them in one VLAN.", Source: "S2 2.3.2",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				if n.Type != "ether" {
					return // networks between sites are routed
				}
				for _, p := range pairsOf(c.Nodes) {
					a, known := p[0].segments()
					b, too := p[1].segments()
					if !known || !too || len(c.On(p[0], n.Name)) == 0 || len(c.On(p[1], n.Name)) == 0 || slices.ContainsFunc(slices.Collect(maps.Keys(a)), func(s string) bool { return b[s] }) {
						continue
					}
					r.Say(c.Address, "network."+n.Name, fmt.Sprintf("%s and %s have interfaces on %s, and no VLAN joins them: %s is on %s, %s on %s.", p[0].Name, p[1].Name, n.Name,
						p[0].Name, strings.Join(slices.Sorted(maps.Keys(a)), ", "), p[1].Name, strings.Join(slices.Sorted(maps.Keys(b)), ", ")), "Give their partitions adapters in one VLAN that a Shared Ethernet Adapter bridges.", "network", n.Name)
					return
				}
			})},
		{ID: "NET-31", Moments: declaredAlone, Severity: diag.Advice, Statement: "The first address of the heartbeat aliases belongs to the network and holds from the next synchronisation on.",
			Says: "{network}: heartbeat start address changes at the next synchronization of {cluster}.", Source: "S2 2.3.2",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if names := c.beating(); len(names) > 0 {
					r.Say(c.Address, "network."+names[0]+".heartbeat_alias", fmt.Sprintf("The heartbeat aliases of %s take effect when %s is synchronised.", strings.Join(names, ", "), c.Name), "Nothing is to be done: each change of a cluster is synchronised.", "networks", strings.Join(names, " "))
				}
			})},
		{ID: "NET-32", Moments: declaredAlone, Severity: diag.Error, Statement: "No service address has the name of a volume group or of a resource group.",
			Says: "'{name}' is used as service label and as {kind}. Rename one.", Source: "IPL; RGGEN",
			Check: func(f *Facts, r *Reporter) {
				everyCluster(func(c *Cluster, r *Reporter) {
					for _, s := range c.ServiceIPs {
						var what []string
						for _, g := range c.Groups {
							if g.Name == s.Name {
								what = append(what, "the resource group "+g.Label())
							}
						}
						for _, v := range f.VolumeGroups {
							if v.Name == s.Name && slices.ContainsFunc(v.Hosts, func(h *Host) bool { return slices.Contains(c.Nodes, h) }) {
								what = append(what, "the volume group "+v.Label())
							}
						}
						if len(what) > 0 {
							r.Say(c.Address, "service_ip."+s.Name, fmt.Sprintf("%s is a service address and %s.", s.Name, strings.Join(slices.Compact(sorted(what)), " and ")), "Give one of them another name.", "name", s.Name)
						}
					}
				})(f, r)
			}},
		{ID: "NET-33", Moments: []string{Plan}, Severity: diag.Error, Statement: "Every node has the labels of the cluster in its hosts file, with the addresses that the cluster gives them.",
			Says: "{label} is missing (or differs) in the hosts file of {node}. Add {ip} {label}.", Source: "IPL",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, list := range []struct {
					block  string
					labels []*ClusterLabel
				}{{"interface", c.Interfaces}, {"service_ip", c.ServiceIPs}, {"persistent_ip", c.Persistent}} {
					for _, l := range list.labels {
						var text []string
						for _, h := range c.Nodes {
							switch a, ok := h.Names[l.Name]; {
							case ok && a != l.Address:
								text = append(text, l.Name+" is "+a+" on "+h.Name)
							case !ok && h.Found && !h.Declared: // a declared host is given what is missing
								text = append(text, l.Name+" is missing on "+h.Name)
							}
						}
						if len(text) > 0 {
							r.Say(c.Address, list.block+"."+l.Name, fmt.Sprintf("In /etc/hosts %s, and %s says %s.", strings.Join(text, ", "), c.Name, l.Address), "Correct the hosts files, where what is there is never changed, or the declaration.", "label", l.Name)
						}
					}
				}
			})},
		{ID: "NET-34", Moments: []string{Plan}, Severity: diag.Error, Statement: "The host name of a node leads to an address that the node always has: a boot or persistent address that is no alias and on no private network.",
			Says: "Host name {hostname} of {node} resolves to {ip}, a {kind} address. Use a boot or persistent address.", Source: "HOST",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, h := range c.Nodes {
					if h.Address == "" || !h.Found || len(h.Names) == 0 {
						continue
					}
					a := h.Names[h.Name]
					if short, _, cut := strings.Cut(h.Name, "."); cut {
						a = cmp.Or(a, h.Names[short])
					}
					if a == "" {
						r.Unknown(false, h.Address, "names", fmt.Sprintf("the hosts file of %s has no address for its own name.", h.Name), "Add its name with a boot or persistent address to /etc/hosts.", "hostname", h.Name)
						continue
					}
					if what := c.unfit(h, a); what != "" {
						r.Say(h.Address, "names", fmt.Sprintf("The host name %s leads to %s, %s.", h.Name, a, what), "Let it lead to a boot or persistent address on a public network.", "address", a)
					}
				}
			})},
		{ID: "NET-35", Moments: []string{Apply}, Severity: diag.Error, Statement: "The host name of a node does not change while it is in a cluster.",
			Says: "{node}: the host name cannot change from {a} to {b} while it is in {cluster}. Remove the node first or keep the name.", Source: "IPL; some later releases allow it (TOPO)",
			Elsewhere: "the kind host: its host name is what it is known by, so nothing changes it, and a host that calls itself otherwise is not the one that is declared"},
		{ID: "NET-36", Moments: declaredAlone, Severity: diag.Error, Statement: "Service addresses are on networks that carry IP.",
			Says: "{label} is on {network}, which carries no IP. Move it to an IP network.", Source: "S2 2.3 (two kinds of network)",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, n := range c.Networks {
					for _, s := range labelsOn(c.ServiceIPs, n) {
						if !n.IP() {
							r.Say(c.Address, "service_ip."+s.Name+".network", fmt.Sprintf("%s is on %s, a network of type %s, which carries no IP.", s.at(), n.Name, n.Type), "Name a network of type ether.", "network", n.Name)
						}
					}
				}
			})},
		{ID: "NET-37", Moments: declaredAlone, Severity: diag.Warning, Statement: "Interfaces that stand in for each other do not hang on one Virtual I/O Server or one port.",
			Says: "{node}: {a} and {b} both depend on {part}. Spread them.", Source: "CERT (two hubs); S2 2.3 (switches, hubs and cables fail)",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				var text []string
				for _, h := range c.Nodes {
					if part := h.dependsOn(); part != "" && len(c.On(h, n.Name)) > 1 {
						text = append(text, fmt.Sprintf("the %d interfaces of %s depend on %s", len(c.On(h, n.Name)), h.Name, part))
					}
				}
				if len(text) > 0 {
					r.Say(c.Address, "network."+n.Name, fmt.Sprintf("%s: %s.", n.Name, strings.Join(text, "; ")), "Bridge the VLANs on a second Virtual I/O Server, or give one of the adapters a VLAN of another one.", "network", n.Name)
				}
			})},
		{ID: "NET-38", Moments: declaredAlone, Severity: diag.Advice, Unconfirmed: true, Statement: "A node with one interface on a network knows addresses outside of its frame that it can test.",
			Says: "{node} has one interface on {network}. Configure addresses outside the frame for it to test.", Source: "domain knowledge (virtualized single-adapter networks); unconfirmed",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				var single []*Host
				for _, h := range c.Nodes {
					if len(c.On(h, n.Name)) == 1 {
						single = append(single, h)
					}
				}
				if len(single) > 0 && c.ahead() {
					r.Say(c.Address, "network."+n.Name, fmt.Sprintf("Each of these has one interface on %s and cannot tell whether that has failed or the network: %s.", n.Name, strings.Join(namesOf(single), ", ")), "List addresses outside of the frames in /usr/es/sbin/cluster/netmon.cf of each node.", "network", n.Name)
				}
			})},
		{ID: "NET-39", Moments: declaredAlone, Severity: diag.Error, Statement: "A node has seven interfaces on a network at most.",
			Says: "{node} has {n} interfaces on {network}; the limit is 7.", Source: "LIM",
			Check: everyNetwork(func(c *Cluster, n *ClusterNetwork, r *Reporter) {
				for _, h := range c.Nodes {
					if k := len(c.On(h, n.Name)); k > 7 {
						r.Say(c.Address, "interface."+c.adapters(h, n)[7].Name, fmt.Sprintf("%s has %d interfaces on %s, and a cluster takes 7.", h.Name, k, n.Name), "Move some to another network, or make aggregations of them.", "interfaces", k)
					}
				}
			})},
		{ID: "NET-40", Moments: declaredAlone, Severity: diag.Warning, Statement: "With takeover by aliases the clients take a gratuitous ARP, or something else renews their ARP caches.",
			Says: "Clients of {application} may keep the old MAC of {label} after a takeover. Confirm ARP refresh or use replacement with a takeover MAC.", Source: "S2 2.5.5; IPATA",
			Check: everyApplication(func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter) {
				labels, alias := c.staleARP(in)
				if a.Clients == nil || !alias || saysNo(a.Clients.SameSubnet) {
					return // rule NET-43 asks for clients; rule NET-42 is about those behind a router
				}
				text, fix := fmt.Sprintf("clients of %s may keep the old MAC address of %s after a takeover.", a.Name, strings.Join(labels, ", ")), "Let them take a gratuitous ARP, or name them in the ping list of clinfo.rc on each node, and declare clients.arp_refresh."
				switch {
				case a.Clients.ARPRefresh == nil:
					r.Unknown(false, a.Address, "clients.arp_refresh", text, fix)
				case !*a.Clients.ARPRefresh:
					r.Say(a.Address, "clients.arp_refresh", strings.ToUpper(text[:1])+text[1:], fix, "labels", strings.Join(labels, " "))
				}
			})},
		{ID: "NET-41", Moments: declaredAlone, Severity: diag.Advice, Statement: "Clients on the subnet of the service address that take no gratuitous ARP stand in the ping list of clinfo.rc on every node.",
			Says: "Add clients {list} to the ping list on all nodes of {cluster}, or run the information daemon on them.", Source: "S2 2.5.5",
			Check: everyApplication(func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter) {
				if labels, _ := c.staleARP(in); a.Clients != nil && len(labels) > 0 && a.Clients.SameSubnet != nil && *a.Clients.SameSubnet && saysNo(a.Clients.ARPRefresh) {
					r.Say(a.Address, "clients.same_subnet", fmt.Sprintf("Clients of %s are on the subnet of %s and take no gratuitous ARP.", a.Name, strings.Join(labels, ", ")), "Name them in PING_CLIENT_LIST of clinfo.rc, alike on all nodes of "+c.Name+", or run clinfo on them.", "labels", strings.Join(labels, " "))
				}
			})},
		{ID: "NET-42", Moments: declaredAlone, Severity: diag.Warning, Statement: "For clients on other subnets the router renews its ARP cache at a takeover.",
			Says: "Clients of {application} come through {router}; its ARP cache must be refreshed at takeover of {label}.", Source: "S2 2.5.5",
			Check: everyApplication(func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter) {
				labels, _ := c.staleARP(in)
				if a.Clients == nil || len(labels) == 0 || !saysNo(a.Clients.SameSubnet) {
					return
				}
				text, fix := fmt.Sprintf("clients of %s come through a router, which may keep the old MAC address of %s after a takeover.", a.Name, strings.Join(labels, ", ")), "Let the router take a gratuitous ARP, or name it in the ping list of clinfo.rc on each node, and declare clients.arp_refresh."
				switch {
				case a.Clients.ARPRefresh == nil:
					r.Unknown(false, a.Address, "clients.arp_refresh", text, fix)
				case !*a.Clients.ARPRefresh:
					r.Say(a.Address, "clients.arp_refresh", strings.ToUpper(text[:1])+text[1:], fix, "labels", strings.Join(labels, " "))
				}
			})},
		{ID: "NET-43", Moments: declaredAlone, Severity: diag.Advice, Statement: "It is written down what clients do when their server starts again on another node.",
			Says: "{application}: no client behaviour recorded. State whether clients reconnect by themselves.", Source: "S2 2.5.2",
			Check: everyApplication(func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter) {
				served := slices.ContainsFunc(in, func(g *ResourceGroup) bool { return len(g.ServiceIPs) > 0 })
				if served && a.Kind != "batch" && (a.Clients == nil || a.Clients.Reconnect == "") {
					r.Say(a.Address, "clients.reconnect", fmt.Sprintf("Nothing says what clients of %s do when it moves to another node.", a.Name), "Declare clients { reconnect = \"by themselves\" }, or what they do.")
				}
			})},
		{ID: "NET-44", Moments: declaredAlone, Severity: diag.Warning, Statement: "The routes that an application needs are there on every node that may run it.",
			Says: "{application} needs route {route}, missing on {node}. Add it or start it with the application.", Source: "S2 2.5.2",
			Check: everyApplication(func(c *Cluster, a *Application, in []*ResourceGroup, r *Reporter) {
				for _, d := range a.Routes {
					var missing []string
					for _, g := range in {
						for _, h := range slices.Concat(g.Nodes, g.Secondary) {
							if len(h.Routes) > 0 && !reaches(h.Routes, d) {
								missing = append(missing, h.Name)
							}
						}
					}
					if missing = slices.Compact(sorted(missing)); len(missing) > 0 {
						r.Say(a.Address, "routes", fmt.Sprintf("%s needs a route to %s, and there is none on %s.", a.Name, d, strings.Join(missing, ", ")), "Add it there, or let the start script of the application add it.", "route", d)
					}
				}
			})},
		{ID: "NET-45", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The address that clients of an application use moves with its resource group.",
			Says: "{rg} has an application but no service address. Its clients would have to be changed by hand after a takeover.", Source: "S3 Failover and cluster",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, g := range c.Groups {
					near := slices.ContainsFunc(g.SameNode, func(o *ResourceGroup) bool { return len(o.ServiceIPs) > 0 })
					if g.Address == "" || g.Concurrent() || near || len(g.ServiceIPs)+len(g.UnknownIPs) > 0 {
						continue
					}
					var used, unknown []string
					for _, a := range g.Applications {
						switch {
						case a.Clients != nil:
							used = append(used, a.Name)
						case a.Kind != "batch":
							unknown = append(unknown, a.Name)
						}
					}
					fix := "Give the group a service address."
					if used = sorted(used); len(used) > 0 {
						r.Say(g.Address, "service_ips", fmt.Sprintf("%s has no service address, and %s has clients: somebody would have to lead them to the other node after a takeover.", g.Name, strings.Join(used, ", ")), fix, "applications", strings.Join(used, " "))
					} else if unknown = sorted(unknown); len(unknown) > 0 {
						r.Unknown(false, g.Address, "service_ips", fmt.Sprintf("%s has no service address, and nothing says who uses %s.", g.Name, strings.Join(unknown, ", ")), fix)
					}
				}
			})},
	}
}

// beating are the networks of a cluster that are about to beat through aliases.
func (c *Cluster) beating() []string {
	var out []string
	for _, n := range c.Networks {
		if n.IP() && c.aliased(n) && c.ahead() {
			out = append(out, n.Name)
		}
	}
	return sorted(out)
}

// unfit tells why an address is not one that a node always has; "" when it is.
func (c *Cluster) unfit(h *Host, address string) string {
	if a, err := netip.ParseAddr(address); err != nil || a.IsLoopback() {
		return "a loopback address"
	}
	for _, l := range c.Persistent {
		if l.Address == address && l.Node == h {
			if n := c.Network(l.Network); n != nil && n.Private {
				return "a persistent address on the private network " + n.Name
			}
			return ""
		}
	}
	for _, l := range c.ServiceIPs {
		if l.Address == address {
			return "the service address " + l.Name
		}
	}
	for _, l := range c.Interfaces {
		if n := c.Network(l.Network); l.Address == address && n != nil && n.Private {
			return "a boot address on the private network " + n.Name
		}
	}
	for _, i := range h.Interfaces {
		switch {
		case i.Address == address || i.Boot == address:
			return ""
		case slices.Contains(i.Aliases, address):
			return "an alias of " + i.Name
		}
	}
	if len(h.Interfaces) == 0 {
		return ""
	}
	return "which none of its interfaces has"
}

// dependsOn is the one part that all virtual Ethernet adapters of a node's partition hang on; "" where there are more, or
// where that is not known.
func (h *Host) dependsOn() string {
	p := h.Partition
	if p == nil || len(p.Ethernet) == 0 || len(p.Slots)+len(p.HostPorts)+len(p.LogicalPorts)+len(p.VNICs) > 0 {
		return ""
	}
	s := cmp.Or(p.Target, p.System)
	if s == nil {
		return ""
	}
	var on []string
	for _, v := range s.Vios {
		for _, e := range p.Ethernet {
			for _, vlan := range e.VLANs {
				if len(v.bridging(e, vlan)) > 0 {
					on = append(on, v.Name+" of "+s.Label())
				}
			}
		}
	}
	if on = slices.Compact(sorted(on)); len(on) != 1 {
		return ""
	}
	return on[0]
}

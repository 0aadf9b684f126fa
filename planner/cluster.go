package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Clusters are defined on one of their nodes and then synchronised: every node reports the definition that it holds. What
// groups of disks several hosts know is one volume group as well.

// foldClusters makes one object of what the nodes of a cluster report of it, and of its applications and resource groups: that
// of the node that leads, with what the others say of themselves. Who holds another definition is named.
func foldClusters(cat *schema.Catalogue, objects []*schema.Object) []*schema.Object {
	reports := map[string]map[string][]*schema.Object{} // cluster -> endpoint -> its objects
	var out []*schema.Object
	for _, o := range objects {
		name := clusterOf(o)
		if name == "" {
			out = append(out, o)
			continue
		}
		if reports[name] == nil {
			reports[name] = map[string][]*schema.Object{}
		}
		reports[name][o.Endpoint] = append(reports[name][o.Endpoint], o)
	}
	for _, name := range sortedKeys(reports) {
		by := reports[name]
		lead, self := "", map[string]*schema.Object{}
		for _, e := range sortedKeys(by) {
			for _, o := range by[e] {
				if o.Kind == "cluster" {
					self[e] = o
				}
			}
			if self[e] != nil && (lead == "" || rankOfNode(self[e]) < rankOfNode(self[lead])) {
				lead = e
			}
		}
		if lead == "" {
			continue // nobody says what cluster it is
		}
		whole := self[lead].Clone()
		var disagree []cty.Value
		held := Fingerprint(definition(cat, by[lead]))
		for _, e := range sortedKeys(by) {
			if self[e] == nil {
				continue
			}
			holds := Fingerprint(definition(cat, by[e]))
			// The disk of a heartbeat is named by the device of each end: only a node that is one can tell which disk it is.
			for _, n := range schema.Items(self[e].Value, "network") {
				at := schema.JoinPath("network", n, "disk")
				switch disk := schema.Str(self[e].Value, at); {
				case disk == "" || schema.Get(whole.Value, schema.JoinPath("network", n)) == cty.NilVal:
				case !schema.Has(whole.Value, at):
					whole.Value = schema.Set(whole.Value, at, cty.StringVal(disk))
				case schema.Str(whole.Value, at) != disk:
					holds += " " + disk
				}
			}
			for _, host := range schema.Items(self[e].Value, "members") {
				m := schema.Set(schema.Get(self[e].Value, schema.JoinPath("members", host)), "holds", cty.StringVal(holds))
				whole.Value = schema.Set(whole.Value, schema.JoinPath("members", host), m)
				if holds != held {
					disagree = append(disagree, cty.StringVal(host))
				}
			}
		}
		if len(disagree) > 0 {
			whole.Value = schema.Set(whole.Value, "disagree", cty.TupleVal(disagree))
			whole.Value = schema.Set(whole.Value, "synchronised", cty.False)
		} else if len(self) == len(schema.Strings(whole.Value, "nodes")) {
			whole.Value = schema.Set(whole.Value, "agreed", cty.StringVal(held))
		}
		for _, o := range by[lead] {
			if o.Kind == "cluster" {
				o = whole
			}
			out = append(out, o)
		}
	}
	return out
}

// clusterOf is the cluster that an object belongs to or is; "" for all others.
func clusterOf(o *schema.Object) string {
	switch o.Kind {
	case "cluster":
		return o.ID
	case "application", "resource_group":
		return schema.Str(o.Value, "cluster")
	}
	return ""
}

// rejoin gives a shared volume group of which a host is silent the identity and the hosts that it was recorded with: its name at
// the first of its hosts identifies it, and a host that says nothing has not left it.
func rejoin(inv *Inventory, records map[schema.Address]*schema.Record) *Inventory {
	as, into := map[string]*schema.Object{}, map[string]string{} // identity -> what was recorded, and its identity
	for _, r := range records {
		hosts, disks := schema.Strings(r.Object.Value, "hosts"), schema.Strings(r.Object.Value, "disks")
		if r.Object.Kind != "volume_group" || len(hosts) == 0 {
			continue
		}
		for _, h := range inv.Of("host") {
			hosts = slices.DeleteFunc(hosts, func(n string) bool { return n == h.ID })
		}
		if len(hosts) == 0 {
			continue
		}
		for _, g := range inv.Of("volume_group") {
			if slices.ContainsFunc(schema.Strings(g.Value, "disks"), func(d string) bool { return slices.Contains(disks, d) }) {
				as[g.ID], into[g.ID] = r.Object, r.Object.ID
			}
		}
	}
	if len(as) == 0 {
		return inv
	}
	c := *inv
	c.Objects = nil
	for _, o := range inv.Objects {
		if rec := as[o.ID]; o.Kind == "volume_group" && rec != nil {
			o = o.Clone()
			o.ID, o.Value = rec.ID, schema.Set(schema.Set(o.Value, "host", cty.NilVal), "hosts", schema.Get(rec.Value, "hosts"))
		} else {
			o = inShared(o, into)
		}
		c.Objects = append(c.Objects, o)
	}
	c.sort()
	return &c
}

// inShared is a found object that refers to a volume group by the identity of one host, with that of the shared one.
func inShared(o *schema.Object, into map[string]string) *schema.Object {
	switch o.Kind {
	case "logical_volume", "filesystem":
		id := into[schema.Str(o.Value, "volume_group")]
		if id == "" {
			return o
		}
		host, _, _ := strings.Cut(id, "/")
		_, name, _ := strings.Cut(o.ID, ":")
		c := o.Clone()
		c.ID, c.Keys = host+":"+name, append(slices.Clone(o.Keys), o.ID)
		c.Value = schema.Set(schema.Set(c.Value, "volume_group", cty.StringVal(id)), "mounted", cty.NilVal) // it is where its group is
		return c
	case "resource_group":
		vgs := schema.Strings(o.Value, "volume_groups")
		if !slices.ContainsFunc(vgs, func(id string) bool { return into[id] != "" && into[id] != id }) {
			return o
		}
		for i, id := range vgs {
			vgs[i] = cmp.Or(into[id], id)
		}
		c := o.Clone()
		c.Value = schema.Set(c.Value, "volume_groups", tuple(vgs))
		return c
	}
	return o
}

// rankOfNode puts the nodes of a cluster in order of whom to believe: one whose services run knows what runs; among equals the
// first in the cluster's own order, at which Gantry makes its changes.
func rankOfNode(o *schema.Object) string {
	running, at := "1", 99
	for _, host := range schema.Items(o.Value, "members") {
		if schema.Str(o.Value, "state") == "online" {
			running = "0"
		}
		at = slices.Index(schema.Strings(o.Value, "nodes"), host)
	}
	return fmt.Sprintf("%s%03d%s", running, at, o.Endpoint)
}

// definition is what a node holds of a cluster, without the states of the moment.
func definition(cat *schema.Catalogue, objects []*schema.Object) string {
	var parts []string
	for _, o := range objects {
		v := o.Value
		for i := range cat.Kind(o.Kind).Attributes {
			a := &cat.Kind(o.Kind).Attributes[i]
			if a.Computed || a.Name == "state" || a.Name == "on" {
				v = schema.Set(v, a.Name, cty.NilVal)
			}
		}
		if vgs := schema.Strings(v, "volume_groups"); len(vgs) > 0 { // each node calls them by its own name
			for i := range vgs {
				_, vgs[i], _ = strings.Cut(vgs[i], "/")
			}
			v = schema.Set(v, "volume_groups", tuple(vgs))
		}
		for _, l := range schema.Items(v, "interface") {
			v = schema.Set(v, schema.JoinPath("interface", l, "device"), cty.NilVal)
		}
		for _, n := range schema.Items(v, "network") {
			if schema.Has(v, schema.JoinPath("network", n, "disk")) {
				v = schema.Set(v, schema.JoinPath("network", n, "disk"), cty.NilVal)
			}
		}
		parts = append(parts, o.Kind+" "+o.ID+" "+string(schema.EncodeValue(v)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// foldGroups makes one volume group of what several hosts know of the same disks, and one of each filesystem and logical volume
// in it. What the host says that has it varied on is believed; its name at every host identifies it.
func foldGroups(objects []*schema.Object) []*schema.Object {
	byDisk := map[string]*schema.Object{} // disk -> the first group with it
	into := map[string]string{}           // identity of a group -> that of the one it is merged into
	members := map[string][]*schema.Object{}
	for _, o := range objects {
		if o.Kind != "volume_group" {
			continue
		}
		id := o.ID
		for _, d := range schema.Strings(o.Value, "disks") {
			if first := byDisk[d]; first != nil && schema.Str(first.Value, "host") != schema.Str(o.Value, "host") {
				id = into[first.ID]
				break
			}
		}
		for _, d := range schema.Strings(o.Value, "disks") {
			if byDisk[d] == nil {
				byDisk[d] = o
			}
		}
		into[o.ID] = id
		members[id] = append(members[id], o)
	}
	best := map[string]*schema.Object{} // by the identity of the group
	for id, ms := range members {
		slices.SortStableFunc(ms, func(a, b *schema.Object) int { return cmp.Compare(rankOfGroup(a), rankOfGroup(b)) })
		best[id] = ms[0]
		if len(ms) == 1 {
			continue
		}
		c := ms[0].Clone()
		var hosts []string
		known := map[string]cty.Value{}
		for _, m := range ms {
			hosts = append(hosts, schema.Str(m.Value, "host"))
			c.Keys = append(c.Keys, m.ID)
			for _, h := range schema.Items(m.Value, "known") {
				known[h] = schema.Get(m.Value, schema.JoinPath("known", h))
			}
		}
		slices.Sort(hosts)
		slices.Sort(c.Keys)
		var list []cty.Value
		for _, h := range hosts {
			list = append(list, cty.StringVal(h))
		}
		c.ID = id
		c.Value = schema.Set(schema.Set(schema.Set(c.Value, "host", cty.NilVal), "hosts", cty.TupleVal(list)), "known", schema.Build(known))
		best[id] = c
	}
	said := map[string]*schema.Object{} // volumes and filesystems of shared groups
	var out []*schema.Object
	for _, o := range objects {
		switch o.Kind {
		case "volume_group":
			if into[o.ID] == o.ID {
				out = append(out, best[o.ID])
			}
		case "logical_volume", "filesystem":
			own := schema.Str(o.Value, "volume_group")
			id := into[own]
			if id == "" || len(members[id]) == 1 {
				out = append(out, o)
				continue
			}
			c := inShared(o, into)
			prev := said[key(c)]
			switch {
			case prev == nil:
				said[key(c)] = c
				out = append(out, c)
			case own == members[id][0].ID: // of the host that has it varied on
				keys := append(prev.Keys, c.Keys...)
				*prev = *c
				prev.Keys = keys
			default:
				prev.Keys = append(prev.Keys, c.Keys...)
			}
		default:
			out = append(out, inShared(o, into))
		}
	}
	return out
}

func rankOfGroup(o *schema.Object) string {
	rank := "3"
	for _, h := range schema.Items(o.Value, "known") {
		rank = map[string]string{"active": "0", "concurrent": "1", "passive": "2"}[schema.Str(o.Value, schema.JoinPath("known", h, "state"))]
	}
	return cmp.Or(rank, "3") + o.ID
}

// clusterHosts adds to the declared hosts what the clusters that they are nodes of need there: the names of all addresses, whom
// to trust, and the repository and shared disks known and not reserved.
func (b *builder) clusterHosts() {
	names, peers := map[string]map[string]cty.Value{}, map[string][]string{}
	known, free := map[string][]string{}, map[string][]string{} // hosts -> disks
	for _, c := range b.in.Desired.Objects {
		if c.Kind == "volume_group" {
			for _, h := range schema.Strings(c.Value, "hosts") {
				known[h] = append(known[h], schema.Strings(c.Value, "disks")...)
				if schema.Str(c.Value, "mode") != "standard" {
					free[h] = append(free[h], schema.Strings(c.Value, "disks")...)
				}
			}
		}
		if c.Kind != "cluster" {
			continue
		}
		var addresses []string
		labels := map[string]cty.Value{}
		for _, block := range []string{"interface", "service_ip", "persistent_ip"} {
			for _, l := range schema.Items(c.Value, block) {
				a := schema.Get(c.Value, schema.JoinPath(block, l, "address"))
				labels[l] = a
				if block != "service_ip" {
					addresses = append(addresses, a.AsString())
				}
			}
		}
		disks := slices.Clone(schema.Strings(c.Value, "repository"))
		for _, l := range schema.Items(c.Value, "site") {
			if d := schema.Str(c.Value, schema.JoinPath("site", l, "repository")); d != "" {
				disks = append(disks, d)
			}
		}
		for _, h := range schema.Strings(c.Value, "nodes") {
			if names[h] == nil {
				names[h] = map[string]cty.Value{}
			}
			for l, a := range labels {
				names[h][l] = a
			}
			peers[h] = append(peers[h], addresses...)
			known[h], free[h] = append(known[h], disks...), append(free[h], disks...)
		}
	}
	for i, o := range b.in.Desired.Objects {
		h := string(o.Address)
		if o.Kind != "host" || len(names[h])+len(known[h]) == 0 {
			continue
		}
		c := o.Clone()
		for _, n := range sortedKeys(names[h]) {
			if at := schema.JoinPath("names", n); !schema.Has(c.Value, at) {
				c.Value = schema.Set(c.Value, at, names[h][n])
			}
		}
		for attr, more := range map[string][]string{"peers": peers[h], "identified": known[h], "unreserved": free[h]} {
			all := append(schema.Strings(c.Value, attr), more...)
			slices.Sort(all)
			if all = slices.Compact(all); len(all) > 0 {
				c.Value = schema.Set(c.Value, attr, tuple(all))
			}
		}
		b.in.Desired.Objects[i], b.desired[o.Address] = c, c
		if f := b.found[o.Address]; f != nil && b.facts.declared[key(f)] != nil {
			b.facts.declared[key(f)] = c
		}
	}
}

func tuple(list []string) cty.Value {
	if len(list) == 0 {
		return cty.EmptyTupleVal
	}
	out := make([]cty.Value, len(list))
	for i, s := range list {
		out[i] = cty.StringVal(s)
	}
	return cty.TupleVal(out)
}

// ofCluster is the declared or recorded cluster that a declared object belongs to; nil for what belongs to none. A volume group,
// and what is in it, belongs to the cluster of which all its hosts are nodes.
func (b *builder) ofCluster(o *schema.Object) *schema.Object {
	switch o.Kind {
	case "application", "resource_group":
		return b.desired[schema.Address(schema.Str(o.Value, "cluster"))]
	case "filesystem", "logical_volume":
		if g := b.desired[schema.Address(schema.Str(o.Value, "volume_group"))]; g != nil {
			return b.ofCluster(g)
		}
		return nil
	case "volume_group":
	default:
		return nil
	}
	hosts := schema.Strings(o.Value, "hosts")
	for _, c := range b.in.Desired.Objects {
		if c.Kind != "cluster" || len(hosts) == 0 {
			continue
		}
		nodes := schema.Strings(c.Value, "nodes")
		if !slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(nodes, h) }) {
			return c
		}
	}
	return nil
}

// strangers are the nodes of a cluster that hold a definition which is neither the one of the node that leads nor the one that all
// agreed on when Gantry last saw them agree: somebody has changed it there, and a synchronisation would undo that.
func (b *builder) strangers(c *schema.Object) []string {
	f, rec := b.found[c.Address], b.records[c.Address]
	if f == nil || rec == nil {
		return nil
	}
	agreed := schema.Str(rec.Object.Value, "agreed")
	return slices.DeleteFunc(schema.Strings(f.Value, "disagree"), func(host string) bool {
		return agreed == "" || schema.Str(f.Value, schema.JoinPath("members", host, "holds")) == agreed
	})
}

// ownChanges: everything that the leading node holds is what Gantry recorded, so what is not synchronised is an apply that
// did not get that far.
func (b *builder) ownChanges(f *schema.Object) bool {
	for _, kind := range []string{"cluster", "application", "resource_group"} {
		for _, o := range b.in.Inventory.Of(kind) {
			if clusterOf(o) != f.ID {
				continue
			}
			rec := b.records[b.owner[key(o)]]
			if rec == nil || definition(b.in.Catalogue, []*schema.Object{o}) != definition(b.in.Catalogue, []*schema.Object{rec.Object}) {
				return false
			}
		}
	}
	return true
}

// lead is where the definition of a cluster is changed: at the node that its report is of, or at its first one.
func (b *builder) lead(cluster *schema.Object) string {
	if f := b.found[cluster.Address]; f != nil {
		return f.Endpoint
	}
	return cluster.Endpoint
}

// groupOf is a volume group by its identity: found, or declared with identities in place of addresses; nil for neither.
func (b *builder) groupOf(id string) *schema.Object {
	if g := b.lookup("volume_group", id); g != nil {
		return g
	}
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "volume_group" && b.resolve(string(o.Address)) == id {
			return b.after(b.in.Catalogue.Kind(o.Kind), o)
		}
	}
	return nil
}

// besideNodes has a step that concerns a cluster, or what its nodes share, look at all of them before and after.
func (b *builder) besideNodes(s *Step) {
	name := ""
	for _, o := range []*schema.Object{s.Before, s.After} {
		if o != nil && name == "" {
			name = clusterOf(o)
		}
	}
	nodes := []string{}
	switch {
	case name != "":
		for _, o := range []*schema.Object{b.lookup("cluster", name), b.facts.Coming("cluster", name), s.Before, s.After} {
			if o != nil && o.Kind == "cluster" {
				nodes = append(nodes, schema.Strings(o.Value, "nodes")...)
			}
		}
	case s.Kind == "volume_group" || s.Kind == "filesystem" || s.Kind == "logical_volume":
		for _, o := range []*schema.Object{s.Before, s.After} {
			if o == nil {
				continue
			}
			g := o
			if s.Kind != "volume_group" {
				g = b.groupOf(schema.Str(o.Value, "volume_group"))
			}
			if g != nil {
				nodes = append(nodes, schema.Strings(g.Value, "hosts")...)
			}
		}
	}
	for _, n := range nodes {
		if h := b.lookup("host", n); h != nil && h.Endpoint != s.Endpoint && !slices.Contains(s.Beside, h.Endpoint) {
			s.Beside = append(s.Beside, h.Endpoint)
		}
	}
}

// running: services of a found cluster run on a node of it.
func running(f *schema.Object) bool {
	return f != nil && slices.ContainsFunc(schema.Items(f.Value, "members"), func(h string) bool {
		return !slices.Contains([]string{"", "OFFLINE", "UNKNOWN", "NOT_CONFIGURED"}, schema.Str(f.Value, schema.JoinPath("members", h, "state")))
	})
}

// clusterSteps plans what a declared cluster needs besides changes of its definition: its services.
func (b *builder) clusterSteps(o, f *schema.Object) {
	want := schema.Str(o.Value, "state")
	is := running(f)
	switch {
	case want == "online" && !is:
		s := b.step(o, Start, "state", "state = \"online\" is declared.")
		s.Before, s.After, s.Seconds, s.Reverse = f, b.after(b.in.Catalogue.Kind(o.Kind), o), 120, "state = \"offline\""
		s.Endpoint = b.lead(o)
		s.After.ID = schema.Str(o.Value, "name")
		b.besideNodes(s)
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal("offline")), After: raw(cty.StringVal("online"))}}
	case want == "online":
		for _, n := range schema.Strings(o.Value, "nodes") { // one that came back without them, or that this plan adds
			h := b.resolve(n)
			if schema.Str(f.Value, schema.JoinPath("members", h, "state")) != "OFFLINE" && slices.Contains(schema.Strings(f.Value, "nodes"), h) {
				continue
			}
			s := b.step(o, Start, "state", "state = \"online\" is declared, and cluster services do not run at %s.", b.show("host", h))
			s.ID += "@" + h
			s.Node, s.Before, s.After, s.Seconds, s.Reverse = h, f, b.after(b.in.Catalogue.Kind(o.Kind), o), 90, "clmgr offline node "+h
			s.Endpoint = b.lead(o)
			s.After.ID = schema.Str(o.Value, "name")
			b.besideNodes(s)
			s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal("offline")), After: raw(cty.StringVal("online"))}}
		}
	case want == "offline" && is:
		s := b.step(o, Stop, "state", "state = \"offline\" is declared.")
		s.Before, s.After, s.Seconds, s.Disruption, s.Reverse = f, b.after(b.in.Catalogue.Kind(o.Kind), o), 120, schema.Outage, "state = \"online\""
		s.Endpoint = b.lead(o)
		s.After.ID = schema.Str(o.Value, "name")
		b.besideNodes(s)
		if schema.Str(o.Value, "on_stop") == "unmanage" {
			s.Disruption = schema.None // what runs goes on running
		}
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal("online")), After: raw(cty.StringVal("offline")), Disruption: s.Disruption}}
	}
}

// groupSteps plans where a declared resource group is and whether it runs.
func (b *builder) groupSteps(o, f *schema.Object) {
	cluster := b.desired[schema.Address(schema.Str(o.Value, "cluster"))]
	if cluster == nil {
		return
	}
	k := b.in.Catalogue.Kind(o.Kind)
	online := schema.Str(cluster.Value, "state") == "online" || schema.Str(cluster.Value, "state") == "" && running(b.found[cluster.Address])
	if !online {
		return // nothing can be said of where it runs while nothing runs
	}
	starts := !running(b.found[cluster.Address])
	is, at := "", ""
	if f != nil {
		is, at = schema.Str(f.Value, "state"), schema.Str(f.Value, "on")
	}
	want, on := schema.Str(o.Value, "state"), b.resolve(schema.Str(o.Value, "on"))
	startup := schema.Str(o.Value, "startup")
	if is != "online" && (starts || f == nil) && want != "offline" {
		// The cluster brings it up by its policy: at the home node, or at the first node that is there.
		is, at = "online", b.resolve(first(schema.Strings(o.Value, "nodes")))
		if startup == "node-distribution" {
			at = on // nobody can tell; what it is then is looked at by the next plan
		}
	}
	mk := func(action Action, reason, sentence string, args ...any) *Step {
		s := b.step(o, action, reason, sentence, args...)
		s.Before, s.After, s.Seconds, s.Endpoint = f, b.after(k, o), 60, b.lead(cluster)
		s.After.ID = k.Made(s.After.Value)
		b.besideNodes(s)
		return s
	}
	switch {
	case want == "offline" && is == "online" && f != nil && !starts:
		s := mk(Stop, "state", "state = \"offline\" is declared.")
		s.Disruption, s.Reverse = schema.Outage, "state = \"online\""
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal("online")), After: raw(cty.StringVal("offline")), Disruption: schema.Outage}}
	case want == "offline" && starts:
		s := mk(Stop, "state", "state = \"offline\" is declared, and the cluster brings it up when it starts.")
		s.Reverse = "state = \"online\""
		s.Changes = []Change{{Path: "state", After: raw(cty.StringVal("offline"))}}
	case want == "online" && is != "online" && f != nil:
		s := mk(Start, "state", "state = \"online\" is declared.")
		s.To, s.Reverse = on, "state = \"offline\""
		s.Changes = []Change{{Path: "state", Before: raw(cty.StringVal(cmp.Or(is, "offline"))), After: raw(cty.StringVal("online"))}}
	case on != "" && is == "online" && at != "" && at != on && startup != "all-available":
		s := mk(Move, "place", "%s is declared on %s and is on %s.", o.Address, b.show("host", on), b.show("host", at))
		if starts || f == nil {
			s.Reason.Sentence = fmt.Sprintf("%s is declared on %s, and its policies bring it up on %s.", o.Address, b.show("host", on), b.show("host", at))
		}
		s.From, s.To, s.Reverse = at, on, "set on back to "+b.show("host", at)
		if f != nil && !starts {
			s.Disruption = schema.Outage
			b.fact(s, f, "on")
			b.fact(s, f, "condition")
		}
		s.Changes = []Change{{Path: "on", Before: raw(cty.StringVal(b.show("host", at))), After: raw(cty.StringVal(b.show("host", on))), Disruption: s.Disruption}}
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// synchronise has every cluster that a step changes the definition of, or whose nodes hold different ones, verified and
// synchronised once, behind all of these steps and before its services start.
func (b *builder) synchronise(waits func(s, on *Step)) {
	for _, c := range b.in.Desired.Objects {
		if c.Kind != "cluster" || !b.selected(c.Address) || b.in.RefreshOnly {
			continue
		}
		sync := b.syncOf(c.Address)
		for _, s := range b.steps {
			of := b.stepCluster(s)
			if of != c.Address {
				continue
			}
			switch {
			case s == sync:
			case s.Kind == "cluster" && s.Action == Create:
			case s.Kind == "cluster" && s.Action == Stop:
			case s.Kind == "cluster" && s.Action == Start, s.Kind == "resource_group" && (s.Action == Start || s.Action == Move),
				s.Kind == "resource_group" && s.Action == Stop && len(s.Changes) > 0 && len(s.Changes[0].Before) == 0:
				waits(s, sync)
				for _, on := range b.byAddr[c.Address] {
					if on.Action == Start && on.Node == "" && s.Kind != "cluster" {
						waits(s, on)
					}
				}
			default:
				waits(sync, s)
			}
		}
	}
}

// needSync adds the steps that synchronise before anything is ordered.
func (b *builder) needSync() {
	for _, c := range b.in.Desired.Objects {
		if c.Kind != "cluster" || !b.selected(c.Address) || b.in.RefreshOnly {
			continue
		}
		f := b.found[c.Address]
		why := ""
		if f != nil && schema.Has(f.Value, "synchronised") && !schema.True(f.Value, "synchronised") {
			why = "Its nodes hold different definitions, or one that is not in effect."
		}
		var changed []string
		for _, s := range b.steps {
			if b.stepCluster(s) == c.Address && (defines(s) || s.Action == Create && s.Kind == "cluster" && b.beforeCAA(c)) {
				changed = append(changed, string(s.Address))
			}
		}
		if len(changed) > 0 {
			slices.Sort(changed)
			why = "The definition of " + strings.Join(slices.Compact(changed), ", ") + " changes."
		}
		if why == "" {
			continue
		}
		s := b.step(c, Synchronise, "definition", "%s", why)
		s.Before, s.After, s.Endpoint, s.Seconds = f, b.after(b.in.Catalogue.Kind("cluster"), c), b.lead(c), 90
		s.Reverse = "declare the previous values again"
		s.After.ID = schema.Str(c.Value, "name")
		b.besideNodes(s)
	}
}

// beforeCAA: a cluster up to 6.1, whose nodes know of it only once it is synchronised. Its shared volume groups are made before that,
// since a disk heartbeat wants its disk in one of them.
func (b *builder) beforeCAA(c *schema.Object) bool {
	release := schema.Str(c.Value, "version")
	for _, n := range schema.Strings(c.Value, "nodes") {
		if h := b.lookup("host", b.resolve(n)); h != nil && release == "" {
			release = schema.Str(h.Value, "cluster_level")
		}
	}
	return release != "" && release < "7"
}

// defines: a step that changes what a cluster has to synchronise. Its own creation does so by itself from 7.1 on.
func defines(s *Step) bool {
	switch s.Kind {
	case "cluster":
		return s.Action == Update
	case "application", "resource_group":
		return s.Action == Create || s.Action == Update || s.Action == Delete
	}
	return false
}

func (b *builder) syncOf(a schema.Address) *Step {
	for _, s := range b.byAddr[a] {
		if s.Action == Synchronise {
			return s
		}
	}
	return nil
}

// stepCluster is the declared cluster that a step belongs to, or "".
func (b *builder) stepCluster(s *Step) schema.Address {
	if s.Kind == "cluster" {
		return s.Address
	}
	if o := b.desired[s.Address]; o != nil {
		if c := b.ofCluster(o); c != nil {
			return c.Address
		}
		return ""
	}
	if s.Before == nil {
		return ""
	}
	if name := clusterOf(s.Before); name != "" {
		return b.owner["cluster|"+name]
	}
	return ""
}

// clusterOrder: what belongs to a cluster follows its creation and its own changes, not its services; what shares disks through
// it does, because the cluster's commands make it.
func (b *builder) clusterOrder(add func(s, on *Step)) {
	for _, s := range b.steps {
		c := b.stepCluster(s)
		if c == "" || s.Kind == "cluster" {
			continue
		}
		for _, on := range b.byAddr[c] {
			switch {
			case on.Action == Create, on.Action == Update && s.Action != Delete:
				add(s, on)
			case on.Action == Delete && s.Action == Delete:
				add(on, s)
			}
		}
	}
	for _, s := range b.steps {
		if s.Action == Migrate {
			before, after := b.around(s.ID)
			for _, x := range before {
				add(s, x)
			}
			for _, x := range after {
				add(x, s)
			}
		}
	}
	b.synchronise(add)
	// Two hosts that give an identifier to one disk at the same time would give it two.
	var prev *Step
	for _, s := range b.steps {
		if s.Kind == "host" && slices.ContainsFunc(s.Changes, func(c Change) bool { return c.Path == "identified" }) {
			if prev != nil {
				add(s, prev)
			}
			prev = s
		}
	}
	// What is deleted out of a volume group of a resource group follows the end of that: nobody uses it any more, and what it was
	// while it was in use is no fact any more.
	for _, rg := range b.steps {
		if rg.Kind != "resource_group" || rg.Action != Delete && rg.Action != Stop || rg.Before == nil {
			continue
		}
		vgs := schema.Strings(rg.Before.Value, "volume_groups")
		for _, s := range b.steps {
			if s.Action != Delete || s.Before == nil {
				continue
			}
			id := schema.Str(s.Before.Value, "volume_group")
			if s.Kind == "volume_group" {
				id = s.Before.ID
			}
			if slices.Contains(vgs, id) {
				add(s, rg)
				s.Facts = nil
			}
		}
	}
	// A group moves to a node whose services the plan starts when they run there.
	for _, s := range b.steps {
		if s.Action != Move || s.Node != "" {
			continue
		}
		for _, on := range b.byAddr[b.stepCluster(s)] {
			if on.Action == Start && on.Node == s.To {
				add(s, on)
			}
		}
	}
	// What is deleted on the nodes of a cluster may be shared, and goes through its commands while it is there.
	for _, c := range b.steps {
		if c.Kind != "cluster" || c.Action != Delete {
			continue
		}
		at := append([]string{c.Endpoint}, c.Beside...)
		for _, s := range b.steps {
			if s.Action == Delete && slices.Contains([]string{"volume_group", "logical_volume", "filesystem"}, s.Kind) && slices.Contains(at, s.Endpoint) {
				add(c, s)
			}
		}
	}
	// A node's groups go away from it one at a time, and nothing of a cluster moves while another move of it is under way.
	last := map[schema.Address]*Step{}
	for _, s := range b.steps {
		if s.Action != Move || s.Node != "" {
			continue
		}
		c := b.stepCluster(s)
		if prev := last[c]; prev != nil {
			add(s, prev)
		}
		last[c] = s
	}
}

// clusterFindings says what cannot be told by a rule: a name that a host has with another address.
func (b *builder) clusterFindings() {
	for _, o := range b.in.Desired.Objects {
		f := b.found[o.Address]
		if o.Kind != "host" || f == nil {
			continue
		}
		for _, n := range schema.Items(o.Value, "names") {
			want, have := schema.Str(o.Value, schema.JoinPath("names", n)), schema.Str(f.Value, schema.JoinPath("names", n))
			if have != "" && have != want {
				b.finding(diag.Errorf("NET-33", "Another address", "%s is %s in /etc/hosts of %s, and %s is declared.", n, have, nameOf(f), want).At(string(o.Address), schema.JoinPath("names", n)).WithFix("Correct the declaration, or the file: an entry that is there is never changed."))
			}
		}
	}
}

// hostIn is the declared host that runs in a declared partition, or nil.
func (b *builder) hostIn(partition schema.Address) *schema.Object {
	for _, o := range b.in.Desired.Objects {
		if o.Kind == "host" && schema.Str(o.Value, "partition") == string(partition) {
			return o
		}
	}
	return nil
}

// nodeOf is the declared cluster that the host in a partition is a node of, or nil.
func (b *builder) nodeOf(partition schema.Address) *schema.Object {
	h := b.hostIn(partition)
	if h == nil {
		return nil
	}
	for _, c := range b.in.Desired.Objects {
		if c.Kind == "cluster" && slices.Contains(schema.Strings(c.Value, "nodes"), string(h.Address)) {
			return c
		}
	}
	return nil
}

// behindPartitions: what is done on a host follows what is done to the partition that it runs in, which may give it its disks,
// and precedes what ends it.
func (b *builder) behindPartitions(add func(s, on *Step)) {
	at := map[string][]*Step{} // endpoint of a host -> steps of its partition
	for _, o := range b.in.Desired.Objects {
		if p := schema.Address(schema.Str(o.Value, "partition")); o.Kind == "host" && len(b.byAddr[p]) > 0 {
			at[o.Endpoint] = b.byAddr[p]
		}
	}
	if len(at) == 0 {
		return
	}
	for _, s := range b.steps {
		if s.Kind == "partition" || s.Action == Forget || s.Action == Adopt || s.Node != "" {
			continue
		}
		for _, e := range append([]string{s.Endpoint}, s.Beside...) {
			for _, on := range at[e] {
				switch on.Action {
				case Create, Update, Migrate, Restart, Start:
					add(s, on)
				case Stop, Delete:
					add(on, s)
				}
			}
		}
	}
}

// nodeMoves has the move of a node look at its cluster right before: every node of it is there and nothing goes on. The
// next one follows when that is so again.
func (b *builder) nodeMoves(s *Step) {
	c := b.nodeOf(s.Address)
	if c == nil || b.found[c.Address] == nil || !running(b.found[c.Address]) {
		return
	}
	f := b.found[c.Address]
	host := b.resolve(string(b.hostIn(s.Address).Address))
	unmanaged := schema.Str(c.Value, "during_migration") == "unmanage"
	if !unmanaged {
		b.fact(s, f, "condition")
	}
	for _, m := range schema.Items(f.Value, "members") {
		if m != host || !unmanaged {
			b.fact(s, f, schema.JoinPath("members", m, "state"))
		}
	}
	for _, n := range schema.Strings(f.Value, "nodes") {
		if h := b.lookup("host", n); h != nil && !slices.Contains(s.Beside, h.Endpoint) {
			s.Beside = append(s.Beside, h.Endpoint)
		}
		if h := b.lookup("host", n); h != nil {
			for _, i := range schema.Items(h.Value, "interfaces") { // the paths of the heartbeat
				b.fact(s, h, schema.JoinPath("interfaces", i, "state"))
			}
		}
	}
	var here []string
	for _, g := range b.in.Inventory.Of("resource_group") {
		if schema.Str(g.Value, "cluster") == f.ID && schema.Str(g.Value, "on") == host {
			here = append(here, b.show("resource_group", g.ID))
		}
	}
	if len(here) > 0 {
		b.drain(s, c, f, host)
	}
	how := "stay managed"
	switch {
	case schema.Str(c.Value, "during_migration") == "unmanage":
		how = "run unmanaged meanwhile"
	case schema.Str(c.Value, "during_migration") == "move":
		how = "move away first"
	case schema.Str(f.Value, "settings.lpm_policy") == "unmanage":
		how = "are unmanaged by the cluster meanwhile"
	}
	if len(here) > 0 {
		s.Details = append(s.Details, Detail{"cluster", fmt.Sprintf("%s: %s %s", c.Address, strings.Join(here, ", "), how)})
	} else {
		s.Details = append(s.Details, Detail{"cluster", fmt.Sprintf("%s: no resource group is on it", c.Address)})
	}
}

// drain has the resource groups of a node out of the way while its partition moves, as the cluster declares it: services are stopped
// there and leave them unmanaged, or they move to the next node.
func (b *builder) drain(move *Step, c, f *schema.Object, host string) {
	k := b.in.Catalogue.Kind("cluster")
	pair := func(o *schema.Object, kind *schema.Kind, found *schema.Object, before, after Action, sentence string) (*Step, *Step) {
		first, then := b.step(o, before, "migration", "%s", sentence), b.step(o, after, "migration", "%s is where it was declared again.", move.Address)
		for i, s := range []*Step{first, then} {
			s.ID += "@" + string(move.Address) + []string{"", ":back"}[i]
			s.Node, s.Before, s.After, s.Endpoint, s.Seconds, s.Reverse = host, found, b.after(kind, o), b.lead(c), 60, "none needed: the other step of the pair"
			s.After.ID = found.ID
			b.besideNodes(s)
		}
		return first, then
	}
	switch schema.Str(c.Value, "during_migration") {
	case "unmanage":
		pair(c, k, f, Stop, Start, fmt.Sprintf("%s moves, and its groups run unmanaged meanwhile.", move.Address))
	case "move":
		for _, g := range b.in.Inventory.Of("resource_group") {
			a := b.owner[key(g)]
			o := b.desired[a]
			if o == nil || schema.Str(g.Value, "cluster") != f.ID || schema.Str(g.Value, "on") != host || schema.Str(g.Value, "startup") == "all-available" {
				continue
			}
			nodes := schema.Strings(g.Value, "nodes")
			to := ""
			for i := range nodes { // the next one in the list, from this one on
				n := nodes[(slices.Index(nodes, host)+1+i)%len(nodes)]
				if n != host && schema.Str(f.Value, schema.JoinPath("members", n, "state")) == "NORMAL" {
					to = n
					break
				}
			}
			if to == "" {
				continue // rule HA-48 says that nobody could take it
			}
			there, back := pair(o, b.in.Catalogue.Kind("resource_group"), g, Move, Move, fmt.Sprintf("%s moves, and the group goes out of its way.", move.Address))
			there.From, there.To, there.Disruption = host, to, schema.Outage
			back.From, back.To, back.Disruption = to, host, schema.Outage
			for _, s := range []*Step{there, back} {
				s.Changes = []Change{{Path: "on", Before: raw(cty.StringVal(b.show("host", s.From))), After: raw(cty.StringVal(b.show("host", s.To))), Disruption: schema.Outage}}
			}
		}
	}
}

// around are the steps that go before a move of a node, and those that follow it.
func (b *builder) around(move string) (before, after []*Step) {
	_, address, _ := strings.Cut(move, ":")
	for _, s := range b.steps {
		if s.Node == "" {
			continue
		}
		switch {
		case strings.HasSuffix(s.ID, "@"+address):
			before = append(before, s)
		case strings.HasSuffix(s.ID, "@"+address+":back"):
			after = append(after, s)
		}
	}
	return before, after
}

// afterNode has whatever goes before the move of a node wait for what followed the move of the one before.
func (b *builder) afterNode(earlier string, s *Step) {
	_, done := b.around(earlier)
	first, _ := b.around(s.ID)
	for _, x := range append(first, s) {
		waits := map[string]bool{}
		for _, w := range x.WaitsFor {
			waits[w] = true
		}
		for _, w := range done {
			waits[w.ID] = true
		}
		waits[earlier] = true
		x.WaitsFor = sortedStrings(waits)
	}
}

package planner

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/rules"
)

// Networks and the shared Ethernet adapters that bridge them. A network that names a bridge is carried by the bridge of
// that name of every system where one of its partitions lives or may move to; what was added there is remembered with
// the network, so that it, and nothing else, is taken back.

// bridging plans where networks are still to be bridged, and how the shared Ethernet adapters work together.
func (b *builder) bridging() {
	if b.in.RefreshOnly || b.in.Destroy {
		return
	}
	needs := b.bridgeNeeds()
	for _, o := range b.in.Desired.Objects {
		switch {
		case !b.selected(o.Address):
		case o.Kind == "network" && schema.Has(o.Value, "bridge") && !b.hasFinding(o.Address):
			b.bridge(o, needs[o.Address])
		case o.Kind == "system":
			b.bridgeModes(o)
		}
	}
}

// bridgeNeeds are, for every network that names a bridge, the declared systems that need it there.
func (b *builder) bridgeNeeds() map[schema.Address]map[schema.Address]bool {
	needs := map[schema.Address]map[schema.Address]bool{}
	for _, o := range b.in.Desired.Objects {
		if o.Kind != "partition" {
			continue
		}
		places := b.mayLive(o)
		for _, l := range schema.Items(o.Value, "ethernet") {
			item := schema.Get(o.Value, schema.JoinPath("ethernet", l))
			for _, n := range append([]string{schema.Str(item, "network")}, schema.Strings(item, "tagged")...) {
				net := b.desired[schema.Address(n)]
				if net == nil || !schema.Has(net.Value, "bridge") {
					continue
				}
				if needs[net.Address] == nil {
					needs[net.Address] = map[schema.Address]bool{}
				}
				for _, p := range places {
					needs[net.Address][p] = true
				}
			}
		}
	}
	return needs
}

// mayLive are the declared systems where a partition lives or may move to.
func (b *builder) mayLive(o *schema.Object) []schema.Address {
	home := schema.Address(schema.Str(o.Value, "system"))
	if schema.True(o.Value, "placement.pinned") || schema.Str(o.Value, "mobility.mode") == "never" {
		return []schema.Address{home}
	}
	only, not := schema.Strings(o.Value, "placement.only_on"), schema.Strings(o.Value, "placement.not_on")
	out := []schema.Address{home}
	for _, s := range b.in.Desired.Objects {
		a := string(s.Address)
		if s.Kind == "system" && s.Address != home && (len(only) == 0 || slices.Contains(only, a)) && !slices.Contains(not, a) {
			out = append(out, s.Address)
		}
	}
	return out
}

// bridge plans the systems on which a network is not carried yet by every server of the bridge.
func (b *builder) bridge(o *schema.Object, needs map[schema.Address]bool) {
	k, f, name := b.in.Catalogue.Kind("network"), b.found[o.Address], schema.Str(o.Value, "bridge")
	var changes []Change
	added := cty.EmptyObjectVal
	if rec := b.records[o.Address]; rec != nil {
		if f != nil {
			f = remembering(k, f, rec)
		}
		if x := schema.Get(rec.Object.Value, "added"); x != cty.NilVal {
			added = x
		}
	}
	var rewrites [][2]string
	known, unread := false, b.unread()
	for _, a := range sortedAddresses(needs) {
		d, sys := b.desired[a], b.found[a]
		if d == nil {
			continue
		}
		ports := schema.Strings(d.Value, schema.JoinPath("bridge", name, "ports"))
		known = known || len(ports) > 0
		if sys == nil || unread[sys.ID] {
			continue // its console's own finding says why
		}
		if at := controlChannel(d, sys, name, schema.FormatNumber(schema.Get(o.Value, "vlan"))); at != "" {
			b.finding(diag.Errorf("control-channel", "VLAN of a control channel", "VLAN %s of %s is the control channel of the bridge %q on %s (%s).", schema.FormatNumber(schema.Get(o.Value, "vlan")), o.Address, name, a, at).At(string(o.Address), "vlan").WithFix("Choose another VLAN: what goes over a control channel must not reach the network."))
			return
		}
		running, have := carriers(f, sys.ID)
		missing := []string{}
		shares, deaf := len(running) == 0, false
		for _, p := range ports {
			server, _, _ := strings.Cut(p, "/")
			shares = shares || slices.Contains(running, server)
			vios := schema.Get(sys.Value, schema.JoinPath("vios", server))
			switch {
			case slices.Contains(have, server):
			case vios != cty.NilVal && !answers(vios):
				// What its profile has comes back with it; whether it carries more now is not seen.
				deaf = deaf || schema.Str(vios, "state") == "Running"
				if !slices.Contains(kept(f, sys.ID), server) {
					b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "bridge-unseen", Summary: "Bridge not seen", Address: string(o.Address), Path: "bridge",
						Detail: fmt.Sprintf("%s on %s cannot be asked, and its profile does not have VLAN %s; it is bridged there once it answers.", server, b.show("system", sys.ID), schema.FormatNumber(schema.Get(o.Value, "vlan"))), Fix: "Start it and plan again."})
				}
			default:
				missing = append(missing, server)
			}
		}
		if len(missing) == 0 || !shares || deaf && len(running) == 0 {
			continue // it is carried, or another bridge carries it or may do so unseen, beside which a second one would be a loop
		}
		changes = append(changes, Change{Path: schema.JoinPath("bridges", sys.ID), Before: names(have), After: names(append(slices.Clone(have), missing...)), Why: "a partition of the network lives there or may move there"})
		at := schema.JoinPath(sys.ID, "servers")
		added = schema.Set(added, at, texts(append(schema.Strings(added, at), missing...)))
		for _, server := range missing {
			rewrites = append(rewrites, [2]string{sys.ID, server})
		}
	}
	if len(needs) > 0 && !known {
		b.finding(diag.Errorf("no-bridge", "Unknown bridge", "%s is to be carried by the bridge %q, which no system declares where its partitions live.", o.Address, name).At(string(o.Address), "bridge").WithFix("Declare it in the system blocks: bridge %q { ports = [\"VIOS/entN\"] }.", name))
	}
	if len(changes) == 0 {
		return
	}
	action := Update
	if f == nil {
		action = Create
	}
	s := b.step(o, action, "bridge", "Its partitions need it where nothing bridges it yet.")
	s.Before, s.After, s.Changes, s.Seconds = f, b.after(k, o), changes, 10*float64(len(changes))
	b.rewrites[s] = rewrites
	s.After.Value = schema.Set(s.After.Value, "added", added)
	s.After.ID = b.made(k, s.After.Value, s.Endpoint)
	s.Reverse = "do not declare the network any more"
}

// controlChannel says where a VLAN is the control channel of a bridge, declared or found.
func controlChannel(d, sys *schema.Object, name, vlan string) string {
	is := func(v cty.Value) bool {
		return v != cty.NilVal && v.IsKnown() && !v.IsNull() && schema.FormatNumber(v) == vlan
	}
	if is(schema.Get(d.Value, schema.JoinPath("bridge", name, "control_channel"))) {
		return "as declared"
	}
	for _, sea := range Bridges(sys, schema.Strings(d.Value, schema.JoinPath("bridge", name, "ports"))) {
		if slot := schema.Get(sea.Value, "control_slot"); slot != cty.NilVal {
			if is(schema.Get(sys.Value, schema.JoinPath("vios", sea.Server, "ethernet_slots", schema.FormatNumber(slot), "vlan"))) {
				return sea.Device + " of " + sea.Server
			}
		}
	}
	return ""
}

// carriers are the servers of a system that bridge a network now, and of those the ones whose profile has it too.
func carriers(f *schema.Object, system string) (running, both []string) {
	if f == nil {
		return nil, nil
	}
	running = schema.Strings(f.Value, schema.JoinPath("bridges", system, "servers"))
	for _, s := range running {
		if slices.Contains(kept(f, system), s) {
			both = append(both, s)
		}
	}
	return running, both
}

// kept are the servers of a system whose profile has a network on a trunk adapter.
func kept(f *schema.Object, system string) []string {
	if f == nil {
		return nil
	}
	return schema.Strings(f.Value, schema.JoinPath("bridges", system, "kept"))
}

func names(list []string) []byte { return raw(texts(list)) }

// texts is a list of names in order.
func texts(list []string) cty.Value {
	list = slices.Compact(sortedCopy(list))
	if len(list) == 0 {
		return cty.EmptyTupleVal
	}
	vals := make([]cty.Value, len(list))
	for i, s := range list {
		vals[i] = cty.StringVal(s)
	}
	return cty.TupleVal(vals)
}

func sortedCopy(list []string) []string {
	c := slices.Clone(list)
	sort.Strings(c)
	return c
}

// goneNetwork takes back what was added for a network that is not declared any more.
func (b *builder) goneNetwork(s *Step, f *schema.Object, r *schema.Record) {
	s.Facts, s.Destroys, s.Seconds = nil, 0, 10
	s.Reason = Reason{"unbridge", "It is not declared any more; what Gantry had added for it is taken back, and the rest stays."}
	s.Reverse = "declare it again"
	unread := b.unread()
	for _, id := range schema.Items(r.Object.Value, "added") {
		if b.lookup("system", id) == nil {
			continue
		}
		if unread[id] {
			b.finding(diag.Errorf("not-visible", "Cannot be seen", "%s is not declared any more, and what was added for it on %s cannot be seen.", s.Address, b.show("system", id)).At(string(s.Address), "").WithFix("Repair the connection and plan again, or keep the bridging: removed { from = %s  lifecycle { destroy = false } }", s.Address))
			continue
		}
		at := schema.JoinPath("bridges", id)
		have := slices.Compact(sortedCopy(append(schema.Strings(f.Value, at+".servers"), schema.Strings(f.Value, at+".kept")...)))
		var left []string
		for _, server := range have {
			if !slices.Contains(schema.Strings(r.Object.Value, schema.JoinPath("added", id, "servers")), server) {
				left = append(left, server)
			} else {
				b.rewrites[s] = append(b.rewrites[s], [2]string{id, server})
			}
		}
		if len(left) < len(have) {
			s.Changes = append(s.Changes, Change{Path: schema.JoinPath("bridges", id), Before: names(have), After: names(left)})
		}
	}
	if len(s.Changes) == 0 {
		s.ID, s.Action = string(Forget)+":"+string(s.Address), Forget
		s.Reason, s.Reverse, s.Seconds = Reason{"vanished", "It is not declared any more, and nothing is there of what Gantry had added for it."}, "none needed", 0
		return
	}
	b.handOn(s, r)
	for _, p := range b.in.Inventory.Of("partition") {
		if schema.Str(p.Value, "environment") != "vioserver" && b.added(r, schema.Str(p.Value, "system")) && uses(p, f.ID) {
			b.users[s] = append(b.users[s], p)
		}
	}
}

// handOn gives the shared Ethernet adapters that were made for a network to the record of another one that Gantry has put
// on them and that stays: they go with the last of them.
func (b *builder) handOn(s *Step, r *schema.Record) {
	for _, id := range schema.Items(r.Object.Value, "added") {
		at := schema.JoinPath("added", id)
		for _, server := range schema.Strings(r.Object.Value, at+".made") {
			heir := b.heir(s.Address, r, id, server)
			if heir == "" {
				continue
			}
			c := *b.records[heir]
			c.Object = c.Object.Clone()
			give := func(path string, items ...string) {
				c.Object.Value = schema.Set(c.Object.Value, at+path, texts(append(schema.Strings(c.Object.Value, at+path), items...)))
			}
			give(".made", server)
			for _, a := range schema.Strings(r.Object.Value, at+".adapters") {
				if strings.HasPrefix(a, server+"/") {
					give(".adapters", a)
				}
			}
			b.records[heir] = &c
			b.plan.Refreshed = append(slices.DeleteFunc(b.plan.Refreshed, func(o *schema.Object) bool { return o.Address == heir }), c.Object)
			s.Details = append(s.Details, Detail{"bridge", fmt.Sprintf("%s on %s stays for %s, and goes with it", server, b.show("system", id), heir)})
		}
	}
}

// heir is another declared network that Gantry has put on the shared Ethernet adapter of a server.
func (b *builder) heir(of schema.Address, r *schema.Record, system, server string) schema.Address {
	sys := b.lookup("system", system)
	if sys == nil {
		return ""
	}
	bridges := schema.Get(sys.Value, schema.JoinPath("vios", server, "bridges"))
	vlan := schema.Get(r.Object.Value, "vlan")
	for _, a := range sortedAddresses(b.records) {
		other := b.records[a].Object
		if a == of || other.Kind != "network" || b.desired[a] == nil || !slices.Contains(schema.Strings(other.Value, schema.JoinPath("added", system, "servers")), server) {
			continue
		}
		for _, dev := range schema.Items(bridges, "") {
			vlans := set(schema.Get(bridges, schema.JoinPath(dev, "vlans")))
			if vlans[string(schema.EncodeValue(vlan))] && vlans[string(schema.EncodeValue(schema.Get(other.Value, "vlan")))] {
				return a
			}
		}
	}
	return ""
}

func (b *builder) added(r *schema.Record, system string) bool {
	return schema.Has(r.Object.Value, schema.JoinPath("added", system))
}

// uses reports whether a found partition has an adapter on a network.
func uses(p *schema.Object, network string) bool {
	for _, l := range schema.Items(p.Value, "ethernet") {
		if onNetwork(schema.Get(p.Value, schema.JoinPath("ethernet", l)), network) {
			return true
		}
	}
	return false
}

func onNetwork(adapter cty.Value, network string) bool {
	return schema.Str(adapter, "network") == network || slices.Contains(schema.Strings(adapter, "tagged"), network)
}

// haModes are the console's words for how several shared Ethernet adapters work together.
var haModes = map[string]string{"failover": "auto", "sharing": "sharing", "single": "disabled"}

// BridgeMode is the console's word (ha_mode) for the mode of a bridge.
func BridgeMode(mode string) string { return haModes[mode] }

// ModeDiffers reports whether a shared Ethernet adapter works otherwise than it is to (ha_mode). One in standby takes part
// in a failover that an administrator has forced.
func ModeDiffers(have, want string) bool {
	return have != "" && have != want && !(want == haModes["failover"] && have == "standby")
}

// bridgeModes plans the change of ha_mode of shared Ethernet adapters that are there already.
func (b *builder) bridgeModes(o *schema.Object) {
	f := b.found[o.Address]
	if f == nil {
		return
	}
	var changes []Change
	for _, name := range schema.Items(o.Value, "bridge") {
		want := schema.Str(o.Value, schema.JoinPath("bridge", name, "mode"))
		if want == "" || want == "single" && b.loops(o, f, name) {
			continue
		}
		for _, sea := range Bridges(f, schema.Strings(o.Value, schema.JoinPath("bridge", name, "ports"))) {
			if have := schema.Str(sea.Value, "mode"); ModeDiffers(have, haModes[want]) {
				changes = append(changes, Change{Path: schema.JoinPath("bridge", name, "mode"), Before: raw(cty.StringVal(have)), After: raw(cty.StringVal(haModes[want])), Disruption: schema.Pause, Why: "the networks behind it pause while the servers agree"})
				break
			}
		}
	}
	if len(changes) == 0 {
		return
	}
	s := b.step(o, Update, "changed", "%s.", changeSentence(changes))
	s.Before, s.After, s.Changes, s.Disruption, s.Seconds, s.Endpoint = f, b.after(b.in.Catalogue.Kind("system"), o), changes, schema.Pause, 10, f.Endpoint
	s.After.ID = f.ID
	s.Reverse = "declare the previous values again"
	for _, v := range schema.Items(f.Value, "vios") {
		b.fact(s, f, schema.JoinPath("vios", v, "bridges"))
	}
}

// loops refuses a bridge that is to be alone and is not: two that carry the same VLANs and do not agree who does are a loop.
func (b *builder) loops(o, f *schema.Object, name string) bool {
	path := schema.JoinPath("bridge", name)
	ports := schema.Strings(o.Value, path+".ports")
	bad := func(others string) bool {
		b.finding(diag.Errorf("bridge-loop", "Two bridges that do not agree", "The bridge %s of %s is declared single, and %s too: frames would go round in a circle.", name, o.Address, others).At(string(o.Address), path+".mode").WithFix("Declare failover or sharing, or one port; a second shared Ethernet adapter is taken away first."))
		return true
	}
	if len(ports) > 1 {
		return bad(strings.Join(ports, " and ") + " would bridge")
	}
	for _, sea := range Bridges(f, ports) {
		if !ModeDiffers(schema.Str(sea.Value, "mode"), haModes["single"]) {
			continue
		}
		mine := set(schema.Get(sea.Value, "vlans"))
		for _, server := range schema.Items(f.Value, "vios") {
			at := schema.JoinPath("vios", server, "bridges")
			for _, dev := range schema.Items(f.Value, at) {
				other := schema.Get(f.Value, at+"."+schema.JoinPath(dev))
				if server == sea.Server && dev == sea.Device || schema.Str(other, "switch") != schema.Str(sea.Value, "switch") {
					continue
				}
				for _, vlan := range sortedStrings(set(schema.Get(other, "vlans"))) {
					if mine[vlan] {
						return bad(fmt.Sprintf("%s on %s carries VLAN %s", dev, server, vlan))
					}
				}
			}
		}
	}
	return false
}

// Bridge is a shared Ethernet adapter of a system.
type Bridge struct {
	Server, Device string
	Value          cty.Value
}

// Bridges are the shared Ethernet adapters of a found system above the ports (VIOS/DEVICE), in their order.
func Bridges(sys *schema.Object, ports []string) []Bridge {
	var out []Bridge
	for _, p := range ports {
		server, port, _ := strings.Cut(p, "/")
		at := schema.JoinPath("vios", server, "bridges")
		for _, dev := range schema.Items(sys.Value, at) {
			v := schema.Get(sys.Value, at+"."+schema.JoinPath(dev))
			if schema.Str(v, "physical") == port {
				out = append(out, Bridge{server, dev, v})
			}
		}
	}
	return out
}

// verifyBridging compares what a step promised about bridges with what was read back.
func verifyBridging(s *Step, back *schema.Object, bad func(path, format string, args ...any)) {
	for _, c := range s.Changes {
		parts := schema.SplitPath(c.Path)
		want, err := schema.DecodeValue(c.After)
		if err != nil {
			continue
		}
		switch {
		case s.Kind == "network":
			_, have := carriers(back, parts[1])
			for v := range set(want) {
				if server := strings.Trim(v, `"`); !slices.Contains(have, server) {
					bad(c.Path, "%s was promised to be bridged by %s and kept in its profile, and that is so of %s.", s.Address, server, orNone(strings.Join(have, ", ")))
				}
			}
		case len(parts) == 3:
			for _, sea := range Bridges(back, schema.Strings(s.After.Value, schema.JoinPath("bridge", parts[1], "ports"))) {
				if have := schema.Str(sea.Value, "mode"); have == "" || ModeDiffers(have, want.AsString()) {
					bad(c.Path, "%s of %s was promised to be %s, and is %s.", sea.Device, sea.Server, want.AsString(), have)
				}
			}
		}
	}
}

// chainBridging makes the steps of networks follow each other: they write the same profiles. What takes a shared
// Ethernet adapter away comes after what takes its networks away.
func (b *builder) chainBridging(add func(s, on *Step)) {
	var steps []*Step
	for _, s := range b.steps {
		if s.Kind == "network" && (s.Action == Create || s.Action == Update || s.Action == Delete) {
			steps = append(steps, s)
		}
	}
	untagged := map[string]bool{} // bridge and VLAN
	for _, o := range b.in.Desired.Objects {
		for _, name := range schema.Items(o.Value, "bridge") {
			if o.Kind == "system" {
				vlan := "1"
				if v := schema.Get(o.Value, schema.JoinPath("bridge", name, "vlan")); v != cty.NilVal {
					vlan = schema.FormatNumber(v)
				}
				untagged[name+" "+vlan] = true
			}
		}
	}
	// First the network that is untagged on a bridge, since it makes that; and it is taken away last.
	makes := func(s *Step) int {
		n := 0
		if s.Action != Delete {
			if untagged[schema.Str(s.After.Value, "bridge")+" "+schema.FormatNumber(schema.Get(s.After.Value, "vlan"))] {
				return -1
			}
			return 0
		}
		for _, id := range schema.Items(s.Before.Value, "added") {
			n += len(schema.Strings(s.Before.Value, schema.JoinPath("added", id, "made")))
		}
		return 1 + n
	}
	sort.SliceStable(steps, func(i, j int) bool {
		if x, y := makes(steps[i]), makes(steps[j]); x != y {
			return x < y
		}
		return steps[i].Address < steps[j].Address
	})
	// A profile is written as a whole, so the first step that does it relies on what was read of it.
	seen := map[[2]string]bool{}
	for i, s := range steps {
		if i > 0 {
			add(s, steps[i-1])
		}
		for _, at := range b.rewrites[s] {
			if sys := b.lookup("system", at[0]); sys != nil && !seen[at] {
				b.fact(s, sys, schema.JoinPath("vios", at[1], "profile_ethernet"))
			}
			seen[at] = true
		}
	}
}

// coming are what the plan's steps bridge, by system and server.
func (b *builder) coming() map[string][]*rules.Bridge {
	out := map[string][]*rules.Bridge{}
	for _, s := range b.steps {
		if s.Kind != "network" || s.Action != Create && s.Action != Update {
			continue
		}
		n, _ := schema.Get(s.After.Value, "vlan").AsBigFloat().Int64()
		for _, c := range s.Changes {
			id := schema.SplitPath(c.Path)[1]
			v, err := schema.DecodeValue(c.After)
			if err != nil {
				continue
			}
			vswitch := ""
			if d, sys := b.facts.Declared("system", id), b.lookup("system", id); d != nil && sys != nil {
				at := schema.JoinPath("bridge", schema.Str(s.After.Value, "bridge"))
				vswitch = cmp.Or(schema.Str(d.Value, at+".switch"), "ETHERNET0")
				for _, sea := range Bridges(sys, schema.Strings(d.Value, at+".ports")) {
					vswitch = schema.Str(sea.Value, "switch")
				}
			}
			for x := range set(v) {
				at := id + "/" + strings.Trim(x, `"`)
				out[at] = append(out[at], &rules.Bridge{VLANs: []int{int(n)}, Switch: vswitch})
			}
		}
	}
	return out
}

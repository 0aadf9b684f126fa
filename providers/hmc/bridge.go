package hmc

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// taggedOnTrunk is how many tagged VLANs a trunk adapter takes (ivm-cli.md, section 14).
const taggedOnTrunk = 20

// wiring is a Virtual I/O Server as the earlier steps of the plan leave it: its bridges and the Ethernet adapters of its
// profile, which each step writes as a whole.
type wiring struct {
	e   *explainer
	sys *schema.Object
	srv server
	key string
	v   cty.Value
}

func (e *explainer) wiring(sys *schema.Object, name string) *wiring {
	for _, s := range servers(sys) {
		if s.name != name {
			continue
		}
		w := &wiring{e: e, sys: sys, srv: s, key: sys.ID + "/" + name, v: s.v}
		if m, ok := e.f.Memo[w.key]; ok {
			w.v = m
		}
		return w
	}
	return nil
}

func (w *wiring) set(path string, v cty.Value) {
	w.v = schema.Set(w.v, path, v)
	w.e.f.Memo[w.key] = w.v
}

// bridgeOn is the shared Ethernet adapter above a physical adapter; "" for none.
func (w *wiring) bridgeOn(port string) string {
	for _, dev := range schema.Items(w.v, "bridges") {
		if schema.Str(w.v, schema.JoinPath("bridges", dev, "physical")) == port {
			return dev
		}
	}
	return ""
}

// profile rewrites the Ethernet adapters of the server's profile in one command: an item that is changed keeps its
// place, and everything else stays as it is.
func (w *wiring) profile(change func(items []string) []string) {
	items := change(slices.Clone(schema.Strings(w.v, "profile_ethernet")))
	w.set("profile_ethernet", lpar.List(items))
	value := console.Set("virtual_eth_adapters", "none")
	if len(items) > 0 {
		value = console.SetList("virtual_eth_adapters", items...)
	}
	w.e.changeOn(w.sys, on(w.sys, "chsyscfg", "-r", "prof").Record("-i", console.Set("name", schema.Str(w.v, "profile")), console.Set("lpar_id", strconv.Itoa(w.srv.id)), value))
	w.e.note("%s keeps that when it is activated again; its other adapters stay", w.srv.name)
}

// changeOn adds a command for the console of a system, which need not be the step's.
func (e *explainer) changeOn(sys *schema.Object, c *console.Command) {
	e.change(c)
	if n := len(e.s.Commands); n > 0 {
		e.s.Commands[n-1].Endpoint = sys.Endpoint
	}
}

// adapterIn changes the item of a slot in a list of virtual Ethernet adapters.
func adapterIn(items []string, slot int, change func(f []string)) []string {
	for i, it := range items {
		if f := strings.Split(it, "/"); f[0] == strconv.Itoa(slot) && len(f) > 5 {
			change(f)
			items[i] = strings.Join(f, "/")
		}
	}
	return items
}

func vlanList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// network bridges a network where it is needed, or takes back what was added for it.
func (e *explainer) network() {
	o := e.s.After
	if e.s.Action == planner.Delete {
		o = e.s.Before
	}
	if o == nil {
		return // forgotten: nothing is sent
	}
	vlan := atoi(lpar.Number(schema.Get(o.Value, "vlan")))
	for _, c := range e.s.Changes {
		id := schema.SplitPath(c.Path)[1]
		sys := e.f.Object("system", id)
		if sys == nil {
			continue
		}
		if e.s.Endpoint == "" {
			e.s.Endpoint = sys.Endpoint
		} else if e.s.Endpoint != sys.Endpoint && !slices.Contains(e.s.Beside, sys.Endpoint) {
			e.s.Beside = append(e.s.Beside, sys.Endpoint)
		}
		if schema.Str(sys.Value, "manager") != "hmc" {
			e.refuse("bridge", "Not offered there", "%s is not under an HMC; its bridges are made by hand.", schema.Str(sys.Value, "name")).Fix = "Take the bridge block out of that system."
			continue
		}
		before, after := listOf(c.Before), listOf(c.After)
		if e.s.Action == planner.Delete {
			for _, server := range before {
				if !slices.Contains(after, server) {
					e.unbridge(sys, server, vlan, o)
				}
			}
			e.detail("unbridge", "%s: VLAN %d from %s", schema.Str(sys.Value, "name"), vlan, strings.Join(before, " and "))
			continue
		}
		d := e.f.Declared("system", id)
		if d == nil {
			continue
		}
		at := schema.JoinPath("bridge", schema.Str(o.Value, "bridge"))
		for i, p := range schema.Strings(d.Value, at+".ports") {
			name, port, _ := strings.Cut(p, "/")
			if slices.Contains(before, name) || !slices.Contains(after, name) {
				continue
			}
			w := e.wiring(sys, name)
			switch {
			case w == nil:
				e.refuse("bridge", "No such Virtual I/O Server", "%s has no running Virtual I/O Server %s, whose %s is to bridge %s.", schema.Str(sys.Value, "name"), name, port, e.s.Address).Fix = "Correct the bridge block, or start it."
			case !w.srv.answers():
				e.refuse("bridge", "No management connection", "%s runs without a management connection (RMC), so nobody can say what it bridges.", name).Fix = noRMC
			case !schema.Has(w.v, schema.JoinPath("ethernet_ports", port)):
				e.refuse("bridge", "No such port", "%s has no Ethernet adapter %s that is available.", name, port).Fix = "Correct the bridge block; gantry discover -json shows the ports of every Virtual I/O Server."
			case w.bridgeOn(port) != "":
				e.carry(w, w.bridgeOn(port), vlan)
			default:
				e.makeBridge(w, schema.Get(d.Value, at), port, i+1, vlan)
			}
		}
		e.detail("bridge", "%s: VLAN %d through %s", schema.Str(sys.Value, "name"), vlan, strings.Join(after, " and "))
	}
}

func listOf(b []byte) []string {
	v, err := schema.DecodeValue(b)
	if err != nil {
		return nil
	}
	return schema.Strings(v, "")
}

// carry adds a VLAN to a trunk adapter that has room for it, in force and in the profile; either may have it already.
func (e *explainer) carry(w *wiring, dev string, vlan int) {
	at, text := schema.JoinPath("bridges", dev, "trunks"), strconv.Itoa(vlan)
	keep := func(n string) {
		for _, it := range schema.Strings(w.v, "profile_ethernet") {
			if f := strings.Split(it, "/"); f[0] == n && len(f) > 5 && f[2] != text && !slices.Contains(vlanList(f[3]), text) {
				w.profile(func(items []string) []string {
					return adapterIn(items, atoi(n), func(f []string) { f[3] = strings.Join(append(vlanList(f[3]), text), ",") })
				})
			}
		}
	}
	slots := sortedSlots(schema.Items(w.v, at))
	for _, n := range slots {
		if lpar.Number(schema.Get(w.v, at+"."+n+".vlan")) == text || slices.Contains(vlansAt(w.v, at+"."+n+".tagged"), text) {
			keep(n)
			return
		}
	}
	for _, n := range slots {
		tagged := vlansAt(w.v, at+"."+n+".tagged")
		if !schema.True(w.v, at+"."+n+".ieee") || len(tagged) >= taggedOnTrunk {
			continue
		}
		add := console.SetList("addl_vlan_ids", text)
		add.Op = "+="
		e.changeOn(w.sys, on(w.sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "s").Add("-p", w.srv.name, "-s", n).Record("-a", add))
		w.set(at+"."+n+".tagged", numbers(append(tagged, text)))
		keep(n)
		return
	}
	e.refuse("bridge", "No room on the bridge", "No trunk adapter of %s on %s takes another tagged VLAN: each takes %d, and only one with IEEE 802.1q takes any.", dev, w.srv.name, taggedOnTrunk).Fix = "Give it another trunk adapter there, and add that to its virt_adapters; or declare another bridge."
}

func numbers(list []string) cty.Value {
	var out []int
	for _, s := range list {
		out = append(out, atoi(s))
	}
	return lpar.Numbers(out)
}

// vlansAt is a list of numbers as texts.
func vlansAt(v cty.Value, path string) []string {
	list := schema.Get(v, path)
	if list == cty.NilVal {
		return nil
	}
	var out []string
	for _, x := range list.AsValueSlice() {
		out = append(out, lpar.Number(x))
	}
	return out
}

func sortedSlots(list []string) []string {
	sort.Slice(list, func(i, j int) bool { return atoi(list[i]) < atoi(list[j]) })
	return list
}

// etherDevice is the device of a virtual Ethernet adapter, which the Virtual I/O Server names.
func (w *wiring) etherDevice(slot int) *console.Command {
	return console.Vios(name(w.sys), w.srv.name, "lsdev", "-plc", location(w.sys, w.srv.id, slot)+"-T1", "-field", "name", "-fmt", ":")
}

// freeSlot reserves the lowest free virtual slot.
func (w *wiring) freeSlot() int {
	most := int(schema.Num(w.v, "max_virtual_slots"))
	for slot := 2; most == 0 || slot < most; slot++ {
		if w.srv.slotFree(slot) && w.e.f.Reserve(w.sys.ID+" "+w.srv.name+" slot "+strconv.Itoa(slot)) {
			return slot
		}
	}
	w.e.refuse("bridge", "No virtual slot", "%s has no free virtual slot.", w.srv.name).Fix = "Raise its max_virtual_slots."
	return 0
}

// makeBridge makes a shared Ethernet adapter with a trunk adapter, and a control channel where one is declared.
func (e *explainer) makeBridge(w *wiring, d cty.Value, port string, priority, vlan int) {
	number := func(path string, def int) int {
		if schema.Has(d, path) {
			return int(schema.Num(d, path))
		}
		return def
	}
	vswitch, untagged, control := lpar.Pick(schema.Str(d, "switch"), "ETHERNET0"), number("vlan", 1), number("control_channel", 0)
	mode := planner.BridgeMode(schema.Str(d, "mode"))
	if mode == "" && len(schema.Strings(d, "ports")) > 1 {
		mode = planner.BridgeMode("failover")
	}
	var tagged []string
	if vlan != untagged {
		tagged = []string{strconv.Itoa(vlan)}
	}
	add := func(slot int, attrs ...console.Attr) {
		e.changeOn(w.sys, on(w.sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "a").Add("-p", w.srv.name, "-s", strconv.Itoa(slot)).Record("-a", append(attrs, console.Set("vswitch", vswitch))...))
	}
	var items []string
	// What an earlier attempt left is taken up: a trunk adapter of the same kind that no bridge has.
	slot := w.spare(vswitch, untagged, priority)
	if slot == 0 {
		slot = w.freeSlot()
		attrs := []console.Attr{console.Set("ieee_virtual_eth", "1"), console.Set("port_vlan_id", strconv.Itoa(untagged))}
		if len(tagged) > 0 {
			attrs = append(attrs, console.SetList("addl_vlan_ids", tagged...))
		}
		add(slot, append(attrs, console.Set("is_trunk", "1"), console.Set("trunk_priority", strconv.Itoa(priority)))...)
	} else if have := vlansAt(w.v, schema.JoinPath("ethernet_slots", strconv.Itoa(slot), "tagged")); len(tagged) > 0 && !slices.Contains(have, tagged[0]) {
		more := console.SetList("addl_vlan_ids", tagged...)
		more.Op = "+="
		e.changeOn(w.sys, on(w.sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "s").Add("-p", w.srv.name, "-s", strconv.Itoa(slot)).Record("-a", more))
		tagged = append(have, tagged...)
	} else {
		tagged = have
	}
	items = append(items, strings.Join([]string{strconv.Itoa(slot), "1", strconv.Itoa(untagged), strings.Join(tagged, ","), strconv.Itoa(priority), "0", vswitch}, "/"))
	channel := 0
	if control > 0 {
		if channel = w.spare(vswitch, control, 0); channel == 0 {
			channel = w.freeSlot()
			add(channel, console.Set("ieee_virtual_eth", "0"), console.Set("port_vlan_id", strconv.Itoa(control)))
		}
		items = append(items, strings.Join([]string{strconv.Itoa(channel), "0", strconv.Itoa(control), "", "0", "0", vswitch}, "/"))
	}
	w.profile(func(have []string) []string {
		for _, it := range items {
			n, _, _ := strings.Cut(it, "/")
			i := slices.IndexFunc(have, func(h string) bool { return strings.HasPrefix(h, n+"/") })
			if i < 0 {
				have = append(have, it)
			} else {
				have = adapterIn(have, atoi(n), func(f []string) { f[3] = strings.Split(it, "/")[3] })
			}
		}
		return have
	})
	e.changeOn(w.sys, console.Vios(name(w.sys), w.srv.name, "cfgdev", "-dev", "vio0"))
	c := console.New("mkvdev", "-sea", port, "-vadapter").Output(w.etherDevice(slot)).Add("-default").Output(w.etherDevice(slot)).Add("-defaultid", strconv.Itoa(untagged))
	if mode != "" && mode != "disabled" {
		c.Add("-attr", "ha_mode="+mode)
		if channel > 0 {
			c.OutputAfter("ctl_chan=", w.etherDevice(channel))
		}
	}
	e.changeOn(w.sys, console.ViosCommand(name(w.sys), w.srv.name, c))
	e.note("%s bridges through %s", w.srv.name, port)
	w.set(schema.JoinPath("bridges", "made on "+port), schema.Build(map[string]cty.Value{"physical": cty.StringVal(port), "trunks": cty.ObjectVal(map[string]cty.Value{
		strconv.Itoa(slot): cty.ObjectVal(map[string]cty.Value{"vlan": cty.NumberIntVal(int64(untagged)), "tagged": numbers(tagged), "ieee": cty.True})})}))
	put := func(path, what string) {
		at := schema.JoinPath("added", w.sys.ID, path)
		if list := schema.Strings(e.s.After.Value, at); !slices.Contains(list, what) {
			e.s.After.Value = schema.Set(e.s.After.Value, at, lpar.List(append(list, what)))
		}
	}
	put("made", w.srv.name)
	put("adapters", w.srv.name+"/"+strconv.Itoa(slot))
	if channel > 0 {
		put("adapters", w.srv.name+"/"+strconv.Itoa(channel))
	}
}

// spare is the slot of a virtual Ethernet adapter that no bridge has, with a port VLAN and a trunk priority (0: none); 0
// for no such adapter.
func (w *wiring) spare(vswitch string, vlan, priority int) int {
	used := map[string]bool{}
	for _, dev := range schema.Items(w.v, "bridges") {
		b := schema.Get(w.v, schema.JoinPath("bridges", dev))
		for _, n := range schema.Items(b, "trunks") {
			used[n] = true
		}
		used[lpar.Number(schema.Get(b, "control_slot"))] = schema.Has(b, "control_slot")
	}
	for _, n := range sortedSlots(schema.Items(w.v, "ethernet_slots")) {
		a := schema.Get(w.v, schema.JoinPath("ethernet_slots", n))
		if !used[n] && int(schema.Num(a, "vlan")) == vlan && int(schema.Num(a, "priority")) == priority && schema.Str(a, "switch") == vswitch && w.e.f.Reserve(w.sys.ID+" "+w.srv.name+" slot "+n) {
			return atoi(n)
		}
	}
	return 0
}

// unbridge takes a VLAN off a trunk adapter, and a shared Ethernet adapter away that was made for the network and
// carries nothing else.
func (e *explainer) unbridge(sys *schema.Object, server string, vlan int, network *schema.Object) {
	w := e.wiring(sys, server)
	if w == nil {
		e.refuse("", "Virtual I/O Server not running", "%s on %s does not run, and it is to take VLAN %d off its bridge.", server, schema.Str(sys.Value, "name"), vlan).Fix = "Start it, or keep what is there: removed { from = " + string(e.s.Address) + "  lifecycle { destroy = false } }"
		return
	}
	at := schema.JoinPath("added", sys.ID)
	text := strconv.Itoa(vlan)
	var mine []int // the adapters that were made for the bridge
	if slices.Contains(schema.Strings(network.Value, at+".made"), server) {
		for _, a := range schema.Strings(network.Value, at+".adapters") {
			if v, slot, _ := strings.Cut(a, "/"); v == server {
				mine = append(mine, atoi(slot))
			}
		}
	}
	dev, rest := "", []string{}
	var untagged []string
	running, kept := 0, 0 // slots of trunk adapters with the VLAN tagged
	for _, d := range schema.Items(w.v, "bridges") {
		trunks := schema.JoinPath("bridges", d, "trunks")
		var others []string
		has := false
		for _, n := range schema.Items(w.v, trunks) {
			port := lpar.Number(schema.Get(w.v, trunks+"."+n+".vlan"))
			untagged = append(untagged, port)
			has = has || port == text || slices.Contains(mine, atoi(n))
			for _, t := range vlansAt(w.v, trunks+"."+n+".tagged") {
				if t == text {
					has, running = true, atoi(n)
				} else {
					others = append(others, t)
				}
			}
		}
		if has {
			dev, rest = d, others
		}
	}
	for _, it := range schema.Strings(w.v, "profile_ethernet") {
		if f := strings.Split(it, "/"); len(f) > 5 && atoi(f[4]) > 0 && slices.Contains(vlanList(f[3]), text) {
			kept = atoi(f[0])
		}
	}
	switch {
	case len(mine) > 0 && len(rest) == 0 && !e.othersOn(sys, untagged, network.ID):
		e.removeBridge(w, dev, mine)
	case running+kept > 0:
		if running > 0 {
			n := strconv.Itoa(running)
			drop := console.SetList("addl_vlan_ids", text)
			drop.Op = "-="
			e.changeOn(sys, on(sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "s").Add("-p", server, "-s", n).Record("-a", drop))
			path := schema.JoinPath("bridges", dev, "trunks", n, "tagged")
			w.set(path, numbers(slices.DeleteFunc(vlansAt(w.v, path), func(t string) bool { return t == text })))
		}
		if kept > 0 {
			w.profile(func(items []string) []string {
				return adapterIn(items, kept, func(f []string) {
					f[3] = strings.Join(slices.DeleteFunc(vlanList(f[3]), func(t string) bool { return t == text }), ",")
				})
			})
		}
	case slices.Contains(untagged, text):
		e.refuse("", "Other networks need the bridge", "VLAN %d is the port VLAN of %s on %s, which carries %s too.", vlan, dev, server, lpar.Pick(strings.Join(rest, ", "), "other partitions")).Fix = "Delete those networks too, or keep this one: removed { from = " + string(e.s.Address) + "  lifecycle { destroy = false } }"
	}
}

// othersOn reports whether a partition of the system that stays uses one of the VLANs, apart from the network's own.
func (e *explainer) othersOn(sys *schema.Object, vlans []string, network string) bool {
	for _, p := range e.f.Inventory.Of("partition") {
		if schema.Str(p.Value, "system") != sys.ID || schema.Str(p.Value, "environment") == "vioserver" || e.f.Reserved["gone "+p.ID] {
			continue
		}
		for _, l := range schema.Items(p.Value, "ethernet") {
			id := schema.Str(p.Value, schema.JoinPath("ethernet", l, "network"))
			if n, ok := strings.CutPrefix(id, "vlan:"); ok && id != network && slices.Contains(vlans, n) {
				return true
			}
		}
	}
	return false
}

// removeBridge takes a shared Ethernet adapter away with the adapters that were made for it. What an earlier attempt has
// left of them is found anew first, so that its devices are there to be taken away.
func (e *explainer) removeBridge(w *wiring, dev string, slots []int) {
	sort.Ints(slots)
	if dev != "" {
		e.changeOn(w.sys, console.Vios(name(w.sys), w.srv.name, "rmdev", "-dev", dev))
		e.note("the bridge that was made for the network carries nothing else")
	} else if slices.ContainsFunc(slots, w.exists) {
		e.changeOn(w.sys, console.Vios(name(w.sys), w.srv.name, "cfgdev", "-dev", "vio0"))
	}
	for _, slot := range slots {
		if !w.exists(slot) {
			continue
		}
		e.changeOn(w.sys, console.ViosCommand(name(w.sys), w.srv.name, console.New("rmdev", "-dev").Output(w.etherDevice(slot))))
		e.changeOn(w.sys, on(w.sys, "chhwres", "-r", "virtualio", "--rsubtype", "eth", "-o", "r").Add("-p", w.srv.name, "-s", strconv.Itoa(slot)))
	}
	if bridges := schema.Get(w.v, "bridges"); bridges != cty.NilVal && dev != "" {
		m := bridges.AsValueMap()
		delete(m, dev)
		w.set("bridges", schema.Build(m))
	}
	gone := func(it string) bool {
		slot, _, _ := strings.Cut(it, "/")
		return slices.Contains(slots, atoi(slot))
	}
	if slices.ContainsFunc(schema.Strings(w.v, "profile_ethernet"), gone) {
		w.profile(func(items []string) []string { return slices.DeleteFunc(items, gone) })
	}
}

// exists reports whether there is a virtual Ethernet adapter in a slot.
func (w *wiring) exists(slot int) bool {
	return schema.Has(w.v, schema.JoinPath("ethernet_slots", strconv.Itoa(slot)))
}

// bridgeModes changes how shared Ethernet adapters work together.
func (e *explainer) bridgeModes() {
	sys := e.s.Before
	e.s.Endpoint = sys.Endpoint
	for _, c := range e.s.Changes {
		want := listOne(c.After)
		for _, sea := range planner.Bridges(sys, schema.Strings(e.s.After.Value, schema.JoinPath("bridge", schema.SplitPath(c.Path)[1], "ports"))) {
			if planner.ModeDiffers(schema.Str(sea.Value, "mode"), want) {
				e.change(console.Vios(name(sys), sea.Server, "chdev", "-dev", sea.Device, "-attr", "ha_mode="+want))
			}
		}
	}
}

func listOne(b []byte) string {
	v, err := schema.DecodeValue(b)
	if err != nil || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

const usageEntstat = "entstat [-all] EthernetAdapter"

// kind is the description of a device that is made of others, or of a physical port.
func (d *EthDevice) kind() string {
	switch {
	case d.Members != nil:
		return "EtherChannel / IEEE 802.3ad Link Aggregation"
	case d.Base != "":
		return "VLAN"
	}
	return "Logical Host Ethernet Port (lp-hea)"
}

// realEth reads an Ethernet device of a scenario that is no virtual adapter.
func (b *builder) realEth(v *VIOS, d viosEthBody) {
	e := &EthDevice{Name: d.Name, Location: opt(d.Location, ""), Members: d.Members, Mode: opt(d.Mode, ""), Base: opt(d.Base, ""), Tag: opt(d.Tag, 0)}
	e.Description = opt(d.Description, e.kind())
	n := 0
	for _, given := range []bool{d.Location != nil, len(d.Members) > 0, d.Base != nil} {
		if given {
			n++
		}
	}
	if n != 1 || (d.Base != nil) != (d.Tag != nil) || d.Mode != nil && d.Members == nil {
		b.fail(d.Body, "ethernet %q: give location (physical), slot (virtual), aggregate (link aggregation), or base and tag (VLAN)", d.Name)
	}
	for _, x := range d.Members {
		if m := v.eth(x); m == nil || m.Location == "" {
			b.fail(d.Body, "ethernet %q: there is no physical ethernet %q in front of it", d.Name, x)
		}
	}
	v.Eths = append(v.Eths, e)
}

// seaAttr is an attribute of an SEA that nothing here depends on. Its values are a list, or # for a number, or * for anything.
type seaAttr struct{ name, def, values, desc string }

var seaAttrs = []seaAttr{
	{"accounting", "disabled", "disabled enabled", "Enable per-client accounting of network statistics"},
	{"adapter_reset", "yes", "yes no", "Reset real adapter on HA takeover"},
	{"gvrp", "no", "no yes", "Enable GARP VLAN Registration Protocol (GVRP)"},
	{"hash_algo", "0", "0 1", "Hash algorithm used to select a SEA thread"},
	{"health_time", "600", "#", "Time to wait before a system is considered healthy"},
	{"jumbo_frames", "no", "no yes", "Enable Gigabit Ethernet Jumbo Frames"},
	{"large_receive", "no", "no yes", "Enable receive TCP segment aggregation"},
	{"largesend", "1", "0 1", "Enable Hardware Transmit TCP Resegmentation"},
	{"link_time", "600", "#", "Time to wait for the physical link"},
	{"lldpsvc", "no", "no yes", "Enable IEEE 802.1qbg services"},
	{"netaddr", "0", "*", "Address to ping"},
	{"noauto_failback", "0", "0 1", "Stay on the backup after a failover"},
	{"nthreads", "7", "#", "Number of SEA threads in Thread mode"},
	{"qos_mode", "disabled", "disabled strict loose", "Quality of service mode"},
	{"queue_size", "8192", "#", "Queue size for a SEA thread"},
	{"send_RARP", "yes", "yes no", "Transmit Reverse ARP after HA takeover"},
	{"thread", "1", "0 1", "Thread mode enabled (1) or disabled (0)"},
}

// seaValid tells whether an attribute exists besides the ones that the model knows, and may have the value.
func seaValid(name, value string) bool {
	for _, a := range seaAttrs {
		if a.name == name {
			_, isNumber := number(value)
			return value != "" && (a.values == "*" || a.values == "#" && isNumber || contains(a.values, value))
		}
	}
	return false
}

// attributes of an SEA, by name.
func (s *SEA) attributes() []attribute {
	out := []attribute{
		{"ctl_chan", s.CtlChan, "Control Channel adapter for SEA failover", true},
		{"ha_mode", s.HAMode, "High Availability Mode", true},
		{"pvid", strconv.Itoa(s.PVID), "PVID to use for the SEA device", true},
		{"pvid_adapter", s.PVIDAdapter, "Default virtual adapter to use for non-VLAN-tagged packets", true},
		{"real_adapter", s.Real, "Physical adapter associated with the SEA", true},
		{"virt_adapters", strings.Join(s.Virtual, ","), "List of virtual adapters associated with the SEA (comma separated)", true},
	}
	for _, a := range seaAttrs {
		v, ok := s.Extra[a.name]
		if !ok {
			v = a.def
		}
		out = append(out, attribute{a.name, v, a.desc, true})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// set changes one attribute. It tells whether there is such an attribute, and whether the value fits.
func (s *SEA) set(name, value string) (known, valid bool) {
	switch name {
	case "virt_adapters":
		s.Virtual = strings.Split(value, ",")
	case "pvid_adapter":
		s.PVIDAdapter = value
	case "pvid":
		n, ok := number(value)
		s.PVID = n
		return true, ok && n >= 1 && n <= 4094
	case "ha_mode":
		s.HAMode = value
	case "ctl_chan":
		s.CtlChan = value
	case "real_adapter":
		s.Real = value
	default:
		if seaValid(name, value) {
			s.Extra = cloneTable(s.Extra)
			s.Extra[name] = value
			for _, a := range seaAttrs {
				if a.name == name && a.def == value {
					delete(s.Extra, name)
				}
			}
			return true, true
		}
		for _, a := range seaAttrs {
			known = known || a.name == name
		}
		return known, false
	}
	return true, true
}

// ethUser names what an entN is part of: an SEA as trunk, real adapter or control channel, a link aggregation, a VLAN device.
func (v *VIOS) ethUser(ent string) string {
	for _, s := range v.SEAs {
		if s.Real == ent || s.CtlChan == ent {
			return s.Name
		}
	}
	if s := v.seaOf(ent); s != nil {
		return s.Name
	}
	for _, d := range v.Eths {
		if d.Base == ent && ent != "" {
			return d.Name
		}
		for _, m := range d.Members {
			if m == ent {
				return d.Name
			}
		}
	}
	return ""
}

// trunk is the adapter behind a virtual entN.
func (p *Partition) trunk(d *EthDevice) *EthAdapter {
	for i := range p.Eth {
		if d != nil && d.Slot != 0 && p.Eth[i].Slot == d.Slot {
			return &p.Eth[i]
		}
	}
	return nil
}

// carries tells whether frames of a VLAN pass an adapter.
func (a *EthAdapter) carries(vlan int) bool { return a.PVID == vlan || containsInt(a.VLANs, vlan) }

func (a *EthAdapter) vlans() []int { return append([]int{a.PVID}, a.VLANs...) }

// shared is a VLAN that two adapters of one virtual switch have in common; 0 = none.
func (a *EthAdapter) shared(b *EthAdapter) int {
	if a.Switch != b.Switch {
		return 0
	}
	for _, v := range a.vlans() {
		if b.carries(v) {
			return v
		}
	}
	return 0
}

// trunkClash finds a trunk adapter that has a VLAN, the virtual switch and the priority of another one: the hypervisor
// could not tell which of the two bridges. own are the adapters that p is going to have; of the others, only those of
// partitions that run count. Without a clash the VLAN is 0.
func (s *System) trunkClash(p *Partition, own []EthAdapter, a EthAdapter) (with *Partition, vlan int) {
	if a.TrunkPriority == 0 {
		return nil, 0
	}
	for _, q := range s.Partitions {
		list := q.Eth
		if q == p {
			list = own
		} else if !q.live() {
			continue
		}
		for i := range list {
			b := &list[i]
			if q == p && b.Slot == a.Slot || b.TrunkPriority != a.TrunkPriority {
				continue
			}
			if v := a.shared(b); v != 0 {
				return q, v
			}
		}
	}
	return nil, 0
}

// trunksClash says why a partition cannot have a list of adapters.
func (s *System) trunksClash(p *Partition, own []EthAdapter) string {
	for _, a := range own {
		if q, vlan := s.trunkClash(p, own, a); q != nil {
			return text(hmcTrunk, a.Slot, a.TrunkPriority, vlan, a.Switch, q.Name)
		}
	}
	return ""
}

// sharesSEA names an adapter of the same SEA that carries one of the VLANs of a; an SEA has each VLAN once.
func (p *Partition) sharesSEA(a EthAdapter) string {
	for _, d := range p.VIOS.Eths {
		s := p.VIOS.seaOf(d.Name)
		if d.Slot != a.Slot || s == nil {
			continue
		}
		for _, n := range s.Virtual {
			if b := p.trunk(p.VIOS.eth(n)); b != nil && b.Slot != a.Slot && b.shared(&a) != 0 {
				return n
			}
		}
	}
	return ""
}

func (c *call) mkSEA(f *flags) int {
	v := c.v
	if v.eth(f.get("-sea")) == nil {
		return c.fail(devNotFound, f.get("-sea"))
	}
	var list []string
	for _, x := range f.vals["-vadapter"] {
		list = append(list, strings.Split(x, ",")...)
	}
	s := &SEA{Real: f.get("-sea"), Virtual: list, PVIDAdapter: f.get("-default"), HAMode: "disabled"}
	if _, ok := s.set("pvid", f.get("-defaultid")); !ok {
		return c.fail(devSEA, "pvid")
	}
	for _, a := range f.vals["-attr"] {
		n, val, ok := strings.Cut(a, "=")
		if !ok || contains("virt_adapters pvid_adapter pvid real_adapter", n) {
			return c.fail(devSEA, n)
		}
		if _, ok := s.set(n, val); !ok {
			return c.fail(devSEA, n)
		}
	}
	if bad := c.checkSEA(s, &SEA{}); bad != "" {
		return c.fail(devSEA, bad)
	}
	s.Name = v.freeName("ent")
	v.SEAs = append(v.SEAs, s)
	c.newEnt(s.Name)
	return 0
}

// newEnt tells of a new Ethernet device and of its two network interfaces.
func (c *call) newEnt(name string) {
	n := strings.TrimPrefix(name, "ent")
	c.say("%s Available\nen%s\net%s", name, n, n)
}

// checkSEA names the attribute that is wrong. old is what the SEA was: what does not change is not looked at again.
func (c *call) checkSEA(s, old *SEA) string {
	v, p := c.v, c.vp
	if s.Real != old.Real {
		d := v.eth(s.Real)
		if d == nil || d.Slot != 0 || d.Base != "" || v.ethUser(s.Real) != "" {
			return "real_adapter"
		}
	}
	if len(s.Virtual) == 0 || len(s.Virtual) > 16 {
		return "virt_adapters"
	}
	var trunks []*EthAdapter
	found := false
	for i, n := range s.Virtual {
		d := v.eth(n)
		a := p.trunk(d)
		o := v.seaOf(n)
		if a == nil || a.TrunkPriority == 0 || o != nil && o.Name != old.Name || contains(strings.Join(s.Virtual[:i], " "), n) || n == s.CtlChan {
			return "virt_adapters"
		}
		if u := v.ethUser(n); o == nil && u != "" && u != old.Name {
			return "virt_adapters"
		}
		for _, b := range trunks {
			if a.shared(b) != 0 {
				return "virt_adapters"
			}
		}
		trunks = append(trunks, a)
		found = found || n == s.PVIDAdapter
	}
	if !found {
		return "pvid_adapter"
	}
	if a := p.trunk(v.eth(s.PVIDAdapter)); a.PVID != s.PVID && (s.PVID != old.PVID || s.PVIDAdapter != old.PVIDAdapter) {
		return "pvid"
	}
	if !contains("disabled auto standby sharing", s.HAMode) {
		return "ha_mode"
	}
	clash := false
	for _, a := range trunks {
		q, _ := c.sys.trunkClash(p, p.Eth, *a)
		clash = clash || q != nil
	}
	switch {
	case clash && old.Name != "" && s.HAMode != old.HAMode && s.HAMode != "disabled":
		return "ha_mode" // both would be primary
	case clash && (old.Name == "" || strings.Join(s.Virtual, ",") != strings.Join(old.Virtual, ",")):
		return "virt_adapters"
	}
	// Newer levels find their partner without an adapter for it.
	if s.HAMode != "disabled" && s.CtlChan == "" && (s.HAMode != old.HAMode || old.CtlChan != "") && levelLess(v.Level, "2.2.3") {
		return "ctl_chan"
	}
	if s.CtlChan != "" && s.CtlChan != old.CtlChan {
		a := p.trunk(v.eth(s.CtlChan))
		if a == nil || a.TrunkPriority > 0 || v.ethUser(s.CtlChan) != "" {
			return "ctl_chan"
		}
		for _, b := range trunks {
			if b.Switch == a.Switch && b.carries(a.PVID) {
				return "ctl_chan"
			}
		}
	}
	return ""
}

// levelLess compares levels such as 2.2.3.10, number by number.
func levelLess(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		m, _ := number(x[i])
		n, _ := number(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

func (c *call) changeSEA(s *SEA, settings []setting) int {
	next := *s
	for _, a := range settings {
		known, ok := next.set(a.name, a.value)
		switch {
		case !known:
			return c.fail(devNoAttr, a.name, s.Name)
		case !ok:
			return c.fail(devSEA, a.name)
		}
	}
	if bad := c.checkSEA(&next, s); bad != "" {
		return c.fail(devSEA, bad)
	}
	*s = next
	c.say("%s changed", s.Name)
	return 0
}

// mkEth makes a link aggregation or a VLAN device.
func (c *call) mkEth(f *flags) int {
	v := c.v
	d := &EthDevice{Base: f.get("-vlan")}
	if f.has("-vlan") {
		n, ok := number(f.get("-tagid"))
		if !ok || n < 1 || n > 4094 {
			return c.fail(devEth, "vlan_tag_id")
		}
		d.Tag = n
		base := v.eth(d.Base)
		if v.sea(d.Base) == nil && base == nil {
			return c.fail(devNotFound, d.Base)
		}
		if base != nil && (base.Base != "" || v.ethUser(d.Base) != "" && !v.onlyVLANs(d.Base)) {
			return c.fail(devEth, "base_adapter")
		}
		for _, o := range v.Eths {
			if o.Base == d.Base && o.Tag == d.Tag {
				return c.fail(devEth, "vlan_tag_id")
			}
		}
	} else {
		d.Mode = "standard"
		for _, x := range f.vals["-lnagg"] {
			d.Members = append(d.Members, strings.Split(x, ",")...)
		}
		for i, n := range d.Members {
			m := v.eth(n)
			if m == nil {
				return c.fail(devNotFound, n)
			}
			if m.Location == "" || v.ethUser(n) != "" || contains(strings.Join(d.Members[:i], " "), n) {
				return c.fail(devEth, "adapter_names")
			}
		}
		for _, a := range f.vals["-attr"] {
			n, val, _ := strings.Cut(a, "=")
			if n != "mode" || !contains("standard 8023ad round_robin", val) {
				return c.fail(devEth, n)
			}
			d.Mode = val
		}
	}
	d.Name, d.Description = v.freeName("ent"), d.kind()
	v.Eths = append(v.Eths, d)
	c.newEnt(d.Name)
	return 0
}

// onlyVLANs tells whether nothing but VLAN devices sit on an entN; several may share one.
func (v *VIOS) onlyVLANs(ent string) bool {
	u := v.eth(v.ethUser(ent))
	return u != nil && u.Base == ent
}

// removeEnt deletes an Ethernet device. What others are made of stays.
func (c *call) removeEnt(d *EthDevice) int {
	v := c.v
	// A virtual adapter stays in the hypervisor; the next cfgdev gives it a device again.
	if d.Location != "" || v.ethUser(d.Name) != "" {
		return c.fail(devBusy, "ucfgdevice")
	}
	for i, x := range v.Eths {
		if x == d {
			v.Eths = append(v.Eths[:i:i], v.Eths[i+1:]...)
			break
		}
	}
	c.say("%s deleted", d.Name)
	return 0
}

// partner is the SEA of another Virtual I/O Server that bridges a VLAN of this one too.
type partner struct {
	p *Partition
	s *SEA
}

// priority is the trunk priority of the default adapter.
func (p partner) priority() int {
	if a := p.p.trunk(p.p.VIOS.eth(p.s.PVIDAdapter)); a != nil {
		return a.TrunkPriority
	}
	return 0
}

func (c *call) partners(s *SEA) []partner {
	var out []partner
	for _, q := range c.sys.Partitions {
		if q == c.vp || q.VIOS == nil || !q.live() {
			continue
		}
		for _, o := range q.VIOS.SEAs {
			if o.HAMode != "disabled" && c.vp.bridgesWith(s, q, o) {
				out = append(out, partner{q, o})
			}
		}
	}
	return out
}

// bridgesWith tells whether two SEAs have a VLAN of a virtual switch in common.
func (p *Partition) bridgesWith(s *SEA, q *Partition, o *SEA) bool {
	for _, n := range s.Virtual {
		for _, m := range o.Virtual {
			a, b := p.trunk(p.VIOS.eth(n)), q.trunk(q.VIOS.eth(m))
			if a != nil && b != nil && a.shared(b) != 0 {
				return true
			}
		}
	}
	return false
}

// seaState is who bridges: the lowest priority that is not told to stand by. In sharing mode the backup bridges the half
// that the primary leaves to it.
func (c *call) seaState(s *SEA) string {
	me := partner{c.vp, s}
	state := "PRIMARY"
	for _, o := range c.partners(s) {
		standby, other := s.HAMode == "standby", o.s.HAMode == "standby"
		if standby && !other || standby == other && o.priority() < me.priority() {
			state = "BACKUP"
		}
	}
	if s.HAMode == "sharing" && len(c.partners(s)) > 0 {
		state += "_SH"
	}
	return state
}

func cmdEntstat(c *call) int {
	f, ok := c.devFlags(usageEntstat, "-all .")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return c.fail(devUsage, usageEntstat)
	}
	name := f.rest[0]
	s, d := c.v.sea(name), c.v.eth(name)
	if s == nil && d == nil {
		return c.fail(devNotFound, name)
	}
	if d != nil {
		c.statistics(d)
		return 0
	}
	real := c.v.eth(s.Real)
	c.statHead(s.Name, "Shared Ethernet Adapter", c.hardware(real))
	if !f.has("-all") {
		return 0
	}
	rule := strings.Repeat("-", 62)
	c.say("Statistics for adapters in the Shared Ethernet Adapter %s\n%s", s.Name, rule)
	c.say("Number of adapters: %d", 1+len(s.Virtual))
	c.say("VLAN Ids :")
	for _, n := range s.Virtual {
		if a := c.vp.trunk(c.v.eth(n)); a != nil {
			c.say("    %s: %s", n, vlanWords(a.vlans()))
		}
	}
	if s.HAMode != "disabled" {
		state := c.seaState(s)
		bridge := "All"
		switch {
		case strings.HasSuffix(state, "_SH"):
			bridge = "Partial"
		case state == "BACKUP":
			bridge = "None"
		}
		c.say("High Availability Statistics:")
		pvid := 4095 // that of the partner search without a control channel
		if a := c.vp.trunk(c.v.eth(s.CtlChan)); a != nil {
			pvid = a.PVID
		}
		c.say("    Control Channel PVID: %d", pvid)
		c.say("    State: %s", state)
		c.say("    Bridge Mode: %s", bridge)
		if bridge == "Partial" {
			c.say("    VID shared: %s", vlanWords(c.sharedVLANs(s, state)))
		}
		c.say("    High Availability Mode: %s", strings.ToUpper(s.HAMode[:1])+s.HAMode[1:])
		c.say("    Priority: %d", partner{c.vp, s}.priority())
	}
	c.say("%s\nReal Adapter: %s\n", rule, s.Real)
	if real != nil {
		c.statistics(real)
	}
	for _, n := range s.Virtual {
		c.say("%s\nVirtual Adapter: %s\n", rule, n)
		c.statistics(c.v.eth(n))
	}
	if s.CtlChan != "" {
		c.say("%s\nControl Adapter: %s\n", rule, s.CtlChan)
		c.statistics(c.v.eth(s.CtlChan))
	}
	return 0
}

func vlanWords(v []int) string {
	return strings.ReplaceAll(strings.TrimPrefix(vlanText(v), "none"), ",", " ")
}

// sharedVLANs is the half that an SEA bridges in sharing mode: the adapters alternate, the primary has the first.
func (c *call) sharedVLANs(s *SEA, state string) []int {
	var out []int
	for i, n := range s.Virtual {
		if a := c.vp.trunk(c.v.eth(n)); a != nil && (i%2 == 0) == strings.HasPrefix(state, "PRIMARY") {
			out = append(out, a.vlans()...)
		}
	}
	return out
}

func (c *call) statHead(name, kind, mac string) {
	c.say("%s\nETHERNET STATISTICS (%s) :\nDevice Type: %s\nHardware Address: %s\nElapsed Time: %s\n", strings.Repeat("-", 61), name, kind, mac, c.elapsed())
}

// hardware is the address of an adapter: that of the hypervisor, or for a port the lab's own.
func (c *call) hardware(d *EthDevice) string {
	mac := ""
	switch a := c.vp.trunk(d); {
	case a != nil:
		mac = strings.ToLower(a.MAC)
	case d == nil:
		mac = "000000000000"
	case len(d.Members) > 0 && c.v.eth(d.Members[0]) != nil:
		return c.hardware(c.v.eth(d.Members[0]))
	case d.Base != "" && c.v.eth(d.Base) != nil:
		return c.hardware(c.v.eth(d.Base))
	default:
		n, _ := number(strings.TrimPrefix(d.Name, "ent"))
		mac = strings.ToLower(fmt.Sprintf("%s%02x", macBase(c.sys, c.vp.ID), 128+n&127))
	}
	var parts []string
	for i := 0; i+1 < len(mac); i += 2 {
		parts = append(parts, mac[i:i+2])
	}
	return strings.Join(parts, ":")
}

func (c *call) elapsed() string {
	d := c.e.Now.Sub(c.vp.Booted)
	if c.vp.Booted.IsZero() || d < 0 {
		d = 0
	}
	day := 24 * time.Hour
	return fmt.Sprintf("%d days %d hours %d minutes %d seconds", d/day, d%day/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
}

// statistics of an adapter that is no SEA. Packets are not counted here, so none are shown.
func (c *call) statistics(d *EthDevice) {
	if d == nil {
		return
	}
	c.statHead(d.Name, d.Description, c.hardware(d))
	a := c.vp.trunk(d)
	if a == nil {
		c.say("Link Status : Up")
		return
	}
	c.say("Trunk Adapter: %s", map[bool]string{true: "True", false: "False"}[a.TrunkPriority > 0])
	if a.TrunkPriority > 0 {
		s := c.v.seaOf(d.Name)
		active := s != nil && (s.HAMode == "disabled" || !strings.HasPrefix(c.seaState(s), "BACKUP"))
		c.say("  Priority: %d  Active: %s", a.TrunkPriority, map[bool]string{true: "True", false: "False"}[active])
	}
	c.say("Port VLAN ID: %5d\nVLAN Tag IDs:  %s", a.PVID, vlanText2(a.VLANs))
	if a.Switch != "" {
		c.say("Switch ID: %s", a.Switch)
	}
}

func vlanText2(v []int) string {
	if len(v) == 0 {
		return "None"
	}
	return vlanWords(v)
}

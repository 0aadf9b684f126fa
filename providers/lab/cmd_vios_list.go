package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

const (
	usageLsdev  = "lsdev [-type DeviceType ...] [-virtual] [-state DeviceState] [-field FieldName ...] [-fmt Delimiter]\n       lsdev {-dev DeviceName | -plc PhysicalLocationCode} [-child | -parent | -attr [Attribute] | -vpd] [-field FieldName ...] [-fmt Delimiter]\n       lsdev -slots"
	usageLsmap  = "lsmap {-vadapter ServerVirtualAdapter | -plc PhysicalLocationCode | -all} [-type BackingDeviceType | -net | -npiv] [-field FieldName ...] [-fmt Delimiter]"
	usageLspv   = "lspv [-avail | -free | -size] [-field FieldName ...] [-fmt Delimiter]\n       lspv hdisk"
	usageLspath = "lspath [-dev DeviceName] [-pdev Parent] [-status Status] [-conn Connection] [-field FieldName ...] [-fmt Delimiter]"
	usageChkdev = "chkdev [-dev Name] [-verbose] [-field FieldName ...] [-fmt Delimiter]"
	usageLsvg   = "lsvg [-lv | -pv] [-field FieldName ...] [-fmt Delimiter] [VolumeGroup]"
)

// device is what lsdev knows of any device.
type device struct {
	name, status, desc, physloc, parent string
	class                               string // disk adapter sea lv optical vtd tty path
	virtual                             bool
	order                               int
}

// devices lists what the VIOS has, in the order of lsdev.
func (c *call) devices() []device {
	v, p := c.v, c.vp
	unit := c.sys.unit()
	var out []device
	add := func(order int, d device) {
		d.order = order
		if d.status == "" {
			d.status = "Available"
		}
		out = append(out, d)
	}
	for _, d := range v.Eths {
		if d.Slot == 0 {
			parent := "lhea0"
			if d.Location == "" {
				parent = ""
			}
			add(0, device{name: d.Name, desc: d.Description, physloc: d.Location, class: "adapter", parent: parent})
			continue
		}
		add(0, device{name: d.Name, desc: d.Description, physloc: c.location(p, d.Slot) + "-T1", class: "adapter", virtual: true, parent: "vio0"})
	}
	for i, f := range v.Ports {
		add(0, device{name: f.Name, desc: "FC Adapter", physloc: f.Location, class: "adapter", parent: "pci" + strconv.Itoa(i)})
		add(1, device{name: "fscsi" + strings.TrimPrefix(f.Name, "fcs"), desc: "FC SCSI I/O Controller Protocol Device", physloc: f.Location, class: "driver", parent: f.Name})
	}
	if !v.hmc {
		add(0, device{name: "ibmvmc0", desc: "Virtual Management Channel", physloc: unit + "-V" + strconv.Itoa(p.ID) + "-C" + strconv.Itoa(vmcSlot), class: "adapter", virtual: true, parent: "vio0"})
	}
	if !v.NoVASI {
		slot := 2
		if v.hmc {
			slot = 32769 // beyond what a profile can hold; the number is unconfirmed
		}
		add(0, device{name: "vasi0", desc: "Virtual Asynchronous Services Interface (VASI)", physloc: c.location(p, slot), class: "adapter", virtual: true, parent: "vio0"})
		add(0, device{name: "vbsd0", desc: "Virtual Block Storage Device (VBSD)", physloc: c.location(p, slot) + "-L0", class: "adapter", virtual: true, parent: "vasi0"})
	}
	for _, h := range v.VHosts {
		add(0, device{name: h.Name, desc: "Virtual SCSI Server Adapter", physloc: c.location(p, h.Slot), class: "adapter", virtual: true, parent: "vio0"})
		for _, t := range h.VTDs {
			desc := map[string]string{vtdDisk: "Disk", vtdLV: "Logical Volume", vtdOptical: "File-backed Optical", vtdFile: "File-backed Disk",
				vtdDrive: "Optical Media", vtdUnit: "Cluster File-backed Disk"}[t.Kind]
			class := "disk"
			if t.Kind == vtdOptical || t.Kind == vtdDrive {
				class = "optical"
			}
			add(4, device{name: t.Name, desc: "Virtual Target Device - " + desc, physloc: c.location(p, h.Slot) + fmt.Sprintf("-L%d", t.LUN), class: class, virtual: true, parent: h.Name})
		}
	}
	for _, h := range v.VFCHosts {
		add(0, device{name: h.Name, desc: "Virtual FC Server Adapter", physloc: c.location(p, h.Slot), class: "adapter", virtual: true, parent: "vio0"})
	}
	add(0, device{name: "vsa0", desc: "LPAR Virtual Serial Adapter", physloc: c.location(p, 0), class: "adapter", virtual: true, parent: "vio0"})
	for _, d := range v.Disks {
		x := device{name: d.Name, class: "disk", parent: "sas0", desc: "SAS Disk Drive", physloc: d.Location}
		if d.LUN != nil {
			x.desc, x.parent = "MPIO Other FC SCSI Disk Drive", "fscsi"+strings.TrimPrefix(d.Port, "fcs")
			x.physloc = c.diskLocation(d)
		}
		if d.Defined {
			x.status = "Defined"
		}
		add(2, x)
	}
	for d := range v.Drives {
		add(3, device{name: d, class: "optical", parent: "sas0", desc: "SATA DVD-RAM Drive"})
	}
	for _, s := range v.SEAs {
		add(5, device{name: s.Name, desc: "Shared Ethernet Adapter", class: "sea", virtual: true})
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].order != out[j].order {
			return out[i].order < out[j].order
		}
		return naturalLess(out[i].name, out[j].name)
	})
	return out
}

// vmcSlot is the slot of the management channel; it is not one of those that adapters can be put into.
const vmcSlot = 32769

// diskLocation is the location code of a SAN disk: the port of this VIOS and the path that all VIOSs share.
func (c *call) diskLocation(d *Disk) string {
	if d.LUN == nil {
		return d.Location
	}
	if f := c.v.port(d.Port); f != nil {
		return f.Location + d.LUN.path()
	}
	return strings.TrimPrefix(d.LUN.path(), "-")
}

// flags is a parsed command line of a device command.
type flags struct {
	set  map[string]bool
	vals map[string][]string
	rest []string
}

func (f *flags) has(n string) bool { return f.set[n] }

func (f *flags) get(n string) string {
	if v := f.vals[n]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// devFlags reads options of a device command. Each word of spec is an option name followed by what it takes: nothing,
// "=" one value, "+" one or more values, "?" none or more values; "." allows operands.
func (c *call) devFlags(usage, spec string) (*flags, bool) {
	kinds := map[string]byte{}
	operands := false
	for _, w := range strings.Fields(spec) {
		switch k := w[len(w)-1]; k {
		case '.':
			operands = true
		case '=', '+', '?':
			kinds[w[:len(w)-1]] = k
		default:
			kinds[w] = 0
		}
	}
	bad := func(what string) (*flags, bool) {
		c.fail("%s", what)
		c.fail(devUsage, usage)
		return nil, false
	}
	f := &flags{set: map[string]bool{}, vals: map[string][]string{}}
	for i := 0; i < len(c.args); i++ {
		a := c.args[i]
		if !strings.HasPrefix(a, "-") {
			if !operands {
				return bad(fmt.Sprintf("Argument %q is not valid.", a))
			}
			f.rest = append(f.rest, a)
			continue
		}
		k, ok := kinds[a]
		if !ok {
			return bad(msgLsmapFlag + ": " + a)
		}
		if f.set[a] {
			return bad(fmt.Sprintf("Option %q was given more than once.", a))
		}
		f.set[a] = true
		switch k {
		case '=':
			if i+1 >= len(c.args) {
				return bad(fmt.Sprintf("Option flag %q requires an argument.", a))
			}
			i++
			f.vals[a] = []string{c.args[i]}
		case '+', '?':
			for i+1 < len(c.args) && !strings.HasPrefix(c.args[i+1], "-") {
				i++
				f.vals[a] = append(f.vals[a], c.args[i])
			}
			if k == '+' && len(f.vals[a]) == 0 {
				return bad(fmt.Sprintf("Option flag %q requires an argument.", a))
			}
		}
	}
	return f, true
}

// fields checks -field names, without regard to case.
func (c *call) fields(f *flags, known ...string) ([]string, bool) {
	var out []string
	for _, n := range f.vals["-field"] {
		n = strings.ToLower(n)
		ok := false
		for _, k := range known {
			ok = ok || k == n
		}
		if !ok {
			c.fail(devNoField, n)
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

func fmtJoin(values []string, delim string) string {
	out := make([]string, len(values))
	for i, v := range values {
		if v == "" {
			v = " "
		}
		out[i] = v
	}
	return strings.Join(out, delim)
}

func cmdLsdev(c *call) int {
	f, ok := c.devFlags(usageLsdev, "-virtual -type+ -state= -field+ -fmt= -dev= -plc= -attr? -vpd -parent -child -slots")
	if !ok {
		return 1
	}
	fields, ok := c.fields(f, "name", "status", "description", "physloc", "parent", "type")
	if !ok {
		return 1
	}
	if f.has("-slots") {
		if len(f.set) > 1 {
			return c.fail(devUsage, usageLsdev)
		}
		return c.lsdevSlots()
	}
	all := c.devices()
	if f.has("-dev") || f.has("-plc") {
		for _, n := range []string{"-virtual", "-type", "-state"} {
			if f.has(n) {
				return c.fail(devUsage, usageLsdev)
			}
		}
		var found []device
		if f.has("-plc") {
			if f.has("-dev") {
				return c.fail(devUsage, usageLsdev)
			}
			plc := f.get("-plc")
			for _, d := range all {
				if d.physloc == plc || d.class == "adapter" && d.virtual && d.physloc+"-T1" == plc {
					found = append(found, d)
				}
			}
			if len(found) == 0 {
				c.fail(devNoPlc, plc)
				return exitNoDevice
			}
		} else {
			for _, d := range all {
				if d.name == f.get("-dev") {
					found = append(found, d)
				}
			}
			if f.get("-dev") == vioslpm && c.v.countsMoves() {
				found = append(found, device{name: vioslpm})
			}
			if len(found) == 0 {
				return c.fail(devNotFound, f.get("-dev"))
			}
		}
		switch {
		case f.has("-attr"):
			return c.lsdevAttr(found[0], f.vals["-attr"])
		case f.has("-vpd"):
			d := found[0]
			c.say("  %-16s %s  %s", d.name, d.physloc, d.desc)
			c.say("")
			c.say("      Hardware Location Code......%s", d.physloc)
			c.say("")
			return 0
		case f.has("-parent"):
			c.say("parent")
			c.say("")
			c.say("%s", found[0].parent)
			return 0
		case f.has("-child"):
			var kids []device
			for _, d := range all {
				if d.parent == found[0].name {
					kids = append(kids, d)
				}
			}
			found = kids
		}
		return c.printDevices(found, fields, f)
	}
	if f.has("-attr") || f.has("-vpd") || f.has("-parent") || f.has("-child") {
		return c.fail(devUsage, usageLsdev)
	}
	types := map[string]bool{}
	for _, t := range f.vals["-type"] {
		switch t {
		case "disk", "adapter", "sea", "optical", "lv", "ent4ip", "tape", "tty", "usb_disk":
			types[t] = true
		default:
			return c.fail(devBadType, t)
		}
	}
	state := f.get("-state")
	if f.has("-state") && !contains("available defined", strings.ToLower(state)) {
		return c.fail("State \"%s\" is not valid.", state)
	}
	var found []device
	for _, d := range all {
		if f.has("-virtual") && !d.virtual || f.has("-state") && !strings.EqualFold(d.status, state) {
			continue
		}
		if len(types) > 0 {
			ok := types[d.class] || types["ent4ip"] && (strings.HasPrefix(d.name, "ent"))
			// Virtual targets are listed among the disks only when virtual devices are asked for.
			if d.order == 4 && !f.has("-virtual") || !ok {
				continue
			}
		}
		found = append(found, d)
	}
	return c.printDevices(found, fields, f)
}

func (d device) field(n string) string {
	switch n {
	case "name":
		return d.name
	case "status":
		return d.status
	case "description":
		return d.desc
	case "physloc":
		return d.physloc
	case "parent":
		return d.parent
	}
	return d.class
}

func (c *call) printDevices(list []device, fields []string, f *flags) int {
	if len(list) == 0 {
		return 0
	}
	if len(fields) == 0 {
		fields = []string{"name", "status", "description"}
	}
	width := map[string]int{"name": 16, "status": 11, "description": 40, "physloc": 44, "parent": 16, "type": 12}
	line := func(get func(string) string) {
		var b strings.Builder
		for i, n := range fields {
			if i > 0 {
				b.WriteByte(' ')
			}
			if i == len(fields)-1 {
				b.WriteString(get(n))
			} else {
				fmt.Fprintf(&b, "%-*s", width[n], get(n))
			}
		}
		c.say("%s", strings.TrimRight(b.String(), " "))
	}
	if f.has("-fmt") {
		for _, d := range list {
			var values []string
			for _, n := range fields {
				values = append(values, d.field(n))
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
		}
		return 0
	}
	line(func(n string) string { return n })
	for _, d := range list {
		line(d.field)
	}
	return 0
}

type attribute struct {
	name, value, desc string
	settable          bool
}

func (c *call) attributes(d device) []attribute {
	v := c.v
	if k := v.disk(d.name); k != nil {
		pvid := "none"
		if k.pvid() != "" {
			pvid = k.pvid() + "0000000000000000"
		}
		out := []attribute{
			{"PCM", "PCM/friend/fcpother", "Path Control Module", false},
			{"algorithm", k.Algo, "Algorithm", true},
			{"hcheck_interval", "60", "Health Check Interval", true},
			{"max_transfer", "0x40000", "Maximum TRANSFER Size", true},
			{"pvid", pvid, "Physical volume identifier", false},
			{"queue_depth", strconv.Itoa(k.depth()), "Queue DEPTH", true},
			{"reserve_policy", k.Reserve, "Reserve Policy", true},
			{"size_in_mb", strconv.Itoa(k.size()), "Size in Megabytes", false},
			{"unique_id", k.uniqueID(), "Unique device identifier", false},
		}
		if k.LUN != nil {
			out = append(out, attribute{"lun_id", "0x" + strings.ToLower(strings.TrimLeft(k.LUN.ID, "0")), "Logical Unit Number ID", false},
				attribute{"ww_name", "0x" + strings.ToLower(k.LUN.WWPN), "FC World Wide Name", false})
		}
		return out
	}
	if s := v.sea(d.name); s != nil {
		return s.attributes()
	}
	if e := v.eth(d.name); e != nil {
		for _, a := range c.vp.Eth {
			if e.Slot != 0 && a.Slot == e.Slot {
				return []attribute{{"alt_addr", "0x000000000000", "Alternate Ethernet Address", true},
					{"mac_addr", "0x" + strings.ToLower(a.MAC), "Ethernet Address", false}}
			}
		}
		switch {
		case e.Members != nil:
			return []attribute{{"adapter_names", strings.Join(e.Members, ","), "EtherChannel Adapters", true}, {"mode", e.Mode, "EtherChannel mode of operation", true}}
		case e.Base != "":
			return []attribute{{"base_adapter", e.Base, "VLAN Base Adapter", true}, {"vlan_tag_id", strconv.Itoa(e.Tag), "VLAN Tag ID", true}}
		}
		return []attribute{{"alt_addr", "0x000000000000", "Alternate Ethernet Address", true}}
	}
	if f := v.port(d.name); f != nil {
		return []attribute{{"lg_term_dma", "0x800000", "Long term DMA", true}, {"max_xfer_size", "0x100000", "Maximum Transfer Size", true},
			{"num_cmd_elems", "200", "Maximum number of COMMANDS to queue to the adapter", true}}
	}
	if _, t := v.vtd(d.name); t != nil {
		return []attribute{{"LogicalUnitAddr", t.lunText(), "Logical Unit Address", false},
			{"aix_tdev", t.Backing, "Target Device Name", false}, {"mirrored", "false", "Mirrored", true}}
	}
	if d.name == vioslpm {
		return []attribute{{"cfg_msp_lpm_ops", strconv.Itoa(c.v.moverLimit(c.sys)), "Configured number of concurrent LPM operations for this MSP", true},
			{"concurrency_lvl", "3", "Concurrency level", true}, {"lpm_msnap_succ", "1", "Create mini-snap for successful migrations", true},
			{"max_lpm_vasi", "1", "Maximum number of VASI adapters used for LPM operations", false},
			{"max_vasi_ops", "8", "Maximum number of concurrent LPM operations per VASI", false},
			{"tcp_port_high", "0", "TCP highest ephemeral port", true}, {"tcp_port_low", "0", "TCP lowest ephemeral port", true}}
	}
	if d.name == "vasi0" {
		return []attribute{{"tcp_port_high", "0", "TCP highest ephemeral port", true}, {"tcp_port_low", "0", "TCP lowest ephemeral port", true}}
	}
	return nil
}

// vioslpm is the pseudo device that holds how a Virtual I/O Server takes part in migrations. Its row in a list of all devices
// is not known, so no list has it.
const vioslpm = "vioslpm0"

// countsMoves: the limit of its own came with level 2.2.2.
func (v *VIOS) countsMoves() bool {
	for _, old := range []string{"1.", "2.1.", "2.2.0.", "2.2.1."} {
		if strings.HasPrefix(v.Level, old) {
			return false
		}
	}
	return !v.NoVASI
}

// moverLimit is how many active migrations it carries at once.
func (v *VIOS) moverLimit(s *System) int {
	if v.MoverLimit > 0 {
		return v.MoverLimit
	}
	return s.MSPLimit
}

func (c *call) lsdevAttr(d device, names []string) int {
	attrs := c.attributes(d)
	if len(names) > 0 {
		var wanted []string
		for _, n := range names {
			wanted = append(wanted, strings.Split(n, ",")...)
		}
		var values []string
		for _, n := range wanted {
			found := false
			for _, a := range attrs {
				if a.name == n {
					values, found = append(values, a.value), true
				}
			}
			if !found {
				return c.fail(devNoAttr, n, d.name)
			}
		}
		c.say("value")
		c.say("")
		for _, v := range values {
			c.say("%s", v)
		}
		return 0
	}
	w := [3]int{len("attribute"), len("value"), len("description")}
	for _, a := range attrs {
		for i, s := range []string{a.name, a.value, a.desc} {
			w[i] = max(w[i], len(s))
		}
	}
	c.say("%-*s %-*s %-*s user_settable", w[0], "attribute", w[1], "value", w[2], "description")
	c.say("")
	for _, a := range attrs {
		yes := "False"
		if a.settable {
			yes = "True"
		}
		c.say("%-*s %-*s %-*s %s", w[0], a.name, w[1], a.value, w[2], a.desc, yes)
	}
	return 0
}

func (c *call) lsdevSlots() int {
	c.say("# Slot                    Description            Device(s)")
	c.say("%-25s %-22s %s", c.location(c.vp, 0), "Virtual I/O Slot", "vsa0")
	var slots []int
	used := usedSlots(c.vp)
	for n := range used {
		if n > 1 {
			slots = append(slots, n)
		}
	}
	sort.Ints(slots)
	for _, n := range slots {
		name := "EMPTY"
		for _, d := range c.devices() {
			if d.physloc == c.location(c.vp, n) || d.physloc == c.location(c.vp, n)+"-T1" {
				name = d.name
				break
			}
		}
		c.say("%-25s %-22s %s", c.location(c.vp, n), "Virtual I/O Slot", name)
	}
	return 0
}

var vtdTypes = strings.Fields("disk lv optical tape file file_disk file_opt cl_disk usb_disk")

func cmdLsmap(c *call) int {
	f, ok := c.devFlags(usageLsmap, "-all -vadapter= -plc= -type+ -net -npiv -field+ -fmt=")
	if !ok {
		return 1
	}
	n := 0
	for _, x := range []string{"-all", "-vadapter", "-plc"} {
		if f.has(x) {
			n++
		}
	}
	if n != 1 || f.has("-net") && f.has("-npiv") || f.has("-type") && f.has("-npiv") {
		return c.fail(devUsage, usageLsmap)
	}
	net := f.has("-net")
	var types map[string]bool
	for _, t := range f.vals["-type"] {
		if t == "net" && len(f.vals["-type"]) == 1 {
			net = true
			continue
		}
		if !contains(strings.Join(vtdTypes, " "), t) {
			return c.fail(devBadType, t)
		}
		if types == nil {
			types = map[string]bool{}
		}
		types[t] = true
	}
	switch {
	case net:
		return c.lsmapNet(f)
	case f.has("-npiv"):
		return c.lsmapNPIV(f)
	}
	return c.lsmapScsi(f, types)
}

// pick narrows adapters by -vadapter or -plc. loc gives the location of an adapter; wrong is the exit code for a
// device of another kind.
func (c *call) pick(f *flags, exists func(name string) bool, byLoc func(loc string) string, msg string, wrong int) (string, int) {
	if f.has("-all") {
		return "", 0
	}
	if f.has("-plc") {
		plc := f.get("-plc")
		if n := byLoc(plc); n != "" {
			return n, 0
		}
		for _, d := range c.devices() {
			if d.physloc == plc {
				c.fail(msg, d.name)
				return "", wrong
			}
		}
		c.fail(devNoPlc, plc)
		return "", exitNoDevice
	}
	name := f.get("-vadapter")
	if exists(name) {
		return name, 0
	}
	for _, d := range c.devices() {
		if d.name == name {
			c.fail(msg, name)
			return "", wrong
		}
	}
	c.fail(devNotFound, name)
	return "", exitNoDevice
}

// clientID is the id that lsmap shows: only a client that is active is connected.
func (c *call) clientID(h *VHost) int {
	p := c.sys.partition(h.ClientID)
	if p == nil || !p.live() {
		return 0
	}
	return p.ID
}

func (c *call) backingLocation(t *VTD) string {
	if d := c.v.disk(t.Backing); d != nil && t.Kind == vtdDisk {
		return c.diskLocation(d)
	}
	return ""
}

func (t *VTD) mirrored() string {
	if t.Kind == vtdDisk {
		return "false"
	}
	return "N/A"
}

// lsmapNames maps the labels that are accepted as field names to the names.
var lsmapNames = map[string]string{"client partition id": "clientid", "backing device": "backing", "svsa": "svsa"}

func (c *call) lsmapScsi(f *flags, types map[string]bool) int {
	v := c.v
	for i, n := range f.vals["-field"] {
		if m, ok := lsmapNames[strings.ToLower(n)]; ok {
			f.vals["-field"][i] = m
		}
	}
	fields, ok := c.fields(f, "svsa", "physloc", "clientid", "vtd", "status", "lun", "backing", "bdphysloc", "mirrored")
	if !ok {
		return 1
	}
	name, rc := c.pick(f, func(n string) bool { return v.vhost(n) != nil }, func(loc string) string {
		for _, h := range v.VHosts {
			if l := c.location(c.vp, h.Slot); loc == l || loc == l+"-T1" {
				return h.Name
			}
		}
		return ""
	}, devNoSVSA, exitNotSVSA)
	if rc != 0 {
		return rc
	}
	hosts := append([]*VHost(nil), v.VHosts...)
	sort.Slice(hosts, func(i, j int) bool { return naturalLess(hosts[i].Name, hosts[j].Name) })
	for _, h := range hosts {
		if name != "" && h.Name != name {
			continue
		}
		vtds := append([]*VTD(nil), h.VTDs...)
		sort.Slice(vtds, func(i, j int) bool { return naturalLess(vtds[i].Name, vtds[j].Name) })
		if types != nil {
			var kept []*VTD
			for _, t := range vtds {
				if types[t.Kind] || t.Kind == vtdOptical && (types["optical"] || types["file"]) || t.Kind == vtdFile && types["file_disk"] {
					kept = append(kept, t)
				}
			}
			if vtds = kept; len(vtds) == 0 {
				continue
			}
		}
		head := map[string]string{"svsa": h.Name, "physloc": c.location(c.vp, h.Slot), "clientid": fmt.Sprintf("0x%08x", c.clientID(h))}
		value := func(t *VTD, n string) string {
			switch n {
			case "vtd":
				return t.Name
			case "status":
				return "Available"
			case "lun":
				return t.lunText()
			case "backing":
				return t.Backing
			case "bdphysloc":
				return c.backingLocation(t)
			}
			return t.mirrored()
		}
		var headNames, vtdNames []string
		for _, n := range fields {
			if _, ok := head[n]; ok {
				headNames = append(headNames, n)
			} else {
				vtdNames = append(vtdNames, n)
			}
		}
		if len(fields) == 0 {
			headNames = []string{"svsa", "physloc", "clientid"}
			vtdNames = []string{"vtd", "status", "lun", "backing", "bdphysloc"}
			if !v.NoMirror {
				vtdNames = append(vtdNames, "mirrored")
			}
		}
		if f.has("-fmt") {
			var values []string
			for _, n := range headNames {
				values = append(values, head[n])
			}
			for _, t := range vtds {
				for _, n := range vtdNames {
					values = append(values, value(t, n))
				}
			}
			if len(vtds) == 0 {
				for range vtdNames {
					values = append(values, "")
				}
			}
			if len(values) > 0 {
				c.say("%s", fmtJoin(values, f.get("-fmt")))
			}
			continue
		}
		if len(headNames) > 0 {
			title := map[string]string{"svsa": "SVSA", "physloc": "Physloc", "clientid": "Client Partition ID"}
			width := map[string]int{"svsa": 15, "physloc": 44, "clientid": 18}
			c.columns(headNames, width, func(n string) string { return title[n] }, func(n string) string { return head[n] })
			c.say("")
		}
		if len(vtdNames) == 0 {
			continue
		}
		labels := map[string]string{"vtd": "VTD", "status": "Status", "lun": "LUN", "backing": "Backing device", "bdphysloc": "Physloc", "mirrored": "Mirrored"}
		if len(vtds) == 0 {
			c.say("%-22s%s", "VTD", msgNoVTD)
			c.say("")
			continue
		}
		for _, t := range vtds {
			for _, n := range vtdNames {
				c.say("%s", strings.TrimRight(fmt.Sprintf("%-22s%s", labels[n], value(t, n)), " "))
			}
			c.say("")
		}
	}
	return 0
}

// columns prints a header, a rule and one row.
func (c *call) columns(names []string, width map[string]int, title, value func(string) string) {
	line := func(get func(string) string) {
		var parts []string
		for i, n := range names {
			if i == len(names)-1 {
				parts = append(parts, get(n))
			} else {
				parts = append(parts, fmt.Sprintf("%-*s", width[n], get(n)))
			}
		}
		c.say("%s", strings.TrimRight(strings.Join(parts, " "), " "))
	}
	line(title)
	line(func(n string) string { return strings.Repeat("-", width[n]) })
	line(value)
}

func (c *call) lsmapNet(f *flags) int {
	v := c.v
	for i, n := range f.vals["-field"] {
		if m, ok := lsmapNames[strings.ToLower(n)]; ok {
			f.vals["-field"][i] = m
		}
	}
	fields, ok := c.fields(f, "svea", "physloc", "sea", "backing", "status", "bdphysloc")
	if !ok {
		return 1
	}
	name, rc := c.pick(f, func(n string) bool { d := v.eth(n); return d != nil && d.Slot != 0 }, func(loc string) string {
		for _, d := range v.Eths {
			if l := c.location(c.vp, d.Slot); d.Slot != 0 && (loc == l || loc == l+"-T1") {
				return d.Name
			}
		}
		return ""
	}, devNoSVEA, exitNotSVEA)
	if rc != 0 {
		return rc
	}
	eths := append([]*EthDevice(nil), v.Eths...)
	sort.Slice(eths, func(i, j int) bool { return naturalLess(eths[i].Name, eths[j].Name) })
	for _, d := range eths {
		if d.Slot == 0 || name != "" && d.Name != name {
			continue
		}
		val := map[string]string{"svea": d.Name, "physloc": c.location(c.vp, d.Slot) + "-T1"}
		s := v.seaOf(d.Name)
		if s != nil {
			val["sea"], val["backing"], val["status"] = s.Name, s.Real, "Available"
			if r := v.eth(s.Real); r != nil {
				val["bdphysloc"] = r.Location
			}
		} else if !f.has("-fmt") {
			val["sea"] = msgNoSEA
		}
		names := fields
		if len(names) == 0 {
			names = strings.Fields("svea physloc sea backing status bdphysloc")
		}
		if f.has("-fmt") {
			var values []string
			for _, n := range names {
				values = append(values, val[n])
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
			continue
		}
		var head, tail []string
		for _, n := range names {
			if n == "svea" || n == "physloc" {
				head = append(head, n)
			} else {
				tail = append(tail, n)
			}
		}
		if len(head) > 0 {
			title := map[string]string{"svea": "SVEA", "physloc": "Physloc"}
			c.columns(head, map[string]int{"svea": 6, "physloc": 44}, func(n string) string { return title[n] }, func(n string) string { return val[n] })
			c.say("")
		}
		labels := map[string]string{"sea": "SEA", "backing": "Backing device", "status": "Status", "bdphysloc": "Physloc"}
		for _, n := range tail {
			if s == nil && n != "sea" {
				continue
			}
			c.say("%s", strings.TrimRight(fmt.Sprintf("%-22s%s", labels[n], val[n]), " "))
		}
		c.say("")
	}
	return 0
}

func (c *call) lsmapNPIV(f *flags) int {
	v := c.v
	alias := map[string]string{"clntid": "clntid", "fc name": "fc", "fc loc code": "fcphysloc", "ports logged in": "ports",
		"vfc client name": "vfcclient", "vfc client drc": "vfcclientdrc"}
	for i, n := range f.vals["-field"] {
		if m, ok := alias[strings.ToLower(n)]; ok {
			f.vals["-field"][i] = m
		}
	}
	order := strings.Fields("name physloc clntid clntname clntos status fc fcphysloc ports flags vfcclient vfcclientdrc")
	fields, ok := c.fields(f, order...)
	if !ok {
		return 1
	}
	if len(fields) == 0 {
		fields = order
	}
	name, rc := c.pick(f, func(n string) bool { return v.vfchost(n) != nil }, func(loc string) string {
		for _, h := range v.VFCHosts {
			if c.location(c.vp, h.Slot) == loc {
				return h.Name
			}
		}
		return ""
	}, devNoVFC, exitNotVFC)
	if rc != 0 {
		return rc
	}
	hosts := append([]*VFCHost(nil), v.VFCHosts...)
	sort.Slice(hosts, func(i, j int) bool { return naturalLess(hosts[i].Name, hosts[j].Name) })
	for _, h := range hosts {
		if name != "" && h.Name != name {
			continue
		}
		val := map[string]string{"name": h.Name, "physloc": c.location(c.vp, h.Slot), "clntid": strconv.Itoa(h.ClientID), "status": "NOT_LOGGED_IN", "ports": "0", "flags": "1"}
		words := "NOT_MAPPED,NOT_CONNECTED"
		p := c.sys.partition(h.ClientID)
		port := v.port(h.Port)
		if port != nil {
			val["fc"], val["fcphysloc"] = port.Name, port.Location
		}
		if port != nil && p != nil && p.State == stateRunning {
			os, _, _ := strings.Cut(p.OSVersion, " ")
			if strings.HasPrefix(os, "0.") {
				os = "Linux"
			}
			os, _, _ = strings.Cut(os, "/")
			val["clntname"], val["clntos"] = p.Name, os
			val["status"], val["ports"], val["flags"] = "LOGGED_IN", "1", "a"
			val["vfcclient"], val["vfcclientdrc"] = "fcs0", c.location(p, h.ClientSlot)
			words = "LOGGED_IN,STRIP_MERGE"
		}
		if f.has("-fmt") {
			var values []string
			for _, n := range fields {
				values = append(values, val[n])
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
			continue
		}
		c.say("%-13s %-34s %-6s %-14s %s", "Name", "Physloc", "ClntID", "ClntName", "ClntOS")
		c.say("%s %s %s %s %s", strings.Repeat("-", 13), strings.Repeat("-", 34), strings.Repeat("-", 6), strings.Repeat("-", 14), strings.Repeat("-", 7))
		c.say("%s", strings.TrimRight(fmt.Sprintf("%-13s %-34s %6s %-14s %s", val["name"], val["physloc"], val["clntid"], val["clntname"], val["clntos"]), " "))
		c.say("")
		c.say("Status:%s", val["status"])
		c.say("%-32sFC loc code:%s", "FC name:"+val["fc"], val["fcphysloc"])
		c.say("Ports logged in:%s", val["ports"])
		c.say("Flags:%s<%s>", val["flags"], words)
		c.say("%-32sVFC client DRC:%s", "VFC client name:"+val["vfcclient"], val["vfcclientdrc"])
		c.say("")
	}
	return 0
}

// freeDisk tells whether a disk can become a backing device (avail) and is not one yet (free).
func (c *call) availDisk(d *Disk) bool {
	return !d.Defined && c.v.group(d.Name) == nil && c.e.pooled(d) == nil
}

func cmdLspv(c *call) int {
	f, ok := c.devFlags(usageLspv, "-avail -free -size -field+ -fmt= .")
	if !ok {
		return 1
	}
	n := 0
	for _, x := range []string{"-avail", "-free", "-size"} {
		if f.has(x) {
			n++
		}
	}
	if n > 1 || len(f.rest) > 1 || len(f.rest) == 1 && n > 0 {
		return c.fail(devUsage, usageLspv)
	}
	v := c.v
	disks := append([]*Disk(nil), v.Disks...)
	sort.Slice(disks, func(i, j int) bool { return naturalLess(disks[i].Name, disks[j].Name) })
	pvid := func(d *Disk) string {
		if d.pvid() == "" {
			return "none"
		}
		return d.pvid()
	}
	if len(f.rest) == 1 {
		d := v.disk(f.rest[0])
		if d == nil || v.group(d.Name) == nil {
			return c.fail(devNotFound, f.rest[0])
		}
		g := v.group(d.Name)
		c.say("%-20s %-24s %s", "PHYSICAL VOLUME:    "+d.Name, "", "VOLUME GROUP:     "+g.Name)
		c.say("%-20s %s", "PV IDENTIFIER:", pvid(d))
		c.say("%-20s %s", "PV STATE:", "active")
		c.say("%-20s %d megabyte(s)", "PP SIZE:", g.PPSizeMB)
		return 0
	}
	if n == 0 {
		fields, ok := c.fields(f, "name", "pvid", "vg", "status")
		if !ok {
			return 1
		}
		get := func(d *Disk, n string) string {
			g := v.group(d.Name)
			switch n {
			case "name":
				return d.Name
			case "pvid":
				return pvid(d)
			case "vg":
				if x := c.e.pooled(d); x != nil && x.Repository == d.LUN {
					return "caavg_private"
				}
				if g == nil {
					return "None"
				}
				return g.Name
			}
			if x := c.e.pooled(d); g == nil && (x == nil || x.Repository != d.LUN) {
				return ""
			}
			return "active"
		}
		if len(fields) == 0 {
			fields = []string{"name", "pvid", "vg", "status"}
		}
		if f.has("-fmt") {
			for _, d := range disks {
				var values []string
				for _, n := range fields {
					values = append(values, get(d, n))
				}
				if !d.Defined {
					c.say("%s", fmtJoin(values, f.get("-fmt")))
				}
			}
			return 0
		}
		if f.has("-field") {
			return c.fail(devUsage, usageLspv)
		}
		c.say("%-16s %-36s %-16s %s", "NAME", "PVID", "VG", "STATUS")
		for _, d := range disks {
			if !d.Defined {
				c.say("%s", strings.TrimRight(fmt.Sprintf("%-16s %-36s %-16s %s", d.Name, get(d, "pvid"), get(d, "vg"), get(d, "status")), " "))
			}
		}
		return 0
	}
	fields, ok := c.fields(f, "name", "pvid", "size")
	if !ok {
		return 1
	}
	if len(fields) == 0 {
		fields = []string{"name", "pvid", "size"}
	} else if !f.has("-fmt") {
		return c.fail(devUsage, usageLspv)
	}
	if !f.has("-fmt") {
		c.say("%-15s %-35s %s", "NAME", "PVID", "SIZE(megabytes)")
	}
	for _, d := range disks {
		if d.Defined || !f.has("-size") && !c.availDisk(d) || f.has("-free") && len(v.users(d.Name)) > 0 {
			continue
		}
		val := map[string]string{"name": d.Name, "pvid": pvid(d), "size": strconv.Itoa(d.size())}
		if f.has("-fmt") {
			var values []string
			for _, n := range fields {
				values = append(values, val[n])
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
			continue
		}
		c.say("%-15s %-35s %s", val["name"], val["pvid"], val["size"])
	}
	return 0
}

func cmdLspath(c *call) int {
	f, ok := c.devFlags(usageLspath, "-dev= -pdev= -status= -conn= -field+ -fmt=")
	if !ok {
		return 1
	}
	fields, ok := c.fields(f, "status", "name", "parent", "conn")
	if !ok {
		return 1
	}
	if f.has("-dev") && c.v.disk(f.get("-dev")) == nil {
		return c.fail(devNotFound, f.get("-dev"))
	}
	if f.has("-status") && !contains("enabled disabled failed missing defined available", strings.ToLower(f.get("-status"))) {
		return c.fail("Status \"%s\" is not valid.", f.get("-status"))
	}
	if len(fields) == 0 {
		fields = []string{"status", "name", "parent", "conn"}
	}
	disks := append([]*Disk(nil), c.v.Disks...)
	sort.Slice(disks, func(i, j int) bool { return naturalLess(disks[i].Name, disks[j].Name) })
	var lines [][]string
	for _, d := range disks {
		if d.Defined || d.LUN == nil || f.has("-dev") && d.Name != f.get("-dev") {
			continue
		}
		val := map[string]string{"status": "Enabled", "name": d.Name, "parent": "fscsi" + strings.TrimPrefix(d.Port, "fcs"), "conn": d.LUN.connection()}
		if f.has("-pdev") && f.get("-pdev") != val["parent"] || f.has("-conn") && f.get("-conn") != val["conn"] ||
			f.has("-status") && !strings.EqualFold(f.get("-status"), "enabled") {
			continue
		}
		var values []string
		for _, n := range fields {
			values = append(values, val[n])
		}
		lines = append(lines, values)
	}
	if f.has("-fmt") {
		for _, l := range lines {
			c.say("%s", fmtJoin(l, f.get("-fmt")))
		}
		return 0
	}
	if len(lines) == 0 {
		return 0
	}
	title := map[string]string{"status": "status", "name": "name", "parent": "parent", "conn": "connection"}
	var head []string
	for _, n := range fields {
		head = append(head, title[n])
	}
	lines = append([][]string{head}, lines...)
	width := make([]int, len(fields))
	for _, l := range lines {
		for i, s := range l {
			width[i] = max(width[i], len(s))
		}
	}
	for _, l := range lines {
		var b strings.Builder
		for i, s := range l {
			fmt.Fprintf(&b, "%-*s ", width[i], s)
		}
		c.say("%s", strings.TrimRight(b.String(), " "))
	}
	return 0
}

func cmdLsvg(c *call) int {
	f, ok := c.devFlags(usageLsvg, "-lv -pv -field+ -fmt= .")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		for _, g := range c.v.Groups {
			c.say("%s", g.Name)
		}
		return 0
	}
	var g *VolumeGroup
	for _, x := range c.v.Groups {
		if x.Name == f.rest[0] {
			g = x
		}
	}
	if g == nil || len(f.rest) > 1 {
		return c.fail(devNoPool, f.rest[0])
	}
	pps := func(n int) string { return fmt.Sprintf("%d (%d megabytes)", n, n*g.PPSizeMB) }
	val := map[string]string{"vgname": g.Name, "vgstate": "active", "ppsize": fmt.Sprintf("%d megabyte(s)", g.PPSizeMB),
		"totalpps": pps(g.TotalPPs), "usedpps": pps(g.used()), "freepps": pps(g.TotalPPs - g.used()), "numlvs": strconv.Itoa(len(g.Volumes))}
	if f.has("-lv") {
		var rows [][]string
		for _, l := range g.Volumes {
			kind, state := c.v.lvState(l)
			rows = append(rows, []string{l.Name, kind, strconv.Itoa(l.PPs), strconv.Itoa(l.PPs), "1", state, l.mount()})
		}
		if !f.has("-fmt") {
			c.say("%s:", g.Name)
		}
		return c.table(f, []column{{"lvname", "LV NAME", -19}, {"type", "TYPE", -10}, {"lps", "LPs", -7}, {"pps", "PPs", -7}, {"pvs", "PVs", -4},
			{"lvstate", "LV STATE", -13}, {"mountpoint", "MOUNT POINT", 0}}, rows)
	}
	fields, ok := c.fields(f, "vgname", "vgstate", "ppsize", "totalpps", "usedpps", "freepps", "numlvs")
	if !ok {
		return 1
	}
	switch {
	case f.has("-pv"):
		c.say("%s:", g.Name)
		c.say("%-17s %-17s %-11s %-11s", "PV_NAME", "PV STATE", "TOTAL PPs", "FREE PPs")
		for _, d := range g.Disks {
			c.say("%-17s %-17s %-11d %-11d", d, "active", g.TotalPPs/len(g.Disks), (g.TotalPPs-g.used())/len(g.Disks))
		}
		return 0
	}
	if len(fields) > 0 || f.has("-fmt") {
		if len(fields) == 0 {
			fields = strings.Fields("vgname vgstate ppsize totalpps freepps usedpps numlvs")
		}
		var values []string
		for _, n := range fields {
			values = append(values, val[n])
		}
		delim := " "
		if f.has("-fmt") {
			delim = f.get("-fmt")
		}
		c.say("%s", fmtJoin(values, delim))
		return 0
	}
	c.say("%-20s %-24s %-14s %s", "VOLUME GROUP:", g.Name, "PP SIZE:", val["ppsize"])
	c.say("%-20s %-24s %-14s %s", "VG STATE:", "active", "TOTAL PPs:", val["totalpps"])
	c.say("%-20s %-24s %-14s %s", "LVs:", val["numlvs"], "FREE PPs:", val["freepps"])
	c.say("%-20s %-24s %-14s %s", "PVs:", strconv.Itoa(len(g.Disks)), "USED PPs:", val["usedpps"])
	return 0
}

func cmdLsnports(c *call) int {
	f, ok := c.devFlags("lsnports [-fmt delimiter] [-field FieldName ...]", "-field+ -fmt=")
	if !ok {
		return 1
	}
	order := strings.Fields("name physloc fabric tports aports swwpns awwpns")
	fields, ok := c.fields(f, order...)
	if !ok {
		return 1
	}
	if len(fields) == 0 {
		fields = order
	} else if !f.has("-fmt") {
		return c.fail(devUsage, "lsnports [-fmt delimiter] [-field FieldName ...]")
	}
	first := true
	for _, p := range c.v.Ports {
		if !p.NPIV {
			continue
		}
		used := 0
		for _, h := range c.v.VFCHosts {
			if h.Port == p.Name {
				used++
			}
		}
		val := map[string]string{"name": p.Name, "physloc": p.Location, "fabric": bit(p.Fabric), "tports": strconv.Itoa(p.MaxPorts),
			"aports": strconv.Itoa(p.MaxPorts - used), "swwpns": "2048", "awwpns": strconv.Itoa(2048 - 2*used)}
		if f.has("-fmt") {
			var values []string
			for _, n := range fields {
				values = append(values, val[n])
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
			continue
		}
		if first {
			c.say("%-16s %-30s %s", "name", "physloc", "fabric tports aports swwpns  awwpns")
			first = false
		}
		c.say("%-16s %-30s %6s %6s %6s %6s %7s", val["name"], val["physloc"], val["fabric"], val["tports"], val["aports"], val["swwpns"], val["awwpns"])
	}
	return 0
}

func (c *call) noArgs(usage string) bool {
	if len(c.args) == 0 {
		return true
	}
	c.fail(devUsage, usage)
	return false
}

// cmdChkdev lists the identity of every disk (chkdev of the Virtual I/O Server). The layout without -fmt follows the published
// examples; the widths are the lab's.
func cmdChkdev(c *call) int {
	f, ok := c.devFlags(usageChkdev, "-dev= -verbose -field+ -fmt=")
	if !ok {
		return 1
	}
	order := strings.Fields("name identifier phys2virt_capable virt2npiv_capable virt2phys_capable")
	if f.has("-verbose") {
		order = append(order, "pvid", "udid", "uuid", "vtd")
	}
	fields, ok := c.fields(f, strings.Fields("name identifier phys2virt_capable virt2npiv_capable virt2phys_capable pvid udid uuid vtd")...)
	if !ok {
		return 1
	}
	if len(fields) == 0 {
		fields = order
	}
	found := false
	for _, d := range c.v.Disks {
		if f.has("-dev") && d.Name != f.get("-dev") {
			continue
		}
		found = true
		val := map[string]string{"name": d.Name, "identifier": d.uniqueID(), "udid": d.uniqueID(), "phys2virt_capable": "YES", "virt2npiv_capable": "NA", "virt2phys_capable": "NA"}
		if d.pvid() != "" {
			val["pvid"] = d.pvid() + "0000000000000000"
			if val["identifier"] == "" {
				val["identifier"] = val["pvid"]
			}
		}
		var vtds []string
		for _, t := range c.v.users(d.Name) {
			vtds = append(vtds, t.Name)
		}
		val["vtd"] = strings.Join(vtds, ",")
		switch {
		case len(vtds) > 0:
			val["phys2virt_capable"], val["virt2npiv_capable"], val["virt2phys_capable"] = "NA", "YES", "YES"
		case c.v.group(d.Name) != nil || c.e.pooled(d) != nil:
			val["phys2virt_capable"] = "NO"
		}
		if f.has("-fmt") {
			var values []string
			for _, n := range fields {
				values = append(values, val[n])
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
			continue
		}
		for _, n := range fields {
			c.say("%s", strings.TrimRight(fmt.Sprintf("%-21s%s", strings.ToUpper(n)+":", val[n]), " "))
		}
		c.say("")
	}
	if f.has("-dev") && !found {
		return c.fail(devNotFound, f.get("-dev"))
	}
	return 0
}

// depth is the queue depth of a disk.
func (d *Disk) depth() int {
	if d.Queue > 0 {
		return d.Queue
	}
	return 3
}

func cmdHostname(c *call) int {
	if !c.noArgs("hostname") {
		return 1
	}
	c.say("%s", c.v.Hostname)
	return 0
}

func cmdIoslevel(c *call) int {
	if !c.noArgs("ioslevel") {
		return 1
	}
	c.say("%s", c.v.Level)
	return 0
}

func cmdLsivm(c *call) int {
	if !c.noArgs("lsivm") {
		return 1
	}
	c.say("%s,%s,%d", c.sys.TypeModel, c.sys.Serial, c.vp.ID)
	return 0
}

func cmdLslparinfo(c *call) int {
	if !c.noArgs("lslparinfo") {
		return 1
	}
	c.say("%d %s", c.vp.ID, c.vp.Name)
	return 0
}

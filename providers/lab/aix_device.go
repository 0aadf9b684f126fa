package lab

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

func aixDeviceCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"lsdev":  {aixLsdev, 150 * ms, "/usr/sbin", false, "lsdev [-C] [-c Class] [-s Subclass] [-t Type] [-l Name] [-S State] [-p Parent] [-H] [-F Format]\n       lsdev -P [-c Class] [-s Subclass] [-t Type] [-H] [-F Format]"},
		"cfgmgr": {aixCfgmgr, 5 * time.Second, "/usr/sbin", true, "cfgmgr [-v] [-l Name]"},
		"rmdev":  {aixRmdev, time.Second, "/usr/sbin", true, "rmdev -l Name [-d | -S] [-R] [-g] [-q]"},
		"mkdev":  {aixMkdev, time.Second, "/usr/sbin", true, "mkdev -l Name"},
		"lsattr": {aixLsattr, 100 * ms, "/usr/sbin", false, "lsattr {-E | -D} [-O] -l Name [-a Attribute ...] [-H] [-F Format]\n       lsattr -R -l Name -a Attribute"},
		"chdev":  {aixChdev, time.Second, "/usr/sbin", true, "chdev -l Name -a Attribute=Value ... [-P | -T | -U] [-g] [-q]"},
		"lspath": {aixLspath, 100 * ms, "/usr/sbin", false, "lspath [-l Name] [-p Parent] [-s Status] [-F Format] [-H]\n       lspath -AE -l Name -p Parent [-H]"},
		"lsmpio": {aixLsmpio, 200 * ms, "/usr/sbin", false, "lsmpio [-q] [-l Name]"},
		"lscfg":  {aixLscfg, 300 * ms, "/usr/sbin", false, "lscfg [-v] [-p] [-l Name]"},
	}
}

const (
	devBusyText = "Method error (%s):\n        0514-062 Cannot perform the requested function because the\n                 specified device is busy."
	devNoFound  = "%s: 0514-519 The following device was not found in the customized\n\tdevice configuration database:\n\t%s"
	devNoAccess = "Method error (/usr/lib/methods/chgdisk):\n        0514-047 Cannot access a device.\n\tpv"
	devInvalid  = "Method error (%s):\n        0514-018 The values specified for the following attributes \n                 are not valid:\n     %s\t"
	// exitNoAttr is the exit code of lsattr for an attribute or device that is not there: Ansible modules rely on it.
	exitNoAttr = 255
)

// attrDef is an attribute of a device as its type predefines it.
type attrDef struct {
	value, text string
	flag        string // True, True+ (also in use) or False
	values      []string
	low, high   int
}

var reservePolicies = []string{"no_reserve", "single_path", "PR_exclusive", "PR_shared"}

// defaults are the attributes of a disk. The captured texts are those of the AIX path control module.
func (d *HostDisk) defaults() map[string]attrDef {
	transfers := []string{"0x20000", "0x40000", "0x80000", "0x100000", "0x200000", "0x400000", "0x800000", "0x1000000"}
	out := map[string]attrDef{
		"PCM":             {value: "PCM/friend/vscsi", text: "Path Control Module", flag: "False"},
		"algorithm":       {value: "fail_over", text: "Algorithm", flag: "True+", values: []string{"fail_over", "round_robin", "shortest_queue"}},
		"hcheck_cmd":      {value: "test_unit_rdy", text: "Health Check Command", flag: "True+", values: []string{"test_unit_rdy", "inquiry"}},
		"hcheck_interval": {value: "0", text: "Health Check Interval", flag: "True+", low: 0, high: 3600},
		"hcheck_mode":     {value: "nonactive", text: "Health Check Mode", flag: "True+", values: []string{"nonactive", "enabled", "failed"}},
		"max_transfer":    {value: "0x40000", text: "Maximum TRANSFER Size", flag: "True", values: transfers},
		"pvid":            {value: "none", text: "Physical volume identifier", flag: "False"},
		"queue_depth":     {value: "3", text: "Queue DEPTH", flag: "True+", low: 1, high: 256},
		"reserve_policy":  {value: "no_reserve", text: "Reserve Policy", flag: "True+", values: reservePolicies},
	}
	if d.PVID != "" {
		out["pvid"] = attrDef{value: d.PVID + "0000000000000000", text: "Physical volume identifier", flag: "False"}
	}
	if d.LUN == nil {
		if d.id != "" {
			out["unique_id"] = attrDef{value: wrapped(d.id), text: "Unique device identifier", flag: "False"}
		}
		return out
	}
	set := func(name, value string) { a := out[name]; a.value = value; out[name] = a }
	set("PCM", "PCM/friend/fcpother")
	set("hcheck_interval", "60")
	set("max_transfer", "0x80000")
	set("queue_depth", "20")
	set("reserve_policy", "single_path")
	delete(out, "hcheck_cmd")
	id := strings.ToLower(strings.TrimLeft(d.LUN.ID, "0"))
	if id == "" {
		id = "0"
	}
	for n, a := range map[string]attrDef{
		"PR_key_value":   {value: "none", text: "Persistant Reserve Key Value", flag: "True+"},
		"location":       {value: "", text: "Location Label", flag: "True+"},
		"lun_id":         {value: "0x" + id, text: "Logical Unit Number ID", flag: "False"},
		"lun_reset_spt":  {value: "yes", text: "LUN Reset Supported", flag: "True", values: []string{"yes", "no"}},
		"node_name":      {value: "0x" + strings.ToLower(d.LUN.WWPN), text: "FC Node Name", flag: "False"},
		"rw_timeout":     {value: "30", text: "READ/WRITE time out value", flag: "True", low: 10, high: 600},
		"timeout_policy": {value: "fail_path", text: "Timeout Policy", flag: "True+", values: []string{"retry_path", "fail_path", "disable_path"}},
		"unique_id":      {value: d.LUN.hostID(), text: "Unique device identifier", flag: "False"},
		"ww_name":        {value: "0x" + strings.ToLower(d.LUN.WWPN), text: "FC World Wide Name", flag: "False"},
	} {
		out[n] = a
	}
	return out
}

// hostID is the identity of a LUN as every host sees it through the same driver.
func (l *LUN) hostID() string {
	if l.UniqueID != "" {
		return l.UniqueID
	}
	return "33213" + strings.ToUpper("60050768"+stableHex(24, l.WWPN, l.ID)) + "04214503IBMfcp"
}

// badValue tells whether an attribute is unknown or cannot have a value.
func (d *HostDisk) badValue(name, value string) bool {
	a, ok := d.defaults()[name]
	return !ok || a.bad(value)
}

func (a attrDef) bad(value string) bool {
	switch {
	case a.flag == "False":
		return true
	case a.values != nil:
		return !slices.Contains(a.values, value)
	case a.high > 0:
		n, ok := atoi(value)
		return !ok || n < a.low || n > a.high
	}
	return strings.ContainsAny(value, "\n\"")
}

// hostDevice is a device as lsdev lists it.
type hostDevice struct {
	name, status, location, text, class, subclass, kind, parent string
}

func (h *Host) hasFC() bool { return len(h.Fabric) > 0 }

func (h *Host) allDevices() []hostDevice {
	out := []hostDevice{
		{"sys0", "Available", "", "System Object", "sys", "node", "chrp", ""},
		{"sysplanar0", "Available", "", "System Planar", "planar", "sys", "sysplanar_rspc", "sys0"},
		{"mem0", "Available", "", "Memory", "memory", "sys", "totmem", "sysplanar0"},
		{"vio0", "Available", "", "Virtual I/O Bus", "bus", "chrp", "vio", "sysplanar0"},
		{"inet0", "Available", "", "Internet Network Extension", "tcpip", "TCPIP", "inet", ""},
		{"lo0", "Available", "", "Loopback Network Interface", "if", "LO", "lo", "inet0"},
		{"lvdd", "Available", "", "LVM Device Driver", "lvm", "lvm", "lvdd", ""},
		{"iocp0", h.iocp(), "", "I/O Completion Ports", "iocp", "node", "iocp", ""},
	}
	for i, p := range h.processors() {
		out = append(out, hostDevice{p, "Available", fmt.Sprintf("00-%02d", i*h.maxSMT()), "Processor", "processor", "sys", "proc_rspc", "sysplanar0"})
	}
	switch {
	case h.inPartition():
		for _, a := range h.Adapters {
			slot := fmt.Sprintf("C%d-T1", a.Slot)
			if !a.FC {
				out = append(out, hostDevice{a.Name, "Available", "", "Virtual SCSI Client Adapter", "adapter", "vdevice", "IBM,v-scsi", "vio0"})
				continue
			}
			out = append(out, hostDevice{a.Name, "Available", slot, "Virtual Fibre Channel Client Adapter", "adapter", "vdevice", "IBM,vfc-client", "vio0"},
				hostDevice{a.protocol(), "Available", slot + "-01", "FC SCSI I/O Controller Protocol Device", "driver", "efc", "efscsi", a.Name})
		}
	default:
		out = append(out, hostDevice{"vscsi0", "Available", "", "Virtual SCSI Client Adapter", "adapter", "vdevice", "IBM,v-scsi", "vio0"})
	}
	if h.hasFC() && !h.inPartition() {
		for i, slot := range []string{"C10-T1", "C11-T1"} {
			n := strconv.Itoa(i)
			out = append(out, hostDevice{"fcs" + n, "Available", slot, "Virtual Fibre Channel Client Adapter", "adapter", "vdevice", "IBM,vfc-client", "vio0"},
				hostDevice{"fscsi" + n, "Available", slot + "-01", "FC SCSI I/O Controller Protocol Device", "driver", "efc", "efscsi", "fcs" + n})
		}
	}
	for _, n := range h.Interfaces {
		ent := "ent" + strings.TrimPrefix(n.Name, "en")
		state := "Available"
		if n.State == "detach" {
			state = "Defined"
		}
		adapter := "Available"
		if n.gone {
			adapter, state = "Defined", "Defined"
		}
		card := hostDevice{ent, adapter, "", "Virtual I/O Ethernet Adapter (l-lan)", "adapter", "vdevice", "IBM,l-lan", "vio0"}
		if n.vnic {
			card.text, card.kind = "Virtual NIC Client Device (vnic)", "IBM,vnic"
		}
		out = append(out, card,
			hostDevice{n.Name, state, "", "Standard Ethernet Network Interface", "if", "EN", "en", ent},
			hostDevice{"et" + strings.TrimPrefix(n.Name, "en"), "Defined", "", "IEEE 802.3 Ethernet Network Interface", "if", "EN", "ie3", ent})
	}
	for _, d := range h.Disks {
		out = append(out, h.diskDevice(d))
	}
	for _, g := range h.Groups {
		out = append(out, hostDevice{g.Name, "Available", "", "Volume group", "logical_volume", "vgsubclass", "vgtype", ""})
		for _, minor := range g.known() {
			out = append(out, hostDevice{g.LVs[minor], "Available", "", "Logical volume", "logical_volume", "lvsubclass", "lvtype", g.Name})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].class < out[j].class })
	return out
}

func (h *Host) diskDevice(d *HostDisk) hostDevice {
	out := hostDevice{name: d.Name, status: "Available", text: "Virtual SCSI Disk Drive", class: "disk", subclass: "vscsi", kind: "vdisk", parent: "vscsi0"}
	if d.LUN != nil {
		out = hostDevice{d.Name, "Available", "C10-T1-01", "MPIO FC 2145", "disk", "fcp", "mpioosdisk", "fscsi0"}
	}
	if len(d.Paths) > 0 {
		out.parent = d.Paths[0].Parent
		for _, a := range h.Adapters {
			if a.FC && a.protocol() == out.parent {
				out.location = fmt.Sprintf("C%d-T1-01", a.Slot)
			}
		}
	}
	if d.Defined {
		out.status = "Defined"
	}
	return out
}

func (h *Host) deviceNamed(name string) (hostDevice, bool) {
	for _, d := range h.allDevices() {
		if d.name == name {
			return d, true
		}
	}
	return hostDevice{}, false
}

func (d hostDevice) field(name string) (string, bool) {
	v, ok := map[string]string{"name": d.name, "status": d.status, "location": d.location, "physloc": d.location, "description": d.text, "class": d.class,
		"subclass": d.subclass, "type": d.kind, "parent": d.parent}[strings.ToLower(name)]
	return v, ok
}

// format prints the fields of a device as -F wants them: words are fields, everything else is printed as it is.
func (d hostDevice) format(f string) string {
	var b strings.Builder
	word := ""
	flush := func() {
		if v, ok := d.field(word); ok {
			b.WriteString(v)
		} else {
			b.WriteString(word)
		}
		word = ""
	}
	for _, c := range f {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' {
			word += string(c)
			continue
		}
		flush()
		b.WriteRune(c)
	}
	flush()
	return b.String()
}

// predefined are types of devices that lsdev -P knows.
var predefined = []hostDevice{
	{class: "adapter", kind: "IBM,l-lan", subclass: "vdevice", text: "Virtual I/O Ethernet Adapter (l-lan)"},
	{class: "adapter", kind: "IBM,v-scsi", subclass: "vdevice", text: "Virtual SCSI Client Adapter"},
	{class: "adapter", kind: "IBM,vfc-client", subclass: "vdevice", text: "Virtual Fibre Channel Client Adapter"},
	{class: "disk", kind: "mpioosdisk", subclass: "fcp", text: "MPIO Other FC SCSI Disk Drive"},
	{class: "disk", kind: "vdisk", subclass: "vscsi", text: "Virtual SCSI Disk Drive"},
	{class: "if", kind: "en", subclass: "EN", text: "Standard Ethernet Network Interface"},
	{class: "tcpip", kind: "inet", subclass: "TCPIP", text: "Internet Network Extension"},
}

// columns prints rows with the widths that they need.
func (a *aixCall) columns(rows [][]string) {
	var width []int
	for _, r := range rows {
		for i, v := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len(v))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for i, v := range r {
			if i == len(r)-1 {
				b.WriteString(v)
				break
			}
			fmt.Fprintf(&b, "%-*s ", width[i], v)
		}
		a.say("%s", b.String())
	}
}

func aixLsdev(a *aixCall) int {
	f, ok := a.flags("CPc:s:t:l:S:F:Hp:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('C') && f.has('P') || f.has('P') && (f.has('l') || f.has('S') || f.has('p')) {
		return a.usage()
	}
	list := a.h.allDevices()
	if f.has('P') {
		list = predefined
	}
	var rows [][]string
	if f.has('H') && !f.has('F') {
		rows = append(rows, []string{"name", "status", "location", "description"})
		if f.has('P') {
			rows[0] = []string{"class", "type", "subclass", "description"}
		}
	}
	states := map[string]string{"a": "Available", "available": "Available", "d": "Defined", "defined": "Defined", "s": "Stopped", "stopped": "Stopped"}
	for _, d := range list {
		if f.has('c') && d.class != f.get('c') || f.has('s') && d.subclass != f.get('s') || f.has('t') && d.kind != f.get('t') || f.has('l') && d.name != f.get('l') ||
			f.has('p') && d.parent != f.get('p') || f.has('S') && states[strings.ToLower(f.get('S'))] != d.status {
			continue
		}
		switch {
		case f.has('F'):
			a.say("%s", d.format(f.get('F')))
		case f.has('P'):
			rows = append(rows, []string{d.class, d.kind, d.subclass, d.text})
		default:
			rows = append(rows, []string{d.name, d.status, d.location, d.text})
		}
	}
	a.columns(rows)
	return 0
}

func aixCfgmgr(a *aixCall) int {
	f, ok := a.flags("vl:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	h, below := a.h, f.get('l')
	if _, there := h.deviceNamed(below); below != "" && !there {
		return a.fail(devNoFound, "cfgmgr", below)
	}
	internal := below == "" || contains("vscsi0 vio0 sys0 sysplanar0", below)
	fabric := below == "" || contains("fcs0 fcs1 fscsi0 fscsi1 vio0 sys0 sysplanar0", below)
	if f.has('v') {
		name := below
		if name == "" {
			name = "sys0"
		}
		method := "/usr/lib/methods/cfg_vclient"
		a.say("----------------\nattempting to configure device '%s'\nTime: 0 LEDS: 0x25b3\ninvoking %s -l %s\nNumber of running methods: 1\n----------------\nCompleted method for: %s, Elapsed time = 0\nreturn code = 0",
			name, method, name, name)
	}
	if h.inPartition() {
		a.e.configureHost(h, below, false)
		return 0
	}
	for _, d := range h.Disks {
		if d.Defined && (d.LUN == nil && internal || d.LUN != nil && fabric) || d.Defined && d.Name == below {
			a.e.configureDisk(h, d)
		}
	}
	for _, d := range h.Disks {
		d.freshPaths()
	}
	add := func(m *medium) {
		if !slices.ContainsFunc(h.Disks, func(d *HostDisk) bool { return d.medium == m }) {
			d := &HostDisk{Name: h.freeDisk(), LUN: m.lun, medium: m, Attrs: map[string]string{}, Pending: map[string]string{}}
			h.Disks = append(h.Disks, d)
			a.e.configureDisk(h, d)
			sort.SliceStable(h.Disks, func(i, j int) bool { return naturalLess(h.Disks[i].Name, h.Disks[j].Name) })
		}
	}
	if internal {
		for _, m := range h.internal {
			add(m)
		}
	}
	if fabric {
		for _, l := range h.Fabric {
			add(l.disk())
		}
	}
	return 0
}

// configureDisk makes a disk available: its identifier is read, and what was changed in the database takes effect. A disk
// that another host has reserved cannot be read.
func (e *Estate) configureDisk(h *Host, d *HostDisk) {
	d.Defined = false
	d.freshPaths()
	for k, v := range d.Pending {
		d.Attrs[k] = v
	}
	d.Pending = map[string]string{}
	if e.reservedBy(d.medium, h) == nil {
		d.PVID = d.medium.pvid()
	}
}

// inUse tells whether a varied-on group holds a disk.
func (h *Host) inUse(d *HostDisk) bool {
	g := h.groupOf(d)
	return g != nil && g.State != vgOff
}

func aixRmdev(a *aixCall) int {
	f, ok := a.flags("l:dRSgq")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('l') || f.has('d') && f.has('S') {
		return a.usage()
	}
	h, name := a.h, f.get('l')
	dev, ok := h.deviceNamed(name)
	if !ok {
		return a.fail(devNoFound, "rmdev", name)
	}
	d := h.disk(name)
	if d == nil {
		for _, x := range h.allDevices() {
			if x.parent == name && !f.has('R') {
				return a.bad("Method error (/etc/methods/ucfgdevice):\n        0514-029 Cannot perform the requested function because a\n                 child device of the specified device is not in a\n                 correct state.")
			}
		}
		if name == "iocp0" && !f.has('d') {
			h.setDev("iocp0|status", "Defined")
			a.say("iocp0 Defined")
			return 0
		}
		// Adapters, interfaces and volumes of the model are always in use.
		if dev.status == "Defined" && !f.has('d') {
			a.say("%s Defined", name)
			return 0
		}
		if n := h.nic(name); n != nil && dev.status == "Defined" {
			// The adapter stays; cfgmgr makes the interface anew.
			n.Address, n.Aliases, n.State = "", nil, "detach"
			n.store()
			a.say("%s deleted", name)
			return 0
		}
		if at := slices.IndexFunc(h.Adapters, func(x *hostAdapter) bool { return x.Name == name }); at >= 0 && !a.deviceBusy(name) && f.has('d') && f.has('R') {
			h.Adapters = slices.Delete(slices.Clone(h.Adapters), at, at+1)
			a.say("%s deleted", name)
			return 0
		}
		return a.fail(devBusyText, "/etc/methods/ucfgdevice")
	}
	if h.inUse(d) {
		return a.fail(devBusyText, "/etc/methods/ucfgdevice")
	}
	if f.has('d') {
		h.Disks = slices.DeleteFunc(slices.Clone(h.Disks), func(x *HostDisk) bool { return x == d })
		a.say("%s deleted", name)
		return 0
	}
	d.Defined = true
	a.say("%s Defined", name)
	return 0
}

func aixMkdev(a *aixCall) int {
	f, ok := a.flags("l:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('l') {
		return a.usage()
	}
	name := f.get('l')
	dev, ok := a.h.deviceNamed(name)
	if !ok {
		return a.fail(devNoFound, "mkdev", name)
	}
	if d := a.h.disk(name); d != nil && d.Defined && d.lost {
		return a.fail("Method error (/usr/lib/methods/cfgscsidisk):\n        0514-047 Cannot access a device.")
	} else if d != nil && d.Defined {
		a.e.configureDisk(a.h, d)
	} else if name == "iocp0" {
		a.h.setDev("iocp0|status", "Available")
	} else if dev.status == "Defined" {
		return a.fail("Method error (/usr/lib/methods/cfgif):\n        0514-040 Error initializing a device into the kernel.")
	}
	a.say("%s Available", name)
	return 0
}

// deviceAttrs are the attributes of any device: definition and value.
func (a *aixCall) deviceAttrs(name string, effective bool) (map[string]attrDef, bool) {
	h := a.h
	if d := h.disk(name); d != nil {
		out := d.defaults()
		for n, x := range out {
			if v, ok := d.Attrs[n]; ok && effective {
				x.value = v
			}
			if v, ok := d.Pending[n]; ok && effective {
				x.value = v // the database has it already
			}
			if !h.atLeast(7, 1) && x.flag == "True+" {
				x.flag = "True"
			}
			out[n] = x
		}
		return out, true
	}
	if out, ok := h.interfaceAttrs(name); ok {
		return out, true
	}
	switch name {
	case "sys0":
		return a.otherAttrs(name, map[string]attrDef{
			"SW_dist_intr":  {value: "false", text: "Enable SW distribution of interrupts", flag: "False"},
			"enhanced_RBAC": {value: "true", text: "Enhanced RBAC Mode", flag: "False"},
			"fwversion":     {value: "IBM,FW950.00 (VL950_045)", text: "Firmware version and revision levels", flag: "False"},
			"modelname":     {value: h.Model, text: "Machine name", flag: "False"},
			"os_uuid":       {value: stableHex(8, h.Name) + "-0001-0000-0000-" + stableHex(12, h.Machine), text: "N/A", flag: "False"},
			"realmem":       {value: strconv.Itoa(h.MemoryMB << 10), text: "Amount of usable physical memory in Kbytes", flag: "False"},
			"systemid":      {value: "IBM,02" + h.serialNo(), text: "Hardware system identifier", flag: "False"},
		}, effective), true
	case "mem0":
		return a.otherAttrs(name, map[string]attrDef{"goodsize": {value: strconv.Itoa(h.MemoryMB), text: "Amount of usable physical memory in Mbytes", flag: "False"},
			"size": {value: strconv.Itoa(h.MemoryMB), text: "Total amount of physical memory in Mbytes", flag: "False"}}, effective), true
	case "inet0":
		out := map[string]attrDef{"hostname": {value: h.Hostname, text: "Host Name", flag: "True"}, "authm": {value: "65536", text: "Authentication Methods", flag: "False"}, "route": {text: "Route", flag: "True"}}
		for _, r := range h.Routes {
			if x := out["route"]; r.Kept {
				x.value = strings.TrimPrefix(x.value+" "+r.word(), " ")
				out["route"] = x
			}
		}
		return out, true
	}
	if _, ok := h.deviceNamed(name); ok {
		return a.otherAttrs(name, map[string]attrDef{}, effective), true
	}
	return nil, false
}

func aixLsattr(a *aixCall) int {
	f, ok := a.flags("EDRORl:a:HF:")
	if !ok {
		return 1
	}
	modes := 0
	for _, m := range "EDR" {
		if f.has(byte(m)) {
			modes++
		}
	}
	if len(f.rest) > 0 || !f.has('l') || modes != 1 || f.has('R') && (len(f.set['a']) != 1 || f.any("OHF")) || f.has('O') && f.any("HF") {
		return a.usage()
	}
	name := f.get('l')
	attrs, ok := a.deviceAttrs(name, f.has('E'))
	if !ok {
		a.fail(devNoFound, "lsattr", name)
		return exitNoAttr
	}
	names := f.set['a']
	if names == nil {
		names = sortedKeys(attrs)
	}
	for _, n := range names {
		if _, ok := attrs[n]; !ok {
			a.fail("lsattr: 0514-528 The \"%s\" attribute does not exist in the predefined\n\tdevice configuration database.", n)
			return exitNoAttr
		}
	}
	switch {
	case f.has('R'):
		x := attrs[names[0]]
		switch {
		case x.flag == "False":
			return a.fail("lsattr: 0514-523 The attribute %s has no range of values.", names[0])
		case x.values != nil:
			a.say("%s", strings.Join(x.values, "\n"))
		case x.high > 0:
			a.say("%d...%d (+1)", x.low, x.high)
		}
	case f.has('O'):
		var values []string
		for _, n := range names {
			values = append(values, attrs[n].value)
		}
		a.say("#%s\n%s", strings.Join(names, ":"), strings.Join(values, ":"))
	case f.has('F'):
		for _, n := range names {
			x := attrs[n]
			line, ok := attrFormat(f.get('F'), n, x)
			if !ok {
				return a.usage()
			}
			a.say("%s", line)
		}
	default:
		var rows [][]string
		if f.has('H') {
			rows = append(rows, []string{"attribute", "value", "description", "user_settable"})
		}
		for _, n := range names {
			x := attrs[n]
			rows = append(rows, []string{n, x.value, x.text, x.flag})
		}
		if f.has('H') {
			for _, r := range rows[:1] {
				a.say("%s\n", strings.Join(r, " "))
			}
			rows = rows[1:]
		}
		a.columns(rows)
	}
	return 0
}

func attrFormat(format, name string, x attrDef) (string, bool) {
	fields := map[string]string{"attribute": name, "value": x.value, "description": x.text, "user_settable": x.flag}
	words := strings.FieldsFunc(format, func(r rune) bool { return r == ' ' || r == ',' || r == ':' })
	sep := " "
	if i := strings.IndexAny(format, ",: "); i >= 0 {
		sep = format[i : i+1]
	}
	var out []string
	for _, w := range words {
		v, ok := fields[w]
		if !ok {
			return "", false
		}
		out = append(out, v)
	}
	return strings.Join(out, sep), len(out) > 0
}

func aixChdev(a *aixCall) int {
	f, ok := a.flags("l:a:PTUgq")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('l') || !f.has('a') || f.has('P') && f.any("UT") || f.has('T') && f.has('U') || f.has('U') && !a.h.atLeast(7, 1) {
		return a.usage()
	}
	name := f.get('l')
	var pairs [][2]string
	for _, word := range f.set['a'] {
		for _, one := range strings.Fields(word) {
			n, v, ok := strings.Cut(one, "=")
			if !ok || n == "" {
				return a.usage()
			}
			pairs = append(pairs, [2]string{n, v})
		}
	}
	attrs, ok := a.deviceAttrs(name, true)
	if !ok {
		return a.fail(devNoFound, "chdev", name)
	}
	if d := a.h.disk(name); d != nil {
		return a.changeDisk(d, attrs, pairs, f)
	}
	if a.h.nic(name) == nil && name != "inet0" && a.attrsOf(name) != nil {
		return a.changeOther(name, attrs, pairs, f)
	}
	return a.changeInterface(name, attrs, pairs, f)
}

func (a *aixCall) changeDisk(d *HostDisk, attrs map[string]attrDef, pairs [][2]string, f *flagSet) int {
	const method = "/usr/lib/methods/chgdisk"
	for _, p := range pairs {
		x, ok := attrs[p[0]]
		switch {
		case p[0] == "pv":
			if p[1] != "yes" && p[1] != "clear" || f.any("PU") {
				return a.fail(devInvalid, method, "pv")
			}
			if d.Defined || a.e.reservedBy(d.medium, a.h) != nil {
				return a.bad(devNoAccess)
			}
			if p[1] == "clear" && (a.h.inUse(d) || d.medium.group != nil && a.e.activeElsewhere(d.medium.group, nil) != nil) {
				return a.fail(devBusyText, method)
			}
		case !ok || x.bad(p[1]):
			return a.fail(devInvalid, method, p[0])
		case f.has('U') && x.flag != "True+":
			return a.fail(devBusyText, method)
		case a.h.inUse(d) && !f.any("PU"):
			return a.fail(devBusyText, method)
		}
	}
	for _, p := range pairs {
		switch {
		case p[0] == "pv" && p[1] == "clear":
			// The descriptor area does not survive here; what a real disk keeps of it is not confirmed.
			a.e.writePVID(d.medium, "")
			d.PVID, d.medium.group = "", nil
		case p[0] == "pv":
			if d.medium.pvid() == "" {
				a.e.writePVID(d.medium, a.e.newPVID(a.h))
			}
			d.PVID = d.medium.pvid()
		case f.has('P') || d.Defined:
			d.Pending[p[0]] = p[1]
		default:
			d.Attrs[p[0]] = p[1]
			delete(d.Pending, p[0])
		}
	}
	a.say("%s changed", d.Name)
	return 0
}

// paths of a disk: parent and connection.
func (d *HostDisk) paths() [][2]string {
	if d.Paths != nil {
		var out [][2]string
		for _, k := range d.Paths {
			out = append(out, [2]string{k.Parent, k.Connection})
		}
		return out
	}
	if d.LUN == nil {
		return [][2]string{{"vscsi0", "81" + fmt.Sprintf("%02x", d.number()) + "000000000000"}}
	}
	out := [][2]string{{"fscsi0", d.LUN.connection()}, {"fscsi1", d.LUN.connection()}}
	return slices.DeleteFunc(out, func(p [2]string) bool { return d.PathState[p[0]+","+p[1]] == "deleted" })
}

func (d *HostDisk) number() int { _, n := splitNumber(d.Name); return max(0, n) }

func aixLspath(a *aixCall) int {
	f, ok := a.flags("l:p:s:F:HAEi:w:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('A') != f.has('E') || f.has('A') && (!f.has('l') || !f.has('p') || f.any("Fs")) || f.has('H') && !f.has('A') {
		return a.usage()
	}
	if f.has('l') && a.h.disk(f.get('l')) == nil {
		return a.fail(devNoFound, "lspath", f.get('l'))
	}
	if s := strings.ToLower(f.get('s')); s != "" && !contains("available defined enabled disabled failed missing", s) {
		return a.fail("lspath: 0514-546 Invalid parameter - %s.", f.get('s'))
	}
	hit := false
	for _, d := range a.h.Disks {
		if f.has('l') && d.Name != f.get('l') {
			continue
		}
		for i, p := range d.paths() {
			status := a.e.pathStatus(a.h, d, i)
			if f.has('p') && p[0] != f.get('p') || f.has('w') && p[1] != f.get('w') || f.has('i') && f.get('i') != strconv.Itoa(i) || f.has('s') && !strings.EqualFold(status, f.get('s')) {
				continue
			}
			hit = true
			switch {
			case f.has('A'):
				if f.has('H') {
					a.say("attribute value description user_settable\n")
				}
				a.say("priority  1     Priority    True")
			case f.has('F'):
				x := hostDevice{name: d.Name, status: status, parent: p[0]}
				line := strings.NewReplacer("path_status", "\x03", "path_id", "\x01", "connection", "\x02").Replace(f.get('F'))
				available := "Available"
				if contains("Defined Missing", status) {
					available = status
				}
				line = x.format(line)
				a.say("%s", strings.NewReplacer("\x01", strconv.Itoa(i), "\x02", p[1], "\x03", available).Replace(line))
			default:
				a.say("%s %s %s", status, d.Name, p[0])
			}
		}
	}
	if f.has('A') && !hit {
		return a.fail("lspath: 0514-538 Cannot perform the requested function because the\n\tspecified path was not found.")
	}
	return 0
}

func aixLsmpio(a *aixCall) int {
	f, ok := a.flags("ql:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if d := a.h.disk(f.get('l')); f.has('l') && d == nil {
		return a.fail("lsmpio: device %s was not found.", f.get('l'))
	}
	if f.has('q') {
		return a.mpioVolumes(f.get('l'))
	}
	rows := [][]string{{"name", " path_id", " status", "  path_status", " parent", " connection"}}
	for _, d := range a.h.Disks {
		if d.Defined || f.has('l') && d.Name != f.get('l') {
			continue
		}
		for i, p := range d.paths() {
			state, status := "Clo", a.e.pathStatus(a.h, d, i)
			switch {
			case status != "Enabled":
				state = "Fai"
			case a.h.inUse(d):
				state = "Sel"
			}
			rows = append(rows, []string{d.Name, " " + strconv.Itoa(i), " " + status, "  " + state, " " + p[0], " " + p[1]})
		}
	}
	a.columns(rows)
	return 0
}

func aixLscfg(a *aixCall) int {
	f, ok := a.flags("vpl:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	unit := "U" + strings.Replace(strings.TrimPrefix(a.h.Model, "IBM,"), "-", ".", 1) + "." + a.h.serialNo() + "-V1"
	if a.h.inPartition() {
		unit = strings.TrimSuffix(unit, "1") + strconv.Itoa(a.h.lparID)
	}
	if f.has('l') {
		if _, ok := a.h.deviceNamed(f.get('l')); !ok {
			return a.fail("lscfg: device %s not found.", f.get('l'))
		}
	} else {
		a.say("INSTALLED RESOURCE LIST\n\nThe following resources are installed on the machine.\n+/- = Added or deleted from Resource List.\n*   = Diagnostic support not available.\n\n  Model Architecture: chrp\n  Model Implementation: Multiple Processor, PCI bus\n")
	}
	for _, d := range a.h.allDevices() {
		if f.has('l') && d.name != f.get('l') || !f.has('l') && contains("logical_volume if tcpip lvm", d.class) {
			continue
		}
		loc := unit
		if disk := a.h.disk(d.name); disk != nil && disk.LUN != nil {
			loc = unit + "-C10-T1" + disk.LUN.path()
		} else if disk != nil {
			loc = unit + "-C2-T1-L81" + fmt.Sprintf("%02x", disk.number()) + "000000000000"
		}
		loc = a.h.slotCode(unit, loc, d.name)
		a.say("  %-16s %-26s  %s", d.name, loc, d.text)
		if disk := a.h.disk(d.name); f.has('v') && disk != nil && disk.LUN != nil {
			a.say("\n        Manufacturer................IBM     \n        Machine Type and Model......2145            \n        ROS Level and ID............30303030\n        Serial Number...............%s\n        Device Specific.(Z0)........0000063268181002\n",
				strings.ToUpper(stableHex(12, disk.LUN.ID)))
		}
		if n := a.h.nic("en" + strings.TrimPrefix(d.name, "ent")); f.has('v') && n != nil && strings.HasPrefix(d.name, "ent") {
			a.say("\n        Network Address.............%s\n        Displayable Message.........Virtual I/O Ethernet Adapter (l-lan)\n        Hardware Location Code......%s\n", strings.ToUpper(n.MAC), loc)
		}
	}
	return 0
}

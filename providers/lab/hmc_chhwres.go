package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func hmcChhwres(h *hcall) int {
	kind, ok := h.one("-r", "io", "mem", "mempool", "proc", "procpool", "virtualio", "sriov")
	if !ok || !h.system(true) {
		return 1
	}
	op, ok := h.one("-o", "a", "r", "m", "s", "c", "d", "e", "act")
	if !ok {
		return 1
	}
	for _, name := range []string{"-w", "-d"} {
		if v, ok := h.values[name]; ok {
			if n, ok := number(v); !ok || name == "-d" && n > 5 {
				return h.refuse(hmcBadParam, name)
			}
		}
	}
	switch {
	case kind == "mempool":
		return h.refuse(hmcNoAMS)
	case kind == "procpool":
		return h.changePool(op)
	case kind == "virtualio" && h.values["--rsubtype"] == "vswitch":
		return h.changeSwitch(op)
	case kind == "mem" && op == "s" && !h.has("-p") && !h.has("--id"):
		return h.changeMemorySettings()
	case kind == "sriov":
		return h.changeSRIOV(op)
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	if p.migrating() || p.State == stateShuttingDown {
		return h.refuse(hmcWrongState)
	}
	switch kind {
	case "mem":
		return h.changeMemory(p, op)
	case "proc":
		return h.changeProcessors(p, op)
	case "io":
		return h.changeIO(p, op)
	}
	return h.changeVirtual(p, op)
}

// dlpar checks that a running partition can be changed: which is 0 memory, 1 processor, 2 I/O.
func (h *hcall) dlpar(p *Partition, which int) bool {
	if p.live() && !h.flags["--force"] && (p.RMC != rmcActive || !p.DLPAR[which]) {
		h.refuse(hmcNoRMC, p.Name)
		return false
	}
	return true
}

// follow writes the current configuration into the profile that the partition runs with, where that is switched on.
func (h *hcall) follow(p *Partition) {
	if p.Sync != "1" || !p.holds() {
		return
	}
	if pr := p.profileNamed(p.CurrProfile); pr != nil {
		name := pr.Name
		*pr = *p.current()
		pr.Name = name
	}
}

// receiver is the partition behind -t or --tid.
func (h *hcall) receiver() (*Partition, bool) {
	name, ok := h.values["-t"]
	if id, byID := h.values["--tid"]; byID {
		if n, good := number(id); good && h.sys.partition(n) != nil {
			return h.sys.partition(n), true
		}
		h.refuse(hmcNoID, id)
		return nil, false
	}
	if !ok {
		h.refuse(hmcBadParam, "-t")
		return nil, false
	}
	if q := h.sys.partitionNamed(name); q != nil {
		return q, true
	}
	h.refuse(hmcNotFound, name)
	return nil, false
}

func (h *hcall) changeMemory(p *Partition, op string) int {
	if !contains("a r m s", op) {
		return h.refuse(hmcBadParam, "-o")
	}
	if !p.holds() {
		return h.refuse(hmcWrongState)
	}
	if op == "s" && h.has("-a") {
		return h.refuse(hmcBadParam, "-a")
	}
	q, ok := number(h.values["-q"])
	if !ok || q == 0 {
		return h.refuse(hmcBadParam, "-q")
	}
	if q%h.sys.RegionMB != 0 {
		return h.refuse(hmcRegion, h.sys.RegionMB)
	}
	change := q
	switch op {
	case "r", "m":
		change = -q
	case "s":
		change = q - p.Curr.Mem
	}
	within := func(p *Partition, n int) bool {
		if n < p.Curr.MinMem || n > p.Curr.MaxMem {
			h.refuse(hmcLimit, p.Name)
			return false
		}
		return true
	}
	if !within(p, p.Curr.Mem+change) || !h.dlpar(p, 0) {
		return 1
	}
	if op == "m" {
		t, ok := h.receiver()
		if !ok {
			return 1
		}
		if !t.holds() {
			return h.refuse(hmcWrongState)
		}
		if !within(t, t.Curr.Mem+q) || !h.dlpar(t, 0) {
			return 1
		}
		t.Curr.Mem += q
		h.follow(t)
	} else if change > 0 && !h.sys.reclaim(func() bool { return h.sys.freeMem() >= change }, p) {
		return h.refuse(hmcMemory, h.sys.freeMem(), change)
	}
	p.Curr.Mem += change
	h.follow(p)
	if !h.pause(time.Second) {
		return 1
	}
	return 0
}

func (h *hcall) changeProcessors(p *Partition, op string) int {
	if !contains("a r m s", op) {
		return h.refuse(hmcBadParam, "-o")
	}
	if !p.holds() {
		return h.refuse(hmcWrongState)
	}
	procs, hund := 0, 0
	var ok bool
	if v, given := h.values["--procs"]; given {
		if procs, ok = number(v); !ok {
			return h.refuse(hmcBadParam, "--procs")
		}
	}
	if v, given := h.values["--procunits"]; given {
		if hund, ok = units(v); !ok || p.Curr.Dedicated {
			return h.refuse(hmcBadParam, "--procunits")
		}
	}
	next := p.Curr
	if op == "s" {
		if h.has("--procs") {
			next.Procs = procs
		}
		if h.has("--procunits") {
			next.Units = hund
		}
		if h.has("-a") {
			data, ok := h.data("-a")
			if !ok {
				return 1
			}
			ed := h.editor(p, Profile{Resources: next})
			order(data)
			for _, a := range data {
				if !contains("sharing_mode uncap_weight shared_proc_pool_id shared_proc_pool_name", a.Name) {
					return h.badAttr(a.Name)
				}
				if msg := ed.set(a); msg != "" {
					return h.refuse("%s", msg)
				}
			}
			next = ed.pr.Resources
		} else if !h.has("--procs") && !h.has("--procunits") {
			return h.refuse(hmcBadParam, "-a")
		}
	} else if procs == 0 && hund == 0 {
		return h.refuse(hmcBadParam, "--procs")
	}
	sign := map[string]int{"a": 1, "r": -1, "m": -1}[op]
	next.Procs += sign * procs
	next.Units += sign * hund
	if msg := h.checkProcs(p, next); msg != "" {
		return h.refuse("%s", msg)
	}
	if !h.dlpar(p, 1) {
		return 1
	}
	if op == "m" {
		t, ok := h.receiver()
		if !ok {
			return 1
		}
		if t == p || !t.holds() || t.Curr.Dedicated != p.Curr.Dedicated {
			return h.refuse(hmcWrongState)
		}
		tn := t.Curr
		tn.Procs += procs
		tn.Units += hund
		if msg := h.checkProcs(t, tn); msg != "" {
			return h.refuse("%s", msg)
		}
		if !h.dlpar(t, 1) {
			return 1
		}
		t.Curr = tn
		h.follow(t)
	} else if more := next.held() - p.Curr.held(); more > 0 && !h.sys.reclaim(func() bool { return h.sys.freeUnits() >= more }, p) {
		return h.refuse(hmcProcs, hmcUnit(h.sys.freeUnits()), hmcUnit(more))
	}
	p.Curr = next
	h.follow(p)
	if !h.pause(time.Second) {
		return 1
	}
	return 0
}

func (h *hcall) checkProcs(p *Partition, r Resources) string {
	if r.Procs < r.MinProcs || r.Procs > r.MaxProcs || !r.Dedicated && (r.Units < r.MinUnits || r.Units > r.MaxUnits) {
		return text(hmcLimit, p.Name)
	}
	if !r.Dedicated && r.Units < r.Procs*h.sys.MinUnits {
		return text(hmcUnits, hmcUnit(h.sys.MinUnits))
	}
	if !r.Dedicated && r.Units > r.Procs*100 {
		return text(hmcBadValue, hmcUnit(r.Units), "proc_units", "  It must not be more than one per virtual processor.")
	}
	return ""
}

func (h *hcall) changePool(op string) int {
	if op != "s" {
		return h.refuse(hmcBadParam, "-o")
	}
	data, ok := h.data("-a")
	if !ok {
		return 1
	}
	var pool *ProcPool
	for _, x := range h.sys.Pools {
		if v := h.values["--poolname"]; v != "" && x.Name == v {
			pool = x
		}
	}
	for _, a := range data {
		if a.Name == "shared_proc_pool_id" {
			n, _ := number(a.Value)
			pool = h.sys.pool(n)
		}
	}
	if pool == nil {
		return h.refuse(hmcBadParam, "--poolname")
	}
	for _, a := range data {
		switch a.Name {
		case "shared_proc_pool_id":
		case "new_name":
			pool.Name = a.Value
		case "max_pool_proc_units":
			pool.Max, _ = units(a.Value)
		case "reserved_pool_proc_units":
			pool.Reserved, _ = units(a.Value)
		default:
			return h.badAttr(a.Name)
		}
	}
	return 0
}

func (h *hcall) changeSwitch(op string) int {
	name, ok := h.values["--vswitch"]
	if !ok || !hmcName(name) {
		return h.refuse(hmcBadParam, "--vswitch")
	}
	have := h.sys.vswitch(name)
	vepa, renamed := have != nil && have.VEPA, ""
	if h.has("-a") {
		data, ok := h.data("-a")
		if !ok {
			return 1
		}
		for _, a := range data {
			switch {
			case a.Name == "switch_mode" && contains("VEB VEPA", a.Value):
				vepa = a.Value == "VEPA"
			case a.Name == "new_name" && op == "s" && hmcName(a.Value) && h.sys.vswitch(a.Value) == nil && name != firstSwitch:
				renamed = a.Value
			case a.Name == "switch_mode" || a.Name == "new_name":
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			default:
				return h.badAttr(a.Name)
			}
		}
	}
	switch op {
	case "a":
		if have != nil {
			return h.refuse("%s", hmcBad(name, "--vswitch"))
		}
		h.sys.Switches = append(h.sys.Switches, &Switch{Name: name, VEPA: vepa})
	case "r":
		if have == nil || name == firstSwitch || len(h.sys.switchVLANs(name)) > 0 {
			return h.refuse("%s", hmcBad(name, "--vswitch"))
		}
		h.sys.Switches = slices.DeleteFunc(h.sys.Switches, func(x *Switch) bool { return x == have })
	case "s":
		if have == nil {
			return h.refuse("%s", hmcBad(name, "--vswitch"))
		}
		have.VEPA = vepa
		if renamed != "" {
			h.sys.renameSwitch(have, renamed)
		}
	default:
		return h.refuse(hmcBadParam, "-o")
	}
	return 0
}

// renameSwitch gives a virtual switch another name, in all adapters and profiles.
func (s *System) renameSwitch(x *Switch, name string) {
	for _, p := range s.Partitions {
		lists := [][]EthAdapter{p.Eth}
		for _, pr := range p.profiles() {
			lists = append(lists, pr.Eth)
		}
		for _, list := range lists {
			for i := range list {
				if list[i].Switch == x.Name {
					list[i].Switch = name
				}
			}
		}
	}
	x.Name = name
}

// changeMemorySettings takes settings of the whole system, which hold from its next power on.
func (h *hcall) changeMemorySettings() int {
	data, ok := h.data("-a")
	if !ok {
		return 1
	}
	for _, a := range data {
		switch a.Name {
		case "requested_num_sys_huge_pages":
			n, ok := number(a.Value)
			if !ok {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			if h.sys.State != "Power Off" {
				return h.refuse(hmcWrongState)
			}
			h.sys.HugePages = n
		case "pend_mem_region_size", "mem_mirroring_mode":
		default:
			return h.badAttr(a.Name)
		}
	}
	return 0
}

func (h *hcall) changeIO(p *Partition, op string) int {
	if !contains("a r m", op) {
		return h.refuse(hmcBadParam, "-o")
	}
	sl := h.sys.slotOf(h.values["-l"])
	if sl == nil {
		return h.refuse(hmcSlotOwned, h.values["-l"])
	}
	if !h.dlpar(p, 2) {
		return 1
	}
	switch op {
	case "a":
		if sl.Owner != 0 || h.sys.sriovSlot(sl.DRCIndex) {
			return h.refuse(hmcSlotOwned, sl.DRCIndex)
		}
		if p.live() && !h.pause(27*time.Second) {
			return 1
		}
		sl.Owner = p.ID
	default:
		if sl.Owner != p.ID {
			return h.refuse(hmcSlotOwned, sl.DRCIndex)
		}
		if p.live() {
			if p.VIOS != nil && p.VIOS.usesSlot(sl) {
				return h.refuse("HSCL2929 The dynamic removal of I/O resources failed: The I/O slot dynamic partitioning operation failed.  Here are the I/O slot IDs that failed and the reasons for failure:\n\n%s caDlparCommand:execv to drmgr\nThe OS return code is 255.  %s (%s)",
					h.e.Now.Format("Jan 02 15:04:05"), sl.Location, sl.DRCIndex)
			}
			if !h.pause(21 * time.Second) {
				return 1
			}
		}
		sl.Owner = 0
		if op == "m" {
			t, ok := h.receiver()
			if !ok {
				sl.Owner = p.ID
				return 1
			}
			sl.Owner = t.ID
		}
	}
	h.follow(p)
	return 0
}

func (v *VIOS) usesSlot(sl *IOSlot) bool {
	for _, f := range v.Ports {
		if strings.HasPrefix(f.Location, sl.Location+"-") {
			return true
		}
	}
	for _, d := range v.Eths {
		if d.Location != "" && strings.HasPrefix(d.Location, sl.Location+"-") {
			return true
		}
	}
	return false
}

func (h *hcall) changeVirtual(p *Partition, op string) int {
	used := usedSlots(p)
	slot := 0
	if v, ok := h.values["-s"]; ok {
		if slot, ok = number(v); !ok {
			return h.refuse(hmcBadParam, "-s")
		}
	} else if op != "a" {
		return h.refuse(hmcBadParam, "-s")
	}
	sub := h.values["--rsubtype"]
	if sub == "" && op == "r" {
		sub = used[slot]
	}
	if sub == "vnicbkdev" {
		return h.changeBacking(p, op, slot)
	}
	if !contains("eth scsi fc vnic serial", sub) {
		if op == "r" {
			return h.refuse(hmcSlotEmpty, h.values["-s"])
		}
		return h.refuse(hmcBadParam, "--rsubtype")
	}
	if !contains("a r s d e", op) || sub == "serial" {
		return h.refuse(hmcBadParam, "-o")
	}
	if !h.dlpar(p, 2) {
		return 1
	}
	if op == "a" {
		if slot == 0 {
			for slot = 2; used[slot] != ""; slot++ {
			}
		}
		most := p.CurrSlots
		if !p.holds() {
			most = p.Profile.MaxSlots
		}
		if slot < 2 || slot >= most {
			return h.refuse(hmcSlotRange, slot, most-1)
		}
		if used[slot] != "" {
			return h.refuse(hmcSlotUsed, slot)
		}
	} else if used[slot] != sub {
		return h.refuse(hmcSlotEmpty, h.values["-s"])
	}
	var data []pair
	if h.has("-a") && op != "r" {
		var ok bool
		if data, ok = h.data("-a"); !ok {
			return 1
		}
	}
	var msg string
	switch sub {
	case "eth":
		msg = h.changeEth(p, op, slot, data)
	case "scsi":
		msg = h.changeScsi(p, op, slot, data)
	case "fc":
		msg = h.changeFC(p, op, slot, data)
	default:
		msg = h.changeVNIC(p, op, slot, data)
	}
	if msg != "" {
		return h.refuse("%s", msg)
	}
	h.follow(p)
	return 0
}

func (h *hcall) changeEth(p *Partition, op string, slot int, data []pair) string {
	at := slices.IndexFunc(p.Eth, func(a EthAdapter) bool { return a.Slot == slot })
	switch op {
	case "r":
		if v := p.VIOS; v != nil {
			for i, d := range v.Eths {
				if d.Slot != slot {
					continue
				}
				if u := v.ethUser(d.Name); u != "" {
					return text(hmcRemoveFails, slot, u)
				}
				v.Eths = append(v.Eths[:i:i], v.Eths[i+1:]...)
				break
			}
		}
		p.Eth = slices.Delete(slices.Clone(p.Eth), at, at+1)
		return ""
	case "d", "e":
		return ""
	}
	x := EthAdapter{Slot: slot, MAC: fmt.Sprintf("%s%02X", p.MACBase, slot&255), Switch: firstSwitch, OSMACs: "all", QoS: "none", IEEE: false}
	if op == "s" {
		x = p.Eth[at]
	}
	trunk, prio := x.TrunkPriority > 0, x.TrunkPriority
	for _, a := range data {
		bad := hmcBad(a.Value, a.Name)
		if a.Op != "=" && (a.Name != "addl_vlan_ids" || op != "s") {
			return h.invalid(a.Name)
		}
		switch a.Name {
		case "ieee_virtual_eth", "is_trunk", "is_required":
			if !contains("0 1", a.Value) {
				return bad
			}
			on := a.Value == "1"
			switch a.Name {
			case "ieee_virtual_eth":
				x.IEEE = on
			case "is_trunk":
				trunk = on
			default:
				x.Required = on
			}
		case "port_vlan_id":
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 4094 {
				return bad
			}
			x.PVID = n
		case "trunk_priority":
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 15 {
				return bad
			}
			prio = n
		case "vswitch":
			if h.sys.vswitch(a.Value) == nil || op == "s" {
				return bad
			}
			x.Switch = a.Value
		case "mac_addr":
			if len(a.Value) != 12 || !isHex(a.Value) || op == "s" {
				return bad
			}
			x.MAC = strings.ToUpper(a.Value)
		case "allowed_os_mac_addrs":
			x.OSMACs = a.Value
		case "qos_priority":
			x.QoS = a.Value
		case "addl_vlan_ids":
			var list []int
			if a.Value != "" && a.Value != "none" {
				var ok bool
				if list, ok = vlanList(a.Value); !ok {
					return bad
				}
			}
			switch a.Op {
			case "=":
				x.VLANs = list
			case "+=":
				x.VLANs = append(slices.Clone(x.VLANs), list...)
				if _, ok := vlanList(vlanText(x.VLANs)); !ok {
					return bad // one of them is there already, or they are more than an adapter can have
				}
			default:
				kept := slices.DeleteFunc(slices.Clone(x.VLANs), func(v int) bool { return containsInt(list, v) })
				if len(kept)+len(list) != len(x.VLANs) {
					return bad
				}
				x.VLANs = kept
			}
		default:
			return h.invalid(a.Name)
		}
	}
	if x.PVID == 0 {
		return text(hmcMissing, "port_vlan_id")
	}
	if len(x.VLANs) > 0 && !x.IEEE || containsInt(x.VLANs, x.PVID) {
		return hmcBad(vlanText(x.VLANs), "addl_vlan_ids")
	}
	x.TrunkPriority = 0
	if trunk {
		if p.VIOS == nil {
			return hmcBad("1", "is_trunk")
		}
		if prio == 0 {
			prio = 1
		}
		x.TrunkPriority = prio
	}
	if p.VIOS != nil && p.live() {
		for _, d := range p.VIOS.Eths {
			if u := p.VIOS.ethUser(d.Name); d.Slot == slot && u != "" && trunk != (at >= 0 && p.Eth[at].TrunkPriority > 0) {
				return text(hmcRemoveFails, slot, u)
			}
		}
		if n := p.sharesSEA(x); n != "" {
			return hmcBad(vlanText(x.vlans()), "addl_vlan_ids")
		}
		if q, vlan := h.sys.trunkClash(p, p.Eth, x); q != nil {
			return text(hmcTrunk, slot, x.TrunkPriority, vlan, x.Switch, q.Name)
		}
	}
	if op == "s" {
		p.Eth = slices.Clone(p.Eth)
		p.Eth[at] = x
	} else {
		p.Eth = append(slices.Clone(p.Eth), x)
	}
	return ""
}

// adapterRecord reads the attributes of a virtual SCSI or Fibre Channel adapter.
func (h *hcall) adapterRecord(p *Partition, data []pair, allowed string) (map[string]string, int, int, string) {
	v := map[string]string{}
	for _, a := range data {
		if a.Op != "=" || !contains(allowed, a.Name) {
			return nil, 0, 0, h.invalid(a.Name)
		}
		v[a.Name] = a.Value
	}
	if !contains("client server", v["adapter_type"]) {
		return nil, 0, 0, text(hmcMissing, "adapter_type")
	}
	ed := h.editor(p, p.Profile)
	slot := v["remote_slot_num"]
	if v["adapter_type"] == "client" && slot == "" {
		return nil, 0, 0, text(hmcMissing, "remote_slot_num")
	}
	id, n, msg := ed.pairing(v["remote_lpar_id"], v["remote_lpar_name"], slot, v["adapter_type"] == "server", hmcBad(v["remote_lpar_id"]+v["remote_lpar_name"]+"/"+slot, "remote_slot_num"))
	return v, id, n, msg
}

func (h *hcall) changeScsi(p *Partition, op string, slot int, data []pair) string {
	if op == "r" {
		if p.VIOS != nil {
			if d := p.VIOS.vhostAt(slot); d != nil {
				if len(d.VTDs) > 0 && p.live() {
					return text(hmcRemoveFails, slot, d.VTDs[0].Name)
				}
				p.VIOS.dropVHost(d)
			}
			p.dropServer(slot)
			return ""
		}
		for i, a := range p.Scsi {
			if a.Slot != slot {
				continue
			}
			if _, d := h.sys.connected(p, a); d != nil && len(d.VTDs) > 0 && p.live() && !h.flags["--force"] {
				return text(hmcRemoveFails, slot, d.VTDs[0].Name)
			}
			p.Scsi = slices.Delete(slices.Clone(p.Scsi), i, i+1)
			break
		}
		return ""
	}
	if op != "a" {
		return text(hmcBadParam, "-o")
	}
	v, id, n, msg := h.adapterRecord(p, data, "adapter_type remote_lpar_id remote_lpar_name remote_slot_num is_required")
	if msg != "" {
		return msg
	}
	if v["adapter_type"] == "server" {
		p.plug(ServerAdapter{Slot: slot, RemoteID: id, RemoteSlot: n})
		return ""
	}
	p.Scsi = append(slices.Clone(p.Scsi), ScsiAdapter{Slot: slot, RemoteID: id, RemoteSlot: n})
	return ""
}

func (h *hcall) changeFC(p *Partition, op string, slot int, data []pair) string {
	if !h.sys.capable("virtual_fc_capable") {
		return hmcNoVFC
	}
	if op == "r" {
		if p.VIOS != nil {
			if d := p.VIOS.vfchostAt(slot); d != nil && d.Port != "" && p.live() {
				if q := h.sys.partition(d.ClientID); q != nil && q.live() {
					return text(hmcRemoveFails, slot, d.Name)
				}
			}
			p.VIOS.dropVFCHost(slot)
			p.dropServer(slot)
			return ""
		}
		p.FC, _ = drop(p.FC, slot, func(a FCAdapter) int { return a.Slot })
		return ""
	}
	if op != "a" {
		return text(hmcBadParam, "-o")
	}
	v, id, n, msg := h.adapterRecord(p, data, "adapter_type remote_lpar_id remote_lpar_name remote_slot_num is_required wwpns topology")
	if msg != "" {
		return msg
	}
	if v["adapter_type"] == "server" {
		p.plug(ServerAdapter{Slot: slot, RemoteID: id, RemoteSlot: n, FC: true})
		return ""
	}
	x := FCAdapter{Slot: slot, RemoteID: id, RemoteSlot: n}
	if w, given := v["wwpns"]; given {
		var ok bool
		if x.WWPNs, ok = wwpns(w); !ok {
			return hmcBad(w, "wwpns")
		}
	} else {
		x.WWPNs = h.sys.nextWWPNs(0)
		h.sys.WWPNNext++
	}
	p.FC = append(slices.Clone(p.FC), x)
	return ""
}

// changeVNIC adds and removes vNICs; the console chooses the logical port.
func (h *hcall) changeVNIC(p *Partition, op string, slot int, data []pair) string {
	if p.VIOS != nil {
		return text(hmcBadValue, "vnic", "--rsubtype", "  A Virtual I/O Server hosts vNICs and has none.")
	}
	switch op {
	case "r":
		p.VNICs = slices.DeleteFunc(slices.Clone(p.VNICs), func(v VNIC) bool { return v.Slot == slot })
		return ""
	case "d", "e":
		p.VNICs = slices.Clone(p.VNICs)
		for i := range p.VNICs {
			if p.VNICs[i].Slot == slot {
				p.VNICs[i].Disabled = op == "d"
			}
		}
		return ""
	}
	x := VNIC{Slot: slot, MAC: strings.ToLower(fmt.Sprintf("%s%02X", p.MACBase, slot&255))}
	at := slices.IndexFunc(p.VNICs, func(v VNIC) bool { return v.Slot == slot })
	if op == "s" {
		x = p.VNICs[at]
	}
	for _, a := range data {
		bad := hmcBad(a.Value, a.Name)
		switch a.Name {
		case "port_vlan_id":
			n, ok := number(a.Value)
			if !ok || n > 4094 {
				return bad
			}
			x.PVID = n
		case "mac_addr":
			x.MAC = strings.ToLower(a.Value)
		case "auto_priority_failover":
			if !contains("0 1", a.Value) {
				return bad
			}
			x.Failover = a.Value == "1"
		case "allowed_vlan_ids", "pvid_priority", "allowed_os_mac_addrs":
			x.Extra = cloneTable(x.Extra)
			x.Extra[a.Name] = a.Value
		case "backing_devices":
			items, ok := splitList(a.Value)
			if !ok {
				return bad
			}
			if a.Op == "=" {
				x.Backing = nil
			}
			for _, it := range items {
				// sriov/vios-name/vios-id/adapter-id/phys-port-id/capacity[/failover-priority[/max]]
				f := strings.Split(it, "/")
				if a.Op == "-=" {
					before := len(x.Backing)
					x.Backing = slices.DeleteFunc(slices.Clone(x.Backing), func(b string) bool { return strings.HasPrefix(b, strings.Join(f[:min(5, len(f))], "/")+"/") })
					if len(x.Backing) == before {
						return bad
					}
					continue
				}
				if len(f) < 5 || f[0] != "sriov" {
					return bad
				}
				id, _ := number(f[2])
				sv := h.sys.partition(id)
				if f[1] != "" {
					sv = h.sys.partitionNamed(f[1])
				}
				adapter, _ := number(f[3])
				port, _ := number(f[4])
				pp := h.sys.sriovPort(adapter, port)
				if sv == nil || sv.VIOS == nil || pp == nil {
					return bad
				}
				capacity, prio := "2.0", "50"
				if len(f) > 5 && f[5] != "" {
					c, ok := units(f[5])
					if !ok {
						return bad
					}
					capacity = hmcUnit(c)
				}
				if len(f) > 6 && f[6] != "" {
					prio = f[6]
				}
				x.Backing = append(x.Backing, fmt.Sprintf("sriov/%s/%d/%d/%d/%s/%s/%s/%s/100.0/100.0", sv.Name, sv.ID, adapter, port, h.sys.freeLogicalPort(adapter), capacity, capacity, prio))
			}
		default:
			return h.invalid(a.Name)
		}
	}
	if len(x.Backing) == 0 {
		return text(hmcMissing, "backing_devices")
	}
	if x.Active >= len(x.Backing) {
		x.Active = 0
	}
	p.VNICs = slices.Clone(p.VNICs)
	if op == "s" {
		p.VNICs[at] = x
	} else {
		p.VNICs = append(p.VNICs, x)
	}
	return ""
}

// vnicExtra are attributes of a vNIC that nothing depends on, with their defaults.
var vnicExtra = map[string]string{"pvid_priority": "0", "allowed_vlan_ids": "all", "allowed_os_mac_addrs": "all"}

func (v *VNIC) extra(n string) string {
	if x, ok := v.Extra[n]; ok {
		return x
	}
	return vnicExtra[n]
}

// changeBacking changes the priority of a backing device of a vNIC, or makes it the active one.
func (h *hcall) changeBacking(p *Partition, op string, slot int) int {
	at := slices.IndexFunc(p.VNICs, func(v VNIC) bool { return v.Slot == slot })
	if at < 0 {
		return h.refuse(hmcSlotEmpty, h.values["-s"])
	}
	v := p.VNICs[at]
	port := h.values["--logport"]
	i := slices.IndexFunc(v.Backing, func(b string) bool { f := strings.Split(b, "/"); return len(f) > 5 && f[5] == port })
	if i < 0 {
		return h.refuse(hmcBadParam, "--logport")
	}
	switch op {
	case "act":
		v.Active = i
	case "s":
		data, ok := h.data("-a")
		if !ok {
			return 1
		}
		v.Backing = slices.Clone(v.Backing)
		f := strings.Split(v.Backing[i], "/")
		for _, a := range data {
			n, ok := number(a.Value)
			switch {
			case a.Name != "failover_priority" || a.Op != "=":
				return h.badAttr(a.Name)
			case !ok || n < 1 || n > 100:
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			f[8] = a.Value
		}
		v.Backing[i] = strings.Join(f, "/")
	default:
		return h.refuse(hmcBadParam, "-o")
	}
	p.VNICs = slices.Clone(p.VNICs)
	p.VNICs[at] = v
	return 0
}

func (s *System) sriovPort(adapter, port int) *SRIOVPort {
	for _, a := range s.SRIOV {
		for _, p := range a.Ports {
			if a.ID == adapter && p.ID == port {
				return p
			}
		}
	}
	return nil
}

// freeLogicalPort is the lowest logical port id of an adapter that nothing uses: 2700, adapter, number.
func (s *System) freeLogicalPort(adapter int) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("27%03x%03d", adapter<<2, n)
		taken := false
		for _, a := range s.SRIOV {
			for _, p := range a.Ports {
				taken = taken || slices.ContainsFunc(p.Logical, func(l *LogicalPort) bool { return l.ID == id })
			}
		}
		for _, p := range s.Partitions {
			for _, v := range p.VNICs {
				taken = taken || strings.Contains(strings.Join(v.Backing, ","), "/"+id+"/")
			}
		}
		if !taken {
			return id
		}
	}
}

func (h *hcall) changeSRIOV(op string) int {
	if _, ok := h.one("--rsubtype", "logport", "physport", "adapter"); !ok {
		return 1
	}
	if h.values["--rsubtype"] != "logport" || !contains("a r s", op) {
		return h.refuse(hmcBadParam, "-o")
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	data, ok := h.data("-a")
	if !ok {
		return 1
	}
	v := map[string]string{}
	for _, a := range data {
		if !contains("adapter_id phys_port_id logical_port_id logical_port_type capacity max_capacity config_id port_vlan_id mac_addr allowed_vlan_ids promisc_mode migratable backup_device_type backup_device_slot_num backup_veth_vnetwork backup_vnic_backing_device", a.Name) {
			return h.badAttr(a.Name)
		}
		v[a.Name] = a.Value
	}
	if !h.dlpar(p, 2) {
		return 1
	}
	adapter, _ := number(v["adapter_id"])
	if op == "r" {
		for _, a := range h.sys.SRIOV {
			for _, port := range a.Ports {
				for i, l := range port.Logical {
					if l.ID != v["logical_port_id"] || l.Owner != p.ID {
						continue
					}
					if p.live() {
						return h.refuse(hmcRemoveFails, i, p.Name)
					}
					port.Logical = slices.Delete(port.Logical, i, i+1)
					return 0
				}
			}
		}
		return h.refuse(hmcSlotEmpty, v["logical_port_id"])
	}
	portID, _ := number(v["phys_port_id"])
	port := h.sys.sriovPort(adapter, portID)
	if port == nil {
		return h.refuse("%s", hmcBad(v["adapter_id"]+"/"+v["phys_port_id"], "phys_port_id"))
	}
	capacity := 200
	if c, given := v["capacity"]; given {
		if capacity, ok = units(c); !ok || capacity < 100 || capacity > 10000 {
			return h.refuse("HSCL127D: HSCL1295 capacity %s is outside the valid range 1.0 to 100.0.", c)
		}
	}
	id := v["logical_port_id"]
	total := 0
	var moved *LogicalPort
	for _, l := range port.Logical {
		if l.ID != id {
			total += l.Capacity
			continue
		}
		if l.Owner == p.ID && op == "a" {
			return h.refuse("HSCL127D: HSCL1288 logical port %s is already assigned to the partition.", id)
		}
		moved = l
	}
	if total+capacity > 10000 {
		return h.refuse("HSCL127D: HSCL1293 total capacity would exceed 100.0; current capacity is %s.", hmcUnit(total))
	}
	if op == "s" {
		if moved == nil || moved.Owner != p.ID {
			return h.refuse(hmcSlotEmpty, id)
		}
		moved.Capacity = capacity
		return 0
	}
	if moved != nil {
		// The console moves a port of a partition that is off without a word.
		if q := h.sys.partition(moved.Owner); q != nil && q.live() {
			return h.refuse("HSCL127D: HSCL1288 logical port %s is already assigned to the partition.", id)
		}
		moved.Owner, moved.Capacity = p.ID, capacity
		return 0
	}
	if id == "" {
		id = h.sys.freeLogicalPort(adapter)
	}
	l := &LogicalPort{ID: id, Owner: p.ID, Capacity: capacity, Config: h.sys.nextConfig(p.ID), RoCE: v["logical_port_type"] == "roce", MAC: strings.ToLower(v["mac_addr"])}
	if l.MAC == "" {
		l.MAC = fmt.Sprintf("%s%02x", strings.ToLower(p.MACBase), 128+len(port.Logical))
	}
	port.Logical = append(port.Logical, l)
	return 0
}

func (s *System) nextConfig(owner int) int {
	n := 0
	for _, a := range s.SRIOV {
		for _, p := range a.Ports {
			for _, l := range p.Logical {
				if l.Owner == owner {
					n = max(n, l.Config+1)
				}
			}
		}
	}
	return n
}

// hmcRsthwres restores resources after a dynamic change that failed halfway; here none does.
func hmcRsthwres(h *hcall) int {
	if _, ok := h.one("-r", "io", "mem", "proc"); !ok || !h.system(true) {
		return 1
	}
	if h.has("-p") || h.has("--id") {
		p, ok := h.partition("-p")
		if !ok {
			return 1
		}
		if p.live() && p.RMC != rmcActive {
			return h.refuse(hmcNoRMC, p.Name)
		}
		return 0
	}
	if !h.flags["-a"] {
		return h.refuse(hmcBadParam, "-p,"+strconv.Quote("--id"))
	}
	return 0
}

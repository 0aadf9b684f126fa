package lab

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

func hmcLshwres(h *hcall) int {
	kind, ok := h.one("-r", "io", "virtualio", "mem", "mempool", "proc", "procpool", "sriov", "rspool", "hca", "hea", "sni", "pmem")
	if !ok || !h.system(true) {
		return 1
	}
	if kind == "pmem" && h.level < 10 {
		return h.refuse(hmcBadParam, "-r")
	}
	switch kind {
	case "mem":
		level, ok := h.one("--level", "lpar", "sys")
		if !ok {
			return 1
		}
		if level == "sys" {
			names := h.memSysAttrs()
			return h.print([]*row{build(names, h.memSysRow)}, names)
		}
		return h.perLpar(h.memAttrs(), h.memCell)
	case "proc":
		level, ok := h.one("--level", "lpar", "sys", "pool", "sharedpool")
		if !ok {
			return 1
		}
		switch level {
		case "sys":
			names := h.procSysAttrs()
			r := build(names, h.procSysCell)
			r.hidden["curr_sys_virtual_procs"] = true
			return h.print([]*row{r}, names)
		case "lpar":
			return h.perLpar(h.procAttrs(), h.procCell)
		}
		r := newRow().add("configurable_pool_proc_units", hmcUnit(h.sys.Procs)).add("curr_avail_pool_proc_units", hmcUnit(h.sys.freeUnits())).
			add("pend_avail_pool_proc_units", hmcUnit(h.sys.freeUnits()))
		return h.print([]*row{r}, r.names)
	case "procpool":
		return h.procPools()
	case "mempool":
		if h.level >= 11 {
			return h.refuse(hmcNoAMS)
		}
		return h.print(nil, []string{"curr_pool_mem", "lpar_names"})
	case "pmem":
		if h.has("--rsubtype") {
			return h.print(nil, strings.Fields("name lpar_name lpar_id uuid size affinity device"))
		}
		return h.perLpar(strings.Fields("lpar_name lpar_id curr_num_volumes curr_num_dram_volumes max_num_volumes max_num_dram_volumes"), func(p *Partition, n string) cell {
			if n == "lpar_name" || n == "lpar_id" {
				return h.memCell(p, n)
			}
			return val("0")
		})
	case "rspool", "hca", "hea", "sni":
		return h.print(nil, []string{"lpar_names"})
	case "sriov":
		return h.sriov()
	case "io":
		return h.physicalIO()
	}
	return h.virtualIO()
}

func (h *hcall) perLpar(names []string, get func(p *Partition, n string) cell) int {
	f, ok := h.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	var rows []*row
	for _, p := range slices.Backward(h.sys.Partitions) {
		if f.lpar(p) {
			rows = append(rows, build(names, func(n string) cell { return get(p, n) }))
		}
	}
	return h.print(rows, names)
}

func (h *hcall) memSysAttrs() []string {
	names := strings.Fields(`configurable_sys_mem curr_avail_sys_mem pend_avail_sys_mem installed_sys_mem deconfig_sys_mem sys_firmware_mem
		mem_region_size configurable_num_sys_huge_pages curr_avail_num_sys_huge_pages pend_avail_num_sys_huge_pages
		max_num_sys_huge_pages requested_num_sys_huge_pages huge_page_size max_mem_pools default_hpt_ratios possible_hpt_ratios`)
	if h.level >= 9 {
		names = append(names, "pend_mem_region_size", "possible_mem_region_size", "mem_mirroring_mode")
	}
	return names
}

// memSysRow has the attributes of newer levels with -F only: how they stand in the record is not known.
func (h *hcall) memSysRow(n string) cell {
	c := h.memSysCell(n)
	c.hidden = contains("pend_mem_region_size possible_mem_region_size mem_mirroring_mode", n)
	return c
}

func (h *hcall) memSysCell(n string) cell {
	s := h.sys
	switch n {
	case "configurable_sys_mem", "installed_sys_mem":
		return num(s.MemoryMB)
	case "curr_avail_sys_mem", "pend_avail_sys_mem":
		return num(s.freeMem())
	case "sys_firmware_mem":
		return num(s.firmware())
	case "mem_region_size", "pend_mem_region_size":
		return num(s.RegionMB)
	case "possible_mem_region_size":
		return val("128,256,1024,2048,4096")
	case "mem_mirroring_mode":
		return val("none")
	case "configurable_num_sys_huge_pages", "requested_num_sys_huge_pages":
		return num(s.HugePages)
	case "curr_avail_num_sys_huge_pages", "pend_avail_num_sys_huge_pages":
		return num(s.HugePages - s.hugeUsed())
	case "max_num_sys_huge_pages":
		return num((s.MemoryMB - s.firmware()) / 16384)
	case "huge_page_size":
		return num(16384)
	case "default_hpt_ratios":
		return val("1:64")
	case "possible_hpt_ratios":
		return val("1:32,1:64,1:128,1:256,1:512")
	}
	return val("0")
}

func (h *hcall) memAttrs() []string {
	names := strings.Fields(`lpar_name lpar_id curr_min_mem curr_mem curr_max_mem pend_min_mem pend_mem pend_max_mem run_min_mem run_mem
		curr_min_num_huge_pages curr_num_huge_pages curr_max_num_huge_pages pend_min_num_huge_pages pend_num_huge_pages
		pend_max_num_huge_pages run_num_huge_pages mem_mode`)
	if h.level >= 8 {
		names = append(names, "curr_mem_expansion", "pend_mem_expansion")
	}
	names = append(names, "curr_hpt_ratio")
	if h.level >= 9 {
		names = append(names, "curr_ppt_ratio")
	}
	return names
}

func (h *hcall) memCell(p *Partition, n string) cell {
	r := p.Curr
	run := func(x int) cell {
		if !p.live() {
			x = 0
		}
		return num(x)
	}
	huge := func(x int) cell {
		if p.Env == envVIOS {
			return absent("null")
		}
		return num(x)
	}
	switch n {
	case "lpar_name":
		return val(p.Name)
	case "lpar_id":
		return num(p.ID)
	case "curr_min_mem", "pend_min_mem":
		return num(r.MinMem)
	case "curr_mem", "pend_mem":
		return num(r.Mem)
	case "curr_max_mem", "pend_max_mem":
		return num(r.MaxMem)
	case "run_min_mem":
		return run(r.MinMem)
	case "run_mem":
		return run(r.Mem)
	case "curr_min_num_huge_pages", "pend_min_num_huge_pages":
		return huge(r.MinHuge)
	case "curr_num_huge_pages", "pend_num_huge_pages", "run_num_huge_pages":
		return huge(r.Huge)
	case "curr_max_num_huge_pages", "pend_max_num_huge_pages":
		return huge(r.MaxHuge)
	case "mem_mode":
		return val("ded")
	case "curr_mem_expansion", "pend_mem_expansion":
		return val(hmcUnit(r.Expansion))
	case "curr_ppt_ratio":
		return val("1:4096")
	}
	return val(p.Profile.extra("hpt_ratio"))
}

func (h *hcall) procSysAttrs() []string {
	return strings.Fields(`configurable_sys_proc_units curr_avail_sys_proc_units pend_avail_sys_proc_units installed_sys_proc_units
		deconfig_sys_proc_units min_proc_units_per_virtual_proc max_virtual_procs_per_lpar max_procs_per_lpar
		max_curr_virtual_procs_per_aixlinux_lpar max_curr_virtual_procs_per_vios_lpar max_curr_virtual_procs_per_os400_lpar
		max_curr_procs_per_aixlinux_lpar max_curr_procs_per_vios_lpar max_curr_procs_per_os400_lpar max_shared_proc_pools
		curr_sys_virtual_procs`)
}

func (h *hcall) procSysCell(n string) cell {
	s := h.sys
	switch n {
	case "configurable_sys_proc_units", "installed_sys_proc_units":
		return val(hmcUnit(s.Procs))
	case "curr_avail_sys_proc_units", "pend_avail_sys_proc_units":
		return val(hmcUnit(s.freeUnits()))
	case "deconfig_sys_proc_units":
		return val("0")
	case "min_proc_units_per_virtual_proc":
		return val(hmcUnit(s.MinUnits))
	case "max_shared_proc_pools":
		if !s.capable("lpar_proc_compat_mode_capable") {
			return num(1)
		}
		return num(64)
	case "curr_sys_virtual_procs":
		sum := 0
		for _, p := range s.Partitions {
			sum += p.Curr.Procs
		}
		return num(sum)
	case "max_procs_per_lpar", "max_curr_procs_per_aixlinux_lpar", "max_curr_procs_per_vios_lpar", "max_curr_procs_per_os400_lpar":
		return num(min(256, s.Procs/100))
	}
	return num(64)
}

func (h *hcall) procAttrs() []string {
	names := []string{"lpar_name", "lpar_id"}
	for _, pre := range []string{"curr", "pend"} {
		names = append(names, pre+"_shared_proc_pool_id")
		if h.level >= 8 {
			names = append(names, pre+"_shared_proc_pool_name")
		}
		for _, n := range strings.Fields("proc_mode min_proc_units proc_units max_proc_units min_procs procs max_procs sharing_mode uncap_weight") {
			names = append(names, pre+"_"+n)
		}
	}
	return append(names, "run_proc_units", "run_procs", "run_uncap_weight")
}

func (h *hcall) procCell(p *Partition, n string) cell {
	r := p.Curr
	ded := r.Dedicated || !p.holds() && p.Profile.Dedicated
	if !p.holds() {
		r.Sharing, r.Weight = p.Profile.Sharing, p.Profile.Weight
	}
	shared := func(c cell) cell {
		if ded {
			return absent("null")
		}
		return c
	}
	switch n {
	case "lpar_name":
		return val(p.Name)
	case "lpar_id":
		return num(p.ID)
	}
	pre, attr, _ := strings.Cut(n, "_")
	if pre == "run" && !p.live() {
		r.Units, r.Procs, r.Weight = 0, 0, 0
	}
	switch attr {
	case "shared_proc_pool_id":
		return shared(num(r.Pool))
	case "shared_proc_pool_name":
		return shared(val(h.poolName(r.Pool)))
	case "proc_mode":
		if ded {
			return val("ded")
		}
		return val("shared")
	case "min_proc_units":
		return shared(val(hmcUnit(r.MinUnits)))
	case "proc_units":
		return shared(val(hmcUnit(r.Units)))
	case "max_proc_units":
		return shared(val(hmcUnit(r.MaxUnits)))
	case "min_procs":
		return num(r.MinProcs)
	case "procs":
		return num(r.Procs)
	case "max_procs":
		return num(r.MaxProcs)
	case "sharing_mode":
		return val(r.Sharing)
	}
	return shared(num(r.Weight))
}

func (h *hcall) procPools() int {
	f, ok := h.filter("pools", "pool_ids", "pool_names")
	if !ok {
		return 1
	}
	known := strings.Fields("name shared_proc_pool_id max_pool_proc_units curr_reserved_pool_proc_units pend_reserved_pool_proc_units lpar_names lpar_ids")
	var rows []*row
	for _, pool := range h.sys.Pools {
		if !f.matches("pools", strconv.Itoa(pool.ID)) || !f.matches("pool_ids", strconv.Itoa(pool.ID)) || !f.matches("pool_names", pool.Name) {
			continue
		}
		var names, ids []string
		for _, p := range h.sys.Partitions {
			if p.holds() && !p.Curr.Dedicated && p.Curr.Pool == pool.ID {
				names, ids = append(names, p.Name), append(ids, strconv.Itoa(p.ID))
			}
		}
		r := newRow().add("name", pool.Name).add("shared_proc_pool_id", strconv.Itoa(pool.ID))
		if pool.ID == 0 {
			r.addNA("max_pool_proc_units", "null").addNA("curr_reserved_pool_proc_units", "null").addNA("pend_reserved_pool_proc_units", "null")
		} else {
			r.add("max_pool_proc_units", hmcUnit(pool.Max)).add("curr_reserved_pool_proc_units", hmcUnit(pool.Reserved)).add("pend_reserved_pool_proc_units", hmcUnit(pool.Reserved))
		}
		rows = append(rows, r.add("lpar_names", strings.Join(names, ",")).add("lpar_ids", strings.Join(ids, ",")))
	}
	return h.print(rows, known)
}

func (h *hcall) physicalIO() int {
	sub, ok := h.one("--rsubtype", "slot", "unit", "bus", "iopool", "taggedio", "slotchildren")
	if !ok {
		return 1
	}
	switch sub {
	case "unit":
		seen := map[string]bool{}
		var rows []*row
		for _, sl := range h.sys.Slots {
			if unit, _, _ := strings.Cut(sl.Location, "-"); !seen[unit] {
				seen[unit] = true
				rows = append(rows, newRow().add("unit_phys_loc", unit).add("unit_phys_type", "null"))
			}
		}
		return h.print(rows, []string{"unit_phys_loc", "unit_phys_type"})
	case "bus":
		seen := map[int]bool{}
		var rows []*row
		for _, sl := range h.sys.Slots {
			if unit, _, _ := strings.Cut(sl.Location, "-"); !seen[sl.Bus] {
				seen[sl.Bus] = true
				rows = append(rows, newRow().add("unit_phys_loc", unit).add("bus_id", strconv.Itoa(sl.Bus)).add("bus_drc_index", fmt.Sprintf("%08X", 0x20000000+sl.Bus)))
			}
		}
		return h.print(rows, []string{"unit_phys_loc", "bus_id", "bus_drc_index"})
	case "slotchildren":
		return h.slotChildren()
	case "iopool", "taggedio":
		return h.print(nil, []string{"lpar_name", "lpar_id", "drc_index"})
	}
	f, ok := h.filter("lpar_names", "lpar_ids", "slots", "units", "buses", "pools")
	if !ok {
		return 1
	}
	known := strings.Fields(`unit_phys_loc bus_id phys_loc drc_index lpar_name lpar_id slot_io_pool_id description feature_codes pci_vendor_id
		pci_device_id pci_subs_vendor_id pci_subs_device_id pci_class pci_revision_id bus_grouping iop parent_slot_drc_index drc_name
		interposer_present interposer_pcie`)
	if h.level >= 9 {
		known = append(known, "lpar_assignment_capable", "dynamic_lpar_assignment_capable")
	}
	var rows []*row
	for _, sl := range h.sys.Slots {
		owner := h.sys.partition(sl.Owner)
		unit, rest, _ := strings.Cut(sl.Location, "-")
		loc := rest[strings.LastIndex(rest, "-")+1:]
		r := build(known, func(n string) cell {
			switch n {
			case "unit_phys_loc":
				return val(unit)
			case "bus_id":
				return num(sl.Bus)
			case "phys_loc":
				return val(loc)
			case "drc_index":
				return val(sl.DRCIndex)
			case "lpar_name":
				if owner == nil {
					return absent("null")
				}
				return val(owner.Name)
			case "lpar_id":
				if owner == nil {
					return val("none")
				}
				return num(owner.ID)
			case "slot_io_pool_id", "parent_slot_drc_index":
				return val("none")
			case "description":
				return val(sl.Description)
			case "drc_name":
				return val(sl.Location)
			case "lpar_assignment_capable", "dynamic_lpar_assignment_capable":
				return flagCell(!h.sys.sriovSlot(sl.DRCIndex))
			case "bus_grouping", "iop", "interposer_present", "interposer_pcie":
				return val("0")
			}
			return val(pciField(sl.Description, n))
		})
		id := "none"
		name := ""
		if owner != nil {
			id, name = strconv.Itoa(owner.ID), owner.Name
		}
		if f.matches("lpar_names", name) && f.matches("lpar_ids", id) && f.matches("slots", sl.DRCIndex) && f.matches("units", unit) && f.matches("buses", strconv.Itoa(sl.Bus)) {
			rows = append(rows, r)
		}
	}
	return h.print(rows, known)
}

// slotChildren are the ports of the physical adapters that Virtual I/O Servers use.
func (h *hcall) slotChildren() int {
	f, ok := h.filter("lpar_names", "lpar_ids", "slots", "units")
	if !ok {
		return 1
	}
	var rows []*row
	port := func(p *Partition, loc, desc, kind, mac, wwpn string) {
		parent := loc[:max(0, strings.LastIndex(loc, "-"))]
		if loc == "" || !f.lpar(p) {
			return
		}
		wwnn := ""
		if wwpn != "" {
			wwnn = "20000" + strings.ToLower(wwpn[5:])
		}
		rows = append(rows, newRow().add("parent", parent).add("phys_loc", loc).add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("description", desc).
			add("device_type", kind).add("mac_address", mac).add("wwpn", strings.ToLower(wwpn)).add("wwnn", wwnn).add("microcode_version", "").add("serial_num", "").
			add("fru_num", "").add("part_num", ""))
	}
	for _, v := range h.sys.servers() {
		for _, x := range v.VIOS.Ports {
			port(v, x.Location, "Fibre Channel Port", "fc", "", x.WWPN)
		}
		for _, x := range v.VIOS.Eths {
			if x.Slot == 0 {
				port(v, x.Location, "Ethernet Port", "ethernet", strings.ToUpper(physicalMAC(x.Location)), "")
			}
		}
	}
	return h.print(rows, strings.Fields("parent phys_loc lpar_name lpar_id description device_type mac_address wwpn wwnn microcode_version serial_num fru_num part_num"))
}

func (s *System) sriovSlot(drc string) bool {
	return slices.ContainsFunc(s.SRIOV, func(a *SRIOVAdapter) bool { return a.DRCIndex == drc })
}

// pciField makes the identification of an adapter from what it is.
func pciField(desc, n string) string {
	class := "0200"
	switch d := strings.ToLower(desc); {
	case strings.Contains(d, "empty"):
		if n == "feature_codes" {
			return "0"
		}
		if n == "pci_revision_id" {
			return "FF"
		}
		return "FFFF"
	case strings.Contains(d, "fibre") || strings.Contains(d, "fiber") || strings.Contains(d, "fc "):
		class = "0C04"
	case strings.Contains(d, "sas") || strings.Contains(d, "raid") || strings.Contains(d, "scsi"):
		class = "0104"
	case strings.Contains(d, "usb"):
		class = "0C03"
	case strings.Contains(d, "nvme"):
		class = "0108"
	}
	return map[string]string{"feature_codes": "5260,5899", "pci_vendor_id": "14E4", "pci_device_id": "1657", "pci_subs_vendor_id": "1014",
		"pci_subs_device_id": "0420", "pci_class": class, "pci_revision_id": "01"}[n]
}

func (h *hcall) virtualIO() int {
	sub, ok := h.one("--rsubtype", "eth", "scsi", "fc", "serial", "slot", "vnetwork", "vswitch", "vnic", "vnicbkdev", "hsl", "virtualopti", "vasi")
	if !ok {
		return 1
	}
	level := h.values["--level"]
	if allowed := map[string][]string{"eth": {"lpar", "sys"}, "scsi": {"lpar", "sys"}, "fc": {"lpar", "sys"}, "serial": {"lpar"}, "slot": {"lpar", "slot"}, "vnic": {"lpar"}}[sub]; allowed != nil {
		if (sub == "scsi" || sub == "serial" || sub == "vnic") && level == "" {
			level = "lpar"
		} else if level, ok = h.one("--level", allowed...); !ok {
			return 1
		}
	}
	n := strconv.Itoa
	switch {
	case sub == "vswitch":
		return h.vswitches()
	case sub == "vnetwork":
		return h.vnetworks()
	case sub == "eth" && level == "sys":
		r := newRow().add("max_vlans_per_port", "20").add("mac_prefix", macBase(h.sys, 0)[:6])
		return h.print([]*row{r}, r.names)
	case sub == "fc" && !h.sys.capable("virtual_fc_capable"):
		if h.polish {
			return h.refuse(hmcNoVFCPL)
		}
		return h.refuse(hmcNoVFC)
	case sub == "fc" && level == "sys":
		r := newRow().add("num_vfc_adapters_available", n(32000-h.sys.WWPNNext)).add("wwpn_prefix", h.sys.nextWWPNs(0)[0][:11])
		return h.print([]*row{r}, r.names)
	case sub == "hsl" || sub == "virtualopti" || sub == "vasi":
		return h.print(nil, []string{"lpar_name", "lpar_id", "slot_num"})
	}
	f, ok := h.filter("lpar_names", "lpar_ids", "slots", "vswitches", "vlans")
	if !ok {
		return 1
	}
	var rows []*row
	var known []string
	for _, p := range h.sys.Partitions {
		if !f.lpar(p) {
			continue
		}
		add := func(slot int, r *row) {
			if f.matches("slots", n(slot)) {
				rows = append(rows, r)
			}
		}
		known = h.adapterRows(sub, level, p, f, add)
	}
	if known == nil {
		known = h.adapterRows(sub, level, &Partition{}, nil, func(int, *row) {})
	}
	return h.print(rows, known)
}

// adapterRows gives the rows of one partition and returns the attributes.
func (h *hcall) adapterRows(sub, level string, p *Partition, f filter, add func(int, *row)) []string {
	n := strconv.Itoa
	state := bit(p.live())
	head := func() *row { return newRow().add("lpar_name", p.Name).add("lpar_id", n(p.ID)) }
	switch sub {
	case "eth":
		modern := h.sys.capable("virtual_switch_capable")
		for _, a := range sortedEth(p.Eth) {
			if !f.matches("vswitches", a.Switch) || f["vlans"] != nil && !f.matches("vlans", n(a.PVID)) && !anyVLAN(f, a.VLANs) {
				continue
			}
			r := head().add("slot_num", n(a.Slot)).add("state", state).add("is_required", bit(a.Required)).add("is_trunk", bit(a.TrunkPriority > 0))
			if a.TrunkPriority > 0 {
				r.add("trunk_priority", n(a.TrunkPriority))
			} else {
				r.addNA("trunk_priority", "unavailable")
			}
			r.add("ieee_virtual_eth", bit(a.IEEE)).add("port_vlan_id", n(a.PVID))
			if modern {
				r.add("vswitch", a.Switch)
			}
			r.add("addl_vlan_ids", strings.TrimPrefix(vlanText(a.VLANs), "none")).add("mac_addr", a.MAC)
			r.force("addl_vlan_ids")
			if modern {
				r.add("allowed_os_mac_addrs", a.OSMACs).add("qos_priority", a.QoS)
			}
			r.addHidden("drc_name", h.location(p, a.Slot)+"-T1")
			add(a.Slot, r)
		}
		names := "lpar_name lpar_id slot_num state is_required is_trunk trunk_priority ieee_virtual_eth port_vlan_id addl_vlan_ids mac_addr drc_name"
		if modern {
			names = "lpar_name lpar_id slot_num state is_required is_trunk trunk_priority ieee_virtual_eth port_vlan_id vswitch addl_vlan_ids mac_addr allowed_os_mac_addrs qos_priority drc_name"
		}
		return strings.Fields(names)
	case "scsi":
		for _, a := range p.Servers {
			if !a.FC {
				add(a.Slot, head().add("slot_num", n(a.Slot)).add("state", state).add("is_required", bit(a.Required)).add("adapter_type", "server").
					add("remote_lpar_id", anyText(a.RemoteID)).add("remote_lpar_name", h.remoteName(a.RemoteID)).add("remote_slot_num", anyText(a.RemoteSlot)))
			}
		}
		for _, a := range p.Scsi {
			add(a.Slot, head().add("slot_num", n(a.Slot)).add("state", state).add("is_required", bit(a.Required)).add("adapter_type", "client").
				add("remote_lpar_id", n(a.RemoteID)).add("remote_lpar_name", h.remoteName(a.RemoteID)).add("remote_slot_num", n(a.RemoteSlot)))
		}
		return strings.Fields("lpar_name lpar_id slot_num state is_required adapter_type remote_lpar_id remote_lpar_name remote_slot_num")
	case "fc":
		for _, a := range p.Servers {
			if a.FC {
				add(a.Slot, head().add("slot_num", n(a.Slot)).add("adapter_type", "server").add("state", state).add("is_required", bit(a.Required)).
					add("remote_lpar_id", anyText(a.RemoteID)).add("remote_lpar_name", h.remoteName(a.RemoteID)).add("remote_slot_num", anyText(a.RemoteSlot)).addNA("wwpns", "null"))
			}
		}
		for _, a := range p.FC {
			r := head().add("slot_num", n(a.Slot)).add("adapter_type", "client").add("state", state).add("is_required", bit(a.Required)).
				add("remote_lpar_id", n(a.RemoteID)).add("remote_lpar_name", h.remoteName(a.RemoteID)).add("remote_slot_num", n(a.RemoteSlot)).
				add("wwpns", a.WWPNs[0]+","+a.WWPNs[1])
			add(a.Slot, r)
		}
		return strings.Fields("lpar_name lpar_id slot_num adapter_type state is_required remote_lpar_id remote_lpar_name remote_slot_num wwpns")
	case "serial":
		if p.ID == 0 {
			break
		}
		for slot := range 2 {
			status := "unavailable"
			if p.live() {
				status = "not connected"
				if slot == 0 && p.VTOpen {
					status = "connected"
				}
			}
			add(slot, head().add("slot_num", n(slot)).add("state", state).add("is_required", "1").add("connect_status", status).add("adapter_type", "server").
				add("supports_hmc", "1").add("remote_lpar_id", "any").add("remote_lpar_name", "").add("remote_slot_num", "any"))
		}
	case "slot":
		used := usedSlots(p)
		if level == "lpar" {
			next := 2
			for used[next] != "" {
				next++
			}
			pend := p.Profile.MaxSlots
			if p.holds() {
				pend = p.CurrSlots
			}
			add(-1, head().add("curr_max_virtual_slots", n(p.CurrSlots)).add("pend_max_virtual_slots", n(pend)).add("next_avail_virtual_slot", n(next)))
			return strings.Fields("lpar_name lpar_id curr_max_virtual_slots pend_max_virtual_slots next_avail_virtual_slot")
		}
		for _, sl := range sortedSlots(used) {
			add(sl, newRow().add("slot_num", n(sl)).add("lpar_name", p.Name).add("lpar_id", n(p.ID)).add("config", used[sl]).add("drc_name", h.location(p, sl)))
		}
		return strings.Fields("slot_num lpar_name lpar_id config drc_name")
	case "vnic":
		for _, v := range p.VNICs {
			var states []string
			for i, b := range v.Backing {
				if x := strings.Split(b, "/"); len(x) > 5 {
					states = append(states, "sriov/"+x[5]+"/"+bit(i == v.Active)+"/Operational")
				}
			}
			add(v.Slot, head().add("slot_num", n(v.Slot)).add("desired_mode", "ded").add("curr_mode", "ded").add("auto_priority_failover", bit(v.Failover)).
				add("port_vlan_id", n(v.PVID)).add("pvid_priority", v.extra("pvid_priority")).add("allowed_vlan_ids", v.extra("allowed_vlan_ids")).add("mac_addr", v.MAC).
				add("allowed_os_mac_addrs", v.extra("allowed_os_mac_addrs")).add("backing_devices", strings.Join(v.Backing, ",")).
				add("backing_device_states", strings.Join(states, ",")).add("is_disabled", bit(v.Disabled)))
		}
		return strings.Fields("lpar_name lpar_id slot_num desired_mode curr_mode auto_priority_failover port_vlan_id pvid_priority allowed_vlan_ids mac_addr allowed_os_mac_addrs backing_devices backing_device_states is_disabled")
	case "vnicbkdev":
		for _, q := range h.sys.Partitions {
			for _, v := range q.VNICs {
				for i, b := range v.Backing {
					x := strings.Split(b, "/")
					if len(x) < 11 || x[2] != n(p.ID) {
						continue
					}
					add(v.Slot, newRow().add("lpar_name", p.Name).add("lpar_id", n(p.ID)).add("type", "sriov").add("adapter_id", x[3]).add("physical_port_id", x[4]).
						add("logical_port_id", x[5]).add("capacity", x[6]).add("desired_capacity", x[7]).add("max_capacity", x[9]).add("desired_max_capacity", x[10]).
						add("failover_priority", x[8]).add("is_active", bit(i == v.Active)).add("status", "Operational"))
				}
			}
		}
		return strings.Fields("lpar_name lpar_id type adapter_id physical_port_id logical_port_id capacity desired_capacity max_capacity desired_max_capacity failover_priority is_active status")
	}
	return strings.Fields("lpar_name lpar_id slot_num state is_required connect_status adapter_type supports_hmc remote_lpar_id remote_lpar_name remote_slot_num")
}

func anyVLAN(f filter, vlans []int) bool {
	for _, v := range vlans {
		if f.matches("vlans", strconv.Itoa(v)) {
			return true
		}
	}
	return false
}

// switchVLANs are the VLANs that adapters of the system use on a switch.
func (s *System) switchVLANs(name string) []int {
	seen := map[int]bool{}
	for _, p := range s.Partitions {
		for _, a := range p.Eth {
			if a.Switch == name {
				for _, v := range append([]int{a.PVID}, a.VLANs...) {
					seen[v] = true
				}
			}
		}
	}
	out := sortedSlots(seen)
	sort.Ints(out)
	return out
}

func (h *hcall) vswitches() int {
	f, ok := h.filter("vswitches")
	if !ok {
		return 1
	}
	var rows []*row
	for _, x := range h.sys.Switches {
		if !f.matches("vswitches", x.Name) {
			continue
		}
		name, mode := x.Name, "VEB"
		if x.Name == firstSwitch {
			name += "(Default)"
		}
		if x.VEPA {
			mode = "VEPA"
		}
		var ids []string
		for _, v := range h.sys.switchVLANs(x.Name) {
			ids = append(ids, strconv.Itoa(v))
		}
		r := newRow().add("vswitch", name).add("switch_mode", mode).add("vlan_ids", strings.Join(ids, ","))
		r.force("vlan_ids")
		rows = append(rows, r)
	}
	return h.print(rows, []string{"vswitch", "switch_mode", "vlan_ids"})
}

// tagged tells whether a VLAN is used as an additional one on a switch.
func (s *System) tagged(name string, vlan int) bool {
	for _, p := range s.Partitions {
		for _, a := range p.Eth {
			if a.Switch == name && containsInt(a.VLANs, vlan) {
				return true
			}
		}
	}
	return false
}

// vnetworks has the order that vfoucault/powervmtools reads.
func (h *hcall) vnetworks() int {
	f, ok := h.filter("vswitches", "vlans", "vnetworks")
	if !ok {
		return 1
	}
	var rows []*row
	for _, x := range h.sys.Switches {
		for _, v := range h.sys.switchVLANs(x.Name) {
			name, tagged := fmt.Sprintf("VLAN%d-%s", v, x.Name), bit(h.sys.tagged(x.Name, v))
			if f.matches("vswitches", x.Name) && f.matches("vlans", strconv.Itoa(v)) && f.matches("vnetworks", name) {
				rows = append(rows, newRow().add("vnetwork", name).add("is_tagged", tagged).add("vswitch", x.Name).add("vlan_id", strconv.Itoa(v)))
			}
		}
	}
	return h.print(rows, []string{"vnetwork", "is_tagged", "vswitch", "vlan_id"})
}

func (h *hcall) sriov() int {
	sub, ok := h.one("--rsubtype", "adapter", "physport", "logport")
	if !ok {
		return 1
	}
	n := strconv.Itoa
	f, ok := h.filter("lpar_names", "lpar_ids", "adapter_ids", "phys_port_ids", "logical_port_ids")
	if !ok {
		return 1
	}
	var rows []*row
	switch sub {
	case "adapter":
		for _, a := range h.sys.SRIOV {
			if !f.matches("adapter_ids", n(a.ID)) {
				continue
			}
			rows = append(rows, newRow().add("adapter_id", n(a.ID)).add("slot_id", a.DRCIndex).add("config_state", "sriov").add("functional_state", "1").
				add("phys_loc", a.Location).add("phys_ports", n(len(a.Ports))).add("logical_ports", "120").add("adapter_max_logical_ports", "120").add("sriov_status", "running"))
		}
		return h.print(rows, strings.Fields("adapter_id slot_id config_state functional_state phys_loc phys_ports logical_ports adapter_max_logical_ports sriov_status"))
	case "physport":
		level, ok := h.one("--level", "eth", "ethc", "roce")
		if !ok {
			return 1
		}
		for _, a := range h.sys.SRIOV {
			for _, p := range a.Ports {
				if p.Type != level || !f.matches("adapter_ids", n(a.ID)) || !f.matches("phys_port_ids", n(p.ID)) {
					continue
				}
				// A port of a RoCE adapter is an Ethernet port all the same.
				kind := p.Type
				if kind == "roce" {
					kind = "eth"
				}
				rows = append(rows, newRow().add("adapter_id", n(a.ID)).add("phys_port_id", n(p.ID)).add("phys_port_type", kind).add("phys_port_loc", fmt.Sprintf("%s-T%d", a.Location, p.ID+1)).
					add("phys_port_label", p.Label).add("state", bit(!p.Down)).add("config_logical_ports", n(len(p.Logical))).add("phys_port_max_logical_ports", "60").
					add("curr_eth_logical_ports", n(len(p.Logical))).add("min_eth_capacity_granularity", "1.0"))
			}
		}
		return h.print(rows, strings.Fields("adapter_id phys_port_id phys_port_type phys_port_loc phys_port_label state config_logical_ports phys_port_max_logical_ports curr_eth_logical_ports min_eth_capacity_granularity"))
	}
	level, given := h.values["--level"]
	if given && !contains("eth roce", level) {
		return h.refuse(hmcBadParam, "--level")
	}
	for _, a := range h.sys.SRIOV {
		for _, p := range a.Ports {
			for i, l := range p.Logical {
				kind := "eth"
				if l.RoCE {
					kind = "roce"
				}
				if given && kind != level {
					continue
				}
				q := h.sys.partition(l.Owner)
				if q == nil || !f.lpar(q) || !f.matches("adapter_ids", n(a.ID)) || !f.matches("phys_port_ids", n(p.ID)) || !f.matches("logical_port_ids", l.ID) {
					continue
				}
				rows = append(rows, newRow().add("config_id", n(l.Config)).add("lpar_name", q.Name).add("lpar_id", n(q.ID)).add("lpar_state", q.State).add("is_required", "0").add("adapter_id", n(a.ID)).
					add("logical_port_id", l.ID).add("logical_port_type", kind).add("drc_name", fmt.Sprintf("PHB %d", 4096+a.ID<<4+i)).
					add("location_code", fmt.Sprintf("%s-T%d-S%d", a.Location, p.ID+1, i+1)).add("functional_state", bit(q.live())).add("phys_port_id", n(p.ID)).
					add("capacity", hmcUnit(l.Capacity)).add("max_capacity", "100.0").add("mac_addr", l.MAC))
			}
		}
	}
	return h.print(rows, strings.Fields("config_id lpar_name lpar_id lpar_state is_required adapter_id logical_port_id logical_port_type drc_name location_code functional_state phys_port_id capacity max_capacity mac_addr"))
}

// physicalMAC is the address of a port in a location.
func physicalMAC(location string) string {
	sum := sha256.Sum256([]byte(location))
	return fmt.Sprintf("%02x%x", sum[0]&^3, sum[1:6])
}

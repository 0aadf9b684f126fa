package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

func contains(words, w string) bool {
	for _, x := range strings.Fields(words) {
		if x == w {
			return true
		}
	}
	return false
}

var sysAttrs = strings.Fields(`name type_model serial_num ipaddr state detailed_state sys_time power_off_policy
	active_lpar_mobility_capable inactive_lpar_mobility_capable active_lpar_share_idle_procs_capable cod_proc_capable
	dlpar_mem_capable assign_phys_io_capable lpar_avail_priority_capable lpar_proc_compat_mode_capable micro_lpar_capable
	shared_proc_capable vet_activation_capable virtual_fc_capable virtual_io_server_capable max_lpars
	curr_sys_keylock pend_sys_keylock mgmt_lpar_id mgmt_lpar_name capabilities lpar_proc_compat_modes`)

func cmdLssyscfg(c *call) int {
	o, rc, ok := c.parse("-r --filter -F", "--header")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "lpar", "prof", "sys", "sysprof")
	if !ok {
		return 1
	}
	switch kind {
	case "sys":
		if o.has("--filter") {
			return c.fail(msgBadOption, "--filter")
		}
		return o.print([]*row{c.sysRow()}, sysAttrs)
	case "sysprof":
		f, ok := o.filter("profile_names")
		if !ok {
			return 1
		}
		// An IVM has no system profiles: the filter is checked and matches nothing.
		_ = f
		return o.print(nil, []string{"name", "lpar_names", "lpar_ids", "profile_names"})
	case "lpar":
		f, ok := o.filter("lpar_names", "lpar_ids", "work_groups")
		if !ok {
			return 1
		}
		var rows []*row
		for _, p := range c.sys.Partitions {
			if f.partition(p) {
				rows = append(rows, c.lparRow(p))
			}
		}
		return o.print(rows, c.lparRow(&Partition{Env: envAIXLinux}).names)
	}
	f, ok := o.filter("lpar_names", "lpar_ids", "profile_names")
	if !ok {
		return 1
	}
	var rows []*row
	for _, p := range c.sys.Partitions {
		if f.partition(p) {
			rows = append(rows, c.profRow(p))
		}
	}
	return o.print(rows, c.profRow(&Partition{Env: envAIXLinux}).names)
}

func (c *call) sysRow() *row {
	s := c.sys
	r := newRow()
	for _, n := range sysAttrs {
		switch n {
		case "name":
			r.add(n, s.Name)
		case "type_model":
			r.add(n, s.TypeModel)
		case "serial_num":
			r.add(n, s.Serial)
		case "ipaddr":
			r.add(n, c.vp.RMCAddress)
		case "state":
			r.add(n, "Operating")
		case "detailed_state":
			r.add(n, "None")
		case "sys_time":
			r.add(n, stamp(c.e.Now))
		case "power_off_policy":
			r.add(n, "0")
		case "virtual_io_server_capable":
			r.add(n, "1")
		case "max_lpars":
			r.add(n, strconv.Itoa(s.MaxPartitions))
		case "curr_sys_keylock", "pend_sys_keylock":
			r.add(n, s.KeyLock)
		case "mgmt_lpar_id":
			r.add(n, strconv.Itoa(c.vp.ID))
		case "mgmt_lpar_name":
			r.add(n, c.vp.Name)
		case "capabilities":
			r.addHidden(n, strings.Join(s.Capabilities, ","))
		case "lpar_proc_compat_modes":
			r.addHidden(n, strings.Join(s.Modes, ","))
		default:
			r.add(n, bit(s.capable(n)))
		}
	}
	return r
}

func (c *call) lparRow(p *Partition) *row {
	r := newRow()
	profile := p.Profile.Name
	r.add("name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("lpar_env", p.Env).add("state", p.State).
		add("resource_config", bit(p.holds())).add("os_version", p.OSVersion).add("logical_serial_num", p.serial(c.sys)).
		add("default_profile", profile).add("profile_name", profile).add("curr_profile", p.CurrProfile).
		add("work_group_id", groupText(p.WorkGroup)).add("allow_perf_collection", bit(p.Perf)).add("power_ctrl_lpar_ids", "none")
	if p.Env == envVIOS {
		r.addNA("boot_mode", "null")
	} else {
		r.add("boot_mode", p.BootMode)
	}
	uptime := "0"
	if p.State != stateOff && !p.Booted.IsZero() && !p.migrating() || p.State == stateMigrating && !c.e.shell(p) {
		uptime = strconv.FormatInt(int64(c.e.Now.Sub(p.Booted)/time.Second), 10)
	}
	d := [3]bool{}
	if p.RMC == rmcActive {
		d = p.DLPAR
	}
	r.add("lpar_keylock", p.KeyLock).add("auto_start", bit(p.Profile.AutoStart)).add("uptime", uptime).
		add("lpar_avail_priority", strconv.Itoa(p.Priority)).
		add("desired_lpar_proc_compat_mode", p.Profile.Mode).add("curr_lpar_proc_compat_mode", p.ModeCurr).
		add("virtual_eth_mac_base_value", p.MACBase).add("rmc_ipaddr", p.RMCAddress).add("rmc_state", p.RMC).
		add("dlpar_mem_capable", bit(d[0])).add("dlpar_proc_capable", bit(d[1])).add("dlpar_io_capable", bit(d[2]))
	return r
}

func ethItem(a EthAdapter) string {
	var vlans []string
	for _, v := range a.VLANs {
		vlans = append(vlans, strconv.Itoa(v))
	}
	return fmt.Sprintf("%d/%s/%d/%s/%d/%s", a.Slot, bit(a.IEEE), a.PVID, strings.Join(vlans, ","), a.TrunkPriority, bit(a.Required))
}

func (c *call) remoteName(id int) string {
	if p := c.sys.partition(id); p != nil {
		return p.Name
	}
	return ""
}

func (c *call) profRow(p *Partition) *row {
	pr := p.Profile
	r := newRow()
	r.add("name", pr.Name).add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("os_type", p.Env).
		add("all_resources", "0").add("mem_mode", "ded").
		add("min_mem", strconv.Itoa(pr.MinMem)).add("desired_mem", strconv.Itoa(pr.Mem)).add("max_mem", strconv.Itoa(pr.MaxMem))
	if pr.Dedicated {
		r.add("proc_mode", "ded").addNA("min_proc_units", "null").addNA("desired_proc_units", "null").addNA("max_proc_units", "null")
	} else {
		r.add("proc_mode", "shared").add("min_proc_units", unitText(pr.MinUnits)).add("desired_proc_units", unitText(pr.Units)).
			add("max_proc_units", unitText(pr.MaxUnits))
	}
	r.add("min_procs", strconv.Itoa(pr.MinProcs)).add("desired_procs", strconv.Itoa(pr.Procs)).add("max_procs", strconv.Itoa(pr.MaxProcs)).
		add("sharing_mode", pr.Sharing)
	if pr.Dedicated {
		r.addNA("uncap_weight", "null")
	} else {
		r.add("uncap_weight", strconv.Itoa(pr.Weight))
	}
	var eth, scsi, fc []string
	for _, a := range pr.Eth {
		eth = append(eth, ethItem(a))
	}
	for _, a := range pr.Scsi {
		scsi = append(scsi, fmt.Sprintf("%d/client/%d/%s/%d/%s", a.Slot, a.RemoteID, c.remoteName(a.RemoteID), a.RemoteSlot, bit(a.Required)))
	}
	for _, a := range pr.FC {
		fc = append(fc, fmt.Sprintf("%d/client/%d/%s/%d/%s,%s/%s", a.Slot, a.RemoteID, c.remoteName(a.RemoteID), a.RemoteSlot, a.WWPNs[0], a.WWPNs[1], bit(a.Required)))
	}
	if p.VIOS != nil {
		for _, h := range sortedHosts(p.VIOS) {
			if h.ClientID == 0 {
				scsi = append(scsi, fmt.Sprintf("%d/server/any//any/0", h.Slot))
				continue
			}
			scsi = append(scsi, fmt.Sprintf("%d/server/%d/%s/%d/0", h.Slot, h.ClientID, c.remoteName(h.ClientID), h.ClientSlot))
		}
		for _, h := range p.VIOS.VFCHosts {
			fc = append(fc, fmt.Sprintf("%d/server/%d/%s/%d//0", h.Slot, h.ClientID, c.remoteName(h.ClientID), h.ClientSlot))
		}
	}
	r.add("io_slots", joinList(pr.IOSlots)).add("lpar_io_pool_ids", "none").add("max_virtual_slots", strconv.Itoa(pr.MaxSlots)).
		add("virtual_serial_adapters", "0/server/1/any//any/1,1/server/1/any//any/1").
		add("virtual_scsi_adapters", joinList(scsi)).add("virtual_eth_adapters", joinList(eth)).
		add("virtual_fc_adapters", joinList(fc))
	if p.Env == envVIOS {
		r.addNA("boot_mode", "null")
	} else {
		r.add("boot_mode", pr.BootMode)
	}
	r.add("conn_monitoring", "0").add("auto_start", bit(pr.AutoStart)).add("power_ctrl_lpar_ids", "none").
		add("work_group_id", groupText(p.WorkGroup)).add("lpar_proc_compat_mode", pr.Mode)
	return r
}

func sortedHosts(v *VIOS) []*VHost {
	out := append([]*VHost(nil), v.VHosts...)
	sort.Slice(out, func(i, j int) bool { return out[i].Slot < out[j].Slot })
	return out
}

// checkResources is the record check of mksyscfg and of profile changes. Capacity is checked at activation.
func checkResources(s *System, r Resources) string {
	bad := func(v any, attr, hint string) string { return text(msgBadValue, fmt.Sprint(v), attr, hint) }
	for attr, v := range map[string]int{"min_mem": r.MinMem, "desired_mem": r.Mem, "max_mem": r.MaxMem} {
		if v <= 0 || v%s.RegionMB != 0 {
			return bad(v, attr, msgRegionHint)
		}
	}
	if r.MinMem > r.Mem || r.Mem > r.MaxMem {
		return bad(r.Mem, "desired_mem", msgTriple)
	}
	if r.MinProcs < 1 || r.MinProcs > r.Procs || r.Procs > r.MaxProcs || r.MaxProcs > 64 {
		return bad(r.Procs, "desired_procs", msgTriple)
	}
	if r.Dedicated {
		if !contains("keep_idle_procs share_idle_procs share_idle_procs_active share_idle_procs_always", r.Sharing) {
			return bad(r.Sharing, "sharing_mode", "")
		}
		return ""
	}
	if r.MinUnits < 1 || r.MinUnits > r.Units || r.Units > r.MaxUnits {
		return bad(unitText(r.Units), "desired_proc_units", msgTriple)
	}
	if !contains("cap uncap", r.Sharing) {
		return bad(r.Sharing, "sharing_mode", "")
	}
	if r.Weight < 0 || r.Weight > 255 {
		return bad(r.Weight, "uncap_weight", "")
	}
	for _, x := range [][2]int{{r.MinUnits, r.MinProcs}, {r.Units, r.Procs}, {r.MaxUnits, r.MaxProcs}} {
		if x[0] < x[1]*s.MinUnits {
			return text(msgUnitsPerProc, unitText(s.MinUnits))
		}
		if x[0] > x[1]*100 {
			return bad(unitText(x[0]), "desired_proc_units", "  It must not be more than one per virtual processor.")
		}
	}
	return ""
}

// number reads a non-negative whole number.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && !strings.HasPrefix(s, "+")
}

// units reads processing units with at most two decimals.
func units(s string) (int, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" {
		whole = "0"
	}
	if len(frac) > 2 && strings.Trim(frac[2:], "0") != "" {
		return 0, false
	}
	w, ok := number(whole)
	if !ok || w > 10000 {
		return 0, false
	}
	f, ok := number((frac + "00")[:2])
	return w*100 + f, ok
}

func ioItem(item string) (drc string, required bool) {
	parts := strings.Split(item, "/")
	return parts[0], len(parts) == 3 && parts[2] == "1"
}

// profileEditor applies attributes of a record to a copy of a profile.
type profileEditor struct {
	c      *call
	p      *Partition
	pr     Profile
	create bool
}

// set applies one attribute; the text is the refusal.
func (ed *profileEditor) set(a pair) string {
	s := ed.c.sys
	bad := text(msgBadValue, a.Value, a.Name, "")
	lists := contains("virtual_eth_adapters virtual_scsi_adapters virtual_fc_adapters io_slots", a.Name)
	if a.Op != "=" && !lists {
		return text(msgBadAttr, a.Name+a.Op[:1])
	}
	num := func(into *int) string {
		n, ok := number(a.Value)
		if !ok {
			return bad
		}
		*into = n
		return ""
	}
	unit := func(into *int) string {
		n, ok := units(a.Value)
		if !ok {
			return bad
		}
		*into = n
		return ""
	}
	flag := func(into *bool) string {
		if a.Value != "0" && a.Value != "1" {
			return bad
		}
		*into = a.Value == "1"
		return ""
	}
	pr := &ed.pr
	switch a.Name {
	case "min_mem":
		return num(&pr.MinMem)
	case "desired_mem":
		return num(&pr.Mem)
	case "max_mem":
		return num(&pr.MaxMem)
	case "min_procs":
		return num(&pr.MinProcs)
	case "desired_procs":
		return num(&pr.Procs)
	case "max_procs":
		return num(&pr.MaxProcs)
	case "min_proc_units":
		return unit(&pr.MinUnits)
	case "desired_proc_units":
		return unit(&pr.Units)
	case "max_proc_units":
		return unit(&pr.MaxUnits)
	case "mem_mode":
		if a.Value != "ded" {
			return bad
		}
	case "proc_mode":
		switch a.Value {
		case "ded":
			if !pr.Dedicated {
				pr.Sharing, pr.Weight = "keep_idle_procs", 0
				pr.MinUnits, pr.Units, pr.MaxUnits = 0, 0, 0
			}
			pr.Dedicated = true
		case "shared":
			if pr.Dedicated {
				pr.Sharing, pr.Weight = "uncap", 128
			}
			pr.Dedicated = false
		default:
			return bad
		}
	case "sharing_mode":
		pr.Sharing = a.Value
		if a.Value == "cap" {
			pr.Weight = 0
		}
	case "uncap_weight":
		return num(&pr.Weight)
	case "max_virtual_slots":
		if msg := num(&pr.MaxSlots); msg != "" {
			return msg
		}
		if pr.MaxSlots < 4 || pr.MaxSlots > 1024 {
			return bad
		}
	case "auto_start":
		return flag(&pr.AutoStart)
	case "boot_mode":
		if !contains("norm sms dd ds of", a.Value) {
			return bad
		}
		pr.BootMode = a.Value
	case "lpar_proc_compat_mode":
		if !s.supports(a.Value) {
			return bad
		}
		pr.Mode = a.Value
	case "virtual_eth_adapters":
		return ed.eth(a)
	case "virtual_scsi_adapters":
		return ed.scsi(a)
	case "virtual_fc_adapters":
		return ed.fc(a)
	case "io_slots":
		return ed.io(a)
	default:
		return text(msgBadAttr, a.Name)
	}
	return ""
}

func (ed *profileEditor) slot(field string) (int, string) {
	n, ok := number(field)
	if !ok || n < 2 {
		return 0, text(msgSlotRange, n, ed.pr.MaxSlots-1)
	}
	return n, ""
}

func (ed *profileEditor) eth(a pair) string {
	items, ok := splitList(a.Value)
	bad := text(msgBadValue, a.Value, a.Name, "")
	if !ok {
		return bad
	}
	if a.Op == "=" {
		ed.pr.Eth = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			slot, ok := number(f[0])
			kept := ed.pr.Eth[:0:0]
			for _, x := range ed.pr.Eth {
				if x.Slot != slot {
					kept = append(kept, x)
				}
			}
			if !ok || len(kept) == len(ed.pr.Eth) || len(f) > 1 && !sameEthItem(it, slot, ed.pr.Eth) {
				return text(msgSlotEmpty)
			}
			ed.pr.Eth = kept
			continue
		}
		if len(f) > 6 {
			return text(msgBadValue, it, a.Name, msgNoVswitch)
		}
		if len(f) < 5 {
			return bad
		}
		if len(f) == 5 {
			f = append(f, "0")
		}
		var x EthAdapter
		var msg string
		if x.Slot, msg = ed.slot(f[0]); msg != "" {
			return msg
		}
		pvid, ok1 := number(f[2])
		trunk, ok2 := 0, true
		if f[4] != "" {
			trunk, ok2 = number(f[4])
		}
		if !contains("0 1", f[1]) || !ok1 || pvid < 1 || pvid > 4094 || !ok2 || trunk > 15 || !contains("0 1", f[5]) {
			return text(msgBadValue, it, a.Name, "")
		}
		x.IEEE, x.PVID, x.TrunkPriority, x.Required = f[1] == "1", pvid, trunk, f[5] == "1"
		if f[3] != "" {
			if x.VLANs, ok = vlanList(f[3]); !ok || !x.IEEE {
				return text(msgBadValue, it, a.Name, "")
			}
		}
		for _, v := range x.VLANs {
			if v == x.PVID {
				return text(msgBadValue, it, a.Name, "")
			}
		}
		x.MAC = fmt.Sprintf("%s%02X", ed.p.MACBase, x.Slot)
		ed.pr.Eth = append(ed.pr.Eth, x)
	}
	return ""
}

func sameEthItem(it string, slot int, list []EthAdapter) bool {
	for _, x := range list {
		if x.Slot == slot {
			return it == ethItem(x)
		}
	}
	return false
}

func vlanList(s string) ([]int, bool) {
	var out []int
	seen := map[int]bool{}
	for _, f := range strings.Split(s, ",") {
		n, ok := number(f)
		if !ok || n < 1 || n > 4094 || seen[n] {
			return nil, false
		}
		seen[n] = true
		out = append(out, n)
	}
	return out, len(out) <= 20
}

// server finds the VIOS that an adapter item names by id, by name, or by both.
func (ed *profileEditor) server(id, name string) *Partition {
	s := ed.c.sys
	var p *Partition
	if id != "" {
		n, ok := number(id)
		if !ok {
			return nil
		}
		p = s.partition(n)
		if p == nil || name != "" && p.Name != name {
			return nil
		}
	} else if name != "" {
		p = s.partitionNamed(name)
	}
	if p == nil || p.VIOS == nil {
		return nil
	}
	return p
}

func (ed *profileEditor) scsi(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return text(msgBadValue, a.Value, a.Name, "")
	}
	if a.Op == "=" {
		ed.pr.Scsi = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			slot, _ := number(f[0])
			kept := ed.pr.Scsi[:0:0]
			for _, x := range ed.pr.Scsi {
				if x.Slot != slot {
					kept = append(kept, x)
				}
			}
			if len(kept) == len(ed.pr.Scsi) {
				return text(msgSlotEmpty)
			}
			ed.pr.Scsi = kept
			continue
		}
		if len(f) != 6 || f[1] != "client" || !contains("0 1", f[5]) {
			return text(msgBadValue, it, a.Name, msgVSCSIHint)
		}
		var x ScsiAdapter
		var msg string
		if x.Slot, msg = ed.slot(f[0]); msg != "" {
			return msg
		}
		sv := ed.server(f[2], f[3])
		if sv == nil {
			return text(msgBadValue, it, a.Name, msgVSCSIHint)
		}
		n, ok := number(f[4])
		if !ok || n < 2 || n >= sv.slots() {
			return text(msgSlotRange, n, sv.slots()-1)
		}
		x.RemoteID, x.RemoteSlot, x.Required = sv.ID, n, f[5] == "1"
		ed.pr.Scsi = append(ed.pr.Scsi, x)
	}
	return ""
}

func (ed *profileEditor) fc(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return text(msgBadValue, a.Value, a.Name, "")
	}
	old := ed.pr.FC
	if a.Op == "=" {
		ed.pr.FC = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			slot, _ := number(f[0])
			kept := ed.pr.FC[:0:0]
			for _, x := range ed.pr.FC {
				if x.Slot != slot {
					kept = append(kept, x)
				}
			}
			if len(kept) == len(ed.pr.FC) {
				return text(msgSlotEmpty)
			}
			ed.pr.FC = kept
			continue
		}
		if len(f) != 7 || f[1] != "client" || !contains("0 1", f[6]) {
			return text(msgBadValue, it, a.Name, "")
		}
		var x FCAdapter
		var msg string
		if x.Slot, msg = ed.slot(f[0]); msg != "" {
			return msg
		}
		sv := ed.server(f[2], f[3])
		n, ok := number(f[4])
		if sv == nil || !ok || n < 2 || n >= sv.slots() {
			return text(msgBadValue, it, a.Name, "")
		}
		x.RemoteID, x.RemoteSlot, x.Required = sv.ID, n, f[6] == "1"
		x.WWPNs = wwpnPair(ed.c.sys, ed.p.ID, x.Slot)
		for _, o := range old {
			if o.Slot == x.Slot {
				x.WWPNs = o.WWPNs
			}
		}
		if f[5] != "" {
			w := strings.Split(strings.ToLower(f[5]), ",")
			if len(w) != 2 || !hex16.MatchString(w[0]) || !hex16.MatchString(w[1]) {
				return text(msgBadValue, it, a.Name, "")
			}
			x.WWPNs = [2]string{w[0], w[1]}
		}
		ed.pr.FC = append(ed.pr.FC, x)
	}
	return ""
}

func (ed *profileEditor) io(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return text(msgBadValue, a.Value, a.Name, "")
	}
	if a.Op == "=" {
		ed.pr.IOSlots = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if len(f) == 1 && a.Op == "-=" {
			f = []string{f[0], "", "0"}
		}
		if len(f) != 3 || f[1] != "" && f[1] != "none" || !contains("0 1", f[2]) || ed.c.sys.slotOf(f[0]) == nil {
			return text(msgDRC, f[0])
		}
		kept := ed.pr.IOSlots[:0:0]
		for _, x := range ed.pr.IOSlots {
			if drc, _ := ioItem(x); drc != f[0] {
				kept = append(kept, x)
			}
		}
		if a.Op == "-=" {
			if len(kept) == len(ed.pr.IOSlots) {
				return text(msgDRC, f[0])
			}
			ed.pr.IOSlots = kept
			continue
		}
		ed.pr.IOSlots = append(kept, f[0]+"/none/"+f[2])
	}
	return ""
}

// check looks at the whole profile: triples, slots inside the range and used once, server slots free.
func (ed *profileEditor) check() string {
	pr, s := ed.pr, ed.c.sys
	if msg := checkResources(s, pr.Resources); msg != "" {
		return msg
	}
	used := map[int]bool{}
	take := func(slot int) string {
		if slot >= pr.MaxSlots {
			return text(msgSlotRange, slot, pr.MaxSlots-1)
		}
		if used[slot] {
			return text(msgSlotUsed, slot)
		}
		used[slot] = true
		return ""
	}
	server := map[[2]int]bool{}
	serverSlot := func(id, slot int) string {
		key := [2]int{id, slot}
		if server[key] {
			return text(msgSlotUsed, slot)
		}
		server[key] = true
		sv := s.partition(id)
		if sv == nil || sv.VIOS == nil || usedSlots(sv)[slot] == "" {
			return ""
		}
		if h := sv.VIOS.vhostAt(slot); h != nil && h.ClientID == ed.p.ID && !ed.create {
			return ""
		}
		for _, h := range sv.VIOS.VFCHosts {
			if h.Slot == slot && h.ClientID == ed.p.ID && !ed.create {
				return ""
			}
		}
		return text(msgSlotUsed, slot)
	}
	for _, a := range pr.Eth {
		if msg := take(a.Slot); msg != "" {
			return msg
		}
	}
	if ed.p.VIOS == nil {
		for _, a := range pr.Scsi {
			if msg := take(a.Slot); msg != "" {
				return msg
			}
			if msg := serverSlot(a.RemoteID, a.RemoteSlot); msg != "" {
				return msg
			}
		}
		for _, a := range pr.FC {
			if msg := take(a.Slot); msg != "" {
				return msg
			}
			if msg := serverSlot(a.RemoteID, a.RemoteSlot); msg != "" {
				return msg
			}
		}
	}
	return ""
}

func validName(s string) bool {
	if s == "" || len(s) > 31 || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"'\<>*$&?|[]`, r) {
			return false
		}
	}
	return true
}

func cmdMksyscfg(c *call) int {
	o, rc, ok := c.parse("-r -i -f", "")
	if !ok {
		return rc
	}
	if _, ok := o.one("-r", "lpar"); !ok {
		return 1
	}
	data, ok := o.data()
	if !ok {
		return 1
	}
	s := c.sys
	p := &Partition{Env: "", State: stateOff, OSVersion: "0.0.0.0.0.0", RMC: rmcNone, DLPAR: [3]bool{true, true, true},
		KeyLock: "norm", BootMode: "norm", Priority: 127, ModeCurr: s.highestMode()}
	ed := &profileEditor{c: c, p: p, create: true}
	ed.pr = Profile{MaxSlots: 30, BootMode: "norm", Mode: "default", Resources: Resources{Sharing: "uncap", Weight: 128}}
	given := map[string]bool{}
	for _, a := range data {
		given[a.Name] = true
		if a.Name == "lpar_id" {
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 254 {
				return c.fail(msgBadValue, a.Value, a.Name, "")
			}
			p.ID = n
		}
	}
	if p.ID == 0 {
		p.ID = s.freeID()
	}
	p.MACBase = macBase(s, p.ID)
	if !given["proc_mode"] {
		ed.pr.Dedicated = !given["desired_proc_units"]
	}
	// The mode decides what the other attributes mean, so it is read first.
	sort.SliceStable(data, func(i, j int) bool { return data[i].Name == "proc_mode" && data[j].Name != "proc_mode" })
	if ed.pr.Dedicated {
		ed.pr.Sharing, ed.pr.Weight = "keep_idle_procs", 0
	}
	sort.SliceStable(data, func(i, j int) bool { return data[i].Name == "max_virtual_slots" && data[j].Name != "max_virtual_slots" })
	for _, a := range data {
		if a.Op != "=" {
			return c.fail(msgBadAttr, a.Name+a.Op[:1])
		}
		bad := text(msgBadValue, a.Value, a.Name, "")
		switch a.Name {
		case "lpar_id":
		case "name":
			if !validName(a.Value) {
				return c.fail("%s", bad)
			}
			p.Name = a.Value
		case "profile_name":
			if !validName(a.Value) {
				return c.fail("%s", bad)
			}
		case "lpar_env":
			if a.Value != envAIXLinux {
				return c.fail("%s", bad)
			}
			p.Env = a.Value
		case "lpar_name", "all_resources", "virtual_serial_adapters", "lpar_io_pool_ids", "conn_monitoring", "power_ctrl_lpar_ids":
			return c.fail("%s", text(msgBadAttr, a.Name))
		case "work_group_id":
			if a.Value == "none" {
				continue
			}
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 255 {
				return c.fail("%s", bad)
			}
			p.WorkGroup = n
		case "lpar_avail_priority":
			n, ok := number(a.Value)
			if !ok || n > 255 {
				return c.fail("%s", bad)
			}
			p.Priority = n
		case "allow_perf_collection":
			if !contains("0 1", a.Value) {
				return c.fail("%s", bad)
			}
			p.Perf = a.Value == "1"
		case "lpar_keylock":
			if !contains("norm manual", a.Value) {
				return c.fail("%s", bad)
			}
			p.KeyLock = a.Value
		default:
			if msg := ed.set(a); msg != "" {
				return c.fail("%s", msg)
			}
		}
	}
	need := strings.Fields("name lpar_env min_mem desired_mem max_mem min_procs desired_procs max_procs")
	if !ed.pr.Dedicated {
		need = append(need, "min_proc_units", "desired_proc_units", "max_proc_units")
	} else {
		for _, n := range []string{"min_proc_units", "desired_proc_units", "max_proc_units", "uncap_weight"} {
			if given[n] {
				return c.fail(msgBadAttr, n)
			}
		}
	}
	var missing []string
	for _, n := range need {
		if !given[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return c.fail(msgMissingAttr, strings.Join(missing, ","))
	}
	if s.partitionNamed(p.Name) != nil {
		return c.fail(msgNameTaken, p.Name)
	}
	if s.partition(p.ID) != nil {
		return c.fail(msgIDTaken, p.ID)
	}
	if len(s.Partitions) >= s.MaxPartitions {
		return c.fail(msgTooMany, s.MaxPartitions)
	}
	// The one profile has the name of the partition, whatever profile_name says.
	ed.pr.Name = p.Name
	if !given["virtual_scsi_adapters"] {
		slot, ok := freeServerSlot(c.vp)
		if !ok {
			return c.fail(msgNoFreeSlot)
		}
		client := 2
		for taken := true; taken; {
			taken = false
			for _, a := range ed.pr.Eth {
				taken = taken || a.Slot == client
			}
			for _, a := range ed.pr.FC {
				taken = taken || a.Slot == client
			}
			if taken {
				client++
			}
		}
		ed.pr.Scsi = []ScsiAdapter{{Slot: client, RemoteID: c.vp.ID, RemoteSlot: slot, Required: true}}
	}
	if msg := ed.check(); msg != "" {
		return c.fail("%s", msg)
	}
	p.Profile = ed.pr
	p.UUID = makeUUID(s, p.ID, c.e.Now)
	s.addPartition(p)
	p.followProfile(c.e)
	return 0
}

// selected finds the object that name or lpar_id of a record selects.
func (c *call) selected(data []pair, nameAttrs ...string) (*Partition, bool) {
	var p *Partition
	found := false
	for _, a := range data {
		if a.Op != "=" {
			continue
		}
		if a.Name == "lpar_id" {
			n, ok := number(a.Value)
			if !ok {
				c.fail(msgBadValue, a.Value, a.Name, "")
				return nil, false
			}
			q := c.sys.partition(n)
			if q == nil || p != nil && p != q {
				c.fail(msgNotFound, a.Value)
				return nil, false
			}
			p, found = q, true
		}
		for _, n := range nameAttrs {
			if a.Name != n {
				continue
			}
			q := c.sys.partitionNamed(a.Value)
			if q == nil || p != nil && p != q {
				c.fail(msgNotFound, a.Value)
				return nil, false
			}
			p, found = q, true
		}
	}
	if !found {
		c.fail(msgMissingAttr, "name or lpar_id")
	}
	return p, found
}

func cmdChsyscfg(c *call) int {
	o, rc, ok := c.parse("-r -i -f", "--force")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "lpar", "prof", "sys")
	if !ok {
		return 1
	}
	data, ok := o.data()
	if !ok {
		return 1
	}
	switch kind {
	case "sys":
		for _, a := range data {
			if a.Name != "new_name" || a.Op != "=" {
				return c.fail(msgBadAttr, a.Name)
			}
			if !validName(a.Value) {
				return c.fail(msgBadValue, a.Value, a.Name, "")
			}
			c.sys.Name = a.Value
		}
		return 0
	case "lpar":
		return c.changePartition(data)
	}
	p, ok := c.selected(data, "name", "lpar_name")
	if !ok {
		return 1
	}
	if p.migrating() {
		return c.fail(msgWrongState)
	}
	ed := &profileEditor{c: c, p: p, pr: p.Profile}
	ed.pr.Eth = append([]EthAdapter(nil), p.Profile.Eth...)
	sort.SliceStable(data, func(i, j int) bool { return data[i].Name == "proc_mode" && data[j].Name != "proc_mode" })
	for _, a := range data {
		if contains("name lpar_name lpar_id", a.Name) && a.Op == "=" {
			continue
		}
		if p.VIOS != nil && contains("virtual_scsi_adapters virtual_fc_adapters virtual_eth_adapters io_slots boot_mode", a.Name) {
			return c.fail(msgBadAttr, a.Name)
		}
		// The server side of these adapters lives at once, so they follow the profile only while the partition is off.
		if p.State != stateOff && contains("virtual_scsi_adapters virtual_fc_adapters", a.Name) {
			return c.fail(msgNotOff)
		}
		if ed.pr.Dedicated && contains("min_proc_units desired_proc_units max_proc_units uncap_weight", a.Name) {
			return c.fail(msgBadAttr, a.Name)
		}
		if msg := ed.set(a); msg != "" {
			return c.fail("%s", msg)
		}
	}
	if msg := ed.check(); msg != "" {
		return c.fail("%s", msg)
	}
	p.Profile = ed.pr
	if p.State == stateOff {
		p.followProfile(c.e)
	}
	return 0
}

func (c *call) changePartition(data []pair) int {
	p, ok := c.selected(data, "name")
	if !ok {
		return 1
	}
	if p.migrating() {
		return c.fail(msgWrongState)
	}
	changed := *p
	profile := p.Profile
	for _, a := range data {
		bad := text(msgBadValue, a.Value, a.Name, "")
		if a.Op != "=" {
			return c.fail(msgBadAttr, a.Name+a.Op[:1])
		}
		switch a.Name {
		case "name", "lpar_id":
		case "new_name":
			if !validName(a.Value) {
				return c.fail("%s", bad)
			}
			if q := c.sys.partitionNamed(a.Value); q != nil && q != p {
				return c.fail(msgNameTaken, a.Value)
			}
			// The one profile follows the name of its partition.
			if profile.Name == p.Name {
				profile.Name = a.Value
			}
			if changed.CurrProfile == p.Name {
				changed.CurrProfile = a.Value
			}
			changed.Name = a.Value
		case "work_group_id":
			n := 0
			if a.Value != "none" {
				if n, ok = number(a.Value); !ok || n < 1 || n > 255 {
					return c.fail("%s", bad)
				}
			}
			changed.WorkGroup = n
		case "lpar_avail_priority":
			n, ok := number(a.Value)
			if !ok || n > 255 {
				return c.fail("%s", bad)
			}
			changed.Priority = n
		case "allow_perf_collection":
			if !contains("0 1", a.Value) {
				return c.fail("%s", bad)
			}
			changed.Perf = a.Value == "1"
		case "auto_start":
			if !contains("0 1", a.Value) {
				return c.fail("%s", bad)
			}
			profile.AutoStart = a.Value == "1"
		case "lpar_keylock":
			if !contains("norm manual", a.Value) {
				return c.fail("%s", bad)
			}
			changed.KeyLock = a.Value
		default:
			return c.fail(msgBadAttr, a.Name)
		}
	}
	*p = changed
	p.Profile = profile
	return 0
}

func cmdRmsyscfg(c *call) int {
	o, rc, ok := c.parse("-r -n --id", "")
	if !ok {
		return rc
	}
	if _, ok := o.one("-r", "lpar"); !ok {
		return 1
	}
	p, ok := o.partition("-n")
	if !ok {
		return 1
	}
	switch {
	case p.VIOS != nil:
		return c.fail(msgVIOSItself)
	case p.State != stateOff:
		return c.fail(msgNotOff)
	case p.VTOpen:
		return c.fail(msgVTOpen)
	}
	c.sys.remove(p)
	return 0
}

// remove deletes a partition with its server adapters and targets; the disks stay.
func (s *System) remove(p *Partition) {
	for _, sv := range s.Partitions {
		if sv.VIOS == nil {
			continue
		}
		for _, h := range sv.VIOS.vhostsOf(p.ID) {
			sv.VIOS.dropVHost(h)
		}
		var keep []*VFCHost
		for _, h := range sv.VIOS.VFCHosts {
			if h.ClientID != p.ID {
				keep = append(keep, h)
			}
		}
		sv.VIOS.VFCHosts = keep
	}
	for _, sl := range s.Slots {
		if sl.Owner == p.ID {
			sl.Owner = 0
		}
	}
	s.dropPartition(p)
}

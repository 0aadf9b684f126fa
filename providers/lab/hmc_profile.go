package lab

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// hmcEditor applies the attributes of a record to a copy of a profile. What is wrong comes back as the console's text.
type hmcEditor struct {
	h  *hcall
	p  *Partition
	pr Profile
	// made are the WWPN pairs that the edit has given out.
	made int
}

func (h *hcall) editor(p *Partition, pr Profile) *hmcEditor {
	ed := &hmcEditor{h: h, p: p, pr: pr}
	ed.pr.Eth, ed.pr.Scsi, ed.pr.FC = slices.Clone(pr.Eth), slices.Clone(pr.Scsi), slices.Clone(pr.FC)
	ed.pr.IOSlots, ed.pr.Extra = slices.Clone(pr.IOSlots), cloneTable(pr.Extra)
	return ed
}

func hmcBad(value, name string) string { return text(hmcBadValue, value, name, "") }

// invalid is the refusal of an attribute that a record may not hold.
func (h *hcall) invalid(name string) string {
	if h.polish {
		return text(hmcBadAttrPL, name)
	}
	return text(hmcBadAttr, name)
}

var hmcLists = "virtual_eth_adapters virtual_scsi_adapters virtual_fc_adapters io_slots sriov_eth_logical_ports sriov_roce_logical_ports virtual_serial_adapters"

func (ed *hmcEditor) set(a pair) string {
	pr, h := &ed.pr, ed.h
	bad := hmcBad(a.Value, a.Name)
	if a.Op != "=" && !contains(hmcLists, a.Name) {
		return h.invalid(a.Name)
	}
	count := func(into *int) string {
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
	switch a.Name {
	case "min_mem":
		return count(&pr.MinMem)
	case "desired_mem":
		return count(&pr.Mem)
	case "max_mem":
		return count(&pr.MaxMem)
	case "min_procs":
		return count(&pr.MinProcs)
	case "desired_procs":
		return count(&pr.Procs)
	case "max_procs":
		return count(&pr.MaxProcs)
	case "min_proc_units":
		return unit(&pr.MinUnits)
	case "desired_proc_units":
		return unit(&pr.Units)
	case "max_proc_units":
		return unit(&pr.MaxUnits)
	case "min_num_huge_pages":
		return count(&pr.MinHuge)
	case "desired_num_huge_pages":
		return count(&pr.Huge)
	case "max_num_huge_pages":
		return count(&pr.MaxHuge)
	case "mem_expansion":
		if !h.sys.capable("active_mem_expansion_capable") || ed.p.Env != envAIXLinux {
			return h.invalid(a.Name)
		}
		if msg := unit(&pr.Expansion); msg != "" || pr.Expansion != 0 && (pr.Expansion < 100 || pr.Expansion > 1000) {
			return bad
		}
	case "mem_mode":
		if a.Value == "shared" {
			return hmcNoAMS
		}
		if a.Value != "ded" {
			return bad
		}
	case "proc_mode":
		switch {
		case a.Value == "ded" && !pr.Dedicated:
			pr.Dedicated, pr.Sharing, pr.Weight, pr.Pool = true, "", 0, 0
			pr.MinUnits, pr.Units, pr.MaxUnits = 0, 0, 0
		case a.Value == "shared" && pr.Dedicated:
			pr.Dedicated, pr.Sharing, pr.Weight = false, "", 128
		case !contains("ded shared", a.Value):
			return bad
		}
	case "sharing_mode":
		allowed := "cap uncap"
		if pr.Dedicated {
			allowed = "keep_idle_procs share_idle_procs share_idle_procs_active share_idle_procs_always"
		}
		if !contains(allowed, a.Value) {
			return bad
		}
		if a.Value == "cap" {
			pr.Weight = 0
		} else if pr.Sharing == "cap" {
			pr.Weight = 128
		}
		pr.Sharing = a.Value
	case "uncap_weight":
		if msg := count(&pr.Weight); msg != "" || pr.Weight > 255 {
			return bad
		}
	case "shared_proc_pool_id":
		n, ok := number(a.Value)
		if !ok || h.sys.pool(n) == nil {
			return bad
		}
		pr.Pool = n
	case "shared_proc_pool_name":
		p := h.sys.poolNamed(a.Value)
		if p == nil {
			return bad
		}
		pr.Pool = p.ID
	case "max_virtual_slots":
		if msg := count(&pr.MaxSlots); msg != "" || pr.MaxSlots < 2 || pr.MaxSlots > 65536 {
			return bad
		}
	case "auto_start":
		if !contains("0 1", a.Value) {
			return bad
		}
		pr.AutoStart = a.Value == "1"
	case "boot_mode":
		if !contains("norm sms dd ds of null", a.Value) {
			return bad
		}
		pr.BootMode = a.Value
	case "lpar_proc_compat_mode":
		if !h.sys.supports(a.Value) {
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
	case "virtual_serial_adapters":
		// Slots 0 and 1 are those of the console; more of them are taken as they are.
		pr.Extra[a.Name] = a.Value
	case "sriov_eth_logical_ports", "sriov_roce_logical_ports":
		if a.Op != "=" {
			return bad
		}
		pr.Extra[a.Name] = a.Value
	default:
		def, known := profExtra[a.Name]
		if !known {
			return h.invalid(a.Name)
		}
		if (def == "0" || def == "1") && !contains("0 1", a.Value) && a.Name != "bsr_arrays" && a.Name != "mem_weight" {
			return bad
		}
		if a.Name == "hpt_ratio" && !contains("1:32 1:64 1:128 1:256 1:512", a.Value) {
			return bad
		}
		pr.Extra[a.Name] = a.Value
		if a.Value == def {
			delete(pr.Extra, a.Name)
		}
	}
	return ""
}

// drop takes the item of a slot out of a list; false when there is none.
func drop[T any](list []T, slot int, of func(T) int) ([]T, bool) {
	out := slices.DeleteFunc(slices.Clone(list), func(x T) bool { return of(x) == slot })
	return out, len(out) < len(list)
}

func (ed *hmcEditor) slot(field string) (int, string) {
	n, ok := number(field)
	if !ok || n < 2 {
		return 0, text(hmcSlotRange, n, ed.pr.MaxSlots-1)
	}
	return n, ""
}

func (ed *hmcEditor) eth(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return hmcBad(a.Value, a.Name)
	}
	if a.Op == "=" {
		ed.pr.Eth = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			n, _ := number(f[0])
			if ed.pr.Eth, ok = drop(ed.pr.Eth, n, func(x EthAdapter) int { return x.Slot }); !ok {
				return text(hmcSlotEmpty, f[0])
			}
			continue
		}
		x, msg := ed.ethItem(it, f, a.Name)
		if msg != "" {
			return msg
		}
		ed.pr.Eth = append(ed.pr.Eth, x)
	}
	return ""
}

// ethItem reads slot/is-ieee/pvid/[addl-vlans]/[trunk-priority]/is-required[/[vswitch][/[MAC]/[allowed-OS-MACs]/[QoS]]].
func (ed *hmcEditor) ethItem(it string, f []string, name string) (EthAdapter, string) {
	bad := hmcBad(it, name)
	var x EthAdapter
	if len(f) < 6 || len(f) > 10 || len(f) == 8 || len(f) == 9 {
		return x, bad
	}
	var msg string
	if x.Slot, msg = ed.slot(f[0]); msg != "" {
		return x, msg
	}
	pvid, ok1 := number(f[2])
	trunk, ok2 := 0, true
	if f[4] != "" {
		trunk, ok2 = number(f[4])
	}
	if !contains("0 1", f[1]) || !ok1 || pvid < 1 || pvid > 4094 || !ok2 || trunk > 15 || !contains("0 1", f[5]) {
		return x, bad
	}
	x.IEEE, x.PVID, x.TrunkPriority, x.Required = f[1] == "1", pvid, trunk, f[5] == "1"
	if f[3] != "" {
		var ok bool
		if x.VLANs, ok = vlanList(f[3]); !ok || !x.IEEE || containsInt(x.VLANs, pvid) {
			return x, bad
		}
	}
	if trunk > 0 && ed.p.VIOS == nil {
		return x, bad
	}
	x.Switch, x.OSMACs, x.QoS = firstSwitch, "all", "none"
	x.MAC = fmt.Sprintf("%s%02X", ed.p.MACBase, x.Slot&255)
	if len(f) > 6 && f[6] != "" {
		x.Switch = strings.TrimSuffix(f[6], "(Default)")
	}
	if ed.h.sys.vswitch(x.Switch) == nil {
		return x, bad
	}
	if len(f) == 10 {
		if f[7] != "" {
			if len(f[7]) != 12 || !isHex(f[7]) {
				return x, bad
			}
			x.MAC = strings.ToUpper(f[7])
		}
		if f[8] != "" {
			x.OSMACs = f[8]
		}
		if f[9] != "" {
			x.QoS = f[9]
		}
	}
	return x, ""
}

// remote finds the partition that an adapter item names by id, by name, or by both; any or nothing is 0.
func (ed *hmcEditor) remote(id, name string) (int, bool) {
	s := ed.h.sys
	if id == "any" || id == "" && name == "" || id == "65535" {
		return 0, true
	}
	if id != "" {
		n, ok := number(id)
		if !ok || n < 1 {
			return 0, false
		}
		if q := s.partition(n); name != "" && (q == nil || q.Name != name) {
			return 0, false
		}
		// A server adapter may be made for a partition that comes later.
		return n, true
	}
	if q := s.partitionNamed(name); q != nil {
		return q.ID, true
	}
	return 0, false
}

func (ed *hmcEditor) scsi(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return hmcBad(a.Value, a.Name)
	}
	if a.Op == "=" {
		ed.pr.Scsi = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			n, _ := number(f[0])
			if ed.pr.Scsi, ok = drop(ed.pr.Scsi, n, func(x ScsiAdapter) int { return x.Slot }); !ok {
				return text(hmcSlotEmpty, f[0])
			}
			continue
		}
		bad := hmcBad(it, a.Name)
		if len(f) != 6 || !contains("client server", f[1]) || !contains("0 1", f[5]) {
			return bad
		}
		x := ScsiAdapter{Server: f[1] == "server", Required: f[5] == "1"}
		var msg string
		if x.Slot, msg = ed.slot(f[0]); msg != "" {
			return msg
		}
		if x.RemoteID, x.RemoteSlot, msg = ed.pairing(f[2], f[3], f[4], x.Server, bad); msg != "" {
			return msg
		}
		ed.pr.Scsi = append(ed.pr.Scsi, x)
	}
	return ""
}

// pairing reads the other side of an adapter. A client names a Virtual I/O Server and a slot, a server may take anybody.
func (ed *hmcEditor) pairing(id, name, slot string, server bool, bad string) (int, int, string) {
	remote, ok := ed.remote(id, name)
	if !ok || server != (ed.p.VIOS != nil) {
		return 0, 0, bad
	}
	n := 0
	if slot != "any" && slot != "" {
		if n, ok = number(slot); !ok || n < 2 {
			return 0, 0, bad
		}
	}
	if !server {
		if q := ed.h.sys.partition(remote); q == nil || q.VIOS == nil || n == 0 {
			return 0, 0, bad
		}
	}
	return remote, n, ""
}

func (ed *hmcEditor) fc(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return hmcBad(a.Value, a.Name)
	}
	if !ed.h.sys.capable("virtual_fc_capable") && len(items) > 0 {
		return hmcNoVFC
	}
	old := ed.pr.FC
	if a.Op == "=" {
		ed.pr.FC = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if a.Op == "-=" {
			n, _ := number(f[0])
			if ed.pr.FC, ok = drop(ed.pr.FC, n, func(x FCAdapter) int { return x.Slot }); !ok {
				return text(hmcSlotEmpty, f[0])
			}
			continue
		}
		bad := hmcBad(it, a.Name)
		if len(f) == 6 {
			f = append(f, "0") // the last field may be left out on some levels
		}
		if len(f) != 7 || !contains("client server", f[1]) || !contains("0 1", f[6]) {
			return bad
		}
		x := FCAdapter{Server: f[1] == "server", Required: f[6] == "1"}
		var msg string
		if x.Slot, msg = ed.slot(f[0]); msg != "" {
			return msg
		}
		if x.RemoteID, x.RemoteSlot, msg = ed.pairing(f[2], f[3], f[4], x.Server, bad); msg != "" {
			return msg
		}
		if !x.Server {
			for _, o := range old {
				if o.Slot == x.Slot {
					x.WWPNs = o.WWPNs
				}
			}
			if f[5] != "" {
				if x.WWPNs, ok = wwpns(f[5]); !ok {
					return bad
				}
			} else if x.WWPNs[0] == "" {
				x.WWPNs = ed.h.sys.nextWWPNs(ed.made)
				ed.made++
			}
		}
		ed.pr.FC = append(ed.pr.FC, x)
	}
	return ""
}

// wwpns reads a pair of world wide port names.
func wwpns(s string) ([2]string, bool) {
	w := strings.Split(strings.ToLower(s), ",")
	if len(w) != 2 || !hex16.MatchString(w[0]) || !hex16.MatchString(w[1]) {
		return [2]string{}, false
	}
	return [2]string{w[0], w[1]}, true
}

// nextWWPNs is the pair that comes ahead pairs later. The prefix belongs to the system.
func (s *System) nextWWPNs(ahead int) [2]string {
	sum := 0
	for _, r := range s.TypeModel + s.Serial {
		sum = (sum*31 + int(r)) & 0xffffff
	}
	n := (s.WWPNNext + ahead) * 2
	return [2]string{fmt.Sprintf("c0507%06x%05x", sum, n), fmt.Sprintf("c0507%06x%05x", sum, n+1)}
}

func (ed *hmcEditor) io(a pair) string {
	items, ok := splitList(a.Value)
	if !ok {
		return hmcBad(a.Value, a.Name)
	}
	if a.Op == "=" {
		ed.pr.IOSlots = nil
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if len(f) == 1 {
			f = []string{f[0], "", "0"}
		}
		if len(f) != 3 || f[1] != "" && f[1] != "none" || !contains("0 1", f[2]) || ed.h.sys.slotOf(f[0]) == nil {
			return text(hmcSlotOwned, f[0])
		}
		kept := slices.DeleteFunc(slices.Clone(ed.pr.IOSlots), func(x string) bool { drc, _ := ioItem(x); return drc == f[0] })
		if a.Op == "-=" {
			if len(kept) == len(ed.pr.IOSlots) {
				return text(hmcSlotOwned, f[0])
			}
			ed.pr.IOSlots = kept
			continue
		}
		ed.pr.IOSlots = append(kept, f[0]+"/none/"+f[2])
	}
	return ""
}

// check looks at the whole profile: order of minimum, desired and maximum, regions, entitlement, and slots used once.
// Capacity is not looked at; activation does.
func (ed *hmcEditor) check() string {
	pr, s := ed.pr, ed.h.sys
	if pr.extra("all_resources") == "1" {
		return ""
	}
	for _, x := range []struct {
		attr         string
		least, v, up int
	}{{"desired_mem", pr.MinMem, pr.Mem, pr.MaxMem}, {"desired_procs", pr.MinProcs, pr.Procs, pr.MaxProcs},
		{"desired_proc_units", pr.MinUnits, pr.Units, pr.MaxUnits}, {"desired_num_huge_pages", pr.MinHuge, pr.Huge, pr.MaxHuge}} {
		if x.least > x.v || x.v > x.up {
			return text(hmcBadValue, strconv.Itoa(x.v), x.attr, "  It must not be less than the minimum or more than the maximum.")
		}
	}
	for _, n := range []int{pr.MinMem, pr.Mem, pr.MaxMem} {
		if n == 0 || n%s.RegionMB != 0 {
			return text(hmcRegion, s.RegionMB)
		}
	}
	if pr.MinProcs < 1 {
		return hmcBad(strconv.Itoa(pr.MinProcs), "min_procs")
	}
	if pr.Sharing == "" {
		return text(hmcMissing, "sharing_mode")
	}
	if !pr.Dedicated {
		for _, x := range [][2]int{{pr.MinUnits, pr.MinProcs}, {pr.Units, pr.Procs}, {pr.MaxUnits, pr.MaxProcs}} {
			if x[0] < x[1]*s.MinUnits {
				return text(hmcUnits, hmcUnit(s.MinUnits))
			}
		}
		if pr.Units > pr.Procs*100 {
			return text(hmcBadValue, hmcUnit(pr.Units), "desired_proc_units", "  It must not be more than one per virtual processor.")
		}
	}
	used := map[int]bool{}
	var slots []int
	for _, a := range pr.Eth {
		slots = append(slots, a.Slot)
	}
	for _, a := range pr.Scsi {
		slots = append(slots, a.Slot)
	}
	for _, a := range pr.FC {
		slots = append(slots, a.Slot)
	}
	for _, n := range slots {
		if n >= pr.MaxSlots {
			return text(hmcSlotRange, n, pr.MaxSlots-1)
		}
		if used[n] {
			return text(hmcSlotUsed, n)
		}
		used[n] = true
	}
	return ""
}

// partitionAttrs are the attributes of a partition itself, which mksyscfg takes beside those of its first profile and
// chsyscfg -r lpar takes alone.
func (h *hcall) partitionAttr(p *Partition, a pair) (refusal string, known bool) {
	bad := hmcBad(a.Value, a.Name)
	switch a.Name {
	case "msp", "time_ref", "migration_disabled", "allow_perf_collection":
		if !contains("0 1", a.Value) {
			return bad, true
		}
		on := a.Value == "1"
		switch a.Name {
		case "msp":
			if p.Env != envVIOS {
				return hmcMSPOnly, true
			}
			p.MSP = on
		case "time_ref":
			p.TimeRef = on
		case "migration_disabled":
			p.MigrationDisabled = on
		default:
			p.Perf = on
		}
	case "sync_curr_profile":
		if !contains("0 1 2", a.Value) {
			return bad, true
		}
		p.Sync = a.Value
	case "work_group_id":
		n := 0
		if a.Value != "none" {
			var ok bool
			if n, ok = number(a.Value); !ok || n < 1 || n > 255 {
				return bad, true
			}
		}
		p.WorkGroup = n
	case "lpar_avail_priority":
		n, ok := number(a.Value)
		if !ok || n > 255 {
			return bad, true
		}
		p.Priority = n
	case "description":
		for _, r := range a.Value {
			if r < 0x20 || r > 0x7e {
				return hmcASCII, true
			}
		}
		p.Description = a.Value
	case "secure_boot":
		p.Extra = cloneTable(p.Extra)
		p.Extra["pend_secure_boot"] = a.Value
		if p.State == stateOff {
			p.Extra["curr_secure_boot"] = a.Value
		}
	case "kvm_capable", "vtpm_enabled", "vtpm_version", "vtpm_encryption", "keystore_kbytes":
		if p.live() && p.State != "" {
			return hmcNotOff, true
		}
		fallthrough
	case "shared_proc_pool_util_auth", "power_ctrl_lpar_ids", "suspend_capable", "remote_restart_capable", "simplified_remote_restart_capable",
		"affinity_group_id", "powervm_mgmt_capable", "virtual_serial_num":
		if a.Name == "kvm_capable" && h.level < 11 || a.Name == "simplified_remote_restart_capable" && h.level < 8 {
			return h.invalid(a.Name), true
		}
		p.Extra = cloneTable(p.Extra)
		p.Extra[a.Name] = a.Value
		if lparExtra[a.Name] == a.Value {
			delete(p.Extra, a.Name)
		}
	default:
		return "", false
	}
	return "", true
}

func hmcMksyscfg(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "prof", "sysprof")
	if !ok || !h.system(true) {
		return 1
	}
	switch kind {
	case "sysprof":
		return h.refuse(hmcBadParam, "-r")
	case "prof":
		if h.has("-o") {
			return h.saveProfile()
		}
		return h.makeProfile()
	}
	if !h.only("-r -m -i -f") {
		return 1
	}
	data, ok := h.data("-i")
	if !ok {
		return 1
	}
	p := &Partition{State: stateOff, OSVersion: "Unknown", RMC: rmcInactive, DLPAR: [3]bool{true, true, true}, KeyLock: "norm", BootMode: "norm",
		Priority: 127, ModeCurr: h.sys.highestMode(), Sync: "0"}
	profile, msg := h.create(p, data)
	if msg != "" {
		return h.refuse("%s", msg)
	}
	p.Profile = *profile
	p.UUID = makeUUID(h.sys, p.ID, h.e.Now)
	h.sys.addPartition(p)
	return 0
}

// create reads the record of a new partition and its first profile.
func (h *hcall) create(p *Partition, data []pair) (*Profile, string) {
	s := h.sys
	given := map[string]string{}
	for _, a := range data {
		given[a.Name] = a.Value
	}
	p.Env, p.Name = given["lpar_env"], given["name"]
	var missing []string
	for _, n := range []string{"name", "profile_name", "lpar_env"} {
		if given[n] == "" {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return nil, text(hmcMissing, strings.Join(missing, ", "))
	}
	if !contains("aixlinux vioserver os400", p.Env) || p.Env == envIBMi && !s.capable("os400_capable") {
		return nil, hmcBad(p.Env, "lpar_env")
	}
	if p.Env == envVIOS {
		p.VIOS, p.Priority = &VIOS{Hostname: p.Name, Level: "", hmc: true}, 191
	}
	if id, ok := given["lpar_id"]; ok {
		n, ok := number(id)
		if !ok || n < 1 || n > s.MaxPartitions {
			return nil, hmcBad(id, "lpar_id")
		}
		p.ID = n
	} else {
		p.ID = s.freeID()
	}
	for _, n := range []string{"name", "profile_name"} {
		if !hmcName(given[n]) {
			return nil, hmcBad(given[n], n)
		}
	}
	switch {
	case s.partitionNamed(p.Name) != nil:
		return nil, text(hmcNameTaken, p.Name)
	case s.partition(p.ID) != nil:
		return nil, text(hmcIDTaken, p.ID)
	case len(s.Partitions) >= s.MaxPartitions:
		return nil, text(hmcTooMany, s.MaxPartitions)
	case p.Env == envIBMi && given["console_slot"] == "" && given["all_resources"] != "1":
		return nil, text(hmcMissing, "console_slot")
	}
	p.MACBase = macBase(s, p.ID)
	ed := h.editor(p, Profile{Name: given["profile_name"], MaxSlots: 6, BootMode: "norm", Mode: "default"})
	ed.pr.Dedicated = given["proc_mode"] == "ded" || given["proc_mode"] == "" && given["desired_proc_units"] == ""
	if ed.pr.Dedicated {
		ed.pr.Sharing = "keep_idle_procs"
		if given["proc_mode"] != "" {
			ed.pr.Sharing = "" // with the mode said, the sharing must be said too
		}
	} else {
		ed.pr.Weight = 128
	}
	if msg := missingTriples(given, ed.pr.Dedicated); msg != "" {
		return nil, msg
	}
	order(data)
	for _, a := range data {
		if contains("name profile_name lpar_env lpar_id", a.Name) {
			continue
		}
		if msg, known := h.partitionAttr(p, a); known {
			if msg != "" {
				return nil, msg
			}
			continue
		}
		if msg := ed.set(a); msg != "" {
			return nil, msg
		}
	}
	if given["all_resources"] == "1" {
		ed.takeAll()
	} else if msg := ed.check(); msg != "" {
		return nil, msg
	}
	s.WWPNNext += ed.made
	return &ed.pr, ""
}

// takeAll is the profile of a partition that has the whole system: maxima that the system can never give to two.
func (ed *hmcEditor) takeAll() {
	s := ed.h.sys
	r := s.RegionMB
	free := (s.MemoryMB - s.FirmwareMB) * 63 / 64 / r * r
	ed.pr.Resources = Resources{MinMem: r, Mem: free, MaxMem: free, Dedicated: true, Sharing: "keep_idle_procs", MinProcs: 1, Procs: s.Procs / 100, MaxProcs: s.Procs / 100}
}

// order puts the attributes first that decide what the others mean.
func order(data []pair) {
	rank := func(n string) int {
		return map[string]int{"proc_mode": -3, "max_virtual_slots": -2, "sharing_mode": -1}[n]
	}
	sort.SliceStable(data, func(i, j int) bool { return rank(data[i].Name) < rank(data[j].Name) })
}

func missingTriples(given map[string]string, dedicated bool) string {
	if given["all_resources"] == "1" {
		return ""
	}
	need := strings.Fields("min_mem desired_mem max_mem min_procs desired_procs max_procs")
	if !dedicated {
		need = append(need, "min_proc_units", "desired_proc_units", "max_proc_units", "sharing_mode")
	} else if given["proc_mode"] != "" {
		need = append(need, "sharing_mode")
	}
	var missing []string
	for _, n := range need {
		if given[n] == "" {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return text(hmcMissing, strings.Join(missing, ", "))
	}
	return ""
}

func hmcName(s string) bool {
	if s == "" || len(s) > 31 {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\<>*$&?|[]'()`, r) {
			return false
		}
	}
	return true
}

// owner finds the partition that a profile record names.
func (h *hcall) owner(given map[string]string, nameAttr string) (*Partition, bool) {
	if n, ok := given[nameAttr]; ok {
		if p := h.sys.partitionNamed(n); p != nil {
			return p, true
		}
		h.refuse(hmcNotFound, n)
		return nil, false
	}
	if id, ok := given["lpar_id"]; ok {
		if n, ok := number(id); ok {
			if p := h.sys.partition(n); p != nil {
				return p, true
			}
		}
		h.refuse(hmcNoID, id)
		return nil, false
	}
	if n, ok := h.values["-p"]; ok {
		if p := h.sys.partitionNamed(n); p != nil {
			return p, true
		}
		h.refuse(hmcNotFound, n)
		return nil, false
	}
	h.refuse(hmcMissing, nameAttr+" or lpar_id")
	return nil, false
}

func (h *hcall) makeProfile() int {
	if !h.only("-r -m -i -f") {
		return 1
	}
	data, ok := h.data("-i")
	if !ok {
		return 1
	}
	given := map[string]string{}
	for _, a := range data {
		given[a.Name] = a.Value
	}
	p, ok := h.owner(given, "lpar_name")
	if !ok {
		return 1
	}
	if !hmcName(given["name"]) {
		return h.refuse("%s", hmcBad(given["name"], "name"))
	}
	if p.profileNamed(given["name"]) != nil {
		return h.refuse(hmcProfExists, given["name"])
	}
	ed := h.editor(p, Profile{Name: given["name"], MaxSlots: 6, BootMode: "norm", Mode: "default"})
	ed.pr.Dedicated = given["proc_mode"] == "ded" || given["proc_mode"] == "" && given["desired_proc_units"] == ""
	if ed.pr.Dedicated {
		ed.pr.Sharing = "keep_idle_procs"
	} else {
		ed.pr.Weight = 128
	}
	if msg := missingTriples(given, ed.pr.Dedicated); msg != "" {
		return h.refuse("%s", msg)
	}
	order(data)
	for _, a := range data {
		if contains("name lpar_name lpar_id lpar_env", a.Name) {
			continue
		}
		if msg := ed.set(a); msg != "" {
			return h.refuse("%s", msg)
		}
	}
	if msg := ed.check(); msg != "" {
		return h.refuse("%s", msg)
	}
	h.sys.WWPNNext += ed.made
	p.Others = append(p.Others, &ed.pr)
	return 0
}

// saveProfile stores the current configuration as a profile.
func (h *hcall) saveProfile() int {
	if _, ok := h.one("-o", "save"); !ok {
		return 1
	}
	if !h.only("-r -m -o -p --id -n --force") {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	name, ok := h.values["-n"]
	if !ok {
		return h.refuse(hmcBadParam, "-n")
	}
	if !hmcName(name) {
		return h.refuse("%s", hmcBad(name, "-n"))
	}
	if !p.holds() {
		return h.refuse(hmcWrongState)
	}
	have := p.profileNamed(name)
	if have != nil && !h.flags["--force"] {
		return h.refuse(hmcProfExists, name)
	}
	pr := p.current()
	pr.Name = name
	if have != nil {
		*have = *pr
	} else {
		p.Others = append(p.Others, pr)
	}
	return 0
}

func hmcChsyscfg(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "prof", "sys", "sysprof", "frame")
	if !ok {
		return 1
	}
	if kind == "sysprof" || kind == "frame" {
		return h.refuse(hmcBadParam, "-r")
	}
	if !h.system(kind != "sys") {
		return 1
	}
	if kind == "lpar" && h.has("-o") {
		return h.applyProfile()
	}
	data, ok := h.data("-i")
	if !ok {
		return 1
	}
	given := map[string]string{}
	for _, a := range data {
		given[a.Name] = a.Value
	}
	switch kind {
	case "sys":
		return h.changeSystem(data)
	case "lpar":
		return h.changeLpar(data, given)
	}
	return h.changeProfile(data, given)
}

func (h *hcall) changeSystem(data []pair) int {
	next := *h.sys
	for _, a := range data {
		if a.Op != "=" {
			return h.badAttr(a.Name)
		}
		switch a.Name {
		case "new_name":
			if !hmcName(a.Value) {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			next.Name = a.Value
		case "power_off_policy":
			if !contains("0 1", a.Value) {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			next.OffPolicy = a.Value == "1"
		case "power_on_lpar_start_policy":
			if !contains("autostart autorecovery userinit", a.Value) {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			next.StartPolicy = a.Value
		case "description":
			next.Description = a.Value
		default:
			return h.badAttr(a.Name)
		}
	}
	h.sys.Name, h.sys.OffPolicy, h.sys.StartPolicy, h.sys.Description = next.Name, next.OffPolicy, next.StartPolicy, next.Description
	return 0
}

func (h *hcall) changeLpar(data []pair, given map[string]string) int {
	p, ok := h.owner(given, "name")
	if !ok {
		return 1
	}
	if p.migrating() {
		return h.refuse(hmcWrongState)
	}
	next := *p
	for _, a := range data {
		if a.Op != "=" {
			return h.badAttr(a.Name)
		}
		switch a.Name {
		case "name", "lpar_id":
			continue
		case "new_name":
			if !hmcName(a.Value) {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			if q := h.sys.partitionNamed(a.Value); q != nil && q != p {
				return h.refuse(hmcNameTaken, a.Value)
			}
			next.Name = a.Value
			continue
		case "default_profile":
			pr := p.profileNamed(a.Value)
			if pr == nil {
				return h.refuse(hmcNoProfile, a.Value)
			}
			if pr != &p.Profile {
				// The default profile is kept in front.
				old := next.Profile
				next.Profile = *pr
				next.Others = slices.Clone(p.Others)
				next.Others[slices.Index(p.Others, pr)] = &old
			}
			continue
		case "auto_start":
			if !contains("0 1", a.Value) {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			next.Profile.AutoStart = a.Value == "1"
			continue
		}
		msg, known := h.partitionAttr(&next, a)
		if !known {
			return h.badAttr(a.Name)
		}
		if msg != "" {
			return h.refuse("%s", msg)
		}
	}
	*p = next
	return 0
}

func (h *hcall) changeProfile(data []pair, given map[string]string) int {
	p, ok := h.owner(given, "lpar_name")
	if !ok {
		return 1
	}
	name, ok := given["name"]
	if !ok {
		return h.refuse(hmcMissing, "name")
	}
	pr := p.profileNamed(name)
	if pr == nil {
		return h.refuse(hmcNoProfile, name)
	}
	if p.migrating() {
		return h.refuse(hmcWrongState)
	}
	ed := h.editor(p, *pr)
	order(data)
	for _, a := range data {
		switch a.Name {
		case "name", "lpar_name", "lpar_id":
			continue
		case "new_name":
			if !hmcName(a.Value) || p.profileNamed(a.Value) != nil && a.Value != name {
				return h.refuse("%s", hmcBad(a.Value, a.Name))
			}
			ed.pr.Name = a.Value
			if p.CurrProfile == name {
				p.CurrProfile = a.Value
			}
			continue
		}
		if msg := ed.set(a); msg != "" {
			return h.refuse("%s", msg)
		}
	}
	if msg := ed.check(); msg != "" && !h.flags["--force"] {
		return h.refuse("%s", msg)
	}
	h.sys.WWPNNext += ed.made
	if pr.Name == p.CurrProfile && ed.pr.Mode != pr.Mode && p.Extra["active_mode"] == "" {
		// The partition's desired mode does not follow until it is activated (hmc-live-facts.md, section 11).
		p.Extra = cloneTable(p.Extra)
		p.Extra["active_mode"] = pr.Mode
	}
	*pr = ed.pr
	return 0
}

// applyProfile gives a partition that is off the configuration of a profile, without starting it.
func (h *hcall) applyProfile() int {
	if _, ok := h.one("-o", "apply"); !ok {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	pr := &p.Profile
	if n, ok := h.values["-n"]; ok {
		if pr = p.profileNamed(n); pr == nil {
			return h.refuse(hmcNoProfile, n)
		}
	}
	if p.State != stateOff {
		return h.refuse(hmcNotOff)
	}
	if msg := h.e.take(h.sys, p, pr); msg != "" {
		return h.refuse("%s", msg)
	}
	p.CurrProfile = pr.Name
	return 0
}

func hmcRmsyscfg(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "prof", "sysprof")
	if !ok || !h.system(true) {
		return 1
	}
	switch kind {
	case "sysprof":
		return h.refuse(hmcNoProfile, h.values["-n"])
	case "prof":
		if !h.only("-r -m -n -p --id") {
			return 1
		}
		p, ok := h.partition("-p")
		if !ok {
			return 1
		}
		name := h.values["-n"]
		pr := p.profileNamed(name)
		switch {
		case pr == nil:
			return h.refuse(hmcNoProfile, name)
		case pr == &p.Profile:
			return h.refuse(hmcProfNeeded, name)
		}
		p.Others = slices.DeleteFunc(p.Others, func(x *Profile) bool { return x == pr })
		return 0
	}
	if !h.only("-r -m -n --id --vioscfg --vdisks --vdisk") {
		return 1
	}
	if (h.has("--vioscfg") || h.has("--vdisks") || h.has("--vdisk")) && h.level < 9 {
		return h.refuse(hmcBadOption, "--vioscfg")
	}
	p, ok := h.partition("-n")
	if !ok {
		return 1
	}
	switch {
	case p.State != stateOff:
		return h.refuse(hmcWrongState)
	case p.VTOpen:
		return h.refuse(hmcTermHeld, p.Name)
	}
	h.sys.removeHMC(p, h.flags["--vioscfg"], h.flags["--vdisks"] || h.flags["--vdisk"])
	return 0
}

// removeHMC deletes a partition. Its server adapters and mappings stay, unless vios says that they go too.
func (s *System) removeHMC(p *Partition, vios, disks bool) {
	for _, sv := range s.servers() {
		for _, a := range slices.Clone(sv.Servers) {
			if a.RemoteID != p.ID || !vios {
				continue
			}
			if h := sv.VIOS.vhostAt(a.Slot); h != nil {
				for _, t := range h.VTDs {
					if g, l := sv.VIOS.volume(t.Backing); l != nil && disks && len(sv.VIOS.users(t.Backing)) == 1 {
						g.drop(l)
					}
				}
				sv.VIOS.dropVHost(h)
			}
			sv.VIOS.dropVFCHost(a.Slot)
			sv.dropServer(a.Slot)
			for _, pr := range sv.profiles() {
				pr.Scsi, _ = drop(pr.Scsi, a.Slot, func(x ScsiAdapter) int { return x.Slot })
				pr.FC, _ = drop(pr.FC, a.Slot, func(x FCAdapter) int { return x.Slot })
			}
		}
	}
	for _, sl := range s.Slots {
		if sl.Owner == p.ID {
			sl.Owner = 0
		}
	}
	for _, a := range s.SRIOV {
		for _, port := range a.Ports {
			port.Logical = slices.DeleteFunc(port.Logical, func(l *LogicalPort) bool { return l.Owner == p.ID })
		}
	}
	s.dropPartition(p)
}

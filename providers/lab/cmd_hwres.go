package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

func cmdLshwres(c *call) int {
	o, rc, ok := c.parse("-r --rsubtype --level --filter -F", "--header -R")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "io", "mem", "proc", "procpool", "virtualio")
	if !ok {
		return 1
	}
	if kind != "io" && kind != "virtualio" && o.has("--rsubtype") {
		return c.fail(msgBadOption, "--rsubtype")
	}
	if o.has("-R") && !contains("io mem proc", kind) {
		return c.fail(msgBadOption, "-R")
	}
	switch kind {
	case "mem":
		level, ok := o.one("--level", "lpar", "sys")
		if !ok {
			return 1
		}
		if level == "sys" {
			return c.single(o, c.memSys())
		}
		return c.perPartition(o, c.memRow)
	case "proc":
		level, ok := o.one("--level", "lpar", "pool", "sys")
		if !ok {
			return 1
		}
		switch level {
		case "sys":
			return c.single(o, c.procSys())
		case "pool":
			return c.single(o, newRow().add("configurable_pool_proc_units", unitText(c.sys.Procs)).
				add("curr_avail_pool_proc_units", unitText(c.sys.freeUnits())).
				add("pend_avail_pool_proc_units", unitText(c.sys.freeUnits())))
		}
		return c.perPartition(o, c.procRow)
	case "procpool":
		if o.has("--level") {
			return c.fail(msgBadOption, "--level")
		}
		return c.single(o, newRow().add("name", "DefaultPool").add("shared_proc_pool_id", "0"))
	case "io":
		if _, ok := o.one("--rsubtype", "slot"); !ok {
			return 1
		}
		if o.has("--level") {
			return c.fail(msgBadOption, "--level")
		}
		return c.ioSlots(o)
	}
	return c.lsVirtual(o)
}

func (c *call) single(o *options, r *row) int {
	if o.has("--filter") {
		return c.fail(msgBadOption, "--filter")
	}
	return o.print([]*row{r}, r.names)
}

func (c *call) perPartition(o *options, build func(*Partition) *row) int {
	f, ok := o.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	var rows []*row
	for _, p := range c.sys.Partitions {
		if f.partition(p) {
			rows = append(rows, build(p))
		}
	}
	return o.print(rows, build(&Partition{}).names)
}

func (c *call) memSys() *row {
	s := c.sys
	free := strconv.Itoa(s.freeMem())
	return newRow().add("configurable_sys_mem", strconv.Itoa(s.MemoryMB)).add("curr_avail_sys_mem", free).
		add("pend_avail_sys_mem", free).add("installed_sys_mem", strconv.Itoa(s.MemoryMB)).add("deconfig_sys_mem", "0").
		add("sys_firmware_mem", strconv.Itoa(s.firmware())).add("mem_region_size", strconv.Itoa(s.RegionMB))
}

func (c *call) memRow(p *Partition) *row {
	n := strconv.Itoa
	r := p.Curr
	run := r.Mem
	if p.State == stateOff || p.State == stateMigratingOff {
		run = 0
	}
	return newRow().add("lpar_name", p.Name).add("lpar_id", n(p.ID)).add("mem_mode", "ded").
		add("curr_min_mem", n(r.MinMem)).add("curr_mem", n(r.Mem)).add("curr_max_mem", n(r.MaxMem)).
		add("pend_min_mem", n(r.MinMem)).add("pend_mem", n(r.Mem)).add("pend_max_mem", n(r.MaxMem)).
		add("run_min_mem", "0").add("run_mem", n(run))
}

func (c *call) procSys() *row {
	s := c.sys
	n := strconv.Itoa
	return newRow().add("configurable_sys_proc_units", unitText(s.Procs)).add("curr_avail_sys_proc_units", unitText(s.freeUnits())).
		add("pend_avail_sys_proc_units", unitText(s.freeUnits())).add("installed_sys_proc_units", unitText(s.Procs)).
		add("deconfig_sys_proc_units", "0").add("min_proc_units_per_virtual_proc", unitText(s.MinUnits)).
		add("max_virtual_procs_per_lpar", "64").add("max_procs_per_lpar", n(s.Procs/100)).
		add("max_curr_virtual_procs_per_aixlinux_lpar", "64").add("max_curr_virtual_procs_per_vios_lpar", "64").
		add("max_curr_procs_per_aixlinux_lpar", n(s.Procs/100)).add("max_curr_procs_per_vios_lpar", n(s.Procs/100)).
		add("max_shared_proc_pools", "1")
}

func (c *call) procRow(p *Partition) *row {
	r := newRow().add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID))
	res := p.Curr
	ded := res.Dedicated || !p.holds() && p.Profile.Dedicated
	for _, pre := range []string{"curr", "pend"} {
		if ded {
			r.addNA(pre+"_shared_proc_pool_id", "null").add(pre+"_proc_mode", "ded").
				addNA(pre+"_min_proc_units", "null").addNA(pre+"_proc_units", "null").addNA(pre+"_max_proc_units", "null")
		} else {
			r.add(pre+"_shared_proc_pool_id", "0").add(pre+"_proc_mode", "shared").
				add(pre+"_min_proc_units", unitText(res.MinUnits)).add(pre+"_proc_units", unitText(res.Units)).
				add(pre+"_max_proc_units", unitText(res.MaxUnits))
		}
		sharing, weight := res.Sharing, res.Weight
		if !p.holds() {
			sharing, weight = p.Profile.Sharing, p.Profile.Weight
		}
		r.add(pre+"_min_procs", strconv.Itoa(res.MinProcs)).add(pre+"_procs", strconv.Itoa(res.Procs)).
			add(pre+"_max_procs", strconv.Itoa(res.MaxProcs)).add(pre+"_sharing_mode", sharing)
		if ded {
			r.addNA(pre+"_uncap_weight", "null")
		} else {
			r.add(pre+"_uncap_weight", strconv.Itoa(weight))
		}
	}
	if ded {
		r.addNA("run_proc_units", "null").add("run_procs", strconv.Itoa(res.Procs)).addNA("run_uncap_weight", "null")
	} else {
		r.add("run_proc_units", unitText(res.Units)).add("run_procs", strconv.Itoa(res.Procs)).add("run_uncap_weight", strconv.Itoa(res.Weight))
	}
	return r
}

func (c *call) ioSlots(o *options) int {
	f, ok := o.filter("lpar_names", "lpar_ids", "slots", "units", "buses")
	if !ok {
		return 1
	}
	known := strings.Fields("unit_phys_loc bus_id phys_loc drc_index lpar_name lpar_id slot_io_pool_id description drc_name")
	var rows []*row
	for _, sl := range c.sys.Slots {
		unit, loc := sl.Location, ""
		if i := strings.Index(sl.Location, "-"); i >= 0 {
			unit, loc = sl.Location[:i], sl.Location[strings.LastIndex(sl.Location, "-")+1:]
		}
		r := newRow().add("unit_phys_loc", unit).add("bus_id", strconv.Itoa(sl.Bus)).add("phys_loc", loc).add("drc_index", sl.DRCIndex)
		name, id := "", "none"
		if p := c.sys.partition(sl.Owner); p != nil {
			name, id = p.Name, strconv.Itoa(p.ID)
			r.add("lpar_name", name)
		} else {
			r.addNA("lpar_name", "null")
		}
		r.add("lpar_id", id).add("slot_io_pool_id", "none").add("description", sl.Description).add("drc_name", sl.Location)
		if f.matches("lpar_names", name) && f.matches("lpar_ids", id) && f.matches("slots", sl.DRCIndex) &&
			f.matches("units", unit) && f.matches("buses", strconv.Itoa(sl.Bus)) {
			rows = append(rows, r)
		}
	}
	return o.print(rows, known)
}

func vlanText(v []int) string {
	if len(v) == 0 {
		return "none"
	}
	var out []string
	for _, n := range v {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ",")
}

func (c *call) lsVirtual(o *options) int {
	sub, ok := o.one("--rsubtype", "eth", "scsi", "serial", "slot", "fc")
	if !ok {
		return 1
	}
	level := o.values["--level"]
	if o.has("--level") || sub == "slot" || sub == "eth" || sub == "fc" {
		if level, ok = o.one("--level", map[string][]string{
			"eth": {"lpar", "sys"}, "scsi": {"lpar"}, "serial": {"lpar"}, "slot": {"lpar", "slot"}, "fc": {"lpar"}}[sub]...); !ok {
			return 1
		}
	}
	if sub == "eth" && level == "sys" {
		return c.single(o, newRow().add("mac_prefix", c.vp.MACBase[:6]).add("max_vlans_per_port", "20"))
	}
	f, ok := o.filter("lpar_names", "lpar_ids", "slots")
	if !ok {
		return 1
	}
	if sub == "slot" && level == "lpar" && f["slots"] != nil {
		return c.fail(msgBadFilter, "slots")
	}
	n := strconv.Itoa
	var rows []*row
	add := func(p *Partition, slot int, r *row) {
		if f.partition(p) && f.matches("slots", n(slot)) {
			rows = append(rows, r)
		}
	}
	var known []string
	for _, p := range c.sys.Partitions {
		state := bit(p.live())
		head := func() *row { return newRow().add("lpar_name", p.Name).add("lpar_id", n(p.ID)) }
		switch sub {
		case "eth":
			known = strings.Fields("lpar_name lpar_id slot_num state is_required is_trunk trunk_priority ieee_virtual_eth port_vlan_id addl_vlan_ids mac_addr drc_name")
			for _, a := range sortedEth(p.Eth) {
				r := head().add("slot_num", n(a.Slot)).add("state", state).add("is_required", bit(a.Required)).add("is_trunk", bit(a.TrunkPriority > 0))
				if a.TrunkPriority > 0 {
					r.add("trunk_priority", n(a.TrunkPriority))
				} else {
					r.addNA("trunk_priority", "unavailable")
				}
				r.add("ieee_virtual_eth", bit(a.IEEE)).add("port_vlan_id", n(a.PVID)).add("addl_vlan_ids", vlanText(a.VLANs)).
					add("mac_addr", a.MAC).add("drc_name", c.location(p, a.Slot)+"-T1")
				add(p, a.Slot, r)
			}
		case "scsi":
			known = strings.Fields("lpar_name lpar_id slot_num state is_required adapter_type remote_lpar_id remote_lpar_name remote_slot_num drc_name")
			if p.VIOS != nil {
				for _, h := range sortedHosts(p.VIOS) {
					id, name, slot := "any", "", "any"
					if h.ClientID != 0 {
						id, name, slot = n(h.ClientID), c.remoteName(h.ClientID), n(h.ClientSlot)
					}
					add(p, h.Slot, head().add("slot_num", n(h.Slot)).add("state", state).add("is_required", "0").add("adapter_type", "server").
						add("remote_lpar_id", id).add("remote_lpar_name", name).add("remote_slot_num", slot).add("drc_name", c.location(p, h.Slot)))
				}
			}
			for _, a := range p.Scsi {
				add(p, a.Slot, head().add("slot_num", n(a.Slot)).add("state", state).add("is_required", bit(a.Required)).add("adapter_type", "client").
					add("remote_lpar_id", n(a.RemoteID)).add("remote_lpar_name", c.remoteName(a.RemoteID)).add("remote_slot_num", n(a.RemoteSlot)).
					add("drc_name", c.location(p, a.Slot)))
			}
		case "fc":
			known = strings.Fields("lpar_name lpar_id slot_num adapter_type state is_required remote_lpar_id remote_lpar_name remote_slot_num wwpns")
			if p.VIOS != nil {
				for _, h := range p.VIOS.VFCHosts {
					add(p, h.Slot, head().add("slot_num", n(h.Slot)).add("adapter_type", "server").add("state", state).add("is_required", "0").
						add("remote_lpar_id", n(h.ClientID)).add("remote_lpar_name", c.remoteName(h.ClientID)).
						add("remote_slot_num", n(h.ClientSlot)).addNA("wwpns", "null"))
				}
			}
			for _, a := range p.FC {
				add(p, a.Slot, head().add("slot_num", n(a.Slot)).add("adapter_type", "client").add("state", state).add("is_required", bit(a.Required)).
					add("remote_lpar_id", n(a.RemoteID)).add("remote_lpar_name", c.remoteName(a.RemoteID)).
					add("remote_slot_num", n(a.RemoteSlot)).add("wwpns", a.WWPNs[0]+","+a.WWPNs[1]))
			}
		case "serial":
			known = strings.Fields("lpar_name lpar_id slot_num state is_required connect_status adapter_type supports_hmc remote_lpar_id remote_lpar_name remote_slot_num")
			for slot := 0; slot < 2; slot++ {
				status := "unavailable"
				if p.live() {
					status = "not connected"
				}
				if slot == 0 && p.VTOpen {
					status = "connected"
				}
				add(p, slot, head().add("slot_num", n(slot)).add("state", state).add("is_required", "1").add("connect_status", status).
					add("adapter_type", "server").add("supports_hmc", "1").add("remote_lpar_id", "any").add("remote_lpar_name", "").
					add("remote_slot_num", "any"))
			}
		case "slot":
			if level == "lpar" {
				known = strings.Fields("lpar_name lpar_id curr_max_virtual_slots pend_max_virtual_slots next_avail_virtual_slot")
				used, next := usedSlots(p), 2
				if p.VIOS != nil {
					next = 10
				}
				for used[next] != "" {
					next++
				}
				add(p, -1, head().add("curr_max_virtual_slots", n(p.slots())).add("pend_max_virtual_slots", n(p.Profile.MaxSlots)).
					add("next_avail_virtual_slot", n(next)))
				continue
			}
			known = strings.Fields("lpar_name lpar_id slot_num config drc_name")
			used := usedSlots(p)
			var slots []int
			for sl := range used {
				slots = append(slots, sl)
			}
			sort.Ints(slots)
			for _, sl := range slots {
				config := used[sl]
				if config == "vasi" {
					config = "reserved"
				}
				add(p, sl, head().add("slot_num", n(sl)).add("config", config).add("drc_name", c.location(p, sl)))
			}
		}
	}
	return o.print(rows, known)
}

func sortedEth(list []EthAdapter) []EthAdapter {
	out := append([]EthAdapter(nil), list...)
	sort.Slice(out, func(i, j int) bool { return out[i].Slot < out[j].Slot })
	return out
}

func (c *call) location(p *Partition, slot int) string {
	return fmt.Sprintf("%s-V%d-C%d", c.sys.unit(), p.ID, slot)
}

func cmdChhwres(c *call) int {
	o, rc, ok := c.parse("-r -o -p --id -t --tid -q --procs --procunits -a --rsubtype -s -l -w -d", "--force")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "io", "mem", "proc", "virtualio")
	if !ok {
		return 1
	}
	op, ok := o.one("-o", "a", "r", "m", "s")
	if !ok {
		return 1
	}
	allowed := map[string]string{
		"io": "-l", "mem": "-q", "proc": "--procs --procunits -a", "virtualio": "--rsubtype -s -a",
	}[kind] + " -r -o -p --id -m -w -d -t --tid"
	for name := range o.values {
		if !contains(allowed, name) {
			return c.fail(msgBadOption, name)
		}
	}
	for _, name := range []string{"-w", "-d"} {
		if v, ok := o.values[name]; ok {
			if n, ok := number(v); !ok || name == "-d" && n > 5 {
				return c.fail(msgReqParam, name)
			}
		}
	}
	p, ok := o.partition("-p")
	if !ok {
		return 1
	}
	if (o.has("-t") || o.has("--tid")) != (op == "m") {
		if op == "m" {
			return c.fail(msgReqParam, "-t")
		}
		return c.fail(msgBadOption, "-t")
	}
	if op == "m" && (kind == "virtualio" || kind == "io") {
		return c.fail(msgReqParam, "-o")
	}
	if p.migrating() {
		return c.fail(msgWrongState)
	}
	if p.State != stateOff && p.State != stateRunning {
		return c.fail(msgWrongState)
	}
	switch kind {
	case "mem":
		if op == "s" {
			return c.fail(msgReqParam, "-o")
		}
		return c.chMem(o, p, op)
	case "proc":
		return c.chProc(o, p, op)
	case "io":
		if op == "s" {
			return c.fail(msgReqParam, "-o")
		}
		return c.chIO(o, p, op)
	}
	return c.chVirtual(o, p, op)
}

// target is the receiving partition of -o m.
func (c *call) target(o *options) (*Partition, bool) {
	var q *Partition
	if name, ok := o.values["-t"]; ok {
		q = c.sys.partitionNamed(name)
	} else if n, ok := number(o.values["--tid"]); ok {
		q = c.sys.partition(n)
	}
	if q == nil {
		c.fail(msgNotFound, o.values["-t"]+o.values["--tid"])
		return nil, false
	}
	if q.State != stateRunning {
		c.fail(msgWrongState)
		return nil, false
	}
	return q, true
}

// dynamic checks that a running partition can be changed: which is 0 memory, 1 processor, 2 I/O.
func (c *call) dynamic(p *Partition, which int) bool {
	if p.State == stateRunning && (p.RMC != rmcActive || !p.DLPAR[which]) {
		c.fail(msgDLPAR, p.Name)
		return false
	}
	return true
}

func (c *call) chMem(o *options, p *Partition, op string) int {
	q, ok := number(o.values["-q"])
	if !ok || q == 0 {
		return c.fail(msgReqParam, "-q")
	}
	if q%c.sys.RegionMB != 0 {
		return c.fail(msgRegion, c.sys.RegionMB)
	}
	change := func(p *Partition, q int) (*Resources, int, bool) {
		r := &p.Curr
		if p.State == stateOff {
			r = &p.Profile.Resources
		}
		if n := r.Mem + q; n < r.MinMem || n > r.MaxMem {
			return nil, c.fail(msgLimit), false
		}
		return r, 0, c.dynamic(p, 0)
	}
	if op == "r" || op == "m" {
		r, _, ok := change(p, -q)
		if !ok {
			return 1
		}
		if op == "m" {
			t, ok := c.target(o)
			if !ok {
				return 1
			}
			tr, _, ok := change(t, q)
			if !ok {
				return 1
			}
			tr.Mem += q
		}
		r.Mem -= q
		return 0
	}
	r, _, ok := change(p, q)
	if !ok {
		return 1
	}
	if p.State != stateOff && c.sys.freeMem() < q {
		return c.fail(msgNoMemory, c.sys.freeMem(), q)
	}
	r.Mem += q
	return 0
}

func (c *call) chProc(o *options, p *Partition, op string) int {
	res := func(p *Partition) *Resources {
		if p.State == stateOff {
			return &p.Profile.Resources
		}
		return &p.Curr
	}
	r := res(p)
	if op == "s" {
		if o.has("--procs") || o.has("--procunits") {
			return c.fail(msgBadOption, "--procs")
		}
		data, ok := parseRecord(o.values["-a"])
		if !ok {
			return c.fail(msgReqParam, "-a")
		}
		next := *r
		for _, a := range data {
			switch {
			case a.Op != "=" || !contains("sharing_mode uncap_weight", a.Name):
				return c.fail(msgBadAttr, a.Name)
			case a.Name == "sharing_mode":
				next.Sharing = a.Value
				if a.Value == "cap" {
					next.Weight = 0
				} else if r.Sharing == "cap" {
					next.Weight = 128
				}
			default:
				n, ok := number(a.Value)
				if !ok || n > 255 || next.Dedicated || next.Sharing == "cap" && n != 0 {
					return c.fail(msgBadValue, a.Value, a.Name, "")
				}
				next.Weight = n
			}
		}
		if msg := checkResources(c.sys, next); msg != "" {
			return c.fail("%s", msg)
		}
		if !c.dynamic(p, 1) {
			return 1
		}
		*r = next
		return 0
	}
	if o.has("-a") {
		return c.fail(msgBadOption, "-a")
	}
	procs, hund := 0, 0
	if v, ok := o.values["--procs"]; ok {
		if procs, ok = number(v); !ok || procs == 0 {
			return c.fail(msgReqParam, "--procs")
		}
	}
	if v, ok := o.values["--procunits"]; ok {
		if hund, ok = units(v); !ok || hund == 0 || r.Dedicated {
			return c.fail(msgReqParam, "--procunits")
		}
	}
	if procs == 0 && hund == 0 {
		return c.fail(msgReqParam, "--procs")
	}
	change := func(p *Partition, sign int) (Resources, bool) {
		next := *res(p)
		next.Procs += sign * procs
		next.Units += sign * hund
		if next.Procs < next.MinProcs || next.Procs > next.MaxProcs ||
			!next.Dedicated && (next.Units < next.MinUnits || next.Units > next.MaxUnits) {
			c.fail(msgLimit)
			return next, false
		}
		if !next.Dedicated && (next.Units < next.Procs*c.sys.MinUnits || next.Units > next.Procs*100) {
			c.fail(msgUnitsPerProc, unitText(c.sys.MinUnits))
			return next, false
		}
		return next, c.dynamic(p, 1)
	}
	if op == "a" {
		next, ok := change(p, 1)
		if !ok {
			return 1
		}
		if more := next.held() - r.held(); p.State != stateOff && more > c.sys.freeUnits() {
			return c.fail(msgNoProcessors, unitText(c.sys.freeUnits()), unitText(more))
		}
		*r = next
		return 0
	}
	next, ok := change(p, -1)
	if !ok {
		return 1
	}
	if op == "m" {
		t, ok := c.target(o)
		if !ok {
			return 1
		}
		if t == p || res(t).Dedicated != r.Dedicated {
			return c.fail(msgReqParam, "-t")
		}
		tn, ok := change(t, 1)
		if !ok {
			return 1
		}
		*res(t) = tn
	}
	*r = next
	return 0
}

func (c *call) chIO(o *options, p *Partition, op string) int {
	sl := c.sys.slotOf(o.values["-l"])
	if sl == nil {
		return c.fail(msgDRC, o.values["-l"])
	}
	if !c.dynamic(p, 2) {
		return 1
	}
	kept := p.Profile.IOSlots[:0:0]
	for _, x := range p.Profile.IOSlots {
		if drc, _ := ioItem(x); drc != sl.DRCIndex {
			kept = append(kept, x)
		}
	}
	if op == "a" {
		if sl.Owner != 0 {
			return c.fail(msgDRC, sl.DRCIndex)
		}
		if p.State == stateOff {
			p.Profile.IOSlots = append(kept, sl.DRCIndex+"/none/0")
			return 0
		}
		sl.Owner = p.ID
		return 0
	}
	if p.State == stateOff {
		if len(kept) == len(p.Profile.IOSlots) {
			return c.fail(msgDRC, sl.DRCIndex)
		}
		p.Profile.IOSlots = kept
		if sl.Owner == p.ID {
			sl.Owner = 0
		}
		return 0
	}
	if sl.Owner != p.ID {
		return c.fail(msgDRC, sl.DRCIndex)
	}
	if p.VIOS != nil {
		for _, f := range p.VIOS.Ports {
			if strings.HasPrefix(f.Location, sl.Location+"-") {
				return c.fail(msgDRC, sl.DRCIndex)
			}
		}
		for _, d := range p.VIOS.Eths {
			if strings.HasPrefix(d.Location, sl.Location+"-") {
				return c.fail(msgDRC, sl.DRCIndex)
			}
		}
	}
	sl.Owner = 0
	return 0
}

func (c *call) chVirtual(o *options, p *Partition, op string) int {
	sub := ""
	if op == "r" && !o.has("--rsubtype") {
		sub = ""
	} else {
		var ok bool
		if sub, ok = o.one("--rsubtype", "eth", "fc", "scsi"); !ok {
			return 1
		}
	}
	slot := 0
	if o.has("-s") || op != "a" {
		var ok bool
		if slot, ok = number(o.values["-s"]); !ok {
			return c.fail(msgReqParam, "-s")
		}
	}
	var data []pair
	if o.has("-a") {
		var ok bool
		if data, ok = parseRecord(o.values["-a"]); !ok {
			return c.fail(msgBadFormat)
		}
		if op == "r" {
			return c.fail(msgBadOption, "-a")
		}
	}
	if !c.dynamic(p, 2) {
		return 1
	}
	used := usedSlots(p)
	if op == "a" {
		if slot == 0 {
			for slot = 2; used[slot] != ""; slot++ {
			}
			if p.VIOS != nil {
				n, ok := freeServerSlot(p)
				if !ok {
					return c.fail(msgNoFreeSlot)
				}
				slot = n
			}
		}
		if slot < 2 || slot >= p.slots() {
			return c.fail(msgSlotRange, slot, p.slots()-1)
		}
		if used[slot] != "" {
			return c.fail(msgSlotUsed, slot)
		}
	} else if used[slot] == "" || slot < 2 || sub != "" && used[slot] != sub {
		return c.fail(msgSlotEmpty)
	}
	if sub == "" {
		sub = used[slot]
	}
	off := p.State == stateOff
	// A partition that does not run has one configuration, that of its profile.
	ed := &profileEditor{c: c, p: p, pr: p.Profile}
	commit := func() int {
		if off {
			p.Profile.Eth = append([]EthAdapter(nil), p.Eth...)
			p.Profile.Scsi = append([]ScsiAdapter(nil), p.Scsi...)
			p.Profile.FC = append([]FCAdapter(nil), p.FC...)
		}
		c.sys.fitServers(p)
		return 0
	}
	switch sub {
	case "eth":
		return c.chEth(p, op, slot, data, commit)
	case "scsi":
		if op == "s" {
			return c.fail(msgReqParam, "-o")
		}
		return c.chScsi(ed, p, op, slot, data, commit)
	case "fc":
		if op == "s" {
			return c.fail(msgReqParam, "-o")
		}
		return c.chFC(ed, p, op, slot, data, commit)
	}
	return c.fail(msgSlotEmpty)
}

func (c *call) chEth(p *Partition, op string, slot int, data []pair, commit func() int) int {
	at := -1
	for i := range p.Eth {
		if p.Eth[i].Slot == slot {
			at = i
		}
	}
	if op == "r" {
		if p.VIOS != nil {
			for i, d := range p.VIOS.Eths {
				if d.Slot != slot {
					continue
				}
				if u := p.VIOS.ethUser(d.Name); u != "" {
					return c.fail(msgAdapterBusy, slot, u)
				}
				p.VIOS.Eths = append(p.VIOS.Eths[:i:i], p.VIOS.Eths[i+1:]...)
				break
			}
		}
		p.Eth = append(p.Eth[:at:at], p.Eth[at+1:]...)
		return commit()
	}
	x := EthAdapter{Slot: slot, MAC: fmt.Sprintf("%s%02X", p.MACBase, slot)}
	if op == "s" {
		x = p.Eth[at]
	}
	trunk, prio := x.TrunkPriority > 0, x.TrunkPriority
	for _, a := range data {
		bad := text(msgBadValue, a.Value, a.Name, "")
		if a.Op != "=" && (a.Name != "addl_vlan_ids" || op != "s") {
			return c.fail(msgBadAttr, a.Name+a.Op[:1])
		}
		if op == "s" && a.Name != "addl_vlan_ids" && a.Name != "port_vlan_id" {
			return c.fail(msgBadAttr, a.Name)
		}
		switch a.Name {
		case "ieee_virtual_eth":
			if !contains("0 1", a.Value) {
				return c.fail("%s", bad)
			}
			x.IEEE = a.Value == "1"
		case "port_vlan_id":
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 4094 {
				return c.fail("%s", bad)
			}
			x.PVID = n
		case "is_trunk":
			if !contains("0 1", a.Value) {
				return c.fail("%s", bad)
			}
			trunk = a.Value == "1"
		case "trunk_priority":
			n, ok := number(a.Value)
			if !ok || n < 1 || n > 15 {
				return c.fail("%s", bad)
			}
			prio = n
		case "addl_vlan_ids":
			var list []int
			if a.Value != "" && a.Value != "none" {
				var ok bool
				if list, ok = vlanList(a.Value); !ok {
					return c.fail("%s", bad)
				}
			}
			switch a.Op {
			case "=":
				x.VLANs = list
			case "+=":
				x.VLANs = append(append([]int(nil), x.VLANs...), list...)
			default:
				var kept []int
				for _, v := range x.VLANs {
					if !containsInt(list, v) {
						kept = append(kept, v)
					}
				}
				if len(kept)+len(list) != len(x.VLANs) {
					return c.fail("%s", bad)
				}
				x.VLANs = kept
			}
			if _, ok := vlanList(vlanText(x.VLANs)); len(x.VLANs) > 0 && !ok {
				return c.fail("%s", bad)
			}
		case "mac_addr":
			if len(a.Value) != 12 || !isHex(a.Value) {
				return c.fail("%s", bad)
			}
			x.MAC = strings.ToUpper(a.Value)
		default:
			return c.fail(msgBadAttr, a.Name)
		}
	}
	if x.PVID == 0 {
		return c.fail(msgMissingAttr, "port_vlan_id")
	}
	if len(x.VLANs) > 0 && !x.IEEE || containsInt(x.VLANs, x.PVID) {
		return c.fail(msgBadValue, vlanText(x.VLANs), "addl_vlan_ids", "")
	}
	x.TrunkPriority = 0
	if trunk {
		if prio == 0 {
			return c.fail(msgMissingAttr, "trunk_priority")
		}
		x.TrunkPriority = prio
	} else if prio != 0 {
		return c.fail(msgBadAttr, "trunk_priority")
	}
	if p.VIOS != nil {
		if n := p.sharesSEA(x); n != "" {
			return c.fail(msgBadValue, vlanText(x.vlans()), "addl_vlan_ids", "")
		}
		if q, vlan := c.sys.trunkClash(p, p.Eth, x); q != nil {
			return c.fail(msgTrunk, slot, x.TrunkPriority, vlan)
		}
	}
	if op == "s" {
		p.Eth[at] = x
	} else {
		p.Eth = append(append([]EthAdapter(nil), p.Eth...), x)
	}
	return commit()
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func containsInt(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

func (c *call) chScsi(ed *profileEditor, p *Partition, op string, slot int, data []pair, commit func() int) int {
	if op == "r" {
		if p.VIOS != nil {
			h := p.VIOS.vhostAt(slot)
			if len(h.VTDs) > 0 {
				return c.fail(msgAdapterBusy, slot, h.VTDs[0].Name)
			}
			for _, q := range c.sys.Partitions {
				for _, a := range q.Scsi {
					if a.RemoteID == p.ID && a.RemoteSlot == slot {
						return c.fail(msgAdapterBusy, slot, q.Name)
					}
				}
			}
			p.VIOS.dropVHost(h)
			return 0
		}
		for i, a := range p.Scsi {
			if a.Slot != slot {
				continue
			}
			if sv := c.sys.partition(a.RemoteID); sv != nil && sv.VIOS != nil {
				if h := sv.VIOS.vhostAt(a.RemoteSlot); h != nil && len(h.VTDs) > 0 {
					return c.fail(msgAdapterBusy, slot, h.VTDs[0].Name)
				}
			}
			p.Scsi = append(p.Scsi[:i:i], p.Scsi[i+1:]...)
			return commit()
		}
		return c.fail(msgSlotEmpty)
	}
	v := map[string]string{}
	for _, a := range data {
		if a.Op != "=" || !contains("adapter_type remote_lpar_id remote_lpar_name remote_slot_num", a.Name) {
			return c.fail(msgBadAttr, a.Name)
		}
		v[a.Name] = a.Value
	}
	switch v["adapter_type"] {
	case "client":
		if p.VIOS != nil {
			return c.fail(msgBadValue, "client", "adapter_type", "")
		}
		sv := ed.server(v["remote_lpar_id"], v["remote_lpar_name"])
		n, ok := number(v["remote_slot_num"])
		if sv == nil || !ok {
			return c.fail(msgMissingAttr, "remote_lpar_id,remote_slot_num")
		}
		if n < 2 || n >= sv.slots() {
			return c.fail(msgSlotRange, n, sv.slots()-1)
		}
		if h := sv.VIOS.vhostAt(n); usedSlots(sv)[n] != "" && (h == nil || h.ClientID != p.ID || h.ClientSlot != slot) {
			return c.fail(msgSlotUsed, n)
		}
		p.Scsi = append(append([]ScsiAdapter(nil), p.Scsi...), ScsiAdapter{Slot: slot, RemoteID: sv.ID, RemoteSlot: n})
		return commit()
	case "server":
		if p.VIOS == nil {
			return c.fail(msgBadValue, "server", "adapter_type", "")
		}
		h := &VHost{Name: p.VIOS.freeName("vhost"), Slot: slot}
		if id := v["remote_lpar_id"]; id != "" && id != "any" || v["remote_lpar_name"] != "" {
			q := c.sys.partitionNamed(v["remote_lpar_name"])
			if n, ok := number(id); ok {
				q = c.sys.partition(n)
			}
			n, ok := number(v["remote_slot_num"])
			if q == nil || q.VIOS != nil || !ok {
				return c.fail(msgMissingAttr, "remote_lpar_id,remote_slot_num")
			}
			h.ClientID, h.ClientSlot = q.ID, n
		}
		p.VIOS.VHosts = append(p.VIOS.VHosts, h)
		return 0
	}
	return c.fail(msgMissingAttr, "adapter_type")
}

func (c *call) chFC(ed *profileEditor, p *Partition, op string, slot int, data []pair, commit func() int) int {
	if !c.sys.capable("virtual_fc_capable") {
		return c.fail(msgReqParam, "--rsubtype")
	}
	if p.VIOS != nil {
		return c.fail(msgVIOSItself)
	}
	if op == "r" {
		for i, a := range p.FC {
			if a.Slot == slot {
				p.FC = append(p.FC[:i:i], p.FC[i+1:]...)
				return commit()
			}
		}
		return c.fail(msgSlotEmpty)
	}
	x := FCAdapter{Slot: slot, RemoteID: c.vp.ID, WWPNs: wwpnPair(c.sys, p.ID, slot)}
	for _, a := range data {
		bad := text(msgBadValue, a.Value, a.Name, "")
		if a.Op != "=" {
			return c.fail(msgBadAttr, a.Name)
		}
		switch a.Name {
		case "adapter_type":
			if a.Value != "client" {
				return c.fail("%s", bad)
			}
		case "remote_lpar_id", "remote_lpar_name":
			id, name := a.Value, ""
			if a.Name == "remote_lpar_name" {
				id, name = "", a.Value
			}
			sv := ed.server(id, name)
			if sv == nil {
				return c.fail("%s", bad)
			}
			x.RemoteID = sv.ID
		case "remote_slot_num":
			n, ok := number(a.Value)
			if !ok || n < 2 || n >= c.vp.slots() {
				return c.fail("%s", bad)
			}
			if usedSlots(c.vp)[n] != "" {
				return c.fail(msgSlotUsed, n)
			}
			x.RemoteSlot = n
		case "wwpns":
			w := strings.Split(strings.ToLower(a.Value), ",")
			if len(w) != 2 || !hex16.MatchString(w[0]) || !hex16.MatchString(w[1]) {
				return c.fail("%s", bad)
			}
			x.WWPNs = [2]string{w[0], w[1]}
		default:
			return c.fail(msgBadAttr, a.Name)
		}
	}
	if x.RemoteSlot == 0 {
		n, ok := freeServerSlot(c.vp)
		if !ok {
			return c.fail(msgNoFreeSlot)
		}
		x.RemoteSlot = n
	}
	p.FC = append(append([]FCAdapter(nil), p.FC...), x)
	return commit()
}

func cmdLslparutil(c *call) int {
	o, rc, ok := c.parse("-r -n --filter -F", "--header")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "lpar", "sys")
	if !ok {
		return 1
	}
	samples := 1
	if v, ok := o.values["-n"]; ok {
		if samples, ok = number(v); !ok || samples < 1 {
			return c.fail(msgReqParam, "-n")
		}
	}
	const hertz = 512000000
	if kind == "sys" {
		return c.single(o, newRow().add("time", stamp(c.e.Now)).add("proc_cycles_per_second", strconv.Itoa(hertz)).
			add("configurable_sys_proc_units", unitText(c.sys.Procs)).add("curr_avail_sys_proc_units", unitText(c.sys.freeUnits())).
			add("configurable_sys_mem", strconv.Itoa(c.sys.MemoryMB)).add("curr_avail_sys_mem", strconv.Itoa(c.sys.freeMem())))
	}
	f, ok := o.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	known := strings.Fields("time lpar_name lpar_id entitled_cycles capped_cycles uncapped_cycles curr_proc_units curr_mem")
	var rows []*row
	for _, p := range c.sys.Partitions {
		if !f.partition(p) {
			continue
		}
		for i := 0; i < samples; i++ {
			up := int64(0)
			if p.State == stateRunning {
				up = int64(c.e.Now.Sub(p.Booted).Seconds()) - int64(i*30)
			}
			ent := max(0, up) * hertz * int64(p.Curr.held()) / 100
			rows = append(rows, newRow().add("time", stamp(c.e.Now.Add(-30*time.Second*time.Duration(i)))).add("lpar_name", p.Name).
				add("lpar_id", strconv.Itoa(p.ID)).add("entitled_cycles", strconv.FormatInt(ent, 10)).
				add("capped_cycles", strconv.FormatInt(ent*3/10, 10)).add("uncapped_cycles", "0").
				add("curr_proc_units", unitText(p.Curr.held())).add("curr_mem", strconv.Itoa(p.Curr.Mem)))
		}
	}
	return o.print(rows, known)
}

package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a validation refuses. The codes that hmc-cli.md, section 16, knows are used; those of the other checks (HSCLA9xx)
// are the lab's own, because the real ones are not known.
const (
	mvNoTarget   = "HSCLA900 The destination managed system %s was not found on the management console %s."
	mvSame       = "HSCLA901 The source and the destination managed system are the same."
	mvVIOS       = "HSCLA902 Partition %s is a Virtual I/O Server, which cannot be migrated."
	mvState      = "HSCLA903 Partition %s is in the state %s; only running and not activated partitions can be migrated."
	mvCapable    = "HSCLA904 The managed system %s does not support %s partition mobility."
	mvCount      = "HSCLA905 The managed system %s already has %d %s migrations in progress, which is its maximum."
	mvNoMover    = "HSCLA906 The managed system %s has no running Virtual I/O Server that is a mover service partition."
	mvMoverBusy  = "HSCLA907 The mover service partition %s already has %d migrations in progress, which is its maximum."
	mvMemory     = "HSCLA908 The destination managed system does not have enough memory: available %d MB, required %d MB."
	mvProcs      = "HSCLA909 The destination managed system does not have enough processing resources: available %s, required %s."
	mvRegion     = "HSCLA90A The memory region size of the source is %d MB and that of the destination %d MB."
	mvMode       = "HSCLA90B The destination managed system does not support the processor compatibility mode %s."
	mvName       = "HSCLA90C A partition named %s exists on the destination managed system."
	mvID         = "HSCLA90D The partition ID %d is in use on the destination managed system."
	mvPhysical   = "HSCLA90E Partition %s has the physical I/O slot %s."
	mvLogical    = "HSCLA90F Partition %s has the SR-IOV logical port %s."
	mvHuge       = "HSCLA910 Partition %s uses huge pages."
	mvBSR        = "HSCLA911 Partition %s uses barrier synchronisation registers."
	mvErrPath    = "HSCLA912 Partition %s reports errors over a redundant path."
	mvGroup      = "HSCLA913 Partition %s is a member of partition workload group %d."
	mvDisabled   = "HSCLA914 The migration of partition %s is disabled."
	mvVLAN       = "HSCLA915 VLAN %d of the virtual Ethernet adapter in slot %d is not bridged on virtual switch %s of the destination managed system."
	mvSwitch     = "HSCLA916 The destination managed system has no virtual switch %s."
	mvSCSI       = "HSCLA24E The migrating partition's virtual SCSI adapter %d cannot be hosted by the existing Virtual I/O Server (VIOS) partitions on the destination managed system."
	mvReserve    = "HSCLA27C Getting the physical device location of %s on %s failed: the reserve policy is %s."
	mvBacking    = "HSCLA27C Getting the physical device location of %s on %s failed: %s is not a whole disk."
	mvOptical    = "HSCLA917 Virtual optical media is loaded in %s on %s."
	mvFC         = "HSCLA319 The migrating partition's virtual fibre channel client adapter %d cannot be hosted by the existing Virtual I/O Server (VIOS) partitions on the destination managed system. To migrate the partition, set up the necessary VIOS host on the destination managed system, then try the operation again."
	mvSlots      = "HSCLA918 The Virtual I/O Server %s has no free virtual slot."
	mvRedundant  = "HSCLA919 The destination managed system cannot host the virtual adapters of partition %s on as many Virtual I/O Servers as the source."
	mvGuest      = "HSCLA257 Partition %s answered that it is not ready for migration."
	mvPool       = "HSCLA91A The shared processor pool %s does not exist on the destination managed system."
	mvDPO        = "HSCLA91B A dynamic platform optimization is running on the destination managed system."
	mvMapping    = "HSCLA91C The mapping %s is not valid."
	mvMaximum    = "HSCLA91D The destination managed system supports %d partitions."
	mvNoSecond   = "HSCLA91E The managed system %s has no second mover service partition for a redundant pair."
	mvMPIO       = "HSCLA340 The management console may not be able to replicate the source multipath I/O configuration for the migrating partition's virtual adapters on the destination."
	mvTerminal   = "HSCLA291 The open virtual terminal of partition %s will be closed."
	mvProfile    = "HSCLA295 The profile %s will be replaced with the current state of the partition."
	mvFailed     = "HSCLA2CF The migration of partition %s has stopped unexpectedly.  Recover the partition if necessary."
	mvStopped    = "HSCLA365 The migration of partition %s has been stopped."
	mvNotMoving  = "HSCLA920 Partition %s is not migrating."
	mvTooLate    = "HSCLA921 The migration of partition %s can no longer be stopped."
	mvNoRecovery = "HSCLA922 Partition %s does not need to be recovered."
	mvNotSource  = "HSCLA923 The operation must be issued on the management console of the source managed system %s."
)

// hmcMove is a migration that an HMC is asked for.
type hmcMove struct {
	h        *hcall
	p        *Partition
	src, dst *System
	con      *Console // of the destination
	user     string
	remote   bool
	data     map[string]string
	errors   []string
	warnings []string
	plan     *migrationPlan
	movers   [2]*Partition
	used     map[*Partition]map[int]string
	names    map[string]bool
}

func (m *hmcMove) refuse(format string, args ...any) {
	m.errors = append(m.errors, text(format, args...))
}

func hmcMigrlpar(h *hcall) int {
	op, ok := h.one("-o", "v", "m", "s", "r", "set", "clean")
	if !ok {
		return 1
	}
	if !h.system(true) {
		return 1
	}
	for _, name := range []string{"-w", "-d"} {
		if v, ok := h.values[name]; ok {
			if n, ok := number(v); !ok || name == "-d" && n > 5 {
				return h.refuse(hmcBadParam, name)
			}
		}
	}
	for opt, allowed := range map[string]string{"--redundantvios": "0 1 2", "--mpio": "1 2", "--vlanbridge": "1 2", "--vsi": "1 2", "--uuid": "1 2", "--protectstorage": "1 2",
		"--npivval": "port portdisk", "--redundantmsps": "0 1 2", "--vniccfg": "1 2", "--requirerr": "1 2"} {
		if v, ok := h.values[opt]; ok && !contains(allowed, v) {
			return h.refuse(hmcBadParam, opt)
		}
	}
	if h.level < 9 && (h.has("--npivval") || h.has("--vniccfg") || h.has("--redundantmsps") || h.has("--steps")) {
		return h.refuse(hmcBadOption, "--npivval")
	}
	switch op {
	case "set", "clean":
		_, ok := h.data("-i")
		if !ok {
			return 1
		}
		return 0
	case "s", "r":
		return h.endMove(op)
	}
	if !h.has("-t") {
		return h.refuse(hmcBadParam, "-t")
	}
	var list []*Partition
	if h.flags["--all"] {
		for _, p := range h.sys.Partitions {
			if p.VIOS == nil {
				list = append(list, p)
			}
		}
	} else {
		names, byName := h.values["-p"]
		if byName && h.level >= 9 && h.sys.partitionNamed(names) == nil && strings.Contains(names, ",") {
			for _, n := range strings.Split(names, ",") {
				p := h.sys.partitionNamed(n)
				if p == nil {
					return h.refuse(hmcNotFound, n)
				}
				list = append(list, p)
			}
		} else {
			p, ok := h.partition("-p")
			if !ok {
				return 1
			}
			list = append(list, p)
		}
	}
	rc := 0
	var running []*Migration
	for _, p := range list {
		m, code := h.newMove(p)
		if m == nil {
			return code
		}
		// Two console commands about one partition exclude each other.
		if h.e.migrationOf(p) != nil {
			return h.refuse(hmcBusy, p.Name)
		}
		if !h.pause(h.e.Timing.Validate) {
			return 1
		}
		m.validate()
		for _, w := range m.warnings {
			if len(m.errors) > 0 || h.flags["-v"] || strings.HasPrefix(w, "HSCLA340") {
				h.say("%s", w)
			}
		}
		if len(m.errors) > 0 {
			for _, e := range m.errors {
				h.say("%s", e)
			}
			rc = 1
			continue
		}
		if op == "m" {
			running = append(running, h.e.begin(migrationOrder{p: p, src: m.src, dst: m.dst, from: h.con, to: m.con, user: m.user, profile: h.values["-n"], movers: m.movers}, m.plan))
		}
	}
	if h.flags["--async"] {
		return rc
	}
	for _, m := range running {
		h.wait(func() bool { return m.ended || m.failed })
		switch {
		case m.failed:
			rc = h.refuse(mvFailed, m.name)
		case !m.ended || m.gone.IsZero():
			rc = h.refuse(mvStopped, m.name)
		}
	}
	return rc
}

// newMove finds the destination and reads the record.
func (h *hcall) newMove(p *Partition) (*hmcMove, int) {
	m := &hmcMove{h: h, p: p, src: h.sys, con: h.con, user: h.user, data: map[string]string{}, used: map[*Partition]map[int]string{}, names: map[string]bool{}}
	if u, ok := h.values["-u"]; ok {
		m.user = u
	}
	if host, ok := h.values["--ip"]; ok {
		m.remote = true
		m.con = h.e.resolve(host)
		if m.con == nil || h.e.refuses(m.con.Name) {
			return nil, h.refuse(hmcNoHost, host)
		}
		if m.con != h.con && (!h.con.trusts(m.con.Name) || m.con.user(m.user) == nil) {
			return nil, h.refuse(hmcKeys, m.user, host)
		}
	} else if h.has("-u") {
		return nil, h.refuse(hmcBadOption, "-u")
	}
	m.dst = m.con.manages(h.values["-t"])
	if m.dst == nil {
		return nil, h.refuse(mvNoTarget, h.values["-t"], m.con.Name)
	}
	if m.dst == m.src {
		return nil, h.refuse(mvSame)
	}
	if m.dst.State != "" && m.dst.State != "Operating" {
		return nil, h.refuse(hmcNotReady)
	}
	if h.has("-i") || h.has("-f") {
		data, ok := h.data("-i")
		if !ok {
			return nil, 1
		}
		for _, a := range data {
			if a.Op != "=" || !contains(`virtual_scsi_mappings virtual_fc_mappings source_msp_name source_msp_id source_msp_ipaddr dest_msp_name dest_msp_id
				dest_msp_ipaddr source_msps dest_msps redundant_msps shared_proc_pool_name shared_proc_pool_id dest_lpar_id vnic_mappings primary_rs_vios_name
				secondary_rs_vios_name concurr_migration_perf_level lpar_name lpar_id`, a.Name) {
				return nil, h.badAttr(a.Name)
			}
			m.data[a.Name] = a.Value
		}
	}
	return m, 0
}

// validate makes every check of hmc-cli.md, section 16, and collects what fails.
func (m *hmcMove) validate() {
	h, e, p, s, d := m.h, m.h.e, m.p, m.src, m.dst
	if p.VIOS != nil {
		m.refuse(mvVIOS, p.Name)
		return
	}
	if p.State != stateRunning && p.State != stateOff {
		m.refuse(mvState, p.Name, p.State)
		return
	}
	active := p.State == stateRunning
	m.plan = &migrationPlan{active: active, id: p.ID}
	word, capability := "inactive", "inactive_lpar_mobility_capable"
	if active {
		word, capability = "active", "active_lpar_mobility_capable"
	}
	for _, x := range []*System{s, d} {
		if !x.capable(capability) {
			m.refuse(mvCapable, x.Name, word)
		}
		limit := x.MaxInactive
		if active {
			limit = x.MaxActive
		}
		if e.moving(x, active) >= limit {
			m.refuse(mvCount, x.Name, limit, word)
		}
	}
	if d.optimizing.After(e.Now) {
		m.refuse(mvDPO)
	}
	if active && p.RMC != rmcActive {
		m.refuse(hmcNoComm, p.Name)
	} else if active && (!p.DLPAR[0] || !p.DLPAR[1]) {
		m.refuse(mvGuest, p.Name)
	}
	for _, x := range []*System{s, d} {
		for _, v := range x.servers() {
			if v.live() && v.RMC != rmcActive && x.serves(v, p, x == s) {
				m.refuse(hmcNoComm, v.Name)
			}
		}
	}
	if active {
		m.chooseMovers()
	}
	m.blockers(active)
	if s.RegionMB != d.RegionMB {
		m.refuse(mvRegion, s.RegionMB, d.RegionMB)
	}
	mode := p.ModeCurr
	if !active {
		mode = p.Profile.Mode
	}
	if !d.supports(mode) {
		m.refuse(mvMode, mode)
	}
	m.room(active)
	if d.partitionNamed(p.Name) != nil {
		m.refuse(mvName, p.Name)
	}
	if len(d.Partitions) >= d.MaxPartitions {
		m.refuse(mvMaximum, d.MaxPartitions)
	}
	if v, ok := m.data["dest_lpar_id"]; ok {
		n, good := number(v)
		if !good || n < 1 || d.partition(n) != nil {
			m.refuse(mvID, n)
		}
		m.plan.id = n
	} else if d.partition(p.ID) != nil {
		m.plan.id = d.freeID()
	}
	eth := p.Eth
	if !active {
		eth = p.Profile.Eth
	}
	for _, a := range eth {
		if d.HMC && a.Switch != "" && d.vswitch(a.Switch) == nil {
			m.refuse(mvSwitch, a.Switch)
			continue
		}
		for _, vlan := range append([]int{a.PVID}, a.VLANs...) {
			if !d.bridgedOn(a.Switch, vlan) && h.values["--vlanbridge"] != "2" {
				m.refuse(mvVLAN, vlan, a.Slot, a.Switch)
			}
		}
	}
	m.storage()
	if active && p.VTOpen {
		m.warnings = append(m.warnings, text(mvTerminal, p.Name))
	}
	if active && h.values["-n"] == "" {
		m.warnings = append(m.warnings, text(mvProfile, p.CurrProfile))
	}
}

// moving counts the migrations of a system that are under way.
func (e *Estate) moving(s *System, active bool) int {
	n := 0
	for _, m := range e.Migrations {
		if !m.ended && (m.Src == s || m.Dst == s) && m.Active == active {
			n++
		}
	}
	return n
}

// serves tells whether a Virtual I/O Server takes part in a migration: on the source those that host the partition.
func (s *System) serves(v, p *Partition, source bool) bool {
	if !source {
		return true
	}
	return slices.ContainsFunc(p.Scsi, func(a ScsiAdapter) bool { return a.RemoteID == v.ID }) ||
		slices.ContainsFunc(p.FC, func(a FCAdapter) bool { return a.RemoteID == v.ID })
}

// bridgedOn tells whether a running Virtual I/O Server bridges a VLAN of a virtual switch.
func (s *System) bridgedOn(vswitch string, vlan int) bool {
	for _, v := range s.servers() {
		if !v.live() {
			continue
		}
		on := *v
		if s.HMC && vswitch != "" {
			on.Eth = slices.DeleteFunc(slices.Clone(v.Eth), func(a EthAdapter) bool { return a.Switch != vswitch })
		}
		if v.VIOS.bridged(&on, vlan) {
			return true
		}
	}
	return false
}

// chooseMovers takes the movers that the record names, or the ones with the least to do.
func (m *hmcMove) chooseMovers() {
	for i, x := range []*System{m.src, m.dst} {
		key := []string{"source_msp", "dest_msp"}[i]
		name, id := m.data[key+"_name"], m.data[key+"_id"]
		if list := m.data[key+"s"]; name == "" && list != "" {
			name, _, _ = strings.Cut(list, "/")
		}
		var best *Partition
		busy := 0
		for _, v := range x.servers() {
			able := v.State == stateRunning && v.RMC == rmcActive && !v.VIOS.NoVASI && (v.MSP || !x.HMC)
			if !able || name != "" && v.Name != name || id != "" && strconv.Itoa(v.ID) != id {
				continue
			}
			n := m.h.e.carried(v)
			if best == nil || n < busy {
				best, busy = v, n
			}
		}
		switch {
		case best == nil:
			m.refuse(mvNoMover, x.Name)
		case x.HMC && busy >= best.VIOS.moverLimit(x):
			m.refuse(mvMoverBusy, best.Name, best.VIOS.moverLimit(x))
		}
		m.movers[i] = best
	}
	m.redundantMovers()
}

// redundantMovers checks the second pair of movers, where one is asked for: two entries of one group,
// group/source name/id/address/destination name/id/address ("Specifying redundant mover service partitions").
func (m *hmcMove) redundantMovers() {
	able := func(x *System, name, id string) []*Partition {
		var out []*Partition
		for _, v := range x.servers() {
			if v.State == stateRunning && v.RMC == rmcActive && !v.VIOS.NoVASI && v.MSP && (name == "" || v.Name == name) && (id == "" || strconv.Itoa(v.ID) == id) {
				out = append(out, v)
			}
		}
		return out
	}
	if list, ok := m.data["redundant_msps"]; ok {
		if m.h.values["--redundantmsps"] == "0" {
			m.refuse(mvMapping, "redundant_msps")
			return
		}
		pairs := strings.Split(list, ",")
		used := map[*Partition]bool{}
		group := ""
		for i, pair := range pairs {
			f := strings.Split(pair, "/")
			if len(pairs) != 2 || len(f) != 7 || i > 0 && f[0] != group {
				m.refuse(mvMapping, pair)
				return
			}
			group = f[0]
			for side, x := range []*System{m.src, m.dst} {
				v := slices.DeleteFunc(able(x, f[1+3*side], f[2+3*side]), func(v *Partition) bool { return used[v] })
				if len(v) == 0 {
					m.refuse(mvNoSecond, x.Name)
					return
				}
				used[v[0]] = true
				if i == 0 {
					m.movers[side] = v[0]
				}
			}
		}
		return
	}
	if m.h.values["--redundantmsps"] != "1" {
		return
	}
	for _, x := range []*System{m.src, m.dst} {
		if len(able(x, "", "")) < 2 {
			m.refuse(mvNoSecond, x.Name)
		}
	}
}

// carried counts the active migrations of a mover.
func (e *Estate) carried(v *Partition) int {
	n := 0
	for _, m := range e.Migrations {
		if !m.ended && m.Active && (m.srcMover == v || m.dstMover == v) {
			n++
		}
	}
	return n
}

// blockers are properties of the partition that forbid a migration.
func (m *hmcMove) blockers(active bool) {
	p, s := m.p, m.src
	if active {
		for _, sl := range s.ownedSlots(p.ID) {
			m.refuse(mvPhysical, p.Name, sl.Location)
		}
		if p.Curr.Huge > 0 {
			m.refuse(mvHuge, p.Name)
		}
		if p.Profile.extra("redundant_err_path_reporting") == "1" {
			m.refuse(mvErrPath, p.Name)
		}
		for _, a := range s.SRIOV {
			for _, port := range a.Ports {
				for _, l := range port.Logical {
					if l.Owner == p.ID {
						m.refuse(mvLogical, p.Name, l.ID)
					}
				}
			}
		}
	}
	if p.Profile.extra("bsr_arrays") != "0" {
		m.refuse(mvBSR, p.Name)
	}
	if p.WorkGroup != 0 {
		m.refuse(mvGroup, p.Name, p.WorkGroup)
	}
	if p.MigrationDisabled {
		m.refuse(mvDisabled, p.Name)
	}
}

func (m *hmcMove) room(active bool) {
	d := m.dst
	res := m.p.Profile.Resources
	if active {
		res = m.p.Curr
	}
	need := res.Mem + d.overhead(res.MaxMem)
	free, spare := d.freeMem(), d.freeUnits()
	for _, q := range d.Partitions {
		if d.HMC && q.State == stateOff {
			free, spare = free+q.Curr.Mem, spare+q.Curr.held()
		}
	}
	if active && need > free {
		m.refuse(mvMemory, free, need)
	}
	if active && res.held() > spare {
		m.refuse(mvProcs, hmcUnit(max(0, spare)), hmcUnit(res.held()))
	}
	if d.HMC && !res.Dedicated {
		name := m.data["shared_proc_pool_name"]
		if id, ok := number(m.data["shared_proc_pool_id"]); ok && name == "" {
			if d.pool(id) == nil {
				m.refuse(mvPool, m.data["shared_proc_pool_id"])
			}
		} else if name != "" && d.poolNamed(name) == nil {
			m.refuse(mvPool, name)
		} else if name == "" && res.Pool != 0 && d.pool(res.Pool) == nil {
			m.refuse(mvPool, strconv.Itoa(res.Pool))
		}
	}
}

// pick takes the wanted slot of a Virtual I/O Server if it is free, else the lowest free one.
func (m *hmcMove) pick(v *Partition, want int) int {
	used := m.used[v]
	if used == nil {
		used = usedSlots(v)
		m.used[v] = used
	}
	first := 2
	if !m.dst.HMC {
		first = 11
	}
	if want >= first && want < v.slots() && used[want] == "" {
		used[want] = "planned"
		return want
	}
	for n := first; n < v.slots(); n++ {
		if used[n] == "" {
			used[n] = "planned"
			return n
		}
	}
	m.refuse(mvSlots, v.Name)
	return 0
}

// mapping finds the item of a client slot in a mapping list: client-slot/[vios-name]/[vios-id][/[slot][/port]].
func (m *hmcMove) mapping(attr string, slot int) (vios *Partition, want int, port string, ok bool) {
	items, good := splitList(m.data[attr])
	if !good {
		m.refuse(mvMapping, m.data[attr])
		return nil, 0, "", false
	}
	for _, it := range items {
		f := strings.Split(it, "/")
		if n, good := number(f[0]); !good || n != slot {
			continue
		}
		if len(f) < 3 || f[1] != "" && f[2] != "" || f[1] == "" && f[2] == "" {
			m.refuse(mvMapping, it)
			return nil, 0, "", false
		}
		vios = m.dst.partitionNamed(f[1])
		if n, good := number(f[2]); good && f[2] != "" {
			vios = m.dst.partition(n)
		}
		if vios == nil || vios.VIOS == nil {
			m.refuse(mvMapping, it)
			return nil, 0, "", false
		}
		if len(f) > 3 && f[3] != "" {
			want, _ = number(f[3])
		}
		if len(f) > 4 {
			port = f[4]
		}
		return vios, want, port, true
	}
	return nil, 0, "", false
}

// storage plans the server adapters on the destination.
func (m *hmcMove) storage() {
	p, s, d := m.p, m.src, m.dst
	scsi, fc := p.Scsi, p.FC
	if p.State == stateOff && !p.holds() && p.CurrProfile == "" {
		scsi, fc = p.Profile.Scsi, p.Profile.FC
	}
	taken := map[*Partition]bool{}
	hosts := map[int]bool{}
	for _, a := range scsi {
		hosts[a.RemoteID] = true
		sv, h := s.connected(p, a)
		if h == nil {
			m.refuse(mvSCSI, a.Slot)
			continue
		}
		vios, want, _, given := m.mapping("virtual_scsi_mappings", a.Slot)
		if !given {
			vios = m.hostFor(sv, h, taken)
		}
		if !m.movable(sv, h) || vios == nil || !m.sees(vios, sv, h, a.Slot, true) {
			m.refuse(mvSCSI, a.Slot)
			continue
		}
		taken[vios] = true
		if want == 0 {
			want = a.RemoteSlot
		}
		ph := plannedHost{vios: vios, client: a.Slot, slot: m.pick(vios, want)}
		for _, t := range h.VTDs {
			pv := plannedVTD{name: t.Name, kind: t.Kind, lun: t.LUN}
			if src := sv.VIOS.disk(t.Backing); src != nil && src.LUN != nil {
				pv.backing = vios.VIOS.diskOf(src.LUN).Name
			} else if t.Kind == vtdUnit {
				pv.backing = t.Backing
			}
			prefix := vtdPrefix(t.Kind)
			generated := strings.HasPrefix(pv.name, prefix) && strings.Trim(pv.name[len(prefix):], "0123456789") == ""
			for n := 0; vios.VIOS.known(pv.name) || m.names[vios.Name+"/"+pv.name] || generated; n++ {
				pv.name, generated = prefix+strconv.Itoa(n), false
			}
			m.names[vios.Name+"/"+pv.name] = true
			ph.vtds = append(ph.vtds, pv)
		}
		m.plan.scsi = append(m.plan.scsi, ph)
	}
	ports := map[string]bool{}
	for _, a := range fc {
		hosts[a.RemoteID] = true
		fabric := ""
		if sv, h := s.connectedFC(p, a); h != nil {
			if port := sv.VIOS.port(h.Port); port != nil {
				fabric = port.SAN
			}
		}
		vios, want, port, given := m.mapping("virtual_fc_mappings", a.Slot)
		if !given || port == "" {
			vios, port = m.portFor(vios, fabric, ports)
		}
		f := (*FCPort)(nil)
		if vios != nil {
			f = vios.VIOS.port(port)
		}
		if f == nil || !f.NPIV || !f.Fabric || f.SAN != fabric || m.h.e.unzoned[a.WWPNs[1]] {
			m.refuse(mvFC, a.Slot)
			continue
		}
		ports[vios.Name+"/"+port] = true
		taken[vios] = true
		if want == 0 {
			want = a.RemoteSlot
		}
		m.plan.fc = append(m.plan.fc, plannedFC{vios: vios, client: a.Slot, slot: m.pick(vios, want), port: port})
	}
	if len(taken) < len(hosts) && len(m.errors) == 0 {
		if m.h.values["--redundantvios"] == "1" || m.h.values["--mpio"] == "1" {
			m.refuse(mvRedundant, p.Name)
		} else {
			m.warnings = append(m.warnings, mvMPIO)
		}
	}
	_ = d
}

// movable tells whether what an adapter serves can move at all, and reports what cannot.
func (m *hmcMove) movable(sv *Partition, h *VHost) bool {
	before := len(m.errors)
	for _, t := range h.VTDs {
		src := sv.VIOS.disk(t.Backing)
		switch {
		case t.Kind == vtdUnit || t.Kind == vtdOptical && t.Backing == "":
		case t.Kind == vtdOptical:
			m.refuse(mvOptical, t.Name, sv.Name)
		case src == nil || src.LUN == nil:
			m.refuse(mvBacking, t.Name, sv.Name, t.Backing)
		case src.Reserve != "no_reserve":
			m.refuse(mvReserve, src.Name, sv.Name, src.Reserve)
		}
	}
	return len(m.errors) == before
}

// hostFor chooses the destination's Virtual I/O Server for one of the source: one that sees all disks, and another one
// than those chosen before where that is possible, so that every path is kept.
func (m *hmcMove) hostFor(sv *Partition, h *VHost, taken map[*Partition]bool) *Partition {
	var fallback *Partition
	for _, v := range m.dst.servers() {
		if !v.live() || v.RMC != rmcActive || !m.sees(v, sv, h, 0, false) {
			continue
		}
		if !taken[v] {
			return v
		}
		if fallback == nil {
			fallback = v
		}
	}
	return fallback
}

// sees tells whether a Virtual I/O Server can serve all targets of an adapter. say makes it report what is wrong.
func (m *hmcMove) sees(v, sv *Partition, h *VHost, slot int, say bool) bool {
	ok := true
	bad := func(format string, args ...any) {
		ok = false
		if say {
			m.refuse(format, args...)
		}
	}
	for _, t := range h.VTDs {
		if t.Kind == vtdOptical {
			continue
		}
		if t.Kind == vtdUnit {
			// Every node of the cluster has access to the unit.
			if x := m.h.e.clusterOf(sv); x == nil || x != m.h.e.clusterOf(v) || len(v.VIOS.users(t.Backing)) > 0 {
				ok = false
			}
			continue
		}
		src := sv.VIOS.disk(t.Backing)
		if src == nil || src.LUN == nil {
			ok = false
			continue
		}
		dst := v.VIOS.diskOf(src.LUN)
		switch {
		case dst == nil:
			ok = false
		case dst.Reserve != "no_reserve":
			bad(mvReserve, dst.Name, v.Name, dst.Reserve)
		case len(v.VIOS.users(dst.Name)) > 0 || v.VIOS.group(dst.Name) != nil:
			ok = false
		}
	}
	return ok
}

// portFor chooses a port on the same fabric, spread over the Virtual I/O Servers.
func (m *hmcMove) portFor(only *Partition, fabric string, used map[string]bool) (*Partition, string) {
	for _, fresh := range []bool{true, false} {
		for _, v := range m.dst.servers() {
			if only != nil && v != only || !v.live() {
				continue
			}
			for _, f := range v.VIOS.Ports {
				if f.NPIV && f.Fabric && f.SAN == fabric && (!fresh || !used[v.Name+"/"+f.Name]) {
					return v, f.Name
				}
			}
		}
	}
	return nil, ""
}

func (h *hcall) endMove(op string) int {
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	m := h.e.migrationOf(p)
	if op == "s" {
		switch {
		case m == nil || m.failed:
			return h.refuse(mvNotMoving, p.Name)
		case m.Src != h.sys:
			return h.refuse(mvNotSource, m.Src.Name)
		case m.committed:
			return h.refuse(mvTooLate, p.Name)
		}
		h.e.undo(m)
		return 0
	}
	switch {
	case m == nil || !m.failed:
		return h.refuse(mvNoRecovery, p.Name)
	case m.Src != h.sys && !h.flags["--force"]:
		return h.refuse(mvNotSource, m.Src.Name)
	}
	if m.committed {
		h.e.complete(m)
		return 0
	}
	h.e.undo(m)
	return 0
}

func hmcLslparmigr(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "msp", "procpool", "sys", "virtualio", "manager", "sriov", "vnic")
	if !ok {
		return 1
	}
	if kind == "manager" {
		r := newRow().add("remote_lpar_mobility_capable", "1")
		return h.print([]*row{r}, r.names)
	}
	if !h.system(true) {
		return 1
	}
	n := strconv.Itoa
	switch kind {
	case "sys":
		s := h.sys
		r := newRow().add("inactive_lpar_mobility_capable", bit(s.capable("inactive_lpar_mobility_capable"))).
			add("num_inactive_migrations_supported", n(s.MaxInactive)).add("num_inactive_migrations_in_progress", n(h.e.moving(s, false))).
			add("active_lpar_mobility_capable", bit(s.capable("active_lpar_mobility_capable"))).
			add("num_active_migrations_supported", n(s.MaxActive)).add("num_active_migrations_in_progress", n(h.e.moving(s, true)))
		return h.print([]*row{r}, r.names)
	case "lpar":
		f, ok := h.filter("lpar_names", "lpar_ids")
		if !ok {
			return 1
		}
		var rows []*row
		for _, p := range h.sys.Partitions {
			if f.lpar(p) && p.VIOS == nil {
				r := h.migrRow(p)
				if m := h.e.migrationOf(p); m != nil && m.SrcConsole == m.DstConsole {
					r.na["remote_manager"], r.na["remote_user"] = true, true
				}
				rows = append(rows, r)
			}
		}
		return h.print(rows, migrAttrs)
	}
	if kind == "sriov" && !h.has("-t") {
		return h.print(nil, []string{"slot_num"})
	}
	if !h.has("-t") {
		return h.refuse(hmcBadParam, "-t")
	}
	f, ok := h.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	var p *Partition
	for _, q := range h.sys.Partitions {
		if (f != nil && f.lpar(q) || h.values["-p"] == q.Name) && q.VIOS == nil {
			p = q
		}
	}
	if p == nil {
		return h.refuse(hmcBadParam, "--filter")
	}
	m, rc := h.newMove(p)
	if m == nil {
		return rc
	}
	m.validate()
	switch kind {
	case "msp":
		var rows []*row
		for _, v := range h.sys.servers() {
			if !v.MSP {
				continue
			}
			var names, ids []string
			for _, x := range m.dst.servers() {
				if x.MSP || !m.dst.HMC {
					names, ids = append(names, x.Name), append(ids, n(x.ID))
				}
			}
			rows = append(rows, newRow().add("source_msp_name", v.Name).add("source_msp_id", n(v.ID)).add("dest_msp_names", strings.Join(names, ",")).
				add("dest_msp_ids", strings.Join(ids, ",")).add("ipaddr_mappings", fmt.Sprintf("%s//%s/%s/", v.RMCAddress, strings.Join(ids, ","), strings.Join(names, ","))))
		}
		return h.print(rows, strings.Fields("source_msp_name source_msp_id dest_msp_names dest_msp_ids ipaddr_mappings"))
	case "procpool":
		var names, ids []string
		for _, x := range m.dst.Pools {
			names, ids = append(names, x.Name), append(ids, n(x.ID))
		}
		r := newRow().add("shared_proc_pool_ids", strings.Join(ids, ",")).add("shared_proc_pool_names", strings.Join(names, ","))
		return h.print([]*row{r}, r.names)
	case "sriov", "vnic":
		return h.print(nil, []string{"slot_num"})
	}
	if m.plan == nil {
		return h.refuse("%s", m.errors[0])
	}
	var scsi, fc, anySCSI []string
	for _, x := range m.plan.scsi {
		scsi = append(scsi, fmt.Sprintf("%d/%s/%d", x.client, x.vios.Name, x.vios.ID))
		for _, v := range m.dst.servers() {
			anySCSI = append(anySCSI, fmt.Sprintf("%d/%s/%d", x.client, v.Name, v.ID))
		}
	}
	for _, x := range m.plan.fc {
		fc = append(fc, fmt.Sprintf("%d/%s/%d", x.client, x.vios.Name, x.vios.ID))
	}
	r := newRow().add("possible_virtual_scsi_mappings", joinList(anySCSI)).add("suggested_virtual_scsi_mappings", joinList(scsi)).
		add("possible_virtual_fc_mappings", joinList(fc)).add("suggested_virtual_fc_mappings", joinList(fc))
	return h.print([]*row{r}, r.names)
}

// hmcOptmem starts and stops a dynamic platform optimization, during which nothing moves to the system.
func hmcOptmem(h *hcall) int {
	op, ok := h.one("-o", "start", "stop")
	if !ok || !h.system(true) {
		return 1
	}
	if _, ok := h.one("-t", "affinity", "mirror"); !ok {
		return 1
	}
	if !h.sys.capable("dynamic_platform_optimization_capable") {
		return h.refuse("HSCLA940 The managed system does not support dynamic platform optimization.")
	}
	if op == "start" {
		h.sys.optimizing = h.e.Now.Add(4 * time.Hour) // a large frame takes hours; how long, nothing documents
	} else {
		h.sys.optimizing = time.Time{}
	}
	return 0
}

func hmcLsmemopt(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	if h.has("--gid") && h.level < 11 {
		return h.refuse(hmcBadOption, "--gid")
	}
	op := h.values["-o"]
	if h.values["-r"] == "lpar" {
		var rows []*row
		for _, p := range h.sys.Partitions {
			if p.live() {
				rows = append(rows, newRow().add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("curr_lpar_score", "100"))
			}
		}
		return h.print(rows, []string{"lpar_name", "lpar_id", "curr_lpar_score"})
	}
	if op == "" {
		status := "Finished"
		if h.sys.optimizing.After(h.e.Now) {
			status = "In Progress"
		}
		r := newRow().add("in_progress", bit(status != "Finished")).add("status", status).add("type", "affinity").add("opt_id", "1").add("progress", "100")
		return h.print([]*row{r}, r.names)
	}
	if !contains("currscore calcscore", op) {
		return h.refuse(hmcBadParam, "-o")
	}
	r := newRow().add("curr_sys_score", "100")
	if op == "calcscore" {
		r.add("predicted_sys_score", "100")
	}
	return h.print([]*row{r}, r.names)
}

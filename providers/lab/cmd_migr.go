package lab

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Migration states as lslparmigr prints them.
const (
	migStarting = "Migration Starting"
	migFailure  = "Migration Failed"
	migNone     = "Not Migrating"
)

const (
	migrFirstBytes = 2366013  // already sent when the first record can be read
	migrExtraBytes = 19499581 // what is sent besides the memory of the partition
)

// Migration is one that runs, has failed, or ended a moment ago.
type Migration struct {
	Part       *Partition // on the source
	Shell      *Partition // on the target
	Src, Dst   *System
	SrcConsole *Console
	DstConsole *Console
	User       string
	Active     bool
	State      string
	Begun      time.Time
	Total      int64
	stopSent   int64         // what was sent when it failed
	stallAt    time.Duration // after its beginning, nothing is sent for stall
	stall      time.Duration
	committed  bool // past the point of no return
	ended      bool
	failed     bool
	gone       time.Time // until when the source still knows the partition
	name       string
	id         int
	plan       *migrationPlan
	dyingRMC   bool
	profile    string     // that the migration writes on an HMC's system; empty = the one last used
	srcMover   *Partition // under an HMC
	dstMover   *Partition
}

// migrationPlan is what a validation finds out.
type migrationPlan struct {
	id     int
	scsi   []plannedHost
	fc     []plannedFC
	active bool
}

type plannedHost struct {
	vios   *Partition // nil = the only one
	client int
	slot   int
	vtds   []plannedVTD
}

type plannedVTD struct {
	name, backing, kind string
	lun                 int
}

type plannedFC struct {
	vios         *Partition
	client, slot int
	port         string
}

// sent is what the movers have sent at the moment of the estate.
func (e *Estate) sent(m *Migration) int64 {
	if m.failed || m.ended {
		return m.stopSent
	}
	took := e.Now.Sub(m.Begun)
	if took > m.stallAt {
		took = max(m.stallAt, took-m.stall)
	}
	n := migrFirstBytes + int64(took.Seconds()*float64(e.Timing.MigrateBytes))
	return min(n, m.Total)
}

// migrationOf finds the migration that moves p away or in.
func (e *Estate) migrationOf(p *Partition) *Migration {
	for _, m := range e.Migrations {
		if !m.ended && (m.Part == p || m.Shell == p) {
			return m
		}
	}
	return nil
}

func (e *Estate) shell(p *Partition) bool {
	if p == nil {
		return false
	}
	m := e.migrationOf(p)
	return m != nil && m.Shell == p
}

// refcode is what lsrefcode shows; a shell partition shows codes that change.
func (e *Estate) refcode(p *Partition) string {
	if m := e.migrationOf(p); m != nil && m.Shell == p {
		if !m.Active {
			return ""
		}
		n := int(e.Now.Sub(m.Begun)/time.Second) / 2
		return shellRefcodes[n%len(shellRefcodes)]
	}
	return p.Refcode
}

// request is a parsed migrlpar -o v or -o m.
type request struct {
	c        *call
	p        *Partition
	dstName  string
	host     string
	user     string
	dst      *Console
	target   *System
	verbose  bool
	mappings map[int]int // client slot to server slot
	fcPorts  map[int]plannedFC
	destID   int
	errors   []string
	warnings []string
}

func (r *request) refuse(format string, args ...any) {
	r.errors = append(r.errors, text(format, args...))
}

// validate makes every check of a migration and collects what fails.
func (r *request) validate() *migrationPlan {
	c, e, s, p := r.c, r.c.e, r.c.sys, r.p
	// Without the other console nothing can be asked.
	r.dst = e.resolve(r.host)
	if r.dst == nil || e.refuses(r.dst.Name) {
		r.refuse(msgNoConsoleHost, r.host)
		return nil
	}
	if !c.con.trusts(r.dst.Name) || r.dst.user(r.user) == nil {
		r.refuse(msgNoTrust, r.host, r.user)
		return nil
	}
	d := r.dst.manages(r.dstName)
	if d == nil || d == s {
		r.refuse(migNoTarget, r.dstName, r.host)
		return nil
	}
	if p.VIOS != nil {
		r.refuse(migVIOS, p.Name)
		return nil
	}
	if e.migrationOf(p) != nil {
		r.refuse(migBusy, p.Name)
		return nil
	}
	if p.State != stateRunning && p.State != stateOff {
		r.refuse(migState, p.Name, p.State)
		return nil
	}
	plan := &migrationPlan{active: p.State == stateRunning}
	word, capability, limitOf := "inactive", "inactive_lpar_mobility_capable", func(s *System) int { return s.MaxInactive }
	if plan.active {
		word, capability, limitOf = "active", "active_lpar_mobility_capable", func(s *System) int { return s.MaxActive }
	}
	for _, x := range []*System{s, d} {
		if !x.capable(capability) {
			r.refuse(migCapable, x.Name, word)
		}
		n := 0
		for _, m := range e.Migrations {
			if !m.ended && (m.Src == x || m.Dst == x) && m.Active == plan.active {
				n++
			}
		}
		if n >= limitOf(x) {
			r.refuse(migCount, x.Name, limitOf(x), word)
		}
	}
	comes, goes := false, false
	for _, m := range e.Migrations {
		comes = comes || !m.ended && m.Dst == s
		goes = goes || !m.ended && m.Src == d
	}
	if comes {
		r.refuse(migRoles, s.Name, "destination")
	}
	if goes {
		r.refuse(migRoles, d.Name, "source")
	}
	r.target = d
	dv := d.vios()
	if dv == nil {
		r.refuse(migMover, d.Name)
		return nil
	}
	for _, v := range []*Partition{c.vp, dv} {
		if v.RMC != rmcActive {
			r.refuse(migRMCVIOS, v.Name)
		}
		if plan.active && v.VIOS.NoVASI {
			r.refuse(migMover, v.Name)
		}
	}
	if plan.active {
		if p.RMC != rmcActive {
			r.refuse(migRMC, p.Name)
		} else if !p.DLPAR[0] || !p.DLPAR[1] {
			r.refuse(migGuest, p.Name)
		}
		for _, sl := range s.ownedSlots(p.ID) {
			r.refuse(migPhysical, p.Name, sl.Location)
		}
		for _, item := range p.Profile.IOSlots {
			drc, required := ioItem(item)
			if sl := s.slotOf(drc); required && sl != nil && sl.Owner != p.ID {
				r.refuse(migPhysical, p.Name, sl.Location)
			}
		}
	}
	if p.WorkGroup != 0 {
		r.refuse(migGroup, p.Name, p.WorkGroup)
	}
	if s.RegionMB != d.RegionMB {
		r.refuse(migRegion, s.RegionMB, d.RegionMB)
	}
	mode := p.ModeCurr
	if !plan.active {
		mode = p.Profile.Mode
	}
	if !d.supports(mode) {
		r.refuse(migMode, mode)
	}
	res := p.Profile.Resources
	if plan.active {
		res = p.Curr
	}
	over := d.overhead(res.MaxMem)
	if need := res.Mem + over; need > d.freeMem() {
		r.refuse(migMemory, d.freeMem(), need, res.Mem, over)
	}
	if res.held() > d.freeUnits() {
		r.refuse(migProcessors, unitText(max(0, d.freeUnits())), unitText(res.held()))
	}
	if d.partitionNamed(p.Name) != nil {
		r.refuse(migName, p.Name)
	}
	if len(d.Partitions) >= d.MaxPartitions {
		r.refuse(migMaximum, d.MaxPartitions)
	}
	plan.id = p.ID
	if r.destID != 0 {
		plan.id = r.destID
		if d.partition(r.destID) != nil {
			r.refuse(migUnknownID, r.destID)
		}
	} else if d.partition(p.ID) != nil {
		plan.id = d.freeID()
	}
	for _, a := range p.Eth {
		for _, vlan := range append([]int{a.PVID}, a.VLANs...) {
			if !dv.VIOS.bridged(dv, vlan) {
				r.refuse(migVLAN, vlan, a.Slot)
			}
		}
	}
	r.adapters(plan, d, dv)
	if plan.active && p.VTOpen {
		r.warnings = append(r.warnings, text(migWarnVT, p.Name))
	}
	return plan
}

// adapters plans the server adapters on the target: the same slot if it is free, else the lowest free odd one.
func (r *request) adapters(plan *migrationPlan, d *System, dv *Partition) {
	c, e, p := r.c, r.c.e, r.p
	used := usedSlots(dv)
	lacking := 0
	pick := func(want int) int {
		if want >= 2 && want < dv.slots() && used[want] == "" {
			used[want] = "planned"
			return want
		}
		for n := 11; n < dv.slots(); n += 2 {
			if used[n] == "" {
				used[n] = "planned"
				return n
			}
		}
		lacking++
		return 0
	}
	names := map[string]bool{}
	mapped := map[*LUN]bool{}
	for _, a := range p.Scsi {
		sv := c.sys.partition(a.RemoteID)
		if sv == nil || sv.VIOS == nil {
			continue
		}
		h := sv.VIOS.vhostAt(a.RemoteSlot)
		if h == nil || h.ClientID != p.ID {
			continue
		}
		want := a.RemoteSlot
		if n, ok := r.mappings[a.Slot]; ok {
			if n != 0 {
				want = n
				if want >= dv.slots() || want < 2 || used[want] != "" {
					r.refuse(msgSlotUsed, want)
				}
			}
		}
		ph := plannedHost{client: a.Slot, slot: pick(want)}
		for _, t := range h.VTDs {
			pv := plannedVTD{name: t.Name, kind: t.Kind, lun: t.LUN}
			switch t.Kind {
			case vtdOptical:
				if t.Backing != "" {
					r.refuse(migOptical, t.Name, t.Backing)
				}
			case vtdDisk:
				src := sv.VIOS.disk(t.Backing)
				if src == nil || src.LUN == nil {
					r.refuse(migNotLUN, t.Name, t.Backing)
					continue
				}
				if src.Reserve != "no_reserve" {
					r.refuse(migReserve, src.Name, sv.Name, src.Reserve)
				}
				dst := dv.VIOS.sameLUN(src.LUN)
				if dst == nil {
					r.refuse(migNoLUN, src.Name, t.Name, "U"+strings.TrimPrefix(src.LUN.path(), "-"))
					continue
				}
				if dst.Reserve != "no_reserve" {
					r.refuse(migReserve, dst.Name, dv.Name, dst.Reserve)
				}
				if users := dv.VIOS.users(dst.Name); len(users) > 0 {
					r.refuse(migLUNUsed, dst.Name, t.Name, users[0].Name)
				} else if g := dv.VIOS.group(dst.Name); g != nil {
					r.refuse(migLUNUsed, dst.Name, t.Name, "volume group "+g.Name)
				}
				mapped[src.LUN] = true
				pv.backing = dst.Name
			case vtdUnit:
				if x := e.clusterOf(sv); x == nil || x != e.clusterOf(dv) {
					r.refuse(migNoUnit, dv.Name, t.Backing, t.Name)
					continue
				}
				if users := dv.VIOS.users(t.Backing); len(users) > 0 {
					r.refuse(migLUNUsed, t.Backing, t.Name, users[0].Name)
				}
				pv.backing = t.Backing
			default:
				r.refuse(migNotLUN, t.Name, t.Backing)
				continue
			}
			prefix := vtdPrefix(t.Kind)
			for n := 0; dv.VIOS.known(pv.name) || names[pv.name]; n++ {
				pv.name = prefix + strconv.Itoa(n)
			}
			names[pv.name] = true
			ph.vtds = append(ph.vtds, pv)
		}
		plan.scsi = append(plan.scsi, ph)
	}
	for _, a := range p.FC {
		pf := plannedFC{client: a.Slot}
		if want, ok := r.fcPorts[a.Slot]; ok {
			pf = want
		}
		if pf.slot == 0 {
			pf.slot = pick(a.RemoteSlot)
		} else if used[pf.slot] != "" || pf.slot >= dv.slots() {
			r.refuse(msgSlotUsed, pf.slot)
		}
		used[pf.slot] = "planned"
		for _, f := range dv.VIOS.Ports {
			if f.NPIV && f.Fabric && (pf.port == "" || pf.port == f.Name) {
				pf.port = f.Name
				break
			}
		}
		if f := dv.VIOS.port(pf.port); f == nil || !f.NPIV || !f.Fabric {
			r.refuse(migFC, a.Slot)
			continue
		}
		plan.fc = append(plan.fc, pf)
	}
	if lacking > 0 {
		r.refuse(migSlots, dv.Name, lacking)
	}
}

// sameLUN finds a disk by identity: unique_id, then PVID, then target port and LUN. In this model all three name the
// same LUN, so the disk that is that LUN is the one.
func (v *VIOS) sameLUN(l *LUN) *Disk { return v.diskOf(l) }

// migrationOrder is a migration that was validated.
type migrationOrder struct {
	p        *Partition
	src, dst *System
	from, to *Console
	user     string
	profile  string
	movers   [2]*Partition
}

// begin makes the shell partition on the target and starts the transfer.
func (e *Estate) begin(o migrationOrder, plan *migrationPlan) *Migration {
	p, d := o.p, o.dst
	m := &Migration{Part: p, Src: o.src, Dst: d, SrcConsole: o.from, DstConsole: o.to, User: o.user, Active: plan.active,
		State: migStarting, Begun: e.Now, plan: plan, name: p.Name, id: p.ID, profile: o.profile, srcMover: o.movers[0], dstMover: o.movers[1]}
	shell := *p
	shell.ID = plan.id
	shell.RMC = rmcNone
	shell.VTOpen, shell.vtHolder = false, nil
	shell.WorkGroup = 0
	shell.bootSequence = 0
	shell.Booted = time.Time{}
	shell.Servers, shell.Others = nil, nil
	for i := range plan.scsi {
		if plan.scsi[i].vios == nil {
			plan.scsi[i].vios = d.vios()
		}
	}
	for i := range plan.fc {
		if plan.fc[i].vios == nil {
			plan.fc[i].vios = d.vios()
		}
	}
	shell.Eth = d.ownEth(p.Eth)
	shell.Scsi, shell.FC = plan.remap(p.Scsi), plan.remapFC(p.FC)
	shell.Profile = plan.profileOn(d, &p.Profile)
	for _, pr := range p.Others {
		if d.HMC {
			moved := plan.profileOn(d, pr)
			shell.Others = append(shell.Others, &moved)
		}
	}
	if d.HMC && shell.Sync == "" {
		shell.Sync = "0"
	}
	m.Shell = &shell
	for _, h := range plan.scsi {
		vh := &VHost{Name: h.vios.VIOS.freeName("vhost"), Slot: h.slot, ClientID: plan.id, ClientSlot: h.client}
		for _, t := range h.vtds {
			vh.VTDs = append(vh.VTDs, &VTD{Name: t.name, Kind: t.kind, LUN: t.lun, Backing: t.backing})
		}
		h.vios.VIOS.VHosts = append(h.vios.VIOS.VHosts, vh)
		h.vios.addServer(d, ServerAdapter{Slot: h.slot, RemoteID: plan.id, RemoteSlot: h.client})
	}
	for _, h := range plan.fc {
		h.vios.VIOS.VFCHosts = append(h.vios.VIOS.VFCHosts, &VFCHost{Name: h.vios.VIOS.freeName("vfchost"), Slot: h.slot,
			ClientID: plan.id, ClientSlot: h.client, Port: h.port})
		h.vios.addServer(d, ServerAdapter{Slot: h.slot, RemoteID: plan.id, RemoteSlot: h.client, FC: true})
	}
	d.addPartition(m.Shell)
	p.VTOpen, p.vtHolder = false, nil
	p.bootSequence++
	if plan.active {
		e.hostMoves(p.Host, false)
		p.State, shell.State = stateMigrating, stateMigrating
		m.Total = int64(p.Curr.Mem)<<20 + migrExtraBytes
	} else {
		p.State, shell.State = stateMigratingOff, stateMigratingOff
		// Only definitions move: a few hundred kilobytes beyond the first record.
		m.Total = migrFirstBytes + 262144
	}
	e.Migrations = append(e.Migrations, m)
	seconds := func(bytes int64) time.Duration {
		return time.Duration(float64(bytes) / float64(e.Timing.MigrateBytes) * float64(time.Second))
	}
	span := seconds(m.Total - migrFirstBytes)
	if f := e.migrationFault(FaultStall, p.Name); f != nil {
		f.spent = true
		m.stallAt, m.stall = span*time.Duration(f.Percent)/100, time.Duration(f.Delay)
		span += m.stall
	}
	if f := e.migrationFault(FaultRMC, p.Name); f != nil && plan.active {
		f.spent = true
		e.after(span*time.Duration(f.Percent)/100, func() {
			if !m.ended && !m.failed {
				p.RMC = rmcInactive
				m.dyingRMC = true
			}
		})
	}
	if f := e.migrationFault(FaultMigration, p.Name); f != nil {
		f.spent = true
		at := span * time.Duration(f.Percent) / 100
		if f.Percent == 100 {
			// All is sent and the target runs: the clean-up on the source is what fails.
			at = span + e.Timing.Suspend - time.Millisecond
		}
		e.after(at, func() { e.failMigration(m) })
	}
	e.after(span, func() {
		if m.ended || m.failed {
			return
		}
		// The partition is asked to suspend; without its management connection it cannot be.
		if m.Active && m.dyingRMC {
			e.failMigration(m)
			return
		}
		m.committed = true
		e.touch()
		e.after(e.Timing.Suspend, func() {
			if !m.ended && !m.failed {
				e.complete(m)
			}
		})
	})
	return m
}

// addServer adds a server adapter to what runs on a Virtual I/O Server of an HMC and to the profile that it runs with, as a
// migration does.
func (p *Partition) addServer(s *System, a ServerAdapter) {
	if !s.HMC {
		return
	}
	p.plug(a)
	if pr := p.profileNamed(p.CurrProfile); pr != nil {
		scsi, fc := profileServers([]ServerAdapter{a})
		pr.Scsi, pr.FC = append(slices.Clone(pr.Scsi), scsi...), append(slices.Clone(pr.FC), fc...)
	}
}

// ownEth are adapters in the form of a system: with a virtual switch under an HMC, without under an IVM.
func (s *System) ownEth(list []EthAdapter) []EthAdapter {
	out := slices.Clone(list)
	for i := range out {
		switch {
		case !s.HMC:
			out[i].Switch, out[i].OSMACs, out[i].QoS = "", "", ""
		case out[i].Switch == "":
			out[i].Switch, out[i].OSMACs, out[i].QoS = firstSwitch, "all", "none"
		}
	}
	return out
}

func (plan *migrationPlan) remap(list []ScsiAdapter) []ScsiAdapter {
	var out []ScsiAdapter
	for _, a := range list {
		for _, h := range plan.scsi {
			if h.client == a.Slot {
				a.RemoteID, a.RemoteSlot = h.vios.ID, h.slot
				out = append(out, a)
			}
		}
	}
	return out
}

func (plan *migrationPlan) remapFC(list []FCAdapter) []FCAdapter {
	var out []FCAdapter
	for _, a := range list {
		for _, h := range plan.fc {
			if h.client == a.Slot {
				a.RemoteID, a.RemoteSlot = h.vios.ID, h.slot
				out = append(out, a)
			}
		}
	}
	return out
}

// profileOn is a profile as it is on the target. Physical slots do not move: a slot index of the source means something
// else there.
func (plan *migrationPlan) profileOn(d *System, pr *Profile) Profile {
	out := *pr
	out.Extra = cloneTable(pr.Extra)
	out.IOSlots = nil
	out.Eth, out.Scsi, out.FC = d.ownEth(pr.Eth), plan.remap(pr.Scsi), plan.remapFC(pr.FC)
	return out
}

func (e *Estate) failMigration(m *Migration) {
	if m.ended || m.failed {
		return
	}
	m.stopSent = e.sent(m)
	m.failed = true
	m.State = migFailure
}

// complete leaves the partition on the target only.
func (e *Estate) complete(m *Migration) {
	p, shell := m.Part, m.Shell
	m.stopSent = m.Total
	m.ended, m.State = true, migNone
	m.gone = e.Now.Add(e.Timing.Linger)
	if m.Src.HMC {
		m.Src.removeHMC(p, true, false)
	} else {
		m.Src.remove(p)
	}
	if m.Active {
		shell.State = stateRunning
		shell.RMC = rmcActive
		shell.DLPAR = p.DLPAR
		shell.Booted = p.Booted
		shell.setRef(e.Now, runningRefcode(p.OSVersion))
	} else {
		shell.State = stateOff
		shell.RMC = p.RMC
		shell.setRef(e.Now, "")
		shell.ModeCurr = effectiveMode(m.Dst, shell.Profile.Mode)
	}
	shell.CurrProfile = p.CurrProfile
	if m.Active {
		e.hostMoves(shell.Host, true)
	}
	if m.Dst.HMC {
		m.writeProfile()
		return
	}
	shell.Others = nil
	// The profile of an active partition becomes what ran, as the migration writes the current state into it.
	if m.Active {
		shell.Profile.Eth = append([]EthAdapter(nil), shell.Eth...)
		shell.Profile.Scsi = append([]ScsiAdapter(nil), shell.Scsi...)
		shell.Profile.FC = append([]FCAdapter(nil), shell.FC...)
		shell.Profile.Resources = shell.Curr
		shell.Profile.MaxSlots = shell.CurrSlots
	}
}

// writeProfile makes the profile on a system under an HMC: the current state replaces the profile last used, or the one
// that was named.
func (m *Migration) writeProfile() {
	s := m.Shell
	name := m.profile
	if name == "" && !m.Active {
		return
	}
	if name == "" {
		name = s.CurrProfile
	}
	if name == "" || s.profileNamed(s.CurrProfile) == nil {
		name = s.Profile.Name
	}
	pr := s.current()
	if !s.holds() {
		pr = &s.Profile
	}
	now := *pr
	now.Name = name
	if have := s.profileNamed(name); have != nil {
		*have = now
	} else {
		s.Others = append(s.Others, &now)
	}
	if m.Active {
		s.CurrProfile = name
	}
}

// undo leaves the partition on the source only.
func (e *Estate) undo(m *Migration) {
	m.stopSent = e.sent(m)
	m.ended, m.State = true, migNone
	if m.Dst.HMC {
		m.Dst.removeHMC(m.Shell, true, false)
	} else {
		m.Dst.remove(m.Shell)
	}
	if m.Active {
		m.Part.State = stateRunning
		if m.Part.Host != nil {
			e.moves(m.Part.Host, true)
		}
		return
	}
	m.Part.State = stateOff
}

// recent is a migration of a partition that left the system a moment ago. The article that the layout comes from shows
// "Not Migrating" on the source right after success, when the partition is already gone; the lab keeps the record for
// Timing.Linger and answers an empty read from then on.
func (e *Estate) recent(s *System) []*Migration {
	var out []*Migration
	for _, m := range e.Migrations {
		if m.ended && m.Src == s && m.gone.After(e.Now) && s.partitionNamed(m.name) == nil {
			out = append(out, m)
		}
	}
	return out
}

func cmdMigrlpar(c *call) int {
	o, rc, ok := c.parse("-o -t --ip -u -p --id -n -f -i -w -d", "--async -v --force")
	if !ok {
		return rc
	}
	op, ok := o.one("-o", "s", "m", "r", "v")
	if !ok {
		return 1
	}
	for _, name := range []string{"-w", "-d"} {
		if v, ok := o.values[name]; ok {
			if n, ok := number(v); !ok || name == "-d" && n > 5 {
				return c.fail(msgReqParam, name)
			}
		}
	}
	if op == "s" || op == "r" {
		return c.endMigration(o, op)
	}
	if !o.has("-t") {
		return c.fail(msgReqParam, "-t")
	}
	if !o.has("--ip") {
		return c.fail(msgReqParam, "--ip")
	}
	if op == "v" && o.has("--async") {
		return c.fail(msgBadOption, "--async")
	}
	p, ok := o.partition("-p")
	if !ok {
		return 1
	}
	r := &request{c: c, p: p, dstName: o.values["-t"], host: o.values["--ip"], user: c.user, verbose: o.has("-v")}
	if o.has("-u") {
		r.user = o.values["-u"]
	}
	if o.has("-i") || o.has("-f") {
		data, ok := o.data()
		if !ok {
			return 1
		}
		if msg := r.record(data); msg != "" {
			return c.fail("%s", msg)
		}
	}
	if !c.pause(c.e.Timing.Validate) {
		return 1
	}
	plan := r.validate()
	for _, w := range r.warnings {
		if len(r.errors) > 0 || r.verbose {
			c.fail("%s", w)
		}
	}
	if len(r.errors) > 0 {
		for _, m := range r.errors {
			c.fail("%s", m)
		}
		return 1
	}
	if op == "v" {
		return 0
	}
	m := c.e.begin(migrationOrder{p: p, src: c.sys, dst: r.target, from: c.con, to: r.dst, user: r.user}, plan)
	if o.has("--async") {
		return 0
	}
	c.wait(func() bool { return m.ended || m.failed })
	switch {
	case m.failed:
		return c.fail(migFailed, m.name)
	case !m.ended || m.gone.IsZero():
		return c.fail(migStopped, m.name)
	}
	return 0
}

// record reads -i of migrlpar.
func (r *request) record(data []pair) string {
	var d *System
	if con := r.c.e.resolve(r.host); con != nil {
		d = con.manages(r.dstName)
	}
	for _, a := range data {
		bad := text(msgBadValue, a.Value, a.Name, "")
		if a.Op != "=" {
			return text(msgBadAttr, a.Name+a.Op[:1])
		}
		switch a.Name {
		case "virtual_scsi_mappings", "virtual_fc_mappings":
			items, ok := splitList(a.Value)
			if !ok {
				return bad
			}
			for _, it := range items {
				f := strings.Split(it, "/")
				fc := a.Name == "virtual_fc_mappings"
				if len(f) < 3 || len(f) > 4 && !fc || len(f) > 5 {
					return text(migMapping, it)
				}
				client, ok := number(f[0])
				found := false
				for _, x := range r.p.Scsi {
					found = found || !fc && x.Slot == client
				}
				for _, x := range r.p.FC {
					found = found || fc && x.Slot == client
				}
				if !ok || !found || f[1] != "" && f[2] != "" || f[1] == "" && f[2] == "" {
					return text(migMapping, it)
				}
				if d != nil {
					v := d.vios()
					if f[1] != "" && f[1] != v.Name || f[2] != "" && f[2] != strconv.Itoa(v.ID) {
						return text(migMapping, it)
					}
				}
				slot := 0
				if len(f) > 3 && f[3] != "" {
					if slot, ok = number(f[3]); !ok || slot < 2 {
						return text(migMapping, it)
					}
				}
				if !fc {
					if r.mappings == nil {
						r.mappings = map[int]int{}
					}
					r.mappings[client] = slot
					continue
				}
				if r.fcPorts == nil {
					r.fcPorts = map[int]plannedFC{}
				}
				x := plannedFC{client: client, slot: slot}
				if len(f) > 4 {
					x.port = f[4]
				}
				r.fcPorts[client] = x
			}
		case "dest_lpar_id":
			n, ok := number(a.Value)
			if !ok || n < 1 {
				return bad
			}
			r.destID = n
		case "source_msp_name":
			if a.Value != r.c.vp.Name {
				return bad
			}
		case "source_msp_id":
			if a.Value != strconv.Itoa(r.c.vp.ID) {
				return bad
			}
		case "dest_msp_name":
			if d != nil && a.Value != d.vios().Name {
				return bad
			}
		case "dest_msp_id":
			if d != nil && a.Value != strconv.Itoa(d.vios().ID) {
				return bad
			}
		case "shared_proc_pool_id":
			if a.Value != "0" {
				return bad
			}
		case "shared_proc_pool_name":
			if a.Value != "DefaultPool" {
				return bad
			}
		default:
			return text(msgBadAttr, a.Name)
		}
	}
	return ""
}

func (c *call) endMigration(o *options, op string) int {
	for _, name := range []string{"-n", "-f", "-i", "-w", "--async"} {
		if o.has(name) {
			return c.fail(msgBadOption, name)
		}
	}
	if op == "s" && (o.has("-t") || o.has("--ip")) {
		return c.fail(msgBadOption, "-t")
	}
	p, ok := o.partition("-p")
	if !ok {
		return 1
	}
	m := c.e.migrationOf(p)
	if op == "s" {
		switch {
		case m == nil || m.failed:
			return c.fail(migNotMigrating, p.Name)
		case m.Src != c.sys:
			return c.fail(migNotHere, m.SrcConsole.Name)
		case m.committed:
			return c.fail(migNoStop, p.Name)
		}
		c.e.undo(m)
		return 0
	}
	switch {
	case m == nil || !m.failed:
		return c.fail(migNoRecover, p.Name)
	case m.Src != c.sys && !o.has("--force"):
		return c.fail(migNotHere, m.SrcConsole.Name)
	}
	if m.committed {
		c.e.complete(m)
		return 0
	}
	c.e.undo(m)
	return 0
}

var migrAttrs = strings.Fields(`name lpar_id migration_state migration_type dest_sys_name dest_lpar_id source_sys_name source_lpar_id
	source_msp_name source_msp_id dest_msp_name dest_msp_id bytes_transmitted bytes_remaining remote_manager remote_user`)

func (c *call) migrRow(p *Partition) *row {
	n := strconv.Itoa
	r := newRow().add("name", p.Name).add("lpar_id", n(p.ID))
	m := c.e.migrationOf(p)
	if m == nil {
		return r.add("migration_state", migNone)
	}
	kind := "inactive"
	if m.Active {
		kind = "active"
	}
	r.add("migration_state", m.State).add("migration_type", kind)
	remote := m.SrcConsole.Name
	if m.Part == p {
		r.add("dest_sys_name", m.Dst.Name).add("dest_lpar_id", n(m.Shell.ID))
		remote = m.DstConsole.Name
	} else {
		r.add("source_sys_name", m.Src.Name).add("source_lpar_id", n(m.id))
	}
	if m.Active {
		sv, dv := m.Src.vios(), m.Dst.vios()
		if m.srcMover != nil {
			sv, dv = m.srcMover, m.dstMover
		}
		r.add("source_msp_name", sv.Name).add("source_msp_id", n(sv.ID)).add("dest_msp_name", dv.Name).add("dest_msp_id", n(dv.ID))
		sent := c.e.sent(m)
		r.add("bytes_transmitted", strconv.FormatInt(sent, 10)).add("bytes_remaining", strconv.FormatInt(m.Total-sent, 10))
	}
	return r.add("remote_manager", remote).add("remote_user", m.User)
}

func cmdLslparmigr(c *call) int {
	o, rc, ok := c.parse("-r -t --ip -u --filter -F", "--header")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "manager", "lpar", "msp", "procpool", "sys", "virtualio")
	if !ok {
		return 1
	}
	remote := contains("msp procpool virtualio", kind)
	for _, name := range []string{"-t", "--ip", "-u"} {
		if o.has(name) && !remote {
			return c.fail(msgBadOption, name)
		}
	}
	switch kind {
	case "manager":
		return c.single(o, newRow().add("remote_lpar_mobility_capable", "1"))
	case "sys":
		active, inactive := 0, 0
		for _, m := range c.e.Migrations {
			if m.ended || m.Src != c.sys && m.Dst != c.sys {
				continue
			}
			if m.Active {
				active++
			} else {
				inactive++
			}
		}
		n := strconv.Itoa
		return c.single(o, newRow().add("inactive_lpar_mobility_capable", bit(c.sys.capable("inactive_lpar_mobility_capable"))).
			add("num_inactive_migrations_supported", n(c.sys.MaxInactive)).add("num_inactive_migrations_in_progress", n(inactive)).
			add("active_lpar_mobility_capable", bit(c.sys.capable("active_lpar_mobility_capable"))).
			add("num_active_migrations_supported", n(c.sys.MaxActive)).add("num_active_migrations_in_progress", n(active)))
	case "lpar":
		f, ok := o.filter("lpar_names", "lpar_ids")
		if !ok {
			return 1
		}
		var rows []*row
		for _, p := range c.sys.Partitions {
			if f.partition(p) {
				rows = append(rows, c.migrRow(p))
			}
		}
		for _, m := range c.e.recent(c.sys) {
			if f.matches("lpar_names", m.name) && f.matches("lpar_ids", strconv.Itoa(m.id)) && (f != nil) {
				rows = append(rows, newRow().add("name", m.name).add("lpar_id", strconv.Itoa(m.id)).add("migration_state", migNone))
			}
		}
		return o.print(rows, migrAttrs)
	}
	if !o.has("-t") {
		return c.fail(msgReqParam, "-t")
	}
	if !o.has("--ip") {
		return c.fail(msgReqParam, "--ip")
	}
	f, ok := o.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	var p *Partition
	for _, q := range c.sys.Partitions {
		if f != nil && f.partition(q) && q.VIOS == nil {
			p = q
		}
	}
	if p == nil {
		return c.fail(msgReqParam, "--filter")
	}
	r := &request{c: c, p: p, dstName: o.values["-t"], host: o.values["--ip"], user: c.user}
	if o.has("-u") {
		r.user = o.values["-u"]
	}
	plan := r.validate()
	if plan == nil {
		return c.fail("%s", r.errors[0])
	}
	dv := r.target.vios()
	switch kind {
	case "msp":
		line := newRow().add("source_msp_name", c.vp.Name).add("source_msp_id", strconv.Itoa(c.vp.ID)).
			add("dest_msp_names", dv.Name).add("dest_msp_ids", strconv.Itoa(dv.ID))
		return o.print([]*row{line}, line.names)
	case "procpool":
		line := newRow().add("shared_proc_pool_ids", "0").add("shared_proc_pool_names", "DefaultPool")
		return o.print([]*row{line}, line.names)
	}
	var scsi, fc []string
	for _, h := range plan.scsi {
		scsi = append(scsi, strconv.Itoa(h.client)+"/"+dv.Name+"/"+strconv.Itoa(dv.ID))
	}
	for _, h := range plan.fc {
		fc = append(fc, strconv.Itoa(h.client)+"/"+dv.Name+"/"+strconv.Itoa(dv.ID))
	}
	line := newRow().add("possible_virtual_scsi_mappings", joinList(scsi)).add("suggested_virtual_scsi_mappings", joinList(scsi)).
		add("possible_virtual_fc_mappings", joinList(fc)).add("suggested_virtual_fc_mappings", joinList(fc))
	return o.print([]*row{line}, line.names)
}

package lab

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A host in a partition has what the partition has: it runs while the partition runs, its disks are what the Virtual I/O
// Servers and the storage network show, its interfaces are the virtual adapters, and after a migration it is on another
// machine.

// diskPath is a path of a disk as the database of a host has it. It is missing where the last configuration did not find it.
type diskPath struct {
	Parent, Connection string
	Missing            bool
}

// hostAdapter is a virtual SCSI or fibre channel adapter in the database of a host.
type hostAdapter struct {
	Name string // vscsi0, fcs0
	FC   bool
	Slot int
}

// hostError is an entry of the error log.
type hostError struct {
	ID, Label, Class, Type, Resource, Text string
	Detail                                 string
	at                                     time.Time
}

// States of a host.
const (
	hostUp      = ""
	hostDown    = "down"
	hostBooting = "booting"
)

// inPartition tells whether a host is in a partition, also one that is gone.
func (h *Host) inPartition() bool { return h.Partition != nil }

// place is the partition that a host is in. While it migrates that is the one on the source.
func (e *Estate) place(h *Host) (*System, *Partition) {
	if !h.inPartition() {
		return nil, nil
	}
	for _, s := range e.Systems {
		for _, p := range s.Partitions {
			if p.Host == h && !e.shell(p) {
				return s, p
			}
		}
	}
	return nil, nil
}

// frozen tells whether a host is suspended: the last moment of a migration.
func (e *Estate) frozen(h *Host) bool {
	_, p := e.place(h)
	if p == nil {
		return false
	}
	m := e.migrationOf(p)
	return m != nil && m.Active && m.committed && !m.failed
}

// follow makes a host what its partition is.
func (e *Estate) follow(h *Host) {
	s, p := e.place(h)
	if p == nil {
		return
	}
	letter := "F"
	if !s.supports("POWER7") {
		letter = "C"
	}
	h.Machine = "00" + letter + machineDigits(s.Serial) + "4C00"
	h.Model, h.serial = "IBM,"+s.TypeModel, s.Serial
	h.lparID, h.lparName, h.res = p.ID, p.Name, p.Curr
	if p.Curr.Mem > 0 {
		h.MemoryMB = p.Curr.Mem
	}
	h.sysProcs = s.Procs / 100
	for _, n := range h.Interfaces {
		n.gone = true
		for _, a := range p.nics() {
			if a.slot == n.Slot {
				n.gone, n.MAC, n.vnic = false, a.mac, a.vnic
			}
		}
	}
	list := e.sees(h)
	for _, d := range h.Disks {
		d.lost = !slices.ContainsFunc(list, func(x *seenDisk) bool { return x.medium == d.medium && x.fc == (d.LUN != nil) })
	}
}

// machineDigits are the last five digits of a serial number, as the machine identifier has them. It is hexadecimal, a serial
// number is not always.
func machineDigits(serial string) string {
	tail := serial[max(0, len(serial)-5):]
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'F' {
			return r
		}
		return '0' + r%10
	}, tail)
}

type nicOf struct {
	slot int
	mac  string
	vnic bool
}

// nics are the network adapters of a partition in the order of their slots.
func (p *Partition) nics() []nicOf {
	var out []nicOf
	for _, a := range p.Eth {
		out = append(out, nicOf{a.Slot, strings.ToLower(a.MAC), false})
	}
	for _, a := range p.VNICs {
		out = append(out, nicOf{a.Slot, strings.ToLower(a.MAC), true})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].slot < out[j].slot })
	return out
}

// seenDisk is a disk that a host can reach now.
type seenDisk struct {
	medium *medium
	fc     bool
	id     string // of a virtual disk: what its server passes on
	paths  []diskPath
}

func (h *Host) adapterAt(fc bool, slot int) *hostAdapter {
	for _, a := range h.Adapters {
		if a.FC == fc && a.Slot == slot {
			return a
		}
	}
	return nil
}

// protocol is the device below an adapter that disks hang on.
func (a *hostAdapter) protocol() string {
	if a.FC {
		return "fscsi" + strings.TrimPrefix(a.Name, "fcs")
	}
	return a.Name
}

// sees are the disks that the partition of a host can reach, by the adapters that the host has configured.
func (e *Estate) sees(h *Host) []*seenDisk {
	s, p := e.place(h)
	if p == nil {
		return nil
	}
	var out []*seenDisk
	add := func(m *medium, fc bool, id string, path diskPath) {
		for _, x := range out {
			if x.medium == m && x.fc == fc {
				x.paths = append(x.paths, path)
				return
			}
		}
		out = append(out, &seenDisk{m, fc, id, []diskPath{path}})
	}
	scsi, fc := p.Scsi, p.FC
	if len(scsi)+len(fc) == 0 && !p.live() {
		scsi, fc = p.Profile.Scsi, p.Profile.FC
	}
	for _, a := range h.Adapters {
		for _, ca := range scsi {
			if a.FC || ca.Slot != a.Slot {
				continue
			}
			sv, vh := s.connected(p, ca)
			if vh == nil || sv.State != stateRunning {
				continue
			}
			targets := slices.Clone(vh.VTDs)
			sort.SliceStable(targets, func(i, j int) bool { return targets[i].LUN < targets[j].LUN })
			for _, t := range targets {
				if m, id := e.backing(s, sv, t); m != nil {
					add(m, false, id, diskPath{Parent: a.Name, Connection: fmt.Sprintf("%02x0000000000", 0x80+t.LUN)})
				}
			}
		}
		for _, ca := range fc {
			if !a.FC || ca.Slot != a.Slot || e.unzoned[strings.ToLower(ca.WWPNs[0])] && e.unzoned[strings.ToLower(ca.WWPNs[1])] {
				continue
			}
			sv, vh := s.connectedFC(p, ca)
			if vh == nil || sv.State != stateRunning {
				continue
			}
			if port := sv.VIOS.port(vh.Port); port == nil || !port.Fabric {
				continue
			}
			for _, l := range h.Fabric {
				add(l.disk(), true, "", diskPath{Parent: a.protocol(), Connection: l.connection()})
			}
		}
	}
	return out
}

// backing is what a virtual target device of a Virtual I/O Server is made of, and the identifier that its server gives it.
func (e *Estate) backing(s *System, sv *Partition, t *VTD) (*medium, string) {
	v := sv.VIOS
	name := func(what string) string { return fmt.Sprintf("%s/%d/%s", s.Label, sv.ID, what) }
	switch t.Kind {
	case vtdDisk:
		d := v.disk(t.Backing)
		switch {
		case d == nil || d.Defined:
			return nil, ""
		case d.LUN != nil:
			return d.LUN.disk(), d.LUN.hostID()
		}
		if d.medium == nil {
			d.medium = &medium{name: name(d.Name), physical: d, sized: func() int { return d.SizeMB }}
		}
		id := d.UniqueID
		if id == "" {
			id = "2A1135000C50" + strings.ToUpper(stableHex(9, name(d.Name))) + "0ST600MM000603IBMsas"
		}
		return d.medium, id
	case vtdLV:
		g, l := v.volume(t.Backing)
		if l == nil {
			return nil, ""
		}
		if l.medium == nil {
			l.medium = &medium{name: name(l.Name), sized: func() int { return l.PPs * g.PPSizeMB }}
		}
		return l.medium, fmt.Sprintf("00%s00004c00%s.%d", stableHex(6, name(g.Name)), stableHex(16, name(g.Name)), slices.Index(g.Volumes, l)+1)
	case vtdFile:
		_, f := v.file(t.Backing)
		if f == nil {
			return nil, ""
		}
		if f.medium == nil {
			f.medium = &medium{name: name(t.Backing), sized: func() int { return f.SizeMB }}
		}
		return f.medium, stableHex(32, name(t.Backing))
	case vtdUnit:
		u := e.unit(t.Backing)
		if u == nil {
			return nil, ""
		}
		return u.disk(), strings.ToUpper(u.UDID)
	}
	return nil, ""
}

func (u *LogicalUnit) disk() *medium {
	if u.medium == nil {
		u.medium = &medium{name: "unit/" + u.UDID, sized: func() int { return u.SizeMB }}
	}
	return u.medium
}

// wrapped is the identifier of a virtual disk at its client: that of the server between the lengths of both and the
// vendor's mark.
func wrapped(id string) string {
	const mark = "05VDASD03AIXvscsi"
	return fmt.Sprintf("%02X%02X%s%s", 4+len(id)+len(mark), len(id), id, mark)
}

// virtualMedia are the disks that Virtual I/O Servers make of something else than a LUN, as far as a host has seen them.
func (e *Estate) virtualMedia() []*medium {
	var out []*medium
	add := func(m *medium) {
		if m != nil {
			out = append(out, m)
		}
	}
	for _, s := range e.Systems {
		for _, p := range s.Partitions {
			if p.VIOS == nil {
				continue
			}
			for _, d := range p.VIOS.Disks {
				add(d.medium)
			}
			for _, g := range p.VIOS.Groups {
				for _, l := range g.Volumes {
					add(l.medium)
					for _, f := range l.Files {
						add(f.medium)
					}
				}
			}
		}
	}
	for _, c := range e.Clusters {
		for _, u := range c.Units {
			add(u.medium)
		}
	}
	return append(out, e.orphans...)
}

// writePVID writes the identifier on a disk. A Virtual I/O Server goes on showing what it has read.
func (e *Estate) writePVID(m *medium, id string) {
	old := m.pvid()
	for _, s := range e.Systems {
		for _, p := range s.Partitions {
			if p.VIOS == nil {
				continue
			}
			for _, d := range p.VIOS.Disks {
				if (d.LUN != nil && d.LUN == m.lun || d == m.physical) && d.Known == nil && !d.Defined {
					d.Known = &old
				}
			}
		}
	}
	m.setPVID(id)
}

// configureHost is cfgmgr: what is below a device, or everything. At a boot what cannot be reached ends up defined.
func (e *Estate) configureHost(h *Host, below string, boot bool) {
	_, p := e.place(h)
	if p == nil {
		return
	}
	scsi, fc := p.Scsi, p.FC
	if len(scsi)+len(fc) == 0 && !p.live() {
		scsi, fc = p.Profile.Scsi, p.Profile.FC
	}
	whole := contains("vio0 sys0 sysplanar0", below) || below == ""
	if whole {
		var slots []int
		for _, a := range scsi {
			slots = append(slots, a.Slot)
		}
		h.addAdapters(false, slots)
		slots = nil
		for _, a := range fc {
			slots = append(slots, a.Slot)
		}
		h.addAdapters(true, slots)
		for _, a := range p.nics() {
			if !slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool { return n.Slot == a.slot }) {
				n := &hostInterface{Name: h.freeInterface(), Slot: a.slot, Netmask: "255.255.255.0", State: "detach"}
				n.store()
				h.Interfaces = append(h.Interfaces, n)
			}
		}
	}
	for _, d := range h.Disks {
		d.freshPaths()
	}
	list := e.sees(h)
	concerns := func(parent string) bool {
		return whole || parent == below || strings.HasPrefix(below, "fcs") && parent == "fscsi"+strings.TrimPrefix(below, "fcs")
	}
	for _, d := range h.Disks {
		var now *seenDisk
		for _, x := range list {
			if x.medium == d.medium && x.fc == (d.LUN != nil) {
				now = x
			}
		}
		for i, k := range d.Paths {
			if concerns(k.Parent) {
				d.Paths[i].Missing = now == nil || !slices.ContainsFunc(now.paths, func(q diskPath) bool { return q.Parent == k.Parent && q.Connection == k.Connection })
			}
		}
		if now == nil {
			if !d.Defined && !slices.ContainsFunc(d.Paths, func(k diskPath) bool { return !k.Missing }) && (boot || !h.inUse(d)) {
				d.Defined = true
			}
			continue
		}
		reached := false
		for _, q := range now.paths {
			reached = reached || concerns(q.Parent)
			if concerns(q.Parent) && !slices.ContainsFunc(d.Paths, func(k diskPath) bool { return k.Parent == q.Parent && k.Connection == q.Connection }) {
				d.Paths = append(d.Paths, q)
			}
		}
		if d.id = now.id; d.Defined && (reached || below == d.Name) || boot {
			e.configureDisk(h, d)
		}
	}
	for _, x := range list {
		if slices.ContainsFunc(h.Disks, func(d *HostDisk) bool { return d.medium == x.medium && (d.LUN != nil) == x.fc }) {
			continue
		}
		d := &HostDisk{Name: h.freeDisk(), medium: x.medium, Attrs: map[string]string{}, Pending: map[string]string{}, id: x.id}
		if x.fc {
			d.LUN = x.medium.lun
		}
		for _, q := range x.paths {
			if concerns(q.Parent) {
				d.Paths = append(d.Paths, q)
			}
		}
		if d.Paths == nil {
			continue
		}
		h.Disks = append(h.Disks, d)
		e.configureDisk(h, d)
		sort.SliceStable(h.Disks, func(i, j int) bool { return naturalLess(h.Disks[i].Name, h.Disks[j].Name) })
	}
	e.follow(h)
}

// addAdapters gives adapters that the database does not have the next names, in the order of their slots.
func (h *Host) addAdapters(fc bool, slots []int) {
	prefix := "vscsi"
	if fc {
		prefix = "fcs"
	}
	sort.Ints(slots)
	for _, slot := range slots {
		if h.adapterAt(fc, slot) != nil {
			continue
		}
		n := 0
		for slices.ContainsFunc(h.Adapters, func(a *hostAdapter) bool { return a.Name == prefix+strconv.Itoa(n) }) {
			n++
		}
		h.Adapters = append(h.Adapters, &hostAdapter{prefix + strconv.Itoa(n), fc, slot})
	}
	sort.SliceStable(h.Adapters, func(i, j int) bool { return h.Adapters[i].Slot < h.Adapters[j].Slot })
}

func (h *Host) freeInterface() string {
	for n := 0; ; n++ {
		if name := "en" + strconv.Itoa(n); h.nic(name) == nil {
			return name
		}
	}
}

// store writes an interface into the database as it is now.
func (n *hostInterface) store() {
	n.stored = interfaceState{n.Address, n.Netmask, n.State, slices.Clone(n.Aliases)}
}

// restore is what a boot makes of an interface: what the database has.
func (n *hostInterface) restore() {
	n.Address, n.Netmask, n.State, n.Aliases = n.stored.Address, n.stored.Netmask, n.stored.State, slices.Clone(n.stored.Aliases)
}

// interfaceState is what the database has of an interface; ifconfig changes only what runs.
type interfaceState struct {
	Address, Netmask, State string
	Aliases                 []string
}

// off tells whether a host does not run: it is down, or boots.
func (h *Host) off() bool { return h.State != hostUp }

// stopHost ends a host: its sessions, what was only in memory, and what it holds of shared disks. A clean end unmounts the file
// systems.
func (e *Estate) stopHost(h *Host, clean bool) {
	if h == nil {
		return
	}
	if h.State == hostUp && !clean {
		for _, m := range h.Mounts {
			if _, v := h.volumeOf(m.Dev); v != nil && v.FS != nil && m.Node == "" && !slices.Contains(systemMounts, m.Over) {
				v.FS.Dirty = true
			}
		}
	}
	h.State = hostDown
	h.Mounts, h.Exported, h.Processes = nil, nil, nil
	for _, g := range h.Groups {
		if g.Name != caaGroup {
			g.State, g.Reserves = vgOff, false
		}
	}
	for _, s := range h.Subsystems {
		s.PID = 0
	}
	for _, n := range h.Interfaces {
		n.restore()
	}
	h.stopWpars()
	if h.HA != nil {
		h.HA.State, h.HA.Forced, h.HA.Seen, h.HA.BadPaths = "", false, nil, nil
		e.unreplace(h)
	}
	if e.lab != nil {
		e.lab.disconnect(h.Name)
	}
	e.touch()
}

// hostBoots tells whether a host reaches a disk of its rootvg.
func (e *Estate) hostBoots(h *Host) bool {
	g := h.group("rootvg")
	if g == nil || !h.inPartition() {
		return g != nil
	}
	// The firmware needs no device database.
	probe := *h
	probe.Adapters = nil
	_, p := e.place(h)
	if p == nil {
		return false
	}
	p.Host = &probe
	defer func() { p.Host = h }()
	for _, a := range p.Scsi {
		probe.Adapters = append(probe.Adapters, &hostAdapter{"vscsi", false, a.Slot})
	}
	for _, a := range p.FC {
		probe.Adapters = append(probe.Adapters, &hostAdapter{"fcs", true, a.Slot})
	}
	for _, x := range e.sees(&probe) {
		if g.disk.member(x.medium) != nil && x.medium.group == g.disk {
			return true
		}
	}
	return false
}

// startHost is the end of a boot.
func (e *Estate) startHost(h *Host) {
	if h == nil || h.State == hostUp {
		return
	}
	h.State, h.Booted = hostUp, e.Now
	if _, p := e.place(h); p != nil {
		parts := strings.Split(h.Level, "-")
		if s, _ := e.place(h); s.HMC {
			p.OSVersion = fmt.Sprintf("AIX %c.%c %s", parts[0][0], parts[0][1], h.Level)
		}
		e.follow(h)
		e.configureHost(h, "", true)
	} else {
		for _, d := range h.Disks {
			e.configureDisk(h, d)
		}
	}
	for _, n := range h.Interfaces {
		n.restore()
	}
	h.Routes = slices.DeleteFunc(slices.Clone(h.Routes), func(r hostRoute) bool { return !r.Kept })
	h.bootTunables()
	h.bootDevices()
	for _, d := range h.Disks {
		d.PathState = nil
	}
	for _, p := range h.pagingSpaces() {
		h.setSwap(p.name, "active", p.auto)
	}
	pid := 3342650
	for _, s := range h.Subsystems {
		if s.PID = 0; h.startsAtBoot(s) {
			pid += 65540
			s.PID = pid
		}
	}
	h.pid = max(h.pid, pid)
	for _, g := range h.Groups {
		areas, missing := e.reach(h, g.disk)
		if g.Name != "rootvg" && (!g.disk.Auto || g.disk.ECM || areas == 0 || g.disk.Quorum && areas*2 <= g.disk.allDescriptors() || !g.disk.Quorum && len(missing) > 0) {
			continue
		}
		g.State, g.Reserves, g.since = vgActive, true, e.Now
		g.PVIDs = nil
		for _, m := range g.disk.Members {
			g.PVIDs = append(g.PVIDs, m.medium.pvid())
		}
	}
	// What was not unmounted is replayed from its log.
	for _, s := range h.Stanzas {
		if _, v := h.volumeOf(s.Dev); v != nil && v.FS != nil && contains("true automatic", s.Auto) {
			v.FS.Dirty = false
		}
	}
	a := &aixCall{call: &call{e: e, user: "root", name: "mount", dir: "/"}, h: h}
	mount := func(take func(*stanza) bool) {
		for _, s := range h.Stanzas {
			switch {
			case !take(s) || h.mountAt(s.Mount) != nil:
			case s.VFS == "jfs2":
				a.mount(s, s.Dev, s.Mount, &flagSet{})
			case s.VFS == "procfs":
				h.Mounts = append(h.Mounts, &mounted{Dev: s.Dev, Over: s.Mount, VFS: s.VFS, Options: "rw", at: e.Now})
			}
		}
	}
	mount(func(s *stanza) bool { return s.Type == "bootfs" || s.VFS == "procfs" })
	mount(func(s *stanza) bool { return s.Auto == "true" || s.Auto == "automatic" })
	e.startNFS(h, a)
	if itabAt(h.inittab(), "rcwpars") >= 0 {
		a.name = "rc.wpars"
		aixRcWpars(a)
	}
	h.logError(hostError{ID: "2BFA76F6", Label: "REBOOT_ID", Class: "S", Type: "T", Resource: "SYSPROC", Text: "SYSTEM SHUTDOWN BY USER"}, e.Now)
	e.bootPowerHA(h)
}

// startsAtBoot tells whether a subsystem comes up with the system: those of the installation do.
func (h *Host) startsAtBoot(s *subsystem) bool {
	return slices.ContainsFunc(defaultSubsystems(h), func(x *subsystem) bool { return x.Name == s.Name && x.PID > 0 })
}

const mostErrors = 500

func (h *Host) logError(x hostError, at time.Time) {
	x.at = at
	h.Errors = append(h.Errors, x)
	h.Errors = h.Errors[max(0, len(h.Errors)-mostErrors):]
}

// hostMoves notes in the error log of a host that it begins or has ended to move.
func (e *Estate) hostMoves(h *Host, done bool) {
	if h == nil {
		return
	}
	if !done {
		h.logError(hostError{ID: "08917DC6", Label: "CLIENT_PMIG_STARTED", Class: "S", Type: "INFO", Resource: "pmig", Text: "Client Partition Migration Started"}, e.Now)
		e.moves(h, false)
		return
	}
	h.logError(hostError{ID: "A5E6DB96", Label: "CLIENT_PMIG_DONE", Class: "S", Type: "INFO", Resource: "pmig", Text: "Client Partition Migration Completed"}, e.Now)
	e.follow(h)
	// The paths are those of the new servers; nothing has to be configured for that.
	for _, x := range e.sees(h) {
		for _, d := range h.Disks {
			if d.medium == x.medium && (d.LUN != nil) == x.fc {
				d.Paths, d.id = slices.Clone(x.paths), x.id
			}
		}
	}
	e.moves(h, true)
}

// hostRMC follows the daemon that answers the management console.
func (e *Estate) hostRMC(h *Host) {
	s, p := e.place(h)
	switch {
	case p == nil || p.State != stateRunning:
	case !h.running("ctrmc"):
		p.RMC = rmcInactive
		if !s.HMC {
			p.RMC = rmcNone
		}
	case p.RMC != rmcActive && len(p.nics()) > 0:
		seq := p.bootSequence
		e.after(e.Timing.RMC, func() {
			if p.bootSequence == seq && p.State == stateRunning && h.running("ctrmc") {
				p.RMC = rmcActive
			}
		})
	}
}

// serialNo of the machine.
func (h *Host) serialNo() string {
	if h.serial != "" {
		return h.serial
	}
	return strings.ToUpper(stableHex(7, h.Machine))
}

// lpar is number and name of the partition.
func (h *Host) lpar() (int, string) {
	if h.lparName != "" {
		return h.lparID, h.lparName
	}
	return 1, h.Hostname
}

// resources that a host outside of the model of partitions is said to have.
func (h *Host) resources() Resources {
	if h.res.Mem > 0 {
		return h.res
	}
	return Resources{MinMem: h.MemoryMB / 2, Mem: h.MemoryMB, MaxMem: 2 * h.MemoryMB, MinUnits: 10, Units: 50, MaxUnits: 400, MinProcs: 1, Procs: 2, MaxProcs: 4, Sharing: "uncap", Weight: 128}
}

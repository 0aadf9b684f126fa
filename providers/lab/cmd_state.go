package lab

import (
	"slices"
	"strconv"
	"time"
)

// boot takes a partition from Starting to Running, or to Open Firmware when there is nothing to boot from.
func (e *Estate) boot(s *System, p *Partition) {
	p.bootSequence++
	seq := p.bootSequence
	p.State = stateStarting
	p.RMC = rmcNone
	p.Booted = e.Now
	p.setRef(e.Now, bootRefcodes[0])
	step := e.Timing.Boot / time.Duration(len(bootRefcodes))
	for i := 1; i < len(bootRefcodes); i++ {
		e.after(step*time.Duration(i), func() {
			if p.bootSequence == seq {
				p.setRef(e.Now, bootRefcodes[i])
			}
		})
	}
	e.after(e.Timing.Boot, func() {
		if p.bootSequence != seq {
			return
		}
		if p.BootMode == "sms" || p.BootMode == "of" || p.BootFails || !e.bootable(s, p) {
			p.State = stateOpenFirmware
			p.setRef(e.Now, firmwareRefcode)
			return
		}
		p.State = stateRunning
		e.startHost(p.Host)
		p.setRef(e.Now, runningRefcode(p.OSVersion))
		e.rmcLater(p)
	})
}

// bootable tells whether the partition sees a disk with an operating system.
func (e *Estate) bootable(s *System, p *Partition) bool {
	if p.Host != nil {
		return e.hostBoots(p.Host)
	}
	for _, a := range p.Scsi {
		sv := s.partition(a.RemoteID)
		if sv == nil || sv.VIOS == nil {
			continue
		}
		h := sv.VIOS.vhostAt(a.RemoteSlot)
		if h == nil || h.ClientID != p.ID {
			continue
		}
		for _, t := range h.VTDs {
			if d := sv.VIOS.disk(t.Backing); t.Kind != vtdDisk && t.Backing != "" || d != nil && (d.LUN == nil || !d.LUN.Blank) {
				return true
			}
		}
	}
	return len(p.FC) > 0
}

// rmcLater lets the management connection come up. A partition without a network never gets one.
func (e *Estate) rmcLater(p *Partition) {
	seq := p.bootSequence
	if len(p.Eth) == 0 {
		return
	}
	e.after(e.Timing.RMC, func() {
		if p.bootSequence == seq && p.State == stateRunning {
			p.RMC = rmcActive
		}
	})
}

// rmcPending tells whether a running partition still waits for its management connection.
func (p *Partition) rmcPending(e *Estate) bool {
	return p.State == stateRunning && p.RMC == rmcNone && p.VIOS == nil && len(p.Eth) > 0 && p.bootSequence > 0
}

// powerOff ends a partition at once.
func (e *Estate) powerOff(p *Partition) {
	e.stopHost(p.Host, false)
	p.bootSequence++
	p.State = stateOff
	p.RMC = rmcInactive
	p.loseResources()
	p.setRef(e.Now, "")
	// A partition that does not run has only what its profile says.
	p.followProfile(e)
}

// finishShutdown takes a partition that is shutting down to Not Activated, or back to Starting.
func (e *Estate) finishShutdown(s *System, p *Partition, d time.Duration, restart bool) {
	p.bootSequence++
	seq := p.bootSequence
	e.stopHost(p.Host, true)
	p.State = stateShuttingDown
	p.RMC = rmcInactive
	e.after(d, func() {
		if p.bootSequence != seq {
			return
		}
		switch {
		case s.HMC && restart:
			e.bootHMC(s, p)
		case s.HMC:
			e.powerOffHMC(p)
		case restart:
			e.boot(s, p)
		default:
			e.powerOff(p)
		}
	})
}

// followProfile makes the adapters of a powered off partition those of its profile and the server side fit: pairs
// that the profile no longer names go away with their targets, and new ones get their server adapter.
func (p *Partition) followProfile(e *Estate) {
	s := e.systemOf(p)
	if s == nil || p.VIOS != nil {
		return
	}
	// A dynamic removal may have given a server slot to somebody else; the profile then loses that adapter.
	taken := func(id, slot int) bool {
		sv := s.partition(id)
		if sv == nil || sv.VIOS == nil || usedSlots(sv)[slot] == "" {
			return false
		}
		for _, h := range sv.VIOS.VHosts {
			if h.Slot == slot && h.ClientID == p.ID {
				return false
			}
		}
		for _, h := range sv.VIOS.VFCHosts {
			if h.Slot == slot && h.ClientID == p.ID {
				return false
			}
		}
		return true
	}
	p.Profile.Scsi = slices.DeleteFunc(append([]ScsiAdapter(nil), p.Profile.Scsi...), func(a ScsiAdapter) bool { return taken(a.RemoteID, a.RemoteSlot) })
	p.Profile.FC = slices.DeleteFunc(append([]FCAdapter(nil), p.Profile.FC...), func(a FCAdapter) bool { return taken(a.RemoteID, a.RemoteSlot) })
	p.Eth = append([]EthAdapter(nil), p.Profile.Eth...)
	p.Scsi = append([]ScsiAdapter(nil), p.Profile.Scsi...)
	p.FC = append([]FCAdapter(nil), p.Profile.FC...)
	s.fitServers(p)
}

func (e *Estate) systemOf(p *Partition) *System {
	for _, s := range e.Systems {
		for _, q := range s.Partitions {
			if q == p {
				return s
			}
		}
	}
	return nil
}

// fitServers creates and removes server adapters so that they are those that the clients of p name.
func (s *System) fitServers(p *Partition) {
	for _, sv := range s.Partitions {
		v := sv.VIOS
		if v == nil {
			continue
		}
		want := map[int]int{}
		for _, a := range p.Scsi {
			if a.RemoteID == sv.ID {
				want[a.RemoteSlot] = a.Slot
			}
		}
		for _, h := range v.vhostsOf(p.ID) {
			if _, ok := want[h.Slot]; !ok {
				v.dropVHost(h)
			}
		}
		for _, a := range p.Scsi {
			if a.RemoteID != sv.ID {
				continue
			}
			if h := v.vhostAt(a.RemoteSlot); h == nil {
				v.VHosts = append(v.VHosts, &VHost{Name: v.freeName("vhost"), Slot: a.RemoteSlot, ClientID: p.ID, ClientSlot: a.Slot})
			}
		}
		wantFC := map[int]bool{}
		for _, a := range p.FC {
			if a.RemoteID == sv.ID {
				wantFC[a.RemoteSlot] = true
			}
		}
		var keep []*VFCHost
		for _, h := range v.VFCHosts {
			if h.ClientID != p.ID || wantFC[h.Slot] {
				keep = append(keep, h)
			}
		}
		v.VFCHosts = keep
		for _, a := range p.FC {
			if a.RemoteID != sv.ID {
				continue
			}
			found := false
			for _, h := range v.VFCHosts {
				found = found || h.Slot == a.RemoteSlot
			}
			if !found {
				v.VFCHosts = append(v.VFCHosts, &VFCHost{Name: v.freeName("vfchost"), Slot: a.RemoteSlot, ClientID: p.ID, ClientSlot: a.Slot})
			}
		}
	}
}

// activate gives a partition the resources of its profile. It returns a message where the console refuses.
func (e *Estate) activate(s *System, p *Partition, mode string) string {
	r := p.Profile.Resources
	if need := r.Mem + s.overhead(r.MaxMem); need > s.freeMem() {
		return text(msgNoMemory, s.freeMem(), need)
	}
	if r.held() > s.freeUnits() {
		return text(msgNoProcessors, unitText(max(0, s.freeUnits())), unitText(r.held()))
	}
	for _, item := range p.Profile.IOSlots {
		drc, required := ioItem(item)
		sl := s.slotOf(drc)
		if sl == nil || sl.Owner != 0 && sl.Owner != p.ID {
			if required {
				return text(msgDRC, drc)
			}
			continue
		}
		sl.Owner = p.ID
	}
	p.followProfile(e)
	p.Curr, p.CurrSlots = r, p.Profile.MaxSlots
	p.CurrProfile = p.Profile.Name
	p.BootMode = mode
	p.ModeCurr = effectiveMode(s, p.Profile.Mode)
	e.boot(s, p)
	return ""
}

func cmdChsysstate(c *call) int {
	o, rc, ok := c.parse("-r -o -n --id -b -k", "--immed --restart")
	if !ok {
		return rc
	}
	if _, ok := o.one("-r", "lpar"); !ok {
		return 1
	}
	op, ok := o.one("-o", "on", "osshutdown", "shutdown", "dumprestart", "chkey")
	if !ok {
		return 1
	}
	for opt, ops := range map[string]string{"-b": "on", "-k": "on chkey", "--immed": "osshutdown shutdown", "--restart": "osshutdown shutdown"} {
		if o.has(opt) && !contains(ops, op) {
			return c.fail(msgBadOption, opt)
		}
	}
	mode := "norm"
	if o.has("-b") {
		if mode, ok = o.one("-b", "norm", "sms", "dd", "ds", "of"); !ok {
			return 1
		}
	}
	if o.has("-k") || op == "chkey" {
		if _, ok = o.one("-k", "norm", "manual"); !ok {
			return 1
		}
	}
	p, ok := o.partition("-n")
	if !ok {
		return 1
	}
	if p.migrating() {
		return c.fail(msgWrongState)
	}
	if p.VIOS != nil && op != "chkey" {
		return c.fail(msgVIOSItself)
	}
	e := c.e
	switch op {
	case "on":
		if p.State != stateOff {
			return c.fail(msgNotOff)
		}
		if !o.has("-b") && p.Profile.BootMode != "" {
			mode = p.Profile.BootMode
		}
		if msg := e.activate(c.sys, p, mode); msg != "" {
			return c.fail("%s", msg)
		}
		if o.has("-k") {
			p.KeyLock = o.values["-k"]
		}
	case "chkey":
		p.KeyLock = o.values["-k"]
	case "osshutdown":
		switch {
		case p.State == stateOff:
			return c.fail(msgAlreadyOff)
		case p.State != stateRunning:
			return c.fail(msgWrongState)
		case p.RMC != rmcActive:
			return c.fail(msgNeedRMC, p.Name)
		}
		d := e.Timing.Shutdown
		if o.has("--immed") {
			d /= 3
		}
		e.finishShutdown(c.sys, p, d, o.has("--restart"))
	case "shutdown":
		if p.State == stateOff {
			return c.fail(msgAlreadyOff)
		}
		d := e.Timing.Shutdown
		if o.has("--immed") {
			d = e.Timing.PowerOff
		} else if o.has("--restart") {
			return c.fail(msgReqParam, "--immed")
		}
		e.stopHost(p.Host, false)
		e.finishShutdown(c.sys, p, d, o.has("--restart"))
	case "dumprestart":
		if p.State != stateRunning && p.State != stateError {
			return c.fail(msgWrongState)
		}
		e.stopHost(p.Host, false)
		e.finishShutdown(c.sys, p, e.Timing.PowerOff, true)
	}
	return 0
}

func cmdLsrefcode(c *call) int {
	o, rc, ok := c.parse("-r -n --filter -F", "--header")
	if !ok {
		return rc
	}
	kind, ok := o.one("-r", "lpar", "sys")
	if !ok {
		return 1
	}
	if n, ok := o.values["-n"]; ok {
		if v, err := strconv.Atoi(n); err != nil || v < 1 {
			return c.fail(msgReqParam, "-n")
		}
	}
	if kind == "sys" {
		if o.has("--filter") {
			return c.fail(msgBadOption, "--filter")
		}
		r := newRow().add("refcode_num", "0").add("time_stamp", stamp(c.vp.RefcodeTime)).add("refcode", "")
		return o.print([]*row{r}, r.names)
	}
	f, ok := o.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	known := []string{"lpar_name", "lpar_id", "time_stamp", "refcode"}
	var rows []*row
	for _, p := range c.sys.Partitions {
		if f.partition(p) {
			rows = append(rows, newRow().add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).
				add("time_stamp", stamp(p.RefcodeTime)).add("refcode", c.e.refcode(p)))
		}
	}
	return o.print(rows, known)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "01/01/1970 00:00:00"
	}
	return t.Format("01/02/2006 15:04:05")
}

func cmdMkvt(c *call) int {
	p, rc, ok := c.terminal()
	if !ok {
		return rc
	}
	if p.VIOS != nil {
		return c.fail(msgVIOSItself)
	}
	if p.VTOpen {
		return c.fail(msgVTBusy)
	}
	if !c.tty {
		return c.fail(msgTerminal)
	}
	p.VTOpen = true
	c.say("Virtual terminal of partition %d is open.  Close it with rmvt -id %d.", p.ID, p.ID)
	return 0
}

func cmdRmvt(c *call) int {
	p, rc, ok := c.terminal()
	if !ok {
		return rc
	}
	if !p.VTOpen {
		c.fail(msgVTNotOpen, p.ID)
		return 0
	}
	p.VTOpen = false
	return 0
}

func (c *call) terminal() (*Partition, int, bool) {
	o, rc, ok := c.parse("-id", "")
	if !ok {
		return nil, rc, false
	}
	id, err := strconv.Atoi(o.values["-id"])
	if err != nil {
		return nil, c.fail(msgReqParam, "-id"), false
	}
	p := c.sys.partition(id)
	if p == nil {
		return nil, c.fail(msgNotFound, strconv.Itoa(id)), false
	}
	return p, 0, true
}

package lab

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"
)

// Reference codes of a healthy boot and of an activation that fails (hmc-live-facts.md, section 12).
var hmcBootRefcodes = []string{"CA00E131", "CA00E1DC", "CA00D008", "AA00E158"}

const hmcSMSRefcode = "CA00E1B5"

// hmcFailedRefcodes are those of an activation that finds no resources, the last one first in a listing.
var hmcFailedRefcodes = []string{"D200C300", "D200C301", "B2001230 LP=00002"}

// take gives a partition the configuration of a profile: memory, processors, adapters and physical slots. Partitions
// that are off and hold resources give them up where somebody else needs them.
func (e *Estate) take(s *System, p *Partition, pr *Profile) string {
	if p.VIOS != nil {
		if msg := s.trunksClash(p, pr.Eth); msg != "" {
			return msg
		}
	}
	held := p.Curr
	p.Curr = Resources{}
	r := pr.Resources
	if need := r.Mem + s.overhead(r.MaxMem); !s.reclaim(func() bool { return s.freeMem() >= need }, p) {
		free := s.freeMem()
		p.Curr = held
		return text(hmcMemory, free, need)
	}
	if !s.reclaim(func() bool { return s.freeUnits() >= r.held() }, p) {
		free := s.freeUnits()
		p.Curr = held
		return text(hmcProcs, hmcUnit(max(0, free)), hmcUnit(r.held()))
	}
	if r.Huge > s.HugePages-s.hugeUsed() {
		p.Curr = held
		return text(hmcMemory, (s.HugePages-s.hugeUsed())*16384, r.Huge*16384)
	}
	for _, item := range pr.IOSlots {
		drc, required := ioItem(item)
		if sl := s.slotOf(drc); required && (sl == nil || sl.Owner != 0 && sl.Owner != p.ID && s.partition(sl.Owner).live()) {
			p.Curr = held
			return text(hmcSlotOwned, drc)
		}
	}
	for _, sl := range s.Slots {
		if sl.Owner == p.ID {
			sl.Owner = 0
		}
	}
	for _, item := range pr.IOSlots {
		drc, _ := ioItem(item)
		if sl := s.slotOf(drc); sl != nil && (sl.Owner == 0 || !s.partition(sl.Owner).live()) {
			sl.Owner = p.ID
		}
	}
	p.Curr, p.CurrSlots = r, pr.MaxSlots
	p.Eth = slices.Clone(pr.Eth)
	if p.VIOS != nil {
		p.Servers = nil
		for _, a := range pr.liveServers() {
			p.plug(a)
		}
		p.fitDevices()
		return ""
	}
	p.Scsi, p.FC = slices.Clone(pr.Scsi), slices.Clone(pr.FC)
	return ""
}

// fitDevices removes the devices of a Virtual I/O Server whose adapter is gone and gives new adapters their device, as a
// boot of it does.
func (p *Partition) fitDevices() {
	v := p.VIOS
	for _, h := range slices.Clone(v.VHosts) {
		if a := p.server(h.Slot); a == nil || a.FC {
			v.dropVHost(h)
		}
	}
	for _, h := range slices.Clone(v.VFCHosts) {
		if a := p.server(h.Slot); a == nil || !a.FC {
			v.dropVFCHost(h.Slot)
		}
	}
	for _, d := range slices.Clone(v.Eths) {
		if d.Slot != 0 && p.trunk(d) == nil {
			v.loseEth(d)
		}
	}
	p.configureServers()
	p.configureEths()
}

// loseEth removes a virtual Ethernet device whose adapter is gone. An SEA without its default adapter cannot be
// configured and goes with it.
func (v *VIOS) loseEth(d *EthDevice) {
	v.Eths = slices.DeleteFunc(v.Eths, func(x *EthDevice) bool { return x == d })
	v.SEAs = slices.DeleteFunc(v.SEAs, func(s *SEA) bool { return s.PVIDAdapter == d.Name })
	for _, s := range v.SEAs {
		s.Virtual = slices.DeleteFunc(slices.Clone(s.Virtual), func(n string) bool { return n == d.Name })
		if s.CtlChan == d.Name {
			s.CtlChan = ""
		}
	}
	v.Eths = slices.DeleteFunc(v.Eths, func(x *EthDevice) bool { return x.Base != "" && v.eth(x.Base) == nil && v.sea(x.Base) == nil })
}

// configureEths gives new virtual Ethernet adapters a device.
func (p *Partition) configureEths() {
	v := p.VIOS
	for _, a := range p.Eth {
		if !slices.ContainsFunc(v.Eths, func(d *EthDevice) bool { return d.Slot == a.Slot }) {
			v.Eths = append(v.Eths, &EthDevice{Name: v.freeName("ent"), Slot: a.Slot, Description: "Virtual I/O Ethernet Adapter (l-lan)"})
		}
	}
}

// configureServers is what cfgdev does for virtual server adapters.
func (p *Partition) configureServers() {
	v := p.VIOS
	for _, a := range p.Servers {
		switch {
		case a.FC && v.vfchostAt(a.Slot) == nil:
			v.VFCHosts = append(v.VFCHosts, &VFCHost{Name: v.freeName("vfchost"), Slot: a.Slot, ClientID: a.RemoteID, ClientSlot: a.RemoteSlot})
		case !a.FC && v.vhostAt(a.Slot) == nil:
			v.VHosts = append(v.VHosts, &VHost{Name: v.freeName("vhost"), Slot: a.Slot, ClientID: a.RemoteID, ClientSlot: a.RemoteSlot})
		}
	}
}

// reclaim takes resources from partitions that are off until enough is there.
func (s *System) reclaim(enough func() bool, except *Partition) bool {
	for _, q := range s.Partitions {
		if enough() {
			return true
		}
		if q != except && q.State == stateOff && q.holds() {
			q.Curr, q.CurrSlots = Resources{}, 0
		}
	}
	return enough()
}

func (s *System) hugeUsed() int {
	n := 0
	for _, p := range s.Partitions {
		n += p.Curr.Huge
	}
	return n
}

// bootHMC starts a partition that has its resources: Starting for a moment, Running while the firmware and the operating
// system come up, Open Firmware where nothing boots.
func (e *Estate) bootHMC(s *System, p *Partition) {
	p.bootSequence++
	seq := p.bootSequence
	p.State, p.RMC, p.Booted = stateStarting, rmcInactive, e.Now
	p.setRef(e.Now, hmcBootRefcodes[0])
	stop := p.BootMode == "sms" || p.BootMode == "of" || p.BootFails || p.VIOS == nil && !e.bootableHMC(s, p)
	total := e.Timing.Boot
	at := func(d time.Duration, what func()) {
		e.after(d, func() {
			if p.bootSequence == seq {
				what()
			}
		})
	}
	at(min(800*time.Millisecond, total/4), func() { p.State = stateRunning })
	for i := 1; i < len(hmcBootRefcodes); i++ {
		at(total*time.Duration(i)/time.Duration(len(hmcBootRefcodes)), func() { p.setRef(e.Now, hmcBootRefcodes[i]) })
	}
	if stop {
		at(min(10*time.Second, total), func() {
			p.bootSequence++
			p.State = stateOpenFirmware
			p.setRef(e.Now, hmcSMSRefcode)
		})
		return
	}
	at(total, func() {
		e.startHost(p.Host)
		if p.VIOS != nil {
			for _, d := range p.VIOS.Disks {
				d.Known = nil
			}
		}
		p.setRef(e.Now, runningRefcode(p.OSVersion))
		if p.OSVersion == "Unknown" && p.VIOS == nil {
			p.OSVersion = s.installed(p)
		}
	})
	if len(p.Eth) > 0 || p.VIOS != nil || len(p.VNICs) > 0 {
		at(total+e.Timing.RMC, func() { p.RMC = rmcActive })
	}
}

// installed is the operating system that the partition boots from its disk.
func (s *System) installed(p *Partition) string { return "AIX 7.3 7300-02-01-2346" }

// connected finds the device of the Virtual I/O Server that serves a client adapter.
func (s *System) connected(p *Partition, a ScsiAdapter) (*Partition, *VHost) {
	sv := s.partition(a.RemoteID)
	if sv == nil || sv.VIOS == nil {
		return nil, nil
	}
	h := sv.VIOS.vhostAt(a.RemoteSlot)
	if h == nil || h.ClientID != 0 && (h.ClientID != p.ID || h.ClientSlot != 0 && h.ClientSlot != a.Slot) {
		return nil, nil
	}
	return sv, h
}

func (s *System) connectedFC(p *Partition, a FCAdapter) (*Partition, *VFCHost) {
	sv := s.partition(a.RemoteID)
	if sv == nil || sv.VIOS == nil {
		return nil, nil
	}
	h := sv.VIOS.vfchostAt(a.RemoteSlot)
	if h == nil || h.ClientID != 0 && (h.ClientID != p.ID || h.ClientSlot != 0 && h.ClientSlot != a.Slot) {
		return nil, nil
	}
	return sv, h
}

func (e *Estate) bootableHMC(s *System, p *Partition) bool {
	if p.Host != nil {
		return e.hostBoots(p.Host)
	}
	if p.Env == envIBMi || len(s.ownedSlots(p.ID)) > 0 {
		return true
	}
	for _, a := range p.Scsi {
		sv, h := s.connected(p, a)
		if h == nil || !sv.live() {
			continue
		}
		for _, t := range h.VTDs {
			if d := sv.VIOS.disk(t.Backing); t.Kind != vtdDisk && t.Backing != "" || d != nil && (d.LUN == nil || !d.LUN.Blank) {
				return true
			}
		}
	}
	for _, a := range p.FC {
		if sv, h := s.connectedFC(p, a); h != nil && h.Port != "" && sv.live() {
			return true
		}
	}
	return false
}

// powerOffHMC ends a partition at once. It keeps its configuration until somebody needs the resources.
func (e *Estate) powerOffHMC(p *Partition) {
	e.stopHost(p.Host, false)
	p.bootSequence++
	p.State, p.RMC, p.Booted = stateOff, rmcInactive, time.Time{}
	p.setRef(e.Now, "")
}

func hmcChsysstate(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "sys", "sysprof")
	if !ok {
		return 1
	}
	switch kind {
	case "sysprof":
		return h.refuse(hmcNoProfile, h.values["-n"])
	case "sys":
		return h.systemState()
	}
	if !h.system(true) {
		return 1
	}
	op, ok := h.one("-o", "on", "shutdown", "osshutdown", "dumprestart", "chkey", "retrydump", "dston", "remotedston", "remotedstoff", "consoleservice", "iopreset", "iopdump", "recover")
	if !ok {
		return 1
	}
	list, ok := h.targets(op)
	if !ok {
		return 1
	}
	for _, p := range list {
		if msg := h.partitionState(p, op); msg != "" {
			return h.refuse("%s", msg)
		}
	}
	return 0
}

// targets are the partitions that -n, --id or --all name; newer levels take lists for an activation.
func (h *hcall) targets(op string) ([]*Partition, bool) {
	if h.flags["--all"] {
		if op != "on" || h.level < 8 {
			h.refuse(hmcBadOption, "--all")
			return nil, false
		}
		var out []*Partition
		for _, p := range h.sys.Partitions {
			if p.State == stateOff {
				out = append(out, p)
			}
		}
		return out, true
	}
	names, byName := h.values["-n"]
	if byName && h.sys.partitionNamed(names) == nil && strings.Contains(names, ",") && h.level >= 8 {
		var out []*Partition
		for _, n := range strings.Split(names, ",") {
			p := h.sys.partitionNamed(n)
			if p == nil {
				h.refuse(hmcNotFound, n)
				return nil, false
			}
			out = append(out, p)
		}
		return out, true
	}
	p, ok := h.partition("-n")
	return []*Partition{p}, ok
}

func (h *hcall) partitionState(p *Partition, op string) string {
	e := h.e
	if p.migrating() {
		return hmcWrongState
	}
	switch op {
	case "on":
		return h.activate(p)
	case "chkey":
		if !contains("norm manual", h.values["-k"]) {
			return text(hmcBadParam, "-k")
		}
		p.KeyLock = h.values["-k"]
		return ""
	case "osshutdown":
		switch {
		case p.State == stateOff:
			return hmcOff
		case p.RMC != rmcActive:
			return text(hmcNeedRMC, p.Name)
		}
		d := e.Timing.Shutdown
		if h.flags["--immed"] {
			d /= 3
		}
		e.finishShutdown(h.sys, p, d, h.flags["--restart"])
		return ""
	case "shutdown":
		if p.State == stateOff {
			return hmcOff
		}
		d := e.Timing.Shutdown
		if h.flags["--immed"] {
			d = e.Timing.PowerOff
		}
		e.stopHost(p.Host, false)
		e.finishShutdown(h.sys, p, d, h.flags["--restart"])
		return ""
	case "dumprestart":
		if !p.live() {
			return hmcWrongState
		}
		e.stopHost(p.Host, false)
		e.finishShutdown(h.sys, p, e.Timing.PowerOff, true)
		return ""
	}
	if p.Env != envIBMi {
		return hmcWrongState // the service functions of IBM i
	}
	return ""
}

// activate starts a partition with a profile, or with its current configuration.
func (h *hcall) activate(p *Partition) string {
	if p.State != stateOff {
		return hmcNotOff
	}
	for opt, allowed := range map[string]string{"-b": "norm sms dd ds of", "-k": "norm manual", "-i": "a b c d"} {
		if v, ok := h.values[opt]; ok && !contains(allowed, v) {
			return text(hmcBadParam, opt)
		}
	}
	var pr *Profile
	if name, ok := h.values["-f"]; ok {
		if pr = p.profileNamed(name); pr == nil && name != lastValid {
			return text(hmcNoProfile, name)
		}
	}
	fresh := pr != nil
	if pr == nil {
		if p.CurrProfile == "" && !p.holds() {
			return text(hmcNeedProfile, p.Name)
		}
		pr = p.current()
		if !p.holds() {
			// Its resources went to somebody else; the adapters are still those that it had.
			if base := p.profileNamed(p.CurrProfile); base != nil {
				pr.Resources, pr.MaxSlots = base.Resources, base.MaxSlots
			} else {
				pr.Resources, pr.MaxSlots = p.Profile.Resources, p.Profile.MaxSlots
			}
		}
	}
	if p.VIOS != nil {
		if msg := h.sys.trunksClash(p, pr.Eth); msg != "" {
			return msg
		}
	}
	mode := pr.BootMode
	if v, ok := h.values["-b"]; ok {
		mode = v
	}
	if v, ok := h.values["-k"]; ok {
		p.KeyLock = v
	}
	if fresh {
		p.CurrProfile = pr.Name
	}
	p.BootMode = mode
	p.ModeCurr = effectiveMode(h.sys, pr.Mode)
	p.Extra = cloneTable(p.Extra)
	delete(p.Extra, "active_mode")
	if msg := h.e.take(h.sys, p, pr); msg != "" {
		// The command has been accepted; the partition is what shows that it cannot run (hmc-live-facts.md, section 12).
		p.State = stateError
		for _, code := range hmcFailedRefcodes {
			p.setRef(h.e.Now, code)
		}
		return ""
	}
	h.e.bootHMC(h.sys, p)
	return ""
}

func (h *hcall) systemState() int {
	if !h.system(false) {
		return 1
	}
	op, ok := h.one("-o", "on", "onstandby", "onstartpolicy", "onsysprof", "onhwdisc", "off", "rebuild", "recover", "spfailover", "chkey", "unownediooff")
	if !ok {
		return 1
	}
	s, e := h.sys, h.e
	switch op {
	case "chkey":
		k, ok := h.one("-k", "norm", "manual")
		if !ok {
			return 1
		}
		s.KeyLock = k
	case "off":
		if s.State == "Power Off" {
			return h.refuse(hmcWrongState)
		}
		s.State = "Power Off In Progress"
		for _, p := range s.Partitions {
			if p.live() {
				e.powerOffHMC(p)
			}
		}
		restart := h.flags["--restart"]
		e.after(2*time.Minute, func() {
			s.State = "Power Off"
			if restart {
				e.systemOn(s, "Operating")
			}
		})
	case "on", "onstandby", "onstartpolicy", "onsysprof", "onhwdisc":
		if s.State != "Power Off" {
			return h.refuse(hmcWrongState)
		}
		to := "Operating"
		if op == "onstandby" {
			to = "Standby"
		}
		e.systemOn(s, to)
	}
	return 0
}

// systemOn powers a system on; partitions with automatic start follow its policy.
func (e *Estate) systemOn(s *System, to string) {
	s.State = "Initializing"
	e.after(10*time.Minute, func() {
		s.State = to
		if to != "Operating" || s.StartPolicy == "userinit" {
			return
		}
		for _, p := range s.Partitions {
			if p.Profile.AutoStart && p.State == stateOff && e.take(s, p, &p.Profile) == "" {
				p.CurrProfile = p.Profile.Name
				e.bootHMC(s, p)
			}
		}
	})
}

// The virtual terminal: one holder for each partition. A client that vanishes keeps it; rmvterm takes it away.

const (
	termOpening = "\r\n Open in progress  \r\n "
	termOpen    = "\r\n Open Completed. \r\n  "
	termEvicted = "\r\n Connection has closed \r\n\r\n\r\n This session is no longer connected. Please close this window.\n\n\n "
	termEnded   = "The write socket has closed. Exiting.\r\n"
	termAsk     = "\r\n Terminate session? [y/n] " // chosen; the question itself is known
)

// feed is what a client types into a virtual terminal, in pieces, until its end.
type feed struct {
	keys  <-chan string
	ended <-chan struct{}
}

// typing reads the client's side of a virtual terminal. It ends with the context.
func typing(ctx context.Context, in io.Reader) feed {
	keys, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 256)
		for in != nil {
			n, err := in.Read(buf)
			if n > 0 {
				select {
				case keys <- string(buf[:n]):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return feed{keys: keys, ended: ended}
}

// escape watches for ~. at the beginning of a line and for the answer to the question that follows.
type escape struct {
	tail   string
	asking bool
}

// typed takes what was typed. ask tells that the question is due, leave that it was answered with yes.
func (x *escape) typed(keys string) (ask, leave bool) {
	for _, r := range keys {
		switch {
		case x.asking && (r == '\r' || r == '\n'):
		case x.asking:
			if x.asking = false; r == 'y' || r == 'Y' {
				return false, true
			}
		case r == '\r' || r == '\n':
			x.tail = ""
		case x.tail == "" && r == '~':
			x.tail = "~"
		case x.tail == "~" && r == '.':
			x.tail, x.asking, ask = "", true, true
		default:
			x.tail = "other"
		}
	}
	return ask, false
}

func hmcMkvterm(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	if p.VTOpen {
		h.out.WriteString("\r\n " + strings.ReplaceAll(hmcTermOpen, "\n", "\r\n "))
		return 0
	}
	p.VTOpen, p.vtHolder = true, h.session
	// The bytes are those of the partition's console, which ends its lines itself.
	tell := func(s string) {
		if h.session != nil {
			h.session.bytes(s)
		}
	}
	var closed <-chan struct{}
	if h.session != nil {
		closed = h.session.done
		if h.session.raw != nil {
			h.session.raw(true)
			defer h.session.raw(false)
		}
	}
	tell(termOpening)
	if !h.pause(500 * time.Millisecond) {
		return 1
	}
	tell(termOpen)
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	f := typing(ctx, h.stdin)
	var x escape
	var ends time.Time
	for {
		if p.vtHolder != h.session {
			tell(termEvicted)
			// The console leaves the channel open and silent.
			h.waitUntil(closed)
			return 1
		}
		keys, over := "", false
		h.lab.mu.Unlock()
		select {
		case keys = <-f.keys:
		case <-f.ended:
			over = true
		case <-ctx.Done():
		case <-closed:
		case <-time.After(20 * time.Millisecond):
		}
		h.lab.mu.Lock()
		if h.lab.estate != h.e {
			return 1
		}
		h.e.advance(h.lab.clock.Now())
		ask, leave := x.typed(keys)
		switch {
		case ctx.Err() != nil || isClosed(closed):
			return 1 // the terminal stays held: nobody frees it but rmvterm
		case over:
			ends, f.ended = h.e.Now.Add(10*time.Second), nil
		case !ends.IsZero() && h.e.Now.After(ends):
			p.VTOpen, p.vtHolder = false, nil
			tell(termEnded)
			return 0
		case leave:
			p.VTOpen, p.vtHolder = false, nil
			tell("\r\n")
			return 0
		case ask:
			tell(termAsk)
		case !x.asking && strings.ContainsAny(keys, "\r\n"):
			tell(strings.ReplaceAll(h.consoleText(p), "\n", "\r\n"))
		}
	}
}

// waitUntil gives the estate free until the channel of the session is closed or the lab ends.
func (h *hcall) waitUntil(closed <-chan struct{}) {
	h.lab.mu.Unlock()
	defer h.lab.mu.Lock()
	select {
	case <-h.ctx.Done():
	case <-closed:
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// consoleText is what the partition's console answers to an empty line.
func (h *hcall) consoleText(p *Partition) string {
	switch {
	case p.State == stateOpenFirmware:
		return "\n\n PowerPC Firmware\n Main Menu\n 1.   Select Language\n 2.   Setup Remote IPL (Initial Program Load)\n 3.   I/O Device Information\n 4.   Select Console\n 5.   Select Boot Options\n\n Type menu item number and press Enter or select Navigation key:"
	case p.State == stateRunning:
		return "\n" + p.Name + " login: "
	}
	return ""
}

func hmcRmvterm(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	p.VTOpen, p.vtHolder = false, nil
	h.say("Close command sent")
	return 0
}

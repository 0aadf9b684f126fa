package lab

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

const (
	envIBMi      = "os400"
	firstSwitch  = "ETHERNET0"
	firstPool    = "DefaultPool"
	roleSuper    = "hmcsuperadmin"
	defaultLevel = "V10R3M1060"
)

// hmcCapabilities are those of a POWER8 system with PowerVM Enterprise Edition, unless the scenario says otherwise.
var hmcCapabilities = append([]string{
	"active_mem_expansion_capable", "addr_broadcast_perf_policy_capable", "cod_mem_capable", "dynamic_platform_optimization_capable",
	"electronic_err_reporting_capable", "hardware_discovery_capable", "huge_page_mem_capable", "os400_capable",
	"redundant_err_path_reporting_capable", "shared_eth_failover_capable", "sni_msg_passing_capable", "sp_failover_capable",
	"virtual_io_server_capable", "virtual_switch_capable", "vsn_phase2_capable", "vsi_on_veth_capable", "sriov_capable",
	"lpar_remote_restart_capable", "powervm_lpar_simplified_remote_restart_capable", "vnic_dedicated_sriov_capable",
}, defaultCapabilities...)

var systemStates = []string{"Operating", "Standby", "Initializing", "Power Off", "Power Off In Progress", "No Connection", "Failed Authentication",
	"Incomplete", "Error", "Recovery"}

var levelRe = regexp.MustCompile(`^V(7|8|9|10|11)R[0-9.]+(M[0-9]+)?$`)

func (b *builder) hmcSystem(s *System, sb *systemBody) {
	if sb.Capabilities == nil {
		s.Capabilities = hmcCapabilities
	}
	if sb.MaxPartitions == nil {
		s.MaxPartitions = 400
	}
	if sb.MaxActive == nil {
		s.MaxActive = 16
	}
	if sb.MaxInactive == nil {
		s.MaxInactive = 16
	}
	s.State, s.Address, s.Description = opt(sb.State, "Operating"), opt(sb.Address, ""), opt(sb.Description, "")
	if s.SampleRate = opt(sb.SampleRate, defaultSampleRate); !slices.Contains(sampleRates, s.SampleRate) {
		b.fail(sb.Body, "system %q: sample_rate is 0, 30, 60, 300, 1800 or 3600", sb.Label)
	}
	s.SPType, s.StartPolicy, s.OffPolicy = opt(sb.SPType, "fsp"), opt(sb.StartPolicy, "autostart"), opt(sb.OffPolicy, false)
	s.HugePages, s.WWPNNext, s.MSPLimit = opt(sb.HugePages, 0), opt(sb.WWPNNext, 0), opt(sb.MSPLimit, 8)
	s.UUID = opt(sb.UUID, strings.ToLower(makeUUID(s, 0, defaultStart)))
	known := false
	for _, st := range systemStates {
		known = known || st == s.State
	}
	if !known {
		b.fail(sb.Body, "system %q: state is one of %s", sb.Label, strings.Join(systemStates, ", "))
	}
	s.Pools = []*ProcPool{{ID: 0, Name: firstPool}}
	for _, p := range sb.Pools {
		if p.ID < 1 || p.ID > 63 || s.pool(p.ID) != nil {
			b.fail(p.Body, "processor_pool %q: id is 1 to 63 and used once", p.Name)
			continue
		}
		s.Pools = append(s.Pools, &ProcPool{ID: p.ID, Name: p.Name, Max: hundredths(opt(p.Max, 1)), Reserved: hundredths(opt(p.Reserved, 0))})
	}
	s.Switches = []*Switch{{Name: firstSwitch}}
	for _, x := range sb.Switches {
		if x.Name == firstSwitch {
			s.Switches[0].VEPA = opt(x.VEPA, false)
			continue
		}
		s.Switches = append(s.Switches, &Switch{Name: x.Name, VEPA: opt(x.VEPA, false)})
	}
	for _, x := range sb.SRIOV {
		a := &SRIOVAdapter{ID: x.ID, DRCIndex: x.DRCIndex, Location: x.Location}
		for _, y := range x.Ports {
			port := &SRIOVPort{ID: y.ID, Type: opt(y.Type, "eth"), Label: opt(y.Label, ""), Down: opt(y.Down, false)}
			for _, l := range y.Logical {
				port.Logical = append(port.Logical, &LogicalPort{ID: l.ID, Config: opt(l.Config, 0), Owner: l.Owner, Capacity: hundredths(l.Capacity), RoCE: opt(l.RoCE, false),
					MAC: opt(l.MAC, fmt.Sprintf("ee%08x%02x", x.ID<<8+y.ID, len(port.Logical)))})
			}
			a.Ports = append(a.Ports, port)
		}
		s.SRIOV = append(s.SRIOV, a)
	}
}

func (s *System) pool(id int) *ProcPool {
	for _, p := range s.Pools {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *System) poolNamed(name string) *ProcPool {
	for _, p := range s.Pools {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (s *System) vswitch(name string) *Switch {
	for _, x := range s.Switches {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// servers are the Virtual I/O Servers, by id.
func (s *System) servers() []*Partition {
	var out []*Partition
	for _, p := range s.Partitions {
		if p.VIOS != nil {
			out = append(out, p)
		}
	}
	return out
}

// server is the hypervisor's server adapter in a slot.
func (p *Partition) server(slot int) *ServerAdapter {
	for i := range p.Servers {
		if p.Servers[i].Slot == slot {
			return &p.Servers[i]
		}
	}
	return nil
}

func (p *Partition) dropServer(slot int) {
	for i := range p.Servers {
		if p.Servers[i].Slot == slot {
			p.Servers = append(p.Servers[:i:i], p.Servers[i+1:]...)
			return
		}
	}
}

func (v *VIOS) vfchostAt(slot int) *VFCHost {
	for _, h := range v.VFCHosts {
		if h.Slot == slot {
			return h
		}
	}
	return nil
}

func (v *VIOS) dropVFCHost(slot int) {
	for i, h := range v.VFCHosts {
		if h.Slot == slot {
			v.VFCHosts = append(v.VFCHosts[:i:i], v.VFCHosts[i+1:]...)
			return
		}
	}
}

// more reads the resources that few partitions have.
func (b *builder) more(r *Resources, m *resourcesBody) {
	if m == nil {
		return
	}
	r.Pool = opt(m.Pool, 0)
	r.Expansion = hundredths(opt(m.Expansion, 0))
	switch len(m.HugePages) {
	case 0:
	case 3:
		r.MinHuge, r.Huge, r.MaxHuge = m.HugePages[0], m.HugePages[1], m.HugePages[2]
	default:
		b.fail(m.Body, "huge_pages is a list of three: minimum, desired, maximum")
	}
}

// hmcEth sets what only an HMC knows of a virtual Ethernet adapter.
func (b *builder) hmcEth(s *System, body hcl.Body, a *EthAdapter, vswitch, osMACs, qos *string) {
	if !s.HMC {
		if vswitch != nil {
			b.fail(body, "switch: an IVM has one virtual switch")
		}
		return
	}
	a.Switch, a.OSMACs, a.QoS = opt(vswitch, firstSwitch), opt(osMACs, "all"), opt(qos, "none")
	if s.vswitch(a.Switch) == nil {
		b.fail(body, "there is no virtual_switch %q", a.Switch)
	}
}

func defaultSwitch(a EthAdapter) string { return defaultOf(a, firstSwitch) }

// defaultOf is the value that need not be written; without a switch the adapter belongs to an IVM.
func defaultOf(a EthAdapter, def string) string {
	if a.Switch == "" {
		return ""
	}
	return def
}

func (b *builder) serverAdapters(list []serverBody) []ServerAdapter {
	var out []ServerAdapter
	for _, x := range list {
		out = append(out, ServerAdapter{Slot: x.Slot, RemoteID: opt(x.Client, 0), RemoteSlot: opt(x.ClientSlot, 0), FC: opt(x.FC, false), Required: opt(x.Required, false)})
	}
	return out
}

// profileServers are server adapters in the form of a profile.
func profileServers(list []ServerAdapter) ([]ScsiAdapter, []FCAdapter) {
	var scsi []ScsiAdapter
	var fc []FCAdapter
	for _, a := range list {
		if a.FC {
			fc = append(fc, FCAdapter{Slot: a.Slot, RemoteID: a.RemoteID, RemoteSlot: a.RemoteSlot, Required: a.Required, Server: true})
			continue
		}
		scsi = append(scsi, ScsiAdapter{Slot: a.Slot, RemoteID: a.RemoteID, RemoteSlot: a.RemoteSlot, Required: a.Required, Server: true})
	}
	return scsi, fc
}

// liveServers are the server adapters of a profile in the form of the hypervisor.
func (pr *Profile) liveServers() []ServerAdapter {
	var out []ServerAdapter
	for _, a := range pr.Scsi {
		if a.Server {
			out = append(out, ServerAdapter{Slot: a.Slot, RemoteID: a.RemoteID, RemoteSlot: a.RemoteSlot, Required: a.Required})
		}
	}
	for _, a := range pr.FC {
		if a.Server {
			out = append(out, ServerAdapter{Slot: a.Slot, RemoteID: a.RemoteID, RemoteSlot: a.RemoteSlot, FC: true, Required: a.Required})
		}
	}
	return out
}

// hmcVIOS makes the hypervisor's side of the devices that the scenario gives a Virtual I/O Server.
func (b *builder) hmcVIOS(s *System, p *Partition, vb *viosBody) {
	for _, a := range b.serverAdapters(vb.Servers) {
		p.plug(a)
	}
	for _, h := range p.VIOS.VHosts {
		if p.server(h.Slot) != nil {
			continue
		}
		p.plug(ServerAdapter{Slot: h.Slot, RemoteID: h.ClientID, RemoteSlot: h.ClientSlot})
	}
	for _, h := range p.VIOS.VFCHosts {
		if p.server(h.Slot) != nil {
			continue
		}
		p.plug(ServerAdapter{Slot: h.Slot, RemoteID: h.ClientID, RemoteSlot: h.ClientSlot, FC: true})
	}
	for i := range vb.Profiles {
		pr := b.profile(s, p, &vb.Profiles[i])
		if pr.Name == p.Profile.Name {
			p.Profile, p.ownProfile = *pr, true
			continue
		}
		p.Others = append(p.Others, pr)
	}
}

// settleProfiles gives every Virtual I/O Server without a profile of its own the profile that fits what runs; it is
// called when all client adapters are known.
func (b *builder) settleProfiles() {
	for _, s := range b.e.Systems {
		for _, p := range s.servers() {
			if !s.HMC {
				continue
			}
			sort.Slice(p.Servers, func(i, j int) bool { return p.Servers[i].Slot < p.Servers[j].Slot })
			if !p.ownProfile {
				p.Profile.Scsi, p.Profile.FC = profileServers(p.Servers)
			}
		}
	}
}

func (b *builder) profile(s *System, p *Partition, pb *profileBody) *Profile {
	pr := &Profile{Name: pb.Name, Resources: b.resources(pb.Body, s, pb.Memory, pb.Procs, pb.Units, pb.Dedicated, pb.Sharing, pb.Weight),
		MaxSlots: opt(pb.MaxSlots, 30), AutoStart: opt(pb.AutoStart, false), BootMode: opt(pb.BootMode, "norm"), Mode: opt(pb.Mode, "default"),
		IOSlots: pb.IOSlots, Extra: pb.Extra}
	b.more(&pr.Resources, pb.More)
	pr.Eth, pr.Scsi, pr.FC = b.eths(s, p, pb.Eths), b.scsi(s, pb.Scsi), b.fc(s, p, pb.FC)
	scsi, fc := profileServers(b.serverAdapters(pb.Servers))
	pr.Scsi, pr.FC = append(pr.Scsi, scsi...), append(pr.FC, fc...)
	return pr
}

func (b *builder) hmcConsole(vb hmcBody) {
	e := b.e
	if e.console(vb.Name) != nil {
		b.fail(vb.Body, "hmc %q is declared twice", vb.Name)
	}
	c := &Console{Name: vb.Name, Kind: "hmc", Address: opt(vb.Address, ""), Trusts: vb.Trusts, Port: opt(vb.Port, 0), AddedKey: vb.Added,
		Level: opt(vb.Level, defaultLevel), Locale: opt(vb.Locale, "en_US.UTF-8"), KeyText: consoleKey(vb.Name), Files: map[string]bool{}}
	if !levelRe.MatchString(c.Level) {
		b.fail(vb.Body, "hmc %q: level is like V7R7.9.0, V9R1 or V10R3M1060, from V7 to V11", vb.Name)
	}
	for _, f := range vb.Files {
		c.Files[f] = true
	}
	for _, label := range vb.Systems {
		s := e.system(label)
		if s == nil {
			b.fail(vb.Body, "hmc %q: there is no system %q", vb.Name, label)
			continue
		}
		for _, o := range e.Consoles {
			if o.System == s {
				b.fail(vb.Body, "hmc %q: system %q is managed by the IVM %q", vb.Name, label, o.Name)
			}
		}
		c.Systems = append(c.Systems, s)
	}
	for _, u := range vb.Users {
		if c.user(u.Name) != nil {
			b.fail(u.Body, "user %q is declared twice", u.Name)
		}
		role := opt(u.Role, roleSuper)
		if !contains("hmcsuperadmin hmcoperator hmcviewer hmcservicerep hmcpe", role) {
			b.fail(u.Body, "role of user %q is hmcsuperadmin, hmcoperator, hmcviewer, hmcservicerep or hmcpe", u.Name)
		}
		c.Users = append(c.Users, &User{Name: u.Name, Password: opt(u.Password, ""), Keys: u.Keys, Role: role, Text: opt(u.Text, "")})
	}
	if len(c.Users) == 0 {
		c.Users = []*User{{Name: "hscroot", Role: roleSuper}}
	}
	e.Consoles = append(e.Consoles, c)
}

func encodeHMC(w *encoder, c *Console) {
	var labels []string
	for _, s := range c.Systems {
		labels = append(labels, s.Label)
	}
	if labels == nil {
		w.line("systems = []")
	}
	w.list("systems", labels)
	w.str("level", c.Level, defaultLevel)
	w.str("locale", c.Locale, "en_US.UTF-8")
	var files []string
	for f := range c.Files {
		files = append(files, f)
	}
	sort.Strings(files)
	w.list("files", files)
}

func encodeHMCSystem(w *encoder, s *System) {
	w.str("state", s.State, "Operating")
	w.str("address", s.Address, "")
	w.str("uuid", s.UUID, "")
	w.str("description", s.Description, "")
	w.str("sp_type", s.SPType, "fsp")
	w.str("start_policy", s.StartPolicy, "autostart")
	w.flag("power_off_policy", s.OffPolicy, false)
	if s.SampleRate != defaultSampleRate {
		w.line("sample_rate = %d", s.SampleRate)
	}
	w.num("huge_pages", s.HugePages, 0)
	w.num("wwpn_next", s.WWPNNext, 0)
	w.num("mover_limit", s.MSPLimit, 8)
	for _, p := range s.Pools {
		if p.ID == 0 {
			continue
		}
		w.open("processor_pool %s", quoteHCL(p.Name))
		w.num("id", p.ID, 0)
		w.line("max = %s", unitNumber(p.Max))
		w.line("reserved = %s", unitNumber(p.Reserved))
		w.close()
	}
	for _, x := range s.Switches {
		if x.Name == firstSwitch && !x.VEPA {
			continue
		}
		w.open("virtual_switch %s", quoteHCL(x.Name))
		w.flag("vepa", x.VEPA, false)
		w.close()
	}
	for _, a := range s.SRIOV {
		w.open("sriov_adapter %s", quoteHCL(a.Location))
		w.num("id", a.ID, -1)
		w.str("drc_index", a.DRCIndex, "")
		for _, p := range a.Ports {
			w.open("port")
			w.num("id", p.ID, -1)
			w.str("type", p.Type, "eth")
			w.str("label_text", p.Label, "")
			w.flag("down", p.Down, false)
			for _, l := range p.Logical {
				w.open("logical_port %s", quoteHCL(l.ID))
				w.num("config_id", l.Config, 0)
				w.num("owner", l.Owner, -1)
				w.line("capacity = %s", unitNumber(l.Capacity))
				w.flag("roce", l.RoCE, false)
				w.str("mac", l.MAC, "")
				w.close()
			}
			w.close()
		}
		w.close()
	}
}

func (w *encoder) table(name string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var parts []string
	for _, k := range keys {
		parts = append(parts, k+" = "+quoteHCL(m[k]))
	}
	w.line("%s = { %s }", name, strings.Join(parts, ", "))
}

// encodeHMCPartition writes what the block of a partition has besides under an HMC.
func (e *Estate) encodeHMCPartition(w *encoder, s *System, p *Partition) {
	w.str("env", p.Env, envAIXLinux)
	w.str("os_version", p.OSVersion, "Unknown")
	w.flag("holds", !p.live() && p.holds(), false)
	w.str("sync_profile", p.Sync, "0")
	w.flag("time_reference", p.TimeRef, false)
	w.flag("migration_disabled", p.MigrationDisabled, false)
	w.str("description", p.Description, "")
	w.table("extra", p.Extra)
	w.table("profile_extra", p.Profile.Extra)
	for _, n := range p.VNICs {
		w.open("vnic")
		w.num("slot", n.Slot, -1)
		w.num("vlan", n.PVID, 0)
		w.str("mac", n.MAC, "")
		w.list("backing", n.Backing)
		w.num("active", n.Active, 0)
		w.flag("disabled", n.Disabled, false)
		w.flag("auto_failover", n.Failover, false)
		w.table("extra", n.Extra)
		w.close()
	}
	for _, pr := range p.Others {
		e.encodeProfile(w, s, p, pr)
	}
}

func (e *Estate) encodeProfile(w *encoder, s *System, p *Partition, pr *Profile) {
	w.open("profile %s", quoteHCL(pr.Name))
	w.resources(pr.Resources)
	w.num("max_slots", pr.MaxSlots, 30)
	w.flag("auto_start", pr.AutoStart, false)
	w.str("boot_mode", pr.BootMode, "norm")
	w.str("compat_mode", pr.Mode, "default")
	w.list("io_slots", pr.IOSlots)
	w.table("extra", pr.Extra)
	encodeEth(w, p, pr.Eth)
	var scsi []ScsiAdapter
	var fc []FCAdapter
	for _, a := range pr.Scsi {
		if !a.Server {
			scsi = append(scsi, a)
		}
	}
	for _, a := range pr.FC {
		if !a.Server {
			fc = append(fc, a)
		}
	}
	e.encodeScsi(w, s, p, scsi, false)
	e.encodeFC(w, s, p, fc, false)
	encodeServers(w, pr.liveServers())
	w.close()
}

func encodeServers(w *encoder, list []ServerAdapter) {
	for _, a := range list {
		w.open("server_adapter")
		w.num("slot", a.Slot, -1)
		w.flag("fc", a.FC, false)
		w.num("client", a.RemoteID, 0)
		w.num("client_slot", a.RemoteSlot, 0)
		w.flag("required", a.Required, false)
		w.close()
	}
}

// encodeHMCVIOS writes what the block of a Virtual I/O Server has besides under an HMC: server adapters that no device
// and no client stands for, and profiles.
func (e *Estate) encodeHMCVIOS(w *encoder, s *System, p *Partition) {
	w.str("state", p.State, stateRunning)
	encodeStatus(w, s, p)
	w.flag("msp", p.MSP, false)
	w.flag("time_reference", p.TimeRef, false)
	w.str("profile_name", p.Profile.Name, p.Name)
	var rest []ServerAdapter
	for _, a := range p.Servers {
		if e.shell(s.partition(a.RemoteID)) || e.paired(s, p, a.RemoteID, a.Slot, a.FC) {
			continue
		}
		rest = append(rest, a)
	}
	encodeServers(w, rest)
	// The profile is written whole: what runs is in the rest of the block.
	e.encodeProfile(w, s, p, &p.Profile)
	for _, pr := range p.Others {
		e.encodeProfile(w, s, p, pr)
	}
}

func viosVersion(level string) string {
	if level == "" {
		return "Unknown"
	}
	return "VIOS " + level
}

// status sets what the block of that name says of a Virtual I/O Server.
func (b *builder) status(p *Partition, sb *statusBody) {
	p.Sync = "0"
	if sb == nil {
		return
	}
	p.OSVersion, p.CurrProfile = opt(sb.OSVersion, p.OSVersion), opt(sb.CurrProfile, p.CurrProfile)
	p.BootMode, p.KeyLock, p.Priority = opt(sb.BootMode, p.BootMode), opt(sb.KeyLock, p.KeyLock), opt(sb.Priority, p.Priority)
	p.Perf, p.ModeCurr, p.WorkGroup = opt(sb.Perf, false), opt(sb.Mode, p.ModeCurr), opt(sb.WorkGroup, 0)
	p.Refcode, p.VTOpen, p.BootFails = opt(sb.Refcode, ""), opt(sb.Terminal, false), opt(sb.BootFails, false)
	p.Sync, p.MigrationDisabled, p.Description = opt(sb.Sync, "0"), opt(sb.NoMigration, false), opt(sb.Description, "")
	p.Extra = sb.Extra
	if len(sb.DLPAR) == 3 {
		p.DLPAR = [3]bool{sb.DLPAR[0], sb.DLPAR[1], sb.DLPAR[2]}
	} else if sb.DLPAR != nil {
		b.fail(sb.Body, "dlpar is a list of three: memory, processor, I/O")
	}
}

func encodeStatus(w *encoder, s *System, p *Partition) {
	curr := p.Profile.Name
	if p.State == stateOff && !p.holds() {
		curr = ""
	}
	x := &encoder{indent: w.indent + 1}
	x.str("os_version", p.OSVersion, viosVersion(p.VIOS.Level))
	x.str("curr_profile", p.CurrProfile, curr)
	x.str("boot_mode", p.BootMode, "norm")
	x.str("keylock", p.KeyLock, "norm")
	x.num("avail_priority", p.Priority, 191)
	x.flag("perf_collection", p.Perf, false)
	x.str("compat_mode", p.ModeCurr, s.highestMode())
	x.num("work_group", p.WorkGroup, 0)
	x.str("refcode", p.Refcode, "")
	x.flag("terminal_open", p.VTOpen, false)
	x.flag("boot_fails", p.BootFails, false)
	x.str("sync_profile", p.Sync, "0")
	x.flag("migration_disabled", p.MigrationDisabled, false)
	x.str("description", p.Description, "")
	x.table("extra", p.Extra)
	if p.DLPAR != [3]bool{true, true, true} {
		x.line("dlpar = [%t, %t, %t]", p.DLPAR[0], p.DLPAR[1], p.DLPAR[2])
	}
	if x.b.Len() == 0 {
		return
	}
	w.open("status")
	w.b.WriteString(x.b.String())
	w.close()
}

func sameAdapters(p *Partition) bool {
	return fmt.Sprint(p.Eth, p.Scsi, p.FC) == fmt.Sprint(p.Profile.Eth, p.Profile.Scsi, p.Profile.FC)
}

// plug keeps the server adapters in the order of their slots.
func (p *Partition) plug(a ServerAdapter) {
	p.Servers = append(p.Servers, a)
	sort.SliceStable(p.Servers, func(i, j int) bool { return p.Servers[i].Slot < p.Servers[j].Slot })
}

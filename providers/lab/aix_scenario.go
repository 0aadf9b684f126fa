package lab

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

type hostBody struct {
	Name          string              `hcl:"name,label"`
	Level         string              `hcl:"level"`
	Partition     *string             `hcl:"partition,optional"`
	System        *string             `hcl:"system,optional"`
	State         *string             `hcl:"state,optional"`
	Hostname      *string             `hcl:"hostname,optional"`
	Address       *string             `hcl:"address,optional"`
	Machine       *string             `hcl:"machine,optional"`
	Model         *string             `hcl:"model,optional"`
	MemoryMB      *int                `hcl:"memory_mb,optional"`
	Cluster       *bool               `hcl:"cluster,optional"`
	PowerHA       *string             `hcl:"powerha,optional"`
	PowerHAFix    *string             `hcl:"powerha_fix,optional"`
	Services      *haNodeBody         `hcl:"cluster_node,block"`
	Processes     []processBody       `hcl:"process,block"`
	Port          *int                `hcl:"port,optional"`
	Added         []string            `hcl:"added_keys,optional"`
	LUNs          []string            `hcl:"luns,optional"`
	Unconfigured  []string            `hcl:"unconfigured,optional"`
	Booted        *string             `hcl:"booted,optional"`
	Boot          []string            `hcl:"boot_list,optional"`
	BootService   []string            `hcl:"service_boot_list,optional"`
	DevAttrs      map[string]string   `hcl:"device_attributes,optional"`
	Users         []userBody          `hcl:"user,block"`
	Disks         []hostDiskBody      `hcl:"disk,block"`
	Groups        []hostGroupBody     `hcl:"volume_group,block"`
	Imports       []importBody        `hcl:"imported,block"`
	Interfaces    []hostInterfaceBody `hcl:"interface,block"`
	Stanzas       []stanzaBody        `hcl:"stanza,block"`
	Mounts        []mountBody         `hcl:"mounted,block"`
	Subsystems    []subsystemBody     `hcl:"subsystem,block"`
	Files         []hostFileBody      `hcl:"file,block"`
	Adapters      []adapterBody       `hcl:"adapter,block"`
	Errors        []errorBody         `hcl:"error,block"`
	Routes        []hostRouteBody     `hcl:"route,block"`
	Exported      []string            `hcl:"exported,optional"`
	Security      map[string]string   `hcl:"security,optional"`
	Tuned         map[string]string   `hcl:"tunables,optional"`
	Accounts      []accountBody       `hcl:"account,block"`
	AccountGroups []accountGroupBody  `hcl:"account_group,block"`
	Software      []string            `hcl:"software,optional"`
	Wpars         []wparBody          `hcl:"wpar,block"`
	Body          hcl.Body            `hcl:",body"`
}

type hostDiskBody struct {
	Name    string            `hcl:"name,label"`
	SizeMB  *int              `hcl:"size_mb,optional"`
	PVID    *string           `hcl:"pvid,optional"`
	LUN     *string           `hcl:"lun,optional"`
	ID      *string           `hcl:"id,optional"`
	Known   *string           `hcl:"known_pvid,optional"`
	Defined *bool             `hcl:"defined,optional"`
	Absent  *bool             `hcl:"absent,optional"`
	Attrs   map[string]string `hcl:"attributes,optional"`
	Pending map[string]string `hcl:"pending,optional"`
	// Of a host in a partition.
	Backing    *string           `hcl:"backing,optional"`
	VSCSI      *bool             `hcl:"vscsi,optional"`
	Paths      []string          `hcl:"paths,optional"`
	PathStates map[string]string `hcl:"path_states,optional"`
	Identifier *string           `hcl:"identifier,optional"`
	Body       hcl.Body          `hcl:",body"`
}

type hostGroupBody struct {
	Name     string       `hcl:"name,label"`
	Disks    []string     `hcl:"disks"`
	PPSize   *int         `hcl:"pp_size_mb,optional"`
	Kind     *string      `hcl:"type,optional"`
	Factor   *int         `hcl:"factor,optional"`
	Copies   *int         `hcl:"copies,optional"`
	Auto     *bool        `hcl:"auto_on,optional"`
	Quorum   *bool        `hcl:"quorum,optional"`
	ECM      *bool        `hcl:"concurrent_capable,optional"`
	Major    *int         `hcl:"major,optional"`
	VariedOn *bool        `hcl:"varied_on,optional"`
	Volumes  []hostLVBody `hcl:"logical_volume,block"`
	FS       []hostFSBody `hcl:"filesystem,block"`
	Body     hcl.Body     `hcl:",body"`
}

type hostLVBody struct {
	Name   string   `hcl:"name,label"`
	Kind   *string  `hcl:"type,optional"`
	LPs    int      `hcl:"lps"`
	Copies *int     `hcl:"copies,optional"`
	Disks  []string `hcl:"disks,optional"`
	MaxLPs *int     `hcl:"max_lps,optional"`
	Inter  *string  `hcl:"inter_policy,optional"`
	Intra  *string  `hcl:"intra_policy,optional"`
	Strict *string  `hcl:"strict,optional"`
	Upper  *int     `hcl:"upper_bound,optional"`
	Label  *string  `hcl:"label,optional"`
	Body   hcl.Body `hcl:",body"`
}

type hostFSBody struct {
	Mount   string   `hcl:"mount,label"`
	LV      string   `hcl:"lv"`
	UsedMB  *int     `hcl:"used_mb,optional"`
	Mounted *bool    `hcl:"mounted,optional"`
	Auto    *bool    `hcl:"auto,optional"`
	Options *string  `hcl:"options,optional"`
	Log     *string  `hcl:"log,optional"`
	Type    *string  `hcl:"type,optional"`
	Body    hcl.Body `hcl:",body"`
}

type importBody struct {
	Name     string            `hcl:"name,label"`
	Group    *string           `hcl:"group,optional"`
	Disk     *string           `hcl:"disk,optional"`
	Major    *int              `hcl:"major,optional"`
	State    *string           `hcl:"state,optional"`
	Reserves *bool             `hcl:"reserves,optional"`
	PVIDs    []string          `hcl:"pvids,optional"`
	LVs      map[string]string `hcl:"logical_volumes,optional"`
	At       *string           `hcl:"at,optional"`
	Body     hcl.Body          `hcl:",body"`
}

type hostInterfaceBody struct {
	Name    string   `hcl:"name,label"`
	Address *string  `hcl:"address,optional"`
	Netmask *string  `hcl:"netmask,optional"`
	MAC     *string  `hcl:"mac,optional"`
	State   *string  `hcl:"state,optional"`
	Aliases []string `hcl:"aliases,optional"`
	Slot    *int     `hcl:"slot,optional"`
	// What runs, where ifconfig has made it differ from the database.
	Live *liveInterfaceBody `hcl:"live,block"`
	Body hcl.Body           `hcl:",body"`
}

type liveInterfaceBody struct {
	Address *string  `hcl:"address,optional"`
	Netmask *string  `hcl:"netmask,optional"`
	State   *string  `hcl:"state,optional"`
	Aliases []string `hcl:"aliases,optional"`
	Body    hcl.Body `hcl:",body"`
}

type stanzaBody struct {
	Mount   string   `hcl:"mount,label"`
	Dev     string   `hcl:"dev"`
	VFS     *string  `hcl:"vfs,optional"`
	Log     *string  `hcl:"log,optional"`
	Auto    *string  `hcl:"auto,optional"`
	Check   *string  `hcl:"check,optional"`
	Type    *string  `hcl:"type,optional"`
	Options *string  `hcl:"options,optional"`
	Account *string  `hcl:"account,optional"`
	Vol     *string  `hcl:"vol,optional"`
	Free    *string  `hcl:"free,optional"`
	Node    *string  `hcl:"node,optional"`
	Body    hcl.Body `hcl:",body"`
}

type mountBody struct {
	Over    string   `hcl:"over,label"`
	Dev     string   `hcl:"dev"`
	VFS     *string  `hcl:"vfs,optional"`
	Options *string  `hcl:"options,optional"`
	Node    *string  `hcl:"node,optional"`
	At      *string  `hcl:"at,optional"`
	Body    hcl.Body `hcl:",body"`
}

type subsystemBody struct {
	Name  string   `hcl:"name,label"`
	Group *string  `hcl:"group,optional"`
	PID   *int     `hcl:"pid,optional"`
	Body  hcl.Body `hcl:",body"`
}

type hostFileBody struct {
	Path string   `hcl:"path,label"`
	Data *string  `hcl:"data,optional"`
	Dir  *bool    `hcl:"directory,optional"`
	Mode *string  `hcl:"mode,optional"`
	At   *string  `hcl:"at,optional"`
	Body hcl.Body `hcl:",body"`
}

// diskGroupBody is a volume group as its disks hold it. A saved estate has it in this form.
type diskGroupBody struct {
	ID        string       `hcl:"id,label"`
	Kind      *string      `hcl:"type,optional"`
	PPSize    int          `hcl:"pp_size_mb"`
	Factor    *int         `hcl:"factor,optional"`
	MaxLVs    int          `hcl:"max_lvs"`
	MaxPPs    *int         `hcl:"max_pps,optional"`
	Auto      *bool        `hcl:"auto_on,optional"`
	Quorum    *bool        `hcl:"quorum,optional"`
	ECM       *bool        `hcl:"concurrent_capable,optional"`
	AutoSync  *bool        `hcl:"auto_sync,optional"`
	HotSpare  *string      `hcl:"hot_spare,optional"`
	BadBlocks *bool        `hcl:"relocate_bad_blocks,optional"`
	Strict    *string      `hcl:"mirror_pool_strict,optional"`
	Retry     *bool        `hcl:"infinite_retry,optional"`
	Critical  *bool        `hcl:"critical,optional"`
	Members   []memberBody `hcl:"member,block"`
	Volumes   []diskLVBody `hcl:"volume,block"`
	Body      hcl.Body     `hcl:",body"`
}

type memberBody struct {
	Medium string   `hcl:"medium,label"`
	PPs    int      `hcl:"pps"`
	Pool   *string  `hcl:"mirror_pool,optional"`
	Closed *bool    `hcl:"closed,optional"`
	Lost   *bool    `hcl:"overwritten,optional"`
	Body   hcl.Body `hcl:",body"`
}

type diskLVBody struct {
	Name     string      `hcl:"name,label"`
	Minor    int         `hcl:"minor"`
	Kind     string      `hcl:"type"`
	Label    *string     `hcl:"label,optional"`
	MaxLPs   int         `hcl:"max_lps"`
	Upper    int         `hcl:"upper_bound"`
	Inter    *string     `hcl:"inter_policy,optional"`
	Intra    *string     `hcl:"intra_policy,optional"`
	Strict   *string     `hcl:"strict,optional"`
	Schedule *string     `hcl:"schedule,optional"`
	MWC      *string     `hcl:"mwc,optional"`
	Verify   *bool       `hcl:"verify,optional"`
	Fixed    *bool       `hcl:"fixed,optional"`
	NoBB     *bool       `hcl:"no_relocation,optional"`
	ReadOnly *bool       `hcl:"read_only,optional"`
	Serial   *bool       `hcl:"serialize_io,optional"`
	StripeKB *int        `hcl:"strip_size_kb,optional"`
	Width    *int        `hcl:"stripe_width,optional"`
	Copies   []string    `hcl:"copies,optional"`
	Pools    []string    `hcl:"mirror_pools,optional"`
	FS       *diskFSBody `hcl:"filesystem,block"`
	Block    *stanzaBody `hcl:"control_block,block"`
	Body     hcl.Body    `hcl:",body"`
}

type diskFSBody struct {
	Blocks *int     `hcl:"blocks,optional"`
	AgBlk  *int     `hcl:"agblksize,optional"`
	Inline *int     `hcl:"inline_log_mb,optional"`
	UsedMB *int     `hcl:"used_mb,optional"`
	EA     *string  `hcl:"ea,optional"`
	Guard  *bool    `hcl:"mount_guard,optional"`
	Snap   *bool    `hcl:"isnapshot,optional"`
	EFS    *bool    `hcl:"efs,optional"`
	Quota  *bool    `hcl:"quota,optional"`
	Dirty  *bool    `hcl:"dirty,optional"`
	Log    *bool    `hcl:"log,optional"`
	MaxExt *int     `hcl:"maxext,optional"`
	VIX    *bool    `hcl:"vix,optional"`
	Body   hcl.Body `hcl:",body"`
}

var (
	aixLevelRe = regexp.MustCompile(`^(5300|6100|7100|7200|7300)-[0-9]{2}-[0-9]{2}-[0-9]{4}$`)
	machineRe  = regexp.MustCompile(`^00[0-9A-F]{6}4C00$`)
	pvidRe     = regexp.MustCompile(`^[0-9a-f]{16}$`)
	vgidRe     = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

const defaultHostModel = "IBM,9009-42A"

// hosts are built in three steps, because disks are shared: the hosts with their disks, the groups on the disks, and what
// the hosts have imported of them.
func (b *builder) aixHosts(bodies []hostBody, groups []diskGroupBody) {
	var hosts []*Host
	for i := range bodies {
		h := b.host(&bodies[i])
		if b.err != nil {
			return
		}
		hosts = append(hosts, h)
	}
	for i := range groups {
		b.diskGroup(&groups[i])
	}
	for i, h := range hosts {
		for k := range bodies[i].Groups {
			if b.err == nil {
				b.hostGroup(h, &bodies[i].Groups[k])
			}
		}
	}
	for i, h := range hosts {
		for k := range bodies[i].Imports {
			if b.err == nil {
				b.imported(h, &bodies[i].Imports[k])
			}
		}
		for _, s := range bodies[i].Stanzas {
			h.Stanzas = append(h.Stanzas, readStanza(s))
		}
		for _, m := range bodies[i].Mounts {
			h.Mounts = append(h.Mounts, &mounted{Dev: m.Dev, Over: m.Over, VFS: opt(m.VFS, "jfs2"), Options: opt(m.Options, "rw"), Node: opt(m.Node, ""),
				at: b.moment(m.Body, m.At, nil)})
		}
		if b.err == nil && h.group("rootvg") == nil {
			b.fail(bodies[i].Body, "host %q has no volume_group \"rootvg\"", h.Name)
		}
		sort.SliceStable(h.Mounts, func(x, y int) bool { return h.Mounts[x].at.Before(h.Mounts[y].at) })
	}
	// Another host may be the server of a partition.
	for i, h := range hosts {
		for k := range bodies[i].Wpars {
			if b.err == nil {
				b.wpar(h, &bodies[i].Wpars[k])
			}
		}
		if b.err == nil {
			b.settleState(h, &bodies[i])
		}
	}
}

func (b *builder) host(hb *hostBody) *Host {
	e := b.e
	if e.console(hb.Name) != nil {
		b.fail(hb.Body, "host %q has the name of another console", hb.Name)
	}
	h := &Host{Name: hb.Name, Hostname: opt(hb.Hostname, hb.Name), Level: hb.Level, Address: opt(hb.Address, ""), Model: opt(hb.Model, defaultHostModel),
		MemoryMB: opt(hb.MemoryMB, 8192), Cluster: opt(hb.Cluster, false), Boot: hb.Boot, BootService: hb.BootService, DevAttrs: cloneTable(hb.DevAttrs), Files: map[string]*hostFile{},
		Software: hb.Software, pid: 4194380}
	h.Machine = opt(hb.Machine, "00"+strings.ToUpper(stableHex(6, hb.Name))+"4C00")
	if !aixLevelRe.MatchString(h.Level) {
		b.fail(hb.Body, "host %q: level is like 7200-05-03-2148, from 5300 to 7300", hb.Name)
	}
	if !machineRe.MatchString(h.Machine) {
		b.fail(hb.Body, "host %q: machine is like 00F6F5D04C00", hb.Name)
	}
	if h.MemoryMB < 256 {
		b.fail(hb.Body, "host %q: memory_mb is 256 or more", hb.Name)
	}
	h.Booted = b.moment(hb.Body, hb.Booted, nil)
	if hb.Booted == nil {
		h.Booted = e.Now.Add(-7 * 24 * time.Hour)
	}
	b.partitionOf(h, hb)
	if b.err != nil {
		return h
	}
	for i := range hb.Disks {
		b.hostDisk(h, &hb.Disks[i])
	}
	for _, name := range hb.LUNs {
		l := e.lun(name)
		if l == nil || slices.Contains(h.Fabric, l) {
			b.fail(hb.Body, "host %q: there is no lun %q, or the host has it already", hb.Name, name)
			continue
		}
		h.Fabric = append(h.Fabric, l)
		if h.inPartition() {
			if hb.Disks != nil {
				b.virtualDisk(h, &HostDisk{Name: h.freeDisk(), Attrs: map[string]string{}, Pending: map[string]string{}}, &hostDiskBody{LUN: ptr(l.Name), VSCSI: ptr(false), Body: hb.Body})
			}
			continue
		}
		h.Disks = append(h.Disks, &HostDisk{Name: h.freeDisk(), LUN: l, medium: l.disk(), PVID: l.PVID, Attrs: map[string]string{}, Pending: map[string]string{}})
	}
	for _, name := range hb.Unconfigured {
		l := e.lun(name)
		if l == nil || slices.Contains(h.Fabric, l) {
			b.fail(hb.Body, "host %q: there is no lun %q, or the host has it already", hb.Name, name)
			continue
		}
		h.Fabric = append(h.Fabric, l)
	}
	b.hostInterfaces(h, hb)
	b.powerha(h, hb)
	b.settleHost(h, hb)
	b.accounts(h, hb)
	b.hostRest(h, hb)
	h.Subsystems = defaultSubsystems(h)
	for _, s := range hb.Subsystems {
		h.Subsystems = slices.DeleteFunc(h.Subsystems, func(x *subsystem) bool { return x.Name == s.Name })
		h.Subsystems = append(h.Subsystems, &subsystem{Name: s.Name, Group: opt(s.Group, ""), PID: opt(s.PID, 0)})
		h.pid = max(h.pid, opt(s.PID, 0))
	}
	for _, f := range hb.Files {
		if !strings.HasPrefix(f.Path, "/") {
			b.fail(f.Body, "file %q: the path is absolute", f.Path)
		}
		h.Files[f.Path] = b.hostFile(f)
	}
	for _, f := range hb.Files { // a file is in directories; a workload partition has its own from the start
		within := func(w wparBody) bool { return strings.HasPrefix(f.Path, opt(w.Directory, "/wpars/"+w.Name)+"/") }
		if i := strings.LastIndex(f.Path, "/"); i > 0 && !slices.ContainsFunc(hb.Wpars, within) {
			h.makeDir(f.Path[:i], h.Booted)
		}
	}
	c := &Console{Name: hb.Name, Kind: "aix", Address: h.Address, Port: opt(hb.Port, 0), AddedKey: hb.Added, KeyText: consoleKey(hb.Name), Host: h}
	for _, u := range hb.Users {
		if c.user(u.Name) != nil {
			b.fail(u.Body, "user %q is declared twice", u.Name)
		}
		c.Users = append(c.Users, &User{Name: u.Name, Password: opt(u.Password, ""), Keys: u.Keys})
	}
	if len(c.Users) == 0 {
		c.Users = []*User{{Name: "root"}}
	}
	e.Consoles = append(e.Consoles, c)
	return h
}

func (b *builder) hostDisk(h *Host, db *hostDiskBody) {
	if h.disk(db.Name) != nil {
		b.fail(db.Body, "disk %q is declared twice", db.Name)
	}
	d := &HostDisk{Name: db.Name, Defined: opt(db.Defined, false), Attrs: map[string]string{}, Pending: map[string]string{}, PathState: cloneTable(db.PathStates)}
	for k, v := range db.Attrs {
		d.Attrs[k] = v
	}
	for k, v := range db.Pending {
		d.Pending[k] = v
	}
	if id := opt(db.PVID, ""); id != "" && !pvidRe.MatchString(id) {
		b.fail(db.Body, "disk %q: pvid is 16 lower-case hexadecimal digits", db.Name)
	}
	if h.inPartition() {
		b.virtualDisk(h, d, db)
		return
	}
	if db.LUN != nil {
		l := b.e.lun(*db.LUN)
		if l == nil || slices.Contains(h.Fabric, l) {
			b.fail(db.Body, "disk %q: there is no lun %q, or the host has it already", db.Name, *db.LUN)
			return
		}
		h.Fabric = append(h.Fabric, l)
		d.LUN, d.medium, d.PVID = l, l.disk(), opt(db.Known, l.PVID)
	} else {
		if opt(db.SizeMB, 0) < 64 {
			b.fail(db.Body, "disk %q: size_mb is 64 or more", db.Name)
		}
		d.medium = &medium{name: h.Name + "/" + opt(db.ID, db.Name), sizeMB: opt(db.SizeMB, 0), id: opt(db.PVID, "")}
		h.internal = append(h.internal, d.medium)
		d.PVID = opt(db.Known, d.medium.id)
	}
	if !opt(db.Absent, false) {
		h.Disks = append(h.Disks, d)
	}
	for k, v := range d.Attrs {
		if d.badValue(k, v) {
			b.fail(db.Body, "disk %q: attribute %s cannot be %q", db.Name, k, v)
		}
	}
}

func (b *builder) medium(name string) *medium {
	for _, m := range b.e.media() {
		if m.name == name {
			return m
		}
	}
	return b.e.virtualMedium(name)
}

func (b *builder) diskGroup(gb *diskGroupBody) {
	g := &diskGroup{ID: gb.ID, Kind: opt(gb.Kind, vgNormal), PPSize: gb.PPSize, Factor: opt(gb.Factor, 1), MaxLVs: gb.MaxLVs, MaxPPs: opt(gb.MaxPPs, 0),
		Auto: opt(gb.Auto, true), Quorum: opt(gb.Quorum, true), ECM: opt(gb.ECM, false), AutoSync: opt(gb.AutoSync, false), HotSpare: opt(gb.HotSpare, "no"),
		BadBlocks: opt(gb.BadBlocks, true), Strict: opt(gb.Strict, "off"), Retry: opt(gb.Retry, false), Critical: opt(gb.Critical, false)}
	if !vgidRe.MatchString(g.ID) || !validPP(g.PPSize) || !contains("normal big scalable", g.Kind) {
		b.fail(gb.Body, "disk_group %q: the label has 32 hexadecimal digits, type is normal, big or scalable, pp_size_mb a power of two", gb.ID)
		return
	}
	b.written = append(b.written, g)
	for _, mb := range gb.Members {
		m := b.medium(mb.Medium)
		if m == nil && opt(mb.Lost, false) {
			m = b.e.orphan(mb.Medium, mb.PPs*g.PPSize)
		}
		if m == nil || m.pvid() == "" && !opt(mb.Lost, false) {
			b.fail(mb.Body, "disk_group %q: there is no disk %q with a pvid", gb.ID, mb.Medium)
			return
		}
		if !opt(mb.Lost, false) {
			m.group = g
		}
		g.Members = append(g.Members, &member{medium: m, PPs: mb.PPs, Pool: opt(mb.Pool, ""), Closed: opt(mb.Closed, false)})
	}
	for i := range gb.Volumes {
		b.diskVolume(g, &gb.Volumes[i])
	}
}

func (b *builder) diskVolume(g *diskGroup, vb *diskLVBody) {
	v := &volume{Name: vb.Name, Minor: vb.Minor, Kind: vb.Kind, Label: opt(vb.Label, ""), MaxLPs: vb.MaxLPs, Upper: vb.Upper, Inter: opt(vb.Inter, "m"), Intra: opt(vb.Intra, "m"),
		Strict: opt(vb.Strict, "y"), Schedule: opt(vb.Schedule, "p"), MWC: opt(vb.MWC, "a"), Verify: opt(vb.Verify, false), Fixed: opt(vb.Fixed, false), NoBB: opt(vb.NoBB, false),
		ReadOnly: opt(vb.ReadOnly, false), Serial: opt(vb.Serial, false), StripeKB: opt(vb.StripeKB, 0), Width: opt(vb.Width, 0)}
	for _, text := range vb.Copies {
		list, ok := g.readParts(text)
		if !ok || v.Parts != nil && len(v.Parts) != len(list) {
			b.fail(vb.Body, "volume %q: copies are lists such as \"0:1-10\", with free partitions of the members", vb.Name)
			return
		}
		if v.Parts == nil {
			v.Parts = make([][]part, len(list))
		}
		for i, p := range list {
			v.Parts[i] = append(v.Parts[i], p)
		}
	}
	if len(vb.Pools) > len(v.Pools) {
		b.fail(vb.Body, "volume %q: mirror_pools names the pools of up to three copies", vb.Name)
		return
	}
	copy(v.Pools[:], vb.Pools)
	if f := vb.FS; f != nil {
		v.FS = &fileSystem{Blocks: opt(f.Blocks, 0), AgBlk: opt(f.AgBlk, 4096), Inline: opt(f.Inline, 0), UsedMB: opt(f.UsedMB, 0), EA: opt(f.EA, "v1"), Guard: opt(f.Guard, false),
			Snap: opt(f.Snap, false), EFS: opt(f.EFS, false), Quota: opt(f.Quota, false), Dirty: opt(f.Dirty, false), Log: opt(f.Log, false), MaxExt: opt(f.MaxExt, 0), NoVIX: !opt(f.VIX, true)}
	}
	if vb.Block != nil {
		v.Block = readStanza(*vb.Block)
	}
	g.Volumes = append(g.Volumes, v)
}

// readParts reads "0:1-10,1:5-6~": member, first and last partition, a tilde for stale ones.
func (g *diskGroup) readParts(s string) ([]part, bool) {
	var out []part
	for _, run := range strings.Split(s, ",") {
		run, stale := strings.CutSuffix(run, "~")
		where, span, ok := strings.Cut(run, ":")
		first, last, ok2 := strings.Cut(span, "-")
		m, err1 := strconv.Atoi(where)
		from, err2 := strconv.Atoi(first)
		to, err3 := strconv.Atoi(last)
		if !ok || !ok2 || err1 != nil || err2 != nil || err3 != nil || m < 0 || m >= len(g.Members) || from < 1 || to < from || to > g.Members[m].PPs {
			return nil, false
		}
		used := g.partMap(g.Members[m])
		for pp := from; pp <= to; pp++ {
			if used[pp].v != nil {
				return nil, false
			}
			out = append(out, part{on: g.Members[m], pp: pp, stale: stale})
		}
	}
	return out, true
}

func (g *diskGroup) writeParts(v *volume, c int) string {
	type run struct {
		m, from, to int
		stale       bool
	}
	var runs []run
	for _, lp := range v.Parts {
		p := lp[c]
		m := slices.Index(g.Members, p.on)
		if n := len(runs); n > 0 && runs[n-1].m == m && runs[n-1].to+1 == p.pp && runs[n-1].stale == p.stale {
			runs[n-1].to++
			continue
		}
		runs = append(runs, run{m, p.pp, p.pp, p.stale})
	}
	var out []string
	for _, r := range runs {
		s := fmt.Sprintf("%d:%d-%d", r.m, r.from, r.to)
		if r.stale {
			s += "~"
		}
		out = append(out, s)
	}
	return strings.Join(out, ",")
}

func validPP(n int) bool { return n >= 1 && n <= 131072 && n&(n-1) == 0 }

// rootVolumes are those of an installation, with their sizes in MB. LVM rounds them up.
var rootVolumes = []struct {
	name, kind, mount, vol string
	mb, used               int
}{
	{"hd5", "boot", "", "", 32, 0}, {"hd6", "paging", "", "", 512, 0}, {"hd8", "jfs2log", "", "", 32, 0},
	{"hd4", "jfs2", "/", "root", 2048, 410}, {"hd2", "jfs2", "/usr", "/usr", 4096, 2210}, {"hd9var", "jfs2", "/var", "/var", 1024, 212},
	{"hd3", "jfs2", "/tmp", "/tmp", 1024, 6}, {"hd1", "jfs2", "/home", "/home", 512, 1}, {"hd10opt", "jfs2", "/opt", "/opt", 1024, 344},
	{"hd11admin", "jfs2", "/admin", "/admin", 128, 0},
}

// hostGroup makes a volume group on disks, as a host that owns them has it.
func (b *builder) hostGroup(h *Host, gb *hostGroupBody) {
	kind := opt(gb.Kind, h.defaultKind())
	g := newDiskGroup(kind)
	g.Factor, g.Auto, g.Quorum, g.ECM = opt(gb.Factor, 1), opt(gb.Auto, true), opt(gb.Quorum, true), opt(gb.ECM, false)
	if !contains("normal big scalable", kind) || g.Factor < 1 || g.Factor > 64 || !groupName.MatchString(gb.Name) || h.knows(gb.Name) || len(gb.Disks) == 0 {
		b.fail(gb.Body, "volume_group %q: the name has 1 to 15 letters, digits, _, - and . and is used once, type is normal, big or scalable, factor 1 to 64, disks not empty", gb.Name)
		return
	}
	var disks []*HostDisk
	for _, name := range gb.Disks {
		d := h.disk(name)
		if d == nil || d.Defined || d.medium.group != nil || slices.Contains(disks, d) {
			b.fail(gb.Body, "volume_group %q: there is no free disk %q; a group that another host declares is written as imported", gb.Name, name)
			return
		}
		if d.medium.pvid() == "" {
			d.medium.setPVID(strings.ToLower(h.Machine[:8]) + stableHex(8, h.Name, d.medium.name))
		}
		d.PVID = d.medium.pvid()
		disks = append(disks, d)
	}
	g.PPSize = opt(gb.PPSize, g.defaultPP(disks))
	if !validPP(g.PPSize) {
		b.fail(gb.Body, "volume_group %q: pp_size_mb is a power of two", gb.Name)
		return
	}
	g.ID = strings.ToLower(h.Machine[:8]) + "00004c00" + fmt.Sprintf("%016x", h.Booted.Add(-24*time.Hour).UnixMilli()+int64(len(b.e.diskGroups())))
	hg := &hostGroup{Name: gb.Name, Major: opt(gb.Major, h.nextMajor(gb.Name)), disk: g, LVs: map[int]string{}, since: h.Booted}
	for _, d := range disks {
		g.Members = append(g.Members, &member{medium: d.medium, PPs: partsFor(kind, d.medium.size(), g.PPSize)})
		d.medium.group = g
		hg.PVIDs = append(hg.PVIDs, d.PVID)
		if n := g.Members[len(g.Members)-1].PPs; n < 1 || n > g.perDisk() {
			b.fail(gb.Body, "volume_group %q: disk %q has %d partitions of %d MB; the group can have up to %d", gb.Name, d.Name, n, g.PPSize, g.perDisk())
		}
	}
	h.Groups = append(h.Groups, hg)
	if opt(gb.VariedOn, true) {
		hg.State, hg.Reserves = vgActive, true
	}
	if gb.Name == "rootvg" && len(gb.Volumes) == 0 {
		for _, r := range rootVolumes {
			lv := hostLVBody{Name: r.name, Kind: ptr(r.kind), LPs: (r.mb + g.PPSize - 1) / g.PPSize, Copies: gb.Copies, Body: gb.Body}
			if r.mount != "" {
				lv.Label = ptr(r.mount)
			}
			if r.name == "hd5" {
				lv.Label = ptr("primary_bootlv")
			}
			b.hostVolume(h, hg, &lv)
		}
		for _, r := range rootVolumes {
			if r.mount != "" && b.err == nil {
				b.rootFS(h, hg, r.name, r.mount, r.vol, r.used)
			}
		}
		h.Mounts = append(h.Mounts, &mounted{Dev: "/proc", Over: "/proc", VFS: "procfs", Options: "rw", at: h.Booted})
		h.Stanzas = append(h.Stanzas, &stanza{Mount: "/proc", Dev: "/proc", VFS: "procfs", Auto: "true", Check: "false", Options: "rw", Account: "false", Vol: "proc", Free: "false"})
	}
	for i := range gb.Volumes {
		if b.err == nil {
			b.hostVolume(h, hg, &gb.Volumes[i])
		}
	}
	for i := range gb.FS {
		if b.err == nil {
			b.hostFS(h, hg, &gb.FS[i])
		}
	}
}

func ptr[T any](v T) *T { return &v }

func (b *builder) hostVolume(h *Host, hg *hostGroup, lb *hostLVBody) {
	g := hg.disk
	v := newVolume(g, lb.Name, opt(lb.Kind, "jfs2"))
	v.Inter, v.Intra, v.Strict = opt(lb.Inter, "m"), opt(lb.Intra, "m"), opt(lb.Strict, "y")
	v.MaxLPs, v.Upper, v.Label = max(opt(lb.MaxLPs, 512), lb.LPs), opt(lb.Upper, v.Upper), opt(lb.Label, "")
	copies := opt(lb.Copies, 1)
	if !volumeName.MatchString(lb.Name) || len(lb.Name) > 15 || h.knows(lb.Name) || g.volume(lb.Name) != nil || copies < 1 || copies > 3 || lb.LPs < 1 ||
		!contains("m x", v.Inter) || searchOrder[v.Intra] == [5]int{} || !contains("y n s", v.Strict) {
		b.fail(lb.Body, "logical_volume %q: the name is used once, lps is 1 or more, copies 1 to 3, inter_policy m or x, intra_policy e, m, c, im or ie, strict y, n or s", lb.Name)
		return
	}
	on := g.Members
	if lb.Disks != nil {
		on = nil
		for _, name := range lb.Disks {
			if d := h.disk(name); d != nil && g.member(d.medium) != nil {
				on = append(on, g.member(d.medium))
			}
		}
	}
	if v.Parts = g.allocate(v, lb.LPs, copies, on); v.Parts == nil {
		b.fail(lb.Body, "logical_volume %q: the disks have no %d free partitions", lb.Name, lb.LPs*copies)
		return
	}
	g.add(v)
	hg.LVs[v.Minor] = v.Name
	if v.Kind == "jfs2log" {
		v.FS = &fileSystem{Log: true}
	}
}

func (b *builder) rootFS(h *Host, hg *hostGroup, lv, mount, vol string, used int) {
	s := &stanza{Mount: mount, Dev: "/dev/" + lv, VFS: "jfs2", Log: "/dev/hd8", Auto: "true", Check: "true", Vol: vol, Free: "false"}
	switch lv {
	case "hd4", "hd2", "hd9var":
		s.Auto, s.Check, s.Type = "automatic", "false", "bootfs"
		s.Free = map[string]string{"hd4": "true", "hd2": "false", "hd9var": "false"}[lv]
	}
	h.Stanzas = append(h.Stanzas, s)
	v := hg.disk.volume(lv)
	v.FS = &fileSystem{Blocks: v.blocks(hg.disk), AgBlk: 4096, EA: "v1", UsedMB: used}
	v.Block = s.copy()
	h.Mounts = append(h.Mounts, &mounted{Dev: s.Dev, Over: mount, VFS: "jfs2", Options: "rw,log=/dev/hd8", at: h.Booted})
}

func (b *builder) hostFS(h *Host, hg *hostGroup, fb *hostFSBody) {
	g := hg.disk
	v := g.volume(fb.LV)
	if v == nil || v.Kind != "jfs2" || v.FS != nil || h.stanza(fb.Mount) != nil || !strings.HasPrefix(fb.Mount, "/") {
		b.fail(fb.Body, "filesystem %q: there is no logical volume %q of the type jfs2 without a file system, or the mount point is used", fb.Mount, fb.LV)
		return
	}
	v.FS = &fileSystem{Blocks: v.blocks(g), AgBlk: 4096, EA: "v1", UsedMB: opt(fb.UsedMB, 0)}
	log := opt(fb.Log, "INLINE")
	if log == "INLINE" {
		v.FS.Inline = inlineLog(v.FS.Blocks)
	} else {
		l := g.volume(log)
		if l == nil || l.Kind != "jfs2log" {
			b.fail(fb.Body, "filesystem %q: there is no log volume %q", fb.Mount, log)
			return
		}
		log = "/dev/" + log
	}
	if v.FS.used() > v.FS.Blocks {
		b.fail(fb.Body, "filesystem %q: %d MB do not fit", fb.Mount, v.FS.UsedMB)
	}
	s := &stanza{Mount: fb.Mount, Dev: "/dev/" + v.Name, VFS: "jfs2", Log: log, Auto: trueFalse(opt(fb.Auto, true)), Type: opt(fb.Type, ""), Options: opt(fb.Options, "rw"), Account: "false"}
	h.Stanzas = append(h.Stanzas, s)
	v.Label, v.Block = fb.Mount, s.copy()
	if opt(fb.Mounted, true) && hg.State == vgActive {
		h.Mounts = append(h.Mounts, &mounted{Dev: s.Dev, Over: s.Mount, VFS: "jfs2", Options: s.mountOptions(""), at: h.Booted})
	}
	if h.Files[fb.Mount] == nil {
		h.Files[fb.Mount] = &hostFile{Dir: true, Mode: 0o755, at: h.Booted}
	}
}

func trueFalse(v bool) string {
	if v {
		return "true"
	}
	return "false"
}

func (b *builder) imported(h *Host, ib *importBody) {
	var g *diskGroup
	if ib.Disk != nil {
		if d := h.disk(*ib.Disk); d != nil {
			g = d.medium.group
		}
	} else {
		for _, x := range append(b.e.diskGroups(), b.written...) {
			if x.ID == opt(ib.Group, "") {
				g = x
			}
		}
	}
	if g == nil || h.knows(ib.Name) {
		b.fail(ib.Body, "imported %q: give disk (of a host here) or group (the identifier) with a volume group on it; the name is used once", ib.Name)
		return
	}
	hg := &hostGroup{Name: ib.Name, Major: opt(ib.Major, h.nextMajor(ib.Name)), disk: g, State: opt(ib.State, vgOff), PVIDs: ib.PVIDs, LVs: map[int]string{},
		since: b.moment(ib.Body, ib.At, nil)}
	hg.Reserves = opt(ib.Reserves, hg.State == vgActive)
	if !slices.Contains([]string{vgOff, vgActive, vgConcurrent, vgPassive}, hg.State) {
		b.fail(ib.Body, "imported %q: state is active, concurrent, passive or empty", ib.Name)
	}
	h.Groups = append(h.Groups, hg)
	for minor, name := range ib.LVs {
		if n, err := strconv.Atoi(minor); err == nil {
			hg.LVs[n] = name
		}
	}
	if ib.Disk == nil {
		return
	}
	// The short form: everything that is on the disks is known.
	for _, m := range g.Members {
		for _, d := range h.Disks {
			if d.medium == m.medium {
				d.PVID = m.medium.pvid()
			}
		}
	}
	for _, v := range h.learn(hg) {
		if h.knows(v.Name) {
			b.fail(ib.Body, "imported %q: the name of the logical volume %q is used", ib.Name, v.Name)
		}
		hg.LVs[v.Minor] = v.Name
		if v.Block != nil {
			h.Stanzas = append(h.Stanzas, v.Block.copy())
		}
	}
}

func readStanza(s stanzaBody) *stanza {
	return &stanza{Mount: s.Mount, Dev: s.Dev, VFS: opt(s.VFS, "jfs2"), Log: opt(s.Log, ""), Auto: opt(s.Auto, "false"), Check: opt(s.Check, ""), Type: opt(s.Type, ""),
		Options: opt(s.Options, ""), Account: opt(s.Account, ""), Vol: opt(s.Vol, ""), Free: opt(s.Free, ""), Node: opt(s.Node, "")}
}

func (w *encoder) stanza(block string, s *stanza) {
	w.open("%s %s", block, quoteHCL(s.Mount))
	w.str("dev", s.Dev, "\x00")
	w.str("vfs", s.VFS, "jfs2")
	w.str("log", s.Log, "")
	w.str("auto", s.Auto, "false")
	w.str("check", s.Check, "")
	w.str("type", s.Type, "")
	w.str("options", s.Options, "")
	w.str("account", s.Account, "")
	w.str("vol", s.Vol, "")
	w.str("free", s.Free, "")
	w.str("node", s.Node, "")
	w.close()
}

// encodeDiskGroups writes what is on the disks of the hosts.
func (e *Estate) encodeDiskGroups(w *encoder) {
	for _, g := range e.diskGroups() {
		w.open("disk_group %s", quoteHCL(g.ID))
		w.str("type", g.Kind, vgNormal)
		w.num("pp_size_mb", g.PPSize, 0)
		w.num("factor", g.Factor, 1)
		w.num("max_lvs", g.MaxLVs, 0)
		w.num("max_pps", g.MaxPPs, 0)
		w.flag("auto_on", g.Auto, true)
		w.flag("quorum", g.Quorum, true)
		w.flag("concurrent_capable", g.ECM, false)
		w.flag("auto_sync", g.AutoSync, false)
		w.str("hot_spare", g.HotSpare, "no")
		w.flag("relocate_bad_blocks", g.BadBlocks, true)
		w.str("mirror_pool_strict", g.Strict, "off")
		w.flag("infinite_retry", g.Retry, false)
		w.flag("critical", g.Critical, false)
		for _, m := range g.Members {
			w.open("member %s", quoteHCL(m.medium.name))
			w.num("pps", m.PPs, -1)
			w.str("mirror_pool", m.Pool, "")
			w.flag("closed", m.Closed, false)
			w.flag("overwritten", m.medium.group != g || !e.alive(m.medium) || slices.Contains(e.orphans, m.medium), false)
			w.close()
		}
		for _, v := range g.Volumes {
			encodeDiskVolume(w, g, v)
		}
		w.close()
	}
}

func encodeDiskVolume(w *encoder, g *diskGroup, v *volume) {
	w.open("volume %s", quoteHCL(v.Name))
	w.num("minor", v.Minor, -1)
	w.str("type", v.Kind, "\x00")
	w.str("label", v.Label, "")
	w.num("max_lps", v.MaxLPs, -1)
	w.num("upper_bound", v.Upper, -1)
	w.str("inter_policy", v.Inter, "m")
	w.str("intra_policy", v.Intra, "m")
	w.str("strict", v.Strict, "y")
	w.str("schedule", v.Schedule, "p")
	w.str("mwc", v.MWC, "a")
	w.flag("verify", v.Verify, false)
	w.flag("fixed", v.Fixed, false)
	w.flag("no_relocation", v.NoBB, false)
	w.flag("read_only", v.ReadOnly, false)
	w.flag("serialize_io", v.Serial, false)
	w.num("strip_size_kb", v.StripeKB, 0)
	w.num("stripe_width", v.Width, 0)
	var copies []string
	for c := 0; c < v.copies() && len(v.Parts) > 0; c++ {
		copies = append(copies, g.writeParts(v, c))
	}
	w.list("copies", copies)
	w.list("mirror_pools", v.named())
	if f := v.FS; f != nil {
		w.open("filesystem")
		w.num("blocks", f.Blocks, 0)
		w.num("agblksize", f.AgBlk, 4096)
		w.num("inline_log_mb", f.Inline, 0)
		w.num("used_mb", f.UsedMB, 0)
		w.str("ea", f.EA, "v1")
		w.flag("mount_guard", f.Guard, false)
		w.flag("isnapshot", f.Snap, false)
		w.flag("efs", f.EFS, false)
		w.flag("quota", f.Quota, false)
		w.flag("dirty", f.Dirty, false)
		w.flag("log", f.Log, false)
		w.num("maxext", f.MaxExt, 0)
		w.flag("vix", !f.NoVIX, true)
		w.close()
	}
	if v.Block != nil {
		w.stanza("control_block", v.Block)
	}
	w.close()
}

func (e *Estate) encodeHost(w *encoder, h *Host) {
	at := func(t time.Time) { w.line("at = %s", quoteHCL(t.Format(time.RFC3339))) }
	w.str("level", h.Level, "")
	w.str("hostname", h.Hostname, h.Name)
	e.encodePart(w, h)
	if !h.inPartition() {
		w.str("machine", h.Machine, "")
		w.str("model", h.Model, defaultHostModel)
		w.num("memory_mb", h.MemoryMB, 8192)
	}
	w.flag("cluster", h.Cluster, false)
	e.encodePowerHA(w, h)
	w.list("boot_list", h.Boot)
	w.list("software", h.Software)
	w.list("service_boot_list", h.BootService)
	w.quotedTable("device_attributes", h.DevAttrs)
	w.line("booted = %s", quoteHCL(h.Booted.Format(time.RFC3339)))
	var rest []string
	for _, l := range h.Fabric {
		if !slices.ContainsFunc(h.Disks, func(d *HostDisk) bool { return d.LUN == l }) {
			rest = append(rest, l.Name)
		}
	}
	w.list("unconfigured", rest)
	for _, d := range h.Disks {
		w.open("disk %s", quoteHCL(d.Name))
		switch {
		case h.inPartition():
			e.encodeVirtualDisk(w, d)
		case d.LUN != nil:
			w.str("lun", d.LUN.Name, "")
		default:
			w.str("id", strings.TrimPrefix(d.medium.name, h.Name+"/"), d.Name)
			w.num("size_mb", d.medium.sizeMB, 0)
			w.str("pvid", d.medium.id, "")
		}
		w.str("known_pvid", d.PVID, d.medium.pvid())
		w.flag("defined", d.Defined, false)
		w.quotedTable("path_states", d.PathState)
		w.table("attributes", d.Attrs)
		w.table("pending", d.Pending)
		w.close()
	}
	for _, m := range h.internal {
		if slices.ContainsFunc(h.Disks, func(d *HostDisk) bool { return d.medium == m }) {
			continue
		}
		id := strings.TrimPrefix(m.name, h.Name+"/")
		w.open("disk %s", quoteHCL("absent "+id))
		w.str("id", id, "")
		w.line("absent = true")
		w.num("size_mb", m.sizeMB, 0)
		w.str("pvid", m.id, "")
		w.close()
	}
	for _, g := range h.Groups {
		w.open("imported %s", quoteHCL(g.Name))
		w.str("group", g.disk.ID, "")
		w.num("major", g.Major, 0)
		w.str("state", g.State, vgOff)
		w.flag("reserves", g.Reserves, g.State == vgActive)
		w.list("pvids", g.PVIDs)
		names := map[string]string{}
		for minor, n := range g.LVs {
			names[strconv.Itoa(minor)] = n
		}
		w.quotedTable("logical_volumes", names)
		at(g.since)
		w.close()
	}
	for _, s := range h.Stanzas {
		w.stanza("stanza", s)
	}
	for _, m := range h.Mounts {
		w.open("mounted %s", quoteHCL(m.Over))
		w.str("dev", m.Dev, "\x00")
		w.str("vfs", m.VFS, "jfs2")
		w.str("options", m.Options, "rw")
		w.str("node", m.Node, "")
		at(m.at)
		w.close()
	}
	for _, n := range h.Interfaces {
		w.open("interface %s", quoteHCL(n.Name))
		w.str("address", n.stored.Address, "")
		w.str("netmask", n.stored.Netmask, "")
		if h.inPartition() {
			w.num("slot", n.Slot, 0)
		} else {
			w.str("mac", n.MAC, "")
		}
		w.str("state", n.stored.State, "up")
		w.list("aliases", n.stored.Aliases)
		if n.Address != n.stored.Address || n.Netmask != n.stored.Netmask || n.State != n.stored.State || !slices.Equal(n.Aliases, n.stored.Aliases) {
			w.open("live")
			w.str("address", n.Address, "")
			w.str("netmask", n.Netmask, "")
			w.str("state", n.State, "up")
			w.list("aliases", n.Aliases)
			w.close()
		}
		w.close()
	}
	encodeErrors(w, h)
	for _, s := range h.Subsystems {
		w.open("subsystem %s", quoteHCL(s.Name))
		w.str("group", s.Group, "")
		w.num("pid", s.PID, 0)
		w.close()
	}
	encodeHostRest(w, h)
	encodeAccounts(w, h)
	encodeFiles(w, h)
	h.encodeWpars(w, e.Now)
}

func encodeFiles(w *encoder, h *Host) {
	for _, p := range sortedKeys(h.Files) {
		f := h.Files[p]
		w.open("file %s", quoteHCL(p))
		w.flag("directory", f.Dir, false)
		if f.Mode != map[bool]int{true: 0o755, false: 0o644}[f.Dir] {
			w.line("mode = %s", quoteHCL(fmt.Sprintf("%#o", f.Mode)))
		}
		w.str("data", f.Data, "")
		w.line("at = %s", quoteHCL(f.at.Format(time.RFC3339)))
		w.close()
	}
}

// quotedTable is table for keys that are no names.
func (w *encoder) quotedTable(name string, m map[string]string) {
	quoted := map[string]string{}
	for k, v := range m {
		quoted[quoteHCL(k)] = v
	}
	w.table(name, quoted)
}

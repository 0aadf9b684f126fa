package lab

import (
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Host is an AIX host. What its device database (ODM) and its files know is here; what LVM knows is on the disks, which
// several hosts may share.
type Host struct {
	Name        string
	Hostname    string
	Level       string // as oslevel -s prints it
	Address     string
	Machine     string // uname -m
	Model       string
	MemoryMB    int
	Cluster     bool // group services are there: concurrent volume groups can be varied on
	Disks       []*HostDisk
	Fabric      []*LUN // what zoning shows, configured or not
	internal    []*medium
	Groups      []*hostGroup
	Stanzas     []*stanza
	Mounts      []*mounted
	Interfaces  []*hostInterface
	Subsystems  []*subsystem
	Files       map[string]*hostFile
	Boot        []string // the boot list, where it was set
	BootService []string
	DevAttrs    map[string]string // device|attribute where it was changed, in front boot| for the next boot
	Booted      time.Time
	Software    []string // filesets that not every host has
	Wpars       []*wpar
	in          *wpar // of which this is the view
	global      *Host // the host of that partition
	bare        bool  // nothing but files: those of a server
	pid         int
	HA          *haNode // PowerHA, where it is installed
	Processes   []*process
	State       string  // up, down or booting
	Partition   *string // that it is in, as the scenario names it; empty where that is gone
	Adapters    []*hostAdapter
	Errors      []hostError // the error log, oldest first
	Exported    []export    // what NFS shows now
	Routes      []hostRoute
	Users       []*hostUser
	UserGroups  []*hostUserGroup
	Security    map[string]string // file|stanza|attribute of /etc/security
	Tuned       map[string]string // component|tunable, in front boot| for the next boot

	// What it has of its partition.
	serial   string
	lparID   int
	lparName string
	res      Resources
	sysProcs int
}

// HostDisk is an hdisk in the device database of a host.
type HostDisk struct {
	Name      string
	LUN       *LUN    // nil: an internal disk
	medium    *medium // what it is made of
	PVID      string  // as this host read it
	Defined   bool
	Attrs     map[string]string // where they differ from the default
	Pending   map[string]string // chdev -P: since then only in the database
	Paths     []diskPath        // of a host in a partition
	PathState map[string]string // parent,connection: disabled, defined or deleted by a command
	id        string            // of a virtual disk, as its server passes it on
	lost      bool              // no path works
}

// medium is a disk as every host sees it that can reach it.
type medium struct {
	name   string // of the LUN, or host/hdisk
	lun    *LUN
	sizeMB int
	id     string
	group  *diskGroup // whose descriptor area is on it
	// Of a disk that a Virtual I/O Server makes of something else.
	physical *Disk
	sized    func() int
}

func (m *medium) size() int {
	switch {
	case m.lun != nil:
		return m.lun.SizeMB
	case m.sized != nil:
		return m.sized()
	}
	return m.sizeMB
}

func (m *medium) pvid() string {
	switch {
	case m.lun != nil:
		return m.lun.PVID
	case m.physical != nil:
		return m.physical.PVID
	}
	return m.id
}

func (m *medium) setPVID(id string) {
	switch {
	case m.lun != nil:
		m.lun.PVID = id
	case m.physical != nil:
		m.physical.PVID = id
	default:
		m.id = id
	}
}

// medium of a LUN is made when the first host looks at it.
func (l *LUN) disk() *medium {
	if l.medium == nil {
		l.medium = &medium{name: l.Name, lun: l}
	}
	return l.medium
}

// Kinds of volume groups.
const (
	vgNormal   = "normal"
	vgBig      = "big"
	vgScalable = "scalable"
)

// diskGroup is a volume group as its descriptor areas hold it.
type diskGroup struct {
	ID        string
	Kind      string
	PPSize    int // MB
	Factor    int
	MaxLVs    int
	MaxPPs    int
	Auto      bool
	Quorum    bool
	ECM       bool // enhanced concurrent capable
	AutoSync  bool
	HotSpare  string
	BadBlocks bool
	Strict    string // of mirror pools: off, on, super
	Retry     bool
	Critical  bool
	Members   []*member
	Volumes   []*volume
}

// member is a physical volume of a group.
type member struct {
	medium *medium
	PPs    int
	Pool   string // mirror pool
	Closed bool   // not allocatable
}

// part is a physical partition of a logical one.
type part struct {
	on    *member
	pp    int // from 1
	stale bool
}

// volume is a logical volume.
type volume struct {
	Name     string
	Minor    int
	Kind     string // jfs2, jfs2log, paging, ...
	Label    string
	Parts    [][]part // logical partitions with their copies
	MaxLPs   int
	Upper    int
	Inter    string // m, x
	Intra    string // e, m, c, im, ie
	Strict   string // y, n, s
	Schedule string // p, s, ps, pr
	MWC      string // a, p, n
	Verify   bool
	Fixed    bool // not relocatable
	NoBB     bool
	ReadOnly bool
	Serial   bool
	StripeKB int       // of a striped volume
	Pools    [3]string // mirror pools of the copies
	Width    int
	FS       *fileSystem
	Block    *stanza // the control block of a filesystem
}

// fileSystem is what mkfs wrote on a volume.
type fileSystem struct {
	Blocks int // of 512 bytes
	AgBlk  int
	Inline int // MB of an inline log
	UsedMB int
	EA     string
	Guard  bool
	Snap   bool
	EFS    bool
	Quota  bool
	Dirty  bool // fsck is due
	Log    bool // formatted as a log
	MaxExt int
	NoVIX  bool // inodes have fixed places
}

// How a group is varied on.
const (
	vgOff        = ""
	vgActive     = "active"
	vgConcurrent = "concurrent"
	vgPassive    = "passive"
)

// hostGroup is what a host has imported of a volume group.
type hostGroup struct {
	Name     string
	Major    int
	disk     *diskGroup
	State    string
	Reserves bool     // holds the reservations of its disks
	PVIDs    []string // in the database
	LVs      map[int]string
	since    time.Time
}

// stanza is an entry of /etc/filesystems.
type stanza struct {
	Mount, Dev, VFS, Log, Auto, Check, Type, Options, Account, Vol, Free, Node string
}

// mounted is a filesystem in use.
type mounted struct {
	Dev, Over, VFS, Options, Node string
	at                            time.Time
	remote                        *Host // of NFS: whose files it shows
	readOnly                      bool
	silent                        bool    // its server does not answer
	vol                           *volume // in the view of a workload partition, which does not see it
}

type hostInterface struct {
	Name, Address, Netmask, MAC, State string
	Aliases                            []string
	Slot                               int            // of the adapter, in a partition
	stored                             interfaceState // in the database
	gone, vnic                         bool
}

type subsystem struct {
	Name, Group string
	PID         int
}

// hostFile is a file or a directory outside of what is rendered from the model.
type hostFile struct {
	Dir  bool
	Mode int
	Data string
	at   time.Time
}

// stableHex makes digits that are the same in every run.
func stableHex(n int, parts ...any) string {
	h := fnv.New128a()
	fmt.Fprintln(h, parts...)
	s := fmt.Sprintf("%x", h.Sum(nil))
	return s[:min(n, len(s))]
}

// media are all disks that a host of the estate could have.
func (e *Estate) media() []*medium {
	var out []*medium
	for _, l := range e.SAN {
		out = append(out, l.disk())
	}
	out = append(out, e.virtualMedia()...)
	for _, h := range e.hosts() {
		out = append(out, h.internal...)
	}
	return out
}

func (e *Estate) hosts() []*Host {
	var out []*Host
	for _, c := range e.Consoles {
		if c.Host != nil {
			out = append(out, c.Host)
		}
	}
	return out
}

// newPVID is made of the machine and the moment, as on a real host.
func (e *Estate) newPVID(h *Host) string {
	for ms := e.Now.UnixMilli(); ; ms++ {
		id := fmt.Sprintf("%s%08x", strings.ToLower(h.Machine[:8]), uint32(ms))
		if !slices.ContainsFunc(e.media(), func(m *medium) bool { return m.pvid() == id }) {
			return id
		}
	}
}

func (e *Estate) newVGID(h *Host) string {
	for ms := e.Now.UnixMilli(); ; ms++ {
		id := fmt.Sprintf("%s00004c00%016x", strings.ToLower(h.Machine[:8]), ms)
		if !slices.ContainsFunc(e.diskGroups(), func(g *diskGroup) bool { return g.ID == id }) {
			return id
		}
	}
}

// diskGroups are all groups that a disk holds or a host remembers.
func (e *Estate) diskGroups() []*diskGroup {
	var out []*diskGroup
	add := func(g *diskGroup) {
		if g != nil && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	for _, m := range e.media() {
		add(m.group)
	}
	for _, h := range e.hosts() {
		for _, g := range h.Groups {
			add(g.disk)
		}
	}
	return out
}

func (h *Host) major() int { n, _ := strconv.Atoi(h.Level[:1]); return n }

func (h *Host) release() int { n, _ := strconv.Atoi(h.Level[1:2]); return n }

// atLeast tells whether the level is version.release or later.
func (h *Host) atLeast(version, release int) bool {
	return h.major() > version || h.major() == version && h.release() >= release
}

func (h *Host) disk(name string) *HostDisk {
	for _, d := range h.Disks {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// diskOf finds the hdisk by which a host reaches a member: by the identifier that its database has.
func (h *Host) diskOf(m *member) *HostDisk {
	for _, d := range h.Disks {
		if d.medium == m.medium && !d.Defined && !d.lost && d.PVID == m.medium.pvid() && d.PVID != "" {
			return d
		}
	}
	return nil
}

func (h *Host) group(name string) *hostGroup {
	for _, g := range h.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// groupOf finds the group that the database has a disk in. A group that was overwritten elsewhere comes last.
func (h *Host) groupOf(d *HostDisk) *hostGroup {
	for _, g := range h.Groups {
		if d.PVID != "" && g.disk == d.medium.group && slices.Contains(g.PVIDs, d.PVID) {
			return g
		}
	}
	return h.groupWith(d.PVID)
}

func (h *Host) groupWith(pvid string) *hostGroup {
	for _, g := range h.Groups {
		if pvid != "" && slices.Contains(g.PVIDs, pvid) {
			return g
		}
	}
	return nil
}

// volume finds a logical volume by the name that the database has.
func (h *Host) volume(name string) (*hostGroup, *volume) {
	for _, g := range h.Groups {
		for minor, n := range g.LVs {
			if n != name {
				continue
			}
			for _, v := range g.disk.Volumes {
				if v.Minor == minor {
					return g, v
				}
			}
		}
	}
	return nil, nil
}

// knows tells whether a name under /dev is taken.
func (h *Host) knows(name string) bool {
	if h.group(name) != nil || h.disk(name) != nil {
		return true
	}
	for _, g := range h.Groups {
		for _, n := range g.LVs {
			if n == name {
				return true
			}
		}
	}
	return false
}

// freeName is the first of prefix00, prefix01, ...
func (h *Host) freeName(prefix string) string {
	for n := 0; ; n++ {
		if name := fmt.Sprintf("%s%02d", prefix, n); !h.knows(name) {
			return name
		}
	}
}

func (h *Host) freeDisk() string {
	for n := 0; ; n++ {
		if name := "hdisk" + strconv.Itoa(n); h.disk(name) == nil {
			return name
		}
	}
}

// freeMajors are the major numbers that no device has, from a low one on.
func (h *Host) freeMajors(n int) []int {
	var out []int
	for m := 39; len(out) < n; m++ {
		taken := false
		for _, g := range h.Groups {
			taken = taken || g.Major == m
		}
		if !taken {
			out = append(out, m)
		}
	}
	return out
}

func (h *Host) dropGroup(g *hostGroup) {
	h.Groups = slices.DeleteFunc(slices.Clone(h.Groups), func(x *hostGroup) bool { return x == g })
}

func (h *Host) stanza(mount string) *stanza {
	for _, s := range h.Stanzas {
		if s.Mount == mount {
			return s
		}
	}
	return nil
}

func (h *Host) stanzaOf(lv string) *stanza {
	for _, s := range h.Stanzas {
		if s.Dev == "/dev/"+lv {
			return s
		}
	}
	return nil
}

func (h *Host) mountAt(over string) *mounted {
	for i := len(h.Mounts) - 1; i >= 0; i-- {
		if h.Mounts[i].Over == over {
			return h.Mounts[i]
		}
	}
	return nil
}

func (h *Host) mountOf(dev string) *mounted {
	for _, m := range h.Mounts {
		if m.Dev == dev {
			return m
		}
	}
	return nil
}

// opened tells whether something on this host uses a logical volume.
func (h *Host) opened(g *hostGroup, v *volume) bool {
	if g.State == vgOff || g.State == vgPassive {
		return false
	}
	name := g.LVs[v.Minor]
	if name == "" {
		return false
	}
	dev := "/dev/" + name
	if h.mountOf(dev) != nil {
		return true
	}
	switch v.Kind {
	case "paging", "sysdump":
		return g.Name == "rootvg"
	case "jfs2log", "jfslog":
		for _, m := range h.Mounts {
			if strings.Contains(m.Options+",", "log="+dev+",") {
				return true
			}
		}
	}
	return false
}

// attr is the value of an attribute of a disk that is in force.
func (d *HostDisk) attr(name string) string {
	if v, ok := d.Attrs[name]; ok {
		return v
	}
	return d.defaults()[name].value
}

// reservedBy finds another host that holds a reservation of a disk.
func (e *Estate) reservedBy(m *medium, not *Host) *Host {
	for _, h := range e.hosts() {
		if h == not {
			continue
		}
		for _, g := range h.Groups {
			if g.State != vgActive || !g.Reserves || m.group != g.disk {
				continue
			}
			for _, d := range h.Disks {
				if p := d.attr("reserve_policy"); d.medium == m && (p == "single_path" || p == "PR_exclusive") {
					return h
				}
			}
		}
	}
	return nil
}

// activeElsewhere finds another host that has a group varied on.
func (e *Estate) activeElsewhere(g *diskGroup, not *Host) *Host {
	for _, h := range e.hosts() {
		for _, x := range h.Groups {
			if h != not && x.disk == g && (x.State == vgActive || x.State == vgConcurrent) {
				return h
			}
		}
	}
	return nil
}

// mountedElsewhere tells whether another host has the filesystem on a volume mounted.
func (e *Estate) mountedElsewhere(v *volume, not *Host) bool {
	for _, h := range e.hosts() {
		for _, g := range h.Groups {
			if h != not && slices.Contains(g.disk.Volumes, v) && h.mountOf("/dev/"+g.LVs[v.Minor]) != nil {
				return true
			}
		}
	}
	return false
}

// lvmOverhead is what LVM keeps of a disk for itself, in MB. The descriptor area of a scalable group is large.
func lvmOverhead(kind string) int {
	if kind == vgScalable {
		return 66
	}
	return 2
}

func partsFor(kind string, size, pp int) int { return max(0, (size-lvmOverhead(kind))/pp) }

// perDisk is how many partitions one disk may bring.
func (g *diskGroup) perDisk() int {
	if g.Kind == vgScalable {
		return g.MaxPPs
	}
	return 1016 * g.Factor
}

func (g *diskGroup) maxPVs() int {
	switch g.Kind {
	case vgScalable:
		return 1024
	case vgBig:
		return 128 / g.Factor
	}
	return 32 / g.Factor
}

func (g *diskGroup) maxPPs() int {
	switch g.Kind {
	case vgScalable:
		return g.MaxPPs
	case vgBig:
		return 130048
	}
	return 32512
}

func (g *diskGroup) total() int {
	n := 0
	for _, m := range g.Members {
		n += m.PPs
	}
	return n
}

func (g *diskGroup) used() int {
	n := 0
	for _, v := range g.Volumes {
		n += v.pps()
	}
	return n
}

// descriptors is how many descriptor areas a member holds.
func (g *diskGroup) descriptors(m *member) int {
	if len(g.Members) == 1 || len(g.Members) == 2 && g.Members[0] == m {
		return 2
	}
	return 1
}

func (g *diskGroup) allDescriptors() int {
	n := 0
	for _, m := range g.Members {
		n += g.descriptors(m)
	}
	return n
}

func (g *diskGroup) quorum() int {
	if !g.Quorum {
		return 1
	}
	return g.allDescriptors()/2 + 1
}

func (g *diskGroup) member(m *medium) *member {
	for _, x := range g.Members {
		if x.medium == m {
			return x
		}
	}
	return nil
}

func (g *diskGroup) volume(name string) *volume {
	for _, v := range g.Volumes {
		if v.Name == name {
			return v
		}
	}
	return nil
}

func (g *diskGroup) dropVolume(v *volume) {
	g.Volumes = slices.DeleteFunc(slices.Clone(g.Volumes), func(x *volume) bool { return x == v })
}

// stalePPs is how many partitions of the group are stale; disks on how many disks.
func (g *diskGroup) stalePPs() (n, disks int) {
	on := map[*member]bool{}
	for _, v := range g.Volumes {
		for _, lp := range v.Parts {
			for _, p := range lp {
				if p.stale {
					n++
					on[p.on] = true
				}
			}
		}
	}
	return n, len(on)
}

func (v *volume) copies() int {
	if len(v.Parts) == 0 {
		return 1
	}
	n := 1
	for _, lp := range v.Parts {
		n = max(n, len(lp))
	}
	return n
}

func (v *volume) pps() int {
	n := 0
	for _, lp := range v.Parts {
		n += len(lp)
	}
	return n
}

func (v *volume) stale() int {
	n := 0
	for _, lp := range v.Parts {
		for _, p := range lp {
			if p.stale {
				n++
			}
		}
	}
	return n
}

// members are the disks that a volume is on, in the order of the group.
func (v *volume) members(g *diskGroup) []*member {
	var out []*member
	for _, m := range g.Members {
		if v.on(m) > 0 {
			out = append(out, m)
		}
	}
	return out
}

func (v *volume) on(m *member) int {
	n := 0
	for _, lp := range v.Parts {
		for _, p := range lp {
			if p.on == m {
				n++
			}
		}
	}
	return n
}

// user is who has the partitions of a disk.
type user struct {
	v     *volume
	lp    int // from 1
	copy  int // from 1
	stale bool
}

// partMap is the use of the partitions of a disk; the index is the number of the partition.
func (g *diskGroup) partMap(m *member) []user {
	out := make([]user, m.PPs+1)
	for _, v := range g.Volumes {
		for i, lp := range v.Parts {
			for c, p := range lp {
				if p.on == m {
					out[p.pp] = user{v, i + 1, c + 1, p.stale}
				}
			}
		}
	}
	return out
}

func (g *diskGroup) free(m *member) int {
	n := m.PPs
	for _, v := range g.Volumes {
		n -= v.on(m)
	}
	return n
}

// regions are the sizes of the five regions of a disk, from the outer edge inwards.
func regions(pps int) [5]int {
	n, rest := pps/5, pps%5
	out := [5]int{n, n, n, n, n}
	for i, r := range []int{0, 4, 1, 3} {
		if i < rest {
			out[r]++
		}
	}
	return out
}

// regionOf is the region that a partition is in.
func regionOf(pps, pp int) int {
	for i, n := range regions(pps) {
		if pp <= n {
			return i
		}
		pp -= n
	}
	return 4
}

var regionNames = [5]string{"outer edge", "outer middle", "center", "inner middle", "inner edge"}

// distribution counts the partitions of a disk that are free, or used by one volume or by any, by region.
func (g *diskGroup) distribution(m *member, take func(user) bool) [5]int {
	var out [5]int
	for pp, u := range g.partMap(m) {
		if pp > 0 && take(u) {
			out[regionOf(m.PPs, pp)]++
		}
	}
	return out
}

func distributionText(d [5]int) string {
	var out []string
	for _, n := range d {
		out = append(out, fmt.Sprintf("%02d", n))
	}
	return strings.Join(out, "..")
}

// searchOrder is in which order the regions of a disk are searched for a policy.
var searchOrder = map[string][5]int{"e": {0, 1, 2, 3, 4}, "m": {1, 0, 2, 3, 4}, "c": {2, 1, 3, 0, 4}, "im": {3, 2, 4, 1, 0}, "ie": {4, 3, 2, 1, 0}}

// room is the free partitions of a disk in the order of a policy.
type room struct {
	m    *member
	free []int
}

func (g *diskGroup) room(m *member, intra string) *room {
	var by [5][]int
	for pp, u := range g.partMap(m) {
		if pp > 0 && u.v == nil {
			r := regionOf(m.PPs, pp)
			by[r] = append(by[r], pp)
		}
	}
	out := &room{m: m}
	for _, r := range searchOrder[intra] {
		out.free = append(out.free, by[r]...)
	}
	return out
}

func (r *room) take() int {
	pp := r.free[0]
	r.free = r.free[1:]
	return pp
}

// allocate finds partitions for a volume: grow further logical partitions with all copies, or, with grow 0, one more copy
// of those that are there. It changes nothing. Nil means that the request cannot be met.
func (g *diskGroup) allocate(v *volume, grow, copies int, on []*member) [][]part {
	next := make([][]part, len(v.Parts)+grow)
	for i := range v.Parts {
		next[i] = slices.Clone(v.Parts[i])
	}
	var rooms []*room
	for _, m := range on {
		rooms = append(rooms, g.room(m, v.Intra))
	}
	if v.Width > 0 {
		return g.striped(v, next, copies, on)
	}
	if v.Strict == "s" && copies > 1 {
		return g.superStrict(v, next, copies, rooms)
	}
	// The upper bound counts the disks that the volume is on already.
	used := map[*member]bool{}
	for _, m := range v.members(g) {
		used[m] = true
	}
	for c := 0; c < copies; c++ {
		turn := 0
		for i := range next {
			if len(next[i]) > c {
				continue
			}
			var best *room
			for k := range rooms {
				r := rooms[k]
				if v.Inter == "x" {
					r = rooms[(turn+k)%len(rooms)]
				}
				if len(r.free) == 0 || !v.suits(c, r.m) || !used[r.m] && len(used) >= v.Upper*max(1, boundCopies(v, copies)) {
					continue
				}
				if v.Strict == "y" && slices.ContainsFunc(next[i], func(p part) bool { return p.on == r.m }) {
					continue
				}
				best = r
				if v.Inter == "x" {
					turn += k + 1
				}
				break
			}
			if best == nil {
				return nil
			}
			used[best.m] = true
			next[i] = append(next[i], part{on: best.m, pp: best.take()})
		}
	}
	return next
}

// boundCopies: the upper bound holds for each copy of a mirrored volume when copies are kept apart.
func boundCopies(v *volume, copies int) int {
	if v.Strict == "n" {
		return 1
	}
	return copies
}

// superStrict keeps every copy on disks of its own.
func (g *diskGroup) superStrict(v *volume, next [][]part, copies int, rooms []*room) [][]part {
	owner := map[*member]int{}
	for _, lp := range next {
		for c, p := range lp {
			owner[p.on] = c + 1
		}
	}
	for c := 0; c < copies; c++ {
		for i := range next {
			if len(next[i]) > c {
				continue
			}
			var best *room
			for _, own := range []bool{true, false} {
				for _, r := range rooms {
					if best != nil || len(r.free) == 0 || !v.suits(c, r.m) {
						continue
					}
					count := 0
					for _, o := range owner {
						if o == c+1 {
							count++
						}
					}
					if own && owner[r.m] == c+1 || !own && owner[r.m] == 0 && count < v.Upper {
						best = r
					}
				}
			}
			if best == nil {
				return nil
			}
			owner[best.m] = c + 1
			next[i] = append(next[i], part{on: best.m, pp: best.take()})
		}
	}
	return next
}

// onlines are the members that a host can allocate on.
func (h *Host) onlines(g *hostGroup) []*member {
	var out []*member
	for _, m := range g.disk.Members {
		if h.diskOf(m) != nil && !m.Closed {
			out = append(out, m)
		}
	}
	return out
}

// minors sorted.
func (g *hostGroup) known() []int {
	var out []int
	for n := range g.LVs {
		out = append(out, n)
	}
	sort.Ints(out)
	return out
}

// learn takes over into the database what is on the disks, and returns the volumes that it did not know.
func (h *Host) learn(g *hostGroup) []*volume {
	g.PVIDs = nil
	for _, m := range g.disk.Members {
		g.PVIDs = append(g.PVIDs, m.medium.pvid())
	}
	there := map[int]bool{}
	var fresh []*volume
	for _, v := range g.disk.Volumes {
		there[v.Minor] = true
		if g.LVs[v.Minor] == "" {
			fresh = append(fresh, v)
		} else if g.LVs[v.Minor] != v.Name && !h.knows(v.Name) {
			if s := h.stanzaOf(g.LVs[v.Minor]); s != nil {
				s.Dev = "/dev/" + v.Name
			}
			g.LVs[v.Minor] = v.Name
		}
	}
	for minor, name := range g.LVs {
		if !there[minor] {
			if s := h.stanzaOf(name); s != nil {
				h.dropStanza(s)
			}
			delete(g.LVs, minor)
		}
	}
	return fresh
}

func (h *Host) dropStanza(s *stanza) {
	h.Stanzas = slices.DeleteFunc(slices.Clone(h.Stanzas), func(x *stanza) bool { return x == s })
}

// missing is how many members a host cannot reach; areas is how many descriptor areas it can.
func (e *Estate) reach(h *Host, g *diskGroup) (areas int, missing []*member) {
	for _, m := range g.Members {
		if h.diskOf(m) == nil || m.medium.group != g || e.reservedBy(m.medium, h) != nil || !e.reachesDisk(h, m.medium) {
			missing = append(missing, m)
			continue
		}
		areas += g.descriptors(m)
	}
	return areas, missing
}

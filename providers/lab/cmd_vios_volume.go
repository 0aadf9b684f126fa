package lab

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	usageMklv     = "mklv [-lv NewLogicalVolume | -prefix Prefix] VolumeGroup Size [PhysicalVolume ...]"
	usageRmlv     = "rmlv [-f] LogicalVolume"
	usageExtendlv = "extendlv LogicalVolume Size [PhysicalVolume ...]"
	usageLslv     = "lslv LogicalVolume [-field FieldName ...] [-fmt Delimiter]"
	usageMkvg     = "mkvg [-f] [-vg VolumeGroup] PhysicalVolume ..."
	usageExtendvg = "extendvg [-f] VolumeGroup PhysicalVolume ..."
	usageReducevg = "reducevg [-f] VolumeGroup PhysicalVolume ..."
	usageLssp     = "lssp [-default | -sp StoragePool {-bd | -detail}] [-field FieldName ...] [-fmt Delimiter]\n       lssp -clustername ClusterName [-sp StoragePool -bd] [-field FieldName ...] [-fmt Delimiter]"
	usageMksp     = "mksp [-f] StoragePool PhysicalVolume ...\n       mksp -fb FilePool -sp ParentStoragePool -size Size"
	usageChsp     = "chsp {-add | -rm [-f]} [-sp StoragePool] PhysicalVolume ...\n       chsp -add -sp FilePool -size Size\n       chsp -default StoragePool"
	usageRmsp     = "rmsp [-f] StoragePool"
	usageMkbdsp   = "mkbdsp [-sp StoragePool] {Size [-bd BackingDevice] [-vadapter ServerVirtualSCSIAdapter [-tn TargetDevice]] | -bd BackingDevice -vadapter ServerVirtualSCSIAdapter [-tn TargetDevice]}\n       mkbdsp -clustername ClusterName -sp StoragePool {Size -bd LogicalUnit [-thick] [-vadapter ServerVirtualSCSIAdapter [-tn TargetDevice]] | {-bd LogicalUnit | -luudid UDID} -vadapter ServerVirtualSCSIAdapter [-tn TargetDevice]}"
	usageRmbdsp   = "rmbdsp [-sp StoragePool] {-bd BackingDevice | -vtd VirtualTargetDevice} [-savebd]\n       rmbdsp -clustername ClusterName -sp StoragePool {-bd LogicalUnit | -luudid UDID}"
)

// Where the file systems of a VIOS are.
const (
	poolPath    = "/var/vio/storagepools/"
	libraryPath = "/var/vio/VMLibrary/"
	libraryLV   = "VMLibrary"
)

// column is one of a table. Its width is that of a format verb: negative is left-aligned. The last column is not padded.
type column struct {
	field, title string
	width        int
}

// table prints rows with a header, or with -fmt one line for each. -field chooses and orders the columns.
func (c *call) table(f *flags, cols []column, rows [][]string) int {
	known := make([]string, len(cols))
	at := map[string]int{}
	for i, col := range cols {
		known[i], at[col.field] = col.field, i
	}
	fields, ok := c.fields(f, known...)
	if !ok {
		return 1
	}
	if len(fields) == 0 {
		fields = known
	}
	line := func(get func(int) string) {
		var parts []string
		for i, n := range fields {
			s := get(at[n])
			if w := cols[at[n]].width; i < len(fields)-1 || w > 0 {
				s = fmt.Sprintf("%*s", w, s)
			}
			parts = append(parts, s)
		}
		c.say("%s", strings.TrimRight(strings.Join(parts, " "), " "))
	}
	if f.has("-fmt") {
		for _, r := range rows {
			values := make([]string, len(fields))
			for i, n := range fields {
				values[i] = r[at[n]]
			}
			c.say("%s", fmtJoin(values, f.get("-fmt")))
		}
		return 0
	}
	line(func(i int) string { return cols[i].title })
	for _, r := range rows {
		line(func(i int) string { return r[i] })
	}
	return 0
}

// sizeMB reads a size such as 10G or 512m. The unit is required.
func sizeMB(s string) (int, bool) {
	if len(s) < 2 {
		return 0, false
	}
	n, ok := number(s[:len(s)-1])
	switch s[len(s)-1] {
	case 'G', 'g':
		n *= 1024
	case 'M', 'm':
	default:
		return 0, false
	}
	return n, ok && n > 0
}

// parts is the number of physical partitions that hold a size: a number of partitions, or an amount that is rounded up.
func (g *VolumeGroup) parts(s string) (int, bool) {
	if mb, ok := sizeMB(s); ok {
		return (mb + g.PPSizeMB - 1) / g.PPSizeMB, true
	}
	n, ok := number(s)
	return n, ok && n > 0
}

func (g *VolumeGroup) free() int { return g.TotalPPs - g.used() }

// fileSystem is what a file system on a volume holds: a little goes to its log and its maps.
func (g *VolumeGroup) fileSystem(l *LogicalVolume) int {
	n := l.PPs * g.PPSizeMB
	return n - (n+249)/250 - n/10240
}

func (l *LogicalVolume) filled() int {
	n := 0
	for _, f := range l.Files {
		n += f.SizeMB
	}
	return n
}

func (l *LogicalVolume) file(name string) *File {
	for _, f := range l.Files {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (l *LogicalVolume) dropFile(f *File) {
	for i, x := range l.Files {
		if x == f {
			l.Files = append(l.Files[:i:i], l.Files[i+1:]...)
			return
		}
	}
}

// mount is where the file system of a volume is, or N/A.
func (l *LogicalVolume) mount() string {
	switch l.Use {
	case usePool:
		return strings.TrimSuffix(poolPath+l.Name, "/")
	case useLibrary:
		return strings.TrimSuffix(libraryPath, "/")
	}
	return "N/A"
}

// kind is the type of a volume and its state in a listing.
func (v *VIOS) lvState(l *LogicalVolume) (kind, state string) {
	switch {
	case l.Use != "":
		return "jfs2", "open/syncd"
	case len(v.users(l.Name)) > 0:
		return "jfs", "open/syncd"
	}
	return "jfs", "closed/syncd"
}

func (v *VIOS) filePool(name string) *LogicalVolume {
	if _, l := v.volume(name); l != nil && l.Use == usePool {
		return l
	}
	return nil
}

// file finds a file-backed device by its path.
func (v *VIOS) file(path string) (*LogicalVolume, *File) {
	pool, name, ok := strings.Cut(strings.TrimPrefix(path, poolPath), "/")
	if l := v.filePool(pool); ok && l != nil && strings.HasPrefix(path, poolPath) {
		return l, l.file(name)
	}
	return nil, nil
}

func (v *VIOS) drive(name string) bool {
	_, ok := v.Drives[name]
	return ok
}

// lvm prints an error of the logical volume manager with the remark that the VIOS puts above it.
func (c *call) lvm(format string, args ...any) int {
	return c.fail(viosRemark+format, args...)
}

// lvmGroup finds a volume group for a command of the logical volume manager.
func (c *call) lvmGroup(name string) *VolumeGroup {
	g := c.v.vg(name)
	if g == nil {
		c.lvm(lvmNoGroup, name)
	}
	return g
}

var volumeName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// newVolume adds a volume to a group, or says why it cannot.
func (c *call) newVolume(g *VolumeGroup, name string, pps int, use string) *LogicalVolume {
	switch {
	case len(name) > 15 || !volumeName.MatchString(name):
		c.lvm(lvmBadName+"\n"+lvmNotMade, name)
	case c.v.known(name):
		c.lvm(lvmNameUsed+"\n"+lvmNotMade, "mklv", name)
	case pps > g.free():
		c.lvm(lvmNoSpace + "\n" + lvmNotMade)
	default:
		l := &LogicalVolume{Name: name, PPs: pps, Use: use}
		g.Volumes = append(g.Volumes, l)
		return l
	}
	return nil
}

// onDisks checks the physical volumes that a user names for a volume.
func (c *call) onDisks(g *VolumeGroup, disks []string) bool {
	for _, d := range disks {
		if !contains(strings.Join(g.Disks, " "), d) {
			c.lvm(lvmNotMember, d, g.Name)
			return false
		}
	}
	return true
}

func cmdMklv(c *call) int {
	f, ok := c.devFlags(usageMklv, "-lv= -prefix= .")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 || f.has("-lv") && f.has("-prefix") {
		return c.fail(devUsage, usageMklv)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g := c.lvmGroup(f.rest[0])
	if g == nil || !c.onDisks(g, f.rest[2:]) {
		return 1
	}
	n, ok := g.parts(f.rest[1])
	if !ok {
		return c.fail(devBadSize, f.rest[1])
	}
	name := f.get("-lv")
	if name == "" {
		prefix := f.get("-prefix")
		if prefix == "" {
			prefix = "lv"
		}
		name = c.v.freeVolume(prefix)
	}
	if c.newVolume(g, name, n, "") == nil {
		return 1
	}
	c.say("%s", name)
	return 0
}

// freeVolume is the next generated name of a volume: lv00, lv01 and so on.
func (v *VIOS) freeVolume(prefix string) string {
	for n := 0; ; n++ {
		if name := fmt.Sprintf("%s%02d", prefix, n); !v.known(name) {
			return name
		}
	}
}

// lvmVolume finds a volume for a command of the logical volume manager.
func (c *call) lvmVolume(name string) (*VolumeGroup, *LogicalVolume) {
	g, l := c.v.volume(name)
	if l == nil {
		c.lvm(lvmNoVolume, name)
	}
	return g, l
}

func cmdExtendlv(c *call) int {
	f, ok := c.devFlags(usageExtendlv, ".")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return c.fail(devUsage, usageExtendlv)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g, l := c.lvmVolume(f.rest[0])
	if l == nil || !c.onDisks(g, f.rest[2:]) {
		return 1
	}
	n, ok := g.parts(f.rest[1])
	switch {
	case !ok:
		return c.fail(devBadSize, f.rest[1])
	case n > g.free():
		return c.lvm(lvmNoSpace + "\n" + lvmNotExtended)
	}
	l.PPs += n
	return 0
}

func cmdRmlv(c *call) int {
	f, ok := c.devFlags(usageRmlv, "-f .")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return c.fail(devUsage, usageRmlv)
	}
	name := f.rest[0]
	if !f.has("-f") {
		switch strings.ToLower(c.readLine(text(lvmAsk, name))) {
		case "y", "yes":
		default:
			return 0
		}
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g, l := c.lvmVolume(name)
	if l == nil {
		return 1
	}
	if l.Use != "" || len(c.v.users(name)) > 0 {
		return c.lvm(lvmOpen, name)
	}
	g.drop(l)
	c.say(lvmRemoved, name)
	return 0
}

func cmdLslv(c *call) int {
	f, ok := c.devFlags(usageLslv, "-field+ -fmt= .")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return c.fail(devUsage, usageLslv)
	}
	g, l := c.lvmVolume(f.rest[0])
	if l == nil {
		return 1
	}
	kind, state := c.v.lvState(l)
	opened := strings.Replace(state, "open/", "opened/", 1)
	label := l.mount()
	if label == "N/A" {
		label = "None"
	}
	n := strconv.Itoa
	fields := []struct{ name, label, value string }{
		{"lvname", "LOGICAL VOLUME:", l.Name}, {"vgname", "VOLUME GROUP:", g.Name},
		{"lvid", "LV IDENTIFIER:", c.lvID(g, l)}, {"permission", "PERMISSION:", "read/write"},
		{"vgstate", "VG STATE:", "active/complete"}, {"lvstate", "LV STATE:", opened},
		{"type", "TYPE:", kind}, {"writeverify", "WRITE VERIFY:", "off"},
		{"maxlps", "MAX LPs:", "32512"}, {"ppsize", "PP SIZE:", n(g.PPSizeMB) + " megabyte(s)"},
		{"copies", "COPIES:", "1"}, {"schedpolicy", "SCHED POLICY:", "parallel"},
		{"lps", "LPs:", n(l.PPs)}, {"pps", "PPs:", n(l.PPs)},
		{"stalepps", "STALE PPs:", "0"}, {"bbpolicy", "BB POLICY:", "non-relocatable"},
		{"interpolicy", "INTER-POLICY:", "minimum"}, {"relocatable", "RELOCATABLE:", "yes"},
		{"intrapolicy", "INTRA-POLICY:", "middle"}, {"upperbound", "UPPER BOUND:", "1024"},
		{"mountpoint", "MOUNT POINT:", l.mount()}, {"label", "LABEL:", label},
	}
	if f.has("-field") || f.has("-fmt") {
		var known []string
		value := map[string]string{}
		for _, x := range fields {
			known, value[x.name] = append(known, x.name), x.value
		}
		wanted, ok := c.fields(f, known...)
		if !ok {
			return 1
		}
		if wanted == nil {
			wanted = known
		}
		delim := " "
		if f.has("-fmt") {
			delim = f.get("-fmt")
		}
		var values []string
		for _, n := range wanted {
			values = append(values, value[n])
		}
		c.say("%s", fmtJoin(values, delim))
		return 0
	}
	for i := 0; i < len(fields); i += 2 {
		a, b := fields[i], fields[i+1]
		// The identifier is longer than its column.
		c.say("%s", strings.TrimRight(fmt.Sprintf("%-19s %-22s %-15s %s", a.label, a.value, b.label, b.value), " "))
	}
	c.say("%-19s %s", "MIRROR WRITE CONSISTENCY:", "on/ACTIVE")
	c.say("EACH LP COPY ON A SEPARATE PV ?: yes")
	c.say("%-19s %s", "Serialize IO ?:", "NO")
	return 0
}

// lvID is the same for the same volume of the same server in every run.
func (c *call) lvID(g *VolumeGroup, l *LogicalVolume) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s/%d/%s", c.sys.Serial, c.vp.ID, g.Name)
	m := fnv.New32a()
	_, _ = m.Write([]byte(l.Name))
	return fmt.Sprintf("%x.%d", h.Sum(nil), 1+m.Sum32()%999)
}

// partsOf is how many physical partitions a disk brings into a group.
func (g *VolumeGroup) partsOf(d *Disk) int { return (d.size() - 1) / g.PPSizeMB }

// mostParts is how many partitions of a disk a group can manage.
const mostParts = 1016

// memberDisks finds the disks that shall go into a group. A disk that anything uses is refused.
func (c *call) memberDisks(program string, names []string) []*Disk {
	var out []*Disk
	seen := map[string]bool{}
	for _, n := range names {
		d := c.v.disk(n)
		switch {
		case d == nil || d.Defined || seen[n]:
			c.lvm(lvmNoDisk, program, n)
			return nil
		case c.v.group(n) != nil || c.e.pooled(d) != nil || len(c.v.users(n)) > 0:
			c.lvm(lvmDiskUsed, program, n)
			return nil
		}
		seen[n] = true
		out = append(out, d)
	}
	return out
}

// join puts disks into a group; a disk without an identifier gets one.
func (c *call) join(program string, g *VolumeGroup, disks []*Disk) {
	for _, d := range disks {
		if d.pvid() == "" {
			d.setPVID(c.newPVID(d))
			c.fail(lvmNewPVID, program)
		}
		g.Disks = append(g.Disks, d.Name)
		g.TotalPPs += g.partsOf(d)
	}
}

// newGroup makes a group out of disks.
func (c *call) newGroup(program, name string, names []string) *VolumeGroup {
	disks := c.memberDisks(program, names)
	if disks == nil {
		c.fail(lvmNoGroupMade, program)
		return nil
	}
	if len(name) > 15 || !volumeName.MatchString(name) || c.v.known(name) {
		c.lvm(lvmNameUsed+"\n"+lvmNoGroupMade, program, name, program)
		return nil
	}
	g := &VolumeGroup{Name: name, PPSizeMB: 4}
	for _, d := range disks {
		for g.partsOf(d) > mostParts {
			g.PPSizeMB *= 2
		}
	}
	c.join(program, g, disks)
	c.v.Groups = append(c.v.Groups, g)
	return g
}

// leave takes disks out of a group; with the last one the group is gone.
func (c *call) leave(program string, g *VolumeGroup, names []string) bool {
	if !c.onDisks(g, names) {
		return false
	}
	total, gone := g.TotalPPs, map[string]bool{}
	for _, n := range names {
		if gone[n] {
			c.lvm(lvmNotMember, n, g.Name)
			return false
		}
		gone[n] = true
		total -= g.partsOf(c.v.disk(n))
	}
	last := len(gone) == len(g.Disks)
	if last && len(g.Volumes) > 0 || !last && total < g.used() {
		c.lvm(lvmDiskFull+"\n"+lvmNotReduced, program, names[0])
		return false
	}
	if last {
		c.v.dropGroup(g)
		return true
	}
	var kept []string
	for _, n := range g.Disks {
		if !gone[n] {
			kept = append(kept, n)
		}
	}
	g.Disks, g.TotalPPs = kept, total
	return true
}

func (v *VIOS) dropGroup(g *VolumeGroup) {
	for i, x := range v.Groups {
		if x == g {
			v.Groups = append(v.Groups[:i:i], v.Groups[i+1:]...)
		}
	}
	v.poolGone(g.Name)
}

// poolGone forgets a default pool that is no more.
func (v *VIOS) poolGone(name string) {
	if v.Pool == name {
		v.Pool = ""
	}
}

func cmdMkvg(c *call) int {
	f, ok := c.devFlags(usageMkvg, "-f -vg= .")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return c.fail(devUsage, usageMkvg)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	name := f.get("-vg")
	if name == "" {
		name = c.v.freeVolume("vg")
	}
	g := c.newGroup("mkvg", name, f.rest)
	if g == nil {
		return 1
	}
	c.say("%s", g.Name)
	return 0
}

func cmdExtendvg(c *call) int { return c.groupDisks(usageExtendvg, "extendvg") }
func cmdReducevg(c *call) int { return c.groupDisks(usageReducevg, "reducevg") }

func (c *call) groupDisks(usage, program string) int {
	f, ok := c.devFlags(usage, "-f .")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return c.fail(devUsage, usage)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g := c.lvmGroup(f.rest[0])
	if g == nil {
		return 1
	}
	return c.regroup(program, g, f.rest[1:])
}

func (c *call) regroup(program string, g *VolumeGroup, names []string) int {
	if program == "reducevg" {
		if !c.leave(program, g, names) {
			return 1
		}
		return 0
	}
	disks := c.memberDisks(program, names)
	if disks == nil {
		return c.fail(lvmNotGrown)
	}
	for _, d := range disks {
		if n := g.partsOf(d); n > mostParts {
			return c.lvm(lvmManyParts+"\n"+lvmNotGrown, g.PPSizeMB, n, d.Name)
		}
	}
	c.join(program, g, disks)
	return 0
}

// pool is a storage pool: a volume group, or a file system on a volume of one.
type pool struct {
	g *VolumeGroup
	l *LogicalVolume // of a file pool
}

func (p pool) name() string {
	if p.l != nil {
		return p.l.Name
	}
	return p.g.Name
}

func (p pool) sizes() (total, free int) {
	if p.l == nil {
		return p.g.TotalPPs * p.g.PPSizeMB, p.g.free() * p.g.PPSizeMB
	}
	total = p.g.fileSystem(p.l)
	return total, total - p.l.filled()
}

func (v *VIOS) pools() []pool {
	var out []pool
	for _, g := range v.Groups {
		out = append(out, pool{g: g})
	}
	for _, g := range v.Groups {
		for _, l := range g.Volumes {
			if l.Use == usePool {
				out = append(out, pool{g, l})
			}
		}
	}
	return out
}

// defaultPool is the pool that a command without -sp works on.
func (v *VIOS) defaultPool() string {
	if v.Pool == "" && v.vg("rootvg") != nil {
		return "rootvg"
	}
	return v.Pool
}

// pool finds a storage pool; an empty name is the default pool.
func (c *call) pool(name string) (pool, bool) {
	if name == "" {
		if name = c.v.defaultPool(); name == "" {
			c.fail(spNoDefault)
			return pool{}, false
		}
	}
	for _, p := range c.v.pools() {
		if p.name() == name {
			return p, true
		}
	}
	c.fail(spNoPool, name)
	return pool{}, false
}

// devices are the backing devices of a pool: name, size in MB and what lsmap calls them.
func (p pool) devices() [][3]string {
	var out [][3]string
	if p.l != nil {
		for _, f := range p.l.Files {
			out = append(out, [3]string{f.Name, strconv.Itoa(f.SizeMB), poolPath + p.l.Name + "/" + f.Name})
		}
		return out
	}
	for _, l := range p.g.Volumes {
		if l.Use == "" {
			out = append(out, [3]string{l.Name, strconv.Itoa(l.PPs * p.g.PPSizeMB), l.Name})
		}
	}
	return out
}

func cmdLssp(c *call) int {
	f, ok := c.devFlags(usageLssp, "-default -sp= -bd -detail -clustername= -field+ -fmt=")
	if !ok {
		return 1
	}
	if f.has("-clustername") {
		if f.has("-default") || f.has("-detail") || f.has("-bd") != f.has("-sp") {
			return c.fail(devUsage, usageLssp)
		}
		return c.lsspCluster(f)
	}
	if f.has("-default") {
		if len(f.set) > 1 {
			return c.fail(devUsage, usageLssp)
		}
		if c.v.defaultPool() == "" {
			return c.fail(spNoDefault)
		}
		c.say("%s", c.v.defaultPool())
		return 0
	}
	if f.has("-bd") && f.has("-detail") || f.has("-sp") && !f.has("-bd") && !f.has("-detail") {
		return c.fail(devUsage, usageLssp)
	}
	n := strconv.Itoa
	if f.has("-bd") || f.has("-detail") {
		p, ok := c.pool(f.get("-sp"))
		if !ok {
			return 1
		}
		var rows [][]string
		if f.has("-detail") {
			for _, name := range p.g.Disks {
				d := c.v.disk(name)
				rows = append(rows, []string{d.Name, d.pvid(), n(d.size())})
			}
			return c.table(f, []column{{"name", "Name", -16}, {"pvid", "PVID", -34}, {"size", "Size(mb)", 8}}, rows)
		}
		for _, d := range p.devices() {
			vtds := c.v.users(d[2])
			if len(vtds) == 0 {
				rows = append(rows, []string{d[0], d[1], "None", "None"})
			}
			for _, t := range vtds {
				h, _ := c.v.vtd(t.Name)
				rows = append(rows, []string{d[0], d[1], t.Name, h.Name})
			}
		}
		return c.table(f, []column{{"bdname", "Name", -16}, {"size", "Size(mb)", 9}, {"vtd", "VTD", -15}, {"svsa", "SVSA", 0}}, rows)
	}
	var rows [][]string
	for _, p := range c.v.pools() {
		total, free := p.sizes()
		kind, alloc := "LVPOOL", p.g.PPSizeMB
		if p.l != nil {
			kind, alloc = "FBPOOL", 64
		}
		rows = append(rows, []string{p.name(), n(total), n(free), n(alloc), n(len(p.devices())), kind})
	}
	return c.table(f, []column{{"pool", "Pool", -16}, {"size", "Size(mb)", 9}, {"free", "Free(mb)", 10}, {"alloc", "Alloc Size(mb)", 15},
		{"bds", "BDs", 6}, {"type", "Type", 0}}, rows)
}

// fileSystemMade is what the commands say that make a file system.
func (c *call) fileSystemMade(g *VolumeGroup, l *LogicalVolume) {
	c.say("File system created successfully.")
	c.say("%d kilobytes total disk space.", g.fileSystem(l)*1024)
	c.say("New File System size is %d", l.PPs*g.PPSizeMB*2048)
}

func cmdMksp(c *call) int {
	f, ok := c.devFlags(usageMksp, "-f -fb -sp= -size= .")
	if !ok {
		return 1
	}
	fb := f.has("-fb")
	if fb != f.has("-size") || fb && (len(f.rest) != 1 || f.has("-f") || !f.has("-sp")) || !fb && (len(f.rest) < 2 || f.has("-sp")) {
		return c.fail(devUsage, usageMksp)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	name := f.rest[0]
	if !fb {
		if c.newGroup("mkvg", name, f.rest[1:]) == nil {
			return 1
		}
		c.say("%s", name)
		return 0
	}
	p, n, rc := c.roomIn(f.get("-sp"), f.get("-size"))
	if rc != 0 {
		return rc
	}
	l := c.newVolume(p.g, name, n, usePool)
	if l == nil {
		return 1
	}
	c.say("%s", name)
	c.fileSystemMade(p.g, l)
	return 0
}

// roomIn finds the logical volume pool in which a file system is to be made, and counts the partitions that its size takes.
// The last result is the exit code of what it refused.
func (c *call) roomIn(name, size string) (p pool, parts, rc int) {
	p, ok := c.pool(name)
	if !ok {
		return p, 0, 1
	}
	if p.l != nil {
		return p, 0, c.fail(spNotLV, p.name())
	}
	if _, ok := sizeMB(size); !ok {
		return p, 0, c.fail(devBadSize, size)
	}
	parts, _ = p.g.parts(size)
	return p, parts, 0
}

func cmdChsp(c *call) int {
	f, ok := c.devFlags(usageChsp, "-add -rm -f -default -sp= -size= .")
	if !ok {
		return 1
	}
	n := 0
	for _, x := range []string{"-add", "-rm", "-default"} {
		if f.has(x) {
			n++
		}
	}
	grow := f.has("-size")
	if n != 1 || f.has("-f") && !f.has("-rm") || grow && (!f.has("-add") || !f.has("-sp") || len(f.rest) > 0) || !grow && len(f.rest) == 0 ||
		f.has("-default") && (len(f.rest) != 1 || f.has("-sp")) {
		return c.fail(devUsage, usageChsp)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	name := f.get("-sp")
	if f.has("-default") {
		name = f.rest[0]
	}
	p, ok := c.pool(name)
	if !ok {
		return 1
	}
	switch {
	case f.has("-default"):
		c.v.Pool = p.name()
		return 0
	case grow != (p.l != nil):
		return c.fail(spNotLV, p.name())
	case grow:
		if _, ok := sizeMB(f.get("-size")); !ok {
			return c.fail(devBadSize, f.get("-size"))
		}
		more, _ := p.g.parts(f.get("-size"))
		if more > p.g.free() {
			return c.lvm(lvmNoSpace + "\n" + lvmNotExtended)
		}
		p.l.PPs += more
		return 0
	case f.has("-add"):
		return c.regroup("extendvg", p.g, f.rest)
	}
	return c.regroup("reducevg", p.g, f.rest)
}

func cmdRmsp(c *call) int {
	f, ok := c.devFlags(usageRmsp, "-f .")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return c.fail(devUsage, usageRmsp)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	p, ok := c.pool(f.rest[0])
	if !ok {
		return 1
	}
	devices := p.devices()
	for _, d := range devices {
		if len(c.v.users(d[2])) > 0 {
			return c.fail(spInUse, p.name(), d[0])
		}
	}
	switch {
	case p.l != nil && len(devices) > 0 && !f.has("-f"):
		return c.fail(spNotEmpty, p.name())
	case p.l != nil:
		p.g.drop(p.l)
		c.v.poolGone(p.name())
	case p.g.Name == "rootvg" || len(p.g.Volumes) > 0 && !f.has("-f"):
		return c.fail(spNotEmpty, p.name())
	default:
		for _, l := range p.g.Volumes {
			for _, x := range l.Files {
				if l.Use == useLibrary || len(c.v.users(poolPath+l.Name+"/"+x.Name)) > 0 {
					return c.fail(spInUse, p.name(), l.Name)
				}
			}
		}
		for _, l := range p.g.Volumes {
			c.v.poolGone(l.Name)
		}
		c.v.dropGroup(p.g)
	}
	c.say(spRemoved, p.name())
	return 0
}

func cmdMkbdsp(c *call) int {
	f, ok := c.devFlags(usageMkbdsp, "-sp= -bd= -vadapter= -tn= -clustername= -thick -luudid= .")
	if !ok {
		return 1
	}
	fresh := len(f.rest) == 1
	if len(f.rest) > 1 || f.has("-tn") && !f.has("-vadapter") || !fresh && !f.has("-vadapter") || f.has("-thick") && !fresh ||
		!f.has("-clustername") && (f.has("-thick") || f.has("-luudid") || !fresh && !f.has("-bd")) {
		return c.fail(devUsage, usageMkbdsp)
	}
	if f.has("-clustername") {
		if !f.has("-sp") || f.has("-bd") == f.has("-luudid") || fresh && f.has("-luudid") {
			return c.fail(devUsage, usageMkbdsp)
		}
		return c.unitFor(f)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	p, ok := c.pool(f.get("-sp"))
	if !ok {
		return 1
	}
	kind, word := vtdLV, "logical volume"
	if p.l != nil {
		kind, word = vtdFile, "file"
	}
	// What the device is mapped to is checked first, so that a refusal leaves nothing behind.
	h, target, rc := c.newTarget(f.get("-vadapter"), kind, f.get("-tn"))
	if rc != 0 {
		return rc
	}
	name := f.get("-bd")
	if fresh {
		if name == "" {
			if name = c.v.freeVolume("lv"); p.l != nil {
				for n := 0; p.l.file(name) != nil; n++ {
					name = fmt.Sprintf("bd%02d", n)
				}
			}
		}
		if !c.newDevice(p, name, word, f.rest[0]) {
			return 1
		}
	}
	for _, d := range p.devices() {
		if d[0] != name {
			continue
		}
		if h == nil {
			c.say("%s", name)
			return 0
		}
		if !fresh && len(c.v.users(d[2])) > 0 {
			return c.fail(msgInUseDisk, name)
		}
		c.say("Assigning %s \"%s\" as a backing device.", word, name)
		h.VTDs = append(h.VTDs, &VTD{Name: target, Kind: kind, LUN: h.freeLUN(), Backing: d[2]})
		c.say("%s Available", target)
		c.say("%s", name)
		return 0
	}
	return c.fail(spNoDevice, name, p.name())
}

// newDevice makes a backing device in a pool.
func (c *call) newDevice(p pool, name, word, size string) bool {
	mb, ok := sizeMB(size)
	if !ok {
		c.fail(devBadSize, size)
		return false
	}
	if p.l == nil {
		n, _ := p.g.parts(size)
		if c.newVolume(p.g, name, n, "") == nil {
			return false
		}
	} else {
		_, free := p.sizes()
		switch {
		case len(name) > 64 || !volumeName.MatchString(name):
			c.fail(spBadName, name)
			return false
		case p.l.file(name) != nil:
			c.fail(spNameUsed, name, p.name())
			return false
		case mb > free:
			c.fail(spNoRoom, p.name(), free, mb)
			return false
		}
		p.l.Files = append(p.l.Files, &File{Name: name, SizeMB: mb})
	}
	c.say("Creating %s \"%s\" in storage pool \"%s\".", word, name, p.name())
	return true
}

// newTarget finds the adapter that a new target is made on, and the name that it gets. Without an adapter it finds nothing.
func (c *call) newTarget(adapter, kind, name string) (*VHost, string, int) {
	if adapter == "" {
		return nil, "", 0
	}
	v := c.v
	h := v.vhost(adapter)
	if h == nil {
		for _, d := range c.devices() {
			if d.name == adapter {
				c.fail(devNoSVSA, adapter)
				return nil, "", exitNotSVSA
			}
		}
		return nil, "", c.fail(devNotFound, adapter)
	}
	if p := c.sys.partition(h.ClientID); p != nil && p.migrating() {
		return nil, "", c.fail(devBusy, "cfg_vt_scdisk")
	}
	switch {
	case name == "":
		return h, v.freeVTD(h, kind), 0
	case len(name) > 15 || !validName(name) || strings.ContainsAny(name, " /:"):
		return nil, "", c.fail("Device name \"%s\" is not valid.", name)
	case v.known(name):
		return nil, "", c.fail(devNameUsed, name)
	}
	return h, name, 0
}

func cmdRmbdsp(c *call) int {
	f, ok := c.devFlags(usageRmbdsp, "-sp= -bd= -vtd= -savebd -clustername= -luudid=")
	if !ok {
		return 1
	}
	cluster := f.has("-clustername")
	if cluster && (f.has("-vtd") || f.has("-savebd") || f.has("-bd") == f.has("-luudid") || !f.has("-sp")) ||
		!cluster && (f.has("-luudid") || f.has("-bd") == f.has("-vtd")) {
		return c.fail(devUsage, usageRmbdsp)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	if cluster {
		return c.dropUnit(f)
	}
	path := ""
	var gone []*VTD
	if f.has("-vtd") {
		_, t := c.v.vtd(f.get("-vtd"))
		switch {
		case t == nil && c.v.known(f.get("-vtd")):
			return c.fail(devNoVTD, f.get("-vtd"))
		case t == nil:
			return c.fail(devNotFound, f.get("-vtd"))
		case t.Kind != vtdLV && t.Kind != vtdFile:
			return c.fail(spNotDevice, t.Backing)
		}
		path, gone = t.Backing, []*VTD{t}
	} else {
		p, ok := c.pool(f.get("-sp"))
		if !ok {
			return 1
		}
		for _, d := range p.devices() {
			if d[0] == f.get("-bd") {
				path = d[2]
			}
		}
		if path == "" {
			return c.fail(spNoDevice, f.get("-bd"), p.name())
		}
		gone = c.v.users(path)
	}
	sort.Slice(gone, func(i, j int) bool { return naturalLess(gone[i].Name, gone[j].Name) })
	if !f.has("-savebd") && len(c.v.users(path)) > len(gone) {
		return c.fail(spInUse, path, gone[0].Name)
	}
	if !c.unmap(gone) {
		return 1
	}
	if f.has("-savebd") {
		return 0
	}
	if l, x := c.v.file(path); x != nil {
		l.dropFile(x)
		c.say("File \"%s\" is removed.", x.Name)
	} else if g, l := c.v.volume(path); l != nil {
		g.drop(l)
		c.say(lvmRemoved, l.Name)
	}
	return 0
}

// unmap deletes targets, unless a client of theirs is being migrated.
func (c *call) unmap(list []*VTD) bool {
	for _, t := range list {
		h, _ := c.v.vtd(t.Name)
		if p := c.sys.partition(h.ClientID); p != nil && p.migrating() {
			c.fail(devBusy, "ucfg_vt_scdisk")
			return false
		}
	}
	for _, t := range list {
		h, _ := c.v.vtd(t.Name)
		h.drop(t)
		c.say("%s deleted", t.Name)
	}
	return true
}

// volume reads a volume of a scenario.
func (b *builder) volume(g *VolumeGroup, vb volumeBody) {
	l := &LogicalVolume{Name: vb.Name, PPs: vb.PPs, Use: opt(vb.Use, "")}
	g.Volumes = append(g.Volumes, l)
	if !contains(usePool+" "+useLibrary, l.Use) && l.Use != "" {
		b.fail(vb.Body, "volume %q: use is %s or %s", l.Name, usePool, useLibrary)
	}
	for _, f := range vb.Files {
		if l.Use == "" || l.file(f.Name) != nil || f.SizeMB < 1 || f.Name == "" || strings.Contains(f.Name, "/") {
			b.fail(f.Body, "file %q of volume %q: the volume needs a use, the file a size and a name of its own", f.Name, l.Name)
		}
		l.Files = append(l.Files, &File{Name: f.Name, SizeMB: f.SizeMB, ReadOnly: opt(f.ReadOnly, false)})
	}
	if l.filled() > g.fileSystem(l) {
		b.fail(vb.Body, "volume %q: the files need %d of %d MB", l.Name, l.filled(), g.fileSystem(l))
	}
}

// sizes writes a table of sizes.
func (w *encoder) sizes(name string, m map[string]int) {
	if len(m) == 0 {
		return
	}
	var parts []string
	for k, n := range m {
		parts = append(parts, fmt.Sprintf("%s = %d", quoteHCL(k), n))
	}
	sort.Strings(parts)
	w.line("%s = { %s }", name, strings.Join(parts, ", "))
}

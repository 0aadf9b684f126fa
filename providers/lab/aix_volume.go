package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aixVolumeCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"lslv":      {aixLslv, 150 * ms, "/usr/sbin", false, "lslv [-L] [-l | -m] LogicalVolume"},
		"mklv":      {aixMklv, time.Second, "/usr/sbin", true, "mklv [-a Position] [-b y|n] [-c Copies] [-d p|s|ps|pr] [-e x|m] [-L Label] [-o y|n] [-p Copyn=MirrorPool] [-r y|n] [-s y|n|s] [-S StripSize] [-t Type] [-u UpperBound] [-v y|n] [-w a|p|n] [-x Maximum] [-y NewName | -Y Prefix] VolumeGroup Size [PhysicalVolume ...]"},
		"chlv":      {aixChlv, time.Second, "/usr/sbin", true, "chlv [-a Position] [-b y|n] [-d p|s|ps|pr] [-e x|m] [-L Label] [-m Copyn=MirrorPool] [-M Copy] [-o y|n] [-p w|r] [-r y|n] [-s y|n] [-t Type] [-u UpperBound] [-v y|n] [-w a|p|n] [-x Maximum] LogicalVolume ...\n       chlv -n NewName LogicalVolume"},
		"extendlv":  {aixExtendlv, time.Second, "/usr/sbin", true, "extendlv LogicalVolume Size [PhysicalVolume ...]"},
		"rmlv":      {aixRmlv, time.Second, "/usr/sbin", true, "rmlv [-f] LogicalVolume ..."},
		"mklvcopy":  {aixMklvcopy, 3 * time.Second, "/usr/sbin", true, "mklvcopy [-k] [-e x|m] [-p Copyn=MirrorPool] [-s y|n] LogicalVolume Copies [PhysicalVolume ...]"},
		"rmlvcopy":  {aixRmlvcopy, time.Second, "/usr/sbin", true, "rmlvcopy [-p MirrorPool] LogicalVolume Copies [PhysicalVolume ...]"},
		"migratepv": {aixMigratepv, 10 * time.Second, "/usr/sbin", true, "migratepv [-l LogicalVolume] SourcePhysicalVolume DestinationPhysicalVolume ..."},
	}
}

const (
	lvNone     = "0516-306 %s: Unable to find  %s in the Device\n\tConfiguration Database."
	lvNoneCopy = "0516-312 %s: Unable to find logical volume %s in the Device\n\tConfiguration Database."
	lvMaximum  = "0516-787 extendlv: Maximum allocation for logical volume %s\n\tis %d."
)

// Number or words unconfirmed.
const (
	lvNotMade    = "0516-822 mklv: Unable to create logical volume."
	lvNotGrown   = "0516-788 extendlv: Unable to extend logical volume."
	lvNameUsed   = "0516-360 /usr/sbin/getlvname: The device name %s is already used;\n\tchoose a different name."
	lvNameBad    = "0516-1181 %s: The logical volume name %s is not valid."
	lvMustClose  = "0516-1008 %s: Logical volume %s must be closed.  If the logical volume\n\tcontains a filesystem, the umount command will close the LV device."
	lvRemoved    = "rmlv: Logical volume %s is removed."
	lvQuestion   = "Warning, all data contained on logical volume %s will be destroyed.\nrmlv: Do you wish to continue? y(es) n(o)? "
	lvNoDrop     = "0516-922 %s: Unable to remove logical partition copies from\n\tlogical volume %s."
	lvNoCopy     = "0516-842 mklvcopy: Unable to make logical partition copies for\n\tlogical volume."
	lvMoreLPs    = "0516-828 %s: The number of logical partitions is more than the maximum of %d."
	lvNotMoved   = "0516-812 migratepv: Unable to migrate the physical partitions of %s."
	lvNotChanged = "0516-704 chlv: Unable to change logical volume %s."
	lvTooMany    = "0516-1226 mklv: The volume group can have %d logical volumes only."
)

func newVolume(g *diskGroup, name, kind string) *volume {
	upper := map[string]int{vgNormal: 32, vgBig: 128, vgScalable: 1024}[g.Kind]
	return &volume{Name: name, Kind: kind, MaxLPs: 512, Upper: upper, Inter: "m", Intra: "m", Strict: "y", Schedule: "p", MWC: "a"}
}

func (g *diskGroup) add(v *volume) {
	// The lowest free number, as LVM gives them.
	for v.Minor = 1; slices.ContainsFunc(g.Volumes, func(x *volume) bool { return x.Minor == v.Minor }); v.Minor++ {
	}
	g.Volumes = append(g.Volumes, v)
	slices.SortFunc(g.Volumes, func(x, y *volume) int { return x.Minor - y.Minor })
}

// blocks is the size of a volume in units of 512 bytes.
func (v *volume) blocks(g *diskGroup) int { return len(v.Parts) * g.PPSize * 2048 }

// lps reads a size: logical partitions, or an amount with a suffix that is rounded up.
func (g *diskGroup) lps(s string) (int, bool) {
	if s == "" {
		return 0, false
	}
	unit, digits := 0, s[:len(s)-1]
	switch s[len(s)-1] {
	case 'b', 'B':
		unit = 512
	case 'k', 'K':
		unit = 1 << 10
	case 'm', 'M':
		unit = 1 << 20
	case 'g', 'G':
		unit = 1 << 30
	default:
		digits = s
	}
	n, ok := atoi(digits)
	if !ok || n < 1 || n > 1<<30 {
		return 0, false
	}
	if unit == 0 {
		return n, true
	}
	pp := g.PPSize << 20
	return (n*unit + pp - 1) / pp, true
}

// openVolume finds a volume of a group that can be changed.
func (a *aixCall) openVolume(program, name string) (*hostGroup, *volume) {
	g, v := a.h.volume(strings.TrimPrefix(name, "/dev/"))
	if v == nil {
		if contains("mklvcopy rmlvcopy", program) {
			a.fail(lvNoneCopy, program, name)
		} else {
			a.fail(lvNone, "getlvodm", name)
		}
		return nil, nil
	}
	if g.State == vgOff || g.State == vgPassive {
		a.bad(vgOffText)
		return nil, nil
	}
	return g, v
}

var policyNames = map[string]string{"e": "edge", "m": "middle", "c": "center", "im": "inner middle", "ie": "inner edge"}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func aixLslv(a *aixCall) int {
	f, ok := a.flags("Llm")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('l') && f.has('m') {
		return a.usage()
	}
	name := f.rest[0]
	g, v := a.h.volume(name)
	if v == nil {
		return a.fail(lvNone, "getlvodm", name)
	}
	if g.State == vgOff && f.any("lm") {
		return a.bad(vgOffText)
	}
	switch {
	case f.has('l'):
		a.lslvDisks(g, v)
		return 0
	case f.has('m'):
		a.lslvMap(g, v)
		return 0
	}
	code := 0
	value := func(s string) string { return s }
	state := "active/complete"
	if g.State == vgOff {
		code = a.bad(vgOffText)
		state = "inactive"
		value = func(string) string { return "?" }
	} else if slices.ContainsFunc(g.disk.Members, func(m *member) bool { return a.h.diskOf(m) == nil }) {
		state = "active/partial"
	}
	num := func(n int) string { return value(strconv.Itoa(n)) }
	row := func(l1, v1, l2, v2 string) { a.say("%-20s%-23s%-16s%s", l1, v1, l2, v2) }
	label := v.Label
	if label == "" {
		label = "None"
	}
	row("LOGICAL VOLUME:", g.LVs[v.Minor], "VOLUME GROUP:", g.Name)
	a.say("%-20s%s %-16s%s", "LV IDENTIFIER:", g.disk.ID+"."+strconv.Itoa(v.Minor), "PERMISSION:", value(map[bool]string{false: "read/write", true: "read-only"}[v.ReadOnly]))
	row("VG STATE:", state, "LV STATE:", value(a.lvState(g, v, "opened")))
	row("TYPE:", v.Kind, "WRITE VERIFY:", value(onOff(v.Verify)))
	row("MAX LPs:", num(v.MaxLPs), "PP SIZE:", value(fmt.Sprintf("%d megabyte(s)", g.disk.PPSize)))
	row("COPIES:", num(v.copies()), "SCHED POLICY:", value(map[string]string{"p": "parallel", "s": "sequential", "ps": "parallel/sequential", "pr": "parallel/round robin"}[v.Schedule]))
	row("LPs:", num(len(v.Parts)), "PPs:", num(v.pps()))
	row("STALE PPs:", num(v.stale()), "BB POLICY:", value(map[bool]string{false: "relocatable", true: "non-relocatable"}[v.NoBB]))
	row("INTER-POLICY:", value(map[string]string{"m": "minimum", "x": "maximum"}[v.Inter]), "RELOCATABLE:", value(yesNo(!v.Fixed)))
	row("INTRA-POLICY:", value(policyNames[v.Intra]), "UPPER BOUND:", num(v.Upper))
	row("MOUNT POINT:", v.mountPoint(), "LABEL:", label)
	old := !a.h.atLeast(7, 1) && g.disk.Kind == vgNormal
	if !old {
		row("DEVICE UID:", "0", "DEVICE GID:", "0")
		a.say("DEVICE PERMISSIONS: 432")
	}
	a.say("MIRROR WRITE CONSISTENCY: %s", value(map[string]string{"a": "on/ACTIVE", "p": "on/PASSIVE", "n": "off"}[v.MWC]))
	a.say("EACH LP COPY ON A SEPARATE PV ?: %s", value(map[string]string{"y": "yes", "n": "no", "s": "yes (superstrict)"}[v.Strict]))
	a.say("Serialize IO ?:     %s", value(map[bool]string{false: "NO", true: "YES"}[v.Serial]))
	if v.Width > 0 {
		a.say("STRIPE WIDTH:       %s\nSTRIPE SIZE:        %s", value(strconv.Itoa(v.Width)), value(v.stripeText()))
	}
	if old {
		return code
	}
	row("INFINITE RETRY:", value("no"), "PREFERRED READ:", value("0"))
	if g.disk.Kind == vgScalable {
		a.say("DEVICESUBTYPE:      DS_LVZ")
	}
	for c := 1; c <= v.copies(); c++ {
		a.say("COPY %d MIRROR POOL: %s", c, poolName(v.Pools[c-1]))
	}
	if a.h.atLeast(7, 2) {
		a.say("ENCRYPTION:         no")
	}
	return code
}

func (a *aixCall) lslvDisks(g *hostGroup, v *volume) {
	a.say("%s:%s", g.LVs[v.Minor], v.mountPoint())
	a.say("%-18s%-14s%-14s%s", "PV", "COPIES", "IN BAND", "DISTRIBUTION")
	for _, m := range v.members(g.disk) {
		var by [3]int
		for _, lp := range v.Parts {
			for c, p := range lp {
				if p.on == m {
					by[c]++
				}
			}
		}
		d := g.disk.distribution(m, func(u user) bool { return u.v == v })
		band := d[searchOrder[v.Intra][0]] * 100 / v.on(m)
		a.say("%-18s%-14s%-14s%s", a.memberName(m), fmt.Sprintf("%03d:%03d:%03d", by[0], by[1], by[2]), fmt.Sprintf("%d%%", band),
			fmt.Sprintf("%03d:%03d:%03d:%03d:%03d", d[0], d[1], d[2], d[3], d[4]))
	}
}

func (a *aixCall) lslvMap(g *hostGroup, v *volume) {
	a.say("%s:%s", g.LVs[v.Minor], v.mountPoint())
	a.say("%-6s%-5s%-18s%-5s%-18s%-5s%s", "LP", "PP1", "PV1", "PP2", "PV2", "PP3", "PV3")
	for i, lp := range v.Parts {
		line := fmt.Sprintf("%04d  ", i+1)
		for _, p := range lp {
			name := a.memberName(p.on)
			if p.stale {
				name += " stale"
			}
			line += fmt.Sprintf("%04d %-18s", p.pp, name)
		}
		a.say("%s", line)
	}
}

// options reads the flags that mklv and chlv have in common.
func (a *aixCall) volumeOptions(f *flagSet, v *volume) bool {
	flag := func(c byte, into *bool, yes, no string) bool {
		if !f.has(c) {
			return true
		}
		*into = f.get(c) == yes
		return f.get(c) == yes || f.get(c) == no
	}
	one := func(c byte, into *string, allowed string) bool {
		if !f.has(c) {
			return true
		}
		*into = f.get(c)
		return contains(allowed, f.get(c))
	}
	n := func(c byte, into *int, high int) bool {
		if !f.has(c) {
			return true
		}
		x, ok := atoi(f.get(c))
		*into = x
		return ok && x >= 1 && x <= high
	}
	relocatable, bad := !v.Fixed, !v.NoBB
	ok := one('a', &v.Intra, "e m c im ie") && one('d', &v.Schedule, "p s ps pr") && one('e', &v.Inter, "m x") && one('w', &v.MWC, "a p n") && one('s', &v.Strict, "y n s") &&
		flag('b', &bad, "y", "n") && flag('o', &v.Serial, "y", "n") && flag('r', &relocatable, "y", "n") && flag('v', &v.Verify, "y", "n") &&
		n('u', &v.Upper, 1024) && n('x', &v.MaxLPs, 2097152)
	v.Fixed, v.NoBB = !relocatable, !bad
	if f.has('L') {
		v.Label = f.get('L')
		ok = ok && len(v.Label) <= 127
	}
	if f.has('t') {
		v.Kind = f.get('t')
		ok = ok && v.Kind != "" && len(v.Kind) <= 31 && !strings.ContainsAny(v.Kind, " \t")
	}
	return ok
}

func aixMklv(a *aixCall) int {
	f, ok := a.flags("a:b:c:d:e:L:o:p:r:s:S:t:u:v:w:x:y:Y:")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 || f.has('y') && f.has('Y') {
		return a.usage()
	}
	no := func() int { return a.bad(lvNotMade) }
	g := a.group("getlvodm", f.rest[0])
	if g == nil {
		return no()
	}
	if g.State == vgOff || g.State == vgPassive {
		a.bad(vgOffText)
		return no()
	}
	prefix := "lv"
	if f.has('Y') {
		prefix = f.get('Y')
	}
	name := f.get('y')
	if name == "" {
		name = a.h.freeName(prefix)
	}
	v := newVolume(g.disk, name, "jfs")
	copies, good := 1, true
	if f.has('c') {
		copies, good = atoi(f.get('c'))
	}
	if f.has('S') && f.get('e') == "x" {
		delete(f.set, 'e') // what it is anyway
	}
	if !a.volumeOptions(f, v) || f.has('S') && !v.stripe(f, len(f.rest)-2) || !good || copies < 1 || copies > 3 || v.Strict == "s" && !f.has('u') && v.Width == 0 {
		a.usage()
		return no()
	}
	lps, good := g.disk.lps(f.rest[1])
	if !good {
		a.usage()
		return no()
	}
	if !a.setPools("mklv", g, v, f.set['p']) {
		return no()
	}
	if !a.makeVolume(g, v, v.whole(lps), copies, f.rest[2:]) {
		return no()
	}
	a.say("%s", name)
	return 0
}

// makeVolume allocates a new volume and puts it into the group.
func (a *aixCall) makeVolume(g *hostGroup, v *volume, lps, copies int, disks []string) bool {
	switch {
	case !volumeName.MatchString(v.Name) || len(v.Name) > 15:
		a.fail(lvNameBad, "mklv", v.Name)
		return false
	case a.h.knows(v.Name) || g.disk.volume(v.Name) != nil:
		a.fail(lvNameUsed, v.Name)
		return false
	case len(g.disk.Volumes) >= g.disk.MaxLVs-1:
		a.fail(lvTooMany, g.disk.MaxLVs)
		return false
	case lps > v.MaxLPs:
		a.fail(lvMoreLPs, "mklv", v.MaxLPs)
		return false
	case !a.poolsOf("lcreatelv", g.disk, v, copies):
		return false
	}
	on := a.membersNamed("mklv", g, disks)
	if on == nil && len(disks) > 0 {
		return false
	}
	if lps*copies > g.disk.total() {
		a.bad(lvmNoSpace)
		return false
	}
	if v.Parts = g.disk.allocate(v, lps, copies, on); v.Parts == nil {
		a.bad(lvmNoSpace)
		return false
	}
	g.disk.add(v)
	g.LVs[v.Minor] = v.Name
	a.share(g.disk)
	return true
}

func aixChlv(a *aixCall) int {
	f, ok := a.flags("a:b:d:e:L:m:M:n:o:p:r:s:t:u:v:w:x:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 || len(f.set) == 0 || f.has('n') && (len(f.set) > 1 || len(f.rest) > 1) {
		return a.usage()
	}
	if f.has('n') {
		return a.renameVolume(f.rest[0], f.get('n'))
	}
	var old, next []*volume
	var groups []*hostGroup
	for _, name := range f.rest {
		g, v := a.openVolume("chlv", name)
		if v == nil {
			return a.fail(lvNotChanged, name)
		}
		x := *v
		if f.has('p') {
			x.ReadOnly = f.get('p') == "r"
		}
		if !a.volumeOptions(f, &x) || f.has('p') && !contains("r w", f.get('p')) || x.Strict == "s" && v.Strict != "s" {
			a.usage()
			return a.fail(lvNotChanged, name)
		}
		for _, c := range f.set['M'] {
			if n, ok := atoi(c); ok && n >= 1 && n <= 3 {
				x.Pools[n-1] = ""
				continue
			}
			a.usage()
			return a.fail(lvNotChanged, name)
		}
		if !a.setPools("chlv", g, &x, f.set['m']) || f.any("mM") && !a.poolsOf("lchangelv", g.disk, &x, x.copies()) {
			return a.fail(lvNotChanged, name)
		}
		if x.MaxLPs < len(v.Parts) || x.MaxLPs > g.disk.maxPPs() {
			a.fail(vgLimitInvalid, "chlv", f.get('x'), 'x')
			return a.fail(lvNotChanged, name)
		}
		if f.has('s') && x.Strict == "y" && v.shared() {
			a.bad(lvmNoSpace)
			return a.fail(lvNotChanged, name)
		}
		old, next, groups = append(old, v), append(next, &x), append(groups, g)
	}
	for i, v := range old {
		*v = *next[i]
		a.share(groups[i].disk)
	}
	return 0
}

// shared tells whether two copies of a logical partition are on one disk.
func (v *volume) shared() bool {
	for _, lp := range v.Parts {
		seen := map[*member]bool{}
		for _, p := range lp {
			if seen[p.on] {
				return true
			}
			seen[p.on] = true
		}
	}
	return false
}

func (a *aixCall) renameVolume(old, name string) int {
	g, v := a.openVolume("chlv", old)
	no := func() int { return a.fail(lvNotChanged, old) }
	if v == nil {
		return no()
	}
	switch {
	case !volumeName.MatchString(name) || len(name) > 15:
		a.fail(lvNameBad, "chlv", name)
		return no()
	case a.h.knows(name) || g.disk.volume(name) != nil:
		a.fail(lvNameUsed, name)
		return no()
	case a.h.opened(g, v):
		a.fail(lvMustClose, "chlv", old)
		return no()
	}
	if s := a.h.stanzaOf(g.LVs[v.Minor]); s != nil {
		s.Dev = "/dev/" + name
	}
	if v.Block != nil {
		v.Block.Dev = "/dev/" + name
	}
	v.Name, g.LVs[v.Minor] = name, name
	a.share(g.disk)
	return 0
}

func aixExtendlv(a *aixCall) int {
	f, ok := a.flags("")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	no := func() int { return a.bad(lvNotGrown) }
	g, v := a.openVolume("extendlv", f.rest[0])
	if v == nil {
		return no()
	}
	n, good := g.disk.lps(f.rest[1])
	if !good {
		a.usage()
		return no()
	}
	if !a.growVolume(g, v, n, f.rest[2:]) {
		return no()
	}
	return 0
}

// growVolume adds logical partitions.
func (a *aixCall) growVolume(g *hostGroup, v *volume, n int, disks []string) bool {
	n = v.whole(n)
	if len(v.Parts)+n > v.MaxLPs {
		a.fail(lvMaximum, g.LVs[v.Minor], v.MaxLPs)
		return false
	}
	on := a.membersNamed("extendlv", g, disks)
	if on == nil && len(disks) > 0 {
		return false
	}
	next := g.disk.allocate(v, n, v.copies(), on)
	if next == nil {
		a.bad(lvmNoSpace)
		return false
	}
	v.Parts = next
	a.share(g.disk)
	return true
}

func aixRmlv(a *aixCall) int {
	f, ok := a.flags("f")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	code := 0
	for _, name := range f.rest {
		g, v := a.openVolume("rmlv", name)
		if v == nil {
			code = 1
			continue
		}
		if a.h.opened(g, v) {
			code = a.fail(lvMustClose, "rmlv", name)
			continue
		}
		if !f.has('f') && !a.yes(text(lvQuestion, name)) {
			continue
		}
		a.removeVolume(g, v)
		a.say(lvRemoved, name)
	}
	return code
}

func (a *aixCall) removeVolume(g *hostGroup, v *volume) {
	g.disk.dropVolume(v)
	delete(g.LVs, v.Minor)
	a.share(g.disk)
}

func aixMklvcopy(a *aixCall) int {
	f, ok := a.flags("ke:p:s:")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	no := func() int { return a.bad(lvNoCopy) }
	g, v := a.openVolume("mklvcopy", f.rest[0])
	if v == nil {
		return no()
	}
	copies, good := atoi(f.rest[1])
	x := *v
	if !good || copies <= v.copies() || copies > 3 || !a.volumeOptions(f, &x) || x.Strict == "s" && v.Strict != "s" {
		a.usage()
		return no()
	}
	if !a.setPools("mklvcopy", g, &x, f.set['p']) || !a.poolsOf("lextendlv", g.disk, &x, copies) {
		return no()
	}
	on := a.membersNamed("mklvcopy", g, f.rest[2:])
	if len(on) == 0 {
		return no()
	}
	next := g.disk.allocate(&x, 0, copies, on)
	if next == nil {
		a.bad(lvmNoSpace)
		return no()
	}
	// New copies hold nothing until they are synchronised.
	for _, lp := range next {
		for c := v.copies(); c < len(lp); c++ {
			lp[c].stale = !f.has('k')
		}
	}
	x.Parts = next
	*v = x
	a.share(g.disk)
	return 0
}

// without is what remains of a volume with fewer copies: those on the disks given go first, stale ones before good ones.
// Nil means that it cannot be done, or that no good copy would be left.
func (v *volume) without(copies int, on []*member) [][]part {
	out := make([][]part, len(v.Parts))
	for i, lp := range v.Parts {
		left := slices.Clone(lp)
		for len(left) > copies {
			drop := -1
			for c := len(left) - 1; c >= 0; c-- {
				if on != nil && !slices.Contains(on, left[c].on) {
					continue
				}
				if drop < 0 || left[c].stale && !left[drop].stale {
					drop = c
				}
			}
			if drop < 0 {
				return nil
			}
			left = slices.Delete(left, drop, drop+1)
		}
		if !slices.ContainsFunc(left, func(p part) bool { return !p.stale }) {
			return nil
		}
		out[i] = left
	}
	return out
}

func aixRmlvcopy(a *aixCall) int {
	f, ok := a.flags("p:")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	g, v := a.openVolume("rmlvcopy", f.rest[0])
	if v == nil {
		return 1
	}
	copies, good := atoi(f.rest[1])
	if !good || copies < 1 || copies > 2 {
		return a.usage()
	}
	var on []*member
	if len(f.rest) > 2 {
		if on = a.membersNamed("rmlvcopy", g, f.rest[2:]); on == nil {
			return 1
		}
	}
	if f.has('p') {
		on = slices.DeleteFunc(slices.Clone(g.disk.Members), func(m *member) bool { return m.Pool != f.get('p') })
	}
	if copies >= v.copies() {
		return a.fail(lvNoDrop, "rmlvcopy", f.rest[0])
	}
	next := v.without(copies, on)
	if next == nil {
		return a.fail(lvNoDrop, "rmlvcopy", f.rest[0])
	}
	v.keepPools(next)
	v.Parts = next
	a.share(g.disk)
	return 0
}

func aixMigratepv(a *aixCall) int {
	f, ok := a.flags("l:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	from := f.rest[0]
	d := a.h.disk(from)
	if d == nil || a.h.groupOf(d) == nil {
		return a.fail(pvNoneFor, "migratepv", from)
	}
	g := a.openGroup("migratepv", a.h.groupOf(d).Name)
	if g == nil {
		return 1
	}
	src := g.disk.member(d.medium)
	to := a.membersNamed("migratepv", g, f.rest[1:])
	to = slices.DeleteFunc(slices.Clone(to), func(m *member) bool { return m == src })
	if len(to) == 0 || src == nil {
		return a.fail(lvNotMoved, from)
	}
	old := map[*volume][][]part{}
	hit := false
	for _, v := range g.disk.Volumes {
		if v.on(src) == 0 || f.has('l') && g.LVs[v.Minor] != f.get('l') {
			continue
		}
		hit = true
		old[v] = v.Parts
		next := g.moved(v, src, to)
		if next == nil {
			for x, p := range old {
				x.Parts = p
			}
			a.bad(lvmNoSpace)
			return a.fail(lvNotMoved, from)
		}
		v.Parts = next
	}
	if f.has('l') && !hit {
		return a.fail(lvNone, "getlvodm", f.get('l'))
	}
	a.share(g.disk)
	return 0
}

// moved gives the partitions of a volume on one disk places on others. Copies stay apart.
func (g *hostGroup) moved(v *volume, src *member, to []*member) [][]part {
	var rooms []*room
	for _, m := range to {
		rooms = append(rooms, g.disk.room(m, v.Intra))
	}
	out := make([][]part, len(v.Parts))
	for i, lp := range v.Parts {
		out[i] = slices.Clone(lp)
		for c := range out[i] {
			if out[i][c].on != src {
				continue
			}
			k := slices.IndexFunc(rooms, func(r *room) bool {
				return len(r.free) > 0 && v.suits(c, r.m) && (v.Strict == "n" || !slices.ContainsFunc(out[i], func(p part) bool { return p.on == r.m }))
			})
			if k < 0 {
				return nil
			}
			out[i][c].on = rooms[k].m
			out[i][c].pp = rooms[k].take()
		}
	}
	return out
}

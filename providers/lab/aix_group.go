package lab

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aixGroupCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"lspv":       {aixLspv, 150 * ms, "/usr/sbin", false, "lspv [-L] [-u | -P]\n       lspv [-L] [-l | -p | -M] PhysicalVolume"},
		"lsvg":       {aixLsvg, 150 * ms, "/usr/sbin", false, "lsvg [-L] [-o]\n       lsvg [-L] [-i] [-l | -M | -m | -p | -P] [VolumeGroup ...]"},
		"mkvg":       {aixMkvg, 2 * time.Second, "/usr/sbin", true, "mkvg [-B | -S] [-t Factor] [-v LogicalVolumes] [-P Partitions] [-C] [-f] [-n] [-s Size] [-V MajorNumber] [-M y|n|s] [-p MirrorPool] [-O y|n] [-r y|n] [-y VolumeGroup] PhysicalVolume ..."},
		"extendvg":   {aixExtendvg, 2 * time.Second, "/usr/sbin", true, "extendvg [-f] [-p MirrorPool] VolumeGroup PhysicalVolume ..."},
		"reducevg":   {aixReducevg, 2 * time.Second, "/usr/sbin", true, "reducevg [-d] [-f] VolumeGroup PhysicalVolume ..."},
		"chvg":       {aixChvg, time.Second, "/usr/sbin", true, "chvg [-a y|n] [-Q y|n] [-s y|n] [-h y|n] [-b y|n] [-t [Factor]] [-B | -G] [-C | -c | -l] [-g] [-P Partitions] [-v LogicalVolumes] [-M y|n|s] [-O y|n] [-r y|n] VolumeGroup"},
		"varyonvg":   {aixVaryonvg, 2 * time.Second, "/usr/sbin", true, "varyonvg [-b] [-c [-A | -P] [-O]] [-f] [-n] [-p] [-r] [-u] VolumeGroup"},
		"varyoffvg":  {aixVaryoffvg, time.Second, "/usr/sbin", true, "varyoffvg VolumeGroup"},
		"exportvg":   {aixExportvg, time.Second, "/usr/sbin", true, "exportvg VolumeGroup"},
		"importvg":   {aixImportvg, 3 * time.Second, "/usr/sbin", true, "importvg [-V MajorNumber] [-y VolumeGroup] [-f] [-n] PhysicalVolume\n       importvg -L VolumeGroup PhysicalVolume"},
		"mirrorvg":   {aixMirrorvg, 10 * time.Second, "/usr/sbin", true, "mirrorvg [-S | -s] [-Q] [-c Copies] [-p Copyn=MirrorPool] VolumeGroup [PhysicalVolume ...]"},
		"unmirrorvg": {aixUnmirrorvg, 3 * time.Second, "/usr/sbin", true, "unmirrorvg [-c Copies] VolumeGroup [PhysicalVolume ...]"},
		"syncvg":     {aixSyncvg, 5 * time.Second, "/usr/sbin", true, "syncvg {-l | -p | -v} Name ..."},
		"lvlstmajor": {aixLvlstmajor, 20 * ms, "/usr/sbin", false, "lvlstmajor"},
	}
}

// Texts of LVM that were captured or are documented.
const (
	vgOffText       = "0516-010 : Volume group must be varied on; use varyonvg command."
	vgNone          = "0516-306 %s: Unable to find volume group %s in the Device\n\tConfiguration Database."
	pvNone          = "0516-1396 : The physical volume %s, was not found in the\nsystem database."
	pvNoneFor       = "0516-306 %s: Unable to find physical volume %s in the Device\n\tConfiguration Database."
	pvNotReady      = "0516-321 %s: Physical volume %s is not configured."
	pvNoGroup       = "0516-320 %s: Physical volume %s is not assigned to\n\ta volume group."
	vgNotMade       = "0516-862 mkvg: Unable to create volume group."
	vgNotExtended   = "0516-792 extendvg: Unable to extend volume group."
	vgNewPVID       = "0516-1254 %s: Changing the PVID in the ODM."
	vgTooMany       = "0516-1162 extendvg: The Physical Partition Size of %d requires the creation of\n        %d partitions for %s.  The limitation for volume group %s is\n        %d physical partitions per physical volume.  Use chvg command with -t\n        option to attempt to change the maximum Physical Partitions per Physical\n        volume for this volume group."
	vgFactorChanged = "0516-1164 chvg: Volume group %[1]s changed.  With given characteristics %[1]s\n        can include up to %[2]d physical volumes with %[3]d physical partitions each."
)

// Texts whose number or words are not confirmed by the reference; they are as administrators remember them.
const (
	vgNameUsed     = "0516-360 %s: The device name %s is already used; choose a different name."
	vgForeign      = "0516-1398 %s: The physical volume %s, appears to belong to another\nvolume group. Use the force option to add this physical volume\nto a volume group."
	vgForeignHeld  = "0516-1397 %s: The physical volume %s, will not be added to\nthe volume group."
	vgIOFailure    = "0516-1184 %s: IO failure on %s."
	vgTooManyMake  = "0516-1208 mkvg: Warning, The Physical Partition Size of %d requires the\n\tcreation of %d partitions for %s.  The system limitation is %d\n\tphysical partitions per disk at a factor value of %d.  Specify a larger\n\tPhysical Partition Size or a larger factor value in order create a\n\tvolume group on this disk."
	vgAllocated    = "0516-016 ldeletepv: Cannot delete physical volume with allocated\n\tpartitions. Use either migratepv to move the partitions or\n\treducevg with the -d option to delete the partitions."
	vgNotReduced   = "0516-884 reducevg: Unable to remove physical volume %s."
	vgGone         = "ldeletepv: Volume Group deleted since it contains no physical volumes."
	vgOpen         = "0516-012 lvaryoffvg: Logical volume must be closed.  If the logical\n\tvolume contains a filesystem, the umount command will close\n\tthe LV device."
	vgNotOff       = "0516-942 varyoffvg: Unable to vary off volume group %s."
	vgNoCopies     = "0516-013 varyonvg: The volume group cannot be varied on because\n\tthere are no good copies of the descriptor area."
	vgNoQuorum     = "0516-052 varyonvg: Volume group cannot be varied on without a\n\tquorum. More physical volumes in the group must be active.\n\tRun diagnostics on inactive PVs."
	vgNotExported  = "0516-764 exportvg: The volume group must be varied off\n\tbefore exporting."
	vgNotImported  = "0516-776 importvg: Cannot import %s as %s."
	vgNoOpenPV     = "0516-024 %s: Unable to open physical volume.\n\tEither PV was not configured or could not be opened. Run\n\tdiagnostics."
	vgNoArea       = "0516-1140 importvg: Unable to read the volume group descriptor area\n\ton specified physical volume."
	vgPVMissing    = "0516-510 synclvodm: Physical volume not found for physical volume\n\tidentifier %s."
	vgPartly       = "0516-782 importvg: Partially successful importing of %s."
	vgRenamed      = "0516-530 synclvodm: Logical volume name %s changed to %s."
	vgByHand       = "0516-783 importvg: This imported volume group is concurrent capable.\n\tTherefore, the volume group must be varied on manually."
	vgNotGrown     = "0516-1382 chvg: Volume group is not changed. None of the disks in the\n\tvolume group have grown in size."
	vgNotChanged   = "0516-732 chvg: Unable to change volume group %s."
	vgQuorumNow    = "0516-1804 chvg: The quorum change takes effect immediately."
	vgNoServices   = "0516-1939 varyonvg: PowerHA SystemMirror group services must be active to\n\tperform this operation."
	vgNotECM       = "0516-1335 varyonvg: Volume group %s is not concurrent capable."
	vgNoMirror     = "0516-1200 mirrorvg: Failed to mirror the volume group."
	vgNoMirrorOf   = "0516-1199 mirrorvg: Failed to create logical partition copies\n\tfor logical volume %s."
	vgMirrored     = "0516-1126 mirrorvg: rootvg successfully mirrored, user should perform\n\tbosboot of system to initialize boot records.  Then, user must modify\n\tbootlist to include:  %s."
	vgNoUnmirror   = "0516-1143 unmirrorvg: Failed to unmirror volume group."
	vgNameInvalid  = "0516-1213 %s: The volume group name %s is not valid."
	vgSizeInvalid  = "0516-1250 mkvg: The physical partition size %s is not valid."
	vgLimitInvalid = "0516-1260 %s: The value %s is not valid for flag -%c."
	vgMajorUsed    = "0516-1297 %s: The major number %s is not available."
	vgTooManyPVs   = "0516-1209 %s: The volume group can have %d physical volumes only."
	vgTooManyPPs   = "0516-1210 %s: The volume group can have %d physical partitions only."
)

var groupName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$`)

// defaultKind: rootvg is an original volume group up to 7.2, and the default of mkvg is scalable from 7.3 on.
func (h *Host) defaultKind() string {
	if h.atLeast(7, 3) {
		return vgScalable
	}
	return vgNormal
}

func (h *Host) nextMajor(name string) int {
	if name == "rootvg" {
		return 10
	}
	return h.freeMajors(1)[0]
}

func newDiskGroup(kind string) *diskGroup {
	g := &diskGroup{Kind: kind, Factor: 1, Auto: true, Quorum: true, HotSpare: "no", BadBlocks: true, Strict: "off", MaxLVs: 256}
	switch kind {
	case vgScalable:
		g.MaxPPs = 32768
	case vgBig:
		g.MaxLVs = 512
	}
	return g
}

// defaultPP is the smallest size that keeps the partitions of the largest disk within what is usual for the kind.
func (g *diskGroup) defaultPP(disks []*HostDisk) int {
	most, size := 1016*g.Factor, 4
	if g.Kind == vgScalable {
		most, size = 2040, 1
	}
	for _, d := range disks {
		for partsFor(g.Kind, d.medium.size(), size) > most {
			size *= 2
		}
	}
	return size
}

// group finds a volume group or says that it is not there.
func (a *aixCall) group(program, name string) *hostGroup {
	g := a.h.group(name)
	if g == nil {
		a.fail(vgNone, program, name)
	}
	return g
}

// open finds a group that can be changed here.
func (a *aixCall) openGroup(program, name string) *hostGroup {
	g := a.group(program, name)
	if g == nil {
		return nil
	}
	if g.State == vgOff || g.State == vgPassive {
		a.bad(vgOffText)
		return nil
	}
	return g
}

// share lets the other nodes of an enhanced concurrent group see what has changed.
func (a *aixCall) share(g *diskGroup) {
	if !g.ECM {
		return
	}
	for _, h := range a.e.hosts() {
		for _, x := range h.Groups {
			if h == a.h || x.disk != g || x.State != vgConcurrent && x.State != vgPassive {
				continue
			}
			for _, v := range h.learn(x) {
				if !h.knows(v.Name) {
					x.LVs[v.Minor] = v.Name
				}
			}
		}
	}
}

func (h *Host) groupLabel(d *HostDisk) (name, state string) {
	g := h.groupOf(d)
	if g == nil {
		return "None", ""
	}
	switch g.State {
	case vgPassive:
		return g.Name, vgConcurrent
	default:
		return g.Name, g.State
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func aixLspv(a *aixCall) int {
	f, ok := a.flags("LlpMuP")
	if !ok {
		return 1
	}
	n := 0
	for _, c := range "lpMuP" {
		if f.has(byte(c)) {
			n++
		}
	}
	if n > 1 || len(f.rest) > 1 || len(f.rest) == 1 && f.any("uP") || len(f.rest) == 0 && f.any("lpM") {
		return a.usage()
	}
	if len(f.rest) == 0 {
		for _, d := range a.h.Disks {
			if d.Defined {
				continue
			}
			group, state := a.h.groupLabel(d)
			line := fmt.Sprintf("%-16s%-36s%-16s", d.Name, orNone(d.PVID), group)
			switch {
			case f.has('u'):
				id := "3520" + strings.ToUpper(stableHex(20, d.medium.name)) + "VDASD03 AIXvscsi"
				if d.LUN != nil {
					id = d.LUN.hostID()
				} else if d.id != "" {
					id = wrapped(d.id)
				}
				if state != "" {
					line += fmt.Sprintf("%-12s", state)
				}
				u := stableHex(32, d.medium.name, "uuid")
				line += fmt.Sprintf("%s  %s-%s-%s-%s-%s", id, u[:8], u[8:12], u[12:16], u[16:20], u[20:])
			case f.has('P'):
				if g := a.h.groupOf(d); g != nil {
					if m := g.disk.member(d.medium); m != nil {
						line += m.Pool
					}
				}
			default:
				line += state
			}
			a.say("%s", strings.TrimRight(line, " "))
		}
		return 0
	}
	d := a.h.disk(f.rest[0])
	if d == nil || d.Defined {
		return a.fail(pvNone, f.rest[0])
	}
	g := a.h.groupOf(d)
	if g == nil {
		return a.fail(pvNoGroup, "/usr/sbin/getlvodm", d.Name)
	}
	m := g.disk.member(d.medium)
	if g.State == vgOff || m == nil {
		a.bad(vgOffText)
		if n == 0 {
			a.lspvOff(d, g)
		}
		return 1
	}
	switch {
	case f.has('l'):
		a.lspvVolumes(d, g, m)
	case f.has('p'):
		a.lspvParts(d, g, m)
	case f.has('M'):
		a.partitionMap(d.Name, g, m)
	default:
		a.lspvDisk(d, g, m)
	}
	return 0
}

const pvRow = "%-20s%-25s%-18s%s"

func (a *aixCall) lspvDisk(d *HostDisk, g *hostGroup, m *member) {
	vg := g.disk
	used := vg.distribution(m, func(u user) bool { return u.v != nil })
	free := vg.distribution(m, func(u user) bool { return u.v == nil })
	stale, lvs := 0, 0
	for _, v := range vg.Volumes {
		if v.on(m) > 0 {
			lvs++
		}
		for _, lp := range v.Parts {
			for _, p := range lp {
				if p.on == m && p.stale {
					stale++
				}
			}
		}
	}
	row := func(l1, v1, l2, v2 string) { a.say("%s", strings.TrimRight(fmt.Sprintf(pvRow, l1, v1, l2, v2), " ")) }
	pps := func(n int) string { return fmt.Sprintf("%d (%d megabytes)", n, n*vg.PPSize) }
	row("PHYSICAL VOLUME:", d.Name, "VOLUME GROUP:", g.Name)
	a.say("%-20s%s %-18s%s", "PV IDENTIFIER:", d.PVID, "VG IDENTIFIER", vg.ID)
	a.say("%-20s%s", "PV STATE:", "active")
	row("STALE PARTITIONS:", strconv.Itoa(stale), "ALLOCATABLE:", yesNo(!m.Closed))
	row("PP SIZE:", fmt.Sprintf("%d megabyte(s)", vg.PPSize), "LOGICAL VOLUMES:", strconv.Itoa(lvs))
	row("TOTAL PPs:", pps(m.PPs), "VG DESCRIPTORS:", strconv.Itoa(vg.descriptors(m)))
	row("FREE PPs:", pps(vg.free(m)), "HOT SPARE:", "no")
	row("USED PPs:", pps(m.PPs-vg.free(m)), "MAX REQUEST:", "256 kilobytes")
	a.say("%-20s%s", "FREE DISTRIBUTION:", distributionText(free))
	a.say("%-20s%s", "USED DISTRIBUTION:", distributionText(used))
	if a.h.atLeast(6, 1) {
		a.say("%-20s%s", "MIRROR POOL:", poolName(m.Pool))
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (a *aixCall) lspvOff(d *HostDisk, g *hostGroup) {
	const q = "???????"
	a.say(pvRow, "PHYSICAL VOLUME:", d.Name, "VOLUME GROUP:", g.Name)
	a.say("%-20s%s %-18s%s", "PV IDENTIFIER:", d.PVID, "VG IDENTIFIER", g.disk.ID)
	a.say("%-20s%s", "PV STATE:", q)
	a.say(pvRow, "STALE PARTITIONS:", q, "ALLOCATABLE:", q)
	a.say(pvRow, "PP SIZE:", q, "LOGICAL VOLUMES:", q)
	a.say(pvRow, "TOTAL PPs:", q, "VG DESCRIPTORS:", q)
	a.say(pvRow, "FREE PPs:", q, "HOT SPARE:", q)
	a.say(pvRow, "USED PPs:", q, "MAX REQUEST:", "256 kilobytes")
	a.say("%-20s%s", "FREE DISTRIBUTION:", q)
	a.say("%-20s%s", "USED DISTRIBUTION:", q)
	if a.h.atLeast(6, 1) {
		a.say("%-20s%s", "MIRROR POOL:", q)
	}
}

func (a *aixCall) lspvVolumes(d *HostDisk, g *hostGroup, m *member) {
	a.say("%s:", d.Name)
	a.say("%-22s%-8s%-8s%-22s%s", "LV NAME", "LPs", "PPs", "DISTRIBUTION", "MOUNT POINT")
	for _, v := range g.disk.Volumes {
		n := v.on(m)
		if n == 0 {
			continue
		}
		lps := 0
		for _, lp := range v.Parts {
			if slices.ContainsFunc(lp, func(p part) bool { return p.on == m }) {
				lps++
			}
		}
		dist := g.disk.distribution(m, func(u user) bool { return u.v == v })
		a.say("%-22s%-8d%-8d%-22s%s", v.Name, lps, n, distributionText(dist), v.mountPoint())
	}
}

// mountPoint is what the control block says of a filesystem.
func (v *volume) mountPoint() string {
	if strings.HasPrefix(v.Label, "/") {
		return v.Label
	}
	return "N/A"
}

func (a *aixCall) lspvParts(d *HostDisk, g *hostGroup, m *member) {
	a.say("%s:", d.Name)
	a.say("%-10s%-8s%-14s%-20s%-11s%s", "PP RANGE", "STATE", "REGION", "LV NAME", "TYPE", "MOUNT POINT")
	used := g.disk.partMap(m)
	for from := 1; from <= m.PPs; {
		to, r := from, regionOf(m.PPs, from)
		for to < m.PPs && used[to+1].v == used[from].v && used[to+1].stale == used[from].stale && regionOf(m.PPs, to+1) == r {
			to++
		}
		span := fmt.Sprintf("%3d-%d", from, to)
		if from == to {
			span = fmt.Sprintf("%3d", from)
		}
		if v := used[from].v; v != nil {
			state := "used"
			if used[from].stale {
				state = "stale"
			}
			a.say("%-10s%-8s%-14s%-20s%-11s%s", span, state, regionNames[r], v.Name, v.Kind, v.mountPoint())
		} else {
			a.say("%-10s%-8s%s", span, "free", regionNames[r])
		}
		from = to + 1
	}
}

// partitionMap is lspv -M and, disk by disk, lsvg -M.
func (a *aixCall) partitionMap(name string, g *hostGroup, m *member) {
	used := g.disk.partMap(m)
	for pp := 1; pp <= m.PPs; pp++ {
		if u := used[pp]; u.v != nil {
			stale := ""
			if u.stale {
				stale = "\tstale"
			}
			a.say("%s:%d\t%s:%d:%d%s", name, pp, u.v.Name, u.lp, u.copy, stale)
			continue
		}
		to := pp
		for to < m.PPs && used[to+1].v == nil {
			to++
		}
		if to == pp {
			a.say("%s:%d", name, pp)
		} else {
			a.say("%s:%d-%d", name, pp, to)
		}
		pp = to
	}
}

// input reads what a command takes from its input. The estate is free meanwhile: the other end of a pipe may need it.
func (a *aixCall) input() string {
	a.lab.mu.Unlock()
	defer a.lab.mu.Lock()
	if a.stdin == nil {
		return ""
	}
	b, err := io.ReadAll(io.LimitReader(a.stdin, 1<<20))
	if err != nil {
		return ""
	}
	return string(b)
}

func aixLsvg(a *aixCall) int {
	f, ok := a.flags("LoilpMPm")
	if !ok {
		return 1
	}
	n := 0
	for _, c := range "olpMPm" {
		if f.has(byte(c)) {
			n++
		}
	}
	names := f.rest
	if f.has('i') {
		if len(names) > 0 {
			return a.usage()
		}
		names = strings.Fields(a.input())
	}
	if n > 1 || f.has('o') && (len(names) > 0 || f.has('i')) || len(names) == 0 && !f.has('i') && f.any("lpMPm") {
		return a.usage()
	}
	if len(names) == 0 && !f.has('i') {
		a.groupNames(f.has('o'))
		return 0
	}
	code := 0
	for _, name := range names {
		g := a.group("", name)
		if g == nil {
			code = 1
			continue
		}
		if g.State == vgOff {
			code = a.bad(vgOffText)
			continue
		}
		switch {
		case f.has('l'):
			a.lsvgVolumes(g)
		case f.has('p'):
			a.lsvgDisks(g)
		case f.has('m'):
			a.mirrorPools(g)
		case f.has('P'):
			a.say("%-18s%s", "Physical Volume", "Mirror Pool")
			for _, m := range g.disk.Members {
				a.say("%s", strings.TrimRight(fmt.Sprintf("%-18s%s", a.memberName(m), m.Pool), " "))
			}
		case f.has('M'):
			a.say("%s", g.Name)
			for _, m := range g.disk.Members {
				a.partitionMap(a.memberName(m), g, m)
			}
		default:
			a.lsvgGroup(g)
		}
	}
	return code
}

// groupNames lists the groups; those that are varied on, the newest first.
func (a *aixCall) groupNames(on bool) {
	list := slices.Clone(a.h.Groups)
	if on {
		slices.Reverse(list)
		slices.SortStableFunc(list, func(x, y *hostGroup) int { return y.since.Compare(x.since) })
	}
	for _, g := range list {
		if !on || g.State == vgActive || g.State == vgConcurrent {
			a.say("%s", g.Name)
		}
	}
}

// memberName is the name of the hdisk, or the identifier of a disk that is missing here.
func (a *aixCall) memberName(m *member) string {
	if d := a.h.diskOf(m); d != nil {
		return d.Name
	}
	return cmp.Or(m.medium.pvid(), "0000000000000000") // another host has cleared it
}

func (a *aixCall) lsvgVolumes(g *hostGroup) {
	a.say("%s:", g.Name)
	const row = "%-20s%-11s%-8v%-8v%-5v%-14s%s"
	a.say(row, "LV NAME", "TYPE", "LPs", "PPs", "PVs", "LV STATE", "MOUNT POINT")
	for _, v := range g.disk.Volumes {
		a.say(row, v.Name, v.Kind, len(v.Parts), v.pps(), len(v.members(g.disk)), a.lvState(g, v, "open"), v.mountPoint())
	}
}

// lvState: lsvg says open where lslv says opened.
func (a *aixCall) lvState(g *hostGroup, v *volume, opened string) string {
	s := "closed"
	if a.h.opened(g, v) {
		s = opened
	}
	if v.stale() > 0 {
		return s + "/stale"
	}
	return s + "/syncd"
}

func (a *aixCall) lsvgDisks(g *hostGroup) {
	a.say("%s:", g.Name)
	const row = "%-18s%-18s%-12v%-12v%s"
	a.say(row, "PV_NAME", "PV STATE", "TOTAL PPs", "FREE PPs", "FREE DISTRIBUTION")
	for _, m := range g.disk.Members {
		state := "active"
		if a.h.diskOf(m) == nil {
			state = "missing"
		}
		free := g.disk.distribution(m, func(u user) bool { return u.v == nil })
		a.say(row, a.memberName(m), state, m.PPs, g.disk.free(m), distributionText(free))
	}
}

func (a *aixCall) lsvgGroup(g *hostGroup) {
	h, vg := a.h, g.disk
	row := func(l1, v1, l2, v2 string) { a.say("%-20s%-25s%-16s%s", l1, v1, l2, v2) }
	num := strconv.Itoa
	pps := func(n int) string { return fmt.Sprintf("%d (%d megabytes)", n, n*vg.PPSize) }
	open, active := 0, 0
	for _, v := range vg.Volumes {
		if h.opened(g, v) {
			open++
		}
	}
	for _, m := range vg.Members {
		if h.diskOf(m) != nil {
			active++
		}
	}
	permission := "read/write"
	if g.State == vgPassive {
		permission = "passive-only"
	}
	quorum := num(vg.quorum())
	if h.atLeast(7, 1) {
		quorum += map[bool]string{true: " (Enabled)", false: " (Disabled)"}[vg.Quorum]
	}
	stale, staleDisks := vg.stalePPs()
	row("VOLUME GROUP:", g.Name, "VG IDENTIFIER:", vg.ID)
	row("VG STATE:", "active", "PP SIZE:", fmt.Sprintf("%d megabyte(s)", vg.PPSize))
	row("VG PERMISSION:", permission, "TOTAL PPs:", pps(vg.total()))
	row("MAX LVs:", num(vg.MaxLVs), "FREE PPs:", pps(vg.total()-vg.used()))
	row("LVs:", num(len(vg.Volumes)), "USED PPs:", pps(vg.used()))
	row("OPEN LVs:", num(open), "QUORUM:", quorum)
	row("TOTAL PVs:", num(len(vg.Members)), "VG DESCRIPTORS:", num(vg.allDescriptors()))
	row("STALE PVs:", num(staleDisks), "STALE PPs:", num(stale))
	row("ACTIVE PVs:", num(active), "AUTO ON:", yesNo(vg.Auto))
	if vg.ECM {
		a.say("%-20s%-25s%s", "Concurrent:", "Enhanced-Capable", "Auto-Concurrent: Disabled")
		mode := "Non-Concurrent"
		if g.State != vgActive {
			mode = "Concurrent"
		}
		a.say("%-20s%s", "VG Mode:", mode)
		if g.State != vgActive {
			id, others := a.nodes(vg)
			a.say("%-20s%-25s%-20s%s", "Node ID:", num(id), "Active Nodes:", others)
		}
	}
	if vg.Kind == vgScalable {
		row("MAX PPs per VG:", num(vg.MaxPPs), "MAX PVs:", num(vg.maxPVs()))
	} else {
		a.say("%-20s%d", "MAX PPs per VG:", vg.maxPPs())
		row("MAX PPs per PV:", num(vg.perDisk()), "MAX PVs:", num(vg.maxPVs()))
	}
	row("LTG size (Dynamic):", "256 kilobyte(s)", "AUTO SYNC:", yesNo(vg.AutoSync))
	row("HOT SPARE:", vg.HotSpare, "BB POLICY:", map[bool]string{true: "relocatable ", false: "non-relocatable "}[vg.BadBlocks])
	if !h.atLeast(7, 1) {
		return
	}
	a.say("MIRROR POOL STRICT: %s ", vg.Strict)
	row("PV RESTRICTION:", "none", "INFINITE RETRY:", yesNo(vg.Retry))
	row("DISK BLOCK SIZE:", "512", "CRITICAL VG:", yesNo(vg.Critical))
	if h.atLeast(7, 2) {
		row("FS SYNC OPTION:", "no", "CRITICAL PVs:", "no")
		a.say("ENCRYPTION:         no")
	}
}

// nodes are the number of this node, and of the others that have a concurrent group.
func (a *aixCall) nodes(g *diskGroup) (own int, others string) {
	var list []string
	for i, h := range a.e.hosts() {
		if h == a.h {
			own = i + 1
			continue
		}
		for _, x := range h.Groups {
			if x.disk == g && (x.State == vgConcurrent || x.State == vgPassive) {
				list = append(list, strconv.Itoa(i+1))
			}
		}
	}
	return own, strings.Join(list, " ")
}

// freeDisks finds the disks that shall go into a group, or says why not.
func (a *aixCall) freeDisks(program string, names []string, force bool) []*HostDisk {
	var out []*HostDisk
	for _, n := range names {
		d := a.h.disk(n)
		switch {
		case d == nil || slices.Contains(out, d):
			a.fail(pvNoneFor, program, n)
			return nil
		case d.Defined:
			a.fail(pvNotReady, program, n)
			return nil
		case a.h.groupOf(d) != nil || a.h.groupWith(d.medium.pvid()) != nil:
			// A group of this host, varied on or not: force does not help.
			a.fail(vgForeign, program, n)
			return nil
		case a.e.reservedBy(d.medium, a.h) != nil:
			a.fail(vgIOFailure, program, n)
			return nil
		case d.medium.group != nil && a.e.activeElsewhere(d.medium.group, a.h) != nil:
			a.fail(vgForeignHeld, program, n)
			return nil
		case d.medium.group != nil && !force:
			a.fail(vgForeign, program, n)
			return nil
		}
		out = append(out, d)
	}
	return out
}

// join puts disks into a group. A disk without an identifier gets one; one that this host has not read is read.
func (a *aixCall) join(program string, g *hostGroup, disks []*HostDisk, pool string) {
	for _, d := range disks {
		if d.medium.pvid() == "" {
			a.e.writePVID(d.medium, a.e.newPVID(a.h))
		}
		if d.PVID != d.medium.pvid() {
			d.PVID = d.medium.pvid()
			a.fail(vgNewPVID, program)
		}
		d.medium.group = g.disk
		g.disk.Members = append(g.disk.Members, &member{medium: d.medium, PPs: partsFor(g.disk.Kind, d.medium.size(), g.disk.PPSize), Pool: pool})
		g.PVIDs = append(g.PVIDs, d.PVID)
	}
}

// limit reads a value of a flag that is a number in a range.
func (a *aixCall) limit(f *flagSet, c byte, low, high, def int) (int, bool) {
	if !f.has(c) {
		return def, true
	}
	n, ok := atoi(f.get(c))
	if !ok || n < low || n > high {
		a.fail(vgLimitInvalid, a.name, f.get(c), c)
		return 0, false
	}
	return n, true
}

func aixMkvg(a *aixCall) int {
	f, ok := a.flags("BSCcfny:s:t:v:P:V:M:p:O:r:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 || f.has('B') && f.has('S') || f.has('S') && f.has('t') || !f.has('S') && f.any("vP") && !a.h.atLeast(7, 3) {
		return a.usage()
	}
	g := newDiskGroup(a.h.defaultKind())
	switch {
	case f.has('S'):
		g = newDiskGroup(vgScalable)
	case f.has('B'):
		g = newDiskGroup(vgBig)
	case f.has('t'):
		g = newDiskGroup(vgNormal)
	}
	no := func() int { return a.bad(vgNotMade) }
	factor := map[string]int{vgNormal: 16, vgBig: 64, vgScalable: 1}[g.Kind]
	var ok1, ok2, ok3 bool
	var units int
	if g.Factor, ok1 = a.limit(f, 't', 1, factor, 1); !ok1 {
		return no()
	}
	if g.MaxLVs, ok2 = a.limit(f, 'v', 256, 4096, g.MaxLVs); !ok2 {
		return no()
	}
	if units, ok3 = a.limit(f, 'P', 32, 2048, 32); !ok3 {
		return no()
	}
	if g.Kind == vgScalable {
		g.MaxPPs = units * 1024
	}
	g.ECM, g.Auto = f.any("Cc"), !f.has('n')
	for c, into := range map[byte]*bool{'O': &g.Retry, 'r': &g.Critical} {
		if f.has(c) && !readYes(f.get(c), into) {
			return a.usage()
		}
	}
	if f.has('p') && !a.poolFits("mkvg", g, f) {
		return no()
	}
	if f.has('M') && f.get('M') != "n" { // automation says n for groups of every kind
		if g.Strict = map[string]string{"y": "on", "s": "super"}[f.get('M')]; g.Strict == "" || g.Kind != vgScalable {
			return a.usage()
		}
	}
	name := f.get('y')
	if name == "" {
		name = a.h.freeName("vg")
	}
	switch {
	case !groupName.MatchString(name):
		a.fail(vgNameInvalid, "mkvg", name)
		return no()
	case a.h.knows(name):
		a.fail(vgNameUsed, "/usr/sbin/getvgname", name)
		return no()
	}
	major := a.h.nextMajor(name)
	if f.has('V') {
		n, good := atoi(f.get('V'))
		if !good || n < 1 || n > 4095 || !slices.Contains(a.h.freeMajors(4096), n) && n > 38 || a.h.majorUsed(n) {
			a.fail(vgMajorUsed, "mkvg", f.get('V'))
			return no()
		}
		major = n
	}
	disks := a.freeDisks("mkvg", f.rest, f.has('f'))
	if disks == nil {
		return no()
	}
	g.PPSize = g.defaultPP(disks)
	if f.has('s') {
		if g.PPSize, ok = atoi(f.get('s')); !ok || !validPP(g.PPSize) {
			a.fail(vgSizeInvalid, f.get('s'))
			return no()
		}
	}
	if !a.fits("mkvg", name, g, disks) {
		return no()
	}
	g.ID = a.e.newVGID(a.h)
	hg := &hostGroup{Name: name, Major: major, disk: g, LVs: map[int]string{}, since: a.e.Now}
	a.join("mkvg", hg, disks, f.get('p'))
	a.h.Groups = append(a.h.Groups, hg)
	// A group that several nodes shall use is varied on by hand.
	if !g.ECM {
		hg.State, hg.Reserves = vgActive, true
	}
	a.say("%s", name)
	return 0
}

func (h *Host) majorUsed(n int) bool {
	return slices.ContainsFunc(h.Groups, func(g *hostGroup) bool { return g.Major == n })
}

func readYes(s string, into *bool) bool {
	*into = s == "y"
	return s == "y" || s == "n"
}

// fits looks whether a group could hold further disks.
func (a *aixCall) fits(program, name string, g *diskGroup, disks []*HostDisk) bool {
	if len(g.Members)+len(disks) > g.maxPVs() {
		a.fail(vgTooManyPVs, program, g.maxPVs())
		return false
	}
	total := g.total()
	for _, d := range disks {
		n := partsFor(g.Kind, d.medium.size(), g.PPSize)
		total += n
		if n < 1 || n > g.perDisk() {
			if program == "extendvg" {
				a.fail(vgTooMany, g.PPSize, n, d.Name, name, g.perDisk())
			} else {
				a.fail(vgTooManyMake, g.PPSize, n, d.Name, g.perDisk(), g.Factor)
			}
			return false
		}
	}
	if total > g.maxPPs() {
		a.fail(vgTooManyPPs, program, g.maxPPs())
		return false
	}
	return true
}

func aixExtendvg(a *aixCall) int {
	f, ok := a.flags("fp:")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	no := func() int { return a.bad(vgNotExtended) }
	g := a.openGroup("extendvg", f.rest[0])
	if g == nil {
		return no()
	}
	disks := a.freeDisks("extendvg", f.rest[1:], f.has('f'))
	if disks == nil || !a.fits("extendvg", g.Name, g.disk, disks) {
		return no()
	}
	if !a.poolFits("extendvg", g.disk, f) {
		return no()
	}
	a.join("extendvg", g, disks, f.get('p'))
	a.share(g.disk)
	return 0
}

func aixReducevg(a *aixCall) int {
	f, ok := a.flags("df")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 || f.has('f') && !f.has('d') {
		return a.usage()
	}
	g := a.openGroup("reducevg", f.rest[0])
	if g == nil {
		return 1
	}
	vg := g.disk
	var leave []*member
	for _, n := range f.rest[1:] {
		d := a.h.disk(n)
		if d == nil || vg.member(d.medium) == nil || slices.Contains(leave, vg.member(d.medium)) {
			a.fail(pvNoGroup, "getlvodm", n)
			return a.fail(vgNotReduced, n)
		}
		leave = append(leave, vg.member(d.medium))
	}
	var doomed []*volume
	for _, m := range leave {
		for _, v := range vg.Volumes {
			if v.on(m) == 0 || slices.Contains(doomed, v) {
				continue
			}
			switch {
			case !f.has('d'):
				a.bad(vgAllocated)
				return a.fail(vgNotReduced, a.memberName(m))
			case a.h.opened(g, v) || a.e.mountedElsewhere(v, a.h):
				a.fail(lvMustClose, "rmlv", v.Name)
				return a.fail(vgNotReduced, a.memberName(m))
			}
			doomed = append(doomed, v)
		}
	}
	if len(doomed) > 0 && !f.has('f') {
		var names []string
		for _, v := range doomed {
			names = append(names, v.Name)
		}
		if !a.yes(text("0516-1246 rmlv: Warning, all data on logical volume(s) %s will be destroyed.\nreducevg: Do you wish to continue? y(es) n(o)? ", strings.Join(names, ", "))) {
			return 0
		}
	}
	for _, v := range doomed {
		a.removeVolume(g, v)
		a.say(lvRemoved, v.Name)
	}
	for _, m := range leave {
		g.PVIDs = slices.DeleteFunc(slices.Clone(g.PVIDs), func(id string) bool { return id == m.medium.pvid() })
		m.medium.group = nil
		vg.Members = slices.DeleteFunc(slices.Clone(vg.Members), func(x *member) bool { return x == m })
	}
	if len(vg.Members) == 0 {
		a.say(vgGone)
		a.h.dropGroup(g)
	}
	a.share(vg)
	return 0
}

// yes asks a question.
func (a *aixCall) yes(question string) bool {
	return contains("y yes", strings.ToLower(a.readLine(question)))
}

func aixChvg(a *aixCall) int {
	// The value of -t may be left out.
	if i := slices.Index(a.args, "-t"); i >= 0 && i+1 < len(a.args) {
		if _, ok := atoi(a.args[i+1]); !ok {
			a.args = slices.Insert(slices.Clone(a.args), i+1, "0")
		}
	}
	f, ok := a.flags("a:Q:s:h:b:t:BGCclgP:v:M:O:r:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 || f.any("BG") && len(f.set) > 1 || f.any("Cc") && f.has('l') {
		return a.usage()
	}
	name := f.rest[0]
	g := a.group("chvg", name)
	no := func() int { return a.fail(vgNotChanged, name) }
	if g == nil {
		return no()
	}
	if f.has('G') {
		if g.State != vgOff {
			a.fail("0516-1720 chvg: The volume group must be varied off for the conversion.")
			return no()
		}
		return a.toScalable(g, no)
	}
	if g.State == vgOff || g.State == vgPassive {
		a.bad(vgOffText)
		return no()
	}
	next := *g.disk
	for c, into := range map[byte]*bool{'a': &next.Auto, 'Q': &next.Quorum, 's': &next.AutoSync, 'b': &next.BadBlocks, 'O': &next.Retry, 'r': &next.Critical} {
		if f.has(c) && !readYes(f.get(c), into) {
			return a.usage()
		}
	}
	if f.has('h') {
		var spare bool
		if !readYes(f.get('h'), &spare) {
			return a.usage()
		}
		next.HotSpare = map[bool]string{true: "yes", false: "no"}[spare]
	}
	if f.has('M') {
		if next.Strict = map[string]string{"y": "on", "s": "super", "n": "off"}[f.get('M')]; next.Strict == "" || next.Kind != vgScalable {
			return a.usage()
		}
		if !a.poolsHold("chvg", g, &next) {
			return no()
		}
	}
	if f.any("Cc") {
		next.ECM = true
	}
	if f.has('l') {
		next.ECM = false
	}
	said := ""
	switch {
	case f.any("Pv") && next.Kind != vgScalable, f.has('t') && next.Kind == vgScalable, f.has('B') && next.Kind != vgNormal:
		return a.usage()
	case f.has('B'):
		// The larger descriptor area needs a partition of every disk.
		for _, m := range next.Members {
			if next.free(m) == 0 {
				a.bad(lvmNoSpace)
				return no()
			}
		}
		next.Kind, next.MaxLVs = vgBig, 512
	case f.has('t'):
		n, _ := atoi(f.get('t'))
		if n == 0 {
			for n = 1; !factorHolds(&next, n); n++ {
			}
		}
		if n < 1 || n > map[string]int{vgNormal: 16, vgBig: 64}[next.Kind] || !factorHolds(&next, n) {
			a.fail(vgLimitInvalid, "chvg", f.get('t'), 't')
			return no()
		}
		next.Factor = n
		said = text(vgFactorChanged, name, next.maxPVs(), next.perDisk())
	}
	if units, ok := a.limit(f, 'P', next.MaxPPs/1024, 2048, next.MaxPPs/1024); !ok {
		return no()
	} else if next.Kind == vgScalable {
		next.MaxPPs = units * 1024
	}
	var good bool
	if next.MaxLVs, good = a.limit(f, 'v', next.MaxLVs, 4096, next.MaxLVs); !good {
		return no()
	}
	var grown []int
	if f.has('g') {
		if grown = a.grownDisks(name, &next); grown == nil {
			return no()
		}
	}
	if f.has('Q') && next.Quorum != g.disk.Quorum && a.h.atLeast(6, 1) {
		said = vgQuorumNow
	}
	*g.disk = next
	for i, n := range grown {
		g.disk.Members[i].PPs = n
	}
	if said != "" {
		a.bad(said)
	}
	a.share(g.disk)
	return 0
}

func factorHolds(g *diskGroup, n int) bool {
	x := *g
	x.Factor = n
	if len(x.Members) > x.maxPVs() {
		return n > 64
	}
	for _, m := range x.Members {
		if m.PPs > x.perDisk() {
			return false
		}
	}
	return true
}

// grownDisks looks for disks that have become larger, and returns what each would bring.
func (a *aixCall) grownDisks(name string, g *diskGroup) []int {
	var out []int
	total, more := 0, false
	for _, m := range g.Members {
		n := max(m.PPs, partsFor(g.Kind, m.medium.size(), g.PPSize))
		if n > g.perDisk() {
			a.fail(strings.Replace(vgTooMany, "extendvg", "chvg", 1), g.PPSize, n, a.memberName(m), name, g.perDisk())
			return nil
		}
		more = more || n > m.PPs
		total += n
		out = append(out, n)
	}
	if !more {
		a.bad(vgNotGrown)
		return nil
	}
	if total > g.maxPPs() {
		a.fail(vgTooManyPPs, "chvg", g.maxPPs())
		return nil
	}
	return out
}

// toScalable converts a group that is varied off. Its descriptor area becomes larger and takes free partitions.
func (a *aixCall) toScalable(g *hostGroup, no func() int) int {
	vg := g.disk
	if vg.Kind == vgScalable {
		a.fail("0516-1719 chvg: The volume group is scalable already.")
		return no()
	}
	if _, missing := a.e.reach(a.h, vg); len(missing) > 0 {
		a.bad(vgNoQuorum)
		return no()
	}
	sizes := make([]int, len(vg.Members))
	for i, m := range vg.Members {
		sizes[i] = min(m.PPs, partsFor(vgScalable, m.medium.size(), vg.PPSize))
		for pp, u := range vg.partMap(m) {
			if pp > sizes[i] && u.v != nil {
				a.bad(lvmNoSpace)
				return no()
			}
		}
	}
	for i, m := range vg.Members {
		m.PPs = sizes[i]
	}
	vg.Kind, vg.Factor, vg.MaxPPs, vg.MaxLVs = vgScalable, 1, 32768, max(256, vg.MaxLVs)
	return 0
}

func aixVaryonvg(a *aixCall) int {
	f, ok := a.flags("bcfnpruOAP")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.any("AOP") && !f.has('c') || f.has('A') && f.has('P') || f.has('c') && f.any("bu") || f.has('r') && f.any("bcu") {
		return a.usage()
	}
	name := f.rest[0]
	g := a.group("varyonvg", name)
	if g == nil {
		return 1
	}
	h, vg := a.h, g.disk
	if f.has('c') {
		if !vg.ECM {
			return a.fail(vgNotECM, name)
		}
		if !h.Cluster || !h.running("clstrmgrES") {
			return a.bad(vgNoServices)
		}
		if g.State == vgActive {
			return a.fail("0516-1336 varyonvg: Volume group %s is already varied on in another mode.", name)
		}
	}
	if g.State == vgActive || g.State == vgConcurrent && !f.has('P') {
		// Varied on already: reservations can still be broken or given up.
		if f.any("bu") {
			g.Reserves = false
		}
		return 0
	}
	if other := a.e.activeElsewhere(vg, h); other != nil && !f.has('c') && vg.ECM {
		return a.fail("0516-1337 varyonvg: Volume group %s is varied on by another node.", name)
	}
	areas, missing := a.e.reach(h, vg)
	if f.has('b') {
		areas, missing = a.e.reachBreaking(h, vg)
	}
	if len(missing) > 0 {
		a.pvStatus(vg, missing)
	}
	force := f.has('f') || a.variable("MISSINGPV_VARYON") == "TRUE"
	switch {
	case areas == 0:
		return a.bad(vgNoCopies)
	case len(missing) > 0 && f.has('p'), vg.Quorum && areas*2 <= vg.allDescriptors() && !f.has('f'), !vg.Quorum && len(missing) > 0 && !force:
		return a.bad(vgNoQuorum)
	}
	g.State = vgActive
	g.Reserves = !f.any("bu")
	switch {
	case f.has('c') && f.has('P'):
		g.State, g.Reserves = vgPassive, false
	case f.has('c'):
		g.State, g.Reserves = vgConcurrent, false
	}
	g.since = a.e.Now
	g.PVIDs = nil
	for _, m := range vg.Members {
		g.PVIDs = append(g.PVIDs, m.medium.pvid())
	}
	if f.has('c') {
		for _, v := range h.learn(g) {
			if !h.knows(v.Name) {
				g.LVs[v.Minor] = v.Name
			}
		}
	}
	if f.has('b') {
		a.e.breakReserves(vg, h)
	}
	if !f.any("nr") && len(missing) == 0 && g.State != vgPassive {
		for _, v := range vg.Volumes {
			v.sync(nil)
		}
	}
	return 0
}

// reachBreaking is reach for a host that breaks the reservations of others.
func (e *Estate) reachBreaking(h *Host, g *diskGroup) (areas int, missing []*member) {
	for _, m := range g.Members {
		if h.diskOf(m) == nil || m.medium.group != g {
			missing = append(missing, m)
			continue
		}
		areas += g.descriptors(m)
	}
	return areas, missing
}

func (e *Estate) breakReserves(g *diskGroup, by *Host) {
	for _, h := range e.hosts() {
		for _, x := range h.Groups {
			if h != by && x.disk == g {
				x.Reserves = false
			}
		}
	}
}

// pvStatus is what varyonvg prints when the database and the disks disagree.
func (a *aixCall) pvStatus(g *diskGroup, missing []*member) {
	head := "PV Status:\t"
	for _, m := range g.Members {
		state := "PVACTIVE"
		if slices.Contains(missing, m) {
			state = "PVMISSING"
		}
		name := ""
		if d := a.h.diskOf(m); d != nil {
			name = d.Name
		}
		a.say("%s%s\t%s\t%s", head, name, orNone(m.medium.pvid()), state)
		head = "\t\t"
	}
}

func aixVaryoffvg(a *aixCall) int {
	f, ok := a.flags("")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	g := a.group("varyoffvg", f.rest[0])
	if g == nil {
		return 1
	}
	if g.State == vgOff {
		a.fail("0516-010 lvaryoffvg: Volume group must be varied on; use varyonvg command.")
		return a.fail(vgNotOff, g.Name)
	}
	for _, v := range g.disk.Volumes {
		if a.h.opened(g, v) {
			a.bad(vgOpen)
			return a.fail(vgNotOff, g.Name)
		}
	}
	g.State, g.Reserves = vgOff, false
	return 0
}

func aixExportvg(a *aixCall) int {
	f, ok := a.flags("")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	g := a.group("exportvg", f.rest[0])
	if g == nil {
		return 1
	}
	if g.State != vgOff {
		return a.bad(vgNotExported)
	}
	for _, name := range g.LVs {
		if s := a.h.stanzaOf(name); s != nil {
			a.h.dropStanza(s)
		}
	}
	a.h.dropGroup(g)
	return 0
}

func aixImportvg(a *aixCall) int {
	f, ok := a.flags("V:y:fnL:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('L') && len(f.set) > 1 {
		return a.usage()
	}
	h, pv := a.h, f.rest[0]
	name := f.get('y')
	if f.has('L') {
		name = f.get('L')
	} else if name == "" {
		name = h.freeName("vg")
	}
	no := func() int { return a.fail(vgNotImported, pv, name) }
	d := h.disk(pv)
	switch {
	case d == nil:
		a.fail(pvNoneFor, "importvg", pv)
		return no()
	case d.Defined:
		a.fail(pvNotReady, "importvg", pv)
		return no()
	case a.e.reservedBy(d.medium, h) != nil:
		a.fail(vgNoOpenPV, "lqueryvg")
		return a.bad(vgNoArea)
	case d.medium.group == nil:
		return a.bad(vgNoArea)
	}
	if f.has('L') {
		return a.learnGroup(d, name, no)
	}
	switch {
	case !groupName.MatchString(name):
		a.fail(vgNameInvalid, "importvg", name)
		return no()
	case h.knows(name):
		a.fail(vgNameUsed, "/usr/sbin/getvgname", name)
		return no()
	case h.groupOf(d) != nil || h.groupWith(d.medium.pvid()) != nil:
		return no()
	}
	vg := d.medium.group
	for _, g := range h.Groups {
		if g.disk == vg {
			return no()
		}
	}
	major := h.nextMajor(name)
	if f.has('V') {
		n, good := atoi(f.get('V'))
		if !good || n < 1 || n > 4095 || h.majorUsed(n) {
			a.fail(vgMajorUsed, "importvg", f.get('V'))
			return no()
		}
		major = n
	}
	known := d.PVID
	if d.PVID != d.medium.pvid() {
		d.PVID = d.medium.pvid()
	}
	if areas, _ := a.e.reach(h, vg); areas == 0 || !f.has('n') && !vg.ECM && vg.Quorum && areas*2 <= vg.allDescriptors() && !f.has('f') {
		d.PVID = known
		a.bad(vgNoQuorum)
		return no()
	}
	if known != d.PVID {
		a.fail(vgNewPVID, "importvg")
	}
	g := &hostGroup{Name: name, Major: major, disk: vg, LVs: map[int]string{}, since: a.e.Now}
	h.Groups = append(h.Groups, g)
	partly := false
	for _, m := range vg.Members {
		if h.diskOf(m) == nil {
			a.fail(vgPVMissing, m.medium.pvid())
			partly = true
		}
	}
	a.takeOver(g)
	a.say("%s", name)
	switch {
	case f.has('n'):
	case vg.ECM:
		a.bad(vgByHand)
	default:
		g.State, g.Reserves = vgActive, true
	}
	if partly {
		a.fail(vgPartly, pv)
	}
	return 0
}

// takeOver puts the logical volumes and file systems of a group into the database and /etc/filesystems.
func (a *aixCall) takeOver(g *hostGroup) {
	h := a.h
	for _, v := range h.learn(g) {
		name := v.Name
		if h.knows(name) {
			prefix := strings.TrimRight(name, "0123456789")
			for name = h.freeName(prefix); g.disk.volume(name) != nil; {
				prefix += "x"
				name = h.freeName(prefix)
			}
			a.fail(vgRenamed, v.Name, name)
			v.Name = name
			if v.Block != nil {
				v.Block.Dev = "/dev/" + name
			}
		}
		g.LVs[v.Minor] = name
		if v.Block == nil {
			continue
		}
		if h.stanza(v.Block.Mount) != nil {
			a.fail("imfs: mount point \"%s\" already exists in /etc/filesystems.", v.Block.Mount)
			continue
		}
		h.Stanzas = append(h.Stanzas, v.Block.copy())
		h.makeDir(v.Block.Mount, a.e.Now)
	}
}

// learnGroup is importvg -L: what another host has changed is taken over while the group is varied off here.
func (a *aixCall) learnGroup(d *HostDisk, name string, no func() int) int {
	g := a.group("importvg", name)
	if g == nil || d.medium.group != g.disk || g.State != vgOff && g.State != vgPassive {
		return no()
	}
	d.PVID = d.medium.pvid()
	for _, m := range g.disk.Members {
		if a.h.diskOf(m) == nil {
			a.fail(vgPVMissing, m.medium.pvid())
		}
	}
	a.takeOver(g)
	a.say("%s", name)
	return 0
}

// sync makes stale partitions good: all, or those on one disk.
func (v *volume) sync(m *member) {
	for _, lp := range v.Parts {
		for c := range lp {
			if m == nil || lp[c].on == m {
				lp[c].stale = false
			}
		}
	}
}

func aixSyncvg(a *aixCall) int {
	f, ok := a.flags("lpv")
	if !ok {
		return 1
	}
	if len(f.set) != 1 || len(f.rest) == 0 {
		return a.usage()
	}
	var work []func()
	for _, n := range f.rest {
		switch {
		case f.has('v'):
			g := a.openGroup("syncvg", n)
			if g == nil {
				return 1
			}
			for _, v := range g.disk.Volumes {
				work = append(work, func() { v.sync(nil) })
			}
		case f.has('l'):
			_, v := a.openVolume("syncvg", n)
			if v == nil {
				return 1
			}
			work = append(work, func() { v.sync(nil) })
		default:
			d := a.h.disk(n)
			if d == nil || a.h.groupOf(d) == nil {
				return a.fail(pvNoneFor, "syncvg", n)
			}
			g := a.openGroup("syncvg", a.h.groupOf(d).Name)
			if g == nil {
				return 1
			}
			for _, v := range g.disk.Volumes {
				work = append(work, func() { v.sync(g.disk.member(d.medium)) })
			}
		}
	}
	for _, w := range work {
		w()
	}
	return 0
}

// membersNamed are the members that operands name, all when there are none.
func (a *aixCall) membersNamed(program string, g *hostGroup, names []string) []*member {
	if len(names) == 0 {
		return a.h.onlines(g)
	}
	var out []*member
	for _, n := range names {
		d := a.h.disk(n)
		if d == nil {
			a.fail(pvNoneFor, program, n)
			return nil
		}
		m := g.disk.member(d.medium)
		if m == nil || d.Defined {
			a.fail("0516-320 getlvodm: Physical volume %s is not assigned to\n\tvolume group %s.", n, g.Name)
			return nil
		}
		if !m.Closed {
			out = append(out, m)
		}
	}
	return out
}

func aixMirrorvg(a *aixCall) int {
	f, ok := a.flags("SsQc:p:")
	if !ok {
		return 1
	}
	copies, good := 2, true
	if f.has('c') {
		copies, good = atoi(f.get('c'))
	}
	if len(f.rest) == 0 || !good || copies < 2 || copies > 3 || f.has('S') && f.has('s') {
		return a.usage()
	}
	g := a.openGroup("mirrorvg", f.rest[0])
	if g == nil {
		return a.bad(vgNoMirror)
	}
	on := a.membersNamed("mirrorvg", g, f.rest[1:])
	if len(on) == 0 {
		return a.bad(vgNoMirror)
	}
	old := map[*volume]volume{}
	for _, v := range g.disk.Volumes {
		old[v] = *v
		if v.copies() >= copies || v.Kind == "sysdump" {
			continue
		}
		if !a.setPools("mirrorvg", g, v, f.set['p']) {
			for x, before := range old {
				*x = before
			}
			return a.bad(vgNoMirror)
		}
		next := g.disk.allocate(v, 0, copies, on)
		if next == nil {
			for x, before := range old {
				*x = before
			}
			a.bad(lvmNoSpace)
			a.fail(vgNoMirrorOf, v.Name)
			return a.bad(vgNoMirror)
		}
		// New copies hold nothing until they are synchronised.
		for _, lp := range next {
			for c := v.copies(); c < len(lp); c++ {
				lp[c].stale = f.has('s')
			}
		}
		v.Parts = next
	}
	if !f.has('Q') && copies == 2 && g.disk.Quorum {
		g.disk.Quorum = false
		a.bad(vgQuorumNow)
	}
	if g.Name == "rootvg" {
		var names []string
		for _, m := range g.disk.volume("hd5").members(g.disk) {
			names = append(names, a.memberName(m))
		}
		a.fail(vgMirrored, strings.Join(names, " "))
	}
	a.share(g.disk)
	return 0
}

func aixUnmirrorvg(a *aixCall) int {
	f, ok := a.flags("c:")
	if !ok {
		return 1
	}
	copies, good := 1, true
	if f.has('c') {
		copies, good = atoi(f.get('c'))
	}
	if len(f.rest) == 0 || !good || copies < 1 || copies > 2 {
		return a.usage()
	}
	g := a.openGroup("unmirrorvg", f.rest[0])
	if g == nil {
		return a.bad(vgNoUnmirror)
	}
	on := a.membersNamed("unmirrorvg", g, f.rest[1:])
	if len(on) == 0 {
		return a.bad(vgNoUnmirror)
	}
	if len(f.rest) == 1 {
		on = nil
	}
	next := map[*volume][][]part{}
	for _, v := range g.disk.Volumes {
		if v.copies() <= copies {
			continue
		}
		if next[v] = v.without(copies, on); next[v] == nil {
			a.fail(lvNoDrop, "rmlvcopy", v.Name)
			return a.bad(vgNoUnmirror)
		}
	}
	for v, p := range next {
		v.Parts = p
	}
	if copies == 1 && !g.disk.Quorum {
		g.disk.Quorum = true
		a.bad(vgQuorumNow)
	}
	a.share(g.disk)
	return 0
}

func aixLvlstmajor(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	last := 38
	for _, g := range a.h.Groups {
		last = max(last, g.Major)
	}
	var out []string
	for m := 39; m <= last+1; m++ {
		if !a.h.majorUsed(m) {
			out = append(out, strconv.Itoa(m))
		}
	}
	a.say("%s...", strings.Join(out, ","))
	return 0
}

package lab

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Mirror pools: parts of a scalable volume group, each of some of its disks, and copies of logical volumes that stay in one of them.
// Names and rules are documented; numbers and words of the refusals are unconfirmed.
const (
	pvNotChanged   = "0516-722 chpv: Unable to change physical volume %s"
	poolScalable   = "0516-1833 %s: Mirror pools are supported in scalable volume groups only."
	poolNameBad    = "0516-1834 %s: The mirror pool name %s is not valid."
	poolNone       = "0516-1835 %s: The mirror pool %s does not exist in the volume group."
	poolTooMany    = "0516-1836 %s: A volume group with super strict mirror pools can have three of them."
	poolEach       = "0516-1814 %s: Mirror pools must be defined for each copy when mirror pool strictness\n\tis enabled."
	poolSuper      = "0516-1815 %s: Each mirror pool must hold a copy of each logical volume when super strict\n\tmirror pools are enabled: %s."
	poolDiskless   = "0516-1816 %s: Each physical volume must be in a mirror pool when super strict\n\tmirror pools are enabled."
	poolLast       = "0516-1817 %s: The mirror pool %s is used by logical volume %s."
	maxStrictPools = 3
)

// poolWord: up to 15 letters, digits, underscores, hyphens and dots.
var poolWord = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,15}$`)

func poolName(p string) string {
	if p == "" {
		return "None"
	}
	return p
}

// pools are the names of the mirror pools of a group, in the order of its disks.
func (g *diskGroup) pools() []string {
	var out []string
	for _, m := range g.Members {
		if m.Pool != "" && !slices.Contains(out, m.Pool) {
			out = append(out, m.Pool)
		}
	}
	return out
}

// named are the pools of a volume, without the last ones that it has not.
func (v *volume) named() []string {
	n := len(v.Pools)
	for n > 0 && v.Pools[n-1] == "" {
		n--
	}
	return v.Pools[:n]
}

// suits reports whether a copy, from 0, may have partitions on a disk.
func (v *volume) suits(c int, m *member) bool {
	return c >= len(v.Pools) || v.Pools[c] == "" || v.Pools[c] == m.Pool
}

// poolProblem says why a group cannot have a further pool, or a further disk in one.
func poolProblem(g *diskGroup, pool string) string {
	switch {
	case g.Kind != vgScalable:
		return text(poolScalable, "lchangepv")
	case !poolWord.MatchString(pool):
		return text(poolNameBad, "lchangepv", pool)
	case g.Strict == "super" && !slices.Contains(g.pools(), pool) && len(g.pools()) == maxStrictPools:
		return text(poolTooMany, "lchangepv")
	}
	return ""
}

// poolFits looks at -p of mkvg and extendvg.
func (a *aixCall) poolFits(program string, g *diskGroup, f *flagSet) bool {
	if !f.has('p') {
		if g.Strict == "super" {
			a.fail(poolDiskless, program)
			return false
		}
		return true
	}
	p := poolProblem(g, f.get('p'))
	if p != "" {
		a.bad(p)
	}
	return p == ""
}

// setPools reads copyN=pool.
func (a *aixCall) setPools(program string, g *hostGroup, v *volume, words []string) bool {
	for _, w := range words {
		c, pool, ok := strings.Cut(w, "=")
		n := 0
		if _, err := fmt.Sscanf(c, "copy%d", &n); err != nil || !ok || n < 1 || n > len(v.Pools) {
			a.usage()
			return false
		}
		if !slices.Contains(g.disk.pools(), pool) {
			a.fail(poolNone, program, pool)
			return false
		}
		v.Pools[n-1] = pool
	}
	return true
}

// poolsOf refuses a volume whose copies are not where the strictness of the group wants them. A copy that is not there yet may have
// its pool already.
func (a *aixCall) poolsOf(program string, g *diskGroup, v *volume, copies int) bool {
	if g.Strict != "on" && g.Strict != "super" {
		return true
	}
	if slices.Contains(v.Pools[:copies], "") {
		a.fail(poolEach, program)
		return false
	}
	for _, p := range g.pools() {
		if g.Strict == "super" && !slices.Contains(v.Pools[:], p) {
			a.fail(poolSuper, program, p)
			return false
		}
	}
	return true
}

// poolsHold looks whether a group is as its new strictness wants it.
func (a *aixCall) poolsHold(program string, g *hostGroup, next *diskGroup) bool {
	if next.Strict == "super" {
		if slices.ContainsFunc(next.Members, func(m *member) bool { return m.Pool == "" }) {
			a.fail(poolDiskless, program)
			return false
		}
		if len(next.pools()) > maxStrictPools {
			a.fail(poolTooMany, program)
			return false
		}
	}
	for _, v := range g.disk.Volumes {
		if !a.poolsOf(program, next, v, v.copies()) {
			return false
		}
	}
	return true
}

// changePool is chpv -p, -P and -m: what is allocated stays where it is.
func (a *aixCall) changePool(g *hostGroup, d *HostDisk, f *flagSet) bool {
	m := g.disk.member(d.medium)
	if m == nil || g.State == vgPassive {
		a.bad(vgOffText)
		return false
	}
	pool := f.get('p') + f.get('m') // one of both, or -P
	if pool != "" {
		if p := poolProblem(g.disk, pool); p != "" {
			a.bad(p)
			return false
		}
	}
	old := m.Pool
	if f.has('m') {
		if old == "" {
			a.fail(poolNone, "chpv", "None")
			return false
		}
		if slices.Contains(g.disk.pools(), pool) {
			a.fail(poolNameBad, "chpv", pool)
			return false
		}
		for _, x := range g.disk.Members {
			if x.Pool == old {
				x.Pool = pool
			}
		}
		for _, v := range g.disk.Volumes {
			for c := range v.Pools {
				if v.Pools[c] == old {
					v.Pools[c] = pool
				}
			}
		}
		a.share(g.disk)
		return true
	}
	if pool == "" && g.disk.Strict == "super" {
		a.fail(poolDiskless, "chpv")
		return false
	}
	m.Pool = pool
	if old != "" && old != pool && !slices.Contains(g.disk.pools(), old) {
		for _, v := range g.disk.Volumes {
			if slices.Contains(v.Pools[:], old) {
				m.Pool = old
				a.fail(poolLast, "chpv", old, v.Name)
				return false
			}
		}
	}
	a.share(g.disk)
	return true
}

// keepPools lets the pools of copies go with them.
func (v *volume) keepPools(next [][]part) {
	var pools [3]string
	if len(next) > 0 {
		for c, p := range next[0] {
			was := slices.IndexFunc(v.Parts[0], func(x part) bool { return x.on == p.on && x.pp == p.pp })
			pools[c] = v.Pools[was]
		}
	}
	v.Pools = pools
}

// aixLsmp lists the pools of a group. Asynchronous mirroring is not there.
func aixLsmp(a *aixCall) int {
	f, ok := a.flags("Am:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	g := a.openGroup("lsmp", f.rest[0])
	if g == nil {
		return 1
	}
	pools := g.disk.pools()
	if f.has('m') {
		if !slices.Contains(pools, f.get('m')) {
			return a.fail(poolNone, "lsmp", f.get('m'))
		}
		pools = []string{f.get('m')}
	}
	a.say("%-20s%-20s%-26s%s\n", "VOLUME GROUP:", g.Name, "Mirror Pool Super Strict:", yesNo(g.disk.Strict == "super"))
	for _, p := range pools {
		a.say("%-20s%-20s%-26s%s", "MIRROR POOL:", p, "Mirroring Mode:", "SYNC")
	}
	return 0
}

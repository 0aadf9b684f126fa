package lab

import (
	"fmt"
	"slices"
	"strings"
)

// stripeSize reads the size of a strip, such as 64K: a power of two from 4 KB to 128 MB.
func stripeSize(s string) (kb int, ok bool) {
	unit := 1
	switch {
	case strings.HasSuffix(s, "K"):
	case strings.HasSuffix(s, "M"):
		unit = 1024
	default:
		return 0, false
	}
	n, ok := atoi(s[:len(s)-1])
	n *= unit
	return n, ok && n >= 4 && n <= 128*1024 && n&(n-1) == 0
}

// stripeText is how lslv shows the size of a strip.
func (v *volume) stripeText() string {
	if v.StripeKB >= 1024 {
		return fmt.Sprintf("%dM", v.StripeKB/1024)
	}
	return fmt.Sprintf("%dK", v.StripeKB)
}

// whole rounds logical partitions up to a row of strips.
func (v *volume) whole(lps int) int {
	if v.Width == 0 {
		return lps
	}
	return (lps + v.Width - 1) / v.Width * v.Width
}

// striped finds partitions for a striped volume: every copy has as many disks as the stripe is wide, and its logical
// partitions go round on them.
func (g *diskGroup) striped(v *volume, next [][]part, copies int, on []*member) [][]part {
	var taken []*member
	sets := make([][]*member, copies)
	for c := range copies {
		for i := 0; i < v.Width && i < len(v.Parts); i++ {
			if len(v.Parts[i]) > c {
				sets[c] = append(sets[c], v.Parts[i][c].on)
			}
		}
		taken = append(taken, sets[c]...)
	}
	for c := range copies {
		for _, m := range on {
			if len(sets[c]) < v.Width && v.suits(c, m) && !slices.Contains(taken, m) {
				sets[c], taken = append(sets[c], m), append(taken, m)
			}
		}
		if len(sets[c]) < v.Width {
			return nil
		}
		var rooms []*room
		for _, m := range sets[c] {
			rooms = append(rooms, g.room(m, v.Intra))
		}
		for i := range next {
			if len(next[i]) > c {
				continue
			}
			r := rooms[i%v.Width]
			if len(r.free) == 0 {
				return nil
			}
			next[i] = append(next[i], part{on: r.m, pp: r.take()})
		}
	}
	return next
}

// stripe makes a volume of mklv -S; width is that of -u or the number of disks.
func (v *volume) stripe(f *flagSet, disks int) bool {
	kb, ok := stripeSize(f.get('S'))
	v.StripeKB, v.Width = kb, disks
	if f.has('u') {
		v.Width = v.Upper
	}
	v.Upper, v.Inter, v.Strict, v.Fixed = v.Width, "x", "s", true
	return ok && v.Width >= 2 && v.Width <= 128 && !f.any("ers")
}

// aixDefragfs finds nothing to move: the model has no fragments.
func aixDefragfs(a *aixCall) int {
	f, ok := a.flags("qrs")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) > 1 {
		return a.usage()
	}
	m := a.h.mountAt(f.rest[0])
	if m == nil {
		m = a.h.mountOf(f.rest[0])
	}
	if m == nil || m.VFS != "jfs2" {
		return a.fail("defragfs: 0506-555 %s is not a mounted file system.", f.rest[0])
	}
	if len(f.set) == 0 {
		a.say("Defragmenting device %s.  Please wait.\n\nTotal allocation groups                                  :            1\nAllocation groups skipped - entirely free                :            1\nAllocation groups defragmented                           :            0\ndefragfs completed successfully.", m.Dev)
		return 0
	}
	a.say("Total allocation groups                                  :            1\nAllocation groups skipped - entirely free                :            1\nAllocation groups that are candidates for defragmenting  :            0\nAverage number of free runs in candidate allocation groups  :            0")
	return 0
}

// aixTunchange changes a stanza of a file of tunsave.
func aixTunchange(a *aixCall) int {
	f, ok := a.flags("f:t:o:D")
	if !ok {
		return 1
	}
	program := f.get('t')
	if len(f.rest) > 0 || !f.has('f') || f.has('o') == f.has('D') || tunables[program] == nil {
		return a.usage()
	}
	name := f.get('f')
	if !strings.HasPrefix(name, "/") {
		name = "/etc/tunables/" + name
	}
	data, ok := a.h.read(name)
	if !ok || a.h.Files[name] == nil {
		return a.fail("tunchange: 1485-142 Unable to open the file %s.", name)
	}
	change := map[string]string{}
	for _, w := range f.set['o'] {
		n, v, _ := strings.Cut(w, "=")
		at := slices.IndexFunc(tunables[program], func(t tunable) bool { return t.name == n })
		num, number := atoi(v)
		switch {
		case at < 0:
			return a.fail(tuneUnknown, a.name, n)
		case !number:
			return a.fail(tuneBad, a.name, v, n)
		case num < tunables[program][at].low || num > tunables[program][at].high:
			return a.fail(tuneRange, a.name, v, n, tunables[program][at].low, tunables[program][at].high)
		}
		change[n] = v
	}
	var out []string
	stanza := ""
	there := false
	flush := func() {
		for _, n := range sortedKeys(change) {
			if stanza == program {
				out = append(out, fmt.Sprintf("\t%s = \"%s\"", n, change[n]))
				delete(change, n)
			}
		}
	}
	for _, l := range strings.Split(strings.TrimSuffix(data, "\n"), "\n") {
		n, _, eq := strings.Cut(l, "=")
		n = strings.TrimSpace(n)
		switch {
		case strings.HasSuffix(strings.TrimSpace(l), ":") && !eq:
			flush()
			stanza = strings.TrimSuffix(strings.TrimSpace(l), ":")
			there = there || stanza == program
		case stanza == program && eq && f.has('D'):
			l = fmt.Sprintf("\t%s = \"DEFAULT\"", n)
		case stanza == program && eq && change[n] != "":
			l = fmt.Sprintf("\t%s = \"%s\"", n, change[n])
			delete(change, n)
		}
		out = append(out, l)
	}
	if !there {
		out = append(out, "", program+":")
		stanza = program
	}
	flush()
	a.h.writeFile(name, out, a.e.Now)
	return 0
}

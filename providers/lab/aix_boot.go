package lab

import (
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aixBootCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"bootlist": {aixBootlist, 200 * ms, "/usr/bin", true, "bootlist -m {normal | service | both | prevboot} [-r] [-o] [-i] [-v] [-F] [-f File] [Device [Attribute=Value] ...]"},
		"bosboot":  {aixBosboot, 20 * time.Second, "/usr/sbin", true, "bosboot {-a | -v} [-d Device] [-p Proto] [-k Kernel] [-l LVDev] [-b FileName] [-M {primary | standby | both}] [-I]"},
		"lquerylv": {aixLquerylv, 50 * ms, "/usr/sbin", false, "lquerylv -L LVIdentifier [-c] [-s] [-t]"},
		"lquerypv": {aixLquerypv, 50 * ms, "/usr/sbin", false, "lquerypv -M PhysicalVolume\n       lquerypv -h Device [Start [Length]]"},
	}
}

// bootDisks are the disks with a copy of the boot volume.
func (a *aixCall) bootDisks() []string {
	var out []string
	if g := a.h.group("rootvg"); g != nil {
		if v := g.disk.volume("hd5"); v != nil {
			for _, m := range v.members(g.disk) {
				if d := a.h.diskOf(m); d != nil {
					out = append(out, d.Name)
				}
			}
		}
	}
	return out
}

func aixBosboot(a *aixCall) int {
	f, ok := a.flags("avd:qb:M:p:l:Ik:")
	if !ok {
		return 1
	}
	if f.has('a') == f.has('v') || len(f.rest) > 0 || f.has('q') || f.has('M') && !contains("primary standby both", f.get('M')) {
		return a.usage()
	}
	if f.has('d') {
		name := strings.TrimPrefix(f.get('d'), "/dev/")
		if a.h.disk(name) == nil {
			return a.fail("\n0301-154 bosboot: missing proc or ld, or invalid device: %s", f.get('d'))
		}
		if !slices.Contains(a.bootDisks(), name) {
			return a.fail("\n0301-168 bosboot: The current boot logical volume, /dev/hd5,\n\tdoes not exist on /dev/%s.", name)
		}
	}
	if f.has('v') {
		return 0
	}
	if f.has('b') && a.h.create(absolute(a.dir, f.get('b')), false, a.user, a.e.Now) == nil {
		return a.fail("\n0301-155 bosboot: The file %s cannot be written.", f.get('b'))
	}
	a.say("\nbosboot: Boot image is 59757 512 byte blocks.")
	return 0
}

// aixLquerylv knows the copies and the sizes, which modules ask for.
func aixLquerylv(a *aixCall) int {
	f, ok := a.flags("L:cst")
	if !ok {
		return 1
	}
	if !f.has('L') || len(f.rest) > 0 || !f.any("cs") {
		return a.usage()
	}
	for _, g := range a.h.Groups {
		for _, v := range g.disk.Volumes {
			if fmt.Sprintf("%s.%d", g.disk.ID, v.Minor) != f.get('L') {
				continue
			}
			if g.State == vgOff {
				return a.bad(vgOffText)
			}
			put := func(label string, n int) {
				if f.has('t') {
					a.say("%-16s%d", label, n)
				} else {
					a.say("%d", n)
				}
			}
			if f.has('c') {
				put("Csize:", len(v.Parts))
			}
			if f.has('s') {
				put("PPsize:", 20+bits.TrailingZeros(uint(g.disk.PPSize)))
			}
			return 0
		}
	}
	return a.fail("0516-306 lquerylv: Unable to find  %s in the Device\n\tConfiguration Database.", f.get('L'))
}

func aixLquerypv(a *aixCall) int {
	f, ok := a.flags("M:h:")
	if !ok {
		return 1
	}
	name := f.get('M') + f.get('h')
	if f.has('M') == f.has('h') || len(f.rest) > 2 || f.has('M') && len(f.rest) > 0 {
		return a.usage()
	}
	d := a.h.disk(strings.TrimPrefix(name, "/dev/"))
	if d == nil || d.Defined || f.has('h') && a.e.reservedBy(d.medium, a.h) != nil {
		return a.fail(vgNoOpenPV, "lquerypv")
	}
	if f.has('M') {
		a.say("256")
		return 0
	}
	span := [2]uint64{0, 0x100}
	for i, word := range f.rest {
		n, err := strconv.ParseUint(word, 16, 32)
		if err != nil || n > 0x1000 {
			return a.usage()
		}
		span[i] = n
	}
	a.header(d.medium, int(span[0]), int(span[1]))
	return 0
}

// header dumps the first sectors of a disk: the mark of LVM and the identifier are in them.
func (a *aixCall) header(m *medium, start, length int) {
	data := make([]byte, 0x3000)
	if id, err := hex.DecodeString(m.pvid()); err == nil && len(id) == 8 {
		copy(data, "\xc9\xc2\xd4\xc1")
		copy(data[0x80:], id)
	}
	for at := start; at < start+length; at += 16 {
		line := data[at : at+16]
		shown := make([]byte, 16)
		for i, c := range line {
			shown[i] = '.'
			if c >= 0x20 && c < 0x7f {
				shown[i] = c
			}
		}
		a.say("%08X   %X %X %X %X  |%s|", at, line[:4], line[4:8], line[8:12], line[12:], shown)
	}
}

package lab

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

func aixDiskCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"dd":      {aixDd, 500 * ms, "/usr/bin", false, "dd [bs=BlockSize] [count=InputBlocks] [if=InFile] [of=OutFile] [seek=RecordNumber] [skip=SkipInputBlocks] [conv=notrunc]"},
		"chpv":    {aixChpv, 300 * ms, "/usr/sbin", true, "chpv [-a {y | n}] [-v {r | a}] [-c] [-C] [-p MirrorPool] [-P] [-m MirrorPool] PhysicalVolume ..."},
		"lsmp":    {aixLsmp, 50 * ms, "/usr/sbin", false, "lsmp [-A] [-m MirrorPool] VolumeGroup"},
		"rendev":  {aixRendev, time.Second, "/usr/sbin", true, "rendev -l Name [-n NewName] [-u]"},
		"lsvgfs":  {aixLsvgfs, 50 * ms, "/usr/sbin", false, "lsvgfs VolumeGroup"},
		"fcstat":  {aixFcstat, 100 * ms, "/usr/bin", false, "fcstat FCDevice"},
		"useradd": {aixUseradd, 500 * ms, "/usr/sbin", true, "useradd [-c comment] [-d dir] [-g initial_group] [-G group1,group2] [-k skel_dir] [-m] [-s shell] [-u uid] login"},
		"usermod": {aixUseradd, 300 * ms, "/usr/sbin", true, "usermod [-c comment] [-d dir] [-g initial_group] [-G group1,group2] [-l new_name] [-m] [-s shell] [-u uid] login"},
		"umask":   {aixUmask, 5 * ms, "/usr/bin", false, "umask [-S] [Mask]"},
		"ulimit":  {aixUlimit, 5 * ms, "/usr/bin", false, "ulimit [-H | -S] [-a | -c | -d | -f | -m | -n | -s | -t] [Limit]"},
	}
}

// aixDd reads from disks and clears them; it has no data to copy.
func aixDd(a *aixCall) int {
	set := map[string]string{}
	for _, w := range a.args {
		n, v, ok := strings.Cut(w, "=")
		if !ok || !contains("if of bs ibs obs count seek skip conv", n) {
			return a.fail("dd: 0511-053 The operand %s is not valid.", w)
		}
		set[n] = v
	}
	count := -1
	if v, ok := set["count"]; ok {
		n, good := atoi(v)
		if !good || n < 0 {
			return a.fail("dd: 0511-053 The operand count=%s is not valid.", v)
		}
		count = n
	}
	disk := func(name string) *HostDisk {
		return a.h.disk(strings.TrimPrefix(strings.TrimPrefix(name, "/dev/"), "r"))
	}
	from, to := disk(set["if"]), disk(set["of"])
	for _, d := range []*HostDisk{from, to} {
		switch {
		case d == nil:
		case d.Defined || d.lost || a.e.reservedBy(d.medium, a.h) != nil:
			return a.fail("dd: 0511-051 The open failed.\n: There is an input or output error.")
		case a.user != "root":
			return a.fail("dd: 0511-051 The open failed.\n: The file access permissions do not allow the specified action.")
		}
	}
	switch {
	case from == nil && set["if"] != "/dev/zero" || to == nil && set["of"] != "/dev/null":
		return a.fail("dd: 0511-051 The open failed.\n: Only disks can be read and cleared here.")
	case count < 0 && from == nil && to == nil:
		return a.fail("dd: 0511-053 Give count: /dev/zero has no end.")
	case to != nil && a.h.inUse(to):
		return a.fail("dd: 0511-051 The open failed.\n: The requested resource is busy.")
	}
	if to != nil && set["if"] == "/dev/zero" && (set["seek"] == "" || set["seek"] == "0") && count != 0 {
		// Identifier and descriptor area are at the beginning. The database goes on knowing what it has read.
		known := to.PVID
		a.e.writePVID(to.medium, "")
		to.PVID, to.medium.group = known, nil
	}
	if count < 0 {
		bs := 512
		if v := strings.TrimRight(set["bs"], "kKmM"); v != "" {
			n, _ := atoi(v)
			bs = max(1, n) * map[string]int{"k": 1024, "K": 1024, "m": 1 << 20, "M": 1 << 20}[strings.TrimPrefix(set["bs"], v)]
			if bs == 0 {
				bs = max(1, n)
			}
		}
		d := to
		if d == nil {
			d = from
		}
		count = d.medium.size() << 20 / bs
	}
	a.fail("%d+0 records in.\n%d+0 records out.", count, count)
	return 0
}

func aixChpv(a *aixCall) int {
	f, ok := a.flags("a:v:cCp:Pm:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 || len(f.set) == 0 || f.has('p') && f.any("Pm") || f.has('P') && f.has('m') || f.has('a') && !contains("y n", f.get('a')) || f.has('v') && !contains("r a", f.get('v')) {
		return a.usage()
	}
	code := 0
	for _, n := range f.rest {
		d := a.h.disk(n)
		if d == nil || d.Defined {
			code = a.fail("0516-306 chpv: Unable to find physical volume %s in the Device\n\tConfiguration Database.", n)
			continue
		}
		if f.any("cC") {
			continue // boot records are not kept
		}
		g := a.h.groupOf(d)
		switch {
		case g == nil:
			code = a.fail(pvNoGroup, "chpv", n)
			continue
		case g.State == vgOff:
			code = a.bad(vgOffText)
			continue
		case f.has('v'):
			code = a.fail(pvNotChanged+": its state cannot be changed here", n)
			continue
		}
		if m := g.disk.member(d.medium); m != nil && f.has('a') {
			m.Closed = f.get('a') == "n"
		}
		if f.any("pPm") && !a.changePool(g, d, f) {
			code = a.fail(pvNotChanged, n)
		}
	}
	return code
}

var deviceNameRe = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,14}$`)

func aixRendev(a *aixCall) int {
	f, ok := a.flags("l:n:u")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('l') {
		return a.usage()
	}
	d := a.h.disk(f.get('l'))
	name := f.get('n')
	if name == "" {
		name = a.h.freeDisk()
	}
	_, known := a.h.deviceNamed(name)
	switch {
	case d == nil:
		return a.fail(devNoFound, "rendev", f.get('l'))
	case !deviceNameRe.MatchString(name):
		return a.fail("rendev: 0514-551 The name %s is not valid.", name)
	case known || a.h.knows(name):
		return a.fail("rendev: 0514-552 The name %s is used by another device.", name)
	case a.h.inUse(d):
		return a.fail(devBusyText, "/etc/methods/ucfgdevice")
	}
	d.Name = name
	sort.SliceStable(a.h.Disks, func(i, j int) bool { return naturalLess(a.h.Disks[i].Name, a.h.Disks[j].Name) })
	a.say("%s", name)
	return 0
}

func aixLsvgfs(a *aixCall) int {
	if len(a.args) != 1 {
		return a.usage()
	}
	g := a.openGroup("lsvgfs", a.args[0])
	if g == nil {
		return 1
	}
	for _, minor := range g.known() {
		if s := a.h.stanzaOf(g.LVs[minor]); s != nil {
			a.say("%s", s.Mount)
		}
	}
	return 0
}

func aixFcstat(a *aixCall) int {
	if len(a.args) != 1 {
		return a.usage()
	}
	name := strings.TrimPrefix(a.args[0], "/dev/")
	d, ok := a.h.deviceNamed(name)
	if !ok || d.kind != "IBM,vfc-client" {
		return a.fail("Error opening device: /dev/%s\n\terrno: 00000002\n\nInput device name: %s is invalid", name, name)
	}
	wwpn := "c0507600" + stableHex(8, a.h.Name, name)
	if _, p := a.e.place(a.h); p != nil {
		for _, x := range a.h.Adapters {
			for _, c := range p.FC {
				if x.Name == name && c.Slot == x.Slot {
					wwpn = strings.ToLower(c.WWPNs[0])
				}
			}
		}
	}
	a.say("\nFIBRE CHANNEL STATISTICS REPORT: %s\n\nDevice Type: Virtual Fibre Channel Client Adapter (adapter/vdevice/IBM,vfc-client)\nSerial Number: UNKNOWN\nOption ROM Version: UNKNOWN\nZA: UNKNOWN\nWorld Wide Node Name: 0x%s\nWorld Wide Port Name: 0x%s\n", name, strings.ToUpper(wwpn), strings.ToUpper(wwpn))
	a.say("FC-4 TYPES:\n  Supported: 0x0000010000000000000000000000000000000000000000000000000000000000\n  Active:    0x0000010000000000000000000000000000000000000000000000000000000000\nClass of Service: 3\nPort Speed (supported): 16 GBIT\nPort Speed (running):   16 GBIT\nPort FC ID: 0x%s\nPort Type: Fabric\nAttention Type:   Link Up", stableHex(6, a.h.Name, name))
	return 0
}

// aixUseradd is useradd and usermod.
func aixUseradd(a *aixCall) int {
	f, ok := a.flags("c:d:e:g:G:k:l:mr:s:u:f:")
	if !ok {
		return exitBadUser
	}
	add := a.name == "useradd"
	if len(f.rest) != 1 || f.any("erf") || add && f.has('l') || !add && f.has('k') {
		return a.usage()
	}
	name := f.rest[0]
	var pairs []string
	for _, p := range []struct {
		flag byte
		attr string
	}{{'c', "gecos"}, {'d', "home"}, {'G', "groups"}, {'s', "shell"}, {'u', "id"}} {
		if f.has(p.flag) {
			pairs = append(pairs, p.attr+"="+f.get(p.flag))
		}
	}
	if f.has('g') {
		group := f.get('g')
		if n, number := atoi(group); number {
			for _, g := range a.h.UserGroups {
				if g.ID == n {
					group = g.Name
				}
			}
		}
		pairs = append(pairs, "pgrp="+group)
	}
	a.args = append(pairs, name)
	if add {
		return aixMkuser(a)
	}
	if f.has('l') {
		u := a.h.user(name)
		switch {
		case u == nil:
			a.fail(userNone, name)
			return exitNoUser
		case a.h.user(f.get('l')) != nil || !validAccount(f.get('l')):
			a.fail(userThere, f.get('l'))
			return 17
		}
		for _, g := range a.h.UserGroups {
			if at := slices.Index(g.Users, name); at >= 0 {
				g.Users = slices.Clone(g.Users)
				g.Users[at] = f.get('l')
			}
		}
		u.Name = f.get('l')
		a.args[len(a.args)-1] = u.Name
	}
	if len(pairs) == 0 {
		return 0
	}
	return aixChuser(a)
}

func aixUmask(a *aixCall) int {
	switch {
	case len(a.args) == 0:
		a.say("022")
	case len(a.args) == 1 && a.args[0] == "-S":
		a.say("u=rwx,g=rx,o=rx")
	case len(a.args) == 1:
		if _, err := strconv.ParseUint(a.args[0], 8, 9); err != nil {
			return a.fail("umask: 0403-035 The mask %s is not valid.", a.args[0])
		}
	default:
		return a.usage()
	}
	return 0
}

func aixUlimit(a *aixCall) int {
	f, ok := a.flags("HSacdfmnst")
	if !ok {
		return 1
	}
	u := a.h.user(a.user)
	if u == nil {
		u = &hostUser{Name: a.user, Group: "staff"}
	}
	value := func(attr string) string {
		for _, p := range a.h.userAttrs(u) {
			if p[0] == attr {
				if p[1] == "-1" || f.has('H') {
					return "unlimited"
				}
				return p[1]
			}
		}
		return "unlimited"
	}
	rows := []struct {
		flag       byte
		text, attr string
	}{{'t', "time(seconds)        ", "cpu"}, {'f', "file(blocks)         ", "fsize"}, {'d', "data(kbytes)         ", "data"}, {'s', "stack(kbytes)        ", "stack"}, {'m', "memory(kbytes)       ", "rss"}, {'c', "coredump(blocks)     ", "core"}, {'n', "nofiles(descriptors) ", "nofiles"}}
	if len(f.rest) == 1 {
		if _, n := atoi(f.rest[0]); !n && f.rest[0] != "unlimited" {
			return a.fail("ulimit: 0403-035 The limit %s is not valid.", f.rest[0])
		}
		return 0 // of this shell, which has none
	}
	if len(f.rest) > 1 {
		return a.usage()
	}
	single := f.any("cdfmnst")
	for _, r := range rows {
		switch {
		case f.has('a'):
			a.say("%s%s", r.text, value(r.attr))
		case f.has(r.flag), !single && r.flag == 'f':
			a.say("%s", value(r.attr))
		}
	}
	return 0
}

// volumes is lsmpio -q: what the storage says of itself.
func (a *aixCall) mpioVolumes(name string) int {
	product := func(d *HostDisk) (vendor, kind, label string) {
		if d.LUN != nil {
			return "IBM", "2145", d.LUN.Name
		}
		return "AIX", "VDASD", ""
	}
	if d := a.h.disk(name); d != nil {
		vendor, kind, label := product(d)
		a.say("Device:  %s\n        Vendor Id:  %s\n        Product Id:  %s\n        Revision:  0000\n        Capacity:  %.2fGiB", d.Name, vendor, kind, float64(d.medium.size())/1024)
		if d.LUN != nil {
			a.say("        Machine Id:  %s\n        Serial Number:  %s\n        Volume Name:  %s", strings.ToUpper(d.LUN.WWPN), strings.TrimSuffix(d.LUN.hostID(), "04214503IBMfcp"), label)
		}
		return 0
	}
	a.say("Device           Vendor Id  Product Id       Size    Volume Name\n---------------------------------------------------------------------------------")
	for _, d := range a.h.Disks {
		if d.Defined {
			continue
		}
		vendor, kind, label := product(d)
		a.say("%s", strings.TrimRight(fmt.Sprintf("%-16s %-10s %-13s %8.2fGiB  %s", d.Name, vendor, kind, float64(d.medium.size())/1024, label), " "))
	}
	return 0
}

// srcRecord is lssrc -S: the object of a subsystem.
func (a *aixCall) srcRecord() (int, bool) {
	name := ""
	switch {
	case len(a.args) == 3 && a.args[0] == "-S" && a.args[1] == "-s":
		name = a.args[2]
	case len(a.args) == 2 && (a.args[0] == "-Ss" || a.args[0] == "-sS"):
		name = a.args[1]
	default:
		return 0, false
	}
	for _, s := range a.h.Subsystems {
		if s.Name == name {
			a.say("#subsysname:synonym:cmdargs:path:uid:auditid:standin:standout:standerr:action:multi:contact:svrkey:svrmtype:priority:signorm:sigforce:display:waittime:grpname:\n%s:::/usr/sbin/%s:0:0:/dev/console:/dev/console:/dev/console:-O:-Q:-K:0:0:20:0:0:-d:20:%s:", s.Name, s.Name, s.Group)
			return 0, true
		}
	}
	return a.fail("0513-085 The %s Subsystem is not on file.", name), true
}

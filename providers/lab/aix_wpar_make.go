package lab

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"
)

// wparPlan is a partition that mkwpar is to make.
type wparPlan struct {
	*wpar
	fs       []wparFS
	preserve bool
	resolve  bool // conflicts
	force    bool
	copyRoot bool // sizes of the global environment
	image    string
	over     bool // the volume group on a disk is overwritten
	made     []func()
}

func (h *Host) newWpar(name string) *wpar {
	w := &wpar{Name: name, Kind: wparSystem, State: wparDefined, Owner: "root", Group: "rootvg", Controls: map[string]string{}, Privs: slices.Clone(defaultPrivileges), Bootsets: map[string]string{}}
	for _, n := range devexportsOrder {
		w.Devices = append(w.Devices, &wparDevice{Name: n, Kind: devexports[n]})
	}
	return w
}

func aixMkwpar(a *aixCall) int {
	f, ok := a.wparFlags("aAcCFiklPrstvwWO", "bBdEgHhnefou", "pU", "DILMNRSTX", false)
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.any("npfo") || f.has('e') && f.has('f') || f.has('w') && !f.has('o') || f.has('W') && !f.has('e') || f.has('C') && !f.has('B') ||
		f.has('k') && !f.has('B') || f.has('E') && !f.has('C') || f.has('L') && !f.has('B') || f.has('t') && f.has('B') || f.has('w') && f.has('s') {
		return a.usage()
	}
	p, ok := a.planWpar(f)
	if !ok {
		return 1
	}
	if !a.checkWpar(p, f) {
		return 1
	}
	if f.has('o') {
		if !a.writeSpec(f.get('o'), p) {
			return 1
		}
		if f.has('w') {
			return 0
		}
	}
	if rc := a.makeWpar(p, f.has('v')); rc != 0 {
		return rc
	}
	if f.has('s') {
		return a.startWpar(p.wpar, startOptions{resolve: p.resolve, verbose: f.has('v')})
	}
	a.fail(wparToStart, a.name, p.Name)
	return 0
}

// planWpar puts together what a template, a specification file and the flags say.
func (a *aixCall) planWpar(f *wparArgs) (*wparPlan, bool) {
	name := f.get('n')
	if name == "" {
		name = f.get('p')
	}
	p := &wparPlan{wpar: a.h.newWpar(name), preserve: f.has('p'), resolve: f.has('a'), force: f.has('F'), over: f.has('O'), copyRoot: f.has('t'), image: f.get('B')}
	switch {
	case f.has('e'):
		t := a.wparNamed(f.get('e'))
		if t == nil {
			return nil, false
		}
		a.template(p, t, name == "" || f.has('w'))
	case f.has('f'):
		if !a.readSpec(f.get('f'), p) {
			return nil, false
		}
		if name != "" && p.Name != name {
			p.UUID = ""
		}
	}
	if name != "" {
		p.Name = name
	}
	if !validWparName(p.Name) {
		a.fail(wparBadName, a.name, p.Name)
		return nil, false
	}
	for c, into := range map[byte]*string{'h': &p.Hostname, 'd': &p.Dir, 'g': &p.Group, 'u': &p.Script, 'H': &p.Arch} {
		if f.has(c) {
			*into = f.get(c)
		}
	}
	for c, into := range map[byte]*bool{'A': &p.Auto, 'c': &p.Checkpointable, 'i': &p.Routing, 'l': &p.Private, 'r': &p.Resolv, 'P': &p.VIP} {
		*into = *into || f.has(c)
	}
	if p.Hostname == "" {
		p.Hostname = p.Name
	}
	if p.Dir == "" {
		p.Dir = "/wpars/" + p.Name
	}
	if f.has('U') {
		p.UUID = f.get('U')
	}
	if p.UUID == "" {
		id := stableHex(32, p.Name, a.h.Name, a.e.Now.UnixNano())
		p.UUID = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
	}
	if f.has('C') {
		p.Kind, p.Private = wparVersioned, true
	}
	return p, a.wparLists(p, f)
}

// wparLists reads the flags with attributes.
func (a *aixCall) wparLists(p *wparPlan, f *wparArgs) bool {
	if len(f.of('N')) > 0 {
		p.Nets = nil
	}
	for _, l := range f.of('N') {
		n, ok := a.wparNet(l)
		if !ok {
			return false
		}
		p.Nets = append(p.Nets, n)
	}
	for _, l := range f.of('I') {
		r, ok := a.wparRoute(l)
		if !ok {
			return false
		}
		p.Routes, p.Routing = append(p.Routes, r), true
	}
	for _, l := range f.of('M') {
		m, ok := a.wparFileSystem(l)
		if !ok {
			return false
		}
		p.fs = append(slices.DeleteFunc(p.fs, func(x wparFS) bool { return x.Dir == m.Dir }), m)
	}
	for _, l := range f.of('D') {
		d, ok := a.wparDevice(l)
		if !ok {
			return false
		}
		p.Devices = append(slices.DeleteFunc(p.Devices, func(x *wparDevice) bool { return x.Name == d.Name }), d)
		p.Rootvg = p.Rootvg || d.Root
	}
	for _, l := range f.of('R') {
		if !a.wparControls(p.wpar, l) {
			return false
		}
	}
	for _, l := range f.of('S') {
		if !a.wparPrivileges(p.wpar, l) {
			return false
		}
	}
	for _, l := range f.of('X') {
		k, ok := a.wparKext(l)
		if !ok {
			return false
		}
		p.Kexts = append(p.Kexts, k)
	}
	for _, l := range f.of('L') {
		for _, x := range l.pairs {
			if !contains("shrink ignore_lvs", x[0]) && x[0] != "image_data" {
				a.fail(wparBadAttr, a.name, x[0], 'L')
				return false
			}
			if x[0] != "image_data" && !contains("yes no", x[1]) {
				return a.badAttr(x[0], x[1])
			}
		}
	}
	for _, l := range f.of('T') {
		if !a.known(l, "preserve_private") {
			return false
		}
		if v, _ := l.get("preserve_private"); !contains("yes no", v) {
			return a.badAttr("preserve_private", v)
		}
	}
	return true
}

// template takes over the settings of a partition; those that only one can have are left out, except for its own specification.
func (a *aixCall) template(p *wparPlan, t *wpar, itself bool) {
	w := *t
	w.ID, w.State, w.Subsystems, w.Procs, w.Operation, w.Started, w.own = 0, wparDefined, nil, nil, "", time.Time{}, nil
	w.Nets, w.Routes, w.Kexts, w.Privs = slices.Clone(t.Nets), slices.Clone(t.Routes), slices.Clone(t.Kexts), slices.Clone(t.Privs)
	w.Controls, w.Bootsets = map[string]string{}, map[string]string{}
	for k, v := range t.Controls {
		w.Controls[k] = v
	}
	w.Devices = nil
	for _, d := range t.Devices {
		if d.Kind != "disk" && d.Kind != "adapter" || itself {
			x := *d
			w.Devices = append(w.Devices, &x)
		}
	}
	w.Rootvg = t.Rootvg && itself
	if !itself {
		w.Name, w.Hostname, w.Dir, w.UUID, w.Nets = p.Name, "", "", "", nil
	}
	w.Mounts = nil
	for _, m := range t.Mounts {
		x := wparFS{wparMount: *m}
		if m.VFS == "jfs2" && !t.Rootvg {
			if g, v := a.h.volumeOf(m.Dev); v != nil && v.FS != nil {
				x.Size, x.Group = fmt.Sprint(v.FS.Blocks), g.Name
			}
			x.Dev, x.Options = "", ""
		}
		if t.Rootvg && !itself {
			continue
		}
		p.fs = append(p.fs, x)
	}
	p.wpar = &w
}

// checkWpar are the preconditions that mkwpar looks at.
func (a *aixCall) checkWpar(p *wparPlan, f *wparArgs) bool {
	h, w := a.h, p.wpar
	no := func(format string, v ...any) bool { a.fail(format, v...); return false }
	only := f.has('w')
	for _, x := range [][2]string{{"directory", w.Dir}, {"script", w.Script}} {
		if x[1] != "" && !wparPathRe.MatchString(x[1]) {
			return a.badAttr(x[0], x[1])
		}
	}
	switch {
	case !wparHostRe.MatchString(w.Hostname) || len(w.Hostname) > 255:
		return a.badAttr("hostname", w.Hostname)
	case !wparUUIDRe.MatchString(w.UUID):
		return a.badAttr("uuid", w.UUID)
	case w.Arch != "" && !contains("pwr4 pwr5 pwr6 pwr7 pwr8", w.Arch):
		return a.badAttr("architecture", w.Arch)
	}
	if !a.planFileSystems(p) {
		return false
	}
	if only {
		return true
	}
	if h.wpar(w.Name) != nil {
		return no(wparThere, a.name, w.Name)
	}
	if len(w.Nets) == 0 && !f.has('e') {
		a.foundNet(w)
	}
	if !a.unique(p) {
		return false
	}
	if f.has('b') {
		if _, ok := h.read(absolute(a.dir, f.get('b'))); !ok {
			return no(wparNoSpec, a.name, f.get('b'))
		}
	}
	for _, d := range w.Devices {
		if d.Kind != "disk" {
			continue
		}
		if o := h.exported(d.Name); o != nil {
			return no(wparDeviceUsed, a.name, d.Name, o.Name)
		}
		disk := h.disk(d.Name)
		if disk == nil || disk.Defined {
			return no(wparNoDevice, a.name, d.Name)
		}
		if g := h.groupOf(disk); g != nil && (g.Name == "rootvg" || g.State != vgOff || d.Root && !p.over && !p.preserve) {
			return no(wparDiskUsed, a.name, d.Name, g.Name)
		}
		if d.Root && disk.medium.group != nil && !p.over && !p.preserve {
			return no(wparDiskUsed, a.name, d.Name, "other")
		}
	}
	if p.image != "" {
		return a.checkImage(p)
	}
	return true
}

// unique looks for another partition, or a directory, in the way; -a gets around it.
func (a *aixCall) unique(p *wparPlan) bool {
	h, w := a.h, p.wpar
	for n := 1; ; n++ {
		taken := (*wpar)(nil)
		for _, o := range h.Wpars {
			if o != w && o.Hostname == w.Hostname {
				taken = o
			}
		}
		if taken == nil {
			break
		}
		if !p.resolve {
			a.fail(wparHostUsed, a.name, w.Hostname, taken.Name)
			return false
		}
		w.Hostname = fmt.Sprintf("%s_%d", strings.TrimSuffix(w.Hostname, fmt.Sprintf("_%d", n-1)), n)
	}
	base := w.Dir
	for n := 1; w.Kind != wparApplication && (h.directoryTaken(w) || h.directoryUsed(w) && !p.preserve && !p.force); n++ {
		if !p.resolve {
			a.fail(wparDirUsed, a.name, w.Dir)
			return false
		}
		w.Dir = fmt.Sprintf("%s_%d", base, n)
	}
	var keep []wparNet
	for _, n := range w.Nets {
		if h.hasAddress(n.Address, w) {
			if !p.resolve {
				a.fail(wparAddrUsed, a.name, n.Address)
				return false
			}
			continue
		}
		keep = append(keep, n)
	}
	w.Nets = keep
	for _, r := range w.Routes {
		if ip := net.ParseIP(r.Gateway).To4(); ip != nil && len(w.Nets) > 0 && !slices.ContainsFunc(w.Nets, func(n wparNet) bool { return n.reaches(ip) }) {
			a.fail(wparRouteBad, a.name, r.Gateway)
			return false
		}
	}
	return true
}

func (n wparNet) reaches(ip net.IP) bool {
	bits := maskBits(n.Mask)
	if n.v6() || bits < 0 {
		return false
	}
	mask := net.CIDRMask(bits, 32)
	return net.ParseIP(n.Address).To4().Mask(mask).Equal(ip.Mask(mask))
}

// directoryTaken tells whether a directory is in that of another partition, or the other way round; directoryUsed whether
// something is in it.
func (h *Host) directoryTaken(w *wpar) bool {
	return slices.ContainsFunc(h.Wpars, func(o *wpar) bool {
		return o.Name != w.Name && o.Kind != wparApplication && (o.Dir == w.Dir || strings.HasPrefix(o.Dir, w.base()+"/") || strings.HasPrefix(w.Dir, o.base()+"/"))
	})
}

func (h *Host) directoryUsed(w *wpar) bool {
	i := h.stat(w.Dir)
	return i != nil && (!i.IsDir() || len(h.list(w.Dir)) > 0) || slices.Contains(systemDirs, w.Dir)
}

// hasAddress tells whether the global environment or another partition has an address.
func (h *Host) hasAddress(address string, not *wpar) bool {
	for _, n := range h.Interfaces {
		if n.Address == address {
			return true
		}
		for _, x := range n.Aliases {
			if strings.HasPrefix(x, address+",") && (not == nil || !not.inKernel()) {
				return true
			}
		}
	}
	for _, o := range h.Wpars {
		if o != not && slices.ContainsFunc(o.Nets, func(n wparNet) bool { return n.Address == address }) {
			return true
		}
	}
	return false
}

// foundNet gives a partition whose host name /etc/hosts knows the address of that name.
func (a *aixCall) foundNet(w *wpar) {
	text, _ := a.h.read("/etc/hosts")
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 || !slices.Contains(words[1:], w.Hostname) || net.ParseIP(words[0]).To4() == nil {
			continue
		}
		if nic := a.h.subnetOf(words[0]); nic != nil && !a.h.hasAddress(words[0], w) {
			w.Nets = []wparNet{{nic.Name, words[0], nic.Netmask, broadcast(words[0], maskBits(nic.Netmask))}}
		}
		return
	}
}

// planFileSystems adds to what was asked for what every partition has.
func (a *aixCall) planFileSystems(p *wparPlan) bool {
	global := func(m wparFS) wparFS { m.VFS, m.Dev, m.Options = "namefs", m.Dir, "ro"; return m }
	dir := func(d string, mb int) wparFS { return wparFS{wparMount: wparMount{Dir: d, VFS: "jfs2"}, MB: mb} }
	list := []wparFS{dir("/", 128), dir("/home", 32), dir("/opt", 512), {wparMount: wparMount{Dir: "/proc", VFS: "namefs", Dev: "/proc", Options: "rw"}}, dir("/tmp", 96), dir("/usr", 2560), dir("/var", 96)}
	for i, m := range list {
		if !p.Private && !p.Rootvg && contains("/opt /usr", m.Dir) {
			list[i] = global(m)
		}
		if s := a.h.stanza(m.Dir); p.copyRoot && s != nil && list[i].VFS == "jfs2" {
			if _, v := a.h.volumeOf(s.Dev); v != nil && v.FS != nil {
				list[i].MB = v.FS.Blocks / 2048
			}
		}
	}
	for _, m := range p.fs {
		if i := slices.IndexFunc(list, func(x wparFS) bool { return x.Dir == m.Dir }); i >= 0 {
			if m.Dir == "/proc" && m.VFS != "namefs" || p.Rootvg && m.VFS != list[i].VFS {
				return a.badAttr("vfs", m.VFS)
			}
			m.MB = list[i].MB
			list[i] = m
			continue
		}
		if m.VFS == "jfs2" && m.Size == "" && m.Dev == "" {
			a.fail(wparNeeds, a.name, "size", 'M')
			return false
		}
		list = append(list, m)
	}
	if p.Kind == wparVersioned && slices.ContainsFunc(list, func(m wparFS) bool { return m.VFS == "namefs" && m.Dir != "/proc" }) {
		return a.badAttr("vfs", "namefs")
	}
	slices.SortStableFunc(list, func(x, y wparFS) int { return strings.Compare(x.Dir, y.Dir) })
	for i := range list {
		m := &list[i]
		switch m.VFS {
		case "nfs", "nfs3", "nfs4":
			if m.Options == "" {
				m.Options = "rw"
			}
		case "namefs":
			if m.Options == "" {
				m.Options = "rw"
			}
		}
	}
	p.fs = list
	return true
}

// makeWpar makes the file systems, fills them and writes the configuration. What fails takes back what was made.
func (a *aixCall) makeWpar(p *wparPlan, verbose bool) int {
	h, w := a.h, p.wpar
	w.State, w.Operation, w.OpPID, w.OpStart = wparTransit, "create", h.nextPID(), a.e.Now
	h.Wpars = append(h.Wpars, w)
	before := maps.Clone(h.Files)
	undo := func() int {
		a.unmountWpar(w, true)
		for i := len(p.made) - 1; i >= 0; i-- {
			p.made[i]()
		}
		for f := range h.Files {
			if before[f] == nil && (f == w.Dir || strings.HasPrefix(f, w.base()+"/")) {
				delete(h.Files, f)
			}
		}
		h.Wpars = slices.DeleteFunc(slices.Clone(h.Wpars), func(x *wpar) bool { return x == w })
		return 1
	}
	a.say("mkwpar: Creating file systems...")
	h.makeDir(w.Dir, a.e.Now)
	if w.Rootvg && !a.makeRoot(p) {
		return undo()
	}
	for i := range p.fs {
		a.say(" %s", p.fs[i].Dir)
		if !a.makeWparFS(p, &p.fs[i]) {
			return undo()
		}
	}
	if !a.pause(20 * time.Second) {
		w.State = wparBroken
		return 1
	}
	if !p.preserve {
		a.say("Mounting all workload partition file systems.")
		if !a.mountWpar(w, verbose) {
			return undo()
		}
		if name, full := a.filled(w); full && !p.force {
			a.fail(wparNotEmpty, a.name, name)
			return undo()
		}
		a.restore(p)
		a.populate(p)
		if !a.pause(40 * time.Second) {
			w.State = wparBroken
			return 1
		}
		a.unmountWpar(w, false)
	}
	a.say("%s", syncrootText)
	h.Subsystems = append(h.Subsystems, &subsystem{Name: w.subsystem(), Group: "wpars"})
	w.State, w.Operation, w.OpPID = wparDefined, "", 0
	a.say("Workload partition %s created successfully.", w.Name)
	return 0
}

const syncrootText = "syncroot: Processing root part installation status.\nsyncroot: Installp root packages are currently synchronized.\nsyncroot: RPM root packages are currently synchronized.\n" +
	"syncroot: Root part is currently synchronized.\nsyncroot: Returns Status = SUCCESS"

// filled finds a file system that already holds something. Servers may have had it before.
func (a *aixCall) filled(w *wpar) (string, bool) {
	for _, m := range w.Mounts {
		if !strings.HasPrefix(m.VFS, "nfs") {
			continue
		}
		over := w.mountPoint(m)
		for _, n := range a.h.list(over) {
			if !slices.ContainsFunc(w.Mounts, func(x *wparMount) bool { return w.mountPoint(x) == over+"/"+n }) {
				return over, true
			}
		}
	}
	return "", false
}

// logOf is the log of the local file systems of a partition.
func (h *Host) wparLog() string {
	if h.atLeast(7, 1) {
		return "NULL"
	}
	return "INLINE"
}

// makeWparFS makes one file system and its entry in /etc/filesystems.
func (a *aixCall) makeWparFS(p *wparPlan, m *wparFS) bool {
	h, w := a.h, p.wpar
	mm := &wparMount{Dir: m.Dir, Dev: m.Dev, VFS: m.VFS, Host: m.Host, Options: m.Options}
	over := w.mountPoint(mm)
	old := h.stanza(over)
	s := &stanza{Mount: over, Dev: m.Dev, VFS: m.VFS, Node: m.Host, Auto: "false", Type: w.Name, Options: m.Options, Account: "false"}
	switch {
	case m.VFS == "directory":
		h.makeDir(over, a.e.Now)
		return true
	case w.Rootvg && m.VFS == "jfs2":
		mm.Dev, mm.Options = "/dev/"+map[string]string{"/": "hd4", "/home": "hd1", "/opt": "hd10opt", "/tmp": "hd3", "/usr": "hd2", "/var": "hd9var"}[m.Dir], ""
		w.Mounts = append(w.Mounts, mm)
		return true
	case m.VFS == "jfs2" && p.preserve && old != nil && old.VFS == "jfs2":
		old.Type = w.Name
		mm.Dev, mm.Options = old.Dev, "log="+old.Log
		w.Mounts = append(w.Mounts, mm)
		return true
	case old != nil && p.preserve:
		h.dropStanza(old)
	case old != nil:
		a.fail(fsThere, over)
		return false
	case m.VFS == "namefs":
		if i := h.stat(m.Dev); i == nil || !i.IsDir() {
			a.fail(mountFailed, m.Dev, over, whyNoPath)
			a.fail(wparNoRoom, a.name, over)
			return false
		}
	}
	if m.VFS == "jfs2" {
		v := a.wparVolume(w, m)
		if v == nil {
			a.fail(wparNoRoom, a.name, over)
			return false
		}
		s.Dev, s.Options = "/dev/"+v.Name, "rw"
		s.Log = h.wparLog()
		if m.Log != "" {
			s.Log = m.Log
		}
		mm.Dev, mm.Options = s.Dev, "log="+s.Log
		v.Label, v.Block = over, s.copy()
		p.made = append(p.made, func() {
			if g, x := h.volumeOf(s.Dev); x == v {
				a.removeVolume(g, v)
			}
		})
	}
	h.Stanzas = append(h.Stanzas, s)
	p.made = append(p.made, func() { h.dropStanza(s) })
	w.Mounts = append(w.Mounts, mm)
	return true
}

// wparVolume makes the volume of a file system.
func (a *aixCall) wparVolume(w *wpar, m *wparFS) *volume {
	name := m.Group
	if name == "" {
		name = w.Group
	}
	g := a.h.group(name)
	if g == nil || g.State == vgOff || g.State == vgPassive {
		a.fail(wparNoGroup, a.name, name)
		return nil
	}
	blocks := m.MB * 2048
	if m.Size != "" {
		blocks, _ = sizeBlocks(m.Size)
	}
	pp := g.disk.PPSize * 2048
	lps := max(1, (blocks+pp-1)/pp, (16*2048+pp-1)/pp)
	if m.Dev != "" {
		m.Dev = strings.TrimPrefix(m.Dev, "/dev/")
	} else {
		m.Dev = a.h.freeName("fslv")
	}
	v := newVolume(g.disk, m.Dev, "jfs2")
	v.MaxLPs = max(512, lps)
	if !a.makeVolume(g, v, lps, 1, nil) {
		return nil
	}
	v.FS = &fileSystem{Blocks: v.blocks(g.disk), AgBlk: 4096, EA: "v1"}
	if (m.Log == "" && a.h.wparLog() == "INLINE") || m.Log == "INLINE" {
		v.FS.Inline = inlineLog(v.FS.Blocks)
	}
	return v
}

// makeRoot makes the root volume group of a partition on its own disks.
func (a *aixCall) makeRoot(p *wparPlan) bool {
	h, w := a.h, p.wpar
	var disks []*HostDisk
	for _, d := range w.Devices {
		if d.Root {
			disks = append(disks, h.disk(d.Name))
		}
	}
	if g := disks[0].medium.group; p.preserve && g != nil {
		w.own = g
		return true
	}
	g := newDiskGroup(h.defaultKind())
	for _, d := range disks {
		if d.medium.pvid() == "" {
			a.e.writePVID(d.medium, a.e.newPVID(h))
		}
		d.PVID = d.medium.pvid()
		if old := h.groupOf(d); old != nil {
			h.dropGroup(old)
		}
	}
	g.PPSize, g.ID = g.defaultPP(disks), a.e.newVGID(h)
	for _, d := range disks {
		before := d.medium.group
		g.Members = append(g.Members, &member{medium: d.medium, PPs: partsFor(g.Kind, d.medium.size(), g.PPSize)})
		d.medium.group = g
		p.made = append(p.made, func() { d.medium.group = before })
	}
	for _, r := range rootVolumes {
		if contains("hd5 hd6 hd11admin", r.name) {
			continue
		}
		v := newVolume(g, r.name, r.kind)
		if v.Parts = g.allocate(v, (r.mb+g.PPSize-1)/g.PPSize, 1, g.Members); v.Parts == nil {
			a.bad(lvmNoSpace)
			a.fail(wparNoRoom, a.name, r.mount)
			return false
		}
		g.add(v)
		v.Label = r.mount
		v.FS = &fileSystem{Log: true}
		if r.kind == "jfs2" {
			v.FS = &fileSystem{Blocks: v.blocks(g), AgBlk: 4096, EA: "v1", UsedMB: r.used}
		}
	}
	w.own = g
	return true
}

// populate fills the file systems of a partition.
func (a *aixCall) populate(p *wparPlan) {
	h, w := a.h, p.wpar
	now := a.e.Now
	for _, d := range []string{"/admin", "/audit", "/dev", "/etc", "/etc/objrepos", "/etc/security", "/home", "/lpp", "/mnt", "/opt", "/proc", "/sbin", "/tmp", "/usr", "/var", "/var/adm", "/var/adm/ras", "/var/spool", "/var/tmp"} {
		if h.file(w.outer(d)) == nil && h.mountAt(w.outer(d)) == nil {
			h.put(w.outer(d), &hostFile{Dir: true, Mode: 0o755, at: now})
		}
	}
	own := ""
	for _, n := range w.Nets {
		own += n.Address + "\t\t" + w.Hostname + "\n"
	}
	global, _ := h.read("/etc/hosts")
	files := map[string]string{"/etc/inittab": wparInittab, "/etc/vfs": etcVFS, "/etc/filesystems": "*\n* File systems are mounted by the global environment.\n*\n",
		"/etc/environment": rendered["/etc/environment"](h), "/etc/pam.conf": "# Authentication\nlogin   auth    required        pam_aix\nlogin   account required        pam_aix\n",
		"/etc/hosts": "127.0.0.1\t\tloopback localhost\n" + own, "/etc/rc": "#!/usr/bin/ksh\n"}
	fresh := &Host{}
	fresh.setDefaultAccounts()
	maps.Copy(files, fresh.accountFiles())
	if w.Resolv {
		files["/etc/hosts"] = strings.TrimSuffix(global, "\n") + "\n" + own
		for _, n := range []string{"/etc/resolv.conf", "/etc/netsvc.conf"} {
			if text, ok := h.read(n); ok {
				files[n] = text
			}
		}
	}
	for _, n := range sortedKeys(files) {
		if name := w.outer(n); h.file(name) == nil {
			h.put(name, &hostFile{Mode: 0o644, Data: files[n], at: now})
		}
	}
	for _, m := range w.Mounts {
		if g, v := h.volumeOf(m.Dev); v != nil && v.FS != nil && m.VFS == "jfs2" && g != nil {
			used := map[string]int{"/": 33, "/usr": 2210, "/opt": 344, "/var": 24}[m.Dir]
			v.FS.UsedMB = min(used, max(0, v.FS.Blocks/2048-v.FS.Inline-4))
		}
	}
	for _, n := range []string{"./etc", "./etc/hosts", "./etc/inittab", "./etc/passwd", "./etc/group", "./etc/environment", "./var", "./var/adm"} {
		a.say("x %s", n)
	}
}

const wparInittab = "init:2:initdefault:\nbrc::sysinit:/sbin/rc.boot 3 >/dev/console 2>&1 # Phase 3 of system boot\nrc:23456789:wait:/etc/rc 2>&1 | alog -tboot > /dev/console # Multi-User checks\n" +
	"srcmstr:23456789:respawn:/usr/sbin/srcmstr # System Resource Controller\nrctcpip:23456789:wait:/etc/rc.tcpip > /dev/console 2>&1 # Start TCP/IP daemons\n" +
	"cron:23456789:respawn:/usr/sbin/cron\ncons:0123456789:respawn:/usr/sbin/getty /dev/console\n"

// mountWpar mounts all file systems of a partition. What fails is said, and what was mounted before stays.
func (a *aixCall) mountWpar(w *wpar, verbose bool) bool {
	h := a.h
	for _, m := range w.Mounts {
		over := w.mountPoint(m)
		if verbose {
			a.say("Mounting %s", over)
		}
		if i := h.stat(over); i == nil {
			h.makeDir(over, a.e.Now)
		}
		s := h.stanza(over)
		switch {
		case w.Rootvg && m.VFS == "jfs2":
			h.Mounts = append(h.Mounts, &mounted{Dev: m.Dev, Over: over, VFS: "jfs2", Options: "rw,log=/dev/hd8", Node: "", at: a.e.Now})
		case h.mountAt(over) != nil:
			a.fail(mountFailed, m.Dev, over, whyBusy)
			a.fail(wparNoMount, a.name, over)
			return false
		case m.VFS == "jfs2":
			if s == nil {
				s = &stanza{Mount: over, Dev: m.Dev, VFS: "jfs2"}
			}
			if a.mount(s, m.Dev, over, &flagSet{set: map[byte][]string{}}) != 0 {
				a.fail(wparNoMount, a.name, over)
				return false
			}
		case m.VFS == "namefs":
			h.Mounts = append(h.Mounts, &mounted{Dev: m.Dev, Over: over, VFS: "namefs", Options: m.Options, at: a.e.Now})
		default:
			if a.mountNFS(m.Host, m.Dev, over, m.Options) != 0 {
				a.fail(wparNoMount, a.name, over)
				return false
			}
		}
	}
	return true
}

// unmountWpar is its opposite, from the last to the first. Servers that do not answer keep theirs, unless forced.
func (a *aixCall) unmountWpar(w *wpar, force bool) bool {
	h := a.h
	ok := true
	for i := len(w.Mounts) - 1; i >= 0; i-- {
		over := w.mountPoint(w.Mounts[i])
		m := h.mountAt(over)
		if m == nil {
			continue
		}
		if _, _, why := a.e.nfsAnswer(h, m.Node); m.Node != "" && why != "" && !force {
			a.fail(mountBusy, m.Dev)
			a.fail(wparFSBusy, a.name, over)
			ok = false
			continue
		}
		h.Mounts = slices.DeleteFunc(slices.Clone(h.Mounts), func(x *mounted) bool { return x == m })
	}
	return ok
}

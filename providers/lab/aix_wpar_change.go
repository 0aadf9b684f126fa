package lab

import (
	"fmt"
	"slices"
	"strings"
)

func aixChwpar(a *aixCall) int {
	remove := slices.Contains(a.args, "-K")
	// With -K some flags have no value.
	plain, valued, optional := "aAcFiPvx", "bdhHnu", "U"
	if remove {
		plain, valued, optional = "AcFiKSuvx", "", ""
	}
	attrs := "BDIMNRSX"
	if remove {
		attrs = "BDIMNRX"
	}
	f, ok := a.wparFlags(plain, valued, optional, attrs, remove)
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 || remove && len(f.set) == 1 {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	if contains("T B E F M", w.State) && !f.has('F') {
		return a.fail(wparBadState, a.name, w.Name, wparStates[w.State])
	}
	if w.Kind == wparApplication && f.any("Ad") {
		return a.fail(wparOnlySystem, a.name, "-A")
	}
	if remove {
		return a.removeFrom(w, f)
	}
	return a.change(w, f)
}

// change sets characteristics. Everything is looked at before anything is changed.
func (a *aixCall) change(w *wpar, f *wparArgs) int {
	h := a.h
	if w.inKernel() && f.any("nd") {
		return a.fail(wparActiveText, a.name, w.Name)
	}
	p := &wparPlan{resolve: f.has('a'), force: f.has('F')}
	next := *w
	next.Nets, next.Routes, next.Devices, next.Kexts, next.Privs = nil, slices.Clone(w.Routes), slices.Clone(w.Devices), slices.Clone(w.Kexts), slices.Clone(w.Privs)
	next.Controls = map[string]string{}
	for k, v := range w.Controls {
		next.Controls[k] = v
	}
	p.wpar = &next
	if !a.wparLists(p, f) {
		return 1
	}
	fresh := next.Nets
	next.Nets = slices.DeleteFunc(slices.Clone(w.Nets), func(n wparNet) bool {
		return slices.ContainsFunc(fresh, func(x wparNet) bool { return x.Address == n.Address })
	})
	if name := f.get('n'); f.has('n') && (!validWparName(name) || h.wpar(name) != nil) {
		if h.wpar(name) != nil {
			return a.fail(wparThere, a.name, name)
		}
		return a.fail(wparBadName, a.name, name)
	}
	if f.has('h') {
		next.Hostname = f.get('h')
	}
	if f.has('d') {
		next.Dir = f.get('d')
	}
	if f.has('u') {
		next.Script = f.get('u')
	}
	if f.has('H') {
		next.Arch = f.get('H')
	}
	if f.has('U') {
		if next.UUID = f.get('U'); next.UUID == "" {
			id := stableHex(32, w.Name, h.Name, a.e.Now.UnixNano())
			next.UUID = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
		}
	}
	switch {
	case !wparHostRe.MatchString(next.Hostname):
		a.badAttr("hostname", next.Hostname)
		return 1
	case !wparPathRe.MatchString(next.Dir) || next.Dir == "/" && w.Kind != wparApplication:
		a.badAttr("directory", next.Dir)
		return 1
	case next.Dir != w.Dir && (h.directoryTaken(&next) || h.directoryUsed(&next) && !p.force):
		return a.fail(wparDirUsed, a.name, next.Dir)
	case next.Script != "" && !wparPathRe.MatchString(next.Script):
		a.badAttr("script", next.Script)
		return 1
	case next.Arch != "" && !contains("pwr4 pwr5 pwr6 pwr7 pwr8", next.Arch):
		a.badAttr("architecture", next.Arch)
		return 1
	case !wparUUIDRe.MatchString(next.UUID):
		a.badAttr("uuid", next.UUID)
		return 1
	}
	for _, o := range h.Wpars {
		if o != w && o.Hostname == next.Hostname && !p.resolve {
			return a.fail(wparHostUsed, a.name, next.Hostname, o.Name)
		}
	}
	for _, n := range fresh {
		if h.hasAddress(n.Address, w) {
			return a.fail(wparAddrUsed, a.name, n.Address)
		}
	}
	next.Nets = append(next.Nets, fresh...)
	for _, d := range next.Devices {
		if o := h.exported(d.Name); d.Kind == "disk" && o != nil && o != w {
			return a.fail(wparDeviceUsed, a.name, d.Name, o.Name)
		}
		disk := h.disk(d.Name)
		if g := (*hostGroup)(nil); d.Kind == "disk" && !slices.Contains(w.Devices, d) {
			if g = h.groupOf(disk); g != nil {
				return a.fail(wparDiskUsed, a.name, d.Name, g.Name)
			}
			if d.Root && !w.Rootvg {
				a.badAttr("rootvg", "yes")
				return 1
			}
		}
	}
	if !a.bootsets(&next, f) {
		return 1
	}
	for i := range p.fs {
		m := &p.fs[i]
		if slices.ContainsFunc(w.Mounts, func(x *wparMount) bool { return x.Dir == m.Dir }) || m.VFS == "jfs2" && m.Size == "" {
			a.badAttr("directory", m.Dir)
			return 1
		}
	}
	wasDir := w.Dir
	made := w.Mounts
	next.Mounts = w.Mounts
	next.Auto, next.Checkpointable, next.Routing, next.VIP = w.Auto || f.has('A'), w.Checkpointable || f.has('c'), next.Routing || f.has('i'), w.VIP || f.has('P')
	next.IPC = w.IPC || f.has('x')
	next.Rootvg = w.Rootvg
	*w = next
	for i := range p.fs {
		m := &p.fs[i]
		if m.Options == "" && m.VFS != "jfs2" {
			m.Options = "rw"
		}
		p.wpar = w
		if !a.makeWparFS(p, m) {
			return 1
		}
	}
	mounts := w.Mounts[len(made):]
	if w.inKernel() {
		for _, n := range fresh {
			if nic := h.nic(n.Interface); nic != nil && !n.v6() {
				a.dropAlias(n.Address)
				nic.Aliases = append(slices.Clone(nic.Aliases), n.Address+","+n.Mask)
			}
		}
		for _, d := range w.Devices {
			if disk := h.disk(d.Name); disk != nil && d.Kind == "disk" {
				disk.Defined = true
			}
		}
		if len(mounts) > 0 {
			x := *w
			x.Mounts = mounts
			if !a.mountWpar(&x, f.has('v')) {
				return 1
			}
		}
	}
	if f.has('n') {
		a.renameWpar(w, f.get('n'))
	}
	if w.Dir != wasDir {
		a.moveBase(w, strings.TrimSuffix(wasDir, "/"))
	}
	return 0
}

// bootsets reads -B and -b: the disks of the root volume group that belong to a boot set, and the order of the sets.
func (a *aixCall) bootsets(w *wpar, f *wparArgs) bool {
	sets := map[string]string{}
	for k, v := range w.Bootsets {
		sets[k] = v
	}
	for _, l := range f.of('B') {
		if !a.known(l, "devname bootset") {
			return false
		}
		d, _ := l.get("devname")
		id, _ := l.get("bootset")
		if n, ok := atoi(id); !ok || n < 0 || n > 7 {
			return a.badAttr("bootset", id)
		}
		if !slices.ContainsFunc(w.Devices, func(x *wparDevice) bool { return x.Name == d && x.Root }) {
			a.fail(wparNoDevice, a.name, d)
			return false
		}
		sets[d] = id
	}
	if f.has('b') {
		for _, id := range strings.Split(f.get('b'), ",") {
			known := id == "0"
			for _, v := range sets {
				known = known || v == id
			}
			if !known || !w.Rootvg {
				return a.badAttr("bootset", id)
			}
		}
	}
	w.Bootsets = sets
	return true
}

func (a *aixCall) dropAlias(address string) {
	for _, nic := range a.h.Interfaces {
		nic.Aliases = slices.DeleteFunc(slices.Clone(nic.Aliases), func(x string) bool { return strings.HasPrefix(x, address+",") })
	}
}

// renameWpar gives a partition another name. Its directory stays.
func (a *aixCall) renameWpar(w *wpar, name string) {
	for _, s := range a.h.Subsystems {
		if s.Name == w.subsystem() {
			s.Name = "cor_" + name
		}
	}
	for _, s := range a.h.Stanzas {
		if s.Type == w.Name {
			s.Type = name
		}
	}
	if w.Hostname == w.Name {
		w.Hostname = name
	}
	w.Name = name
}

// moveBase moves the file systems of a partition to another base directory.
func (a *aixCall) moveBase(w *wpar, from string) {
	h := a.h
	h.makeDir(w.Dir, a.e.Now)
	for _, s := range h.Stanzas {
		if s.Mount == from || strings.HasPrefix(s.Mount, from+"/") {
			s.Mount = w.base() + strings.TrimPrefix(s.Mount, from)
			if _, v := h.volumeOf(s.Dev); v != nil {
				v.Label, v.Block = s.Mount, s.copy()
			}
		}
	}
	var names []string
	for p := range h.Files {
		if p == from || strings.HasPrefix(p, from+"/") {
			names = append(names, p)
		}
	}
	for _, p := range names {
		f := h.Files[p]
		delete(h.Files, p)
		h.Files[w.base()+strings.TrimPrefix(p, from)] = f
	}
}

// removeFrom takes characteristics away; what has a default gets it back.
func (a *aixCall) removeFrom(w *wpar, f *wparArgs) int {
	h := a.h
	for _, l := range f.of('N') {
		if !a.known(l, "address address6 interface netmask broadcast") {
			return 1
		}
		address, _ := l.get("address")
		if v6, ok := l.get("address6"); ok {
			address = v6
		}
		i := slices.IndexFunc(w.Nets, func(n wparNet) bool { return n.Address == address })
		if i < 0 {
			a.badAttr("address", address)
			return 1
		}
		w.Nets = slices.Delete(slices.Clone(w.Nets), i, i+1)
		if w.inKernel() {
			a.dropAlias(address)
		}
	}
	for _, l := range f.of('I') {
		if !a.known(l, "rtdest rtgateway rtnetmask rtprefixlen rttype rtinterface rtfamily") {
			return 1
		}
		dest, _ := l.get("rtdest")
		gateway, _ := l.get("rtgateway")
		i := slices.IndexFunc(w.Routes, func(r wparRoute) bool { return r.Dest == dest && r.Gateway == gateway })
		if i < 0 {
			a.badAttr("rtdest", dest)
			return 1
		}
		w.Routes = slices.Delete(slices.Clone(w.Routes), i, i+1)
	}
	for _, l := range f.of('D') {
		if !a.known(l, "devname devid") {
			return 1
		}
		name, _ := l.get("devname")
		i := slices.IndexFunc(w.Devices, func(d *wparDevice) bool { return d.Name == name || d.Name == strings.TrimPrefix(name, "/dev/") })
		if i < 0 {
			return a.fail(wparNoDevice, a.name, name)
		}
		d := w.Devices[i]
		if d.Root && (w.inKernel() || !slices.ContainsFunc(w.Devices, func(x *wparDevice) bool { return x != d && x.Root })) {
			return a.fail(wparDeviceUsed, a.name, d.Name, w.Name)
		}
		w.Devices = slices.Delete(slices.Clone(w.Devices), i, i+1)
		if disk := h.disk(d.Name); disk != nil && d.Kind == "disk" {
			disk.Defined = false
		}
		delete(w.Bootsets, d.Name)
	}
	for _, l := range f.of('M') {
		if !a.known(l, "directory") {
			return 1
		}
		dir, _ := l.get("directory")
		i := slices.IndexFunc(w.Mounts, func(m *wparMount) bool { return m.Dir == dir })
		if i < 0 || contains("/ /usr /opt /proc", dir) {
			a.badAttr("directory", dir)
			return 1
		}
		m := w.Mounts[i]
		if w.inKernel() {
			x := *w
			x.Mounts = []*wparMount{m}
			if !a.unmountWpar(&x, f.has('F')) {
				return 1
			}
		}
		if g, v := h.volumeOf(m.Dev); m.VFS == "jfs2" && v != nil {
			name := g.LVs[v.Minor]
			a.removeVolume(g, v)
			a.say(lvRemoved, name)
		}
		if s := h.stanza(w.mountPoint(m)); s != nil {
			h.dropStanza(s)
		}
		w.Mounts = slices.Delete(slices.Clone(w.Mounts), i, i+1)
	}
	for _, l := range f.of('B') {
		if !a.known(l, "bootset devname") {
			return 1
		}
		id, _ := l.get("bootset")
		hit := false
		for d, v := range w.Bootsets {
			if v == id {
				delete(w.Bootsets, d)
				hit = true
			}
		}
		if !hit {
			a.badAttr("bootset", id)
			return 1
		}
	}
	for _, l := range f.of('R') {
		names := l.bare
		for _, p := range l.pairs {
			names = append(names, p[0])
		}
		if len(names) == 0 {
			w.Controls = map[string]string{}
		}
		for _, n := range names {
			if !w.isControl(n) {
				return a.fail(wparBadAttr, a.name, n, 'R')
			}
			delete(w.Controls, n)
		}
	}
	for _, l := range f.of('X') {
		path, _ := l.get("kext")
		i := slices.IndexFunc(w.Kexts, func(k wparKext) bool { return k.Path == path })
		if i < 0 {
			a.badAttr("kext", path)
			return 1
		}
		w.Kexts = slices.Delete(slices.Clone(w.Kexts), i, i+1)
	}
	if f.has('S') {
		w.Privs = slices.Clone(defaultPrivileges)
	}
	if f.has('u') {
		w.Script = ""
	}
	for c, into := range map[byte]*bool{'A': &w.Auto, 'c': &w.Checkpointable, 'i': &w.Routing, 'x': &w.IPC} {
		if f.has(c) {
			*into = false
		}
	}
	return 0
}

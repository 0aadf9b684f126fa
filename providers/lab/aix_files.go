package lab

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
)

// rendered are the files whose text follows from the model. Nobody writes them by hand here, except those of byHand.
var rendered = map[string]func(*Host) string{
	"/etc/filesystems": (*Host).etcFilesystems,
	"/etc/hosts":       (*Host).etcHosts,
	"/etc/inittab":     (*Host).etcInittab,
	"/etc/vfs":         func(*Host) string { return etcVFS },
	"/etc/passwd":      (*Host).etcPasswd,
	"/etc/group":       (*Host).etcGroup,
	"/etc/xtab":        (*Host).etcXtab,
	"/etc/environment": func(*Host) string {
		return "PATH=" + aixPath + "\nTZ=UTC\nLANG=C\nLOCPATH=/usr/lib/nls/loc\nODMDIR=/etc/objrepos\n"
	},
}

// byHand are the files that begin as the model has them, and are then as they were written.
var byHand = []string{"/etc/hosts", "/etc/inittab"}

const (
	etcVFS = "# @(#)vfs\n%defaultvfs\tjfs2\tnfs\n#\ncdrfs\t5\tnone\t\t\tnone\nprocfs\t6\tnone\t\t\tnone\njfs\t3\tnone\t\t\t/sbin/helpers/v3fshelper\n" +
		"jfs2\t0\t/sbin/helpers/jfs2\tnone\nnamefs\t1\tnone\t\t\tnone\nnfs\t2\t/sbin/helpers/nfsmnthelp\tnone\tremote\nahafs\t39\tnone\t\t\tnone\n"
)

// systemDirs are there on every host.
var systemDirs = []string{"/", "/dev", "/etc", "/etc/objrepos", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib/objrepos", "/var", "/var/adm", "/var/tmp", "/tmp",
	"/home", "/opt", "/admin", "/proc", "/sbin", "/mnt"}

func (h *Host) etcFilesystems() string {
	var b strings.Builder
	b.WriteString("*\n* This file is kept by crfs, chfs and rmfs.\n*\n\n")
	for _, s := range h.Stanzas {
		fmt.Fprintf(&b, "%s:\n", s.Mount)
		put := func(name, v string) {
			if v != "" {
				tabs := "\t\t"
				if len(name) > 7 {
					tabs = "\t"
				}
				fmt.Fprintf(&b, "\t%s%s= %s\n", name, tabs, v)
			}
		}
		put("dev", s.Dev)
		put("vfs", s.VFS)
		put("nodename", s.Node)
		put("log", s.Log)
		put("mount", s.Auto)
		put("check", s.Check)
		put("options", s.Options)
		put("type", s.Type)
		put("account", s.Account)
		put("vol", s.Vol)
		put("free", s.Free)
		b.WriteByte('\n')
	}
	return b.String()
}

func (h *Host) etcHosts() string {
	var b strings.Builder
	b.WriteString("127.0.0.1\t\tloopback localhost\t# loopback (lo0) name/address\n::1\t\t\tloopback localhost\t# IPv6 loopback (lo0) name/address\n")
	address := h.Address
	if address == "" && len(h.Interfaces) > 0 {
		address = h.Interfaces[0].Address
	}
	if address != "" {
		short, _, _ := strings.Cut(h.Hostname, ".")
		names := h.Hostname
		if short != names {
			names += " " + short
		}
		fmt.Fprintf(&b, "%s\t\t%s\n", address, names)
	}
	return b.String()
}

func (h *Host) etcInittab() string {
	var b strings.Builder
	b.WriteString("init:2:initdefault:\nbrc::sysinit:/sbin/rc.boot 3 >/dev/console 2>&1 # Phase 3 of system boot\nrc:23456789:wait:/etc/rc 2>&1 | alog -tboot > /dev/console # Multi-User checks\n" +
		"srcmstr:23456789:respawn:/usr/sbin/srcmstr # System Resource Controller\nrctcpip:23456789:wait:/etc/rc.tcpip > /dev/console 2>&1 # Start TCP/IP daemons\n" +
		"cron:23456789:respawn:/usr/sbin/cron\ncons:0123456789:respawn:/usr/sbin/getty /dev/console\n")
	if h.Cluster {
		b.WriteString("hacmp:2:once:/usr/es/sbin/cluster/etc/rc.init >/dev/console 2>&1\n")
	}
	if slices.ContainsFunc(h.Wpars, func(w *wpar) bool { return w.Auto }) {
		b.WriteString("rcwpars:2:once:/etc/rc.wpars > /dev/console 2>&1 # Corrals autostart\n")
	}
	return b.String()
}

// file is a file that was written, wherever a path of the host leads.
func (h *Host) file(name string) *hostFile {
	there, at, _ := h.at(name)
	return there.Files[at]
}

// put writes a file as a whole, and tells whether it may.
func (h *Host) put(name string, f *hostFile) bool {
	there, at, writable := h.at(name)
	if writable {
		there.Files[at] = f
	}
	return writable
}

// tree is what was written below a directory, by the paths of the host; that on servers too, or not.
func (h *Host) tree(dir string, servers bool) map[string]*hostFile {
	if h.global != nil {
		out := map[string]*hostFile{}
		for p, f := range h.global.tree(h.in.base()+dir, servers) {
			out[strings.TrimPrefix(p, h.in.base())] = f
		}
		return out
	}
	out := map[string]*hostFile{}
	below := strings.TrimSuffix(dir, "/") + "/"
	add := func(p string, f *hostFile) {
		if there, at, _ := h.at(p); strings.HasPrefix(p, below) && there.Files[at] == f {
			out[p] = f
		}
	}
	for p, f := range h.Files {
		if there, at, _ := h.at(p); there == h && at == p {
			add(p, f)
		}
	}
	for _, m := range h.Mounts {
		if m.remote == nil || !servers {
			continue
		}
		for p, f := range m.remote.Files {
			if rest, ok := strings.CutPrefix(p, strings.TrimSuffix(m.Dev, "/")+"/"); ok {
				add(strings.TrimSuffix(m.Over, "/")+"/"+rest, f)
			}
		}
	}
	return out
}

// read is the text of a file.
func (h *Host) read(name string) (string, bool) {
	there, at, _ := h.at(name)
	if data, ok := there.readHere(at); ok || h.global == nil || there.Files[at] != nil {
		return data, ok
	}
	return h.readHere(name)
}

func (h *Host) readHere(name string) (string, bool) {
	if f := h.Files[name]; f != nil {
		return f.Data, !f.Dir
	}
	if h.bare {
		return "", false
	}
	if name == "/dev/null" {
		return "", true
	}
	if f := rendered[name]; f != nil {
		return f(h), true
	}
	return h.wparFile(name)
}

// create opens a file for writing; nil where that is not allowed.
func (h *Host) create(name string, keep bool, user string, now time.Time) *hostFile {
	there, at, writable := h.at(name)
	dir := path.Dir(name)
	if i := h.stat(dir); !writable || i == nil || !i.IsDir() || user != "root" && dir != "/tmp" && dir != "/var/tmp" && dir != "/home/"+user {
		return nil
	}
	return there.createHere(at, keep, now)
}

func (h *Host) createHere(name string, keep bool, now time.Time) *hostFile {
	old := h.Files[name]
	_, own := rendered[name]
	own = own && !h.bare
	switch {
	case old != nil && old.Dir, old == nil && h.statHere(name) != nil && !own, own && !slices.Contains(byHand, name), strings.HasPrefix(name, "/dev/"), strings.HasPrefix(name, "/proc/"):
		return nil
	}
	f := &hostFile{Mode: 0o644, at: now}
	if old != nil {
		f.Mode = old.Mode
	}
	if keep {
		f.Data, _ = h.read(name)
	}
	h.Files[name] = f
	return f
}

// device is what a name under /dev is: b, c or nothing.
func (h *Host) device(name string) (kind byte, major, minor int) {
	raw, isRaw := strings.CutPrefix(name, "r")
	kind = 'b'
	if isRaw && h.disk(raw) != nil {
		name, kind = raw, 'c'
	}
	for i, d := range h.Disks {
		if d.Name == name && !d.Defined {
			return kind, 17, i
		}
	}
	for _, g := range h.Groups {
		if g.Name == name {
			return 'c', g.Major, 0
		}
		for minor, n := range g.LVs {
			if n == name {
				return 'b', g.Major, minor
			}
			if isRaw && n == raw {
				return 'c', g.Major, minor
			}
		}
	}
	switch name {
	case "null":
		return 'c', 2, 2
	case "console":
		return 'c', 4, 0
	case "tty":
		return 'c', 1, 0
	}
	return 0, 0, 0
}

// devices are the names under /dev.
func (h *Host) devices() []string {
	out := []string{"console", "null", "tty"}
	for _, d := range h.Disks {
		if !d.Defined {
			out = append(out, d.Name, "r"+d.Name)
		}
	}
	for _, g := range h.Groups {
		out = append(out, g.Name)
		for _, n := range g.LVs {
			out = append(out, n, "r"+n)
		}
	}
	sort.Strings(out)
	return out
}

func (h *Host) stat(name string) *hostInfo {
	there, at, _ := h.at(name)
	i := there.statHere(at)
	if i == nil && (h.global != nil || h.mountAt(name) != nil) {
		i = h.statHere(name)
	}
	return i
}

func (h *Host) statHere(name string) *hostInfo {
	if f := h.Files[name]; f != nil {
		i := &hostInfo{name: name, mode: modeOf(f), size: int64(len(f.Data)), at: f.at}
		return i
	}
	if h.bare {
		for p := range h.Files {
			if strings.HasPrefix(p, name+"/") {
				return &hostInfo{name: name, mode: modeOf(&hostFile{Dir: true, Mode: 0o755}), size: 4096, at: h.Booted}
			}
		}
		return nil
	}
	if data, ok := h.readHere(name); ok && name != "/dev/null" {
		return &hostInfo{name: name, mode: 0o644, size: int64(len(data)), at: h.Booted}
	}
	if slices.Contains(systemDirs, name) || h.haDir(name) || h.mountAt(name) != nil || contains("/etc/wpars /usr/samples /usr/samples/wpars", name) && len(h.wparFiles()) > 0 {
		return &hostInfo{name: name, mode: modeOf(&hostFile{Dir: true, Mode: 0o755}), size: 4096, at: h.Booted}
	}
	if base, ok := strings.CutPrefix(name, "/dev/"); ok {
		switch kind, _, _ := h.device(base); kind {
		case 'b':
			return &hostInfo{name: name, mode: 0o660 | fs.ModeDevice, at: h.Booted}
		case 'c':
			return &hostInfo{name: name, mode: 0o660 | fs.ModeDevice | fs.ModeCharDevice, at: h.Booted}
		}
	}
	if h.program(name) {
		return &hostInfo{name: name, mode: 0o555, size: 20480, at: h.Booted}
	}
	return nil
}

// program tells whether a path is that of a command.
func (h *Host) program(name string) bool {
	return !h.lacks(path.Base(name)) && new(session).hasProgram(path.Dir(name), path.Base(name))
}

// list is what a directory holds.
func (h *Host) list(dir string) []string {
	seen := map[string]bool{}
	there, at, _ := h.at(dir)
	there.listHere(at, seen)
	if h.global != nil {
		h.listHere(dir, seen)
	}
	// What is mounted below is there, too.
	for _, m := range h.Mounts {
		if path.Dir(m.Over) == dir && m.Over != dir {
			seen[path.Base(m.Over)] = true
		}
	}
	return sortedKeys(seen)
}

func (h *Host) listHere(dir string, seen map[string]bool) {
	add := func(name string) {
		if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/"); ok && rest != "" && !strings.Contains(rest, "/") {
			seen[rest] = true
		}
	}
	for n := range h.Files {
		add(n)
	}
	if h.bare {
		for n := range h.Files {
			if rest, ok := strings.CutPrefix(n, strings.TrimSuffix(dir, "/")+"/"); ok && rest != "" {
				first, _, _ := strings.Cut(rest, "/")
				seen[first] = true
			}
		}
		return
	}
	for n := range rendered {
		add(n)
	}
	for _, n := range systemDirs {
		add(n)
	}
	if h.HA != nil {
		for _, n := range haDirs {
			add(n)
		}
	}
	for _, n := range h.wparFiles() {
		add(n)
	}
	for _, m := range h.Mounts {
		add(m.Over)
	}
	if dir == "/dev" {
		for _, n := range h.devices() {
			seen[n] = true
		}
	}
	if strings.HasPrefix(dir, "/usr/") {
		for n := range aixCommands {
			if aixCommands[n].dir == dir && !h.lacks(n) {
				seen[n] = true
			}
		}
	}
}

func modeOf(f *hostFile) fs.FileMode {
	if f.Dir {
		return fs.FileMode(f.Mode) | fs.ModeDir
	}
	return fs.FileMode(f.Mode)
}

package lab

import (
	"slices"
	"strings"
)

// mountFlags reads the flags of mknfsmnt and chnfsmnt into a stanza.
func (a *aixCall) mountFlags() (*flagSet, *stanza, bool) {
	f, ok := a.flags("f:d:h:t:m:w:XxSHYyZzEeaAIBNK:k:M:o:R:b:c:P:")
	if !ok {
		return nil, nil, false
	}
	both := func(x, y byte) bool { return f.has(x) && f.has(y) }
	if len(f.rest) > 0 || !f.has('f') || !f.has('d') || !f.has('h') || both('X', 'x') || both('S', 'H') || both('Y', 'y') || both('Z', 'z') || both('E', 'e') || both('a', 'A') || both('I', 'B') || both('I', 'N') || both('B', 'N') ||
		f.has('t') && !contains("rw ro", f.get('t')) || f.has('w') && !contains("fg bg", f.get('w')) || f.has('K') && !contains("any 2 3 4", f.get('K')) || f.has('k') && !contains("any tcp udp", f.get('k')) || !validMount(f.get('f')) || !strings.HasPrefix(f.get('d'), "/") {
		a.usage()
		return nil, nil, false
	}
	var o []string
	add := func(yes bool, word string) {
		if yes {
			o = append(o, word)
		}
	}
	add(f.has('t'), f.get('t'))
	add(f.get('w') != "fg", "bg")
	if f.has('S') {
		add(true, "soft")
	} else {
		add(true, "hard")
	}
	add(!f.has('e'), "intr")
	add(f.has('y'), "nosuid")
	add(f.has('z'), "nodev")
	for _, p := range []struct {
		flag byte
		name string
	}{{'o', "timeo"}, {'R', "retrans"}, {'b', "rsize"}, {'c', "wsize"}, {'P', "port"}} {
		add(f.has(p.flag), p.name+"="+f.get(p.flag))
	}
	add(f.has('K') && f.get('K') != "any", "vers="+f.get('K'))
	add(f.has('k') && f.get('k') != "any", "proto="+f.get('k'))
	security := f.get('M')
	if security == "" {
		security = "sys"
	}
	add(true, "sec="+security)
	return f, &stanza{Mount: f.get('f'), Dev: f.get('d'), VFS: "nfs", Node: f.get('h'), Auto: trueFalse(f.has('A')), Type: f.get('m'), Options: strings.Join(o, ","), Account: "false"}, true
}

func aixMknfsmnt(a *aixCall) int {
	f, s, ok := a.mountFlags()
	if !ok {
		return 1
	}
	if a.h.stanza(s.Mount) != nil && !f.has('N') {
		return a.fail("mknfsmnt: 1831-308 The file system %s exists in /etc/filesystems already.", s.Mount)
	}
	if a.h.stat(s.Mount) == nil {
		a.h.makeDir(s.Mount, a.e.Now)
	}
	if !f.has('N') {
		a.h.Stanzas = append(a.h.Stanzas, s)
	}
	if f.has('I') {
		return 0
	}
	return a.mountNFS(s.Node, s.Dev, s.Mount, s.Options)
}

func aixChnfsmnt(a *aixCall) int {
	f, s, ok := a.mountFlags()
	if !ok {
		return 1
	}
	old := a.h.stanza(s.Mount)
	if old == nil || old.VFS != "nfs" {
		return a.fail("chnfsmnt: 1831-309 The file system %s is not in /etc/filesystems.", s.Mount)
	}
	if !f.has('I') {
		if m := a.h.mountAt(s.Mount); m != nil {
			if a.busy(m) {
				return a.fail(mountBusy, m.Dev)
			}
			a.h.Mounts = slices.DeleteFunc(slices.Clone(a.h.Mounts), func(x *mounted) bool { return x == m })
		}
		if code := a.mountNFS(s.Node, s.Dev, s.Mount, s.Options); code != 0 {
			return code
		}
	}
	if !f.has('N') {
		*old = *s
	}
	return 0
}

func aixRmnfsmnt(a *aixCall) int {
	f, ok := a.flags("f:IBN")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('f') || len(f.set) > 2 {
		return a.usage()
	}
	name := f.get('f')
	s, m := a.h.stanza(name), a.h.mountAt(name)
	if s != nil && s.VFS != "nfs" || s == nil && !f.has('N') || m != nil && m.Node == "" {
		return a.fail("rmnfsmnt: 1831-309 The file system %s is not in /etc/filesystems.", name)
	}
	if !f.has('I') && m != nil {
		if a.busy(m) {
			return a.fail(mountBusy, m.Dev)
		}
		a.h.Mounts = slices.DeleteFunc(slices.Clone(a.h.Mounts), func(x *mounted) bool { return x == m })
	}
	if !f.has('N') {
		a.h.dropStanza(s)
	}
	return 0
}

func aixLsnfsmnt(a *aixCall) int {
	f, ok := a.flags("clp")
	if !ok {
		return 1
	}
	if len(f.set) > 1 {
		return a.usage()
	}
	var list []*stanza
	code := 0
	for _, s := range a.h.Stanzas {
		if s.VFS == "nfs" && (len(f.rest) == 0 || slices.Contains(f.rest, s.Mount)) {
			list = append(list, s)
		}
	}
	for _, n := range f.rest {
		if s := a.h.stanza(n); s == nil || s.VFS != "nfs" {
			code = a.fail(fsNoRecord, n)
		}
	}
	if len(list) == 0 {
		return code
	}
	if f.has('c') {
		a.say(fsBlockHeader)
	} else {
		a.say("%-16s%-11s%-23s%-6s%-8s%-11s%-5s%s", "Name", "Nodename", "Mount Pt", "VFS", "Size", "Options", "Auto", "Accounting")
	}
	for _, s := range list {
		a.lsfsRow(s, f)
	}
	return code
}

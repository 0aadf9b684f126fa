package lab

import (
	"slices"
	"strings"
)

// aixCliChfs changes a file system of a shared volume group at the node that has the group varied on. The command is in IBM's
// list of C-SPOC commands; its messages are chosen.
func aixCliChfs(a *aixCall) int {
	if a.noCluster() {
		return 1
	}
	if len(a.args) == 0 {
		return a.usage()
	}
	mount := a.args[len(a.args)-1]
	m := &clmgr{aixCall: a}
	hosts := m.hosts()
	for _, n := range sortedKeys(hosts) {
		s := hosts[n].stanza(mount)
		if s == nil {
			continue
		}
		g, v := hosts[n].volumeOf(s.Dev)
		if v == nil || !slices.Contains(m.shared(), g.Name) {
			continue
		}
		h, undo, p := m.vgAt(g.Name)
		if p != nil {
			return a.fail("cli_chfs: %s", p.text)
		}
		defer undo()
		if !m.do(h, append([]string{"chfs"}, a.args...)...) {
			return 1
		}
		m.learn(h, g.Name)
		return 0
	}
	return a.fail("cli_chfs: File system %s is in no volume group that the nodes share.", mount)
}

// aixCliVolume changes the size or the copies of a shared logical volume: cli_extendlv, cli_mklvcopy and cli_rmlvcopy are extendlv,
// mklvcopy and rmlvcopy at the node that has the group varied on. Flags as IBM documents them, messages chosen.
func aixCliVolume(a *aixCall) int {
	if a.noCluster() {
		return 1
	}
	program := strings.TrimPrefix(a.name, "cli_")
	spec := map[string]string{"mklvcopy": "a:e:ks:u:"}[program]
	f, ok := a.flags(spec)
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	m := &clmgr{aixCall: a}
	_, g, v := m.findLV(f.rest[0])
	if v == nil {
		return a.fail("%s: Logical volume %s is in no volume group that the nodes share.", a.name, f.rest[0])
	}
	h, undo, p := m.vgAt(g.Name)
	if p != nil {
		return a.fail("%s: %s", a.name, p.text)
	}
	defer undo()
	words := append([]string{program}, a.args[:len(a.args)-len(f.rest)]...)
	words = append(words, f.rest[:2]...)
	for _, w := range f.rest[2:] {
		d := a.h.diskNamed(w)
		if d == nil {
			return a.fail("%s: Disk %s does not exist on this node.", a.name, w)
		}
		for _, x := range h.Disks {
			if x.medium == d.medium && !x.Defined {
				words = append(words, x.Name)
			}
		}
	}
	if !m.do(h, words...) {
		return 1
	}
	m.learn(h, g.Name)
	return 0
}

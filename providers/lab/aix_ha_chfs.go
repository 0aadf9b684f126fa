package lab

import "slices"

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

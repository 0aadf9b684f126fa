package lab

import (
	"slices"
	"strings"
	"time"
)

// dhbWait is how long dhb_read waits for the other end.
const dhbWait = 30 * time.Second

// everyNode runs a command line on nodes, and prints each answer with the name of its node before every line.
func (a *aixCall) everyNode(nodes []string, line string, quiet bool) int {
	_, hosts := a.e.peers(a.h.HA.DCD, a.h)
	code := 0
	for _, n := range nodes {
		h := hosts[n]
		if why := a.e.talk(a.h, h); why != "" {
			code = a.fail("%s: %s: %s.", a.name, n, why)
			continue
		}
		out, rc := a.remote(h, line)
		code = max(code, rc)
		if quiet {
			continue
		}
		for _, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			if out != "" {
				a.say("%s: %s", n, l)
			}
		}
	}
	return code
}

func aixCliOnCluster(a *aixCall) int {
	f, ok := a.flags("S")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	return a.everyNode(a.h.HA.DCD.names("node"), strings.Join(f.rest, " "), false)
}

func aixCliOnNode(a *aixCall) int {
	f, ok := a.flags("V:R:N:")
	if !ok {
		return 1
	}
	if len(f.set) != 1 || len(f.rest) == 0 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.HA.DCD
	names, hosts := a.e.peers(d, a.h)
	node := f.get('N')
	switch {
	case f.has('V'):
		for _, n := range names {
			if h := hosts[n]; h != nil && node == "" {
				if g := h.group(f.get('V')); g != nil && (g.State == vgActive || g.State == vgConcurrent) {
					node = n
				}
			}
		}
		if node == "" {
			return a.fail("cli_on_node: Volume group %s is not varied on on any node.", f.get('V'))
		}
	case f.has('R'):
		if d.get("resource_group", f.get('R')) == nil {
			return a.fail("cli_on_node: Resource group %s is not configured.", f.get('R'))
		}
		if _, node = a.groupState(f.get('R')); node == "" {
			return a.fail("cli_on_node: Resource group %s is not online on any node.", f.get('R'))
		}
		node = strings.Fields(node)[0]
	}
	if !slices.Contains(names, node) {
		return a.fail("cli_on_node: Node %s is not configured.", node)
	}
	return a.everyNode([]string{node}, strings.Join(f.rest, " "), false)
}

func aixCliImportvg(a *aixCall) int {
	f, ok := a.flags("V:y:fcxL:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	if a.noCluster() {
		return 1
	}
	d := a.h.disk(f.rest[0])
	if d == nil {
		return a.fail("cli_importvg: Disk %s does not exist on this node.", f.rest[0])
	}
	code := 0
	names, hosts := a.e.peers(a.h.HA.DCD, a.h)
	for _, n := range names {
		h := hosts[n]
		if why := a.e.talk(a.h, h); why != "" {
			code = a.fail("cli_importvg: %s: %s.", n, why)
			continue
		}
		i := slices.IndexFunc(h.Disks, func(x *HostDisk) bool { return x.medium == d.medium && !x.Defined })
		if i < 0 {
			code = a.fail("cli_importvg: %s: Disk %s is not known.", n, f.rest[0])
			continue
		}
		if name := f.get('y'); name != "" && h.group(name) != nil {
			continue
		}
		words := []string{"importvg", "-n"}
		for _, c := range "Vy" {
			if f.has(byte(c)) {
				words = append(words, "-"+string(c), f.get(byte(c)))
			}
		}
		if f.has('L') {
			words = []string{"importvg", "-L", f.get('L')}
		}
		code = max(code, a.everyNode([]string{n}, strings.Join(append(words, h.Disks[i].Name), " "), false))
	}
	return code
}

// cspocNodes reads what stands behind -cspoc.
func (a *aixCall) cspocNodes(args []string) (nodes, rest []string, ok bool) {
	nodes = a.h.HA.DCD.names("node")
	if len(args) == 0 || args[0] != "-cspoc" {
		return nodes, args, true
	}
	if len(args) < 2 {
		return nil, nil, false
	}
	w := strings.Fields(args[1])
	for i := 0; i < len(w); i++ {
		switch {
		case w[i] == "-f":
		case w[i] == "-n" && i+1 < len(w):
			i++
			nodes = strings.Split(w[i], ",")
		case w[i] == "-g" && i+1 < len(w):
			i++
			rg := a.h.HA.DCD.get("resource_group", w[i])
			if rg == nil {
				a.fail("%s: Resource group %s is not configured.", a.name, w[i])
				return nil, nil, false
			}
			nodes = rg.list("NODES")
		default:
			return nil, nil, false
		}
	}
	for _, n := range nodes {
		if a.h.HA.DCD.get("node", n) == nil {
			a.fail("%s: Node %s is not configured.", a.name, n)
			return nil, nil, false
		}
	}
	return nodes, args[2:], true
}

func aixClNodecmd(a *aixCall) int {
	if a.noCluster() {
		return 1
	}
	args, quiet := a.args, false
	if len(args) > 0 && args[0] == "-q" {
		quiet, args = true, args[1:]
	}
	nodes, rest, ok := a.cspocNodes(args)
	if !ok || len(rest) == 0 {
		return a.usage()
	}
	return a.everyNode(nodes, strings.Join(rest, " "), quiet)
}

func aixClLsvg(a *aixCall) int {
	if a.noCluster() {
		return 1
	}
	nodes, rest, ok := a.cspocNodes(a.args)
	if !ok {
		return a.usage()
	}
	code := 0
	if len(rest) == 0 || rest[0] == "-o" {
		if len(rest) > 1 {
			return a.usage()
		}
		for _, rg := range a.h.HA.DCD.all("resource_group") {
			for _, vg := range rg.list("VOLUME_GROUP") {
				if len(rest) == 1 {
					owner := ""
					_, hosts := a.e.peers(a.h.HA.DCD, a.h)
					for n, h := range hosts {
						if g := h.group(vg); g != nil && (g.State == vgActive || g.State == vgConcurrent) {
							owner = n
						}
					}
					if owner == "" {
						continue
					}
				}
				a.say("%s", vg)
			}
		}
		return 0
	}
	flag := ""
	if contains("-l -M -p", rest[0]) {
		flag, rest = rest[0]+" ", rest[1:]
	}
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return a.usage()
	}
	_, hosts := a.e.peers(a.h.HA.DCD, a.h)
	for _, vg := range rest {
		at := ""
		for _, n := range nodes {
			if h := hosts[n]; h != nil && h.group(vg) != nil {
				if at == "" || h.group(vg).State == vgActive || h.group(vg).State == vgConcurrent {
					at = n
				}
			}
		}
		if at == "" {
			code = a.fail("cl_lsvg: Volume group %s is not known on the nodes of the cluster.", vg)
			continue
		}
		code = max(code, a.everyNode([]string{at}, "lsvg "+flag+vg, false))
	}
	return code
}

func aixClRsh(a *aixCall) int {
	f, ok := a.flags("n")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	_, hosts := a.e.peers(a.h.HA.DCD, a.h)
	h := hosts[f.rest[0]]
	if h == nil {
		h = a.e.hostAt(a.h.haLookup(f.rest[0]))
	}
	if why := a.e.talk(a.h, h); why != "" {
		return a.fail("%s: %s: %s.", a.name, f.rest[0], why)
	}
	out, code := a.remote(h, strings.Join(f.rest[1:], " "))
	a.out.WriteString(out)
	return code
}

// aixDhbRead sends or receives over a heartbeat disk: it answers when another host waits at the other end.
func aixDhbRead(a *aixCall) int {
	f, ok := a.flags("p:rt")
	if !ok {
		return 1
	}
	if !f.has('p') || f.has('r') == f.has('t') {
		return a.usage()
	}
	name := strings.TrimPrefix(strings.TrimPrefix(f.get('p'), "/dev/"), "r")
	d := a.h.disk(name)
	if d == nil {
		d = a.h.disk(strings.TrimPrefix(f.get('p'), "/dev/"))
	}
	if d == nil || d.Defined || !a.e.reachesDisk(a.h, d.medium) {
		return a.fail("dhb_read: Cannot open %s.", f.get('p'))
	}
	key := "dhb " + d.medium.name + map[bool]string{true: " r", false: " t"}[f.has('r')]
	other := "dhb " + d.medium.name + map[bool]string{true: " t", false: " r"}[f.has('r')]
	if a.e.waiting == nil {
		a.e.waiting = map[string]int{}
	}
	a.e.waiting[key]++
	defer func() {
		a.e.waiting[key]--
		delete(a.e.waiting, key+" met")
	}()
	met := func() bool {
		if a.e.waiting[other] > 0 {
			a.e.waiting[other+" met"] = 1
			return true
		}
		return a.e.waiting[key+" met"] > 0
	}
	hit := false
	if f.has('r') {
		a.say("Receive Mode:\nWaiting for response . . .")
	} else {
		a.say("Transmit Mode:")
	}
	end := a.e.Now.Add(dhbWait)
	a.wait(func() bool {
		hit = hit || met()
		return hit || !a.e.Now.Before(end)
	})
	if !hit {
		return a.fail("dhb_read: Timed out waiting for the other end.")
	}
	if f.has('r') {
		a.say("Magic number = 0x87654321\nMagic number = 0x87654321\nLink operating normally")
	} else {
		a.say("Detected remote utility in receive mode.  Waiting for response . . .\nMagic number = 0x87654321\nMagic number = 0x87654321\nLink operating normally")
	}
	return 0
}

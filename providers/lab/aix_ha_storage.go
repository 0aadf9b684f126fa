package lab

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// storage are the classes whose objects are on the disks and in the files of the nodes.
func (m *clmgr) storage() int {
	o := &haObject{Class: m.class.name, Name: m.name, Attrs: map[string]string{}}
	if contains("add modify", m.action) {
		if p := m.assign(o, m.action == "add"); p != nil {
			return m.refuse(p)
		}
	}
	switch m.action + " " + m.class.name {
	case "add volume_group":
		return m.addVG(o)
	case "modify volume_group":
		return m.modifyVG(o)
	case "delete volume_group":
		return m.deleteVG()
	case "add logical_volume":
		return m.addLV(o)
	case "delete logical_volume":
		return m.deleteLV()
	case "add file_system":
		return m.addFS(o)
	case "delete file_system":
		return m.deleteFS()
	case "add mirror_pool", "delete mirror_pool":
		return m.mirrorPool(o)
	case "query volume_group", "query logical_volume", "query file_system", "query mirror_pool", "query physical_volume":
		return m.queryStorage()
	case "add snapshot", "query snapshot", "delete snapshot", "manage snapshot":
		return m.snapshot(o)
	case "query log", "view log":
		return m.logs()
	case "view report":
		return m.report()
	}
	return m.error(haIncorrect, "ERROR: the action \"%s\" is not supported for class \"%s\".", m.action, m.class.name)
}

// shared are the volume groups that more than one node knows, by name.
func (m *clmgr) shared() []string {
	count := map[string]int{}
	for _, h := range m.hosts() {
		for _, g := range h.Groups {
			if g.Name != "rootvg" && g.Name != caaGroup {
				count[g.Name]++
			}
		}
	}
	var out []string
	for n, c := range count {
		if c > 1 {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}

// vgAt finds the node that works on a volume group: the one that has it varied on, or this one.
func (m *clmgr) vgAt(vg string) (h *Host, undo func(), p *haProblem) {
	if !slices.Contains(m.shared(), vg) {
		return nil, nil, problem(haNotFound, "ERROR: \"%s\" does not appear to exist!", vg)
	}
	hosts := m.hosts()
	for _, n := range sortedKeys(hosts) {
		if g := hosts[n].group(vg); g != nil && (g.State == vgActive || g.State == vgConcurrent) {
			if why := m.e.talk(m.h, hosts[n]); why != "" {
				return nil, nil, problem(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
			}
			return hosts[n], func() {}, nil
		}
	}
	h = m.h
	if h.group(vg) == nil {
		for _, n := range sortedKeys(hosts) {
			if hosts[n].group(vg) != nil && m.e.talk(m.h, hosts[n]) == "" {
				h = hosts[n]
				break
			}
		}
	}
	g := h.group(vg)
	if g == nil {
		return nil, nil, problem(haNotFound, "ERROR: \"%s\" does not appear to exist!", vg)
	}
	was := g.State
	on := []string{"varyonvg", "-n", vg}
	if g.disk.ECM {
		on = []string{"varyonvg", "-n", "-c", "-A", vg}
	}
	if m.e.haDo(h, on...) != 0 {
		return nil, nil, problem(haGeneral, "ERROR: volume group \"%s\" could not be varied on.", vg)
	}
	return h, func() {
		if was == vgPassive {
			m.e.haDo(h, "varyonvg", "-n", "-c", "-P", vg)
			return
		}
		m.e.haDo(h, "varyoffvg", vg)
	}, nil
}

// do runs a command of AIX on a node; what it prints goes to the caller.
func (m *clmgr) do(h *Host, words ...string) bool {
	m.e.trace(h, "+ %s", strings.Join(words, " "))
	for i, w := range words {
		words[i] = quoteWord(w)
	}
	out, code, _, _ := m.e.runHeld(h, "root", strings.Join(words, " "), nil)
	if code != 0 && out != "" {
		m.bad(strings.TrimSuffix(out, "\n"))
	}
	return code == 0
}

// learn lets the other nodes take over what was changed in a volume group.
func (m *clmgr) learn(by *Host, vg string) {
	for _, h := range m.hosts() {
		g := h.group(vg)
		if h == by || g == nil || m.e.talk(m.h, h) != "" || g.State != vgOff && g.State != vgPassive {
			continue
		}
		m.e.catchUp(h, g)
	}
}

// catchUp lets a node know what is on the disks of a volume group: logical volumes, and the stanzas of their file systems.
func (e *Estate) catchUp(h *Host, g *hostGroup) {
	for _, x := range g.disk.Members {
		if d := h.diskOf(x); d != nil {
			e.haDo(h, "importvg", "-L", g.Name, d.Name)
			break
		}
	}
	for _, s := range slices.Clone(h.Stanzas) {
		if x, v := h.volumeOf(s.Dev); v != nil && x == g && v.Block == nil {
			h.dropStanza(s)
		}
	}
	for _, v := range g.disk.Volumes {
		if v.Block != nil && h.stanza(v.Block.Mount) == nil && g.LVs[v.Minor] == v.Name {
			h.Stanzas = append(h.Stanzas, v.Block.copy())
			h.makeDir(v.Block.Mount, e.Now)
		}
	}
}

// diskNamed finds a disk by its name here, or by its PVID.
func (h *Host) diskNamed(word string) *HostDisk {
	if d := h.disk(word); d != nil && !d.Defined {
		return d
	}
	return h.diskWith(word)
}

func (m *clmgr) addVG(o *haObject) int {
	nodes := o.list("NODES")
	if len(nodes) == 0 || o.get("PHYSICAL_VOLUMES") == "" {
		return m.error(haMissing, "ERROR: \"NODES\" and \"PHYSICAL_VOLUMES\" are required for a volume group.")
	}
	scalable := o.get("TYPE") == "scalable"
	for _, a := range []string{"MAX_PHYSICAL_PARTITIONS", "MAX_LOGICAL_VOLUMES", "MIRROR_POOL_NAME"} {
		if o.get(a) != "" && !scalable {
			return m.error(haIncorrect, "ERROR: \"%s\" requires the type \"scalable\".", a)
		}
	}
	if p := o.get("MIRROR_POOL_NAME"); p != "" && !poolWord.MatchString(p) {
		return m.error(haIncorrect, "ERROR: \"%s\" is not a valid name of a mirror pool.", p)
	}
	hosts := m.hosts()
	at := m.h
	if !slices.Contains(nodes, m.e.nodeName(m.h)) {
		at = hosts[nodes[0]]
	}
	for _, n := range nodes {
		if why := m.e.talk(m.h, hosts[n]); why != "" {
			return m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
		}
		if m.name != "" && hosts[n].knows(m.name) {
			return m.error(haGeneral, "ERROR: volume group \"%s\" already exists on node \"%s\".", m.name, n)
		}
	}
	if m.name == "" {
		m.name = at.freeName("vg")
	}
	var disks []string
	var media []*medium
	for _, word := range o.list("PHYSICAL_VOLUMES") {
		d := at.diskNamed(word)
		if d == nil {
			return m.error(haNotFound, "ERROR: disk \"%s\" does not appear to exist!", word)
		}
		for _, n := range nodes {
			if !slices.ContainsFunc(hosts[n].Disks, func(x *HostDisk) bool { return x.medium == d.medium && !x.Defined }) {
				return m.error(haGeneral, "ERROR: disk \"%s\" is not shared with node \"%s\".", word, n)
			}
		}
		disks = append(disks, d.Name)
		media = append(media, d.medium)
	}
	major := o.num("MAJOR_NUMBER")
	if major == 0 {
		major = m.commonMajor(nodes, hosts)
	}
	for _, n := range nodes {
		if hosts[n].majorUsed(major) {
			return m.error(haGeneral, "ERROR: the major number %d is used on node \"%s\".", major, n)
		}
	}
	words := []string{"mkvg", "-f", "-n", "-C", "-V", strconv.Itoa(major), "-y", m.name}
	switch o.get("TYPE") {
	case "scalable":
		words = append(words, "-S")
	case "big":
		words = append(words, "-B")
	}
	if s := o.get("PPART_SIZE"); s != "" {
		words = append(words, "-s", s)
	}
	if !m.do(at, append(words, disks...)...) {
		return haGeneral
	}
	g := at.group(m.name)
	g.disk.Auto = o.get("ACTIVATE_ON_RESTART") == "yes"
	g.disk.Quorum = o.get("QUORUM_NEEDED") == "yes"
	g.disk.Critical = o.get("CRITICAL") == "yes"
	g.disk.Strict = map[string]string{"no": "off", "yes": "on", "super": "super"}[o.get("STRICT_MIRROR_POOLS")]
	for _, x := range g.disk.Members {
		x.Pool = o.get("MIRROR_POOL_NAME")
	}
	if g.State != vgOff {
		m.e.haDo(at, "varyoffvg", m.name)
	}
	code := 0
	for _, n := range nodes {
		h := hosts[n]
		if h == at {
			continue
		}
		for _, d := range h.Disks {
			if d.medium == media[0] {
				m.e.haDo(h, "chdev", "-l", d.Name, "-a", "pv=yes")
				if !m.do(h, "importvg", "-n", "-y", m.name, "-V", strconv.Itoa(major), d.Name) {
					code = haGeneral
				}
			}
		}
	}
	if rg := m.h.HA.DCD.get("resource_group", o.get("RESOURCE_GROUP")); rg != nil {
		rg.setMember("VOLUME_GROUP", m.name, true)
	}
	m.say("%s: %s", m.e.nodeName(at), m.name)
	return code
}

// commonMajor is the lowest major number that is free on all nodes.
func (m *clmgr) commonMajor(nodes []string, hosts map[string]*Host) int {
	for n := 39; ; n++ {
		if !slices.ContainsFunc(nodes, func(x string) bool { return hosts[x].majorUsed(n) }) {
			return n
		}
	}
}

func (m *clmgr) modifyVG(o *haObject) int {
	if m.name == "" {
		return m.error(haMissing, "ERROR: a name/label must be provided.")
	}
	if len(o.Attrs) == 0 {
		return m.error(haMissing, "ERROR: no attributes were specified.")
	}
	for _, a := range sortedKeys(o.Attrs) {
		if !contains("ADD REMOVE ACTIVATE_ON_RESTART QUORUM_NEEDED CRITICAL STRICT_MIRROR_POOLS MIRROR_POOL_NAME TYPE", a) {
			return m.error(haIncorrect, "ERROR: \"%s\" cannot be changed for a volume group.", a)
		}
	}
	h, undo, p := m.vgAt(m.name)
	if p != nil {
		return m.refuse(p)
	}
	defer undo()
	g := h.group(m.name)
	for _, word := range o.list("ADD") {
		d := m.h.diskNamed(word)
		x := -1
		if d != nil {
			x = slices.IndexFunc(h.Disks, func(y *HostDisk) bool { return y.medium == d.medium && !y.Defined })
		}
		if x < 0 {
			return m.error(haNotFound, "ERROR: disk \"%s\" does not appear to exist!", word)
		}
		words := []string{"extendvg"}
		if p := o.get("MIRROR_POOL_NAME"); p != "" {
			words = append(words, "-p", p)
		}
		if !m.do(h, append(words, m.name, h.Disks[x].Name)...) {
			return haGeneral
		}
		for _, other := range m.hosts() {
			for _, y := range other.Disks {
				if y.medium == d.medium && y.PVID != d.medium.pvid() {
					m.e.haDo(other, "chdev", "-l", y.Name, "-a", "pv=yes")
				}
			}
		}
	}
	for _, word := range o.list("REMOVE") {
		d := m.h.diskNamed(word)
		x := -1
		if d != nil {
			x = slices.IndexFunc(h.Disks, func(y *HostDisk) bool { return y.medium == d.medium && !y.Defined })
		}
		if x < 0 || !m.do(h, "reducevg", m.name, h.Disks[x].Name) {
			return m.error(haGeneral, "ERROR: disk \"%s\" could not be removed from volume group \"%s\".", word, m.name)
		}
	}
	for a, v := range o.Attrs {
		switch a {
		case "ACTIVATE_ON_RESTART":
			g.disk.Auto = v == "yes"
		case "QUORUM_NEEDED":
			g.disk.Quorum = v == "yes"
		case "CRITICAL":
			g.disk.Critical = v == "yes"
		case "STRICT_MIRROR_POOLS":
			if !m.do(h, "chvg", "-M", map[string]string{"no": "n", "yes": "y", "super": "s"}[v], m.name) {
				return haGeneral
			}
		}
	}
	m.learn(h, m.name)
	return 0
}

func (m *clmgr) deleteVG() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	if m.name == "" {
		return m.error(haMissing, "ERROR: a name/label must be provided.")
	}
	for _, vg := range strings.Split(m.name, ",") {
		h, undo, p := m.vgAt(vg)
		if p != nil {
			return m.refuse(p)
		}
		g := h.group(vg)
		if slices.ContainsFunc(g.disk.Volumes, func(v *volume) bool { return h.opened(g, v) }) {
			undo()
			return m.error(haGeneral, "ERROR: volume group \"%s\" is in use on node \"%s\".", vg, m.e.nodeName(h))
		}
		words := []string{"reducevg", "-df", vg}
		for _, x := range g.disk.Members {
			if d := h.diskOf(x); d != nil {
				words = append(words, d.Name)
			}
		}
		if !m.do(h, words...) {
			undo()
			return haGeneral
		}
		for _, p := range m.hosts() {
			if x := p.group(vg); x != nil && m.e.talk(m.h, p) == "" {
				if x.State != vgOff {
					m.e.haDo(p, "varyoffvg", vg)
				}
				m.e.haDo(p, "exportvg", vg)
			}
		}
		for _, rg := range m.h.HA.DCD.all("resource_group") {
			rg.setMember("VOLUME_GROUP", vg, false)
		}
	}
	return 0
}

// findLV finds a logical volume of a shared group.
func (m *clmgr) findLV(name string) (h *Host, g *hostGroup, v *volume) {
	hosts := m.hosts()
	for _, n := range sortedKeys(hosts) {
		if x, y := hosts[n].volume(name); y != nil && slices.Contains(m.shared(), x.Name) {
			return hosts[n], x, y
		}
	}
	return nil, nil, nil
}

func (m *clmgr) addLV(o *haObject) int {
	vg := o.get("VOLUME_GROUP")
	if vg == "" || o.get("LOGICAL_PARTITIONS") == "" {
		return m.error(haMissing, "ERROR: \"VOLUME_GROUP\" and \"LOGICAL_PARTITIONS\" are required for a logical volume.")
	}
	for _, a := range []string{"STRIPE_SIZE", "ALLOCATION_MAP", "AUTH_METHOD"} {
		if o.get(a) != "" {
			return m.error(haIncorrect, "ERROR: \"%s\" is not supported on this system.", a)
		}
	}
	for _, h := range m.hosts() {
		if m.name != "" && h.knows(m.name) {
			return m.error(haGeneral, "ERROR: logical volume \"%s\" already exists.", m.name)
		}
	}
	h, undo, p := m.vgAt(vg)
	if p != nil {
		return m.refuse(p)
	}
	defer undo()
	words := []string{"mklv"}
	add := func(flag, v string) {
		if v != "" {
			words = append(words, flag, v)
		}
	}
	add("-y", m.name)
	add("-t", o.get("TYPE"))
	add("-a", map[string]string{"outer_middle": "m", "outer_edge": "e", "center": "c", "inner_middle": "im", "inner_edge": "ie"}[o.get("POSITION")])
	add("-e", map[string]string{"minimum": "m", "maximum": "x"}[o.get("PV_RANGE")])
	add("-u", o.get("MAX_PVS_FOR_NEW_ALLOC"))
	add("-c", o.get("LPART_COPIES"))
	add("-w", map[string]string{"active": "a", "passive": "p", "off": "n"}[o.get("WRITE_CONSISTENCY")])
	add("-s", map[string]string{"yes": "y", "no": "n", "superstrict": "s"}[o.get("LPARS_ON_SEPARATE_PVS")])
	add("-d", map[string]string{"parallel": "p", "sequential": "s", "parallel_sequential": "ps", "parallel_round_robin": "pr"}[o.get("SCHEDULING_POLICY")])
	add("-x", o.get("MAX_LPARTS"))
	add("-L", o.get("LABEL"))
	for c, a := range []string{"FIRST", "SECOND", "THIRD"} {
		if p := o.get(a + "_COPY_MIRROR_POOL"); p != "" {
			add("-p", fmt.Sprintf("copy%d=%s", c+1, p))
		}
	}
	before := len(h.group(vg).disk.Volumes)
	if !m.do(h, append(words, vg, o.get("LOGICAL_PARTITIONS"))...) {
		return haGeneral
	}
	if list := h.group(vg).disk.Volumes; len(list) > before {
		m.say("%s: %s", m.e.nodeName(h), list[len(list)-1].Name)
	}
	m.learn(h, vg)
	return 0
}

func (m *clmgr) deleteLV() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	_, g, v := m.findLV(m.name)
	if v == nil {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	h, undo, p := m.vgAt(g.Name)
	if p != nil {
		return m.refuse(p)
	}
	defer undo()
	if !m.do(h, "rmlv", "-f", m.name) {
		return haGeneral
	}
	m.learn(h, g.Name)
	return 0
}

func (m *clmgr) addFS(o *haObject) int {
	vg, lv := o.get("VOLUME_GROUP"), o.get("LOGICAL_VOLUME")
	switch {
	case !validMount(m.name) || m.name == "":
		return m.error(haIncorrect, "ERROR: the name of a file system is its mount point: \"%s\"", m.name)
	case (vg == "") == (lv == ""):
		return m.error(haMissing, "ERROR: specify either \"VOLUME_GROUP\" or \"LOGICAL_VOLUME\".")
	case vg != "" && (o.get("UNITS") == "" || o.get("SIZE_PER_UNIT") == ""):
		return m.error(haMissing, "ERROR: \"UNITS\" and \"SIZE_PER_UNIT\" are required with \"VOLUME_GROUP\".")
	case o.get("TYPE") != "enhanced":
		return m.error(haIncorrect, "ERROR: file systems of the type \"%s\" are not supported on this system.", o.get("TYPE"))
	case o.get("FRAGMENT_SIZE")+o.get("BYTES_PER_INODE")+o.get("ALLOC_GROUP_SIZE") != "":
		return m.error(haIncorrect, "ERROR: \"FRAGMENT_SIZE\", \"BYTES_PER_INODE\" and \"ALLOC_GROUP_SIZE\" are for file systems of the type \"standard\".")
	}
	if lv != "" {
		_, g, v := m.findLV(lv)
		if v == nil {
			return m.error(haNotFound, "ERROR: logical volume \"%s\" does not appear to exist!", lv)
		}
		vg = g.Name
	}
	for n, h := range m.hosts() {
		if h.stanza(m.name) != nil {
			return m.error(haGeneral, "ERROR: file system \"%s\" already exists on node \"%s\".", m.name, n)
		}
	}
	h, undo, p := m.vgAt(vg)
	if p != nil {
		return m.refuse(p)
	}
	defer undo()
	words := []string{"crfs", "-v", "jfs2", "-m", m.name, "-A", "no", "-p", o.get("PERMISSIONS"), "-a", "agblksize=" + o.get("BLOCK_SIZE"), "-a", "logname=" + cmp.Or(o.get("LV_FOR_LOG"), "INLINE")}
	if lv != "" {
		words = append(words, "-d", lv)
	} else {
		words = append(words, "-g", vg, "-a", "size="+o.get("UNITS")+map[string]string{"megabytes": "M", "gigabytes": "G", "512bytes": ""}[o.get("SIZE_PER_UNIT")])
	}
	if o.get("EXT_ATTR_FORMAT") == "v2" {
		words = append(words, "-a", "ea=v2")
	}
	if !m.do(h, words...) {
		return haGeneral
	}
	m.learn(h, vg)
	return 0
}

func (m *clmgr) deleteFS() int {
	if _, p := m.options(); p != nil {
		return m.refuse(p)
	}
	hosts := m.hosts()
	vg := ""
	for _, n := range sortedKeys(hosts) {
		if s := hosts[n].stanza(m.name); s != nil {
			if g, v := hosts[n].volumeOf(s.Dev); v != nil && slices.Contains(m.shared(), g.Name) {
				vg = g.Name
			}
		}
	}
	if vg == "" {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	h, undo, p := m.vgAt(vg)
	if p != nil {
		return m.refuse(p)
	}
	defer undo()
	if h.mountAt(m.name) != nil {
		return m.error(haGeneral, "ERROR: file system \"%s\" is mounted on node \"%s\".", m.name, m.e.nodeName(h))
	}
	if !m.do(h, "rmfs", "-r", m.name) {
		return haGeneral
	}
	for _, rg := range m.h.HA.DCD.all("resource_group") {
		rg.setMember("FILESYSTEM", m.name, false)
	}
	m.learn(h, vg)
	return 0
}

func (m *clmgr) mirrorPool(o *haObject) int {
	vg := o.get("VOLUME_GROUP")
	if m.action == "delete" {
		for _, p := range m.attrs {
			if p.Name != "VOLUME_GROUP" {
				return m.error(haIncorrect, "ERROR: \"%s\" is not a valid attribute for action \"delete\" of class \"mirror_pool\".", p.Name)
			}
			vg = p.Value
		}
	}
	if vg == "" || m.name == "" || m.action == "add" && o.get("PHYSICAL_VOLUMES") == "" {
		return m.error(haMissing, "ERROR: a name, \"VOLUME_GROUP\" and \"PHYSICAL_VOLUMES\" are required for a mirror pool.")
	}
	if len(m.name) > 15 {
		return m.error(haIncorrect, "ERROR: the name \"%s\" is too long.", m.name)
	}
	g := m.e.sharedVG(m.hosts(), vg)
	if g == nil {
		return m.error(haNotFound, "ERROR: volume group \"%s\" does not appear to exist!", vg)
	}
	if g.disk.Kind != vgScalable {
		return m.error(haIncorrect, "ERROR: mirror pools require a volume group of the type \"scalable\".")
	}
	if m.action == "delete" {
		if !slices.ContainsFunc(g.disk.Members, func(x *member) bool { return x.Pool == m.name }) {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
		}
		if g.disk.Strict == "super" || slices.ContainsFunc(g.disk.Volumes, func(v *volume) bool { return slices.Contains(v.Pools[:], m.name) }) {
			return m.error(haGeneral, "ERROR: mirror pool \"%s\" is in use.", m.name)
		}
		for _, x := range g.disk.Members {
			if x.Pool == m.name {
				x.Pool = ""
			}
		}
		return 0
	}
	var members []*member
	for _, word := range o.list("PHYSICAL_VOLUMES") {
		d := m.h.diskNamed(word)
		if d == nil || g.disk.member(d.medium) == nil {
			return m.error(haNotFound, "ERROR: disk \"%s\" is not in volume group \"%s\".", word, vg)
		}
		members = append(members, g.disk.member(d.medium))
	}
	if p := poolProblem(g.disk, m.name); p != "" {
		return m.error(haGeneral, "ERROR: %s", p)
	}
	for _, x := range members {
		x.Pool = m.name
	}
	return 0
}

// queryStorage prints names, or the attributes of one object. A logical volume that is not there is told on the error stream
// alone: the exit code is 0.
func (m *clmgr) queryStorage() int {
	if m.class.name == "physical_volume" {
		return m.queryDisks()
	}
	if len(m.attrs) > 0 {
		return m.error(haIncorrect, "ERROR: \"%s\" is not a valid attribute for action \"query\" of class \"%s\".", m.attrs[0].Name, m.class.name)
	}
	hosts := m.hosts()
	var names []string
	values := map[string][]pair{}
	put := func(name string, list ...pair) {
		if values[name] == nil {
			names = append(names, name)
			values[name] = append([]pair{{Name: "NAME", Value: name}}, list...)
		}
	}
	p := func(name string, v any) pair { return pair{Name: name, Value: fmt.Sprint(v)} }
	for _, vg := range m.shared() {
		g := m.e.sharedVG(hosts, vg)
		var nodes, disks []string
		var at *Host
		for _, n := range m.h.HA.DCD.names("node") {
			if h := hosts[n]; h != nil && h.group(vg) != nil {
				nodes = append(nodes, n)
				if at == nil || h == m.h {
					at = h
				}
			}
		}
		for _, x := range g.disk.Members {
			if d := at.diskOf(x); d != nil {
				disks = append(disks, d.Name)
			}
		}
		rg := ""
		for _, o := range m.h.HA.DCD.all("resource_group") {
			if slices.Contains(o.list("VOLUME_GROUP"), vg) {
				rg = o.Name
			}
		}
		switch m.class.name {
		case "volume_group":
			put(vg, p("TYPE", map[string]string{vgNormal: "original", vgBig: "big", vgScalable: "scalable"}[g.disk.Kind]), p("NODES", strings.Join(nodes, " ")), p("PHYSICAL_VOLUMES", strings.Join(disks, " ")), p("RESOURCE_GROUP", rg), p("PPART_SIZE", g.disk.PPSize),
				p("MAJOR_NUMBER", at.group(vg).Major), p("ACTIVATE_ON_RESTART", trueFalse(g.disk.Auto)), p("QUORUM_NEEDED", trueFalse(g.disk.Quorum)), p("CONCURRENT_ACCESS", trueFalse(g.disk.ECM)), p("CRITICAL", trueFalse(g.disk.Critical)),
				p("STRICT_MIRROR_POOLS", map[string]string{"off": "no", "on": "yes", "super": "super"}[g.disk.Strict]), p("TOTAL_PPS", g.disk.total()), p("FREE_PPS", g.disk.total()-g.disk.used()), p("SIZE", g.disk.total()*g.disk.PPSize))
		case "logical_volume":
			for _, v := range g.disk.Volumes {
				put(v.Name, p("VOLUME_GROUP", vg), p("TYPE", v.Kind), p("LOGICAL_PARTITIONS", len(v.Parts)), p("SIZE", len(v.Parts)*g.disk.PPSize), p("LPART_COPIES", v.copies()), p("LABEL", v.Label), p("RESOURCE_GROUP", rg))
			}
		case "file_system":
			for _, s := range at.Stanzas {
				if x, v := at.volumeOf(s.Dev); v != nil && x.Name == vg {
					size := 0
					if v.FS != nil {
						size = v.FS.Blocks / 2048
					}
					put(s.Mount, p("TYPE", s.VFS), p("VOLUME_GROUP", vg), p("LOGICAL_VOLUME", v.Name), p("NODES", strings.Join(nodes, " ")), p("RESOURCE_GROUP", rg), p("SIZE", size), p("PERMISSIONS", cmp.Or(s.Options, "rw")))
				}
			}
		case "mirror_pool":
			for _, x := range g.disk.Members {
				if x.Pool != "" {
					var in []string
					for _, y := range g.disk.Members {
						if d := at.diskOf(y); y.Pool == x.Pool && d != nil {
							in = append(in, d.Name)
						}
					}
					put(x.Pool, p("VOLUME_GROUP", vg), p("PHYSICAL_VOLUMES", strings.Join(in, " ")), p("MODE", "sync"))
				}
			}
		}
	}
	if m.name == "" {
		if !m.verbose && len(m.only) == 0 {
			for _, n := range names {
				m.say("%s", n)
			}
			return 0
		}
		var all [][]pair
		for _, n := range names {
			all = append(all, values[n])
		}
		return m.print(all)
	}
	var out [][]pair
	for _, n := range strings.Split(m.name, ",") {
		if values[n] == nil {
			code := m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", n)
			if m.class.name == "logical_volume" {
				return 0
			}
			return code
		}
		out = append(out, values[n])
	}
	return m.print(out)
}

// queryDisks lists the disks that the nodes share.
func (m *clmgr) queryDisks() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	names, hosts := m.e.peers(m.h.HA.DCD, m.h)
	nodes := names
	if o["NODES"] != "" {
		nodes = strings.Fields(o["NODES"])
	}
	for _, n := range nodes {
		if !slices.Contains(names, n) {
			return m.error(haNotFound, "ERROR: node \"%s\" does not appear to exist!", n)
		}
	}
	kind := cmp.Or(o["TYPE"], "available")
	var out [][]pair
	for _, d := range m.h.Disks {
		if d.Defined {
			continue
		}
		group, _ := m.h.groupLabel(d)
		everywhere := true
		for _, n := range nodes {
			h := hosts[n]
			everywhere = everywhere && h != nil && slices.ContainsFunc(h.Disks, func(x *HostDisk) bool { return x.medium == d.medium && !x.Defined })
		}
		if kind != "all" && (!everywhere || group != "None" || d.PVID == "") || m.name != "" && m.name != d.Name && m.name != d.PVID {
			continue
		}
		out = append(out, []pair{{Name: "NAME", Value: d.Name}, {Name: "PVID", Value: d.PVID}, {Name: "UUID", Value: makeUUIDText(d.medium.name)}, {Name: "VOLUME_GROUP", Value: map[bool]string{true: "", false: group}[group == "None"]},
			{Name: "SIZE", Value: strconv.Itoa(d.medium.size())}, {Name: "TYPE", Value: "hdisk"}, {Name: "AVAILABLE", Value: trueFalse(group == "None")}, {Name: "RESERVE_POLICY", Value: d.attr("reserve_policy")}, {Name: "NODES", Value: strings.Join(nodes, " ")}})
	}
	if m.name != "" && len(out) == 0 {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	if m.name == "" && !m.verbose && len(m.only) == 0 {
		for _, x := range out {
			m.say("%s (%s)", x[0].Value, orNone(x[1].Value))
		}
		return 0
	}
	return m.print(out)
}

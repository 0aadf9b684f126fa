package lab

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	usageCluster = "cluster -list [-field FieldName ...] [-fmt Delimiter]\n       cluster -status -clustername ClusterName [-field FieldName ...] [-fmt Delimiter]"
	usageLu      = "lu -create -clustername ClusterName [-sp StoragePool] -lu LogicalUnit -size Size [-thick] [-vadapter ServerVirtualSCSIAdapter [-vtd TargetDevice]]\n       lu -map -clustername ClusterName [-sp StoragePool] {-lu LogicalUnit | -luudid UDID} -vadapter ServerVirtualSCSIAdapter [-vtd TargetDevice]\n       lu -unmap -clustername ClusterName [-sp StoragePool] {-lu LogicalUnit | -luudid UDID} [-vtd TargetDevice]\n       lu -remove -clustername ClusterName [-sp StoragePool] {-lu LogicalUnit | -luudid UDID}\n       lu -list [-clustername ClusterName] [-sp StoragePool] [-field FieldName ...] [-fmt Delimiter]"
)

// Cluster is a set of Virtual I/O Servers that share one storage pool.
type Cluster struct {
	Name, ID     string
	Pool, PoolID string
	Nodes        []*Partition
	Disks        []*LUN
	Repository   *LUN
	Units        []*LogicalUnit
	Made         int // units ever made: no identifier is given out twice
}

// LogicalUnit is a disk in a shared storage pool.
type LogicalUnit struct {
	Name, UDID string
	SizeMB     int
	UsedMB     int // of a thin one
	Thick      bool
	medium     *medium
}

// backing is what lsmap calls the unit.
func (u *LogicalUnit) backing() string { return u.Name + "." + u.UDID }

func (u *LogicalUnit) used() int {
	if u.Thick {
		return u.SizeMB
	}
	return u.UsedMB
}

func (x *Cluster) size() int {
	n := 0
	for _, l := range x.Disks {
		n += l.SizeMB
	}
	return n
}

func (x *Cluster) free() int {
	n := x.size()
	for _, u := range x.Units {
		n -= u.used()
	}
	return n
}

func (x *Cluster) unit(name, udid string) *LogicalUnit {
	for _, u := range x.Units {
		if name != "" && u.Name == name || udid != "" && u.UDID == udid {
			return u
		}
	}
	return nil
}

// live are the nodes that exist still, with the systems they are on.
func (e *Estate) live(x *Cluster, each func(*System, *Partition)) {
	for _, n := range x.Nodes {
		for _, s := range e.Systems {
			if slices.Contains(s.Partitions, n) {
				each(s, n)
			}
		}
	}
}

// clusterOf is the cluster that a Virtual I/O Server is a node of.
func (e *Estate) clusterOf(p *Partition) *Cluster {
	for _, x := range e.Clusters {
		if slices.Contains(x.Nodes, p) {
			return x
		}
	}
	return nil
}

// pooled is the cluster that keeps its data on a disk.
func (e *Estate) pooled(d *Disk) *Cluster {
	for _, x := range e.Clusters {
		if d.LUN != nil && (x.Repository == d.LUN || slices.Contains(x.Disks, d.LUN)) {
			return x
		}
	}
	return nil
}

// unit finds a logical unit by what lsmap calls it, or by a name that only one has.
func (e *Estate) unit(backing string) *LogicalUnit {
	var named *LogicalUnit
	n := 0
	for _, x := range e.Clusters {
		for _, u := range x.Units {
			if u.backing() == backing {
				return u
			}
			if u.Name == backing {
				named, n = u, n+1
			}
		}
	}
	if n != 1 {
		return nil
	}
	return named
}

// hexID is an identifier that is the same in every run.
func hexID(parts ...any) string {
	h := fnv.New128a()
	fmt.Fprintln(h, parts...)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// cluster reads a cluster without its nodes, which are on systems that come later.
func (b *builder) cluster(cb *clusterBody) {
	x := &Cluster{Name: cb.Name, ID: opt(cb.ID, hexID("cluster", cb.Name)), Pool: cb.Pool, PoolID: opt(cb.PoolID, hexID("pool", cb.Name, cb.Pool)), Made: opt(cb.Made, 0)}
	for _, o := range b.e.Clusters {
		if o.Name == x.Name {
			b.fail(cb.Body, "cluster %q is declared twice", x.Name)
		}
	}
	take := func(name string) *LUN {
		l := b.e.lun(name)
		if l == nil || b.e.pooled(&Disk{LUN: l}) != nil || l == x.Repository || slices.Contains(x.Disks, l) {
			b.fail(cb.Body, "cluster %q: there is no lun %q, or a cluster has it already", x.Name, name)
		}
		return l
	}
	for _, d := range cb.Disks {
		x.Disks = append(x.Disks, take(d))
	}
	if cb.Repository != nil {
		x.Repository = take(*cb.Repository)
	}
	if b.err != nil {
		return
	}
	for _, u := range cb.Units {
		x.Made++
		n := &LogicalUnit{Name: u.Name, SizeMB: u.SizeMB, UsedMB: opt(u.UsedMB, 0), Thick: opt(u.Thick, false), UDID: opt(u.UDID, hexID("unit", x.Name, x.Made))}
		if x.unit(n.Name, n.UDID) != nil || n.SizeMB < 1 || n.UsedMB > n.SizeMB || !unitName(n.Name) {
			b.fail(u.Body, "logical_unit %q: the name, the udid or the size is not valid", n.Name)
		}
		x.Units = append(x.Units, n)
	}
	x.Made = opt(cb.Made, x.Made)
	if len(x.Disks) == 0 || x.free() < 0 {
		b.fail(cb.Body, "cluster %q: the disks hold %d MB, which is not enough", x.Name, x.size())
	}
	b.e.Clusters = append(b.e.Clusters, x)
}

// nodes finds the Virtual I/O Servers of a cluster, each written as SYSTEM/VIOS.
func (b *builder) nodes(cb *clusterBody) {
	var x *Cluster
	for _, o := range b.e.Clusters {
		if o.Name == cb.Name {
			x = o
		}
	}
	if b.err != nil || x == nil {
		return
	}
	for _, n := range cb.Nodes {
		label, name, _ := strings.Cut(n, "/")
		s := b.e.system(label)
		if s == nil || s.partitionNamed(name) == nil || s.partitionNamed(name).VIOS == nil {
			b.fail(cb.Body, "cluster %q: there is no vios %q; a node is written as SYSTEM/VIOS", x.Name, n)
			return
		}
		p := s.partitionNamed(name)
		if b.e.clusterOf(p) != nil {
			b.fail(cb.Body, "cluster %q: vios %q is a node already", x.Name, n)
		}
		for _, l := range append(slices.Clone(x.Disks), x.Repository) {
			d := p.VIOS.diskOf(l)
			if l != nil && (d == nil || p.VIOS.group(d.Name) != nil || len(p.VIOS.users(d.Name)) > 0) {
				b.fail(cb.Body, "cluster %q: vios %q has no free hdisk for lun %q", x.Name, n, l.Name)
			}
		}
		x.Nodes = append(x.Nodes, p)
	}
	// Only a node has access to the units.
	for _, s := range b.e.Systems {
		for _, p := range s.servers() {
			for _, h := range p.VIOS.VHosts {
				for _, t := range h.VTDs {
					if t.Kind != vtdUnit {
						continue
					}
					if b.e.clusterNamed(t.Backing) == x && !slices.Contains(x.Nodes, p) {
						b.fail(cb.Body, "%s of vios %q is a unit of cluster %q, which has no such node", t.Name, p.Name, x.Name)
					}
				}
			}
		}
	}
}

// clusterNamed is the cluster that a unit is of.
func (e *Estate) clusterNamed(backing string) *Cluster {
	for _, x := range e.Clusters {
		for _, u := range x.Units {
			if u.backing() == backing {
				return x
			}
		}
	}
	return nil
}

func (e *Estate) encodeCluster(w *encoder, x *Cluster) {
	w.open("cluster %s", quoteHCL(x.Name))
	w.str("id", x.ID, hexID("cluster", x.Name))
	var nodes, disks []string
	e.live(x, func(s *System, p *Partition) { nodes = append(nodes, s.Label+"/"+p.Name) })
	for _, l := range x.Disks {
		disks = append(disks, l.Name)
	}
	if nodes == nil {
		w.line("nodes = []")
	}
	w.list("nodes", nodes)
	w.str("pool", x.Pool, "")
	w.str("pool_id", x.PoolID, hexID("pool", x.Name, x.Pool))
	w.list("disks", disks)
	if x.Repository != nil {
		w.str("repository", x.Repository.Name, "")
	}
	w.num("made", x.Made, 0)
	for _, u := range x.Units {
		w.open("logical_unit %s", quoteHCL(u.Name))
		w.num("size_mb", u.SizeMB, -1)
		w.str("udid", u.UDID, "")
		w.flag("thick", u.Thick, false)
		w.num("used_mb", u.UsedMB, 0)
		w.close()
	}
	w.close()
}

func unitName(s string) bool {
	return len(s) <= 127 && volumeName.MatchString(s) && !strings.Contains(s, ".")
}

// cluster finds the cluster behind -clustername and checks -sp. The Virtual I/O Server must be a node of it.
func (c *call) cluster(f *flags) *Cluster {
	x := c.e.clusterOf(c.vp)
	if x == nil || f.has("-clustername") && x.Name != f.get("-clustername") {
		c.fail(clNone, f.get("-clustername"))
		return nil
	}
	if f.has("-sp") && f.get("-sp") != x.Pool {
		c.fail(spNoPool, f.get("-sp"))
		return nil
	}
	return x
}

// blocks prints records as pairs of a label and a value, or with -fmt one line for each.
func (c *call) blocks(f *flags, cols []column, rows [][]string) int {
	if f.has("-fmt") {
		return c.table(f, cols, rows)
	}
	var known []string
	for _, col := range cols {
		known = append(known, col.field)
	}
	fields, ok := c.fields(f, known...)
	if !ok {
		return 1
	}
	for _, r := range rows {
		for i, col := range cols {
			if fields == nil || slices.Contains(fields, col.field) {
				c.say("%-17s%s", col.title+":", r[i])
			}
		}
		c.say("")
	}
	return 0
}

func cmdCluster(c *call) int {
	f, ok := c.devFlags(usageCluster, "-list -status -clustername= -field+ -fmt=")
	if !ok {
		return 1
	}
	if f.has("-list") == f.has("-status") || f.has("-status") != f.has("-clustername") {
		return c.fail(devUsage, usageCluster)
	}
	if f.has("-list") {
		var rows [][]string
		if x := c.e.clusterOf(c.vp); x != nil {
			rows = append(rows, []string{x.Name, x.ID})
		}
		return c.blocks(f, []column{{"cluster_name", "CLUSTER_NAME", 0}, {"cluster_id", "CLUSTER_ID", 0}}, rows)
	}
	x := c.cluster(f)
	if x == nil {
		return 1
	}
	health := "OK"
	var rows [][]string
	c.e.live(x, func(s *System, p *Partition) {
		state := "OK"
		if !p.live() {
			state, health = "DOWN", "DEGRADED"
		}
		rows = append(rows, []string{x.Name, "", p.VIOS.Hostname, s.TypeModel + "0" + s.Serial, strconv.Itoa(p.ID), state, state})
	})
	for i := range rows {
		rows[i][1] = health
	}
	cols := []column{{"cluster_name", "Cluster Name", -20}, {"cluster_state", "State", 0}, {"node_name", "Node Name", -16}, {"node_mtm", "MTM", -18},
		{"node_lpar_id", "Partition Num", -13}, {"node_state", "State", -6}, {"pool_state", "Pool State", 0}}
	if f.has("-fmt") || f.has("-field") {
		return c.table(f, cols, rows)
	}
	bare := &flags{set: map[string]bool{}}
	if rc := c.table(bare, cols[:2], [][]string{{x.Name, health}}); rc != 0 {
		return rc
	}
	c.say("")
	inner := &call{v: c.v}
	for i := range rows {
		rows[i] = rows[i][2:]
	}
	rc := inner.table(bare, cols[2:], rows)
	for _, l := range strings.SplitAfter(inner.out.String(), "\n") {
		if l != "" {
			c.out.WriteString("    " + l)
		}
	}
	return rc
}

func (u *LogicalUnit) provision() string {
	if u.Thick {
		return "THICK"
	}
	return "THIN"
}

// lsspCluster lists the pool of a cluster, or its logical units.
func (c *call) lsspCluster(f *flags) int {
	x := c.cluster(f)
	if x == nil {
		return 1
	}
	n := strconv.Itoa
	var rows [][]string
	if f.has("-bd") {
		for _, u := range x.Units {
			rows = append(rows, []string{u.Name, n(u.SizeMB), u.provision(), n(u.used()*100/u.SizeMB) + "%", n(u.SizeMB - u.used()), u.UDID})
		}
		return c.table(f, []column{{"luname", "Lu Name", -16}, {"size", "Size(mb)", -11}, {"provisiontype", "ProvisionType", -16}, {"used", "%Used", -5},
			{"unused", "Unused(mb)", -11}, {"luudid", "Lu Udid", 0}}, rows)
	}
	total := 0
	for _, u := range x.Units {
		total += u.SizeMB
	}
	rows = append(rows, []string{x.Pool, n(x.size()), n(x.free()), n(total), n(max(0, total-x.size())), n(len(x.Units)), "CLPOOL", x.PoolID})
	return c.blocks(f, []column{{"pool", "POOL_NAME", 0}, {"size", "POOL_SIZE", 0}, {"free", "FREE_SPACE", 0}, {"total", "TOTAL_LU_SIZE", 0},
		{"overcommit", "OVERCOMMIT_SIZE", 0}, {"lus", "TOTAL_LUS", 0}, {"type", "POOL_TYPE", 0}, {"id", "POOL_ID", 0}}, rows)
}

// newUnit makes a logical unit. A thick one needs its whole size, a thin one only room for its first block.
func (c *call) newUnit(x *Cluster, name, size string, thick bool) *LogicalUnit {
	mb, ok := sizeMB(size)
	need := 1
	if thick {
		need = mb
	}
	switch {
	case !ok:
		c.fail(devBadSize, size)
	case !unitName(name):
		c.fail(spBadName, name)
	case x.unit(name, "") != nil:
		c.fail(spNameUsed, name, x.Pool)
	case need > x.free():
		c.fail(spNoRoom, x.Pool, x.free(), need)
	default:
		x.Made++
		u := &LogicalUnit{Name: name, UDID: hexID("unit", x.Name, x.Made), SizeMB: mb, Thick: thick}
		x.Units = append(x.Units, u)
		c.say("Lu Name:%s\nLu Udid:%s\n", u.Name, u.UDID)
		return u
	}
	return nil
}

// mapUnit maps a logical unit to an adapter of this Virtual I/O Server.
func (c *call) mapUnit(u *LogicalUnit, h *VHost, target, words string) int {
	if len(c.v.users(u.backing())) > 0 {
		return c.fail(msgInUseDisk, u.Name)
	}
	h.VTDs = append(h.VTDs, &VTD{Name: target, Kind: vtdUnit, LUN: h.freeLUN(), Backing: u.backing()})
	c.say("%s\n\nVTD:%s", text(words, u.Name), target)
	return 0
}

// unitFor is mkbdsp on a shared storage pool.
func (c *call) unitFor(f *flags) int {
	if !c.lockODM(2 * time.Second) {
		return 1
	}
	x := c.cluster(f)
	if x == nil {
		return 1
	}
	h, target, rc := c.newTarget(f.get("-vadapter"), vtdUnit, f.get("-tn"))
	if rc != 0 {
		return rc
	}
	var u *LogicalUnit
	if len(f.rest) == 1 {
		u = c.newUnit(x, f.get("-bd"), f.rest[0], f.has("-thick"))
	} else if u = x.unit(f.get("-bd"), f.get("-luudid")); u == nil {
		c.fail(clNoUnit, f.get("-bd")+f.get("-luudid"))
	}
	if u == nil {
		return 1
	}
	if h == nil {
		return 0
	}
	return c.mapUnit(u, h, target, "Assigning file \"%s\" as a backing device.")
}

// mappedOn names the first target of a unit on a node of its cluster besides one.
func (e *Estate) mappedOn(x *Cluster, u *LogicalUnit, except *Partition) (*Partition, *VTD) {
	for _, p := range x.Nodes {
		if p == except {
			continue
		}
		if vtds := p.VIOS.users(u.backing()); len(vtds) > 0 {
			return p, vtds[0]
		}
	}
	return nil, nil
}

// removeUnit deletes a unit that no other node maps.
func (c *call) removeUnit(x *Cluster, u *LogicalUnit, except *Partition) int {
	if p, t := c.e.mappedOn(x, u, except); p != nil {
		return c.fail(clMapped, u.Name, t.Name, p.VIOS.Hostname)
	}
	if !c.unmap(c.v.users(u.backing())) {
		return 1
	}
	x.Units = slices.DeleteFunc(x.Units, func(o *LogicalUnit) bool { return o == u })
	c.say("Logical unit %s with udid \"%s\" is removed.", u.Name, u.UDID)
	return 0
}

// dropUnit is rmbdsp on a shared storage pool.
func (c *call) dropUnit(f *flags) int {
	x := c.cluster(f)
	if x == nil {
		return 1
	}
	u := x.unit(f.get("-bd"), f.get("-luudid"))
	if u == nil {
		return c.fail(clNoUnit, f.get("-bd")+f.get("-luudid"))
	}
	return c.removeUnit(x, u, c.vp)
}

func cmdLu(c *call) int {
	f, ok := c.devFlags(usageLu, "-create -map -unmap -remove -list -clustername= -sp= -lu= -luudid= -size= -thick -vadapter= -vtd= -field+ -fmt=")
	if !ok {
		return 1
	}
	allowed := map[string]string{"-create": "-clustername -sp -lu -size -thick -vadapter -vtd", "-map": "-clustername -sp -lu -luudid -vadapter -vtd",
		"-unmap": "-clustername -sp -lu -luudid -vtd", "-remove": "-clustername -sp -lu -luudid", "-list": "-clustername -sp -field -fmt"}
	op := ""
	for o := range allowed {
		if f.has(o) {
			if op != "" {
				return c.fail(devUsage, usageLu)
			}
			op = o
		}
	}
	for o := range f.set {
		if o != op && !contains(allowed[op], o) {
			return c.fail(devUsage, usageLu)
		}
	}
	one := f.has("-lu") != f.has("-luudid")
	switch {
	case op == "", op != "-list" && !f.has("-clustername"), op == "-create" && (!f.has("-lu") || !f.has("-size")), op == "-map" && !f.has("-vadapter"),
		contains("-map -unmap -remove", op) && !one, op == "-create" && f.has("-vtd") && !f.has("-vadapter"):
		return c.fail(devUsage, usageLu)
	}
	if op != "-list" && !c.lockODM(2*time.Second) {
		return 1
	}
	x := c.cluster(f)
	if x == nil {
		return 1
	}
	if op == "-list" {
		return c.listUnits(f, x)
	}
	if op == "-create" || op == "-map" {
		h, target, rc := c.newTarget(f.get("-vadapter"), vtdUnit, f.get("-vtd"))
		if rc != 0 {
			return rc
		}
		var u *LogicalUnit
		if op == "-create" {
			u = c.newUnit(x, f.get("-lu"), f.get("-size"), f.has("-thick"))
		} else if u = x.unit(f.get("-lu"), f.get("-luudid")); u == nil {
			c.fail(clNoUnit, f.get("-lu")+f.get("-luudid"))
		}
		switch {
		case u == nil:
			return 1
		case h == nil:
			return 0
		}
		return c.mapUnit(u, h, target, "Assigning logical unit '%s' as a backing device.")
	}
	u := x.unit(f.get("-lu"), f.get("-luudid"))
	if u == nil {
		return c.fail(clNoUnit, f.get("-lu")+f.get("-luudid"))
	}
	if op == "-remove" {
		if p, t := c.e.mappedOn(x, u, nil); p != nil {
			return c.fail(clMapped, u.Name, t.Name, p.VIOS.Hostname)
		}
		return c.removeUnit(x, u, nil)
	}
	var gone []*VTD
	for _, t := range c.v.users(u.backing()) {
		if !f.has("-vtd") || t.Name == f.get("-vtd") {
			gone = append(gone, t)
		}
	}
	if len(gone) == 0 {
		return c.fail(devNotBacked, u.Name)
	}
	if !c.unmap(gone) {
		return 1
	}
	return 0
}

func (c *call) listUnits(f *flags, x *Cluster) int {
	var rows [][]string
	for _, u := range x.Units {
		rows = append(rows, []string{u.Name, strconv.Itoa(u.SizeMB), strconv.Itoa(u.SizeMB - u.used()), u.UDID, u.provision()})
	}
	cols := []column{{"lu_name", "LU_NAME", -23}, {"size", "SIZE(MB)", -11}, {"unused", "UNUSED(MB)", -11}, {"udid", "UDID", 0}}
	if f.has("-fmt") || f.has("-field") {
		cols[3].width = -32
		return c.table(f, append(cols, column{"provision_type", "PROVISION_TYPE", 0}), rows)
	}
	c.say("POOL_NAME: %s\nTIER_NAME: SYSTEM", x.Pool)
	return c.table(f, cols, rows)
}

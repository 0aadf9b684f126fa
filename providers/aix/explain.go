package aix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
)

// Explain adds the exact commands to a step. It is pure.
func (p *Provider) Explain(s *planner.Step, f *planner.Facts) diag.List {
	e := &explainer{s: s, f: f}
	switch s.Kind {
	case "host":
		e.host()
		return e.diags
	case "wpar":
		e.wpar()
		return e.diags
	}
	if cluster := e.clusterName(); cluster != "" && e.classic(cluster) {
		e.classicStep()
		return e.diags
	}
	switch s.Kind {
	case "cluster":
		e.cluster()
		return e.diags
	case "application":
		e.application()
		return e.diags
	case "resource_group":
		e.resourceGroup()
		return e.diags
	}
	if e.shared() {
		e.sharedStorage()
		return e.diags
	}
	e.storage()
	return e.diags
}

// storage is what LVM's own commands do at the host of the step.
func (e *explainer) storage() {
	switch e.s.Kind + " " + string(e.s.Action) {
	case "volume_group create":
		e.makeGroup(schema.Str(e.s.After.Value, "host"))
	case "volume_group update":
		e.changeGroup()
	case "volume_group delete":
		e.removeGroup()
	case "logical_volume create":
		e.createVolume()
	case "logical_volume update":
		e.changeVolume()
	case "logical_volume delete":
		e.removeVolume()
	case "filesystem create":
		e.createFilesystem()
	case "filesystem update":
		e.changeFilesystem()
	case "filesystem delete":
		e.removeFilesystem()
	}
}

// clusterName is the cluster that a step is about, "" for storage.
func (e *explainer) clusterName() string {
	o := e.s.After
	if o == nil {
		o = e.s.Before
	}
	switch e.s.Kind {
	case "cluster":
		return schema.Str(o.Value, "name")
	case "application", "resource_group":
		return schema.Str(o.Value, "cluster")
	}
	return ""
}

type explainer struct {
	s       *planner.Step
	f       *planner.Facts
	diags   diag.List
	sharing *schema.Object // the cluster of a shared volume group
}

// found marks a word as a disk that the host does not know yet: the command looks for it by its physical volume identifier.
const found = "\x00"

func (e *explainer) add(purpose string, words ...string) {
	c := &console.Command{}
	for _, w := range words {
		if before, pvid, ok := strings.Cut(w, found); ok {
			c.OutputAfter(before, console.New("lspv").Pipe(console.New("awk", `$2 == "`+pvid+`" { print $1 }`)))
		} else {
			c.Add(w)
		}
	}
	e.send(purpose, c)
}

func (e *explainer) send(purpose string, c *console.Command) {
	line, err := c.Line()
	if err != nil {
		e.refuse("", "Cannot be sent", "%s", err)
		return
	}
	e.s.Commands = append(e.s.Commands, planner.Command{Endpoint: e.s.Endpoint, Line: line, Purpose: purpose})
}

func (e *explainer) change(words ...string) { e.add(planner.PurposeChange, words...) }

func (e *explainer) detail(label, format string, args ...any) {
	e.s.Details = append(e.s.Details, planner.Detail{Label: label, Text: fmt.Sprintf(format, args...)})
}

func (e *explainer) refuse(path, summary, format string, args ...any) *diag.Diagnostic {
	e.diags = append(e.diags, diag.Errorf("aix-refused", summary, format, args...).At(string(e.s.Address), path))
	return &e.diags[len(e.diags)-1]
}

func size(v cty.Value, path string) string {
	return strconv.FormatFloat(schema.Num(v, path), 'f', -1, 64)
}

func onOff(v cty.Value, path string) string {
	if schema.True(v, path) {
		return "y"
	}
	return "n"
}

func word(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// device is the name of a disk on a host; a disk that the host does not see, or that somebody else has, is refused.
func (e *explainer) device(host, id string) string {
	d := e.f.Object("disk", id)
	at := schema.JoinPath("hosts", host, "device")
	if word := e.mapped(host, d); word != "" {
		e.finds(d)
		if by := e.f.Memo[id+" taken"]; by != cty.NilVal {
			e.refuse("disks", "Taken twice", "%s is given to %s as well.", id, by.AsString()).Fix = "A disk belongs to one volume group: leave it out of the other."
			return ""
		}
		e.f.Memo[id+" taken"] = cty.StringVal(string(e.s.Address))
		return word
	}
	if d == nil || !schema.Has(d.Value, at) {
		e.refuse("disks", "Not visible", "%s does not see the disk %s.", host, id).Fix = "Zone and map it to the host, run cfgmgr there, and plan again."
		return ""
	}
	if status := schema.Str(d.Value, schema.JoinPath("hosts", host, "status")); status != "Available" {
		e.refuse("disks", "Not available", "%s (%s) is %s on %s.", id, schema.Str(d.Value, at), status, host).Fix = "Look at its paths: lspath -l " + schema.Str(d.Value, at) + "; then cfgmgr."
		return ""
	}
	for _, h := range schema.Items(d.Value, "hosts") {
		if vg := schema.Str(d.Value, schema.JoinPath("hosts", h, "volume_group")); vg != "" {
			e.refuse("disks", "In use", "%s (%s) belongs to the volume group %s on %s.", id, schema.Str(d.Value, at), vg, h).Fix = "Take another disk, or free that one first."
			return ""
		}
	}
	for _, sys := range schema.Items(d.Value, "paths") {
		if vg := schema.Str(d.Value, schema.JoinPath("paths", sys, "volume_group")); vg != "" && vg != "None" {
			e.refuse("disks", "In use", "%s belongs to the volume group %s of a Virtual I/O Server of %s.", id, vg, sys).Fix = "Take another disk, or free that one first."
			return ""
		}
	}
	if by := e.f.Memo[id+" taken"]; by != cty.NilVal {
		e.refuse("disks", "Taken twice", "%s (%s) is given to %s as well.", id, schema.Str(d.Value, at), by.AsString()).Fix = "A disk belongs to one volume group: leave it out of the other."
		return ""
	}
	e.f.Memo[id+" taken"] = cty.StringVal(string(e.s.Address))
	return schema.Str(d.Value, at)
}

// mapped is the word for a disk that the partition of a host has, or gets by this plan, and that the host has not configured yet:
// cfgmgr makes it known, and its identifier tells which one it is. It is "" for any other disk.
func (e *explainer) mapped(host string, d *schema.Object) string {
	if d == nil || schema.Has(d.Value, schema.JoinPath("hosts", host, "device")) {
		return ""
	}
	declared, decl := e.f.Declared("disk", d.ID), e.f.Declared("host", host)
	if declared == nil || decl == nil {
		return ""
	}
	p := e.f.DeclaredAt(schema.Str(decl.Value, "partition"))
	if p == nil || !slices.ContainsFunc(schema.Items(p.Value, "disk"), func(l string) bool {
		return schema.Str(p.Value, schema.JoinPath("disk", l, "source")) == string(declared.Address)
	}) {
		return ""
	}
	pvid := schema.Str(d.Value, "pvid")
	if pvid == "" {
		e.refuse("disks", "Not known again", "%s is mapped to %s, and has no physical volume identifier by which the host could tell it from others.", declared.Address, p.Address).Fix = "Give it one on the Virtual I/O Server: chdev -dev hdiskN -attr pv=yes; then plan again."
		return ""
	}
	return found + pvid
}

// finds has the host of the step configure what its partition has got.
func (e *explainer) finds(d *schema.Object) {
	if !slices.ContainsFunc(e.s.Commands, func(c planner.Command) bool { return c.Line == "cfgmgr" }) {
		e.change("cfgmgr")
	}
	e.detail("finds", "%s by its identifier %s", e.f.Declared("disk", d.ID).Address, schema.Str(d.Value, "pvid"))
}

// makeGroup makes a volume group at a host, with further flags of mkvg; false where it is refused.
func (e *explainer) makeGroup(host string, flags ...string) bool {
	v := e.s.After.Value
	name := schema.Str(v, "name")
	words := append([]string{"mkvg"}, flags...)
	if flag := map[string]string{"big": "-B", "scalable": "-S"}[schema.Str(v, "type")]; flag != "" {
		words = append(words, flag)
	}
	words = append(words, "-y", name)
	if schema.Has(v, "pp_size") {
		words = append(words, "-s", size(v, "pp_size"))
	}
	if schema.Has(v, "auto_on") && !schema.True(v, "auto_on") {
		words = append(words, "-n")
	}
	sizes, largest := map[string]float64{}, 0.0
	for _, id := range schema.Strings(v, "disks") {
		device := e.device(host, id)
		if device == "" {
			return false
		}
		words = append(words, device)
		if strings.HasPrefix(device, found) {
			sizes[device] = schema.Num(e.f.Object("disk", id).Value, "size")
			continue
		}
		sizes[device] = schema.Num(e.f.Object("disk", id).Value, schema.JoinPath("hosts", host, "size"))
		largest = max(largest, sizes[device])
	}
	pp := schema.Num(v, "pp_size")
	if pp == 0 {
		// What mkvg chooses: the least that keeps 1016 partitions a disk. In a scalable group it may be half of that, and what
		// is a multiple of the one is a multiple of the other.
		for pp = 1; largest/pp > 1016; pp *= 2 {
		}
	} else if largest/pp > 1016 && schema.Str(v, "type") != "scalable" {
		e.refuse("pp_size", "Too many partitions", "A disk of %s has more than 1016 partitions of %s.", schema.FormatSize(largest), schema.FormatSize(pp)).Fix = "Declare a larger pp_size, or type = \"scalable\"."
	}
	total := 0.0
	for _, n := range sizes {
		total += usable(n, pp)
	}
	e.f.Memo[e.s.After.ID+" pp_size"] = cty.NumberFloatVal(pp)
	e.change(words...)
	if slices.Contains(flags, "-C") {
		e.change("varyonvg", name) // mkvg leaves an enhanced concurrent one off
	}
	if schema.Has(v, "quorum") && !schema.True(v, "quorum") {
		e.change("chvg", "-Q", "n", name)
	}
	for _, p := range schema.Items(v, "mirror_pool") {
		var in []string
		for _, id := range schema.Strings(v, schema.JoinPath("mirror_pool", p, "disks")) {
			in = append(in, e.deviceAt(host, id, "mirror_pool"))
		}
		e.change(append([]string{"chpv", "-p", p}, in...)...)
	}
	if s := poolFlags[schema.Str(v, "mirror_pool_strictness")]; s != "" && s != "n" {
		e.change("chvg", "-M", s, name)
	}
	e.detail("on", "%s, about %s", host, schema.FormatSize(total))
	e.f.Memo[e.s.After.ID+" free"] = cty.NumberFloatVal(total)
	return true
}

func (e *explainer) changeGroup() {
	b, v := e.s.Before, e.s.After.Value
	host, name := cmp.Or(schema.Str(b.Value, "host"), e.here()), schema.Str(b.Value, "name") // one that is shared has no host of its own
	if e.off(b.ID) {
		e.refuse("", "Not varied on", "%s is not varied on, so nothing about it can be changed.", name).Fix = "Vary it on: varyonvg " + name + "."
		return
	}
	free := schema.Num(b.Value, "free")
	tighter := e.tighter(b)
	if s := schema.Str(v, "mirror_pool_strictness"); !tighter && e.changes("mirror_pool_strictness") {
		e.change("chvg", "-M", poolFlags[s], name)
	}
	for _, c := range e.s.Changes {
		switch c.Path {
		case "disks":
			have, want := schema.Strings(b.Value, "disks"), schema.Strings(v, "disks")
			for _, id := range want {
				if slices.Contains(have, id) {
					continue
				}
				if device := e.device(host, id); device != "" {
					words := []string{"extendvg"}
					if p := poolOf(v, id); p != "" {
						words = append(words, "-p", p)
					}
					e.change(append(words, name, device)...)
					if strings.HasPrefix(device, found) {
						free = math.Inf(1) // its size is not known here; the host refuses what does not fit
						continue
					}
					free += usable(schema.Num(e.f.Object("disk", id).Value, schema.JoinPath("hosts", host, "size")), schema.Num(b.Value, "pp_size"))
				}
			}
			for _, id := range have {
				if slices.Contains(want, id) {
					continue
				}
				d := e.f.Object("disk", id)
				if d == nil {
					continue
				}
				device := schema.Str(d.Value, schema.JoinPath("hosts", host, "device"))
				if free -= usable(schema.Num(d.Value, schema.JoinPath("hosts", host, "size")), schema.Num(b.Value, "pp_size")); free < 0 {
					e.refuse("disks", "In use", "%s (%s) cannot be taken away: without it %s would be %s short of what its logical volumes have.", id, device, name, schema.FormatSize(-free)).Fix = "Keep it, or add a disk and move the data: migratepv."
				}
				e.change("reducevg", name, device)
			}
		case "auto_on":
			e.change("chvg", "-a", onOff(v, "auto_on"), name)
		case "quorum":
			e.change("chvg", "-Q", onOff(v, "quorum"), name)
		}
	}
	for _, id := range schema.Strings(v, "disks") {
		device := e.deviceAt(host, id, "mirror_pool")
		switch p := poolOf(v, id); {
		case !e.changes("mirror_pool") || p == poolOf(b.Value, id) || !slices.Contains(schema.Strings(b.Value, "disks"), id):
		case p == "":
			e.change("chpv", "-P", device)
		default:
			e.change("chpv", "-p", p, device)
		}
	}
	if tighter {
		e.change("chvg", "-M", poolFlags[schema.Str(v, "mirror_pool_strictness")], name)
	}
	if math.IsInf(free, 1) {
		free = 1 << 40
	}
	e.f.Memo[b.ID+" free"] = cty.NumberFloatVal(free)
}

// usable is what a disk of so many MiB brings: whole partitions, behind the area that the volume group keeps for itself. The
// area is smaller than 128 MiB; how much smaller depends on the kind of the group, and is not worth a surprise.
func usable(mib, pp float64) float64 {
	return math.Floor(max(0, mib-128)/pp) * pp
}

// removeGroup takes the disks away one by one: the host refuses that while a logical volume is on one, and the last one
// takes the group with it.
func (e *explainer) removeGroup() {
	b := e.s.Before
	host, name := schema.Str(b.Value, "host"), schema.Str(b.Value, "name")
	if e.off(b.ID) {
		e.refuse("", "Not varied on", "%s is not varied on, so nobody can say what is in it.", name).Fix = "Vary it on: varyonvg " + name + "; or let go of it: removed { from = " + string(e.s.Address) + "  lifecycle { destroy = false } }."
		return
	}
	if e.empty(b) {
		e.dissolve(b, host)
	}
}

// empty refuses to delete a volume group in which something is left. A log volume that nobody needs any more goes with it; while
// another logical volume is left, it may be needed.
func (e *explainer) empty(b *schema.Object) bool {
	logs := schema.Strings(b.Value, "log_volumes")
	left := slices.DeleteFunc(schema.Strings(b.Value, "volumes"), func(lv string) bool {
		return slices.Contains(logs, lv) || e.f.Memo[b.ID+" goes "+lv] != cty.NilVal
	})
	if len(left) > 0 {
		e.refuse("", "Not empty", "%s still has %s, which this plan does not delete.", schema.Str(b.Value, "name"), strings.Join(left, ", ")).Fix = "Delete them first, or let go of the group: removed { from = " + string(e.s.Address) + "  lifecycle { destroy = false } }."
	}
	return len(left) == 0
}

// dissolve takes the disks of a group away, the last of which takes the group with it.
func (e *explainer) dissolve(b *schema.Object, host string) {
	for _, lv := range schema.Strings(b.Value, "log_volumes") {
		e.change("rmlv", "-f", lv)
	}
	for _, id := range schema.Strings(b.Value, "disks") {
		if d := e.f.Object("disk", id); d != nil {
			e.change("reducevg", schema.Str(b.Value, "name"), schema.Str(d.Value, schema.JoinPath("hosts", host, "device")))
		}
	}
}

// off: a volume group that is there, not varied on, and that no earlier step varies on.
func (e *explainer) off(id string) bool {
	g := e.f.Object("volume_group", id)
	return g != nil && !schema.True(g.Value, "active") && e.f.Memo["on "+id] == cty.NilVal
}

// takes subtracts what a filesystem takes of its volume group, in whole physical partitions, from what is free there after
// the earlier steps of the plan.
func (e *explainer) takes(vg string, mib float64) {
	free, known := e.now(vg, "free")
	if !known {
		return // the group's own refusal says why it does not come to be
	}
	free = max(free, 0)
	if mib > free {
		_, name, _ := strings.Cut(vg, "/")
		e.refuse("size", "Not enough room", "%s needs %s more in the volume group %s, where %s is free.", e.s.Address, schema.FormatSize(mib), name, schema.FormatSize(free)).Fix = "Add a disk to the volume group, or ask for less."
		e.diags[len(e.diags)-1].Code = "STG-39"
	}
	e.f.Memo[vg+" free"] = cty.NumberFloatVal(free - mib)
}

// log is the room of the log volume that the first filesystem of a group makes for itself and those to come.
func (e *explainer) log(vg string, v cty.Value) float64 {
	g := e.f.Object("volume_group", vg)
	if schema.True(v, "inline_log") || g != nil && len(schema.Strings(g.Value, "log_volumes")) > 0 || !e.f.Reserve("jfs2log of "+vg) {
		return 0
	}
	return e.pp(vg)
}

// pp is the partition size of a group that is there or that the plan makes; 0 where neither is known.
func (e *explainer) pp(vg string) float64 {
	n, _ := e.now(vg, "pp_size")
	return n
}

// now is a number of a volume group as the earlier steps of the plan leave it; false where there is no such group.
func (e *explainer) now(vg, attr string) (float64, bool) {
	if v := e.f.Memo[vg+" "+attr]; v != cty.NilVal {
		n, _ := v.AsBigFloat().Float64()
		return n, true
	}
	for _, g := range []*schema.Object{e.f.Object("volume_group", vg), e.f.Declared("volume_group", vg)} {
		if g != nil && schema.Has(g.Value, attr) {
			return schema.Num(g.Value, attr), true // one that is off tells nothing
		}
	}
	return 0, false
}

// whole refuses a size that is no multiple of the physical partition: the host rounds it up, and would never have what is
// declared.
func (e *explainer) whole(vg string, v cty.Value) bool {
	pp, n := e.pp(vg), schema.Num(v, "size")
	if pp == 0 || math.Mod(n, pp) == 0 {
		return true
	}
	e.refuse("size", "Not a multiple", "%s is no multiple of %s, the physical partition of the volume group.", schema.FormatSize(n), schema.FormatSize(pp)).Fix = fmt.Sprintf("Declare %s.", schema.FormatSize(math.Ceil(n/pp)*pp))
	return false
}

// ownLabel is the label of a logical volume that Gantry makes, until crfs writes the mount point there: by it a volume that got
// no filesystem is told from one that somebody else made under the same name.
func ownLabel(mount string) string { return "gantry" + mount }

// below is a filesystem of the host that is mounted below a mount point.
func (e *explainer) below(host, mount string) string {
	for _, f := range e.f.Inventory.Of("filesystem") {
		on, _, _ := strings.Cut(f.ID, ":")
		if m := schema.Str(f.Value, "mount"); on == host && strings.HasPrefix(m, mount+"/") && schema.True(f.Value, "mounted") && e.f.Memo[f.ID+" unmounted"] == cty.NilVal {
			return m
		}
	}
	return ""
}

// hides refuses to mount over what is mounted: whoever writes there would from then on write into the other filesystem.
func (e *explainer) hides(vg, mount string) bool {
	host, _, _ := strings.Cut(vg, "/")
	m := e.below(host, mount)
	if m != "" {
		e.refuse("mount", "Would hide a filesystem", "%s is mounted below %s and would be hidden by it.", m, mount).Fix = "Unmount " + m + " first (mounted = false), or choose another mount point."
	}
	return m != ""
}

func (e *explainer) createFilesystem() {
	v := e.s.After.Value
	if schema.Num(v, "size") <= 0 {
		e.refuse("size", "No size", "The size of %s is not known before it is made.", schema.Str(v, "mount")).Fix = "Declare a size that the files say."
		return
	}
	vg := schema.Str(v, "volume_group")
	_, group, _ := strings.Cut(vg, "/")
	if !e.whole(vg, v) {
		return
	}
	if e.off(vg) {
		e.refuse("volume_group", "Not varied on", "%s is not varied on.", group).Fix = "Vary it on: varyonvg " + group + "."
		return
	}
	if pp := e.pp(vg); pp > 0 && schema.Num(v, "size")/pp > 512 && schema.Str(v, "logical_volume") == "" && !schema.Has(v, "volume") {
		e.refuse("size", "Too many partitions", "%s is %.0f partitions of %s, and a logical volume that crfs makes has 512 at most.", schema.FormatSize(schema.Num(v, "size")), schema.Num(v, "size")/pp, schema.FormatSize(pp)).Fix = "Name its logical_volume, which is then made with room for as many; or make the volume group with a larger pp_size."
		return
	}
	own := named(schema.Str(v, "volume"))
	if e.strictPools(vg, v, own) {
		return
	}
	if own != "" {
		e.takes(vg, e.log(vg, v)) // its volume has taken the rest
	} else {
		e.takes(vg, schema.Num(v, "size")+e.log(vg, v))
	}
	e.detail("in", "%s, %s", strings.ReplaceAll(vg, "/", ":"), schema.FormatSize(schema.Num(v, "size")))
	mount := schema.Str(v, "mount")
	words := []string{"crfs", "-v", "jfs2"}
	if own != "" {
		words = append(words, "-d", own)
	} else if lv := schema.Str(v, "logical_volume"); lv != "" {
		for _, g := range e.f.Inventory.Of("volume_group") {
			if slices.Contains(schema.Strings(g.Value, "volumes"), lv) && strings.HasPrefix(g.ID, vg[:strings.Index(vg+"/", "/")]+"/") {
				e.refuse("logical_volume", "Name taken", "%s has a logical volume %s already, in %s.", e.s.Address, lv, schema.Str(g.Value, "name")).Fix = "Choose another name, or remove that one: rmlv " + lv + "."
				return
			}
		}
		mklv := []string{"mklv", "-t", "jfs2", "-y", lv, "-L", ownLabel(mount)}
		if pp := e.pp(vg); pp > 0 && schema.Num(v, "size")/pp > 512 {
			mklv = append(mklv, "-x", strconv.Itoa(int(schema.Num(v, "size")/pp)))
		}
		e.change(append(mklv, group, size(v, "size")+"M")...)
		words = append(words, "-d", lv)
	} else {
		words = append(words, "-g", group)
	}
	words = append(words, "-m", mount)
	if schema.Has(v, "auto_mount") {
		words = append(words, "-A", word(schema.True(v, "auto_mount")))
	}
	if g := schema.Str(v, "mount_group"); g != "" {
		words = append(words, "-u", g)
	}
	if schema.Str(v, "logical_volume") == "" && own == "" {
		words = append(words, "-a", "size="+size(v, "size")+"M")
	}
	if schema.True(v, "inline_log") {
		words = append(words, "-a", "logname=INLINE")
	}
	if schema.Has(v, "block_size") {
		words = append(words, "-a", "agblksize="+size(v, "block_size"))
	}
	if o := schema.Str(v, "options"); o != "" {
		words = append(words, "-a", "options="+o)
	}
	e.change(words...)
	if (!schema.Has(v, "mounted") || schema.True(v, "mounted")) && !e.shared() {
		if e.hides(vg, mount) {
			return
		}
		e.change("mount", mount)
	}
	if schema.Has(v, "export") {
		e.export("mknfsexp", v)
	}
	if lv := schema.Str(v, "logical_volume"); lv != "" && own == "" {
		// A volume that got no filesystem would be in the way of the next attempt; this one was not there before.
		e.add(planner.PurposeOnFailure, "rmlv", "-f", lv)
	}
}

// export has the host export a filesystem, now and at every start.
func (e *explainer) export(command string, v cty.Value) {
	words := []string{command, "-d", schema.Str(v, "mount"), "-B", "-t", schema.Str(v, "export.access")}
	if c := schema.Strings(v, "export.clients"); len(c) > 0 {
		words = append(words, "-c", strings.Join(c, ","))
	}
	if r := schema.Strings(v, "export.root"); len(r) > 0 {
		words = append(words, "-r", strings.Join(r, ","))
	}
	e.change(words...)
}

func (e *explainer) changeFilesystem() {
	b, v := e.s.Before.Value, e.s.After.Value
	mount, exported := schema.Str(b, "mount"), false
	// Unmounted before and mounted after whatever else changes, so that it comes up as declared.
	changes := slices.Clone(e.s.Changes)
	slices.SortStableFunc(changes, func(x, y planner.Change) int {
		rank := func(c planner.Change) int {
			switch {
			case c.Path != "mounted":
				return 1
			case schema.True(v, "mounted"):
				return 2
			}
			return 0
		}
		return rank(x) - rank(y)
	})
	for _, c := range changes {
		switch c.Path {
		case "size":
			vg := schema.Str(b, "volume_group")
			switch grow := schema.Num(v, "size") - schema.Num(b, "size"); {
			case grow < 0:
				e.refuse("size", "Does not shrink", "%s has %s and %s is declared.", mount, schema.FormatSize(schema.Num(b, "size")), schema.FormatSize(schema.Num(v, "size"))).Fix = "Declare its size, or make a smaller one and move the data."
			case e.whole(vg, v):
				if !schema.Has(v, "volume") { // else its volume has grown before it
					e.takes(vg, grow*max(1, schema.Num(b, "copies")))
				}
				if pp := e.pp(vg); pp > 0 && schema.Num(v, "size")/pp > 512 {
					e.detail("partitions", "%.0f; where %s may have fewer (lslv: MAX LPs) the host refuses", schema.Num(v, "size")/pp, schema.Str(b, "logical_volume"))
				}
				e.change("chfs", "-a", "size="+size(v, "size")+"M", mount)
				e.s.Reverse = "none: it does not shrink"
			}
		case "export.access", "export.clients", "export.root":
			if !exported {
				exported = true
				command := "chnfsexp"
				if !schema.Has(b, "export") {
					command = "mknfsexp"
				}
				e.export(command, v)
			}
		case "auto_mount":
			e.change("chfs", "-A", word(schema.True(v, "auto_mount")), mount)
		case "options":
			e.change("chfs", "-a", "options="+schema.Str(v, "options"), mount)
			if schema.True(b, "mounted") && (!schema.Has(v, "mounted") || schema.True(v, "mounted")) {
				e.detail("options", "take effect at the next mount")
			}
		case "mount_group":
			e.change("chfs", "-u", schema.Str(v, "mount_group"), mount)
		case "mounted":
			if schema.True(v, "mounted") {
				if !e.hides(schema.Str(b, "volume_group"), mount) {
					e.change("mount", mount)
				}
				continue
			}
			e.change("umount", mount)
			e.f.Memo[e.s.Before.ID+" unmounted"] = cty.True
			e.s.Disruption = max(e.s.Disruption, schema.Outage) // whoever uses it
		}
	}
}

func (e *explainer) removeFilesystem() {
	b := e.s.Before.Value
	mount := schema.Str(b, "mount")
	if schema.Has(b, "export") {
		e.change("rmnfsexp", "-d", mount, "-B")
		e.s.Disruption = max(e.s.Disruption, schema.Outage)
	}
	if schema.True(b, "mounted") {
		e.change("umount", mount)
		e.f.Memo[e.s.Before.ID+" unmounted"] = cty.True
		e.s.Disruption = max(e.s.Disruption, schema.Outage)
	}
	e.change("rmfs", mount)
	e.f.Memo[schema.Str(b, "volume_group")+" goes "+schema.Str(b, "logical_volume")] = cty.True
}

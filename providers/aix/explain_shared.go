package aix

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// What several hosts share belongs to their cluster, whose commands change it on all of them at once (rule HA-34).

const cspoc = "/usr/es/sbin/cluster/cspoc/"

// group is the volume group of a step: itself, or what the object is in; declared, or found.
func (e *explainer) group(o *schema.Object) *schema.Object {
	if o == nil || o.Kind == "volume_group" {
		return o
	}
	id := schema.Str(o.Value, "volume_group")
	if g := e.f.Object("volume_group", id); g != nil {
		return g
	}
	return e.f.Coming("volume_group", id)
}

// shared: a volume group that is declared or found on several hosts, or enhanced concurrent.
func (e *explainer) shared() bool {
	for _, o := range []*schema.Object{e.s.Before, e.s.After} {
		g := e.group(o)
		if g != nil && (schema.Str(g.Value, "mode") == "enhanced-concurrent" || len(schema.Strings(g.Value, "hosts")) > 1) {
			return true
		}
	}
	return false
}

// inCluster is the cluster of a shared volume group, declared or found, or nil.
func (e *explainer) inCluster(g *schema.Object) *schema.Object {
	hosts := schema.Strings(g.Value, "hosts")
	if len(hosts) == 0 {
		return nil
	}
	all := slices.Concat(e.f.Inventory.Of("cluster"), e.f.ComingOf("cluster"))
	for _, c := range all {
		nodes := schema.Strings(c.Value, "nodes")
		if d := e.f.Declared("cluster", c.ID); d != nil { // a node that an earlier step adds
			for _, h := range hosts {
				if n := e.f.Declared("host", h); n != nil && slices.Contains(schema.Strings(d.Value, "nodes"), string(n.Address)) {
					nodes = append(nodes, h)
				}
			}
		}
		if !slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(nodes, h) }) {
			return c
		}
	}
	return nil
}

func (e *explainer) sharedStorage() {
	o := e.s.After
	if o == nil {
		o = e.s.Before
	}
	g := e.group(o)
	c := e.inCluster(g)
	if c == nil {
		e.refuse("", "Shared without a cluster", "The volume group %s is shared or enhanced concurrent, and its hosts are not nodes of a cluster of the estate.", schema.Str(g.Value, "name")).Fix = "Declare the cluster with its nodes, or change the group with the cluster's own commands."
		return
	}
	e.sharing = c
	if e.classic(c.ID) {
		e.classicStorage(c, g)
		return
	}
	switch e.s.Kind + " " + string(e.s.Action) {
	case "volume_group create":
		e.createShared(c)
	case "volume_group update":
		e.changeShared(e.s.Before)
	case "filesystem create":
		e.createSharedFilesystem(g)
	case "filesystem update":
		e.changeSharedFilesystem(g)
	case "logical_volume create":
		e.createSharedVolume(g)
	case "logical_volume update":
		e.changeSharedVolume(g)
	case "filesystem delete":
		if e.free(g, schema.Str(o.Value, "mount")) {
			e.clmgr("delete", "file_system", schema.Str(o.Value, "mount"))
			e.f.Memo[g.ID+" goes "+schema.Str(o.Value, "logical_volume")] = cty.True
		}
	case "logical_volume delete":
		if e.free(g, schema.Str(o.Value, "name")) && e.f.Memo[g.ID+" goes "+schema.Str(o.Value, "name")] == cty.NilVal {
			e.clmgr("delete", "logical_volume", schema.Str(o.Value, "name"))
			e.f.Memo[g.ID+" goes "+schema.Str(o.Value, "name")] = cty.True
		}
	case "volume_group delete":
		e.removeShared(g)
	default:
		e.refuse("", "Not done", "Gantry does not %s a %s that several hosts share.", e.s.Action, strings.ReplaceAll(e.s.Kind, "_", " ")).Fix = "Do it with the cluster's own commands (smitty cl_lvm), or let go of it: removed { from = " + string(e.s.Address) + "  lifecycle { destroy = false } }."
	}
}

func (e *explainer) createShared(c *schema.Object) {
	v := e.s.After.Value
	name, host := schema.Str(v, "name"), e.here()
	if schema.Str(v, "mode") == "standard" {
		e.refuse("mode", "Not shared so", "A cluster makes shared volume groups enhanced concurrent.").Fix = "Declare mode = \"enhanced-concurrent\"."
		return
	}
	var devices []string
	largest, total := 0.0, 0.0
	for _, id := range schema.Strings(v, "disks") {
		for _, h := range schema.Strings(v, "hosts") {
			if h != host && e.deviceAt(h, id, "disks") == "" {
				return // every host has to see it (rule RG-05)
			}
		}
		device := e.device(host, id)
		if device == "" {
			return
		}
		devices = append(devices, device)
		largest = max(largest, schema.Num(e.f.Object("disk", id).Value, schema.JoinPath("hosts", host, "size")))
	}
	pp := schema.Num(v, "pp_size")
	if pp == 0 {
		for pp = 1; largest/pp > 1016; pp *= 2 {
		}
	}
	for _, id := range schema.Strings(v, "disks") {
		total += usable(schema.Num(e.f.Object("disk", id).Value, schema.JoinPath("hosts", host, "size")), pp)
	}
	words := []string{"add", "volume_group", name, "NODES=" + strings.Join(schema.Strings(v, "hosts"), ","), "PHYSICAL_VOLUMES=" + strings.Join(devices, ","), "PPART_SIZE=" + schema.FormatNumber(cty.NumberFloatVal(pp))}
	if t := schema.Str(v, "type"); t != "" {
		words = append(words, "TYPE="+map[string]string{"normal": "original"}[t]+strings.TrimPrefix(t, "normal"))
	}
	if schema.Has(v, "major") {
		words = append(words, "MAJOR_NUMBER="+size(v, "major"))
	}
	words = append(words, "ACTIVATE_ON_RESTART=no")
	if schema.Has(v, "quorum") {
		words = append(words, "QUORUM_NEEDED="+word(schema.True(v, "quorum")))
	}
	e.clmgr(words...)
	for _, p := range schema.Items(v, "mirror_pool") {
		e.sharedPool(name, p, schema.Strings(v, schema.JoinPath("mirror_pool", p, "disks")))
	}
	if s := schema.Str(v, "mirror_pool_strictness"); poolWord[s] != "" && s != "off" {
		e.clmgr("modify", "volume_group", name, "STRICT_MIRROR_POOLS="+poolWord[s])
	}
	e.f.Memo[e.s.After.ID+" pp_size"], e.f.Memo[e.s.After.ID+" free"] = cty.NumberFloatVal(pp), cty.NumberFloatVal(total)
	e.detail("on", "%s, about %s", strings.Join(schema.Strings(v, "hosts"), ", "), schema.FormatSize(total))
	if schema.Str(c.Value, "state") != "online" || !e.running(c) {
		// While the cluster is down its commands leave a group varied off; what is put into it needs it on, here alone.
		e.change("varyonvg", name)
		e.f.Memo["on "+e.s.After.ID] = cty.StringVal(e.s.Endpoint)
	}
}

// free refuses to delete what is in a volume group that a resource group has online, and goes on having.
func (e *explainer) free(g *schema.Object, what string) bool {
	for _, rg := range e.f.Inventory.Of("resource_group") {
		if slices.Contains(schema.Strings(rg.Value, "volume_groups"), g.ID) && schema.Str(rg.Value, "state") == "online" && e.f.Memo["gone "+rg.ID] == cty.NilVal {
			e.refuse("", "In use", "%s is in the resource group %s, which is online.", what, schema.Str(rg.Value, "name")).Fix = "Take the group offline first (state = \"offline\"), or delete it too."
			return false
		}
	}
	return true
}

// removeShared deletes a shared volume group in which nothing is left but what its filesystems logged to.
func (e *explainer) removeShared(g *schema.Object) {
	if !e.empty(g) {
		return
	}
	for _, lv := range schema.Strings(g.Value, "log_volumes") {
		e.clmgr("delete", "logical_volume", lv)
	}
	e.clmgr("delete", "volume_group", schema.Str(g.Value, "name"))
}

// running: services of the cluster run now.
func (e *explainer) running(c *schema.Object) bool {
	f := e.f.Object("cluster", c.ID)
	return f != nil && schema.Str(f.Value, "state") == "online"
}

// on varies a group on at this host while the cluster does not have it anywhere, so that something can be put into it.
func (e *explainer) on(g *schema.Object) bool {
	for _, h := range schema.Items(g.Value, "known") {
		if s := schema.Str(g.Value, schema.JoinPath("known", h, "state")); s == "active" || s == "concurrent" {
			return true
		}
	}
	if e.running(e.sharing) {
		e.refuse("volume_group", "Not varied on", "%s is varied on nowhere, although cluster services run.", schema.Str(g.Value, "name")).Fix = "Bring the resource group online that has it, and plan again."
		return false
	}
	if e.f.Memo["on "+g.ID] == cty.NilVal && e.f.Object("volume_group", g.ID) != nil {
		e.change("varyonvg", schema.Str(g.Value, "name"))
		e.f.Memo["on "+g.ID] = cty.StringVal(e.s.Endpoint)
	}
	return true
}

// sharedPool puts disks of a shared volume group into a mirror pool.
func (e *explainer) sharedPool(group, pool string, disks []string) {
	var devices []string
	for _, id := range disks {
		devices = append(devices, e.deviceAt(e.here(), id, "mirror_pool"))
	}
	e.clmgr("add", "mirror_pool", pool, "VOLUME_GROUP="+group, "PHYSICAL_VOLUMES="+strings.Join(devices, ","))
}

// changePools moves disks of a shared volume group between its mirror pools, and takes pools away that nothing is left in.
func (e *explainer) changePools(g *schema.Object) {
	v, name := e.s.After.Value, schema.Str(g.Value, "name")
	for _, p := range schema.Items(g.Value, "mirror_pool") {
		if !slices.Contains(schema.Items(v, "mirror_pool"), p) {
			e.clmgr("delete", "mirror_pool", p, "VOLUME_GROUP="+name)
			continue
		}
		at := schema.JoinPath("mirror_pool", p, "disks")
		for _, id := range without(schema.Strings(g.Value, at), schema.Strings(v, at)) {
			if poolOf(v, id) == "" && slices.Contains(schema.Strings(v, "disks"), id) {
				e.refuse(at, "Cannot be taken out", "The cluster's commands put disks into mirror pools; none takes %s out of %s alone.", id, p).Fix = "Put it into another pool, or do it at the node that has the group: chpv -P."
			}
		}
	}
	for _, p := range schema.Items(v, "mirror_pool") {
		at := schema.JoinPath("mirror_pool", p, "disks")
		if more := without(schema.Strings(v, at), schema.Strings(g.Value, at)); len(more) > 0 {
			e.sharedPool(name, p, more)
		}
	}
}

func (e *explainer) changeShared(g *schema.Object) {
	v := e.s.After.Value
	name := schema.Str(g.Value, "name")
	tighter := e.tighter(g)
	strict := "STRICT_MIRROR_POOLS=" + poolWord[schema.Str(v, "mirror_pool_strictness")]
	if !tighter && e.changes("mirror_pool_strictness") {
		e.clmgr("modify", "volume_group", name, strict)
	}
	defer func() {
		if e.changes("mirror_pool") {
			e.changePools(g)
		}
		if tighter {
			e.clmgr("modify", "volume_group", name, strict)
		}
	}()
	for _, c := range e.s.Changes {
		if c.Path == "hosts" {
			e.changeHosts(g)
			continue
		}
		if c.Path == "mirror_pool_strictness" || within(c.Path, "mirror_pool") {
			continue
		}
		switch c.Path {
		case "disks":
			have, want := schema.Strings(g.Value, "disks"), schema.Strings(v, "disks")
			free := schema.Num(g.Value, "free")
			for _, id := range want {
				if slices.Contains(have, id) {
					continue
				}
				device := e.device(e.here(), id)
				if device == "" {
					return
				}
				for _, h := range schema.Strings(v, "hosts") {
					if h != e.here() && e.deviceAt(h, id, "disks") == "" {
						return
					}
				}
				words := []string{"modify", "volume_group", name, "ADD=" + device}
				if p := poolOf(v, id); p != "" {
					words = append(words, "MIRROR_POOL_NAME="+p)
				}
				e.clmgr(words...)
				if strings.HasPrefix(device, found) {
					free = 1 << 40 // its size is not known here; the cluster refuses what does not fit
				}
				free += usable(schema.Num(e.f.Object("disk", id).Value, schema.JoinPath("hosts", e.here(), "size")), schema.Num(g.Value, "pp_size"))
			}
			for _, id := range have {
				if !slices.Contains(want, id) {
					e.clmgr("modify", "volume_group", name, "REMOVE="+e.deviceAt(e.here(), id, "disks"))
				}
			}
			e.f.Memo[g.ID+" free"] = cty.NumberFloatVal(free)
		case "quorum":
			e.clmgr("modify", "volume_group", name, "QUORUM_NEEDED="+word(schema.True(v, "quorum")))
		case "auto_on":
			e.refuse("auto_on", "The cluster varies it on", "%s is shared, and a shared group is never varied on when a host starts (rule STG-20).", schema.Str(g.Value, "name")).Fix = "Leave auto_on out."
		default:
			e.refuse(c.Path, "Cannot be changed", "%s of a shared volume group.", c.Path).Fix = "Do it with the cluster's own commands."
		}
	}
}

func (e *explainer) createSharedFilesystem(g *schema.Object) {
	v := e.s.After.Value
	vg := schema.Str(v, "volume_group")
	for _, a := range []string{"auto_mount", "mounted", "export"} {
		if schema.Has(v, a) {
			e.refuse(a, "The cluster mounts it", "%s is in a shared volume group.", schema.Str(v, "mount")).Fix = "Leave " + a + " out."
			return
		}
	}
	own := named(schema.Str(v, "volume"))
	if !e.whole(vg, v) || e.strictPools(vg, v, own) || !e.on(g) {
		return
	}
	if own != "" {
		e.takes(vg, e.log(vg, v)) // its volume has taken the rest
	} else {
		e.takes(vg, schema.Num(v, "size")+e.log(vg, v))
	}
	e.detail("in", "%s, %s", schema.Str(g.Value, "name"), schema.FormatSize(schema.Num(v, "size")))
	mount := schema.Str(v, "mount")
	words := []string{"add", "file_system", mount}
	if own != "" {
		words = append(words, "LOGICAL_VOLUME="+own)
	} else if lv := schema.Str(v, "logical_volume"); lv != "" {
		e.clmgr("add", "logical_volume", lv, "VOLUME_GROUP="+schema.Str(g.Value, "name"), "TYPE=jfs2", "LOGICAL_PARTITIONS="+schema.FormatNumber(cty.NumberFloatVal(schema.Num(v, "size")/max(1, e.pp(vg)))))
		words = append(words, "LOGICAL_VOLUME="+lv)
	} else {
		words = append(words, "VOLUME_GROUP="+schema.Str(g.Value, "name"), "UNITS="+size(v, "size"), "SIZE_PER_UNIT=megabytes")
	}
	words = append(words, "TYPE=enhanced", "PERMISSIONS=rw")
	if schema.True(v, "inline_log") {
		words = append(words, "LV_FOR_LOG=INLINE")
	}
	if schema.Has(v, "block_size") {
		words = append(words, "BLOCK_SIZE="+size(v, "block_size"))
	}
	e.clmgr(words...)
}

func (e *explainer) changeSharedFilesystem(g *schema.Object) {
	b, v := e.s.Before.Value, e.s.After.Value
	mount, vg := schema.Str(b, "mount"), schema.Str(b, "volume_group")
	for _, c := range e.s.Changes {
		if c.Path != "size" {
			e.refuse(c.Path, "The cluster's", "%s of %s, which several hosts share.", c.Path, mount).Fix = "Leave it out, or change it with the cluster's own commands (cli_chfs)."
			continue
		}
		switch grow := schema.Num(v, "size") - schema.Num(b, "size"); {
		case grow < 0:
			e.refuse("size", "Does not shrink", "%s has %s and %s is declared.", mount, schema.FormatSize(schema.Num(b, "size")), schema.FormatSize(schema.Num(v, "size"))).Fix = "Declare its size, or make a smaller one and move the data."
		case e.whole(vg, v) && e.on(g):
			if !schema.Has(v, "volume") { // else its volume has grown before it
				e.takes(vg, grow*max(1, schema.Num(b, "copies")))
			}
			e.change(cspoc+"cli_chfs", "-a", "size="+size(v, "size")+"M", mount)
			e.s.Reverse = "none: it does not shrink"
		}
	}
}

func (e *explainer) createSharedVolume(g *schema.Object) {
	v := e.s.After.Value
	vg := schema.Str(v, "volume_group")
	if !e.whole(vg, v) || !e.inPools(vg, v) || !e.on(g) {
		return
	}
	copies := max(1, schema.Num(v, "copies"))
	e.takes(vg, schema.Num(v, "size")*copies)
	words := []string{"add", "logical_volume", schema.Str(v, "name"), "VOLUME_GROUP=" + schema.Str(g.Value, "name"), "LOGICAL_PARTITIONS=" + schema.FormatNumber(cty.NumberFloatVal(schema.Num(v, "size")/max(1, e.pp(vg))))}
	if t := schema.Str(v, "type"); t != "" {
		words = append(words, "TYPE="+t)
	}
	if copies > 1 {
		words = append(words, "LPART_COPIES="+size(v, "copies"))
	}
	if s := schema.Str(v, "strictness"); s != "" {
		words = append(words, "LPARS_ON_SEPARATE_PVS="+map[string]string{"strict": "yes", "superstrict": "superstrict", "none": "no"}[s])
	}
	if schema.Has(v, "upper_bound") {
		words = append(words, "MAX_PVS_FOR_NEW_ALLOC="+size(v, "upper_bound"))
	}
	for c, p := range schema.Strings(v, "mirror_pools") {
		words = append(words, []string{"FIRST", "SECOND", "THIRD"}[c]+"_COPY_MIRROR_POOL="+p)
	}
	e.clmgr(words...)
}

// changeSharedVolume: copies come and go by C-SPOC, which names no mirror pools; those are in the descriptor area alone, so that
// chlv at the node that has the group is enough, and the new copy goes where they say.
func (e *explainer) changeSharedVolume(g *schema.Object) {
	b, v := e.s.Before.Value, e.s.After.Value
	name, vg := schema.Str(b, "name"), schema.Str(b, "volume_group")
	if !e.inPools(vg, v) || !e.on(g) {
		return
	}
	copies := max(1, schema.Num(b, "copies"))
	have, want := schema.Strings(b, "mirror_pools"), schema.Strings(v, "mirror_pools")
	if n := schema.Num(v, "copies"); e.changes("copies") && n < copies {
		words := []string{cspoc + "cli_rmlvcopy", name, size(v, "copies")}
		if gone := without(have, want); len(gone) == 1 {
			for _, id := range schema.Strings(g.Value, schema.JoinPath("mirror_pool", gone[0], "disks")) {
				words = append(words, e.deviceAt(e.here(), id, "mirror_pools"))
			}
		}
		e.change(words...)
		have, copies = without(have, without(have, want)), n
	}
	if len(want) > 0 && !slices.Equal(have, want) {
		e.change(append(append([]string{"chlv"}, poolWords("-m", want, 0)...), name)...)
	}
	if n := schema.Num(v, "copies"); e.changes("copies") && n > copies {
		e.takes(vg, schema.Num(b, "size")*(n-copies))
		e.change(cspoc+"cli_mklvcopy", "-k", name, size(v, "copies"))
		copies = n
	}
	if e.changes("size") {
		grow := schema.Num(v, "size") - schema.Num(b, "size")
		if grow < 0 {
			e.refuse("size", "Does not shrink", "%s has %s and %s is declared.", name, schema.FormatSize(schema.Num(b, "size")), schema.FormatSize(schema.Num(v, "size"))).Fix = "Declare its size, or make a smaller one and move the data."
		} else if e.whole(vg, v) {
			e.takes(vg, grow*copies)
			e.change(cspoc+"cli_extendlv", name, schema.FormatNumber(cty.NumberFloatVal(grow/max(1, e.pp(vg)))))
			e.s.Reverse = "none: it does not shrink"
		}
	}
}

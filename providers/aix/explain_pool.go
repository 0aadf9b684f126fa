package aix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Mirror pools: parts of a scalable volume group, and the copies of logical volumes that stay in them.

var (
	poolFlags = map[string]string{"off": "n", "on": "y", "super": "s"}        // of chvg -M
	poolWord  = map[string]string{"off": "no", "on": "yes", "super": "super"} // of STRICT_MIRROR_POOLS
)

// poolOf is the mirror pool of a disk in a volume group, "" for none.
func poolOf(group cty.Value, disk string) string {
	for _, p := range schema.Items(group, "mirror_pool") {
		if slices.Contains(schema.Strings(group, schema.JoinPath("mirror_pool", p, "disks")), disk) {
			return p
		}
	}
	return ""
}

// within reports whether a path is that of a block, or of something in it.
func within(path, block string) bool { return path == block || strings.HasPrefix(path, block+".") }

// changes reports whether the step changes an attribute or something in a block.
func (e *explainer) changes(path string) bool {
	for _, c := range e.s.Changes {
		if within(c.Path, path) {
			return true
		}
	}
	return false
}

// tighter reports whether the step makes mirror pools stricter: that comes last, and what is in the group has to suit it already.
func (e *explainer) tighter(g *schema.Object) bool {
	v := e.s.After.Value
	rank := []string{"", "off", "on", "super"}
	s := schema.Str(v, "mirror_pool_strictness")
	if !e.changes("mirror_pool_strictness") || slices.Index(rank, s) < slices.Index(rank, schema.Str(g.Value, "mirror_pool_strictness")) {
		return false
	}
	for _, o := range e.f.Inventory.Of("logical_volume") {
		if schema.Str(o.Value, "volume_group") != g.ID {
			continue
		}
		pools := without(schema.Strings(o.Value, "mirror_pools"), []string{"None"})
		if lacks := without(schema.Items(v, "mirror_pool"), pools); len(pools) < int(max(1, schema.Num(o.Value, "copies"))) || s == "super" && len(lacks) > 0 {
			fix := "Give it mirror pools first, and apply again: chlv -m copy1=POOL " + schema.Str(o.Value, "name") + "."
			if e.f.Declared("logical_volume", o.ID) != nil {
				fix = fmt.Sprintf("Give it its mirror_pools with mirror_pool_strictness = %q, as it is now, and apply; then this.", cmp.Or(schema.Str(g.Value, "mirror_pool_strictness"), "off"))
			}
			e.refuse("mirror_pool_strictness", "Not as strict", "%s has copies in %s.", schema.Str(o.Value, "name"), orNothing(pools)).Fix = fix
		}
	}
	return true
}

// strictPools refuses a filesystem that would make a logical volume without mirror pools where the group wants them.
func (e *explainer) strictPools(vg string, v cty.Value, own string) bool {
	strict := ""
	for _, o := range []*schema.Object{e.f.Declared("volume_group", vg), e.f.Object("volume_group", vg), e.f.Coming("volume_group", vg)} {
		if o != nil && strict == "" {
			strict = schema.Str(o.Value, "mirror_pool_strictness")
		}
	}
	if strict != "on" && strict != "super" {
		return false
	}
	if own == "" {
		e.refuse("volume", "Not in a mirror pool", "The mirror pools of %s are strict (%s), and the logical volume that comes with a filesystem is in none.", vg, strict).Fix = "Declare a logical_volume with mirror_pools, and name it: volume = logical_volume.NAME."
		return true
	}
	if g := e.f.Object("volume_group", vg); !schema.True(v, "inline_log") && (g == nil || len(schema.Strings(g.Value, "log_volumes")) == 0) {
		e.refuse("inline_log", "Its log is not in a mirror pool", "The mirror pools of %s are strict (%s), and there is no log volume that has them.", vg, strict).Fix = "Declare inline_log = true, or first a logical_volume of type jfs2log with mirror_pools."
		return true
	}
	return false
}

// poolWords are the flags for the mirror pools of copies, from a copy on.
func poolWords(flag string, pools []string, from int) []string {
	var words []string
	for c := from; c < len(pools); c++ {
		words = append(words, flag, fmt.Sprintf("copy%d=%s", c+1, pools[c]))
	}
	return words
}

// without is a list without the words of another one.
func without(list, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(gone, s) })
}

// inPools refuses a logical volume in mirror pools that its group will not have, or without those that the group wants.
func (e *explainer) inPools(vg string, v cty.Value) bool {
	var g cty.Value
	for _, o := range []*schema.Object{e.f.Declared("volume_group", vg), e.f.Object("volume_group", vg), e.f.Coming("volume_group", vg)} {
		if o != nil && (schema.Has(o.Value, "mirror_pool") || schema.Has(o.Value, "mirror_pool_strictness")) {
			g = o.Value
			break
		}
	}
	named := schema.Strings(v, "mirror_pools")
	if g == cty.NilVal {
		if len(named) > 0 {
			e.refuse("mirror_pools", "No mirror pools", "The volume group %s has no mirror pools.", vg).Fix = "Declare them there: mirror_pool \"NAME\" { disks = [...] }."
		}
		return len(named) == 0
	}
	have, strict := schema.Items(g, "mirror_pool"), schema.Str(g, "mirror_pool_strictness")
	for _, p := range named {
		if !slices.Contains(have, p) {
			e.refuse("mirror_pools", "No such mirror pool", "The volume group %s has no mirror pool %s; it has %s.", vg, p, orNothing(have)).Fix = "Name one of those, or declare it there."
			return false
		}
	}
	switch lacks := without(have, named); {
	case strict != "on" && strict != "super":
		return true
	case len(named) == 0:
		e.refuse("mirror_pools", "Not in a mirror pool", "The mirror pools of %s are strict (%s): every copy has to be in one.", vg, strict).Fix = "Declare mirror_pools, a pool for each copy."
		return false
	case strict == "super" && len(lacks) > 0:
		e.refuse("mirror_pools", "No copy in a mirror pool", "The mirror pools of %s are super strict: each has to have a copy, and %s has none.", vg, strings.Join(lacks, ", ")).Fix = "Declare copies and mirror_pools for all of them."
		return false
	}
	return true
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

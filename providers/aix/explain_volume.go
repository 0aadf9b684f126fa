package aix

import (
	"math"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

var strictFlags = map[string]string{"strict": "y", "superstrict": "s", "none": "n"}

// named is the name behind host:name.
func named(id string) string {
	_, name, _ := strings.Cut(id, ":")
	return name
}

func (e *explainer) createVolume() {
	v := e.s.After.Value
	vg := schema.Str(v, "volume_group")
	_, group, _ := strings.Cut(vg, "/")
	if !e.whole(vg, v) {
		return
	}
	if e.off(vg) {
		e.refuse("volume_group", "Not varied on", "%s is not varied on.", group).Fix = "Vary it on: varyonvg " + group + "."
		return
	}
	copies := max(1, schema.Num(v, "copies"))
	e.takes(vg, schema.Num(v, "size")*copies)
	words := []string{"mklv", "-y", schema.Str(v, "name")}
	if t := schema.Str(v, "type"); t != "" {
		words = append(words, "-t", t)
	}
	if copies > 1 {
		words = append(words, "-c", size(v, "copies"))
	}
	if s := strictFlags[schema.Str(v, "strictness")]; s != "" {
		words = append(words, "-s", s)
	}
	if schema.Has(v, "upper_bound") {
		words = append(words, "-u", size(v, "upper_bound"))
	}
	if !e.inPools(vg, v) {
		return
	}
	words = append(words, poolWords("-p", schema.Strings(v, "mirror_pools"), 0)...)
	if pp := e.pp(vg); pp > 0 && schema.Num(v, "size")/pp > 512 {
		words = append(words, "-x", schema.FormatNumber(cty.NumberFloatVal(math.Ceil(schema.Num(v, "size")/pp))))
	}
	e.change(append(words, group, size(v, "size")+"M")...)
	e.detail("in", "%s, %s", strings.ReplaceAll(vg, "/", ":"), schema.FormatSize(schema.Num(v, "size")*copies))
}

func (e *explainer) changeVolume() {
	b, v := e.s.Before.Value, e.s.After.Value
	name, vg := schema.Str(b, "name"), schema.Str(b, "volume_group")
	copies := max(1, schema.Num(b, "copies"))
	if !e.inPools(vg, v) {
		return
	}
	have, want := schema.Strings(b, "mirror_pools"), schema.Strings(v, "mirror_pools")
	for _, c := range e.s.Changes {
		switch c.Path {
		case "size":
			grow := schema.Num(v, "size") - schema.Num(b, "size")
			if grow < 0 {
				e.refuse("size", "Does not shrink", "%s has %s and %s is declared.", name, schema.FormatSize(schema.Num(b, "size")), schema.FormatSize(schema.Num(v, "size"))).Fix = "Declare its size, or make a smaller one and move the data."
				continue
			}
			if !e.whole(vg, v) {
				continue
			}
			e.takes(vg, grow*copies)
			e.change("extendlv", name, schema.FormatNumber(cty.NumberFloatVal(grow))+"M")
			e.s.Reverse = "none: it does not shrink"
		case "copies":
			n := schema.Num(v, "copies")
			if n > copies {
				e.takes(vg, schema.Num(b, "size")*(n-copies))
				e.change(append(append([]string{"mklvcopy", "-k"}, poolWords("-p", want, int(copies))...), name, size(v, "copies"))...)
				have = slices.Concat(have, want[min(len(want), len(have)):])
			} else {
				words := []string{"rmlvcopy"}
				if gone := without(have, want); len(gone) == 1 { // else which copy goes is the host's choice
					words = append(words, "-p", gone[0])
				}
				e.change(append(words, name, size(v, "copies"))...)
				have = without(have, without(have, want))
			}
			copies = n
		}
	}
	if len(want) > 0 && !slices.Equal(have, want) {
		e.change(append(append([]string{"chlv"}, poolWords("-m", want, 0)...), name)...)
		e.detail("mirror pools", "what is allocated stays where it is; reorgvg %s %s moves it", schema.Str(v, "volume_group")[strings.Index(schema.Str(v, "volume_group"), "/")+1:], name)
	}
}

func (e *explainer) removeVolume() {
	b := e.s.Before.Value
	name := schema.Str(b, "name")
	if m := schema.Str(b, "mount"); m != "" && e.f.Memo[schema.Str(b, "volume_group")+" goes "+name] == cty.NilVal {
		e.refuse("", "Has a filesystem", "%s holds the filesystem %s, which this plan does not delete.", name, m).Fix = "Delete that one first, or keep the volume."
		return
	}
	if e.f.Memo[schema.Str(b, "volume_group")+" goes "+name] == cty.NilVal { // rmfs has taken it away
		if schema.True(b, "open") {
			e.refuse("", "In use", "%s is open.", name).Fix = "Stop what uses it, and plan again."
			return
		}
		e.change("rmlv", "-f", name)
	}
	e.f.Memo[schema.Str(b, "volume_group")+" goes "+name] = cty.True
}

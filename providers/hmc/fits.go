package hmc

import (
	"fmt"
	"sort"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/lpar"
)

// fits refuses what a partition of its environment, or on its system, cannot have, before the console does in the
// middle of a step.
func (e *explainer) fits(sys *schema.Object, env string, v cty.Value) {
	if schema.Has(v, "mover") && env != "vioserver" {
		e.refuse("mover", "Not a Virtual I/O Server", "%s is %s; mover is an attribute of a Virtual I/O Server.", e.s.Address, env).Fix = "Leave mover out."
	}
	if schema.Has(v, "memory.expansion") && env != "aixlinux" {
		e.refuse("memory.expansion", "Not an AIX partition", "%s is %s; memory.expansion is for AIX.", e.s.Address, env).Fix = "Leave memory.expansion out."
	}
	if env == "vioserver" {
		for _, block := range []string{"disk", "npiv"} {
			if len(schema.Items(v, block)) > 0 {
				e.refuse(block, "A Virtual I/O Server has no client adapters", "%s is a Virtual I/O Server, which serves others and has no %s of another one.", e.s.Address, block).Fix = "Leave the " + block + " blocks out; give it physical_slots."
			}
		}
	}
	by := map[int]string{}
	for _, block := range []string{"ethernet", "npiv"} {
		for _, l := range schema.Items(v, block) {
			path := schema.JoinPath(block, l)
			slot := int(schema.Num(v, schema.JoinPath(block, l, "slot")))
			if slot > 0 && by[slot] != "" {
				e.refuse(schema.JoinPath(block, l, "slot"), "Slot declared twice", "%s and %s of %s both declare slot %d.", by[slot], path, e.s.Address, slot).Fix = "Give each adapter a slot of its own."
			}
			by[slot] = path
		}
	}
	have := schema.Items(sys.Value, "physical_slots")
	sort.Strings(have)
	for _, drc := range schema.Strings(v, "physical_slots") {
		if i := sort.SearchStrings(have, drc); len(have) > 0 && (i == len(have) || have[i] != drc) {
			e.refuse("physical_slots", "No such slot", "%s has no physical slot %s.", name(sys), drc).Fix = fmt.Sprintf("gantry discover -json shows the %d that it has.", len(have))
		}
	}
}

// environment is what a partition is for, as it is or as it is declared.
func environment(o *schema.Object) string {
	return lpar.Pick(schema.Str(o.Value, "environment"), "aixlinux")
}

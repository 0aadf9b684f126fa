package lpar

import (
	"math"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

// Number writes a number as consoles take it.
func Number(v cty.Value) string { return schema.FormatNumber(v) }

// Short is the console's word for a mode of processors, memory or sharing.
func Short(v cty.Value) string {
	switch s := v.AsString(); s {
	case "dedicated":
		return "ded"
	case "capped":
		return "cap"
	case "uncapped":
		return "uncap"
	default:
		return s
	}
}

// Bit writes a flag.
func Bit(v cty.Value) string {
	if v.True() {
		return "1"
	}
	return "0"
}

// Amount writes the size of a change without its sign.
func Amount(delta float64) string { return strconv.FormatFloat(math.Abs(delta), 'f', -1, 64) }

// AddOrRemove is the operation of chhwres for a change.
func AddOrRemove(delta float64) string {
	if delta < 0 {
		return "r"
	}
	return "a"
}

var triples = []string{"memory.minimum", "memory.desired", "memory.maximum"}

// ProfilePaths are the paths that go into a profile record, in its order.
var ProfilePaths = append(append([]string{}, triples...),
	"memory.mode", "memory.expansion", "memory.huge_pages.minimum", "memory.huge_pages.desired", "memory.huge_pages.maximum",
	"processor.mode", "processor.units.minimum", "processor.units.desired", "processor.units.maximum",
	"processor.virtual.minimum", "processor.virtual.desired", "processor.virtual.maximum", "processor.sharing", "processor.weight",
	"processor.pool", "processor.compatibility", "max_virtual_slots", "boot_mode", "auto_start", "connection_monitoring", "redundant_error_path")

// Needed are the paths without which a partition cannot be created.
func Needed(shared bool) []string {
	paths := append([]string{"processor.mode", "processor.virtual.minimum", "processor.virtual.desired", "processor.virtual.maximum"}, triples...)
	if shared {
		paths = append(paths, "processor.units.minimum", "processor.units.desired", "processor.units.maximum")
	}
	return paths
}

// ProfileAttr is the console's attribute for a path of the kind, and its value.
// units writes processing units as the console prints them.
func ProfileAttr(path string, v cty.Value, units func(cty.Value) string) (console.Attr, bool) {
	names := map[string]string{
		"memory.minimum": "min_mem", "memory.desired": "desired_mem", "memory.maximum": "max_mem",
		"memory.huge_pages.minimum": "min_num_huge_pages", "memory.huge_pages.desired": "desired_num_huge_pages", "memory.huge_pages.maximum": "max_num_huge_pages",
		"processor.virtual.minimum": "min_procs", "processor.virtual.desired": "desired_procs", "processor.virtual.maximum": "max_procs",
		"processor.weight": "uncap_weight", "max_virtual_slots": "max_virtual_slots", "memory.expansion": "mem_expansion",
	}
	if n := names[path]; n != "" {
		return console.Set(n, Number(v)), true
	}
	switch path {
	case "processor.units.minimum":
		return console.Set("min_proc_units", units(v)), true
	case "processor.units.desired":
		return console.Set("desired_proc_units", units(v)), true
	case "processor.units.maximum":
		return console.Set("max_proc_units", units(v)), true
	case "memory.mode":
		return console.Set("mem_mode", Short(v)), true
	case "processor.mode":
		return console.Set("proc_mode", Short(v)), true
	case "processor.sharing":
		return console.Set("sharing_mode", Short(v)), true
	case "processor.pool":
		return console.Set("shared_proc_pool_name", v.AsString()), true
	case "processor.compatibility":
		return console.Set("lpar_proc_compat_mode", v.AsString()), true
	case "boot_mode":
		return console.Set("boot_mode", v.AsString()), true
	case "auto_start":
		return console.Set("auto_start", Bit(v)), true
	case "connection_monitoring":
		return console.Set("conn_monitoring", Bit(v)), true
	case "redundant_error_path":
		return console.Set("redundant_err_path_reporting", Bit(v)), true
	}
	return console.Attr{}, false
}

// PartitionAttr is the same for attributes of the partition itself.
func PartitionAttr(path string, v cty.Value) (console.Attr, bool) {
	switch path {
	case "availability_priority":
		return console.Set("lpar_avail_priority", Number(v)), true
	case "performance_collection":
		return console.Set("allow_perf_collection", Bit(v)), true
	case "workload_group":
		return console.Set("work_group_id", v.AsString()), true
	case "description":
		return console.Set("description", v.AsString()), true
	case "mover":
		return console.Set("msp", Bit(v)), true
	case "time_reference":
		return console.Set("time_ref", Bit(v)), true
	}
	return console.Attr{}, false
}

// PartitionPaths are the paths of PartitionAttr, in order.
var PartitionPaths = []string{"availability_priority", "performance_collection", "workload_group", "time_reference", "mover", "description"}

// SlotChanges adds and removes physical slots one by one, so that nothing else
// of the list is dropped.
func SlotChanges(have, want []string) []console.Attr {
	var out []console.Attr
	diff := func(a, b []string, op string) {
		var items []string
		for _, x := range a {
			found := false
			for _, y := range b {
				found = found || x == y
			}
			if !found {
				items = append(items, x+"//0")
			}
		}
		if len(items) > 0 {
			at := console.SetList("io_slots", items...)
			at.Op = op
			out = append(out, at)
		}
	}
	diff(have, want, "-=")
	diff(want, have, "+=")
	return out
}

package lpar

import (
	"math"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

// The words that consoles print where there is no value.
func none(s string) bool {
	switch s {
	case "", "null", "none", "unavailable", "any":
		return true
	}
	return false
}

// Num reads a number; null, none and unavailable are no number.
func Num(s string) cty.Value {
	if none(s) {
		return cty.NilVal
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return cty.NilVal
	}
	return schema.NumberVal(f)
}

// Str reads a text; null and unavailable are none.
func Str(s string) cty.Value {
	switch s {
	case "", "null", "unavailable":
		return cty.NilVal
	}
	return cty.StringVal(s)
}

// Flag reads 0 and 1.
func Flag(s string) cty.Value {
	switch s {
	case "1":
		return cty.True
	case "0":
		return cty.False
	}
	return cty.NilVal
}

// List makes a list of texts.
func List(items []string) cty.Value {
	if len(items) == 0 {
		return cty.EmptyTupleVal
	}
	vals := make([]cty.Value, len(items))
	for i, s := range items {
		vals[i] = cty.StringVal(s)
	}
	return cty.TupleVal(vals)
}

// Numbers makes a list of whole numbers.
func Numbers(ns []int) cty.Value {
	if len(ns) == 0 {
		return cty.EmptyTupleVal
	}
	vals := make([]cty.Value, len(ns))
	for i, n := range ns {
		vals[i] = cty.NumberIntVal(int64(n))
	}
	return cty.TupleVal(vals)
}

// Obj makes an object of what there is; nothing when there is nothing.
func Obj(kv map[string]cty.Value) cty.Value {
	for k, v := range kv {
		if v == cty.NilVal {
			delete(kv, k)
		}
	}
	if len(kv) == 0 {
		return cty.NilVal
	}
	return cty.ObjectVal(kv)
}

// First is the first of the records, or an empty one.
func First(rs []console.Record) console.Record {
	if len(rs) == 0 {
		return console.Record{}
	}
	return rs[0]
}

// Pick is the first text that is not empty.
func Pick(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// PartitionState is the console's state in the words of the kind.
func PartitionState(s string) string {
	switch s {
	case "Not Activated":
		return "off"
	case "Running":
		return "running"
	}
	return strings.ToLower(s)
}

// NetworkID identifies the network of a VLAN.
func NetworkID(vlan int) string { return "vlan:" + strconv.Itoa(vlan) }

// Resources reads memory and processors from the rows of a profile (prefix "")
// or of what is in force (prefix "curr_"). processor lacks the compatibility mode.
func Resources(pre string, m, p console.Record) (memory, processor map[string]cty.Value) {
	mode := map[string]string{"ded": "dedicated", "shared": "shared"}
	names := func(what string) (string, string, string) {
		if pre == "" {
			return "min_" + what, "desired_" + what, "max_" + what
		}
		return pre + "min_" + what, pre + what, pre + "max_" + what
	}
	triple := func(r console.Record, what string) cty.Value {
		a, b, c := names(what)
		return Obj(map[string]cty.Value{"minimum": Num(r[a]), "desired": Num(r[b]), "maximum": Num(r[c])})
	}
	a, b, c := names("mem")
	memory = map[string]cty.Value{"minimum": Num(m[a]), "desired": Num(m[b]), "maximum": Num(m[c]), "mode": Str(mode[m["mem_mode"]])}
	procMode := p[pre+"proc_mode"]
	units := triple(p, "proc_units")
	if procMode == "ded" {
		units = cty.NilVal // null or absent for dedicated processors
	}
	sharing := Str(p[pre+"sharing_mode"])
	if w := map[string]string{"cap": "capped", "uncap": "uncapped"}[p[pre+"sharing_mode"]]; w != "" {
		sharing = cty.StringVal(w)
	}
	processor = map[string]cty.Value{"mode": Str(mode[procMode]), "sharing": sharing, "weight": Num(p[pre+"uncap_weight"]), "units": units, "virtual": triple(p, "procs")}
	return memory, processor
}

package run

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

// ZonedPort is one world wide port name that the SAN has to know. Every virtual
// Fibre Channel adapter has two: a live migration logs the second one in on the
// target while the first is still in use.
type ZonedPort struct {
	Fabric    string         `json:"fabric"` // empty where no fabric block of a system names the port
	Partition schema.Address `json:"partition"`
	Slot      int            `json:"slot"` // of the client adapter
	// Use is "first" or "second", in the order in which the console lists the pair.
	Use  string `json:"use"`
	WWPN string `json:"wwpn"` // empty for an adapter that is declared and does not exist yet
	Port string `json:"port"` // VIOS/PORT that serves it now
}

// Zoning lists both names of every virtual Fibre Channel adapter that Gantry
// owns, by fabric, and the declared adapters that have none yet.
func Zoning(declared []*schema.Object, snap *state.Snapshot) []ZonedPort {
	fabrics := map[string]string{} // system id and port, or port alone where the system does not tell its serial number
	for _, s := range declared {
		if s.Kind != "system" {
			continue
		}
		id := ""
		if schema.Has(s.Value, "serial_number") {
			id = schema.Str(s.Value, "type_model") + "*" + schema.Str(s.Value, "serial_number")
		}
		for _, f := range schema.Items(s.Value, "fabric") {
			for _, p := range schema.Strings(s.Value, schema.JoinPath("fabric", f, "ports")) {
				fabrics[id+" "+p] = f
			}
		}
	}
	out := []ZonedPort{}
	for a, r := range snap.Records {
		for _, l := range schema.Items(r.Object.Value, "npiv") {
			n := schema.Get(r.Object.Value, schema.JoinPath("npiv", l))
			port := schema.Str(n, "server") + "/" + schema.Str(n, "port")
			fabric, ok := fabrics[schema.Str(r.Object.Value, "system")+" "+port]
			if !ok {
				fabric = fabrics[" "+port]
			}
			for i, w := range schema.Strings(n, "wwpns") {
				use := "first"
				if i > 0 {
					use = "second"
				}
				out = append(out, ZonedPort{fabric, a, int(schema.Num(n, "slot")), use, w, port})
			}
		}
	}
	for _, o := range declared {
		if o.Kind != "partition" || snap.Records[o.Address] != nil {
			continue
		}
		for _, l := range schema.Items(o.Value, "npiv") {
			out = append(out, ZonedPort{Fabric: schema.Str(o.Value, schema.JoinPath("npiv", l, "fabric")), Partition: o.Address, Slot: int(schema.Num(o.Value, schema.JoinPath("npiv", l, "slot")))})
		}
	}
	slices.SortFunc(out, func(a, b ZonedPort) int {
		return cmp.Or(cmp.Compare(a.Fabric, b.Fabric), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Slot, b.Slot), strings.Compare(a.Use, b.Use))
	})
	return out
}

package kinds

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Network is a VLAN that partitions use.
func Network() *schema.Kind {
	return &schema.Kind{
		Name:     "network",
		Version:  1,
		Doc:      "A VLAN on the virtual switches of the estate. It exists where a Shared Ethernet Adapter bridges it; a partition can only live, or move to, where its networks are bridged (rule NET-01). With bridge, Gantry bridges it where one of its partitions lives or may move to, and takes that back when the network is not declared any more; what was bridged before stays.",
		Identity: [][]string{{"vlan"}},
		Existing: true,
		Made:     bridgedByUs,
		Shared:   true,
		Attributes: []schema.Attribute{
			{Name: "vlan", Type: schema.Number, Required: true, Min: schema.F(1), Max: schema.F(4094), Doc: "VLAN id.", Console: "port_vlan_id, addl_vlan_ids", Example: "1"},
			{Name: "bridge", Policy: true, Managers: []string{HMC}, Doc: "Bridge of the systems that is to carry it; every system where a partition of the network lives or may move to (placement, mobility.mode) and that declares such a bridge gets it.", Console: "chhwres --rsubtype eth -o s -a addl_vlan_ids+=", Example: `"lan"`},
			{Name: "subnet", Policy: true, Doc: "Subnet behind the VLAN; only for your own overview.", Example: `"10.1.1.0/24"`},
			{Name: "bridges", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Where it is bridged, by system.", Attributes: []schema.Attribute{
				{Name: "vios", Computed: true, Doc: "Virtual I/O Server."},
				{Name: "device", Computed: true, Doc: "Shared Ethernet adapter.", Console: "lsmap -all -net: SEA"},
				{Name: "servers", Nesting: schema.List, Computed: true, Doc: "Under an HMC, every Virtual I/O Server that bridges it."},
				{Name: "kept", Nesting: schema.List, Computed: true, Doc: "Under an HMC, every Virtual I/O Server whose profile has a trunk adapter with it.", Console: "virtual_eth_adapters"},
			}},
			{Name: "added", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Remembered: true, Doc: "What Gantry has added, by system.", Attributes: []schema.Attribute{
				{Name: "servers", Nesting: schema.List, Computed: true, Doc: "Virtual I/O Servers on which it bridged the network."},
				{Name: "made", Nesting: schema.List, Computed: true, Doc: "Virtual I/O Servers on which it made the shared Ethernet adapter for it."},
				{Name: "adapters", Nesting: schema.List, Computed: true, Doc: "Virtual adapters that it made for that, as VIOS/SLOT."},
			}},
		},
	}
}

// bridgedByUs is the identity of a network that Gantry has bridged somewhere and so has something to take back.
func bridgedByUs(v cty.Value) string {
	if len(schema.Items(v, "added")) == 0 {
		return ""
	}
	return fmt.Sprintf("vlan:%s", schema.FormatNumber(schema.Get(v, "vlan")))
}

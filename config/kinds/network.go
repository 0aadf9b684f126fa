package kinds

import "github.com/gantry-power/gantry/config/schema"

// Network is a VLAN that partitions use.
func Network() *schema.Kind {
	return &schema.Kind{
		Name:     "network",
		Version:  1,
		Doc:      "A VLAN on the virtual switches of the estate. It exists where a Shared Ethernet Adapter bridges it; a partition can only live, or move to, where its networks are bridged (rule NET-01).",
		Identity: [][]string{{"vlan"}},
		Existing: true,
		Shared:   true,
		Attributes: []schema.Attribute{
			{Name: "vlan", Type: schema.Number, Required: true, Min: schema.F(1), Max: schema.F(4094), Doc: "VLAN id.", Console: "port_vlan_id, addl_vlan_ids", Example: "1"},
			{Name: "subnet", Policy: true, Doc: "Subnet behind the VLAN; only for your own overview.", Example: `"10.1.1.0/24"`},
			{Name: "bridges", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Where it is bridged, by system.", Attributes: []schema.Attribute{
				{Name: "vios", Computed: true, Doc: "Virtual I/O Server."},
				{Name: "device", Computed: true, Doc: "Shared Ethernet adapter.", Console: "lsmap -all -net: SEA"},
			}},
		},
	}
}

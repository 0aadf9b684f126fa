package rules

import (
	"fmt"
	"slices"

	"github.com/gantry-power/gantry/config/diag"
)

// onSwitch names the virtual switch of an adapter where it is not the usual one.
func (e *Ethernet) onSwitch() string {
	if e.Switch == "" || e.Switch == defaultSwitch {
		return ""
	}
	return " on the virtual switch " + e.Switch
}

func net() []*Rule {
	return []*Rule{
		{ID: "NET-01", Moments: planApply, Severity: diag.Error, Statement: "Every VLAN of a partition is bridged where the partition lives or moves to.",
			Says: "VLAN {vlan} of {partition} is not bridged on {target}. Add it to a Shared Ethernet Adapter there.", Source: "NETP; S1 Comparison; PROC",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || p.Environment == "vioserver" {
						continue
					}
					arriving := p.New || p.Target != p.System
					said := map[int]bool{}
					for _, e := range p.Ethernet {
						for _, v := range e.VLANs {
							if p.System != nil && !e.New && slices.Contains(p.Overrides, "vlan_bridge") {
								continue // LPM-74 says what that means
							}
							if (arriving || e.New) && !said[v] && !p.Target.Bridges(e, v) {
								said[v] = true
								r.Say(p.Address, "ethernet", fmt.Sprintf("VLAN %d of %s is not bridged on %s%s.", v, p.Name, p.Target.Label(), e.onSwitch()), "Add it to a Shared Ethernet Adapter there.", "vlan", v)
							}
						}
					}
				}
			}},
		{ID: "NET-03", Moments: []string{Plan}, Severity: diag.Error, Statement: "A client adapter does not sit on a port VLAN that only carries a tagged trunk.",
			Says: "{partition} uses VLAN {vlan}, which {vios} keeps as an unused trunk port VLAN. Give the partition another VLAN.", Source: "NETP",
			Check: each(func(m *Migration, r *Reporter) {
				for _, v := range m.Target.Vios {
					for _, b := range v.Bridges {
						for _, c := range b.Carriers {
							for _, e := range m.Partition.Ethernet {
								if len(e.VLANs) > 0 && e.VLANs[0] == c {
									r.Say(m.Partition.Address, "ethernet", fmt.Sprintf("%s uses VLAN %d, which %s of %s keeps as port VLAN of a tagged trunk.", m.Partition.Name, c, b.Device, v.Name), "Give the partition another VLAN.", "vlan", c)
								}
							}
						}
					}
				}
			})},
		{ID: "NET-06", Moments: []string{Plan}, Severity: diag.Error, Statement: "MAC addresses are unique on their VLAN.",
			Says: "MAC {mac} of {partition} is also used by {other}. Change one of them before they share VLAN {vlan}.", Source: "VETH-HELP",
			Check: func(f *Facts, r *Reporter) {
				type seat struct {
					mac  string
					vlan int
				}
				first := map[seat]*Partition{}
				for _, p := range f.Partitions {
					for _, e := range p.Ethernet {
						for _, v := range e.VLANs {
							if e.MAC == "" {
								continue
							}
							other := first[seat{e.MAC, v}]
							if other == nil {
								first[seat{e.MAC, v}] = p
								continue
							}
							on := p
							if on.Address == "" || !on.New && on.Target == on.System {
								on, other = other, p
							}
							if other != on && on.Address != "" && (on.New || on.Target != on.System) {
								r.Say(on.Address, "ethernet", fmt.Sprintf("MAC %s of %s is also used by %s on VLAN %d.", e.MAC, on.Name, other.Name, v), "Change one of the two.", "mac", e.MAC)
							}
						}
					}
				}
			}},
		{ID: "NET-10", Moments: []string{Plan}, Severity: diag.Error, Statement: "Port 657 is open between console, Virtual I/O Servers and partitions.",
			Says: "{partition}: RMC port 657 to {console} looks closed. Open it both ways.", Source: "RMC",
			Elsewhere: "rules LPM-15, LPM-16 and CAP-07, which see whether the connection is there; a closed port looks like any other cause"},
		{ID: "NET-11", Moments: []string{Validate}, Severity: diag.Error, Statement: "VLAN ids lie in 1 to 4094.",
			Says: "{object}: VLAN {vlan} is out of range 1 to 4094.", Source: "VETH-HELP", Elsewhere: "the schema of network.vlan"},
	}
}

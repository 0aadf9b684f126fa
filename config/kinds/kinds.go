// Package kinds is the catalogue of core kinds: one file per kind, an explicit
// list, no registration. It says what a partition is; it does not know how any
// console is asked for one.
package kinds

import "github.com/gantry-power/gantry/config/schema"

// Catalogue returns the core kinds.
func Catalogue() *schema.Catalogue {
	return schema.NewCatalogue(System(), Network(), Disk(), Partition(), Host(), VolumeGroup(), LogicalVolume(), Filesystem(), Cluster(), Application(), ResourceGroup(), WPAR())
}

// Managers are the kinds of console that attributes can be limited to.
const (
	IVM = "ivm"
	HMC = "hmc"
)

package kinds

import (
	"regexp"

	"github.com/gantry-power/gantry/config/schema"
)

// Disk is a SAN LUN as the Virtual I/O Servers see it.
func Disk() *schema.Kind {
	return &schema.Kind{
		Name:     "disk",
		Version:  1,
		Doc:      "A SAN LUN. It is the same disk whatever hdisk number each Virtual I/O Server gave it, so it is declared by unique id, by LUN behind a storage port, or by PVID, never by hdisk number (rule STG-02).",
		Identity: [][]string{{"unique_id"}, {"lun.wwpn", "lun.id"}, {"pvid"}},
		Existing: true,
		Shared:   true,
		Attributes: []schema.Attribute{
			{Name: "unique_id", Doc: "Identity that the disk itself reports.", Console: "lsdev -dev hdiskN -attr unique_id", Example: `"332136005076300818001A000000000000D4F04214503IBMfcp"`},
			{Name: "lun", Type: schema.ObjectType, Doc: "Storage port and LUN, as in the disk's location code -W...-L...", Example: `{ wwpn = "5005076303030053", id = "4011400400000000" }`, Attributes: []schema.Attribute{
				{Name: "wwpn", Required: true, Pattern: regexp.MustCompile(`^[0-9A-F]{16}$`), PatternIs: "16 hexadecimal digits in upper case", Doc: "World wide port name of the storage port.", Console: "location code -W"},
				{Name: "id", Required: true, Pattern: regexp.MustCompile(`^[0-9A-F]{1,16}$`), PatternIs: "1 to 16 hexadecimal digits in upper case, without leading 0x", Doc: "LUN.", Console: "location code -L"},
			}},
			{Name: "pvid", Pattern: regexp.MustCompile(`^[0-9a-f]{16}$`), PatternIs: "16 hexadecimal digits in lower case", Doc: "Physical volume identifier.", Console: "lspv", Example: `"000018fa3b12f5cb"`},
			{Name: "reserve_policy", Enum: []string{"no_reserve", "single_path", "PR_exclusive", "PR_shared"}, Doc: "SCSI reservation on every Virtual I/O Server that sees the disk. Partition mobility needs no_reserve (rule STG-05). It changes only while the disk is not mapped.", Console: "lsdev -dev hdiskN -attr reserve_policy", Example: `"no_reserve"`},
			{Name: "queue_depth", Type: schema.Number, Min: schema.F(1), Max: schema.F(256), Managers: []string{HMC}, Doc: "Commands that a Virtual I/O Server keeps under way to the disk; set on every one that sees it, while it is not in use there.", Console: "lsdev -dev hdiskN -attr queue_depth", Example: "32"},
			{Name: "shared", Type: schema.Bool, Policy: true, Doc: "More than one partition may use it (rule STG-06).", Default: "false", Example: "true"},

			{Name: "size", Type: schema.Size, Computed: true, Doc: "Size.", Console: "lspv -size"},
			{Name: "paths", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "How each system's Virtual I/O Server sees it, by system.", Attributes: []schema.Attribute{
				{Name: "vios", Computed: true, Doc: "Virtual I/O Server."},
				{Name: "device", Computed: true, Doc: "Device name there.", Console: "lsdev -type disk"},
				{Name: "status", Computed: true, Doc: "Available or Defined.", Console: "lsdev -type disk"},
				{Name: "location", Computed: true, Doc: "Location code there.", Console: "lsdev -type disk: physloc"},
				{Name: "reserve_policy", Computed: true, Doc: "Reservation there.", Console: "reserve_policy"},
				{Name: "volume_group", Computed: true, Doc: "Volume group of the Virtual I/O Server that holds it.", Console: "lspv"},
				{Name: "mapped_to", Nesting: schema.List, Computed: true, Doc: "Server adapters that export it.", Console: "lsmap -all"},
				{Name: "reserve_policies", Nesting: schema.Map, Computed: true, Doc: "Under an HMC, its reservation on every Virtual I/O Server.", Console: "lsdev -dev hdiskN -attr reserve_policy"},
				{Name: "queue_depths", Nesting: schema.Map, Type: schema.Number, Computed: true, Doc: "Under an HMC, its queue depth on every Virtual I/O Server.", Console: "lsdev -dev hdiskN -attr queue_depth"},
				{Name: "devices", Nesting: schema.Map, Computed: true, Doc: "Under an HMC, its device name on every Virtual I/O Server that sees it, by the server's name.", Console: "chkdev"},
			}},
		},
	}
}

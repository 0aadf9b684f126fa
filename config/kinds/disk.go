package kinds

import (
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// madeDisks are the forms of a disk that a Virtual I/O Server makes, with the attributes that identify one. The form of
// an identity is its beginning, up to the colon: lv, file or lu.
var madeDisks = []struct {
	form, block string
	identity    []string
}{
	{"lv", "logical_volume", []string{"system", "server", "name"}},
	{"file", "file", []string{"system", "server", "pool", "name"}},
	{"lu", "logical_unit", []string{"cluster", "pool", "name"}},
}

// madeDisk is the identity of a disk that a Virtual I/O Server makes, such as lv:SYSTEM/SERVER/NAME.
func madeDisk(v cty.Value) string {
	for _, m := range madeDisks {
		if !schema.Has(v, m.block) {
			continue
		}
		var parts []string
		for _, p := range m.identity {
			parts = append(parts, schema.Str(v, schema.JoinPath(m.block, p)))
		}
		return m.form + ":" + strings.Join(parts, "/")
	}
	return ""
}

// poolName is what no command of a Virtual I/O Server takes for an option.
var poolName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

var deviceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`)

// Disk is a disk as the Virtual I/O Servers have it.
func Disk() *schema.Kind {
	return &schema.Kind{
		Name:     "disk",
		Version:  1,
		Doc:      "A disk that Virtual I/O Servers give to partitions. A SAN LUN is there already; it is the same disk whatever hdisk number each Virtual I/O Server gave it, so it is declared by unique id, by LUN behind a storage port, or by PVID, never by hdisk number (rule STG-02). A logical volume, a file in a storage pool and a logical unit of a shared storage pool are made by Gantry, grow with size where the console can do that, and are deleted with their data when they are not declared any more; prevent_destroy keeps them. A partition with a logical volume or a file cannot move (rule STG-04).",
		Identity: [][]string{{"unique_id"}, {"lun.wwpn", "lun.id"}, {"pvid"}, {"logical_volume.system", "logical_volume.server", "logical_volume.name"}, {"file.system", "file.server", "file.pool", "file.name"}, {"logical_unit.cluster", "logical_unit.pool", "logical_unit.name"}},
		Existing: true,
		Made:     madeDisk,
		Shared:   true,
		Attributes: []schema.Attribute{
			{Name: "unique_id", Doc: "Identity that the disk itself reports.", Console: "lsdev -dev hdiskN -attr unique_id", Example: `"332136005076300818001A000000000000D4F04214503IBMfcp"`},
			{Name: "lun", Type: schema.ObjectType, Doc: "Storage port and LUN, as in the disk's location code -W...-L...", Example: `{ wwpn = "5005076303030053", id = "4011400400000000" }`, Attributes: []schema.Attribute{
				{Name: "wwpn", Required: true, Pattern: regexp.MustCompile(`^[0-9A-F]{16}$`), PatternIs: "16 hexadecimal digits in upper case", Doc: "World wide port name of the storage port.", Console: "location code -W"},
				{Name: "id", Required: true, Pattern: regexp.MustCompile(`^[0-9A-F]{1,16}$`), PatternIs: "1 to 16 hexadecimal digits in upper case, without leading 0x", Doc: "LUN.", Console: "location code -L"},
			}},
			{Name: "pvid", Pattern: regexp.MustCompile(`^[0-9a-f]{16}$`), PatternIs: "16 hexadecimal digits in lower case", Doc: "Physical volume identifier.", Console: "lspv", Example: `"000018fa3b12f5cb"`},
			{Name: "logical_volume", Type: schema.ObjectType, Managers: []string{HMC}, Doc: "A logical volume of one Virtual I/O Server.", Console: "mklv", Example: `{ system = system.f1, server = "f1vios1", group = "clientvg", name = "db_scratch" }`, Attributes: []schema.Attribute{
				{Name: "system", Type: schema.Ref, RefKind: "system", Required: true, CreateOnly: true, Doc: "System of the Virtual I/O Server."},
				{Name: "server", Required: true, CreateOnly: true, Doc: "Virtual I/O Server."},
				{Name: "group", Required: true, CreateOnly: true, Pattern: poolName, PatternIs: "letters, digits, underscores, dots and hyphens, without a hyphen in front", Doc: "Volume group, which is the storage pool of the same name.", Console: "lssp: LVPOOL"},
				{Name: "name", Required: true, CreateOnly: true, MaxLength: 15, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", Doc: "Name of the logical volume."},
			}},
			{Name: "file", Type: schema.ObjectType, Managers: []string{HMC}, Doc: "A file-backed device in a file storage pool of one Virtual I/O Server.", Console: "mkbdsp", Example: `{ system = system.f1, server = "f1vios1", pool = "filepool", name = "db_scratch" }`, Attributes: []schema.Attribute{
				{Name: "system", Type: schema.Ref, RefKind: "system", Required: true, CreateOnly: true, Doc: "System of the Virtual I/O Server."},
				{Name: "server", Required: true, CreateOnly: true, Doc: "Virtual I/O Server."},
				{Name: "pool", Required: true, CreateOnly: true, Pattern: poolName, PatternIs: "letters, digits, underscores, dots and hyphens, without a hyphen in front", Doc: "File storage pool.", Console: "lssp: FBPOOL"},
				{Name: "name", Required: true, CreateOnly: true, MaxLength: 15, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", Doc: "Name of the backing device."},
			}},
			{Name: "logical_unit", Type: schema.ObjectType, Managers: []string{HMC}, Doc: "A logical unit of a shared storage pool: every Virtual I/O Server of the cluster can give it to partitions, on whatever system.", Console: "mkbdsp -clustername", Example: `{ cluster = "ssp1", pool = "pool1", name = "db_data" }`, Attributes: []schema.Attribute{
				{Name: "cluster", Required: true, CreateOnly: true, Pattern: poolName, PatternIs: "letters, digits, underscores, dots and hyphens, without a hyphen in front", Doc: "Cluster of Virtual I/O Servers.", Console: "cluster -list"},
				{Name: "pool", Required: true, CreateOnly: true, Pattern: poolName, PatternIs: "letters, digits, underscores, dots and hyphens, without a hyphen in front", Doc: "Shared storage pool.", Console: "lssp -clustername"},
				{Name: "name", Required: true, CreateOnly: true, MaxLength: 127, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", Doc: "Name of the logical unit."},
				{Name: "thick", Type: schema.Bool, Policy: true, Doc: "All its space is taken at once.", Console: "mkbdsp -thick", Default: "false", Example: "true"},
			}},
			{Name: "size", Type: schema.Size, Min: schema.F(1), Doc: "Size. It makes a disk of that size, and a logical volume grow; nothing shrinks, and the size of a LUN is the storage's.", Console: "lspv -size, lssp -bd", Example: `"20GiB"`},
			{Name: "reserve_policy", Enum: []string{"no_reserve", "single_path", "PR_exclusive", "PR_shared"}, Doc: "SCSI reservation on every Virtual I/O Server that sees the disk. Partition mobility needs no_reserve (rule STG-05). It changes only while the disk is not mapped.", Console: "lsdev -dev hdiskN -attr reserve_policy", Example: `"no_reserve"`},
			{Name: "queue_depth", Type: schema.Number, Min: schema.F(1), Max: schema.F(256), Managers: []string{HMC}, Doc: "Commands that a Virtual I/O Server keeps under way to the disk; set on every one that sees it, while it is not in use there.", Console: "lsdev -dev hdiskN -attr queue_depth", Example: "32"},
			{Name: "shared", Type: schema.Bool, Policy: true, Doc: "More than one partition may use it (rule STG-06).", Default: "false", Example: "true"},

			{Name: "hosts", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "How each AIX host sees it, by host name.", Attributes: []schema.Attribute{
				{Name: "device", Computed: true, Doc: "Device name there.", Console: "lsdev -Cc disk"},
				{Name: "status", Computed: true, Doc: "Available or Defined.", Console: "lsdev -Cc disk"},
				{Name: "lun", Type: schema.ObjectType, Nesting: schema.Block, Computed: true, Doc: "LUN there. An array may number one disk differently for each host.", Attributes: []schema.Attribute{
					{Name: "wwpn", Computed: true, Doc: "Storage port.", Console: "lsattr: ww_name"},
					{Name: "id", Computed: true, Doc: "LUN id.", Console: "lsattr: lun_id"},
				}},
				{Name: "size", Type: schema.Size, Computed: true, Doc: "Size there.", Console: "bootinfo -s"},
				{Name: "volume_group", Computed: true, Doc: "Volume group that holds it there.", Console: "lspv"},
				{Name: "reserve_policy", Computed: true, Doc: "Reservation there.", Console: "lsattr: reserve_policy"},
			}},
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
		Checks: []schema.Check{{Code: "disk-form", Doc: "A disk is a LUN, a logical volume, a file or a logical unit, and nothing else besides.", Check: diskForm}},
	}
}

func diskForm(v cty.Value) (string, string, string) {
	var forms []string
	for _, m := range madeDisks {
		if schema.Has(v, m.block) {
			forms = append(forms, m.block)
		}
	}
	if len(forms) == 0 {
		return "", "", ""
	}
	for _, p := range []string{"unique_id", "lun", "pvid", "reserve_policy", "queue_depth"} {
		if schema.Has(v, p) {
			forms = append(forms, p)
		}
	}
	if len(forms) > 1 {
		return forms[1], forms[0] + " and " + forms[1] + " do not go together", "Keep one of them; a LUN is declared by unique_id, lun or pvid."
	}
	return "", "", ""
}

package kinds

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// LogicalVolume is a logical volume of a volume group.
func LogicalVolume() *schema.Kind {
	return &schema.Kind{
		Name:     "logical_volume",
		Version:  1,
		Doc:      "A logical volume that is declared by itself, because it has copies or because an application uses it raw; a filesystem without such needs makes its own. It grows while it is in use, copies come and go online. It is deleted with its data when its block is left out.",
		Identity: [][]string{{"name"}},
		Home:     []string{"volume_group"},
		Made: func(v cty.Value) string {
			host, _, _ := strings.Cut(schema.Str(v, "volume_group"), "/")
			return host + ":" + schema.Str(v, "name")
		},
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, Pattern: lvmName, PatternIs: lvmNameIs, CreateOnly: true, Doc: "Name, unique on the host.", Console: "lsvg -l", Default: "the label"},
			{Name: "volume_group", Type: schema.Ref, RefKind: "volume_group", Required: true, CreateOnly: true, Doc: "Volume group that it is in.", Example: "volume_group.datavg"},
			{Name: "size", Type: schema.Size, Required: true, Min: schema.F(1), Doc: "Size of one copy, a multiple of the volume group's physical partition.", Console: "mklv, extendlv", Example: `"20GiB"`},
			{Name: "type", Pattern: lvmName, PatternIs: "a word", CreateOnly: true, Doc: "What is on it: jfs2, jfs2log, raw, paging ...", Console: "mklv -t", Default: "jfs", Example: `"jfs2"`},
			{Name: "copies", Type: schema.Number, Min: schema.F(1), Max: schema.F(3), Doc: "Copies of every partition.", Console: "mklv -c, mklvcopy, rmlvcopy", Default: "1", Example: "2"},
			{Name: "strictness", Enum: []string{"strict", "superstrict", "none"}, CreateOnly: true, Doc: "Copies are on different disks; or each copy is on disks of its own, which forced activation needs (rule STG-29); or neither.", Console: "mklv -s", Default: "strict", Example: `"superstrict"`},
			{Name: "upper_bound", Type: schema.Number, Min: schema.F(1), Max: schema.F(1024), CreateOnly: true, Doc: "Most disks for one copy (rule STG-30).", Console: "mklv -u", Default: "the host's choice", Example: "2"},
			{Name: "mirror_pools", Nesting: schema.List, Ordered: true, Doc: "Mirror pools of its copies, in the order of the copies. What is allocated stays where it is when they change: reorgvg moves it.", Console: "mklv -p, chlv -m; lslv: COPY 1 MIRROR POOL", Default: "what is there; a new one has none", Example: `["milan", "rome"]`},

			{Name: "open", Type: schema.Bool, Computed: true, Fleeting: true, Doc: "In use.", Console: "lsvg -l: LV STATE"},
			{Name: "stale", Type: schema.Bool, Computed: true, Fleeting: true, Doc: "A copy is behind.", Console: "lsvg -l: LV STATE"},
			{Name: "mount", Computed: true, Doc: "Mount point of its filesystem.", Console: "lsvg -l: MOUNT POINT"},
		},
		Checks: []schema.Check{{Code: "copies-in-pools", Doc: "Every copy has a mirror pool of its own, or none has.", Check: func(v cty.Value) (string, string, string) {
			pools := schema.Strings(v, "mirror_pools")
			if len(pools) > 0 && len(pools) != int(max(1, schema.Num(v, "copies"))) {
				return "mirror_pools", "Not a mirror pool for each copy", "Name as many pools as there are copies."
			}
			return twice(v, "mirror_pools", "Two copies in one mirror pool", "Name a pool for each copy: losing one would lose both.")
		}}},
	}
}

package kinds

import (
	"regexp"

	"github.com/gantry-power/gantry/config/schema"
)

// AIX is the type of the provider of hosts.
const AIX = "aix"

// Host is an AIX image.
func Host() *schema.Kind {
	return &schema.Kind{
		Name:     "host",
		Version:  1,
		Doc:      "An AIX image, reached over SSH at an address of its own. It is there already; what it has is declared as volume groups and filesystems.",
		Identity: [][]string{{"hostname"}},
		Existing: true,
		Reached:  "address",
		Attributes: []schema.Attribute{
			{Name: "hostname", FromLabel: true, Doc: "Name that the host gives itself.", Console: "uname -n", Default: "the label"},
			{Name: "address", Policy: true, Doc: "Host name, address, or a Host of the ssh_config file in use.", Default: "hostname", Example: `"db01.lab"`},
			{Name: "partition", Type: schema.Ref, RefKind: "partition", Policy: true, Doc: "Partition that it runs in.", Example: "partition.db01"},

			{Name: "level", Computed: true, Doc: "Level of the operating system.", Console: "oslevel -s"},
			{Name: "model", Computed: true, Doc: "Machine type and model.", Console: "uname -M"},
			{Name: "memory", Type: schema.Size, Computed: true, Doc: "Memory that it can use.", Console: "lsattr -El sys0 -a realmem"},
		},
	}
}

// lvmName is what LVM takes for a volume group or a logical volume.
// mountPoint and mountOptions are what stands in /etc/filesystems without any quoting.
var (
	mountPoint   = regexp.MustCompile(`^(/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$`)
	mountOptions = regexp.MustCompile(`^[a-z0-9_=:.-]+(,[a-z0-9_=:.-]+)*$`)
)

var lvmName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$`)

const lvmNameIs = "at most 15 letters, digits, underscores, dots and hyphens, without a hyphen in front"

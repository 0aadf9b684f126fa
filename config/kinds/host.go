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
			{Name: "site", Policy: true, Doc: "Where it stands; for your own overview and rule HA-43.", Example: `"north"`},
			{Name: "names", Nesting: schema.Map, Least: true, Doc: "Names and their IPv4 addresses that have to be in its /etc/hosts. The labels of its clusters are added to them; a name with another address is refused and never changed.", Console: "hostent", Example: `{ "payroll-svc" = "10.1.2.10" }`},
			{Name: "peers", Nesting: schema.List, Least: true, Doc: "Addresses that its cluster communication daemon trusts. Those of the nodes of its clusters are added to them.", Console: "/etc/cluster/rhosts", Example: `["10.1.1.11"]`},
			{Name: "identified", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Least: true, Doc: "Disks whose physical volume identifier it knows. Those that it shares are added to them; one without an identifier gets one.", Console: "chdev -a pv=yes", Example: "[disk.data]"},
			{Name: "unreserved", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Least: true, Doc: "Disks that it does not reserve when it uses them. The repository disks of its clusters are added to them.", Console: "chdev -a reserve_policy=no_reserve", Example: "[disk.data]"},

			{Name: "level", Computed: true, Doc: "Level of the operating system.", Console: "oslevel -s"},
			{Name: "model", Computed: true, Doc: "Machine type and model.", Console: "uname -M"},
			{Name: "memory", Type: schema.Size, Computed: true, Doc: "Memory that it can use.", Console: "lsattr -El sys0 -a realmem"},
			{Name: "machine", Computed: true, Doc: "Machine identifier.", Console: "uname -m"},
			{Name: "kernel_bits", Type: schema.Number, Computed: true, Doc: "32 or 64.", Console: "bootinfo -K"},
			{Name: "var_free", Type: schema.Size, Computed: true, Fleeting: true, Doc: "Free in /var.", Console: "df -m /var"},
			{Name: "filesets", Nesting: schema.Map, Computed: true, Doc: "Levels of the installed filesets that clusters ask for.", Console: "lslpp -Lcq"},
			{Name: "cluster_level", Computed: true, Doc: "Level of the cluster software.", Console: "halevel -s"},
			{Name: "interfaces", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Fleeting: true, Doc: "Its network interfaces.", Attributes: []schema.Attribute{
				{Name: "address", Computed: true, Doc: "First address.", Console: "ifconfig -a"},
				{Name: "netmask", Computed: true, Doc: "Mask.", Console: "ifconfig -a"},
				{Name: "aliases", Nesting: schema.List, Computed: true, Doc: "Further addresses.", Console: "ifconfig -a"},
				{Name: "state", Computed: true, Doc: "up or down; down too where the cluster hears nothing over it.", Console: "ifconfig -a; lscluster -i: Interface state"},
				{Name: "boot", Computed: true, Doc: "Address that it is given when the host starts.", Console: "lsattr: netaddr"},
			}},
			{Name: "routes", Nesting: schema.List, Computed: true, Doc: "Destinations of its routing table.", Console: "netstat -rn"},
			{Name: "users", Nesting: schema.Map, Computed: true, Type: schema.Number, Doc: "Users with their numeric ids.", Console: "/etc/passwd"},
			{Name: "exports", Nesting: schema.List, Computed: true, Doc: "Directories that it exports outside of a cluster.", Console: "/etc/exports"},
			{Name: "scripts", Nesting: schema.Map, Computed: true, Doc: "Programs of the applications of its cluster, and whether each can be run: executable, not executable, missing.", Console: "ls -l"},
			{Name: "processor", Computed: true, Doc: "Processor type. This and what follows is asked for where workload partitions are, or are declared.", Console: "lsattr -El proc0: type"},
			{Name: "processor_speed", Type: schema.Number, Computed: true, Doc: "MHz.", Console: "lsattr -El proc0: frequency"},
			{Name: "entitled", Type: schema.Number, Computed: true, Fleeting: true, Doc: "Processing units that it is entitled to.", Console: "lparstat -i"},
			{Name: "idle", Type: schema.Number, Computed: true, Fleeting: true, Doc: "Percent of the processors that were idle.", Console: "vmstat: id"},
			{Name: "memory_free", Type: schema.Size, Computed: true, Fleeting: true, Doc: "Memory that nobody used.", Console: "vmstat: fre"},
			{Name: "time", Type: schema.Bool, Computed: true, Doc: "Runs the network time daemon.", Console: "lssrc -s xntpd"},
			{Name: "mobility", Type: schema.Bool, Computed: true, Doc: "Has the commands for checkpoint and restart.", Console: "/opt/mcr/bin"},
			{Name: "nfs", Nesting: schema.Map, Computed: true, Fleeting: true, Doc: "What it mounts by NFS: server and directory by mount point.", Console: "mount"},
			{Name: "exported", Nesting: schema.Map, Computed: true, Fleeting: true, Doc: "What NFS servers of workload partitions tell it: for each server that answers, and for each directory, who may mount it.", Console: "showmount -e"},
			{Name: "processes", Nesting: schema.List, Computed: true, Fleeting: true, Doc: "Names of the processes that run.", Console: "ps -eo comm"},
		},
	}
}

// lvmName is what LVM takes for a volume group or a logical volume.
// mountPoint and mountOptions are what stands in /etc/filesystems without any quoting.
var (
	mountPoint = regexp.MustCompile(`^(/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$`)
	// nfsClient is one of the hosts in a line of /etc/exports, where commas, colons and spaces part them.
	nfsClient = regexp.MustCompile(`^@?[A-Za-z0-9][A-Za-z0-9._-]*(/[0-9.]+)?$`)
	// processName and privilege stand in lists with commas between them.
	processName  = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)
	privilege    = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	mountOptions = regexp.MustCompile(`^[a-z0-9_=:.-]+(,[a-z0-9_=:.-]+)*$`)
)

var lvmName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$`)

// mirrorPoolName is what chpv takes for a mirror pool.
var mirrorPoolName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,15}$`)

const nfsClientIs = "the name or the address of a host, @ and the name of a netgroup, or a network with its mask behind a slash"

const lvmNameIs = "at most 15 letters, digits, underscores, dots and hyphens, without a hyphen in front"

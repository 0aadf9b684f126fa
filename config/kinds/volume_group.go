package kinds

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// VolumeGroup is a volume group of a host.
func VolumeGroup() *schema.Kind {
	return &schema.Kind{
		Name:     "volume_group",
		Version:  1,
		Doc:      "A volume group of an AIX host, or one that several hosts share, on whole disks. Disks come and go while it is in use. It is deleted when its block is, unless logical volumes are left in it: those are never deleted with it.",
		Identity: [][]string{{"name"}},
		Home:     []string{"host", "hosts"},
		Made: func(v cty.Value) string {
			host := schema.Str(v, "host")
			if all := schema.Strings(v, "hosts"); len(all) > 0 {
				host = slices.Min(all)
			}
			return host + "/" + schema.Str(v, "name")
		},
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, Pattern: lvmName, PatternIs: lvmNameIs, CreateOnly: true, Doc: "Name.", Console: "lsvg", Default: "the label"},
			{Name: "host", Type: schema.Ref, RefKind: "host", CreateOnly: true, Doc: "Host that has it, where it is one.", Example: "host.db01"},
			{Name: "hosts", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Doc: "Hosts that share it: nodes of one cluster. It has the same name and the same major number on all of them.", Console: "clmgr add volume_group NODES", Example: "[host.db01, host.db02]"},
			{Name: "mode", Enum: []string{"standard", "enhanced-concurrent"}, CreateOnly: true, Doc: "How it is varied on: at one host at a time, which reserves its disks, or at several. A cluster keeps the nodes apart that share an enhanced concurrent one.", Console: "mkvg -C", Default: "standard; enhanced-concurrent for one that is shared", Example: `"enhanced-concurrent"`},
			{Name: "major", Type: schema.Number, Min: schema.F(1), Max: schema.F(9999), CreateOnly: true, Doc: "Major number of its device. It has to be the same on all hosts for what is exported by NFS (rule STG-37).", Console: "mkvg -V", Default: "the host's choice; for a shared one the cluster's, which is free on all of them", Example: "40"},
			{Name: "disks", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Required: true, Doc: "Its disks. One that is added extends it; one that is left out is taken away, which the host refuses while logical volumes use it.", Console: "lspv", Example: "[disk.data]"},
			{Name: "type", Enum: []string{"normal", "big", "scalable"}, CreateOnly: true, Doc: "How many disks, logical volumes and partitions it can have.", Console: "mkvg -B, -S", Default: "what the level makes: normal, from 7.3 on scalable", Example: `"scalable"`},
			{Name: "pp_size", Type: schema.Size, Min: schema.F(1), Max: schema.F(131072), CreateOnly: true, Doc: "Size of a physical partition, a power of two: every logical volume is a multiple of it.", Console: "mkvg -s", Default: "the least that the disks allow", Example: `"64MiB"`},
			{Name: "auto_on", Type: schema.Bool, Doc: "Varied on when the host starts. Off for a group that a cluster varies on.", Console: "chvg -a", Default: "what is there; a new one is", Example: "true"},
			{Name: "quorum", Type: schema.Bool, Doc: "It goes offline when it loses more than half of its descriptor areas.", Console: "chvg -Q", Default: "what is there; a new one has it", Example: "true"},
			{Name: "mirror_pool", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A mirror pool of a scalable volume group: disks of one site or one storage system, on which a copy of a logical volume stays together. The label is its name.", Console: "chpv -p, lsvg -P; clmgr add mirror_pool", Attributes: []schema.Attribute{
				{Name: "disks", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Required: true, Doc: "Its disks, of those of the group.", Example: "[disk.milan]"},
			}},
			{Name: "mirror_pool_strictness", Enum: []string{"off", "on", "super"}, Doc: "on: every copy of a logical volume is in a pool. super: every disk too, and every pool has a copy of every logical volume.", Console: "chvg -M; lsvg: MIRROR POOL STRICT", Default: "what is there; a new one, off", Example: `"super"`},

			{Name: "vgid", Computed: true, Doc: "Identifier on its disks.", Console: "lsvg: VG IDENTIFIER"},
			{Name: "active", Type: schema.Bool, Computed: true, Doc: "Varied on. Of one that is not, only its name and its disks are known.", Console: "lsvg -o"},
			{Name: "known", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "How each host has it, by host name.", Attributes: []schema.Attribute{
				{Name: "name", Computed: true, Doc: "Name there.", Console: "lsvg"},
				{Name: "state", Computed: true, Doc: "off; active; passive or concurrent at a node of a cluster.", Console: "lsvg -o; lsvg: VG STATE, VG PERMISSION"},
				{Name: "major", Type: schema.Number, Computed: true, Doc: "Major number.", Console: "ls -l /dev/NAME"},
				{Name: "auto_on", Type: schema.Bool, Computed: true, Doc: "Varied on when the host starts.", Console: "lsvg: AUTO ON"},
			}},
			{Name: "size", Type: schema.Size, Computed: true, Doc: "Size.", Console: "lsvg: TOTAL PPs"},
			{Name: "free", Type: schema.Size, Computed: true, Fleeting: true, Doc: "Free.", Console: "lsvg: FREE PPs"},
			{Name: "volumes", Nesting: schema.List, Computed: true, Fleeting: true, Doc: "Its logical volumes.", Console: "lsvg -l"},
			{Name: "log_volumes", Nesting: schema.List, Computed: true, Fleeting: true, Doc: "Logical volumes for the logs of its filesystems. The first filesystem without a log inside it makes one of a physical partition.", Console: "lsvg -l: jfs2log"},
		},
		Checks: []schema.Check{{Code: "pp-size", Doc: "The size of a physical partition is a power of two.", Check: func(v cty.Value) (string, string, string) {
			n := schema.Num(v, "pp_size")
			if n > 0 && math.Exp2(math.Round(math.Log2(n))) != n {
				return "pp_size", "The size of a physical partition is no power of two", "Declare 1, 2, 4 ... MiB."
			}
			return "", "", ""
		}}, {Code: "group-hosts", Doc: "A volume group has one host or is shared by several.", Check: func(v cty.Value) (string, string, string) {
			hosts := schema.Strings(v, "hosts")
			switch {
			case schema.Has(v, "host") == (len(hosts) > 0):
				return "host", "A volume group has a host, or hosts that share it", "Declare host = host.NAME, or hosts = [host.A, host.B]."
			case len(hosts) == 1:
				return "hosts", "Nobody shares it", "Declare host = ... for a volume group of one host."
			}
			return twice(v, "hosts", "A host stands in the list twice", "Name each host once.")
		}}, {Code: "group-disks", Doc: "A volume group has disks, each once.", Check: func(v cty.Value) (string, string, string) {
			disks := schema.Strings(v, "disks")
			if len(disks) == 0 && schema.Has(v, "disks") {
				return "disks", "A volume group without disks is none", "Name its disks, or leave the block out to delete it."
			}
			slices.Sort(disks)
			if len(slices.Compact(slices.Clone(disks))) < len(disks) {
				return "disks", "A disk stands in the list twice", "Name each disk once."
			}
			return "", "", ""
		}}, {Code: "mirror-pools", Doc: "Mirror pools are parts of a scalable volume group: three at most where they are super strict, and then of all its disks.", Check: mirrorPools}},
	}
}

func mirrorPools(v cty.Value) (path, problem, fix string) {
	pools, strict := schema.Items(v, "mirror_pool"), schema.Str(v, "mirror_pool_strictness")
	if (len(pools) > 0 || strict == "on" || strict == "super") && schema.Str(v, "type") != "scalable" {
		return "type", "Only scalable volume groups have mirror pools", "Declare type = \"scalable\"."
	}
	disks := schema.Strings(v, "disks")
	in := map[string]string{}
	for _, p := range pools {
		at := schema.JoinPath("mirror_pool", p, "disks")
		if !mirrorPoolName.MatchString(p) {
			return "mirror_pool", "No name of a mirror pool: " + p, "Use up to 15 letters, digits, underscores, hyphens and dots."
		}
		for _, d := range schema.Strings(v, at) {
			if in[d] != "" {
				return at, "A disk is in two mirror pools", "Leave it out of " + in[d] + " or of " + p + "."
			}
			if len(disks) > 0 && !slices.Contains(disks, d) {
				return at, "A disk of the pool is none of the volume group", "Name it in disks too."
			}
			in[d] = p
		}
	}
	if strict == "super" && len(pools) > 3 {
		return "mirror_pool", "Too many mirror pools", "A super strict group has three at most."
	}
	if strict == "super" && len(pools) > 0 && len(in) < len(disks) {
		return "mirror_pool", "A disk is in no mirror pool", "In a super strict group every disk is in one: name it in a mirror_pool block."
	}
	return "", "", ""
}

// Filesystem is a JFS2 filesystem in a volume group.
func Filesystem() *schema.Kind {
	return &schema.Kind{
		Name:     "filesystem",
		Version:  1,
		Doc:      "A JFS2 filesystem in a volume group of an AIX host, on a logical volume of its own. It grows while it is mounted; nothing shrinks. It is deleted with its data when its block is left out; prevent_destroy keeps it.",
		Identity: [][]string{{"mount"}},
		Home:     []string{"volume_group"},
		Made: func(v cty.Value) string {
			host, _, _ := strings.Cut(schema.Str(v, "volume_group"), "/")
			return host + ":" + schema.Str(v, "mount")
		},
		Attributes: []schema.Attribute{
			{Name: "volume_group", Type: schema.Ref, RefKind: "volume_group", Required: true, CreateOnly: true, Doc: "Volume group that it is in.", Example: "volume_group.datavg"},
			{Name: "mount", Required: true, CreateOnly: true, MaxLength: 128, Pattern: mountPoint, PatternIs: "an absolute path of letters, digits, underscores, dots and hyphens", Doc: "Mount point.", Console: "crfs -m", Example: `"/data"`},
			{Name: "size", Type: schema.Size, Required: true, Min: schema.F(16), Doc: "Size, a multiple of the volume group's physical partition.", Console: "crfs -a size, chfs -a size", Example: `"20GiB"`},
			{Name: "volume", Type: schema.Ref, RefKind: "logical_volume", Policy: true, Doc: "Logical volume that it is on, where that is declared by itself: with copies, for example. It has that one's size.", Example: "logical_volume.data"},
			{Name: "logical_volume", Pattern: lvmName, PatternIs: lvmNameIs, CreateOnly: true, Doc: "Name of its logical volume.", Console: "mklv -y", Default: "the host's fslvNN", Example: `"datalv"`},
			{Name: "inline_log", Type: schema.Bool, CreateOnly: true, Doc: "Its log is inside it; else in the log volume of the volume group.", Console: "crfs -a logname=INLINE", Default: "false", Example: "true"},
			{Name: "block_size", Type: schema.Number, CreateOnly: true, Min: schema.F(512), Max: schema.F(4096), Doc: "Size of a block in bytes: 512, 1024, 2048 or 4096.", Console: "crfs -a agblksize", Default: "4096", Example: "4096"},
			{Name: "auto_mount", Type: schema.Bool, Doc: "Mounted when the host starts.", Console: "chfs -A", Default: "what is there; a new one is not", Example: "true"},
			{Name: "mounted", Type: schema.Bool, Doc: "Whether it is mounted.", Console: "mount", Default: "what is there; a new one is", Example: "true"},
			{Name: "options", Pattern: mountOptions, PatternIs: "words with commas between them", Doc: "Mount options, as in /etc/filesystems.", Console: "chfs -a options", Default: "what is there", Example: `"rw,cio"`},
			{Name: "export", Type: schema.ObjectType, Nesting: schema.Block, Doc: "How the host exports it by NFS. What a cluster exports is said in the resource group (rule RG-31).", Console: "mknfsexp, /etc/exports", Attributes: []schema.Attribute{
				{Name: "access", Required: true, Enum: []string{"rw", "ro"}, Doc: "What clients may do.", Console: "mknfsexp -t", Example: `"rw"`},
				{Name: "clients", Nesting: schema.List, Pattern: nfsClient, PatternIs: nfsClientIs, Doc: "Hosts that may mount it.", Console: "access=", Default: "what is there; a new one, everybody", Example: `["app01"]`},
				{Name: "root", Nesting: schema.List, Pattern: nfsClient, PatternIs: nfsClientIs, Doc: "Hosts whose root is root.", Console: "root=", Default: "what is there; a new one, nobody", Example: `["app01"]`},
			}},
			{Name: "mount_group", Pattern: lvmName, PatternIs: lvmNameIs, Doc: "Name under which several are mounted together.", Console: "chfs -u", Default: "what is there", Example: `"payroll"`},

			{Name: "copies", Type: schema.Number, Computed: true, Doc: "Copies that its logical volume keeps.", Console: "lsvg -l: PPs, LPs"},
		},
		Checks: []schema.Check{{Code: "block-size", Doc: "A block is 512, 1024, 2048 or 4096 bytes.", Check: func(v cty.Value) (string, string, string) {
			if n := schema.Num(v, "block_size"); n > 0 && math.Exp2(math.Round(math.Log2(n))) != n {
				return "block_size", "There is no such block size", "Declare 512, 1024, 2048 or 4096."
			}
			return "", "", ""
		}}, {Code: "mount-point", Doc: "A mount point leads nowhere else, and hides nothing that the system needs.", Check: func(v cty.Value) (string, string, string) {
			mount := schema.Str(v, "mount")
			if mount != "" && path.Clean(mount) != mount {
				return "mount", "The mount point leads somewhere else", "Declare " + path.Clean(mount) + "."
			}
			if slices.Contains([]string{"/dev", "/etc", "/sbin", "/lpp", "/proc", "/bin", "/lib", "/unix"}, mount) {
				return "mount", "A filesystem there would hide what the system needs", "Choose another mount point."
			}
			return "", "", ""
		}}},
	}
}

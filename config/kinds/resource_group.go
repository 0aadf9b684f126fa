package kinds

import (
	"regexp"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// ResourceGroup is the unit that a cluster keeps running.
func ResourceGroup() *schema.Kind {
	return &schema.Kind{
		Name:     "resource_group",
		Version:  1,
		Doc:      "What a cluster keeps running together: addresses, volume groups, filesystems, applications. The node that has it is its place: change on and it moves. The old words for its policies (cascading, rotating, concurrent) are a style that says the same.",
		Identity: [][]string{{"name"}},
		Home:     []string{"cluster"},
		Made:     inCluster,
		Derive:   groupPolicies,
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, Pattern: haName, PatternIs: haNameIs, CreateOnly: true, Doc: "Name.", Console: "clmgr query resource_group", Default: "the label"},
			{Name: "cluster", Type: schema.Ref, RefKind: "cluster", Required: true, CreateOnly: true, Doc: "Its cluster.", Example: "cluster.payroll"},
			{Name: "nodes", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Ordered: true, Required: true, Doc: "Nodes that may have it, the home node first.", Console: "NODES", Example: "[host.db01, host.db02]"},
			{Name: "on", Type: schema.Ref, RefKind: "host", Doc: "Node that has it. A change moves it there, which interrupts its users.", Console: "clmgr move resource_group NODE; clRGinfo", Default: "where its policies put it", Example: "host.db01"},
			{Name: "state", Enum: []string{"online", "offline"}, Doc: "Whether it runs. Left out, Gantry neither brings it online nor offline.", Console: "clmgr online resource_group", Example: `"online"`},

			{Name: "startup", Enum: []string{"home-node", "first-available", "all-available", "node-distribution"}, Doc: "Where it comes up when the cluster starts. Node distribution exists from 5.2 on.", Console: "STARTUP: OHN, OFAN, OAAN, OUDP", Example: `"home-node"`},
			{Name: "fallover", Enum: []string{"next-priority", "dynamic-priority", "bring-offline"}, Doc: "Where it goes when its node fails.", Console: "FALLOVER: FNPN, FUDNP, BO", Example: `"next-priority"`},
			{Name: "fallback", Enum: []string{"higher-priority", "never"}, Doc: "Whether it goes back when a node earlier in the list returns.", Console: "FALLBACK: FBHPN, NFB", Example: `"never"`},
			{Name: "style", Policy: true, Enum: []string{"cascading", "rotating", "concurrent", "custom"}, Doc: "Type of the group in the words before 5.2, in place of startup, fallover and fallback: cascading is home-node, next-priority, higher-priority; rotating is first-available, next-priority, never; concurrent is all-available, bring-offline, never; custom says the three itself.", Example: `"custom"`},
			{Name: "inactive_takeover", Type: schema.Bool, Policy: true, Doc: "A cascading group comes up on a later node when the home node is down: startup is first-available.", Default: "false", Example: "false"},
			{Name: "without_fallback", Type: schema.Bool, Policy: true, Doc: "A cascading group stays where it went (CWOF): fallback is never.", Default: "false", Example: "false"},
			{Name: "priority", Type: schema.ObjectType, Nesting: schema.Block, Doc: "How fallover with dynamic-priority chooses; a cascading group that has it falls over so.", Attributes: []schema.Attribute{
				{Name: "policy", Required: true, Enum: []string{"memory", "cpu", "disk", "lowest", "highest"}, Doc: "Most free memory, idlest processor, least busy disk, or the lowest or highest value that a script returns.", Console: "NODE_PRIORITY_POLICY: mem, cpu, disk, least, most", Example: `"cpu"`},
				script("script", "The script of lowest and highest.", "NODE_PRIORITY_POLICY_SCRIPT", `"/opt/payroll/load.sh"`),
				seconds("timeout", "How long it may take.", "NODE_PRIORITY_POLICY_TIMEOUT", `"30s"`, 1, 0),
			}},
			{Name: "fallback_timer", Type: schema.ObjectType, Nesting: schema.Block, Doc: "When it falls back, instead of at once.", Console: "FALLBACK_AT, clmgr add fallback_timer", Attributes: []schema.Attribute{
				{Name: "name", Required: true, Pattern: haName, PatternIs: haNameIs, Doc: "Name of the timer.", Example: `"sunday_night"`},
				{Name: "weekday", Enum: []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}, Doc: "Day of the week; with day, month and year left out too, every day.", Console: "DAY_OF_WEEK", Example: `"sunday"`},
				{Name: "day", Type: schema.Number, Min: schema.F(1), Max: schema.F(31), Doc: "Day of the month.", Console: "DAY_OF_MONTH"},
				{Name: "month", Type: schema.Number, Min: schema.F(1), Max: schema.F(12), Doc: "Month.", Console: "MONTH"},
				{Name: "year", Type: schema.Number, Min: schema.F(2000), Max: schema.F(2200), Doc: "Year: once.", Console: "YEAR"},
				{Name: "hour", Type: schema.Number, Required: true, Min: schema.F(0), Max: schema.F(23), Doc: "Hour.", Console: "HOUR", Example: "3"},
				{Name: "minute", Type: schema.Number, Required: true, Min: schema.F(0), Max: schema.F(59), Doc: "Minute.", Console: "MINUTE", Example: "30"},
			}},

			{Name: "service_ips", Nesting: schema.List, Doc: "Service addresses of the cluster, by their labels.", Console: "SERVICE_LABEL", Example: `["payroll-svc"]`},
			{Name: "applications", Type: schema.Ref, RefKind: "application", Nesting: schema.List, Doc: "Applications.", Console: "APPLICATIONS", Example: "[application.payroll]"},
			{Name: "volume_groups", Type: schema.Ref, RefKind: "volume_group", Nesting: schema.List, Doc: "Volume groups, shared by its nodes.", Console: "VOLUME_GROUP", Example: "[volume_group.datavg]"},
			{Name: "filesystems", Nesting: schema.List, Pattern: mountPoint, PatternIs: "an absolute path", Doc: "Mount points.", Console: "FILESYSTEM", Default: "all of its volume groups", Example: `["/payroll/data"]`},
			{Name: "disks", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Doc: "Raw disks.", Console: "DISK", Example: "[disk.raw]"},
			{Name: "tapes", Nesting: schema.List, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", Doc: "Tapes.", Console: "SHARED_TAPE_RESOURCES", Example: `["tape0"]`},
			{Name: "exports", Nesting: schema.List, Pattern: mountPoint, PatternIs: "an absolute path", Doc: "Directories that it exports by NFS 2 and 3.", Console: "EXPORT_FILESYSTEM", Example: `["/payroll/data"]`},
			{Name: "exports_v4", Nesting: schema.List, Pattern: mountPoint, PatternIs: "an absolute path", Doc: "Directories that it exports by NFS 4.", Console: "EXPORT_FILESYSTEM_V4", Example: `["/payroll/data"]`},
			{Name: "stable_storage", Pattern: mountPoint, PatternIs: "an absolute path", Doc: "Where NFS 4 keeps its state.", Console: "STABLE_STORAGE_PATH", Example: `"/payroll/data/stable"`},
			{Name: "nfs_mounts", Nesting: schema.Map, Pattern: mountPoint, PatternIs: "an absolute path", Doc: "What every one of its nodes mounts from it: mount point = exported directory.", Console: "MOUNT_FILESYSTEM", Example: `{ "/payroll/shared" = "/payroll/data" }`},
			{Name: "nfs_network", Doc: "Network of the cluster for them.", Console: "NFS_NETWORK", Example: `"net_ether_01"`},
			{Name: "filesystems_first", Type: schema.Bool, Doc: "Filesystems are mounted before addresses come up; groups with exports need it (rule RG-33).", Console: "FS_BEFORE_IPADDR", Default: "true with exports", Example: "true"},
			{Name: "forced_varyon", Type: schema.Bool, Doc: "The cluster forces a volume group online that has lost its quorum, when each logical volume has a good copy (rules STG-28 to STG-32).", Console: "FORCED_VARYON", Example: "false"},
			{Name: "auto_import", Type: schema.Bool, Doc: "The cluster imports a volume group on nodes that lack it.", Console: "VG_AUTO_IMPORT", Example: "false"},
			{Name: "recovery", Enum: []string{"sequential", "parallel"}, Doc: "Whether filesystems are mounted one after the other.", Console: "RECOVERY_METHOD", Example: `"sequential"`},
			{Name: "check", Enum: []string{"fsck", "logredo"}, Doc: "How filesystems are checked.", Console: "FSCHECK_TOOL", Example: `"fsck"`},

			{Name: "parents", Type: schema.Ref, RefKind: "resource_group", Nesting: schema.List, Doc: "Groups that have to be online before it.", Console: "clmgr add dependency PARENT CHILD", Example: "[resource_group.database]"},
			{Name: "start_after", Type: schema.Ref, RefKind: "resource_group", Nesting: schema.List, Doc: "Groups after which it starts.", Console: "clmgr add dependency START AFTER"},
			{Name: "stop_after", Type: schema.Ref, RefKind: "resource_group", Nesting: schema.List, Doc: "Groups after which it stops.", Console: "clmgr add dependency STOP AFTER"},
			{Name: "same_node", Type: schema.Ref, RefKind: "resource_group", Nesting: schema.List, Doc: "Groups on whose node it has to be.", Console: "clmgr add dependency SAME=NODE GROUPS"},
			{Name: "different_node", Type: schema.Ref, RefKind: "resource_group", Nesting: schema.List, Doc: "Groups on whose node it must not be.", Console: "clmgr add dependency DIFFERENT=NODE"},

			{Name: "secondary_nodes", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Ordered: true, Doc: "Nodes of the other site that may have it.", Console: "SECONDARYNODES", Example: "[host.dr01]"},
			{Name: "site_policy", Enum: []string{"ignore", "primary", "either", "both"}, Doc: "Which site has it: it does not matter, the first one, either, both.", Console: "SITE_POLICY", Example: `"primary"`},
			{Name: "recovery_level", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "What it must survive (rules DR-01 to DR-18).", Attributes: []schema.Attribute{
				{Name: "data", Type: schema.Number, Policy: true, Required: true, Min: schema.F(0), Max: schema.F(5), Doc: "Data readiness: 0 none; 1 periodic backups sent away; 2 and logs sent away; 3 a shadow copy to which logs are applied from time to time; 4 logs sent and applied at once; 5 both copies updated before a transaction is answered.", Example: "5"},
				{Name: "link", Type: schema.Number, Policy: true, Min: schema.F(0), Max: schema.F(3), Doc: "How data gets to the other site: 0 not at all, 1 by hand, 2 to remote tape, 3 to remote disks.", Default: "that of the site", Example: "3"},
				{Name: "site", Policy: true, Enum: []string{"cold", "warm", "hot"}, Doc: "Readiness of the other site.", Default: "that of the site", Example: `"hot"`},
				seconds0("within", "How soon it must be back.", `"1h"`),
				{Name: "by", Policy: true, Enum: []string{"none", "backup", "backup-and-logs", "shadow-copy", "log-shipping", "synchronous-mirror", "geographic-mirror", "live-migration", "application-mobility"}, Doc: "What protects the data.", Example: `"synchronous-mirror"`},
				{Name: "latency", Type: schema.Number, Policy: true, Min: schema.F(0), Doc: "Milliseconds that its applications can wait for the other site.", Example: "5"},
				{Name: "tested_at", Policy: true, Pattern: regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), PatternIs: "a date, 2026-01-31", Doc: "When recovery was last tried.", Example: `"2026-01-31"`},
			}},
			{Name: "critical", Type: schema.Bool, Policy: true, Doc: "It must survive the loss of a site (rule DR-01).", Default: "false", Example: "true"},

			{Name: "condition", Computed: true, Fleeting: true, Doc: "State on the node that has it, or OFFLINE, ERROR, UNMANAGED ...", Console: "clRGinfo -s"},
			{Name: "where", Nesting: schema.Map, Computed: true, Fleeting: true, Doc: "State on each of its nodes, by host name.", Console: "clRGinfo -s"},
			{Name: "pinned_to", Computed: true, Fleeting: true, Doc: "Node that an earlier move left as its override location (rule RG-44).", Console: "clRGinfo -p"},
		},
		Checks: []schema.Check{
			{Code: "group-style", Doc: "The old words and the three policies are not mixed.", Check: groupStyle},
			{Code: "group-nodes", Doc: "A resource group names each of its nodes once.", Check: func(v cty.Value) (string, string, string) {
				return twice(v, "nodes", "A node stands in the list twice", "Name each node once (rule RG-04).")
			}},
			{Code: "group-mounts", Doc: "What its nodes mount is mounted at an absolute path.", Check: func(v cty.Value) (string, string, string) {
				for _, at := range schema.Items(v, "nfs_mounts") {
					if !mountPoint.MatchString(at) {
						return "nfs_mounts", strconv.Quote(at) + " is no mount point", "Write an absolute path of letters, digits, underscores, dots and hyphens."
					}
				}
				return "", "", ""
			}},
			{Code: "group-timer", Doc: "A fallback timer is daily, weekly, monthly, yearly or for one date.", Check: groupTimer},
		},
	}
}

func groupStyle(v cty.Value) (string, string, string) {
	style := schema.Str(v, "style")
	if style != "" && style != "custom" {
		for _, p := range []string{"startup", "fallover", "fallback"} {
			if schema.Has(v, p) {
				return p, p + " and style = \"" + style + "\" say the same twice", "Leave one of them out, or declare style = \"custom\"."
			}
		}
	}
	if style == "" || style == "custom" {
		for _, p := range []string{"startup", "fallover", "fallback"} {
			if !schema.Has(v, p) {
				return "", "The group does not say its " + p + " policy", "Declare startup, fallover and fallback, or a style."
			}
		}
	}
	for _, p := range []string{"inactive_takeover", "without_fallback"} {
		if schema.True(v, p) && style != "cascading" {
			return p, p + " is of cascading groups (rule RG-25)", "Say it by the startup or fallback policy."
		}
	}
	if schema.Has(v, "priority") && (style == "rotating" || style == "concurrent") {
		return "priority", "A " + style + " group has no dynamic node priority (rule RG-20)", "Leave priority out, or choose another style."
	}
	return "", "", ""
}

func groupTimer(v cty.Value) (string, string, string) {
	t := func(name string) bool { return schema.Has(v, "fallback_timer."+name) }
	switch {
	case !schema.Has(v, "fallback_timer"):
	case t("weekday") && (t("day") || t("month") || t("year")):
		return "fallback_timer", "A timer is for a day of the week or for a date, not for both", "Leave one of them out."
	case t("month") && !t("day"), t("year") && !t("month"):
		return "fallback_timer", "A month needs a day, and a year a month", "Add what is missing."
	}
	return "", "", ""
}

// groupPolicies says in the words of 5.2 and later what a group declares in the old ones (rule RG-22), and that filesystems come
// first where they are exported (rule RG-33).
func groupPolicies(v cty.Value) cty.Value {
	set := func(startup, fallover, fallback string) {
		for name, policy := range map[string]string{"startup": startup, "fallover": fallover, "fallback": fallback} {
			v = schema.Set(v, name, cty.StringVal(policy))
		}
	}
	switch schema.Str(v, "style") {
	case "cascading":
		startup, fallover, fallback := "home-node", "next-priority", "higher-priority"
		if schema.True(v, "inactive_takeover") {
			startup = "first-available"
		}
		if schema.True(v, "without_fallback") {
			fallback = "never"
		}
		if schema.Has(v, "priority") {
			fallover = "dynamic-priority"
		}
		set(startup, fallover, fallback)
	case "rotating":
		set("first-available", "next-priority", "never")
	case "concurrent":
		set("all-available", "bring-offline", "never")
	}
	if len(schema.Strings(v, "exports"))+len(schema.Strings(v, "exports_v4")) > 0 && !schema.Has(v, "filesystems_first") {
		v = schema.Set(v, "filesystems_first", cty.True)
	}
	return v
}

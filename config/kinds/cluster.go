package kinds

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Releases are the releases of HACMP and PowerHA SystemMirror that a cluster can be declared for, oldest first.
var Releases = []string{"5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "7.1", "7.2"}

// haName is what a cluster takes for the name of something in it; ipLabel is a name in /etc/hosts; scriptPath is a file that is
// run without arguments.
var (
	haName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	ipLabel    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?$`)
	scriptPath = regexp.MustCompile(`^(/[A-Za-z0-9_.+@-]+)+$`)
)

const (
	haNameIs     = "a letter or an underscore followed by letters, digits and underscores, 64 characters at most"
	ipLabelIs    = "a host name"
	scriptPathIs = "an absolute path without blanks and arguments"
)

func script(name, doc, console, example string) schema.Attribute {
	return schema.Attribute{Name: name, Program: true, Pattern: scriptPath, PatternIs: scriptPathIs, Doc: doc, Console: console, Example: example}
}

func seconds(name, doc, console, example string, least, most float64) schema.Attribute {
	a := schema.Attribute{Name: name, Type: schema.Duration, Min: schema.F(least), Doc: doc, Console: console, Example: example}
	if most > 0 {
		a.Max = schema.F(most)
	}
	return a
}

// Cluster is an HACMP or PowerHA cluster.
func Cluster() *schema.Kind {
	return &schema.Kind{
		Name:     "cluster",
		Version:  1,
		Doc:      "A cluster of AIX hosts: HACMP 5.1 to PowerHA 6.1 with topology services and non-IP networks, PowerHA SystemMirror 7.1 and later on Cluster Aware AIX with a repository disk. Its nodes keep the same definition: whatever Gantry changes is verified and synchronised before the apply goes on. It is deleted, and its services stopped, when its block is left out.",
		Identity: [][]string{{"name"}},
		Home:     []string{"nodes"},
		Made:     func(v cty.Value) string { return schema.Str(v, "name") },
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, Pattern: haName, PatternIs: haNameIs, CreateOnly: true, Doc: "Name.", Console: "clmgr query cluster: CLUSTER_NAME", Default: "the label"},
			{Name: "nodes", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Required: true, Doc: "Its nodes. The first one is where it is defined.", Console: "clmgr add cluster NODES", Example: "[host.db01, host.db02]"},
			{Name: "version", Policy: true, Required: true, Enum: Releases, Doc: "Release of HACMP or PowerHA; what it lacks is refused. The nodes have to run it (rule HA-14).", Console: "halevel -s", Example: `"7.2"`},
			{Name: "state", Enum: []string{"online", "offline"}, Doc: "Whether cluster services run. Left out, Gantry neither starts nor stops them.", Console: "clmgr online cluster, clmgr offline cluster", Example: `"online"`},
			{Name: "on_stop", Policy: true, Enum: []string{"offline", "move", "unmanage"}, Doc: "What happens to the resource groups when Gantry stops cluster services (rule HA-37): they go offline, move to nodes that stay, or keep running unmanaged.", Console: "clmgr offline cluster MANAGE", Default: "offline", Example: `"offline"`},
			{Name: "during_migration", Policy: true, Enum: []string{"manage", "unmanage", "move"}, Doc: "What happens to the resource groups on a node before its partition moves running (rule HA-45): nothing, and the cluster's lpm_policy counts; cluster services are stopped there and leave them running unmanaged; or they move to the next node of their list. Services and groups are put back after the move.", Console: "clmgr offline node MANAGE=unmanage, clmgr move resource_group", Default: "manage", Example: `"manage"`},
			{Name: "type", Enum: []string{"standard", "stretched", "linked"}, CreateOnly: true, Doc: "Without sites, with sites that share one repository, or with a repository for each site. From 7.1 on.", Console: "TYPE: NSC, SC, LC", Default: "standard", Example: `"standard"`},
			{Name: "heartbeat", Enum: []string{"unicast", "multicast"}, Doc: "How the nodes talk to each other. From 7.1 on.", Console: "HEARTBEAT_TYPE", Default: "the release's choice", Example: `"unicast"`},
			{Name: "multicast_address", Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 address", Doc: "Multicast address.", Console: "CLUSTER_IP", Default: "the cluster's choice", Example: `"228.1.1.10"`},
			{Name: "repository", Type: schema.Ref, RefKind: "disk", Nesting: schema.List, Doc: "Repository disk of Cluster Aware AIX, then its backups. What a repository disk held before is erased (rule STG-49). From 7.1 on.", Console: "REPOSITORIES", Example: "[disk.repository]"},
			{Name: "features", Nesting: schema.List, Policy: true, Enum: []string{"extended-distance", "replication"}, Doc: "Features that are licensed besides: HACMP/XD (HAGEO, GeoRM), or a product that replicates storage (rule DR-05).", Example: `["extended-distance"]`},
			{Name: "tested_at", Policy: true, Pattern: regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), PatternIs: "a date, 2026-01-31", Doc: "When a takeover was last tried (rule HA-39).", Example: `"2026-01-31"`},

			{Name: "network", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A network of the cluster; the label is its name.", Console: "clmgr add network", Attributes: []schema.Attribute{
				{Name: "type", Required: true, Enum: []string{"ether", "XD_data", "XD_ip", "diskhb", "rs232", "tmscsi", "tmssa"}, CreateOnly: true, Doc: "An IP network, one between sites, or a point-to-point heartbeat without IP: over a disk, a serial line, target mode SCSI or SSA. The latter four exist up to 6.1; later releases have the repository disk.", Console: "TYPE", Example: `"ether"`},
				{Name: "netmask", Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 mask", Doc: "Mask of an IP network, that of its service addresses and heartbeat aliases too.", Console: "NETMASK", Example: `"255.255.255.0"`},
				{Name: "public", Type: schema.Bool, Doc: "Clients use it; a private one is for the nodes alone.", Console: "PUBLIC", Default: "true", Example: "true"},
				{Name: "takeover", Enum: []string{"alias", "replacement"}, Doc: "A service address is added to a boot address, or replaces it (up to 6.1).", Console: "IPAT", Default: "alias", Example: `"alias"`},
				{Name: "heartbeat_alias", Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 address", Doc: "First address of the heartbeat over IP aliases, up to 6.1: each interface of a node gets a subnet of its own, counted from here. It takes effect when the cluster is synchronised.", Console: "hb_alias_addr", Example: `"172.16.100.1"`},
				{Name: "disk", Type: schema.Ref, RefKind: "disk", Doc: "Disk of a diskhb network, in an enhanced concurrent volume group that both nodes know.", Example: "disk.heartbeat"},
				{Name: "nodes", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Doc: "The two ends of a network without IP.", Default: "all nodes", Example: "[host.db01, host.db02]"},
				{Name: "devices", Nesting: schema.Map, Doc: "Device of a serial or target-mode network on each node, by host name.", Example: `{ db01 = "/dev/tty1", db02 = "/dev/tty1" }`},
			}},
			{Name: "interface", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A boot address: a network interface of a node. The label is its name in /etc/hosts of every node, where Gantry adds what is missing and changes nothing.", Console: "clmgr add interface", Attributes: []schema.Attribute{
				{Name: "node", Type: schema.Ref, RefKind: "host", Required: true, Doc: "Node that has it.", Console: "NODE", Example: "host.db01"},
				{Name: "network", Required: true, Doc: "Network of the cluster.", Console: "NETWORK", Example: `"net_ether_01"`},
				{Name: "address", Required: true, Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 address", Doc: "Address, as the host has it configured.", Console: "cllsif: IP Address", Example: `"10.1.1.11"`},
				{Name: "device", Computed: true, Doc: "Network interface.", Console: "cllsif: Interface Name"},
			}},
			{Name: "service_ip", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "An address that moves with a resource group. The label is its name in /etc/hosts.", Console: "clmgr add service_ip", Attributes: []schema.Attribute{
				{Name: "network", Required: true, Doc: "Network of the cluster.", Console: "NETWORK", Example: `"net_ether_01"`},
				{Name: "address", Required: true, Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 address", Doc: "Address.", Console: "cllsif: IP Address", Example: `"10.1.2.10"`},
				{Name: "netmask", Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 mask", Doc: "Mask.", Console: "NETMASK", Default: "that of the network", Example: `"255.255.255.0"`},
				{Name: "site", Doc: "Site that alone may have it.", Console: "SITE", Example: `"north"`},
				{Name: "hardware_address", Pattern: regexp.MustCompile(`^[0-9a-f]{12}$`), PatternIs: "12 hexadecimal digits in lower case", Doc: "MAC address that moves with it, on a network with takeover by replacement (rule NET-23).", Console: "HWADDR", Example: `"4000000000aa"`},
			}},
			{Name: "persistent_ip", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "An address that stays on its node. The label is its name in /etc/hosts.", Console: "clmgr add persistent_ip", Attributes: []schema.Attribute{
				{Name: "node", Type: schema.Ref, RefKind: "host", Required: true, Doc: "Node that has it.", Console: "NODE", Example: "host.db01"},
				{Name: "network", Required: true, Doc: "Network of the cluster.", Console: "NETWORK", Example: `"net_ether_01"`},
				{Name: "address", Required: true, Pattern: regexp.MustCompile(`^[0-9.]+$`), PatternIs: "an IPv4 address", Doc: "Address.", Console: "cllsif: IP Address", Example: `"10.1.3.11"`},
			}},
			{Name: "site", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A site; the label is its name.", Console: "clmgr add site", Attributes: []schema.Attribute{
				{Name: "nodes", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Required: true, Doc: "Its nodes.", Console: "NODES", Example: "[host.db01, host.db02]"},
				{Name: "repository", Type: schema.Ref, RefKind: "disk", Doc: "Repository disk of a site of a linked cluster.", Console: "REPOSITORIES", Example: "disk.repository_north"},
				{Name: "readiness", Policy: true, Enum: []string{"cold", "warm", "hot"}, Doc: "Whether equipment is there (cold: none), busy with other work (warm), or ready with data that is refreshed often (hot).", Example: `"hot"`},
				{Name: "link", Type: schema.Number, Policy: true, Min: schema.F(0), Max: schema.F(3), Doc: "How data gets there: 0 not at all, 1 by hand, 2 to remote tape, 3 to remote disks.", Example: "3"},
				{Name: "latency", Type: schema.Number, Policy: true, Min: schema.F(0), Doc: "Delay to the other site in milliseconds (rule DR-11).", Example: "2"},
				{Name: "groups", Policy: true, Type: schema.Bool, Doc: "Whether it runs groups of its own besides: both sites back each other up (rule DR-09).", Default: "false", Example: "true"},
			}},
			{Name: "settings", Type: schema.ObjectType, Nesting: schema.Block, Doc: "Settings of the whole cluster.", Console: "clmgr modify cluster", Attributes: []schema.Attribute{
				seconds("failure_detection", "How long nothing may be heard of a node before it counts as dead.", "HEARTBEAT_FREQUENCY", `"30s"`, 10, 600),
				seconds("grace_period", "How long after that its resources are left alone.", "GRACE_PERIOD", `"10s"`, 5, 30),
				seconds("network_failure_detection", "How long nothing may be heard on a network.", "NETWORK_FAILURE_DETECTION_TIME", `"20s"`, 5, 590),
				seconds("settling_time", "How long groups that start on the first available node wait for a better one.", "RG_SETTLING_TIME", `"60s"`, 0, 0),
				seconds("max_event_time", "How long an event may take before config_too_long is said.", "MAX_EVENT_TIME", `"180s"`, 1, 0),
				seconds("max_group_time", "How much more an event may take for resource groups.", "MAX_RG_PROCESSING_TIME", `"180s"`, 1, 0),
				{Name: "daily_verification", Type: schema.Bool, Doc: "Verified every night.", Console: "DAILY_VERIFICATION", Example: "true"},
				{Name: "lpm_policy", Enum: []string{"manage", "unmanage"}, Doc: "Whether a node's groups stay managed while its partition moves (rule HA-45).", Console: "LPM_POLICY", Example: `"manage"`},
				seconds("failure_detection_during_lpm", "Failure detection while a node's partition moves.", "HEARTBEAT_FREQUENCY_DURING_LPM", `"600s"`, 10, 600),
				{Name: "split_policy", Enum: []string{"none", "tiebreaker", "manual", "nfs"}, Doc: "What the halves of a split cluster do.", Console: "SPLIT_POLICY", Example: `"none"`},
				{Name: "merge_policy", Enum: []string{"majority", "tiebreaker", "manual", "nfs"}, Doc: "What they do when they meet again.", Console: "MERGE_POLICY", Example: `"majority"`},
				{Name: "site_failure", Enum: []string{"fallover", "notify"}, Doc: "What the failure of a site does.", Console: "SITE_POLICY_FAILURE_ACTION", Example: `"fallover"`},
			}},

			{Name: "id", Computed: true, Doc: "Numeric identifier.", Console: "CLUSTER_ID"},
			{Name: "condition", Computed: true, Fleeting: true, Doc: "How it is: STABLE, OFFLINE, UNSTABLE, ERROR, RP_RUNNING, NOT_CONFIGURED ...", Console: "clmgr query cluster: STATE"},
			{Name: "synchronised", Type: schema.Bool, Computed: true, Fleeting: true, Doc: "All nodes hold the same definition, and it is the one in effect.", Console: "UNSYNCED_CHANGES, and the definition that each node tells"},
			{Name: "disagree", Nesting: schema.List, Computed: true, Fleeting: true, Doc: "Nodes that hold another definition than the one shown here."},
			{Name: "agreed", Computed: true, Remembered: true, Doc: "Fingerprint of the definition that all nodes last agreed on: who holds another one, and not the new one either, was changed by somebody else (rule HA-31)."},
			{Name: "members", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Fleeting: true, Doc: "Its nodes, by host name.", Attributes: []schema.Attribute{
				{Name: "node", Computed: true, Doc: "Name in the cluster.", Console: "clmgr query node"},
				{Name: "state", Computed: true, Doc: "NORMAL, OFFLINE, JOINING ...", Console: "clshowsrv -v"},
				{Name: "manager", Computed: true, Doc: "State of the cluster manager.", Console: "lssrc -ls clstrmgrES: Current state"},
				{Name: "level", Computed: true, Doc: "Level of the cluster software.", Console: "halevel -s"},
				{Name: "holds", Computed: true, Doc: "Fingerprint of the definition that it holds."},
				{Name: "caa", Type: schema.Bool, Computed: true, Doc: "Whether Cluster Aware AIX answers there.", Console: "lscluster -c"},
			}},
		},
		Checks: []schema.Check{
			{Code: "cluster-nodes", Doc: "A cluster names each of its nodes once.", Check: func(v cty.Value) (string, string, string) {
				return twice(v, "nodes", "A node stands in the list twice", "Name each node once.")
			}},
			{Code: "cluster-release", Doc: "A cluster has what its release has.", Check: clusterRelease},
			{Code: "cluster-labels", Doc: "A name in /etc/hosts has one address.", Check: clusterLabels},
			{Code: "cluster-networks", Doc: "What is on a network of the cluster names one that is declared.", Check: clusterNetworks},
			{Code: "cluster-addresses", Doc: "Addresses and masks are IPv4.", Check: clusterAddresses},
		},
	}
}

func twice(v cty.Value, path, problem, fix string) (string, string, string) {
	list := schema.Strings(v, path)
	slices.Sort(list)
	if len(slices.Compact(slices.Clone(list))) < len(list) {
		return path, problem, fix
	}
	return "", "", ""
}

// clusterRelease refuses what a release does not have. Which kinds of networks without IP it has is rule HA-08.
func clusterRelease(v cty.Value) (string, string, string) {
	release := schema.Str(v, "version")
	classic := release != "" && release < "7"
	for _, p := range []string{"repository", "heartbeat", "multicast_address", "type"} {
		if classic && schema.Has(v, p) {
			return p, "HACMP and PowerHA up to 6.1 stand on topology services and have no " + p + " like that", "Leave it out, or declare version = \"7.1\" or later."
		}
	}
	for _, n := range schema.Items(v, "network") {
		at := func(p string) string { return schema.JoinPath("network", n, p) }
		if release == "" || classic {
			continue
		}
		if schema.Has(v, at("heartbeat_alias")) {
			return at("heartbeat_alias"), "Cluster Aware AIX, on which " + release + " stands, has no heartbeat over IP aliases", "Leave it out."
		}
		if schema.Str(v, at("takeover")) == "replacement" {
			return at("takeover"), "From 7.1 on a service address is an alias and replaces none", "Leave it out, or declare takeover = \"alias\"."
		}
	}
	return "", "", ""
}

// labelBlocks are the blocks of a cluster whose labels are names in /etc/hosts.
var labelBlocks = []string{"interface", "service_ip", "persistent_ip"}

func clusterLabels(v cty.Value) (string, string, string) {
	in, owner := map[string]string{}, map[string]string{}
	for _, block := range labelBlocks {
		for _, l := range schema.Items(v, block) {
			at := schema.JoinPath(block, l)
			if !ipLabel.MatchString(l) {
				return at, fmt.Sprintf("%q is no host name", l), "Write letters, digits, hyphens, underscores and dots."
			}
			if prev := in[l]; prev != "" {
				return at, fmt.Sprintf("%q is a %s and a %s", l, prev, block), "Give one of the two another name."
			}
			in[l] = block
			address := schema.Str(v, schema.JoinPath(block, l, "address"))
			if prev := owner[address]; prev != "" && address != "" {
				return at, fmt.Sprintf("%s and %s have the address %s", prev, l, address), "Give one of the two another address."
			}
			owner[address] = l
		}
	}
	for _, block := range []string{"network", "site"} {
		for _, l := range schema.Items(v, block) {
			if !haName.MatchString(l) {
				return schema.JoinPath(block, l), fmt.Sprintf("%q is no name for a %s (rule HA-18)", l, block), "Write " + haNameIs + "."
			}
		}
	}
	return "", "", ""
}

func clusterNetworks(v cty.Value) (string, string, string) {
	nets := schema.Items(v, "network")
	for _, block := range labelBlocks {
		for _, l := range schema.Items(v, block) {
			if n := schema.Str(v, schema.JoinPath(block, l, "network")); !slices.Contains(nets, n) {
				return schema.JoinPath(block, l, "network"), fmt.Sprintf("There is no network %q in the cluster", n), "Declare it, or name one of " + strings.Join(nets, ", ") + "." + schema.Suggest(n, nets)
			}
		}
	}
	return "", "", ""
}

func clusterAddresses(v cty.Value) (string, string, string) {
	ip := func(path string, mask bool) (string, string, string) {
		s := schema.Str(v, path)
		if s == "" {
			return "", "", ""
		}
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() {
			return path, fmt.Sprintf("%q is no IPv4 address", s), "Write four numbers from 0 to 255 with dots between them."
		}
		if _, ok := MaskBits(s); mask && !ok {
			return path, fmt.Sprintf("%q is no netmask", s), "Write one such as 255.255.255.0."
		}
		return "", "", ""
	}
	for _, l := range schema.Items(v, "network") {
		if p, what, fix := ip(schema.JoinPath("network", l, "netmask"), true); what != "" {
			return p, what, fix
		}
		if p, what, fix := ip(schema.JoinPath("network", l, "heartbeat_alias"), false); what != "" {
			return p, what, fix
		}
	}
	for _, block := range labelBlocks {
		for _, l := range schema.Items(v, block) {
			if p, what, fix := ip(schema.JoinPath(block, l, "address"), false); what != "" {
				return p, what, fix
			}
			if p, what, fix := ip(schema.JoinPath(block, l, "netmask"), true); what != "" {
				return p, what, fix
			}
		}
	}
	return "", "", ""
}

// MaskBits is the length of the prefix that an IPv4 netmask stands for.
func MaskBits(mask string) (int, bool) {
	a, err := netip.ParseAddr(mask)
	if err != nil || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	bits := 0
	for ; n&(1<<31) != 0; n <<= 1 {
		bits++
	}
	return bits, n == 0
}

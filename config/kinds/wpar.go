package kinds

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

var (
	// wparName: at most 25 bytes of ASCII without white space and the characters that mkwpar refuses (aix-cli.md, section 15).
	wparName = regexp.MustCompile(`^[A-Za-z1-9_$%?@#][A-Za-z0-9_$%?@#-]{0,24}$`)
	// wparHost and wparPath are what a workload partition takes for a host name and a path (rule WPAR-12).
	wparHost = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
	// wparLimit: min%-softmax%,hardmax%.
	wparLimit = regexp.MustCompile(`^\d{1,3}(\.\d+)?%-\d{1,3}(\.\d+)?%,\d{1,3}(\.\d+)?%$`)
)

// WPAR is a workload partition.
func WPAR() *schema.Kind {
	control := func(name, doc, console, example string) schema.Attribute {
		return schema.Attribute{Name: name, Doc: doc, Console: "mkwpar -R " + console, Default: "what is there; a new one has none of its own", Example: example}
	}
	return &schema.Kind{
		Name:     "wpar",
		Version:  1,
		Doc:      "A workload partition: a virtual AIX inside the AIX image that is its host. Change the host and it relocates there, running if it runs and mobility.mode is live. One whose root is on NFS is the same wherever it is defined.",
		Identity: [][]string{{"name"}},
		Home:     []string{"host"},
		Made:     wparIdentity,
		Derive:   wparWhole,
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, MaxLength: 25, Pattern: wparName, PatternIs: "at most 25 letters, digits, underscores, hyphens and $ % ? @ #, not beginning with a hyphen or 0", CreateOnly: true, Doc: "Name.", Console: "mkwpar -n", Default: "the label"},
			{Name: "host", Type: schema.Ref, RefKind: "host", Required: true, Disruption: schema.Pause, Doc: "The AIX image that it runs in, its global environment. A change relocates it.", Console: "chkptwpar, restartwpar", Example: "host.db01"},
			{Name: "state", Enum: []string{"running", "off"}, Disruption: schema.Outage, Doc: "Whether it runs. Left out, Gantry neither starts nor stops it.", Console: "lswpar: State; startwpar, stopwpar", Example: `"running"`},
			{Name: "specification", Policy: true, Doc: "The text of a specification file, which is read into the attributes below; one that is declared beside it counts.", Console: "mkwpar -f", Example: `file("app20.spec")`},
			{Name: "application", CreateOnly: true, MaxLength: 1024, Doc: "Command of an application WPAR, which shares the filesystems of its host and ends with it. Left out, it is a system WPAR.", Console: "wparexec; lswpar -G: application", Example: `"/opt/billing/run -q"`},
			{Name: "hostname", Pattern: wparHost, PatternIs: "letters, digits, underscores, hyphens and dots", Doc: "Host name inside.", Console: "mkwpar -h", Default: "the name", Example: `"app20"`},
			{Name: "directory", Pattern: mountPoint, PatternIs: "an absolute path of letters, digits, underscores, dots and hyphens", CreateOnly: true, Doc: "Base directory on the host.", Console: "mkwpar -d", Default: "/wpars/NAME", Example: `"/wpars/app20"`},
			{Name: "checkpointable", Type: schema.Bool, Doc: "It can be checkpointed, which a relocation while it runs needs.", Console: "mkwpar -c", Default: "what is there; a new one is not", Example: "true"},
			{Name: "auto_start", Type: schema.Bool, Doc: "Started when the host starts.", Console: "mkwpar -A", Default: "what is there; a new one is not", Example: "true"},
			{Name: "private_usr", Type: schema.Bool, CreateOnly: true, Doc: "It has a writable /usr and /opt of its own; else it shares those of the host.", Console: "mkwpar -l", Default: "false", Example: "true"},
			{Name: "name_resolution", Type: schema.Bool, Policy: true, Doc: "It gets a copy of the host's files for name resolution when it is made.", Console: "mkwpar -r", Default: "false", Example: "true"},
			{Name: "copy_rootvg", Type: schema.Bool, Policy: true, Doc: "It gets a copy of the host's root filesystems when it is made.", Console: "mkwpar -t", Default: "false", Example: "true"},
			{Name: "routing", Type: schema.Bool, Doc: "It has routes of its own.", Console: "mkwpar -i", Default: "what is there; a new one has where routes are declared", Example: "true"},
			{Name: "script", Pattern: mountPoint, PatternIs: "an absolute path of letters, digits, underscores, dots and hyphens", Doc: "Script on the host that runs when it starts and stops.", Console: "mkwpar -u", Default: "what is there", Example: `"/etc/wpars/app20.sh"`},
			{Name: "volume_group", Policy: true, Pattern: lvmName, PatternIs: lvmNameIs, Doc: "Volume group of the host for the filesystems that are made for it.", Console: "mkwpar -g", Default: "rootvg", Example: `"wparvg"`},
			{Name: "image", Policy: true, Pattern: mountPoint, PatternIs: "an absolute path", Doc: "Backup that it is made from.", Console: "mkwpar -B", Example: `"/backup/app20.bff"`},
			{Name: "versioned", Type: schema.Bool, CreateOnly: true, Doc: "It runs the older AIX of its image, which the host's level has to offer.", Console: "mkwpar -C", Default: "false", Example: "true"},
			{Name: "network", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "Its address, where it has one: the same as an address block.", Console: "mkwpar -N", Attributes: []schema.Attribute{
				{Name: "interface", Doc: "Interface of the host.", Default: "the one in the subnet", Example: `"en0"`},
				{Name: "address", Required: true, Doc: "Address.", Example: `"172.29.140.243"`},
				{Name: "netmask", Doc: "Network mask of an IPv4 address.", Example: `"255.255.192.0"`},
				{Name: "prefix", Type: schema.Number, Doc: "Length of the prefix of an IPv6 address.", Example: "64"},
			}},
			{Name: "address", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "An address; the label is it.", Console: "mkwpar -N, lswpar -N", Attributes: []schema.Attribute{
				{Name: "interface", Doc: "Interface of the host.", Default: "the one in the subnet", Example: `"en0"`},
				{Name: "netmask", Doc: "Network mask of an IPv4 address.", Example: `"255.255.192.0"`},
				{Name: "prefix", Type: schema.Number, Doc: "Length of the prefix of an IPv6 address.", Example: "64"},
			}},
			{Name: "route", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A route of its own; the label is the destination.", Console: "mkwpar -I, lswpar -I", Attributes: []schema.Attribute{
				{Name: "gateway", Required: true, Doc: "Gateway.", Example: `"172.29.140.1"`},
			}},
			{Name: "mount", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A filesystem; the label is where it sees it. What is not declared is made as the host makes it: /, /home, /tmp and /var local, /usr and /opt those of the host.", Console: "mkwpar -M, lswpar -M", Attributes: []schema.Attribute{
				{Name: "type", Required: true, Enum: []string{"nfs", "jfs2", "namefs", "directory"}, Doc: "What it is.", Console: "vfs", Example: `"nfs"`},
				{Name: "server", Doc: "NFS server.", Console: "host", Example: `"nfs1"`},
				{Name: "path", Doc: "Directory on the server, or of the host for namefs and directory.", Console: "dev", Example: `"/scratch/app20root"`},
				{Name: "size", Type: schema.Size, Policy: true, Doc: "Size of a local one when it is made.", Console: "size", Example: `"2GiB"`},
				{Name: "usual", Type: schema.Bool, Computed: true, Fleeting: true, Doc: "One that every WPAR has of its host; it stays although it is not declared."},
				{Name: "options", Pattern: mountOptions, PatternIs: "words with commas between them", Doc: "Mount options.", Console: "mountopts", Default: "what is there", Example: `"rw,hard"`},
			}},
			{Name: "device", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "A device of the host that it gets; the label is its name there. It keeps the WPAR from moving (rule WPAR-29).", Console: "mkwpar -D, lswpar -D", Attributes: []schema.Attribute{
				{Name: "rootvg", Type: schema.Bool, CreateOnly: true, Doc: "A disk for a root volume group of its own.", Default: "false", Example: "true"},
			}},
			{Name: "kernel_extensions", Nesting: schema.List, Pattern: mountPoint, PatternIs: "an absolute path", Least: true, Doc: "Kernel extensions that it may load.", Console: "mkwpar -X kext=", Example: `["/usr/lib/drivers/nfs.ext"]`},
			{Name: "privileges", Nesting: schema.List, Pattern: privilege, PatternIs: "letters, digits and underscores", Least: true, Doc: "Privileges that it has besides the usual ones.", Console: "mkwpar -S privs+=", Example: `["PV_NET_RAWSOCK"]`},
			{Name: "resource_control", Type: schema.ObjectType, Nesting: schema.Block, Doc: "What it may take of its host.", Console: "mkwpar -R, lswpar -R", Attributes: []schema.Attribute{
				{Name: "active", Type: schema.Bool, Doc: "Whether the limits hold.", Console: "mkwpar -R active", Default: "what is there; a new one's do", Example: "true"},
				control("rset", "Resource set.", "rset", `"rs/app20"`),
				control("shares_cpu", "Shares of the processors, 1 to 65535, or unlimited.", "shares_CPU", `"10"`),
				control("cpu", "Least, soft and hard limit of the processors.", "CPU", `"5%-50%,100%"`),
				control("shares_memory", "Shares of the memory, 1 to 65535, or unlimited.", "shares_memory", `"10"`),
				control("memory", "Least, soft and hard limit of the memory.", "memory", `"5%-50%,100%"`),
				control("process_virtual_memory", "Virtual memory of a process.", "procVirtMem", `"4GB"`),
				control("total_virtual_memory", "Virtual memory of all.", "totalVirtMem", `"16GB"`),
				control("processes", "Processes.", "totalProcesses", `"512"`),
				control("threads", "Threads.", "totalThreads", `"2048"`),
				control("ptys", "Pseudo terminals.", "totalPTYs", `"32"`),
				control("large_pages", "Large pages.", "totalLargePages", `"16"`),
				control("message_queue_ids", "Part of the host's message queues.", "pct_msgIDs", `"50%"`),
				control("semaphore_ids", "Part of the host's semaphores.", "pct_semIDs", `"50%"`),
				control("shared_memory_ids", "Part of the host's shared memory segments.", "pct_shmIDs", `"50%"`),
				control("pinned_memory", "Part of the memory that it may pin.", "pct_pinMem", `"20%"`),
			}},
			{Name: "reboot", Policy: true, Remembered: true, MaxLength: 80, Doc: "A word of yours, such as a date and why: whenever it changes while the WPAR runs, it is rebooted once.", Console: "rebootwpar", Example: `"2026-03-02 new libraries"`},
			{Name: "preserve", Type: schema.Bool, Policy: true, Doc: "It is made over what its filesystems hold already: the data of an earlier one on the same server.", Console: "mkwpar -p", Default: "false: mkwpar refuses filesystems with data", Example: "true"},
			{Name: "backup", Policy: true, Remembered: true, Pattern: mountPoint, PatternIs: "an absolute path of letters, digits, underscores, dots and hyphens", Doc: "File on the host into which it is saved before it is deleted. The state remembers it, for the block is gone then.", Console: "savewpar -f", Example: `"/backup/app20.bff"`},
			{Name: "critical", Type: schema.Bool, Policy: true, Doc: "It must not be down. Relocation is no takeover: see rule WPAR-25.", Default: "false", Example: "true"},
			{Name: "mobility", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "How it relocates.", Attributes: []schema.Attribute{
				{Name: "mode", Policy: true, Enum: []string{"live", "static", "never"}, Doc: "While it runs, by checkpoint and restart; or stopped there and started here, an outage; or not at all.", Default: "live", Example: `"live"`},
				{Name: "reason", Policy: true, Enum: []string{"maintenance", "performance", "energy"}, Doc: "Why it moves, which decides what the target has to offer (rules WPAR-16 to WPAR-19).", Example: `"maintenance"`},
				{Name: "directory", Policy: true, Pattern: mountPoint, PatternIs: "an absolute path of letters, digits, underscores, dots and hyphens", Doc: "Directory that both hosts mount from one NFS server, for the specification and the checkpoint. They are removed when the move is over.", Console: "chkptwpar -d", Example: `"/nfs/mobility"`},
				{Name: "tests", Policy: true, Nesting: schema.List, Doc: "Optional compatibility tests that are to hold: memory (the target has at least as much), speed (its processors are no slower), and time (it runs NTP).", Example: `["memory"]`},
				{Name: "tested", Type: schema.Bool, Policy: true, Doc: "Somebody has tried to move one like it, although it is of a kind with limits (rule WPAR-29) or onto another generation (rule WPAR-04).", Default: "false", Example: "true"},
			}},

			{Name: "uuid", Computed: true, Doc: "Identifier; levels before 7.1 do not tell it.", Console: "lswpar -G: uuid"},
			{Name: "kind", Computed: true, Doc: "system, application or versioned.", Console: "lswpar: Type"},
			{Name: "condition", Computed: true, Fleeting: true, Doc: "State in the host's words: Defined, Loaded, Active, Frozen, Paused, Moving, Transitional, Broken, Maintenance, Error.", Console: "lswpar: State"},
			{Name: "checkpoint", Computed: true, Fleeting: true, Doc: "Where a relocation that failed has left what it was doing, while it is off."},
			{Name: "known", Nesting: schema.Map, Computed: true, Fleeting: true, Doc: "State on every host that knows it.", Console: "lswpar: State"},
		},
		Checks: []schema.Check{{Code: "wpar-specification", Doc: "A specification file has sections of name = \"value\" lines.", Check: func(v cty.Value) (string, string, string) {
			if _, err := readSpecification(schema.Str(v, "specification")); err != nil {
				return "specification", err.Error(), "Write it as mkwpar -o does: a section and a colon, then indented lines such as name = \"app20\"."
			}
			return "", "", ""
		}}, {Code: "wpar-declared", Doc: "What is declared fits together.", Check: wparDeclared}},
	}
}

// wparIdentity: the root on an NFS server is the same wherever the WPAR is defined; everything else is of its host.
func wparIdentity(v cty.Value) string {
	root := schema.JoinPath("mount", "/")
	if schema.Str(v, root+".type") == "nfs" {
		return schema.Str(v, root+".server") + ":" + schema.Str(v, root+".path")
	}
	return schema.Str(v, "host") + "/" + schema.Str(v, "name")
}

// wparWhole adds what the specification says, and the network block to the addresses.
func wparWhole(v cty.Value) cty.Value {
	spec, err := readSpecification(schema.Str(v, "specification"))
	if err == nil {
		v = overlay(spec, v)
	}
	if a := schema.Str(v, "network.address"); a != "" && !schema.Has(v, schema.JoinPath("address", a)) {
		for _, n := range []string{"interface", "netmask", "prefix"} {
			if x := schema.Get(v, "network."+n); x != cty.NilVal {
				v = schema.Set(v, schema.JoinPath("address", a, n), x)
			}
		}
		if !schema.Has(v, schema.JoinPath("address", a)) {
			v = schema.Set(v, schema.JoinPath("address", a), cty.EmptyObjectVal)
		}
	}
	return v
}

// overlay is a value with another one over it, attribute by attribute.
func overlay(under, over cty.Value) cty.Value {
	if under == cty.NilVal || !under.Type().IsObjectType() {
		return over
	}
	if over == cty.NilVal {
		return under
	}
	if !over.Type().IsObjectType() {
		return over
	}
	out := under.AsValueMap()
	if out == nil {
		out = map[string]cty.Value{}
	}
	for n, x := range over.AsValueMap() {
		if old, has := out[n]; has {
			x = overlay(old, x)
		}
		out[n] = x
	}
	return cty.ObjectVal(out)
}

// isMask reports whether a network mask is one.
func isMask(s string) bool {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return false
	}
	b := a.As4()
	n := ^(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
	return n&(n+1) == 0
}

func wparDeclared(v cty.Value) (at, problem, fix string) {
	v = wparWhole(v)
	for _, a := range schema.Items(v, "address") {
		p := schema.JoinPath("address", a)
		ip, err := netip.ParseAddr(a)
		switch {
		case err != nil:
			return p, "No address: " + a, "Name an IPv4 or an IPv6 address."
		case ip.Is4() && schema.Has(v, p+".netmask") && !isMask(schema.Str(v, p+".netmask")):
			return p + ".netmask", "No network mask: " + schema.Str(v, p+".netmask"), "Write one whose bits are set from the left, such as 255.255.192.0."
		case ip.Is4() && !schema.Has(v, p+".netmask") || ip.Is6() && !schema.Has(v, p+".prefix"):
			return p, "An address without the size of its network", "Declare netmask for IPv4, prefix for IPv6."
		}
	}
	for _, m := range schema.Items(v, "mount") {
		p := schema.JoinPath("mount", m)
		kind := schema.Str(v, p+".type")
		switch {
		case path.Clean(m) != m || m != "/" && !mountPoint.MatchString(m):
			return p, "No directory: " + m, "Name an absolute path as the WPAR sees it."
		case kind == "nfs" && (schema.Str(v, p+".server") == "" || schema.Str(v, p+".path") == ""):
			return p, "An NFS filesystem without a server or a path", "Declare server and path."
		case kind != "nfs" && schema.Has(v, p+".server"):
			return p + ".server", "A server of what is not on NFS", "Leave it out, or declare type = \"nfs\"."
		case (kind == "namefs" || kind == "directory") && schema.Str(v, p+".path") == "":
			return p, "Nothing says which directory of the host it is", "Declare path."
		}
	}
	for _, c := range []string{"cpu", "memory"} {
		if s := schema.Str(v, "resource_control."+c); s != "" && !wparLimit.MatchString(s) {
			return "resource_control." + c, "No limits: " + s, "Declare least, soft and hard limit, as in 5%-50%,100%."
		}
	}
	if app := schema.Str(v, "application"); app != "" {
		if !strings.HasPrefix(app, "/") {
			return "application", "The command has no absolute path", "Declare it from the root on."
		}
		// Those that wparexec has no word for; it runs until its command ends.
		for _, a := range []string{"directory", "auto_start", "private_usr", "volume_group", "image", "versioned", "copy_rootvg", "name_resolution", "device", "kernel_extensions", "privileges", "reboot", "preserve", "backup"} {
			if schema.Has(v, a) && len(schema.Items(v, a)) > 0 || schema.Has(v, a) && a != "device" {
				return a, "An application WPAR has none", "Leave it out, or leave application out."
			}
		}
		if schema.Str(v, "state") == "off" {
			return "state", "An application WPAR is gone when it stops", "Leave state out, or remove the block to end it."
		}
	}
	if schema.True(v, "versioned") && !schema.Has(v, "image") {
		return "versioned", "An older AIX comes from an image", "Declare image: a backup made by mksysb."
	}
	for _, t := range schema.Strings(v, "mobility.tests") {
		if !slices.Contains([]string{"memory", "speed", "time"}, t) {
			return "mobility.tests", "No such test: " + t, "Name memory, speed or time."
		}
	}
	return "", "", ""
}

// specWords are the names of a specification file and the attributes that they are here.
var specWords = map[string]map[string]string{
	"general": {"name": "name", "hostname": "hostname", "directory": "directory", "script": "script", "application": "application",
		"checkpointable": "checkpointable", "privateusr": "private_usr", "auto": "auto_start", "routing": "routing", "copynameres": "name_resolution", "vg": "volume_group"},
	"resources": {"active": "active", "rset": "rset", "shares_CPU": "shares_cpu", "CPU": "cpu", "shares_memory": "shares_memory", "memory": "memory", "procVirtMem": "process_virtual_memory",
		"totalVirtMem": "total_virtual_memory", "totalProcesses": "processes", "totalThreads": "threads", "totalPTYs": "ptys", "totalLargePages": "large_pages", "pct_msgIDs": "message_queue_ids",
		"pct_semIDs": "semaphore_ids", "pct_shmIDs": "shared_memory_ids", "pct_pinMem": "pinned_memory"},
}

// specIgnored: what a file that mkwpar -o wrote holds besides, which belongs to the WPAR that it was written of, or is as usual.
var specIgnored = []string{"uuid", "ostype", "vipwpar", "owner", "xwparipc", "architecture", "rootvgwpar", "broadcast"}

var specBool = []string{"checkpointable", "private_usr", "auto_start", "routing", "name_resolution", "active"}

// readSpecification reads the text of a specification file into attributes. Its form is unconfirmed (aix-cli.md, section 17.4): sections,
// names and quotes are read as mkwpar -o writes them, comments begin with * or #.
func readSpecification(text string) (cty.Value, error) {
	if text == "" {
		return cty.NilVal, nil
	}
	out := cty.EmptyObjectVal
	section, fields, from := "", map[string]string{}, 0
	flush := func() error {
		if section == "" {
			return nil
		}
		v, err := specSection(out, section, fields)
		if err != nil {
			return fmt.Errorf("section %s at line %d: %w", section, from, err)
		}
		out, fields = v, map[string]string{}
		return nil
	}
	for i, l := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		trimmed := strings.TrimSpace(l)
		name, value, assigned := strings.Cut(trimmed, "=")
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == '*':
		case !assigned && strings.HasSuffix(trimmed, ":"):
			if err := flush(); err != nil {
				return cty.NilVal, err
			}
			section, from = strings.TrimSuffix(trimmed, ":"), i+1
		case assigned && section != "":
			fields[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
		default:
			return cty.NilVal, fmt.Errorf("line %d is neither a section nor an assignment: %q", i+1, trimmed)
		}
	}
	if err := flush(); err != nil {
		return cty.NilVal, err
	}
	return out, nil
}

func specSection(v cty.Value, section string, fields map[string]string) (cty.Value, error) {
	set := func(at string, names map[string]string) (cty.Value, error) {
		for _, n := range sortedNames(fields) {
			to, x := names[n], cty.StringVal(fields[n])
			if to == "" {
				if slices.Contains(specIgnored, n) {
					continue
				}
				return v, fmt.Errorf("there is no %s", n)
			}
			if slices.Contains(specBool, to) {
				if fields[n] != "yes" && fields[n] != "no" {
					return v, fmt.Errorf("%s is yes or no", n)
				}
				x = cty.BoolVal(fields[n] == "yes")
			}
			v = schema.Set(v, at+to, x)
		}
		return v, nil
	}
	block := func(name, label string, names map[string]string) (cty.Value, error) {
		if fields[label] == "" {
			return v, fmt.Errorf("%s is missing", label)
		}
		at := schema.JoinPath(name, fields[label])
		v = schema.Set(v, at, cty.EmptyObjectVal)
		delete(fields, label)
		return set(at+".", names)
	}
	switch section {
	case "general":
		return set("", specWords[section])
	case "resources":
		return set("resource_control.", specWords[section])
	case "network":
		return block("address", "address", map[string]string{"interface": "interface", "netmask": "netmask"})
	case "route":
		return block("route", "rtdest", map[string]string{"rtgateway": "gateway"})
	case "mount":
		if fields["vfs"] == "namefs" && fields["directory"] == fields["dev"] {
			return v, nil // what every WPAR gets of its host
		}
		if size := fields["size"]; size != "" { // blocks of 512 bytes
			delete(fields, "size")
		}
		delete(fields, "vg")
		return block("mount", "directory", map[string]string{"vfs": "type", "host": "server", "dev": "path", "mountopts": "options"})
	case "device":
		if !strings.HasPrefix(fields["devname"], "hdisk") && fields["rootvg"] != "yes" {
			return v, nil // the pseudo devices that every WPAR gets
		}
		root, name := fields["rootvg"] == "yes", fields["devname"]
		delete(fields, "rootvg")
		out, err := block("device", "devname", nil)
		if root && err == nil {
			out = schema.Set(out, schema.JoinPath("device", name, "rootvg"), cty.True)
		}
		return out, err
	case "security":
		return v, nil // the whole set of what mkwpar -o found; privileges are declared
	}
	return v, errors.New("there is no such section")
}

func sortedNames(m map[string]string) []string {
	var out []string
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

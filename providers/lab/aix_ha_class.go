package lab

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
)

// haAttr is an attribute of a class.
type haAttr struct {
	name, kind, arg, def string
	mode                 byte // a: only at add, m: only at modify, q: only in queries
}

type haClass struct {
	name    string
	aliases []string
	actions string
	attrs   []haAttr
}

func (c *haClass) attr(name string) *haAttr {
	if c == nil {
		return nil
	}
	for i := range c.attrs {
		if c.attrs[i].name == name {
			return &c.attrs[i]
		}
	}
	return nil
}

// haClassText says what clmgr knows. A line of a class has its name, aliases and actions; a line of an attribute has kind,
// what the kind needs, the default behind =, and ! with the mode.
const haClassText = `
class cluster cl : add query modify delete online offline sync verify discover recover manage
NODES names !a
TYPE enum NSC|SC|LC =NSC
HEARTBEAT_TYPE enum UNICAST|MULTICAST =UNICAST
CLUSTER_IP address
REPOSITORIES disks !a
FC_SYNC_INTERVAL int 1-1440 =10
RG_SETTLING_TIME int 0-100000 =0
RG_DIST_POLICY enum node|network =node
MAX_EVENT_TIME int 1-100000 =180
MAX_RG_PROCESSING_TIME int 1-100000 =180
DAILY_VERIFICATION able =Enabled
VERIFICATION_NODE nodeword =Default
VERIFICATION_HOUR int 0-23 =0
VERIFICATION_DEBUGGING able =Enabled
HEARTBEAT_FREQUENCY int 10-600 =30
GRACE_PERIOD int 5-30 =10
NETWORK_FAILURE_DETECTION_TIME int 5-590 =20
NODE_FAILURE_DETECTION_TIMEOUT int 10-600 =30
SITE_POLICY_FAILURE_ACTION enum fallover|notify =fallover
SITE_POLICY_NOTIFY_METHOD path
SITE_HEARTBEAT_CYCLE int 0-600 =0
SITE_GRACE_PERIOD int 0-600 =0
TEMP_HOSTNAME enum disallow|allow =disallow
LPM_POLICY enum manage|unmanage =manage
HEARTBEAT_FREQUENCY_DURING_LPM int 0-600 =0
CAA_AUTO_START_DR able =Enabled
CAA_REPOS_MODE enum assert|event =event
CAA_CONFIG_TIMEOUT int 0-2147483647 =240
CAA_PVM_WATCHDOG_TIMER enum disable|dump_restart|hard_reset|hard_power_off =disable
LVM_PREFERRED_READ enum roundrobin|favorcopy|siteaffinity =roundrobin
CRIT_DAEMON_RESTART_GRACE_PERIOD int 0-240 =60
SKIP_EVENT_PROCESSING_MANAGE_MODE bool =false
SPLIT_POLICY enum none|tiebreaker|manual|nfs =none
MERGE_POLICY enum majority|tiebreaker|manual|nfs =majority
TIEBREAKER text
QUARANTINE_POLICY enum disable|halt|fencing|halt_with_fencing =disable
CRITICAL_RG ref resource_group

class site si : add query modify delete offline online
NODES refs node
SITE_IP address
RECOVERY_PRIORITY enum MANUAL|1|2 =MANUAL
HOLD_DOWN_TIME int 0-100000 =0

class node no host nodes hosts : add query modify delete online offline
COMMPATH text
SITE ref site
START_ON_BOOT bool =false
BROADCAST_ON_START bool =true
CLINFO_ON_START enum false|true|consistent =false
VERIFY_ON_START bool =true
PERSISTENT_IP text !a
NETWORK ref network !a
NETMASK mask !a

class network ne net : add query modify delete
TYPE enum ether|XD_data|XD_ip|infiniband =ether
NETMASK mask
PREFIX int 1-128
PUBLIC bool =true
RESOURCE_DIST_PREF enum AC|ACS|C|CS|CPL|ACPL|ACPLS|NOALI =AC
SOURCE_IP ref service_ip
IPALIASING bool =true

class interface if in : add query modify delete
NETWORK ref network
NODE ref node
TYPE enum ether|XD_data|XD_ip|infiniband =ether
INTERFACE text

class service_ip se service : add query modify delete
NETWORK ref network
NETMASK mask
PREFIX int 1-128
SITE ref site

class persistent_ip pe persistent : add query modify delete
NETWORK ref network
NODE ref node
NETMASK mask
PREFIX int 1-128

class application_controller ac app application app_controller : add query modify delete manage
STARTSCRIPT script
STOPSCRIPT script
STARTUP_MODE enum background|foreground =background
MONITORS refs application_monitor
CPU_USAGE_MONITOR yesno =no
PROCESS_TO_MONITOR_CPU_USAGE path
CPU_USAGE_MONITOR_INTERVAL int 1-120

class application_monitor am mon app_mon appmon : add query modify delete
TYPE enum Process|Custom
APPLICATIONS refs application_controller
MODE enum longrunning|startup|both =longrunning
PROCESSES words
OWNER text
INSTANCECOUNT int 1-1000 =1
ARGUMENTS text
MONITORMETHOD script
MONITORINTERVAL int 1-100000 =60
HUNGSIGNAL int 1-63 =9
STABILIZATION int 0-100000 =15
RESTARTCOUNT int 0-100 =3
RESTARTINTERVAL int 0-1000000 =0
FAILUREACTION enum notify|fallover =fallover
CLEANUPMETHOD script
RESTARTMETHOD script
NOTIFYMETHOD script

class dependency dep : add query modify delete
PARENT ref resource_group
CHILD refs resource_group
START ref resource_group
STOP ref resource_group
AFTER refs resource_group
SAME enum NODE|SITE
DIFFERENT enum NODE
GROUPS refs resource_group
HIGH refs resource_group
INTERMEDIATE refs resource_group
LOW refs resource_group
TYPE enum ACQUIRE|RELEASE
SERIAL refs resource_group
PARALLEL refs resource_group

class fallback_timer fa timer : add query modify delete
YEAR int 1970-2100
MONTH int 1-12
DAY_OF_MONTH int 1-31
DAY_OF_WEEK int 0-6
HOUR int 0-23
MINUTE int 0-59

class repository rp repos : add query delete replace
SITE ref site
NODE ref node

class resource_group rg : add query modify delete online offline move
NODES refs node
SECONDARYNODES refs node
SITE_POLICY enum ignore|primary|either|both =ignore
STARTUP enum OHN|OFAN|OAAN|OUDP =OHN
FALLOVER enum FNPN|FUDNP|BO =FNPN
FALLBACK enum FBHPN|NFB =FBHPN
NODE_PRIORITY_POLICY enum default|mem|disk|cpu|least|most =default
NODE_PRIORITY_POLICY_SCRIPT path
NODE_PRIORITY_POLICY_TIMEOUT int 0-100000
DISK words
VOLUME_GROUP words
FORCED_VARYON bool =false
FILESYSTEM words
FSCHECK_TOOL enum fsck|logredo =fsck
RECOVERY_METHOD enum sequential|parallel =sequential
EXPORT_FILESYSTEM words
EXPORT_FILESYSTEM_V4 words
STABLE_STORAGE_PATH text
MOUNT_FILESYSTEM words
NFS_NETWORK ref network
SHARED_TAPE_RESOURCES words
APPLICATIONS refs application_controller
SERVICE_LABEL refs service_ip
WPAR_NAME text
MIRROR_GROUP text
FS_BEFORE_IPADDR bool =false
VG_AUTO_IMPORT bool =false
FALLBACK_AT ref fallback_timer

class file_collection fc : add query modify delete sync
FILES paths
DESCRIPTION text
SYNC_WITH_CLUSTER bool =false
SYNC_WHEN_CHANGED bool =false

class snapshot sn ss : add query delete manage
DESCRIPTION text
METHODS words
SAVE_LOGS bool

class volume_group vg : add query modify delete
NODES refs node !a
PHYSICAL_VOLUMES words !a
TYPE enum original|big|scalable|legacy
RESOURCE_GROUP ref resource_group !a
PPART_SIZE enum 1|2|4|8|16|32|64|128|256|512|1024 !a
MAJOR_NUMBER int 1-4095 !a
ACTIVATE_ON_RESTART yesno =no
QUORUM_NEEDED yesno =yes
CRITICAL yesno =no
ENABLE_LV_ENCRYPTION yesno =no
LTG_SIZE enum 128|256|512|1024
MIGRATE_FAILED_DISKS enum false|one|pool|remove =false
MAX_PHYSICAL_PARTITIONS enum 32|64|128|256|512|768|1024
MAX_LOGICAL_VOLUMES enum 256|512|1024|2048|4096
STRICT_MIRROR_POOLS enum no|yes|super =no
MIRROR_POOL_NAME text
FAILUREACTION enum halt|notify|fence|stoprg|moverg
NOTIFYMETHOD path
LVM_PREFERRED_READ enum roundrobin|favorcopy|siteaffinity =roundrobin
ADD words !m
REMOVE words !m

class logical_volume lv : add query delete
VOLUME_GROUP text
LOGICAL_PARTITIONS int 1-1000000
TYPE enum jfs|jfs2|sysdump|paging|jfslog|jfs2log|aio_cache|boot =jfs
POSITION enum outer_middle|outer_edge|center|inner_middle|inner_edge =outer_middle
PV_RANGE enum minimum|maximum =minimum
MAX_PVS_FOR_NEW_ALLOC int 1-1024
LPART_COPIES int 1-3 =1
WRITE_CONSISTENCY enum active|passive|off =active
LPARS_ON_SEPARATE_PVS enum yes|no|superstrict =yes
RELOCATE yesno =yes
BAD_BLOCK_RELOCATION yesno =yes
VERIFY_WRITES yesno =no
SERIALIZE_IO yesno =no
FIRST_BLOCK_AVAILABLE yesno =no
ENABLE_LV_ENCRYPTION yesno =no
SCHEDULING_POLICY enum parallel|sequential|parallel_sequential|parallel_round_robin =parallel
STRIPE_SIZE enum 4K|8K|16K|32K|64K|128K|256K|512K|1M|2M|4M|8M|16M|32M|64M|128M
LABEL text
MAX_LPARTS int 1-1000000
ALLOCATION_MAP path
USER text
GROUP text
PERMISSIONS text
NODE ref node
FIRST_COPY_MIRROR_POOL text
SECOND_COPY_MIRROR_POOL text
THIRD_COPY_MIRROR_POOL text
AUTH_METHOD enum keyserv|pks
METHOD_DETAILS text
AUTH_METHOD_NAME text

class file_system fs : add query delete
VOLUME_GROUP text
LOGICAL_VOLUME text
TYPE enum enhanced|standard|compressed|large =enhanced
UNITS int 1-1000000000
SIZE_PER_UNIT enum megabytes|gigabytes|512bytes
PERMISSIONS enum rw|ro =rw
OPTIONS words
BLOCK_SIZE enum 512|1024|2048|4096 =4096
FRAGMENT_SIZE enum 512|1024|2048|4096
LV_FOR_LOG text
INLINE_LOG_SIZE int 1-2047
EXT_ATTR_FORMAT enum v1|v2 =v1
QUOTA enum no|all|user|group =no
EFS yesno =no
DISK_ACCOUNTING yesno =no
BYTES_PER_INODE enum 512|1024|2048|4096|8192|16384|32768|65536|131072
ALLOC_GROUP_SIZE enum 8|16|32|64

class mirror_pool mp : add query delete
VOLUME_GROUP text
PHYSICAL_VOLUMES words
MODE enum sync|async =sync
ASYNC_CACHE_LV text
ASYNC_CACHE_HW_MARK int 0-100
class physical_volume pv disk : query
class log : query view
class report : view
`

var (
	haClasses []*haClass
	haWord    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

func init() {
	for _, line := range strings.Split(haClassText, "\n") {
		w := strings.Fields(line)
		switch {
		case len(w) == 0:
		case w[0] == "class":
			at := slices.Index(w, ":")
			haClasses = append(haClasses, &haClass{name: w[1], aliases: w[2:at], actions: strings.Join(w[at+1:], " ")})
		default:
			a := haAttr{name: w[0], kind: w[1]}
			for _, x := range w[2:] {
				switch x[0] {
				case '=':
					a.def = x[1:]
				case '!':
					a.mode = x[1]
				default:
					a.arg = x
				}
			}
			c := haClasses[len(haClasses)-1]
			c.attrs = append(c.attrs, a)
		}
	}
}

func haClassOf(name string) *haClass {
	for _, c := range haClasses {
		if c.name == name {
			return c
		}
	}
	return nil
}

// abbreviated is the full name of an attribute that was shortened, when only one begins so.
func (c *haClass) abbreviated(name string) string {
	full := ""
	for _, a := range c.attrs {
		if a.name == name {
			return name
		}
		if strings.HasPrefix(a.name, name) {
			if full != "" {
				return name
			}
			full = a.name
		}
	}
	if full == "" {
		return name
	}
	return full
}

// ofODM tells whether the objects of a class are in the definition, and not on disks or in files.
func (c *haClass) ofODM() bool {
	return !contains("volume_group logical_volume file_system mirror_pool physical_volume snapshot log report", c.name)
}

// Exit codes of clmgr.
const (
	haGeneral   = 1
	haNotFound  = 2
	haMissing   = 3
	haIncorrect = 4
	haDepends   = 5
)

// haProblem is a refusal of clmgr.
type haProblem struct {
	code int
	text string
}

func problem(code int, format string, args ...any) *haProblem {
	return &haProblem{code, text(format, args...)}
}

// value checks the value of an attribute and brings it into the form that is kept.
func (a *haAttr) value(h *Host, d *haDef, v string) (string, *haProblem) {
	list := strings.Fields(strings.ReplaceAll(v, ",", " "))
	wrong := func(valid string) *haProblem {
		return problem(haIncorrect, "ERROR: \"%s\" is not a valid value for \"%s\". Valid values are: %s", v, a.name, valid)
	}
	if v == "" {
		if a.def != "" && a.kind != "text" {
			return a.def, nil
		}
		return "", nil
	}
	switch a.kind {
	case "int":
		var low, high int
		_, _ = fmt.Sscanf(a.arg, "%d-%d", &low, &high)
		if n, ok := atoi(v); !ok || n < low || n > high {
			return "", wrong(strings.Replace(a.arg, "-", " through ", 1))
		}
	case "enum":
		for _, x := range strings.Split(a.arg, "|") {
			if strings.EqualFold(x, v) {
				return x, nil
			}
		}
		return "", wrong(strings.ReplaceAll(a.arg, "|", ", "))
	case "bool", "yesno", "able":
		b, ok := haBool(v)
		if !ok {
			return "", wrong("true, false, yes, no")
		}
		return map[string][2]string{"bool": {"false", "true"}, "yesno": {"no", "yes"}, "able": {"Disabled", "Enabled"}}[a.kind][map[bool]int{true: 1}[b]], nil
	case "path", "script":
		if !strings.HasPrefix(v, "/") {
			return "", problem(haIncorrect, "ERROR: \"%s\" must be a full path name: \"%s\"", a.name, v)
		}
	case "paths":
		for _, x := range list {
			if !strings.HasPrefix(x, "/") {
				return "", problem(haIncorrect, "ERROR: \"%s\" must be a full path name: \"%s\"", a.name, x)
			}
		}
		return strings.Join(list, " "), nil
	case "mask":
		if maskBits(v) < 0 {
			return "", problem(haIncorrect, "ERROR: \"%s\" is not a valid netmask for \"%s\".", v, a.name)
		}
	case "address":
		if net.ParseIP(v) == nil && h.haLookup(v) == "" {
			return "", problem(haIncorrect, "ERROR: \"%s\" is not a valid IP address for \"%s\".", v, a.name)
		}
	case "nodeword":
		if v != "Default" && d.get("node", v) == nil {
			return "", problem(haNotFound, "ERROR: node \"%s\" does not appear to exist!", v)
		}
	case "ref", "refs":
		if a.kind == "ref" && len(list) > 1 {
			return "", problem(haIncorrect, "ERROR: \"%s\" takes one value only.", a.name)
		}
		for i, x := range list {
			if slices.Contains(list[:i], x) {
				return "", problem(haIncorrect, "ERROR: \"%s\" is specified more than once for \"%s\".", x, a.name)
			}
			if d.get(a.arg, x) == nil {
				return "", problem(haNotFound, "ERROR: %s \"%s\" does not appear to exist!", strings.ReplaceAll(a.arg, "_", " "), x)
			}
		}
		return strings.Join(list, " "), nil
	case "words", "names", "disks":
		for i, x := range list {
			if slices.Contains(list[:i], x) {
				return "", problem(haIncorrect, "ERROR: \"%s\" is specified more than once for \"%s\".", x, a.name)
			}
		}
		return strings.Join(list, " "), nil
	}
	return v, nil
}

func haBool(v string) (bool, bool) {
	switch strings.ToLower(v) {
	case "true", "yes", "t", "y", "enabled", "enable", "on":
		return true, true
	case "false", "no", "f", "n", "disabled", "disable", "off":
		return false, true
	}
	return false, false
}

// haReserved are words that no object may have as its name (/usr/es/sbin/cluster/etc/reserved_words).
const haReserved = "adapter cluster command custom daemon event group network node resource name OHN OFAN OUDP OAAN FNPN FUDNP BO FBHPN NFB all ALL none NONE ip IP serial public private local remote nim rs232 tmscsi tmssa diskhb ether " +
	"fddi token slip socc atm service boot persistent shared cascading rotating concurrent subsystem grep if then else fi for while do done case esac"

// checkName refuses a name that the cluster does not take.
func checkName(class, name string) *haProblem {
	what := strings.ReplaceAll(class, "_", " ")
	switch {
	case name == "":
		return problem(haMissing, "ERROR: a name/label is required for the %s.", what)
	case len(name) > 64 || class == "network" && len(name) > 32:
		return problem(haIncorrect, "ERROR: the name \"%s\" is too long.", name)
	case name[0] >= '0' && name[0] <= '9':
		return problem(haIncorrect, "ERROR: a %s name may not begin with a number: \"%s\"", what, name)
	case !haWord.MatchString(name):
		bad := ""
		for _, r := range name {
			if s := string(r); !haWord.MatchString("a"+s) && !strings.Contains(bad, s) {
				bad += s
			}
		}
		if bad == "" {
			bad = name[:1]
		}
		return problem(haIncorrect, "ERROR: one or more invalid characters were detected in \"%s\" (\"%s\"). Valid characters include letters, numbers, and underscores only.", name, bad)
	case contains(haReserved, name):
		return problem(haIncorrect, "ERROR: \"%s\" is a reserved word, and may not be used as a name.", name)
	}
	return nil
}

// named tells which classes take any label as a name, because it is one of the hosts file or a path.
func labelled(class string) bool {
	return contains("interface service_ip persistent_ip repository", class)
}

// checkObject refuses what does not fit together in an object.
func checkObject(e *Estate, h *Host, d *haDef, o *haObject, fresh bool) *haProblem {
	need := func(attrs ...string) *haProblem {
		for _, a := range attrs {
			if o.get(a) == "" {
				return problem(haMissing, "ERROR: \"%s\" is required for %s \"%s\".", a, strings.ReplaceAll(o.Class, "_", " "), o.Name)
			}
		}
		return nil
	}
	switch o.Class {
	case "network":
		if o.get("NETMASK") != "" && o.get("PREFIX") != "" {
			return problem(haIncorrect, "ERROR: \"NETMASK\" and \"PREFIX\" may not be specified together.")
		}
	case "interface":
		if p := need("NETWORK", "NODE"); p != nil {
			return p
		}
		return checkInterface(e, h, d, o)
	case "service_ip", "persistent_ip":
		if o.Attrs["NETMASK"] != "" && o.Attrs["PREFIX"] != "" {
			return problem(haIncorrect, "ERROR: \"NETMASK\" and \"PREFIX\" may not be specified together.")
		}
		if o.Class == "persistent_ip" {
			if p := need("NODE"); p != nil {
				return p
			}
			for _, x := range d.all("persistent_ip") {
				if x.Name != o.Name && x.get("NODE") == o.get("NODE") && x.get("NETWORK") == o.get("NETWORK") {
					return problem(haIncorrect, "ERROR: node \"%s\" already has a persistent IP label on network \"%s\": %s", o.get("NODE"), o.get("NETWORK"), x.Name)
				}
			}
		}
		return need("NETWORK")
	case "application_controller":
		if p := need("STARTSCRIPT", "STOPSCRIPT"); p != nil {
			return p
		}
		if o.get("CPU_USAGE_MONITOR") == "yes" {
			if o.get("MONITORS") != "" {
				return problem(haIncorrect, "ERROR: \"CPU_USAGE_MONITOR\" and \"MONITORS\" may not be specified together.")
			}
			return need("PROCESS_TO_MONITOR_CPU_USAGE", "CPU_USAGE_MONITOR_INTERVAL")
		}
		if o.get("PROCESS_TO_MONITOR_CPU_USAGE")+o.get("CPU_USAGE_MONITOR_INTERVAL") != "" {
			return problem(haMissing, "ERROR: \"CPU_USAGE_MONITOR\" must be \"yes\" when its other attributes are specified.")
		}
	case "application_monitor":
		if p := need("TYPE", "APPLICATIONS"); p != nil {
			return p
		}
		if o.get("STABILIZATION") == "0" {
			return problem(haIncorrect, "ERROR: \"0\" is not a valid value for \"STABILIZATION\".")
		}
		if o.get("TYPE") == "Custom" {
			if o.Attrs["PROCESSES"]+o.Attrs["OWNER"]+o.Attrs["INSTANCECOUNT"]+o.Attrs["ARGUMENTS"] != "" {
				return problem(haIncorrect, "ERROR: \"PROCESSES\", \"OWNER\", \"INSTANCECOUNT\" and \"ARGUMENTS\" are for process monitors only.")
			}
			return need("MONITORMETHOD")
		}
		if o.Attrs["MONITORMETHOD"]+o.Attrs["MONITORINTERVAL"]+o.Attrs["HUNGSIGNAL"] != "" {
			return problem(haIncorrect, "ERROR: \"MONITORMETHOD\", \"MONITORINTERVAL\" and \"HUNGSIGNAL\" are for custom monitors only.")
		}
		if len(o.list("PROCESSES")) > 1 && o.num("INSTANCECOUNT") > 1 {
			return problem(haIncorrect, "ERROR: \"INSTANCECOUNT\" must be 1 when several processes are specified.")
		}
		return need("PROCESSES", "OWNER")
	case "fallback_timer":
		if o.get("YEAR") != "" && (o.get("MONTH") == "" || o.get("DAY_OF_MONTH") == "") || o.get("MONTH") != "" && o.get("DAY_OF_MONTH") == "" || o.get("DAY_OF_WEEK") != "" && o.get("DAY_OF_MONTH") != "" {
			return problem(haMissing, "ERROR: a year needs \"MONTH\" and \"DAY_OF_MONTH\", a month needs \"DAY_OF_MONTH\", and \"DAY_OF_WEEK\" excludes them.")
		}
		return need("HOUR", "MINUTE")
	case "site":
		for _, x := range d.all("site") {
			for _, n := range o.list("NODES") {
				if x.Name != o.Name && slices.Contains(x.list("NODES"), n) {
					return problem(haIncorrect, "ERROR: node \"%s\" already belongs to site \"%s\".", n, x.Name)
				}
			}
		}
		if fresh && len(d.all("site")) >= 2 {
			return problem(haGeneral, "ERROR: a cluster may have two sites only.")
		}
		return need("NODES")
	case "resource_group":
		return checkGroup(e, h, d, o)
	case "file_collection":
		return need("FILES")
	}
	return nil
}

func checkInterface(e *Estate, h *Host, d *haDef, o *haObject) *haProblem {
	node := e.haHost(h, d.get("node", o.get("NODE")))
	address := h.haLookup(o.Name)
	if address == "" {
		return problem(haNotFound, "ERROR: \"%s\" does not resolve to an IP address. Check /etc/hosts.", o.Name)
	}
	if node == nil {
		return nil
	}
	for _, n := range node.Interfaces {
		if n.Address == address && (o.get("INTERFACE") == "" || o.get("INTERFACE") == n.Name) {
			o.Attrs["INTERFACE"] = n.Name
			return nil
		}
	}
	return problem(haNotFound, "ERROR: the IP label \"%s\" (%s) is not configured on an interface of node \"%s\".", o.Name, address, o.get("NODE"))
}

func checkGroup(e *Estate, h *Host, d *haDef, o *haObject) *haProblem {
	if o.get("NODES") == "" {
		return problem(haMissing, "ERROR: \"NODES\" is required for resource group \"%s\".", o.Name)
	}
	startup, fallover, fallback := o.get("STARTUP"), o.get("FALLOVER"), o.get("FALLBACK")
	switch {
	case startup == "OAAN" && (fallover != "BO" || fallback != "NFB"):
		return problem(haIncorrect, "ERROR: a startup policy of \"OAAN\" requires the fallover policy \"BO\" and the fallback policy \"NFB\".")
	case startup == "OUDP" && fallback != "NFB":
		return problem(haIncorrect, "ERROR: a startup policy of \"OUDP\" requires the fallback policy \"NFB\".")
	case o.get("FALLBACK_AT") != "" && fallback != "FBHPN":
		return problem(haIncorrect, "ERROR: \"FALLBACK_AT\" requires the fallback policy \"FBHPN\".")
	case fallover == "FUDNP" && o.get("NODE_PRIORITY_POLICY") == "default":
		return problem(haMissing, "ERROR: a fallover policy of \"FUDNP\" requires \"NODE_PRIORITY_POLICY\".")
	case fallover == "FUDNP" && len(d.all("site")) > 0:
		return problem(haIncorrect, "ERROR: a fallover policy of \"FUDNP\" is not supported with sites.")
	case contains("least most", o.get("NODE_PRIORITY_POLICY")) && (o.get("NODE_PRIORITY_POLICY_SCRIPT") == "" || o.get("NODE_PRIORITY_POLICY_TIMEOUT") == ""):
		return problem(haMissing, "ERROR: \"NODE_PRIORITY_POLICY_SCRIPT\" and \"NODE_PRIORITY_POLICY_TIMEOUT\" are required for the node priority policy \"%s\".", o.get("NODE_PRIORITY_POLICY"))
	case o.get("SECONDARYNODES") != "" && len(d.all("site")) == 0:
		return problem(haDepends, "ERROR: \"SECONDARYNODES\" requires sites.")
	}
	_, hosts := e.peers(d, h)
	for _, vg := range o.list("VOLUME_GROUP") {
		if vg == "rootvg" || vg == "caavg_private" {
			return problem(haIncorrect, "ERROR: volume group \"%s\" may not be used in a resource group.", vg)
		}
		if e.sharedVG(hosts, vg) == nil {
			return problem(haNotFound, "ERROR: volume group \"%s\" does not appear to exist!", vg)
		}
	}
	for _, x := range d.all("resource_group") {
		if x.Name == o.Name {
			continue
		}
		for _, attr := range []string{"VOLUME_GROUP", "SERVICE_LABEL", "APPLICATIONS", "FILESYSTEM", "DISK"} {
			for _, v := range o.list(attr) {
				if slices.Contains(x.list(attr), v) && v != "ALL" {
					return problem(haIncorrect, "ERROR: \"%s\" is already a resource of resource group \"%s\".", v, x.Name)
				}
			}
		}
	}
	for _, fs := range o.list("FILESYSTEM") {
		known := fs == "ALL"
		for _, p := range hosts {
			known = known || p.stanza(fs) != nil
		}
		if !known {
			return problem(haNotFound, "ERROR: file system \"%s\" does not appear to exist!", fs)
		}
	}
	return nil
}

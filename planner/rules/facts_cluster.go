package rules

import (
	"slices"

	"github.com/gantry-power/gantry/config/schema"
)

// Host is an AIX image, as declared and as found.
type Host struct {
	Address      schema.Address
	Name         string
	Found        bool // it answered; what follows is then known, and else empty
	Declared     bool
	Partition    *Partition // that it runs in, where that is declared
	Site         string
	Level        string // 7200-05-03-2148
	Bits         float64
	VarFree      float64 // MiB
	ClusterLevel string  // 7.2.7 GA; empty without cluster software
	Filesets     map[string]string
	Names        map[string]string // of /etc/hosts, with their addresses
	Interfaces   []*HostInterface
	Routes       []string
	Users        map[string]float64
	Exports      []string
	Scripts      map[string]string // of its cluster's applications: executable, not executable, missing
	Processes    []string
	State        string // of cluster services: NORMAL, OFFLINE ...; empty outside of a cluster
	Manager      string // ST_STABLE ...
	Starts       bool   // the plan starts cluster services there

	// What it offers to workload partitions, where they are or are declared.
	Memory, MemFree float64 // MiB
	Processor       string  // POWER7
	Speed           float64 // MHz
	Entitled, Idle  float64 // processing units, percent; Idle is -1 where it is not known
	Time, Mobility  bool
	NFS             map[string]string // mount point -> server:directory
	Exported        map[string]string // server, and server:directory -> who may mount it
	Strangers       []string          // workload partitions that are not declared
}

// Label is how messages call the host.
func (h *Host) Label() string {
	if h.Address != "" {
		return string(h.Address)
	}
	return h.Name
}

// Release is the version of AIX, 7.2; "" where it is not known.
func (h *Host) Release() string {
	if len(h.Level) < 4 {
		return ""
	}
	return h.Level[:1] + "." + h.Level[1:2]
}

// HostInterface is a network interface of a host.
type HostInterface struct {
	Name, Address, Netmask, State, Boot string
	Aliases                             []string
}

// Cluster is a cluster as it will be when the plan is done; what was found stands apart.
type Cluster struct {
	Address      schema.Address
	Name         string
	Release      string // 5.1 to 7.2
	Declared     bool
	Exists       bool // it was found
	Nodes        []*Host
	Type         string // standard, stretched, linked
	Heartbeat    string // unicast, multicast
	OnStop       string
	Repositories []*Disk
	Networks     []*ClusterNetwork
	Interfaces   []*ClusterLabel // boot addresses
	ServiceIPs   []*ClusterLabel
	Persistent   []*ClusterLabel
	Sites        []*Site
	Settings     map[string]float64 // durations in seconds, those that are declared or were found
	Policies     map[string]string  // lpm_policy, split_policy ...
	Features     []string
	TestedAt     string
	Groups       []*ResourceGroup
	Applications []*Application

	Condition    string // found: STABLE, OFFLINE, UNSTABLE, ERROR ...
	Running      bool   // found: services run on a node
	Synchronised bool   // found
	Disagree     []string
	Online       bool // services run when the plan is done
	Changed      bool // the plan changes its definition, or that of something in it
	Created      bool // the plan makes it
	Stops        bool // the plan stops its services
}

// Label is how messages call the cluster.
func (c *Cluster) Label() string {
	if c.Address != "" {
		return string(c.Address)
	}
	return c.Name
}

// Classic: HACMP up to PowerHA 6.1, with topology services and non-IP networks; later ones stand on Cluster Aware AIX.
func (c *Cluster) Classic() bool { return c.Release < "7" }

// Network is one of its networks by name, or nil.
func (c *Cluster) Network(name string) *ClusterNetwork {
	for _, n := range c.Networks {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// On are the boot addresses of a node on a network; nil or "" stand for all.
func (c *Cluster) On(h *Host, network string) []*ClusterLabel {
	var out []*ClusterLabel
	for _, i := range c.Interfaces {
		if (h == nil || i.Node == h) && (network == "" || i.Network == network) {
			out = append(out, i)
		}
	}
	return out
}

// deaf names an interface of a node that is down, with its network; networks narrow it down, none stand for all.
func (c *Cluster) deaf(h *Host, networks ...string) (device, network string) {
	for _, i := range h.Interfaces {
		for _, l := range c.On(h, "") {
			mine := l.Address == i.Address || l.Address == i.Boot || slices.Contains(i.Aliases, l.Address)
			if i.State == "down" && mine && (len(networks) == 0 || slices.Contains(networks, l.Network)) {
				return i.Name, l.Network
			}
		}
	}
	return "", ""
}

// ClusterNetwork is a network of a cluster.
type ClusterNetwork struct {
	Name, Type     string // ether, XD_data, XD_ip, diskhb, rs232, tmscsi, tmssa
	Netmask        string
	Private        bool
	Takeover       string // alias, replacement
	HeartbeatAlias string
	Disk           *Disk   // of diskhb
	Nodes          []*Host // ends of one without IP
	Devices        map[string]string
}

// IP reports whether the network carries IP.
func (n *ClusterNetwork) IP() bool {
	return slices.Contains([]string{"ether", "XD_data", "XD_ip"}, n.Type)
}

// ClusterLabel is a boot, service or persistent address.
type ClusterLabel struct {
	Name, Network, Address, Netmask string // Netmask: that of the network where none is declared
	Node                            *Host  // of a boot or persistent address
	Site, MAC                       string
	Device                          string // found: network interface
}

// Site is a site of a cluster.
type Site struct {
	Name       string
	Nodes      []*Host
	Repository *Disk
	Readiness  string  // cold, warm, hot; "" where it is not declared
	Link       float64 // -1 where it is not declared
	Latency    float64 // ms; -1
	OwnGroups  bool
}

// ResourceGroup is a resource group as it will be when the plan is done; what was found stands apart.
type ResourceGroup struct {
	Address                     schema.Address
	Name                        string
	Cluster                     *Cluster
	Nodes, Secondary            []*Host
	Startup, Fallover, Fallback string // home-node ..., translated from a style
	Style                       string // as declared: cascading, rotating, concurrent, custom, ""
	InactiveTakeover, CWOF      bool
	Priority                    string // memory, cpu, disk, lowest, highest; "" without
	PriorityScript              string
	PriorityTimeout             float64
	Timer                       string // name of its fallback timer
	ServiceIPs                  []*ClusterLabel
	UnknownIPs                  []string // that it names and the cluster does not have
	Applications                []*Application
	VolumeGroups                []*VolumeGroup
	Filesystems                 []string // that it names; none = all of its volume groups
	RawDisks                    []*Disk
	Tapes                       []string
	Exports, ExportsV4          []string
	NFSMounts                   map[string]string // mount point -> exported directory
	NFSNetwork                  string
	FilesystemsFirst            bool // declared so, or by default because it exports
	FilesystemsFirstSaid        bool // it says so itself, true or false
	Forced                      bool // forced_varyon
	AutoImport                  bool // the cluster imports a volume group on nodes that lack it
	Recovery                    string
	Parents, SameNode           []*ResourceGroup
	DifferentNode               []*ResourceGroup
	StartAfter, StopAfter       []*ResourceGroup
	SitePolicy                  string
	Critical                    bool
	Data, Link                  float64 // recovery_level; -1 where it is not declared
	Readiness, By, TestedAt     string
	Within, Latency             float64 // seconds; ms; 0 and -1 where they are not declared

	Exists    bool   // it was found
	Condition string // found: ONLINE, OFFLINE, ERROR, UNMANAGED ...
	Current   *Host  // found: node that has it
	Pinned    string // found: override location
	Wanted    *Host  // on
	MovesTo   *Host  // the plan moves it there
	Stops     bool   // the plan takes it offline, or its application
	Changed   bool   // the plan changes its definition
	NodesNow  []*Host
}

// Label is how messages call the group.
func (g *ResourceGroup) Label() string {
	if g.Address != "" {
		return string(g.Address)
	}
	return g.Name
}

// Concurrent: it is online on all nodes at once.
func (g *ResourceGroup) Concurrent() bool { return g.Startup == "all-available" }

// Application is an application under cluster control.
type Application struct {
	Address              schema.Address
	Name                 string
	Cluster              *Cluster
	Start, Stop          string
	StartupMode          string
	Monitors             []*Monitor
	Kind                 string // database, web, batch, other; "" where it is not declared
	Process              string // program, script; ""
	StartTime            float64
	Unattended           bool
	Recovers, Standalone bool
	// RecoversSaid and StandaloneSaid: the declaration says so, true or false.
	RecoversSaid, StandaloneSaid bool
	Concurrent                   bool
	Files, Levels                []string
	Routes                       []string
	Licence                      *Licence // nil: none is declared
	Clients                      *Clients // nil: none are declared
}

// Label is how messages call the application.
func (a *Application) Label() string {
	if a.Address != "" {
		return string(a.Address)
	}
	return a.Name
}

// Licence is that of an application; 0 and nil where it is not declared.
type Licence struct {
	BoundTo           []*Host
	Processors, Count float64
}

// Clients are those of an application; nil where it is not declared.
type Clients struct {
	ARPRefresh, SameSubnet *bool
	Reconnect              string
}

// Monitor is an application monitor; -1 stands for a number that is not declared.
type Monitor struct {
	Name, Type, Mode          string // process or custom; longrunning (also where it is not declared), startup, both
	Processes                 []string
	Owner, Method             string
	Instances, Interval       float64
	Signal, Stabilization     float64
	Restarts, RestartInterval float64
	OnFailure                 string // notify, fallover; notify where it is not declared
	Cleanup, Restart, Notify  string
	Group                     *ResourceGroup // that holds its application, or nil
}

// VolumeGroup is a volume group as it will be when the plan is done; what each host has of it stands apart.
type VolumeGroup struct {
	Address     schema.Address
	Name        string
	Declared    bool
	Hosts       []*Host
	Mode        string // standard, enhanced-concurrent
	Type        string
	AutoOn      *bool
	Quorum      *bool
	Major       float64 // declared; 0
	Disks       []*Disk
	Known       map[string]*KnownGroup // by host name
	Volumes     []*LogicalVolume
	Filesystems []*Filesystem
	Group       *ResourceGroup // that holds it, or nil
}

// Label is how messages call the volume group.
func (v *VolumeGroup) Label() string {
	if v.Address != "" {
		return string(v.Address)
	}
	return v.Name
}

// Shared: several hosts have it.
func (v *VolumeGroup) Shared() bool { return len(v.Hosts) > 1 }

// KnownGroup is what a host knows of a volume group.
type KnownGroup struct {
	State  string // off, active, passive, concurrent
	Major  float64
	AutoOn *bool // nil where it is off
}

// LogicalVolume is a logical volume, declared or found; "" and 0 where something is not known.
type LogicalVolume struct {
	Address    schema.Address
	Name, Type string
	Copies     float64
	Strictness string // strict, superstrict, none
	Upper      float64
	Mount      string
}

// Filesystem is a filesystem, declared or found.
type Filesystem struct {
	Address schema.Address
	Mount   string
	Group   *VolumeGroup
}

// HostDisk is a disk at a host.
type HostDisk struct {
	Device, Status, VolumeGroup, Reserve string
	LUN                                  string // storage port and LUN there; empty for what has none
	Size                                 float64
}

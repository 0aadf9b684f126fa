package rules

import (
	"cmp"
	"slices"

	"github.com/gantry-power/gantry/config/schema"
)

// Facts is what the rules look at: what was found, joined with what is declared
// and with what the plan is about to do.
type Facts struct {
	// Partial: only some of the partitions are in it, so that no sum over a system is right.
	Partial    bool
	losses     []loss // of pools, once they are known
	Endpoints  []*Endpoint
	Systems    []*System
	Disks      []*Disk
	Partitions []*Partition // found and declared ones; those only declared are New
	Migrations []*Migration
	// Hosts, Clusters and VolumeGroups are those that are declared or belong to what is.
	Hosts        []*Host
	Clusters     []*Cluster
	VolumeGroups []*VolumeGroup
	Wpars        []*Wpar
}

// Endpoint is a declared console.
type Endpoint struct {
	Key, Type, Host, User string
	Version               string           // as the console tells it
	Claims                []schema.Address // systems that name it as their provider
}

// System is a frame.
type System struct {
	Address              schema.Address // empty when not declared
	Name, ID             string
	Console              string // host name of its console
	Manager              string // ivm or hmc; empty when unknown
	ManagerDeclared      string // type of the provider that it is declared under
	State                string
	Compat               []string
	RegionMB             float64
	MemConfigurable      float64
	MemInstalled         float64
	MemFree              float64
	ProcsFree            float64
	MinUnits             float64
	MaxVirtual           float64
	MaxPartitions        float64
	ActiveCapable        bool
	InactiveCapable      bool
	ActiveMax, ActiveNow float64
	Carried              float64 // live migrations that its movers carry at once; 0 where they do not tell
	InactiveMax          float64
	InactiveNow          float64
	Capabilities         []string
	Vios                 []*Vios
	Maintenance, Standby bool
	Pool                 string  // declared: systems that take each other's partitions
	VirtualPerCore       float64 // declared: most virtual processors for each core; 0 = no limit
	ProcsConfigurable    float64
	Quarantine           bool
	MaxRunning           float64 // -1 when no limit is declared
	HeadroomMem          float64
	HeadroomUnits        float64
	Definitions          int // partitions that exist on it
	Pools, Switches      []string
	PoolsPartly          bool                // only the pools that partitions use were read
	SwitchesPartly       bool                // only the virtual switches that adapters are on were read
	Fabrics              map[string][]string // declared: VIOS/port of every fabric
	HugeFree             float64             // huge pages that nobody has; -1 when unknown
	Service              int                 // id of the service partition; 0 for none
}

// Vios is a Virtual I/O Server.
type Vios struct {
	Name, State, RMC, Level string
	Channel, VASI, Mover    bool
	MaxSlots                float64
	UsedSlots               int
	Bridges                 []*Bridge
	TargetDevices           []string
	Stale                   []string
}

// Bridge is a Shared Ethernet Adapter.
type Bridge struct {
	Device, Status string
	Switch         string // virtual switch; empty under an IVM, whose switches have no names
	VLANs          []int
	Untagged       []int // port VLANs of its trunk adapters
	Carriers       []int // port VLANs that only carry a tagged trunk
}

// defaultSwitch is the virtual switch of an adapter that names none.
const defaultSwitch = "ETHERNET0"

// Bridges reports whether a usable adapter bridges a VLAN of an adapter's virtual switch.
func (s *System) Bridges(e *Ethernet, vlan int) bool {
	return slices.ContainsFunc(s.Vios, func(v *Vios) bool { return len(v.bridging(e, vlan)) > 0 })
}

// bridging are the usable adapters that bridge a VLAN of an adapter's virtual switch.
func (v *Vios) bridging(e *Ethernet, vlan int) []*Bridge {
	var out []*Bridge
	for _, b := range v.Bridges {
		usable := b.Status == "" || b.Status == "Available"
		if usable && slices.Contains(b.VLANs, vlan) && (b.Switch == "" || b.Switch == cmp.Or(e.Switch, defaultSwitch)) {
			out = append(out, b)
		}
	}
	return out
}

// Label is how messages call the system.
func (s *System) Label() string {
	if s == nil {
		return "(unknown system)"
	}
	if s.Address != "" {
		return string(s.Address)
	}
	return s.Name
}

// Disk is a LUN as all Virtual I/O Servers see it.
type Disk struct {
	Address   schema.Address
	ID        string
	Shared    bool
	Identity  bool                 // it has a unique id, a PVID or a LUN behind a storage port
	Declared  bool                 //
	ByID      bool                 // the declaration identifies it
	Paths     map[string]*DiskPath // by system identity
	LocalOnly bool                 // it is no SAN disk
	PVID      string
	OnHosts   map[string]*HostDisk // by host name
}

// DiskPath is a disk on one system.
type DiskPath struct {
	Device, Status, Reserve, VolumeGroup string
	Servers                              []string          // Virtual I/O Servers that see it, where several may
	Reserves                             map[string]string // reserve policy on each of them
	Devices                              map[string]string // device name on each of them
	MappedTo                             []string          // server adapters
}

// device is its name on one of the servers, or on the only one.
func (p *DiskPath) device(server string) string { return cmp.Or(p.Devices[server], p.Device) }

// Label is how messages call the disk.
func (d *Disk) Label() string {
	if d.Address != "" {
		return string(d.Address)
	}
	return d.ID
}

// Partition is a partition with its declared and found facts.
type Partition struct {
	Address        schema.Address
	Name, ID       string
	New            bool // declared only
	System, Target *System
	Environment    string
	State          string
	Running        bool
	RunningAtEnd   bool
	RMC            string
	DlparMem       bool
	DlparProc      bool
	OS             string
	LparID         int
	EverActivated  bool
	Migration      string
	WorkloadGroup  string
	Slots          []string // physical
	ExtraSerial    []string
	MemNow         float64
	MemMin         float64
	MemDesired     float64
	MemMax         float64
	Overhead       float64 // on the target
	MemShared      bool
	Units          float64
	Procs          float64
	MaxProcs       float64
	ProcMode       string
	CompatNow      string
	CompatWanted   string
	Ethernet       []*Ethernet
	Disks          []*PartitionDisk
	FibreChannel   []string
	Pinned         bool
	Exclusive      bool
	OnlyOn, NotOn  []schema.Address
	Group, Apart   string
	Resized        bool // the plan changes memory or processors online

	UUID                             string
	MigrationDisabled, TimeReference bool
	RedundantErrorPath               bool
	HugePages, Expansion             float64
	VNICs, LogicalPorts              []string // slots; descriptions
	Pool, PoolThere                  string   // shared processor pool, and the one declared for the target
	Profile                          string
	Profiles                         []string
	ProfileNamed                     bool     // mobility.profile is declared
	Differs                          bool     // memory or processors run with other values than the profile has
	Fabrics                          []string // of its NPIV adapters

	HostPorts                []string // logical ports of a Host Ethernet Adapter
	BSR                      float64  // arrays of barrier synchronization registers
	RemoteRestart            bool
	Features                 []string // virtual TPM, secure boot, key store, virtual serial number
	HeldUnits                float64  // that it holds, also while it is off
	ProfileMem, ProfileUnits float64  // that its next activation takes
	// Choices are the Virtual I/O Servers that mobility names, by attribute; those of the target in pairs under "mover_pairs there".
	Choices         map[string][]string
	RedundantMovers bool     // two pairs of movers are asked for
	OneMover        bool     // redundant_movers is off
	Overrides       []string // checks of the console that mobility gives up
}

// Ethernet is a virtual Ethernet adapter.
type Ethernet struct {
	Label  string
	VLANs  []int
	MAC    string
	Switch string
	New    bool // declared on an existing partition that does not have it yet
}

// PartitionDisk is a virtual SCSI disk.
type PartitionDisk struct {
	Label   string
	Target  string // virtual target device
	Backing string // disk, lv, file, lu (of a shared storage pool), optical
	Device  string
	Paths   int   // that it has, or shall have; 0 when unknown or left to the frame
	Disk    *Disk // nil when the backing is no disk or is not declared and not found
}

// Migration is a move that the plan makes.
type Migration struct {
	Partition      *Partition
	Source, Target *System
	Live           bool
	TargetIDs      map[int]string // partition ids on the target
	// SameConsole: one console manages both systems.
	SourceEndpoint, TargetEndpoint *Endpoint
}

func (m *Migration) kind() string {
	if m.Live {
		return "active"
	}
	return "inactive"
}

// Places are the systems that the partition is on at some moment of the plan.
func (p *Partition) Places() []*System {
	if p.System == nil {
		return []*System{p.Target}
	}
	if p.Target == nil || p.Target == p.System {
		return []*System{p.System}
	}
	return []*System{p.System, p.Target}
}

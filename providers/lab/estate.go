package lab

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Partition states as the consoles print them.
const (
	stateRunning      = "Running"
	stateStarting     = "Starting"
	stateOff          = "Not Activated"
	stateOpenFirmware = "Open Firmware"
	stateShuttingDown = "Shutting Down"
	stateError        = "Error"
	stateMigrating    = "Migrating - Running"
	stateMigratingOff = "Migrating - Not Activated"
)

const (
	envVIOS     = "vioserver"
	envAIXLinux = "aixlinux"

	rmcActive   = "active"
	rmcInactive = "inactive"
	rmcNone     = "none"
)

// Estate is everything that the consoles look at. It is not safe for concurrent use; the Lab guards it.
type Estate struct {
	Now        time.Time
	Timing     Timing
	SAN        []*LUN
	Clusters   []*Cluster
	Systems    []*System
	Consoles   []*Console
	Migrations []*Migration
	caas       []*caaCluster
	cut        map[string]bool // interfaces, networks and disks that faults have cut off
	ha         map[string]*haEngine
	waiting    map[string]int // ends of heartbeat disks that somebody tests
	lab        *Lab
	NFS        []*nfsServer // that are no hosts

	events   eventQueue
	eventSeq int
	faults   []*armedFault
	unzoned  map[string]bool // WWPNs that no zone holds
	orphans  []*medium       // disks of hosts whose Virtual I/O Server has them no more
}

// Timing holds the durations of the estate in virtual time.
type Timing struct {
	Boot         time.Duration // Starting to Running
	RMC          time.Duration // Running to rmc_state=active
	Shutdown     time.Duration // an operating system shutdown
	PowerOff     time.Duration // an immediate power off
	Validate     time.Duration // a migration validation
	Suspend      time.Duration // from the last byte to the partition running at the target
	Linger       time.Duration // how long the source still answers "Not Migrating" for a partition that left
	MigrateBytes int64         // bytes per second between two movers
	Latency      float64       // factor on the latency of commands; 0 = none
}

func defaultTiming() Timing {
	return Timing{
		Boot: 30 * time.Second, RMC: 60 * time.Second, Shutdown: 30 * time.Second, PowerOff: 3 * time.Second,
		Validate: 8 * time.Second, Suspend: 2 * time.Second, Linger: 20 * time.Second,
		// One GiB in thirty seconds.
		MigrateBytes: (1 << 30) / 30, Latency: 1,
	}
}

// LUN is a logical unit of the storage network. Which VIOS sees it is said by the VIOS.
type LUN struct {
	Name     string
	WWPN     string // target port, 16 hex digits, upper case
	ID       string // 64-bit SCSI LUN, 16 hex digits, upper case
	SizeMB   int
	UniqueID string
	PVID     string // 16 hex digits or empty
	Blank    bool   // holds no operating system
	medium   *medium
}

// path is the part of a location code that all VIOSs share.
func (l *LUN) path() string {
	id := strings.TrimLeft(l.ID, "0")
	if id == "" {
		id = "0"
	}
	return "-W" + l.WWPN + "-L" + id
}

// connection is the same in the form of lspath.
func (l *LUN) connection() string {
	id := strings.ToLower(strings.TrimLeft(l.ID, "0"))
	if id == "" {
		id = "0"
	}
	return strings.ToLower(l.WWPN) + "," + id
}

// System is one server.
type System struct {
	Label         string
	Name          string
	TypeModel     string // 7998-61X
	Serial        string
	MemoryMB      int
	FirmwareMB    int // without the page tables of partitions
	RegionMB      int
	Procs         int // hundredths of a processor
	MinUnits      int // hundredths per virtual processor
	Modes         []string
	Capabilities  []string
	MaxPartitions int
	MaxActive     int
	MaxInactive   int
	KeyLock       string
	Slots         []*IOSlot
	Partitions    []*Partition
	TakenMB       int // memory that something outside the model holds; a fault sets it

	// The rest is seen by an HMC only.
	HMC         bool   // managed by an HMC: adapters, profiles and running values are three things
	State       string // Operating, Power Off, No Connection, ...
	Address     string // of the service processor
	UUID        string
	Description string
	SPType      string // fsp or ebmc
	StartPolicy string // power_on_lpar_start_policy
	OffPolicy   bool   // power_off_policy
	SampleRate  int    // seconds between samples of utilization; 0 is none
	HugePages   int    // of 16 GB
	Pools       []*ProcPool
	Switches    []*Switch
	SRIOV       []*SRIOVAdapter
	WWPNNext    int // pairs given out so far; a pair is never given out twice
	MSPLimit    int // active migrations of one mover
	optimizing  time.Time
}

// ProcPool is a shared processor pool.
type ProcPool struct {
	ID            int
	Name          string
	Max, Reserved int // hundredths
}

// Switch is a virtual switch.
type Switch struct {
	Name string
	VEPA bool
}

// SRIOVAdapter is a physical adapter in shared mode, with its ports.
type SRIOVAdapter struct {
	ID       int
	DRCIndex string
	Location string
	Ports    []*SRIOVPort
}

// SRIOVPort is a physical port of such an adapter.
type SRIOVPort struct {
	ID      int
	Type    string // eth, ethc or roce
	Label   string
	Down    bool
	Logical []*LogicalPort
}

// LogicalPort is a configured logical port.
type LogicalPort struct {
	ID       string
	Config   int // config_id within its partition
	Owner    int
	Capacity int  // hundredths of a percent
	RoCE     bool // logical_port_type=roce
	MAC      string
}

// VNIC is a virtual network adapter that SR-IOV logical ports back.
type VNIC struct {
	Slot, PVID int
	MAC        string
	Backing    []string // sriov/vios/id/adapter/port/logical port/capacity/desired/priority/max/desired max
	Active     int      // the backing device in use
	Disabled   bool
	Failover   bool // auto_priority_failover
	// Extra holds the attributes that nothing here depends on, where they differ from their default.
	Extra map[string]string
}

// ServerAdapter is a virtual server adapter as the hypervisor has it. The device of the Virtual I/O Server appears with
// cfgdev.
type ServerAdapter struct {
	Slot, RemoteID, RemoteSlot int // 0 = any
	FC, Required               bool
}

// IOSlot is a physical adapter slot.
type IOSlot struct {
	DRCIndex    string
	Location    string // U78A5.001.WIH0402-P1-C6
	Bus         int
	Description string
	Owner       int // partition id, 0 = nobody
}

// Resources are the memory and processor settings of a profile or of a running partition. Units are hundredths.
type Resources struct {
	MinMem, Mem, MaxMem       int
	Dedicated                 bool
	MinUnits, Units, MaxUnits int
	MinProcs, Procs, MaxProcs int
	Sharing                   string
	Weight                    int

	Pool                   int // shared processor pool
	Expansion              int // hundredths; 0 = off
	MinHuge, Huge, MaxHuge int // huge pages
}

// held is what the hypervisor gives: hundredths of processors.
func (r Resources) held() int {
	if r.Dedicated {
		return r.Procs * 100
	}
	return r.Units
}

// EthAdapter is a virtual Ethernet adapter of a partition, live or in a profile.
type EthAdapter struct {
	Slot          int
	IEEE          bool
	PVID          int
	VLANs         []int
	TrunkPriority int // 0 = no trunk
	Required      bool
	MAC           string
	Switch        string // virtual switch, under an HMC
	OSMACs        string // allowed_os_mac_addrs
	QoS           string
}

// ScsiAdapter is a client virtual SCSI adapter; in the profile of a Virtual I/O Server under an HMC, a server one.
type ScsiAdapter struct {
	Slot, RemoteID, RemoteSlot int
	Required                   bool
	Server                     bool
}

// FCAdapter is a client virtual fibre channel adapter.
type FCAdapter struct {
	Slot, RemoteID, RemoteSlot int
	Required                   bool
	WWPNs                      [2]string
	Server                     bool
}

// Profile is what the next activation takes.
type Profile struct {
	Name string
	Resources
	MaxSlots  int
	Eth       []EthAdapter
	Scsi      []ScsiAdapter
	FC        []FCAdapter
	IOSlots   []string // drc_index/pool/is_required as read
	BootMode  string
	AutoStart bool
	Mode      string // processor compatibility
	// Extra holds the attributes that nothing here depends on, where they differ from their default.
	Extra map[string]string
}

// Partition is a logical partition; a VIOS has a device model besides.
type Partition struct {
	ID          int
	Name        string
	Env         string
	State       string
	Refcode     string
	RefcodeTime time.Time
	OSVersion   string
	RMC         string
	RMCAddress  string
	DLPAR       [3]bool // memory, processor, I/O, when RMC is active
	WorkGroup   int     // 0 = none
	KeyLock     string
	BootMode    string
	Priority    int
	Perf        bool
	ModeCurr    string
	MACBase     string
	UUID        string
	Booted      time.Time
	BootFails   bool // the guest never gets past its boot loader
	VTOpen      bool
	Profile     Profile
	CurrProfile string
	Curr        Resources // zero while the partition holds nothing
	CurrSlots   int
	Eth         []EthAdapter
	Scsi        []ScsiAdapter
	FC          []FCAdapter
	VIOS        *VIOS
	Host        *Host // the AIX that runs in it

	// The rest is used under an HMC only.
	Others            []*Profile // profiles besides the default one
	Servers           []ServerAdapter
	VNICs             []VNIC
	Sync              string // sync_curr_profile
	MSP, TimeRef      bool
	MigrationDisabled bool
	Description       string
	Extra             map[string]string
	vtHolder          *session  // who has the virtual terminal
	ownProfile        bool      // while a scenario is read: it gives the profile of a Virtual I/O Server
	oldRefs           []refcode // newest first, without the present one

	bootSequence int // increases with every state change, so that an old timer finds itself outdated
}

// VIOS is the device model of a virtual I/O server.
type VIOS struct {
	Hostname   string
	Level      string
	Interface  string
	NoVASI     bool
	NoMirror   bool // levels before the Mirrored line of lsmap
	Ports      []*FCPort
	Disks      []*Disk
	Zoned      []*LUN // visible without being configured as a disk
	Eths       []*EthDevice
	SEAs       []*SEA
	VHosts     []*VHost
	VFCHosts   []*VFCHost
	Groups     []*VolumeGroup
	Pool       string         // default storage pool
	Files      map[string]int // files that mkvopt can read, with their size in MB
	Drives     map[string]int // optical drives, with the size of the medium in them
	MoverLimit int            // active migrations at once, where it was set
	locked     bool           // a command that changes devices is running
	hmc        bool           // managed by an HMC
}

// VolumeGroup is a volume group of the VIOS itself.
type VolumeGroup struct {
	Name     string
	Disks    []string
	PPSizeMB int
	TotalPPs int
	Volumes  []*LogicalVolume
}

func (g *VolumeGroup) used() int {
	n := 0
	for _, v := range g.Volumes {
		n += v.PPs
	}
	return n
}

// LogicalVolume is a volume that can back a virtual disk, or one that holds a file system of the VIOS.
type LogicalVolume struct {
	Name  string
	PPs   int
	Use   string
	Files []*File

	medium *medium
}

// What the file system on a volume is for.
const (
	usePool    = "file_pool"     // backing devices
	useLibrary = "media_library" // virtual optical media
)

// File is a file-backed device or a virtual optical medium.
type File struct {
	Name     string
	SizeMB   int
	ReadOnly bool

	medium *medium
}

// FCPort is a physical fibre channel port.
type FCPort struct {
	Name     string // fcs0
	Location string
	WWPN     string
	NPIV     bool
	Fabric   bool
	SAN      string // name of the fabric it is on
	Label    string // that an HMC has given it
	MaxPorts int
}

// Disk is an hdisk of a VIOS, either a LUN or an internal disk.
type Disk struct {
	Name    string
	LUN     *LUN
	Port    string // fcs port of the first path
	Reserve string
	Algo    string
	Queue   int // queue_depth; 0 = the default
	// The rest describes internal disks only.
	Location string
	SizeMB   int
	PVID     string
	UniqueID string
	Defined  bool
	// Known is the identifier that was read, where a client has written another one since.
	Known  *string
	medium *medium
}

func (d *Disk) pvid() string {
	if d.Known != nil {
		return *d.Known
	}
	if d.LUN != nil {
		return d.LUN.PVID
	}
	return d.PVID
}

func (d *Disk) setPVID(s string) {
	d.Known = nil
	if d.LUN != nil {
		d.LUN.PVID = s
		return
	}
	d.PVID = s
}

func (d *Disk) uniqueID() string {
	if d.LUN != nil {
		return d.LUN.UniqueID
	}
	return d.UniqueID
}

func (d *Disk) size() int {
	if d.LUN != nil {
		return d.LUN.SizeMB
	}
	return d.SizeMB
}

// EthDevice is an entN that is not an SEA: physical when Location is set, virtual when Slot is, else made of others.
type EthDevice struct {
	Name        string
	Location    string
	Slot        int
	Description string
	Members     []string // of a link aggregation
	Mode        string
	Base        string // of a VLAN device
	Tag         int
}

// SEA bridges trunk adapters to a physical port.
type SEA struct {
	Name        string
	Real        string
	Virtual     []string
	PVIDAdapter string
	PVID        int
	HAMode      string
	CtlChan     string
	Extra       map[string]string // attributes that nothing here depends on, where they differ from their default
}

// VHost is a server virtual SCSI adapter.
type VHost struct {
	Name       string
	Slot       int
	ClientID   int // 0 = any
	ClientSlot int
	VTDs       []*VTD
}

// VTD kinds.
const (
	vtdDisk    = "disk"
	vtdLV      = "lv"
	vtdOptical = "file_opt"
	vtdFile    = "file"
	vtdDrive   = "optical"
	vtdUnit    = "cl_disk"
)

// VTD is a virtual target device.
type VTD struct {
	Name    string
	Kind    string
	LUN     int    // 1 = 0x81...
	Backing string // hdisk, logical volume, drive, path of a file, or NAME.UDID of a logical unit
}

// VFCHost is a server virtual fibre channel adapter.
type VFCHost struct {
	Name       string
	Slot       int
	ClientID   int
	ClientSlot int
	Port       string // fcsN or empty
}

// Console is the management console of one system (an IVM) and, in its shape, of several.
type Console struct {
	Name     string
	Kind     string // ivm, hmc or aix
	Address  string
	System   *System   // of an IVM
	Systems  []*System // of an HMC
	Host     *Host     // of an AIX host
	Level    string    // of an HMC: V10R3M1060
	Locale   string    // of an HMC
	Files    map[string]bool
	Users    []*User
	Trusts   []string // consoles on which the key of this one is accepted
	Strict   bool     // VIOS commands need ioscli in exec channels
	Port     int
	KeyText  string // public key of this console's padmin
	AddedKey []string
}

// User of a console.
type User struct {
	Name     string
	Password string
	Keys     []string
	Role     string // task role of an HMC user
	Text     string // description of an HMC user
	failed   int
	locked   time.Time // until
}

// event is something that happens at a virtual moment.
type event struct {
	at   time.Time
	seq  int
	what func()
}

type eventQueue []*event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(*event)) }
func (q *eventQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return e
}

// after runs what when virtual time has moved on by d. There is no timer behind it: advance runs whatever is due
// whenever somebody looks, so nothing has to be stopped when the lab closes.
func (e *Estate) after(d time.Duration, what func()) {
	e.eventSeq++
	heap.Push(&e.events, &event{at: e.Now.Add(d), seq: e.eventSeq, what: what})
}

// advance moves the estate to the virtual moment t, event by event.
func (e *Estate) advance(t time.Time) {
	for len(e.events) > 0 && !e.events[0].at.After(t) {
		ev := heap.Pop(&e.events).(*event)
		if ev.at.After(e.Now) {
			e.Now = ev.at
		}
		ev.what()
	}
	if t.After(e.Now) {
		e.Now = t
	}
}

func (e *Estate) nextEvent() (time.Time, bool) {
	if len(e.events) == 0 {
		return time.Time{}, false
	}
	return e.events[0].at, true
}

func (e *Estate) console(name string) *Console {
	for _, c := range e.Consoles {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// resolve finds a console by what a user writes behind --ip.
func (e *Estate) resolve(host string) *Console {
	for _, c := range e.Consoles {
		if c.Host != nil {
			continue // no management console
		}
		v := c.vios()
		if c.Name == host || c.Address == host && host != "" || v != nil && v.VIOS.Hostname == host {
			return c
		}
	}
	return nil
}

func (e *Estate) system(label string) *System {
	for _, s := range e.Systems {
		if s.Label == label {
			return s
		}
	}
	return nil
}

func (e *Estate) lun(name string) *LUN {
	for _, l := range e.SAN {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// vios is the partition that an IVM lives on.
func (c *Console) vios() *Partition {
	if c.System == nil {
		return nil
	}
	for _, p := range c.System.Partitions {
		if p.VIOS != nil {
			return p
		}
	}
	return nil
}

// managed are the systems that the console manages.
func (c *Console) managed() []*System {
	if c.System != nil {
		return []*System{c.System}
	}
	return c.Systems
}

// manages finds the system that a user names behind -m or -t; nil when the console does not manage it.
func (c *Console) manages(name string) *System {
	for _, s := range c.managed() {
		if s.is(name) {
			return s
		}
	}
	return nil
}

func (c *Console) user(name string) *User {
	for _, u := range c.Users {
		if u.Name == name {
			return u
		}
	}
	return nil
}

func (c *Console) trusts(name string) bool {
	for _, t := range c.Trusts {
		if t == name {
			return true
		}
	}
	return false
}

// is tells whether name is what a user may write behind -m or -t.
func (s *System) is(name string) bool {
	return name == s.Name || name == s.TypeModel+"*"+s.Serial
}

func (s *System) unit() string {
	return "U" + strings.Replace(s.TypeModel, "-", ".", 1) + "." + s.Serial
}

func (s *System) partition(id int) *Partition {
	for _, p := range s.Partitions {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *System) partitionNamed(name string) *Partition {
	for _, p := range s.Partitions {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (s *System) capable(name string) bool {
	for _, c := range s.Capabilities {
		if c == name {
			return true
		}
	}
	return false
}

func (s *System) freeID() int {
	for id := 1; ; id++ {
		if s.partition(id) == nil {
			return id
		}
	}
}

func (s *System) addPartition(p *Partition) {
	s.Partitions = append(s.Partitions, p)
	sort.Slice(s.Partitions, func(i, j int) bool { return s.Partitions[i].ID < s.Partitions[j].ID })
}

func (s *System) dropPartition(p *Partition) {
	for i, q := range s.Partitions {
		if q == p {
			s.Partitions = append(s.Partitions[:i:i], s.Partitions[i+1:]...)
			return
		}
	}
}

// overhead is the memory that the hypervisor takes for the page table of a partition: a sixty-fourth of its maximum,
// rounded up to whole regions.
func (s *System) overhead(maxMem int) int {
	if maxMem == 0 {
		return 0
	}
	need := (maxMem + 63) / 64
	return (need + s.RegionMB - 1) / s.RegionMB * s.RegionMB
}

// firmware is sys_firmware_mem: the hypervisor itself, the page tables, and what a fault took away.
func (s *System) firmware() int {
	n := s.FirmwareMB + s.TakenMB
	for _, p := range s.Partitions {
		n += s.overhead(p.Curr.MaxMem)
	}
	return n
}

func (s *System) freeMem() int {
	n := s.MemoryMB - s.firmware()
	for _, p := range s.Partitions {
		n -= p.Curr.Mem
	}
	return n
}

func (s *System) freeUnits() int {
	n := s.Procs
	for _, p := range s.Partitions {
		n -= p.Curr.held()
	}
	return n
}

// vios is the virtual I/O server that hosts clients of this system.
func (s *System) vios() *Partition {
	for _, p := range s.Partitions {
		if p.VIOS != nil {
			return p
		}
	}
	return nil
}

func (s *System) highestMode() string {
	best := ""
	for _, m := range s.Modes {
		if m != "default" {
			best = m
		}
	}
	return best
}

func (s *System) supports(mode string) bool {
	for _, m := range s.Modes {
		if m == mode {
			return true
		}
	}
	return false
}

func (s *System) slotOf(drc string) *IOSlot {
	for _, sl := range s.Slots {
		if sl.DRCIndex == drc {
			return sl
		}
	}
	return nil
}

func (s *System) ownedSlots(id int) []*IOSlot {
	var out []*IOSlot
	for _, sl := range s.Slots {
		if sl.Owner == id {
			out = append(out, sl)
		}
	}
	return out
}

// holds tells whether the partition has resources of the hypervisor (resource_config=1).
func (p *Partition) holds() bool { return p.Curr.Mem > 0 }

func (p *Partition) migrating() bool {
	return p.State == stateMigrating || p.State == stateMigratingOff
}

// live tells whether virtual adapters of the partition are connected.
func (p *Partition) live() bool { return p.State != stateOff && p.State != stateMigratingOff }

func (p *Partition) setRef(now time.Time, code string) {
	if p.Refcode == code {
		return
	}
	p.oldRefs = append([]refcode{{p.Refcode, p.RefcodeTime}}, p.oldRefs...)
	p.oldRefs = p.oldRefs[:min(len(p.oldRefs), maxRefs)]
	p.Refcode, p.RefcodeTime = code, now
}

// maxRefs is how many reference codes of a partition the console keeps.
const maxRefs = 25

type refcode struct {
	code string
	at   time.Time
}

func (p *Partition) serial(s *System) string {
	digits := "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if p.ID < len(digits) {
		return s.Serial + digits[p.ID:p.ID+1]
	}
	return s.Serial + strings.ToUpper(strconv.FormatInt(int64(p.ID), 36))
}

// macBase makes the five bytes in front of the slot byte: locally administered, never multicast, the same for the
// same system and partition in every run.
func macBase(s *System, id int) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%s/%d", s.TypeModel, s.Serial, id)
	v := h.Sum64()
	return fmt.Sprintf("%02X%08X", byte(v)&^1|2, uint32(v>>8))
}

func wwpnPair(s *System, id, slot int) [2]string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d/%d", s.Serial, id, slot)
	v := uint64(h.Sum32()) &^ 1
	return [2]string{fmt.Sprintf("c05076%010x", v), fmt.Sprintf("c05076%010x", v|1)}
}

func makeUUID(s *System, id int, now time.Time) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s/%d/%d", s.Serial, id, now.UnixNano())
	b := h.Sum(nil)
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// loseResources is what a power off does to the live side of a partition.
func (p *Partition) loseResources() {
	p.Curr = Resources{}
	p.CurrSlots = 0
	p.Booted = time.Time{}
}

func (v *VIOS) disk(name string) *Disk {
	for _, d := range v.Disks {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func (v *VIOS) diskOf(l *LUN) *Disk {
	for _, d := range v.Disks {
		if d.LUN == l && !d.Defined {
			return d
		}
	}
	return nil
}

func (v *VIOS) port(name string) *FCPort {
	for _, p := range v.Ports {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (v *VIOS) vhost(name string) *VHost {
	for _, h := range v.VHosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

func (v *VIOS) vhostAt(slot int) *VHost {
	for _, h := range v.VHosts {
		if h.Slot == slot {
			return h
		}
	}
	return nil
}

func (v *VIOS) vhostsOf(id int) []*VHost {
	var out []*VHost
	for _, h := range v.VHosts {
		if h.ClientID == id {
			out = append(out, h)
		}
	}
	return out
}

func (v *VIOS) vfchost(name string) *VFCHost {
	for _, h := range v.VFCHosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

func (v *VIOS) vtd(name string) (*VHost, *VTD) {
	for _, h := range v.VHosts {
		for _, t := range h.VTDs {
			if t.Name == name {
				return h, t
			}
		}
	}
	return nil, nil
}

// users of a backing device.
func (v *VIOS) users(backing string) []*VTD {
	var out []*VTD
	for _, h := range v.VHosts {
		for _, t := range h.VTDs {
			if t.Backing == backing && backing != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// vg finds a volume group by its name.
func (v *VIOS) vg(name string) *VolumeGroup {
	for _, g := range v.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

func (v *VIOS) group(disk string) *VolumeGroup {
	for _, g := range v.Groups {
		for _, d := range g.Disks {
			if d == disk {
				return g
			}
		}
	}
	return nil
}

func (v *VIOS) volume(name string) (*VolumeGroup, *LogicalVolume) {
	for _, g := range v.Groups {
		for _, l := range g.Volumes {
			if l.Name == name {
				return g, l
			}
		}
	}
	return nil, nil
}

func (v *VIOS) sea(name string) *SEA {
	for _, s := range v.SEAs {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func (v *VIOS) eth(name string) *EthDevice {
	for _, d := range v.Eths {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func (v *VIOS) seaOf(ent string) *SEA {
	for _, s := range v.SEAs {
		for _, n := range s.Virtual {
			if n == ent {
				return s
			}
		}
	}
	return nil
}

// known tells whether a device of that name exists.
func (v *VIOS) known(name string) bool {
	if _, t := v.vtd(name); t != nil {
		return true
	}
	_, lv := v.volume(name)
	return v.disk(name) != nil || v.vhost(name) != nil || v.vfchost(name) != nil || v.port(name) != nil ||
		v.sea(name) != nil || v.eth(name) != nil || lv != nil || v.vg(name) != nil || v.drive(name)
}

// freeName is the lowest unused number behind prefix.
func (v *VIOS) freeName(prefix string) string {
	for n := 0; ; n++ {
		name := prefix + strconv.Itoa(n)
		if !v.known(name) {
			return name
		}
	}
}

func (v *VIOS) dropVHost(h *VHost) {
	for i, x := range v.VHosts {
		if x == h {
			v.VHosts = append(v.VHosts[:i:i], v.VHosts[i+1:]...)
			return
		}
	}
}

func (h *VHost) drop(t *VTD) {
	for i, x := range h.VTDs {
		if x == t {
			h.VTDs = append(h.VTDs[:i:i], h.VTDs[i+1:]...)
			return
		}
	}
}

func (h *VHost) freeLUN() int {
	for n := 1; ; n++ {
		free := true
		for _, t := range h.VTDs {
			if t.LUN == n {
				free = false
			}
		}
		if free {
			return n
		}
	}
}

func (t *VTD) lunText() string { return fmt.Sprintf("0x%02x00000000000000", 0x80+t.LUN) }

// usedSlots are the virtual slots of a VIOS partition that hold something.
func usedSlots(p *Partition) map[int]string {
	used := map[int]string{0: "serial", 1: "serial"}
	for _, e := range p.Eth {
		used[e.Slot] = "eth"
	}
	for _, a := range p.Scsi {
		used[a.Slot] = "scsi"
	}
	for _, a := range p.FC {
		used[a.Slot] = "fc"
	}
	if p.VIOS != nil {
		switch { // under an HMC the mover's channel takes no slot that anybody sees
		case p.VIOS.hmc:
		case p.VIOS.NoVASI:
			used[2] = "reserved"
		default:
			used[2] = "vasi"
		}
		for _, h := range p.VIOS.VHosts {
			used[h.Slot] = "scsi"
		}
		for _, h := range p.VIOS.VFCHosts {
			used[h.Slot] = "fc"
		}
	}
	for _, a := range p.Servers {
		used[a.Slot] = "scsi"
		if a.FC {
			used[a.Slot] = "fc"
		}
	}
	for _, a := range p.VNICs {
		used[a.Slot] = "vnic"
	}
	return used
}

// freeServerSlot is the lowest free odd slot from 11, as the console chooses for a new client.
func freeServerSlot(p *Partition) (int, bool) {
	used := usedSlots(p)
	for n := 11; n < p.slots(); n += 2 {
		if used[n] == "" {
			return n, true
		}
	}
	return 0, false
}

func (p *Partition) slots() int {
	if p.CurrSlots > 0 {
		return p.CurrSlots
	}
	return p.Profile.MaxSlots
}

// bridged tells whether an SEA of the VIOS carries the VLAN to the outside.
func (v *VIOS) bridged(p *Partition, vlan int) bool {
	for _, s := range v.SEAs {
		for _, name := range s.Virtual {
			d := v.eth(name)
			if d == nil {
				continue
			}
			for _, e := range p.Eth {
				if e.Slot != d.Slot {
					continue
				}
				if e.PVID == vlan {
					return true
				}
				for _, x := range e.VLANs {
					if x == vlan {
						return true
					}
				}
			}
		}
	}
	return false
}

// naturalLess orders hdisk2 before hdisk10.
func naturalLess(a, b string) bool {
	pa, na := splitNumber(a)
	pb, nb := splitNumber(b)
	if pa != pb {
		return pa < pb
	}
	if na != nb {
		return na < nb
	}
	return a < b
}

func splitNumber(s string) (string, int) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' && len(s)-i < 9 {
		i--
	}
	n := -1
	if i < len(s) {
		n, _ = strconv.Atoi(s[i:])
	}
	return s[:i], n
}

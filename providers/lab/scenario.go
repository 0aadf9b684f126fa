package lab

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Scenario is a parsed scenario file. It is immutable: every Start and Replace builds its own estate from it.
type Scenario struct {
	src  []byte
	name string
	file *fileBody
}

// Name is the file name that the scenario was read from.
func (s *Scenario) Name() string { return s.name }

// Source is the text of the scenario.
func (s *Scenario) Source() []byte { return append([]byte(nil), s.src...) }

type fileBody struct {
	Lab      *labBody          `hcl:"lab,block"`
	LUNs     []lunBody         `hcl:"lun,block"`
	Clusters []clusterBody     `hcl:"cluster,block"`
	Systems  []systemBody      `hcl:"system,block"`
	IVMs     []ivmBody         `hcl:"ivm,block"`
	HMCs     []hmcBody         `hcl:"hmc,block"`
	Hosts    []hostBody        `hcl:"host,block"`
	Groups   []diskGroupBody   `hcl:"disk_group,block"`
	Virtual  []virtualDiskBody `hcl:"virtual_disk,block"`
	NFS      []nfsServerBody   `hcl:"nfs_server,block"`
	HA       []haClusterBody   `hcl:"hacluster,block"`
	CAA      []caaBody         `hcl:"caa_cluster,block"`
	Faults   []faultBody       `hcl:"fault,block"`
}

type labBody struct {
	Speed    *float64 `hcl:"speed,optional"`
	Start    *string  `hcl:"start,optional"`
	Boot     *string  `hcl:"boot,optional"`
	RMC      *string  `hcl:"rmc,optional"`
	Shutdown *string  `hcl:"shutdown,optional"`
	PowerOff *string  `hcl:"power_off,optional"`
	Validate *string  `hcl:"validate,optional"`
	Suspend  *string  `hcl:"suspend,optional"`
	Linger   *string  `hcl:"linger,optional"`
	Rate     *int64   `hcl:"migration_rate,optional"`
	Latency  *float64 `hcl:"latency,optional"`
	Unzoned  []string `hcl:"unzoned,optional"`
	CutOff   []string `hcl:"cut_off,optional"`
	Body     hcl.Body `hcl:",body"`
}

type lunBody struct {
	Name     string   `hcl:"name,label"`
	WWPN     string   `hcl:"wwpn"`
	ID       string   `hcl:"id"`
	SizeMB   int      `hcl:"size_mb"`
	UniqueID *string  `hcl:"unique_id,optional"`
	PVID     *string  `hcl:"pvid,optional"`
	Blank    *bool    `hcl:"blank,optional"`
	Body     hcl.Body `hcl:",body"`
}

type systemBody struct {
	Label         string          `hcl:"label,label"`
	Name          string          `hcl:"name"`
	TypeModel     string          `hcl:"type_model"`
	Serial        string          `hcl:"serial"`
	MemoryMB      int             `hcl:"memory_mb"`
	FirmwareMB    int             `hcl:"firmware_mb"`
	RegionMB      int             `hcl:"region_mb"`
	Processors    float64         `hcl:"processors"`
	MinUnits      *float64        `hcl:"min_units_per_virtual_processor,optional"`
	Modes         []string        `hcl:"compat_modes"`
	Capabilities  []string        `hcl:"capabilities,optional"`
	MaxPartitions *int            `hcl:"max_partitions,optional"`
	MaxActive     *int            `hcl:"max_active_migrations,optional"`
	MaxInactive   *int            `hcl:"max_inactive_migrations,optional"`
	KeyLock       *string         `hcl:"keylock,optional"`
	TakenMB       *int            `hcl:"taken_mb,optional"`
	State         *string         `hcl:"state,optional"`
	Address       *string         `hcl:"address,optional"`
	UUID          *string         `hcl:"uuid,optional"`
	Description   *string         `hcl:"description,optional"`
	SPType        *string         `hcl:"sp_type,optional"`
	StartPolicy   *string         `hcl:"start_policy,optional"`
	OffPolicy     *bool           `hcl:"power_off_policy,optional"`
	SampleRate    *int            `hcl:"sample_rate,optional"`
	HugePages     *int            `hcl:"huge_pages,optional"`
	WWPNNext      *int            `hcl:"wwpn_next,optional"`
	MSPLimit      *int            `hcl:"mover_limit,optional"`
	Pools         []poolBody      `hcl:"processor_pool,block"`
	Switches      []switchBody    `hcl:"virtual_switch,block"`
	SRIOV         []sriovBody     `hcl:"sriov_adapter,block"`
	Slots         []slotBody      `hcl:"io_slot,block"`
	VIOS          []viosBody      `hcl:"vios,block"`
	Partitions    []partitionBody `hcl:"partition,block"`
	Body          hcl.Body        `hcl:",body"`
}

type poolBody struct {
	Name     string   `hcl:"name,label"`
	ID       int      `hcl:"id"`
	Max      *float64 `hcl:"max,optional"`
	Reserved *float64 `hcl:"reserved,optional"`
	Body     hcl.Body `hcl:",body"`
}

type switchBody struct {
	Name string   `hcl:"name,label"`
	VEPA *bool    `hcl:"vepa,optional"`
	Body hcl.Body `hcl:",body"`
}

type sriovBody struct {
	Location string          `hcl:"location,label"`
	ID       int             `hcl:"id"`
	DRCIndex string          `hcl:"drc_index"`
	Ports    []sriovPortBody `hcl:"port,block"`
	Body     hcl.Body        `hcl:",body"`
}

type sriovPortBody struct {
	ID      int           `hcl:"id"`
	Type    *string       `hcl:"type,optional"`
	Label   *string       `hcl:"label_text,optional"`
	Down    *bool         `hcl:"down,optional"`
	Logical []logicalBody `hcl:"logical_port,block"`
	Body    hcl.Body      `hcl:",body"`
}

type logicalBody struct {
	ID       string   `hcl:"id,label"`
	Config   *int     `hcl:"config_id,optional"`
	Owner    int      `hcl:"owner"`
	Capacity float64  `hcl:"capacity"`
	RoCE     *bool    `hcl:"roce,optional"`
	MAC      *string  `hcl:"mac,optional"`
	Body     hcl.Body `hcl:",body"`
}

type serverBody struct {
	Slot       int      `hcl:"slot"`
	FC         *bool    `hcl:"fc,optional"`
	Client     *int     `hcl:"client,optional"`
	ClientSlot *int     `hcl:"client_slot,optional"`
	Required   *bool    `hcl:"required,optional"`
	Body       hcl.Body `hcl:",body"`
}

type vnicBody struct {
	Slot     int               `hcl:"slot"`
	VLAN     *int              `hcl:"vlan,optional"`
	MAC      *string           `hcl:"mac,optional"`
	Backing  []string          `hcl:"backing"`
	Active   *int              `hcl:"active,optional"`
	Disabled *bool             `hcl:"disabled,optional"`
	Failover *bool             `hcl:"auto_failover,optional"`
	Extra    map[string]string `hcl:"extra,optional"`
	Body     hcl.Body          `hcl:",body"`
}

// profileBody is a profile besides the default one, or that of a Virtual I/O Server under an HMC where it differs from
// what runs.
type profileBody struct {
	Name      string            `hcl:"name,label"`
	Memory    []int             `hcl:"memory"`
	Units     []float64         `hcl:"units,optional"`
	Procs     []int             `hcl:"procs"`
	Dedicated *bool             `hcl:"dedicated,optional"`
	Sharing   *string           `hcl:"sharing,optional"`
	Weight    *int              `hcl:"weight,optional"`
	More      *resourcesBody    `hcl:"more,block"`
	MaxSlots  *int              `hcl:"max_slots,optional"`
	AutoStart *bool             `hcl:"auto_start,optional"`
	BootMode  *string           `hcl:"boot_mode,optional"`
	Mode      *string           `hcl:"compat_mode,optional"`
	IOSlots   []string          `hcl:"io_slots,optional"`
	Extra     map[string]string `hcl:"extra,optional"`
	Eths      []ethBody         `hcl:"ethernet,block"`
	Scsi      []vscsiBody       `hcl:"vscsi,block"`
	FC        []vfcClient       `hcl:"vfc,block"`
	Servers   []serverBody      `hcl:"server_adapter,block"`
	Body      hcl.Body          `hcl:",body"`
}

// resourcesBody are the resources that few partitions have.
type resourcesBody struct {
	Pool      *int     `hcl:"pool,optional"`
	Expansion *float64 `hcl:"expansion,optional"`
	HugePages []int    `hcl:"huge_pages,optional"`
	Body      hcl.Body `hcl:",body"`
}

type hmcBody struct {
	Name    string     `hcl:"name,label"`
	Systems []string   `hcl:"systems"`
	Address *string    `hcl:"address,optional"`
	Level   *string    `hcl:"level,optional"`
	Locale  *string    `hcl:"locale,optional"`
	Trusts  []string   `hcl:"trusts,optional"`
	Port    *int       `hcl:"port,optional"`
	Added   []string   `hcl:"added_keys,optional"`
	Files   []string   `hcl:"files,optional"`
	Users   []userBody `hcl:"user,block"`
	Body    hcl.Body   `hcl:",body"`
}

type slotBody struct {
	Location    string   `hcl:"location,label"`
	DRCIndex    string   `hcl:"drc_index"`
	Bus         int      `hcl:"bus,optional"`
	Description string   `hcl:"description"`
	Owner       *int     `hcl:"owner,optional"`
	Body        hcl.Body `hcl:",body"`
}

type viosBody struct {
	Name      string         `hcl:"name,label"`
	ID        int            `hcl:"id"`
	Hostname  *string        `hcl:"hostname,optional"`
	Level     *string        `hcl:"level,optional"`
	Address   *string        `hcl:"address,optional"`
	Interface *string        `hcl:"interface,optional"`
	RMC       *string        `hcl:"rmc,optional"`
	Memory    []int          `hcl:"memory"`
	Units     []float64      `hcl:"units,optional"`
	Procs     []int          `hcl:"procs"`
	Dedicated *bool          `hcl:"dedicated,optional"`
	Sharing   *string        `hcl:"sharing,optional"`
	Weight    *int           `hcl:"weight,optional"`
	MaxSlots  *int           `hcl:"max_slots,optional"`
	Movers    *int           `hcl:"mover_limit,optional"`
	VASI      *bool          `hcl:"vasi,optional"`
	Mirrored  *bool          `hcl:"mirrored,optional"`
	MAC       *string        `hcl:"mac_base,optional"`
	UUID      *string        `hcl:"uuid,optional"`
	Booted    *string        `hcl:"booted,optional"`
	Uptime    *int           `hcl:"uptime,optional"`
	Zoned     []string       `hcl:"zoned,optional"`
	LUNs      []string       `hcl:"luns,optional"`
	Pool      *string        `hcl:"default_pool,optional"`
	Files     map[string]int `hcl:"files,optional"`
	Drives    map[string]int `hcl:"drives,optional"`
	Reserve   *string        `hcl:"disk_reserve,optional"`
	Depth     *int           `hcl:"disk_queue_depth,optional"`
	Ports     []fcBody       `hcl:"fc,block"`
	Disks     []diskBody     `hcl:"hdisk,block"`
	Groups    []groupBody    `hcl:"volume_group,block"`
	Eths      []viosEthBody  `hcl:"ethernet,block"`
	SEAs      []seaBody      `hcl:"sea,block"`
	VHosts    []vhostBody    `hcl:"vhost,block"`
	VFCHosts  []vfcBody      `hcl:"vfchost,block"`
	Live      *liveBody      `hcl:"live,block"`
	State     *string        `hcl:"state,optional"`
	Status    *statusBody    `hcl:"status,block"`
	MSP       *bool          `hcl:"msp,optional"`
	TimeRef   *bool          `hcl:"time_reference,optional"`
	Servers   []serverBody   `hcl:"server_adapter,block"`
	Profiles  []profileBody  `hcl:"profile,block"`
	ProfileAs *string        `hcl:"profile_name,optional"`
	More      *resourcesBody `hcl:"more,block"`
	Body      hcl.Body       `hcl:",body"`
}

// statusBody is what an HMC knows of a Virtual I/O Server besides its devices.
type statusBody struct {
	OSVersion   *string           `hcl:"os_version,optional"`
	CurrProfile *string           `hcl:"curr_profile,optional"`
	BootMode    *string           `hcl:"boot_mode,optional"`
	KeyLock     *string           `hcl:"keylock,optional"`
	Priority    *int              `hcl:"avail_priority,optional"`
	Perf        *bool             `hcl:"perf_collection,optional"`
	Mode        *string           `hcl:"compat_mode,optional"`
	WorkGroup   *int              `hcl:"work_group,optional"`
	Refcode     *string           `hcl:"refcode,optional"`
	Terminal    *bool             `hcl:"terminal_open,optional"`
	BootFails   *bool             `hcl:"boot_fails,optional"`
	Sync        *string           `hcl:"sync_profile,optional"`
	NoMigration *bool             `hcl:"migration_disabled,optional"`
	Description *string           `hcl:"description,optional"`
	DLPAR       []bool            `hcl:"dlpar,optional"`
	Extra       map[string]string `hcl:"extra,optional"`
	Body        hcl.Body          `hcl:",body"`
}

type fcBody struct {
	Name     string   `hcl:"name,label"`
	Location string   `hcl:"location"`
	WWPN     string   `hcl:"wwpn"`
	NPIV     *bool    `hcl:"npiv,optional"`
	Fabric   *bool    `hcl:"fabric,optional"`
	SAN      *string  `hcl:"san,optional"`
	Label    *string  `hcl:"label_text,optional"`
	Body     hcl.Body `hcl:",body"`
}

type diskBody struct {
	Name     string   `hcl:"name,label"`
	LUN      *string  `hcl:"lun,optional"`
	Port     *string  `hcl:"port,optional"`
	Reserve  *string  `hcl:"reserve_policy,optional"`
	Algo     *string  `hcl:"algorithm,optional"`
	Queue    *int     `hcl:"queue_depth,optional"`
	Location *string  `hcl:"location,optional"`
	SizeMB   *int     `hcl:"size_mb,optional"`
	PVID     *string  `hcl:"pvid,optional"`
	UniqueID *string  `hcl:"unique_id,optional"`
	Defined  *bool    `hcl:"defined,optional"`
	Known    *string  `hcl:"known_pvid,optional"`
	Body     hcl.Body `hcl:",body"`
}

type groupBody struct {
	Name    string       `hcl:"name,label"`
	Disks   []string     `hcl:"disks"`
	PPSize  int          `hcl:"pp_size_mb"`
	Total   int          `hcl:"total_pps"`
	Volumes []volumeBody `hcl:"volume,block"`
	Body    hcl.Body     `hcl:",body"`
}

type volumeBody struct {
	Name  string     `hcl:"name,label"`
	PPs   int        `hcl:"pps"`
	Use   *string    `hcl:"use,optional"`
	Files []fileFile `hcl:"file,block"`
	Body  hcl.Body   `hcl:",body"`
}

// fileFile is a file on a volume: a backing device or a medium.
type fileFile struct {
	Name     string   `hcl:"name,label"`
	SizeMB   int      `hcl:"size_mb"`
	ReadOnly *bool    `hcl:"read_only,optional"`
	Body     hcl.Body `hcl:",body"`
}

// clusterBody is a shared storage pool with the Virtual I/O Servers that share it.
type clusterBody struct {
	Name       string     `hcl:"name,label"`
	ID         *string    `hcl:"id,optional"`
	Nodes      []string   `hcl:"nodes"`
	Pool       string     `hcl:"pool"`
	PoolID     *string    `hcl:"pool_id,optional"`
	Disks      []string   `hcl:"disks"`
	Repository *string    `hcl:"repository,optional"`
	Made       *int       `hcl:"made,optional"`
	Units      []unitBody `hcl:"logical_unit,block"`
	Body       hcl.Body   `hcl:",body"`
}

type unitBody struct {
	Name   string   `hcl:"name,label"`
	SizeMB int      `hcl:"size_mb"`
	UDID   *string  `hcl:"udid,optional"`
	Thick  *bool    `hcl:"thick,optional"`
	UsedMB *int     `hcl:"used_mb,optional"`
	Body   hcl.Body `hcl:",body"`
}

type viosEthBody struct {
	Name        string   `hcl:"name,label"`
	Location    *string  `hcl:"location,optional"`
	Description *string  `hcl:"description,optional"`
	Slot        *int     `hcl:"slot,optional"`
	VLAN        *int     `hcl:"vlan,optional"`
	VLANs       []int    `hcl:"vlans,optional"`
	Switch      *string  `hcl:"switch,optional"`
	Trunk       *int     `hcl:"trunk,optional"`
	IEEE        *bool    `hcl:"ieee,optional"`
	MAC         *string  `hcl:"mac,optional"`
	Required    *bool    `hcl:"required,optional"`
	Members     []string `hcl:"aggregate,optional"`
	Mode        *string  `hcl:"mode,optional"`
	Base        *string  `hcl:"base,optional"`
	Tag         *int     `hcl:"tag,optional"`
	OSMACs      *string  `hcl:"allowed_os_macs,optional"`
	QoS         *string  `hcl:"qos,optional"`
	Body        hcl.Body `hcl:",body"`
}

type seaBody struct {
	Name    string            `hcl:"name,label"`
	Real    string            `hcl:"real"`
	Virtual []string          `hcl:"virtual"`
	Default *string           `hcl:"default,optional"`
	VLAN    *int              `hcl:"vlan,optional"`
	HAMode  *string           `hcl:"ha_mode,optional"`
	CtlChan *string           `hcl:"ctl_chan,optional"`
	Extra   map[string]string `hcl:"attributes,optional"`
	Body    hcl.Body          `hcl:",body"`
}

type vhostBody struct {
	Name       string    `hcl:"name,label"`
	Slot       int       `hcl:"slot"`
	Client     *int      `hcl:"client,optional"`
	ClientSlot *int      `hcl:"client_slot,optional"`
	VTDs       []vtdBody `hcl:"disk,block"`
	Body       hcl.Body  `hcl:",body"`
}

type vtdBody struct {
	Backing string   `hcl:"backing,label"`
	VTD     *string  `hcl:"vtd,optional"`
	LUN     *int     `hcl:"lun,optional"`
	Kind    *string  `hcl:"kind,optional"`
	Body    hcl.Body `hcl:",body"`
}

type vfcBody struct {
	Name       string   `hcl:"name,label"`
	Slot       int      `hcl:"slot"`
	Client     *int     `hcl:"client,optional"`
	ClientSlot *int     `hcl:"client_slot,optional"`
	Port       *string  `hcl:"port,optional"`
	Body       hcl.Body `hcl:",body"`
}

type partitionBody struct {
	Name        string            `hcl:"name,label"`
	ID          int               `hcl:"id"`
	State       *string           `hcl:"state,optional"`
	Env         *string           `hcl:"env,optional"`
	OSVersion   *string           `hcl:"os_version,optional"`
	ProfileName *string           `hcl:"profile_name,optional"`
	Memory      []int             `hcl:"memory"`
	Units       []float64         `hcl:"units,optional"`
	Procs       []int             `hcl:"procs"`
	Dedicated   *bool             `hcl:"dedicated,optional"`
	Sharing     *string           `hcl:"sharing,optional"`
	Weight      *int              `hcl:"weight,optional"`
	MaxSlots    *int              `hcl:"max_slots,optional"`
	AutoStart   *bool             `hcl:"auto_start,optional"`
	BootMode    *string           `hcl:"boot_mode,optional"`
	CurrBoot    *string           `hcl:"curr_boot_mode,optional"`
	KeyLock     *string           `hcl:"keylock,optional"`
	Priority    *int              `hcl:"avail_priority,optional"`
	Perf        *bool             `hcl:"perf_collection,optional"`
	Mode        *string           `hcl:"compat_mode,optional"`
	CurrMode    *string           `hcl:"curr_compat_mode,optional"`
	MAC         *string           `hcl:"mac_base,optional"`
	UUID        *string           `hcl:"uuid,optional"`
	WorkGroup   *int              `hcl:"work_group,optional"`
	RMC         *string           `hcl:"rmc,optional"`
	RMCPending  *bool             `hcl:"rmc_pending,optional"`
	Address     *string           `hcl:"address,optional"`
	DLPAR       []bool            `hcl:"dlpar,optional"`
	IOSlots     []string          `hcl:"io_slots,optional"`
	Booted      *string           `hcl:"booted,optional"`
	Uptime      *int              `hcl:"uptime,optional"`
	Refcode     *string           `hcl:"refcode,optional"`
	CurrProfile *string           `hcl:"curr_profile,optional"`
	Terminal    *bool             `hcl:"terminal_open,optional"`
	BootFails   *bool             `hcl:"boot_fails,optional"`
	Holds       *bool             `hcl:"holds,optional"`
	Sync        *string           `hcl:"sync_profile,optional"`
	TimeRef     *bool             `hcl:"time_reference,optional"`
	NoMigration *bool             `hcl:"migration_disabled,optional"`
	Description *string           `hcl:"description,optional"`
	Extra       map[string]string `hcl:"extra,optional"`
	ProfExtra   map[string]string `hcl:"profile_extra,optional"`
	More        *resourcesBody    `hcl:"more,block"`
	VNICs       []vnicBody        `hcl:"vnic,block"`
	Profiles    []profileBody     `hcl:"profile,block"`
	Eths        []ethBody         `hcl:"ethernet,block"`
	Scsi        []vscsiBody       `hcl:"vscsi,block"`
	FC          []vfcClient       `hcl:"vfc,block"`
	Live        *liveBody         `hcl:"live,block"`
	Body        hcl.Body          `hcl:",body"`
}

type ethBody struct {
	Slot     int      `hcl:"slot"`
	VLAN     int      `hcl:"vlan"`
	Switch   *string  `hcl:"switch,optional"`
	OSMACs   *string  `hcl:"allowed_os_macs,optional"`
	QoS      *string  `hcl:"qos,optional"`
	VLANs    []int    `hcl:"vlans,optional"`
	Trunk    *int     `hcl:"trunk,optional"`
	IEEE     *bool    `hcl:"ieee,optional"`
	MAC      *string  `hcl:"mac,optional"`
	Required *bool    `hcl:"required,optional"`
	Body     hcl.Body `hcl:",body"`
}

type vscsiBody struct {
	Slot       int       `hcl:"slot"`
	ServerID   *int      `hcl:"server_id,optional"`
	ServerSlot int       `hcl:"server_slot"`
	VHost      *string   `hcl:"vhost,optional"`
	Required   *bool     `hcl:"required,optional"`
	Dangling   *bool     `hcl:"dangling,optional"` // nothing is made for it on the Virtual I/O Server
	VTDs       []vtdBody `hcl:"disk,block"`
	Body       hcl.Body  `hcl:",body"`
}

type vfcClient struct {
	Slot       int      `hcl:"slot"`
	ServerID   *int     `hcl:"server_id,optional"`
	ServerSlot int      `hcl:"server_slot"`
	VFCHost    *string  `hcl:"vfchost,optional"`
	Port       *string  `hcl:"port,optional"`
	WWPNs      []string `hcl:"wwpns,optional"`
	Required   *bool    `hcl:"required,optional"`
	Dangling   *bool    `hcl:"dangling,optional"`
	Body       hcl.Body `hcl:",body"`
}

// liveBody is what runs where it differs from the profile.
type liveBody struct {
	Memory    []int          `hcl:"memory"`
	Units     []float64      `hcl:"units,optional"`
	Procs     []int          `hcl:"procs"`
	Dedicated *bool          `hcl:"dedicated,optional"`
	Sharing   *string        `hcl:"sharing,optional"`
	Weight    *int           `hcl:"weight,optional"`
	More      *resourcesBody `hcl:"more,block"`
	MaxSlots  *int           `hcl:"max_slots,optional"`
	Eths      []ethBody      `hcl:"ethernet,block"`
	Scsi      []vscsiBody    `hcl:"vscsi,block"`
	FC        []vfcClient    `hcl:"vfc,block"`
	Body      hcl.Body       `hcl:",body"`
}

type ivmBody struct {
	Name    string     `hcl:"name,label"`
	System  string     `hcl:"system"`
	Address *string    `hcl:"address,optional"`
	Trusts  []string   `hcl:"trusts,optional"`
	Strict  *bool      `hcl:"ioscli_required,optional"`
	Port    *int       `hcl:"port,optional"`
	Added   []string   `hcl:"added_keys,optional"`
	Users   []userBody `hcl:"user,block"`
	Body    hcl.Body   `hcl:",body"`
}

type userBody struct {
	Name     string   `hcl:"name,label"`
	Password *string  `hcl:"password,optional"`
	Role     *string  `hcl:"role,optional"`
	Text     *string  `hcl:"description,optional"`
	Keys     []string `hcl:"keys,optional"`
	Body     hcl.Body `hcl:",body"`
}

type faultBody struct {
	Name      string   `hcl:"name,label"`
	Action    string   `hcl:"action"`
	Console   *string  `hcl:"console,optional"`
	System    *string  `hcl:"system,optional"`
	Partition *string  `hcl:"partition,optional"`
	Command   *string  `hcl:"command,optional"`
	Skip      *int     `hcl:"skip,optional"`
	Times     *int     `hcl:"times,optional"`
	Message   *string  `hcl:"message,optional"`
	Exit      *int     `hcl:"exit,optional"`
	Delay     *string  `hcl:"delay,optional"`
	Percent   *int     `hcl:"percent,optional"`
	MemoryMB  *int     `hcl:"memory_mb,optional"`
	Interface *string  `hcl:"interface,optional"`
	Network   *string  `hcl:"network,optional"`
	LUN       *string  `hcl:"lun,optional"`
	Body      hcl.Body `hcl:",body"`
}

// Load reads a scenario file.
func Load(path string) (*Scenario, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(src, path)
}

// Parse reads a scenario from memory. Errors carry the file name and line.
func Parse(src []byte, filename string) (*Scenario, error) {
	f, diags := hclsyntax.ParseConfig(src, filename, hcl.Pos{Line: 1, Column: 1})
	if diags.HasErrors() {
		return nil, diagError(diags)
	}
	var body fileBody
	if diags := gohcl.DecodeBody(f.Body, nil, &body); diags.HasErrors() {
		return nil, diagError(diags)
	}
	s := &Scenario{src: append([]byte(nil), src...), name: filename, file: &body}
	if _, err := s.build(); err != nil {
		return nil, err
	}
	return s, nil
}

func diagError(diags hcl.Diagnostics) error {
	var lines []string
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		where := ""
		if d.Subject != nil {
			where = fmt.Sprintf("%s:%d: ", d.Subject.Filename, d.Subject.Start.Line)
		}
		lines = append(lines, where+d.Summary+": "+d.Detail)
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// builder collects the first error with its place while an estate is made from a file.
type builder struct {
	e    *Estate
	hmc  map[string]bool // labels of systems that an HMC manages
	err  error
	base time.Time
	// written are the volume groups of the file, those too that no disk holds any more.
	written []*diskGroup
}

func (b *builder) fail(body hcl.Body, format string, args ...any) {
	if b.err != nil {
		return
	}
	where := ""
	if sb, ok := body.(*hclsyntax.Body); ok {
		where = fmt.Sprintf("%s:%d: ", sb.SrcRange.Filename, sb.SrcRange.Start.Line)
	}
	b.err = fmt.Errorf("%s%s", where, fmt.Sprintf(format, args...))
}

func opt[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

func hundredths(f float64) int { return int(math.Round(f * 100)) }

func (b *builder) duration(body hcl.Body, p *string, into *time.Duration) {
	if p == nil {
		return
	}
	d, err := time.ParseDuration(*p)
	if err != nil || d < 0 {
		b.fail(body, "%q is not a duration such as \"30s\"", *p)
		return
	}
	*into = d
}

func (s *Scenario) speed() float64 {
	if s.file.Lab != nil {
		return opt(s.file.Lab.Speed, 1)
	}
	return 1
}

var defaultStart = time.Date(2008, 8, 14, 9, 0, 0, 0, time.UTC)

var (
	hex16    = regexp.MustCompile(`^[0-9A-Fa-f]{16}$`)
	serialRe = regexp.MustCompile(`^[0-9A-Z]{7}$`)
	tmRe     = regexp.MustCompile(`^[0-9A-Z]{4}-[0-9A-Z]{3}$`)
)

func (s *Scenario) build() (*Estate, error) {
	e := &Estate{Timing: defaultTiming(), Now: defaultStart}
	b := &builder{e: e, hmc: map[string]bool{}}
	for _, h := range s.file.HMCs {
		for _, label := range h.Systems {
			b.hmc[label] = true
		}
	}
	if l := s.file.Lab; l != nil {
		if v := opt(l.Speed, 1); v <= 0 {
			b.fail(l.Body, "speed must be more than 0")
		}
		if l.Start != nil {
			t, err := time.Parse(time.RFC3339, *l.Start)
			if err != nil {
				b.fail(l.Body, "start %q is not a moment such as \"2008-08-14T09:00:00Z\"", *l.Start)
			}
			e.Now = t.UTC()
		}
		b.duration(l.Body, l.Boot, &e.Timing.Boot)
		b.duration(l.Body, l.RMC, &e.Timing.RMC)
		b.duration(l.Body, l.Shutdown, &e.Timing.Shutdown)
		b.duration(l.Body, l.PowerOff, &e.Timing.PowerOff)
		b.duration(l.Body, l.Validate, &e.Timing.Validate)
		b.duration(l.Body, l.Suspend, &e.Timing.Suspend)
		b.duration(l.Body, l.Linger, &e.Timing.Linger)
		e.Timing.MigrateBytes = opt(l.Rate, e.Timing.MigrateBytes)
		if e.Timing.MigrateBytes <= 0 {
			b.fail(l.Body, "migration_rate must be more than 0 bytes per second")
		}
		e.Timing.Latency = opt(l.Latency, 1)
		e.unzoned = map[string]bool{}
		for _, w := range l.Unzoned {
			e.unzoned[strings.ToLower(w)] = true
		}
		if e.Timing.Latency < 0 {
			b.fail(l.Body, "latency must not be negative")
		}
	}
	b.base = e.Now
	for _, l := range s.file.LUNs {
		b.lun(l)
	}
	for i := range s.file.Clusters {
		b.cluster(&s.file.Clusters[i])
	}
	for i := range s.file.Systems {
		b.system(&s.file.Systems[i])
		if b.err != nil {
			return nil, b.err
		}
	}
	for i := range s.file.Clusters {
		b.nodes(&s.file.Clusters[i])
	}
	b.settleProfiles()
	for _, v := range s.file.IVMs {
		b.ivm(v)
	}
	for _, v := range s.file.HMCs {
		b.hmcConsole(v)
	}
	b.virtualDisks(s.file.Virtual)
	b.nfsServers(s.file.NFS)
	b.aixHosts(s.file.Hosts, s.file.Groups)
	if b.err == nil {
		e.connectMounts()
	}
	b.haClusters(s.file)
	for _, c := range e.Consoles {
		for _, t := range c.Trusts {
			if e.console(t) == nil && b.err == nil {
				b.err = fmt.Errorf("%s: %s %q trusts %q, which is no console here", s.name, c.Kind, c.Name, t)
			}
		}
	}
	for _, f := range s.file.Faults {
		b.fault(f)
	}
	if b.err != nil {
		return nil, b.err
	}
	// Time goes on behind the latest boot, so that no uptime is negative.
	for _, sys := range e.Systems {
		for _, p := range sys.Partitions {
			if p.Booted.After(e.Now) {
				e.Now = p.Booted
			}
		}
	}
	for _, h := range e.hosts() {
		if h.Booted.After(e.Now) {
			e.Now = h.Booted
		}
	}
	b.start()
	e.resumeClusters()
	return e, nil
}

func (b *builder) lun(l lunBody) {
	if b.e.lun(l.Name) != nil {
		b.fail(l.Body, "lun %q is declared twice", l.Name)
	}
	if !hex16.MatchString(l.WWPN) || !hex16.MatchString(l.ID) {
		b.fail(l.Body, "lun %q: wwpn and id must be 16 hexadecimal digits", l.Name)
	}
	if l.SizeMB <= 0 {
		b.fail(l.Body, "lun %q: size_mb must be more than 0", l.Name)
	}
	lun := &LUN{Name: l.Name, WWPN: strings.ToUpper(l.WWPN), ID: strings.ToUpper(l.ID), SizeMB: l.SizeMB,
		UniqueID: opt(l.UniqueID, ""), PVID: strings.ToLower(opt(l.PVID, "")), Blank: opt(l.Blank, false)}
	if lun.PVID != "" && !hex16.MatchString(lun.PVID) {
		b.fail(l.Body, "lun %q: pvid must be 16 hexadecimal digits", l.Name)
	}
	for _, o := range b.e.SAN {
		if o.WWPN == lun.WWPN && o.ID == lun.ID {
			b.fail(l.Body, "lun %q has the wwpn and id of lun %q", l.Name, o.Name)
		}
	}
	b.e.SAN = append(b.e.SAN, lun)
}

func (b *builder) resources(body hcl.Body, s *System, mem, procs []int, units []float64, ded *bool, sharing *string, weight *int) Resources {
	var r Resources
	if len(mem) != 3 || len(procs) != 3 {
		b.fail(body, "memory and procs are lists of three: minimum, desired, maximum")
		return r
	}
	r.MinMem, r.Mem, r.MaxMem = mem[0], mem[1], mem[2]
	r.MinProcs, r.Procs, r.MaxProcs = procs[0], procs[1], procs[2]
	r.Dedicated = opt(ded, len(units) == 0)
	if !r.Dedicated {
		if len(units) != 3 {
			b.fail(body, "units is a list of three: minimum, desired, maximum")
			return r
		}
		r.MinUnits, r.Units, r.MaxUnits = hundredths(units[0]), hundredths(units[1]), hundredths(units[2])
		r.Sharing, r.Weight = opt(sharing, "uncap"), opt(weight, 128)
		if r.Sharing == "cap" {
			r.Weight = 0
		}
	} else {
		r.Sharing = opt(sharing, "keep_idle_procs")
	}
	if msg := checkResources(s, r); msg != "" {
		b.fail(body, "%s", strings.TrimSpace(msg))
	}
	return r
}

func (b *builder) moment(body hcl.Body, booted *string, uptime *int) time.Time {
	if booted != nil {
		t, err := time.Parse(time.RFC3339, *booted)
		if err != nil {
			b.fail(body, "booted %q is not a moment such as \"2008-08-01T00:00:00Z\"", *booted)
		}
		return t.UTC()
	}
	return b.base.Add(-time.Duration(opt(uptime, 0)) * time.Second)
}

var defaultCapabilities = []string{
	"active_lpar_mobility_capable", "inactive_lpar_mobility_capable", "cod_proc_capable", "vet_activation_capable",
	"shared_proc_capable", "active_lpar_share_idle_procs_capable", "micro_lpar_capable", "dlpar_mem_capable",
	"assign_phys_io_capable", "lpar_avail_priority_capable", "lpar_proc_compat_mode_capable", "virtual_fc_capable",
}

func (b *builder) system(sb *systemBody) {
	e := b.e
	if e.system(sb.Label) != nil {
		b.fail(sb.Body, "system %q is declared twice", sb.Label)
		return
	}
	if !tmRe.MatchString(sb.TypeModel) || !serialRe.MatchString(sb.Serial) {
		b.fail(sb.Body, "system %q: type_model is like 7998-61X and serial has seven characters", sb.Label)
		return
	}
	switch sb.RegionMB {
	case 16, 32, 64, 128, 256:
	case 512, 1024, 2048, 4096:
		if b.hmc[sb.Label] {
			break
		}
		fallthrough
	default:
		b.fail(sb.Body, "system %q: region_mb is 16, 32, 64, 128 or 256 (up to 4096 under an HMC)", sb.Label)
		return
	}
	s := &System{Label: sb.Label, Name: sb.Name, TypeModel: sb.TypeModel, Serial: sb.Serial, MemoryMB: sb.MemoryMB,
		FirmwareMB: sb.FirmwareMB, RegionMB: sb.RegionMB, Procs: hundredths(sb.Processors),
		MinUnits: hundredths(opt(sb.MinUnits, 0.1)), Modes: sb.Modes, Capabilities: sb.Capabilities,
		MaxPartitions: opt(sb.MaxPartitions, 20), MaxActive: opt(sb.MaxActive, 4), MaxInactive: opt(sb.MaxInactive, 4),
		KeyLock: opt(sb.KeyLock, "norm"), TakenMB: opt(sb.TakenMB, 0)}
	if sb.Capabilities == nil {
		s.Capabilities = defaultCapabilities
	}
	s.HMC = b.hmc[sb.Label]
	if s.HMC {
		b.hmcSystem(s, sb)
	}
	if len(s.Modes) == 0 || s.MinUnits <= 0 || s.Procs <= 0 || s.MemoryMB <= 0 {
		b.fail(sb.Body, "system %q: compat_modes, processors and memory_mb must not be empty", sb.Label)
		return
	}
	for _, o := range e.Systems {
		if o.Name == s.Name || o.TypeModel == s.TypeModel && o.Serial == s.Serial {
			b.fail(sb.Body, "system %q has the name or serial number of system %q", sb.Label, o.Label)
		}
	}
	for _, sl := range sb.Slots {
		if s.slotOf(sl.DRCIndex) != nil {
			b.fail(sl.Body, "io_slot with drc_index %s is declared twice", sl.DRCIndex)
		}
		s.Slots = append(s.Slots, &IOSlot{DRCIndex: sl.DRCIndex, Location: sl.Location, Bus: sl.Bus,
			Description: sl.Description, Owner: opt(sl.Owner, 0)})
	}
	e.Systems = append(e.Systems, s)
	for i := range sb.VIOS {
		b.vios(s, &sb.VIOS[i])
	}
	for i := range sb.Partitions {
		if b.err == nil {
			b.partition(s, &sb.Partitions[i])
		}
	}
	if b.err != nil {
		return
	}
	for _, p := range s.Partitions {
		if v := p.VIOS; v != nil {
			b.checkVIOS(sb, s, p)
		}
	}
	if s.freeMem() < 0 || s.freeUnits() < 0 {
		b.fail(sb.Body, "system %q: the running partitions hold %d MB and %.2f processing units more than there are",
			sb.Label, max(0, -s.freeMem()), float64(max(0, -s.freeUnits()))/100)
	}
	if len(s.Partitions) > s.MaxPartitions {
		b.fail(sb.Body, "system %q: more partitions than max_partitions", sb.Label)
	}
}

func (b *builder) checkVIOS(sb *systemBody, s *System, p *Partition) {
	v := p.VIOS
	seen := map[int]string{}
	for _, a := range p.Servers {
		if v.vhostAt(a.Slot) == nil && v.vfchostAt(a.Slot) == nil && a.Slot >= p.slots() {
			b.fail(sb.Body, "server adapter of %q is in slot %d; slots are 2 to %d", p.Name, a.Slot, p.slots()-1)
		}
	}
	take := func(slot int, what string) {
		if slot >= p.slots() || slot < 2 {
			b.fail(sb.Body, "%s of %q is in slot %d; slots are 2 to %d", what, p.Name, slot, p.slots()-1)
		}
		if seen[slot] != "" {
			b.fail(sb.Body, "slot %d of %q is used by %s and %s", slot, p.Name, seen[slot], what)
		}
		seen[slot] = what
	}
	for _, h := range v.VHosts {
		take(h.Slot, h.Name)
		luns := map[int]bool{}
		for _, t := range h.VTDs {
			if luns[t.LUN] {
				b.fail(sb.Body, "%s has two targets with LUN %d", h.Name, t.LUN)
			}
			luns[t.LUN] = true
		}
	}
	for _, h := range v.VFCHosts {
		take(h.Slot, h.Name)
	}
	for _, a := range p.Eth {
		take(a.Slot, "virtual Ethernet")
	}
	names := map[string]bool{}
	dup := func(n string) {
		if names[n] {
			b.fail(sb.Body, "device %q of %q is declared twice", n, p.Name)
		}
		names[n] = true
	}
	for _, d := range v.Disks {
		dup(d.Name)
	}
	for _, h := range v.VHosts {
		dup(h.Name)
		for _, t := range h.VTDs {
			dup(t.Name)
		}
	}
	for _, h := range v.VFCHosts {
		dup(h.Name)
	}
	for _, d := range v.Eths {
		dup(d.Name)
		if d.Base != "" && v.eth(d.Base) == nil && v.sea(d.Base) == nil {
			b.fail(sb.Body, "ethernet %q of %q: there is no base %q", d.Name, p.Name, d.Base)
		}
	}
	for _, d := range v.SEAs {
		dup(d.Name)
	}
	for _, d := range v.Ports {
		dup(d.Name)
	}
	for d := range v.Drives {
		dup(d)
	}
	libraries := 0
	for _, g := range v.Groups {
		dup(g.Name)
		for _, l := range g.Volumes {
			dup(l.Name)
			if l.Use == useLibrary {
				libraries++
			}
		}
	}
	if libraries > 1 {
		b.fail(sb.Body, "%q has more than one media library", p.Name)
	}
	if v.Pool != "" && v.vg(v.Pool) == nil && v.filePool(v.Pool) == nil {
		b.fail(sb.Body, "default_pool of %q: there is no volume group or file pool %q", p.Name, v.Pool)
	}
}

func (b *builder) vios(s *System, vb *viosBody) {
	e := b.e
	if s.partition(vb.ID) != nil || s.partitionNamed(vb.Name) != nil {
		b.fail(vb.Body, "vios %q has an id or name that is taken", vb.Name)
		return
	}
	r := b.resources(vb.Body, s, vb.Memory, vb.Procs, vb.Units, vb.Dedicated, vb.Sharing, vb.Weight)
	b.more(&r, vb.More)
	if vb.Level == nil && !s.HMC {
		b.fail(vb.Body, "vios %q has no level", vb.Name)
	}
	v := &VIOS{Hostname: opt(vb.Hostname, vb.Name), Level: opt(vb.Level, ""), Interface: opt(vb.Interface, ""),
		MoverLimit: opt(vb.Movers, 0), NoVASI: !opt(vb.VASI, true), NoMirror: !opt(vb.Mirrored, true), hmc: s.HMC, Pool: opt(vb.Pool, ""), Files: vb.Files, Drives: vb.Drives}
	p := &Partition{ID: vb.ID, Name: vb.Name, Env: envVIOS, State: stateRunning, Refcode: "", OSVersion: viosVersion(opt(vb.Level, "")),
		RMC: opt(vb.RMC, rmcActive), RMCAddress: opt(vb.Address, ""), DLPAR: [3]bool{true, true, true}, KeyLock: "norm",
		BootMode: "norm", Priority: 191, MACBase: opt(vb.MAC, macBase(s, vb.ID)), UUID: opt(vb.UUID, makeUUID(s, vb.ID, b.base)),
		Booted: b.moment(vb.Body, vb.Booted, vb.Uptime), VIOS: v, CurrProfile: opt(vb.ProfileAs, vb.Name), ModeCurr: s.highestMode(),
		MSP: opt(vb.MSP, false), TimeRef: opt(vb.TimeRef, false)}
	p.RefcodeTime = p.Booted
	p.Profile = Profile{Name: opt(vb.ProfileAs, vb.Name), Resources: r, MaxSlots: opt(vb.MaxSlots, 64), BootMode: "norm", AutoStart: true, Mode: "default"}
	p.Curr, p.CurrSlots = r, p.Profile.MaxSlots
	if lb := vb.Live; lb != nil {
		p.Curr = b.resources(lb.Body, s, lb.Memory, lb.Procs, lb.Units, lb.Dedicated, lb.Sharing, lb.Weight)
		b.more(&p.Curr, lb.More)
		p.CurrSlots = opt(lb.MaxSlots, p.CurrSlots)
	}
	switch st := opt(vb.State, stateRunning); st {
	case stateRunning:
	case stateStarting, stateOpenFirmware, stateShuttingDown, stateError:
		p.State, p.RMC = st, opt(vb.RMC, rmcInactive)
		if vb.Live == nil && st == stateError {
			p.Curr, p.CurrSlots = Resources{}, 0
		}
	case stateOff:
		p.State, p.RMC, p.Booted = stateOff, opt(vb.RMC, rmcInactive), time.Time{}
		if vb.Live == nil {
			p.Curr, p.CurrSlots, p.CurrProfile = Resources{}, 0, ""
		}
	default:
		b.fail(vb.Body, "vios %q: state %q is none of Running, Not Activated, Starting, Open Firmware, Shutting Down, Error", vb.Name, st)
	}
	if p.RMC == rmcActive && p.State != stateRunning {
		p.RMC = rmcInactive
	}
	b.status(p, vb.Status)
	for _, sl := range s.ownedSlots(vb.ID) {
		p.Profile.IOSlots = append(p.Profile.IOSlots, sl.DRCIndex+"/none/1")
	}
	for _, f := range vb.Ports {
		if !hex16.MatchString(f.WWPN) {
			b.fail(f.Body, "fc %q: wwpn must be 16 hexadecimal digits", f.Name)
		}
		v.Ports = append(v.Ports, &FCPort{Name: f.Name, Location: f.Location, WWPN: strings.ToUpper(f.WWPN),
			NPIV: opt(f.NPIV, false), Fabric: opt(f.Fabric, true), SAN: opt(f.SAN, ""), Label: opt(f.Label, ""), MaxPorts: 64})
	}
	for _, d := range vb.Disks {
		disk := &Disk{Queue: opt(d.Queue, 0), Name: d.Name, Reserve: opt(d.Reserve, "single_path"), Algo: opt(d.Algo, "fail_over"), Port: opt(d.Port, ""),
			Location: opt(d.Location, ""), SizeMB: opt(d.SizeMB, 0), PVID: opt(d.PVID, ""), UniqueID: opt(d.UniqueID, ""),
			Defined: opt(d.Defined, false), Known: d.Known}
		if d.LUN != nil {
			disk.LUN = e.lun(*d.LUN)
			if disk.LUN == nil {
				b.fail(d.Body, "hdisk %q: there is no lun %q", d.Name, *d.LUN)
			}
			if d.Location != nil || d.SizeMB != nil || d.PVID != nil || d.UniqueID != nil {
				b.fail(d.Body, "hdisk %q: location, size_mb, pvid and unique_id come from the lun", d.Name)
			}
			if disk.Port == "" && len(v.Ports) > 0 {
				disk.Port = v.Ports[0].Name
			}
			if v.port(disk.Port) == nil {
				b.fail(d.Body, "hdisk %q: there is no fc port %q", d.Name, disk.Port)
			}
			for _, o := range v.Disks {
				if o.LUN == disk.LUN {
					b.fail(d.Body, "hdisk %q and %q are the same lun", d.Name, o.Name)
				}
			}
		} else if disk.Location == "" || disk.SizeMB <= 0 {
			b.fail(d.Body, "hdisk %q: give lun, or location and size_mb of an internal disk", d.Name)
		}
		v.Disks = append(v.Disks, disk)
	}
	// luns is short for one hdisk block each, numbered in this order, with the defaults that the administrator has set.
	for _, name := range vb.LUNs {
		l := e.lun(name)
		if l == nil || len(v.Ports) == 0 {
			b.fail(vb.Body, "luns: there is no lun %q, or the Virtual I/O Server has no fc port", name)
			continue
		}
		v.Disks = append(v.Disks, &Disk{Name: v.freeName("hdisk"), LUN: l, Port: v.Ports[0].Name, Reserve: opt(vb.Reserve, "single_path"),
			Queue: opt(vb.Depth, 0), Algo: "fail_over"})
	}
	for _, z := range vb.Zoned {
		l := e.lun(z)
		if l == nil {
			b.fail(vb.Body, "zoned: there is no lun %q", z)
			continue
		}
		v.Zoned = append(v.Zoned, l)
	}
	for _, g := range vb.Groups {
		vg := &VolumeGroup{Name: g.Name, Disks: g.Disks, PPSizeMB: g.PPSize, TotalPPs: g.Total}
		if g.PPSize < 1 {
			b.fail(g.Body, "volume_group %q: pp_size_mb must be more than 0", g.Name)
			continue
		}
		for _, d := range g.Disks {
			if v.disk(d) == nil {
				b.fail(g.Body, "volume_group %q: there is no %s", g.Name, d)
			}
		}
		for _, l := range g.Volumes {
			b.volume(vg, l)
		}
		if vg.used() > vg.TotalPPs {
			b.fail(g.Body, "volume_group %q: the volumes need %d of %d physical partitions", g.Name, vg.used(), vg.TotalPPs)
		}
		v.Groups = append(v.Groups, vg)
	}
	for _, d := range vb.Eths {
		if d.Slot == nil {
			b.realEth(v, d)
			continue
		}
		a := EthAdapter{Slot: *d.Slot, PVID: opt(d.VLAN, 1), VLANs: d.VLANs, TrunkPriority: opt(d.Trunk, 0),
			IEEE: opt(d.IEEE, len(d.VLANs) > 0), Required: opt(d.Required, true), MAC: opt(d.MAC, fmt.Sprintf("%s%02X", p.MACBase, *d.Slot))}
		b.hmcEth(s, d.Body, &a, d.Switch, d.OSMACs, d.QoS)
		p.Eth = append(p.Eth, a)
		if d.Name != "" {
			v.Eths = append(v.Eths, &EthDevice{Name: d.Name, Slot: a.Slot, Description: "Virtual I/O Ethernet Adapter (l-lan)"})
		}
	}
	p.Profile.Eth = append([]EthAdapter(nil), p.Eth...)
	for _, d := range vb.SEAs {
		s := &SEA{Name: d.Name, Real: d.Real, Virtual: d.Virtual, HAMode: opt(d.HAMode, "disabled"), CtlChan: opt(d.CtlChan, ""),
			PVID: opt(d.VLAN, 1), Extra: d.Extra}
		if len(d.Virtual) == 0 || !contains("disabled auto standby sharing", s.HAMode) {
			b.fail(d.Body, "sea %q: virtual is empty, or ha_mode is none of disabled, auto, standby, sharing", d.Name)
			continue
		}
		s.PVIDAdapter = opt(d.Default, d.Virtual[0])
		for _, n := range append([]string{d.Real}, d.Virtual...) {
			if v.eth(n) == nil {
				b.fail(d.Body, "sea %q: there is no ethernet %q", d.Name, n)
			}
		}
		for n, x := range d.Extra {
			if !seaValid(n, x) {
				b.fail(d.Body, "sea %q: attribute %q cannot be %q", d.Name, n, x)
			}
		}
		if s.CtlChan != "" && v.eth(s.CtlChan) == nil {
			b.fail(d.Body, "sea %q: there is no ethernet %q", d.Name, s.CtlChan)
		}
		v.SEAs = append(v.SEAs, s)
	}
	for _, h := range vb.VHosts {
		vh := &VHost{Name: h.Name, Slot: h.Slot, ClientID: opt(h.Client, 0), ClientSlot: opt(h.ClientSlot, 0)}
		b.vtds(v, vh, h.VTDs)
		v.VHosts = append(v.VHosts, vh)
	}
	for _, h := range vb.VFCHosts {
		v.VFCHosts = append(v.VFCHosts, &VFCHost{Name: h.Name, Slot: h.Slot, ClientID: opt(h.Client, 0),
			ClientSlot: opt(h.ClientSlot, 0), Port: opt(h.Port, "")})
	}
	if s.HMC {
		b.hmcVIOS(s, p, vb)
	}
	s.addPartition(p)
}

func (b *builder) vtds(v *VIOS, h *VHost, list []vtdBody) {
	for _, t := range list {
		kind := opt(t.Kind, "")
		backing := t.Backing
		if backing == "-" {
			backing = ""
		}
		if kind == "" {
			switch {
			case v.disk(backing) != nil:
				kind = vtdDisk
			case strings.HasPrefix(backing, poolPath):
				kind = vtdFile
			case strings.HasPrefix(backing, "/") || backing == "":
				kind = vtdOptical
			case v.drive(backing):
				kind = vtdDrive
			case b.e.unit(backing) != nil:
				kind = vtdUnit
			default:
				kind = vtdLV
			}
		}
		switch kind {
		case vtdDisk:
			if v.disk(backing) == nil {
				b.fail(t.Body, "there is no hdisk %q", backing)
			}
		case vtdLV:
			if _, l := v.volume(backing); l == nil {
				b.fail(t.Body, "there is no logical volume %q", backing)
			}
		case vtdFile:
			if _, f := v.file(backing); f == nil {
				b.fail(t.Body, "there is no file %q in a file pool", backing)
			}
		case vtdDrive:
			if !v.drive(backing) {
				b.fail(t.Body, "there is no optical drive %q", backing)
			}
		case vtdUnit:
			u := b.e.unit(backing)
			if u == nil {
				b.fail(t.Body, "there is no logical unit %q", backing)
				continue
			}
			backing = u.backing()
		case vtdOptical:
		default:
			b.fail(t.Body, "kind is disk, lv, file, file_opt, optical or cl_disk")
		}
		name := opt(t.VTD, "")
		if name == "" {
			name = v.freeVTD(h, kind)
		}
		h.VTDs = append(h.VTDs, &VTD{Name: name, Kind: kind, LUN: opt(t.LUN, h.freeLUN()), Backing: backing})
	}
}

// vtdPrefix begins the generated names of targets.
func vtdPrefix(kind string) string {
	if kind == vtdOptical || kind == vtdDrive {
		return "vtopt"
	}
	return "vtscsi"
}

// freeVTD is the next generated name, also for an adapter that is not in the model yet.
func (v *VIOS) freeVTD(h *VHost, kind string) string {
	prefix := vtdPrefix(kind)
	for n := 0; ; n++ {
		name := prefix + strconv.Itoa(n)
		taken := v.known(name)
		for _, t := range h.VTDs {
			taken = taken || t.Name == name
		}
		if !taken {
			return name
		}
	}
}

func (b *builder) eths(s *System, p *Partition, list []ethBody) []EthAdapter {
	var out []EthAdapter
	for _, d := range list {
		if d.VLAN < 1 || d.VLAN > 4094 {
			b.fail(d.Body, "vlan is 1 to 4094")
		}
		a := EthAdapter{Slot: d.Slot, PVID: d.VLAN, VLANs: d.VLANs, TrunkPriority: opt(d.Trunk, 0),
			IEEE: opt(d.IEEE, len(d.VLANs) > 0), Required: opt(d.Required, false), MAC: opt(d.MAC, fmt.Sprintf("%s%02X", p.MACBase, d.Slot))}
		b.hmcEth(s, d.Body, &a, d.Switch, d.OSMACs, d.QoS)
		out = append(out, a)
	}
	return out
}

func (b *builder) scsi(s *System, list []vscsiBody) []ScsiAdapter {
	var out []ScsiAdapter
	for _, a := range list {
		id := opt(a.ServerID, 0)
		if id == 0 && s.vios() != nil {
			id = s.vios().ID
		}
		if q := s.partition(id); !opt(a.Dangling, false) && (q == nil || q.VIOS == nil) {
			b.fail(a.Body, "vscsi: partition %d is not a VIOS of this system", id)
		}
		out = append(out, ScsiAdapter{Slot: a.Slot, RemoteID: id, RemoteSlot: a.ServerSlot, Required: opt(a.Required, true)})
	}
	return out
}

func (b *builder) fc(s *System, p *Partition, list []vfcClient) []FCAdapter {
	var out []FCAdapter
	for _, a := range list {
		id := opt(a.ServerID, 0)
		if id == 0 && s.vios() != nil {
			id = s.vios().ID
		}
		if q := s.partition(id); !opt(a.Dangling, false) && (q == nil || q.VIOS == nil) {
			b.fail(a.Body, "vfc: partition %d is not a VIOS of this system", id)
		}
		f := FCAdapter{Slot: a.Slot, RemoteID: id, RemoteSlot: a.ServerSlot, Required: opt(a.Required, false), WWPNs: wwpnPair(s, p.ID, a.Slot)}
		if len(a.WWPNs) == 2 {
			f.WWPNs = [2]string{a.WWPNs[0], a.WWPNs[1]}
		} else if a.WWPNs != nil {
			b.fail(a.Body, "wwpns is a list of two")
		}
		out = append(out, f)
	}
	return out
}

func (b *builder) partition(s *System, pb *partitionBody) {
	if s.partition(pb.ID) != nil || s.partitionNamed(pb.Name) != nil {
		b.fail(pb.Body, "partition %q has an id or name that is taken", pb.Name)
		return
	}
	if pb.ID < 1 || len(pb.Name) > 31 || pb.Name == "" {
		b.fail(pb.Body, "partition %q: id is 1 or more, a name has 1 to 31 characters", pb.Name)
		return
	}
	state := opt(pb.State, stateOff)
	active := true
	switch state {
	case stateOff:
		active = false
	case stateRunning, stateStarting, stateOpenFirmware, stateShuttingDown, stateError:
	default:
		b.fail(pb.Body, "partition %q: state %q is none of Running, Not Activated, Starting, Open Firmware, Shutting Down, Error", pb.Name, state)
		return
	}
	r := b.resources(pb.Body, s, pb.Memory, pb.Procs, pb.Units, pb.Dedicated, pb.Sharing, pb.Weight)
	b.more(&r, pb.More)
	p := &Partition{ID: pb.ID, Name: pb.Name, Env: opt(pb.Env, envAIXLinux), State: state,
		OSVersion: opt(pb.OSVersion, "0.0.0.0.0.0"), RMCAddress: opt(pb.Address, ""), WorkGroup: opt(pb.WorkGroup, 0),
		KeyLock: opt(pb.KeyLock, "norm"), BootMode: opt(pb.CurrBoot, "norm"), Priority: opt(pb.Priority, 127), Perf: opt(pb.Perf, false),
		MACBase: opt(pb.MAC, macBase(s, pb.ID)), UUID: opt(pb.UUID, makeUUID(s, pb.ID, b.base)),
		VTOpen: opt(pb.Terminal, false), BootFails: opt(pb.BootFails, false), DLPAR: [3]bool{true, true, true}}
	if s.HMC {
		if pb.OSVersion == nil {
			p.OSVersion = "Unknown"
		}
		p.Sync, p.TimeRef, p.MigrationDisabled = opt(pb.Sync, "0"), opt(pb.TimeRef, false), opt(pb.NoMigration, false)
		p.Description, p.Extra = opt(pb.Description, ""), pb.Extra
		for _, n := range pb.VNICs {
			p.VNICs = append(p.VNICs, VNIC{Slot: n.Slot, PVID: opt(n.VLAN, 0), MAC: opt(n.MAC, strings.ToLower(fmt.Sprintf("%s%02X", p.MACBase, n.Slot))), Backing: n.Backing,
				Active: opt(n.Active, 0), Disabled: opt(n.Disabled, false), Failover: opt(n.Failover, false), Extra: n.Extra})
		}
	}
	if pb.DLPAR != nil {
		if len(pb.DLPAR) != 3 {
			b.fail(pb.Body, "dlpar is a list of three: memory, processor, I/O")
			return
		}
		p.DLPAR = [3]bool{pb.DLPAR[0], pb.DLPAR[1], pb.DLPAR[2]}
	}
	if p.Env != envAIXLinux && !(s.HMC && p.Env == envIBMi) {
		b.fail(pb.Body, "partition %q: env is aixlinux; a VIOS has a vios block", pb.Name)
	}
	mode := opt(pb.Mode, "default")
	if !s.supports(mode) {
		b.fail(pb.Body, "partition %q: compat_mode %q is not in compat_modes of the system", pb.Name, mode)
	}
	p.Profile = Profile{Name: opt(pb.ProfileName, pb.Name), Resources: r, MaxSlots: opt(pb.MaxSlots, 30),
		BootMode: opt(pb.BootMode, "norm"), AutoStart: opt(pb.AutoStart, false), Mode: mode, IOSlots: pb.IOSlots, Extra: pb.ProfExtra}
	for _, item := range pb.IOSlots {
		if drc, _, _ := strings.Cut(item, "/"); s.slotOf(drc) == nil || strings.Count(item, "/") != 2 {
			b.fail(pb.Body, "partition %q: io_slots item %q is not DRC_INDEX/none/REQUIRED of an io_slot", pb.Name, item)
		}
	}
	p.ModeCurr = opt(pb.CurrMode, effectiveMode(s, mode))
	p.Eth = b.eths(s, p, pb.Eths)
	p.Scsi = b.scsi(s, pb.Scsi)
	p.FC = b.fc(s, p, pb.FC)
	if b.err != nil {
		return
	}
	p.Profile.Eth = append([]EthAdapter(nil), p.Eth...)
	p.Profile.Scsi = append([]ScsiAdapter(nil), p.Scsi...)
	p.Profile.FC = append([]FCAdapter(nil), p.FC...)
	scsi, fc := pb.Scsi, pb.FC
	for i := range pb.Profiles {
		p.Others = append(p.Others, b.profile(s, p, &pb.Profiles[i]))
	}
	if pb.CurrProfile != nil {
		p.CurrProfile = *pb.CurrProfile
	} else if active {
		p.CurrProfile = p.Profile.Name
	}
	if active {
		p.Curr, p.CurrSlots = r, p.Profile.MaxSlots
		p.Booted = b.moment(pb.Body, pb.Booted, pb.Uptime)
		if lb := pb.Live; lb != nil {
			p.Curr = b.resources(lb.Body, s, lb.Memory, lb.Procs, lb.Units, lb.Dedicated, lb.Sharing, lb.Weight)
			b.more(&p.Curr, lb.More)
			p.CurrSlots = opt(lb.MaxSlots, p.CurrSlots)
			p.Eth, p.Scsi, p.FC = b.eths(s, p, lb.Eths), b.scsi(s, lb.Scsi), b.fc(s, p, lb.FC)
			scsi, fc = lb.Scsi, lb.FC
		}
		p.RMC = opt(pb.RMC, rmcNone)
		if state == stateRunning && pb.RMC == nil && !opt(pb.RMCPending, false) && len(p.Eth) > 0 {
			p.RMC = rmcActive
		}
	} else if s.HMC {
		p.RMC = opt(pb.RMC, rmcInactive)
		if opt(pb.Holds, false) {
			p.Curr, p.CurrSlots = r, p.Profile.MaxSlots
		}
		if lb := pb.Live; lb != nil {
			if opt(pb.Holds, false) {
				p.Curr = b.resources(lb.Body, s, lb.Memory, lb.Procs, lb.Units, lb.Dedicated, lb.Sharing, lb.Weight)
				b.more(&p.Curr, lb.More)
				p.CurrSlots = opt(lb.MaxSlots, p.CurrSlots)
			}
			p.Eth, p.Scsi, p.FC = b.eths(s, p, lb.Eths), b.scsi(s, lb.Scsi), b.fc(s, p, lb.FC)
			scsi, fc = lb.Scsi, lb.FC
		} else if !opt(pb.Holds, false) && p.CurrProfile == "" {
			// A partition that was never applied has only its profile.
			p.Eth, p.Scsi, p.FC = nil, nil, nil
			scsi, fc = nil, nil
		}
	} else {
		if pb.Live != nil {
			b.fail(pb.Live.Body, "partition %q is not running and has no live block", pb.Name)
		}
		p.RMC = opt(pb.RMC, rmcInactive)
	}
	if p.RMC == rmcActive && state != stateRunning {
		b.fail(pb.Body, "partition %q: rmc is active only while the partition runs", pb.Name)
	}
	switch p.RMC {
	case rmcActive, rmcInactive, rmcNone:
	default:
		b.fail(pb.Body, "partition %q: rmc is active, inactive or none", pb.Name)
	}
	code := ""
	if state == stateRunning {
		code = runningRefcode(p.OSVersion)
	}
	p.Refcode, p.RefcodeTime = opt(pb.Refcode, code), p.Booted
	if opt(pb.RMCPending, false) && state == stateRunning {
		p.RMC = rmcNone
		p.bootSequence = -1
	}
	s.addPartition(p)
	for _, a := range scsi {
		if opt(a.Dangling, false) {
			continue
		}
		sv := s.partition(opt(a.ServerID, s.vios().ID))
		if s.HMC && sv.server(a.ServerSlot) == nil {
			sv.plug(ServerAdapter{Slot: a.ServerSlot, RemoteID: p.ID, RemoteSlot: a.Slot})
		}
		if a.VHost != nil && *a.VHost == "" {
			continue // the Virtual I/O Server has not configured the adapter
		}
		h := &VHost{Name: opt(a.VHost, ""), Slot: a.ServerSlot, ClientID: p.ID, ClientSlot: a.Slot}
		if h.Name == "" {
			h.Name = sv.VIOS.freeName("vhost")
		}
		b.vtds(sv.VIOS, h, a.VTDs)
		sv.VIOS.VHosts = append(sv.VIOS.VHosts, h)
	}
	for _, a := range fc {
		if opt(a.Dangling, false) {
			continue
		}
		sv := s.partition(opt(a.ServerID, s.vios().ID))
		if s.HMC && sv.server(a.ServerSlot) == nil {
			sv.plug(ServerAdapter{Slot: a.ServerSlot, RemoteID: p.ID, RemoteSlot: a.Slot, FC: true})
		}
		if a.VFCHost != nil && *a.VFCHost == "" {
			continue
		}
		h := &VFCHost{Name: opt(a.VFCHost, ""), Slot: a.ServerSlot, ClientID: p.ID, ClientSlot: a.Slot, Port: opt(a.Port, "")}
		if h.Name == "" {
			h.Name = sv.VIOS.freeName("vfchost")
		}
		if h.Port != "" && sv.VIOS.port(h.Port) == nil {
			b.fail(a.Body, "there is no fc port %q", h.Port)
		}
		sv.VIOS.VFCHosts = append(sv.VIOS.VFCHosts, h)
	}
}

func effectiveMode(s *System, mode string) string {
	if mode == "default" || mode == "" {
		return s.highestMode()
	}
	return mode
}

func runningRefcode(os string) string {
	if strings.HasPrefix(os, "AIX") {
		return ""
	}
	return "Linux ppc64"
}

func (b *builder) ivm(vb ivmBody) {
	e := b.e
	if e.console(vb.Name) != nil {
		b.fail(vb.Body, "ivm %q is declared twice", vb.Name)
	}
	s := e.system(vb.System)
	if s == nil {
		b.fail(vb.Body, "ivm %q: there is no system %q", vb.Name, vb.System)
		return
	}
	n := 0
	for _, p := range s.Partitions {
		if p.VIOS != nil {
			n++
		}
	}
	if n != 1 {
		b.fail(vb.Body, "ivm %q: an IVM lives on the one VIOS of its system; system %q has %d", vb.Name, vb.System, n)
		return
	}
	c := &Console{Name: vb.Name, Kind: "ivm", Address: opt(vb.Address, ""), System: s, Trusts: vb.Trusts,
		Strict: opt(vb.Strict, false), Port: opt(vb.Port, 0), AddedKey: vb.Added, KeyText: consoleKey(vb.Name)}
	for _, o := range e.Consoles {
		if o.System == s {
			b.fail(vb.Body, "ivm %q: system %q already has ivm %q", vb.Name, vb.System, o.Name)
		}
	}
	for _, u := range vb.Users {
		if c.user(u.Name) != nil {
			b.fail(u.Body, "user %q is declared twice", u.Name)
		}
		c.Users = append(c.Users, &User{Name: u.Name, Password: opt(u.Password, ""), Keys: u.Keys})
	}
	if len(c.Users) == 0 {
		c.Users = []*User{{Name: "padmin"}}
	}
	e.Consoles = append(e.Consoles, c)
}

func (b *builder) fault(f faultBody) {
	x := Fault{Name: f.Name, Action: f.Action, Console: opt(f.Console, ""), System: opt(f.System, ""),
		Partition: opt(f.Partition, ""), Command: opt(f.Command, ""), Skip: opt(f.Skip, 0), Times: opt(f.Times, 0),
		Message: opt(f.Message, ""), Exit: opt(f.Exit, 0), Percent: opt(f.Percent, 0), MemoryMB: opt(f.MemoryMB, 0),
		Interface: opt(f.Interface, ""), Network: opt(f.Network, ""), LUN: opt(f.LUN, "")}
	b.duration(f.Body, f.Delay, (*time.Duration)(&x.Delay))
	if b.err == nil {
		if err := b.e.arm(x); err != nil {
			b.fail(f.Body, "fault %q: %s", f.Name, err)
		}
	}
}

// start sets the timers of partitions that the file left in a passing state.
func (b *builder) start() {
	for _, s := range b.e.Systems {
		for _, p := range s.Partitions {
			switch {
			case p.State == stateStarting && s.HMC:
				b.e.bootHMC(s, p)
			case p.State == stateStarting:
				b.e.boot(s, p)
			case p.State == stateShuttingDown:
				b.e.finishShutdown(s, p, b.e.Timing.Shutdown, false)
			case p.State == stateRunning && p.bootSequence == -1:
				p.bootSequence = 0
				b.e.rmcLater(p)
			}
		}
	}
}

// encoder writes HCL. Attributes with their default value are left out, so that a saved file stays readable.
type encoder struct {
	b      strings.Builder
	indent int
}

func (w *encoder) line(format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", w.indent))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *encoder) open(format string, args ...any) {
	w.line(format+" {", args...)
	w.indent++
}

func (w *encoder) close() {
	w.indent--
	w.line("}")
}

func quoteHCL(s string) string {
	return string(hclwrite.TokensForValue(ctyString(s)).Bytes())
}

func (w *encoder) str(name, v, def string) {
	if v != def {
		w.line("%s = %s", name, quoteHCL(v))
	}
}

func (w *encoder) num(name string, v, def int) {
	if v != def {
		w.line("%s = %d", name, v)
	}
}

func (w *encoder) flag(name string, v, def bool) {
	if v != def {
		w.line("%s = %t", name, v)
	}
}

func (w *encoder) list(name string, v []string) {
	if len(v) == 0 {
		return
	}
	q := make([]string, len(v))
	for i, s := range v {
		q[i] = quoteHCL(s)
	}
	w.line("%s = [%s]", name, strings.Join(q, ", "))
}

func (w *encoder) ints(name string, v ...int) {
	if len(v) == 0 {
		return
	}
	q := make([]string, len(v))
	for i, n := range v {
		q[i] = strconv.Itoa(n)
	}
	w.line("%s = [%s]", name, strings.Join(q, ", "))
}

func unitText(h int) string { return fmt.Sprintf("%d.%02d", h/100, h%100) }

func unitNumber(h int) string { return strconv.FormatFloat(float64(h)/100, 'f', -1, 64) }

func (w *encoder) resources(r Resources) {
	w.ints("memory", r.MinMem, r.Mem, r.MaxMem)
	if r.Dedicated {
		w.line("dedicated = true")
		w.str("sharing", r.Sharing, "keep_idle_procs")
	} else {
		w.line("units = [%s, %s, %s]", unitNumber(r.MinUnits), unitNumber(r.Units), unitNumber(r.MaxUnits))
		w.str("sharing", r.Sharing, "uncap")
		if r.Sharing == "uncap" {
			w.num("weight", r.Weight, 128)
		}
	}
	w.ints("procs", r.MinProcs, r.Procs, r.MaxProcs)
	if r.Pool != 0 || r.Expansion != 0 || r.MaxHuge != 0 {
		w.open("more")
		w.num("pool", r.Pool, 0)
		if r.Expansion != 0 {
			w.line("expansion = %s", unitNumber(r.Expansion))
		}
		if r.MaxHuge != 0 {
			w.ints("huge_pages", r.MinHuge, r.Huge, r.MaxHuge)
		}
		w.close()
	}
}

// encode writes the estate as a scenario. A migration in flight is written as if it had not begun: the partition is on
// its source and runs there.
func (e *Estate) encode(speed float64, start time.Time) []byte {
	return hclwrite.Format([]byte(e.text(speed, start)))
}

// text is encode without the layout, which takes long.
func (e *Estate) text(speed float64, start time.Time) string {
	w := &encoder{}
	t, d := e.Timing, defaultTiming()
	w.open("lab")
	w.line("speed = %s", strconv.FormatFloat(speed, 'f', -1, 64))
	w.line("start = %s", quoteHCL(start.Format(time.RFC3339)))
	dur := func(name string, v, def time.Duration) {
		if v != def {
			w.line("%s = %q", name, v.String())
		}
	}
	dur("boot", t.Boot, d.Boot)
	dur("rmc", t.RMC, d.RMC)
	dur("shutdown", t.Shutdown, d.Shutdown)
	dur("power_off", t.PowerOff, d.PowerOff)
	dur("validate", t.Validate, d.Validate)
	dur("suspend", t.Suspend, d.Suspend)
	dur("linger", t.Linger, d.Linger)
	if t.MigrateBytes != d.MigrateBytes {
		w.line("migration_rate = %d", t.MigrateBytes)
	}
	if t.Latency != 1 {
		w.line("latency = %s", strconv.FormatFloat(t.Latency, 'f', -1, 64))
	}
	var unzoned []string
	for u := range e.unzoned {
		unzoned = append(unzoned, u)
	}
	sort.Strings(unzoned)
	w.list("unzoned", unzoned)
	w.list("cut_off", sortedKeys(e.cut))
	w.close()
	for _, l := range e.SAN {
		w.open("lun %s", quoteHCL(l.Name))
		w.str("wwpn", l.WWPN, "")
		w.str("id", l.ID, "")
		w.num("size_mb", l.SizeMB, 0)
		w.str("unique_id", l.UniqueID, "")
		w.str("pvid", l.PVID, "")
		w.flag("blank", l.Blank, false)
		w.close()
	}
	for _, c := range e.Clusters {
		e.encodeCluster(w, c)
	}
	for _, s := range e.Systems {
		e.encodeSystem(w, s)
	}
	e.encodeVirtualDisks(w)
	e.encodeNFS(w)
	e.encodeDiskGroups(w)
	e.encodeClusters(w)
	for _, c := range e.Consoles {
		block := c.Kind
		if c.Host != nil {
			block = "host"
		}
		w.open("%s %s", block, quoteHCL(c.Name))
		switch {
		case c.Host != nil:
			e.encodeHost(w, c.Host)
		case c.Kind == "hmc":
			encodeHMC(w, c)
		default:
			w.str("system", c.System.Label, "")
		}
		w.str("address", c.Address, "")
		w.list("trusts", c.Trusts)
		w.flag("ioscli_required", c.Strict, false)
		w.num("port", c.Port, 0)
		w.list("added_keys", c.AddedKey)
		for _, u := range c.Users {
			w.open("user %s", quoteHCL(u.Name))
			w.str("password", u.Password, "")
			w.str("role", u.Role, roleSuper)
			w.str("description", u.Text, "")
			w.list("keys", u.Keys)
			w.close()
		}
		w.close()
	}
	for _, f := range e.faults {
		f.encode(w)
	}
	return w.b.String()
}

func (e *Estate) encodeSystem(w *encoder, s *System) {
	w.open("system %s", quoteHCL(s.Label))
	w.str("name", s.Name, "")
	w.str("type_model", s.TypeModel, "")
	w.str("serial", s.Serial, "")
	w.num("memory_mb", s.MemoryMB, -1)
	w.num("firmware_mb", s.FirmwareMB, -1)
	w.num("region_mb", s.RegionMB, -1)
	w.line("processors = %s", unitNumber(s.Procs))
	if s.MinUnits != 10 {
		w.line("min_units_per_virtual_processor = %s", unitNumber(s.MinUnits))
	}
	w.list("compat_modes", s.Modes)
	if len(s.Capabilities) == 0 {
		w.line("capabilities = []")
	}
	w.list("capabilities", s.Capabilities)
	w.num("max_partitions", s.MaxPartitions, 20)
	w.num("max_active_migrations", s.MaxActive, 4)
	w.num("max_inactive_migrations", s.MaxInactive, 4)
	w.str("keylock", s.KeyLock, "norm")
	w.num("taken_mb", s.TakenMB, 0)
	if s.HMC {
		encodeHMCSystem(w, s)
	}
	for _, sl := range s.Slots {
		w.open("io_slot %s", quoteHCL(sl.Location))
		w.str("drc_index", sl.DRCIndex, "")
		w.num("bus", sl.Bus, 0)
		w.line("description = %s", quoteHCL(sl.Description))
		w.num("owner", sl.Owner, 0)
		w.close()
	}
	for _, p := range s.Partitions {
		if e.shell(p) {
			continue
		}
		if p.VIOS != nil {
			e.encodeVIOS(w, s, p)
			continue
		}
		e.encodePartition(w, s, p)
	}
	w.close()
}

func encodeEth(w *encoder, p *Partition, list []EthAdapter) {
	for _, a := range list {
		w.open("ethernet")
		w.num("slot", a.Slot, -1)
		w.num("vlan", a.PVID, -1)
		w.ints("vlans", a.VLANs...)
		w.num("trunk", a.TrunkPriority, 0)
		w.flag("ieee", a.IEEE, len(a.VLANs) > 0)
		w.flag("required", a.Required, false)
		w.str("mac", a.MAC, fmt.Sprintf("%s%02X", p.MACBase, a.Slot))
		w.str("switch", a.Switch, defaultSwitch(a))
		w.str("allowed_os_macs", a.OSMACs, defaultOf(a, "all"))
		w.str("qos", a.QoS, defaultOf(a, "none"))
		w.close()
	}
}

func encodeVTDs(w *encoder, h *VHost) {
	for _, t := range h.VTDs {
		backing := t.Backing
		if backing == "" {
			backing = "-"
		}
		w.open("disk %s", quoteHCL(backing))
		w.str("vtd", t.Name, "")
		w.num("lun", t.LUN, 0)
		w.str("kind", t.Kind, vtdDisk)
		w.close()
	}
}

func (e *Estate) encodeScsi(w *encoder, s *System, p *Partition, list []ScsiAdapter, targets bool) {
	for _, a := range list {
		w.open("vscsi")
		w.num("slot", a.Slot, -1)
		sv := s.partition(a.RemoteID)
		gone := sv == nil || sv.VIOS == nil
		if gone || sv != s.vios() {
			w.num("server_id", a.RemoteID, 0)
		}
		w.num("server_slot", a.RemoteSlot, -1)
		w.flag("required", a.Required, true)
		switch {
		case gone || targets && s.HMC && !s.coupled(p, sv, a.Slot, a.RemoteSlot, false):
			w.line("dangling = true")
		case targets && sv != nil && sv.VIOS != nil:
			if h := sv.VIOS.vhostAt(a.RemoteSlot); h != nil && h.ClientID == p.ID {
				w.str("vhost", h.Name, "")
				encodeVTDs(w, h)
			} else if s.HMC {
				w.line("vhost = \"\"")
			}
		}
		w.close()
	}
}

func (e *Estate) encodeFC(w *encoder, s *System, p *Partition, list []FCAdapter, targets bool) {
	for _, a := range list {
		w.open("vfc")
		w.num("slot", a.Slot, -1)
		sv := s.partition(a.RemoteID)
		gone := sv == nil || sv.VIOS == nil
		if gone || sv != s.vios() {
			w.num("server_id", a.RemoteID, 0)
		}
		w.num("server_slot", a.RemoteSlot, -1)
		w.list("wwpns", a.WWPNs[:])
		w.flag("required", a.Required, false)
		switch {
		case gone || targets && s.HMC && !s.coupled(p, sv, a.Slot, a.RemoteSlot, true):
			w.line("dangling = true")
		case targets && sv != nil && sv.VIOS != nil:
			if h := sv.VIOS.vfchostAt(a.RemoteSlot); h != nil && h.ClientID == p.ID {
				w.str("vfchost", h.Name, "")
				w.str("port", h.Port, "")
			} else if s.HMC {
				w.line("vfchost = \"\"")
			}
		}
		w.close()
	}
}

func sameLive(p *Partition) bool {
	if p.Curr != p.Profile.Resources || p.CurrSlots != p.Profile.MaxSlots {
		return false
	}
	return fmt.Sprint(p.Eth, p.Scsi, p.FC) == fmt.Sprint(p.Profile.Eth, p.Profile.Scsi, p.Profile.FC)
}

func (e *Estate) encodePartition(w *encoder, s *System, p *Partition) {
	state := p.State
	switch state {
	case stateMigrating:
		state = stateRunning
	case stateMigratingOff:
		state = stateOff
	}
	active := state != stateOff
	never := s.HMC && !active && !p.holds() && p.CurrProfile == "" && len(p.Eth)+len(p.Scsi)+len(p.FC) == 0
	w.open("partition %s", quoteHCL(p.Name))
	w.num("id", p.ID, 0)
	w.str("state", state, stateOff)
	if s.HMC {
		e.encodeHMCPartition(w, s, p)
	} else {
		w.str("os_version", p.OSVersion, "0.0.0.0.0.0")
	}
	w.str("profile_name", p.Profile.Name, p.Name)
	w.resources(p.Profile.Resources)
	w.num("max_slots", p.Profile.MaxSlots, 30)
	w.flag("auto_start", p.Profile.AutoStart, false)
	w.str("boot_mode", p.Profile.BootMode, "norm")
	w.str("curr_boot_mode", p.BootMode, "norm")
	w.str("keylock", p.KeyLock, "norm")
	w.num("avail_priority", p.Priority, 127)
	w.flag("perf_collection", p.Perf, false)
	w.str("compat_mode", p.Profile.Mode, "default")
	w.str("curr_compat_mode", p.ModeCurr, effectiveMode(s, p.Profile.Mode))
	w.str("mac_base", p.MACBase, macBase(s, p.ID))
	w.str("uuid", p.UUID, "")
	w.num("work_group", p.WorkGroup, 0)
	w.str("address", p.RMCAddress, "")
	if p.DLPAR != [3]bool{true, true, true} {
		w.line("dlpar = [%t, %t, %t]", p.DLPAR[0], p.DLPAR[1], p.DLPAR[2])
	}
	w.list("io_slots", p.Profile.IOSlots)
	if p.rmcPending(e) {
		w.line("rmc_pending = true")
	} else {
		w.line("rmc = %s", quoteHCL(p.RMC))
	}
	if active {
		w.str("booted", p.Booted.Truncate(time.Second).Format(time.RFC3339), "")
		w.str("curr_profile", p.CurrProfile, p.Profile.Name)
		code := ""
		if state == stateRunning {
			code = runningRefcode(p.OSVersion)
		}
		if state == stateRunning || state == stateOpenFirmware || state == stateError {
			w.str("refcode", p.Refcode, code)
		}
	} else {
		w.str("curr_profile", p.CurrProfile, "")
	}
	w.flag("terminal_open", p.VTOpen, false)
	w.flag("boot_fails", p.BootFails, false)
	same := !active || sameLive(p)
	if s.HMC {
		same = never || sameLive(p) || !p.holds() && sameAdapters(p)
	}
	encodeEth(w, p, p.Profile.Eth)
	e.encodeScsi(w, s, p, p.Profile.Scsi, same)
	e.encodeFC(w, s, p, p.Profile.FC, same)
	if !same {
		w.open("live")
		if p.holds() {
			w.resources(p.Curr)
			w.num("max_slots", p.CurrSlots, p.Profile.MaxSlots)
		} else {
			w.resources(p.Profile.Resources)
		}
		encodeEth(w, p, p.Eth)
		e.encodeScsi(w, s, p, p.Scsi, true)
		e.encodeFC(w, s, p, p.FC, true)
		w.close()
	}
	w.close()
}

func (e *Estate) encodeVIOS(w *encoder, s *System, p *Partition) {
	v := p.VIOS
	w.open("vios %s", quoteHCL(p.Name))
	if s.HMC {
		e.encodeHMCVIOS(w, s, p)
	}
	w.num("id", p.ID, 0)
	w.str("level", v.Level, "")
	w.str("hostname", v.Hostname, p.Name)
	w.str("address", p.RMCAddress, "")
	w.str("interface", v.Interface, "")
	w.str("rmc", p.RMC, rmcActive)
	w.resources(p.Profile.Resources)
	w.num("max_slots", p.Profile.MaxSlots, 64)
	w.num("mover_limit", v.MoverLimit, 0)
	w.flag("vasi", !v.NoVASI, true)
	w.flag("mirrored", !v.NoMirror, true)
	w.str("mac_base", p.MACBase, macBase(s, p.ID))
	w.str("uuid", p.UUID, "")
	if p.State != stateOff {
		w.str("booted", p.Booted.Truncate(time.Second).Format(time.RFC3339), "")
	}
	var zoned []string
	for _, l := range v.Zoned {
		zoned = append(zoned, l.Name)
	}
	w.list("zoned", zoned)
	w.str("default_pool", v.Pool, "")
	w.sizes("files", v.Files)
	w.sizes("drives", v.Drives)
	for _, f := range v.Ports {
		w.open("fc %s", quoteHCL(f.Name))
		w.str("location", f.Location, "")
		w.str("wwpn", f.WWPN, "")
		w.flag("npiv", f.NPIV, false)
		w.flag("fabric", f.Fabric, true)
		w.str("san", f.SAN, "")
		w.str("label_text", f.Label, "")
		w.close()
	}
	for _, d := range v.Disks {
		w.open("hdisk %s", quoteHCL(d.Name))
		if d.LUN != nil {
			w.str("lun", d.LUN.Name, "")
			if len(v.Ports) > 0 {
				w.str("port", d.Port, v.Ports[0].Name)
			}
		} else {
			w.str("location", d.Location, "")
			w.num("size_mb", d.SizeMB, 0)
			w.str("pvid", d.PVID, "")
			w.str("unique_id", d.UniqueID, "")
		}
		w.str("reserve_policy", d.Reserve, "single_path")
		w.str("algorithm", d.Algo, "fail_over")
		w.num("queue_depth", d.Queue, 0)
		w.flag("defined", d.Defined, false)
		if d.Known != nil {
			w.line("known_pvid = %s", quoteHCL(*d.Known))
		}
		w.close()
	}
	for _, g := range v.Groups {
		w.open("volume_group %s", quoteHCL(g.Name))
		w.list("disks", g.Disks)
		w.num("pp_size_mb", g.PPSizeMB, -1)
		w.num("total_pps", g.TotalPPs, -1)
		for _, l := range g.Volumes {
			w.open("volume %s", quoteHCL(l.Name))
			w.num("pps", l.PPs, -1)
			w.str("use", l.Use, "")
			for _, x := range l.Files {
				w.open("file %s", quoteHCL(x.Name))
				w.num("size_mb", x.SizeMB, -1)
				w.flag("read_only", x.ReadOnly, false)
				w.close()
			}
			w.close()
		}
		w.close()
	}
	for _, d := range v.Eths {
		if d.Slot != 0 {
			continue
		}
		w.open("ethernet %s", quoteHCL(d.Name))
		w.str("location", d.Location, "")
		w.list("aggregate", d.Members)
		w.str("mode", d.Mode, "")
		w.str("base", d.Base, "")
		w.num("tag", d.Tag, 0)
		w.str("description", d.Description, d.kind())
		w.close()
	}
	for _, a := range p.Eth {
		name := ""
		for _, d := range v.Eths {
			if d.Slot == a.Slot {
				name = d.Name
			}
		}
		w.open("ethernet %s", quoteHCL(name))
		w.num("slot", a.Slot, -1)
		w.num("vlan", a.PVID, 1)
		w.ints("vlans", a.VLANs...)
		w.num("trunk", a.TrunkPriority, 0)
		w.flag("ieee", a.IEEE, len(a.VLANs) > 0)
		w.str("mac", a.MAC, fmt.Sprintf("%s%02X", p.MACBase, a.Slot))
		w.flag("required", a.Required, true)
		w.str("switch", a.Switch, defaultSwitch(a))
		w.str("allowed_os_macs", a.OSMACs, defaultOf(a, "all"))
		w.str("qos", a.QoS, defaultOf(a, "none"))
		w.close()
	}
	for _, d := range v.SEAs {
		w.open("sea %s", quoteHCL(d.Name))
		w.str("real", d.Real, "")
		w.list("virtual", d.Virtual)
		w.str("default", d.PVIDAdapter, d.Virtual[0])
		w.num("vlan", d.PVID, 1)
		w.str("ha_mode", d.HAMode, "disabled")
		w.str("ctl_chan", d.CtlChan, "")
		w.table("attributes", d.Extra)
		w.close()
	}
	hosts := append([]*VHost(nil), v.VHosts...)
	sort.Slice(hosts, func(i, j int) bool { return naturalLess(hosts[i].Name, hosts[j].Name) })
	for _, h := range hosts {
		if e.paired(s, p, h.ClientID, h.Slot, false) || e.shell(s.partition(h.ClientID)) {
			continue
		}
		w.open("vhost %s", quoteHCL(h.Name))
		w.num("slot", h.Slot, -1)
		w.num("client", h.ClientID, 0)
		w.num("client_slot", h.ClientSlot, 0)
		encodeVTDs(w, h)
		w.close()
	}
	for _, h := range v.VFCHosts {
		if e.paired(s, p, h.ClientID, h.Slot, true) || e.shell(s.partition(h.ClientID)) {
			continue
		}
		w.open("vfchost %s", quoteHCL(h.Name))
		w.num("slot", h.Slot, -1)
		w.num("client", h.ClientID, 0)
		w.num("client_slot", h.ClientSlot, 0)
		w.str("port", h.Port, "")
		w.close()
	}
	if p.holds() && (p.Curr != p.Profile.Resources || p.CurrSlots != p.Profile.MaxSlots || p.State != stateRunning) {
		w.open("live")
		w.resources(p.Curr)
		w.num("max_slots", p.CurrSlots, p.Profile.MaxSlots)
		w.close()
	}
	w.close()
}

// paired tells whether a client adapter points at the server adapter, so that the client's block says it all.
func (e *Estate) paired(s *System, vios *Partition, client, slot int, fc bool) bool {
	p := s.partition(client)
	if p == nil || e.shell(p) {
		return false
	}
	var clientSlots []int
	if fc {
		for _, a := range p.FC {
			if a.RemoteID == vios.ID && a.RemoteSlot == slot {
				clientSlots = append(clientSlots, a.Slot)
			}
		}
	} else {
		for _, a := range p.Scsi {
			if a.RemoteID == vios.ID && a.RemoteSlot == slot {
				clientSlots = append(clientSlots, a.Slot)
			}
		}
	}
	return slices.ContainsFunc(clientSlots, func(n int) bool { return !s.HMC || s.coupled(p, vios, n, slot, fc) })
}

// coupled tells whether both sides of a connection say the same under an HMC.
func (s *System) coupled(p, vios *Partition, clientSlot, slot int, fc bool) bool {
	if vios == nil || vios.VIOS == nil {
		return false
	}
	a := vios.server(slot)
	if a == nil || a.FC != fc || a.Required || a.RemoteID != p.ID || a.RemoteSlot != clientSlot {
		return false
	}
	if h := vios.VIOS.vhostAt(slot); h != nil && (fc || h.ClientID != p.ID || h.ClientSlot != clientSlot) {
		return false
	}
	h := vios.VIOS.vfchostAt(slot)
	return h == nil || fc && h.ClientID == p.ID && h.ClientSlot == clientSlot
}

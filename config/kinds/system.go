package kinds

import "github.com/gantry-power/gantry/config/schema"

// System is a managed system: a frame or blade under an HMC or an IVM.
func System() *schema.Kind {
	return &schema.Kind{
		Name:     "system",
		Version:  1,
		Doc:      "A managed system: one frame or blade, under an IVM or an HMC. It exists before Gantry; declaring it gives it a name in the estate.",
		Identity: [][]string{{"type_model", "serial_number"}, {"name"}},
		Existing: true,
		Attributes: []schema.Attribute{
			{Name: "name", MaxLength: 31, Doc: "Name that the console has for the system. It is not the host name of its IVM.", Console: "lssyscfg -r sys: name", Example: `"Server-7998-61X-SN100390A"`},
			{Name: "type_model", Doc: "Machine type and model.", Console: "lssyscfg -r sys: type_model", Example: `"7998-61X"`},
			{Name: "serial_number", Doc: "Serial number.", Console: "lssyscfg -r sys: serial_num", Example: `"100390A"`},
			{Name: "site", Policy: true, Doc: "Where it stands; only for your own overview.", Example: `"room 2"`},
			{Name: "maintenance", Type: schema.Bool, Policy: true, Doc: "The system receives nothing new (rule CAP-13).", Default: "false", Example: "true"},
			{Name: "standby", Type: schema.Bool, Policy: true, Doc: "The system is kept empty for others (rule CAP-13).", Default: "false", Example: "true"},
			{Name: "quarantine", Type: schema.Bool, Policy: true, Doc: "Nothing enters or leaves the system (rule CAP-32).", Default: "false", Example: "true"},
			{Name: "max_running", Type: schema.Number, Min: schema.F(0), Policy: true, Doc: "Most client partitions that may run on it (rule CAP-33).", Example: "20"},
			{Name: "headroom", Type: schema.ObjectType, Policy: true, Doc: "What placements must leave free for the Virtual I/O Server and for growth (rule CAP-14).", Attributes: []schema.Attribute{
				{Name: "memory", Type: schema.Size, Policy: true, Doc: "Memory to leave free.", Example: `"512MiB"`},
				{Name: "units", Type: schema.Number, Min: schema.F(0), Policy: true, Doc: "Processing units to leave free.", Example: "0.2"},
			}, Example: `{ memory = "512MiB" }`},

			{Name: "pool", Policy: true, Doc: "Name of a pool: systems that take each other's running partitions when one of them fails (rules CAP-11 and CAP-12).", Example: `"production"`},
			{Name: "overcommit", Type: schema.ObjectType, Policy: true, Doc: "How far what is sold may go beyond what is there (rule CAP-21).", Attributes: []schema.Attribute{
				{Name: "virtual_per_core", Type: schema.Number, Min: schema.F(0.1), Policy: true, Doc: "Most virtual processors of running partitions for each core.", Example: "4"},
			}, Example: `{ virtual_per_core = 4 }`},

			{Name: "fabric", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Policy: true, Managers: []string{HMC}, Doc: "A SAN fabric and the Fibre Channel ports of this system's Virtual I/O Servers that are on it. The label is the fabric's name.", Attributes: []schema.Attribute{
				{Name: "ports", Nesting: schema.List, Required: true, Policy: true, Doc: "Ports, as VIOS/PORT.", Example: `["f1vios1/fcs0", "f1vios2/fcs0"]`},
			}},

			{Name: "bridge", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Policy: true, Managers: []string{HMC}, Doc: "A shared Ethernet adapter on each of some Virtual I/O Servers of this system, which together bridge networks. The label is what networks name. One that does not exist is made when a network needs it; one that exists is used as it is, apart from mode.", Attributes: []schema.Attribute{
				{Name: "ports", Nesting: schema.List, Required: true, Policy: true, Doc: "Physical adapters below it, as VIOS/DEVICE, in the order of the trunk priorities: the first one is active in failover.", Console: "mkvdev -sea", Example: `["f1vios1/ent0", "f1vios2/ent0"]`},
				{Name: "mode", Policy: true, Enum: []string{"failover", "sharing", "single"}, Doc: "How several work together: one bridges and the other waits, or each bridges some of the VLANs. single is one adapter alone. Left out, what is there stays.", Console: "ha_mode (auto, sharing, disabled)", Default: "for one that is made: failover for several ports, single for one", Example: `"failover"`},
				{Name: "control_channel", Type: schema.Number, Policy: true, Min: schema.F(1), Max: schema.F(4094), Doc: "VLAN of the control channel of a new one. Left out, it has none, which only newer Virtual I/O Servers take.", Console: "ctl_chan", Example: "4094"},
				{Name: "switch", Policy: true, Pattern: switchName, PatternIs: switchNameIs, Doc: "Virtual switch of a new one.", Console: "vswitch", Default: "ETHERNET0", Example: `"ETHERNET0"`},
				{Name: "vlan", Type: schema.Number, Policy: true, Min: schema.F(1), Max: schema.F(4094), Doc: "Port VLAN of a new one: untagged on the physical network.", Console: "mkvdev -sea -defaultid", Default: "1", Example: "1"},
			}},

			{Name: "manager", Computed: true, Enum: []string{IVM, HMC}, Doc: "What manages it.", Console: "ibmvmc0 in lsdev -virtual: present under an IVM only"},
			{Name: "console", Computed: true, Doc: "Host name of the console.", Console: "hostname"},
			{Name: "state", Computed: true, Doc: "Operating, Power Off, Error and so on.", Console: "lssyscfg -r sys: state"},
			{Name: "capabilities", Nesting: schema.List, Computed: true, Doc: "What the system says that it can do.", Console: "lssyscfg -r sys: capabilities"},
			{Name: "compatibility_modes", Nesting: schema.List, Computed: true, Doc: "Processor compatibility modes that it offers.", Console: "lssyscfg -r sys: lpar_proc_compat_modes"},
			{Name: "max_partitions", Type: schema.Number, Computed: true, Doc: "Most partitions that can be defined.", Console: "lssyscfg -r sys: max_lpars"},
			{Name: "memory", Type: schema.ObjectType, Computed: true, Doc: "Memory of the whole system.", Attributes: []schema.Attribute{
				{Name: "installed", Type: schema.Size, Computed: true, Doc: "Installed.", Console: "lshwres -r mem --level sys: installed_sys_mem"},
				{Name: "configurable", Type: schema.Size, Computed: true, Doc: "Activated and usable.", Console: "configurable_sys_mem"},
				{Name: "available", Type: schema.Size, Computed: true, Doc: "Free now.", Console: "curr_avail_sys_mem"},
				{Name: "firmware", Type: schema.Size, Computed: true, Doc: "Used by the hypervisor.", Console: "sys_firmware_mem"},
				{Name: "huge_pages", Type: schema.Number, Computed: true, Doc: "Huge pages that nobody has, under an HMC.", Console: "curr_avail_num_sys_huge_pages"},
				{Name: "region", Type: schema.Size, Computed: true, Doc: "Logical memory block: every size is a multiple of it.", Console: "mem_region_size"},
			}},
			{Name: "processor", Type: schema.ObjectType, Computed: true, Doc: "Processors of the whole system.", Attributes: []schema.Attribute{
				{Name: "configurable", Type: schema.Number, Computed: true, Doc: "Activated processing units.", Console: "lshwres -r proc --level sys: configurable_sys_proc_units"},
				{Name: "available", Type: schema.Number, Computed: true, Doc: "Free now.", Console: "curr_avail_sys_proc_units"},
				{Name: "min_units_per_virtual", Type: schema.Number, Computed: true, Doc: "Least entitlement of a virtual processor.", Console: "min_proc_units_per_virtual_proc"},
				{Name: "max_virtual", Type: schema.Number, Computed: true, Doc: "Most virtual processors of a partition.", Console: "max_curr_virtual_procs_per_aixlinux_lpar"},
			}},
			{Name: "mobility", Type: schema.ObjectType, Computed: true, Doc: "Migrations that it supports and those under way.", Attributes: []schema.Attribute{
				{Name: "active_capable", Type: schema.Bool, Computed: true, Doc: "Can migrate running partitions.", Console: "lslparmigr -r sys: active_lpar_mobility_capable"},
				{Name: "inactive_capable", Type: schema.Bool, Computed: true, Doc: "Can migrate partitions that are off.", Console: "inactive_lpar_mobility_capable"},
				{Name: "active_max", Type: schema.Number, Computed: true, Doc: "Live migrations at once.", Console: "num_active_migrations_supported"},
				{Name: "active_now", Type: schema.Number, Computed: true, Doc: "Live migrations under way.", Console: "num_active_migrations_in_progress"},
				{Name: "inactive_max", Type: schema.Number, Computed: true, Doc: "Inactive migrations at once.", Console: "num_inactive_migrations_supported"},
				{Name: "inactive_now", Type: schema.Number, Computed: true, Doc: "Inactive migrations under way.", Console: "num_inactive_migrations_in_progress"},
			}},
			{Name: "service_partition", Type: schema.Number, Computed: true, Doc: "Id of the partition that receives its platform error log, under an HMC.", Console: "lssyscfg -r sys: service_lpar_id"},
			{Name: "virtual_switches", Nesting: schema.List, Computed: true, Doc: "Virtual switches.", Console: "lshwres --rsubtype vswitch"},
			{Name: "processor_pools", Nesting: schema.List, Computed: true, Doc: "Shared processor pools.", Console: "lshwres -r procpool"},
			{Name: "partly", Nesting: schema.List, Computed: true, Doc: "Which of processor_pools, virtual_switches, vnics and logical_ports were read only as far as partitions use them, because discovery sends at most 12 commands for a system."},
			{Name: "physical_slots", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Physical slots, by DRC index.", Attributes: []schema.Attribute{
				{Name: "location", Computed: true, Doc: "Location code.", Console: "lshwres -r io --rsubtype slot: drc_name"},
				{Name: "description", Computed: true, Doc: "Adapter in it.", Console: "description"},
				{Name: "owner", Computed: true, Doc: "Partition that has it.", Console: "lpar_name"},
			}},
			{Name: "vios", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Its Virtual I/O Servers, by partition name.", Attributes: []schema.Attribute{
				{Name: "id", Type: schema.Number, Computed: true, Doc: "Partition id.", Console: "lpar_id"},
				{Name: "state", Computed: true, Doc: "Partition state.", Console: "state"},
				{Name: "rmc_state", Computed: true, Doc: "Resource monitoring connection.", Console: "rmc_state"},
				{Name: "level", Computed: true, Doc: "Software level.", Console: "ioslevel"},
				{Name: "management_channel", Type: schema.Bool, Computed: true, Doc: "Whether it is an IVM.", Console: "ibmvmc0"},
				{Name: "vasi", Type: schema.Bool, Computed: true, Doc: "Whether the mover has its VASI device.", Console: "vasi0 in lsdev -virtual"},
				{Name: "mover", Type: schema.Bool, Computed: true, Doc: "Whether it is a mover service partition; always under an IVM.", Console: "msp under an HMC"},
				{Name: "mover_limit", Type: schema.Number, Computed: true, Doc: "Live migrations that it carries at once, under an HMC.", Console: "vioslpm0: cfg_msp_lpm_ops"},
				{Name: "max_virtual_slots", Type: schema.Number, Computed: true, Doc: "Virtual slots.", Console: "curr_max_virtual_slots"},
				{Name: "used_slots", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Virtual slots in use.", Console: "virtual adapters and vhost locations"},
				{Name: "profile", Computed: true, Doc: "Profile that it was activated with.", Console: "curr_profile"},
				{Name: "fibre_channel_ports", Nesting: schema.Map, Computed: true, Doc: "Fibre Channel ports and their location codes.", Console: "lsdev: fcsN"},
				{Name: "fibre_channel_adapters", Nesting: schema.Map, Computed: true, Doc: "Virtual Fibre Channel server adapters (vfchost) and the partition each serves; empty for none.", Console: "lsmap -all -npiv"},
				{Name: "scsi_slots", Nesting: schema.Map, Computed: true, Doc: "Slots of virtual SCSI server adapters and the partition each is for.", Console: "lshwres --rsubtype scsi"},
				{Name: "fibre_channel_slots", Nesting: schema.Map, Computed: true, Doc: "Slots of virtual Fibre Channel server adapters and the partition each is for.", Console: "lshwres --rsubtype fc"},
				{Name: "scsi_profile", Nesting: schema.Map, Computed: true, Doc: "Slots of virtual SCSI server adapters in its profile and the partition each is for.", Console: "virtual_scsi_adapters"},
				{Name: "fibre_channel_profile", Nesting: schema.Map, Computed: true, Doc: "Slots of virtual Fibre Channel server adapters in its profile and the partition each is for.", Console: "virtual_fc_adapters"},
				{Name: "units", Type: schema.Number, Computed: true, Doc: "Entitled processing units.", Console: "curr_proc_units"},
				{Name: "server_adapters", Nesting: schema.Map, Computed: true, Doc: "Virtual SCSI server adapters (vhost) and the partition each serves; empty for none.", Console: "lsmap -all: SVSA"},
				{Name: "target_devices", Nesting: schema.List, Computed: true, Doc: "Virtual target devices in use.", Console: "lsmap -all: VTD"},
				{Name: "stale_mappings", Nesting: schema.List, Computed: true, Doc: "Mappings whose client does not exist.", Console: "lsmap -all"},
				{Name: "pools", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Its storage pools; a volume group is one.", Attributes: []schema.Attribute{
					{Name: "type", Computed: true, Doc: "LVPOOL, FBPOOL or CLPOOL.", Console: "lssp: Type"},
					{Name: "size", Type: schema.Size, Computed: true, Doc: "Size.", Console: "lssp: Size(mb)"},
					{Name: "free", Type: schema.Size, Computed: true, Doc: "Free.", Console: "lssp: Free(mb)"},
					{Name: "allocation", Type: schema.Size, Computed: true, Doc: "Every size is a multiple of it.", Console: "lssp: Alloc Size(mb)"},
				}},
				{Name: "cluster", Computed: true, Doc: "Its cluster, for shared storage pools.", Console: "cluster -list"},
				{Name: "media", Nesting: schema.List, Computed: true, Doc: "Media of its library.", Console: "lsrep"},
				{Name: "bridges", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Shared Ethernet adapters, by device.", Attributes: []schema.Attribute{
					{Name: "switch", Computed: true, Doc: "Virtual switch of its trunk adapters, under an HMC.", Console: "vswitch"},
					{Name: "vlans", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "VLANs that it bridges.", Console: "port_vlan_id and addl_vlan_ids of its trunk adapters"},
					{Name: "port_vlan", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Port VLANs of its trunk adapters.", Console: "port_vlan_id"},
					{Name: "carriers", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Port VLANs of trunk adapters that carry tagged VLANs.", Console: "port_vlan_id where ieee_virtual_eth=1"},
					{Name: "priority", Type: schema.Number, Computed: true, Doc: "Trunk priority: 1 is the active one of a failover pair.", Console: "trunk_priority"},
					{Name: "physical", Computed: true, Doc: "Physical adapter below it.", Console: "lsmap -all -net: Backing device"},
					{Name: "status", Computed: true, Doc: "Available or Defined.", Console: "lsmap -all -net: Status"},
					{Name: "mode", Computed: true, Doc: "auto, sharing, standby or disabled.", Console: "ha_mode"},
					{Name: "control_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of its control channel.", Console: "ctl_chan"},
					{Name: "trunks", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Its trunk adapters, by virtual slot.", Attributes: []schema.Attribute{
						{Name: "device", Computed: true, Doc: "Device.", Console: "lsmap -all -net: SVEA"},
						{Name: "vlan", Type: schema.Number, Computed: true, Doc: "Port VLAN.", Console: "port_vlan_id"},
						{Name: "tagged", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Tagged VLANs.", Console: "addl_vlan_ids"},
						{Name: "ieee", Type: schema.Bool, Computed: true, Doc: "Whether it takes tagged VLANs.", Console: "ieee_virtual_eth"},
					}},
				}},
				{Name: "ethernet_ports", Nesting: schema.Map, Computed: true, Doc: "Physical Ethernet adapters, link aggregations included, and their location codes.", Console: "lsdev: entN"},
				{Name: "ethernet_slots", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Its virtual Ethernet adapters, by slot.", Attributes: []schema.Attribute{
					{Name: "vlan", Type: schema.Number, Computed: true, Doc: "Port VLAN.", Console: "port_vlan_id"},
					{Name: "tagged", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Tagged VLANs.", Console: "addl_vlan_ids"},
					{Name: "priority", Type: schema.Number, Computed: true, Doc: "Trunk priority, of a trunk adapter.", Console: "trunk_priority"},
					{Name: "switch", Computed: true, Doc: "Virtual switch.", Console: "vswitch"},
				}},
				{Name: "profile_ethernet", Nesting: schema.List, Computed: true, Doc: "Virtual Ethernet adapters of its profile, as the console writes them.", Console: "virtual_eth_adapters"},
			}},
		},
	}
}

package kinds

import (
	"fmt"
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Partition is a logical partition.
func Partition() *schema.Kind {
	return &schema.Kind{
		Name:     "partition",
		Version:  1,
		Doc:      "A logical partition. Its system is its place: change it and the partition moves there, running if it runs.",
		Identity: [][]string{{"name"}},
		Place:    "system",
		Attributes: []schema.Attribute{
			{Name: "name", MaxLength: 31, Pattern: regexp.MustCompile(`^[!#%+\-./0-9:;@A-Z^_a-z{}~()]([ !#%+\-./0-9:;@A-Z^_a-z{}~()]*[!#%+\-./0-9:;@A-Z^_a-z{}~()])?$`), PatternIs: "a name of printable ASCII, without quotes, backslashes, commas, equal signs and < > * $ & ? | [ ], and without a blank at either end", Doc: "Name on the console.", Console: "lssyscfg -r lpar: name", Default: "the block's label; with for_each the key, with count the label, a dash and the index", FromLabel: true, Example: `"uli13lp1"`},
			{Name: "system", Type: schema.Ref, RefKind: "system", Required: true, Doc: "Where the partition lives. A change migrates it.", Console: "migrlpar", Example: "system.uli13", Disruption: schema.Pause},
			{Name: "id", Type: schema.Number, Min: schema.F(1), Max: schema.F(65534), CreateOnly: true, Doc: "Partition id. A migration keeps it only if it is free on the target.", Console: "lpar_id", Default: "the console's choice", Example: "4"},
			{Name: "environment", Enum: []string{"aixlinux", "vioserver", "os400"}, CreateOnly: true, Doc: "What the partition is for.", Console: "lpar_env", Default: "aixlinux", Example: `"aixlinux"`},
			{Name: "state", Enum: []string{"running", "off"}, Doc: "Whether the partition runs. Left out, Gantry neither starts nor stops it.", Console: "state: Running, Not Activated", Example: `"running"`, Disruption: schema.Outage},
			{Name: "restart", Policy: true, Enum: []string{"never", "allowed"}, Doc: "Whether Gantry may restart the running partition for a change that needs it. With never, such a change waits in the profile for the next activation.", Default: "never", Example: `"allowed"`},
			{Name: "memory", Type: schema.ObjectType, Nesting: schema.Block, Doc: "Memory.", Attributes: []schema.Attribute{
				size("minimum", "Least memory the partition starts with.", "min_mem", nil),
				size("desired", "Memory it gets.", "desired_mem", onlineMemory),
				size("maximum", "Most memory it can be given while it runs; the hypervisor reserves a 64th of it.", "max_mem", nil),
				{Name: "mode", Enum: []string{"dedicated", "shared"}, Dual: true, Disruption: schema.Restart, Doc: "Own memory, or part of a shared memory pool.", Console: "mem_mode", Default: "dedicated", Example: `"dedicated"`},
				{Name: "expansion", Type: schema.Number, Min: schema.F(0), Max: schema.F(10), Managers: []string{HMC}, Dual: true, Disruption: schema.Restart, Doc: "Active Memory Expansion factor of an AIX partition; 0 is off.", Console: "mem_expansion", Example: "1.5"},
				{Name: "huge_pages", Type: schema.ObjectType, Managers: []string{HMC}, Doc: "Huge pages of 16 GiB; a partition with any cannot move while it runs (rule LPM-27).", Example: "{ minimum = 0, desired = 1, maximum = 1 }", Attributes: []schema.Attribute{
					count("minimum", "Least huge pages.", "min_num_huge_pages", 0, nil),
					count("desired", "Huge pages.", "desired_num_huge_pages", 0, nil),
					count("maximum", "Most huge pages.", "max_num_huge_pages", 0, nil),
				}},
			}},
			{Name: "processor", Type: schema.ObjectType, Nesting: schema.Block, Doc: "Processors.", Attributes: []schema.Attribute{
				{Name: "mode", Enum: []string{"shared", "dedicated"}, Dual: true, Disruption: schema.Restart, Doc: "Shared processors in units, or whole ones.", Console: "proc_mode", Example: `"shared"`},
				{Name: "sharing", Enum: []string{"capped", "uncapped", "keep_idle_procs", "share_idle_procs", "share_idle_procs_active", "share_idle_procs_always"}, Dual: true, Disruption: schema.Restart, Online: onlineSharing, Doc: "capped or uncapped for shared processors; the others for dedicated ones.", Console: "sharing_mode (cap, uncap)", Example: `"uncapped"`},
				{Name: "weight", Type: schema.Number, Min: schema.F(0), Max: schema.F(255), Dual: true, Disruption: schema.Restart, Online: onlineShared, Doc: "Share of idle processors for an uncapped partition.", Console: "uncap_weight", Default: "128", Example: "128"},
				{Name: "units", Type: schema.ObjectType, Doc: "Processing units, for shared processors.", Example: "{ minimum = 0.1, desired = 0.1, maximum = 1 }", Attributes: []schema.Attribute{
					count("minimum", "Least entitlement.", "min_proc_units", 0.05, nil),
					count("desired", "Entitlement.", "desired_proc_units", 0.05, onlineUnits),
					count("maximum", "Most entitlement while it runs.", "max_proc_units", 0.05, nil),
				}},
				{Name: "virtual", Type: schema.ObjectType, Doc: "Virtual processors, or whole processors when the mode is dedicated.", Example: "{ minimum = 1, desired = 1, maximum = 2 }", Attributes: []schema.Attribute{
					count("minimum", "Least processors.", "min_procs", 1, nil),
					count("desired", "Processors.", "desired_procs", 1, onlineVirtual),
					count("maximum", "Most processors while it runs.", "max_procs", 1, nil),
				}},
				{Name: "pool", Managers: []string{HMC}, Dual: true, Disruption: schema.Restart, Online: onlineShared, Doc: "Shared processor pool.", Console: "shared_proc_pool_name", Default: "DefaultPool", Example: `"DefaultPool"`},
				{Name: "compatibility", Dual: true, Disruption: schema.Restart, Doc: "Preferred processor compatibility mode.", Console: "desired_lpar_proc_compat_mode", Default: "default", Example: `"POWER6"`},
				{Name: "compatibility_now", Computed: true, Doc: "Mode in effect.", Console: "curr_lpar_proc_compat_mode"},
			}},
			{Name: "ethernet", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Key: []string{"slot", "network"}, Doc: "A virtual Ethernet adapter. The label is yours.", Attributes: []schema.Attribute{
				{Name: "network", Type: schema.Ref, RefKind: "network", Required: true, Disruption: schema.Restart, Online: rmcIO, Doc: "VLAN of the port.", Console: "port_vlan_id", Example: "network.lan"},
				{Name: "tagged", Type: schema.Ref, RefKind: "network", Nesting: schema.List, Disruption: schema.Restart, Online: rmcIO, Doc: "Further VLANs, tagged (IEEE 802.1q).", Console: "addl_vlan_ids", Example: "[network.backup]"},
				{Name: "slot", Type: schema.Number, Min: schema.F(2), Max: schema.F(65535), Doc: "Virtual slot.", Console: "slot_num", Default: "the lowest free slot from 4, chosen in the plan", Example: "4"},
				{Name: "mac", Pattern: regexp.MustCompile(`^[0-9A-F]{12}$`), PatternIs: "12 hexadecimal digits in upper case without colons", CreateOnly: true, Doc: "MAC address.", Console: "mac_addr", Default: "the console's choice", Example: `"EEE91D8C7003"`},
				{Name: "switch", Managers: []string{HMC}, Disruption: schema.Restart, Online: rmcIO, Pattern: switchName, PatternIs: switchNameIs, Doc: "Virtual switch.", Console: "vswitch", Default: "ETHERNET0", Example: `"ETHERNET0"`},
				{Name: "current", Type: schema.Bool, Computed: true, Doc: "Under an HMC, whether a partition that is off holds the adapter already.", Console: "lshwres --rsubtype eth"},
			}},
			{Name: "disk", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Key: []string{"source"}, Doc: "A disk through virtual SCSI. The label is yours.", Attributes: []schema.Attribute{
				{Name: "source", Type: schema.Ref, RefKind: "disk", Required: true, Doc: "The LUN.", Console: "lsmap: Backing device", Example: `disk.lp1["root"]`},
				{Name: "target", MaxLength: 15, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", CreateOnly: true, Doc: "Name of the virtual target device. A migration keeps a name of yours, not a generated vtscsiN.", Console: "lsmap: VTD", Default: "the console's vtscsiN", Example: `"lp1_root"`},
				{Name: "paths", Type: schema.Number, Min: schema.F(1), Max: schema.F(8), Managers: []string{HMC}, Doc: "How many Virtual I/O Servers of its system export it. The partition sees one disk with as many paths.", Console: "lsmap on every Virtual I/O Server", Default: "every Virtual I/O Server of the system that sees the LUN", Example: "2"},
				{Name: "device", Computed: true, Doc: "Backing device on the Virtual I/O Server.", Console: "lsmap: Backing device"},
				{Name: "servers", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Under an HMC, how each Virtual I/O Server exports it, by the server's name.", Attributes: []schema.Attribute{
					{Name: "target", Computed: true, Doc: "Virtual target device.", Console: "lsmap: VTD"},
					{Name: "device", Computed: true, Doc: "Backing device.", Console: "lsmap: Backing device"},
					{Name: "adapter", Computed: true, Doc: "Server adapter.", Console: "lsmap: SVSA"},
					{Name: "adapter_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of the server adapter.", Console: "lsmap: Physloc -C"},
					{Name: "client_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of the client adapter.", Console: "lshwres --rsubtype scsi: remote_slot_num"},
				}},
				{Name: "backing", Computed: true, Doc: "What backs it: disk, lv, file, lu (of a shared storage pool), optical.", Console: "lsmap"},
				{Name: "adapter", Computed: true, Doc: "Server adapter.", Console: "lsmap: SVSA"},
				{Name: "adapter_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of the server adapter.", Console: "lsmap: Physloc -C"},
				{Name: "lun", Computed: true, Doc: "LUN as the partition sees it.", Console: "lsmap: LUN"},
				{Name: "status", Computed: true, Doc: "Available or Defined.", Console: "lsmap: Status"},
			}},
			{Name: "optical", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Managers: []string{HMC}, Key: []string{"target", "server"}, Doc: "A virtual optical drive. The label is yours. It keeps the partition from moving while it is there (rule LPM-35).", Attributes: []schema.Attribute{
				{Name: "server", Required: true, Doc: "Virtual I/O Server whose media library it reads.", Console: "mkvdev -fbo", Example: `"f1vios1"`},
				{Name: "medium", Doc: "Medium in the drive; an empty text is an empty drive. Left out, whatever is loaded stays.", Console: "loadopt -disk, unloadopt", Example: `"AIX72.iso"`},
				{Name: "target", MaxLength: 15, Pattern: deviceName, PatternIs: "a letter followed by letters, digits, underscores or dots", CreateOnly: true, Doc: "Name of the virtual target device.", Console: "lsmap: VTD", Default: "opt, the partition's id and the label, chosen in the plan", Example: `"db_cd"`},
				{Name: "adapter", Computed: true, Doc: "Server adapter.", Console: "lsmap: SVSA"},
				{Name: "adapter_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of the server adapter.", Console: "lsmap: Physloc -C"},
			}},
			{Name: "npiv", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Managers: []string{HMC}, Key: []string{"slot"}, Doc: "A virtual Fibre Channel adapter (NPIV). The label is yours. It is served by a Virtual I/O Server port that the system declares to be on the fabric.", Attributes: []schema.Attribute{
				{Name: "fabric", Required: true, Policy: true, Doc: "SAN fabric; the fabric blocks of the system say which ports are on it.", Example: `"A"`},
				{Name: "slot", Type: schema.Number, Min: schema.F(2), Max: schema.F(65535), Doc: "Virtual slot of the client adapter.", Console: "slot_num", Default: "slots.fibre_channel and the ones behind it, in the order of the labels", Example: "20"},
				{Name: "wwpns", Nesting: schema.List, CreateOnly: true, Doc: "The pair of world wide port names; both must be zoned, because a migration logs the second one in.", Console: "wwpns", Default: "the console's choice, which it never reuses", Example: `["c050760000010000", "c050760000010001"]`},
				{Name: "server", Computed: true, Doc: "Virtual I/O Server that serves it.", Console: "remote_lpar_name"},
				{Name: "server_slot", Type: schema.Number, Computed: true, Doc: "Virtual slot of the server adapter.", Console: "remote_slot_num"},
				{Name: "adapter", Computed: true, Doc: "Server adapter.", Console: "lsmap -npiv: Name"},
				{Name: "port", Computed: true, Doc: "Physical port behind it.", Console: "lsmap -npiv: FC name"},
				{Name: "status", Computed: true, Doc: "LOGGED_IN, NOT_LOGGED_IN and so on.", Console: "lsmap -npiv: Status"},
			}},
			{Name: "connected", Type: schema.Bool, Managers: []string{HMC}, Doc: "Every virtual SCSI and Fibre Channel adapter has its other side: the server adapter, its line in the profile of the Virtual I/O Server, its device, and the port behind it. What is missing is put there. Declare false to leave it as it is.", Console: "virtual_scsi_adapters and virtual_fc_adapters on both sides", Default: "true for a partition that declares disks or NPIV adapters", Example: "false"},
			{Name: "slots", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "Where new virtual adapters go, under an HMC.", Attributes: []schema.Attribute{
				{Name: "ethernet", Type: schema.Number, Policy: true, Min: schema.F(2), Doc: "First slot of Ethernet adapters.", Default: "4", Example: "2"},
				{Name: "scsi", Type: schema.Number, Policy: true, Min: schema.F(2), Doc: "First slot of SCSI adapters, one for each Virtual I/O Server.", Default: "10", Example: "10"},
				{Name: "fibre_channel", Type: schema.Number, Policy: true, Min: schema.F(2), Doc: "First slot of Fibre Channel adapters.", Default: "20", Example: "20"},
				{Name: "server_first", Type: schema.Number, Policy: true, Min: schema.F(2), Doc: "On every Virtual I/O Server the partition's adapters begin at server_first + id * server_step.", Default: "100", Example: "100"},
				{Name: "server_step", Type: schema.Number, Policy: true, Min: schema.F(1), Doc: "Server slots that each partition id is given.", Default: "10", Example: "10"},
			}},
			{Name: "description", MaxLength: 128, Pattern: regexp.MustCompile(`^([!#-+\--<>-\[\]-~]( *[!#-+\--<>-\[\]-~])*)?$`), PatternIs: "printable ASCII without quotes, commas, equal signs and backslashes, and no blank at either end", Managers: []string{HMC}, Doc: "Free text.", Console: "description", Example: `"payroll database"`},
			{Name: "mover", Type: schema.Bool, Managers: []string{HMC}, Doc: "A Virtual I/O Server that may carry migrations.", Console: "msp", Example: "true"},
			{Name: "time_reference", Type: schema.Bool, Managers: []string{HMC}, Doc: "Its clock is kept as the reference of the system.", Console: "time_ref", Example: "true"},
			{Name: "redundant_error_path", Type: schema.Bool, Managers: []string{HMC}, Disruption: schema.Activation, Doc: "It reports hardware errors of the whole system; such a partition is not moved while it runs (rule LPM-30).", Console: "redundant_err_path_reporting", Example: "false"},
			{Name: "reconcile", Policy: true, Enum: []string{"profile", "running"}, Doc: "Which of the two is right where the running configuration and the profile differ and nothing is declared. Left out, the difference is only shown.", Example: `"running"`},
			{Name: "auto_start", Type: schema.Bool, Doc: "Start together with the system.", Console: "auto_start", Example: "true"},
			{Name: "boot_mode", Enum: []string{"norm", "dd", "ds", "of", "sms"}, Doc: "How it boots: normally, diagnostics (default or stored boot list), Open Firmware, or the SMS menu. Read when it is activated.", Console: "boot_mode", Disruption: schema.Activation, Example: `"norm"`},
			{Name: "keylock", Enum: []string{"norm", "manual"}, Doc: "Position of the virtual key.", Console: "lpar_keylock, set with chsysstate -o chkey", Example: `"norm"`},
			{Name: "availability_priority", Type: schema.Number, Min: schema.F(0), Max: schema.F(255), Doc: "Who keeps its processors when one fails; the higher, the longer.", Console: "lpar_avail_priority", Example: "127"},
			{Name: "max_virtual_slots", Type: schema.Number, Min: schema.F(4), Max: schema.F(65535), Dual: true, Disruption: schema.Restart, Doc: "Virtual slots.", Console: "max_virtual_slots", Example: "30"},
			{Name: "performance_collection", Type: schema.Bool, Doc: "The partition may read the utilisation of the whole system.", Console: "allow_perf_collection", Example: "false"},
			{Name: "connection_monitoring", Type: schema.Bool, Doc: "Report a lost connection. IVM refuses it at creation; it is set right after.", Console: "conn_monitoring", Disruption: schema.Activation, Example: "true"},
			{Name: "workload_group", Doc: "Partition workload group; a member cannot migrate (rule LPM-32).", Console: "work_group_id", Default: "none", Example: `"none"`},
			{Name: "physical_slots", Nesting: schema.List, Dual: true, Disruption: schema.Restart, Online: hmcIO, Doc: "Physical slots by DRC index; they block a live migration (rule LPM-22).", Console: "io_slots", Example: `["21010002"]`},
			{Name: "mobility", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "How the partition may move.", Attributes: []schema.Attribute{
				{Name: "mode", Policy: true, Enum: []string{"live", "inactive", "auto", "never"}, Doc: "live only while it runs, inactive only while it is off, auto as its state demands, never.", Default: "auto", Example: `"live"`},
				{Name: "wait", Type: schema.Duration, Policy: true, Min: schema.F(0), Max: schema.F(86400), Doc: "How long the console waits for commands that it sends to the partition; whole minutes.", Console: "migrlpar -w", Default: "5m", Example: `"5m"`},
				{Name: "source_mover", Policy: true, Managers: []string{HMC}, Doc: "Mover service partition on the source.", Console: "migrlpar -i source_msp_name", Default: "the console's choice", Example: `"f1vios1"`},
				{Name: "target_mover", Policy: true, Managers: []string{HMC}, Doc: "Mover service partition on the target.", Console: "migrlpar -i dest_msp_name", Default: "the console's choice", Example: `"f2vios1"`},
				{Name: "pool", Policy: true, Managers: []string{HMC}, Doc: "Shared processor pool on the target.", Console: "migrlpar -i shared_proc_pool_name", Default: "the pool of the same name, else the console's choice", Example: `"DefaultPool"`},
				{Name: "profile", Policy: true, MaxLength: 31, Managers: []string{HMC}, Doc: "Profile that the migration writes on the target.", Console: "migrlpar -n", Default: "the profile last used", Example: `"normal"`},
				{Name: "scsi_mappings", Nesting: schema.List, Policy: true, Managers: []string{HMC}, Doc: "Which Virtual I/O Server of the target serves which client slot.", Console: "migrlpar -i virtual_scsi_mappings", Default: "chosen so that every path is kept", Example: `["10/f2vios1/", "11/f2vios2/"]`},
				{Name: "fibre_channel_mappings", Nesting: schema.List, Policy: true, Managers: []string{HMC}, Doc: "The same for Fibre Channel, with slot and port.", Console: "migrlpar -i virtual_fc_mappings", Default: "the ports that the target declares to be on the fabric", Example: `["20/f2vios1//110/fcs0"]`},
				{Name: "mover_pairs", Nesting: schema.List, Policy: true, Managers: []string{HMC}, Pattern: regexp.MustCompile(`^[^/]+/[^/]+$`), PatternIs: "a mover of the source, a slash, and a mover of the target", Doc: "The two pairs of mover service partitions that carry a live migration, so that it survives the loss of one.", Console: "migrlpar -i redundant_msps", Default: "the console's choice", Example: `["f1vios1/f2vios1", "f1vios2/f2vios2"]`},
				{Name: "redundant_movers", Policy: true, Managers: []string{HMC}, Enum: []string{"off", "require", "if_possible"}, Doc: "Whether two pairs of movers carry a live migration; require refuses one that has a single pair.", Console: "migrlpar --redundantmsps", Default: "the console's choice", Example: `"require"`},
				{Name: "redundant_servers", Policy: true, Managers: []string{HMC}, Enum: []string{"off", "require", "if_possible"}, Doc: "Whether adapters that two Virtual I/O Servers serve are served by two on the target.", Console: "migrlpar --redundantvios", Default: "the console's choice", Example: `"require"`},
				{Name: "npiv_validation", Policy: true, Managers: []string{HMC}, Enum: []string{"port", "portdisk"}, Doc: "Whether the console checks that the target reaches the storage ports, or the ports and the LUNs behind them.", Console: "migrlpar --npivval", Default: "the policy of the console", Example: `"portdisk"`},
				{Name: "override", Nesting: schema.List, Policy: true, Managers: []string{HMC}, Enum: []string{"multipath", "vlan_bridge", "vsi", "uuid", "remote_restart"}, Doc: "Checks of the console that the migration of this partition may fail (rule LPM-74).", Console: "migrlpar --mpio, --vlanbridge, --vsi, --uuid, --requirerr", Default: "none: what the console checks is checked", Example: `["vlan_bridge"]`},
				{Name: "stalled_after", Type: schema.Duration, Policy: true, Min: schema.F(1), Max: schema.F(86400), Doc: "A live migration that transfers nothing for so long is reported as stalled (rule MIG-37); it goes on.", Default: "10m", Example: `"10m"`},
				{Name: "on_failure", Policy: true, Enum: []string{"recover", "leave"}, Doc: "After a failed migration: recover it (migrlpar -o r), or leave it as it is for a person to look at.", Default: "recover", Example: `"recover"`},
			}},
			{Name: "placement", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "Where the partition may live.", Attributes: []schema.Attribute{
				{Name: "pinned", Type: schema.Bool, Policy: true, Doc: "It does not move in any plan (rule CAP-30).", Default: "false", Example: "true"},
				{Name: "exclusive", Type: schema.Bool, Policy: true, Doc: "No other client partition on its system (rule CAP-31).", Default: "false", Example: "true"},
				{Name: "only_on", Type: schema.Ref, RefKind: "system", Nesting: schema.List, Policy: true, Doc: "Systems that it may live on (rule CAP-29).", Example: "[system.uli13, system.uli14]"},
				{Name: "not_on", Type: schema.Ref, RefKind: "system", Nesting: schema.List, Policy: true, Doc: "Systems that it may not live on (rule CAP-29).", Example: "[system.uli14]"},
				{Name: "group", Policy: true, Doc: "Name of a group whose members stay on one system (rule CAP-28).", Example: `"shop"`},
				{Name: "apart", Policy: true, Doc: "Name of a group whose members never share a system (rule CAP-27).", Example: `"payroll-nodes"`},
			}},

			{Name: "profile", Computed: true, Doc: "Name of its profile.", Console: "default_profile"},
			{Name: "ever_activated", Type: schema.Bool, Computed: true, Doc: "Whether it was ever activated.", Console: "curr_profile not empty"},
			{Name: "os_version", Computed: true, Doc: "Operating system.", Console: "os_version"},
			{Name: "rmc_state", Computed: true, Doc: "Resource monitoring connection: active, inactive, none.", Console: "rmc_state"},
			{Name: "rmc_address", Computed: true, Doc: "Address of that connection.", Console: "rmc_ipaddr"},
			{Name: "dlpar", Type: schema.ObjectType, Computed: true, Doc: "What can change while it runs.", Attributes: []schema.Attribute{
				{Name: "memory", Type: schema.Bool, Computed: true, Doc: "Memory.", Console: "dlpar_mem_capable"},
				{Name: "processor", Type: schema.Bool, Computed: true, Doc: "Processors.", Console: "dlpar_proc_capable"},
				{Name: "io", Type: schema.Bool, Computed: true, Doc: "Adapters.", Console: "dlpar_io_capable"},
			}},
			{Name: "logical_serial_number", Computed: true, Doc: "Serial number of the partition.", Console: "logical_serial_num"},
			{Name: "host_ethernet_ports", Nesting: schema.List, Computed: true, Doc: "Logical ports of Host Ethernet Adapters; they block a live migration (rule LPM-24).", Console: "lhea_logical_ports"},
			{Name: "bsr_arrays", Type: schema.Number, Computed: true, Doc: "Arrays of barrier synchronization registers; they block a live migration (rule LPM-29).", Console: "bsr_arrays"},
			{Name: "remote_restart", Type: schema.Bool, Computed: true, Doc: "Set up to be restarted on another system (rule LPM-42).", Console: "simplified_remote_restart_capable"},
			{Name: "features", Nesting: schema.List, Computed: true, Doc: "What it uses that not every system offers: virtual TPM, secure boot, key store, virtual serial number (rule LPM-39).", Console: "vtpm_enabled, curr_secure_boot, keystore_kbytes, virtual_serial_num"},
			{Name: "uptime", Type: schema.Duration, Computed: true, Fleeting: true, Doc: "How long it has been running (the console's unit is unconfirmed).", Console: "uptime"},
			{Name: "power_control", Nesting: schema.List, Computed: true, Doc: "Ids of the partitions that control its power.", Console: "power_ctrl_lpar_ids"},
			{Name: "mac_base", Computed: true, Doc: "Base of its virtual MAC addresses.", Console: "virtual_eth_mac_base_value"},
			{Name: "holds_memory", Type: schema.Size, Computed: true, Doc: "Memory assigned to it now, also while it is off.", Console: "curr_mem"},
			{Name: "holds_units", Type: schema.Number, Computed: true, Doc: "Processing units, or whole processors, assigned to it now.", Console: "curr_proc_units, curr_procs"},
			{Name: "adapters", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Computed: true, Doc: "Under an HMC, its client adapters and what there is on the other side of each, by slot.", Attributes: []schema.Attribute{
				{Name: "type", Computed: true, Doc: "scsi or fc.", Console: "lshwres -r virtualio"},
				{Name: "slot", Type: schema.Number, Computed: true, Doc: "Virtual slot.", Console: "slot_num"},
				{Name: "server", Computed: true, Doc: "Virtual I/O Server.", Console: "remote_lpar_name"},
				{Name: "server_slot", Type: schema.Number, Computed: true, Doc: "Slot there.", Console: "remote_slot_num"},
				{Name: "server_adapter", Type: schema.Bool, Computed: true, Doc: "Whether the server adapter exists.", Console: "lshwres --rsubtype scsi, fc"},
				{Name: "server_profile", Type: schema.Bool, Computed: true, Doc: "Whether the profile of the Virtual I/O Server has it.", Console: "virtual_scsi_adapters, virtual_fc_adapters"},
				{Name: "current", Type: schema.Bool, Computed: true, Doc: "Whether the partition has it, or holds it while it is off.", Console: "lshwres -r virtualio"},
				{Name: "profile", Type: schema.Bool, Computed: true, Doc: "Whether the partition's own profile has it.", Console: "virtual_scsi_adapters, virtual_fc_adapters"},
				{Name: "device", Computed: true, Doc: "Its device.", Console: "lsmap"},
				{Name: "port", Computed: true, Doc: "Physical port behind a Fibre Channel adapter.", Console: "lsmap -npiv"},
			}},
			{Name: "current_only", Nesting: schema.List, Computed: true, Doc: "Under an HMC, the adapters that it has, or holds while it is off, and that its profile lacks: an activation with the profile loses them.", Console: "lshwres -r virtualio, lssyscfg -r prof"},
			{Name: "reserve_found", Nesting: schema.Map, Computed: true, Remembered: true, Doc: "Reservations that Gantry has lifted for its disks without being asked to by the disk's declaration, by SYSTEM/VIOS/DISK; they are put back when the disk is taken away.", Console: "reserve_policy"},
			{Name: "migration_disabled", Type: schema.Bool, Computed: true, Doc: "Its migration is switched off on the console.", Console: "migration_disabled"},
			{Name: "uuid", Computed: true, Doc: "Universally unique id; a migration keeps it.", Console: "uuid"},
			{Name: "profiles", Nesting: schema.List, Computed: true, Doc: "All its profiles.", Console: "lssyscfg -r prof"},
			{Name: "vnics", Nesting: schema.Map, Computed: true, Doc: "vNIC adapters and their backing devices, by slot.", Console: "lshwres --rsubtype vnic"},
			{Name: "logical_ports", Nesting: schema.List, Computed: true, Doc: "SR-IOV logical ports; they block a live migration (rule LPM-25).", Console: "lshwres -r sriov --rsubtype logport"},
			{Name: "migration_state", Computed: true, Doc: "Migration under way, or Not Migrating.", Console: "lslparmigr -r lpar: migration_state"},
			{Name: "fibre_channel", Nesting: schema.Map, Computed: true, Doc: "Virtual Fibre Channel server adapters and the physical port of each.", Console: "lsmap -all -npiv"},
			{Name: "extra_serial_slots", Type: schema.Number, Nesting: schema.List, Computed: true, Doc: "Virtual serial adapters besides slots 0 and 1.", Console: "virtual_serial_adapters"},
		},
		Checks: []schema.Check{
			{Code: "CAP-01", Doc: "Minimum, desired and maximum are in that order.", Check: ordered},
			{Code: "CAP-03", Doc: "Each virtual processor has at least 0.05 and at most one processing unit.", Check: unitsPerVirtual},
			{Code: "partition-sharing", Doc: "Sharing fits the processor mode.", Check: sharingFits},
		},
	}
}

func size(name, doc, console string, online func(found, want cty.Value) bool) schema.Attribute {
	return schema.Attribute{Name: name, Type: schema.Size, Min: schema.F(1), Dual: true, Disruption: schema.Restart, Online: online, Doc: doc, Console: console, Example: `"1GiB"`}
}

func count(name, doc, console string, least float64, online func(found, want cty.Value) bool) schema.Attribute {
	return schema.Attribute{Name: name, Type: schema.Number, Min: schema.F(least), Dual: true, Disruption: schema.Restart, Online: online, Doc: doc, Console: console, Example: "1"}
}

// A running partition changes online when its management connection is up, it
// says that it can, and the wanted value is inside what it was started with.
func online(capability, minimum, maximum string) func(found, want cty.Value) bool {
	return func(found, want cty.Value) bool {
		if schema.Str(found, "rmc_state") != "active" || !schema.True(found, "dlpar."+capability) {
			return false
		}
		if minimum == "" {
			return true
		}
		f, _ := want.AsBigFloat().Float64()
		return f >= schema.Num(found, minimum) && f <= schema.Num(found, maximum)
	}
}

var (
	onlineMemory  = online("memory", "memory.minimum", "memory.maximum")
	onlineUnits   = online("processor", "processor.units.minimum", "processor.units.maximum")
	onlineVirtual = online("processor", "processor.virtual.minimum", "processor.virtual.maximum")
	rmcProcessors = online("processor", "", "")
	rmcIO         = online("io", "", "")
)

// onlineShared: what only shared processors have waits for them.
func onlineShared(found, want cty.Value) bool {
	return schema.Str(found, "processor.mode") != "dedicated" && rmcProcessors(found, want)
}

// onlineSharing: a way of sharing that belongs to the other mode waits for it.
func onlineSharing(found, want cty.Value) bool {
	shared := want != cty.NilVal && (want.AsString() == "capped" || want.AsString() == "uncapped")
	return shared == (schema.Str(found, "processor.mode") != "dedicated") && rmcProcessors(found, want)
}

// hmcIO is rmcIO for what an IVM changes in the profile only; profiles are what only an HMC tells.
func hmcIO(found, want cty.Value) bool { return schema.Has(found, "profiles") && rmcIO(found, want) }

func ordered(v cty.Value) (string, string, string) {
	for _, group := range []string{"memory", "processor.units", "processor.virtual"} {
		names := []string{"minimum", "desired", "maximum"}
		for i := 0; i < len(names); i++ {
			for j := i + 1; j < len(names); j++ {
				lo, hi := schema.Get(v, group+"."+names[i]), schema.Get(v, group+"."+names[j])
				if lo == cty.NilVal || hi == cty.NilVal {
					continue
				}
				if lo.GreaterThan(hi).True() {
					return group + "." + names[i], fmt.Sprintf("%s %s is more than %s %s", names[i], schema.FormatNumber(lo), names[j], schema.FormatNumber(hi)), "Put minimum, desired and maximum in order."
				}
			}
		}
	}
	return "", "", ""
}

func unitsPerVirtual(v cty.Value) (string, string, string) {
	for _, n := range []string{"minimum", "desired", "maximum"} {
		units, procs := schema.Num(v, "processor.units."+n), schema.Num(v, "processor.virtual."+n)
		if units == 0 || procs == 0 {
			continue
		}
		if n == "desired" && units > procs {
			return "processor.units." + n, fmt.Sprintf("%g units are more than %g virtual processors can use", units, procs), "Give at most one unit per virtual processor."
		}
		if n != "maximum" && units/procs < 0.05-1e-9 {
			return "processor.units." + n, fmt.Sprintf("%g units are too few for %g virtual processors", units, procs), "Give at least 0.05 units per virtual processor (0.1 on older systems)."
		}
	}
	return "", "", ""
}

func sharingFits(v cty.Value) (string, string, string) {
	mode, sharing := schema.Str(v, "processor.mode"), schema.Str(v, "processor.sharing")
	switch {
	case mode == "" || sharing == "":
	case mode == "shared" && sharing != "capped" && sharing != "uncapped":
		return "processor.sharing", sharing + " is for dedicated processors", "Use capped or uncapped."
	case mode == "dedicated" && (sharing == "capped" || sharing == "uncapped"):
		return "processor.sharing", sharing + " is for shared processors", "Use keep_idle_procs or one of the share_idle_procs values."
	}
	if mode == "dedicated" && schema.Has(v, "processor.units") {
		return "processor.units", "dedicated processors have no units", "Remove units and give virtual."
	}
	return "", "", ""
}

// switchName leaves out what parts the adapters of a profile from each other, and the fields of one.
var switchName = regexp.MustCompile(`^[^/,"\x00-\x1f\x7f]+$`)

const switchNameIs = "a name without slash, comma and quotes"

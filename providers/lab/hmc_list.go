package lab

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// cell is a value of a row: how it is printed in the default format and with -F.
type cell struct {
	value  string
	na     bool // left out of the default format
	hidden bool
	quoted bool // in quotes even when it has no comma
}

func val(s string) cell       { return cell{value: s} }
func num(n int) cell          { return cell{value: strconv.Itoa(n)} }
func flagCell(b bool) cell    { return cell{value: bit(b)} }
func absent(word string) cell { return cell{value: word, na: true} }

// build makes a row of the given attributes.
func build(names []string, get func(name string) cell) *row {
	r := newRow()
	for _, n := range names {
		c := get(n)
		r.add(n, c.value)
		r.na[n], r.hidden[n] = c.na, c.hidden
		if c.quoted && c.value != "" {
			r.force(n)
		}
	}
	return r
}

var hmcSysAttrs = strings.Fields(`name type_model serial_num ipaddr state detailed_state sys_time power_off_policy
	active_lpar_mobility_capable inactive_lpar_mobility_capable active_lpar_share_idle_procs_capable active_mem_expansion_capable
	hardware_active_mem_expansion_capable active_mem_sharing_capable addr_broadcast_perf_policy_capable bsr_capable cod_mem_capable
	cod_proc_capable dynamic_platform_optimization_capable electronic_err_reporting_capable firmware_power_saver_capable
	hardware_power_saver_capable hardware_discovery_capable hca_capable huge_page_mem_capable lhea_capable lpar_avail_priority_capable
	lpar_proc_compat_mode_capable lpar_remote_restart_capable powervm_lpar_remote_restart_capable lpar_suspend_capable
	micro_lpar_capable os400_capable 5250_application_capable redundant_err_path_reporting_capable shared_eth_failover_capable
	sni_msg_passing_capable sp_failover_capable vet_activation_capable virtual_fc_capable virtual_io_server_capable
	virtual_switch_capable vsn_phase2_capable vsi_on_veth_capable assign_5250_cpw_percent max_lpars max_power_ctrl_lpars
	hca_bandwidth_capabilities service_lpar_id curr_sys_keylock pend_sys_keylock curr_power_on_side pend_power_on_side
	curr_power_on_speed pend_power_on_speed curr_power_on_speed_override pend_power_on_speed_override power_on_type power_on_option
	power_on_lpar_start_policy pend_power_on_option pend_power_on_lpar_start_policy power_on_method power_on_attr sp_boot_attr
	sp_boot_major_type sp_boot_minor_type sp_version mfg_default_config curr_mfg_default_ipl_source pend_mfg_default_ipl_source
	curr_mfg_default_boot_mode pend_mfg_default_boot_mode`)

// sysAttrs of the console's level.
func (h *hcall) sysAttrs() []string {
	names := slices.Clone(hmcSysAttrs)
	if h.level >= 10 {
		i := slices.Index(names, "state")
		names = slices.Insert(names, i, "sp_type")
		i = slices.Index(names, "detailed_state")
		names = slices.Insert(names, i, "state_detail")
		names = append(names, "lpar_proc_compat_modes", "description", "lpar_keystore_max_kbytes", "supported_vtpm_versions")
	} else {
		names = append(names, "lpar_proc_compat_modes")
	}
	names = append(names, "capabilities", "sriov_capable", "vnic_dedicated_sriov_capable", "powervm_lpar_simplified_remote_restart_capable", "service_lpar_name")
	if h.level >= 8 {
		names = append(names, "uuid")
	}
	return names
}

// deaf tells that the service processor cannot be asked.
func (s *System) deaf() bool { return s.State == "No Connection" || s.State == "Failed Authentication" }

func (h *hcall) sysCell(s *System, n string) cell {
	off := s.State != "Operating" && s.State != "Standby"
	switch n {
	case "name":
		return val(s.Name)
	case "type_model":
		return val(s.TypeModel)
	case "serial_num":
		return val(s.Serial)
	case "ipaddr":
		return val(s.Address)
	case "sp_type":
		return val(s.SPType)
	case "state":
		return val(s.State)
	case "state_detail", "detailed_state":
		return val("None")
	case "uuid":
		return cell{value: s.UUID, hidden: h.level < 9}
	case "description":
		return val(s.Description)
	case "capabilities":
		return cell{value: strings.Join(s.Capabilities, ","), hidden: true}
	case "lpar_proc_compat_modes":
		return cell{value: strings.Join(s.Modes, ","), hidden: h.level < 10}
	case "service_lpar_name":
		if off {
			return val("unavailable")
		}
		return absent("null")
	}
	if off || s.deaf() {
		return val("unavailable")
	}
	switch n {
	case "sys_time":
		return val(stamp(h.e.Now))
	case "power_off_policy":
		return flagCell(s.OffPolicy)
	case "max_lpars":
		return num(s.MaxPartitions)
	case "max_power_ctrl_lpars":
		return num(1)
	case "service_lpar_id":
		return val("none")
	case "assign_5250_cpw_percent":
		return val("0.0")
	case "hca_bandwidth_capabilities":
		return val("null")
	case "curr_sys_keylock", "pend_sys_keylock":
		return val(s.KeyLock)
	case "curr_power_on_side", "pend_power_on_side":
		return val("temp")
	case "curr_power_on_speed", "pend_power_on_speed":
		return val("fast")
	case "curr_power_on_speed_override", "pend_power_on_speed_override":
		return val("none")
	case "power_on_type":
		return val("power on")
	case "power_on_option", "pend_power_on_option":
		return val("standby")
	case "power_on_lpar_start_policy", "pend_power_on_lpar_start_policy":
		return val(s.StartPolicy)
	case "power_on_method":
		return val("02")
	case "power_on_attr", "sp_boot_attr":
		return val("0000")
	case "sp_boot_major_type":
		return val("1")
	case "sp_boot_minor_type":
		return val("1")
	case "sp_version":
		return val("00070000")
	case "mfg_default_config":
		return val("0")
	case "curr_mfg_default_ipl_source", "pend_mfg_default_ipl_source":
		return val("a")
	case "curr_mfg_default_boot_mode", "pend_mfg_default_boot_mode":
		return val("norm")
	case "lpar_keystore_max_kbytes":
		return val("64")
	case "supported_vtpm_versions":
		return val("1.2")
	case "sriov_capable", "vnic_dedicated_sriov_capable", "powervm_lpar_simplified_remote_restart_capable":
		return cell{value: bit(s.capable(n)), hidden: h.level < 8}
	}
	return flagCell(s.capable(n))
}

func hmcLssyscfg(h *hcall) int {
	kinds := []string{"lpar", "prof", "sys", "sysprof"}
	if h.level < 10 {
		kinds = append(kinds, "frame", "cage")
	}
	kind, ok := h.one("-r", kinds...)
	if !ok {
		return 1
	}
	switch kind {
	case "frame", "cage":
		return h.print(nil, strings.Fields("name type_model serial_num state frame_num frame_type ipaddr_a ipaddr_b"))
	case "sys":
		names := h.sysAttrs()
		var rows []*row
		for _, s := range h.con.managed() {
			if m, ok := h.values["-m"]; ok && !s.is(m) {
				continue
			}
			rows = append(rows, build(names, func(n string) cell { return h.sysCell(s, n) }))
		}
		if m, ok := h.values["-m"]; ok && len(rows) == 0 {
			return h.refuse(hmcNoSystem, m)
		}
		return h.print(rows, names)
	}
	if !h.system(false) {
		return 1
	}
	if h.sys.deaf() {
		return h.refuse(hmcNotReady)
	}
	switch kind {
	case "sysprof":
		if _, ok := h.filter("profile_names"); !ok {
			return 1
		}
		return h.print(nil, []string{"name", "lpar_names", "lpar_ids", "profile_names"})
	case "lpar":
		f, ok := h.filter("lpar_names", "lpar_ids", "work_groups")
		if !ok {
			return 1
		}
		names := h.lparAttrs()
		var rows []*row
		for _, p := range slices.Backward(h.sys.Partitions) {
			if f.lpar(p) && f.matches("work_groups", groupText(p.WorkGroup)) {
				rows = append(rows, build(names, func(n string) cell { return h.lparCell(p, n) }))
			}
		}
		return h.print(rows, names)
	}
	f, ok := h.filter("lpar_names", "lpar_ids", "profile_names")
	if !ok {
		return 1
	}
	names := h.profAttrs()
	var rows []*row
	for _, p := range slices.Backward(h.sys.Partitions) {
		if !f.lpar(p) {
			continue
		}
		for _, pr := range h.profilesOf(p) {
			if f.matches("profile_names", pr.Name) {
				rows = append(rows, build(names, func(n string) cell { return h.profCell(p, pr, n) }))
			}
		}
	}
	if len(rows) == 0 && f["profile_names"] != nil {
		return h.refuse(hmcNoProfile, f["profile_names"][0])
	}
	return h.print(rows, names)
}

// lastValid is the profile that mirrors the current configuration of a partition.
const lastValid = "last*valid*configuration"

// profilesOf lists the profiles of a partition; with --lastvalidcfg the one that mirrors its current configuration.
func (h *hcall) profilesOf(p *Partition) []*Profile {
	if h.flags["--lastvalidcfg"] {
		if !p.holds() {
			return nil
		}
		pr := p.current()
		pr.Name = lastValid
		return []*Profile{pr}
	}
	return p.profiles()
}

func (p *Partition) profiles() []*Profile { return append([]*Profile{&p.Profile}, p.Others...) }

func (p *Partition) profileNamed(name string) *Profile {
	for _, pr := range p.profiles() {
		if pr.Name == name {
			return pr
		}
	}
	return nil
}

// current is the current configuration in the form of a profile.
func (p *Partition) current() *Profile {
	base := p.Profile
	if pr := p.profileNamed(p.CurrProfile); pr != nil {
		base = *pr
	}
	pr := base
	pr.Extra = cloneTable(base.Extra)
	pr.Resources, pr.MaxSlots = p.Curr, p.CurrSlots
	if mode := p.Extra["active_mode"]; mode != "" {
		pr.Mode = mode
	}
	pr.Eth, pr.Scsi, pr.FC = slices.Clone(p.Eth), slices.Clone(p.Scsi), slices.Clone(p.FC)
	if p.VIOS != nil {
		pr.Scsi, pr.FC = profileServers(p.Servers)
	}
	return &pr
}

func cloneTable(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// lparAttrs of the console's level; the order behind the fifth is approximate (hmc-live-facts.md, section 7).
func (h *hcall) lparAttrs() []string {
	switch {
	case h.level >= 11:
		return strings.Fields(`name lpar_id lpar_env state resource_config os os_version os_image_date logical_serial_num default_profile curr_profile
			work_group_id shared_proc_pool_util_auth allow_perf_collection power_ctrl_lpar_ids boot_mode ipl_source lpar_keylock auto_start
			redundant_err_path_reporting rmc_state rmc_ipaddr rmc_osshutdown_capable dlpar_mem_capable dlpar_proc_capable dlpar_io_capable
			time_ref lpar_avail_priority desired_lpar_proc_compat_mode curr_lpar_proc_compat_mode simplified_remote_restart_capable
			sync_curr_profile affinity_group_id vtpm_enabled vtpm_version vtpm_encryption migr_storage_vios_data_status
			migr_storage_vios_data_timestamp powervm_mgmt_capable kvm_capable lpar_placement min_affinity_score min_affinity_score_action
			curr_secure_boot pend_secure_boot linux_dynamic_key_secure_boot keystore_kbytes keystore_signed_updates
			keystore_signed_updates_without_verification virtual_serial_num migration_disabled uuid msp description`)
	case h.level >= 9:
		return strings.Fields(`name lpar_id lpar_env state resource_config os os_version logical_serial_num default_profile curr_profile
			work_group_id shared_proc_pool_util_auth allow_perf_collection power_ctrl_lpar_ids boot_mode ipl_source lpar_keylock auto_start
			redundant_err_path_reporting rmc_state rmc_ipaddr rmc_osshutdown_capable dlpar_mem_capable dlpar_proc_capable dlpar_io_capable
			time_ref lpar_avail_priority desired_lpar_proc_compat_mode curr_lpar_proc_compat_mode simplified_remote_restart_capable
			sync_curr_profile affinity_group_id vtpm_enabled migr_storage_vios_data_status migr_storage_vios_data_timestamp
			powervm_mgmt_capable curr_secure_boot pend_secure_boot keystore_kbytes virtual_serial_num migration_disabled uuid msp description`)
	}
	names := strings.Fields(`name lpar_id lpar_env state resource_config os_version logical_serial_num default_profile curr_profile work_group_id
		shared_proc_pool_util_auth allow_perf_collection power_ctrl_lpar_ids boot_mode ipl_source lpar_keylock auto_start
		redundant_err_path_reporting rmc_state rmc_ipaddr rmc_osshutdown_capable dlpar_mem_capable dlpar_proc_capable dlpar_io_capable
		time_ref lpar_avail_priority desired_lpar_proc_compat_mode curr_lpar_proc_compat_mode suspend_capable remote_restart_capable
		sync_curr_profile affinity_group_id vtpm_enabled msp uuid`)
	if h.level >= 8 {
		i := slices.Index(names, "sync_curr_profile")
		names = slices.Insert(names, i, "simplified_remote_restart_capable", "remote_restart_status")
		names = append(names, "powervm_mgmt_capable", "migration_disabled", "description")
	}
	// An old name of lpar_env that is still understood and never listed.
	if slices.Contains(h.sel.names, "lpar_type") {
		names = append(names, "lpar_type")
	}
	return names
}

// lparExtra are attributes of a partition that nothing depends on, with their defaults.
var lparExtra = map[string]string{
	"shared_proc_pool_util_auth": "0", "power_ctrl_lpar_ids": "none", "suspend_capable": "0", "remote_restart_capable": "0",
	"simplified_remote_restart_capable": "0", "affinity_group_id": "none", "vtpm_enabled": "0", "vtpm_version": "null", "vtpm_encryption": "null",
	"powervm_mgmt_capable": "0", "curr_secure_boot": "0", "pend_secure_boot": "0", "keystore_kbytes": "0", "virtual_serial_num": "none",
	"migr_storage_vios_data_status": "unavailable", "migr_storage_vios_data_timestamp": "unavailable", "remote_restart_status": "unavailable",
	"kvm_capable": "0", "lpar_placement": "0", "min_affinity_score": "none", "min_affinity_score_action": "none", "os_image_date": "unavailable",
	"linux_dynamic_key_secure_boot": "0", "keystore_signed_updates": "0", "keystore_signed_updates_without_verification": "0",
}

func (h *hcall) lparCell(p *Partition, n string) cell {
	s := h.sys
	vios, ibmi := p.Env == envVIOS, p.Env == envIBMi
	d := [3]bool{}
	if p.RMC == rmcActive {
		d = p.DLPAR
	}
	// rare is printed with -F only.
	rare := func(c cell) cell {
		c.hidden = true
		return c
	}
	// newer is missing in the default record of systems before POWER7.
	newer := func(c cell) cell {
		c.hidden = !s.capable("lpar_proc_compat_mode_capable")
		return c
	}
	switch n {
	case "name":
		return val(p.Name)
	case "lpar_id":
		return num(p.ID)
	case "lpar_env", "lpar_type":
		return val(p.Env)
	case "state":
		if s.State == "Power Off" {
			return val(stateOff)
		}
		return val(p.State)
	case "resource_config":
		return flagCell(p.holds())
	case "os":
		switch {
		case vios:
			return val("vios")
		case ibmi:
			return val("os400")
		case strings.HasPrefix(p.OSVersion, "Linux"):
			return val("linux")
		}
		return val("aixlinux")
	case "os_version":
		if p.OSVersion == "Unknown" && h.polish {
			return val("Nieznane")
		}
		return val(p.OSVersion)
	case "logical_serial_num":
		return val(p.serial(s))
	case "default_profile":
		return val(p.Profile.Name)
	case "curr_profile":
		return val(p.CurrProfile)
	case "work_group_id":
		return val(groupText(p.WorkGroup))
	case "allow_perf_collection":
		return flagCell(p.Perf)
	case "boot_mode":
		if vios && h.level < 9 || ibmi {
			return absent("null")
		}
		return val(p.BootMode)
	case "ipl_source":
		if ibmi {
			return val("b")
		}
		return absent("null")
	case "lpar_keylock":
		return val(p.KeyLock)
	case "auto_start":
		return flagCell(p.Profile.AutoStart)
	case "redundant_err_path_reporting":
		if v, ok := p.Extra[n]; ok {
			return val(v)
		}
		return val(p.Profile.extra(n))
	case "rmc_state":
		return val(p.RMC)
	case "rmc_ipaddr":
		return val(p.RMCAddress)
	case "rmc_osshutdown_capable":
		return rare(flagCell(p.RMC == rmcActive))
	case "dlpar_mem_capable":
		return rare(flagCell(d[0]))
	case "dlpar_proc_capable":
		return rare(flagCell(d[1]))
	case "dlpar_io_capable":
		return rare(flagCell(d[2]))
	case "time_ref":
		return newer(flagCell(p.TimeRef))
	case "lpar_avail_priority":
		return newer(num(p.Priority))
	case "desired_lpar_proc_compat_mode":
		pr := p.profileNamed(p.CurrProfile)
		if pr == nil {
			pr = &p.Profile
		}
		if p.Extra["active_mode"] != "" {
			return newer(val(p.Extra["active_mode"]))
		}
		return newer(val(pr.Mode))
	case "curr_lpar_proc_compat_mode":
		return newer(val(p.ModeCurr))
	case "sync_curr_profile":
		return val(p.Sync)
	case "msp":
		if vios {
			return cell{value: bit(p.MSP), hidden: h.level < 8}
		}
		return absent("0")
	case "migration_disabled":
		return rare(flagCell(p.MigrationDisabled))
	case "uuid":
		return cell{value: p.UUID, hidden: h.level < 9}
	case "description":
		return cell{value: p.Description, hidden: h.level < 9}
	case "powervm_mgmt_capable":
		return cell{value: p.extra(n), hidden: h.level < 9}
	case "suspend_capable", "remote_restart_capable", "affinity_group_id", "vtpm_enabled":
		return newer(val(p.extra(n)))
	}
	return val(p.extra(n))
}

func (p *Partition) extra(n string) string {
	if v, ok := p.Extra[n]; ok {
		return v
	}
	return lparExtra[n]
}

// profExtra are attributes of a profile that nothing depends on, with their defaults.
var profExtra = map[string]string{
	"all_resources": "0", "hpt_ratio": "1:64", "ppt_ratio": "1:4096", "affinity_group_id": "none", "lpar_io_pool_ids": "none",
	"conn_monitoring": "0", "power_ctrl_lpar_ids": "none", "redundant_err_path_reporting": "0", "bsr_arrays": "0",
	"electronic_err_reporting": "null", "sriov_eth_logical_ports": "none", "sriov_roce_logical_ports": "none", "vnic_adapters": "none",
	"vtpm_adapters": "none", "virtual_eth_vsi_profiles": "none", "hca_adapters": "none", "virtual_vasi_adapters": "none",
	"console_slot": "none", "alt_console_slot": "none", "load_source_slot": "none", "alt_restart_device_slot": "none", "op_console_slot": "none",
	"hardware_mem_expansion": "0", "hardware_mem_encryption": "0", "mem_weight": "0", "virtual_opti_pool_id": "0", "hsl_pool_id": "0",
	"virtual_serial_adapters": "0/server/1/any//any/1,1/server/1/any//any/1", "desired_io_entitled_mem": "null",
	"primary_paging_vios_name": "null", "secondary_paging_vios_name": "null", "suspend_capable": "0", "remote_restart_capable": "0",
	"secure_boot": "0", "vtpm_enabled": "0", "os400_restricted_io_mode": "0", "work_group_id": "none",
}

func (pr *Profile) extra(n string) string {
	if v, ok := pr.Extra[n]; ok {
		return v
	}
	return profExtra[n]
}

func (h *hcall) profAttrs() []string {
	if h.level >= 9 {
		return strings.Fields(`name lpar_name lpar_id lpar_env all_resources min_mem desired_mem max_mem min_num_huge_pages desired_num_huge_pages
			max_num_huge_pages mem_mode mem_expansion hpt_ratio ppt_ratio proc_mode min_proc_units desired_proc_units max_proc_units min_procs
			desired_procs max_procs sharing_mode uncap_weight shared_proc_pool_id shared_proc_pool_name affinity_group_id io_slots
			lpar_io_pool_ids max_virtual_slots virtual_serial_adapters virtual_scsi_adapters virtual_eth_adapters virtual_eth_vsi_profiles
			virtual_fc_adapters vnic_adapters vtpm_adapters boot_mode conn_monitoring auto_start power_ctrl_lpar_ids work_group_id
			redundant_err_path_reporting virtual_vasi_adapters lpar_proc_compat_mode electronic_err_reporting sriov_eth_logical_ports
			sriov_roce_logical_ports`)
	}
	if h.level == 8 {
		return strings.Fields(`name lpar_name lpar_id lpar_env all_resources min_mem desired_mem max_mem min_num_huge_pages desired_num_huge_pages
			max_num_huge_pages mem_mode mem_expansion hpt_ratio proc_mode min_proc_units desired_proc_units max_proc_units min_procs
			desired_procs max_procs sharing_mode uncap_weight shared_proc_pool_id shared_proc_pool_name affinity_group_id io_slots
			lpar_io_pool_ids max_virtual_slots virtual_serial_adapters virtual_scsi_adapters virtual_eth_adapters virtual_eth_vsi_profiles
			virtual_fc_adapters vtpm_adapters hca_adapters boot_mode conn_monitoring auto_start power_ctrl_lpar_ids work_group_id
			redundant_err_path_reporting bsr_arrays lpar_proc_compat_mode electronic_err_reporting sriov_eth_logical_ports`)
	}
	return strings.Fields(`name lpar_name lpar_id lpar_env all_resources min_mem desired_mem max_mem min_num_huge_pages desired_num_huge_pages
		max_num_huge_pages mem_mode hpt_ratio proc_mode min_proc_units desired_proc_units max_proc_units min_procs desired_procs max_procs
		sharing_mode uncap_weight shared_proc_pool_id shared_proc_pool_name io_slots lpar_io_pool_ids max_virtual_slots
		virtual_serial_adapters virtual_scsi_adapters virtual_eth_adapters virtual_fc_adapters hca_adapters boot_mode conn_monitoring
		auto_start power_ctrl_lpar_ids work_group_id redundant_err_path_reporting lpar_proc_compat_mode`)
}

func (h *hcall) profCell(p *Partition, pr *Profile, n string) cell {
	vios := p.Env == envVIOS
	shared := func(c cell) cell {
		if pr.Dedicated {
			return absent("null")
		}
		return c
	}
	client := func(c cell) cell {
		if vios {
			return absent("null")
		}
		return c
	}
	// newer is missing in the default record of systems before POWER7.
	newer := func(c cell) cell {
		c.hidden = !h.sys.capable("lpar_proc_compat_mode_capable")
		return c
	}
	switch n {
	case "name":
		return val(pr.Name)
	case "lpar_name":
		return val(p.Name)
	case "lpar_id":
		return num(p.ID)
	case "lpar_env":
		return val(p.Env)
	case "min_mem":
		return num(pr.MinMem)
	case "desired_mem":
		return num(pr.Mem)
	case "max_mem":
		return num(pr.MaxMem)
	case "min_num_huge_pages":
		return client(num(pr.MinHuge))
	case "desired_num_huge_pages":
		return client(num(pr.Huge))
	case "max_num_huge_pages":
		return client(num(pr.MaxHuge))
	case "mem_mode":
		return val("ded")
	case "mem_expansion":
		return val(hmcUnit(pr.Expansion))
	case "proc_mode":
		if pr.Dedicated {
			return val("ded")
		}
		return val("shared")
	case "min_proc_units":
		return shared(val(hmcUnit(pr.MinUnits)))
	case "desired_proc_units":
		return shared(val(hmcUnit(pr.Units)))
	case "max_proc_units":
		return shared(val(hmcUnit(pr.MaxUnits)))
	case "min_procs":
		return num(pr.MinProcs)
	case "desired_procs":
		return num(pr.Procs)
	case "max_procs":
		return num(pr.MaxProcs)
	case "sharing_mode":
		return val(pr.Sharing)
	case "uncap_weight":
		return shared(num(pr.Weight))
	case "shared_proc_pool_id":
		return newer(shared(num(pr.Pool)))
	case "shared_proc_pool_name":
		return newer(shared(val(h.poolName(pr.Pool))))
	case "io_slots":
		return val(joinList(pr.IOSlots))
	case "max_virtual_slots":
		return num(pr.MaxSlots)
	case "virtual_scsi_adapters":
		return val(joinList(h.scsiItems(pr)))
	case "virtual_eth_adapters":
		return val(joinList(h.ethItems(pr)))
	case "virtual_fc_adapters":
		return cell{value: joinList(h.fcItems(pr)), hidden: h.level < 8 && !h.sys.capable("virtual_fc_capable")}
	case "boot_mode":
		return val(pr.BootMode)
	case "auto_start":
		return flagCell(pr.AutoStart)
	case "lpar_proc_compat_mode":
		return newer(val(pr.Mode))
	case "virtual_vasi_adapters":
		if !vios {
			return absent("null")
		}
	case "electronic_err_reporting":
		return client(val(pr.extra(n)))
	}
	return val(pr.extra(n))
}

func (h *hcall) poolName(id int) string {
	if p := h.sys.pool(id); p != nil {
		return p.Name
	}
	return ""
}

func anyText(n int) string {
	if n == 0 {
		return "any"
	}
	return strconv.Itoa(n)
}

func (h *hcall) scsiItems(pr *Profile) []string {
	var out []string
	for _, a := range pr.Scsi {
		role := "client"
		if a.Server {
			role = "server"
		}
		out = append(out, fmt.Sprintf("%d/%s/%s/%s/%s/%s", a.Slot, role, anyText(a.RemoteID), h.remoteName(a.RemoteID), anyText(a.RemoteSlot), bit(a.Required)))
	}
	return out
}

func (h *hcall) fcItems(pr *Profile) []string {
	var out []string
	for _, a := range pr.FC {
		if a.Server {
			out = append(out, fmt.Sprintf("%d/server/%s/%s/%s//%s", a.Slot, anyText(a.RemoteID), h.remoteName(a.RemoteID), anyText(a.RemoteSlot), bit(a.Required)))
			continue
		}
		out = append(out, fmt.Sprintf("%d/client/%d/%s/%d/%s,%s/%s", a.Slot, a.RemoteID, h.remoteName(a.RemoteID), a.RemoteSlot, a.WWPNs[0], a.WWPNs[1], bit(a.Required)))
	}
	return out
}

func (h *hcall) ethItems(pr *Profile) []string {
	var out []string
	for _, a := range pr.Eth {
		out = append(out, h.ethItem(a))
	}
	return out
}

// ethItem has six fields on systems without virtual switches and ten on the others. The MAC address is printed only
// where somebody chose it.
func (h *hcall) ethItem(a EthAdapter) string {
	s := ethItem(a)
	if !h.sys.capable("virtual_switch_capable") || a.Switch == "" {
		return s
	}
	return s + "/" + a.Switch + "/" + strings.ToLower(a.chosenMAC()) + "/" + a.OSMACs + "/" + a.QoS
}

// chosenMAC is the MAC address where it is not the one that the console makes: base and slot.
func (a EthAdapter) chosenMAC() string {
	if strings.HasSuffix(a.MAC, fmt.Sprintf("%02X", a.Slot)) {
		return ""
	}
	return a.MAC
}

func hmcLsrefcode(h *hcall) int {
	kind, ok := h.one("-r", "lpar", "sys")
	if !ok || !h.system(false) {
		return 1
	}
	count := 1
	if v, ok := h.values["-n"]; ok {
		if count, ok = number(v); !ok || count < 1 {
			return h.refuse(hmcBadParam, "-n")
		}
	}
	if kind == "sys" {
		r := newRow().add("refcode_num", "0").add("time_stamp", stamp(h.e.Now.Truncate(time.Hour))).add("refcode", "").add("word2", "").add("fru_call_out_loc_codes", "")
		return h.print([]*row{r}, r.names)
	}
	f, ok := h.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	known := strings.Fields("lpar_name lpar_id time_stamp refcode word2 fru_call_out_loc_codes")
	var rows []*row
	for _, p := range h.sys.Partitions {
		if !f.lpar(p) {
			continue
		}
		rows = append(rows, newRow().add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("time_stamp", stamp(p.RefcodeTime)).
			add("refcode", h.e.refcode(p)).add("word2", "03D00000").add("fru_call_out_loc_codes", ""))
		for i := 0; i < count-1 && i < len(p.oldRefs); i++ {
			old := p.oldRefs[i]
			rows = append(rows, newRow().add("lpar_name", p.Name).add("lpar_id", strconv.Itoa(p.ID)).add("time_stamp", stamp(old.at)).
				add("refcode", old.code).add("word2", "03D00000").add("fru_call_out_loc_codes", ""))
		}
	}
	return h.print(rows, known)
}

// sortedSlots are the keys of a map of slots in order.
func sortedSlots[V any](m map[int]V) []int {
	var out []int
	for n := range m {
		out = append(out, n)
	}
	sort.Ints(out)
	return out
}

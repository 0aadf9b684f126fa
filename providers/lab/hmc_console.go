package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the console says of itself and of the hardware: roles and users, lights, serviceable events, capacity on demand.
// Monitoring tools ask for it; a system of the lab has nothing to report there.

const (
	hmcBadFilter  = "An invalid filter was entered.  The invalid filter is %s.  Please correct your entry and retry the command."
	hmcUserThere  = "HSCL0663 The user %s exists already."
	hmcNoUser     = "HSCL0664 The user %s was not found.  Please check your entry and retry the command."
	hmcUserNeeded = "HSCL0665 The user %s cannot be removed."
	hmcShortPass  = "HSCL0666 The password does not meet the requirements: at least 7 characters."
	// hmcRestart is how long a console is away when it restarts (12 to 20 minutes).
	hmcRestart = 12 * time.Minute
)

// taskRoles are the built-in ones, each with what it may do to frames, systems, partitions and the console. The lists are
// those of the console, shortened.
var taskRoles = []struct{ name, resources string }{
	{"hmcservicerep", "frame:CheckPSN+ListFrameProperty+RefreshFrame,cec:BackupProfileData+CECPowerOff+CECPowerOn+ListCECProperty+RebuildCEC+UpdateLIC,lpar:ActivateLPAR+CloseVTerm+DlparOperation+ListLPARProperty+ListProfileProperty+OpenVTerm+RebootLPAR+ShutdownLPAR+VirtualIOServerCommand,HMCConsole:ListHMCConfiguration+ListServiceableEvents"},
	{"hmcviewer", "frame:CheckPSN+ListFrameProperty,cec:LSProfileSpace+ListCECProperty+ListCoDInformation+ListUtilizationData,lpar:ListLPARProperty+ListProfileProperty,HMCConsole:ChangeLocale+ListConnections+ListHMCConfiguration+ListServiceableEvents"},
	{"hmcoperator", "frame:CheckPSN+ListFrameProperty+RefreshFrame,cec:BackupProfileData+CECPowerOff+CECPowerOn+ListCECProperty+ListCoDInformation+RebuildCEC,lpar:ActivateLPAR+CloseVTerm+DlparOperation+ListLPARProperty+ListProfileProperty+OpenVTerm+RebootLPAR+ShutdownLPAR+VirtualIOServerCommand,HMCConsole:ChangeLocale+ListConnections+ListHMCConfiguration"},
	{"hmcpe", "frame:CheckPSN+ListFrameProperty+RefreshFrame,cec:BackupProfileData+CECPowerOff+CECPowerOn+ListCECProperty+MakeProfileData+RebuildCEC,lpar:ActivateLPAR+CloseVTerm+DlparOperation+ListLPARProperty+ListProfileProperty+OpenVTerm+RebootLPAR+ShutdownLPAR+VirtualIOServerCommand,HMCConsole:ListHMCConfiguration"},
	{"hmcsuperadmin", "frame:ChangeFrameProperty+CheckPSN+ListFrameProperty+RefreshFrame,cec:BackupProfileData+CECPowerOff+CECPowerOn+ChangeCECProperty+ChangeCoD+CreateLPAR+ListCECProperty+RebuildCEC+RestoreProfileData,lpar:ActivateLPAR+ChangeLPARProperty+CloseVTerm+DLPARRestoreHWResources+DeleteLPAR+DlparOperation+ListLPARProperty+ListProfileProperty+MigrateLPAR+OpenVTerm+RebootLPAR+ShutdownLPAR+VirtualIOServerCommand,HMCConsole:ChangeHMCConfiguration+CreateHMCUser+ListHMCConfiguration+ModifyHMCUser+RemoveHMCUser"},
}

func isTaskRole(name string) bool {
	return slices.ContainsFunc(taskRoles, func(r struct{ name, resources string }) bool { return r.name == name })
}

func hmcLsaccfg(h *hcall) int {
	kind, ok := h.one("-t", "resource", "resourcerole", "taskrole")
	if !ok {
		return 1
	}
	f, ok := h.filter("resource_ids", "resourceroles", "taskroles", "script_names")
	if !ok {
		return 1
	}
	var rows []*row
	switch kind {
	case "resourcerole":
		return h.print(nil, []string{"name", "resources"})
	case "taskrole":
		for _, r := range taskRoles {
			if f.matches("taskroles", r.name) {
				// The list is one element that holds commas, hence the third level of quotes.
				rows = append(rows, newRow().add("name", r.name).add("parent", "Predefined").add("resources", `"`+r.resources+`"`))
			}
		}
		return h.print(rows, []string{"name", "parent", "resources"})
	}
	for _, s := range h.con.managed() {
		rows = append(rows, newRow().add("resource_type", "cec").add("resource_id", s.TypeModel+"*"+s.Serial).add("user_defined_name", s.Name))
		for _, p := range s.Partitions {
			rows = append(rows, newRow().add("resource_type", "lpar").add("resource_id", fmt.Sprintf("%d*%s*%s", p.ID, s.TypeModel, s.Serial)).add("user_defined_name", p.Name))
		}
	}
	return h.print(rows, []string{"resource_type", "resource_id", "user_defined_name"})
}

func hmcLshmcusr(h *hcall) int {
	if t, ok := h.values["-t"]; ok && t != "user" {
		if t != "default" {
			return h.refuse(hmcBadParam, "-t")
		}
		r := newRow().add("session_timeout", "0").add("verify_timeout", "15").add("idle_timeout", "0").add("inactivity_expiration", "0").add("min_pwage", "0").
			add("pwage", "99999").add("remote_webui_access", "0").add("remote_ssh_access", "0")
		return h.print([]*row{r}, r.names)
	}
	f, ok := h.filter("names", "taskroles", "resources", "resourceroles", "password_encryptions")
	if !ok {
		return 1
	}
	known := strings.Fields(`name taskrole description pwage resourcerole authentication_type remote_webui_access remote_ssh_access min_pwage session_timeout
		verify_timeout idle_timeout inactivity_expiration resources password_encryption disabled`)
	encryption := "sha512"
	if h.level < 8 {
		encryption = "md5"
	}
	var rows []*row
	for _, u := range h.con.Users {
		if !f.matches("names", u.Name) || !f.matches("taskroles", u.Role) || !f.matches("resourceroles", "ALL:") || !f.matches("password_encryptions", encryption) {
			continue
		}
		desc := u.Text
		if desc == "" {
			desc = "HMC User"
			if u.Name == "hscroot" {
				desc = "HMC Super User"
			}
		}
		rows = append(rows, newRow().add("name", u.Name).add("taskrole", u.Role).add("description", desc).add("pwage", "99999").add("resourcerole", "ALL:").
			add("authentication_type", "local").add("remote_webui_access", "1").add("remote_ssh_access", "1").add("min_pwage", "0").add("session_timeout", "0").
			add("verify_timeout", "15").add("idle_timeout", "0").add("inactivity_expiration", "0").
			add("resources", "<ResourceID = ALL:><UserDefinedName = AllSystemResources>").add("password_encryption", encryption).add("disabled", "0"))
	}
	return h.print(rows, known)
}

// userRecord reads what mkhmcusr and chhmcusr are told of a user, as options or as a record.
func (h *hcall) userRecord() (map[string]string, bool) {
	out := map[string]string{}
	if h.has("-i") || h.has("-f") {
		pairs, ok := h.data("-i")
		if !ok {
			return nil, false
		}
		for _, p := range pairs {
			if !contains(`name new_name taskrole resourcerole passwd authentication_type description pwage min_pwage session_timeout verify_timeout idle_timeout inactivity_expiration
				remote_webui_access remote_ssh_access remote_user_name password_encryption max_webui_login_attempts webui_login_suspend_time`, p.Name) || p.Op != "=" {
				h.badAttr(p.Name)
				return nil, false
			}
			out[p.Name] = p.Value
		}
		return out, true
	}
	for option, name := range map[string]string{"-u": "name", "-a": "taskrole", "-d": "description", "--passwd": "passwd"} {
		if v, ok := h.values[option]; ok {
			out[name] = v
		}
	}
	return out, true
}

func (h *hcall) setUser(u *User, record map[string]string) int {
	if role, ok := record["taskrole"]; ok {
		if !isTaskRole(role) {
			return h.refuse(hmcBadValue, role, "taskrole", "")
		}
		u.Role = role
	}
	if password, ok := record["passwd"]; ok {
		if len(password) < 7 {
			return h.refuse(hmcShortPass)
		}
		u.Password = password
	}
	if description, ok := record["description"]; ok {
		u.Text = description
	}
	if name, ok := record["new_name"]; ok {
		if h.con.user(name) != nil {
			return h.refuse(hmcUserThere, name)
		}
		u.Name = name
	}
	return 0
}

func hmcMkhmcusr(h *hcall) int {
	record, ok := h.userRecord()
	if !ok {
		return 1
	}
	if record["name"] == "" {
		return h.refuse(hmcBadParam, "-u")
	}
	if record["taskrole"] == "" {
		return h.refuse(hmcBadParam, "-a")
	}
	if h.con.user(record["name"]) != nil {
		return h.refuse(hmcUserThere, record["name"])
	}
	if _, given := record["passwd"]; !given && (record["authentication_type"] == "" || record["authentication_type"] == "local") {
		record["passwd"] = h.readLine("Enter the new password:")
	}
	u := &User{Name: record["name"]}
	if rc := h.setUser(u, record); rc != 0 {
		return rc
	}
	h.con.Users = append(h.con.Users, u)
	return 0
}

func hmcChhmcusr(h *hcall) int {
	record, ok := h.userRecord()
	if !ok {
		return 1
	}
	kind := h.values["-t"]
	if kind == "default" {
		return 0
	}
	u := h.con.user(record["name"])
	if u == nil {
		if record["name"] == "" {
			return h.refuse(hmcBadParam, "-u")
		}
		return h.refuse(hmcNoUser, record["name"])
	}
	if !h.has("-i") {
		attr := map[string]string{"name": "new_name", "passwd": "passwd", "taskrole": "taskrole", "desc": "description", "pwage": "pwage", "resourcerole": "resourcerole"}[kind]
		if attr == "" {
			return h.refuse(hmcBadParam, "-t")
		}
		value, given := h.values["-v"]
		if !given {
			if kind != "passwd" {
				return h.refuse(hmcBadParam, "-v")
			}
			value = h.readLine("Enter the new password:")
		}
		record[attr] = value
	}
	return h.setUser(u, record)
}

func hmcRmhmcusr(h *hcall) int {
	name := h.values["-u"]
	u := h.con.user(name)
	switch {
	case name == "":
		return h.refuse(hmcBadParam, "-u")
	case u == nil:
		return h.refuse(hmcNoUser, name)
	case name == h.user || name == "hscroot":
		return h.refuse(hmcUserNeeded, name)
	}
	h.con.Users = slices.DeleteFunc(h.con.Users, func(x *User) bool { return x == u })
	return 0
}

func hmcLspwdpolicy(h *hcall) int {
	kind, ok := h.one("-t", "p", "s")
	if !ok {
		return 1
	}
	if kind == "s" {
		return h.print([]*row{newRow().add("active", "0").add("name", "")}, []string{"active", "name"})
	}
	r := newRow()
	for _, x := range []string{"name=HMC Medium Security Password Policy", "description=HMC Medium Security Password Policy", "min_pwage=1", "pwage=180", "warn_pwage=7", "min_length=8",
		"hist_size=10", "min_digits=0", "min_uppercase_chars=1", "min_lowercase_chars=6", "min_special_chars=0", "inactivity_expiration=180"} {
		n, v, _ := strings.Cut(x, "=")
		r.add(n, v)
	}
	return h.print([]*row{r}, r.names)
}

// hmcLshmcldap has the record of a console that uses no LDAP server.
func hmcLshmcldap(h *hcall) int {
	kind, ok := h.one("-r", "config", "user")
	if !ok {
		return 1
	}
	if kind == "user" {
		return h.print(nil, []string{"name"})
	}
	r := newRow()
	for _, x := range strings.Fields(`primary= backup= basedn= timelimit= bindtimelimit= referrals= ssl=0 loginattribute= hmcauthnameattribute= hmcuserpropsattribute= binddn= bindpwset=0
		automanage=0 auth=ldap searchfilter= scope=one tlscacert= hmcgroups=`) {
		n, v, _ := strings.Cut(x, "=")
		r.add(n, v)
	}
	return h.print([]*row{r}, r.names)
}

// hmcShutdown ends the console: every session of the caller's connection is gone, and for a while nobody gets in.
func hmcShutdown(h *hcall) int {
	wait := time.Duration(0)
	switch t := h.values["-t"]; {
	case t == "now":
	case t == "":
		return h.refuse(hmcBadParam, "-t")
	default:
		n, ok := number(t)
		if !ok {
			return h.refuse(hmcBadParam, "-t")
		}
		wait = time.Duration(n) * time.Minute
	}
	away := hmcRestart
	if !h.flags["-r"] {
		away = 365 * 24 * time.Hour
	}
	e, name, s := h.e, h.con.Name, h.session
	down := func() {
		e.faults = append(e.faults, &armedFault{Fault: Fault{Name: "shutdown of " + name, Action: FaultRefuse, Console: name, Delay: Duration(away)}, until: e.Now.Add(away)})
		s.close()
	}
	if wait == 0 {
		down()
	} else {
		e.after(wait, down)
	}
	return 0
}

func hmcLsmediadev(h *hcall) int {
	r := newRow().add("device", "/dev/cdrom").add("mount_point", "/media/cdrom").add("type", "cdrom").add("description", "CD/DVD")
	return h.print([]*row{r}, r.names)
}

func hmcLsdump(h *hcall) int {
	if !h.flags["-h"] && !h.system(false) {
		return 1
	}
	return h.print(nil, strings.Fields("dump_type filename size time_stamp"))
}

// hmcLsled lists the attention lights. Those of partitions can be lit with chled.
func hmcLsled(h *hcall) int {
	light, ok := h.one("-r", "sa", "ident")
	if !ok || !h.system(false) {
		return 1
	}
	kind, ok := h.one("-t", "phys", "virtualsys", "virtuallpar")
	if !ok {
		return 1
	}
	f, ok := h.filter("lpar_names", "lpar_ids")
	if !ok {
		return 1
	}
	if light == "ident" {
		return h.print(nil, []string{"location_code", "type_model", "serial_num", "state"})
	}
	if kind != "virtuallpar" {
		return h.print([]*row{newRow().add("state", "off")}, []string{"state"})
	}
	var rows []*row
	for _, p := range h.sys.Partitions {
		if f.lpar(p) {
			rows = append(rows, newRow().add("lpar_id", strconv.Itoa(p.ID)).add("lpar_name", p.Name).add("state", p.led()))
		}
	}
	return h.print(rows, []string{"lpar_id", "lpar_name", "state"})
}

func (p *Partition) led() string {
	if p.Extra["led"] == "on" {
		return "on"
	}
	return "off"
}

func hmcChled(h *hcall) int {
	if _, ok := h.one("-r", "sa"); !ok || !h.system(false) {
		return 1
	}
	kind, ok := h.one("-t", "phys", "virtualsys", "virtuallpar")
	if !ok {
		return 1
	}
	state, ok := h.one("-o", "on", "off")
	if !ok {
		return 1
	}
	if kind != "virtuallpar" {
		// These can only be turned off, and they are.
		if state == "on" {
			return h.refuse(hmcBadParam, "-o")
		}
		return 0
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	if p.Extra == nil {
		p.Extra = map[string]string{}
	}
	if delete(p.Extra, "led"); state == "on" {
		p.Extra["led"] = "on"
	}
	return 0
}

// hmcLscod tells that everything of a system is activated for good and nothing is on trial.
func hmcLscod(h *hcall) int {
	kind, ok := h.one("-t", "cap", "bill", "code", "hist")
	if !ok || !h.system(false) {
		return 1
	}
	if kind == "hist" {
		return h.print(nil, []string{"time_stamp", "entry"})
	}
	res, ok := h.one("-r", "proc", "mem")
	if !ok {
		return 1
	}
	n := strconv.Itoa
	amount := h.sys.Procs / 100
	if res == "mem" {
		amount = h.sys.MemoryMB
	}
	r := newRow()
	if kind != "cap" {
		r.add("sys_type", h.sys.TypeModel[:min(4, len(h.sys.TypeModel))]).add("sys_serial_num", h.sys.Serial)
		return h.print([]*row{r}, r.names)
	}
	class, ok := h.one("-c", "cuod", "onoff", "trial", "reserve", "utility")
	if !ok {
		return 1
	}
	switch class {
	case "cuod":
		r.add("perm_"+res+"s", n(amount)).add("installed_"+res+"s", n(amount)).add("unactivated_"+res+"s", "0")
	case "onoff":
		r.add(res+"_onoff_state", "Code Required").add("activated_onoff_"+res+"s", "0").add("avail_"+res+"s_for_onoff", "0").add("unreturned_onoff_"+res+"s", "0").
			add("onoff_request_"+res+"_days_left", "0").add("onoff_"+res+"_day_hours_left", "0").add("onoff_"+res+"_days_avail", "0")
	default:
		r.add(res+"_"+class+"_state", "Code Required").add("activated_"+class+"_"+res+"s", "0").add("avail_"+res+"s_for_"+class, "0")
	}
	return h.print([]*row{r}, r.names)
}

func hmcLscodpool(h *hcall) int {
	if _, ok := h.values["-t"]; !ok {
		if _, ok := h.one("--level", "pool", "sys"); !ok {
			return 1
		}
	}
	return h.print(nil, strings.Fields("name id state sequence_num master_mc_name mtms"))
}

func hmcLsiotopo(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	return h.print(nil, strings.Fields("leading_hub_port leading_hub_port_phys_loc slot_enclosure slot_enclosure_type slot_phys_loc slot_status trailing_hub_port"))
}

func hmcLssvcevents(h *hcall) int {
	kind, ok := h.one("-t", "hardware", "console")
	if !ok {
		return 1
	}
	for _, o := range []string{"-d", "-i"} {
		if v, given := h.values[o]; given {
			if _, ok := number(v); !ok {
				return h.refuse(hmcBadParam, o)
			}
		}
	}
	if h.has("-m") && !h.system(false) {
		return 1
	}
	if _, ok := h.filter("status", "problem_nums", "pmh_nums", "refcodes", "fru_part_nums", "fru_serial_nums", "fru_loc_codes", "reporting_mtms", "failing_mtms", "firmware_fixes"); !ok {
		return 1
	}
	if kind == "console" {
		return h.print(nil, []string{"time", "userid", "pid", "name", "category", "severity", "text"})
	}
	return h.print(nil, strings.Fields(`problem_num pmh_num refcode status first_time last_time sys_name sys_mtms enclosure_mtms firmware_fix text created_time reporting_name reporting_mtms
		failing_mtms analyzing_hmc event_time files approval_state callhome_intended duplicate_count event_severity analyzing_mtms ref_code_extn sys_refcode fru_details`))
}

package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"mvdan.cc/sh/v3/syntax"
)

// hmcViosvrcmd runs one command on a Virtual I/O Server as its prime administrator.
func hmcViosvrcmd(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	line, ok := h.values["-c"]
	if !ok {
		return h.refuse(hmcBadParam, "-c")
	}
	if p.VIOS == nil {
		return h.refuse(hmcWrongState)
	}
	if p.State != stateRunning || p.RMC != rmcActive {
		return h.refuse(hmcNoComm, p.Name)
	}
	// Several lines are run one after the other, as the shell at the other end does; the last one's end is the command's.
	var out strings.Builder
	code := 0
	for _, l := range strings.Split(line, "\n") {
		if strings.TrimSpace(l) == "" {
			continue
		}
		var text string
		if text, code = h.viosLine(p, l); h.ctx.Err() != nil {
			return 1
		}
		out.WriteString(text)
	}
	if code != 0 {
		return h.refuse(hmcVIOSFailed, strings.TrimRight(out.String(), "\n"))
	}
	h.out.WriteString(out.String())
	return 0
}

// viosLine runs one line on a Virtual I/O Server; both its streams come back as one.
func (h *hcall) viosLine(p *Partition, line string) (string, int) {
	words, ok := viosWords(line)
	// Quotes around the whole command are taken off, as clients add them to get through two shells.
	if ok && len(words) == 1 && strings.Contains(words[0], " ") {
		words, ok = viosWords(words[0])
	}
	if first, _, _ := strings.Cut(strings.TrimLeft(line, ` "'`), " "); first == "oem_setup_env" {
		return msgOEM + "\n", 1
	}
	if !ok || len(words) == 0 {
		return "rksh: 0403-057 Syntax error\n", 1
	}
	if words[0] == "ioscli" && len(words) > 1 {
		words = words[1:]
	}
	cmd, ok := deviceCommands[words[0]]
	if !ok || words[0] == "mkauthkeys" || words[0] == "lsivm" || words[0] == "lslparinfo" {
		return text(shellNotFound, words[0]) + "\n", 127
	}
	inner := *h.call
	inner.name, inner.args, inner.vp, inner.v = words[0], words[1:], p, p.VIOS
	inner.out, inner.err = bytes.Buffer{}, bytes.Buffer{}
	inner.stdin = nil // a command that asks something gets no answer
	if !h.pause(cmd.latency) {
		return "", 1
	}
	code := cmd.run(&inner)
	return inner.out.String() + inner.err.String(), code
}

// viosWords splits a command line of a Virtual I/O Server into words. Pipes, lists and substitutions are not carried.
func viosWords(line string) ([]string, bool) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(strings.TrimSpace(line)), "")
	if err != nil || len(f.Stmts) != 1 || f.Stmts[0].Background || len(f.Stmts[0].Redirs) > 0 {
		return nil, false
	}
	c, ok := f.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(c.Assigns) > 0 {
		return nil, false
	}
	var words []string
	for _, w := range c.Args {
		s, ok := literal(w.Parts)
		if !ok {
			return nil, false
		}
		words = append(words, s)
	}
	return words, true
}

func literal(parts []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(p.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			s, ok := literal(p.Parts)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func hmcLshmc(h *hcall) int {
	n := 0
	for f := range h.flags {
		if f != "--header" {
			n++
		}
	}
	if n != 1 {
		return h.refuse(hmcBadParam, "-V,-v,-n,-r,-e,-b")
	}
	version, release, pack := h.release()
	switch {
	case h.flags["-V"]:
		base, _, _ := strings.Cut(h.con.Level, "M")
		build := map[int]string{7: "20151216.1", 8: "20141104.1", 9: "1712090351", 10: "2408210051", 11: "2607082225"}[h.level]
		fix := ""
		if h.level >= 10 {
			fix = fmt.Sprintf("MF71689 - HMC %s M%s\n", base, pack)
		}
		h.out.WriteString(fmt.Sprintf("\"version= Version: %d\n Release: %s\n Service Pack: %s\nHMC Build level %s\n%s\",\"base_version=%s\n\"\n", version, release, pack, build, fix, base))
	case h.flags["-v"]:
		h.out.WriteString(fmt.Sprintf("\"vpd=*FC ????????\n*VC 20.0\n*N2 Tue Nov 24 09:00:00 UTC 2026\n*FC ????????\n*DS Hardware Management Console\n*TM 7042-CR9\n*SE 21%05X\n*MN IBM\n*PN Unknown\n*SZ 16717160448\n*OS Embedded Operating Systems\n*NA %s\n*FC ????????\n*DS Platform Firmware\n*RM %s\n\"\n",
			len(h.con.Name)*4097, h.address(), h.releaseMark()))
	case h.flags["-n"]:
		host, domain, _ := strings.Cut(h.con.Name, ".")
		ip := h.address()
		r := newRow().add("hostname", host).add("domain", domain).add("ipaddr", ip+",192.168.128.1").add("networkmask", "255.255.255.0,255.255.128.0").
			add("gateway", "192.168.1.1").add("nameserver", "192.168.1.1").add("domainsuffix", domain).add("slipipaddr", "192.168.0.2").add("slipnetmask", "255.255.0.0").
			add("ipaddrlpar", ip).add("networkmasklpar", "255.255.255.0").add("clients", "").add("ipv6addrlpar", "").add("slpipaddrs", ip)
		for i, a := range []string{ip, "192.168.128.1"} {
			for _, x := range [][2]string{{"ipv4addr", a}, {"ipv4netmask", []string{"255.255.255.0", "255.255.128.0"}[i]}, {"ipv4dhcp", "off"}, {"ipv6addr", ""}, {"ipv6auto", "off"},
				{"ipv6privacy", "off"}, {"ipv6dhcp", "off"}, {"lparcomm", []string{"on", "off"}[i]}, {"jumboframe", "off"}, {"speed", "auto"}, {"duplex", "auto"}, {"tso", "off"}} {
				r.add(fmt.Sprintf("%s_eth%d", x[0], i), x[1])
			}
		}
		return h.print([]*row{r}, r.names)
	case h.flags["-r"]:
		r := newRow()
		for _, x := range strings.Fields(`ssh=enable sshprotocol=2 remotewebui=enable xntp=disable xntpserver= syslogserver= syslogtcpserver= syslogtlsserver= altdiskboot=disable
			ldap=disable kerberos=disable kerberos_default_realm= kerberos_realm_kdc= kerberos_clockskew= kerberos_ticket_lifetime= kpasswd_admin= trace= kerberos_keyfile_present=
			kerberos_allow_weak_crypto= legacyhmccomm=disable security=legacy sol=disabled`) {
			n, v, _ := strings.Cut(x, "=")
			r.add(n, v)
		}
		return h.print([]*row{r}, r.names)
	case h.flags["-L"], h.flags["-l"]:
		h.say("locale=%s", h.con.Locale)
	default:
		h.say("bios=unavailable")
	}
	return 0
}

// releaseMark is the level as the vital product data of the console has it: V8R8.2.0.0, V10R3.1060.0. Virtual consoles,
// which began with V8, have their identification behind it.
func (h *hcall) releaseMark() string {
	version, release, pack := h.release()
	mark := fmt.Sprintf("V%dR%s.0", version, release)
	if pack != "0" {
		mark = fmt.Sprintf("V%dR%s.%s.0", version, release, pack)
	}
	if version >= 8 {
		mark += fmt.Sprintf("\n*UVMID %016x", len(h.con.Name)*0x10ab+0x507f395a68f4e000)
	}
	return mark
}

// release takes the console's level apart: V10R3M1060, V7R7.9.0.
func (h *hcall) release() (version int, release, pack string) {
	rest := strings.TrimPrefix(h.con.Level, "V"+strconv.Itoa(h.level)+"R")
	release, pack, _ = strings.Cut(rest, "M")
	if pack == "" {
		pack = "0"
	}
	return h.level, release, pack
}

func (h *hcall) address() string {
	if h.con.Address != "" {
		return h.con.Address
	}
	return "127.0.0.1"
}

func hmcLssysconn(h *hcall) int {
	if _, ok := h.one("-r", "all"); !ok {
		return 1
	}
	known := strings.Fields("resource_type type_model_serial_num sp sp_phys_loc ipaddr alt_ipaddr state")
	var rows []*row
	for _, s := range h.con.managed() {
		state := "Connected"
		if s.deaf() {
			state = s.State
		}
		rows = append(rows, newRow().add("resource_type", "sys").add("type_model_serial_num", s.TypeModel+"*"+s.Serial).add("sp", "primary").
			add("sp_phys_loc", "unavailable").add("ipaddr", s.Address).add("alt_ipaddr", "unavailable").add("state", state))
	}
	return h.print(rows, known)
}

func hmcMkauthkeys(h *hcall) int {
	add, byAdd := h.values["-a"]
	if !byAdd {
		add, byAdd = h.values["--add"]
	}
	drop, byDrop := h.values["--remove"]
	if !byDrop {
		drop, byDrop = h.values["-r"]
	}
	ip, remote := h.values["--ip"]
	u := h.con.user(h.user)
	switch {
	case byAdd && !remote:
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(add))
		if err != nil {
			return h.refuse(hmcBadParam, "-a")
		}
		for _, o := range h.e.Consoles {
			if k, _, _, _, err := ssh.ParseAuthorizedKey([]byte(o.KeyText)); err == nil && string(k.Marshal()) == string(key.Marshal()) && !o.trusts(h.con.Name) {
				o.Trusts = append(o.Trusts, h.con.Name)
			}
		}
		u.Keys = append(u.Keys, strings.TrimSpace(add))
		return 0
	case byDrop && !remote:
		before := len(u.Keys)
		u.Keys = slices.DeleteFunc(u.Keys, func(k string) bool { return k == drop || strings.HasSuffix(k, " "+drop) })
		if len(u.Keys) == before {
			return h.refuse(hmcBadParam, "--remove")
		}
		return 0
	case h.flags["-g"] && !remote:
		h.say("%s", h.con.KeyText)
		return 0
	case !remote:
		return h.refuse(hmcBadParam, "--ip")
	}
	user := h.values["-u"]
	if user == "" {
		user = h.user
	}
	o := h.e.resolve(ip)
	if o == nil || h.e.refuses(o.Name) {
		return h.refuse(hmcNoHost, ip)
	}
	if h.flags["--test"] {
		if o != h.con && (!h.con.trusts(o.Name) || o.user(user) == nil) {
			return h.refuse(hmcKeys, user, ip)
		}
		return 0
	}
	password, given := h.values["--passwd"]
	if !given {
		password = h.readLine("Enter the password for user " + user + " on the remote host " + ip + ":")
	}
	ru := o.user(user)
	if ru == nil || ru.Password == "" || ru.Password != password {
		return h.refuse(hmcBadLogin, user, ip)
	}
	if !h.con.trusts(o.Name) {
		h.con.Trusts = append(h.con.Trusts, o.Name)
	}
	if h.flags["-g"] && !o.trusts(h.con.Name) {
		o.Trusts = append(o.Trusts, h.con.Name)
	}
	return 0
}

func hmcLslic(h *hcall) int {
	if !h.system(false) {
		return 1
	}
	if t, ok := h.values["-t"]; ok && !contains("sys power", t) {
		if t != "syspower" || h.level >= 10 {
			return h.refuse(hmcBadParam, "-t")
		}
	}
	r := newRow().add("lic_type", "Managed System").add("management_status", "Enabled").add("disabled_reason", "").
		add("activated_level", "71").add("activated_spname", "FW950.71").add("installed_level", "71").add("installed_spname", "FW950.71").
		add("accepted_level", "71").add("accepted_spname", "FW950.71").add("ecnumber", "01VM950").add("mtms", h.sys.TypeModel+"*"+h.sys.Serial).
		add("deferred_level", "None").add("platform_ipl_level", "71").add("curr_level_primary", "71").add("curr_ecnumber_primary", "01VM950").
		add("curr_power_on_side_primary", "temp").add("pend_power_on_side_primary", "temp").add("temp_level_primary", "71").add("temp_ecnumber_primary", "01VM950").
		add("perm_level_primary", "71").add("perm_ecnumber_primary", "01VM950").add("update_control_primary", "HMC")
	// There is one service processor.
	for _, n := range strings.Fields(`curr_level curr_ecnumber curr_power_on_side pend_power_on_side temp_level temp_ecnumber perm_level perm_ecnumber update_control`) {
		r.addHidden(n+"_secondary", "unavailable")
	}
	return h.print([]*row{r}, r.names)
}

func hmcBkprofdata(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	name, ok := h.values["-f"]
	if !ok {
		return h.refuse(hmcBadParam, "-f")
	}
	if h.con.Files[name] && !h.flags["--force"] {
		return h.refuse(hmcFileThere, name)
	}
	h.con.Files[name] = true
	return 0
}

func hmcRstprofdata(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	level, ok := h.one("-l", "1", "2", "3", "4")
	if !ok {
		return 1
	}
	name, given := h.values["-f"]
	if level != "4" && !given {
		return h.refuse(hmcBadParam, "-f")
	}
	if given && !h.con.Files[name] {
		return h.refuse(hmcFileMissing, name)
	}
	// What the backup holds is not part of the lab, so nothing can be brought back from it.
	return h.refuse(hmcWrongState)
}

func hmcLspartition(h *hcall) int {
	if len(h.flags) != 1 {
		return h.refuse(hmcBadParam, "-dlpar")
	}
	i := 0
	var line []string
	for _, s := range h.con.managed() {
		for _, p := range s.Partitions {
			if p.RMCAddress == "" {
				continue
			}
			os, level, rest := "", "", ""
			if f := strings.Fields(p.OSVersion); len(f) > 1 {
				os, level, rest = f[0], f[1], strings.Join(f[2:], " ")
			}
			if p.VIOS != nil {
				os, level, rest = "VIOS", strings.TrimPrefix(p.OSVersion, "VIOS "), ""
			}
			up := p.RMC == rmcActive
			switch {
			case h.flags["-dlpar"]:
				caps := "0x0"
				if up {
					caps = "0x2c5f"
				}
				h.say("<#%d> Partition:<%d*%s*%s, %s, %s>\n       Active:<%s>, OS:<%s, %s, %s>, DCaps:<%s>, CmdCaps:<0x4000001b, 0x1b>, PinnedMem:<1981>", i, p.ID, s.TypeModel, s.Serial,
					p.Name, p.RMCAddress, bit(up), os, level, rest, caps)
			case h.flags["-i"]:
				line = append(line, fmt.Sprintf("%d*%s*%s,%s,%s", p.ID, s.TypeModel, s.Serial, p.RMCAddress, bit(up)))
			default:
				line = append(line, fmt.Sprintf("%d*%s*%s,%s,%s,%s,%s,%s", p.ID, s.TypeModel, s.Serial, p.RMCAddress, bit(up), p.Name, os, level))
			}
			i++
		}
	}
	if line != nil {
		h.say("%s", strings.Join(line, ";"))
	}
	return 0
}

func hmcLslabelvios(h *hcall) int {
	kind, ok := h.one("-r", "fcport", "group")
	if !ok || !h.system(true) {
		return 1
	}
	if kind == "group" {
		return h.print(nil, []string{"name", "resources"})
	}
	var rows []*row
	for _, v := range h.sys.servers() {
		for _, f := range v.VIOS.Ports {
			rows = append(rows, newRow().add("name", v.Name).add("lpar_id", strconv.Itoa(v.ID)).add("port_name", f.Name).add("port_phys_loc", f.Location).add("port_label", f.Label))
		}
	}
	return h.print(rows, strings.Fields("name lpar_id port_name port_phys_loc port_label"))
}

func hmcLabelvios(h *hcall) int {
	if _, ok := h.one("-r", "fcport"); !ok || !h.system(true) {
		return 1
	}
	op, ok := h.one("-o", "s", "r")
	if !ok {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	port := h.values["--port"]
	if port == "" {
		port = h.values["-n"]
	}
	if p.VIOS == nil || p.VIOS.port(port) == nil {
		return h.refuse(hmcBadParam, "--port")
	}
	label := h.values["--label"] + h.values["-l"]
	if op == "r" {
		label = ""
	}
	p.VIOS.port(port).Label = label
	return 0
}

func hmcLsviosbk(h *hcall) int {
	if h.level < 10 {
		h.err.WriteString("bash: lsviosbk: command not found\n")
		return exitNotFound
	}
	if _, ok := h.filter("vios_uuids", "types", "sys_names", "vios_names"); !ok {
		return 1
	}
	return h.print(nil, []string{"name", "type", "vios_uuid"})
}

func hmcMkviosbk(h *hcall) int {
	if h.level < 10 {
		h.err.WriteString("bash: mkviosbk: command not found\n")
		return exitNotFound
	}
	if _, ok := h.one("-t", "vios", "viosioconfig", "ssp"); !ok || !h.system(true) {
		return 1
	}
	if !h.has("-f") {
		return h.refuse(hmcBadParam, "-f")
	}
	h.con.Files[h.values["-f"]] = true
	return 0
}

// hmcNetboot lists the adapters of a partition (-M) or boots it from the network.
func hmcNetboot(h *hcall) int {
	if len(h.args) < 3 {
		return h.refuse(hmcBadParam, "lpar-name")
	}
	last := h.args[len(h.args)-3:]
	s := h.con.manages(last[2])
	if s == nil {
		return h.refuse(hmcNoSystem, last[2])
	}
	h.sys = s
	p := s.partitionNamed(last[0])
	if p == nil {
		return h.refuse(hmcNotFound, last[0])
	}
	pr := p.profileNamed(last[1])
	if pr == nil {
		return h.refuse(hmcNoProfile, last[1])
	}
	if p.State != stateOff {
		return h.refuse(hmcNotOff)
	}
	h.say("# Connecting to %s\n# Connected\n# Checking for power off.\n# Power off complete.\n# Power on %s to Open Firmware.\n# Power on complete.", p.Name, p.Name)
	if msg := h.e.take(s, p, pr); msg != "" {
		return h.refuse("%s", msg)
	}
	p.CurrProfile = pr.Name
	if !h.pause(20 * time.Second) {
		return 1
	}
	if slices.Contains(h.args, "-M") {
		h.say("# Type\tLocation Code\tMAC Address\tFull Path Name\tPing Result\tDevice Type")
		for _, a := range p.Eth {
			h.say("ent %s-T1 %s /vdevice/l-lan@%08x n/a virtual", h.location(p, a.Slot), strings.ToLower(a.MAC), 0x30000000+a.Slot)
		}
		h.e.powerOffHMC(p)
		return 0
	}
	h.say("# Network boot proceeding, lpar_netboot is exiting.\n# Finished.")
	p.BootMode = "norm"
	h.e.bootHMC(s, p)
	return 0
}

func hmcMonhmc(h *hcall) int {
	kind, ok := h.one("-r", "disk", "proc", "mem", "swap", "rmc")
	if !ok {
		return 1
	}
	switch kind {
	case "disk":
		h.say("Filesystem           1K-blocks      Used Available Use%% Mounted on\n/dev/sda2             16121184   9013324   6288936  59%% /\n/dev/sda3              6040320    432928   5300560   8%% /var")
	case "rmc":
		h.say("rsct    ctrmc            4711     active")
	case "mem":
		if h.level < 9 {
			h.say("Mem:   4051004k total,  3950204k used,   100800k free,   301232k buffers")
		} else {
			h.say("KiB Mem : 16325352 total,  1112032 free,  9170100 used,  6043220 buff/cache")
		}
	case "swap":
		if h.level < 9 {
			h.say("Swap:  2040212k total,   118012k used,  1922200k free,  1043220k cached")
		} else {
			h.say("KiB Swap:  2040212 total,  1922200 free,   118012 used.  6812345 avail Mem")
		}
	default:
		if h.level >= 9 {
			h.say("%%Cpu0  :  2.0 us,  1.0 sy,  0.0 ni, 97.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st")
			break
		}
		h.say("Cpu0  :  2.0%%us,  1.0%%sy,  0.0%%ni, 97.0%%id,  0.0%%wa,  0.0%%hi,  0.0%%si,  0.0%%st")
	}
	return 0
}

func hmcDiagrmc(h *hcall) int {
	if !h.system(true) {
		return 1
	}
	p, ok := h.partition("-p")
	if !ok {
		return 1
	}
	if p.RMC == rmcActive {
		h.say("The RMC connection to %s is active.", p.Name)
		return 0
	}
	if h.flags["--autocorrect"] && p.State == stateRunning {
		h.e.after(h.e.Timing.RMC, func() {
			if p.State == stateRunning {
				p.RMC = rmcActive
			}
		})
	}
	return h.refuse("The RMC connection to %s is not active.", p.Name)
}

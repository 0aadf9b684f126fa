package lab

import (
	"fmt"
	"net"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

func aixNetCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"ifconfig": {aixIfconfig, 50 * ms, "/usr/sbin", false, "ifconfig {-a | -l | Interface}\n       ifconfig Interface [inet] [Address [netmask Mask]] [up | down | detach | alias | delete]"},
		"netstat":  {aixNetstat, 100 * ms, "/usr/bin", false, "netstat {-rn [-f {inet | inet6}] | -i [-n] | -an | -v} [-@ WparName]"},
		"host":     {aixHost, 50 * ms, "/usr/bin", false, "host HostName"},
		"lssrc":    {aixLssrc, 100 * ms, "/usr/bin", false, "lssrc {-a | -s Subsystem | -g Group}"},
		"startsrc": {aixStartsrc, 500 * ms, "/usr/bin", true, "startsrc {-s Subsystem | -g Group}"},
		"stopsrc":  {aixStopsrc, 500 * ms, "/usr/bin", true, "stopsrc [-f | -c] {-s Subsystem | -g Group}"},
		"refresh":  {aixRefresh, 300 * ms, "/usr/bin", true, "refresh {-s Subsystem | -g Group}"},
	}
}

func (b *builder) hostInterfaces(h *Host, hb *hostBody) {
	for _, x := range hb.Interfaces {
		n := &hostInterface{Name: x.Name, Address: opt(x.Address, ""), Netmask: opt(x.Netmask, "255.255.255.0"), State: opt(x.State, "up"), Aliases: x.Aliases,
			MAC: opt(x.MAC, "fa"+stableHex(10, h.Name, x.Name))}
		if !strings.HasPrefix(n.Name, "en") || n.Address != "" && net.ParseIP(n.Address).To4() == nil || maskBits(n.Netmask) < 0 || !contains("up down detach", n.State) || len(n.MAC) != 12 {
			b.fail(x.Body, "interface %q: the name is like en0, address and netmask are IPv4, state is up, down or detach, mac has 12 digits", x.Name)
			return
		}
		n.Slot = opt(x.Slot, 0)
		n.store()
		if l := x.Live; l != nil {
			n.Address, n.Netmask, n.State, n.Aliases = opt(l.Address, ""), opt(l.Netmask, "255.255.255.0"), opt(l.State, "up"), l.Aliases
			if n.Address != "" && net.ParseIP(n.Address).To4() == nil || maskBits(n.Netmask) < 0 || !contains("up down detach", n.State) {
				b.fail(l.Body, "interface %q: live has an address and a netmask of IPv4, and the state up, down or detach", x.Name)
			}
		}
		h.Interfaces = append(h.Interfaces, n)
	}
	if h.Address == "" && len(h.Interfaces) > 0 {
		h.Address = h.Interfaces[0].Address
	}
}

func maskBits(mask string) int {
	ip := net.ParseIP(mask).To4()
	if ip == nil {
		return -1
	}
	ones, bits := net.IPMask(ip).Size()
	if bits == 0 {
		return -1
	}
	return ones
}

func (h *Host) nic(name string) *hostInterface {
	for _, n := range h.Interfaces {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func (h *Host) interfaceAttrs(name string) (map[string]attrDef, bool) {
	n := h.nic(name)
	if n == nil {
		return nil, false
	}
	return map[string]attrDef{
		"alias4":        {value: strings.Join(n.stored.Aliases, " "), text: "IPv4 Alias including Subnet Mask", flag: "True"},
		"alias6":        {value: "", text: "IPv6 Alias including Prefix Length", flag: "False"},
		"arp":           {value: "on", text: "Address Resolution Protocol (ARP)", flag: "False"},
		"authority":     {value: "", text: "Authorized Users", flag: "False"},
		"broadcast":     {value: "", text: "Broadcast Address", flag: "False"},
		"mtu":           {value: "1500", text: "Maximum IP Packet Size for This Device", flag: "False"},
		"netaddr":       {value: n.stored.Address, text: "Internet Address", flag: "True"},
		"netaddr6":      {value: "", text: "IPv6 Internet Address", flag: "False"},
		"netmask":       {value: n.stored.Netmask, text: "Subnet Mask", flag: "True"},
		"prefixlen":     {value: "", text: "Prefix Length for IPv6 Internet Address", flag: "False"},
		"remmtu":        {value: "576", text: "Maximum IP Packet Size for REMOTE Networks", flag: "False"},
		"rfc1323":       {value: "", text: "Enable/Disable TCP RFC 1323 Window Scaling", flag: "False"},
		"security":      {value: "none", text: "Security Level", flag: "False"},
		"state":         {value: n.stored.State, text: "Current Interface Status", flag: "True", values: []string{"up", "down", "detach"}},
		"tcp_mssdflt":   {value: "", text: "Set TCP Maximum Segment Size", flag: "False"},
		"tcp_nodelay":   {value: "", text: "Enable/Disable TCP_NODELAY Option", flag: "False"},
		"tcp_recvspace": {value: "", text: "Set Socket Buffer Space for Receiving", flag: "False"},
		"tcp_sendspace": {value: "", text: "Set Socket Buffer Space for Sending", flag: "False"},
	}, true
}

// changeInterface is chdev for everything that is no disk: it changes what runs and what the database has.
func (a *aixCall) changeInterface(name string, attrs map[string]attrDef, pairs [][2]string, f *flagSet) int {
	const method = "/usr/lib/methods/chgif"
	n := a.h.nic(name)
	var run, kept interfaceState
	if n != nil {
		run, kept = interfaceState{n.Address, n.Netmask, n.State, slices.Clone(n.Aliases)}, n.stored
		kept.Aliases = slices.Clone(kept.Aliases)
	}
	hostname, routes := a.h.Hostname, slices.Clone(a.h.Routes)
	for _, p := range pairs {
		bad := func() int { return a.fail(devInvalid, method, p[0]) }
		address, mask, _ := strings.Cut(p[1], ",")
		switch {
		case name == "inet0" && p[0] == "hostname" && p[1] != "" && !strings.ContainsAny(p[1], " ,"):
			hostname = p[1]
		case name == "inet0" && p[0] == "route":
			r, ok := routeWord(p[1])
			if !ok {
				return bad()
			}
			routes = append(slices.DeleteFunc(routes, func(x hostRoute) bool { return x.Dest == r.Dest }), r)
		case name == "inet0" && p[0] == "delroute":
			r, ok := routeWord(p[1])
			at := slices.IndexFunc(routes, func(x hostRoute) bool { return x.Dest == r.Dest && x.Gateway == r.Gateway && x.Kept })
			if !ok || at < 0 {
				return bad()
			}
			routes = slices.Delete(routes, at, at+1)
		case n == nil:
			return bad()
		case p[0] == "netaddr" && net.ParseIP(p[1]).To4() != nil:
			run.Address, kept.Address = p[1], p[1]
		case p[0] == "netmask" && maskBits(p[1]) >= 0:
			run.Netmask, kept.Netmask = p[1], p[1]
		case p[0] == "state" && !attrs["state"].bad(p[1]):
			run.State, kept.State = p[1], p[1]
		case p[0] == "alias4" && net.ParseIP(address).To4() != nil && maskBits(mask) >= 0 && !slices.Contains(kept.Aliases, p[1]):
			kept.Aliases = append(kept.Aliases, p[1])
			if !slices.Contains(run.Aliases, p[1]) {
				run.Aliases = append(run.Aliases, p[1])
			}
		case p[0] == "delalias4" && slices.Contains(kept.Aliases, p[1]):
			gone := func(x string) bool { return x == p[1] }
			kept.Aliases, run.Aliases = slices.DeleteFunc(kept.Aliases, gone), slices.DeleteFunc(run.Aliases, gone)
		default:
			return bad()
		}
	}
	if n != nil {
		if !f.has('P') {
			n.Address, n.Netmask, n.State, n.Aliases = run.Address, run.Netmask, run.State, run.Aliases
		}
		if !f.has('T') {
			n.stored = kept
		}
	}
	a.h.Hostname, a.h.Routes = hostname, routes
	a.say("%s changed", name)
	return 0
}

func broadcast(address string, bits int) string {
	ip := net.ParseIP(address).To4()
	mask := net.CIDRMask(bits, 32)
	out := make(net.IP, 4)
	for i := range out {
		out[i] = ip[i] | ^mask[i]
	}
	return out.String()
}

func hexMask(mask string) string {
	ip := net.ParseIP(mask).To4()
	return fmt.Sprintf("0x%02x%02x%02x%02x", ip[0], ip[1], ip[2], ip[3])
}

func aixIfconfig(a *aixCall) int {
	h := a.h
	show := func(n *hostInterface) {
		flags := "1e084863,14c0<UP,BROADCAST,NOTRAILERS,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,CHECKSUM_OFFLOAD(ACTIVE),LARGESEND,CHAIN>"
		if n.State != "up" {
			flags = "1e084862,14c0<BROADCAST,NOTRAILERS,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,CHECKSUM_OFFLOAD(ACTIVE),LARGESEND,CHAIN>"
		}
		a.say("%s: flags=%s", n.Name, flags)
		if n.Address != "" {
			a.say("        inet %s netmask %s broadcast %s", n.Address, hexMask(n.Netmask), broadcast(n.Address, maskBits(n.Netmask)))
		}
		for _, x := range n.Aliases {
			address, mask, _ := strings.Cut(x, ",")
			a.say("        inet %s netmask %s broadcast %s", address, hexMask(mask), broadcast(address, maskBits(mask)))
		}
		a.say("         tcp_sendspace 262144 tcp_recvspace 262144 rfc1323 1")
	}
	loop := func() {
		a.say("lo0: flags=e08084b,c0<UP,BROADCAST,LOOPBACK,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,LARGESEND,CHAIN>\n        inet 127.0.0.1 netmask 0xff000000 broadcast 127.255.255.255\n        inet6 ::1%%1/128\n         tcp_sendspace 131072 tcp_recvspace 131072 rfc1323 1")
	}
	switch {
	case len(a.args) == 0:
		return a.usage()
	case len(a.args) == 1 && a.args[0] == "-a":
		for _, n := range h.Interfaces {
			if n.State != "detach" {
				show(n)
			}
		}
		loop()
		return 0
	case len(a.args) == 1 && a.args[0] == "-l":
		var names []string
		for _, n := range h.Interfaces {
			names = append(names, n.Name)
		}
		a.say("%s", strings.Join(append(names, "lo0"), " "))
		return 0
	case len(a.args) == 1 && a.args[0] == "lo0":
		loop()
		return 0
	}
	n := h.nic(a.args[0])
	if n == nil || n.gone || n.State == "detach" && len(a.args) < 3 {
		return a.fail("ifconfig: 0821-0555 %s: The interface does not exist.", a.args[0])
	}
	if len(a.args) == 1 {
		show(n)
		return 0
	}
	if a.user != "root" {
		return a.fail("ifconfig: 0821-057 Only the root user can change an interface.")
	}
	// Words in any order: an address, its mask, and what is done with it.
	address, mask, op := "", "", ""
	words := a.args[1:]
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "inet" && i == 0:
		case w == "netmask" && i+1 < len(words):
			i++
			if mask = dottedMask(words[i]); mask == "" {
				return a.fail("ifconfig: 0821-0556 %s: bad value", words[i])
			}
		case contains("up down detach alias delete -alias firstalias", w) && op == "":
			op = strings.TrimPrefix(w, "first")
		case net.ParseIP(w).To4() != nil && address == "":
			address = w
		default:
			return a.usage()
		}
	}
	if mask == "" {
		mask = n.Netmask
	}
	aliasAt := slices.IndexFunc(n.Aliases, func(x string) bool { return strings.HasPrefix(x, address+",") })
	switch {
	case contains("up down detach", op) && op != "":
		if n.State = op; address != "" && op != "detach" {
			n.Address, n.Netmask = address, mask
		}
	case address == "":
		return a.usage()
	case op == "delete" || op == "-alias":
		switch {
		case aliasAt >= 0:
			n.Aliases = slices.Delete(slices.Clone(n.Aliases), aliasAt, aliasAt+1)
		case n.Address == address:
			n.Address = ""
		default:
			return a.fail("ifconfig: 0821-0559 ioctl (SIOCDIFADDR).: The specified address is not available.")
		}
	case op == "alias":
		if aliasAt < 0 && n.Address != address {
			n.Aliases = append(slices.Clone(n.Aliases), address+","+mask)
		}
	default:
		n.Address, n.Netmask, n.State = address, mask, "up"
	}
	return 0
}

// dottedMask is a netmask in dots, that may come in hexadecimal digits; empty where it is none.
func dottedMask(s string) string {
	if n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 32); err == nil && strings.HasPrefix(s, "0x") {
		s = fmt.Sprintf("%d.%d.%d.%d", n>>24, n>>16&255, n>>8&255, n&255)
	}
	if maskBits(s) < 0 {
		return ""
	}
	return s
}

func aixNetstat(a *aixCall) int {
	f, ok := a.flags("rinf:av@:")
	if !ok {
		return 1
	}
	if f.has('@') {
		w := a.wparNamed(f.get('@'))
		if w == nil {
			return 1
		}
		a = &aixCall{call: a.call, h: a.h.view(w)}
	}
	if code, done := a.otherNetstat(f); done {
		return code
	}
	if len(f.rest) > 0 || f.has('r') == f.has('i') || !f.has('n') && !f.has('i') {
		return a.usage()
	}
	network := func(address string, bits int) string {
		ip := net.ParseIP(address).To4().Mask(net.CIDRMask(bits, 32))
		s := ip.String()
		for strings.HasSuffix(s, ".0") {
			s = strings.TrimSuffix(s, ".0")
		}
		return s
	}
	if f.has('i') {
		a.say("Name  Mtu   Network     Address            Ipkts Ierrs    Opkts Oerrs  Coll")
		const row = "%-5s %-5d %-11s %-15s %9d %5d %8d %5d %5d"
		for i, n := range a.h.Interfaces {
			if n.State == "detach" {
				continue
			}
			mac := make([]string, 0, 6)
			for k := 0; k < 12; k += 2 {
				b := strings.TrimLeft(n.MAC[k:k+2], "0")
				if b == "" {
					b = "0"
				}
				mac = append(mac, b)
			}
			a.say(row, n.Name, 1500, fmt.Sprintf("link#%d", i+2), strings.Join(mac, "."), 162325, 0, 60252, 0, 0)
			if n.Address != "" {
				a.say(row, n.Name, 1500, network(n.Address, maskBits(n.Netmask)), n.Address, 162325, 0, 60252, 0, 0)
			}
			for _, x := range n.Aliases {
				address, mask, _ := strings.Cut(x, ",")
				a.say(row, n.Name, 1500, network(address, maskBits(mask)), address, 162325, 0, 60252, 0, 0)
			}
		}
		a.say(row, "lo0", 16896, "link#1", "", 36891, 0, 36891, 0, 0)
		a.say(row, "lo0", 16896, "127", "127.0.0.1", 36891, 0, 36891, 0, 0)
		a.say(row, "lo0", 16896, "::1%1", "", 36891, 0, 36891, 0, 0)
		return 0
	}
	a.say("Routing tables\nDestination        Gateway           Flags   Refs     Use  If   Exp  Groups\n\nRoute Tree for Protocol Family 2 (Internet):")
	for _, n := range a.h.Interfaces {
		if n.State == "up" && n.Address != "" {
			bits := maskBits(n.Netmask)
			a.say("%-18s %-17s %-7s %3d %9d %-7s %-6s %s", fmt.Sprintf("%s/%d", network(n.Address, bits), bits), n.Address, "U", 0, 639, n.Name, "-", "-")
		}
	}
	for _, r := range a.h.Routes {
		flags, dest := "UG", r.Dest
		if dest != "default" {
			address, bits, _ := strings.Cut(dest, "/")
			n, _ := atoi(bits)
			if dest = fmt.Sprintf("%s/%d", network(address, n), n); n == 32 {
				flags, dest = "UGH", address
			}
		}
		via := "-"
		for _, n := range a.h.Interfaces {
			if own := net.ParseIP(n.Address).To4(); n.State == "up" && own != nil && own.Mask(net.CIDRMask(maskBits(n.Netmask), 32)).Equal(net.ParseIP(r.Gateway).To4().Mask(net.CIDRMask(maskBits(n.Netmask), 32))) {
				via = n.Name
			}
		}
		a.say("%-18s %-17s %-7s %3d %9d %-7s %-6s %s", dest, r.Gateway, flags, 1, 5274, via, "-", "-")
	}
	if w := a.h.in; w != nil {
		for _, r := range w.Routes {
			a.say("%-18s %-17s %-7s %3d %9d %-7s %-6s %s", r.Dest, r.Gateway, "UG", 0, 12, r.Interface, "-", "-")
		}
	}
	a.say("%-18s %-17s %-7s %3d %9d %-7s %-6s %s", "127/8", "127.0.0.1", "U", 1, 3689, "lo0", "-", "-")
	a.say("\nRoute Tree for Protocol Family 24 (Internet v6):\n%-18s %-17s %-7s %3d %9d %-7s %-6s %s", "::1%1", "::1%1", "UH", 0, 12, "lo0", "-", "-")
	return 0
}

// aixHost looks names up in the hosts of the estate and in /etc/hosts.
func aixHost(a *aixCall) int {
	if len(a.args) != 1 || strings.HasPrefix(a.args[0], "-") {
		return a.usage()
	}
	want := a.args[0]
	if address := a.h.lookup(a.e, want); address != "" && address != want {
		a.say("%s is %s", want, address)
		return 0
	}
	text, _ := a.h.read("/etc/hosts")
	for _, h := range a.e.hosts() {
		if h.Address != "" {
			text += "\n" + h.Address + " " + h.Hostname
		}
	}
	for _, s := range a.e.NFS {
		text += "\n" + s.Address + " " + s.Name
	}
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == want {
			a.say("%s is %s", words[1], words[0])
			return 0
		}
	}
	return a.fail("host: 0827-801 Host name %s does not exist.", want)
}

func defaultSubsystems(h *Host) []*subsystem {
	out := []*subsystem{{"syslogd", "ras", 3670316}, {"portmap", "portmap", 3866926}, {"inetd", "tcpip", 3932420}, {"snmpd", "tcpip", 3998000}, {"sshd", "ssh", 4063536},
		{"ctrmc", "rsct", 4128996}, {"biod", "nfs", 0}, {"nfsd", "nfs", 0}, {"rpc.mountd", "nfs", 0}, {"rpc.lockd", "nfs", 0}, {"rpc.statd", "nfs", 0}, {"sendmail", "mail", 0}, {"xntpd", "tcpip", 0}}
	if h.Cluster {
		out = append(out, h.haSubsystems()...)
	}
	return out
}

func (h *Host) running(name string) bool {
	return slices.ContainsFunc(h.Subsystems, func(s *subsystem) bool { return s.Name == name && s.PID > 0 })
}

// subsystems are those that -s or -g asks for; nil is said.
func (a *aixCall) subsystems(f *flagSet) []*subsystem {
	var out []*subsystem
	for _, s := range a.h.Subsystems {
		if f.has('a') || f.has('s') && s.Name == f.get('s') || f.has('g') && s.Group == f.get('g') {
			out = append(out, s)
		}
	}
	switch {
	case len(out) > 0:
	case f.has('g'):
		a.fail("0513-086 The %s Group is not on file.", f.get('g'))
	default:
		a.fail("0513-085 The %s Subsystem is not on file.", f.get('s'))
	}
	return out
}

func (a *aixCall) srcFlags(spec string) (*flagSet, bool) {
	f, ok := a.flags(spec)
	if !ok {
		return nil, false
	}
	n := 0
	for _, c := range "asg" {
		if f.has(byte(c)) {
			n++
		}
	}
	if n != 1 || len(f.rest) > 0 {
		a.usage()
		return nil, false
	}
	return f, true
}

func aixLssrc(a *aixCall) int {
	if code, done := a.srcRecord(); done {
		return code
	}
	if code, ok := a.haLssrc(); ok {
		return code
	}
	f, ok := a.srcFlags("as:g:")
	if !ok {
		return 1
	}
	list := a.subsystems(f)
	if list == nil {
		return 1
	}
	a.say("%-17s %-16s %-12s %s", "Subsystem", "Group", "PID", "Status")
	list = slices.Clone(list)
	// Active ones first, as lssrc -a lists them.
	sort.SliceStable(list, func(i, j int) bool { return list[i].PID > 0 && list[j].PID == 0 })
	for _, s := range list {
		pid, status := "", "inoperative"
		if s.PID > 0 {
			pid, status = fmt.Sprint(s.PID), "active"
		}
		a.say(" %-16s %-16s %-12s %s", s.Name, s.Group, pid, status)
	}
	return 0
}

func aixStartsrc(a *aixCall) int {
	f, ok := a.srcFlags("s:g:")
	if !ok {
		return 1
	}
	code := 0
	list := a.subsystems(f)
	if list == nil {
		return 1
	}
	for _, s := range list {
		if s.PID > 0 {
			code = a.fail("0513-029 The %s Subsystem is already active.\nMultiple instances are not supported.", s.Name)
			continue
		}
		for a.h.pid += 66; slices.ContainsFunc(a.h.Subsystems, func(x *subsystem) bool { return x.PID == a.h.pid }); a.h.pid++ {
		}
		s.PID = a.h.pid
		a.h.haStarted(s.Name)
		a.say("0513-059 The %s Subsystem has been started. Subsystem PID is %d.", s.Name, s.PID)
		if s.Name == "ctrmc" {
			a.e.hostRMC(a.h)
		}
	}
	return code
}

func aixStopsrc(a *aixCall) int {
	f, ok := a.srcFlags("fcs:g:")
	if !ok {
		return 1
	}
	if f.has('f') && f.has('c') {
		return a.usage()
	}
	code := 0
	list := a.subsystems(f)
	if list == nil {
		return 1
	}
	for _, s := range list {
		if s.PID == 0 {
			code = a.fail("0513-004 The Subsystem or Group, %s, is currently inoperative.", s.Name)
			continue
		}
		a.stopSubsystem(s, f.any("fc"))
		a.say("0513-044 The %s Subsystem was requested to stop.", s.Name)
	}
	return code
}

func aixRefresh(a *aixCall) int {
	f, ok := a.srcFlags("s:g:")
	if !ok {
		return 1
	}
	list := a.subsystems(f)
	if list == nil {
		return 1
	}
	code := 0
	for _, s := range list {
		if s.PID == 0 {
			code = a.fail("0513-036 The request could not be passed to the %s subsystem.\nStart the subsystem and try your command again.", s.Name)
			continue
		}
		a.h.haStarted(s.Name)
		a.say("0513-095 The request for subsystem refresh was completed successfully.")
	}
	return code
}

package lab

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

func aixTCPCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"hostent":  {aixHostent, 100 * ms, "/usr/sbin", true, "hostent {-a IPAddress -h \"HostName ...\" | -d IPAddress | -X | -c IPAddress -h \"HostName ...\" [-i NewIPAddress] | {-s IPAddress | -S} [-Z]}"},
		"namerslv": {aixNamerslv, 100 * ms, "/usr/sbin", true, "namerslv {-a | -d} {-i IPAddress | -D DomainName | -S SearchList}\n       namerslv -s [-I | -n | -Z]\n       namerslv {-E | -e} File"},
		"mktcpip":  {aixMktcpip, 2 * time.Second, "/usr/sbin", true, "mktcpip -h HostName -a Address -i Interface [-s] [-m SubnetMask] [-n NameServerAddress -d Domain] [-g DefaultGateway] [-r RingSpeed] [-c Subchannel] [-t CableType] [-C Cost]\n       mktcpip {-S Interface | -D Interface}"},
		"rmtcpip":  {aixRmtcpip, 2 * time.Second, "/usr/sbin", true, "rmtcpip"},
		"route":    {aixRoute, 100 * ms, "/usr/sbin", true, "route [-n] {add | delete | flush} [-net | -host] {Destination [-netmask Mask] | default} Gateway"},
		"ping":     {aixPing, 50 * ms, "/usr/sbin", false, "ping [-n] [-q] [-c Count] [-w Timeout] [-i Wait] [-s PacketSize] Host [PacketSize [Count]]"},
		"entstat":  {aixEntstat, 100 * ms, "/usr/bin", false, "entstat [-d] [-r] Device"},
		"lsitab":   {aixLsitab, 50 * ms, "/usr/sbin", false, "lsitab {-a | Identifier}"},
		"mkitab":   {aixMkitab, 100 * ms, "/usr/sbin", true, "mkitab [-i Identifier] {Identifier:RunLevel:Action:Command}"},
		"chitab":   {aixChitab, 100 * ms, "/usr/sbin", true, "chitab {Identifier:RunLevel:Action:Command}"},
		"rmitab":   {aixRmitab, 100 * ms, "/usr/sbin", true, "rmitab Identifier"},
	}
}

// hostRoute is a route of a host: default, or a network such as 10.2.0.0/16.
type hostRoute struct {
	Dest, Gateway string
	Kept          bool // an attribute of inet0; others are gone after a boot
}

// online tells whether a host has an interface that is up; one of which the model knows no interface is.
func (h *Host) online() bool {
	return h.State == hostUp && (len(h.Interfaces) == 0 || slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool { return n.State == "up" && n.Address != "" && !n.gone }))
}

// owns tells whether an address is one of a host, reachable or not.
func (h *Host) owns(address string) bool {
	if address == "" {
		return false
	}
	return h.Address == address || slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool { return n.has(address) })
}

func (n *hostInterface) has(address string) bool {
	return n.Address == address || slices.ContainsFunc(n.Aliases, func(x string) bool { return strings.HasPrefix(x, address+",") })
}

// reaches tells whether something answers at an address for a host.
func (e *Estate) reaches(from *Host, address string) bool {
	if strings.HasPrefix(address, "127.") {
		return true
	}
	for _, h := range e.hosts() {
		if h == from && h.owns(address) {
			return slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool { return n.has(address) && n.State == "up" }) || len(h.Interfaces) == 0
		}
	}
	if !from.online() || len(from.Interfaces) > 0 && !slices.ContainsFunc(from.Interfaces, func(n *hostInterface) bool { return e.wired(from, n) }) {
		return false
	}
	known := false
	for _, h := range e.hosts() {
		for _, n := range h.Interfaces {
			if n.has(address) {
				known = true
				if e.wired(h, n) && !e.frozen(h) && !e.refuses(h.Name) {
					return true
				}
			}
		}
		if len(h.Interfaces) == 0 && h.Address == address {
			return !e.refuses(h.Name)
		}
	}
	for _, s := range e.NFS {
		if s.Address == address {
			return !s.Silent
		}
	}
	return !known && e.answers(address)
}

// lookup finds the address of a name: in /etc/hosts first, then among what the name service knows, which is everything in
// the estate.
func (h *Host) lookup(e *Estate, name string) string {
	if net.ParseIP(name).To4() != nil {
		return name
	}
	data, _ := h.read("/etc/hosts")
	for _, line := range strings.Split(data, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 1 && slices.Contains(words[1:], name) && net.ParseIP(words[0]).To4() != nil {
			return words[0]
		}
	}
	for _, x := range e.hosts() {
		short, _, _ := strings.Cut(x.Hostname, ".")
		if x.Address != "" && (name == x.Hostname || name == short || name == x.Name) {
			return x.Address
		}
	}
	for _, s := range e.NFS {
		if s.Name == name {
			return s.Address
		}
	}
	return ""
}

// hostsLines is /etc/hosts for hostent.
func (h *Host) hostsLines() []string {
	data, _ := h.read("/etc/hosts")
	return strings.Split(strings.TrimSuffix(data, "\n"), "\n")
}

func (h *Host) writeFile(name string, lines []string, now time.Time) {
	mode := 0o644
	if f := h.file(name); f != nil {
		mode = f.Mode
	}
	text := ""
	if len(lines) > 0 {
		text = strings.Join(lines, "\n") + "\n"
	}
	h.put(name, &hostFile{Mode: mode, Data: text, at: now})
}

func aixHostent(a *aixCall) int {
	f, ok := a.flags("a:h:d:c:i:s:SXZ")
	if !ok {
		return 1
	}
	n := 0
	for _, c := range "adcsSX" {
		if f.has(byte(c)) {
			n++
		}
	}
	if n != 1 || len(f.rest) > 0 || f.any("ac") && !f.has('h') || f.has('i') && !f.has('c') {
		return a.usage()
	}
	lines := a.h.hostsLines()
	address := f.get('a') + f.get('d') + f.get('c') + f.get('s')
	find := func(want string) int {
		return slices.IndexFunc(lines, func(l string) bool {
			l, _, _ = strings.Cut(l, "#")
			w := strings.Fields(l)
			return len(w) > 1 && (w[0] == want || f.has('s') && slices.Contains(w[1:], want))
		})
	}
	names := strings.Fields(f.get('h'))
	show := func(l string) {
		l, _, _ = strings.Cut(l, "#")
		w := strings.Fields(l)
		switch {
		case len(w) < 2:
		case f.has('Z'):
			a.say("#address:hostname\n%s:%s", w[0], strings.Join(w[1:], " "))
		default:
			a.say("%s\t%s", w[0], strings.Join(w[1:], " "))
		}
	}
	if !f.any("SX") && !f.has('s') && net.ParseIP(address) == nil {
		return a.fail("hostent: 0821-232 %s: is not a valid IP address.", address)
	}
	at := find(address)
	switch {
	case f.has('a') && at >= 0:
		return a.fail("hostent: 0821-233 The address %s exists in the /etc/hosts file.", address)
	case f.has('a'):
		a.h.writeFile("/etc/hosts", append(lines, address+"\t"+strings.Join(names, " ")), a.e.Now)
		return 0
	case f.has('X'):
		a.h.writeFile("/etc/hosts", nil, a.e.Now)
		return 0
	case f.has('S'):
		for _, l := range lines {
			show(l)
		}
		return 0
	case at < 0:
		return a.fail("hostent: 0821-234 %s is not found in the /etc/hosts file.", address)
	case f.has('s'):
		show(lines[at])
		return 0
	case f.has('d'):
		lines = slices.Delete(lines, at, at+1)
	default:
		if f.has('i') {
			address = f.get('i')
		}
		lines[at] = address + "\t" + strings.Join(names, " ")
	}
	a.h.writeFile("/etc/hosts", lines, a.e.Now)
	return 0
}

const resolvConf = "/etc/resolv.conf"

func aixNamerslv(a *aixCall) int {
	f, ok := a.flags("adi:D:S:sInZE:e:")
	if !ok {
		return 1
	}
	what := 0
	for _, c := range "iDS" {
		if f.has(byte(c)) {
			what++
		}
	}
	if len(f.rest) > 0 || f.has('s') && (f.any("ad") || what > 0) || f.any("ad") && what != 1 || !f.any("sadEe") || f.has('a') && f.has('d') {
		return a.usage()
	}
	data, there := a.h.read(resolvConf)
	lines := strings.FieldsFunc(data, func(r rune) bool { return r == '\n' })
	if f.any("Ee") {
		if f.has('e') { // back from where it was put
			kept, ok := a.h.read(f.get('e'))
			if !ok {
				return a.fail("namerslv: 0821-243 %s: A file or directory in the path name does not exist.", f.get('e'))
			}
			a.h.writeFile(resolvConf, strings.Split(strings.TrimSuffix(kept, "\n"), "\n"), a.e.Now)
			return 0
		}
		if !there {
			return a.bad("namerslv: 0821-243 /etc/resolv.conf: A file or directory in the path name does not exist.")
		}
		a.h.writeFile(f.get('E'), lines, a.e.Now)
		delete(a.h.Files, resolvConf)
		return 0
	}
	if f.has('s') {
		for _, l := range lines {
			w := strings.Fields(l)
			if f.has('I') && w[0] != "nameserver" || f.has('n') && w[0] == "nameserver" {
				continue
			}
			a.say("%s", l)
		}
		return 0
	}
	key, value := "nameserver", f.get('i')
	switch {
	case f.has('D'):
		key, value = "domain", f.get('D')
	case f.has('S'):
		key, value = "search", f.get('S')
	case net.ParseIP(value) == nil:
		return a.fail("namerslv: 0821-232 %s: is not a valid IP address.", value)
	}
	line := key + "\t" + value
	at := slices.IndexFunc(lines, func(l string) bool {
		w := strings.Fields(l)
		return w[0] == key && (key != "nameserver" || w[1] == value)
	})
	switch {
	case f.has('a') && at >= 0 && key == "nameserver":
		return a.fail("namerslv: 0821-244 The name server %s is already there.", value)
	case f.has('a') && at >= 0:
		lines[at] = line
	case f.has('a'):
		lines = append(lines, line)
	case at < 0:
		return a.fail("namerslv: 0821-245 %s is not found in /etc/resolv.conf.", value)
	default:
		lines = slices.Delete(lines, at, at+1)
	}
	a.h.writeFile(resolvConf, lines, a.e.Now)
	return 0
}

func aixMktcpip(a *aixCall) int {
	f, ok := a.flags("h:a:i:sm:n:d:g:r:c:t:C:S:D:")
	if !ok {
		return 1
	}
	h := a.h
	if f.any("SD") {
		n := h.nic(f.get('S') + f.get('D'))
		if n == nil || len(f.set) != 1 || len(f.rest) > 0 {
			return a.usage()
		}
		gateway := ""
		for _, r := range h.Routes {
			if r.Dest == "default" {
				gateway = r.Gateway
			}
		}
		a.say("#host:addr:mask:_rawname:nameserv:domain:gateway:cost:activedgd:type:start\n%s:%s:%s:%s::::%s::no:N/A:no", h.Hostname, n.stored.Address, n.stored.Netmask, n.Name, gateway)
		return 0
	}
	mask := f.get('m')
	if mask == "" {
		mask = "255.255.255.0"
	}
	n := h.nic(f.get('i'))
	switch {
	case len(f.rest) > 0 || !f.has('h') || !f.has('a') || !f.has('i') || f.has('d') != f.has('n'):
		return a.usage()
	case n == nil:
		return a.fail(devNoFound, "mktcpip", f.get('i'))
	case net.ParseIP(f.get('a')).To4() == nil || f.has('g') && net.ParseIP(f.get('g')).To4() == nil || f.has('n') && net.ParseIP(f.get('n')) == nil:
		return a.fail("mktcpip: 0821-232 %s: is not a valid IP address.", f.get('a'))
	case maskBits(mask) < 0:
		return a.fail("mktcpip: 0821-246 %s: is not a valid subnet mask.", mask)
	}
	for _, x := range a.e.hosts() {
		if x != h && x.owns(f.get('a')) && a.e.reaches(h, f.get('a')) {
			a.fail("0821-279 writing to the routing socket: The socket name is already in use.")
			break
		}
	}
	n.Address, n.Netmask, n.State = f.get('a'), mask, "up"
	n.stored.Address, n.stored.Netmask, n.stored.State = n.Address, mask, "up"
	h.Hostname = f.get('h')
	if slices.Index(h.Interfaces, n) == 0 {
		h.Address = n.Address
	}
	if f.has('g') {
		h.Routes = slices.DeleteFunc(h.Routes, func(r hostRoute) bool { return r.Dest == "default" })
		h.Routes = append(h.Routes, hostRoute{"default", f.get('g'), true})
	}
	lines := slices.DeleteFunc(h.hostsLines(), func(l string) bool { w := strings.Fields(l); return len(w) > 1 && w[0] == n.Address })
	h.writeFile("/etc/hosts", append(lines, n.Address+"\t"+h.Hostname), a.e.Now)
	if f.has('n') {
		h.writeFile(resolvConf, []string{"nameserver\t" + f.get('n'), "domain\t" + f.get('d')}, a.e.Now)
	}
	a.say("%s\n%s changed\ninet0 changed", n.Name, n.Name)
	return 0
}

func aixRmtcpip(a *aixCall) int {
	if len(a.args) > 0 {
		return a.usage()
	}
	if !a.yes("rmtcpip: All TCP/IP configuration will be removed. Do you wish to continue? y(es) n(o)? ") {
		return 1
	}
	for _, n := range a.h.Interfaces {
		n.Address, n.State, n.Aliases = "", "detach", nil
		n.store()
	}
	a.h.Routes = nil
	return 0
}

// routeWord reads a route attribute of inet0: net,-hopcount,0,,0,GATEWAY or with a network in front of the gateway.
func routeWord(v string) (hostRoute, bool) {
	w := strings.Split(v, ",")
	if len(w) < 3 || w[0] != "net" && w[0] != "host" {
		return hostRoute{}, false
	}
	gateway, dest := w[len(w)-1], w[len(w)-2]
	r := hostRoute{Gateway: gateway, Kept: true}
	switch {
	case net.ParseIP(gateway).To4() == nil:
		return hostRoute{}, false
	case dest == "0" || dest == "default":
		r.Dest = "default"
	case net.ParseIP(dest).To4() == nil:
		return hostRoute{}, false
	default:
		bits := 32
		if w[0] == "net" {
			bits, _ = net.ParseIP(dest).DefaultMask().Size()
		}
		for i, x := range w {
			if x == "-netmask" && i+1 < len(w) {
				if bits = maskBits(w[i+1]); bits < 0 {
					return hostRoute{}, false
				}
			}
		}
		r.Dest = fmt.Sprintf("%s/%d", dest, bits)
	}
	return r, true
}

func (r hostRoute) word() string {
	if r.Dest == "default" {
		return "net,-hopcount,0,,0," + r.Gateway
	}
	dest, bits, _ := strings.Cut(r.Dest, "/")
	if bits == "32" {
		return "host,-hopcount,0,,," + dest + "," + r.Gateway
	}
	n, _ := atoi(bits)
	return "net,-hopcount,0,-netmask," + net.IP(net.CIDRMask(n, 32)).String() + ",,," + dest + "," + r.Gateway
}

func (h *Host) routeAt(dest string) int {
	return slices.IndexFunc(h.Routes, func(r hostRoute) bool { return r.Dest == dest })
}

func aixRoute(a *aixCall) int {
	f, ok := a.flags("nqv")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	op, args := f.rest[0], f.rest[1:]
	if op == "flush" && len(args) == 0 || op == "-f" {
		a.h.Routes = nil
		return 0
	}
	kind := ""
	if len(args) > 0 && (args[0] == "-net" || args[0] == "-host") {
		kind, args = args[0], args[1:]
	}
	if len(args) < 2 || !contains("add delete", op) {
		return a.usage()
	}
	dest, bits, slash := strings.Cut(args[0], "/")
	mask := -1
	if slash {
		mask, _ = atoi(bits)
	}
	args = args[1:]
	if args[0] == "-netmask" && len(args) == 3 {
		if mask = maskBits(args[1]); mask < 0 {
			return a.usage()
		}
		args = args[2:]
	}
	if len(args) == 3 && args[1] == "-netmask" {
		if mask = maskBits(args[2]); mask < 0 {
			return a.usage()
		}
		args = args[:1]
	}
	gateway := a.h.lookup(a.e, args[0])
	if len(args) != 1 || gateway == "" {
		return a.usage()
	}
	word := dest
	if dest == "0" || dest == "default" {
		dest = "default"
	} else {
		ip := net.ParseIP(a.h.lookup(a.e, dest)).To4()
		if ip == nil {
			return a.fail("route: 0821-275 %s: bad value.", dest)
		}
		if kind == "-host" || mask < 0 && kind == "" && ip[3] != 0 {
			mask = 32
		} else if mask < 0 {
			mask, _ = ip.DefaultMask().Size()
		}
		dest = fmt.Sprintf("%s/%d", ip.Mask(net.CIDRMask(mask, 32)), mask)
	}
	at := a.h.routeAt(dest)
	switch {
	case op == "add" && at >= 0:
		return a.fail("0821-279 writing to the routing socket: The file already exists.\n%s net %s: gateway %s: The file already exists.", gateway, word, gateway)
	case op == "add" && !a.h.onLink(gateway):
		return a.fail("0821-279 writing to the routing socket: A route to the remote host is not available.\n%s net %s: gateway %s: A route to the remote host is not available.", gateway, word, gateway)
	case op == "add":
		a.h.Routes = append(slices.Clone(a.h.Routes), hostRoute{Dest: dest, Gateway: gateway})
	case at < 0 || a.h.Routes[at].Gateway != gateway:
		return a.fail("0821-279 writing to the routing socket: The process does not exist.\n%s net %s: gateway %s: not in table", gateway, word, gateway)
	default:
		a.h.Routes = slices.Delete(slices.Clone(a.h.Routes), at, at+1)
	}
	what := "net"
	if mask == 32 {
		what = "host"
	}
	a.say("%s %s %s: gateway %s", gateway, what, word, gateway)
	return 0
}

// onLink tells whether a gateway is in the network of an interface that is up.
func (h *Host) onLink(gateway string) bool {
	ip := net.ParseIP(gateway).To4()
	return len(h.Interfaces) == 0 || slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool {
		own := net.ParseIP(n.Address).To4()
		mask := net.CIDRMask(maskBits(n.Netmask), 32)
		return n.State == "up" && own != nil && ip != nil && own.Mask(mask).Equal(ip.Mask(mask))
	})
}

func aixPing(a *aixCall) int {
	f, ok := a.flags("nqc:w:i:s:")
	if !ok {
		return 1
	}
	if len(f.rest) < 1 || len(f.rest) > 3 {
		return a.usage()
	}
	size, count, wait := 56, -1, 0
	num := func(s string, into *int, low int) bool {
		n, ok := atoi(s)
		if ok {
			*into = n
		}
		return ok && n >= low
	}
	if f.has('s') && !num(f.get('s'), &size, 0) || f.has('c') && !num(f.get('c'), &count, 1) || f.has('w') && !num(f.get('w'), &wait, 1) ||
		len(f.rest) > 1 && !num(f.rest[1], &size, 0) || len(f.rest) > 2 && !num(f.rest[2], &count, 1) {
		return a.usage()
	}
	address := a.h.lookup(a.e, f.rest[0])
	if address == "" {
		return a.fail("0821-062 ping: host name %s NOT FOUND", f.rest[0])
	}
	a.say("PING %s: (%s): %d data bytes", f.rest[0], address, size)
	if !a.h.online() && !a.h.owns(address) && !strings.HasPrefix(address, "127.") {
		a.fail("0821-069 ping: sendto: A route to the remote host is not available.")
	}
	sent, got := 0, 0
	for count < 0 || sent < count {
		if sent > 0 && !a.pause(time.Second) {
			break
		}
		if a.e.reaches(a.h, address) {
			if !f.has('q') {
				a.say("%d bytes from %s: icmp_seq=%d ttl=255 time=0 ms", size+8, address, sent)
			}
			got++
		}
		if sent++; sent >= 1000 {
			break
		}
	}
	if got < sent {
		// The last packet is waited for.
		a.pause(time.Duration(max(wait, 1)) * time.Second)
	}
	a.say("\n--- %s ping statistics ---\n%d packets transmitted, %d packets received, %d%% packet loss", f.rest[0], sent, got, 100*(sent-got)/max(1, sent))
	if got == 0 {
		return 1
	}
	a.say("round-trip min/avg/max = 0/0/0 ms")
	return 0
}

func aixEntstat(a *aixCall) int {
	f, ok := a.flags("dr")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('r') && a.user != "root" {
		return a.usage()
	}
	n := a.h.nic("en" + strings.TrimPrefix(strings.TrimPrefix(f.rest[0], "ent"), "en"))
	if n == nil || n.gone {
		return a.fail("entstat: 0909-003 Unable to connect to device %s, errno = 19", f.rest[0])
	}
	var mac []string
	for i := 0; i+1 < len(n.MAC); i += 2 {
		mac = append(mac, n.MAC[i:i+2])
	}
	kind := "Virtual I/O Ethernet Adapter (l-lan)"
	if n.vnic {
		kind = "Virtual NIC Client Device (vnic)"
	}
	up := a.e.Now.Sub(a.h.Booted)
	a.say("-------------------------------------------------------------\nETHERNET STATISTICS (%s) :\nDevice Type: %s\nHardware Address: %s\nElapsed Time: %d days %d hours %d minutes %d seconds\n", f.rest[0], kind, strings.ToLower(strings.Join(mac, ":")),
		int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60, int(up.Seconds())%60)
	a.say("Transmit Statistics:                          Receive Statistics:\n--------------------                          -------------------\nPackets: 60252                                Packets: 162325\nBytes: 5724381                                Bytes: 18334210\nInterrupts: 0                                 Interrupts: 151220\nTransmit Errors: 0                            Receive Errors: 0\nPackets Dropped: 0                            Packets Dropped: 0\n")
	a.say("General Statistics:\n-------------------\nNo mbuf Errors: 0\nAdapter Reset Count: 0\nAdapter Data Rate: 20000\nDriver Flags: Up Broadcast Running \n\tSimplex 64BitSupport ChecksumOffload \n\tDataRateSet ")
	if f.has('d') {
		a.say("\n%s Specific Statistics:\n---------------------------------------------\nRQ Length: 4481\nTrunk Adapter: False\nLAN State: Operational", kind)
	}
	return 0
}

func (h *Host) inittab() []string {
	data, _ := h.read("/etc/inittab")
	return strings.FieldsFunc(data, func(r rune) bool { return r == '\n' })
}

func (h *Host) writeInittab(lines []string, now time.Time) {
	h.writeFile("/etc/inittab", lines, now)
}

var initActions = "boot bootwait hold initdefault off once ondemand powerfail powerwait respawn sysinit wait"

// itabRecord reads a record of /etc/inittab. A word of a program that puts quotes around it, without a shell, has them inside.
func (a *aixCall) itabRecord(word string) (id string, ok bool) {
	f := strings.SplitN(word, ":", 4)
	if len(f) != 4 || f[0] == "" || len(f[0]) > 14 || !contains(initActions, f[2]) || strings.Trim(f[1], "0123456789abchsSmM") != "" {
		a.fail("%s: The record %s is not valid.", a.name, word)
		return "", false
	}
	return f[0], true
}

func itabAt(lines []string, id string) int {
	return slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, id+":") })
}

func aixLsitab(a *aixCall) int {
	f, ok := a.flags("a")
	if !ok {
		return 1
	}
	if f.has('a') != (len(f.rest) == 0) || len(f.rest) > 1 {
		return a.usage()
	}
	lines := a.h.inittab()
	if f.has('a') {
		a.say("%s", strings.Join(lines, "\n"))
		return 0
	}
	at := itabAt(lines, f.rest[0])
	if at < 0 {
		return 1 // in silence, as it is
	}
	a.say("%s", lines[at])
	return 0
}

func aixMkitab(a *aixCall) int {
	f, ok := a.flags("i:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	lines := a.h.inittab()
	id, ok := a.itabRecord(f.rest[0])
	if !ok {
		return 1
	}
	if itabAt(lines, id) >= 0 {
		return a.fail("mkitab: 0481-125 The %s entry already exists in /etc/inittab.", id)
	}
	at := len(lines)
	if f.has('i') {
		if at = itabAt(lines, f.get('i')) + 1; at == 0 {
			return a.fail("mkitab: 0481-126 The %s entry is not in /etc/inittab.", f.get('i'))
		}
	}
	a.h.writeInittab(slices.Insert(lines, at, f.rest[0]), a.e.Now)
	return 0
}

func aixChitab(a *aixCall) int {
	if len(a.args) != 1 {
		return a.usage()
	}
	lines := a.h.inittab()
	id, ok := a.itabRecord(a.args[0])
	if !ok {
		return 1
	}
	at := itabAt(lines, id)
	if at < 0 {
		return a.fail("chitab: 0481-126 The %s entry is not in /etc/inittab.", id)
	}
	lines[at] = a.args[0]
	a.h.writeInittab(lines, a.e.Now)
	return 0
}

func aixRmitab(a *aixCall) int {
	if len(a.args) != 1 {
		return a.usage()
	}
	lines := a.h.inittab()
	at := itabAt(lines, a.args[0])
	if at < 0 {
		return a.fail("rmitab: 0481-126 The %s entry is not in /etc/inittab.", a.args[0])
	}
	a.h.writeInittab(slices.Delete(lines, at, at+1), a.e.Now)
	return 0
}

type hostRouteBody struct {
	Dest    string `hcl:"destination,label"`
	Gateway string `hcl:"gateway"`
	Kept    *bool  `hcl:"kept,optional"`
}

// hostRest reads routes, exports and tunables.
func (b *builder) hostRest(h *Host, hb *hostBody) {
	for _, r := range hb.Routes {
		_, _, err := net.ParseCIDR(r.Dest)
		if r.Dest != "default" && err != nil || net.ParseIP(r.Gateway).To4() == nil {
			b.fail(hb.Body, "route %q: the label is default or like 10.2.0.0/16, gateway is IPv4", r.Dest)
		}
		h.Routes = append(h.Routes, hostRoute{r.Dest, r.Gateway, opt(r.Kept, true)})
	}
	for _, line := range hb.Exported {
		h.Exported = append(h.Exported, parseExports(line)...)
	}
	for k, v := range hb.Tuned {
		program, name, _ := strings.Cut(strings.TrimPrefix(k, "boot|"), "|")
		if _, ok := atoi(v); !ok || !slices.ContainsFunc(tunables[program], func(t tunable) bool { return t.name == name }) {
			b.fail(hb.Body, "tunables: %q is not like \"no|rfc1323\" or \"boot|no|rfc1323\" with a number", k)
		}
		if h.Tuned == nil {
			h.Tuned = map[string]string{}
		}
		h.Tuned[k] = v
	}
}

func encodeHostRest(w *encoder, h *Host) {
	for _, r := range h.Routes {
		w.open("route %s", quoteHCL(r.Dest))
		w.str("gateway", r.Gateway, "")
		w.flag("kept", r.Kept, true)
		w.close()
	}
	var lines []string
	for _, x := range h.Exported {
		lines = append(lines, x.String())
	}
	w.list("exported", lines)
	w.quotedTable("tunables", h.Tuned)
}

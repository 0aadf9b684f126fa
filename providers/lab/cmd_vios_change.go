package lab

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"sort"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	usageMkvdev = "mkvdev [-f] {-vdev TargetDevice | -fbo} -vadapter VirtualServerAdapter [-dev DeviceName]\n       mkvdev -lnagg TargetAdapter ... [-attr Attribute=Value ...]\n       mkvdev -vlan TargetAdapter -tagid TagID\n       mkvdev -sea TargetDevice -vadapter VirtualEthernetAdapter ... -default DefaultVirtualEthernetAdapter -defaultid SEADefaultPVID [-attr Attribute=Value ...]"
	usageRmvdev = "rmvdev [-f] {-vtd VirtualTargetDevice | -vdev BackingDevice} [-rmlv]"
	usageRmdev  = "rmdev -dev DeviceName [-ucfg] [-recursive] [-f]"
	usageChdev  = "chdev -dev DeviceName -attr Attribute=Value ... [-f] [-perm]"
)

// lockODM takes the device database for the time that a change needs. A second change meanwhile fails as it does on a
// real VIOS.
func (c *call) lockODM(d time.Duration) bool {
	if c.v.locked {
		c.fail(devODM)
		return false
	}
	c.v.locked = true
	ok := c.pause(d)
	c.v.locked = false
	return ok
}

func cmdMkvdev(c *call) int {
	f, ok := c.devFlags(usageMkvdev, "-f -fbo -vdev= -vadapter+ -dev= -sea= -default= -defaultid= -attr+ -lnagg+ -vlan= -tagid=")
	if !ok {
		return 1
	}
	forms := map[string]string{"-vdev": "-vdev -vadapter -dev -f", "-fbo": "-fbo -vadapter -dev", "-sea": "-sea -vadapter -default -defaultid -attr",
		"-lnagg": "-lnagg -attr", "-vlan": "-vlan -tagid"}
	form := ""
	for o := range forms {
		if f.has(o) {
			if form != "" {
				return c.fail(devUsage, usageMkvdev)
			}
			form = o
		}
	}
	for o := range f.set {
		if !contains(forms[form], o) {
			return c.fail(devUsage, usageMkvdev)
		}
	}
	switch {
	case form == "", form == "-vlan" && !f.has("-tagid"), form == "-sea" && (!f.has("-vadapter") || !f.has("-default") || !f.has("-defaultid")),
		(form == "-vdev" || form == "-fbo") && len(f.vals["-vadapter"]) != 1:
		return c.fail(devUsage, usageMkvdev)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	switch form {
	case "-sea":
		return c.mkSEA(f)
	case "-lnagg", "-vlan":
		return c.mkEth(f)
	}
	dev, kind := f.get("-vdev"), vtdOptical
	if form == "-vdev" {
		if kind = c.backingKind(dev); kind == "" {
			return 1
		}
	}
	h, name, rc := c.newTarget(f.get("-vadapter"), kind, f.get("-dev"))
	if rc != 0 {
		return rc
	}
	if len(c.v.users(dev)) > 0 && !f.has("-f") {
		return c.fail(msgInUseDisk, dev)
	}
	h.VTDs = append(h.VTDs, &VTD{Name: name, Kind: kind, LUN: h.freeLUN(), Backing: dev})
	c.say("%s Available", name)
	return 0
}

// backingKind is the kind of target that a device can back; a device that cannot back one is refused.
func (c *call) backingKind(dev string) string {
	v := c.v
	if d := v.disk(dev); d != nil {
		g, x := v.group(dev), c.e.pooled(d)
		switch {
		case d.Defined:
			c.fail(devNotBack, dev)
		case g != nil:
			c.fail(devInVG, dev, g.Name)
		case x != nil:
			c.fail(devInPool, dev, x.Pool)
		default:
			return vtdDisk
		}
		return ""
	}
	_, l := v.volume(dev)
	switch {
	case l != nil && l.Use == "":
		return vtdLV
	case v.drive(dev):
		return vtdDrive
	case v.known(dev):
		c.fail(devNotBack, dev)
	default:
		c.fail(devNotFound, dev)
	}
	return ""
}

func cmdRmvdev(c *call) int {
	f, ok := c.devFlags(usageRmvdev, "-f -vtd= -vdev= -rmlv")
	if !ok {
		return 1
	}
	if f.has("-vtd") == f.has("-vdev") || f.has("-rmlv") && f.has("-vtd") {
		return c.fail(devUsage, usageRmvdev)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	v := c.v
	var gone []*VTD
	if f.has("-vtd") {
		name := f.get("-vtd")
		_, t := v.vtd(name)
		if t == nil {
			if v.known(name) {
				return c.fail(devNoVTD, name)
			}
			return c.fail(devNotFound, name)
		}
		gone = append(gone, t)
	} else {
		name := f.get("-vdev")
		gone = v.users(name)
		if len(gone) == 0 {
			if v.known(name) {
				return c.fail(devNotBacked, name)
			}
			return c.fail(devNotFound, name)
		}
		sort.Slice(gone, func(i, j int) bool { return naturalLess(gone[i].Name, gone[j].Name) })
	}
	if !c.unmap(gone) {
		return 1
	}
	if f.has("-rmlv") {
		if g, l := v.volume(f.get("-vdev")); l != nil {
			g.drop(l)
		}
	}
	return 0
}

func (g *VolumeGroup) drop(l *LogicalVolume) {
	for i, x := range g.Volumes {
		if x == l {
			g.Volumes = append(g.Volumes[:i:i], g.Volumes[i+1:]...)
			return
		}
	}
}

func cmdRmdev(c *call) int {
	f, ok := c.devFlags(usageRmdev, "-dev= -ucfg -recursive -f")
	if !ok {
		return 1
	}
	if !f.has("-dev") {
		return c.fail(devUsage, usageRmdev)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	v, name := c.v, f.get("-dev")
	deleted := func() int {
		c.say("%s deleted", name)
		return 0
	}
	if d := v.disk(name); d != nil {
		if len(v.users(name)) > 0 || v.group(name) != nil || c.e.pooled(d) != nil {
			return c.fail(devBusy, "ucfgdevice")
		}
		if f.has("-ucfg") {
			d.Defined = true
			c.say("%s Defined", name)
			return 0
		}
		for i, x := range v.Disks {
			if x == d {
				v.Disks = append(v.Disks[:i:i], v.Disks[i+1:]...)
				break
			}
		}
		// The LUN is still zoned: the next cfgdev finds it again.
		if d.LUN != nil {
			v.Zoned = append(v.Zoned, d.LUN)
		}
		return deleted()
	}
	if f.has("-ucfg") {
		return c.fail(devBusy, "ucfgdevice")
	}
	if h, t := v.vtd(name); t != nil {
		if p := c.sys.partition(h.ClientID); p != nil && p.migrating() {
			return c.fail(devBusy, "ucfg_vt_scdisk")
		}
		h.drop(t)
		return deleted()
	}
	if h := v.vhost(name); h != nil {
		if p := c.sys.partition(h.ClientID); p != nil && (p.migrating() || p.live() && len(h.VTDs) > 0) {
			return c.fail(devBusy, "ucfgvhost")
		}
		if len(h.VTDs) > 0 && !f.has("-recursive") {
			return c.fail(devChild, name)
		}
		for _, q := range c.sys.Partitions {
			if v.hmc {
				break // the hypervisor keeps the adapter; cfgdev gives it a device again
			}
			for _, a := range q.Scsi {
				if a.RemoteID == c.vp.ID && a.RemoteSlot == h.Slot {
					// The adapter stays in the hypervisor; a device that has a partner is kept.
					return c.fail(devBusy, "ucfgvhost")
				}
			}
		}
		for _, t := range append([]*VTD(nil), h.VTDs...) {
			h.drop(t)
			c.say("%s deleted", t.Name)
		}
		v.dropVHost(h)
		return deleted()
	}
	if h := v.vfchost(name); h != nil && v.hmc {
		if p := c.sys.partition(h.ClientID); p != nil && p.live() && h.Port != "" {
			for _, a := range p.FC {
				if a.RemoteID == c.vp.ID && a.RemoteSlot == h.Slot {
					return c.fail(devBusy, "ucfgvfc") // the client is logged in through it
				}
			}
		}
		v.dropVFCHost(h.Slot)
		return deleted()
	}
	if d := v.eth(name); d != nil {
		return c.removeEnt(d)
	}
	if s := v.sea(name); s != nil {
		if v.ethUser(name) != "" {
			return c.fail(devBusy, "ucfgdevice")
		}
		for i, x := range v.SEAs {
			if x == s {
				v.SEAs = append(v.SEAs[:i:i], v.SEAs[i+1:]...)
			}
		}
		return deleted()
	}
	if v.known(name) {
		return c.fail(devBusy, "ucfgdevice")
	}
	return c.fail(devNotFound, name)
}

type setting struct{ name, value string }

func cmdChdev(c *call) int {
	f, ok := c.devFlags(usageChdev, "-dev= -attr+ -f -perm")
	if !ok {
		return 1
	}
	if !f.has("-dev") || !f.has("-attr") {
		return c.fail(devUsage, usageChdev)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	v, name := c.v, f.get("-dev")
	var settings []setting
	for _, a := range f.vals["-attr"] {
		n, val, ok := strings.Cut(a, "=")
		if !ok || n == "" {
			return c.fail(devUsage, usageChdev)
		}
		settings = append(settings, setting{n, val})
	}
	if d := v.disk(name); d != nil {
		next := *d
		pvid := d.pvid()
		for _, s := range settings {
			switch s.name {
			case "reserve_policy":
				if !contains("no_reserve single_path PR_exclusive PR_shared", s.value) {
					return c.fail(devBadVal, s.name)
				}
				// An open disk keeps its reservation; with -perm the change waits for the next boot, which never
				// comes here, so that it is refused in the same way.
				if len(v.users(name)) > 0 && s.value != d.Reserve && c.diskOpen(name) {
					return c.fail(devBusy, "chgdisk")
				}
				next.Reserve = s.value
			case "algorithm":
				if !contains("fail_over round_robin shortest_queue", s.value) || s.value != "fail_over" && next.Reserve == "single_path" {
					return c.fail(devBadVal, s.name)
				}
				next.Algo = s.value
			case "pv":
				switch s.value {
				case "yes":
					next.Known = nil
					if pvid = next.pvid(); pvid == "" {
						pvid = c.newPVID(d)
					}
				case "clear":
					pvid = ""
				default:
					return c.fail(devBadVal, s.name)
				}
			case "queue_depth":
				n, ok := number(s.value)
				if !ok || n < 1 || n > 256 {
					return c.fail(devBadVal, s.name)
				}
				if n != d.depth() && c.diskOpen(name) {
					return c.fail(devBusy, "chgdisk")
				}
				next.Queue = n
			case "hcheck_interval", "max_transfer":
				if s.value == "" || strings.Trim(strings.TrimPrefix(s.value, "0x"), "0123456789abcdef") != "" {
					return c.fail(devBadVal, s.name)
				}
			default:
				return c.fail(devNoAttr, s.name, name)
			}
		}
		if pvid != d.pvid() && v.group(name) != nil {
			return c.fail(devBusy, "chgdisk")
		}
		*d = next
		if pvid != d.pvid() {
			d.setPVID(pvid)
		}
		c.say("%s changed", name)
		return 0
	}
	if s := v.sea(name); s != nil {
		return c.changeSEA(s, settings)
	}
	if name == vioslpm && v.countsMoves() {
		for _, s := range settings {
			if s.name != "cfg_msp_lpm_ops" {
				return c.fail(devNoAttr, s.name, name)
			}
			n, ok := number(s.value)
			if !ok || n < 1 || n > 8 {
				return c.fail(devBadVal, s.name)
			}
			v.MoverLimit = n
		}
		c.say("%s changed", name)
		return 0
	}
	if v.known(name) {
		return c.fail(devNoAttr, settings[0].name, name)
	}
	return c.fail(devNotFound, name)
}

// diskOpen tells whether an active partition uses the disk.
func (c *call) diskOpen(name string) bool {
	for _, h := range c.v.VHosts {
		p := c.sys.partition(h.ClientID)
		for _, t := range h.VTDs {
			if t.Backing == name && p != nil && p.live() {
				return true
			}
		}
	}
	return false
}

func (c *call) newPVID(d *Disk) string {
	sum := sha256.Sum256([]byte(c.sys.Serial + "/" + d.Name + "/" + d.uniqueID() + d.Location))
	const hex = "0123456789abcdef"
	out := []byte("000")
	for _, b := range sum[:13] {
		out = append(out, hex[b&15])
	}
	return string(out)
}

// cmdCfgdev finds new disks and new virtual adapters, in the order in which they are seen.
func cmdCfgdev(c *call) int {
	f, ok := c.devFlags("cfgdev [-dev DeviceName]", "-dev=")
	if !ok {
		return 1
	}
	v, dev := c.v, f.get("-dev")
	disks, virtual := true, true
	if f.has("-dev") {
		port := v.port(dev)
		if port == nil && strings.HasPrefix(dev, "fscsi") {
			port = v.port("fcs" + strings.TrimPrefix(dev, "fscsi"))
		}
		switch {
		case dev == "vio0":
			disks = false
		case port != nil:
			virtual = false
		case slices.ContainsFunc(c.devices(), func(d device) bool { return d.name == dev }):
			disks, virtual = false, false // it is configured
		default:
			return c.fail(devNotFound, dev)
		}
	}
	if !c.lockODM(4 * time.Second) {
		return 1
	}
	if disks && len(v.Ports) > 0 {
		for _, d := range v.Disks {
			if d.Defined {
				d.Defined, d.Known = false, nil
			}
		}
		port := v.Ports[0].Name
		if p := v.port(dev); p != nil {
			port = p.Name
		}
		for _, l := range v.Zoned {
			if v.diskOf(l) == nil {
				v.Disks = append(v.Disks, &Disk{Name: v.freeName("hdisk"), LUN: l, Port: port, Reserve: "single_path", Algo: "fail_over"})
			}
		}
		v.Zoned = nil
	}
	if virtual {
		if v.hmc {
			c.vp.configureServers()
		}
		c.vp.configureEths()
	}
	return 0
}

func cmdVfcmap(c *call) int {
	const usage = "vfcmap -vadapter VirtualFCAdapter -fcp [FCPort]"
	f, ok := c.devFlags(usage, "-vadapter= -fcp?")
	if !ok {
		return 1
	}
	if !f.has("-vadapter") || !f.has("-fcp") || len(f.vals["-fcp"]) > 1 {
		return c.fail(devUsage, usage)
	}
	h := c.v.vfchost(f.get("-vadapter"))
	if h == nil {
		if c.v.known(f.get("-vadapter")) {
			c.fail(devNoVFC, f.get("-vadapter"))
			return exitNotVFC
		}
		return c.fail(devNotFound, f.get("-vadapter"))
	}
	port := f.get("-fcp")
	if port != "" {
		p := c.v.port(port)
		if p == nil {
			return c.fail(devNotFound, port)
		}
		if !p.NPIV {
			return c.fail(devNotFC, port)
		}
	}
	if p := c.sys.partition(h.ClientID); p != nil && p.migrating() {
		return c.fail(devBusy, "cfgvfchost")
	}
	h.Port = port
	c.say("%s changed", h.Name)
	return 0
}

// consoleKey is the public key of the console's own user. It is derived from the name, so that a scenario can be saved
// and loaded without key files; the private half is never used, because consoles of one lab talk inside the model.
func consoleKey(name string) string {
	seed := sha256.Sum256([]byte("console key of " + name))
	pub, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed[:]).Public())
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub))) + " padmin@" + name
}

func cmdMkauthkeys(c *call) int {
	const usage = "mkauthkeys {-a key | -g | [--test] --ip host -u user [--passwd password]}"
	var add, ip, user, password string
	var get, test, hasPassword bool
	for i := 0; i < len(c.args); i++ {
		a := c.args[i]
		var into *string
		switch a {
		case "-g":
			get = true
			continue
		case "--test":
			test = true
			continue
		case "-a", "--add":
			into = &add
		case "--ip":
			into = &ip
		case "-u":
			into = &user
		case "--passwd":
			into, hasPassword = &password, true
		default:
			return c.fail(msgBadOption, a)
		}
		if i+1 >= len(c.args) {
			return c.fail(msgReqParam, a)
		}
		i++
		*into = c.args[i]
	}
	n := 0
	for _, x := range []bool{add != "", get, ip != ""} {
		if x {
			n++
		}
	}
	if n != 1 || test && (ip == "" || hasPassword) {
		return c.fail(devUsage, usage)
	}
	switch {
	case get:
		c.say("%s", c.con.KeyText)
		return 0
	case add != "":
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(add))
		if err != nil {
			return c.fail(msgBadKey)
		}
		// The key of another console makes that console trusted; any other key is a login key of the user.
		for _, o := range c.e.Consoles {
			k, _, _, _, err := ssh.ParseAuthorizedKey([]byte(o.KeyText))
			if err == nil && string(k.Marshal()) == string(key.Marshal()) {
				if !o.trusts(c.con.Name) {
					o.Trusts = append(o.Trusts, c.con.Name)
				}
				return 0
			}
		}
		if u := c.con.user(c.user); u != nil {
			u.Keys = append(u.Keys, strings.TrimSpace(add))
		}
		return 0
	}
	if user == "" {
		user = c.user
	}
	o := c.e.resolve(ip)
	if o == nil || c.e.refuses(o.Name) {
		return c.fail(msgNoConsoleHost, ip)
	}
	if test {
		if !c.con.trusts(o.Name) || o.user(user) == nil {
			return c.fail(msgNoTrust, ip, user)
		}
		return 0
	}
	if !hasPassword {
		line := c.readLine("Enter the password for user " + user + " on the remote host " + ip + ":")
		password = line
	}
	u := o.user(user)
	if u == nil || u.Password == "" || u.Password != password {
		return c.fail(msgBadPassword, user, ip)
	}
	if !c.con.trusts(o.Name) {
		c.con.Trusts = append(c.con.Trusts, o.Name)
	}
	return 0
}

// readLine prompts and reads one line of the command's input, one byte at a time so that nothing behind it is lost.
func (c *call) readLine(prompt string) string {
	c.lab.mu.Unlock()
	defer c.lab.mu.Lock()
	if c.session != nil {
		c.session.write(prompt)
	}
	var b []byte
	buf := make([]byte, 1)
	for c.stdin != nil && len(b) < 1024 {
		n, err := c.stdin.Read(buf)
		if n == 1 {
			if buf[0] == '\n' {
				break
			}
			b = append(b, buf[0])
		}
		if err != nil {
			break
		}
	}
	return strings.TrimSuffix(string(b), "\r")
}

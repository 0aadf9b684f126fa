package lab

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wparArgs is a command line of mkwpar, chwpar or wparexec. Flags with attributes take the words that follow them.
type wparArgs struct {
	*flagSet
	lists []wparList
}

type wparList struct {
	flag  byte
	pairs [][2]string
	ops   []string // =, += or -=
	bare  []string
}

func (l *wparList) get(name string) (string, bool) {
	for i := len(l.pairs) - 1; i >= 0; i-- {
		if l.pairs[i][0] == name {
			return l.pairs[i][1], true
		}
	}
	return "", false
}

func (f *wparArgs) of(flag byte) []*wparList {
	var out []*wparList
	for i := range f.lists {
		if f.lists[i].flag == flag {
			out = append(out, &f.lists[i])
		}
	}
	return out
}

// wparFlags reads a command line: plain flags, flags with a value, with a value that may be left out, and with attributes. It ends at the first word that
// belongs to no flag; with bare, flags take attributes without a value.
func (a *aixCall) wparFlags(plain, valued, optional, attrs string, bare bool) (*wparArgs, bool) {
	f := &wparArgs{flagSet: &flagSet{set: map[byte][]string{}}}
	args := a.args
	bad := func(format string, v ...any) (*wparArgs, bool) {
		a.fail(format, v...)
		a.usage()
		return nil, false
	}
	words := func(l *wparList) {
		for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			name, v, ok := strings.Cut(args[0], "=")
			switch {
			case ok:
				op := "="
				if n := len(name); n > 1 && strings.ContainsAny(name[n-1:], "+-") {
					name, op = name[:n-1], name[n-1:]+"="
				}
				l.pairs, l.ops = append(l.pairs, [2]string{name, v}), append(l.ops, op)
			case bare && l.flag == 'R' && (&wpar{}).isControl(args[0]):
				l.bare = append(l.bare, args[0])
			default:
				return
			}
			args = args[1:]
		}
	}
	for len(args) > 0 {
		word := args[0]
		if word == "--" {
			args = args[1:]
			break
		}
		if len(word) < 2 || word[0] != '-' {
			// Words that a flag in between kept from theirs.
			if n := len(f.lists); n > 0 && strings.Contains(word, "=") && len(f.lists[n-1].pairs) == 0 {
				words(&f.lists[n-1])
				continue
			}
			break
		}
		args = args[1:]
		for i := 1; i < len(word); i++ {
			c := word[i]
			switch {
			case strings.IndexByte(attrs, c) >= 0:
				if i != len(word)-1 {
					return bad("%s: 0960-104 White space is required after flag -%c.", a.name, c)
				}
				f.lists = append(f.lists, wparList{flag: c})
				f.set[c] = append(f.set[c], "")
				words(&f.lists[len(f.lists)-1])
			case strings.IndexByte(valued, c) >= 0, strings.IndexByte(optional, c) >= 0:
				v := word[i+1:]
				if v == "" && len(args) > 0 && (strings.IndexByte(valued, c) >= 0 || !strings.HasPrefix(args[0], "-")) {
					v, args = args[0], args[1:]
				} else if v == "" && strings.IndexByte(valued, c) >= 0 {
					return bad("%s: Option requires an argument: %c", a.name, c)
				}
				f.set[c] = append(f.set[c], v)
				i = len(word)
			case strings.IndexByte(plain, c) >= 0:
				f.set[c] = append(f.set[c], "")
			default:
				return bad("%s: Not a recognized flag: %c", a.name, c)
			}
		}
	}
	f.rest = args
	for _, x := range a.args {
		if strings.IndexFunc(x, func(r rune) bool { return r > 126 || r < 32 && r != '\t' }) >= 0 {
			a.fail(wparBadText, a.name, x)
			return nil, false
		}
	}
	return f, true
}

func (w *wpar) isControl(name string) bool {
	return slices.ContainsFunc(wparControls, func(c wparControl) bool { return c.name == name })
}

func validWparName(s string) bool {
	return s != "" && len(s) <= 25 && !strings.ContainsAny(s, " \t\n=:/!;`'\"<>~&()*+[],.^{}|\\") && s[0] != '-' && s[0] != '0'
}

var (
	wparHostRe  = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)
	wparPathRe  = regexp.MustCompile(`^/[A-Za-z0-9_./@%+-]*$`)
	wparUUIDRe  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	wparLimitRe = regexp.MustCompile(`^([0-9]+)%-([0-9]+)%(,([0-9]+)%)?$`)
	wparAmount  = regexp.MustCompile(`^[1-9][0-9]*(M|MB|G|GB|T|TB)?$`)
)

// known looks for attributes that a flag does not have.
func (a *aixCall) known(l *wparList, names string) bool {
	for _, p := range l.pairs {
		if !contains(names, p[0]) {
			a.fail(wparBadAttr, a.name, p[0], l.flag)
			return false
		}
	}
	for _, op := range l.ops {
		if op != "=" && l.flag != 'S' {
			a.fail(wparBadAttr, a.name, op, l.flag)
			return false
		}
	}
	return true
}

func (a *aixCall) badAttr(name, v string) bool {
	a.fail(wparBadValue, a.name, name, v)
	return false
}

// net reads -N. The interface may be left out: the one in the subnet is taken.
func (a *aixCall) wparNet(l *wparList) (wparNet, bool) {
	var n wparNet
	if !a.known(l, "interface address netmask broadcast address6 prefixlen") {
		return n, false
	}
	n.Interface, _ = l.get("interface")
	address, four := l.get("address")
	six, v6 := l.get("address6")
	if four == v6 {
		a.fail(wparNeeds, a.name, "address", 'N')
		return n, false
	}
	if n.Interface != "" && a.h.nic(n.Interface) == nil {
		a.fail(wparNoIface, a.name, n.Interface)
		return n, false
	}
	if v6 {
		ip := net.ParseIP(six)
		if ip == nil || ip.To4() != nil {
			return n, a.badAttr("address6", six)
		}
		n.Address, n.Mask = six, "64"
		if p, ok := l.get("prefixlen"); ok {
			if bits, good := atoi(p); !good || bits < 1 || bits > 128 {
				return n, a.badAttr("prefixlen", p)
			}
			n.Mask = p
		}
		if n.Interface == "" {
			if len(a.h.Interfaces) == 0 {
				a.fail(wparNoSubnet, a.name, six)
				return n, false
			}
			n.Interface = a.h.Interfaces[0].Name
		}
		return n, true
	}
	if n.Address = address; net.ParseIP(address).To4() == nil {
		return n, a.badAttr("address", address)
	}
	nic := a.h.nic(n.Interface)
	if nic == nil {
		if nic = a.h.subnetOf(address); nic == nil {
			a.fail(wparNoSubnet, a.name, address)
			return n, false
		}
		n.Interface = nic.Name
	}
	n.Mask = nic.Netmask
	if m, ok := l.get("netmask"); ok {
		if n.Mask = m; maskBits(m) < 0 {
			return n, a.badAttr("netmask", m)
		}
	}
	n.Broadcast = broadcast(n.Address, maskBits(n.Mask))
	if b, ok := l.get("broadcast"); ok {
		if n.Broadcast = b; net.ParseIP(b).To4() == nil {
			return n, a.badAttr("broadcast", b)
		}
	}
	return n, true
}

// subnetOf is the interface whose subnet an address is in.
func (h *Host) subnetOf(address string) *hostInterface {
	for _, n := range h.Interfaces {
		bits := maskBits(n.Netmask)
		if n.Address != "" && n.State != "detach" && bits >= 0 {
			mask := net.CIDRMask(bits, 32)
			if net.ParseIP(n.Address).To4().Mask(mask).Equal(net.ParseIP(address).To4().Mask(mask)) {
				return n
			}
		}
	}
	return nil
}

// route reads -I.
func (a *aixCall) wparRoute(l *wparList) (wparRoute, bool) {
	r := wparRoute{}
	if !a.known(l, "rtdest rtgateway rtnetmask rtprefixlen rttype rtinterface rtfamily") {
		return r, false
	}
	for _, n := range []string{"rtdest", "rtgateway"} {
		if v, _ := l.get(n); v == "" {
			a.fail(wparNeeds, a.name, n, 'I')
			return r, false
		}
	}
	r.Dest, _ = l.get("rtdest")
	r.Gateway, _ = l.get("rtgateway")
	r.Kind, _ = l.get("rttype")
	r.Interface, _ = l.get("rtinterface")
	r.Mask, _ = l.get("rtnetmask")
	switch family, _ := l.get("rtfamily"); {
	case r.Dest != "default" && net.ParseIP(r.Dest) == nil:
		return r, a.badAttr("rtdest", r.Dest)
	case net.ParseIP(r.Gateway) == nil:
		return r, a.badAttr("rtgateway", r.Gateway)
	case !contains("net host", r.Kind) && r.Kind != "":
		return r, a.badAttr("rttype", r.Kind)
	case !contains("inet inet6", family) && family != "":
		return r, a.badAttr("rtfamily", family)
	case r.Mask != "" && maskBits(r.Mask) < 0:
		return r, a.badAttr("rtnetmask", r.Mask)
	case r.Interface != "" && a.h.nic(r.Interface) == nil:
		a.fail(wparNoIface, a.name, r.Interface)
		return r, false
	}
	return r, true
}

// wparFS is what -M says of a file system, besides where it is.
type wparFS struct {
	wparMount
	Size, Group, Log string
	MB               int // by default
}

// wparFileSystem reads -M.
func (a *aixCall) wparFileSystem(l *wparList) (wparFS, bool) {
	m := wparFS{}
	if !a.known(l, "directory vfs host dev size mountopts crfsopts logname vg") {
		return m, false
	}
	m.Dir, _ = l.get("directory")
	m.VFS, _ = l.get("vfs")
	m.Host, _ = l.get("host")
	m.Dev, _ = l.get("dev")
	m.Size, _ = l.get("size")
	m.Options, _ = l.get("mountopts")
	m.Group, _ = l.get("vg")
	m.Log, _ = l.get("logname")
	switch {
	case m.Dir == "":
		a.fail(wparNeeds, a.name, "directory", 'M')
		return m, false
	case !wparPathRe.MatchString(m.Dir) || m.Dir != "/" && strings.HasSuffix(m.Dir, "/"):
		return m, a.badAttr("directory", m.Dir)
	case m.VFS == "" && m.Host != "":
		m.VFS = "nfs"
	case m.VFS == "":
		m.VFS = "jfs2"
	}
	switch {
	case !contains("nfs nfs3 nfs4 jfs2 jfs namefs directory", m.VFS):
		return m, a.badAttr("vfs", m.VFS)
	case strings.HasPrefix(m.VFS, "nfs") && m.Host == "":
		a.fail(wparNeeds, a.name, "host", 'M')
		return m, false
	case (strings.HasPrefix(m.VFS, "nfs") || m.VFS == "namefs") && m.Dev == "":
		a.fail(wparNeeds, a.name, "dev", 'M')
		return m, false
	case m.Dev != "" && !wparPathRe.MatchString(m.Dev):
		return m, a.badAttr("dev", m.Dev)
	case m.Host != "" && !strings.HasPrefix(m.VFS, "nfs"):
		return m, a.badAttr("host", m.Host)
	case m.VFS == "jfs":
		return m, a.badAttr("vfs", m.VFS)
	}
	if m.Size != "" {
		if n, ok := sizeBlocks(m.Size); !ok || n == 0 || m.VFS != "jfs2" {
			return m, a.badAttr("size", m.Size)
		}
	}
	return m, true
}

// device reads -D.
func (a *aixCall) wparDevice(l *wparList) (*wparDevice, bool) {
	d := &wparDevice{}
	if !a.known(l, "devname rootvg devid virtualname exportmode adapter") {
		return nil, false
	}
	d.Name, _ = l.get("devname")
	d.ID, _ = l.get("devid")
	d.Virtual, _ = l.get("virtualname")
	root, _ := l.get("rootvg")
	if d.Name == "" && d.ID == "" {
		a.fail(wparNeeds, a.name, "devname", 'D')
		return nil, false
	}
	if root != "" && !contains("yes no", root) {
		return nil, a.badAttr("rootvg", root)
	}
	d.Root = root == "yes"
	if d.Name == "" {
		for _, x := range a.h.Disks {
			if x.attr("unique_id") == d.ID {
				d.Name = x.Name
			}
		}
	}
	name := strings.TrimPrefix(d.Name, "/dev/")
	if x := a.h.disk(name); x != nil && (!x.Defined || a.h.exported(name) != nil) {
		d.Name, d.Kind, d.ID = name, "disk", x.attr("unique_id")
		return d, true
	}
	if x, ok := a.h.deviceNamed(name); ok && x.class == "adapter" && strings.HasPrefix(name, "fcs") && a.h.atLeast(7, 1) && !d.Root {
		d.Name, d.Kind, d.Adapter = name, "adapter", true
		return d, true
	}
	if kind := devexports[d.Name]; kind != "" && !d.Root {
		d.Kind = kind
		return d, true
	}
	a.fail(wparNoDevice, a.name, d.Name)
	return nil, false
}

// devexports are the devices that every partition has, as /etc/wpars/devexports lists them.
var devexports = map[string]string{"/dev/null": "pseudo", "/dev/tty": "pseudo", "/dev/console": "pseudo", "/dev/zero": "pseudo", "/dev/clone": "pseudo", "/dev/sad": "clone",
	"/dev/xti/tcp": "clone", "/dev/xti/tcp6": "clone", "/dev/xti/udp": "clone", "/dev/xti/udp6": "clone", "/dev/xti/unixdg": "clone", "/dev/xti/unixst": "clone",
	"/dev/error": "pseudo", "/dev/errorctl": "pseudo", "/dev/audit": "pseudo", "/dev/nvram": "pseudo", "/dev/kmem": "pseudo"}

var devexportsOrder = []string{"/dev/null", "/dev/tty", "/dev/console", "/dev/zero", "/dev/clone", "/dev/sad", "/dev/xti/tcp", "/dev/xti/tcp6", "/dev/xti/udp", "/dev/xti/udp6",
	"/dev/xti/unixdg", "/dev/xti/unixst", "/dev/error", "/dev/errorctl", "/dev/audit", "/dev/nvram", "/dev/kmem"}

// exported finds the partition that has a disk.
func (h *Host) exported(name string) *wpar {
	for _, w := range h.Wpars {
		if slices.ContainsFunc(w.Devices, func(d *wparDevice) bool { return d.Name == name && d.Kind == "disk" }) {
			return w
		}
	}
	return nil
}

// controls reads -R.
func (a *aixCall) wparControls(w *wpar, l *wparList) bool {
	for _, p := range l.pairs {
		ok := false
		switch n, v := p[0], p[1]; {
		case !w.isControl(n):
			a.fail(wparBadAttr, a.name, n, 'R')
			return false
		case n == "active":
			ok = contains("yes no", v)
		case n == "rset":
			ok = v != "" && !strings.ContainsAny(v, " \t:")
		case strings.HasPrefix(n, "shares_"):
			x, err := strconv.Atoi(v)
			ok = v == "unlimited" || err == nil && x >= 1 && x <= 65535
		case n == "CPU" || n == "memory":
			v, ok = wparLimits(v)
			p[1] = v
		case strings.HasPrefix(n, "pct_"):
			x, err := strconv.Atoi(strings.TrimSuffix(v, "%"))
			ok = err == nil && x >= 1 && x <= 100
			p[1] = fmt.Sprintf("%d%%", x)
		default:
			ok = v == "unlimited" || wparAmount.MatchString(v)
		}
		if !ok {
			return a.badAttr(p[0], p[1])
		}
		w.Controls[p[0]] = p[1]
	}
	return true
}

// wparLimits reads min%-soft%,hard%. The hard maximum may be left out.
func wparLimits(s string) (string, bool) {
	m := wparLimitRe.FindStringSubmatch(s)
	if m == nil {
		return s, false
	}
	low, _ := strconv.Atoi(m[1])
	soft, _ := strconv.Atoi(m[2])
	hard := 100
	if m[4] != "" {
		hard, _ = strconv.Atoi(m[4])
	}
	return fmt.Sprintf("%d%%-%d%%,%d%%", low, soft, hard), low <= soft && soft <= hard && hard <= 100 && soft > 0
}

// privileges reads -S.
func (a *aixCall) wparPrivileges(w *wpar, l *wparList) bool {
	if !a.known(l, "privs secfile") {
		return false
	}
	for i, p := range l.pairs {
		if p[0] == "secfile" {
			text, ok := a.h.read(p[1])
			if !ok {
				return a.badAttr("secfile", p[1])
			}
			w.Privs = nil
			for _, line := range strings.Split(text, "\n") {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "PV_") {
					w.Privs = append(w.Privs, strings.TrimSuffix(line, ","))
				}
			}
			continue
		}
		var list []string
		for _, x := range strings.Split(p[1], ",") {
			if !slices.Contains(allPrivileges, x) {
				return a.badAttr("privs", x)
			}
			list = append(list, x)
		}
		switch l.ops[i] {
		case "=":
			w.Privs = list
		case "+=":
			for _, x := range list {
				if !slices.Contains(w.Privs, x) {
					w.Privs = append(w.Privs, x)
				}
			}
		case "-=":
			w.Privs = slices.DeleteFunc(w.Privs, func(x string) bool { return slices.Contains(list, x) })
		}
	}
	slices.Sort(w.Privs)
	return true
}

// kext reads -X.
func (a *aixCall) wparKext(l *wparList) (wparKext, bool) {
	k := wparKext{}
	if !a.known(l, "kext local major") {
		return k, false
	}
	k.Path, _ = l.get("kext")
	local, _ := l.get("local")
	switch {
	case k.Path == "":
		a.fail(wparNeeds, a.name, "kext", 'X')
		return k, false
	case k.Path != "ALL" && !wparPathRe.MatchString(k.Path):
		return k, a.badAttr("kext", k.Path)
	case local != "" && !contains("yes no", local):
		return k, a.badAttr("local", local)
	}
	k.Local = local == "yes"
	return k, true
}

var defaultPrivileges = []string{"PV_AU_", "PV_AU_ADD", "PV_AU_ADMIN", "PV_AU_PROC", "PV_AU_READ", "PV_AU_WRITE", "PV_AZ_ADMIN", "PV_AZ_CHECK", "PV_AZ_READ", "PV_AZ_ROOT",
	"PV_DAC_", "PV_DAC_GID", "PV_DAC_O", "PV_DAC_R", "PV_DAC_RID", "PV_DAC_UID", "PV_DAC_W", "PV_DAC_X", "PV_DEV_CONFIG", "PV_DEV_QUERY", "PV_FS_CHOWN", "PV_FS_CHROOT",
	"PV_FS_CNTL", "PV_FS_LINKDIR", "PV_FS_MKNOD", "PV_FS_MOUNT", "PV_FS_PDMODE", "PV_FS_QUOTA", "PV_KER_ACCT", "PV_KER_CONF", "PV_KER_EWLM", "PV_KER_EXTCONF", "PV_KER_IPC",
	"PV_KER_IPC_O", "PV_KER_IPC_R", "PV_KER_IPC_W", "PV_KER_NFS", "PV_KER_RAC", "PV_KER_RAS_ERR", "PV_KER_REBOOT", "PV_NET_PORT", "PV_PROC_CKPT", "PV_PROC_CORE", "PV_PROC_CRED",
	"PV_PROC_ENV", "PV_PROC_PRIO", "PV_PROC_RAC", "PV_PROC_SIG", "PV_PROC_TIMER", "PV_PROC_VARS", "PV_SU_UID", "PV_TCB"}

// allPrivileges can be given besides.
var allPrivileges = append([]string{"PV_DEV_LOAD", "PV_DEV_", "PV_FS_", "PV_KER_", "PV_KER_DR", "PV_KER_LVM", "PV_KER_PERF", "PV_KER_RAS", "PV_KER_SYSCONFIG", "PV_KER_VARS", "PV_KER_WLM",
	"PV_NET_", "PV_NET_CNTL", "PV_NET_CONFIG", "PV_NET_RAWSOCK", "PV_PROC_", "PV_PROC_RTCLK", "PV_PROC_CKPT_RESTART", "PV_PROBEVUE_", "PV_PROBEVUE_TRC_USER", "PV_SU_", "PV_SU_ROOT"}, defaultPrivileges...)

package lab

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

func aixNFSCommands() map[string]aixCommand {
	ms := time.Millisecond
	exp := "[-t {rw | ro}] [-a UID] [-r HostName[,HostName]] [-c HostName[,HostName]] [-h HostName[,HostName]] [-S Flavor] [-v Version] [-e ExternalName] [-f ExportsFile] [-s | -n] [-I | -B | -N]"
	mnt := "-d RemoteDirectory -h RemoteHost [-t {rw | ro}] [-m MountTypeName] [-w {fg | bg}] [-X | -x] [-S | -H] [-Y | -y] [-Z | -z] [-E | -e] [-a | -A] [-I | -B | -N] [-K {any | 2 | 3 | 4}] [-k {any | tcp | udp}] [-M Security] [-o Timeout] [-R NumberOfRetries] [-b ReadBuffer] [-c WriteBuffer]"
	return map[string]aixCommand{
		"exportfs":  {aixExportfs, 300 * ms, "/usr/sbin", true, "exportfs [-a] [-v] [-u] [-i] [-f File] [-o Option[,Option]...] [Directory]"},
		"mknfsexp":  {aixMknfsexp, 500 * ms, "/usr/sbin", true, "mknfsexp -d Directory " + exp},
		"chnfsexp":  {aixChnfsexp, 500 * ms, "/usr/sbin", true, "chnfsexp -d Directory " + exp},
		"rmnfsexp":  {aixRmnfsexp, 500 * ms, "/usr/sbin", true, "rmnfsexp -d Directory [-f ExportsFile] [-I | -B | -N]"},
		"lsnfsexp":  {aixLsnfsexp, 100 * ms, "/usr/sbin", false, "lsnfsexp [-c] [-f ExportsFile] [Directory]"},
		"showmount": {aixShowmount, 200 * ms, "/usr/bin", false, "showmount [-a] [-d] [-e] [Host]"},
		"mknfsmnt":  {aixMknfsmnt, time.Second, "/usr/sbin", true, "mknfsmnt -f PathName " + mnt},
		"chnfsmnt":  {aixChnfsmnt, time.Second, "/usr/sbin", true, "chnfsmnt -f PathName " + mnt},
		"rmnfsmnt":  {aixRmnfsmnt, time.Second, "/usr/sbin", true, "rmnfsmnt -f PathName [-I | -B | -N]"},
		"lsnfsmnt":  {aixLsnfsmnt, 100 * ms, "/usr/sbin", false, "lsnfsmnt [-c | -l | -p] [FileSystem ...]"},
		"mknfs":     {aixMknfs, time.Second, "/usr/sbin", true, "mknfs [-I | -N | -B]"},
		"rmnfs":     {aixMknfs, time.Second, "/usr/sbin", true, "rmnfs [-I | -N | -B]"},
		"nfso":      {aixTune, 100 * ms, "/usr/sbin", false, "nfso [-p | -r] -o Tunable[=Value] ...\n       nfso {-a | -x | -L}"},
		"rpcinfo":   {aixRpcinfo, 200 * ms, "/usr/bin", false, "rpcinfo [-p [Host]]\n       rpcinfo {-u | -t} Host Program [Version]"},
	}
}

// Words unconfirmed, numbers as NFS of AIX has them.
const (
	nfsNoHost     = "nfsmnthelp: 1831-019 %s: Hostname and service name not provided or found"
	nfsSilent     = "mount: 1831-010 server %s not responding: RPC: 1832-008 Timed out"
	nfsNoProgram  = "mount: 1831-010 server %s not responding: RPC: 1832-019 Program not registered"
	nfsDenied     = "mount: 1831-011 access denied for %s:%s"
	nfsGivingUp   = "mount: 1831-008 giving up on:\n%s:%s\n%s"
	nfsBackground = "mount: backgrounding\n%s:%s"
	nfsNoVmount   = "vmount: A remote host did not respond within the timeout period."
	nfsNoRight    = "The file access permissions do not allow the specified action."
	exportNoDir   = "exportfs: %s: A file or directory in the path name does not exist."
	exportInside  = "exportfs: 1831-191 %s: parent-directory (%s) already exported"
	exportAround  = "exportfs: 1831-192 %s: sub-directory (%s) already exported"
	exportNone    = "exportfs: 1831-184 %s was not exported"
	exportNoFile  = "exportfs: 1831-185 %s not found in /etc/exports"
	exportBad     = "exportfs: 1831-193 %s: The option %s is not valid."
)

// export is a line of /etc/exports: a directory and who may do what with it.
type export struct {
	Dir     string
	Options []string
}

func (x export) String() string {
	if len(x.Options) == 0 {
		return x.Dir
	}
	return x.Dir + " -" + strings.Join(x.Options, ",")
}

func (x export) option(name string) (string, bool) {
	for _, o := range x.Options {
		if n, v, _ := strings.Cut(o, "="); n == name {
			return v, true
		}
	}
	return "", false
}

func parseExports(text string) []export {
	var out []export
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		x := export{Dir: words[0]}
		if len(words) > 1 {
			x.Options = strings.Split(strings.TrimPrefix(strings.Join(words[1:], ""), "-"), ",")
		}
		out = append(out, x)
	}
	return out
}

var exportOptions = "ro rw access root anon sec vers exname nohide secure public deleg noauto refer replicas"

func (x export) bad() string {
	for _, o := range x.Options {
		if n, _, _ := strings.Cut(o, "="); !contains(exportOptions, n) || n == "" {
			return o
		}
	}
	return ""
}

// allows tells whether a client may mount, and whether it may write.
func (x export) allows(client []string) (mount, write bool) {
	listed := func(list string) bool {
		return slices.ContainsFunc(strings.Split(list, ":"), func(n string) bool { return slices.Contains(client, n) })
	}
	write = true
	if list, ok := x.option("rw"); ok && list != "" {
		write = listed(list)
	}
	if list, ok := x.option("ro"); ok {
		write = list != "" && !listed(list)
	}
	if list, ok := x.option("access"); ok && list != "" {
		root, _ := x.option("root")
		rw, _ := x.option("rw")
		return listed(list) || listed(root) || listed(rw), write
	}
	return true, write
}

// nfsServer is a server that is no host of the estate. Its files are kept in a host that nobody can reach.
type nfsServer struct {
	Name, Address string
	Silent        bool
	Exports       []serverExport
	files         *Host
}

type serverExport struct {
	export
	SizeMB, UsedMB int
}

type nfsServerBody struct {
	Name      string          `hcl:"name,label"`
	Address   *string         `hcl:"address,optional"`
	Reachable *bool           `hcl:"reachable,optional"`
	Exports   []nfsExportBody `hcl:"export,block"`
	Files     []hostFileBody  `hcl:"file,block"`
	Body      hcl.Body        `hcl:",body"`
}

type nfsExportBody struct {
	Dir      string   `hcl:"dir,label"`
	SizeMB   *int     `hcl:"size_mb,optional"`
	UsedMB   *int     `hcl:"used_mb,optional"`
	ReadOnly *bool    `hcl:"read_only,optional"`
	Access   []string `hcl:"access,optional"`
	Root     []string `hcl:"root,optional"`
	Body     hcl.Body `hcl:",body"`
}

func (b *builder) nfsServers(list []nfsServerBody) {
	for i, sb := range list {
		address := opt(sb.Address, fmt.Sprintf("192.0.2.%d", i+1))
		if net.ParseIP(address).To4() == nil || slices.ContainsFunc(b.e.NFS, func(s *nfsServer) bool { return s.Name == sb.Name || s.Address == address }) {
			b.fail(sb.Body, "nfs_server %q: address is IPv4; name and address are used once", sb.Name)
			return
		}
		s := &nfsServer{Name: sb.Name, Address: address, Silent: !opt(sb.Reachable, true), files: &Host{Name: sb.Name, bare: true, Files: map[string]*hostFile{}}}
		for _, xb := range sb.Exports {
			x := serverExport{export: export{Dir: xb.Dir}, SizeMB: opt(xb.SizeMB, 102400), UsedMB: opt(xb.UsedMB, 0)}
			if !strings.HasPrefix(xb.Dir, "/") || x.UsedMB > x.SizeMB {
				b.fail(xb.Body, "export %q: the path is absolute, used_mb at most size_mb", xb.Dir)
				return
			}
			if opt(xb.ReadOnly, false) {
				x.Options = append(x.Options, "ro")
			}
			if len(xb.Access) > 0 {
				x.Options = append(x.Options, "access="+strings.Join(xb.Access, ":"))
			}
			if len(xb.Root) > 0 {
				x.Options = append(x.Options, "root="+strings.Join(xb.Root, ":"))
			}
			s.Exports = append(s.Exports, x)
			s.files.makeDir(xb.Dir, b.base)
		}
		for _, f := range sb.Files {
			s.files.Files[f.Path] = b.hostFile(f)
		}
		b.e.NFS = append(b.e.NFS, s)
	}
}

func (b *builder) hostFile(f hostFileBody) *hostFile {
	mode := 0o644
	if opt(f.Dir, false) {
		mode = 0o755
	}
	if f.Mode != nil { // a leading zero makes it octal, as people write it
		n, err := strconv.ParseUint(*f.Mode, 0, 12)
		if err != nil {
			b.fail(f.Body, "file %q: mode %q is none, such as \"0755\"", f.Path, *f.Mode)
		}
		mode = int(n)
	}
	return &hostFile{Dir: opt(f.Dir, false), Mode: mode, Data: opt(f.Data, ""), at: b.moment(f.Body, f.At, nil)}
}

func (e *Estate) encodeNFS(w *encoder) {
	for _, s := range e.NFS {
		w.open("nfs_server %s", quoteHCL(s.Name))
		w.str("address", s.Address, "")
		w.flag("reachable", !s.Silent, true)
		for _, x := range s.Exports {
			w.open("export %s", quoteHCL(x.Dir))
			w.num("size_mb", x.SizeMB, 102400)
			w.num("used_mb", x.UsedMB, 0)
			_, ro := x.option("ro")
			w.flag("read_only", ro, false)
			for _, n := range []string{"access", "root"} {
				if v, ok := x.option(n); ok {
					w.list(n, strings.Split(v, ":"))
				}
			}
			w.close()
		}
		encodeFiles(w, s.files)
		w.close()
	}
}

// remoteOf finds the server of a name: a host or one outside of the estate.
func (e *Estate) remoteOf(address string) (*Host, *nfsServer) {
	for _, h := range e.hosts() {
		if h.owns(address) {
			return h, nil
		}
	}
	for _, s := range e.NFS {
		if s.Address == address {
			return nil, s
		}
	}
	return nil, nil
}

// serves tells how a server answers: "" is well, else why not.
func (e *Estate) nfsAnswer(from *Host, node string) (h *Host, s *nfsServer, why string) {
	address := from.lookup(e, node)
	if address == "" {
		return nil, nil, text(nfsNoHost, node)
	}
	h, s = e.remoteOf(address)
	switch {
	case !from.online(), h == nil && s == nil, s != nil && s.Silent, h != nil && !e.reaches(from, address):
		return nil, nil, text(nfsSilent, node)
	case h != nil && (!h.running("nfsd") || !h.running("rpc.mountd") || !h.running("portmap")):
		return nil, nil, text(nfsNoProgram, node)
	}
	return h, s, ""
}

// exported finds what a server exports that holds a directory.
func exported(h *Host, s *nfsServer, dir string) (x export, size, used int, ok bool) {
	var list []serverExport
	if s != nil {
		list = s.Exports
	} else if h != nil {
		for _, x := range h.Exported {
			list = append(list, serverExport{export: x})
		}
	}
	for _, y := range list {
		if name, _ := y.option("exname"); dir == y.Dir || dir == name && name != "" || strings.HasPrefix(dir, strings.TrimSuffix(y.Dir, "/")+"/") {
			return y.export, y.SizeMB, y.UsedMB, true
		}
	}
	return export{}, 0, 0, false
}

// names are those by which others know a host.
func (h *Host) names() []string {
	short, _, _ := strings.Cut(h.Hostname, ".")
	out := []string{h.Name, h.Hostname, short, h.Address}
	for _, n := range h.Interfaces {
		out = append(out, n.Address)
		for _, x := range n.Aliases {
			address, _, _ := strings.Cut(x, ",")
			out = append(out, address)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// mountNFS mounts a directory of a server.
func (a *aixCall) mountNFS(node, dir, over, options string) int {
	h, e := a.h, a.e
	point := h.stat(over)
	switch {
	case point == nil || !point.IsDir():
		return a.fail(mountFailed, node+":"+dir, over, whyNoPath)
	case slices.ContainsFunc(h.Mounts, func(m *mounted) bool { return m.Node == node && m.Dev == dir && m.Over == over }):
		return a.fail(mountFailed, node+":"+dir, over, whyBusy)
	}
	opts := strings.Split(options, ",")
	for _, o := range opts {
		if n, _, _ := strings.Cut(o, "="); o != "" && !contains("rw ro bg fg hard soft intr nointr sec vers proto rsize wsize timeo retrans retry port noac acl noacl biods nosuid suid nodev dev llock nimperf "+
			"acregmin acregmax acdirmin acdirmax actimeo cio dio combehind grpid posix secure retrans rbr", n) {
			return a.fail("mount: 0506-312 The option %s is not valid.", o)
		}
	}
	server, outside, why := e.nfsAnswer(h, node)
	if why != "" && strings.HasPrefix(why, "mount:") && slices.Contains(opts, "bg") {
		return a.fail("%s\n"+nfsBackground, why, node, dir)
	}
	if why != "" {
		a.bad(why)
		if strings.HasPrefix(why, "mount:") {
			a.pause(time.Minute)
			a.fail(nfsGivingUp, node, dir, nfsNoVmount)
		}
		return 1
	}
	x, _, _, ok := exported(server, outside, dir)
	mount, write := x.allows(h.names())
	if !ok || !mount || server != nil && server.stat(dir) == nil {
		return a.fail(nfsDenied+"\n"+nfsGivingUp, node, dir, node, dir, nfsNoRight)
	}
	m := &mounted{Node: node, Dev: dir, Over: over, VFS: "nfs3", Options: options, at: e.Now, readOnly: !write || slices.Contains(opts, "ro")}
	for _, o := range opts {
		if v, is := strings.CutPrefix(o, "vers="); is && v == "4" {
			m.VFS = "nfs4"
		}
	}
	if m.remote = server; outside != nil {
		m.remote = outside.files
	}
	h.Mounts = append(h.Mounts, m)
	return 0
}

// exportsFile is the text of the exports of a host.
func (a *aixCall) exports(file string) []export {
	if file == "" {
		file = "/etc/exports"
	}
	data, _ := a.h.read(file)
	return parseExports(data)
}

func (a *aixCall) writeExports(file string, list []export) {
	if file == "" {
		file = "/etc/exports"
	}
	var b strings.Builder
	for _, x := range list {
		b.WriteString(x.String() + "\n")
	}
	mode := 0o644
	a.h.put(file, &hostFile{Mode: mode, Data: b.String(), at: a.e.Now})
}

// export puts a directory into the table of what is exported.
func (a *aixCall) export(x export) int {
	i := a.h.stat(x.Dir)
	if i == nil || !i.IsDir() {
		return a.fail(exportNoDir, x.Dir)
	}
	if o := x.bad(); o != "" {
		return a.fail(exportBad, x.Dir, o)
	}
	for k, y := range a.h.Exported {
		same := a.h.mountFor(x.Dir) == a.h.mountFor(y.Dir)
		switch {
		case y.Dir == x.Dir:
			a.h.Exported[k] = x
			return 0
		case same && strings.HasPrefix(x.Dir, strings.TrimSuffix(y.Dir, "/")+"/"):
			return a.fail(exportInside, x.Dir, y.Dir)
		case same && strings.HasPrefix(y.Dir, strings.TrimSuffix(x.Dir, "/")+"/"):
			return a.fail(exportAround, x.Dir, y.Dir)
		}
	}
	a.h.Exported = append(a.h.Exported, x)
	return 0
}

func (a *aixCall) unexport(dir string) bool {
	n := len(a.h.Exported)
	a.h.Exported = slices.DeleteFunc(slices.Clone(a.h.Exported), func(x export) bool { return x.Dir == dir })
	return len(a.h.Exported) < n
}

func aixExportfs(a *aixCall) int {
	f, ok := a.flags("avuif:o:F")
	if !ok {
		return 1
	}
	if len(f.rest) > 1 || f.has('a') && (len(f.rest) > 0 || f.any("io")) || f.has('u') && f.any("io") || f.any("uio") && !f.has('a') && len(f.rest) == 0 {
		return a.usage()
	}
	told := func(word, dir string) {
		if f.has('v') {
			a.say("%s %s", word, dir)
		}
	}
	switch {
	case f.has('a') && f.has('u'):
		for _, x := range a.h.Exported {
			told("unexported", x.Dir)
		}
		a.h.Exported = nil
		return 0
	case f.has('a'):
		code := 0
		for _, x := range a.exports(f.get('f')) {
			if a.export(x) == 0 {
				told("exported", x.Dir)
			} else {
				code = 1
			}
		}
		return code
	case f.has('u'):
		if !a.unexport(f.rest[0]) {
			return a.fail(exportNone, f.rest[0])
		}
		told("unexported", f.rest[0])
		return 0
	case len(f.rest) == 1:
		x := export{Dir: f.rest[0]}
		listed := slices.IndexFunc(a.exports(f.get('f')), func(y export) bool { return y.Dir == x.Dir })
		switch {
		case f.has('o'):
			x.Options = strings.Split(f.get('o'), ",")
		case f.has('i'):
		case listed >= 0:
			x = a.exports(f.get('f'))[listed]
		default:
			return a.fail(exportNoFile, x.Dir)
		}
		if a.export(x) != 0 {
			return 1
		}
		told("exported", x.Dir)
		return 0
	}
	if len(a.h.Exported) == 0 {
		a.say("exportfs: 1831-182 nothing exported")
	}
	for _, x := range a.h.Exported {
		a.say("%s", x.String())
	}
	return 0
}

// exportFlags reads the flags of mknfsexp and chnfsexp.
func (a *aixCall) exportFlags() (*flagSet, export, bool) {
	f, ok := a.flags("d:e:f:t:h:a:r:c:snIBNPpD:v:xXS:")
	if !ok {
		return nil, export{}, false
	}
	n := 0
	for _, c := range "IBN" {
		if f.has(byte(c)) {
			n++
		}
	}
	if len(f.rest) > 0 || !strings.HasPrefix(f.get('d'), "/") || n > 1 || f.has('t') && !contains("rw ro", f.get('t')) || f.has('h') && f.get('t') != "rw" {
		a.usage()
		return nil, export{}, false
	}
	x := export{Dir: strings.TrimSuffix(f.get('d'), "/")}
	colons := func(c byte) string { return strings.ReplaceAll(f.get(c), ",", ":") }
	if f.has('S') {
		x.Options = append(x.Options, "sec="+colons('S'))
	}
	switch {
	case f.get('t') == "ro":
		x.Options = append(x.Options, "ro")
	case f.has('h'):
		x.Options = append(x.Options, "rw="+colons('h'))
	case f.has('t'):
		x.Options = append(x.Options, "rw")
	}
	for _, p := range []struct {
		flag byte
		name string
	}{{'v', "vers"}, {'a', "anon"}, {'c', "access"}, {'r', "root"}, {'e', "exname"}} {
		if f.has(p.flag) {
			x.Options = append(x.Options, p.name+"="+colons(p.flag))
		}
	}
	return f, x, true
}

func aixMknfsexp(a *aixCall) int {
	f, x, ok := a.exportFlags()
	if !ok {
		return 1
	}
	list := a.exports(f.get('f'))
	if slices.ContainsFunc(list, func(y export) bool { return y.Dir == x.Dir }) && !f.has('N') {
		return a.fail("mknfsexp: 1831-340 %s is already exported.", x.Dir)
	}
	if !f.has('I') && a.export(x) != 0 {
		return 1
	}
	if !f.has('N') {
		a.writeExports(f.get('f'), append(list, x))
	}
	return 0
}

func aixChnfsexp(a *aixCall) int {
	f, x, ok := a.exportFlags()
	if !ok {
		return 1
	}
	list := a.exports(f.get('f'))
	i := slices.IndexFunc(list, func(y export) bool { return y.Dir == x.Dir })
	if i < 0 && !f.has('N') {
		return a.fail("chnfsexp: 1831-341 %s is not exported.", x.Dir)
	}
	if !f.has('I') && a.export(x) != 0 {
		return 1
	}
	if !f.has('N') {
		list[i] = x
		a.writeExports(f.get('f'), list)
	}
	return 0
}

func aixRmnfsexp(a *aixCall) int {
	f, ok := a.flags("d:f:IBN")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('d') || len(f.set) > 3 {
		return a.usage()
	}
	dir := f.get('d')
	list := a.exports(f.get('f'))
	i := slices.IndexFunc(list, func(y export) bool { return y.Dir == dir })
	live := !f.has('I') && a.unexport(dir)
	if i < 0 && !live {
		return a.fail("rmnfsexp: 1831-341 %s is not exported.", dir)
	}
	if i >= 0 && !f.has('N') {
		a.writeExports(f.get('f'), slices.Delete(list, i, i+1))
	}
	return 0
}

func aixLsnfsexp(a *aixCall) int {
	f, ok := a.flags("cf:")
	if !ok {
		return 1
	}
	if len(f.rest) > 1 {
		return a.usage()
	}
	if f.has('c') {
		a.say("#Directory:Options")
	}
	for _, x := range a.exports(f.get('f')) {
		switch {
		case len(f.rest) == 1 && x.Dir != f.rest[0]:
		case f.has('c'):
			a.say("%s:%s", x.Dir, strings.Join(x.Options, ","))
		default:
			a.say("%s", x.String())
		}
	}
	return 0
}

func aixShowmount(a *aixCall) int {
	f, ok := a.flags("ade")
	if !ok {
		return 1
	}
	if len(f.rest) > 1 || len(f.set) > 1 {
		return a.usage()
	}
	node := a.h.Hostname
	server, outside := a.h, (*nfsServer)(nil)
	if len(f.rest) == 1 {
		node = f.rest[0]
		var why string
		server, outside, why = a.e.nfsAnswer(a.h, node)
		_, rpc, timed := strings.Cut(why, "RPC: ")
		switch {
		case timed && strings.Contains(rpc, "1832-008"):
			a.pause(30 * time.Second)
			return a.fail("showmount: 1831-371 %s: RPC: 1832-018 Port mapper failure - RPC: 1832-008 Timed out", node)
		case timed:
			return a.fail("showmount: 1831-371 %s: RPC: %s", node, rpc)
		case why != "":
			return a.fail("showmount: 1831-370 cannot get address for %s", node)
		}
	} else if !a.h.running("rpc.mountd") {
		return a.fail("showmount: 1831-371 %s: RPC: 1832-019 Program not registered", node)
	}
	if f.has('e') {
		var list []export
		if outside != nil {
			for _, x := range outside.Exports {
				list = append(list, x.export)
			}
		} else {
			list = server.Exported
		}
		if len(list) == 0 {
			a.say("no exported file systems for %s", node)
			return 0
		}
		a.say("export list for %s:", node)
		width := 0
		for _, x := range list {
			width = max(width, len(x.Dir))
		}
		for _, x := range list {
			who := "(everyone)"
			if v, ok := x.option("access"); ok && v != "" {
				who = strings.ReplaceAll(v, ":", ",")
			}
			a.say("%-*s %s", width, x.Dir, who)
		}
		return 0
	}
	files := server
	if outside != nil {
		files = outside.files
	}
	var rows []string
	for _, h := range a.e.hosts() {
		for _, m := range h.Mounts {
			if m.remote != files || m.Node == "" {
				continue
			}
			row := h.Hostname
			if f.has('a') {
				row += ":" + m.Dev
			} else if f.has('d') {
				row = m.Dev
			}
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
	}
	slices.Sort(rows)
	for _, r := range rows {
		a.say("%s", r)
	}
	return 0
}

const rcNFS = "rcnfs"

// aixMknfs is mknfs and rmnfs: NFS at every start, now, or both.
func aixMknfs(a *aixCall) int {
	f, ok := a.flags("INB")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || len(f.set) > 1 {
		return a.usage()
	}
	on := a.name == "mknfs"
	if !f.has('N') {
		list := slices.DeleteFunc(a.h.inittab(), func(l string) bool { return strings.HasPrefix(l, rcNFS+":") })
		if on {
			list = append(list, rcNFS+":23456789:wait:/etc/rc.nfs > /dev/console 2>&1 # Start NFS Daemons")
		}
		a.h.writeInittab(list, a.e.Now)
	}
	if f.has('I') {
		return 0
	}
	a.name, a.args = map[bool]string{true: "startsrc", false: "stopsrc"}[on], []string{"-g", "nfs"}
	for _, s := range a.h.Subsystems {
		if s.Group == "nfs" && (s.PID > 0) == on {
			continue
		}
		if s.Group == "nfs" {
			a.args = []string{"-s", s.Name}
			if on {
				aixStartsrc(a)
			} else {
				aixStopsrc(a)
			}
		}
	}
	return 0
}

// startNFS is rc.nfs at the start of the system.
func (e *Estate) startNFS(h *Host, a *aixCall) {
	h.Exported = nil
	if slices.ContainsFunc(h.inittab(), func(l string) bool { return strings.HasPrefix(l, rcNFS+":") }) {
		_, exports := h.read("/etc/exports")
		for _, s := range h.Subsystems {
			if s.Group == "nfs" && (exports || s.Name != "nfsd" && s.Name != "rpc.mountd") {
				h.pid += 66
				s.PID = h.pid
			}
		}
		for _, x := range a.exports("") {
			a.export(x)
		}
		// What does not answer is tried in the background; the start goes on without it.
		for _, s := range h.Stanzas {
			if s.VFS == "nfs" && s.Auto == "true" && h.mountAt(s.Mount) == nil {
				if _, _, why := e.nfsAnswer(h, s.Node); why == "" {
					a.mountNFS(s.Node, s.Dev, s.Mount, s.Options)
				}
			}
		}
	}
}

func aixRpcinfo(a *aixCall) int {
	f, ok := a.flags("put")
	if !ok {
		return 1
	}
	programs := []struct {
		number    int
		name      string
		vers      []int
		subsystem string
		port      int
	}{{100000, "portmapper", []int{4, 3, 2}, "portmap", 111}, {100024, "status", []int{1}, "rpc.statd", 32782}, {100021, "nlockmgr", []int{1, 2, 3, 4}, "rpc.lockd", 32790},
		{100003, "nfs", []int{2, 3, 4}, "nfsd", 2049}, {100005, "mountd", []int{1, 2, 3}, "rpc.mountd", 32800}}
	if len(f.set) > 1 || f.has('p') && len(f.rest) > 1 || f.any("ut") && len(f.rest) < 2 || len(f.set) == 0 && len(f.rest) > 0 {
		return a.usage()
	}
	server, outside := a.h, (*nfsServer)(nil)
	if len(f.rest) > 0 {
		address := a.h.lookup(a.e, f.rest[0])
		if address == "" {
			return a.fail("rpcinfo: %s is unknown host", f.rest[0])
		}
		server, outside = a.e.remoteOf(address)
		if server == nil && outside == nil || outside != nil && outside.Silent || server != nil && !a.e.reaches(a.h, address) {
			a.pause(10 * time.Second)
			return a.fail("rpcinfo: can't contact portmapper: RPC: 1832-008 Timed out")
		}
	}
	up := func(name string) bool { return outside != nil || server.running(name) }
	if !up("portmap") {
		return a.fail("rpcinfo: can't contact portmapper: RPC: 1832-018 Port mapper failure")
	}
	if f.any("ut") {
		for _, p := range programs {
			if p.name != f.rest[1] && fmt.Sprint(p.number) != f.rest[1] || !up(p.subsystem) {
				continue
			}
			for _, v := range p.vers {
				if len(f.rest) < 3 || f.rest[2] == fmt.Sprint(v) {
					a.say("program %d version %d ready and waiting", p.number, v)
				}
			}
			return 0
		}
		return a.fail("rpcinfo: RPC: 1832-019 Program not registered\nprogram %s is not available", f.rest[1])
	}
	a.say("   program vers proto   port  service")
	for _, p := range programs {
		if !up(p.subsystem) {
			continue
		}
		for _, proto := range []string{"tcp", "udp"} {
			for _, v := range p.vers {
				a.say("%10d %4d %5s %6d  %s", p.number, v, proto, p.port, p.name)
			}
		}
	}
	return 0
}

func (h *Host) etcXtab() string {
	var b strings.Builder
	for _, x := range h.Exported {
		b.WriteString(x.String() + "\n")
	}
	return b.String()
}

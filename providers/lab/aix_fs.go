package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aixFSCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"lsfs":     {aixLsfs, 100 * ms, "/usr/sbin", false, "lsfs [-q] [-c | -l] [-v VfsType | -u MountGroup | FileSystem ...]"},
		"crfs":     {aixCrfs, 3 * time.Second, "/usr/sbin", true, "crfs -v jfs2 {-g VolumeGroup | -d Device} -m MountPoint [-u MountGroup] [-A yes|no] [-p ro|rw] [-a Attribute=Value] ... [-t yes|no]"},
		"chfs":     {aixChfs, 2 * time.Second, "/usr/sbin", true, "chfs [-m NewMountPoint] [-u MountGroup] [-A yes|no] [-p ro|rw] [-t yes|no] [-a Attribute=Value] ... FileSystem"},
		"rmfs":     {aixRmfs, 2 * time.Second, "/usr/sbin", true, "rmfs [-r] FileSystem"},
		"mount":    {aixMount, 300 * ms, "/usr/sbin", false, "mount [-f] [-p] [-r] [-o Options] [-n Node] [-v VfsName] [{Device | Node:Directory | Directory | FileSystem} [Directory]]\n       mount [-v VfsName] {all | -a | -t Type}"},
		"umount":   {aixUmount, 300 * ms, "/usr/sbin", true, "umount [-f] {FileSystem | Device | all | allr | -t Type | -n Node}"},
		"df":       {aixDf, 50 * ms, "/usr/bin", false, "df [-k | -m | -g] [-P | -I | -i | -v] [FileSystem ... | File ...]"},
		"du":       {aixDu, 300 * ms, "/usr/bin", false, "du [-s] [-k | -m | -g] [Directory ...]"},
		"fuser":    {aixFuser, 100 * ms, "/usr/sbin", false, "fuser [-c] [-u] File ..."},
		"logform":  {aixLogform, 500 * ms, "/usr/sbin", true, "logform LogName"},
		"defragfs": {aixDefragfs, 5 * time.Second, "/usr/sbin", true, "defragfs [-q | -r | -s] {Device | FileSystem}"},
		"fsck":     {aixFsck, 5 * time.Second, "/usr/sbin", true, "fsck [-y | -n | -p] FileSystem ..."},
	}
}

const (
	fsNoRecord   = "lsfs: No record matching '%s' was found in /etc/filesystems."
	fsLVUsed     = "crfs: lv /dev/%s already being used for filesystem %s"
	fsCreated    = "File system created successfully.\n%d kilobytes total disk space.\nNew File System size is %d"
	fsChanged    = "Filesystem size changed to %d"
	fsAlready    = "The filesystem size is already %d."
	mountNothing = "umount: 0506-347 Cannot find anything to unmount."
	mountBusy    = "umount: 0506-349 Cannot unmount %s: The requested resource is busy."
	// exitSame is chfs with nothing to change; exitBadLV is crfs with a logical volume that it cannot use.
	exitSame  = 28
	exitBadLV = 10
)

// Number or words unconfirmed.
const (
	fsThere       = "crfs: 0506-909 %s file system already exists."
	fsMounted     = "rmfs: 0506-921 %s is currently mounted."
	fsNoStanza    = "%s: 0506-936 Cannot find %s in /etc/filesystems."
	fsBadAttr     = "%s: 0506-910 The attribute %s is not valid."
	fsTooSmall    = "%s: 0506-913 The file system must be at least 16 megabytes."
	fsNoShrink    = "chfs: 0506-971 There is not enough free space in the file system to shrink it to %d blocks."
	fsNoLV        = "crfs: 0506-931 The logical volume %s does not exist or is not usable for a jfs2 file system."
	fsNoVFS       = "%s: 0506-908 The virtual file system type %s is not supported."
	fsBadMount    = "%s: 0506-915 The mount point %s is not valid."
	mountUnknown  = "mount: %s is not a known file system"
	mountFailed   = "mount: 0506-324 Cannot mount %s on %s: %s"
	mountDirty    = "mount: %s on %s: Unformatted or incompatible media\nThe superblock on %s is dirty.  Run a full fsck to fix."
	mountGuarded  = "mount: %s on %s:\nCannot mount guarded filesystem.\nThe filesystem is potentially mounted on another node."
	whyBusy       = "The requested resource is busy."
	whyNoPath     = "A file or directory in the path name does not exist."
	whyNoDevice   = "There is a request to a device or address that does not exist."
	whyNotMade    = "Unformatted or incompatible media"
	whyIO         = "There is an input or output error."
	mountNotRoot  = "mount: 0506-330 Only the root user can mount file systems."
	logQuestion   = "logform: destroy /dev/r%s (y)?"
	fsBlockHeader = "#MountPoint:Device:Vfs:Nodename:Type:Size:Options:AutoMount:Acct"
)

func (s *stanza) copy() *stanza { x := *s; return &x }

// mountOptions are those that the mount table shows.
func (s *stanza) mountOptions(more string) string {
	o := s.Options
	if o == "" {
		o = "rw"
	}
	if more != "" {
		o = more
		if !contains(strings.ReplaceAll(more, ",", " "), "rw") && !contains(strings.ReplaceAll(more, ",", " "), "ro") {
			o = "rw," + more
		}
	}
	if s.Log != "" {
		o += ",log=" + s.Log
	}
	return o
}

func (h *Host) makeDir(name string, now time.Time) {
	var missing []string
	for ; name != "/" && name != "." && h.stat(name) == nil; name = name[:max(1, strings.LastIndex(name, "/"))] {
		missing = append(missing, name)
	}
	for _, p := range missing {
		h.put(p, &hostFile{Dir: true, Mode: 0o755, at: now})
	}
}

// inlineLog is the size of an inline log in MB: 0.4 percent.
func inlineLog(blocks int) int { return max(1, (blocks/2048*4+999)/1000) }

// used is what a file system holds, its own data with it, in units of 512 bytes.
func (f *fileSystem) used() int {
	own := 336 + f.Blocks/65536
	own = (own + 3) / 4 * 4
	return 2*own + (f.Inline+f.UsedMB)*2048
}

func (f *fileSystem) freeBlocks() int { return max(0, f.Blocks-f.used()) }

// sizeBlocks reads a size: units of 512 bytes, or with M or G.
func sizeBlocks(s string) (int, bool) {
	unit, digits := 1, s
	switch {
	case strings.HasSuffix(s, "M"):
		unit, digits = 2048, s[:len(s)-1]
	case strings.HasSuffix(s, "G"):
		unit, digits = 2048*1024, s[:len(s)-1]
	}
	n, ok := atoi(digits)
	return n * unit, ok && n >= 0 && n < 1<<40 && !strings.HasPrefix(digits, "+") && !strings.HasPrefix(digits, "-")
}

// volumeOf finds what a stanza or a mount stands on.
func (h *Host) volumeOf(dev string) (*hostGroup, *volume) {
	return h.volume(strings.TrimPrefix(dev, "/dev/"))
}

func aixLsfs(a *aixCall) int {
	f, ok := a.flags("qclv:u:a")
	if !ok {
		return 1
	}
	if f.has('c') && f.has('l') || f.any("vua") && len(f.rest) > 0 {
		return a.usage()
	}
	var list []*stanza
	code := 0
	for _, n := range f.rest {
		s := a.h.stanza(n)
		if s == nil {
			s = a.h.stanzaOf(strings.TrimPrefix(n, "/dev/"))
		}
		if s == nil {
			code = a.fail(fsNoRecord, n)
			continue
		}
		list = append(list, s)
	}
	if len(f.rest) == 0 {
		for _, s := range a.h.Stanzas {
			if (!f.has('v') || s.VFS == f.get('v')) && (!f.has('u') || s.Type == f.get('u')) {
				list = append(list, s)
			}
		}
		if len(list) == 0 && f.any("vu") {
			return a.fail(fsNoRecord, f.get('v')+f.get('u'))
		}
	}
	if len(list) == 0 {
		return code
	}
	if f.has('c') {
		a.say(fsBlockHeader)
	} else {
		a.say("%-16s%-11s%-23s%-6s%-8s%-11s%-5s%s", "Name", "Nodename", "Mount Pt", "VFS", "Size", "Options", "Auto", "Accounting")
	}
	for _, s := range list {
		a.lsfsRow(s, f)
	}
	return code
}

func (a *aixCall) lsfsRow(s *stanza, f *flagSet) {
	size := "--"
	g, v := a.h.volumeOf(s.Dev)
	known := v != nil && v.FS != nil && g.State != vgOff
	if known {
		size = strconv.Itoa(v.FS.Blocks)
	}
	auto, account := yesNo(s.Auto == "true" || s.Auto == "automatic"), yesNo(s.Account == "true")
	if f.has('c') {
		o := s.Options
		if o == "" {
			o = "rw"
		}
		switch {
		case s.VFS == "procfs":
			size = "0"
		case !known:
			size = ""
		}
		a.say("%s:%s:%s:%s:%s:%s:%s:%s:%s", s.Mount, s.Dev, s.VFS, s.Node, s.Type, size, o, auto, account)
	} else {
		dash := func(x string) string {
			if x == "" {
				return "--"
			}
			return x
		}
		a.say("%-15s %-10s %-22s %-5s %-7s %-10s %-4s %s", s.Dev, dash(s.Node), s.Mount, s.VFS, size, dash(s.Options), auto, account)
	}
	if !f.has('q') || !known {
		return
	}
	x := v.FS
	pairs := [][2]string{{"lv size", strconv.Itoa(v.blocks(g.disk))}, {"fs size", strconv.Itoa(x.Blocks)}, {"block size", strconv.Itoa(x.AgBlk)}, {"sparse files", "yes"},
		{"inline log", yesNo(x.Inline > 0)}, {"inline log size", strconv.Itoa(x.Inline)}, {"EAformat", x.EA}, {"Quota", yesNo(x.Quota)}, {"DMAPI", "no"}, {"VIX", yesNo(!x.NoVIX)}, {"EFS", yesNo(x.EFS)},
		{"ISNAPSHOT", yesNo(x.Snap)}, {"MAXEXT", strconv.Itoa(x.MaxExt)}, {"MountGuard", yesNo(x.Guard)}}
	if a.h.atLeast(7, 2) {
		pairs = append(pairs, [2]string{"LFF", "no"})
	}
	var out []string
	for _, p := range pairs {
		if f.has('c') {
			out = append(out, p[0]+" "+p[1])
		} else {
			out = append(out, p[0]+": "+p[1])
		}
	}
	if f.has('c') {
		a.say("(%s)", strings.Join(out, ":"))
	} else {
		a.say("  (%s)", strings.Join(out, ", "))
	}
}

// attributes reads -a name=value.
func (a *aixCall) attributes(f *flagSet, known string) (map[string]string, bool) {
	out := map[string]string{}
	for _, word := range f.set['a'] {
		n, v, ok := strings.Cut(word, "=")
		if !ok || !contains(known, n) || v == "" {
			a.fail(fsBadAttr, a.name, word)
			return nil, false
		}
		out[n] = v
	}
	return out, true
}

// stanzaFlags reads -A, -p, -t and -u.
func stanzaFlags(f *flagSet, s *stanza) bool {
	ok := true
	yes := func(c byte, into *string) {
		if f.has(c) {
			*into = map[string]string{"yes": "true", "no": "false"}[f.get(c)]
			ok = ok && *into != ""
		}
	}
	yes('A', &s.Auto)
	yes('t', &s.Account)
	if f.has('p') {
		ok = ok && contains("ro rw", f.get('p'))
		rest := strings.Split(s.Options, ",")
		rest = slices.DeleteFunc(rest, func(o string) bool { return o == "ro" || o == "rw" || o == "" })
		s.Options = strings.Join(append([]string{f.get('p')}, rest...), ",")
	}
	if f.has('u') {
		s.Type = f.get('u')
	}
	return ok
}

func validMount(m string) bool {
	return strings.HasPrefix(m, "/") && m != "/" && !strings.HasSuffix(m, "/") && !strings.ContainsAny(m, " :\t\"'") && len(m) < 1024
}

func aixCrfs(a *aixCall) int {
	f, ok := a.flags("v:g:d:m:u:A:p:t:a:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || !f.has('v') || !f.has('m') || f.has('g') == f.has('d') {
		return a.usage()
	}
	if f.get('v') != "jfs2" {
		return a.fail(fsNoVFS, "crfs", f.get('v'))
	}
	attrs, ok := a.attributes(f, "size agblksize logname log logsize isnapshot ea quota efs options mountguard maxext vix")
	if !ok {
		return 1
	}
	mount := f.get('m')
	fs := &fileSystem{AgBlk: 4096, EA: "v1"}
	s := &stanza{Mount: mount, VFS: "jfs2", Auto: "false", Options: "rw", Account: "false"}
	switch {
	case !validMount(mount):
		return a.fail(fsBadMount, "crfs", mount)
	case !stanzaFlags(f, s):
		return a.usage()
	case a.h.stanza(mount) != nil:
		return a.fail(fsThere, mount)
	}
	if bad := fs.apply(attrs); bad != "" {
		return a.fail(fsBadAttr, "crfs", bad)
	}
	if o := attrs["options"]; o != "" {
		s.Options = o
	}
	want := 0
	if attrs["size"] != "" {
		var good bool
		if want, good = sizeBlocks(attrs["size"]); !good {
			return a.fail(fsBadAttr, "crfs", "size="+attrs["size"])
		}
	}
	log := attrs["logname"]
	if log == "" {
		log = attrs["log"]
	}
	return a.makeFS(f, s, fs, want, log, attrs["logsize"])
}

// apply sets attributes of a file system. It returns the one that is not valid.
func (x *fileSystem) apply(attrs map[string]string) (bad string) {
	for n, v := range attrs {
		ok := true
		yes := func(into *bool) { *into = v == "yes"; ok = v == "yes" || v == "no" }
		switch n {
		case "agblksize":
			x.AgBlk, _ = atoi(v)
			ok = contains("512 1024 2048 4096", v)
		case "ea":
			x.EA = v
			ok = v == "v1" || v == "v2"
		case "isnapshot":
			yes(&x.Snap)
		case "efs":
			yes(&x.EFS)
		case "mountguard":
			yes(&x.Guard)
		case "maxext":
			x.MaxExt, ok = atoi(v)
			ok = ok && x.MaxExt >= 0
		case "vix":
			yes(&x.NoVIX)
			x.NoVIX = !x.NoVIX
		case "quota":
			x.Quota = v != "no"
			ok = contains("no userquota groupquota userquota,groupquota", v)
		}
		if !ok {
			return n + "=" + v
		}
	}
	return ""
}

// makeFS makes the volume where one is wanted, the log where there is none, and the file system.
func (a *aixCall) makeFS(f *flagSet, s *stanza, fs *fileSystem, want int, log, logsize string) int {
	h := a.h
	var g *hostGroup
	var v *volume
	if f.has('d') {
		name := strings.TrimPrefix(f.get('d'), "/dev/")
		if g, v = h.volume(name); v == nil || v.Kind != "jfs2" {
			a.fail(fsNoLV, f.get('d'))
			return exitBadLV
		}
		if old := h.stanzaOf(name); old != nil {
			a.fail(fsLVUsed, name, old.Mount)
			return exitBadLV
		}
	} else if g = a.group("getlvodm", f.get('g')); g == nil {
		return 1
	}
	if g.State == vgOff || g.State == vgPassive {
		return a.bad(vgOffText)
	}
	pp := g.disk.PPSize * 2048
	lps := (want + pp - 1) / pp
	switch {
	case v == nil && want == 0:
		return a.usage()
	case v != nil && lps == 0:
		lps = len(v.Parts)
	}
	if lps*pp < 16*2048 {
		return a.fail(fsTooSmall, "crfs")
	}
	logDev, makeLog, rc := a.logFor(g, log)
	if rc != 0 {
		return rc
	}
	fs.Blocks = lps * pp
	if log == "INLINE" {
		fs.Inline = inlineLog(fs.Blocks)
		if n, ok := atoi(logsize); logsize != "" {
			if !ok || n < 1 || n*20480 > fs.Blocks {
				return a.fail(fsBadAttr, "crfs", "logsize="+logsize)
			}
			fs.Inline = n
		}
	} else if logsize != "" {
		return a.fail(fsBadAttr, "crfs", "logsize="+logsize)
	}
	// Everything is looked at before anything is made. The log takes one partition.
	undo := func() {}
	if makeLog != nil {
		if !a.makeVolume(g, makeLog, 1, 1, nil) {
			return 1
		}
		undo = func() { a.removeVolume(g, makeLog) }
	}
	switch {
	case v == nil:
		v = newVolume(g.disk, h.freeName("fslv"), "jfs2")
		v.MaxLPs = max(512, lps)
		if !a.makeVolume(g, v, lps, 1, nil) {
			undo()
			return 1
		}
	case lps > len(v.Parts) && !a.growVolume(g, v, lps-len(v.Parts), nil):
		undo()
		return 1
	}
	s.Dev, s.Log = "/dev/"+g.LVs[v.Minor], logDev
	v.FS, v.Label, v.Block = fs, s.Mount, s.copy()
	h.Stanzas = append(h.Stanzas, s)
	h.makeDir(s.Mount, a.e.Now)
	kb := fs.Blocks / 2
	a.say(fsCreated, (kb-204-kb/32768-fs.Inline*1024)/4*4, fs.Blocks)
	return 0
}

// logFor finds the log of a new file system: inline, a volume, or one that has to be made.
func (a *aixCall) logFor(g *hostGroup, log string) (dev string, fresh *volume, rc int) {
	if log == "INLINE" {
		return log, nil, 0
	}
	if log != "" {
		name := strings.TrimPrefix(log, "/dev/")
		lg, l := a.h.volume(name)
		if l == nil || lg != g || l.Kind != "jfs2log" {
			return "", nil, a.fail(fsBadAttr, a.name, "logname="+log)
		}
		return "/dev/" + name, nil, 0
	}
	for _, v := range g.disk.Volumes {
		if v.Kind == "jfs2log" && g.LVs[v.Minor] != "" && v.FS != nil && v.FS.Log {
			return "/dev/" + g.LVs[v.Minor], nil, 0
		}
	}
	fresh = newVolume(g.disk, a.h.freeName("loglv"), "jfs2log")
	fresh.FS = &fileSystem{Log: true}
	return "/dev/" + fresh.Name, fresh, 0
}

func aixChfs(a *aixCall) int {
	f, ok := a.flags("m:u:A:p:t:a:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 {
		return a.usage()
	}
	attrs, ok := a.attributes(f, "size options mountguard ea quota efs maxext vix")
	if !ok {
		return 1
	}
	h, name := a.h, f.rest[0]
	s := h.stanza(name)
	if s == nil {
		s = h.stanzaOf(strings.TrimPrefix(name, "/dev/"))
	}
	if s == nil {
		return a.fail(fsNoStanza, "chfs", name)
	}
	next := s.copy()
	if !stanzaFlags(f, next) {
		return a.usage()
	}
	if o := attrs["options"]; o != "" {
		next.Options = o
	}
	if f.has('m') {
		m := f.get('m')
		switch {
		case !validMount(m) || h.stanza(m) != nil:
			return a.fail(fsBadMount, "chfs", m)
		case h.mountAt(s.Mount) != nil && m != s.Mount:
			return a.fail("chfs: 0506-921 %s is currently mounted.", s.Mount)
		}
		next.Mount = m
	}
	g, v := h.volumeOf(s.Dev)
	if v != nil && v.FS != nil {
		if g.State == vgOff || g.State == vgPassive {
			return a.bad(vgOffText)
		}
		x := *v.FS
		if v.FS.EA == "v2" && attrs["ea"] == "v1" {
			return a.fail(fsBadAttr, "chfs", "ea=v1")
		}
		if bad := x.apply(attrs); bad != "" {
			return a.fail(fsBadAttr, "chfs", bad)
		}
		if attrs["size"] != "" {
			if rc := a.resize(g, v, &x, attrs["size"]); rc != 0 {
				return rc
			}
		}
		*v.FS = x
		v.Block, v.Label = next.copy(), next.Mount
	} else if len(attrs) > 0 {
		return a.fail(fsBadAttr, "chfs", f.get('a'))
	}
	*s = *next
	if f.has('m') {
		h.makeDir(next.Mount, a.e.Now)
	}
	return 0
}

// resize changes the size of a file system and its volume. A growing one may be in use.
func (a *aixCall) resize(g *hostGroup, v *volume, x *fileSystem, word string) int {
	sign := byte(0)
	if word[0] == '+' || word[0] == '-' {
		sign, word = word[0], word[1:]
	}
	n, ok := sizeBlocks(word)
	if !ok {
		return a.fail(fsBadAttr, "chfs", "size="+word)
	}
	old := x.Blocks
	switch sign {
	case '+':
		n += old
	case '-':
		n = old - n
	}
	pp := g.disk.PPSize * 2048
	lps := (n + pp - 1) / pp
	switch {
	case lps*pp < 16*2048:
		return a.fail(fsTooSmall, "chfs")
	case lps*pp == old:
		a.say(fsAlready, old)
		return exitSame
	case lps*pp < old:
		x.Blocks = lps * pp
		if x.used() > x.Blocks {
			x.Blocks = old
			return a.fail(fsNoShrink, lps*pp)
		}
		v.Parts = v.Parts[:lps:lps]
	default:
		if lps > len(v.Parts) && !a.growVolume(g, v, lps-len(v.Parts), nil) {
			return 1
		}
		x.Blocks = lps * pp
	}
	a.say(fsChanged, x.Blocks)
	return 0
}

func aixRmfs(a *aixCall) int {
	f, ok := a.flags("r")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	h, name := a.h, f.rest[0]
	s := h.stanza(name)
	if s == nil {
		s = h.stanzaOf(strings.TrimPrefix(name, "/dev/"))
	}
	if s == nil {
		return a.fail(fsNoStanza, "rmfs", name)
	}
	if h.mountAt(s.Mount) != nil || h.mountOf(s.Dev) != nil {
		return a.fail(fsMounted, s.Mount)
	}
	g, v := h.volumeOf(s.Dev)
	if v != nil {
		if g.State == vgOff || g.State == vgPassive {
			return a.bad(vgOffText)
		}
		lv := g.LVs[v.Minor]
		a.removeVolume(g, v)
		a.say(lvRemoved, lv)
	}
	h.dropStanza(s)
	if d := h.file(s.Mount); f.has('r') && d != nil && d.Dir && len(h.list(s.Mount)) == 0 {
		delete(h.Files, s.Mount)
	}
	return 0
}

func aixMount(a *aixCall) int {
	f, ok := a.flags("afprt:o:v:n:")
	if !ok {
		return 1
	}
	h := a.h
	all := f.has('a') || slices.Equal(f.rest, []string{"all"})
	switch {
	case len(f.rest) == 0 && len(f.set) == 0:
		a.mountTable()
		return 0
	case a.user != "root":
		return a.bad(mountNotRoot)
	case f.has('v') && !contains("jfs2 nfs nfs3 nfs4", f.get('v')):
		return a.fail(fsNoVFS, "mount", f.get('v'))
	case all || f.has('t'):
		code := 0
		for _, s := range h.Stanzas {
			if h.mountAt(s.Mount) != nil || f.has('v') && strings.TrimRight(f.get('v'), "34") != s.VFS || !(f.has('t') && s.Type == f.get('t') || all && s.Auto == "true") {
				continue
			}
			switch s.VFS {
			case "jfs2":
				code = max(code, a.mount(s, s.Dev, s.Mount, f))
			case "nfs":
				code = max(code, a.mountNFS(s.Node, s.Dev, s.Mount, s.Options))
			}
		}
		return code
	case len(f.rest) == 0 || len(f.rest) > 2:
		return a.usage()
	case len(f.rest) == 2:
		dev, over := f.rest[0], absolute(a.dir, f.rest[1])
		node, dir, colon := strings.Cut(dev, ":")
		if f.has('n') {
			node, dir, colon = f.get('n'), dev, true
		}
		if colon && strings.HasPrefix(dir, "/") {
			options := f.get('o')
			if f.has('r') {
				options = strings.TrimSuffix("ro,"+options, ",")
			}
			return a.mountNFS(node, dir, over, options)
		}
		s := h.stanzaOf(strings.TrimPrefix(dev, "/dev/"))
		if s == nil {
			s = &stanza{Mount: over, Dev: dev, VFS: "jfs2"}
			if _, v := h.volumeOf(dev); v != nil && v.Block != nil {
				s.Log = v.Block.Log
			}
		}
		return a.mount(s, dev, over, f)
	}
	s := h.stanza(f.rest[0])
	if s == nil {
		s = h.stanzaOf(strings.TrimPrefix(f.rest[0], "/dev/"))
	}
	if s != nil && s.VFS == "nfs" {
		return a.mountNFS(s.Node, s.Dev, s.Mount, s.Options)
	}
	if s == nil || s.VFS != "jfs2" {
		return a.fail(mountUnknown, f.rest[0])
	}
	return a.mount(s, s.Dev, s.Mount, f)
}

// mount puts a file system in use.
func (a *aixCall) mount(s *stanza, dev, over string, f *flagSet) int {
	h := a.h
	g, v := h.volumeOf(dev)
	dir := h.stat(over)
	fail := func(why string) int { return a.fail(mountFailed, dev, over, why) }
	switch {
	case dir == nil || !dir.IsDir() || !strings.HasPrefix(dev, "/dev/") || v == nil:
		return fail(whyNoPath)
	case h.mountOf(dev) != nil || h.mountAt(over) != nil:
		return fail(whyBusy)
	case g.State == vgOff || g.State == vgPassive:
		return fail(whyNoDevice)
	case v.FS == nil || v.FS.Log || v.FS.Blocks == 0:
		return fail(whyNotMade)
	case slices.ContainsFunc(v.Parts, func(lp []part) bool {
		return !slices.ContainsFunc(lp, func(p part) bool { return !p.stale && h.diskOf(p.on) != nil })
	}):
		return fail(whyIO)
	case a.e.mountedElsewhere(v, h) && v.FS.Guard:
		return a.fail(mountGuarded, dev, over)
	case a.e.mountedElsewhere(v, h) || v.FS.Dirty:
		// A file system in use elsewhere looks like one that was not unmounted.
		return a.fail(mountDirty, dev, over, dev)
	}
	if strings.HasPrefix(s.Log, "/dev/") {
		if _, l := h.volumeOf(s.Log); l == nil || l.FS == nil || !l.FS.Log {
			return a.fail("mount: %s on %s: 0506-343 The log device %s is not formatted.", dev, over, s.Log)
		}
	}
	o := s.copy()
	if f.has('r') {
		o.Options = "ro"
	}
	h.Mounts = append(h.Mounts, &mounted{Dev: dev, Over: over, VFS: "jfs2", Options: o.mountOptions(f.get('o')), at: a.e.Now})
	return 0
}

func (a *aixCall) mountTable() {
	a.say("  node       mounted        mounted over    vfs       date        options")
	a.say("-------- ---------------  ---------------  ------ ------------ ---------------")
	for _, m := range a.h.Mounts {
		a.say("%-8s %-16s %-16s %-6s %s %s", m.Node, m.Dev, m.Over, m.VFS, m.at.Format("Jan 02 15:04"), m.Options)
	}
}

// systemMounts are those that a running system cannot do without.
var systemMounts = []string{"/", "/usr", "/var", "/tmp", "/home", "/opt", "/proc"}

func (a *aixCall) busy(m *mounted) bool {
	if slices.Contains(systemMounts, m.Over) || a.dir == m.Over || strings.HasPrefix(a.dir, m.Over+"/") {
		return true
	}
	return slices.ContainsFunc(a.h.Mounts, func(x *mounted) bool { return strings.HasPrefix(x.Over, m.Over+"/") })
}

func aixUmount(a *aixCall) int {
	f, ok := a.flags("ft:n:")
	if !ok {
		return 1
	}
	if f.any("tn") != (len(f.rest) == 0) || f.has('t') && f.has('n') {
		return a.usage()
	}
	h := a.h
	drop := func(m *mounted) int {
		if a.busy(m) && (!f.has('f') || slices.Contains(systemMounts, m.Over)) {
			return a.fail(mountBusy, m.Dev)
		}
		h.Mounts = slices.DeleteFunc(slices.Clone(h.Mounts), func(x *mounted) bool { return x == m })
		return 0
	}
	remote := slices.Equal(f.rest, []string{"allr"}) || f.has('n')
	if f.has('t') || remote || slices.Equal(f.rest, []string{"all"}) {
		code, hit := 0, false
		for i := len(h.Mounts) - 1; i >= 0; i-- {
			m := h.Mounts[i]
			s := h.stanza(m.Over)
			if f.has('t') && (s == nil || s.Type != f.get('t')) || remote && (m.Node == "" || f.has('n') && m.Node != f.get('n')) || slices.Contains(systemMounts, m.Over) {
				continue
			}
			hit = true
			code = max(code, drop(m))
		}
		if !hit {
			return a.bad(mountNothing)
		}
		return code
	}
	code := 0
	for _, n := range f.rest {
		m := h.mountAt(n)
		if m == nil {
			m = h.mountOf(n)
		}
		for _, x := range h.Mounts {
			if x.Node != "" && x.Node+":"+x.Dev == n {
				m = x
			}
		}
		if m == nil {
			code = a.bad(mountNothing)
			continue
		}
		code = max(code, drop(m))
	}
	return code
}

// mountFor is the file system that a path is in.
func (h *Host) mountFor(name string) *mounted {
	var best *mounted
	for _, m := range h.Mounts {
		if m.Dev == name && strings.HasPrefix(name, "/dev/") {
			return m
		}
		if (m.Over == name || strings.HasPrefix(name, strings.TrimSuffix(m.Over, "/")+"/")) && (best == nil || len(m.Over) >= len(best.Over)) {
			best = m
		}
	}
	return best
}

func aixDf(a *aixCall) int {
	f, ok := a.flags("kmgPIiv")
	if !ok {
		return 1
	}
	if f.has('P') && f.has('I') {
		return a.usage()
	}
	list := a.h.Mounts
	code := 0
	if len(f.rest) > 0 {
		list = nil
		for _, n := range f.rest {
			full := absolute(a.dir, n)
			if a.h.stat(full) == nil {
				code = a.fail("df: %s: A file or directory in the path name does not exist.", n)
				continue
			}
			list = append(list, a.h.mountFor(full))
		}
		if len(list) == 0 {
			return code
		}
	}
	head, width := "512-blocks", 10
	amount := func(blocks int) string { return strconv.Itoa(blocks) }
	part := func(unit int) func(int) string {
		return func(blocks int) string { return fmt.Sprintf("%.2f", float64(blocks)/float64(unit)) }
	}
	switch {
	case f.has('g'):
		head, amount = "GB blocks", part(2048*1024)
	case f.has('m'):
		head, amount = "MB blocks", part(2048)
	case f.has('k'):
		head, width, amount = "1024-blocks", 11, func(b int) string { return strconv.Itoa(b / 2) }
	}
	// With -P the first number has the width of the widest header.
	switch {
	case f.has('P'):
		width = 11
		a.say("%-14s%*s%10s%10s%9s %s", "Filesystem", width, head, "Used", "Available", "Capacity", "Mounted on")
	case f.has('I'):
		a.say("%-14s%*s%10s%10s%6s %s", "Filesystem", width, head, "Used", "Free", "%Used", "Mounted on")
	case f.has('v'):
		a.say("%-14s%*s%10s%10s%6s%9s%9s%7s %s", "Filesystem", width, head, "Used", "Free", "%Used", "Iused", "Ifree", "%Iused", "Mounted on")
	default:
		a.say("%-14s%*s%10s%6s%9s%7s %s", "Filesystem", width, head, "Free", "%Used", "Iused", "%Iused", "Mounted on")
	}
	for _, m := range list {
		var x *fileSystem
		name := m.Dev
		if m.Node == "" {
			_, v := a.h.volumeOf(m.Dev)
			if m.vol != nil {
				v = m.vol
			}
			if v != nil {
				x = v.FS
			}
		} else {
			name = m.Node + ":" + m.Dev
			lost := func() bool { _, _, why := a.e.nfsAnswer(a.h, m.Node); return why == "" }
			switch {
			case lost():
			case strings.Contains(m.Options, "soft"):
				a.pause(10 * time.Second)
				code = a.fail("df: %s: A remote host did not respond within the timeout period.", m.Over)
				continue
			case !a.wait(lost): // a hard mount waits as long as it takes
				return -1
			}
			x = a.e.blocksOf(m)
		}
		total, used, free, percent, inodes, ifree, ipercent := "-", "-", "-", "-", "-", "-", "-"
		if x != nil {
			total, used, free = amount(x.Blocks), amount(x.Blocks-x.freeBlocks()), amount(x.freeBlocks())
			percent = fmt.Sprintf("%d%%", (100*(x.Blocks-x.freeBlocks())+x.Blocks-1)/max(1, x.Blocks))
			n := 4 + x.UsedMB*12
			inodes = strconv.Itoa(n)
			ifree = strconv.Itoa(x.freeBlocks() / 8)
			ipercent = fmt.Sprintf("%d%%", max(1, 100*n/(n+x.freeBlocks()/8+1)))
		}
		switch {
		case f.has('P'):
			a.say("%-14s%*s%10s%10s%9s %s", name, width, total, used, free, percent, m.Over)
		case f.has('I'):
			a.say("%-14s%*s%10s%10s%6s %s", name, width, total, used, free, percent, m.Over)
		case f.has('v'):
			a.say("%-14s%*s%10s%10s%6s%9s%9s%7s %s", name, width, total, used, free, percent, inodes, ifree, ipercent, m.Over)
		default:
			a.say("%-14s%*s%10s%6s%9s%7s %s", name, width, total, free, percent, inodes, ipercent, m.Over)
		}
	}
	return code
}

// aixDu knows what a whole file system holds, and the files that were written here.
func aixDu(a *aixCall) int {
	f, ok := a.flags("skmg")
	if !ok {
		return 1
	}
	names := f.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	code := 0
	for _, n := range names {
		full := absolute(a.dir, n)
		if a.h.stat(full) == nil {
			code = a.fail("du: %s: A file or directory in the path name does not exist.", n)
			continue
		}
		blocks := 0
		if x := a.h.file(full); x != nil {
			blocks += (len(x.Data) + 4095) / 4096 * 8
		}
		for _, x := range a.h.tree(full, true) {
			blocks += (len(x.Data) + 4095) / 4096 * 8
		}
		if m := a.h.mountAt(full); m != nil {
			if _, v := a.h.volumeOf(m.Dev); v != nil && v.FS != nil {
				blocks += v.FS.UsedMB * 2048
			}
		}
		switch {
		case f.has('k'):
			a.say("%d\t%s", blocks/2, n)
		case f.has('m'):
			a.say("%.2f\t%s", float64(blocks)/2048, n)
		case f.has('g'):
			a.say("%.2f\t%s", float64(blocks)/2048/1024, n)
		default:
			a.say("%d\t%s", blocks, n)
		}
	}
	return code
}

// aixFuser knows the shells that stand in a file system, and the daemons of the system.
func aixFuser(a *aixCall) int {
	f, ok := a.flags("cu")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	for _, n := range f.rest {
		full := absolute(a.dir, n)
		if a.h.stat(full) == nil {
			return a.fail("fuser: %s: A file or directory in the path name does not exist.", n)
		}
		pid := 0
		switch m := a.h.mountFor(full); {
		case m != nil && slices.Contains(systemMounts, m.Over):
			pid = 3342644
		case m != nil && a.busy(m):
			pid = a.h.pid + 1
		}
		a.err.WriteString(n + ": ")
		if pid > 0 {
			fmt.Fprintf(&a.out, " %8d", pid)
			a.err.WriteString("c")
			if f.has('u') {
				a.err.WriteString("(root)")
			}
		}
		a.err.WriteString("\n")
	}
	return 0
}

func aixLogform(a *aixCall) int {
	f, ok := a.flags("")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	name := strings.TrimPrefix(f.rest[0], "/dev/")
	g, v := a.openVolume("logform", name)
	if v == nil {
		return 1
	}
	if v.Kind != "jfs2log" || a.h.opened(g, v) {
		return a.fail("logform: 0507-494 Cannot use /dev/%s as a log: it has another type or is in use.", name)
	}
	if !a.yes(text(logQuestion, name)) {
		return 1
	}
	v.FS = &fileSystem{Log: true}
	return 0
}

func aixFsck(a *aixCall) int {
	f, ok := a.flags("ynp")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 || len(f.set) > 1 {
		return a.usage()
	}
	for _, n := range f.rest {
		dev := n
		if s := a.h.stanza(n); s != nil {
			dev = s.Dev
		}
		g, v := a.openVolume("fsck", strings.Replace(dev, "/dev/r", "/dev/", 1))
		if v == nil {
			return 8
		}
		if v.FS == nil || v.FS.Log {
			return a.fail("fsck: 0507-289 Cannot find the vfs value for file system %s.", n)
		}
		if a.h.opened(g, v) && !f.has('n') {
			a.fail("fsck: 0507-290 The file system %s is mounted.", n)
			return 8
		}
		a.say("The current volume is: /dev/%s\nPrimary superblock is valid.", g.LVs[v.Minor])
		a.say("*** Phase 1 - Initial inode scan\n*** Phase 2 - Process remaining directories\n*** Phase 3 - Process remaining files\n*** Phase 4 - Check and repair inode allocation map\n*** Phase 5 - Check and repair block allocation map")
		if v.FS.Dirty && !f.has('n') {
			v.FS.Dirty = false
			a.say("File system is clean.\nAll observed inconsistencies have been repaired.")
			continue
		}
		a.say("File system is %s.", map[bool]string{false: "clean", true: "dirty"}[v.FS.Dirty])
	}
	return 0
}

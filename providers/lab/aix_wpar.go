package lab

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Letters of the states of a workload partition. That of maintenance is not confirmed.
const (
	wparDefined     = "D"
	wparLoaded      = "L"
	wparActive      = "A"
	wparFrozen      = "F"
	wparPaused      = "P"
	wparMoving      = "M"
	wparTransit     = "T"
	wparBroken      = "B"
	wparError       = "E"
	wparMaintenance = "N"
)

var wparStates = map[string]string{wparDefined: "Defined", wparLoaded: "Loaded", wparActive: "Active", wparFrozen: "Frozen", wparPaused: "Paused", wparMoving: "Moving",
	wparTransit: "Transitional", wparBroken: "Broken", wparError: "Error", wparMaintenance: "Maintenance"}

// Kinds of workload partitions.
const (
	wparSystem      = "S"
	wparApplication = "A"
	wparVersioned   = "L"
)

// wpar is a workload partition as one global environment knows it.
type wpar struct {
	Name, Kind, State, Hostname, Dir, Owner, Script, App, UUID, Arch string

	ID                                                               int // of the kernel, since the last start
	OSType                                                           int
	Auto, Private, Checkpointable, Routing, Resolv, VIP, Rootvg, IPC bool

	Group    string // the volume group of its file systems
	Nets     []wparNet
	Routes   []wparRoute
	Mounts   []*wparMount
	Devices  []*wparDevice
	Kexts    []wparKext
	Controls map[string]string // resource controls that differ from the default
	Privs    []string
	Bootsets map[string]string // disk: boot set
	// What runs.
	Subsystems []*subsystem
	Procs      []*process
	Started    time.Time
	Operation  string // what is being done to it
	OpPID      int
	OpStart    time.Time
	own        *diskGroup // the root volume group on its own disk
	logins     int        // sessions that clogin opened
	offer      *move
}

type wparNet struct {
	Interface, Address, Mask, Broadcast string // Mask: of IPv6 the length of the prefix
}

func (n wparNet) v6() bool { return strings.Contains(n.Address, ":") }

type wparRoute struct{ Kind, Dest, Gateway, Interface, Mask string }

// wparMount is a file system of a partition; Dir is as it sees it.
type wparMount struct{ Dir, Dev, VFS, Host, Options string }

type wparDevice struct {
	Name, Kind, Virtual, ID string
	Root                    bool
	Adapter                 bool
}

type wparKext struct {
	Path  string
	Local bool
}

// halt lets all processes stand still, or go on.
func (w *wpar) halt(now time.Time) {
	for _, p := range w.Procs {
		p.halt(now)
	}
}

func (w *wpar) proceed(now time.Time) {
	for _, p := range w.Procs {
		p.proceed(now)
	}
}

// inKernel tells whether the kernel has the partition: file systems are mounted and addresses set.
func (w *wpar) inKernel() bool {
	return contains("A F P L M N", w.State)
}

func (w *wpar) base() string { return strings.TrimSuffix(w.Dir, "/") }

// outer is the path of a file of the partition in the global environment.
func (w *wpar) outer(p string) string { return strings.TrimSuffix(w.base()+p, "/") }

func (w *wpar) subsystem() string { return "cor_" + w.Name }

func (h *Host) wpar(name string) *wpar {
	for _, w := range h.Wpars {
		if w.Name == name {
			return w
		}
	}
	return nil
}

const mcrDir = "/opt/mcr/bin"

func aixWparCommands() map[string]aixCommand {
	ms := time.Millisecond
	out := map[string]aixCommand{
		"mkwpar": {aixMkwpar, 500 * ms, "/usr/sbin", true, `mkwpar [-a] [-A] [-b devexportsfile] [-B wparbackupdevice] [-c] [-C] [-d directory]
              [-D attribute=value ...] ... [-E directory] [-F] [-g vg] [-h hostname]
              [-H architecture] [-i] [-I attribute=value ...] ... [-k] [-l]
              [-L attribute=value ...] [-M attribute=value ...] ...
              [-N attribute=value ...] ... [-O] [-P] [-r] [-R attribute=value ...]
              [-S attribute[+|-]=value ...] [-t] [-T attribute=value ...] [-s]
              [-u userscript] [-U [uuid]] [-v] [-X attribute=value ...]
              { -n wparname [-p [name]] [-e existingwpar [-W] | -f infile] [-o outfile [-w]] |
              -p name ... | -f infile ... | -w -o outfile ... }`},
		"chwpar": {aixChwpar, 500 * ms, "/usr/sbin", true, `chwpar [-a] [-A] [-b bootsets] [-B attribute=value ...] [-c] [-d directory]
              [-D attribute=value ...] ... [-F] [-h hostname] [-H architecture] [-i]
              [-I attribute=value ...] ... [-M attribute=value ...] ... [-n newname]
              [-N attribute=value ...] ... [-P] [-R attribute=value ...]
              [-S attribute[+|-]=value ...] [-u userscript] [-U [uuid]] [-v] [-x]
              [-X attribute=value ...] ... wparname
       chwpar -K [-A] [-B attribute=value] [-c] [-D devname=name] ... [-F] [-i]
              [-I rtdest=destination rtgateway=gateway] ... [-M directory=dir] ...
              [-N address=address] ... [-R [attribute ...]] [-S] [-u] [-v] [-x]
              [-X kext=path] ... wparname`},
		"lswpar": {aixLswpar, 100 * ms, "/usr/sbin", false, `lswpar [-b | -Br | -Bf | -D | -I | -M | -N] [-X] [-a fieldname[,...]] [-q] [-s state] [-t type] [wparname ...]
       lswpar {-G | -L | -R | -S | -T} [-s state] [-t type] [wparname ...]
       lswpar {-c | -d delim} [-a fieldname[,...] | -G | {-b | -Br | -Bf | -D | -X | -I | -M | -N} [-a fieldname[,...]] | -R | -S] [-q] [-s state] [-t type] [wparname ...]`},
		"startwpar":  {aixStartwpar, 200 * ms, "/usr/sbin", true, "startwpar [-a] [-m] [-v] [-1 [-R] | -2 [-e VAR=value ...] | -I] wparname"},
		"stopwpar":   {aixStopwpar, 200 * ms, "/usr/sbin", true, "stopwpar [-h | -F] [-r] [-t seconds | -N] [-v] wparname"},
		"rebootwpar": {aixRebootwpar, 200 * ms, "/usr/sbin", true, "rebootwpar [-F] [-h] [-N | -t seconds] [-v] wparname"},
		"rmwpar":     {aixRmwpar, 200 * ms, "/usr/sbin", true, "rmwpar [-F] [-p] [-s] [-v] wparname"},
		"clogin":     {aixClogin, 50 * ms, "/usr/sbin", true, "clogin wparname [-l user] [command [args]]"},
	}
	for _, more := range []map[string]aixCommand{wparMoveCommands(), wparAppCommands(), wparBackupCommands()} {
		maps.Copy(out, more)
	}
	// Workload partitions came with AIX 6.1, their mobility with a licensed product.
	for n, c := range out {
		aixGates[n] = func(h *Host) bool {
			return h.atLeast(6, 1) && (c.dir != mcrDir || slices.Contains(h.Software, "mcr.rte"))
		}
	}
	return out
}

// Numbers or words of nearly all of these are not confirmed; 0960-419 is.
const (
	wparNone        = "%s: 0960-419 Could not find a workload partition called %s."
	wparThere       = "%s: 0960-077 A workload partition called %s already exists."
	wparBadName     = "%s: 0960-086 %s is not a valid name of a workload partition."
	wparBadText     = "%s: 0960-087 %s has characters that are not allowed."
	wparBadAttr     = "%s: 0960-101 The attribute %s is not valid for flag -%c."
	wparBadValue    = "%s: 0960-102 The value of attribute %s is not valid: %s."
	wparNeeds       = "%s: 0960-103 The attribute %s is required for flag -%c."
	wparHostUsed    = "%s: 0960-115 The host name %s is already used by workload partition %s."
	wparAddrUsed    = "%s: 0960-116 The address %s is already in use."
	wparNoIface     = "%s: 0960-117 The interface %s does not exist."
	wparNoSubnet    = "%s: 0960-118 No interface of the global environment is in the subnet of %s."
	wparDirUsed     = "%s: 0960-120 The directory %s is not empty or belongs to another workload partition."
	wparNoGroup     = "%s: 0960-121 The volume group %s does not exist or is not varied on."
	wparNoRoom      = "%s: 0960-122 Could not create the file system %s."
	wparNotEmpty    = "%s: 0960-123 The file system %s already holds data. Use the -p flag to preserve it."
	wparNoDevice    = "%s: 0960-131 The device %s does not exist or cannot be exported."
	wparDiskUsed    = "%s: 0960-132 The disk %s is in use by volume group %s."
	wparDeviceUsed  = "%s: 0960-133 The device %s is allocated to workload partition %s."
	wparNoSpec      = "%s: 0960-140 Could not read the specification file %s."
	wparBadSpec     = "%s: 0960-141 Line %d of the specification file %s is not valid."
	wparNoWrite     = "%s: 0960-142 Could not write %s."
	wparNoImage     = "%s: 0960-143 %s is not a backup image of a workload partition."
	wparNoVersion   = "%s: 0960-144 Versioned workload partitions need the fileset %s."
	wparFSBusy      = "%s: 0960-251 Could not unmount %s."
	wparNoMount     = "%s: 0960-243 Could not mount %s."
	wparLoadFailed  = "%s: 0960-244 Error loading workload partition."
	wparInitFailed  = "%s: 0960-231 ATTENTION: '/usr/lib/wpars/wparinit' failed with return code 1."
	wparBadState    = "%s: 0960-208 Workload partition %s is in the %s state."
	wparActiveText  = "%s: 0960-207 Workload partition %s is active."
	wparNotActive   = "%s: 0960-206 Workload partition %s is not active."
	wparOnlySystem  = "%s: 0960-205 %s is not valid for application workload partitions."
	wparWaiting     = "%s: 0960-261 Waiting up to %d seconds for workload partition to halt."
	wparWaitingEver = "%s: 0960-262 Waiting for workload partition to halt."
	wparStuckText   = "%s: 0960-258 Processes still running in workload partition '%s'."
	wparToStart     = "%s: 0960-390 To start the workload partition, execute the following as root: startwpar [-v] %s"
	wparInside      = "%s: 0960-010 The command cannot be run in a workload partition."
	wparRouteBad    = "%s: 0960-119 The gateway %s cannot be reached through the addresses of the workload partition."
)

// wparNamed finds a partition; nil is said.
func (a *aixCall) wparNamed(name string) *wpar {
	w := a.h.wpar(name)
	if w == nil {
		a.fail(wparNone, a.name, name)
	}
	return w
}

// pause lets virtual time pass inside a command. It returns false when the command is ended meanwhile, its host too.
func (a *aixCall) pause(d time.Duration) bool { return a.call.pause(d) && !a.h.off() }

// A counter is the lab's own workload: a process that writes into a file how far it has counted.
const counterProgram = "/usr/samples/wpars/counter"

// counter reads the command line of a counter: the file and, where given, the seconds of a step.
func counter(words []string) (file string, every time.Duration, ok bool) {
	for len(words) > 0 && (strings.Contains(words[0], "=") || words[0] == "nohup" || words[0] == "/usr/bin/nohup") {
		words = words[1:]
	}
	if len(words) < 2 || len(words) > 3 || words[0] != counterProgram || !strings.HasPrefix(words[1], "/") {
		return "", 0, false
	}
	n := 1
	if len(words) == 3 {
		if n, ok = atoi(words[2]); !ok || n < 1 || n > 86400 {
			return "", 0, false
		}
	}
	return words[1], time.Duration(n) * time.Second, true
}

// spawn starts a process of a partition.
func (h *Host) spawn(e *Estate, w *wpar, parent int, cmd string) *process {
	p := h.newProcess(e.Now, "root", cmd)
	p.Parent = parent
	w.Procs = append(w.Procs, p)
	return p
}

// tick writes down how far the counters of the estate are.
func (e *Estate) tick() {
	for _, h := range e.hosts() {
		for _, p := range h.Processes {
			p.count(h, e.Now)
		}
		for _, w := range h.Wpars {
			for _, p := range w.Procs {
				if p.File != "" && w.State == wparActive {
					p.count(h.view(w), e.Now)
				}
			}
		}
	}
}

// count writes into the file of a counter.
func (p *process) count(h *Host, now time.Time) {
	if p.File == "" || p.Since.IsZero() || h.off() {
		return
	}
	f := h.file(p.File)
	if f == nil {
		if d := h.stat(path.Dir(p.File)); d == nil || !d.IsDir() {
			return
		}
		f = &hostFile{Mode: 0o644}
		h.put(p.File, f)
	}
	f.Data, f.at = fmt.Sprintf("%d\n", p.counted(now)), now
}

// view is the host as the processes of a partition see it.
func (h *Host) view(w *wpar) *Host {
	in := &Host{Name: h.Name, Hostname: w.Hostname, Level: h.Level, Machine: h.Machine, Model: h.Model, MemoryMB: h.MemoryMB, Booted: w.Started, pid: h.pid,
		Subsystems: w.Subsystems, Software: h.Software, in: w, global: h, Files: map[string]*hostFile{}}
	switch w.OSType {
	case 1:
		in.Level = "5200-10-08-0930"
	case 1024:
		in.Level = "5300-12-06-1216"
	}
	for _, n := range w.Nets {
		nic := in.nic(n.Interface)
		if nic == nil {
			nic = &hostInterface{Name: n.Interface, State: "up", Netmask: "255.255.255.0"}
			if g := h.nic(n.Interface); g != nil {
				nic.MAC, nic.State = g.MAC, g.State
			}
			in.Interfaces = append(in.Interfaces, nic)
		}
		switch {
		case n.v6():
		case nic.Address == "":
			nic.Address, nic.Netmask = n.Address, n.Mask
		default:
			nic.Aliases = append(nic.Aliases, n.Address+","+n.Mask)
		}
	}
	if len(w.Nets) > 0 {
		in.Address = w.Nets[0].Address
	}
	if w.Kind == wparApplication {
		in.Stanzas, in.Subsystems, in.Users, in.UserGroups = h.Stanzas, nil, h.Users, h.UserGroups
		for _, m := range h.Mounts {
			x := *m
			_, x.vol = h.volumeOf(m.Dev)
			in.Mounts = append(in.Mounts, &x)
		}
		return in
	}
	in.readAccounts()
	for _, m := range h.Mounts {
		if m.Over != w.base() && !strings.HasPrefix(m.Over, w.base()+"/") {
			continue
		}
		over := strings.TrimPrefix(m.Over, w.base())
		if over == "" {
			over = "/"
		}
		x := *m
		x.Over = over
		if _, x.vol = h.volumeOf(m.Dev); m.VFS == "namefs" {
			if o := h.mountAt(m.Dev); o != nil {
				_, x.vol = h.volumeOf(o.Dev)
			}
		}
		if x.Node == "" && !w.Rootvg {
			x.Dev = "Global"
		}
		in.Mounts = append(in.Mounts, &x)
	}
	for _, d := range w.Devices {
		if x := h.disk(d.Name); x != nil {
			y := *x
			y.Name, y.Defined = d.virtual(), false
			in.Disks = append(in.Disks, &y)
		}
	}
	if w.own != nil {
		g := &hostGroup{Name: "rootvg", Major: 10, disk: w.own, State: vgActive, LVs: map[int]string{}, since: w.Started}
		for _, v := range w.own.Volumes {
			g.LVs[v.Minor] = v.Name
		}
		for _, m := range w.own.Members {
			g.PVIDs = append(g.PVIDs, m.medium.pvid())
		}
		in.Groups = append(in.Groups, g)
	}
	return in
}

func (d *wparDevice) virtual() string {
	if d.Virtual != "" {
		return d.Virtual
	}
	return d.Name
}

// takeBack keeps what was done in a partition and is no file.
func (h *Host) takeBack(w *wpar, in *Host, before map[string]string) {
	h.pid = max(h.pid, in.pid)
	if w.Kind != wparApplication && w.inKernel() {
		w.Subsystems = in.Subsystems
		in.writeAccounts(before)
	}
}

// globalOnly are the programs that a partition has no use of: they need the devices or the kernel of the global environment.
var globalOnly = map[string]bool{"mkwpar": true, "chwpar": true, "startwpar": true, "stopwpar": true, "rebootwpar": true, "rmwpar": true, "clogin": true, "wparexec": true,
	"syncwpar": true, "savewpar": true, "restwpar": true, "mkwpardata": true, "chkptwpar": true, "restartwpar": true, "resumewpar": true, "killwpar": true, "movewpar": true,
	"bosboot": true, "bootlist": true, "bootinfo": true, "cfgmgr": true, "lsmpio": true, "lspath": true, "exportfs": true, "mknfsexp": true, "chnfsexp": true, "rmnfsexp": true}

// ownDisks are those that work in a partition with disks of its own.
var ownDisks = map[string]bool{"mkvg": true, "extendvg": true, "reducevg": true, "chvg": true, "varyonvg": true, "varyoffvg": true, "exportvg": true, "importvg": true, "mirrorvg": true,
	"unmirrorvg": true, "syncvg": true, "migratepv": true, "lvlstmajor": true, "mklv": true, "chlv": true, "extendlv": true, "rmlv": true, "mklvcopy": true, "rmlvcopy": true,
	"crfs": true, "logform": true, "fsck": true, "mkdev": true, "rmdev": true}

// runOn runs a command of a host, in a partition if the session is in one.
func (a *aixCall) runOn(run func(*aixCall) int) int {
	h := a.h
	a.e.tick()
	a.e.connectMounts()
	stuck := func() bool {
		if !a.waitsFor() || a.wait(func() bool { return !a.waitsFor() }) {
			return false
		}
		if a.session != nil && a.session.held != nil {
			a.session.held.spend(2 * endless)
		}
		return true
	}
	if a.session == nil || a.session.wpar == "" {
		if stuck() {
			return -1
		}
		return run(a)
	}
	w := h.wpar(a.session.wpar)
	switch {
	case w == nil || w.State != wparActive:
		// The shell has gone with its partition.
		return exitKilled
	case globalOnly[a.name], ownDisks[a.name] && w.own == nil, contains("chdev umount", a.name) || a.name == "mount" && len(a.args) > 0 || a.name == "ifconfig" && len(a.args) > 1:
		return a.fail(wparInside, a.name)
	}
	a.h = h.view(w)
	before := a.h.accountFiles()
	code := -1
	if !stuck() {
		code = run(a)
	}
	h.takeBack(w, a.h, before)
	a.h = h
	return code
}

// exitKilled is the exit code of a shell that was killed.
const exitKilled = 137

// free lets something run that takes the lock itself.
func (a *aixCall) free(run func()) {
	e := a.e
	a.session.unlock()
	run()
	a.session.lock()
	if a.lab.estate == e && a.session.held == nil {
		e.advance(a.lab.clock.Now())
	}
}

// aixClogin runs a command in a partition.
func aixClogin(a *aixCall) int {
	args := a.args
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return a.usage()
	}
	name, args := args[0], args[1:]
	user := "root"
	if len(args) > 0 && strings.HasPrefix(args[0], "-l") {
		user, args = strings.TrimPrefix(args[0], "-l"), args[1:]
		if user == "" && len(args) > 0 {
			user, args = args[0], args[1:]
		}
		if user == "" {
			return a.usage()
		}
	}
	w := a.wparNamed(name)
	if w == nil {
		return 1
	}
	if w.State != wparActive || w.Kind == wparApplication {
		return a.fail(wparNotActive, a.name, name)
	}
	text := strings.Join(args, " ")
	if user != "root" && !a.h.hasAccount(w, user) {
		return a.fail("3004-500 User \"%s\" does not exist.", user)
	}
	if file, _, ok := counter(strings.Fields(strings.TrimSuffix(strings.TrimSpace(text), "&"))); ok {
		// It stays when the shell ends, as a daemon does.
		p := a.h.spawn(a.e, w, 1, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&")))
		p.File = file
		return 0
	}
	code := 0
	w.logins++
	defer func() { w.logins-- }()
	if len(args) == 0 && a.session.shell && a.stdin == a.session.input {
		a.free(func() { code = a.session.dialog(a.ctx, a.stdin, name, user) })
		return code
	}
	if len(args) == 0 {
		text = a.input()
	}
	a.free(func() {
		inner := &session{lab: a.lab, console: a.session.console, user: user, aix: true, plain: true, held: a.session.held, out: &a.out, errOut: &a.err, drop: a.session.drop, gone: a.session.gone,
			done: a.session.done, wpar: name}
		code = inner.runText(a.ctx, text)
	})
	return max(code, 0)
}

// dialog is a shell in a partition, line by line.
func (s *session) dialog(ctx context.Context, in io.Reader, name, user string) int {
	inner := &session{lab: s.lab, console: s.console, user: user, aix: true, plain: s.plain, tty: s.tty, shell: true, held: s.held, out: s.out, errOut: s.errOut, drop: s.drop, gone: s.gone, done: s.done, wpar: name}
	r, err := inner.newRunner(nil)
	if err != nil {
		return 1
	}
	inner.runner = r
	code, pending, buf := 0, "", make([]byte, maxLine+1)
	say := func(x string) {
		if s.tty {
			s.write(x)
		}
	}
	say(inner.prompt())
	for ctx.Err() == nil {
		n, err := in.Read(buf)
		if err != nil {
			return code
		}
		pending += string(buf[:n])
		f, more, msg := inner.parse(pending)
		switch {
		case more:
			say(promptMore)
			continue
		case msg != "":
			_, _ = sessionWriter{s, true}.Write([]byte(msg + "\n"))
			code = 2
		case f != nil:
			exited, dropped := false, false
			if code, exited, dropped = inner.execute(context.WithValue(ctx, commandKey{}, ctx), f); exited || dropped {
				return code
			}
		}
		pending = ""
		say(inner.prompt())
	}
	return code
}

// runText runs a text in a shell of its own.
func (s *session) runText(ctx context.Context, src string) int {
	f, _, msg := s.parse(src)
	if msg == "" && f == nil {
		msg = text(kshSyntax, "end of line is not expected.")
	}
	if msg != "" {
		_, _ = s.errOut.Write([]byte(msg + "\n"))
		return 2
	}
	r, err := s.newRunner(nil)
	if err != nil {
		return 1
	}
	s.runner = r
	code, _, _ := s.execute(context.WithValue(ctx, commandKey{}, ctx), f)
	return code
}

// lookAt looks at the files of a host, or of a partition on it.
func (e *Estate) lookAt(h *Host, name string, look func(*Estate, *Host)) {
	e.tick()
	e.connectMounts()
	w := h.wpar(name)
	switch {
	case name == "":
		look(e, h)
	case w != nil && w.State == wparActive:
		look(e, h.view(w))
	}
}

// wparID is the number of the partition of a view; 0 in the global environment.
func (h *Host) wparID() string {
	if h.in == nil {
		return "0"
	}
	return fmt.Sprint(h.in.ID)
}

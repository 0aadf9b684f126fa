package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// wparBody is a workload partition of a host. Without made it is short: what mkwpar would do is done.
type wparBody struct {
	Name           string            `hcl:"name,label"`
	Made           *bool             `hcl:"made,optional"`
	State          *string           `hcl:"state,optional"`
	Type           *string           `hcl:"type,optional"`
	ID             *int              `hcl:"id,optional"`
	Hostname       *string           `hcl:"hostname,optional"`
	Directory      *string           `hcl:"directory,optional"`
	Owner          *string           `hcl:"owner,optional"`
	Script         *string           `hcl:"script,optional"`
	Application    *string           `hcl:"application,optional"`
	UUID           *string           `hcl:"uuid,optional"`
	Architecture   *string           `hcl:"architecture,optional"`
	OSType         *int              `hcl:"os_type,optional"`
	Auto           *bool             `hcl:"auto,optional"`
	Private        *bool             `hcl:"private_usr,optional"`
	Checkpointable *bool             `hcl:"checkpointable,optional"`
	Routing        *bool             `hcl:"routing,optional"`
	Resolv         *bool             `hcl:"name_resolution,optional"`
	VIP            *bool             `hcl:"virtual_ip,optional"`
	IPC            *bool             `hcl:"cross_ipc,optional"`
	VG             *string           `hcl:"volume_group,optional"`
	Disk           *string           `hcl:"rootvg_disk,optional"`
	OwnGroup       *string           `hcl:"own_group,optional"`
	Controls       map[string]string `hcl:"resource_controls,optional"`
	Privs          []string          `hcl:"privileges,optional"`
	Bootsets       map[string]string `hcl:"boot_sets,optional"`
	Started        *string           `hcl:"started,optional"`
	Operation      *string           `hcl:"operation,optional"`
	OpPID          *int              `hcl:"operation_pid,optional"`
	OpStart        *string           `hcl:"operation_start,optional"`
	Nets           []wparNetBody     `hcl:"network,block"`
	Routes         []wparRouteBody   `hcl:"route,block"`
	Mounts         []wparMountBody   `hcl:"mount,block"`
	Devices        []wparDeviceBody  `hcl:"device,block"`
	Kexts          []wparKextBody    `hcl:"kernel_extension,block"`
	Subsystems     []subsystemBody   `hcl:"subsystem,block"`
	Procs          []processBody     `hcl:"process,block"`
	Body           hcl.Body          `hcl:",body"`
}

type wparNetBody struct {
	Interface *string  `hcl:"interface,optional"`
	Address   string   `hcl:"address"`
	Mask      *string  `hcl:"netmask,optional"`
	Broadcast *string  `hcl:"broadcast,optional"`
	Body      hcl.Body `hcl:",body"`
}

type wparRouteBody struct {
	Dest      string   `hcl:"destination"`
	Gateway   string   `hcl:"gateway"`
	Kind      *string  `hcl:"type,optional"`
	Interface *string  `hcl:"interface,optional"`
	Mask      *string  `hcl:"netmask,optional"`
	Body      hcl.Body `hcl:",body"`
}

type wparMountBody struct {
	Dir     string   `hcl:"directory,label"`
	Dev     *string  `hcl:"dev,optional"`
	VFS     *string  `hcl:"vfs,optional"`
	Host    *string  `hcl:"host,optional"`
	Options *string  `hcl:"options,optional"`
	SizeMB  *int     `hcl:"size_mb,optional"`
	Body    hcl.Body `hcl:",body"`
}

type wparDeviceBody struct {
	Name    string   `hcl:"name,label"`
	Kind    *string  `hcl:"type,optional"`
	Virtual *string  `hcl:"virtual,optional"`
	ID      *string  `hcl:"id,optional"`
	Root    *bool    `hcl:"rootvg,optional"`
	Body    hcl.Body `hcl:",body"`
}

type wparKextBody struct {
	Path  string   `hcl:"path,label"`
	Local *bool    `hcl:"local,optional"`
	Body  hcl.Body `hcl:",body"`
}

// exact is a moment with its fraction of a second.
func (b *builder) exact(body hcl.Body, s *string) time.Time {
	if s == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, *s)
	if err != nil {
		b.fail(body, "%q is not a moment such as \"2008-08-01T00:00:00Z\"", *s)
	}
	return t.UTC()
}

func (b *builder) wpar(h *Host, wb *wparBody) {
	if !validWparName(wb.Name) || h.wpar(wb.Name) != nil || !h.atLeast(6, 1) {
		b.fail(wb.Body, "wpar %q: the name has up to 25 characters and is used once, and the host has AIX 6.1 or later", wb.Name)
		return
	}
	w := h.newWpar(wb.Name)
	w.Kind, w.State, w.Hostname, w.Dir = opt(wb.Type, wparSystem), opt(wb.State, wparActive), opt(wb.Hostname, wb.Name), opt(wb.Directory, "/wpars/"+wb.Name)
	w.Owner, w.Script, w.App, w.UUID, w.Arch = opt(wb.Owner, "root"), opt(wb.Script, ""), opt(wb.Application, ""), opt(wb.UUID, ""), opt(wb.Architecture, "")
	w.OSType, w.Auto, w.Private, w.Checkpointable = opt(wb.OSType, 0), opt(wb.Auto, false), opt(wb.Private, false), opt(wb.Checkpointable, false)
	w.Routing, w.Resolv, w.VIP, w.IPC, w.Group, w.ID = opt(wb.Routing, false), opt(wb.Resolv, false), opt(wb.VIP, false), opt(wb.IPC, false), opt(wb.VG, "rootvg"), opt(wb.ID, 0)
	if w.UUID == "" {
		id := stableHex(32, w.Name, h.Name)
		w.UUID = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
	}
	if wparStates[w.State] == "" || !contains("S A L", w.Kind) {
		b.fail(wb.Body, "wpar %q: state is one of D L A F P M T B E N, type S, A or L", wb.Name)
		return
	}
	for k, v := range wb.Controls {
		if !w.isControl(k) {
			b.fail(wb.Body, "wpar %q: there is no resource control %q", wb.Name, k)
		}
		w.Controls[k] = v
	}
	maps.Copy(w.Bootsets, wb.Bootsets)
	if wb.Privs != nil {
		w.Privs = wb.Privs
	}
	for _, n := range wb.Nets {
		x := wparNet{opt(n.Interface, ""), n.Address, opt(n.Mask, ""), opt(n.Broadcast, "")}
		if x.Interface == "" {
			nic := h.subnetOf(x.Address)
			if nic == nil {
				b.fail(n.Body, "wpar %q: no interface is in the subnet of %s", wb.Name, x.Address)
				return
			}
			x.Interface = nic.Name
		}
		if nic := h.nic(x.Interface); x.Mask == "" && nic != nil {
			x.Mask = nic.Netmask
		}
		if x.Broadcast == "" && !x.v6() && maskBits(x.Mask) >= 0 {
			x.Broadcast = broadcast(x.Address, maskBits(x.Mask))
		}
		w.Nets = append(w.Nets, x)
	}
	for _, r := range wb.Routes {
		w.Routes, w.Routing = append(w.Routes, wparRoute{opt(r.Kind, ""), r.Dest, r.Gateway, opt(r.Interface, ""), opt(r.Mask, "")}), true
	}
	for _, k := range wb.Kexts {
		w.Kexts = append(w.Kexts, wparKext{k.Path, opt(k.Local, false)})
	}
	if opt(wb.Made, false) {
		b.savedWpar(h, w, wb)
	} else {
		b.shortWpar(h, w, wb)
	}
}

// savedWpar takes over everything as it was.
func (b *builder) savedWpar(h *Host, w *wpar, wb *wparBody) {
	w.Devices = nil
	for _, d := range wb.Devices {
		w.Devices = append(w.Devices, &wparDevice{Name: d.Name, Kind: opt(d.Kind, devexports[d.Name]), Virtual: opt(d.Virtual, ""), ID: opt(d.ID, ""), Root: opt(d.Root, false),
			Adapter: opt(d.Kind, "") == "adapter"})
		w.Rootvg = w.Rootvg || opt(d.Root, false)
	}
	for _, m := range wb.Mounts {
		w.Mounts = append(w.Mounts, &wparMount{m.Dir, opt(m.Dev, ""), opt(m.VFS, "jfs2"), opt(m.Host, ""), opt(m.Options, "")})
	}
	for _, s := range wb.Subsystems {
		w.Subsystems = append(w.Subsystems, &subsystem{s.Name, opt(s.Group, ""), opt(s.PID, 0)})
		h.pid = max(h.pid, opt(s.PID, 0))
	}
	for _, p := range wb.Procs {
		w.Procs = append(w.Procs, b.process(h, p))
	}
	w.Started, w.Operation, w.OpPID, w.OpStart = b.exact(wb.Body, wb.Started), opt(wb.Operation, ""), opt(wb.OpPID, 0), b.exact(wb.Body, wb.OpStart)
	for _, g := range append(b.e.diskGroups(), b.written...) {
		if g.ID == opt(wb.OwnGroup, "") {
			w.own = g
		}
	}
	if wb.OwnGroup != nil && w.own == nil {
		b.fail(wb.Body, "wpar %q: there is no disk_group %q", wb.Name, *wb.OwnGroup)
	}
	h.Wpars = append(h.Wpars, w)
}

// shortWpar makes the partition as mkwpar does, and starts it where it is to be active.
func (b *builder) shortWpar(h *Host, w *wpar, wb *wparBody) {
	c := &call{e: b.e, user: "root", name: "mkwpar"}
	a := &aixCall{call: c, h: h}
	p := &wparPlan{wpar: w}
	for _, d := range wb.Devices {
		l := &wparList{flag: 'D', pairs: [][2]string{{"devname", d.Name}}}
		x, ok := a.wparDevice(l)
		if !ok {
			b.fail(wb.Body, "wpar %q: device %q: %s", wb.Name, d.Name, strings.TrimSpace(c.err.String()))
			return
		}
		w.Devices = append(slices.DeleteFunc(w.Devices, func(o *wparDevice) bool { return o.Name == x.Name }), x)
	}
	if wb.Disk != nil {
		w.Devices, w.Rootvg = append(w.Devices, &wparDevice{Name: *wb.Disk, Kind: "disk", Root: true}), true
	}
	for _, m := range wb.Mounts {
		x := wparFS{wparMount: wparMount{m.Dir, opt(m.Dev, ""), opt(m.VFS, "jfs2"), opt(m.Host, ""), opt(m.Options, "")}}
		if m.SizeMB != nil {
			x.Size = fmt.Sprintf("%dM", *m.SizeMB)
		}
		if m.Host != nil && m.VFS == nil {
			x.VFS = "nfs"
		}
		p.fs = append(p.fs, x)
	}
	if w.Kind == wparApplication || !contains("D A", w.State) || b.err != nil {
		b.fail(wb.Body, "wpar %q: the short form makes system partitions in state A or D", wb.Name)
		return
	}
	state := w.State
	f := &wparArgs{flagSet: &flagSet{set: map[byte][]string{'e': {""}}}}
	rc := 0
	if !a.checkWpar(p, f) || a.makeWpar(p, false) != 0 {
		rc = 1
	}
	for _, pb := range wb.Procs {
		if rc == 0 {
			if _, _, ok := counter(strings.Fields(pb.Command)); !ok {
				b.fail(pb.Body, "wpar %q: a process is %s FILE [SECONDS]", wb.Name, counterProgram)
				return
			}
			it := h.file(w.outer("/etc/inittab"))
			if m := w.Mounts[0]; m.Host != "" { // it is not mounted now
				server, outside := b.e.remoteOf(h.lookup(b.e, m.Host))
				if outside != nil {
					server = outside.files
				}
				if server != nil {
					it = server.file(m.Dev + "/etc/inittab")
				}
			}
			if it != nil {
				it.Data += "app:2:once:" + pb.Command + "\n"
			}
		}
	}
	if rc == 0 && state == wparActive {
		rc = a.startWpar(w, startOptions{})
	}
	if rc != 0 {
		b.fail(wb.Body, "wpar %q: %s", wb.Name, strings.TrimSpace(c.err.String()))
	}
}

func (w *encoder) moment(name string, t time.Time) {
	if !t.IsZero() {
		w.line("%s = %s", name, quoteHCL(t.Format(time.RFC3339Nano)))
	}
}

func (h *Host) encodeWpars(w *encoder, now time.Time) {
	for _, x := range h.Wpars {
		w.open("wpar %s", quoteHCL(x.Name))
		w.line("made = true")
		w.str("state", x.State, wparActive)
		w.str("type", x.Kind, wparSystem)
		w.num("id", x.ID, 0)
		w.str("hostname", x.Hostname, x.Name)
		w.str("directory", x.Dir, "/wpars/"+x.Name)
		w.str("owner", x.Owner, "root")
		w.str("script", x.Script, "")
		w.str("application", x.App, "")
		w.str("uuid", x.UUID, "")
		w.str("architecture", x.Arch, "")
		w.num("os_type", x.OSType, 0)
		w.flag("auto", x.Auto, false)
		w.flag("private_usr", x.Private, false)
		w.flag("checkpointable", x.Checkpointable, false)
		w.flag("routing", x.Routing, false)
		w.flag("name_resolution", x.Resolv, false)
		w.flag("virtual_ip", x.VIP, false)
		w.flag("cross_ipc", x.IPC, false)
		w.str("volume_group", x.Group, "rootvg")
		if x.own != nil {
			w.str("own_group", x.own.ID, "")
		}
		w.table("resource_controls", x.Controls)
		if !slices.Equal(x.Privs, defaultPrivileges) {
			w.line("privileges = [%s]", quotedList(x.Privs))
		}
		w.quotedTable("boot_sets", x.Bootsets)
		w.moment("started", x.Started)
		w.str("operation", x.Operation, "")
		w.num("operation_pid", x.OpPID, 0)
		w.moment("operation_start", x.OpStart)
		for _, n := range x.Nets {
			w.open("network")
			w.str("interface", n.Interface, "")
			w.str("address", n.Address, "\x00")
			w.str("netmask", n.Mask, "")
			w.str("broadcast", n.Broadcast, "")
			w.close()
		}
		for _, r := range x.Routes {
			w.open("route")
			w.str("destination", r.Dest, "\x00")
			w.str("gateway", r.Gateway, "\x00")
			w.str("type", r.Kind, "")
			w.str("interface", r.Interface, "")
			w.str("netmask", r.Mask, "")
			w.close()
		}
		for _, m := range x.Mounts {
			w.open("mount %s", quoteHCL(m.Dir))
			w.str("dev", m.Dev, "")
			w.str("vfs", m.VFS, "jfs2")
			w.str("host", m.Host, "")
			w.str("options", m.Options, "")
			w.close()
		}
		for _, d := range x.Devices {
			w.open("device %s", quoteHCL(d.Name))
			w.str("type", d.Kind, devexports[d.Name])
			w.str("virtual", d.Virtual, "")
			w.str("id", d.ID, "")
			w.flag("rootvg", d.Root, false)
			w.close()
		}
		for _, k := range x.Kexts {
			w.open("kernel_extension %s", quoteHCL(k.Path))
			w.flag("local", k.Local, false)
			w.close()
		}
		for _, s := range x.Subsystems {
			w.open("subsystem %s", quoteHCL(s.Name))
			w.str("group", s.Group, "")
			w.num("pid", s.PID, 0)
			w.close()
		}
		w.processes(x.Procs, now)
		w.close()
	}
}

func quotedList(v []string) string {
	q := make([]string, len(v))
	for i, s := range v {
		q[i] = quoteHCL(s)
	}
	return strings.Join(q, ", ")
}

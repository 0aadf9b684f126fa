package lab

import (
	"fmt"
	"slices"
	"strings"
)

// wparField is a column of lswpar.
type wparField struct{ name, head string }

// wparSection is a kind of listing.
type wparSection struct {
	fields []wparField
	rows   func(h *Host, w *wpar) [][]string
}

var wparSections = map[byte]wparSection{
	'G': {[]wparField{{"name", "Name"}, {"state", "State"}, {"type", "Type"}, {"rootvgwpar", "RootVG WPAR"}, {"hostname", "Hostname"}, {"routing", "WPAR-Specific Routing"},
		{"vipwpar", "Virtual IP WPAR"}, {"directory", "Directory"}, {"owner", "Owner"}, {"script", "Start/Stop Script"}, {"auto", "Auto"}, {"privateusr", "Private /usr"},
		{"checkpointable", "Checkpointable"}, {"application", "Application"}, {"ostype", "OStype"}, {"xwparipc", "Cross-WPAR IPC"}, {"architecture", "Architecture"},
		{"uuid", "UUID"}}, (*Host).wparGeneral},
	'N': {[]wparField{{"name", "Name"}, {"interface", "Interface"}, {"address", "Address(6)"}, {"mask_prefix", "Mask/Prefix"}, {"broadcast", "Broadcast"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, n := range w.listedNets() {
				out = append(out, []string{w.Name, n.Interface, n.Address, n.Mask, n.Broadcast})
			}
			return out
		}},
	'I': {[]wparField{{"name", "Name"}, {"rttype", "Type"}, {"rtdest", "Destination"}, {"rtgateway", "Gateway"}, {"rtinterface", "Interface"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, r := range w.Routes {
				out = append(out, []string{w.Name, r.Kind, r.Dest, r.Gateway, r.Interface})
			}
			return out
		}},
	'M': {[]wparField{{"name", "Name"}, {"mountpoint", "MountPoint"}, {"device", "Device"}, {"vfs", "Vfs"}, {"nodename", "Nodename"}, {"options", "Options"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, m := range w.Mounts {
				out = append(out, []string{w.Name, w.mountPoint(m), m.Dev, m.VFS, m.Host, m.Options})
			}
			return out
		}},
	'D': {[]wparField{{"name", "Name"}, {"devname", "Device Name"}, {"devtype", "Type"}, {"vdevname", "Virtual Device"}, {"devstatus", "Status"}, {"devid", "Device ID"},
		{"rootvg", "RootVG"}, {"adapter", "Adapter"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, d := range w.Devices {
				root := ""
				if d.Kind == "disk" {
					root = yesNo(d.Root)
				}
				out = append(out, []string{w.Name, d.Name, d.Kind, d.Virtual, d.status(w), d.ID, root, ""})
			}
			return out
		}},
	'X': {[]wparField{{"name", "Name"}, {"kext", "Kernel Extension"}, {"local", "Local"}, {"major", "Major"}, {"status", "Status"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, k := range w.Kexts {
				status := "ALLOCATED"
				if w.inKernel() {
					status = "LOADED"
				}
				out = append(out, []string{w.Name, k.Path, yesNo(k.Local), "", status})
			}
			return out
		}},
	'b': {[]wparField{{"name", "Name"}, {"bootset", "Bootset"}, {"devname", "Device Name"}, {"rootvg", "RootVG"}},
		func(_ *Host, w *wpar) [][]string {
			var out [][]string
			for _, d := range w.Devices {
				if set := w.Bootsets[d.Name]; d.Root {
					if set == "" {
						set = "0"
					}
					out = append(out, []string{w.Name, set, d.Name, "yes"})
				}
			}
			return out
		}},
	'R': {append([]wparField{{"name", "Name"}, {"state", "State"}}, controlFields()...),
		func(_ *Host, w *wpar) [][]string {
			row := []string{w.Name, w.State}
			for _, c := range wparControls {
				row = append(row, w.control(c.name))
			}
			return [][]string{row}
		}},
	'S': {[]wparField{{"name", "Name"}, {"state", "State"}, {"privs", "Privileges"}},
		func(_ *Host, w *wpar) [][]string { return [][]string{{w.Name, w.State, strings.Join(w.Privs, ",")}} }},
}

func (h *Host) wparGeneral(w *wpar) [][]string {
	return [][]string{{w.Name, w.State, w.Kind, yesNo(w.Rootvg), w.Hostname, yesNo(w.Routing), map[bool]string{true: "yes"}[w.VIP], w.Dir, w.Owner, w.Script, yesNo(w.Auto),
		yesNo(w.Private), yesNo(w.Checkpointable), w.App, fmt.Sprint(w.OSType), yesNo(w.IPC), w.Arch, w.UUID}}
}

// listedNets are the addresses of a partition; one with routes of its own has a loopback of its own.
func (w *wpar) listedNets() []wparNet {
	out := slices.Clone(w.Nets)
	if w.Routing {
		out = append(out, wparNet{"lo0", "127.0.0.1", "255.0.0.0", "127.255.255.255"})
	}
	return out
}

// mountPoint is where a file system of a partition is in the global environment.
func (w *wpar) mountPoint(m *wparMount) string {
	if p := w.outer(m.Dir); p != "" {
		return p
	}
	return "/"
}

func (d *wparDevice) status(w *wpar) string {
	if d.Kind == "disk" && !w.inKernel() {
		return "ALLOCATED"
	}
	return "EXPORTED"
}

// notBefore7 are the columns that AIX 6.1 does not have.
var notBefore7 = map[string]bool{"rootvgwpar": true, "ostype": true, "xwparipc": true, "architecture": true, "uuid": true, "rootvg": true, "adapter": true}

// wparControl is a resource control with what it is when nobody set it.
type wparControl struct{ name, label, def string }

var wparControls = []wparControl{{"active", "Active:", "yes"}, {"rset", "Resource Set:", ""}, {"shares_CPU", "CPU Shares:", "unlimited"}, {"CPU", "CPU Limits:", "0%-100%,100%"},
	{"shares_memory", "Memory Shares:", "unlimited"}, {"memory", "Memory Limits:", "0%-100%,100%"}, {"procVirtMem", "Per-Process Virtual Memory Limit:", "unlimited"},
	{"totalVirtMem", "Total Virtual Memory Limit:", "unlimited"}, {"totalProcesses", "Total Processes:", "unlimited"}, {"totalThreads", "Total Threads:", "unlimited"},
	{"totalPTYs", "Total PTYs:", "unlimited"}, {"totalLargePages", "Total Large Pages:", "unlimited"}, {"pct_msgIDs", "Max Message Queue IDs:", "100%"},
	{"pct_semIDs", "Max Semaphore IDs:", "100%"}, {"pct_shmIDs", "Max Shared Memory IDs:", "100%"}, {"pct_pinMem", "Max Pinned Memory:", "100%"}}

func controlFields() []wparField {
	var out []wparField
	for _, c := range wparControls {
		out = append(out, wparField{c.name, strings.TrimSuffix(c.label, ":")})
	}
	return out
}

func (w *wpar) control(name string) string {
	if v, ok := w.Controls[name]; ok {
		return v
	}
	for _, c := range wparControls {
		if c.name == name {
			return c.def
		}
	}
	return ""
}

func aixLswpar(a *aixCall) int {
	f, ok := a.flags("bB:DIMNXGLRSTcqd:a:s:t:")
	if !ok {
		return 1
	}
	kind := byte(0)
	for _, c := range "bBDIMNXGLRST" {
		if f.has(byte(c)) {
			if kind != 0 {
				return a.usage()
			}
			kind = byte(c)
		}
	}
	delimited := f.has('c') || f.has('d')
	delim := ":"
	if f.has('d') {
		delim = f.get('d')
	}
	paragraph := kind != 0 && strings.IndexByte("GLRST", kind) >= 0
	switch {
	case f.has('c') && f.has('d') || f.has('B') && !contains("r f", f.get('B')) || f.has('d') && len(delim) != 1,
		paragraph && f.has('a'), paragraph && !delimited && f.has('q'), delimited && (kind == 'L' || kind == 'T'):
		return a.usage()
	}
	if kind == 'B' {
		kind = 'b'
	}
	list, code := a.listedWpars(f)
	if list == nil {
		return code
	}
	if paragraph && !delimited {
		for i, w := range list {
			if i > 0 {
				a.say("")
			}
			a.wparParagraph(w, kind)
		}
		return code
	}
	show, sec := a.wparColumns(f, kind)
	if show == nil {
		return a.usage()
	}
	var rows [][]string
	for _, w := range list {
		for _, row := range sec.rows(a.h, w) {
			var out []string
			for _, i := range show {
				out = append(out, row[i])
			}
			rows = append(rows, out)
		}
	}
	if delimited {
		a.delimited(sec, show, rows, delim, f.has('q'))
	} else if len(rows) > 0 {
		a.wparTable(sec, show, rows, kind, f.has('q'))
	}
	return code
}

// listedWpars are those that are asked for; a name that is not known is said.
func (a *aixCall) listedWpars(f *flagSet) ([]*wpar, int) {
	all := slices.Clone(a.h.Wpars)
	slices.SortFunc(all, func(x, y *wpar) int { return strings.Compare(x.Name, y.Name) })
	code := 0
	if len(f.rest) > 0 {
		all = nil
		for _, n := range f.rest {
			if w := a.wparNamed(n); w != nil {
				all = append(all, w)
			} else {
				code = 1
			}
		}
	}
	state := f.get('s')
	for letter, word := range wparStates {
		if strings.EqualFold(word, state) {
			state = letter
		}
	}
	if f.has('s') && wparStates[state] == "" || f.has('t') && !contains("S A L", f.get('t')) {
		a.usage()
		return nil, 1
	}
	all = slices.DeleteFunc(all, func(w *wpar) bool { return f.has('s') && w.State != state || f.has('t') && w.Kind != f.get('t') })
	if len(all) == 0 {
		return nil, code
	}
	return all, code
}

// wparColumns are the columns of a listing; nil: one that was asked for is not there.
func (a *aixCall) wparColumns(f *flagSet, kind byte) ([]int, wparSection) {
	want := strings.Split(f.get('a'), ",")
	if kind == 0 {
		kind = 'G'
		if !f.has('a') {
			want = strings.Split("name,state,type,hostname,directory,rootvgwpar", ",")
		}
	} else if !f.has('a') {
		want = nil
	}
	sec := wparSections[kind]
	var show []int
	if want == nil {
		for i, x := range sec.fields {
			if a.h.atLeast(7, 1) || !notBefore7[x.name] {
				show = append(show, i)
			}
		}
		return show, sec
	}
	for _, n := range want {
		i := slices.IndexFunc(sec.fields, func(x wparField) bool { return x.name == n })
		switch {
		case i < 0 || f.has('a') && !a.h.atLeast(7, 1) && notBefore7[n]:
			return nil, sec
		case a.h.atLeast(7, 1) || !notBefore7[n]:
			show = append(show, i)
		}
	}
	return show, sec
}

func (a *aixCall) delimited(sec wparSection, show []int, rows [][]string, delim string, quiet bool) {
	if !quiet {
		var head []string
		for _, i := range show {
			head = append(head, sec.fields[i].name)
		}
		a.say("#%s", strings.Join(head, delim))
	}
	for _, row := range rows {
		for i, v := range row {
			row[i] = strings.ReplaceAll(v, delim, `\`+delim)
		}
		a.say("%s", strings.Join(row, delim))
	}
}

// wparTable is the form for people: columns grow with their longest value.
func (a *aixCall) wparTable(sec wparSection, show []int, rows [][]string, kind byte, quiet bool) {
	least := map[string]int{"name": 14, "state": 6, "type": 5, "hostname": 14, "directory": 19}
	dashes := 100
	if !a.h.atLeast(7, 1) {
		least, dashes = map[string]int{"name": 9, "state": 6, "type": 5, "hostname": 21}, 55
	}
	var head []string
	widths := make([]int, len(show))
	for i, x := range show {
		head = append(head, sec.fields[x].head)
		widths[i] = len(sec.fields[x].head)
		if kind == 0 {
			widths[i] = max(widths[i], least[sec.fields[x].name])
		}
		for _, row := range rows {
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	line := func(words []string) string {
		var b strings.Builder
		for i, w := range words {
			if i == len(words)-1 {
				b.WriteString(w)
			} else {
				fmt.Fprintf(&b, "%-*s ", widths[i], w)
			}
		}
		return b.String()
	}
	if !quiet {
		long := len(line(head))
		for _, row := range rows {
			long = max(long, len(line(row)))
		}
		if kind == 0 && len(show) > 4 {
			long = max(long, dashes)
		}
		a.say("%s\n%s", line(head), strings.Repeat("-", long))
	}
	for _, row := range rows {
		a.say("%s", strings.TrimRight(line(row), " "))
	}
}

const wparRule = "-----------------------------------------------------------------"

// wparParagraph is a partition in the long form, or one part of it.
func (a *aixCall) wparParagraph(w *wpar, kind byte) {
	seven := a.h.atLeast(7, 1)
	first := true
	part := func(c byte, title string) bool {
		if kind != 'L' && kind != c {
			return false
		}
		if !first {
			a.say("")
		}
		first = false
		a.say("%s", title)
		return true
	}
	trim := func(format string, args ...any) { a.say("%s", strings.TrimRight(fmt.Sprintf(format, args...), " ")) }
	bar := strings.Repeat("=", 65)
	a.say("%s\n%s - %s\n%s", bar, w.Name, wparStates[w.State], bar)
	if part('G', "GENERAL") {
		row := a.h.wparGeneral(w)[0]
		for i, x := range wparSections['G'].fields {
			switch {
			case contains("name state xwparipc architecture", x.name), !seven && notBefore7[x.name], x.name == "ostype" && w.OSType == 0:
				continue
			case x.name == "rootvgwpar", x.name == "owner", x.name == "hostname":
				continue
			}
			trim("%-24s %s", x.head+":", row[i])
			if x.name == "type" {
				if seven {
					trim("%-24s %s", "RootVG WPAR:", yesNo(w.Rootvg))
				}
				trim("%-24s %s", "Owner:", w.Owner)
				trim("%-24s %s", "Hostname:", w.Hostname)
			}
		}
	}
	if part('N', "NETWORK") {
		trim("%-13s %-17s %-17s %s", "Interface", "Address(6)", "Mask/Prefix", "Broadcast")
		a.say(wparRule)
		for _, n := range w.listedNets() {
			trim("%-13s %-17s %-17s %s", n.Interface, n.Address, n.Mask, n.Broadcast)
		}
	}
	if part('I', "USER-SPECIFIED ROUTES") {
		a.say("Type    Destination          Gateway           Interface\n%s", wparRule)
		for _, r := range w.Routes {
			trim("%-7s %-20s %-18s %s", r.Kind, r.Dest, r.Gateway, r.Interface)
		}
	}
	if part('M', "FILE SYSTEMS") {
		trim("%-24s %-16s %-7s %-10s %s", "MountPoint", "Device", "Vfs", "Nodename", "Options")
		a.say(wparRule)
		for _, m := range w.Mounts {
			at := w.mountPoint(m)
			if len(at) > 24 {
				at = at[:21] + "..."
			}
			trim("%-24s %-16s %-7s %-10s %s", at, m.Dev, m.VFS, m.Host, m.Options)
		}
	}
	if part('R', "RESOURCE CONTROLS") {
		for _, c := range wparControls {
			trim("%-35s %s", c.label, w.control(c.name))
		}
	}
	if part('T', "OPERATION") {
		op, pid, at := "none", "", ""
		if w.Operation != "" {
			op, pid, at = w.Operation, fmt.Sprint(w.OpPID), w.OpStart.Format("2006-01-02 15:04:05")
		}
		trim("%-13s %s", "Operation:", op)
		trim("%-13s %s", "Process ID:", pid)
		trim("%-13s %s", "Start Time:", at)
	}
	if part('S', "SECURITY SETTINGS") {
		label, line := "Privileges:", ""
		flush := func() {
			trim("%-13s %s", label, line)
			label, line = "", ""
		}
		for i, p := range w.Privs {
			if i < len(w.Privs)-1 {
				p += ","
			}
			if len(line)+len(p) > 50 {
				flush()
			}
			line += p
		}
		flush()
	}
	if part('D', "DEVICE EXPORTS") {
		trim("%-18s %-8s %-18s %-8s %s", "Name", "Type", "Virtual Device", "RootVG", "Status")
		a.say(wparRule)
		for _, d := range w.Devices {
			root := ""
			if d.Kind == "disk" {
				root = yesNo(d.Root)
			}
			trim("%-18s %-8s %-18s %-8s %s", d.Name, d.Kind, d.Virtual, root, d.status(w))
		}
	}
	if kind == 'L' && len(w.Kexts) > 0 && part('X', "KERNEL EXTENSIONS") {
		trim("%-40s %-6s %-6s %s", "Name", "Local", "Major", "Status")
		a.say(wparRule)
		for _, r := range wparSections['X'].rows(a.h, w) {
			trim("%-40s %-6s %-6s %s", r[1], r[2], r[3], r[4])
		}
	}
}

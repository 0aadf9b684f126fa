package lab

import (
	"fmt"
	"strings"
)

// A specification file has sections with a colon, and under them attributes in quotes. A section may come several times.

// writeSpec writes the specification of a partition.
func (a *aixCall) writeSpec(name string, p *wparPlan) bool {
	f := a.h.create(absolute(a.dir, name), false, a.user, a.e.Now)
	if f == nil {
		a.fail(wparNoWrite, a.name, name)
		return false
	}
	f.Data = specText(p)
	return true
}

func specText(p *wparPlan) string {
	var b strings.Builder
	section := func(name string, pairs ...string) {
		fmt.Fprintf(&b, "%s:\n", name)
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				fmt.Fprintf(&b, "\t%s = %q\n", pairs[i], pairs[i+1])
			}
		}
		b.WriteByte('\n')
	}
	w := p.wpar
	section("general", "name", w.Name, "hostname", w.Hostname, "directory", w.Dir, "checkpointable", yesNo(w.Checkpointable), "privateusr", yesNo(w.Private), "auto", yesNo(w.Auto),
		"routing", yesNo(w.Routing), "vipwpar", yesNo(w.VIP), "copynameres", yesNo(w.Resolv), "vg", w.Group, "script", w.Script, "application", w.App, "architecture", w.Arch, "ostype", fmt.Sprint(w.OSType),
		"uuid", w.UUID)
	for _, n := range w.Nets {
		if n.v6() {
			section("network", "interface", n.Interface, "address6", n.Address, "prefixlen", n.Mask)
		} else {
			section("network", "interface", n.Interface, "address", n.Address, "netmask", n.Mask, "broadcast", n.Broadcast)
		}
	}
	for _, r := range w.Routes {
		section("route", "rtdest", r.Dest, "rtgateway", r.Gateway, "rttype", r.Kind, "rtinterface", r.Interface, "rtnetmask", r.Mask)
	}
	for _, m := range p.fs {
		section("mount", "directory", m.Dir, "vfs", m.VFS, "host", m.Host, "dev", m.Dev, "size", m.Size, "vg", m.Group, "mountopts", m.Options, "logname", m.Log)
	}
	var controls []string
	for _, c := range wparControls {
		controls = append(controls, c.name, w.Controls[c.name])
	}
	section("resources", controls...)
	section("security", "privs", strings.Join(w.Privs, ","))
	for _, d := range w.Devices {
		pairs := []string{"devname", d.Name, "virtualname", d.Virtual}
		if d.Root {
			pairs = append(pairs, "rootvg", "yes")
		}
		section("device", pairs...)
	}
	for _, k := range w.Kexts {
		section("kext", "kext", k.Path, "local", yesNo(k.Local))
	}
	return b.String()
}

var specFlags = map[string]byte{"network": 'N', "route": 'I', "mount": 'M', "resources": 'R', "security": 'S', "device": 'D', "kext": 'X'}

// readSpec reads a specification into a plan.
func (a *aixCall) readSpec(name string, p *wparPlan) bool {
	text, ok := a.h.read(absolute(a.dir, name))
	if !ok {
		a.fail(wparNoSpec, a.name, name)
		return false
	}
	return a.specFrom(text, name, p)
}

func (a *aixCall) specFrom(text, name string, p *wparPlan) bool {
	f := &wparArgs{flagSet: &flagSet{set: map[byte][]string{}}}
	section, ok := "", false
	for i, line := range strings.Split(text, "\n") {
		word := strings.TrimSpace(line)
		if word == "" || word[0] == '#' || word[0] == '*' {
			continue
		}
		bad := func() bool { a.fail(wparBadSpec, a.name, i+1, name); return false }
		if line[0] != ' ' && line[0] != '\t' {
			if section, ok = strings.CutSuffix(word, ":"); !ok || section != "general" && specFlags[section] == 0 {
				return bad()
			}
			if section == "device" && len(f.of('D')) == 0 {
				p.Devices = nil
			}
			if section != "general" {
				f.lists = append(f.lists, wparList{flag: specFlags[section]})
			}
			continue
		}
		attr, v, eq := strings.Cut(word, "=")
		attr, v = strings.TrimSpace(attr), strings.TrimSpace(v)
		if n := len(v); n >= 2 && v[0] == '"' && v[n-1] == '"' {
			v = v[1 : n-1]
		}
		switch {
		case !eq || section == "" || strings.Contains(v, `"`):
			return bad()
		case section != "general":
			l := &f.lists[len(f.lists)-1]
			l.pairs, l.ops = append(l.pairs, [2]string{attr, v}), append(l.ops, "=")
		case !p.setGeneral(attr, v):
			return bad()
		}
	}
	for i := range f.lists {
		l := &f.lists[i]
		f.set[l.flag] = append(f.set[l.flag], "")
		if l.flag == 'S' || l.flag == 'R' || l.flag == 'X' || len(l.pairs) > 0 {
			continue
		}
		a.fail(wparBadSpec, a.name, 1, name)
		return false
	}
	return a.wparLists(p, f)
}

// setGeneral sets an attribute of the section general.
func (p *wparPlan) setGeneral(attr, v string) bool {
	texts := map[string]*string{"name": &p.Name, "hostname": &p.Hostname, "directory": &p.Dir, "vg": &p.Group, "script": &p.Script, "architecture": &p.Arch, "uuid": &p.UUID}
	if attr == "application" {
		p.App = v
		return true
	}
	flags := map[string]*bool{"checkpointable": &p.Checkpointable, "privateusr": &p.Private, "auto": &p.Auto, "routing": &p.Routing, "vipwpar": &p.VIP, "copynameres": &p.Resolv,
		"preserve": &p.preserve}
	switch {
	case texts[attr] != nil:
		*texts[attr] = v
	case flags[attr] != nil:
		*flags[attr] = v == "yes"
		return contains("yes no", v)
	case attr == "ostype":
		n, ok := atoi(v)
		p.OSType = n
		if n != 0 {
			p.Kind = wparVersioned
		}
		return ok && (n == 0 || n == 1 || n == 1024)
	default:
		return false
	}
	return true
}

// wparFile is the text of a file that follows from the partitions of a host.
func (h *Host) wparFile(name string) (string, bool) {
	if h.in != nil || !h.atLeast(6, 1) {
		return "", false
	}
	switch name {
	case "/etc/wpars/index":
		text := ""
		for _, w := range h.Wpars {
			text += w.Name + "\n"
		}
		return text, true
	case "/etc/wpars/devexports":
		text := ""
		for _, d := range devexportsOrder {
			text += "device:\n\tdevname = \"" + d + "\"\n\tdevtype = \"" + devexports[d] + "\"\n\n"
		}
		return text, true
	case "/usr/samples/wpars/sample.spec":
		return sampleSpec, true
	case counterProgram:
		return "", true
	}
	base, ok := strings.CutPrefix(name, "/etc/wpars/")
	base, cf := strings.CutSuffix(base, ".cf")
	if w := h.wpar(base); ok && cf && w != nil {
		p := &wparPlan{wpar: w}
		for _, m := range w.Mounts {
			p.fs = append(p.fs, wparFS{wparMount: *m})
		}
		return specText(p), true
	}
	return "", false
}

// wparFiles are their names.
func (h *Host) wparFiles() []string {
	if h.in != nil || !h.atLeast(6, 1) {
		return nil
	}
	out := []string{"/etc/wpars", "/etc/wpars/index", "/etc/wpars/devexports", "/usr/samples", "/usr/samples/wpars", "/usr/samples/wpars/sample.spec", counterProgram}
	for _, w := range h.Wpars {
		out = append(out, "/etc/wpars/"+w.Name+".cf")
	}
	return out
}

const sampleSpec = `# A specification of a workload partition for mkwpar -f. Only the name is required.
general:
	name = "sample"
	hostname = "sample"
	checkpointable = "no"
	privateusr = "no"
	auto = "no"
	routing = "no"

# One section for each address.
#network:
#	interface = "en0"
#	address = "192.168.0.231"
#	netmask = "255.255.255.0"

# One section for each file system that is not made as usual.
#mount:
#	directory = "/data"
#	vfs = "nfs"
#	host = "server"
#	dev = "/export/data"

#resources:
#	active = "yes"
#	CPU = "0%-100%,100%"
`

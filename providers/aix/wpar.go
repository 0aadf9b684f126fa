package aix

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Workload partitions are read by lswpar in its colon form, by the names of its first line, for the set of fields grows with the
// level (aix-cli.md, section 16.4).

const mcr = "/opt/mcr/bin/"

// wparStates are the letters of lswpar and its words for them; that of maintenance is unconfirmed.
var wparStates = map[string]string{"D": "Defined", "L": "Loaded", "A": "Active", "F": "Frozen", "P": "Paused", "M": "Moving", "T": "Transitional", "B": "Broken", "E": "Error", "N": "Maintenance"}

// wparState is a state in the words of the kind: what waits or is broken is neither running nor off.
func wparState(condition string) string {
	switch condition {
	case "Active":
		return "running"
	case "Defined":
		return "off"
	}
	return strings.ToLower(condition)
}

// wparFilesets are those whose level a relocation looks at.
var wparFilesets = []string{"bos.rte", "bos.rte.libc", "bos.wpars", "bos.net.nfs.client", "mcr.rte"}

// workloads reads the workload partitions of a host, and what it offers to those of others.
func (s *Session) workloads(ctx context.Context, d *discovery, scope providers.Scope, host map[string]cty.Value) error {
	b := &console.Batch{}
	for _, f := range "GNMDIRSX" {
		b.Add("lswpar "+string(f), console.New("lswpar", "-c"+string(f)))
	}
	b.Add("filesets", console.New("lslpp", "-Lcq").Add(wparFilesets...))
	b.Add("interfaces", console.New("ifconfig", "-a"))
	b.Add("routes", console.New("netstat", "-rn"))
	b.Add("processor", console.New("lsattr", "-El", "proc0"))
	b.Add("idle", console.New("vmstat"))
	b.Add("lparstat", console.New("lparstat", "-i"))
	b.Add("time", console.New("lssrc", "-s", "xntpd"))
	b.Add("mobility", console.New("ls", "-d", mcr+"chkptwpar", mcr+"restartwpar"))
	for _, n := range scope.Servers {
		b.Add("showmount "+n, console.New("showmount", "-e", n))
	}
	for _, n := range scope.Directories {
		b.Add("checkpoints "+n, console.New("ls", n))
	}
	line, err := b.Line()
	if err != nil {
		return err
	}
	line = "export LC_ALL=C; " + line
	a, err := s.read(ctx, line)
	if err != nil {
		return err
	}
	sec, err := b.Split(a)
	if err != nil {
		return s.parseError(line, a, err)
	}
	if g := sec["lswpar G"]; g.Exit != 0 && g.Exit != 127 {
		return s.parseError(line, g.Out, fmt.Errorf("exit code %d of lswpar", g.Exit))
	}
	d.readWpars(sec)
	for _, o := range d.wpars {
		for _, n := range scope.Directories {
			if file := schema.Str(o.Value, "name") + ".state"; slices.Contains(strings.Fields(sec["checkpoints "+n].Out), file) && schema.Str(o.Value, "state") == "off" {
				o.Value = schema.Set(o.Value, "checkpoint", cty.StringVal(n+"/"+file))
			}
		}
	}
	d.offer(sec, scope.Servers, host)
	return nil
}

// colonRows reads a listing whose first line has the names of the fields. A colon in a value stands behind a backslash.
func colonRows(out string) []map[string]string {
	split := func(l string) []string {
		f := strings.Split(strings.ReplaceAll(l, `\:`, "\x00"), ":")
		for i := range f {
			f[i] = strings.ReplaceAll(f[i], "\x00", ":")
		}
		return f
	}
	var names []string
	var all []map[string]string
	for _, l := range strings.Split(out, "\n") {
		if h, ok := strings.CutPrefix(l, "#"); ok {
			names = split(h)
			continue
		}
		f := split(l)
		if l == "" || len(f) < 2 {
			continue
		}
		row := map[string]string{}
		for i := range min(len(f), len(names)) {
			row[names[i]] = f[i]
		}
		all = append(all, row)
	}
	return all
}

// usual are the filesystems that every system WPAR has of its host.
func usualMount(dir, vfs, device string) bool {
	return vfs == "namefs" && dir == device || vfs == "jfs2" && slices.Contains([]string{"/", "/home", "/tmp", "/var", "/usr", "/opt", "/admin", "/audit"}, dir)
}

func (d *discovery) readWpars(sec map[string]console.Section) {
	of := func(letter, name string) []map[string]string {
		var out []map[string]string
		for _, r := range colonRows(sec["lswpar "+letter].Out) {
			if r["name"] == name {
				out = append(out, r)
			}
		}
		return out
	}
	for _, g := range colonRows(sec["lswpar G"].Out) {
		name, condition := g["name"], wparStates[g["state"]]
		if condition == "" {
			condition = g["state"]
		}
		kind := map[string]string{"A": "application", "L": "versioned"}[g["type"]]
		if kind == "" {
			kind = "system"
		}
		v := map[string]cty.Value{"name": text(name), "host": text(d.host), "state": text(wparState(condition)), "condition": text(condition), "kind": text(kind), "hostname": text(g["hostname"]),
			"directory": text(g["directory"]), "checkpointable": yes(g["checkpointable"]), "auto_start": yes(g["auto"]), "routing": yes(g["routing"]), "script": text(g["script"]),
			"application": text(g["application"]), "uuid": text(g["uuid"]), "known": cty.ObjectVal(map[string]cty.Value{d.host: text(wparState(condition))})}
		if kind == "system" {
			v["private_usr"], v["versioned"] = yes(g["privateusr"]), cty.False
		}
		if kind == "versioned" {
			v["versioned"] = cty.True
		}
		addresses := map[string]cty.Value{}
		for _, r := range of("N", name) {
			if a := r["address"]; a != "" && r["interface"] != "lo0" {
				x := map[string]cty.Value{"interface": text(r["interface"])}
				if strings.Contains(a, ":") {
					x["prefix"] = number(r["mask_prefix"])
				} else {
					x["netmask"] = text(r["mask_prefix"])
				}
				addresses[a] = schema.Build(x)
			}
		}
		v["address"] = schema.Build(addresses)
		mounts := map[string]cty.Value{}
		base := strings.TrimSuffix(g["directory"], "/")
		for _, r := range of("M", name) {
			dir := strings.TrimPrefix(r["mountpoint"], base)
			if dir == "" {
				dir = "/"
			}
			d.inside = append(d.inside, r["mountpoint"])
			x := map[string]cty.Value{"type": text(strings.TrimRight(r["vfs"], "34")), "server": text(r["nodename"]), "options": text(r["options"])}
			if usualMount(dir, r["vfs"], r["device"]) {
				x["usual"] = cty.True
			}
			if r["vfs"] != "jfs2" {
				x["path"] = text(r["device"])
			}
			mounts[dir] = schema.Build(x)
		}
		v["mount"] = schema.Build(mounts)
		devices := map[string]cty.Value{}
		for _, r := range of("D", name) {
			if r["devtype"] != "pseudo" && r["devtype"] != "clone" {
				devices[r["devname"]] = schema.Build(map[string]cty.Value{"rootvg": yes(r["rootvg"])})
			}
		}
		v["device"] = schema.Build(devices)
		routes := map[string]cty.Value{}
		for _, r := range of("I", name) {
			if r["rtdest"] != "" {
				routes[r["rtdest"]] = schema.Build(map[string]cty.Value{"gateway": text(r["rtgateway"])})
			}
		}
		v["route"] = schema.Build(routes)
		control := map[string]cty.Value{}
		for _, r := range of("R", name) {
			for console, attr := range controls {
				control[attr] = text(r[console])
			}
			control["active"] = yes(r["active"])
		}
		v["resource_control"] = schema.Build(control)
		for _, r := range of("S", name) {
			v["privileges"] = texts(strings.Split(r["privs"], ","))
		}
		var extensions []string
		for _, r := range of("X", name) {
			extensions = append(extensions, r["kext"])
		}
		v["kernel_extensions"] = texts(extensions)
		o := &schema.Object{Kind: "wpar", Endpoint: d.endpoint, Value: schema.Build(v)}
		o.ID = wparID(o.Value)
		d.wpars = append(d.wpars, o)
	}
}

// wparID: a root on an NFS server is the same one wherever it is defined; what is local is of its host.
func wparID(v cty.Value) string {
	root := schema.JoinPath("mount", "/")
	if schema.Str(v, root+".type") == "nfs" {
		return schema.Str(v, root+".server") + ":" + schema.Str(v, root+".path")
	}
	return schema.Str(v, "host") + "/" + schema.Str(v, "name")
}

// controls are the names of lswpar -R and of mkwpar -R, and the attributes that they are.
var controls = map[string]string{"rset": "rset", "shares_CPU": "shares_cpu", "CPU": "cpu", "shares_memory": "shares_memory", "memory": "memory", "procVirtMem": "process_virtual_memory",
	"totalVirtMem": "total_virtual_memory", "totalProcesses": "processes", "totalThreads": "threads", "totalPTYs": "ptys", "totalLargePages": "large_pages", "pct_msgIDs": "message_queue_ids",
	"pct_semIDs": "semaphore_ids", "pct_shmIDs": "shared_memory_ids", "pct_pinMem": "pinned_memory"}

// offer is what a host has for workload partitions that come.
func (d *discovery) offer(sec map[string]console.Section, servers []string, host map[string]cty.Value) {
	filesets := map[string]cty.Value{}
	if have := host["filesets"]; have != cty.NilVal {
		filesets = have.AsValueMap()
	}
	for _, l := range strings.Split(sec["filesets"].Out, "\n") {
		if f := strings.Split(l, ":"); len(f) > 2 {
			filesets[f[1]] = cty.StringVal(f[2])
		}
	}
	host["filesets"] = schema.Build(filesets)
	if host["interfaces"] == cty.NilVal {
		host["interfaces"] = interfaces(sec["interfaces"].Out)
	}
	for _, f := range rows(sec["processor"].Out, "") {
		switch {
		case len(f) > 1 && f[0] == "type":
			host["processor"] = text(strings.TrimPrefix(f[1], "PowerPC_"))
		case len(f) > 1 && f[0] == "frequency":
			if n, err := strconv.ParseFloat(f[1], 64); err == nil {
				host["processor_speed"] = cty.NumberFloatVal(n / 1e6)
			}
		}
	}
	// vmstat names its columns above the numbers; the last line has them.
	var names []string
	for _, f := range rows(sec["idle"].Out, "") {
		switch {
		case slices.Contains(f, "fre") && slices.Contains(f, "id"):
			names = f
		case len(names) > 0 && len(f) == len(names):
			if n, err := strconv.ParseFloat(f[slices.Index(names, "fre")], 64); err == nil {
				host["memory_free"] = cty.NumberFloatVal(n / 256) // pages of 4 KiB
			}
			host["idle"] = number(f[slices.Index(names, "id")])
		}
	}
	for _, l := range strings.Split(sec["lparstat"].Out, "\n") {
		if name, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(name) == "Entitled Capacity" {
			if n, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				host["entitled"] = cty.NumberFloatVal(n)
			}
		}
	}
	host["time"] = cty.BoolVal(strings.Contains(sec["time"].Out, "active"))
	host["mobility"] = cty.BoolVal(sec["mobility"].Exit == 0)
	nfs := map[string]cty.Value{}
	for at, from := range d.remote {
		nfs[at] = cty.StringVal(from)
	}
	host["nfs"] = schema.Build(nfs)
	seen := map[string]cty.Value{}
	for _, n := range servers {
		x := sec["showmount "+n]
		if x.Exit != 0 {
			continue
		}
		seen[n] = cty.StringVal("")
		for _, f := range rows(x.Out, "") {
			if strings.HasPrefix(f[0], "/") && len(f) > 1 {
				seen[n+":"+f[0]] = cty.StringVal(f[1])
			}
		}
	}
	host["exported"] = schema.Build(seen)
}

// remotes reads mount: mount point -> server:directory, of what is mounted by NFS.
func remotes(out string) map[string]string {
	m := map[string]string{}
	for _, l := range strings.Split(out, "\n") {
		f := strings.Fields(l)
		if len(f) > 4 && !strings.HasPrefix(l, " ") && strings.HasPrefix(f[3], "nfs") && strings.HasPrefix(f[1], "/") {
			m[f[2]] = f[0] + ":" + f[1]
		}
	}
	return m
}

package aix

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
)

func (e *explainer) wpar() {
	switch e.s.Action {
	case planner.Create:
		e.createWpar()
	case planner.Update:
		e.changeWpar()
	case planner.Start:
		e.startWpar()
	case planner.Stop:
		v := e.s.Before.Value
		if schema.Str(v, "state") != "running" {
			e.change(mcr+"resumewpar", schema.Str(v, "name")) // what waits cannot be stopped
		}
		e.change("stopwpar", schema.Str(v, "name"))
	case planner.Restart:
		e.change("rebootwpar", schema.Str(e.s.Before.Value, "name"))
	case planner.Relocate:
		e.explainRelocation()
	case planner.Delete:
		e.removeWpar()
	}
}

// attr is attribute=value of a list of mkwpar; "" without a value.
func attr(name, value string) string {
	if value == "" {
		return ""
	}
	return name + "=" + value
}

// list is a flag of mkwpar and chwpar with its attributes.
func list(flag string, attrs ...string) []string {
	return append([]string{flag}, slices.DeleteFunc(attrs, func(s string) bool { return s == "" })...)
}

func addressWords(v cty.Value, a string) []string {
	at := schema.JoinPath("address", a)
	if strings.Contains(a, ":") {
		return list("-N", attr("interface", schema.Str(v, at+".interface")), attr("address6", a), attr("prefixlen", size(v, at+".prefix")))
	}
	return list("-N", attr("interface", schema.Str(v, at+".interface")), attr("netmask", schema.Str(v, at+".netmask")), attr("address", a))
}

func mountWords(v cty.Value, dir string) []string {
	at := schema.JoinPath("mount", dir)
	space := ""
	if schema.Has(v, at+".size") {
		space = size(v, at+".size") + "M"
	}
	return list("-M", attr("directory", dir), attr("vfs", schema.Str(v, at+".type")), attr("host", schema.Str(v, at+".server")), attr("dev", schema.Str(v, at+".path")), attr("size", space), attr("mountopts", schema.Str(v, at+".options")))
}

func routeWords(v cty.Value, dest string) []string {
	return list("-I", attr("rtdest", dest), attr("rtgateway", schema.Str(v, schema.JoinPath("route", dest, "gateway"))))
}

func deviceWords(v cty.Value, name string) []string {
	root := ""
	if schema.True(v, schema.JoinPath("device", name, "rootvg")) {
		root = "yes"
	}
	return list("-D", attr("devname", name), attr("rootvg", root))
}

// controlWords are the resource controls that are declared, or those of some attributes.
func controlWords(v cty.Value, only func(attr string) bool) []string {
	words := []string{"-R"}
	if schema.Has(v, "resource_control.active") && only("active") {
		words = append(words, "active="+word(schema.True(v, "resource_control.active")))
	}
	var names []string
	for n := range controls {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if x := schema.Str(v, "resource_control."+controls[n]); x != "" && only(controls[n]) {
			words = append(words, n+"="+x)
		}
	}
	if len(words) == 1 {
		return nil
	}
	return words
}

func (e *explainer) createWpar() {
	v := e.s.After.Value
	name, app := schema.Str(v, "name"), schema.Str(v, "application")
	words := []string{"mkwpar", "-n", name}
	if app != "" {
		words[0] = "wparexec"
	}
	flag := func(f, path string) {
		if schema.True(v, path) {
			words = append(words, f)
		}
	}
	value := func(f, path string) {
		if s := schema.Str(v, path); s != "" {
			words = append(words, f, s)
		}
	}
	value("-h", "hostname")
	value("-d", "directory")
	value("-g", "volume_group")
	value("-u", "script")
	value("-B", "image")
	flag("-C", "versioned")
	flag("-l", "private_usr")
	flag("-t", "copy_rootvg")
	flag("-i", "routing")
	flag("-A", "auto_start")
	for _, a := range schema.Items(v, "address") {
		words = append(words, addressWords(v, a)...)
	}
	flag("-r", "name_resolution")
	flag("-c", "checkpointable")
	flag("-p", "preserve")
	for _, m := range schema.Items(v, "mount") {
		words = append(words, mountWords(v, m)...)
	}
	for _, r := range schema.Items(v, "route") {
		words = append(words, routeWords(v, r)...)
	}
	for _, d := range schema.Items(v, "device") {
		words = append(words, deviceWords(v, d)...)
	}
	for _, x := range schema.Strings(v, "kernel_extensions") {
		words = append(words, "-X", "kext="+x)
	}
	if p := schema.Strings(v, "privileges"); len(p) > 0 {
		words = append(words, "-S", "privs+="+strings.Join(p, ","))
	}
	words = append(words, controlWords(v, func(string) bool { return true })...)
	if app == "" {
		e.change(words...)
		e.s.Seconds = 120
		return
	}
	// It holds the terminal until its command ends.
	log := "/tmp/wparexec." + name + ".log"
	e.background(log, append(append(words, "--"), strings.Fields(app)...)...)
	e.detail("prints into", "%s on %s", log, schema.Str(v, "host"))
}

func (e *explainer) startWpar() {
	name := schema.Str(e.s.After.Value, "name")
	if e.s.Before != nil && slices.Contains([]string{"paused", "frozen"}, schema.Str(e.s.Before.Value, "state")) {
		e.change(mcr+"resumewpar", name)
		return
	}
	e.change("startwpar", name)
}

func (e *explainer) removeWpar() {
	b := e.s.Before.Value
	name := schema.Str(b, "name")
	if at := schema.Str(b, "backup"); at != "" {
		e.change("savewpar", "-f", at, "-i", name)
		e.detail("backup", "%s on %s", at, schema.Str(b, "host"))
		e.s.Seconds = 300
	}
	if schema.Str(b, "kind") == "application" {
		e.s.Disruption = max(e.s.Disruption, schema.Outage)
		e.change("stopwpar", name)
		return
	}
	e.change("rmwpar", name)
	var kept []string
	for _, m := range schema.Items(b, "mount") {
		if schema.Str(b, schema.JoinPath("mount", m, "type")) == "nfs" {
			kept = append(kept, schema.Str(b, schema.JoinPath("mount", m, "server"))+":"+schema.Str(b, schema.JoinPath("mount", m, "path")))
		}
	}
	if len(kept) > 0 {
		e.detail("stays", "%s", strings.Join(kept, ", "))
	}
}

// systemMounts are the filesystems that a WPAR cannot run without.
var systemMounts = []string{"/", "/home", "/tmp", "/var", "/usr", "/opt", "/proc"}

func (e *explainer) changeWpar() {
	b, v := e.s.Before.Value, e.s.After.Value
	name := schema.Str(b, "name")
	chwpar := func(words ...string) { e.change(append(append([]string{"chwpar"}, words...), name)...) }
	onOff := func(flag string, on bool) {
		if on {
			chwpar(flag)
		} else {
			chwpar("-K", flag)
		}
	}
	done := map[string]bool{}
	for _, c := range e.s.Changes {
		parts := schema.SplitPath(c.Path)
		item := strings.Join(parts[:min(2, len(parts))], " ")
		if done[item] {
			continue
		}
		done[item] = true
		label := parts[len(parts)-1]
		if len(parts) > 1 {
			label = parts[1]
		}
		was, is := schema.Has(b, schema.JoinPath(parts[0], label)), schema.Has(v, schema.JoinPath(parts[0], label))
		switch parts[0] {
		case "hostname":
			chwpar("-h", schema.Str(v, "hostname"))
		case "script":
			chwpar("-u", schema.Str(v, "script"))
		case "checkpointable":
			onOff("-c", schema.True(v, "checkpointable"))
		case "auto_start":
			onOff("-A", schema.True(v, "auto_start"))
		case "routing":
			onOff("-i", schema.True(v, "routing"))
		case "address":
			if is {
				chwpar(addressWords(v, label)...)
			} else {
				chwpar("-K", "-N", "address="+label)
				e.felt("its address " + label + " goes")
			}
		case "route":
			if was {
				chwpar(append([]string{"-K"}, routeWords(b, label)...)...)
			}
			if is {
				chwpar(routeWords(v, label)...)
			}
		case "mount":
			if slices.Contains(systemMounts, label) {
				e.refuse(c.Path, "Not changed in place", "%s of %s is where it was made.", label, name).Fix = "Make a new WPAR and restore a backup into it (savewpar, restwpar), or declare what is there."
				continue
			}
			if was {
				chwpar("-K", "-M", "directory="+label)
				e.felt("what uses " + label + " loses it")
			}
			if is {
				chwpar(mountWords(v, label)...)
			}
		case "device":
			if is {
				chwpar(deviceWords(v, label)...)
			} else {
				chwpar("-K", "-D", "devname="+label)
				e.felt("what uses " + label + " loses it")
			}
		case "kernel_extensions":
			for _, x := range without(schema.Strings(v, "kernel_extensions"), schema.Strings(b, "kernel_extensions")) {
				chwpar("-X", "kext="+x)
			}
		case "privileges":
			chwpar("-S", "privs+="+strings.Join(without(schema.Strings(v, "privileges"), schema.Strings(b, "privileges")), ","))
		case "resource_control":
			if !done["resource_control"] {
				done["resource_control"] = true
				chwpar(controlWords(v, func(a string) bool { return e.changes("resource_control." + a) })...)
			}
		default:
			e.refuse(c.Path, "Cannot be changed", "%s of a workload partition.", c.Path).Fix = "Declare what is there."
		}
	}
}

// felt raises the disruption of a change where the WPAR runs.
func (e *explainer) felt(why string) {
	if schema.Str(e.s.Before.Value, "state") == "running" {
		e.s.Disruption = max(e.s.Disruption, schema.Outage)
		e.detail("felt", "%s", why)
	}
}

// background runs a command that goes on when the connection ends; what it prints goes into a file.
func (e *explainer) background(log string, words ...string) {
	e.send(planner.PurposeChange, console.New(words...).Background(log))
}

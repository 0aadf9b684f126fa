package hmc

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// addDrive makes an optical drive, and loads its medium.
func (e *explainer) addDrive(sys *schema.Object, item cty.Value, label string, id int, through []adapter) {
	at, target := schema.Str(item, "server"), lpar.Pick(schema.Str(item, "target"), planner.Drive(label, id))
	for _, a := range through {
		if a.vios.name != at {
			continue
		}
		if slices.Contains(schema.Strings(a.vios.v, "target_devices"), target) || !e.f.Reserve(sys.ID+" "+at+" device "+target) {
			e.refuse(schema.JoinPath("optical", label, "target"), "Name taken", "%s has a target device %s already.", at, target).Fix = "Declare another target."
			return
		}
		e.change(console.ViosCommand(name(sys), at, console.New("mkvdev", "-fbo", "-vadapter").Output(deviceAt(sys, a)).Add("-dev", target)))
		e.note("optical.%s", label)
		e.load(sys, at, target, label, "", schema.Str(item, "medium"))
		return
	}
}

// load puts a medium into a drive in place of another one.
func (e *explainer) load(sys *schema.Object, server, target, label, have, want string) {
	if have == want {
		return
	}
	library := schema.Strings(sys.Value, schema.JoinPath("vios", server, "media"))
	if want != "" && len(library) > 0 && !slices.Contains(library, want) {
		e.refuse(schema.JoinPath("optical", label, "medium"), "No such medium", "The media library of %s has no %s; it has %s.", server, want, strings.Join(library, ", ")).Fix = "Correct the name, or make it there: mkvopt -name " + want + " -file FILE -ro."
		return
	}
	if have != "" {
		e.change(console.Vios(name(sys), server, "unloadopt", "-vtd", target))
	}
	if want != "" {
		e.change(console.Vios(name(sys), server, "loadopt", "-disk", want, "-vtd", target))
	}
}

func (e *explainer) opticalChange(sys *schema.Object, c *planner.Change) {
	parts := schema.SplitPath(c.Path)
	item := schema.Get(e.s.After.Value, schema.JoinPath("optical", parts[1]))
	switch {
	case len(parts) == 2 && len(c.After) == 0:
		have := schema.Get(e.s.Before.Value, c.Path)
		at, target := schema.Str(have, "server"), schema.Str(have, "target")
		e.load(sys, at, target, parts[1], schema.Str(have, "medium"), "")
		e.change(console.Vios(name(sys), at, "rmvdev", "-vtd", target))
	case len(parts) == 2:
		e.addDrive(sys, item, parts[1], int(schema.Num(e.s.Before.Value, "id")), append(e.existing(sys), e.addServers(sys)...))
	case parts[2] == "medium":
		if l, ok := planner.Paired([]string{"target", "server"}, schema.Get(e.s.After.Value, "optical"), schema.Get(e.s.Before.Value, "optical"))[parts[1]]; ok {
			have := schema.Get(e.s.Before.Value, schema.JoinPath("optical", l))
			e.load(sys, schema.Str(have, "server"), schema.Str(have, "target"), parts[1], schema.Str(have, "medium"), schema.Str(item, "medium"))
		}
	default:
		e.refuse(c.Path, "Not offered", "A virtual optical drive stays on its Virtual I/O Server; take it away and declare another.")
	}
}

package aix

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Shared volume groups of clusters up to 6.1. There is no clmgr, and how the C-SPOC programs of those releases are called is
// unconfirmed: so it is done as the planning guides have it done by hand, with LVM's own commands at one node and importvg at the
// others, which cl_nodecmd runs there. The others take a change over with importvg -L while they have the group varied off; where
// cluster services run they do that themselves at the next takeover.

// others are the hosts of a volume group but the one of the step.
func (e *explainer) others(g cty.Value) []string {
	return without(schema.Strings(g, "hosts"), []string{e.here()})
}

// at runs a command on another node of the cluster.
func (e *explainer) at(node string, words ...string) {
	e.utility("cl_nodecmd", append([]string{"-cspoc", "-n " + node}, words...)...)
}

// deviceThere is the name of the first disk of a group that another node knows by one.
func (e *explainer) deviceThere(g cty.Value, node string) string {
	for _, id := range schema.Strings(g, "disks") {
		if d := e.f.Object("disk", id); d != nil {
			if device := schema.Str(d.Value, schema.JoinPath("hosts", node, "device")); device != "" {
				return device
			}
		}
	}
	e.refuse("disks", "Not visible", "%s sees none of the disks of %s.", node, schema.Str(g, "name")).Fix = "Zone and map them to the host, run cfgmgr there, and plan again."
	return ""
}

// known lets the other nodes take over what has changed in a group that is varied on here. They cannot read its disks while they
// are reserved, which those of an enhanced concurrent group never are.
func (e *explainer) known(g *schema.Object) {
	name := schema.Str(g.Value, "name")
	if e.running(e.sharing) {
		return
	}
	reserved := schema.Str(g.Value, "mode") == "standard"
	if reserved {
		e.change("varyonvg", "-b", "-u", name)
	}
	for _, h := range e.others(g.Value) {
		if e.s.Kind == "volume_group" && e.s.After != nil && !slices.Contains(schema.Strings(e.s.After.Value, "hosts"), h) {
			continue // it has just forgotten it
		}
		if device := e.deviceThere(g.Value, h); device != "" {
			e.at(h, "importvg", "-L", name, device)
		}
	}
	if reserved {
		e.change("varyonvg", name)
	}
}

// importAt makes a group known on a node, with the same name and major number and varied off.
func (e *explainer) importAt(g cty.Value, node string) {
	words := []string{"importvg", "-n", "-y", schema.Str(g, "name")}
	if schema.Has(g, "major") {
		words = append(words, "-V", size(g, "major"))
	}
	if device := e.deviceThere(g, node); device != "" {
		e.at(node, append(words, device)...)
	}
}

// changeHosts makes a shared group known on further nodes of its cluster, and has others forget it. The disks stay as they are.
func (e *explainer) changeHosts(g *schema.Object) {
	have, want := schema.Strings(g.Value, "hosts"), schema.Strings(e.s.After.Value, "hosts")
	name := schema.Str(g.Value, "name")
	for _, h := range without(want, have) {
		e.importAt(e.s.After.Value, h)
	}
	for _, h := range without(have, want) {
		switch state := schema.Str(g.Value, schema.JoinPath("known", h, "state")); {
		case h == e.here() || state == "active" || state == "concurrent":
			e.refuse("hosts", "Varied on", "%s has %s varied on.", h, name).Fix = "Move the resource group that has it to another node first."
		case state == "passive":
			e.at(h, "varyoffvg", name)
			e.at(h, "exportvg", name)
		default:
			e.at(h, "exportvg", name)
		}
	}
}

func (e *explainer) classicStorage(c, g *schema.Object) {
	v := e.s.After
	if e.s.Kind == "volume_group" && e.s.Before != nil {
		g = e.s.Before
	}
	switch e.s.Kind + " " + string(e.s.Action) {
	case "volume_group create":
		e.classicShared(c)
		return
	case "filesystem create":
		for _, a := range []string{"auto_mount", "mounted", "export"} {
			if schema.Has(v.Value, a) {
				e.refuse(a, "The cluster mounts it", "%s is in a shared volume group.", schema.Str(v.Value, "mount")).Fix = "Leave " + a + " out."
				return
			}
		}
	case "filesystem update":
		for _, ch := range e.s.Changes {
			if ch.Path != "size" {
				e.refuse(ch.Path, "The cluster's", "%s of %s, which several hosts share.", ch.Path, schema.Str(e.s.Before.Value, "mount")).Fix = "Leave it out."
				return
			}
		}
	case "filesystem delete", "logical_volume delete":
		if !e.free(g, string(e.s.Address)) {
			return
		}
	}
	if e.running(c) && e.s.Action != "update" {
		e.refuse("volume_group", "Cluster services run", "What comes and goes in a shared volume group of a cluster before 7.1 has to become known on all its nodes, and Gantry makes it known there while the services of %s are down.", schema.Str(c.Value, "name")).Fix = "Apply state = \"offline\" for the cluster first; or use smitty cl_lvm, and import what it makes."
		return
	}
	if e.s.Kind == "volume_group" && e.s.Action == "delete" && !e.empty(g) || !e.on(g) {
		return
	}
	switch e.s.Kind + " " + string(e.s.Action) {
	case "volume_group delete":
		for _, h := range e.others(g.Value) {
			e.at(h, "exportvg", schema.Str(g.Value, "name"))
		}
		e.dissolve(g, e.here())
		delete(e.f.Memo, "on "+g.ID)
		return
	case "volume_group update":
		if e.changes("hosts") {
			// Nobody else reads disks that are reserved.
			reserved, name := schema.Str(g.Value, "mode") == "standard", schema.Str(g.Value, "name")
			if reserved {
				e.change("varyonvg", "-b", "-u", name)
			}
			e.changeHosts(g)
			if reserved {
				e.change("varyonvg", name)
			}
			if len(e.s.Changes) == 1 {
				return // nothing in the group has changed
			}
		}
		if e.changes("auto_on") {
			e.refuse("auto_on", "The cluster varies it on", "%s is shared, and a shared group is never varied on when a host starts (rule STG-20).", schema.Str(g.Value, "name")).Fix = "Leave auto_on out."
			return
		}
	}
	e.storage()
	e.known(g)
}

func (e *explainer) classicShared(c *schema.Object) {
	v := e.s.After.Value
	name := schema.Str(v, "name")
	if !schema.Has(v, "major") {
		e.refuse("major", "No major number", "%s is shared, and its major number has to be the same on all its hosts (rule STG-37).", name).Fix = "Declare major: a number that lvlstmajor prints on every one of them."
		return
	}
	flags := []string{"-n", "-V", size(v, "major")}
	if schema.Str(v, "mode") != "standard" {
		flags = append(flags, "-C")
	}
	if !e.makeGroup(e.here(), flags...) {
		return
	}
	standard := schema.Str(v, "mode") == "standard"
	if standard || e.running(c) {
		e.change("varyoffvg", name)
	}
	for _, h := range e.others(v) {
		e.importAt(v, h)
	}
	e.detail("known to", "%s", strings.Join(e.others(v), ", "))
	if e.running(c) {
		return
	}
	if standard {
		e.change("varyonvg", name)
	}
	e.f.Memo["on "+e.s.After.ID] = cty.StringVal(e.s.Endpoint)
}

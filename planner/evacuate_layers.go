package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner/rules"
)

// An evacuation across layers: a partition that migrates takes everything along that runs in it, with one pause. Where it stays, its
// workload partitions relocate and its resource groups move, each where it is least felt. Emptying a host relocates what is in it.

// applications looks after what runs in the partitions of the evacuated system.
func (e *evacuator) applications() {
	frame := e.system[e.home.ID]
	for _, m := range slices.Clone(e.out.Moves) {
		h := e.b.hostIn(m.Address)
		if h == nil || e.b.found[h.Address] == nil || m.Mode != "live" {
			continue
		}
		for _, f := range e.b.in.Inventory.Of("wpar") {
			if a := e.b.owner[key(f)]; schema.Str(f.Value, "host") == e.b.found[h.Address].ID && isRunning(f) && a != "" {
				e.out.Along = append(e.out.Along, Along{a, m.Address, "the migration pauses it once; relocating it would pause it as well, and leave its host behind"})
			}
		}
		for _, f := range e.b.in.Inventory.Of("resource_group") {
			if a := e.b.owner[key(f)]; schema.Str(f.Value, "on") == e.b.found[h.Address].ID && schema.Str(f.Value, "state") == "online" && a != "" {
				e.out.Along = append(e.out.Along, Along{a, m.Address, "the migration pauses it; moving the group would stop what is in it and start it elsewhere"})
			}
		}
	}
	for _, s := range slices.Clone(e.out.Stays) {
		h := e.b.hostIn(s.Address)
		if s.Address == "" || h == nil || e.b.found[h.Address] == nil || !s.Running {
			continue
		}
		why := fmt.Sprintf("%s stays: %s", s.Address, strings.TrimRight(firstSentence(s.Why()), "."))
		onFrame := func(t *rules.Host) bool { return t.Partition != nil && t.Partition.Target == frame }
		e.emptyHost(h.Address, onFrame, why)
		e.leaveNode(h, onFrame, why)
	}
}

func firstSentence(s string) string {
	if first, _, ok := strings.Cut(s, ". "); ok {
		return first
	}
	return s
}

// emptyHost finds other hosts for the workload partitions of a host. Those that avoid holds for are none; why is what keeps the
// host's partition, "" where the host itself is to become empty.
func (e *evacuator) emptyHost(host schema.Address, avoid func(*rules.Host) bool, why string) {
	found := e.b.found[host]
	taken := map[schema.Address]int{}
	for _, f := range e.b.in.Inventory.Of("wpar") {
		if schema.Str(f.Value, "host") != found.ID {
			continue
		}
		a := e.b.owner[key(f)]
		o := e.b.desired[a]
		stay := Stay{Address: a, Name: nameOf(f), Running: isRunning(f)}
		switch {
		case o == nil:
			stay.Address = ""
			stay.Obstacles = []Obstacle{{"undeclared", "Nobody declared it, so it is not Gantry's to move.", "Declare it with an import block, or move it by hand."}}
		case schema.Address(schema.Str(o.Value, "host")) != host:
			e.out.Already = append(e.out.Already, Place{Address: a, From: host, To: schema.Address(schema.Str(o.Value, "host")), Attribute: "host"})
			continue
		default:
			var best *rules.Host
			mode := ""
			for _, t := range e.facts.Hosts {
				if t.Address == "" || t.Address == host || !t.Found || avoid != nil && avoid(t) {
					continue
				}
				how, bad := e.wparThere(o, f, t)
				if len(bad) > 0 {
					stay.Refused = append(stay.Refused, Refused{t.Address, bad})
					continue
				}
				if best == nil || taken[t.Address] < taken[best.Address] || taken[t.Address] == taken[best.Address] && t.MemFree > best.MemFree {
					best, mode = t, how
				}
			}
			if best != nil {
				taken[best.Address]++
				e.out.Moves = append(e.out.Moves, Place{Address: a, From: host, To: best.Address, Mode: mode, Attribute: "host", Why: why})
				continue
			}
			stay.Obstacles = common(stay.Refused)
			stay.Refused = without(stay.Refused, stay.Obstacles)
			if len(stay.Obstacles)+len(stay.Refused) == 0 {
				stay.Obstacles = []Obstacle{{"no-target", "No other host could take it.", "Declare one that answers."}}
			}
		}
		e.out.Stays = append(e.out.Stays, stay)
	}
}

// wparThere is how a workload partition would come to a host, and what the plan would say against it.
func (e *evacuator) wparThere(o, f *schema.Object, t *rules.Host) (mode string, bad []Obstacle) {
	c := *e.b
	c.steps, c.byAddr, c.plan = nil, map[schema.Address][]*Step{}, &Plan{}
	c.existing(e.b.in.Catalogue.Kind("wpar"), relocated(o, "host", e.b.desired[schema.Address(schema.Str(o.Value, "host"))], e.b.desired[t.Address]), f)
	for _, s := range c.steps {
		if s.Action == Relocate {
			mode = s.Mode
		}
		c.askProvider(s)
	}
	for _, x := range c.plan.Findings {
		if x.Severity == diag.Error {
			bad = append(bad, Obstacle{x.Code, x.Detail, x.Fix})
		}
	}
	if mode == "" && len(bad) == 0 {
		return "", []Obstacle{{"unsettled", fmt.Sprintf("It is %s; nothing can be planned for it now.", schema.Str(f.Value, "condition")), "Wait until it has settled, and plan again."}}
	}
	facts := *e.facts
	facts.Wpars = nil
	for _, w := range e.facts.Wpars {
		if w.Address == o.Address {
			moved := *w
			moved.Target, moved.Live = t, mode == "live"
			w = &moved
		}
		facts.Wpars = append(facts.Wpars, w)
	}
	for _, x := range rules.Run(rules.Plan, &facts) {
		if x.Address == string(o.Address) && x.Severity == diag.Error && strings.HasPrefix(x.Code, "WPAR-") {
			bad = append(bad, Obstacle{x.Code, x.Detail, x.Fix})
		}
	}
	return mode, bad
}

// leaveNode finds other nodes for the resource groups that are online on a host whose partition stays.
func (e *evacuator) leaveNode(h *schema.Object, avoid func(*rules.Host) bool, why string) {
	id := e.b.found[h.Address].ID
	for _, f := range e.b.in.Inventory.Of("resource_group") {
		a := e.b.owner[key(f)]
		o := e.b.desired[a]
		if o == nil || schema.Str(f.Value, "on") != id || schema.Str(f.Value, "state") != "online" || schema.Str(f.Value, "startup") == "all-available" {
			continue
		}
		stay := Stay{Address: a, Name: nameOf(f), Running: true}
		cluster := e.b.lookup("cluster", schema.Str(f.Value, "cluster"))
		var to *rules.Host
		for _, n := range schema.Strings(f.Value, "nodes") {
			for _, t := range e.facts.Hosts {
				if t.Found && t.Name == n && n != id && !avoid(t) && cluster != nil && schema.Str(cluster.Value, schema.JoinPath("members", n, "state")) == "NORMAL" && to == nil {
					to = t
				}
			}
		}
		switch {
		case schema.Str(o.Value, "on") == "":
			stay.Obstacles = []Obstacle{{"no-place", "Its node is not declared, so a plan does not say where it is.", "Declare on = host.NAME."}}
		case schema.Address(schema.Str(o.Value, "on")) != h.Address:
			e.out.Already = append(e.out.Already, Place{Address: a, From: h.Address, To: schema.Address(schema.Str(o.Value, "on")), Attribute: "on"})
			continue
		case to == nil:
			stay.Obstacles = []Obstacle{{"RG-42", "No other node of it runs cluster services on another frame.", "Start them there, or give the group another node."}}
		default:
			e.out.Moves = append(e.out.Moves, Place{Address: a, From: h.Address, To: to.Address, Mode: "move", Attribute: "on", Why: why})
			continue
		}
		e.out.Stays = append(e.out.Stays, stay)
	}
}

// backThere sorts out what becomes of a workload partition or a resource group that left.
func (e *evacuator) backThere(l Left) {
	attribute := map[bool]string{true: "host", false: "on"}[l.Address.Kind() == "wpar"]
	o, f := e.b.desired[l.Address], e.b.found[l.Address]
	stay := Stay{Address: l.Address, Name: l.Address.Name(), Forget: true}
	say := func(code, fix, format string, args ...any) {
		stay.Obstacles = []Obstacle{{code, fmt.Sprintf(format, args...), fix}}
		e.out.Stays = append(e.out.Stays, stay)
	}
	home := e.b.found[l.From]
	switch {
	case o == nil:
		say("undeclared", "", "It is not declared any more.")
	case schema.Address(schema.Str(o.Value, attribute)) == l.From:
		e.out.Already = append(e.out.Already, Place{Address: l.Address, From: l.To, To: l.From, Attribute: attribute})
	case schema.Address(schema.Str(o.Value, attribute)) != l.To:
		say("moved-on", "If it is to come back all the same, change its place by hand.", "The evacuation put it on %s; it is declared on %s now.", l.To, schema.Str(o.Value, attribute))
	case f == nil || home == nil:
		stay.Forget = false
		say("not-visible", "Repair the connection and plan again.", "It or %s was not discovered.", l.From)
	case attribute == "on":
		e.out.Moves = append(e.out.Moves, Place{Address: l.Address, From: l.To, To: l.From, Mode: "move", Attribute: attribute})
	default:
		stay.Name, stay.Running, stay.Forget = nameOf(f), isRunning(f), false
		i := slices.IndexFunc(e.facts.Hosts, func(h *rules.Host) bool { return h.Address == l.From })
		if i < 0 {
			say("undeclared", "Declare it again.", "%s is not declared any more.", l.From)
			return
		}
		mode, bad := e.wparThere(o, f, e.facts.Hosts[i])
		if len(bad) > 0 {
			stay.Obstacles = bad
			e.out.Stays = append(e.out.Stays, stay)
			return
		}
		e.out.Moves = append(e.out.Moves, Place{Address: l.Address, From: l.To, To: l.From, Mode: cmp.Or(mode, "live"), Attribute: attribute})
	}
}

package aix

import (
	"strings"
	"testing"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// A definition is verified before it is synchronised (rule HA-33), and what nodes share is changed by the cluster's own commands,
// or not at all (rule HA-34).
func TestClusterCommands(t *testing.T) {
	nodes := []string{"db01", "db02"}
	cluster := &schema.Object{Kind: "cluster", ID: "payroll", Endpoint: "aix.x/db01", Value: object("name", "payroll", "version", "7.2", "nodes", nodes, "state", "online")}
	group := &schema.Object{Kind: "volume_group", ID: "db01/datavg", Endpoint: "aix.x/db01", Value: object("name", "datavg", "hosts", nodes, "mode", "enhanced-concurrent", "quorum", true, "known.db01.state", "active", "known.db02.state", "passive")}
	for name, c := range map[string]struct {
		found []*schema.Object
		step  planner.Step
		want  string
	}{
		"synchronise": {[]*schema.Object{cluster}, planner.Step{Kind: "cluster", Action: planner.Synchronise, Before: cluster, After: cluster}, "clmgr verify cluster\nclmgr sync cluster\n"},
		"a shared group": {[]*schema.Object{cluster, group}, planner.Step{Kind: "volume_group", Action: planner.Update, Before: group, Changes: []planner.Change{{Path: "quorum"}},
			After: &schema.Object{Kind: "volume_group", ID: group.ID, Value: schema.Set(group.Value, "quorum", schema.Get(object("x", false), "x"))}}, "clmgr modify volume_group datavg QUORUM_NEEDED=no\n"},
		"without a cluster": {[]*schema.Object{group}, planner.Step{Kind: "volume_group", Action: planner.Update, Before: group, Changes: []planner.Change{{Path: "quorum"}}, After: group}, "! Shared without a cluster\n"},
	} {
		s := c.step
		s.Address, s.Endpoint = schema.Address(s.Kind+".x"), "aix.x/db01"
		var got strings.Builder
		for _, d := range New().Explain(&s, planner.NewFacts(planner.Merge(kinds.Catalogue(), c.found, nil))) {
			got.WriteString("! " + d.Summary + "\n")
		}
		for _, x := range s.Commands {
			got.WriteString(strings.TrimPrefix(strings.TrimPrefix(x.Line, utilities), cspoc) + "\n")
		}
		if got.String() != c.want {
			t.Errorf("%s: got\n%swant\n%s", name, got.String(), c.want)
		}
	}
}

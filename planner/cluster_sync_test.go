package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// A change of a cluster begins at a node whose services run, and one verification and synchronisation there follows all that
// changes its definition (rules HA-32 and HA-33).
func TestClusterSynchronises(t *testing.T) {
	for running, at := range map[string]string{"db01": "aix.x/db01", "db02": "aix.x/db02"} {
		w := newWorld()
		nodes := func(prefix string) cty.Value {
			return cty.TupleVal([]cty.Value{cty.StringVal(prefix + "db01"), cty.StringVal(prefix + "db02")})
		}
		set := schema.Set
		for _, h := range []string{"db01", "db02"} {
			key := "aix.x/" + h
			w.endpoints = append(w.endpoints, planner.Endpoint{Key: key, Type: "aix", Host: h})
			w.desired = append(w.desired, &schema.Object{Kind: "host", Address: schema.Address("host." + h), Endpoint: key, Value: object("hostname", h)})
			state, services := "OFFLINE", "offline"
			if h == running {
				state, services = "NORMAL", "online"
			}
			w.found = append(w.found, &schema.Object{Kind: "host", ID: h, Endpoint: key, Value: object("hostname", h, "level", "7200-05-03-2148")},
				&schema.Object{Kind: "cluster", ID: "payroll", Endpoint: key, Value: set(object("name", "payroll", "condition", "STABLE", "synchronised", true, "state", services, "members."+h+".state", state), "nodes", nodes(""))},
				&schema.Object{Kind: "resource_group", ID: "payroll/rg", Endpoint: key, Value: set(object("name", "rg", "cluster", "payroll", "startup", "first-available", "fallover", "next-priority", "fallback", "higher-priority", "condition", "OFFLINE"), "nodes", nodes(""))})
		}
		w.desired = append(w.desired, &schema.Object{Kind: "cluster", Address: "cluster.payroll", Endpoint: "aix.x/db01", Value: set(object("name", "payroll", "version", "7.2"), "nodes", nodes("host."))},
			&schema.Object{Kind: "resource_group", Address: "resource_group.rg", Endpoint: "aix.x/db01", Value: set(object("name", "rg", "cluster", "cluster.payroll", "startup", "first-available", "fallover", "next-priority", "fallback", "never"), "nodes", nodes("host."))})
		for _, o := range w.found {
			if o.Kind == "cluster" || o.Kind == "resource_group" {
				rec := o.Clone()
				rec.Address = map[string]schema.Address{"cluster": "cluster.payroll", "resource_group": "resource_group.rg"}[o.Kind]
				w.records[rec.Address] = &schema.Record{Object: rec}
			}
		}
		var got []string
		for _, s := range w.build().Steps {
			got = append(got, fmt.Sprintf("%s at %s after %s", s.ID, s.Endpoint, strings.Join(s.WaitsFor, ",")))
		}
		want := []string{"update:resource_group.rg at " + at + " after ", "synchronise:cluster.payroll at " + at + " after update:resource_group.rg"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s runs: got %q\nwant %q", running, got, want)
		}
	}
}

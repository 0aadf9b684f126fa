package kinds

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// inCluster is the identity of what belongs to a cluster: cluster/name.
func inCluster(v cty.Value) string { return schema.Str(v, "cluster") + "/" + schema.Str(v, "name") }

// Application is what a cluster starts and stops with a resource group.
func Application() *schema.Kind {
	return &schema.Kind{
		Name:     "application",
		Version:  1,
		Doc:      "An application under cluster control: an application controller (an application server in HACMP) with its monitors. Its scripts are there already, under the same path on every node.",
		Identity: [][]string{{"name"}},
		Home:     []string{"cluster"},
		Made:     inCluster,
		Attributes: []schema.Attribute{
			{Name: "name", FromLabel: true, Pattern: haName, PatternIs: haNameIs, CreateOnly: true, Doc: "Name of the application controller.", Console: "clmgr query application_controller", Default: "the label"},
			{Name: "cluster", Type: schema.Ref, RefKind: "cluster", Required: true, CreateOnly: true, Doc: "Its cluster.", Example: "cluster.payroll"},
			required(script("start", "Script that starts it. It asks nothing and copes with what a crash left behind.", "STARTSCRIPT", `"/opt/payroll/start.sh"`)),
			required(script("stop", "Script that stops it.", "STOPSCRIPT", `"/opt/payroll/stop.sh"`)),
			{Name: "startup_mode", Enum: []string{"background", "foreground"}, Doc: "Whether the resource group waits for the start script and fails with it.", Console: "STARTUP_MODE", Default: "background", Example: `"foreground"`},

			{Name: "monitor", Type: schema.ObjectType, Nesting: schema.LabelledBlock, Doc: "An application monitor; the label is its name, unique in the cluster.", Console: "clmgr add application_monitor", Attributes: []schema.Attribute{
				{Name: "type", Required: true, Enum: []string{"process", "custom"}, CreateOnly: true, Doc: "Processes that have to be there, or a program that tests.", Console: "TYPE", Example: `"process"`},
				{Name: "mode", Enum: []string{"longrunning", "startup", "both"}, Doc: "Whether it watches the running application, its start, or both. Startup monitors exist from 5.2 on.", Console: "MODE", Default: "longrunning", Example: `"longrunning"`},
				{Name: "processes", Nesting: schema.List, Pattern: processName, PatternIs: "a name of letters, digits, underscores, dots, slashes, plus signs and hyphens", Doc: "Names of the processes as ps -el prints them. Of a process monitor.", Console: "PROCESSES", Example: `["payd"]`},
				{Name: "owner", Pattern: lvmName, PatternIs: "a user name", Doc: "User that they run as. Of a process monitor.", Console: "OWNER", Example: `"pay"`},
				{Name: "instances", Type: schema.Number, Min: schema.F(1), Doc: "How many there have to be. Of a process monitor.", Console: "INSTANCECOUNT", Default: "1", Example: "1"},
				{Name: "arguments", Doc: "Arguments that tell the processes from others of the name.", Console: "ARGUMENTS", Example: `"-d"`},
				script("method", "Program that tests, without arguments: exit code 0 is healthy. Of a custom monitor.", "MONITORMETHOD", `"/opt/payroll/check.sh"`),
				seconds("interval", "How often it tests; no answer in that time is a failure. Of a custom monitor.", "MONITORINTERVAL", `"60s"`, 1, 0),
				{Name: "hung_signal", Type: schema.Number, Min: schema.F(1), Max: schema.F(63), Doc: "Signal to a test that does not answer. Of a custom monitor.", Console: "HUNGSIGNAL", Default: "9", Example: "9"},
				seconds("stabilization", "How long after the start it begins to watch.", "STABILIZATION", `"60s"`, 0, 0),
				{Name: "restarts", Type: schema.Number, Min: schema.F(0), Doc: "Restarts before on_failure.", Console: "RESTARTCOUNT", Example: "3"},
				seconds("restart_interval", "How long the application has to be stable for the restarts to be counted anew.", "RESTARTINTERVAL", `"5m"`, 0, 0),
				{Name: "on_failure", Enum: []string{"notify", "fallover"}, Doc: "What happens after the last restart: somebody is told, or the group moves.", Console: "FAILUREACTION", Default: "notify", Example: `"fallover"`},
				script("cleanup", "Program that cleans up before a restart.", "CLEANUPMETHOD", `"/opt/payroll/stop.sh"`),
				script("restart", "Program that restarts.", "RESTARTMETHOD", `"/opt/payroll/start.sh"`),
				script("notify", "Program that tells somebody.", "NOTIFYMETHOD", `"/opt/payroll/notify.sh"`),
			}},

			{Name: "kind", Policy: true, Enum: []string{"database", "web", "batch", "other"}, Doc: "What it is (rules MON-02, MON-06).", Example: `"database"`},
			{Name: "process", Policy: true, Enum: []string{"program", "script"}, Doc: "What runs after the start: a program, or a shell script, which a process monitor cannot watch (rule MON-01).", Example: `"program"`},
			seconds0("start_time", "How long the start takes until it answers (rules MON-06, MON-08, RG-43).", `"2m"`),
			{Name: "unattended", Type: schema.Bool, Policy: true, Doc: "Its scripts ask nothing (rule HA-20).", Default: "true", Example: "true"},
			{Name: "recovers_from_crash", Type: schema.Bool, Policy: true, Doc: "Its start script copes with what a crashed node leaves behind (rule HA-22).", Example: "true"},
			{Name: "tested_standalone", Type: schema.Bool, Policy: true, Doc: "It has been tried on one node without a cluster (rule HA-23).", Example: "true"},
			{Name: "concurrent", Type: schema.Bool, Policy: true, Doc: "It can run on several nodes at once (rules RG-28, RG-29).", Default: "false", Example: "false"},
			{Name: "files", Nesting: schema.List, Policy: true, Doc: "Where it keeps data, sockets and temporary files (rules HA-23, HA-24, RG-03).", Example: `["/payroll/data"]`},
			{Name: "levels", Nesting: schema.List, Policy: true, Doc: "AIX versions that it supports (rule HA-25).", Example: `["7.2", "7.3"]`},
			{Name: "routes", Nesting: schema.List, Policy: true, Doc: "Destinations that its nodes need a route to (rule NET-44).", Example: `["10.9.0.0"]`},
			{Name: "licence", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "Its licence (rules HA-26 to HA-28).", Attributes: []schema.Attribute{
				{Name: "bound_to", Type: schema.Ref, RefKind: "host", Nesting: schema.List, Policy: true, Doc: "Hosts that it is licensed for.", Example: "[host.db01, host.db02]"},
				{Name: "processors", Type: schema.Number, Policy: true, Min: schema.F(1), Doc: "Processors that are licensed.", Example: "4"},
				{Name: "count", Type: schema.Number, Policy: true, Min: schema.F(1), Doc: "Nodes that it may run on at once.", Example: "1"},
			}},
			{Name: "clients", Type: schema.ObjectType, Nesting: schema.Block, Policy: true, Doc: "Who uses it (rules NET-40 to NET-43).", Attributes: []schema.Attribute{
				{Name: "arp_refresh", Type: schema.Bool, Policy: true, Doc: "Clients take a gratuitous ARP.", Example: "true"},
				{Name: "same_subnet", Type: schema.Bool, Policy: true, Doc: "Clients are on the subnet of the service address.", Example: "true"},
				{Name: "reconnect", Policy: true, Doc: "What they do when the application restarts elsewhere.", Example: `"by themselves"`},
			}},
		},
		Checks: []schema.Check{{Code: "monitor-form", Doc: "A process monitor has processes and an owner, a custom one a method.", Check: monitorForm}},
	}
}

func required(a schema.Attribute) schema.Attribute {
	a.Required = true
	return a
}

func seconds0(name, doc, example string) schema.Attribute {
	a := seconds(name, doc, "", example, 0, 0)
	a.Policy = true
	return a
}

func monitorForm(v cty.Value) (string, string, string) {
	for _, l := range schema.Items(v, "monitor") {
		m, at := schema.Get(v, schema.JoinPath("monitor", l)), schema.JoinPath("monitor", l)
		if !haName.MatchString(l) {
			return at, fmt.Sprintf("%q is no name for a monitor (rule MON-17)", l), "Write " + haNameIs + "."
		}
		own := map[string][]string{"process": {"processes", "owner", "instances", "arguments"}, "custom": {"method", "interval", "hung_signal"}}
		need := map[string][]string{"process": {"processes", "owner"}, "custom": {"method"}}
		kind := schema.Str(m, "type")
		for other, attrs := range own {
			for _, a := range attrs {
				if other != kind && schema.Has(m, a) {
					return schema.JoinPath("monitor", l, a), a + " is of a " + other + " monitor, and this is a " + kind + " one", "Leave it out, or change the type."
				}
			}
		}
		for _, a := range need[kind] {
			if !schema.Has(m, a) {
				return at, "A " + kind + " monitor needs " + a, "Add " + a + "."
			}
		}
	}
	return "", "", ""
}

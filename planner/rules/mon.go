package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// ofMonitors runs a check for every monitor of a declared application, with the path of its block.
func ofMonitors(check func(a *Application, m *Monitor, at string, r *Reporter)) func(*Facts, *Reporter) {
	return ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
		for _, m := range a.Monitors {
			check(a, m, "monitor."+m.Name, r)
		}
	})
}

// starts: it watches the start of the application too.
func (m *Monitor) starts() bool { return m.Mode == "startup" || m.Mode == "both" }

func mon() []*Rule {
	return []*Rule{
		{ID: "MON-01", Moments: declaredAlone, Severity: diag.Error, Statement: "A process monitor does not watch a shell script.",
			Says: "{monitor} watches {application}, whose process is a shell script. Use a custom monitor with its own test.", Source: "S2 2.7.5",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if m.Type == "process" && a.Process == "script" {
					r.Say(a.Address, at+".type", fmt.Sprintf("%s watches processes, and what runs of %s is a shell script.", m.Name, a.Name), "Use a custom monitor with a test of its own.")
				}
			})},
		{ID: "MON-02", Moments: declaredAlone, Severity: diag.Warning, Statement: "A living process is not an answer.",
			Says: "{monitor} only sees that {process} exists. Add a custom monitor that asks {application} for an answer.", Source: "S2 2.7.5",
			Check: ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
				custom := slices.ContainsFunc(a.Monitors, func(m *Monitor) bool { return m.Type == "custom" })
				if a.Kind == "web" && len(a.Monitors) > 0 && !custom {
					m := a.Monitors[0]
					r.Say(a.Address, "monitor."+m.Name, fmt.Sprintf("%s sees that %s is there, not that the web server answers.", m.Name, some(m.Processes)), "Add a custom monitor that asks it for a page.", "processes", some(m.Processes))
				}
			})},
		{ID: "MON-03", Moments: []string{Plan}, Severity: diag.Error, Statement: "Processes are named as the process list prints them.",
			Says: "{monitor}: no process named '{name}' is running on {node}. Use one of {similar}.", Source: "S2 2.7.5; MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				g := a.Cluster.holding(a)
				if g == nil || !g.online() || g.Current == nil || len(g.Current.Processes) == 0 {
					return // it runs nowhere, and no list tells its names
				}
				h := g.Current
				for _, name := range m.Processes {
					if slices.Contains(h.Processes, name) {
						continue
					}
					if near := similar(name, h.Processes); len(near) > 0 {
						r.Say(a.Address, at+".processes", fmt.Sprintf("No process named %q runs on %s, where %s is online.", name, h.Name, g.Label()), "Use one of "+some(near)+".", "process", name)
					} else {
						r.Unknown(false, a.Address, at+".processes", fmt.Sprintf("%s, where %s is online, runs no process named %q and none like it.", h.Name, g.Label(), name), "Compare the name with ps -el when the application runs.", "process", name)
					}
				}
			})},
		{ID: "MON-04", Moments: declaredAlone, Severity: diag.Error, Statement: "The owner of watched processes exists on every node.",
			Says: "{monitor}: user {owner} does not exist on {node}.", Source: "MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				g := a.Cluster.holding(a)
				if m.Type != "process" || g == nil {
					return
				}
				var no []*Host
				for _, h := range g.all() {
					if _, ok := h.Users[m.Owner]; !ok && len(h.Users) > 0 {
						no = append(no, h)
					}
				}
				switch {
				case m.Owner == "":
					r.Say(a.Address, at+".owner", fmt.Sprintf("%s does not say whose processes it watches.", m.Name), "Declare owner.")
				case len(no) > 0:
					r.Say(a.Address, at+".owner", fmt.Sprintf("There is no user %s on %s.", m.Owner, hostNames(no)), "Create it, with the same numeric id everywhere, or correct the name.", "owner", m.Owner)
				}
			})},
		{ID: "MON-05", Moments: declaredAlone, Severity: diag.Error, Statement: "A monitor of several processes counts one of each.",
			Says: "{monitor} lists {n} processes with {m} instances; with several names the count must be 1.", Source: "S2 2.7.5; MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if n := len(m.Processes); n > 1 && m.Instances > 1 || m.Instances == 0 {
					r.Say(a.Address, at+".instances", fmt.Sprintf("%s names %d processes and asks for %g instances.", m.Name, n, m.Instances), "Declare instances = 1, or a monitor for each of them.", "instances", m.Instances)
				}
			})},
		{ID: "MON-06", Moments: declaredAlone, Severity: diag.Error, Statement: "A monitor waits until the application is up, a database's until it has recovered.",
			Says: "{monitor} starts watching after {s} s. Set it above the start time of {application} (about {t} s).", Source: "S2 2.7.5; MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if s := m.Stabilization; s == 0 || s > 0 && a.Kind == "database" && s <= a.StartTime {
					r.Say(a.Address, at+".stabilization", fmt.Sprintf("%s begins to watch after %g s; %s takes %g s to start.", m.Name, s, a.Name, a.StartTime), "Let it wait longer than the start takes, recovery included.", "stabilization", s)
				}
			})},
		{ID: "MON-07", Moments: declaredAlone, Severity: diag.Error, Statement: "A monitor that restarts has programs to clean up and to restart.",
			Says: "{monitor} restarts {n} times but has no {method}. Name one.", Source: "S2 2.7.5",
			Elsewhere: "the kind application, which needs a start and a stop script: the cluster takes these where a monitor names none"},
		{ID: "MON-08", Moments: declaredAlone, Severity: diag.Warning, Unconfirmed: true, Statement: "Restarts are counted anew after more time than they all take.",
			Says: "{monitor}: interval {i} s is shorter than {n} attempts of {t} s; it would restart forever. Raise it to {need} s.", Source: "S2 2.7.5 (meaning of the interval); factor unconfirmed",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				attempt := max(m.Stabilization, 0) + a.StartTime + max(m.Interval, 0)
				need := math.Ceil(1.1 * m.Restarts * attempt)
				if m.Restarts > 0 && m.RestartInterval >= 0 && m.RestartInterval < need {
					r.Say(a.Address, at+".restart_interval", fmt.Sprintf("%s counts restarts anew after %g s; %g attempts of %g s take longer, and it would restart for ever.", m.Name, m.RestartInterval, m.Restarts, attempt), fmt.Sprintf("Raise it to %gs.", need), "need", need)
				}
			})},
		{ID: "MON-09", Moments: declaredAlone, Severity: diag.Warning, Statement: "A group moves for an application that cannot be restarted only where a monitor says so.",
			Says: "{monitor} only notifies when {application} cannot be restarted. Set fallover if {rg} should move.", Source: "S2 2.7.5",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g == nil || !g.movable() || len(a.Monitors) == 0 {
					return
				}
				if m := a.Monitors[0]; !slices.ContainsFunc(a.Monitors, func(m *Monitor) bool { return m.OnFailure == "fallover" }) {
					r.Say(a.Address, "monitor."+m.Name+".on_failure", fmt.Sprintf("When %s cannot be restarted somebody is told and %s stays where it is.", a.Name, g.Label()), "Declare on_failure = \"fallover\" if it should move.")
				}
			})},
		{ID: "MON-10", Moments: declaredAlone, Severity: diag.Error, Statement: "A monitor that moves its group has somewhere to move it.",
			Says: "{monitor} asks for fallover, but {rg} has nowhere to go.", Source: "S2 2.7.4, 2.7.5",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if g := a.Cluster.holding(a); m.OnFailure == "fallover" && g != nil && !g.movable() {
					r.Say(a.Address, at+".on_failure", fmt.Sprintf("%s asks for fallover; %s has the nodes %s and fallover = %q.", m.Name, g.Label(), hostNames(g.all()), g.Fallover), "Give the group another node and a fallover policy, or declare on_failure = \"notify\".")
				}
			})},
		{ID: "MON-11", Moments: []string{Validate, Plan, Apply}, Severity: diag.Error, Statement: "A custom monitor has a method that every node can run.",
			Says: "{monitor}: {method} is missing on {node} (or was given arguments).", Source: "S2 2.7.5; MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if m.Type == "custom" && m.Method == "" {
					r.Say(a.Address, at+".method", fmt.Sprintf("%s has no program that tests.", m.Name), "Name one, without arguments.")
				}
				runnable(a, a.Cluster.holding(a), at+".method", m.Method, r)
			})},
		{ID: "MON-13", Moments: declaredAlone, Severity: diag.Advice, Statement: "A test that hangs is killed, with its locks.",
			Says: "{monitor}: a hung method is killed with signal {n}.", Source: "S2 2.7.5; MONH",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				// Where tests take locks as a rule.
				if m.Type == "custom" && a.Kind == "database" && (m.Signal < 0 || m.Signal == 9) {
					r.Say(a.Address, at+".hung_signal", fmt.Sprintf("A test of %s that hangs is killed with signal 9 and cleans nothing up.", m.Name), "Declare another hung_signal if it holds locks in the database.")
				}
			})},
		{ID: "MON-14", Moments: declaredAlone, Severity: diag.Error, Statement: "Startup monitors exist from 5.2 on.",
			Says: "{monitor} uses startup mode, which {version} does not have.", Source: "S2 2.5.2",
			Check: ofMonitors(func(a *Application, m *Monitor, at string, r *Reporter) {
				if v := a.Cluster.Release; v < "5.2" && m.starts() {
					r.Say(a.Address, at+".mode", fmt.Sprintf("%s has the mode %s; %s watches the running application alone.", m.Name, m.Mode, v), "Declare mode = \"longrunning\".", "mode", m.Mode)
				}
			})},
		{ID: "MON-15", Moments: declaredAlone, Severity: diag.Warning, Statement: "An application that others wait for has a startup monitor.",
			Says: "{application} in parent group {rg} has no startup monitor; its children may start too early.", Source: "MONS",
			Check: ofApplications(func(a *Application, g *ResourceGroup, r *Reporter) {
				if g == nil || a.Cluster.Release < "5.2" || slices.ContainsFunc(a.Monitors, (*Monitor).starts) {
					return
				}
				for _, o := range g.Cluster.Groups {
					if slices.Contains(o.Parents, g) {
						r.Say(a.Address, "monitor", fmt.Sprintf("%s waits for %s, where nothing tells when %s answers.", o.Label(), g.Label(), a.Name), "Add a monitor with mode = \"startup\" or \"both\".", "child", o.Name)
						return
					}
				}
			})},
		{ID: "MON-16", Moments: declaredAlone, Severity: diag.Warning, Statement: "An application is watched.",
			Says: "{application} has no monitor; a crash of the application alone goes unnoticed.", Source: "S2 2.7.5",
			Check: ofApplications(func(a *Application, _ *ResourceGroup, r *Reporter) {
				if len(a.Monitors) == 0 {
					r.Say(a.Address, "monitor", fmt.Sprintf("%s has no monitor; when it crashes and its node does not, nobody notices.", a.Name), "Add one.")
				}
			})},
		{ID: "MON-17", Moments: declaredAlone, Severity: diag.Error, Statement: "A monitor's name is unique in its cluster.",
			Says: "{monitor}: {reason}.", Source: "MONH; MONS",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				owner := map[string]*Application{}
				for _, a := range c.Applications {
					for _, m := range a.Monitors {
						if prev := owner[m.Name]; prev != nil {
							r.Say(a.Address, "monitor."+m.Name, fmt.Sprintf("%s and %s both have a monitor named %s.", prev.Label(), a.Label(), m.Name), "Rename one of them.", "name", m.Name)
						}
						owner[m.Name] = a
					}
				}
			})},
		{ID: "MON-18", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A monitor that asks often is tried against the freeze of a live migration.",
			Says: "{monitor} polls every {s} s and may fail {application} while {node} moves. Suspend it or test.", Source: "HALPM; HALPM08",
			Check: ofNodeMoves(func(m *Migration, c *Cluster, h *Host, r *Reporter) {
				for _, g := range c.Groups {
					if !m.Live || g.Current != h || !g.online() || c.Policies["lpm_policy"] == "unmanage" {
						continue
					}
					for _, a := range g.Applications {
						for _, x := range a.Monitors {
							if x.Type == "custom" && x.Interval > 0 && x.Interval < longestPolling {
								r.Say(m.Partition.Address, "system", fmt.Sprintf("%s tests %s every %g s and may find no answer while %s moves.", x.Name, a.Label(), x.Interval, h.Name), "Try it, raise the interval, or declare lpm_policy = \"unmanage\" for the cluster.", "interval", x.Interval)
							}
						}
					}
				}
			})},
		{ID: "MON-19", Moments: []string{Plan}, Severity: diag.Advice, Statement: "An application that is stopped on purpose is not watched meanwhile.",
			Says: "{monitor} is suspended while {application} is stopped by this plan.", Source: "domain knowledge; S2 2.7.5",
			Check: func(f *Facts, r *Reporter) {
				for _, c := range f.Clusters {
					for _, g := range c.Groups {
						if c.Stops || !g.Stops || !g.online() {
							continue
						}
						for _, a := range g.Applications {
							if len(a.Monitors) > 0 {
								r.Say(a.Address, "monitor", fmt.Sprintf("The plan stops %s with %s, and its monitors with it.", a.Name, g.Label()), "Stop it by nothing else meanwhile: a monitor that runs would start it again.", "group", g.Name)
							}
						}
					}
				}
			}},
	}
}

// movable: it has another node and a policy that takes it there.
func (g *ResourceGroup) movable() bool {
	return len(g.all()) > 1 && g.Fallover != "bring-offline" && !g.Concurrent()
}

// similar are the names of a process list that somebody may have meant.
func similar(name string, list []string) []string {
	var out []string
	low := strings.ToLower(name)
	for _, p := range list {
		l := strings.ToLower(p)
		if len(low) > 2 && len(l) > 2 && (strings.Contains(l, low) || strings.Contains(low, l)) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return sorted(out)
}

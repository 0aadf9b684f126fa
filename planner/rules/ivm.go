package rules

import (
	"fmt"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

func ivm() []*Rule {
	return []*Rule{
		{ID: "IVM-01", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "One IVM manages exactly one frame.",
			Says: "IVM console {console} lists frames {list}. Give every frame its own IVM entry.", Source: "S1 What is IVM",
			Check: func(f *Facts, r *Reporter) {
				for _, e := range f.Endpoints {
					if e.Type == "ivm" && len(e.Claims) > 1 {
						var names []string
						for _, a := range e.Claims {
							names = append(names, string(a))
						}
						r.Say(e.Claims[1], "", fmt.Sprintf("The IVM %s is named by %s.", e.Key, strings.Join(names, ", ")), "Give every frame its own provider block.", "console", e.Key)
					}
				}
			}},
		{ID: "IVM-02", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A frame is managed either by an HMC or by an IVM, never by both.",
			Says: "{system} is claimed by HMC {hmc} and IVM {ivm}. Remove one of the two.", Source: "S1 What is IVM; WIKI",
			Check: func(f *Facts, r *Reporter) {
				for _, s := range f.Systems {
					if s.Address != "" && s.Manager != "" && s.ManagerDeclared != "" && s.Manager != s.ManagerDeclared {
						r.Say(s.Address, "", fmt.Sprintf("%s is declared under a provider of type %s, but an %s manages it.", s.Label(), s.ManagerDeclared, strings.ToUpper(s.Manager)), "Name the provider that manages it.", "manager", s.Manager)
					}
				}
			}},
		{ID: "IVM-03", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "A partition does not migrate between a frame under an HMC and one under an IVM.",
			Says: "{source} is managed by {kind_a} and {target} by {kind_b}; {partition} cannot move between them. Choose a target managed the same way.", Source: "S1 Validation; WIKI; later levels unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Source.Manager != "" && m.Target.Manager != "" && m.Source.Manager != m.Target.Manager {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is managed by an %s and %s by an %s.", m.Source.Label(), strings.ToUpper(m.Source.Manager), m.Target.Label(), strings.ToUpper(m.Target.Manager)), "Newer levels allow it and the console's validation has the last word; acknowledge this, or choose a target that is managed the same way.", "source", m.Source.Manager, "target", m.Target.Manager)
				}
			})},
		{ID: "IVM-04", Moments: []string{Plan}, Severity: diag.Error, Statement: "A Virtual I/O Server is an IVM only if it has the virtual management channel.",
			Says: "{vios} is declared as IVM but has no management channel device. Declare its HMC instead.", Source: "S1 What is IVM, listing 1",
			Check: func(f *Facts, r *Reporter) {
				for _, s := range f.Systems {
					for _, v := range s.Vios {
						if s.ManagerDeclared == "ivm" && !v.Channel {
							r.Say(s.Address, "", fmt.Sprintf("%s is declared as an IVM but has no management channel device.", v.Name), "Declare the HMC that manages it instead.", "vios", v.Name)
						}
					}
				}
			}},
		{ID: "IVM-06", Moments: []string{Plan}, Severity: diag.Error, Statement: "Mobility under an IVM needs at least VIOS 1.5.1.1 on POWER6.",
			Says: "{vios} is at {level}; partition mobility under IVM needs 1.5.1.1 on POWER6 or later.", Source: "S1 What is IVM, Comparison; NUT",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				for _, v := range s.Vios {
					if s.Manager == "ivm" && v.Level != "" && older(v.Level, "1.5.1.1") {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is at %s; mobility under an IVM needs 1.5.1.1.", v.Name, v.Level), "Update "+v.Name+" first.", "level", v.Level)
					}
				}
			})},
		{ID: "IVM-07", Moments: []string{Plan}, Severity: diag.Error, Statement: "The address of the remote IVM and the name of the target frame are two different things.",
			Says: "Target of {partition}: '{value}' is the host name of an IVM, not a frame. Give the frame name too, as the console reports it.", Source: "S1 CLI",
			Check: func(f *Facts, r *Reporter) {
				for _, s := range f.Systems {
					for _, e := range f.Endpoints {
						if s.Address != "" && s.ID == "" && e.Type == "ivm" && s.Name != "" && (s.Name == e.Host || s.Name == e.Key) {
							r.Say(s.Address, "name", fmt.Sprintf("%q is the host name of an IVM, and no frame has that name.", s.Name), "Give the frame's name, as lssyscfg -r sys -F name prints it.", "name", s.Name)
						}
					}
				}
			}},
		{ID: "IVM-08", Moments: planApply, Severity: diag.Error, Statement: "The name of the target frame is mandatory for a migration.",
			Says: "No target frame for {partition}. Name it.", Source: "S1 Comparison, listing 10",
			Elsewhere: "the provider, which always passes both -m and -t"},
		{ID: "IVM-09", Moments: []string{Plan}, Severity: diag.Error, Statement: "A user on the remote IVM is needed; the invoking user must not be tried there by accident.",
			Says: "No user for remote IVM {console}. Set `user` in its provider entry.", Source: "S1 CLI, Comparison",
			Check: each(func(m *Migration, r *Reporter) {
				if e := m.TargetEndpoint; e != nil && e.Type == "ivm" && e.User == "" {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("The provider %s names no user for the migration.", e.Key), "Set user (or migration_user) in its provider block.", "console", e.Key)
				}
			})},
		{ID: "IVM-12", Moments: []string{Plan}, Severity: diag.Warning, Statement: "An IVM frame has one Virtual I/O Server and nothing to fall back on.",
			Says: "{system} has a single VIOS; its loss stops every partition on it. Place at most one node of a cluster there.", Source: "S1 Comparison (number of MSPs)",
			Check: func(f *Facts, r *Reporter) {
				for _, s := range f.Systems {
					seen := map[string]*Partition{}
					for _, p := range f.Partitions {
						if s.Manager != "ivm" || p.Apart == "" || p.Target != s && !(p.Target == nil && p.System == s) {
							continue
						}
						if other := seen[p.Apart]; other != nil {
							r.Say(p.Address, "placement.apart", fmt.Sprintf("%s has a single Virtual I/O Server, and both %s and %s of the group %s depend on it.", s.Label(), other.Name, p.Name, p.Apart), "Place at most one member of the group there.", "system", s.Name)
						}
						seen[p.Apart] = p
					}
				}
			}},
		{ID: "IVM-13", Moments: []string{Plan}, Severity: diag.Error, Statement: "The VASI device exists on the IVM.",
			Says: "{vios} at {level} has no VASI device. Create it or update to 1.5.2.", Source: "S1 Comparison (VASI)",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				for _, v := range s.Vios {
					if m.Live && s.Manager == "ivm" && !v.VASI {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s at %s has no VASI device, so there is no mover.", v.Name, unknownIfEmpty(v.Level)), "Create it, or update to 1.5.2, which creates it.", "level", v.Level)
					}
				}
			})},
		{ID: "IVM-14", Moments: []string{Plan}, Severity: diag.Error, Statement: "Client partitions own physical devices only from VIOS 1.5.1.1.",
			Says: "{partition} asks for physical slots, which the IVM on {system} ({level}) cannot assign. Update the VIOS or use virtual devices.", Source: "S1 Comparison (physical I/O)",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || len(p.Slots) == 0 || p.Target == nil || p.Target.Manager != "ivm" {
						continue
					}
					for _, v := range p.Target.Vios {
						if v.Level != "" && older(v.Level, "1.5.1.1") {
							r.Say(p.Address, "physical_slots", fmt.Sprintf("%s asks for physical slots, which the IVM on %s (%s) cannot assign.", p.Name, p.Target.Label(), v.Level), "Update the Virtual I/O Server or use virtual devices.", "level", v.Level)
						}
					}
				}
			}},
		{ID: "IVM-16", Moments: planApply, Severity: diag.Advice, Statement: "The IVM takes one partition per migration request.",
			Says: "{n} migrations from {system} are sent one at a time.", Source: "S1 Validation; IVMMAN",
			Check: func(f *Facts, r *Reporter) {
				count := map[*System][]*Migration{}
				for _, m := range f.Migrations {
					count[m.Source] = append(count[m.Source], m)
				}
				for _, s := range f.Systems {
					if ms := count[s]; s.Manager == "ivm" && len(ms) > 1 {
						r.Say(ms[0].Partition.Address, "system", fmt.Sprintf("%d migrations leave %s; each is a request of its own.", len(ms), s.Label()), "Nothing to do.", "migrations", len(ms))
					}
				}
			}},
		{ID: "IVM-17", Moments: []string{Plan}, Severity: diag.Advice, Statement: "A partition that was never activated can be migrated under IVM, unlike under HMC.",
			Says: "{partition} was never started; IVM can still move it powered off.", Source: "KICK",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Source.Manager == "ivm" && !m.Live && !m.Partition.EverActivated {
					r.Say(m.Partition.Address, "system", m.Partition.Name+" was never started; an IVM can move it all the same.", "Nothing to do.")
				}
			})},
		{ID: "IVM-18", Moments: []string{Plan}, Severity: diag.Advice, Statement: "The wait time is set on the command line.",
			Says: "Wait time for {partition}: {n} minutes.", Source: "S1 Comparison (wait time)",
			Elsewhere: "the provider, which always passes -w (mobility.wait, else 5 minutes)"},
		{ID: "IVM-19", Moments: []string{Apply}, Severity: diag.Error, Statement: "An asynchronous request returns right after validation; its return code says nothing about the migration.",
			Says: "{partition}: validation passed, migration runs ({sent} of {total}).", Source: "S1 CLI, listing 9",
			Elsewhere: "the provider, which polls state and bytes and then checks the place"},
		{ID: "IVM-20", Moments: planApply, Severity: diag.Advice, Statement: "An answer of an unknown form is refused.",
			Says: "{console} answered in an unknown form: {text}. The provider does not know level {level}.", Source: "S1 CLI; IVMMAN; MAN",
			Elsewhere: "the provider's parsers, whose errors show the command and the raw text"},
		{ID: "IVM-22", Moments: []string{Apply}, Severity: diag.Warning, Statement: "A recovery names the remote manager and user again.",
			Says: "Recover {partition} on {console_a} with remote manager {console_b}. Plan again afterwards.", Source: "IVMMAN; S1 Start (recover button)",
			Elsewhere: "the provider, whose migrlpar -o r always has --ip and -u"},
	}
}

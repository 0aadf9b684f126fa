package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// lpmHMC are the rules about migrations that matter under an HMC only, or for what only an HMC gives a partition.
func lpmHMC() []*Rule {
	return []*Rule{
		{ID: "LPM-05", Moments: []string{Plan}, Severity: diag.Error, Statement: "The consoles are at a level that can migrate: V7R3.2 within one HMC, V7R3.4 between two, V7R3.4.2 for shared memory.",
			Says: "{console} is at {level}; moving {partition} needs {minimum}. Update the console or manage both frames from one.", Source: "OVW",
			Check: each(func(m *Migration, r *Reporter) {
				minimum := "V7R3.2"
				if m.TargetEndpoint != nil && m.SourceEndpoint != m.TargetEndpoint {
					minimum = "V7R3.4"
				}
				if m.Partition.MemShared {
					minimum = "V7R3.4.2"
				}
				seen := map[*Endpoint]bool{nil: true}
				for _, e := range []*Endpoint{m.SourceEndpoint, m.TargetEndpoint} {
					if seen[e] || e.Type != "hmc" {
						continue
					}
					seen[e] = true
					if e.Version == "" {
						r.Unknown(false, m.Partition.Address, "system", fmt.Sprintf("%s does not tell its level.", e.Key), "Look with lshmc -V.")
					} else if older(levelOf(e.Version), levelOf(minimum)) {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is at %s; moving %s needs %s.", e.Key, e.Version, m.Partition.Name, minimum), "Update the console, or manage both frames from one.", "level", e.Version)
					}
				}
			})},
		{ID: "LPM-20", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "No other partition carries the UUID of one that migrates.",
			Says: "A partition with the UUID of {partition} already exists under {console}. Find and clean up the stale copy first.", Source: "MAN (an override exists); as a blocking check unconfirmed",
			Check: func(f *Facts, r *Reporter) {
				for _, m := range f.Migrations {
					for _, p := range f.Partitions {
						if p.ID != m.Partition.ID && p.UUID != "" && p.UUID == m.Partition.UUID {
							r.Say(m.Partition.Address, "system", fmt.Sprintf("%s on %s has the UUID of %s.", p.Name, p.System.Label(), m.Partition.Name), "Find out which of the two is the stale copy and clean it up first.", "uuid", p.UUID)
						}
					}
				}
			}},
		{ID: "LPM-21", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition whose migration was disabled on purpose stays.",
			Says: "Migration is disabled for {partition}. Ask its owner; enable it only after the licence question is answered.", Source: "NOMIG",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.MigrationDisabled {
					r.Say(m.Partition.Address, "system", "Migration is disabled for "+m.Partition.Name+".", "Ask its owner, usually about a licence; enable it with chsyscfg -r lpar and migration_disabled=0.", "migration_disabled", true)
				}
			})},
		{ID: "LPM-24", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition that migrates while it runs has no port of a Host Ethernet Adapter.",
			Says: "{partition} uses Host Ethernet ports {ports}. Replace them by virtual Ethernet through a Shared Ethernet Adapter.", Source: "IBMI; PERF",
			Check: each(func(m *Migration, r *Reporter) {
				if ports := m.Partition.HostPorts; m.Live && len(ports) > 0 {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s uses the Host Ethernet ports %s.", m.Partition.Name, strings.Join(ports, ", ")), "Replace them by virtual Ethernet through a Shared Ethernet Adapter (lhea_logical_ports=none in its profile), or migrate it powered off.", "lhea_logical_ports", strings.Join(ports, " "))
				}
			})},
		{ID: "LPM-25", Moments: []string{Plan}, Severity: diag.Error, Statement: "No SR-IOV logical port belongs to a partition that migrates while it runs, unless the port is migratable.",
			Says: "SR-IOV port {port} of {partition} is not migratable. Recreate it as migratable or use a vNIC.", Source: "VNIC; HNV; MAN",
			Check: each(func(m *Migration, r *Reporter) {
				for _, port := range m.Partition.fixedPorts() {
					if m.Live { // otherwise it is lost like a physical slot: LPM-23
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s has the SR-IOV logical port %s, which is not migratable.", m.Partition.Name, port), "Make it anew as migratable with a backup device, or use a vNIC or virtual Ethernet.", "port", port)
					}
				}
			})},
		{ID: "LPM-26", Moments: planApply, Severity: diag.Error, Statement: "The target supports the vNICs of the partition.",
			Says: "{target} cannot back vNIC {vnic} of {partition}. Free SR-IOV capacity there or map it by hand.", Source: "VNIC; MIGJOB",
			Check: each(func(m *Migration, r *Reporter) {
				if v := m.Partition.VNICs; len(v) > 0 && !slices.Contains(m.Target.Capabilities, "vnic_dedicated_sriov_capable") {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s has vNICs in the slots %s, which %s does not support.", m.Partition.Name, strings.Join(v, ", "), m.Target.Label()), "Choose a frame that does, or give it virtual Ethernet.", "slots", strings.Join(v, " "))
				}
			})},
		{ID: "LPM-27", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition that migrates while it runs has no huge pages.",
			Says: "{partition} uses {n} huge pages and cannot move while running. Set them to 0 and restart it, or migrate it powered off.", Source: "SRV; S1 Comparison",
			Check: each(func(m *Migration, r *Reporter) {
				if n := m.Partition.HugePages; m.Live && n > 0 {
					r.Say(m.Partition.Address, "memory.huge_pages", fmt.Sprintf("%s uses %g huge pages and cannot move while it runs.", m.Partition.Name, n), "Set them to 0 and restart it, or migrate it powered off.", "huge_pages", n)
				}
			})},
		{ID: "LPM-28", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The target has the huge pages that a partition wants after an inactive migration.",
			Says: "{target} has {free} huge pages, {partition} wants {n}. It will start with fewer; check the database memory settings.", Source: "SRV",
			Check: each(func(m *Migration, r *Reporter) {
				p, free := m.Partition, m.Target.HugeFree
				switch {
				case m.Live || p.HugePages == 0:
				case free < 0:
					r.Unknown(false, p.Address, "memory.huge_pages", fmt.Sprintf("%s does not tell its free huge pages; %s wants %g.", m.Target.Label(), p.Name, p.HugePages), "Look with lshwres -r mem --level sys.")
				case free < p.HugePages:
					r.Say(p.Address, "memory.huge_pages", fmt.Sprintf("%s has %g huge pages left, and %s wants %g: it will start with fewer.", m.Target.Label(), free, p.Name, p.HugePages), "Free huge pages there, or lower what it wants and check the memory settings of its database.", "free", free, "huge_pages", p.HugePages)
				}
			})},
		{ID: "LPM-29", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition that migrates while it runs has no barrier synchronization register (BSR) arrays.",
			Says: "{partition} uses {n} BSR arrays. Set them to 0 in its profile and restart, or migrate it powered off.", Source: "BSR; S1 Comparison",
			Check: each(func(m *Migration, r *Reporter) {
				if n := m.Partition.BSR; m.Live && n > 0 {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s uses %g BSR arrays.", m.Partition.Name, n), "Set bsr_arrays=0 in its profile (chsyscfg -r prof) and restart it, or migrate it powered off.", "bsr_arrays", n)
				}
			})},
		{ID: "LPM-30", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "Redundant error path reporting is off for a partition that migrates while it runs.",
			Says: "Redundant error path reporting is on for {partition}. Turn it off in its profile and restart it before a live migration.", Source: "field exists in PYVM; blocking effect unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live && m.Partition.RedundantErrorPath {
					r.Say(m.Partition.Address, "redundant_error_path", "Redundant error path reporting is on for "+m.Partition.Name+".", "Declare redundant_error_path = false and restart it before the move.", "redundant_err_path_reporting", true)
				}
			})},
		{ID: "LPM-31", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "The service partition of a frame, which receives its platform error log, does not move.",
			Says: "{partition} is the service partition of {source}. Give that role to another partition first.", Source: "domain knowledge; blocking effect unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if id := m.Source.Service; id > 0 && id == m.Partition.LparID {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is the service partition of %s.", m.Partition.Name, m.Source.Label()), "Give that role to another partition first: chsyscfg -r sys with service_lpar_id.", "service_lpar_id", id)
				}
			})},
		{ID: "LPM-36", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A partition that is the time reference of its frame does not travel.",
			Says: "{partition} is the time reference of {source}. Set the role on the VIOS and clear it on {partition}.", Source: "TRP",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.TimeReference {
					r.Say(m.Partition.Address, "time_reference", fmt.Sprintf("%s is the time reference of %s.", m.Partition.Name, m.Source.Label()), "Give the role to a Virtual I/O Server and declare time_reference = false.", "time_ref", true)
				}
			})},
		{ID: "LPM-38", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "The target is capable of the memory expansion that the partition uses.",
			Says: "{partition} uses memory expansion {factor}, which {target} does not support. Choose another frame or turn expansion off.", Source: "PYVM (capability); as a migration check unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if x := m.Partition.Expansion; x > 0 && !slices.Contains(m.Target.Capabilities, "active_mem_expansion_capable") {
					r.Say(m.Partition.Address, "memory.expansion", fmt.Sprintf("%s uses memory expansion %g, which %s does not support.", m.Partition.Name, x, m.Target.Label()), "Choose another frame, or turn expansion off.", "mem_expansion", x)
				}
			})},
		// No reading command of a console is documented that tells whether a frame offers these; what is known is that secure
		// boot came with POWER9.
		{ID: "LPM-39", Moments: []string{Plan}, Severity: diag.Error, Statement: "What a partition uses for its security, the target offers too.",
			Says: "{partition} uses {feature}, which {target} lacks. Choose a frame that has it.", Source: "PMIG (secure boot); PYVM (capabilities); virtual TPM unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				for _, feature := range m.Partition.Features {
					if feature == "secure boot" && len(m.Target.Compat) > 0 && !slices.ContainsFunc(m.Target.Compat, func(mode string) bool { return generation(mode) >= 9 }) {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s uses secure boot, which %s lacks.", m.Partition.Name, m.Target.Label()), "Choose a frame of POWER9 or later.", "feature", feature)
						continue
					}
					r.Unknown(false, m.Partition.Address, "system", fmt.Sprintf("%s does not tell whether it offers what %s uses: %s.", m.Target.Label(), m.Partition.Name, feature), "The console's validation tells; or acknowledge it.", "feature", feature)
				}
			})},
		{ID: "LPM-42", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The target can keep a partition that is set up for remote restart so.",
			Says: "{target} cannot keep remote restart for {partition}. Choose another frame or accept losing it.", Source: "MAN; MIGJOB",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.RemoteRestart && !slices.Contains(m.Target.Capabilities, "powervm_lpar_simplified_remote_restart_capable") {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is set up for remote restart, which %s does not offer.", m.Partition.Name, m.Target.Label()), "Choose another frame, or acknowledge that nobody can restart it elsewhere from there.", "simplified_remote_restart_capable", true)
				}
			})},
		{ID: "LPM-43", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "The target runs IBM i partitions.",
			Says: "{partition} is not set to restricted I/O (or {system} lacks IBM i mobility). Change the partition property while it is off.", Source: "PYVM; IBMI; which capability an HMC names is unconfirmed, and restricted I/O is not read",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.Environment == "os400" && !slices.Contains(m.Target.Capabilities, "os400_capable") {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s runs IBM i, which %s does not offer.", m.Partition.Name, m.Target.Label()), "Choose another frame. The console's validation tells too whether the partition is restricted to virtual I/O.", "environment", m.Partition.Environment)
				}
			})},
		{ID: "LPM-44", Moments: []string{Plan}, Severity: diag.Error, Statement: "Under an HMC a partition that was never activated does not migrate.",
			Says: "{partition} was never started, so the HMC cannot move it. Start it once, or define it on {target} instead.", Source: "KICK",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Source.Manager == "hmc" && !m.Live && !m.Partition.EverActivated {
					r.Say(m.Partition.Address, "system", m.Partition.Name+" was never started, so the HMC has no profile to move.", "Start it once, or delete it and create it on "+m.Target.Label()+".", "curr_profile", "")
				}
			})},
		{ID: "LPM-45", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A migration without a profile name overwrites the profile last used, which matters where it differs from what runs.",
			Says: "The move will overwrite profile {profile} of {partition} with its current settings. Give a new profile name to keep it.", Source: "MOB; PROF; S1 Comparison (profile)",
			Check: each(func(m *Migration, r *Reporter) {
				p := m.Partition
				if m.Live && p.Differs && !p.ProfileNamed {
					r.Say(p.Address, "mobility.profile", fmt.Sprintf("%s runs with other values than its profile %s has, and the move overwrites the profile.", p.Name, p.Profile), "Apply first what makes the two agree (reconcile says which one is right), or declare mobility.profile to keep the old one.", "profile", p.Profile)
				}
			})},
		{ID: "LPM-46", Moments: []string{Plan}, Severity: diag.Warning, Statement: "All profiles travel with the partition; only the current one is converted to the target's slots.",
			Says: "Profiles {others} of {partition} move unconverted; they may point at slots that do not exist on {target}. Review them after the move.", Source: "MOB; PROF",
			Check: each(func(m *Migration, r *Reporter) {
				var others []string
				for _, n := range m.Partition.Profiles {
					if n != m.Partition.Profile {
						others = append(others, n)
					}
				}
				if len(others) > 0 {
					r.Say(m.Partition.Address, "mobility.profile", fmt.Sprintf("The profiles %s of %s move as they are; their server slots may not exist on %s.", strings.Join(sorted(others), ", "), m.Partition.Name, m.Target.Label()), "Review them after the move, or remove them before.", "profiles", strings.Join(sorted(others), " "))
				}
			})},
		{ID: "LPM-51", Moments: []string{Plan}, Severity: diag.Error, Statement: "A shared processor pool of the partition exists on the target, or is mapped to one that does.",
			Says: "Pool {pool} does not exist on {target}. Name the pool to use there for {partition}.", Source: "MIGJOB; S1 CLI (pool listing)",
			Check: each(func(m *Migration, r *Reporter) {
				p, pool := m.Partition, m.Partition.Pool
				if p.PoolThere != "" {
					pool = p.PoolThere
				}
				switch {
				case p.ProcMode != "shared" || pool == "" || pool == "DefaultPool" || slices.Contains(m.Target.Pools, pool):
				case m.Target.PoolsPartly:
					r.Unknown(false, p.Address, "mobility.pool", fmt.Sprintf("no partition of %s uses the pool %s, and pools without partitions were not read there.", m.Target.Label(), pool), "Look with lshwres -r procpool; the console's validation of the move tells too.")
				default:
					r.Say(p.Address, "mobility.pool", fmt.Sprintf("The pool %s of %s does not exist on %s.", pool, p.Name, m.Target.Label()), "Declare mobility.pool with a pool that is there.", "pool", pool)
				}
			})},
		{ID: "LPM-58", Moments: planApply, Severity: diag.Error, Statement: "Under an HMC at least one Virtual I/O Server on each side is a mover service partition.",
			Says: "No VIOS on {system} is a mover service partition. Turn the attribute on for one of {vioses}.", Source: "S1 Comparison; MSPH; VAL",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				if m.Live && s.Manager == "hmc" && s.movers() == 0 {
					var names []string
					for _, v := range s.Vios {
						names = append(names, v.Name)
					}
					r.Say(m.Partition.Address, "system", "No Virtual I/O Server of "+s.Label()+" is a mover service partition.", "Declare mover = true for one of them ("+strings.Join(sorted(names), ", ")+"), or set msp=1 with chsyscfg -r lpar.", "system", s.Name)
				}
			})},
		{ID: "LPM-61", Moments: []string{Plan}, Severity: diag.Advice, Statement: "Where a frame has two Virtual I/O Servers, both are movers.",
			Says: "{system} has one mover only; a mover failure would break the migration of {partition}.", Source: "RMSP; NBP",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				if m.Live && s.Manager == "hmc" && s.movers() == 1 && len(s.Vios) > 1 && !m.Partition.RedundantMovers { // else LPM-80 speaks
					r.Say(m.Partition.Address, "system", s.Label()+" has one mover only.", "Declare mover = true for its other Virtual I/O Server too.", "system", s.Name)
				}
			})},
		{ID: "LPM-80", Moments: []string{Plan}, Severity: diag.Error, Statement: "What mobility names is there: movers and Virtual I/O Servers of the frames that the partition moves between.",
			Says: "{file}: {object} still points at {source} after {partition} moves to {target}. Change it in the same plan.", Source: "derived from S1 After migration; MOB",
			Check: each(func(m *Migration, r *Reporter) {
				if pairs := m.Partition.Choices["mover_pairs"]; len(pairs) > 0 {
					if there := m.Partition.Choices["mover_pairs there"]; len(pairs) != 2 || pairs[0] == pairs[1] || there[0] == there[1] {
						r.Say(m.Partition.Address, "mobility.mover_pairs", fmt.Sprintf("mobility.mover_pairs of %s is not two pairs of four different movers.", m.Partition.Name), "Write two, as [\"f1vios1/f2vios1\", \"f1vios2/f2vios2\"].", "pairs", len(pairs))
					}
					if named := append(slices.Clone(m.Partition.Choices["source_mover"]), m.Partition.Choices["target_mover"]...); len(named) > 0 || m.Partition.OneMover {
						r.Say(m.Partition.Address, "mobility.mover_pairs", fmt.Sprintf("%s names pairs of movers, and also a single mover or redundant_movers = \"off\".", m.Partition.Name), "Keep one of them.", "pairs", len(pairs))
					}
				} else if m.Live && m.Partition.RedundantMovers {
					for _, s := range []*System{m.Source, m.Target} {
						if s.Manager == "hmc" && s.movers() < 2 {
							r.Say(m.Partition.Address, "mobility.redundant_movers", fmt.Sprintf("%s requires redundant movers, and %s has %d.", m.Partition.Name, s.Label(), s.movers()), "Declare mover = true for another Virtual I/O Server there and apply that first, or do without redundancy.", "system", s.Name)
						}
					}
				}
				for _, x := range []struct {
					attr string
					on   *System
				}{{"source_mover", m.Source}, {"target_mover", m.Target}, {"mover_pairs", m.Source}, {"mover_pairs there", m.Target}, {"scsi_mappings", m.Target}, {"fibre_channel_mappings", m.Target}} {
					for _, name := range m.Partition.Choices[x.attr] {
						attr, _, _ := strings.Cut(x.attr, " ")
						v, path := x.on.server(name), "mobility."+attr
						switch {
						case v == nil:
							r.Say(m.Partition.Address, path, fmt.Sprintf("%s of %s names %s, which is no Virtual I/O Server of %s.", path, m.Partition.Name, name, x.on.Label()), "Name one of that frame, or leave the choice to the console.", "vios", name)
						case strings.Contains(attr, "mover") && m.Live && !v.Mover:
							r.Say(m.Partition.Address, path, fmt.Sprintf("%s of %s names %s of %s, which is no mover service partition.", path, m.Partition.Name, name, x.on.Label()), "Name another one, or declare mover = true for it and apply that first.", "vios", name)
						}
					}
				}
			})},
		{ID: "LPM-81", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A partition that migrates powered off holds what its profile says; which of the two arrives is a policy of the frame.",
			Says: "{partition} is off; it will arrive with {a} MB from its {profile/current} values, not {b} MB. Align the two first if that matters.", Source: "SRV; MOB",
			Check: each(func(m *Migration, r *Reporter) {
				p := m.Partition
				if m.Live || m.Source.Manager != "hmc" || p.MemNow == 0 {
					return // one that holds nothing comes with its profile
				}
				if p.MemNow != p.ProfileMem || p.HeldUnits > 0 && p.HeldUnits != p.ProfileUnits {
					r.Say(p.Address, "memory", fmt.Sprintf("%s is off and holds %g MiB and %g processing units, and its profile %s asks for %g MiB and %g: the policy of %s for inactive migrations decides which of the two arrives.", p.Name, p.MemNow, p.HeldUnits, p.Profile, p.ProfileMem, p.ProfileUnits, m.Source.Label()), "Apply the profile (chsyscfg -r lpar -o apply) or start it once, so that both agree; or acknowledge it.", "holds", p.MemNow, "profile", p.ProfileMem)
				}
			})},
		// The catalogue has a warning. Two client adapters that end on one Virtual I/O Server export one disk twice, so
		// Gantry wants the loss declared, with paths, and applied before the move.
		{ID: "LPM-75", Moments: []string{Plan}, Severity: diag.Error, Statement: "The target offers as many paths to the disks as the source.",
			Says: "{partition} has {a} storage paths on {source} and would have {b} on {target}. Add paths there or accept the loss.", Source: "RED; STO; VIOSP",
			Check: moved(func(m *Migration, d *PartitionDisk, r *Reporter) {
				if d.Disk == nil || d.Disk.Paths[m.Source.ID] == nil || d.Disk.Paths[m.Target.ID] == nil {
					return
				}
				a, b := len(d.Disk.Paths[m.Source.ID].Servers), len(d.Disk.Paths[m.Target.ID].Servers)
				if d.Paths > 0 {
					a = min(a, d.Paths)
				}
				if b > 0 && b < a {
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s of %s has %d paths on %s and would have %d on %s.", d.Disk.Label(), m.Partition.Name, a, m.Source.Label(), b, m.Target.Label()), fmt.Sprintf("Zone it to another Virtual I/O Server there; or accept the loss: declare paths = %d for it and apply that before the move.", b), "source", a, "target", b)
				}
			})},
		{ID: "LPM-76", Moments: planApply, Severity: diag.Advice, Statement: "The plan shows which virtual adapter goes to which Virtual I/O Server and port, and the mapping can be pinned.",
			Says: "{partition}: slot {slot} will be served by {vios} ({port}) on {target}.", Source: "PROC; MIGJOB; PYVM",
			Elsewhere: "the hmc provider: the details of a migrate step, and mobility.scsi_mappings and fibre_channel_mappings"},
	}
}

func netHMC() []*Rule {
	return []*Rule{
		{ID: "NET-02", Moments: []string{Plan}, Severity: diag.Error, Statement: "The virtual switch of every adapter exists on the target under the same name.",
			Says: "Virtual switch {vswitch} used by {partition} does not exist on {target}. Create it or map the adapter to another one.", Source: "IBMI",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || p.Target.Manager != "hmc" || len(p.Target.Switches) == 0 || !p.New && p.Target == p.System {
						continue
					}
					said := map[string]bool{}
					for _, e := range p.Ethernet {
						if e.Switch == "" || said[e.Switch] || slices.Contains(p.Target.Switches, e.Switch) {
							continue
						}
						said[e.Switch] = true
						if p.Target.SwitchesPartly {
							continue // rule NET-01 refuses it if nothing is bridged on it
						}
						r.Say(p.Address, "ethernet", fmt.Sprintf("The virtual switch %s of %s does not exist on %s.", e.Switch, p.Name, p.Target.Label()), "Create it there with a Shared Ethernet Adapter on it, or declare another switch.", "vswitch", e.Switch)
					}
				}
			}},
		{ID: "NET-05", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A VLAN leaves the target the way it leaves the source, tagged or untagged, and so reaches the same segment.",
			Says: "{partition} keeps {ip}, but VLAN {vlan} on {target} does not lead to {subnet}. Check the switch ports of {vios}.", Source: "IBMI; REQ (common LAN); VETH-HELP (port VLANs leave untagged)",
			Check: each(func(m *Migration, r *Reporter) {
				said := map[int]bool{}
				for _, e := range m.Partition.Ethernet {
					for _, v := range e.VLANs {
						if said[v] || m.Source.bridging(e, v) == 0 || m.Target.bridging(e, v) == 0 {
							continue
						}
						how := map[bool]string{true: "untagged", false: "tagged"}
						hereAll, hereNone := m.Source.untagged(e, v)
						if thereAll, thereNone := m.Target.untagged(e, v); hereAll && thereNone || hereNone && thereAll {
							said[v] = true
							r.Say(m.Partition.Address, "ethernet", fmt.Sprintf("VLAN %d of %s leaves %s %s and %s %s; whether both reach one segment only the switches tell.", v, m.Partition.Name, m.Source.Label(), how[hereAll], m.Target.Label(), how[thereAll]), "Check the switch ports of both frames, then acknowledge this.", "vlan", v)
						}
					}
				}
			})},
		{ID: "NET-08", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The bridge on the target is as redundant as on the source.",
			Says: "VLAN {vlan} on {target} hangs on one VIOS only; {partition} would lose network redundancy.", Source: "RED (storage wording); VIOS maintenance-readiness job",
			Check: each(func(m *Migration, r *Reporter) {
				said := map[int]bool{}
				for _, e := range m.Partition.Ethernet {
					for _, v := range e.VLANs {
						if a, b := m.Source.bridging(e, v), m.Target.bridging(e, v); !said[v] && b > 0 && b < a {
							said[v] = true
							r.Say(m.Partition.Address, "ethernet", fmt.Sprintf("VLAN %d is bridged by %d Virtual I/O Servers on %s and by %d on %s.", v, a, m.Source.Label(), b, m.Target.Label()), "Add a Shared Ethernet Adapter in failover there.", "vlan", v)
						}
					}
				}
			})},
	}
}

func stgHMC() []*Rule {
	return []*Rule{
		{ID: "STG-09", Moments: planApply, Severity: diag.Error, Statement: "The Virtual I/O Servers of the target have a Fibre Channel port on the fabric of every adapter.",
			Says: "{target} has no free NPIV port on fabric {fabric} for slot {slot} of {partition}. Free a port or map it by hand.", Source: "NPIVP; STO; HSCLA319",
			Elsewhere: "the hmc provider, which refuses a step for which no available port is declared on the fabric; how many virtual ports are free behind it only the console's validation knows"},
		{ID: "STG-10", Moments: []string{Plan}, Severity: diag.Error, Statement: "Source and target reach the same storage ports through virtual Fibre Channel.",
			Says: "{partition} reaches {lun} through port {a} on {source} and {b} on {target}. Align the zoning or accept LUN-only checking.", Source: "NPIVB",
			Elsewhere: "the console's own validation (LPM-73), whose refusal the hmc provider explains; the check of LUNs only is never asked for"},
		{ID: "STG-12", Moments: []string{Validate, Plan}, Severity: diag.Warning, Statement: "The virtual Fibre Channel adapters of a partition use different ports and Virtual I/O Servers.",
			Says: "{partition}: slots {a} and {b} use the same port {port}. Spread them over two ports and VIOS.", Source: "LPM-FAQ; NPIV",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || len(p.Fabrics) < 2 {
						continue
					}
					servers, all := map[string]bool{}, true
					for _, fabric := range p.Fabrics {
						all = all && len(p.Target.Fabrics[fabric]) > 0
						for _, port := range p.Target.Fabrics[fabric] {
							vios, _, _ := strings.Cut(port, "/")
							servers[vios] = true
						}
					}
					if all && len(servers) == 1 {
						for vios := range servers {
							r.Say(p.Address, "npiv", fmt.Sprintf("All virtual Fibre Channel adapters of %s can only be served by %s of %s.", p.Name, vios, p.Target.Label()), "Declare a port of the other Virtual I/O Server in a fabric block of the system.", "vios", vios)
						}
					}
				}
			}},
		{ID: "STG-14", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Where a frame has two Virtual I/O Servers, a partition reaches each disk through both.",
			Says: "{disk} has one path from {host}. Add a second adapter or path.", Source: "S3 Failover and cluster (multi-path); DISK",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || p.Target.Manager != "hmc" || len(p.Target.Vios) < 2 || !p.New {
						continue
					}
					for _, d := range p.Disks {
						if d.Disk == nil || d.Paths == 1 || d.Backing == "lv" || d.Backing == "file" {
							continue // what one server made has no other path
						}
						if path := d.Disk.Paths[p.Target.ID]; path != nil && len(path.Servers) == 1 {
							fix := "Zone it to the other Virtual I/O Server too, or declare paths = 1 to accept it."
							for _, v := range p.Target.Vios {
								if v.Name != path.Servers[0] && (v.State != "Running" || v.RMC != "active") {
									fix = fmt.Sprintf("%s is %s and its RMC is %s, so nobody can say what it sees: bring it back, or declare paths = 1 to accept it.", v.Name, v.State, v.RMC)
								}
							}
							r.Say(p.Address, "disk", fmt.Sprintf("Only %s of %s sees %s.", path.Servers[0], p.Target.Label(), d.Disk.Label()), fix, "disk", d.Disk.ID)
						}
					}
				}
			}},
	}
}

func (s *System) movers() int {
	n := 0
	for _, v := range s.Vios {
		if v.Mover {
			n++
		}
	}
	return n
}

// server is a Virtual I/O Server by its name, or nil.
func (s *System) server(name string) *Vios {
	for _, v := range s.Vios {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// bridging counts the Virtual I/O Servers that bridge a VLAN of an adapter's switch.
func (s *System) bridging(e *Ethernet, vlan int) int {
	n := 0
	for _, v := range s.Vios {
		if len(v.bridging(e, vlan)) > 0 {
			n++
		}
	}
	return n
}

// untagged tells how a VLAN leaves the frame: untagged when every bridge has it as a port VLAN, tagged when none has.
func (s *System) untagged(e *Ethernet, vlan int) (all, none bool) {
	all, none = true, true
	for _, v := range s.Vios {
		for _, b := range v.bridging(e, vlan) {
			port := slices.Contains(b.Untagged, vlan)
			known := len(b.Untagged) > 0 // every trunk adapter has a port VLAN
			all, none = all && port && known, none && !port && known
		}
	}
	return all, none
}

// levelOf makes dotted numbers of a console's level: V7R7.8.0 and V10R3 M1060 are 7.7.8.0 and 10.3.
func levelOf(version string) string {
	level, _, _ := strings.Cut(strings.TrimSpace(version), " ")
	level = strings.ReplaceAll(strings.TrimPrefix(level, "V"), "R", ".")
	return strings.TrimRight(level, ".")
}

// byNumber orders the rules of a family.
func byNumber(a, b *Rule) int {
	n := func(r *Rule) int { _, s, _ := strings.Cut(r.ID, "-"); i, _ := strconv.Atoi(s); return i }
	return n(a) - n(b)
}

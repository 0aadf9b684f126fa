package rules

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

var planApply = []string{Plan, Apply}

// each runs a check for every migration of the plan.
func each(check func(m *Migration, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, m := range f.Migrations {
			check(m, r)
		}
	}
}

// sides runs a check for source and target.
func sides(check func(m *Migration, s *System, r *Reporter)) func(*Facts, *Reporter) {
	return each(func(m *Migration, r *Reporter) {
		check(m, m.Source, r)
		check(m, m.Target, r)
	})
}

func lpm() []*Rule {
	return []*Rule{
		{ID: "LPM-01", Moments: planApply, Severity: diag.Error, Statement: "The partition-mobility licence is active on both frames.",
			Says: "{system} has no PowerVM Enterprise edition, so {partition} cannot be migrated to or from it. Activate the edition or choose another frame.", Source: "REQ; TECH-PS703; S1 Comparison",
			Elsewhere: "rule LPM-02: a console names no edition, and a frame without it reports no mobility capability"},
		{ID: "LPM-02", Moments: planApply, Severity: diag.Error, Statement: "Both frames report themselves capable of the kind of migration asked for.",
			Says: "{system} reports no {kind} mobility capability. Check edition and firmware, or plan the other kind of migration.", Source: "VAL; PYVM",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				if m.Live && !s.ActiveCapable || !m.Live && !s.InactiveCapable {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s reports no %s mobility capability.", s.Label(), m.kind()), "Check its edition and firmware, or plan the other kind of migration.", "system", s.Name)
				}
			})},
		{ID: "LPM-03", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Source and target are two different known frames, and both are operating.",
			Says: "{partition}: target frame {target} is {state}. Choose a frame that is operating and is not the one it runs on.", Source: "MAINT; RRMAN",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				if s.State != "Operating" {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is in the state %s.", s.Label(), unknownIfEmpty(s.State)), "Choose a frame that is operating.", "state", s.State)
				}
			})},
		{ID: "LPM-04", Moments: planApply, Severity: diag.Error, Statement: "Both frames are under one console, or under consoles that the estate declares.",
			Says: "{source} is managed by {console_a} and {target} by {console_b}. Add {console_b} as remote manager, or attach both frames to one console.", Source: "S1 Comparison; OVW; MAN",
			Elsewhere: "the planner, which takes the console that manages both frames, else names the declared console of the target; rule LPM-05 and IVM-03 say whether the two can"},
		{ID: "LPM-06", Moments: planApply, Severity: diag.Error, Statement: "Two consoles that take part hold each other's keys for the user given.",
			Says: "{console_a} cannot log in to {console_b} as {user}. Exchange the authentication keys, then plan again.", Source: "REQ; VAL; Ansible collection for Power HMC",
			Elsewhere: "the hmc provider: mkauthkeys --test before every validation of such a move, with the command that exchanges the keys in the answer to a refusal; the ivm provider leaves it to the console's validation"},
		{ID: "LPM-08", Moments: []string{Plan}, Severity: diag.Error, Statement: "The Virtual I/O Servers of both frames are at a level that supports mobility.",
			Says: "{vios} is at {level}; mobility of {partition} needs at least {minimum}. Update {vios} first.", Source: "S1 Comparison; NUT",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				for _, v := range s.Vios {
					switch {
					case v.Level == "":
						r.Unknown(false, m.Partition.Address, "system", fmt.Sprintf("%s reports no level.", v.Name), "Look with ioslevel.")
					case older(v.Level, "1.5"):
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is at %s; mobility needs at least 1.5.", v.Name, v.Level), "Update "+v.Name+" first.", "level", v.Level)
					default:
						if minimum, what := m.Partition.leastVIOS(); older(v.Level, minimum) {
							r.Say(m.Partition.Address, "system", fmt.Sprintf("%s is at %s; mobility of %s, which %s, needs at least %s.", v.Name, v.Level, m.Partition.Name, what, minimum), "Update "+v.Name+" first.", "level", v.Level)
						}
					}
				}
			})},
		{ID: "LPM-09", Moments: []string{Plan}, Severity: diag.Error, Statement: "The operating system in a running partition supports mobility.",
			Says: "{partition} runs {os_level}, which cannot be migrated while running. Update it, or migrate it powered off.", Source: "S0 comparison table; WIKI",
			Check: each(func(m *Migration, r *Reporter) {
				if v := aixLevel.FindStringSubmatch(m.Partition.OS); m.Live && v != nil {
					major, _ := strconv.ParseFloat(v[1], 64)
					tl, _ := strconv.Atoi(v[2])
					if major < 5.3 || major == 5.3 && tl < 7 {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s runs %s, which cannot be migrated while it runs.", m.Partition.Name, m.Partition.OS), "Update it to AIX 5.3 TL7 or later, or migrate it powered off.", "os_level", m.Partition.OS)
					}
				}
			})},
		{ID: "LPM-11", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A migration is planned work, not recovery: source frame and partition are healthy.",
			Says: "{source} is {state}; live migration cannot rescue {partition}. Use remote restart or cluster takeover instead.", Source: "S0 introduction; HALPM",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.State == "error" {
					r.Say(m.Partition.Address, "state", fmt.Sprintf("%s is in the state Error; a migration cannot rescue it.", m.Partition.Name), "Repair or restart it first.", "state", m.Partition.State)
				}
			})},
		{ID: "LPM-12", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A Virtual I/O Server never migrates, even where a console lets you select it.",
			Says: "{partition} is a Virtual I/O Server and cannot be migrated. Remove it from the migration; it stays with its frame.", Source: "S1 Validation; PYVM",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.Environment == "vioserver" {
					r.Say(m.Partition.Address, "system", m.Partition.Name+" is a Virtual I/O Server and cannot be migrated.", "Leave it on "+m.Source.Label()+"; it stays with its frame.", "environment", m.Partition.Environment)
				}
			})},
		{ID: "LPM-13", Moments: planApply, Severity: diag.Error, Statement: "An active migration needs the state Running, an inactive one Not Activated.",
			Says: "{partition} was planned as {kind} but is now {state}. Wait for a stable state or plan again.", Source: "S1 Start; IVMENV; PYVM",
			Check: each(func(m *Migration, r *Reporter) {
				if s := m.Partition.State; s != "running" && s != "off" && !strings.HasPrefix(s, "migrating") {
					r.Say(m.Partition.Address, "state", fmt.Sprintf("%s is in the state %q, which is neither running nor off.", m.Partition.Name, s), "Wait for a stable state, or power it off, and plan again.", "state", s)
				}
			})},
		{ID: "LPM-14", Moments: planApply, Severity: diag.Error, Statement: "The partition is in no migration already, nor left in an unfinished one.",
			Says: "{partition} is in migration state {state}. Let it finish or recover it first, then plan again.", Source: "NOVA; RECJOB",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.New {
						continue
					}
					if strings.HasPrefix(p.State, "migrating") || p.Migration != "" && p.Migration != "Not Migrating" {
						r.Say(p.Address, "state", fmt.Sprintf("%s is in migration: state %s, migration %s.", p.Name, p.State, unknownIfEmpty(p.Migration)), "Let it finish, or recover it with gantry migrate -recover "+string(p.Address)+", then plan again.", "state", p.State, "migration_state", p.Migration)
					}
				}
			}},
		{ID: "LPM-15", Moments: planApply, Severity: diag.Error, Statement: "The management connection (RMC) of a running partition is active.",
			Says: "{partition} has no active RMC connection to {console}. Check the RMC daemons and port 657, wait for state active, then retry.", Source: "VAL; S1 Comparison; RMC",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live && m.Partition.RMC != "active" && m.Partition.Environment != "os400" {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s has no active RMC connection to %s (it is %s).", m.Partition.Name, m.Source.Console, unknownIfEmpty(m.Partition.RMC)), "Check the RMC daemons in the partition and port 657, wait for the state active, then plan again.", "rmc_state", m.Partition.RMC)
				}
			})},
		{ID: "LPM-16", Moments: planApply, Severity: diag.Error, Statement: "The management connection (RMC) of every Virtual I/O Server that takes part is active, on both sides.",
			Says: "{vios} has no active RMC connection. Restore it before any partition moves to or from {system}.", Source: "VAL; IVMVAL",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				for _, v := range s.Vios {
					if v.RMC != "active" || v.State != "Running" && v.State != "running" {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s on %s has no active RMC connection (state %s, RMC %s).", v.Name, s.Label(), v.State, unknownIfEmpty(v.RMC)), "Restore it before any partition moves to or from that frame.", "rmc_state", v.RMC)
					}
				}
			})},
		{ID: "LPM-17", Moments: []string{Plan}, Severity: diag.Error, Statement: "The running partition reports dynamic memory and processor capability.",
			Says: "{partition} does not report dynamic memory and processor capability. Repair its dynamic reconfiguration services first.", Source: "PYVM",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live && m.Partition.RMC == "active" && !(m.Partition.DlparMem && m.Partition.DlparProc) {
					r.Say(m.Partition.Address, "system", m.Partition.Name+" does not report dynamic memory and processor capability.", "Repair its dynamic reconfiguration services first.", "dlpar.memory", m.Partition.DlparMem, "dlpar.processor", m.Partition.DlparProc)
				}
			})},
		{ID: "LPM-18", Moments: planApply, Severity: diag.Error, Statement: "No other partition on the target carries the same name.",
			Says: "{target} already has a partition named {partition}. Rename or remove one of them.", Source: "MOB",
			Check: func(f *Facts, r *Reporter) {
				for _, m := range f.Migrations {
					for _, p := range f.Partitions {
						if p.ID != m.Partition.ID && p.System == m.Target && p.Name == m.Partition.Name {
							r.Say(m.Partition.Address, "name", fmt.Sprintf("%s already has a partition named %s.", m.Target.Label(), p.Name), "Rename or remove one of them.", "name", p.Name)
						}
					}
				}
			}},
		{ID: "LPM-19", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The partition id is kept only if it is free on the target.",
			Says: "{partition} keeps id {id} only if it is free on {target}; expect a new id. Check scripts and mappings that use the number.", Source: "LPM-FAQ; MOB",
			Check: each(func(m *Migration, r *Reporter) {
				if who, taken := m.TargetIDs[m.Partition.LparID]; taken && m.Partition.LparID != 0 {
					r.Say(m.Partition.Address, "id", fmt.Sprintf("Id %d of %s belongs to %s on %s; it gets another one.", m.Partition.LparID, m.Partition.Name, who, m.Target.Label()), "Check scripts and mappings that use the number.", "id", m.Partition.LparID)
				}
			})},
		{ID: "LPM-22", Moments: planApply, Severity: diag.Error, Statement: "A partition that migrates while it runs has no physical I/O at all.",
			Says: "{partition} owns physical slots {slots}. Remove them dynamically before the live migration, or plan it powered off.", Source: "S1 Comparison (physical I/O); REQ",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live && len(m.Partition.Slots) > 0 {
					r.Say(m.Partition.Address, "physical_slots", fmt.Sprintf("%s owns the physical slots %s.", m.Partition.Name, strings.Join(m.Partition.Slots, ", ")), "Remove them before the live migration, or plan it powered off.", "io_slots", strings.Join(m.Partition.Slots, " "))
				}
			})},
		{ID: "LPM-23", Moments: []string{Plan}, Severity: diag.Warning, Statement: "An inactive migration drops physical I/O by itself.",
			Says: "{partition} will lose slots {slots} when it moves. Say which adapters on {target} should replace them.", Source: "S1 Comparison (physical I/O)",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live {
					return
				}
				p, lost := m.Partition, []string{}
				if len(p.Slots) > 0 {
					lost = append(lost, "the physical slots "+strings.Join(p.Slots, ", "))
				}
				for _, port := range append(p.fixedPorts(), p.HostPorts...) {
					lost = append(lost, "the physical port "+port)
				}
				if len(lost) > 0 {
					r.Say(p.Address, "physical_slots", fmt.Sprintf("%s will lose %s when it moves.", p.Name, strings.Join(lost, " and ")), "Afterwards give it adapters of "+m.Target.Label()+" that replace them.", "io_slots", strings.Join(p.Slots, " "))
				}
			})},
		{ID: "LPM-32", Moments: []string{Plan}, Severity: diag.Error, Statement: "The partition belongs to no partition workload group.",
			Says: "{partition} is in workload group {group}. Take it out before the migration and, if wanted, add it again on {target}.", Source: "S1 Comparison; PROC5",
			Check: each(func(m *Migration, r *Reporter) {
				if g := m.Partition.WorkloadGroup; g != "" && g != "none" {
					r.Say(m.Partition.Address, "workload_group", fmt.Sprintf("%s is in workload group %s.", m.Partition.Name, g), "Take it out (workload_group = \"none\") and apply that first; add it again afterwards if wanted.", "work_group_id", g)
				}
			})},
		{ID: "LPM-33", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "Only the two console serial adapters in slots 0 and 1 exist.",
			Says: "{partition} has extra virtual serial adapters in slots {slots}. Remove them before the migration.", Source: "VSER; blocking effect unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if s := m.Partition.ExtraSerial; len(s) > 0 {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s has extra virtual serial adapters in slots %s.", m.Partition.Name, strings.Join(s, ", ")), "Remove them before the migration.", "slots", strings.Join(s, " "))
				}
			})},
		{ID: "LPM-35", Moments: planApply, Severity: diag.Error, Statement: "No virtual optical device is mapped.",
			Says: "{partition} has virtual optical device {dev} mapped from {vios}. Unload and unmap it before the migration.", Source: "NOVA; LPM-BLOG",
			Check: each(func(m *Migration, r *Reporter) {
				for _, d := range m.Partition.Disks {
					if d.Backing == "optical" {
						r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s has the virtual optical device %s mapped.", m.Partition.Name, d.Target), "Unload it (unloadopt) and remove the device (rmvdev -vtd "+d.Target+") before the migration.", "device", d.Target)
					}
				}
			})},
		{ID: "LPM-37", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition with shared memory needs a memory pool on the target.",
			Says: "{target} has no paging device of {size} for {partition} in its memory pool. Add one, or move it as dedicated memory.", Source: "REQ; AMS-HELP",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.MemShared && !slices.Contains(m.Target.Capabilities, "active_mem_sharing_capable") {
					r.Say(m.Partition.Address, "memory.mode", fmt.Sprintf("%s uses shared memory, which %s does not offer.", m.Partition.Name, m.Target.Label()), "Move it with dedicated memory, or choose another frame.", "mem_mode", "shared")
				}
			})},
		{ID: "LPM-41", Moments: planApply, Severity: diag.Error, Statement: "A suspended partition is resumed before it moves.",
			Says: "{partition} is suspended and its state device is not visible from {target}. Resume it first or present the device there.", Source: "SUSP; migration of suspended partitions is unconfirmed",
			Elsewhere: "rule LPM-13, which lets only running partitions and those that are off move"},
		{ID: "LPM-47", Moments: []string{Plan}, Severity: diag.Error, Statement: "The memory region size is equal on both frames.",
			Says: "Memory block size is {a} MB on {source} and {b} MB on {target}. Set them equal (needs a frame restart) or choose another target.", Source: "NOVA; REQ; LMB",
			Check: each(func(m *Migration, r *Reporter) {
				for _, s := range []*System{m.Source, m.Target} {
					if s.RegionMB == 0 {
						r.Unknown(false, m.Partition.Address, "system", s.Label()+" does not tell its memory region size.", "Look with lshwres -r mem --level sys; it must be the same on both frames.")
						return
					}
				}
				if m.Source.RegionMB != m.Target.RegionMB {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("The memory region size is %g MiB on %s and %g MiB on %s.", m.Source.RegionMB, m.Source.Label(), m.Target.RegionMB, m.Target.Label()), "Set them equal, which needs a restart of the frame, or choose another target.", "source", m.Source.RegionMB, "target", m.Target.RegionMB)
				}
			})},
		{ID: "LPM-48", Moments: planApply, Severity: diag.Error, Statement: "Free memory on the target covers the assigned memory and the hypervisor's overhead.",
			Says: "{partition} needs {need} MB on {target} ({mem} + {overhead} overhead), {free} MB are free. Free {gap} MB or lower its memory.", Source: "S1 Before migration; VAL; PYVM",
			Elsewhere: "the planner's stages place and check, at every instant of the plan"},
		{ID: "LPM-49", Moments: planApply, Severity: diag.Error, Statement: "Free processing units on the target cover what the partition holds.",
			Says: "{partition} needs {need} processing units, {target} has {free} free. Free {gap} or lower its entitlement.", Source: "S1 Before migration; VAL",
			Elsewhere: "the planner's stages place and check, at every instant of the plan"},
		{ID: "LPM-50", Moments: []string{Plan}, Severity: diag.Error, Statement: "Virtual processor counts respect the target's limits.",
			Says: "{partition} has {n} virtual processors; {target} allows {max}. Lower the maximum while the partition is off.", Source: "PYVM",
			Check: each(func(m *Migration, r *Reporter) {
				p, t := m.Partition, m.Target
				if t.MaxVirtual > 0 && p.MaxProcs > t.MaxVirtual {
					r.Say(p.Address, "processor.virtual.maximum", fmt.Sprintf("%s may have up to %g virtual processors; %s allows %g.", p.Name, p.MaxProcs, t.Label(), t.MaxVirtual), "Lower the maximum while the partition is off.", "max_procs", p.MaxProcs)
				}
				if t.MinUnits > 0 && p.ProcMode == "shared" && p.Procs > 0 && p.Units/p.Procs < t.MinUnits-1e-9 {
					r.Say(p.Address, "processor.units.desired", fmt.Sprintf("%s has %g units for %g virtual processors; %s wants %g for each.", p.Name, p.Units, p.Procs, t.Label(), t.MinUnits), "Raise the units or lower the virtual processors.", "units", p.Units)
				}
			})},
		{ID: "LPM-52", Moments: []string{Plan}, Severity: diag.Error, Statement: "The target supports the current and the preferred processor compatibility mode of a running partition.",
			Says: "{partition} runs in {mode}, {target} supports {modes}. Set a lower preferred mode and restart {partition} before the move.", Source: "PCM; NOVA",
			Check: each(func(m *Migration, r *Reporter) {
				if !m.Live {
					return
				}
				for _, mode := range []string{m.Partition.CompatNow, m.Partition.CompatWanted} {
					if mode == "" || mode == "default" {
						continue
					}
					if len(m.Target.Compat) == 0 {
						if m.Target.Manager != "hmc" {
							return // an IVM does not tell; its validation compares the modes
						}
						r.Unknown(false, m.Partition.Address, "processor.compatibility", m.Target.Label()+" does not tell its processor compatibility modes.", "Look with lssyscfg -r sys -F lpar_proc_compat_modes; "+m.Partition.Name+" needs "+mode+".")
						return
					}
					if !slices.Contains(m.Target.Compat, mode) {
						r.Say(m.Partition.Address, "processor.compatibility", fmt.Sprintf("%s uses the mode %s; %s supports %s.", m.Partition.Name, mode, m.Target.Label(), strings.Join(m.Target.Compat, ", ")), "Set a lower preferred mode and restart the partition before the move.", "mode", mode)
						return
					}
				}
			})},
		{ID: "LPM-53", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "For an inactive migration only the preferred mode has to be supported.",
			Says: "Preferred mode {mode} of {partition} is not available on {target}. Set it to default or to one of {modes}.", Source: "PCM; statement unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				mode := m.Partition.CompatWanted
				switch {
				case m.Live || mode == "" || mode == "default" || slices.Contains(m.Target.Compat, mode):
				case len(m.Target.Compat) == 0 && m.Target.Manager != "hmc":
				case len(m.Target.Compat) == 0:
					r.Unknown(false, m.Partition.Address, "processor.compatibility", m.Target.Label()+" does not tell its processor compatibility modes.", "Look with lssyscfg -r sys -F lpar_proc_compat_modes; "+m.Partition.Name+" prefers "+mode+".")
				default:
					r.Say(m.Partition.Address, "processor.compatibility", fmt.Sprintf("The preferred mode %s of %s is not available on %s.", mode, m.Partition.Name, m.Target.Label()), "Set it to default or to one of "+strings.Join(m.Target.Compat, ", ")+".", "mode", mode)
				}
			})},
		{ID: "LPM-54", Moments: []string{Plan}, Severity: diag.Warning, Statement: "With the preferred mode default, a restart on a newer frame closes the way back.",
			Says: "After its next restart on {target}, {partition} may run in {newer} and can no longer return to {source}. Fix the preferred mode if you need the way back.", Source: "TECH770; TECH-PS703",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.CompatWanted != "default" {
					return
				}
				newest := 0
				for _, mode := range m.Source.Compat {
					newest = max(newest, generation(mode))
				}
				for _, mode := range m.Target.Compat {
					if newest > 0 && generation(mode) > newest {
						r.Say(m.Partition.Address, "processor.compatibility", fmt.Sprintf("After its next restart on %s, %s may run in %s and can no longer return to %s.", m.Target.Label(), m.Partition.Name, mode, m.Source.Label()), "Declare processor.compatibility if you need the way back.", "mode", mode)
						return
					}
				}
			})},
		{ID: "LPM-55", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition in an enhanced mode does not cross generations.",
			Says: "{partition} runs in {mode}, which only {generation} offers. Set a non-enhanced mode and restart it.", Source: "PCM-DEF",
			Check: each(func(m *Migration, r *Reporter) {
				mode := m.Partition.CompatNow
				if (strings.HasSuffix(mode, "+") || strings.Contains(strings.ToLower(mode), "enhanced")) && len(m.Target.Compat) > 0 && !slices.Contains(m.Target.Compat, mode) {
					r.Say(m.Partition.Address, "processor.compatibility", fmt.Sprintf("%s runs in the enhanced mode %s, which %s does not offer.", m.Partition.Name, mode, m.Target.Label()), "Set a mode that is not enhanced and restart it.", "mode", mode)
				}
			})},
		{ID: "LPM-59", Moments: planApply, Severity: diag.Error, Statement: "The movers have their VASI device on both sides.",
			Says: "{vios} has no available VASI device. Create it (VIOS 1.5.0) or update the VIOS.", Source: "S1 Comparison (VASI); TECH770",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				for _, v := range s.Vios {
					if m.Live && s.Manager != "ivm" && v.Mover && !v.VASI {
						r.Say(m.Partition.Address, "system", v.Name+" has no available VASI device.", "Create it, or update the Virtual I/O Server.", "vios", v.Name)
					}
				}
			})},
		{ID: "LPM-60", Moments: planApply, Severity: diag.Error, Statement: "The two movers reach each other over IP.",
			Says: "Mover {vios_a} cannot reach mover {vios_b} at {ip}. Check addresses, routes and firewall between them.", Source: "VAL; WIKI",
			Elsewhere: "the console's own validation (LPM-73): no console tells the addresses that movers use"},
		{ID: "LPM-63", Moments: planApply, Severity: diag.Error, Statement: "Running migrations stay within the number that each frame supports.",
			Says: "{system} runs {n} of {max} migrations; {partition} waits in the queue.", Source: "VAL; FWM; NOVA; PYVM",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				now, most := s.InactiveNow, s.InactiveMax
				if m.Live {
					now, most = s.ActiveNow, s.ActiveMax
				}
				switch {
				case most == 0:
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s supports no %s migration.", s.Label(), m.kind()), "Choose another frame or the other kind of migration.", "max", most)
				case now >= most:
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s runs %g of %g %s migrations already.", s.Label(), now, most, m.kind()), "Wait until one has ended and plan again.", "now", now, "max", most)
				}
			})},
		{ID: "LPM-67", Moments: planApply, Severity: diag.Error, Statement: "The Virtual I/O Server of the target has enough free virtual slots.",
			Says: "{vios} has {free} free virtual slots, {partition} needs {need}. The maximum changes only when {vios} is restarted with a new profile.", Source: "PROC; VSLOT; VAL",
			Elsewhere: "the planner's stages place and check, at every instant of the plan"},
		{ID: "LPM-68", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Leftover mappings on the target are cleaned first.",
			Says: "{vios} holds stale mappings {list}. Confirm their removal before moving {partition}.", Source: "NOVA",
			Check: each(func(m *Migration, r *Reporter) {
				for _, v := range m.Target.Vios {
					if len(v.Stale) > 0 {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s holds mappings whose client does not exist: %s.", v.Name, strings.Join(v.Stale, ", ")), "Remove them (rmvdev -vtd) before the move if nobody needs them.", "stale", strings.Join(v.Stale, " "))
					}
				}
			})},
		{ID: "LPM-70", Moments: []string{Plan}, Severity: diag.Advice, Statement: "An active migration takes longer than an inactive one of the same partition.",
			Says: "{partition} moves live (about {t}); powered off it would take about {t2}.", Source: "S1 Start",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Live && m.Partition.MemNow >= 65536 {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s moves live, about %g s at 80 MB/s; powered off it would take seconds.", m.Partition.Name, math.Ceil(m.Partition.MemNow/80)), "Move it powered off if the time matters more than the service.", "memory", m.Partition.MemNow)
				}
			})},
		{ID: "LPM-72", Moments: []string{Plan}, Severity: diag.Advice, Statement: "The wait time is how long the console waits for commands that it sends to the partition.",
			Says: "Default wait time is used for {partition}; raise `wait_min` if its operating system is slow to answer.", Source: "S1 Comparison (wait time)",
			Elsewhere: "the providers, which always pass -w: mobility.wait, else 5 minutes"},
		{ID: "LPM-73", Moments: planApply, Severity: diag.Error, Statement: "The console's own validation is run while planning, and again just before the migration starts.",
			Says: "The console refuses to move {partition} to {target}: {console_text}. Fix it and plan again.", Source: "S1 Validation; VAL; MAN",
			Elsewhere: "the run: migrlpar -o v for every migration of a plan made against consoles, and again before -o m"},
		{ID: "LPM-74", Moments: []string{Plan}, Severity: diag.Error, Statement: "No check of a console is overridden that the estate does not name.",
			Says: "The move of {partition} needs override {name}, which means {effect}. Add it to the configuration to accept.", Source: "MAN; RED",
			Elsewhere: "the hmc provider, which sends the overrides that mobility.override names and no other, and says of each what it means"},
		{ID: "LPM-57", Moments: planApply, Severity: diag.Error, Statement: "No migration goes into a frame while its dynamic platform optimizer runs.",
			Says: "{target} is optimizing partition placement. Waiting for it to finish; stop the optimizer to go on sooner.", Source: "SRV",
			Elsewhere: "the console's own validation (LPM-73), which is run again right before the move; no reading command of a console is documented that tells"},
		{ID: "LPM-64", Moments: planApply, Severity: diag.Error, Statement: "A Virtual I/O Server carries no more migrations at once than it is set up for.",
			Says: "{vios} already carries {n} of {max} migrations; {partition} waits or uses another mover.", Source: "VLPM; FWM",
			Check: sides(func(m *Migration, s *System, r *Reporter) {
				if m.Live && s.Carried > 0 && s.ActiveNow >= s.Carried && s.ActiveNow < s.ActiveMax { // else LPM-63 speaks
					r.Say(m.Partition.Address, "system", fmt.Sprintf("The movers of %s carry %g live migrations at once, and %g are under way.", s.Label(), s.Carried, s.ActiveNow), "Wait until one has ended and plan again; vioslpm0 of each mover holds the limit (cfg_msp_lpm_ops).", "now", s.ActiveNow, "max", s.Carried)
				}
			})},
		{ID: "LPM-77", Moments: []string{Apply}, Severity: diag.Error, Statement: "After the move the partition runs on the target with the same disks and is gone from the source.",
			Says: "{partition} was reported as moved, but {mismatch}. No further step touches it until this is cleared.", Source: "S1 After migration; NOVA",
			Elsewhere: "the provider's read-back on both sides after every migration"},
		{ID: "LPM-78", Moments: []string{Apply}, Severity: diag.Error, Statement: "A stop order goes to the console of the source, and so does a recover order.",
			Says: "Stop and recover for {partition} must run on {console_a}, which manages {source}.", Source: "MAN",
			Elsewhere: "the provider, which sends both to the source's console"},
		{ID: "LPM-79", Moments: []string{Apply}, Severity: diag.Error, Statement: "Not Migrating alone proves nothing.",
			Says: "{partition} is not migrating and is on {system}; the step is {done/not done} accordingly.", Source: "S1 CLI (state listing); NOVA",
			Elsewhere: "the provider, which decides from the place and state of the partition on both sides"},
		{ID: "LPM-82", Moments: []string{Plan}, Severity: diag.Error, Unconfirmed: true, Statement: "The target has room for one more partition within the maximum that it reports.",
			Says: "{target} already holds {n} of {max} partitions. Remove an unused one or choose another target for {partition}.", Source: "domain knowledge; the refusal is unconfirmed",
			Check: each(func(m *Migration, r *Reporter) {
				if t := m.Target; t.MaxPartitions > 0 && float64(t.Definitions) >= t.MaxPartitions {
					r.Say(m.Partition.Address, "system", fmt.Sprintf("%s already holds %d of %g partitions.", t.Label(), t.Definitions, t.MaxPartitions), "Remove an unused one or choose another target.", "partitions", t.Definitions)
				}
			})},
	}
}

var aixLevel = regexp.MustCompile(`^AIX (\d+\.\d+) \d{4}-(\d{2})`)

// generation is the number in a compatibility mode, POWER7 -> 7; 0 for default.
func generation(mode string) int {
	n := 0
	for _, c := range strings.TrimPrefix(mode, "POWER") {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// leastVIOS is the lowest level of a Virtual I/O Server that moves what the partition uses, and what that is.
func (p *Partition) leastVIOS() (level, what string) {
	level = "1.5"
	for _, x := range []struct {
		uses        bool
		level, what string
	}{
		{len(p.FibreChannel)+len(p.Fabrics) > 0, "2.1", "has virtual Fibre Channel"},
		{p.Environment == "os400", "2.2.0.12", "runs IBM i"},
		{len(p.VNICs) > 0, "2.2.4", "has vNICs"},
	} {
		if x.uses && older(level, x.level) {
			level, what = x.level, x.what
		}
	}
	return level, what
}

// fixedPorts are the SR-IOV logical ports that do not move with the partition.
func (p *Partition) fixedPorts() []string {
	var out []string
	for _, port := range p.LogicalPorts {
		if !strings.Contains(port, "migratable=1") {
			out = append(out, port)
		}
	}
	return out
}

func unknownIfEmpty(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// older compares dotted numbers.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) || i < len(y); i++ {
		var m, n int
		if i < len(x) {
			m, _ = strconv.Atoi(x[i])
		}
		if i < len(y) {
			n, _ = strconv.Atoi(y[i])
		}
		if m != n {
			return m < n
		}
	}
	return false
}

func sorted(s []string) []string {
	out := append([]string(nil), s...)
	sort.Strings(out)
	return out
}

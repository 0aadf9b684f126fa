package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// arriving are the partitions that the plan puts on a system, and the system.
func arriving(f *Facts, visit func(p *Partition, on *System)) {
	for _, p := range f.Partitions {
		if p.Address != "" && p.Target != nil && (p.New || p.Target != p.System) {
			visit(p, p.Target)
		}
	}
}

// declared are the partitions that the estate describes, on their wanted system.
func declared(f *Facts, visit func(p *Partition, on *System)) {
	for _, p := range f.Partitions {
		if p.Address != "" && p.Target != nil {
			visit(p, p.Target)
		}
	}
}

// fenced runs a check for each declared partition with the found frames that placement.only_on allows it, where these are several.
func fenced(check func(p *Partition, on []*System, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		declared(f, func(p *Partition, _ *System) {
			var on []*System
			for _, s := range f.Systems {
				if s.ID != "" && s.Address != "" && among(p.OnlyOn, s.Address) {
					on = append(on, s)
				}
			}
			if len(on) > 1 {
				check(p, on, r)
			}
		})
	}
}

// newest is the mode of the highest generation, the plain one before its variants; empty where there is none.
func newest(modes []string) string {
	best := ""
	for _, m := range modes {
		if g := generation(m); g > generation(best) || g > 0 && g == generation(best) && len(m) < len(best) {
			best = m
		}
	}
	return best
}

func capacity() []*Rule {
	return []*Rule{
		{ID: "CAP-01", Moments: []string{Validate}, Severity: diag.Error, Statement: "Minimum, desired and maximum are in that order.",
			Says: "{partition}: {what} minimum {a}, desired {b}, maximum {c} are not in order.", Source: "PYVM", Elsewhere: "the checks of the kind partition"},
		{ID: "CAP-02", Moments: []string{Plan}, Severity: diag.Error, Statement: "Memory sizes are multiples of the frame's memory region, of the target's too.",
			Says: "{partition}: {value} MB is no multiple of {lmb} MB on {system}.", Source: "PYVM; LMB",
			Check: func(f *Facts, r *Reporter) {
				declared(f, func(p *Partition, s *System) {
					if s.RegionMB == 0 {
						return
					}
					for _, v := range []struct {
						path string
						mb   float64
					}{{"memory.minimum", p.MemMin}, {"memory.desired", p.MemDesired}, {"memory.maximum", p.MemMax}} {
						if math.Mod(v.mb, s.RegionMB) != 0 {
							r.Say(p.Address, v.path, fmt.Sprintf("%g MiB is no multiple of %g MiB, the memory region of %s.", v.mb, s.RegionMB, s.Label()), fmt.Sprintf("Use %g or %g MiB.", math.Floor(v.mb/s.RegionMB)*s.RegionMB, math.Ceil(v.mb/s.RegionMB)*s.RegionMB), "region", s.RegionMB)
						}
					}
				})
			}},
		{ID: "CAP-03", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Each virtual processor has at least the frame's minimum entitlement and at most one unit.",
			Says: "{partition}: {units} units for {vcpus} virtual processors; each needs between {min} and 1.0.", Source: "PYVM (0.05); older value from S1",
			Check: func(f *Facts, r *Reporter) {
				declared(f, func(p *Partition, s *System) {
					if p.ProcMode == "shared" && s.MinUnits > 0 && p.Procs > 0 && p.Units > 0 && (p.Units/p.Procs < s.MinUnits-1e-9 || p.Units > p.Procs) {
						r.Say(p.Address, "processor.units.desired", fmt.Sprintf("%g units for %g virtual processors; on %s each needs between %g and 1.", p.Units, p.Procs, s.Label(), s.MinUnits), "Change the units or the virtual processors.", "min", s.MinUnits)
					}
				})
			}},
		{ID: "CAP-04", Moments: []string{Plan}, Severity: diag.Error, Statement: "A partition grows to at most 64 times its starting memory, 16 times below 256 MiB.",
			Says: "{partition} starts with {a} MB and can never grow to {b} MB. Start larger.", Source: "LMB",
			Check: func(f *Facts, r *Reporter) {
				declared(f, func(p *Partition, s *System) {
					factor := 64.0
					if p.MemDesired < 256 {
						factor = 16
					}
					if p.MemDesired > 0 && p.MemMax > p.MemDesired*factor {
						r.Say(p.Address, "memory.maximum", fmt.Sprintf("%s starts with %g MiB and can never grow to %g MiB.", p.Name, p.MemDesired, p.MemMax), "Start larger, or lower the maximum.", "factor", factor)
					}
				})
			}},
		{ID: "CAP-05", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A generous maximum memory costs hypervisor memory now, on every frame that the partition visits.",
			Says: "Maximum {max} MB of {partition} reserves {overhead} MB on {system}. Lower it if it is not needed.", Source: "PYVM; LMB",
			Check: func(f *Facts, r *Reporter) {
				arriving(f, func(p *Partition, s *System) {
					if p.MemMax > 8*p.MemDesired && p.Overhead > 0 {
						r.Say(p.Address, "memory.maximum", fmt.Sprintf("The maximum of %g MiB reserves about %g MiB on %s, for %g MiB in use.", p.MemMax, p.Overhead, s.Label(), p.MemDesired), "Lower the maximum if it is not needed.", "overhead", p.Overhead)
					}
				})
			}},
		{ID: "CAP-06", Moments: []string{Plan}, Severity: diag.Error, Statement: "Limits, processor mode, compatibility mode and slot count change only with a power-off.",
			Says: "{partition}: changing {what} needs a power-off. Allow it in the configuration or leave it for its next restart.", Source: "PYVM; VSLOT",
			Elsewhere: "the planner's diff: such a change goes to the profile and waits for an activation, unless restart = \"allowed\""},
		{ID: "CAP-07", Moments: planApply, Severity: diag.Error, Statement: "Dynamic changes need active RMC and do not run while the partition migrates.",
			Says: "{partition} cannot be resized now: {reason}.", Source: "PYVM; DLPAR-MEM",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Resized && (strings.HasPrefix(p.State, "migrating") || p.RMC != "active") {
						r.Say(p.Address, "memory", fmt.Sprintf("%s cannot be resized now: state %s, RMC %s.", p.Name, p.State, unknownIfEmpty(p.RMC)), "Wait, and plan again.", "state", p.State)
					}
				}
			}},
		{ID: "CAP-08", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A dynamic change is lost at the next start unless the profile has it too.",
			Says: "{partition} runs with {a} but its profile says {b}. Save the current values.", Source: "DLPAR-MEM",
			Elsewhere: "the planner's diff, which compares running, profile and wanted values and writes both"},
		{ID: "CAP-09", Moments: planApply, Severity: diag.Error, Statement: "A new or grown partition fits into what is free, hypervisor overhead included.",
			Says: "{system} has {free} {unit} free, {partition} needs {need}. Choose {alternative} or make room.", Source: "PYVM; S3 Sprawl",
			Elsewhere: "the planner's stages place and check, at every instant of the plan"},
		{ID: "CAP-13", Moments: []string{Plan}, Severity: diag.Error, Statement: "Frames in maintenance or on standby receive nothing.",
			Says: "{system} is marked {state}; {partition} cannot be placed there.", Source: "STBY; MAINT",
			Check: func(f *Facts, r *Reporter) {
				arriving(f, func(p *Partition, s *System) {
					if s.Maintenance || s.Standby {
						mark := "maintenance"
						if s.Standby {
							mark = "standby"
						}
						r.Say(p.Address, "system", fmt.Sprintf("%s is marked %s and receives nothing.", s.Label(), mark), "Choose another system, or take the mark away.", "mark", mark)
					}
				})
			}},
		{ID: "CAP-14", Moments: []string{Plan}, Severity: diag.Error, Statement: "Placements leave the declared headroom of a frame free.",
			Says: "Placing {partition} leaves {vios} with {n}% idle; the limit is {m}%.", Source: "PERF; WIKI",
			Check: func(f *Facts, r *Reporter) {
				mem, units := map[*System]float64{}, map[*System]float64{}
				last := map[*System]*Partition{}
				arriving(f, func(p *Partition, s *System) {
					need := p.MemNow
					if need == 0 {
						need = p.MemDesired
					}
					mem[s] += need + p.Overhead
					if p.ProcMode == "dedicated" {
						units[s] += p.Procs
					} else {
						units[s] += p.Units
					}
					last[s] = p
				})
				for _, s := range f.Systems {
					if p := last[s]; p != nil && (s.HeadroomMem > 0 && s.MemFree-mem[s] < s.HeadroomMem || s.HeadroomUnits > 0 && s.ProcsFree-units[s] < s.HeadroomUnits-1e-9) {
						r.Say(p.Address, "system", fmt.Sprintf("%s would have %g MiB and %.2f units left; its headroom is %g MiB and %g units.", s.Label(), s.MemFree-mem[s], s.ProcsFree-units[s], s.HeadroomMem, s.HeadroomUnits), "Choose another system, or lower the headroom.", "memory", s.MemFree-mem[s])
					}
				}
			}},
		{ID: "CAP-15", Moments: []string{Plan}, Severity: diag.Error, Statement: "Only activated memory counts.",
			Says: "{system} has {a} MB installed but {b} MB activated.", Source: "PYVM",
			Elsewhere: "the providers, which report what is configurable and free and not what is installed"},
		{ID: "CAP-16", Moments: []string{Plan}, Severity: diag.Error, Statement: "A frame is a candidate only if it passes all hard tests.",
			Says: "{partition}: {n} of {m} frames possible. {system} rejected: {rule}.", Source: "PLACE; BTR",
			Elsewhere: "gantry plan -evacuate, which runs the planner and the rules for every candidate and tells for each rejected frame what rejected it"},
		{ID: "CAP-22", Moments: []string{Plan}, Severity: diag.Error, Statement: "Memory of ordinary partitions is never over-committed.",
			Says: "{system}: {need} MB dedicated memory asked, {have} MB there.", Source: "SMEM; PYVM",
			Elsewhere: "the planner's stages place and check"},
		{ID: "CAP-24", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The frames that a partition is fenced to have a processor compatibility mode in common, and it asks for it.",
			Says: "Pool {pool} mixes {a} and {b}; partitions in mode {mode} cannot move back. Use {common} for all.", Source: "S3 Failover and cluster; S0 planning; PCM",
			Check: fenced(func(p *Partition, on []*System, r *Reporter) {
				top := map[string]bool{} // what an activation on any of them would choose
				for _, s := range on {
					if len(s.Compat) == 0 {
						return // LPM-52 says so once it is to move there
					}
					top[newest(s.Compat)] = true
				}
				if p.CompatWanted != "" && p.CompatWanted != "default" {
					top = map[string]bool{p.CompatWanted: true}
				}
				common := slices.Clone(on[0].Compat)
				var lacking []string
				for _, s := range on {
					common = slices.DeleteFunc(common, func(mode string) bool { return !slices.Contains(s.Compat, mode) })
					for _, mode := range slices.Sorted(maps.Keys(top)) {
						if !slices.Contains(s.Compat, mode) {
							lacking = append(lacking, fmt.Sprintf("%s has no mode %s", s.Label(), mode))
						}
					}
				}
				if len(lacking) == 0 {
					return
				}
				fix := "They have no mode in common: take frames out of placement.only_on."
				if mode := newest(common); mode != "" {
					fix = fmt.Sprintf("Declare processor.compatibility = %q, the newest mode that all of them have.", mode)
				}
				r.Say(p.Address, "processor.compatibility", fmt.Sprintf("Not every frame of placement.only_on can take %s as it may run: %s.", p.Name, strings.Join(lacking, "; ")), fix, "modes", strings.Join(slices.Sorted(maps.Keys(top)), " "))
			})},
		{ID: "CAP-25", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Every frame that a partition is fenced to has what it needs: memory region, networks and disks.",
			Says: "{system} differs from its pool: {list}. Moves of {partitions} to it would fail.", Source: "S3 Failover and cluster",
			Check: fenced(func(p *Partition, on []*System, r *Reporter) {
				for _, s := range on {
					if s == p.Target || p.Target == nil {
						continue // other rules speak of where it is or goes
					}
					if s.RegionMB == 0 {
						r.Unknown(false, p.Address, "placement.only_on", fmt.Sprintf("%s was not read, so nobody knows whether %s could go there.", s.Label(), p.Name), "Plan again when its console answers.")
						continue
					}
					var wrong []string
					if s.RegionMB != p.Target.RegionMB {
						wrong = append(wrong, fmt.Sprintf("its memory region is %g MiB, not %g", s.RegionMB, p.Target.RegionMB))
					}
					for _, e := range p.Ethernet {
						for _, v := range e.VLANs {
							if said := fmt.Sprintf("it does not bridge VLAN %d%s", v, e.onSwitch()); !s.Bridges(e, v) && !slices.Contains(wrong, said) {
								wrong = append(wrong, said)
							}
						}
					}
					for _, d := range p.Disks {
						if d.Disk != nil && d.Disk.Paths[s.ID] == nil {
							wrong = append(wrong, "it does not see "+d.Disk.Label())
						}
					}
					slices.Sort(wrong)
					if len(wrong) > 0 {
						r.Say(p.Address, "placement.only_on", fmt.Sprintf("A move of %s to %s, which placement.only_on allows, would fail: %s.", p.Name, s.Label(), strings.Join(wrong, "; ")), "Set that frame up like the others, or take it out of placement.only_on.", "system", s.Name)
					}
				}
			})},
		{ID: "CAP-27", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Members of an apart group never share a frame, at no moment of the plan.",
			Says: "{a} and {b} must be apart but meet on {system} {when}.", Source: "COLL; BTR (spread, split)",
			Check: func(f *Facts, r *Reporter) {
				pairs(f, func(p *Partition) string { return p.Apart }, func(p, q *Partition) {
					for _, s := range p.Places() {
						for _, t := range q.Places() {
							if s != nil && s == t && !parting(p, q, s) {
								when := "at the end"
								if p.Target != s || q.Target != s {
									when = "on the way"
								}
								r.Say(q.Address, "placement.apart", fmt.Sprintf("%s and %s must be apart but meet on %s %s.", p.Name, q.Name, s.Label(), when), "Move one of them elsewhere first.", "group", q.Apart)
								return
							}
						}
					}
				})
			}},
		{ID: "CAP-28", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Members of a group are on one frame at the end of the plan.",
			Says: "{group} must stay together; moving {a} before {b} breaks that for {t}. Declare it as end-only or move them another way.", Source: "COLL; BTR (gather); MAINT",
			Check: func(f *Facts, r *Reporter) {
				pairs(f, func(p *Partition) string { return p.Group }, func(p, q *Partition) {
					if p.Target != nil && q.Target != nil && p.Target != q.Target {
						r.Say(q.Address, "placement.group", fmt.Sprintf("%s is to be on %s and %s on %s, but the group %s stays together.", p.Name, p.Target.Label(), q.Name, q.Target.Label(), q.Group), "Put them on one system.", "group", q.Group)
					}
				})
			}},
		{ID: "CAP-29", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A partition stays on the frames that it is fenced to, and off those that it is banned from.",
			Says: "{partition} may not run on {system} because of {rule}.", Source: "BTR (fence, ban); NOMIG",
			Check: func(f *Facts, r *Reporter) {
				declared(f, func(p *Partition, s *System) {
					if len(p.OnlyOn) > 0 && !among(p.OnlyOn, s.Address) {
						r.Say(p.Address, "system", fmt.Sprintf("%s may not be on %s: placement.only_on does not list it.", p.Name, s.Label()), "Choose a system of the list, or extend the list.")
					}
					if among(p.NotOn, s.Address) {
						r.Say(p.Address, "system", fmt.Sprintf("%s may not be on %s: placement.not_on lists it.", p.Name, s.Label()), "Choose another system.")
					}
				})
			}},
		{ID: "CAP-30", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A pinned partition does not move.",
			Says: "{partition} is pinned to {system}; the plan may not move it. Unpin it or leave {system} in service.", Source: "BTR (root); STBY",
			Check: each(func(m *Migration, r *Reporter) {
				if m.Partition.Pinned {
					r.Say(m.Partition.Address, "placement.pinned", fmt.Sprintf("%s is pinned to %s.", m.Partition.Name, m.Source.Label()), "Unpin it, or set its system back.")
				}
			})},
		{ID: "CAP-31", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "An exclusive partition shares its frame with no other client partition.",
			Says: "{partition} must be alone on {system}, but {other} is there.", Source: "BTR (lonely)",
			Check: func(f *Facts, r *Reporter) {
				byPlace := onSystems(f)
				for _, p := range f.Partitions {
					if !p.Exclusive || p.Address == "" {
						continue
					}
					for _, s := range p.Places() {
						for _, q := range byPlace[s] {
							if q != p && !parting(p, q, s) {
								r.Say(p.Address, "placement.exclusive", fmt.Sprintf("%s must be alone on %s, but %s is there.", p.Name, s.Label(), q.Name), "Move one of them elsewhere.", "other", q.Name)
							}
						}
					}
				}
			}},
		{ID: "CAP-32", Moments: []string{Plan}, Severity: diag.Error, Statement: "Nothing enters or leaves a frame in quarantine.",
			Says: "{system} is in quarantine; {partition} cannot {enter/leave}.", Source: "BTR (quarantine)",
			Check: func(f *Facts, r *Reporter) {
				arriving(f, func(p *Partition, s *System) {
					if s.Quarantine {
						r.Say(p.Address, "system", fmt.Sprintf("%s is in quarantine; %s cannot enter.", s.Label(), p.Name), "Choose another system, or end the quarantine.")
					} else if p.System != nil && p.System != s && p.System.Quarantine {
						r.Say(p.Address, "system", fmt.Sprintf("%s is in quarantine; %s cannot leave.", p.System.Label(), p.Name), "Leave it there, or end the quarantine.")
					}
				})
			}},
		{ID: "CAP-21", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Placements stay within the over-commitment that a frame allows.",
			Says: "{system} would have {r} virtual processors per core; pool {pool} allows {max}.", Source: "S3 Sprawl; BTR (overbooking)",
			Check: func(f *Facts, r *Reporter) {
				for _, s := range f.Systems {
					if s.VirtualPerCore == 0 || s.ProcsConfigurable == 0 {
						continue
					}
					sum := 0.0
					var last *Partition
					for _, p := range f.Partitions {
						if p.Target != s || p.ProcMode != "shared" || !p.RunningAtEnd {
							continue
						}
						sum += p.Procs
						if p.Address != "" && (p.New || p.System != s || !p.Running || p.Resized) {
							last = p
						}
					}
					if ratio := sum / s.ProcsConfigurable; last != nil && ratio > s.VirtualPerCore+1e-9 {
						r.Say(last.Address, "processor.virtual", fmt.Sprintf("%s would have %.2f virtual processors for each core; %g are allowed.", s.Label(), ratio, s.VirtualPerCore), "Choose another system, declare fewer virtual processors, or raise overcommit.virtual_per_core.", "ratio", ratio)
					}
				}
			}},
		{ID: "CAP-33", Moments: []string{Plan}, Severity: diag.Error, Statement: "The number of running partitions per frame stays within its limit.",
			Says: "{system} would run {n} partitions, {max} are allowed.", Source: "BTR (running capacity); S3 Sprawl",
			Check: func(f *Facts, r *Reporter) {
				byPlace := onSystems(f)
				for _, s := range f.Systems {
					if s.MaxRunning < 0 {
						continue
					}
					n := 0
					var last *Partition
					for _, p := range byPlace[s] {
						if p.Running || p.RunningAtEnd {
							n++
							if p.Address != "" && p.Target == s && (p.New || p.System != s || !p.Running) {
								last = p
							}
						}
					}
					if last != nil && float64(n) > s.MaxRunning {
						r.Say(last.Address, "system", fmt.Sprintf("%s would run %d partitions, %g are allowed.", s.Label(), n, s.MaxRunning), "Choose another system, or raise max_running.", "running", n)
					}
				}
			}},
		{ID: "CAP-35", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Placement rules do not contradict each other.",
			Says: "Rules {a} and {b} cannot both hold for {partitions}.", Source: "BTR; derived",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					for _, a := range p.OnlyOn {
						if among(p.NotOn, a) {
							r.Say(p.Address, "placement", fmt.Sprintf("%s lists %s under only_on and under not_on.", p.Name, a), "Remove it from one of the two.")
						}
					}
				}
				pairs(f, func(p *Partition) string { return p.Group }, func(p, q *Partition) {
					if p.Apart != "" && p.Apart == q.Apart {
						r.Say(q.Address, "placement", fmt.Sprintf("%s and %s must be together (group %s) and apart (%s).", p.Name, q.Name, q.Group, q.Apart), "Give up one of the two.")
					}
				})
				members := map[string]int{}
				var any = map[string]*Partition{}
				for _, p := range f.Partitions {
					if p.Apart != "" {
						members[p.Apart]++
						any[p.Apart] = p
					}
				}
				var systems int
				for _, s := range f.Systems {
					if s.Address != "" {
						systems++
					}
				}
				var groups []string
				for g := range members {
					groups = append(groups, g)
				}
				sort.Strings(groups)
				for _, g := range groups {
					if members[g] > systems && systems > 0 {
						r.Say(any[g].Address, "placement.apart", fmt.Sprintf("The group %s has %d members that must be apart, and the estate has %d systems.", g, members[g], systems), "Declare more systems, or make the group smaller.", "members", members[g])
					}
				}
			}},
		{ID: "CAP-36", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "A placement rule that is broken already is reported even if the plan does not touch it.",
			Says: "{a} and {b} already break rule {rule} on {system}. Plan a move to repair it.", Source: "COLL",
			Elsewhere: "rules CAP-27 to CAP-31, which judge every declared partition, whether or not a step touches it: each names its frame, so such a state contradicts the estate"},
	}
}

// pairs visits every pair of declared partitions with the same non-empty key once.
func pairs(f *Facts, key func(*Partition) string, visit func(p, q *Partition)) {
	groups := map[string][]*Partition{}
	var names []string
	for _, p := range f.Partitions {
		if k := key(p); k != "" && p.Address != "" {
			if groups[k] == nil {
				names = append(names, k)
			}
			groups[k] = append(groups[k], p)
		}
	}
	for _, n := range names {
		g := groups[n]
		for i := range g {
			for j := i + 1; j < len(g); j++ {
				visit(g[i], g[j])
			}
		}
	}
}

// parting reports whether two partitions are on a system today and at most one of
// them stays: such a plan mends what the rules forbid and must not be blocked for it.
func parting(p, q *Partition, s *System) bool {
	return p.System == s && q.System == s && (p.Target != s || q.Target != s)
}

// onSystems lists, for each system, the client partitions that are on it at
// some moment of the plan.
func onSystems(f *Facts) map[*System][]*Partition {
	out := map[*System][]*Partition{}
	for _, p := range f.Partitions {
		if p.Environment == "vioserver" {
			continue
		}
		for _, s := range p.Places() {
			if s != nil {
				out[s] = append(out[s], p)
			}
		}
	}
	return out
}

func among(list []schema.Address, a schema.Address) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

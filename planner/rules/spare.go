package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner/placement"
)

// spare are the rules about pools: systems that are to take each other's partitions when one of them fails.
func spare() []*Rule {
	return []*Rule{
		{ID: "CAP-11", Moments: []string{Plan}, Severity: diag.Error, Statement: "In a pool of frames the others have room for the running partitions of any one that fails.",
			Says: "If {system} fails, {n} partitions ({mem} MB, {units} units) do not fit into pool {pool}. Keep {gap} more free.", Source: "S3 Failover and cluster; STBY (reserve host); domain knowledge",
			Check: func(f *Facts, r *Reporter) {
				survives(f, func(l loss) {
					if l.maintenance {
						return // CAP-12 speaks
					}
					text, fix := l.text(), fmt.Sprintf("Keep more room in the pool %s, or take a system or a partition out of it.", l.pool)
					if l.cause != nil {
						r.Say(l.cause.Address, "system", text, fix, "pool", l.pool, "system", l.system.Name)
						return
					}
					// What the plan does not bring about does not hold it up.
					r.say(diag.Advice, l.system.Address, "pool", text, fix, []any{"pool", l.pool, "system", l.system.Name})
				})
			}},
		{ID: "CAP-12", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A frame in maintenance leaves a pool that survives a further failure.",
			Says: "With {system} in maintenance, pool {pool} survives no further failure until {time}.", Source: "derived from CAP-11",
			Check: func(f *Facts, r *Reporter) {
				survives(f, func(l loss) {
					if l.maintenance {
						r.Say(l.system.Address, "pool", "While a system of the pool is in maintenance: "+l.text(), "End the maintenance before it is needed, or acknowledge it.", "pool", l.pool, "system", l.system.Name)
					}
				})
			}},
	}
}

// loss is what cannot be placed in a pool when a system of it fails.
type loss struct {
	pool        string
	system      *System
	cause       *Partition // one that the plan places in the pool
	maintenance bool       // only because a system is in maintenance
	who         []*Partition
}

func (l loss) text() string {
	var mem, units float64
	var names []string
	for _, p := range l.who {
		m, u := p.takes()
		mem, units, names = mem+m, units+u, append(names, p.Name)
	}
	slices.Sort(names)
	return fmt.Sprintf("If %s fails, %s of the pool %s would find no place: %g MiB, %g processing units.", l.system.Label(), strings.Join(names, ", "), l.pool, mem, units)
}

// takes is the memory, hypervisor overhead included, and the processing units of a partition.
func (p *Partition) takes() (mem, units float64) {
	mem, units = p.MemNow, p.Units
	if mem == 0 || p.Resized {
		mem = p.MemDesired
	}
	if p.ProcMode == "dedicated" {
		units = p.Procs
	}
	return mem + p.Overhead, units
}

// survives tells of each pool the worst loss of a system at the end of the plan.
func survives(f *Facts, tell func(loss)) {
	pools := map[string][]*System{}
	for _, s := range f.Systems {
		if s.Pool != "" && s.ID != "" {
			pools[s.Pool] = append(pools[s.Pool], s)
		}
	}
	mem, units := map[*System]float64{}, map[*System]float64{}
	for _, s := range f.Systems {
		mem[s], units[s] = s.MemFree-s.HeadroomMem, s.ProcsFree-s.HeadroomUnits
	}
	for _, p := range f.Partitions {
		if p.Target == nil || p.MemNow == 0 && !p.RunningAtEnd {
			continue
		}
		if p.Target == p.System && !p.New {
			if p.Resized {
				mem[p.Target] -= p.MemDesired - p.MemNow
			}
			continue
		}
		m, u := p.takes()
		mem[p.Target], units[p.Target] = mem[p.Target]-m, units[p.Target]-u
		if p.System != nil && p.MemNow > 0 {
			mem[p.System], units[p.System] = mem[p.System]+m, units[p.System]+u
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pools)) {
		members := pools[name]
		var worst *loss
		for _, s := range members {
			who := fail(f, members, s, mem, units, false)
			if len(who) == 0 || worst != nil && len(who) <= len(worst.who) {
				continue
			}
			worst = &loss{pool: name, system: s, who: who, maintenance: len(fail(f, members, s, mem, units, true)) == 0}
		}
		if worst == nil {
			continue
		}
		for _, p := range f.Partitions {
			if p.Address != "" && p.Target != nil && p.Target.Pool == name && (p.New || p.Resized || p.System != nil && p.System.Pool != name) {
				worst.cause = p
			}
		}
		tell(*worst)
	}
}

// fail are the running partitions of a system that find no place on the others of its pool.
func fail(f *Facts, pool []*System, failed *System, mem, units map[*System]float64, all bool) []*Partition {
	problem := placement.Evacuation{Balance: "memory", Empty: []string{failed.ID}, Tries: 20000}
	hosts := []*System{}
	for _, s := range pool {
		if s == failed || s.Quarantine || s.Maintenance && !all {
			continue
		}
		hosts = append(hosts, s)
		problem.Hosts = append(problem.Hosts, placement.Host{ID: s.ID, Free: map[string]float64{"memory": mem[s], "units": units[s]}})
	}
	byID := map[string]*Partition{}
	for _, p := range f.Partitions {
		if p.Target == nil || p.Environment == "vioserver" || p.Target != failed && !slices.Contains(hosts, p.Target) || p.Target == failed && !p.Running && !p.RunningAtEnd {
			continue
		}
		id := p.Target.ID + "/" + p.Name
		byID[id] = p
		g := placement.Guest{ID: id, Host: p.Target.ID, Group: p.Group, Apart: p.Apart, Exclusive: p.Exclusive, Needs: map[string]map[string]float64{}, Forbidden: map[string][]string{}}
		m, u := p.takes()
		for _, s := range hosts {
			g.Needs[s.ID] = map[string]float64{"memory": m, "units": u}
			if !p.couldLive(s) {
				g.Forbidden[s.ID] = []string{"it cannot run there"}
			}
		}
		problem.Guests = append(problem.Guests, g)
	}
	solution := problem.Solve()
	if solution.Bounded && !solution.Impossible {
		return nil // nobody knows; a warning that may be wrong helps nobody
	}
	var out []*Partition
	for _, st := range solution.Stays {
		out = append(out, byID[st.Guest])
	}
	return out
}

// couldLive: a partition that is restarted on a system needs its processor mode, its disks and the estate's leave there.
func (p *Partition) couldLive(s *System) bool {
	if mode := p.CompatWanted; mode != "" && mode != "default" && len(s.Compat) > 0 && !slices.Contains(s.Compat, mode) {
		return false
	}
	for _, d := range p.Disks {
		if d.Disk != nil && d.Disk.Paths[s.ID] == nil {
			return false
		}
	}
	return (len(p.OnlyOn) == 0 || among(p.OnlyOn, s.Address)) && !among(p.NotOn, s.Address)
}

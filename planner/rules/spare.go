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
	cause       *Partition // of what makes it worse than it is now; nil when nothing does
	maintenance bool       // only because a system is in maintenance
	who         []*Partition
}

func (l loss) memory() float64 {
	sum := 0.0
	for _, p := range l.who {
		m, _ := p.takes()
		sum += m
	}
	return sum
}

func (l loss) text() string {
	var units float64
	var names []string
	for _, p := range l.who {
		_, u := p.takes()
		units, names = units+u, append(names, p.Name)
	}
	slices.Sort(names)
	return fmt.Sprintf("If %s fails, %s of the pool %s would find no place: %g MiB, %g processing units.", l.system.Label(), strings.Join(names, ", "), l.pool, l.memory(), units)
}

// takes is the memory, hypervisor overhead included, and the processing units of a partition at the end.
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

// world is where partitions run, and what is free, before or after a plan.
type world struct {
	mem, units map[*System]float64
	on         map[*System][]*Partition // those that run
	near       map[*System][]*Partition // those that do not get along with everybody
}

// worlds are the one before and the one after the plan. What is free is told of now; the plan changes it by what comes, goes,
// starts, stops and changes its size.
func worlds(f *Facts) (before, after *world) {
	today := func() *world {
		w := &world{map[*System]float64{}, map[*System]float64{}, map[*System][]*Partition{}, map[*System][]*Partition{}}
		for _, s := range f.Systems {
			w.mem[s], w.units[s] = s.MemFree-s.HeadroomMem, s.ProcsFree-s.HeadroomUnits
		}
		return w
	}
	before, after = today(), today()
	put := func(w *world, p *Partition, s *System, runs bool) {
		if s == nil || p.Environment == "vioserver" {
			return
		}
		if runs {
			w.on[s] = append(w.on[s], p)
		}
		if p.Apart != "" || p.Exclusive {
			w.near[s] = append(w.near[s], p)
		}
	}
	for _, p := range f.Partitions {
		put(before, p, p.System, p.Running)
		put(after, p, p.Target, p.RunningAtEnd)
		m, u := p.takes()
		stays := p.System != nil && p.System == p.Target && !p.New
		if p.System != nil && p.MemNow > 0 && (!stays || p.Running && !p.RunningAtEnd) {
			after.mem[p.System], after.units[p.System] = after.mem[p.System]+p.MemNow, after.units[p.System]+u
		}
		switch {
		case p.Target == nil || !p.RunningAtEnd && (stays || p.MemNow == 0):
		case stays && p.MemNow > 0:
			if p.Resized {
				after.mem[p.Target] -= p.MemDesired - p.MemNow
			}
		default:
			after.mem[p.Target], after.units[p.Target] = after.mem[p.Target]-m, after.units[p.Target]-u
		}
	}
	return before, after
}

// survives tells of each pool the worst loss of a system at the end of the plan. A pool of which a system was not found tells
// nothing, and neither does a look at some of the partitions.
func survives(f *Facts, tell func(loss)) {
	if f.Partial {
		return
	}
	if f.losses == nil {
		f.losses = []loss{}
		pools, unknown := map[string][]*System{}, map[string]bool{}
		for _, s := range f.Systems {
			if s.Pool != "" {
				pools[s.Pool] = append(pools[s.Pool], s)
				unknown[s.Pool] = unknown[s.Pool] || s.ID == ""
			}
		}
		var before, after *world
		for _, name := range slices.Sorted(maps.Keys(pools)) {
			if unknown[name] {
				continue
			}
			if after == nil {
				before, after = worlds(f)
			}
			if l := after.worst(name, pools[name]); l != nil {
				if was := before.worst(name, pools[name]); was == nil || len(l.who) > len(was.who) || l.memory() > was.memory()+0.5 {
					l.cause = cause(f, name)
				}
				f.losses = append(f.losses, *l)
			}
		}
	}
	for _, l := range f.losses {
		tell(l)
	}
}

// cause is a partition that the plan places, moves, starts or enlarges in a pool; nil when there is none.
func cause(f *Facts, pool string) *Partition {
	var out *Partition
	for _, p := range f.Partitions {
		if p.Address != "" && p.Target != nil && p.Target.Pool == pool && p.RunningAtEnd && (p.New || p.Target != p.System || !p.Running || p.Resized && p.MemDesired > p.MemNow) {
			out = p
		}
	}
	return out
}

func (w *world) worst(name string, pool []*System) *loss {
	var worst *loss
	for _, s := range pool {
		who := w.fail(pool, s, false)
		if len(who) > 0 && (worst == nil || len(who) > len(worst.who)) {
			worst = &loss{pool: name, system: s, who: who}
		}
	}
	if worst != nil {
		worst.maintenance = len(w.fail(pool, worst.system, true)) == 0
	}
	return worst
}

// fail are the running partitions of a system that find no place on the others of its pool.
func (w *world) fail(pool []*System, failed *System, all bool) []*Partition {
	problem := placement.Evacuation{Balance: "memory", Empty: []string{failed.ID}, Tries: 20000}
	hosts := []*System{}
	for _, s := range pool {
		if s == failed || s.Quarantine || s.Maintenance && !all {
			continue
		}
		hosts = append(hosts, s)
		problem.Hosts = append(problem.Hosts, placement.Host{ID: s.ID, Free: map[string]float64{"memory": w.mem[s], "units": w.units[s]}})
		for _, p := range w.near[s] {
			problem.Guests = append(problem.Guests, placement.Guest{ID: s.ID + "/" + p.Name, Host: s.ID, Apart: p.Apart, Exclusive: p.Exclusive})
		}
	}
	byID := map[string]*Partition{}
	for _, p := range w.on[failed] {
		g := placement.Guest{ID: failed.ID + "/" + p.Name, Host: failed.ID, Group: p.Group, Apart: p.Apart, Exclusive: p.Exclusive, Needs: map[string]map[string]float64{}, Forbidden: map[string][]string{}}
		byID[g.ID] = p
		m, u := p.takes()
		for _, s := range hosts {
			g.Needs[s.ID] = map[string]float64{"memory": m, "units": u}
			if !p.couldLive(s) {
				g.Forbidden[s.ID] = []string{"it cannot run there"}
			}
		}
		problem.Guests = append(problem.Guests, g)
	}
	if len(byID) == 0 {
		return nil
	}
	solution := problem.Solve()
	if solution.Bounded && !solution.Impossible {
		return nil // nobody knows; a warning that may be wrong helps nobody
	}
	var out []*Partition
	for _, st := range solution.Stays {
		if p := byID[st.Guest]; p != nil {
			out = append(out, p)
		}
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

package placement

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// crowd is a small problem: one host to empty, up to three that may take its
// guests, residents on those, and every kind of constraint.
func crowd(t *rapid.T) Evacuation {
	pick := func(name string, n int) int { return rapid.IntRange(0, n).Draw(t, name) }
	e := Evacuation{Empty: []string{"full"}, Balance: "memory", Hosts: []Host{{ID: "full"}}}
	hosts := 1 + pick("hosts", 2)
	twins := rapid.Bool().Draw(t, "twins") // hosts that nothing tells from each other
	for h := range hosts {
		if twins && h > 0 {
			host := e.Hosts[1]
			host.ID = fmt.Sprint("h", h)
			e.Hosts = append(e.Hosts, host)
			continue
		}
		host := Host{ID: fmt.Sprint("h", h), Free: map[string]float64{"memory": float64(pick("memory", 8))}, Size: 10}
		if pick("limited", 2) == 0 {
			host.Free["slots"] = float64(pick("slots", 3))
		}
		e.Hosts = append(e.Hosts, host)
	}
	label := func(name string) string { return []string{"", "", "", "x", "y"}[pick(name, 4)] }
	for g := range 1 + pick("guests", 4) {
		guest := Guest{ID: fmt.Sprint("g", g), Host: "full", Needs: map[string]map[string]float64{}, Forbidden: map[string][]string{},
			Pinned: pick("pinned", 9) == 0, Exclusive: pick("exclusive", 9) == 0, Group: label("group"), Apart: label("apart")}
		size := 1 + pick("size", 4)
		for h := range hosts {
			id := fmt.Sprint("h", h)
			overhead, forbidden := 0, false
			if !twins {
				overhead, forbidden = pick("overhead", 1), pick("forbidden", 5) == 0
			}
			guest.Needs[id] = map[string]float64{"memory": float64(size + overhead), "slots": 1}
			if forbidden {
				guest.Forbidden[id] = []string{"no"}
			}
		}
		e.Guests = append(e.Guests, guest)
	}
	for g := range pick("residents", 2) {
		e.Guests = append(e.Guests, Guest{ID: fmt.Sprint("r", g), Host: fmt.Sprint("h", pick("on", hosts-1)), Exclusive: pick("exclusive", 5) == 0, Group: label("group"), Apart: label("apart")})
	}
	return e
}

// allowed says whether a placement, guest to host or nothing, keeps every constraint.
// It is written from the words of the types, not from the search.
func allowed(e Evacuation, at map[string]string) bool {
	where := func(g Guest) string {
		if g.Host != "full" {
			return g.Host
		}
		return at[g.ID] // nothing: it stays on the host that was to be emptied
	}
	for _, h := range e.Hosts {
		if h.ID == "full" {
			continue
		}
		used := map[string]float64{}
		for _, g := range e.Guests {
			if g.Host == "full" && at[g.ID] == h.ID {
				if g.Pinned || len(g.Forbidden[h.ID]) > 0 {
					return false
				}
				for r, n := range g.Needs[h.ID] {
					used[r] += n
				}
			}
		}
		for r, n := range used {
			if free, limited := h.Free[r]; limited && n > free {
				return false
			}
		}
	}
	for i, a := range e.Guests {
		for _, b := range e.Guests[i+1:] {
			moves := at[a.ID] != "" || at[b.ID] != ""
			if !moves {
				continue // what is so already is not this plan's doing
			}
			together := where(a) == where(b)
			if a.Group != "" && a.Group == b.Group && !together {
				return false
			}
			if together && (a.Exclusive || b.Exclusive || a.Apart != "" && a.Apart == b.Apart) {
				return false
			}
		}
	}
	return true
}

// most is the largest number of guests that any allowed placement moves.
func most(e Evacuation) int {
	var movers []string
	for _, g := range e.Guests {
		if g.Host == "full" && !g.Pinned {
			movers = append(movers, g.ID)
		}
	}
	best, at := 0, map[string]string{}
	var try func(i int)
	try = func(i int) {
		if i == len(movers) {
			if allowed(e, at) {
				best = max(best, len(at))
			}
			return
		}
		try(i + 1)
		for _, h := range e.Hosts[1:] {
			at[movers[i]] = h.ID
			try(i + 1)
			delete(at, movers[i])
		}
	}
	try(0)
	return best
}

func placed(s *Solution) map[string]string {
	at := map[string]string{}
	for _, m := range s.Moves {
		at[m.Guest] = m.To
	}
	return at
}

// Compared with trying everything: as many go as can go, all constraints hold,
// and whoever stays has a reason for every host.
func TestSolveIsBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := crowd(t)
		s := e.Solve()
		if s.Bounded {
			t.Fatalf("gave up on a small problem after %d tries", s.Tries)
		}
		if !allowed(e, placed(s)) {
			t.Fatalf("breaks a constraint: %+v", s)
		}
		if want := most(e); len(s.Moves) != want {
			t.Fatalf("%d move, %d can: %+v", len(s.Moves), want, s)
		}
		movers, stays := 0, 0
		for _, g := range e.Guests {
			if g.Host == "full" {
				movers++
			}
		}
		for _, st := range s.Stays {
			if !st.Pinned {
				stays++
				for _, h := range e.Hosts[1:] {
					if !slices.ContainsFunc(st.Refusals, func(r Refusal) bool { return r.Host == h.ID && r.Why != "" }) {
						t.Fatalf("%s stays, and nothing keeps it off %s: %+v", st.Guest, h.ID, s)
					}
				}
			}
		}
		if len(s.Moves)+len(s.Stays) != movers || s.Impossible != (stays > 0) {
			t.Fatalf("%d guests: %+v", movers, s)
		}
	})
}

// The order in which a problem is written down does not show.
func TestSolveIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := crowd(t)
		first := e.Solve()
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(e.Hosts), func(i, j int) { e.Hosts[i], e.Hosts[j] = e.Hosts[j], e.Hosts[i] })
		r.Shuffle(len(e.Guests), func(i, j int) { e.Guests[i], e.Guests[j] = e.Guests[j], e.Guests[i] })
		if second := e.Solve(); !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v\n%+v", first, second)
		}
	})
}

func host(id string, free, size float64) Host {
	return Host{ID: id, Free: map[string]float64{"memory": free}, Size: size}
}

func guest(id string, size float64, hosts ...string) Guest {
	g := Guest{ID: id, Host: "full", Needs: map[string]map[string]float64{}}
	for _, h := range hosts {
		g.Needs[h] = map[string]float64{"memory": size}
	}
	return g
}

func TestSolve(t *testing.T) {
	two := []Host{host("full", 0, 0), host("a", 8, 16), host("b", 8, 16)}
	three := func(sizes ...float64) []Guest {
		var out []Guest
		for i, n := range sizes {
			out = append(out, guest(fmt.Sprint("g", i), n, "a", "b"))
		}
		return out
	}
	with := func(gs []Guest, change func(gs []Guest)) []Guest { change(gs); return gs }
	for name, c := range map[string]struct {
		hosts  []Host
		guests []Guest
		moves  string
		stays  string
	}{
		"even: each goes where more stays free":      {two, three(4, 2, 1), "[{g0 full a} {g1 full b} {g2 full b}]", ""},
		"an emptier but smaller host is not emptier": {[]Host{host("full", 0, 0), host("a", 8, 8), host("b", 9, 64)}, three(1), "[{g0 full a}]", ""},
		// Best share first puts 4 and 4 on different hosts and leaves 3+3 and 3 nowhere.
		"greedy is not enough":                     {[]Host{host("full", 0, 0), host("a", 9, 9), host("b", 8, 8)}, three(4, 4, 3, 3, 3), "[{g0 full b} {g1 full b} {g2 full a} {g3 full a} {g4 full a}]", ""},
		"twins differ once somebody is there":      {two, three(4, 4, 3, 3, 2), "[{g0 full a} {g1 full a} {g2 full b} {g3 full b} {g4 full b}]", ""},
		"too large":                                {two, three(9), "[]", "g0: a no room memory 9>8 [], b no room memory 9>8 []; "},
		"room for one more is taken by the others": {two, three(6, 6, 3), "[{g0 full a} {g1 full b}]", "g2: a no room memory 3>2 [g0], b no room memory 3>2 [g1]; "},
		"apart":                                  {two, with(three(1, 1, 1), func(gs []Guest) { gs[0].Apart, gs[1].Apart, gs[2].Apart = "x", "x", "x" }), "[{g0 full a} {g1 full b}]", "g2: a apart [g0], b apart [g1]; "},
		"together":                               {two, with(three(5, 3, 2), func(gs []Guest) { gs[0].Group, gs[1].Group = "x", "x" }), "[{g0 full a} {g1 full a} {g2 full b}]", ""},
		"a group does not leave a pinned member": {two, with(three(1, 1), func(gs []Guest) { gs[0].Group, gs[1].Group, gs[1].Pinned = "x", "x", true }), "[]", "g0: a together [g1], b together [g1]; g1: pinned; "},
		"exclusive":                              {two, with(three(1, 1), func(gs []Guest) { gs[0].Exclusive = true }), "[{g0 full a} {g1 full b}]", ""},
		"forbidden":                              {two, with(three(1), func(gs []Guest) { gs[0].Forbidden = map[string][]string{"a": {"no"}} }), "[{g0 full b}]", ""},
		"nowhere to go":                          {two[:1], three(1), "[]", "g0: ; "},
	} {
		t.Run(name, func(t *testing.T) {
			s := Evacuation{Hosts: c.hosts, Guests: c.guests, Empty: []string{"full"}, Balance: "memory"}.Solve()
			if s.Moves == nil {
				s.Moves = []Relocation{}
			}
			if got := fmt.Sprint(s.Moves); got != c.moves {
				t.Errorf("moves %s, want %s", got, c.moves)
			}
			if got := told(s); got != c.stays {
				t.Errorf("stays %s, want %s", got, c.stays)
			}
		})
	}
}

func told(s *Solution) string {
	out := ""
	for _, st := range s.Stays {
		out += st.Guest + ": "
		if st.Pinned {
			out += "pinned"
		}
		for i, r := range st.Refusals {
			if i > 0 {
				out += ", "
			}
			out += fmt.Sprintf("%s %s", r.Host, r.Why)
			if r.Why == NoRoom {
				out += fmt.Sprintf(" %s %g>%g", r.Resource, r.Need, r.Have)
			}
			out += fmt.Sprintf(" %v", r.With)
		}
		out += "; "
	}
	return out
}

// A search that gives up says so, claims nothing, and still places whom it can.
func TestSolveGivesUp(t *testing.T) {
	e := Evacuation{Empty: []string{"full"}, Balance: "memory", Hosts: []Host{host("full", 0, 0), host("a", 9, 9), host("b", 8, 8)}, Tries: 4}
	for i, n := range []float64{4, 4, 3, 3, 3} {
		e.Guests = append(e.Guests, guest(fmt.Sprint("g", i), n, "a", "b"))
	}
	s := e.Solve()
	if !s.Bounded || s.Impossible || s.Tries != 4 || len(s.Moves) != 4 || len(s.Stays) != 1 {
		t.Errorf("%+v", s)
	}
	if !allowed(e, placed(s)) {
		t.Errorf("what was found breaks a constraint: %+v", s)
	}
}

// hard is a problem of the size of a real frame that just fits, or just does not.
func hard(guests, hosts int, spare float64) Evacuation {
	r := rand.New(rand.NewPCG(7, 7))
	e := Evacuation{Empty: []string{"full"}, Balance: "memory", Hosts: []Host{{ID: "full"}}}
	room := make([]float64, hosts)
	var names []string
	for h := range hosts {
		names = append(names, fmt.Sprint("h", h))
	}
	for i := range guests {
		n := float64(1+r.IntN(64)) * 256
		room[i%hosts] += n
		e.Guests = append(e.Guests, guest(fmt.Sprint("g", i), n, names...))
	}
	for h, n := range names {
		e.Hosts = append(e.Hosts, host(n, room[h]+spare, 1<<18))
	}
	return e
}

func BenchmarkSolve(b *testing.B) {
	for name, spare := range map[string]float64{"roomy": 32768, "tight": 1024, "tighter": 512, "tightest": 256, "exact": 0, "impossible": -256} {
		b.Run(name, func(b *testing.B) {
			var s *Solution
			for b.Loop() {
				s = hard(40, 10, spare).Solve()
			}
			b.ReportMetric(float64(s.Tries), "tries")
			b.ReportMetric(float64(len(s.Stays)), "stay")
		})
	}
}

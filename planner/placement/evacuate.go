package placement

import (
	"cmp"
	"math"
	"slices"
)

// Host is a place that guests may move to, or one that is to be emptied.
type Host struct {
	ID string
	// Free is what arrivals may take of each resource, headroom already taken
	// off. A resource that is missing here is not limited.
	Free map[string]float64
	// Size is the whole of the problem's Balance resource; 0 means what is free.
	Size float64
}

// Guest lives on a host. On a host that is to be emptied it has to go; on any
// other it stays, and counts only for the rules about neighbours: what it
// takes is not in Free any more.
type Guest struct {
	ID   string
	Host string
	// Needs is what it takes on each host, by host and resource. It differs
	// between hosts because the hypervisor's overhead does.
	Needs map[string]map[string]float64
	// Forbidden says for each host that cannot take it why, in the caller's words.
	Forbidden map[string][]string
	Pinned    bool   // it goes nowhere
	Exclusive bool   // it shares its host with nobody
	Group     string // its members are on one host: they go together or not at all
	Apart     string // its members never share a host
}

// Evacuation is the problem: who lives where, and which hosts are to be emptied.
type Evacuation struct {
	Hosts  []Host
	Guests []Guest
	Empty  []string
	// Balance is the resource whose free share is kept even between the hosts,
	// and by which the large guests are told from the small ones.
	Balance string
	// Tries bounds how often a guest is put on a host before the search gives
	// up; 0 means DefaultTries.
	Tries int
}

// DefaultTries ends the worst case, 40 guests that all but fit on 10 hosts, after
// about a tenth of a second (BenchmarkSolve). A problem that a greedy search
// solves needs one try a guest.
const DefaultTries = 200000

// Solution says who goes where, and who stays and why.
type Solution struct {
	Moves []Relocation // in the order to begin them: the largest while the hosts are emptiest
	Stays []Stay
	Tries int
	// Impossible: every way was tried, and not all who may go can go.
	Impossible bool
	// Bounded: the search gave up. When Impossible is not set either, there may be
	// a placement for all; when it is, perhaps fewer could stay.
	Bounded bool
}

// Relocation is one guest's way.
type Relocation struct{ Guest, From, To string }

// Stay is a guest that has to go and cannot.
type Stay struct {
	Guest    string
	Pinned   bool
	Refusals []Refusal // for each host that is not to be emptied; none for the pinned
}

// Why is the constraint that keeps a guest off a host.
type Why string

// The constraints.
const (
	Forbidden Why = "forbidden" // the caller said so
	NoRoom    Why = "no room"
	ApartFrom Why = "apart"     // With are members of its apart group
	NotAlone  Why = "not alone" // With are there, and one of them is exclusive
	Together  Why = "together"  // With are members of its group that cannot be there
)

// Refusal is one constraint on one host, in the solution that was found.
type Refusal struct {
	Host     string
	Why      Why
	Texts    []string // of Forbidden
	Resource string   // of NoRoom, with what is needed and what the others leave
	Need     float64
	Have     float64
	With     []string // who is in the way; for NoRoom, who moves there before
}

// Solve finds hosts for the guests of the hosts that are to be emptied, for all
// of them if it can, else for as many as it can.
//
// Whoever has the fewest hosts to choose from is placed first, the largest of
// them before the others, each where the largest share stays free. Where that
// leads nowhere the search goes back. When half of the tries are used up so, the
// other half fills one host after the other, which wastes less room and keeps
// no balance. All this first with nobody left behind, then with one, and so on.
// The same problem gives the same solution, in whatever order it is written down.
func (e Evacuation) Solve() *Solution {
	s := newSearch(e)
	for leave := 0; leave <= s.members; leave++ {
		if s.attempt(leave) {
			break
		}
		if s.sol.Bounded {
			s.restoreBest()
			break
		}
		if leave == 0 {
			s.sol.Impossible = true
		}
	}
	return s.solution()
}

// attempt searches in both orders; only when the first gives up has the second
// anything to add.
func (s *search) attempt(leave int) bool {
	for _, s.fill = range []bool{false, true} {
		s.limit = s.sol.Tries + (s.e.Tries-s.sol.Tries)/2
		if s.fill {
			s.limit = s.e.Tries
		}
		s.sol.Bounded = false
		if s.descend(leave) {
			return true
		}
		if !s.sol.Bounded {
			return false
		}
	}
	return false
}

// unit is what is placed as one: a guest, or all of a group.
type unit struct {
	guests []*Guest
	needs  [][]float64 // by host and resource; nil where a constraint of its own forbids it
	size   float64     // of the balance resource, where it is largest
	at     int         // host, or one of the below
}

const (
	open    = -1
	skipped = -2
)

type search struct {
	e         Evacuation
	hosts     []Host // that may take guests
	resources []string
	balance   int
	free      [][]float64
	size      []float64
	twin      []int      // the first host that is exactly like this one, for all that matters
	there     [][]*Guest // who is on each host by now
	arrived   []int      // how many of them came
	residents [][]*Guest
	units     []*unit
	pinned    []*Guest
	members   int
	placed    int
	best      []int // at of each unit in the best incomplete solution
	bestCount int
	fill      bool // the fullest host first instead of the emptiest
	limit     int  // tries of this attempt
	sol       *Solution
}

func newSearch(e Evacuation) *search {
	s := &search{e: e, sol: &Solution{}, balance: -1}
	if s.e.Tries == 0 {
		s.e.Tries = DefaultTries
	}
	for _, h := range e.Hosts {
		if !slices.Contains(e.Empty, h.ID) {
			s.hosts = append(s.hosts, h)
		}
	}
	slices.SortFunc(s.hosts, func(a, b Host) int { return cmp.Compare(a.ID, b.ID) })
	s.collectResources()
	s.there, s.arrived = make([][]*Guest, len(s.hosts)), make([]int, len(s.hosts))
	s.collectUnits()
	s.residents = make([][]*Guest, len(s.hosts))
	for h := range s.hosts {
		s.residents[h] = slices.Clone(s.there[h])
	}
	s.findTwins()
	return s
}

func (s *search) collectResources() {
	names := map[string]bool{}
	for _, h := range s.hosts {
		for r := range h.Free {
			names[r] = true
		}
	}
	for r := range names {
		s.resources = append(s.resources, r)
	}
	slices.Sort(s.resources)
	s.balance = slices.Index(s.resources, s.e.Balance)
	for _, h := range s.hosts {
		row := make([]float64, len(s.resources))
		for i, r := range s.resources {
			row[i] = math.Inf(1)
			if f, limited := h.Free[r]; limited {
				row[i] = f
			}
		}
		size := h.Size
		if size <= 0 && s.balance >= 0 {
			size = row[s.balance]
		}
		s.free, s.size = append(s.free, row), append(s.size, size)
	}
}

// collectUnits sorts the guests into those that stay, those that are pinned and
// the units that are to be placed.
func (s *search) collectUnits() {
	guests := slices.Clone(s.e.Guests)
	slices.SortFunc(guests, func(a, b Guest) int { return cmp.Compare(a.ID, b.ID) })
	groups := map[string]*unit{}
	anchors := map[string][]int{} // hosts of those members of a group that stay
	for i := range guests {
		g := &guests[i]
		if slices.Contains(s.e.Empty, g.Host) {
			continue
		}
		if h := s.host(g.Host); h >= 0 {
			s.there[h] = append(s.there[h], g)
			if g.Group != "" {
				anchors[g.Group] = append(anchors[g.Group], h)
			}
		}
	}
	held := map[string]bool{} // groups that a pinned member holds back
	for i := range guests {
		if g := &guests[i]; g.Pinned && slices.Contains(s.e.Empty, g.Host) {
			s.pinned = append(s.pinned, g)
			held[g.Group] = g.Group != ""
		}
	}
	for i := range guests {
		g := &guests[i]
		if g.Pinned || !slices.Contains(s.e.Empty, g.Host) {
			continue
		}
		u := groups[g.Group]
		if u == nil || g.Group == "" {
			u = &unit{at: open}
			s.units = append(s.units, u)
			if g.Group != "" {
				groups[g.Group] = u
			}
		}
		u.guests = append(u.guests, g)
		s.members++
	}
	for _, u := range s.units {
		u.needs = make([][]float64, len(s.hosts))
		for h := range s.hosts {
			group := u.guests[0].Group
			if held[group] || !u.may(s.hosts[h].ID) || slices.ContainsFunc(anchors[group], func(a int) bool { return a != h }) {
				continue
			}
			u.needs[h] = s.needsOn(u, h)
			if s.balance >= 0 {
				u.size = max(u.size, u.needs[h][s.balance])
			}
		}
	}
}

func (s *search) host(id string) int {
	return slices.IndexFunc(s.hosts, func(h Host) bool { return h.ID == id })
}

// may: nothing within the unit keeps it off a host.
func (u *unit) may(host string) bool {
	for i, g := range u.guests {
		if len(g.Forbidden[host]) > 0 || g.Exclusive && len(u.guests) > 1 {
			return false
		}
		for _, other := range u.guests[:i] {
			if g.Apart != "" && g.Apart == other.Apart {
				return false
			}
		}
	}
	return true
}

func (s *search) needsOn(u *unit, h int) []float64 {
	row := make([]float64, len(s.resources))
	for _, g := range u.guests {
		for i, r := range s.resources {
			row[i] += g.Needs[s.hosts[h].ID][r]
		}
	}
	return row
}

// findTwins notes hosts between which no guest could tell, so that a search that
// failed on one is not repeated on the other.
func (s *search) findTwins() {
	for h := range s.hosts {
		s.twin = append(s.twin, h)
		for o := range h {
			if s.alike(o, h) {
				s.twin[h] = o
				break
			}
		}
	}
}

func (s *search) alike(a, b int) bool {
	if len(s.there[a])+len(s.there[b]) > 0 || s.size[a] != s.size[b] || !slices.Equal(s.free[a], s.free[b]) {
		return false
	}
	for _, u := range s.units {
		if (u.needs[a] == nil) != (u.needs[b] == nil) || !slices.Equal(u.needs[a], u.needs[b]) {
			return false
		}
	}
	return true
}

// fits: nothing keeps the unit off the host as things are now.
func (s *search) fits(u *unit, h int) bool {
	if u.needs[h] == nil {
		return false
	}
	for r, n := range u.needs[h] {
		if n > s.free[h][r]+epsilon {
			return false
		}
	}
	for _, g := range u.guests {
		for _, other := range s.there[h] {
			if g.Exclusive || other.Exclusive || g.Apart != "" && g.Apart == other.Apart {
				return false
			}
		}
	}
	return true
}

// descend places everybody who is open, leaving at most so many behind.
func (s *search) descend(leave int) bool {
	u, hosts, any := s.hardest()
	if !any {
		return true
	}
	if leave == 0 && (len(hosts) == 0 || !s.enough()) {
		return false
	}
	s.byBalance(u, hosts)
	tried := map[int]bool{}
	for _, h := range hosts {
		if s.arrived[h] == 0 {
			if tried[s.twin[h]] {
				continue
			}
			tried[s.twin[h]] = true
		}
		if s.sol.Tries >= s.limit {
			s.sol.Bounded = true
			return false
		}
		s.sol.Tries++
		s.put(u, h)
		if s.descend(leave) {
			return true
		}
		s.take(u, h)
		if s.sol.Bounded {
			return false
		}
	}
	if len(u.guests) > leave {
		return false
	}
	u.at = skipped
	if s.descend(leave - len(u.guests)) {
		return true
	}
	u.at = open
	return false
}

// hardest is the open unit with the fewest hosts, the largest of them.
func (s *search) hardest() (found *unit, hosts []int, any bool) {
	fewest := math.MaxInt
	for _, u := range s.units {
		if u.at != open {
			continue
		}
		n := 0
		for h := range s.hosts {
			if s.fits(u, h) {
				n++
			}
		}
		if found == nil || n < fewest || n == fewest && u.size > found.size {
			found, fewest = u, n
		}
	}
	if found == nil {
		return nil, nil, false
	}
	for h := range s.hosts {
		if s.fits(found, h) {
			hosts = append(hosts, h)
		}
	}
	return found, hosts, true
}

// enough: what all that are open need at least is there in sum. It cuts off
// the hopeless branches that differ only in who is where.
func (s *search) enough() bool {
	for r := range s.resources {
		var have, need float64
		for h := range s.hosts {
			have += max(0, s.free[h][r])
		}
		for _, u := range s.units {
			if u.at != open {
				continue
			}
			least := math.Inf(1)
			for h := range s.hosts {
				if u.needs[h] != nil {
					least = min(least, u.needs[h][r])
				}
			}
			need += least
		}
		if need > have+epsilon {
			return false
		}
	}
	return true
}

// byBalance sorts hosts by the share that stays free, the largest first, or the
// smallest where room must not be wasted.
func (s *search) byBalance(u *unit, hosts []int) {
	share := func(h int) float64 {
		if s.balance < 0 || s.size[h] <= 0 || math.IsInf(s.size[h], 1) {
			return 0
		}
		return (s.free[h][s.balance] - u.needs[h][s.balance]) / s.size[h]
	}
	slices.SortStableFunc(hosts, func(a, b int) int {
		if s.fill {
			a, b = b, a
		}
		return cmp.Compare(share(b), share(a))
	})
}

func (s *search) put(u *unit, h int) {
	u.at = h
	for r, n := range u.needs[h] {
		s.free[h][r] -= n
	}
	s.there[h] = append(s.there[h], u.guests...)
	s.arrived[h] += len(u.guests)
	s.placed += len(u.guests)
	if s.placed > s.bestCount {
		s.bestCount, s.best = s.placed, s.best[:0]
		for _, x := range s.units {
			s.best = append(s.best, x.at)
		}
	}
}

func (s *search) take(u *unit, h int) {
	u.at = open
	for r, n := range u.needs[h] {
		s.free[h][r] += n
	}
	s.there[h] = s.there[h][:len(s.there[h])-len(u.guests)]
	s.arrived[h] -= len(u.guests)
	s.placed -= len(u.guests)
}

// restoreBest puts the best incomplete solution back after the search gave up,
// and adds whoever still fits.
func (s *search) restoreBest() {
	for _, u := range s.units {
		u.at = open
	}
	best := s.best
	s.best = nil
	for i, u := range s.units {
		if i < len(best) && best[i] >= 0 {
			s.put(u, best[i])
		}
	}
	for {
		u, hosts, any := s.hardest()
		switch {
		case !any:
			return
		case len(hosts) == 0:
			u.at = skipped
		default:
			s.byBalance(u, hosts)
			s.put(u, hosts[0])
		}
	}
}

func (s *search) solution() *Solution {
	for _, g := range s.pinned {
		s.sol.Stays = append(s.sol.Stays, Stay{Guest: g.ID, Pinned: true})
	}
	movers := slices.Clone(s.units)
	slices.SortStableFunc(movers, func(a, b *unit) int { return cmp.Compare(b.size, a.size) })
	for _, u := range movers {
		for _, g := range u.guests {
			if u.at >= 0 {
				s.sol.Moves = append(s.sol.Moves, Relocation{g.ID, g.Host, s.hosts[u.at].ID})
				continue
			}
			st := Stay{Guest: g.ID}
			for h := range s.hosts {
				st.Refusals = append(st.Refusals, s.refusals(u, g, h)...)
			}
			s.sol.Stays = append(s.sol.Stays, st)
		}
	}
	slices.SortFunc(s.sol.Stays, func(a, b Stay) int { return cmp.Compare(a.Guest, b.Guest) })
	return s.sol
}

// refusals are the constraints that keep a guest off a host: what was forbidden
// from the start alone, else its group, else everything that is in the way by now.
func (s *search) refusals(u *unit, g *Guest, h int) []Refusal {
	id := s.hosts[h].ID
	if texts := g.Forbidden[id]; len(texts) > 0 {
		return []Refusal{{Host: id, Why: Forbidden, Texts: texts}}
	}
	if with := s.holdBack(u, g, h); len(with) > 0 {
		return []Refusal{{Host: id, Why: Together, With: with}}
	}
	var out []Refusal
	need := u.needs[h]
	if need == nil {
		need = s.needsOn(u, h)
	}
	for r, n := range need {
		if n > s.free[h][r]+epsilon {
			out = append(out, Refusal{Host: id, Why: NoRoom, Resource: s.resources[r], Need: n, Have: max(0, s.free[h][r]), With: ids(s.there[h][len(s.residents[h]):])})
		}
	}
	neighbours := func(why Why, keep func(g, other *Guest) bool) {
		with := []*Guest{}
		for _, other := range append(slices.Clone(s.there[h]), u.guests...) {
			if other != g && keep(g, other) {
				with = append(with, other)
			}
		}
		if len(with) > 0 {
			out = append(out, Refusal{Host: id, Why: why, With: ids(with)})
		}
	}
	neighbours(ApartFrom, func(g, other *Guest) bool { return g.Apart != "" && g.Apart == other.Apart })
	neighbours(NotAlone, func(g, other *Guest) bool { return g.Exclusive || other.Exclusive })
	if len(out) == 0 { // what is in the way is in the way of another member
		for _, other := range u.guests {
			if other != g {
				out = append(out, Refusal{Host: id, Why: Together, With: []string{other.ID}})
			}
		}
	}
	return out
}

// holdBack are the members of a guest's group that cannot be on the host: pinned
// ones, ones that stay elsewhere, and ones that are forbidden there.
func (s *search) holdBack(u *unit, g *Guest, h int) []string {
	if g.Group == "" {
		return nil
	}
	var with []*Guest
	for _, p := range s.pinned {
		if p.Group == g.Group {
			with = append(with, p)
		}
	}
	for other := range s.hosts {
		for _, x := range s.residents[other] {
			if other != h && x.Group == g.Group {
				with = append(with, x)
			}
		}
	}
	for _, x := range u.guests {
		if x != g && len(x.Forbidden[s.hosts[h].ID]) > 0 {
			with = append(with, x)
		}
	}
	return ids(with)
}

func ids(guests []*Guest) []string {
	var out []string
	for _, g := range guests {
		out = append(out, g.ID)
	}
	slices.Sort(out)
	return out
}

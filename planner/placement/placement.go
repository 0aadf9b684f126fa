// Package placement orders steps that need and free room, and proves an order
// safe. Items, places and amounts go in; waits come out. It also finds new hosts
// for the guests of a host that is to be emptied. It knows neither HCL nor kinds
// nor consoles.
package placement

import (
	"math"
	"sort"
)

// Key is one resource on one place.
type Key struct{ Place, Resource string }

// Need is an amount of a resource on a place.
type Need struct {
	Key
	Amount float64
}

// Item is something that needs room from its start and gives room back at its end.
type Item struct {
	ID       string
	After    []string // items that must have ended before this one begins
	Demands  []Need
	Releases []Need
}

// Shortage says that an item can never begin.
type Shortage struct {
	Item   string
	Key    Key
	Need   float64
	Have   float64  // free once everything that can end has ended
	Circle []string // items that would free the room but wait for room themselves
}

const epsilon = 1e-6

// Order adds waits to items so that no allowed interleaving overfills a place.
// An item that relies on room that others give back waits for all of them that
// were counted so far; that makes the order safe, because the begun items are
// then always a prefix of the ones counted. It returns the added waits and what
// cannot be placed at all.
func Order(free map[Key]float64, items []Item) (map[string][]string, []Shortage) {
	budget := map[Key]float64{}
	demanded := map[Key]float64{}
	for k, v := range free {
		budget[k] = v
	}
	waits := map[string][]string{}
	placed, ended := map[string]bool{}, map[string]bool{}
	released := map[Key][]string{}
	var order []int
	left := make([]int, len(items))
	for i := range left {
		left[i] = i
	}
	fits := func(it *Item) bool {
		for _, a := range it.After {
			if !placed[a] {
				return false
			}
		}
		for _, n := range it.Demands {
			if _, limited := free[n.Key]; limited && n.Amount > budget[n.Key]+epsilon {
				return false
			}
		}
		return true
	}
	known := map[string]bool{}
	for _, it := range items {
		known[it.ID] = true
	}
	for i := range items {
		var after []string
		for _, a := range items[i].After {
			if known[a] {
				after = append(after, a)
			}
		}
		items[i].After = after
	}
	end := func(i int) {
		it := &items[i]
		ended[it.ID] = true
		for _, n := range it.Releases {
			budget[n.Key] += n.Amount
			released[n.Key] = append(released[n.Key], it.ID)
		}
	}
	for len(left) > 0 {
		progress := false
		rest := left[:0]
		for _, i := range left {
			it := &items[i]
			if !fits(it) {
				rest = append(rest, i)
				continue
			}
			progress = true
			placed[it.ID] = true
			order = append(order, i)
			seen := map[string]bool{}
			for _, n := range it.Demands {
				budget[n.Key] -= n.Amount
				demanded[n.Key] += n.Amount
				if f, limited := free[n.Key]; limited && demanded[n.Key] > f+epsilon {
					for _, r := range released[n.Key] {
						if !seen[r] && r != it.ID {
							seen[r] = true
							waits[it.ID] = append(waits[it.ID], r)
						}
					}
				}
			}
			sort.Strings(waits[it.ID])
		}
		left = append([]int(nil), rest...)
		if progress {
			continue
		}
		// Nothing fits: let the earliest begun item that frees anything end.
		for _, i := range order {
			if !ended[items[i].ID] && len(items[i].Releases) > 0 {
				end(i)
				progress = true
				break
			}
		}
		if !progress {
			break
		}
	}
	var short []Shortage
	for _, i := range left {
		it := &items[i]
		for _, n := range it.Demands {
			if _, limited := free[n.Key]; !limited || n.Amount <= budget[n.Key]+epsilon {
				continue
			}
			s := Shortage{Item: it.ID, Key: n.Key, Need: n.Amount, Have: math.Max(0, budget[n.Key])}
			for _, j := range left {
				if j == i {
					continue
				}
				for _, r := range items[j].Releases {
					if r.Key == n.Key {
						s.Circle = append(s.Circle, items[j].ID)
					}
				}
			}
			sort.Strings(s.Circle)
			short = append(short, s)
		}
	}
	return waits, short
}

// Load is a set of items indexed by what they need, for asking many times.
type Load struct {
	items []Item
	index map[string]int
	byKey map[Key][]int
}

// NewLoad indexes items.
func NewLoad(items []Item) *Load {
	l := &Load{items: items, index: make(map[string]int, len(items)), byKey: map[Key][]int{}}
	for i, it := range items {
		l.index[it.ID] = i
		for _, ns := range [][]Need{it.Demands, it.Releases} {
			for _, n := range ns {
				if is := l.byKey[n.Key]; len(is) == 0 || is[len(is)-1] != i {
					l.byKey[n.Key] = append(is, i)
				}
			}
		}
	}
	return l
}

// Peak is the largest amount of a resource that any allowed interleaving can
// have in use beyond what is in use now, and the items begun at that moment.
//
// It shares nothing with Order: it asks, over all sets of begun and ended items
// that respect After, for the one with the most demand begun less release
// ended. That is a maximum closure, found as a minimum cut.
func (l *Load) Peak(key Key) (float64, []string) {
	const scale = 1000
	items, index := l.items, l.index
	amount := func(ns []Need) int64 {
		var sum float64
		for _, n := range ns {
			if n.Key == key {
				sum += n.Amount
			}
		}
		return int64(math.Round(sum * scale))
	}
	var relevant []int
	var total int64
	anyRelease := false
	for _, i := range l.byKey[key] {
		d, r := amount(items[i].Demands), amount(items[i].Releases)
		if d != 0 || r != 0 {
			relevant = append(relevant, i)
		}
		total += d
		anyRelease = anyRelease || r != 0
	}
	names := func(keep func(n int) bool) []string {
		var out []string
		for n, i := range relevant {
			if keep(n) && amount(items[i].Demands) > 0 {
				out = append(out, items[i].ID)
			}
		}
		sort.Strings(out)
		return out
	}
	if !anyRelease {
		return float64(total) / scale, names(func(int) bool { return true })
	}
	// Nodes: 2n = item n begun, 2n+1 = item n ended; then source and sink.
	g := newFlow(2*len(relevant) + 2)
	source, sink := 2*len(relevant), 2*len(relevant)+1
	at := map[int]int{}
	for n, i := range relevant {
		at[i] = n
	}
	for n, i := range relevant {
		if d := amount(items[i].Demands); d > 0 {
			g.edge(source, 2*n, d)
		}
		if r := amount(items[i].Releases); r > 0 {
			g.edge(2*n+1, sink, r)
		}
		g.edge(2*n+1, 2*n, infinite)
		for a := range ancestors(items, index, i) {
			if m, ok := at[a]; ok {
				g.edge(2*n, 2*m+1, infinite)
			}
		}
	}
	cut := g.run(source, sink)
	begun := g.reachable(source)
	return float64(total-cut) / scale, names(func(n int) bool { return begun[2*n] })
}

// Net is what the items take from a place once all have ended.
func (l *Load) Net(key Key) float64 {
	var net float64
	for _, i := range l.byKey[key] {
		for _, n := range l.items[i].Demands {
			if n.Key == key {
				net += n.Amount
			}
		}
		for _, n := range l.items[i].Releases {
			if n.Key == key {
				net -= n.Amount
			}
		}
	}
	return net
}

func ancestors(items []Item, index map[string]int, i int) map[int]bool {
	seen := map[int]bool{}
	var walk func(i int)
	walk = func(i int) {
		for _, a := range items[i].After {
			if j, ok := index[a]; ok && !seen[j] {
				seen[j] = true
				walk(j)
			}
		}
	}
	walk(i)
	return seen
}

const infinite = math.MaxInt64 / 4

// flow is a maximum flow by shortest augmenting paths.
type flow struct {
	to   []int
	cap  []int64
	next []int
	head []int
}

func newFlow(n int) *flow {
	f := &flow{head: make([]int, n)}
	for i := range f.head {
		f.head[i] = -1
	}
	return f
}

func (f *flow) edge(a, b int, c int64) {
	f.to = append(f.to, b, a)
	f.cap = append(f.cap, c, 0)
	f.next = append(f.next, f.head[a], f.head[b])
	f.head[a], f.head[b] = len(f.to)-2, len(f.to)-1
}

func (f *flow) run(s, t int) int64 {
	var sum int64
	for {
		via := make([]int, len(f.head))
		for i := range via {
			via[i] = -1
		}
		queue := []int{s}
		for len(queue) > 0 && via[t] < 0 {
			n := queue[0]
			queue = queue[1:]
			for e := f.head[n]; e >= 0; e = f.next[e] {
				if f.cap[e] > 0 && via[f.to[e]] < 0 && f.to[e] != s {
					via[f.to[e]] = e
					queue = append(queue, f.to[e])
				}
			}
		}
		if via[t] < 0 {
			return sum
		}
		least := int64(infinite)
		for n := t; n != s; n = f.to[via[n]^1] {
			least = min(least, f.cap[via[n]])
		}
		for n := t; n != s; n = f.to[via[n]^1] {
			f.cap[via[n]] -= least
			f.cap[via[n]^1] += least
		}
		sum += least
	}
}

func (f *flow) reachable(s int) []bool {
	seen := make([]bool, len(f.head))
	seen[s] = true
	queue := []int{s}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for e := f.head[n]; e >= 0; e = f.next[e] {
			if f.cap[e] > 0 && !seen[f.to[e]] {
				seen[f.to[e]] = true
				queue = append(queue, f.to[e])
			}
		}
	}
	return seen
}

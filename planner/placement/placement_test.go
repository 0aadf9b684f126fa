package placement

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func need(place string, amount float64) Need { return Need{Key{place, "memory"}, amount} }

func random(t *rapid.T) (map[Key]float64, []Item) {
	free := map[Key]float64{}
	places := rapid.IntRange(2, 4).Draw(t, "places")
	for i := range places {
		free[Key{fmt.Sprint(i), "memory"}] = float64(rapid.IntRange(0, 10).Draw(t, "free"))
	}
	var items []Item
	for i := range rapid.IntRange(1, 9).Draw(t, "items") {
		it := Item{ID: fmt.Sprint("i", i)}
		size := float64(rapid.IntRange(1, 6).Draw(t, "size"))
		if rapid.Bool().Draw(t, "demands") {
			it.Demands = []Need{need(fmt.Sprint(rapid.IntRange(0, places-1).Draw(t, "to")), size)}
		}
		if rapid.Bool().Draw(t, "releases") {
			it.Releases = []Need{need(fmt.Sprint(rapid.IntRange(0, places-1).Draw(t, "from")), size)}
		}
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "after") == 0 {
			it.After = []string{fmt.Sprint("i", rapid.IntRange(0, i-1).Draw(t, "which"))}
		}
		items = append(items, it)
	}
	return free, items
}

// With the waits that Order adds, no interleaving overfills a place. Peak, which
// says so, is compared with trying every interleaving out.
func TestOrderIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free, items := random(t)
		waits, short := Order(free, items)
		stuck := map[string]bool{}
		for _, s := range short {
			stuck[s.Item] = true
		}
		var kept []Item
		for _, it := range items {
			blocked := stuck[it.ID]
			for _, a := range it.After {
				blocked = blocked || stuck[a]
			}
			if blocked {
				stuck[it.ID] = true
				continue
			}
			it.After = append(append([]string(nil), it.After...), waits[it.ID]...)
			kept = append(kept, it)
		}
		for k, limit := range free {
			peak, _ := NewLoad(kept).Peak(k)
			if len(short) == 0 && peak > limit+0.01 {
				t.Fatalf("%v: peak %g, free %g, waits %v", k, peak, limit, waits)
			}
			if brute := bruteForce(k, kept); brute > peak+0.01 || brute < peak-0.01 {
				t.Fatalf("%v: peak %g, trying everything gives %g", k, peak, brute)
			}
		}
	})
}

// bruteForce walks every reachable pair of begun and ended sets.
func bruteForce(k Key, items []Item) float64 {
	index := map[string]int{}
	for i, it := range items {
		index[it.ID] = i
	}
	sum := func(ns []Need) float64 {
		var s float64
		for _, n := range ns {
			if n.Key == k {
				s += n.Amount
			}
		}
		return s
	}
	worst := 0.0
	seen := map[[2]int]bool{}
	var walk func(begun, ended int, used float64)
	walk = func(begun, ended int, used float64) {
		if seen[[2]int{begun, ended}] {
			return
		}
		seen[[2]int{begun, ended}] = true
		worst = max(worst, used)
		for i, it := range items {
			bit := 1 << i
			if begun&bit == 0 {
				ready := true
				for _, a := range it.After {
					if j, ok := index[a]; ok && ended&(1<<j) == 0 {
						ready = false
					}
				}
				if ready {
					walk(begun|bit, ended, used+sum(it.Demands))
				}
			} else if ended&bit == 0 {
				walk(begun, ended|bit, used-sum(it.Releases))
			}
		}
	}
	walk(0, 0, 0)
	return worst
}

// Two full places that want to swap: refused, with the amount and the circle.
func TestSwapNeedsAThirdPlace(t *testing.T) {
	free := map[Key]float64{{"a", "memory"}: 0, {"b", "memory"}: 0}
	items := []Item{
		{ID: "x", Demands: []Need{need("b", 4)}, Releases: []Need{need("a", 4)}},
		{ID: "y", Demands: []Need{need("a", 4)}, Releases: []Need{need("b", 4)}},
	}
	_, short := Order(free, items)
	if len(short) != 2 || short[0].Need != 4 || short[0].Have != 0 || short[0].Circle[0] != "y" {
		t.Fatalf("%+v", short)
	}
	free[Key{"b", "memory"}] = 4 // room for one on one side breaks the circle
	waits, short := Order(free, items)
	if len(short) != 0 || len(waits["x"]) != 0 || len(waits["y"]) != 1 {
		t.Fatalf("%v %v", waits, short)
	}
}

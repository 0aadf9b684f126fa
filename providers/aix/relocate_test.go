package aix

import (
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

// What discovery calls a workload partition is what a declaration of it is called; fields are found by their names, and a colon in a
// value is none between fields.
func TestWparIdentity(t *testing.T) {
	d := &discovery{endpoint: "aix.x/lpar55", host: "lpar55"}
	d.readWpars(map[string]console.Section{
		"lswpar G": {Out: "#name:state:type:hostname:directory:checkpointable:new\napp20:A:S:app20:/wpars/app20:yes:?\nlocal:D:S:local:/wpars/local:no:?\nodd:Q:L:odd:/wpars/odd:no:?\n"},
		"lswpar M": {Out: "#name:mountpoint:device:vfs:nodename:options\napp20:/wpars/app20:/scratch/app20root:nfs3:nfs1:rw\napp20:/wpars/app20/usr:/usr:namefs::ro\nlocal:/wpars/local:/dev/fslv00:jfs2::log=NULL\n"},
		"lswpar N": {Out: "#name:interface:address:mask_prefix:broadcast\napp20:en0:172.29.140.243:255.255.192.0:172.29.191.255\napp20:en0:2001\\:db8\\:\\:1:64:\n"},
	})
	want := map[string][]string{"nfs1:/scratch/app20root": {"running", `"2001:db8::1":{"interface":"en0","prefix":64}`, `"mount":{"/":{`}, "lpar55/local": {"off"}, "lpar55/odd": {"versioned", `"q"`}}
	for _, o := range d.wpars {
		if made := kinds.WPAR().Made(o.Value); made != o.ID {
			t.Errorf("%s is declared as %s", o.ID, made)
		}
		if err := kinds.WPAR().Conform(o.Value); err != nil {
			t.Error(err)
		}
		text := string(schema.EncodeValue(o.Value))
		for _, w := range want[o.ID] {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %s in %s", o.ID, w, text)
			}
		}
		delete(want, o.ID)
	}
	if len(want) > 0 {
		t.Errorf("not read: %v", want)
	}
}

// effect is what a command does on a host, which refuses what it cannot do; broken is what a failed restart leaves.
func effect(t *rapid.T, r relocation, p position, a *act) (position, bool) {
	own := p.source
	if a.target {
		own = p.target
	}
	ok := map[string]bool{"mkwpar": slices.Contains(a.words, "-w") && own != "" || p.spec && own == "", "chkptwpar": own == "Active" && !p.saved, "killwpar": own == "Paused" || own == "Frozen", "restartwpar": own == "Defined" && p.saved,
		"resumewpar": own == "Paused" || own == "Frozen", "startwpar": own == "Defined", "stopwpar": own == "Active", "rmwpar": own == "Defined" || slices.Contains(a.words, "-F"), "rm": true}[path.Base(a.words[0])]
	if !ok {
		return p, false
	}
	if path.Base(a.words[0]) == "restartwpar" && rapid.IntRange(0, 5).Draw(t, "restart breaks") == 0 {
		if a.target {
			p.target = "Broken"
			return p, false
		}
	}
	p = r.does(p, a)
	if path.Base(a.words[0]) == "restartwpar" && !slices.Contains(a.words, "-p") {
		p.source = "Active"
	}
	return p, true
}

// Whatever is refused, lost or interrupted: there are never two copies, never none that could be restarted, and once nothing goes wrong
// any more the relocation ends with the partition at one of the two places, as it was before.
func TestRelocationNeverLosesOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := relocation{name: "app20", dir: "/nfs/m", live: rapid.Bool().Draw(t, "live"), runs: true}
		if !r.live {
			r.runs = rapid.Bool().Draw(t, "runs")
		}
		p := position{source: map[bool]string{true: "Active", false: "Defined"}[r.runs]}
		start, back := p, false
		alive := func(s string) bool { return s == "Active" || s == "Paused" || s == "Frozen" }
		var done []string
		for step := 0; ; step++ {
			if step > 60 {
				t.Fatalf("no end at %+v, back %v:\n%s", p, back, strings.Join(done, "\n"))
			}
			a, err := r.next(p, back)
			if err != nil {
				if back {
					t.Fatalf("stuck at %+v:\n%s", p, strings.Join(done, "\n"))
				}
				back = true
				continue
			}
			if a == nil {
				break
			}
			done = append(done, strings.Join(a.words, " "))
			if a.words[0] == "stopwpar" { // the journal is told before it is sent
				p.left = true
			}
			trouble := 0
			if step < 25 {
				trouble = rapid.IntRange(0, 9).Draw(t, "trouble")
			}
			switch trouble {
			case 1: // refused
				back = back || !r.arrived(p)
			case 2: // lost before it had an effect
			case 3: // a crash behind it: taken up by the journal
				p, _ = effect(t, r, p, a)
				p.ours = true
				back = p.source != "" && p.source != "Defined"
			case 4: // a checkpoint that stops in the middle
				if path.Base(a.words[0]) == "chkptwpar" {
					p.source, p.saved = "Frozen", true
					break
				}
				fallthrough
			default:
				next, ok := effect(t, r, p, a)
				p = next
				if !ok {
					back = back || !r.arrived(p)
				}
			}
			if alive(p.source) && alive(p.target) {
				t.Fatalf("two copies at %+v:\n%s", p, strings.Join(done, "\n"))
			}
			if r.runs && !alive(p.source) && !alive(p.target) && p.source != "Defined" && p.target != "Defined" && r.live && !p.saved {
				t.Fatalf("none left at %+v:\n%s", p, strings.Join(done, "\n"))
			}
		}
		if !r.arrived(p) && !r.home(p) || p.spec || p.saved || r.arrived(p) && p.source != "" {
			t.Fatalf("from %+v to %+v:\n%s", start, p, strings.Join(done, "\n"))
		}
	})
}

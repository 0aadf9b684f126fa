package run

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

func left(address, from, to string) planner.Left {
	return planner.Left{Address: schema.Address(address), From: schema.Address(from), To: schema.Address(to)}
}

func TestRemember(t *testing.T) {
	known := []planner.Left{left("partition.x", "system.a", "system.b"), left("partition.y", "system.a", "system.b"), left("partition.x", "system.c", "system.a")}
	move := func(a, from, to, mode string) planner.Place {
		return planner.Place{Address: schema.Address(a), From: schema.Address(from), To: schema.Address(to), Mode: mode}
	}
	for name, c := range map[string]struct {
		e    planner.Evacuation
		want []planner.Left
	}{
		"who leaves again goes to the new place": {planner.Evacuation{System: "system.a", Moves: []planner.Place{move("partition.x", "system.a", "system.d", "live")}},
			[]planner.Left{known[1], known[2], left("partition.x", "system.a", "system.d")}},
		"who was only declared there did not leave":        {planner.Evacuation{System: "system.b", Moves: []planner.Place{move("partition.z", "system.b", "system.a", "")}}, known},
		"who comes home is forgotten":                      {planner.Evacuation{System: "system.a", Return: true, Moves: []planner.Place{move("partition.x", "system.b", "system.a", "live")}}, known[1:]},
		"who is home is forgotten":                         {planner.Evacuation{System: "system.a", Return: true, Already: []planner.Place{move("partition.y", "system.b", "system.a", "")}}, []planner.Left{known[0], known[2]}},
		"who went on is forgotten, who cannot come is not": {planner.Evacuation{System: "system.a", Return: true, Stays: []planner.Stay{{Address: "partition.x", Forget: true}, {Address: "partition.y"}}}, known[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Remember(known, &c.e); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// What is written is read again, in any order the same bytes.
func TestEvacuationsFile(t *testing.T) {
	dir := t.TempDir()
	a, b := left("partition.a", "system.x", "system.y"), left("partition.b", "system.x", "system.z")
	text := EncodeEvacuations([]planner.Left{b, a})
	if string(text) != string(EncodeEvacuations([]planner.Left{a, b})) {
		t.Error("the order shows")
	}
	if err := os.WriteFile(filepath.Join(dir, EvacuationsFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	got, raw, err := ReadEvacuations(&config.Estate{Dir: dir})
	if err != nil || string(raw) != string(text) || !reflect.DeepEqual(got, []planner.Left{a, b}) {
		t.Errorf("%v %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, EvacuationsFile), []byte(`{"format":2,"left":[]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadEvacuations(&config.Estate{Dir: dir}); err == nil {
		t.Error("another format was read")
	}
}

// All files or none, the mode and the link kept, and nothing left over.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := func(n string) string { return filepath.Join(dir, n) }
	write := func(n, text string, mode os.FileMode) {
		if err := os.WriteFile(path(n), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	is := func(n, want string) {
		t.Helper()
		if b, _ := os.ReadFile(path(n)); string(b) != want {
			t.Errorf("%s holds %q, want %q", n, b, want)
		}
	}
	write("one", "1", 0o640)
	write("two", "2", 0o644)
	if err := os.Symlink("two", path("link")); err != nil {
		t.Skip("no links here: ", err)
	}
	change := []Replacement{{path("new"), nil, []byte("N")}, {path("one"), []byte("1"), []byte("I")}, {path("link"), []byte("somebody's"), []byte("II")}}
	if err := Replace(change); err == nil {
		t.Error("a file that somebody changed was overwritten")
	}
	is("one", "1")
	is("two", "2")
	is("new", "")
	change[2].Old = []byte("2")
	if err := Replace(change); err != nil {
		t.Fatal(err)
	}
	is("one", "I")
	is("two", "II")
	is("new", "N")
	if st, _ := os.Stat(path("one")); st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", st.Mode())
	}
	if st, _ := os.Lstat(path("link")); st.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if err := Replace([]Replacement{{path("new"), []byte("N"), nil}}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("left over: %v", entries)
	}
}

package providertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/providertest"
	"github.com/gantry-power/gantry/providers/sdk"
)

// shelf is a console: boxes with a size and a colour, behind a connection that can end.
type shelf struct {
	mu     sync.Mutex
	boxes  map[string][2]string
	lines  []string
	broken int // the changing line at which the connection ends, 1 is the next; 0 never
	after  bool
	hangs  int
	asked  int
}

func (s *shelf) Send(ctx context.Context, line string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	f := strings.Fields(line)
	lost := false
	if f[0] != "list" {
		if s.hangs > 0 {
			if s.hangs--; s.hangs == 0 {
				s.mu.Unlock()
				if mode == "never stops" {
					time.Sleep(25 * time.Second)
				} else {
					<-ctx.Done()
				}
				s.mu.Lock()
				return "", ctx.Err()
			}
		}
		if s.broken > 0 {
			s.broken--
			lost = s.broken == 0
		}
		if lost && !s.after {
			return "", &sdk.Lost{Command: line, Err: errors.New("gone")}
		}
	}
	switch f[0] {
	case "put":
		if _, there := s.boxes[f[1]]; there && mode != "puts twice" {
			return "", &sdk.Refusal{Command: line, Answer: "there is one", Exit: 1}
		} else if there {
			s.boxes[f[1]+"_copy"] = s.boxes[f[1]]
		}
		s.boxes[f[1]] = [2]string{f[2], f[3]}
		if mode == "forgets colours" {
			s.boxes[f[1]] = [2]string{f[2], "grey"}
		}
	case "paint":
		if mode != "never paints" {
			s.boxes[f[1]] = [2]string{s.boxes[f[1]][0], f[2]}
		}
	case "take":
		if mode != "never takes" {
			delete(s.boxes, f[1])
		}
	}
	if lost {
		return "", &sdk.Lost{Command: line, Err: errors.New("gone")}
	}
	return "", nil
}

var mode = os.Getenv("BROKEN")

// current is the console of the world that is told of: Explain of a provider that is not pure asks it.
var current *shelf

func boxes() providertest.Suite {
	var mine map[string][2]string
	p := func() providers.Provider {
		size := sdk.Attribute{Name: "size", Type: sdk.Number, Required: true, CreateOnly: true, Doc: "Its size."}
		colour := sdk.Attribute{Name: "colour", Required: true, Enum: []string{"red", "green", "grey"}, Doc: "Its colour."}
		name := sdk.Attribute{Name: "name", FromLabel: true, Doc: "Its name."}
		if mode == "has no words" {
			colour.Doc = ""
		}
		k := sdk.Kind[*shelf]{
			Schema: sdk.Schema{Name: "box", Doc: "A box.", Identity: [][]string{{"name"}}, Attributes: []sdk.Attribute{name, size, colour}},
			Discover: func(ctx context.Context, s *shelf, emit func(sdk.Object)) error {
				if err := ctx.Err(); err != nil && mode != "knows no deadlines" {
					return err
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				s.lines = append(s.lines, "list")
				s.asked++
				all := s.boxes
				if mode == "sees what it did" && mine != nil {
					all = mine
				}
				for n, b := range all {
					if mode == "counts on" {
						b[1] = map[bool]string{true: "red", false: "green"}[s.asked%2 == 0]
					}
					var size int
					_, _ = fmt.Sscan(b[0], &size)
					emit(sdk.Object{Values: map[string]any{"name": n, "size": size, "colour": b[1]}})
				}
				return nil
			},
			Explain: func(st *sdk.Step) {
				if mode == "asks while it explains" {
					_, _ = current.Send(context.Background(), "list")
				}
				switch st.Action {
				case sdk.Create:
					if st.After.Num("size") > 100 && mode != "takes anything" {
						st.Refuse("size", "no box is larger than 100.", "Declare less.")
						return
					}
					st.Command("put", st.After.Str("name"), fmt.Sprint(st.After.Num("size")), st.After.Str("colour"))
				case sdk.Update:
					st.Command("paint", st.After.Str("name"), st.After.Str("colour"))
				case sdk.Delete:
					st.Command("take", st.Before.Str("name"))
				}
			},
		}
		switch mode {
		case "sees what it did":
			k.Apply = func(ctx context.Context, s *shelf, st *sdk.Step) error {
				for _, l := range st.Commands() {
					if _, err := st.Send(ctx, s, l); err != nil {
						return err
					}
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				mine = map[string][2]string{}
				for n, b := range s.boxes {
					mine[n] = b
				}
				return nil
			}
		case "puts twice":
			k.Apply = func(ctx context.Context, s *shelf, st *sdk.Step) error {
				for _, l := range st.Commands() {
					_, err := st.Send(ctx, s, l)
					if lost := (*sdk.Lost)(nil); errors.As(err, &lost) {
						_, err = st.Send(ctx, s, l)
					}
					if err != nil {
						return err
					}
				}
				return nil
			}
		case "does it again", "tells secrets":
			k.Settle = func(ctx context.Context, s *shelf, st *sdk.Step) error {
				for _, l := range st.Commands() {
					_, _ = st.Send(ctx, s, l)
				}
				return nil
			}
			if mode == "tells secrets" {
				k.Settle = nil
				k.Apply = func(ctx context.Context, s *shelf, st *sdk.Step) error {
					st.Note("logging in with hunter2")
					for _, l := range st.Commands() {
						if _, err := st.Send(ctx, s, l); err != nil {
							return err
						}
					}
					return nil
				}
			}
		}
		return sdk.Adapt(&sdk.Provider[*shelf]{Name: "shelf", Version: "1.0.0", Kinds: []sdk.Kind[*shelf]{k}, Endpoint: []sdk.Attribute{{Name: "password", Sensitive: true, Doc: "Its password."}},
			Connect: func(context.Context, *sdk.Endpoint) (*shelf, error) { return current, nil }})
	}
	s := providertest.Suite{Name: "shelf", Provider: p,
		Console: func(testing.TB) providertest.Console {
			c := &shelf{boxes: map[string][2]string{}}
			current, mine = c, nil
			return providertest.Console{
				Sent:  func() []string { c.mu.Lock(); defer c.mu.Unlock(); return append([]string(nil), c.lines...) },
				Drift: func() { c.mu.Lock(); defer c.mu.Unlock(); c.boxes["a"] = [2]string{"5", "green"} },
				Break: func(n int, after bool) { c.mu.Lock(); defer c.mu.Unlock(); c.broken, c.after = n, after },
				Hang:  func(n int) { c.mu.Lock(); defer c.mu.Unlock(); c.hangs = n },
			}
		},
		Estate:  "provider \"shelf\" \"one\" {\n  password = \"hunter2\"\n}\nbox \"a\" {\n  size = 5\n  colour = \"red\"\n}\nbox \"b\" {\n  size = 7\n  colour = \"grey\"\n}\n",
		Changes: []providertest.Edit{{Old: `"red"`, New: `"green"`}},
		Refused: []providertest.Refusal{{Edit: providertest.Edit{Old: "box \"b\" {\n  size = 7", New: "box \"b2\" {\n  size = 700"}, Says: "no box is larger than 100"}},
		Secrets: []string{"hunter2"},
	}
	if mode == "changes nothing" {
		s.Changes = nil
	}
	return s
}

func TestConformance(t *testing.T) { providertest.Run(t, boxes()) }

// Every clause can be broken, and the suite names it.
func TestBrokenClauses(t *testing.T) {
	if mode != "" {
		t.Skip("this is the broken provider")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for broken, clause := range map[string]string{
		"has no words":           "it_says_what_it_is",
		"counts on":              "it_finds_the_same_twice",
		"forgets colours":        "what_is_declared_is_made",
		"asks while it explains": "explaining_is_pure",
		"never paints":           "every_attribute_changes_in_place",
		"changes nothing":        "every_attribute_changes_in_place",
		"sees what it did":       "what_somebody_else_changes_is_found",
		"takes anything":         "what_cannot_be_is_refused",
		"puts twice":             "a_connection_that_ends_at_any_command",
		"does it again":          "what_was_interrupted_is_settled",
		"never stops":            "it_stops_when_it_is_told_to",
		"knows no deadlines":     "it_keeps_to_deadlines",
		"tells secrets":          "no_secret_is_told",
		"never takes":            "what_is_declared_no_more_is_gone",
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self, "-test.run", "^TestConformance$", "-test.v")
			cmd.Env = append(os.Environ(), "BROKEN="+broken)
			out, err := cmd.CombinedOutput()
			if err == nil || !regexp.MustCompile(`--- FAIL: \S+/`+clause).Match(out) {
				t.Errorf("%v, and %s was to fail:\n%s", err, clause, out)
			}
		})
	}
}

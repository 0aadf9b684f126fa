package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/schema"
)

const frames = `
provider "ivm" "a" {
  host = "a"
}
system "a" {
  provider = ivm.a
}
system "b" {
  provider = ivm.a
}
system "frame" {
  for_each = { x = "X", y = "Y" }
  provider = ivm.a
}
`

func estate(t *testing.T, files map[string]string) *config.Estate {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	est, l := config.Load(dir, options())
	if l.HasErrors() {
		t.Fatal(diagnostics(l))
	}
	return est
}

// to parses "partition.x system.b, ..." into a redirection.
func to(text string) map[schema.Address]schema.Address {
	out := map[schema.Address]schema.Address{}
	for _, pair := range strings.Split(text, ", ") {
		a, b, _ := strings.Cut(pair, " ")
		out[schema.Address(a)] = schema.Address(b)
	}
	return out
}

// A plain reference is replaced, whatever stands around it; nothing else changes by a byte.
func TestRedirect(t *testing.T) {
	for name, c := range map[string]struct{ before, to, after string }{
		"a line":            {"partition \"p\" {\n  system = system.a\n}\n", "partition.p system.b", "partition \"p\" {\n  system = system.b\n}\n"},
		"a comment behind":  {"partition \"p\" {\n  system=system.a# home\n}\n", "partition.p system.b", "partition \"p\" {\n  system=system.b# home\n}\n"},
		"odd layout":        {"partition \"p\" {\r\n\tname   =    \"q\"\r\n\t  system   =\tsystem . a   \t\r\n}\r\n", "partition.p system.b", "partition \"p\" {\r\n\tname   =    \"q\"\r\n\t  system   =\tsystem.b   \t\r\n}\r\n"},
		"one line of all":   {"partition \"p\" { system = system.a }\n", "partition.p system.b", "partition \"p\" { system = system.b }\n"},
		"a key":             {"partition \"p\" {\n  system = system.frame[\"x\"] // one\n}\n", "partition.p system.frame[\"y\"]", "partition \"p\" {\n  system = system.frame[\"y\"] // one\n}\n"},
		"two in one file":   {"partition \"p\" {\n  system = system.a\n}\n# between\npartition \"q\" {\n  system = system.a\n}\n", "partition.p system.frame[\"x\"], partition.q system.b", "partition \"p\" {\n  system = system.frame[\"x\"]\n}\n# between\npartition \"q\" {\n  system = system.b\n}\n"},
		"all of a for_each": {"partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.a\n}\n", "partition.p[\"1\"] system.b, partition.p[\"2\"] system.b", "partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.b\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			est := estate(t, map[string]string{"main.hcl": frames, "p.hcl": c.before})
			edits, manual := est.Redirect("system", to(c.to))
			if len(manual) != 0 {
				t.Fatalf("%+v", manual)
			}
			out, err := est.Rewrite(edits)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) != 1 || string(out["p.hcl"]) != c.after {
				t.Errorf("%d files\n got %q\nwant %q", len(out), out["p.hcl"], c.after)
			}
			o := options()
			o.Overlay = out
			after, l := config.Load(est.Dir, o)
			if l.HasErrors() {
				t.Fatal(diagnostics(l))
			}
			for a, want := range to(c.to) {
				if got := schema.Str(after.Object(a).Value, "system"); got != string(want) {
					t.Errorf("%s is on %s, want %s", a, got, want)
				}
			}
		})
	}
}

// Where something else decides the place, it is named with its line, and
// nothing is an edit.
func TestRedirectByHand(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		to    string
		want  string
	}{
		"each.value": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = {\n    k = system.a\n    l = system.a\n  }\n  system = each.value\n}\n"}, "partition.p[\"l\"] system.b",
			"p.hcl:6 system = each.value: for_each decides it: change the value of the key \"l\" there. @p.hcl:4"},
		"each.value.system": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = {\n    k = {\n      note   = 1\n      system = system.a\n    }\n  }\n  system = each.value.system\n}\n"}, "partition.p[\"k\"] system.b",
			"p.hcl:8 system = each.value.system: for_each decides it: change the value of the key \"k\" there. @p.hcl:5"},
		"a local map behind for_each": {map[string]string{"p.hcl": "locals {\n  m = { k = system.a }\n}\npartition \"p\" {\n  for_each = local.m\n  system = each.value\n}\n"}, "partition.p[\"k\"] system.b",
			"p.hcl:6 system = each.value: for_each decides it: change the value of the key \"k\" there. @p.hcl:5"},
		"some of a for_each": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.a\n}\n"}, "partition.p[\"1\"] system.b",
			"p.hcl:3 system = system.a: The line is that of 2 objects of a repeated block, which are not all to go to the same place: give each its own, for example with each.value. @p.hcl:2"},
		"a for_each to two places": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.a\n}\n"}, "partition.p[\"1\"] system.b, partition.p[\"2\"] system.frame[\"x\"]",
			"p.hcl:3 system = system.a: The line is that of 2 objects of a repeated block, which are not all to go to the same place: give each its own, for example with each.value. @p.hcl:2"},
		"a variable": {map[string]string{"p.hcl": "variable \"f\" {\n  default = \"x\"\n}\npartition \"p\" {\n  system = system.frame[var.f]\n}\n"}, "partition.p system.frame[\"y\"]",
			"p.hcl:5 system = system.frame[var.f]: The variable f decides it: change its default, or the value that -var, a variable file or GANTRY_VAR_f gives. @p.hcl:1"},
		"a local": {map[string]string{"p.hcl": "partition \"p\" {\n  system = local.here\n}\n", "l.hcl": "locals {\n  here = system.a\n}\n"}, "partition.p system.b",
			"p.hcl:2 system = local.here: local.here decides it: change it there. @l.hcl:2"},
		"another partition": {map[string]string{"p.hcl": "partition \"o\" {\n  system = system.a\n}\npartition \"p\" {\n  system = partition.o.system\n}\n"}, "partition.p system.b",
			"p.hcl:5 system = partition.o.system: This expression decides it: change what it refers to, or write the reference here."},
		"a condition": {map[string]string{"p.hcl": "variable \"v\" {\n  default = true\n}\npartition \"p\" {\n  system = var.v ? system.a : system.b\n}\n"}, "partition.p system.b",
			"p.hcl:5 system = var.v ? system.a : system.b: The variable v decides it: change its default, or the value that -var, a variable file or GANTRY_VAR_v gives. @p.hcl:1"},
		"an argument of a module": {map[string]string{"m.hcl": "module \"m\" {\n  source = \"./sub\"\n  where  = system.a\n}\n", "sub/p.hcl": "variable \"where\" {}\npartition \"p\" {\n  system = var.where\n}\n"}, "module.m.partition.p system.b",
			"sub/p.hcl:3 system = var.where: The argument where of module.m decides it: change it there. @m.hcl:3"},
		"a system of the module, and one outside": {map[string]string{"m.hcl": "module \"m\" {\n  source = \"./sub\"\n}\n", "sub/p.hcl": "system \"own\" {\n  provider = ivm.a\n}\npartition \"p\" {\n  system = system.own\n}\n"}, "module.m.partition.p system.b",
			"sub/p.hcl:5 system = system.own: A module sees only its own systems: hand the system to the module as an argument, and refer to the variable here."},
		"a module outside": {map[string]string{"m.hcl": "module \"m\" {\n  source = \"../shared\"\n}\n", "../shared/p.hcl": "system \"own\" {\n  provider = ivm.a\n}\nsystem \"other\" {\n  provider = ivm.a\n}\npartition \"p\" {\n  system = system.own\n}\n"}, "module.m.partition.p module.m.system.other",
			"DIR/shared/p.hcl:8 system = system.own: The file lies outside the directory of the estate and may serve others too: change it there, and look who else uses it."},
		"JSON": {map[string]string{"p.hcl.json": `{"partition": {"p": {"system": "${system.a}"}}}`}, "partition.p system.b",
			"p.hcl.json:1 : The file is JSON, which is not rewritten: give the attribute this value there."},
	} {
		t.Run(name, func(t *testing.T) {
			c.files["main.hcl"] = frames
			est := estate(t, c.files)
			edits, manual := est.Redirect("system", to(c.to))
			if len(edits) != 0 || len(manual) != 1 {
				t.Fatalf("edits %+v, by hand %+v", edits, manual)
			}
			m := manual[0]
			got := fmt.Sprintf("%s:%d %s: %s", m.File, m.Line, m.Text, m.Decides)
			if m.DecidedAt != nil {
				got += " @" + m.DecidedAt.String()
			}
			got = strings.ReplaceAll(got, filepath.Dir(est.Dir), "DIR")
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if len(m.Addresses) != len(to(c.to)) || string(to(c.to)[m.Addresses[0]]) != m.Want[0] {
				t.Errorf("%v %v", m.Addresses, m.Want)
			}
		})
	}
}

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

// A reference that comes through maps, locals and arguments is replaced where it is written, when nobody else's comes from
// there; nothing else changes by a byte, and the estate that results is the wanted one.
func TestRedirectOrigin(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		to      string
		changed string // file, old and new, separated by bars
	}{
		"each.value":            {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = {\n    k = system.a\n    l = system.a\n  }\n  system = each.value\n}\n"}, "partition.p[\"l\"] system.b", "p.hcl|l = system.a|l = system.b"},
		"each.value.on":         {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = { k = { on = (system.a), n = 1 } }\n  system = each.value.on\n}\n"}, "partition.p[\"k\"] system.b", "p.hcl|(system.a)|(system.b)"},
		"a local map":           {map[string]string{"l.hcl": "locals {\n  m = { \"k\" = { on = system.a }, l = { on = system.a } }\n}\n", "p.hcl": "partition \"p\" {\n  for_each = local.m\n  system = each.value.on\n}\n"}, "partition.p[\"k\"] system.b", "l.hcl|\"k\" = { on = system.a }|\"k\" = { on = system.b }"},
		"two on one line":       {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = { b = system.a, a = system.a }\n  system   = each.value\n}\n"}, "partition.p[\"a\"] system.b, partition.p[\"b\"] system.frame[\"x\"]", "p.hcl|b = system.a, a = system.a|b = system.frame[\"x\"], a = system.b"},
		"a local of a local":    {map[string]string{"p.hcl": "locals {\n  here = system.a\n  m = { k = local.here }\n}\npartition \"p\" {\n  system = local.m[\"k\"]\n}\n"}, "partition.p system.b", "p.hcl|here = system.a|here = system.b"},
		"a local of two":        {map[string]string{"p.hcl": "locals {\n  here = system.a\n}\npartition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = local.here\n}\n"}, "partition.p[\"1\"] system.b, partition.p[\"2\"] system.b", "p.hcl|here = system.a|here = system.b"},
		"a map by each.key":     {map[string]string{"p.hcl": "locals {\n  on = { x = system.a, y = system.a }\n}\npartition \"p\" {\n  for_each = toset([\"x\", \"y\"])\n  system = local.on[each.key]\n}\n"}, "partition.p[\"y\"] system.b", "p.hcl|y = system.a|y = system.b"},
		"an argument":           {map[string]string{"m.hcl": "module \"m\" {\n  source = \"./sub\"\n  where  = system.a\n}\n", "sub/p.hcl": "variable \"where\" {}\npartition \"p\" {\n  system = var.where\n}\n"}, "module.m.partition.p system.b", "m.hcl|where  = system.a|where  = system.b"},
		"a repeated module":     {map[string]string{"m.hcl": "locals {\n  s = { one = { on = system.a }, two = { on = system.a } }\n}\nmodule \"m\" {\n  for_each = local.s\n  source = \"./sub\"\n  where  = each.value.on\n}\n", "sub/p.hcl": "variable \"where\" {}\npartition \"p\" {\n  name   = \"n\"\n  system = var.where\n}\n"}, "module.m[\"two\"].partition.p system.b", "m.hcl|two = { on = system.a }|two = { on = system.b }"},
		"a default of a module": {map[string]string{"m.hcl": "module \"m\" {\n  source = \"./sub\"\n  a = { where = system.a }\n}\n", "sub/p.hcl": "variable \"a\" {}\npartition \"p\" {\n  system = var.a.where\n}\n"}, "module.m.partition.p system.b", "m.hcl|where = system.a|where = system.b"},
	} {
		t.Run(name, func(t *testing.T) {
			c.files["main.hcl"] = frames
			est := estate(t, c.files)
			edits, manual := est.Redirect("system", to(c.to))
			if len(manual) != 0 {
				t.Fatalf("by hand %+v", manual)
			}
			out, err := est.Rewrite(edits)
			if err != nil {
				t.Fatal(err)
			}
			change := strings.Split(c.changed, "|")
			if want := strings.Replace(c.files[change[0]], change[1], change[2], 1); len(out) != 1 || string(out[change[0]]) != want || want == c.files[change[0]] {
				t.Errorf("%d files\n got %q\nwant %q", len(out), out[change[0]], want)
			}
			o := options()
			o.Overlay = out
			after, l := config.Load(est.Dir, o)
			if l.HasErrors() {
				t.Fatal(diagnostics(l))
			}
			for _, x := range after.Objects {
				want := schema.Str(est.Object(x.Address).Value, "system")
				if w, moved := to(c.to)[x.Address]; moved {
					want = string(w)
				}
				if got := schema.Str(x.Value, "system"); got != want {
					t.Errorf("%s is on %s, want %s", x.Address, got, want)
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
		"each.value of something computed": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = {\n    k = system.a\n    l = [system.a][0]\n  }\n  system = each.value\n}\n"}, "partition.p[\"l\"] system.b",
			"p.hcl:6 system = each.value: for_each decides it: change the value of the key \"l\" there. @p.hcl:4"},
		"each.value.system that is computed": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = {\n    k = {\n      note   = 1\n      system = [system.a][0]\n    }\n  }\n  system = each.value.system\n}\n"}, "partition.p[\"k\"] system.b",
			"p.hcl:8 system = each.value.system: for_each decides it: change the value of the key \"k\" there. @p.hcl:5"},
		"a local map that is computed": {map[string]string{"p.hcl": "locals {\n  m = { for k in [\"k\"] : k => system.a }\n}\npartition \"p\" {\n  for_each = local.m\n  system = each.value\n}\n"}, "partition.p[\"k\"] system.b",
			"p.hcl:6 system = each.value: for_each decides it: change the value of the key \"k\" there. @p.hcl:5"},
		"some of a for_each": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.a\n}\n"}, "partition.p[\"1\"] system.b",
			"p.hcl:3 system = system.a: The line is that of 2 objects of a repeated block, which are not all to go to the same place: give each its own, for example with each.value. @p.hcl:2"},
		"a for_each to two places": {map[string]string{"p.hcl": "partition \"p\" {\n  for_each = toset([\"1\", \"2\"])\n  system = system.a\n}\n"}, "partition.p[\"1\"] system.b, partition.p[\"2\"] system.frame[\"x\"]",
			"p.hcl:3 system = system.a: The line is that of 2 objects of a repeated block, which are not all to go to the same place: give each its own, for example with each.value. @p.hcl:2"},
		"a variable": {map[string]string{"p.hcl": "variable \"f\" {\n  default = \"x\"\n}\npartition \"p\" {\n  system = system.frame[var.f]\n}\n"}, "partition.p system.frame[\"y\"]",
			"p.hcl:5 system = system.frame[var.f]: The variable f decides it: change its default, or the value that -var, a variable file or GANTRY_VAR_f gives. @p.hcl:1"},
		"a local that another one uses": {map[string]string{"p.hcl": "partition \"p\" {\n  system = local.here\n}\npartition \"q\" {\n  system = local.here\n}\n", "l.hcl": "locals {\n  here = system.a\n}\n"}, "partition.p system.b",
			"p.hcl:2 system = local.here: local.here decides it: change it there. @l.hcl:2"},
		"another partition": {map[string]string{"p.hcl": "partition \"o\" {\n  system = system.a\n}\npartition \"p\" {\n  system = partition.o.system\n}\n"}, "partition.p system.b",
			"p.hcl:5 system = partition.o.system: This expression decides it: change what it refers to, or write the reference here."},
		"a condition": {map[string]string{"p.hcl": "variable \"v\" {\n  default = true\n}\npartition \"p\" {\n  system = var.v ? system.a : system.b\n}\n"}, "partition.p system.b",
			"p.hcl:5 system = var.v ? system.a : system.b: The variable v decides it: change its default, or the value that -var, a variable file or GANTRY_VAR_v gives. @p.hcl:1"},
		"an argument of a module that stays for another": {map[string]string{"m.hcl": "module \"m\" {\n  source = \"./sub\"\n  where  = system.a\n}\n", "sub/p.hcl": "variable \"where\" {}\npartition \"p\" {\n  system = var.where\n}\npartition \"q\" {\n  system = var.where\n}\n"}, "module.m.partition.p system.b",
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

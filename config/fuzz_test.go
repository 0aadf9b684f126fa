package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gantry-power/gantry/config"
)

// Whatever stands in a file, loading it ends soon, with an estate or with
// diagnostics.
func FuzzLoad(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), false)
	}
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		ar, err := txtar.ParseFile(p)
		if err != nil {
			f.Fatal(err)
		}
		var hcl []byte
		for _, file := range ar.Files {
			switch {
			case strings.Contains(file.Name, "/"):
			case strings.HasSuffix(file.Name, ".hcl"):
				hcl = append(hcl, file.Data...)
			case strings.HasSuffix(file.Name, ".hcl.json"):
				f.Add(file.Data, true)
			}
		}
		f.Add(hcl, false)
	}
	f.Add([]byte(`{"system": {"s": {"for_each": {"a": "${1}"}}}}`), true)
	f.Add([]byte(`{"partition": {"p": {"dynamic": {"disk": {"for_each": ["x"], "labels": ["${disk.key}"], "content": {"source": "${disk.a}"}}}}}}`), true)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte, json bool) {
		if tooBig(src) {
			t.Skip()
		}
		name := "main.hcl"
		if json {
			name += ".json"
		}
		_ = os.Remove(filepath.Join(dir, "main.hcl"))
		_ = os.Remove(filepath.Join(dir, "main.hcl.json"))
		write(t, dir, name, src)
		o := options()
		o.Env = []string{"GANTRY_VAR_v=[1]"}
		start := time.Now()
		est, diags := config.Load(dir, o)
		if d := time.Since(start); d > 20*time.Second {
			t.Fatalf("loading took %s", d)
		}
		for _, d := range diags {
			if d.Summary == "" {
				t.Errorf("diagnostic without a summary: %s", d)
			}
		}
		if !diags.HasErrors() {
			dump(est)
		}
	})
}

// A file may ask for a million objects, or for as many elements as memory
// holds. It gets them; that is no matter for this test.
func tooBig(src []byte) bool {
	digits := 0
	for _, c := range src {
		if c >= '0' && c <= '9' {
			if digits++; digits > 4 {
				return bytes.Contains(src, []byte("count")) || bytes.Contains(src, []byte("format")) || bytes.Contains(src, []byte("range"))
			}
			continue
		}
		digits = 0
	}
	return false
}

var seeds = []string{
	``,
	"gantry {\n  required_version = \">= 0.1\"\n  state \"file\" {\n    path = \"x\"\n  }\n}\nprovider \"ivm\" \"a\" {\n  host = \"a\"\n}\n",
	"provider \"ivm\" \"a\" {\n  host = system.s.console\n}\nsystem \"s\" {\n  provider = ivm.a\n}\npartition \"p\" {\n  system = system.s\n  memory {\n    desired = \"8GiB\"\n  }\n}\n",
	"disk \"d\" {\n  for_each = { a = \"1\" }\n  lun = { wwpn = \"5005076303030053\", id = each.value }\n}\npartition \"p\" {\n  count = 2\n  dynamic \"disk\" {\n    for_each = disk.d\n    labels = [disk.key]\n    content {\n      source = disk.d[disk.key]\n    }\n  }\n}\n",
	"variable \"v\" {\n  type = object({ a = optional(number, 1) })\n  sensitive = true\n  validation {\n    condition = var.v.a > 0\n    error_message = \"${var.v.a}\"\n  }\n}\noutput \"o\" {\n  value = var.v\n}\n",
	"module \"m\" {\n  source = \"./\"\n  count = 10\n}\n",
	"module \"m\" {\n  source = \"../x\"\n  for_each = module.m\n}\n",
	"partition \"p\" {\n  for_each = { a = partition.p.name }\n  depends_on = [partition.p, module.m]\n  lifecycle {\n    ignore_changes = [memory[\"desired\"], all]\n    precondition {\n      condition = self.id == 1\n      error_message = self.name\n    }\n  }\n}\n",
	"moved {\n  from = partition.a[0]\n  to = module.m[\"x\"].partition.b\n}\nremoved {\n  from = disk.x\n}\nimport {\n  for_each = toset([\"a\"])\n  to = partition.p[each.key]\n  id = each.value\n}\nwaive \"X\" {\n  objects = [partition.p]\n  reason = \"r\"\n}\n",
	"locals {\n  a = { \"gantry:address\" = 5 }\n  b = 1e300 * 1e300\n  c = try(local.a.b[0], null)\n  d = templatefile(\"main.hcl\", {})\n}\n",
	"output \"o\" {\n  value = [for k, v in { a = 1 } : \"%{ if k == \"a\" }${v}%{ endif }\"]\n}\n",
}

// What no random change would reach: nesting that is deep enough to blow the
// stack, or long enough to keep a parser busy.
func TestDeep(t *testing.T) {
	const n = 40_000
	for _, s := range []string{"[", "(", "!", "-", "{a=", "${", `"${`, "1+", "a?", "f(", "[for x in ", `"%{if `, "a[", "a.b[0]+", "x{\n", "%{", "<<E\n", "1==", "a.*[", "a\""} {
		t.Run(strings.TrimSpace(s), func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "main.hcl", []byte("locals {\nx = "+strings.Repeat(s, n/len(s))+"1\n}\n"))
			_, diags := config.Load(dir, options())
			if !diags.HasErrors() {
				t.Error("it was accepted")
			}
			write(t, dir, "main.hcl", []byte(strings.Repeat(s, n/len(s))))
			config.Load(dir, options())
			_, _ = config.Format([]byte(strings.Repeat(s, n/len(s))), "x.hcl")
			if err := os.Remove(filepath.Join(dir, "main.hcl")); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "main.hcl.json", []byte(`{"locals":{"x":"`+strings.ReplaceAll("${"+strings.Repeat(s, n/len(s)), `"`, `\"`)+`"}}`))
			config.Load(dir, options())
		})
	}
	t.Run("json", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "main.hcl.json", []byte(`{"locals":{"x":`+strings.Repeat("[", n)))
		if _, diags := config.Load(dir, options()); !diags.HasErrors() {
			t.Error("it was accepted")
		}
	})
	t.Run("locals", func(t *testing.T) {
		dir := t.TempDir()
		var b strings.Builder
		b.WriteString("locals {\n")
		for i := range 20_000 {
			fmt.Fprintf(&b, "l%06d = [local.l%06d]\n", i, i+1)
		}
		b.WriteString("l020000 = 1\n}\n")
		write(t, dir, "main.hcl", []byte(b.String()))
		_, diags := config.Load(dir, options())
		if len(diags) != 1 || diags[0].Code != "too-deep" {
			t.Errorf("got %d diagnostics: %.300v", len(diags), diags)
		}
	})
	t.Run("wide", func(t *testing.T) {
		// Many blocks, brackets and operators are not deep.
		dir := t.TempDir()
		var b strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&b, "network \"n%d\" {\n  vlan = 1 + %d # (\n  subnet = \"a-b-${[1, 2][0]}-(\"\n}\n", i, i)
		}
		write(t, dir, "main.hcl", []byte(b.String()))
		if _, diags := config.Load(dir, options()); len(diags) > 0 {
			t.Error(diags[0])
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Add([]byte("a=1\r\nb  =  2 # c\r\n\r\n\r\n"))
	f.Add([]byte("a = <<-E\n  x ${ 1+2 }\n  E\n"))
	f.Add([]byte("x{\n}  \n\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		once, diags := config.Format(src, "x.hcl")
		if diags.HasErrors() {
			return
		}
		twice, diags := config.Format(once, "x.hcl")
		if diags.HasErrors() {
			t.Fatalf("%q became %q, which does not parse: %v", src, once, diags.Err())
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("not idempotent:\n%q\n%q\n%q", src, once, twice)
		}
	})
}

package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
)

var update = flag.Bool("update", false, "rewrite want.json and want.txt in testdata")

// One catalogue serves all tests: schemas derived from kinds are kept for the
// life of the program.
var (
	catalogue = kinds.Catalogue()
	endpoint  = kinds.Endpoint()
)

func options() config.Options {
	return config.Options{Catalogue: catalogue, Endpoint: endpoint, ProviderTypes: []string{"hmc", "ivm"}, Version: "0.1.0"}
}

// An archive holds a directory. Its file "args" has one argument a line: a
// variable as NAME=VALUE, a variable file as @FILE, an environment variable as
// env NAME=VALUE. want.json is what loads, want.txt the diagnostics.
func TestLoad(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(p)
			if err != nil {
				t.Fatal(err)
			}
			dir, o := t.TempDir(), options()
			want := txtar.File{}
			var files []txtar.File
			for _, f := range ar.Files {
				switch f.Name {
				case "want.json", "want.txt":
					want = f
					continue
				case "args":
					for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
						switch {
						case strings.HasPrefix(line, "env "):
							o.Env = append(o.Env, strings.TrimPrefix(line, "env "))
						case strings.HasPrefix(line, "@"):
							o.Vars = append(o.Vars, "@"+filepath.Join(dir, line[1:]))
						default:
							o.Vars = append(o.Vars, line)
						}
					}
				default:
					write(t, dir, f.Name, f.Data)
				}
				files = append(files, f)
			}
			est, diags := config.Load(dir, o)
			got := txtar.File{Name: "want.json", Data: []byte(dump(est))}
			if len(diags) > 0 {
				got = txtar.File{Name: "want.txt", Data: []byte(strings.ReplaceAll(diagnostics(diags), dir, "DIR"))}
				checkSnippets(t, est, diags)
			}
			if *update {
				ar.Files = append(files, got)
				if err := os.WriteFile(p, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.Name != want.Name || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("got %s:\n%s\nwant %s:\n%s", got.Name, got.Data, want.Name, want.Data)
			}
		})
	}
}

func write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func diagnostics(l diag.List) string {
	var b strings.Builder
	for _, d := range l {
		where := "-"
		if d.Range != nil {
			where = d.Range.String()
		}
		fmt.Fprintf(&b, "%s: %s: %s: %s", where, d.Code, d.Summary, d.Detail)
		if d.Fix != "" {
			b.WriteString(" | " + d.Fix)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Every diagnostic with a place shows the source of that place.
func checkSnippets(t *testing.T, est *config.Estate, l diag.List) {
	t.Helper()
	for _, d := range l {
		if d.Range == nil || strings.TrimSpace(string(est.Files[d.Range.File])) == "" {
			continue
		}
		if d.Snippet == "" || !bytes.Contains(est.Files[d.Range.File], []byte(d.Snippet)) {
			t.Errorf("%s: snippet %q is not from the file", d, d.Snippet)
		}
	}
}

// dump writes everything that an estate says, without places in files, a line each.
func dump(e *config.Estate) string {
	var b strings.Builder
	line := func(what string, v any) {
		j := &bytes.Buffer{}
		enc := json.NewEncoder(j)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			panic(err)
		}
		b.WriteString(what + " " + j.String())
	}
	if e.Settings.RequiredVersion != "" || e.Settings.StateType != "file" {
		line("settings", map[string]any{"required_version": e.Settings.RequiredVersion, "type": e.Settings.StateType, "state": e.Settings.State})
	}
	for _, k := range sorted(e.Endpoints) {
		line("endpoint "+k, schema.EncodeValue(e.Endpoints[k].Config))
	}
	for _, o := range e.Objects {
		line("object", o)
	}
	for _, a := range sorted(e.Deps) {
		line("deps "+string(a), e.Deps[a])
	}
	for _, a := range sorted(e.Lifecycle) {
		lc := e.Lifecycle[a]
		line("lifecycle "+string(a), map[string]any{"prevent_destroy": lc.PreventDestroy, "ignore_changes": lc.IgnoreChanges, "postconditions": len(lc.Postconditions)})
	}
	for _, o := range e.Outputs {
		line("output "+o.Name, map[string]any{"value": schema.EncodeValue(shown(o.Value)), "sensitive": o.Sensitive, "description": o.Description})
	}
	for _, m := range e.Moved {
		line("moved", []schema.Address{m.From, m.To})
	}
	for _, r := range e.Removed {
		line("removed", map[string]any{"from": r.From, "destroy": r.Destroy})
	}
	for _, i := range e.Imports {
		line("import", map[string]any{"to": i.To, "id": i.ID})
	}
	for _, w := range e.Waivers {
		line("waive", map[string]any{"rule": w.Rule, "objects": w.Objects, "reason": w.Reason, "until": w.Until})
	}
	return b.String()
}

// shown replaces console values, which have no JSON of their own, by what they point at.
func shown(v cty.Value) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, x cty.Value) (cty.Value, error) {
		if x.Type() == schema.ConsoleValue && !x.IsNull() && x.IsKnown() {
			return cty.StringVal("<" + x.EncapsulatedValue().(*schema.ValueRef).String() + ">"), nil
		}
		return x, nil
	})
	if err != nil {
		panic(err)
	}
	return out
}

func sorted[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

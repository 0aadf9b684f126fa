package config_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gantry-power/gantry/config"
)

var place = regexp.MustCompile(`line \d+|[a-z0-9]+\.hcl:\d+`)

// The result of Load does not depend on how the blocks of a directory are
// distributed over files, nor on the order of blocks and files.
func TestDistribution(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		ar, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		good := ar.Files[len(ar.Files)-1].Name == "want.json"
		name := strings.TrimSuffix(filepath.Base(p), ".txtar")
		switch name {
		case "declared-twice", "settings-bad": // which of two is the first is a matter of order
			continue
		}
		t.Run(name, func(t *testing.T) {
			var blocks []string
			fixed := map[string][]byte{}
			o := options()
			for _, f := range ar.Files {
				switch {
				case strings.HasPrefix(f.Name, "want.") || f.Name == "args":
					if f.Name == "args" {
						t.Skip("its files are named")
					}
				case strings.HasSuffix(f.Name, ".hcl") && !strings.Contains(f.Name, "/") && f.Name[0] != '.' && f.Name != "gantry.lock.hcl":
					file, d := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
					if d.HasErrors() {
						t.Skip("it does not parse")
					}
					for _, b := range file.Body.(*hclsyntax.Body).Blocks {
						r := b.Range()
						blocks = append(blocks, string(f.Data[r.Start.Byte:r.End.Byte]))
					}
				default:
					fixed[f.Name] = f.Data
				}
			}
			if len(blocks) == 0 {
				t.Skip("no blocks")
			}
			load := func(t *testing.T, files [][]string) string {
				dir, err := os.MkdirTemp("", "gantry-order-")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
				for n, data := range fixed {
					write(t, dir, n, data)
				}
				for i, f := range files {
					write(t, dir, fmt.Sprintf("f%d.hcl", i), []byte(strings.Join(f, "\n")+"\n"))
				}
				est, diags := config.Load(dir, o)
				if good {
					return dump(est) + diagnostics(diags)
				}
				// Places move with the blocks; what is said about them does not.
				seen := map[string]bool{}
				for _, d := range diags {
					seen[place.ReplaceAllString(d.Code+": "+d.Summary+": "+d.Detail+" | "+d.Fix, "PLACE")] = true
				}
				return strings.ReplaceAll(strings.Join(sorted(seen), "\n"), dir, "DIR")
			}
			want := load(t, [][]string{blocks})
			rnd := rand.New(rand.NewPCG(1, 2))
			for range 12 {
				files := make([][]string, 1+rnd.IntN(4))
				for _, b := range rnd.Perm(len(blocks)) {
					i := rnd.IntN(len(files))
					files[i] = append(files[i], blocks[b])
				}
				if got := load(t, files); got != want {
					t.Fatalf("%q\ngot\n%s\nwant\n%s", files, got, want)
				}
			}
		})
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/gantry-power/gantry/providers/console"
)

// hostile are values that would be a second command, option, attribute or record, if they were not quoted in each grammar that they go through.
var hostile = []string{
	`a; touch /tmp/pwned`, `$(touch pwned)`, "`touch pwned`", `a' -p x 'b`, `a" -p x "b`, `x,desired_mem=1`, `x"",name=other`, `-r lpar --all`, `a\`, `a|b&c>d<e`, `*?[x]~{a,b}`, `$HOME %s %n`, "a\nlssyscfg", "a\tb", `é"ü'ß`,
}

const harmless = "zq7zq"

// shape is what a shell makes of a line: its commands with their words. Where a word is itself a command line or a record it is taken
// apart too. The value is replaced by a harmless one, so that two lines that differ in nothing but a value have the same shape.
func shape(line, value string, depth int) string {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(line), "")
	if err != nil {
		return "no command line: " + err.Error()
	}
	var out strings.Builder
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			fmt.Fprintf(&out, "[%v%v", n.Negated, n.Background)
		case *syntax.CallExpr:
			words := []string{}
			for _, w := range n.Args {
				s, err := expand.Literal(&expand.Config{}, w)
				if err != nil {
					s = "?" + err.Error()
				}
				words = append(words, s)
			}
			for i, w := range words {
				switch {
				case i > 0 && words[i-1] == "-c" && depth < 3 && strings.Contains(w, " "):
					out.WriteString("(" + shape(w, value, depth+1) + ")")
				case i > 0 && (words[i-1] == "-i" || words[i-1] == "-a") && strings.Contains(w, "="):
					items, err := console.SplitList(w)
					if err != nil {
						items = []string{"no record"}
					}
					for _, x := range items {
						fmt.Fprintf(&out, "{%q}", strings.ReplaceAll(x, value, harmless))
					}
				default:
					fmt.Fprintf(&out, " %q", strings.ReplaceAll(w, value, harmless))
				}
			}
		case *syntax.BinaryCmd:
			fmt.Fprintf(&out, " %s", n.Op)
		case *syntax.Redirect:
			fmt.Fprintf(&out, " %s", n.Op)
		}
		return true
	})
	return out.String()
}

func TestShapeNotices(t *testing.T) {
	same := shape(`mksyscfg -i "name=zq7zq,mem=1" -m x`, harmless, 0)
	for _, v := range hostile {
		if strings.ContainsAny(v, "\"'\\\n\t") {
			continue
		}
		if shape(`mksyscfg -i "name=`+v+`,mem=1" -m x`, v, 0) == same && strings.ContainsAny(v, ",$`") {
			t.Errorf("%q in quotes that do not hold it is not noticed", v)
		}
		if shape(`mksyscfg -i name=`+v+`,mem=1 -m x`, v, 0) == same {
			t.Errorf("%q without quotes is not noticed", v)
		}
	}
}

// places are the texts of an estate that somebody could write something into.
func places(t *testing.T, src []byte) []hcl.Range {
	t.Helper()
	f, d := hclsyntax.ParseConfig(src, "main.hcl", hcl.InitialPos)
	if d.HasErrors() {
		t.Fatal(d)
	}
	var out []hcl.Range
	_ = hclsyntax.VisitAll(f.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics {
		if b, ok := n.(*hclsyntax.Block); ok && len(b.Labels) > 1 && b.Type != "provider" {
			_ = b // the labels of blocks in objects are texts too, and are visited with them
		}
		if x, ok := n.(*hclsyntax.TemplateExpr); ok && x.IsStringLiteral() {
			out = append(out, x.Range())
		}
		return nil
	})
	return out
}

// No value ever becomes a second command, option or attribute: every text of the estates is replaced by values that try, as something
// that is created and as something that is changed. A value is refused, or it stands where the harmless one stands.
func TestNoValueIsACommand(t *testing.T) {
	t.Parallel()
	every := os.Getenv("GANTRY_FUZZ") != ""
	for name, begin := range map[string]func(t *testing.T) *site{
		"hmc": func(t *testing.T) *site { return newSite(t) }, "cluster": newCluster, "wpar": func(t *testing.T) *site { return newMobility(t).alone() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			src := []byte(s.read())
			s.must("discover", "-out", "before.json")
			s.must("apply", "-auto-approve")
			s.must("discover", "-out", "after.json")
			var mu sync.Mutex
			var tried, refused, compared int
			var wg sync.WaitGroup
			jobs := make(chan func(dir string))
			for range 3 {
				dir := t.TempDir()
				wg.Go(func() {
					for j := range jobs {
						j(dir)
					}
				})
			}
			for i, at := range places(t, src) {
				for _, when := range []string{"before", "after"} {
					values := []string{hostile[i%len(hostile)], hostile[(i+7)%len(hostile)]}
					if every {
						values = hostile
					}
					if !every && (i+len(when))%3 != 0 {
						continue
					}
					jobs <- func(dir string) {
						w := &site{t: t, dir: dir, lab: s.lab}
						if when == "after" {
							b, err := os.ReadFile(filepath.Join(s.dir, "gantry.state.json"))
							if err == nil {
								err = os.WriteFile(filepath.Join(dir, "gantry.state.json"), b, 0o600)
							}
							if err != nil {
								t.Error(err)
								return
							}
						} else {
							_ = os.Remove(filepath.Join(dir, "gantry.state.json"))
						}
						plan := func(v string) (map[string]string, bool) {
							text := string(src[:at.Start.Byte]) + string(hclwrite.TokensForValue(cty.StringVal(v)).Bytes()) + string(src[at.End.Byte:])
							if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
								t.Error(err)
								return nil, false
							}
							out, _ := w.with(nil)("plan", "-json", "-inventory", filepath.Join(s.dir, when+".json"), "-allow-destroy", "99")
							return shapes(out, v)
						}
						same, ok := plan(harmless)
						for _, v := range values {
							got, can := plan(v)
							mu.Lock()
							tried++
							switch {
							case !can:
								refused++
							case ok:
								compared++
								for id, want := range same {
									if got[id] != "" && got[id] != want {
										t.Errorf("line %d, %s: with %q the commands of %s are\n%s\nand not\n%s", at.Start.Line, src[at.Start.Byte:at.End.Byte], v, id, got[id], want)
									}
								}
							}
							mu.Unlock()
						}
					}
				}
			}
			close(jobs)
			wg.Wait()
			t.Logf("%d values tried, %d refused, %d compared with a harmless one", tried, refused, compared)
			if compared == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}

// shapes are the shapes of the commands of a plan, by step; false when there is none.
func shapes(out, value string) (map[string]string, bool) {
	var p struct {
		Steps []struct {
			ID       string `json:"id"`
			Commands []struct {
				Line string `json:"line"`
			} `json:"commands"`
		} `json:"steps"`
	}
	i := strings.Index(out, "{")
	if i < 0 || json.NewDecoder(strings.NewReader(out[i:])).Decode(&p) != nil || len(p.Steps) == 0 {
		return nil, false
	}
	m := map[string]string{}
	for _, s := range p.Steps {
		for _, c := range s.Commands {
			m[s.ID] += shape(c.Line, value, 0) + "\n"
		}
	}
	return m, true
}

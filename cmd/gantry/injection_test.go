package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

// hostile are values that would be a second command, option, attribute or record, if they were not quoted in each grammar that they go through.
var hostile = []string{
	`a; touch /tmp/pwned`, `$(touch pwned)`, "`touch pwned`", `a' -p x 'b`, `a" -p x "b`, `x,desired_mem=1`, `x"",name=other`, `-r lpar --all`, `a\`, `a|b&c>d<e`, `*?[x]~{a,b}`, `$HOME %s %n`, "a\nlssyscfg", "a\tb", `é"ü'ß`,
}

const harmless = "zq7zq"

// lists are the attributes of clmgr and of mkwpar that are lists: a separator in a value makes it two.
var lists = []string{"PROCESSES", "SERVICE_LABEL", "FILESYSTEM", "SHARED_TAPE_RESOURCES", "EXPORT_FILESYSTEM", "EXPORT_FILESYSTEM_V4", "MOUNT_FILESYSTEM", "NODES", "DISK", "APPLICATIONS", "VOLUME_GROUP", "REPOSITORIES", "PHYSICAL_VOLUMES", "privs"}

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
				case i > 0 && words[i-1] == "-c" && depth < 3 && strings.Contains(w, " ") && !strings.HasSuffix(words[0], "nfsexp"):
					out.WriteString("(" + shape(w, value, depth+1) + ")")
				case i > 0 && (words[i-1] == "-i" || words[i-1] == "-a") && strings.Contains(w, "=") && words[0] != "crfs" && words[0] != "chfs":
					items, err := console.SplitList(w)
					if err != nil {
						items = []string{"no record"}
					}
					for _, x := range items {
						// A value may be a list by the same rules one level down.
						name, v, _ := strings.Cut(x, "=")
						list, err := console.SplitList(v)
						if err != nil || v == value {
							list = []string{v}
						}
						for i := range list {
							list[i] = strings.ReplaceAll(list[i], value, harmless)
						}
						fmt.Fprintf(&out, "{%q%q}", strings.ReplaceAll(name, value, harmless), list)
					}
				default:
					if name, list, is := strings.Cut(w, "="); is && slices.Contains(lists, strings.TrimSuffix(name, "+")) {
						for _, x := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; ", r) }) {
							fmt.Fprintf(&out, "<%q>", strings.ReplaceAll(x, value, harmless))
						}
						continue
					}
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

// place is where somebody could write something: a text of the estate, or an attribute that one of its objects could have.
type place struct {
	what string
	with func(value string) string // the estate with the value there
}

func quoted(v string) string { return string(hclwrite.TokensForValue(cty.StringVal(v)).Bytes()) }

// places are the texts of an estate, and every attribute that takes a text of every kind that it has, also of blocks within.
func places(t *testing.T, src []byte) []place {
	t.Helper()
	f, d := hclsyntax.ParseConfig(src, "main.hcl", hcl.InitialPos)
	if d.HasErrors() {
		t.Fatal(d)
	}
	var out []place
	put := func(what string, from, to int, form func(string) string) {
		out = append(out, place{what, func(v string) string { return string(src[:from]) + form(v) + string(src[to:]) }})
	}
	_ = hclsyntax.VisitAll(f.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics {
		if x, ok := n.(*hclsyntax.TemplateExpr); ok && x.IsStringLiteral() {
			r := x.Range()
			put(fmt.Sprintf("line %d, %s", r.Start.Line, src[r.Start.Byte:r.End.Byte]), r.Start.Byte, r.End.Byte, quoted)
		}
		if b, ok := n.(*hclsyntax.Block); ok {
			for _, r := range b.LabelRanges {
				put(fmt.Sprintf("line %d, the label %s", r.Start.Line, src[r.Start.Byte:r.End.Byte]), r.Start.Byte, r.End.Byte, quoted)
			}
		}
		return nil
	})
	seen := map[string]bool{}
	form := func(a *schema.Attribute, v string) string {
		v = quoted(v)
		switch a.Nesting {
		case schema.List:
			v = "[" + v + "]"
		case schema.Map:
			v = "{ a = " + v + " }"
		}
		return "\n  " + a.Name + " = " + v
	}
	// within are the texts of a block that the estate does not have, with what it must have beside them.
	var within func(path string, at int, a *schema.Attribute, around func(string) string)
	within = func(path string, at int, a *schema.Attribute, around func(string) string) {
		open := "\n  " + a.Name
		if a.Nesting == schema.LabelledBlock {
			open += ` "zz"`
			put(path+", its label", at, at, func(v string) string {
				return around("\n  " + a.Name + " " + quoted(v) + " {" + needed(a.Attributes, "") + "\n}")
			})
		}
		for i := range a.Attributes {
			x := &a.Attributes[i]
			here := path + "." + x.Name
			if x.Computed || x.FromLabel || seen[here] {
				continue
			}
			wrap := func(inner string) string {
				return around(open + " {" + needed(a.Attributes, x.Name) + inner + "\n}")
			}
			switch {
			case x.Type == schema.ObjectType && (x.Nesting == schema.Block || x.Nesting == schema.LabelledBlock):
				within(here, at, x, wrap)
			case x.Type == schema.String:
				seen[here] = true
				put(here, at, at, func(v string) string { return wrap(form(x, v)) })
			}
		}
	}
	absent := map[string]bool{}
	var inside func(path string, attrs []schema.Attribute, body *hclsyntax.Body, at int)
	inside = func(path string, attrs []schema.Attribute, body *hclsyntax.Body, at int) {
		for i := range attrs {
			a := &attrs[i]
			here := path + "." + a.Name
			if body.Attributes[a.Name] != nil || a.Computed || a.FromLabel {
				continue
			}
			switch {
			case a.Type == schema.ObjectType && (a.Nesting == schema.Block || a.Nesting == schema.LabelledBlock):
				has := false
				for _, b := range body.Blocks {
					if b.Type == a.Name {
						has = true
						inside(here, a.Attributes, b.Body, b.OpenBraceRange.End.Byte)
					}
				}
				if !has && !absent[here] {
					absent[here] = true
					within(here, at, a, func(s string) string { return s })
				}
			case a.Type == schema.String && !seen[here]:
				seen[here] = true
				put(here, at, at, func(v string) string { return form(a, v) })
			}
		}
	}
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		if k := kinds.Catalogue().Kind(b.Type); k != nil {
			inside(b.Type, k.Attributes, b.Body, b.OpenBraceRange.End.Byte)
		}
	}
	return out
}

// needed are the attributes that a block must have, as their examples, but for one.
func needed(attrs []schema.Attribute, but string) string {
	var out strings.Builder
	for i := range attrs {
		if a := &attrs[i]; a.Required && a.Name != but && a.Example != "" {
			out.WriteString("\n  " + a.Name + " = " + a.Example)
		}
	}
	return out.String()
}

// No value ever becomes a second command, option or attribute: every text of the estates is replaced by values that try, and every
// attribute that takes a text and is not there is added, as something that is created and as something that is changed. A value is refused, or it stands where the harmless one stands.
func TestNoValueIsACommand(t *testing.T) {
	t.Parallel()
	every := os.Getenv("GANTRY_FUZZ") != ""
	for name, begin := range map[string]func(t *testing.T) *site{
		"hmc": func(t *testing.T) *site { return newSite(t) }, "cluster": newCluster, "wpar": func(t *testing.T) *site { return newMobility(t).alone() },
		"ivm": func(t *testing.T) *site {
			s := newBlades(t)
			s.write(s.read() + third)
			return s
		}, "hosts": newHosts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			src := []byte(s.read())
			s.must("discover", "-out", "before.json")
			s.must("apply", "-auto-approve")
			s.must("discover", "-out", "after.json")
			var mu sync.Mutex
			var tried, refused, compared, planned int
			var never []string // where not even a harmless value makes a plan: nothing is tested there
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
			all := places(t, src)
			n := len(all)
			for i, at := range all {
				for _, when := range []string{"before", "after"} {
					values := []string{hostile[i%len(hostile)], hostile[(i+7)%len(hostile)]}
					if every {
						values = hostile
					}
					if !every && (i+len(when))%12 != 0 {
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
						blocked, prefix := false, ""
						plan := func(v string) (map[string][]string, bool) {
							if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(at.with(prefix+v)), 0o600); err != nil {
								t.Error(err)
								return nil, false
							}
							out, code := w.with(nil)("plan", "-json", "-inventory", filepath.Join(s.dir, when+".json"), "-allow-destroy", "99")
							m, ok := shapes(out, v)
							if strings.Contains(at.what, "label") { // blocks stand in the order of their labels
								for _, lines := range m {
									for i := range lines {
										words := strings.Split(lines[i], ` "`)
										slices.Sort(words)
										lines[i] = strings.Join(words, ` "`)
									}
								}
							}
							blocked = code != 0
							return m, ok
						}
						same, ok := plan(harmless)
						if !ok { // perhaps a path is wanted
							prefix = "/"
							same, ok = plan(harmless)
						}
						mu.Lock()
						if ok {
							planned++
						} else {
							never = append(never, when+" "+at.what)
						}
						mu.Unlock()
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
									// A plan that is refused may lack a command: the one that cannot take the value.
									odd := !blocked && len(got[id]) > 0 && len(got[id]) != len(want)
									for _, line := range got[id] {
										odd = odd || !slices.Contains(want, line)
									}
									if odd {
										t.Errorf("%s: with %q the commands of %s are\n%s\nand not\n%s", at.what, v, id, strings.Join(got[id], "\n"), strings.Join(want, "\n"))
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
			t.Logf("%d places, at %d of those tried a harmless value makes a plan; %d values tried, %d refused, %d compared with a harmless one", n, planned, tried, refused, compared)
			if every {
				slices.Sort(never)
				t.Logf("no plan with a harmless value either: %s", strings.Join(never, "; "))
			}
			if every && compared == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}

// shapes are the shapes of the commands of a plan, by step; false when there is none.
func shapes(out, value string) (map[string][]string, bool) {
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
	m := map[string][]string{}
	for _, s := range p.Steps {
		for _, c := range s.Commands {
			m[s.ID] = append(m[s.ID], shape(c.Line, value, 0))
		}
	}
	return m, true
}

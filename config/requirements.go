package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Requirement is an entry of required_providers: a provider that Gantry does not bring.
type Requirement struct {
	// Name is the type of its provider blocks in this estate.
	Name string
	// Source says which one it is, wherever it is kept: words with slashes between them, as storage.example/acme/zoning.
	Source  string
	Version string // constraint; "" = any
	// Key is the public key (minisign) that its index must be signed with; "" = no signature is asked for.
	Key   string
	Range *diag.Range
}

// Allows reports whether a version satisfies the requirement.
func (r *Requirement) Allows(v string) bool {
	have, err := version.NewVersion(v)
	if err != nil {
		return false
	}
	if r.Version == "" {
		return have.Prerelease() == ""
	}
	c, err := version.NewConstraint(r.Version)
	return err == nil && c.Check(have)
}

// Requirements are what an estate needs before it can be read.
type Requirements struct {
	Providers []Requirement // sorted by name
	// Mirrors are where providers are fetched from: directories, relative to the estate, and http or https addresses.
	Mirrors []string
}

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	sourceForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9._-]*){1,3}$`)
	// providerAttributes are those of an entry.
	providerAttributes = []string{"key", "source", "version"}
)

// ReadRequirements reads the gantry block of a directory and nothing else: the kinds of the files are only known when the providers are.
// What is wrong with the files besides is for Load to say.
func ReadRequirements(dir string, builtin []string) (*Requirements, diag.List) {
	out := &Requirements{}
	paths, _, err := listFiles(dir)
	if err != nil {
		return out, nil
	}
	shown := func(p string) string {
		if rel, err := filepath.Rel(dir, p); err == nil {
			return rel
		}
		return p
	}
	var diags diag.List
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil || !strings.Contains(string(b), "gantry") || checkLimits(b, shown(p)) != nil {
			continue
		}
		var f *hcl.File
		if strings.HasSuffix(p, ".json") {
			f, _ = hclparse.NewParser().ParseJSON(b, shown(p))
		} else {
			f, _ = hclsyntax.ParseConfig(b, shown(p), hcl.InitialPos)
		}
		if f == nil {
			continue
		}
		content, _, _ := f.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "gantry"}}})
		bad := func(r hcl.Range, fix, format string, args ...any) {
			d := diag.Errorf("required-providers", "A required provider", format, args...).In(toRange(r)).WithFix("%s", fix)
			d.Snippet = snippet(b, d.Range)
			diags = append(diags, d)
		}
		for _, g := range content.Blocks {
			c, _, _ := g.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "mirrors"}}, Blocks: []hcl.BlockHeaderSchema{{Type: "required_providers"}}})
			if a, ok := c.Attributes["mirrors"]; ok {
				v, d := a.Expr.Value(nil)
				if d.HasErrors() || !v.IsWhollyKnown() || v.IsNull() || !v.CanIterateElements() {
					bad(a.Range, "Write mirrors = [\"./providers\", \"https://...\"].", "mirrors is a list of texts that the file says.")
					continue
				}
				for it := v.ElementIterator(); it.Next(); {
					_, e := it.Element()
					if e.IsNull() || e.Type() != cty.String {
						bad(a.Range, "Write mirrors = [\"./providers\", \"https://...\"].", "mirrors is a list of texts that the file says.")
						break
					}
					out.Mirrors = append(out.Mirrors, e.AsString())
				}
			}
			for _, rb := range c.Blocks {
				attrs, _ := rb.Body.JustAttributes()
				for _, name := range sortedKeys(attrs) {
					a := attrs[name]
					r := Requirement{Name: name, Range: toRange(a.Range)}
					form := "Write " + name + " = { source = \"host/group/name\", version = \"~> 1.0\" }."
					v, d := a.Expr.Value(nil)
					if d.HasErrors() || !v.IsWhollyKnown() || v.IsNull() || !v.Type().IsObjectType() {
						bad(a.Range, form, "%s is an object of texts that the file says.", name)
						continue
					}
					ok := true
					for key, x := range v.AsValueMap() {
						if !slices.Contains(providerAttributes, key) || x.IsNull() || x.Type() != cty.String {
							bad(a.Range, form+schema.Suggest(key, providerAttributes), "%s has no attribute %q, or it is no text.", name, key)
							ok = false
						}
					}
					if !ok {
						continue
					}
					r.Source, r.Version, r.Key = schema.Str(v, "source"), schema.Str(v, "version"), schema.Str(v, "key")
					_, err := version.NewConstraint(r.Version)
					switch {
					case slices.Contains(builtin, name):
						bad(a.Range, "Leave it out.", "Gantry brings %s itself.", name)
					case !providerName.MatchString(name):
						bad(a.Range, "Use small letters and digits.", "%q cannot be the name of a provider.", name)
					case !sourceForm.MatchString(r.Source):
						bad(a.Range, form, "The source of %s is %q.", name, r.Source)
					case r.Version != "" && err != nil:
						bad(a.Range, form, "The version of %s, %q, is no constraint: %v.", name, r.Version, err)
					case slices.ContainsFunc(out.Providers, func(x Requirement) bool { return x.Name == name }):
						bad(a.Range, "Keep one.", "%s is required twice.", name)
					default:
						out.Providers = append(out.Providers, r)
					}
				}
			}
		}
	}
	slices.SortFunc(out.Providers, func(a, b Requirement) int { return strings.Compare(a.Name, b.Name) })
	return out, diags
}

// CheckSource reports what is wrong with the name of a source.
func CheckSource(source string) error {
	if !sourceForm.MatchString(source) {
		return fmt.Errorf("%q is no source; write two to four words with slashes between them, as storage.example/acme/zoning", source)
	}
	return nil
}

// String is how messages call it.
func (r *Requirement) String() string { return fmt.Sprintf("%s (%s)", r.Name, r.Source) }

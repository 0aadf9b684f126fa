package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// source is one directory of configuration, parsed and sorted by block type,
// shared by all instances of a module.
type source struct {
	dir       string
	variables map[string]*hcl.Block
	locals    map[string]*hcl.Attribute
	objects   map[string]*hcl.Block // kind.name
	order     []string              // keys of objects, sorted
	outputs   map[string]*hcl.Block
	modules   map[string]*hcl.Block
	providers []*hcl.Block
	settings  []*hcl.Block
	moved     []*hcl.Block
	removed   []*hcl.Block
	imports   []*hcl.Block
	waivers   []*hcl.Block
}

// listFiles returns the configuration files and the variable files of a directory, sorted.
func listFiles(dir string) (files, auto []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		n := e.Name()
		switch {
		case e.IsDir() || strings.HasPrefix(n, "."):
		case strings.HasSuffix(n, ".auto.hclvars"), strings.HasSuffix(n, ".auto.hclvars.json"):
			auto = append(auto, filepath.Join(dir, n))
		case n == "gantry.lock.hcl":
		case strings.HasSuffix(n, ".hcl"), strings.HasSuffix(n, ".hcl.json"):
			files = append(files, filepath.Join(dir, n))
		}
	}
	return files, auto, nil
}

// parseFiles reads and parses files in parallel; the result keeps their order.
// A file whose shown name is in overlay is not read.
func parseFiles(paths []string, shown func(string) string, overlay map[string][]byte) ([]*hcl.File, map[string][]byte, hcl.Diagnostics) {
	files := make([]*hcl.File, len(paths))
	diags := make([]hcl.Diagnostics, len(paths))
	srcs := make([][]byte, len(paths))
	var wg sync.WaitGroup
	sem := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, p := range paths {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sem <- struct{}{}
			defer func() { <-sem }()
			b, known := overlay[shown(p)]
			var err error
			if !known {
				b, err = os.ReadFile(p)
			}
			if err != nil {
				diags[i] = hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "File cannot be read", Detail: err.Error()}}
				return
			}
			srcs[i] = b
			if d := checkLimits(b, shown(p)); d != nil {
				diags[i] = hcl.Diagnostics{d}
				return
			}
			if strings.HasSuffix(p, ".json") {
				files[i], diags[i] = hclparse.NewParser().ParseJSON(b, shown(p))
				return
			}
			files[i], diags[i] = hclsyntax.ParseConfig(b, shown(p), hcl.InitialPos)
		}()
	}
	wg.Wait()
	var all hcl.Diagnostics
	text := map[string][]byte{}
	for i := range paths {
		all = append(all, diags[i]...)
		text[shown(paths[i])] = srcs[i]
	}
	return files, text, all
}

// topSchema is what stands at the top of a file.
func topSchema(cat *schema.Catalogue) *hcl.BodySchema {
	top := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "gantry"}, {Type: "provider", LabelNames: []string{"type", "name"}},
		{Type: "variable", LabelNames: []string{"name"}}, {Type: "locals"},
		{Type: "output", LabelNames: []string{"name"}}, {Type: "module", LabelNames: []string{"name"}},
		{Type: "moved"}, {Type: "removed"}, {Type: "import"}, {Type: "waive", LabelNames: []string{"rule"}},
	}}
	for _, k := range cat.Kinds() {
		top.Blocks = append(top.Blocks, hcl.BlockHeaderSchema{Type: k.Name, LabelNames: []string{"name"}})
	}
	return top
}

// sortBlocks distributes the blocks of parsed files.
func sortBlocks(dir string, files []*hcl.File, cat *schema.Catalogue) (*source, hcl.Diagnostics) {
	s := &source{dir: dir, variables: map[string]*hcl.Block{}, locals: map[string]*hcl.Attribute{}, objects: map[string]*hcl.Block{}, outputs: map[string]*hcl.Block{}, modules: map[string]*hcl.Block{}}
	top := topSchema(cat)
	var diags hcl.Diagnostics
	once := func(m map[string]*hcl.Block, key, what string, b *hcl.Block) bool {
		if prev, dup := m[key]; dup {
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Declared twice", Detail: fmt.Sprintf("%s was already declared at %s:%d. Rename one of the two.", what, prev.DefRange.Filename, prev.DefRange.Start.Line), Subject: b.DefRange.Ptr()})
			return false
		}
		m[key] = b
		return true
	}
	for _, f := range files {
		if f == nil {
			continue
		}
		content, d := f.Body.Content(top)
		diags = append(diags, d...)
		for _, b := range content.Blocks {
			for _, l := range b.Labels {
				if b.Type != "waive" && !hclsyntax.ValidIdentifier(l) {
					diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Not a name", Detail: fmt.Sprintf("%q cannot be a label: a name starts with a letter and has letters, digits, underscores and dashes.", l), Subject: b.DefRange.Ptr()})
				}
			}
			switch b.Type {
			case "gantry":
				s.settings = append(s.settings, b)
			case "provider":
				s.providers = append(s.providers, b)
			case "variable":
				once(s.variables, b.Labels[0], "variable "+b.Labels[0], b)
			case "output":
				once(s.outputs, b.Labels[0], "output "+b.Labels[0], b)
			case "module":
				once(s.modules, b.Labels[0], "module "+b.Labels[0], b)
			case "moved":
				s.moved = append(s.moved, b)
			case "removed":
				s.removed = append(s.removed, b)
			case "import":
				s.imports = append(s.imports, b)
			case "waive":
				s.waivers = append(s.waivers, b)
			case "locals":
				attrs, d := b.Body.JustAttributes()
				diags = append(diags, d...)
				for n, a := range attrs {
					if prev, dup := s.locals[n]; dup {
						diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Declared twice", Detail: fmt.Sprintf("local.%s was already declared at %s:%d. Rename one of the two.", n, prev.Range.Filename, prev.Range.Start.Line), Subject: a.Range.Ptr()})
						continue
					}
					s.locals[n] = a
				}
			default:
				key := b.Type + "." + b.Labels[0]
				if once(s.objects, key, key, b) {
					s.order = append(s.order, key)
				}
			}
		}
	}
	// What is evaluated first decides how a cycle is told and where a repeated
	// mistake is shown; it must not depend on which file a block stands in.
	sort.Strings(s.order)
	return s, diags
}

// bodySchema is the HCL schema of a list of attributes, made once.
type bodySchema struct{ hcl *hcl.BodySchema }

var (
	bodySchemas   = map[*schema.Attribute]*bodySchema{}
	bodySchemasMu sync.Mutex
)

// bodySchemaOf caches by the address of the first attribute: lists of
// attributes belong to kinds, which live as long as the program.
func bodySchemaOf(attrs []schema.Attribute) *bodySchema {
	if len(attrs) == 0 {
		return &bodySchema{&hcl.BodySchema{}}
	}
	bodySchemasMu.Lock()
	defer bodySchemasMu.Unlock()
	if s, ok := bodySchemas[&attrs[0]]; ok {
		return s
	}
	s := &hcl.BodySchema{}
	for i := range attrs {
		a := &attrs[i]
		if a.Computed {
			// Taken, so that declaring it gives a better error than "unsupported".
			if a.Nesting != schema.LabelledBlock {
				s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.Name})
			}
			continue
		}
		switch a.Nesting {
		case schema.Block:
			s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: a.Name})
		case schema.LabelledBlock:
			s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: a.Name, LabelNames: []string{"label"}})
		default:
			s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.Name})
		}
	}
	bs := &bodySchema{s}
	bodySchemas[&attrs[0]] = bs
	return bs
}

// fromHCL turns HCL's diagnostics into ours, with snippets.
func fromHCL(in hcl.Diagnostics, files map[string][]byte) diag.List {
	var out diag.List
	for _, d := range in {
		n := diag.Diagnostic{Severity: diag.Error, Code: "hcl", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			n.Severity = diag.Warning
		}
		if a, ok := d.Extra.(advice); ok {
			n.Code, n.Fix = a.code, a.fix
		}
		if d.Subject != nil {
			n.Range = toRange(*d.Subject)
		}
		if n.Range != nil {
			n.Snippet = snippet(files[n.Range.File], n.Range)
		}
		out = append(out, n)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

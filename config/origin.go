package config

import (
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// origin is where a reference is written that comes to an attribute through variables, locals and maps.
type origin struct {
	expr   hcl.Range // the reference
	whole  hcl.Range // the item, argument or local that it is the value of
	module string    // whose objects it can name
}

// standpoint is where an expression stands: the module, its directory, and the repeated block around it.
type standpoint struct {
	module, dir string
	body        *hclsyntax.Body // with for_each; nil outside a block
	key         string
}

// tracer follows references back. It knows what is written, not what is evaluated: a value that is computed is not
// followed.
type tracer struct {
	e    *Estate
	kind string // whose objects the reference names
	// files are the parsed files of the estate, by name.
	files map[string]*hclsyntax.Body
}

const tracingDepth = 32

// trace finds where the value of an attribute of an object is written.
func (t *tracer) trace(a schema.Address, block hcl.Range, body *hclsyntax.Body, attr *hclsyntax.Attribute) (origin, bool) {
	module, _, _, key := a.Split()
	return t.follow(standpoint{module, filepath.Dir(block.Filename), body, unquoteKey(key)}, attr.Expr, attr.SrcRange, nil, tracingDepth)
}

func unquoteKey(key string) string {
	return strings.Trim(strings.TrimSuffix(strings.TrimPrefix(key, "["), "]"), `"`)
}

// follow goes from an expression, with the steps that are to be taken inside its value, to the reference.
func (t *tracer) follow(sc standpoint, expr hclsyntax.Expression, whole hcl.Range, steps []string, depth int) (origin, bool) {
	if depth == 0 {
		return origin{}, false
	}
	switch x := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return t.follow(sc, x.Expression, whole, steps, depth-1)
	case *hclsyntax.ObjectConsExpr:
		if len(steps) == 0 {
			return origin{}, false
		}
		for _, item := range x.Items {
			k, d := item.KeyExpr.Value(nil)
			if !d.HasErrors() && !k.IsNull() && k.IsKnown() && k.Type() == cty.String && k.AsString() == steps[0] {
				return t.follow(sc, item.ValueExpr, hcl.RangeBetween(item.KeyExpr.Range(), item.ValueExpr.Range()), steps[1:], depth-1)
			}
		}
	case *hclsyntax.IndexExpr:
		k, ok := t.index(sc, x.Key)
		if !ok {
			return origin{}, false
		}
		return t.follow(sc, x.Collection, whole, append([]string{k}, steps...), depth-1)
	case *hclsyntax.RelativeTraversalExpr:
		names := []string{}
		for _, s := range x.Traversal {
			names = append(names, stepName(s))
		}
		return t.follow(sc, x.Source, whole, append(names, steps...), depth-1)
	case *hclsyntax.ScopeTraversalExpr:
		return t.traversal(sc, x, whole, steps, depth)
	}
	return origin{}, false
}

func (t *tracer) traversal(sc standpoint, x *hclsyntax.ScopeTraversalExpr, whole hcl.Range, steps []string, depth int) (origin, bool) {
	names := traversalPath(x.Traversal)
	switch {
	case names[0] == t.kind && len(steps) == 0:
		return origin{x.Range(), whole, sc.module}, true
	case len(names) < 2:
	case names[0] == "each" && names[1] == "value" && sc.body != nil:
		if each := sc.body.Attributes["for_each"]; each != nil {
			return t.follow(sc, each.Expr, each.SrcRange, append(append([]string{sc.key}, names[2:]...), steps...), depth-1)
		}
	case names[0] == "local":
		if a := t.attribute(sc.dir, "locals", "", names[1]); a != nil {
			return t.follow(standpoint{module: sc.module, dir: sc.dir}, a.Expr, a.SrcRange, append(names[2:], steps...), depth-1)
		}
	case names[0] == "var" && sc.module != "":
		// The argument of the call, which stands in the root: of a module in a module the file is not known.
		call, key, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(sc.module, "."), "module."), "[")
		if a, body := t.argument(call, names[1]); a != nil {
			return t.follow(standpoint{"", ".", body, unquoteKey(key)}, a.Expr, a.SrcRange, append(names[2:], steps...), depth-1)
		}
	}
	return origin{}, false
}

// index is a key that is written out, or the one of the repeated block.
func (t *tracer) index(sc standpoint, key hclsyntax.Expression) (string, bool) {
	if x, ok := key.(*hclsyntax.ScopeTraversalExpr); ok {
		return sc.key, strings.Join(traversalPath(x.Traversal), ".") == "each.key" && sc.body != nil
	}
	v, d := key.Value(nil)
	if d.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// attribute finds an attribute of a block in the files of a directory.
func (t *tracer) attribute(dir, block, label, name string) *hclsyntax.Attribute {
	a, _ := t.in(dir, block, label, name)
	return a
}

func (t *tracer) argument(call, name string) (*hclsyntax.Attribute, *hclsyntax.Body) {
	if strings.Contains(call, ".") {
		return nil, nil
	}
	return t.in(".", "module", call, name)
}

func (t *tracer) in(dir, block, label, name string) (*hclsyntax.Attribute, *hclsyntax.Body) {
	for _, file := range sortedKeys(t.e.Files) {
		if filepath.Dir(file) != dir || strings.HasSuffix(file, ".json") {
			continue
		}
		body, known := t.files[file]
		if !known {
			if f, _ := hclsyntax.ParseConfig(t.e.Files[file], file, hcl.InitialPos); f != nil {
				body = f.Body.(*hclsyntax.Body)
			}
			t.files[file] = body
		}
		if body == nil {
			continue
		}
		for _, b := range body.Blocks {
			if b.Type != block || label != "" && (len(b.Labels) == 0 || b.Labels[0] != label) {
				continue
			}
			if a := b.Body.Attributes[name]; a != nil {
				return a, b.Body
			}
		}
	}
	return nil, nil
}

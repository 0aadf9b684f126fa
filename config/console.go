package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// hiddenComparison finds a value that only the console knows behind a result
// that does not show it. Most operations on such a value are type errors, but
// comparing is not, and some functions swallow errors or compare inside. So the
// expression is evaluated once more with unknowns in their place: wherever the
// result then is unknown, the console's value itself must stand.
func (m *module) hiddenComparison(expr hcl.Expression, vars []hcl.Traversal, ctx *hcl.EvalContext, got cty.Value) hcl.Traversal {
	if len(vars) == 0 || !mayCompare(expr) {
		return nil
	}
	var found hcl.Traversal
	second := &hcl.EvalContext{Functions: ctx.Functions, Variables: map[string]cty.Value{}}
	for root, v := range ctx.Variables {
		b := m.blanked(root, v)
		second.Variables[root] = b.val
		if !b.any {
			continue
		}
		for _, t := range vars {
			if t.RootName() != root {
				continue
			}
			if v, at := follow(t, second); at > 0 && !v.IsWhollyKnown() && (found == nil || t.SourceRange().Start.Byte < found.SourceRange().Start.Byte) {
				found = t
			}
		}
	}
	if found == nil {
		return nil
	}
	want, d := expr.Value(second)
	if d.HasErrors() || covered(want, got) {
		return nil
	}
	return found
}

// mayCompare reports whether an expression has operators or functions that can
// take a console value without an error.
func mayCompare(expr hcl.Expression) bool {
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return true // JSON, or part of a dynamic block
	}
	found := false
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.BinaryOpExpr:
			found = found || n.Op == hclsyntax.OpEqual || n.Op == hclsyntax.OpNotEqual
		case *hclsyntax.FunctionCallExpr:
			found = true
		}
		return nil
	})
	return found
}

// blank is a value with unknowns for console values, and whether it has any.
type blank struct {
	val cty.Value
	any bool
}

func (m *module) blanked(root string, v cty.Value) blank {
	switch root {
	case "each", "count", "path", "self", "module":
		return blankConsole(v)
	}
	// The rest is the same in every expression of the module, and may hold all
	// instances of a large block, so it is made once.
	out, found := map[string]cty.Value{}, false
	for name, x := range v.AsValueMap() {
		key := root + "." + name
		b, ok := m.blanks[key]
		if !ok {
			if m.blanks == nil {
				m.blanks = map[string]blank{}
			}
			b = blankConsole(x)
			m.blanks[key] = b
		}
		out[name], found = b.val, found || b.any
	}
	return blank{cty.ObjectVal(out), found}
}

func blankConsole(v cty.Value) blank {
	if !holdsConsoleValue(v) {
		return blank{val: v}
	}
	out, err := cty.Transform(v, func(_ cty.Path, x cty.Value) (cty.Value, error) {
		if x.Type() == schema.ConsoleValue {
			return cty.DynamicVal.WithSameMarks(x), nil
		}
		return x, nil
	})
	if err != nil {
		return blank{val: v}
	}
	return blank{out, true}
}

// covered reports whether everything unknown in want is a console value in got.
func covered(want, got cty.Value) bool {
	want, _ = want.Unmark()
	got, _ = got.Unmark()
	if got.Type() == schema.ConsoleValue {
		return true
	}
	if !want.IsKnown() {
		// Its shape is unknown too, so all that got has must be the console's.
		if got.IsNull() || !got.IsKnown() || !got.CanIterateElements() {
			return false
		}
		for it := got.ElementIterator(); it.Next(); {
			if _, e := it.Element(); !covered(want, e) {
				return false
			}
		}
		return got.LengthInt() > 0
	}
	if want.IsNull() || !want.CanIterateElements() || want.IsWhollyKnown() {
		return true
	}
	ty := want.Type()
	if ty.IsObjectType() || ty.IsMapType() {
		have := map[string]cty.Value{}
		if got.Type().IsObjectType() || got.Type().IsMapType() {
			have = got.AsValueMap()
		}
		for k, e := range want.AsValueMap() {
			if h, ok := have[k]; !ok || !covered(e, h) {
				return false
			}
		}
		return true
	}
	if !got.CanIterateElements() || ty.IsSetType() || want.LengthInt() != got.LengthInt() {
		return false
	}
	g := got.AsValueSlice()
	for i, e := range want.AsValueSlice() {
		if !covered(e, g[i]) {
			return false
		}
	}
	return true
}

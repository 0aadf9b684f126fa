package config

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Edit is one expression to be replaced in a file.
type Edit struct {
	Addresses []schema.Address `json:"addresses"` // whose attribute it is; several where a block is repeated
	File      string           `json:"file"`
	Line      int              `json:"line"`
	Before    string           `json:"before"` // the attribute as it stands
	After     string           `json:"after"`
	at        hcl.Range        // of the expression
	expr      string
}

// Manual is an attribute that no edit can change: something else decides it.
type Manual struct {
	Addresses []schema.Address `json:"addresses"`
	File      string           `json:"file"`
	Line      int              `json:"line"`
	Text      string           `json:"text"` // the attribute as it stands
	Want      []string         `json:"want"` // the reference that each address is to have
	// Decides is what gives the value, and what to do there.
	Decides string `json:"decides"`
	// DecidedAt is where that stands, as far as it is known.
	DecidedAt *diag.Range `json:"decided_at,omitempty"`
}

// Redirect finds what has to change in the files so that an attribute of some
// objects refers to others. An attribute that is a plain reference becomes an
// edit, and so does the reference in a map, a local or an argument that it comes
// from, where nobody else's comes from there; for everything else it says which
// expression decides.
func (e *Estate) Redirect(attribute string, to map[schema.Address]schema.Address) ([]Edit, []Manual) {
	blocks := map[hcl.Range][]schema.Address{} // an instance of a repeated block is not alone
	for _, o := range e.Objects {
		blocks[e.ranges[o.Address]] = append(blocks[e.ranges[o.Address]], o.Address)
	}
	var edits []Edit
	var manual []Manual
	done := map[hcl.Range]bool{}
	origins := e.origins(attribute, to)
	for _, o := range e.Objects {
		at := e.ranges[o.Address]
		if _, wanted := to[o.Address]; !wanted || done[at] {
			continue
		}
		done[at] = true
		r := &redirect{e: e, attribute: attribute, block: at, members: blocks[at], to: to, origins: origins}
		if edit, ok := r.edit(); ok {
			edits = append(edits, edit)
		} else {
			manual = append(manual, r.manual...)
		}
	}
	edits = append(edits, origins.edits(e)...)
	slices.SortFunc(edits, func(a, b Edit) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.at.Start.Byte, b.at.Start.Byte))
	})
	return edits, manual
}

// redirect is the search for one block.
type redirect struct {
	e         *Estate
	attribute string
	block     hcl.Range
	members   []schema.Address
	to        map[schema.Address]schema.Address
	attr      *hclsyntax.Attribute
	body      *hclsyntax.Body
	manual    []Manual
	origins   *origins
}

// origins are the places behind the attributes that are no plain references.
type origins struct {
	of    map[schema.Address]origin
	users map[hcl.Range][]schema.Address
	want  map[schema.Address]schema.Address
}

// origins finds them for every object of the kinds that are to be redirected: one that several come from can be changed
// for all of them alone.
func (e *Estate) origins(attribute string, to map[schema.Address]schema.Address) *origins {
	out := &origins{map[schema.Address]origin{}, map[hcl.Range][]schema.Address{}, to}
	wanted := map[string]bool{}
	for a := range to {
		wanted[a.Kind()] = true
	}
	files := map[string]*hclsyntax.Body{}
	for _, o := range e.Objects {
		at := e.ranges[o.Address]
		def := e.Catalogue.Kind(o.Kind).Attribute(attribute)
		if !wanted[o.Kind] || def == nil || def.RefKind == "" {
			continue
		}
		e.mu.Lock()
		body, native := e.body(at).(*hclsyntax.Body)
		e.mu.Unlock()
		if !native || body.Attributes[attribute] == nil {
			continue
		}
		t := &tracer{e, def.RefKind, files}
		if from, ok := t.trace(o.Address, at, body, body.Attributes[attribute]); ok && from.expr != body.Attributes[attribute].Expr.Range() && filepath.IsLocal(from.expr.Filename) {
			out.of[o.Address] = from
			out.users[from.expr] = append(out.users[from.expr], o.Address)
		}
	}
	return out
}

// target is what the reference behind an object's attribute is to be, if it can be changed for all who come from it.
func (x *origins) target(a schema.Address) (string, bool) {
	from, ok := x.of[a]
	if !ok {
		return "", false
	}
	want, ok := x.want[a]
	if !ok {
		return "", false
	}
	for _, u := range x.users[from.expr] {
		if x.want[u] != want {
			return "", false
		}
	}
	module, _, _, _ := want.Split()
	return strings.TrimPrefix(string(want), module), module == from.module
}

// edits are the replacements at those places, each once.
func (x *origins) edits(e *Estate) []Edit {
	var out []Edit
	for _, o := range e.Objects {
		ref, ok := x.target(o.Address)
		from := x.of[o.Address]
		if !ok || x.users[from.expr][0] != o.Address {
			continue
		}
		src := e.Files[from.whole.Filename]
		before := string(from.whole.SliceBytes(src))
		i := from.expr.Start.Byte - from.whole.Start.Byte
		after := before[:i] + ref + before[i+from.expr.End.Byte-from.expr.Start.Byte:]
		out = append(out, Edit{Addresses: x.users[from.expr], File: from.expr.Filename, Line: from.expr.Start.Line, Before: before, After: after, at: from.expr, expr: ref})
	}
	return out
}

// edit is the replacement of the attribute's expression, or nothing, with the
// reason in manual.
func (r *redirect) edit() (Edit, bool) {
	r.e.mu.Lock()
	body, native := r.e.body(r.block).(*hclsyntax.Body)
	r.e.mu.Unlock()
	if !native {
		r.byHand("The file is JSON, which is not rewritten: give the attribute this value there.", nil)
		return Edit{}, false
	}
	r.body, r.attr = body, body.Attributes[r.attribute]
	if r.attr == nil {
		r.byHand("The attribute is not written in the block.", nil)
		return Edit{}, false
	}
	if !filepath.IsLocal(r.block.Filename) {
		r.byHand("The file lies outside the directory of the estate and may serve others too: change it there, and look who else uses it.", nil)
		return Edit{}, false
	}
	ref, same := r.reference()
	t, plain := r.attr.Expr.(*hclsyntax.ScopeTraversalExpr)
	switch {
	case !plain || t.Traversal.RootName() != r.refKind():
		r.decided()
		return Edit{}, false
	case ref == "":
		r.byHand("A module sees only its own systems: hand the system to the module as an argument, and refer to the variable here.", nil)
		return Edit{}, false
	case !same:
		r.byHand(fmt.Sprintf("The line is that of %d objects of a repeated block, which are not all to go to the same place: give each its own, for example with each.value.", len(r.members)), r.repetition())
		return Edit{}, false
	}
	src := r.e.Files[r.attr.SrcRange.Filename]
	at := r.attr.Expr.Range()
	before := r.attr.SrcRange.SliceBytes(src)
	i := at.Start.Byte - r.attr.SrcRange.Start.Byte
	after := string(before[:i]) + ref + string(before[i+at.End.Byte-at.Start.Byte:])
	return Edit{Addresses: r.members, File: at.Filename, Line: at.Start.Line, Before: string(before), After: after, at: at, expr: ref}, true
}

func (r *redirect) refKind() string {
	if a := r.e.Catalogue.Kind(r.members[0].Kind()).Attribute(r.attribute); a != nil {
		return a.RefKind
	}
	return ""
}

// reference is what the expression would be, and whether it is that for every
// object of the block. It is empty where the module cannot see the target.
func (r *redirect) reference() (string, bool) {
	ref, same := "", true
	for i, a := range r.members {
		target, wanted := r.to[a]
		module, _, _, _ := a.Split()
		theirs, _, _, _ := target.Split()
		switch {
		case !wanted:
			same = false
			continue
		case module != theirs:
			return "", false
		}
		text := strings.TrimPrefix(string(target), theirs)
		if i > 0 && ref != "" && text != ref {
			same = false
		}
		ref = text
	}
	return ref, same
}

// byHand notes that the attribute has to be changed by a person.
func (r *redirect) byHand(decides string, at *diag.Range) {
	m := Manual{File: r.block.Filename, Line: r.block.Start.Line, Decides: decides, DecidedAt: at}
	if r.attr != nil {
		m.Line, m.Text = r.attr.SrcRange.Start.Line, string(r.attr.SrcRange.SliceBytes(r.e.Files[r.block.Filename]))
	}
	for _, a := range r.members {
		if t, wanted := r.to[a]; wanted {
			m.Addresses, m.Want = append(m.Addresses, a), append(m.Want, string(t))
		}
	}
	r.manual = append(r.manual, m)
}

// decided says which expression decides the attribute. The instances of a
// repeated block may be decided at different places.
func (r *redirect) decided() {
	vars := r.attr.Expr.Variables()
	members := r.members
	for _, a := range members {
		if _, wanted := r.to[a]; !wanted {
			continue
		}
		if _, elsewhere := r.origins.target(a); elsewhere {
			continue // the reference that it comes from is changed
		}
		r.members = []schema.Address{a}
		if len(vars) == 0 {
			r.byHand("This expression decides it: write the reference here.", nil)
			continue
		}
		// Of system.frame[each.value] it is the key that decides.
		by := vars[0]
		if i := slices.IndexFunc(vars, func(t hcl.Traversal) bool { return t.RootName() != r.refKind() }); i >= 0 {
			by = vars[i]
		}
		text, at := r.decider(a, by)
		r.byHand(text, at)
	}
	r.members = members
}

func (r *redirect) decider(a schema.Address, t hcl.Traversal) (string, *diag.Range) {
	names := traversalPath(t)
	switch t.RootName() {
	case "each":
		text := "for_each decides it: change its value there."
		if _, _, _, key := a.Split(); key != "" {
			text = fmt.Sprintf("for_each decides it: change the value of the key %s there.", strings.Trim(key, "[]"))
		}
		return text, r.eachValue(a, names)
	case "count":
		return "count.index decides it: write the block with for_each and a value for each key.", r.repetition()
	case "local":
		if len(names) > 1 {
			return fmt.Sprintf("local.%s decides it: change it there.", names[1]), r.find("locals", "", names[1])
		}
	case "var":
		if len(names) > 1 {
			return r.variable(a, names[1])
		}
	}
	return "This expression decides it: change what it refers to, or write the reference here.", nil
}

// variable: inside a module an argument decides, else whatever set the variable.
func (r *redirect) variable(a schema.Address, name string) (string, *diag.Range) {
	module, _, _, _ := a.Split()
	if module == "" {
		return fmt.Sprintf("The variable %s decides it: change its default, or the value that -var, a variable file or GANTRY_VAR_%s gives.", name, name), r.find("variable", name, "")
	}
	call := strings.TrimPrefix(strings.TrimSuffix(module, "."), "module.")
	call, _, _ = strings.Cut(call, "[")
	var at *diag.Range
	if !strings.Contains(call, ".") {
		at = r.findIn(".", "module", call, name)
	}
	return fmt.Sprintf("The argument %s of %s decides it: change it there.", name, strings.TrimSuffix(module, ".")), at
}

// repetition is where the block says how often it is there.
func (r *redirect) repetition() *diag.Range {
	for _, n := range []string{"for_each", "count"} {
		if x := r.body.Attributes[n]; x != nil {
			return toRange(x.SrcRange)
		}
	}
	return nil
}

// eachValue follows each.value.x into a for_each that is written out, as far as it goes.
func (r *redirect) eachValue(a schema.Address, names []string) *diag.Range {
	each := r.body.Attributes["for_each"]
	if each == nil {
		return nil // the module is repeated, not the block
	}
	_, _, _, key := a.Split()
	steps := []string{key}
	if len(names) > 2 {
		steps = append(steps, names[2:]...)
	}
	at, expr := each.SrcRange, each.Expr
	for i, step := range steps {
		obj, ok := expr.(*hclsyntax.ObjectConsExpr)
		if !ok {
			break
		}
		for _, item := range obj.Items {
			k, d := item.KeyExpr.Value(nil)
			if d.HasErrors() || k.IsNull() || !k.IsKnown() || k.Type() != cty.String {
				continue
			}
			if k.AsString() == step || i == 0 && schema.StringKey(k.AsString()) == step {
				at, expr = hcl.RangeBetween(item.KeyExpr.Range(), item.ValueExpr.Range()), item.ValueExpr
			}
		}
	}
	return toRange(at)
}

func (r *redirect) find(block, label, attribute string) *diag.Range {
	return r.findIn(filepath.Dir(r.block.Filename), block, label, attribute)
}

// findIn finds a block, or an attribute of it, in the files of a directory.
func (r *redirect) findIn(dir, block, label, attribute string) *diag.Range {
	for _, name := range sortedKeys(r.e.Files) {
		if filepath.Dir(name) != dir || strings.HasSuffix(name, ".json") {
			continue
		}
		f, _ := hclsyntax.ParseConfig(r.e.Files[name], name, hcl.InitialPos)
		if f == nil {
			continue
		}
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			if b.Type != block || label != "" && (len(b.Labels) == 0 || b.Labels[0] != label) {
				continue
			}
			if attribute == "" {
				return toRange(b.DefRange())
			}
			if x := b.Body.Attributes[attribute]; x != nil {
				return toRange(x.SrcRange)
			}
		}
	}
	return nil
}

func traversalPath(t hcl.Traversal) []string {
	names := []string{t.RootName()}
	for _, s := range t[1:] {
		names = append(names, stepName(s))
	}
	return names
}

// Rewrite returns the files with the edits made, by name. Not a byte changes
// outside the expressions.
func (e *Estate) Rewrite(edits []Edit) (map[string][]byte, error) {
	out := map[string][]byte{}
	for i := len(edits) - 1; i >= 0; i-- { // from the end, so that the places of the others stay right
		x := edits[i]
		src, begun := out[x.File]
		if !begun {
			src = e.Files[x.File]
		}
		t, d := hclsyntax.ParseTraversalAbs([]byte(x.expr), x.File, hcl.InitialPos)
		if d.HasErrors() {
			return nil, fmt.Errorf("%s:%d: %s cannot be written as a reference", x.File, x.Line, x.expr)
		}
		ref := bytes.TrimSpace(hclwrite.TokensForTraversal(t).Bytes())
		out[x.File] = slices.Concat(src[:x.at.Start.Byte], ref, src[x.at.End.Byte:])
	}
	return out, nil
}

package config

import (
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Evaluation is lazy and memoised: an expression asks for what it names, each
// thing is evaluated once, and a thing that is asked for while it is being
// evaluated is a cycle, whose members are on the stack.

type module struct {
	l      *loader
	prefix string // "" or module.NAME. with its key
	src    *source
	funcs  map[string]function.Function
	inputs map[string]cty.Value      // of the root module
	args   map[string]*hcl.Attribute // of the module block; evaluated in parent when asked for
	parent *module
	inst   *instance         // of the module block
	deps   []schema.Address  // depends_on of the module blocks around
	memo   map[string]*memo  // var.x, local.x, output.x
	groups map[string]*group // kind.name
	calls  map[string]*call  // module blocks
	blanks map[string]blank  // what blanked made
}

type memo struct {
	busy, done bool
	val        cty.Value
}

// group is a block of a kind with its instances.
type group struct {
	block      *hcl.Block
	kind       *schema.Kind
	content    *hcl.BodyContent
	dynamic    bool
	insts      []*instance
	byKey      map[string]*instance
	repeated   bool
	busy, done bool
	failed     bool
	whole      cty.Value // value of all instances, made when first asked for
}

// instance is one repetition of a block, or the block itself.
type instance struct {
	key        string // bracketed, "" when not repeated
	each       [2]cty.Value
	count      cty.Value
	addr       schema.Address
	obj        *schema.Object
	full       cty.Value
	busy, done bool
}

type call struct {
	busy, done bool
	failed     bool
	repeated   bool
	insts      []*instance
	mods       map[string]*module // by bracketed key
	whole      cty.Value
}

// scope is what an expression sees besides its module.
type scope struct {
	inst *instance
	self cty.Value
}

func (m *module) evalAll() {
	for _, name := range sortedKeys(m.src.variables) {
		m.named("var", name, m.src.variables[name].DefRange)
	}
	for _, name := range sortedKeys(m.src.locals) {
		m.named("local", name, m.src.locals[name].Range)
	}
	for _, key := range m.src.order {
		g := m.group(key)
		for _, inst := range g.insts {
			m.object(g, inst)
		}
	}
	for _, name := range sortedKeys(m.src.modules) {
		c := m.call(name)
		for _, inst := range c.insts {
			if mod := c.mods[inst.key]; mod != nil {
				mod.evalAll()
			}
		}
	}
	for _, name := range sortedKeys(m.src.outputs) {
		m.named("output", name, m.src.outputs[name].DefRange)
	}
}

// enter notes that something is being evaluated; it reports a cycle when it already is.
func (m *module) enter(label string, busy *bool, r hcl.Range) bool {
	l := m.l
	if *busy {
		from := 0
		for i, s := range l.stack {
			if s == label {
				from = i
			}
		}
		members := append(append([]string(nil), l.stack[from:]...), label)
		text := strings.Join(members, " -> ")
		if l.cycles == nil {
			l.cycles = map[string]bool{}
		}
		if !l.cycles[text] {
			l.cycles[text] = true
			l.errorAt(r, "cycle", "Cycle", "Break the circle: one of them must not refer to the next.", "These refer to each other in a circle: %s.", text)
		}
		return false
	}
	if len(l.stack) >= maxStack {
		if !l.tooDeep {
			l.tooDeep = true
			l.errorAt(r, "too-deep", "Chain too long", "Shorten the chain.", "More than %d values wait for each other; %s is the last.", maxStack, label)
		}
		return false
	}
	*busy = true
	l.stack = append(l.stack, label)
	return true
}

func (m *module) leave(busy *bool) {
	*busy = false
	m.l.stack = m.l.stack[:len(m.l.stack)-1]
}

// named evaluates var.x, local.x and output.x.
func (m *module) named(what, name string, r hcl.Range) cty.Value {
	key := what + "." + name
	me := m.memo[key]
	if me == nil {
		me = &memo{val: cty.DynamicVal}
		m.memo[key] = me
	}
	if me.done {
		return me.val
	}
	if !m.enter(m.prefix+key, &me.busy, r) {
		return cty.DynamicVal
	}
	defer m.leave(&me.busy)
	switch what {
	case "var":
		b := m.src.variables[name]
		if b == nil {
			m.unknown(r, "variable", "var."+name, schema.Suggest(name, sortedKeys(m.src.variables)))
			break
		}
		me.val = m.variable(name, b)
	case "local":
		a := m.src.locals[name]
		if a == nil {
			m.unknown(r, "local value", "local."+name, schema.Suggest(name, sortedKeys(m.src.locals)))
			break
		}
		me.val = m.eval(a.Expr, &scope{})
	case "output":
		me.val = m.output(name)
	}
	me.done = true
	return me.val
}

func (m *module) unknown(r hcl.Range, what, name, suggestion string) {
	m.l.errorAt(r, "undeclared", "Not declared", strings.TrimSpace("Declare it, or correct the name."+suggestion), "There is no %s %s.", what, name)
}

func (m *module) output(name string) cty.Value {
	b := m.src.outputs[name]
	c, d := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "value", Required: true}, {Name: "description"}, {Name: "sensitive"}}})
	m.l.hcl(d)
	if d.HasErrors() {
		return cty.DynamicVal
	}
	v := m.eval(c.Attributes["value"].Expr, &scope{})
	o := &Output{Name: name, Range: toRange(b.DefRange)}
	if a, ok := c.Attributes["description"]; ok {
		o.Description = m.l.constString(a)
	}
	if a, ok := c.Attributes["sensitive"]; ok {
		o.Sensitive = m.l.constBool(a)
	}
	if v.ContainsMarked() && m.prefix == "" {
		if !o.Sensitive {
			m.l.errorAt(c.Attributes["value"].Range, "sensitive-output", "Sensitive value shown", "Add sensitive = true to the output.", "The output %s would show a sensitive value.", name)
		}
	}
	if m.prefix != "" && o.Sensitive {
		v = v.Mark(sensitiveMark)
	}
	if m.prefix == "" {
		o.Value, _ = v.UnmarkDeep()
		m.l.est.Outputs = append(m.l.est.Outputs, o)
	}
	return v
}

// group expands a block of a kind into its instances.
func (m *module) group(key string) *group {
	g := m.groups[key]
	if g == nil {
		b := m.src.objects[key]
		if b == nil {
			return nil
		}
		g = &group{block: b, kind: m.l.o.Catalogue.Kind(b.Type)}
		m.groups[key] = g
	}
	if g.done && !g.busy {
		return g
	}
	if !m.enter(m.prefix+key, &g.busy, g.block.DefRange) {
		g.failed = true
		return g
	}
	defer m.leave(&g.busy)
	g.done = true
	var content *hcl.BodyContent
	var d hcl.Diagnostics
	if g.dynamic = bodyIsDynamic(g.block.Body); g.dynamic {
		// The blocks are expanded for each instance: they may use its each.value.
		content, _, d = g.block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "for_each"}, {Name: "count"}}})
	} else {
		content, d = g.block.Body.Content(kindSchema(g.kind))
	}
	m.l.hcl(d)
	g.content, g.failed = content, d.HasErrors()
	forEach, hasEach := content.Attributes["for_each"]
	count, hasCount := content.Attributes["count"]
	switch {
	case hasEach && hasCount:
		m.l.errorAt(count.Range, "for-each-and-count", "Both for_each and count", "Keep one of the two.", "%s has both for_each and count.", key)
		g.failed = true
	case hasEach:
		g.repeated = true
		insts, ok := m.repeat(forEach, m.prefix+key)
		g.insts, g.failed = insts, g.failed || !ok
	case hasCount:
		g.repeated = true
		insts, ok := m.countOf(count, m.prefix+key)
		g.insts, g.failed = insts, g.failed || !ok
	default:
		g.insts = []*instance{{}}
	}
	g.byKey = make(map[string]*instance, len(g.insts))
	for _, inst := range g.insts {
		inst.addr = schema.NewAddress(m.prefix, g.block.Type, g.block.Labels[0], inst.key)
		g.byKey[inst.key] = inst
	}
	return g
}

// repeat evaluates a for_each once.
func (m *module) repeat(a *hcl.Attribute, what string) ([]*instance, bool) {
	v := m.eval(a.Expr, &scope{})
	if !v.IsKnown() {
		return nil, false
	}
	bad := func(text, fix string) ([]*instance, bool) {
		m.l.errorAt(a.Expr.Range(), "for-each", "Not a for_each", fix, "for_each of %s %s.", what, text)
		return nil, false
	}
	ty := v.Type()
	switch {
	case v.IsMarked():
		return bad("is sensitive, and its keys would be shown as addresses", "Use a value that is not sensitive.")
	case v.IsNull():
		return bad("is null", "Give a map or a set of strings; an empty one makes no object.")
	case ty == schema.ConsoleValue:
		return bad("is known only to the console", "Use a value that the files say.")
	case ty.IsMapType() || ty.IsObjectType():
	case ty.IsSetType() && ty.ElementType() == cty.String:
	case ty.IsSetType() && v.LengthInt() == 0:
	default:
		return bad("is "+ty.FriendlyName()+", want a map or a set of strings", "Use toset([...]) for a list.")
	}
	var out []*instance
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if ty.IsSetType() {
			k = e
		}
		if k.IsNull() || !k.IsKnown() {
			return bad("has a null in it", "Leave it out.")
		}
		if k.AsString() == schema.AddressAttr {
			return bad("is an object of the estate, not a map of them", "Write { name = "+what+" }.")
		}
		out = append(out, &instance{key: schema.StringKey(k.AsString()), each: [2]cty.Value{k, e}})
	}
	return out, true
}

func (m *module) countOf(a *hcl.Attribute, what string) ([]*instance, bool) {
	v := m.eval(a.Expr, &scope{})
	if !v.IsKnown() {
		return nil, false
	}
	switch {
	case v.IsMarked():
		m.l.errorAt(a.Expr.Range(), "count", "Not a count", "Use a value that is not sensitive.", "count of %s is sensitive, and it would be shown as addresses.", what)
		return nil, false
	case v.Type() == schema.ConsoleValue:
		m.l.errorAt(a.Expr.Range(), "count", "Not a count", "Use a value that the files say.", "count of %s is known only to the console.", what)
		return nil, false
	}
	n, err := convert.Convert(v, cty.Number)
	if err != nil || n.IsNull() || !n.IsKnown() || !n.AsBigFloat().IsInt() || n.AsBigFloat().Sign() < 0 {
		m.l.errorAt(a.Expr.Range(), "count", "Not a count", "Give a whole number from 0.", "count of %s is no whole number.", what)
		return nil, false
	}
	c, _ := n.AsBigFloat().Int64()
	if c > 1_000_000 {
		m.l.errorAt(a.Expr.Range(), "count", "Not a count", "Give a number up to 1000000.", "count of %s is %d.", what, c)
		return nil, false
	}
	out := make([]*instance, c)
	for i := range out {
		out[i] = &instance{key: schema.IntKey(i), count: cty.NumberIntVal(int64(i))}
	}
	return out, true
}

// object evaluates one instance into an object of the estate.
func (m *module) object(g *group, inst *instance) *schema.Object {
	if inst.done && !inst.busy {
		return inst.obj
	}
	if g.content == nil || !m.enter(string(inst.addr), &inst.busy, g.block.DefRange) {
		return nil
	}
	defer m.leave(&inst.busy)
	inst.done = true
	l, sc, rep := m.l, &scope{inst: inst}, &schema.Report{}
	content := g.content
	if g.dynamic {
		if content = m.expandDynamic(g, sc); content == nil {
			return nil
		}
	}
	vals := m.decode(content, g.kind.Attributes, "", sc, rep, g.block.DefRange, string(inst.addr))
	for i := range g.kind.Attributes {
		a := &g.kind.Attributes[i]
		if _, given := vals[a.Name]; a.FromLabel && !given && rep.Refs[a.Name] == (schema.ValueRef{}) {
			before := len(rep.Problems)
			vals[a.Name] = a.Normalise(cty.StringVal(labelName(g.block.Labels[0], inst)), a.Name, rep)
			for _, pr := range rep.Problems[before:] {
				l.errorAt(g.block.DefRange, "value", "Value refused", strings.TrimSpace(pr.Fix+" Rename the block, or give "+a.Name+"."), "%s: %s, taken from the label: %s.", inst.addr, pr.Path, pr.Text)
			}
		}
	}
	o := &schema.Object{Kind: g.kind.Name, Address: inst.addr, Value: schema.Build(vals), Refs: rep.Refs}
	inst.obj = o
	for _, c := range g.kind.Checks {
		if path, problem, fix := c.Check(o.Value); problem != "" {
			d := diag.Errorf(c.Code, "What is declared does not fit together", "%s.", strings.TrimSuffix(problem, ".")).At(string(o.Address), path)
			d.Fix = fix
			l.est.ranges[o.Address] = g.block.DefRange
			l.diags = append(l.diags, l.est.Locate(diag.List{d})...)
		}
	}
	if g.kind.Derive != nil {
		o.Value = g.kind.Derive(o.Value)
	}
	deps := rep.Deps
	deps = append(deps, m.deps...)
	if a, ok := content.Attributes["depends_on"]; ok {
		deps = append(deps, m.dependsOnAll(a)...)
	}
	if a, ok := content.Attributes["provider"]; ok {
		l.chosen[inst.addr] = true
		t, d := hcl.AbsTraversalForExpr(a.Expr)
		if d.HasErrors() || len(t) != 2 {
			l.errorAt(a.Expr.Range(), "provider", "Not a provider", "Write provider = TYPE.NAME, without quotes.", "provider wants a declared console.")
		} else if key := string(traversalAddress(t)); l.est.Endpoints[key] == nil {
			l.errorAt(a.Expr.Range(), "undeclared", "Not declared", "Declare it with a provider block, or correct the name."+schema.Suggest(key, sortedKeys(l.est.Endpoints)), "There is no provider %s.", key)
		} else {
			o.Endpoint = key
		}
	}
	m.lifecycle(g, inst, content)
	l.est.Objects = append(l.est.Objects, o)
	l.est.byAddress[o.Address] = o
	l.est.ranges[o.Address] = g.block.DefRange
	if len(deps) > 0 {
		l.est.Deps[o.Address] = append([]schema.Address(nil), deps...)
	}
	return o
}

func labelName(label string, inst *instance) string {
	switch {
	case inst.key == "":
		return label
	case inst.each[0] != cty.NilVal:
		return inst.each[0].AsString()
	}
	return label + "-" + schema.FormatNumber(inst.count)
}

func (m *module) dependsOnAll(a *hcl.Attribute) []schema.Address {
	exprs, d := hcl.ExprList(a.Expr)
	m.l.hcl(d)
	var out []schema.Address
	for _, e := range exprs {
		out = append(out, m.dependsOn(e)...)
	}
	return out
}

// dependsOn resolves one entry of depends_on to addresses.
func (m *module) dependsOn(e hcl.Expression) []schema.Address {
	t, d := hcl.AbsTraversalForExpr(e)
	if d.HasErrors() || len(t) < 2 || t.RootName() != "module" && m.l.o.Catalogue.Kind(t.RootName()) == nil {
		m.l.errorAt(e.Range(), "depends-on", "Not an object", "Write depends_on = [kind.name].", "depends_on wants objects or modules.")
		return nil
	}
	name, _ := t[1].(hcl.TraverseAttr)
	if t.RootName() == "module" {
		c := m.call(name.Name)
		if c == nil {
			m.unknown(e.Range(), "module", "module."+name.Name, schema.Suggest(name.Name, sortedKeys(m.src.modules)))
			return nil
		}
		var out []schema.Address
		for _, inst := range c.insts {
			mod := c.mods[inst.key]
			if mod == nil {
				continue
			}
			mod.evalAll()
			for _, o := range m.l.est.Objects {
				if strings.HasPrefix(string(o.Address), mod.prefix) {
					out = append(out, o.Address)
				}
			}
		}
		return out
	}
	g := m.group(t.RootName() + "." + name.Name)
	if g == nil {
		m.unknown(e.Range(), "object", t.RootName()+"."+name.Name, m.suggestObject(t.RootName(), name.Name))
		return nil
	}
	var out []schema.Address
	for _, inst := range g.insts {
		if len(t) > 2 && string(traversalAddress(t)) != string(schema.NewAddress("", t.RootName(), name.Name, inst.key)) {
			continue
		}
		out = append(out, inst.addr)
	}
	if len(t) > 2 && len(out) == 0 && !g.failed {
		m.l.errorAt(e.Range(), "depends-on", "Not an object", "Write depends_on = [kind.name], or kind.name[\"key\"] for one of several.", "%s is no object of the estate.", traversalAddress(t))
	}
	return out
}

func (m *module) suggestObject(kind, name string) string {
	return schema.Suggest(kind+"."+name, m.src.order)
}

var conditionSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "error_message", Required: true}}}

func (m *module) lifecycle(g *group, inst *instance, content *hcl.BodyContent) {
	l := m.l
	for _, b := range content.Blocks {
		if b.Type != "lifecycle" {
			continue
		}
		if l.est.Lifecycle[inst.addr] != nil {
			l.errorAt(b.DefRange, "block-twice", "Declared twice", "Keep one.", "%s has a second lifecycle block.", inst.addr)
			continue
		}
		c, d := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "prevent_destroy"}, {Name: "ignore_changes"}},
			Blocks: []hcl.BlockHeaderSchema{{Type: "precondition"}, {Type: "postcondition"}}})
		l.hcl(d)
		if d.HasErrors() {
			continue
		}
		lc := &Lifecycle{}
		if a, ok := c.Attributes["prevent_destroy"]; ok {
			lc.PreventDestroy = l.constBool(a)
		}
		if a, ok := c.Attributes["ignore_changes"]; ok {
			lc.IgnoreChanges = m.ignored(a, g.kind)
		}
		for _, cb := range c.Blocks {
			cc, d := cb.Body.Content(conditionSchema)
			l.hcl(d)
			if d.HasErrors() {
				continue
			}
			cond, msg := cc.Attributes["condition"], cc.Attributes["error_message"]
			eval := func(self cty.Value) (bool, string, diag.List) {
				// Postconditions are evaluated while steps run side by side.
				l.mu.Lock()
				defer l.mu.Unlock()
				mark := len(l.diags)
				sc := &scope{inst: inst, self: self}
				v, _ := m.eval(cond.Expr, sc).Unmark()
				bad := append(diag.List(nil), l.diags[mark:]...)
				l.diags = l.diags[:mark]
				if bad.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.Bool {
					if len(bad) == 0 && !(v.IsKnown() && !v.IsNull()) && l.diags.HasErrors() {
						return true, "", nil // what it asks for has failed and was reported there
					}
					if len(bad) == 0 {
						d := diag.Errorf("condition", "Not a condition", "The condition must give true or false.").In(toRange(cond.Range))
						d.Snippet = snippet(l.files[cond.Range.Filename], d.Range)
						bad = diag.List{d}
					}
					return false, "", bad
				}
				if v.True() {
					return true, "", nil
				}
				text := message(m.eval(msg.Expr, sc))
				l.diags = l.diags[:mark]
				return false, text, nil
			}
			if cb.Type == "postcondition" {
				// It is evaluated when the step is done; what it names is checked now.
				m.checkNames(g.kind, cond.Expr, inst)
				m.checkNames(g.kind, msg.Expr, inst)
				lc.Postconditions = append(lc.Postconditions, Condition{toRange(cond.Range), eval})
				continue
			}
			ok, text, bad := eval(m.fullOf(g, inst))
			l.diags = append(l.diags, bad...)
			if !ok && len(bad) == 0 {
				l.errorAt(cond.Range, "precondition", "Precondition does not hold", "", "%s: %s", inst.addr, text)
			}
		}
		l.est.Lifecycle[inst.addr] = lc
	}
}

// message is the text of an error_message. A sensitive value is not shown.
func message(v cty.Value) string {
	switch {
	case !v.IsKnown() || v.IsNull():
	case v.IsMarked():
		return "the condition does not hold; its message is sensitive"
	case v.Type() == cty.String:
		return v.AsString()
	}
	return "the condition does not hold"
}

// checkNames reports what an expression names and does not exist.
func (m *module) checkNames(k *schema.Kind, expr hcl.Expression, inst *instance) {
	for _, t := range expr.Variables() {
		if t.RootName() != "self" {
			m.traverse(t, &scope{inst: inst}, true)
			continue
		}
		var parts []string
		for _, s := range t[1:] {
			parts = append(parts, stepName(s))
		}
		for n := 1; n <= len(parts); n++ {
			if k.Attribute(schema.JoinPath(parts[:n]...)) == nil {
				m.noAttribute(t.SourceRange(), k, parts[:n])
				break
			}
		}
	}
}

// noAttribute reports that a kind has no attribute of that path.
func (m *module) noAttribute(r hcl.Range, k *schema.Kind, path []string) {
	attrs, last := k.Attributes, len(path)-1
	if last > 0 {
		if a := k.Attribute(schema.JoinPath(path[:last]...)); a != nil {
			attrs = a.Attributes
		}
	}
	names := make([]string, len(attrs))
	for i := range attrs {
		names[i] = attrs[i].Name
	}
	m.l.errorAt(r, "undeclared", "Not an attribute", strings.TrimSpace(schema.Suggest(path[last], names)), "%s has no attribute %s.", k.Name, schema.JoinPath(path...))
}

// stepName is the part of a path that a step of a traversal stands for.
func stepName(s hcl.Traverser) string {
	switch s := s.(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.Number {
			return schema.FormatNumber(s.Key)
		}
		if s.Key.Type() == cty.String && !s.Key.IsNull() && s.Key.IsKnown() {
			return s.Key.AsString()
		}
	}
	return ""
}

func (m *module) ignored(a *hcl.Attribute, k *schema.Kind) []string {
	if hcl.ExprAsKeyword(a.Expr) == "all" {
		return []string{"*"}
	}
	exprs, d := hcl.ExprList(a.Expr)
	m.l.hcl(d)
	var out []string
	for _, e := range exprs {
		t, d := hcl.RelTraversalForExpr(e)
		if d.HasErrors() {
			m.l.errorAt(e.Range(), "ignore-changes", "Not an attribute", "Write ignore_changes = [memory.desired].", "ignore_changes wants attributes of %s.", k.Name)
			continue
		}
		parts := make([]string, len(t))
		for i, s := range t {
			parts[i] = stepName(s)
		}
		if k.Attribute(schema.JoinPath(parts...)) == nil {
			m.noAttribute(e.Range(), k, parts)
			continue
		}
		out = append(out, schema.JoinPath(parts...))
	}
	return out
}

// call expands a module block.
func (m *module) call(name string) *call {
	b := m.src.modules[name]
	if b == nil {
		return nil
	}
	c := m.calls[name]
	if c == nil {
		c = &call{mods: map[string]*module{}}
		m.calls[name] = c
	}
	if c.done && !c.busy {
		return c
	}
	if !m.enter(m.prefix+"module."+name, &c.busy, b.DefRange) {
		c.failed = true
		return c
	}
	defer m.leave(&c.busy)
	c.done = true
	attrs, d := b.Body.JustAttributes()
	m.l.hcl(d)
	srcAttr, ok := attrs["source"]
	if !ok {
		m.l.errorAt(b.DefRange, "module-source", "No source", "Add source = \"./DIRECTORY\".", "The module %s does not say where it is.", name)
		c.failed = true
		return c
	}
	rel := m.l.constString(srcAttr)
	if !strings.HasPrefix(rel, "./") && !strings.HasPrefix(rel, "../") {
		m.l.errorAt(srcAttr.Range, "module-source", "Not a local path", "Start it with ./ or ../.", "The module %s has the source %q; modules are local directories.", name, rel)
		c.failed = true
		return c
	}
	dir := filepath.Join(m.src.dir, rel)
	if m.contains(dir, name, b.DefRange) {
		c.failed = true
		return c
	}
	r := srcAttr.Expr.Range()
	src := m.l.source(dir, &r)
	if src == nil {
		c.failed = true
		return c
	}
	for _, blocks := range [][]*hcl.Block{src.settings, src.providers, src.moved, src.removed, src.imports, src.waivers} {
		for _, x := range blocks {
			m.l.errorAt(x.DefRange, "root-only", "Only at the top", "Move it to the directory that you plan.", "A %s block stands only in the root module, not in module %s.", x.Type, name)
		}
	}
	c.insts = []*instance{{}}
	if a, has := attrs["for_each"]; has {
		if n := attrs["count"]; n != nil {
			m.l.errorAt(n.Range, "for-each-and-count", "Both for_each and count", "Keep one of the two.", "module.%s has both for_each and count.", name)
		}
		c.repeated = true
		insts, ok := m.repeat(a, "module."+name)
		c.insts, c.failed = insts, !ok
	} else if a, has := attrs["count"]; has {
		c.repeated = true
		insts, ok := m.countOf(a, "module."+name)
		c.insts, c.failed = insts, !ok
	}
	deps := m.deps
	if a, has := attrs["depends_on"]; has {
		deps = append(deps[:len(deps):len(deps)], m.dependsOnAll(a)...)
	}
	args := map[string]*hcl.Attribute{}
	for _, n := range sortedKeys(attrs) {
		switch n {
		case "source", "for_each", "count", "depends_on":
			continue
		}
		if src.variables[n] == nil {
			m.l.errorAt(attrs[n].NameRange, "unknown-variable", "Unknown variable", "Remove it, or declare the variable in the module."+schema.Suggest(n, sortedKeys(src.variables)), "The module %s has no variable %q.", name, n)
			continue
		}
		args[n] = attrs[n]
	}
	for _, inst := range c.insts {
		c.mods[inst.key] = &module{l: m.l, prefix: m.prefix + "module." + name + inst.key + ".", src: src, funcs: m.l.functions(dir), args: args, parent: m, inst: inst, deps: deps, memo: map[string]*memo{}, groups: map[string]*group{}, calls: map[string]*call{}}
	}
	return c
}

// contains reports a module that would contain itself, or that is nested
// suspiciously deep.
func (m *module) contains(dir, name string, r hcl.Range) bool {
	real := func(p string) string {
		if q, err := filepath.EvalSymlinks(p); err == nil {
			p = q
		}
		if q, err := filepath.Abs(p); err == nil {
			p = q
		}
		return p
	}
	at := real(dir)
	members := []string{m.l.shown(dir)}
	for up := m; up != nil; up = up.parent {
		members = append(members, m.l.shown(up.src.dir))
		if real(up.src.dir) == at || len(members) > 16 {
			slices.Reverse(members)
			m.l.errorAt(r, "module-cycle", "Module contains itself", "Take the module block out of the circle.", "The module %s closes a circle of directories: %s.", name, strings.Join(members, " -> "))
			return true
		}
	}
	return false
}

// input is what the module block, or whoever loads the root module, gives a variable.
func (m *module) input(name string) (cty.Value, bool) {
	if a := m.args[name]; a != nil {
		return m.parent.eval(a.Expr, &scope{inst: m.inst}), true
	}
	v, ok := m.inputs[name]
	return v, ok
}

// moduleValue is module.NAME in expressions: its outputs.
func (m *module) moduleValue(name string, r hcl.Range) cty.Value {
	c := m.call(name)
	if c == nil {
		m.unknown(r, "module", "module."+name, schema.Suggest(name, sortedKeys(m.src.modules)))
		return cty.DynamicVal
	}
	if c.failed {
		return cty.DynamicVal
	}
	if c.whole != cty.NilVal {
		return c.whole
	}
	one := func(mod *module) cty.Value {
		if mod == nil {
			return cty.DynamicVal // it is being expanded; the cycle has been reported
		}
		outs := map[string]cty.Value{}
		for _, n := range sortedKeys(mod.src.outputs) {
			outs[n] = mod.named("output", n, r)
		}
		return cty.ObjectVal(outs)
	}
	if !c.repeated {
		c.whole = one(c.mods[""])
		return c.whole
	}
	c.whole = collect(c.insts, func(inst *instance) cty.Value { return one(c.mods[inst.key]) })
	return c.whole
}

// moduleOutput evaluates the one output that a traversal behind module.NAME
// names, so that modules can feed each other. It returns how many steps of the
// traversal that took, 0 when it does not lead to one output.
func (m *module) moduleOutput(name string, rest hcl.Traversal, r hcl.Range) (cty.Value, int) {
	c := m.call(name)
	if c == nil || c.failed || c.busy {
		return cty.NilVal, 0
	}
	key, n := "", 0
	if c.repeated {
		if len(rest) == 0 {
			return cty.NilVal, 0
		}
		idx, ok := rest[0].(hcl.TraverseIndex)
		if !ok {
			return cty.NilVal, 0
		}
		key, n = instanceKey(idx), 1
	}
	mod := c.mods[key]
	if mod == nil || len(rest) <= n {
		return cty.NilVal, 0
	}
	a, ok := rest[n].(hcl.TraverseAttr)
	if !ok || mod.src.outputs[a.Name] == nil {
		return cty.NilVal, 0
	}
	return mod.named("output", a.Name, r), n + 1
}

// instanceKey is the bracketed key of an index.
func instanceKey(idx hcl.TraverseIndex) string {
	switch idx.Key.Type() {
	case cty.String:
		return schema.StringKey(idx.Key.AsString())
	case cty.Number:
		if n, acc := idx.Key.AsBigFloat().Int64(); acc == big.Exact {
			return schema.IntKey(int(n))
		}
		return "[" + schema.FormatNumber(idx.Key) + "]"
	}
	return ""
}

// collect makes the value of a repeated block: an object by key, or a tuple by index.
func collect(insts []*instance, val func(*instance) cty.Value) cty.Value {
	if len(insts) > 0 && insts[0].count != cty.NilVal {
		vals := make([]cty.Value, len(insts))
		for i, inst := range insts {
			vals[i] = val(inst)
		}
		return cty.TupleVal(vals)
	}
	vals := make(map[string]cty.Value, len(insts))
	for _, inst := range insts {
		vals[inst.each[0].AsString()] = val(inst)
	}
	return cty.ObjectVal(vals)
}

// instanceValue is the full value of one object in expressions.
func (m *module) instanceValue(g *group, inst *instance) cty.Value {
	if m.object(g, inst) == nil {
		return cty.DynamicVal
	}
	return m.fullOf(g, inst)
}

func (m *module) fullOf(g *group, inst *instance) cty.Value {
	if inst.full == cty.NilVal { // most objects are never looked into
		inst.full = m.fullValue(g, inst.obj)
	}
	return inst.full
}

// lightValue carries the address only: what a reference needs.
func lightValue(a schema.Address) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{schema.AddressAttr: cty.StringVal(string(a))})
}

// fullValue is an object as expressions see it: what is declared, nulls for
// what is not, and console values for what only a console knows.
func (m *module) fullValue(g *group, o *schema.Object) cty.Value {
	vals := fullAttrs(g.kind.Attributes, o.Value, o, "")
	vals[schema.AddressAttr] = cty.StringVal(string(o.Address))
	return cty.ObjectVal(vals)
}

func fullAttrs(attrs []schema.Attribute, v cty.Value, o *schema.Object, path string) map[string]cty.Value {
	out := make(map[string]cty.Value, len(attrs)+1)
	for i := range attrs {
		a := &attrs[i]
		p := a.Name
		if path != "" {
			p = path + "." + a.Name
		}
		val := schema.Get(v, a.Name)
		ref, isRef := o.Refs[p]
		switch {
		case isRef:
			out[a.Name] = consoleValue(ref)
		case val == cty.NilVal && a.Type == schema.ObjectType && a.Nesting != schema.LabelledBlock && a.Nesting != schema.Map && a.Nesting != schema.List:
			out[a.Name] = cty.ObjectVal(fullAttrs(a.Attributes, cty.EmptyObjectVal, o, p))
		case val == cty.NilVal && (a.Computed || !a.Policy && a.Type != schema.Ref && (a.Nesting == schema.Single || a.Nesting == schema.List && a.CreateOnly)):
			// What the file leaves out the console chooses, so it can be handed on too.
			out[a.Name] = consoleValue(schema.ValueRef{Address: o.Address, Path: p})
		case val == cty.NilVal && a.Nesting == schema.LabelledBlock:
			out[a.Name] = cty.EmptyObjectVal
		case val == cty.NilVal:
			out[a.Name] = cty.NullVal(cty.DynamicPseudoType)
		case a.Nesting == schema.LabelledBlock:
			items := map[string]cty.Value{}
			for label, item := range val.AsValueMap() {
				items[label] = cty.ObjectVal(fullAttrs(a.Attributes, item, o, schema.JoinPath(append(schema.SplitPath(p), label)...)))
			}
			out[a.Name] = cty.ObjectVal(items)
		case a.Type == schema.ObjectType && a.Nesting != schema.Map:
			out[a.Name] = cty.ObjectVal(fullAttrs(a.Attributes, val, o, p))
		case a.Type == schema.Ref && a.Nesting == schema.Single:
			out[a.Name] = lightValue(schema.Address(val.AsString()))
		case a.Type == schema.Ref:
			var refs []cty.Value
			for it := val.ElementIterator(); it.Next(); {
				_, e := it.Element()
				refs = append(refs, lightValue(schema.Address(e.AsString())))
			}
			out[a.Name] = cty.TupleVal(refs)
		default:
			out[a.Name] = val
		}
	}
	return out
}

func consoleValue(r schema.ValueRef) cty.Value { return cty.CapsuleVal(schema.ConsoleValue, &r) }

// eval evaluates an expression; what goes wrong is reported and gives an unknown value.
func (m *module) eval(expr hcl.Expression, sc *scope) cty.Value {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val
	case *hclsyntax.TemplateExpr:
		if len(e.Parts) == 1 {
			if lit, ok := e.Parts[0].(*hclsyntax.LiteralValueExpr); ok {
				return lit.Val
			}
		}
	case *hclsyntax.TemplateWrapExpr:
		return m.eval(e.Wrapped, sc)
	case *hclsyntax.ParenthesesExpr:
		return m.eval(e.Expression, sc)
	case *hclsyntax.ScopeTraversalExpr:
		return m.traverse(e.Traversal, sc, false)
	case *hclsyntax.RelativeTraversalExpr:
		if idx, ok := e.Source.(*hclsyntax.IndexExpr); ok {
			if t, ok := m.indexed(idx, sc); ok {
				return m.traverse(append(t, e.Traversal...), sc, false)
			}
		}
	case *hclsyntax.IndexExpr:
		if t, ok := m.indexed(e, sc); ok {
			return m.traverse(t, sc, false)
		}
	}
	vars := expr.Variables()
	ctx := &hcl.EvalContext{Functions: m.funcs}
	if len(vars) > 0 {
		var ok bool
		if ctx.Variables, ok = m.variables(vars, sc); !ok {
			return cty.DynamicVal
		}
	}
	v, d := expr.Value(ctx)
	if d.HasErrors() {
		m.explain(d)
		return cty.DynamicVal
	}
	if t := m.hiddenComparison(expr, vars, ctx, v); t != nil {
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Subject: expr.Range().Ptr()}
		d.Summary, d.Detail, d.Extra = computing(t)
		m.l.hcl(hcl.Diagnostics{d})
		return cty.DynamicVal
	}
	if hugeNumber(v) {
		m.l.errorAt(expr.Range(), "value", "Number out of range", "", "The result is too large or too small to be written out.")
		return cty.DynamicVal
	}
	return v
}

// indexed turns KIND.NAME[expression] into a traversal to the one instance, so
// that the others need not be evaluated.
func (m *module) indexed(e *hclsyntax.IndexExpr, sc *scope) (hcl.Traversal, bool) {
	col, ok := e.Collection.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(col.Traversal) != 2 || m.l.o.Catalogue.Kind(col.Traversal.RootName()) == nil {
		return nil, false
	}
	mark := len(m.l.diags)
	key := m.eval(e.Key, sc)
	if !key.IsKnown() || key.IsNull() || key.IsMarked() || key.Type() != cty.String && key.Type() != cty.Number {
		m.l.diags = m.l.diags[:mark] // evaluated again as part of the whole
		return nil, false
	}
	return append(col.Traversal[:2:2], hcl.TraverseIndex{Key: key, SrcRange: e.SrcRange}), true
}

// evalRef evaluates an expression that must give a reference, without
// evaluating the object that it refers to.
func (m *module) evalRef(expr hcl.Expression, sc *scope) cty.Value {
	switch e := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return m.traverse(e.Traversal, sc, true)
	case *hclsyntax.IndexExpr:
		if t, ok := m.indexed(e, sc); ok {
			return m.traverse(t, sc, true)
		}
	case *hclsyntax.TupleConsExpr:
		vals := make([]cty.Value, len(e.Exprs))
		for i, x := range e.Exprs {
			vals[i] = m.evalRef(x, sc)
		}
		return cty.TupleVal(vals)
	}
	return m.eval(expr, sc)
}

// explain reports what HCL finds wrong, in terms of the estate where HCL
// only knows types.
func (m *module) explain(d hcl.Diagnostics) {
	for _, x := range d {
		if x.Expression == nil || x.EvalContext == nil {
			continue
		}
		for _, t := range x.Expression.Variables() {
			if m.hiddenKind(x, t) {
				break
			}
			v, at := follow(t, x.EvalContext)
			if v == cty.NilVal {
				continue
			}
			if at < len(t) {
				if v.Type().IsObjectType() && x.Subject != nil && t.SourceRange().Overlaps(*x.Subject) {
					x.Detail += schema.Suggest(stepName(t[at]), sortedKeys(v.Type().AttributeTypes()))
				}
			}
			if holdsConsoleValue(v) && (at == len(t) || v.Type() == schema.ConsoleValue) {
				x.Summary, x.Detail, x.Extra = computing(t)
			}
		}
	}
	m.l.hcl(d)
}

// advice travels with one of HCL's diagnostics to ours.
type advice struct{ code, fix string }

func computing(t hcl.Traversal) (summary, detail string, _ advice) {
	return "Computing with a value that only the console knows", fmt.Sprintf("%s is chosen by the console, so nothing can be computed with it before it exists.", traversalAddress(t)),
		advice{"console-value", "Refer to it whole, as the value of an attribute or of an output."}
}

// follow goes as far along a traversal as there are values. It returns the
// last value and the number of steps taken.
func follow(t hcl.Traversal, ctx *hcl.EvalContext) (cty.Value, int) {
	v, at := cty.NilVal, 0
	for n := 1; n <= len(t); n++ {
		next, d := t[:n].TraverseAbs(ctx)
		if d.HasErrors() {
			break
		}
		v, at = next, n
	}
	return v, at
}

// hiddenKind explains a reference to an object that meets the iterator of a
// dynamic block instead, because blocks and kinds share names.
func (m *module) hiddenKind(x *hcl.Diagnostic, t hcl.Traversal) bool {
	root := t.RootName()
	if m.l.o.Catalogue.Kind(root) == nil || len(t) < 2 {
		return false
	}
	v, at := follow(t, x.EvalContext)
	if at != 1 || v.LengthInt() != 2 || !v.Type().HasAttribute("key") || !v.Type().HasAttribute("value") {
		return false
	}
	letter := root[:1]
	x.Summary = "Iterator hides a kind"
	x.Detail = fmt.Sprintf("Inside dynamic %q, %s is its iterator, so %s cannot be reached.", root, root, traversalAddress(t))
	x.Extra = advice{"iterator", fmt.Sprintf("Add iterator = %s to the dynamic block, and write %s.key and %s.value in it.", letter, letter, letter)}
	return true
}

func holdsConsoleValue(v cty.Value) bool {
	if v == cty.NilVal {
		return false
	}
	found := false
	_ = cty.Walk(v, func(_ cty.Path, x cty.Value) (bool, error) {
		if x.Type() == schema.ConsoleValue {
			found = true
		}
		return !found, nil
	})
	return found
}

// variables builds the smallest context that serves the traversals.
func (m *module) variables(vars []hcl.Traversal, sc *scope) (map[string]cty.Value, bool) {
	nested, outputs := map[string]map[string]cty.Value{}, map[string]map[string]cty.Value{}
	out := map[string]cty.Value{}
	ok := true
	for _, t := range vars {
		root := t.RootName()
		if root == "self" && sc.self != cty.NilVal {
			out["self"] = sc.self
			continue
		}
		if len(t) < 2 {
			if !m.isRoot(root) {
				continue // HCL reports the unknown name itself, with its range
			}
			m.l.errorAt(t.SourceRange(), "incomplete", "Incomplete reference", "Write "+root+".NAME.", "%q alone is no value.", root)
			ok = false
			continue
		}
		a, isAttr := t[1].(hcl.TraverseAttr)
		if !isAttr || !m.isRoot(root) {
			if !m.isRoot(root) {
				m.unknownRoot(t)
				ok = false
			}
			continue
		}
		if nested[root] == nil {
			nested[root] = map[string]cty.Value{}
		}
		if root == "module" && len(t) > 2 {
			// Only the outputs that are named, unless another part of the expression wants all.
			if c := m.call(a.Name); c != nil && !c.repeated {
				if v, n := m.moduleOutput(a.Name, t[2:], t.SourceRange()); n > 0 {
					if !v.IsKnown() && v.Type() == cty.DynamicPseudoType {
						ok = false
					}
					if outputs[a.Name] == nil {
						outputs[a.Name] = map[string]cty.Value{}
					}
					outputs[a.Name][t[2].(hcl.TraverseAttr).Name] = v
					continue
				}
			}
		}
		if _, seen := nested[root][a.Name]; seen {
			continue
		}
		v := m.lookup(root, a.Name, t.SourceRange(), sc)
		if !v.IsKnown() && v.Type() == cty.DynamicPseudoType {
			ok = false
		}
		nested[root][a.Name] = v
	}
	for name, vals := range outputs {
		if _, whole := nested["module"][name]; !whole {
			nested["module"][name] = cty.ObjectVal(vals)
		}
	}
	for root, attrs := range nested {
		out[root] = cty.ObjectVal(attrs)
	}
	return out, ok
}

func (m *module) unknownRoot(t hcl.Traversal) {
	root := t.RootName()
	names := append([]string{"var", "local", "module", "each", "count", "path"}, m.l.o.Catalogue.Names()...)
	m.l.errorAt(t.SourceRange(), "undeclared", "Not declared", strings.TrimSpace("Begin with var, local, module, each, count, path or a kind."+schema.Suggest(root, names)), "%q is no kind and no other beginning of a reference.", root)
}

func (m *module) isRoot(root string) bool {
	switch root {
	case "var", "local", "module", "each", "count", "path":
		return true
	}
	return m.l.o.Catalogue.Kind(root) != nil
}

// lookup gives ROOT.NAME.
func (m *module) lookup(root, name string, r hcl.Range, sc *scope) cty.Value {
	switch root {
	case "var", "local":
		return m.named(root, name, r)
	case "module":
		return m.moduleValue(name, r)
	case "path":
		switch name {
		case "module":
			return cty.StringVal(filepath.ToSlash(m.src.dir))
		case "root":
			return cty.StringVal(filepath.ToSlash(m.l.root))
		}
		m.unknown(r, "path", "path."+name, schema.Suggest(name, []string{"module", "root"}))
		return cty.DynamicVal
	case "each":
		if sc.inst == nil || sc.inst.each[0] == cty.NilVal {
			m.l.errorAt(r, "each", "No for_each here", "Add for_each to the block, or do not use each.", "each.%s stands only in a block with for_each.", name)
			return cty.DynamicVal
		}
		switch name {
		case "key":
			return sc.inst.each[0]
		case "value":
			return sc.inst.each[1]
		}
		m.unknown(r, "value", "each."+name, schema.Suggest(name, []string{"key", "value"}))
		return cty.DynamicVal
	case "count":
		if sc.inst == nil || sc.inst.count == cty.NilVal || name != "index" {
			m.l.errorAt(r, "count", "No count here", "Add count to the block, or do not use count.index.", "count.%s stands only in a block with count.", name)
			return cty.DynamicVal
		}
		return sc.inst.count
	}
	g := m.group(root + "." + name)
	if g == nil {
		m.unknown(r, "object", root+"."+name, m.suggestObject(root, name))
		return cty.DynamicVal
	}
	if g.failed {
		return cty.DynamicVal
	}
	if !g.repeated {
		return m.instanceValue(g, g.insts[0])
	}
	if g.whole == cty.NilVal {
		known := true
		whole := collect(g.insts, func(inst *instance) cty.Value {
			v := m.instanceValue(g, inst)
			known = known && v.IsKnown()
			return v
		})
		if !known {
			return cty.DynamicVal
		}
		g.whole = whole
	}
	return g.whole
}

// traverse evaluates a plain reference without building a context. With ref, a
// reference that stops at an object gives its address only.
func (m *module) traverse(t hcl.Traversal, sc *scope, ref bool) cty.Value {
	root := t.RootName()
	if root == "self" && sc.self != cty.NilVal {
		return m.apply(sc.self, t[1:])
	}
	if !m.isRoot(root) {
		m.unknownRoot(t)
		return cty.DynamicVal
	}
	if len(t) < 2 {
		m.l.errorAt(t.SourceRange(), "incomplete", "Incomplete reference", "Write "+root+".NAME.", "%q alone is no value.", root)
		return cty.DynamicVal
	}
	a, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		m.l.errorAt(t.SourceRange(), "incomplete", "Incomplete reference", "Write "+root+".NAME.", "%q needs a name behind it.", root)
		return cty.DynamicVal
	}
	rest := t[2:]
	if root == "module" {
		if v, n := m.moduleOutput(a.Name, rest, t.SourceRange()); n > 0 {
			return m.apply(v, rest[n:])
		}
	}
	if m.l.o.Catalogue.Kind(root) != nil {
		g := m.group(root + "." + a.Name)
		if g == nil {
			m.unknown(t.SourceRange(), "object", root+"."+a.Name, m.suggestObject(root, a.Name))
			return cty.DynamicVal
		}
		if g.failed {
			return cty.DynamicVal
		}
		if g.repeated && len(rest) > 0 {
			if idx, ok := rest[0].(hcl.TraverseIndex); ok {
				key := instanceKey(idx)
				one := g.byKey[key]
				if one == nil {
					keys := make([]string, 0, len(g.insts))
					for _, i := range g.insts {
						keys = append(keys, i.key)
					}
					m.l.errorAt(t.SourceRange(), "undeclared", "Not declared", "It has "+few(keys)+"."+schema.Suggest(key, keys), "%s.%s has no instance %s.", root, a.Name, key)
					return cty.DynamicVal
				}
				rest = rest[1:]
				if ref && len(rest) == 0 {
					return lightValue(one.addr)
				}
				return m.apply(m.instanceValue(g, one), rest)
			}
		}
		if !g.repeated {
			if ref && len(rest) == 0 {
				return lightValue(g.insts[0].addr)
			}
			return m.apply(m.instanceValue(g, g.insts[0]), rest)
		}
		if ref && len(rest) == 0 {
			m.l.errorAt(t.SourceRange(), "several", "Several objects", "Pick one, as "+root+"."+a.Name+"[each.key].", "%s.%s stands for %d objects.", root, a.Name, len(g.insts))
			return cty.DynamicVal
		}
	}
	return m.apply(m.lookup(root, a.Name, t.SourceRange(), sc), rest)
}

func few(keys []string) string {
	if len(keys) == 0 {
		return "none"
	}
	if len(keys) > 6 {
		return strings.Join(keys[:6], ", ") + " and others"
	}
	return strings.Join(keys, ", ")
}

func (m *module) apply(v cty.Value, rest hcl.Traversal) cty.Value {
	if len(rest) == 0 || !v.IsKnown() && v.Type() == cty.DynamicPseudoType {
		return v
	}
	for i := range rest {
		if v.Type() == schema.ConsoleValue {
			// A part of a computed value: the reference goes deeper.
			r := *(v.EncapsulatedValue().(*schema.ValueRef))
			parts := append(schema.SplitPath(r.Path), stepName(rest[i]))
			r.Path = schema.JoinPath(parts...)
			k := m.l.o.Catalogue.Kind(r.Address.Kind())
			if a := k.Attribute(r.Path); a == nil {
				m.noAttribute(rest[i].SourceRange(), k, parts)
				return cty.DynamicVal
			}
			v = consoleValue(r)
			continue
		}
		next, d := hcl.Traversal(rest[i : i+1]).TraverseRel(v)
		if d.HasErrors() {
			if a, ok := rest[i].(hcl.TraverseAttr); ok && v.Type().IsObjectType() {
				for _, x := range d {
					if s := schema.Suggest(a.Name, sortedKeys(v.Type().AttributeTypes())); s != "" {
						x.Detail += s
					}
				}
			}
			m.l.hcl(d)
			return cty.DynamicVal
		}
		v = next
	}
	return v
}

// decode reads the attributes and blocks of a body into a sparse object.
func (m *module) decode(c *hcl.BodyContent, attrs []schema.Attribute, path string, sc *scope, rep *schema.Report, missing hcl.Range, addr string) map[string]cty.Value {
	out := make(map[string]cty.Value, len(c.Attributes)+len(c.Blocks)+1)
	for i := range attrs {
		a := &attrs[i]
		p := a.Name
		if path != "" {
			p = path + "." + a.Name
		}
		if a.Nesting == schema.Block || a.Nesting == schema.LabelledBlock {
			if v := m.decodeBlocks(c, a, p, sc, rep, addr); v != cty.NilVal {
				out[a.Name] = v
			} else if a.Required {
				m.l.errorAt(missing, "required", "Missing block", "Add it.", "%s needs a block %s.", addr, p)
			}
			continue
		}
		attr, given := c.Attributes[a.Name]
		if !given {
			if a.Required {
				m.l.errorAt(missing, "required", "Missing attribute", "Add "+a.Name+" = "+orExample(a)+".", "%s needs %s.", addr, p)
			}
			continue
		}
		if a.Computed {
			m.l.errorAt(attr.Range, "computed", "Found, not declared", "Remove it. It can be referred to elsewhere.", "%s of %s is found by discovery and cannot be declared.", p, addr)
			continue
		}
		var v cty.Value
		if a.Type == schema.Ref {
			v = m.evalRef(attr.Expr, sc)
		} else {
			v = m.eval(attr.Expr, sc)
		}
		if v.ContainsMarked() {
			if !a.Sensitive {
				m.l.errorAt(attr.Expr.Range(), "sensitive", "Sensitive value in plain sight", "Use a value that is not sensitive.", "%s of %s is shown in plans and sent as part of commands, so it cannot take a sensitive value.", p, addr)
				continue
			}
			v, _ = v.UnmarkDeep()
		}
		before := len(rep.Problems)
		if n := a.Normalise(v, p, rep); n != cty.NilVal {
			out[a.Name] = n
		}
		if _, later := rep.Refs[p]; a.Required && !later && v != cty.NilVal && v.IsKnown() && len(rep.Problems) == before && v.IsNull() {
			m.l.errorAt(attr.Expr.Range(), "required", "Missing value", "Give "+a.Name+" a value, such as "+orExample(a)+".", "%s needs %s, and what is written comes to nothing.", addr, p)
		}
		for _, pr := range rep.Problems[before:] {
			m.l.errorAt(attr.Expr.Range(), "value", "Value refused", pr.Fix, "%s: %s %s.", addr, pr.Path, pr.Text)
			m.l.diags[len(m.l.diags)-1].Path = pr.Path
		}
	}
	return out
}

func orExample(a *schema.Attribute) string {
	if a.Example != "" {
		return a.Example
	}
	return "..."
}

func (m *module) decodeBlocks(c *hcl.BodyContent, a *schema.Attribute, p string, sc *scope, rep *schema.Report, addr string) cty.Value {
	var items map[string]cty.Value
	var seen map[string]*hcl.Block
	for _, b := range c.Blocks {
		if b.Type != a.Name {
			continue
		}
		content, d := b.Body.Content(bodySchemaOf(a.Attributes).hcl)
		m.l.hcl(d)
		key, sub := a.Name, p
		if a.Nesting == schema.LabelledBlock {
			key = b.Labels[0]
			sub = schema.JoinPath(append(schema.SplitPath(p), key)...)
		}
		if prev := seen[key]; prev != nil {
			m.l.errorAt(b.DefRange, "block-twice", "Declared twice", "Keep one, or give it another label.", "%s has %s twice; the first is at line %d.", addr, sub, prev.DefRange.Start.Line)
			continue
		}
		if seen == nil {
			seen, items = map[string]*hcl.Block{}, map[string]cty.Value{}
		}
		seen[key] = b
		items[key] = schema.Build(m.decode(content, a.Attributes, sub, sc, rep, b.DefRange, addr))
	}
	if len(items) == 0 {
		return cty.NilVal
	}
	if a.Nesting == schema.Block {
		return items[a.Name]
	}
	return cty.ObjectVal(items)
}

var kindSchemas = map[*schema.Kind]*hcl.BodySchema{}

// kindSchema is the body schema of a kind's block: its attributes and the meta-arguments.
func kindSchema(k *schema.Kind) *hcl.BodySchema {
	base := bodySchemaOf(k.Attributes).hcl
	bodySchemasMu.Lock()
	defer bodySchemasMu.Unlock()
	if s, ok := kindSchemas[k]; ok {
		return s
	}
	s := &hcl.BodySchema{
		Attributes: append([]hcl.AttributeSchema{{Name: "for_each"}, {Name: "count"}, {Name: "depends_on"}, {Name: "provider"}}, base.Attributes...),
		Blocks:     append([]hcl.BlockHeaderSchema{{Type: "lifecycle"}}, base.Blocks...),
	}
	kindSchemas[k] = s
	return s
}

// bodyIsDynamic reports whether a body has, or may have, dynamic blocks.
func bodyIsDynamic(b hcl.Body) bool {
	body, ok := b.(*hclsyntax.Body)
	if !ok {
		return true // JSON does not tell blocks from attributes
	}
	for _, blk := range body.Blocks {
		if blk.Type == "dynamic" || bodyIsDynamic(blk.Body) {
			return true
		}
	}
	return false
}

// expandDynamic reads a body whose dynamic blocks are written out for one instance.
func (m *module) expandDynamic(g *group, sc *scope) *hcl.BodyContent {
	var vars []hcl.Traversal
	var walk func(n dynblock.WalkVariablesNode, attrs []schema.Attribute, top bool)
	walk = func(n dynblock.WalkVariablesNode, attrs []schema.Attribute, top bool) {
		s := bodySchemaOf(attrs).hcl
		if top {
			s = kindSchema(g.kind)
		}
		vs, children := n.Visit(s)
		vars = append(vars, vs...)
		for _, c := range children {
			for i := range attrs {
				if attrs[i].Name == c.BlockTypeName {
					walk(c.Node, attrs[i].Attributes, false)
				}
			}
		}
	}
	walk(dynblock.WalkExpandVariables(g.block.Body), g.kind.Attributes, true)
	ctx := &hcl.EvalContext{Functions: m.funcs}
	if len(vars) > 0 {
		var ok bool
		if ctx.Variables, ok = m.variables(vars, sc); !ok {
			return nil
		}
	}
	content, d := dynblock.Expand(g.block.Body, ctx, dynblock.OptCheckForEach(checkDynamic)).Content(kindSchema(g.kind))
	m.explain(d)
	if d.HasErrors() {
		return nil
	}
	return content
}

// checkDynamic refuses what would show a sensitive value as a label, and an
// object of the estate, whose attributes nobody means to repeat.
func checkDynamic(v cty.Value, expr hcl.Expression, _ *hcl.EvalContext) hcl.Diagnostics {
	text := ""
	if v.IsMarked() {
		text = "The for_each of a dynamic block is sensitive, and its keys would be shown as labels."
	} else if _, ok := schema.ObjectAddress(v); ok {
		text = "The for_each of a dynamic block is an object of the estate, not a list of them."
	}
	if text == "" {
		return nil
	}
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Not a for_each", Detail: text, Subject: expr.Range().Ptr(), Extra: advice{code: "for-each"}}}
}

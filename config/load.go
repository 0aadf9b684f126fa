package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Options say what Load needs besides the directory.
type Options struct {
	Catalogue     *schema.Catalogue
	Endpoint      *schema.Kind // schema of provider blocks
	ProviderTypes []string     // ivm, hmc, ...
	// Plugins are the providers that the estate requires, by their names.
	Plugins map[string]Plugin
	Version string // of Gantry, for required_version; "" = not checked
	// Vars and VarFiles in the order of the command line, each "name=value" or "@file".
	Vars []string
	// Env is the process environment; GANTRY_VAR_name sets variable name.
	Env []string
	// Overlay is the text to take instead of what files hold, by the names that
	// ranges use: what a change would mean, before it is written.
	Overlay map[string][]byte
}

// Plugin is what reading an estate needs to know of a provider that it requires. Its own kinds are in the catalogue.
type Plugin struct {
	Endpoint *schema.Kind // schema of its provider blocks; nil: that of Options
	Core     bool         // it manages kinds that are not its own
}

// endpoint is the schema of the provider blocks of a type.
func (o *Options) endpoint(typ string) *schema.Kind {
	if p := o.Plugins[typ]; p.Endpoint != nil {
		return p.Endpoint
	}
	return o.Endpoint
}

// Load reads a directory. The estate is usable only when no diagnostic is an
// error, but its Files and ranges always serve to show them.
func Load(dir string, o Options) (*Estate, diag.List) {
	l := &loader{o: o, sources: map[string]*source{}, funcs: map[string]map[string]function.Function{}, files: map[string][]byte{}, chosen: map[schema.Address]bool{}, root: dir}
	l.est = &Estate{Dir: dir, Catalogue: o.Catalogue, Deps: map[schema.Address][]schema.Address{}, Lifecycle: map[schema.Address]*Lifecycle{}, Endpoints: map[string]*Endpoint{},
		Files: l.files, byAddress: map[schema.Address]*schema.Object{}, ranges: map[schema.Address]hcl.Range{}}
	src := l.source(dir, nil)
	if src == nil || l.diags.HasErrors() {
		l.diags.Sort()
		return l.est, l.diags
	}
	m := &module{l: l, src: src, funcs: l.functions(dir), memo: map[string]*memo{}, groups: map[string]*group{}, calls: map[string]*call{}}
	m.inputs = l.variables(src)
	l.settings(m)
	l.endpoints(m)
	m.evalAll()
	l.resolveEndpoints()
	l.statements(m)
	l.est.finish()
	l.depCycles()
	l.diags.Sort()
	l.diags = once(l.diags)
	return l.est, l.diags
}

// once drops repetitions: a mistake in a repeated block is found for each instance.
func once(in diag.List) diag.List {
	type key struct {
		at           diag.Range
		code, detail string
	}
	seen := map[key]bool{}
	var out diag.List
	for _, d := range in {
		k := key{code: d.Code, detail: d.Summary + d.Detail}
		if d.Range != nil {
			k.at = *d.Range
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	return out
}

// depCycles reports objects that wait for each other although no value goes
// round, which depends_on makes possible.
func (l *loader) depCycles() {
	if l.diags.HasErrors() {
		return
	}
	const busy, done = 1, 2
	state := map[schema.Address]int{}
	// A chain of dependencies may be as long as the estate, so it is no recursion.
	type frame struct {
		a    schema.Address
		next int
	}
	for _, o := range l.est.Objects {
		if state[o.Address] != 0 {
			continue
		}
		stack := []frame{{a: o.Address}}
		state[o.Address] = busy
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			deps := l.est.Deps[top.a]
			if top.next == len(deps) {
				state[top.a] = done
				stack = stack[:len(stack)-1]
				continue
			}
			d := deps[top.next]
			top.next++
			switch state[d] {
			case 0:
				state[d] = busy
				stack = append(stack, frame{a: d})
			case busy:
				from := len(stack) - 1
				for stack[from].a != d {
					from--
				}
				var members []string
				for _, f := range stack[from:] {
					members = append(members, string(f.a))
				}
				text := strings.Join(append(members, string(d)), " -> ")
				l.errorAt(l.est.ranges[d], "cycle", "Cycle", "Break the circle: one of them must not depend on the next.", "These wait for each other in a circle: %s.", text)
			}
		}
	}
}

type loader struct {
	o       Options
	root    string
	sources map[string]*source
	funcs   map[string]map[string]function.Function
	files   map[string][]byte
	diags   diag.List
	est     *Estate
	stack   []string
	cycles  map[string]bool
	tooDeep bool
	chosen  map[schema.Address]bool // objects that say provider, rightly or wrongly
	mu      sync.Mutex              // serialises what is evaluated after Load
}

func (l *loader) hcl(d hcl.Diagnostics) { l.diags = append(l.diags, fromHCL(d, l.files)...) }

// errorAt reports an error at a range, with its snippet.
func (l *loader) errorAt(r hcl.Range, code, summary, fix, format string, args ...any) {
	d := diag.Errorf(code, summary, format, args...).In(toRange(r))
	d.Fix = fix
	if d.Range != nil {
		d.Snippet = snippet(l.files[d.Range.File], d.Range)
	}
	l.diags = append(l.diags, d)
}

// shown is the name of a file in messages: relative to the root directory.
func (l *loader) shown(p string) string {
	if rel, err := filepath.Rel(l.root, p); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return p
}

func (l *loader) functions(dir string) map[string]function.Function {
	if l.funcs[dir] == nil {
		l.funcs[dir] = Functions(dir)
	}
	return l.funcs[dir]
}

// source parses a directory once.
func (l *loader) source(dir string, from *hcl.Range) *source {
	if s, ok := l.sources[dir]; ok {
		return s
	}
	fail := func(text, fix string) *source {
		d := diag.Errorf("no-configuration", "No configuration", "%s", text).WithFix("%s", fix)
		if from != nil {
			d.Range = toRange(*from)
			d.Snippet = snippet(l.files[from.Filename], d.Range)
		}
		l.diags = append(l.diags, d)
		return nil
	}
	paths, _, err := listFiles(dir)
	if err != nil {
		return fail(fmt.Sprintf("The directory %s cannot be read: %v.", dir, err), "Check the path, or say -chdir.")
	}
	if len(paths) == 0 {
		return fail(fmt.Sprintf("The directory %s has no *.hcl or *.hcl.json file.", dir), "Change to the directory of the estate, or say -chdir.")
	}
	files, text, d := parseFiles(paths, l.shown, l.o.Overlay)
	for n, b := range text {
		l.files[n] = b
	}
	l.hcl(d)
	s, d := sortBlocks(dir, files, l.o.Catalogue)
	l.hcl(d)
	l.sources[dir] = s
	return s
}

// rawVar is a variable's value as given, not yet converted.
type rawVar struct {
	expr hcl.Expression
	text *string
	from string
}

// variables collects the root module's inputs: environment, then
// *.auto.hclvars, then the command line, later ones winning.
func (l *loader) variables(src *source) map[string]cty.Value {
	raw := map[string]rawVar{}
	for _, kv := range l.o.Env {
		k, v, _ := strings.Cut(kv, "=")
		if n, ok := strings.CutPrefix(k, "GANTRY_VAR_"); ok {
			if src.variables[n] == nil {
				continue // the environment may serve several estates
			}
			raw[n] = rawVar{text: &v, from: k}
		}
	}
	file := func(p string) {
		files, text, d := parseFiles([]string{p}, l.shown, l.o.Overlay)
		for n, b := range text {
			l.files[n] = b
		}
		l.hcl(d)
		if files[0] == nil {
			return
		}
		attrs, d := files[0].Body.JustAttributes()
		l.hcl(d)
		for _, n := range sortedKeys(attrs) {
			if src.variables[n] == nil {
				l.errorAt(attrs[n].Range, "unknown-variable", "Unknown variable", "Declare it with a variable block, or remove the value."+schema.Suggest(n, sortedKeys(src.variables)), "%s gives a value to %q, which the estate does not declare.", l.shown(p), n)
				continue
			}
			raw[n] = rawVar{expr: attrs[n].Expr, from: p}
		}
	}
	_, auto, _ := listFiles(src.dir)
	sort.Strings(auto)
	for _, p := range auto {
		file(p)
	}
	for _, v := range l.o.Vars {
		if p, ok := strings.CutPrefix(v, "@"); ok {
			file(p)
			continue
		}
		n, val, ok := strings.Cut(v, "=")
		if !ok || src.variables[n] == nil {
			d := diag.Errorf("unknown-variable", "Unknown variable", "-var %q names no variable of the estate.", v)
			d.Fix = "Write -var name=value." + schema.Suggest(n, sortedKeys(src.variables))
			l.diags = append(l.diags, d)
			continue
		}
		raw[n] = rawVar{text: &val, from: "-var"}
	}
	out := map[string]cty.Value{}
	for _, n := range sortedKeys(raw) {
		r := raw[n]
		if r.text != nil {
			ty, _ := l.variableType(src.variables[n])
			if ty == cty.String || ty == cty.DynamicPseudoType && !looksStructured(*r.text) {
				out[n] = cty.StringVal(*r.text)
				continue
			}
			if d := checkLimits([]byte(*r.text), r.from); d != nil {
				l.hcl(hcl.Diagnostics{d})
				out[n] = cty.DynamicVal
				continue
			}
			expr, d := hclsyntax.ParseExpression([]byte(*r.text), r.from, hcl.InitialPos)
			if d.HasErrors() {
				l.diags = append(l.diags, diag.Errorf("bad-variable", "Not a value", "%s: variable %s: %q is not an HCL expression.", r.from, n, *r.text))
				out[n] = cty.DynamicVal
				continue
			}
			r.expr = expr
		}
		v, d := r.expr.Value(nil)
		l.hcl(d)
		if d.HasErrors() {
			v = cty.DynamicVal
		}
		out[n] = v
	}
	return out
}

func looksStructured(s string) bool {
	return strings.HasPrefix(s, "[") || strings.HasPrefix(s, "{")
}

var variableSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}, {Name: "nullable"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
}

func (l *loader) variableType(b *hcl.Block) (cty.Type, *typeexpr.Defaults) {
	content, _, _ := b.Body.PartialContent(variableSchema)
	a, ok := content.Attributes["type"]
	if !ok {
		return cty.DynamicPseudoType, nil
	}
	if hcl.ExprAsKeyword(a.Expr) == "any" {
		return cty.DynamicPseudoType, nil
	}
	ty, defaults, d := typeexpr.TypeConstraintWithDefaults(a.Expr)
	l.hcl(d)
	return ty, defaults
}

const sensitiveMark = sensitive("sensitive")

type sensitive string

// variable returns the value of a variable inside a module.
func (m *module) variable(name string, b *hcl.Block) cty.Value {
	l := m.l
	content, d := b.Body.Content(variableSchema)
	l.hcl(d)
	ty, defaults := l.variableType(b)
	v, given := m.input(name)
	if !given {
		def, ok := content.Attributes["default"]
		if !ok {
			fix := fmt.Sprintf("Set it with -var %s=..., in a *.auto.hclvars file or as GANTRY_VAR_%s.", name, name)
			if m.prefix != "" {
				fix = "Give it in the module block."
			}
			l.errorAt(b.DefRange, "variable-missing", "Variable without a value", fix, "The variable %s has no default and no value was given.", name)
			return cty.DynamicVal
		}
		var d hcl.Diagnostics
		v, d = def.Expr.Value(&hcl.EvalContext{Functions: m.funcs})
		l.hcl(d)
	}
	if defaults != nil && !v.IsNull() && v.IsKnown() {
		v = defaults.Apply(v)
	}
	c, err := convert.Convert(v, ty)
	if err != nil {
		at := b.DefRange
		if a := m.args[name]; a != nil {
			at = a.Expr.Range()
		}
		l.errorAt(at, "variable-type", "Value of the wrong type", "", "The variable %s: %s.", name, err)
		return cty.DynamicVal
	}
	v = c
	if a, ok := content.Attributes["sensitive"]; ok && l.constBool(a) {
		v = v.Mark(sensitiveMark)
	}
	for _, vb := range content.Blocks {
		vc, d := vb.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "error_message", Required: true}}})
		l.hcl(d)
		if d.HasErrors() {
			continue
		}
		ctx := &hcl.EvalContext{Functions: m.funcs, Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{name: v})}}
		ok, d := vc.Attributes["condition"].Expr.Value(ctx)
		l.hcl(d)
		ok, _ = ok.Unmark()
		if d.HasErrors() || !ok.IsKnown() {
			continue
		}
		if ok.IsNull() || ok.Type() != cty.Bool {
			l.errorAt(vc.Attributes["condition"].Range, "validation", "Not a condition", "", "The condition must give true or false.")
			continue
		}
		if ok.False() {
			msg, d := vc.Attributes["error_message"].Expr.Value(ctx)
			l.hcl(d)
			l.errorAt(vc.Attributes["condition"].Range, "validation", "Value refused", "", "variable %s: %s", name, message(msg))
		}
	}
	return v
}

func (l *loader) constBool(a *hcl.Attribute) bool {
	v, d := a.Expr.Value(nil)
	if d.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.Bool {
		l.errorAt(a.Range, "not-bool", "Not true or false", "", "%s must be written as true or false.", a.Name)
		return false
	}
	return v.True()
}

func (l *loader) constString(a *hcl.Attribute) string {
	v, d := a.Expr.Value(nil)
	if d.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		l.errorAt(a.Range, "not-text", "Not a text", "", "%s must be written as plain text in quotes.", a.Name)
		return ""
	}
	return v.AsString()
}

// settings reads the gantry block.
func (l *loader) settings(m *module) {
	l.est.Settings.StateType = "file"
	for i, b := range m.src.settings {
		if i > 0 {
			l.errorAt(b.DefRange, "gantry-twice", "Second gantry block", "Keep one.", "An estate has one gantry block; the first is at %s:%d.", m.src.settings[0].DefRange.Filename, m.src.settings[0].DefRange.Start.Line)
			continue
		}
		c, d := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}, {Name: "after_failed_migration"}, {Name: "mirrors"}, {Name: "audit_log"}, {Name: "audit_syslog"}}, Blocks: []hcl.BlockHeaderSchema{{Type: "state", LabelNames: []string{"type"}}, {Type: "encryption"}, {Type: "required_providers"}}})
		l.hcl(d)
		c.Blocks = slices.DeleteFunc(c.Blocks, func(b *hcl.Block) bool { return b.Type == "required_providers" }) // ReadRequirements has read them
		if a, ok := c.Attributes["required_version"]; ok {
			before := len(l.diags)
			l.est.Settings.RequiredVersion = l.constString(a)
			want, err := version.NewConstraint(l.est.Settings.RequiredVersion)
			have, herr := version.NewVersion(l.o.Version)
			switch {
			case len(l.diags) > before:
			case err != nil:
				l.errorAt(a.Range, "required-version", "Not a version constraint", "Write it as \">= 0.1\".", "%q: %v.", l.est.Settings.RequiredVersion, err)
			case herr == nil && !want.Check(have.Core()):
				l.errorAt(a.Range, "required-version", "Other version required", "Install a version that fits.", "The estate asks for Gantry %s; this is %s.", l.est.Settings.RequiredVersion, l.o.Version)
			}
		}
		if a, ok := c.Attributes["after_failed_migration"]; ok {
			l.est.Settings.AfterFailedMigration = l.constString(a)
			if v := l.est.Settings.AfterFailedMigration; v != "continue" && v != "rest" && v != "" {
				l.errorAt(a.Range, "settings", "Not offered", "Write \"continue\" or \"rest\".", "after_failed_migration cannot be %q.", v)
			}
		}
		if a, ok := c.Attributes["audit_log"]; ok {
			l.est.Settings.AuditLog = l.constString(a)
		}
		if a, ok := c.Attributes["audit_syslog"]; ok {
			l.est.Settings.AuditSyslog = l.constBool(a)
		}
		states := 0
		for _, sb := range c.Blocks {
			if sb.Type == "encryption" {
				l.encryption(sb)
				continue
			}
			if states++; states > 1 {
				l.errorAt(sb.DefRange, "state-twice", "Second state block", "Keep one.", "State is kept in one place.")
				continue
			}
			attrs, d := sb.Body.JustAttributes()
			l.hcl(d)
			l.est.Settings.StateType, l.est.Settings.State = sb.Labels[0], map[string]string{}
			l.est.Settings.StateRange = toRange(sb.DefRange)
			for n, a := range attrs {
				l.est.Settings.State[n] = l.constString(a)
			}
		}
	}
}

// encryption reads how what is at rest is encrypted. Keys and passphrases are never written in the files.
func (l *loader) encryption(b *hcl.Block) {
	if l.est.Settings.Encryption != nil {
		l.errorAt(b.DefRange, "encryption-twice", "Second encryption block", "Keep one.", "An estate is encrypted in one way.")
		return
	}
	c, d := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "recipients"}, {Name: "identity_files"}, {Name: "passphrase"}, {Name: "passphrase_command"}, {Name: "key_command"}}})
	l.hcl(d)
	e := &Encryption{Range: toRange(b.DefRange)}
	for name, to := range map[string]*[]string{"recipients": &e.Recipients, "identity_files": &e.IdentityFiles, "passphrase_command": &e.PassphraseCommand, "key_command": &e.KeyCommand} {
		if a, ok := c.Attributes[name]; ok {
			*to = l.constStrings(a)
		}
	}
	if a, ok := c.Attributes["passphrase"]; ok {
		e.Passphrase = l.constBool(a)
	}
	l.est.Settings.Encryption = e
}

func (l *loader) constStrings(a *hcl.Attribute) []string {
	v, d := a.Expr.Value(nil)
	var out []string
	if !d.HasErrors() && v.IsKnown() && !v.IsNull() && v.CanIterateElements() && (v.Type().IsTupleType() || v.Type().IsListType()) {
		for _, x := range v.AsValueSlice() {
			if !x.IsKnown() || x.IsNull() || x.Type() != cty.String || x.AsString() == "" {
				out = nil
				break
			}
			out = append(out, x.AsString())
		}
	}
	if len(out) == 0 {
		l.errorAt(a.Range, "not-texts", "Not a list of texts", "Write it as [\"…\"].", "%s must be a list of texts that the file says.", a.Name)
	}
	return out
}

// endpoints reads the provider blocks.
func (l *loader) endpoints(m *module) {
	for _, b := range m.src.providers {
		e := &Endpoint{Type: b.Labels[0], Name: b.Labels[1], Range: toRange(b.DefRange)}
		if len(l.o.ProviderTypes) > 0 && !slices.Contains(l.o.ProviderTypes, e.Type) {
			l.errorAt(b.DefRange, "unknown-provider", "Unknown provider", "The providers are "+strings.Join(l.o.ProviderTypes, ", ")+"; others are named in gantry { required_providers { ... } }."+schema.Suggest(e.Type, l.o.ProviderTypes), "There is no provider %q.", e.Type)
			continue
		}
		kind := l.o.endpoint(e.Type)
		if prev := l.est.Endpoints[e.Key()]; prev != nil {
			l.errorAt(b.DefRange, "provider-twice", "Declared twice", "Rename one of the two.", "provider %q %q was already declared at %s.", e.Type, e.Name, prev.Range)
			continue
		}
		content, d := b.Body.Content(bodySchemaOf(kind.Attributes).hcl)
		l.hcl(d)
		if d.HasErrors() {
			continue
		}
		rep := &schema.Report{}
		vals := m.decode(content, kind.Attributes, "", &scope{}, rep, b.DefRange, "provider."+e.Key())
		for _, p := range sortedKeys(rep.Refs) {
			l.errorAt(content.Attributes[schema.SplitPath(p)[0]].Expr.Range(), "value", "Value refused", "Write a value that the files say.", "provider.%s: %s wants a value before any console is asked, got %s, which only a console knows.", e.Key(), p, rep.Refs[p])
		}
		e.Config = schema.Build(vals)
		e.hostless, e.def = kind == l.o.Endpoint && content.Attributes["host"] == nil, b.DefRange
		l.est.Endpoints[e.Key()] = e
	}
}

// resolveEndpoints gives every object that has a place the endpoint of that place.
func (l *loader) resolveEndpoints() {
	only := ""
	var consoles, core []string // a block without a host manages no system
	owners := map[string][]string{}
	for _, key := range sortedKeys(l.est.Endpoints) {
		e := l.est.Endpoints[key]
		if p, own := l.o.Plugins[e.Type]; own {
			owners[e.Type] = append(owners[e.Type], key)
			if !p.Core {
				continue
			}
		}
		core = append(core, key)
		if !e.hostless {
			consoles = append(consoles, key)
		}
	}
	if len(consoles) == 1 {
		only = consoles[0]
	} else if len(core) == 1 {
		only = core[0]
	}
	var of func(o *schema.Object, depth int) string
	of = func(o *schema.Object, depth int) string {
		if o.Endpoint != "" || depth > 8 {
			return o.Endpoint
		}
		k := l.o.Catalogue.Kind(o.Kind)
		if len(k.Home) > 0 {
			_, at := k.HomeOf(o.Value)
			home := l.est.byAddress[schema.Address(at)]
			switch {
			case home != nil && l.o.Catalogue.Kind(home.Kind).Provider == k.Provider:
				return of(home, depth+1)
			case k.Provider == "":
				return ""
			}
		}
		if mine := owners[k.Provider]; k.Provider != "" {
			if len(mine) == 1 {
				return mine[0]
			}
			return ""
		}
		if k.Place == "" {
			if k.Reached != "" {
				return "" // l.hosts has not found one
			}
			if !k.Shared {
				return only
			}
			return ""
		}
		if place := l.est.byAddress[schema.Address(schema.Str(o.Value, k.Place))]; place != nil {
			return of(place, depth+1)
		}
		return ""
	}
	var written []string
	patterns := l.hosts(only)
	for _, o := range l.est.Objects {
		o.Endpoint = of(o, 0)
		k := l.o.Catalogue.Kind(o.Kind)
		if e := patterns[o.Endpoint]; e != nil && len(k.Home) == 0 {
			l.errorAt(e.def, "no-host", "No host", "Add host = the address of the console.", "provider.%s names no host, and %s is managed through it.", e.Key(), o.Address)
		}
		if at := l.est.Endpoints[o.Endpoint]; k.Provider != "" && at != nil && at.Type != k.Provider {
			l.diags = append(l.diags, l.est.Locate(diag.List{diag.Errorf("other-provider", "Another provider's kind", "%s is of a kind of the provider %s, and %s is none of its blocks.", o.Address, k.Provider, o.Endpoint).At(string(o.Address), "").
				WithFix("%s", "Say provider = "+strings.Join(append(owners[k.Provider], k.Provider+".NAME")[:max(1, len(owners[k.Provider]))], " or provider = ")+".")})...)
		}
		if mine := owners[k.Provider]; k.Provider != "" && o.Endpoint == "" && len(mine) == 0 && !l.chosen[o.Address] {
			l.diags = append(l.diags, l.est.Locate(diag.List{diag.Errorf("no-provider", "No provider", "No provider block %s is declared, so nothing manages %s.", k.Provider, o.Address).At(string(o.Address), "").
				WithFix("Declare one: provider %q \"NAME\" { ... }.", k.Provider)})...)
			continue
		} else if k.Provider != "" {
			written = mine
		} else {
			written = core
		}
		if o.Endpoint == "" && k.Place == "" && len(k.Home) == 0 && !k.Shared && !l.chosen[o.Address] {
			d := diag.Errorf("no-provider", "No provider", "Several consoles are declared, and %s does not say which one manages it.", o.Address).At(string(o.Address), "").WithFix("Add provider = %s.", strings.Join(written, " or provider = "))
			if len(l.est.Endpoints) == 0 {
				d.Detail = fmt.Sprintf("No console is declared, so nothing manages %s.", o.Address)
				d.Fix = "Declare one, as provider \"ivm\" \"NAME\" { host = ... }, and add provider = ivm.NAME here."
			}
			l.diags = append(l.diags, l.est.Locate(diag.List{d})...)
		}
	}
}

// hosts gives every object that is reached by itself an endpoint: its provider block with its own address. A block without
// a host is only a pattern, and is none itself.
func (l *loader) hosts(only string) map[string]*Endpoint {
	patterns := map[string]*Endpoint{}
	for _, key := range sortedKeys(l.est.Endpoints) {
		if l.est.Endpoints[key].hostless {
			patterns[key] = l.est.Endpoints[key]
		}
	}
	if len(patterns) == 1 {
		only = sortedKeys(patterns)[0]
	} else if len(patterns) > 1 {
		only = ""
	}
	used := map[string]bool{}
	for _, o := range l.est.Objects {
		k := l.o.Catalogue.Kind(o.Kind)
		if k.Reached == "" {
			continue
		}
		if o.Endpoint == "" {
			o.Endpoint = only
		}
		pattern := l.est.Endpoints[o.Endpoint]
		if pattern == nil || !pattern.hostless {
			continue
		}
		used[o.Endpoint] = true
		at := schema.Str(o.Value, k.Reached)
		if at == "" {
			at = schema.Str(o.Value, k.Identity[0][0])
		}
		e := &Endpoint{Type: pattern.Type, Name: pattern.Name + "/" + at, Range: pattern.Range, Config: schema.Set(pattern.Config, "host", cty.StringVal(at))}
		o.Endpoint = e.Key()
		l.est.Endpoints[e.Key()] = e
	}
	for key := range patterns {
		if used[key] {
			delete(l.est.Endpoints, key)
		} else if len(l.est.Objects) == 0 || !l.usedBy(key) {
			// No error: the hosts of a map may all be gone.
			l.errorAt(l.est.Endpoints[key].def, "no-host", "No host", "Add host = the address of the console, or a host block with provider = "+key+".", "provider.%s names no host, and no host of the estate names it.", key)
			l.diags[len(l.diags)-1].Severity = diag.Warning
			delete(l.est.Endpoints, key)
		}
	}
	return patterns
}

// usedBy reports whether an object names a provider itself.
func (l *loader) usedBy(key string) bool {
	for _, o := range l.est.Objects {
		if o.Endpoint == key {
			return true
		}
	}
	return false
}

// statements reads moved, removed, import and waive blocks of the root module.
func (l *loader) statements(m *module) {
	addr := func(a *hcl.Attribute) (schema.Address, bool) {
		t, d := hcl.AbsTraversalForExpr(a.Expr)
		if d.HasErrors() {
			l.errorAt(a.Expr.Range(), "not-an-address", "Not an address", "Write kind.name, without quotes.", "%s wants the address of an object.", a.Name)
			return "", false
		}
		return l.address(t, a)
	}
	content := func(b *hcl.Block, s *hcl.BodySchema) *hcl.BodyContent {
		c, d := b.Body.Content(s)
		l.hcl(d)
		if d.HasErrors() {
			return nil
		}
		return c
	}
	for _, b := range m.src.moved {
		c := content(b, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "from", Required: true}, {Name: "to", Required: true}}})
		if c == nil {
			continue
		}
		from, ok1 := addr(c.Attributes["from"])
		to, ok2 := addr(c.Attributes["to"])
		if ok1 && ok2 {
			if from.Kind() != to.Kind() {
				l.errorAt(b.DefRange, "moved-kind", "Other kind", "Name two addresses of one kind.", "%s and %s are of different kinds.", from, to)
				continue
			}
			l.est.Moved = append(l.est.Moved, Moved{from, to, toRange(b.DefRange)})
		}
	}
	for _, b := range m.src.removed {
		c := content(b, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "from", Required: true}}, Blocks: []hcl.BlockHeaderSchema{{Type: "lifecycle"}}})
		if c == nil {
			continue
		}
		from, ok := addr(c.Attributes["from"])
		r := Removed{From: from, Destroy: true, Range: toRange(b.DefRange)}
		for _, lb := range c.Blocks {
			if lc := content(lb, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "destroy", Required: true}}}); lc != nil {
				r.Destroy = l.constBool(lc.Attributes["destroy"])
			}
		}
		if ok && l.est.byAddress[from] != nil {
			l.errorAt(b.DefRange, "removed-declared", "Still declared", "Remove its block, or this one.", "%s is declared and removed.", from)
			continue
		}
		if ok {
			l.est.Removed = append(l.est.Removed, r)
		}
	}
	for _, b := range m.src.imports {
		c := content(b, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "to", Required: true}, {Name: "id"}, {Name: "for_each"}}})
		if c == nil {
			continue
		}
		l.imports(m, b, c)
	}
	for _, b := range m.src.waivers {
		c := content(b, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "objects"}, {Name: "reason", Required: true}, {Name: "until"}}})
		if c == nil {
			continue
		}
		w := Waiver{Rule: b.Labels[0], Range: toRange(b.DefRange)}
		if w.Reason = l.constString(c.Attributes["reason"]); strings.TrimSpace(w.Reason) == "" {
			l.errorAt(c.Attributes["reason"].Range, "waive-reason", "No reason", "Say why.", "A waiver needs a reason that others can read.")
		}
		if a, ok := c.Attributes["until"]; ok {
			w.Until = l.constString(a)
			if _, err := time.Parse(time.DateOnly, w.Until); err != nil {
				l.errorAt(a.Range, "waive-until", "Not a date", "Write it as \"2026-12-31\".", "%q is no date.", w.Until)
			}
		}
		if a, ok := c.Attributes["objects"]; ok {
			// No objects means all of them, so a value that names none must not pass.
			v, _ := m.eval(a.Expr, &scope{}).UnmarkDeep()
			list := v.IsKnown() && !v.IsNull() && (v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType())
			if v.IsKnown() && (!list || v.LengthInt() == 0) {
				l.errorAt(a.Range, "waive-objects", "Not objects", "Write objects = [partition.db01], or leave it out to waive the rule for all.", "objects wants a list of at least one object.")
			}
			if list {
				for it := v.ElementIterator(); it.Next(); {
					_, e := it.Element()
					if addr, ok := schema.ObjectAddress(e); ok {
						w.Objects = append(w.Objects, addr)
					} else if e.IsKnown() {
						l.errorAt(a.Range, "waive-objects", "Not objects", "Write objects = [partition.db01].", "objects wants a list of objects.")
					}
				}
			}
		}
		l.est.Waivers = append(l.est.Waivers, w)
	}
}

// address checks that a traversal has the form of an address of a known kind.
func (l *loader) address(t hcl.Traversal, a *hcl.Attribute) (schema.Address, bool) {
	addr, err := schema.ParseAddress(string(traversalAddress(t)))
	if err != nil {
		l.errorAt(a.Expr.Range(), "not-an-address", "Not an address", "Write kind.name, or kind.name[\"key\"] for one of several.", "%s: %s is no address of an object.", a.Name, traversalAddress(t))
		return "", false
	}
	if l.o.Catalogue.Kind(addr.Kind()) == nil {
		l.errorAt(a.Expr.Range(), "undeclared", "Not declared", strings.TrimSpace("The kinds are "+strings.Join(l.o.Catalogue.Names(), ", ")+"."+schema.Suggest(addr.Kind(), l.o.Catalogue.Names())), "There is no kind %s.", addr.Kind())
		return "", false
	}
	return addr, true
}

func (l *loader) imports(m *module, b *hcl.Block, c *hcl.BodyContent) {
	add := func(to schema.Address, id string) {
		if l.est.byAddress[to] == nil {
			if m.src.objects[string(to.Group())] != nil && l.diags.HasErrors() {
				return // declared, with an error of its own that has been said
			}
			l.errorAt(c.Attributes["to"].Range, "import-undeclared", "Not declared", "Declare it, then import.", "%s is imported but not declared.", to)
			return
		}
		l.est.Imports = append(l.est.Imports, Import{to, id, toRange(b.DefRange)})
	}
	id := func(sc *scope) string {
		a, ok := c.Attributes["id"]
		if !ok {
			return ""
		}
		v := m.eval(a.Expr, sc)
		if !v.IsKnown() {
			return ""
		}
		s, err := convert.Convert(v, cty.String)
		if err != nil || s.IsNull() || s.IsMarked() {
			l.errorAt(a.Expr.Range(), "import-id", "Not an identity", "Write the identity as text, or leave id out.", "id wants a text that is not sensitive.")
			return ""
		}
		return s.AsString()
	}
	if fe, ok := c.Attributes["for_each"]; ok {
		insts, ok := m.repeat(fe, "import")
		if !ok {
			return
		}
		for _, i := range insts {
			v, _ := m.evalRef(c.Attributes["to"].Expr, &scope{inst: i}).UnmarkDeep()
			if a, ok := schema.ObjectAddress(v); ok {
				add(a, id(&scope{inst: i}))
			} else if v.IsKnown() {
				l.errorAt(c.Attributes["to"].Range, "not-an-address", "Not an address", "Write to = kind.name[each.key].", "to wants an object.")
			}
		}
		return
	}
	t, d := hcl.AbsTraversalForExpr(c.Attributes["to"].Expr)
	if d.HasErrors() {
		l.errorAt(c.Attributes["to"].Range, "not-an-address", "Not an address", "Write to = kind.name.", "to wants the address of an object.")
		return
	}
	if to, ok := l.address(t, c.Attributes["to"]); ok {
		add(to, id(&scope{}))
	}
}

// traversalAddress renders partition.x["k"] or module.m.partition.x.
func traversalAddress(t hcl.Traversal) schema.Address {
	var b strings.Builder
	b.WriteString(t.RootName())
	for _, s := range t[1:] {
		switch s := s.(type) {
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if s.Key.Type() == cty.String {
				b.WriteString(schema.StringKey(s.Key.AsString()))
			} else {
				f, _ := s.Key.AsBigFloat().Int64()
				b.WriteString(schema.IntKey(int(f)))
			}
		}
	}
	return schema.Address(b.String())
}

// CommandLineVars turns the flags' values into Options.Vars.
func CommandLineVars(vars, files []string) []string {
	var out []string
	for _, f := range files {
		out = append(out, "@"+f)
	}
	return append(out, vars...)
}

// Environ is the process environment, named so that callers say what they pass.
func Environ() []string { return os.Environ() }

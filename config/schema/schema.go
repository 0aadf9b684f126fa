// Package schema is the vocabulary of Gantry: Kind, Attribute, Address and
// Object. A Kind is declared once as data; from it this package derives how a
// value is read, checked, normalised, compared, written as JSON and documented.
//
// The package knows no particular kind, no HCL syntax tree and no console.
package schema

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// Disruption is what the users of an object notice. The order is from harmless
// to worst; the zero value, None, is only given to what is known to be harmless.
type Disruption int

// The disruptions, mildest first.
const (
	None       Disruption = iota // nobody notices
	Pause                        // a freeze of at most seconds
	Activation                   // takes hold at the next activation, nothing is felt now
	Restart                      // the object is stopped and started
	Outage                       // the object is gone for its users until somebody starts it again
	Refused                      // cannot be changed in place at all
)

var disruptionNames = [...]string{"none", "pause", "activation", "restart", "outage", "refused"}

func (d Disruption) String() string { return disruptionNames[d] }

// MarshalText and UnmarshalText make the word the form at rest.
func (d Disruption) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the word form.
func (d *Disruption) UnmarshalText(b []byte) error {
	return word(d, disruptionNames[:], "disruption", b)
}

// Type is the type of an attribute's value before it is put into a list or map.
type Type int

// The types. Size is a number of MiB, Duration a number of seconds; both are
// written as text with a unit or as a bare number and normalised when read.
const (
	String Type = iota
	Number
	Bool
	Size
	Duration
	Ref        // the address of an object of RefKind in what is declared, its console identity in what is found
	ObjectType // nested Attributes
)

var typeNames = [...]string{"string", "number", "bool", "size", "duration", "reference", "object"}

func (t Type) String() string { return typeNames[t] }

// MarshalText makes the word the form of a schema as data.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the word.
func (t *Type) UnmarshalText(b []byte) error { return word(t, typeNames[:], "type", b) }

func word[T ~int](into *T, names []string, what string, b []byte) error {
	i := slices.Index(names, string(b))
	if i < 0 {
		return fmt.Errorf("%q is no %s; one of %s", b, what, strings.Join(names, ", "))
	}
	*into = T(i)
	return nil
}

// Nesting says how nested attributes, or several values, are written.
type Nesting int

// One value; several in a list; several under keys; or blocks of the three forms.
const (
	Single        Nesting = iota // a = v, or a = { ... } for an object
	List                         // a = [v, v]
	Map                          // a = { k = v }
	Block                        // a { ... }, at most once
	LabelledBlock                // a "label" { ... }, any number; the value is an object keyed by label
)

var nestingWords = [...]string{"single", "list", "map", "block", "labelled_block"}

// MarshalText makes the word the form of a schema as data.
func (n Nesting) MarshalText() ([]byte, error) { return []byte(nestingWords[n]), nil }

// UnmarshalText reads the word.
func (n *Nesting) UnmarshalText(b []byte) error { return word(n, nestingWords[:], "nesting", b) }

// Attribute is one attribute of a kind, or of something nested in it.
type Attribute struct {
	Name    string  `json:"name"`
	Type    Type    `json:"type,omitempty"`
	Nesting Nesting `json:"nesting,omitempty"`
	// Attributes of an ObjectType, in the order of documentation.
	Attributes []Attribute `json:"attributes,omitempty"`

	Doc     string `json:"doc,omitempty"`     // one or two sentences, for the reference
	Console string `json:"console,omitempty"` // the console attribute or document behind it, for the reference
	Example string `json:"example,omitempty"` // HCL text of a value

	Required bool `json:"required,omitempty"`
	// Computed: found by discovery, never declared. It can be referenced whole.
	Computed bool `json:"computed,omitempty"`
	// Fleeting: computed, and changed by what happens to other objects: what a state recorded of it says nothing now.
	Fleeting bool `json:"fleeting,omitempty"`
	// Remembered: computed, and of Gantry's own doing; no console reports it. State keeps it from step to step.
	Remembered bool `json:"remembered,omitempty"`
	// Policy: an instruction to Gantry that no console holds; never compared.
	Policy bool `json:"policy,omitempty"`
	// Dual: the console keeps a running value and one for the next activation.
	Dual bool `json:"dual,omitempty"`
	// CreateOnly: can be given at creation; a later difference is refused.
	CreateOnly bool `json:"create_only,omitempty"`

	Enum      []string       `json:"enum,omitempty"`
	Min       *float64       `json:"minimum,omitempty"`    // numbers, MiB or seconds
	Max       *float64       `json:"maximum,omitempty"`    // numbers, MiB or seconds
	MaxLength int            `json:"max_length,omitempty"` // characters; 0 = no limit
	Pattern   *regexp.Regexp `json:"pattern,omitempty"`
	PatternIs string         `json:"pattern_is,omitempty"` // the pattern in words

	// Program: the path of a program on the hosts, whose presence discovery looks at.
	Program bool `json:"program,omitempty"`
	// Ordered: a list whose order means something.
	Ordered bool `json:"ordered,omitempty"`
	// Least: a list or a map of which only what is missing is a difference; what is there besides stays.
	Least     bool   `json:"least,omitempty"`
	RefKind   string `json:"ref_kind,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	Default   string `json:"default,omitempty"` // in words, what holds when nothing is declared; documentation only
	// FromLabel: the block's label (or instance key) is the value when none is declared.
	FromLabel bool `json:"from_label,omitempty"`

	// Disruption when a running object's attribute changes. Online refines it:
	// given what was found, the change may be milder than Disruption says.
	Disruption Disruption                       `json:"disruption,omitempty"`
	Online     func(found, want cty.Value) bool `json:"-"`

	// Key: in a labelled block, the attributes that tell which found item a
	// declared one is, where consoles do not know the labels.
	Key []string `json:"key,omitempty"`

	// Prepares: what the reference, or the value that comes from another object, leads to is started only when this object is there, and
	// stopped before it goes (a zone, and the partition whose ports it holds).
	Prepares bool `json:"prepares,omitempty"`
	// Room: what is free of a resource at this object, that the Needs of others take.
	Room string `json:"room,omitempty"`

	// Managers names the managers (ivm, hmc) that have the attribute; empty = all.
	Managers []string `json:"managers,omitempty"`
}

// Kind is a type of object.
type Kind struct {
	Name    string `json:"name"`
	Doc     string `json:"doc,omitempty"`
	Version int    `json:"version,omitempty"`
	// Identity lists the attribute paths that identify an object of the kind,
	// best first; each entry is a set that must be equal together.
	Identity [][]string `json:"identity,omitempty"`
	Place    string     `json:"place,omitempty"` // the Ref attribute that says where the object lives, or empty
	// Existing: the object is there whether or not Gantry knows it (a frame, a
	// LUN); it is never created, deleted or owned.
	Existing bool `json:"existing,omitempty"`
	// Made gives the identity that a declared object of an Existing kind, with identities in place of addresses, has or
	// will have where it is made, owned and deleted all the same (a logical volume among the disks); "" for the others.
	Made func(v cty.Value) string `json:"-"`
	// Shared: several endpoints may report the same object; reports are merged.
	Shared bool `json:"shared,omitempty"`
	// Reached is the attribute with the address that each object of the kind is reached at by itself; its provider block
	// says how. Left out, what identifies the object is its address. Empty for kinds that a console manages.
	Reached string `json:"reached,omitempty"`
	// Home are the Ref attributes that may say what an object lives on that does not move, the first one that is declared
	// does; of a list it is the first.
	Home       []string    `json:"home,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
	// Provider is the type of the plugin whose own kind this is; empty for the kinds that Gantry brings.
	Provider string `json:"provider,omitempty"`
	// Needs are what an object takes of the room of others while it is there.
	Needs []Need `json:"needs,omitempty"`
	// Checks are pure tests across attributes of one declared object.
	Checks []Check `json:"-"`
	// Derive is a declared value with what follows from it: the same thing said in another way has one form.
	Derive func(v cty.Value) cty.Value `json:"-"`
}

// Need is room that an object takes at another one.
type Need struct {
	// At is the Ref attribute that leads to where the room is; the first Home when it is empty.
	At       string `json:"at,omitempty"`
	Resource string `json:"resource"`
	// Amount is the attribute that says how much; 1 when it is empty.
	Amount string `json:"amount,omitempty"`
}

// Check is a pure test across attributes. It returns "" or what is wrong, the
// path it is wrong at, and the fix.
type Check struct {
	Code  string
	Doc   string
	Check func(v cty.Value) (path, problem, fix string)
}

// Catalogue is a set of kinds in a fixed order.
type Catalogue struct {
	kinds  []*Kind
	byName map[string]*Kind
}

// NewCatalogue makes a catalogue. It panics on a duplicate name, which is a mistake of
// the program and not of its input.
func NewCatalogue(kinds ...*Kind) *Catalogue {
	c := &Catalogue{byName: map[string]*Kind{}}
	for _, k := range kinds {
		if _, dup := c.byName[k.Name]; dup {
			panic(fmt.Sprintf("kind %s is declared twice", k.Name))
		}
		c.kinds = append(c.kinds, k)
		c.byName[k.Name] = k
	}
	return c
}

// Kinds returns the kinds in their order.
func (c *Catalogue) Kinds() []*Kind { return c.kinds }

// Kind returns the kind of that name, or nil.
func (c *Catalogue) Kind(name string) *Kind { return c.byName[name] }

// Names returns the names of the kinds, sorted.
func (c *Catalogue) Names() []string {
	out := make([]string, 0, len(c.kinds))
	for _, k := range c.kinds {
		out = append(out, k.Name)
	}
	sort.Strings(out)
	return out
}

// HomeOf is what an object lives on, with the kind of that; "" for kinds without a home.
func (k *Kind) HomeOf(v cty.Value) (kind, ref string) {
	for _, name := range k.Home {
		kind = k.Attribute(name).RefKind
		if ref = Str(v, name); ref == "" {
			ref = strings.Join(Strings(v, name)[:min(1, len(Strings(v, name)))], "")
		}
		if ref != "" {
			break
		}
	}
	return kind, ref
}

// Owned reports whether a declared or recorded object is made and deleted by Gantry, and not only found.
func (k *Kind) Owned(v cty.Value) bool { return !k.Existing || k.Made != nil && k.Made(v) != "" }

// Attribute returns the attribute at a dotted path, stepping over labels of
// labelled blocks and keys of maps, or nil.
func (k *Kind) Attribute(path string) *Attribute {
	attrs := k.Attributes
	var found *Attribute
	parts := SplitPath(path)
	for i := 0; i < len(parts); i++ {
		found = nil
		for j := range attrs {
			if attrs[j].Name == parts[i] {
				found = &attrs[j]
				break
			}
		}
		if found == nil {
			return nil
		}
		if found.Nesting == LabelledBlock {
			i++ // the label
		}
		if found.Nesting == List || found.Nesting == Map {
			return found
		}
		attrs = found.Attributes
	}
	return found
}

// ManagedBy reports whether the attribute exists under a manager ("ivm", "hmc").
func (a *Attribute) ManagedBy(manager string) bool {
	if len(a.Managers) == 0 || manager == "" {
		return true
	}
	for _, m := range a.Managers {
		if m == manager {
			return true
		}
	}
	return false
}

// Remember is a value with what another one, of an earlier step, remembers and it does not say itself.
func (k *Kind) Remember(v, earlier cty.Value) cty.Value {
	for i := range k.Attributes {
		if a := k.Attributes[i].Name; k.Attributes[i].Remembered && !Has(v, a) && Has(earlier, a) {
			v = Set(v, a, Get(earlier, a))
		}
	}
	return v
}

// SplitPath splits memory.desired or disk.root.source; a part in double quotes
// may hold dots.
func SplitPath(p string) []string {
	if p == "" {
		return nil
	}
	if !strings.Contains(p, `"`) {
		return strings.Split(p, ".")
	}
	var out []string
	for len(p) > 0 {
		if p[0] == '"' {
			s, rest, err := unquotePrefix(p)
			if err != nil {
				return append(out, p)
			}
			out, p = append(out, s), strings.TrimPrefix(rest, ".")
			continue
		}
		head, rest, _ := strings.Cut(p, ".")
		out, p = append(out, head), rest
	}
	return out
}

// JoinPath is the inverse of SplitPath.
func JoinPath(parts ...string) string {
	var b strings.Builder
	for i, s := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		if s == "" || strings.ContainsAny(s, `."`) {
			s = strconv.Quote(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

func unquotePrefix(s string) (string, string, error) {
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", err
	}
	u, err := strconv.Unquote(q)
	return u, s[len(q):], err
}

// Get returns the value at a dotted path of a sparse object, or cty.NilVal. The
// empty path is the object itself.
func Get(v cty.Value, path string) cty.Value {
	if path == "" {
		return v
	}
	if !strings.Contains(path, ".") && !strings.Contains(path, `"`) {
		return step(v, path)
	}
	for _, part := range SplitPath(path) {
		v = step(v, part)
		if v == cty.NilVal {
			return v
		}
	}
	return v
}

func step(v cty.Value, name string) cty.Value {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return cty.NilVal
	}
	ty := v.Type()
	switch {
	case ty.IsObjectType():
		if !ty.HasAttribute(name) {
			return cty.NilVal
		}
		v = v.GetAttr(name)
	case ty.IsMapType():
		key := cty.StringVal(name)
		if v.HasIndex(key).False() {
			return cty.NilVal
		}
		v = v.Index(key)
	case ty.IsTupleType() || ty.IsListType():
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= v.LengthInt() {
			return cty.NilVal
		}
		v = v.Index(cty.NumberIntVal(int64(i)))
	default:
		return cty.NilVal
	}
	if v.IsNull() {
		return cty.NilVal
	}
	return v
}

// Str returns the string at a path, or "".
func Str(v cty.Value, path string) string {
	x := Get(v, path)
	if x == cty.NilVal || x.Type() != cty.String {
		return ""
	}
	return x.AsString()
}

// Num returns the number at a path, or 0.
func Num(v cty.Value, path string) float64 {
	x := Get(v, path)
	if x == cty.NilVal || x.Type() != cty.Number {
		return 0
	}
	f, _ := x.AsBigFloat().Float64()
	return f
}

// Has reports whether there is a value at the path.
func Has(v cty.Value, path string) bool { return Get(v, path) != cty.NilVal }

// True reports whether the value at the path is the boolean true.
func True(v cty.Value, path string) bool {
	x := Get(v, path)
	return x != cty.NilVal && x.Type() == cty.Bool && x.True()
}

// Strings returns the strings of a list at a path.
func Strings(v cty.Value, path string) []string {
	x := Get(v, path)
	if x == cty.NilVal || !x.CanIterateElements() {
		return nil
	}
	var out []string
	for it := x.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if !e.IsNull() && e.Type() == cty.String {
			out = append(out, e.AsString())
		}
	}
	return out
}

// Items returns the labels of a labelled block, sorted.
func Items(v cty.Value, path string) []string {
	x := Get(v, path)
	if x == cty.NilVal || x.IsNull() || !x.Type().IsObjectType() {
		return nil
	}
	out := make([]string, 0, len(x.Type().AttributeTypes()))
	for name := range x.Type().AttributeTypes() {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Build makes a sparse object value from a flat map of attributes; entries that
// are cty.NilVal are left out.
func Build(attrs map[string]cty.Value) cty.Value {
	for k, v := range attrs {
		if v == cty.NilVal {
			delete(attrs, k)
		}
	}
	if len(attrs) == 0 {
		return cty.EmptyObjectVal
	}
	return cty.ObjectVal(attrs)
}

// Set returns v with the value at path replaced; objects on the way are made.
func Set(v cty.Value, path string, to cty.Value) cty.Value {
	return set(v, SplitPath(path), to)
}

func set(v cty.Value, parts []string, to cty.Value) cty.Value {
	if len(parts) == 0 {
		return to
	}
	attrs := map[string]cty.Value{}
	if v != cty.NilVal && !v.IsNull() && (v.Type().IsObjectType() || v.Type().IsMapType()) {
		for k, e := range v.AsValueMap() {
			attrs[k] = e
		}
	}
	child := attrs[parts[0]]
	attrs[parts[0]] = set(child, parts[1:], to)
	return Build(attrs)
}

// ParseSize reads "8GiB", "512 MiB", "1.5TiB" or a bare number of MiB. Decimal
// units (GB) are refused because Power consoles count in binary ones.
func ParseSize(s string) (float64, error) {
	t := strings.TrimSpace(s)
	i := strings.IndexFunc(t, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' })
	unit := "MiB"
	num := t
	if i >= 0 {
		num, unit = strings.TrimSpace(t[:i]), strings.TrimSpace(t[i:])
	}
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || math.Signbit(n) {
		return 0, fmt.Errorf("%q is no size; write a number with a unit, as \"8GiB\", or a number of MiB", s)
	}
	switch unit {
	case "KiB":
		n /= 1024
	case "MiB":
	case "GiB":
		n *= 1024
	case "TiB":
		n *= 1024 * 1024
	default:
		return 0, fmt.Errorf("%q: the unit %q is not one of KiB, MiB, GiB, TiB", s, unit)
	}
	if math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is larger than any size", s)
	}
	return n, nil
}

// FormatSize writes MiB in the largest unit that stays exact to two decimals.
func FormatSize(mib float64) string {
	for _, u := range []struct {
		name string
		mib  float64
	}{{"TiB", 1024 * 1024}, {"GiB", 1024}} {
		if mib >= u.mib {
			q := mib / u.mib
			if q*100 == float64(int64(q*100)) {
				return strconv.FormatFloat(q, 'f', -1, 64) + " " + u.name
			}
		}
	}
	return strconv.FormatFloat(mib, 'f', -1, 64) + " MiB"
}

// ParseDuration reads "5m", "90s", "1h30m" or a bare number of seconds.
func ParseDuration(s string) (float64, error) {
	if n, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && n >= 0 && !math.IsInf(n, 0) {
		return n, nil
	}
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration; write it as \"90s\", \"5m\" or \"1h30m\"", s)
	}
	return d.Seconds(), nil
}

// FormatDuration writes seconds as a Go duration without empty parts.
func FormatDuration(seconds float64) string {
	if math.Abs(seconds) >= float64(math.MaxInt64)/float64(time.Second) {
		return strconv.FormatFloat(seconds, 'f', -1, 64) + "s" // more than a time.Duration holds
	}
	s := (time.Duration(seconds * float64(time.Second))).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// NumberVal is a number in the precision that values are kept in.
func NumberVal(f float64) cty.Value { return cty.NumberFloatVal(f) }

// FormatNumber writes a number without an exponent and without trailing zeros,
// to six decimals at most: consoles have two, and sums of binary fractions more.
func FormatNumber(v cty.Value) string {
	f := v.AsBigFloat()
	if i, acc := f.Int64(); acc == big.Exact {
		return strconv.FormatInt(i, 10)
	}
	x, _ := f.Float64()
	if math.Abs(x) < 1e12 {
		x = math.Round(x*1e6) / 1e6
	}
	if x == 0 {
		return "0" // never -0, which would not read back as written
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// F makes a pointer to a limit, for declarations of kinds.
func F(f float64) *float64 { return &f }

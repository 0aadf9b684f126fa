package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Address is the name of a declared object in its canonical text:
// kind.name, with module.NAME. before it for each module and ["key"] or [0]
// behind the name (or the module) where for_each or count made several.
type Address string

// NewAddress composes an address. module is "" or ends in a dot; key is "" or
// the bracketed instance key that StringKey or IntKey made.
func NewAddress(module, kind, name, key string) Address {
	return Address(module + kind + "." + name + key)
}

// StringKey is the bracketed form of a for_each key, IntKey of a count index.
func StringKey(k string) string { return "[" + strconv.Quote(k) + "]" }

// IntKey is the bracketed form of a count index.
func IntKey(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Split takes an address apart: the module prefix (with its dot), kind, name and bracketed key.
func (a Address) Split() (module, kind, name, key string) {
	s := string(a)
	end := 0
	for strings.HasPrefix(s[end:], "module.") {
		i := end + len("module.")
		i += identLen(s[i:])
		if i < len(s) && s[i] == '[' {
			i += bracketLen(s[i:])
		}
		if i >= len(s) || s[i] != '.' {
			break
		}
		end = i + 1
	}
	module, s = s[:end], s[end:]
	kind, s, _ = strings.Cut(s, ".")
	n := identLen(s)
	return module, kind, s[:n], s[n:]
}

// Shell is the address as a shell takes it: in quotes where it has a key.
func (a Address) Shell() string {
	if strings.ContainsAny(string(a), `["`) {
		return "'" + strings.ReplaceAll(string(a), "'", `'\''`) + "'"
	}
	return string(a)
}

// Kind returns the kind's name in the address.
func (a Address) Kind() string { _, k, _, _ := a.Split(); return k }

// Name returns the declared name without module and key.
func (a Address) Name() string { _, _, n, _ := a.Split(); return n }

// Group returns the address without its own instance key: the block that declared it.
func (a Address) Group() Address {
	m, k, n, _ := a.Split()
	return NewAddress(m, k, n, "")
}

// ParseAddress checks the form of an address that a user typed.
func ParseAddress(s string) (Address, error) {
	module, kind, name, key := Address(strings.TrimSpace(s)).Split()
	bad := kind == "" || name == "" || identLen(kind) != len(kind)
	key, ok := canonicalKey(key)
	bad = bad || !ok
	var prefix string
	for module != "" && !bad {
		rest := strings.TrimPrefix(module, "module.")
		n := identLen(rest)
		k := n
		if strings.HasPrefix(rest[n:], "[") {
			k += bracketLen(rest[n:])
		}
		inner, ok := canonicalKey(rest[n:k])
		bad = n == 0 || !ok
		prefix += "module." + rest[:n] + inner + "."
		module = rest[k+1:]
	}
	a := NewAddress(prefix, kind, name, key)
	if bad {
		return "", fmt.Errorf("%q is no address; write kind.name, for example partition.db01 or disk.data[\"root\"]", s)
	}
	return a, nil
}

// canonicalKey writes an instance key as StringKey and IntKey do.
func canonicalKey(key string) (string, bool) {
	if key == "" {
		return "", true
	}
	if len(key) < 3 || key[0] != '[' || bracketLen(key) != len(key) {
		return "", false
	}
	inner := key[1 : len(key)-1]
	if inner[0] == '"' {
		u, err := strconv.Unquote(inner)
		return StringKey(u), err == nil
	}
	i, err := strconv.Atoi(inner)
	return IntKey(i), err == nil && i >= 0
}

func identLen(s string) int {
	for i, r := range s {
		if !(r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127) {
			return i
		}
	}
	return len(s)
}

func bracketLen(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i + 1
		}
	}
	return 0
}

// Object is one thing of a kind: declared, discovered or recorded.
type Object struct {
	Kind string
	// Address is empty for what was found and is not declared.
	Address Address
	// Endpoint is the console that reported it or that is to be asked, as ivm.uli13.
	Endpoint string
	// ID is the console's identity of it, unique within kind; empty while only declared.
	ID string
	// Keys are identities by which reports of several endpoints are the same object.
	Keys []string
	// Value is a sparse object: what is absent is not managed (declared) or not
	// known (found). Ref attributes hold addresses when declared, IDs when found.
	Value cty.Value
	// Profile holds the values for the next activation of Dual attributes.
	Profile cty.Value
	// Refs are declared attributes whose value only a console knows: path -> where it comes from.
	Refs map[string]ValueRef
}

// ValueRef points at a computed attribute of another object.
type ValueRef struct {
	Address Address `json:"address"`
	Path    string  `json:"path"`
}

func (r ValueRef) String() string { return string(r.Address) + "." + r.Path }

// Clone returns a copy that shares the immutable values.
func (o *Object) Clone() *Object {
	c := *o
	c.Keys = append([]string(nil), o.Keys...)
	if o.Refs != nil {
		c.Refs = make(map[string]ValueRef, len(o.Refs))
		for k, v := range o.Refs {
			c.Refs[k] = v
		}
	}
	return &c
}

// Record is what state keeps of an owned object.
type Record struct {
	Object *Object `json:"object"`
	// PreventDestroy is remembered, so that removing the block does not remove the protection.
	PreventDestroy bool      `json:"prevent_destroy,omitempty"`
	Deps           []Address `json:"deps,omitempty"`
	// Blocks are the labelled blocks that were declared, so that leaving out the last one takes away what it stands for.
	Blocks []string `json:"blocks,omitempty"`
}

// DeclaredBlocks are the labelled blocks of a declaration, and of those declared earlier the ones that are still found.
func (k *Kind) DeclaredBlocks(declared, found cty.Value, earlier []string) []string {
	var out []string
	for i := range k.Attributes {
		a := &k.Attributes[i]
		if a.Nesting != LabelledBlock || a.Computed || a.Policy {
			continue
		}
		before := slices.Contains(earlier, a.Name) || Has(declared, a.Name)
		if len(Items(declared, a.Name)) > 0 || before && len(Items(found, a.Name)) > 0 {
			out = append(out, a.Name)
		}
	}
	return out
}

// OwnID is the identity of an object of a provider's own kind: the endpoint and what identifies it there; "" while that is not known.
func (k *Kind) OwnID(endpoint string, v cty.Value) string {
	id := endpoint
	for _, p := range k.Identity[0] {
		x := Get(v, p)
		if x == cty.NilVal || x.IsNull() {
			return ""
		}
		if x.Type() == cty.String {
			id += "/" + x.AsString()
		} else {
			id += "/" + string(EncodeValue(x))
		}
	}
	return id
}

// Prepares reports whether the kind has attributes that do.
func (k *Kind) Prepares() bool { return preparing(k.Attributes) }

func preparing(attrs []Attribute) bool {
	return slices.ContainsFunc(attrs, func(a Attribute) bool { return a.Prepares || preparing(a.Attributes) })
}

// EachPrepares calls for every object that a declared one prepares.
func (k *Kind) EachPrepares(o *Object, each func(Address)) {
	if !k.Prepares() {
		return
	}
	var walk func(attrs []Attribute, at []string)
	walk = func(attrs []Attribute, at []string) {
		for i := range attrs {
			a := &attrs[i]
			path := JoinPath(append(slices.Clone(at), a.Name)...)
			switch {
			case a.Nesting == LabelledBlock:
				for _, l := range Items(o.Value, path) {
					walk(a.Attributes, append(append(slices.Clone(at), a.Name), l))
				}
			case a.Type == ObjectType && a.Nesting == Block:
				walk(a.Attributes, append(slices.Clone(at), a.Name))
			case !a.Prepares:
			case a.Type == Ref && a.Nesting == Single:
				if to := Str(o.Value, path); to != "" {
					each(Address(to))
				}
			case a.Type == Ref:
				for _, to := range Strings(o.Value, path) {
					each(Address(to))
				}
			}
			if !a.Prepares {
				continue
			}
			for p, ref := range o.Refs {
				if p == path || strings.HasPrefix(p, path+".") {
					each(ref.Address)
				}
			}
		}
	}
	walk(k.Attributes, nil)
}

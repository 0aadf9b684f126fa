package schema

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// AddressAttr is the hidden attribute by which an object's value in an
// expression carries its address. The colon keeps it out of reach of HCL
// identifiers.
const AddressAttr = "gantry:address"

// ConsoleValue stands in expressions for an attribute that only a console can
// choose. It can be handed on whole; every operation on it is a type error.
var ConsoleValue = cty.Capsule("value that only the console knows", valueRefType)

// Problem is what Normalise finds wrong with a value, at a path below the attribute.
type Problem struct {
	Path string
	Text string
	Fix  string
}

// Report collects what normalising values yields besides the values.
type Report struct {
	Problems []Problem
	Refs     map[string]ValueRef // path -> console value
	Deps     []Address           // objects referred to
}

func (r *Report) problem(path, fix, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{path, fmt.Sprintf(format, args...), fix})
}

// Normalise turns a value that a user wrote into the attribute's canonical
// form: units become MiB or seconds, references become addresses, numbers in
// strings become numbers. It returns cty.NilVal when there is nothing to keep;
// what is wrong goes into the report under path.
func (a *Attribute) Normalise(v cty.Value, path string, r *Report) cty.Value {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return cty.NilVal // unknown: the reason has been reported where it arose
	}
	switch a.Nesting {
	case List:
		if v.Type() == ConsoleValue && a.Type != Ref && a.Type != ObjectType {
			return a.normaliseOne(v, path, r) // the whole list is one that a console chooses
		}
		if !v.CanIterateElements() || v.Type().IsMapType() || v.Type().IsObjectType() {
			r.problem(path, "Write it in square brackets, as [a, b].", "wants a list, got %s", v.Type().FriendlyName())
			return cty.NilVal
		}
		var out []cty.Value
		i := 0
		for it := v.ElementIterator(); it.Next(); i++ {
			_, e := it.Element()
			if n := a.normaliseOne(e, JoinPath(append(SplitPath(path), fmt.Sprint(i))...), r); n != cty.NilVal {
				out = append(out, n)
			}
		}
		if len(out) == 0 {
			return cty.EmptyTupleVal
		}
		return cty.TupleVal(out)
	case Map:
		if !v.Type().IsMapType() && !v.Type().IsObjectType() {
			r.problem(path, "Write it in braces, as { key = value }.", "wants a map, got %s", v.Type().FriendlyName())
			return cty.NilVal
		}
		out := map[string]cty.Value{}
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			if n := a.normaliseOne(e, JoinPath(append(SplitPath(path), k.AsString())...), r); n != cty.NilVal {
				out[k.AsString()] = n
			}
		}
		return Build(out)
	}
	return a.normaliseOne(v, path, r)
}

// Fit is a value that came from an attribute of another object in the form of this one: a single value is a list of one.
func (a *Attribute) Fit(v cty.Value) cty.Value {
	if a != nil && a.Nesting == List && v != cty.NilVal && !v.IsNull() && v.Type().IsPrimitiveType() {
		return cty.TupleVal([]cty.Value{v})
	}
	return v
}

func (a *Attribute) normaliseOne(v cty.Value, path string, r *Report) cty.Value {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return cty.NilVal
	}
	if v.Type() == ConsoleValue {
		ref := *(v.EncapsulatedValue().(*ValueRef))
		if a.Type == Ref {
			r.problem(path, "Refer to the object itself, as "+a.RefKind+".NAME.", "wants a %s, got the value %s that only the console knows", a.RefKind, ref)
			return cty.NilVal
		}
		if r.Refs == nil {
			r.Refs = map[string]ValueRef{}
		}
		r.Refs[path] = ref
		r.Deps = append(r.Deps, ref.Address)
		return cty.NilVal
	}
	switch a.Type {
	case ObjectType:
		return a.normaliseObject(v, path, r)
	case Ref:
		addr, ok := ObjectAddress(v)
		if !ok {
			r.problem(path, "Refer to an object, as "+a.RefKind+".NAME, without quotes.", "wants a %s, got %s", a.RefKind, v.Type().FriendlyName())
			return cty.NilVal
		}
		if addr.Kind() != a.RefKind {
			r.problem(path, "Refer to a "+a.RefKind+".", "wants a %s, got %s", a.RefKind, addr)
			return cty.NilVal
		}
		r.Deps = append(r.Deps, addr)
		return cty.StringVal(string(addr))
	case Size, Duration:
		var n float64
		switch {
		case v.Type() == cty.Number:
			n, _ = v.AsBigFloat().Float64()
		case v.Type() == cty.String:
			parse := ParseSize
			if a.Type == Duration {
				parse = ParseDuration
			}
			var err error
			if n, err = parse(v.AsString()); err != nil {
				r.problem(path, "", "%s", err)
				return cty.NilVal
			}
		default:
			r.problem(path, "", "wants a %s, got %s", a.Type, v.Type().FriendlyName())
			return cty.NilVal
		}
		if n < 0 || math.IsInf(n, 0) {
			r.problem(path, "", "%s is no %s", FormatNumber(v), a.Type)
			return cty.NilVal
		}
		return a.limits(NumberVal(n), path, r)
	}
	want := map[Type]cty.Type{String: cty.String, Number: cty.Number, Bool: cty.Bool}[a.Type]
	if v.Type() != want {
		c, err := convert.Convert(v, want)
		if err != nil || !c.IsKnown() || c.IsNull() {
			r.problem(path, "", "wants a %s, got %s", a.Type, v.Type().FriendlyName())
			return cty.NilVal
		}
		v = c
	}
	if a.Type == Number {
		f, _ := v.AsBigFloat().Float64()
		v = NumberVal(f) // consoles have two decimals; HCL's 512 bits only cost memory
	}
	return a.limits(v, path, r)
}

func (a *Attribute) normaliseObject(v cty.Value, path string, r *Report) cty.Value {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		r.problem(path, "Write it in braces, as { "+names(a.Attributes)+" }.", "wants an object, got %s", v.Type().FriendlyName())
		return cty.NilVal
	}
	m := v.AsValueMap()
	out := map[string]cty.Value{}
	for i := range a.Attributes {
		n := &a.Attributes[i]
		e, given := m[n.Name]
		delete(m, n.Name)
		p := JoinPath(append(SplitPath(path), n.Name)...)
		switch {
		case given && n.Computed && !e.IsNull():
			r.problem(p, "Remove it.", "is found by discovery and cannot be declared")
		case given:
			if nv := n.Normalise(e, p, r); nv != cty.NilVal {
				out[n.Name] = nv
			}
		case n.Required:
			r.problem(path, "Add "+n.Name+".", "lacks %s", n.Name)
		}
	}
	for k := range m {
		r.problem(path, "It takes "+names(a.Attributes)+"."+Suggest(k, attrNames(a.Attributes)), "has no attribute %q", k)
	}
	return Build(out)
}

func (a *Attribute) limits(v cty.Value, path string, r *Report) cty.Value {
	if v.Type() == cty.Number {
		f, _ := v.AsBigFloat().Float64()
		show := a.Display(v)
		if a.Min != nil && f < *a.Min {
			r.problem(path, fmt.Sprintf("The least is %s.", a.Display(cty.NumberFloatVal(*a.Min))), "%s is too small", show)
		}
		if a.Max != nil && f > *a.Max {
			r.problem(path, fmt.Sprintf("The most is %s.", a.Display(cty.NumberFloatVal(*a.Max))), "%s is too large", show)
		}
		return v
	}
	if v.Type() != cty.String {
		return v
	}
	s := v.AsString()
	if len(a.Enum) > 0 && !slices.Contains(a.Enum, s) {
		r.problem(path, "It is one of "+strings.Join(a.Enum, ", ")+"."+Suggest(s, a.Enum), "%q is not one of its values", s)
	}
	if a.MaxLength > 0 && utf8.RuneCountInString(s) > a.MaxLength {
		r.problem(path, fmt.Sprintf("Shorten it to %d characters.", a.MaxLength), "%q is %d characters long", s, utf8.RuneCountInString(s))
	}
	if a.Pattern != nil && !a.Pattern.MatchString(s) {
		r.problem(path, "Write "+a.PatternIs+".", "%q does not have the right form", s)
	}
	return v
}

// ObjectAddress returns the address that an object's value in an expression carries.
func ObjectAddress(v cty.Value) (Address, bool) {
	if v == cty.NilVal || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(AddressAttr) {
		return "", false
	}
	a := v.GetAttr(AddressAttr)
	if a.Type() != cty.String || a.IsNull() || !a.IsKnown() {
		return "", false // quoted, the name is in reach of those who want to forge an object
	}
	return Address(a.AsString()), true
}

func attrNames(attrs []Attribute) []string {
	var out []string
	for _, a := range attrs {
		if !a.Computed {
			out = append(out, a.Name)
		}
	}
	return out
}

func names(attrs []Attribute) string { return strings.Join(attrNames(attrs), ", ") }

package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// objectJSON is the form of an object at rest and on the wire.
type objectJSON struct {
	Kind     string              `json:"kind"`
	Address  Address             `json:"address,omitempty"`
	Endpoint string              `json:"endpoint,omitempty"`
	ID       string              `json:"id,omitempty"`
	Keys     []string            `json:"keys,omitempty"`
	Value    json.RawMessage     `json:"value,omitempty"`
	Profile  json.RawMessage     `json:"profile,omitempty"`
	Refs     map[string]ValueRef `json:"refs,omitempty"`
}

// MarshalJSON writes the canonical form: keys sorted, sizes in MiB, durations in seconds.
func (o *Object) MarshalJSON() ([]byte, error) {
	return json.Marshal(objectJSON{o.Kind, o.Address, o.Endpoint, o.ID, o.Keys, EncodeValue(o.Value), EncodeValue(o.Profile), o.Refs})
}

// UnmarshalJSON reads the canonical form without needing the kind: JSON's own
// types are enough, and Conform checks the result against the kind.
func (o *Object) UnmarshalJSON(b []byte) error {
	var j objectJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	value, err := DecodeValue(j.Value)
	if err != nil {
		return err
	}
	profile, err := DecodeValue(j.Profile)
	if err != nil {
		return err
	}
	*o = Object{j.Kind, j.Address, j.Endpoint, j.ID, j.Keys, value, profile, j.Refs}
	return nil
}

// EncodeValue writes a value as canonical JSON; cty.NilVal gives nil.
func EncodeValue(v cty.Value) json.RawMessage {
	if v == cty.NilVal {
		return nil
	}
	var b bytes.Buffer
	encode(&b, v)
	return b.Bytes()
}

func encode(b *bytes.Buffer, v cty.Value) {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		b.WriteString("null")
		return
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		b.Write(quote(v.AsString()))
	case ty == cty.Number:
		b.WriteString(FormatNumber(v))
	case ty == cty.Bool:
		if v.True() {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case ty.IsObjectType() || ty.IsMapType():
		b.WriteByte('{')
		first := true
		for it := v.ElementIterator(); it.Next(); { // in order of keys
			if !first {
				b.WriteByte(',')
			}
			first = false
			k, e := it.Element()
			b.Write(quote(k.AsString()))
			b.WriteByte(':')
			encode(b, e)
		}
		b.WriteByte('}')
	case v.CanIterateElements():
		b.WriteByte('[')
		first := true
		for it := v.ElementIterator(); it.Next(); {
			if !first {
				b.WriteByte(',')
			}
			first = false
			_, e := it.Element()
			encode(b, e)
		}
		b.WriteByte(']')
	default:
		b.WriteString("null")
	}
}

func quote(s string) []byte {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	if plain {
		return append(append(append(make([]byte, 0, len(s)+2), '"'), s...), '"')
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return bytes.TrimRight(b.Bytes(), "\n")
}

// DecodeValue reads canonical JSON into a value: objects become object values,
// arrays tuples. Empty input gives cty.NilVal.
func DecodeValue(b []byte) (cty.Value, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return cty.NilVal, nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return cty.NilVal, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return cty.NilVal, errors.New("something follows the JSON value")
	}
	return fromAny(x)
}

func fromAny(x any) (cty.Value, error) {
	switch x := x.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case string:
		return cty.StringVal(x), nil
	case bool:
		return cty.BoolVal(x), nil
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return cty.NilVal, fmt.Errorf("number %s: %w", x, err)
		}
		if i, err := x.Int64(); err == nil && (i > 1<<53 || i < -1<<53) {
			return cty.NumberIntVal(i), nil // written exactly, so read exactly
		}
		return NumberVal(f), nil
	case []any:
		if len(x) == 0 {
			return cty.EmptyTupleVal, nil
		}
		vals := make([]cty.Value, len(x))
		for i, e := range x {
			v, err := fromAny(e)
			if err != nil {
				return cty.NilVal, err
			}
			vals[i] = v
		}
		return cty.TupleVal(vals), nil
	case map[string]any:
		vals := make(map[string]cty.Value, len(x))
		for k, e := range x {
			v, err := fromAny(e)
			if err != nil {
				return cty.NilVal, err
			}
			vals[k] = v
		}
		if len(vals) == 0 {
			return cty.EmptyObjectVal, nil
		}
		return cty.ObjectVal(vals), nil
	}
	return cty.NilVal, fmt.Errorf("unexpected %T in JSON", x)
}

// Equal compares two values structurally in canonical form, so that a list and
// a tuple, or a map and an object, with the same content are equal.
func Equal(a, b cty.Value) bool {
	an, bn := a == cty.NilVal || a.IsNull(), b == cty.NilVal || b.IsNull()
	if an || bn {
		return an == bn
	}
	at, bt := a.Type(), b.Type()
	if at.IsPrimitiveType() && bt.IsPrimitiveType() {
		if at != bt {
			return false
		}
		if at == cty.Number {
			return FormatNumber(a) == FormatNumber(b)
		}
		return a.RawEquals(b)
	}
	return bytes.Equal(EncodeValue(a), EncodeValue(b))
}

// Conform checks a value against a kind and says what does not fit. It is the
// guard for everything that crosses a provider's boundary or comes from a file.
func (k *Kind) Conform(v cty.Value) error {
	if v == cty.NilVal {
		return nil
	}
	return conform(k.Attributes, v, "")
}

func conform(attrs []Attribute, v cty.Value, at string) error {
	if !v.Type().IsObjectType() {
		return fmt.Errorf("%s is %s, want an object", pathOr(at), v.Type().FriendlyName())
	}
	byName := make(map[string]*Attribute, len(attrs))
	for i := range attrs {
		byName[attrs[i].Name] = &attrs[i]
	}
	names := make([]string, 0, len(v.Type().AttributeTypes()))
	for n := range v.Type().AttributeTypes() {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		a := byName[name]
		p := JoinPath(append(SplitPath(at), name)...)
		if a == nil {
			return fmt.Errorf("%s is not an attribute of the kind", p)
		}
		if err := a.conform(v.GetAttr(name), p); err != nil {
			return err
		}
	}
	return nil
}

func (a *Attribute) conform(v cty.Value, at string) error {
	if v.IsNull() {
		return fmt.Errorf("%s is null; an absent value is left out", at)
	}
	switch a.Nesting {
	case List:
		if !v.Type().IsTupleType() && !v.Type().IsListType() {
			return fmt.Errorf("%s is %s, want a list", at, v.Type().FriendlyName())
		}
	case Map, LabelledBlock:
		if !v.Type().IsObjectType() && !v.Type().IsMapType() {
			return fmt.Errorf("%s is %s, want an object", at, v.Type().FriendlyName())
		}
	default:
		return a.conformOne(v, at)
	}
	for it := v.ElementIterator(); it.Next(); {
		key, e := it.Element()
		sub := at
		if key.Type() == cty.String {
			sub = JoinPath(append(SplitPath(at), key.AsString())...)
		}
		if err := a.conformOne(e, sub); err != nil {
			return err
		}
	}
	return nil
}

func (a *Attribute) conformOne(v cty.Value, at string) error {
	want := cty.String
	switch a.Type {
	case ObjectType:
		return conform(a.Attributes, v, at)
	case Number, Size, Duration:
		want = cty.Number
	case Bool:
		want = cty.Bool
	}
	if v.IsNull() || v.Type() != want {
		return fmt.Errorf("%s is %s, want %s", at, v.Type().FriendlyName(), want.FriendlyName())
	}
	return nil
}

func pathOr(p string) string {
	if p == "" {
		return "the value"
	}
	return p
}

// Display writes a value for people: sizes and durations with units.
func (a *Attribute) Display(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() {
		return "(none)"
	}
	if a != nil && a.Sensitive {
		return "(sensitive)"
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return v.AsString()
	case ty == cty.Bool:
		if v.True() {
			return "yes"
		}
		return "no"
	case ty == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if a != nil && a.Type == Size {
			return FormatSize(f)
		}
		if a != nil && a.Type == Duration {
			return FormatDuration(f)
		}
		return FormatNumber(v)
	case ty.IsObjectType() || ty.IsMapType():
		m := v.AsValueMap()
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = k + "=" + a.child(k).Display(m[k])
		}
		return strings.Join(parts, " ")
	case v.CanIterateElements():
		var parts []string
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			parts = append(parts, a.Display(e))
		}
		if len(parts) == 0 {
			return "(none)"
		}
		return strings.Join(parts, ", ")
	}
	return ty.FriendlyName()
}

func (a *Attribute) child(name string) *Attribute {
	if a == nil {
		return nil
	}
	for i := range a.Attributes {
		if a.Attributes[i].Name == name {
			return &a.Attributes[i]
		}
	}
	return a
}

package schema_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/config/schema"
)

// An address that ParseAddress accepts is in the one form that the rest of
// Gantry compares by.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"partition.db01", `disk.data["root"]`, "partition.p[0]", `module.a.module.b["x.y]"].disk.d["\""]`, "module.m", "a.b[05]", "a.b.5]", "module..a.b", `module.m[x].a.b`, `a.b["\x61"]`, "a.b[-1]", " a.b ", "module.m[0]x.a.b", "module.module.a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := schema.ParseAddress(s)
		schema.Address(s).Split() // never panics
		if err != nil {
			return
		}
		again, err := schema.ParseAddress(string(a))
		if err != nil || again != a {
			t.Fatalf("%q gave %q, which gives %q, %v", s, a, again, err)
		}
		module, kind, name, key := a.Split()
		if schema.NewAddress(module, kind, name, key) != a || kind == "" || name == "" {
			t.Fatalf("%q split into %q %q %q %q", a, module, kind, name, key)
		}
		if a.Group() != schema.NewAddress(module, kind, name, "") || a.Kind() != kind || a.Name() != name {
			t.Fatalf("%q: parts differ", a)
		}
	})
}

func TestParseAddress(t *testing.T) {
	for s, want := range map[string]string{
		"partition.db01":                       "partition.db01",
		` disk.data["root"] `:                  `disk.data["root"]`,
		`disk.data["\x61"]`:                    `disk.data["a"]`,
		"disk.data[05]":                        "disk.data[5]",
		`module.m["a.b"].disk.data["]"]`:       `module.m["a.b"].disk.data["]"]`,
		"module.m[1].module.n.disk.d":          "module.m[1].module.n.disk.d",
		"":                                     "",
		"partition":                            "",
		"partition.":                           "",
		".db01":                                "",
		"partition.db01.memory":                "",
		"partition.db01[]":                     "",
		"partition.db01[x]":                    "",
		"partition.db01[-1]":                   "",
		"partition.db01.5]":                    "",
		`partition.db01["a]`:                   "",
		"module..partition.db01":               "",
		"module.m[x].partition.db01":           "",
		"module.m[0]junk.partition.db01":       "",
		"partition.db01 partition.db02":        "",
		"partition.db01[0][1]":                 "",
		"partition.db01[99999999999999999999]": "",
	} {
		got, err := schema.ParseAddress(s)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", s, got, err, want)
		}
	}
}

// names are parts of paths and keys of objects, the awkward ones among them.
var names = rapid.OneOf(rapid.StringMatching(`[a-z_]{1,6}`), rapid.SampledFrom([]string{"", ".", `"`, `a.b`, `a"b`, "0", "ü", "a b", "\n", `\`, "<&>"}))

func values(depth int) *rapid.Generator[cty.Value] {
	return rapid.Custom(func(t *rapid.T) cty.Value {
		n := rapid.IntRange(0, 5).Draw(t, "type")
		if depth == 0 {
			n %= 4
		}
		switch n {
		case 0:
			return cty.StringVal(rapid.String().Draw(t, "text"))
		case 1:
			return cty.NumberIntVal(rapid.Int64().Draw(t, "int"))
		case 2:
			return cty.BoolVal(rapid.Bool().Draw(t, "bool"))
		case 3:
			return schema.NumberVal(float64(rapid.IntRange(-1e9, 1e9).Draw(t, "millionths")) / 1e6)
		case 4:
			return cty.TupleVal(rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "list"))
		}
		return schema.Build(rapid.MapOfN(names, values(depth-1), 0, 4).Draw(t, "object"))
	})
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		b := schema.EncodeValue(v)
		if !json.Valid(b) {
			t.Fatalf("not JSON: %s", b)
		}
		back, err := schema.DecodeValue(b)
		if err != nil {
			t.Fatal(err)
		}
		if again := schema.EncodeValue(back); !bytes.Equal(b, again) {
			t.Fatalf("%s became %s", b, again)
		}
		if !schema.Equal(v, back) || !schema.Equal(back, v) {
			t.Fatalf("%#v and %#v are not equal", v, back)
		}
	})
}

func TestObjectRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := &schema.Object{Kind: "partition", Address: `partition.a["<&>"]`, Endpoint: "ivm.a", ID: rapid.String().Draw(t, "id"),
			Value:   schema.Build(rapid.MapOfN(names, values(2), 0, 4).Draw(t, "object")),
			Profile: cty.NilVal, Refs: map[string]schema.ValueRef{"id": {Address: "partition.b", Path: "id"}}}
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var back schema.Object
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&back)
		if err != nil || !bytes.Equal(b, again) || !schema.Equal(o.Value, back.Value) || back.Profile != cty.NilVal {
			t.Fatalf("%s became %s, %v", b, again, err)
		}
	})
}

// Any finite number is written so that it reads back as itself.
func TestNumbers(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, x float64) {
		b := schema.EncodeValue(schema.NumberVal(x))
		back, err := schema.DecodeValue(b)
		if err != nil || !bytes.Equal(b, schema.EncodeValue(back)) {
			t.Fatalf("%g: %s became %s, %v", x, b, schema.EncodeValue(back), err)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), -1e-7, 1e-7, 0.1 + 0.2, 9.9999999, 1e12 + 0.1234567, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, -5e-324} {
		check(t, x)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Float64().Draw(t, "number")) })
	for _, bad := range []string{"1e999", "{} {}", "[1", "nul", "1 2"} {
		if v, err := schema.DecodeValue([]byte(bad)); err == nil {
			t.Errorf("%s gave %#v", bad, v)
		}
	}
}

func TestSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mib := rapid.OneOf(rapid.Float64Range(0, 1e18), rapid.Map(rapid.IntRange(0, 1<<40), func(i int) float64 { return float64(i) }), rapid.Map(rapid.IntRange(0, 1<<20), func(i int) float64 { return float64(i) * 1024 / 100 })).Draw(t, "MiB")
		s := schema.FormatSize(mib)
		back, err := schema.ParseSize(s)
		if err != nil || back != mib {
			t.Fatalf("%g MiB is %q, which is %g, %v", mib, s, back, err)
		}
		if again, err := schema.ParseSize(strings.ReplaceAll(s, " ", "")); err != nil || again != mib {
			t.Fatalf("%q without the space is %g, %v", s, again, err)
		}
	})
	for s, want := range map[string]float64{"8GiB": 8192, "8192MiB": 8192, "8192": 8192, "1.5 TiB": 1.5 * 1024 * 1024, "512KiB": 0.5, " 1 GiB ": 1024} {
		if got, err := schema.ParseSize(s); err != nil || got != want {
			t.Errorf("%q: got %g, %v, want %g", s, got, err, want)
		}
	}
	for _, s := range []string{"", "GiB", "8GB", "8 G", "-1GiB", "-0", "1e3", "NaN", "Inf", "0x10", "1,5GiB", "1..2GiB", strings.Repeat("9", 308) + "TiB"} {
		if got, err := schema.ParseSize(s); err == nil {
			t.Errorf("%q gave %g", s, got)
		}
	}
}

func TestDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := float64(rapid.IntRange(0, 1e9).Draw(t, "seconds"))
		s := schema.FormatDuration(seconds)
		if back, err := schema.ParseDuration(s); err != nil || back != seconds {
			t.Fatalf("%g s is %q, which is %g, %v", seconds, s, back, err)
		}
	})
	for s, want := range map[string]float64{"5m": 300, "90s": 90, "1h30m": 5400, "300": 300, "0": 0} {
		if got, err := schema.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: got %g, %v, want %g", s, got, err, want)
		}
	}
	for _, s := range []string{"", "5 minutes", "-5", "-5s", "Inf", "NaN", "1d"} {
		if got, err := schema.ParseDuration(s); err == nil {
			t.Errorf("%q gave %g", s, got)
		}
	}
	if got := schema.FormatDuration(1e12); strings.HasPrefix(got, "-") {
		t.Errorf("a long time is %s", got)
	}
}

func TestPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(names, 0, 5).Draw(t, "parts")
		before := append([]string(nil), parts...)
		p := schema.JoinPath(parts...)
		if len(parts) > 0 && !reflect.DeepEqual(parts, before) {
			t.Fatalf("JoinPath changed its argument to %q", parts)
		}
		back := schema.SplitPath(p)
		if len(back) != len(parts) || len(parts) > 0 && !reflect.DeepEqual(back, parts) {
			t.Fatalf("%q is %q, which is %q", parts, p, back)
		}
		schema.SplitPath(rapid.String().Draw(t, "any text")) // never panics
	})
}

// What is set at a path is found there, and nothing else has changed.
func TestSetGet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := schema.Build(rapid.MapOfN(names, values(3), 0, 4).Draw(t, "object"))
		to := values(1).Draw(t, "to")
		parts := rapid.SliceOfN(names, 1, 3).Draw(t, "path")
		path := schema.JoinPath(parts...)
		got := schema.Set(v, path, to)
		if x := schema.Get(got, path); x == cty.NilVal || !schema.Equal(x, to) {
			t.Fatalf("set %s, got %#v", path, x)
		}
		if !schema.Equal(schema.Set(got, path, to), got) {
			t.Fatal("setting twice changes more")
		}
		for name := range v.Type().AttributeTypes() {
			if name != parts[0] && !schema.Equal(schema.Get(v, schema.JoinPath(name)), schema.Get(got, schema.JoinPath(name))) {
				t.Fatalf("%q changed", name)
			}
		}
		if removed := schema.Set(got, path, cty.NilVal); schema.Has(removed, path) {
			t.Fatalf("%s is still there", path)
		}
	})
}

// The address of an object's value in an expression cannot be forged into a panic.
func TestObjectAddress(t *testing.T) {
	for _, v := range []cty.Value{cty.NilVal, cty.NullVal(cty.EmptyObject), cty.EmptyObjectVal, cty.NumberIntVal(1),
		cty.ObjectVal(map[string]cty.Value{schema.AddressAttr: cty.NumberIntVal(5)}),
		cty.ObjectVal(map[string]cty.Value{schema.AddressAttr: cty.NullVal(cty.String)}),
		cty.ObjectVal(map[string]cty.Value{schema.AddressAttr: cty.UnknownVal(cty.String)})} {
		if a, ok := schema.ObjectAddress(v); ok {
			t.Errorf("%#v has the address %q", v, a)
		}
	}
}

package sdk

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Object is something that was found on a console.
type Object struct {
	// ID is the console's identity of it. It is left out where it follows from the values: of an own kind, and where Kind.ID says how.
	ID string
	// Values by attribute: string, bool, int, float64 (numbers; sizes in MiB, durations in seconds), []string, []any, map[string]any for
	// maps, blocks (labelled ones by label) and objects. What is not known is left out; a nil is left out too.
	Values map[string]any
}

// value turns what an author writes into a value.
func value(x any) (cty.Value, error) {
	switch x := x.(type) {
	case nil:
		return cty.NilVal, nil
	case cty.Value:
		return x, nil
	case string:
		return cty.StringVal(x), nil
	case bool:
		return cty.BoolVal(x), nil
	case int:
		return cty.NumberIntVal(int64(x)), nil
	case int64:
		return cty.NumberIntVal(x), nil
	case float64:
		return schema.NumberVal(x), nil
	case []string:
		vals := make([]cty.Value, len(x))
		for i, s := range x {
			vals[i] = cty.StringVal(s)
		}
		return cty.TupleVal(vals), nil
	case []any:
		vals := make([]cty.Value, 0, len(x))
		for i, e := range x {
			v, err := value(e)
			if err != nil {
				return cty.NilVal, fmt.Errorf("item %d: %w", i, err)
			}
			if v != cty.NilVal {
				vals = append(vals, v)
			}
		}
		return cty.TupleVal(vals), nil
	case map[string]string:
		m := map[string]any{}
		for k, s := range x {
			m[k] = s
		}
		return value(m)
	case map[string]any:
		vals := map[string]cty.Value{}
		for k, e := range x {
			v, err := value(e)
			if err != nil {
				return cty.NilVal, fmt.Errorf("%s: %w", k, err)
			}
			if v != cty.NilVal {
				vals[k] = v
			}
		}
		return cty.ObjectVal(vals), nil
	}
	return cty.NilVal, fmt.Errorf("a %T is no value: use string, bool, int, float64, []string, []any or map[string]any", x)
}

// View looks at the values of an object. Paths are dotted, as memory.desired; a label with dots stands in double quotes.
type View struct{ v cty.Value }

// Has reports whether there is a value.
func (v View) Has(path string) bool { return schema.Has(v.v, path) }

// Str is a text, or "".
func (v View) Str(path string) string { return schema.Str(v.v, path) }

// Num is a number: MiB of a size, seconds of a duration; 0 without one.
func (v View) Num(path string) float64 { return schema.Num(v.v, path) }

// True reports whether a bool is there and true.
func (v View) True(path string) bool { return schema.True(v.v, path) }

// Strings are the texts of a list.
func (v View) Strings(path string) []string { return schema.Strings(v.v, path) }

// Labels are those of a labelled block, or the keys of a map, sorted.
func (v View) Labels(path string) []string { return schema.Items(v.v, path) }

// At is the part at a path.
func (v View) At(path string) View { return View{schema.Get(v.v, path)} }

// Path joins words to a path, with quotes where they are needed.
func Path(words ...string) string { return schema.JoinPath(words...) }

// Known is an object that is known: where it is declared, where it was found, and its values, in which references are identities.
type Known struct {
	View
	Address, Kind, ID, Endpoint string
}

func known(o *schema.Object) *Known {
	if o == nil {
		return nil
	}
	return &Known{View{o.Value}, string(o.Address), o.Kind, o.ID, o.Endpoint}
}

package schema

import (
	"reflect"

	"github.com/agext/levenshtein"
)

var valueRefType = reflect.TypeOf(ValueRef{})

// Suggest returns " Did you mean ...?" for the candidate nearest to a misspelt
// word, or "" when none is near.
func Suggest(got string, candidates []string) string {
	best, dist := "", 4
	if len(got) < 4 {
		dist = 3
	}
	for _, c := range candidates {
		if d := levenshtein.Distance(got, c, nil); d < dist {
			best, dist = c, d
		}
	}
	if best == "" {
		return ""
	}
	return " Did you mean " + best + "?"
}

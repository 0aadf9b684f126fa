package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// reservedNames mean something in every block, or begin expressions.
var reservedNames = []string{"count", "for_each", "depends_on", "provider", "lifecycle", "dynamic", "source", "precondition", "postcondition"}

// reservedKinds are what the language itself has at the top of a file.
var reservedKinds = []string{"gantry", "provider", "variable", "locals", "output", "module", "moved", "removed", "import", "waiver", "check", "var", "local", "each", "count", "self", "path", "pool"}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Check reports what is wrong with a kind that came from elsewhere: what the program's own kinds keep to because their tests say so.
func (k *Kind) Check() error {
	if !namePattern.MatchString(k.Name) || slices.Contains(reservedKinds, k.Name) {
		return fmt.Errorf("%q cannot be the name of a kind", k.Name)
	}
	if err := checkAttributes(k.Name, k.Attributes, true); err != nil {
		return err
	}
	for _, set := range k.Identity {
		for _, p := range set {
			if k.Attribute(p) == nil {
				return fmt.Errorf("the kind %s is identified by %s, which it does not have", k.Name, p)
			}
		}
	}
	for _, p := range k.Home {
		if a := k.Attribute(p); a == nil || a.Type != Ref {
			return fmt.Errorf("the home of the kind %s, %s, is no reference", k.Name, p)
		}
	}
	if len(k.Identity) == 0 || len(k.Identity[0]) == 0 {
		return fmt.Errorf("the kind %s says nothing of what identifies its objects", k.Name)
	}
	if k.Place != "" || k.Reached != "" || k.Shared {
		return fmt.Errorf("the kind %s: place, reached and shared are those of Gantry's own kinds; home says what an object lives on", k.Name)
	}
	for _, n := range k.Needs {
		at := n.At
		if at == "" && len(k.Home) > 0 {
			at = k.Home[0]
		}
		if a := k.Attribute(at); a == nil || a.Type != Ref || a.Nesting != Single {
			return fmt.Errorf("the kind %s needs %s at %q, which is no reference to one object", k.Name, n.Resource, at)
		}
		if a := k.Attribute(n.Amount); n.Resource == "" || n.Amount != "" && (a == nil || a.Type != Number && a.Type != Size) {
			return fmt.Errorf("the kind %s needs a resource without a name, or an amount %q that is no number", k.Name, n.Amount)
		}
	}
	return nil
}

// CheckAttributes reports what is wrong with attributes that came from elsewhere.
func CheckAttributes(at string, attrs []Attribute) error { return checkAttributes(at, attrs, true) }

func checkAttributes(at string, attrs []Attribute, top bool) error {
	seen := map[string]bool{}
	for i := range attrs {
		a := &attrs[i]
		where := at + "." + a.Name
		switch {
		case !namePattern.MatchString(a.Name) || top && slices.Contains(reservedNames, a.Name):
			return fmt.Errorf("%s: %q cannot be the name of an attribute", at, a.Name)
		case seen[a.Name]:
			return fmt.Errorf("%s is declared twice", where)
		case int(a.Type) < 0 || int(a.Type) >= len(typeNames) || int(a.Nesting) < 0 || int(a.Nesting) >= len(nestingWords) || int(a.Disruption) < 0 || int(a.Disruption) >= len(disruptionNames):
			return fmt.Errorf("%s has no type, nesting or disruption that there is", where)
		case a.Type == Ref && a.RefKind == "":
			return fmt.Errorf("%s is a reference and does not say to which kind", where)
		case (a.Type == ObjectType) != (len(a.Attributes) > 0):
			return fmt.Errorf("%s: an object has attributes of its own, and nothing else has", where)
		case (a.Nesting == Block || a.Nesting == LabelledBlock) && a.Type != ObjectType:
			return fmt.Errorf("%s is a block and no object", where)
		case a.Required && a.Computed:
			return fmt.Errorf("%s is required and found at the same time", where)
		case strings.TrimSpace(a.Doc) == "":
			return fmt.Errorf("%s has no sentence that says what it is", where)
		case a.Room != "" && (a.Type != Number && a.Type != Size || a.Nesting != Single):
			return fmt.Errorf("%s is room and no number", where)
		}
		seen[a.Name] = true
		if err := checkAttributes(where, a.Attributes, false); err != nil {
			return err
		}
	}
	return nil
}

package schema

import (
	"fmt"
	"strings"
)

// exported is the documented JSON form of a kind, for editors and tools.
type exported struct {
	Name       string              `json:"name"`
	Doc        string              `json:"doc"`
	Version    int                 `json:"version,omitempty"`
	Identity   [][]string          `json:"identity,omitempty"`
	Place      string              `json:"place,omitempty"`
	Existing   bool                `json:"existing,omitempty"`
	Attributes []exportedAttribute `json:"attributes"`
}

type exportedAttribute struct {
	Name       string              `json:"name"`
	Type       string              `json:"type"`
	Nesting    string              `json:"nesting,omitempty"`
	RefKind    string              `json:"references,omitempty"`
	Doc        string              `json:"doc"`
	Console    string              `json:"console,omitempty"`
	Required   bool                `json:"required,omitempty"`
	Computed   bool                `json:"computed,omitempty"`
	Policy     bool                `json:"policy,omitempty"`
	CreateOnly bool                `json:"create_only,omitempty"`
	Profile    bool                `json:"has_profile_value,omitempty"`
	Default    string              `json:"default,omitempty"`
	Example    string              `json:"example,omitempty"`
	Enum       []string            `json:"enum,omitempty"`
	Min        *float64            `json:"minimum,omitempty"`
	Max        *float64            `json:"maximum,omitempty"`
	MaxLength  int                 `json:"max_length,omitempty"`
	Disruption string              `json:"disruption,omitempty"`
	Online     bool                `json:"online_possible,omitempty"`
	Managers   []string            `json:"managers,omitempty"`
	Attributes []exportedAttribute `json:"attributes,omitempty"`
}

var nestingNames = [...]string{"", "list", "map", "block", "labelled block"}

func exportAttributes(attrs []Attribute) []exportedAttribute {
	out := make([]exportedAttribute, 0, len(attrs))
	for i := range attrs {
		a := &attrs[i]
		e := exportedAttribute{Name: a.Name, Type: a.Type.String(), Nesting: nestingNames[a.Nesting], RefKind: a.RefKind, Doc: a.Doc, Console: a.Console, Required: a.Required, Computed: a.Computed, Policy: a.Policy,
			CreateOnly: a.CreateOnly, Profile: a.Dual, Default: a.Default, Example: a.Example, Enum: a.Enum, Min: a.Min, Max: a.Max, MaxLength: a.MaxLength, Online: a.Online != nil, Managers: a.Managers}
		if a.Type == ObjectType {
			e.Attributes = exportAttributes(a.Attributes)
		}
		if !a.Computed && !a.Policy && a.Type != ObjectType {
			e.Disruption = a.Disruption.String()
		}
		out = append(out, e)
	}
	return out
}

// Export is the catalogue as data: {"format": 1, "kinds": [...], "provider": {...}}.
func Export(c *Catalogue, endpoint *Kind) any {
	var ks []exported
	for _, k := range c.Kinds() {
		ks = append(ks, exported{k.Name, k.Doc, k.Version, k.Identity, k.Place, k.Existing, exportAttributes(k.Attributes)})
	}
	return map[string]any{"format": 1, "kinds": ks,
		"provider": exported{Name: endpoint.Name, Doc: endpoint.Doc, Attributes: exportAttributes(endpoint.Attributes)}}
}

// Markdown is the language reference of the kinds.
func Markdown(c *Catalogue, endpoint *Kind, whole bool) string {
	var b strings.Builder
	if whole {
		b.WriteString("# Kinds\n\nGenerated from the kinds themselves: `make generate`. Do not edit.\n\n")
		b.WriteString("An attribute that is left out is not managed: Gantry neither changes it nor reports it as drift. *Found* attributes are discovered and cannot be declared; refer to them elsewhere, whole. *Policy* attributes are instructions to Gantry that no console holds.\n\n")
		b.WriteString("*Felt* says what users of a running object notice when the attribute changes: none, pause, activation (takes hold at the next activation), restart, outage. *Online* means that it changes without a restart while the management connection (RMC) is up and the value is inside the limits that the partition was activated with.\n")
	}
	for _, k := range c.Kinds() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", k.Name, k.Doc)
		var ways []string
		for _, p := range k.Identity {
			ways = append(ways, "`"+strings.Join(p, "` and `")+"`")
		}
		fmt.Fprintf(&b, "Identified by %s.", strings.Join(ways, ", or "))
		switch {
		case k.Existing && k.Made != nil:
			b.WriteString(" What is there already is never owned or deleted; what Gantry makes or adds, as said above, is.")
		case k.Existing:
			b.WriteString(" It exists already; Gantry never creates or deletes it.")
		}
		b.WriteString("\n\n")
		example(&b, k)
		declared, found := split(k.Attributes)
		b.WriteString("| attribute | type | meaning | felt | console |\n|---|---|---|---|---|\n")
		rows(&b, declared, "")
		if len(found) > 0 {
			b.WriteString("\nFound:\n\n| attribute | type | meaning | console |\n|---|---|---|---|\n")
			foundRows(&b, found, "")
		}
	}
	if whole {
		fmt.Fprintf(&b, "\n## provider\n\n%s\n\n| attribute | type | meaning | default |\n|---|---|---|---|\n", endpoint.Doc)
		for _, a := range endpoint.Attributes {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", a.Name, typeText(&a), a.Doc, a.Default)
		}
	}
	return b.String()
}

func split(attrs []Attribute) (declared, found []Attribute) {
	for _, a := range attrs {
		if a.Computed {
			found = append(found, a)
			continue
		}
		declared = append(declared, a)
	}
	return declared, found
}

func typeText(a *Attribute) string {
	t := a.Type.String()
	if a.Type == Ref {
		t = "reference to " + a.RefKind
	}
	switch a.Nesting {
	case List:
		t = "list of " + t
	case Map:
		t = "map of " + t
	case Block:
		t = "block"
	case LabelledBlock:
		t = "blocks with a label"
	}
	return t
}

func limitsText(a *Attribute) string {
	var parts []string
	if a.Required {
		parts = append(parts, "Required.")
	}
	if len(a.Enum) > 0 {
		parts = append(parts, "One of `"+strings.Join(a.Enum, "`, `")+"`.")
	}
	if a.Min != nil && a.Max != nil {
		parts = append(parts, fmt.Sprintf("%g to %g.", *a.Min, *a.Max))
	} else if a.Min != nil {
		parts = append(parts, fmt.Sprintf("At least %g.", *a.Min))
	}
	if a.MaxLength > 0 {
		parts = append(parts, fmt.Sprintf("At most %d characters.", a.MaxLength))
	}
	if a.PatternIs != "" {
		parts = append(parts, "Form: "+a.PatternIs+".")
	}
	if a.CreateOnly {
		parts = append(parts, "Chosen at creation only.")
	}
	if a.Policy {
		parts = append(parts, "Policy.")
	}
	if a.Least {
		parts = append(parts, "What is there besides stays.")
	}
	if a.Ordered {
		parts = append(parts, "In order.")
	}
	if a.Default != "" {
		parts = append(parts, "Left out: "+a.Default+".")
	}
	if len(a.Managers) > 0 {
		parts = append(parts, "Only under "+strings.Join(a.Managers, ", ")+".")
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " ")
}

func rows(b *strings.Builder, attrs []Attribute, prefix string) {
	for i := range attrs {
		a := &attrs[i]
		felt := ""
		if a.Type != ObjectType && !a.Policy && !a.CreateOnly {
			felt = a.Disruption.String()
			if a.Online != nil {
				felt += ", online"
			}
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s%s | %s | %s |\n", prefix, a.Name, typeText(a), a.Doc, limitsText(a), felt, code(a.Console))
		if a.Type == ObjectType {
			declared, _ := split(a.Attributes)
			rows(b, declared, prefix+a.Name+".")
		}
	}
}

func foundRows(b *strings.Builder, attrs []Attribute, prefix string) {
	for i := range attrs {
		a := &attrs[i]
		fmt.Fprintf(b, "| `%s%s` | %s | %s | %s |\n", prefix, a.Name, typeText(a), a.Doc, code(a.Console))
		if a.Type == ObjectType {
			foundRows(b, a.Attributes, prefix+a.Name+".")
		}
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// example writes a block with the examples of the attributes.
func example(b *strings.Builder, k *Kind) {
	fmt.Fprintf(b, "```hcl\n%s \"NAME\" {\n", k.Name)
	exampleBody(b, k.Attributes, "  ")
	b.WriteString("}\n```\n\n")
}

func exampleBody(b *strings.Builder, attrs []Attribute, in string) {
	width := 0
	for _, a := range attrs {
		if a.Example != "" && !a.Computed && a.Nesting != Block && a.Nesting != LabelledBlock && len(a.Name) > width {
			width = len(a.Name)
		}
	}
	for _, a := range attrs {
		if !a.Computed && a.Example != "" && a.Nesting != Block && a.Nesting != LabelledBlock {
			fmt.Fprintf(b, "%s%-*s = %s\n", in, width, a.Name, a.Example)
		}
	}
	for _, a := range attrs {
		switch {
		case a.Computed:
		case a.Nesting == Block:
			fmt.Fprintf(b, "%s%s {\n", in, a.Name)
			exampleBody(b, a.Attributes, in+"  ")
			fmt.Fprintf(b, "%s}\n", in)
		case a.Nesting == LabelledBlock:
			fmt.Fprintf(b, "%s%s \"LABEL\" {\n", in, a.Name)
			exampleBody(b, a.Attributes, in+"  ")
			fmt.Fprintf(b, "%s}\n", in)
		}
	}
}

package main

import (
	"fmt"
	"regexp"
	"strings"
)

// The grammar of the zoning commands: every line is made here, and what a line cannot carry is refused.

var (
	objectName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
	portName   = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// quoted makes a command line of a command and its arguments; lists have semicolons between their items.
func quoted(command string, args ...[]string) (string, error) {
	var out []string
	for _, list := range args {
		for _, x := range list {
			if !objectName.MatchString(x) && !portName.MatchString(strings.ReplaceAll(x, ":", "")) {
				return "", fmt.Errorf("%q is neither a name of a zone object nor a world wide port name", x)
			}
		}
		out = append(out, `"`+strings.Join(list, ";")+`"`)
	}
	return strings.TrimSpace(command + " " + strings.Join(out, ", ")), nil
}

// wwpn writes a world wide port name as switches do: c0:50:76:..., whatever a console printed.
func wwpn(s string) (string, error) {
	h := strings.ToLower(strings.ReplaceAll(s, ":", ""))
	if !portName.MatchString(h) {
		return "", fmt.Errorf("%q is no world wide port name", s)
	}
	var parts []string
	for i := 0; i < len(h); i += 2 {
		parts = append(parts, h[i:i+2])
	}
	return strings.Join(parts, ":"), nil
}

// plain is the name without colons, as consoles of Power systems print it.
func plain(s string) string { return strings.ToLower(strings.ReplaceAll(s, ":", "")) }

// zoning is what cfgshow says.
type zoning struct {
	alias, zone, config map[string][]string
	enabled             string
	effective           map[string]bool // zones in effect
}

// parse reads cfgshow: a heading for each half, then lines "word: name members", with members going on in lines that begin with blanks.
func parse(out string) (*zoning, error) {
	z := &zoning{alias: map[string][]string{}, zone: map[string][]string{}, config: map[string][]string{}, effective: map[string]bool{}}
	half, into, name := "", map[string][]string(nil), ""
	for _, line := range strings.Split(out, "\n") {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "Defined configuration"), strings.HasPrefix(text, "Effective configuration"):
			half, into = text[:1], nil
			continue
		case text == "" || strings.HasPrefix(text, "no configuration"):
			continue
		}
		word, rest, labelled := strings.Cut(text, ":")
		if labelled && (word == "cfg" || word == "zone" || word == "alias") {
			f := strings.Fields(rest)
			if half == "" || len(f) == 0 {
				return nil, fmt.Errorf("cfgshow printed a line that is not known: %q", line)
			}
			name, into = f[0], map[string]map[string][]string{"Dcfg": z.config, "Dzone": z.zone, "Dalias": z.alias}[half+word]
			switch half + word {
			case "Ecfg":
				z.enabled = name
			case "Ezone":
				z.effective[name] = true
			}
			if into != nil {
				into[name] = []string{}
			}
			text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), name))
		}
		if into == nil {
			continue // the members of what is in effect
		}
		for _, m := range strings.Split(text, ";") {
			if m = strings.TrimSpace(m); m != "" {
				into[name] = append(into[name], m)
			}
		}
	}
	if half == "" {
		return nil, fmt.Errorf("this is not what cfgshow prints: %q", out)
	}
	return z, nil
}

// refusal reports whether an answer is one: switches exit with 0 all the same.
func refusal(answer string) bool {
	a := strings.ToLower(answer)
	for _, w := range []string{"error", "not found", "duplicate", "invalid", "usage:", "cancelled", "command not found"} {
		if strings.Contains(a, w) {
			return true
		}
	}
	return false
}

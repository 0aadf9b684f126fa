package console

import (
	"fmt"
	"regexp"
	"strings"
)

// Ioscli begins a Virtual I/O Server command for an exec channel, where the
// bare names need not exist (ivm-cli.md, section 2).
func Ioscli(words ...string) *Command { return New(append([]string{"ioscli"}, words...)...) }

// Mapping is one virtual target device behind a server adapter.
type Mapping struct {
	VTD, Status, LUN, Backing, Physloc string
}

// ServerAdapter is a vhost with what it exports.
type ServerAdapter struct {
	Name, Physloc string
	Client        int // partition id, 0 when the client is not active or any
	Mappings      []Mapping
}

// Slot is the virtual slot in the adapter's location code, or 0.
func (a *ServerAdapter) Slot() int { return VirtualSlot(a.Physloc) }

// VirtualSlot is the virtual slot that a location code such as
// U8842.P1Z.1000000-V1-C11-T1 names, or 0.
func VirtualSlot(physloc string) int {
	if m := slotRE.FindStringSubmatch(physloc); m != nil {
		var n int
		_, _ = fmt.Sscan(m[1], &n) // the pattern has matched digits
		return n
	}
	return 0
}

var slotRE = regexp.MustCompile(`-V\d+-C(\d+)`)

// ParseLsmap reads lsmap -all in its default layout. Labels are matched by
// name, so that levels with fewer or more lines (Mirrored) are read alike.
func ParseLsmap(out string) ([]ServerAdapter, error) {
	var all []ServerAdapter
	expectAdapter := false
	for _, line := range lines(out) {
		switch {
		case strings.HasPrefix(line, "SVSA"):
			continue
		case strings.HasPrefix(line, "-----"):
			expectAdapter = true
			continue
		case expectAdapter:
			f := strings.Fields(line)
			if len(f) < 3 {
				return nil, fmt.Errorf("adapter line %q", line)
			}
			var id int
			if _, err := fmt.Sscanf(strings.ToLower(f[2]), "0x%x", &id); err != nil {
				return nil, fmt.Errorf("client partition id %q in %q", f[2], line)
			}
			all = append(all, ServerAdapter{Name: f[0], Physloc: f[1], Client: id})
			expectAdapter = false
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("unexpected line %q before the first adapter", line)
		}
		a := &all[len(all)-1]
		label, value := line, ""
		for _, l := range []string{"VTD", "Status", "LUN", "Backing device", "Physloc", "Mirrored"} {
			if rest, ok := strings.CutPrefix(line, l); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
				label, value = l, strings.TrimSpace(rest)
			}
		}
		if label == "VTD" {
			if strings.HasPrefix(value, "NO VIRTUAL TARGET DEVICE") {
				continue
			}
			a.Mappings = append(a.Mappings, Mapping{VTD: value})
			continue
		}
		if len(a.Mappings) == 0 {
			if label == "Physloc" || label == "Mirrored" {
				continue
			}
			return nil, fmt.Errorf("line %q without a target device", line)
		}
		m := &a.Mappings[len(a.Mappings)-1]
		switch label {
		case "Status":
			m.Status = value
		case "LUN":
			m.LUN = value
		case "Backing device":
			m.Backing = value
		case "Physloc":
			m.Physloc = value
		}
	}
	return all, nil
}

func lines(out string) []string {
	var l []string
	for _, s := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		if s = strings.TrimRight(s, " \t"); s != "" {
			l = append(l, s)
		}
	}
	return l
}

// Colon splits lines of -fmt : output into fields; an empty field is one blank.
func Colon(out string) [][]string {
	var rows [][]string
	for _, l := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(l) == "" {
			continue
		}
		f := strings.Split(l, ":")
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		rows = append(rows, f)
	}
	return rows
}

// Device is a row of lsdev.
type Device struct{ Name, Status, Description string }

// ParseLsdev reads lsdev [-virtual] in its default layout; the heading is absent behind a grep.
func ParseLsdev(out string) []Device {
	var ds []Device
	for _, l := range lines(out) {
		f := strings.Fields(l)
		if len(f) < 2 || f[0] == "name" && f[1] == "status" {
			continue
		}
		ds = append(ds, Device{f[0], f[1], strings.Join(f[2:], " ")})
	}
	return ds
}

// ParseAttr reads lsdev -dev D -attr A: the word value, an empty line, the value.
func ParseAttr(out string) string {
	l := lines(out)
	if len(l) >= 2 && strings.TrimSpace(l[0]) == "value" {
		return strings.TrimSpace(l[1])
	}
	return ""
}

// ParseAttrs reads the answers of several lsdev -dev D -attr A,B,... in a row: the
// values of each, behind the word value.
func ParseAttrs(out string) [][]string {
	var all [][]string
	for _, l := range lines(out) {
		l = strings.TrimSpace(l)
		switch {
		case l == "value":
			all = append(all, nil)
		case len(all) > 0:
			all[len(all)-1] = append(all[len(all)-1], l)
		}
	}
	return all
}

// ParseLspv reads lspv: name -> PVID, volume group, status. "none" and "None" are nothing.
func ParseLspv(out string) map[string][3]string {
	m := map[string][3]string{}
	for _, l := range lines(out) {
		f := strings.Fields(l)
		if len(f) < 2 || f[0] == "NAME" {
			continue
		}
		var row [3]string
		for i := 1; i < len(f) && i < 4; i++ {
			if f[i] != "none" && f[i] != "None" {
				row[i-1] = f[i]
			}
		}
		m[f[0]] = row
	}
	return m
}

// LUN takes the storage port and the LUN out of a disk's location code; they
// alone are the same on every Virtual I/O Server.
func LUN(physloc string) (wwpn, lun string, ok bool) {
	m := lunRE.FindStringSubmatch(physloc)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var lunRE = regexp.MustCompile(`-W([0-9A-F]{16})-L([0-9A-F]+)$`)

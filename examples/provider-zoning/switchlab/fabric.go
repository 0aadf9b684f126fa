// Package switchlab is a fabric with one switch behind a real SSH server, as far as zoning goes: aliases, zones, configurations, and the
// transaction in which they change. It answers as the switches of Brocade do.
//
// What is unconfirmed: the words of refusals, that every command exits with 0, and the size of an entry of the database.
package switchlab

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// database is what a fabric knows of zoning.
type database struct {
	alias, zone, config map[string][]string
}

func (d *database) clone() *database {
	c := func(m map[string][]string) map[string][]string {
		out := map[string][]string{}
		for k, v := range m {
			out[k] = slices.Clone(v)
		}
		return out
	}
	return &database{c(d.alias), c(d.zone), c(d.config)}
}

func (d *database) size() int {
	n := 0
	for _, m := range []map[string][]string{d.alias, d.zone, d.config} {
		for k, v := range m {
			n += len(k) + 4
			for _, x := range v {
				n += len(x) + 2
			}
		}
	}
	return n
}

// maxSize is that of the zone database of a switch, in bytes.
const maxSize = 1045274

// Fabric is the state of one.
type Fabric struct {
	Name    string
	defined *database // saved
	open    *database // the transaction; nil when there is none
	token   int
	enabled string
	effect  map[string][]string // zone -> WWPNs, as enabled
}

// NewFabric has a configuration with one zone in effect: that of a host that works.
func NewFabric(name string) *Fabric {
	f := &Fabric{Name: name, token: 0x3100, enabled: "prod", defined: &database{
		alias:  map[string][]string{"storage": {"50:05:07:68:10:11:4c:3d"}, "old_host": {"c0:50:76:00:00:00:00:02"}},
		zone:   map[string][]string{"z_old_host": {"old_host", "storage"}},
		config: map[string][]string{"prod": {"z_old_host"}},
	}}
	f.effect = f.defined.resolve("prod")
	return f
}

func (d *database) resolve(cfg string) map[string][]string {
	out := map[string][]string{}
	for _, z := range d.config[cfg] {
		for _, m := range d.zone[z] {
			if w, ok := d.alias[m]; ok {
				out[z] = append(out[z], w...)
			} else {
				out[z] = append(out[z], m)
			}
		}
	}
	return out
}

var (
	object = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
	wwn    = regexp.MustCompile(`^([0-9a-f]{2}:){7}[0-9a-f]{2}$`)
	words  = regexp.MustCompile(`"([^"]*)"|([^\s,"]+)`)
)

// Run answers one command line.
func (f *Fabric) Run(line string) string {
	var args []string
	for _, m := range words.FindAllStringSubmatch(line, -1) {
		args = append(args, m[1]+m[2])
	}
	if len(args) == 0 {
		return ""
	}
	name, args := strings.ToLower(args[0]), args[1:]
	switch name {
	case "version":
		return "Kernel:     4.14.128\nFabric OS:  v9.1.1\nMade on:    Thu Apr 21 02:35:02 2022\n"
	case "switchname":
		return f.Name + "\n"
	case "cfgshow":
		return f.show()
	case "cfgsize":
		return fmt.Sprintf("Zone DB max size - %d bytes\nAvailable Zone DB size - %d bytes\ncommitted - %d\ntransaction - %d\n", maxSize, maxSize-f.defined.size(), f.defined.size(), f.openSize())
	case "cfgtransshow":
		if f.open == nil {
			return "There is no outstanding zoning transactions\n"
		}
		return fmt.Sprintf("Current transaction token is 0x%x\nIt is abortable\n", f.token)
	case "cfgtransabort":
		if f.open == nil {
			return "There is no outstanding transaction in this fabric\n"
		}
		f.open = nil
		return ""
	case "cfgsave":
		if f.open == nil {
			return "Nothing changed: nothing to save, returning ...\n"
		}
		if len(args) == 0 || args[0] != "-f" {
			return "You are about to save the Defined zoning configuration. This\naction will only save the changes on Defined configuration.\nDo you want to save the Defined zoning configuration only?  (yes, y, no, n): [no] \noperation cancelled...\n"
		}
		if f.open.size() > maxSize {
			return "error: zone DB too large\n"
		}
		f.defined, f.open = f.open, nil
		return "Updating flash ...\n"
	case "cfgenable":
		if len(args) > 0 && args[0] == "-f" {
			args = args[1:]
		} else if len(args) > 0 {
			return "You are about to enable a new zoning configuration.\nDo you want to enable '" + args[0] + "' configuration  (yes, y, no, n): [no] \noperation cancelled...\n"
		}
		db := f.open
		if db == nil {
			db = f.defined
		}
		if len(args) != 1 || db.config[args[0]] == nil {
			return fmt.Sprintf("error: %q not found\n", strings.Join(args, " "))
		}
		for _, z := range db.config[args[0]] {
			for _, m := range db.zone[z] {
				if _, ok := db.alias[m]; !ok && !wwn.MatchString(m) {
					return fmt.Sprintf("error: zone %q has the unknown member %q\n", z, m)
				}
			}
		}
		f.defined, f.open, f.enabled = db, nil, args[0]
		f.effect = db.resolve(args[0])
		return "zone config \"" + args[0] + "\" is in effect\nUpdating flash ...\n"
	}
	return f.change(name, args)
}

func (f *Fabric) openSize() int {
	if f.open == nil {
		return 0
	}
	return f.open.size()
}

// change is a command of the transaction.
func (f *Fabric) change(name string, args []string) string {
	kinds := map[string]func(*database) map[string][]string{
		"ali":  func(d *database) map[string][]string { return d.alias },
		"zone": func(d *database) map[string][]string { return d.zone },
		"cfg":  func(d *database) map[string][]string { return d.config },
	}
	for prefix, table := range kinds {
		verb, ok := strings.CutPrefix(name, prefix)
		if !ok || !slices.Contains([]string{"create", "add", "remove", "delete"}, verb) {
			continue
		}
		if want := map[bool]int{true: 1, false: 2}[verb == "delete"]; len(args) != want {
			return fmt.Sprintf("Usage: %s \"arg1\", \"arg2\"\n", name)
		}
		db := f.open
		if db == nil {
			db = f.defined.clone()
		}
		t := table(db)
		if !object.MatchString(args[0]) {
			return fmt.Sprintf("error: %q invalid name\n", args[0])
		}
		taken := db.alias[args[0]] != nil || db.zone[args[0]] != nil || db.config[args[0]] != nil
		var members []string
		if len(args) > 1 {
			for _, m := range strings.Split(args[1], ";") {
				m = strings.TrimSpace(m)
				if prefix == "ali" && !wwn.MatchString(m) || !wwn.MatchString(m) && !object.MatchString(m) {
					return fmt.Sprintf("error: %q invalid member\n", m)
				}
				members = append(members, m)
			}
		}
		switch {
		case verb == "create" && taken:
			return fmt.Sprintf("error: %q duplicate name\n", args[0])
		case verb != "create" && t[args[0]] == nil:
			return fmt.Sprintf("error: %q not found\n", args[0])
		}
		switch verb {
		case "create":
			t[args[0]] = members
		case "add":
			for _, m := range members {
				if slices.Contains(t[args[0]], m) {
					return fmt.Sprintf("error: %q is a member of %q already\n", m, args[0])
				}
			}
			t[args[0]] = append(t[args[0]], members...)
		case "remove":
			for _, m := range members {
				if !slices.Contains(t[args[0]], m) {
					return fmt.Sprintf("error: %q not found in %q\n", m, args[0])
				}
			}
			t[args[0]] = slices.DeleteFunc(t[args[0]], func(m string) bool { return slices.Contains(members, m) })
		case "delete":
			delete(t, args[0])
		}
		if f.open == nil {
			f.token++
		}
		f.open = db
		return ""
	}
	return "rbash: " + name + ": command not found\n"
}

// show is cfgshow: what is defined, the transaction included, and what is in effect.
func (f *Fabric) show() string {
	db := f.open
	if db == nil {
		db = f.defined
	}
	var b strings.Builder
	part := func(word string, m map[string][]string) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, " %s:\t%s\t", word, k)
			for i, x := range m[k] {
				if i > 0 {
					b.WriteString("; ")
				}
				if i > 0 && i%3 == 0 { // long lists go on in the next line
					b.WriteString("\n\t\t")
				}
				b.WriteString(x)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("Defined configuration:\n")
	part("cfg", db.config)
	part("zone", db.zone)
	part("alias", db.alias)
	b.WriteString("\nEffective configuration:\n")
	if f.enabled == "" {
		b.WriteString(" no configuration in effect\n")
		return b.String()
	}
	fmt.Fprintf(&b, " cfg:\t%s\t\n", f.enabled)
	for _, z := range slices.Sorted(maps.Keys(f.effect)) {
		fmt.Fprintf(&b, " zone:\t%s\t", z)
		for i, m := range f.effect[z] {
			if i > 0 {
				b.WriteString("\n\t\t")
			}
			b.WriteString(m)
		}
		b.WriteString("\n")
	}
	return b.String()
}

package lab

import (
	"fmt"
	"slices"
	"strings"
)

// The accounts of a workload partition are in its own files, so that they go where its files go.

// stanzaLines reads a file of /etc/security: stanza, attribute, value.
func stanzaLines(text string) [][3]string {
	var out [][3]string
	stanza := ""
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		name, isHead := strings.CutSuffix(l, ":")
		attr, value, isPair := strings.Cut(l, "=")
		switch {
		case l == "" || l[0] == '*':
		case isPair:
			out = append(out, [3]string{stanza, strings.TrimSpace(attr), strings.TrimSpace(value)})
		case isHead:
			stanza = name
		}
	}
	return out
}

// readAccounts takes the accounts of a view from the files of its partition. One whose files are not there has those of an
// installation.
func (h *Host) readAccounts() {
	h.setDefaultAccounts()
	h.Security = map[string]string{}
	users, ok := h.ownFile("/etc/passwd")
	groups, ok2 := h.ownFile("/etc/group")
	if !ok || !ok2 {
		return
	}
	h.Users, h.UserGroups = nil, nil
	numbers := map[int]string{}
	for _, l := range strings.Split(groups, "\n") {
		if f := strings.Split(l, ":"); len(f) == 4 {
			id, _ := atoi(f[2])
			numbers[id] = f[0]
			h.UserGroups = append(h.UserGroups, &hostUserGroup{Name: f[0], ID: id, Users: strings.FieldsFunc(f[3], func(r rune) bool { return r == ',' })})
		}
	}
	for _, l := range strings.Split(users, "\n") {
		if f := strings.Split(l, ":"); len(f) == 7 {
			id, _ := atoi(f[2])
			gid, _ := atoi(f[3])
			if numbers[gid] != "" {
				h.Users = append(h.Users, &hostUser{Name: f[0], ID: id, Group: numbers[gid], Gecos: f[4], Home: f[5], Shell: f[6], Attrs: map[string]string{}})
			}
		}
	}
	for _, name := range securityFiles {
		text, _ := h.ownFile(name)
		for _, x := range stanzaLines(text) {
			u, g := h.user(x[0]), h.userGroup(x[0])
			_, known := userDefault(x[1])
			switch {
			case name == "/etc/security/group" && g != nil && x[1] == "admin":
				g.Admin = x[2] == "true"
			case name == "/etc/security/group" && g != nil && x[1] == "adms":
				g.Admins = strings.FieldsFunc(x[2], func(r rune) bool { return r == ',' })
			case u != nil && known && securityFile(x[1]) == name:
				u.Attrs[x[1]] = x[2]
			default:
				h.Security[name+"|"+x[0]+"|"+x[1]] = x[2]
			}
		}
	}
}

// ownFile is a file that was written in the partition.
func (h *Host) ownFile(name string) (string, bool) {
	f := h.file(name)
	if f == nil || f.Dir {
		return "", false
	}
	return f.Data, true
}

// accountFiles are the texts of the files for the accounts that a view has.
func (h *Host) accountFiles() map[string]string {
	out := map[string]string{"/etc/passwd": h.etcPasswd(), "/etc/group": h.etcGroup()}
	stanzas := map[string]map[string][]string{}
	put := func(file, stanza, attr, value string) {
		if stanzas[file] == nil {
			stanzas[file] = map[string][]string{}
		}
		stanzas[file][stanza] = append(stanzas[file][stanza], fmt.Sprintf("\t%s = %s\n", attr, value))
	}
	for _, u := range h.Users {
		for _, n := range sortedKeys(u.Attrs) {
			put(securityFile(n), u.Name, n, u.Attrs[n])
		}
	}
	for _, g := range h.UserGroups {
		put("/etc/security/group", g.Name, "admin", trueFalse(g.Admin))
		if len(g.Admins) > 0 {
			put("/etc/security/group", g.Name, "adms", strings.Join(g.Admins, ","))
		}
	}
	for _, k := range sortedKeys(h.Security) {
		w := strings.SplitN(k, "|", 3)
		put(w[0], w[1], w[2], h.Security[k])
	}
	for file, list := range stanzas {
		text := ""
		for _, n := range sortedKeys(list) {
			text += n + ":\n" + strings.Join(list[n], "") + "\n"
		}
		out[file] = text
	}
	return out
}

// writeAccounts brings what a command did to the accounts into the files.
func (h *Host) writeAccounts(before map[string]string) {
	after := h.accountFiles()
	for name, text := range after {
		if before[name] != text {
			h.put(name, &hostFile{Mode: 0o644, Data: text, at: h.Booted})
		}
	}
	for _, name := range securityFiles {
		if f := h.file(name); f != nil && before[name] != "" && after[name] == "" {
			f.Data = ""
		}
	}
}

// hasAccount tells whether a partition has a user.
func (h *Host) hasAccount(w *wpar, name string) bool {
	return slices.ContainsFunc(h.view(w).Users, func(u *hostUser) bool { return u.Name == name })
}

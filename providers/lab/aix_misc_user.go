package lab

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

func aixUserCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"lsuser":   {aixLsuser, 100 * ms, "/usr/sbin", false, "lsuser [-R load_module] [-c | -C | -f] [-a List] {ALL | Name[,Name] ...}"},
		"mkuser":   {aixMkuser, 500 * ms, "/usr/bin", true, "mkuser [-R load_module] [-a] [-A] [Attribute=Value ...] Name"},
		"chuser":   {aixChuser, 300 * ms, "/usr/bin", true, "chuser [-R load_module] Attribute=Value ... Name"},
		"rmuser":   {aixRmuser, 300 * ms, "/usr/sbin", true, "rmuser [-R load_module] [-p] Name"},
		"userdel":  {aixRmuser, 300 * ms, "/usr/sbin", true, "userdel [-r] Login"},
		"lsgroup":  {aixLsgroup, 100 * ms, "/usr/sbin", false, "lsgroup [-R load_module] [-c | -C | -f] [-a List] {ALL | Name[,Name] ...}"},
		"mkgroup":  {aixMkgroup, 300 * ms, "/usr/bin", true, "mkgroup [-R load_module] [-a] [-A] [Attribute=Value ...] Group"},
		"chgroup":  {aixChgroup, 300 * ms, "/usr/bin", true, "chgroup [-R load_module] Attribute=Value ... Group"},
		"rmgroup":  {aixRmgroup, 300 * ms, "/usr/sbin", true, "rmgroup [-R load_module] [-p] Name"},
		"chgrpmem": {aixChgrpmem, 200 * ms, "/usr/bin", true, "chgrpmem [-R load_module] {-a | -m} {+ | - | =} User,... Group"},
		"groups":   {aixGroups, 10 * ms, "/usr/bin", false, "groups [User]"},
		"chpasswd": {aixChpasswd, 200 * ms, "/usr/bin", true, "chpasswd [-R load_module] [-e] [-f flags | -c]"},
		"pwdadm":   {aixPwdadm, 100 * ms, "/usr/bin", true, "pwdadm [-R load_module] {-q | -c | -f Flags} User"},
		"chown":    {aixChown, 10 * ms, "/usr/bin", false, "chown [-R] Owner[:Group] File ..."},
		"chgrp":    {aixChown, 10 * ms, "/usr/bin", false, "chgrp [-R] Group File ..."},
		"lssec":    {aixLssec, 50 * ms, "/usr/bin", true, "lssec [-c] [-f File] [-s Stanza] [-a Attribute ...]"},
		"chsec":    {aixChsec, 100 * ms, "/usr/bin", true, "chsec [-f File] [-s Stanza] [-a Attribute=Value ...]"},
	}
}

// hostUser is an account of a host; Attrs are those that differ from the default.
type hostUser struct {
	Name, Group, Home, Shell, Gecos string
	ID                              int
	Attrs                           map[string]string
}

type hostUserGroup struct {
	Name   string
	ID     int
	Admin  bool
	Users  []string
	Admins []string
}

type accountBody struct {
	Name  string            `hcl:"name,label"`
	ID    int               `hcl:"id"`
	Group string            `hcl:"group"`
	Home  *string           `hcl:"home,optional"`
	Shell *string           `hcl:"shell,optional"`
	Gecos *string           `hcl:"gecos,optional"`
	Attrs map[string]string `hcl:"attributes,optional"`
	Body  hcl.Body          `hcl:",body"`
}

type accountGroupBody struct {
	Name   string   `hcl:"name,label"`
	ID     int      `hcl:"id"`
	Admin  *bool    `hcl:"admin,optional"`
	Users  []string `hcl:"users,optional"`
	Admins []string `hcl:"admins,optional"`
	Body   hcl.Body `hcl:",body"`
}

func (b *builder) accounts(h *Host, hb *hostBody) {
	h.setDefaultAccounts()
	if hb.Accounts != nil {
		h.Users = nil
	}
	for _, u := range hb.Accounts {
		if h.user(u.Name) != nil {
			b.fail(u.Body, "account %q is declared twice", u.Name)
		}
		attrs := map[string]string{}
		for k, v := range u.Attrs {
			if _, ok := userDefault(k); !ok {
				b.fail(u.Body, "account %q: there is no attribute %s", u.Name, k)
			}
			attrs[k] = v
		}
		h.Users = append(h.Users, &hostUser{Name: u.Name, ID: u.ID, Group: u.Group, Home: opt(u.Home, "/home/"+u.Name), Shell: opt(u.Shell, "/usr/bin/ksh"), Gecos: opt(u.Gecos, ""), Attrs: attrs})
	}
	if hb.AccountGroups != nil {
		h.UserGroups = nil
	}
	for _, g := range hb.AccountGroups {
		h.UserGroups = append(h.UserGroups, &hostUserGroup{Name: g.Name, ID: g.ID, Admin: opt(g.Admin, false), Users: g.Users, Admins: g.Admins})
	}
	for _, u := range h.Users {
		if h.userGroup(u.Group) == nil {
			b.fail(hb.Body, "account %q: there is no account_group %q", u.Name, u.Group)
		}
	}
	h.Security = map[string]string{}
	for k, v := range hb.Security {
		if strings.Count(k, "|") != 2 {
			b.fail(hb.Body, "security: a key is like \"/etc/security/user|default|maxage\"")
		}
		h.Security[k] = v
	}
}

func encodeAccounts(w *encoder, h *Host) {
	plain := &Host{}
	plain.setDefaultAccounts()
	same := func(x *Host) string {
		s := ""
		for _, u := range x.Users {
			s += fmt.Sprintln(*u)
		}
		for _, g := range x.UserGroups {
			s += fmt.Sprintln(*g)
		}
		return s
	}
	w.quotedTable("security", h.Security)
	if same(plain) == same(h) {
		return
	}
	for _, u := range h.Users {
		w.open("account %s", quoteHCL(u.Name))
		w.num("id", u.ID, -1)
		w.str("group", u.Group, "")
		w.line("home = %s", quoteHCL(u.Home))
		w.line("shell = %s", quoteHCL(u.Shell))
		w.str("gecos", u.Gecos, "")
		w.quotedTable("attributes", u.Attrs)
		w.close()
	}
	for _, g := range h.UserGroups {
		w.open("account_group %s", quoteHCL(g.Name))
		w.num("id", g.ID, -1)
		w.flag("admin", g.Admin, false)
		w.list("users", g.Users)
		w.list("admins", g.Admins)
		w.close()
	}
}

func (h *Host) setDefaultAccounts() {
	h.Users, h.UserGroups = nil, nil
	for _, u := range []hostUser{{"root", "system", "/", "/usr/bin/ksh", "", 0, map[string]string{"admin": "true"}}, {"daemon", "staff", "/etc", "", "", 1, map[string]string{"admin": "true"}},
		{"bin", "bin", "/bin", "", "", 2, map[string]string{"admin": "true"}}, {"sys", "sys", "/usr/sys", "", "", 3, map[string]string{"admin": "true"}},
		{"adm", "adm", "/var/adm", "", "", 4, map[string]string{"admin": "true"}}, {"nobody", "nobody", "/", "", "", 4294967294, map[string]string{"admin": "true"}}} {
		h.Users = append(h.Users, &u)
	}
	for _, g := range []hostUserGroup{{"system", 0, true, []string{"root"}, nil}, {"staff", 1, false, []string{"daemon"}, nil}, {"bin", 2, true, []string{"root", "bin"}, nil}, {"sys", 3, true, []string{"root", "bin", "sys"}, nil},
		{"adm", 4, true, []string{"bin", "adm"}, nil}, {"security", 7, true, []string{"root"}, nil}, {"cron", 8, true, []string{"root"}, nil}, {"audit", 10, true, []string{"root"}, nil}, {"lp", 11, true, []string{"root"}, nil},
		{"nobody", 4294967294, false, []string{"nobody"}, nil}} {
		h.UserGroups = append(h.UserGroups, &g)
	}
}

func (h *Host) user(name string) *hostUser {
	for _, u := range h.Users {
		if u.Name == name {
			return u
		}
	}
	return nil
}

func (h *Host) userGroup(name string) *hostUserGroup {
	for _, g := range h.UserGroups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// groupsOf are the groups of a user, the primary one first.
func (h *Host) groupsOf(u *hostUser) []string {
	out := []string{u.Group}
	for _, g := range h.UserGroups {
		if g.Name != u.Group && slices.Contains(g.Users, u.Name) {
			out = append(out, g.Name)
		}
	}
	return out
}

func (h *Host) etcPasswd() string {
	var b strings.Builder
	for _, u := range h.Users {
		gid := 0
		if g := h.userGroup(u.Group); g != nil {
			gid = g.ID
		}
		fmt.Fprintf(&b, "%s:!:%d:%d:%s:%s:%s\n", u.Name, u.ID, gid, u.Gecos, u.Home, u.Shell)
	}
	return b.String()
}

func (h *Host) etcGroup() string {
	var b strings.Builder
	for _, g := range h.UserGroups {
		fmt.Fprintf(&b, "%s:!:%d:%s\n", g.Name, g.ID, strings.Join(g.Users, ","))
	}
	return b.String()
}

// userDefaults are the attributes of the stanzas default of /etc/security/user and limits, in the order of lsuser.
var userDefaults = [][2]string{{"login", "true"}, {"su", "true"}, {"rlogin", "true"}, {"telnet", "true"}, {"daemon", "true"}, {"admin", "false"}, {"sugroups", "ALL"}, {"admgroups", ""}, {"tpath", "nosak"}, {"ttys", "ALL"},
	{"expires", "0"}, {"auth1", "SYSTEM"}, {"auth2", "NONE"}, {"umask", "22"}, {"registry", "files"}, {"SYSTEM", "compat"}, {"logintimes", ""}, {"loginretries", "0"}, {"pwdwarntime", "0"}, {"account_locked", "false"},
	{"minage", "0"}, {"maxage", "0"}, {"maxexpired", "-1"}, {"minalpha", "0"}, {"minloweralpha", "0"}, {"minupperalpha", "0"}, {"minother", "0"}, {"mindigit", "0"}, {"minspecialchar", "0"}, {"mindiff", "0"},
	{"maxrepeats", "8"}, {"minlen", "0"}, {"histexpire", "0"}, {"histsize", "0"}, {"pwdchecks", ""}, {"dictionlist", ""}, {"default_roles", ""}, {"fsize", "2097151"}, {"cpu", "-1"}, {"data", "262144"}, {"stack", "65536"},
	{"core", "2097151"}, {"rss", "65536"}, {"nofiles", "2000"}, {"roles", ""}}

func userDefault(name string) (string, bool) {
	for _, d := range userDefaults {
		if d[0] == name {
			return d[1], true
		}
	}
	return "", false
}

// limits are the attributes that are in /etc/security/limits.
const limits = "fsize cpu data stack core rss nofiles"

// securityFile is where an attribute of a user is kept.
func securityFile(attr string) string {
	switch {
	case contains(limits, attr):
		return "/etc/security/limits"
	case attr == "roles" || attr == "default_roles":
		return "/etc/security/user.roles"
	}
	return "/etc/security/user"
}

// userAttrs are all attributes of a user in the order of lsuser.
func (h *Host) userAttrs(u *hostUser) [][2]string {
	out := [][2]string{{"id", strconv.Itoa(u.ID)}, {"pgrp", u.Group}, {"groups", strings.Join(h.groupsOf(u), ",")}, {"home", u.Home}, {"shell", u.Shell}}
	if u.Gecos != "" {
		out = append(out, [2]string{"gecos", u.Gecos})
	}
	for _, d := range userDefaults {
		v := d[1]
		if x, ok := h.Security[securityFile(d[0])+"|default|"+d[0]]; ok {
			v = x
		}
		if x, ok := u.Attrs[d[0]]; ok {
			v = x
		}
		out = append(out, [2]string{d[0], v})
	}
	return out
}

func (h *Host) userGroupAttrs(g *hostUserGroup) [][2]string {
	out := [][2]string{{"id", strconv.Itoa(g.ID)}, {"admin", trueFalse(g.Admin)}, {"users", strings.Join(g.Users, ",")}}
	if len(g.Admins) > 0 {
		out = append(out, [2]string{"adms", strings.Join(g.Admins, ",")})
	}
	return append(out, [2]string{"registry", "files"})
}

const (
	userNone    = "3004-687 User \"%s\" does not exist."
	groupNone   = "3004-686 Group \"%s\" does not exist."
	userThere   = "3004-689 User \"%s\" exists."
	groupThere  = "3004-688 Group \"%s\" exists."
	attrUnknown = "3004-692 Error changing \"%s\" to \"%s\" : Value is invalid."
	attrAbsent  = "3004-697 Attribute \"%s\" is not valid."
	exitNoUser  = 2
	exitBadUser = 22
)

// listAccounts is lsuser and lsgroup: -a takes all the words up to the names.
func (a *aixCall) listAccounts(all []string, attrs func(string) [][2]string, none string) int {
	mode := byte(0)
	var wanted []string
	args := a.args
	limited := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && len(args[0]) > 1 {
		o := args[0]
		args = args[1:]
		switch {
		case o == "-c" || o == "-C" || o == "-f":
			if mode != 0 {
				return a.usage()
			}
			mode = o[1]
		case strings.HasPrefix(o, "-R"):
			module := strings.TrimSpace(o[2:])
			if module == "" && len(args) > 0 {
				module, args = args[0], args[1:]
			}
			if module != "files" && module != "compat" {
				return a.fail("3004-764 The registry %s is not valid.", module)
			}
		case o == "-a":
			limited = true
			for len(args) > 1 && !strings.HasPrefix(args[0], "-") {
				wanted, args = append(wanted, args[0]), args[1:]
			}
		default:
			a.fail("%s: Not a recognized flag: %s", a.name, strings.TrimPrefix(o, "-"))
			return a.usage()
		}
	}
	args = slices.DeleteFunc(slices.Clone(args), func(s string) bool { return s == "" })
	if len(args) == 0 {
		return a.usage()
	}
	var names []string
	for _, w := range args {
		if w == "ALL" {
			names = append(names, all...)
		} else {
			names = append(names, strings.Split(w, ",")...)
		}
	}
	code := 0
	for i, n := range names {
		if !slices.Contains(all, n) {
			a.fail(none, n)
			code = exitNoUser
			continue
		}
		list := attrs(n)
		if limited {
			var some [][2]string
			for _, want := range wanted {
				at := slices.IndexFunc(list, func(p [2]string) bool { return p[0] == want })
				switch {
				case at >= 0:
					some = append(some, list[at])
				case want == "gecos" || want == "adms":
					some = append(some, [2]string{want, ""})
				default:
					a.fail(attrAbsent, want)
					return exitBadUser
				}
			}
			list = some
		}
		switch mode {
		case 'c', 'C':
			head, row := "#name", n
			for _, p := range list {
				head, row = head+":"+p[0], row+":"+strings.ReplaceAll(p[1], ":", "#!:")
			}
			if mode == 'c' || i == 0 {
				a.say("%s", head)
			}
			a.say("%s", row)
		case 'f':
			a.say("%s:", n)
			for _, p := range list {
				a.say("\t%s=%s", p[0], p[1])
			}
			a.say("")
		default:
			row := n
			for _, p := range list {
				row += " " + p[0] + "=" + p[1]
			}
			a.say("%s", row)
		}
	}
	return code
}

func aixLsuser(a *aixCall) int {
	var all []string
	for _, u := range a.h.Users {
		all = append(all, u.Name)
	}
	return a.listAccounts(all, func(n string) [][2]string { return a.h.userAttrs(a.h.user(n)) }, userNone)
}

func aixLsgroup(a *aixCall) int {
	var all []string
	for _, g := range a.h.UserGroups {
		all = append(all, g.Name)
	}
	return a.listAccounts(all, func(n string) [][2]string { return a.h.userGroupAttrs(a.h.userGroup(n)) }, groupNone)
}

// pairsAndName reads the flags, the attributes and the name behind them.
func (a *aixCall) pairsAndName(spec string) (f *flagSet, pairs [][2]string, name string, ok bool) {
	if f, ok = a.flags(spec); !ok {
		return nil, nil, "", false
	}
	if m := strings.TrimSpace(f.get('R')); f.has('R') && m != "files" && m != "compat" {
		a.fail("3004-764 The registry %s is not valid.", m)
		return nil, nil, "", false
	}
	if len(f.rest) == 0 {
		a.usage()
		return nil, nil, "", false
	}
	name = f.rest[len(f.rest)-1]
	for _, w := range f.rest[:len(f.rest)-1] {
		n, v, eq := strings.Cut(w, "=")
		if !eq || n == "" {
			a.usage()
			return nil, nil, "", false
		}
		pairs = append(pairs, [2]string{n, v})
	}
	return f, pairs, name, true
}

func validAccount(name string) bool {
	return name != "" && len(name) <= 255 && !strings.ContainsAny(name, " :\"#,=\\/?'`~+@") && !strings.HasPrefix(name, "-") && name != "ALL" && name != "default"
}

// setUser changes the attributes of a user, all or none.
func (a *aixCall) setUser(u *hostUser, pairs [][2]string) int {
	next := *u
	next.Attrs = cloneTable(u.Attrs)
	if next.Attrs == nil {
		next.Attrs = map[string]string{}
	}
	var groups []string
	for _, p := range pairs {
		bad := func() int { a.fail(attrUnknown, p[0], p[1]); return exitBadUser }
		def, known := userDefault(p[0])
		switch {
		case p[0] == "id":
			n, ok := atoi(p[1])
			if !ok || n < 0 || slices.ContainsFunc(a.h.Users, func(x *hostUser) bool { return x != u && x.ID == n }) {
				return bad()
			}
			next.ID = n
		case p[0] == "pgrp":
			if a.h.userGroup(p[1]) == nil {
				return bad()
			}
			next.Group = p[1]
		case p[0] == "groups":
			groups = strings.Split(p[1], ",")
			for _, g := range groups {
				if a.h.userGroup(g) == nil {
					return bad()
				}
			}
		case p[0] == "home":
			next.Home = p[1]
		case p[0] == "shell":
			next.Shell = p[1]
		case p[0] == "gecos":
			next.Gecos = p[1]
		case !known:
			a.fail(attrAbsent, p[0])
			return exitBadUser
		case (def == "true" || def == "false") && !contains("true false yes no always never", strings.ToLower(p[1])):
			return bad()
		case def == "true" || def == "false":
			next.Attrs[p[0]] = trueFalse(contains("true yes always", strings.ToLower(p[1])))
		default:
			if _, isNumber := atoi(def); isNumber && p[0] != "expires" && p[0] != "umask" {
				if _, ok := atoi(p[1]); !ok {
					return bad()
				}
			}
			next.Attrs[p[0]] = p[1]
		}
	}
	*u = next
	if groups != nil {
		for _, g := range a.h.UserGroups {
			in, want := slices.Contains(g.Users, u.Name), slices.Contains(groups, g.Name)
			switch {
			case want && !in:
				g.Users = append(g.Users, u.Name)
			case !want && in && g.Name != u.Group:
				g.Users = slices.DeleteFunc(slices.Clone(g.Users), func(n string) bool { return n == u.Name })
			}
		}
	}
	if g := a.h.userGroup(u.Group); !slices.Contains(g.Users, u.Name) {
		g.Users = append(g.Users, u.Name)
	}
	return 0
}

// freeAccount is the next number behind the highest that is in use.
func freeAccount(from int, used []int) int {
	for slices.Contains(used, from) {
		from++
	}
	return from
}

func aixMkuser(a *aixCall) int {
	f, pairs, name, ok := a.pairsAndName("R:aA")
	if !ok {
		return exitBadUser
	}
	switch {
	case !validAccount(name):
		a.fail("3004-698 The name %s is not valid.", name)
		return exitBadUser
	case a.h.user(name) != nil:
		a.fail(userThere, name)
		return 17
	}
	var used []int
	for _, u := range a.h.Users {
		used = append(used, u.ID)
	}
	low := 204
	u := &hostUser{Name: name, Group: "staff", Home: "/home/" + name, Shell: "/usr/bin/ksh", Attrs: map[string]string{}}
	if f.has('a') {
		low = 11
		u.Attrs["admin"] = "true"
	}
	u.ID = freeAccount(low, used)
	a.h.Users = append(a.h.Users, u)
	if code := a.setUser(u, pairs); code != 0 {
		a.h.Users = slices.DeleteFunc(slices.Clone(a.h.Users), func(x *hostUser) bool { return x == u })
		return code
	}
	if a.h.stat(u.Home) == nil {
		a.h.makeDir(u.Home, a.e.Now)
	}
	return 0
}

func aixChuser(a *aixCall) int {
	_, pairs, name, ok := a.pairsAndName("R:")
	if !ok {
		return exitBadUser
	}
	u := a.h.user(name)
	switch {
	case u == nil:
		a.fail(userNone, name)
		return exitNoUser
	case len(pairs) == 0:
		return a.usage()
	}
	return a.setUser(u, pairs)
}

func aixRmuser(a *aixCall) int {
	spec := "R:p"
	if a.name == "userdel" {
		spec = "r"
	}
	f, pairs, name, ok := a.pairsAndName(spec)
	if !ok {
		return exitBadUser
	}
	u := a.h.user(name)
	switch {
	case len(pairs) > 0:
		return a.usage()
	case u == nil:
		a.fail(userNone, name)
		return exitNoUser
	case name == "root":
		return a.bad("3004-695 The user root cannot be removed.")
	}
	a.h.Users = slices.DeleteFunc(slices.Clone(a.h.Users), func(x *hostUser) bool { return x == u })
	for _, g := range a.h.UserGroups {
		gone := func(n string) bool { return n == name }
		g.Users, g.Admins = slices.DeleteFunc(slices.Clone(g.Users), gone), slices.DeleteFunc(slices.Clone(g.Admins), gone)
	}
	if f.has('r') {
		for p := range a.h.Files {
			if p == u.Home || strings.HasPrefix(p, u.Home+"/") {
				delete(a.h.Files, p)
			}
		}
	}
	return 0
}

func (a *aixCall) setGroup(g *hostUserGroup, pairs [][2]string) int {
	next := *g
	for _, p := range pairs {
		bad := func() int { a.fail(attrUnknown, p[0], p[1]); return exitBadUser }
		people := func(into *[]string) bool {
			*into = nil
			for _, n := range strings.Split(p[1], ",") {
				if n != "" && a.h.user(n) == nil {
					return false
				}
				if n != "" {
					*into = append(*into, n)
				}
			}
			return true
		}
		switch p[0] {
		case "id":
			n, ok := atoi(p[1])
			if !ok || n < 0 || slices.ContainsFunc(a.h.UserGroups, func(x *hostUserGroup) bool { return x != g && x.ID == n }) {
				return bad()
			}
			next.ID = n
		case "admin":
			if !contains("true false yes no", strings.ToLower(p[1])) {
				return bad()
			}
			next.Admin = contains("true yes", strings.ToLower(p[1]))
		case "users":
			if !people(&next.Users) {
				return bad()
			}
		case "adms":
			if !people(&next.Admins) {
				return bad()
			}
		default:
			a.fail(attrAbsent, p[0])
			return exitBadUser
		}
	}
	*g = next
	return 0
}

func aixMkgroup(a *aixCall) int {
	f, pairs, name, ok := a.pairsAndName("R:aA")
	if !ok {
		return exitBadUser
	}
	switch {
	case !validAccount(name):
		a.fail("3004-698 The name %s is not valid.", name)
		return exitBadUser
	case a.h.userGroup(name) != nil:
		a.fail(groupThere, name)
		return 17
	}
	var used []int
	for _, g := range a.h.UserGroups {
		used = append(used, g.ID)
	}
	low := 203
	if f.has('a') {
		low = 13
	}
	g := &hostUserGroup{Name: name, ID: freeAccount(low, used), Admin: f.has('a')}
	if code := a.setGroup(g, pairs); code != 0 {
		return code
	}
	a.h.UserGroups = append(a.h.UserGroups, g)
	return 0
}

func aixChgroup(a *aixCall) int {
	_, pairs, name, ok := a.pairsAndName("R:")
	if !ok {
		return exitBadUser
	}
	g := a.h.userGroup(name)
	switch {
	case g == nil:
		a.fail(groupNone, name)
		return exitNoUser
	case len(pairs) == 0:
		return a.usage()
	}
	return a.setGroup(g, pairs)
}

func aixRmgroup(a *aixCall) int {
	_, pairs, name, ok := a.pairsAndName("R:p")
	if !ok {
		return exitBadUser
	}
	g := a.h.userGroup(name)
	switch {
	case len(pairs) > 0:
		return a.usage()
	case g == nil:
		a.fail(groupNone, name)
		return exitNoUser
	case slices.ContainsFunc(a.h.Users, func(u *hostUser) bool { return u.Group == name }):
		return a.fail("3004-693 The group %s is the primary group of a user.", name)
	}
	a.h.UserGroups = slices.DeleteFunc(slices.Clone(a.h.UserGroups), func(x *hostUserGroup) bool { return x == g })
	return 0
}

func aixChgrpmem(a *aixCall) int {
	f, ok := a.flags("R:am")
	if !ok {
		return 1
	}
	if len(f.rest) != 3 || f.has('a') == f.has('m') || !contains("+ - =", f.rest[0]) {
		return a.usage()
	}
	g := a.h.userGroup(f.rest[2])
	if g == nil {
		a.fail(groupNone, f.rest[2])
		return exitNoUser
	}
	list := &g.Users
	if f.has('a') {
		list = &g.Admins
	}
	next := slices.Clone(*list)
	if f.rest[0] == "=" {
		next = nil
	}
	for _, n := range strings.Split(f.rest[1], ",") {
		at := slices.Index(next, n)
		switch {
		case a.h.user(n) == nil:
			a.fail(userNone, n)
			return exitNoUser
		case f.rest[0] == "-" && at < 0:
			return a.fail("3004-641 \"%s\" is not in the list of %s.", n, g.Name)
		case f.rest[0] == "-":
			next = slices.Delete(next, at, at+1)
		case at < 0:
			next = append(next, n)
		}
	}
	*list = next
	return 0
}

func aixGroups(a *aixCall) int {
	name := a.user
	if len(a.args) == 1 {
		name = a.args[0]
	} else if len(a.args) > 1 {
		return a.usage()
	}
	u := a.h.user(name)
	if u == nil {
		return a.fail("groups: User %s does not exist.", name)
	}
	line := strings.Join(a.h.groupsOf(u), " ")
	if len(a.args) == 1 {
		line = name + " : " + line
	}
	a.say("%s", line)
	return 0
}

func aixChpasswd(a *aixCall) int {
	f, ok := a.flags("R:ef:c")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('f') && f.has('c') {
		return a.usage()
	}
	for _, l := range strings.FieldsFunc(a.input(), func(r rune) bool { return r == '\n' }) {
		name, _, ok := strings.Cut(l, ":")
		if !ok || a.h.user(name) == nil {
			return a.fail(userNone, name)
		}
	}
	return 0
}

func aixPwdadm(a *aixCall) int {
	f, ok := a.flags("R:qcf:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 {
		return a.usage()
	}
	if a.h.user(f.rest[0]) == nil {
		return a.fail(userNone, f.rest[0])
	}
	if f.has('q') {
		a.say("%s:\n", f.rest[0])
	}
	return 0
}

// aixChown has no owners to change: it checks who is meant and what.
func aixChown(a *aixCall) int {
	f, ok := a.flags("Rhf")
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return a.usage()
	}
	owner, group, _ := strings.Cut(strings.Replace(f.rest[0], ".", ":", 1), ":")
	if a.name == "chgrp" {
		owner, group = "", f.rest[0]
	}
	_, uid := atoi(owner)
	_, gid := atoi(group)
	if owner != "" && !uid && a.h.user(owner) == nil {
		return a.fail("%s: %s is an unknown username.", a.name, owner)
	}
	if group != "" && !gid && a.h.userGroup(group) == nil {
		return a.fail("%s: %s is an unknown group.", a.name, group)
	}
	code := 0
	for _, n := range f.rest[1:] {
		if a.h.stat(absolute(a.dir, n)) == nil {
			code = a.fail("%s: %s: A file or directory in the path name does not exist.", a.name, n)
		}
	}
	return code
}

// accountText is id NAME.
func (h *Host) accountText(u *hostUser) string {
	g := h.userGroup(u.Group)
	line := fmt.Sprintf("uid=%d(%s) gid=%d(%s)", u.ID, u.Name, g.ID, g.Name)
	var more []string
	groups := h.groupsOf(u)[1:]
	sort.SliceStable(groups, func(i, j int) bool { return h.userGroup(groups[i]).ID < h.userGroup(groups[j]).ID })
	for _, n := range groups {
		more = append(more, fmt.Sprintf("%d(%s)", h.userGroup(n).ID, n))
	}
	if len(more) > 0 {
		line += " groups=" + strings.Join(more, ",")
	}
	return line
}

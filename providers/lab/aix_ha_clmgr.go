package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// haActions are those of clmgr with their aliases.
var haActions = []struct{ name, aliases string }{
	{"add", "a create make mk"}, {"query", "q ls list show get"}, {"modify", "mod ch change set"}, {"delete", "de del remove rm"}, {"online", "on start"}, {"offline", "off stop"},
	{"move", "mov mv"}, {"sync", "sy synchronize"}, {"verify", "ve"}, {"discover", "di"}, {"recover", "rec"}, {"manage", "mg"}, {"view", "vi cat"}, {"replace", "rep"},
	{"copy", "cp"}, {"restore", "res"}, {"convert", "conv"}, {"import", "imp"}, {"help", ""},
}

// clmgr is one run of the command.
type clmgr struct {
	*aixCall
	action, verb string
	class        *haClass
	name         string
	attrs        []pair
	only         []string
	colon        string
	noHead, xml  bool
	verbose      bool
	force        bool
	alone        bool // -D: no dependencies are made
}

// matched finds a word among names and aliases: the word itself, or what it begins when that is unique.
func matched(word string, names []string, aliases func(string) []string) []string {
	word = strings.ToLower(word)
	var begun []string
	for _, n := range names {
		if n == word || slices.Contains(aliases(n), word) {
			return []string{n}
		}
		if strings.HasPrefix(n, word) || slices.ContainsFunc(aliases(n), func(a string) bool { return strings.HasPrefix(a, word) }) {
			begun = append(begun, n)
		}
	}
	return begun
}

func actionNamed(word string) []string {
	var names []string
	by := map[string][]string{}
	for _, a := range haActions {
		names = append(names, a.name)
		by[a.name] = strings.Fields(a.aliases)
	}
	return matched(word, names, func(n string) []string { return by[n] })
}

func classNamed(word, action string) []string {
	var names []string
	for _, c := range haClasses {
		if contains(c.actions, action) {
			names = append(names, c.name)
		}
	}
	return matched(word, names, func(n string) []string { return haClassOf(n).aliases })
}

func (m *clmgr) refuse(p *haProblem) int {
	m.bad(p.text)
	return p.code
}

func (m *clmgr) error(code int, format string, args ...any) int {
	return m.refuse(problem(code, format, args...))
}

func aixClmgr(a *aixCall) int {
	if a.user != "root" {
		return a.fail("ERROR: you must have root authority to run clmgr.")
	}
	m := &clmgr{aixCall: a}
	args, batch, help := a.args, false, false
	value := func() string {
		if len(args) == 0 {
			return ""
		}
		v := args[0]
		args = args[1:]
		return v
	}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := value()
		if word == "-M-" || word == "-" {
			batch = true
			continue
		}
		for i := 1; i < len(word); i++ {
			rest := word[i+1:]
			arg := func() string {
				i = len(word)
				if rest != "" {
					return rest
				}
				return value()
			}
			switch word[i] {
			case 'a':
				for _, x := range strings.Split(arg(), ",") {
					m.only = append(m.only, strings.ToUpper(x))
				}
			case 'c':
				m.colon = ":"
			case 'd':
				if m.colon = arg(); m.colon == "" {
					return a.fail("ERROR: option \"-d\" requires a delimiter.")
				}
			case 'S':
				m.noHead = true
			case 'x':
				m.xml = true
			case 'v':
				m.verbose = true
			case 'f':
				m.force = true
			case 'D':
				m.alone = true
			case 'T', 't', 'g':
				arg() // identifiers for the log
			case 'l':
				if l := arg(); !contains("error standard low med high max", l) {
					return a.fail("ERROR: \"%s\" is not a valid log level. Valid levels are: error, standard, low, med, high, max", l)
				}
			case 'M':
				batch = true
			case 'h', '?':
				help = true
			default:
				a.fail("ERROR: an unknown option was specified: \"-%c\"", word[i])
				return haIncorrect
			}
		}
	}
	if m.xml && m.colon != "" || m.noHead && m.colon == "" {
		a.fail("ERROR: options \"-c\" and \"-d\" exclude \"-x\", and \"-S\" requires one of them.")
		return haIncorrect
	}
	if batch {
		code := 0
		if len(args) == 0 {
			return m.error(haMissing, "ERROR: no operations were specified.")
		}
		for _, line := range args {
			next := *m
			if code = next.runLogged(strings.Fields(line), false); code != 0 {
				return code
			}
		}
		return code
	}
	return m.runLogged(args, help)
}

// runLogged notes the run in clutils.log.
func (m *clmgr) runLogged(args []string, help bool) int {
	line := strings.Join(append([]string{"clmgr"}, args...), " ")
	m.h.haFile(haUtils, text("CLMGR STARTED (%s): %s: user %s: %s\n", m.user, m.e.Now.Format("Mon Jan 02 15:04:05 2006"), m.user, line), m.e.Now)
	code := m.run(args, help)
	if m.lab != nil && m.lab.estate == m.e {
		m.h.haFile(haUtils, text("CLMGR ENDED (%s): %s: %s: exit code %d\n", m.user, m.e.Now.Format("Mon Jan 02 15:04:05 2006"), line, code), m.e.Now)
	}
	return code
}

func (m *clmgr) run(args []string, help bool) int {
	if len(args) == 0 || strings.EqualFold(args[0], "help") {
		return m.usage("", nil)
	}
	found := actionNamed(args[0])
	if len(found) != 1 {
		why := "unknown"
		if len(found) > 1 {
			why = "ambiguous"
		}
		m.fail("ERROR: the action \"%s\" is %s. Valid actions are:", args[0], why)
		m.usage("", nil)
		return haIncorrect
	}
	m.verb, m.action = args[0], found[0]
	args = args[1:]
	if i := slices.Index(args, "-h"); i >= 0 {
		help, args = true, slices.Delete(slices.Clone(args), i, i+1)
	}
	if len(args) == 0 {
		m.usage(m.action, nil)
		if help {
			return 0
		}
		return haMissing
	}
	found = classNamed(args[0], m.action)
	if len(found) != 1 {
		m.fail("ERROR: the class \"%s\" is unknown or not supported for action \"%s\".", args[0], m.action)
		m.usage(m.action, nil)
		return haIncorrect
	}
	m.class = haClassOf(found[0])
	args = args[1:]
	if help {
		return m.usage(m.action, m.class)
	}
	// An action of several words such as "suspend" stands before the name.
	for _, w := range args {
		name, v, ok := strings.Cut(w, "=")
		switch {
		case ok && name != "":
			m.attrs = append(m.attrs, pair{Name: strings.ToUpper(name), Value: v})
		case m.action == "manage" && m.class.name != "cluster" && contains("suspend resume restore configure", w):
			m.attrs = append(m.attrs, pair{Name: "\x00do", Value: w})
		case m.name == "" && w != "":
			m.name = w
		default:
			return m.error(haIncorrect, "ERROR: an unexpected operand was specified: \"%s\"", w)
		}
	}
	return m.perform()
}

// usage prints actions, classes or attributes.
func (m *clmgr) usage(action string, c *haClass) int {
	switch {
	case action == "":
		m.say("\nclmgr <ACTION> <CLASS> [<NAME>] [<ATTR>=<VALUE>...]\n\nAvailable actions:\n")
		for _, a := range haActions[:len(haActions)-1] {
			m.say("    %-10s %s", a.name, strings.Join(strings.Fields(a.aliases), ", "))
		}
	case c == nil:
		m.say("\nAvailable classes for \"%s\":\n", action)
		for _, x := range haClasses {
			if contains(x.actions, action) {
				m.say("    %-24s %s", x.name, strings.Join(x.aliases, ", "))
			}
		}
	default:
		m.say("\nclmgr %s %s [<NAME>] ...\n", action, c.name)
		for _, x := range c.attrs {
			if contains("add modify", action) && x.mode != 'q' && (action == "add" && x.mode != 'm' || action == "modify" && x.mode != 'a') {
				hint := "<" + strings.ToLower(x.kind) + ">"
				if x.kind == "enum" {
					hint = "{" + x.arg + "}"
				}
				m.say("    [ %s=%s ]", x.name, hint)
			}
		}
		for _, x := range haOptions[action+" "+c.name] {
			m.say("    [ %s ]", x)
		}
		m.say("\n    %s => %s", c.name, strings.Join(c.aliases, ", "))
	}
	return 0
}

// haOptions are the options of actions that act, with their values.
var haOptions = map[string][]string{
	"online cluster":                {"WHEN=now|restart|both", "MANAGE=auto|manual|delayed", "BROADCAST=bool", "CLINFO=false|true|consistent", "FORCE=bool", "FIX=no|yes|interactively", "TIMEOUT=int", "START_CAA=no|yes|only"},
	"offline cluster":               {"WHEN=now|restart|both", "MANAGE=offline|move|unmanage", "BROADCAST=bool", "TIMEOUT=int", "STOP_CAA=bool"},
	"online resource_group":         {"NODES=list", "TIMEOUT=int"},
	"offline resource_group":        {"NODES=list", "TIMEOUT=int"},
	"move resource_group":           {"NODE=text", "SITE=text", "STATE=ONLINE|OFFLINE", "SECONDARY=bool", "TIMEOUT=int"},
	"sync cluster":                  {"VERIFY=bool", "CHANGES_ONLY=bool", "DEFAULT_TESTS=bool", "METHODS=list", "FIX=no|yes|interactively", "LOGGING=standard|verbose", "LOGFILE=text", "MAX_ERRORS=int", "FORCE=bool"},
	"verify cluster":                {"CHANGES_ONLY=bool", "DEFAULT_TESTS=bool", "METHODS=list", "FIX=no|yes|interactively", "LOGGING=standard|verbose", "LOGFILE=text", "MAX_ERRORS=int", "SYNC=bool", "FORCE=bool"},
	"delete cluster":                {"NODES=list"},
	"recover cluster":               {"NODES=list"},
	"discover cluster":              {"NODES=list"},
	"query physical_volume":         {"NODES=list", "TYPE=available|all|tiebreaker"},
	"manage cluster":                {"RESET=bool"},
	"manage application_controller": {"RESOURCE_GROUP=text"},
	"delete dependency":             {"PARENT=text", "CHILD=list", "START=text", "STOP=text", "AFTER=list", "SAME=text", "DIFFERENT=text", "GROUPS=list", "HIGH=list", "INTERMEDIATE=list", "LOW=list", "TYPE=text", "SERIAL=list", "PARALLEL=list"},
	"delete repository":             {},
	"replace repository":            {},
	"manage snapshot":               {"CONFIGURE=bool", "FORCE=bool"},
	"delete volume_group":           {"NODES=list"},
	"query log":                     {},
	"view log":                      {"TAIL=int", "HEAD=int"},
	"view report":                   {"TYPE=html|text", "FILE=text"},
	"online site":                   {"MANAGE=auto|manual|delayed", "WHEN=now|restart|both"},
	"offline site":                  {"MANAGE=offline|move|unmanage", "WHEN=now|restart|both"},
}

func init() {
	haOptions["online node"], haOptions["offline node"] = haOptions["online cluster"], haOptions["offline cluster"]
}

// options reads the options of an action.
func (m *clmgr) options() (map[string]string, *haProblem) {
	out := map[string]string{}
	for _, p := range m.attrs {
		if p.Name == "\x00do" {
			continue
		}
		var begun [][2]string
		for _, x := range haOptions[m.action+" "+m.class.name] {
			n, v, _ := strings.Cut(x, "=")
			if n == p.Name {
				begun = [][2]string{{n, v}}
				break
			}
			if strings.HasPrefix(n, p.Name) {
				begun = append(begun, [2]string{n, v})
			}
		}
		spec := ""
		if len(begun) == 1 {
			p.Name, spec = begun[0][0], begun[0][1]
		}
		v := p.Value
		switch {
		case spec == "":
			return nil, problem(haIncorrect, "ERROR: \"%s\" is not a valid attribute for action \"%s\" of class \"%s\".", p.Name, m.action, m.class.name)
		case spec == "bool":
			b, ok := haBool(v)
			if !ok {
				return nil, problem(haIncorrect, "ERROR: \"%s\" is not a valid value for \"%s\". Valid values are: true, false, yes, no", v, p.Name)
			}
			v = trueFalse(b)
		case spec == "int":
			if n, ok := atoi(v); !ok || n < 0 {
				return nil, problem(haIncorrect, "ERROR: \"%s\" is not a valid number for \"%s\".", v, p.Name)
			}
		case strings.Contains(spec, "|"):
			hit := ""
			for _, x := range strings.Split(spec, "|") {
				if b, ok := haBool(v); strings.EqualFold(x, v) || ok && contains("yes no", x) && b == (x == "yes") {
					hit = x
				}
			}
			if hit == "" {
				return nil, problem(haIncorrect, "ERROR: \"%s\" is not a valid value for \"%s\". Valid values are: %s", v, p.Name, strings.ReplaceAll(spec, "|", ", "))
			}
			v = hit
		case spec == "list":
			v = strings.Join(strings.Fields(strings.ReplaceAll(v, ",", " ")), " ")
		}
		if _, twice := out[p.Name]; twice {
			return nil, problem(haIncorrect, "ERROR: \"%s\" was specified more than once.", p.Name)
		}
		out[p.Name] = v
	}
	return out, nil
}

// defined refuses where no cluster is.
func (m *clmgr) defined() *haProblem {
	if m.h.HA.DCD.cluster() == nil {
		return problem(haNotFound, "ERROR: no cluster is currently defined.")
	}
	return nil
}

func (m *clmgr) perform() int {
	storage := !m.class.ofODM()
	if m.class.name != "cluster" || m.action != "add" {
		if p := m.defined(); p != nil && m.class.name != "log" {
			return m.refuse(p)
		}
	}
	switch m.action {
	case "add":
		switch {
		case m.class.name == "cluster":
			return m.addCluster()
		case m.class.name == "repository":
			return m.addRepository()
		case storage:
			return m.storage()
		}
		return m.addObject()
	case "query":
		if storage {
			return m.storage()
		}
		return m.query()
	case "modify":
		if storage {
			return m.storage()
		}
		return m.modify()
	case "delete":
		switch {
		case m.class.name == "cluster":
			return m.deleteCluster()
		case m.class.name == "repository":
			return m.deleteRepository()
		case storage:
			return m.storage()
		}
		return m.deleteObject()
	case "sync", "verify":
		if m.class.name == "file_collection" {
			return m.syncCollection()
		}
		return m.synchronize()
	case "online", "offline":
		if m.class.name == "resource_group" {
			return m.groupService()
		}
		return m.services()
	case "move":
		return m.moveGroup()
	case "discover":
		return m.discover()
	case "recover":
		return m.recoverCluster()
	case "replace":
		return m.replaceRepository()
	case "manage":
		if m.class.name == "application_controller" {
			return m.manageApp()
		}
		if m.class.name == "cluster" {
			return m.error(haIncorrect, "ERROR: the action \"manage\" of class \"cluster\" is for security settings, which are not installed.")
		}
	}
	return m.storage()
}

// assign reads the attributes of a command line into an object.
func (m *clmgr) assign(o *haObject, fresh bool) *haProblem {
	given := map[string]bool{}
	for _, p := range m.attrs {
		p.Name = m.class.abbreviated(p.Name)
		a := m.class.attr(p.Name)
		if a == nil || a.mode == 'q' || a.mode == 'a' && !fresh || a.mode == 'm' && fresh || p.Name == "\x00do" {
			return problem(haIncorrect, "ERROR: \"%s\" is not a valid attribute for class \"%s\".", p.Name, m.class.name)
		}
		if given[p.Name] {
			return problem(haIncorrect, "ERROR: \"%s\" was specified more than once.", p.Name)
		}
		given[p.Name] = true
		v, bad := a.value(m.h, m.h.HA.DCD, p.Value)
		if bad != nil {
			return bad
		}
		o.Attrs[p.Name] = v
	}
	return nil
}

// names of the objects that a command is about: several with commas, all with "all".
func (m *clmgr) chosen() ([]*haObject, *haProblem) {
	d := m.h.HA.DCD
	if m.name == "" {
		return nil, problem(haMissing, "ERROR: a name/label must be provided.")
	}
	if strings.EqualFold(m.name, "all") {
		return d.all(m.class.name), nil
	}
	var out []*haObject
	for _, n := range strings.Split(m.name, ",") {
		o := d.get(m.class.name, n)
		if o == nil {
			return nil, problem(haNotFound, "ERROR: \"%s\" does not appear to exist!", n)
		}
		out = append(out, o)
	}
	return out, nil
}

func (m *clmgr) addObject() int {
	d := m.h.HA.DCD
	class := m.class.name
	o := &haObject{Class: class, Name: m.name, Attrs: map[string]string{}}
	if class == "dependency" {
		if m.name != "" {
			return m.error(haIncorrect, "ERROR: an unexpected operand was specified: \"%s\"", m.name)
		}
		if p := m.assign(o, true); p != nil {
			return m.refuse(p)
		}
		if p := checkDependency(d, o, nil); p != nil {
			return m.refuse(p)
		}
		o.Name = dependencyName(o)
		if d.get(class, o.Name) != nil {
			return m.error(haGeneral, "ERROR: dependency \"%s\" already exists.", o.Name)
		}
		d.Objects = append(d.Objects, o)
		return 0
	}
	if class == "network" && m.name == "" {
		kind := "ether"
		for _, p := range m.attrs {
			if p.Name == "TYPE" {
				kind = p.Value
			}
		}
		for i := 1; o.Name == "" || d.get(class, o.Name) != nil; i++ {
			o.Name = fmt.Sprintf("net_%s_%02d", kind, i)
		}
	}
	if class == "interface" && m.name == "" {
		return m.error(haMissing, "ERROR: a name/label is required for the interface.")
	}
	if labelled(class) {
		if m.h.haLookup(o.Name) == "" || o.Name == "" {
			return m.error(haNotFound, "ERROR: \"%s\" does not resolve to an IP address. Check /etc/hosts.", o.Name)
		}
	} else if p := checkName(class, o.Name); p != nil {
		return m.refuse(p)
	}
	for _, c := range []string{class, "service_ip", "persistent_ip", "interface", "resource_group", "network"} {
		if x := d.get(c, o.Name); x != nil && (c == class || labelled(class) && labelled(c) || c == "resource_group" && class == "service_ip" || class == "resource_group" && c == "service_ip") {
			return m.error(haGeneral, "ERROR: %s \"%s\" already exists.", strings.ReplaceAll(c, "_", " "), o.Name)
		}
	}
	if p := m.assign(o, true); p != nil {
		return m.refuse(p)
	}
	switch class {
	case "node":
		return m.addNode(o)
	case "service_ip", "persistent_ip", "interface":
		if nets := d.names("network"); o.get("NETWORK") == "" && len(nets) == 1 && class != "interface" {
			o.Attrs["NETWORK"] = nets[0]
		}
	}
	if p := checkObject(m.e, m.h, d, o, true); p != nil {
		return m.refuse(p)
	}
	if class == "resource_group" && len(d.all("resource_group")) >= 64 {
		return m.error(haGeneral, "ERROR: a cluster may have 64 resource groups only.")
	}
	d.Objects = append(d.Objects, o)
	m.crossLinks(o)
	return 0
}

// crossLinks keeps the two sides of a relation equal.
func (m *clmgr) crossLinks(o *haObject) {
	d := m.h.HA.DCD
	switch o.Class {
	case "application_monitor":
		for _, a := range d.all("application_controller") {
			a.setMember("MONITORS", o.Name, slices.Contains(o.list("APPLICATIONS"), a.Name))
		}
	case "application_controller":
		for _, x := range d.all("application_monitor") {
			x.setMember("APPLICATIONS", o.Name, slices.Contains(o.list("MONITORS"), x.Name))
		}
	case "site":
		for _, n := range d.all("node") {
			if slices.Contains(o.list("NODES"), n.Name) {
				n.Attrs["SITE"] = o.Name
			} else if n.get("SITE") == o.Name {
				delete(n.Attrs, "SITE")
			}
		}
		if c := d.cluster(); c.get("TYPE") == "NSC" {
			c.Attrs["TYPE"] = "SC"
		}
	}
}

// setMember puts a name into a list, or takes it out.
func (o *haObject) setMember(attr, name string, in bool) {
	list := o.list(attr)
	has := slices.Contains(list, name)
	switch {
	case in && !has:
		list = append(list, name)
	case !in && has:
		list = slices.DeleteFunc(list, func(x string) bool { return x == name })
	default:
		return
	}
	if o.Attrs[attr] = strings.Join(list, " "); len(list) == 0 {
		delete(o.Attrs, attr)
	}
}

func (m *clmgr) modify() int {
	d := m.h.HA.DCD
	if m.class.name == "cluster" {
		c := d.cluster()
		next := &haObject{Class: "cluster", Name: c.Name, Attrs: map[string]string{}}
		if m.name != "" && m.name != c.Name {
			if p := checkName("cluster", m.name); p != nil {
				return m.refuse(p)
			}
			if c.Attrs["SYNCED"] != "" {
				return m.error(haGeneral, "ERROR: the name of a cluster cannot be changed once it has been synchronized.")
			}
			next.Name = m.name
		}
		if len(m.attrs) == 0 && next.Name == c.Name {
			return m.error(haMissing, "ERROR: no attributes were specified.")
		}
		if p := m.assign(next, false); p != nil {
			return m.refuse(p)
		}
		for k, v := range next.Attrs {
			c.Attrs[k] = v
		}
		c.Name = next.Name
		return 0
	}
	list, p := m.chosen()
	if p != nil {
		return m.refuse(p)
	}
	if len(m.attrs) == 0 {
		return m.error(haMissing, "ERROR: no attributes were specified.")
	}
	for _, o := range list {
		next := &haObject{Class: o.Class, Name: o.Name, Attrs: map[string]string{}}
		for k, v := range o.Attrs {
			next.Attrs[k] = v
		}
		m.attrs = slices.Clone(m.attrs)
		rename := ""
		if i := slices.IndexFunc(m.attrs, func(p pair) bool { return p.Name == "NAME" }); i >= 0 && !contains("dependency interface", o.Class) {
			rename = m.attrs[i].Value
			m.attrs = slices.Delete(m.attrs, i, i+1)
			if p := checkName(o.Class, rename); p != nil && !labelled(o.Class) {
				return m.refuse(p)
			}
			if d.get(o.Class, rename) != nil {
				return m.error(haGeneral, "ERROR: %s \"%s\" already exists.", strings.ReplaceAll(o.Class, "_", " "), rename)
			}
		}
		if p := m.assign(next, false); p != nil {
			return m.refuse(p)
		}
		for k, v := range next.Attrs {
			if v == "" {
				delete(next.Attrs, k)
			}
		}
		if o.Class == "dependency" {
			if p := checkDependency(d, next, o); p != nil {
				return m.refuse(p)
			}
			next.Name = dependencyName(next)
		} else if p := checkObject(m.e, m.h, d, next, false); p != nil {
			return m.refuse(p)
		}
		if o.Class == "resource_group" {
			// All attributes are there once a group was changed.
			next.Attrs["FULL"] = "true"
			for _, n := range sortedKeys(m.h.HA.Groups) {
				if n != o.Name {
					continue
				}
				for node, h := range m.hosts() {
					if g := h.HA.Groups[n]; h.HA.up() && g != nil && g.State == rgOnline && !slices.Contains(next.list("NODES"), node) {
						return m.error(haGeneral, "ERROR: resource group \"%s\" is online on node \"%s\", which may not be removed from it.", o.Name, node)
					}
				}
			}
		}
		*o = *next
		m.crossLinks(o)
		if rename != "" {
			m.renameObject(o, rename)
		}
	}
	return 0
}

// renameObject gives an object another name wherever it is named.
func (m *clmgr) renameObject(o *haObject, name string) {
	old := o.Name
	o.Name = name
	for _, x := range m.h.HA.DCD.Objects {
		for _, a := range haClassOf(x.Class).attrs {
			if contains("ref refs", a.kind) && a.arg == o.Class && slices.Contains(x.list(a.name), old) {
				list := x.list(a.name)
				list[slices.Index(list, old)] = name
				x.Attrs[a.name] = strings.Join(list, " ")
			}
		}
	}
}

func (m *clmgr) hosts() map[string]*Host {
	_, hosts := m.e.peers(m.h.HA.DCD, m.h)
	return hosts
}

func (m *clmgr) deleteObject() int {
	d := m.h.HA.DCD
	class := m.class.name
	var list []*haObject
	var p *haProblem
	if class == "dependency" && m.name == "" {
		want := &haObject{Class: class, Attrs: map[string]string{}}
		if p = m.assign(want, true); p == nil && len(want.Attrs) == 0 {
			p = problem(haMissing, "ERROR: specify the dependency that is to be deleted.")
		}
		for _, o := range d.all(class) {
			if dependencyName(o) == dependencyName(want) {
				list = append(list, o)
			}
		}
		if p == nil && len(list) == 0 {
			p = problem(haNotFound, "ERROR: \"%s\" does not appear to exist!", dependencyName(want))
		}
	} else {
		if _, p = m.options(); p == nil {
			list, p = m.chosen()
		}
	}
	if p != nil {
		return m.refuse(p)
	}
	for _, o := range list {
		if p := m.mayDelete(o); p != nil {
			return m.refuse(p)
		}
	}
	for _, o := range list {
		d.drop(o)
		for _, x := range slices.Clone(d.Objects) {
			switch {
			case class == "network" && contains("interface service_ip persistent_ip", x.Class) && x.get("NETWORK") == o.Name,
				class == "node" && contains("interface persistent_ip", x.Class) && x.get("NODE") == o.Name,
				class == "resource_group" && x.Class == "dependency" && slices.Contains(dependencyGroups(x), o.Name):
				d.drop(x)
				continue
			}
			for _, a := range haClassOf(x.Class).attrs {
				if contains("ref refs", a.kind) && a.arg == class {
					x.setMember(a.name, o.Name, false)
				}
			}
		}
	}
	return 0
}

// mayDelete refuses to delete what is in use.
func (m *clmgr) mayDelete(o *haObject) *haProblem {
	d := m.h.HA.DCD
	used := func(attr string) *haProblem {
		for _, g := range d.all("resource_group") {
			if slices.Contains(g.list(attr), o.Name) {
				return problem(haDepends, "ERROR: %s \"%s\" is in use by resource group \"%s\".", strings.ReplaceAll(o.Class, "_", " "), o.Name, g.Name)
			}
		}
		return nil
	}
	switch o.Class {
	case "service_ip":
		return used("SERVICE_LABEL")
	case "application_controller":
		return used("APPLICATIONS")
	case "fallback_timer":
		return used("FALLBACK_AT")
	case "network":
		for _, s := range d.all("service_ip") {
			if s.get("NETWORK") == o.Name {
				for _, g := range d.all("resource_group") {
					if slices.Contains(g.list("SERVICE_LABEL"), s.Name) {
						return problem(haDepends, "ERROR: network \"%s\" is in use by service IP \"%s\".", o.Name, s.Name)
					}
				}
			}
		}
	case "node":
		if h := m.hosts()[o.Name]; h != nil && h.HA.up() {
			return problem(haGeneral, "ERROR: cluster services are active on node \"%s\". Stop them first.", o.Name)
		}
		for _, g := range d.all("resource_group") {
			if slices.Equal(g.list("NODES"), []string{o.Name}) {
				return problem(haDepends, "ERROR: node \"%s\" is the only node of resource group \"%s\".", o.Name, g.Name)
			}
		}
		if len(d.all("node")) == 1 {
			return problem(haGeneral, "ERROR: \"%s\" is the only node of the cluster. Delete the cluster instead.", o.Name)
		}
	case "resource_group":
		for node, h := range m.hosts() {
			if g := h.HA.Groups[o.Name]; h.HA.up() && g != nil && contains("ONLINE ACQUIRING RELEASING ERROR", g.State) {
				return problem(haGeneral, "ERROR: resource group \"%s\" is in the state %s on node \"%s\". Bring it offline first.", o.Name, g.State, node)
			}
		}
	}
	return nil
}

// waitFor lets the cluster go on until something is done, at most as long as the caller wants.
func (m *clmgr) waitFor(limit time.Duration, done func() bool) bool {
	end := m.e.Now.Add(limit)
	late := false
	m.wait(func() bool {
		late = !m.e.Now.Before(end)
		return late || done()
	})
	return done()
}

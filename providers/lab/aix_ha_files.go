package lab

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// snapshot keeps a definition under a name, and puts it back.
func (m *clmgr) snapshot(o *haObject) int {
	file := haBase + "/snapshots/" + m.name + ".odm"
	switch m.action {
	case "query":
		if m.name == "" {
			for _, n := range m.snapshots() {
				m.say("%s", n)
			}
			return 0
		}
	case "add":
		if p := checkName("snapshot", m.name); p != nil {
			return m.refuse(p)
		}
		if m.h.Files[file] != nil {
			return m.error(haGeneral, "ERROR: snapshot \"%s\" already exists.", m.name)
		}
		m.saveSnapshot(m.name, o.get("DESCRIPTION"))
		m.say("\nclsnapshot: Creating file %s.\n\nclsnapshot: Succeeded creating Cluster Snapshot: %s", file, m.name)
		return 0
	}
	f := m.h.Files[file]
	if m.name == "" {
		return m.error(haMissing, "ERROR: a name/label must be provided.")
	}
	if f == nil {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	switch m.action {
	case "query":
		info := ""
		if i := m.h.Files[haBase+"/snapshots/"+m.name+".info"]; i != nil {
			info = i.Data
		}
		return m.print([][]pair{{{Name: "NAME", Value: m.name}, {Name: "DESCRIPTION", Value: info}, {Name: "FILE", Value: file}, {Name: "CREATED", Value: f.at.Format("Mon Jan 02 15:04:05 2006")}}})
	case "delete":
		delete(m.h.Files, file)
		delete(m.h.Files, haBase+"/snapshots/"+m.name+".info")
		return 0
	}
	if !slices.ContainsFunc(m.attrs, func(p pair) bool { return p.Name == "\x00do" && p.Value == "restore" }) {
		return m.error(haMissing, "ERROR: specify \"restore\".")
	}
	_, text, ok := strings.Cut(f.Data, "<DEF\n")
	text, _, ok2 := strings.Cut(text, "\n</DEF")
	d := readSaved(text)
	if !ok || !ok2 || d.cluster() == nil {
		return m.error(haGeneral, "ERROR: snapshot \"%s\" cannot be read.", m.name)
	}
	for n, h := range m.hosts() {
		if h.HA.State != "" && !h.off() {
			return m.error(haGeneral, "ERROR: cluster services are active on node \"%s\". Stop them first.", n)
		}
	}
	for k, v := range m.h.HA.DCD.cluster().Attrs {
		if contains("SYNCED CLUSTER_ID", k) {
			d.cluster().Attrs[k] = v
		}
	}
	m.h.HA.DCD = d
	m.say("clsnapshot: Succeeded applying Cluster Snapshot: %s", m.name)
	return 0
}

// readSaved reads what haDef.saved writes.
func readSaved(text string) *haDef {
	d := &haDef{}
	for _, line := range strings.Split(text, "\n") {
		class, rest, ok := strings.Cut(line, " ")
		q, err := strconv.QuotedPrefix(rest)
		if !ok || err != nil || haClassOf(class) == nil {
			continue
		}
		name, _ := strconv.Unquote(q)
		o := d.add(class, name, nil)
		for rest = strings.TrimPrefix(rest[len(q):], " "); rest != ""; rest = strings.TrimPrefix(rest, " ") {
			key, more, _ := strings.Cut(rest, "=")
			if q, err = strconv.QuotedPrefix(more); err != nil {
				break
			}
			o.Attrs[key], _ = strconv.Unquote(q)
			rest = more[len(q):]
		}
	}
	return d
}

var haLogs = map[string]string{"hacmp.out": haOut, "cluster.log": haLog, "clutils.log": haUtils, "clverify.log": haVerLog}

func (m *clmgr) logs() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	if m.action == "query" {
		for _, n := range sortedKeys(haLogs) {
			if m.name == "" {
				m.say("%s", n)
			} else if n == m.name {
				return m.print([][]pair{{{Name: "NAME", Value: n}, {Name: "DEFAULT_DIRECTORY", Value: strings.TrimSuffix(haLogs[n], "/"+n)}, {Name: "DIRECTORY", Value: strings.TrimSuffix(haLogs[n], "/"+n)}}})
			}
		}
		if m.name != "" {
			return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
		}
		return 0
	}
	file := haLogs[cmp.Or(m.name, "hacmp.out")]
	if file == "" {
		return m.error(haNotFound, "ERROR: \"%s\" does not appear to exist!", m.name)
	}
	text, _ := m.h.read(file)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if n, ok := atoi(o["TAIL"]); ok {
		lines = lines[max(0, len(lines)-n):]
	}
	if n, ok := atoi(o["HEAD"]); ok {
		lines = lines[:min(n, len(lines))]
	}
	m.say("%s", strings.Join(lines, "\n"))
	return 0
}

// report is the topology and the resources as text.
func (m *clmgr) report() int {
	o, p := m.options()
	if p != nil {
		return m.refuse(p)
	}
	if !contains("cluster nodeinfo rginfo lvinfo fsinfo vginfo dependencies", m.name) {
		return m.error(haIncorrect, "ERROR: \"%s\" is not a valid report. Valid reports are: cluster, nodeinfo, rginfo, lvinfo, fsinfo, vginfo, dependencies", m.name)
	}
	if o["TYPE"] == "html" {
		return m.error(haIncorrect, "ERROR: reports in HTML are not supported on this system.")
	}
	switch m.name {
	case "rginfo":
		m.args = nil
		return aixClRGinfo(m.aixCall)
	case "dependencies":
		for _, n := range m.h.HA.DCD.names("dependency") {
			m.say("%s", n)
		}
	case "vginfo":
		for _, n := range m.shared() {
			m.say("%s", n)
		}
	default:
		m.topology()
	}
	return 0
}

// syncCollection copies the files of a collection to all nodes.
func (m *clmgr) syncCollection() int {
	if len(m.attrs) > 0 {
		return m.error(haIncorrect, "ERROR: \"%s\" is not a valid attribute for action \"sync\" of class \"file_collection\".", m.attrs[0].Name)
	}
	list, p := m.chosen()
	if p != nil {
		return m.refuse(p)
	}
	code := 0
	for _, f := range list {
		code = max(code, m.spread(f))
	}
	return code
}

func (m *clmgr) spread(f *haObject) int {
	code := 0
	for _, name := range f.list("FILES") {
		data, ok := m.h.read(name)
		if !ok {
			code = m.error(haGeneral, "ERROR: file collection \"%s\": the file \"%s\" does not exist.", f.Name, name)
			continue
		}
		mode := 0o644
		if x := m.h.Files[name]; x != nil {
			mode = x.Mode
		}
		for n, h := range m.hosts() {
			if h == m.h {
				continue
			}
			if why := m.e.talk(m.h, h); why != "" {
				code = m.error(haGeneral, "ERROR: could not communicate with node \"%s\": %s.", n, why)
				continue
			}
			if h.create(name, false, "root", m.e.Now) == nil {
				code = m.error(haGeneral, "ERROR: the file \"%s\" cannot be written on node \"%s\".", name, n)
				continue
			}
			h.Files[name].Data, h.Files[name].Mode = data, mode
		}
	}
	return code
}

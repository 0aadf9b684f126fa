package lab

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

func aixODMCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"odmget":    {aixOdmget, 50 * ms, "/usr/bin", false, "odmget [-q Criteria] ClassName ..."},
		"odmchange": {aixOdmchange, 50 * ms, "/usr/bin", true, "odmchange -o ClassName [-q Criteria] [File]"},
		"getlvodm":  {aixGetlvodm, 30 * ms, "/usr/sbin", false, "getlvodm [-a LVName] [-b LVID] [-c LVID] [-C] [-d VGName] [-e LVID] [-F] [-h] [-j PVName] [-l LVName] [-p PVName] [-t VGID] [-u VGName] [-v VGName] [-w VGID] [-L LVName]"},
		"lqueryvg":  {aixLqueryvg, 50 * ms, "/usr/sbin", false, "lqueryvg {-g VGID | -p PVName} [-NsFncDaLPAvt]"},
		"getlvcb":   {aixGetlvcb, 30 * ms, "/usr/sbin", false, "getlvcb [-AaceSfiLrsTtux] LVName"},
	}
}

// odmRow is an object of a class: its attributes in the order of the class.
type odmRow [][2]string

func (r odmRow) get(name string) (string, bool) {
	for _, p := range r {
		if p[0] == name {
			return strings.Trim(p[1], `"`), true
		}
	}
	return "", false
}

// customized are the attributes of a device that differ from what its type predefines, as CuAt has them.
func (a *aixCall) customized(name string) map[string]string {
	now, ok := a.deviceAttrs(name, true)
	if !ok {
		return nil
	}
	def, _ := a.deviceAttrs(name, false)
	out := map[string]string{}
	for n, x := range now {
		if x.value != def[n].value || contains("pvid unique_id ww_name lun_id node_name netaddr netmask hostname", n) || n == "state" && a.h.nic(name) != nil {
			if x.value != "" && x.value != "none" {
				out[n] = x.value
			}
		}
	}
	return out
}

// odmClass are the objects of a class that the model has.
func (a *aixCall) odmClass(class string) ([]odmRow, bool) {
	q := func(s string) string { return `"` + s + `"` }
	var out []odmRow
	h := a.h
	switch class {
	case "CuDv":
		for _, d := range h.allDevices() {
			status := map[string]string{"Defined": "0", "Available": "1", "Stopped": "2"}[d.status]
			out = append(out, odmRow{{"name", q(d.name)}, {"status", status}, {"chgstatus", "2"}, {"ddins", q(d.kind)}, {"location", q(d.location)}, {"parent", q(d.parent)}, {"connwhere", q(a.connection(d))}, {"PdDvLn", q(d.class + "/" + d.subclass + "/" + d.kind)}})
		}
	case "CuAt":
		for _, d := range h.allDevices() {
			attrs := a.customized(d.name)
			for _, n := range sortedKeys(attrs) {
				out = append(out, odmRow{{"name", q(d.name)}, {"attribute", q(n)}, {"value", q(attrs[n])}, {"type", q("R")}, {"generic", q("DU")}, {"rep", q("s")}, {"nls_index", "0"}})
			}
		}
		for _, g := range h.Groups {
			put := func(dev, n, v, kind string) {
				out = append(out, odmRow{{"name", q(dev)}, {"attribute", q(n)}, {"value", q(v)}, {"type", q(kind)}, {"generic", q("DU")}, {"rep", q("s")}, {"nls_index", "0"}})
			}
			put(g.Name, "vgserial_id", g.disk.ID, "R")
			put(g.Name, "auto_on", map[bool]string{true: "y", false: "n"}[g.disk.Auto], "R")
			for _, id := range g.PVIDs {
				put(g.Name, "pv", id+"0000000000000000", "R")
			}
			for _, minor := range g.known() {
				put(g.LVs[minor], "lvserial_id", fmt.Sprintf("%s.%d", g.disk.ID, minor), "R")
			}
		}
	case "CuDvDr":
		for i, d := range h.Disks {
			if !d.Defined {
				out = append(out, odmRow{{"resource", q("devno")}, {"value1", q("17")}, {"value2", q(fmt.Sprint(i))}, {"value3", q(d.Name)}})
			}
		}
		for _, g := range h.Groups {
			out = append(out, odmRow{{"resource", q("devno")}, {"value1", q(fmt.Sprint(g.Major))}, {"value2", q("0")}, {"value3", q(g.Name)}})
			for _, minor := range g.known() {
				out = append(out, odmRow{{"resource", q("devno")}, {"value1", q(fmt.Sprint(g.Major))}, {"value2", q(fmt.Sprint(minor))}, {"value3", q(g.LVs[minor])}})
			}
			out = append(out, odmRow{{"resource", q("ddins")}, {"value1", q(g.Name)}, {"value2", q(fmt.Sprint(g.Major))}, {"value3", q("")}})
		}
	case "CuDep":
		for _, g := range h.Groups {
			for _, minor := range g.known() {
				out = append(out, odmRow{{"name", q(g.Name)}, {"dependency", q(g.LVs[minor])}})
			}
		}
	case "CuPath":
		for _, d := range h.Disks {
			for i, p := range d.paths() {
				status := map[string]string{"Missing": "2", "Defined": "0"}[a.e.pathStatus(h, d, i)]
				if status == "" {
					status = "1"
				}
				out = append(out, odmRow{{"name", q(d.Name)}, {"parent", q(p[0])}, {"connection", q(p[1])}, {"alias", q("")}, {"path_status", status}, {"path_id", fmt.Sprint(i)}})
			}
		}
	case "PdDv":
		for _, d := range predefined {
			out = append(out, odmRow{{"type", q(d.kind)}, {"class", q(d.class)}, {"subclass", q(d.subclass)}, {"prefix", q(map[string]string{"disk": "hdisk", "if": "en", "tcpip": "inet"}[d.class])}, {"DvDr", q(d.kind)}, {"uniquetype", q(d.class + "/" + d.subclass + "/" + d.kind)}})
		}
	case "PdAt":
		seen := map[string]bool{}
		for _, d := range h.allDevices() {
			unique := d.class + "/" + d.subclass + "/" + d.kind
			if seen[unique] {
				continue
			}
			seen[unique] = true
			attrs, _ := a.deviceAttrs(d.name, false)
			for _, n := range sortedKeys(attrs) {
				x := attrs[n]
				values := strings.Join(x.values, ",")
				if x.high > 0 {
					values = fmt.Sprintf("%d-%d,1", x.low, x.high)
				}
				generic := map[string]string{"True": "DU", "True+": "DU+", "False": "D"}[x.flag]
				def := x.value
				if contains("pvid unique_id ww_name lun_id node_name", n) {
					def = ""
				}
				out = append(out, odmRow{{"uniquetype", q(unique)}, {"attribute", q(n)}, {"deflt", q(def)}, {"values", q(values)}, {"width", q("")}, {"type", q("R")}, {"generic", q(generic)}, {"rep", q("sl")}, {"nls_index", "0"}})
			}
		}
	case "SRCsubsys":
		for _, s := range h.Subsystems {
			out = append(out, odmRow{{"subsysname", q(s.Name)}, {"synonym", q("")}, {"cmdargs", q("")}, {"path", q("/usr/sbin/" + s.Name)}, {"uid", "0"}, {"auditid", "0"}, {"standin", q("/dev/console")}, {"standout", q("/dev/console")}, {"standerr", q("/dev/console")},
				{"action", "2"}, {"multi", "0"}, {"contact", "3"}, {"svrkey", "0"}, {"svrmtype", "0"}, {"priority", "20"}, {"signorm", "0"}, {"sigforce", "0"}, {"display", "1"}, {"waittime", "20"}, {"grpname", q(s.Group)}})
		}
	default:
		rows, ok := a.haOdmClass(class)
		for _, r := range rows {
			out = append(out, r.odm())
		}
		return out, ok
	}
	return out, true
}

func (a *aixCall) connection(d hostDevice) string {
	if x := a.h.disk(d.name); x != nil {
		if p := x.paths(); len(p) > 0 {
			return p[0][1]
		}
	}
	return ""
}

// odmTerm is a comparison of a criteria.
type odmTerm struct {
	name, op, value string
}

// criteria reads "name = x AND attribute like 'p*'"; values may be quoted in two ways.
func criteria(s string) ([]odmTerm, bool) {
	var words []string
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '"' || c == '\'':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return nil, false
			}
			words = append(words, "\x00"+s[i+1:i+1+end])
			i += end + 2
		case strings.IndexByte("=!<>", c) >= 0:
			n := 1
			if i+1 < len(s) && s[i+1] == '=' {
				n = 2
			}
			words = append(words, s[i:i+n])
			i += n
		default:
			end := strings.IndexAny(s[i:], " \t=!<>\"'")
			if end < 0 {
				end = len(s) - i
			}
			words = append(words, s[i:i+end])
			i += end
		}
	}
	var out []odmTerm
	for len(words) >= 3 {
		op := strings.ToLower(words[1])
		if !contains("= != < > <= >= like", op) {
			return nil, false
		}
		out = append(out, odmTerm{words[0], op, strings.TrimPrefix(words[2], "\x00")})
		if words = words[3:]; len(words) == 0 {
			return out, true
		}
		if !strings.EqualFold(words[0], "and") {
			return nil, false
		}
		words = words[1:]
	}
	return nil, false
}

func (t odmTerm) holds(r odmRow) (match, known bool) {
	v, ok := r.get(t.name)
	if !ok {
		return false, false
	}
	x, n1 := atoi(v)
	y, n2 := atoi(t.value)
	cmp := strings.Compare(v, t.value)
	if n1 && n2 {
		cmp = x - y
	}
	switch t.op {
	case "=":
		return v == t.value, true
	case "!=":
		return v != t.value, true
	case "<":
		return cmp < 0, true
	case ">":
		return cmp > 0, true
	case "<=":
		return cmp <= 0, true
	case ">=":
		return cmp >= 0, true
	}
	return globMatch(t.value, v), true
}

// globMatch is like of the ODM: a star for anything, a question mark for one character.
func globMatch(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	switch pattern[0] {
	case '*':
		for i := 0; i <= len(s); i++ {
			if globMatch(pattern[1:], s[i:]) {
				return true
			}
		}
		return false
	case '?':
		return s != "" && globMatch(pattern[1:], s[1:])
	}
	return s != "" && s[0] == pattern[0] && globMatch(pattern[1:], s[1:])
}

// odmSelect are the objects of a class that a criteria picks.
func (a *aixCall) odmSelect(class, query string) ([]odmRow, bool) {
	rows, ok := a.odmClass(class)
	if !ok {
		a.fail("0518-514 %s: Could not retrieve object for %s, odm errno 5904.", a.name, class)
		return nil, false
	}
	if strings.TrimSpace(query) == "" {
		return rows, true
	}
	terms, ok := criteria(query)
	var out []odmRow
	for _, r := range rows {
		all := ok
		for _, t := range terms {
			match, known := t.holds(r)
			ok = ok && known
			all = all && match
		}
		if all {
			out = append(out, r)
		}
	}
	if !ok {
		a.fail("%s: 0518-507 ODM returned error number 5803 for the criteria %s.", a.name, query)
		return nil, false
	}
	return out, true
}

func aixOdmget(a *aixCall) int {
	f, ok := a.flags("q:")
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return a.usage()
	}
	for _, class := range f.rest {
		rows, ok := a.odmSelect(class, f.get('q'))
		if !ok {
			return 1
		}
		for _, r := range rows {
			a.say("\n%s:", class)
			for _, p := range r {
				a.say("\t%s = %s", p[0], p[1])
			}
		}
	}
	return 0
}

// aixOdmchange changes the value of attributes in CuAt; everything else that could be changed is not kept in objects here.
func aixOdmchange(a *aixCall) int {
	f, ok := a.flags("o:q:")
	if !ok {
		return 1
	}
	if !f.has('o') || len(f.rest) > 1 {
		return a.usage()
	}
	data := ""
	if len(f.rest) == 1 {
		if data, ok = a.h.read(absolute(a.dir, f.rest[0])); !ok {
			return a.fail("odmchange: 0518-506 Cannot open %s.", f.rest[0])
		}
	} else {
		data = a.input()
	}
	rows, ok := a.odmSelect(f.get('o'), f.get('q'))
	if !ok {
		return 1
	}
	change := map[string]string{}
	for _, l := range strings.Split(data, "\n") {
		if n, v, eq := strings.Cut(l, "="); eq {
			change[strings.TrimSpace(n)] = strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	value, only := change["value"]
	if f.get('o') != "CuAt" || !only || len(rows) == 0 {
		return a.fail("odmchange: 0518-510 The objects of the class %s cannot be changed in this way.", f.get('o'))
	}
	for _, r := range rows {
		name, _ := r.get("name")
		attr, _ := r.get("attribute")
		d := a.h.disk(name)
		if d == nil || d.badValue(attr, value) {
			return a.fail("odmchange: 0518-510 The attribute %s of %s cannot be changed in this way.", attr, name)
		}
	}
	for _, r := range rows {
		name, _ := r.get("name")
		attr, _ := r.get("attribute")
		a.h.disk(name).Pending[attr] = value
	}
	a.say("%d", len(rows))
	return 0
}

// aixGetlvodm asks the database about volume groups and logical volumes, as the scripts of LVM do.
func aixGetlvodm(a *aixCall) int {
	f, ok := a.flags("a:b:c:Cd:e:Fhj:l:L:p:t:u:v:w:")
	if !ok {
		return 1
	}
	if len(f.set) != 1 || len(f.rest) > 0 {
		return a.usage()
	}
	h := a.h
	var flag byte
	for c := range f.set {
		flag = c
	}
	arg := f.get(flag)
	noGroup := func() int {
		return a.fail("0516-306 getlvodm: Unable to find volume group %s in the Device\n\tConfiguration Database.", arg)
	}
	noLV := func() int {
		return a.fail("0516-306 getlvodm: Unable to find  %s in the Device\n\tConfiguration Database.", arg)
	}
	byID := func(id string) *hostGroup {
		for _, g := range h.Groups {
			if g.disk.ID == id {
				return g
			}
		}
		return nil
	}
	switch flag {
	case 'C':
		for _, d := range h.Disks {
			if !d.Defined {
				a.say("%s", d.Name)
			}
		}
	case 'F':
		for _, d := range h.Disks {
			if g := h.groupOf(d); g == nil && !d.Defined {
				a.say("%s", d.Name)
			}
		}
	case 'h':
		for _, g := range h.Groups {
			a.say("%s", g.Name)
		}
	case 'd', 'v':
		g := h.group(arg)
		if g == nil {
			return noGroup()
		}
		if flag == 'v' {
			a.say("%s", g.disk.ID)
		} else {
			a.say("%d", g.Major)
		}
	case 't':
		g := byID(arg)
		if g == nil {
			return noGroup()
		}
		a.say("%s", g.Name)
	case 'u':
		g := h.group(arg)
		if g == nil {
			return noGroup()
		}
		a.say("%s", map[bool]string{true: "y", false: "n"}[g.disk.Auto])
	case 'w':
		g := byID(arg)
		if g == nil {
			return noGroup()
		}
		for _, id := range g.PVIDs {
			name := "unknown"
			for _, d := range h.Disks {
				if d.PVID == id {
					name = d.Name
				}
			}
			a.say("%s0000000000000000 %s", id, name)
		}
	case 'j':
		d := h.disk(arg)
		if d == nil {
			return a.fail("0516-306 getlvodm: Unable to find physical volume %s in the Device\n\tConfiguration Database.", arg)
		}
		g := h.groupOf(d)
		if g == nil {
			return a.fail(pvNoGroup, "getlvodm", arg)
		}
		a.say("%s", g.disk.ID)
	case 'p':
		d := h.disk(arg)
		if d == nil || d.PVID == "" {
			return a.fail("0516-304 getlvodm: Unable to find device id %s in the Device\n\tConfiguration Database.", arg)
		}
		a.say("%s0000000000000000", d.PVID)
	case 'l', 'b', 'c':
		g, v := h.volume(arg)
		if v == nil {
			return noLV()
		}
		a.say("%s.%d", g.disk.ID, v.Minor)
	case 'a', 'L':
		g, v := h.volume(arg)
		if v == nil {
			return noLV()
		}
		if flag == 'a' {
			a.say("%s", arg)
		} else {
			a.say("%s %s.%d", g.Name, g.disk.ID, v.Minor)
		}
	case 'e':
		for _, g := range h.Groups {
			for _, minor := range g.known() {
				if fmt.Sprintf("%s.%d", g.disk.ID, minor) == arg {
					a.say("%s", g.LVs[minor])
					return 0
				}
			}
		}
		return noLV()
	}
	return 0
}

// aixLqueryvg reads the descriptor area of a disk or of a group that is varied on.
func aixLqueryvg(a *aixCall) int {
	f, ok := a.flags("g:p:NsFncDaLPAvtX")
	if !ok {
		return 1
	}
	if f.has('g') == f.has('p') || len(f.rest) > 0 {
		return a.usage()
	}
	var g *diskGroup
	if f.has('p') {
		d := a.h.disk(strings.TrimPrefix(f.get('p'), "/dev/"))
		if d == nil || d.Defined || d.lost || a.e.reservedBy(d.medium, a.h) != nil {
			return a.fail("0516-024 lqueryvg: Unable to open physical volume.\n\tEither PV was not configured or could not be opened. Run\n\tdiagnostics.")
		}
		if g = d.medium.group; g == nil {
			return a.fail("0516-066 lqueryvg: Physical volume is not a volume group member.\n\tCheck the physical volume name specified.")
		}
	} else {
		for _, x := range a.h.Groups {
			if x.disk.ID == f.get('g') && x.State != vgOff {
				g = x.disk
			}
		}
		if g == nil {
			return a.bad(strings.Replace(vgOffText, ": ", "lqueryvg: ", 1))
		}
	}
	put := func(flag byte, label string, values ...string) {
		if !f.has('A') && !f.has(flag) {
			return
		}
		for i, v := range values {
			switch {
			case f.has('t') && i == 0:
				a.say("%-16s%s", label, v)
			case f.has('t'):
				a.say("%16s%s", "", v)
			default:
				a.say("%s", v)
			}
		}
	}
	size := 0
	for 1<<size < g.PPSize {
		size++
	}
	free := g.total() - g.used()
	put('N', "Max LVs:", fmt.Sprint(g.MaxLVs))
	put('s', "PP Size:", fmt.Sprint(20+size))
	put('F', "Free PPs:", fmt.Sprint(free))
	put('n', "LV count:", fmt.Sprint(len(g.Volumes)))
	put('c', "PV count:", fmt.Sprint(len(g.Members)))
	put('D', "Total VGDAs:", fmt.Sprint(g.allDescriptors()))
	if f.any("AX") {
		put('A', "Conc Allowed:", map[bool]string{true: "1", false: "0"}[g.ECM])
		put('A', "MAX PPs per PV ", fmt.Sprint(g.perDisk()))
		put('A', "MAX PVs:", fmt.Sprint(g.maxPVs()))
	}
	var lvs, pvs []string
	for _, v := range g.Volumes {
		lvs = append(lvs, fmt.Sprintf("%s.%d   %s %d  ", g.ID, v.Minor, v.Name, 1))
	}
	for _, m := range g.Members {
		pvs = append(pvs, fmt.Sprintf("%s                %d    0  ", m.medium.pvid(), g.descriptors(m)))
	}
	sort.Strings(lvs)
	put('L', "Logical:", lvs...)
	put('P', "Physical:", pvs...)
	put('v', "VGid:", g.ID)
	if f.has('A') {
		put('A', "Total PPs:", fmt.Sprint(g.total()))
		put('A', "LTG size:", "128")
		put('A', "HOT SPARE:", "0")
		put('A', "AUTO SYNC:", "0")
		put('A', "VG PERMISSION:", "0")
		put('A', "SNAPSHOT VG:", "0")
		put('A', "IS_PRIMARY VG:", "0")
		put('A', "PSNFSTPP:", "4352")
		put('A', "VARYON MODE:", "0")
		put('A', "VG Type:", map[string]string{vgNormal: "0", vgBig: "1", vgScalable: "2"}[g.Kind])
		put('A', "Max PPs:", fmt.Sprint(g.maxPPs()))
	}
	return 0
}

// aixGetlvcb reads the control block of a logical volume.
func aixGetlvcb(a *aixCall) int {
	f, ok := a.flags("AaceSfiLrsTtux")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || len(f.set) == 0 {
		return a.usage()
	}
	g, v := a.h.volume(f.rest[0])
	if v == nil {
		return a.fail("0516-306 getlvcb: Unable to find  %s in the Device\n\tConfiguration Database.", f.rest[0])
	}
	if g.State == vgOff {
		return a.bad(vgOffText)
	}
	fs := ""
	if s := v.Block; s != nil {
		fs = "vfs=" + s.VFS + ":log=" + s.Log
		if s.Auto != "" {
			fs += ":mount=" + s.Auto
		}
		if s.Options != "" {
			fs += ":options=" + s.Options
		}
		if s.Account != "" {
			fs += ":account=" + s.Account
		}
	}
	label := v.Label
	if label == "" {
		label = "None"
	}
	for _, r := range []struct {
		flag        byte
		text, value string
	}{{'a', "intrapolicy", v.Intra}, {'c', "copies", fmt.Sprint(v.copies())}, {'e', "interpolicy", v.Inter}, {'i', "lvid", fmt.Sprintf("%s.%d", g.disk.ID, v.Minor)}, {0, "lvname", f.rest[0]}, {'L', "label", label}, {0, "machine id", strings.ToUpper(a.h.Machine[2:11])},
		{0, "number lps", fmt.Sprint(len(v.Parts))}, {'r', "relocatable", map[bool]string{true: "n", false: "y"}[v.Fixed]}, {'s', "strict", v.Strict}, {'S', "stripe width", fmt.Sprint(v.Width)}, {0, "stripe size in exponent", stripeExponent(v)}, {'t', "type", v.Kind}, {'u', "upperbound", fmt.Sprint(v.Upper)}, {'f', "fs", fs}} {
		switch {
		case f.has('A') && r.text == "fs":
			a.say("\t %s = %s", r.text, r.value)
		case f.has('A'):
			a.say("\t %s = %s", r.text, r.value)
		case r.flag != 0 && f.has(r.flag) && f.has('T'):
			a.say("\t %s = %s", r.text, r.value)
		case r.flag != 0 && f.has(r.flag):
			a.say("%s", r.value)
		}
	}
	return 0
}

func stripeExponent(v *volume) string {
	n := 0
	for v.Width > 0 && 1<<n < v.StripeKB<<10 {
		n++
	}
	return fmt.Sprint(n)
}

// attrsOf are the devices whose attributes nothing here depends on: kept where they were changed.
func (a *aixCall) attrsOf(name string) map[string]attrDef {
	h := a.h
	d, ok := h.deviceNamed(name)
	if !ok {
		return nil
	}
	yes := []string{"yes", "no"}
	plain := func(v, t string) attrDef { return attrDef{value: v, text: t, flag: "False"} }
	switch {
	case d.kind == "IBM,v-scsi":
		return map[string]attrDef{"rw_timeout": {value: "0", text: "Virtual SCSI Read/Write Command Timeout", flag: "True", low: 0, high: 3600}, "vscsi_err_recov": {value: "delayed_fail", text: "N/A", flag: "True", values: []string{"delayed_fail", "fast_fail"}},
			"vscsi_path_to": {value: "0", text: "Virtual SCSI Path Timeout", flag: "True", low: 0, high: 3600}}
	case d.kind == "IBM,vfc-client":
		return map[string]attrDef{"intr_priority": plain("3", "Interrupt priority"), "lg_term_dma": {value: "0x800000", text: "Long term DMA", flag: "True"}, "max_xfer_size": {value: "0x100000", text: "Maximum Transfer Size", flag: "True", values: []string{"0x100000", "0x200000", "0x400000", "0x800000", "0x1000000"}},
			"num_cmd_elems": {value: "200", text: "Maximum Number of COMMAND Elements", flag: "True", low: 20, high: 2048}, "sw_fc_class": plain("2", "FC Class for Fabric"), "num_io_queues": {value: "8", text: "Desired number of IO queues", flag: "True", low: 1, high: 256}, "label": {value: "", text: "User defined label", flag: "True"}}
	case d.kind == "efscsi":
		return map[string]attrDef{"attach": plain("switch", "How this adapter is CONNECTED"), "dyntrk": {value: "yes", text: "Dynamic Tracking of FC Devices", flag: "True+", values: yes}, "fc_err_recov": {value: "fast_fail", text: "FC Fabric Event Error RECOVERY Policy", flag: "True+", values: []string{"delayed_fail", "fast_fail"}},
			"scsi_id": plain("0x"+stableHex(5, h.Name, name), "Adapter SCSI ID"), "sw_fc_class": plain("3", "FC Class for Fabric")}
	case d.kind == "IBM,l-lan" || d.kind == "IBM,vnic":
		return map[string]attrDef{"alt_addr": {value: "0x000000000000", text: "Alternate Ethernet Address", flag: "True"}, "chksum_offload": {value: "yes", text: "Enable Checksum Offload for IPv4 packets", flag: "True", values: yes}, "use_alt_addr": {value: "no", text: "Enable Alternate Ethernet Address", flag: "True", values: yes},
			"max_buf_huge": {value: "64", text: "Maximum Huge Buffers", flag: "True", low: 24, high: 128}, "max_buf_large": {value: "64", text: "Maximum Large Buffers", flag: "True", low: 24, high: 256}, "max_buf_medium": {value: "256", text: "Maximum Medium Buffers", flag: "True", low: 128, high: 2048},
			"max_buf_small": {value: "2048", text: "Maximum Small Buffers", flag: "True", low: 512, high: 4096}, "max_buf_tiny": {value: "2048", text: "Maximum Tiny Buffers", flag: "True", low: 512, high: 4096}, "min_buf_huge": {value: "24", text: "Minimum Huge Buffers", flag: "True", low: 24, high: 128},
			"min_buf_large": {value: "24", text: "Minimum Large Buffers", flag: "True", low: 24, high: 256}, "min_buf_medium": {value: "128", text: "Minimum Medium Buffers", flag: "True", low: 128, high: 2048}, "min_buf_small": {value: "512", text: "Minimum Small Buffers", flag: "True", low: 512, high: 4096},
			"min_buf_tiny": {value: "512", text: "Minimum Tiny Buffers", flag: "True", low: 512, high: 4096}, "poll_uplink": {value: "no", text: "Enable Uplink Polling", flag: "True", values: yes}, "poll_uplink_int": {value: "1000", text: "Time interval for Uplink Polling", flag: "True", low: 100, high: 5000}}
	case d.class == "processor":
		threads := h.smt()
		return map[string]attrDef{"frequency": plain("3400000000", "Processor Speed"), "smt_enabled": plain(trueFalse(threads > 1), "Processor SMT enabled"), "smt_threads": plain(fmt.Sprint(threads), "Processor SMT threads"),
			"state": plain("enable", "Processor state"), "type": plain("PowerPC_POWER"+h.power(), "Processor type")}
	case name == "sys0":
		return map[string]attrDef{"autorestart": {value: "true", text: "Automatically REBOOT OS after a crash", flag: "True", values: []string{"true", "false"}}, "boottype": plain("disk", "N/A"), "conslogin": {value: "enable", text: "System Console Login", flag: "True", values: []string{"enable", "disable"}},
			"cpuguard": {value: "enable", text: "CPU Guard", flag: "True", values: []string{"enable", "disable"}}, "fullcore": {value: "false", text: "Enable full CORE dump", flag: "True", values: []string{"true", "false"}}, "iostat": {value: "false", text: "Continuously maintain DISK I/O history", flag: "True", values: []string{"true", "false"}},
			"keylock": plain("normal", "State of system keylock at boot time"), "log_pg_dealloc": {value: "true", text: "Log predictive memory page deallocation events", flag: "True", values: []string{"true", "false"}},
			"maxbuf": {value: "20", text: "Maximum number of pages in block I/O BUFFER CACHE", flag: "True", low: 20, high: 1000}, "maxmbuf": {value: "0", text: "Maximum Kbytes of real memory allowed for MBUFS", flag: "True", low: 0, high: 131072}, "maxpout": {value: "8193", text: "HIGH water mark for pending write I/Os per file", flag: "True", low: 0, high: 65535},
			"maxuproc": {value: "128", text: "Maximum number of PROCESSES allowed per user", flag: "True", low: 40, high: 131072}, "minpout": {value: "4096", text: "LOW water mark for pending write I/Os per file", flag: "True", low: 0, high: 65535}, "ncargs": {value: "256", text: "ARG/ENV list size in 4K byte blocks", flag: "True", low: 256, high: 1024},
			"max_logname": {value: "9", text: "Maximum login name length at boot time", flag: "True", low: 9, high: 256}}
	case name == "iocp0":
		return map[string]attrDef{"autoconfig": {value: "defined", text: "STATE to be configured at system restart", flag: "True", values: []string{"defined", "available"}}}
	case name == "mem0":
		return map[string]attrDef{"ent_mem_cap": plain("", "I/O memory entitlement in Kbytes"), "mem_exp_factor": plain("", "Memory expansion factor"), "var_mem_weight": plain("", "Variable memory capacity weight")}
	}
	return nil
}

// otherAttrs adds the attributes of attrsOf with the values that were set.
func (a *aixCall) otherAttrs(name string, into map[string]attrDef, effective bool) map[string]attrDef {
	more := a.attrsOf(name)
	if more == nil {
		return into
	}
	if into == nil {
		into = map[string]attrDef{}
	}
	for n, x := range more {
		for _, key := range []string{"", "boot|"} {
			if v, ok := a.h.DevAttrs[key+name+"|"+n]; ok && effective {
				x.value = v
			}
		}
		if !a.h.atLeast(7, 1) && x.flag == "True+" {
			x.flag = "True"
		}
		into[n] = x
	}
	return into
}

// changeOther is chdev for devices of attrsOf.
func (a *aixCall) changeOther(name string, attrs map[string]attrDef, pairs [][2]string, f *flagSet) int {
	method := "/usr/lib/methods/chggen"
	for _, p := range pairs {
		x, ok := attrs[p[0]]
		switch {
		case !ok || x.bad(p[1]):
			return a.fail(devInvalid, method, p[0])
		case !f.any("P") && !(x.flag == "True+" && f.has('U')) && name != "sys0" && a.deviceBusy(name):
			return a.fail(devBusyText, method)
		}
	}
	if a.h.DevAttrs == nil {
		a.h.DevAttrs = map[string]string{}
	}
	for _, p := range pairs {
		key := name + "|" + p[0]
		delete(a.h.DevAttrs, "boot|"+key)
		if f.has('P') {
			key = "boot|" + key
		}
		a.h.DevAttrs[key] = p[1]
	}
	a.say("%s changed", name)
	return 0
}

// deviceBusy tells whether something below a device is in use.
func (a *aixCall) deviceBusy(name string) bool {
	for _, d := range a.h.allDevices() {
		if d.parent == name && d.status == "Available" {
			return true
		}
	}
	return slices.ContainsFunc(a.h.Disks, func(d *HostDisk) bool {
		return !d.Defined && slices.ContainsFunc(d.paths(), func(p [2]string) bool { return p[0] == name })
	})
}

// bootDevices puts what chdev -P has written into effect.
func (h *Host) bootDevices() {
	for k, v := range h.DevAttrs {
		if rest, ok := strings.CutPrefix(k, "boot|"); ok {
			h.DevAttrs[rest] = v
			delete(h.DevAttrs, k)
		}
	}
	switch h.DevAttrs["iocp0|autoconfig"] {
	case "available":
		h.setDev("iocp0|status", "Available")
	case "defined":
		delete(h.DevAttrs, "iocp0|status")
	}
}

// iocp is the state of the completion ports, which is set by hand and at a boot as autoconfig says.
func (h *Host) iocp() string {
	if v := h.DevAttrs["iocp0|status"]; v != "" {
		return v
	}
	return "Defined"
}

func (h *Host) setDev(key, v string) {
	if h.DevAttrs == nil {
		h.DevAttrs = map[string]string{}
	}
	h.DevAttrs[key] = v
}

// smt is how many threads a processor has.
func (h *Host) smt() int {
	if n, ok := atoi(h.DevAttrs["smt|threads"]); ok {
		return n
	}
	return min(4, h.maxSMT())
}

// power is the generation of the processors.
func (h *Host) power() string {
	switch {
	case strings.HasPrefix(h.Model, "IBM,9105"), strings.HasPrefix(h.Model, "IBM,9080-HEX"), strings.HasPrefix(h.Model, "IBM,9043"):
		return "10"
	case strings.HasPrefix(h.Model, "IBM,9009"), strings.HasPrefix(h.Model, "IBM,9008"), strings.HasPrefix(h.Model, "IBM,9040"), strings.HasPrefix(h.Model, "IBM,9080"), strings.HasPrefix(h.Model, "IBM,9223"):
		return "9"
	case strings.HasPrefix(h.Model, "IBM,8286"), strings.HasPrefix(h.Model, "IBM,8284"), strings.HasPrefix(h.Model, "IBM,9119-M"), strings.HasPrefix(h.Model, "IBM,8408"), strings.HasPrefix(h.Model, "IBM,8247"):
		return "8"
	case strings.HasPrefix(h.Model, "IBM,7998"), strings.HasPrefix(h.Model, "IBM,8203"), strings.HasPrefix(h.Model, "IBM,8204"), strings.HasPrefix(h.Model, "IBM,9117-MMA"):
		return "6"
	}
	return "7"
}

// maxSMT is what the processors can do.
func (h *Host) maxSMT() int {
	switch h.power() {
	case "6":
		return 2
	case "7":
		return 4
	}
	if !h.atLeast(7, 1) {
		return 4
	}
	return 8
}

// processors are the names of the processor devices.
func (h *Host) processors() []string {
	step := h.maxSMT()
	var out []string
	for i := range max(1, h.resources().Procs) {
		out = append(out, fmt.Sprintf("proc%d", i*step))
	}
	return out
}

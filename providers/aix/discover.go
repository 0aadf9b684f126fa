package aix

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Discover reads the host in one request, and a node of a cluster in two.
func (s *Session) Discover(ctx context.Context, scope providers.Scope, emit func(*schema.Object)) error {
	b := &console.Batch{}
	b.Add("name", console.New("uname", "-n"))
	b.Add("model", console.New("uname", "-M"))
	b.Add("level", console.New("oslevel", "-s"))
	b.Add("memory", console.New("lsattr", "-El", "sys0", "-a", "realmem"))
	b.Add("disks", console.New("lsdev", "-Cc", "disk"))
	b.Add("lspv", console.New("lspv"))
	disks := console.New("lsdev", "-Cc", "disk", "-F", "name")
	b.ForEach("attrs", disks, console.New("lsattr", "-EOl").AddEach())
	b.ForEach("sizes", disks, console.New("bootinfo", "-s").AddEach())
	b.Add("groups", console.New("lsvg"))
	active := console.New("lsvg", "-o")
	b.ForEach("lsvg", active, console.New("lsvg").AddEach())
	b.ForEach("volumes", active, console.New("lsvg", "-l").AddEach())
	b.ForEach("pools", active, console.New("lsvg", "-P").AddEach())
	b.ForEach("majors", console.New("lsvg"), console.New("ls", "-l").AddEachAfter("/dev/"))
	b.ForEach("lslv", console.New("lsvg", "-o").Pipe(console.New("lsvg", "-il")).Pipe(console.New("awk", `NF > 6 && $1 != "LV" { print $1 }`)), console.New("lslv").AddEach())
	b.Add("exports", console.New("cat", "/etc/exports")) // there is none until something is exported
	b.Add("wpars", console.New("lswpar", "-cq"))         // not there before 6.1
	b.Add("cluster", console.New("ls", "-d", utilities+"cllsif"))
	b.Add("clmgr", console.New("ls", "-d", utilities+"clmgr"))
	b.Add("lsfs", console.New("lsfs", "-cq"))
	b.Add("mount", console.New("mount"))
	line, err := b.Line()
	if err != nil {
		return err
	}
	line = "export LC_ALL=C; " + line // messages and some labels follow the locale
	a, err := s.read(ctx, line)
	if err != nil {
		return err
	}
	sec, err := b.Split(a)
	if err != nil {
		return s.parseError(line, a, err)
	}
	// A command that fails tells nothing, and what is not told must not look as if it were gone. lsfs may fail for the sake of
	// one filesystem, but always has the root.
	for _, name := range []string{"disks", "lspv", "groups", "lsfs", "mount"} {
		x := sec[name]
		if empty := strings.TrimSpace(x.Out) == ""; x.Exit != 0 && (name != "lsfs" || !strings.Contains(x.Out, "\n/:")) || empty && name != "disks" && name != "lspv" {
			return s.parseError(line, strings.TrimSpace(x.Out+a), fmt.Errorf("exit code %d of the command for %s", x.Exit, name))
		}
	}
	d := &discovery{endpoint: s.key, host: strings.TrimSpace(sec["name"].Out), programs: scope.Programs}
	if d.host == "" || !strings.Contains(sec["level"].Out, "-") {
		return s.parseError(line, a, errors.New("neither a node name nor a level: is this an AIX host, and the user root?"))
	}
	s.mu.Lock()
	s.name, s.level = d.host, strings.TrimSpace(sec["level"].Out)
	s.mu.Unlock()
	d.readDisks(sec["disks"].Out, sec["lspv"].Out, sec["attrs"].Out, sec["sizes"].Out)
	if err := d.readGroups(sec["groups"].Out, sec["lsvg"].Out, sec["volumes"].Out, sec["pools"].Out, sec["majors"].Out, sec["lslv"].Out); err != nil {
		return s.parseError(line, sec["lsvg"].Out, err)
	}
	if err := d.readFilesystems(sec["lsfs"].Out, sec["mount"].Out); err != nil {
		return s.parseError(line, sec["lsfs"].Out, err)
	}
	d.exports = readExports(sec["exports"].Out)
	host := map[string]cty.Value{"hostname": cty.StringVal(d.host), "level": text(strings.TrimSpace(sec["level"].Out)), "model": text(strings.TrimSpace(sec["model"].Out))}
	if f := strings.Fields(sec["memory"].Out); len(f) > 1 {
		if kb, err := strconv.Atoi(f[1]); err == nil {
			host["memory"] = cty.NumberIntVal(int64(kb / 1024))
		}
	}
	var identified, unreserved []string
	for _, p := range d.disks {
		if p.pvid != "" {
			identified = append(identified, p.id(d.host))
		}
		if p.reserve == "no_reserve" {
			unreserved = append(unreserved, p.id(d.host))
		}
	}
	host["identified"], host["unreserved"] = texts(identified), texts(unreserved)
	var more []*schema.Object
	if sec["cluster"].Exit == 0 {
		if more, err = s.node(ctx, d, host, sec["clmgr"].Exit != 0); err != nil {
			return err
		}
	}
	if w := sec["wpars"]; w.Exit != 127 && (scope.Workloads || strings.TrimSpace(w.Out) != "" || w.Exit != 0) {
		d.remote = remotes(sec["mount"].Out)
		if err := s.workloads(ctx, d, scope, host); err != nil {
			return err
		}
	}
	emit(&schema.Object{Kind: "host", ID: d.host, Endpoint: s.key, Value: schema.Build(host)})
	d.emit(emit)
	for _, o := range more {
		emit(o)
	}
	return nil
}

// node reads what only a node of a cluster is asked for.
func (s *Session) node(ctx context.Context, d *discovery, host map[string]cty.Value, classic bool) ([]*schema.Object, error) {
	b := clusterBatch(d.programs)
	if classic {
		b = classicBatch(d.programs)
	}
	line, err := b.Line()
	if err != nil {
		return nil, err
	}
	line = "export LC_ALL=C; " + line
	a, err := s.read(ctx, line)
	if err != nil {
		return nil, err
	}
	sec, err := b.Split(a)
	if err != nil {
		return nil, s.parseError(line, a, err)
	}
	if classic {
		sec = modernized(sec)
	}
	more, err := d.readNode(sec, host)
	if err != nil {
		return nil, s.parseError(line, sec["cluster"].Out, err)
	}
	return more, nil
}

// read sends a line that changes nothing. A lost answer is asked for once more.
func (s *Session) read(ctx context.Context, line string) (string, error) {
	a, err := s.run(ctx, line)
	var lost *providers.LostError
	if errors.As(err, &lost) && ctx.Err() == nil {
		a, err = s.run(ctx, line)
	}
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", err
	}
	return a.Stdout, nil
}

type discovery struct {
	endpoint, host string
	programs       []string
	exports        map[string]cty.Value
	disks          []*pv
	groups         []*group
	systems        []*filesystem
	wpars          []*schema.Object
	inside         []string          // mount points of workload partitions
	remote         map[string]string // mount point -> server:directory
}

// pv is a disk as the host has it.
type pv struct {
	device, status, pvid, group string
	uniqueID, wwpn, lun         string
	reserve, depth              string
	size                        string
	concurrent                  bool // of lspv: its volume group is varied on in concurrent mode, passive or not
}

// id is the identity of a disk: the best one that it tells.
func (p *pv) id(host string) string {
	switch m := virtualDisk.FindStringSubmatch(p.uniqueID); {
	case m != nil:
		return "uid:" + m[1]
	case p.uniqueID != "":
		return "uid:" + p.uniqueID
	case p.pvid != "":
		return "pvid:" + p.pvid
	}
	return "local:" + host + "/" + p.device
}

// group is a volume group. What is not varied on tells only its name.
type group struct {
	name, vgid      string
	active          bool
	concurrent      bool // made for varyonvg -c
	pp, total, free int  // MiB; physical partitions
	kind            string
	autoOn, quorum  string
	mode            string // active, passive, concurrent; off
	major           string
	volumes         map[string]volume
	pools           map[string][]string // mirror pool -> devices
	poolStrict      string              // off, on, super
}

// volume is a row of lsvg -l.
type volume struct {
	kind, mount, state string
	lps, copies        int
	strict, upper      string // of lslv
	pools              []string
}

// filesystem is a row of lsfs -cq with its details.
type filesystem struct {
	mount, volume, options, auto, group string
	blocks                              int // of 512 bytes
	block, inline                       string
	mounted                             bool
}

func (d *discovery) disk(device string) *pv {
	for _, p := range d.disks {
		if p.device == device {
			return p
		}
	}
	return nil
}

func (d *discovery) readDisks(lsdev, lspv, attrs, sizes string) {
	for _, l := range strings.Split(lsdev, "\n") {
		if f := strings.Fields(l); len(f) > 1 {
			d.disks = append(d.disks, &pv{device: f[0], status: f[1]})
		}
	}
	for _, l := range strings.Split(lspv, "\n") {
		f := strings.Fields(l)
		if len(f) < 3 {
			continue
		}
		p := d.disk(f[0])
		if p == nil {
			continue
		}
		if f[1] != "none" {
			p.pvid = f[1]
		}
		if f[2] != "None" {
			p.group = f[2]
		}
		p.concurrent = len(f) > 3 && f[3] == "concurrent"
	}
	_, items := console.Items(attrs)
	for device, text := range items {
		p := d.disk(device)
		row := colonRow(text)
		if p == nil || row == nil {
			continue
		}
		p.uniqueID, p.reserve, p.depth = row["unique_id"], row["reserve_policy"], row["queue_depth"]
		p.wwpn = strings.ToUpper(strings.TrimPrefix(row["ww_name"], "0x"))
		p.lun = strings.ToUpper(strings.TrimPrefix(row["lun_id"], "0x"))
	}
	_, items = console.Items(sizes)
	for device, text := range items {
		if p := d.disk(device); p != nil {
			p.size = strings.TrimSpace(text)
		}
	}
}

// colonRow reads lsattr -EO: a line of names behind a number sign and a line of values, both with colons. A value that
// holds a colon itself makes the row unreadable, which then tells nothing.
func colonRow(text string) map[string]string {
	names, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimLeft(text, "\n"), "#"), "\n")
	values, _, _ := strings.Cut(rest, "\n")
	n, v := strings.Split(names, ":"), strings.Split(values, ":")
	if at := slices.Index(n, "location"); at >= 0 && len(v) > len(n) { // the one value that people write
		more := len(v) - len(n)
		v = slices.Concat(v[:at], []string{strings.Join(v[at:at+more+1], ":")}, v[at+more+1:])
	}
	if !ok || len(n) != len(v) {
		return nil
	}
	out := map[string]string{}
	for i := range n {
		out[n[i]] = strings.TrimSpace(v[i])
	}
	return out
}

// label finds what stands behind a label in the two columns of lsvg.
func label(text, name string) string {
	m := regexp.MustCompile(regexp.QuoteMeta(name) + `:\s+(\S+(?: \S+)*)`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

func leading(s string) int {
	f := strings.Fields(s)
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(f[0]) // what is no number is not known
	return n
}

func (d *discovery) readGroups(names, details, volumes, pools, majors, lslv string) error {
	_, about := console.Items(details)
	_, lists := console.Items(volumes)
	_, mirrors := console.Items(pools)
	_, devices := console.Items(majors)
	_, single := console.Items(lslv)
	for _, name := range strings.Fields(names) {
		g := &group{name: name, volumes: map[string]volume{}, mode: "off"}
		if f := strings.Fields(devices[name]); len(f) > 5 {
			g.major = strings.TrimSuffix(f[4], ",") // crw-rw---- 1 root system 40, 0 ...
		}
		d.groups = append(d.groups, g)
		t, on := about[name]
		if !on {
			// lsvg -o leaves out what a node of a cluster holds passive; that lspv tells it is unconfirmed (aix-cli.md, section 5).
			if slices.ContainsFunc(d.disks, func(p *pv) bool { return p.group == name && p.concurrent }) {
				g.mode = "passive"
			}
			continue
		}
		g.active, g.vgid, g.mode = true, label(t, "VG IDENTIFIER"), "active"
		switch {
		case strings.Contains(label(t, "VG PERMISSION"), "passive"):
			g.mode = "passive"
		case label(t, "VG Mode") == "Concurrent":
			g.mode = "concurrent"
		}
		g.pp, g.total, g.free = leading(label(t, "PP SIZE")), leading(label(t, "TOTAL PPs")), leading(label(t, "FREE PPs"))
		if g.pp == 0 || g.vgid == "" {
			return fmt.Errorf("no PP SIZE or VG IDENTIFIER of %s", name)
		}
		switch label(t, "MAX PPs per VG") {
		case "32512":
			g.kind = "normal"
		case "130048":
			g.kind = "big"
		default:
			g.kind = "scalable"
		}
		g.autoOn = label(t, "AUTO ON")
		// Before 7.x there is a number and no word; one descriptor area is enough where quorum is off.
		q := label(t, "QUORUM")
		g.quorum = map[bool]string{true: "no", false: "yes"}[strings.Contains(q, "Disabled") || q == "1"]
		// Levels before 6.1 know no mirror pools and refuse lsvg -P.
		g.poolStrict, g.pools = label(t, "MIRROR POOL STRICT"), map[string][]string{}
		for _, f := range rows(mirrors[name], "#") {
			if len(f) == 2 && d.disk(f[0]) != nil && f[1] != "None" {
				g.pools[f[1]] = append(g.pools[f[1]], f[0])
			}
		}
		if !strings.Contains(lists[name], name+":") {
			return fmt.Errorf("no list of the logical volumes of %s", name)
		}
		g.concurrent = label(t, "Concurrent") != ""
		for _, l := range strings.Split(lists[name], "\n") {
			if f := strings.Fields(l); len(f) >= 7 && f[0] != "LV" {
				v := volume{kind: f[1], lps: leading(f[2]), state: f[5], mount: f[6]}
				if pps := leading(f[3]); v.lps > 0 {
					v.copies = pps / v.lps
				}
				if t := single[f[0]]; t != "" {
					v.upper = label(t, "UPPER BOUND")
					v.strict = map[string]string{"yes": "strict", "yes (superstrict)": "superstrict", "no": "none"}[label(t, "EACH LP COPY ON A SEPARATE PV ?")]
					for c := 1; c <= v.copies; c++ {
						if p := label(t, fmt.Sprintf("COPY %d MIRROR POOL", c)); p != "" {
							v.pools = append(v.pools, p)
						}
					}
					if !slices.ContainsFunc(v.pools, func(p string) bool { return p != "None" }) {
						v.pools = nil
					}
				}
				g.volumes[f[0]] = v
			}
		}
	}
	return nil
}

func (d *discovery) readFilesystems(lsfs, mount string) error {
	over := mounted(mount)
	var last *filesystem
	for _, l := range strings.Split(lsfs, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if strings.HasPrefix(l, "(") {
			if last != nil {
				last.block, last.inline = detail(l, "block size"), detail(l, "inline log")
			}
			continue
		}
		f := strings.Split(l, ":")
		last = nil
		if len(f) < 8 {
			return fmt.Errorf("%d fields in %q", len(f), l)
		}
		if f[2] != "jfs2" || !strings.HasPrefix(f[1], "/dev/") {
			continue
		}
		blocks, _ := strconv.Atoi(f[5]) // what is no number is not known
		last = &filesystem{mount: f[0], volume: strings.TrimPrefix(f[1], "/dev/"), group: f[4], blocks: blocks, options: f[6], auto: f[7], mounted: over[f[0]] == f[1]}
		d.systems = append(d.systems, last)
	}
	return nil
}

// readExports reads /etc/exports: a directory and its options, -rw,access=a:b,root=c.
func readExports(out string) map[string]cty.Value {
	all := map[string]cty.Value{}
	for _, f := range rows(out, "#") {
		x := map[string]cty.Value{"access": cty.StringVal("rw")}
		if len(f) > 1 {
			for _, o := range strings.Split(strings.TrimPrefix(f[1], "-"), ",") {
				name, hosts, _ := strings.Cut(o, "=")
				switch name {
				case "ro":
					x["access"] = cty.StringVal("ro")
				case "access":
					x["clients"] = texts(strings.Split(hosts, ":"))
				case "root":
					x["root"] = texts(strings.Split(hosts, ":"))
				}
			}
		}
		all[f[0]] = schema.Build(x)
	}
	return all
}

// detail finds a word in the line of details: (lv size 1:fs size 1:block size 4096:...).
func detail(line, name string) string {
	for _, part := range strings.Split(strings.Trim(line, "()"), ":") {
		if v, ok := strings.CutPrefix(part, name+" "); ok {
			return v
		}
	}
	return ""
}

// mounted reads mount: mount point -> device, of what is local. A local row begins with a blank; fields overflow, so the
// words are counted from the right: options, time, day, month, type, mount point, device.
func mounted(out string) map[string]string {
	m := map[string]string{}
	for _, l := range strings.Split(out, "\n") {
		f := strings.Fields(l)
		if !strings.HasPrefix(l, " ") || len(f) < 6 || !strings.HasPrefix(f[0], "/") {
			continue
		}
		m[f[1]] = f[0]
	}
	return m
}

func text(s string) cty.Value {
	if s == "" {
		return cty.NilVal
	}
	return cty.StringVal(s)
}

func texts(list []string) cty.Value {
	if len(list) == 0 {
		return cty.EmptyTupleVal
	}
	var out []cty.Value
	for _, s := range list {
		out = append(out, cty.StringVal(s))
	}
	return cty.TupleVal(out)
}

func number(s string) cty.Value {
	n, err := strconv.Atoi(s)
	if err != nil {
		return cty.NilVal
	}
	return cty.NumberIntVal(int64(n))
}

func yes(s string) cty.Value {
	switch s {
	case "yes":
		return cty.True
	case "no":
		return cty.False
	}
	return cty.NilVal
}

// virtualDisk is the identity of a virtual SCSI disk: that of the disk behind it stands in it. What the characters before it mean
// is unconfirmed; where it is not as expected, only the physical volume identifier tells that both are one.
var virtualDisk = regexp.MustCompile(`^..[0-9A-F]{2}(.+)05VDASD03AIXvscsi$`)

func (x volume) value(name, group string, pp int) cty.Value {
	v := map[string]cty.Value{"name": text(name), "volume_group": text(group), "size": cty.NumberIntVal(int64(x.lps * pp)), "type": text(x.kind), "strictness": text(x.strict), "upper_bound": number(x.upper),
		"open": cty.BoolVal(strings.HasPrefix(x.state, "open")), "stale": cty.BoolVal(strings.HasSuffix(x.state, "stale"))}
	if x.copies > 0 {
		v["copies"] = cty.NumberIntVal(int64(x.copies))
	}
	if len(x.pools) > 0 {
		v["mirror_pools"] = texts(x.pools)
	}
	if x.mount != "N/A" {
		v["mount"] = text(x.mount)
	}
	return schema.Build(v)
}

func (d *discovery) emit(emit func(*schema.Object)) {
	for _, p := range d.disks {
		v := map[string]cty.Value{"unique_id": text(p.uniqueID), "pvid": text(p.pvid)}
		here := map[string]cty.Value{"device": text(p.device), "status": text(p.status), "size": number(p.size), "volume_group": text(p.group), "reserve_policy": text(p.reserve)}
		if len(p.wwpn) == 16 && p.lun != "" {
			here["lun"] = schema.Build(map[string]cty.Value{"wwpn": text(p.wwpn), "id": text(p.lun)})
		}
		v["hosts"] = cty.ObjectVal(map[string]cty.Value{d.host: schema.Build(here)})
		keys := []string{p.id(d.host)}
		if own := "uid:" + p.uniqueID; p.uniqueID != "" && own != keys[0] {
			keys = append(keys, own)
		}
		emit(&schema.Object{Kind: "disk", ID: p.id(d.host), Keys: keys, Endpoint: d.endpoint, Value: schema.Build(v)})
	}
	of, copies := map[string]string{}, map[string]int{} // logical volume -> identity of its group, copies
	for _, g := range d.groups {
		if g.name == "caavg_private" {
			continue // the repository of Cluster Aware AIX
		}
		id := d.host + "/" + g.name
		var disks []string
		for _, p := range d.disks {
			if p.group == g.name {
				disks = append(disks, p.id(d.host))
			}
		}
		v := map[string]cty.Value{"name": text(g.name), "host": text(d.host), "active": cty.BoolVal(g.active), "disks": texts(disks)}
		v["mode"] = cty.StringVal("standard")
		if g.concurrent {
			v["mode"] = cty.StringVal("enhanced-concurrent")
		}
		here := map[string]cty.Value{"name": text(g.name), "state": text(g.mode), "major": number(g.major), "auto_on": yes(g.autoOn)}
		v["known"], v["major"] = cty.ObjectVal(map[string]cty.Value{d.host: schema.Build(here)}), number(g.major)
		if !g.active {
			delete(v, "mode") // nobody can say
		} else {
			v["vgid"], v["type"], v["auto_on"], v["quorum"] = text(g.vgid), text(g.kind), yes(g.autoOn), yes(g.quorum)
			v["pp_size"], v["size"], v["free"] = cty.NumberIntVal(int64(g.pp)), cty.NumberIntVal(int64(g.pp*g.total)), cty.NumberIntVal(int64(g.pp*g.free))
		}
		if g.active && g.kind == "scalable" {
			v["mirror_pool_strictness"] = text(g.poolStrict)
			pools := map[string]cty.Value{}
			for p, devices := range g.pools {
				var ids []string
				for _, device := range devices {
					ids = append(ids, d.disk(device).id(d.host))
				}
				pools[p] = schema.Build(map[string]cty.Value{"disks": texts(ids)})
			}
			if len(pools) > 0 {
				v["mirror_pool"] = cty.ObjectVal(pools)
			}
		}
		var all, logs []string
		for lv, x := range g.volumes {
			of[lv], copies[lv], all = id, x.copies, append(all, lv)
			if g.name != "rootvg" {
				emit(&schema.Object{Kind: "logical_volume", ID: d.host + ":" + lv, Endpoint: d.endpoint, Value: x.value(lv, id, g.pp)})
			}
			if x.kind == "jfs2log" {
				logs = append(logs, lv)
			}
		}
		slices.Sort(all)
		slices.Sort(logs)
		if len(all) > 0 {
			v["volumes"] = texts(all)
		}
		if len(logs) > 0 {
			v["log_volumes"] = texts(logs)
		}
		emit(&schema.Object{Kind: "volume_group", ID: id, Endpoint: d.endpoint, Value: schema.Build(v)})
	}
	for _, f := range d.systems {
		if of[f.volume] == "" || slices.Contains(d.inside, f.mount) {
			continue // of a workload partition, or of a group that is not varied on: nobody can say which
		}
		v := map[string]cty.Value{"mount": text(f.mount), "volume_group": text(of[f.volume]), "logical_volume": text(f.volume), "size": cty.NumberFloatVal(float64(f.blocks) / 2048),
			"inline_log": yes(f.inline), "block_size": number(f.block), "auto_mount": yes(f.auto), "mounted": cty.BoolVal(f.mounted), "options": text(f.options), "mount_group": text(f.group)}
		if x, exported := d.exports[f.mount]; exported {
			v["export"] = x
		}
		if n := copies[f.volume]; n > 0 {
			v["copies"] = cty.NumberIntVal(int64(n))
		}
		emit(&schema.Object{Kind: "filesystem", ID: d.host + ":" + f.mount, Endpoint: d.endpoint, Value: schema.Build(v)})
	}
	for _, o := range d.wpars {
		emit(o)
	}
}

package hmc

import (
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// storage is what a Virtual I/O Server has besides its disks. The layouts of lsvg -lv and cluster -list are those of
// AIX; those of lssp, lsrep and lu are read by their headings, since the widths are unconfirmed (ivm-cli.md, section 11).
type storage struct {
	identities [][]string // rows of chkdev
	cluster    string
	media      []string
	pools      []*pool
	units      []unit
}

// pool is a row of lssp; sizes in MiB.
type pool struct {
	name, kind             string
	size, free, allocation float64
	devices                map[string]float64 // backing device -> size
}

// unit is a logical unit of a shared storage pool.
type unit struct {
	pool, name, udid string
	size             float64
}

// The kinds of pools, as lssp prints them.
const (
	volumePool  = "LVPOOL"
	filePool    = "FBPOOL"
	clusterPool = "CLPOOL"
)

func mb(s string) float64 {
	f, _ := strconv.ParseFloat(strings.Trim(s, "()"), 64) // no number is no size
	return f
}

// readStorage reads lsrep, cluster -list, lssp and chkdev, of which each of the first three may have failed.
func readStorage(out string) *storage {
	st := &storage{}
	part := ""
	for _, l := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		f := strings.Fields(l)
		switch {
		case len(f) == 0:
			continue
		case f[0] == "CLUSTER_NAME:" && len(f) > 1:
			st.cluster = f[1]
		case f[0] == "Pool" && strings.HasPrefix(strings.Join(f, " "), "Pool Size(mb)"):
			part = "lssp"
		case f[0] == "Name" && strings.Contains(l, "File Size"):
			part = "lsrep"
		case strings.HasPrefix(f[0], "Size(mb)"):
			part = ""
		case part == "lsrep" && len(f) >= 3 && mb(f[1]) > 0:
			st.media = append(st.media, f[0])
		case part == "lssp" && len(f) == 6 && strings.HasSuffix(f[5], "POOL"):
			st.pools = append(st.pools, &pool{name: f[0], size: mb(f[1]), free: mb(f[2]), allocation: mb(f[3]), kind: f[5], devices: map[string]float64{}})
		default:
			if row := strings.Split(l, ":"); len(row) >= 3 && !strings.Contains(row[0], " ") && row[0] != "" && !strings.HasSuffix(row[0], "_ID") {
				for i := range row {
					row[i] = strings.TrimSpace(row[i])
				}
				st.identities = append(st.identities, row)
			}
		}
	}
	return st
}

// details reads the answers to askDetails, up to the attributes of devices.
func (st *storage) details(out string) {
	out, _, _ = strings.Cut(out, "value\n")
	part := ""
	var files []*pool
	for _, p := range st.pools {
		if p.kind == filePool {
			files = append(files, p)
		}
	}
	var vg *pool
	heading := 0
	shared := ""
	for _, l := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		f := strings.Fields(l)
		if len(f) == 0 {
			continue
		}
		text := strings.Join(f, " ")
		switch {
		case len(f) == 1 && strings.HasSuffix(f[0], ":") && st.pool(strings.TrimSuffix(f[0], ":")) != nil:
			part, vg = "lsvg", st.pool(strings.TrimSuffix(f[0], ":"))
		case strings.HasPrefix(text, "LV NAME"):
		case f[0] == "POOL_NAME:" && len(f) > 1:
			part, shared = "pool", f[1]
			st.share(shared)
		case f[0] == "POOL_SIZE:" && len(f) > 1:
			st.share(shared).size = mb(f[1])
		case f[0] == "FREE_SPACE:" && len(f) > 1:
			st.share(shared).free = mb(f[1])
		case strings.HasPrefix(text, "Pool Size(mb)"):
			part = "shared pools"
		case strings.HasPrefix(text, "LU_NAME"), strings.HasPrefix(text, "Lu Name"):
			part = "units"
		case strings.HasPrefix(text, "Name Size(mb)"):
			part = "files"
			heading++
		case part == "lsvg" && len(f) >= 6:
			// What mklv makes for a partition is of the type jfs; the server's own are jfs2, paging and so on.
			if f[1] == "jfs" {
				vg.devices[f[0]] = mb(f[2]) * vg.allocation
			}
		case part == "files" && len(f) >= 2 && heading <= len(files) && mb(f[1]) > 0:
			files[heading-1].devices[f[0]] = mb(f[1])
		case part == "shared pools" && len(f) >= 5 && mb(f[1]) > 0:
			p := st.share(f[0])
			p.size, p.free, shared = mb(f[1]), mb(f[2]), f[0]
		case part == "units" && len(f) >= 3 && mb(f[1]) > 0:
			if udid := f[len(f)-1]; len(udid) >= 32 && !slices.ContainsFunc(st.units, func(u unit) bool { return u.udid == udid }) {
				st.units = append(st.units, unit{shared, f[0], udid, mb(f[1])})
			}
		}
	}
}

func (st *storage) pool(name string) *pool {
	for _, p := range st.pools {
		if p.name == name {
			return p
		}
	}
	return nil
}

// share is the shared storage pool of a name.
func (st *storage) share(name string) *pool {
	if p := st.pool(name); p != nil {
		return p
	}
	p := &pool{name: name, kind: clusterPool, devices: map[string]float64{}}
	st.pools = append(st.pools, p)
	return p
}

func (st *storage) facts() (pools, media cty.Value) {
	out := map[string]cty.Value{}
	for _, p := range st.pools {
		v := map[string]cty.Value{"type": cty.StringVal(p.kind), "size": schema.NumberVal(p.size), "free": schema.NumberVal(p.free)}
		if p.allocation > 0 {
			v["allocation"] = schema.NumberVal(p.allocation)
		}
		out[p.name] = cty.ObjectVal(v)
	}
	return lpar.Obj(out), lpar.List(st.media)
}

// fileStore is where a Virtual I/O Server keeps the files of its pools.
const fileStore = "/var/vio/storagepools/"

// backed is what a mapping exports: a disk by its identity, or an optical drive and its medium.
func (d *discovery) backed(vios string, m console.Mapping) (backing, source, medium string) {
	sys := d.m.id
	if x := d.disks[vios+"/"+m.Backing]; x != nil {
		return "disk", x.id, ""
	}
	st := d.storage[vios]
	if st != nil {
		for _, u := range st.units {
			if m.Backing == u.name+"."+u.udid {
				return "lu", "lu:" + st.cluster + "/" + u.pool + "/" + u.name, ""
			}
		}
	}
	switch file, inStore := strings.CutPrefix(m.Backing, fileStore); {
	case m.Backing == "", strings.HasPrefix(m.VTD, "vtopt"), strings.HasSuffix(m.Backing, ".iso"), strings.HasPrefix(m.Backing, "/var/vio/VMLibrary/"):
		if m.Backing != "" {
			medium = path.Base(m.Backing)
		}
		return "optical", "optical:" + sys + "/" + vios + "/" + m.VTD, medium
	case inStore:
		return "file", "file:" + sys + "/" + vios + "/" + file, ""
	case strings.HasPrefix(m.Backing, "/"):
		return "file", "file:" + sys + "/" + vios + m.Backing, ""
	}
	return "lv", "lv:" + sys + "/" + vios + "/" + m.Backing, ""
}

// madeDisks are the logical volumes, files and logical units of the system's Virtual I/O Servers.
func (d *discovery) madeDisks() []*schema.Object {
	out := map[string]*schema.Object{}
	put := func(id, block string, form map[string]cty.Value, vios, device string, size float64) {
		o := out[id]
		if o == nil {
			o = &schema.Object{Kind: "disk", Endpoint: d.s.key, ID: id, Keys: []string{id}, Value: cty.ObjectVal(map[string]cty.Value{block: cty.ObjectVal(form), "size": schema.NumberVal(size)})}
			out[id] = o
		}
		at := schema.JoinPath("paths", d.m.id)
		o.Value = schema.Set(o.Value, schema.JoinPath("paths", d.m.id, "devices", vios), cty.StringVal(device))
		if mapped := d.exports[vios+"|"+id]; len(mapped) > 0 {
			o.Value = schema.Set(o.Value, at+".mapped_to", lpar.List(append(schema.Strings(o.Value, at+".mapped_to"), mapped...)))
		}
	}
	for _, l := range d.servers() {
		vios := l["name"]
		st := d.storage[vios]
		if st == nil {
			continue
		}
		own := map[string]cty.Value{"system": cty.StringVal(d.m.id), "server": cty.StringVal(vios)}
		for _, p := range st.pools {
			for _, name := range sortedNames(p.devices) {
				form := map[string]cty.Value{"name": cty.StringVal(name)}
				for k, v := range own {
					form[k] = v
				}
				if p.kind == filePool {
					form["pool"] = cty.StringVal(p.name)
					put("file:"+d.m.id+"/"+vios+"/"+p.name+"/"+name, "file", form, vios, fileStore+p.name+"/"+name, p.devices[name])
					continue
				}
				form["group"] = cty.StringVal(p.name)
				put("lv:"+d.m.id+"/"+vios+"/"+name, "logical_volume", form, vios, name, p.devices[name])
			}
		}
		for _, u := range st.units {
			form := map[string]cty.Value{"cluster": cty.StringVal(st.cluster), "pool": cty.StringVal(u.pool), "name": cty.StringVal(u.name)}
			put("lu:"+st.cluster+"/"+u.pool+"/"+u.name, "logical_unit", form, vios, u.name+"."+u.udid, u.size)
		}
	}
	var list []*schema.Object
	for _, o := range out {
		list = append(list, o)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

func sortedNames(m map[string]float64) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

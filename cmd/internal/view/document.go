package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// ClusterDocument writes what administrators keep by hand of a cluster, as Markdown: what its nodes report, and what only the
// estate says besides. The cluster is one that was found.
func ClusterDocument(w io.Writer, cat *schema.Catalogue, f *planner.Facts, cluster *schema.Object) {
	d := &document{w: w, cat: cat, f: f, c: cluster}
	v := cluster.Value
	fmt.Fprintf(w, "# Cluster %s\n", schema.Str(v, "name"))
	decl := f.Declared("cluster", cluster.ID)
	var rows [][]string
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	if decl != nil {
		add("Release", schema.Str(decl.Value, "version"))
		add("Last takeover test", schema.Str(decl.Value, "tested_at"))
	}
	add("Identifier", d.show("cluster", v, "id"))
	add("Type", d.show("cluster", v, "type"))
	add("Heartbeat", strings.TrimSpace(schema.Str(v, "heartbeat")+" "+schema.Str(v, "multicast_address")))
	add("Condition", schema.Str(v, "condition"))
	if schema.Has(v, "synchronised") {
		add("Synchronised", d.show("cluster", v, "synchronised"))
	}
	for i, id := range schema.Strings(v, "repository") {
		add([]string{"Repository disk", "Backup repository disk"}[min(i, 1)], d.disk(id))
	}
	for _, n := range schema.Items(v, "settings") {
		add("Setting "+n, d.show("cluster", v, "settings."+n))
	}
	d.table([]string{"", ""}, rows)

	d.title("Nodes")
	rows = nil
	for _, n := range schema.Strings(v, "nodes") {
		h, m := f.Object("host", n), schema.Get(v, schema.JoinPath("members", n))
		row := []string{n, schema.Str(m, "state"), schema.Str(m, "manager"), schema.Str(m, "level")}
		if h != nil {
			row = append(row, schema.Str(h.Value, "level"), schema.Str(h.Value, "model"), d.show("host", h.Value, "memory"))
		}
		rows = append(rows, row)
	}
	d.table([]string{"node", "services", "manager", "cluster software", "AIX", "machine", "memory"}, rows)

	d.title("Networks and addresses")
	rows = nil
	for _, n := range schema.Items(v, "network") {
		x := schema.Get(v, schema.JoinPath("network", n))
		rows = append(rows, []string{n, schema.Str(x, "type"), schema.Str(x, "netmask"), d.show("cluster", v, schema.JoinPath("network", n, "public"))})
	}
	d.table([]string{"network", "type", "netmask", "public"}, rows)
	rows = nil
	for _, block := range []string{"interface", "persistent_ip", "service_ip"} {
		for _, l := range schema.Items(v, block) {
			x := schema.Get(v, schema.JoinPath(block, l))
			kind := map[string]string{"interface": "boot", "persistent_ip": "persistent", "service_ip": "service"}[block]
			rows = append(rows, []string{l, kind, schema.Str(x, "address"), schema.Str(x, "network"), cmp.Or(schema.Str(x, "node"), "moves with its group"), schema.Str(x, "device")})
		}
	}
	d.table([]string{"label", "kind", "address", "network", "node", "interface"}, rows)
	rows = nil
	for _, n := range schema.Items(v, "site") {
		x := schema.Get(v, schema.JoinPath("site", n))
		row := []string{n, strings.Join(schema.Strings(x, "nodes"), ", "), "", ""}
		if decl != nil {
			row[2], row[3] = schema.Str(decl.Value, schema.JoinPath("site", n, "readiness")), d.show("cluster", decl.Value, schema.JoinPath("site", n, "link"))
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		d.title("Sites")
		d.table([]string{"site", "nodes", "readiness", "link level"}, rows)
	}
	d.groups()
	d.applications()
	d.disks()
}

type document struct {
	w   io.Writer
	cat *schema.Catalogue
	f   *planner.Facts
	c   *schema.Object
}

func (d *document) title(text string) { fmt.Fprintf(d.w, "\n## %s\n", text) }

func (d *document) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprint(d.w, "\nNone.\n")
		return
	}
	fmt.Fprintf(d.w, "\n| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows {
		for len(r) < len(head) {
			r = append(r, "")
		}
		for i := range r {
			r[i] = strings.ReplaceAll(r[i], "|", "\\|")
		}
		fmt.Fprintf(d.w, "| %s |\n", strings.Join(r, " | "))
	}
}

// show is a value for people; "" where there is none.
func (d *document) show(kind string, v cty.Value, path string) string {
	x := schema.Get(v, path)
	if x == cty.NilVal {
		return ""
	}
	return d.cat.Kind(kind).Attribute(path).Display(x)
}

// disk is a disk by what identifies it, with its names at the nodes.
func (d *document) disk(id string) string {
	o := d.f.Object("disk", id)
	if o == nil {
		return id
	}
	text := id
	if u := schema.Str(o.Value, "unique_id"); u != "" {
		text = u
	}
	if p := schema.Str(o.Value, "pvid"); p != "" {
		text += ", PVID " + p
	}
	var at []string
	for _, h := range schema.Items(o.Value, "hosts") {
		at = append(at, schema.Str(o.Value, schema.JoinPath("hosts", h, "device"))+" at "+h)
	}
	return text + " (" + strings.Join(at, ", ") + ")"
}

// in are the found objects of a kind that belong to the cluster.
func (d *document) in(kind string) []*schema.Object {
	var out []*schema.Object
	for _, o := range d.f.Inventory.Of(kind) {
		if schema.Str(o.Value, "cluster") == d.c.ID {
			out = append(out, o)
		}
	}
	return out
}

// rows are the attributes of an object that have a value, in the order of the kind, each with its name in the cluster's own words.
func (d *document) rows(attrs []schema.Attribute, v cty.Value, skip ...string) [][]string {
	var out [][]string
	for i := range attrs {
		a := &attrs[i]
		x := schema.Get(v, a.Name)
		if x == cty.NilVal || slices.Contains(skip, a.Name) || a.Nesting == schema.LabelledBlock || a.Display(x) == "(none)" {
			continue
		}
		text := a.Display(x)
		if a.Type == schema.Ref {
			var names []string
			for _, id := range append(schema.Strings(x, ""), schema.Str(v, a.Name)) {
				if a.RefKind == "disk" && id != "" {
					names = append(names, d.disk(id))
				} else if id != "" {
					names = append(names, id[strings.LastIndexByte(id, '/')+1:])
				}
			}
			text = strings.Join(names, ", ")
		}
		out = append(out, []string{strings.ReplaceAll(a.Name, "_", " "), text, a.Console})
	}
	return out
}

// said adds what only the estate says of an object.
func (d *document) said(o *schema.Object, skip ...string) {
	decl := d.f.Declared(o.Kind, o.ID)
	if decl == nil {
		return
	}
	k := d.cat.Kind(o.Kind)
	var policies []schema.Attribute
	for _, a := range k.Attributes {
		if a.Policy {
			policies = append(policies, a)
		}
	}
	if rows := d.rows(policies, decl.Value, skip...); len(rows) > 0 {
		fmt.Fprint(d.w, "\nThe estate says besides:\n")
		for _, r := range rows {
			r[2] = ""
		}
		for i := range rows {
			rows[i] = rows[i][:2]
		}
		d.table([]string{"", ""}, rows)
	}
}

func (d *document) groups() {
	d.title("Resource groups")
	all := d.in("resource_group")
	if len(all) == 0 {
		fmt.Fprint(d.w, "\nNone.\n")
	}
	for _, o := range all {
		fmt.Fprintf(d.w, "\n### %s\n", schema.Str(o.Value, "name"))
		d.table([]string{"", "", "in the cluster"}, d.rows(d.cat.Kind(o.Kind).Attributes, o.Value, "name", "cluster"))
		d.said(o)
	}
}

func (d *document) applications() {
	d.title("Applications")
	all := d.in("application")
	if len(all) == 0 {
		fmt.Fprint(d.w, "\nNone.\n")
	}
	for _, o := range all {
		fmt.Fprintf(d.w, "\n### %s\n", schema.Str(o.Value, "name"))
		k := d.cat.Kind(o.Kind)
		d.table([]string{"", "", "in the cluster"}, d.rows(k.Attributes, o.Value, "name", "cluster"))
		for _, m := range schema.Items(o.Value, "monitor") {
			fmt.Fprintf(d.w, "\nMonitor %s:\n", m)
			d.table([]string{"", "", "in the cluster"}, d.rows(k.Attribute("monitor").Attributes, schema.Get(o.Value, schema.JoinPath("monitor", m))))
		}
		d.said(o)
	}
}

func (d *document) disks() {
	d.title("Volume groups and disks")
	nodes := schema.Strings(d.c.Value, "nodes")
	shown := false
	for _, g := range d.f.Inventory.Of("volume_group") {
		hosts := schema.Strings(g.Value, "hosts")
		if len(hosts) == 0 || slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(nodes, h) }) {
			continue
		}
		shown = true
		fmt.Fprintf(d.w, "\n### %s\n", schema.Str(g.Value, "name"))
		var rows [][]string
		for _, h := range schema.Items(g.Value, "known") {
			at := schema.JoinPath("known", h)
			rows = append(rows, []string{h, schema.Str(g.Value, schema.JoinPath("known", h, "state")), d.show("volume_group", g.Value, at+".major"), d.show("volume_group", g.Value, at+".auto_on")})
		}
		d.table([]string{"node", "state", "major number", "on at start"}, rows)
		rows = nil
		for _, id := range schema.Strings(g.Value, "disks") {
			rows = append(rows, []string{d.disk(id)})
		}
		d.table([]string{"disk"}, rows)
		rows = nil
		for _, fs := range d.f.Inventory.Of("filesystem") {
			if schema.Str(fs.Value, "volume_group") == g.ID {
				rows = append(rows, []string{schema.Str(fs.Value, "mount"), d.show("filesystem", fs.Value, "size"), schema.Str(fs.Value, "logical_volume"), d.show("filesystem", fs.Value, "copies")})
			}
		}
		if len(rows) > 0 {
			d.table([]string{"filesystem", "size", "logical volume", "copies"}, rows)
		}
	}
	if !shown {
		fmt.Fprint(d.w, "\nNone.\n")
	}
}

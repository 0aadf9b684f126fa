package lpar

import (
	"fmt"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
)

// Made is a disk that a Virtual I/O Server makes: a logical volume, a file in a storage pool, or a logical unit of a
// shared storage pool.
type Made struct {
	System, Server string // of a logical unit: none
	Cluster        string // of a logical unit alone
	Pool, Name     string
	Block          string // the attribute that declares it
	thick          bool
}

// MadeDisk reads the form of a disk; nil for a LUN.
func MadeDisk(v cty.Value) *Made {
	for _, block := range []string{"logical_volume", "file", "logical_unit"} {
		at := schema.Get(v, block)
		if at == cty.NilVal {
			continue
		}
		m := &Made{System: schema.Str(at, "system"), Server: schema.Str(at, "server"), Cluster: schema.Str(at, "cluster"), Pool: schema.Str(at, "pool"), Name: schema.Str(at, "name"), Block: block, thick: schema.True(at, "thick")}
		if block == "logical_volume" {
			m.Pool = schema.Str(at, "group")
		}
		return m
	}
	return nil
}

// Map exports the disk through a server adapter whose name the inner command prints.
func (m *Made) Map(adapter *console.Command, target string) *console.Command {
	var c *console.Command
	if m.Block == "logical_volume" {
		c = console.New("mkvdev", "-vdev", m.Name, "-vadapter").Output(adapter)
		if target != "" {
			c.Add("-dev", target)
		}
		return c
	}
	c = console.New("mkbdsp")
	if m.Cluster != "" {
		c.Add("-clustername", m.Cluster)
	}
	c.Add("-sp", m.Pool, "-bd", m.Name, "-vadapter").Output(adapter)
	if target != "" {
		c.Add("-tn", target)
	}
	return c
}

func (m *Made) create(size string) *console.Command {
	switch m.Block {
	case "logical_volume":
		return console.New("mklv", "-lv", m.Name, m.Pool, size)
	case "file":
		return console.New("mkbdsp", "-sp", m.Pool, size, "-bd", m.Name)
	}
	c := console.New("mkbdsp", "-clustername", m.Cluster, "-sp", m.Pool, size, "-bd", m.Name)
	if m.thick {
		c.Add("-thick")
	}
	return c
}

func (m *Made) remove() *console.Command {
	switch m.Block {
	case "logical_volume":
		return console.New("rmlv", "-f", m.Name)
	case "file":
		return console.New("rmbdsp", "-sp", m.Pool, "-bd", m.Name)
	}
	return console.New("rmbdsp", "-clustername", m.Cluster, "-sp", m.Pool, "-bd", m.Name)
}

// at is a Virtual I/O Server that runs.
type at struct {
	system *schema.Object
	name   string
	v      cty.Value
}

// servers are the Virtual I/O Servers that can work on the disk, the first of which is asked to.
func (m *Made) servers(f *planner.Facts) []at {
	var out []at
	for _, sys := range f.Inventory.Of("system") {
		if m.System != "" && sys.ID != m.System {
			continue
		}
		for _, n := range schema.Items(sys.Value, "vios") {
			v := schema.Get(sys.Value, schema.JoinPath("vios", n))
			mine := n == m.Server
			if m.Cluster != "" {
				mine = schema.Str(v, "cluster") == m.Cluster
			}
			if mine && schema.Str(v, "state") == "Running" {
				out = append(out, at{sys, n, v})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].system.ID < out[j].system.ID })
	return out
}

// Paths are the Virtual I/O Servers that can give the disk to partitions once it is made, in the form of a disk that
// was found.
func (m *Made) paths(f *planner.Facts) cty.Value {
	out := map[string]cty.Value{}
	for _, s := range m.servers(f) {
		devices := map[string]cty.Value{s.name: cty.StringVal(m.Name)}
		if have := out[s.system.ID]; have != cty.NilVal {
			for n, v := range have.GetAttr("devices").AsValueMap() {
				devices[n] = v
			}
		}
		out[s.system.ID] = cty.ObjectVal(map[string]cty.Value{"devices": cty.ObjectVal(devices)})
	}
	return Obj(out)
}

// explainMade adds the command that makes, grows or deletes a disk on a Virtual I/O Server.
func explainMade(m *Made, s *planner.Step, f *planner.Facts) diag.List {
	var out diag.List
	refuse := func(path, summary, fix, format string, args ...any) diag.List {
		d := diag.Errorf("disk-refused", summary, format, args...).At(string(s.Address), path)
		d.Fix = fix
		return append(out, d)
	}
	list := m.servers(f)
	if len(list) == 0 {
		if m.Cluster != "" {
			return refuse("logical_unit.cluster", "No such cluster", "Correct the name; gantry discover shows the cluster of every Virtual I/O Server.", "No running Virtual I/O Server is a member of the cluster %s.", m.Cluster)
		}
		return refuse(m.Block+".server", "No such Virtual I/O Server", "Correct the name, or start it.", "No Virtual I/O Server %s runs on %s.", m.Server, lookName(f, m.System))
	}
	on := list[0]
	if manager := schema.Str(on.system.Value, "manager"); manager != "hmc" {
		return refuse(m.Block, "Not offered there", "Make it by hand and leave it undeclared, or choose a system under an HMC.", "%s is a disk on %s, whose manager (%s) is not asked to make disks.", s.Address, schema.Str(on.system.Value, "name"), manager)
	}
	s.Endpoint = on.system.Endpoint
	pool := schema.Get(on.v, schema.JoinPath("pools", m.Pool))
	want, have := 0.0, 0.0
	if s.After != nil {
		want = schema.Num(s.After.Value, "size")
	}
	if s.Before != nil {
		have = schema.Num(s.Before.Value, "size")
	}
	var c *console.Command
	switch s.Action {
	case planner.Create:
		if want == 0 {
			return refuse("size", "Missing for creation", "Declare it.", "Making %s needs a size.", s.Address)
		}
		s.After.Value = schema.Set(s.After.Value, "paths", m.paths(f))
		c = m.create(mib(want))
	case planner.Update:
		switch {
		case want < have:
			return refuse("size", "Does not shrink", "Declare the size that is there.", "%s has %s and %s is declared; a disk in use does not get smaller.", s.Address, schema.FormatSize(have), schema.FormatSize(want))
		case m.Block != "logical_volume":
			return refuse("size", "Does not grow", "Make another disk, and move the data.", "%s has %s and %s is declared; whether a Virtual I/O Server can make such a disk larger is not confirmed, so it is not tried.", s.Address, schema.FormatSize(have), schema.FormatSize(want))
		}
		c = console.New("extendlv", m.Name, mib(want-have))
	case planner.Delete:
		c = m.remove()
	default:
		return nil
	}
	if known := schema.Items(on.v, "pools"); pool == cty.NilVal && len(known) > 0 && s.Action == planner.Create {
		return refuse(m.Block, "No such storage pool", "Correct the name, or make the pool.", "%s on %s has no storage pool %s; it has %s.", on.name, schema.Str(on.system.Value, "name"), m.Pool, strings.Join(known, ", "))
	}
	if unit := schema.Num(pool, "allocation"); unit > 0 && want > 0 && int64(want)%int64(unit) != 0 {
		return refuse("size", "Not a whole number of partitions", fmt.Sprintf("Declare a multiple of %s.", schema.FormatSize(unit)), "%s is declared with %s; the storage pool %s gives space in pieces of %s.", s.Address, schema.FormatSize(want), m.Pool, schema.FormatSize(unit))
	}
	line, err := console.ViosCommand(schema.Str(on.system.Value, "name"), on.name, c).Line()
	if err != nil {
		return refuse("", "Cannot be sent", "", "%s", err)
	}
	s.Commands = append(s.Commands, planner.Command{Endpoint: s.Endpoint, Line: line, Purpose: planner.PurposeChange})
	return out
}

func mib(n float64) string { return Amount(n) + "M" }

func lookName(f *planner.Facts, id string) string {
	if sys := f.Object("system", id); sys != nil {
		return schema.Str(sys.Value, "name")
	}
	return id
}

package lpar

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers/console"
)

// ExplainDisk adds the commands that change a disk on every Virtual I/O Server
// that sees it, under whatever console it is.
func ExplainDisk(s *planner.Step, f *planner.Facts) diag.List {
	for _, o := range []*schema.Object{s.After, s.Before} {
		if o != nil {
			if m := MadeDisk(o.Value); m != nil {
				return explainMade(m, s, f)
			}
		}
	}
	var out diag.List
	for _, c := range s.Changes {
		if c.Path == "size" {
			out = append(out, diag.Errorf("disk-refused", "The storage's business", "%s is a LUN, and its size is what the storage gave it.", s.Address).At(string(s.Address), "size").WithFix("Grow it on the storage, or leave size out."))
		}
	}
	for _, id := range schema.Items(s.Before.Value, "paths") {
		sys := f.Object("system", id)
		if sys == nil {
			continue
		}
		path := schema.Get(s.Before.Value, schema.JoinPath("paths", id))
		servers := schema.Items(path, "devices")
		if len(servers) == 0 {
			servers = []string{""} // an IVM: one Virtual I/O Server, which is the console
		}
		for _, vios := range servers {
			var sets []string
			for _, c := range s.Changes {
				if set, ok := diskSetting(c.Path, s, path, vios); ok {
					sets = append(sets, set)
				}
			}
			if len(sets) == 0 {
				continue
			}
			device := schema.Str(path, "device")
			if vios != "" {
				device = schema.Str(path, schema.JoinPath("devices", vios))
			}
			if m := exporters(path, vios); len(m) > 0 {
				d := diag.Errorf("disk-in-use", "Disk in use", "%s is %s on %s and mapped to %s; its %s changes only while it is not mapped.", s.Address, device, schema.Str(sys.Value, "name"), strings.Join(m, ", "), s.Changes[0].Path)
				d.Fix = "Stop the partition and unmap the disk first."
				out = append(out, d.At(string(s.Address), s.Changes[0].Path))
				continue
			}
			c := console.Ioscli("chdev", "-dev", device, "-attr").Add(sets...)
			if vios != "" {
				c = console.ViosCommand(schema.Str(sys.Value, "name"), vios, console.New("chdev", "-dev", device, "-attr").Add(sets...))
			}
			line, err := c.Line()
			if err != nil {
				out = append(out, diag.Errorf("disk-refused", "Cannot be sent", "%s", err).At(string(s.Address), ""))
				continue
			}
			s.Commands = append(s.Commands, planner.Command{Endpoint: sys.Endpoint, Line: line, Purpose: planner.PurposeChange})
			s.Endpoint = sys.Endpoint
		}
	}
	return out
}

// diskSetting is attribute=value where a Virtual I/O Server has another value.
func diskSetting(path string, s *planner.Step, at cty.Value, vios string) (string, bool) {
	switch path {
	case "reserve_policy":
		want := schema.Str(s.After.Value, path)
		have := schema.Str(at, "reserve_policy")
		if vios != "" {
			have = schema.Str(at, schema.JoinPath("reserve_policies", vios))
		}
		return "reserve_policy=" + want, want != "" && have != want
	case "queue_depth":
		want := schema.Num(s.After.Value, path)
		return "queue_depth=" + Number(schema.Get(s.After.Value, path)), want > 0 && vios != "" && schema.Num(at, schema.JoinPath("queue_depths", vios)) != want
	}
	return "", false
}

// exporters are the server adapters through which a Virtual I/O Server exports
// the disk.
func exporters(at cty.Value, vios string) []string {
	var out []string
	for _, m := range schema.Strings(at, "mapped_to") {
		if vios == "" || strings.HasPrefix(m, vios+"/") {
			out = append(out, m)
		}
	}
	return out
}

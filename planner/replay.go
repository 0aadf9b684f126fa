package planner

import (
	"sort"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

// Replay returns the world as it would be after the steps, in their order: what
// each step promises, and nothing else. The planner does not need it; it lets
// tests and users see the end of a plan without touching anything.
func Replay(inv *Inventory, steps []*Step) *Inventory {
	out := &Inventory{Format: inv.Format, Endpoints: inv.Endpoints}
	world := map[string]*schema.Object{}
	for _, o := range inv.Objects {
		world[key(o)] = o.Clone()
	}
	for _, s := range steps {
		replay(world, s)
	}
	for _, o := range world {
		out.Objects = append(out.Objects, o)
	}
	sort.Slice(out.Objects, func(i, j int) bool {
		if out.Objects[i].Kind != out.Objects[j].Kind {
			return out.Objects[i].Kind < out.Objects[j].Kind
		}
		return out.Objects[i].ID < out.Objects[j].ID
	})
	return out
}

func replay(world map[string]*schema.Object, s *Step) {
	find := func() *schema.Object {
		for _, o := range []*schema.Object{s.Before, s.After} {
			if o == nil {
				continue
			}
			for _, id := range []string{o.ID, s.To + "/" + nameOf(o), schema.Str(o.Value, "system") + "/" + nameOf(o)} {
				if f := world[s.Kind+"|"+id]; f != nil {
					return f
				}
			}
		}
		return nil
	}
	switch s.Action {
	case Create:
		o := s.After.Clone()
		o.Address = ""
		o.ID = schema.Str(o.Value, "system") + "/" + nameOf(o)
		o.Endpoint = s.Endpoint
		o.Value = schema.Set(o.Value, "state", cty.StringVal("off"))
		world[key(o)] = o
	case Delete:
		if f := find(); f != nil {
			delete(world, key(f))
		}
	case Migrate:
		f := find()
		if f == nil {
			return
		}
		delete(world, key(f))
		f.ID, f.Endpoint = s.To+"/"+nameOf(f), s.TargetEndpoint
		f.Value = schema.Set(f.Value, "system", cty.StringVal(s.To))
		world[key(f)] = f
	case Start, Stop, Restart:
		if f := find(); f != nil {
			state := "running"
			if s.Action == Stop {
				state = "off"
			} else if f.Profile != cty.NilVal {
				for p := range f.Profile.AsValueMap() {
					f.Value = schema.Set(f.Value, p, schema.Get(f.Profile, p))
				}
			}
			f.Value = schema.Set(f.Value, "state", cty.StringVal(state))
		}
	case Update:
		f := find()
		if f == nil {
			return
		}
		for _, c := range s.Changes {
			replayChange(f, s, c)
		}
		id := schema.Str(f.Value, "system") + "/" + nameOf(f)
		if s.Kind == "partition" && id != f.ID { // renamed
			delete(world, key(f))
			f.ID = id
			world[key(f)] = f
		}
	}
}

func replayChange(f *schema.Object, s *Step, c Change) {
	after, err := schema.DecodeValue(c.After)
	if err != nil || c.Source != nil {
		return
	}
	if want := schema.Get(s.After.Value, c.Path); want != cty.NilVal && len(schema.SplitPath(c.Path)) != 2 {
		after = want // with identities in place of addresses
	}
	running := isRunning(f)
	profile := running && (c.Disruption == schema.Activation || c.Disruption == schema.Restart || c.Why == WhyProfileLacks || c.Why == WhyProfileOnly)
	if f.Profile != cty.NilVal {
		f.Profile = put(f.Profile, c.Path, after)
	}
	if !profile {
		f.Value = put(f.Value, c.Path, after)
	}
}

// put sets a value, or takes it away when there is none.
func put(v cty.Value, path string, to cty.Value) cty.Value {
	if to != cty.NilVal {
		return schema.Set(v, path, to)
	}
	parts := schema.SplitPath(path)
	parent := schema.JoinPath(parts[:len(parts)-1]...)
	m := schema.Get(v, parent)
	if m == cty.NilVal {
		return v
	}
	rest := m.AsValueMap()
	delete(rest, parts[len(parts)-1])
	if parent == "" {
		return schema.Build(rest)
	}
	return schema.Set(v, parent, schema.Build(rest))
}

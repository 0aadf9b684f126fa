package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/providers/sdk"
)

// fabric is a connection to one switch, which speaks for its fabric.
type fabric struct{ *sdk.SSH }

const namesOf = "a letter, then letters, digits and underscores, 64 at most"

// Provider zones SAN switches.
func Provider() *sdk.Provider[*fabric] {
	return &sdk.Provider[*fabric]{
		Name: "zoning", Version: "0.1.0",
		// A fabric has one zoning transaction at a time.
		Limits: sdk.Limits{StepsPerEndpoint: 1},
		Connect: func(ctx context.Context, e *sdk.Endpoint) (*fabric, error) {
			sh, err := sdk.DialSSH(ctx, e, 2)
			if err != nil {
				return nil, err
			}
			sh.Refused = refusal
			out, err := sh.Send(ctx, "version")
			if err == nil && !strings.Contains(out, "Fabric OS") {
				err = fmt.Errorf("this is no Fabric OS: version printed %q", out)
			}
			if err != nil {
				return nil, errors.Join(err, sh.Close())
			}
			return &fabric{sh}, nil
		},
		Close:    func(f *fabric) error { return f.SSH.Close() },
		Discover: discover,
		Kinds: []sdk.Kind[*fabric]{
			{
				Schema: sdk.Schema{Name: "zone_configuration", Existing: true, Doc: "A zoning configuration of a fabric. It is made with the fabric; zones go into it.", Identity: [][]string{{"name"}}, Attributes: []sdk.Attribute{
					{Name: "name", FromLabel: true, Pattern: objectName, PatternIs: namesOf, Doc: "Its name.", Console: "cfgshow: cfg", Default: "the label", Example: `"prod"`},
					{Name: "enabled", Type: sdk.Bool, Computed: true, Doc: "It is the one in effect.", Console: "cfgshow: Effective configuration"},
					{Name: "zones", Nesting: sdk.List, Computed: true, Fleeting: true, Doc: "Its zones.", Console: "cfgshow: cfg"},
				}},
			},
			{
				Schema: sdk.Schema{Name: "zone_alias", Doc: "A name for world wide port names. Both names of a virtual Fibre Channel adapter belong into it, because a migration logs the second one in.", Identity: [][]string{{"name"}}, Attributes: []sdk.Attribute{
					{Name: "name", FromLabel: true, CreateOnly: true, Pattern: objectName, PatternIs: namesOf, Doc: "Its name.", Console: "alicreate", Default: "the label", Example: `"db_a"`},
					{Name: "wwpns", Nesting: sdk.List, Required: true, Prepares: true, Disruption: sdk.Pause, Pattern: portName, PatternIs: "16 hexadecimal digits in small letters, without colons",
						Doc: "World wide port names: those of a partition's adapter, or of a storage port.", Console: "alicreate", Example: `partition.db.npiv["a"].wwpns`},
				}},
				Explain: explainAlias,
				Apply:   apply,
				Settle:  settle,
			},
			{
				Schema: sdk.Schema{Name: "zone", Doc: "A zone: its members see each other once its configuration is in effect.", Identity: [][]string{{"name"}}, Home: []string{"configuration"}, Attributes: []sdk.Attribute{
					{Name: "name", FromLabel: true, CreateOnly: true, Pattern: objectName, PatternIs: namesOf, Doc: "Its name.", Console: "zonecreate", Default: "the label", Example: `"z_db_a"`},
					{Name: "configuration", Type: sdk.Ref, RefKind: "zone_configuration", Required: true, CreateOnly: true, Doc: "Configuration that it is in; it is enabled anew when the zone changes.", Console: "cfgadd", Example: "zone_configuration.prod_a"},
					{Name: "members", Type: sdk.Ref, RefKind: "zone_alias", Nesting: sdk.List, Required: true, Prepares: true, Disruption: sdk.Pause, Doc: "Aliases that see each other.", Console: "zonecreate", Example: "[zone_alias.db_a, zone_alias.storage_a]"},
				}},
				Explain: explainZone,
				Apply:   apply,
				Settle:  settle,
			},
		},
		Rules: []sdk.Rule{
			{ID: "ZONING-01", Severity: sdk.Error, Doc: "A zone goes into the configuration that is in effect.", Check: func(f *sdk.Facts, report func(address, path, problem, fix string)) {
				for _, c := range f.Declared("zone_configuration") {
					for _, found := range f.All("zone_configuration") {
						if found.Endpoint == c.Endpoint && found.Str("name") == c.Str("name") && !found.True("enabled") {
							for _, z := range f.Declared("zone") {
								if z.Str("configuration") == c.Address {
									report(z.Address, "configuration", fmt.Sprintf("%s is not the configuration in effect on %s, and enabling it would change every zone of the fabric.", c.Str("name"), c.Endpoint), "Choose the one in effect (cfgshow), or enable this one by hand first.")
								}
							}
						}
					}
				}
			}},
			{ID: "ZONING-02", Severity: sdk.Warning, Doc: "Both port names of an adapter are zoned.", Check: func(f *sdk.Facts, report func(address, path, problem, fix string)) {
				for _, a := range f.Declared("zone_alias") {
					if w := a.Strings("wwpns"); len(w) == 1 && strings.HasPrefix(w[0], "c0") {
						report(a.Address, "wwpns", a.Address+" has one port name of a virtual adapter, and a live migration logs the second one in.", "Add the other one: lshwres -r virtualio --rsubtype fc shows the pair.")
					}
				}
			}},
		},
	}
}

// discover reads the three kinds, which one command shows.
func discover(ctx context.Context, f *fabric, emit func(kind string, o sdk.Object)) error {
	out, err := f.Send(ctx, "cfgshow")
	if err != nil {
		return err
	}
	z, err := parse(out)
	if err != nil {
		return err
	}
	for name, zones := range z.config {
		emit("zone_configuration", sdk.Object{Values: map[string]any{"name": name, "enabled": name == z.enabled, "zones": zones}})
	}
	for name, members := range z.alias {
		emit("zone_alias", sdk.Object{Values: map[string]any{"name": name, "wwpns": lower(members)}})
	}
	for name, members := range z.zone {
		o := map[string]any{"name": name, "members": f.ids(members)}
		for cfg, zones := range z.config {
			if slices.Contains(zones, name) && (o["configuration"] == nil || cfg == z.enabled) {
				o["configuration"] = f.Key() + "/" + cfg
			}
		}
		emit("zone", sdk.Object{Values: o})
	}
	return nil
}

// ids are the identities of objects of this fabric by their names.
func (f *fabric) ids(names []string) []string {
	out := []string{}
	for _, n := range names {
		out = append(out, f.Key()+"/"+n)
	}
	return out
}

// nameOf is the name behind an identity.
func nameOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func names(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, nameOf(id))
	}
	return out
}

// without are the items of x that are not in y.
func without(x, y []string) []string {
	var out []string
	for _, s := range x {
		if !slices.Contains(y, s) {
			out = append(out, s)
		}
	}
	return out
}

// line adds a command, or refuses what it cannot carry.
func line(st *sdk.Step, command string, args ...[]string) {
	l, err := quoted(command, args...)
	if err != nil {
		st.Refuse("", err.Error()+".", "Declare names and port names as switches take them.")
		return
	}
	st.Line(l)
}

func ports(st *sdk.Step, list []string) []string {
	var out []string
	for _, w := range list {
		p, err := wwpn(w)
		if err != nil {
			st.Refuse("wwpns", err.Error()+".", "Write 16 hexadecimal digits.")
			return nil
		}
		out = append(out, p)
	}
	return out
}

func explainAlias(st *sdk.Step) {
	switch st.Action {
	case sdk.Create:
		if !st.After.Has("wwpns") {
			st.Detail("port names", "are known when the partition has been made; then "+`alicreate "`+st.After.Str("name")+`", "..." and cfgsave -f are sent`)
			return
		}
		line(st, "alicreate", []string{st.After.Str("name")}, ports(st, st.After.Strings("wwpns")))
	case sdk.Update:
		was, is := st.Before.Strings("wwpns"), st.After.Strings("wwpns")
		if add := without(is, was); len(add) > 0 {
			line(st, "aliadd", []string{st.After.Str("name")}, ports(st, add))
		}
		if gone := without(was, is); len(gone) > 0 {
			line(st, "aliremove", []string{st.After.Str("name")}, ports(st, gone))
			st.Raise(sdk.Outage, "what logged in with "+strings.Join(gone, ", ")+" loses this fabric")
		}
	case sdk.Delete:
		for _, z := range st.Facts.All("zone") {
			if z.Endpoint == st.Before.Endpoint && slices.Contains(names(z.Strings("members")), st.Before.Str("name")) && !st.Facts.Goes("zone", z.ID) {
				st.Refuse("", "it is a member of the zone "+z.Str("name")+".", "Take it out of the zone first, or delete both.")
				return
			}
		}
		line(st, "alidelete", []string{st.Before.Str("name")})
	}
	// Where zones in effect have the alias, they take over what changed.
	for _, cfg := range effective(st) {
		line(st, "cfgenable -f", []string{cfg})
		return
	}
	st.Line("cfgsave -f")
}

func lower(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, plain(s))
	}
	return out
}

// effective is the configuration in effect when an alias that changes is in one of its zones.
func effective(st *sdk.Step) []string {
	if st.Action != sdk.Update {
		return nil
	}
	for _, c := range st.Facts.All("zone_configuration") {
		if c.Endpoint != st.Before.Endpoint || !c.True("enabled") {
			continue
		}
		for _, z := range st.Facts.All("zone") {
			if z.Endpoint == c.Endpoint && nameOf(z.Str("configuration")) == c.Str("name") && slices.Contains(names(z.Strings("members")), st.Before.Str("name")) {
				return []string{c.Str("name")}
			}
		}
	}
	return nil
}

func explainZone(st *sdk.Step) {
	o := st.After
	if o == nil {
		o = st.Before
	}
	name, cfg := []string{o.Str("name")}, []string{nameOf(o.Str("configuration"))}
	switch st.Action {
	case sdk.Create:
		line(st, "zonecreate", name, names(st.After.Strings("members")))
		line(st, "cfgadd", cfg, name)
	case sdk.Update:
		was, is := names(st.Before.Strings("members")), names(st.After.Strings("members"))
		if add := without(is, was); len(add) > 0 {
			line(st, "zoneadd", name, add)
		}
		if gone := without(was, is); len(gone) > 0 {
			line(st, "zoneremove", name, gone)
			st.Raise(sdk.Outage, strings.Join(gone, ", ")+" and the other members do not see each other any more")
		}
	case sdk.Delete:
		if cfg[0] != "" {
			line(st, "cfgremove", cfg, name)
		}
		line(st, "zonedelete", name)
		st.Raise(sdk.Outage, "its members do not see each other any more")
	}
	if cfg[0] == "" {
		st.Line("cfgsave -f")
	} else {
		line(st, "cfgenable -f", cfg)
	}
	st.Takes(15)
	st.Reverse("declare the zone as it was; the configuration is enabled anew")
}

// opening is remembered before the first command of a transaction: its token is not known yet.
const opening = "opening"

const openTransaction = "Current transaction token is "

// transaction is the token of the one that is open; "" when there is none.
func (f *fabric) transaction(ctx context.Context) (string, error) {
	out, err := f.Send(ctx, "cfgtransshow")
	if err != nil {
		return "", err
	}
	for _, l := range strings.Split(out, "\n") {
		if token, ok := strings.CutPrefix(strings.TrimSpace(l), openTransaction); ok {
			return strings.TrimSpace(token), nil
		}
	}
	return "", nil
}

// apply sends the commands of the plan inside one transaction: another one that is open is somebody else's and stays as it is; one of
// our own that ends early is taken back.
func apply(ctx context.Context, f *fabric, st *sdk.Step) error {
	token, err := f.transaction(ctx)
	if err != nil {
		return err
	}
	if token != "" {
		return &sdk.Refusal{Command: "cfgtransshow", Answer: openTransaction + token, Meaning: "Somebody changes the zoning of this fabric right now; what is sent into their transaction would be saved or lost with it.",
			Fix: "Wait until it is saved or aborted (cfgtransshow), and apply again."}
	}
	st.Remember(opening)
	for i, l := range st.Commands() {
		if _, err := st.Send(ctx, f, l); err != nil {
			var refused *sdk.Refusal
			if i > 0 && errors.As(err, &refused) {
				if _, bad := st.Send(context.WithoutCancel(ctx), f, "cfgtransabort"); bad != nil {
					err = errors.Join(err, fmt.Errorf("the transaction stays open: %w", bad))
				}
			}
			return err
		}
		if i == 0 {
			if token, err = f.transaction(ctx); err != nil {
				return err
			}
			st.Remember(token)
		}
	}
	return nil
}

// begun reports whether the open transaction holds what the first command of a step does.
func begun(ctx context.Context, f *fabric, st *sdk.Step) (bool, error) {
	out, err := f.Send(ctx, "cfgshow")
	if err != nil {
		return false, err
	}
	z, err := parse(out)
	if err != nil {
		return false, err
	}
	lists, attr := z.zone, "members"
	if st.Kind == "zone_alias" {
		lists, attr = z.alias, "wwpns"
	}
	if st.Action == sdk.Delete {
		name := st.Before.Str("name")
		_, there := lists[name]
		return !there || attr == "members" && !slices.Contains(z.config[nameOf(st.Before.Str("configuration"))], name), nil
	}
	have, there := lists[st.After.Str("name")]
	if attr == "wwpns" {
		have = lower(have)
	}
	want := names(st.After.Strings(attr))
	switch {
	case !there:
		return false, nil
	case st.Action == sdk.Create:
		return len(without(want, have)) == 0, nil
	}
	was := names(st.Before.Strings(attr))
	return len(without(have, was)) > 0 || len(without(was, have)) > 0, nil
}

// settle takes back what an interrupted step left in a transaction of its own, before it is looked at what there is.
func settle(ctx context.Context, f *fabric, st *sdk.Step) error {
	token, err := f.transaction(ctx)
	if err != nil || token == "" {
		return err
	}
	mine := token == st.Remembered()
	if st.Remembered() == opening {
		// None was open before; if this one holds what the first command does, it is ours.
		if mine, err = begun(ctx, f, st); err != nil {
			return err
		}
	}
	if !mine {
		return fmt.Errorf("the zoning transaction %s is open, and nobody can say whose it is: look at it (cfgtransshow), save or abort it, and apply again", token)
	}
	_, err = f.Send(ctx, "cfgtransabort")
	return err
}

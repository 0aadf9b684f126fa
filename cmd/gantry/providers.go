package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/plugin"
	"github.com/gantry-power/gantry/providers/registry"
)

// required is a provider that the estate requires, as far as it is known without starting it.
type required struct {
	config.Requirement
	desc *providers.Description
	dev  string // the executable that stands in for it
	lock *registry.Locked
	proc *plugin.Process
}

// requirements reads what the estate requires and what init has pinned of it. Nothing is started, but what stands in for a provider
// during its development.
func (a *app) requirements() ([]*required, diag.List) {
	if a.required != nil {
		return a.required, nil
	}
	reqs, l := config.ReadRequirements(".", builtinTypes)
	if l.HasErrors() || len(reqs.Providers) == 0 {
		return nil, l
	}
	lock, err := registry.ReadLock(".")
	if err != nil {
		return nil, diag.FromError(err)
	}
	dev, err := devProviders(reqs.Providers)
	if err != nil {
		return nil, diag.FromError(err)
	}
	var out []*required
	for _, q := range reqs.Providers {
		r := &required{Requirement: q, dev: dev[q.Name], lock: lock.Of(q.Source)}
		bad := func(fix, format string, args ...any) {
			l = append(l, diag.Errorf("provider-not-ready", "A required provider is not ready", format, args...).In(q.Range).WithFix("%s", fix))
		}
		switch {
		case r.dev != "":
			l = append(l, diag.Diagnostic{Severity: diag.Warning, Code: "provider-override", Summary: "A provider under development stands in", Detail: fmt.Sprintf("%s is %s, by GANTRY_DEV_PROVIDERS: neither its version nor its checksum is looked at.", q.String(), r.dev), Fix: "Unset GANTRY_DEV_PROVIDERS for work that counts."})
			d, err := plugin.Described(a.provider(r))
			if err != nil {
				l = append(l, diag.FromError(err)...)
				continue
			}
			r.desc = &d
		case r.lock == nil:
			bad("Run gantry init.", "%s is not pinned in %s.", q.String(), registry.LockFile)
			continue
		case !q.Allows(r.lock.Version) || q.Key != r.lock.Key:
			bad("Run gantry init -upgrade.", "%s %s is pinned, and the files ask for %s.", q.String(), r.lock.Version, strings.TrimSpace(q.Version+" "+q.Key))
			continue
		default:
			b, err := registry.ReadSchema(".", q.Name, r.lock)
			if err == nil {
				r.desc = &providers.Description{}
				err = json.Unmarshal(b, r.desc)
			}
			if err == nil {
				err = r.desc.Check()
			}
			if err != nil {
				bad("Take it from version control again, or run gantry init.", "What %s says of itself cannot be read: %v.", q.String(), err)
				continue
			}
		}
		out = append(out, r)
	}
	if l.HasErrors() {
		return nil, l
	}
	owner := map[string]string{}
	for _, k := range kinds.Catalogue().Kinds() {
		owner[k.Name] = "Gantry"
	}
	for _, r := range out {
		for _, k := range r.desc.Kinds {
			if o := owner[k.Name]; o != "" {
				l = append(l, diag.Errorf("kind-twice", "A kind of two providers", "%s has a kind %s, and %s has one too.", r.String(), k.Name, o).In(r.Range).WithFix("Require one of the two."))
			}
			owner[k.Name], k.Provider = r.Name, r.Name
		}
	}
	if l.HasErrors() {
		return nil, l
	}
	a.required = out
	return out, l
}

// devProviders are executables that stand in for providers, of GANTRY_DEV_PROVIDERS: NAME=PATH, with commas between them.
func devProviders(reqs []config.Requirement) (map[string]string, error) {
	out := map[string]string{}
	for _, x := range strings.Split(os.Getenv("GANTRY_DEV_PROVIDERS"), ",") {
		if x = strings.TrimSpace(x); x == "" {
			continue
		}
		name, p, ok := strings.Cut(x, "=")
		if !ok {
			return nil, fmt.Errorf("GANTRY_DEV_PROVIDERS: %q is not NAME=PATH", x)
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		switch i, err := os.Stat(abs); {
		case err != nil:
			return nil, fmt.Errorf("GANTRY_DEV_PROVIDERS: %s: %w. Build it there: go build -o %s", name, err, p)
		case !i.Mode().IsRegular() || runtime.GOOS != "windows" && i.Mode().Perm()&0o111 == 0:
			return nil, fmt.Errorf("GANTRY_DEV_PROVIDERS: %s: %s is no program. Name the executable that go build -o makes", name, p)
		}
		out[name] = abs
	}
	for name := range out {
		if !slices.ContainsFunc(reqs, func(q config.Requirement) bool { return q.Name == name }) {
			var names []string
			for _, q := range reqs {
				names = append(names, q.Name)
			}
			return nil, fmt.Errorf("GANTRY_DEV_PROVIDERS: %s is none of the providers that the files require (%s).%s", name, strings.Join(names, ", "), schema.Suggest(name, names))
		}
	}
	return out, nil
}

// versions are those of what makes a plan here, and carries it out: another one may send something else for the same step.
func (a *app) versions() map[string]string {
	reqs, _ := a.requirements() // what is wrong is said by those that load the estate
	out := map[string]string{"gantry": Version}
	for _, r := range reqs {
		if r.dev != "" {
			out[r.Name] = "under development"
		} else {
			out[r.Name] = r.lock.Version
		}
	}
	return out
}

// process is the plugin of a required provider.
func (r *required) process() *plugin.Process {
	if r.dev != "" {
		return &plugin.Process{Name: r.Name, Command: []string{r.dev}, Foreign: true}
	}
	path, lock := registry.Installed(".", r.lock), r.lock
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return &plugin.Process{Name: r.Name, Command: []string{path}, Foreign: true, Version: lock.Version, Pinned: r.desc, Before: func(private string) (string, error) { return registry.Private(".", private, lock) }}
}

// catalogue is every kind that there is in this estate.
func (a *app) catalogue() *schema.Catalogue {
	all := kinds.Catalogue().Kinds()
	reqs, _ := a.requirements() // what is wrong is said by those that load the estate
	for _, r := range reqs {
		all = append(all, r.desc.Kinds...)
	}
	return schema.NewCatalogue(all...)
}

// options are what reading the estate depends on.
func (a *app) options(f *variableFlags, overlay map[string][]byte) (config.Options, diag.List) {
	reqs, l := a.requirements()
	o := config.Options{Catalogue: a.catalogue(), Endpoint: kinds.Endpoint(), ProviderTypes: slices.Clone(builtinTypes), Version: Version, Plugins: map[string]config.Plugin{},
		Vars: config.CommandLineVars(f.vars, f.files), Env: config.Environ(), Overlay: overlay}
	for _, r := range reqs {
		o.ProviderTypes = append(o.ProviderTypes, r.Name)
		p := config.Plugin{Endpoint: r.desc.Endpoint}
		for k := range r.desc.Actions {
			p.Core = p.Core || !slices.ContainsFunc(r.desc.Kinds, func(x *schema.Kind) bool { return x.Name == k })
		}
		o.Plugins[r.Name] = p
	}
	return o, l
}

// providers are all that the estate can use. Those that it requires are started when they are first asked something.
func (a *app) providers() map[string]providers.Provider {
	out := a.builtins()
	reqs, _ := a.requirements()
	for _, r := range reqs {
		out[r.Name] = a.provider(r)
	}
	return out
}

// provider is a required one; its process is started when it is first asked something.
func (a *app) provider(r *required) providers.Provider {
	if r.proc == nil {
		r.proc = a.process(r.process())
	}
	return r.proc.Provider(r.Name)
}

func (a *app) initCmd() *cobra.Command {
	var upgrade bool
	c := &cobra.Command{Use: "init", Short: "Fetch and pin the providers that the files require", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return a.init(c.Context(), upgrade)
	}}
	c.Flags().BoolVar(&upgrade, "upgrade", false, "take the newest versions that the files allow, not those that are pinned")
	return c
}

// init resolves every requirement, fetches what is missing, asks each provider what it is, and writes the lock.
func (a *app) init(ctx context.Context, upgrade bool) error {
	reqs, l := config.ReadRequirements(".", builtinTypes)
	if l.HasErrors() {
		return l.Err()
	}
	if len(reqs.Providers) == 0 {
		fmt.Fprintln(a.stdout, "The files require no providers; those that Gantry brings need no init.")
		return nil
	}
	lock, err := registry.ReadLock(".")
	if err != nil {
		return err
	}
	dev, err := devProviders(reqs.Providers)
	if err != nil {
		return err
	}
	find := &registry.Finder{Dirs: pluginDirs(), Mirrors: append(list("GANTRY_MIRRORS", ","), reqs.Mirrors...), Base: ".", Protocol: plugin.Protocol, Warn: func(s string) {
		view.Diagnostics(a.stderr, view.NewStyle(a.stderr), diag.List{{Severity: diag.Warning, Code: "mirror", Summary: "A mirror", Detail: s}})
	}}
	next := &registry.Lock{}
	schemas := map[string][]byte{} // written with the lock, when every provider is there
	for i := range reqs.Providers {
		q := &reqs.Providers[i]
		if dev[q.Name] != "" {
			fmt.Fprintf(a.stdout, "%s: %s stands in for it; nothing is pinned.\n", q.String(), dev[q.Name])
			if p := lock.Of(q.Source); p != nil {
				next.Providers = append(next.Providers, p)
			}
			continue
		}
		p, says, note, err := a.pin(ctx, find, q, lock.Of(q.Source), upgrade)
		if err != nil {
			return diag.List{diag.Errorf("init", "A provider cannot be installed", "%s: %v.", q.String(), strings.TrimRight(err.Error(), ".")).In(q.Range).
				WithFix("Look at source, version and mirrors; GANTRY_MIRRORS and GANTRY_PLUGIN_DIRS name further places.")}.Err()
		}
		next.Providers = append(next.Providers, p)
		schemas[q.Name] = says
		fmt.Fprintf(a.stdout, "%s: %s %s\n", q.Name, p.Version, note)
	}
	for name, b := range schemas {
		if err := registry.WriteSchema(".", name, b); err != nil {
			return err
		}
	}
	if err := next.Write("."); err != nil {
		return err
	}
	a.required = nil
	if _, l := a.requirements(); l.HasErrors() {
		return l.Err()
	}
	fmt.Fprintf(a.stdout, "%s is written: commit it with the gantry.lock.*.json beside it. Nothing needs a network from here on.\n", registry.LockFile)
	return nil
}

// pin is one provider: found, fetched, and asked what it is.
func (a *app) pin(ctx context.Context, find *registry.Finder, q *config.Requirement, was *registry.Locked, upgrade bool) (*registry.Locked, []byte, string, error) {
	if was != nil && (!q.Allows(was.Version) || was.Key != q.Key) {
		if !upgrade {
			return nil, nil, "", fmt.Errorf("%s is pinned, which the files do not allow any more; gantry init -upgrade pins another one", was.Version)
		}
		was = nil
	}
	p, note := &registry.Locked{Source: q.Source, Constraints: q.Version, Key: q.Key}, "was installed already"
	if was != nil && !upgrade {
		p.Version, p.Hashes = was.Version, was.Hashes
	}
	if p.Version == "" || registry.Verify(".", p) != nil {
		found, err := find.Find(ctx, q.Source, q.Key, func(v string) bool {
			return q.Allows(v) && (p.Version == "" || v == p.Version)
		})
		if err != nil {
			return nil, nil, "", err
		}
		c := found[0]
		switch {
		case p.Version != "" && p.Hashes[registry.Platform()] == "":
			// Pinned on another platform: what that one pinned has to be the same here.
			for k, h := range p.Hashes {
				if c.Hashes[k] != h {
					return nil, nil, "", fmt.Errorf("%s has other files of %s than the lock pins, so its checksum for %s is not taken over", c.From, c.Version, registry.Platform())
				}
			}
			p.Hashes = c.Hashes
		case p.Version == "":
			p.Version, p.Hashes = c.Version, c.Hashes
			if was != nil && was.Version == p.Version {
				for k, h := range was.Hashes {
					if c.Hashes[k] != "" && c.Hashes[k] != h {
						return nil, nil, "", fmt.Errorf("%s has another file of %s for %s than the lock pins", c.From, c.Version, k)
					}
					p.Hashes[k] = h
				}
			}
		}
		if err := registry.Install(ctx, ".", p, &c); err != nil {
			return nil, nil, "", err
		}
		note = "from " + c.From
		if q.Key != "" {
			note += ", signed"
		}
	}
	r := &required{Requirement: *q, lock: p}
	proc := a.process(r.process())
	defer proc.Stop()
	d, err := plugin.Described(proc.Provider(q.Name))
	if err != nil {
		return nil, nil, "", err
	}
	b, err := json.MarshalIndent(d, "", "  ")
	b = append(b, '\n')
	p.Schema = registry.Sum(b)
	return p, b, note, err
}

// list is the value of a variable of the environment that holds several.
func list(name, separator string) []string {
	return slices.DeleteFunc(strings.Split(os.Getenv(name), separator), func(s string) bool { return s == "" })
}

// pluginDirs hold executables that are found by their names: those of GANTRY_PLUGIN_DIRS, else ~/.gantry/plugins.
func pluginDirs() []string {
	if dirs := list("GANTRY_PLUGIN_DIRS", string(os.PathListSeparator)); len(dirs) > 0 {
		return dirs
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(home, ".gantry", "plugins")}
}

// publishable starts an executable for this platform and looks whether it is what it is to be published as: what is published once
// cannot be taken back.
func (a *app) publishable(file, source, v string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	name := source[strings.LastIndexByte(source, '/')+1:]
	proc := a.process(&plugin.Process{Name: name, Command: []string{abs}, Foreign: true, Version: v})
	defer proc.Stop()
	if _, err := plugin.Described(proc.Provider(name)); err != nil {
		return fmt.Errorf("%s is not published: %w", file, err)
	}
	return nil
}

func (a *app) providersCmd() *cobra.Command {
	c := &cobra.Command{Use: "providers", Short: "What the files require, and mirrors of it", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		reqs, l := config.ReadRequirements(".", builtinTypes)
		if l.HasErrors() {
			return l.Err()
		}
		lock, err := registry.ReadLock(".")
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Gantry brings %s.\n", strings.Join(builtinTypes, ", "))
		for i := range reqs.Providers {
			q := &reqs.Providers[i]
			state := "not pinned: run gantry init"
			if p := lock.Of(q.Source); p != nil {
				state = p.Version + " is pinned"
				if err := registry.Verify(".", p); err != nil {
					state += "; " + err.Error()
				}
			}
			fmt.Fprintf(a.stdout, "%s %s: %s\n", q.String(), q.Version, state)
		}
		return nil
	}}
	var dir string
	publish := &cobra.Command{Use: "publish SOURCE VERSION OS_ARCH=FILE...", Short: "Put executables of a provider into a mirror that is a directory", Args: cobra.MinimumNArgs(3), RunE: func(_ *cobra.Command, args []string) error {
		if err := config.CheckSource(args[0]); err != nil {
			return err
		}
		if v, err := version.NewSemver(args[1]); err != nil || v.String() != args[1] {
			return fmt.Errorf("%q is no version; write it as 1.2.3", args[1])
		}
		files := map[string]string{}
		for _, x := range args[2:] {
			platform, file, ok := strings.Cut(x, "=")
			goos, goarch, two := strings.Cut(platform, "_")
			if !ok || !two || goos == "" || goarch == "" {
				return fmt.Errorf("%q is not OS_ARCH=FILE, such as linux_amd64=./provider", x)
			}
			if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
				return err
			}
			files[platform] = file
		}
		if file := files[registry.Platform()]; file != "" {
			if err := a.publishable(file, args[0], args[1]); err != nil {
				return err
			}
		}
		if err := registry.Publish(dir, args[0], args[1], plugin.Protocol, files); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s %s is in %s. Serve the directory with any web server; to sign the index: minisign -Sm %s\n", args[0], args[1], dir, filepath.Join(dir, filepath.FromSlash(args[0]), "index.json"))
		return nil
	}}
	publish.Flags().StringVar(&dir, "mirror", "providers", "directory of the mirror")
	c.AddCommand(publish)
	return c
}

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

// redactor replaces every text by a number, the same text by the same number, so that who helps sees what belongs together and
// nothing else. What the schema lists (an enum), numbers and truth values stay.
type redactor struct {
	seen map[string]string
	cat  *schema.Catalogue
}

func (r *redactor) text(s string) string {
	if s == "" {
		return s
	}
	if r.seen[s] == "" {
		r.seen[s] = fmt.Sprintf("t%d", len(r.seen)+1)
	}
	return r.seen[s]
}

func (r *redactor) address(a schema.Address) string {
	return a.Kind() + "." + r.text(string(a))
}

func (r *redactor) value(k *schema.Kind, v cty.Value, at string) any {
	var a *schema.Attribute
	if k != nil && at != "" {
		a = k.Attribute(at)
	}
	switch {
	case v == cty.NilVal || v.IsNull():
		return nil
	case a != nil && a.Sensitive:
		return "(sensitive)"
	case v.Type() == cty.String:
		if a != nil && slices.Contains(a.Enum, v.AsString()) {
			return v.AsString()
		}
		return r.text(v.AsString())
	case v.Type() == cty.Bool, v.Type() == cty.Number:
		return json.RawMessage(schema.EncodeValue(v))
	case v.Type().IsObjectType() || v.Type().IsMapType():
		out := map[string]any{}
		labels := k == nil || a != nil && (a.Nesting == schema.LabelledBlock || a.Nesting == schema.Map) || at != "" && a == nil
		for name, x := range v.AsValueMap() {
			path := schema.JoinPath(append(schema.SplitPath(at), name)...)
			key := name
			if labels {
				key = r.text(name)
			}
			out[key] = r.value(k, x, path)
		}
		return out
	case v.CanIterateElements():
		out := []any{}
		for _, x := range v.AsValueSlice() {
			out = append(out, r.value(k, x, at))
		}
		return out
	}
	return "(?)"
}

// bundle is a ZIP file of what somebody needs who is to help.
func bundle(ctx context.Context, est *config.Estate, st state.Store, versions map[string]string) ([]byte, error) {
	r := &redactor{seen: map[string]string{}, cat: est.Catalogue}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name string, b []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	var env, estate bytes.Buffer
	fmt.Fprintf(&env, "%s, %s/%s, %s, %d processors\n", named(versions), runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU())
	fmt.Fprintf(&env, "state store: %s, encrypted: %v, audit log: %v\n", est.Settings.StateType, est.Settings.Encryption != nil, auditPath(est) != "")
	kinds := map[string]int{}
	for _, o := range est.Objects {
		kinds[o.Kind]++
		fmt.Fprintf(&estate, "%s, depends on %d", r.address(o.Address), len(est.Deps[o.Address]))
		if o.Endpoint != "" {
			fmt.Fprintf(&estate, ", behind %s", r.text(o.Endpoint))
		}
		fmt.Fprintln(&estate)
	}
	for _, k := range est.Catalogue.Kinds() {
		if kinds[k.Name] > 0 {
			fmt.Fprintf(&env, "%s: %d declared\n", k.Name, kinds[k.Name])
		}
	}
	for _, e := range est.Endpoints {
		fmt.Fprintf(&env, "provider %s: %s\n", e.Type, r.text(e.Key()))
	}
	var records, journal bytes.Buffer
	snap, err := st.Read(ctx)
	if err != nil {
		fmt.Fprintf(&records, "the state cannot be read: %s\n", strings.SplitN(err.Error(), ":", 2)[0])
	} else {
		fmt.Fprintf(&records, "serial %d, %d records, written by %s\n", snap.Serial, len(snap.Records), snap.Writer)
		for _, a := range addresses(snap) {
			rec := snap.Records[schema.Address(a)]
			b, err := json.Marshal(r.value(est.Catalogue.Kind(rec.Object.Kind), rec.Object.Value, ""))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&records, "%s %s\n", r.address(schema.Address(a)), b)
		}
	}
	vs, err := st.History(ctx)
	if err == nil {
		for _, v := range vs[:min(len(vs), 50)] {
			fmt.Fprintf(&journal, "serial %d at %s, %d changed, %d gone\n", v.Serial, v.Time.UTC().Format(time.RFC3339), len(v.Changed), len(v.Gone))
		}
	}
	open, err := st.Open(ctx)
	for _, e := range open {
		action, addr, _ := strings.Cut(e.Step, ":")
		fmt.Fprintf(&journal, "open since %s: %s %s\n", e.Time.UTC().Format(time.RFC3339), action, r.address(schema.Address(addr)))
	}
	if err != nil {
		fmt.Fprintln(&journal, "the journal cannot be read")
	}
	for name, b := range map[string]*bytes.Buffer{"environment.txt": &env, "estate.txt": &estate, "state.txt": &records, "history.txt": &journal} {
		if err := add(name, b.Bytes()); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// supportBundleCmd writes what somebody needs who is to help, without what is nobody's business.
func (a *app) supportBundleCmd() *cobra.Command {
	var f variableFlags
	var out string
	c := &cobra.Command{Use: "support-bundle", Short: "Write what somebody needs who is to help, without names, addresses and secrets", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		est, err := a.load(&f)
		if err != nil {
			return err
		}
		st, err := run.OpenStore(c.Context(), est)
		if err != nil {
			return err
		}
		b, err := bundle(c.Context(), est, st, a.versions())
		if err != nil {
			return err
		}
		if err := writeFile(out, b); err != nil {
			return err
		}
		if out != "-" {
			fmt.Fprintf(a.stdout, "Saved to %s: a ZIP file of texts. Read it before you give it away: names are replaced by numbers, free texts are left out.\n", out)
		}
		return nil
	}}
	f.register(c)
	c.Flags().StringVar(&out, "out", "gantry-support.zip", "the file")
	return c
}

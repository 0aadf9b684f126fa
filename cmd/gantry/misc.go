package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/planner/rules"
	"github.com/gantry-power/gantry/providers"
)

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

func sortedFacts(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		fmt.Fprintf(a.stdout, "gantry %s (%s, %s/%s)\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}}
}

func (a *app) schemaCmd() *cobra.Command {
	var asJSON, markdown, ruleBook bool
	c := &cobra.Command{Use: "schema [KIND]", Short: "Print the catalogue of kinds, or of rules", Args: cobra.MaximumNArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		if ruleBook {
			_, err := fmt.Fprint(a.stdout, rules.Markdown())
			return err
		}
		cat := a.catalogue()
		if len(args) == 1 {
			k := cat.Kind(args[0])
			if k == nil {
				return fmt.Errorf("there is no kind %q.%s", args[0], schema.Suggest(args[0], cat.Names()))
			}
			cat = schema.NewCatalogue(k)
		}
		if asJSON {
			return view.JSON(a.stdout, schema.Export(cat, kinds.Endpoint()))
		}
		_, err := fmt.Fprint(a.stdout, schema.Markdown(cat, kinds.Endpoint(), len(args) == 0))
		return err
	}}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for editors")
	c.Flags().BoolVar(&markdown, "markdown", true, "print Markdown")
	c.Flags().BoolVar(&ruleBook, "rules", false, "print the rule catalogue")
	return c
}

func (a *app) importCmd() *cobra.Command {
	var f planFlags
	c := &cobra.Command{Use: "import ADDRESS [IDENTITY]", Short: "Take over an existing object that is declared; nothing is sent to it", Args: cobra.RangeArgs(1, 2), RunE: func(c *cobra.Command, args []string) error {
		addr, err := schema.ParseAddress(args[0])
		if err != nil {
			return err
		}
		est, err := a.load(&f.variableFlags)
		if err != nil {
			return err
		}
		if est.Object(addr) == nil {
			var names []string
			for _, o := range est.Objects {
				names = append(names, string(o.Address))
			}
			return diag.List{diag.Errorf("import-undeclared", "Not declared", "%s is not declared.", addr).WithFix("%s", strings.TrimSpace("Declare it first."+schema.Suggest(string(addr), names)))}.Err()
		}
		imp := config.Import{To: addr}
		if len(args) == 2 {
			imp.ID = args[1]
		}
		est.Imports = append(est.Imports, imp)
		r, done, err := a.newRun(est)
		if err != nil {
			return err
		}
		defer done()
		lock, err := a.lock(c.Context(), r)
		if err != nil {
			return err
		}
		defer func() { _ = lock.Unlock() }()
		if err := nothingOpen(c.Context(), r.Store); err != nil {
			return err
		}
		f.targets = []string{string(addr)}
		p, err := a.makePlan(c.Context(), r, &f, nil)
		if err != nil {
			return err
		}
		if p.snap.Records[addr] != nil {
			fmt.Fprintf(a.stdout, "%s is owned already.\n", addr)
			return nil
		}
		s := p.plan.Step(string(planner.Adopt) + ":" + string(addr))
		if s == nil {
			if err := a.showPlan(&shown{}, r, p); err != nil {
				return err
			}
			return errBlocked
		}
		s.WaitsFor = nil
		p.plan.Steps = []*planner.Step{s}
		sum, err := r.Execute(c.Context(), lock, p.snap, p.plan, a.soft)
		if err != nil {
			return err
		}
		view.Summary(a.stderr, view.NewStyle(a.stderr), sum)
		if !sum.OK() {
			return exitError{1}
		}
		return nil
	}}
	f.variableFlags.register(c)
	return a.locks(c)
}

// migrateCmd repairs what a migration left behind when no plan can be made.
func (a *app) migrateCmd() *cobra.Command {
	var f variableFlags
	var doRecover bool
	c := &cobra.Command{Use: "migrate -recover ADDRESS", Short: "Recover an unfinished migration, also one that Gantry did not begin", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		if !doRecover {
			return fmt.Errorf("a migration is a change of system: edit the file and apply. -recover settles one that was left unfinished")
		}
		est, err := a.load(&f)
		if err != nil {
			return err
		}
		o := est.Object(schema.Address(args[0]))
		if o == nil || o.Kind != "partition" {
			return fmt.Errorf("%s is no declared partition", args[0])
		}
		r, done, err := a.newRun(est)
		if err != nil {
			return err
		}
		defer done()
		st := view.NewStyle(a.stderr)
		r.Emit = view.NewProgress(a.stderr, st, true).Event
		lock, err := a.lock(c.Context(), r)
		if err != nil {
			return err
		}
		defer func() { _ = lock.Unlock() }()
		res, why, err := r.RecoverMigration(c.Context(), lock, o)
		if res != nil && res.Object != nil {
			state, on := schema.Str(res.Object.Value, "state"), schema.Str(res.Object.Value, "system")
			for _, x := range est.Objects {
				if x.Kind == "system" && schema.Str(x.Value, "type_model")+"*"+schema.Str(x.Value, "serial_number") == on {
					on = string(x.Address)
				}
			}
			if why != nil {
				fmt.Fprintf(a.stderr, "%s is recovered: %v\n", o.Address, why)
			}
			fmt.Fprintf(a.stdout, "%s is %s on %s.\n", o.Address, state, on)
			if res.Outcome == providers.NotDoneOutcome {
				fmt.Fprintln(a.stdout, "It has not moved. Plan again.")
			}
		}
		return err
	}}
	f.register(c)
	c.Flags().BoolVar(&doRecover, "recover", false, "settle the migration: watch it if it still runs, else stop and recover it")
	return a.locks(c)
}

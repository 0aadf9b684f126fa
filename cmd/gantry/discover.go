package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/planner/rules"
)

func (a *app) discoverCmd() *cobra.Command {
	var f variableFlags
	var asJSON bool
	var out string
	c := &cobra.Command{Use: "discover", Short: "Ask all consoles what there is", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		est, err := a.load(&f)
		if err != nil {
			return err
		}
		r, done, err := a.newRun(est)
		if err != nil {
			return err
		}
		defer done()
		d, err := r.Discover(c.Context())
		if err != nil {
			return err
		}
		if out != "" {
			b, err := marshal(d.Inventory)
			if err != nil {
				return err
			}
			if err := a.save(out, b, est); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "Saved to %s. Plan against it: gantry plan -inventory %s\n", out, out)
		}
		if asJSON {
			err = view.JSON(a.stdout, d.Inventory)
		} else if out != "-" {
			view.Inventory(a.stdout, view.NewStyle(a.stdout), d.Inventory, d.Took, d.Commands)
		}
		if err != nil {
			return err
		}
		for _, e := range d.Inventory.Endpoints {
			if e.Error != "" {
				return exitError{1}
			}
		}
		return nil
	}}
	f.register(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/json.md)")
	c.Flags().StringVar(&out, "out", "", "save the inventory to a file")
	return c
}

func (a *app) checkCmd() *cobra.Command {
	var f planFlags
	var format string
	c := &cobra.Command{Use: "check", Short: "Run all rules over the estate as it is and as it is declared", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		if !slices.Contains([]string{"text", "json", "sarif", "junit"}, format) {
			return fmt.Errorf("-format %s: it is text, json, sarif or junit", format)
		}
		est, err := a.load(&f.variableFlags)
		if err != nil {
			return err
		}
		r, done, err := a.newRun(est)
		if err != nil {
			return err
		}
		defer done()
		p, err := a.makePlan(c.Context(), r, &f, nil)
		if err != nil {
			return err
		}
		// What the plan destroys is no rule's business here.
		kept := []planner.Finding{}
		blocked := false
		for _, x := range p.plan.Findings {
			if x.Code == "destroy-budget" {
				continue
			}
			kept = append(kept, x)
			blocked = blocked || x.Stops()
		}
		switch format {
		case "json":
			err = view.JSON(a.stdout, map[string]any{"format": 1, "findings": kept})
		case "sarif":
			statements := map[string]string{}
			for _, r := range rules.Catalogue() {
				statements[r.ID] = r.Statement
			}
			err = view.SARIF(a.stdout, Version, slices.Min(slices.Collect(maps.Keys(est.Files))), statements, kept)
		case "junit":
			err = view.JUnit(a.stdout, kept)
		default:
			fmt.Fprintln(a.stdout, p.sentence)
			view.Findings(a.stdout, view.NewStyle(a.stdout), kept)
			for _, x := range kept {
				for _, k := range sortedFacts(x.Facts) {
					fmt.Fprintf(a.stdout, "         %s %s: saw %s = %s\n", x.Code, x.Address, k, x.Facts[k])
				}
			}
			if len(kept) == 0 {
				fmt.Fprintln(a.stdout, "No findings.")
			}
		}
		if err != nil {
			return err
		}
		if blocked {
			return errBlocked
		}
		return nil
	}}
	f.register(c)
	c.Flags().StringVar(&f.inventory, "inventory", "", "check against a saved inventory instead of the consoles")
	c.Flags().StringVar(&format, "format", "text", "text, json, sarif or junit")
	return c
}

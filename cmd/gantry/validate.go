package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner"
)

func (a *app) validateCmd() *cobra.Command {
	var f variableFlags
	var asJSON bool
	c := &cobra.Command{Use: "validate", Short: "Check the files, without any network", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			est, err := a.load(&f)
			l := diag.FromError(err)
			if err == nil {
				if bad := run.CheckSettings(est); bad != nil {
					l = append(l, diag.FromError(bad)...)
				}
				for _, x := range planner.Validate(planner.Input{Catalogue: est.Catalogue, Desired: run.Desired(est), Endpoints: run.Endpoints(est)}) {
					l = append(l, x.Diagnostic)
				}
				l = est.Locate(l)
			}
			if asJSON {
				if l == nil {
					l = diag.List{}
				}
				if err := view.JSON(a.stdout, map[string]any{"format": 1, "valid": !l.HasErrors(), "diagnostics": l}); err != nil {
					return err
				}
			} else {
				view.Diagnostics(a.stderr, view.NewStyle(a.stderr), l)
			}
			if l.HasErrors() {
				return exitError{1}
			}
			if !asJSON {
				word := "consoles"
				if len(est.Endpoints) == 1 {
					word = "console"
				}
				fmt.Fprintf(a.stdout, "The configuration is valid: %d objects, %d %s.\n", len(est.Objects), len(est.Endpoints), word)
			}
			return nil
		}}
	f.register(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

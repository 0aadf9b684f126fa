package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/providers/lab"
)

func (a *app) labCmd() *cobra.Command {
	c := &cobra.Command{Use: "lab", Short: "Simulated consoles behind real SSH servers, to rehearse a change"}
	var dir string
	var speed float64
	up := &cobra.Command{Use: "up SCENARIO", Short: "Serve a scenario until interrupted", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		sc, err := lab.Load(args[0])
		if err != nil {
			return err
		}
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(abs, 0o700); err != nil {
			return err
		}
		l, err := lab.Start(sc, lab.Options{Dir: abs, Speed: speed})
		if err != nil {
			return err
		}
		for _, e := range l.Endpoints() {
			fmt.Fprintf(a.stdout, "%s %s %s user=%s\n", e.Kind, e.Name, e.Address, e.User)
		}
		fmt.Fprintf(a.stderr, "Use it: export GANTRY_SSH_CONFIG=%s, or ssh -F %s HOST\n", l.SSHConfig(), l.SSHConfig())
		fmt.Fprintln(a.stdout, "ready")
		<-c.Context().Done()
		return l.Close()
	}}
	up.Flags().Float64Var(&speed, "speed", 0, "virtual seconds per second (default: the scenario's)")
	save := &cobra.Command{Use: "save FILE", Short: "Save the estate of a running lab as a scenario (- prints it)", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		ctl, err := lab.Dial(dir)
		if err != nil {
			return err
		}
		b, err := ctl.Save()
		if err != nil {
			return err
		}
		return writeFile(args[0], b)
	}}
	load := &cobra.Command{Use: "load FILE", Short: "Load a scenario into a running lab; its consoles stay", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		b, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		ctl, err := lab.Dial(dir)
		if err != nil {
			return err
		}
		return ctl.Replace(b)
	}}
	fault := &cobra.Command{Use: "fault JSON", Short: "Inject a fault into a running lab (docs/lab.md)", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		var f lab.Fault
		if err := json.Unmarshal([]byte(args[0]), &f); err != nil {
			return fmt.Errorf("the fault is no JSON: %w", err)
		}
		ctl, err := lab.Dial(dir)
		if err != nil {
			return err
		}
		return ctl.Inject(f)
	}}
	log := &cobra.Command{Use: "log", Short: "Print every command line that the consoles received, as JSON", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		ctl, err := lab.Dial(dir)
		if err != nil {
			return err
		}
		entries, err := ctl.Log()
		if err != nil {
			return err
		}
		return view.JSON(a.stdout, entries)
	}}
	for _, sub := range []*cobra.Command{up, save, load, fault, log} {
		sub.Flags().StringVar(&dir, "dir", "lab", "directory of the lab's ssh_config, key, known_hosts and control socket")
		c.AddCommand(sub)
	}
	return c
}

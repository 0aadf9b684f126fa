package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/examples"
	"github.com/gantry-power/gantry/providers/lab"
)

func (a *app) demoCmd() *cobra.Command {
	var speed float64
	var keep bool
	c := &cobra.Command{Use: "demo", Short: "Watch a running partition move between two simulated blades", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		dir, err := os.MkdirTemp("", "gantry-demo-")
		if err != nil {
			return err
		}
		if !keep {
			defer os.RemoveAll(dir)
		}
		d := &demo{a: a, ctx: c.Context(), dir: dir, st: view.NewStyle(a.stdout)}
		return d.run(speed, keep)
	}}
	c.Flags().Float64Var(&speed, "speed", 1, "virtual seconds per second; 1 takes about two minutes, 50 a few seconds")
	c.Flags().BoolVar(&keep, "keep", false, "keep the directory of the demo")
	return c
}

// demo runs the ordinary commands as processes of their own, on real SSH.
type demo struct {
	a   *app
	ctx context.Context
	dir string
	env []string
	st  view.Style
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintln(d.a.stdout)
	fmt.Fprintln(d.a.stdout, d.st.Bold.Render("# "+fmt.Sprintf(format, args...)))
}

// gantry runs one command and shows it as a user would type it.
func (d *demo) gantry(args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintln(d.a.stdout, d.st.Cyan.Render("$ gantry "+strings.Join(args, " ")))
	cmd := exec.CommandContext(d.ctx, self, args...)
	cmd.Dir, cmd.Env = filepath.Join(d.dir, "blades"), d.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, d.a.stdout, d.a.stderr
	// The interrupt reaches the child through the terminal; give it time to stop its migration.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	return cmd.Run()
}

func (d *demo) run(speed float64, keep bool) error {
	if err := d.unpack(); err != nil {
		return err
	}
	sc, err := lab.Load(filepath.Join(d.dir, "blades", "lab", "scenario.hcl"))
	if err != nil {
		return err
	}
	labDir := filepath.Join(d.dir, "lab")
	if err := os.MkdirAll(labDir, 0o700); err != nil {
		return err
	}
	l, err := lab.Start(sc, lab.Options{Dir: labDir, Speed: speed})
	if err != nil {
		return err
	}
	defer l.Close()
	d.env = append(os.Environ(), "GANTRY_SSH_CONFIG="+l.SSHConfig())
	d.say("Two blades, uli13 and uli14, each under its own IVM, behind real SSH servers:")
	for _, e := range l.Endpoints() {
		fmt.Fprintf(d.a.stdout, "  %s %s at %s\n", e.Kind, e.Name, e.Address)
	}
	d.say("What is there?")
	if err := d.gantry("discover"); err != nil {
		return err
	}
	d.say("The estate declares both partitions and imports them. Taking them over sends nothing.")
	if err := d.gantry("apply", "-auto-approve"); err != nil {
		return err
	}
	d.say("One line changes: uli13lp1 is to live on uli14.")
	if err := d.edit(); err != nil {
		return err
	}
	if err := d.gantry("plan", "-commands"); err != nil {
		return err
	}
	d.say("Apply it. The partition keeps running while its memory is copied.")
	if err := d.gantry("apply", "-auto-approve"); err != nil {
		return err
	}
	d.say("What the console of uli14 says now:")
	out, _, _ := l.Run("uli14", "lsmap -all")
	head := strings.SplitAfterN(out, "\n", 10)
	fmt.Fprint(d.a.stdout, strings.Join(head[:min(9, len(head))], ""))
	fmt.Fprintln(d.a.stdout, "...")
	d.say("And a second plan is empty.")
	if err := d.gantry("plan"); err != nil {
		return err
	}
	if keep {
		fmt.Fprintln(d.a.stdout, "\nKept in", d.dir)
	}
	return nil
}

// unpack writes the example beside the lab.
func (d *demo) unpack() error {
	return fs.WalkDir(examples.FS, "blades", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(d.dir, filepath.FromSlash(path))
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		b, err := examples.FS.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
}

// edit changes the one line and shows it.
func (d *demo) edit() error {
	path := filepath.Join(d.dir, "blades", "main.hcl")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	block := []byte("partition \"uli13lp1\" {\n  system = system.uli13\n")
	if bytes.Count(b, block) != 1 {
		return fmt.Errorf("the example does not have the line that the demo changes")
	}
	fmt.Fprintln(d.a.stdout, d.st.Red.Render("-  system = system.uli13"))
	fmt.Fprintln(d.a.stdout, d.st.Green.Render("+  system = system.uli14"))
	return os.WriteFile(path, bytes.Replace(b, block, []byte("partition \"uli13lp1\" {\n  system = system.uli14\n"), 1), 0o644)
}

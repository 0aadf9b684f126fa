// Command gantry plans and applies changes to IBM Power estates.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/audit"
	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/plugin"
)

// Version is the release; the linker may set it.
var Version = "0.1.0"

func main() { os.Exit(Main(os.Args[1:])) }

// exitError carries an exit code that is no failure to report.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Main runs one command line and returns its exit code: 0 done or nothing to
// do, 1 error, 2 changes (with -detailed-exitcode).
func Main(args []string) int { return execute(args, nil) }

// execute runs a command line. tap sees every run before it begins; tests count and stop there what a run writes and sends.
func execute(args []string, tap func(*run.Run)) int {
	plugin.NoDump()
	a := &app{stdout: os.Stdout, stderr: os.Stderr, tap: tap}
	root := a.root()
	root.SetArgs(normalise(args))
	ctx, stop := a.interrupts()
	defer stop()
	a.ctx = ctx
	defer a.stopPlugins()
	err := root.ExecuteContext(ctx)
	var code exitError
	switch {
	case err == nil && a.unaudited:
		return 1
	case err == nil:
		return 0
	case errors.As(err, &code):
		return code.code
	case ctx.Err() != nil:
		fmt.Fprintln(a.stderr, "Interrupted; nothing was changed.")
		return 1
	}
	view.Diagnostics(a.stderr, view.NewStyle(a.stderr), diag.FromError(err))
	return 1
}

// normalise lets long options be written with one dash: users come from
// Terraform and from GNU tools.
func normalise(args []string) []string {
	out := make([]string, len(args))
	for i, s := range args {
		out[i] = s
		if s == "--" {
			copy(out[i:], args[i:])
			return out
		}
		if len(s) > 2 && s[0] == '-' && s[1] != '-' && (s[1] < '0' || s[1] > '9') {
			out[i] = "-" + s
		}
	}
	return out
}

// app is what all commands share.
type app struct {
	stdout, stderr *os.File
	tap            func(*run.Run)
	ctx            context.Context // ends when the user interrupts
	chdir          string
	commandLog     string
	lockTimeout    time.Duration
	soft           chan struct{} // closed by the first interrupt while a plan is applied
	applying       atomic.Bool
	audit          *audit.Log // of the present run; nil when there is none
	unaudited      bool
	processes      []*plugin.Process
	required       []*required
}

// interrupts: the first one, while steps run, begins nothing new; the second,
// or the first at any other time, cancels.
func (a *app) interrupts() (context.Context, func()) {
	a.soft = make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		gentle := false
		for {
			select {
			case <-ch:
			case <-done:
				return
			}
			if a.applying.Load() && !gentle {
				gentle = true
				close(a.soft)
				fmt.Fprintln(a.stderr, "\nInterrupted: nothing new is begun; what runs is finished. Interrupt again to cancel what can be cancelled.")
				continue
			}
			cancel(errors.New("interrupted"))
		}
	}()
	return ctx, func() { signal.Stop(ch); close(done); cancel(nil) }
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gantry",
		Short: "Declarative plan and apply for IBM Power estates",
		Long: `Gantry plans and applies changes to IBM Power estates: HCL files say what
there is to be, discovery says what there is, the plan shows every command and
what users will feel, and apply sends exactly that.`,
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.chdir == "" {
				return nil
			}
			if err := os.Chdir(a.chdir); err != nil {
				return fmt.Errorf("-chdir: %w", err)
			}
			return nil
		},
	}
	root.PersistentFlags().StringVar(&a.chdir, "chdir", os.Getenv("GANTRY_CHDIR"), "directory of the estate")
	root.PersistentFlags().StringVar(&a.commandLog, "command-log", os.Getenv("GANTRY_COMMAND_LOG"), "append every command sent to a console to this file")
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%s\nSee: %s -help", strings.TrimSpace(err.Error()), c.CommandPath())
	})
	root.AddCommand(a.validateCmd(), a.fmtCmd(), a.planCmd(), a.applyCmd(), a.destroyCmd(), a.showCmd(), a.outputCmd(), a.graphCmd(), a.stateCmd(),
		a.importCmd(), a.discoverCmd(), a.checkCmd(), a.schemaCmd(), a.migrateCmd(), a.exchangeKeysCmd(), a.labCmd(), a.demoCmd(), a.forceUnlockCmd(), a.versionCmd(), a.pluginCmd(), a.initCmd(), a.providersCmd(), a.auditCmd(), a.diffCmd(), a.supportBundleCmd())
	helpful(root)
	return root
}

// commandLine is what this run is called in locks, the history and the audit log: without the values of variables, which may be secret
// and would be kept there in the clear.
func commandLine(args []string) string {
	said := []string{"gantry"}
	value := false
	for _, arg := range args {
		name, _, given := strings.Cut(arg, "=")
		flag := strings.TrimLeft(name, "-") == "var" && strings.HasPrefix(name, "-")
		switch {
		case value:
			arg = name + "=…"
		case flag && given:
			variable, _, _ := strings.Cut(strings.TrimPrefix(arg, name+"="), "=")
			arg = name + "=" + variable + "=…"
		}
		value = flag && !given && !value
		said = append(said, arg)
	}
	return strings.Join(said, " ")
}

// helpful has a mistyped subcommand be an error, and arguments that are missing or too many say what is wanted.
func helpful(c *cobra.Command) {
	for _, sub := range c.Commands() {
		helpful(sub)
		if args := sub.Args; args != nil {
			sub.Args = func(c *cobra.Command, given []string) error {
				if err := args(c, given); err != nil {
					return fmt.Errorf("%w. It is written %s", err, c.UseLine())
				}
				return nil
			}
		}
		if sub.HasSubCommands() && !sub.Runnable() {
			sub.RunE = func(c *cobra.Command, given []string) error {
				if len(given) == 0 {
					return c.Help()
				}
				var names []string
				for _, x := range c.Commands() {
					names = append(names, x.Name())
				}
				return fmt.Errorf("unknown command %q for %q.%s See: %s -help", given[0], c.CommandPath(), schema.Suggest(given[0], names), c.CommandPath())
			}
		}
	}
}

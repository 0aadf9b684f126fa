package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

func (a *app) exchangeKeysCmd() *cobra.Command {
	var f variableFlags
	c := &cobra.Command{Use: "exchange-keys FROM TO", Short: "Let one console migrate partitions to another, which takes its password once", Args: cobra.ExactArgs(2),
		Long: `exchange-keys logs in on the console FROM (a provider, such as hmc.one) and has it
exchange keys with the console TO, as migrations between the two need. The password
of TO comes from its provider block (password_env, password_file, password_command),
else it is asked for; it goes over the terminal of FROM and into no command line,
log or file.`,
		RunE: func(c *cobra.Command, args []string) error {
			est, err := a.load(&f)
			if err != nil {
				return err
			}
			for _, key := range args {
				if est.Endpoints[key] == nil {
					return fmt.Errorf("the estate declares no provider %s.%s", key, schema.Suggest(key, keysOf(est.Endpoints)))
				}
			}
			if args[0] == args[1] {
				return fmt.Errorf("%s is one console; a migration within it needs no keys", args[0])
			}
			r, done, err := a.newRun(est)
			if err != nil {
				return err
			}
			defer done()
			var to run.Peer
			for _, e := range run.Endpoints(est) {
				if e.Key == args[1] {
					to = run.Peer{Address: e.MigrationAddress, User: e.MigrationUser}
				}
			}
			did, err := r.ExchangeKeys(c.Context(), args[0], to, func() (string, error) {
				if p, ok, err := console.Password(est.Dir, est.Endpoints[args[1]].Config); ok || err != nil {
					return p, err
				}
				return a.secret(fmt.Sprintf("Password of %s on %s: ", to.User, to.Address))
			})
			if err != nil {
				return err
			}
			if !did {
				fmt.Fprintf(a.stdout, "%s and %s have each other's keys already.\n", args[0], args[1])
				return nil
			}
			fmt.Fprintf(a.stdout, "%s can migrate partitions to %s now.\n", args[0], args[1])
			return nil
		}}
	f.register(c)
	return c
}

func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// secret reads a line without showing it; from a pipe, the first line.
func (a *app) secret(prompt string) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil
		}
		if err != nil {
			return "", diag.List{diag.Errorf("no-password", "No password", "The password of the other console is needed, and standard input has none.").WithFix("Run it at a terminal, or give password_env, password_file or password_command in its provider block.")}.Err()
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprint(a.stderr, prompt)
	b, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(a.stderr)
	return string(b), err
}

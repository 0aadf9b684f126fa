package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/audit"
	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config"
)

// openAudit opens the audit log that the estate or the environment names; nil when none does.
func openAudit(est *config.Estate) (*audit.Log, error) {
	path := auditPath(est)
	if path == "" {
		return nil, nil
	}
	l, err := audit.Open(path)
	if err != nil {
		return nil, err
	}
	i := run.LockInfo(commandLine(os.Args[1:]))
	l.Who, l.Job, l.Run = i.User+"@"+i.Host, i.Job, i.Command
	if est.Settings.AuditSyslog {
		if l.Syslog, err = audit.Syslog(); err != nil {
			return nil, fmt.Errorf("audit_syslog: %w", err)
		}
	}
	return l, nil
}

func auditPath(est *config.Estate) string {
	path := est.Settings.AuditLog
	if v := os.Getenv("GANTRY_AUDIT_LOG"); v != "" {
		return v
	}
	if path == "" && est.Settings.AuditSyslog {
		path = "gantry.audit.jsonl"
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(est.Dir, path)
}

func (a *app) auditCmd() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "The log of every command that was sent"}
	var f variableFlags
	var head string
	verify := &cobra.Command{Use: "verify [FILE]", Short: "Look whether a line of the audit log was changed, taken out or moved", Args: cobra.MaximumNArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		var path string
		if len(args) > 0 {
			path = args[0]
		} else {
			est, err := a.load(&f)
			if err != nil {
				return err
			}
			if path = auditPath(est); path == "" {
				return errors.New("this estate has no audit log. Write audit_log = \"gantry.audit.jsonl\" in the gantry block, or set GANTRY_AUDIT_LOG")
			}
		}
		res, err := audit.VerifyFile(path, strings.TrimSpace(head))
		if err != nil {
			return err
		}
		if res.Lines == 0 {
			fmt.Fprintf(a.stdout, "%s is empty.\n", path)
			return nil
		}
		fmt.Fprintf(a.stdout, "%d lines from %s to %s; nothing was changed, taken out or moved.\nHead: %s\nKeep the head elsewhere: gantry audit verify -head HASH then notices when lines are cut off at the end.\n",
			res.Lines, res.First.Local().Format(time.DateTime), res.Last.Local().Format(time.DateTime), res.Head)
		for i, l := range res.Open {
			if i == 10 {
				fmt.Fprintf(a.stdout, "... and %d more.\n", len(res.Open)-i)
				break
			}
			if i == 0 {
				fmt.Fprintf(a.stdout, "Sent, and no answer was written down: the run was killed, or goes on:\n")
			}
			fmt.Fprintf(a.stdout, "  line %d, %s, %s, %s on %s: %s\n", l.Seq, l.Time.Local().Format(time.DateTime), l.Who, l.Step, l.Console, strings.Join(strings.Fields(l.Command), " "))
		}
		if res.Torn {
			fmt.Fprintln(a.stdout, "The last line was torn off by a crash; the next command writes over it.")
		}
		return nil
	}}
	f.register(verify)
	verify.Flags().StringVar(&head, "head", "", "a hash that must be in the log: one that an earlier verify printed")
	c.AddCommand(verify)
	return c
}

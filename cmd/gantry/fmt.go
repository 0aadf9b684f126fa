package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config"
)

func (a *app) fmtCmd() *cobra.Command {
	var check, diff, recursive bool
	c := &cobra.Command{Use: "fmt [FILE or DIRECTORY ...]", Short: "Put the files into the canonical layout (- reads standard input)",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "-" {
				src, err := io.ReadAll(os.Stdin)
				if err != nil {
					return err
				}
				out, l := config.Format(src, "standard input")
				if l.HasErrors() {
					return l.Err()
				}
				_, err = a.stdout.Write(out)
				return err
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			var files []string
			for _, p := range args {
				more, err := formatTargets(p, recursive)
				if err != nil {
					return err
				}
				files = append(files, more...)
			}
			changed, broken := false, false
			for _, p := range files {
				src, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				out, l := config.Format(src, p)
				if l.HasErrors() {
					view.Diagnostics(a.stderr, view.NewStyle(a.stderr), l)
					broken = true
					continue
				}
				if bytes.Equal(src, out) {
					continue
				}
				changed = true
				fmt.Fprintln(a.stdout, p)
				if diff {
					text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: difflib.SplitLines(string(src)), B: difflib.SplitLines(string(out)), FromFile: p, ToFile: p + " (formatted)", Context: 3})
					if err != nil {
						return err
					}
					fmt.Fprint(a.stdout, text)
				}
				if !check {
					st, err := os.Stat(p)
					if err != nil {
						return err
					}
					if err := os.WriteFile(p, out, st.Mode().Perm()); err != nil {
						return err
					}
				}
			}
			if broken || check && changed {
				return exitError{1}
			}
			return nil
		}}
	c.Flags().BoolVar(&check, "check", false, "change nothing; exit with 1 when a file would change")
	c.Flags().BoolVar(&diff, "diff", false, "show the differences")
	c.Flags().BoolVar(&recursive, "recursive", false, "go into directories below")
	return c
}

func formatTargets(p string, recursive bool) ([]string, error) {
	st, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return []string{p}, nil
	}
	files, err := config.Files(p)
	if err != nil || !recursive {
		return files, err
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' {
			more, err := formatTargets(p+"/"+e.Name(), true)
			if err != nil {
				return nil, err
			}
			files = append(files, more...)
		}
	}
	return files, nil
}

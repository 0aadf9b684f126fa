// Command gantry-provider-notes is a provider of Gantry in one file: notes are text files in a directory of this machine.
// docs/writing-a-provider.md of Gantry explains it part by part.
package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gantry-power/gantry/providers/sdk"
)

// board is what a connection is: here there is nothing to log in to.
type board struct {
	at  *sdk.Endpoint
	dir string
}

// Provider is the provider; the conformance suite runs against it too.
func Provider() *sdk.Provider[*board] {
	return &sdk.Provider[*board]{
		Name: "notes", Version: "0.1.0",
		Endpoint: []sdk.Attribute{
			{Name: "directory", Required: true, Doc: "Directory that holds the notes.", Example: `"/srv/notes"`},
		},
		Connect: func(_ context.Context, e *sdk.Endpoint) (*board, error) {
			b := &board{e, e.Config.Str("directory")}
			_, err := os.Stat(b.dir)
			return b, err
		},
		Kinds: []sdk.Kind[*board]{{
			Schema: sdk.Schema{
				Name: "note", Doc: "A note on the board.",
				Identity: [][]string{{"name"}},
				Attributes: []sdk.Attribute{
					{Name: "name", FromLabel: true, CreateOnly: true, Pattern: regexp.MustCompile(`^[a-z0-9_-]+$`), PatternIs: "small letters, digits, underscores and hyphens", Doc: "File name, without .txt.", Default: "the label", Example: `"hello"`},
					{Name: "text", Required: true, Disruption: sdk.None, Doc: "What it says.", Example: `"Maintenance on Sunday"`},
					{Name: "written", Computed: true, Fleeting: true, Doc: "When it was written last."},
				},
			},
			Discover: discover,
			Explain:  explain,
			Apply:    apply,
		}},
		Rules: []sdk.Rule{{ID: "NOTES-01", Severity: sdk.Warning, Doc: "A note is short.", Check: func(f *sdk.Facts, report func(address, path, problem, fix string)) {
			for _, n := range f.Declared("note") {
				if len(n.Str("text")) > 80 {
					report(n.Address, "text", n.Address+" has more than 80 characters, and nobody reads that.", "Say it in fewer words.")
				}
			}
		}}},
	}
}

func discover(_ context.Context, b *board, emit func(sdk.Object)) error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".txt")
		if !ok {
			continue
		}
		text, err := os.ReadFile(filepath.Join(b.dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody was faster
		}
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		emit(sdk.Object{Values: map[string]any{"name": name, "text": string(text), "written": info.ModTime().UTC().Format(time.RFC3339)}})
	}
	return nil
}

// explain says what apply will do, in the plan.
func explain(st *sdk.Step) {
	if st.Action == sdk.Delete {
		st.Command("rm", st.Before.Str("name")+".txt")
		return
	}
	st.Command("write", st.After.Str("name")+".txt", st.After.Str("text"))
}

func apply(ctx context.Context, b *board, st *sdk.Step) error {
	return b.at.Logged(ctx, strings.Join(st.Commands(), "; "), func() error {
		if st.Action == sdk.Delete {
			return os.Remove(filepath.Join(b.dir, st.Before.Str("name")+".txt"))
		}
		return os.WriteFile(filepath.Join(b.dir, st.After.Str("name")+".txt"), []byte(st.After.Str("text")), 0o644)
	})
}

func main() { sdk.Serve(Provider()) }

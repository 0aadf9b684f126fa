package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/providertest"
	"github.com/gantry-power/gantry/providers/sdk"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Suite{
		Name: "notes", Build: ".",
		Provider: func() providers.Provider { return sdk.Adapt(Provider()) },
		Console: func(t testing.TB) providertest.Console {
			dir := t.TempDir()
			return providertest.Console{Replace: map[string]string{"BOARD": dir}, Drift: func() {
				if err := os.WriteFile(filepath.Join(dir, "hello.txt"), []byte("scribbled over"), 0o644); err != nil {
					t.Fatal(err)
				}
			}}
		},
		Estate: `
provider "notes" "here" {
  directory = "BOARD"
}
note "hello" {
  text = "Maintenance on Sunday"
}
note "second" {
  text = "Coffee is out"
}
`,
		Changes: []providertest.Edit{{Old: "on Sunday", New: "on Monday"}},
		Refused: []providertest.Refusal{
			{Edit: providertest.Edit{Old: `"Coffee is out"`, New: `"A very long note that nobody will ever read, because it goes on and on and never comes to an end"`}, Says: "nobody reads that"},
			{Edit: providertest.Edit{Old: `note "second" {`, New: "note \"second\" {\n  name = \"../etc\""}, Says: "small letters"},
		},
	})
}

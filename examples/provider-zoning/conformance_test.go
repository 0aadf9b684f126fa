package main

import (
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/providertest"
	"github.com/gantry-power/gantry/providers/sdk"

	"example.org/gantry-provider-zoning/switchlab"
)

const changing = "^(ali|zone|cfg)(create|add|remove|delete|save|enable)"

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Suite{
		Name: "zoning", Build: ".",
		Provider: func() providers.Provider { return sdk.Adapt(Provider()) },
		Console: func(t testing.TB) providertest.Console {
			dir := t.TempDir()
			lab, err := switchlab.Start(dir, "fabric-a")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(lab.Close)
			return providertest.Console{
				Replace: map[string]string{"SSH_CONFIG": dir + "/ssh_config"},
				Sent:    lab.Log,
				Drift: func() {
					lab.Run("fabric-a", `zoneremove "z_db", "array"`)
					lab.Run("fabric-a", `cfgenable -f "prod"`)
				},
				Break: func(n int, after bool) { lab.DropNth(changing, n, after) },
				Hang:  func(n int) { lab.HangNth(changing, n) },
			}
		},
		Estate: `
provider "zoning" "a" {
  host       = "fabric-a"
  ssh_config = "SSH_CONFIG"
}
zone_configuration "prod" {}
zone_alias "db" {
  wwpns = ["c050760000000010", "c050760000000011"]
}
zone_alias "array" {
  wwpns = ["5005076810124c3d"]
}
zone "z_db" {
  configuration = zone_configuration.prod
  members       = [zone_alias.db, zone_alias.array]
}
`,
		Changes: []providertest.Edit{
			{Old: `"5005076810124c3d"]`, New: `"5005076810124c3d", "5005076810124c3e"]`},
			{Old: `["c050760000000010", "c050760000000011"]`, New: `["c050760000000020", "c050760000000021"]`},
			{Old: `[zone_alias.db, zone_alias.array]`, New: `[zone_alias.array]`},
			{Old: `[zone_alias.array]`, New: `[zone_alias.array, zone_alias.db]`},
		},
		Refused: []providertest.Refusal{
			{Edit: providertest.Edit{Old: `"5005076810124c3d"`, New: `"5005076810124c3d;cfgdisable"`}, Says: "16 hexadecimal digits"},
			{Edit: providertest.Edit{Old: `, "c050760000000011"`, New: ``}, Says: "a live migration logs the second one in"},
			{Edit: providertest.Edit{Old: `  configuration = zone_configuration.prod`, New: "  name = \"z_renamed\"\n  configuration = zone_configuration.prod"}, Says: "creation only"},
		},
		Secrets: []string{"BEGIN OPENSSH PRIVATE KEY"},
	})
}

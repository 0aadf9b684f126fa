package hmc_test

import (
	"os"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/hmc"
	"github.com/gantry-power/gantry/providers/internal/bench"
	"github.com/gantry-power/gantry/providers/lpar"
	"github.com/gantry-power/gantry/providers/providertest"
)

// The provider keeps to what every provider keeps to, in this process and as a plugin.
func TestConformance(t *testing.T) {
	scenario, err := os.ReadFile("../../cmd/gantry/testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, providertest.Suite{
		Name: "hmc", Build: "../../cmd/gantry", Args: []string{"plugin", "hmc"}, Trusted: true,
		Provider: func() providers.Provider { return hmc.New(&lpar.Registry{}) },
		Console: func(t testing.TB) providertest.Console {
			return bench.Console(t, scenario, changing, "hmc1", `chsyscfg -r prof -m frame1 -i "name=db,lpar_name=db,desired_mem=4096"`)
		},
		Estate: estate,
		Changes: []providertest.Edit{
			{Old: `desired = "8GiB"`, New: `desired = "10GiB"`},
			{Old: `virtual = { minimum = 1, desired = 2, maximum = 4 }`, New: `virtual = { minimum = 1, desired = 3, maximum = 4 }`},
			{Old: `description = "payroll"`, New: `description = "payroll new"`},
		},
		Refused: []providertest.Refusal{
			{Edit: providertest.Edit{Old: `maximum = "16GiB"`, New: `maximum = "9000GiB"`}, Says: "maximum"},
			{Edit: providertest.Edit{Old: `  npiv "a" {`, New: "  npiv \"b\" {\n    fabric = \"C\"\n  }\n  npiv \"a\" {"}, Says: "fabric C"},
		},
		Secrets:     []string{"BEGIN OPENSSH PRIVATE KEY", "abc123"},
		Acknowledge: []string{"power-cut"},
	})
}

const changing = `^(mksyscfg|chsyscfg|rmsyscfg|chhwres|chsysstate|viosvrcmd .*(cfgdev|vfcmap|mkvdev|rmvdev|rmdev|chdev))`

const estate = `
provider "hmc" "one" {
  host       = "hmc1"
  user       = "hscroot"
  ssh_config = "SSH_CONFIG"
}
system "f1" {
  type_model    = "9009-42A"
  serial_number = "78A1F10"
  fabric "A" {
    ports = ["f1vios1/fcs0", "f1vios2/fcs0"]
  }
}
network "prod" {
  vlan = 10
}
disk "root" {
  lun = { wwpn = "5005076810114C3D", id = "1000000000000" }
}
partition "db" {
  system      = system.f1
  description = "payroll"
  memory {
    minimum = "2GiB"
    desired = "8GiB"
    maximum = "16GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 128
    units   = { minimum = 0.1, desired = 0.4, maximum = 2 }
    virtual = { minimum = 1, desired = 2, maximum = 4 }
  }
  ethernet "en0" {
    network = network.prod
  }
  disk "root" {
    source = disk.root
  }
  npiv "a" {
    fabric = "A"
  }
}
`

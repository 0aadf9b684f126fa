package ivm_test

import (
	"os"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/internal/bench"
	"github.com/gantry-power/gantry/providers/ivm"
	"github.com/gantry-power/gantry/providers/lpar"
	"github.com/gantry-power/gantry/providers/providertest"
)

// The provider keeps to what every provider keeps to, in this process and as a plugin.
func TestConformance(t *testing.T) {
	scenario, err := os.ReadFile("../../examples/blades/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, providertest.Suite{
		Name: "ivm", Build: "../../cmd/gantry", Args: []string{"plugin", "ivm"}, Trusted: true,
		Provider: func() providers.Provider { return ivm.New(&lpar.Registry{}) },
		Console: func(t testing.TB) providertest.Console {
			return bench.Console(t, scenario, changing, "uli13", `chsyscfg -r prof -i "lpar_name=fresh,desired_mem=1280"`)
		},
		Estate: estate,
		Changes: []providertest.Edit{
			{Old: `desired = "1GiB"`, New: `desired = "1536MiB"`},
			{Old: `weight  = 128`, New: `weight  = 64`},
		},
		Refused: []providertest.Refusal{
			{Edit: providertest.Edit{Old: `maximum = "2GiB"`, New: `maximum = "9000GiB"`}, Says: "maximum"},
		},
		Secrets:     []string{"BEGIN OPENSSH PRIVATE KEY"},
		Acknowledge: []string{"power-cut"},
	})
}

const changing = `^(mksyscfg|chsyscfg|rmsyscfg|chhwres|chsysstate|mkvdev|rmvdev|chdev|rmdev)`

const estate = `
provider "ivm" "uli13" {
  host       = "uli13"
  user       = "padmin"
  ssh_config = "SSH_CONFIG"
}
system "uli13" {
  name = "Server-7998-61X-SN100390A"
}
network "lan" {
  vlan = 1
}
partition "fresh" {
  system = system.uli13
  memory {
    minimum = "512MiB"
    desired = "1GiB"
    maximum = "2GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 128
    units   = { minimum = 0.1, desired = 0.2, maximum = 1 }
    virtual = { minimum = 1, desired = 1, maximum = 2 }
  }
  ethernet "en0" {
    network = network.lan
  }
}
`

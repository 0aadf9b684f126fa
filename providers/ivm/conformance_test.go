package ivm_test

import (
	"os"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/ivm"
	"github.com/gantry-power/gantry/providers/lab"
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
		Console:  func(t testing.TB) providertest.Console { return console(t, scenario) },
		Estate:   estate,
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

func console(t testing.TB, scenario []byte) providertest.Console {
	t.Helper()
	sc, err := lab.Parse(scenario, "scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "lab") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(sc, lab.Options{Dir: dir, Speed: 5000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); _ = os.RemoveAll(dir) })
	fault := func(action string, n int) {
		if err := l.Inject(lab.Fault{Action: action, Command: changing, Skip: n - 1}); err != nil {
			t.Fatal(err)
		}
	}
	return providertest.Console{
		Replace: map[string]string{"SSH_CONFIG": l.SSHConfig()},
		Sent: func() []string {
			var out []string
			for _, e := range l.Log() {
				out = append(out, e.Line)
			}
			return out
		},
		Drift: func() {
			if out, errs, code := l.Run("uli13", `chsyscfg -r prof -i "lpar_name=fresh,desired_mem=1280"`); code != 0 {
				t.Fatal(out, errs)
			}
		},
		Break: func(n int, after bool) {
			fault(map[bool]string{true: lab.FaultDropAfter, false: lab.FaultDropBefore}[after], n)
		},
		Hang: func(n int) { fault(lab.FaultHang, n) },
	}
}

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

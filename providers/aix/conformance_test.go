package aix_test

import (
	"os"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/aix"
	"github.com/gantry-power/gantry/providers/internal/bench"
	"github.com/gantry-power/gantry/providers/providertest"
)

// The provider keeps to what every provider keeps to, in this process and as a plugin.
func TestConformance(t *testing.T) {
	scenario, err := os.ReadFile("../../examples/hosts/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, providertest.Suite{
		Name: "aix", Build: "../../cmd/gantry", Args: []string{"plugin", "aix"}, Trusted: true,
		Provider: func() providers.Provider { return aix.New() },
		Console: func(t testing.TB) providertest.Console {
			return bench.Console(t, scenario, changing, "db01", `umount /payroll/data`)
		},
		Estate: estate,
		Changes: []providertest.Edit{
			{Old: `size         = "4GiB"`, New: `size         = "5GiB"`},
			{Old: `auto_mount   = true`, New: `auto_mount   = false`},
			{Old: `[disk.data]`, New: `[disk.data, disk.more]`},
		},
		Refused: []providertest.Refusal{
			{Edit: providertest.Edit{Old: `size         = "4GiB"`, New: `size         = "400GiB"`}, Says: "free"},
			{Edit: providertest.Edit{Old: `pp_size = "64MiB"`, New: `pp_size = "128MiB"`}, Says: "creation only"},
		},
		Secrets: []string{"BEGIN OPENSSH PRIVATE KEY"},
	})
}

const changing = `^(mkvg|extendvg|reducevg|chvg|mklv|crfs|chfs|mount|umount|rmfs|rmlv|varyo|exportvg|chdev|mkfs|extendlv|chlv)`

const estate = `
provider "aix" "payroll" {
  host       = "db01"
  user       = "root"
  ssh_config = "SSH_CONFIG"
}
host "db01" {}
disk "data" {
  lun = { wwpn = "5005076810114C3D", id = "1000000000000" }
}
disk "more" {
  lun = { wwpn = "5005076810114C3D", id = "2000000000000" }
}
volume_group "datavg" {
  host    = host.db01
  disks   = [disk.data]
  type    = "scalable"
  pp_size = "64MiB"
  auto_on = true
}
filesystem "data" {
  volume_group = volume_group.datavg
  mount        = "/payroll/data"
  size         = "4GiB"
  auto_mount   = true
  mounted      = true
}
`

package main

import (
	"regexp"
	"strings"
	"testing"
)

// What a move would meet is said before it begins, with what the console tells of both frames, and no check of the console is
// overridden.
func TestHMCRules(t *testing.T) {
	t.Parallel()
	s := movable(t)
	s.edit("system      = system.f1", "system      = system.f2")
	overrides := regexp.MustCompile(`--(force|redundant\w*|mpio|vlanbridge|vsi|uuid|protectstorage)`)
	if out := s.must("plan", "-commands"); overrides.MatchString(out) || strings.Count(out, "migrlpar -o v") != 1 {
		t.Errorf("a check is overridden, or none is made:\n%s", out)
	}

	// A choice that was right on the way out is wrong on another one.
	for attr, value := range map[string]string{"target_mover": `"f1vios1"`, "source_mover": `"f2vios1"`, "scsi_mappings": `["10/f1vios1/"]`} {
		mobility := "  mobility {\n    " + attr + " = " + value + "\n  }\n"
		s.edit("  npiv \"a\" {", mobility+"  npiv \"a\" {")
		s.says(s.mustNot("plan"), "LPM-80", "partition.db", "mobility."+attr)
		s.edit(mobility, "")
	}

	// A frame that optimizes the placement of its partitions takes no migration; only its console knows (LPM-57).
	s.console("optmem -m frame2 -o start -t affinity")
	s.says(s.mustNot("plan"), "LPM-73", "partition.db", "dynamic platform optimization is running")
	s.console("optmem -m frame2 -o stop -t affinity")

	// A virtual TPM moves only where there is one for it, and only the console knows.
	s.console("chsysstate -r lpar -m frame1 -o shutdown -n db --immed")
	s.until("hmc1", "lssyscfg -r lpar -m frame1 --filter lpar_names=db -F state", "Not Activated")
	s.console("chsyscfg -r lpar -m frame1 -i name=db,vtpm_enabled=1")
	s.edit("state       = \"running\"", "state       = \"off\"")
	s.says(s.mustNot("plan"), "warning LPM-39 partition.db: cannot be checked: system.f2 does not tell whether it offers what db uses: virtual TPM")
	s.console("chsyscfg -r lpar -m frame1 -i name=db,vtpm_enabled=0")
	s.console("chsysstate -r lpar -m frame1 -o on -n db -f " + strings.TrimSpace(s.console("lssyscfg -r lpar -m frame1 -F default_profile --filter lpar_names=db")))
	s.edit("state       = \"off\"", "state       = \"running\"")
	s.reachable()

	// There is no port on the fabric over there.
	s.edit("\"f2vios1/fcs1\", \"f2vios2/fcs1\"", "")
	s.says(s.mustNot("plan"), "partition.db", "None of the ports that frame2 declares for fabric B")
	s.edit("fabric \"B\" {\n    ports = []", "fabric \"B\" {\n    ports = [\"f2vios1/fcs1\", \"f2vios2/fcs1\"]")

	// One of two Virtual I/O Servers has another opinion of the disk.
	device := strings.Fields(s.console(`viosvrcmd -m frame2 -p f2vios2 -c "lsdev -type disk -field name physloc -fmt ' '" | grep L1000000000000`))[0]
	s.console(`viosvrcmd -m frame2 -p f2vios2 -c "chdev -dev ` + device + ` -attr reserve_policy=PR_exclusive"`)
	s.write(strings.Replace(s.read(), "  reserve_policy = \"no_reserve\"\n", "", 1))
	s.says(s.mustNot("plan"), "STG-05", "PR_exclusive on f2vios2 of system.f2")
}

// What a migration is to insist on, and what it may give up: each is sent, checked by the console, and said.
func TestHMCMigrationChecks(t *testing.T) {
	t.Parallel()
	s := movable(t)
	s.edit("system      = system.f1", "system      = system.f2")
	mobility := func(lines string) func() {
		block := "  mobility {\n" + lines + "\n  }\n"
		s.edit("  npiv \"a\" {", block+"  npiv \"a\" {")
		return func() { s.edit(block, "") }
	}
	undo := mobility(`    mover_pairs = ["f1vios1/f2vios2", "f1vios2/f2vios1"]
    redundant_movers = "require"
    redundant_servers = "require"
    npiv_validation = "port"`)
	s.says(s.must("plan", "-commands"), `migrlpar -o m -m frame1 -t frame2 -p db -w 5 --redundantmsps 1 --redundantvios 1 --npivval port -i '"redundant_msps=1/f1vios1///f2vios2//,1/f1vios2///f2vios1//",`)
	s.must("apply", "-auto-approve")
	s.settled()
	undo()

	// On the way home nobody is left who would be a second mover: the rule says so, and so would the console.
	s.edit("system      = system.f2", "system      = system.f1")
	s.console("chsyscfg -r lpar -m frame1 -i lpar_id=2,msp=0")
	undo = mobility(`    redundant_movers = "require"`)
	s.says(s.mustNot("plan"), "LPM-80", "db requires redundant movers, and system.f1 has 1")
	if out, _, rc := s.lab.Run("hmc1", "migrlpar -o v -m frame2 -t frame1 -p db --redundantmsps 1"); rc != 1 || !strings.Contains(out, "HSCLA91E") {
		t.Errorf("the console takes one mover for two (%d): %s", rc, out)
	}
	undo()
	undo = mobility(`    redundant_movers = "if_possible"`)
	s.says(s.must("plan", "-commands"), "--redundantmsps 2", "validated by the console")
	undo()

	// A VLAN that is not bridged there: refused, unless the estate names the check that is given up.
	for _, vios := range []string{"f1vios1", "f1vios2"} {
		sea := strings.Fields(s.console(`viosvrcmd -m frame1 -p ` + vios + ` -c "lsdev -virtual" | grep "Shared Ethernet"`))[0]
		s.console(`viosvrcmd -m frame1 -p ` + vios + ` -c "rmdev -dev ` + sea + `"`)
	}
	s.says(s.mustNot("plan"), "NET-01", "VLAN 10 of db is not bridged on system.f1")
	mobility(`    override = ["vlan_bridge"]`)
	s.says(s.must("plan", "-commands"), "--vlanbridge 2", "override         vlan_bridge: VLANs may be bridged nowhere", "advice LPM-74 partition.db", "validated by the console")
	s.must("apply", "-auto-approve")
	s.settled()
}

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

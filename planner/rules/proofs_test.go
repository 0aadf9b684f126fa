package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// proofs names, for every rule that is enforced elsewhere, the test that fails when it is not: a file and words that stand in it.
var proofs = map[string][2]string{
	"LPM-01": {"planner/rules/rules_test.go", `{rule: "LPM-02", what: "target, live"`},
	"LPM-04": {"cmd/gantry/hmc_test.go", `"migrlpar -o v -m frame1 -t frame2 --ip hmc2 -u hscroot -p db"`},
	"LPM-06": {"cmd/gantry/hmc_test.go", `"mkauthkeys --test --ip blade -u padmin", "gantry exchange-keys hmc.two ivm.blade"`},
	"LPM-41": {"planner/rules/rules_test.go", `{rule: "LPM-13", what: "suspended"`},
	"LPM-48": {"planner/facts_test.go", `"LPM-48": func`},
	"LPM-49": {"planner/facts_test.go", `"LPM-49": func`},
	"LPM-60": {"cmd/gantry/testdata/script/refusals.txtar", `error LPM-73 partition.uli13lp1: The console refuses to move`},
	"LPM-67": {"planner/facts_test.go", `"LPM-67": func`},
	"LPM-57": {"cmd/gantry/hmc_rules_test.go", `dynamic platform optimization is running`},
	"LPM-72": {"cmd/gantry/testdata/script/migrate.txtar", `-p uli13lp1 -w 5 --async$`},
	"LPM-73": {"cmd/gantry/testdata/script/refusals.txtar", `error LPM-73 partition.uli13lp1: The console refuses to move`},
	"LPM-74": {"cmd/gantry/hmc_rules_test.go", `a check is overridden`},
	"LPM-76": {"cmd/gantry/hmc_test.go", `the same LUN through f1vios1, f1vios2 -> f2vios1, f2vios2`},
	"LPM-77": {"cmd/gantry/hmc_test.go", `the partition is not on the target alone`},
	"LPM-78": {"cmd/gantry/testdata/script/faults.txtar", `migrlpar -o r .*--ip uli14 -u padmin -p uli13lp1`},
	"LPM-79": {"cmd/gantry/testdata/script/faults.txtar", `the answer to the order was lost, and uli13lp1 has not moved`},
	"IVM-08": {"cmd/gantry/testdata/script/migrate.txtar", `migrlpar -o m -m Server-7998-61X-SN100390A -t Server-7998-60X-SN100E7DA`},
	"IVM-18": {"cmd/gantry/testdata/script/migrate.txtar", `-p uli13lp1 -w 5 --async$`},
	"IVM-19": {"cmd/gantry/testdata/script/faults.txtar", `Dies at 40 percent: stopped, recovered, on its source`},
	"IVM-20": {"providers/console/console_test.go", `func TestParseRecords`},
	"IVM-22": {"cmd/gantry/testdata/script/faults.txtar", `migrlpar -o r .*--ip uli14 -u padmin -p uli13lp1`},
	"NET-10": {"planner/rules/rules_test.go", `{rule: "LPM-15", names`},
	"NET-11": {"config/testdata/vlan-bad.txtar", `network.all`},
	"NET-35": {"cmd/gantry/aix_test.go", `hostname = \"db03\"`},
	"STG-22": {"planner/rules/stg_cluster_test.go", `func TestVolumeGroupModes`},
	"STG-24": {"planner/rules/stg_cluster_test.go", `func TestVolumeGroupModes`},
	"STG-27": {"providers/aix/aix_test.go", `! rootvg is not varied on.`},
	"STG-09": {"cmd/gantry/hmc_rules_test.go", `None of the ports that frame2 declares for fabric B`},
	"STG-10": {"cmd/gantry/testdata/script/refusals.txtar", `error LPM-73 partition.uli13lp1: The console refuses to move`},
	"STG-33": {"cmd/gantry/aix_test.go", `is not varied on`},
	"STG-39": {"cmd/gantry/aix_test.go", `needs 22 GiB more in the volume group datavg`},
	"STG-51": {"cmd/gantry/aix_test.go", `0506-349`},
	"CAP-01": {"config/testdata/values-bad.txtar", `CAP-01: What is declared does not fit together`},
	"CAP-06": {"planner/planner_test.go", `"grown beyond its maximum"`},
	"CAP-08": {"cmd/gantry/hmc_test.go", `func TestHMCDrift`},
	"CAP-09": {"planner/facts_test.go", `"CAP-09": func`},
	"CAP-15": {"planner/facts_test.go", `"LPM-48": func`},
	"CAP-16": {"planner/evacuate_test.go", `func TestEvacuateSaysWhy`},
	"CAP-22": {"planner/planner_test.go", `a swap without room`},
	"CAP-36": {"planner/rules/rules_test.go", `{rule: "CAP-27", what: "nobody moves"`},
	"MIG-01": {"planner/planner_test.go", `a swap without room`},
	"MIG-02": {"planner/planner_test.go", `func TestCheckNoticesAMissingWait`},
	"MIG-03": {"planner/rules/rules_test.go", `{rule: "CAP-27", what: "on the way"`},
	"MIG-04": {"planner/planner_test.go", `one waits for %q`},
	"MIG-05": {"planner/planner_test.go", `a swap without room`},
	"MIG-06": {"planner/placement/evacuate_test.go", `func TestSolveIsBest`},
	"MIG-07": {"planner/facts_test.go", `func TestMigrationLimits`},
	"MIG-11": {"planner/facts_test.go", `func TestMigrationLimits`},
	"MIG-12": {"planner/evacuate_test.go", `"left-open"`},
	"MIG-13": {"planner/evacuate_test.go", `func TestEvacuateSaysWhy`},
	"MIG-14": {"cmd/gantry/testdata/script/limits.txtar", `saw 1 'migrlpar -o v .*-p uli13lp2 '`},
	"MIG-16": {"planner/facts_test.go", `func TestApartMovesInTurn`},
	"MIG-17": {"planner/evacuate_test.go", `"a group stays as one"`},
	"MIG-18": {"planner/evacuate_test.go", `"headroom": {func`},
	"MIG-19": {"cmd/gantry/testdata/script/evacuate.txtar", `it holds no client partition; there is nothing to do`},
	"MIG-20": {"planner/evacuate_test.go", `func TestReturn`},
	"MIG-15": {"planner/facts_test.go", `func TestMoversLimit`},
	"MIG-37": {"cmd/gantry/hmc_test.go", `no progress for 1s, at 40%`},
	"MIG-21": {"planner/detour_test.go", `func TestDetour`},
	"MIG-22": {"planner/detour_test.go", `func TestNoDetour`},
	"MIG-23": {"planner/detour_test.go", `hold 448 MiB more than their minimum`},
	"MIG-24": {"planner/detour_test.go", `or 64 MiB on system.c, over which partition.one could step aside`},
	"MIG-26": {"cmd/gantry/testdata/script/failure.txtar", `Not complete: 0 done, 1 failed, 1 not begun`},
	"MIG-27": {"cmd/gantry/testdata/script/faults.txtar", `uli13lp1 is running on its source`},
	"MIG-28": {"cmd/gantry/testdata/script/faults.txtar", `uli13lp1 is running on its source`},
	"MIG-29": {"cmd/gantry/testdata/script/faults.txtar", `migrlpar -o r .*--ip uli14 -u padmin -p uli13lp1`},
	"MIG-30": {"cmd/gantry/testdata/script/crash.txtar", `error LPM-14 partition.uli13lp1: uli13lp1 is in migration`},
	"MIG-31": {"cmd/gantry/testdata/script/interrupt.txtar", `saw 1 'migrlpar -o s'`},
	"MIG-33": {"cmd/gantry/testdata/script/failure.txtar", `Not complete: 1 done, 1 failed, 0 not begun`},
	"MIG-34": {"cmd/gantry/testdata/script/crash.txtar", `settled; it was done; the books are finished`},
	"MIG-36": {"cmd/gantry/testdata/script/faults.txtar", `the migration cannot be watched at the moment; it goes on`},
	"MIG-38": {"cmd/gantry/testdata/script/faults.txtar", `partition.uli13lp1 needs 1088 MiB on Server-7998-60X-SN100E7DA, where 704 MiB is free now`},
}

func TestWhatIsEnforcedElsewhereHasAProof(t *testing.T) {
	wanted := map[string]bool{}
	for _, r := range Catalogue() {
		if wanted[r.ID] = r.Elsewhere != ""; r.Elsewhere != "" && proofs[r.ID] == [2]string{} {
			t.Errorf("%s is enforced elsewhere, and no test is named for it", r.ID)
		}
	}
	for id, p := range proofs {
		if !wanted[id] {
			t.Errorf("%s has a proof and is not enforced elsewhere", id)
		}
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(p[0])))
		if err != nil || !strings.Contains(string(b), p[1]) {
			t.Errorf("%s: %q does not stand in %s (%v)", id, p[1], p[0], err)
		}
	}
}

package rules

import "github.com/gantry-power/gantry/config/diag"

// hosts are the rules about volume groups and filesystems of AIX hosts. They are properties of the provider, which knows how
// many partitions what it sends takes.
func hosts() []*Rule {
	return []*Rule{
		{ID: "STG-33", Moments: []string{Apply}, Severity: diag.Error, Statement: "A volume group is never forced online.",
			Says: "{vg} does not come online by itself. Check its disks; forced activation must be done by hand.", Source: "CERT; S2 2.4.2",
			Elsewhere: "the aix provider, which varies nothing on: a group that is not varied on is left as it is"},
		{ID: "STG-39", Moments: []string{Plan}, Severity: diag.Error, Statement: "A new or grown filesystem fits into what is free in its volume group, with what the plan itself adds and takes.",
			Says: "{lv} needs {need} partitions per copy; {vg} has {free} on separate disks. Add disks or make it smaller.", Source: "S2 2.4.1; derived",
			Elsewhere: "the aix provider, which counts the physical partitions of the plan's steps in their order"},
		{ID: "STG-51", Moments: []string{Apply}, Severity: diag.Error, Statement: "What is removed with its data is not in use, and its removal was allowed by number.",
			Says: "{object} is still {in_use}. Unmount or unmap it first; removal destroys its data.", Source: "derived; see GOV-15",
			Elsewhere: "the aix provider: umount and reducevg, which a host refuses while somebody uses what they would take away, come first, and -allow-destroy; for disks rule STG-06"},
	}
}

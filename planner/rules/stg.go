package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// moved runs a check for each virtual SCSI disk of each migrating partition.
func moved(check func(m *Migration, d *PartitionDisk, r *Reporter)) func(*Facts, *Reporter) {
	return each(func(m *Migration, r *Reporter) {
		for _, d := range m.Partition.Disks {
			check(m, d, r)
		}
	})
}

func stg() []*Rule {
	return []*Rule{
		{ID: "STG-01", Moments: planApply, Severity: diag.Error, Statement: "Every disk of the partition is on the SAN and visible where the partition lives or moves to.",
			Says: "Disk {disk} ({lun}) of {partition} is not visible from any VIOS on {target}. Zone and map the LUN there.", Source: "STO; S1 Before migration; REQ",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || !p.New && p.Target == p.System {
						continue
					}
					for _, d := range p.Disks {
						if d.Backing != "" && d.Backing != "disk" && d.Backing != "lu" {
							continue // STG-04
						}
						if d.Disk == nil {
							r.Unknown(true, p.Address, "disk", fmt.Sprintf("the disk behind %s of %s has no identity that the two frames share.", d.Label, p.Name), "Give it a PVID, and zone the LUN to both.", "device", d.Device)
							continue
						}
						if d.Disk.Paths[p.Target.ID] == nil && d.Backing == "lu" {
							r.Say(p.Address, "disk", fmt.Sprintf("%s (%s) of %s is in a shared storage pool of which no Virtual I/O Server on %s is a member.", d.Disk.Label(), d.Disk.ID, p.Name, p.Target.Label()), "Add one to the cluster (cluster -addnode), or choose another system.", "disk", d.Disk.ID)
						} else if d.Disk.Paths[p.Target.ID] == nil {
							r.Say(p.Address, "disk", fmt.Sprintf("%s (%s) of %s is not visible from any Virtual I/O Server on %s.", d.Disk.Label(), d.Disk.ID, p.Name, p.Target.Label()), "Zone and map the LUN there, run cfgdev, and plan again.", "disk", d.Disk.ID)
						}
					}
				}
			}},
		{ID: "STG-02", Moments: []string{Validate, Plan}, Severity: diag.Error, Statement: "Disks are declared by unique id, LUN or PVID, never by device name.",
			Says: "{object} names {hdisk} only. Give its unique id; hdisk numbers differ between hosts.", Source: "S1 After migration (listings 2 and 5); PV",
			Check: func(f *Facts, r *Reporter) {
				for _, d := range f.Disks {
					if d.Declared && !d.ByID {
						r.Say(d.Address, "", fmt.Sprintf("%s declares no identity.", d.Address), "Give unique_id, lun or pvid; gantry discover shows them.")
					}
				}
			}},
		{ID: "STG-03", Moments: []string{Plan}, Severity: diag.Warning, Statement: "Names of target devices may change on the target; vtscsi numbers are kept only while they are free.",
			Says: "{partition}: device names on {vios} will be chosen anew if taken. Check scripts that use {names}.", Source: "S1 After migration; PROC",
			Check: each(func(m *Migration, r *Reporter) {
				var taken []string
				for _, v := range m.Target.Vios {
					for _, d := range m.Partition.Disks {
						if slices.Contains(v.TargetDevices, d.Target) {
							taken = append(taken, d.Target)
						}
					}
				}
				if len(taken) > 0 {
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s %s taken on %s; other names will be chosen.", strings.Join(sorted(taken), ", "), isAre(len(taken)), m.Target.Label()), "Check scripts that use the names; the disks are the same LUNs.", "taken", strings.Join(sorted(taken), " "))
				}
			})},
		{ID: "STG-04", Moments: []string{Plan}, Severity: diag.Error, Statement: "A virtual SCSI disk of a migrating partition is backed by a whole SAN disk.",
			Says: "{disk} of {partition} is backed by {kind} {name} on {vios}. Move it to a SAN disk before migrating.", Source: "IBMI; STO; REQ",
			Check: moved(func(m *Migration, d *PartitionDisk, r *Reporter) {
				switch {
				case d.Backing == "lv" || d.Backing == "file":
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s of %s is backed by the %s %s.", d.Target, m.Partition.Name, map[string]string{"lv": "logical volume", "file": "file"}[d.Backing], d.Device), "Move its data to a SAN disk before migrating.", "backing", d.Backing)
				case d.Disk != nil && d.Disk.LocalOnly:
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s of %s is backed by %s, which is no SAN disk.", d.Target, m.Partition.Name, d.Device), "Move its data to a SAN disk before migrating.", "backing", d.Device)
				}
			})},
		{ID: "STG-05", Moments: planApply, Severity: diag.Error, Statement: "The reserve policy of each disk is no_reserve on both sides.",
			Says: "{disk} has reserve policy {a} on {vios_a} and {b} on {vios_b}. Set no_reserve on both before migrating {partition}.", Source: "RSV; TECH770",
			Check: moved(func(m *Migration, d *PartitionDisk, r *Reporter) {
				if d.Disk == nil || d.Backing == "lu" { // a logical unit is reserved for nobody
					return
				}
				for _, s := range []*System{m.Source, m.Target} {
					p := d.Disk.Paths[s.ID]
					switch {
					case p == nil:
					case p.Reserve == "":
						r.Unknown(false, m.Partition.Address, "disk", fmt.Sprintf("%s (%s) reports no reserve policy on %s.", d.Disk.Label(), p.Device, s.Label()), "Look with lsdev -dev "+p.Device+" -attr reserve_policy.")
					case p.Reserve != "no_reserve" && p.Reserve != "PR_shared":
						r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s (%s) has the reserve policy %s on %s.", d.Disk.Label(), p.Device, p.Reserve, s.Label()), "Declare reserve_policy = \"no_reserve\" for the disk; it changes only while the disk is not in use there.", "reserve_policy", p.Reserve)
					}
				}
			})},
		{ID: "STG-06", Moments: planApply, Severity: diag.Error, Statement: "The disk is free where the partition is to use it.",
			Says: "{disk} is already used on {vios} by {user}. Free it or correct the mapping of {partition}.", Source: "PROC; VAL",
			Check: func(f *Facts, r *Reporter) {
				for _, p := range f.Partitions {
					if p.Address == "" || p.Target == nil || !p.New && p.Target == p.System {
						continue
					}
					for _, d := range p.Disks {
						if d.Disk == nil {
							continue
						}
						path := d.Disk.Paths[p.Target.ID]
						switch {
						case path == nil:
						case path.VolumeGroup != "" && path.VolumeGroup != "None":
							r.Say(p.Address, "disk", fmt.Sprintf("%s (%s) is in the volume group %s of the Virtual I/O Server on %s.", d.Disk.Label(), path.Device, path.VolumeGroup, p.Target.Label()), "Free it, or correct the declaration.", "volume_group", path.VolumeGroup)
						case len(path.MappedTo) > 0 && !d.Disk.Shared:
							r.Say(p.Address, "disk", fmt.Sprintf("%s (%s) is already mapped to %s on %s.", d.Disk.Label(), path.Device, strings.Join(path.MappedTo, ", "), p.Target.Label()), "Free it, or declare shared = true for a disk that several partitions use on purpose.", "mapped_to", strings.Join(path.MappedTo, " "))
						}
					}
				}
			}},
		{ID: "STG-07", Moments: []string{Plan}, Severity: diag.Error, Statement: "A disk that is exported has a stable identity.",
			Says: "{disk} on {vios} has no stable identity. Give it a PVID before exporting it.", Source: "PV",
			Check: moved(func(m *Migration, d *PartitionDisk, r *Reporter) {
				if d.Disk != nil && !d.Disk.Identity {
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s of %s has no stable identity.", d.Device, m.Partition.Name), "Give it a PVID (chdev -attr pv=yes) before exporting it.", "device", d.Device)
				}
			})},
		{ID: "STG-08", Moments: planApply, Severity: diag.Error, Statement: "Both WWPNs of each virtual Fibre Channel pair are zoned to the same LUNs.",
			Says: "Second WWPN {wwpn} of {partition} is not zoned (or sees other LUNs). Zone both WWPNs to the same storage ports.", Source: "HSCLA319; NPIV",
			Check: each(func(m *Migration, r *Reporter) {
				// An HMC logs the second WWPNs in on the target's ports when it validates the move; an IVM does not.
				byHMC := m.Source.Manager == "hmc" && m.Target.Manager == "hmc"
				if fc := m.Partition.FibreChannel; len(fc) > 0 && !byHMC {
					r.Unknown(true, m.Partition.Address, "system", fmt.Sprintf("%s has virtual Fibre Channel (%s), and nothing tells the zoning of its second WWPNs.", m.Partition.Name, strings.Join(fc, ", ")), "Take the adapters away, or move it between frames of an HMC, which checks the fabric.", "adapters", strings.Join(fc, " "))
				}
			})},
	}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

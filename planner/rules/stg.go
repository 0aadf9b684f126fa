package rules

import (
	"fmt"
	"maps"
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

// reserve is the reserve policy of a disk on one Virtual I/O Server; without a name where a system has only one.
type reserve struct{ vios, policy string }

func (x reserve) at(s *System) string {
	if x.vios == "" {
		return s.Label()
	}
	return x.vios + " of " + s.Label()
}

// reserves are the policies on every Virtual I/O Server that is known by name, else the one of the system.
func (p *DiskPath) reserves() []reserve {
	if len(p.Reserves) == 0 {
		return []reserve{{"", p.Reserve}}
	}
	var out []reserve
	known := false
	for _, vios := range slices.Sorted(maps.Keys(p.Reserves)) {
		out = append(out, reserve{vios, p.Reserves[vios]})
		known = known || p.Reserves[vios] != ""
	}
	if !known {
		return []reserve{{"", ""}} // once for the system, not for every server
	}
	return out
}

// reservesShared: PR_shared counts as free of reservations only where everybody has it, and only from some levels on.
func (m *Migration) reservesShared(d *PartitionDisk, r *Reporter) {
	shared, free := "", ""
	for _, s := range []*System{m.Source, m.Target} {
		p := d.Disk.Paths[s.ID]
		if p == nil {
			continue
		}
		for _, x := range p.reserves() {
			switch x.policy {
			case "PR_shared":
				shared = x.at(s)
				for _, v := range s.Vios {
					if (x.vios == "" || x.vios == v.Name) && v.Level != "" && older(v.Level, "2.1.2") {
						r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s has the reserve policy PR_shared on %s, which is at %s; migrations take it from 2.1.2 on.", d.Disk.Label(), v.Name, v.Level), "Declare reserve_policy = \"no_reserve\" for the disk.", "level", v.Level)
					}
				}
			case "no_reserve":
				free = x.at(s)
			}
		}
	}
	if shared == "" {
		return
	}
	if free != "" {
		r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s has the reserve policy PR_shared on %s and no_reserve on %s.", d.Disk.Label(), shared, free), "Declare one reserve_policy for the disk: no_reserve, or PR_shared everywhere.", "reserve_policy", "PR_shared no_reserve")
	}
	for _, e := range []*Endpoint{m.SourceEndpoint, m.TargetEndpoint} {
		if e != nil && e.Type == "hmc" && e.Version != "" && older(levelOf(e.Version), levelOf("V7R3.5")) {
			r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s has the reserve policy PR_shared, and %s is at %s; migrations take it from V7R3.5 on.", d.Disk.Label(), e.Key, e.Version), "Declare reserve_policy = \"no_reserve\" for the disk.", "level", e.Version)
			return
		}
	}
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
				// Two Virtual I/O Servers may each have a device of the name.
				if taken = slices.Compact(sorted(taken)); len(taken) > 0 {
					r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s %s taken on %s; other names will be chosen.", strings.Join(taken, ", "), isAre(len(taken)), m.Target.Label()), "Check scripts that use the names; the disks are the same LUNs.", "taken", strings.Join(taken, " "))
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
		{ID: "STG-05", Moments: planApply, Severity: diag.Error, Statement: "The reserve policy of each disk is the same on both sides: no_reserve, or PR_shared from HMC V7R3.5 and VIOS 2.1.2 on.",
			Says: "{disk} has reserve policy {a} on {vios_a} and {b} on {vios_b}. Set no_reserve on both before migrating {partition}.", Source: "RSV; TECH770",
			Check: moved(func(m *Migration, d *PartitionDisk, r *Reporter) {
				if d.Disk == nil || d.Backing == "lu" { // a logical unit is reserved for nobody
					return
				}
				for _, s := range []*System{m.Source, m.Target} {
					p := d.Disk.Paths[s.ID]
					if p == nil {
						continue
					}
					for _, x := range p.reserves() {
						switch at := x.at(s); {
						case x.policy == "":
							r.Unknown(false, m.Partition.Address, "disk", fmt.Sprintf("%s (%s) reports no reserve policy on %s.", d.Disk.Label(), p.device(x.vios), at), "Look with lsdev -dev "+p.device(x.vios)+" -attr reserve_policy.")
						case x.policy != "no_reserve" && x.policy != "PR_shared":
							r.Say(m.Partition.Address, "disk", fmt.Sprintf("%s (%s) has the reserve policy %s on %s.", d.Disk.Label(), p.device(x.vios), x.policy, at), "Declare reserve_policy = \"no_reserve\" for the disk; it changes only while the disk is not in use there.", "reserve_policy", x.policy)
						}
					}
				}
				m.reservesShared(d, r)
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
						case path.Status == "not exportable":
							r.Say(p.Address, "disk", fmt.Sprintf("%s (%s) is in use by a Virtual I/O Server of %s itself.", d.Disk.Label(), path.Device, p.Target.Label()), "Free it there (lspv and chkdev tell who has it), or correct the declaration.", "status", path.Status)
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

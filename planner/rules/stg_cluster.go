package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

const concurrentMode = "enhanced-concurrent"

// everyShared runs a check for each declared volume group that several hosts have.
func everyShared(check func(v *VolumeGroup, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, v := range f.VolumeGroups {
			if v.Address != "" && v.Shared() {
				check(v, r)
			}
		}
	}
}

// everyGroup runs a check for each declared resource group.
func everyGroup(check func(g *ResourceGroup, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, c := range f.Clusters {
			for _, g := range c.Groups {
				if g.Address != "" {
					check(g, r)
				}
			}
		}
	}
}

// everyHeld runs a check for each volume group of each declared resource group, with the address to blame: that of the
// volume group, or of the resource group where the former is not declared.
func everyHeld(check func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter)) func(*Facts, *Reporter) {
	return everyGroup(func(g *ResourceGroup, r *Reporter) {
		for _, v := range g.VolumeGroups {
			if v.Address != "" {
				check(g, v, v.Address, func(p string) string { return p }, r)
			} else {
				check(g, v, g.Address, func(string) string { return "volume_groups" }, r)
			}
		}
	})
}

// array reports whether something shows that a disk is a LUN of an array, which protects it, or that nobody knows.
func (d *Disk) array() bool {
	for _, x := range d.OnHosts {
		if x.LUN != "" {
			return true
		}
	}
	return !d.LocalOnly || strings.Contains(d.ID, "fcp") || strings.Contains(d.ID, "vscsi") || strings.HasPrefix(d.ID, "lu:")
}

func diskLabels(list []*Disk) string {
	var out []string
	for _, d := range list {
		out = append(out, d.Label())
	}
	return strings.Join(sorted(out), ", ")
}

// isLog: a logical volume for the log of filesystems.
func (l *LogicalVolume) isLog() bool { return l.Type == "jfslog" || l.Type == "jfs2log" }

// mounts are the mount points of a volume group that are known.
func (v *VolumeGroup) mounts() []string {
	var out []string
	for _, x := range v.Filesystems {
		out = append(out, x.Mount)
	}
	for _, l := range v.Volumes {
		if strings.HasPrefix(l.Mount, "/") {
			out = append(out, l.Mount)
		}
	}
	return slices.Compact(sorted(out))
}

// mounts are the mount points of a resource group: those that it names, else all of its volume groups.
func (g *ResourceGroup) mounts() []string {
	out := slices.Clone(g.Filesystems)
	if len(out) == 0 {
		for _, v := range g.VolumeGroups {
			out = append(out, v.mounts()...)
		}
	}
	return slices.Compact(sorted(out))
}

// under is the mount point among others that a path lies below, the nearest one; "" for none.
func under(path string, others []string) string {
	out := ""
	for _, o := range others {
		if o != path && strings.HasPrefix(path, strings.TrimSuffix(o, "/")+"/") && len(o) > len(out) {
			out = o
		}
	}
	return out
}

// nested are the mount points of a list that lie below others of it, with those.
func nested(mounts []string) []string {
	var out []string
	for _, m := range mounts {
		if p := under(m, mounts); p != "" {
			out = append(out, m+" lies below "+p)
		}
	}
	return out
}

// waitsFor reports whether a group comes up only after another, directly or not.
func (g *ResourceGroup) waitsFor(other *ResourceGroup, seen map[*ResourceGroup]bool) bool {
	for _, p := range g.Parents {
		if p == other {
			return true
		}
		if !seen[p] {
			seen[p] = true
			if p.waitsFor(other, seen) {
				return true
			}
		}
	}
	return false
}

// exporting are the directories that a group exports out of a volume group; all of them where its filesystems are not known.
func (v *VolumeGroup) exporting(g *ResourceGroup) []string {
	all, mounts := slices.Concat(g.Exports, g.ExportsV4), v.mounts()
	if len(mounts) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(d string) bool { return !slices.Contains(mounts, d) && under(d, mounts) == "" })
}

// repositories are the repository disks of a cluster with the nodes that need them.
func (c *Cluster) repositories(visit func(d *Disk, nodes []*Host, path string)) {
	for _, d := range c.Repositories {
		visit(d, c.Nodes, "repository")
	}
	for _, s := range c.Sites {
		if s.Repository != nil {
			visit(s.Repository, s.Nodes, "site."+s.Name+".repository")
		}
	}
}

const repositoryGroup = "caavg_private" // volume group of a repository disk

// holds tells what a disk holds that making it a repository would erase; "" where nothing is known to be on it.
func (d *Disk) holds(c *Cluster) string {
	for _, h := range slices.Sorted(maps.Keys(d.OnHosts)) {
		switch g := d.OnHosts[h].VolumeGroup; {
		case g == "" || g == "None":
		case g != repositoryGroup:
			return "the volume group " + g + " of " + h
		case !c.Exists:
			return "the repository of a cluster that " + h + " is in"
		}
	}
	for _, s := range slices.Sorted(maps.Keys(d.Paths)) {
		if g := d.Paths[s].VolumeGroup; g != "" && g != "None" {
			return "the volume group " + g + " of a Virtual I/O Server on " + s
		}
	}
	return ""
}

// sdd is the level of the subsystem device driver; "" where it is not known.
func (h *Host) sdd() string {
	for _, name := range slices.Sorted(maps.Keys(h.Filesets)) {
		if strings.HasPrefix(name, "ibmSdd_") || strings.HasPrefix(name, "devices.sdd.") {
			return h.Filesets[name]
		}
	}
	return ""
}

// stgCluster are the rules about volume groups that several hosts share, and about the disks of clusters.
func stgCluster() []*Rule {
	return []*Rule{
		{ID: "STG-17", Moments: declaredAlone, Severity: diag.Error, Statement: "The data of a shared volume group is mirrored, or its disks are protected by RAID: a cluster protects no data.",
			Says: "{vg} has unmirrored volumes on unprotected disks ({disks}). Mirror them or use RAID disks.", Source: "S2 2.4.1",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				var single []string
				for _, l := range v.Volumes {
					if l.Copies == 1 {
						single = append(single, l.Name)
					}
				}
				if plain := slices.DeleteFunc(slices.Clone(v.Disks), (*Disk).array); len(single) > 0 && len(plain) > 0 {
					// An adapter may make RAID of disks, and no console tells.
					r.Unknown(false, v.Address, "disks", fmt.Sprintf("%s has logical volumes of one copy (%s) on disks that are no LUNs of an array (%s), and nothing tells whether an adapter protects them.", v.Name, strings.Join(sorted(single), ", "), diskLabels(plain)), "Declare copies for the logical volumes, or use disks of an array.", "volumes", strings.Join(sorted(single), " "))
				}
			})},
		{ID: "STG-18", Moments: []string{Plan}, Severity: diag.Error, Statement: "Every host of a shared volume group has all of its disks, under the same physical volume identifiers.",
			Says: "{disk} has PVID {a} on {node_a} and {b} on {node_b}. Re-read the disk on {node_b}.", Source: "S2 2.3.1",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				var text []string
				for _, h := range v.Hosts {
					var missing []string
					for _, d := range v.Disks {
						if h.Found && d.OnHosts[h.Name] == nil && len(d.OnHosts) > 0 {
							name := d.Label()
							if d.PVID != "" {
								name += " (PVID " + d.PVID + ")"
							}
							missing = append(missing, name)
						}
					}
					if missing = sorted(missing); len(missing) > 0 {
						text = append(text, h.Name+" has no "+strings.Join(missing, ", "))
					}
				}
				if text = sorted(text); len(text) > 0 {
					r.Say(v.Address, "hosts", fmt.Sprintf("%s is to be shared: %s.", v.Name, strings.Join(text, "; ")), "Map the LUN to the host and run cfgmgr; where the disk is there under another identifier, remove it with rmdev -dl first.")
				}
			})},
		{ID: "STG-19", Moments: declaredAlone, Severity: diag.Error, Statement: "All nodes of a resource group know its volume groups.",
			Says: "{vg} is not defined on {node}. Import it there before {rg} may run on it.", Source: "S2 2.4.1, 2.3.1",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				var text []string
				for _, v := range g.VolumeGroups {
					missing := slices.DeleteFunc(slices.Clone(g.Nodes), func(h *Host) bool { return slices.Contains(v.Hosts, h) || v.Known[h.Name] != nil })
					if known := len(v.Hosts)+len(v.Known) > 0; known && len(missing) > 0 && !g.AutoImport {
						text = append(text, v.Label()+" on "+strings.Join(namesOf(missing), ", "))
					}
				}
				if text = sorted(text); len(text) > 0 {
					r.Say(g.Address, "volume_groups", fmt.Sprintf("%s may run where its volume groups are not known: %s.", g.Name, strings.Join(text, "; ")), "Name these hosts in the hosts of the volume group, which is then imported there, or take them out of the resource group.")
				}
			})},
		{ID: "STG-20", Moments: []string{Plan}, Severity: diag.Error, Statement: "No host varies a shared volume group on when it starts.",
			Says: "{vg} is activated at boot on {node}. Turn that off; the cluster activates it.", Source: "ECVG",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				var on []string
				for _, h := range slices.Sorted(maps.Keys(v.Known)) {
					if k := v.Known[h]; v.AutoOn == nil && k.AutoOn != nil && *k.AutoOn {
						on = append(on, h)
					}
				}
				if v.AutoOn != nil && *v.AutoOn {
					on = namesOf(v.Hosts)
				}
				if len(on) > 0 {
					r.Say(v.Address, "auto_on", fmt.Sprintf("%s is varied on whenever one of these starts: %s.", v.Name, strings.Join(on, ", ")), "Declare auto_on = false; the cluster varies it on.", "hosts", strings.Join(on, " "))
				}
			})},
		{ID: "STG-21", Moments: declaredAlone, Severity: diag.Error, Statement: "A volume group that several nodes use at once is in enhanced concurrent mode.",
			Says: "{vg} asks for {mode} on AIX {level}. Use enhanced concurrent mode.", Source: "S2 2.4.2",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				if g.Concurrent() && v.Mode != "" && v.Mode != concurrentMode {
					r.Say(at, path("mode"), fmt.Sprintf("%s is in %s mode, and %s is online on all its nodes at once.", v.Name, v.Mode, g.Name), "Declare mode = \"enhanced-concurrent\", or another startup policy for the resource group.", "mode", v.Mode)
				}
			})},
		{ID: "STG-22", Moments: declaredAlone, Severity: diag.Error, Statement: "No volume group is in SSA concurrent mode, which needs a 32-bit kernel.",
			Says: "{vg} is SSA concurrent, but {node} runs a 64-bit kernel. Convert it to enhanced concurrent mode.", Source: "S2 2.4.2",
			Elsewhere: "the schema of volume_group.mode, which knows standard and enhanced concurrent volume groups only"},
		{ID: "STG-23", Moments: declaredAlone, Severity: diag.Warning, Statement: "Nodes that use an enhanced concurrent volume group at once run 64-bit kernels.",
			Says: "{node} runs a 32-bit kernel; check that {vg} may be used concurrently there.", Source: "S2 2.4.2 (ambiguous)",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				narrow := slices.DeleteFunc(slices.Clone(g.Nodes), func(h *Host) bool { return h.Bits != 32 })
				if g.Concurrent() && v.Mode == concurrentMode && len(narrow) > 0 {
					r.Say(at, path("mode"), fmt.Sprintf("%s is used at once by nodes with a 32-bit kernel: %s.", v.Name, strings.Join(namesOf(narrow), ", ")), "Run the 64-bit kernel there, or confirm that the release supports it.", "bits", 32)
				}
			})},
		{ID: "STG-24", Moments: []string{Plan}, Severity: diag.Warning, Statement: "No volume group is in RAID concurrent mode, which the storage commands of a cluster cannot change.",
			Says: "{vg} is a RAID concurrent group and cannot be changed cluster-wide. Convert it to enhanced concurrent mode first.", Source: "S2 2.4.2; CONC",
			Elsewhere: "the schema of volume_group.mode, which knows standard and enhanced concurrent volume groups only"},
		{ID: "STG-25", Moments: declaredAlone, Severity: diag.Error, Statement: "A volume group that several nodes use at once holds no filesystem.",
			Says: "{vg} is used concurrently but holds filesystem {mount}. Use raw volumes, or make {rg} non-concurrent.", Source: "S2 2.4.2; CONC",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				if m := v.mounts(); g.Concurrent() && len(m) > 0 {
					r.Say(at, path(""), fmt.Sprintf("%s is on all nodes at once, and %s holds filesystems: %s.", g.Name, v.Name, strings.Join(m, ", ")), "Use raw logical volumes, or another startup policy for the resource group.", "mounts", strings.Join(m, " "))
				}
			})},
		{ID: "STG-26", Moments: declaredAlone, Severity: diag.Error, Statement: "Where nodes take over enhanced concurrent volume groups, which no disk reserve protects, a heartbeat path without IP joins them.",
			Says: "{vg} uses fast disk takeover but {cluster} has {n} heartbeat paths and no non-IP one. Add a disk heartbeat and a second IP network.", Source: "S2 2.4.2; PART; ECM",
			Elsewhere: "rule HA-02, which looks at the paths between every two nodes"},
		{ID: "STG-27", Moments: []string{Apply}, Severity: diag.Error, Statement: "Logical volumes and filesystems change only where their volume group is active.",
			Says: "{vg} is passive on {node}; the change runs on {owner}.", Source: "S2 2.4.2; ECVG",
			Elsewhere: "the aix provider, which changes nothing in a volume group at a host that does not have it varied on"},
		{ID: "STG-28", Moments: declaredAlone, Severity: diag.Error, Statement: "A volume group is forced online by a cluster only if all its logical volumes are mirrored.",
			Says: "{vg} has forced activation but {lv} has one copy. Mirror it or switch the option off.", Source: "S2 2.4.2",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				var single []string
				for _, l := range v.Volumes {
					if l.Copies == 1 {
						single = append(single, l.Name)
					}
				}
				if single = sorted(single); g.Forced && len(single) > 0 {
					r.Say(g.Address, "forced_varyon", fmt.Sprintf("%s may force %s online, in which these have one copy: %s.", g.Name, v.Name, strings.Join(single, ", ")), "Mirror them (copies = 2), or declare forced_varyon = false.", "volumes", strings.Join(single, " "))
				}
			})},
		{ID: "STG-29", Moments: declaredAlone, Severity: diag.Error, Statement: "In a volume group that a cluster may force online each copy of a logical volume has disks of its own.",
			Says: "{lv} in {vg} has allocation policy {policy}. Set superstrict, or switch forced activation off.", Source: "S2 2.4.2; LV",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				var mixed []string
				for _, l := range v.Volumes {
					if l.Copies != 1 && l.Strictness != "" && l.Strictness != "superstrict" { // one copy: rule STG-28
						mixed = append(mixed, l.Name+" ("+l.Strictness+")")
					}
				}
				if mixed = sorted(mixed); g.Forced && len(mixed) > 0 {
					r.Say(g.Address, "forced_varyon", fmt.Sprintf("%s may force %s online, in which these are not superstrict: %s.", g.Name, v.Name, strings.Join(mixed, ", ")), "Declare strictness = \"superstrict\" for them, which is only set when a logical volume is made, or forced_varyon = false.", "volumes", strings.Join(mixed, " "))
				}
			})},
		{ID: "STG-30", Moments: declaredAlone, Severity: diag.Warning, Statement: "A superstrict logical volume says how many disks a copy may be on.",
			Says: "{lv}: set `upper_bound` to the number of disks per copy.", Source: "LV",
			Check: func(f *Facts, r *Reporter) {
				for _, v := range f.VolumeGroups {
					for _, l := range v.Volumes {
						if l.Address != "" && l.Strictness == "superstrict" && (l.Upper == 0 || l.Upper == 32) {
							r.Say(l.Address, "upper_bound", fmt.Sprintf("Each copy of %s is to have disks of its own, and how many stays at the host's 32.", l.Name), "Declare upper_bound: the number of disks for one copy.")
						}
					}
				}
			}},
		{ID: "STG-31", Moments: declaredAlone, Severity: diag.Warning, Statement: "A cluster that forces volume groups online has a heartbeat path without IP.",
			Says: "{vg} may be forced online on both halves of a split {cluster}. Add a non-IP heartbeat first.", Source: "S2 2.4.2",
			Elsewhere: "rule HA-02, which looks at the paths between every two nodes"},
		{ID: "STG-32", Moments: []string{Plan}, Severity: diag.Advice, Statement: "A volume group is forced online only if each logical volume has a good copy; else it stays off, and its resource group ends in error.",
			Says: "If {vg} has no good copy of {lv}, {rg} will end in error; the tool will not force it.", Source: "S2 2.4.2",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				var names []string
				for _, v := range g.VolumeGroups {
					names = append(names, v.Name)
				}
				if names = sorted(names); g.Forced && len(names) > 0 && (g.Changed || !g.Exists) {
					r.Say(g.Address, "forced_varyon", fmt.Sprintf("Where a logical volume of %s has no good copy, %s will end in error at a takeover.", strings.Join(names, ", "), g.Name), "Look at the disks then; Gantry forces no volume group online.")
				}
			})},
		{ID: "STG-34", Moments: declaredAlone, Severity: diag.Warning, Statement: "Quorum is on for volume groups that several nodes use at once, and a decision for mirrors of two disks, which lose it with one.",
			Says: "{vg} has {n} disks and quorum {q}: losing one disk takes it offline. Add a third disk or change quorum knowingly.", Source: "CERT; NQ",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				mirrored := slices.ContainsFunc(v.Volumes, func(l *LogicalVolume) bool { return l.Copies > 1 })
				concurrent := v.Group != nil && v.Group.Concurrent()
				switch {
				case v.Quorum == nil:
				case concurrent && !*v.Quorum:
					r.Say(v.Address, "quorum", fmt.Sprintf("%s is used by several nodes at once without quorum.", v.Name), "Declare quorum = true.", "quorum", false)
				case !concurrent && *v.Quorum && mirrored && len(v.Disks) == 2:
					r.Say(v.Address, "quorum", fmt.Sprintf("%s is mirrored on two disks and has quorum: the loss of the disk with two descriptor areas takes it offline.", v.Name), "Add a third disk, or declare quorum = false and see that all disks are there when it is varied on.", "disks", 2)
				}
			})},
		{ID: "STG-35", Moments: []string{Plan}, Severity: diag.Warning, Statement: "A volume group without quorum has all its disks, for it does not come online without one.",
			Says: "{vg} has quorum off; with {disk} missing it will not come online normally.", Source: "NQ",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				var gone []string
				for _, d := range v.Disks {
					for _, h := range slices.Sorted(maps.Keys(d.OnHosts)) {
						if s := d.OnHosts[h].Status; s != "" && s != "Available" {
							gone = append(gone, fmt.Sprintf("%s on %s (%s)", d.Label(), h, s))
						}
					}
				}
				if gone = sorted(gone); v.Quorum != nil && !*v.Quorum && len(gone) > 0 {
					r.Say(v.Address, "quorum", fmt.Sprintf("%s has no quorum and will not come online while a disk is not there: %s.", v.Name, strings.Join(gone, ", ")), "Bring the disk back, or take it out of the volume group.", "disks", strings.Join(gone, " "))
				}
			})},
		{ID: "STG-36", Moments: declaredAlone, Severity: diag.Warning, Statement: "The log of filesystems has as many copies as their data.",
			Says: "Log volume {lv} of {vg} has one copy while the data has {n}. Mirror it.", Source: "NQ",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				data := 0.0
				for _, l := range v.Volumes {
					if !l.isLog() {
						data = max(data, l.Copies)
					}
				}
				var few []string
				for _, l := range v.Volumes {
					if l.isLog() && l.Copies > 0 && l.Copies < data {
						few = append(few, fmt.Sprintf("%s has %g", l.Name, l.Copies))
					}
				}
				if few = sorted(few); len(few) > 0 {
					r.Say(v.Address, "", fmt.Sprintf("The data of %s has %g copies, and its log %s.", v.Name, data, strings.Join(few, ", ")), "Mirror the log like the data: without it the filesystems cannot be mounted.", "copies", data)
				}
			})},
		{ID: "STG-37", Moments: []string{Plan}, Severity: diag.Error, Statement: "A volume group out of which NFS exports has the same major number on all hosts.",
			Says: "{vg} has major number {a} on {node_a} and {b} on {node_b}; NFS clients lose their handles at takeover. Re-import it with {free}.", Source: "S2 2.5.3; CERT",
			Check: everyHeld(func(g *ResourceGroup, v *VolumeGroup, at schema.Address, path func(string) string, r *Reporter) {
				var all []string
				differ, major := false, v.Major
				for _, h := range slices.Sorted(maps.Keys(v.Known)) {
					if m := v.Known[h].Major; m > 0 {
						all, differ = append(all, fmt.Sprintf("%g on %s", m, h)), differ || major > 0 && m != major
						major = cmp.Or(major, m)
					}
				}
				if d := v.exporting(g); differ && len(d) > 0 {
					r.Say(at, path("major"), fmt.Sprintf("%s exports %s, and the major number of %s is %s: NFS clients lose their files at a takeover.", g.Name, strings.Join(sorted(d), ", "), v.Name, strings.Join(all, " and ")), "While it is off, export it with exportvg and import it with one number that is free on all hosts: importvg -V.", "majors", strings.Join(all, " "))
				}
			})},
		{ID: "STG-38", Moments: declaredAlone, Severity: diag.Error, Unconfirmed: true, Statement: "Logical volumes and mount points of a shared volume group have names that nothing else on its hosts has.",
			Says: "{name} already exists on {node} outside {vg}. Choose another name.", Source: "domain knowledge; CLHELP family; unconfirmed",
			Check: func(f *Facts, r *Reporter) {
				everyShared(func(v *VolumeGroup, r *Reporter) {
					var text []string
					for _, o := range f.VolumeGroups {
						both := slices.DeleteFunc(slices.Clone(o.Hosts), func(h *Host) bool { return !slices.Contains(v.Hosts, h) })
						// Of two that are shared the later is blamed.
						if o == v || len(both) == 0 || o.Shared() && o.Address > v.Address {
							continue
						}
						taken := map[string]bool{}
						for _, l := range o.Volumes {
							taken[l.Name] = true
						}
						for _, m := range o.mounts() {
							taken[m] = true
						}
						same := v.mounts()
						for _, l := range v.Volumes {
							same = append(same, l.Name)
						}
						for _, name := range slices.Compact(sorted(same)) {
							if taken[name] {
								text = append(text, fmt.Sprintf("%s is in %s of %s too", name, o.Label(), strings.Join(namesOf(both), ", ")))
							}
						}
					}
					if text = sorted(text); len(text) > 0 {
						r.Say(v.Address, "", fmt.Sprintf("%s: %s.", v.Name, strings.Join(text, "; ")), "Choose another name for one of them.")
					}
				})(f, r)
			}},
		{ID: "STG-40", Moments: declaredAlone, Severity: diag.Warning, Statement: "A filesystem that is mounted below another comes after it: one group mounts them in sequence, of two groups one is the parent.",
			Says: "{mount} lies under {parent_mount} in {rg}. Set filesystem recovery to sequential (or order the groups).", Source: "FS",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if in := nested(g.mounts()); g.Recovery == "parallel" && len(in) > 0 {
					r.Say(g.Address, "recovery", fmt.Sprintf("%s mounts its filesystems all at once, and %s.", g.Name, strings.Join(in, ", ")), "Declare recovery = \"sequential\".", "mounts", len(in))
				}
				if g.Cluster == nil {
					return
				}
				var text []string
				for _, o := range g.Cluster.Groups {
					for _, m := range g.mounts() {
						if p := under(m, o.mounts()); o != g && p != "" && !g.waitsFor(o, map[*ResourceGroup]bool{}) {
							text = append(text, fmt.Sprintf("%s lies below %s of %s", m, p, o.Label()))
						}
					}
				}
				if text = sorted(text); len(text) > 0 {
					r.Say(g.Address, "parents", fmt.Sprintf("%s: %s.", g.Name, strings.Join(text, ", ")), "Name that group among the parents, and keep both on one node.")
				}
			})},
		{ID: "STG-41", Moments: []string{Plan}, Severity: diag.Advice, Statement: "A group that says nothing of it mounts its filesystems in alphabetical order and unmounts them in reverse.",
			Says: "Mount order in {rg}: {list}.", Source: "FS",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if m := g.mounts(); g.Recovery == "" && len(nested(m)) > 0 {
					r.Say(g.Address, "recovery", fmt.Sprintf("%s mounts in this order: %s.", g.Name, strings.Join(m, ", ")), "Declare recovery = \"sequential\" to have it said.")
				}
			})},
		{ID: "STG-45", Moments: declaredAlone, Severity: diag.Error, Statement: "No tape is in a resource group that several nodes have at once.",
			Says: "{rg} is concurrent and contains tape {tape}. Remove it.", Source: "S2 2.4",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Concurrent() && len(g.Tapes) > 0 {
					r.Say(g.Address, "tapes", fmt.Sprintf("%s is on all nodes at once and has %s.", g.Name, strings.Join(sorted(g.Tapes), ", ")), "Take the tape out, or choose another startup policy.", "tapes", len(g.Tapes))
				}
			})},
		{ID: "STG-46", Moments: []string{Plan}, Severity: diag.Error, Statement: "The storage commands of a cluster work on vpath disks from subsystem device driver 1.3.1.3 on.",
			Says: "{node} has SDD {level}; {vg} on vpath disks needs 1.3.1.3.", Source: "S2 2.5.1",
			Check: everyShared(func(v *VolumeGroup, r *Reporter) {
				var old, unknown []string
				for _, h := range v.Hosts {
					vpath := slices.ContainsFunc(v.Disks, func(d *Disk) bool {
						return d.OnHosts[h.Name] != nil && strings.HasPrefix(d.OnHosts[h.Name].Device, "vpath")
					})
					switch level := h.sdd(); {
					case !vpath:
					case level == "":
						unknown = append(unknown, h.Name)
					case older(level, "1.3.1.3"):
						old = append(old, h.Name+" ("+level+")")
					}
				}
				fix := "Install subsystem device driver 1.3.1.3 or later."
				if old = sorted(old); len(old) > 0 {
					r.Say(v.Address, "disks", fmt.Sprintf("%s is on vpath disks, and the driver is too old on %s.", v.Name, strings.Join(old, ", ")), fix, "level", strings.Join(old, " "))
				}
				if unknown = sorted(unknown); len(unknown) > 0 {
					r.Unknown(false, v.Address, "disks", fmt.Sprintf("%s is on vpath disks, and nothing tells the level of the driver on %s.", v.Name, strings.Join(unknown, ", ")), fix)
				}
			})},
		{ID: "STG-48", Moments: planApply, Severity: diag.Error, Statement: "A repository disk has 512 MiB to 460 GiB, is there on every node without reservation, and serves nothing else; a second one stands by.",
			Says: "{disk} cannot be the repository of {cluster}: {reason}. Choose a dedicated shared disk.", Source: "REPO; REPOP",
			Check: func(f *Facts, r *Reporter) {
				everyCluster(func(c *Cluster, r *Reporter) {
					c.repositories(func(d *Disk, nodes []*Host, path string) {
						if why := d.noRepository(f, c, nodes); len(why) > 0 {
							r.Say(c.Address, path, fmt.Sprintf("%s cannot be the repository of %s: %s.", d.Label(), c.Name, strings.Join(why, ", ")), "Choose a disk of 512 MiB to 460 GiB that all nodes see and nothing else uses.", "disk", d.ID)
						}
					})
					if len(c.Repositories) == 1 && c.ahead() {
						r.say(diag.Advice, c.Address, "repository", fmt.Sprintf("%s is the only repository disk of %s.", c.Repositories[0].Label(), c.Name), "Name a second disk of the same size, which takes over when the first one fails.", nil)
					}
				})(f, r)
			}},
		{ID: "STG-49", Moments: planApply, Severity: diag.Error, Statement: "A disk that becomes a repository is empty, for what it holds is erased.",
			Says: "Making {disk} the repository erases it; it holds {content}. Choose an empty disk.", Source: "REPO",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				c.repositories(func(d *Disk, _ []*Host, path string) {
					if what := d.holds(c); what != "" {
						r.Say(c.Address, path, fmt.Sprintf("Making %s a repository of %s erases it, and it holds %s.", d.Label(), c.Name, what), "Choose an empty disk, or empty this one by hand.", "disk", d.ID)
					}
				})
			})},
		{ID: "STG-50", Moments: []string{Plan}, Severity: diag.Warning, Statement: "The repository disk is in order before a cluster is changed.",
			Says: "{cluster} runs in restricted mode because its repository disk is damaged. Replace the disk before changing topology.", Source: "REPOFAIL",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if !c.Exists || !c.Changed || len(c.Repositories) == 0 {
					return
				}
				d := c.Repositories[0]
				var bad []string
				for _, h := range c.Nodes {
					if x := d.OnHosts[h.Name]; x != nil && x.Status != "" && x.Status != "Available" {
						bad = append(bad, x.Status+" on "+h.Name)
					}
				}
				if bad = sorted(bad); len(bad) > 0 {
					r.Say(c.Address, "repository", fmt.Sprintf("The repository disk %s is %s, and %s takes no change of its topology while it is damaged.", d.Label(), strings.Join(bad, ", "), c.Name), "Replace it first: clmgr replace repository.", "disk", d.ID)
				}
			})},
	}
}

// noRepository tells why a disk cannot be a repository. What is on it already is rule STG-49's.
func (d *Disk) noRepository(f *Facts, c *Cluster, nodes []*Host) []string {
	var why, missing, reserved []string
	size := 0.0
	for _, h := range nodes {
		x := d.OnHosts[h.Name]
		switch {
		case x == nil:
			if h.Found {
				missing = append(missing, h.Name)
			}
			continue
		case x.VolumeGroup == repositoryGroup && x.Reserve != "" && x.Reserve != "no_reserve":
			reserved = append(reserved, x.Reserve+" on "+h.Name) // on one that is not in use yet the policy is set
		}
		size = cmp.Or(size, x.Size)
	}
	if missing = sorted(missing); len(missing) > 0 {
		why = append(why, strings.Join(missing, ", ")+" cannot see it")
	}
	if size > 0 && (size < 512 || size > 460*1024) {
		why = append(why, fmt.Sprintf("it has %g MiB", size))
	}
	if reserved = sorted(reserved); len(reserved) > 0 {
		why = append(why, "its reserve policy is "+strings.Join(reserved, ", "))
	}
	for _, v := range f.VolumeGroups {
		if slices.Contains(v.Disks, d) && d.holds(c) == "" {
			why = append(why, v.Label()+" is to use it")
		}
	}
	for _, o := range f.Clusters {
		other := false
		o.repositories(func(x *Disk, _ []*Host, _ string) { other = other || x == d })
		if other && o != c {
			why = append(why, "it is the repository of "+o.Label())
		}
		for _, n := range o.Networks {
			if n.Disk == d {
				why = append(why, n.Name+" of "+o.Label()+" beats over it")
			}
		}
		for _, g := range o.Groups {
			if slices.Contains(g.RawDisks, d) {
				why = append(why, g.Label()+" has it as a raw disk")
			}
		}
	}
	return why
}

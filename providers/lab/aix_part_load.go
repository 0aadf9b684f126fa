package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

type adapterBody struct {
	Name string   `hcl:"name,label"`
	Slot int      `hcl:"slot"`
	Body hcl.Body `hcl:",body"`
}

type errorBody struct {
	Label    string   `hcl:"label,label"`
	ID       string   `hcl:"id"`
	Class    string   `hcl:"class"`
	Type     string   `hcl:"type"`
	Resource string   `hcl:"resource"`
	Text     *string  `hcl:"text,optional"`
	Detail   *string  `hcl:"detail,optional"`
	At       string   `hcl:"at"`
	Body     hcl.Body `hcl:",body"`
}

// virtualDiskBody is what a client has written on a disk that a Virtual I/O Server makes of a volume, a file or a unit.
type virtualDiskBody struct {
	Name string   `hcl:"name,label"`
	PVID string   `hcl:"pvid"`
	Body hcl.Body `hcl:",body"`
}

// virtualMedium finds a disk of a Virtual I/O Server by SYSTEM/ID/BACKING, or a unit by unit/UDID.
func (e *Estate) virtualMedium(name string) *medium {
	where, what, _ := strings.Cut(name, "/")
	if where == "unit" {
		for _, c := range e.Clusters {
			for _, u := range c.Units {
				if u.UDID == what {
					return u.disk()
				}
			}
		}
	}
	id, backing, _ := strings.Cut(what, "/")
	n, err := strconv.Atoi(id)
	s := e.system(where)
	if s == nil || err != nil || s.partition(n) == nil || s.partition(n).VIOS == nil {
		return nil
	}
	for _, kind := range []string{vtdDisk, vtdLV, vtdFile} {
		if m, _ := e.backing(s, s.partition(n), &VTD{Kind: kind, Backing: backing}); m != nil && m.lun == nil {
			return m
		}
	}
	return nil
}

func (b *builder) virtualDisks(list []virtualDiskBody) {
	for _, v := range list {
		m := b.e.virtualMedium(v.Name)
		if m == nil || m.physical != nil || !pvidRe.MatchString(v.PVID) {
			b.fail(v.Body, "virtual_disk %q: the label is SYSTEM/VIOS_ID/BACKING of a logical volume or file, or unit/UDID; pvid has 16 digits", v.Name)
			return
		}
		m.id = v.PVID
	}
}

// partitionOf puts a host into its partition.
func (b *builder) partitionOf(h *Host, hb *hostBody) {
	if hb.Partition == nil {
		if hb.System != nil || len(hb.Adapters) > 0 {
			b.fail(hb.Body, "host %q: system and adapter blocks need partition", h.Name)
		}
		return
	}
	if hb.MemoryMB != nil || hb.Machine != nil || hb.Model != nil {
		b.fail(hb.Body, "host %q: machine, model and memory_mb are those of the partition", h.Name)
		return
	}
	h.Partition = hb.Partition
	if *hb.Partition == "" {
		return // it was removed
	}
	var found []*Partition
	for _, s := range b.e.Systems {
		if p := s.partitionNamed(*hb.Partition); p != nil && (hb.System == nil || *hb.System == s.Label || *hb.System == s.Name) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		b.fail(hb.Body, "host %q: there is no partition %q", h.Name, *hb.Partition)
	case len(found) > 1:
		b.fail(hb.Body, "host %q: several systems have a partition %q; give system", h.Name, *hb.Partition)
	case found[0].VIOS != nil || found[0].Env != envAIXLinux:
		b.fail(hb.Body, "host %q: partition %q cannot run AIX", h.Name, *hb.Partition)
	case found[0].Host != nil:
		b.fail(hb.Body, "host %q: partition %q has the host %q already", h.Name, *hb.Partition, found[0].Host.Name)
	default:
		p := found[0]
		p.Host = h
		if p.State != stateRunning {
			h.State = hostDown
		}
		if hb.Booted == nil && !p.Booted.IsZero() {
			h.Booted = p.Booted
		}
		for _, a := range hb.Adapters {
			fc := strings.HasPrefix(a.Name, "fcs")
			if _, n := splitNumber(a.Name); n < 0 || !fc && !strings.HasPrefix(a.Name, "vscsi") || h.adapterAt(fc, a.Slot) != nil {
				b.fail(a.Body, "adapter %q: the name is like vscsi0 or fcs0, a slot is used once", a.Name)
				return
			}
			h.Adapters = append(h.Adapters, &hostAdapter{a.Name, fc, a.Slot})
		}
		scsi, fc := p.Scsi, p.FC
		if len(scsi)+len(fc) == 0 && !p.live() {
			scsi, fc = p.Profile.Scsi, p.Profile.FC
		}
		if hb.Adapters == nil {
			var slots [2][]int
			for _, a := range scsi {
				slots[0] = append(slots[0], a.Slot)
			}
			for _, a := range fc {
				slots[1] = append(slots[1], a.Slot)
			}
			h.addAdapters(false, slots[0])
			h.addAdapters(true, slots[1])
		}
		b.e.follow(h)
	}
}

// virtualDisk reads a disk of a host in a partition: a LUN by virtual SCSI or by fibre channel, or what a Virtual I/O Server
// makes of something else.
func (b *builder) virtualDisk(h *Host, d *HostDisk, db *hostDiskBody) {
	for _, word := range db.Paths {
		parent, rest, ok := strings.Cut(word, " ")
		connection, missing := strings.CutSuffix(rest, " missing")
		if !ok {
			b.fail(db.Body, "disk %q: paths are like \"vscsi0 810000000000\"", d.Name)
			return
		}
		d.Paths = append(d.Paths, diskPath{parent, connection, missing})
	}
	d.id = opt(db.Identifier, "")
	list := b.e.sees(h)
	switch {
	case (db.LUN == nil) == (db.Backing == nil) || db.LUN != nil && db.SizeMB != nil:
		b.fail(db.Body, "disk %q: a host in a partition has a lun or a backing, not disks of its own", d.Name)
		return
	case db.LUN != nil:
		l := b.e.lun(*db.LUN)
		if l == nil {
			b.fail(db.Body, "disk %q: there is no lun %q", d.Name, *db.LUN)
			return
		}
		d.medium = l.disk()
		if !opt(db.VSCSI, slices.ContainsFunc(list, func(x *seenDisk) bool { return x.medium == d.medium && !x.fc })) {
			d.LUN = l
			if !slices.Contains(h.Fabric, l) {
				h.Fabric = append(h.Fabric, l)
			}
			list = b.e.sees(h)
		}
	default:
		if d.medium = b.e.virtualMedium(*db.Backing); d.medium == nil && db.SizeMB != nil {
			d.medium = b.e.orphan(*db.Backing, *db.SizeMB)
		}
		if d.medium == nil {
			b.fail(db.Body, "disk %q: there is no backing %q; it is SYSTEM/VIOS_ID/BACKING of a logical volume, file or internal disk, or unit/UDID", d.Name, *db.Backing)
			return
		}
	}
	if slices.ContainsFunc(h.Disks, func(o *HostDisk) bool { return o.medium == d.medium && (o.LUN != nil) == (d.LUN != nil) }) {
		b.fail(db.Body, "disk %q: the host has that disk already", d.Name)
		return
	}
	for _, x := range list {
		if x.medium == d.medium && x.fc == (d.LUN != nil) {
			d.id = x.id
			if d.Paths == nil {
				d.Paths = x.paths
			}
		}
	}
	if d.Paths == nil {
		b.fail(db.Body, "disk %q: no adapter of the partition reaches it", d.Name)
		return
	}
	d.PVID = opt(db.Known, d.medium.pvid())
	h.Disks = append(h.Disks, d)
}

// orphan is a disk that only a host or a group still names.
func (e *Estate) orphan(name string, mb int) *medium {
	for _, m := range e.orphans {
		if m.name == name {
			return m
		}
	}
	m := &medium{name: name, sizeMB: mb}
	e.orphans = append(e.orphans, m)
	return m
}

// settleHost is done when the disks of a host are there: a host that names none has what a boot finds.
func (b *builder) settleHost(h *Host, hb *hostBody) {
	e := b.e
	if h.inPartition() {
		// Interfaces without a slot are those of the adapters in their order.
		if _, p := e.place(h); p != nil {
			for _, a := range p.nics() {
				if slices.ContainsFunc(h.Interfaces, func(n *hostInterface) bool { return n.Slot == a.slot }) {
					continue
				}
				for _, n := range h.Interfaces {
					if n.Slot == 0 {
						n.Slot = a.slot
						break
					}
				}
			}
			for _, n := range h.Interfaces {
				if n.Slot == 0 {
					b.fail(hb.Body, "host %q: the partition has no adapter for the interface %q", h.Name, n.Name)
				}
			}
			if p.RMCAddress == "" {
				p.RMCAddress = h.Address
			}
			if s, _ := e.place(h); s.HMC && p.State == stateRunning {
				parts := strings.Split(h.Level, "-")
				p.OSVersion = fmt.Sprintf("AIX %c.%c %s", parts[0][0], parts[0][1], h.Level)
			}
		}
		if len(hb.Disks) == 0 {
			e.configureHost(h, "", false)
		}
		e.follow(h)
	}
	for _, x := range hb.Errors {
		at, err := time.Parse(time.RFC3339, x.At)
		if err != nil {
			b.fail(x.Body, "error %q: at is a moment such as 2026-03-02T08:00:00Z", x.Label)
		}
		h.Errors = append(h.Errors, hostError{ID: x.ID, Label: x.Label, Class: x.Class, Type: x.Type, Resource: x.Resource, Text: opt(x.Text, ""), Detail: opt(x.Detail, ""), at: at})
	}
}

// settleState is the last step: a host that is down holds nothing, one that boots goes on.
func (b *builder) settleState(h *Host, hb *hostBody) {
	e := b.e
	switch v := opt(hb.State, h.State); {
	case v == hostUp:
	case v == hostDown || v == hostBooting:
		h.State = hostUp
		e.stopHost(h, true)
		if v != hostBooting {
			break
		}
		_, p := e.place(h)
		seq := 0
		if p != nil {
			seq = p.bootSequence
		}
		e.after(e.Timing.Boot, func() {
			if h.State == hostUp || p != nil && (p.bootSequence != seq || p.State != stateRunning) {
				return
			}
			e.startHost(h)
			e.hostRMC(h)
		})
		h.State = hostBooting
	default:
		b.fail(hb.Body, "host %q: state is down or booting", h.Name)
	}
	if s, p := e.place(h); p != nil && p.State == stateRunning && h.State == hostUp && !e.hostBoots(h) {
		b.fail(hb.Body, "host %q: the partition %q of %s runs, but none of its adapters reaches a disk of rootvg", h.Name, p.Name, s.Name)
	}
}

// encodePart writes what a host has of its partition.
func (e *Estate) encodePart(w *encoder, h *Host) {
	w.str("state", h.State, hostUp)
	if !h.inPartition() {
		return
	}
	if s, p := e.place(h); p != nil {
		w.line("partition = %s", quoteHCL(p.Name))
		w.str("system", s.Label, "")
	} else {
		w.line(`partition = ""`)
	}
	for _, a := range h.Adapters {
		w.open("adapter %s", quoteHCL(a.Name))
		w.num("slot", a.Slot, -1)
		w.close()
	}
}

func encodeErrors(w *encoder, h *Host) {
	for _, x := range h.Errors {
		w.open("error %s", quoteHCL(x.Label))
		w.str("id", x.ID, "\x00")
		w.str("class", x.Class, "\x00")
		w.str("type", x.Type, "\x00")
		w.str("resource", x.Resource, "\x00")
		w.str("text", x.Text, "")
		w.str("detail", x.Detail, "")
		w.str("at", x.at.Format(time.RFC3339), "")
		w.close()
	}
}

// encodeVirtualDisk writes a disk of a host in a partition.
func (e *Estate) encodeVirtualDisk(w *encoder, d *HostDisk) {
	if d.medium.lun != nil {
		w.str("lun", d.medium.lun.Name, "")
		w.line("vscsi = %t", d.LUN == nil)
	} else {
		w.str("backing", d.medium.name, "")
		if !e.alive(d.medium) || slices.Contains(e.orphans, d.medium) {
			w.num("size_mb", d.medium.size(), 0)
		}
	}
	var paths []string
	for _, k := range d.Paths {
		word := k.Parent + " " + k.Connection
		if k.Missing {
			word += " missing"
		}
		paths = append(paths, word)
	}
	w.list("paths", paths)
	w.str("identifier", d.id, "")
}

// alive tells whether a disk is still there for anybody.
func (e *Estate) alive(m *medium) bool { return slices.Contains(e.media(), m) }

// encodeVirtualDisks writes the identifiers on disks of Virtual I/O Servers that have no other place for them.
func (e *Estate) encodeVirtualDisks(w *encoder) {
	for _, m := range e.virtualMedia() {
		if m.physical == nil && m.id != "" && !slices.Contains(e.orphans, m) {
			w.open("virtual_disk %s", quoteHCL(m.name))
			w.str("pvid", m.id, "")
			w.close()
		}
	}
}

// pathStatus is what lspath says of a path.
func (e *Estate) pathStatus(h *Host, d *HostDisk, i int) string {
	p := d.paths()[i]
	switch state := d.PathState[p[0]+","+p[1]]; {
	case state == pathDefined:
		return "Defined"
	case state == pathDisabled && !d.Defined:
		return "Disabled"
	case d.Defined && (d.Paths == nil || !d.Paths[i].Missing):
		return "Defined"
	case d.Paths == nil:
		return "Enabled"
	case d.Paths[i].Missing:
		return "Missing"
	}
	for _, x := range e.sees(h) {
		if x.medium == d.medium && x.fc == (d.LUN != nil) &&
			slices.ContainsFunc(x.paths, func(q diskPath) bool { return q.Parent == d.Paths[i].Parent && q.Connection == d.Paths[i].Connection }) {
			return "Enabled"
		}
	}
	return "Failed"
}

// slotCode is the location code of a device of a host in a partition; others have the one that is given.
func (h *Host) slotCode(unit, loc, name string) string {
	if !h.inPartition() {
		return loc
	}
	for _, a := range h.Adapters {
		if a.Name == name || a.protocol() == name {
			return fmt.Sprintf("%s-C%d-T1", unit, a.Slot)
		}
		if d := h.disk(name); d != nil && len(d.Paths) > 0 && d.Paths[0].Parent == a.protocol() {
			if d.LUN != nil {
				return fmt.Sprintf("%s-C%d-T1%s", unit, a.Slot, d.LUN.path())
			}
			return fmt.Sprintf("%s-C%d-T1-L%s0000", unit, a.Slot, strings.ToUpper(d.Paths[0].Connection))
		}
	}
	if n := h.nic("en" + strings.TrimPrefix(name, "ent")); n != nil && strings.HasPrefix(name, "ent") {
		return fmt.Sprintf("%s-C%d-T1", unit, n.Slot)
	}
	return unit
}

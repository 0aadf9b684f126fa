package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Wpar is a workload partition that is declared.
type Wpar struct {
	Address        schema.Address
	Name, Hostname string
	Kind           string // system, application, versioned
	Host           *Host  // where it is, or is made
	Target         *Host  // where it will be; Host where it does not move
	New            bool
	Running        bool // now
	Live           bool // it moves by checkpoint and restart
	Checkpointable bool // now; of one that is made, as declared
	Mounts         []WparMount
	Addresses      []WparAddress
	Devices        []string
	Limited        bool // it has shares or limits of its own
	Critical       bool
	Tested         bool
	Reason         string
	Directory      string
	Tests          []string
}

// WparMount is a filesystem that is not one of those that a WPAR has of its host anyway.
type WparMount struct{ Dir, Type, Server, Path, Options string }

// WparAddress is an address; Mask is that of IPv4.
type WparAddress struct{ Address, Mask, Interface string }

// Moves reports whether it relocates.
func (w *Wpar) Moves() bool { return w.Target != nil && w.Target != w.Host && !w.New }

// calls are what an export list may call it.
func (w *Wpar) calls() []string {
	out := []string{w.Hostname}
	for _, a := range w.Addresses {
		out = append(out, a.Address)
	}
	return out
}

// writable are the filesystems of a system WPAR that have to be on a server for it to move.
var writable = []string{"/", "/home", "/tmp", "/var"}

func (w *Wpar) mount(dir string) *WparMount {
	for i := range w.Mounts {
		if w.Mounts[i].Dir == dir {
			return &w.Mounts[i]
		}
	}
	return nil
}

// capacity are the processors that a host has to spare, in units; -1 where it does not tell.
func (h *Host) capacity() float64 {
	if h.Idle < 0 || h.Entitled <= 0 {
		return -1
	}
	return h.Entitled * h.Idle / 100
}

// moving runs a check for every workload partition that relocates between hosts that have answered.
func moving(check func(w *Wpar, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, w := range f.Wpars {
			if w.Moves() && w.Host.Found && w.Target.Found {
				check(w, r)
			}
		}
	}
}

// comes runs a check for every workload partition that relocates or is made, between hosts that have answered.
func comes(check func(f *Facts, w *Wpar, r *Reporter)) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		for _, w := range f.Wpars {
			if w.Target != nil && w.Target.Found && (w.New || w.Moves() && w.Host.Found) {
				check(f, w, r)
			}
		}
	}
}

// host reports whether a host of that name is declared.
func (f *Facts) host(name string) bool {
	return slices.ContainsFunc(f.Hosts, func(h *Host) bool { return h.Name == name })
}

// stays are the other workload partitions that will be on the host that one leaves.
func (f *Facts) stays(w *Wpar) []string {
	var out []string
	for _, o := range f.Wpars {
		if o != w && o.Target == w.Host {
			out = append(out, string(o.Address))
		}
	}
	return append(out, w.Host.Strangers...)
}

// families are the processors that the article's table has, and the later ones that AIX runs on.
var families = []string{"970", "POWER4", "POWER5", "POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWER11"}

// allowed reports whether an export list lets a host in.
func allowed(list string, names ...string) bool {
	for _, n := range strings.Split(strings.Trim(list, "()"), ",") {
		n = strings.TrimSpace(n)
		if n == "everyone" || slices.Contains(names, n) {
			return true
		}
	}
	return false
}

// calls are what an export list may call a host.
func (h *Host) calls() []string {
	out := []string{h.Name}
	for _, i := range h.Interfaces {
		out = append(append(out, i.Address), i.Aliases...)
	}
	return out
}

// onSubnet is the interface of a host for an address of a workload partition; nil where it has none.
func (h *Host) onSubnet(a WparAddress) *HostInterface {
	for _, i := range h.Interfaces {
		if a.Interface != "" && i.Name != a.Interface {
			continue
		}
		if sameNet(a.Address, i.Address, a.Mask) {
			return i
		}
	}
	return nil
}

func sameNet(a, b, mask string) bool {
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	m, err3 := netip.ParseAddr(mask)
	if err1 != nil || err2 != nil || err3 != nil || !x.Is4() || !y.Is4() || !m.Is4() {
		return false
	}
	p, q, n := x.As4(), y.As4(), m.As4()
	for i := range n {
		if p[i]&n[i] != q[i]&n[i] {
			return false
		}
	}
	return true
}

func wpar() []*Rule {
	plan := []string{Plan}
	elsewhere := func(id string, moments []string, sev diag.Severity, statement, says, source, where string) *Rule {
		return &Rule{ID: id, Moments: moments, Severity: sev, Statement: statement, Says: says, Source: source, Elsewhere: where}
	}
	return []*Rule{
		{ID: "WPAR-01", Moments: plan, Severity: diag.Error, Statement: "A workload partition relocates between hosts with AIX 6.1 or later.",
			Says: "{host} runs {level}; WPAR mobility needs AIX 6.1.", Source: "S0 comparison table",
			Check: moving(func(w *Wpar, r *Reporter) {
				for _, h := range []*Host{w.Host, w.Target} {
					if rel := h.Release(); rel != "" && rel < "6.1" {
						r.Say(w.Address, "host", fmt.Sprintf("%s runs AIX %s, which has no WPAR mobility.", h.Label(), rel), "Choose a host with AIX 6.1 or later.", "level", h.Level)
					}
				}
			})},
		{ID: "WPAR-02", Moments: plan, Severity: diag.Error, Statement: "A running workload partition relocates between hosts of one AIX level, fixes included.",
			Says: "{source} runs {a} and {target} runs {b}; {wpar} cannot be restored there. Bring both to one level.", Source: "S0 (compatibility tests); WPAT; which fixes have to be equal is unconfirmed",
			Check: moving(func(w *Wpar, r *Reporter) {
				if !w.Live {
					return
				}
				if a, b := w.Host.Level, w.Target.Level; a != b {
					r.Say(w.Address, "host", fmt.Sprintf("%s runs %s and %s runs %s: %s cannot be restored there.", w.Host.Label(), a, w.Target.Label(), b, w.Name), "Bring both to one level, or move it stopped: mobility { mode = \"static\" }.", "source", a, "target", b)
					return
				}
				for _, n := range []string{"bos.rte", "bos.rte.libc", "bos.wpars", "mcr.rte"} {
					if a, b := w.Host.Filesets[n], w.Target.Filesets[n]; a != b && a != "" && b != "" {
						r.Say(w.Address, "host", fmt.Sprintf("%s is %s on %s and %s on %s: what %s has loaded may not be found there.", n, a, w.Host.Label(), b, w.Target.Label(), w.Name), "Bring the fileset to one level on both.", "fileset", n)
					}
				}
			})},
		{ID: "WPAR-03", Moments: plan, Severity: diag.Error, Statement: "The processors of both hosts are of families between which workload partitions move.",
			Says: "{target} is a {generation} frame, not in the supported list for WPAR mobility.", Source: "S0 comparison table (PowerPC 970, POWER4 to POWER6); later ones by their releases",
			Check: moving(func(w *Wpar, r *Reporter) {
				for _, h := range []*Host{w.Host, w.Target} {
					switch {
					case h.Processor == "":
						r.Unknown(false, w.Address, "host", fmt.Sprintf("%s does not tell its processor.", h.Label()), "Look at it: lsattr -El proc0 -a type.")
					case !slices.Contains(families, h.Processor):
						r.Say(w.Address, "host", fmt.Sprintf("%s has %s processors, between which no workload partition moves.", h.Label(), h.Processor), "Choose another host.", "processor", h.Processor)
					}
				}
			})},
		{ID: "WPAR-04", Moments: plan, Severity: diag.Warning, Statement: "Between generations of processors an application may miss instructions.",
			Says: "{wpar} moves from {a} to {b}. Confirm that {application} uses no instruction missing on {b}.", Source: "S0 introduction; risk from WPAT",
			Check: moving(func(w *Wpar, r *Reporter) {
				if a, b := w.Host.Processor, w.Target.Processor; w.Live && !w.Tested && a != "" && b != "" && slices.Contains(families, b) && slices.Index(families, b) < slices.Index(families, a) {
					r.Say(w.Address, "host", fmt.Sprintf("%s moves from %s to %s, and may have begun to use instructions that are missing there.", w.Name, a, b), "Try it with a copy and declare mobility { tested = true }, or move it stopped.", "source", a, "target", b)
				}
			})},
		{ID: "WPAR-05", Moments: plan, Severity: diag.Error, Statement: "What moves while it runs is checkpointable.",
			Says: "{wpar} is not checkpointable. Set the option (it may need to be recreated) before it can move.", Source: "S0 creating a WPAR",
			Check: moving(func(w *Wpar, r *Reporter) {
				if w.Live && !w.Checkpointable {
					r.Say(w.Address, "checkpointable", fmt.Sprintf("%s is not checkpointable.", w.Name), "Declare checkpointable = true and apply that on the host where it is; or move it stopped: mobility { mode = \"static\" }.")
				}
			})},
		{ID: "WPAR-06", Moments: plan, Severity: diag.Error, Statement: "Every filesystem that a workload partition writes to is on a server before it moves.",
			Says: "{wpar} has local filesystem {mount}. Put it on NFS before planning a move.", Source: "S0 creating a WPAR, listing 3; WVER; WHIST",
			Check: moving(func(w *Wpar, r *Reporter) {
				if w.Kind == "application" {
					return // it shares the filesystems of its host
				}
				var local []string
				for _, d := range writable {
					if m := w.mount(d); m == nil || m.Type != "nfs" {
						local = append(local, d)
					}
				}
				for _, m := range w.Mounts {
					if m.Type != "nfs" && !slices.Contains(local, m.Dir) {
						local = append(local, m.Dir)
					}
				}
				if len(local) > 0 {
					r.Say(w.Address, "mount", fmt.Sprintf("%s has %s on its host.", w.Name, some(local)), "Make it anew with them on NFS, and restore a backup into it (savewpar, restwpar).", "mounts", some(local))
				}
			})},
		{ID: "WPAR-07", Moments: plan, Severity: diag.Error, Statement: "The NFS server answers the target and lets it mount what the workload partition needs.",
			Says: "{server} does not export {dir} to {target}. Add it to the export list.", Source: "WVER",
			Check: comes(func(f *Facts, w *Wpar, r *Reporter) {
				silent := map[string]bool{}
				for _, m := range w.Mounts {
					if m.Type != "nfs" || silent[m.Server] || m.Server == w.Target.Name || w.New && f.host(m.Server) {
						continue // a server that is declared may come to export it in the same plan
					}
					list, told := w.Target.Exported[m.Server+":"+m.Path]
					_, answers := w.Target.Exported[m.Server]
					switch {
					case !answers:
						silent[m.Server] = true
						r.Say(w.Address, "host", fmt.Sprintf("%s does not answer %s.", m.Server, w.Target.Label()), "Look at the network and at name resolution there: showmount -e "+m.Server+".", "server", m.Server)
					case !told:
						r.Say(w.Address, "mount", fmt.Sprintf("%s does not export %s.", m.Server, m.Path), "Export it.", "server", m.Server)
					case !allowed(list, w.Target.calls()...):
						r.Say(w.Address, "mount", fmt.Sprintf("%s exports %s to %s, and not to %s.", m.Server, m.Path, list, w.Target.Label()), "Add it to the export list.", "server", m.Server)
					case !allowed(list, w.calls()...):
						r.Say(w.Address, "mount", fmt.Sprintf("%s exports %s to %s, and not to %s itself.", m.Server, m.Path, list, w.Name), "Add its host name to the export list.", "server", m.Server)
					}
				}
				if w.Directory == "" || w.New {
					return
				}
				on := func(h *Host) string {
					best, from := "", ""
					for at, what := range h.NFS {
						if (w.Directory == at || strings.HasPrefix(w.Directory, at+"/")) && len(at) > len(best) {
							best, from = at, what+strings.TrimPrefix(w.Directory, at)
						}
					}
					return from
				}
				a, b := on(w.Host), on(w.Target)
				switch {
				case a == "" || b == "":
					h := w.Host
					if a != "" {
						h = w.Target
					}
					r.Say(w.Address, "mobility.directory", fmt.Sprintf("%s does not mount %s from a server.", h.Label(), w.Directory), "Mount it on both hosts from one NFS server.", "directory", w.Directory)
				case a != b:
					r.Say(w.Address, "mobility.directory", fmt.Sprintf("%s is %s on %s and %s on %s.", w.Directory, a, w.Host.Label(), b, w.Target.Label()), "Mount it on both hosts from one NFS server.", "directory", w.Directory)
				}
			})},
		{ID: "WPAR-08", Moments: declaredAlone, Severity: diag.Error, Statement: "The NFS server of a workload partition is neither one itself nor the host that it leaves.",
			Says: "{wpar} mounts from {server}, which is its own source host. Move the files to another server first.", Source: "WRES (no NFS server in a WPAR); second part derived",
			Check: func(f *Facts, r *Reporter) {
				for _, w := range f.Wpars {
					done := map[string]bool{}
					for _, m := range w.Mounts {
						if m.Type != "nfs" || done[m.Server] {
							continue
						}
						done[m.Server] = true
						for _, o := range f.Wpars {
							if m.Server == o.Name || m.Server == o.Hostname {
								r.Say(w.Address, "mount", fmt.Sprintf("%s mounts from %s, which is a workload partition and cannot serve NFS.", w.Name, m.Server), "Move the files to a host or another server.", "server", m.Server)
							}
						}
						if w.Moves() && w.Host.Found && slices.Contains(w.Host.calls(), m.Server) {
							r.Say(w.Address, "mount", fmt.Sprintf("%s mounts from %s, which is the host that it leaves.", w.Name, m.Server), "Move the files to another server first.", "server", m.Server)
						}
					}
				}
			}},
		{ID: "WPAR-09", Moments: plan, Severity: diag.Error, Statement: "The commands for checkpoint and restart are on both hosts.",
			Says: "No agent answers on {host}. Install and register it with {manager}.", Source: "S0 installing the manager; there is no manager any more, and Gantry uses the commands that its agent used",
			Check: moving(func(w *Wpar, r *Reporter) {
				for _, h := range []*Host{w.Host, w.Target} {
					if w.Live && !h.Mobility {
						r.Say(w.Address, "host", fmt.Sprintf("%s has no chkptwpar and restartwpar in /opt/mcr/bin.", h.Label()), "Install mcr.rte there, or move it stopped: mobility { mode = \"static\" }.")
					}
				}
			})},
		elsewhere("WPAR-10", plan, diag.Error, "A group of hosts has one manager.", "{host} is registered with {a} and {b}. Keep one manager.", "S0 installing the manager", "Gantry: it asks the hosts themselves, and a lock on the state keeps two runs apart"),
		{ID: "WPAR-11", Moments: declaredAlone, Severity: diag.Error, Statement: "Host names of hosts and of workload partitions that move have no underscore.",
			Says: "Host name {hostname} contains an underscore; the WPAR manager will not find it. Use a hyphen.", Source: "S0 relocation (observed error)",
			Check: func(f *Facts, r *Reporter) {
				said := map[*Host]bool{}
				for _, w := range f.Wpars {
					if !w.Moves() {
						continue
					}
					for _, h := range []*Host{w.Host, w.Target} {
						if strings.Contains(h.Name, "_") && !said[h] {
							said[h] = true
							r.Say(w.Address, "host", fmt.Sprintf("The host name %s has an underscore, and relocations to and from it have failed for that.", h.Name), "Rename the host with a hyphen.", "hostname", h.Name)
						}
					}
					if strings.Contains(w.Hostname, "_") {
						r.Say(w.Address, "hostname", fmt.Sprintf("The host name %s of %s has an underscore.", w.Hostname, w.Name), "Use a hyphen.", "hostname", w.Hostname)
					}
				}
			}},
		elsewhere("WPAR-12", []string{Validate}, diag.Error, "Names, host names and paths of a workload partition have only characters that it accepts.", "{wpar}: '{value}' has characters a WPAR does not accept.", "WRES (note the contrast with WPAR-11)", "the attributes of the kind wpar, whose patterns refuse others"),
		elsewhere("WPAR-13", plan, diag.Warning, "The commands for checkpoint and restart test nothing, so everything is tested before them.", "{wpar} would be moved without the manager's compatibility tests. Install the manager or accept.", "S0 configuring", "the rules of this family, which are the tests that the manager ran: no relocation is planned while one of them fails"),
		elsewhere("WPAR-14", plan, diag.Error, "Mobility is licensed and installed.", "Application mobility is not enabled for {host}. License and enable it.", "S0 introduction, configuring", "rule WPAR-09, which looks for what the licence installs"),
		elsewhere("WPAR-15", plan, diag.Error, "What carries the relocation out reaches the hosts.", "{host} cannot reach {manager}:{port}. Open it, or run the tool in the manager's network.", "S0 installing the manager", "discovery: a host that does not answer over SSH is an error of its own"),
		{ID: "WPAR-16", Moments: plan, Severity: diag.Error, Statement: "A relocation says why: the reason decides what the target has to offer.",
			Says: "{wpar}: state why it moves (maintenance, performance, energy).", Source: "S0 planning",
			Check: moving(func(w *Wpar, r *Reporter) {
				if w.Reason == "" {
					r.Say(w.Address, "mobility.reason", fmt.Sprintf("%s moves, and nothing says why.", w.Name), "Declare mobility { reason = \"maintenance\" }, \"performance\" or \"energy\".")
				}
			})},
		{ID: "WPAR-17", Moments: plan, Severity: diag.Error, Statement: "Moved for performance, it finds clearly more free memory and processors.",
			Says: "{target} is not better than {source} for {wpar} ({numbers}). Choose another target.", Source: "S0 planning; that clearly means a tenth is derived",
			Check: moving(func(w *Wpar, r *Reporter) {
				if w.Reason != "performance" {
					return
				}
				a, b := w.Host, w.Target
				if a.capacity() < 0 || b.capacity() < 0 || a.MemFree == 0 || b.MemFree == 0 {
					r.Unknown(false, w.Address, "host", fmt.Sprintf("%s or %s does not tell what is free there.", a.Label(), b.Label()), "Look at vmstat on both.")
					return
				}
				if b.capacity() < a.capacity()*1.1 || b.MemFree < a.MemFree*1.1 {
					r.Say(w.Address, "host", fmt.Sprintf("%s has %.2f processors and %s free, %s has %.2f and %s: that is no clear gain.", b.Label(), b.capacity(), schema.FormatSize(b.MemFree), a.Label(), a.capacity(), schema.FormatSize(a.MemFree)), "Choose another host.")
				}
			})},
		{ID: "WPAR-18", Moments: plan, Severity: diag.Warning, Statement: "Before maintenance everything leaves the host.",
			Says: "{source} goes into maintenance but {others} stay on it. Plan them as well.", Source: "S0 introduction, planning",
			Check: leftBehind("maintenance", "Move them too, or acknowledge that they are down meanwhile.")},
		{ID: "WPAR-19", Moments: plan, Severity: diag.Warning, Statement: "To save energy the host really becomes empty.",
			Says: "{source} still runs {others} after this plan, so it cannot be powered down.", Source: "S0 introduction, planning",
			Check: leftBehind("energy", "Move them too: a host that runs something cannot sleep.")},
		{ID: "WPAR-20", Moments: plan, Severity: diag.Error, Statement: "The target has memory and processors to spare.",
			Says: "After the move {target} would be at {cpu}% processor and {mem}% memory.", Source: "S0 planning; the bounds of a tenth of the processors and 256 MiB are derived",
			Check: moving(func(w *Wpar, r *Reporter) {
				h := w.Target
				if !w.Running {
					return
				}
				if h.Idle >= 0 && h.Idle < 10 || h.MemFree > 0 && h.MemFree < 256 {
					r.Say(w.Address, "host", fmt.Sprintf("%s is %.0f%% idle and has %s of memory free.", h.Label(), h.Idle, schema.FormatSize(h.MemFree)), "Choose another host, or move something away from it first.", "idle", h.Idle, "free", h.MemFree)
				}
			})},
		{ID: "WPAR-21", Moments: plan, Severity: diag.Error, Statement: "Optional tests that are declared hold.",
			Says: "{target} fails test '{test}' required for {wpar}.", Source: "WCOMP; WPAT",
			Check: moving(func(w *Wpar, r *Reporter) {
				a, b := w.Host, w.Target
				for _, t := range w.Tests {
					bad := ""
					switch {
					case t == "memory" && b.Memory < a.Memory:
						bad = fmt.Sprintf("has %s of memory and %s has %s", schema.FormatSize(b.Memory), a.Label(), schema.FormatSize(a.Memory))
					case t == "speed" && b.Speed < a.Speed:
						bad = fmt.Sprintf("runs at %.0f MHz and %s at %.0f MHz", b.Speed, a.Label(), a.Speed)
					case t == "time" && !b.Time:
						bad = "does not run the network time daemon"
					}
					if bad != "" {
						r.Say(w.Address, "mobility.tests", fmt.Sprintf("%s %s, which %s does not allow.", b.Label(), bad, w.Name), "Choose another host, or leave the test out.", "test", t)
					}
				}
			})},
		{ID: "WPAR-22", Moments: plan, Severity: diag.Error, Statement: "The host has an interface in the subnet of each address, and nobody has the address.",
			Says: "{target} has no interface in {subnet} for {wpar} ({interface}).", Source: "S0 listing 3 (interface, mask, address at creation); derived",
			Check: func(f *Facts, r *Reporter) {
				for _, w := range f.Wpars {
					h := w.Target
					if h == nil || !h.Found || len(h.Interfaces) == 0 || !w.New && !w.Moves() {
						continue
					}
					for _, a := range w.Addresses {
						if a.Mask == "" {
							continue // IPv6: hosts do not tell their prefixes here
						}
						if h.onSubnet(a) == nil {
							r.Say(w.Address, schema.JoinPath("address", a.Address), fmt.Sprintf("%s has no interface%s in the subnet of %s.", h.Label(), strings.TrimRight(" "+a.Interface, " "), a.Address), "Choose another host, or correct the address.", "address", a.Address)
						}
						for _, o := range f.Hosts {
							if slices.Contains(o.calls(), a.Address) && (w.New || o != w.Host) {
								r.Say(w.Address, schema.JoinPath("address", a.Address), fmt.Sprintf("%s has the address %s already.", o.Label(), a.Address), "Free it, or choose another one.", "address", a.Address)
							}
						}
					}
				}
			}},
		{ID: "WPAR-23", Moments: plan, Severity: diag.Advice, Statement: "A target on the same frame does not empty the frame.",
			Says: "{wpar} stays on frame {system}; this does not empty the frame.", Source: "S0 introduction",
			Check: moving(func(w *Wpar, r *Reporter) {
				a, b := w.Host.Partition, w.Target.Partition
				if a != nil && b != nil && a != b && a.System != nil && a.System == b.System {
					r.Say(w.Address, "host", fmt.Sprintf("%s stays on the frame %s.", w.Name, a.System.Label()), "Nothing is wrong with that, unless the frame is to become empty.")
				}
			})},
		{ID: "WPAR-24", Moments: plan, Severity: diag.Advice, Statement: "Where all workload partitions of a partition move, the partition may move instead.",
			Says: "All WPARs of {host} move; migrating the partition {host} may be simpler.", Source: "S0 comparison table",
			Check: func(f *Facts, r *Reporter) {
				for _, h := range f.Hosts {
					var leaving []*Wpar
					for _, w := range f.Wpars {
						if w.Host == h && w.Moves() && w.Running {
							leaving = append(leaving, w)
						}
					}
					if len(leaving) < 2 || h.Partition == nil || len(f.stays(leaving[0])) > 0 {
						continue
					}
					r.Say(leaving[0].Address, "host", fmt.Sprintf("All %d workload partitions of %s move.", len(leaving), h.Label()), "Where the partition itself can migrate, one move does it: "+string(h.Partition.Address)+".", "count", len(leaving))
				}
			}},
		{ID: "WPAR-25", Moments: declaredAlone, Severity: diag.Error, Statement: "A critical workload partition has a cluster: relocation is no takeover.",
			Says: "{wpar} is critical but relocation is not high availability. Put its host or its start into a resource group.", Source: "S0 introduction, conclusion",
			Check: func(f *Facts, r *Reporter) {
				for _, w := range f.Wpars {
					if w.Critical && w.Host != nil && !slices.ContainsFunc(f.Clusters, func(c *Cluster) bool { return slices.Contains(c.Nodes, w.Host) }) {
						r.Say(w.Address, "critical", fmt.Sprintf("%s is critical, and %s is a node of no cluster: nothing starts it elsewhere when that dies.", w.Name, w.Host.Label()), "Put what it runs into a resource group of a cluster.")
					}
				}
			}},
		elsewhere("WPAR-26", []string{Plan, Apply}, diag.Error, "After a relocation it runs on the target and is gone from the source, and there are never two copies.", "{wpar} is {state_a} on {source} and {state_b} on {target}. No further step until one copy is left.", "S0 configuring (four commands); handling derived", "the planner, which refuses to touch two copies, and the provider, which looks at both hosts before every command"),
		{ID: "WPAR-27", Moments: plan, Severity: diag.Advice, Statement: "What a migrating partition carries moves along.",
			Says: "Moving {partition} also moves WPARs {list}.", Source: "S0 introduction; ships as advice, since nothing is to be decided",
			Check: func(f *Facts, r *Reporter) {
				for _, m := range f.Migrations {
					var along []string
					for _, w := range f.Wpars {
						if w.Host != nil && w.Host.Partition == m.Partition && w.Target == w.Host {
							along = append(along, string(w.Address))
						}
					}
					if len(along) > 0 {
						r.Say(m.Partition.Address, "system", fmt.Sprintf("%s carries %s, which move along.", m.Partition.Name, some(along)), "Nothing is to be done.", "wpars", some(along))
					}
				}
			}},
		{ID: "WPAR-29", Moments: plan, Severity: diag.Error, Statement: "One with an older AIX, a root volume group or devices of its own moves only when that was tried.",
			Says: "{wpar} is {kind}; its mobility must be tested and declared.", Source: "WVRES; WHIST",
			Check: moving(func(w *Wpar, r *Reporter) {
				switch {
				case w.Tested:
				case w.Kind == "versioned":
					r.Say(w.Address, "versioned", fmt.Sprintf("%s runs an older AIX.", w.Name), "Try a move with a copy, and declare mobility { tested = true }.")
				case len(w.Devices) > 0:
					r.Say(w.Address, "device", fmt.Sprintf("%s has %s of its host.", w.Name, some(w.Devices)), "Take them away, or try a move with a copy and declare mobility { tested = true }.", "devices", some(w.Devices))
				}
			})},
		{ID: "WPAR-30", Moments: plan, Severity: diag.Advice, Statement: "Several workload partitions of a host have shares or limits.",
			Says: "{host} carries {n} WPARs without limits; one can starve the others.", Source: "S0 introduction (no dedicated resources)",
			Check: func(f *Facts, r *Reporter) {
				for _, h := range f.Hosts {
					var free []*Wpar
					for _, w := range f.Wpars {
						if w.Target == h && !w.Limited {
							free = append(free, w)
						}
					}
					if len(free) > 1 {
						r.Say(free[0].Address, "resource_control", fmt.Sprintf("%s carries %d workload partitions without shares or limits, and each can take everything.", h.Label(), len(free)), "Declare resource_control { shares_cpu = ..., memory = ... }.", "count", len(free))
					}
				}
			}},
		elsewhere("WPAR-31", []string{Plan, Apply}, diag.Warning, "Nobody else relocates what a plan touches.", "Group {group} is relocated by policy; it would interfere with this plan. Allow the tool to pause the policy for {wpar}.", "S0 configuring (policy-based relocation); WCOMP", "the run, which reads right before a step where the partition is and stops when it is elsewhere; there is no manager left that relocates by policy"),
	}
}

// leftBehind looks for what stays on a host that is to become empty for a reason.
func leftBehind(reason, fix string) func(*Facts, *Reporter) {
	return func(f *Facts, r *Reporter) {
		said := map[*Host]bool{}
		for _, w := range f.Wpars {
			if !w.Moves() || w.Reason != reason || said[w.Host] {
				continue
			}
			if left := f.stays(w); len(left) > 0 {
				said[w.Host] = true
				r.Say(w.Address, "mobility.reason", fmt.Sprintf("%s is left for %s, and what stays on it is %s.", w.Host.Label(), reason, some(left)), fix, "stays", some(left))
			}
		}
	}
}

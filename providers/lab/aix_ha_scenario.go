package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// haClusterBody is a cluster definition that one or more hosts hold.
type haClusterBody struct {
	Name    string         `hcl:"name,label"`
	On      []string       `hcl:"on,optional"`
	Active  []string       `hcl:"active_on,optional"`
	Synced  *bool          `hcl:"synchronized,optional"`
	Running *bool          `hcl:"running,optional"`
	Attrs   hcl.Expression `hcl:"attributes,optional"`
	Objects []haObjectBody `hcl:"object,block"`
	Body    hcl.Body       `hcl:",body"`
}

type haObjectBody struct {
	Class string         `hcl:"class,label"`
	Name  string         `hcl:"name,label"`
	Attrs hcl.Expression `hcl:"attributes,optional"`
	Body  hcl.Body       `hcl:",body"`
}

type caaBody struct {
	Name     string            `hcl:"name,label"`
	ID       *string           `hcl:"id,optional"`
	Nodes    []string          `hcl:"nodes"`
	Repo     string            `hcl:"repository"`
	Stopped  []string          `hcl:"stopped,optional"`
	Tunables map[string]string `hcl:"tunables,optional"`
	Body     hcl.Body          `hcl:",body"`
}

// haNodeBody is what the cluster manager of a host knows.
type haNodeBody struct {
	State     *string           `hcl:"state,optional"`
	Forced    *bool             `hcl:"forced,optional"`
	AtBoot    *bool             `hcl:"at_boot,optional"`
	Trust     *string           `hcl:"trust,optional"`
	Joined    *string           `hcl:"joined,optional"`
	Seen      []string          `hcl:"seen,optional"`
	BadPaths  []string          `hcl:"failed_interfaces,optional"`
	Suspended []string          `hcl:"suspended,optional"`
	Boot      map[string]string `hcl:"boot_addresses,optional"`
	Groups    []haInstanceBody  `hcl:"group,block"`
	Body      hcl.Body          `hcl:",body"`
}

type haInstanceBody struct {
	Name     string          `hcl:"name,label"`
	State    *string         `hcl:"state,optional"`
	Why      *string         `hcl:"why,optional"`
	Override *bool           `hcl:"override,optional"`
	Since    *string         `hcl:"since,optional"`
	Monitors []haMonitorBody `hcl:"monitor,block"`
	Body     hcl.Body        `hcl:",body"`
}

type haMonitorBody struct {
	Name     string   `hcl:"name,label"`
	State    string   `hcl:"state"`
	Restarts *int     `hcl:"restarts,optional"`
	Since    *string  `hcl:"since,optional"`
	Body     hcl.Body `hcl:",body"`
}

// powerha installs the software on a host.
func (b *builder) powerha(h *Host, hb *hostBody) {
	for _, p := range hb.Processes {
		h.Processes = append(h.Processes, b.process(h, p))
	}
	if hb.PowerHA == nil {
		return
	}
	n := &haNode{Version: *hb.PowerHA, Fix: opt(hb.PowerHAFix, "GA")}
	if !contains("5.1 5.2 5.3 5.4 5.5 6.1 7.1 7.1.0 7.1.1 7.1.2 7.1.3 7.2 7.2.0 7.2.1 7.2.2 7.2.3 7.2.4 7.2.5 7.2.6 7.2.7 7.2.8", n.Version) || n.Fix != "GA" && !strings.HasPrefix(n.Fix, "SP") {
		b.fail(hb.Body, "host %q: powerha is a release such as 7.2.7 or 5.1, powerha_fix is GA, SP1, ...", h.Name)
		return
	}
	if n.modern() && !h.atLeast(7, 1) && !(n.version() == 701 && h.atLeast(6, 1)) {
		b.fail(hb.Body, "host %q: PowerHA %s needs AIX 7.1", h.Name, n.Version)
	}
	h.HA, h.Cluster = n, true
}

// haClusters reads definitions, clusters of AIX and states, when all hosts are there.
func (b *builder) haClusters(f *fileBody) {
	for i := range f.CAA {
		if b.err == nil {
			b.caaCluster(&f.CAA[i])
		}
	}
	for i := range f.HA {
		if b.err == nil {
			b.haCluster(&f.HA[i])
		}
	}
	b.e.cut = map[string]bool{}
	if f.Lab != nil {
		for _, x := range f.Lab.CutOff {
			b.e.cut[x] = true
		}
	}
	for i := range f.Hosts {
		c := b.e.console(f.Hosts[i].Name)
		if b.err != nil || c == nil || c.Host == nil || c.Host.HA == nil {
			continue
		}
		h, nb := c.Host, f.Hosts[i].Services
		h.HA.Trust = h.readTrust()
		if nb == nil {
			continue
		}
		n := h.HA
		if n.State = opt(nb.State, ""); n.State != "" && n.ACD == nil {
			n.ACD = n.DCD.clone()
		}
		n.Forced, n.AtBoot, n.Seen, n.BadPaths, n.Suspended = opt(nb.Forced, false), opt(nb.AtBoot, false), nb.Seen, nb.BadPaths, nb.Suspended
		n.Boot = nb.Boot
		n.Joined = b.past(nb.Body, nb.Joined)
		if nb.Trust != nil {
			n.Trust = *nb.Trust
		}
		for _, g := range nb.Groups {
			x := n.group(g.Name)
			x.State, x.Why, x.Override, x.Since = opt(g.State, rgOffline), opt(g.Why, ""), opt(g.Override, false), b.past(g.Body, g.Since)
			for _, m := range g.Monitors {
				x.Monitors[m.Name] = &haMonitor{State: m.State, Restarts: opt(m.Restarts, 0), Since: b.past(m.Body, m.Since)}
			}
		}
	}
	for i := range f.HA {
		if b.err == nil && opt(f.HA[i].Running, false) {
			for _, name := range f.HA[i].On {
				if c := b.e.console(name); c != nil && c.Host != nil && c.Host.HA.State == "" {
					b.e.startServices(c.Host, false)
				}
			}
		}
	}
}

// past is a moment, or none.
func (b *builder) past(body hcl.Body, at *string) time.Time {
	if at == nil {
		return time.Time{}
	}
	return b.moment(body, at, nil)
}

// haAttributes reads a table of texts, numbers, booleans and lists.
func (b *builder) haAttributes(body hcl.Body, x hcl.Expression) map[string]string {
	out := map[string]string{}
	if x == nil {
		return out
	}
	v, diags := x.Value(nil)
	if diags.HasErrors() || v.IsNull() {
		if diags.HasErrors() {
			b.fail(body, "attributes: %s", diags.Error())
		}
		return out
	}
	if !v.CanIterateElements() || v.Type().IsTupleType() {
		b.fail(body, "attributes is a table")
		return out
	}
	for name, value := range v.AsValueMap() {
		text, ok := haText(value)
		if !ok {
			b.fail(body, "attribute %s is a text, a number, a boolean or a list of texts", name)
		}
		out[strings.ToUpper(name)] = text
	}
	return out
}

func haText(v cty.Value) (string, bool) {
	switch {
	case v.IsNull():
		return "", true
	case v.Type() == cty.String:
		return v.AsString(), true
	case v.Type() == cty.Bool:
		return trueFalse(v.True()), true
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('f', -1), true
	case v.CanIterateElements() && !v.Type().IsObjectType():
		var list []string
		for _, x := range v.AsValueSlice() {
			s, ok := haText(x)
			if !ok {
				return "", false
			}
			list = append(list, s)
		}
		return strings.Join(list, " "), true
	}
	return "", false
}

func (b *builder) haCluster(cb *haClusterBody) {
	attrs := b.haAttributes(cb.Body, cb.Attrs)
	synced := opt(cb.Synced, true)
	if attrs["CLUSTER_ID"] == "" {
		attrs["CLUSTER_ID"] = fmt.Sprint(1000000000 + hexNumber(stableHex(7, cb.Name)))
	}
	if synced {
		attrs["SYNCED"] = "true"
	}
	d := &haDef{}
	if p := checkName("cluster", cb.Name); p != nil {
		b.fail(cb.Body, "hacluster %q: %s", cb.Name, p.text)
	}
	d.add("cluster", cb.Name, attrs)
	for _, ob := range cb.Objects {
		c := haClassOf(ob.Class)
		if c == nil || c.name == "cluster" || !c.ofODM() {
			b.fail(ob.Body, "hacluster %q: there is no class %q", cb.Name, ob.Class)
			return
		}
		o := d.add(c.name, ob.Name, b.haAttributes(ob.Body, ob.Attrs))
		for name := range o.Attrs {
			if c.attr(name) == nil && !contains("PVID FULL SYNCED HB_ALIAS KIND INACTIVE_TAKEOVER CASCADE_WO_FALLBACK", name) {
				b.fail(ob.Body, "hacluster %q: %s %q: there is no attribute %s", cb.Name, ob.Class, ob.Name, name)
			}
		}
	}
	var hosts []*Host
	for _, name := range append(slices.Clone(cb.On), cb.Active...) {
		c := b.e.console(name)
		if c == nil || c.Host == nil || c.Host.HA == nil {
			b.fail(cb.Body, "hacluster %q: there is no host %q with powerha", cb.Name, name)
			return
		}
		hosts = append(hosts, c.Host)
	}
	if len(hosts) > 0 {
		b.complete(hosts[0], d)
	}
	for i, h := range hosts {
		if i < len(cb.On) {
			if h.HA.DCD != nil {
				b.fail(cb.Body, "hacluster %q: host %q has a definition already", cb.Name, h.Name)
			}
			h.HA.DCD = d.clone()
		} else {
			h.HA.ACD = d.clone()
		}
	}
	if len(hosts) == 0 {
		b.fail(cb.Body, "hacluster %q: on lists the hosts that hold the definition", cb.Name)
		return
	}
	b.referents(cb, d)
	if synced && hosts[0].HA.modern() && len(cb.On) > 0 && b.err == nil {
		b.implied(cb, hosts[:len(cb.On)])
	}
}

// complete fills in what a scenario need not say: the interfaces that labels are on, and PVIDs of repositories.
func (b *builder) complete(h *Host, d *haDef) {
	for _, o := range d.all("node") {
		if o.Attrs["COMMPATH"] == "" {
			o.Attrs["COMMPATH"] = o.Name
		}
	}
	for _, o := range d.all("interface") {
		if p := b.e.haHost(h, d.get("node", o.get("NODE"))); o.Attrs["INTERFACE"] == "" && p != nil {
			for _, n := range p.Interfaces {
				if n.Address == h.haLookup(o.Name) {
					o.Attrs["INTERFACE"] = n.Name
				}
			}
		}
	}
	for _, o := range d.all("repository") {
		if x := h.disk(o.Name); o.Attrs["PVID"] == "" && x != nil {
			if x.medium.pvid() == "" {
				x.medium.setPVID(b.e.newPVID(h))
			}
			o.Attrs["PVID"] = x.medium.pvid()
		}
	}
}

// referents refuses a definition whose parts name what is not there.
func (b *builder) referents(cb *haClusterBody, d *haDef) {
	for _, o := range d.Objects {
		for _, a := range haClassOf(o.Class).attrs {
			if !contains("ref refs", a.kind) {
				continue
			}
			for _, x := range o.list(a.name) {
				if d.get(a.arg, x) == nil {
					b.fail(cb.Body, "hacluster %q: %s %q: there is no %s %q", cb.Name, o.Class, o.Name, a.arg, x)
				}
			}
		}
	}
}

// implied makes the cluster of AIX that a synchronized definition stands on.
func (b *builder) implied(cb *haClusterBody, hosts []*Host) {
	repos := hosts[0].HA.DCD.all("repository")
	for i := range cb.Objects {
		if cb.Objects[i].Class == "repository" && len(repos) == 0 {
			return
		}
	}
	if len(repos) == 0 || b.e.caaOf(hosts[0]) != nil {
		return
	}
	var repo *HostDisk
	for _, x := range hosts[0].Disks {
		if x.medium.pvid() == repos[0].Attrs["PVID"] {
			repo = x
		}
	}
	if repo == nil || repo.medium.group != nil {
		b.fail(cb.Body, "hacluster %q: repository %q is no free disk of host %q", cb.Name, repos[0].Name, hosts[0].Name)
		return
	}
	repo.PVID = repo.medium.pvid()
	c := &caaCluster{Name: cb.Name, ID: makeUUIDText(cb.Name), Repo: repo.medium, Tunables: map[string]string{}}
	b.e.caas = append(b.e.caas, c)
	b.e.formatRepository(c, hosts[0])
	for _, h := range hosts {
		for _, x := range h.Disks {
			if x.medium == repo.medium {
				x.Attrs["reserve_policy"] = "no_reserve"
			}
		}
		b.e.joinCAA(c, h)
	}
}

func (b *builder) caaCluster(cb *caaBody) {
	m := b.medium(cb.Repo)
	if m == nil {
		b.fail(cb.Body, "caa_cluster %q: there is no disk %q", cb.Name, cb.Repo)
		return
	}
	c := &caaCluster{Name: cb.Name, ID: opt(cb.ID, makeUUIDText(cb.Name)), Repo: m, Tunables: cb.Tunables}
	if c.Tunables == nil {
		c.Tunables = map[string]string{}
	}
	host := func(name string) *Host {
		x := b.e.console(name)
		if x == nil || x.Host == nil || x.Host.HA == nil || b.e.caaOf(x.Host) != nil && b.e.caaOf(x.Host) != c {
			b.fail(cb.Body, "caa_cluster %q: there is no host %q with powerha that is free for it", cb.Name, name)
			return nil
		}
		return x.Host
	}
	for _, name := range cb.Nodes {
		if h := host(name); h != nil {
			c.Nodes = append(c.Nodes, h)
		}
	}
	for _, name := range cb.Stopped {
		if h := host(name); h != nil {
			c.Stopped = append(c.Stopped, h)
		}
	}
	b.e.caas = append(b.e.caas, c)
}

// encodeClusters writes the definitions: hosts that agree share a block.
func (e *Estate) encodeClusters(w *encoder) {
	var texts []string
	defs := map[string]*haDef{}
	on, active := map[string][]string{}, map[string][]string{}
	note := func(h *Host, d *haDef, into map[string][]string) {
		if d == nil {
			return
		}
		key := d.saved()
		if defs[key] == nil {
			defs[key] = d
			texts = append(texts, key)
		}
		into[key] = append(into[key], h.Name)
	}
	for _, h := range e.haHosts() {
		note(h, h.HA.DCD, on)
		note(h, h.HA.ACD, active)
	}
	for _, key := range texts {
		d := defs[key]
		c := d.cluster()
		if c == nil {
			continue
		}
		w.open("hacluster %s", quoteHCL(c.Name))
		w.list("on", on[key])
		w.list("active_on", active[key])
		w.flag("synchronized", c.Attrs["SYNCED"] != "", true)
		attrs := map[string]string{}
		for k, v := range c.Attrs {
			if k != "SYNCED" {
				attrs[k] = v
			}
		}
		w.table("attributes", attrs)
		for _, o := range d.Objects {
			if o == c {
				continue
			}
			w.open("object %s %s", quoteHCL(o.Class), quoteHCL(o.Name))
			w.table("attributes", o.Attrs)
			w.close()
		}
		w.close()
	}
	for _, c := range e.caas {
		names := func(list []*Host) []string {
			var out []string
			for _, h := range list {
				out = append(out, h.Name)
			}
			return out
		}
		w.open("caa_cluster %s", quoteHCL(c.Name))
		w.str("id", c.ID, "")
		w.list("nodes", names(c.Nodes))
		w.str("repository", c.Repo.name, "")
		w.list("stopped", names(c.Stopped))
		w.table("tunables", c.Tunables)
		w.close()
	}
}

// saved is a definition with the order of its objects.
func (d *haDef) saved() string {
	var out []string
	for _, o := range d.Objects {
		out = append(out, (&haDef{Objects: []*haObject{o}}).text())
	}
	return strings.Join(out, "\n")
}

func (e *Estate) encodePowerHA(w *encoder, h *Host) {
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			w.line("%s = %s", name, quoteHCL(t.Format(time.RFC3339)))
		}
	}
	w.processes(h.processes(e.Now), e.Now)
	if h.HA == nil {
		return
	}
	n := h.HA
	w.str("powerha", n.Version, "")
	w.str("powerha_fix", n.Fix, "GA")
	w.open("cluster_node")
	w.str("state", n.State, "")
	w.flag("forced", n.Forced, false)
	w.flag("at_boot", n.AtBoot, false)
	w.str("trust", n.Trust, h.readTrust())
	at("joined", n.Joined)
	w.list("seen", n.Seen)
	w.list("failed_interfaces", n.BadPaths)
	w.list("suspended", n.Suspended)
	w.table("boot_addresses", n.Boot)
	for _, name := range sortedKeys(n.Groups) {
		g := n.Groups[name]
		w.open("group %s", quoteHCL(name))
		w.str("state", g.State, rgOffline)
		w.str("why", g.Why, "")
		w.flag("override", g.Override, false)
		at("since", g.Since)
		for _, m := range sortedKeys(g.Monitors) {
			w.open("monitor %s", quoteHCL(m))
			w.str("state", g.Monitors[m].State, "\x00")
			w.num("restarts", g.Monitors[m].Restarts, 0)
			at("since", g.Monitors[m].Since)
			w.close()
		}
		w.close()
	}
	w.close()
}

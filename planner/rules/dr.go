package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// reached is the data level that a way of protecting data reaches (S2 2.8).
var reached = map[string]float64{"none": 0, "live-migration": 0, "application-mobility": 0, "backup": 1, "backup-and-logs": 2, "shadow-copy": 3, "log-shipping": 4, "synchronous-mirror": 5, "geographic-mirror": 5}

// linkFor is the link level that a data level needs (S2 2.8; the pairing is derived).
func linkFor(data float64) float64 {
	switch {
	case data >= 3:
		return 3
	case data >= 1:
		return 1
	}
	return 0
}

// A site without equipment takes longer than this to serve.
const coldStart = 24 * 3600

// recovery is what a group says, or what its cluster's sites say where it does not: the worst link and readiness among them.
func (g *ResourceGroup) recovery() (link float64, readiness string) {
	link, readiness = g.Link, g.Readiness
	for _, s := range g.Cluster.Sites {
		if g.Link < 0 && s.Link >= 0 && (link < 0 || s.Link < link) {
			link = s.Link
		}
		if order := []string{"", "hot", "warm", "cold"}; g.Readiness == "" && slices.Index(order, s.Readiness) > slices.Index(order, readiness) {
			readiness = s.Readiness
		}
	}
	return link, readiness
}

func dr() []*Rule {
	return []*Rule{
		{ID: "DR-01", Moments: declaredAlone, Severity: diag.Warning, Statement: "A critical group says what it must survive: its data level, the link, and how ready the other site is.",
			Says: "{rg} has no disaster-recovery level. State data 0 to 5, link 0 to 3, site cold, warm or hot.", Source: "S2 2.8",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if !g.Critical {
					return
				}
				var missing []string
				link, ready := g.recovery()
				if g.Data < 0 {
					missing = append(missing, "data")
				}
				if link < 0 {
					missing = append(missing, "link")
				}
				if ready == "" {
					missing = append(missing, "site")
				}
				if len(missing) > 0 {
					r.Say(g.Address, "recovery_level", fmt.Sprintf("%s is critical and does not say its %s.", g.Name, some(missing)), "Declare recovery_level: data 0 to 5, link 0 to 3, site cold, warm or hot.", "missing", some(missing))
				}
			})},
		{ID: "DR-02", Moments: declaredAlone, Severity: diag.Error, Statement: "What protects the data reaches the data level that is declared.",
			Says: "{rg} claims data level {n} but {vg} is {found}. Add {missing} or lower the level.", Source: "S2 2.8",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				switch {
				case g.Data <= 0 || g.By == "live-migration" || g.By == "application-mobility": // DR-13 speaks of these
				case g.By == "":
					r.Unknown(false, g.Address, "recovery_level.by", fmt.Sprintf("%s is to have data level %g and does not say by what.", g.Name, g.Data), "Declare recovery_level.by.")
				case reached[g.By] < g.Data:
					r.Say(g.Address, "recovery_level.by", fmt.Sprintf("%s is to have data level %g; %s reaches %g.", g.Name, g.Data, g.By, reached[g.By]), "Protect the data by more, or lower the level.", "by", g.By)
				}
			})},
		{ID: "DR-03", Moments: declaredAlone, Severity: diag.Error, Statement: "The link between the sites carries the data level.",
			Says: "{rg}: data level {a} cannot work over a level {b} link.", Source: "S2 2.8 (levels); pairing derived",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if link, _ := g.recovery(); g.Data > 0 && link >= 0 && link < linkFor(g.Data) {
					r.Say(g.Address, "recovery_level.link", fmt.Sprintf("%s is to have data level %g over a link of level %g; it needs level %g.", g.Name, g.Data, link, linkFor(g.Data)), "Raise the link, or lower the data level.", "link", link)
				}
			})},
		{ID: "DR-04", Moments: declaredAlone, Severity: diag.Error, Statement: "The other site is as ready as the recovery time asks.",
			Says: "{rg} must be back in {t} but {site} is {kind}.", Source: "S2 2.8; pairing derived",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				switch _, ready := g.recovery(); {
				case g.Data < 0 || ready == "" || ready == "hot":
				case g.Data >= 3:
					r.Say(g.Address, "recovery_level.site", fmt.Sprintf("%s is to have data level %g at a %s site; levels 3 to 5 keep a copy at a hot one.", g.Name, g.Data, ready), "Make the site hot, or lower the level.", "site", ready)
				case ready == "cold" && g.Within > 0 && g.Within < coldStart:
					r.Say(g.Address, "recovery_level.within", fmt.Sprintf("%s is to be back in %g s, and at a cold site equipment has to be installed first.", g.Name, g.Within), "Make the site warm, or allow more time.", "site", ready)
				}
			})},
		{ID: "DR-05", Moments: declaredAlone, Severity: diag.Error, Statement: "Takeover between sites needs the extended-distance feature or a product that replicates.",
			Says: "{cluster} has {n} sites without the extended-distance feature. License it or keep one site.", Source: "S2 2.8",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if n := len(c.Sites); n > 1 && len(c.Features) == 0 {
					r.Say(c.Address, "features", fmt.Sprintf("%s has %d sites, and its base software covers one.", c.Name, n), "Declare the feature that is licensed, or leave the sites out.", "sites", n)
				}
			})},
		{ID: "DR-06", Moments: declaredAlone, Severity: diag.Error, Statement: "A cluster spans two sites at most.",
			Says: "{cluster} has {n} sites; two are possible.", Source: "S2 2.8; LIM",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				if n := len(c.Sites); n > 2 {
					r.Say(c.Address, "site", fmt.Sprintf("%s has %d sites.", c.Name, n), "Declare two.", "sites", n)
				}
			})},
		{ID: "DR-07", Moments: declaredAlone, Severity: diag.Error, Statement: "Sites go neither with custom groups of 5.1 nor with dynamic node priority.",
			Says: "{rg}: {feature} cannot be combined with sites.", Source: "S2 2.7.4; RGPOL", Elsewhere: "rules RG-20 and RG-24"},
		{ID: "DR-08", Moments: declaredAlone, Severity: diag.Error, Statement: "A group with nodes at two sites says which of them has it.",
			Says: "{rg} has nodes on two sites but no site policy.", Source: "Ansible collection for PowerHA (allowed values)",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if (g.spans() || len(g.Secondary) > 0) && g.SitePolicy == "" {
					r.Say(g.Address, "site_policy", fmt.Sprintf("%s has nodes at several sites (%s) and no site policy.", g.Name, hostNames(g.all())), "Declare site_policy: ignore, primary, either or both.")
				}
			})},
		{ID: "DR-10", Moments: declaredAlone, Severity: diag.Warning, Statement: "Licences and networks are there at the recovery site too.",
			Says: "{application} has no {what} on {site}.", Source: "S2 2.5.4, 2.5.5, 2.8",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				for _, a := range g.Applications {
					if a.Licence == nil || len(a.Licence.BoundTo) == 0 || a.Address == "" {
						continue
					}
					if no := lacking(g.Secondary, a.Licence.BoundTo); len(no) > 0 {
						r.Say(a.Address, "licence.bound_to", fmt.Sprintf("%s has no licence for %s, of the recovery site of %s.", a.Name, hostNames(no), g.Label()), "Get a key for it.", "nodes", hostNames(no))
					}
				}
				g.takes(g.Secondary, func(network, labels, far string) {
					r.Say(g.Address, "secondary_nodes", fmt.Sprintf("%s has no interface on %s and cannot take %s.", far, network, labels), "Declare an interface there, or an address of that site.", "network", network)
				})
			})},
		{ID: "DR-11", Moments: declaredAlone, Severity: diag.Warning, Statement: "Applications can wait for the other site as long as a synchronous mirror makes them.",
			Says: "{vg} mirrors synchronously over {ms} ms; {application} accepts {max} ms.", Source: "S2 2.8 (level 5 versus level 4)",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Data < 5 && g.By != "synchronous-mirror" {
					return
				}
				delay := -1.0
				for _, s := range g.Cluster.Sites {
					delay = max(delay, s.Latency)
				}
				switch {
				case delay < 0 || g.Latency < 0:
					r.Unknown(false, g.Address, "recovery_level.latency", fmt.Sprintf("%s mirrors synchronously, and the delay of the sites or the one that it accepts is not declared.", g.Name), "Declare latency in the sites and in recovery_level.")
				case delay > g.Latency:
					r.Say(g.Address, "recovery_level.latency", fmt.Sprintf("%s mirrors over %g ms; its applications can wait %g ms.", g.Name, delay, g.Latency), "Let the logs follow (data level 4), or shorten the way.", "latency", delay)
				}
			})},
		{ID: "DR-12", Moments: declaredAlone, Severity: diag.Error, Statement: "A linked cluster has a repository disk at each site.",
			Says: "{site} of {cluster} has no repository disk.", Source: "REPO",
			Check: everyCluster(func(c *Cluster, r *Reporter) {
				for _, s := range c.Sites {
					if c.Type == "linked" && s.Repository == nil {
						r.Say(c.Address, "site."+s.Name+".repository", fmt.Sprintf("The site %s of the linked cluster %s has no repository disk.", s.Name, c.Name), "Name one.", "site", s.Name)
					}
				}
			})},
		{ID: "DR-13", Moments: declaredAlone, Severity: diag.Error, Statement: "Mobility is no protection from a disaster.",
			Says: "{partition} is declared as protected by {kind}, which needs a working source. Add replication or a cluster.", Source: "S0 introduction; S3 Failover and cluster; HALPM",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Data > 0 && (g.By == "live-migration" || g.By == "application-mobility") {
					r.Say(g.Address, "recovery_level.by", fmt.Sprintf("%s is to have data level %g by %s, which needs a source that works.", g.Name, g.Data, g.By), "Replicate the data, or declare data = 0.", "by", g.By)
				}
			})},
		{ID: "DR-16", Moments: declaredAlone, Severity: diag.Warning, Statement: "A group that must survive the loss of a site has a node elsewhere.",
			Says: "All members of {group} are on site {site}.", Source: "S2 2.8; BTR (split among)",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				sites := map[string]bool{}
				for _, h := range g.all() {
					sites[h.Site] = true
				}
				if g.Critical && len(sites) == 1 && !sites[""] {
					r.Say(g.Address, "nodes", fmt.Sprintf("%s is critical, and all its nodes (%s) are at the site %s.", g.Name, hostNames(g.all()), strings.Join(slices.Collect(maps.Keys(sites)), "")), "Name a node at another site.")
				}
			})},
		{ID: "DR-17", Moments: declaredAlone, Severity: diag.Warning, Statement: "Recovery that nobody has tried counts as missing.",
			Says: "{rg}: last recovery test was {date}. Test it.", Source: "S3 Failover and cluster (test strictly); domain knowledge",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.TestedAt != "" || g.Data <= 0 {
					return // a plan has no clock that tells how old a date is
				}
				text, fix := fmt.Sprintf("Nobody has declared when the recovery of %s was last tried.", g.Name), "Try it, and declare recovery_level.tested_at."
				if g.Critical {
					r.Say(g.Address, "recovery_level.tested_at", text, fix)
				} else {
					r.say(diag.Advice, g.Address, "recovery_level.tested_at", text, fix, nil)
				}
			})},
		{ID: "DR-18", Moments: declaredAlone, Severity: diag.Advice, Statement: "Geographic mirroring reaches data level 5, link 3 and a hot site; more than is needed costs money and time to answer.",
			Says: "{rg} needs level {a} and gets {b}.", Source: "S2 2.8",
			Check: everyGroup(func(g *ResourceGroup, r *Reporter) {
				if g.Data >= 0 && g.Data < 5 && g.By == "geographic-mirror" {
					r.Say(g.Address, "recovery_level.data", fmt.Sprintf("%s needs data level %g and gets 5 by geographic mirroring.", g.Name, g.Data), "A lesser way costs less and answers faster.", "needs", g.Data)
				}
			})},
	}
}

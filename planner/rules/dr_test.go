package rules

import "github.com/gantry-power/gantry/config/diag"

// level gives the group a data level by what protects it; it was tried, and the sites are near.
func (x *clustered) level(data float64, by string) {
	x.g.Data, x.g.By, x.g.Latency, x.g.Link, x.g.Readiness, x.g.TestedAt = data, by, 5, 3, "hot", "2026-10-01"
}

var drEntries = []clusterEntry{
	{entry{rule: "DR-01", address: theGroup, path: "recovery_level", names: []string{"payroll", "data, link, site"}},
		func(e *clustered) { e.g.Critical = true },
		func(e *clustered) {
			e.g.Critical = true
			e.sites()
			e.level(4, "log-shipping")
			e.g.Link, e.g.Readiness = -1, ""
		}},
	{entry{rule: "DR-02", address: theGroup, path: "recovery_level.by", names: []string{"level 3", "backup-and-logs reaches 2"}},
		func(e *clustered) { e.level(3, "backup-and-logs") },
		func(e *clustered) { e.level(2, "backup-and-logs") }},
	{entry{rule: "DR-02", what: "unknown", address: theGroup, severity: diag.Warning, names: []string{"level 3"}},
		func(e *clustered) { e.level(3, "") },
		func(e *clustered) { e.level(0, "") }},
	{entry{rule: "DR-03", address: theGroup, path: "recovery_level.link", names: []string{"data level 4", "link of level 2", "level 3"}},
		func(e *clustered) { e.level(4, "log-shipping"); e.g.Link = 2 },
		func(e *clustered) { e.level(2, "backup-and-logs"); e.g.Link = 2 }},
	{entry{rule: "DR-03", what: "of a site", address: theGroup, names: []string{"link of level 1"}},
		func(e *clustered) { e.sites(); e.level(4, "log-shipping"); e.g.Link, e.c.Sites[1].Link = -1, 1 },
		func(e *clustered) { e.sites(); e.level(4, "log-shipping"); e.c.Sites[1].Link = 1 }},
	{entry{rule: "DR-04", what: "level", address: theGroup, path: "recovery_level.site", names: []string{"data level 4", "warm"}},
		func(e *clustered) { e.level(4, "log-shipping"); e.g.Readiness = "warm" },
		func(e *clustered) { e.level(2, "backup-and-logs"); e.g.Readiness = "warm" }},
	{entry{rule: "DR-04", what: "time", address: theGroup, path: "recovery_level.within", names: []string{"3600 s", "cold"}},
		func(e *clustered) { e.level(1, "backup"); e.g.Readiness, e.g.Within = "cold", 3600 },
		func(e *clustered) { e.level(1, "backup"); e.g.Readiness, e.g.Within = "warm", 3600 }},
	{entry{rule: "DR-05", address: theCluster, path: "features", names: []string{"payroll", "2 sites"}},
		func(e *clustered) { e.sites(); e.c.Features = nil },
		func(e *clustered) { e.sites() }},
	{entry{rule: "DR-06", address: theCluster, path: "site", names: []string{"3 sites"}},
		func(e *clustered) {
			e.sites()
			e.c.Sites = append(e.c.Sites, &Site{Name: "west", Link: -1, Latency: -1})
		},
		func(e *clustered) { e.sites() }},
	{entry{rule: "DR-08", address: theGroup, path: "site_policy", names: []string{"payroll", "db01, db02"}},
		func(e *clustered) { e.sites(); e.g.SitePolicy = "" },
		func(e *clustered) {
			e.sites()
			e.c.Sites[0].Nodes = e.c.Nodes
			e.c.Sites[1].Nodes, e.g.SitePolicy = nil, ""
		}},
	{entry{rule: "DR-10", what: "licence", address: theApp, path: "licence.bound_to", names: []string{"db02", "resource_group.payroll"}},
		func(e *clustered) {
			e.g.Nodes, e.g.Secondary, e.g.SitePolicy = e.g.Nodes[:1], e.g.Nodes[1:], "primary"
			e.a.Licence = &Licence{BoundTo: []*Host{e.db01}}
		},
		func(e *clustered) {
			e.g.Nodes, e.g.Secondary, e.g.SitePolicy = e.g.Nodes[:1], e.g.Nodes[1:], "primary"
			e.a.Licence = &Licence{Processors: 4}
		}},
	{entry{rule: "DR-10", what: "network", address: theGroup, path: "secondary_nodes", names: []string{"db03", "net_ether_01", "payroll_svc"}},
		func(e *clustered) {
			e.g.Secondary, e.g.SitePolicy = []*Host{e.third()}, "primary"
			e.g.Nodes, e.c.Interfaces = e.g.Nodes[:2], e.c.Interfaces[:4]
		},
		func(e *clustered) {
			e.g.Secondary, e.g.SitePolicy, e.svc.Site = []*Host{e.third()}, "primary", "north"
			e.g.Nodes, e.c.Interfaces = e.g.Nodes[:2], e.c.Interfaces[:4]
		}},
	{entry{rule: "DR-11", address: theGroup, path: "recovery_level.latency", names: []string{"9 ms", "5 ms"}},
		func(e *clustered) { e.sites(); e.level(5, "synchronous-mirror"); e.c.Sites[1].Latency = 9 },
		func(e *clustered) { e.sites(); e.level(5, "synchronous-mirror") }},
	{entry{rule: "DR-11", what: "unknown", address: theGroup, severity: diag.Advice, names: []string{"payroll"}},
		func(e *clustered) { e.sites(); e.level(5, "synchronous-mirror"); e.g.Latency = -1 },
		func(e *clustered) { e.sites(); e.level(4, "log-shipping"); e.g.Latency = -1 }},
	{entry{rule: "DR-12", address: theCluster, path: "site.south.repository", names: []string{"south", "payroll"}},
		func(e *clustered) { e.sites(); e.c.Type, e.c.Sites[0].Repository = "linked", e.c.Repositories[0] },
		func(e *clustered) { e.sites() }},
	{entry{rule: "DR-13", address: theGroup, path: "recovery_level.by", names: []string{"level 2", "live-migration"}},
		func(e *clustered) { e.level(2, "live-migration") },
		func(e *clustered) { e.level(0, "live-migration") }},
	{entry{rule: "DR-16", address: theGroup, path: "nodes", names: []string{"payroll", "north"}},
		func(e *clustered) {
			e.level(4, "log-shipping")
			e.g.Critical, e.db01.Site, e.db02.Site = true, "north", "north"
		},
		func(e *clustered) {
			e.level(4, "log-shipping")
			e.g.Critical, e.db01.Site, e.db02.Site = true, "north", "south"
		}},
	{entry{rule: "DR-17", what: "critical", address: theGroup, path: "recovery_level.tested_at", names: []string{"payroll"}},
		func(e *clustered) { e.level(4, "log-shipping"); e.g.Critical, e.g.TestedAt = true, "" },
		func(e *clustered) { e.level(4, "log-shipping"); e.g.Critical = true }},
	{entry{rule: "DR-17", what: "not critical", address: theGroup, severity: diag.Advice, names: []string{"payroll"}},
		func(e *clustered) { e.level(4, "log-shipping"); e.g.TestedAt = "" },
		func(e *clustered) { e.level(0, "none"); e.g.TestedAt = "" }},
	{entry{rule: "DR-18", address: theGroup, path: "recovery_level.data", names: []string{"level 3", "gets 5"}},
		func(e *clustered) { e.level(3, "geographic-mirror") },
		func(e *clustered) { e.level(5, "geographic-mirror") }},
}

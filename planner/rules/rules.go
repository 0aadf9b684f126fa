// Package rules is the catalogue of rules that an estate must keep: one file per
// family, each rule a value with its text and a pure function over Facts.
//
// The package knows neither steps nor consoles: the planner fills Facts with
// what was found and what the plan intends, under the fact names of the catalogue.
package rules

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Moments at which a rule runs.
const (
	Validate = "validate" // from the files alone
	Plan     = "plan"     // with what was found
	Apply    = "apply"    // again, right before the step
)

// Rule is one entry of the catalogue.
type Rule struct {
	ID       string
	Moments  []string
	Severity diag.Severity // as the catalogue has it
	// Unconfirmed rules rest on facts that no source states; they ship as warnings.
	Unconfirmed bool
	Statement   string
	Says        string // what the user reads, with {facts} in braces; documentation
	Source      string
	// Elsewhere says which part of Gantry enforces the rule where Check is nil.
	Elsewhere string
	Check     func(*Facts, *Reporter)
}

// Effective is the severity that the rule ships with.
func (r *Rule) Effective() diag.Severity {
	if r.Unconfirmed && r.Severity == diag.Error {
		return diag.Warning
	}
	return r.Severity
}

// At reports whether the rule runs at a moment.
func (r *Rule) At(moment string) bool {
	for _, m := range r.Moments {
		if m == moment {
			return true
		}
	}
	return false
}

// Finding is what a rule says about one object.
type Finding struct {
	diag.Diagnostic
	Facts map[string]string
}

// Reporter collects the findings of one rule.
type Reporter struct {
	rule *Rule
	out  []Finding
}

// Say reports a finding about an object. facts are pairs of name and value.
func (r *Reporter) Say(a schema.Address, path, problem, fix string, facts ...any) {
	r.say(r.rule.Effective(), a, path, problem, fix, facts)
}

// Unknown reports that a fact could not be discovered: one step milder than the
// rule, unless the rule keeps its severity because nothing may be assumed.
func (r *Reporter) Unknown(keep bool, a schema.Address, path, problem, fix string, facts ...any) {
	sev := r.rule.Effective()
	if !keep {
		switch sev {
		case diag.Error:
			sev = diag.Warning
		case diag.Warning:
			sev = diag.Advice
		}
	}
	r.say(sev, a, path, "cannot be checked: "+problem, fix, facts)
}

func (r *Reporter) say(sev diag.Severity, a schema.Address, path, problem, fix string, facts []any) {
	f := Finding{Diagnostic: diag.Diagnostic{Severity: sev, Code: r.rule.ID, Summary: r.rule.Statement, Detail: problem, Fix: fix, Address: string(a), Path: path}}
	if len(facts) > 0 {
		f.Facts = map[string]string{}
		for i := 0; i+1 < len(facts); i += 2 {
			f.Facts[fmt.Sprint(facts[i])] = fmt.Sprint(facts[i+1])
		}
	}
	r.out = append(r.out, f)
}

// Catalogue returns all rules in order of their ids.
func Catalogue() []*Rule {
	var all []*Rule
	for _, family := range [][]*Rule{append(lpm(), lpmHMC()...), ivm(), slices.Concat(net(), netHMC(), netCluster()), slices.Concat(stg(), stgHMC(), hosts(), stgCluster()), ha(), rg(), mon(), append(capacity(), spare()...), dr(), orchestration(), wpar()} {
		slices.SortFunc(family, byNumber)
		all = append(all, family...)
	}
	return all
}

// Run evaluates every rule of a moment and returns the findings in order of
// severity, rule and object.
func Run(moment string, f *Facts) []Finding {
	f = ordered(f)
	var out []Finding
	for _, r := range Catalogue() {
		if r.Check == nil || !r.At(moment) {
			continue
		}
		rep := &Reporter{rule: r}
		r.Check(f, rep)
		out = append(out, rep.out...)
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Severity != b.Severity {
			return weight(a.Severity) < weight(b.Severity)
		}
		if a.Code != b.Code {
			return a.Code < b.Code
		}
		return a.Address < b.Address
	})
	return out
}

// ordered is a copy of the facts whose lists do not depend on the order of discovery.
// Partitions that arrive somewhere come last: a rule about two partitions blames
// the later one, and it is the arrival that the plan can leave out.
func ordered(f *Facts) *Facts {
	c := *f
	c.Systems = sortedBy(f.Systems, func(s *System) string { return s.Label() + "\x00" + s.ID })
	c.Disks = sortedBy(f.Disks, func(d *Disk) string { return d.Label() + "\x00" + d.ID })
	who := func(p *Partition) string {
		rank := "0"
		if p.Target != nil && (p.New || p.Target != p.System) {
			rank = "1"
		}
		return strings.Join([]string{rank, string(p.Address), p.Name, p.ID}, "\x00")
	}
	c.Partitions = sortedBy(f.Partitions, who)
	c.Migrations = sortedBy(f.Migrations, func(m *Migration) string { return who(m.Partition) })
	c.Hosts = sortedBy(f.Hosts, func(h *Host) string { return h.Label() + "\x00" + h.Name })
	c.Clusters = sortedBy(f.Clusters, func(x *Cluster) string { return x.Label() + "\x00" + x.Name })
	c.VolumeGroups = sortedBy(f.VolumeGroups, func(v *VolumeGroup) string { return v.Label() + "\x00" + v.Name + "\x00" + hostNames(v.Hosts) })
	c.Wpars = sortedBy(f.Wpars, func(w *Wpar) string { return string(w.Address) + "\x00" + w.Name })
	return &c
}

func sortedBy[T any](list []T, key func(T) string) []T {
	out := append([]T(nil), list...)
	sort.SliceStable(out, func(i, j int) bool { return key(out[i]) < key(out[j]) })
	return out
}

func weight(s diag.Severity) int {
	switch s {
	case diag.Error:
		return 0
	case diag.Warning:
		return 1
	}
	return 2
}

// Markdown writes the catalogue for the documentation.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Rules\n\nGenerated from the rules themselves: `make generate`. Do not edit.\n\n")
	b.WriteString("An error blocks the plan. A warning stops a plan that changes something until it is acknowledged, with a `waive` block or with `-acknowledge ID=ADDRESS`. Advice is shown and never stops. A rule marked unconfirmed rests on a fact that no source states and ships as a warning.\n")
	family := ""
	titles := map[string]string{"LPM": "LPM: partition mobility", "IVM": "IVM: what the Integrated Virtualization Manager does differently", "NET": "NET: networks of partitions and clusters", "STG": "STG: storage of partitions, and shared volume groups", "HA": "HA: clusters", "RG": "RG: resource groups", "MON": "MON: application monitors", "CAP": "CAP: capacity and placement", "DR": "DR: disaster recovery", "MIG": "MIG: several migrations in one plan", "WPAR": "WPAR: workload partitions and their mobility"}
	for _, r := range Catalogue() {
		if fam := strings.SplitN(r.ID, "-", 2)[0]; fam != family {
			family = fam
			fmt.Fprintf(&b, "\n## %s\n", titles[fam])
		}
		sev := string(r.Effective())
		if r.Unconfirmed {
			sev += ", unconfirmed"
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n- %s; at %s\n", r.ID, r.Statement, sev, strings.Join(r.Moments, ", "))
		if r.Says != "" {
			fmt.Fprintf(&b, "- Says: %s\n", r.Says)
		}
		if r.Elsewhere != "" {
			fmt.Fprintf(&b, "- Enforced by %s\n", r.Elsewhere)
		}
		fmt.Fprintf(&b, "- Source: %s\n", r.Source)
	}
	return b.String()
}

package view

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner"
)

func reported() []planner.Finding {
	at := &diag.Range{File: "main.hcl", Start: diag.Pos{Line: 7, Column: 1}, End: diag.Pos{Line: 7, Column: 9}}
	return []planner.Finding{
		{Diagnostic: diag.Diagnostic{Severity: diag.Error, Code: "MIG-01", Summary: "no room", Detail: `wants <4> & "more"`, Fix: "Free some.", Address: "partition.db", Range: at}},
		{Diagnostic: diag.Diagnostic{Severity: diag.Error, Code: "MIG-01", Summary: "no room", Detail: "wants 2", Address: "partition.web", Range: at}},
		{Diagnostic: diag.Diagnostic{Severity: diag.Warning, Code: "NET-01", Summary: "one path", Detail: "only one path", Address: "partition.db"}, Acknowledged: "waived: moved in May"},
		{Diagnostic: diag.Diagnostic{Severity: diag.Warning, Code: "unreachable", Summary: "console does not answer", Detail: "timeout"}},
		{Diagnostic: diag.Diagnostic{Severity: diag.Advice, Code: "CAP-21", Summary: "overcommitted", Detail: "a lot", Address: "system.a"}},
	}
}

func TestSARIF(t *testing.T) {
	for name, fs := range map[string][]planner.Finding{"findings": reported(), "none": nil} {
		var b strings.Builder
		if err := SARIF(&b, "0.1.0", "estate.hcl", map[string]string{"MIG-01": "There is room."}, fs); err != nil {
			t.Fatal(err)
		}
		r, err := sarif.FromString(b.String(), sarif.WithStrictValidation())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
		if n := len(r.Runs[0].Results); n != len(fs) {
			t.Errorf("%s: %d results of %d findings", name, n, len(fs))
		}
		if len(fs) == 0 {
			continue
		}
		if n := len(r.Runs[0].Tool.Driver.Rules); n != 4 {
			t.Errorf("%d rules, 4 codes", n)
		}
		for i, res := range r.Runs[0].Results {
			if got := *r.Runs[0].Tool.Driver.Rules[res.RuleIndex].ID; got != fs[i].Code {
				t.Errorf("result %d points at rule %s, is %s", i, got, fs[i].Code)
			}
			if len(res.Locations) != 1 || res.Locations[0].PhysicalLocation.ArtifactLocation.URI == nil {
				t.Errorf("result %d has no file", i)
			}
		}
		if s := r.Runs[0].Results[2].Suppressions; len(s) != 1 || *s[0].Justification != "waived: moved in May" {
			t.Errorf("the waiver is not told: %+v", s)
		}
		if got := *r.Runs[0].Results[3].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != "estate.hcl" {
			t.Errorf("stand-in file is %s", got)
		}
	}
}

func TestJUnit(t *testing.T) {
	var b strings.Builder
	if err := JUnit(&b, reported()); err != nil {
		t.Fatal(err)
	}
	var s junitSuite
	if err := xml.Unmarshal([]byte(b.String()), &s); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if s.Tests != 5 || s.Failures != 3 || s.Skipped != 1 || len(s.Cases) != 5 {
		t.Errorf("counts: %+v", s)
	}
	if f := s.Cases[0].Failure; f == nil || !strings.Contains(f.Text, `wants <4> & "more" Free some.`) {
		t.Errorf("failure: %+v", f)
	}
	b.Reset()
	if err := JUnit(&b, nil); err != nil || !strings.Contains(b.String(), `tests="1" failures="0"`) {
		t.Errorf("no findings: %v %s", err, b.String())
	}
}

package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner"
)

// said is what a finding says without its head: detail, or the summary where
// there is none, and the fix.
func said(f planner.Finding) string {
	text := f.Detail
	if text == "" {
		text = f.Summary
	}
	if f.Address != "" {
		text = f.Address + ": " + text
	}
	return strings.TrimSpace(text + " " + f.Fix)
}

// SARIF writes findings as one run of SARIF 2.1.0. rules are the statements of the rules by their ids. An acknowledged finding is a
// suppressed result. file stands in for a finding that no line of the files
// causes, such as a silent console: code scanning refuses a report with a result
// that has no file.
func SARIF(w io.Writer, version, file string, rules map[string]string, fs []planner.Finding) error {
	level := map[diag.Severity]string{diag.Error: sarif.LevelError, diag.Warning: sarif.LevelWarning, diag.Advice: sarif.LevelNote}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(sarif.NewToolComponent().WithName("gantry").WithVersion(version)))
	for _, f := range fs {
		about := rules[f.Code]
		if about == "" {
			about = f.Summary
		}
		run.AddRule(f.Code).WithDescription(about)
		where := sarif.NewPhysicalLocation()
		if f.Range != nil {
			where.WithArtifactLocation(sarif.NewArtifactLocation().WithURI(filepath.ToSlash(f.Range.File)))
			where.WithRegion(sarif.NewRegion().WithStartLine(f.Range.Start.Line).WithStartColumn(f.Range.Start.Column))
		} else {
			where.WithArtifactLocation(sarif.NewArtifactLocation().WithURI(filepath.ToSlash(file)))
		}
		at := sarif.NewLocationWithPhysicalLocation(where)
		if f.Address != "" {
			at.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(f.Address).WithKind("resource"))
		}
		result := run.CreateResultForRule(f.Code).WithLevel(level[f.Severity]).WithMessage(sarif.NewTextMessage(said(f))).AddLocation(at)
		// What a finding is about stays the same when lines above it are added.
		result.WithPartialFingerprints(map[string]string{"gantry/1": f.Code + "=" + f.Address + "/" + f.Path})
		if f.Acknowledged != "" {
			// Waivers stand in the estate, but not on the line that the finding is about.
			result.AddSuppression(sarif.NewSuppression().WithKind("external").WithJustification(f.Acknowledged))
		}
	}
	report := sarif.NewReport()
	report.AddRun(run)
	return report.PrettyWrite(w)
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes findings as a test suite: what stops is a failure, what is
// acknowledged is skipped with the reason, advice passes with its text as output.
// Without findings there is one test that passes, because readers of such
// reports take an empty suite for a run that broke.
func JUnit(w io.Writer, fs []planner.Finding) error {
	s := junitSuite{Name: "gantry check"}
	for _, f := range fs {
		c := junitCase{Class: f.Code, Name: f.Address}
		if c.Name == "" {
			c.Name = f.Summary
		}
		if f.Range != nil {
			c.File, c.Line = f.Range.File, f.Range.Start.Line
		}
		switch {
		case f.Stops():
			s.Failures++
			c.Failure = &junitMessage{Message: f.Summary, Type: string(f.Severity), Text: said(f)}
		case f.Acknowledged != "":
			s.Skipped++
			c.Skipped = &junitMessage{Message: "acknowledged: " + f.Acknowledged}
			c.Out = said(f)
		default:
			c.Out = said(f)
		}
		s.Cases = append(s.Cases, c)
	}
	if len(fs) == 0 {
		s.Cases = []junitCase{{Class: "check", Name: "no findings"}}
	}
	s.Tests = len(s.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

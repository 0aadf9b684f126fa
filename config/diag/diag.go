// Package diag holds the one diagnostic type of Gantry: what is wrong, with
// which object, where in the files, and what to do about it.
//
// The package knows neither HCL nor kinds nor terminals. Whoever finds a
// problem far from the files fills Address and Path; config.Estate.Locate puts
// the range in, and cmd/internal/view renders it.
package diag

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Severity says what a diagnostic does to the run.
type Severity string

// The zero value is not a severity; constructors below set one.
const (
	Error   Severity = "error"   // blocks
	Warning Severity = "warning" // stops until acknowledged, or is only shown where nothing can be acknowledged
	Advice  Severity = "advice"  // shown, never stops
)

// Pos is a position in a file. Line and Column count from 1, Byte from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Range is a piece of a file that the user wrote.
type Range struct {
	File  string `json:"file"`
	Start Pos    `json:"start"`
	End   Pos    `json:"end"`
}

func (r Range) String() string { return fmt.Sprintf("%s:%d", r.File, r.Start.Line) }

// Diagnostic is one thing to tell the user. Summary is short and constant for
// its Code, Detail is whole sentences with the facts, Fix says what to do next.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code,omitempty"`    // rule id, or a word that tests and scripts can rely on
	Summary  string   `json:"summary"`           //
	Detail   string   `json:"detail,omitempty"`  //
	Fix      string   `json:"fix,omitempty"`     //
	Address  string   `json:"address,omitempty"` // object, as kind.name
	Path     string   `json:"path,omitempty"`    // attribute inside the object, as memory.desired
	Range    *Range   `json:"range,omitempty"`
	// Snippet is the source text of the range's lines, filled by whoever holds the files.
	Snippet string `json:"snippet,omitempty"`
}

// String renders the diagnostic in one line, for logs and tests.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(string(d.Severity))
	if d.Code != "" {
		b.WriteString(" " + d.Code)
	}
	if d.Range != nil {
		b.WriteString(" " + d.Range.String())
	}
	b.WriteString(": ")
	if d.Address != "" {
		b.WriteString(d.Address)
		if d.Path != "" {
			b.WriteString(" " + d.Path)
		}
		b.WriteString(": ")
	}
	b.WriteString(d.Summary)
	if d.Detail != "" {
		b.WriteString(": " + d.Detail)
	}
	if d.Fix != "" {
		b.WriteString(" " + d.Fix)
	}
	return b.String()
}

// List is a collection of diagnostics. The nil list is empty and usable.
type List []Diagnostic

// HasErrors reports whether any entry blocks.
func (l List) HasErrors() bool {
	for _, d := range l {
		if d.Severity == Error {
			return true
		}
	}
	return false
}

// Errors returns the blocking entries.
func (l List) Errors() List {
	var out List
	for _, d := range l {
		if d.Severity == Error {
			out = append(out, d)
		}
	}
	return out
}

// Err returns the list as an error, or nil when nothing in it blocks.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return listError(l.Errors())
}

// FromError turns any error into a list; an error made by Err keeps its entries.
func FromError(err error) List {
	if err == nil {
		return nil
	}
	if le, ok := err.(listError); ok {
		return List(le)
	}
	var u interface {
		error
		Diagnostics() List
	}
	if errors.As(err, &u) {
		l := u.Diagnostics()
		// What was said around it stays around it.
		if before, after, ok := strings.Cut(err.Error(), u.Error()); ok && len(l) > 0 {
			l[0].Detail = before + l[0].Detail + after
		}
		return l
	}
	summary, detail, _ := strings.Cut(err.Error(), "\n")
	return List{{Severity: Error, Summary: summary, Detail: detail}}
}

type listError List

func (l listError) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Errorf makes a blocking diagnostic with a code and a formatted detail.
func Errorf(code, summary, format string, args ...any) Diagnostic {
	return Diagnostic{Severity: Error, Code: code, Summary: summary, Detail: fmt.Sprintf(format, args...)}
}

// Warningf is Errorf for something that does not block.
func Warningf(code, summary, format string, args ...any) Diagnostic {
	return Diagnostic{Severity: Warning, Code: code, Summary: summary, Detail: fmt.Sprintf(format, args...)}
}

// At returns the diagnostic with its object and attribute path set.
func (d Diagnostic) At(address, path string) Diagnostic {
	d.Address, d.Path = address, path
	return d
}

// In returns the diagnostic with its source range set.
func (d Diagnostic) In(r *Range) Diagnostic {
	d.Range = r
	return d
}

// WithFix returns the diagnostic with the advice what to do.
func (d Diagnostic) WithFix(format string, args ...any) Diagnostic {
	d.Fix = fmt.Sprintf(format, args...)
	return d
}

// Sort orders by file, line, severity, address and text, so that output does
// not depend on the order of discovery.
func (l List) Sort() {
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i], l[j]
		if a.Range != nil && b.Range != nil {
			if a.Range.File != b.Range.File {
				return a.Range.File < b.Range.File
			}
			if a.Range.Start.Byte != b.Range.Start.Byte {
				return a.Range.Start.Byte < b.Range.Start.Byte
			}
		} else if (a.Range != nil) != (b.Range != nil) {
			return a.Range != nil
		}
		if a.Severity != b.Severity {
			return rank(a.Severity) < rank(b.Severity)
		}
		if a.Code != b.Code {
			return a.Code < b.Code
		}
		if a.Address != b.Address {
			return a.Address < b.Address
		}
		return a.Detail < b.Detail
	})
}

func rank(s Severity) int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	}
	return 2
}

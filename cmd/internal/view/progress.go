package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
)

// Progress renders the events of a run: a bar on a terminal, plain lines elsewhere.
type Progress struct {
	w    io.Writer
	st   Style
	tty  bool
	verb bool // every command and its answer

	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	step string // whose bar it is
	said map[string]time.Time
}

// NewProgress returns a renderer. verbose also shows each command sent.
func NewProgress(w io.Writer, st Style, verbose bool) *Progress {
	f, ok := w.(*os.File)
	return &Progress{w: w, st: st, verb: verbose, tty: ok && term.IsTerminal(int(f.Fd())), said: map[string]time.Time{}}
}

func (p *Progress) line(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear() // the bar is drawn again with the next event
	}
	fmt.Fprintf(p.w, format+"\n", args...)
}

// Event shows one event.
func (p *Progress) Event(e run.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Type {
	case "lock-lost":
		p.line("Nothing new is begun: %s. What runs goes on at its console.", e.Text)
	case "waiting":
		p.line("Waiting: %s", e.Text)
	case "settling":
		p.line("%s: %s", e.Step.Sentence(), e.Text)
	case "settled":
		p.drop(e.StepID)
		p.line("%s: settled; %s", e.Step.Sentence(), e.Text)
	case "step-started":
		p.line("%s: started%s", e.Step.Sentence(), towards(e.Step))
	case "step-done":
		p.drop(e.StepID)
		p.line("%s %s", p.st.Green.Render(e.Step.Sentence()+": done"), "("+e.Took.Round(100*time.Millisecond).String()+")")
	case "step-failed":
		p.drop(e.StepID)
		p.line("%s", p.st.Red.Render(e.Step.Sentence()+": failed"))
	case "step-skipped":
		p.line("%s: not begun, because %s failed", e.Step.Sentence(), strings.Replace(e.Text, ":", " ", 1))
	case "provider":
		p.provider(e)
	}
}

func towards(s *planner.Step) string {
	if s.Action != planner.Migrate || len(s.Changes) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s -> %s)", strings.Trim(string(s.Changes[0].Before), `"`), strings.Trim(string(s.Changes[0].After), `"`))
}

func (p *Progress) provider(e run.Event) {
	ev := e.Provider
	switch ev.Type {
	case "command":
		if p.verb {
			p.line("  %s $ %s", ev.Text, ev.Command)
		}
	case "answer":
		if p.verb && (ev.Exit != 0 || strings.TrimSpace(ev.Text) != "") {
			p.line("  rc=%d %s", ev.Exit, strings.TrimSpace(ev.Text))
		}
	case "note":
		p.line("  %s", ev.Text)
	case "progress":
		p.progress(e.StepID, e.Step, ev)
	}
}

func (p *Progress) progress(id string, s *planner.Step, ev *providers.Event) {
	if p.tty {
		if p.bar == nil || p.step != id {
			p.bar = progressbar.NewOptions64(ev.Total, progressbar.OptionSetWriter(p.w), progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true),
				progressbar.OptionSetWidth(28), progressbar.OptionSetDescription("  "+string(s.Address)), progressbar.OptionSetPredictTime(true), progressbar.OptionSpinnerCustom([]string{" "}))
			p.step = id
		}
		p.bar.ChangeMax64(ev.Total)
		p.bar.Describe(fmt.Sprintf("  %s  %s of %s", s.Address, bytes(ev.Sent), bytes(ev.Total)))
		_ = p.bar.Set64(ev.Sent) // drawing cannot fail in a way that matters
		return
	}
	done := ev.Sent >= ev.Total
	if last, seen := p.said[id]; seen && time.Since(last) < 2*time.Second && !done {
		return
	}
	p.said[id] = time.Now()
	left := ""
	if ev.Rate > 0 && !done {
		left = fmt.Sprintf(", %s/s, about %s left", bytes(int64(ev.Rate)), ev.Left.Round(time.Second))
	}
	p.line("  %s: %s of %s sent, %s left (%d%%)%s", s.Address, bytes(ev.Sent), bytes(ev.Total), bytes(ev.Total-ev.Sent), 100*ev.Sent/max(ev.Total, 1), left)
}

func (p *Progress) drop(id string) {
	if p.bar != nil && p.step == id {
		_ = p.bar.Clear()
		p.bar = nil
	}
	delete(p.said, id)
}

func bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// JSONEvents renders events as one JSON object a line.
func JSONEvents(w io.Writer) func(run.Event) {
	var mu sync.Mutex
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e run.Event) {
		mu.Lock()
		defer mu.Unlock()
		out := struct {
			run.Event
			Address string `json:"address,omitempty"`
			Error   string `json:"error,omitempty"`
		}{Event: e}
		if e.Step != nil {
			out.Address = string(e.Step.Address)
		}
		if e.Err != nil {
			out.Error = e.Err.Error()
		}
		_ = enc.Encode(out) // a broken pipe ends the run by itself
	}
}

// FindingsJSON writes a plan's findings as events, one a line.
func FindingsJSON(w io.Writer, p *planner.Plan) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, f := range p.Findings {
		_ = enc.Encode(struct {
			Type    string          `json:"type"`
			Finding planner.Finding `json:"finding"`
		}{"finding", f}) // a broken pipe ends the run by itself
	}
	_ = enc.Encode(map[string]any{"type": "plan", "fingerprint": p.Fingerprint, "steps": len(p.Steps), "blocked": p.Blocked()})
}

// SummaryJSON writes the last event of an apply.
func SummaryJSON(w io.Writer, s *run.Summary) {
	type skipped struct {
		Step    string `json:"step"`
		Because string `json:"because"`
	}
	type failed struct {
		Step        string    `json:"step"`
		Diagnostics diag.List `json:"diagnostics"`
	}
	out := struct {
		Type     string    `json:"type"`
		OK       bool      `json:"ok"`
		Done     []string  `json:"done"`
		Failed   []failed  `json:"failed"`
		Skipped  []skipped `json:"skipped"`
		NotBegun []string  `json:"not_begun"`
		Seconds  float64   `json:"seconds"`
	}{"summary", s.OK(), append([]string{}, s.Done...), []failed{}, []skipped{}, append([]string{}, s.NotBegun...), s.Took.Seconds()}
	for _, f := range s.Failed {
		out.Failed = append(out.Failed, failed{f.Step, diag.FromError(f.Err)})
	}
	for _, k := range s.Skipped {
		out.Skipped = append(out.Skipped, skipped{k.Step, k.Because})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // a broken pipe ends the run by itself
}

// Summary writes how an apply ended: the first cause on top, one line last.
func Summary(w io.Writer, st Style, s *run.Summary) {
	for _, f := range s.Failed {
		l := diag.FromError(f.Err)
		for i := range l {
			if l[i].Address == "" {
				l[i].Address = strings.Replace(f.Step, ":", " ", 1)
			}
		}
		fmt.Fprintln(w)
		Diagnostics(w, st, l)
	}
	for _, k := range s.Skipped {
		why := ""
		if k.Rests {
			why = ", and after_failed_migration is \"rest\""
		}
		fmt.Fprintf(w, "not begun: %s, because %s failed%s\n", strings.Replace(k.Step, ":", " ", 1), strings.Replace(k.Because, ":", " ", 1), why)
	}
	for _, k := range s.NotBegun {
		fmt.Fprintf(w, "not begun: %s, because of the interrupt\n", strings.Replace(k, ":", " ", 1))
	}
	took := s.Took.Round(100 * time.Millisecond)
	if s.OK() {
		fmt.Fprintf(w, "%s %s done in %s.\n", st.Green.Render("Applied:"), plural(len(s.Done), "step"), took)
		return
	}
	if len(s.Moved) > 0 {
		// MIG-33: nothing goes back by itself.
		var who []string
		systems := map[string]bool{}
		for _, m := range s.Moved {
			who = append(who, m.Address)
			systems[m.From] = true
		}
		slices.Sort(who)
		fmt.Fprintf(w, "moved, and stays there: %s\n", strings.Join(who, ", "))
		fmt.Fprintln(w, "  forward: gantry apply again, when the cause is repaired")
		for _, from := range slices.Sorted(maps.Keys(systems)) {
			fmt.Fprintf(w, "  home:    declare %s again; after an evacuation gantry plan -return %s -write does that\n", from, from)
		}
	}
	books := "What was done is recorded; plan again when the cause is repaired."
	if slices.ContainsFunc(s.Failed, func(f run.Failure) bool { return errors.Is(f.Err, run.ErrUnrecorded) }) {
		books = "What could not be recorded is open in the journal, done or not: the next apply looks at the consoles and settles it."
	}
	fmt.Fprintf(w, "%s %d done, %d failed, %d not begun, in %s. %s\n", st.Red.Render("Not complete:"), len(s.Done), len(s.Failed), len(s.Skipped)+len(s.NotBegun), took, books)
}

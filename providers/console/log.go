package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The command log has one line for each command that has ended, and one before it for a command of a step, when it is about to be
// sent: who keeps a record has it also when the process ends before the answer. The further lines of a command are indented by a tab,
// so that nothing in a command passes for a line of the log; the text of a lost answer is quoted for the same reason.
//
//	2026-11-26T10:00:00.5Z hmc.one sent 0s [update:partition.db]: chhwres ...
//	2026-11-26T10:00:01.7Z hmc.one rc=0 1.2s [update:partition.db]: chhwres ...
//	2026-11-26T10:00:02.9Z hmc.one lost: "EOF" 1.2s [update:partition.db["a"]]: chhwres ...
var begins = regexp.MustCompile(`(?m)^(\d{4}-\d\d-\d\dT\S+Z) (\S+) (sent|rc=(-?\d+)|lost: ("(?:[^"\\\n]|\\.)*")) (\d\S*?s)(?: \[((?:[^\[\]"\n]|\[(?:\d+|"(?:[^"\\\n]|\\.)*")\])*)\])?: `)

// Logged is what a command log says of a command.
type Logged struct {
	Time    time.Time
	Console string
	Sent    bool // it is about to be sent; else it has ended
	Exit    *int // nil: the answer was lost
	Lost    string
	Took    time.Duration
	Step    string // none: it only looked
	Command string

	text []byte
}

// ParseLog takes lines of a command log apart. What stands before the first one is left out. A step may have brackets of its own:
// partition.db["db01"].
func ParseLog(b []byte) []Logged {
	at := begins.FindAllSubmatchIndex(b, -1)
	var out []Logged
	for i, m := range at {
		end := len(b)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		part := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return string(b[m[2*n]:m[2*n+1]])
		}
		x := Logged{Console: part(2), Sent: part(3) == "sent", Step: part(7), Command: strings.ReplaceAll(strings.TrimSuffix(string(b[m[1]:end]), "\n"), "\n\t", "\n"), text: b[m[0]:end]}
		x.Time, _ = time.Parse(time.RFC3339Nano, part(1)) // as the expression has it
		x.Took, _ = time.ParseDuration(part(6))
		if rc := part(4); rc != "" {
			n, _ := strconv.Atoi(rc)
			x.Exit = &n
		} else if !x.Sent {
			x.Lost, _ = strconv.Unquote(part(5)) // as the expression has it
		}
		out = append(out, x)
	}
	return out
}

// Announces says whether lines of a command log have a command that is about to be sent.
func Announces(b []byte) bool {
	for _, m := range begins.FindAllSubmatchIndex(b, -1) {
		if string(b[m[6]:m[7]]) == "sent" {
			return true
		}
	}
	return false
}

// Answered is a command log that has a line for each command when it has ended, and none before.
func Answered(w io.Writer) io.Writer { return answered{w} }

type answered struct{ w io.Writer }

func (a answered) Write(b []byte) (int, error) {
	var keep bytes.Buffer
	all := ParseLog(b)
	if len(all) == 0 {
		keep.Write(b) // better a line too many than one too few
	}
	for _, x := range all {
		if !x.Sent {
			keep.Write(x.text)
		}
	}
	if keep.Len() == 0 {
		return len(b), nil
	}
	if _, err := a.w.Write(keep.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ErrUnheard is what a command log's Write gives when whoever keeps the record is gone. What was announced with it is not sent. Another
// failure of the log holds nothing up: a disk that is full must not stop a migration halfway.
var ErrUnheard = errors.New("nothing more is sent: the Gantry that these steps are of is gone")

// CommandLog writes lines of a command log for one console.
type CommandLog struct {
	W    io.Writer // nil: nobody wants it
	Name string    // of the console, as a provider block has it

	mu sync.Mutex
}

// Announce says what is about to be sent for a step; for what only looks nothing is said. It must not be sent when this gives an error.
func (l *CommandLog) Announce(ctx context.Context, line string) error {
	step, ok := ctx.Value(stepKey{}).(string)
	if !ok {
		return nil
	}
	if err := l.write(fmt.Sprintf("sent 0s [%s]: %s", step, line)); errors.Is(err, ErrUnheard) {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	if ctx.Err() != nil { // writing it down may take long
		err := context.Cause(ctx)
		l.Ended(ctx, line, 0, 0, fmt.Errorf("not sent: %w", err))
		return err
	}
	return nil
}

// Ended says how it ended; lost is why there was no answer.
func (l *CommandLog) Ended(ctx context.Context, line string, exit int, took time.Duration, lost error) {
	result := fmt.Sprintf("rc=%d", exit)
	if lost != nil {
		result = "lost: " + strconv.Quote(strings.Join(strings.Fields(lost.Error()), " "))
	}
	result += " " + took.Round(time.Millisecond).String()
	if step, ok := ctx.Value(stepKey{}).(string); ok {
		result += " [" + step + "]"
	}
	_ = l.write(result + ": " + line) // as ErrUnheard says
}

func (l *CommandLog) write(what string) error {
	if l.W == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintf(l.W, "%s %s %s\n", time.Now().UTC().Format(time.RFC3339Nano), l.Name, strings.ReplaceAll(what, "\n", "\n\t"))
	return err
}

type stepKey struct{}

// WithStep has the command log say for which step commands are sent.
func WithStep(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, stepKey{}, id)
}

package sdk

import (
	"context"
	"errors"

	"github.com/gantry-power/gantry/providers/console"
)

// SSH is a console that is reached over SSH: one login, tried once with one credential, kept and reused; host keys are verified, and
// ssh_config is read. The provider block has the attributes of Gantry's own providers.
type SSH struct {
	at    *Endpoint
	shell *console.Shell
	// Explain puts an answer of the console into plain words; nil when nothing is known of its messages.
	Explain func(answer string) (meaning, fix string)
	// Refused reports whether an answer is a refusal although the exit code is 0, as switches do.
	Refused func(answer string) bool
}

// DialSSH connects and logs in. At most so many commands are in flight at once.
func DialSSH(ctx context.Context, e *Endpoint, atOnce int) (*SSH, error) {
	t, err := console.Resolve(e.Key, e.raw.Dir, e.raw.Config)
	if err != nil {
		return nil, err
	}
	sh, err := console.Dial(ctx, t, e.raw.Log, atOnce)
	if err != nil {
		return nil, err
	}
	return &SSH{at: e, shell: sh}, nil
}

// Send sends a line and returns what it printed. What the console refuses is a Refusal, what got lost is Lost.
func (s *SSH) Send(ctx context.Context, line string) (string, error) {
	a, err := s.shell.Run(ctx, line)
	var lost *console.ErrLost
	switch {
	case errors.As(err, &lost):
		return "", &Lost{Command: line, Err: lost.Err}
	case err != nil:
		return "", err
	}
	answer := a.Stdout + a.Stderr
	if a.Exit != 0 || s.Refused != nil && s.Refused(answer) {
		r := &Refusal{Command: line, Answer: answer, Exit: a.Exit}
		if s.Explain != nil {
			r.Meaning, r.Fix = s.Explain(answer)
		}
		return answer, r
	}
	return answer, nil
}

// Key is the provider block, as TYPE.NAME.
func (s *SSH) Key() string { return s.at.Key }

// Sent is the number of commands so far.
func (s *SSH) Sent() int { return s.shell.Sent() }

// Close ends the connection.
func (s *SSH) Close() error { return s.shell.Close() }

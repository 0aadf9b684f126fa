package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Ask runs a command that asks for a secret on its terminal, and answers once. What comes back has the line ends of a
// terminal taken out, and both streams are one; the secret is neither in it nor in the log.
func (s *Shell) Ask(ctx context.Context, line, prompt, secret string) (*Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.target.Command, fmt.Errorf("no answer within %s", s.target.Command))
	defer cancel()
	sess, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	if err := sess.RequestPty("dumb", 24, 200, ssh.TerminalModes{ssh.ECHO: 0}); err != nil {
		return nil, &ErrLost{err}
	}
	in, err := sess.StdinPipe()
	if err != nil {
		return nil, &ErrLost{err}
	}
	out := &prompted{prompt: prompt, seen: make(chan struct{})}
	sess.Stdout, sess.Stderr = out, out
	if err := s.log.Announce(ctx, line); err != nil {
		return nil, err
	}
	begin := time.Now()
	lost := func(err error) (*Answer, error) {
		s.log.Ended(ctx, line, 0, time.Since(begin), err)
		return nil, &ErrLost{err}
	}
	done := make(chan error, 1)
	go func() { done <- sess.Run(line) }()
	asked := out.seen
	for {
		select {
		case <-asked:
			asked = nil
			if _, err := in.Write([]byte(secret + "\n")); err != nil {
				return lost(err)
			}
		case err := <-done:
			a := &Answer{Stdout: strings.ReplaceAll(strings.ReplaceAll(out.text(), "\r", ""), secret, "***"), Took: time.Since(begin)}
			var exit *ssh.ExitError
			if err != nil && !errors.As(err, &exit) {
				return lost(err)
			}
			if exit != nil {
				a.Exit = exit.ExitStatus()
			}
			s.log.Ended(ctx, line, a.Exit, a.Took, nil)
			return a, nil
		case <-ctx.Done():
			return lost(context.Cause(ctx))
		}
	}
}

// prompted collects output and tells when a prompt has come.
type prompted struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	prompt string
	seen   chan struct{}
	told   bool
}

func (p *prompted) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf.Write(b)
	if !p.told && strings.Contains(p.buf.String(), p.prompt) {
		p.told = true
		close(p.seen)
	}
	return len(b), nil
}

func (p *prompted) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

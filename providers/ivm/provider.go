// Package ivm carries plans out on Integrated Virtualization Managers: Virtual
// I/O Servers that manage the one system they run on (ivm-cli.md).
//
// The package knows the IVM's dialect and nothing of configuration files, state
// or the order of steps.
package ivm

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// Provider is the built-in provider ivm. A migration concerns two consoles, so
// the sessions that it opens are registered.
type Provider struct{ reg *lpar.Registry }

var (
	_ providers.Provider = (*Provider)(nil)
	_ lpar.Console       = (*Session)(nil)
)

// New returns the provider.
func New(reg *lpar.Registry) *Provider { return &Provider{reg} }

// Describe says what the provider can do. An IVM serialises configuration
// commands by its ODM lock (ivm-cli.md, section 2).
func (p *Provider) Describe() providers.Description {
	return providers.Description{
		Name: "ivm", Version: "0.1.0",
		Actions: map[string][]planner.Action{
			"partition": {planner.Create, planner.Adopt, planner.Update, planner.Start, planner.Stop, planner.Restart, planner.Migrate, planner.Delete, planner.Forget},
			"disk":      {planner.Update},
		},
		Limits: providers.Limits{StepsPerEndpoint: 4, Serial: []planner.Action{planner.Create, planner.Update, planner.Delete}},
	}
}

// requests is how many commands run at once over the one connection: an IVM is a small server that does other work.
const requests = 4

// Session is one open IVM.
type Session struct {
	p       *Provider
	key     string
	shell   *console.Shell
	host    string
	version string

	mu     sync.Mutex
	system string     // identity of the managed system
	name   string     // its name on the console
	serial sync.Mutex // held while a configuration command runs
}

// Open connects, verifies the host key and logs in. Host name and version are
// read with the first discovery.
func (p *Provider) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	t, err := console.Resolve(e.Key, e.Dir, e.Config)
	if err != nil {
		return nil, err
	}
	sh, err := console.Dial(ctx, t, e.Log, requests)
	if err != nil {
		return nil, err
	}
	s := &Session{p: p, key: e.Key, shell: sh}
	p.reg.Add(s)
	return s, nil
}

// Apply performs one step.
func (s *Session) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	return lpar.Apply(console.WithStep(ctx, r.Step.ID), s.p.reg, s, r)
}

// ExchangeKeys gives the console another one's trust.
func (s *Session) ExchangeKeys(ctx context.Context, address, user string, password func() (string, error)) (bool, error) {
	return lpar.ExchangeKeys(console.WithStep(ctx, "exchange-keys"), s, address, user, password)
}

// Ask runs a command that asks for a secret.
func (s *Session) Ask(ctx context.Context, line, prompt, secret string) (*console.Answer, error) {
	return s.shell.Ask(ctx, line, prompt, secret)
}

// Key is the endpoint's.
func (s *Session) Key() string { return s.key }

// Run sends a line.
func (s *Session) Run(ctx context.Context, line string) (*console.Answer, error) {
	return s.shell.Run(ctx, line)
}

// Busy: the Virtual I/O Server's device database is locked.
func (s *Session) Busy(e *providers.CommandError) bool {
	return strings.Contains(e.Stderr+e.Stdout, "0514-516")
}

// Blocks: an IVM takes the order and migrates in the background.
func (s *Session) Blocks() bool { return false }

// Serial is held while a configuration command runs.
func (s *Session) Serial() sync.Locker { return &s.serial }

// SystemName is the console's name for its system, or the identity where nothing was discovered yet.
func (s *Session) SystemName(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.name, id)
}

// Records reads rows.
func (s *Session) Records(ctx context.Context, line string) ([]console.Record, error) {
	out, err := lpar.Read(ctx, s, line)
	if err != nil {
		return nil, err
	}
	recs, err := console.ParseRecords(out)
	if err != nil {
		return nil, s.parseError(line, out, err)
	}
	return recs, nil
}

// Find reads one partition by name; nil when the console has none.
func (s *Session) Find(ctx context.Context, _, name string) (*schema.Object, error) {
	var back *schema.Object
	err := s.Discover(ctx, providers.Scope{Names: []string{name}}, func(o *schema.Object) {
		if o.Kind == "partition" && partitionName(o) == name {
			back = o
		}
	})
	return back, err
}

// State reads the state of one partition: "" when there is none.
func (s *Session) State(ctx context.Context, _, name string) (string, error) {
	line, err := console.New("lssyscfg", "-r", "lpar").Filter("lpar_names", name).Line()
	if err != nil {
		return "", err
	}
	recs, err := s.Records(ctx, line)
	if err != nil {
		return "", err
	}
	for _, r := range recs {
		if r["name"] == name {
			return lpar.PartitionState(r["state"]), nil
		}
	}
	return "", nil
}

// Status is what is known of the console after Discover.
func (s *Session) Status() planner.EndpointStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return planner.EndpointStatus{Console: s.host, Version: s.version, Commands: s.shell.Sent(), System: s.system}
}

// Close ends the session.
func (s *Session) Close() error {
	s.p.reg.Remove(s)
	return s.shell.Close()
}

// read sends a command that changes nothing. A lost answer is asked for once more.
func (s *Session) read(ctx context.Context, c *console.Command) (string, error) {
	line, err := c.Line()
	if err != nil {
		return "", err
	}
	return lpar.Read(ctx, s, line)
}

// Judge turns an answer into output or an error that shows both.
func (s *Session) Judge(line string, a *console.Answer, err error) (string, error) {
	if err != nil {
		if lost, ok := err.(*console.ErrLost); ok {
			return "", &providers.LostError{Endpoint: s.key, Command: line, Err: lost.Err}
		}
		return "", err
	}
	// Informative messages come on stderr with exit code 0 (ivm-cli.md, section 2).
	if a.Exit != 0 || strings.Contains(a.Stderr, "[VIOSE") {
		meaning, fix := explainMessage(a.Stderr + a.Stdout)
		return "", &providers.CommandError{Endpoint: s.key, Command: line, Exit: a.Exit, Stdout: a.Stdout, Stderr: a.Stderr, Meaning: meaning, Fix: fix}
	}
	return a.Stdout, nil
}

// explainMessage puts known refusals into plain words. Most IVM codes are not
// documented (ivm-cli.md, section 17), so nothing depends on this.
func explainMessage(text string) (meaning, fix string) {
	switch {
	case strings.Contains(text, "already being used as a backing device"):
		return "The disk is mapped already.", "Look with lsmap -all; free the disk or declare the mapping."
	case strings.Contains(text, "VIOSE01040120-0006"):
		return "A required option is missing.", ""
	case strings.Contains(text, "VIOSE01010003-0245"):
		return "This Virtual I/O Server is not an IVM.", "Declare the HMC that manages it."
	case strings.Contains(text, "0514-516"):
		return "Another configuration command is running on the Virtual I/O Server.", "Try again in a moment."
	}
	return "", ""
}

// parseError says that an answer has a form that is not known (rule IVM-20).
func (s *Session) parseError(command, answer string, err error) error {
	return fmt.Errorf("%s answered in an unknown form (rule IVM-20): %w\n  command: %s\n  answer:  %s", s.key, err, command, strings.ReplaceAll(strings.TrimSpace(answer), "\n", "\n           "))
}

func systemName(o *schema.Object) string { return schema.Str(o.Value, "name") }

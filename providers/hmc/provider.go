// Package hmc carries plans out on Hardware Management Consoles: one console
// manages several systems, whose Virtual I/O Servers it reaches with viosvrcmd
// (hmc-cli.md, hmc-live-facts.md).
//
// The package knows the HMC's dialect and nothing of configuration files, state
// or the order of steps.
package hmc

import (
	"context"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
	"github.com/gantry-power/gantry/providers/lpar"
)

// Provider is the built-in provider hmc.
type Provider struct{ reg *lpar.Registry }

var (
	_ providers.Provider = (*Provider)(nil)
	_ lpar.Console       = (*Session)(nil)
)

// New returns the provider. Sessions are registered, because a migration may
// concern another console, also one of another kind.
func New(reg *lpar.Registry) *Provider { return &Provider{reg} }

// Describe says what the provider can do. Creating, changing and deleting run
// one at a time against a console, because the commands of two steps meet in the
// device database of the same Virtual I/O Servers.
func (p *Provider) Describe() providers.Description {
	return providers.Description{
		Name: "hmc", Version: "0.1.0",
		Actions: map[string][]planner.Action{
			"partition": {planner.Create, planner.Adopt, planner.Update, planner.Start, planner.Stop, planner.Restart, planner.Migrate, planner.Delete, planner.Forget},
			"system":    {planner.Update},
			"network":   {planner.Create, planner.Update, planner.Delete, planner.Forget},
			"disk":      {planner.Create, planner.Adopt, planner.Update, planner.Delete, planner.Forget},
		},
		Limits: providers.Limits{StepsPerEndpoint: 8, Serial: []planner.Action{planner.Create, planner.Update, planner.Delete}},
	}
}

// Session is one open HMC.
type Session struct {
	reg     *lpar.Registry
	key     string
	shell   *console.Shell
	version string

	mu      sync.Mutex
	names   map[string]string // identity of a system -> its name on the console
	unread  map[string]string
	refused map[string]bool // attributes of a partition that this console does not know
	host    string
}

// requests is how many requests run at once over the one connection. sshd allows
// ten by default; what an HMC allows is unconfirmed, and a refused channel waits.
const requests = 48

// Open connects, verifies the host key and logs in.
func (p *Provider) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	t, err := console.Resolve(e.Key, e.Dir, e.Config)
	if err != nil {
		return nil, err
	}
	sh, err := console.Dial(ctx, t, e.Log, requests)
	if err != nil {
		return nil, err
	}
	s := &Session{reg: p.reg, key: e.Key, shell: sh, names: map[string]string{}, unread: map[string]string{}, refused: map[string]bool{}}
	p.reg.Add(s)
	return s, nil
}

// Status is what is known of the console after Discover.
func (s *Session) Status() planner.EndpointStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := planner.EndpointStatus{Console: s.host, Version: s.version, Commands: s.shell.Sent()}
	for id := range s.names {
		st.Systems = append(st.Systems, id)
	}
	sort.Strings(st.Systems)
	for id, why := range s.unread {
		if st.Unread == nil {
			st.Unread = map[string]string{}
		}
		st.Unread[id] = why
	}
	return st
}

// Close ends the session.
func (s *Session) Close() error {
	s.reg.Remove(s)
	return s.shell.Close()
}

// Apply performs one step.
func (s *Session) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	return lpar.Apply(console.WithStep(ctx, r.Step.ID), s.reg, s, r)
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

// Run sends a line in English: messages and some values follow the caller's locale.
func (s *Session) Run(ctx context.Context, line string) (*console.Answer, error) {
	return s.shell.Run(ctx, line)
}

// Busy: another operation holds the object, or the device database of a Virtual
// I/O Server.
func (s *Session) Busy(e *providers.CommandError) bool {
	text := e.Stdout + e.Stderr
	return strings.Contains(text, "HSCL3205") || strings.Contains(text, "0514-516")
}

// Blocks: migrlpar -o m returns when the migration has ended.
func (s *Session) Blocks() bool { return true }

// Serial is nil: commands about different partitions run beside each other. The
// executor serialises the steps that meet on a Virtual I/O Server.
func (s *Session) Serial() sync.Locker { return nil }

// SystemName is the console's name for a system.
func (s *Session) SystemName(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.names[id]; n != "" {
		return n
	}
	return id // -m takes type-model*serial too
}

// Judge turns an answer into output or an error that shows both. Messages come on
// the standard output (hmc-live-facts.md, section 2).
func (s *Session) Judge(line string, a *console.Answer, err error) (string, error) {
	if err != nil {
		if lost, ok := err.(*console.ErrLost); ok {
			return "", &providers.LostError{Endpoint: s.key, Command: line, Err: lost.Err}
		}
		return "", err
	}
	if a.Exit != 0 {
		meaning, fix := explainMessage(a.Stdout + a.Stderr)
		return "", &providers.CommandError{Endpoint: s.key, Command: line, Exit: a.Exit, Stdout: a.Stdout, Stderr: a.Stderr, Meaning: meaning, Fix: fix}
	}
	return a.Stdout, nil
}

var hscCode = regexp.MustCompile(`HSC[A-Z0-9]{5}`)

// explainMessage puts known refusals into plain words. Nothing depends on it.
func explainMessage(text string) (meaning, fix string) {
	for _, code := range hscCode.FindAllString(text, -1) {
		if m, ok := meanings[code]; ok {
			return m[0], m[1]
		}
	}
	return "", ""
}

// meanings are those of hmc-cli.md, sections 4 and 16.
var meanings = map[string][2]string{
	"HSCL0238": {"The system is not operating.", "Power it on, or take it out of the plan."},
	"HSCL05DE": {"A partition of that name exists on the system.", "Rename one of the two, or import the one that exists."},
	"HSCL05DF": {"The partition is not in a state that allows this.", "Look at its state, and plan again."},
	"HSCL05EA": {"The partition is on already.", "Plan again."},
	"HSCL0622": {"There are too few processing units for the virtual processors.", "Declare more units or fewer virtual processors."},
	"HSCL0DB4": {"The operating system cannot be asked to shut down, because its management connection (RMC) is not active.", "Repair RMC, or shut it down by hand."},
	"HSCL1558": {"The partition is off already.", "Plan again."},
	"HSCL2957": {"The console has no management connection (RMC) to the partition.", "Repair RMC: the partition must reach the console on port 657; diagrmc on the console helps."},
	"HSCL294D": {"The adapter is in use by the operating system.", "Free it there first."},
	"HSCL2970": {"The Virtual I/O Server refused the command.", "Look at its message below."},
	"HSCL3205": {"Another operation is working on the same object.", "Try again in a moment."},
	"HSCL350B": {"The user may not run this command.", "Give the user a task role that may: hmcsuperadmin, or one with the tasks that docs/provider-hmc.md lists."},
	"HSCL3653": {"The two consoles do not have each other's keys.", "Exchange them once: gantry exchange-keys FROM TO, with the providers of the source and of the target; it asks for the password of the other one."},
	"HSCL800F": {"The profile does not exist.", "Plan again."},
	"HSCL8011": {"The partition does not exist on this system.", "Plan again."},
	"HSCL8012": {"The partition does not exist on this system.", "Plan again."},
	"HSCL8018": {"The console does not manage that system.", "Declare the console that manages it."},
	"HSCLA246": {"The console cannot reach the partition, or a Virtual I/O Server, over its management connection (RMC).", "Repair RMC: port 657, and diagrmc on the console."},
	"HSCLA24E": {"The target has no Virtual I/O Server that can serve a virtual SCSI adapter: a LUN is not visible there, is in use, or is reserved.", "Zone the LUNs to the target's Virtual I/O Servers and set reserve_policy to no_reserve on them."},
	"HSCLA257": {"The operating system says that it is not ready to move.", "Look at its error log."},
	"HSCLA27C": {"A disk cannot move: it is no whole LUN, or it is reserved.", "Use whole LUNs, and set reserve_policy to no_reserve."},
	"HSCLA2CF": {"The migration stopped on its way.", "Look at its error log and at those of the two movers before it is tried again."},
	"HSCLA319": {"The target has no Fibre Channel port that sees the same storage ports as the source does.", "Zone both WWPNs of the adapter to the target: gantry show -zoning lists them."},
	"HSCLA340": {"Not every path can be kept on the target.", "Check that both Virtual I/O Servers of the target see all LUNs and fabrics."},
	"HSCL03EC": {"There is not enough memory.", "Free memory on the system, or ask for less."},
	"HSCL03EF": {"There are not enough processors.", "Free processors on the system, or ask for less."},
}

// Records reads rows. A partition that a filter names and that does not exist is
// an error on this console; here it means that there are none.
func (s *Session) Records(ctx context.Context, line string) ([]console.Record, error) {
	out, err := lpar.Read(ctx, s, line)
	if err != nil {
		if refused, ok := err.(*providers.CommandError); ok && (strings.Contains(refused.Stdout, "HSCL8012") || strings.Contains(refused.Stdout, "HSCL8011")) {
			return nil, nil
		}
		return nil, err
	}
	recs, err := console.ParseRecords(out)
	if err != nil {
		return nil, s.parseError(line, out, err)
	}
	return recs, nil
}

// State reads the state of one partition: "" when there is none.
func (s *Session) State(ctx context.Context, system, name string) (string, error) {
	line, err := console.New("lssyscfg", "-r", "lpar", "-m", s.SystemName(system)).Filter("lpar_names", name).Line()
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

// Find reads one partition of a system; nil when there is none.
func (s *Session) Find(ctx context.Context, system, name string) (*schema.Object, error) {
	if st, err := s.State(ctx, system, name); err != nil || st == "" {
		return nil, err
	}
	var back *schema.Object
	err := s.Discover(ctx, providers.Scope{Systems: []string{system}}, func(o *schema.Object) {
		if o.Kind == "partition" && schema.Str(o.Value, "name") == name {
			back = o
		}
	})
	return back, err
}

// parseError says that an answer has a form that is not known.
func (s *Session) parseError(command, answer string, err error) error {
	if len(answer) > 2000 {
		answer = answer[:2000] + " ..."
	}
	return fmt.Errorf("%s answered in an unknown form: %w\n  command: %s\n  answer:  %s", s.key, err, command, strings.ReplaceAll(strings.TrimSpace(answer), "\n", "\n           "))
}

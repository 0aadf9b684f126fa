package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/zclconf/go-cty/cty"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
)

// Process is a plugin that serves one or several providers. It is started when it is first asked something.
type Process struct {
	// Name is how errors call it.
	Name string
	// Command starts it.
	Command []string
	// Log gets what it logs, a line each with its name; nil discards.
	Log hclog.Logger
	// Version is what its descriptions must say; "" is any.
	Version string
	// Before is asked before it is started, with a directory that is only this user's and is removed when the process has ended. It
	// returns the executable to start, or why none is to be started; without it the command is started as it is.
	Before func(private string) (string, error)
	// Pinned is what the lock says that its provider says of itself; nil is anything.
	Pinned *providers.Description
	// Context ends what is asked outside of a session, when the user interrupts.
	Context context.Context
	// Patience is the most that is waited for anything; 0 for the usual times.
	Patience time.Duration
	// Foreign: it is not of this program, so nothing that it may not change is taken over from it.
	Foreign bool

	plan   sync.Mutex // one explanation at a time: the facts of the plan have to be those that crossed
	mu     sync.Mutex
	first  *Fault
	client *goplugin.Client
	cmd    *exec.Cmd
	conn   *grpc.ClientConn
	dead   error
	dir    string // of its socket

	facts   planner.FactsBase
	factsID uint64
	there   bool // they have crossed
	crossed map[string]*schema.Object
}

// How long a plugin may take. A step may take as long as it likes while something is heard of it: a command, an answer, progress.
const (
	startTimeout   = 20 * time.Second
	pureTimeout    = time.Minute      // for what needs no console
	openTimeout    = 5 * time.Minute  // for a login, with what a slow console takes
	silenceTimeout = 30 * time.Minute // for a session of which nothing is heard; Limits.Silence may say more
)

func (p *Process) patient(limit time.Duration) time.Duration {
	if p.Patience > 0 {
		return min(limit, p.Patience)
	}
	return limit
}

// Provider is one of the providers that the process serves.
func (p *Process) Provider(name string) providers.Provider { return &client{p: p, name: name} }

// Stop ends the process, if it runs, and removes its socket.
func (p *Process) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop(errors.New("it was stopped"))
}

func (p *Process) stop(why error) {
	if p.client != nil {
		// Kill asks the process to end, and waits without a limit for one that was stopped or does not listen.
		cmd := p.cmd
		late := time.AfterFunc(3*time.Second, func() { endGroup(cmd) })
		p.client.Kill()
		late.Stop()
		endGroup(p.cmd)
		p.client = nil
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // the process may have been first
		p.dir = ""
	}
	if p.dead == nil {
		p.dead = why
	}
	p.conn = nil
}

// fault is the first one of the process: what comes behind it is its consequence.
func (p *Process) fault(doing string, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken(doing, err)
}

func (p *Process) broken(doing string, err error) error {
	if p.first == nil {
		p.first = &Fault{Plugin: p.Name, Doing: doing, Err: err}
	}
	return p.first
}

// Fault is a plugin that does not keep to the contract: one that died, hung, or answered what cannot be read.
type Fault struct {
	Plugin, Doing string
	Err           error
}

func (f *Fault) Error() string {
	return fmt.Sprintf("the plugin %s failed while it was asked to %s: %s", f.Plugin, f.Doing, reason(f.Err))
}

// reason is an error without the words of the transport.
func reason(err error) string {
	s, ok := status.FromError(err)
	switch {
	case !ok:
		return err.Error()
	case s.Code() == codes.Unavailable:
		return "the process has ended"
	case s.Code() == codes.ResourceExhausted:
		return fmt.Sprintf("it sent a message of more than %d MiB", messageLimit>>20)
	}
	return s.Message()
}

func (f *Fault) Unwrap() error { return f.Err }

// Diagnostics name the plugin.
func (f *Fault) Diagnostics() diag.List {
	return diag.List{{Severity: diag.Error, Code: planner.PluginFailed, Summary: "A plugin failed", Detail: strings.TrimRight(f.Error(), ".") + ".",
		Fix: f.fix()}}
}

func (f *Fault) fix() string {
	switch f.Doing {
	case "start":
		return "Look whether it is a provider of Gantry, built for this machine; started by hand it says so. GANTRY_LOG=debug shows what it prints."
	case "say what it can do":
		return "That is for its author to mend; gantry init -upgrade takes another version."
	}
	return "Run the command again: what was in flight is settled first. When it fails again, run it with GANTRY_LOG=debug and tell the author of the plugin."
}

// connection starts the process once.
func (p *Process) connection() (*grpc.ClientConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil || p.dead != nil {
		return p.conn, p.dead
	}
	log := p.Log
	if log == nil {
		log = hclog.NewNullLogger()
	}
	var err error
	if p.dir, err = os.MkdirTemp("", "gantry-"); err != nil {
		return nil, err
	}
	program := p.Command[0]
	if p.Before != nil {
		if program, err = p.Before(p.dir); err != nil {
			p.stop(p.broken("start", err))
			return nil, p.dead
		}
	}
	cmd := exec.Command(program, p.Command[1:]...)
	cmd.Env = append(os.Environ(), goplugin.EnvUnixSocketDir+"="+p.dir)
	ownGroup(cmd)
	p.cmd = cmd
	p.client = goplugin.NewClient(&goplugin.ClientConfig{HandshakeConfig: Handshake, Plugins: map[string]goplugin.Plugin{service: &adapter{}}, Cmd: cmd, SkipHostEnv: true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC}, AutoMTLS: true, Managed: true, StartTimeout: p.patient(startTimeout), Logger: log.Named(p.Name),
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(messageLimit+1024), grpc.MaxCallSendMsgSize(messageLimit+1024))}})
	rpc, err := p.client.Client()
	if err == nil {
		var x any
		if x, err = rpc.Dispense(service); err == nil {
			p.conn = x.(*grpc.ClientConn)
			return p.conn, nil
		}
	}
	p.stop(p.broken("start", errors.New(brief(err.Error()))))
	return nil, p.dead
}

// brief is what went wrong at the start, without pages of what the process printed.
func brief(s string) string {
	s = strings.TrimSpace(s)
	if line, _, cut := strings.Cut(s, "\n"); cut {
		s = strings.TrimSpace(line)
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '.'
		}
		return r
	}, s)
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return strings.Replace(s, "Unrecognized remote plugin message:", "it is no plugin of Gantry; it printed:", 1)
}

func (p *Process) context() context.Context {
	if p.Context != nil {
		return p.Context
	}
	return context.Background()
}

// clean is a text for a terminal: what would move its cursor or paint on it is taken out, and so are the ends of lines where there is
// one line.
func clean(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines, r == '\t':
			return r
		case r == '\n':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// call is one question with one answer.
func (p *Process) call(ctx context.Context, limit time.Duration, doing, method string, in, out any) error {
	conn, err := p.connection()
	if err != nil {
		return err
	}
	limit = p.patient(limit)
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := pack(in)
	if err != nil {
		return p.fault(doing, err)
	}
	var b blob
	if err := conn.Invoke(ctx, "/"+service+"/"+method, m, &b); err != nil {
		switch {
		case outer.Err() != nil:
			return context.Cause(outer)
		case ctx.Err() != nil, status.Code(err) == codes.Canceled, status.Code(err) == codes.DeadlineExceeded: // the other side may notice first
			err = fmt.Errorf("it did not answer for %s", limit)
		}
		return p.fault(doing, err)
	}
	if err := unpack(&b, out); err != nil {
		return p.fault(doing, fmt.Errorf("its answer is no JSON of the right form: %w", err))
	}
	return nil
}

// stream is one question with several answers, up to the one that is done. Nothing heard for the time of silence ends it.
func (p *Process) stream(ctx context.Context, silence time.Duration, doing, method string, in any, each func(*event) error) (*event, error) {
	conn, err := p.connection()
	if err != nil {
		return nil, err
	}
	m, err := pack(in)
	if err != nil {
		return nil, p.fault(doing, err)
	}
	silence = p.patient(silence)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // an answer that ends early leaves no stream behind
	quiet := time.AfterFunc(silence, func() { cancel(p.fault(doing, fmt.Errorf("nothing was heard of it for %s", silence))) })
	defer quiet.Stop()
	bad := func(err error) (*event, error) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, p.fault(doing, err)
	}
	s, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/"+service+"/"+method)
	if err != nil {
		return bad(err)
	}
	if err := s.SendMsg(m); err != nil {
		return bad(err)
	}
	if err := s.CloseSend(); err != nil {
		return bad(err)
	}
	for total := 0; ; {
		var b blob
		if err := s.RecvMsg(&b); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it ended before it was done")
			}
			return bad(err)
		}
		quiet.Reset(silence)
		if total += len(b.GetValue()); total > streamLimit {
			return bad(fmt.Errorf("it sent more than %d MiB", streamLimit>>20))
		}
		var e event
		if err := unpack(&b, &e); err != nil {
			return bad(fmt.Errorf("an answer is no JSON of the right form: %w", err))
		}
		if e.Done {
			return &e, nil
		}
		if err := each(&e); err != nil {
			return bad(err)
		}
	}
}

// client is one provider of the process.
type client struct {
	p    *Process
	name string

	mu     sync.Mutex
	desc   *providers.Description
	failed error
	looks  bool // at the facts, when it explains
}

// description asks once.
func (c *client) description() (*providers.Description, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.desc == nil && c.failed == nil {
		var h hello
		switch err := c.p.call(c.p.context(), pureTimeout, "say what it can do", "Describe", named{c.name}, &h); {
		case err != nil:
			c.failed = err
		case h.Description.Name != c.name:
			c.failed = c.p.fault("say what it can do", fmt.Errorf("it calls itself %q, and %q was asked for", h.Description.Name, c.name))
		case c.p.Version != "" && h.Description.Version != c.p.Version:
			c.failed = c.p.fault("say what it can do", fmt.Errorf("it says that it is version %q, and version %s is installed under its name", h.Description.Version, c.p.Version))
		default:
			if err := h.Description.Check(); err != nil {
				c.failed = c.p.fault("say what it can do", err)
				break
			}
			if d := different(c.p.Pinned, &h.Description); d != "" {
				c.failed = c.p.fault("say what it can do", fmt.Errorf("its %s are not what gantry.lock.hcl pins. Take the lock's files from version control again, or run gantry init -upgrade", d))
				break
			}
			c.desc = &h.Description
		}
	}
	return c.desc, c.failed
}

// different is what a description says otherwise than the one that is pinned: the files were read, and the plan is made, with that.
func different(pinned, is *providers.Description) string {
	if pinned == nil {
		return ""
	}
	for _, x := range []struct {
		what     string
		was, now any
	}{{"kinds", kindsOf(pinned), kindsOf(is)}, {"actions", pinned.Actions, is.Actions}, {"provider blocks", pinned.Endpoint, is.Endpoint}, {"rules", pinned.Rules, is.Rules}, {"limits", pinned.Limits, is.Limits}} {
		a, err := json.Marshal(x.was)
		b, berr := json.Marshal(x.now)
		if err != nil || berr != nil || string(a) != string(b) {
			return x.what
		}
	}
	return ""
}

// kindsOf are the kinds as a plugin sends them; whose they are is filled in on this side.
func kindsOf(d *providers.Description) []schema.Kind {
	var out []schema.Kind
	for _, k := range d.Kinds {
		c := *k
		c.Provider = ""
		out = append(out, c)
	}
	return out
}

// Describe is what the plugin says of itself. One that cannot say it can do nothing: Open and Explain then give the reason.
func (c *client) Describe() providers.Description {
	if d, err := c.description(); err == nil {
		return *d
	}
	return providers.Description{Name: c.name}
}

// Described is what the plugin says of itself, or why it cannot.
func Described(p providers.Provider) (providers.Description, error) {
	c, ok := p.(*client)
	if !ok {
		return p.Describe(), nil
	}
	d, err := c.description()
	if err != nil {
		return providers.Description{}, err
	}
	return *d, nil
}

// Explain asks the plugin for the commands of a step.
func (c *client) Explain(s *planner.Step, f *planner.Facts) diag.List {
	return c.ExplainMany([]*planner.Step{s}, f)[0]
}

// batch is how many steps are explained with one question.
const batch = 200

// ExplainMany asks the plugin for the commands of steps, in order. Only what a provider may say is taken over; what they do, to what and
// why stays as the planner has it.
func (c *client) ExplainMany(steps []*planner.Step, f *planner.Facts) []diag.List {
	out := make([]diag.List, len(steps))
	c.p.plan.Lock()
	defer c.p.plan.Unlock()
	for i := 0; i < len(steps); i += batch {
		part := steps[i:min(i+batch, len(steps))]
		if err := c.explain(part, f, out[i:]); err != nil {
			for j := range part {
				d := diag.FromError(err)
				for n := range d {
					d[n].Address = string(part[j].Address)
				}
				out[i+j] = d
			}
		}
	}
	return out
}

func (c *client) explain(steps []*planner.Step, f *planner.Facts, out []diag.List) error {
	if _, err := c.description(); err != nil {
		return err
	}
	doing := "explain " + steps[0].ID
	if len(steps) > 1 {
		doing += fmt.Sprintf(" and %d more steps", len(steps)-1)
	}
	in := explainCall{Provider: c.name, Facts: c.p.of(f), Whole: !c.p.Foreign, Steps: steps}
	in.Scratch = f.Tried()
	var a explainAnswer
	lazy := c.p.Foreign && c.desc.Lazy && !c.looks
	if lazy {
		// Most of what is explained follows from the step alone, and the facts of a large estate are large.
		in.Without = true
		if err := c.p.call(c.p.context(), pureTimeout, doing, "Explain", in, &a); err != nil {
			return err
		}
		c.looks = a.Need
	}
	if !lazy || c.looks {
		var err error
		if in.Facts, in.Coming, err = c.p.cross(f); err != nil {
			return err
		}
		in.Without, a = false, explainAnswer{}
		if err := c.p.call(c.p.context(), pureTimeout, doing, "Explain", in, &a); err != nil {
			return err
		}
	}
	if len(a.Diags) != len(steps) || in.Whole && len(a.Steps) != len(steps) || !in.Whole && len(a.Said) != len(steps) {
		return c.p.fault(doing, errors.New("it answered for another number of steps"))
	}
	for i, s := range steps {
		out[i] = c.rules(a.Diags[i])
		if !in.Whole {
			if err := take(c.kind(s.Kind), s, &a.Said[i]); err != nil {
				return c.p.fault("explain "+s.ID, err)
			}
			continue
		}
		is := a.Steps[i]
		if is == nil || is.ID != s.ID || is.Action != s.Action || is.Kind != s.Kind || is.Address != s.Address {
			return c.p.fault("explain "+s.ID, errors.New("it answered with another step"))
		}
		// The objects are those that the planner and the other steps know.
		before, after := s.Before, s.After
		*s = *is
		s.Before, s.After = before, after
		if after != nil && is.After != nil {
			*after = *is.After
		}
	}
	return nil
}

// kind is an own kind; nil for those of Gantry.
func (c *client) kind(name string) *schema.Kind {
	if c.desc == nil {
		return nil
	}
	for _, k := range c.desc.Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// take takes over what a provider says of a step. It never lowers what is felt, and what is declared stays.
func take(k *schema.Kind, s *planner.Step, x *said) error {
	if x.ID != s.ID {
		return errors.New("it answered with another step")
	}
	if len(x.Changes) > 0 && len(x.Changes) != len(s.Changes) {
		return fmt.Errorf("it made %d changes out of %d", len(x.Changes), len(s.Changes))
	}
	for i, c := range x.Changes {
		if c.Disruption < s.Changes[i].Disruption {
			return fmt.Errorf("it calls the change of %s %s, which the planner calls %s", s.Changes[i].Path, c.Disruption, s.Changes[i].Disruption)
		}
	}
	if o := x.After; o != nil {
		if s.After == nil || s.After.ID != "" && o.ID != s.After.ID {
			return errors.New("it changed what object the step is about")
		}
		if path := changed(s.After.Value, o.Value, ""); path != "" {
			return fmt.Errorf("it changed what is declared: %s", path)
		}
		if path := changed(s.After.Profile, o.Profile, ""); path != "" {
			return fmt.Errorf("it changed what is declared for the profile: %s", path)
		}
		if k != nil {
			if err := errors.Join(k.Conform(o.Value), k.Conform(o.Profile)); err != nil {
				return fmt.Errorf("it adds what the schema does not have: %w", err)
			}
			if id := k.OwnID(s.Endpoint, o.Value); o.ID != "" && o.ID != id {
				return fmt.Errorf("it gives the object the identity %q, and what identifies it says %q", o.ID, id)
			}
		}
		s.After.ID, s.After.Value, s.After.Profile = o.ID, o.Value, o.Profile
	}
	for i, c := range x.Changes {
		s.Changes[i].Disruption, s.Changes[i].Why = c.Disruption, c.Why
	}
	for i := range x.Commands {
		if x.Commands[i].Endpoint != s.Endpoint {
			return fmt.Errorf("it has a command sent to %q, and the step is for %s", x.Commands[i].Endpoint, s.Endpoint)
		}
	}
	for i := range x.Commands {
		x.Commands[i].Line = clean(x.Commands[i].Line, true)
	}
	for i := range x.Details {
		x.Details[i].Label, x.Details[i].Text = clean(x.Details[i].Label, false), clean(x.Details[i].Text, false)
	}
	for i := range x.Changes {
		x.Changes[i].Why = clean(x.Changes[i].Why, false)
	}
	s.Commands, s.Details, s.Disruption, s.Seconds, s.Reverse = x.Commands, x.Details, x.Disruption, x.Seconds, x.Reverse
	s.Facts = append(s.Facts, x.Facts...)
	return nil
}

// changed is the first path of what was said that is not said any more, or otherwise; what is added is no change.
func changed(was, is cty.Value, at string) string {
	if was == cty.NilVal || schema.Equal(was, is) {
		return ""
	}
	if was.IsNull() || is == cty.NilVal || is.IsNull() || !was.Type().IsObjectType() || !is.Type().IsObjectType() {
		return cmp.Or(at, "everything")
	}
	for _, name := range slices.Sorted(maps.Keys(was.Type().AttributeTypes())) {
		p := schema.JoinPath(append(schema.SplitPath(at), name)...)
		if !is.Type().HasAttribute(name) {
			return p
		}
		if x := changed(was.GetAttr(name), is.GetAttr(name), p); x != "" {
			return x
		}
	}
	return ""
}

// rules keeps the codes of the findings of a plugin apart from those of Gantry.
func (c *client) rules(l diag.List) diag.List {
	if !c.p.Foreign {
		return l
	}
	for i := range l {
		if own := providers.RulePrefix(c.name); l[i].Code != "" && !strings.HasPrefix(l[i].Code, own) {
			l[i].Code = own + l[i].Code
		} else if l[i].Code == "" {
			l[i].Code = own + "refused"
		}
		if l[i].Severity != diag.Error && l[i].Severity != diag.Warning && l[i].Severity != diag.Advice {
			l[i].Severity = diag.Error
		}
		for _, t := range []*string{&l[i].Summary, &l[i].Detail, &l[i].Fix} {
			*t = clean(*t, true)
		}
		l[i].Range, l[i].Snippet = nil, "" // where it is written is for Gantry to say, from the address and the path
	}
	return l
}

// Check has the plugin's own rules judge the facts of a plan.
func (c *client) Check(f *planner.Facts) diag.List {
	d, err := c.description()
	if err != nil {
		return diag.FromError(err) // a rule that was not looked at is not one that holds
	}
	if len(d.Rules) == 0 {
		return nil
	}
	c.p.plan.Lock()
	defer c.p.plan.Unlock()
	id, coming, err := c.p.cross(f)
	if err != nil {
		return diag.FromError(err)
	}
	var a explainAnswer
	if err := c.p.call(c.p.context(), pureTimeout, "check its rules", "Check", explainCall{Provider: c.name, Facts: id, Coming: coming}, &a); err != nil {
		return diag.FromError(err)
	}
	if len(a.Diags) == 0 {
		return nil
	}
	return c.rules(a.Diags[0])
}

// of is the number of the plan that facts are of.
func (p *Process) of(f *planner.Facts) uint64 {
	if p.facts != f.Base() {
		p.factsID++
		p.facts, p.crossed, p.there = f.Base(), map[string]*schema.Object{}, false
	}
	return p.factsID
}

// cross has the facts of a plan cross, in pieces, unless they have, and says which of the objects that the plan makes have not.
func (p *Process) cross(f *planner.Facts) (uint64, map[string]*schema.Object, error) {
	const doing = "take the facts"
	if p.of(f); !p.there {
		b, err := json.Marshal(f.Data())
		if err != nil {
			return 0, nil, p.fault(doing, err)
		}
		for {
			piece := b[:min(len(b), pieceSize)]
			b = b[len(piece):]
			if err := p.call(p.context(), pureTimeout, doing, "Facts", factsPiece{p.factsID, piece}, &named{}); err != nil {
				return 0, nil, err
			}
			if len(piece) == 0 {
				break
			}
		}
		p.there = true
	}
	var coming map[string]*schema.Object
	for key, o := range f.ComingAll() {
		if p.crossed[key] != o {
			if coming == nil {
				coming = map[string]*schema.Object{}
			}
			coming[key], p.crossed[key] = o, o
		}
	}
	return p.factsID, coming, nil
}

// Open opens a session in the plugin.
func (c *client) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	d, err := c.description()
	if err != nil {
		return nil, err
	}
	s := &session{c: c, key: e.Key, log: e.Log, silence: max(silenceTimeout, time.Duration(d.Limits.Silence)*time.Second)}
	if c.p.Foreign {
		s.kinds = d.Handles()
	}
	var a openAnswer
	if err := c.p.call(ctx, openTimeout, "open "+e.Key, "Open", openCall{c.name, e.Key, e.Dir, schema.EncodeValue(e.Config)}, &a); err != nil {
		return nil, err
	}
	s.note(a.Log)
	if a.Error != nil {
		return nil, a.Error.err()
	}
	s.id = a.Session
	if err := s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if a.Keys {
		return &keySession{s}, nil
	}
	return s, nil
}

type session struct {
	c       *client
	id      uint64
	key     string
	log     io.Writer
	silence time.Duration
	kinds   map[string]bool // that it may speak of; nil for all
	heard   chan struct{}   // closed when the last line of its log has been written down

	mu     sync.Mutex
	status planner.EndpointStatus
}

func (s *session) note(lines []byte) {
	if s.log != nil && len(lines) > 0 {
		_, _ = s.log.Write(lines) // a log that cannot be written stops nothing
	}
}

// listen writes the log down as it comes. A plugin that was built before there was this sends its log with its answers.
func (s *session) listen(ctx context.Context) error {
	const doing = "send its log"
	s.heard = make(chan struct{})
	conn, err := s.c.p.connection()
	if err != nil {
		close(s.heard)
		return err
	}
	long, cancel := context.WithCancel(context.WithoutCancel(ctx)) // as long as the session
	st, err := conn.NewStream(long, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+service+"/Listen")
	say := func(h heardCall) error {
		m, err := pack(h)
		if err != nil {
			return err
		}
		return st.SendMsg(m)
	}
	hear := func() ([]byte, error) {
		var b blob
		var e event
		if err := st.RecvMsg(&b); err != nil {
			return nil, err
		}
		err := unpack(&b, &e)
		return e.Log, err
	}
	if err == nil {
		err = say(heardCall{s.id})
	}
	if err == nil {
		begun := context.AfterFunc(ctx, cancel)
		late := time.AfterFunc(s.c.p.patient(openTimeout), cancel)
		_, err = hear()
		late.Stop()
		begun()
	}
	if err != nil {
		cancel()
		close(s.heard)
		switch {
		case status.Code(err) == codes.Unimplemented:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case long.Err() != nil:
			err = errors.New("nothing was heard of it")
		}
		return s.c.p.fault(doing, err)
	}
	go func() {
		defer close(s.heard)
		defer cancel()
		for {
			lines, err := hear()
			if err != nil { // it has ended
				return
			}
			s.note(lines)
			if say(heardCall{}) != nil {
				return
			}
		}
	}()
	return nil
}

// took takes over what an event says besides.
func (s *session) took(e *event) {
	s.note(e.Log)
	if e.Done {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.status = e.Status
	}
}

// own is an object as this endpoint may report it.
func (s *session) own(o *schema.Object) error {
	if s.kinds == nil {
		return nil
	}
	if !s.kinds[o.Kind] {
		return fmt.Errorf("it reported a %s, and does not say that it handles such", o.Kind)
	}
	o.Endpoint, o.Address, o.Keys = s.key, "", nil
	if k := s.c.kind(o.Kind); k != nil {
		if o.Value == cty.NilVal || o.Value.IsNull() {
			return fmt.Errorf("it reported a %s without a value", o.Kind)
		}
		if err := errors.Join(k.Conform(o.Value), k.Conform(o.Profile)); err != nil {
			return fmt.Errorf("it reported a %s %s that breaks its schema: %w", o.Kind, o.ID, err)
		}
		if id := k.OwnID(s.key, o.Value); o.ID != id {
			return fmt.Errorf("it reported a %s with the identity %q, and what identifies it says %q", o.Kind, o.ID, id)
		}
	}
	return nil
}

// Status is what the plugin said with its last answer.
func (s *session) Status() planner.EndpointStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *session) Discover(ctx context.Context, scope providers.Scope, emit func(*schema.Object)) error {
	seen := map[string]bool{}
	e, err := s.c.p.stream(ctx, s.silence, "discover "+s.key, "Discover", discoverCall{s.id, scope}, func(e *event) error {
		s.took(e)
		for _, o := range e.Objects {
			if o == nil {
				return errors.New("it reported nothing as an object")
			}
			if err := s.own(o); err != nil {
				return err
			}
			if at := o.Kind + " " + o.ID; s.kinds != nil {
				if seen[at] {
					return fmt.Errorf("it reported the %s twice", at)
				}
				seen[at] = true
			}
			emit(o)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.took(e)
	return e.Error.err()
}

func (s *session) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	doing := string(r.Mode) + " " + r.Step.ID
	if r.Mode == providers.Do {
		doing = "apply " + r.Step.ID
	}
	e, err := s.c.p.stream(ctx, s.silence, doing, "Apply", applyCall{s.id, r.Step, r.Mode, r.Handle}, func(e *event) error {
		s.took(e)
		if e.Event != nil && r.Emit != nil {
			e.Event.Step = r.Step.ID
			if s.kinds != nil {
				e.Event.Text = clean(e.Event.Text, false)
				if len(e.Event.Handle) > handleLimit {
					return fmt.Errorf("it has a handle of %d bytes, and %d is the most", len(e.Event.Handle), handleLimit)
				}
			}
			r.Emit(*e.Event)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.took(e)
	switch o := e.Result; {
	case e.Error == nil && o == nil && r.Mode != providers.Check:
		return nil, s.c.p.fault(doing, errors.New("it answered without a result"))
	case o != nil && o.Outcome != providers.DoneOutcome && o.Outcome != providers.NotDoneOutcome:
		return nil, s.c.p.fault(doing, fmt.Errorf("%q is no outcome", o.Outcome))
	case o != nil && e.Error == nil && r.Mode == providers.Do && o.Outcome != providers.DoneOutcome:
		return nil, s.c.p.fault(doing, errors.New("it says that the step is not done, and not why"))
	case o != nil && o.Object != nil:
		if err := s.own(o.Object); err != nil {
			return nil, s.c.p.fault(doing, err)
		}
		if s.kinds != nil && o.Object.Kind != r.Step.Kind {
			return nil, s.c.p.fault(doing, fmt.Errorf("it read back a %s", o.Object.Kind))
		}
	}
	return e.Result, e.Error.err()
}

func (s *session) Close() error {
	if s.c.p.over() {
		return nil
	}
	var a openAnswer
	if err := s.c.p.call(context.Background(), 5*time.Second, "close "+s.key, "Close", sessionCall{s.id}, &a); err != nil {
		return err
	}
	s.note(a.Log)
	select {
	case <-s.heard:
	case <-time.After(5 * time.Second): // what it still has to say is not waited for
	}
	return a.Error.err()
}

// over reports whether the process is not running.
func (p *Process) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.client == nil || p.client.Exited()
}

// keySession is a session whose console exchanges keys.
type keySession struct{ *session }

// ExchangeKeys answers the plugin's question for the password when it comes.
func (s *keySession) ExchangeKeys(ctx context.Context, address, user string, password func() (string, error)) (bool, error) {
	const doing = "exchange keys"
	p := s.c.p
	conn, err := p.connection()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+service+"/ExchangeKeys")
	if err != nil {
		return false, p.fault(doing, err)
	}
	say := func(k keysCall) error {
		m, err := pack(k)
		if err != nil {
			return err
		}
		return st.SendMsg(m)
	}
	if err := say(keysCall{Session: s.id, Address: address, User: user}); err != nil {
		return false, p.fault(doing, err)
	}
	for {
		var b blob
		var e event
		if err := st.RecvMsg(&b); err != nil {
			return false, p.fault(doing, err)
		}
		if err := unpack(&b, &e); err != nil {
			return false, p.fault(doing, err)
		}
		s.note(e.Log)
		switch {
		case e.Done:
			return e.Did, e.Error.err()
		case e.Asks:
			word, err := password()
			if err := say(keysCall{Password: &word, Failed: fail(err)}); err != nil {
				return false, p.fault(doing, err)
			}
		}
	}
}

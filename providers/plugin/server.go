package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"github.com/zclconf/go-cty/cty"
	"google.golang.org/grpc"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Serve serves providers until Gantry ends the process, or has ended itself. Started by hand it says what it is and exits with 1. The
// options are those of its gRPC server.
func Serve(what string, all map[string]providers.Provider, more ...grpc.ServerOption) {
	NoDump() // it holds what logs in to consoles
	if os.Getenv(Handshake.MagicCookieKey) != Handshake.MagicCookieValue {
		fmt.Fprintf(os.Stderr, "This is %s, a provider plugin of Gantry (protocol %d). Gantry starts it by itself: name it in\nrequired_providers, run gantry init, then plan.\n", what, Protocol)
		os.Exit(1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	parent := os.Getppid()
	go func() { // a Gantry that was killed cannot say goodbye
		for range time.Tick(time.Second) {
			if os.Getppid() != parent {
				cancel()
				time.Sleep(5 * time.Second) // for what is being sent
				os.Exit(1)
			}
		}
	}()
	var rpc *grpc.Server
	go func() {
		<-ctx.Done()
		if rpc != nil {
			rpc.Stop()
		}
		if dir := os.Getenv(goplugin.EnvUnixSocketDir); dir != "" {
			_ = os.RemoveAll(dir)
		}
		os.Exit(1)
	}()
	goplugin.Serve(&goplugin.ServeConfig{HandshakeConfig: Handshake, Plugins: map[string]goplugin.Plugin{service: &adapter{all: all}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			rpc = grpc.NewServer(append(append(opts, more...), grpc.MaxRecvMsgSize(messageLimit+1024), grpc.MaxSendMsgSize(messageLimit+1024))...)
			return rpc
		}})
}

// adapter puts the service and its client where go-plugin looks for them.
type adapter struct {
	goplugin.NetRPCUnsupportedPlugin
	all map[string]providers.Provider
}

func (a *adapter) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&description, &server{all: a.all, facts: map[uint64]*planner.Facts{}, memos: map[uint64]map[string]cty.Value{}, pieces: map[uint64]*bytes.Buffer{}, sessions: map[uint64]*served{}})
	return nil
}

func (a *adapter) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

type server struct {
	all map[string]providers.Provider

	mu       sync.Mutex
	facts    map[uint64]*planner.Facts
	memos    map[uint64]map[string]cty.Value // of plans
	pieces   map[uint64]*bytes.Buffer
	sessions map[uint64]*served
	last     uint64
}

// served is an open session, with the lines that its console was sent since they were last taken.
type served struct {
	providers.Session

	mu      sync.Mutex
	moved   *sync.Cond
	log     bytes.Buffer
	stirred bool // something was logged since the last answer
	// Where Gantry listens, the lines go to it as they come, and what is about to be sent waits until it has been written down.
	listening, closed, gone bool
	written, heard          uint64
}

func newServed() *served {
	x := &served{}
	x.moved = sync.NewCond(&x.mu)
	return x
}

// Write collects the command log. What is about to be sent for a step waits until Gantry has it, so that the record of a Gantry that is
// killed has each command that reached a console.
func (x *served) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.listening && console.Announces(b) {
		return len(b), nil // a Gantry that does not listen does not know of such lines
	}
	x.log.Write(b)
	x.written++
	x.stirred = true
	x.moved.Broadcast()
	if n := x.written; x.listening && console.Announces(b) {
		for x.heard < n && !x.gone {
			x.moved.Wait()
		}
		if x.heard < n {
			return 0, console.ErrUnheard
		}
	}
	return len(b), nil
}

// lines takes the lines that go with an answer, where nobody listens. alive says whether there were any.
func (x *served) lines() (lines []byte, alive bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	alive, x.stirred = x.stirred, false
	if x.listening || x.log.Len() == 0 {
		return nil, alive
	}
	lines = bytes.Clone(x.log.Bytes())
	x.log.Reset()
	return lines, alive
}

// settled waits until what was logged has been written down, where somebody listens.
func (x *served) settled() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.listening && x.heard < x.written && !x.gone {
		x.moved.Wait()
	}
}

// end says that the session is closed, or that nobody listens any more.
func (x *served) end(gone bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed, x.gone = true, x.gone || gone
	x.moved.Broadcast()
}

// piece is how much of a log goes in one message: whole commands.
func piece(log []byte) int {
	for end := len(log); end > pieceSize; {
		i := bytes.LastIndexByte(log[:end-1], '\n')
		if i < 0 {
			break
		}
		if end = i + 1; log[end] != '\t' && end <= pieceSize {
			return end
		}
	}
	return len(log)
}

// listen sends the log as it is written, and hears when it has been written down.
func (s *server) listen(stream grpc.ServerStream) error {
	hear := func(in *heardCall) error {
		var b blob
		if err := stream.RecvMsg(&b); err != nil {
			return err
		}
		return unpack(&b, in)
	}
	say := func(lines []byte) error {
		m, err := pack(&event{Log: lines})
		if err != nil {
			return err
		}
		return stream.SendMsg(m)
	}
	var in heardCall
	if err := hear(&in); err != nil {
		return err
	}
	x, err := s.session(in.Session)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.listening = true
	x.mu.Unlock()
	defer x.end(true)
	stop := context.AfterFunc(stream.Context(), func() { x.end(true) })
	defer stop()
	if err := say(nil); err != nil {
		return err
	}
	for {
		x.mu.Lock()
		for x.log.Len() == 0 && !x.closed {
			x.moved.Wait()
		}
		lines, n, gone := bytes.Clone(x.log.Next(piece(x.log.Bytes()))), x.written, x.gone
		if x.log.Len() > 0 {
			n = x.heard // the rest is still to come
		}
		x.mu.Unlock()
		if gone || len(lines) == 0 {
			return nil
		}
		if err := say(lines); err != nil {
			return err
		}
		if err := hear(&heardCall{}); err != nil {
			return err
		}
		x.mu.Lock()
		x.heard = n
		x.moved.Broadcast()
		x.mu.Unlock()
	}
}

func (s *server) provider(name string) (providers.Provider, error) {
	if p := s.all[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no provider %q in this plugin", name)
}

func (s *server) describe(_ context.Context, in *named) (*hello, error) {
	p, err := s.provider(in.Provider)
	if err != nil {
		return nil, err
	}
	return &hello{p.Describe()}, nil
}

// putFacts takes the facts of a plan in pieces; an empty one ends them. Those of the plan before are forgotten with it.
func (s *server) putFacts(_ context.Context, in *factsPiece) (*named, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	buf := s.pieces[in.ID]
	if buf == nil {
		buf = &bytes.Buffer{}
		s.pieces[in.ID] = buf
	}
	if len(in.Piece) > 0 {
		buf.Write(in.Piece)
		return &named{}, nil
	}
	delete(s.pieces, in.ID)
	var d planner.FactsData
	if err := json.Unmarshal(buf.Bytes(), &d); err != nil {
		return nil, err
	}
	clear(s.facts)
	f := d.Facts()
	maps.Copy(f.Memo, s.memo(in.ID))
	s.facts[in.ID] = f
	return &named{}, nil
}

// known are the facts of a call, with what its plan makes.
func (s *server) known(in *explainCall) (*planner.Facts, error) {
	f := s.facts[in.Facts]
	if f == nil && in.Without {
		return planner.NoFacts(maps.Clone(s.memo(in.Facts))), nil
	}
	if f == nil {
		return nil, fmt.Errorf("the facts of plan %d have not crossed", in.Facts)
	}
	for key, o := range in.Coming {
		f.Comes(key, o)
	}
	return f, nil
}

// memo is what the providers remember of a plan whose facts have not crossed.
func (s *server) memo(plan uint64) map[string]cty.Value {
	if s.memos[plan] == nil {
		clear(s.memos)
		s.memos[plan] = map[string]cty.Value{}
	}
	return s.memos[plan]
}

func (s *server) explain(_ context.Context, in *explainCall) (*explainAnswer, error) {
	p, err := s.provider(in.Provider)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.known(in)
	if err != nil {
		return nil, err
	}
	used := f
	if in.Scratch {
		used = f.Scratch()
	}
	a := &explainAnswer{}
	for _, step := range in.Steps {
		was, object := *step, cty.NilVal
		was.Changes = slices.Clone(step.Changes)
		if step.After != nil {
			object = step.After.Value
		}
		diags, need := explained(p, step, used, in.Without)
		if need {
			return &explainAnswer{Need: true}, nil
		}
		a.Diags = append(a.Diags, diags)
		if o := step.After; o != nil && !in.Scratch && !in.Without && f.Coming(o.Kind, o.ID) != nil {
			f.Comes(o.Kind+"|"+o.ID, o) // with what its provider has said of it
		}
		if in.Whole {
			a.Steps = append(a.Steps, step)
			continue
		}
		x := said{ID: step.ID, Commands: step.Commands, Details: step.Details, Disruption: step.Disruption, Seconds: step.Seconds, Reverse: step.Reverse}
		if !slices.EqualFunc(was.Changes, step.Changes, func(a, b planner.Change) bool {
			return a.Path == b.Path && a.Disruption == b.Disruption && a.Why == b.Why
		}) {
			for _, c := range step.Changes {
				x.Changes = append(x.Changes, felt{c.Disruption, c.Why})
			}
		}
		if len(step.Facts) > len(was.Facts) {
			x.Facts = step.Facts[len(was.Facts):]
		}
		if step.After != nil && !schema.Equal(object, step.After.Value) {
			x.After = step.After
		}
		a.Said = append(a.Said, x)
	}
	if in.Without && !in.Scratch {
		s.memos[in.Facts] = used.Memo // all was answered, so what is remembered counts
	}
	return a, nil
}

// explained is what a provider says of a step. Without facts it may turn out that they are needed: it is asked again with them, which is
// the same as asking once, for explaining is pure.
func explained(p providers.Provider, step *planner.Step, f *planner.Facts, without bool) (diags diag.List, need bool) {
	if without {
		defer func() {
			if recover() != nil {
				need = true
			}
		}()
	}
	return p.Explain(step, f), false
}

// check has the rules of a provider that has some judge a plan.
func (s *server) check(_ context.Context, in *explainCall) (*explainAnswer, error) {
	p, err := s.provider(in.Provider)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.known(in)
	if err != nil {
		return nil, err
	}
	if c, ok := p.(providers.Checker); ok {
		return &explainAnswer{Diags: []diag.List{c.Check(f)}}, nil
	}
	return &explainAnswer{}, nil
}

func (s *server) open(ctx context.Context, in *openCall) (*openAnswer, error) {
	p, err := s.provider(in.Provider)
	if err != nil {
		return nil, err
	}
	cfg, err := schema.DecodeValue(in.Config)
	if err != nil {
		return nil, err
	}
	x := newServed()
	x.Session, err = p.Open(ctx, providers.Endpoint{Key: in.Key, Config: cfg, Dir: in.Dir, Log: x})
	if err != nil {
		lines, _ := x.lines()
		return &openAnswer{Log: lines, Error: fail(err)}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.sessions[s.last] = x
	_, keys := x.Session.(providers.KeyExchanger)
	lines, _ := x.lines()
	return &openAnswer{Session: s.last, Keys: keys, Log: lines}, nil
}

func (s *server) session(id uint64) (*served, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[id]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("there is no session %d", id)
}

func (s *server) close(_ context.Context, in *sessionCall) (*openAnswer, error) {
	x, err := s.session(in.Session)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.sessions, in.Session)
	s.mu.Unlock()
	err = x.Session.Close()
	lines, _ := x.lines()
	x.end(false)
	return &openAnswer{Error: fail(err), Log: lines}, nil
}

// answers sends one at a time, with what was logged meanwhile where nobody listens to it; that something is logged is said every second.
func (x *served) answers(send func(*event) error) (say func(*event) error, end func()) {
	var mu sync.Mutex
	var broken error
	say = func(e *event) error {
		mu.Lock()
		defer mu.Unlock()
		var alive bool
		e.Log, alive = x.lines()
		if broken == nil && (alive || e.Objects != nil || e.Event != nil || e.Done) {
			broken = send(e)
		}
		return broken
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = say(&event{}) // the last answer says it again
			}
		}
	}()
	return say, func() { close(stop); <-stopped; x.settled() }
}

// together is how many objects go in one message.
const together = 50

func (s *server) discover(ctx context.Context, in *discoverCall, send func(*event) error) error {
	x, err := s.session(in.Session)
	if err != nil {
		return err
	}
	say, end := x.answers(send)
	var mu sync.Mutex
	var some []*schema.Object // that go together
	flush := func() {
		if len(some) > 0 {
			_ = say(&event{Objects: some}) // the last answer says it again
			some = nil
		}
	}
	err = x.Session.Discover(ctx, in.Scope, func(o *schema.Object) {
		mu.Lock()
		defer mu.Unlock()
		if some = append(some, o); len(some) == together {
			flush()
		}
	})
	mu.Lock()
	flush()
	mu.Unlock()
	end()
	return say(&event{Done: true, Status: x.Session.Status(), Error: fail(err)})
}

func (s *server) apply(ctx context.Context, in *applyCall, send func(*event) error) error {
	x, err := s.session(in.Session)
	if err != nil {
		return err
	}
	say, end := x.answers(send)
	res, err := x.Session.Apply(ctx, providers.Request{Step: in.Step, Mode: in.Mode, Handle: in.Handle, Emit: func(e providers.Event) { _ = say(&event{Event: &e}) }})
	end()
	return say(&event{Done: true, Result: res, Status: x.Session.Status(), Error: fail(err)})
}

// exchange asks for the password only when the console wants it.
func (s *server) exchange(stream grpc.ServerStream) error {
	receive := func() (*keysCall, error) {
		var b blob
		in := &keysCall{}
		if err := stream.RecvMsg(&b); err != nil {
			return nil, err
		}
		return in, unpack(&b, in)
	}
	send := func(e *event) error {
		m, err := pack(e)
		if err != nil {
			return err
		}
		return stream.SendMsg(m)
	}
	in, err := receive()
	if err != nil {
		return err
	}
	x, err := s.session(in.Session)
	if err != nil {
		return err
	}
	k, ok := x.Session.(providers.KeyExchanger)
	if !ok {
		return fmt.Errorf("session %d exchanges no keys", in.Session)
	}
	did, err := k.ExchangeKeys(stream.Context(), in.Address, in.User, func() (string, error) {
		if err := send(&event{Asks: true}); err != nil {
			return "", err
		}
		a, err := receive()
		switch {
		case err != nil:
			return "", err
		case a.Failed != nil:
			return "", a.Failed.err()
		case a.Password == nil:
			return "", fmt.Errorf("no password was given")
		}
		return *a.Password, nil
	})
	lines, _ := x.lines()
	return send(&event{Done: true, Did: did, Log: lines, Error: fail(err)})
}

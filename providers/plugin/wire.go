// Package plugin carries the provider contract to another process and back: a pipe for the canonical JSON that plans and state hold,
// over go-plugin and gRPC with mutual TLS.
//
// The package knows no provider, no kind and no console: what crosses is checked on this side by providers.Guard and the planner, as
// if it had come from a provider in this process.
package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
)

// Protocol is the one version of what crosses. A plugin that speaks another one is refused before anything is asked.
const Protocol = 1

// Handshake tells a plugin that Gantry has started it. Run by hand it says what it is and ends.
var Handshake = goplugin.HandshakeConfig{ProtocolVersion: Protocol, MagicCookieKey: "GANTRY_PLUGIN", MagicCookieValue: "a provider of Gantry"}

// Limits of one message: an object, a step, a piece of the facts. What is larger is an error that names the plugin.
const (
	messageLimit = 16 << 20
	pieceSize    = 1 << 20
	streamLimit  = 256 << 20
	handleLimit  = 256 << 10
)

// blob is the one message: canonical JSON.
type blob = wrapperspb.BytesValue

// The forms of the calls.
type (
	named struct {
		Provider string `json:"provider"`
	}
	hello struct {
		Description providers.Description `json:"description"`
	}
	factsPiece struct {
		ID    uint64 `json:"id"`
		Piece []byte `json:"piece"`
	}
	explainCall struct {
		Provider string                    `json:"provider"`
		Facts    uint64                    `json:"facts"`             // which plan it is
		Without  bool                      `json:"without,omitempty"` // its facts have not crossed, and perhaps are not needed
		Whole    bool                      `json:"whole,omitempty"`   // answer with whole steps
		Scratch  bool                      `json:"scratch,omitempty"` // something is tried out
		Coming   map[string]*schema.Object `json:"coming,omitempty"`  // what the plan makes, that has not crossed yet
		Steps    []*planner.Step           `json:"steps,omitempty"`
	}
	// explainAnswer has whole steps, of Gantry's own providers, or what others may say of each.
	explainAnswer struct {
		Steps []*planner.Step `json:"steps,omitempty"`
		Said  []said          `json:"said,omitempty"`
		Diags []diag.List     `json:"diags,omitempty"` // for each step
		// Need: it cannot be answered without the facts.
		Need bool `json:"need,omitempty"`
	}
	// said is what a provider may say of a step; everything else of it is the planner's, and has no way back.
	said struct {
		ID         string            `json:"id"`
		Commands   []planner.Command `json:"commands,omitempty"`
		Details    []planner.Detail  `json:"details,omitempty"`
		Disruption schema.Disruption `json:"disruption"`
		Seconds    float64           `json:"seconds,omitempty"`
		Reverse    string            `json:"reverse,omitempty"`
		Changes    []felt            `json:"changes,omitempty"` // of each change, when that of one is other than the planner's
		Facts      []planner.Fact    `json:"facts,omitempty"`   // that it rests on besides
		After      *schema.Object    `json:"after,omitempty"`   // with what the provider has chosen, when it has
	}
	felt struct {
		Disruption schema.Disruption `json:"disruption"`
		Why        string            `json:"why,omitempty"`
	}
	openCall struct {
		Provider string          `json:"provider"`
		Key      string          `json:"key"`
		Dir      string          `json:"dir"`
		Config   json.RawMessage `json:"config,omitempty"`
	}
	openAnswer struct {
		Session uint64 `json:"session,omitempty"`
		// Keys: the console exchanges keys with others.
		Keys  bool      `json:"keys,omitempty"`
		Log   []byte    `json:"log,omitempty"`
		Error *wireFail `json:"error,omitempty"`
	}
	sessionCall struct {
		Session uint64 `json:"session"`
	}
	// heardCall is what comes back in a stream of log lines: which session, and then, for each answer, that its lines are written down.
	heardCall struct {
		Session uint64 `json:"session,omitempty"`
	}
	discoverCall struct {
		Session uint64          `json:"session"`
		Scope   providers.Scope `json:"scope"`
	}
	applyCall struct {
		Session uint64          `json:"session"`
		Step    *planner.Step   `json:"step"`
		Mode    providers.Mode  `json:"mode"`
		Handle  json.RawMessage `json:"handle,omitempty"`
	}
	keysCall struct {
		Session       uint64 `json:"session,omitempty"`
		Address, User string
		// Password answers a question of the plugin.
		Password *string   `json:"password,omitempty"`
		Failed   *wireFail `json:"failed,omitempty"`
	}
	// event is one message of a stream of answers; the last one has Done.
	event struct {
		Objects []*schema.Object       `json:"objects,omitempty"`
		Event   *providers.Event       `json:"event,omitempty"`
		Result  *providers.Result      `json:"result,omitempty"`
		Status  planner.EndpointStatus `json:"status"`
		Log     []byte                 `json:"log,omitempty"`
		Asks    bool                   `json:"asks,omitempty"` // for the password
		Did     bool                   `json:"did,omitempty"`
		Done    bool                   `json:"done,omitempty"`
		Error   *wireFail              `json:"error,omitempty"`
	}
)

// wireFail is an error with what the run looks for in it.
type wireFail struct {
	Text    string                  `json:"text"`
	Diags   diag.List               `json:"diags,omitempty"`
	Command *providers.CommandError `json:"command,omitempty"`
	Lost    *lost                   `json:"lost,omitempty"`
}

type lost struct{ Endpoint, Command, Text string }

func fail(err error) *wireFail {
	if err == nil {
		return nil
	}
	f := &wireFail{Text: reasoned(err.Error())}
	var refused *providers.CommandError
	var gone *providers.LostError
	var told interface{ Diagnostics() diag.List }
	if errors.As(err, &refused) {
		f.Command = refused
	}
	if errors.As(err, &gone) {
		f.Lost = &lost{gone.Endpoint, gone.Command, gone.Err.Error()}
	}
	if errors.As(err, &told) || diag.FromError(err)[0].Code != "" {
		f.Diags = diag.FromError(err)
	}
	return f
}

// reasoned is the text of an error that has one.
func reasoned(s string) string { return cmp.Or(strings.TrimSpace(s), "it failed and gave no reason") }

// failed is an error on this side: its words and diagnostics are those of the plugin, and what it wraps is found by errors.As.
type failed struct {
	wireFail
	inner error
}

func (f *wireFail) err() error {
	if f == nil {
		return nil
	}
	e := &failed{wireFail: *f}
	e.Text = clean(reasoned(f.Text), true)
	for i := range e.Diags {
		for _, t := range []*string{&e.Diags[i].Summary, &e.Diags[i].Detail, &e.Diags[i].Fix} {
			*t = clean(*t, true)
		}
	}
	switch {
	case f.Lost != nil:
		e.inner = &providers.LostError{Endpoint: f.Lost.Endpoint, Command: f.Lost.Command, Err: errors.New(f.Lost.Text)}
	case f.Command != nil:
		e.inner = f.Command
	}
	return e
}

func (e *failed) Error() string { return e.Text }
func (e *failed) Unwrap() error { return e.inner }

// Diagnostics are those that the plugin gave.
func (e *failed) Diagnostics() diag.List {
	if len(e.Diags) == 0 {
		return diag.List{{Severity: diag.Error, Summary: "Failed", Detail: e.Text}}
	}
	return e.Diags
}

func pack(v any) (*blob, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(b) > messageLimit {
		return nil, fmt.Errorf("a message of %d bytes, and %d is the most", len(b), messageLimit)
	}
	return wrapperspb.Bytes(b), nil
}

func unpack(b *blob, into any) error { return json.Unmarshal(b.GetValue(), into) }

const service = "gantry.Provider"

// unary makes a method of the service out of a function.
func unary[In, Out any](name string, f func(s *server, ctx context.Context, in *In) (*Out, error)) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(srv any, ctx context.Context, dec func(any) error, around grpc.UnaryServerInterceptor) (any, error) {
		var b blob
		if err := dec(&b); err != nil {
			return nil, err
		}
		handle := func(ctx context.Context, _ any) (any, error) {
			in := new(In)
			if err := unpack(&b, in); err != nil {
				return nil, err
			}
			out, err := f(srv.(*server), ctx, in)
			if err != nil {
				return nil, err
			}
			return pack(out)
		}
		if around == nil {
			return handle(ctx, &b)
		}
		return around(ctx, &b, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/" + service + "/" + name}, handle)
	}}
}

// streamed makes a method with a stream of answers out of a function.
func streamed[In any](name string, f func(s *server, ctx context.Context, in *In, send func(*event) error) error) grpc.StreamDesc {
	return grpc.StreamDesc{StreamName: name, ServerStreams: true, Handler: func(srv any, stream grpc.ServerStream) error {
		var b blob
		in := new(In)
		if err := stream.RecvMsg(&b); err != nil {
			return err
		}
		if err := unpack(&b, in); err != nil {
			return err
		}
		return f(srv.(*server), stream.Context(), in, func(e *event) error {
			m, err := pack(e)
			if err != nil {
				return err
			}
			return stream.SendMsg(m)
		})
	}}
}

// description is the service, by hand: there is one kind of message, so nothing is to be generated.
var description = grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{
	unary("Describe", (*server).describe), unary("Facts", (*server).putFacts), unary("Explain", (*server).explain), unary("Check", (*server).check), unary("Open", (*server).open), unary("Close", (*server).close),
}, Streams: []grpc.StreamDesc{
	streamed("Discover", (*server).discover), streamed("Apply", (*server).apply),
	{StreamName: "ExchangeKeys", ServerStreams: true, ClientStreams: true, Handler: func(srv any, stream grpc.ServerStream) error { return srv.(*server).exchange(stream) }},
	{StreamName: "Listen", ServerStreams: true, ClientStreams: true, Handler: func(srv any, stream grpc.ServerStream) error { return srv.(*server).listen(stream) }},
}}

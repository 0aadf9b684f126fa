// Command hostile is a provider that keeps things as files in a directory, and breaks the contract as HOSTILE says.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zclconf/go-cty/cty"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/plugin"
	"github.com/gantry-power/gantry/providers/sdk"
)

var mode = os.Getenv("HOSTILE")

func things() *sdk.Provider[string] {
	return &sdk.Provider[string]{
		Name: "hostile", Version: "0.1.0", Limits: sdk.Limits{StepsPerEndpoint: 1},
		Endpoint: []sdk.Attribute{{Name: "directory", Required: true, Doc: "Where the things are."}},
		Connect:  func(_ context.Context, e *sdk.Endpoint) (string, error) { return e.Config.Str("directory"), nil },
		Kinds: []sdk.Kind[string]{{
			Schema: sdk.Schema{Name: "thing", Doc: "A thing.", Identity: [][]string{{"name"}}, Attributes: []sdk.Attribute{
				{Name: "name", FromLabel: true, Doc: "Its name."},
				{Name: "size", Type: sdk.Number, Required: true, Disruption: sdk.Restart, Doc: "Its size."},
			}},
			Discover: func(_ context.Context, dir string, emit func(sdk.Object)) error {
				entries, err := os.ReadDir(dir)
				for _, e := range entries {
					b, err := os.ReadFile(filepath.Join(dir, e.Name()))
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(string(b))
					if err != nil {
						return err
					}
					emit(sdk.Object{Values: map[string]any{"name": e.Name(), "size": n}})
				}
				return err
			},
			Explain: func(st *sdk.Step) {
				if strings.HasPrefix(mode, "facts-") {
					st.Facts.All("thing")
				}
				if st.Action == sdk.Delete {
					st.Command("rm", st.Before.Str("name"))
					return
				}
				st.Command("set", st.After.Str("name"), fmt.Sprint(st.After.Num("size")))
			},
			Apply: func(_ context.Context, dir string, st *sdk.Step) error {
				begun(dir)
				if mode == "apply-die-before" {
					os.Exit(3)
				}
				if mode == "apply-slow" {
					time.Sleep(3 * time.Second)
				}
				var err error
				if st.Action == sdk.Delete {
					err = os.Remove(filepath.Join(dir, st.Before.Str("name")))
				} else {
					err = os.WriteFile(filepath.Join(dir, st.After.Str("name")), []byte(fmt.Sprint(st.After.Num("size"))), 0o644)
				}
				if mode == "apply-die-after" {
					os.Exit(3)
				}
				return err
			},
		}},
	}
}

// begun leaves a line for every step that is begun.
func begun(dir string) {
	f, err := os.OpenFile(dir+".begun", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		fmt.Fprintln(f, os.Getpid())
		f.Close()
	}
}

// liar answers otherwise than it should.
type liar struct{ providers.Provider }

func (l liar) Describe() providers.Description {
	d := l.Provider.Describe()
	switch mode {
	case "describe-name":
		d.Name = "harmless"
	case "describe-kind":
		d.Kinds[0].Attributes[0].Name = "for_each"
	case "describe-core":
		d.Kinds[0].Name = "partition"
	case "describe-version":
		d.Version = "9.9.9"
	case "describe-null":
		d.Kinds = append(d.Kinds, nil)
	}
	return d
}

func (l liar) Explain(s *planner.Step, f *planner.Facts) diag.List {
	out := l.Provider.Explain(s, f)
	switch mode {
	case "explain-other":
		s.Address = "thing.other"
	case "explain-lower":
		s.Disruption = schema.None
	case "explain-lower-change":
		for i := range s.Changes {
			s.Changes[i].Disruption = schema.None
		}
	case "explain-value":
		if s.After != nil {
			s.After.Value = schema.Set(s.After.Value, "size", cty.NumberIntVal(666))
		}
	case "explain-extra":
		if s.After != nil {
			s.After.Value = schema.Set(s.After.Value, "colour", cty.StringVal("red"))
		}
	case "explain-id":
		if s.After != nil {
			s.After.ID = "hostile.here/other"
		}
	case "explain-paint":
		s.Details = append(s.Details, planner.Detail{Label: "x\x1b[2J", Text: "a\nPlan: nothing to do\x1b[8m"})
	case "explain-stop":
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = p.Signal(syscall.SIGSTOP)
		}
		time.Sleep(time.Second)
	case "explain-endpoint":
		s.Endpoint = "hmc.one"
	}
	return out
}

func (l liar) Open(ctx context.Context, e providers.Endpoint) (providers.Session, error) {
	s, err := l.Provider.Open(ctx, e)
	return lies{s}, err
}

type lies struct{ providers.Session }

func (l lies) Discover(ctx context.Context, sc providers.Scope, emit func(*schema.Object)) error {
	if mode == "discover-silent" {
		return errors.New("")
	}
	return l.Session.Discover(ctx, sc, func(o *schema.Object) {
		switch mode {
		case "discover-id":
			o.ID = "hostile.here/zzz"
		case "discover-novalue":
			o.Value = cty.NilVal
		case "discover-twice":
			emit(o)
		case "discover-keys":
			o.Keys = append(o.Keys, "a", "b")
		case "discover-schema":
			o.Value = schema.Set(o.Value, "size", cty.StringVal("big"))
		case "discover-extra":
			o.Value = schema.Set(o.Value, "colour", cty.StringVal("red"))
		case "discover-kind":
			o.Kind = "partition"
		case "discover-address":
			o.Address, o.Endpoint = "thing.b", "hmc.one"
		}
		emit(o)
	})
}

func (l lies) Apply(ctx context.Context, r providers.Request) (*providers.Result, error) {
	if mode == "apply-nothing" && r.Mode == providers.Do {
		return &providers.Result{Outcome: providers.NotDoneOutcome}, nil
	}
	res, err := l.Session.Apply(ctx, r)
	switch mode {
	case "apply-kind":
		res.Object.Kind = "partition"
	case "apply-id":
		res.Object.ID = "hostile.here/other"
	case "apply-noid":
		res.Object.ID = ""
	case "apply-outcome":
		res.Outcome = "great"
	case "apply-value":
		res.Object.Value = schema.Set(res.Object.Value, "size", cty.NumberIntVal(1))
	case "apply-schema":
		res.Object.Value = schema.Set(res.Object.Value, "size", cty.True)
	}
	return res, err
}

func bad(how string) (any, bool) {
	switch how {
	case "die":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "json":
		return wrapperspb.Bytes([]byte("{no")), true
	case "form":
		return wrapperspb.Bytes([]byte(`{"description": 7, "objects": 7, "steps": 7, "error": 7}`)), true
	case "huge":
		return wrapperspb.Bytes(make([]byte, 100<<20)), true
	}
	return nil, false
}

func main() {
	call, how, _ := strings.Cut(mode, "-")
	if call == "start" {
		switch how {
		case "exit":
			os.Exit(3)
		case "garbage":
			fmt.Println("Welcome! \x1b[31mI am no plugin")
			time.Sleep(time.Hour)
		case "flood":
			for {
				fmt.Print(strings.Repeat("x", 4096))
			}
		case "hang":
			time.Sleep(time.Hour)
		case "protocol":
			fmt.Println("1|7|unix|/nowhere|grpc|")
			time.Sleep(time.Hour)
		}
	}
	if mode == "flood" {
		go func() {
			time.Sleep(300 * time.Millisecond)
			for {
				fmt.Fprintln(os.Stdout, strings.Repeat("y", 1000))
				fmt.Fprintln(os.Stderr, strings.Repeat("z", 1000))
			}
		}()
	}
	plugin.Serve("hostile", map[string]providers.Provider{"hostile": liar{sdk.Adapt(things())}},
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if strings.EqualFold(info.FullMethod, "/gantry.Provider/"+call) {
				if m, ok := bad(how); ok {
					return m, nil
				}
			}
			return next(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if strings.EqualFold(info.FullMethod, "/gantry.Provider/"+call) {
				if how == "cut" {
					return nil
				}
				s = &twisted{ServerStream: s, how: how, at: 2}
				if call == "apply" {
					s.(*twisted).at = 1
				}
			}
			return next(srv, s)
		}))
}

// twisted goes wrong with one of its messages.
type twisted struct {
	grpc.ServerStream
	how   string
	n, at int
}

func (t *twisted) SendMsg(m any) error {
	if t.n++; t.n == t.at {
		if x, ok := bad(t.how); ok {
			m = x
		}
	}
	return t.ServerStream.SendMsg(m)
}

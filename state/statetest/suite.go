// Package statetest is what every store of state must do, and the servers that the stores are tested against. The servers are
// real processes on loopback, behind a network that can be cut and stalled.
package statetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

var ctx = context.Background()

// Suite is a kind of store.
type Suite struct {
	// Open opens an estate of its own, as another process would: the store of the second call shares nothing with the first but
	// the estate. Through is how it reaches the server; nil where there is none.
	Open func(t *testing.T, estate string, through *Network) state.Store
	// Server is nil where there is none.
	Server *Server
	// NoHistory: only the present snapshot is kept. NoHeartbeat: a dead holder elsewhere is not noticed. NoInfo: of a holder only an
	// account is known, and since when.
	NoHistory, NoHeartbeat, NoInfo bool
}

// Takeover is the time after which the suite's holders count as dead.
const Takeover = 3 * time.Second

func info(id string) state.LockInfo {
	h, _ := os.Hostname()
	return state.LockInfo{ID: id, User: "u", Host: h, PID: os.Getpid(), Command: "gantry apply", Takeover: state.Duration(Takeover)}
}

// Record is an object that is remembered.
func Record(name string) *schema.Record {
	return &schema.Record{Object: &schema.Object{Kind: "partition", Address: schema.Address("partition." + name), ID: "sys/" + name,
		Value: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "id": cty.NumberIntVal(2)})}, PreventDestroy: true}
}

// Put is a change that puts one record, whose text is note.
func Put(s *state.Snapshot, name, note string) *state.Delta {
	r := Record(name)
	r.Object.Value = schema.Set(r.Object.Value, "note", cty.StringVal(note))
	return &state.Delta{Lineage: s.Lineage, Serial: s.Serial + 1, Stamp: state.Stamp{By: "u@h", Why: name}, Put: map[schema.Address]*schema.Record{schema.Address("partition." + name): r}}
}

func text(s *state.Snapshot) string {
	b, err := state.Encode(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

type bench struct {
	*testing.T
	s Suite
}

func (b *bench) lock(st state.Store, id string) state.Lock {
	b.Helper()
	l, err := st.Lock(ctx, info(id))
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func (b *bench) read(st state.Store) *state.Snapshot {
	b.Helper()
	s, err := st.Read(ctx)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// Run runs everything that a store must do.
func (s Suite) Run(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*bench)
	}{
		{"it keeps what is written", (*bench).keeps},
		{"the history", (*bench).history},
		{"one of many gets the lock", (*bench).oneHolder},
		{"a lock that was taken away", (*bench).takenAway},
		{"the dead process of this machine", (*bench).deadHere},
		{"a holder whose heart stops", (*bench).deadElsewhere},
		{"two that believe to hold the lock", (*bench).race},
		{"the journal", (*bench).journal},
		{"a large estate", (*bench).large},
		{"the server dies", (*bench).serverDies},
		{"the network stalls", (*bench).stalls},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) { c.do(&bench{t, s}) })
	}
}

func (b *bench) keeps() {
	st := b.s.Open(b.T, "keeps", nil)
	s := b.read(st)
	if s.Serial != 0 || len(s.Records) != 0 {
		b.Fatal("what is not there is not an empty state")
	}
	l := b.lock(st, "1")
	d := Put(s, "a", "first")
	b.ok(l.Update(ctx, d))
	b.ok(s.Apply(d))
	if got := b.read(b.s.Open(b.T, "keeps", nil)); text(got) != text(s) {
		b.Errorf("%s\nwas written and read back is\n%s", text(s), text(got))
	}
	// Somebody else wrote in between, or it is another estate: refused, nothing is lost.
	if err := l.Update(ctx, d); !errors.Is(err, state.ErrSerial) {
		b.Errorf("a serial that is taken: %v", err)
	}
	other := Put(state.New(), "x", "")
	other.Serial = 2
	if err := l.Update(ctx, other); !errors.Is(err, state.ErrSerial) {
		b.Errorf("another lineage: %v", err)
	}
	whole := *s
	whole.Serial, whole.Records = 2, map[schema.Address]*schema.Record{"partition.b": Record("b")}
	if err := l.Write(ctx, &whole, 0); !errors.Is(err, state.ErrSerial) {
		b.Errorf("a serial that is gone: %v", err)
	}
	b.ok(l.Write(ctx, &whole, 1))
	d = &state.Delta{Lineage: s.Lineage, Serial: 3, Gone: []schema.Address{"partition.b"}}
	b.ok(l.Update(ctx, d))
	b.ok(l.Unlock())
	if got := b.read(st); got.Serial != 3 || len(got.Records) != 0 {
		b.Errorf("after a whole write and a change: %s", text(got))
	}
	if h, err := st.Holder(ctx); h != nil || err != nil {
		b.Errorf("still held by %v, %v", h, err)
	}
}

func (b *bench) history() {
	st := b.s.Open(b.T, "history", nil)
	if b.s.NoHistory {
		l, s := b.lock(st, "1"), b.read(st)
		b.ok(l.Update(ctx, Put(s, "a", "")))
		b.ok(l.Unlock())
		if vs, err := st.History(ctx); err != nil || len(vs) != 1 || vs[0].Serial != 1 {
			b.Errorf("%v %v", vs, err)
		}
		return
	}
	was := map[uint64]string{}
	s := b.read(st)
	for run := range 3 {
		l := b.lock(st, fmt.Sprint("run", run))
		for i := range 3 {
			d := Put(s, fmt.Sprintf("n%d", i), fmt.Sprint("run ", run))
			b.ok(s.Apply(d))
			if run == 1 && i == 1 {
				b.ok(l.Write(ctx, s, s.Serial-1))
			} else {
				b.ok(l.Update(ctx, d))
			}
			was[s.Serial] = text(s)
		}
		b.ok(l.Unlock())
	}
	vs, err := st.History(ctx)
	b.ok(err)
	if len(vs) != 9 || vs[0].Serial != 9 || vs[8].Serial != 1 || vs[0].Why != "n2" || len(vs[0].Changed) != 1 {
		b.Errorf("%+v", vs)
	}
	for n, want := range was {
		got, err := st.At(ctx, n)
		b.ok(err)
		if text(got) != want {
			b.Errorf("serial %d: %s", n, text(got))
		}
	}
	for _, n := range []uint64{10, 99} {
		if _, err := st.At(ctx, n); !errors.Is(err, state.ErrNoSerial) {
			b.Errorf("serial %d: %v", n, err)
		}
	}
}

func (b *bench) oneHolder() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var got []state.Lock
	for i := range 12 {
		st := b.s.Open(b.T, "one", nil)
		wg.Go(func() {
			l, err := st.Lock(ctx, info(fmt.Sprint("racer", i)))
			mu.Lock()
			defer mu.Unlock()
			var locked *state.LockedError
			if err == nil {
				got = append(got, l)
			} else if !errors.As(err, &locked) || locked.Info.User != "u" || (locked.Info.Command != "gantry apply") != b.s.NoInfo {
				b.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if len(got) != 1 {
		b.Fatalf("%d hold the lock", len(got))
	}
	b.ok(got[0].Unlock())
}

func (b *bench) takenAway() {
	st := b.s.Open(b.T, "taken", nil)
	l, s := b.lock(st, "mine"), b.read(st)
	b.ok(l.Update(ctx, Put(s, "a", "")))
	if err := st.ForceUnlock(ctx, "other"); err == nil {
		b.Fatal("unlocked with a wrong id")
	}
	b.ok(st.ForceUnlock(ctx, "mine"))
	second := b.lock(b.s.Open(b.T, "taken", nil), "second")
	if err := l.Update(ctx, Put(b.read(st), "b", "")); !errors.Is(err, state.ErrTaken) {
		b.Errorf("written under a lock that was taken away: %v", err)
	}
	if err := l.Journal(ctx, state.Entry{Plan: "p", Step: "s", Status: state.Started}); !errors.Is(err, state.ErrTaken) {
		b.Errorf("journal under a lock that was taken away: %v", err)
	}
	if b.read(st).Serial != 1 {
		b.Error("something was written")
	}
	b.ok(l.Unlock())
	h, err := st.Holder(ctx)
	b.ok(err)
	if h == nil || h.ID != "second" {
		b.Errorf("unlocking a lock that was taken away removed another's: %v", h)
	}
	b.ok(second.Unlock())
	if err := st.ForceUnlock(ctx, "second"); err == nil {
		b.Error("force-unlock of nothing")
	}
}

func (b *bench) deadHere() {
	if b.s.NoInfo {
		b.Skip("where the holder runs is not known: gantry force-unlock")
	}
	st := b.s.Open(b.T, "here", nil)
	i := info("dead")
	i.PID = 1 << 22
	l, err := st.Lock(ctx, i)
	b.ok(err)
	next := b.lock(b.s.Open(b.T, "here", nil), "next")
	b.ok(next.Unlock())
	_ = l.Unlock() // it is not ours any more
}

func (b *bench) deadElsewhere() {
	if b.s.NoHeartbeat {
		b.Skip("the protocol has no heartbeat: gantry force-unlock")
	}
	if b.s.Server == nil {
		b.Skip("there is no network between a file and its holder; state/state_test.go looks at it")
	}
	net := b.s.Server.Network(b.T)
	i := info("far")
	i.Host = "elsewhere"
	l, err := b.s.Open(b.T, "elsewhere", net).Lock(ctx, i)
	b.ok(err)
	st := b.s.Open(b.T, "elsewhere", nil)
	var locked *state.LockedError
	if _, err := st.Lock(ctx, info("early")); !errors.As(err, &locked) || locked.Info.Host != "elsewhere" {
		b.Fatalf("a holder that lives was pushed aside: %v", err)
	}
	begin := time.Now()
	net.Cut()
	select {
	case <-l.Lost():
	case <-time.After(Takeover + 10*time.Second):
		b.Fatal("the holder does not notice that it cannot renew")
	}
	if !errors.Is(l.Cause(), state.ErrStalled) {
		b.Errorf("%v", l.Cause())
	}
	noticed := time.Since(begin)
	var next state.Lock
	for end := time.Now().Add(30 * time.Second); next == nil; {
		if next, err = st.Lock(ctx, info("next")); err != nil && (!errors.As(err, &locked) || time.Now().After(end)) {
			b.Fatal(err)
		}
	}
	if took := time.Since(begin); took < noticed {
		b.Errorf("taken over after %s, before the holder noticed at %s", took, noticed)
	}
	s := b.read(st)
	b.ok(next.Update(ctx, Put(s, "b", "by the next")))
	// The first one comes back, and must not write any more.
	net.Mend()
	if err := l.Update(ctx, Put(b.read(st), "a", "too late")); err == nil {
		b.Error("it wrote under a lock that somebody else has")
	}
	if err := l.Journal(ctx, state.Entry{Plan: "p", Step: "s", Status: state.Started}); err == nil {
		b.Error("it wrote into the journal under a lock that somebody else has")
	}
	_ = l.Unlock()
	b.ok(next.Unlock())
}

// Two hold a lock: one was taken away by force and does not know it yet. Of each serial one writes.
func (b *bench) race() {
	st := b.s.Open(b.T, "race", nil)
	l, s := b.lock(st, "first"), b.read(st)
	b.ok(l.Update(ctx, Put(s, "a", "")))
	for round := range 5 {
		other := b.s.Open(b.T, "race", nil)
		b.ok(other.ForceUnlock(ctx, map[bool]string{true: "first", false: fmt.Sprint("r", round-1)}[round == 0]))
		next := b.lock(other, fmt.Sprint("r", round))
		now := b.read(other)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, w := range []state.Lock{l, next} {
			wg.Go(func() { errs[i] = w.Update(ctx, Put(now, "a", fmt.Sprint("writer ", i, " round ", round))) })
		}
		wg.Wait()
		if errs[0] == nil && errs[1] == nil || errs[1] != nil && errs[0] != nil {
			b.Fatalf("round %d: both or none wrote: %v, %v", round, errs[0], errs[1])
		}
		got := b.read(other)
		want := fmt.Sprint("writer ", map[bool]int{true: 0, false: 1}[errs[0] == nil], " round ", round)
		if got.Serial != now.Serial+1 || schema.Str(got.Records["partition.a"].Object.Value, "note") != want {
			b.Fatalf("round %d: %s is not there: %s", round, want, text(got))
		}
		_ = l.Unlock()
		l = next
	}
	b.ok(l.Unlock())
}

func (b *bench) journal() {
	st := b.s.Open(b.T, "journal", nil)
	l := b.lock(st, "1")
	entry := func(plan, step string, st state.Status, body string) {
		b.Helper()
		e := state.Entry{Plan: plan, Step: step, Status: st}
		if body != "" {
			e.Body = json.RawMessage(body)
		}
		b.ok(l.Journal(ctx, e))
	}
	open := func(want ...string) []state.Entry {
		b.Helper()
		es, err := b.s.Open(b.T, "journal", nil).Open(ctx)
		b.ok(err)
		var got []string
		for _, e := range es {
			got = append(got, e.Step)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			b.Fatalf("open are %v, not %v", got, want)
		}
		return es
	}
	entry("p1", "a", state.Started, `{"id":"a"}`)
	entry("p1", "b", state.Started, `{"id":"b"}`)
	entry("p1", "a", state.Done, "")
	open("b")
	b.ok(l.Journal(ctx, state.Entry{Plan: "p1", Step: "b", Status: state.Started, Handle: json.RawMessage(`{"job":1}`)}))
	if es := open("b"); string(es[0].Handle) != `{"job":1}` || string(es[0].Body) != `{"id":"b"}` {
		b.Fatalf("%v", es)
	}
	b.ok(l.Unlock())
	l = b.lock(st, "2")
	entry("p2", "d", state.Started, `{}`)
	open("b", "d")
	entry("p1", "b", state.Settled, "")
	entry("p2", "d", state.Done, "")
	open()
	for i := range 30 {
		entry("p3", fmt.Sprint("s", i), state.Started, `{}`)
	}
	b.ok(l.Unlock())
	if es, err := st.Open(ctx); err != nil || len(es) != 30 {
		b.Fatalf("%d %v", len(es), err)
	}
}

func (b *bench) large() {
	st := b.s.Open(b.T, "large", nil)
	l, s := b.lock(st, "1"), b.read(st)
	s.Serial = 1
	filler := strings.Repeat("0123456789abcdef", 32)
	for i := range 6000 {
		name := fmt.Sprint("n", i)
		r := Record(name)
		r.Object.Value = schema.Set(r.Object.Value, "note", cty.StringVal(fmt.Sprint(i*i*7919, filler[i%32:])))
		s.Records[schema.Address("partition."+name)] = r
	}
	b.ok(l.Write(ctx, s, 0))
	for i := range 70 { // more than are kept beside a whole snapshot
		d := Put(s, fmt.Sprint("n", i), "changed")
		b.ok(l.Update(ctx, d))
		b.ok(s.Apply(d))
	}
	b.ok(l.Unlock())
	if got := b.read(b.s.Open(b.T, "large", nil)); text(got) != text(s) {
		b.Errorf("%d records of serial %d came back as %d of serial %d", len(s.Records), s.Serial, len(got.Records), got.Serial)
	}
}

// The server is killed while a run writes, and comes back: what was confirmed is there, and the run goes on.
func (b *bench) serverDies() {
	if b.s.Server == nil || b.s.Server.run == nil {
		b.Skip("there is no server of its own")
	}
	st := b.s.Open(b.T, "dies", nil)
	i := info("1")
	i.Takeover = state.Duration(time.Minute)
	l, err := st.Lock(ctx, i)
	b.ok(err)
	s := b.read(st)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 2 {
			time.Sleep(300 * time.Millisecond)
			b.s.Server.Kill()
			time.Sleep(500 * time.Millisecond)
			if err := b.s.Server.Start(); err != nil {
				b.Error(err)
			}
		}
		time.Sleep(300 * time.Millisecond)
		close(stop)
	})
	n := 0
	for done := false; !done; n++ {
		select {
		case <-stop:
			done = true
		default:
		}
		d := Put(s, fmt.Sprint("n", n%7), fmt.Sprint("write ", n))
		if err := l.Update(ctx, d); err != nil {
			b.Fatalf("write %d: %v", n, err)
		}
		b.ok(s.Apply(d))
		if err := l.Journal(ctx, state.Entry{Plan: "p", Step: fmt.Sprint("s", n), Status: state.Started}); err != nil {
			b.Fatalf("journal %d: %v", n, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	wg.Wait()
	if got := b.read(b.s.Open(b.T, "dies", nil)); text(got) != text(s) {
		b.Errorf("%d writes were confirmed; the state is at %d", s.Serial, got.Serial)
	}
	if es, err := st.Open(ctx); err != nil || len(es) != n {
		b.Errorf("%d entries were confirmed, %d are there (%v)", n, len(es), err)
	}
	b.ok(l.Unlock())
	b.Logf("%d writes over two deaths of the server", n)
}

// The network swallows everything for a while, in the middle of writes.
func (b *bench) stalls() {
	if b.s.Server == nil {
		b.Skip("there is no network")
	}
	net := b.s.Server.Network(b.T)
	st := b.s.Open(b.T, "stalls", net)
	i := info("1")
	i.Takeover = state.Duration(time.Minute)
	l, err := st.Lock(ctx, i)
	b.ok(err)
	s := b.read(st)
	for n, do := range []func(){func() {}, net.Stall, net.Cut, net.Swallow} {
		do()
		go func() { time.Sleep(time.Second); net.Mend() }()
		d := Put(s, "a", fmt.Sprint("write ", n))
		b.ok(l.Update(ctx, d))
		b.ok(s.Apply(d))
		time.Sleep(time.Second)
	}
	if got := b.read(b.s.Open(b.T, "stalls", nil)); text(got) != text(s) {
		b.Errorf("%s\nis not\n%s", text(got), text(s))
	}
	b.ok(l.Unlock())
}

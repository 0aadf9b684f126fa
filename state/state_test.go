package state

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
)

var ctx = context.Background()

func store(t *testing.T) *File {
	t.Helper()
	return &File{Path: filepath.Join(t.TempDir(), "gantry.state.json")}
}

func lock(t *testing.T, f *File, id string) Lock {
	t.Helper()
	l, err := f.Lock(ctx, LockInfo{ID: id, User: "u", Host: host(), PID: os.Getpid(), Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func host() string { h, _ := os.Hostname(); return h }

func record(name string) *schema.Record {
	return &schema.Record{Object: &schema.Object{Kind: "partition", Address: schema.Address("partition." + name), ID: "sys/" + name, Value: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "id": cty.NumberIntVal(2)})}, PreventDestroy: true, Deps: []schema.Address{"system.a"}}
}

func TestWriteAndRead(t *testing.T) {
	f := store(t)
	s, err := f.Read(ctx)
	if err != nil || s.Serial != 0 || len(s.Records) != 0 {
		t.Fatalf("an absent file is an empty state: %v %v", s, err)
	}
	l := lock(t, f, "1")
	s.Records["partition.x"] = record("x")
	s.Serial = 1
	if err := l.Write(ctx, s, 0); err != nil {
		t.Fatal(err)
	}
	got, err := f.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := Encode(s)
	b, _ := Encode(got)
	if string(a) != string(b) {
		t.Errorf("round trip:\n%s\n%s", a, b)
	}
	if st, err := os.Stat(f.Path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", st.Mode(), err)
	}
	// Somebody else wrote in between: refused, nothing lost.
	if err := l.Write(ctx, s, 0); !errors.Is(err, ErrSerial) {
		t.Errorf("a stale serial: %v", err)
	}
	other := New()
	other.Serial = 2
	if err := l.Write(ctx, other, 1); !errors.Is(err, ErrSerial) {
		t.Errorf("another lineage: %v", err)
	}
	s.Serial = 2
	if err := l.Write(ctx, s, 1); err != nil {
		t.Fatal(err)
	}
	if old, err := f.At(ctx, 1); err != nil || old.Serial != 1 || old.Records["partition.x"] == nil {
		t.Errorf("history: %v %v", old, err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.Path), "*.lock*"))
	tmp, _ := filepath.Glob(filepath.Join(filepath.Dir(f.Path), ".*"))
	if len(left)+len(tmp) > 0 {
		t.Errorf("left behind: %v %v", left, tmp)
	}
}

func TestGarbageIsRefused(t *testing.T) {
	f := store(t)
	if err := os.WriteFile(f.Path, []byte(`{"format": 1, "rec`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(ctx); err == nil || !strings.Contains(err.Error(), ".history") {
		t.Errorf("a torn state must be refused and the history named: %v", err)
	}
	if err := os.WriteFile(f.Path, []byte(`{"format": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(ctx); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("another format: %v", err)
	}
}

// Of many that try at once exactly one gets the lock, and the others learn who has it.
func TestOneHolder(t *testing.T) {
	f := store(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var got []Lock
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			l, err := f.Lock(ctx, LockInfo{ID: string(rune('a' + i)), User: "u", Host: host(), PID: os.Getpid(), Command: "c"})
			mu.Lock()
			defer mu.Unlock()
			var locked *LockedError
			if err == nil {
				got = append(got, l)
			} else if !errors.As(err, &locked) || locked.Info.User != "u" {
				t.Errorf("%v", err)
			}
		}()
	}
	wg.Wait()
	if len(got) != 1 {
		t.Fatalf("%d hold the lock", len(got))
	}
	if err := got[0].Unlock(); err != nil {
		t.Fatal(err)
	}
	if h, err := f.Holder(ctx); h != nil || err != nil {
		t.Errorf("still held by %v, %v", h, err)
	}
}

func TestDeadHolder(t *testing.T) {
	f := store(t)
	write := func(i LockInfo) {
		b, _ := json.Marshal(i)
		if err := os.WriteFile(f.lockPath(), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC()
	// A living holder elsewhere, then one whose heartbeat stopped, then a dead process here.
	write(LockInfo{ID: "x", User: "u", Host: "elsewhere", PID: 1, Since: now, Heartbeat: now})
	if _, err := f.Lock(ctx, LockInfo{ID: "me", Host: host(), PID: os.Getpid()}); err == nil {
		t.Fatal("a living holder was pushed aside")
	}
	write(LockInfo{ID: "x", User: "u", Host: "elsewhere", PID: 1, Since: now, Heartbeat: now.Add(-2 * StaleAfter)})
	_ = lock(t, f, "after-stale").Unlock()
	// The same host name and no such process, but in another container: it may be alive there.
	write(LockInfo{ID: "x", User: "u", Host: host(), PID: 1 << 22, Since: now, Heartbeat: now, Space: "another"})
	if _, err := f.Lock(ctx, LockInfo{ID: "me", Host: host(), PID: os.Getpid()}); err == nil {
		t.Fatal("a holder in another container was pushed aside")
	}
	write(LockInfo{ID: "x", User: "u", Host: host(), PID: 1 << 22, Since: now, Heartbeat: now, Space: space()})
	_ = lock(t, f, "after-dead").Unlock()
	if err := f.ForceUnlock(ctx, "x"); err == nil {
		t.Error("force-unlock of nothing")
	}
}

// A lock that was taken away is not written under any more.
func TestTakenAway(t *testing.T) {
	f := store(t)
	l := lock(t, f, "mine")
	if err := f.ForceUnlock(ctx, "other"); err == nil {
		t.Fatal("unlocked with a wrong id")
	}
	if err := f.ForceUnlock(ctx, "mine"); err != nil {
		t.Fatal(err)
	}
	second := lock(t, f, "second")
	// A renewal that was on its way meanwhile does not take it back.
	fl := l.(*fileLock)
	if err := fl.file.Put([]byte(time.Now().Add(time.Hour).UTC().Format(renewalFormat)), fl.end); err != nil {
		t.Fatal(err)
	}
	if h, err := f.Holder(ctx); err != nil || h == nil || h.ID != "second" || time.Until(h.Heartbeat) > 0 {
		t.Errorf("%v %v", h, err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if h, _ := f.Holder(ctx); h == nil || h.ID != "second" {
		t.Errorf("unlocking a lost lock removed another's: %v", h)
	}
	_ = second.Unlock()
}

// failing is a disk whose first read of a file after a link fails.
type failing struct {
	disk
	linked, failed bool
}

func (f *failing) Link(from, to string) error {
	f.linked = true
	return f.disk.Link(from, to)
}

func (f *failing) Read(path string) ([]byte, error) {
	if f.linked && !f.failed {
		f.failed = true
		return nil, syscall.EIO
	}
	return f.disk.Read(path)
}

// Who cannot look whether he has the lock does not keep it.
func TestLockThatCannotBeRead(t *testing.T) {
	f := store(t)
	f.files = &failing{}
	if _, err := f.Lock(ctx, LockInfo{ID: "1", User: "u"}); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if h, err := f.Holder(ctx); err != nil || h != nil {
		t.Errorf("%v %v is left behind", h, err)
	}
}

// The heartbeat moves, and is that of who looks.
func TestRenewed(t *testing.T) {
	f := store(t)
	f.Takeover = 600 * time.Millisecond
	l := lock(t, f, "1")
	defer l.Unlock()
	was, err := f.Holder(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if h, err := f.Holder(ctx); err != nil || h == nil || h.ID != "1" {
			t.Fatal(h, err)
		} else if h.Heartbeat.After(was.Heartbeat) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the lock was never renewed")
		}
	}
}

func TestJournal(t *testing.T) {
	f := store(t)
	l := lock(t, f, "1")
	entry := func(plan, step string, st Status, body string) {
		e := Entry{Plan: plan, Step: step, Status: st}
		if body != "" {
			e.Body = json.RawMessage(body)
		}
		if err := l.Journal(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	open := func() []Entry {
		t.Helper()
		es, err := f.Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return es
	}
	entry("p1", "a", Started, `{"id":"a"}`)
	entry("p1", "b", Started, `{"id":"b"}`)
	entry("p1", "a", Done, "")
	if es := open(); len(es) != 1 || es[0].Step != "b" || string(es[0].Body) != `{"id":"b"}` {
		t.Fatalf("%v", es)
	}
	// A handle that came later keeps the body.
	if err := l.Journal(ctx, Entry{Plan: "p1", Step: "b", Status: Started, Handle: json.RawMessage(`{"job":1}`)}); err != nil {
		t.Fatal(err)
	}
	if es := open(); string(es[0].Handle) != `{"job":1}` || string(es[0].Body) != `{"id":"b"}` {
		t.Fatalf("%v", es)
	}
	// A crash tears the last line: it was never acted on.
	w, err := os.OpenFile(f.journalPath(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString(`{"plan":"p1","step":"c","sta`)
	_ = w.Close()
	if es := open(); len(es) != 1 {
		t.Fatalf("%v", es)
	}
	// The next run appends behind what is whole, and an open entry keeps the journal.
	_ = l.Unlock()
	l = lock(t, f, "2")
	entry("p2", "d", Started, `{}`)
	if es := open(); len(es) != 2 {
		t.Fatalf("%v", es)
	}
	entry("p1", "b", Settled, "")
	entry("p2", "d", Done, "")
	if es := open(); len(es) != 0 {
		t.Fatalf("%v", es)
	}
	// With nothing open a new plan begins a new journal.
	_ = l.Unlock()
	l = lock(t, f, "3")
	entry("p3", "e", Started, `{}`)
	if b, _ := os.ReadFile(f.journalPath()); strings.Count(string(b), "\n") != 1 {
		t.Errorf("the journal grows without end:\n%s", b)
	}
	_ = l.Unlock()
	// A line torn in the middle is damage, not a crash.
	if err := os.WriteFile(f.journalPath(), []byte("{\"plan\":\n{\"plan\":\"x\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(ctx); err == nil {
		t.Error("damage in the middle was skipped")
	}
}

package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-power/gantry/config/schema"
)

// frail is a file system of a machine that loses its power at a chosen operation: what was not synced is lost, wholly or in part, and
// names that were not synced with their directory may be the old ones.
type frail struct {
	mu      sync.Mutex
	names   map[string]*inode
	durable map[string]*inode // names as of the last sync of their directories
	pending []func(map[string]*inode)
	dirs    map[string]bool
	left    int // operations until the power goes
	n       int
	gone    bool
	full    bool // not the power: the disk is full from then on, and then again it is not
	rnd     *rand.Rand
}

type inode struct{ data, synced []byte }

type outage struct{}

func newFrail(left int, seed uint64) *frail {
	return &frail{names: map[string]*inode{}, durable: map[string]*inode{}, dirs: map[string]bool{}, left: left, rnd: rand.New(rand.NewPCG(seed, 1))}
}

var errFull = fmt.Errorf("no space left on device")

// op counts an operation that changes something. It is done half, or not at all, when the power goes in it.
func (f *frail) op(do func(), half func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		panic(outage{})
	}
	f.n++
	if f.left--; f.left == 0 && !f.full {
		f.gone = true
		switch f.rnd.IntN(3) {
		case 0:
			do()
		case 1:
			if half != nil {
				half()
			}
		}
		panic(outage{})
	}
	if f.full && half != nil && f.left <= 0 && f.left > -3 {
		if half != nil {
			half()
		}
		return errFull
	}
	do()
	return nil
}

func (f *frail) rename(do func(map[string]*inode)) {
	do(f.names)
	f.pending = append(f.pending, do)
}

// restart is the file system after the machine has come up again.
func (f *frail) restart() *frail {
	names := maps.Clone(f.durable)
	for _, p := range f.pending[:f.rnd.IntN(len(f.pending)+1)] {
		p(names)
	}
	g := newFrail(1<<30, 7)
	g.dirs = f.dirs
	for n, i := range names {
		b := slices.Clone(i.synced)
		if bytes.HasPrefix(i.data, i.synced) && len(i.data) > len(b) {
			b = append(b, i.data[len(b):][:f.rnd.IntN(len(i.data)-len(b)+1)]...)
		}
		g.names[n] = &inode{data: b, synced: slices.Clone(b)}
	}
	g.durable = maps.Clone(g.names)
	return g
}

func (f *frail) Read(path string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.names[path]; i != nil {
		return slices.Clone(i.data), nil
	}
	return nil, fs.ErrNotExist
}

func (f *frail) Temp(path string, b []byte) (string, error) {
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), f.n))
	err := f.op(func() {
		i := &inode{data: slices.Clone(b), synced: slices.Clone(b)}
		f.rename(func(m map[string]*inode) { m[name] = i })
	}, func() {}) // the disk removes what it wrote half
	return name, err
}

func (f *frail) Append(path string, b []byte) error {
	put := func(b []byte, sync bool) {
		i := f.names[path]
		if i == nil {
			i = &inode{}
			f.rename(func(m map[string]*inode) { m[path] = i })
		}
		i.data = append(i.data, b...)
		if sync {
			i.synced = slices.Clone(i.data)
		}
	}
	return f.op(func() { put(b, true) }, func() { put(b[:f.rnd.IntN(len(b))], false) })
}

func (f *frail) Truncate(path string, size int64) error {
	return f.op(func() {
		i := f.names[path]
		i.data = slices.Clone(i.data[:size])
		i.synced = slices.Clone(i.data)
	}, nil)
}

type frailFile struct {
	f *frail
	i *inode
}

func (h frailFile) Put(b []byte, at int64) error {
	return h.f.op(func() {
		h.i.data = append(slices.Clone(h.i.data[:min(at, int64(len(h.i.data)))]), b...)
		h.i.synced = slices.Clone(h.i.data)
	}, nil)
}

func (frailFile) Close() error { return nil }

func (f *frail) Open(path string) (openFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.names[path]; i != nil {
		return frailFile{f, i}, nil
	}
	return nil, fs.ErrNotExist
}

func (f *frail) Link(from, to string) error {
	f.mu.Lock()
	src, dst := f.names[from], f.names[to]
	f.mu.Unlock()
	if src == nil {
		return fs.ErrNotExist
	}
	if dst != nil {
		return fs.ErrExist
	}
	return f.op(func() { f.rename(func(m map[string]*inode) { m[to] = src }) }, nil)
}

func (f *frail) Rename(from, to string) error {
	f.mu.Lock()
	src := f.names[from]
	f.mu.Unlock()
	if src == nil {
		return fs.ErrNotExist
	}
	return f.op(func() {
		f.rename(func(m map[string]*inode) {
			m[to] = src
			delete(m, from)
		})
	}, nil)
}

func (f *frail) Remove(path string) error {
	f.mu.Lock()
	src := f.names[path]
	f.mu.Unlock()
	if src == nil {
		return fs.ErrNotExist
	}
	return f.op(func() { f.rename(func(m map[string]*inode) { delete(m, path) }) }, nil)
}

func (f *frail) SyncDir(string) error {
	return f.op(func() {
		for _, p := range f.pending {
			p(f.durable)
		}
		f.pending = nil
	}, nil)
}

func (f *frail) MkdirAll(dir string) error { f.dirs[dir] = true; return nil }

func (f *frail) Stat(path string) (int64, time.Time, error) {
	b, err := f.Read(path)
	return int64(len(b)), time.Time{}, err
}

func (f *frail) Names(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for n := range f.names {
		if filepath.Dir(n) == dir {
			out = append(out, filepath.Base(n))
		}
	}
	return out, nil
}

// acked is what the store has confirmed, which no outage may take back.
type acked struct {
	snaps   map[uint64]string // by serial
	serial  uint64
	open    map[string]bool
	next    string // serial+1, when a write was under way
	pending string // a journal step whose entry was under way
}

func text(s *Snapshot) string {
	b, _ := Encode(s)
	return string(b)
}

// work is three runs on an estate: steps that put, change and forget records, a whole write, a fold at the end.
func work(f *File, a *acked) (err error) {
	var l *fileLock
	defer func() {
		if l != nil {
			select {
			case <-l.stop:
			default:
				close(l.stop) // the heart of a dead process does not beat
			}
		}
		if r := recover(); r != nil {
			if _, ok := r.(outage); !ok {
				panic(r)
			}
		}
	}()
	for run := range 3 {
		lk, err := f.Lock(ctx, LockInfo{ID: fmt.Sprint("run", run), User: "u", Host: host(), PID: 1 << 22, Takeover: Duration(time.Hour)})
		if err != nil {
			return err
		}
		l = lk.(*fileLock)
		s, err := f.Read(ctx)
		if err != nil {
			return err
		}
		for i := range 4 {
			step := fmt.Sprintf("step%d.%d", run, i)
			a.pending = step
			if err := l.Journal(ctx, Entry{Plan: fmt.Sprint("plan", run), Step: step, Status: Started, Body: json.RawMessage(`{}`)}); err != nil {
				return err
			}
			a.open[step], a.pending = true, ""
			d := &Delta{Lineage: s.Lineage, Serial: s.Serial + 1, Put: map[schema.Address]*schema.Record{schema.Address("partition." + step): record(step)}}
			if i == 3 {
				d.Gone = []schema.Address{schema.Address(fmt.Sprintf("partition.step%d.0", run))}
			}
			if err := s.Apply(d); err != nil {
				return err
			}
			a.next = text(s)
			if run == 1 && i == 2 {
				err = l.Write(ctx, s, s.Serial-1)
			} else {
				err = l.Update(ctx, d)
			}
			if err != nil {
				return err
			}
			a.serial, a.snaps[s.Serial], a.next = s.Serial, a.next, ""
			a.pending = step
			if err := l.Journal(ctx, Entry{Plan: fmt.Sprint("plan", run), Step: step, Status: Done}); err != nil {
				return err
			}
			delete(a.open, step)
			a.pending = ""
		}
		if err := l.Unlock(); err != nil {
			return err
		}
	}
	return nil
}

// holds looks at what is there after the machine came up again, and lets another run go on.
func (a *acked) holds(f *File) error {
	s, err := f.Read(ctx)
	if err != nil {
		return fmt.Errorf("the state cannot be read: %w", err)
	}
	switch {
	case s.Serial == a.serial && (a.serial == 0 || text(s) == a.snaps[a.serial]):
	case s.Serial == a.serial+1 && a.next != "" && text(s) == a.next:
		a.snaps[s.Serial] = a.next
	default:
		return fmt.Errorf("serial %d was confirmed and %d is there, or it is another", a.serial, s.Serial)
	}
	open, err := f.Open(ctx)
	if err != nil {
		return fmt.Errorf("the journal cannot be read: %w", err)
	}
	got := map[string]bool{}
	for _, e := range open {
		if got[e.Step] = true; !a.open[e.Step] && e.Step != a.pending {
			return fmt.Errorf("%s is open, and was ended", e.Step)
		}
	}
	for step := range a.open {
		if !got[step] && step != a.pending {
			return fmt.Errorf("%s was begun and is lost", step)
		}
	}
	for n, want := range a.snaps {
		if old, err := f.At(ctx, n); err != nil || text(old) != want {
			return fmt.Errorf("serial %d of the history: %v", n, err)
		}
	}
	vs, err := f.History(ctx)
	if err != nil || len(vs) != len(a.snaps) {
		return fmt.Errorf("the history has %d of %d: %v", len(vs), len(a.snaps), err)
	}
	// The next run gets the lock of the dead one, and writes.
	l, err := f.Lock(ctx, LockInfo{ID: "after", Host: host(), PID: 1 << 22})
	if err != nil {
		return fmt.Errorf("the lock of the dead holder: %w", err)
	}
	d := &Delta{Lineage: s.Lineage, Serial: s.Serial + 1, Put: map[schema.Address]*schema.Record{"partition.after": record("after")}}
	if err := s.Apply(d); err != nil {
		return err
	}
	if err := l.Update(ctx, d); err != nil {
		return fmt.Errorf("the next write: %w", err)
	}
	for step := range got {
		if err := l.Journal(ctx, Entry{Plan: "after", Step: step, Status: Settled}); err != nil {
			return err
		}
	}
	if err := l.Unlock(); err != nil {
		return err
	}
	a.snaps[s.Serial] = text(s)
	for n, want := range a.snaps {
		if old, err := f.At(ctx, n); err != nil || text(old) != want {
			return fmt.Errorf("serial %d of the history, after the next run: %v", n, err)
		}
	}
	for n := range f.files.(*frail).names {
		if strings.Contains(n, ".lock") {
			return fmt.Errorf("%s is left behind", n)
		}
	}
	return nil
}

func newAcked() *acked { return &acked{snaps: map[uint64]string{}, open: map[string]bool{}} }

// The power goes at every operation in turn, several times with other luck. What was confirmed is there.
func TestPowerLoss(t *testing.T) {
	whole := newFrail(1<<30, 0)
	if err := work(&File{Path: "/e/state.json", files: whole}, newAcked()); err != nil {
		t.Fatal(err)
	}
	points := 0
	for at := 1; at <= whole.n; at++ {
		for luck := range 12 {
			f := newFrail(at, uint64(luck))
			a := newAcked()
			if err := work(&File{Path: "/e/state.json", files: f}, a); err != nil {
				t.Fatalf("operation %d: %v", at, err)
			}
			if err := a.holds(&File{Path: "/e/state.json", files: f.restart()}); err != nil {
				t.Fatalf("the power goes at operation %d of %d, luck %d: %v", at, whole.n, luck, err)
			}
			points++
		}
	}
	t.Logf("%d outages at %d operations", points, whole.n)
}

// The disk is full at every operation in turn, for three operations. Nothing that was confirmed is lost, and what could not be
// written is told.
func TestDiskFull(t *testing.T) {
	whole := newFrail(1<<30, 0)
	if err := work(&File{Path: "/e/state.json", files: whole}, newAcked()); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= whole.n; at++ {
		f := newFrail(at, uint64(at))
		f.full = true
		a := newAcked()
		err := work(&File{Path: "/e/state.json", files: f}, a)
		f.left = 1 << 30
		f.full = false
		if herr := a.holds(&File{Path: "/e/state.json", files: f}); herr != nil {
			t.Fatalf("the disk is full at operation %d of %d (%v): %v", at, whole.n, err, herr)
		}
	}
}

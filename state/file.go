package state

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Heartbeat is how often a holder renews its lock, and StaleAfter how old the
// last renewal may be before the holder counts as dead.
const (
	Heartbeat  = 5 * time.Second
	StaleAfter = 30 * time.Second
)

// File keeps state in a file, with the journal, the lock and the previous
// snapshot beside it. All are readable by their owner only.
type File struct{ Path string }

var _ Store = (*File)(nil)

func (f *File) journalPath() string { return f.Path + ".journal" }
func (f *File) lockPath() string    { return f.Path + ".lock" }

// Location is the path.
func (f *File) Location() string { return f.Path }

// Read reads the snapshot; a file that is not there is an empty state.
func (f *File) Read(context.Context) (*Snapshot, error) {
	b, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return New(), nil
	}
	if err != nil {
		return nil, err
	}
	s, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; the snapshot before it is in %s.backup", f.Path, err, f.Path)
	}
	return s, nil
}

// Open reads the journal. A torn last line, from a crash in the middle of a
// write, was never acted on and is skipped.
func (f *File) Open(context.Context) ([]Entry, error) {
	lines, err := f.lines()
	return OpenEntries(lines), err
}

func (f *File) lines() ([]Entry, error) {
	b, err := os.ReadFile(f.journalPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Entry
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 64<<20)
	for n := 1; sc.Scan(); n++ {
		var e Entry
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			if !bytes.HasSuffix(b, []byte("\n")) && bytes.HasSuffix(b, sc.Bytes()) {
				break
			}
			return nil, fmt.Errorf("%s, line %d: %w", f.journalPath(), n, err)
		}
		out = append(out, e)
	}
	return out, sc.Err()
}

// Holder reads the lock file.
func (f *File) Holder(context.Context) (*LockInfo, error) {
	b, err := os.ReadFile(f.lockPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var i LockInfo
	if err := json.Unmarshal(b, &i); err != nil {
		return nil, fmt.Errorf("%s: %w", f.lockPath(), err)
	}
	return &i, nil
}

// Lock takes the lock, or says who has it. A dead holder's lock (by heartbeat,
// or on the same host by its process) is taken over.
func (f *File) Lock(ctx context.Context, info LockInfo) (Lock, error) {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return nil, err
	}
	for range 3 {
		info.Since = time.Now().UTC()
		info.Heartbeat = info.Since
		b, err := json.Marshal(info)
		if err != nil {
			return nil, err
		}
		// The content is complete before the name exists, so nobody reads half a lock.
		tmp, err := writeTemp(f.lockPath(), b)
		if err != nil {
			return nil, err
		}
		err = os.Link(tmp, f.lockPath())
		_ = os.Remove(tmp)
		if err == nil {
			l := &fileLock{f: f, info: info, lost: make(chan struct{}), stop: make(chan struct{})}
			l.wg.Add(1)
			go l.beat()
			return l, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		holder, err := f.Holder(ctx)
		if err != nil {
			return nil, err
		}
		if holder == nil {
			continue // released in between
		}
		stale := holder.Dead(info.Host)
		if !stale && time.Since(holder.Heartbeat) > StaleAfter {
			// The clocks of two hosts may differ: what counts is that the
			// heartbeat does not move any more.
			select {
			case <-time.After(Heartbeat + 2*time.Second):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			now, err := f.Holder(ctx)
			if err != nil {
				return nil, err
			}
			stale = now != nil && now.ID == holder.ID && now.Heartbeat.Equal(holder.Heartbeat)
			if now == nil {
				continue
			}
			holder = now
		}
		if !stale {
			return nil, &LockedError{Info: *holder}
		}
		if err := f.ForceUnlock(ctx, holder.ID); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the lock %s changes hands too fast; try again", f.lockPath())
}

// ForceUnlock removes a lock by its id. Renaming first makes sure that it is
// the lock that was looked at.
func (f *File) ForceUnlock(ctx context.Context, id string) error {
	holder, err := f.Holder(ctx)
	if err != nil {
		return err
	}
	if holder == nil {
		return fmt.Errorf("the state is not locked")
	}
	if holder.ID != id {
		return fmt.Errorf("the state is locked with id %s, not %s", holder.ID, id)
	}
	grave := f.lockPath() + "." + id
	if err := os.Rename(f.lockPath(), grave); err != nil {
		return err
	}
	b, err := os.ReadFile(grave)
	if err != nil {
		return err
	}
	var got LockInfo
	if json.Unmarshal(b, &got) == nil && got.ID != id {
		_ = os.Link(grave, f.lockPath()) // it was another one: put it back
		_ = os.Remove(grave)
		return fmt.Errorf("the lock changed hands meanwhile")
	}
	return os.Remove(grave)
}

type fileLock struct {
	f    *File
	info LockInfo
	mu   sync.Mutex
	wg   sync.WaitGroup
	stop chan struct{}
	lost chan struct{}
	gone bool
	plan string // of the last journal line, so that the file is read only once for a plan
}

// beat renews the heartbeat, and notices when the lock was taken away.
func (l *fileLock) beat() {
	defer l.wg.Done()
	t := time.NewTicker(Heartbeat)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
		}
		holder, err := l.f.Holder(context.Background())
		if err == nil && (holder == nil || holder.ID != l.info.ID) {
			l.mu.Lock()
			l.gone = true
			l.mu.Unlock()
			close(l.lost)
			return
		}
		l.info.Heartbeat = time.Now().UTC()
		b, err := json.Marshal(l.info)
		if err != nil {
			continue
		}
		if tmp, err := writeTemp(l.f.lockPath(), b); err == nil {
			_ = os.Rename(tmp, l.f.lockPath())
		}
	}
}

func (l *fileLock) Lost() <-chan struct{} { return l.lost }

// held: nothing is written under a lock that somebody else has taken meanwhile.
func (l *fileLock) held() error {
	holder, err := l.f.Holder(context.Background())
	if err != nil {
		return err
	}
	if l.gone || holder == nil || holder.ID != l.info.ID {
		return fmt.Errorf("the lock was taken away; nothing more is written")
	}
	return nil
}

// Write keeps the previous snapshot as .backup and replaces the file atomically.
func (l *fileLock) Write(ctx context.Context, s *Snapshot, expect uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	have, err := l.f.Read(ctx)
	if err != nil {
		return err
	}
	if have.Serial != expect || expect > 0 && have.Lineage != s.Lineage {
		return ErrSerial
	}
	b, err := Encode(s)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(l.f.Path); err == nil {
		if tmp, err := writeTemp(l.f.Path+".backup", old); err == nil {
			_ = os.Rename(tmp, l.f.Path+".backup")
		}
	}
	tmp, err := writeTemp(l.f.Path, b)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, l.f.Path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(l.f.Path))
}

// Journal appends a line. When nothing is open any more the journal starts anew
// with the next plan, so it never grows without end.
func (l *fileLock) Journal(_ context.Context, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	fresh := l.plan != e.Plan
	if fresh {
		lines, err := l.f.lines()
		if err != nil {
			return err
		}
		if len(lines) > 0 && lines[len(lines)-1].Plan != e.Plan && len(OpenEntries(lines)) == 0 {
			flags = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
		}
	}
	w, err := os.OpenFile(l.f.journalPath(), flags, 0o600)
	if err != nil {
		return err
	}
	b, err := json.Marshal(e)
	if err == nil {
		if fresh {
			err = endTornLine(w, l.f.journalPath())
		}
		if err == nil {
			_, err = w.Write(append(b, '\n'))
		}
	}
	if err == nil {
		err = w.Sync()
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		l.plan = e.Plan
	}
	return err
}

// endTornLine cuts off a half-written last line before something is appended.
func endTornLine(w *os.File, path string) error {
	b, err := os.ReadFile(path)
	if err != nil || len(b) == 0 || b[len(b)-1] == '\n' {
		return nil
	}
	return w.Truncate(int64(bytes.LastIndexByte(b, '\n') + 1))
}

func (l *fileLock) Unlock() error {
	close(l.stop)
	l.wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil
	}
	l.gone = true
	holder, err := l.f.Holder(context.Background())
	if err != nil || holder == nil || holder.ID != l.info.ID {
		return err
	}
	return os.Remove(l.f.lockPath())
}

// writeTemp writes a synced file beside path and returns its name.
func writeTemp(path string, b []byte) (string, error) {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = t.Write(b)
	if err == nil {
		err = t.Sync()
	}
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(t.Name())
		return "", err
	}
	return t.Name(), nil
}

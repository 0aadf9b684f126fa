package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

var errHands = errors.New("the lock changed hands meanwhile")

type fileLock struct {
	f    *File
	info LockInfo
	file openFile // the lock that this holder made: when its name is another's by now, a renewal does not reach that one
	end  int64    // where the renewal stands in it

	renewed time.Time

	mu    sync.Mutex
	wg    sync.WaitGroup
	stop  chan struct{}
	lost  chan struct{}
	cause error
	gone  bool
	plan  string // of the last journal line, so that the file is read only once for a plan

	known   bool // lineage, serial and the rest were read
	lineage string
	serial  uint64
	mark    mark
	dirty   bool // something was written under this lock
}

// mark is how the files were left: when they look otherwise, somebody has changed them without the lock.
type mark struct {
	base, changes int64
	at            time.Time
}

func (f *File) mark() (mark, error) {
	var m mark
	size, at, err := f.fs().Stat(f.Path)
	if err != nil && !absent(err) {
		return m, err
	}
	m.base, m.at = size, at
	if m.changes, _, err = f.fs().Stat(f.changesPath()); err != nil && !absent(err) {
		return m, err
	}
	return m, nil
}

// beat renews the heartbeat, and notices when the lock was taken away.
func (l *fileLock) beat() {
	defer l.wg.Done()
	t := time.NewTicker(l.info.Beat())
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
		}
		l.mu.Lock()
		holder, err := l.f.Holder(context.Background())
		if err == nil && (holder == nil || holder.ID != l.info.ID) {
			stalled := l.cause != nil
			l.gone, l.cause = true, ErrTaken
			l.mu.Unlock()
			if !stalled {
				close(l.lost)
			}
			return
		}
		if err == nil { // a lock that cannot be read is not written over: it may be another's
			err = l.file.Put([]byte(time.Now().UTC().Format(renewalFormat)), l.end)
		}
		if err == nil {
			l.renewed = time.Now()
		} else if l.cause == nil && time.Since(l.renewed) > l.info.StaleAfter()-2*l.info.Beat() {
			l.cause = ErrStalled
			close(l.lost) // it goes on beating: when the disk answers again, what ends can be written down
		}
		l.mu.Unlock()
	}
}

func (l *fileLock) Lost() <-chan struct{} { return l.lost }

func (l *fileLock) Cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// held: nothing is written under a lock that somebody else has taken meanwhile.
func (l *fileLock) held() error {
	holder, err := l.f.Holder(context.Background())
	if err != nil {
		return err
	}
	if l.gone || holder == nil || holder.ID != l.info.ID {
		return fmt.Errorf("%w; nothing more is written", ErrTaken)
	}
	return nil
}

// look reads what is stored, once for a lock, and again when the files were changed behind its back. The whole snapshot is
// returned only when it was read.
func (l *fileLock) look(ctx context.Context) (*Snapshot, error) {
	m, err := l.f.mark()
	if err != nil {
		return nil, err
	}
	if l.known && m == l.mark {
		return nil, nil
	}
	if err := l.f.mend(l.f.changesPath()); err != nil {
		return nil, err
	}
	s, err := l.f.Read(ctx)
	if err != nil {
		return nil, err
	}
	if size, _, serr := l.f.fs().Stat(l.f.changesPath()); serr == nil && size > 0 {
		// A run that ended between the snapshot and this left changes that are in it already.
		base, err := l.f.header()
		if err != nil {
			return nil, err
		}
		if s.Serial == base {
			if err := l.f.shelve(); err != nil {
				return nil, err
			}
		}
	}
	if m, err = l.f.mark(); err != nil {
		return nil, err
	}
	l.known, l.lineage, l.serial, l.mark = true, s.Lineage, s.Serial, m
	return s, nil
}

// mend cuts a half-written last line off before something is appended.
func (f *File) mend(path string) error {
	b, err := f.fs().Read(path)
	if absent(err) || err == nil && (len(b) == 0 || b[len(b)-1] == '\n') {
		return nil
	}
	if err != nil {
		return err
	}
	return f.fs().Truncate(path, int64(bytes.LastIndexByte(b, '\n')+1))
}

// add appends a line; on return it and the name of its file are on disk. What was half written when the disk is full is taken back.
func (f *File) add(path string, line []byte) error {
	size, _, err := f.fs().Stat(path)
	if err != nil && !absent(err) {
		return err
	}
	fresh := absent(err)
	if err := f.fs().Append(path, append(line, '\n')); err != nil {
		if now, _, serr := f.fs().Stat(path); serr == nil && now > size {
			err = errors.Join(err, f.fs().Truncate(path, size))
		}
		return err
	}
	if fresh {
		return f.fs().SyncDir(filepath.Dir(path))
	}
	return nil
}

// Update appends a change.
func (l *fileLock) Update(ctx context.Context, d *Delta) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	if _, err := l.look(ctx); err != nil {
		return err
	}
	if d.Serial != l.serial+1 || l.serial > 0 && d.Lineage != l.lineage {
		return ErrSerial
	}
	b, err := Pack(l.f.Cipher, d, d.Lineage, d.Serial)
	if err != nil {
		return err
	}
	if err := l.f.add(l.f.changesPath(), b); err != nil {
		return err
	}
	l.dirty = true
	// This process may have stood still in between, for longer than its lock lived.
	if err := l.held(); err != nil {
		return err
	}
	was := l.mark.changes
	if l.mark, err = l.f.mark(); err != nil || l.mark.changes != was+int64(len(b))+1 {
		l.known = false
		return errors.Join(ErrSerial, err)
	}
	l.lineage, l.serial = d.Lineage, d.Serial
	if l.mark.changes > max(foldAlways, l.mark.base) {
		// The change is safe where it is; what cannot be folded now is folded later.
		if s, err := l.f.Read(ctx); err == nil && l.replace(s) != nil {
			l.known = false
		}
	}
	return nil
}

// Write puts the snapshot before it into the history and replaces it.
func (l *fileLock) Write(ctx context.Context, s *Snapshot, expect uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	if _, err := l.look(ctx); err != nil {
		return err
	}
	if l.serial != expect || expect > 0 && l.lineage != s.Lineage {
		return ErrSerial
	}
	return l.replace(s)
}

// replace writes a whole snapshot and moves what was before it into the history. It may end anywhere: changes that a snapshot
// has already are skipped by whoever reads them, and moved by the next who replaces.
func (l *fileLock) replace(s *Snapshot) error {
	f := l.f
	b, err := PackSnapshot(f.Cipher, s)
	if err != nil {
		return err
	}
	before, err := f.header()
	if err != nil {
		return err
	}
	tmp, err := f.fs().Temp(f.Path, b)
	if err != nil {
		return err
	}
	if f.Keep >= 0 {
		if err := f.fs().MkdirAll(f.historyDir()); err != nil {
			return errors.Join(err, f.fs().Remove(tmp))
		}
		if before > 0 {
			if err := f.fs().Link(f.Path, f.kept(before, "json")); err != nil && !errors.Is(err, fs.ErrExist) {
				return errors.Join(fmt.Errorf("the snapshot before cannot be kept: %w", err), f.fs().Remove(tmp))
			}
			if err := f.fs().SyncDir(f.historyDir()); err != nil {
				return errors.Join(err, f.fs().Remove(tmp))
			}
		}
	}
	if err := f.fs().Rename(tmp, f.Path); err != nil {
		return errors.Join(err, f.fs().Remove(tmp))
	}
	if err := f.fs().SyncDir(filepath.Dir(f.Path)); err != nil {
		return err
	}
	l.dirty = true
	l.known, l.lineage, l.serial = true, s.Lineage, s.Serial
	if err := f.shelve(); err != nil {
		return err
	}
	l.mark, err = f.mark()
	return err
}

// shelve moves the changes that followed a snapshot beside it in the history, and lets the oldest go.
func (f *File) shelve() error {
	ds, err := f.changes(f.changesPath())
	if err != nil {
		return err
	}
	if len(ds) > 0 {
		if f.Keep < 0 {
			err = f.fs().Remove(f.changesPath())
		} else {
			err = f.fs().Rename(f.changesPath(), f.kept(ds[0].Serial-1, "changes"))
		}
	} else if _, _, serr := f.fs().Stat(f.changesPath()); serr == nil {
		err = f.fs().Remove(f.changesPath())
	}
	if err != nil {
		return err
	}
	serials, err := f.serials()
	if err != nil {
		return err
	}
	keep := f.Keep
	if keep == 0 {
		keep = KeepHistory
	}
	for len(serials) > max(keep, 0) {
		for _, ext := range []string{"json", "changes"} {
			if err := f.fs().Remove(f.kept(serials[0], ext)); err != nil && !absent(err) {
				return err
			}
		}
		serials = serials[1:]
	}
	return f.fs().SyncDir(filepath.Dir(f.Path))
}

// header is the serial of the whole snapshot that is stored, without its records; 0 when there is none.
func (f *File) header() (uint64, error) { return f.serialOf(f.Path) }

func (f *File) serialOf(path string) (uint64, error) {
	b, err := f.fs().Read(path)
	if absent(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// The serial stands before the records, and in the clear where the rest is sealed.
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		if k == "serial" {
			var n uint64
			return n, dec.Decode(&n)
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
	}
	return 0, nil
}

// Journal appends a line. When nothing is open any more the journal starts anew
// with the next plan, so it never grows without end.
func (l *fileLock) Journal(_ context.Context, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.held(); err != nil {
		return err
	}
	path := l.f.journalPath()
	if l.plan != e.Plan {
		lines, err := l.f.lines()
		if err != nil {
			return err
		}
		if err := l.f.mend(path); err != nil {
			return err
		}
		if Over(lines, e.Plan) {
			if err := l.f.fs().Truncate(path, 0); err != nil {
				return err
			}
		}
	}
	b, err := Pack(l.f.Cipher, e, l.lineage, l.serial)
	if err != nil {
		return err
	}
	if err := l.f.add(path, b); err != nil {
		return err
	}
	l.plan, l.dirty = e.Plan, true
	return nil
}

// settle folds the changes into the snapshot where that is cheap, or where they have grown.
func (l *fileLock) settle() error {
	if !l.dirty || l.gone {
		return nil
	}
	if err := l.held(); err != nil {
		return nil // it is another's to do
	}
	m, err := l.f.mark()
	if err != nil || m.changes == 0 || m.base > foldAlways && m.changes < m.base/4 {
		return err
	}
	s, err := l.f.Read(context.Background())
	if err != nil {
		return err
	}
	return l.replace(s)
}

func (l *fileLock) Unlock() error {
	close(l.stop)
	l.wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close() // what was put is synced
	if l.gone {
		return nil
	}
	bad := l.settle() // the changes are safe where they are
	l.gone = true
	holder, err := l.f.Holder(context.Background())
	if err != nil || holder == nil || holder.ID != l.info.ID {
		return errors.Join(bad, err)
	}
	if err := l.f.ForceUnlock(context.Background(), l.info.ID); !errors.Is(err, errHands) {
		bad = errors.Join(bad, err)
	}
	return bad
}

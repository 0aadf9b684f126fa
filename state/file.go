package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gantry-power/gantry/config/schema"
)

// File keeps state in files, all readable by their owner only:
//
//	PATH              the last whole snapshot
//	PATH.changes      what was changed since, a line for every write
//	PATH.journal      what is in flight
//	PATH.lock         who is writing
//	PATH.history/     earlier whole snapshots, SERIAL.json, each with the changes that followed it, SERIAL.changes
//
// A write appends one line, so that what it costs does not depend on the number of objects; when a run ends, or when the
// changes outgrow the snapshot, they are folded into a new one.
type File struct {
	Path string
	// Keep is how many earlier whole snapshots the history keeps; 0 is KeepHistory, -1 none.
	Keep     int
	Takeover time.Duration // 0 is StaleAfter
	Cipher   Cipher        // nil: in the clear

	files files // nil: the disk
}

// KeepHistory is how many whole snapshots are kept where the state block does not say otherwise.
const KeepHistory = 100

// foldAlways is the size of a snapshot up to which the changes are folded in at the end of every run.
const foldAlways = 1 << 20

// Cipher makes what is stored unreadable to those who have no key.
type Cipher interface {
	// Seal returns one line of JSON, without its end, that shows lineage and serial and nothing else.
	Seal(plain []byte, lineage string, serial uint64) ([]byte, error)
	// Open returns the plain text. What was not sealed passes as it is: it is sealed with the next write.
	Open(b []byte) ([]byte, error)
}

var _ Store = (*File)(nil)

func (f *File) journalPath() string { return f.Path + ".journal" }
func (f *File) changesPath() string { return f.Path + ".changes" }
func (f *File) lockPath() string    { return f.Path + ".lock" }
func (f *File) historyDir() string  { return f.Path + ".history" }

func (f *File) fs() files {
	if f.files == nil {
		return disk{}
	}
	return f.files
}

// Location is the path.
func (f *File) Location() string { return f.Path }

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Seal seals with a cipher, if there is one.
func Seal(c Cipher, b []byte, lineage string, serial uint64) ([]byte, error) {
	if c == nil {
		return b, nil
	}
	return c.Seal(b, lineage, serial)
}

// Unseal is the plain text of what may be sealed.
func Unseal(c Cipher, b []byte) ([]byte, error) {
	if c != nil {
		return c.Open(b)
	}
	if Sealed(b) {
		return nil, errors.New("it is encrypted. Declare how in gantry { encryption { … } } (docs/state.md)")
	}
	return b, nil
}

// Sealed reports whether bytes are encrypted.
func Sealed(b []byte) bool {
	var e struct {
		Sealed string `json:"sealed"`
	}
	return bytes.Contains(b, []byte(`"sealed"`)) && json.Unmarshal(b, &e) == nil && e.Sealed != ""
}

// Read reads the snapshot; a file that is not there is an empty state.
func (f *File) Read(context.Context) (*Snapshot, error) {
	for range 3 {
		// The changes first: a run that ends meanwhile puts them into the snapshot before it takes them away.
		changes, err := f.changes(f.changesPath())
		if err != nil {
			return nil, err
		}
		s, err := f.base(f.Path)
		if err != nil {
			return nil, err
		}
		if s == nil {
			s = New()
		}
		if err = fold(s, changes, 0); err == nil {
			return s, nil
		}
		if _, err := f.changes(f.changesPath()); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s and %s do not belong together: the changes begin after what the snapshot has. Restore the two of one moment", f.Path, f.changesPath())
}

// fold applies the changes that follow a snapshot, up to a serial; 0 is all.
func fold(s *Snapshot, changes []*Delta, upto uint64) error {
	for _, d := range changes {
		if d.Serial <= s.Serial {
			continue // it was folded in already
		}
		if upto > 0 && d.Serial > upto {
			break
		}
		if err := s.Apply(d); err != nil {
			return err
		}
	}
	return nil
}

// base reads a whole snapshot; nil when there is none.
func (f *File) base(path string) (*Snapshot, error) {
	b, err := f.fs().Read(path)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b, err = Unseal(f.Cipher, b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; earlier snapshots are in %s", path, err, f.historyDir())
	}
	return s, nil
}

// whole are the lines of a file that were written to their end; what a crash tore off was never acted on.
func whole(b []byte) [][]byte {
	i := bytes.LastIndexByte(b, '\n')
	if i < 0 {
		return nil
	}
	return bytes.Split(b[:i], []byte("\n"))
}

// changes reads a file of changes; none when it is not there.
func (f *File) changes(path string) ([]*Delta, error) {
	b, err := f.fs().Read(path)
	if err != nil {
		if absent(err) {
			return nil, nil
		}
		return nil, err
	}
	var out []*Delta
	for n, line := range whole(b) {
		var d Delta
		line, err := Unseal(f.Cipher, line)
		if err == nil {
			err = json.Unmarshal(line, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n+1, err)
		}
		out = append(out, &d)
	}
	return out, nil
}

// Open reads the journal.
func (f *File) Open(context.Context) ([]Entry, error) {
	lines, err := f.lines()
	return OpenEntries(lines), err
}

func (f *File) lines() ([]Entry, error) {
	b, err := f.fs().Read(f.journalPath())
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Entry
	for n, line := range whole(b) {
		var e Entry
		line, err := Unseal(f.Cipher, line)
		if err == nil {
			err = json.Unmarshal(line, &e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", f.journalPath(), n+1, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// serials are the whole snapshots of the history, the oldest first.
func (f *File) serials() ([]uint64, error) {
	names, err := f.fs().Names(f.historyDir())
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, n := range names {
		stem, ext, _ := strings.Cut(n, ".")
		if i, err := strconv.ParseUint(stem, 10, 64); err == nil && (ext == "json" || ext == "changes") && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (f *File) kept(serial uint64, ext string) string {
	return filepath.Join(f.historyDir(), fmt.Sprintf("%012d.%s", serial, ext))
}

// History lists what is kept.
func (f *File) History(context.Context) ([]Version, error) {
	serials, err := f.serials()
	if err != nil {
		return nil, err
	}
	seen := map[uint64]Version{}
	add := func(path string) error {
		ds, err := f.changes(path)
		for _, d := range ds {
			seen[d.Serial] = d.Version()
		}
		return err
	}
	bases := []string{f.Path}
	for _, n := range serials {
		if err := add(f.kept(n, "changes")); err != nil {
			return nil, err
		}
		bases = append(bases, f.kept(n, "json"))
	}
	if err := add(f.changesPath()); err != nil {
		return nil, err
	}
	for i, path := range bases {
		if i > 0 && seen[serials[i-1]].Serial > 0 {
			continue // it is the fold of changes that are known
		}
		s, err := f.base(path)
		if err != nil {
			return nil, err
		}
		if s != nil && s.Serial > 0 && seen[s.Serial].Serial == 0 {
			seen[s.Serial] = Version{Serial: s.Serial, Stamp: s.Stamp, Whole: true}
		}
	}
	return Newest(seen), nil
}

// Version is what the history says of a change.
func (d *Delta) Version() Version {
	v := Version{Serial: d.Serial, Stamp: d.Stamp, Gone: d.Gone}
	for a := range d.Put {
		v.Changed = append(v.Changed, a)
	}
	slices.Sort(v.Changed)
	return v
}

// Newest sorts versions, the newest first.
func Newest(seen map[uint64]Version) []Version {
	out := make([]Version, 0, len(seen))
	for _, v := range seen {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Version) int {
		if a.Serial > b.Serial {
			return -1
		}
		return 1
	})
	return out
}

// At is an earlier snapshot.
func (f *File) At(ctx context.Context, serial uint64) (*Snapshot, error) {
	now, err := f.Read(ctx)
	if err != nil || now.Serial == serial {
		return now, err
	}
	serials, err := f.serials()
	if err != nil {
		return nil, err
	}
	s, err := f.base(f.Path)
	if err != nil {
		return nil, err
	}
	from := uint64(0)
	if s != nil {
		from = s.Serial
	}
	if from > serial {
		i, _ := slices.BinarySearch(serials, serial+1)
		if s, from = nil, 0; i > 0 {
			from = serials[i-1]
			if s, err = f.base(f.kept(from, "json")); err != nil {
				return nil, err
			}
		}
	}
	if s == nil && from == 0 {
		s = New()
	}
	// The changes that follow stand in the history, or where a run that was killed left them.
	for _, path := range []string{f.kept(from, "changes"), f.changesPath()} {
		ds, err := f.changes(path)
		if err != nil {
			return nil, err
		}
		if s != nil && s.Serial < serial && fold(s, ds, serial) != nil {
			break // they follow a snapshot that is not kept
		}
	}
	if s != nil && s.Serial == serial {
		return s, nil
	}
	return nil, fmt.Errorf("serial %d: %w", serial, ErrNoSerial)
}

// Holder reads the lock file.
func (f *File) Holder(context.Context) (*LockInfo, error) {
	b, err := f.fs().Read(f.lockPath())
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var i LockInfo
	if err := json.Unmarshal(b, &i); err != nil {
		return nil, fmt.Errorf("%s: %w. Remove it when no Gantry runs on this estate", f.lockPath(), err)
	}
	return &i, nil
}

// Lock takes the lock, or says who has it. A dead holder's lock (by heartbeat,
// or on the same host by its process) is taken over.
func (f *File) Lock(ctx context.Context, info LockInfo) (Lock, error) {
	if err := f.fs().MkdirAll(filepath.Dir(f.Path)); err != nil {
		return nil, err
	}
	if info.Takeover == 0 {
		info.Takeover = Duration(f.Takeover)
	}
	info = info.Here()
	for range 3 {
		info.Since = time.Now().UTC()
		info.Heartbeat = info.Since
		b, err := json.Marshal(info)
		if err != nil {
			return nil, err
		}
		// The content is complete before the name exists, so nobody reads half a lock.
		tmp, err := f.fs().Temp(f.lockPath(), b)
		if err != nil {
			return nil, fmt.Errorf("the state cannot be locked: %w", err)
		}
		err = f.fs().Link(tmp, f.lockPath())
		_ = f.fs().Remove(tmp)
		if err == nil {
			l := &fileLock{f: f, info: info, renewed: time.Now(), lost: make(chan struct{}), stop: make(chan struct{})}
			f.sweep()
			l.wg.Add(1)
			go l.beat()
			return l, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("the state cannot be locked: %w", err)
		}
		holder, err := f.Holder(ctx)
		if err != nil {
			return nil, err
		}
		if holder == nil {
			continue // released in between
		}
		stale := holder.Dead(info.Host)
		if !stale && time.Since(holder.Heartbeat) > holder.StaleAfter() {
			// The clocks of two hosts may differ: what counts is that the
			// heartbeat does not move any more.
			select {
			case <-time.After(holder.Beat() + 2*time.Second):
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
		if err := f.ForceUnlock(ctx, holder.ID); err != nil && !errors.Is(err, errHands) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the lock %s changes hands too fast; try again", f.lockPath())
}

// sweep removes what runs that were killed left beside the files. Others may be about to lock: theirs is new.
func (f *File) sweep() {
	dir := filepath.Dir(f.Path)
	names, err := f.fs().Names(dir)
	if err != nil {
		return // the run goes on without
	}
	for _, n := range names {
		if !strings.HasPrefix(n, "."+filepath.Base(f.Path)+".") {
			continue
		}
		if _, at, err := f.fs().Stat(filepath.Join(dir, n)); err == nil && time.Since(at) > time.Minute {
			_ = f.fs().Remove(filepath.Join(dir, n)) // the next run tries again
		}
	}
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
	if err := f.fs().Rename(f.lockPath(), grave); err != nil {
		if absent(err) {
			return errHands
		}
		return err
	}
	b, err := f.fs().Read(grave)
	if err != nil {
		return err
	}
	var got LockInfo
	if json.Unmarshal(b, &got) == nil && got.ID != id {
		_ = f.fs().Link(grave, f.lockPath()) // it was another one: put it back
		_ = f.fs().Remove(grave)
		return errHands
	}
	return f.fs().Remove(grave)
}

var errHands = errors.New("the lock changed hands meanwhile")

type fileLock struct {
	f    *File
	info LockInfo

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
			l.info.Heartbeat = time.Now().UTC()
			var b []byte
			var tmp string
			if b, err = json.Marshal(l.info); err == nil {
				if tmp, err = l.f.fs().Temp(l.f.lockPath(), b); err == nil {
					err = l.f.fs().Rename(tmp, l.f.lockPath())
				}
			}
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
	b, err := json.Marshal(d)
	if err == nil {
		b, err = Seal(l.f.Cipher, b, d.Lineage, d.Serial)
	}
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
	b, err := Encode(s)
	if err == nil {
		b, err = Seal(f.Cipher, b, s.Lineage, s.Serial)
	}
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
func (f *File) header() (uint64, error) {
	b, err := f.fs().Read(f.Path)
	if absent(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// The serial stands before the records, and in the clear where the rest is sealed.
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return 0, fmt.Errorf("%s: %w", f.Path, err)
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", f.Path, err)
		}
		if k == "serial" {
			var n uint64
			return n, dec.Decode(&n)
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return 0, fmt.Errorf("%s: %w", f.Path, err)
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
		if len(lines) > 0 && lines[len(lines)-1].Plan != e.Plan && len(OpenEntries(lines)) == 0 {
			if err := l.f.fs().Truncate(path, 0); err != nil {
				return err
			}
		}
	}
	b, err := json.Marshal(e)
	if err == nil {
		b, err = Seal(l.f.Cipher, b, l.lineage, l.serial)
	}
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
	if l.gone {
		return nil
	}
	bad := l.settle() // the changes are safe where they are
	l.gone = true
	holder, err := l.f.Holder(context.Background())
	if err != nil || holder == nil || holder.ID != l.info.ID {
		return errors.Join(bad, err)
	}
	return errors.Join(bad, l.f.fs().Remove(l.f.lockPath()))
}

// Moment is a stamp for a write of this process.
func Moment(i LockInfo, why string) Stamp {
	return Stamp{Time: time.Now().UTC(), By: i.User + "@" + i.Host, Job: i.Job, Why: why}
}

// Whole is the change that makes a snapshot of another one, so that the history can say what was changed.
func Whole(from, to *Snapshot) *Delta {
	d := &Delta{Lineage: to.Lineage, Serial: to.Serial, Writer: to.Writer, Stamp: to.Stamp, Put: map[schema.Address]*schema.Record{}}
	for a := range from.Records {
		if to.Records[a] == nil {
			d.Gone = append(d.Gone, a)
		}
	}
	for a, r := range to.Records {
		if from.Records[a] != r {
			d.Put[a] = r
		}
	}
	slices.Sort(d.Gone)
	return d
}

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
	"time"
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

// DefaultFile is where the file store is when nothing else is said, beside the files of the estate.
const DefaultFile = "gantry.state.json"

// KeepHistory is how many whole snapshots are kept where the state block does not say otherwise.
const KeepHistory = 100

// foldAlways is the size of a snapshot up to which the changes are folded in at the end of every run.
const foldAlways = 1 << 20

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
		return nil, fmt.Errorf("the state cannot be read: %w. The state block says where it is", err)
	}
	s, err := UnpackSnapshot(f.Cipher, b)
	if err != nil {
		if NoKey(err) {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return nil, fmt.Errorf("%s: %w. Earlier snapshots are in %s; docs/state.md says how to go on from one", path, err, f.historyDir())
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
		if err := Unpack(f.Cipher, line, &d); NoKey(err) {
			return nil, fmt.Errorf("%s, line %d: %w", path, n+1, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w. What comes before it is good: cut the file there, keep a copy, and plan (docs/state.md)", path, n+1, err)
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
		if err := Unpack(f.Cipher, line, &e); NoKey(err) {
			return nil, fmt.Errorf("%s, line %d: %w", f.journalPath(), n+1, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w. Look at its consoles whether what the line names is still under way; then move the file aside (docs/state.md)", f.journalPath(), n+1, err)
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
		b, err := f.fs().Read(path)
		if absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for n, line := range whole(b) {
			v, err := ChangeVersion(f.Cipher, line)
			if err != nil {
				return fmt.Errorf("%s, line %d: %w", path, n+1, err)
			}
			seen[v.Serial] = v
		}
		return nil
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
		if NoKey(err) {
			n, herr := f.serialOf(path)
			if herr != nil {
				return nil, herr
			}
			if seen[n].Serial == 0 {
				seen[n] = Version{Serial: n, Whole: true, Unreadable: true}
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if s != nil && s.Serial > 0 && seen[s.Serial].Serial == 0 {
			seen[s.Serial] = Version{Serial: s.Serial, Stamp: s.Stamp, Whole: true}
		}
	}
	return Newest(seen), nil
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
	i, err := lockInfo(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Remove it when no Gantry runs on this estate", f.lockPath(), err)
	}
	return i, nil
}

// lockInfo reads what a lock file holds: its holder, and after it the last renewal, which always has the same length so that it is
// written over in place. A renewal that is not whole is not looked at: who thinks that a lock is old looks again.
func lockInfo(b []byte) (*LockInfo, error) {
	var i LockInfo
	holder, renewal, _ := bytes.Cut(b, []byte("\n"))
	if err := json.Unmarshal(holder, &i); err != nil {
		return nil, err
	}
	if at, err := time.Parse(renewalFormat, string(renewal)); err == nil {
		i.Heartbeat = at
	}
	return &i, nil
}

const renewalFormat = "2006-01-02T15:04:05.000000000Z\n"

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
		b = append(b, '\n')
		tmp, err := f.fs().Temp(f.lockPath(), b)
		if err != nil {
			return nil, fmt.Errorf("the state cannot be locked: %w", err)
		}
		err = f.fs().Link(tmp, f.lockPath())
		_ = f.fs().Remove(tmp)
		if err == nil {
			l := &fileLock{f: f, info: info, end: int64(len(b)), renewed: time.Now(), lost: make(chan struct{}), stop: make(chan struct{})}
			if l.file, err = f.fs().Open(f.lockPath()); err != nil {
				return nil, fmt.Errorf("the state cannot be locked: %w", errors.Join(err, f.ForceUnlock(ctx, info.ID)))
			}
			switch err := l.held(); {
			case errors.Is(err, ErrTaken): // this process stood still for so long that another one has taken it meanwhile
				_ = l.file.Close() // nothing was written
				continue
			case err != nil:
				return nil, fmt.Errorf("the state cannot be locked: %w", errors.Join(err, l.file.Close(), f.ForceUnlock(ctx, info.ID)))
			}
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
		if stale, err := holder.Stale(ctx, info.Host, func() (bool, error) {
			now, err := f.Holder(ctx)
			return now == nil || now.ID != holder.ID || !now.Heartbeat.Equal(holder.Heartbeat), err
		}); err != nil {
			return nil, err
		} else if !stale {
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
	grave := filepath.Join(filepath.Dir(f.Path), "."+filepath.Base(f.lockPath())+"."+id) // a name that sweep knows
	if err := f.fs().Rename(f.lockPath(), grave); err != nil {
		if absent(err) {
			return errHands
		}
		return err
	}
	b, err := f.fs().Read(grave)
	if absent(err) {
		return nil // swept by another one, who took the lock of the dead for left behind
	}
	if err != nil {
		return err
	}
	if got, err := lockInfo(b); err == nil && got.ID != id {
		_ = f.fs().Link(grave, f.lockPath()) // it was another one: put it back
		_ = f.fs().Remove(grave)
		return errHands
	}
	if err := f.fs().Remove(grave); !absent(err) {
		return err
	}
	return nil
}

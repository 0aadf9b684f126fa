// Package backend keeps state in engines that know documents: named values that are written only when nobody else has written them
// meanwhile. An engine gives four operations; the snapshot, its changes, the history, the journal and the lock are made of them
// here, once for all engines. The package knows no engine: each has a folder of its own.
//
// The documents of an estate:
//
//	lock               who is writing, with a heartbeat
//	base/SERIAL        a whole snapshot
//	change/SERIAL      what the write of that serial changed
//	journal/NUMBER     an entry of what is in flight
//
// Serials and numbers have twelve digits. A change is written only where its serial is not taken, so two writers that both believe
// to hold the lock can never both write.
package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gantry-power/gantry/state"
)

// Document is a named value. Version changes with every write and is never used again.
type Document struct {
	Name    string
	Body    []byte
	Version string
}

// Condition is what must hold for a write, in the same transaction.
type Condition struct {
	// Absent: there is no such document. Else it must have this version; with neither, anything is replaced.
	Absent  bool
	Version string
	// Guard is a document that must have a version too: the lock. An engine that cannot look at two documents in one transaction
	// looks at it before.
	Guard *Document
	// Lease is how long the document lives unless it is written again, where the engine has leases.
	Lease time.Duration
}

// ErrConflict says that a condition did not hold.
var ErrConflict = errors.New("somebody else has written meanwhile")

// Engine keeps the documents of one estate.
type Engine interface {
	// Get returns nil when there is no such document.
	Get(ctx context.Context, name string) (*Document, error)
	// Put returns the new version.
	Put(ctx context.Context, name string, body []byte, c Condition) (string, error)
	// Delete removes documents; with a version only a single one, and only when it has it.
	Delete(ctx context.Context, version string, names ...string) error
	// Names lists the names that begin with a prefix, sorted.
	Names(ctx context.Context, prefix string) ([]string, error)
	// Scan reads the documents whose names begin with a prefix and are greater than after, sorted.
	Scan(ctx context.Context, prefix, after string) ([]Document, error)
	// Location is for messages; it holds no password.
	Location() string
	Close() error
}

// Store keeps the state of one estate in an engine.
type Store struct {
	Engine   Engine
	Keep     int           // how many whole snapshots the history keeps; 0 is state.KeepHistory, -1 none
	Takeover time.Duration // 0 is state.StaleAfter
	Cipher   state.Cipher
}

var _ state.Store = (*Store)(nil)

// foldAfter is after how many changes a run's end writes a whole snapshot.
const foldAfter = 64

// patience is how long a write is tried again while the engine does not answer; attempt is how long one try may take.
const (
	patience = 20 * time.Second
	attempt  = 8 * time.Second
)

// Location says where the state is.
func (s *Store) Location() string { return s.Engine.Location() }

// Close ends the connection.
func (s *Store) Close() error { return s.Engine.Close() }

func numbered(kind string, n uint64) string { return fmt.Sprintf("%s/%012d", kind, n) }

func number(name string) uint64 {
	_, n, _ := strings.Cut(name, "/")
	i, _ := strconv.ParseUint(n, 10, 64) // names are made by numbered
	return i
}

// Retry tries again what failed for another reason than a condition: a server that restarts, a network that stalls.
func Retry[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	end := time.Now().Add(patience)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 3*time.Second) {
		c, cancel := context.WithTimeout(ctx, attempt)
		v, err := do(c)
		cancel()
		var final *Final
		if err == nil || errors.Is(err, ErrConflict) || errors.As(err, &final) || ctx.Err() != nil || time.Now().Add(wait).After(end) {
			return v, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return v, err
		}
	}
}

// Final is an error that trying again does not mend: a wrong password, a bucket that is not there.
type Final struct{ Err error }

func (f *Final) Error() string { return f.Err.Error() }
func (f *Final) Unwrap() error { return f.Err }

func (s *Store) scan(ctx context.Context, prefix, after string) ([]Document, error) {
	return Retry(ctx, func(ctx context.Context) ([]Document, error) { return s.Engine.Scan(ctx, prefix, after) })
}

func (s *Store) names(ctx context.Context, prefix string) ([]string, error) {
	return Retry(ctx, func(ctx context.Context) ([]string, error) { return s.Engine.Names(ctx, prefix) })
}

func (s *Store) get(ctx context.Context, name string) (*Document, error) {
	return Retry(ctx, func(ctx context.Context) (*Document, error) { return s.Engine.Get(ctx, name) })
}

// del removes. One that was done and whose answer was lost is a conflict the second time: it is gone.
func (s *Store) del(ctx context.Context, version string, names ...string) error {
	tries := 0
	_, err := Retry(ctx, func(ctx context.Context) (struct{}, error) {
		tries++
		err := s.Engine.Delete(ctx, version, names...)
		if errors.Is(err, ErrConflict) && tries > 1 {
			if d, gerr := s.Engine.Get(ctx, names[0]); gerr == nil && d == nil {
				err = nil
			}
		}
		return struct{}{}, err
	})
	return err
}

// put writes. When an answer was lost the write is tried again and finds itself: that is no conflict.
func (s *Store) put(ctx context.Context, name string, body []byte, c Condition) (string, error) {
	tries := 0
	return Retry(ctx, func(ctx context.Context) (string, error) {
		tries++
		v, err := s.Engine.Put(ctx, name, body, c)
		if errors.Is(err, ErrConflict) && tries > 1 {
			if d, gerr := s.Engine.Get(ctx, name); gerr == nil && d != nil && string(d.Body) == string(body) {
				return d.Version, nil
			}
		}
		return v, err
	})
}

// Read reads the snapshot.
func (s *Store) Read(ctx context.Context) (*state.Snapshot, error) { return s.at(ctx, 0) }

// at reads the snapshot of a serial; 0 is the last.
func (s *Store) at(ctx context.Context, serial uint64) (*state.Snapshot, error) {
	var last error
	for range 3 {
		bases, err := s.names(ctx, "base/")
		if err != nil {
			return nil, err
		}
		for len(bases) > 0 && serial > 0 && number(bases[len(bases)-1]) > serial {
			bases = bases[:len(bases)-1]
		}
		snap, after := state.New(), ""
		if len(bases) > 0 {
			name := bases[len(bases)-1]
			d, err := s.get(ctx, name)
			if err != nil {
				return nil, err
			}
			if d == nil {
				continue // the oldest was let go meanwhile
			}
			snap, err = state.UnpackSnapshot(s.Cipher, d.Body)
			if err == nil && number(name) != snap.Serial {
				err = fmt.Errorf("it holds serial %d: somebody has exchanged it", snap.Serial)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", s.Location(), name, err)
			}
			after = numbered("change", snap.Serial)
		}
		docs, err := s.scan(ctx, "change/", after)
		if err != nil {
			return nil, err
		}
		gap := error(nil)
		for _, doc := range docs {
			if serial > 0 && number(doc.Name) > serial {
				break
			}
			d, err := s.delta(doc)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Location(), err)
			}
			if gap = snap.Apply(d); gap != nil {
				break
			}
		}
		if now, err := s.names(ctx, "base/"); err != nil {
			return nil, err
		} else if gap != nil || serial == 0 && len(now) > 0 && number(now[len(now)-1]) > snap.Serial {
			last = gap
			continue // it was folded while it was read
		}
		if serial > 0 && snap.Serial != serial {
			return nil, fmt.Errorf("serial %d: %w", serial, state.ErrNoSerial)
		}
		return snap, nil
	}
	if last != nil {
		return nil, fmt.Errorf("%s: %w", s.Location(), last)
	}
	return nil, fmt.Errorf("%s changes too fast to be read; try again", s.Location())
}

func (s *Store) delta(doc Document) (*state.Delta, error) {
	var d state.Delta
	if err := state.Unpack(s.Cipher, doc.Body, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", doc.Name, err)
	}
	return &d, nil
}

// At reads an earlier snapshot.
func (s *Store) At(ctx context.Context, serial uint64) (*state.Snapshot, error) {
	if serial == 0 {
		return nil, fmt.Errorf("serial 0: %w", state.ErrNoSerial)
	}
	snap, err := s.at(ctx, serial)
	if err != nil && !errors.Is(err, state.ErrNoSerial) {
		// Older than all whole snapshots that are kept.
		if bases, berr := s.names(ctx, "base/"); berr == nil && len(bases) > 0 && number(bases[0]) > serial {
			return nil, fmt.Errorf("serial %d: %w", serial, state.ErrNoSerial)
		}
	}
	return snap, err
}

// History lists what is kept.
func (s *Store) History(ctx context.Context) ([]state.Version, error) {
	docs, err := s.scan(ctx, "change/", "")
	if err != nil {
		return nil, err
	}
	seen := map[uint64]state.Version{}
	for _, doc := range docs {
		v, err := state.ChangeVersion(s.Cipher, doc.Body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", s.Location(), doc.Name, err)
		}
		seen[v.Serial] = v
	}
	bases, err := s.names(ctx, "base/")
	if err != nil {
		return nil, err
	}
	for _, name := range bases {
		if seen[number(name)].Serial > 0 {
			continue
		}
		snap, err := s.at(ctx, number(name))
		if state.NoKey(err) {
			seen[number(name)] = state.Version{Serial: number(name), Whole: true, Unreadable: true}
			continue
		}
		if err != nil {
			return nil, err
		}
		seen[snap.Serial] = state.Version{Serial: snap.Serial, Stamp: snap.Stamp, Whole: true}
	}
	return state.Newest(seen), nil
}

// Open reads what is in flight.
func (s *Store) Open(ctx context.Context) ([]state.Entry, error) {
	lines, _, err := s.journal(ctx)
	return state.OpenEntries(lines), err
}

func (s *Store) journal(ctx context.Context) ([]state.Entry, []string, error) {
	docs, err := s.scan(ctx, "journal/", "")
	if err != nil {
		return nil, nil, err
	}
	var lines []state.Entry
	var names []string
	for _, doc := range docs {
		var e state.Entry
		if err := state.Unpack(s.Cipher, doc.Body, &e); err != nil {
			return nil, nil, fmt.Errorf("%s, %s: %w", s.Location(), doc.Name, err)
		}
		lines, names = append(lines, e), append(names, doc.Name)
	}
	return lines, names, nil
}

func (s *Store) holder(ctx context.Context) (*state.LockInfo, *Document, error) {
	d, err := s.get(ctx, "lock")
	if err != nil || d == nil {
		return nil, nil, err
	}
	var i state.LockInfo
	if err := json.Unmarshal(d.Body, &i); err != nil {
		return nil, nil, fmt.Errorf("%s, lock: %w", s.Location(), err)
	}
	return &i, d, nil
}

// Holder says who holds the lock.
func (s *Store) Holder(ctx context.Context) (*state.LockInfo, error) {
	i, _, err := s.holder(ctx)
	return i, err
}

// ForceUnlock removes the lock with an id.
func (s *Store) ForceUnlock(ctx context.Context, id string) error {
	i, d, err := s.holder(ctx)
	switch {
	case err != nil:
		return err
	case i == nil:
		return errors.New("the state is not locked")
	case i.ID != id:
		return fmt.Errorf("the state is locked with id %s, not %s", i.ID, id)
	}
	return s.bury(ctx, id, d)
}

// bury removes a lock that may be renewed meanwhile by its holder, and by nobody else.
func (s *Store) bury(ctx context.Context, id string, d *Document) error {
	for range 5 {
		err := s.del(ctx, d.Version, "lock")
		if !errors.Is(err, ErrConflict) {
			return err
		}
		var i *state.LockInfo
		if i, d, err = s.holder(ctx); err != nil || d == nil {
			return err
		}
		if i.ID != id {
			return errors.New("the lock changed hands meanwhile")
		}
	}
	return errors.New("the lock is renewed too fast to be removed; try again")
}

// Lock takes the lock, or says who has it.
func (s *Store) Lock(ctx context.Context, info state.LockInfo) (state.Lock, error) {
	if info.Takeover == 0 {
		info.Takeover = state.Duration(s.Takeover)
	}
	info = info.Here()
	for range 3 {
		info.Since = time.Now().UTC()
		info.Heartbeat = info.Since
		b, err := json.Marshal(info)
		if err != nil {
			return nil, err
		}
		version, err := s.put(ctx, "lock", b, Condition{Absent: true, Lease: info.StaleAfter()})
		if err == nil {
			l := &lock{s: s, info: info, version: version, renewed: time.Now(), lost: make(chan struct{}), stop: make(chan struct{})}
			l.wg.Add(1)
			go l.beat()
			return l, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("%s cannot be locked: %w", s.Location(), err)
		}
		holder, d, err := s.holder(ctx)
		if err != nil {
			return nil, err
		}
		if holder == nil {
			continue // released in between
		}
		if stale, err := holder.Stale(ctx, info.Host, func() (bool, error) {
			_, now, err := s.holder(ctx)
			return now == nil || now.Version != d.Version, err
		}); err != nil {
			return nil, err
		} else if !stale {
			return nil, &state.LockedError{Info: *holder}
		}
		if err := s.del(ctx, d.Version, "lock"); err != nil && !errors.Is(err, ErrConflict) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the lock in %s changes hands too fast; try again", s.Location())
}

// lock is the right to write.
type lock struct {
	s       *Store
	info    state.LockInfo
	mu      sync.Mutex // of the fields
	version string     // of the lock's document
	renewed time.Time
	cause   error
	lost    chan struct{}
	stop    chan struct{}
	wg      sync.WaitGroup

	write   sync.Mutex // one write at a time
	known   bool
	lineage string
	serial  uint64
	since   int // changes since the last whole snapshot
	plan    string
	entry   uint64 // the last number of the journal
	numbers bool   // entry is known
}

func (l *lock) Lost() <-chan struct{} { return l.lost }

func (l *lock) Cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

func (l *lock) end(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = cause
		close(l.lost)
	}
}

// beat renews. What cannot be renewed in time counts as lost, a little before others may think so.
func (l *lock) beat() {
	defer l.wg.Done()
	every := l.info.Beat()
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
		}
		err := l.renew(every)
		if errors.Is(err, ErrConflict) {
			l.end(state.ErrTaken)
			return
		}
		l.mu.Lock()
		late := err != nil && time.Since(l.renewed) > l.info.StaleAfter()-2*every
		l.mu.Unlock()
		if late {
			l.end(state.ErrStalled) // it goes on beating: when the store answers again, what ends can be written down
		}
	}
}

func (l *lock) renew(within time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	info := l.info
	info.Heartbeat = time.Now().UTC()
	b, err := json.Marshal(info)
	if err != nil {
		return err
	}
	v, err := l.s.Engine.Put(ctx, "lock", b, Condition{Version: l.version, Lease: l.info.StaleAfter()})
	if errors.Is(err, ErrConflict) {
		// An answer that was lost may have written: the lock is ours when it has our id.
		i, d, herr := l.s.holder(ctx)
		if herr != nil {
			return herr
		}
		if i != nil && i.ID == l.info.ID {
			l.version, l.renewed = d.Version, time.Now()
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	l.version, l.renewed = v, time.Now()
	return nil
}

// guarded writes as long as the lock is ours.
func (l *lock) guarded(ctx context.Context, name string, body []byte, c Condition) error {
	for range 5 {
		l.mu.Lock()
		if errors.Is(l.cause, state.ErrTaken) {
			l.mu.Unlock()
			return fmt.Errorf("%w; nothing more is written", state.ErrTaken)
		}
		c.Guard = &Document{Name: "lock", Version: l.version}
		l.mu.Unlock()
		_, err := l.s.put(ctx, name, body, c)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		i, d, herr := l.s.holder(ctx)
		if herr != nil {
			return herr
		}
		if i == nil || i.ID != l.info.ID {
			l.end(state.ErrTaken)
			return fmt.Errorf("%w; nothing more is written", state.ErrTaken)
		}
		if d.Version == c.Guard.Version {
			return err // it was the document itself
		}
		// The heart beat in between.
		l.mu.Lock()
		l.version = d.Version
		l.mu.Unlock()
	}
	return ErrConflict
}

func (l *lock) look(ctx context.Context) error {
	if l.known {
		return nil
	}
	snap, err := l.s.Read(ctx)
	if err != nil {
		return err
	}
	bases, err := l.s.names(ctx, "base/")
	if err != nil {
		return err
	}
	l.since = int(snap.Serial)
	if len(bases) > 0 {
		l.since -= int(number(bases[len(bases)-1]))
	}
	l.known, l.lineage, l.serial = true, snap.Lineage, snap.Serial
	return nil
}

// Update writes a change.
func (l *lock) Update(ctx context.Context, d *state.Delta) error {
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.look(ctx); err != nil {
		return err
	}
	if d.Serial != l.serial+1 || l.serial > 0 && d.Lineage != l.lineage {
		return state.ErrSerial
	}
	b, err := state.Pack(l.s.Cipher, d, d.Lineage, d.Serial)
	if err != nil {
		return err
	}
	err = l.guarded(ctx, numbered("change", d.Serial), b, Condition{Absent: true})
	if errors.Is(err, ErrConflict) {
		l.known = false
		return state.ErrSerial
	}
	if err != nil {
		return err
	}
	l.lineage, l.serial = d.Lineage, d.Serial
	l.since++
	return nil
}

// Write writes a whole snapshot.
func (l *lock) Write(ctx context.Context, s *state.Snapshot, expect uint64) error {
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.look(ctx); err != nil {
		return err
	}
	if l.serial != expect || s.Serial != expect+1 {
		return state.ErrSerial
	}
	if expect > 0 && l.lineage != s.Lineage {
		return state.ErrSerial
	}
	// The change first: it takes the serial, so that nobody else can, and is all that is needed if this ends here.
	was, err := l.s.Read(ctx)
	if err != nil {
		return err
	}
	d := state.Whole(was, s)
	if expect == 0 {
		d.Lineage = s.Lineage
	}
	b, err := state.Pack(l.s.Cipher, d, d.Lineage, d.Serial)
	if err != nil {
		return err
	}
	if err := l.guarded(ctx, numbered("change", s.Serial), b, Condition{Absent: true}); err != nil {
		if errors.Is(err, ErrConflict) {
			l.known = false
			return state.ErrSerial
		}
		return err
	}
	l.lineage, l.serial = s.Lineage, s.Serial
	return l.base(ctx, s)
}

func (l *lock) base(ctx context.Context, s *state.Snapshot) error {
	b, err := state.PackSnapshot(l.s.Cipher, s)
	if err != nil {
		return err
	}
	if err := l.guarded(ctx, numbered("base", s.Serial), b, Condition{Absent: true}); err != nil {
		return err
	}
	l.since = 0
	_ = l.prune(ctx) // what is too much now goes with the next one
	return nil
}

// prune lets the oldest snapshots go, with the changes before the oldest that is kept.
func (l *lock) prune(ctx context.Context) error {
	keep := l.s.Keep
	if keep == 0 {
		keep = state.KeepHistory
	}
	bases, err := l.s.names(ctx, "base/")
	keep = max(keep, 1) // who has begun to read one is to find its changes
	if err != nil || len(bases) <= keep+1 {
		return err
	}
	i := len(bases) - keep - 1
	first := numbered("change", number(bases[i])+1)
	changes, err := l.s.names(ctx, "change/")
	if err != nil {
		return err
	}
	n, _ := slices.BinarySearch(changes, first)
	return l.s.del(ctx, "", slices.Concat(bases[:i], changes[:n])...)
}

// Journal writes an entry.
func (l *lock) Journal(ctx context.Context, e state.Entry) error {
	l.write.Lock()
	defer l.write.Unlock()
	if !l.numbers || l.plan != e.Plan {
		lines, names, err := l.s.journal(ctx)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			l.entry = max(l.entry, number(names[len(names)-1]))
		}
		if state.Over(lines, e.Plan) {
			if err := l.s.del(ctx, "", names...); err != nil {
				return err
			}
		}
		l.numbers, l.plan = true, e.Plan
	}
	b, err := state.Pack(l.s.Cipher, e, l.lineage, l.serial)
	if err != nil {
		return err
	}
	if err := l.guarded(ctx, numbered("journal", l.entry+1), b, Condition{Absent: true}); err != nil {
		l.numbers = false
		return err
	}
	l.entry++
	return nil
}

// Unlock folds the changes where they have become many, and releases the lock.
func (l *lock) Unlock() error {
	close(l.stop)
	l.wg.Wait()
	if l.Cause() != nil && errors.Is(l.Cause(), state.ErrTaken) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var bad error
	if l.known && l.since >= foldAfter {
		snap, err := l.s.Read(ctx)
		if err == nil {
			err = l.base(ctx, snap)
		}
		bad = err // the changes are safe where they are
	}
	i, d, err := l.s.holder(ctx)
	if err != nil || i == nil || i.ID != l.info.ID {
		return errors.Join(bad, err)
	}
	if err := l.s.del(ctx, d.Version, "lock"); err != nil && !errors.Is(err, ErrConflict) {
		return errors.Join(bad, err)
	}
	return bad
}

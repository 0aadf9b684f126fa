// Package state is what Gantry remembers: a snapshot of what it owns and a
// journal of what is in flight. The world is the truth; state never decides
// what exists. The package knows neither plans nor consoles.
package state

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gantry-power/gantry/config/schema"
)

// Format is the version of the snapshot's form.
const Format = 1

// Snapshot is everything remembered at one moment.
type Snapshot struct {
	Format  int    `json:"format"`
	Lineage string `json:"lineage"` // made once; two estates never share it
	Serial  uint64 `json:"serial"`  // grows with every write
	Writer  string `json:"writer"`  // version of Gantry
	Stamp
	// Records are the owned objects as last verified, by address.
	Records map[schema.Address]*schema.Record `json:"records"`
}

// Stamp says of a write who made it, when and why. States of earlier versions have none.
type Stamp struct {
	Time time.Time `json:"time,omitzero"`
	By   string    `json:"by,omitempty"`  // user@host
	Job  string    `json:"job,omitempty"` // address of the CI job
	Why  string    `json:"why,omitempty"` // the command, or the step of an apply
}

// Delta is what one write changes, so that a step of an estate of a hundred thousand objects writes one of them.
type Delta struct {
	Lineage string `json:"lineage"`
	Serial  uint64 `json:"serial"` // of the snapshot that it makes
	Writer  string `json:"writer"`
	Stamp
	Put  map[schema.Address]*schema.Record `json:"put,omitempty"`
	Gone []schema.Address                  `json:"gone,omitempty"`
}

// Apply makes the next snapshot of a snapshot, in place.
func (s *Snapshot) Apply(d *Delta) error {
	if d.Serial != s.Serial+1 || s.Serial > 0 && d.Lineage != s.Lineage {
		return fmt.Errorf("a change to serial %d of lineage %s does not follow serial %d of lineage %s", d.Serial, d.Lineage, s.Serial, s.Lineage)
	}
	s.Lineage, s.Serial, s.Writer, s.Stamp = d.Lineage, d.Serial, d.Writer, d.Stamp
	for _, a := range d.Gone {
		delete(s.Records, a)
	}
	for a, r := range d.Put {
		s.Records[a] = r
	}
	return nil
}

// Version is one snapshot of the history.
type Version struct {
	Serial uint64 `json:"serial"`
	Stamp
	// Changed are the addresses that were written, and Gone those that were forgotten; of a snapshot that was written whole they are
	// not known.
	Changed []schema.Address `json:"changed,omitempty"`
	Gone    []schema.Address `json:"gone,omitempty"`
	Whole   bool             `json:"whole,omitempty"`
	// Unreadable: it is encrypted for others; its serial is all that is known.
	Unreadable bool `json:"unreadable,omitempty"`
}

// ErrNoSerial says that the history does not reach a serial, or not any more.
var ErrNoSerial = errors.New("the history does not have it")

// New returns an empty snapshot of a new lineage.
func New() *Snapshot {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails on supported systems
	return &Snapshot{Format: Format, Lineage: hex.EncodeToString(b[:]), Records: map[schema.Address]*schema.Record{}}
}

// Status of a journal entry.
type Status string

// An entry is started before the first command leaves, and done when the
// object was read back and verified.
const (
	Started Status = "started"
	Done    Status = "done"
	Failed  Status = "failed"
	Settled Status = "settled" // a later run found out how it ended
)

// Entry is a line of the journal.
type Entry struct {
	Time   time.Time `json:"time"`
	Plan   string    `json:"plan"` // fingerprint
	Step   string    `json:"step"` // id
	Status Status    `json:"status"`
	// Body is the whole step, so that a later run can take it up without the plan file.
	Body json.RawMessage `json:"body,omitempty"`
	// Handle is what the provider needs to take up what is in flight.
	Handle json.RawMessage `json:"handle,omitempty"`
	Note   string          `json:"note,omitempty"`
}

// LockInfo says who holds the lock.
type LockInfo struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	Host      string    `json:"host"`
	PID       int       `json:"pid"`
	Command   string    `json:"command"`
	Job       string    `json:"job,omitempty"` // address of the CI job
	Since     time.Time `json:"since"`
	Heartbeat time.Time `json:"heartbeat"`
	// Takeover is how old the heartbeat may be before the holder counts as dead: what the holder declared, not who comes later.
	Takeover Duration `json:"takeover,omitempty"`
	// Space tells machines and containers apart that have one host name: process numbers of one mean nothing in the other.
	Space string `json:"space,omitempty"`
}

// Duration is written as 30s.
type Duration time.Duration

// MarshalText writes 30s.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads 30s.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// StaleAfter is how old the heartbeat of this holder may be.
func (i LockInfo) StaleAfter() time.Duration {
	if i.Takeover > 0 {
		return time.Duration(i.Takeover)
	}
	return StaleAfter
}

// Here is the holder with what tells this machine from others of its name.
func (i LockInfo) Here() LockInfo {
	i.Space = space()
	return i
}

// Beat is how often this holder renews.
func (i LockInfo) Beat() time.Duration { return min(Heartbeat, i.StaleAfter()/6) }

func (i LockInfo) String() string {
	if i.Host == "" { // a server that does not say more
		return fmt.Sprintf("%s, since %s", i.User, i.Since.Local().Format("2006-01-02 15:04:05"))
	}
	s := fmt.Sprintf("%s@%s, process %d, since %s, running %q", i.User, i.Host, i.PID, i.Since.Local().Format("2006-01-02 15:04:05"), i.Command)
	if i.Job != "" {
		s += ", CI job " + i.Job
	}
	return s
}

// Dead reports whether the holder is known to have ended: its process ran on that host and is not there any more.
func (i LockInfo) Dead(host string) bool {
	return host != "" && i.Host == host && i.Space == space() && !alive(i.PID)
}

// Stale reports whether the lock of this holder may be taken over: its process ran here and is gone, or its heartbeat is too old. The
// clocks of two hosts may differ, so an old heartbeat is looked at again a little later: moved says whether it has moved, or is gone.
func (i LockInfo) Stale(ctx context.Context, host string, moved func() (bool, error)) (bool, error) {
	if i.Dead(host) {
		return true, nil
	}
	if time.Since(i.Heartbeat) <= i.StaleAfter() {
		return false, nil
	}
	select {
	case <-time.After(i.Beat() + 2*time.Second):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	m, err := moved()
	return !m, err
}

// LockedError says that somebody else holds the lock.
type LockedError struct {
	Info LockInfo
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("the state is locked by %s (lock %s)", e.Info, e.Info.ID)
}

// ErrSerial says that the snapshot changed since it was read.
var ErrSerial = errors.New("the state was changed by somebody else since it was read; plan again")

// Store keeps a snapshot and its journal. Read needs no lock.
type Store interface {
	Read(ctx context.Context) (*Snapshot, error) // a new, empty snapshot when there is none
	Lock(ctx context.Context, info LockInfo) (Lock, error)
	// Holder returns who holds the lock, or nil.
	Holder(ctx context.Context) (*LockInfo, error)
	// ForceUnlock removes the lock with the given id.
	ForceUnlock(ctx context.Context, id string) error
	// Open returns the journal entries that were started and not ended.
	Open(ctx context.Context) ([]Entry, error)
	// History is what is kept of earlier snapshots, the newest first, and At one of them; ErrNoSerial when it is not kept.
	History(ctx context.Context) ([]Version, error)
	At(ctx context.Context, serial uint64) (*Snapshot, error)
	Location() string
}

// Lock is the right to write.
type Lock interface {
	// Write stores a snapshot; the stored one must have the serial that was
	// read. On return the bytes are on disk.
	Write(ctx context.Context, s *Snapshot, expect uint64) error
	// Update stores the snapshot that a change makes of the stored one, whose serial is one less. What it costs does not depend on
	// the number of objects where the store allows it. On return the bytes are on disk.
	Update(ctx context.Context, d *Delta) error
	// Journal appends an entry; on return it is on disk.
	Journal(ctx context.Context, e Entry) error
	// Lost is closed when the lock is not ours any more, or when it could not be renewed for so long that it may not be; Cause says which.
	Lost() <-chan struct{}
	Cause() error
	Unlock() error
}

// OpenEntries folds journal lines: for each step its last state, with body and
// handle carried over; only those started and not ended.
func OpenEntries(lines []Entry) []Entry {
	last := map[string]Entry{}
	var order []string
	for _, e := range lines {
		k := e.Plan + "|" + e.Step
		prev, seen := last[k]
		if !seen {
			order = append(order, k)
		}
		if len(e.Body) == 0 {
			e.Body = prev.Body
		}
		if len(e.Handle) == 0 {
			e.Handle = prev.Handle
		}
		last[k] = e
	}
	var out []Entry
	for _, k := range order {
		if last[k].Status == Started {
			out = append(out, last[k])
		}
	}
	return out
}

// Errors of a lock that ended before its holder did.
var (
	ErrTaken   = errors.New("the lock was taken away")
	ErrStalled = errors.New("the lock could not be renewed in time, and somebody else may take it")
)

// Heartbeat is how often a holder renews its lock, and StaleAfter how old the last renewal may be before the holder counts as dead,
// where the state block does not say otherwise.
const (
	Heartbeat  = 5 * time.Second
	StaleAfter = 30 * time.Second
)

// Over reports whether a journal may start anew with a plan: it is of another one, and nothing in it is open.
func Over(lines []Entry, plan string) bool {
	return len(lines) > 0 && lines[len(lines)-1].Plan != plan && len(OpenEntries(lines)) == 0
}

// ChangeVersion is what the history says of a change as it is stored.
func ChangeVersion(c Cipher, b []byte) (Version, error) {
	var d Delta
	err := Unpack(c, b, &d)
	if NoKey(err) {
		v := Version{Unreadable: true}
		return v, json.Unmarshal(b, &v) // the serial is in the clear
	}
	return d.Version(), err
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

// Decode reads a snapshot.
func Decode(b []byte) (*Snapshot, error) {
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("this is no Gantry state: %w", err)
	}
	if s.Format != Format {
		return nil, fmt.Errorf("the state has format %d, this Gantry reads format %d", s.Format, Format)
	}
	if s.Records == nil {
		s.Records = map[schema.Address]*schema.Record{}
	}
	return &s, nil
}

// Encode writes a snapshot.
func Encode(s *Snapshot) ([]byte, error) {
	b, err := json.MarshalIndent(s, "", " ")
	return append(b, '\n'), err
}

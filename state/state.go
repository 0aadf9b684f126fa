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
	// Records are the owned objects as last verified, by address.
	Records map[schema.Address]*schema.Record `json:"records"`
}

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
}

func (i LockInfo) String() string {
	s := fmt.Sprintf("%s@%s, process %d, since %s, running %q", i.User, i.Host, i.PID, i.Since.Local().Format("2006-01-02 15:04:05"), i.Command)
	if i.Job != "" {
		s += ", CI job " + i.Job
	}
	return s
}

// Dead reports whether the holder is known to have ended: its process ran on that host and is not there any more.
func (i LockInfo) Dead(host string) bool { return i.Host == host && !alive(i.PID) }

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
	Location() string
}

// Lock is the right to write.
type Lock interface {
	// Write stores a snapshot; the stored one must have the serial that was
	// read. On return the bytes are on disk.
	Write(ctx context.Context, s *Snapshot, expect uint64) error
	// Journal appends an entry; on return it is on disk.
	Journal(ctx context.Context, e Entry) error
	// Lost is closed when the lock is not ours any more.
	Lost() <-chan struct{}
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

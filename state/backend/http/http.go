// Package http keeps state behind an address, with the protocol of Terraform's HTTP backend: GET, POST, LOCK and UNLOCK. GitLab's
// managed state is such an address.
//
// The protocol knows one document and no conditions. So the journal is kept in the document, every write sends the whole of it,
// the lock alone keeps two writers apart, and it has no heartbeat: the lock of a holder that died on another machine is removed
// with gantry force-unlock. What a server keeps of earlier versions is not part of the protocol.
package http

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/backend"
)

// Config is what the state block says; the names are those of Terraform's backend.
type Config struct {
	Address       string
	UpdateMethod  string // default POST
	LockAddress   string // default Address
	UnlockAddress string // default LockAddress
	LockMethod    string // default LOCK
	UnlockMethod  string // default UNLOCK
	Username      string // the password is in GANTRY_HTTP_PASSWORD, or TF_HTTP_PASSWORD
	Cipher        state.Cipher
}

// Store is the state behind an address.
type Store struct {
	c      Config
	client *http.Client

	mu   sync.Mutex
	seen document // lineage and serial of what was last read or written: the protocol has no other memory
}

// saw refuses a document that is older than one that was seen: a proxy or a replica that lags behind would undo what was written.
func (s *Store) saw(d *document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.Serial > 0 && (d.Serial < s.seen.Serial || d.Lineage != s.seen.Lineage) {
		return fmt.Errorf("%s answers with an older state, or none, than it had before (%d of lineage %s, then %d of %s). Nothing is written over it; look at the server, and what stands before it", s.Location(), s.seen.Serial, s.seen.Lineage, d.Serial, d.Lineage)
	}
	s.seen.Lineage, s.seen.Serial = d.Lineage, d.Serial
	return nil
}

var _ state.Store = (*Store)(nil)

// Open prepares a store.
func Open(c Config) (*Store, error) {
	set := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	set(&c.UpdateMethod, "POST")
	set(&c.LockAddress, c.Address)
	set(&c.UnlockAddress, c.LockAddress)
	set(&c.LockMethod, "LOCK")
	set(&c.UnlockMethod, "UNLOCK")
	for _, a := range []string{c.Address, c.LockAddress, c.UnlockAddress} {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%q is no address; write https://HOST/PATH", a)
		}
		if u.User != nil {
			return nil, errors.New("the address holds a password or a user. Write username = …, and put the password into GANTRY_HTTP_PASSWORD")
		}
	}
	return &Store{c: c, client: &http.Client{Timeout: 30 * time.Second}}, nil
}

// Location is the address.
func (s *Store) Location() string { return "http " + plain(s.c.Address) }

// plain is an address without its query, which may hold a token.
func plain(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before
}

// document is what is behind the address. Its serial counts writes, because servers keep versions by it and the journal is
// written more often than the snapshot.
type document struct {
	Lineage  string          `json:"lineage"`
	Serial   uint64          `json:"serial"`
	Snapshot *state.Snapshot `json:"snapshot"`
	Journal  []state.Entry   `json:"journal,omitempty"`
}

// answer is a status that is not a success.
type answer struct {
	method, address string
	status          int
	body            []byte
}

func (a *answer) Error() string {
	text := string(bytes.TrimSpace(a.body))
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return fmt.Sprintf("%s %s answers %d %s: %s", a.method, a.address, a.status, http.StatusText(a.status), text)
}

func (s *Store) send(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	return backend.Retry(ctx, func(ctx context.Context) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return nil, &backend.Final{Err: err}
		}
		if body != nil {
			sum := md5.Sum(body) // what the protocol asks for; it protects nothing
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
		}
		if s.c.Username != "" {
			password := os.Getenv("GANTRY_HTTP_PASSWORD")
			if password == "" {
				password = os.Getenv("TF_HTTP_PASSWORD")
			}
			req.SetBasicAuth(s.c.Username, password)
		}
		r, err := s.client.Do(req)
		if err != nil {
			var at *url.Error
			if errors.As(err, &at) {
				at.URL = plain(at.URL)
			}
			return nil, fmt.Errorf("the state cannot be reached: %w", err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if r.StatusCode >= 200 && r.StatusCode < 300 {
			return b, nil
		}
		bad := &answer{method, plain(address), r.StatusCode, b}
		if r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests {
			return nil, bad
		}
		return nil, &backend.Final{Err: bad}
	})
}

func status(err error) (int, []byte) {
	var a *answer
	if errors.As(err, &a) {
		return a.status, a.body
	}
	return 0, nil
}

func (s *Store) get(ctx context.Context) (*document, error) {
	b, err := s.send(ctx, "GET", s.c.Address, nil)
	if code, _ := status(err); code == http.StatusNotFound || err == nil && len(bytes.TrimSpace(b)) == 0 {
		snap := state.New()
		d := &document{Lineage: snap.Lineage, Snapshot: snap}
		if s.empty() {
			return d, nil
		}
		return nil, s.saw(d)
	}
	if err != nil {
		return nil, err
	}
	if b, err = state.Unseal(s.c.Cipher, b); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Location(), err)
	}
	var d struct {
		document
		Snapshot json.RawMessage `json:"snapshot"`
	}
	if err := json.Unmarshal(b, &d); err != nil || d.Snapshot == nil {
		return nil, fmt.Errorf("%s holds no state of Gantry. Choose another address (%v)", s.Location(), err)
	}
	if d.document.Snapshot, err = state.Decode(d.Snapshot); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Location(), err)
	}
	return &d.document, s.saw(&d.document)
}

func (s *Store) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.Serial == 0
}

// Read reads the snapshot.
func (s *Store) Read(ctx context.Context) (*state.Snapshot, error) {
	d, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	return d.Snapshot, nil
}

// Open reads what is in flight.
func (s *Store) Open(ctx context.Context) ([]state.Entry, error) {
	d, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	return state.OpenEntries(d.Journal), nil
}

// History is the present snapshot: what the server keeps of earlier ones is not part of the protocol.
func (s *Store) History(ctx context.Context) ([]state.Version, error) {
	snap, err := s.Read(ctx)
	if err != nil || snap.Serial == 0 {
		return nil, err
	}
	return []state.Version{{Serial: snap.Serial, Stamp: snap.Stamp, Whole: true}}, nil
}

// At is the present snapshot, and no other.
func (s *Store) At(ctx context.Context, serial uint64) (*state.Snapshot, error) {
	snap, err := s.Read(ctx)
	if err == nil && snap.Serial != serial {
		err = fmt.Errorf("serial %d: %w: the protocol of an HTTP store knows the present state only. Look at what its server keeps", serial, state.ErrNoSerial)
	}
	if err != nil {
		return nil, err
	}
	return snap, nil
}

// lockBody is the lock as the protocol has it. Ours is in Info.
type lockBody struct {
	ID        string
	Operation string
	Info      string
	Who       string
	Version   string
	Created   time.Time
	Path      string
}

func body(i state.LockInfo) ([]byte, error) {
	own, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	return json.Marshal(lockBody{ID: i.ID, Operation: i.Command, Info: string(own), Who: i.User + "@" + i.Host, Version: "gantry", Created: i.Since})
}

func holder(b []byte) (*state.LockInfo, error) {
	var l lockBody
	if err := json.Unmarshal(b, &l); err != nil || l.ID == "" {
		return nil, fmt.Errorf("the state is locked, and the server does not say by whom: %s", bytes.TrimSpace(b))
	}
	// A GitLab answers who is refused with what that one sent, and has of the holder only the id, its own name for the user, and since
	// when: the rest is taken for the holder's only where it has the id of the lock.
	var own state.LockInfo
	if json.Unmarshal([]byte(l.Info), &own) == nil && own.ID == l.ID {
		return &own, nil
	}
	i := state.LockInfo{ID: l.ID, User: l.Who, Since: l.Created}
	if !strings.HasPrefix(l.Info, "{") { // another client's
		i.Command = l.Operation
	}
	return &i, nil
}

// looking begins the ids of those who take the lock only to learn who has it.
const looking = "gantry-looks-"

// lookFor is how long nobody looks: who does has died.
const lookFor = 30 * time.Second

// Holder tries to lock: the protocol has no question for it. Whoever wants the lock in that moment waits for it to pass.
func (s *Store) Holder(ctx context.Context) (*state.LockInfo, error) {
	host, _ := os.Hostname() // then another machine cannot tell that this process is dead
	l, err := s.lock(ctx, false, state.LockInfo{ID: fmt.Sprintf("%s%d", looking, time.Now().UnixNano()), Host: host, PID: os.Getpid(), Command: "looks who holds the lock"})
	var locked *state.LockedError
	if errors.As(err, &locked) {
		return &locked.Info, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, l.Unlock()
}

// ForceUnlock unlocks with an id.
func (s *Store) ForceUnlock(ctx context.Context, id string) error {
	h, err := s.Holder(ctx)
	switch {
	case err != nil:
		return err
	case h == nil:
		return errors.New("the state is not locked")
	case h.ID != id:
		return fmt.Errorf("the state is locked with id %s, not %s", h.ID, id)
	}
	return s.unlock(ctx, *h)
}

func (s *Store) unlock(ctx context.Context, i state.LockInfo) error {
	b, err := body(i)
	if err != nil {
		return err
	}
	_, err = s.send(ctx, s.c.UnlockMethod, s.c.UnlockAddress, b)
	return err
}

// Lock takes the lock, or says who has it.
func (s *Store) Lock(ctx context.Context, info state.LockInfo) (state.Lock, error) {
	return s.lock(ctx, true, info)
}

// lock takes the lock, that of a dead process of this machine only where that is asked for.
func (s *Store) lock(ctx context.Context, dead bool, info state.LockInfo) (state.Lock, error) {
	looker, begin := "", time.Time{} // who looks, and since when that is known
	for try := 0; try < 3; {
		info = info.Here()
		info.Since = time.Now().UTC()
		info.Heartbeat = info.Since
		b, err := body(info)
		if err != nil {
			return nil, err
		}
		_, err = s.send(ctx, s.c.LockMethod, s.c.LockAddress, b)
		code, text := status(err)
		switch {
		case err == nil:
			return &lock{s: s, info: info, lost: make(chan struct{})}, nil
		case code == http.StatusLocked || code == http.StatusConflict:
			h, herr := holder(text)
			if herr != nil {
				return nil, herr
			}
			if h.ID == info.ID {
				return &lock{s: s, info: info, lost: make(chan struct{})}, nil // the answer to the first try was lost
			}
			looks := strings.HasPrefix(h.ID, looking)
			if looks && looker != h.ID {
				looker, begin = h.ID, time.Now()
			}
			switch {
			case h.Dead(info.Host) && (dead || looks) || looks && time.Since(begin) > lookFor:
			case !looks:
				return nil, &state.LockedError{Info: *h}
			default:
				select {
				case <-time.After(100 * time.Millisecond):
					continue
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			try++
			if err := s.unlock(ctx, *h); err != nil {
				if code, _ := status(err); code != http.StatusConflict && code != http.StatusLocked {
					return nil, err
				}
				// somebody else was faster; who has it is asked again
			}
		case code == http.StatusMethodNotAllowed || code == http.StatusNotFound || code == http.StatusNotImplemented:
			return nil, fmt.Errorf("%s has no lock, and a state that is shared must have one: %w. Name lock_address and lock_method", s.Location(), err)
		default:
			return nil, err
		}
	}
	return nil, fmt.Errorf("the lock of %s changes hands too fast; try again", s.Location())
}

type lock struct {
	s    *Store
	info state.LockInfo
	lost chan struct{}

	mu    sync.Mutex
	doc   *document
	cause error
}

func (l *lock) Lost() <-chan struct{} { return l.lost }

func (l *lock) Cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// change writes a changed document.
func (l *lock) change(ctx context.Context, edit func(*document) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return fmt.Errorf("%w; nothing more is written", l.cause)
	}
	if l.doc == nil {
		d, err := l.s.get(ctx)
		if err != nil {
			return err
		}
		l.doc = d
	}
	next := *l.doc
	if err := edit(&next); err != nil {
		return err
	}
	next.Serial++
	b, err := state.Pack(l.s.c.Cipher, next, next.Lineage, next.Serial)
	if err != nil {
		return err
	}
	u, err := url.Parse(l.s.c.Address)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("ID", l.info.ID)
	u.RawQuery = q.Encode()
	if _, err := l.s.send(ctx, l.s.c.UpdateMethod, u.String(), b); err != nil {
		if code, _ := status(err); code == http.StatusLocked || code == http.StatusConflict {
			l.cause = state.ErrTaken
			close(l.lost)
			return fmt.Errorf("%w; nothing more is written: %v", state.ErrTaken, err)
		}
		l.doc = nil // whether it was written is not known
		// A server that keeps versions by their serial, as a GitLab does, refuses the second of two tries when the answer to the first one
		// was lost.
		if code, _ := status(err); code >= 400 && code < 500 {
			if now, gerr := l.s.get(ctx); gerr == nil && same(now, &next) {
				l.doc = now
				return nil
			}
		}
		return err
	}
	l.doc = &next
	return l.s.saw(&next)
}

func same(a, b *document) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// Update writes the document with a change in it.
func (l *lock) Update(ctx context.Context, d *state.Delta) error {
	return l.change(ctx, func(doc *document) error {
		if d.Serial != doc.Snapshot.Serial+1 || doc.Snapshot.Serial > 0 && d.Lineage != doc.Snapshot.Lineage {
			return state.ErrSerial
		}
		next := *doc.Snapshot
		next.Records = maps.Clone(next.Records)
		doc.Snapshot, doc.Lineage = &next, d.Lineage
		return next.Apply(d)
	})
}

// Write writes the document with another snapshot in it.
func (l *lock) Write(ctx context.Context, s *state.Snapshot, expect uint64) error {
	return l.change(ctx, func(doc *document) error {
		if doc.Snapshot.Serial != expect || s.Serial != expect+1 || expect > 0 && doc.Snapshot.Lineage != s.Lineage {
			return state.ErrSerial
		}
		doc.Snapshot, doc.Lineage = s, s.Lineage
		return nil
	})
}

// Journal writes the document with an entry more.
func (l *lock) Journal(ctx context.Context, e state.Entry) error {
	return l.change(ctx, func(doc *document) error {
		if state.Over(doc.Journal, e.Plan) {
			doc.Journal = nil
		}
		doc.Journal = append(doc.Journal[:len(doc.Journal):len(doc.Journal)], e)
		return nil
	})
}

func (l *lock) Unlock() error {
	if l.Cause() != nil {
		return nil
	}
	err := l.s.unlock(context.Background(), l.info)
	if code, _ := status(err); code == http.StatusConflict || code == http.StatusLocked {
		return nil // it is not ours any more: the answer to the first try was lost, or it was taken away
	}
	return err
}

// Package audit keeps the record of every command that was sent to a console: one line of JSON each, appended and never changed, each
// with the hash of the line before it.
package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/gantry-power/gantry/providers/console"
)

// Line is a command that has ended, or one of a step that is about to be sent: it has a second line when it has ended, and none when the
// run was killed before.
type Line struct {
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"` // when it had ended, or was about to be sent
	Who     string    `json:"who"`  // user@host
	Job     string    `json:"job,omitempty"`
	Run     string    `json:"run"` // the command of Gantry
	Plan    string    `json:"plan,omitempty"`
	Step    string    `json:"step,omitempty"` // none: it only looked
	Console string    `json:"console"`
	Command string    `json:"command"`
	Sent    bool      `json:"sent,omitempty"` // it is about to be sent
	Of      uint64    `json:"of,omitempty"`   // the number of the line that said that it is about to be sent
	Exit    *int      `json:"exit,omitempty"` // none: the connection was lost, and it may have taken effect
	Lost    string    `json:"lost,omitempty"`
	Millis  int64     `json:"ms"`
	Prev    string    `json:"prev"` // hash of the line before; of the first line empty
	Hash    string    `json:"hash"` // of this line with this field empty
}

func (l Line) sum() (string, error) {
	l.Hash = ""
	b, err := json.Marshal(l)
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:]), err
}

// Log appends to an audit log. It is the writer of a command log: what is written to it are the command log's lines.
type Log struct {
	Who, Job, Run string
	// Syslog gets every line too; nil when it does not.
	Syslog io.Writer

	path string
	lock *flock.Flock
	mu   sync.Mutex
	plan string
	open map[string][]uint64 // numbers of what was sent and has not ended, by console, step and command

	failed sync.Mutex // of what follows; mu is held while the file is waited for
	err    error
}

// Open opens a log, which is made when it is not there.
func Open(path string) (*Log, error) {
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the audit log cannot be written: %w", err)
	}
	return &Log{path: path, lock: flock.New(path + ".lock"), open: map[string][]uint64{}}, w.Close()
}

// Plan says what plan the next commands are of.
func (l *Log) Plan(fingerprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plan = fingerprint
}

// Err is why a line could not be written.
func (l *Log) Err() error {
	l.failed.Lock()
	defer l.failed.Unlock()
	return l.err
}

func (l *Log) fail(err error) {
	l.failed.Lock()
	defer l.failed.Unlock()
	if l.err == nil {
		l.err = err // the next ones have the same cause
	}
}

// Write takes lines of the command log. Commands that are sent at the same time by several runs wait for each other here.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []Line
	for _, x := range console.ParseLog(b) {
		lines = append(lines, Line{Time: x.Time, Who: l.Who, Job: l.Job, Run: l.Run, Plan: l.plan, Step: x.Step, Console: x.Console, Command: x.Command, Sent: x.Sent, Exit: x.Exit, Lost: x.Lost, Millis: x.Took.Milliseconds()})
	}
	err := error(nil)
	if len(lines) == 0 && len(bytes.TrimSpace(b)) > 0 {
		err = errors.New("what was written is no line of a command log")
	}
	if err == nil {
		err = l.append(lines)
	}
	if err != nil {
		l.fail(err)
		return 0, err
	}
	return len(b), nil
}

func (l *Log) append(lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	// Who holds it writes a line. Nothing is held up for longer because one of them stands still.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if ok, err := l.lock.TryLockContext(ctx, 5*time.Millisecond); !ok {
		return fmt.Errorf("%s.lock is held by another process for longer than %s: %w", l.path, patience, err)
	}
	defer func() { _ = l.lock.Unlock() }()
	return l.write(lines)
}

// write appends lines; the caller holds the lock of the file.
func (l *Log) write(lines []Line) error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	last, end, err := tail(f)
	if errors.Is(err, errTail) {
		// What follows is written down all the same, into a log of its own; the damaged one is kept as it is.
		aside := l.path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
		if merr := os.Rename(l.path, aside); merr != nil {
			return errors.Join(fmt.Errorf("%s: %w", l.path, err), merr)
		}
		l.fail(fmt.Errorf("%s: %w; it was moved to %s, and a new log was begun", l.path, err, aside))
		return l.write(lines)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	var out bytes.Buffer
	sent, ended := map[string][]uint64{}, map[string]int{} // what changes in l.open when all is written
	for _, x := range lines {
		x.Seq, x.Prev = last.Seq+1, last.Hash
		key := x.Console + "\x00" + x.Step + "\x00" + x.Command
		if x.Sent {
			sent[key] = append(sent[key], x.Seq)
		} else if at := slices.Concat(l.open[key], sent[key]); len(at) > ended[key] {
			x.Of = at[ended[key]]
			ended[key]++
		}
		if x.Hash, err = x.sum(); err != nil {
			return err
		}
		b, err := json.Marshal(x)
		if err != nil {
			return err
		}
		out.Write(append(b, '\n'))
		last = x
		if l.Syslog != nil {
			if _, err := l.Syslog.Write(b); err != nil {
				l.fail(fmt.Errorf("syslog: %w", err)) // the file has it
			}
		}
	}
	// What a crash tore off is written over: it was never whole.
	if err := f.Truncate(end); err != nil {
		return err
	}
	if _, err := f.WriteAt(out.Bytes(), end); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	for key, at := range sent {
		l.open[key] = append(l.open[key], at...)
	}
	for key, n := range ended {
		if l.open[key] = l.open[key][n:]; len(l.open[key]) == 0 {
			delete(l.open, key)
		}
	}
	return nil
}

// patience is how long another process is waited for that writes to the same log.
const patience = 10 * time.Second

var errTail = errors.New("its last line is no line of an audit log")

// tail reads the last whole line and where it ends.
func tail(f *os.File) (Line, int64, error) {
	var last Line
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return last, 0, err
	}
	for n := int64(64 << 10); ; n *= 4 {
		n = min(n, size)
		b := make([]byte, n)
		if _, err := f.ReadAt(b, size-n); err != nil {
			return last, 0, err
		}
		i := bytes.LastIndexByte(b, '\n')
		if i < 0 && n == size {
			return last, 0, nil
		}
		j := -1
		if i >= 0 {
			j = bytes.LastIndexByte(b[:i], '\n')
		}
		if i < 0 || j < 0 && n < size {
			continue
		}
		if err := json.Unmarshal(b[j+1:i], &last); err != nil {
			return last, 0, fmt.Errorf("%w (%w)", errTail, err)
		}
		return last, size - n + int64(i) + 1, nil
	}
}

// Result is what Verify found in a log that is whole.
type Result struct {
	Lines       uint64
	First, Last time.Time
	Head        string // the hash of the last line: who keeps it elsewhere notices when lines are cut off at the end
	Torn        bool   // a crash left half a line at the end
	Open        []Line // sent, and their run ended before the answer, or has not ended yet
}

// Verify reads a log and looks whether a line was changed, taken out, put in or moved. With a head, a line with that hash must be there.
func Verify(r io.Reader, head string) (*Result, error) {
	var res Result
	found := head == ""
	open := map[uint64]Line{}
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		b, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil {
			res.Torn = len(b) > 0
			break
		}
		n := res.Lines + 1
		var l Line
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("line %d is no line of an audit log (%w). The %d lines before it are whole; their head is %s", n, err, res.Lines, res.Head)
		}
		sum, err := l.sum()
		switch {
		case err != nil:
			return nil, err
		case l.Hash != sum:
			return nil, fmt.Errorf("line %d was changed: its hash is not that of what it says", n)
		case l.Seq != n:
			return nil, fmt.Errorf("line %d has the number %d: lines were taken out, put in or moved before it", n, l.Seq)
		case l.Prev != res.Head:
			return nil, fmt.Errorf("line %d does not follow the line before it: lines were exchanged", n)
		}
		if n == 1 {
			res.First = l.Time
		}
		if l.Sent {
			open[n] = l
		} else if l.Of > 0 {
			if o, ok := open[l.Of]; !ok || o.Console != l.Console || o.Step != l.Step || o.Command != l.Command {
				return nil, fmt.Errorf("line %d is the end of line %d, which sent nothing of the kind", n, l.Of)
			}
			delete(open, l.Of)
		}
		res.Lines, res.Last, res.Head = n, l.Time, sum
		found = found || sum == head
	}
	if !found {
		return nil, fmt.Errorf("no line has the hash %s: lines were cut off at the end, or it is another log", head)
	}
	for _, n := range slices.Sorted(maps.Keys(open)) {
		res.Open = append(res.Open, open[n])
	}
	return &res, nil
}

// VerifyFile is Verify on a file.
func VerifyFile(path, head string) (*Result, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no audit log %s here: nothing was sent yet, or it is kept elsewhere", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	res, err := Verify(f, head)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return res, nil
}

package audit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

func written(t *testing.T) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Who, l.Run = "u@h", "gantry apply"
	fmt.Fprint(l, "2026-11-26T10:00:00.5Z hmc.one rc=0 12ms: lssyscfg -r sys\n")
	l.Plan("abc")
	fmt.Fprint(l, "2026-11-26T10:00:01Z hmc.one rc=1 1.2s [migrate:partition.a]: migrlpar -o m: x\n2026-11-26T10:00:02Z aix.a lost: \"connection reset: by peer\" 3s [create:wpar.w]: set -e\n\tmkwpar -n w\n")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, b
}

func TestLines(t *testing.T) {
	path, b := written(t)
	for _, want := range []string{`"step":"migrate:partition.a","console":"hmc.one","command":"migrlpar -o m: x","exit":1,"ms":1200`, `"command":"set -e\nmkwpar -n w","lost":"connection reset: by peer","ms":3000`, `"plan":"abc"`, `"command":"lssyscfg -r sys","exit":0,"ms":12,"prev":""`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in\n%s", want, b)
		}
	}
	res, err := VerifyFile(path, "")
	if err != nil || res.Lines != 3 || res.Torn {
		t.Errorf("%+v %v", res, err)
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", i.Mode(), err)
	}
}

// What is about to be sent is there before; what has no end was cut short.
func TestSent(t *testing.T) {
	path, _ := written(t)
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "[create:wpar.w]: mkwpar -n w\n", "[create:wpar.v]: set -e\n\tmkwpar -n v\n"
	for _, x := range []string{"2026-11-26T10:00:03Z aix.a sent 0s " + a, "2026-11-26T10:00:03Z aix.a sent 0s " + b, "2026-11-26T10:00:03Z aix.a sent 0s " + a, "2026-11-26T10:00:05Z aix.a rc=0 2s " + a} {
		if _, err := l.Write([]byte(x)); err != nil {
			t.Fatal(err)
		}
	}
	res, err := VerifyFile(path, "")
	if err != nil || len(res.Open) != 2 || res.Open[0].Seq != 5 || res.Open[0].Command != "set -e\nmkwpar -n v" || res.Open[1].Seq != 6 {
		t.Errorf("%+v %v", res, err)
	}
}

func TestTampering(t *testing.T) {
	_, b := written(t)
	lines := bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	lines[2] = append(lines[2], '\n')
	whole, err := Verify(bytes.NewReader(b), "")
	if err != nil {
		t.Fatal(err)
	}
	join := func(i ...int) []byte {
		var out []byte
		for _, n := range i {
			out = append(out, lines[n]...)
		}
		return out
	}
	for why, b := range map[string][]byte{
		"a word": bytes.Replace(b, []byte("migrlpar"), []byte("lssyscfg"), 1), "an exit code": bytes.Replace(b, []byte(`"exit":1`), []byte(`"exit":0`), 1),
		"the first line": join(1, 2), "a line in the middle": join(0, 2), "the order": join(1, 0, 2), "one twice": join(0, 0, 1, 2), "a line of another log": append(join(0), join(0)...), "garbage": []byte("x\n"),
	} {
		if _, err := Verify(bytes.NewReader(b), ""); err == nil {
			t.Errorf("%s was changed, and nobody noticed", why)
		}
	}
	if _, err := Verify(bytes.NewReader(join(0, 1)), whole.Head); err == nil {
		t.Error("the end was cut off, and nobody noticed, who knows the head")
	}
	if res, err := Verify(bytes.NewReader(b[:len(b)-4]), ""); err != nil || !res.Torn || res.Lines != 2 {
		t.Errorf("a torn line: %+v %v", res, err)
	}
}

// Several runs write at the same time, and one was torn: the chain is whole.
func TestTogether(t *testing.T) {
	path, b := written(t)
	if err := os.WriteFile(path, b[:len(b)-7], 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			l, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 25 {
				if _, err := fmt.Fprintf(l, "2026-11-26T10:00:00Z hmc.one rc=0 12ms: command %d\n", i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if res, err := VerifyFile(path, ""); err != nil || res.Lines != 102 {
		t.Errorf("%+v %v", res, err)
	}
}

// A last line that is no line does not end the log: what follows is written down elsewhere, and that is told.
func TestDamagedTail(t *testing.T) {
	path, b := written(t)
	if err := os.WriteFile(path, append(b[:len(b)-9], '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(l, "2026-11-26T10:00:09Z hmc.one rc=0 12ms: after\n"); err != nil {
		t.Fatal(err)
	}
	if err := l.Err(); err == nil || !strings.Contains(err.Error(), "it was moved to "+path+".damaged-") {
		t.Error(err)
	}
	if res, err := VerifyFile(path, ""); err != nil || res.Lines != 1 {
		t.Errorf("%+v %v", res, err)
	}
	old, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(old) != 1 {
		t.Fatal(old, err)
	}
	if _, err := VerifyFile(old[0], ""); err == nil || !strings.Contains(err.Error(), "line 3 is no line of an audit log") || !strings.Contains(err.Error(), "The 2 lines before it are whole") {
		t.Error(err)
	}
}

// Another process that stands still holds nothing up for long, and that a line is missing is known.
func TestHeld(t *testing.T) {
	path, _ := written(t)
	other := flock.New(path + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Unlock()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := fmt.Fprint(l, "2026-11-26T10:00:09Z hmc.one sent 0s [a:b]: x\n")
		done <- err
	}()
	if l.Err() != nil {
		t.Error("it has not failed yet")
	}
	if err := <-done; err == nil || l.Err() == nil {
		t.Error("a gap that nobody knows of")
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	// The line that is missing is not what the next end refers to.
	fmt.Fprint(l, "2026-11-26T10:00:09Z hmc.one sent 0s [a:c]: y\n2026-11-26T10:00:09Z hmc.one rc=0 1s [a:b]: x\n")
	if res, err := VerifyFile(path, ""); err != nil || len(res.Open) != 1 || res.Open[0].Step != "a:c" {
		t.Errorf("%+v %v", res, err)
	}
}

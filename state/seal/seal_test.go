package seal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

func key(t *testing.T) (*age.X25519Identity, string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	f := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(f, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id, f
}

func cipher(t *testing.T, c Config) *Cipher {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func round(t *testing.T, writes, reads *Cipher, why string) {
	t.Helper()
	b, err := writes.Seal([]byte("the payroll"), "l", 7)
	if err != nil {
		t.Fatalf("%s: %v", why, err)
	}
	if bytes.Contains(b, []byte("payroll")) || bytes.Contains(b, []byte("\n")) {
		t.Errorf("%s: %s", why, b)
	}
	p, err := reads.Open(b)
	if err != nil || string(p) != "the payroll" {
		t.Errorf("%s: %q %v", why, p, err)
	}
}

func TestEveryWay(t *testing.T) {
	a, fileA := key(t)
	b, fileB := key(t)
	_, fileC := key(t)
	both := []string{a.Recipient().String(), b.Recipient().String()}
	w := cipher(t, Config{Recipients: both, Identities: []string{fileA}})
	round(t, w, cipher(t, Config{Recipients: both, Identities: []string{fileA}}), "the first of two recipients")
	round(t, w, cipher(t, Config{Recipients: both, Identities: []string{"/nowhere", fileB}}), "the second")
	sealed, err := w.Seal([]byte("x"), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cipher(t, Config{Recipients: both, Identities: []string{fileC}}).Open(sealed); err == nil || !strings.Contains(err.Error(), "gantry state rotate") {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := cipher(t, Config{Recipients: both}).Open(sealed); err == nil || !strings.Contains(err.Error(), "GANTRY_AGE_IDENTITY") {
		t.Errorf("no key: %v", err)
	}
	// Rotation: who is no recipient any more cannot read what is written from then on.
	only := Config{Recipients: both[:1], Identities: []string{fileA}}
	r := cipher(t, only)
	if _, err := r.Open(sealed); err != nil {
		t.Fatal(err)
	}
	if err := r.Renew(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(sealed); err != nil { // what is read meanwhile does not bring the old key back
		t.Fatal(err)
	}
	next, err := r.Seal([]byte("y"), "l", 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cipher(t, Config{Recipients: both, Identities: []string{fileB}}).Open(next); err == nil {
		t.Error("a recipient that was taken out reads on")
	}

	// A changed list is a new key with the next write, without a rotation.
	changed := cipher(t, only)
	if _, err := changed.Open(sealed); err != nil {
		t.Fatal(err)
	}
	if next, err = changed.Seal([]byte("z"), "l", 3); err != nil {
		t.Fatal(err)
	}
	if _, err := cipher(t, Config{Recipients: both, Identities: []string{fileB}}).Open(next); err == nil {
		t.Error("a recipient that was taken out reads what the next write wrote")
	}
	if _, err := cipher(t, Config{Recipients: both, Identities: []string{fileC}}).Seal([]byte("x"), "l", 1); err == nil {
		t.Error("it was encrypted so that who wrote it cannot read it")
	}

	t.Setenv("GANTRY_PASSPHRASE", "correct horse")
	p := cipher(t, Config{Passphrase: true})
	round(t, p, cipher(t, Config{Passphrase: true}), "a passphrase")
	word, err := p.Seal([]byte("x"), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GANTRY_PASSPHRASE", "another horse")
	t.Setenv("GANTRY_PASSPHRASE_OLD", "correct horse")
	if p, err := cipher(t, Config{Passphrase: true}).Open(word); err != nil || string(p) != "x" {
		t.Errorf("the passphrase before: %s %v", p, err)
	}
	if p, err := cipher(t, only).Open(word); err != nil || string(p) != "x" {
		t.Errorf("from a passphrase to recipients: %s %v", p, err)
	}
	t.Setenv("GANTRY_PASSPHRASE", "")
	t.Setenv("GANTRY_PASSPHRASE_OLD", "")
	round(t, p, cipher(t, Config{PassphraseCommand: []string{"echo", "correct horse"}}), "a passphrase by command")
	sealed, err = p.Seal([]byte("x"), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cipher(t, Config{PassphraseCommand: []string{"echo", "wrong"}}).Open(sealed); err == nil || !strings.Contains(err.Error(), "passphrase is not the one") {
		t.Errorf("a wrong passphrase: %v", err)
	}

	script := filepath.Join(t.TempDir(), "kms")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ncase $1 in wrap) tr a-z A-Z | rev ;; unwrap) rev ;; *) echo no such verb >&2; exit 3 ;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	round(t, cipher(t, Config{KeyCommand: []string{script}}), cipher(t, Config{KeyCommand: []string{script}}), "a key service")
	if _, err := cipher(t, Config{KeyCommand: []string{"false"}}).Seal([]byte("x"), "l", 1); err == nil {
		t.Error("a key service that refuses")
	}
}

func TestWhatWasTamperedWith(t *testing.T) {
	a, f := key(t)
	s := cipher(t, Config{Recipients: []string{a.Recipient().String()}, Identities: []string{f}})
	b, err := s.Seal([]byte("x"), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	for why, change := range map[string]func(*envelope){
		"its serial": func(e *envelope) { e.Serial = 9 }, "its lineage": func(e *envelope) { e.Lineage = "other" },
		"a byte": func(e *envelope) { e.Sealed[len(e.Sealed)-1] ^= 1 },
	} {
		c := e
		c.Sealed = bytes.Clone(e.Sealed)
		change(&c)
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(b); err == nil {
			t.Errorf("%s was changed, and nobody noticed", why)
		}
	}
	if p, err := s.Open([]byte(`{"format": 1}`)); err != nil || string(p) != `{"format": 1}` {
		t.Errorf("what was not sealed: %s %v", p, err)
	}
	for _, c := range []Config{{}, {Recipients: []string{"age1x"}}, {Passphrase: true, KeyCommand: []string{"x"}}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v", c)
		}
	}
}

// Package seal encrypts what is at rest with age: state, journals, plans and inventories.
//
// An estate has a key of its own, an X25519 identity. What is stored is encrypted to it, and carries the identity itself, encrypted
// to those who may read: to recipients, with a passphrase, or by a command that asks a key service. So nothing but age is needed to
// read a file by hand, a passphrase is worked out once for a run, and who may read changes without knowing who could before.
package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
)

// Config is the encryption block. One of recipients, passphrase and key command is set.
type Config struct {
	Dir        string   // of the estate, where commands run
	Recipients []string // age1...
	// Identities are files with the keys of those who read. GANTRY_AGE_IDENTITY names one more, and GANTRY_AGE_KEY holds a key itself.
	Identities        []string
	Passphrase        bool     // from GANTRY_PASSPHRASE, or
	PassphraseCommand []string // the first line of what this prints
	// KeyCommand is called with wrap or unwrap as its last argument. It reads a key on its standard input and writes it wrapped, or
	// the other way round.
	KeyCommand []string
}

// KeyError says that something is whole, and that what it was encrypted with is not here.
type KeyError struct{ err error }

func (e *KeyError) Error() string { return e.err.Error() }
func (e *KeyError) Unwrap() error { return e.err }

// NoKey is how the stores tell it from damage.
func (e *KeyError) NoKey() bool { return true }

// Cipher seals and opens. It is safe for use by several goroutines.
type Cipher struct {
	c Config

	mu     sync.Mutex
	own    *age.X25519Identity // what is sealed with
	header header
	known  map[string]*age.X25519Identity // by what it was wrapped in
	pass   string
}

// header is the estate's key, wrapped.
type header struct {
	How     string `json:"how"` // age or command
	Wrapped []byte `json:"wrapped"`
}

// envelope is what is stored: one line of JSON. Lineage and serial are in the clear, because stores look at them.
type envelope struct {
	Format  int    `json:"format"`
	Lineage string `json:"lineage,omitempty"`
	Serial  uint64 `json:"serial"`
	Key     header `json:"key"`
	Sealed  []byte `json:"sealed"`
}

// inner binds the plain text to what the envelope shows.
type inner struct {
	Lineage string `json:"lineage"`
	Serial  uint64 `json:"serial"`
	Plain   []byte `json:"plain"`
}

// New checks the configuration; no key is asked for yet.
func New(c Config) (*Cipher, error) {
	n := 0
	for _, set := range []bool{len(c.Recipients) > 0, c.Passphrase || len(c.PassphraseCommand) > 0, len(c.KeyCommand) > 0} {
		if set {
			n++
		}
	}
	if n != 1 {
		return nil, errors.New("encryption is by recipients, by a passphrase or by key_command: set one of them, and only one")
	}
	for _, r := range c.Recipients {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(r)), "AGE-SECRET-KEY-") {
			return nil, errors.New("recipients holds a secret key, in a file that many read. Make a new one with age-keygen, and put the public key of it there: it begins with age1")
		}
		if _, err := age.ParseX25519Recipient(r); err != nil {
			return nil, fmt.Errorf("recipients holds %q, which is no recipient. age-keygen prints one that begins with age1", r)
		}
	}
	return &Cipher{c: c, known: map[string]*age.X25519Identity{}}, nil
}

// Renew makes a new key that is used from then on, whatever is read meanwhile: who could read before, and is not named any more, cannot
// read what is written then.
func (s *Cipher) Renew() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renew()
}

func (s *Cipher) renew() error {
	own, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	h, err := s.wrap(own)
	if err != nil {
		return fmt.Errorf("the key of the estate cannot be wrapped: %w", err)
	}
	// Who writes has to be able to read it again, or the estate would be lost with the next run.
	if back, err := s.unwrap(*h); err != nil || back.String() != own.String() {
		return fmt.Errorf("what is encrypted like this could not be read here any more, so nothing is: %w", err)
	}
	s.own, s.header = own, *h
	s.known[string(h.Wrapped)] = own
	return nil
}

// Seal seals.
func (s *Cipher) Seal(plain []byte, lineage string, serial uint64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		if err := s.renew(); err != nil {
			return nil, err
		}
	}
	in, err := json.Marshal(inner{lineage, serial, plain})
	if err != nil {
		return nil, err
	}
	out, err := encrypt(in, s.own.Recipient())
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{1, lineage, serial, s.header, out})
}

// Open opens what was sealed; other text passes.
func (s *Cipher) Open(b []byte) ([]byte, error) {
	var e envelope
	if !bytes.Contains(b, []byte(`"sealed"`)) || json.Unmarshal(b, &e) != nil || len(e.Sealed) == 0 {
		return b, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.known[string(e.Key.Wrapped)]
	if id == nil {
		var err error
		if id, err = s.unwrap(e.Key); err != nil {
			return nil, &KeyError{fmt.Errorf("it is encrypted and cannot be read here: %w", err)}
		}
		s.known[string(e.Key.Wrapped)] = id
	}
	r, err := age.Decrypt(bytes.NewReader(e.Sealed), id)
	if err != nil {
		return nil, fmt.Errorf("it is encrypted and damaged: %w", err)
	}
	p, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("it is encrypted and damaged: %w", err)
	}
	var in inner
	if err := json.Unmarshal(p, &in); err != nil {
		return nil, fmt.Errorf("it is encrypted and damaged: %w", err)
	}
	if in.Lineage != e.Lineage || in.Serial != e.Serial {
		return nil, errors.New("it is encrypted, and somebody has changed what its envelope shows")
	}
	if s.own == nil && s.current(e.Key) {
		s.own, s.header = id, e.Key
	}
	return in.Plain, nil
}

// current reports whether a key that was read may be written with. With recipients it may not: anybody can wrap a key for them, so each
// run makes its own. A passphrase, or a key service, knows whose key it is, and asking it again costs a second.
func (s *Cipher) current(h header) bool {
	if len(s.c.Recipients) > 0 {
		return false
	}
	return (h.How == "command") == (len(s.c.KeyCommand) > 0) && (h.How == "command" || bytes.Contains(h.Wrapped, []byte("-> scrypt ")))
}

func encrypt(b []byte, to ...age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (s *Cipher) wrap(own *age.X25519Identity) (*header, error) {
	text := []byte(own.String())
	switch {
	case len(s.c.KeyCommand) > 0:
		b, err := s.run(s.c.KeyCommand, "wrap", text)
		return &header{"command", b}, err
	case len(s.c.Recipients) > 0:
		var to []age.Recipient
		for _, r := range s.c.Recipients {
			x, err := age.ParseX25519Recipient(r)
			if err != nil {
				return nil, err
			}
			to = append(to, x)
		}
		b, err := encrypt(text, to...)
		return &header{"age", b}, err
	}
	p, err := s.passphrase()
	if err != nil {
		return nil, err
	}
	r, err := age.NewScryptRecipient(p)
	if err != nil {
		return nil, err
	}
	b, err := encrypt(text, r)
	return &header{"age", b}, err
}

func (s *Cipher) unwrap(h header) (*age.X25519Identity, error) {
	var text []byte
	if h.How == "command" {
		if len(s.c.KeyCommand) == 0 {
			return nil, errors.New("its key was wrapped by a key_command, and none is declared")
		}
		b, err := s.run(s.c.KeyCommand, "unwrap", h.Wrapped)
		if err != nil {
			return nil, err
		}
		text = b
	} else {
		secret := bytes.Contains(h.Wrapped, []byte("-> scrypt "))
		ids, err := s.identities(secret)
		if err != nil {
			return nil, err
		}
		r, err := age.Decrypt(bytes.NewReader(h.Wrapped), ids...)
		if err != nil {
			var none *age.NoIdentityMatchError
			if errors.As(err, &none) {
				if secret {
					return nil, errors.New("the passphrase is not the one that it was encrypted with. Put it into GANTRY_PASSPHRASE, or into GANTRY_PASSPHRASE_OLD where the present one is another")
				}
				return nil, errors.New("none of the keys here is one of its recipients. Name a key file with identity_files or GANTRY_AGE_IDENTITY, or have somebody who can read it run gantry state rotate with your recipient")
			}
			return nil, err
		}
		if text, err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	id, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, errors.New("what was unwrapped is no key") // the error of age may show it
	}
	return id, nil
}

// identities are the keys of who reads: passphrases where it was encrypted with one, else keys. Those of the environment serve whatever
// the files say now, so that an estate can go from one way to another.
func (s *Cipher) identities(secret bool) ([]age.Identity, error) {
	var out []age.Identity
	if secret {
		var words []string
		if s.c.Passphrase || len(s.c.PassphraseCommand) > 0 {
			p, err := s.passphrase()
			if err != nil {
				return nil, err
			}
			words = append(words, p)
		} else if p := os.Getenv("GANTRY_PASSPHRASE"); p != "" {
			words = append(words, p)
		}
		if p := os.Getenv("GANTRY_PASSPHRASE_OLD"); p != "" {
			words = append(words, p)
		}
		for _, p := range words {
			id, err := age.NewScryptIdentity(p)
			if err != nil {
				return nil, err
			}
			out = append(out, id)
		}
		if len(out) == 0 {
			return nil, errors.New("it is encrypted with a passphrase, and the files say nothing of one. Put it into GANTRY_PASSPHRASE")
		}
		return out, nil
	}
	if k := os.Getenv("GANTRY_AGE_KEY"); k != "" {
		ids, err := age.ParseIdentities(strings.NewReader(k))
		if err != nil {
			return nil, errors.New("GANTRY_AGE_KEY holds no key of age")
		}
		out = append(out, ids...)
	}
	files := s.c.Identities
	if f := os.Getenv("GANTRY_AGE_IDENTITY"); f != "" {
		files = append(files[:len(files):len(files)], f)
	}
	var missing []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) {
			missing = append(missing, f) // each of several people has one of them
			continue
		}
		if err != nil {
			return nil, err
		}
		ids, err := age.ParseIdentities(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("%s holds no key of age", f)
		}
		out = append(out, ids...)
	}
	if len(out) == 0 {
		not := ""
		if len(missing) > 0 {
			not = " (" + strings.Join(missing, ", ") + " is not there)"
		}
		return nil, fmt.Errorf("it is encrypted for recipients, and there is no key here%s. Name a key file with identity_files or GANTRY_AGE_IDENTITY, or put a key into GANTRY_AGE_KEY", not)
	}
	return out, nil
}

func (s *Cipher) passphrase() (string, error) {
	if s.pass != "" {
		return s.pass, nil
	}
	if p := os.Getenv("GANTRY_PASSPHRASE"); p != "" {
		s.pass = p
		return p, nil
	}
	if len(s.c.PassphraseCommand) == 0 {
		return "", errors.New("GANTRY_PASSPHRASE is not set, and no passphrase_command is declared")
	}
	b, err := s.run(s.c.PassphraseCommand, "", nil)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", fmt.Errorf("%s printed no passphrase", s.c.PassphraseCommand[0])
	}
	s.pass = line
	return line, nil
}

// run runs a command. What goes in and comes out is secret, so an error shows only what it said on its standard error.
func (s *Cipher) run(command []string, verb string, in []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := command[1:]
	if verb != "" {
		args = append(args[:len(args):len(args)], verb)
	}
	c := exec.CommandContext(ctx, command[0], args...)
	c.Dir, c.Stdin = s.c.Dir, bytes.NewReader(in)
	var out, bad bytes.Buffer
	c.Stdout, c.Stderr = &out, &bad
	if err := c.Run(); err != nil {
		text := strings.TrimSpace(bad.String())
		if len(text) > 300 {
			text = text[:300]
		}
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(append(command[:1:1], args...), " "), err, text)
	}
	return out.Bytes(), nil
}

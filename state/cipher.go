package state

import (
	"bytes"
	"encoding/json"
	"errors"
)

// NoKey reports whether an error says that something is whole, and encrypted for others.
func NoKey(err error) bool {
	var n interface{ NoKey() bool }
	return errors.As(err, &n) && n.NoKey()
}

type noKey struct{ error }

func (noKey) NoKey() bool { return true }

// Cipher makes what is stored unreadable to those who have no key.
type Cipher interface {
	// Seal returns one line of JSON, without its end, that shows lineage and serial and nothing else.
	Seal(plain []byte, lineage string, serial uint64) ([]byte, error)
	// Open returns the plain text. What was not sealed passes as it is: it is sealed with the next write.
	Open(b []byte) ([]byte, error)
}

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
		return nil, noKey{errors.New("it is encrypted. Declare how in gantry { encryption { … } } (docs/state.md)")}
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

// Pack is the sealed JSON of a change, an entry or another document.
func Pack(c Cipher, v any, lineage string, serial uint64) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return Seal(c, b, lineage, serial)
}

// Unpack reads what Pack wrote.
func Unpack(c Cipher, b []byte, into any) error {
	b, err := Unseal(c, b)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// PackSnapshot is the sealed form of a snapshot.
func PackSnapshot(c Cipher, s *Snapshot) ([]byte, error) {
	b, err := Encode(s)
	if err != nil {
		return nil, err
	}
	return Seal(c, b, s.Lineage, s.Serial)
}

// UnpackSnapshot reads what PackSnapshot wrote.
func UnpackSnapshot(c Cipher, b []byte) (*Snapshot, error) {
	b, err := Unseal(c, b)
	if err != nil {
		return nil, err
	}
	return Decode(b)
}

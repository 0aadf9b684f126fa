package plugin

import (
	"bytes"
	"strings"
	"testing"
)

// A log that is too long for one message goes in several, and each holds whole commands.
func TestPieces(t *testing.T) {
	line := "2026-11-26T10:00:00Z hmc.one rc=0 1s: " + strings.Repeat("x", 997) + "\n\tmore\n"
	all := []byte(strings.Repeat(line, 3000))
	var back bytes.Buffer
	n := 0
	for b := all; len(b) > 0; n++ {
		k := piece(b)
		if k == 0 || k > pieceSize || k%len(line) != 0 {
			t.Fatalf("piece %d has %d bytes", n, k)
		}
		back.Write(b[:k])
		b = b[k:]
	}
	if n < 3 || !bytes.Equal(back.Bytes(), all) {
		t.Errorf("%d pieces, %d bytes of %d", n, back.Len(), len(all))
	}
	if one := []byte(strings.Repeat("y", 2*pieceSize) + "\n"); piece(one) != len(one) {
		t.Error("a command was cut")
	}
}

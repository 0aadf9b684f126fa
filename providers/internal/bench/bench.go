// Package bench puts a lab's consoles under the conformance suite, for the tests of the providers that Gantry brings.
package bench

import (
	"os"
	"testing"

	"github.com/gantry-power/gantry/providers/lab"
	"github.com/gantry-power/gantry/providers/providertest"
)

// Console starts a lab. Faults hit the commands that match changing; drift is run on a console behind the provider's back.
func Console(t testing.TB, scenario []byte, changing, on, drift string) providertest.Console {
	t.Helper()
	sc, err := lab.Parse(scenario, "scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "lab") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(sc, lab.Options{Dir: dir, Speed: 5000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); _ = os.RemoveAll(dir) })
	fault := func(action string, n int) {
		if err := l.Inject(lab.Fault{Action: action, Command: changing, Skip: n - 1}); err != nil {
			t.Fatal(err)
		}
	}
	return providertest.Console{
		Replace: map[string]string{"SSH_CONFIG": l.SSHConfig()},
		Sent: func() []string {
			var out []string
			for _, e := range l.Log() {
				out = append(out, e.Line)
			}
			return out
		},
		Drift: func() {
			if out, errs, code := l.Run(on, drift); code != 0 {
				t.Fatal(out, errs)
			}
		},
		Break: func(n int, after bool) {
			fault(map[bool]string{true: lab.FaultDropAfter, false: lab.FaultDropBefore}[after], n)
		},
		Hang: func(n int) { fault(lab.FaultHang, n) },
	}
}

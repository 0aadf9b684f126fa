package lpar

import (
	"context"
	"errors"
	"strings"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// asks is a console that can be talked to on a terminal.
type asks interface {
	Console
	Ask(ctx context.Context, line, prompt, secret string) (*console.Answer, error)
}

// ExchangeKeys gives the console the other one's trust, which a migration between the two needs. The other console's
// password is asked for only when there is no trust yet, and goes over the terminal, never into a command line
// (hmc-cli.md, section 15.3; both is what HMC and IVM offer). It reports whether anything was done.
func ExchangeKeys(ctx context.Context, s asks, address, user string, password func() (string, error)) (bool, error) {
	test, err := console.New("mkauthkeys", "--test", "--ip", address, "-u", user).Line()
	if err != nil {
		return false, err
	}
	_, err = Read(ctx, s, test)
	var refused *providers.CommandError
	if err == nil || !errors.As(err, &refused) {
		return false, err
	}
	secret, err := password()
	if err != nil {
		return false, err
	}
	line, err := console.New("mkauthkeys", "--ip", address, "-u", user).Line()
	if err != nil {
		return false, err
	}
	a, err := s.Ask(ctx, line, "assword", secret)
	if a != nil {
		// The dialogue is no answer.
		if _, rest, ok := strings.Cut(a.Stdout, ":"); ok {
			a.Stdout = strings.TrimSpace(rest)
		}
	}
	if _, err := s.Judge(line, a, err); err != nil {
		return false, err
	}
	_, err = Read(ctx, s, test)
	return err == nil, err
}

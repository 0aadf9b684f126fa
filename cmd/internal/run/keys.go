package run

import (
	"context"
	"fmt"

	"github.com/gantry-power/gantry/providers"
)

// Peer is how one console reaches another one.
type Peer struct{ Address, User string }

// ExchangeKeys has one console exchange keys with another one; it reports whether that was still to be done.
func (r *Run) ExchangeKeys(ctx context.Context, from string, to Peer, password func() (string, error)) (bool, error) {
	s, err := r.session(ctx, from)
	if err != nil {
		return false, err
	}
	k, ok := s.(providers.KeyExchanger)
	if !ok {
		return false, fmt.Errorf("%s exchanges no keys", from)
	}
	return k.ExchangeKeys(ctx, to.Address, to.User, password)
}

// Package etcd keeps state in etcd v3, except on AIX.
package etcd

import (
	"context"
	"errors"

	"github.com/gantry-power/gantry/state/backend"
)

// Config is what the state block says.
type Config struct {
	Endpoints []string
	Prefix    string
	Estate    string
	CA        string
	Cert, Key string
	User      string
}

// Open says that there is no etcd client for AIX.
func Open(context.Context, Config) (backend.Engine, error) {
	return nil, errors.New("the etcd client does not build on AIX, so this Gantry has no etcd store. Run Gantry on another machine, or use postgres or http")
}

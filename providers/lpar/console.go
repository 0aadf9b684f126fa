// Package lpar is what the providers of HMCs and IVMs have in common: carrying a
// partition's step out, moving partitions between consoles of either kind, and
// the names of the attributes that both consoles share.
//
// The package knows no dialect: how a line is judged, and how a partition is
// found, the consoles say themselves.
package lpar

import (
	"context"
	"fmt"
	"sync"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/console"
)

// Console is an open session with a console that manages partitions.
type Console interface {
	providers.Session
	Key() string
	// Run sends a line and returns what came back.
	Run(ctx context.Context, line string) (*console.Answer, error)
	// Judge turns an answer into output or an error that shows both.
	Judge(line string, a *console.Answer, err error) (string, error)
	// Busy reports whether a refusal says that another command is running.
	Busy(e *providers.CommandError) bool
	// Blocks: an order to migrate is answered only when the migration has ended.
	Blocks() bool
	// Serial is held while a configuration command runs; nil where several may run.
	Serial() sync.Locker
	// Records reads rows; none when what the line filters for does not exist.
	Records(ctx context.Context, line string) ([]console.Record, error)
	// State of a partition on a system, in the words of the kind; "" when there is none.
	State(ctx context.Context, system, name string) (string, error)
	// Find reads one partition of a system; nil when there is none.
	Find(ctx context.Context, system, name string) (*schema.Object, error)
	// SystemName is the console's name for a system.
	SystemName(system string) string
}

// Registry holds the open sessions of all consoles, because a migration
// concerns two of them, of either kind. The zero value is ready.
type Registry struct {
	mu       sync.Mutex
	sessions map[string]Console
}

// Add registers a session.
func (r *Registry) Add(c Console) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions == nil {
		r.sessions = map[string]Console{}
	}
	r.sessions[c.Key()] = c
}

// Remove forgets a session.
func (r *Registry) Remove(c Console) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[c.Key()] == c {
		delete(r.sessions, c.Key())
	}
}

// Peer returns the open session of an endpoint.
func (r *Registry) Peer(key string) (Console, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.sessions[key]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("the console %s is not open", key)
}

func partitionName(o *schema.Object) string { return schema.Str(o.Value, "name") }

// Read sends a command that changes nothing. A lost answer is asked for once more.
func Read(ctx context.Context, c Console, line string) (string, error) {
	a, err := c.Run(ctx, line)
	if _, lost := err.(*console.ErrLost); lost && ctx.Err() == nil {
		a, err = c.Run(ctx, line)
	}
	if err != nil && ctx.Err() != nil {
		return "", context.Cause(ctx) // nothing was changed, so there is nothing to wonder about
	}
	return c.Judge(line, a, err)
}

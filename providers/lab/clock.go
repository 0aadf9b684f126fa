package lab

import (
	"context"
	"sync"
	"time"
)

// Clock turns real time into virtual time. Virtual time starts at a fixed moment, so that a scenario prints the same
// dates on every machine, and runs Speed times as fast as real time.
type Clock struct {
	mu    sync.Mutex
	base  time.Time // virtual time at real
	real  time.Time
	speed float64
}

func newClock(start time.Time, speed float64) *Clock {
	return &Clock{base: start, real: time.Now(), speed: speed}
}

// Now is the present virtual time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	return c.base.Add(time.Duration(float64(time.Since(c.real)) * c.speed))
}

// reset lets virtual time go on from start; a replaced estate brings its own moment and speed.
func (c *Clock) reset(start time.Time, speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.real, c.speed = start, time.Now(), speed
}

// Sleep waits for d of virtual time. It returns early with the context's error.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	c.mu.Lock()
	wait := time.Duration(float64(d) / c.speed)
	c.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

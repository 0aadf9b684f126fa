package statetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/backend"
	"github.com/gantry-power/gantry/state/backend/etcd"
	web "github.com/gantry-power/gantry/state/backend/http"
	"github.com/gantry-power/gantry/state/backend/postgres"
	"github.com/gantry-power/gantry/state/backend/s3"
	"github.com/gantry-power/gantry/state/statetest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	statetest.Cleanup()
	os.Exit(code)
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	statetest.Suite{Open: func(_ *testing.T, estate string, _ *statetest.Network) state.Store {
		return &state.File{Path: filepath.Join(dir, estate, "gantry.state.json")}
	}}.Run(t)
}

// over is a suite on an engine.
func over(s *statetest.Server, open func(address, estate string) (backend.Engine, error)) statetest.Suite {
	return statetest.Suite{Server: s, Open: func(t *testing.T, estate string, n *statetest.Network) state.Store {
		t.Helper()
		address := s.Address
		if n != nil {
			address = n.Address
		}
		var e backend.Engine
		var err error
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if e, err = open(address, estate); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() { _ = e.Close() })
		return &backend.Store{Engine: e}
	}}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	over(statetest.Postgres(t), func(a, estate string) (backend.Engine, error) {
		return postgres.Open(t.Context(), postgres.Config{Conn: "postgres://gantry@" + a + "/gantry?sslmode=disable", Estate: estate})
	}).Run(t)
}

func TestEtcd(t *testing.T) {
	t.Parallel()
	over(statetest.Etcd(t), func(a, estate string) (backend.Engine, error) {
		return etcd.Open(t.Context(), etcd.Config{Endpoints: []string{a}, Estate: estate})
	}).Run(t)
}

func TestS3(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "gantry")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "gantry-secret")
	over(statetest.S3(t), func(a, estate string) (backend.Engine, error) {
		return s3.Open(t.Context(), s3.Config{Endpoint: "http://" + a, Bucket: "estates", Region: "us-east-1", Estate: estate})
	}).Run(t)
}

// behind is a suite on an address; each estate is a path.
func behind(s *statetest.Server, config func(address string) web.Config) statetest.Suite {
	return statetest.Suite{Server: s, NoHistory: true, NoHeartbeat: true, Open: func(t *testing.T, estate string, n *statetest.Network) state.Store {
		t.Helper()
		address := s.Address
		if n != nil {
			address = n.Address
		}
		st, err := web.Open(config("http://" + address + "/" + estate))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	behind(statetest.HTTP(t), func(a string) web.Config { return web.Config{Address: a} }).Run(t)
}

func TestGitLab(t *testing.T) {
	t.Parallel()
	s := behind(statetest.GitLab(t), func(a string) web.Config {
		return web.Config{Address: a, LockAddress: a + "/lock", UnlockAddress: a + "/lock", LockMethod: "POST", UnlockMethod: "DELETE"}
	})
	s.NoInfo = true
	s.Run(t)
}

// Who only looks at the lock of an HTTP store takes it for a moment, and nobody is refused for that; one who died looking holds up nobody.
func TestHTTPLooking(t *testing.T) {
	t.Parallel()
	address := statetest.HTTP(t).Address
	open := func() *web.Store {
		s, err := web.Open(web.Config{Address: "http://" + address + "/looking"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ctx, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if h, err := open().Holder(ctx); ctx.Err() == nil && (err != nil || h != nil && h.ID != "x") {
					t.Errorf("%v %v", h, err)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	host, _ := os.Hostname()
	info := state.LockInfo{ID: "x", User: "u", Host: host, PID: os.Getpid()}
	for range 20 {
		l, err := open().Lock(ctx, info)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Unlock(); err != nil {
			t.Fatal(err)
		}
	}
	end()
	wg.Wait()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Lock(t.Context(), state.LockInfo{ID: "gantry-looks-1", Host: host, PID: dead.Process.Pid}); err != nil {
		t.Fatal(err)
	}
	l, err := open().Lock(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}

	// Looking leaves the lock of a dead run where it is: its id was printed, and is what force-unlock is given.
	if _, err := open().Lock(t.Context(), state.LockInfo{ID: "dead", Host: host, PID: dead.Process.Pid}); err != nil {
		t.Fatal(err)
	}
	if h, err := open().Holder(t.Context()); err != nil || h == nil || h.ID != "dead" {
		t.Errorf("%v %v", h, err)
	}
	// Of many that take the lock of a dead run over one gets it, and the others learn who has it.
	var got atomic.Int64
	for i := range 8 {
		wg.Go(func() {
			i := state.LockInfo{ID: fmt.Sprint("next", i), Host: host, PID: os.Getpid()}
			var locked *state.LockedError
			if _, err := open().Lock(t.Context(), i); err == nil {
				got.Add(1)
			} else if !errors.As(err, &locked) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d have the lock", got.Load())
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/providers/lab"
	"github.com/gantry-power/gantry/state"
)

// The torture: an apply is killed with SIGKILL at every boundary in turn, before and after every write of the journal and of the state and
// after every command, and at random instants. Then a second apply has to converge, and the world has to be the one that an apply makes
// which nobody disturbs: nothing is orphaned, nothing was done twice, no lock is stuck.
//
// make test kills at a sample of the boundaries. make torture kills at all of them, and GANTRY_TORTURE=N times at random besides.

const (
	killAt  = "GANTRY_TEST_KILL_AT" // number of the boundary
	countTo = "GANTRY_TEST_COUNT"   // file that gets the number of boundaries
)

// tortured has the process of a test count its boundaries, and die at one.
func tortured() func(*run.Run) {
	at, _ := strconv.ParseInt(os.Getenv(killAt), 10, 64)
	file := os.Getenv(countTo)
	if at == 0 && file == "" {
		return nil
	}
	return func(r *run.Run) {
		var n atomic.Int64
		boundary := func() {
			i := n.Add(1)
			if i == at {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			if file != "" {
				_ = os.WriteFile(file, fmt.Append(nil, i), 0o600)
			}
		}
		r.Store = frailStore{r.Store, boundary}
		w := r.Log
		if w == nil {
			w = io.Discard
		}
		r.Log = tapped{w, boundary}
	}
}

type tapped struct {
	io.Writer
	boundary func()
}

func (t tapped) Write(b []byte) (int, error) {
	n, err := t.Writer.Write(b)
	t.boundary()
	return n, err
}

type frailStore struct {
	state.Store
	boundary func()
}

func (f frailStore) Lock(ctx context.Context, i state.LockInfo) (state.Lock, error) {
	l, err := f.Store.Lock(ctx, i)
	if err != nil {
		return nil, err
	}
	f.boundary()
	return frailLock{l, f.boundary}, nil
}

type frailLock struct {
	state.Lock
	boundary func()
}

func (f frailLock) Journal(ctx context.Context, e state.Entry) error {
	f.boundary()
	defer f.boundary()
	return f.Lock.Journal(ctx, e)
}

func (f frailLock) Update(ctx context.Context, d *state.Delta) error {
	f.boundary()
	defer f.boundary()
	return f.Lock.Update(ctx, d)
}

func (f frailLock) Unlock() error {
	f.boundary()
	return f.Lock.Unlock()
}

// torment is a change that is applied again and again from the same beginning.
type torment struct {
	name  string
	begin func(t *testing.T) *site // converged, with the change in the files
	args  []string
}

var torments = []torment{
	{"create", func(t *testing.T) *site { return newSite(t) }, nil},
	{"change", func(t *testing.T) *site {
		s := newSite(t)
		s.must("apply", "-auto-approve")
		s.edit(`desired = "8GiB"`, `desired = "12GiB"`)
		s.edit(`description = "payroll"`, `description = "payroll and more"`)
		s.edit("weight  = 128", "weight  = 200")
		return s
	}, nil},
	{"delete", func(t *testing.T) *site {
		s := newSite(t)
		s.must("apply", "-auto-approve")
		s.write(regexp.MustCompile(`(?s)\npartition "db" \{.*?\n\}\n`).ReplaceAllString(s.read(), "\n"))
		return s
	}, []string{"-allow-destroy", "3"}},
	{"migrate", func(t *testing.T) *site {
		s := movable(t)
		s.edit("system      = system.f1", "system      = system.f2")
		return s
	}, nil},
	{"cluster", func(t *testing.T) *site {
		s := newCluster(t)
		s.must("apply", "-auto-approve")
		s.edit("  service_ip \"payroll-svc\" {", "  service_ip \"web-svc\" {\n    network = \"net_ether_01\"\n    address = \"10.1.2.11\"\n  }\n  service_ip \"payroll-svc\" {")
		s.edit(`["payroll-svc"]`, `["payroll-svc", "web-svc"]`)
		s.edit(`    interval         = "60s"`, `    interval         = "30s"`)
		s.edit(`  size         = "4GiB"`, `  size         = "6GiB"`)
		return s
	}, []string{"-acknowledge", "HA-35=cluster.payroll"}},
	{"relocate", func(t *testing.T) *site {
		s := newMobility(t).alone()
		s.must("apply", "-auto-approve")
		s.sends(arrival)
		return s
	}, nil},
}

// passing is what differs from one run to the next: moments, and what a console draws by lot.
var passing = regexp.MustCompile(`(?m)^.*(time|uptime|since|serial|uuid|seed|boot|began|clock|counter|date|last_|pid|inside|EVENT START|clverify|key|"\d{4}-\d\d-\d\dT).*$\n?`)

func world(t *testing.T, l *lab.Lab) string {
	t.Helper()
	b, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	return passing.ReplaceAllString(string(b), "")
}

func TestTorture(t *testing.T) {
	t.Parallel()
	full := os.Getenv("GANTRY_TORTURE") != ""
	random, _ := strconv.Atoi(os.Getenv("GANTRY_TORTURE"))
	var points, recovered, killed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, c := range torments {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := c.begin(t)
				saved, err := s.lab.Save()
				if err != nil {
					t.Fatal(err)
				}
				files := map[string][]byte{}
				for _, f := range s.files() {
					if files[f], err = os.ReadFile(filepath.Join(s.dir, f)); err != nil {
						t.Fatal(err)
					}
				}
				apply := append([]string{"apply", "-auto-approve"}, c.args...)
				count := filepath.Join(t.TempDir(), "count")
				begin := time.Now()
				if out, code := s.with(nil, countTo+"="+count)(apply...); code != 0 {
					t.Fatalf("undisturbed: %s", out)
				}
				took := time.Since(begin)
				b, err := os.ReadFile(count)
				if err != nil {
					t.Fatal(err)
				}
				n, err := strconv.Atoi(string(b))
				if err != nil {
					t.Fatal(err)
				}
				want, list := world(t, s.lab), s.must("state", "list")
				s.settled()

				rnd := rand.New(rand.NewPCG(1, uint64(n)))
				var at []int
				for i := 1; i <= n; i++ {
					at = append(at, i)
				}
				if !full {
					rnd.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
					at = at[:min(2, len(at))]
					slices.Sort(at)
				}
				for range random / len(torments) {
					at = append(at, 0)
				}
				var wg sync.WaitGroup
				next := make(chan int)
				for range 2 {
					wg.Go(func() {
						w := &site{t: t, dir: t.TempDir()}
						sc, err := lab.Parse(saved, "saved")
						if err != nil {
							t.Error(err)
							return
						}
						dir, err := os.MkdirTemp("", "lab")
						if err != nil {
							t.Error(err)
							return
						}
						defer os.RemoveAll(dir)
						if w.lab, err = lab.Start(sc, lab.Options{Dir: dir, Speed: 5000}); err != nil {
							t.Error(err)
							return
						}
						defer w.lab.Close()
						for i := range next {
							how := fmt.Sprintf("killed at boundary %d of %d", i, n)
							if sc, err = lab.Parse(saved, "saved"); err == nil {
								err = w.lab.Replace(sc)
							}
							if err != nil {
								t.Error(err)
								return
							}
							for _, f := range w.files() {
								_ = os.RemoveAll(filepath.Join(w.dir, f))
							}
							_ = os.RemoveAll(filepath.Join(w.dir, "gantry.state.json.history"))
							for f, b := range files {
								if err := os.WriteFile(filepath.Join(w.dir, f), b, 0o600); err != nil {
									t.Error(err)
									return
								}
							}
							var out string
							var code int
							if i == 0 {
								d := time.Duration(rand.Int64N(int64(took) * 11 / 10))
								how = fmt.Sprintf("killed after %s of about %s", d.Round(time.Millisecond), took.Round(time.Millisecond))
								out, code = w.with(func(c *exec.Cmd) { time.AfterFunc(d, func() { _ = c.Process.Kill() }) })(apply...)
							} else {
								out, code = w.with(nil, killAt+"="+strconv.Itoa(i))(apply...)
							}
							points.Add(1)
							if code == -1 {
								killed.Add(1)
							} else if i > 0 {
								// With several steps at once a run may have fewer boundaries than another one.
								if code != 0 {
									t.Errorf("%s: it ended by itself with %d:\n%s", how, code, out)
								}
							}
							again, code := w.with(nil)(apply...)
							if code != 0 {
								t.Errorf("%s: the next apply does not converge:\n%s\n%s", how, out, again)
								continue
							}
							if strings.Contains(again, "an earlier run began this") {
								recovered.Add(1)
								if !strings.Contains(again, "settled") {
									t.Errorf("%s: what was recovered is not said:\n%s", how, again)
								}
							}
							if out, code := w.with(nil)("plan"); code != 0 || !strings.Contains(out, "The estate is as declared") {
								t.Errorf("%s: the plan after it is not empty:\n%s\n%s", how, again, out)
							}
							if got, _ := w.with(nil)("state", "list"); got != list {
								t.Errorf("%s: owned are %s, not %s", how, got, list)
							}
							if got := world(t, w.lab); got != want {
								t.Errorf("%s: the world is another one: %s", how, firstDifference(want, got))
							}
							for _, f := range w.files() {
								if strings.HasPrefix(f, ".gantry") && !strings.HasPrefix(f, ".gantry.state.json.") || strings.HasSuffix(f, ".lock") {
									t.Errorf("%s: %s is left behind", how, f)
								}
							}
						}
					})
				}
				for _, i := range at {
					next <- i
				}
				close(next)
				wg.Wait()
				t.Logf("%s: %d boundaries, an apply takes %s", c.name, n, took.Round(time.Millisecond))
			})
		}
	})
	t.Logf("%d kill points, %d of them killed a run, %d left steps open that the next apply settled", points.Load(), killed.Load(), recovered.Load())
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %q, not %q (after %q)", i+1, y[i], x[i], x[max(0, i-1)])
		}
	}
	return fmt.Sprintf("%d lines, not %d", len(y), len(x))
}

// files are those in the directory of the estate.
func (s *site) files() []string {
	s.t.Helper()
	es, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// with runs gantry with more in its environment; begun sees the process.
func (s *site) with(begun func(*exec.Cmd), env ...string) func(args ...string) (string, int) {
	return func(args ...string) (string, int) {
		var out strings.Builder
		cmd := exec.Command("gantry", args...)
		cmd.Dir = s.dir
		cmd.Env = append(append(os.Environ(), "GANTRY_SSH_CONFIG="+s.lab.SSHConfig(), "NO_COLOR=1", "USER=tester"), env...)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			return err.Error(), 1
		}
		if begun != nil {
			begun(cmd)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err.Error(), 1
		}
		return out.String(), cmd.ProcessState.ExitCode()
	}
}

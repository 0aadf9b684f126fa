package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-power/gantry/cmd/internal/audit"
	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/providers/lab"
	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/statetest"
)

// The torture: an apply is killed with SIGKILL at every boundary in turn, before and after every write of the journal and of the state and
// after every command, and at random instants. Then a second apply has to converge, and the world has to be the one that an apply makes
// which nobody disturbs: nothing is orphaned, nothing was done twice, no lock is stuck.
//
// At half of the points the second apply is killed as well, while it settles, and a third one has to converge.
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
	store string // that holds the state; empty: files
}

func changed(t *testing.T) *site {
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.edit(`desired = "8GiB"`, `desired = "12GiB"`)
	s.edit(`description = "payroll"`, `description = "payroll and more"`)
	s.edit("weight  = 128", "weight  = 200")
	return s
}

func moving(t *testing.T) *site {
	s := movable(t)
	s.edit("system      = system.f1", "system      = system.f2")
	return s
}

func less(t *testing.T) *site {
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.write(regexp.MustCompile(`(?s)\npartition "db" \{.*?\n\}\n`).ReplaceAllString(s.read(), "\n"))
	return s
}

var some = []string{"-allow-destroy", "3"}

var torments = []torment{
	{"create", newSite, nil, ""},
	{"change", changed, nil, ""},
	{"delete", less, some, ""},
	{"migrate", moving, nil, ""},
	{"cluster", func(t *testing.T) *site {
		s := newCluster(t)
		s.must("apply", "-auto-approve")
		s.edit("  service_ip \"payroll-svc\" {", "  service_ip \"web-svc\" {\n    network = \"net_ether_01\"\n    address = \"10.1.2.11\"\n  }\n  service_ip \"payroll-svc\" {")
		s.edit(`["payroll-svc"]`, `["payroll-svc", "web-svc"]`)
		s.edit(`    interval         = "60s"`, `    interval         = "30s"`)
		s.edit(`  size         = "4GiB"`, `  size         = "6GiB"`)
		return s
	}, []string{"-acknowledge", "HA-35=cluster.payroll"}, ""},
	{"relocate", func(t *testing.T) *site {
		s := newMobility(t).alone()
		s.must("apply", "-auto-approve")
		s.sends(arrival)
		return s
	}, nil, ""},
	{"ivm migrate", func(t *testing.T) *site {
		s := newBlades(t)
		s.must("apply", "-auto-approve")
		s.edit("partition \"uli13lp1\" {\n  system = system.uli13", "partition \"uli13lp1\" {\n  system = system.uli14")
		return s
	}, nil, ""},
	{"ivm create and change", func(t *testing.T) *site {
		s := newBlades(t)
		s.must("apply", "-auto-approve")
		before, after, _ := strings.Cut(s.read(), `partition "uli13lp2"`)
		s.write(before + `partition "uli13lp2"` + strings.Replace(after, `desired = "1GiB"`, `desired = "1536MiB"`, 1) + third)
		return s
	}, nil, ""},
	{"ivm delete", func(t *testing.T) *site {
		s := newBlades(t)
		s.write(s.read() + third)
		s.must("apply", "-auto-approve")
		s.write(strings.TrimSuffix(s.read(), third))
		return s
	}, some, ""},
	{"change in postgres", changed, nil, "postgres"},
	{"migrate in postgres", moving, nil, "postgres"},
	{"change in etcd", changed, nil, "etcd"},
	{"migrate in etcd", moving, nil, "etcd"},
	{"create in s3", newSite, nil, "s3"},
	{"migrate in s3", moving, nil, "s3"},
	{"delete in http", less, some, "http"},
	{"migrate in http", moving, nil, "http"},
}

// newBlades are two blades, each under an Integrated Virtualization Manager.
func newBlades(t *testing.T) *site {
	t.Helper()
	scenario, err := os.ReadFile("../../examples/blades/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, scenario)
	b, err := os.ReadFile("../../examples/blades/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write(string(b))
	return s
}

const third = `
disk "app" {
  lun            = { wwpn = local.storage_port, id = "4011400500000000" }
  reserve_policy = "no_reserve"
}

partition "app" {
  for_each = { "a]: b" = "app01" }
  name     = each.value
  system = system.uli13
  state  = "running"
  memory {
    minimum = "256MiB"
    desired = "512MiB"
    maximum = "1GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 64
    units   = { minimum = 0.1, desired = 0.2, maximum = 1 }
    virtual = { minimum = 1, desired = 1, maximum = 2 }
  }
  ethernet "en0" {
    network = network.lan
  }
  disk "root" {
    source = disk.app
  }
}
`

// serve starts the server of a store, and gives the block that names it.
func serve(t *testing.T, store string) string {
	args := ""
	switch store {
	case "":
		return ""
	case "postgres":
		args = `conn = "postgres://gantry@` + statetest.Postgres(t).Address + `/gantry?sslmode=disable"`
	case "etcd":
		args = `endpoints = "` + statetest.Etcd(t).Address + `"`
	case "s3":
		args = `endpoint = "http://` + statetest.S3(t).Address + "\"\n    bucket = \"estates\"\n    region = \"us-east-1\""
	case "http":
		return "  state \"http\" {\n    address = \"http://" + statetest.HTTP(t).Address + "/ESTATE\"\n  }\n"
	}
	return "  state \"" + store + "\" {\n    " + args + "\n    estate = \"ESTATE\"\n  }\n"
}

// ward is where one torment is applied again and again.
type ward struct {
	torment
	saved []byte            // the lab
	files map[string][]byte // the directory of the estate, with the state in files
	block string            // of the store
}

var estates atomic.Int64

// reset puts everything back to the beginning.
func (d *ward) reset(w *site) error {
	sc, err := lab.Parse(d.saved, "saved")
	if err == nil {
		err = w.lab.Replace(sc)
	}
	if err != nil {
		return err
	}
	es, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, e := range es {
		if err := os.RemoveAll(filepath.Join(w.dir, e.Name())); err != nil {
			return err
		}
	}
	for f, b := range d.files {
		if err := os.WriteFile(filepath.Join(w.dir, f), b, 0o600); err != nil {
			return err
		}
	}
	if d.block == "" {
		return nil
	}
	w.settings(strings.ReplaceAll(d.block, "ESTATE", fmt.Sprintf("e%d", estates.Add(1))))
	if d.files["gantry.state.json"] == nil {
		return nil
	}
	if out, code := w.tortures()("state", "migrate", "-from", "file"); code != 0 {
		return errors.New(out)
	}
	return os.Remove(filepath.Join(w.dir, "gantry.state.json"))
}

const auditFile = "audit.jsonl"

// tortures runs gantry with an audit log.
func (s *site) tortures(env ...string) func(args ...string) (string, int) {
	return s.with(nil, append(env, audited...)...)
}

var audited = []string{"GANTRY_AUDIT_LOG=" + auditFile, "AWS_ACCESS_KEY_ID=gantry", "AWS_SECRET_ACCESS_KEY=gantry-secret"}

// sentFor counts what the audit log says was sent for steps, and gives what only looked.
func (s *site) sentFor() (n map[string]int, looked map[string]bool, err error) {
	b, err := os.ReadFile(filepath.Join(s.dir, auditFile))
	if err != nil {
		return nil, nil, err
	}
	if _, err := audit.Verify(bytes.NewReader(b), ""); err != nil {
		return nil, nil, err
	}
	n, looked = map[string]int{}, map[string]bool{}
	for l := range bytes.Lines(b) {
		var x audit.Line
		if json.Unmarshal(l, &x) != nil {
			continue // torn off; as Verify says, only the last one can be
		}
		if x.Sent {
			n[x.Command]++
		} else if x.Step == "" {
			looked[x.Command] = true
		}
	}
	return n, looked, nil
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

// killing is where a run is killed: at a boundary, or at random for 0; and where the run after it is, -1 for nowhere.
type killing struct{ first, second int }

func TestTorture(t *testing.T) {
	t.Parallel()
	full := os.Getenv("GANTRY_TORTURE") != ""
	random, _ := strconv.Atoi(os.Getenv("GANTRY_TORTURE"))
	var points, twice, recovered, killed, sent atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, c := range torments {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				d := &ward{torment: c, files: map[string][]byte{}, block: serve(t, c.store)}
				s := c.begin(t)
				var err error
				if d.saved, err = s.lab.Save(); err != nil {
					t.Fatal(err)
				}
				for _, f := range s.files() {
					if d.files[f], err = os.ReadFile(filepath.Join(s.dir, f)); err != nil {
						t.Fatal(err)
					}
				}
				if err := d.reset(s); err != nil {
					t.Fatal(err)
				}
				apply := append([]string{"apply", "-auto-approve"}, c.args...)
				count := filepath.Join(t.TempDir(), "count")
				begin, before := time.Now(), len(s.lab.Log())
				if out, code := s.tortures(countTo + "=" + count)(apply...); code != 0 {
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
				want := world(t, s.lab)
				list, _ := s.tortures()("state", "list")
				if out, code := s.tortures()("plan"); code != 0 || !strings.Contains(out, "The estate is as declared") {
					t.Errorf("undisturbed, and the plan after it is not empty:\n%s", out)
				}
				// What reached the consoles and did not only look was sent for a step. The consoles say what that is, not the audit log.
				told, looked, err := s.sentFor()
				if err != nil {
					t.Error(err)
				}
				steps := map[string]bool{}
				for _, e := range s.lab.Log()[before:] {
					if !looked[e.Line] {
						if steps[e.Line] = true; told[e.Line] == 0 {
							t.Errorf("undisturbed, the consoles got %q, and the audit log does not have it", e.Line)
						}
					}
				}
				if len(steps) == 0 {
					t.Error("nothing was sent for a step")
				}

				rnd := rand.New(rand.NewPCG(1, uint64(n)))
				var at []killing
				for i := 1; i <= n; i++ {
					at = append(at, killing{i, -1}, killing{i, 1 + rnd.IntN(n)})
				}
				if !full {
					rnd.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
					at = at[:2]
				}
				for range random / len(torments) {
					at = append(at, killing{0, -1 + rnd.IntN(2)})
				}
				var wg sync.WaitGroup
				next := make(chan killing)
				for range 2 {
					wg.Go(func() {
						w := &site{t: t, dir: t.TempDir()}
						dir, err := os.MkdirTemp("", "lab")
						if err != nil {
							t.Error(err)
							return
						}
						defer os.RemoveAll(dir)
						sc, err := lab.Parse(d.saved, "saved")
						if err != nil {
							t.Error(err)
							return
						}
						if w.lab, err = lab.Start(sc, lab.Options{Dir: dir, Speed: 5000}); err != nil {
							t.Error(err)
							return
						}
						defer w.lab.Close()
						// kill kills a run, and says how.
						kill := func(i int) (how, out string, code int) {
							if i == 0 {
								d := time.Duration(rand.Int64N(int64(took) * 11 / 10))
								how = fmt.Sprintf("killed after %s of about %s", d.Round(time.Millisecond), took.Round(time.Millisecond))
								out, code = w.with(func(c *exec.Cmd) { time.AfterFunc(d, func() { _ = c.Process.Kill() }) }, audited...)(apply...)
							} else {
								how = fmt.Sprintf("killed at boundary %d of %d", i, n)
								out, code = w.tortures(killAt + "=" + strconv.Itoa(i))(apply...)
							}
							if code == -1 {
								killed.Add(1)
							} else if code != 0 { // with several steps at once a run may have fewer boundaries than another one
								t.Errorf("%s: it ended by itself with %d:\n%s", how, code, out)
							}
							return how, out, code
						}
						for k := range next {
							if err := d.reset(w); err != nil {
								t.Error(err)
								return
							}
							from := len(w.lab.Log())
							points.Add(1)
							how, out, _ := kill(k.first)
							if k.second >= 0 {
								more, out2, code := kill(k.second)
								how, out = how+", then "+more, out+"\n---\n"+out2
								if code == -1 {
									twice.Add(1)
								}
							}
							again, code := w.tortures()(apply...)
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
							if out, code := w.tortures()("plan"); code != 0 || !strings.Contains(out, "The estate is as declared") {
								t.Errorf("%s: the plan after it is not empty:\n%s\n%s", how, again, out)
							}
							if got, _ := w.tortures()("state", "list"); got != list {
								t.Errorf("%s: owned are %s, not %s", how, got, list)
							}
							if got := world(t, w.lab); got != want {
								t.Errorf("%s: the world is another one: %s", how, firstDifference(want, got))
							}
							for _, f := range w.files() {
								if strings.HasPrefix(f, ".gantry") && !strings.HasPrefix(f, ".gantry.state.json.") || strings.HasSuffix(f, ".lock") && f != auditFile+".lock" {
									t.Errorf("%s: %s is left behind", how, f)
								}
							}
							if c.store != "" {
								if out, _ := w.tortures()("force-unlock", "x"); !strings.Contains(out, "not locked") {
									t.Errorf("%s: the lock is left behind: %s", how, out)
								}
							}
							told, _, err := w.sentFor()
							if err != nil {
								t.Errorf("%s: the audit log: %v", how, err)
							}
							got := map[string]int{}
							for _, e := range w.lab.Log()[from:] {
								if steps[e.Line] {
									got[e.Line]++
									sent.Add(1)
								}
							}
							for line, n := range got {
								if told[line] < n {
									t.Errorf("%s: the consoles got %d times %q, and the audit log has %d", how, n, line, told[line])
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
				t.Logf("%s: %d boundaries, %d kill points, an apply takes %s", c.name, n, len(at), took.Round(time.Millisecond))
			})
		}
	})
	t.Logf("%d kill points; %d runs were killed before they ended, %d of them while they settled what a killed run had left; %d times the next apply settled what was open; the audit log had each of the %d commands of steps that reached a console", points.Load(), killed.Load(), twice.Load(), recovered.Load(), sent.Load())
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

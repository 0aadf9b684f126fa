package statetest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a server process on loopback that can die and come back on the same address with the same data.
type Server struct {
	Address string // host:port
	run     func() *exec.Cmd
	ready   func() bool

	mu  sync.Mutex
	cmd *exec.Cmd
}

// Start starts the server and waits until it answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 50 { // the port of a process that was killed is free a moment later
		s.cmd = s.run()
		own(s.cmd)
		if err := s.cmd.Start(); err != nil {
			return err
		}
		ended := make(chan struct{})
		go func(c *exec.Cmd) { _ = c.Wait(); close(ended) }(s.cmd)
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if s.ready() {
				return nil
			}
			select {
			case <-ended:
				end = time.Now()
			default:
			}
		}
		kill(s.cmd)
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the server at %s does not start; what it printed is not kept: run it by hand", s.Address)
}

// Kill ends the server and its children at once, as a crash would.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		kill(s.cmd)
	}
}

func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func answers(address string) func() bool {
	return func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	}
}

var built struct {
	once sync.Once
	path string
	err  error
}

// program builds the servers that are Go modules.
func program(t testing.TB) string {
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "gantry-servers")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "servers")
		root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gantry-power/gantry").Output()
		if err != nil {
			built.err = err
			return
		}
		c := exec.Command("go", "build", "-o", built.path, ".")
		c.Dir = filepath.Join(strings.TrimSpace(string(root)), "state/backend/servers")
		if out, err := c.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Skipf("SKIPPED, NOTHING WAS TESTED: the servers for the test cannot be built: %v", built.err)
	}
	return built.path
}

// Cleanup removes what the package built; a TestMain calls it.
func Cleanup() {
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
}

func start(t testing.TB, s *Server) *Server {
	t.Cleanup(s.Kill)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Etcd starts an etcd server.
func Etcd(t testing.TB) *Server {
	p, dir, a := program(t), t.TempDir(), freeAddress(t)
	return start(t, &Server{Address: a, run: func() *exec.Cmd { return exec.Command(p, "etcd", a, dir) }, ready: answers(a)})
}

// S3 starts an S3-compatible object store with the bucket estates.
func S3(t testing.TB) *Server {
	p, dir, a := program(t), t.TempDir(), freeAddress(t)
	return start(t, &Server{Address: a, run: func() *exec.Cmd { return exec.Command(p, "s3", a, dir) }, ready: answers(a)})
}

// Postgres starts a PostgreSQL server of the Debian package, with the user gantry, who needs no password, and the database gantry.
func Postgres(t testing.TB) *Server {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if p, err := exec.LookPath("postgres"); err == nil {
		bins = append(bins, p)
	}
	if len(bins) == 0 {
		t.Skip("SKIPPED, NOTHING WAS TESTED: there is no PostgreSQL server here. Install the Debian package postgresql")
	}
	bin := filepath.Dir(bins[0])
	if real, err := filepath.EvalSymlinks(bins[0]); err == nil {
		bin = filepath.Dir(real)
	}
	dir, err := os.MkdirTemp("", "gantry-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	uid := 0
	if os.Getuid() == 0 { // it does not run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Skip("SKIPPED, NOTHING WAS TESTED: PostgreSQL does not run as root, and there is no user postgres")
		}
		uid, _ = strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	a := freeAddress(t)
	_, port, _ := net.SplitHostPort(a)
	cmd := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = dir
		as(c, uid)
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := cmd("initdb", "-D", data, "-A", "trust", "-U", "gantry", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s := &Server{Address: a, run: func() *exec.Cmd {
		_ = os.Remove(filepath.Join(data, "postmaster.pid")) // of a process that was killed
		return cmd("postgres", "-D", data, "-h", "127.0.0.1", "-p", port, "-k", dir)
	}, ready: func() bool {
		return cmd("pg_isready", "-h", "127.0.0.1", "-p", port, "-q").Run() == nil
	}}
	start(t, s)
	if out, err := cmd("createdb", "-h", "127.0.0.1", "-p", port, "-U", "gantry", "gantry").CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, out)
	}
	return s
}

// HTTP starts a server of this process that follows the protocol of Terraform's HTTP backend; each path is a state of its own. It
// cannot be killed.
func HTTP(t testing.TB) *Server { return handle(t, terraform()) }

// GitLab starts a server of this process that answers as GitLab's API for Terraform states does, by lib/api/terraform/state.rb and
// its spec of 2026: versions by their serial, of which each is taken once and the highest is the present one; a refused lock with what
// its requester sent and the holder's id and account; a lock under PATH/lock with POST and DELETE. It cannot be killed.
func GitLab(t testing.TB) *Server { return handle(t, gitlab()) }

func handle(t testing.TB, h http.Handler) *Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &Server{Address: s.Listener.Addr().String()}
}

func gitlab() http.Handler {
	type version struct {
		serial uint64
		file   []byte
	}
	type row struct {
		versions []version
		lock     string
		since    time.Time
	}
	var mu sync.Mutex
	rows := map[string]*row{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		path, locks := strings.CutSuffix(r.URL.Path, "/lock")
		var in struct {
			ID, Operation, Info, Who, Version, Created, Path *string
			Serial                                           *uint64 `json:"serial"`
		}
		if len(b) > 0 && json.Unmarshal(b, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if q := r.URL.Query().Get("ID"); q != "" {
			in.ID = &q
		}
		x := rows[path]
		make := func() {
			if x == nil {
				x = &row{}
				rows[path] = x
			}
		}
		mine := func() bool { return in.ID == nil && x.lock == "" || in.ID != nil && *in.ID == x.lock }
		switch {
		case r.Method == "GET" && !locks:
			if x == nil {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			if len(x.versions) == 0 {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			_, _ = w.Write(slices.MaxFunc(x.versions, func(a, b version) int { return cmp.Compare(a.serial, b.serial) }).file)
		case r.Method == "POST" && !locks:
			if len(b) == 0 {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			make()
			switch {
			case !mine():
				w.WriteHeader(http.StatusConflict)
			case in.Serial == nil || slices.ContainsFunc(x.versions, func(v version) bool { return v.serial == *in.Serial }):
				w.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = w.Write([]byte(`{"message":"PG::UniqueViolation"}`))
			default:
				x.versions = append(x.versions, version{*in.Serial, b})
				_, _ = w.Write([]byte("{}"))
			}
		case r.Method == "POST":
			if in.ID == nil || in.Operation == nil || in.Info == nil || in.Who == nil || in.Version == nil || in.Created == nil || in.Path == nil || len(*in.ID) > 255 {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			make()
			code := http.StatusOK
			if x.lock != "" {
				code = http.StatusConflict
			} else {
				x.lock, x.since = *in.ID, time.Now().UTC()
			}
			w.WriteHeader(code)
			_ = json.NewEncoder(w).Encode(map[string]any{"Operation": in.Operation, "Info": in.Info, "Version": in.Version, "Path": in.Path, "ID": x.lock, "Who": "u", "Created": x.since})
		case r.Method == "DELETE" && locks:
			make()
			if in.ID != nil && *in.ID != x.lock {
				w.WriteHeader(http.StatusConflict)
				return
			}
			x.lock = ""
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

// terraform is the protocol of Terraform's HTTP backend as its documentation describes it: GET, POST with ?ID=, LOCK and UNLOCK,
// 423 with the holder's lock.
func terraform() http.Handler {
	var mu sync.Mutex
	docs, locks := map[string][]byte{}, map[string][]byte{}
	id := func(b []byte) string {
		var l struct{ ID string }
		_ = json.Unmarshal(b, &l) // no id then
		return l.ID
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		b, _ := io.ReadAll(r.Body) // what is missing is refused below
		p := r.URL.Path
		held := locks[p]
		switch r.Method {
		case "GET":
			if docs[p] == nil {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_, _ = w.Write(docs[p])
		case "POST":
			if held != nil && id(held) != r.URL.Query().Get("ID") || held == nil && r.URL.Query().Get("ID") != "" {
				w.WriteHeader(http.StatusConflict)
				_, _ = w.Write(held)
				return
			}
			docs[p] = b
		case "LOCK":
			if held != nil {
				w.WriteHeader(http.StatusLocked)
				_, _ = w.Write(held)
				return
			}
			locks[p] = b
		case "UNLOCK":
			if held != nil && id(held) != id(b) {
				w.WriteHeader(http.StatusConflict)
				_, _ = w.Write(held)
				return
			}
			delete(locks, p)
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

// Network is a way to a server that can be cut and stalled.
type Network struct {
	Address string

	mu    sync.Mutex
	mode  string // "", stall, cut, swallow
	moved *sync.Cond
	conns map[net.Conn]bool
}

// Network makes a way to the server.
func (s *Server) Network(t testing.TB) *Network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Network{Address: l.Addr().String(), conns: map[net.Conn]bool{}}
	n.moved = sync.NewCond(&n.mu)
	t.Cleanup(func() { _ = l.Close(); n.Cut() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go n.carry(in, s.Address)
		}
	}()
	return n
}

func (n *Network) carry(in net.Conn, to string) {
	defer in.Close()
	n.mu.Lock()
	cut := n.mode == "cut"
	n.mu.Unlock()
	if cut {
		return
	}
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	n.mu.Lock()
	n.conns[in], n.conns[out] = true, true
	n.mu.Unlock()
	done := make(chan struct{}, 2)
	go func() { n.pipe(out, in, false); done <- struct{}{} }()
	go func() { n.pipe(in, out, true); done <- struct{}{} }()
	<-done
	n.mu.Lock()
	delete(n.conns, in)
	delete(n.conns, out)
	n.mu.Unlock()
}

func (n *Network) pipe(to, from net.Conn, answers bool) {
	r := bufio.NewReader(from)
	buf := make([]byte, 64<<10)
	for {
		k, err := r.Read(buf)
		if k > 0 {
			n.mu.Lock()
			for n.mode == "stall" || n.mode == "swallow" && answers {
				n.moved.Wait()
			}
			n.mu.Unlock()
			if _, werr := to.Write(buf[:k]); werr != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				return
			}
			_ = to.Close()
			return
		}
	}
}

func (n *Network) set(mode string, drop bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	was := n.mode
	n.mode = mode
	n.moved.Broadcast()
	if drop || was == "swallow" {
		for c := range n.conns {
			_ = c.Close()
		}
	}
}

// Stall lets nothing through, and drops nothing.
func (n *Network) Stall() { n.set("stall", false) }

// Swallow lets requests through, and no answers: what was asked for is done and nobody hears of it. Mend then drops the connections.
func (n *Network) Swallow() { n.set("swallow", false) }

// Cut drops all connections and takes no new ones.
func (n *Network) Cut() { n.set("cut", true) }

// Mend makes it whole.
func (n *Network) Mend() { n.set("", false) }

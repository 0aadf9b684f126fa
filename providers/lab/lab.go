package lab

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func ctyString(s string) cty.Value { return cty.StringVal(s) }

// Options of Start.
type Options struct {
	Dir   string    // where ssh_config, keys and the control socket go; empty = nowhere
	Speed float64   // factor of virtual time; 0 = that of the scenario
	Log   io.Writer // gets one line per finished command
}

// Endpoint is one console as a client sees it.
type Endpoint struct {
	Name    string
	Kind    string
	Address string // 127.0.0.1:port
	User    string
}

// Entry is one command line that a console received. Exit is -1 while it runs or when its connection was dropped.
type Entry struct {
	Console string    `json:"console"`
	User    string    `json:"user"`
	Time    time.Time `json:"time"` // virtual
	Line    string    `json:"line"`
	Exit    int       `json:"exit"`
}

// Lab is a running estate with its consoles.
type Lab struct {
	opts   Options
	clock  *Clock
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows and the estate
	estate *Estate
	speed  float64 // in force
	saved  float64 // that of the scenario
	start  time.Time
	log    []Entry
	closed bool
	conns  map[net.Conn]string // with the name of the console

	endpoints []*endpoint
	clientKey ssh.PublicKey
	control   net.Listener
}

type endpoint struct {
	Endpoint
	listener net.Listener
	hosts    []ssh.Signer
}

// Start opens the consoles of a scenario on the loopback interface.
func Start(sc *Scenario, o Options) (*Lab, error) {
	e, err := sc.build()
	if err != nil {
		return nil, err
	}
	if o.Speed < 0 {
		return nil, errors.New("lab: speed must not be negative")
	}
	l := &Lab{opts: o, estate: e, speed: o.Speed, saved: sc.speed(), start: sc.startTime(), conns: map[net.Conn]string{}}
	e.lab = l
	if l.speed == 0 {
		l.speed = sc.speed()
	}
	l.clock = newClock(e.Now, l.speed)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for _, c := range e.Consoles {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port))
		if err != nil {
			_ = l.Close()
			return nil, fmt.Errorf("lab: console %s: %w", c.Name, err)
		}
		ep := &endpoint{Endpoint: Endpoint{Name: c.Name, Kind: c.Kind, Address: ln.Addr().String(), User: c.Users[0].Name}, listener: ln}
		l.endpoints = append(l.endpoints, ep)
		if ep.hosts, err = l.hostKeys(c.Name); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	if o.Dir != "" {
		if err := l.writeDir(); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	for _, ep := range l.endpoints {
		l.wg.Add(1)
		go l.serve(ep)
	}
	return l, nil
}

// hostKeys makes the host keys of a console: of the kind that clients of today prefer, and of those that older SSH libraries
// know. In a directory they are kept, so that a client knows the console again after a restart.
func (l *Lab) hostKeys(console string) ([]ssh.Signer, error) {
	var out []ssh.Signer
	for _, kind := range []string{"", "_ecdsa", "_rsa"} {
		key, err := l.hostKey(console, kind)
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

func (l *Lab) hostKey(console, kind string) (ssh.Signer, error) {
	path := ""
	if l.opts.Dir != "" {
		path = filepath.Join(l.opts.Dir, "host_"+console+kind)
		if b, err := os.ReadFile(path); err == nil {
			if key, err := ssh.ParsePrivateKey(b); err == nil {
				return key, nil
			}
		}
	}
	key, err := newKey(kind)
	if err != nil {
		return nil, err
	}
	if path != "" && !strings.ContainsAny(console, "/\\") {
		block, err := ssh.MarshalPrivateKey(key, "lab console")
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(l.opts.Dir, 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	return ssh.NewSignerFromKey(key)
}

// rsaKey is made once in a process: it takes long.
var rsaKey = sync.OnceValues(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case "_ecdsa":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "_rsa":
		return rsaKey()
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

func (s *Scenario) startTime() time.Time {
	if s.file.Lab != nil && s.file.Lab.Start != nil {
		if t, err := time.Parse(time.RFC3339, *s.file.Lab.Start); err == nil {
			return t.UTC()
		}
	}
	return defaultStart
}

// writeDir writes what an SSH client needs, with the modes that OpenSSH insists on, and opens the control socket.
func (l *Lab) writeDir() error {
	dir, err := filepath.Abs(l.opts.Dir)
	if err != nil {
		return err
	}
	l.opts.Dir = dir
	if strings.ContainsAny(dir, "\"\n") {
		return fmt.Errorf("lab: the directory %q cannot be written into an ssh_config", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// First, because it fails when another lab serves this directory, whose files must stay.
	if err := l.listenControl(); err != nil {
		return err
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(key, "lab client")
	if err != nil {
		return err
	}
	if l.clientKey, err = ssh.NewPublicKey(pub); err != nil {
		return err
	}
	var known, config bytes.Buffer
	for _, ep := range l.endpoints {
		host, port, err := net.SplitHostPort(ep.Address)
		if err != nil {
			return err
		}
		for _, k := range ep.hosts {
			known.WriteString(knownhosts.Line([]string{ep.Address}, k.PublicKey()) + "\n")
		}
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n  Port %s\n  User %s\n  IdentityFile \"%s\"\n  UserKnownHostsFile \"%s\"\n"+
			"  StrictHostKeyChecking yes\n  IdentitiesOnly yes\n\n", ep.Name, host, port, ep.User,
			filepath.Join(dir, "id_ed25519"), filepath.Join(dir, "known_hosts"))
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{
		{"id_ed25519", pem.EncodeToMemory(block), 0o600},
		{"id_ed25519.pub", ssh.MarshalAuthorizedKey(l.clientKey), 0o644},
		{"known_hosts", known.Bytes(), 0o644},
		{"ssh_config", config.Bytes(), 0o644},
	} {
		path := filepath.Join(dir, f.name)
		// A file of an earlier run may have another mode, which writing would keep.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(path, f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// Endpoints lists the consoles.
func (l *Lab) Endpoints() []Endpoint {
	var out []Endpoint
	for _, ep := range l.endpoints {
		out = append(out, ep.Endpoint)
	}
	return out
}

// SSHConfig is the path of the ssh_config for OpenSSH clients, or empty without Options.Dir.
func (l *Lab) SSHConfig() string {
	if l.opts.Dir == "" {
		return ""
	}
	return filepath.Join(l.opts.Dir, "ssh_config")
}

// Clock is the virtual clock of the lab.
func (l *Lab) Clock() *Clock { return l.clock }

// disconnect ends the sessions of a host that goes down. The lab is locked.
func (l *Lab) disconnect(host string) {
	for c, name := range l.conns {
		if name == host {
			_ = c.Close()
		}
	}
}

// Close ends all sessions and waits until nothing of the lab runs any more.
func (l *Lab) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.cancel()
	for _, ep := range l.endpoints {
		_ = ep.listener.Close()
	}
	if l.control != nil {
		_ = l.control.Close()
	}
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	return nil
}

// Save writes the live estate as a scenario.
func (l *Lab) Save() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.estate.advance(l.clock.Now())
	src := l.estate.encode(l.saved, l.start)
	if _, err := Parse(src, "saved"); err != nil {
		return nil, fmt.Errorf("lab: the estate cannot be written as a scenario: %w", err)
	}
	return src, nil
}

// Replace loads another estate while the lab runs. Its consoles must be those that are open.
func (l *Lab) Replace(sc *Scenario) error {
	e, err := sc.build()
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, ep := range l.endpoints {
		have[ep.Name] = true
	}
	for _, c := range e.Consoles {
		if !have[c.Name] {
			return fmt.Errorf("lab: console %q is not open; start the lab with this scenario instead", c.Name)
		}
		delete(have, c.Name)
	}
	for n := range have {
		return fmt.Errorf("lab: the scenario does not have console %q", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.estate, l.start, l.saved = e, sc.startTime(), sc.speed()
	e.lab = l
	if l.opts.Speed == 0 {
		l.speed = sc.speed()
	}
	l.clock.reset(e.Now, l.speed)
	return nil
}

// Inject puts a fault in place.
func (l *Lab) Inject(f Fault) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.estate.advance(l.clock.Now())
	err := l.estate.arm(f)
	l.estate.advance(l.clock.Now())
	return err
}

// Log is every command line received so far.
func (l *Lab) Log() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Entry(nil), l.log...)
}

// received notes a command line and returns what notes its end.
func (l *Lab) received(console, user, line string) func(exit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := len(l.log)
	l.log = append(l.log, Entry{Console: console, User: user, Time: l.clock.Now(), Line: line, Exit: -1})
	return func(exit int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.log[i].Exit = exit
		if l.opts.Log != nil {
			e := l.log[i]
			_, _ = fmt.Fprintf(l.opts.Log, "%s %s@%s [%d] %s\n", e.Time.Format(time.RFC3339), e.User, e.Console, e.Exit, e.Line)
		}
	}
}

// Run interprets a command line as an exec channel of the console's first user does, without SSH.
func (l *Lab) Run(console, line string) (stdout, stderr string, exit int) {
	user, kind := "", ""
	for _, ep := range l.endpoints {
		if ep.Name == console {
			user, kind = ep.User, ep.Kind
		}
	}
	if user == "" {
		return "", "there is no console " + console + "\n", exitNotFound
	}
	var out, errs bytes.Buffer
	s := &session{lab: l, console: console, user: user, hmc: kind == "hmc", aix: kind == "aix", out: &out, errOut: &errs}
	l.mu.Lock()
	l.estate.advance(l.clock.Now())
	c := l.estate.console(console)
	off := c != nil && c.Host != nil && c.Host.State != hostUp
	l.mu.Unlock()
	if off {
		return "", "", -1
	}
	code := s.runExec(l.ctx, line, nil)
	return out.String(), errs.String(), code
}

// runExec runs the command line of an exec channel.
func (s *session) runExec(ctx context.Context, line string, stdin io.Reader) int {
	done := s.lab.received(s.console, s.user, line)
	f, more, msg := s.parse(line)
	switch {
	case s.hmc && more && strings.Contains(msg, "matching"):
		msg = "bash: -c: line 1: " + msg + "\nbash: -c: line 2: syntax error: unexpected end of file"
	case s.hmc && more:
		msg = "bash: -c: line 2: " + msg
	case s.hmc && msg != "":
		msg = "bash: -c: line 1: " + msg + "\nbash: -c: line 1: `" + line + "'"
	case s.aix && more:
		msg = text(kshSyntax, "end of line is not expected.")
	case more:
		msg = text(msgSyntax, "end of line is not expected.")
	}
	if msg != "" {
		_, _ = sessionWriter{s, true}.Write([]byte(msg + "\n"))
		done(2)
		return 2
	}
	r, err := s.newRunner(stdin)
	if err != nil {
		done(1)
		return 1
	}
	s.runner = r
	ctx, end := s.shellContext(ctx)
	defer end()
	code, _, dropped := s.execute(ctx, f)
	if dropped {
		code = -1
	} else if wait, _, _ := parseLine("wait"); wait != nil {
		// A real channel stays open until the last background command has closed it.
		_ = s.runner.Run(ctx, wait.Stmts[0])
	}
	done(code)
	return code
}

package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/kevinburke/ssh_config"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// Target is how one console is reached, after ssh_config has been consulted.
type Target struct {
	banner     string // what the console said before the login
	Name       string // for messages
	Host       string
	Port       string
	User       string
	Identity   []string // private key files
	KnownHosts []string
	Jumps      []string
	password   func() (string, error)
	configPath string
	Connect    time.Duration
	Command    time.Duration
}

// Resolve reads an endpoint's configuration. Nothing is opened.
func Resolve(name, dir string, cfg cty.Value) (*Target, error) {
	t := &Target{Name: name, Connect: 30 * time.Second, Command: 10 * time.Minute}
	alias := schema.Str(cfg, "host")
	t.configPath = rel(dir, schema.Str(cfg, "ssh_config"))
	if t.configPath == "" {
		t.configPath = os.Getenv("GANTRY_SSH_CONFIG")
	}
	sc, err := readSSHConfig(t.configPath)
	if err != nil {
		return nil, err
	}
	t.fill(alias, sc)
	if p := schema.Num(cfg, "port"); p > 0 {
		t.Port = fmt.Sprint(int(p))
	}
	if u := schema.Str(cfg, "user"); u != "" {
		t.User = u
	}
	if f := schema.Str(cfg, "identity_file"); f != "" {
		t.Identity = []string{rel(dir, f)}
	}
	if f := schema.Str(cfg, "known_hosts"); f != "" {
		t.KnownHosts = []string{rel(dir, f)}
	}
	if n := schema.Num(cfg, "connect_timeout"); n > 0 {
		t.Connect = time.Duration(n * float64(time.Second))
	}
	if n := schema.Num(cfg, "command_timeout"); n > 0 {
		t.Command = time.Duration(n * float64(time.Second))
	}
	t.password = passwordFrom(dir, cfg)
	if t.User == "" {
		return nil, fmt.Errorf("%s: no user; set user in the provider block or User in ssh_config", name)
	}
	return t, nil
}

func rel(dir, p string) string {
	if p == "" {
		return ""
	}
	if p == "~" || strings.HasPrefix(p, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, strings.TrimPrefix(p, "~"))
		}
	}
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

func readSSHConfig(path string) (*ssh_config.Config, error) {
	explicit := path != ""
	if !explicit {
		home, err := os.UserHomeDir()
		if err != nil {
			return &ssh_config.Config{}, nil
		}
		path = filepath.Join(home, ".ssh", "config")
	}
	f, err := os.Open(path)
	if err != nil {
		if explicit {
			return nil, fmt.Errorf("ssh_config: %w", err)
		}
		return &ssh_config.Config{}, nil
	}
	defer f.Close()
	c, err := ssh_config.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("ssh_config %s: %w", path, err)
	}
	return c, nil
}

// fill takes from ssh_config what it says of an alias.
func (t *Target) fill(alias string, sc *ssh_config.Config) {
	get := func(k string) string {
		v, err := sc.Get(alias, k)
		if err != nil {
			return ""
		}
		return strings.Trim(v, `"`)
	}
	all := func(k string) []string {
		vs, err := sc.GetAll(alias, k)
		if err != nil {
			return nil
		}
		var out []string
		for _, v := range vs {
			// UserKnownHostsFile may list several files; the reader of the file has
			// taken quotes away, so a name with blanks is one that exists.
			whole := rel("", strings.Trim(v, `"`))
			if _, err := os.Stat(whole); err == nil || !strings.Contains(v, " ") {
				out = append(out, whole)
				continue
			}
			for _, p := range strings.Fields(v) {
				out = append(out, rel("", p))
			}
		}
		return out
	}
	t.Host, t.Port, t.User = alias, "22", get("User")
	if h := get("HostName"); h != "" {
		t.Host = strings.ReplaceAll(h, "%h", alias)
	}
	if p := get("Port"); p != "" {
		t.Port = p
	}
	t.Identity = all("IdentityFile")
	t.KnownHosts = all("UserKnownHostsFile")
	if len(t.KnownHosts) == 0 {
		t.KnownHosts = []string{rel("", "~/.ssh/known_hosts")}
	}
	if j := get("ProxyJump"); j != "" && j != "none" {
		t.Jumps = strings.Split(j, ",")
	}
}

func passwordFrom(dir string, cfg cty.Value) func() (string, error) {
	if n := schema.Str(cfg, "password_env"); n != "" {
		return func() (string, error) {
			if v, ok := os.LookupEnv(n); ok {
				return v, nil
			}
			return "", fmt.Errorf("password_env names %s, which is not set", n)
		}
	}
	if f := schema.Str(cfg, "password_file"); f != "" {
		return func() (string, error) {
			b, err := os.ReadFile(rel(dir, f))
			line, _, _ := strings.Cut(string(b), "\n")
			return strings.TrimRight(line, "\r"), err
		}
	}
	if c := schema.Strings(cfg, "password_command"); len(c) > 0 {
		return func() (string, error) {
			cmd := exec.Command(c[0], c[1:]...)
			cmd.Dir = dir
			out, err := cmd.Output()
			if err != nil {
				return "", fmt.Errorf("password_command %s: %w", c[0], err)
			}
			line, _, _ := strings.Cut(string(out), "\n")
			return strings.TrimRight(line, "\r"), nil
		}
	}
	return nil
}

// Password reads the password that an endpoint's configuration names a source for, if it does.
func Password(dir string, cfg cty.Value) (string, bool, error) {
	from := passwordFrom(dir, cfg)
	if from == nil {
		return "", false, nil
	}
	p, err := from()
	return p, true, err
}

// auth chooses one credential: consoles lock an account after three failures,
// so one login is tried with one credential.
func (t *Target) auth() ([]ssh.AuthMethod, string, error) {
	if t.password != nil {
		p, err := t.password()
		if err != nil {
			return nil, "", err
		}
		return []ssh.AuthMethod{ssh.Password(p)}, "the password", nil
	}
	for _, f := range t.Identity {
		b, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		key, err := ssh.ParsePrivateKey(b)
		if err != nil {
			var missing *ssh.PassphraseMissingError
			if errors.As(err, &missing) {
				return nil, "", fmt.Errorf("the key %s needs a passphrase; load it into the SSH agent", f)
			}
			return nil, "", fmt.Errorf("key %s: %w", f, err)
		}
		return []ssh.AuthMethod{ssh.PublicKeys(key)}, "the key " + f, nil
	}
	if sock := os.Getenv("SSH_AUTH_SOCK"); sock != "" {
		if c, err := net.Dial("unix", sock); err == nil {
			signers, err := agent.NewClient(c).Signers()
			if err == nil && len(signers) > 0 {
				return []ssh.AuthMethod{ssh.PublicKeys(signers[0])}, "the first key of the SSH agent", nil
			}
			_ = c.Close()
		}
	}
	return nil, "", fmt.Errorf("no credential for %s: give identity_file, an SSH agent, or one of password_env, password_file, password_command; or IdentityFile in ssh_config, if it has a Host of that name", t.Host)
}

// ConnectError says why a console could not be reached, with what to do.
type ConnectError struct {
	Name, Detail, Fix string
	Err               error
}

func (e *ConnectError) Error() string {
	s := fmt.Sprintf("%s: %s", e.Name, e.Detail)
	if e.Fix != "" {
		if strings.Contains(e.Detail, "\n") {
			return s + "\n" + e.Fix
		}
		s += " " + e.Fix
	}
	return s
}

func (e *ConnectError) Unwrap() error { return e.Err }

// Diagnostics is the error for people.
func (e *ConnectError) Diagnostics() diag.List {
	return diag.List{{Severity: diag.Error, Code: "connect", Summary: "Console not reached", Detail: e.Name + ": " + e.Detail, Fix: e.Fix}}
}

func (t *Target) client(name string) (*ssh.ClientConfig, string, error) {
	auth, how, err := t.auth()
	if err != nil {
		return nil, "", &ConnectError{Name: name, Detail: err.Error(), Err: err}
	}
	var files []string
	for _, f := range t.KnownHosts {
		if _, err := os.Stat(f); err == nil {
			files = append(files, f)
		}
	}
	check, err := knownhosts.New(files...)
	if err != nil {
		return nil, "", &ConnectError{Name: name, Detail: "the known_hosts file cannot be read: " + err.Error(), Err: err}
	}
	addr := net.JoinHostPort(t.Host, t.Port)
	cfg := &ssh.ClientConfig{User: t.User, Auth: auth, Timeout: t.Connect, HostKeyAlgorithms: knownAlgorithms(check, addr)}
	cfg.BannerCallback = func(message string) error {
		t.banner = strings.TrimSpace(message)
		return nil
	}
	// Virtual I/O Servers of the IVM's days know only what counts as weak today;
	// it is offered last, so that nothing newer is ever given up for it.
	cfg.SetDefaults()
	weak := ssh.InsecureAlgorithms()
	cfg.KeyExchanges = append(cfg.KeyExchanges, weak.KeyExchanges...)
	cfg.Ciphers = append(cfg.Ciphers, weak.Ciphers...)
	cfg.MACs = append(cfg.MACs, weak.MACs...)
	cfg.HostKeyCallback = func(host string, remote net.Addr, key ssh.PublicKey) error {
		err := check(host, remote, key)
		var ke *knownhosts.KeyError
		if !errors.As(err, &ke) {
			return err
		}
		print := ssh.FingerprintSHA256(key)
		file := strings.Join(t.KnownHosts, ", ")
		if len(ke.Want) == 0 {
			return &ConnectError{Name: name, Detail: fmt.Sprintf("the host key of %s is unknown: %s %s is not in %s.", host, key.Type(), print, file), Fix: "Compare the fingerprint with the console's own, then add the key to that file (ssh-keyscan prints it).", Err: err}
		}
		return &ConnectError{Name: name, Detail: fmt.Sprintf("the host key of %s has changed: it is %s %s now, and %s:%d says otherwise.", host, key.Type(), print, ke.Want[0].Filename, ke.Want[0].Line), Fix: "If the console was installed anew, replace the line; otherwise somebody may be listening in.", Err: err}
	}
	return cfg, how, nil
}

// knownAlgorithms asks for the key types that known_hosts has, so that a host
// with several keys shows the one that can be checked.
func knownAlgorithms(check ssh.HostKeyCallback, addr string) []string {
	err := check(addr, &net.TCPAddr{IP: net.IPv4zero}, probeKey{})
	var ke *knownhosts.KeyError
	if !errors.As(err, &ke) {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	add := func(a string) {
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	for _, k := range ke.Want {
		if k.Key.Type() == ssh.KeyAlgoRSA {
			add(ssh.KeyAlgoRSASHA512)
			add(ssh.KeyAlgoRSASHA256)
		}
		add(k.Key.Type())
	}
	sort.Strings(out)
	return out
}

// probeKey matches no known key, so that the callback lists the known ones.
type probeKey struct{}

func (probeKey) Type() string                            { return "probe" }
func (probeKey) Marshal() []byte                         { return []byte("probe") }
func (probeKey) Verify(_ []byte, _ *ssh.Signature) error { return errors.New("no key") }

// Shell is an open connection to a console: one login, kept and reused.
type Shell struct {
	target *Target
	log    *CommandLog
	sem    chan struct{}

	dial   sync.Mutex // held while connecting anew
	mu     sync.Mutex
	client *ssh.Client
	closed bool
	sent   int
}

// Dial connects and logs in. At most so many commands are in flight at once on the connection.
func Dial(ctx context.Context, t *Target, log io.Writer, atOnce int) (*Shell, error) {
	s := &Shell{target: t, log: &CommandLog{W: log, Name: t.Name}, sem: make(chan struct{}, atOnce)}
	c, err := dial(ctx, t)
	if err != nil {
		return nil, err
	}
	s.client = c
	return s, nil
}

func dial(ctx context.Context, t *Target) (*ssh.Client, error) {
	cfg, how, err := t.client(t.Name)
	if err != nil {
		return nil, err
	}
	addr := net.JoinHostPort(t.Host, t.Port)
	ctx, cancel := context.WithTimeout(ctx, t.Connect)
	defer cancel()
	var conn net.Conn
	if len(t.Jumps) > 0 {
		conn, err = viaJumps(ctx, t, addr)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, &ConnectError{Name: t.Name, Detail: fmt.Sprintf("%s does not answer: %v.", addr, err), Fix: "Check the address, the network and the console's SSH server.", Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	sc, chans, reqs, err := ssh.NewClientConn(conn, addr, cfg)
	if err != nil {
		_ = conn.Close()
		var ce *ConnectError
		if errors.As(err, &ce) {
			return nil, ce
		}
		if strings.Contains(err.Error(), "unable to authenticate") {
			ce := &ConnectError{Name: t.Name, Detail: fmt.Sprintf("%s refused the login of %s with %s. It was tried once; consoles lock an account after three failures.", addr, t.User, how), Fix: "Correct user or credential in the provider block or ssh_config.", Err: err}
			if strings.Contains(t.banner, "locked") {
				// hmc-live-facts.md, section 1: an attempt while it is locked begins the time anew.
				ce.Detail = fmt.Sprintf("%s refused the login of %s: %s", addr, t.User, t.banner)
				ce.Fix = "Wait until it is unlocked before anything tries again, since each try begins the time anew; find who tries with a wrong credential."
			}
			return nil, ce
		}
		return nil, &ConnectError{Name: t.Name, Detail: fmt.Sprintf("the SSH connection to %s failed: %v.", addr, err), Err: err}
	}
	c := ssh.NewClient(sc, chans, reqs)
	go keepAlive(c)
	return c, nil
}

// viaJumps connects through the hosts of ProxyJump, one after the other.
func viaJumps(ctx context.Context, t *Target, addr string) (net.Conn, error) {
	sc, err := readSSHConfig(t.configPath)
	if err != nil {
		return nil, err
	}
	var last *ssh.Client
	for _, j := range t.Jumps {
		user, host, ok := strings.Cut(strings.TrimSpace(j), "@")
		if !ok {
			user, host = "", user
		}
		port := ""
		if h, p, err := net.SplitHostPort(host); err == nil {
			host, port = h, p
		}
		jt := &Target{Name: t.Name + " via " + host, Connect: t.Connect, configPath: t.configPath}
		jt.fill(host, sc)
		if user != "" {
			jt.User = user
		}
		if port != "" {
			jt.Port = port
		}
		if jt.User == "" {
			jt.User = t.User
		}
		cfg, _, err := jt.client(jt.Name)
		if err != nil {
			return nil, err
		}
		hop := net.JoinHostPort(jt.Host, jt.Port)
		var conn net.Conn
		if last == nil {
			conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", hop)
		} else {
			conn, err = last.DialContext(ctx, "tcp", hop)
		}
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", hop, err)
		}
		c, chans, reqs, err := ssh.NewClientConn(conn, hop, cfg)
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", hop, err)
		}
		last = ssh.NewClient(c, chans, reqs)
	}
	return last.DialContext(ctx, "tcp", addr)
}

// Answer is what a command printed and its exit code.
type Answer struct {
	Stdout, Stderr string
	Exit           int
	Took           time.Duration
}

// ErrLost wraps every failure after which it is unknown whether the command ran.
type ErrLost struct{ Err error }

func (e *ErrLost) Error() string { return e.Err.Error() }
func (e *ErrLost) Unwrap() error { return e.Err }

// Run sends one line and waits for its answer. A line that was never sent
// because the connection had died is sent over a new one; a line whose answer
// got lost gives ErrLost.
func (s *Shell) Run(ctx context.Context, line string) (*Answer, error) {
	select {
	case s.sem <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.sem }()
	ctx, cancel := context.WithTimeoutCause(ctx, s.target.Command, fmt.Errorf("no answer within %s", s.target.Command))
	defer cancel()
	sess, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.sent++
	s.mu.Unlock()
	var out, errb bytes.Buffer
	sess.Stdout, sess.Stderr = &out, &errb
	if err := s.log.Announce(ctx, line); err != nil {
		_ = sess.Close() // nothing was sent
		return nil, err
	}
	begin := time.Now()
	done := make(chan error, 1)
	go func() { done <- sess.Run(line) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		// Closing may hang on a dead peer; nobody waits for it.
		go sess.Close()
		lost := &ErrLost{context.Cause(ctx)}
		s.log.Ended(ctx, line, 0, time.Since(begin), lost)
		return nil, lost
	}
	_ = sess.Close() // ended already
	a := &Answer{Stdout: out.String(), Stderr: errb.String(), Took: time.Since(begin)}
	var exit *ssh.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		a.Exit = exit.ExitStatus()
	default:
		lost := &ErrLost{err}
		s.log.Ended(ctx, line, 0, a.Took, lost)
		return nil, lost
	}
	s.log.Ended(ctx, line, a.Exit, a.Took, nil)
	return a, nil
}

// session opens a channel, connecting anew once when the connection has died.
func (s *Shell) session(ctx context.Context) (*ssh.Session, error) {
	s.mu.Lock()
	client, closed := s.client, s.closed
	s.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("%s: the session is closed", s.target.Name)
	}
	for end := time.Now().Add(fullTimeout); ; {
		sess, err := openChannel(ctx, client)
		if err == nil || ctx.Err() != nil {
			return sess, err
		}
		// A server that allows no more channels is alive: those that are open must not be lost.
		var full *ssh.OpenChannelError
		if !errors.As(err, &full) || time.Now().After(end) {
			break
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	_ = client.Close()
	s.dial.Lock()
	defer s.dial.Unlock()
	s.mu.Lock()
	again := s.client
	s.mu.Unlock()
	if again == client { // nobody else has connected anew meanwhile
		fresh, err := dial(ctx, s.target)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.client = fresh
		s.mu.Unlock()
		again = fresh
	}
	return openChannel(ctx, again)
}

// channelTimeout is how long opening a channel may take. A connection that dies
// in that moment can leave the request without any answer.
const channelTimeout = 20 * time.Second

// fullTimeout is how long to wait for a channel of a server that has none left
// (sshd: MaxSessions; the number of an HMC is unconfirmed).
const fullTimeout = 2 * time.Minute

func openChannel(ctx context.Context, c *ssh.Client) (*ssh.Session, error) {
	type result struct {
		sess *ssh.Session
		err  error
	}
	got := make(chan result, 1)
	go func() {
		sess, err := c.NewSession()
		got <- result{sess, err}
	}()
	t := time.NewTimer(channelTimeout)
	defer t.Stop()
	select {
	case r := <-got:
		return r.sess, r.err
	case <-t.C:
		return nil, fmt.Errorf("no channel within %s", channelTimeout)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// keepAlive closes a connection whose peer does not answer any more, so that
// nothing waits on it for ever. Servers answer an unknown request with a refusal.
func keepAlive(c *ssh.Client) {
	for {
		time.Sleep(keepAliveEvery)
		answered := make(chan error, 1)
		go func() {
			_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case err := <-answered:
			if err != nil {
				return // closed
			}
		case <-time.After(keepAliveEvery):
			_ = c.Close()
			return
		}
	}
}

const keepAliveEvery = 15 * time.Second

// Sent is the number of commands sent so far.
func (s *Shell) Sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Close ends the connection.
func (s *Shell) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}

package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
)

const (
	lockAfter = 3
	lockFor   = 5 * time.Minute
)

func (l *Lab) serve(ep *endpoint) {
	defer l.wg.Done()
	for {
		conn, err := ep.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || l.ctx.Err() != nil {
				return
			}
			continue
		}
		l.mu.Lock()
		l.estate.advance(l.clock.Now())
		if l.closed || l.estate.refuses(ep.Name) {
			l.mu.Unlock()
			_ = conn.Close()
			continue
		}
		l.conns[conn] = ep.Name
		l.wg.Add(1)
		l.mu.Unlock()
		go func() {
			defer l.wg.Done()
			l.connection(ep, conn)
			_ = conn.Close()
			l.mu.Lock()
			delete(l.conns, conn)
			l.mu.Unlock()
		}()
	}
}

var errDenied = errors.New("permission denied")

// account finds the user of a login and tells whether the account is locked; a try while it is locked begins the time
// anew.
func (l *Lab) account(console, name string) (*User, bool) {
	l.estate.advance(l.clock.Now())
	c := l.estate.console(console)
	if c == nil {
		return nil, false
	}
	u := c.user(name)
	if u != nil && u.failed >= lockAfter {
		if u.locked.After(l.estate.Now) {
			u.locked = l.estate.Now.Add(lockFor)
			return u, true
		}
		u.failed = 0
	}
	return u, false
}

func (l *Lab) serverConfig(ep *endpoint) (*ssh.ServerConfig, func()) {
	tried, offered := false, ""
	password := func(name, given string) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		u, locked := l.account(ep.Name, name)
		if locked {
			return &ssh.BannerError{Err: errDenied, Message: lockedText(ep, u, l.estate.Now)}
		}
		if u == nil {
			return errDenied
		}
		tried = true
		if u.Password == "" || u.Password != given {
			u.failed++
			if u.failed >= lockAfter {
				u.locked = l.estate.Now.Add(lockFor)
			}
			return errDenied
		}
		u.failed = 0
		return nil
	}
	cfg := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_5.2",
		MaxAuthTries:  6,
		PasswordCallback: func(m ssh.ConnMetadata, pw []byte) (*ssh.Permissions, error) {
			return nil, password(m.User(), string(pw))
		},
		KeyboardInteractiveCallback: func(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			question := m.User() + "'s Password: "
			if ep.Kind == "hmc" {
				question = "Password: "
			}
			answers, err := ask("", "", []string{question}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errDenied
			}
			return nil, password(m.User(), answers[0])
		},
		PublicKeyCallback: func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			u, locked := l.account(ep.Name, m.User())
			if locked {
				return nil, &ssh.BannerError{Err: errDenied, Message: lockedText(ep, u, l.estate.Now)}
			}
			if u == nil {
				return nil, errDenied
			}
			if l.clientKey != nil && bytes.Equal(key.Marshal(), l.clientKey.Marshal()) {
				return nil, nil
			}
			for _, k := range u.Keys {
				if pk, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k)); err == nil && bytes.Equal(pk.Marshal(), key.Marshal()) {
					return nil, nil
				}
			}
			offered = m.User()
			return nil, errDenied
		},
	}
	if ep.Kind == "hmc" {
		cfg.ServerVersion, cfg.MaxAuthTries = "SSH-2.0-OpenSSH_8.0", 3
	}
	for _, k := range ep.hosts {
		cfg.AddHostKey(k)
	}
	// Consoles let older SSH libraries in.
	cfg.KeyExchanges = append(ssh.SupportedAlgorithms().KeyExchanges, ssh.InsecureKeyExchangeDH14SHA1)
	// A login on an HMC that got no further than refused keys counts as one failure (hmc-live-facts.md, section 1).
	gaveUp := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if u, locked := l.account(ep.Name, offered); u != nil && !locked && !tried && ep.Kind == "hmc" {
			if u.failed++; u.failed >= lockAfter {
				u.locked = l.estate.Now.Add(lockFor)
			}
		}
	}
	return cfg, gaveUp
}

// lockedText is what a locked account is told.
func lockedText(ep *endpoint, u *User, now time.Time) string {
	if ep.Kind != "hmc" {
		return msgLocked
	}
	return text(hmcLocked, lockAfter, int((u.locked.Sub(now)+time.Minute-1)/time.Minute))
}

func (l *Lab) connection(ep *endpoint, conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	cfg, gaveUp := l.serverConfig(ep)
	sc, chans, reqs, err := ssh.NewServerConn(conn, cfg)
	if err != nil {
		gaveUp()
		return
	}
	_ = conn.SetDeadline(time.Time{})
	gone := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { ssh.DiscardRequests(reqs) })
	for nc := range chans {
		if nc.ChannelType() != "session" {
			_ = nc.Reject(ssh.UnknownChannelType, "only sessions are supported")
			continue
		}
		ch, creqs, err := nc.Accept()
		if err != nil {
			continue
		}
		wg.Go(func() { l.channel(ep, sc, conn, ch, creqs, gone) })
	}
	close(gone)
	wg.Wait()
}

func payloadString(p []byte) (string, bool) {
	if len(p) < 4 {
		return "", false
	}
	n := binary.BigEndian.Uint32(p)
	if uint64(n) > uint64(len(p)-4) {
		return "", false
	}
	return string(p[4 : 4+n]), true
}

// channel serves one session channel: requests until it is started, then the command or shell.
func (l *Lab) channel(ep *endpoint, sc *ssh.ServerConn, conn net.Conn, ch ssh.Channel, reqs <-chan *ssh.Request, gone <-chan struct{}) {
	done := make(chan struct{})
	s := &session{lab: l, console: ep.Name, user: sc.User(), hmc: ep.Kind == "hmc", aix: ep.Kind == "aix", out: ch, errOut: ch.Stderr(), drop: func() { _ = conn.Close() }, gone: gone, done: done}
	started := false
	echo := true
	var wg sync.WaitGroup
	var interrupt func()
	for r := range reqs {
		ok := false
		var start func()
		switch r.Type {
		case "env", "window-change":
			ok = true
		case "pty-req":
			ok = !started
			s.tty = ok
			if ok {
				s.errOut = ch
				modes := terminalModes(r.Payload)
				echo = modes[ssh.ECHO] != 0
				s.plain = modes[ttyOPOST] == 0 || modes[ttyONLCR] == 0
			}
		case "signal":
			if name, _ := payloadString(r.Payload); name == "INT" && interrupt != nil {
				interrupt()
			}
			ok = true
		case "exec":
			line, good := payloadString(r.Payload)
			if ok = good && !started; ok {
				started = true
				ctx, cancel := context.WithCancel(l.ctx)
				interrupt = cancel
				start = func() {
					defer cancel()
					finish(ch, l.execChannel(ctx, s, ch, line))
				}
			}
		case "shell":
			if ok = !started; ok {
				started = true
				start = func() { finish(ch, s.interactive(l.ctx, ch, echo)) }
			}
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if start != nil {
			// Not before the reply: a command that is quicker would close the channel first, and its client would take it for lost.
			wg.Go(start)
		}
	}
	close(done)
	_ = ch.Close()
	wg.Wait()
}

// Opcodes of terminal modes that golang.org/x/crypto/ssh has no name for (RFC 4254, section 8).
const (
	ttyOPOST = 70
	ttyONLCR = 72
)

// terminalModes are the modes that a client asks for its terminal; those that it does not mention are the usual ones.
func terminalModes(payload []byte) map[byte]uint32 {
	modes := map[byte]uint32{ssh.ECHO: 1, ttyOPOST: 1, ttyONLCR: 1}
	term, ok := payloadString(payload)
	if !ok || len(payload) < 4+len(term)+16 {
		return modes
	}
	list, _ := payloadString(payload[4+len(term)+16:])
	for ; len(list) >= 5 && list[0] > 0 && list[0] < 160; list = list[5:] {
		modes[list[0]] = binary.BigEndian.Uint32([]byte(list[1:5]))
	}
	return modes
}

func finish(ch ssh.Channel, code int) {
	if code >= 0 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(code))
		_, _ = ch.SendRequest("exit-status", false, b[:])
	}
	_ = ch.Close()
}

// execChannel gives the command an operating system pipe as its input, because the interpreter wants one, and closes
// it at the end so that nothing keeps reading from the channel.
func (l *Lab) execChannel(ctx context.Context, s *session, ch ssh.Channel, line string) int {
	pr, pw, err := os.Pipe()
	if err != nil {
		return s.runExec(ctx, line, nil)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(pw, ch)
		_ = pw.Close()
	})
	code := s.runExec(ctx, line, pr)
	_ = pr.Close()
	_ = pw.Close()
	// The copy ends with the channel; finish closes it, so the wait for it is left to a goroutine of the connection.
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		wg.Wait()
	}()
	return code
}

// terminal is the line discipline of an interactive shell: echo, erase, kill, interrupt, end of file. It also serves
// a shell without a terminal, which sees plain lines. In raw mode a command gets the keys as they come.
type terminal struct {
	s      *session
	echoes bool
	mu     sync.Mutex
	cond   *sync.Cond
	typed  []byte // the line so far
	lastCR bool
	lines  []string
	raw    bool
	keys   []byte // in raw mode
	eof    bool
	intr   func()
	rest   string
}

func (t *terminal) read(ch ssh.Channel) {
	buf := make([]byte, 4096)
	for {
		n, err := ch.Read(buf)
		t.mu.Lock()
		for _, b := range buf[:n] {
			if t.raw {
				t.keys = append(t.keys, b)
			} else {
				t.key(b)
			}
		}
		if err != nil {
			if len(t.typed) > 0 && !t.s.tty {
				t.push()
			}
			t.eof = true
		}
		t.cond.Broadcast()
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (t *terminal) push() {
	t.lines = append(t.lines, string(t.typed))
	t.typed = t.typed[:0]
	t.cond.Broadcast()
}

func (t *terminal) echo(x string) {
	if t.s.tty && t.echoes {
		t.s.write(x)
	}
}

// maxLine is what a line of the terminal holds; a real one takes no more either.
const maxLine = 1 << 20

// key is one key in the ordinary mode.
func (t *terminal) key(b byte) {
	if !t.s.tty {
		if b == '\n' {
			t.push()
		} else if len(t.typed) < maxLine {
			t.typed = append(t.typed, b)
		}
		return
	}
	afterCR := t.lastCR
	t.lastCR = b == '\r'
	switch b {
	case '\r', '\n':
		// A client that sends both ends its line once.
		if b == '\n' && afterCR {
			return
		}
		t.echo("\n")
		t.push()
	case 0x7f, 0x08:
		if n := len(t.typed); n > 0 {
			// A character of several bytes goes as one.
			_, size := utf8.DecodeLastRune(t.typed)
			t.typed = t.typed[:n-size]
			t.echo("\b \b")
		}
	case 0x15:
		// bash wipes what was typed; the terminal of ksh shows the key.
		if t.s.hmc {
			t.echo(strings.Repeat("\b \b", utf8.RuneCount(t.typed)))
		} else {
			t.echo("^U\n")
		}
		t.typed = t.typed[:0]
	case interruptKey:
		// What was typed ahead is gone too, as on any terminal.
		t.typed, t.lines = t.typed[:0], nil
		t.echo("^C\n")
		if t.intr != nil {
			t.intr()
		} else {
			t.typed = append(t.typed, interruptKey)
			t.push()
		}
	case 0x04:
		if len(t.typed) == 0 {
			t.eof = true
		}
	default:
		if len(t.typed) < maxLine {
			t.typed = append(t.typed, b)
			t.echo(string([]byte{b}))
		}
	}
}

// setRaw switches the mode. What was typed ahead belongs to whoever reads next.
func (t *terminal) setRaw(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.raw = on
	if on {
		for _, l := range t.lines {
			t.keys = append(t.keys, l+"\r"...)
		}
		t.keys = append(t.keys, t.typed...)
		t.lines, t.typed = nil, t.typed[:0]
	} else {
		for _, b := range t.keys {
			t.key(b)
		}
		t.keys = nil
	}
	t.cond.Broadcast()
}

func (t *terminal) line() (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.lines) == 0 && !t.eof {
		t.cond.Wait()
	}
	if len(t.lines) == 0 {
		return "", false
	}
	l := t.lines[0]
	t.lines = t.lines[1:]
	return l, true
}

// Read gives the next typed line to a command that asks for one.
func (t *terminal) Read(p []byte) (int, error) {
	t.mu.Lock()
	if t.raw {
		defer t.mu.Unlock()
		for t.raw && len(t.keys) == 0 && !t.eof {
			t.cond.Wait()
		}
		n := copy(p, t.keys)
		t.keys = t.keys[n:]
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}
	t.mu.Unlock()
	if t.rest == "" {
		l, ok := t.line()
		if !ok {
			return 0, io.EOF
		}
		t.rest = l + "\n"
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

const (
	promptMore      = "> "
	interruptKey    = 0x03
	exitInterrupted = 130
)

// setStatus is what $? is after something that no command was run for.
func (s *session) setStatus(ctx context.Context, code int) {
	if f, _, _ := s.parse(fmt.Sprintf("(exit %d)", code)); f != nil {
		_ = s.runner.Run(ctx, f.Stmts[0])
	}
}

// interactive is the login shell.
func (s *session) interactive(ctx context.Context, ch ssh.Channel, echo bool) int {
	s.shell = true
	t := &terminal{s: s, echoes: echo}
	t.cond = sync.NewCond(&t.mu)
	s.input, s.raw = t, t.setRaw
	s.lab.wg.Add(1)
	go func() {
		defer s.lab.wg.Done()
		t.read(ch)
	}()
	r, err := s.newRunner(nil)
	if err != nil {
		return 1
	}
	s.runner = r
	say := func(x string) {
		if s.tty {
			s.write(x)
		}
	}
	code := 0
	pending := ""
	say(s.prompt())
	for {
		line, ok := t.line()
		if !ok {
			return code
		}
		pending += line
		if s.tty && line == string(rune(interruptKey)) {
			pending = ""
			s.setStatus(ctx, exitInterrupted)
			say(s.prompt())
			continue
		}
		if strings.TrimSpace(pending) == "" {
			pending = ""
			say(s.prompt())
			continue
		}
		f, more, msg := s.parse(pending)
		if more {
			pending += "\n"
			say(promptMore)
			continue
		}
		done := s.lab.received(s.console, s.user, pending)
		pending = ""
		if msg != "" && s.hmc {
			msg = "bash: " + msg
		}
		if msg != "" {
			_, _ = sessionWriter{s, true}.Write([]byte(msg + "\n"))
			code = 2
			s.setStatus(ctx, code)
			done(code)
			say(s.prompt())
			continue
		}
		run, cancel := context.WithCancel(ctx)
		t.mu.Lock()
		t.intr = cancel
		t.mu.Unlock()
		shell, end := s.shellContext(run)
		c, exited, dropped := s.execute(shell, f)
		end()
		interrupted := run.Err() != nil && ctx.Err() == nil
		t.mu.Lock()
		t.intr = nil
		t.mu.Unlock()
		cancel()
		switch {
		case interrupted:
			code, exited, dropped = exitInterrupted, false, false
			s.setStatus(ctx, code)
		case dropped:
			c = -1
			code = c
		default:
			code = c
		}
		done(code)
		if exited && !dropped && s.hmc {
			say("logout\n")
		}
		if exited || dropped || ctx.Err() != nil {
			return code
		}
		say(s.prompt())
	}
}

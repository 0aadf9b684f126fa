package lab

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// What public clients rely on when they drive a console over SSH: interactive ones (xCAT, fence agents, expect scripts), and
// those that send one command per channel.

func hmcClient(t *testing.T, l *Lab, console, password string) *ssh.Client {
	t.Helper()
	c, err := client(t, l, console, ssh.Password(password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func userClient(t *testing.T, l *Lab, console, user, password string) (*ssh.Client, error) {
	t.Helper()
	for _, ep := range l.Endpoints() {
		if ep.Name == console {
			return ssh.Dial("tcp", ep.Address, &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second})
		}
	}
	t.Fatalf("no console %s", console)
	return nil, nil
}

// dialogue is an interactive session with a terminal.
type dialogue struct {
	t   *testing.T
	s   *ssh.Session
	in  io.Writer
	out chan byte
}

func interact(t *testing.T, c *ssh.Client, start func(*ssh.Session) error) *dialogue {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	d := &dialogue{t: t, s: s, out: make(chan byte, 1<<20)}
	if d.in, err = s.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := start(s); err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 1)
		for {
			if _, err := out.Read(b); err != nil {
				close(d.out)
				return
			}
			d.out <- b[0]
		}
	}()
	return d
}

func (d *dialogue) until(what string) string {
	d.t.Helper()
	var got strings.Builder
	late := time.After(10 * time.Second)
	for !strings.HasSuffix(got.String(), what) {
		select {
		case b, ok := <-d.out:
			if !ok {
				d.t.Fatalf("the session ended before %q, after %q", what, got.String())
			}
			got.WriteByte(b)
		case <-late:
			d.t.Fatalf("waiting for %q after %q", what, got.String())
		}
	}
	return got.String()
}

func (d *dialogue) send(x string) { _, _ = io.WriteString(d.in, x) }

func shellWithTerminal(s *ssh.Session) error {
	if err := s.RequestPty("xterm", 24, 80, ssh.TerminalModes{}); err != nil {
		return err
	}
	return s.Shell()
}

func TestHMCInteractive(t *testing.T) {
	l := startReference(t, "modern.hcl")
	d := interact(t, hmcClient(t, l, "hmc10", "abc123"), shellWithTerminal)
	const prompt = "hscroot@hmc10:~> "
	d.until(prompt)
	for _, c := range []struct{ line, want string }{
		{"lssyscfg -r sys -F name,state; echo Rc=$?", "SYS,Operating\r\nRc=0\r\n"},
		{"lssyscfg -r lpar; echo Rc=$?", "The command entered is either missing a required parameter or a parameter value is invalid. The parameters that are missing or have an invalid value are -m. Please check your entry and retry the command.\r\nRc=1\r\n"},
		{"lssyscfg -r lpar -m SYS -F name:state", "vios-a:Running\r\nlp3:Not Activated\r\nlpar-b:Running\r\n"},
		{"bc", "bash: bc: command not found\r\n"},
		{"echo $?", "127\r\n"},
		{"echo )", "bash: syntax error near unexpected token `)'\r\n"},
		{"x=1", ""},
		{"echo $x", "1\r\n"},
		{"quit", "bash: quit: command not found\r\n"},
		{"", ""},
	} {
		d.send(c.line + "\r")
		if got := d.until(prompt); got != c.line+"\r\n"+c.want+prompt {
			t.Errorf("%s: %q", c.line, got)
		}
	}
	// A line that goes on, an interrupt at the prompt and one that ends a command, the kill key.
	d.send("for i in 1 2; do\r")
	d.until("\r\n> ")
	d.send("echo $i; done\r")
	d.until("1\r\n2\r\n" + prompt)
	d.send("half a line\x03")
	d.until("half a line^C\r\n" + prompt)
	d.send("sleep 99999999\r")
	time.Sleep(30 * time.Millisecond)
	d.send("\x03")
	d.until("^C\r\n" + prompt)
	d.send("echo $?\r")
	d.until("130\r\n" + prompt)
	d.send("wrong\x15uname -n\r")
	d.until("\r\nhmc10\r\n" + prompt)
	d.send("exit 3\r")
	d.until("exit 3\r\nlogout\r\n")
	if ee, ok := d.s.Wait().(*ssh.ExitError); !ok || ee.ExitStatus() != 3 {
		t.Error("the exit code of the shell is lost")
	}
}

func TestHMCLockout(t *testing.T) {
	l := startReference(t, "modern.hcl")
	banner := ""
	try := func(password string) error {
		banner = ""
		for _, ep := range l.Endpoints() {
			if ep.Name == "hmc10" {
				c, err := ssh.Dial("tcp", ep.Address, &ssh.ClientConfig{User: "hscroot", Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
					BannerCallback: func(m string) error { banner += m; return nil }, Timeout: 10 * time.Second})
				if err == nil {
					_ = c.Close()
				}
				return err
			}
		}
		return nil
	}
	for range 3 {
		if try("wrong") == nil || banner != "" {
			t.Fatalf("banner %q", banner)
		}
	}
	if try("abc123") == nil || banner != "The account is locked due to 3 failed logins.\n(5 minutes left to unlock)\n" {
		t.Errorf("banner %q", banner)
	}
}

// The bytes of a virtual terminal (hmc-live-facts.md, section 14).
func TestHMCTerminal(t *testing.T) {
	l := startReference(t, "modern.hcl")
	c := hmcClient(t, l, "hmc10", "abc123")
	open := func(s *ssh.Session) error { return s.Start("mkvterm -m SYS --id 3") }
	holder := interact(t, c, open)
	if got := holder.until("Completed. \r\n  "); got != "\r\n Open in progress  \r\n \r\n Open Completed. \r\n  " {
		t.Errorf("open: %q", got)
	}
	out, errs, rc := remote(t, c, "mkvterm -m SYS -p lp3")
	if out != "\r\n A terminal session is already open for this partition. \r\n Only one open session is allowed for a partition. \r\n Exiting...." || errs != "" || rc != 0 {
		t.Errorf("held: %q %q %d", out, errs, rc)
	}
	if out, _, rc := remote(t, c, "rmvterm -m SYS -p lp3"); out != "Close command sent\n" || rc != 0 {
		t.Errorf("close: %q %d", out, rc)
	}
	const gone = "\r\n Connection has closed \r\n\r\n\r\n This session is no longer connected. Please close this window.\n\n\n "
	if got := holder.until("window.\n\n\n "); got != gone || len(gone) != 98 {
		t.Errorf("evicted: %q", got)
	}
	select {
	case b, ok := <-holder.out:
		t.Errorf("after the eviction: %q, open %v", b, ok)
	case <-time.After(100 * time.Millisecond):
	}
	if out, _, _ := remote(t, c, "lssyscfg -r sys -F name"); out != "SYS\n" {
		t.Errorf("the connection of the evicted session: %q", out)
	}
	// The end of the input ends a terminal, and its slot is free again.
	out, _, rc = remote(t, c, "mkvterm -m SYS -p lp3 < /dev/null")
	if !strings.HasSuffix(out, "The write socket has closed. Exiting.\r\n") || rc != 0 {
		t.Errorf("end of input: %q %d", out, rc)
	}
	again := interact(t, c, open)
	again.until("Completed. \r\n  ")
}

// Old libraries know neither Ed25519 host keys nor the key exchanges of today.
func TestHMCOldLibraries(t *testing.T) {
	l := startReference(t, "modern.hcl")
	for _, algorithm := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA} {
		cfg := &ssh.ClientConfig{User: "hscroot", Auth: []ssh.AuthMethod{ssh.Password("abc123")}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
			HostKeyAlgorithms: []string{algorithm}, Timeout: 10 * time.Second}
		cfg.KeyExchanges = []string{ssh.InsecureKeyExchangeDH14SHA1}
		for _, ep := range l.Endpoints() {
			if ep.Name == "hmc10" {
				if c, err := ssh.Dial("tcp", ep.Address, cfg); err != nil {
					t.Errorf("%s: %v", algorithm, err)
				} else {
					_ = c.Close()
				}
			}
		}
	}
}

// Whatever a client sends, the console goes on answering the others, and nothing is left when the lab is closed.
func TestHMCSurvives(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		l := startReference(t, "modern.hcl")
		defer func() { _ = l.Close() }()
		for _, c := range []struct {
			line, out string
			rc        int
		}{
			{"while true; do echo x; done | head -2; echo after", "x\nx\nafter\n", 0},
			{"while true; do lssyscfg -r sys -F name; done | head -1", "SYS\n", 1},
			{"f() { f; }; f; echo $?", "1\n", 0},
			{"f() { f | f & }; f", "", 0},
			{"eval 'g() { g; }'; g; echo still", "still\n", 0},
			{"echo " + strings.Repeat("a", 200000) + " | wc -c", "200001\n", 0},
			{strings.Repeat("$(", 200) + "echo echo" + strings.Repeat(")", 200) + " 1>/dev/null; echo $?", "0\n", 0},
			{"lssyscfg -r sys -F name" + strings.Repeat(",name", 5000) + " | tr -d ',\\n' | wc -c", "15003\n", 0},
			{"lssyscfg -r lpar -m SYS --filter lpar_names=" + strings.Repeat("z", 50000) + " | cut -c1-30", "HSCL8012 The partition named z\n", 0},
			{"chhwres -r mem -m SYS -o a -p lpar-b -q 99999999999999999999", hmcMissingText("-q"), 1},
			{"false | lssyscfg -r sys -F name; lssyscfg -r sys | false; echo $?", "SYS\n1\n", 0},
		} {
			out, _, rc := l.Run("hmc10", c.line)
			if out != c.out || rc != c.rc {
				t.Errorf("%.60s: %.200q %d", c.line, out, rc)
			}
		}
		c := hmcClient(t, l, "hmc10", "abc123")
		// One that never reads, one that sends anything but lines, and one that goes away in the middle.
		mute, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = mute.StdoutPipe()
		if err := mute.Start("for i in {1..50}; do lslparutil -r lpar -m SYS -n 2000; done"); err != nil {
			t.Fatal(err)
		}
		noise := interact(t, c, shellWithTerminal)
		junk := make([]byte, 5000)
		for i := range junk {
			junk[i] = byte(i*7 + i/256)
		}
		noise.send(strings.ReplaceAll(string(junk), "\x04", "") + "\x03\x03\r")
		noise.send("echo $((20+22))\r")
		noise.until("42\r\n")
		leaver := hmcClient(t, l, "hmc10", "abc123")
		s, err := leaver.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start("while true; do echo x; done"); err != nil {
			t.Fatal(err)
		}
		_ = leaver.Close()
		for _, raw := range []string{"\x00\x00\x00\x00", "GET / HTTP/1.0\r\n\r\n", "SSH-2.0-x\r\n" + strings.Repeat("\xff", 9000)} {
			for _, ep := range l.Endpoints() {
				if conn, err := net.Dial("tcp", ep.Address); err == nil {
					_, _ = io.WriteString(conn, raw)
					_ = conn.Close()
				}
			}
		}
		var wg sync.WaitGroup
		failed := make(chan string, 200)
		for i := range 200 {
			wg.Go(func() {
				s, err := c.NewSession()
				if err != nil {
					failed <- err.Error()
					return
				}
				defer s.Close()
				if out, err := s.Output(fmt.Sprintf("lssyscfg -r lpar -m SYS -F name | sort | head -1; echo %d", i)); string(out) != fmt.Sprintf("lp3\n%d\n", i) {
					failed <- fmt.Sprintf("%q %v", out, err)
				}
			})
		}
		wg.Wait()
		close(failed)
		for f := range failed {
			t.Error(f)
		}
		_ = c.Close()
	}()
	for i := 0; runtime.NumGoroutine() > before+1; i++ {
		if i > 500 {
			buf := make([]byte, 1<<17)
			t.Fatalf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func hmcMissingText(option string) string { return text(hmcBadParam, option) + "\n" }

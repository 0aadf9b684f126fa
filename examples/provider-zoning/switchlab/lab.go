package switchlab

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Lab serves fabrics on loopback. Its directory gets ssh_config, key and known_hosts.
type Lab struct {
	Dir string

	mu      sync.Mutex
	fabrics map[string]*Fabric
	log     []string // SWITCH LINE
	faults  []fault
	listen  []net.Listener
	conns   map[net.Conn]bool
}

type fault struct {
	pattern *regexp.Regexp
	skip    int
	after   bool // the command takes effect before the connection closes
	hang    bool // it does nothing and never answers
}

// Start serves a switch for every name.
func Start(dir string, names ...string) (*Lab, error) {
	l := &Lab{Dir: dir, fabrics: map[string]*Fabric{}, conns: map[net.Conn]bool{}}
	client, host, err := keys(filepath.Join(dir, "key"))
	if err != nil {
		return nil, err
	}
	var config, known strings.Builder
	for _, n := range names {
		l.fabrics[n] = NewFabric(n)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		l.listen = append(l.listen, ln)
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		fmt.Fprintf(&config, "Host %s\n  HostName 127.0.0.1\n  Port %s\n  User admin\n  IdentityFile %s\n  UserKnownHostsFile %s\n", n, port, filepath.Join(dir, "key"), filepath.Join(dir, "known_hosts"))
		fmt.Fprintf(&known, "[127.0.0.1]:%s %s", port, ssh.MarshalAuthorizedKey(host.PublicKey()))
		go l.serve(ln, n, client, host)
	}
	return l, errors.Join(os.WriteFile(filepath.Join(dir, "ssh_config"), []byte(config.String()), 0o600), os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(known.String()), 0o600))
}

func keys(path string) (ssh.PublicKey, ssh.Signer, error) {
	var out [2]ssh.Signer
	for i := range out {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		if out[i], err = ssh.NewSignerFromKey(private); err != nil {
			return nil, nil, err
		}
		if i == 0 {
			block, err := ssh.MarshalPrivateKey(private, "")
			if err != nil {
				return nil, nil, err
			}
			if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
				return nil, nil, err
			}
		}
	}
	return out[0].PublicKey(), out[1], nil
}

// Close ends the lab.
func (l *Lab) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ln := range l.listen {
		_ = ln.Close()
	}
	for c := range l.conns {
		_ = c.Close()
	}
}

// Log is every line that a switch received, as "SWITCH LINE".
func (l *Lab) Log() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.log...)
}

// Run runs a line at a switch as an administrator beside the SSH connections does.
func (l *Lab) Run(name, line string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fabrics[name].Run(line)
}

// Drop closes the connection at the next line that fits, before it takes effect or behind that.
func (l *Lab) Drop(pattern string, after bool) { l.DropNth(pattern, 1, after) }

// DropNth is Drop for the line number n that fits.
func (l *Lab) DropNth(pattern string, n int, after bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fault{pattern: regexp.MustCompile(pattern), skip: n - 1, after: after})
}

// HangNth lets the line number n that fits never answer.
func (l *Lab) HangNth(pattern string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fault{pattern: regexp.MustCompile(pattern), skip: n - 1, hang: true})
}

func (l *Lab) serve(ln net.Listener, name string, client ssh.PublicKey, host ssh.Signer) {
	cfg := &ssh.ServerConfig{PublicKeyCallback: func(m ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if m.User() == "admin" && string(k.Marshal()) == string(client.Marshal()) {
			return nil, nil
		}
		return nil, errors.New("denied")
	}}
	cfg.AddHostKey(host)
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.conns[c] = true
		l.mu.Unlock()
		go func() {
			defer c.Close()
			conn, chans, reqs, err := ssh.NewServerConn(c, cfg)
			if err != nil {
				return
			}
			defer conn.Close()
			go ssh.DiscardRequests(reqs)
			for ch := range chans {
				if ch.ChannelType() != "session" {
					_ = ch.Reject(ssh.UnknownChannelType, "")
					continue
				}
				go l.session(c, ch, name)
			}
		}()
	}
}

// session answers one exec request.
func (l *Lab) session(c net.Conn, nc ssh.NewChannel, name string) {
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	for r := range reqs {
		if r.Type != "exec" {
			_ = r.Reply(false, nil)
			continue
		}
		var p struct{ Line string }
		if err := ssh.Unmarshal(r.Payload, &p); err != nil {
			return
		}
		_ = r.Reply(true, nil)
		l.mu.Lock()
		l.log = append(l.log, name+" "+p.Line)
		var hit *fault
		for i := range l.faults {
			if !l.faults[i].pattern.MatchString(p.Line) {
				continue
			}
			if l.faults[i].skip--; l.faults[i].skip < 0 {
				x := l.faults[i]
				hit, l.faults = &x, append(l.faults[:i:i], l.faults[i+1:]...)
				break
			}
		}
		answer := ""
		if hit == nil || hit.after {
			answer = l.fabrics[name].Run(p.Line)
		}
		l.mu.Unlock()
		switch {
		case hit != nil && hit.hang:
			for range reqs { // until the other side goes
			}
			return
		case hit != nil:
			_ = c.Close()
			return
		}
		_, _ = ch.Write([]byte(answer))
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		return
	}
}

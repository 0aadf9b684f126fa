package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	controlName = "control.sock"
	maxScenario = 64 << 20
)

// Status is what the control server tells about a running lab.
type Status struct {
	Time      time.Time  `json:"time"` // virtual
	Speed     float64    `json:"speed"`
	Commands  int        `json:"commands"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Status of the lab.
func (l *Lab) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Status{Time: l.clock.Now(), Speed: l.speed, Commands: len(l.log), Endpoints: l.Endpoints()}
}

// listenControl opens the control socket in Options.Dir. Only the owner of the directory can reach it.
func (l *Lab) listenControl() error {
	path := filepath.Join(l.opts.Dir, controlName)
	// A lab that was killed leaves its socket behind; one that answers is still there.
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return fmt.Errorf("lab: another lab runs in %s", l.opts.Dir)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("lab: control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = ln.Close()
		return err
	}
	l.control = ln
	srv := &http.Server{Handler: l.controlHandler(), ReadHeaderTimeout: 10 * time.Second}
	l.wg.Add(2)
	go func() {
		defer l.wg.Done()
		_ = srv.Serve(ln)
	}()
	go func() {
		defer l.wg.Done()
		<-l.ctx.Done()
		_ = srv.Close()
	}()
	return nil
}

func (l *Lab) controlHandler() http.Handler {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { reply(w, l.Status()) })
	mux.HandleFunc("GET /log", func(w http.ResponseWriter, _ *http.Request) { reply(w, l.Log()) })
	mux.HandleFunc("GET /estate", func(w http.ResponseWriter, _ *http.Request) {
		src, err := l.Save()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(src)
	})
	mux.HandleFunc("PUT /estate", func(w http.ResponseWriter, r *http.Request) {
		src, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxScenario))
		if err == nil {
			name := r.URL.Query().Get("name")
			if name == "" {
				name = "scenario"
			}
			var sc *Scenario
			if sc, err = Parse(src, name); err == nil {
				err = l.Replace(sc)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("POST /fault", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
		dec.DisallowUnknownFields()
		err := dec.Decode(&f)
		if err == nil {
			err = l.Inject(f)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}

// Control talks to a lab that runs in another process.
type Control struct {
	http *http.Client
}

// Dial finds the lab whose Options.Dir is dir.
func Dial(dir string) (*Control, error) {
	path := filepath.Join(dir, controlName)
	tr := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
		DisableKeepAlives: true,
	}
	c := &Control{http: &http.Client{Transport: tr}}
	if _, err := c.Status(); err != nil {
		return nil, fmt.Errorf("lab: no lab runs in %s: %w", dir, err)
	}
	return c, nil
}

func (c *Control) do(method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequest(method, "http://lab"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(data)))
	}
	return data, nil
}

// Save returns the live estate as a scenario.
func (c *Control) Save() ([]byte, error) { return c.do("GET", "/estate", nil) }

// Replace loads another scenario.
func (c *Control) Replace(src []byte) error {
	_, err := c.do("PUT", "/estate", src)
	return err
}

// Inject puts a fault in place.
func (c *Control) Inject(f Fault) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = c.do("POST", "/fault", body)
	return err
}

// Log is every command line that the lab received.
func (c *Control) Log() ([]Entry, error) {
	var out []Entry
	return out, c.get("/log", &out)
}

// Status of the lab.
func (c *Control) Status() (Status, error) {
	var out Status
	return out, c.get("/status", &out)
}

func (c *Control) get(path string, into any) error {
	data, err := c.do("GET", path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// Package stores opens the store that an estate names.
package stores

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-power/gantry/state"
	"github.com/gantry-power/gantry/state/backend"
	"github.com/gantry-power/gantry/state/backend/etcd"
	"github.com/gantry-power/gantry/state/backend/http"
	"github.com/gantry-power/gantry/state/backend/postgres"
	"github.com/gantry-power/gantry/state/backend/s3"
)

// arguments are what a state block may say, by the type of the store. One that is left out is taken from GANTRY_STATE_NAME in
// the environment, so that one estate can be kept elsewhere in each place that it runs in.
var arguments = map[string][]string{
	"file":     {"path"},
	"postgres": {"conn", "table", "estate"},
	"etcd":     {"endpoints", "prefix", "estate", "ca_file", "cert_file", "key_file", "user"},
	"s3":       {"bucket", "prefix", "endpoint", "region", "estate"},
	"http":     {"address", "update_method", "lock_address", "unlock_address", "lock_method", "unlock_method", "username"},
}

// Types are the stores that there are.
func Types() []string { return slices.Sorted(maps.Keys(arguments)) }

// ArgumentError says what is wrong with a state block, and what to write.
type ArgumentError struct{ Problem, Fix string }

func (e *ArgumentError) Error() string { return e.Problem + " " + e.Fix }

// settings are a state block that was looked at.
type settings struct {
	args     map[string]string
	takeover time.Duration
	keep     int
}

// Check looks at a state block, without asking anybody.
func Check(typ string, args map[string]string) error {
	_, err := look(typ, args)
	return err
}

func look(typ string, args map[string]string) (*settings, error) {
	known, ok := arguments[typ]
	if !ok {
		return nil, &ArgumentError{fmt.Sprintf("There is no state store %q.", typ), "The stores are " + strings.Join(Types(), ", ") + "."}
	}
	common := []string{"history", "takeover"}
	if typ == "http" {
		common = nil // its protocol knows neither
	}
	all := append(slices.Clone(known), common...)
	s := &settings{args: map[string]string{}}
	a := s.args
	for _, k := range all {
		if v := os.Getenv("GANTRY_STATE_" + strings.ToUpper(k)); v != "" {
			a[k] = v
		}
	}
	for k, v := range args {
		if !slices.Contains(all, k) {
			return nil, &ArgumentError{fmt.Sprintf("A state block of type %q has no argument %q.", typ, k), "It takes " + strings.Join(all, ", ") + "."}
		}
		a[k] = v
	}
	var err error
	if v := a["takeover"]; v != "" {
		if s.takeover, err = time.ParseDuration(v); err != nil || s.takeover < 10*time.Second {
			return nil, &ArgumentError{fmt.Sprintf("takeover = %q is no duration of at least ten seconds.", v), "Write it as \"30s\" or \"2m\"."}
		}
	}
	if v := a["history"]; v != "" {
		if s.keep, err = strconv.Atoi(v); err != nil || s.keep < 0 {
			return nil, &ArgumentError{fmt.Sprintf("history = %q is no number of snapshots.", v), "Write it as \"100\"; \"0\" keeps none."}
		}
		if s.keep == 0 {
			s.keep = -1
		}
	}
	for _, k := range required[typ] {
		if a[k[0]] == "" {
			return nil, &ArgumentError{fmt.Sprintf("A state block of type %q needs %s.", typ, k[0]), fmt.Sprintf("Write %s = %q, or set GANTRY_STATE_%s.", k[0], k[1], strings.ToUpper(k[0]))}
		}
	}
	if strings.ContainsAny(a["estate"], "/\x00") {
		return nil, &ArgumentError{fmt.Sprintf("estate = %q cannot be a name in a store.", a["estate"]), "Leave out the slashes."}
	}
	u, err := url.Parse(a["conn"])
	secret := strings.Contains(strings.ReplaceAll(a["conn"], " ", ""), "password=")
	if err == nil && u.User != nil {
		_, has := u.User.Password()
		secret = secret || has
	}
	if secret {
		return nil, &ArgumentError{"conn holds a password, and the files are read by many.", "Take it out and put it into PGPASSWORD or ~/.pgpass."}
	}
	return s, nil
}

// required are what a state block must say, with examples.
var required = map[string][][2]string{
	"http": {{"address", "https://gitlab.example/api/v4/projects/7/terraform/state/payroll"}}, "postgres": {{"estate", "payroll"}}, "etcd": {{"estate", "payroll"}},
	"s3": {{"bucket", "estates"}, {"estate", "payroll"}},
}

// Open opens a store. Relative paths are relative to dir.
func Open(ctx context.Context, typ string, args map[string]string, dir string, c state.Cipher) (state.Store, error) {
	set, err := look(typ, args)
	if err != nil {
		return nil, err
	}
	a, keep, takeover := set.args, set.keep, set.takeover
	file := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	var e backend.Engine
	switch typ {
	case "file":
		path := a["path"]
		if path == "" {
			path = state.DefaultFile
		}
		return &state.File{Path: file(path), Keep: keep, Takeover: takeover, Cipher: c}, nil
	case "http":
		return http.Open(http.Config{Address: a["address"], UpdateMethod: a["update_method"], LockAddress: a["lock_address"], UnlockAddress: a["unlock_address"],
			LockMethod: a["lock_method"], UnlockMethod: a["unlock_method"], Username: a["username"], Cipher: c})
	case "postgres":
		e, err = postgres.Open(ctx, postgres.Config{Conn: a["conn"], Table: a["table"], Estate: a["estate"]})
	case "etcd":
		var endpoints []string
		if a["endpoints"] != "" {
			endpoints = strings.Split(a["endpoints"], ",")
		}
		e, err = etcd.Open(ctx, etcd.Config{Endpoints: endpoints, Prefix: a["prefix"], Estate: a["estate"], CA: file(a["ca_file"]), Cert: file(a["cert_file"]), Key: file(a["key_file"]), User: a["user"]})
	case "s3":
		e, err = s3.Open(ctx, s3.Config{Bucket: a["bucket"], Prefix: a["prefix"], Endpoint: a["endpoint"], Region: a["region"], Estate: a["estate"]})
	}
	if err != nil {
		return nil, fmt.Errorf("the state cannot be reached: %w", err)
	}
	return &backend.Store{Engine: e, Keep: keep, Takeover: takeover, Cipher: c}, nil
}

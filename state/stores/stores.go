// Package stores opens the store that an estate names.
package stores

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// Open opens a store. Relative paths are relative to dir.
func Open(ctx context.Context, typ string, args map[string]string, dir string, c state.Cipher) (state.Store, error) {
	known, ok := arguments[typ]
	if !ok {
		return nil, &ArgumentError{fmt.Sprintf("There is no state store %q.", typ), "The stores are " + strings.Join(Types(), ", ") + "."}
	}
	common := []string{"history", "takeover"}
	if typ == "http" {
		common = nil // its protocol knows neither
	}
	a := map[string]string{}
	for _, k := range append(slices.Clone(known), common...) {
		if v := os.Getenv("GANTRY_STATE_" + strings.ToUpper(k)); v != "" {
			a[k] = v
		}
	}
	for k, v := range args {
		if !slices.Contains(known, k) && !slices.Contains(common, k) {
			return nil, &ArgumentError{fmt.Sprintf("A state block of type %q has no argument %q.", typ, k), "It takes " + strings.Join(append(slices.Clone(known), common...), ", ") + "."}
		}
		a[k] = v
	}
	var takeover time.Duration
	keep := 0
	var err error
	if v := a["takeover"]; v != "" {
		if takeover, err = time.ParseDuration(v); err != nil || takeover < 10*time.Second {
			return nil, &ArgumentError{fmt.Sprintf("takeover = %q is no duration of at least ten seconds.", v), "Write it as \"30s\" or \"2m\"."}
		}
	}
	if v := a["history"]; v != "" {
		if keep, err = strconv.Atoi(v); err != nil || keep < 0 {
			return nil, &ArgumentError{fmt.Sprintf("history = %q is no number of snapshots.", v), "Write it as \"100\"; \"0\" keeps none."}
		}
		if keep == 0 {
			keep = -1
		}
	}
	file := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	need := func(k, example string) error {
		if a[k] == "" {
			return &ArgumentError{fmt.Sprintf("A state block of type %q needs %s.", typ, k), fmt.Sprintf("Write %s = %q, or set GANTRY_STATE_%s.", k, example, strings.ToUpper(k))}
		}
		if strings.ContainsAny(a["estate"], "/\x00") {
			return &ArgumentError{fmt.Sprintf("estate = %q cannot be a name in a store.", a["estate"]), "Leave out the slashes."}
		}
		return nil
	}
	var e backend.Engine
	switch typ {
	case "file":
		path := a["path"]
		if path == "" {
			path = "gantry.state.json"
		}
		return &state.File{Path: file(path), Keep: keep, Takeover: takeover, Cipher: c}, nil
	case "http":
		if err := need("address", "https://gitlab.example/api/v4/projects/7/terraform/state/payroll"); err != nil {
			return nil, err
		}
		return http.Open(http.Config{Address: a["address"], UpdateMethod: a["update_method"], LockAddress: a["lock_address"], UnlockAddress: a["unlock_address"],
			LockMethod: a["lock_method"], UnlockMethod: a["unlock_method"], Username: a["username"], Cipher: c})
	case "postgres":
		if err := need("estate", "payroll"); err != nil {
			return nil, err
		}
		e, err = postgres.Open(ctx, postgres.Config{Conn: a["conn"], Table: a["table"], Estate: a["estate"]})
	case "etcd":
		if err := need("estate", "payroll"); err != nil {
			return nil, err
		}
		var endpoints []string
		if a["endpoints"] != "" {
			endpoints = strings.Split(a["endpoints"], ",")
		}
		e, err = etcd.Open(ctx, etcd.Config{Endpoints: endpoints, Prefix: a["prefix"], Estate: a["estate"], CA: file(a["ca_file"]), Cert: file(a["cert_file"]), Key: file(a["key_file"]), User: a["user"]})
	case "s3":
		if err := errors.Join(need("bucket", "estates"), need("estate", "payroll")); err != nil {
			return nil, err
		}
		e, err = s3.Open(ctx, s3.Config{Bucket: a["bucket"], Prefix: a["prefix"], Endpoint: a["endpoint"], Region: a["region"], Estate: a["estate"]})
	}
	if err != nil {
		return nil, fmt.Errorf("the state cannot be reached: %w", err)
	}
	return &backend.Store{Engine: e, Keep: keep, Takeover: takeover, Cipher: c}, nil
}

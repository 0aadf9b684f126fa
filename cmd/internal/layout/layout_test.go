// Package layout proves that the packages import each other only in the
// directions that docs/architecture.md fixes.
package layout

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/gantry-power/gantry/"

// allowed lists, for each package, the packages of this module that it may
// import. A package that is missing here fails the test.
var allowed = map[string][]string{
	"config/diag":        {},
	"config/schema":      {"config/diag"},
	"config/kinds":       {"config/schema", "config/diag"},
	"config":             {"config/schema", "config/diag"},
	"planner":            {"config/schema", "config/diag", "planner/placement", "planner/rules"},
	"planner/rules":      {"config/schema", "config/diag", "planner/placement"},
	"planner/placement":  {},
	"providers":          {"config/schema", "config/diag", "planner"},
	"providers/console":  {"config/diag", "config/schema"}, // schema: an endpoint's configuration is a value
	"providers/lpar":     {"providers", "providers/console", "planner", "config/diag", "config/kinds", "config/schema"},
	"providers/aix":      {"providers", "providers/console", "planner", "config/schema", "config/diag"},
	"providers/hmc":      {"providers", "providers/console", "providers/lpar", "planner", "config/schema", "config/diag"},
	"providers/ivm":      {"providers", "providers/console", "providers/lpar", "planner", "config/schema", "config/diag"},
	"providers/plugin":   {"providers", "providers/console", "planner", "config/schema", "config/diag"},
	"providers/registry": {},
	// It plays Gantry around the provider that it tests.
	"providers/providertest":   {"config", "config/kinds", "config/schema", "planner", "providers", "providers/plugin"},
	"providers/sdk":            {"providers", "providers/plugin", "providers/console", "planner", "config/schema", "config/diag"},
	"providers/lab":            {},
	"providers/internal/bench": {"providers/lab", "providers/providertest"}, // for tests
	"state":                    {"config/schema", "config/diag"},
	"state/backend":            {"state"},
	"state/backend/etcd":       {"state/backend"},
	"state/backend/http":       {"state", "state/backend"},
	"state/backend/postgres":   {"state/backend"},
	"state/backend/s3":         {"state/backend"},
	"state/statetest":          {"config/schema", "state"},
	"state/seal":               {},
	"state/stores":             {"state", "state/backend", "state/backend/etcd", "state/backend/http", "state/backend/postgres", "state/backend/s3"},
	"cmd/internal/run":         {"config", "config/schema", "config/diag", "planner", "providers", "state", "state/seal", "state/stores"},
	"cmd/internal/view":        {"cmd/internal/run", "config", "config/schema", "config/diag", "planner", "providers", "state"},
	"cmd/internal/layout":      {},
	"cmd/internal/audit":       {"providers/console"},
	"examples":                 {},
}

// anything may be imported by the programs.
var programs = map[string]bool{"cmd/gantry": true, "cmd/gantry-bench": true}

func TestDirections(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, module)
		if programs[name] {
			continue
		}
		may, known := allowed[name]
		if !known {
			t.Errorf("%s is not in the list of packages; add it with what it may import", name)
			continue
		}
		sort.Strings(may)
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module); ok {
				if n := sort.SearchStrings(may, own); n == len(may) || may[n] != own {
					t.Errorf("%s imports %s, which its place in the layout does not allow", name, own)
				}
			}
		}
	}
	if seen < len(allowed) {
		t.Errorf("go list shows %d packages, the layout has %d", seen, len(allowed))
	}
}

// The pure packages must not reach for the outside world.
func TestPure(t *testing.T) {
	for _, p := range []string{"config/diag", "config/schema", "config/kinds", "planner", "planner/rules", "planner/placement"} {
		out, err := exec.Command("go", "list", "-f", "{{join .Imports \" \"}}", module+p).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range strings.Fields(string(out)) {
			switch i {
			case "os", "net", "os/exec", "context", "log", "math/rand", "crypto/rand", "io/ioutil", "syscall":
				t.Errorf("%s imports %s; it is a pure package", p, i)
			}
		}
	}
}

package providertest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/providertest"
	"github.com/gantry-power/gantry/providers/sdk"
)

// manager is another kind of console for the kinds that Gantry brings: one system with partitions.
type manager struct {
	mu    sync.Mutex
	parts map[string][3]int // memory: minimum, desired, maximum in MiB
	lines []string
}

func (m *manager) Send(_ context.Context, line string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, line)
	f := strings.Fields(line)
	switch f[0] {
	case "set":
		var v [3]int
		if _, err := fmt.Sscan(strings.Join(f[2:], " "), &v[0], &v[1], &v[2]); err != nil {
			return "", &sdk.Refusal{Command: line, Answer: err.Error(), Exit: 2}
		}
		m.parts[f[1]] = v
	case "rm":
		delete(m.parts, f[1])
	}
	return "", nil
}

func partitions(st *sdk.Step) {
	if st.Action == sdk.Delete {
		st.Command("rm", st.Before.Str("name"))
		return
	}
	st.Command("set", st.After.Str("name"), fmt.Sprint(st.After.Num("memory.minimum")), fmt.Sprint(st.After.Num("memory.desired")), fmt.Sprint(st.After.Num("memory.maximum")))
}

// A core kind can be implemented for another manager: the planner treats its objects as those of an HMC.
func TestCoreKindOfAnotherManager(t *testing.T) {
	var current *manager
	discover := func(ctx context.Context, m *manager, emit func(kind string, o sdk.Object)) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.lines = append(m.lines, "list")
		used := 0
		for name, v := range m.parts {
			used += v[1]
			emit("partition", sdk.Object{Values: map[string]any{"name": name, "system": "8888-42A*1", "state": "off", "environment": "aixlinux", "holds_memory": v[1],
				"memory": map[string]any{"minimum": v[0], "desired": v[1], "maximum": v[2]}}})
		}
		emit("system", sdk.Object{ID: "8888-42A*1", Values: map[string]any{"name": "one", "type_model": "8888-42A", "serial_number": "1", "state": "Operating", "memory": map[string]any{"available": 65536 - used, "configurable": 65536, "region": 256}}})
		return nil
	}
	p := &sdk.Provider[*manager]{Name: "other", Version: "1.0.0", Discover: discover, Connect: func(context.Context, *sdk.Endpoint) (*manager, error) { return current, nil },
		Kinds: []sdk.Kind[*manager]{
			{Core: true, Schema: sdk.Schema{Name: "system", Existing: true}},
			{Core: true, Schema: sdk.Schema{Name: "partition"}, Explain: partitions, ID: func(v sdk.View) string { return v.Str("system") + "/" + v.Str("name") }},
		}}
	providertest.Run(t, providertest.Suite{Name: "other", Provider: func() providers.Provider { return sdk.Adapt(p) },
		Console: func(testing.TB) providertest.Console {
			m := &manager{parts: map[string][3]int{}}
			current = m
			return providertest.Console{
				Sent:  func() []string { m.mu.Lock(); defer m.mu.Unlock(); return append([]string(nil), m.lines...) },
				Drift: func() { m.mu.Lock(); defer m.mu.Unlock(); m.parts["db"] = [3]int{1024, 4096, 8192} },
			}
		},
		Estate: `
provider "other" "one" {
  host = "nowhere"
}
system "one" {
  type_model    = "8888-42A"
  serial_number = "1"
}
partition "db" {
  system = system.one
  memory {
    minimum = "1GiB"
    desired = "2GiB"
    maximum = "8GiB"
  }
}
`,
		Changes: []providertest.Edit{{Old: `desired = "2GiB"`, New: `desired = "3GiB"`}},
		Refused: []providertest.Refusal{{Edit: providertest.Edit{Old: `maximum = "8GiB"`, New: `maximum = "1GiB"`}, Says: "is more than"}},
	})
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built compiles a program once for all tests of this process.
var built sync.Map

func program(t *testing.T, pkg string) string {
	t.Helper()
	once, _ := built.LoadOrStore(pkg, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "built")
		if err != nil {
			return "", err
		}
		p := filepath.Join(dir, filepath.Base(pkg))
		cmd := exec.Command("go", "build", "-o", p, ".")
		cmd.Dir = pkg
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		return p, nil
	}))
	p, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bench is an estate of things that the hostile provider keeps.
type bench struct {
	site
	things, tmp, bin string
	env              []string
}

func newBench(t *testing.T, pkg string) *bench {
	t.Helper()
	b := &bench{site: site{t: t, dir: t.TempDir()}, things: filepath.Join(t.TempDir(), "things"), bin: program(t, pkg)}
	var err error
	if b.tmp, err = os.MkdirTemp("", "g"); err != nil { // a socket's path is short
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(b.tmp) })
	if err := os.Mkdir(b.things, 0o755); err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs gantry with the provider standing in, which misbehaves as the mode says.
func (b *bench) run(mode string, args ...string) (string, int) {
	b.t.Helper()
	cmd := exec.Command("gantry", args...)
	cmd.Dir = b.dir
	cmd.Env = append(append(os.Environ(), "HOSTILE="+mode, "GANTRY_DEV_PROVIDERS=hostile="+b.bin, "GANTRY_PLUGIN_TIMEOUT=2s", "TMPDIR="+b.tmp, "NO_COLOR=1", "USER=tester"), b.env...)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		b.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// clean: no process of the provider and no socket are left.
func (b *bench) clean(when string) {
	b.t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var left []string
		procs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, p := range procs {
			env, _ := os.ReadFile(p)
			if exe, _ := os.Readlink(filepath.Join(filepath.Dir(p), "exe")); exe == b.bin && strings.Contains(string(env), "TMPDIR="+b.tmp) {
				left = append(left, p)
			}
		}
		files, _ := os.ReadDir(b.tmp)
		for _, f := range files {
			left = append(left, f.Name())
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s: left behind: %v", when, left)
		}
	}
}

func (b *bench) have() string {
	b.t.Helper()
	entries, err := os.ReadDir(b.things)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		text, _ := os.ReadFile(filepath.Join(b.things, e.Name()))
		out = append(out, e.Name()+"="+string(text))
	}
	return strings.Join(out, " ")
}

func (b *bench) good(args ...string) string {
	b.t.Helper()
	out, code := b.run("", args...)
	if code != 0 {
		b.t.Fatalf("gantry %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

const hostileEstate = `gantry {
  required_providers {
    hostile = { source = "example.org/hostile" }
  }
}
provider "hostile" "here" {
  directory = "DIR"
}
thing "a" {
  size = 1
}
`

// Whatever a plugin does: one clear error names it, no process and no socket stay, the state loses nothing, and no plan changes silently.
func TestHostilePlugins(t *testing.T) {
	t.Parallel()
	plan, apply := []string{"plan"}, []string{"apply", "-auto-approve"}
	for _, c := range []struct {
		mode string
		args []string
		says string
	}{
		{"start-exit", plan, "the plugin hostile failed while it was asked to start"},
		{"start-garbage", plan, "it is no plugin of Gantry; it printed: Welcome!"},
		{"start-flood", plan, "the plugin hostile failed while it was asked to start"},
		{"start-hang", plan, "the plugin hostile failed while it was asked to start"},
		{"start-protocol", plan, "Plugin version: 7"},
		{"describe-die", plan, "say what it can do: the process has ended"},
		{"describe-hang", plan, "it did not answer for 2s"},
		{"describe-json", plan, "its answer is no JSON of the right form"},
		{"describe-form", plan, "its answer is no JSON of the right form"},
		{"describe-huge", plan, "more than 16 MiB"},
		{"describe-name", plan, `it calls itself "harmless"`},
		{"describe-kind", plan, `"for_each" cannot be the name of an attribute`},
		{"describe-core", plan, "has a kind partition, and Gantry has one too"},
		{"facts-die", plan, "take the facts: the process has ended"},
		{"open-die", plan, "open hostile.here: the process has ended"},
		{"open-hang", plan, "it did not answer for 2s"},
		{"open-json", plan, "its answer is no JSON of the right form"},
		{"discover-die", plan, "discover hostile.here: the process has ended"},
		{"discover-hang", plan, "nothing was heard of it for 2s"},
		{"discover-json", plan, "an answer is no JSON of the right form"},
		{"discover-form", plan, "an answer is no JSON of the right form"},
		{"discover-huge", plan, "more than 16 MiB"},
		{"discover-cut", plan, "it ended before it was done"},
		{"discover-schema", plan, "breaks its schema: size"},
		{"discover-extra", plan, "colour is not an attribute of the kind"},
		{"discover-kind", plan, "it reported a partition, and does not say that it handles such"},
		{"explain-die", plan, "the process has ended"},
		{"explain-hang", plan, "it did not answer for 2s"},
		{"explain-json", plan, "its answer is no JSON of the right form"},
		{"explain-huge", plan, "more than 16 MiB"},
		{"explain-other", plan, ""}, // there is no way to say so
		{"explain-lower", plan, "disruption-lowered"},
		{"explain-lower-change", plan, "it calls the change of size none, which the planner calls restart"},
		{"explain-value", plan, "it changed what is declared: size"},
		{"explain-endpoint", plan, ""},
		{"apply-die", apply, "the process has ended"},
		{"apply-die-before", apply, "the process has ended"},
		{"apply-die-after", apply, "the process has ended"},
		{"apply-hang", apply, "nothing was heard of it for 2s"},
		{"apply-json", apply, "an answer is no JSON of the right form"},
		{"apply-huge", apply, "more than 16 MiB"},
		{"apply-cut", apply, "it ended before it was done"},
		{"apply-kind", apply, "it reported a partition"},
		{"apply-outcome", apply, `"great" is no outcome`},
		{"apply-value", apply, "thing.a"},
		{"apply-schema", apply, "breaks its schema: size"},
		{"describe-null", plan, "one of its kinds is nothing"},
		{"discover-silent", plan, "it failed and gave no reason"},
		{"discover-id", plan, `with the identity "hostile.here/zzz"`},
		{"discover-novalue", plan, "it reported a thing without a value"},
		{"discover-twice", plan, "it reported the thing hostile.here/a twice"},
		{"discover-keys", plan, ""},
		{"explain-extra", plan, "colour is not an attribute"},
		{"explain-id", plan, ""}, // there is no way to say so
		{"explain-paint", plan, ""},
		{"explain-stop", plan, "it did not answer for 2s"},
		{"apply-nothing", apply, "it says that the step is not done, and not why"},
		{"apply-id", apply, `with the identity "hostile.here/other"`},
		{"apply-noid", apply, "with the identity"},
		{"close-hang", plan, ""},
		{"close-die", plan, ""},
		{"flood", plan, ""},
		{"discover-address", plan, ""},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "testdata/hostile")
			b.write(strings.Replace(hostileEstate, "DIR", b.things, 1))
			b.good("apply", "-auto-approve")
			b.write(strings.Replace(b.read(), "size = 1", "size = 2", 1) + "thing \"b\" {\n  size = 5\n}\n")
			planned := b.good("plan")
			state, err := os.ReadFile(filepath.Join(b.dir, "gantry.state.json"))
			if err != nil {
				t.Fatal(err)
			}
			out, code := b.run(c.mode, c.args...)
			b.clean(c.mode)
			if c.says == "" {
				if code != 0 || !strings.Contains(out, "1 change, 1 thing to create") {
					t.Errorf("exit %d\n%s\nand honestly\n%s", code, out, planned)
				}
			} else {
				if code == 0 || !strings.Contains(out, c.says) || !strings.Contains(out, "hostile") {
					t.Errorf("exit %d, and %q is wanted:\n%s", code, c.says, out)
				}
				if n := strings.Count(out, "the plugin hostile failed"); n > 1 && c.args[0] == "plan" {
					t.Errorf("%d errors:\n%s", n, out)
				}
			}
			if strings.ContainsRune(out, 0x1b) {
				t.Errorf("it paints on the terminal: %q", out)
			}
			if c.args[0] == "plan" {
				if now, _ := os.ReadFile(filepath.Join(b.dir, "gantry.state.json")); string(now) != string(state) || b.have() != "a=1" {
					t.Errorf("something changed: %s\n%s", b.have(), now)
				}
			}
			b.good("apply", "-auto-approve")
			if out := b.good("plan", "-detailed-exitcode"); !strings.Contains(out, "Nothing to do: 2 objects") || b.have() != "a=2 b=5" {
				t.Errorf("%s\n%s", b.have(), out)
			}
			b.clean("at the end")
		})
	}
}

// The process is killed at any moment of an apply: as if Gantry had been killed, the next apply settles and converges.
func TestKilledPlugin(t *testing.T) {
	t.Parallel()
	for _, whom := range []string{"plugin", "gantry"} {
		t.Run(whom, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "testdata/hostile")
			b.write(strings.Replace(hostileEstate, "DIR", b.things, 1))
			b.good("apply", "-auto-approve")
			b.write(strings.Replace(b.read(), "size = 1", "size = 2", 1))
			cmd := exec.Command("gantry", "apply", "-auto-approve")
			cmd.Dir = b.dir
			cmd.Env = append(os.Environ(), "HOSTILE=apply-slow", "GANTRY_DEV_PROVIDERS=hostile="+b.bin, "TMPDIR="+b.tmp, "NO_COLOR=1", "USER=tester")
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := os.Remove(b.things + ".begun"); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for {
				if text, _ := os.ReadFile(b.things + ".begun"); len(text) > 0 {
					pid := strings.TrimSpace(string(text))
					if whom == "gantry" {
						pid = fmt.Sprint(cmd.Process.Pid)
					}
					if text, err := exec.Command("kill", "-9", pid).CombinedOutput(); err != nil {
						t.Fatalf("%v %s", err, text)
					}
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if err := cmd.Wait(); err == nil {
				t.Fatal("the apply ended well")
			}
			if whom == "plugin" && !strings.Contains(out.String(), "the plugin hostile failed while it was asked to apply update:thing.a: the process has ended") {
				t.Error(out.String())
			}
			b.clean("killed")
			if out := b.good("plan"); !strings.Contains(out, "An earlier run left open") {
				t.Error(out)
			}
			b.good("apply", "-auto-approve")
			if out := b.good("plan"); !strings.Contains(out, "Nothing to do") || b.have() != "a=2" {
				t.Errorf("%s\n%s", b.have(), out)
			}
		})
	}
}

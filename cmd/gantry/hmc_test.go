package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-power/gantry/providers/lab"
)

// site is an estate in a directory of its own, with a lab of its own.
type site struct {
	t   *testing.T
	dir string
	lab *lab.Lab
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	sc, err := lab.Load("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "lab") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	if s.lab, err = lab.Start(sc, lab.Options{Dir: dir, Speed: 5000}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.lab.Close(); _ = os.RemoveAll(dir) })
	b, err := os.ReadFile("testdata/hmc/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write(string(b))
	return s
}

func (s *site) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "main.hcl"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// edit replaces a text in the estate that stands there once.
func (s *site) edit(old, new string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "main.hcl")
	b, err := os.ReadFile(path)
	if err != nil || strings.Count(string(b), old) != 1 {
		s.t.Fatalf("%q does not stand once in the estate (%v)", old, err)
	}
	s.write(strings.Replace(string(b), old, new, 1))
}

// gantry runs the real command as a process.
func (s *site) gantry(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command("gantry", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GANTRY_SSH_CONFIG="+s.lab.SSHConfig(), "NO_COLOR=1", "USER=tester")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		s.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func (s *site) must(args ...string) string {
	s.t.Helper()
	out, rc := s.gantry(args...)
	if rc != 0 {
		s.t.Fatalf("gantry %s: exit code %d\n%s", strings.Join(args, " "), rc, out)
	}
	return out
}

// settled: nothing is left to do, and nothing is there that nobody asked for.
func (s *site) settled() {
	s.t.Helper()
	if out := s.must("plan"); !strings.Contains(out, "The estate is as declared") {
		s.t.Errorf("the plan is not empty:\n%s", out)
	}
}

func (s *site) console(line string) string {
	s.t.Helper()
	out, errs, rc := s.lab.Run("hmc1", line)
	if rc != 0 {
		s.t.Fatalf("%s: exit %d\n%s%s", line, rc, out, errs)
	}
	return out
}

var changeLine = regexp.MustCompile(`(?m)^ +hmc\.one change +(.*?)(?:   # .*)?$`)

// planned are the commands of the plan that change something.
func (s *site) planned() []string {
	s.t.Helper()
	var out []string
	for _, m := range changeLine.FindAllStringSubmatch(s.must("plan", "-commands"), -1) {
		out = append(out, m[1])
	}
	return out
}

// What was reviewed is what is sent: the commands of the plan, no more and no
// fewer, in the log of the console.
func TestHMCCommandsAreThePlans(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	planned := s.planned()
	if len(planned) < 15 {
		t.Fatalf("only %d commands planned:\n%s", len(planned), strings.Join(planned, "\n"))
	}
	before := len(s.lab.Log())
	s.must("apply", "-auto-approve")
	var sent []string
	reading := regexp.MustCompile(`^(export LANG|lssyscfg|lslparmigr|lshwres)`)
	for _, e := range s.lab.Log()[before:] {
		if !reading.MatchString(e.Line) {
			sent = append(sent, e.Line)
		}
	}
	if !slices.Equal(planned, sent) {
		t.Errorf("planned:\n%s\n\nsent:\n%s", strings.Join(planned, "\n"), strings.Join(sent, "\n"))
	}
	s.settled()
}

// From an empty frame to a running partition and back: destroy leaves the frame
// as it was found.
func TestHMCDestroyLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// The estate wants what the disks need anyway, so that only the partition comes and goes.
	s.edit(`id = "1000000000000" }`, "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"")
	s.must("apply", "-auto-approve", "-target", "disk.root")
	before := s.must("discover", "-json")
	s.must("apply", "-auto-approve")
	if s.must("discover", "-json") == before {
		t.Fatal("apply has changed nothing")
	}
	s.must("destroy", "-auto-approve", "-allow-destroy", "1")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// Every command of an apply fails, is dropped before it has an effect, or after.
// The error names the object and the command; the next apply converges; nothing
// is lost and nothing is made twice.
func TestHMCFaultAtEveryCommand(t *testing.T) {
	commands := func() []string {
		s := newSite(t)
		return s.planned()
	}()
	step := 1
	if testing.Short() {
		step = 5
	}
	for _, action := range []string{lab.FaultFail, lab.FaultDropBefore, lab.FaultDropAfter} {
		for i := 0; i < len(commands); i += step {
			t.Run(fmt.Sprintf("%s-%02d", action, i), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				word, same := strings.Fields(commands[i])[0], 0
				for _, c := range commands[:i] {
					if beginning(c) == beginning(commands[i]) {
						same++
					}
				}
				f := lab.Fault{Action: action, Console: "hmc1", Command: "^" + regexp.QuoteMeta(beginning(commands[i])), Skip: same}
				if action == lab.FaultFail {
					f.Message = "HSCL3FFF Injected."
				}
				if err := s.lab.Inject(f); err != nil {
					t.Fatal(err)
				}
				out, rc := s.gantry("apply", "-auto-approve")
				if action != lab.FaultDropAfter && rc == 0 {
					t.Errorf("the fault at %s went unnoticed:\n%s", commands[i], out)
				}
				if rc != 0 && (!strings.Contains(out, "partition.db") || !strings.Contains(out, word)) {
					t.Errorf("the error does not name object and command:\n%s", out)
				}
				for try := 0; rc != 0; try++ {
					if try == 3 {
						t.Fatalf("no convergence:\n%s", out)
					}
					out, rc = s.gantry("apply", "-auto-approve", "-allow-destroy", "0")
				}
				s.settled()
				if n := strings.Count(s.console("lssyscfg -r lpar -m frame1 -F name"), "\n"); n != 3 {
					t.Errorf("%d partitions instead of 3", n)
				}
				for _, sub := range []string{"scsi", "fc"} {
					rows := s.console("lshwres -r virtualio --rsubtype " + sub + " --level lpar -m frame1 -F lpar_name,slot_num,adapter_type")
					if n := strings.Count(rows, "server"); n != 2 {
						t.Errorf("%d %s server adapters instead of 2:\n%s", n, sub, rows)
					}
				}
			})
		}
	}
}

// beginning is how a command begins as the console's shell runs it, without the
// quotes, up to what an inner command puts in.
func beginning(c string) string {
	if strings.HasPrefix(c, "viosvrcmd") {
		outer, _, _ := strings.Cut(c, "$(")
		return strings.TrimSpace(strings.ReplaceAll(outer, `"`, ""))
	}
	return strings.TrimSpace(c[:strings.IndexAny(c+`"`, `"'`)])
}

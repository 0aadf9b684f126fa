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
	"time"

	"github.com/gantry-power/gantry/providers/lab"
)

// site is an estate in a directory of its own, with a lab of its own.
type site struct {
	t   tb
	dir string
	lab *lab.Lab

	input string // for the next run of the command
}

// tb is what the helpers need of a test; a property has its own.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
}

func newSite(t *testing.T) *site {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return startSite(t, b)
}

func startSite(t *testing.T, scenario []byte) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	sc, err := lab.Parse(scenario, "scenario.hcl")
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

func (s *site) read() string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "main.hcl"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
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
	cmd.Stdout, cmd.Stderr, cmd.Stdin = &out, &out, strings.NewReader(s.input)
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		s.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// feed is gantry with something on its standard input.
func (s *site) feed(input string, args ...string) (string, int) {
	s.t.Helper()
	s.input = input
	defer func() { s.input = "" }()
	return s.gantry(args...)
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
	return s.on("hmc1", line)
}

// on runs a command on a console behind Gantry's back.
func (s *site) on(console, line string) string {
	s.t.Helper()
	out, errs, rc := s.lab.Run(console, line)
	if rc != 0 {
		s.t.Fatalf("%s: exit %d\n%s%s", line, rc, out, errs)
	}
	return out
}

var changeLine = regexp.MustCompile(`(?m)^ +hmc\.one change +(.*?)(?:   # .*)?$`)

// planned are the commands of the plan that change something.
func (s *site) planned(args ...string) []string {
	s.t.Helper()
	var out []string
	for _, m := range changeLine.FindAllStringSubmatch(s.must(append([]string{"plan", "-commands"}, args...)...), -1) {
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

// Every command of an apply fails, is dropped before it has an effect or after, or is never answered.
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
	for _, action := range []string{lab.FaultFail, lab.FaultDropBefore, lab.FaultDropAfter, lab.FaultHang} {
		if action == lab.FaultHang && os.Getenv("GANTRY_FULL") == "" {
			step = 5 // each waits for its timeout
		}
		for i := 0; i < len(commands); i += step {
			t.Run(fmt.Sprintf("%s-%02d", action, i), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				word := strings.Fields(commands[i])[0]
				if action == lab.FaultHang {
					s.edit("host = \"hmc1\"", "host = \"hmc1\"\n  command_timeout = \"4s\"")
				}
				s.faultAt(action, commands, i)
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

// mustNot runs a command that has to be refused, and returns what it said.
func (s *site) mustNot(args ...string) string {
	s.t.Helper()
	out, rc := s.gantry(args...)
	if rc == 0 {
		s.t.Fatalf("gantry %s was not refused:\n%s", strings.Join(args, " "), out)
	}
	return out
}

// says fails unless every part stands in the text.
func (s *site) says(text string, parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			s.t.Errorf("%q is not said:\n%s", p, text)
		}
	}
}

// memory is what runs, and what the profile has, in MiB, and the partition's id.
func (s *site) memory() string {
	s.t.Helper()
	return strings.TrimSpace(s.console("lshwres -r mem -m frame1 --level lpar --filter lpar_names=db -F curr_mem,lpar_id")) +
		" " + strings.TrimSpace(s.console("lssyscfg -r prof -m frame1 --filter lpar_names=db -F desired_mem"))
}

// reachable waits until the partition's operating system has met the console.
func (s *site) reachable() {
	s.t.Helper()
	s.until("hmc1", "lssyscfg -r lpar -m frame1 --filter lpar_names=db -F rmc_state", "active")
}

// until waits for an answer with some words in it: what a console takes up goes on behind its answer.
func (s *site) until(console, line, words string) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(s.on(console, line), words) {
			return
		}
	}
	s.t.Fatalf("%s: never %s", line, words)
}

// movable applies the estate with a root disk that both frames may open.
func movable(t *testing.T) *site {
	s := newSite(t)
	s.edit(`id = "1000000000000" }`, "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"")
	s.must("apply", "-auto-approve")
	s.reachable()
	return s
}

// A memory change is made while the partition runs, the profile follows and keeps
// everything else, and it is the same partition.
func TestHMCMemoryIsChangedInPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.reachable()
	id := s.memory()
	if id != "8192,3 8192" {
		t.Fatal(id)
	}
	rest := regexp.MustCompile(`desired_mem=\d+`)
	profile := func() string { return s.console("lssyscfg -r prof -m frame1 --filter lpar_names=db") }
	before, from := profile(), len(s.lab.Log())
	s.edit(`desired = "8GiB"`, `desired = "12GiB"`)
	s.says(s.must("plan"), "memory.desired   8 GiB -> 12 GiB   online; the profile follows", "nobody is stopped")
	s.must("apply", "-auto-approve")
	if got := s.memory(); got != "12288,3 12288" {
		t.Errorf("now %s", got)
	}
	if after := profile(); rest.ReplaceAllString(after, "") != rest.ReplaceAllString(before, "") || after == before {
		t.Errorf("the profile was\n%sand is\n%s", before, after)
	}
	for _, e := range s.lab.Log()[from:] {
		if strings.HasPrefix(e.Line, "rmsyscfg") || strings.HasPrefix(e.Line, "mksyscfg") {
			t.Errorf("sent %s", e.Line)
		}
	}
	s.settled()
	// The profile alone has no online way; the partition takes it when it is activated.
	s.edit(`maximum = "16GiB"`, `maximum = "32GiB"`)
	s.says(s.must("plan"), "memory.maximum", "activation")
}

// What was changed by hand is shown, and reconcile says which of the two is right.
func TestHMCDrift(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.reachable()
	s.console("chhwres -r mem -m frame1 -o r -p db -q 1024")
	s.says(s.must("plan"), "drift", "memory.desired", "8 GiB -> 7 GiB", "profile: 8 GiB")
	s.must("apply", "-auto-approve")
	if got := s.memory(); got != "8192,3 8192" {
		t.Errorf("now %s", got)
	}
	s.settled()
	// Nothing is declared about the weight any more, so reconcile decides.
	s.edit("    weight  = 128\n", "")
	s.must("apply", "-auto-approve")
	weights := func() string {
		return strings.TrimSpace(s.console("lshwres -r proc -m frame1 --level lpar --filter lpar_names=db -F run_uncap_weight")) + "/" +
			strings.TrimSpace(s.console("lssyscfg -r prof -m frame1 --filter lpar_names=db -F uncap_weight"))
	}
	s.console("chhwres -r proc -m frame1 -o s -p db -a uncap_weight=200")
	if got := weights(); got != "200/128" {
		t.Fatal(got)
	}
	s.edit("  description = \"payroll\"\n", "  description = \"payroll\"\n  reconcile = \"running\"\n")
	s.must("apply", "-auto-approve")
	if got := weights(); got != "200/200" {
		t.Errorf("reconcile = running made it %s", got)
	}
	s.settled()
	s.console("chhwres -r proc -m frame1 -o s -p db -a uncap_weight=100")
	s.edit(`reconcile = "running"`, `reconcile = "profile"`)
	s.must("apply", "-auto-approve")
	if got := weights(); got != "200/200" {
		t.Errorf("reconcile = profile made it %s", got)
	}
	s.settled()
}

// Adapters come and go while the partition runs, on both sides and in every profile.
func TestHMCAdaptersComeAndGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.reachable()
	before := s.must("discover", "-json")
	en1, npiv := "  ethernet \"en1\" {\n    network = network.backup\n  }\n", "  npiv \"c\" {\n    fabric = \"A\"\n  }\n"
	s.edit("  npiv \"a\" {", en1+npiv+"  npiv \"a\" {")
	s.must("apply", "-auto-approve")
	if n := strings.Count(s.console("lshwres -r virtualio --rsubtype eth --level lpar -m frame1 --filter lpar_names=db -F slot_num"), "\n"); n != 2 {
		t.Errorf("%d Ethernet adapters", n)
	}
	if n := strings.Count(s.console("lshwres -r virtualio --rsubtype fc --level lpar -m frame1 --filter lpar_names=db -F slot_num"), "\n"); n != 3 {
		t.Errorf("%d Fibre Channel adapters", n)
	}
	// The profile has the port names that run, or the next activation would take others that nobody has zoned.
	for _, line := range strings.Split(strings.TrimSpace(s.console("lshwres -r virtualio --rsubtype fc --level lpar -m frame1 --filter lpar_names=db -F wwpns")), "\n") {
		s.says(s.console("lssyscfg -r prof -m frame1 --filter lpar_names=db -F virtual_fc_adapters"), strings.Trim(line, `"`))
	}
	s.settled()
	s.edit(en1+npiv, "")
	s.says(s.mustNot("plan"), "destroy-budget", "-allow-destroy 1") // the port names go for good
	s.must("apply", "-auto-approve", "-allow-destroy", "9")
	s.settled()
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// A running partition with disks over two Virtual I/O Servers and NPIV moves live,
// the journey that fails in the middle is undone, and a lost answer is followed up.
func TestHMCMigration(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*lab.Fault{
		"clean":       nil,
		"fails":       {Action: lab.FaultFail, Console: "hmc1", Command: "^migrlpar -o m", Message: "HSCLA27C The operation to get the physical device location failed."},
		"drop before": {Action: lab.FaultDropBefore, Console: "hmc1", Command: "^migrlpar -o m"},
		"drop after":  {Action: lab.FaultDropAfter, Console: "hmc1", Command: "^migrlpar -o m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := movable(t)
			s.edit("system      = system.f1", "system      = system.f2")
			s.says(s.must("plan"), "1 live migration", "1, the same LUN through f1vios1, f1vios2 -> f2vios1, f2vios2", "validated by the console", "both must be zoned")
			if f != nil {
				if err := s.lab.Inject(*f); err != nil {
					t.Fatal(err)
				}
			}
			out, rc := s.gantry("apply", "-auto-approve")
			if name == "fails" {
				s.says(out, "HSCLA27C", "partition.db", "migrlpar -o m")
			}
			for try := 0; rc != 0 && try < 3; try++ {
				out, rc = s.gantry("apply", "-auto-approve")
			}
			if rc != 0 {
				t.Fatal(out)
			}
			s.settled()
			rows := s.console("lssyscfg -r lpar -m frame2 -F name,state") + s.console("lssyscfg -r lpar -m frame1 -F name,state")
			if strings.Count(rows, "db,") != 1 || !strings.HasPrefix(rows, "db,Running") {
				t.Errorf("the partition is not on the target alone:\n%s", rows)
			}
			// And home again: the source has nothing left in its way.
			s.edit("system      = system.f2", "system      = system.f1")
			s.must("apply", "-auto-approve")
			s.settled()
		})
	}
}

// A transfer that stalls is reported while it stalls, is not a failure, and ends as it should.
func TestHMCMigrationStalls(t *testing.T) {
	t.Parallel()
	s := movable(t)
	s.edit("system      = system.f1", "system      = system.f2")
	s.edit("  npiv \"a\" {", "  mobility {\n    stalled_after = \"1s\"\n  }\n  npiv \"a\" {")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultStall, Partition: "db", Percent: 40, Delay: lab.Duration(4 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.says(s.must("apply", "-auto-approve"), "db has made no progress for 1s, at 40%", "movers of frame1 and frame2", "Applied: 1 step done")
	s.settled()
}

// A frame is emptied by a proposal written into the estate, and the same
// partitions come home.
func TestHMCEvacuation(t *testing.T) {
	t.Parallel()
	s := movable(t)
	s.says(s.must("plan", "-evacuate", "system.f1", "-write"), "partition.db", "system.f2")
	s.must("apply", "-auto-approve")
	s.says(s.console("lssyscfg -r lpar -m frame2 -F name,state"), "db,Running")
	s.says(s.must("plan", "-return", "system.f1", "-write"), "partition.db", "system.f1")
	s.must("apply", "-auto-approve")
	s.says(s.console("lssyscfg -r lpar -m frame1 -F name,state"), "db,Running")
	s.settled()
}

// A role that may not ask the Virtual I/O Servers cannot plan, and reads why.
func TestHMCViewer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(`user = "hscroot"`, `user = "watcher"`)
	s.says(s.mustNot("plan"), "partition.db", "HSCL350B", "authority to run the viosvrcmd command")
	s.edit(`user = "watcher"`, `user = "hscroot"`)
	s.must("apply", "-auto-approve")
	s.settled()
}

// A frame that is switched off is a finding; the rest of the estate goes on.
func TestHMCFrameOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.console("chsysstate -m frame2 -r sys -o off --immed")
	s.says(s.must("plan"), "frame2 is in the state Power Off", "everything else goes on")
	s.must("apply", "-auto-approve")
	s.says(s.console("lssyscfg -r lpar -m frame1 -F name,state"), "db,Running")
}

// The worksheet for the SAN has both names of every adapter, on the right fabric,
// as the console gave them.
func TestHMCZoning(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.says(s.must("show", "-zoning"), "fabric A\n  partition.db", "not created yet", "fabric B\n", "2 adapters not created yet")
	s.must("apply", "-auto-approve")
	out := s.must("show", "-zoning")
	_, b, found := strings.Cut(out, "fabric B")
	if !found || strings.Contains(out, "not created") {
		t.Fatal(out)
	}
	for slot, text := range map[string]string{"20": out[:len(out)-len(b)], "21": b} {
		pair := strings.TrimSpace(s.console("lshwres -r virtualio --rsubtype fc --level lpar -m frame1 --filter lpar_names=db,slots=" + slot + " -F wwpns"))
		names := strings.Split(strings.Trim(pair, `"`), ",")
		if len(names) != 2 {
			t.Fatal(pair)
		}
		for _, n := range names {
			s.says(strings.ReplaceAll(text, ":", ""), n)
		}
	}
}

// consoles is the estate of newSite under two HMCs and an IVM: one partition, which a blade can take too.
func consoles(t *testing.T) *site {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	blade, err := os.ReadFile("testdata/hmc/blade.hcl")
	if err != nil {
		t.Fatal(err)
	}
	text, _, ok := strings.Cut(string(b), "\nhmc \"hmc1\"")
	if !ok {
		t.Fatal("the scenario has no hmc1")
	}
	s := startSite(t, []byte(text+"\n"+string(blade)))
	main, _, _ := strings.Cut(s.read(), "  npiv \"a\"")
	for _, r := range [][2]string{
		{"provider \"hmc\" \"one\" {\n  host = \"hmc1\"\n  user = \"hscroot\"\n}\n", "provider \"hmc\" \"one\" {\n  host = \"hmc1\"\n  user = \"hscroot\"\n}\n\nprovider \"hmc\" \"two\" {\n  host = \"hmc2\"\n  user = \"hscroot\"\n}\n\nprovider \"ivm\" \"blade\" {\n  host = \"blade\"\n  user = \"padmin\"\n}\n\nsystem \"b1\" {\n  provider      = ivm.blade\n  type_model    = \"7998-61X\"\n  serial_number = \"100390A\"\n}\n"},
		{"system \"f1\" {\n", "system \"f1\" {\n  provider      = hmc.one\n"},
		{"system \"f2\" {\n", "system \"f2\" {\n  provider      = hmc.two\n"},
		{"virtual = { minimum = 1, desired = 2, maximum = 4 }\n", "virtual = { minimum = 1, desired = 2, maximum = 4 }\n    compatibility = \"POWER7\"\n"},
		{"id = \"1000000000000\" }\n", "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"\n"},
	} {
		if strings.Count(main, r[0]) != 1 {
			t.Fatalf("%q does not stand once in the estate", r[0])
		}
		main = strings.Replace(main, r[0], r[1], 1)
	}
	s.write(main + "}\n")
	return s
}

// The same text moves a partition between two HMCs, and between an HMC and an IVM and home.
func TestHMCToOtherConsoles(t *testing.T) {
	t.Parallel()
	s := consoles(t)
	s.must("apply", "-auto-approve")
	s.reachable()
	s.settled()

	s.edit("system      = system.f1", "system      = system.f2")
	s.says(s.must("plan", "-commands"), "mkauthkeys --test --ip hmc2 -u hscroot", "migrlpar -o v -m frame1 -t frame2 --ip hmc2 -u hscroot -p db", "validated by the console")
	s.must("apply", "-auto-approve")
	s.settled()

	// The console of the frame that it left has no key of the blade's: the plan says so, with the command that exchanges them.
	s.edit("system      = system.f2", "system      = system.b1")
	out, rc := s.gantry("plan", "-acknowledge", "IVM-03=partition.db", "-acknowledge", "NET-08=partition.db")
	if rc == 0 {
		t.Errorf("planned:\n%s", out)
	}
	s.says(out, "LPM-75", "declare paths = 1")
	s.edit("source = disk.root", "source = disk.root\n    paths  = 1")
	s.edit("system      = system.b1", "system      = system.f2")
	s.must("apply", "-auto-approve", "-allow-destroy", "1")
	s.settled()
	s.edit("system      = system.f2", "system      = system.b1")
	acknowledged := []string{"-auto-approve", "-acknowledge", "IVM-03=partition.db", "-acknowledge", "NET-08=partition.db"}
	out, rc = s.gantry(append([]string{"apply"}, acknowledged...)...)
	if rc == 0 {
		t.Errorf("moved without keys:\n%s", out)
	}
	s.says(out, "mkauthkeys --test --ip blade -u padmin", "gantry exchange-keys hmc.two ivm.blade")
	from := len(s.lab.Log())
	if out, rc := s.feed("wrong\n", "exchange-keys", "hmc.two", "ivm.blade"); rc == 0 || strings.Contains(out, "wrong") {
		t.Errorf("a wrong password (%d):\n%s", rc, out)
	}
	if out, rc := s.feed("padmin\n", "exchange-keys", "hmc.two", "ivm.blade"); rc != 0 || !strings.Contains(out, "can migrate partitions to ivm.blade now") {
		t.Errorf("the keys were not exchanged:\n%s", out)
	}
	for _, e := range s.lab.Log()[from:] {
		if strings.Contains(e.Line, "passwd") || strings.HasSuffix(e.Line, " padmin padmin") {
			t.Errorf("the password went into a command line: %s", e.Line)
		}
	}
	s.says(s.must("exchange-keys", "hmc.two", "ivm.blade"), "already")
	s.says(s.must(append([]string{"plan"}, acknowledged[1:]...)...), "validated by the console")

	s.edit("system      = system.b1", "system      = system.f1")
	s.must("apply", "-auto-approve")
	s.edit("system      = system.f1", "system      = system.b1")
	s.must(append([]string{"apply"}, acknowledged...)...)
	if got := s.on("blade", "lssyscfg -r lpar --filter lpar_names=db -F state"); got != "Running\n" {
		t.Errorf("on the blade: %s", got)
	}
	s.says(s.must("plan"), "Nothing to do", "does not offer description")
	s.edit("system      = system.b1", "system      = system.f1")
	s.must(append([]string{"apply"}, acknowledged...)...)
	s.settled()
}

// An activation loses no adapter that only runs: what is declared is put into the profile, and the rest is a warning first.
func TestHMCActivationLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.reachable()
	lists := func() string {
		return s.console("lssyscfg -r prof -m frame1 --filter lpar_names=db -F virtual_scsi_adapters,virtual_fc_adapters,virtual_eth_adapters")
	}
	order := func(text string) string {
		return strings.Join(sorted(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\",\n", r) })), " ")
	}
	before := order(lists())
	// The client adapters leave the profile and go on running.
	s.console(`chsyscfg -r prof -m frame1 -i "name=db,lpar_name=db,virtual_scsi_adapters-=11/client/2/f1vios2/130/0"`)
	s.console(`chsyscfg -r prof -m frame1 -i "name=db,lpar_name=db,virtual_fc_adapters-=20"`)
	s.console(`chhwres -r virtualio --rsubtype eth -o r -m frame1 -p db -s 4`)
	s.says(s.must("plan"), "connected        no -> yes", "ethernet.en0")
	s.must("apply", "-auto-approve")
	if after := order(lists()); after != before {
		t.Errorf("the profile had\n%s\nand has\n%s", before, after)
	}
	s.settled()
	// An adapter of nobody's is held while the partition is off, and the profile lacks it.
	s.console("chhwres -r virtualio --rsubtype eth -o a -m frame1 -p db -s 9 -a port_vlan_id=20,ieee_virtual_eth=0")
	s.console("chsysstate -r lpar -m frame1 -o shutdown --immed -n db")
	for s.console("lssyscfg -r lpar -m frame1 --filter lpar_names=db -F state") != "Not Activated\n" {
		time.Sleep(time.Millisecond)
	}
	s.says(s.mustNot("apply", "-auto-approve"), "adapters-lost", "ethernet slot 9", "mksyscfg -r prof -o save -p db -n db --force")
	if got := s.console("lssyscfg -r lpar -m frame1 --filter lpar_names=db -F state"); got != "Not Activated\n" {
		t.Errorf("it is %s", got)
	}
	s.console("mksyscfg -r prof -o save -m frame1 -p db -n db --force")
	s.must("apply", "-auto-approve")
	s.reachable()
	s.must("apply", "-auto-approve") // the adapter that nobody declares goes
	s.settled()
	if after := order(lists()); after != before {
		t.Errorf("the profile had\n%s\nand has\n%s", before, after)
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// A console that refuses the login stops what only it can tell, and nothing else.
func TestHMCSilentConsole(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	// A second console over the same frames.
	s := startSite(t, append(b, "\nhmc \"hmc2\" {\n  systems = [\"f1\", \"f2\"]\n  address = \"10.1.0.2\"\n  user \"hscroot\" {\n    password = \"abc123\"\n  }\n}\n"...))
	second := "provider \"hmc\" \"two\" {\n  host = \"hmc2\"\n  user = \"nobody\"\n}\n\n"
	s.write(second + strings.ReplaceAll(s.read(), "  type_model    = \"9009-42A\"\n", "  provider      = hmc.one\n  type_model    = \"9009-42A\"\n"))
	s.says(s.must("plan"), "advice console-silent", "hmc.two", "everything else goes on")
	s.must("apply", "-auto-approve")
	s.edit("  provider      = hmc.one\n  type_model    = \"9009-42A\"\n  serial_number = \"78A1F20\"", "  provider      = hmc.two\n  type_model    = \"9009-42A\"\n  serial_number = \"78A1F20\"")
	// The other console reads the frame that it manages too.
	s.says(s.must("plan"), "advice console-silent", "The estate is as declared")
	s.edit("user = \"nobody\"", "user = \"hscroot\"")
	s.settled()

	// Where nobody else does, the estate is refused, and -target leaves that frame out.
	s = consoles(t)
	s.edit("host = \"hmc2\"\n  user = \"hscroot\"", "host = \"hmc2\"\n  user = \"nobody\"")
	s.says(s.mustNot("plan"), "error console-silent", "refused the login of nobody", "tried once")
	s.must("apply", "-auto-approve", "-target", "partition.db")
	s.says(s.console("lssyscfg -r lpar -m frame1 -F name,state"), "db,Running")
}

// A migration that was left as it is, is settled by hand, also that of a partition with Fibre Channel adapters.
func TestHMCRecoverByHand(t *testing.T) {
	t.Parallel()
	s := movable(t)
	s.edit("  npiv \"a\" {", "  mobility {\n    on_failure = \"leave\"\n  }\n  npiv \"a\" {")
	s.must("apply", "-auto-approve")
	s.edit("system      = system.f1", "system      = system.f2")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultMigration, Partition: "db", Percent: 40}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("apply", "-auto-approve"), "left as it is", "gantry migrate -recover partition.db")
	s.must("migrate", "-recover", "partition.db")
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.console("lssyscfg -r lpar -m frame2 -F name,state"), "db,Running")
}

// An acknowledgement that can have no effect is refused; what is printed can be pasted into a shell.
func TestHMCAcknowledge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.says(s.mustNot("plan", "-acknowledge", "LPM-91=*"), "acknowledge-unknown", "LPM-91 names no rule")
	s.says(s.mustNot("plan", "-acknowledge", "LPM-19=partition.db[x]"), "acknowledge-unknown", "no such object", "partition.db?")
	s.must("plan", "-acknowledge", "LPM-19=partition.db", "-acknowledge", "adapters-lost=*")
	s.edit("partition \"db\" {", "waive \"adapters-lost\" {\n  reason = \"known\"\n}\n\npartition \"db\" {\n  for_each = toset([\"one\"])\n")
	s.says(s.must("plan", "-commands"), `-target 'partition.db["one"]'`)
}

// A recovery that succeeds is no failure, and says where the partition is in the words of the files.
func TestHMCRecover(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(`id = "1000000000000" }`, "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"")
	s.edit("  npiv \"a\" {", "  mobility {\n    on_failure = \"leave\"\n  }\n  npiv \"a\" {")
	s.must("apply", "-auto-approve")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultMigration, Partition: "db", Percent: 40}); err != nil {
		t.Fatal(err)
	}
	s.edit("system      = system.f1", "system      = system.f2")
	s.says(s.mustNot("apply", "-auto-approve"), "gantry migrate -recover partition.db")
	s.says(s.must("migrate", "-recover", "partition.db"), "partition.db is recovered", "partition.db is running on system.f1.")
	if out := s.must("plan"); strings.Contains(out, "left open") {
		t.Errorf("the books are still open:\n%s", out)
	}
	s.must("apply", "-auto-approve")
	s.settled()
}

// What is chosen goes around slots that are declared, and a slot that is taken or not there is refused in the plan.
func TestHMCSlotsDeclared(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit("  npiv \"a\" {", "  npiv \"a\" {\n    slot   = 10")
	s.says(s.must("plan"), "scsi             slot 11 -> f1vios1", "scsi             slot 12 -> f1vios2", "npiv             slot 10 -> f1vios")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("  npiv \"b\" {", "  npiv \"c\" {\n    slot   = 11\n    fabric = \"B\"\n  }\n  npiv \"b\" {")
	s.says(s.mustNot("plan"), "npiv.c of partition.db is to be in slot 11, which another adapter of it has")
	s.edit("slot   = 11", "slot   = 33")
	s.says(s.mustNot("plan"), "it has 30 virtual slots, so the last one is 29")
	s.edit("slot   = 33", "slot   = 25")
	s.must("apply", "-auto-approve")
	s.settled()
	for _, n := range []string{" web", "web ", "we'b", "w*b", "wéb"} {
		s.edit("partition \"db\" {", "partition \"db\" {\n  name = \""+n+"\"")
		s.says(s.mustNot("validate"), "printable ASCII")
		s.edit("partition \"db\" {\n  name = \""+n+"\"", "partition \"db\" {")
	}
}

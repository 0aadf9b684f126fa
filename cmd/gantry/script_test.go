package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gantry-power/gantry/examples"
	"github.com/gantry-power/gantry/providers/lab"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gantry": func() { os.Exit(execute(os.Args[1:], tortured())) }})
}

// TestScripts runs whole sessions: the real command as a process, real SSH, the
// lab's consoles. Each script gets the examples: $WORK/blades, $WORK/datacenter, $WORK/hosts.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Values[labKey] = &running{}
			e.Setenv("USER", "tester")
			e.Setenv("NO_COLOR", "1")
			return fs.WalkDir(examples.FS, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				to := filepath.Join(e.WorkDir, filepath.FromSlash(path))
				if d.IsDir() {
					return os.MkdirAll(to, 0o755)
				}
				b, err := examples.FS.ReadFile(path)
				if err != nil {
					return err
				}
				return os.WriteFile(to, b, 0o644)
			})
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"lab": labCommand, "console": consoleCommand, "saw": sawCommand, "replace": replaceCommand, "fault": faultCommand, "await": awaitCommand, "retry": retryCommand,
		},
	})
}

const labKey = "lab"

// running holds the script's lab; a script may start another in its place.
type running struct{ lab *lab.Lab }

func labOf(ts *testscript.TestScript) *lab.Lab {
	r := ts.Value(labKey).(*running)
	if r.lab == nil {
		ts.Fatalf("no lab; start one with: lab SCENARIO SPEED")
	}
	return r.lab
}

// lab SCENARIO [SPEED]: starts the consoles and points GANTRY_SSH_CONFIG at them.
func labCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: lab SCENARIO [SPEED]")
	}
	speed := 2000.0
	if len(args) > 1 {
		n, err := strconv.ParseFloat(args[1], 64)
		ts.Check(err)
		speed = n
	}
	sc, err := lab.Load(ts.MkAbs(args[0]))
	ts.Check(err)
	dir, err := os.MkdirTemp("", "lab") // a socket's path is short
	ts.Check(err)
	l, err := lab.Start(sc, lab.Options{Dir: dir, Speed: speed})
	ts.Check(err)
	ts.Defer(func() {
		_ = l.Close()
		_ = os.RemoveAll(dir)
	})
	ts.Value(labKey).(*running).lab = l
	ts.Setenv("GANTRY_SSH_CONFIG", l.SSHConfig())
}

// console NAME LINE: what an administrator sees on the console itself. It goes
// past the SSH servers, so it leaves no trace in what saw counts.
func consoleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: console NAME LINE")
	}
	out, errs, rc := labOf(ts).Run(args[0], args[1])
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), errs)
	if (rc != 0) != neg {
		ts.Fatalf("exit code %d\n%s%s", rc, out, errs)
	}
}

// saw COUNT REGEXP: how many command lines the consoles received over SSH.
func sawCommand(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	re := regexp.MustCompile(args[1])
	n := 0
	var all []string
	for _, e := range labOf(ts).Log() {
		all = append(all, e.Console+": "+e.Line)
		if re.MatchString(e.Line) {
			n++
		}
	}
	if (n == want) == neg {
		ts.Fatalf("%d lines match %s, want %d; the consoles saw:\n%s", n, args[1], want, strings.Join(all, "\n"))
	}
}

// replace FILE OLD NEW [last]: edits a file; OLD must stand in it exactly once,
// or its last place is taken.
func replaceCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && (len(args) != 4 || args[3] != "last") {
		ts.Fatalf("usage: replace FILE OLD NEW [last]")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	old, new := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	if n := strings.Count(string(b), old); n != 1 && (n == 0 || len(args) == 3) {
		ts.Fatalf("%q stands %d times in %s", old, n, args[0])
	}
	i := strings.LastIndex(string(b), old)
	ts.Check(os.WriteFile(path, []byte(string(b[:i])+new+string(b[i+len(old):])), 0o644))
}

// fault JSON: puts a fault in place.
func faultCommand(ts *testscript.TestScript, neg bool, args []string) {
	var f lab.Fault
	ts.Check(json.Unmarshal([]byte(args[0]), &f))
	ts.Check(labOf(ts).Inject(f))
}

// await REGEXP: waits until a console received a matching line.
func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	re := regexp.MustCompile(args[0])
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, e := range labOf(ts).Log() {
			if re.MatchString(e.Line) {
				return
			}
		}
	}
	ts.Fatalf("no console received %s", args[0])
}

// retry CONSOLE LINE REGEXP: asks a console until the answer matches.
func retryCommand(ts *testscript.TestScript, neg bool, args []string) {
	re := regexp.MustCompile(args[2])
	var out string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if out, _, _ = labOf(ts).Run(args[0], args[1]); re.MatchString(out) {
			return
		}
	}
	ts.Fatalf("%s never answered %s; last:\n%s", args[0], args[2], out)
}

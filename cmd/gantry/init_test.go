package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"aead.dev/minisign"

	"github.com/gantry-power/gantry/providers/plugin"

	"github.com/gantry-power/gantry/providers/registry"
)

// desk is an estate of notes, which a provider in its own module keeps, fetched from a mirror.
type desk struct {
	site
	bin, board, mirror, home string
	env                      []string
}

const platform = runtime.GOOS + "_" + runtime.GOARCH

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{site: site{t: t, dir: t.TempDir()}, bin: program(t, "../../examples/provider-minimal"), board: t.TempDir(), mirror: t.TempDir(), home: t.TempDir()}
	d.requires(`version = "~> 0.1"`)
	d.publish("0.1.0")
	return d
}

func (d *desk) requires(more string) {
	d.t.Helper()
	d.write("gantry {\n  required_providers {\n    notes = { source = \"example.org/notes\", " + more + " }\n  }\n  mirrors = [\"" + d.mirror + "\"]\n}\nprovider \"notes\" \"here\" {\n  directory = \"" + d.board + "\"\n}\nnote \"hello\" {\n  text = \"hello\"\n}\n")
}

func (d *desk) run(args ...string) (string, int) {
	d.t.Helper()
	cmd := exec.Command("gantry", args...)
	cmd.Dir = d.dir
	cmd.Env = append(append(os.Environ(), "HOME="+d.home, "NO_COLOR=1", "USER=tester"), d.env...)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		d.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (d *desk) good(args ...string) string {
	d.t.Helper()
	out, code := d.run(args...)
	if code != 0 {
		d.t.Fatalf("gantry %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func (d *desk) bad(says string, args ...string) {
	d.t.Helper()
	out, code := d.run(args...)
	if code == 0 || !strings.Contains(out, says) {
		d.t.Fatalf("gantry %s: exit %d, and %q was wanted\n%s", strings.Join(args, " "), code, says, out)
	}
}

// publish puts the provider into the mirror. Whatever version it is published as, the program says that it is 0.1.0.
func (d *desk) publish(version string) {
	d.t.Helper()
	d.good("providers", "publish", "-mirror", d.mirror, "example.org/notes", version, platform+"="+d.bin)
}

func (d *desk) file(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

func (d *desk) installed() string {
	return d.file(".gantry", "providers", "example.org", "notes", "0.1.0", "gantry-provider-notes_0.1.0_"+platform)
}

func TestInit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// Nothing works before, and it is said what to do; nothing is started for that.
	for _, c := range []string{"validate", "plan", "apply", "show"} {
		if c != "show" {
			d.bad("Run gantry init", c)
		}
	}
	out := d.good("init")
	d.says(out, "notes: 0.1.0 from "+d.mirror, "Nothing needs a network from here on")
	d.env = append(d.env, "GANTRY_AUDIT_LOG=audit.jsonl")
	d.good("apply", "-auto-approve")
	d.says(d.good("plan"), "Nothing to do")
	// What a provider does otherwise than over SSH is in the audit log too, before it is done and after it.
	d.says(d.good("audit", "verify"), "2 lines")
	if b, err := os.ReadFile(d.file("audit.jsonl")); err != nil || strings.Count(string(b), `"step":"create:note.hello","console":"notes.here","command":"write hello.txt hello"`) != 2 || !strings.Contains(string(b), `"of":1,"exit":0`) {
		t.Errorf("%v\n%s", err, b)
	}
	lock, err := os.ReadFile(d.file("gantry.lock.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	d.says(string(lock), `provider "example.org/notes"`, platform, "sha256:")

	// The second init changes nothing, and needs no mirror: what is installed is enough.
	if err := os.Rename(d.mirror, d.mirror+".away"); err != nil {
		t.Fatal(err)
	}
	d.says(d.good("init"), "was installed already")
	d.says(d.good("plan"), "Nothing to do")
	if again, _ := os.ReadFile(d.file("gantry.lock.hcl")); string(again) != string(lock) {
		t.Errorf("the lock has changed:\n%s", again)
	}
	// validate and show need no process: the program may even be gone.
	if err := os.Remove(d.installed()); err != nil {
		t.Fatal(err)
	}
	d.good("validate")
	d.says(d.good("show"), "note.hello")
	d.says(d.good("schema", "note"), "A note on the board")
	d.bad("is not installed here. Run gantry init", "plan")
	d.bad("there is no such directory", "init")
	if err := os.Rename(d.mirror+".away", d.mirror); err != nil {
		t.Fatal(err)
	}
	d.good("init")

	// A program that was exchanged is not started.
	if err := os.WriteFile(d.installed(), []byte("#!/bin/sh\ntouch "+d.file("started")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	d.bad("is not what the lock pins", "plan")
	if _, err := os.Stat(d.file("started")); err == nil {
		t.Error("it was started")
	}
	d.good("init")
	d.says(d.good("plan"), "Nothing to do")

	// Nor is one that the mirror has exchanged since, for whoever has the lock.
	if err := os.Remove(d.installed()); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(d.mirror, "example.org", "notes", "gantry-provider-notes_0.1.0_"+platform)
	good, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, append(good, 0), 0o755); err != nil {
		t.Fatal(err)
	}
	d.bad("is not what is pinned", "init")
	if _, err := os.Stat(d.installed()); err == nil {
		t.Error("it was installed")
	}
	if err := os.WriteFile(in, good, 0o755); err != nil {
		t.Fatal(err)
	}
	d.good("init")

	// What it says of itself is pinned too.
	schema, err := os.ReadFile(d.file("gantry.lock.notes.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file("gantry.lock.notes.json"), []byte(strings.Replace(string(schema), `"required": true`, `"required": false`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	d.bad("is not what gantry init wrote", "validate")
	d.good("init")

	// A requirement that the lock does not satisfy; the state knows a kind that nobody has any more.
	d.requires(`version = "~> 0.2"`)
	d.bad("Run gantry init -upgrade", "plan")
	d.write("provider \"ivm\" \"x\" {\n  host = \"nowhere\"\n}\n")
	d.bad("no provider that the files require has the kind note", "plan")
}

func TestInitUpgrade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.good("init")
	// The program says that it is 0.1.0, so it cannot be published as another; a mirror that was made otherwise may have it so.
	d.bad("is not published", "providers", "publish", "-mirror", d.mirror, "example.org/notes", "0.1.7", platform+"="+d.bin)
	d.bad("is not published", "providers", "publish", "-mirror", d.mirror, "example.org/other", "0.1.0", platform+"="+d.bin)
	d.bad("is no version", "providers", "publish", "-mirror", d.mirror, "example.org/notes", "v1", platform+"="+d.bin)
	if err := registry.Publish(d.mirror, "example.org/notes", "0.1.7", plugin.Protocol, map[string]string{platform: d.bin}); err != nil {
		t.Fatal(err)
	}
	d.says(d.good("init"), "0.1.0 was installed already")
	d.bad(`it says that it is version "0.1.0", and version 0.1.7 is installed under its name`, "init", "-upgrade")
	d.says(d.good("plan"), "1 note to create") // what was pinned still is
	if err := registry.Publish(d.mirror, "example.org/notes", "0.1.7", plugin.Protocol, map[string]string{platform: d.file("main.hcl")}); err == nil || !strings.Contains(err.Error(), "published already with another checksum") {
		t.Errorf("%v", err)
	}

	// A saved plan is carried out by what made it.
	d.good("plan", "-out", "p.plan")
	d.env = []string{"GANTRY_DEV_PROVIDERS=notes=" + d.bin}
	d.bad("The plan was made by gantry 0.1.0, notes 0.1.0; here are gantry 0.1.0, notes under development.", "apply", "p.plan")
	d.env = nil
	d.good("apply", "p.plan")

	// What stands in during development is named as it is required, and is a program.
	for env, says := range map[string]string{"note=" + d.bin: "note is none of the providers that the files require (notes). Did you mean", "notes=/nowhere/x": "go build -o", "notes=" + d.file("main.hcl"): "is no program"} {
		d.env = []string{"GANTRY_DEV_PROVIDERS=" + env}
		d.bad(says, "plan")
	}
	d.env = nil

	// The executable is what was pinned, and says otherwise what it can do than the lock has it.
	lock, err := os.ReadFile(d.file("gantry.lock.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	says, err := os.ReadFile(d.file("gantry.lock.notes.json"))
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(says), `"required": true`, `"required": false`, 1)
	for path, text := range map[string]string{"gantry.lock.notes.json": other, "gantry.lock.hcl": strings.Replace(string(lock), registry.Sum(says), registry.Sum([]byte(other)), 1)} {
		if err := os.WriteFile(d.file(path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d.bad("are not what gantry.lock.hcl pins", "plan")
	d.good("init")

	// Neither a pipe nor a link instead of what was installed.
	if err := os.Remove(d.installed()); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(d.bin, d.installed()); err != nil {
		t.Fatal(err)
	}
	d.bad("is no regular file", "plan")
	d.good("init")
	d.says(d.good("providers"), "notes (example.org/notes) ~> 0.1: 0.1.0 is pinned")
}

func TestInitOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	failures := 1
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failures--; failures >= 0 {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		http.FileServer(http.Dir(d.mirror)).ServeHTTP(w, r)
	}))
	defer srv.Close()
	d.write(strings.Replace(d.read(), d.mirror, srv.URL, 1))
	d.says(d.good("init"), "notes: 0.1.0 from "+srv.URL)
	d.says(d.good("plan"), "1 note to create")

	// A plugin directory serves as well, and a mirror that has nothing is said by name.
	d2 := newDesk(t)
	d2.write(strings.Replace(d2.read(), d2.mirror, srv.URL+"/nothing", 1))
	d2.bad(srv.URL+"/nothing does not have it", "init")
	dir := t.TempDir()
	b, err := os.ReadFile(d2.bin)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gantry-provider-notes_0.1.0_"+platform), b, 0o755); err != nil {
		t.Fatal(err)
	}
	d2.env = []string{"GANTRY_PLUGIN_DIRS=" + dir}
	d2.says(d2.good("init"), "notes: 0.1.0 from "+dir)
}

func TestInitSigned(t *testing.T) {
	t.Parallel()
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := public.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(strings.TrimSpace(string(key)), "\n")
	d := newDesk(t)
	d.requires(`key = "` + line[len(line)-1] + `"`)
	d.bad("its index has no signature", "init")
	index := filepath.Join(d.mirror, "example.org", "notes", "index.json")
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(index+".minisig", minisign.Sign(private, text), 0o644); err != nil {
		t.Fatal(err)
	}
	d.says(d.good("init"), ", signed")
	d.says(d.good("plan"), "1 note to create")
	// An index that was changed behind the signature.
	if err := os.RemoveAll(d.file(".gantry")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(index, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	d.bad("is not signed with the key that is declared", "init")
}

// Required providers are read before anything else, so what is wrong with them is said at their line.
func TestRequiredProviders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for block, says := range map[string]string{
		`hmc = { source = "a/hmc" }`:                              "Gantry brings hmc itself",
		`notes = { source = "notes" }`:                            `The source of notes is "notes"`,
		`notes = { source = "a/b", version = "new" }`:             "is no constraint",
		`notes = { sauce = "a/b" }`:                               "Did you mean source?",
		`notes = "a/b"`:                                           "is an object of texts",
		`Notes = { source = "a/b" }`:                              "cannot be the name of a provider",
		`notes = { source = "a/../../b", version = "~> 0.1" }`:    "The source of notes is",
		`notes = { source = upper("a/b"), version = "~> 0.1" }`:   "that the file says",
		"notes = { source = \"a/b\" }\n other = { source = 7 }\n": `other has no attribute "source", or it is no text`,
	} {
		d.write("gantry {\n  required_providers {\n    " + block + "\n  }\n}\n")
		d.bad(says, "validate")
		d.bad("main.hcl, line", "init")
	}
}

// What a plugin finds lands on the line of the attribute, and what it logs has its name.
func TestPluginDiagnostics(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.good("init")
	d.write(strings.Replace(d.read(), `text = "hello"`, `text = "`+strings.Repeat("much ", 20)+`"`, 1))
	line := 1 + strings.Count(d.read()[:strings.Index(d.read(), "  text =")], "\n")
	d.bad(fmt.Sprintf("[main.hcl:%d]", line), "plan")
	d.bad("NOTES-01 note.hello: note.hello has more than 80 characters", "plan")
	d.good("plan", "-acknowledge", "NOTES-01=note.hello")
	out, _ := d.run("plan")
	if strings.Contains(out, "gantry.notes") {
		t.Errorf("it logs unasked:\n%s", out)
	}
	d.env = []string{"GANTRY_LOG=debug"}
	d.bad("gantry.notes", "plan")
	d.env = nil
	// With a word that the files give away.
	d.write(d.read() + "waive \"NOTES-01\" {\n  objects = [note.hello]\n  reason  = \"it is a poem\"\n  until   = \"2099-01-01\"\n}\n")
	d.good("plan")
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/gantry-provider-zoning/switchlab"
)

var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "built")
	if err != nil {
		panic(err)
	}
	built = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// binaries compiles Gantry and this provider, once.
func binaries(t *testing.T) (gantry, provider string) {
	t.Helper()
	gantry, provider = filepath.Join(built, "gantry"), filepath.Join(built, "gantry-provider-zoning")
	if _, err := os.Stat(provider); err == nil {
		return gantry, provider
	}
	for _, args := range [][]string{{"build", "-C", "../..", "-o", gantry, "./cmd/gantry"}, {"build", "-o", provider, "."}} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return gantry, provider
}

// site is the estate of the example on the labs of an HMC and of two fabrics.
type site struct {
	t           *testing.T
	gantry, dir string
	san         *switchlab.Lab
	env         []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	gantry, provider := binaries(t)
	dir, err := os.MkdirTemp("", "zoning") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{t: t, gantry: gantry, dir: filepath.Join(dir, "estate")}
	for _, d := range []string{"estate", "hmc", "san"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("estate/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s.write(string(text))
	if s.san, err = switchlab.Start(filepath.Join(dir, "san"), "fabric-a", "fabric-b"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.san.Close)
	lab := exec.Command(gantry, "lab", "up", "estate/lab/scenario.hcl", "-dir", filepath.Join(dir, "hmc"), "-speed", "2000")
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Process.Signal(os.Interrupt); _ = lab.Wait() })
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "hmc", "control.sock")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the lab does not start")
		}
	}
	s.env = append(os.Environ(), "GANTRY_SSH_CONFIG="+filepath.Join(dir, "hmc", "ssh_config"), "GANTRY_VAR_switches="+filepath.Join(dir, "san", "ssh_config"), "NO_COLOR=1", "USER=tester")
	out, err := exec.Command("go", "env", "GOOS", "GOARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	s.must("providers", "publish", "-mirror", "../providers", "example.org/gantry/zoning", "0.1.0", strings.Join(strings.Fields(string(out)), "_")+"="+provider)
	s.must("init")
	return s
}

func (s *site) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "main.hcl"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) edit(old, new string) {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "main.hcl"))
	if err != nil || !strings.Contains(string(b), old) {
		s.t.Fatalf("%v: no %q in the estate", err, old)
	}
	s.write(strings.Replace(string(b), old, new, 1))
}

func (s *site) run(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command(s.gantry, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		s.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *site) must(args ...string) string {
	s.t.Helper()
	out, code := s.run(args...)
	if code != 0 {
		s.t.Fatalf("gantry %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func (s *site) mustNot(args ...string) string {
	s.t.Helper()
	out, code := s.run(args...)
	if code == 0 {
		s.t.Fatalf("gantry %s did not fail:\n%s", strings.Join(args, " "), out)
	}
	return out
}

func (s *site) says(out string, want ...string) {
	s.t.Helper()
	for _, w := range want {
		if !strings.Contains(out, w) {
			s.t.Errorf("%q is not said:\n%s", w, out)
		}
	}
}

func (s *site) settled() {
	s.t.Helper()
	s.says(s.must("plan"), "Nothing to do")
}

// sent are the commands that changed something at the switches.
func (s *site) sent() []string {
	var out []string
	for _, l := range s.san.Log() {
		if !regexp.MustCompile(` (version|cfgshow|cfgtransshow)$`).MatchString(l) {
			out = append(out, l)
		}
	}
	return out
}

// One plan makes the partition, zones both port names of each adapter on its fabric, and then starts it.
func TestPartitionAndZones(t *testing.T) {
	s := newSite(t)
	out := s.must("plan", "-commands")
	s.says(out, "1 partition to create, 4 zone aliases to create, 2 zones to create, 1 start", `zonecreate "z_db_a", "db_a;array_a"`, `cfgenable -f "prod"`)
	at := func(text string) int { return strings.Index(out, text) }
	if order := []int{at("+ partition.db "), at("+ zone_alias.db_a "), at("+ zone.z_db_a "), at("^ partition.db ")}; !slices.IsSorted(order) || order[0] < 0 {
		t.Fatalf("order %v:\n%s", order, out)
	}
	s.must("apply", "-auto-approve")
	s.settled()
	zoning := s.must("show", "-zoning", "-json")
	for _, fabric := range []string{"fabric-a", "fabric-b"} {
		z, err := parse(s.san.Run(fabric, "cfgshow"))
		if err != nil {
			t.Fatal(err)
		}
		name := "db_" + fabric[len(fabric)-1:]
		if len(z.alias[name]) != 2 || !z.effective["z_"+name] || !z.effective["z_old_host"] {
			t.Errorf("%s: %+v", fabric, z)
		}
		for _, w := range z.alias[name] {
			s.says(zoning, plain(w))
		}
	}

	// A member that goes is felt; one that comes is not lost.
	s.edit("members       = [zone_alias.db_a, zone_alias.array_a]", "members       = [zone_alias.db_a]")
	s.says(s.must("plan"), "outage", "array_a and the other members do not see each other any more")
	s.edit("members       = [zone_alias.db_a]", "members       = [zone_alias.db_a, zone_alias.array_a]")
	s.settled()

	// Somebody changes the zoning by hand: drift, and back.
	s.san.Run("fabric-b", `zoneremove "z_db_b", "array_b"`)
	s.san.Run("fabric-b", `cfgenable -f "prod"`)
	s.says(s.must("plan"), "drift", "zone.z_db_b")
	s.must("apply", "-auto-approve")
	s.settled()

	// All goes, in the other order, and what is somebody else's stays.
	s.must("destroy", "-auto-approve", "-allow-destroy", "7", "-acknowledge", "power-cut=*")
	for _, fabric := range []string{"fabric-a", "fabric-b"} {
		if z, err := parse(s.san.Run(fabric, "cfgshow")); err != nil || len(z.zone) != 1 || len(z.alias) != 2 || !z.effective["z_old_host"] {
			t.Errorf("%s: %v %+v", fabric, err, z)
		}
	}
}

// What switches and the rules refuse: each refusal is said, and nothing is half done.
func TestRefusals(t *testing.T) {
	s := newSite(t)
	s.edit(`wwpns    = ["5005076810124c3d"]`, `wwpns    = ["50:05"]`)
	s.says(s.mustNot("validate"), "wwpns", "16 hexadecimal digits")
	s.edit(`wwpns    = ["50:05"]`, `wwpns    = ["c050760000000009"]`)
	s.says(s.mustNot("plan"), "ZONING-02", "Held")
	s.edit(`wwpns    = ["c050760000000009"]`, `wwpns    = ["5005076810124c3d"]`)
	s.san.Run("fabric-a", `cfgcreate "test", "z_old_host"`)
	s.san.Run("fabric-a", `cfgsave -f`)
	s.edit(`  name     = "prod"`, `  name     = "test"`)
	s.says(s.mustNot("plan"), "ZONING-01", "test is not the configuration in effect on zoning.a")
	s.edit(`  name     = "test"`, `  name     = "prod"`)

	// Somebody's transaction is open: nothing is sent into it.
	s.san.Run("fabric-a", `alicreate "theirs", "10:00:00:00:c9:00:00:01"`)
	from := len(s.sent())
	s.says(s.mustNot("apply", "-auto-approve"), "Somebody changes the zoning of this fabric right now", "cfgtransshow")
	for _, l := range s.sent()[from:] {
		if strings.HasPrefix(l, "fabric-a") {
			t.Errorf("sent %q", l)
		}
	}
	s.san.Run("fabric-a", "cfgtransabort")
	s.must("apply", "-auto-approve")
	s.settled()

	// A name that exists is not taken over.
	s.edit(`zone_alias "array_b" {`, `zone_alias "storage" {`)
	s.edit("zone_alias.array_b]", "zone_alias.storage]")
	s.says(s.mustNot("plan", "-allow-destroy", "1"), "exists", "Gantry does not own it")
}

// The connection ends before and after every command took effect; the next apply converges, and no transaction stays open.
func TestLostAnswers(t *testing.T) {
	for _, command := range []string{"alicreate", "cfgsave", "zonecreate", "cfgadd", "cfgenable", "cfgtransshow", "cfgshow"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", command, after), func(t *testing.T) {
				s := newSite(t)
				s.san.Drop("^"+command, after)
				s.run("apply", "-auto-approve")
				for range 3 {
					if _, code := s.run("apply", "-auto-approve"); code == 0 {
						break
					}
				}
				s.settled()
				for _, fabric := range []string{"fabric-a", "fabric-b"} {
					if out := s.san.Run(fabric, "cfgtransshow"); strings.Contains(out, openTransaction) {
						t.Errorf("%s: %s", fabric, out)
					}
				}
			})
		}
	}
}

// cfgshow is read as it is printed, with lists that go on in the next line.
func TestParse(t *testing.T) {
	z, err := parse("Defined configuration:\n cfg:\tprod\tz1; z2; z3; \n\t\tz4\n zone:\tz1\ta; b\n alias:\ta\t50:05:07:68:10:11:4c:3d; \n\t\t50:05:07:68:10:11:4c:3e\n\nEffective configuration:\n cfg:\tprod\t\n zone:\tz1\t50:05:07:68:10:11:4c:3d\n\t\t50:05:07:68:10:11:4c:3e\n")
	if err != nil || !slices.Equal(z.config["prod"], []string{"z1", "z2", "z3", "z4"}) || len(z.alias["a"]) != 2 || z.enabled != "prod" || !z.effective["z1"] || z.effective["z2"] {
		t.Errorf("%v %+v", err, z)
	}
	if _, err := parse("login: "); err == nil {
		t.Error("anything is read")
	}
	for _, bad := range []string{`x"; cfgdisable`, "a;b", "", "1x", "a b"} {
		if l, err := quoted("alidelete", []string{bad}); err == nil {
			t.Errorf("%q becomes %s", bad, l)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-power/gantry/providers/lab"
)

const (
	departure = "lpar55p682e"
	arrival   = "lpar56p682e"
)

// Two AIX images, an NFS server and two workload partitions; edits are made in the scenario.
func newMobility(t *testing.T, edits ...string) *site {
	t.Helper()
	scenario, err := os.ReadFile("../../examples/mobility/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	text := string(scenario)
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("no %q in the scenario", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	s := startSite(t, []byte(text))
	for _, f := range []string{"main.hcl", "web01.spec"} {
		b, err := os.ReadFile("../../examples/mobility/" + f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, f), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// alone leaves app20 as the only workload partition of the estate.
func (s *site) alone() *site {
	s.t.Helper()
	s.write(s.read()[:strings.Index(s.read(), "wpar \"web01\"")])
	return s
}

// sends app20 to another host in the files.
func (s *site) sends(to string) {
	s.t.Helper()
	s.write(regexp.MustCompile(`(?s)(wpar "app20" \{\n  host +=) host\.\S+`).ReplaceAllString(s.read(), "${1} host."+to))
}

// counting begins something in app20 that counts on.
func (s *site) counting(at string) {
	s.t.Helper()
	s.on(at, "clogin app20 /usr/samples/wpars/counter /var/count")
}

func (s *site) count(at string) int {
	s.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s.on(at, "cat /wpars/app20/var/count")))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// oneCopy: app20 runs on one host, and is nothing but a definition on the other. Where it runs comes back.
func (s *site) oneCopy(when string) string {
	s.t.Helper()
	var at []string
	for _, h := range []string{departure, arrival} {
		switch out := strings.TrimSpace(s.on(h, "lswpar -cq -a name,state app20 2>/dev/null || true")); out {
		case "app20:A":
			at = append(at, h)
		case "", "app20:D":
		default:
			s.t.Fatalf("%s: %s on %s", when, out, h)
		}
	}
	if len(at) != 1 {
		s.t.Fatalf("%s: it runs on %v", when, at)
	}
	return at[0]
}

// The walk-through of the article: app20 is made by its line, runs, relocates with its counter going on, and comes back.
func TestWPARWalkThrough(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.edit("  resource_control {\n    shares_cpu = \"10\"\n    memory     = \"5%-50%,100%\"\n  }\n", "")
	out := s.must("plan", "-commands")
	s.says(out, "mkwpar -n app20 -h app20 -N interface=en0 netmask=255.255.192.0 address=172.29.140.243 -r -c -M directory=/ vfs=nfs host=lpar32p682e dev=/scratch/app20root -M directory=/home vfs=nfs host=lpar32p682e dev=/scratch/app20home"+
		" -M directory=/tmp vfs=nfs host=lpar32p682e dev=/scratch/app20tmp -M directory=/var vfs=nfs host=lpar32p682e dev=/scratch/app20var\n", "1 WPAR to create, 1 start")
	s.must("apply", "-auto-approve")
	s.settled()
	s.counting(departure)

	s.sends(arrival)
	out = s.must("plan", "-commands")
	s.says(out, "pause      > wpar.app20", "relocate live", departure+" -> "+arrival, "set host back to host."+departure)
	var planned []string
	for _, m := range regexp.MustCompile(`(?m)^ +aix\.images/\S+ change +(.*?)(?:   # .*)?$`).FindAllStringSubmatch(out, -1) {
		planned = append(planned, m[1])
	}
	before := s.count(departure)
	pids := s.on(departure, "clogin app20 ps -e | grep counter | cut -c1-10")
	from := len(s.lab.Log())
	out = s.must("apply", "-auto-approve")
	if sent := s.changes(from); !slices.Equal(sent, planned) {
		t.Errorf("planned:\n%s\n\nsent:\n%s", strings.Join(planned, "\n"), strings.Join(sent, "\n"))
	}
	s.says(out, "checkpoints it", "restarts it on the target", "lets it go on")
	s.settled()
	if at := s.oneCopy("after the move"); at != arrival {
		t.Errorf("it is on %s", at)
	}
	if after := s.count(arrival); after < before {
		t.Errorf("it counted to %d, and is at %d", before, after)
	}
	if now := s.on(arrival, "clogin app20 ps -e | grep counter | cut -c1-10"); now != pids {
		t.Errorf("processes\n%s\nand now\n%s", pids, now)
	}
	if left := s.on(departure, "lswpar -cq -a name; ls /nfs/mobility"); strings.Contains(left, "app20") {
		t.Error(left)
	}

	s.sends(departure)
	s.must("apply", "-auto-approve")
	s.settled()

	// Stopped there and started here: the counter begins again.
	s.sends(arrival)
	s.edit("    reason    =", "    mode      = \"static\"\n    reason    =")
	s.says(s.must("plan"), "outage     > wpar.app20", "relocate static")
	s.must("apply", "-auto-approve")
	s.settled()
	// And one that is off.
	s.write(regexp.MustCompile(`(?s)(wpar "app20" \{\n  host += \S+\n  state +=) "running"`).ReplaceAllString(s.read(), `$1 "off"`))
	s.sends(departure)
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on(departure, "lswpar -cq -a name,state app20"), "app20:D")
	s.must("destroy", "-auto-approve", "-allow-destroy", "1")
	s.says(s.on(departure, "lswpar -c; echo none"), "none")
}

// What changes in place, what does not, and what is gone.
func TestWPARChanges(t *testing.T) {
	t.Parallel()
	s := newMobility(t)
	s.must("apply", "-auto-approve")
	for _, c := range []struct{ old, new, says string }{
		{`    memory     = "5%-50%,100%"`, `    memory     = "10%-60%,100%"`, `chwpar -R "memory=10%-60%,100%" app20`},
		{`  hostname        = "app20"`, `  hostname        = "app20-new"`, "chwpar -h app20-new app20"},
		{`  hostname        = "app20-new"`, "  hostname        = \"app20-new\"\n  auto_start = true\n  script = \"/etc/wpars/app20.sh\"", "chwpar -A app20"},
		{"  auto_start = true\n", "  auto_start = false\n", "chwpar -K -A app20"},
		{"  resource_control {", "  address \"172.29.140.250\" {\n    interface = \"en0\"\n    netmask = \"255.255.192.0\"\n  }\n  resource_control {", "chwpar -N interface=en0 netmask=255.255.192.0 address=172.29.140.250 app20"},
		{"  address \"172.29.140.250\" {\n    interface = \"en0\"\n    netmask = \"255.255.192.0\"\n  }\n", "", "chwpar -K -N address=172.29.140.250 app20"},
		{"  resource_control {", "  route \"10.20.0.0\" {\n    gateway = \"172.29.140.1\"\n  }\n  privileges = [\"PV_NET_RAWSOCK\"]\n  resource_control {", "chwpar -I rtdest=10.20.0.0 rtgateway=172.29.140.1 app20"},
		{"  resource_control {", "  mount \"/data\" {\n    type   = \"nfs\"\n    server = \"lpar32p682e\"\n    path   = \"/scratch/web01home\"\n  }\n  resource_control {", "chwpar -M directory=/data vfs=nfs host=lpar32p682e dev=/scratch/web01home app20"},
		{"  checkpointable  = true", "  checkpointable  = false", "chwpar -K -c app20"},
		{"  checkpointable  = false", "  checkpointable  = true", "chwpar -c app20"},
		{`state           = "running"`, `state           = "off"`, "stopwpar app20"},
		{`state           = "off"`, `state           = "running"`, "startwpar app20"},
	} {
		s.edit(c.old, c.new)
		s.says(s.must("plan", "-commands"), c.says)
		s.must("apply", "-auto-approve")
		s.settled()
	}
	// Rebooted once for each word, and not for what is off.
	s.edit("  checkpointable  = true", "  checkpointable  = true\n  reboot          = \"one\"")
	s.says(s.must("plan", "-commands"), "outage     o wpar.app20", "rebootwpar app20")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("  reboot          = \"one\"", "  reboot          = \"two\"")
	s.edit(`state           = "running"`, `state           = "off"`)
	s.must("apply", "-auto-approve")
	s.edit(`state           = "off"`, `state           = "running"`)
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("  reboot          = \"two\"\n", "")
	s.settled()

	s.edit(`    path   = "/scratch/app20home"`, `    path   = "/scratch/web01home"`)
	s.says(s.mustNot("plan"), "/home of app20 is where it was made")
	s.edit("  mount \"/home\" {\n    type   = \"nfs\"\n    server = \"lpar32p682e\"\n    path   = \"/scratch/web01home\"", "  mount \"/home\" {\n    type   = \"nfs\"\n    server = \"lpar32p682e\"\n    path   = \"/scratch/app20home\"")
	s.edit(`state           = "running"`, "state           = \"running\"\n  directory = \"/other/app20\"")
	s.says(s.mustNot("plan"), "directory is /wpars/app20 and /other/app20 is declared")
	s.edit("  directory = \"/other/app20\"\n", "")

	// Somebody checkpoints it by hand, and goes home.
	s.on(departure, "/opt/mcr/bin/chkptwpar -d /nfs/mobility/x -p app20")
	s.says(s.must("plan", "-commands"), "It is paused on host."+departure+" and waits to go on", "/opt/mcr/bin/resumewpar app20")
	s.must("apply", "-auto-approve")
	s.settled()
	s.on(departure, "rm -r /nfs/mobility/x")

	// Saved before it is deleted, although its block is gone by then; asked for in a plan that changed nothing else.
	s.edit("  checkpointable  = true", "  checkpointable  = true\n  backup          = \"/tmp/app20.bff\"")
	s.must("apply", "-auto-approve")
	text := s.read()
	i, j := strings.Index(text, `wpar "app20"`), strings.Index(text, `wpar "web01"`)
	s.write(text[:i] + text[j:])
	s.says(s.must("plan", "-commands", "-allow-destroy", "1"), "stopwpar app20", "savewpar -f /tmp/app20.bff -i app20", "rmwpar app20", "restwpar -f /tmp/app20.bff", "lpar32p682e:/scratch/app20root")
	s.must("apply", "-auto-approve", "-allow-destroy", "1")
	s.settled()
	s.says(s.on(departure, "ls /tmp/app20.bff; lswpar app20 2>&1 || true"), "/tmp/app20.bff", "0960-419")
}

// A relocation by hand is shown as such, and the definition that it left behind is taken away.
func TestWPARByHand(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.on(departure, "mkwpar -e app20 -o /nfs/mobility/x.spec -w; /opt/mcr/bin/chkptwpar -d /nfs/mobility/x -k app20")
	s.on(arrival, "mkwpar -p -f /nfs/mobility/x.spec; /opt/mcr/bin/restartwpar -d /nfs/mobility/x app20")
	s.says(s.must("plan"), "drift", "moved by hand", "relocate live")
	s.sends(arrival)
	s.says(s.must("plan"), "relocate finish", "still has its definition")
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on(departure, "lswpar app20 2>&1 || true"), "0960-419")

	// Two copies are never touched.
	s.on(departure, "mkwpar -p -f /nfs/mobility/x.spec; ifconfig en0 -alias 172.29.140.243; startwpar app20")
	s.says(s.mustNot("plan"), "WPAR-26", "app20 is running on host."+departure+" and running on host."+arrival)
}

// Each command of the relocation is refused, loses its answer before and after it had an effect, and is the last one that a run sends
// before it is killed. Afterwards one copy runs, and the next apply is empty or finishes the move.
func TestWPARFaultAtEveryCommand(t *testing.T) {
	t.Parallel()
	commands := []string{"mkwpar -e", "mkwpar -p", "chkptwpar -d", "killwpar", "restartwpar -d", "resumewpar", "rmwpar -p", "rm -rf"}
	static := []string{"stopwpar", "^startwpar"}
	for _, mode := range []string{"live", "static"} {
		list := commands
		if mode == "static" {
			list = static
		}
		for _, command := range list {
			for _, action := range []string{lab.FaultFail, lab.FaultDropBefore, lab.FaultDropAfter, "kill"} {
				t.Run(fmt.Sprintf("%s/%s/%s", mode, command, action), func(t *testing.T) {
					t.Parallel()
					s := newMobility(t).alone()
					if mode == "static" {
						s.write(strings.Replace(s.read(), "    reason    =", "    mode      = \"static\"\n    reason    =", 1))
					}
					s.must("apply", "-auto-approve")
					s.counting(departure)
					s.sends(arrival)
					at, kind := departure, action
					if slices.Contains([]string{"mkwpar -p", "restartwpar -d", "resumewpar", "^startwpar", "rm -rf"}, command) {
						at = arrival
					}
					if action == "kill" {
						kind = lab.FaultHang
					}
					if err := s.lab.Inject(lab.Fault{Action: kind, Console: at, Command: command, Message: "0960-999 Injected."}); err != nil {
						t.Fatal(err)
					}
					var out string
					var code int
					if action == "kill" {
						s.killed()
					} else if out, code = s.gantry("apply", "-auto-approve"); code == 0 && action == lab.FaultFail && command != "rm -rf" {
						t.Fatalf("%s failed, and the apply did not:\n%s", command, out)
					}
					if action == lab.FaultFail {
						s.oneCopy("refused")
					}
					for range 3 {
						if out, code = s.gantry("apply", "-auto-approve"); code == 0 {
							break
						}
					}
					if code != 0 {
						t.Fatalf("no end:\n%s", out)
					}
					s.settled()
					if where := s.oneCopy("at the end"); where != arrival {
						t.Errorf("it is on %s", where)
					}
					if left := s.on(arrival, "ls /nfs/mobility"); left != "" && (command != "rm -rf" || action != lab.FaultFail) {
						t.Errorf("left behind: %s", left)
					}
					if mode == "live" && s.count(arrival) == 0 {
						t.Error("it began again")
					}
				})
			}
		}
	}
}

// killed runs an apply, and kills it once it waits for the answer to a command of a step.
func (s *site) killed() {
	s.t.Helper()
	cmd := exec.Command("gantry", "apply", "-auto-approve")
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GANTRY_SSH_CONFIG="+s.lab.SSHConfig(), "NO_COLOR=1", "USER=tester")
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	last, since := -1, time.Now()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(s.dir, "*.journal"))
		b, _ := os.ReadFile(strings.Join(files, ""))
		if n := len(s.lab.Log()); n != last || !strings.Contains(string(b), "relocate:wpar.app20") {
			last, since = n, time.Now()
		}
		if time.Since(since) > time.Second {
			break
		}
		if time.Now().After(end) {
			s.t.Fatal("nothing has begun")
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// Each precondition that does not hold is a refusal of its own, before anything is touched.
func TestWPARRefusals(t *testing.T) {
	t.Parallel()
	second := "host \"" + arrival + "\" {\n  level     = "
	for name, c := range map[string]struct {
		scenario []string
		edit     [2]string
		says     []string
	}{
		"another level":        {[]string{second + "\"6100-09-12-1846\"", second + "\"6100-09-11-1810\""}, [2]string{}, []string{"WPAR-02", "6100-09-11-1810"}},
		"no commands":          {[]string{"  address   = \"172.29.140.56\"\n  memory_mb = 8192\n  software  = [\"mcr.rte\"]", "  address   = \"172.29.140.56\"\n  memory_mb = 8192"}, [2]string{}, []string{"WPAR-09", "host." + arrival + " has no chkptwpar"}},
		"not exported to it":   {[]string{"  export \"/scratch/app20home\" {}", "  export \"/scratch/app20home\" {\n    access = [\"" + departure + "\", \"app20\"]\n  }"}, [2]string{}, []string{"WPAR-07", "/scratch/app20home", "and not to host." + arrival}},
		"no directory":         {[]string{"  mounted \"/nfs/mobility\" {\n    dev  = \"/scratch/mobility\"", "  mounted \"/elsewhere\" {\n    dev  = \"/scratch/mobility\""}, [2]string{}, []string{"WPAR-07", "host." + departure + " does not mount /nfs/mobility"}},
		"not checkpointable":   {nil, [2]string{"  checkpointable  = true\n", ""}, []string{"WPAR-05", "app20 is not checkpointable"}},
		"a local filesystem":   {nil, [2]string{"  mount \"/home\" {\n    type   = \"nfs\"\n    server = \"lpar32p682e\"\n    path   = \"/scratch/app20home\"\n  }\n", ""}, []string{"WPAR-06", "/home"}},
		"no reason":            {nil, [2]string{"    reason    = \"maintenance\"\n", ""}, []string{"WPAR-16"}},
		"no gain":              {nil, [2]string{`"maintenance"`, `"performance"`}, []string{"WPAR-17", "no clear gain"}},
		"no subnet":            {[]string{"    address = \"172.29.140.56\"\n    netmask", "    address = \"172.29.200.56\"\n    netmask"}, [2]string{}, []string{"WPAR-22", "no interface en0 in the subnet of 172.29.140.243"}},
		"its name inside":      {nil, [2]string{`hostname        = "app20"`, `hostname        = "app_20"`}, []string{"WPAR-11", "app_20"}},
		"less memory":          {[]string{"  address   = \"172.29.140.56\"\n  memory_mb = 8192", "  address   = \"172.29.140.56\"\n  memory_mb = 4096"}, [2]string{`    reason    = "maintenance"`, "    reason    = \"maintenance\"\n    tests     = [\"memory\"]"}, []string{"WPAR-21", "4 GiB"}},
		"nowhere to write":     {nil, [2]string{"    directory = \"/nfs/mobility\"\n", ""}, []string{"needs a directory that both hosts mount"}},
		"may not":              {nil, [2]string{"    reason    =", "    mode      = \"never\"\n    reason    ="}, []string{"mobility.mode is \"never\""}},
		"critical, no cluster": {nil, [2]string{"  checkpointable  = true", "  checkpointable  = true\n  critical        = true"}, []string{"WPAR-25"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMobility(t, c.scenario...).alone()
			if c.edit[0] != "" && !strings.Contains(name, "critical") {
				s.edit(c.edit[0], c.edit[1])
			}
			s.must("apply", "-auto-approve")
			if strings.Contains(name, "critical") {
				s.edit(c.edit[0], c.edit[1])
			}
			from := len(s.lab.Log())
			s.sends(arrival)
			s.says(s.mustNot("plan"), c.says...)
			s.mustNot("apply", "-auto-approve")
			if sent := s.changes(from); len(sent) > 0 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// A host that does not answer; one that was moved meanwhile by somebody else; what stays on a host that is left for maintenance.
func TestWPARMeanwhile(t *testing.T) {
	t.Parallel()
	s := newMobility(t)
	s.must("apply", "-auto-approve")
	s.sends(arrival)
	s.says(s.mustNot("plan"), "WPAR-18", "what stays on it is wpar.web01", "Held")
	s.must("plan", "-acknowledge", "WPAR-18=*", "-out", "move.plan")
	// It is moved meanwhile.
	s.on(departure, "mkwpar -e app20 -o /nfs/mobility/x.spec -w; /opt/mcr/bin/chkptwpar -d /nfs/mobility/x -k app20")
	s.on(arrival, "mkwpar -p -f /nfs/mobility/x.spec; /opt/mcr/bin/restartwpar -d /nfs/mobility/x app20")
	s.says(s.mustNot("apply", "move.plan"), "host of app20 was "+departure+" when the plan was made and is "+arrival+" now")
	s.must("apply", "-auto-approve")
	s.oneCopy("afterwards")
	s.settled()

	s.sends(departure)
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultRefuse, Console: departure, Delay: lab.Duration(1000 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("plan"), "console-silent")
}

// The other kinds, with every option that a declaration has: one with filesystems, a route, a device and limits of its own, and one
// that is a command.
func TestWPARKinds(t *testing.T) {
	t.Parallel()
	s := startSite(t, []byte(`
lab {
  start = "2026-03-02T08:00:00Z"
}
host "seven" {
  level   = "7200-05-03-2148"
  address = "172.29.140.72"
  disk "hdisk0" {
    size_mb = 51200
  }
  disk "hdisk1" {
    size_mb = 51200
  }
  disk "hdisk2" {
    size_mb = 20480
  }
  volume_group "rootvg" {
    disks = ["hdisk0"]
  }
  volume_group "wparvg" {
    disks = ["hdisk1"]
  }
  interface "en0" {
    address = "172.29.140.72"
    netmask = "255.255.192.0"
  }
}
`))
	s.write(`
provider "aix" "images" {}

host "seven" {}

wpar "detached" {
  host          = host.seven
  state         = "running"
  hostname      = "det"
  private_usr   = true
  auto_start    = true
  volume_group  = "wparvg"
  directory     = "/wpars/own"
  script        = "/etc/wpars/det.sh"
  routing       = true
  network {
    interface = "en0"
    address   = "172.29.140.99"
    netmask   = "255.255.192.0"
  }
  address "172.29.140.98" {
    interface = "en0"
    netmask   = "255.255.192.0"
  }
  route "10.0.0.0" {
    gateway = "172.29.140.1"
  }
  mount "/data" {
    type = "jfs2"
    size = "1GiB"
  }
  mount "/shared" {
    type = "namefs"
    path = "/opt"
  }
  device "hdisk2" {}
  kernel_extensions = ["/usr/lib/drivers/x"]
  privileges        = ["PV_NET_RAWSOCK"]
  resource_control {
    shares_cpu = "10"
    cpu        = "5%-50%,100%"
    processes  = "512"
  }
}

wpar "watch" {
  host        = host.seven
  application = "/usr/bin/vmstat 5"
}
`)
	out := s.must("plan", "-commands")
	s.says(out, "mkwpar -n detached -h det -d /wpars/own -g wparvg -u /etc/wpars/det.sh -l -i -A", "-M directory=/data vfs=jfs2 size=1024M", "-M directory=/shared vfs=namefs dev=/opt", "-I rtdest=10.0.0.0 rtgateway=172.29.140.1", "-D devname=hdisk2",
		"-X kext=/usr/lib/drivers/x", "-S privs+=PV_NET_RAWSOCK", `-R "CPU=5%-50%,100%" shares_CPU=10 totalProcesses=512`, "nohup wparexec -n watch -- /usr/bin/vmstat 5 > /tmp/wparexec.watch.log 2>&1 </dev/null &")
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on("seven", "lswpar -cq -a name,state,type"), "detached:A:S", "watch:A:A")
	s.says(s.must("discover", "-json"), `"kind": "application"`)
	s.must("destroy", "-auto-approve", "-allow-destroy", "2")
	if left := s.on("seven", "lswpar -cq"); left != "" {
		t.Error(left)
	}
}

// A host is emptied: its workload partitions relocate, the lines are written, and the way back is remembered.
func TestWPAREvacuation(t *testing.T) {
	t.Parallel()
	s := newMobility(t)
	s.must("apply", "-auto-approve")
	s.counting(departure)
	s.says(s.mustNot("plan", "-evacuate", "host.nobody"), "is no system and no host of the estate")
	out := s.must("plan", "-evacuate", "host."+departure)
	s.says(out, "Evacuation of host."+departure+": 2 to move live, 0 powered off, 0 stay.", "moves      wpar.app20", "moves      wpar.web01", "2 live relocations", "-write")
	s.must("plan", "-evacuate", "host."+departure, "-write")
	s.says(s.read(), "host            = host."+arrival, "host          = host."+arrival)
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on(departure, "lswpar -cq; echo empty"), "empty")
	if s.count(arrival) == 0 {
		t.Error("it began again")
	}
	s.says(s.must("plan", "-evacuate", "host."+departure), "it holds no workload partition; there is nothing to do")
	s.says(s.must("plan", "-return", "host."+departure), "Return to host."+departure+": 2 to move live")
	s.must("plan", "-return", "host."+departure, "-write")
	s.must("apply", "-auto-approve")
	s.settled()
	s.oneCopy("back")

	// What cannot leave says why.
	s.edit("    reason    = \"maintenance\"\n    directory = \"/nfs/mobility\"\n  }\n}\n\nwpar", "    directory = \"/nfs/mobility\"\n  }\n}\n\nwpar")
	s.says(s.mustNot("plan", "-evacuate", "host."+departure), "1 to move live, 0 powered off, 1 stay", "stays      wpar.app20", "app20 moves, and nothing says why", "left-behind")
}

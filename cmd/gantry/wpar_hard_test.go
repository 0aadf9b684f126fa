package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gantry-power/gantry/providers/lab"
)

func (s *site) fault(action, console, command string, times int) {
	s.t.Helper()
	for range times {
		if err := s.lab.Inject(lab.Fault{Action: action, Console: console, Command: command, Message: "0960-999 Injected."}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// states are what both hosts say of a workload partition.
func (s *site) states(name string) string {
	s.t.Helper()
	var out []string
	for _, h := range []string{departure, arrival} {
		out = append(out, strings.TrimPrefix(strings.TrimSpace(s.on(h, "lswpar -cq -a name,state "+name+" 2>/dev/null || true")), name+":"))
	}
	return strings.Join(out, "/")
}

func (s *site) stands(name, want, when string) {
	s.t.Helper()
	if got := s.states(name); got != want {
		s.t.Fatalf("%s: %s is %s on the two hosts, want %s", when, name, got, want)
	}
}

// A checkpoint is only as good as what has happened since: what somebody let go on by hand and stopped later is not thrown back.
func TestWPAROldCheckpoint(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.counting(departure)
	s.sends(arrival)
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultHang, Console: departure, Command: "killwpar"}); err != nil {
		t.Fatal(err)
	}
	s.killed() // the checkpoint is written, and nothing was told to go
	s.on(departure, "/opt/mcr/bin/resumewpar app20")
	s.on(departure, "sleep 3600; sleep 3600")
	s.on(departure, "stopwpar app20")
	out, _ := s.gantry("apply", "-auto-approve")
	s.says(out, "somebody has stopped it since", "DOWN")
	s.stands("app20", "D/", "stopped by hand")
}

// Restart is refused on both hosts: that is said, the checkpoint stays, and nothing starts over it until somebody decides.
func TestWPARDownOnBoth(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.counting(departure)
	s.sends(arrival)
	s.fault(lab.FaultFail, arrival, "restartwpar -d", 1)
	s.fault(lab.FaultFail, departure, "restartwpar -d", 1)
	s.says(s.mustNot("apply", "-auto-approve"), "app20 is DOWN", "/opt/mcr/bin/restartwpar -d /nfs/mobility/app20.state app20", "the way back begins")
	from := len(s.lab.Log())
	s.says(s.mustNot("plan"), "wpar-checkpoint", "/nfs/mobility/app20.state", "rm -r /nfs/mobility/app20.state")
	s.mustNot("apply", "-auto-approve")
	if sent := s.changes(from); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	s.on(departure, "/opt/mcr/bin/restartwpar -d /nfs/mobility/app20.state app20")
	s.must("apply", "-auto-approve")
	s.settled()
	if s.oneCopy("restarted by hand") != arrival || s.count(arrival) == 0 {
		t.Errorf("%s, counted to %d", s.states("app20"), s.count(arrival))
	}
}

// What is paused goes on first; it is moved by the plan behind that.
func TestWPARPausedAndMoved(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.counting(departure)
	s.on(departure, "/opt/mcr/bin/chkptwpar -d /nfs/mobility/x -p app20")
	s.sends(arrival)
	s.says(s.must("plan", "-commands"), "1 start", "plan again")
	s.must("apply", "-auto-approve")
	s.stands("app20", "A/", "it goes on")
	s.must("apply", "-auto-approve")
	s.settled()
	if s.count(arrival) == 0 {
		t.Error("it began again")
	}
}

// The name on the target: another workload partition's is refused, an older definition of its own is made anew.
func TestWPARNameOnTheTarget(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"running", "off"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := newMobility(t).alone()
			s.edit(`state           = "running"`, `state           = "`+state+`"`)
			s.must("apply", "-auto-approve")
			s.on(arrival, "mkwpar -n app20 -h other")
			was := s.states("app20")
			from := len(s.lab.Log())
			s.sends(arrival)
			s.says(s.mustNot("plan"), "wpar-name", "has another workload partition app20")
			s.mustNot("apply", "-auto-approve")
			if sent := s.changes(from); len(sent) > 0 || s.states("app20") != was {
				t.Errorf("sent %q, %s", sent, s.states("app20"))
			}
		})
		t.Run("own, "+state, func(t *testing.T) {
			t.Parallel()
			s := newMobility(t).alone()
			s.edit(`state           = "running"`, `state           = "`+state+`"`)
			s.must("apply", "-auto-approve")
			s.on(departure, "mkwpar -e app20 -o /nfs/mobility/x.spec -w")
			s.on(arrival, "mkwpar -p -f /nfs/mobility/x.spec; chwpar -K -N address=172.29.140.243 app20; chwpar -N interface=en0 netmask=255.255.192.0 address=172.29.140.77 app20; rm /nfs/mobility/x.spec")
			s.sends(arrival)
			s.says(s.must("plan", "-commands"), "older definition")
			s.must("apply", "-auto-approve")
			s.settled()
			if got := s.on(arrival, "lswpar -cq -a name,state app20; lswpar -Ncq app20"); !strings.Contains(got, "172.29.140.243") || strings.Contains(got, "140.77") {
				t.Error(got)
			}
		})
	}
	// One that somebody makes between plan and apply.
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.sends(arrival)
	s.must("plan", "-out", "move.plan")
	s.on(arrival, "mkwpar -n app20 -h other")
	s.says(s.mustNot("apply", "move.plan"), "changed since the plan was made", "app20 runs on aix.images/"+departure)
	s.stands("app20", "A/D", "refused")
}

// What removes a leftover never touches what is declared.
func TestWPARFinishRefused(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.edit(`state           = "running"`, `state           = "off"`)
	s.must("apply", "-auto-approve")
	s.on(departure, "mkwpar -e app20 -o /nfs/mobility/x.spec -w")
	s.on(arrival, "mkwpar -p -f /nfs/mobility/x.spec; rm /nfs/mobility/x.spec")
	s.fault(lab.FaultFail, arrival, "rmwpar -p", 1)
	s.fault(lab.FaultFail, departure, "rmwpar -p", 1)
	where := regexp.MustCompile(`lpar5\dp682e`).FindString(s.mustNot("apply", "-auto-approve"))
	s.stands("app20", "D/D", "refused at "+where)
	s.fault(lab.FaultClear, "", "", 1)
	s.must("apply", "-auto-approve")
	s.settled()
	s.stands("app20", "D/", "finished")
}

// An answer that is lost twice on the target costs the way back nothing.
func TestWPARLostTwice(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.write(strings.Replace(s.read(), "    reason    =", "    mode      = \"static\"\n    reason    =", 1))
	s.must("apply", "-auto-approve")
	s.sends(arrival)
	s.fault(lab.FaultDropBefore, arrival, "^startwpar", 2)
	s.says(s.mustNot("apply", "-auto-approve"), "sent twice without effect", "app20 runs on aix.images/"+departure)
	s.stands("app20", "A/", "back again")
}

// Two copies are not deleted one by one either; and a definition elsewhere goes with the one that is deleted.
func TestWPARGone(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.on(departure, "mkwpar -e app20 -o /nfs/mobility/x.spec -w")
	s.on(arrival, "mkwpar -p -f /nfs/mobility/x.spec; startwpar app20")
	s.write(s.read()[:strings.Index(s.read(), "wpar \"app20\"")])
	s.says(s.mustNot("apply", "-auto-approve", "-allow-destroy", "1"), "WPAR-26")
	s.stands("app20", "A/A", "refused")
	s.on(arrival, "stopwpar app20")
	s.must("apply", "-auto-approve", "-allow-destroy", "1")
	s.stands("app20", "/", "deleted")
	s.settled()
}

// A word that asks for a reboot is remembered when that is done.
func TestWPARRebootRefused(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.edit("  checkpointable  = true", "  checkpointable  = true\n  reboot          = \"one\"\n  auto_start = true")
	s.fault(lab.FaultFail, departure, "rebootwpar", 1)
	s.mustNot("apply", "-auto-approve")
	s.says(s.must("plan", "-commands"), "rebootwpar app20")
	s.must("apply", "-auto-approve")
	s.settled()
}

// What an application WPAR cannot be or do is refused; what a local one has of its host may be declared.
func TestWPARDeclarations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ block, says string }{
		{"application = \"/usr/bin/vmstat 5\"\n state = \"off\"", "is gone when it stops"},
		{"application = \"/usr/bin/vmstat 5\"\n reboot = \"x\"", "An application WPAR has none"},
		{"application = \"/usr/bin/vmstat 5\"\n privileges = [\"PV_ROOT\"]", "An application WPAR has none"},
		{"address \"172.29.140.9\" {\n interface = \"en0\"\n netmask = \"255.255.192.1\"\n }", "No network mask"},
		{"specification = \"device:\\n\\tdevname = \\\"hdisk1\\\"\\n\\trootvg = \\\"yes\\\"\\n\"", ""},
	} {
		s := newMobility(t).alone()
		s.write(s.read()[:strings.Index(s.read(), "wpar \"app20\"")] + "wpar \"odd\" {\n host = host." + departure + "\n " + c.block + "\n}\n")
		if c.says != "" {
			s.says(s.mustNot("validate"), c.says)
			continue
		}
		s.says(s.must("plan", "-commands"), "-D devname=hdisk1 rootvg=yes")
	}
	s := newMobility(t).alone()
	s.write(s.read()[:strings.Index(s.read(), "wpar \"app20\"")] + "wpar \"watch\" {\n  host = host." + departure + "\n  application = \"/usr/bin/vmstat 5\"\n  checkpointable = true\n  mobility {\n reason = \"energy\"\n directory = \"/nfs/mobility\"\n }\n}\n")
	s.must("apply", "-auto-approve")
	s.settled()
	s.write(strings.Replace(s.read(), "host = host."+departure, "host = host."+arrival, 1))
	s.says(s.mustNot("plan"), "wpar-application")

	for _, block := range []string{"mount \"/\" {\n type = \"jfs2\"\n size = \"2GiB\"\n }", "mount \"/usr\" {\n type = \"namefs\"\n path = \"/usr\"\n }"} {
		s := newMobility(t).alone()
		s.write(s.read()[:strings.Index(s.read(), "wpar \"app20\"")] + "wpar \"loc\" {\n host = host." + departure + "\n " + block + "\n}\n")
		s.must("apply", "-auto-approve")
		s.settled()
	}
}

// A server that does not export what a new one mounts is found out before; and data on it is kept when that is asked for.
func TestWPARMadeAgain(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.edit(`path   = "/scratch/app20home"`, `path   = "/scratch/nope"`)
	s.says(s.mustNot("plan"), "WPAR-07", "lpar32p682e does not export /scratch/nope")
	s.edit(`path   = "/scratch/nope"`, `path   = "/scratch/app20home"`)
	s.must("apply", "-auto-approve")
	s.on(departure, "echo kept > /wpars/app20/home/data; stopwpar app20; rmwpar -p app20")
	s.says(s.mustNot("apply", "-auto-approve"), "0960-123", "preserve = true")
	s.edit("  checkpointable  = true", "  checkpointable  = true\n  preserve        = true")
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on(departure, "cat /wpars/app20/home/data"), "kept")
}

// The target is gone for good in the middle: what to do by hand is said, and that it was done can be said.
func TestWPARTargetGone(t *testing.T) {
	t.Parallel()
	s := newMobility(t).alone()
	s.must("apply", "-auto-approve")
	s.counting(departure)
	s.sends(arrival)
	s.fault(lab.FaultHang, arrival, "restartwpar -d", 1)
	s.killed()
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultRefuse, Console: arrival, Delay: lab.Duration(1000 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	const byHand = "/opt/mcr/bin/restartwpar -d /nfs/mobility/app20.state app20"
	s.says(s.mustNot("apply", "-auto-approve"), "cannot be reached", byHand, "gantry state settled relocate:wpar.app20")
	s.on(departure, byHand)
	s.says(s.mustNot("state", "settled", "relocate:wpar.other"), "open are relocate:wpar.app20")
	s.must("state", "settled", "relocate:wpar.app20")
	s.says(s.mustNot("state", "settled", "relocate:wpar.app20"), "no earlier run left anything open")
	s.sends(departure)
	if out, _ := s.gantry("plan"); strings.Contains(out, "An earlier run left open") {
		t.Error(out)
	}
	if s.count(departure) == 0 {
		t.Error("it began again")
	}
}

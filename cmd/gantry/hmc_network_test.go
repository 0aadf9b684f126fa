package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-power/gantry/providers/lab"
)

// newWire is newSite with bridges declared, and the networks dmz (VLAN 30) and web (VLAN 31), which nothing bridges yet;
// bare removes the shared Ethernet adapters of the second frame.
func newWire(t *testing.T, bare bool) *site {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if bare {
		head, tail, _ := strings.Cut(text, "system \"f2\"")
		tail = regexp.MustCompile(`(?s)    ethernet "ent[45]" \{.*?\n    \}\n`).ReplaceAllString(tail, "")
		tail = regexp.MustCompile(`(?s)    sea "ent6" \{.*?\n    \}\n`).ReplaceAllString(tail, "")
		text = head + "system \"f2\"" + tail
	}
	s := startSite(t, []byte(text))
	for _, f := range []string{"f1", "f2"} {
		s.edit("  fabric \"A\" {\n    ports = [\""+f+"vios1", "  bridge \"lan\" {\n    ports           = [\""+f+"vios1/ent0\", \""+f+"vios2/ent0\"]\n    control_channel = 4094\n    vlan            = 10\n  }\n  fabric \"A\" {\n    ports = [\""+f+"vios1")
	}
	s.edit("network \"backup\" {\n  vlan = 20\n}\n", "network \"backup\" {\n  vlan = 20\n}\n\nnetwork \"dmz\" {\n  vlan   = 30\n  bridge = \"lan\"\n}\n\nnetwork \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n")
	s.edit("    network = network.prod\n  }\n", "    network = network.prod\n  }\n  ethernet \"en1\" {\n    network = network.dmz\n    tagged  = [network.web]\n  }\n")
	s.edit(`id = "1000000000000" }`, "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"")
	s.must("apply", "-auto-approve", "-target", "disk.root")
	if bare {
		s.edit("network \"prod\" {\n  vlan = 10\n", "network \"prod\" {\n  vlan   = 10\n  bridge = \"lan\"\n")
	}
	return s
}

// trunks are the trunk adapters of a frame, in force and in the profiles.
func (s *site) trunks(frame string) string {
	s.t.Helper()
	return s.console("lshwres -r virtualio --rsubtype eth --level lpar -m "+frame+" -F lpar_name,slot_num,is_trunk,trunk_priority,port_vlan_id,addl_vlan_ids") +
		s.console("lssyscfg -r prof -m "+frame+" -F name,lpar_name,virtual_eth_adapters")
}

// A network is bridged on every frame where its partition lives or may move to, on both servers and in their profiles,
// before the partition is made; the partition moves; and nothing of it is left.
func TestHMCBridges(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	before := s.must("discover", "-json")
	profiles := s.trunks("frame1") + s.trunks("frame2")
	s.says(s.must("plan"), "2 networks to create", "frame1: VLAN 30 through f1vios1 and f1vios2", "frame2: VLAN 31 through f2vios1 and f2vios2")
	planned, from := s.planned(), len(s.lab.Log())
	s.must("apply", "-auto-approve")
	if sent := s.sent(from); strings.Join(sent, "\n") != strings.Join(planned, "\n") {
		t.Errorf("planned:\n%s\n\nsent:\n%s", strings.Join(planned, "\n"), strings.Join(sent, "\n"))
	}
	s.settled()
	for _, f := range []string{"frame1", "frame2"} {
		if n := strings.Count(s.trunks(f), "20,30,31"); n != 4 {
			t.Errorf("%s carries\n%s", f, s.trunks(f))
		}
	}
	s.reachable()
	s.edit("system      = system.f1", "system      = system.f2")
	s.must("apply", "-auto-approve")
	s.settled()
	// A network without a partition, of a partition that is pinned, goes no further than it must.
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.trunks("frame1") + s.trunks("frame2"); after != profiles {
		t.Errorf("the frames had\n%s\nand have\n%s", profiles, after)
	}
	s.edit("system      = system.f2", "system      = system.f1")
	s.must("apply", "-auto-approve")
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// sent are the commands in the log of the console that change something.
func (s *site) sent(from int) []string {
	var sent []string
	reading := regexp.MustCompile(`^(export LANG|lssyscfg|lslparmigr|lshwres)`)
	for _, e := range s.lab.Log()[from:] {
		if !reading.MatchString(e.Line) {
			sent = append(sent, e.Line)
		}
	}
	return sent
}

// A frame without any bridge gets one on each server, in failover with a control channel; the second network rides on
// what the first one made; taking the networks away takes the bridges away.
func TestHMCBridgesAreMade(t *testing.T) {
	t.Parallel()
	s := newWire(t, true)
	before := s.must("discover", "-json")
	s.must("apply", "-auto-approve")
	s.settled()
	for i, v := range []string{"f2vios1", "f2vios2"} {
		out := s.console(fmt.Sprintf(`viosvrcmd -m frame2 -p %s -c "lsmap -all -net -fmt :"`, v))
		s.says(out, ":ent0:Available")
		s.says(s.console("lshwres -r virtualio --rsubtype eth --level lpar -m frame2 --filter lpar_names="+v), fmt.Sprintf("is_trunk=1,trunk_priority=%d,ieee_virtual_eth=1,port_vlan_id=10", i+1), `"addl_vlan_ids=30,31"`, "port_vlan_id=4094")
	}
	s.reachable()
	s.edit("system      = system.f1", "system      = system.f2")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("system      = system.f2", "system      = system.f1")
	s.must("apply", "-auto-approve")
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// A bridge that was made for one network and carries another one goes with that, when the first one is gone already.
func TestHMCBridgesAreHandedOn(t *testing.T) {
	t.Parallel()
	s := newWire(t, true)
	before := s.must("discover", "-json")
	s.edit("  vlan   = 10\n  bridge = \"lan\"\n", "  vlan   = 10\n")
	s.edit("  ethernet \"en0\" {\n    network = network.prod\n  }\n  ethernet \"en1\" {\n    network = network.dmz\n    tagged  = [network.web]\n  }\n",
		"  ethernet \"en0\" {\n    network = network.dmz\n  }\n  ethernet \"en1\" {\n    network = network.web\n  }\n")
	s.edit("system      = system.f1", "system      = system.f2")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("  ethernet \"en0\" {\n    network = network.dmz\n  }\n", "")
	s.edit("network \"dmz\" {\n  vlan   = 30\n  bridge = \"lan\"\n}\n", "")
	s.says(s.must("apply", "-auto-approve"), "f2vios1 on system.f2 stays for network.web, and goes with it")
	s.settled()
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// byHand bridges VLAN 30 on a Virtual I/O Server of the first frame, in force and in its profile.
func (s *site) byHand(vios string, priority int, op, vlans string) {
	s.t.Helper()
	s.console(fmt.Sprintf("chhwres -r virtualio --rsubtype eth -o s -m frame1 -p %s -s 2 -a addl_vlan_ids%s=30", vios, op))
	s.console(fmt.Sprintf(`chsyscfg -r prof -m frame1 -i 'name=normal,lpar_name=%s,"virtual_eth_adapters=""2/1/10/%s/%d/1/ETHERNET0//all/none"",3/0/4094//0/1/ETHERNET0//all/none"'`, vios, vlans, priority))
}

// What somebody else has bridged is not taken for Gantry's when bridging fails; what somebody else has taken back needs no
// step; and what cannot be seen is not forgotten.
func TestHMCBridgesBesideOthers(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.byHand("f1vios1", 1, "+", "20,30")
	s.edit("    tagged  = [network.web]\n", "")
	s.edit("  state       = \"running\"\n", "  state       = \"running\"\n  placement {\n    pinned = true\n  }\n")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultFail, Console: "hmc1", Command: "^chhwres -r virtualio --rsubtype eth -o s", Message: "HSCL3FFF Injected."}); err != nil {
		t.Fatal(err)
	}
	s.mustNot("apply", "-auto-approve")
	if out, _ := s.gantry("state", "show", "network.dmz"); strings.Contains(out, "added") {
		t.Errorf("nothing was added:\n%s", out)
	}
	s.must("apply", "-auto-approve")
	s.says(s.must("state", "show", "network.dmz"), "servers                  f1vios2\n")
	undeclared := strings.Replace(s.read(), "  ethernet \"en1\" {\n    network = network.dmz\n  }\n", "", 1)
	s.write(strings.Replace(undeclared, "network \"dmz\" {\n  vlan   = 30\n  bridge = \"lan\"\n}\n", "", 1))
	s.byHand("f1vios2", 2, "-", "20")
	s.says(s.must("apply", "-auto-approve"), "network.dmz                  forget")
	s.settled()
	if n := strings.Count(s.trunks("frame1"), "20,30"); n != 2 {
		t.Errorf("frame1 carries\n%s", s.trunks("frame1"))
	}
}

// What was added on a frame that is switched off is not forgotten.
func TestHMCBridgesOfAFrameThatIsOff(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.must("apply", "-auto-approve")
	s.console("chsysstate -m frame2 -r sys -o off --immed")
	s.settled()
	s.edit("    tagged  = [network.web]\n", "    tagged  = []\n")
	s.edit("network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "")
	s.says(s.mustNot("plan"), "not-visible network.web", "system.f2 cannot be seen")
}

// The mode of bridges that are there follows the estate, with the pause named.
func TestHMCBridgeMode(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.must("apply", "-auto-approve")
	s.edit("ports           = [\"f1vios1/ent0\", \"f1vios2/ent0\"]\n", "ports           = [\"f1vios1/ent0\", \"f1vios2/ent0\"]\n    mode            = \"sharing\"\n")
	s.says(s.must("plan"), "system.f1", "bridge.lan.mode  auto -> sharing", "pause")
	if out := s.must("plan", "-destroy", "-allow-destroy", "9", "-commands"); strings.Contains(out, "ha_mode") {
		t.Errorf("destroy changes what it does not own:\n%s", out)
	}
	s.must("apply", "-auto-approve")
	s.settled()
	for _, v := range []string{"f1vios1", "f1vios2"} {
		s.says(s.console(`viosvrcmd -m frame1 -p `+v+` -c "lsdev -dev ent6 -attr ha_mode"`), "sharing")
	}
	// One that was put in standby by hand stays so while the other one follows.
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "chdev -dev ent6 -attr ha_mode=standby"`)
	s.edit(`"sharing"`, `"failover"`)
	if got := s.planned(); len(got) != 1 || !strings.Contains(got[0], "-p f1vios2") {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(`"failover"`, `"sharing"`)
	// Two that are both alone are a loop.
	s.edit(`"sharing"`, `"single"`)
	s.says(s.mustNot("plan"), "bridge-loop system.f1", "f1vios1/ent0 and f1vios2/ent0 would bridge too")
	s.edit("[\"f1vios1/ent0\", \"f1vios2/ent0\"]", "[\"f1vios1/ent0\"]")
	s.says(s.mustNot("plan"), "bridge-loop system.f1", "ent6 on f1vios2 carries VLAN 10 too")
}

// What cannot be is said before anything is sent.
func TestHMCBridgeRefusals(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.edit("network \"dmz\" {\n  vlan   = 30\n  bridge = \"lan\"", "network \"dmz\" {\n  vlan   = 30\n  bridge = \"wan\"")
	s.says(s.mustNot("plan"), "no-bridge", "network.dmz", `bridge "wan" { ports`)
	s.edit("bridge = \"wan\"", "bridge = \"lan\"")
	s.edit("vlan   = 31", "vlan   = 30")
	s.says(s.mustNot("plan"), "declared-twice", "network.dmz and network.web are both network vlan:30")
	s.edit("network \"web\" {\n  vlan   = 30", "network \"web\" {\n  vlan   = 31")
	s.edit("f2vios1/ent0", "f2vios1/ent9")
	s.says(s.mustNot("plan"), "f2vios1 has no Ethernet adapter ent9")
	s.edit("f2vios1/ent9", "f2vios9/ent0")
	s.says(s.mustNot("plan"), "no running Virtual I/O Server f2vios9")
	s.edit("f2vios9/ent0", "f2vios1/ent0")
	s.must("apply", "-auto-approve")
	// Another VLAN under the same name would leave the first one bridged for good.
	s.edit("vlan   = 31", "vlan   = 41")
	s.says(s.mustNot("plan"), "identity-changed", "network.web is network vlan:31", "declared as vlan:41", "gantry state rm network.web")
	s.edit("vlan   = 41", "vlan   = 31")
	// A network goes while its partition keeps the adapter.
	declared := s.read()
	s.edit("  ethernet \"en1\" {\n    network = network.dmz\n    tagged  = [network.web]\n  }\n", "")
	s.edit("network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "")
	s.must("plan")
	s.says(s.mustNot("plan", "-target", "network.web"), "NET-01", "db uses it")
	s.write(strings.Replace(strings.Replace(declared, "    tagged  = [network.web]\n", "", 1), "network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "", 1))
	s.says(s.mustNot("plan"), "NET-01", "db uses it") // tagged is not managed
	s.edit("    network = network.dmz\n", "    network = network.dmz\n    tagged  = []\n")
	s.must("plan")
	s.write(declared)
	// A network goes while a partition of somebody else's uses it.
	s.console("mksyscfg -r lpar -m frame1 -i \"name=guest,profile_name=n,lpar_env=aixlinux,min_mem=1024,desired_mem=1024,max_mem=1024,proc_mode=shared,sharing_mode=cap,min_procs=1,desired_procs=1,max_procs=1,min_proc_units=0.1,desired_proc_units=0.1,max_proc_units=0.1,virtual_eth_adapters=4/0/31//0/0/ETHERNET0\"")
	s.says(s.mustNot("destroy", "-auto-approve", "-allow-destroy", "9"), "NET-01", "network.web", "guest uses it")
	// It is let go of, and stays bridged.
	s.console("rmsyscfg -r lpar -m frame1 -n guest")
	s.edit("  ethernet \"en1\" {\n    network = network.dmz\n    tagged  = [network.web]\n  }\n", "")
	s.edit("network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "removed {\n  from = network.web\n  lifecycle {\n    destroy = false\n  }\n}\n")
	s.must("apply", "-auto-approve")
	if n := strings.Count(s.trunks("frame1")+s.trunks("frame2"), "20,30,31"); n != 8 {
		t.Errorf("%d adapters carry it:\n%s", n, s.trunks("frame1")+s.trunks("frame2"))
	}
}

// A Virtual I/O Server that is down holds nothing up: what its profile has comes back with it, and what is new is bridged
// by the other one until then.
func TestHMCBridgesOfAServerThatIsDown(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.must("apply", "-auto-approve")
	s.console("chsysstate -r lpar -m frame2 -o shutdown --immed -n f2vios2")
	s.settled()
	s.edit("network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n\nnetwork \"new\" {\n  vlan   = 32\n  bridge = \"lan\"\n}\n")
	s.edit("tagged  = [network.web]", "tagged  = [network.web, network.new]")
	s.says(s.must("plan"), "frame2: VLAN 32 through f2vios1\n", "bridge-unseen network.new", "f2vios2 on system.f2 cannot be asked")
	s.must("apply", "-auto-approve")
	s.console("chsysstate -r lpar -m frame2 -o on -n f2vios2 -f normal")
	s.says(s.must("plan"), "frame2: VLAN 32 through f2vios1 and f2vios2")
	s.must("apply", "-auto-approve")
	s.settled()
}

// To destroy one partition takes nothing that others use: not their network, not the disks.
func TestHMCDestroyTarget(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.edit("disk \"root\" {\n    source", "disk \"lv\" {\n    source = disk.lv\n  }\n  disk \"root\" {\n    source")
	s.edit("partition \"db\" {", `disk "lv" {
  logical_volume = { system = system.f1, server = "f1vios1", group = "rootvg", name = "db_lv" }
  size           = "4GiB"
}

partition "web" {
  system = system.f1
  memory {
    minimum = "1GiB"
    desired = "1GiB"
    maximum = "1GiB"
  }
  processor {
    mode    = "shared"
    sharing = "capped"
    units   = { minimum = 0.1, desired = 0.1, maximum = 1 }
    virtual = { minimum = 1, desired = 1, maximum = 1 }
  }
  ethernet "en0" {
    network = network.dmz
  }
}

partition "db" {`)
	s.must("apply", "-auto-approve")
	out := s.must("plan", "-destroy", "-allow-destroy", "1", "-target", "partition.db")
	if strings.Contains(out, "network.dmz") || strings.Contains(out, "disk.lv") {
		t.Errorf("more than the partition is destroyed:\n%s", out)
	}
	s.says(s.must("plan", "-destroy", "-allow-destroy", "2", "-target", "disk.lv"), "- partition.db", "- disk.lv")
	s.says(s.must("plan", "-destroy", "-allow-destroy", "2", "-target", "network.dmz"), "- partition.db", "- partition.web", "- network.dmz")
	s.must("destroy", "-auto-approve", "-allow-destroy", "1", "-target", "partition.db")
	if now := s.trunks("frame1"); strings.Count(now, "20,30,31") != 4 {
		t.Errorf("web lost its network:\n%s", now)
	}
	// Without -destroy: what is not declared any more is not deleted under a partition that the plan leaves alone.
	s.must("apply", "-auto-approve")
	s.edit("disk \"lv\" {\n    source = disk.lv\n  }\n  ", "")
	s.edit("disk \"lv\" {\n  logical_volume = { system = system.f1, server = \"f1vios1\", group = \"rootvg\", name = \"db_lv\" }\n  size           = \"4GiB\"\n}\n", "")
	s.says(s.mustNot("plan", "-allow-destroy", "2", "-target", "disk.lv"), "STG-06", "db has it")
}

// What a console does not show is no reason to bridge, and no reason to call a bridge unknown.
func TestHMCBridgeUnseen(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.must("apply", "-auto-approve")
	s.edit(`user = "hscroot"`, `user = "watcher"`)
	out := s.mustNot("plan")
	s.says(out, "system-unread", "HSCL350B")
	s.edit(`host = "hmc1"`, `host = "hmc9"`)
	out += s.mustNot("plan")
	s.says(out, "console-silent")
	if strings.Contains(out, "network.dmz") {
		t.Errorf("a network is planned unseen:\n%s", out)
	}
}

// A Virtual I/O Server that is off, or that has lost its management connection, carries what its profile keeps.
func TestHMCBridgeServerDown(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.edit("    source = disk.root\n", "    source = disk.root\n    paths  = 2\n")
	s.must("apply", "-auto-approve")
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultRMC, Partition: "f1vios2"}); err != nil {
		t.Fatal(err)
	}
	out := s.must("plan")
	s.says(out, "f1vios2 of system.f1 cannot be asked (Running, RMC inactive)", "diagrmc")
	if strings.Contains(out, "network.dmz") {
		t.Errorf("a network is bridged anew:\n%s", out)
	}
	s.edit("    paths  = 2\n", "")
	s.settled()
	s.console("chsysstate -r lpar -o shutdown --immed -m frame1 -n f1vios2")
	s.settled()
}

// Networks and made disks get other names, and are let go of; what they are stays.
func TestHMCLetGoOfNetwork(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.must("apply", "-auto-approve")
	before := s.trunks("frame2")
	s.edit("network \"dmz\" {", "moved {\n  from = network.dmz\n  to   = network.outer\n}\n\nnetwork \"outer\" {")
	s.edit("network = network.dmz", "network = network.outer")
	s.says(s.must("plan"), "1 rename.", "network.dmz -> network.outer", "Only the state is written.")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit("  ethernet \"en1\" {\n    network = network.outer\n    tagged  = [network.web]\n  }\n", "")
	s.edit("moved {\n  from = network.dmz\n  to   = network.outer\n}\n\nnetwork \"outer\" {\n  vlan   = 30\n  bridge = \"lan\"\n}\n", "removed {\n  from = network.outer\n  lifecycle {\n    destroy = false\n  }\n}\n")
	s.says(s.must("plan", "-commands"), "1 network to forget", "none: what Gantry had added stays")
	s.must("apply", "-auto-approve")
	s.settled()
	if after := s.trunks("frame2"); after != before {
		t.Errorf("frame2 had\n%s\nand has\n%s", before, after)
	}
	// Nobody carries it any more, and nobody declares it: it is forgotten.
	for i, v := range []string{"f1vios1", "f1vios2"} {
		s.console(fmt.Sprintf("chhwres -r virtualio --rsubtype eth -o s -m frame1 -p %s -s 2 -a addl_vlan_ids-=31", v))
		s.console(fmt.Sprintf(`chsyscfg -r prof -m frame1 -i 'name=normal,lpar_id=%d,"virtual_eth_adapters=""2/1/10/20,30/%d/1/ETHERNET0//all/none"",3/0/4094//0/1/ETHERNET0//all/none"'`, i+1, i+1))
		s.console(fmt.Sprintf("chhwres -r virtualio --rsubtype eth -o s -m frame2 -p %s -s 2 -a addl_vlan_ids-=31", strings.Replace(v, "f1", "f2", 1)))
		s.console(fmt.Sprintf(`chsyscfg -r prof -m frame2 -i 'name=normal,lpar_id=%d,"virtual_eth_adapters=""2/1/10/20,30/%d/1/ETHERNET0//all/none"",3/0/4094//0/1/ETHERNET0//all/none"'`, i+1, i+1))
	}
	s.edit("network \"web\" {\n  vlan   = 31\n  bridge = \"lan\"\n}\n", "")
	s.says(s.must("plan"), "1 network to forget")
	s.must("apply", "-auto-approve")
	s.settled()
}

// What is the control channel of a bridge is not bridged.
func TestHMCBridgeControlChannel(t *testing.T) {
	t.Parallel()
	s := newWire(t, false)
	s.edit("vlan   = 30", "vlan   = 4094")
	s.says(s.mustNot("plan"), "control-channel", "VLAN 4094 of network.dmz", "as declared")
	s.write(strings.ReplaceAll(s.read(), "    control_channel = 4094\n", ""))
	s.says(s.mustNot("plan"), "control-channel", "ent6 of f1vios1")
}

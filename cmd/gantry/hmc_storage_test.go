package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-power/gantry/providers/lab"
)

// newStore is newSite with a file pool, a media library and a cluster of the first Virtual I/O Server of both frames.
func newStore(t *testing.T) *site {
	t.Helper()
	b, err := os.ReadFile("testdata/hmc/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "    ethernet \"ent0\" {\n      location    = \"U78D3.001.WZS001A-P1-C4-T1\"", "    files = { \"/home/padmin/aix.iso\" = 3000, \"/home/padmin/fix.iso\" = 700 }\n    ethernet \"ent0\" {\n      location    = \"U78D3.001.WZS001A-P1-C4-T1\"")
	text += `
lun "repo" {
  wwpn      = "5005076810114C3D"
  id        = "0007000000000000"
  size_mb   = 1024
  unique_id = "3321360050768000000000000000000704214503IBMfcp"
}

lun "shared" {
  wwpn      = "5005076810114C3D"
  id        = "0008000000000000"
  size_mb   = 102400
  unique_id = "3321360050768000000000000000000804214503IBMfcp"
}

cluster "ssp1" {
  nodes      = ["f1/f1vios1", "f1/f1vios2", "f2/f2vios1", "f2/f2vios2"]
  pool       = "pool1"
  disks      = ["shared"]
  repository = "repo"
}
`
	for _, l := range []string{`["app01", "app02", "app03"]`, `["app03", "app02", "app01"]`} {
		text = strings.ReplaceAll(text, l, strings.TrimSuffix(l, "]")+`, "repo", "shared"]`)
	}
	s := startSite(t, []byte(text))
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mksp -fb filepool -sp rootvg -size 20G"`)
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mkrep -sp rootvg -size 10G"`)
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mkvopt -name aix.iso -file /home/padmin/aix.iso -ro"`)
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mkvopt -name fix.iso -file /home/padmin/fix.iso -ro"`)
	main, _, _ := strings.Cut(s.read(), "disk \"root\"")
	s.write(main + store)
	return s
}

const store = `disk "lv" {
  logical_volume = { system = system.f1, server = "f1vios1", group = "rootvg", name = "db_lv" }
  size           = "4GiB"
}

disk "file" {
  file = { system = system.f1, server = "f1vios1", pool = "filepool", name = "db_file" }
  size = "2GiB"
}

disk "unit" {
  logical_unit = { cluster = "ssp1", pool = "pool1", name = "db_unit" }
  size         = "8GiB"
}

partition "db" {
  system = system.f1
  state  = "running"
  memory {
    minimum = "2GiB"
    desired = "8GiB"
    maximum = "16GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    units   = { minimum = 0.1, desired = 0.4, maximum = 2 }
    virtual = { minimum = 1, desired = 2, maximum = 4 }
  }
  ethernet "en0" {
    network = network.prod
  }
  disk "unit" {
    source = disk.unit
    target = "db_unit_vt"
  }
  disk "lv" {
    source = disk.lv
  }
  disk "file" {
    source = disk.file
  }
  optical "cd" {
    server = "f1vios1"
    medium = "aix.iso"
  }
}
`

// Logical volumes, files and logical units are made before the partition that has them, grow, and go with everything
// else; the frame is as it was found.
func TestHMCMadeDisks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	before := s.must("discover", "-json")
	planned := s.planned()
	s.says(strings.Join(planned, "\n"), `mklv -lv db_lv rootvg 4096M`, `mkbdsp -sp filepool 2048M -bd db_file"`, `mkbdsp -clustername ssp1 -sp pool1 8192M -bd db_unit"`, "mkvdev -fbo", "loadopt -disk aix.iso -vtd opt3_cd")
	out := s.must("plan")
	s.says(out, "3 disks to create, 1 partition to create, 1 start")
	s.must("apply", "-auto-approve", "-refresh-only") // makes nothing
	if now := s.must("discover", "-json"); now != before {
		t.Errorf("refreshing the state has changed\n%s\nto\n%s", before, now)
	}
	s.must("apply", "-auto-approve")
	s.settled()
	maps := s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lsmap -all"`)
	s.says(maps, "db_lv", "/var/vio/storagepools/filepool/db_file", "db_unit.", "/var/vio/VMLibrary/aix.iso")
	if other := s.console(`viosvrcmd -m frame1 -p f1vios2 -c "lsmap -all"`); !strings.Contains(other, "db_unit.") || strings.Contains(other, "db_lv") {
		t.Errorf("the second server exports\n%s", other)
	}

	// A logical volume grows online; another medium is put in; nothing else is sent.
	s.edit(`size           = "4GiB"`, `size           = "6GiB"`)
	s.edit(`medium = "aix.iso"`, `medium = "fix.iso"`)
	if got := s.planned(); len(got) != 3 {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lsmap -all"`), "fix.iso")
	s.says(s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lslv db_lv -field pps ppsize -fmt :"`), "6:1024")
	// What cannot be is refused with the reason.
	s.edit(`size           = "6GiB"`, `size           = "3GiB"`)
	s.says(s.mustNot("apply", "-auto-approve"), "does not get smaller")
	s.edit(`size           = "3GiB"`, `size           = "6500MiB"`)
	s.says(s.mustNot("apply", "-auto-approve"), "pieces of 1 GiB")
	s.edit(`size           = "6500MiB"`, `size           = "900GiB"`)
	s.says(s.mustNot("apply", "-auto-approve"), "storage pool f1vios1/rootvg", "is free")
	s.edit(`size           = "900GiB"`, `size           = "6GiB"`)
	s.edit("system = system.f1\n  state", "system = system.f2\n  state")
	s.says(s.mustNot("plan"), "STG-04", "LPM-35")
	s.edit("system = system.f2\n  state", "system = system.f1\n  state")

	// A disk leaves the partition and then the Virtual I/O Server, in one plan, when that many may be destroyed.
	s.edit("  disk \"file\" {\n    source = disk.file\n  }\n", "")
	s.edit("disk \"file\" {\n  file = { system = system.f1, server = \"f1vios1\", pool = \"filepool\", name = \"db_file\" }\n  size = \"2GiB\"\n}\n", "")
	s.says(s.mustNot("apply", "-auto-approve"), "destroys or unmaps 2")
	s.must("apply", "-auto-approve", "-allow-destroy", "2")
	s.settled()
	if strings.Contains(s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lssp -bd -sp filepool"`), "db_file") {
		t.Error("the file is still there")
	}
	// The partition goes, and not what it depends on, which is there when it is made again.
	s.says(s.must("destroy", "-auto-approve", "-allow-destroy", "1", "-target", "partition.db"), "1 partition to delete. 1 destroyed or unmapped.")
	s.says(s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lsvg -lv rootvg"`), "db_lv")
	s.must("apply", "-auto-approve")
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// A logical unit is on every frame of its cluster, so its partition moves; what one Virtual I/O Server made stays there.
func TestHMCLogicalUnitMoves(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, cut := range []string{"  disk \"lv\" {\n    source = disk.lv\n  }\n", "  disk \"file\" {\n    source = disk.file\n  }\n", "  optical \"cd\" {\n    server = \"f1vios1\"\n    medium = \"aix.iso\"\n  }\n"} {
		s.edit(cut, "")
	}
	s.must("apply", "-auto-approve")
	s.reachable()
	s.edit("system = system.f1\n  state", "system = system.f2\n  state")
	s.says(s.must("apply", "-auto-approve"), "1 live migration")
	s.settled()
	if got := s.console("lssyscfg -r lpar -m frame2 --filter lpar_names=db -F state"); got != "Running\n" {
		t.Errorf("it is %s", got)
	}
}

// A disk of somebody else's partition is not deleted under it, and one that exists is not made again.
func TestHMCMadeDisksAreNotTakenOver(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mklv -lv db_lv rootvg 4G"`)
	s.says(s.mustNot("apply", "-auto-approve"), "disk.lv", "does not own it", "import")
	s.write(s.read() + "\nimport {\n  to = disk.lv\n}\n")
	s.must("apply", "-auto-approve")
	s.settled()
	// Nor is one declared under two addresses, whether it exists or not.
	s.write(s.read() + "\ndisk \"again\" {\n  logical_volume = { system = system.f1, server = \"f1vios1\", group = \"rootvg\", name = \"db_lv\" }\n  size           = \"4GiB\"\n}\n")
	s.says(s.mustNot("plan"), "declared-twice", "disk.again and disk.lv are both disk lv:")
	s.write(strings.ReplaceAll(s.read(), "db_lv", "db_new"))
	s.says(s.mustNot("plan"), "declared-twice")
}

// A disk that is not declared any more, and a partition that keeps it for whatever reason: it is not deleted.
func TestHMCMadeDisksAreNotDeletedUnderAPartition(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.must("apply", "-auto-approve")
	s.edit("disk \"lv\" {\n  logical_volume = { system = system.f1, server = \"f1vios1\", group = \"rootvg\", name = \"db_lv\" }\n  size           = \"4GiB\"\n}\n", "")
	s.edit("  disk \"lv\" {\n    source = disk.lv\n  }\n", "")
	gone := s.read()
	s.must("plan", "-allow-destroy", "2")
	s.says(s.mustNot("plan", "-allow-destroy", "2", "-target", "disk.lv"), "STG-06", "db has it")
	s.edit("partition \"db\" {\n", "partition \"db\" {\n  lifecycle {\n    ignore_changes = [disk]\n  }\n")
	s.says(s.mustNot("plan", "-allow-destroy", "2"), "STG-06", "db has it")
	head, _, _ := strings.Cut(gone, "partition \"db\"")
	s.write(head + "removed {\n  from = partition.db\n  lifecycle {\n    destroy = false\n  }\n}\n")
	s.says(s.mustNot("plan", "-allow-destroy", "2"), "STG-06", "db has it")
}

// faultAt hits the i-th of the commands: refused, dropped before it has an effect, or after.
func (s *site) faultAt(action string, commands []string, i int) {
	s.t.Helper()
	same := 0
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
		s.t.Fatal(err)
	}
}

// converges repeats a command until it succeeds, three times at most.
func (s *site) converges(what string, args ...string) {
	s.t.Helper()
	out, rc := s.gantry(args...)
	for try := 0; rc != 0; try++ {
		if try == 3 {
			s.t.Fatalf("no convergence after a fault at %s:\n%s", what, out)
		}
		out, rc = s.gantry(args...)
	}
}

// A fault at any command that makes disks and bridges, or takes them away, is got over by the next run, with nothing made
// twice and nothing left. GANTRY_FULL=1 tries every command.
func TestHMCFaultsOfWhatIsMade(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T) *site{"disks": newStore, "bridges": func(t *testing.T) *site { return newWire(t, true) }} {
		s := begin(t)
		away := []string{"destroy", "-auto-approve", "-allow-destroy", "9"}
		make := s.planned()
		s.must("apply", "-auto-approve")
		take := s.planned("-destroy", "-allow-destroy", "9")
		step := 13
		if os.Getenv("GANTRY_FULL") != "" {
			step = 1
		}
		for first, action := range []string{lab.FaultFail, lab.FaultDropBefore, lab.FaultDropAfter} {
			for i := 2 * first; i < len(make)+len(take); i += step {
				t.Run(fmt.Sprintf("%s-%s-%02d", name, action, i), func(t *testing.T) {
					t.Parallel()
					s := begin(t)
					before := s.must("discover", "-json")
					if i < len(make) {
						s.faultAt(action, make, i)
						s.converges(make[i], "apply", "-auto-approve")
						s.settled()
						s.must(away...)
					} else {
						s.must("apply", "-auto-approve")
						s.faultAt(action, take, i-len(make))
						s.converges(take[i-len(make)], away...)
					}
					if after := s.must("discover", "-json"); after != before {
						t.Errorf("before:\n%s\nafter:\n%s", before, after)
					}
				})
			}
		}
	}
}

// What a Virtual I/O Server that is down holds is neither made again nor forgotten, and a logical unit that somebody may
// have through it is not deleted; what is let go of needs no answer.
func TestHMCMadeDisksOfAServerThatIsDown(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.must("apply", "-auto-approve")
	s.console("chsysstate -r lpar -m frame1 -o shutdown --immed -n f1vios1")
	s.says(s.mustNot("plan"), "not-visible disk.lv", "not-visible disk.file", "f1vios1 did not answer")
	declared := s.read()
	head, _, _ := strings.Cut(declared, "disk \"lv\"")
	s.write(head)
	out := s.mustNot("destroy", "-auto-approve", "-allow-destroy", "9")
	s.says(out, "not-visible disk.lv", "not-visible disk.file", "not-visible disk.unit", "f1vios1 cannot be asked")
	if strings.Contains(out, "forget ") {
		t.Errorf("it is forgotten:\n%s", out)
	}
	for _, d := range []string{"disk.lv", "disk.file", "disk.unit", "partition.db"} {
		head += "removed {\n  from = " + d + "\n  lifecycle {\n    destroy = false\n  }\n}\n"
	}
	s.write(head)
	s.says(s.must("plan"), "3 disks to forget")
}

// A Virtual I/O Server that is down for maintenance holds nothing up: what it exports counts as declared, it is said once, the
// rest of the plan goes on, and afterwards nothing is left to do.
func TestHMCServerInMaintenance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ paths, server string }{
		"left out":            {"", "f1vios2"},
		"two":                 {"\n    paths  = 2", "f1vios2"},
		"one, and it is away": {"\n    paths  = 1", "f1vios1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.edit(`id = "1000000000000" }`, "id = \"1000000000000\" }\n  reserve_policy = \"no_reserve\"")
			s.edit("source = disk.root", "source = disk.root"+c.paths)
			s.must("apply", "-auto-approve")
			s.reachable()
			s.settled()
			s.console("chsysstate -r lpar -m frame1 -o shutdown --immed -n " + c.server)
			out := s.must("plan")
			s.says(out, "Nothing to do", "server-silent", c.server+" of system.f1 cannot be asked (Not Activated", "the disks of partition.db")
			if strings.Contains(out, "drift") {
				t.Errorf("what cannot be seen is called drift:\n%s", out)
			}
			s.edit(`desired = "8GiB"`, `desired = "9GiB"`)
			s.says(s.must("apply", "-auto-approve"), "Applied: 1 step done")
			s.console("chsysstate -r lpar -m frame1 -o on -n " + c.server + " -f normal")
			s.reachable()
			s.settled()
		})
	}
}

// A logical unit that somebody else has is not deleted, although the Virtual I/O Server that gives it to them is down.
func TestHMCLogicalUnitOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.must("apply", "-auto-approve")
	s.console("mksyscfg -r lpar -m frame2 -i \"name=guest,profile_name=n,lpar_env=aixlinux,max_virtual_slots=20,min_mem=1024,desired_mem=1024,max_mem=1024,proc_mode=shared,sharing_mode=cap,min_procs=1,desired_procs=1,max_procs=1,min_proc_units=0.1,desired_proc_units=0.1,max_proc_units=0.1,virtual_scsi_adapters=10/client/1/f2vios1/200/0\"")
	s.console("chhwres -r virtualio --rsubtype scsi -o a -m frame2 -p f2vios1 -s 200 -a \"adapter_type=server,remote_lpar_id=3,remote_slot_num=10\"")
	s.console(`viosvrcmd -m frame2 -p f2vios1 -c "cfgdev -dev vio0"`)
	s.console(`viosvrcmd -m frame2 -p f2vios1 -c "mkbdsp -clustername ssp1 -sp pool1 -bd db_unit -vadapter vhost0"`)
	s.says(s.mustNot("plan", "-destroy", "-allow-destroy", "9"), "STG-06", "guest has it")
	s.console("chsysstate -r lpar -m frame2 -o shutdown --immed -n f2vios1")
	s.says(s.mustNot("plan", "-destroy", "-allow-destroy", "9"), "not-visible disk.unit", "f2vios1 cannot be asked")
}

// Of several optical drives on one server it is the declared one that gets another medium, or goes.
func TestHMCOpticalDrives(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	cd := "  optical \"cd\" {\n    server = \"f1vios1\"\n    medium = \"aix.iso\"\n  }\n"
	aa := "  optical \"aa\" {\n    server = \"f1vios1\"\n    medium = \"\"\n  }\n"
	s.edit(cd, cd+aa)
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(`medium = "aix.iso"`, `medium = "fix.iso"`)
	s.says(strings.Join(s.planned(), "\n"), "unloadopt -vtd opt3_cd", "loadopt -disk fix.iso -vtd opt3_cd")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(aa, "")
	if got := s.planned(); len(got) != 1 || !strings.Contains(got[0], "rmvdev -vtd opt3_aa") {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	// Drives that somebody else made are known by their server, in order.
	for range 2 {
		s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mkvdev -fbo -vadapter vhost0"`)
	}
	s.write(strings.Replace(s.read(), cd[:len("  optical \"cd\" {")], "  optical \"x1\" {\n    server = \"f1vios1\"\n    medium = \"\"\n  }\n  optical \"x2\" {\n    server = \"f1vios1\"\n    medium = \"aix.iso\"\n  }\n  optical \"cd\" {", 1))
	if got := s.planned(); len(got) != 1 || !strings.Contains(got[0], "loadopt -disk aix.iso -vtd vtopt1") {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
}

// What the servers hold for a partition besides goes with it, each adapter by its own device.
func TestHMCDestroyTakesMoreAdapters(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	before := s.must("discover", "-json")
	s.must("apply", "-auto-approve")
	for vios, slots := range map[string][]string{"f1vios1": {"300", "301"}, "f1vios2": {"300"}} {
		for _, slot := range slots {
			s.console("chhwres -r virtualio --rsubtype scsi -o a -m frame1 -p " + vios + " -s " + slot + " -a adapter_type=server,remote_lpar_id=3,remote_slot_num=25")
			s.console("chsyscfg -r prof -m frame1 -i 'name=normal,lpar_name=" + vios + ",virtual_scsi_adapters+=" + slot + "/server/3/db/25/0'")
		}
		s.console(`viosvrcmd -m frame1 -p ` + vios + ` -c "cfgdev -dev vio0"`)
	}
	s.must("destroy", "-auto-approve", "-allow-destroy", "9")
	if after := s.must("discover", "-json"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// A disk that is exported to nobody knows whom is not deleted, nor is one that was exported after the plan was made.
func TestHMCMadeDisksThatAreExported(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.edit("  disk \"lv\" {\n    source = disk.lv\n  }\n", "")
	s.must("apply", "-auto-approve")
	s.edit("disk \"lv\" {\n  logical_volume = { system = system.f1, server = \"f1vios1\", group = \"rootvg\", name = \"db_lv\" }\n  size           = \"4GiB\"\n}\n", "")
	s.must("plan", "-allow-destroy", "1", "-out", "later.json")
	s.console("chhwres -r virtualio --rsubtype scsi -o a -m frame1 -p f1vios1 -s 300 -a adapter_type=server,remote_lpar_id=any,remote_slot_num=any")
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "cfgdev -dev vio0"`)
	s.console(`viosvrcmd -m frame1 -p f1vios1 -c "mkvdev -vdev db_lv -vadapter vhost1"`)
	s.says(s.mustNot("plan", "-allow-destroy", "1"), "STG-06", "f1vios1/vhost1 gives it to a partition that is not known")
	s.says(s.mustNot("apply", "-auto-approve", "later.json"), "A fact has changed", "mapped_to")
}

// The last block of a kind takes away what it stands for when it is left out, as any other does; what was never declared
// is left alone.
func TestHMCLastBlock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("apply", "-auto-approve")
	s.console("chhwres -r virtualio --rsubtype scsi -o a -m frame1 -p db -s 19 -a adapter_type=client,remote_lpar_id=1,remote_slot_num=190")
	for _, cut := range []struct{ text, rows string }{
		{"  npiv \"a\" {\n    fabric = \"A\"\n  }\n  npiv \"b\" {\n    fabric = \"B\"\n  }\n", "lshwres -r virtualio --rsubtype fc --level lpar -m frame1 --filter lpar_names=db -F slot_num"},
		{"  ethernet \"en0\" {\n    network = network.prod\n  }\n", "lshwres -r virtualio --rsubtype eth --level lpar -m frame1 --filter lpar_names=db -F slot_num"},
		{"  disk \"root\" {\n    source = disk.root\n  }\n", "lshwres -r virtualio --rsubtype scsi --level lpar -m frame1 --filter lpar_names=db -F slot_num"},
	} {
		s.edit(cut.text, "")
		s.must("apply", "-auto-approve", "-allow-destroy", "2")
		s.settled()
		if rows := s.console(cut.rows); strings.Contains(rows, "2") || strings.Contains(rows, "4") {
			t.Errorf("after %s it has:\n%s", cut.text, rows)
		}
	}
	// Of a partition that never declared any, none is touched.
	s = newSite(t)
	s.must("apply", "-auto-approve")
	npiv := "  npiv \"a\" {\n    fabric = \"A\"\n  }\n  npiv \"b\" {\n    fabric = \"B\"\n  }\n"
	s.edit(npiv, "  lifecycle {\n    ignore_changes = [npiv]\n  }\n")
	s.settled()
}

func TestHMCLastOpticalDrive(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.must("apply", "-auto-approve")
	s.edit("  optical \"cd\" {\n    server = \"f1vios1\"\n    medium = \"aix.iso\"\n  }\n", "")
	s.says(s.must("plan"), "optical")
	s.must("apply", "-auto-approve")
	s.settled()
	if out := s.console(`viosvrcmd -m frame1 -p f1vios1 -c "lsmap -all -type file_opt"`); strings.Contains(out, "vtopt") {
		t.Errorf("the drive is still there:\n%s", out)
	}
}

package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-power/gantry/providers/lab"
)

func newHosts(t *testing.T) *site {
	t.Helper()
	scenario, err := os.ReadFile("../../examples/hosts/lab/scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile("../../examples/hosts/main.hcl")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, scenario)
	s.write(string(main))
	return s
}

// replace gives the lab another scenario.
func (s *site) replace(old, new string) {
	s.t.Helper()
	b, err := os.ReadFile("../../examples/hosts/lab/scenario.hcl")
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		s.t.Fatalf("no %s in the scenario", old)
	}
	sc, err := lab.Parse([]byte(strings.Replace(string(b), old, new, 1)), "scenario.hcl")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.lab.Replace(sc); err != nil {
		s.t.Fatal(err)
	}
}

var hostChange = regexp.MustCompile(`(?m)^ +aix\.payroll/db01 change +(.*?)(?:   # .*)?$`)

func (s *site) plannedOnHost(args ...string) []string {
	s.t.Helper()
	var out []string
	for _, m := range hostChange.FindAllStringSubmatch(s.must(append([]string{"plan", "-commands"}, args...)...), -1) {
		out = append(out, m[1])
	}
	return out
}

// changes are the lines of the lab's log that are no reading.
func (s *site) changes(from int) []string {
	var out []string
	for _, e := range s.lab.Log()[from:] {
		if !strings.HasPrefix(e.Line, "export LC_ALL=C; ") {
			out = append(out, e.Line)
		}
	}
	return out
}

// From bare disks to mounted filesystems and back: the commands are the plan's, the second apply is empty, and destroy leaves
// the host as it was found.
func TestAIXStorage(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	bare := s.must("discover", "-json")
	planned := s.plannedOnHost()
	if want := []string{"mkvg -S -y datavg -s 64 hdisk1", "crfs -v jfs2 -g datavg -m /payroll/data -A yes -a size=4096M", "mount /payroll/data",
		"mklv -t jfs2 -y paylog -L gantry/payroll/log datavg 512M", "crfs -v jfs2 -d paylog -m /payroll/log -a logname=INLINE", "mount /payroll/log"}; !slices.Equal(planned, want) {
		t.Errorf("planned:\n%s", strings.Join(planned, "\n"))
	}
	from := len(s.lab.Log())
	s.must("apply", "-auto-approve")
	sent := s.changes(from) // the two filesystems come in either order
	slices.Sort(sent)
	slices.Sort(planned)
	if !slices.Equal(sent, planned) {
		t.Errorf("planned:\n%s\n\nsent:\n%s", strings.Join(planned, "\n"), strings.Join(sent, "\n"))
	}
	s.settled()
	s.says(s.on("db01", "df -m /payroll/data"), "4096.00", "/payroll/data")
	s.says(s.on("db01", "lsvg -l datavg"), "paylog", "loglv00", "open/syncd")

	s.says(s.mustNot("destroy", "-auto-approve", "-allow-destroy", "2"), "destroy-budget")
	s.must("destroy", "-auto-approve", "-allow-destroy", "3")
	bare2 := s.must("discover", "-json")
	pvid := regexp.MustCompile(`(?s)\s*("pvid": "[0-9a-f]{16}"|"identified": \[.*?\]),?`)
	if pvid.ReplaceAllString(bare2, "") != pvid.ReplaceAllString(bare, "") {
		t.Errorf("before:\n%s\nafter:\n%s", bare, bare2) // a disk keeps the identifier that it was given
	}
}

// Growth, online and in order: the volume group gets its disk before the filesystem takes the room; what does not fit, shrinks
// or is no multiple is refused with the amount.
func TestAIXGrowth(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.must("apply", "-auto-approve")
	s.edit(`size         = "4GiB"`, `size         = "8GiB"`)
	s.says(s.must("plan"), "size             4 GiB -> 8 GiB", "nobody is stopped")
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(`size         = "8GiB"`, `size         = "30GiB"`)
	s.says(s.mustNot("plan"), "filesystem.data needs 22 GiB more in the volume group datavg")
	s.edit("[disk.data]", "[disk.data, disk.more]")
	s.says(s.must("plan", "-commands"), "disks            disk.data -> disk.data, disk.more", "way back         none: it does not shrink")
	if got, want := s.plannedOnHost(), []string{"extendvg datavg hdisk2", "chfs -a size=30720M /payroll/data"}; !slices.Equal(got, want) {
		t.Errorf("planned %s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(`size         = "30GiB"`, `size         = "20GiB"`)
	s.says(s.mustNot("plan"), "/payroll/data has 30 GiB and 20 GiB is declared")
	s.edit(`size         = "20GiB"`, `size         = "30800MiB"`)
	s.says(s.mustNot("plan"), "30800 MiB is no multiple of 64 MiB", "Declare 30848 MiB")
	s.edit(`size         = "30800MiB"`, `size         = "30GiB"`)
	// A disk that is in use cannot be left out: not where there is no room for what is on it, and otherwise the host has the
	// last word.
	s.edit("[disk.data, disk.more]", "[disk.data]")
	s.says(s.mustNot("plan"), "volume_group.datavg", "hdisk2", "cannot be taken away", "short of what its logical volumes have")
	s.edit(`size         = "30GiB"`, `size         = "31GiB"`)
	s.edit("[disk.data]", "[disk.more]")
	s.says(s.mustNot("plan"), "cannot be taken away")
}

// What plan cannot see, the host refuses: on which of its disks a logical volume is.
func TestAIXDiskInUse(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.edit("[disk.data]", "[disk.data, disk.more]")
	s.must("apply", "-auto-approve")
	s.edit("[disk.data, disk.more]", "[disk.more]")
	out := s.mustNot("apply", "-auto-approve")
	s.says(out, "reducevg datavg hdisk1", "0516-", "volume_group.datavg")
	s.edit("[disk.more]", "[disk.data, disk.more]")
	s.settled()
	s.edit("[disk.data, disk.more]", "[disk.data]")
	s.must("apply", "-auto-approve")
	s.settled()
	// One disk for two groups of one plan is refused, on whatever hosts they are.
	s.write(s.read() + "\nvolume_group \"a\" {\n  host  = host.db01\n  disks = [disk.more]\n}\n\nvolume_group \"b\" {\n  host  = host.db02\n  disks = [disk.more]\n}\n")
	s.says(s.mustNot("plan"), "volume_group.b", "is given to volume_group.a as well")
}

// What somebody changed by hand is drift, and is put right.
func TestAIXDrift(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.must("apply", "-auto-approve")
	for _, c := range []struct{ by, says, sent string }{
		{"umount /payroll/log; chfs -A yes /payroll/log", "", ""},
		{"chvg -a n datavg", "auto_on", "chvg -a y datavg"},
		{"chfs -A no /payroll/data", "auto_mount", "chfs -A yes /payroll/data"},
	} {
		s.on("db01", c.by)
		if c.says == "" {
			s.says(s.must("plan"), "drift", "filesystem.log", "mounted") // not declared, so only told
			continue
		}
		s.says(s.must("plan"), "drift", c.says)
		from := len(s.lab.Log())
		s.must("apply", "-auto-approve")
		if sent := s.changes(from); !slices.Equal(sent, []string{c.sent}) {
			t.Errorf("sent %q", sent)
		}
	}
	s.settled()
}

// What is not Gantry's is not taken, and what cannot be seen is not made.
func TestAIXRefusals(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.on("db02", "mkvg -y theirs hdisk2")
	s.edit("[disk.data]", "[disk.data, disk.more]")
	s.says(s.mustNot("plan"), "belongs to the volume group theirs on db02", "volume_group.datavg")
	s.edit("[disk.data, disk.more]", "[disk.data]")
	s.must("apply", "-auto-approve")

	main := s.read()
	s.write(main + "\nvolume_group \"root\" {\n  name  = \"rootvg\"\n  host  = host.db02\n  disks = [disk.more]\n}\n")
	s.says(s.mustNot("plan"), "not-owned", "volume_group.root", "import")
	s.write(strings.Replace(main, "host \"db02\" {}", "host \"db02\" {\n  hostname = \"db03\"\n  address  = \"db02\"\n}", 1))
	s.says(s.mustNot("plan"), "host.db02")
	s.write(main)

	if err := s.lab.Inject(lab.Fault{Action: lab.FaultRefuse, Console: "db01", Delay: lab.Duration(1e15)}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("plan"), "aix.payroll/db01", "console-silent")
	// Another host gets a disk that the silent one may use: somebody has to say that this is known.
	s.write(main + "\ndisk \"other\" {\n  lun = { wwpn = \"5005076810114C3D\", id = \"3000000000000\" }\n}\n\nvolume_group \"o\" {\n  host  = host.db02\n  disks = [disk.other]\n}\n")
	s.says(s.mustNot("plan", "-target", "volume_group.o"), "warning not-visible volume_group.o", "host.db01 did not answer")
}

// A console for the systems and one block for all hosts: each finds its own.
func TestAIXBesideConsoles(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	head := "provider \"hmc\" \"one\" {\n  host = \"hmc1\"\n  user = \"hscroot\"\n}\n\nprovider \"aix\" \"payroll\" {\n  user = \"root\"\n}\n\n"
	system := "system \"f1\" {\n  serial_number = \"78A1F40\"\n}\n"
	s.write(head + system + "host \"db01\" {}\n")
	s.says(s.must("validate"), "2 objects, 2 consoles")
	s.write(head + strings.Replace(system, "{", "{\n  provider = aix.payroll", 1) + "host \"db01\" {}\n")
	s.says(s.mustNot("validate"), "provider.aix.payroll names no host, and system.f1 is managed through it")
	second := "provider \"aix\" \"web\" {\n  user = \"root\"\n}\n\n"
	s.write(head + second + system + "host \"db01\" {}\n")
	s.says(s.mustNot("validate"), "host.db01 does not say which one manages it", "provider = aix.payroll or provider = aix.web or provider = hmc.one")
	s.write(head + second + system + "host \"db01\" {\n  provider = aix.payroll\n}\n")
	s.says(s.must("validate"), "warning: No host", "provider.aix.web names no host", "2 objects, 2 consoles")
}

// What is in use is not taken away, and what is not varied on is not touched.
func TestAIXInUse(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.must("apply", "-auto-approve")
	main := s.read()
	s.write(main[:strings.Index(main, "filesystem \"log\"")])
	if err := s.lab.Inject(lab.Fault{Action: lab.FaultFail, Console: "db01", Command: "^umount /payroll/log$", Message: "umount: 0506-349 Cannot unmount /dev/paylog: The requested resource is busy."}); err != nil {
		t.Fatal(err)
	}
	s.says(s.mustNot("apply", "-auto-approve", "-allow-destroy", "1"), "filesystem.log", "umount /payroll/log", "0506-349", "fuser -cu")
	s.says(s.on("db01", "lsvg -l datavg"), "paylog", "/payroll/log")
	s.write(main)
	s.settled()
	s.on("db01", "umount /payroll/data; umount /payroll/log; varyoffvg datavg")
	from := len(s.lab.Log())
	out := s.mustNot("apply", "-auto-approve")
	s.says(out, "not-visible filesystem.data", "datavg, which is not varied on at host.db01", "varyonvg datavg", "Refused: 2 errors")
	if strings.Contains(out, "drift") || strings.Contains(out, "pp_size") {
		t.Errorf("what a group that is off does not tell has changed:\n%s", out)
	}
	if sent := s.changes(from); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	// Nor is it forgotten because it cannot be seen.
	s.write(main[:strings.Index(main, "filesystem \"log\"")])
	s.says(s.mustNot("plan", "-allow-destroy", "1"), "not-visible filesystem.log", "varyonvg datavg")
	s.write(main)
	s.on("db01", "varyonvg datavg; mount /payroll/data; mount /payroll/log")
	s.settled()
}

// Every command of an apply fails, is dropped before it has an effect or after: the error names the object and the command,
// and the next apply converges with nothing made twice.
func TestAIXFaultAtEveryCommand(t *testing.T) {
	commands := newHosts(t).plannedOnHost()
	for _, action := range []string{lab.FaultFail, lab.FaultDropBefore, lab.FaultDropAfter} {
		for i, command := range commands {
			t.Run(fmt.Sprintf("%s-%02d", action, i), func(t *testing.T) {
				t.Parallel()
				s := newHosts(t)
				if err := s.lab.Inject(lab.Fault{Action: action, Console: "db01", Command: "^" + regexp.QuoteMeta(command) + "$", Message: "0516-404 allocp: This system cannot fulfill the allocation request."}); err != nil {
					t.Fatal(err)
				}
				out, rc := s.gantry("apply", "-auto-approve")
				if rc == 0 && action != lab.FaultDropAfter {
					t.Errorf("the fault at %s went unnoticed:\n%s", command, out)
				}
				if rc != 0 {
					s.says(out, strings.Fields(command)[0], "data")
				}
				for try := 0; rc != 0; try++ {
					if try == 3 {
						t.Fatalf("no convergence:\n%s", out)
					}
					out, rc = s.gantry("apply", "-auto-approve", "-allow-destroy", "0")
				}
				s.settled()
				if got := s.on("db01", "lsvg -l datavg | grep -c jfs2"); strings.TrimSpace(got) != "3" {
					t.Errorf("%s logical volumes instead of 3:\n%s", strings.TrimSpace(got), s.on("db01", "lsvg -l datavg"))
				}
			})
		}
	}
}

// Between plan and apply the world moves on: device names change, somebody makes a volume of the same name or a filesystem in
// the group. Nothing of theirs is touched.
func TestAIXMeanwhile(t *testing.T) {
	t.Run("device names change", func(t *testing.T) {
		t.Parallel()
		s := newHosts(t)
		s.must("plan", "-out", "p.plan")
		s.replace(`["data01", "data02"]`, `["data02", "data01"]`)
		from := len(s.lab.Log())
		s.says(s.mustNot("apply", "p.plan"), "A fact has changed", "hdisk1", "hdisk2")
		if sent := s.changes(from); len(sent) > 0 {
			t.Errorf("sent %q", sent)
		}
		s.must("apply", "-auto-approve")
		s.settled()
	})
	t.Run("a saved plan with disks", func(t *testing.T) {
		t.Parallel()
		s := newHosts(t)
		s.must("apply", "-auto-approve")
		s.edit("[disk.data]", "[disk.data, disk.more]")
		s.must("plan", "-out", "p.plan")
		s.must("apply", "p.plan")
		s.settled()
		s.edit("[disk.data, disk.more]", "[disk.data]")
		s.must("plan", "-out", "p.plan")
		s.on("db01", "reducevg datavg hdisk2; mkvg -y theirs hdisk2")
		s.says(s.mustNot("apply", "p.plan"), "A fact has changed", "datavg when the plan was made and is theirs now")
		s.says(s.on("db01", "lsvg"), "theirs")
	})
	t.Run("a volume of the same name", func(t *testing.T) {
		t.Parallel()
		s := newHosts(t)
		s.must("apply", "-auto-approve", "-target", "volume_group.datavg")
		s.must("plan", "-out", "p.plan")
		s.on("db01", "mklv -t jfs2 -y paylog datavg 1G")
		if err := s.lab.Inject(lab.Fault{Action: lab.FaultDropBefore, Console: "db01", Command: "^mklv .*paylog"}); err != nil {
			t.Fatal(err)
		}
		s.mustNot("apply", "p.plan")
		s.says(s.mustNot("apply", "-auto-approve"), "has a logical volume paylog already")
		s.says(s.on("db01", "lsvg -l datavg"), "paylog")
	})
	t.Run("a filesystem in a group that goes", func(t *testing.T) {
		t.Parallel()
		s := newHosts(t)
		s.must("apply", "-auto-approve")
		main := s.read()
		s.write(main[:strings.Index(main, "volume_group \"datavg\"")])
		s.must("plan", "-allow-destroy", "3", "-out", "p.plan")
		s.on("db01", "crfs -v jfs2 -g datavg -m /new -a size=1G; mount /new")
		s.says(s.mustNot("apply", "p.plan"), "was not there when the plan was made", "volume_group.datavg")
		s.says(s.on("db01", "umount /new && mount /new && df /new"), "/new")
	})
}

// A command that fails while the host is read tells nothing; it never looks as if something were gone.
func TestAIXReadFails(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.must("apply", "-auto-approve")
	for _, command := range []string{"lspv", "lsvg", "lsvg -l datavg", "lsfs -cq", "mount", "lsdev -Cc disk"} {
		if err := s.lab.Inject(lab.Fault{Action: lab.FaultFail, Console: "db01", Command: "^" + command + "$", Message: "0516-024 The volume group could not be read."}); err != nil {
			t.Fatal(err)
		}
		out := s.mustNot("plan")
		if strings.Contains(out, "drift") || !strings.Contains(out, "console-silent") {
			t.Errorf("%s fails:\n%s", command, out)
		}
	}
	s.settled()
}

// A mount point below another one is made after it and goes before it; nothing is mounted over what is in use.
func TestAIXNested(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	below := "\nfilesystem \"a_child\" {\n  volume_group = volume_group.datavg\n  mount = \"/srv/app\"\n  size = \"1GiB\"\n}\n\nfilesystem \"b_parent\" {\n  volume_group = volume_group.datavg\n  mount = \"/srv\"\n  size = \"1GiB\"\n}\n"
	main := s.read()
	s.write(main + below)
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on("db01", "mount | tail -5 | awk '{print $2}' | grep srv"), "/srv\n/srv/app")
	s.write(main)
	s.must("apply", "-auto-approve", "-allow-destroy", "2")
	s.settled()
	over := "\nfilesystem \"over\" {\n  volume_group = volume_group.datavg\n  mount = \"/payroll\"\n  size = \"1GiB\"\n}\n"
	s.write(main + over)
	s.says(s.mustNot("plan"), "is mounted below /payroll and would be hidden by it")
	for _, bad := range []string{"/etc", "/srv/../payroll/q", "/srv/./x"} {
		s.write(main + strings.Replace(over, "/payroll", bad, 1))
		s.says(s.mustNot("validate"), "main.hcl, line 42", "mount = ")
	}
}

// Estates that say nothing where something is needed, or whose hosts are gone, are refused in words.
func TestAIXNothing(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.must("apply", "-auto-approve")
	main := s.read()
	for _, c := range []struct{ old, new, says string }{
		{"disks   = [disk.data]", "disks   = []", "disks"},
		{"disks   = [disk.data]", "disks   = null", "disks"},
		{"disks   = [disk.data]", "disks   = [disk.data, disk.data]", "twice"},
		{`size         = "4GiB"`, "size         = null", "size"},
		{"host    = host.db01", "host    = null", "host"},
	} {
		s.write(strings.Replace(main, c.old, c.new, 1))
		s.says(s.mustNot("validate"), c.says, "main.hcl")
	}
	s.write(strings.Replace(main[:strings.Index(main, "volume_group \"datavg\"")], "host \"db01\" {}", "", 1))
	s.says(s.mustNot("plan", "-allow-destroy", "9"), "host-undeclared", "removed {")
}

// A copy that kept its host name is not taken for the original, not even where only one of the two is planned.
func TestAIXTwins(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.replace(`host "db02" {`, "host \"db02\" {\n  hostname  = \"db01\"")
	s.edit("[disk.data]", "[disk.more]")
	for _, args := range [][]string{{"plan"}, {"plan", "-target", "volume_group.datavg"}} {
		s.says(s.mustNot(args...), "console-silent", "aix.payroll/db02: it says that its name is db01, and so does aix.payroll/db01")
	}
}

// hostsDrawn is a random estate of the two hosts of the example: a volume group on each or not, on disks that it may share the
// wish for, filesystems with every attribute that can change, some too large.
func hostsDrawn(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("provider \"aix\" \"payroll\" {\n  user = \"root\"\n}\n\nhost \"db01\" {}\n\nhost \"db02\" {}\n\n")
	for i, name := range []string{"data", "more", "other"} {
		fmt.Fprintf(&b, "disk %q {\n  lun = { wwpn = \"5005076810114C3D\", id = \"%d000000000000\" }\n}\n\n", name, i+1)
	}
	yes := func(label string) bool { return rapid.Bool().Draw(t, label) }
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	groups := []struct {
		name, host string
		disks      []string
	}{{"avg", "db01", []string{"[disk.data]", "[disk.data, disk.more]", "[disk.data, disk.more]", "[disk.more]"}}, {"bvg", "db02", []string{"[disk.other]", "[disk.other]", "[disk.more, disk.other]"}}}
	for _, g := range groups {
		if rapid.IntRange(0, 5).Draw(t, g.name) == 0 {
			continue
		}
		fmt.Fprintf(&b, "volume_group %q {\n  host  = host.%s\n  disks = %s\n  type  = \"scalable\"\n  pp_size = \"64MiB\"\n", g.name, g.host, pick("disks", g.disks...))
		if yes("auto_on declared") {
			fmt.Fprintf(&b, "  auto_on = %t\n", yes("auto_on"))
		}
		if yes("quorum declared") {
			fmt.Fprintf(&b, "  quorum = %t\n", yes("quorum"))
		}
		b.WriteString("}\n\n")
		for i := range 3 {
			name := fmt.Sprintf("%s%d", g.name[:1], i)
			if !yes(name) {
				continue
			}
			fmt.Fprintf(&b, "filesystem %q {\n  volume_group = volume_group.%s\n  mount = \"/%s\"\n  size = \"%s\"\n", name, g.name, name, pick("size", "1GiB", "2GiB", "2GiB", "3GiB", "3GiB", "9GiB", "30GiB"))
			fmt.Fprintf(&b, "  inline_log = %t\n", i == 0)
			if i == 1 {
				fmt.Fprintf(&b, "  logical_volume = \"%slv\"\n", name)
			}
			for _, a := range []string{"auto_mount", "mounted"} {
				if yes(a + " declared") {
					fmt.Fprintf(&b, "  %s = %t\n", a, yes(a))
				}
			}
			if yes("options declared") {
				fmt.Fprintf(&b, "  options = %q\n", pick("options", "rw", "rw,cio", "ro", "noatime,rw"))
			}
			if yes("group declared") {
				fmt.Fprintf(&b, "  mount_group = %q\n", pick("mount_group", "pay", "roll"))
			}
			b.WriteString("}\n\n")
		}
	}
	return b.String()
}

// From whatever estate to whatever other one: a plan is refused by name, or its apply does it and sends what it showed, or the
// host refuses a command and its words are shown. What is applied is settled; what was refused left the host alone.
func TestAIXRandom(t *testing.T) {
	t.Parallel()
	base := newHosts(t)
	applied, refused, failed := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := base
		s.write(hostsDrawn(rt))
		from := len(s.lab.Log())
		plan, rc := s.gantry("plan", "-commands", "-allow-destroy", "20")
		if sent := s.changes(from); len(sent) > 0 {
			rt.Fatalf("a plan sent %q", sent)
		}
		if rc != 0 {
			refused++
			if !strings.Contains(plan, "error ") || strings.Contains(plan, "panic") {
				rt.Fatalf("refused without a word:\n%s\n%s", s.read(), plan)
			}
			return
		}
		var shown []string
		for _, m := range regexp.MustCompile(`(?m)^ +aix\.payroll/db0[12] change +(.*?)(?:   # .*)?$`).FindAllStringSubmatch(plan, -1) {
			shown = append(shown, m[1])
		}
		from = len(s.lab.Log())
		out, rc := s.gantry("apply", "-auto-approve", "-allow-destroy", "20")
		sent := s.changes(from)
		slices.Sort(shown)
		slices.Sort(sent)
		if rc != 0 {
			failed++
			if !strings.Contains(out, "reducevg") || !strings.Contains(out, "0516-") {
				rt.Fatalf("failed:\n%s\n%s\n%s", s.read(), plan, out)
			}
			return
		}
		applied++
		if !slices.Equal(shown, sent) {
			rt.Fatalf("%s\nshown:\n%s\n\nsent:\n%s", s.read(), strings.Join(shown, "\n"), strings.Join(sent, "\n"))
		}
		if out, rc := s.gantry("plan", "-detailed-exitcode"); rc != 0 {
			rt.Fatalf("not settled (%d):\n%s\n%s", rc, s.read(), out)
		}
	})
	t.Logf("%d applied, %d refused, %d stopped by the host", applied, refused, failed)
	if n := applied + refused + failed; applied == 0 || n >= 20 && refused == 0 { // of a few estates all may be good ones
		t.Errorf("%d applied, %d refused: the estates drawn prove nothing", applied, refused)
	}
}

// Mirror pools: made with the group, copies in them, strictness that holds for everything in it; and taken back.
func TestAIXMirrorPools(t *testing.T) {
	t.Parallel()
	s := newHosts(t)
	s.edit("[disk.data]", "[disk.data, disk.more]\n  mirror_pool \"milan\" {\n    disks = [disk.data]\n  }\n  mirror_pool \"rome\" {\n    disks = [disk.more]\n  }\n  mirror_pool_strictness = \"super\"")
	s.says(s.mustNot("plan"), "filesystem.data", "comes with a filesystem is in none", "Declare a logical_volume with mirror_pools")
	text := s.read()
	i := strings.Index(text, "filesystem \"data\"")
	s.write(text[:i] + `logical_volume "paydata" {
  volume_group = volume_group.datavg
  size         = "4GiB"
  type         = "jfs2"
  copies       = 2
  mirror_pools = ["milan", "rome"]
}

filesystem "data" {
  volume_group = volume_group.datavg
  volume       = logical_volume.paydata
  mount        = "/payroll/data"
  size         = "4GiB"
  inline_log   = true
}
`)
	if got, want := s.plannedOnHost(), []string{"mkvg -S -y datavg -s 64 hdisk1 hdisk2", "chpv -p milan hdisk1", "chpv -p rome hdisk2", "chvg -M s datavg",
		"mklv -y paydata -t jfs2 -c 2 -p copy1=milan -p copy2=rome datavg 4096M", "crfs -v jfs2 -d paydata -m /payroll/data -a logname=INLINE", "mount /payroll/data"}; !slices.Equal(got, want) {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	s.says(s.on("db01", "lsmp datavg; lsvg -m datavg; lslv -l paydata"), "Super Strict: yes", "milan             rome", "hdisk1            064:000:000", "hdisk2            000:064:000")

	s.edit(`["milan", "rome"]`, `["milan", "turin"]`)
	s.says(s.mustNot("plan"), "has no mirror pool turin; it has milan, rome")
	s.edit(`["milan", "turin"]`, `["milan"]`)
	s.says(s.mustNot("validate"), "Not a mirror pool for each copy")
	s.edit("  copies       = 2", "  copies       = 1")
	s.says(s.mustNot("plan"), "each has to have a copy, and rome has none")
	// Looser, with one copy; then as strict as before.
	s.edit(`"super"`, `"on"`)
	if got, want := s.plannedOnHost(), []string{"chvg -M y datavg", "rmlvcopy -p rome paydata 1"}; !slices.Equal(got, want) {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.settled()
	s.edit(`"on"`, `"super"`)
	s.edit("  copies       = 1", "  copies       = 2")
	s.edit(`["milan"]`, `["milan", "rome"]`)
	s.says(s.mustNot("plan"), "paydata has copies in milan", `with mirror_pool_strictness = "on", as it is now`)
	s.edit(`"super"`, `"on"`)
	if got, want := s.plannedOnHost(), []string{"mklvcopy -k -p copy2=rome paydata 2"}; !slices.Equal(got, want) {
		t.Errorf("planned:\n%s", strings.Join(got, "\n"))
	}
	s.must("apply", "-auto-approve")
	s.edit(`"on"`, `"super"`)
	s.must("apply", "-auto-approve")
	s.settled()
	// What an administrator changes is drift, and is put back.
	s.on("db01", "chvg -M n datavg; chlv -M 2 paydata")
	s.edit(`"super"`, `"on"`)
	s.says(s.mustNot("plan"), "drift", "milan, rome -> milan, None", `with mirror_pool_strictness = "off", as it is now`)
	s.edit(`"on"`, `"off"`)
	s.must("apply", "-auto-approve")
	s.says(s.on("db01", "lsvg -m datavg"), "milan             rome")
	s.edit(`"off"`, `"on"`)
	s.must("apply", "-auto-approve")
	s.settled()
	s.must("destroy", "-auto-approve", "-allow-destroy", "3")
}

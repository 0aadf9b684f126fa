package lab

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// partHosts are the twins with a host in the partition lp1, which both Virtual I/O Servers serve.
func partHosts(edit ...func(string) string) string {
	text := twinsText() + `
host "app1" {
  level     = "7200-05-03-2148"
  partition = "lp1"
  system    = "SysA"
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 64
  }
  interface "en0" {
    address = "10.1.1.10"
    netmask = "255.255.255.0"
    aliases = ["10.9.9.1,255.255.255.0"]
  }
}
`
	for _, f := range edit {
		text = f(text)
	}
	return text
}

// withoutFC leaves the partition with virtual SCSI only.
func withoutFC(s string) string {
	return strings.Replace(s, `    vfc {
      slot        = 6
      server_id   = 1
      server_slot = 22
      port        = "fcs0"
    }
`, "", 1)
}

func vios(l *Lab, t *testing.T, sys, name, line string) string {
	t.Helper()
	return must(t, l, "hmc1", "viosvrcmd -m "+sys+" -p "+name+" -c \""+line+"\"")
}

func TestAixPartDisks(t *testing.T) {
	l := startText(t, partHosts(withoutFC))
	host := func(line string) string { t.Helper(); return must(t, l, "app1", line) }
	expect(t, l, "app1", "lspath; lsdev -Cc adapter -F 'name location'", "Enabled hdisk0 vscsi0\nEnabled hdisk0 vscsi1\nvscsi0 \nvscsi1 \nent0 \n", "", 0)
	expect(t, l, "app1", "lsattr -El hdisk0 -a unique_id -F value; lsattr -El hdisk0 -a ww_name", "432E3321360050768000000000000000000104214503IBMfcp05VDASD03AIXvscsi\n", "lsattr: 0514-528 The \"ww_name\" attribute does not exist in the predefined\n\tdevice configuration database.\n", 255)
	expect(t, l, "app1", "uname -m; uname -M; uname -L; lsattr -El sys0 -a systemid -F value; hostname", "00FA1F104C00\nIBM,9009-42A\n10 lp1\nIBM,0278A1F10\napp1\n", "", 0)
	contained(t, l, "app1", "lparstat -i", "Partition Name                             : lp1\n", "Entitled Capacity                          : 0.50\n", "Online Virtual CPUs                        : 2\n", "Online Memory                              : 4096 MB\n", "Maximum Memory                             : 8192 MB\n")
	contained(t, l, "app1", "lscfg -vl hdisk0; lscfg -vl ent0", "U9009.42A.78A1F10-V10-C4-T1-L8100000000000000", "U9009.42A.78A1F10-V10-C2-T1")
	mac := strings.TrimSpace(must(t, l, "hmc1", "lshwres -r virtualio --rsubtype eth --level lpar -m SysA --filter lpar_names=lp1 -F mac_addr"))
	if out := host("lscfg -vl ent0"); !strings.Contains(out, mac) {
		t.Errorf("%s is not in %s", mac, out)
	}
	// A LUN that one server maps, then the other.
	vios(l, t, "SysA", "vios1", "mkvdev -vdev hdisk2 -vadapter vhost0")
	expect(t, l, "app1", "lspv | wc -l", "       1\n", "", 0)
	expect(t, l, "app1", "cfgmgr; lspath -l hdisk1 -F 'status name parent connection'", "Enabled hdisk1 vscsi0 820000000000\n", "", 0)
	vios(l, t, "SysA", "vios2", "mkvdev -vdev hdisk2 -vadapter vhost0")
	expect(t, l, "app1", "lspath -l hdisk1; cfgmgr; lspath -l hdisk1", "Enabled hdisk1 vscsi0\nEnabled hdisk1 vscsi0\nEnabled hdisk1 vscsi1\n", "", 0)
	// The identifier that the client writes is on the LUN; a server shows what it has read.
	host("mkvg -S -s 32 -y datavg hdisk1; crfs -v jfs2 -g datavg -m /data -a size=1G -A yes; mount /data")
	pvid := strings.Fields(host("lspv hdisk1 | grep 'PV IDENT'"))[2]
	if out := vios(l, t, "SysA", "vios1", "lspv"); strings.Contains(out, pvid) {
		t.Error(out)
	}
	vios(l, t, "SysA", "vios1", "chdev -dev hdisk2 -attr pv=yes")
	if out := vios(l, t, "SysA", "vios1", "lspv"); !strings.Contains(out, pvid) {
		t.Error(out)
	}
	// A volume of a server, and one that is unmapped.
	vios(l, t, "SysA", "vios1", "mklv -lv lv_app rootvg 4G")
	vios(l, t, "SysA", "vios1", "mkvdev -vdev lv_app -vadapter vhost0")
	host("cfgmgr; mkvg -S -y lvvg hdisk2")
	contained(t, l, "app1", "lsattr -El hdisk2 -a unique_id; bootinfo -s hdisk2", "unique_id 372200", "05VDASD03AIXvscsi", "4096\n")
	savedAgain(t, l)
	host("varyoffvg lvvg")
	vios(l, t, "SysA", "vios1", "rmvdev -vtd vtscsi2")
	expect(t, l, "app1", "lspath -l hdisk2; lsdev -l hdisk2; cfgmgr; lspath -l hdisk2; lsdev -l hdisk2", "Failed hdisk2 vscsi0\nhdisk2 Available  Virtual SCSI Disk Drive\nMissing hdisk2 vscsi0\nhdisk2 Defined  Virtual SCSI Disk Drive\n", "", 0)
	contained(t, l, "app1", "mkdev -l hdisk2", "0514-047")
	// One server goes: its paths fail, the data stay.
	must(t, l, "hmc1", "chsysstate -m SysA -r lpar -n vios2 -o shutdown --immed")
	expect(t, l, "app1", "lspath -l hdisk1; df /data | wc -l", "Enabled hdisk1 vscsi0\nFailed hdisk1 vscsi1\n       2\n", "", 0)
	savedAgain(t, l)
}

func TestAixPartBoots(t *testing.T) {
	l := startText(t, partHosts(withoutFC, replace(`boot           = "0s"`, `boot           = "5m"`), replace(`  shutdown       = "0s"`, `  shutdown       = "20s"`), replace(`  power_off      = "0s"`, `  power_off      = "5s"`)))
	host := func(line string) string { t.Helper(); return must(t, l, "app1", line) }
	state := func() string {
		t.Helper()
		return strings.TrimSpace(must(t, l, "hmc1", "lssyscfg -r lpar -m SysA --filter lpar_names=lp1 -F state,rmc_state,os_version"))
	}
	until := func(want string) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); state() != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s, not %s", state(), want)
			}
		}
	}
	vios(l, t, "SysA", "vios1", "mkvdev -vdev hdisk2 -vadapter vhost0")
	host("cfgmgr; mkvg -S -y datavg hdisk1; crfs -v jfs2 -g datavg -m /data -a size=1G -A yes; crfs -v jfs2 -g datavg -m /hand -a size=1G; mount /data; mount /hand; ifconfig en0 10.8.8.8 netmask 255.255.255.0 alias; chdev -l hdisk1 -a queue_depth=9 -P; startsrc -s biod")
	savedAgain(t, l)
	until("Running,active,AIX 7.2 7200-05-03-2148")
	client := sshTo(t, l, "app1")
	booted := host("who -b")
	must(t, l, "hmc1", "chsysstate -m SysA -r lpar -n lp1 -o osshutdown --immed --restart")
	if out, _, rc := l.Run("app1", "hostname"); rc != -1 || out != "" {
		t.Errorf("a host that goes down answered: %d %s", rc, out)
	}
	if err := client.Wait(); err == nil {
		t.Error("the session did not end")
	}
	if _, err := dialTo(l, "app1"); err == nil {
		t.Error("a host that is down lets clients in")
	}
	until("Running,active,AIX 7.2 7200-05-03-2148")
	if now := host("who -b"); now == booted {
		t.Error("the boot time did not change: " + now)
	}
	expect(t, l, "app1", "df /data | tail -1 | awk '{print $NF}'; mount | grep -c hand; lsvg -o; lsattr -El hdisk1 -a queue_depth -F value; lssrc -s biod | tail -1 | awk '{print $NF}'", "/data\n0\ndatavg\nrootvg\n9\ninoperative\n", "", 0)
	if out := host("ifconfig en0"); strings.Contains(out, "10.8.8.8") || !strings.Contains(out, "10.9.9.1") {
		t.Error(out)
	}
	contained(t, l, "app1", "errpt", "IDENTIFIER TIMESTAMP  T C RESOURCE_NAME  DESCRIPTION\n2BFA76F6", " T S SYSPROC        SYSTEM SHUTDOWN BY USER\n")
	// What is not varied on by itself is off after a boot.
	host("umount /data; chvg -a n datavg")
	if _, _, rc := l.Run("app1", "reboot -q; hostname"); rc != -1 {
		t.Error(rc)
	}
	until("Running,active,AIX 7.2 7200-05-03-2148")
	expect(t, l, "app1", "lsvg -o", "rootvg\n", "", 0)
	for _, line := range []string{"shutdown -F", "halt -q"} {
		_, _, _ = l.Run("app1", line)
		until("Not Activated,inactive,AIX 7.2 7200-05-03-2148")
		savedAgain(t, l)
		must(t, l, "hmc1", "chsysstate -m SysA -r lpar -n lp1 -o on -f lp1")
		until("Running,active,AIX 7.2 7200-05-03-2148")
	}
	// A daemon that does not run answers no console.
	host("stopsrc -s ctrmc")
	until("Running,inactive,AIX 7.2 7200-05-03-2148")
	host("startsrc -s ctrmc")
	until("Running,active,AIX 7.2 7200-05-03-2148")
	// Without its disk the partition stays in the firmware.
	host("true")
	_, _, _ = l.Run("app1", "halt -q")
	until("Not Activated,inactive,AIX 7.2 7200-05-03-2148")
	for _, v := range []string{"vios1", "vios2"} {
		vios(l, t, "SysA", v, "rmvdev -vtd vtscsi0")
	}
	must(t, l, "hmc1", "chsysstate -m SysA -r lpar -n lp1 -o on -f lp1")
	until("Open Firmware,inactive,AIX 7.2 7200-05-03-2148")
	if _, _, rc := l.Run("app1", "hostname"); rc != -1 {
		t.Error(rc)
	}
}

func dialTo(l *Lab, console string) (*ssh.Client, error) {
	for _, ep := range l.Endpoints() {
		if ep.Name == console {
			return ssh.Dial("tcp", ep.Address, &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.Password("secret")}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 5 * time.Second})
		}
	}
	return nil, nil
}

// sshTo opens a session that holds a shell of a host.
func sshTo(t *testing.T, l *Lab, console string) *ssh.Session {
	t.Helper()
	l.mu.Lock()
	l.estate.console(console).user("root").Password = "secret"
	l.mu.Unlock()
	c, err := dialTo(l, console)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s.Stdout = &out
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write([]byte("hostname\n"))
	return s
}

func TestAixPartMoves(t *testing.T) {
	l := startText(t, partHosts(withoutFC, replace(`suspend        = "0s"`, `suspend        = "20s"`)))
	host := func(line string) string { t.Helper(); return must(t, l, "app1", line) }
	for _, v := range []string{"vios1", "vios2"} {
		vios(l, t, "SysA", v, "mkvdev -vdev hdisk2 -vadapter vhost0")
	}
	host("cfgmgr; mkvg -S -s 32 -y datavg hdisk1; crfs -v jfs2 -g datavg -m /data -a size=1G; mount /data")
	booted := host("who -b; lspv")
	must(t, l, "hmc1", "migrlpar -o m -m SysA -t SysB -p lp1 --redundantvios 1 --vswitch 2 || migrlpar -o m -m SysA -t SysB -p lp1")
	if now := host("who -b; lspv"); now != booted {
		t.Errorf("%s\n%s", booted, now)
	}
	expect(t, l, "app1", "uname -m; uname -M; lsattr -El sys0 -a systemid -F value; lspath -l hdisk1; lsvg -o; df /data | tail -1 | awk '{print $NF}'",
		"00FA1F204C00\nIBM,9009-42A\nIBM,0278A1F20\nEnabled hdisk1 vscsi0\nEnabled hdisk1 vscsi1\ndatavg\nrootvg\n/data\n", "", 0)
	contained(t, l, "app1", "errpt; prtconf; lparstat -i", " I S pmig           Client Partition Migration Completed\n08917DC6 ", "Machine Serial Number: 78A1F20\n", "Partition Name                             : lp1\n")
	contained(t, l, "app1", "errpt -a -J CLIENT_PMIG_DONE", "LABEL:          CLIENT_PMIG_DONE\nIDENTIFIER:     A5E6DB96\n")
	savedAgain(t, l)
	expect(t, l, "app1", "extendlv fslv00 1; errclear 0; errpt; errlogger hello there; errpt | tail -1 | cut -c1-8", "AA8AB241\n", "", 0)
	// Memory follows the partition.
	must(t, l, "hmc1", "chhwres -r mem -m SysB -o a -p lp1 -q 1024")
	expect(t, l, "app1", "bootinfo -r; prtconf -m", "5242880\nMemory Size: 5120 MB\n", "", 0)
}

func TestAixPartFC(t *testing.T) {
	l := startText(t, partHosts(replace(`  level     = "7200-05-03-2148"
  partition = "lp1"`, `  level     = "7200-05-03-2148"
  unconfigured = ["l3"]
  partition = "lp1"`)))
	expect(t, l, "app1", "lspath; lsattr -El hdisk1 -a ww_name -F value", "Enabled hdisk0 vscsi0\nEnabled hdisk0 vscsi1\nEnabled hdisk1 fscsi0\n0x5005076303030053\n", "", 0)
	savedAgain(t, l)
	vios(l, t, "SysA", "vios1", "vfcmap -vadapter vfchost0 -fcp")
	expect(t, l, "app1", "lspath -l hdisk1", "Failed hdisk1 fscsi0\n", "", 0)
}

func TestAixPartScenario(t *testing.T) {
	for _, x := range []struct{ old, new, want string }{
		{`partition = "lp1"`, `partition = "lp9"`, `there is no partition "lp9"`},
		{`system    = "SysA"`, `system    = "SysB"`, `there is no partition "lp1"`},
		{`partition = "lp1"`, `partition = "vios1"`, "cannot run AIX"},
		{"partition = \"lp1\"\n  system    = \"SysA\"", `partition = "vios1"`, "several systems have a partition"},
		{`partition = "lp1"`, `partition = "lp1"` + "\n  memory_mb = 1024", "are those of the partition"},
		{`partition = "lp1"` + "\n", "", "need partition"},
		{`interface "en0" {`, `interface "en7" {` + "\n}\ninterface \"en0\" {", "no adapter for the interface"},
		{`  interface "en0" {`, "  disk \"hdisk0\" {\n size_mb = 1024\n }\n  interface \"en0\" {", "not disks of its own"},
		{`  interface "en0" {`, "  disk \"hdisk0\" {\n lun = \"l3\"\n }\n  interface \"en0\" {", "no adapter of the partition reaches it"},
		{`  interface "en0" {`, "  disk \"hdisk0\" {\n backing = \"a/1/nope\"\n }\n  interface \"en0\" {", "there is no backing"},
	} {
		if _, err := Parse([]byte(partHosts(withoutFC, replace(x.old, x.new))), "part.hcl"); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", x.new, err)
		}
	}
	again := partHosts(withoutFC) + "host \"app2\" {\n  level = \"7200-05-03-2148\"\n  partition = \"lp1\"\n  system = \"a\"\n  volume_group \"rootvg\" { disks = [\"hdisk0\"] }\n}\n"
	if _, err := Parse([]byte(again), "part.hcl"); err == nil || !strings.Contains(err.Error(), "has the host \"app1\" already") {
		t.Error(err)
	}
}

// A host answers all the time while it moves, at most later.
func TestAixPartFreeze(t *testing.T) {
	l := startText(t, partHosts(withoutFC, replace(`suspend        = "0s"`, `suspend        = "20s"`), replace(`migration_rate = 1099511627776`, `migration_rate = 536870912`)))
	done := make(chan string)
	go func() {
		out, errs, _ := l.Run("hmc1", "migrlpar -o m -m SysA -t SysB -p lp1")
		done <- out + errs
	}()
	frames := map[string]bool{}
	for moving := true; moving; {
		select {
		case msg := <-done:
			if msg != "" {
				t.Error(msg)
			}
			moving = false
		default:
		}
		out, errs, rc := l.Run("app1", "uname -m")
		if frames[strings.TrimSpace(out)] = true; rc != 0 {
			t.Fatal(out, errs, rc)
		}
	}
	if !frames["00FA1F104C00"] || !frames["00FA1F204C00"] || len(frames) != 2 {
		t.Error(frames)
	}
}

// The same under an IVM, whose partitions have their server adapters in the profile.
func TestAixPartIVM(t *testing.T) {
	l := startText(t, strings.Replace(twinsText(), `    sea "ent6" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 10
    }
  }
}
hmc "hmc1"`, `    sea "ent6" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 10
    }
  }
  partition "blade1" {
    id     = 2
    state  = "Running"
    memory = [1024, 2048, 4096]
    units  = [0.1, 0.2, 1]
    procs  = [1, 1, 2]
    ethernet {
      slot = 4
      vlan = 10
    }
    vscsi {
      slot        = 2
      server_slot = 11
      disk "hdisk1" {}
    }
  }
}
hmc "hmc1"`, 1)+`
host "blade1" {
  level     = "6100-09-12-1846"
  partition = "blade1"
  volume_group "rootvg" { disks = ["hdisk0"] }
}
`)
	expect(t, l, "blade1", "lspath; lsdev -Cc if -F 'name status'; prtconf -m", "Enabled hdisk0 vscsi0\nlo0 Available\nen0 Defined\net0 Defined\nMemory Size: 2048 MB\n", "", 0)
	savedAgain(t, l)
	must(t, l, "ivm1", "chsysstate -r lpar -o shutdown --immed -n blade1")
	for end := time.Now().Add(5 * time.Second); !strings.Contains(must(t, l, "ivm1", "lssyscfg -r lpar --filter lpar_names=blade1 -F state"), "Not Activated"); {
		if time.Now().After(end) {
			t.Fatal("it runs")
		}
	}
	if _, _, rc := l.Run("blade1", "true"); rc != -1 {
		t.Error(rc)
	}
	savedAgain(t, l)
	must(t, l, "ivm1", "chsysstate -r lpar -o on -n blade1")
	must(t, l, "ivm1", "lssyscfg -r lpar")
	expect(t, l, "blade1", "lsvg -o", "rootvg\n", "", 0)
}

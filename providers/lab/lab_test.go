package lab

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

const blades = "../../examples/blades/lab/scenario.hcl"

func startLab(t testing.TB, speed float64, edit ...func(string) string) *Lab {
	t.Helper()
	src, err := os.ReadFile(blades)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for _, f := range edit {
		text = f(text)
	}
	sc, err := Parse([]byte(text), "scenario.hcl")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(sc, Options{Speed: speed, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func replace(old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			return "the scenario does not hold " + old
		}
		return strings.Replace(s, old, new, 1)
	}
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func must(t testing.TB, l *Lab, console, line string) string {
	t.Helper()
	out, errs, rc := l.Run(console, line)
	if rc != 0 {
		t.Fatalf("%s: %s\nexit %d\n%s%s", console, line, rc, out, errs)
	}
	return out
}

// eventually polls a console until the output matches; virtual time is what it waits for.
func eventually(t testing.TB, l *Lab, console, line, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		out, errs, _ := l.Run(console, line)
		if re.MatchString(out + errs) {
			return out
		}
		time.Sleep(time.Millisecond)
	}
	out, errs, rc := l.Run(console, line)
	t.Fatalf("%s: %s never answered %s; last: [%d] %s%s", console, line, pattern, rc, out, errs)
	return ""
}

func client(t testing.TB, l *Lab, console string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	if auth == nil {
		key, err := os.ReadFile(filepath.Join(filepath.Dir(l.SSHConfig()), "id_ed25519"))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.ParsePrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		auth = append(auth, ssh.PublicKeys(signer))
	}
	for _, ep := range l.Endpoints() {
		if ep.Name == console {
			return ssh.Dial("tcp", ep.Address, &ssh.ClientConfig{User: ep.User, Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second})
		}
	}
	t.Fatalf("no console %s", console)
	return nil, nil
}

func remote(t testing.TB, c *ssh.Client, line string) (string, string, int) {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		return "", err.Error(), -1
	}
	defer s.Close()
	var out, errs bytes.Buffer
	s.Stdout, s.Stderr = &out, &errs
	err = s.Run(line)
	code := 0
	if ee, ok := err.(*ssh.ExitError); ok {
		code = ee.ExitStatus()
	} else if err != nil {
		code = -1
	}
	return out.String(), errs.String(), code
}

const migrate = "migrlpar -o m -m Server-7998-61X-SN100390A -t Server-7998-60X-SN100E7DA --ip uli14 -u padmin -p uli13lp1"

func disks() string {
	var b strings.Builder
	for i := 0; i < 13; i++ {
		fmt.Fprintf(&b, "hdisk%d Available MPIO Other FC SCSI Disk Drive ", i)
	}
	return strings.TrimSpace(b.String())
}

func listing(svsa, unit, port, client string, first int, pairs ...string) string {
	var b strings.Builder
	slot := map[string]string{"vhost0": "C11", "vhost1": "C13"}[svsa]
	fmt.Fprintf(&b, "SVSA Physloc Client Partition ID --------------- -------------------------------------------- ------------------ %s %s-V1-%s %s ", svsa, unit, slot, client)
	for i, p := range pairs {
		disk, lun, _ := strings.Cut(p, "/")
		fmt.Fprintf(&b, "VTD vtscsi%d Status Available LUN 0x8%d00000000000000 Backing device %s Physloc %s-W5005076303030053-L401140%s00000000 ",
			first+i, i+1, disk, port, lun)
	}
	return strings.TrimSpace(b.String())
}

var (
	lp1Disks = []string{"hdisk2/04", "hdisk5/07", "hdisk6/08", "hdisk7/09", "hdisk8/0A"}
	lp2Disks = []string{"hdisk1/03", "hdisk9/0B", "hdisk10/0C", "hdisk11/0D", "hdisk12/0E"}
)

// The listings 1 to 5 and 8 to 10 of the article, through SSH, white space aside. The one difference is the client id,
// which is the true one here.
func TestArticle(t *testing.T) {
	l := startLab(t, 50)
	c13, err := client(t, l, "uli13")
	if err != nil {
		t.Fatal(err)
	}
	defer c13.Close()
	c14, err := client(t, l, "uli14")
	if err != nil {
		t.Fatal(err)
	}
	defer c14.Close()
	check := func(c *ssh.Client, line, want string) {
		t.Helper()
		out, errs, rc := remote(t, c, line)
		if words(out) != want || errs != "" {
			t.Errorf("$ %s\ngot  %s\nwant %s\nstderr %q, exit %d", line, words(out), want, errs, rc)
		}
	}
	src := listing("vhost0", "U7998.61X.100390A", "U78A5.001.WIH0402-P1-C6-T1", "0x00000002", 0, lp1Disks...)
	lp2 := listing("vhost1", "U7998.61X.100390A", "U78A5.001.WIH0402-P1-C6-T1", "0x00000000", 5, lp2Disks...)
	check(c13, "lsdev -virtual | grep vmc", "ibmvmc0 Available Virtual Management Channel")
	check(c13, "lsdev | grep MPIO", disks())
	check(c14, "lsdev | grep MPIO", disks())
	var vtds []string
	for i := 0; i < 10; i++ {
		vtds = append(vtds, fmt.Sprintf("vtscsi%d Available Virtual Target Device - Disk", i))
	}
	hosts := "vhost0 Available Virtual SCSI Server Adapter vhost1 Available Virtual SCSI Server Adapter "
	check(c13, `lsdev -virtual | grep -E "vhost|vtscsi"`, hosts+strings.Join(vtds, " "))
	check(c13, "lsmap -all", src+" "+lp2)
	check(c14, `lsdev -virtual | grep -E "vhost|vtscsi"`, "")
	check(c14, "lsmap -all", "")
	check(c13, "hostname", "uli13")
	check(c14, "hostname", "uli14")
	check(c13, "lssyscfg -r sys -F name", "Server-7998-61X-SN100390A")
	check(c14, "lssyscfg -r sys -F name", "Server-7998-60X-SN100E7DA")
	check(c14, "lshwres -r mem --level sys -F curr_avail_sys_mem", "2752")
	check(c14, "lshwres -r proc --level sys -F curr_avail_sys_proc_units", "1.80")

	out, errs, rc := remote(t, c13, "migrlpar -o m --ip uli14 -u padmin -p uli13lp1")
	if out != "" || errs != "[VIOSE01040120-0006] Required parameter -t or its value is missing or not valid.\n" || rc != 1 {
		t.Errorf("listing 10: %q %q %d", out, errs, rc)
	}
	if out, errs, rc = remote(t, c13, migrate+" --async"); out+errs != "" || rc != 0 {
		t.Fatalf("migration: %q %q %d", out, errs, rc)
	}
	const read = `lslparmigr -r lpar -m Server-7998-61X-SN100390A --filter "lpar_names=uli13lp1"`
	want := regexp.MustCompile(`^name=uli13lp1,lpar_id=2,migration_state=Migration Starting,migration_type=active,dest_sys_name=Server-7998-60X-SN100E7DA,dest_lpar_id=2,source_msp_name=uli13,source_msp_id=1,dest_msp_name=uli14,dest_msp_id=1,bytes_transmitted=\d+,bytes_remaining=\d+,remote_manager=uli14,remote_user=padmin\n$`)
	if out, _, _ = remote(t, c13, read); !want.MatchString(out) {
		t.Errorf("listing 9: %s", out)
	}
	for _, c := range []*ssh.Client{c13, c14} {
		if out, _, _ := remote(t, c, "lssyscfg -r lpar --filter lpar_names=uli13lp1 -F state"); out != "Migrating - Running\n" {
			t.Errorf("state during the migration: %q", out)
		}
	}
	if out, _, _ := remote(t, c13, "lsrefcode -r lpar --filter lpar_names=uli13lp1 -F refcode"); out != "Linux ppc64\n" {
		t.Errorf("refcode on the source: %q", out)
	}
	eventually(t, l, "uli13", read, `migration_state=Not Migrating\n$`)
	check(c13, "lsmap -all", lp2)
	check(c13, `lsdev -virtual | grep -E "vhost|vtscsi"`, "vhost1 Available Virtual SCSI Server Adapter "+strings.Join(vtds[5:], " "))
	check(c14, "lsmap -all", listing("vhost0", "U7998.60X.100E7DA", "U78A5.001.WIH1106-P1-C10-T1", "0x00000002", 0, lp1Disks...))
	check(c14, `lsdev -virtual | grep -E "vhost|vtscsi"`, "vhost0 Available Virtual SCSI Server Adapter "+strings.Join(vtds[:5], " "))
	check(c14, "lssyscfg -r lpar -F name,state", "uli14,Running uli13lp1,Running")
	check(c14, "lsrefcode -r lpar --filter lpar_names=uli13lp1 -F refcode", "Linux ppc64")
	eventually(t, l, "uli13", read, `VIOSI01040010-0003`)
}

// The first record that can be read has the numbers of the article.
func TestFirstMigrationRecord(t *testing.T) {
	l := startLab(t, 0.001, func(s string) string {
		return strings.Replace(s, "speed = 1", "speed = 1\n  latency = 0\n  validate = \"0s\"", 1)
	})
	must(t, l, "uli13", migrate+" --async")
	out := must(t, l, "uli13", "lslparmigr -r lpar --filter lpar_ids=2 -F bytes_transmitted,bytes_remaining")
	var sent, left int64
	if _, err := fmt.Sscanf(out, "%d,%d", &sent, &left); err != nil || sent < 2366013 || sent > 2366013+1<<20 || sent+left != 2366013+1090875392 {
		t.Errorf("bytes: %s", out)
	}
}

func TestLayouts(t *testing.T) {
	l := startLab(t, 1000)
	for _, c := range []struct{ line, want string }{
		{"lsdev -virtual | head -1", "name             status      description\n"},
		{"lsdev -virtual | grep vmc", "ibmvmc0          Available   Virtual Management Channel\n"},
		{"lspv | head -1", "NAME             PVID                                 VG               STATUS\n"},
		{"lspv | grep rootvg", "hdisk13          000390adf41c275a                     rootvg           active\n"},
		{"lspv -free | head -2", "NAME            PVID                                SIZE(megabytes)\nhdisk0          none                                10240\n"},
		{"lsdev -dev hdisk7 -attr reserve_policy", "value\n\nno_reserve\n"},
		{"lsvg rootvg -field totalpps usedpps freepps -fmt :", "546 (69888 megabytes):180 (23040 megabytes):366 (46848 megabytes)\n"},
		{"lspath -dev hdisk2 -field status name parent conn -fmt :", "Enabled:hdisk2:fscsi0:5005076303030053,4011400400000000\n"},
		{"lsmap -vadapter vhost0 | head -4", "SVSA            Physloc                                      Client Partition ID\n--------------- -------------------------------------------- ------------------\nvhost0          U7998.61X.100390A-V1-C11                     0x00000002\n\n"},
		{"lsmap -vadapter vhost0 -field LUN backing SVSA clientid -fmt : | cut -d: -f1-4", "vhost0:0x00000002:0x8100000000000000:hdisk2\n"},
		{"ioscli lsdev -plc U7998.61X.100390A-V1-C11-T1 -fmt : -field name", "vhost0\n"},
		{"ioscli lsdev -plc U7998.61X.100390A-V1-C11 -fmt : -field name", "vhost0\n"},
		{"lsmap -all -net -field sea -fmt : | head -1", "ent8\n"},
		{"lsdev -dev ent8 -attr pvid", "value\n\n1\n"},
		{"lsivm", "7998-61X,100390A,1\n"},
		{"ioscli lslparinfo", "1 uli13\n"},
		{"lssyscfg -r sys -F lpar_proc_compat_modes", "\"default,POWER6,POWER6+\"\n"},
		{"lssyscfg -r lpar -F name:state --filter \"\\\"lpar_names=uli13,uli13lp2\\\"\" --header", "name:state\nuli13:Running\nuli13lp2:Not Activated\n"},
		{"lshwres -r mem --level lpar --filter lpar_ids=2", "lpar_name=uli13lp1,lpar_id=2,mem_mode=ded,curr_min_mem=512,curr_mem=1024,curr_max_mem=2048,pend_min_mem=512,pend_mem=1024,pend_max_mem=2048,run_min_mem=0,run_mem=1024\n"},
		{"lshwres -r proc --level lpar --filter lpar_ids=2 -F lpar_name,curr_proc_mode,curr_proc_units,curr_procs", "uli13lp1,shared,0.10,1\n"},
		{"lslparmigr -r sys -F num_inactive_migrations_supported,num_active_migrations_in_progress", "4,0\n"},
		{"ioscli lsmap -all | grep 0x00000002 | awk '{print $1}'", "vhost0\n"},
		{"false; echo Rc=$?", "Rc=1\n"},
		{"lssyscfg -r lpar -F nope >/dev/null 2>&1 || echo no", "no\n"},
		{"x=a; for i in 1 2; do echo $x$i; done | tail -1", "a2\n"},
		{"cat <<< hello | tr a-z A-Z", "HELLO\n"},
		{"lspv | awk 'NR>1 && $3==\"None\" {n++} END {printf(\"%d\\n\", n)}'", "13\n"},
		{"echo a:b:c | awk -F: '{print $3,$1; print NF}'", "c a\n3\n"},
		{"printf 'b\\na\\nb\\n' | sort | uniq -c | sed -n 's/^ *//p'", "1 a\n2 b\n"},
		{"lsdev -type disk -field name -fmt : | sed -e '3,$d'", "hdisk0\nhdisk1\n"},
		{"date +%Y", "2008\n"},
	} {
		out, errs, rc := l.Run("uli13", c.line)
		if out != c.want {
			t.Errorf("$ %s\ngot  %q\nwant %q\n%s[%d]", c.line, out, c.want, errs, rc)
		}
	}
}

func TestRefusals(t *testing.T) {
	l := startLab(t, 1000)
	rec := "name=new,lpar_env=aixlinux,min_mem=512,desired_mem=512,max_mem=1024,min_procs=1,desired_procs=1,max_procs=1,proc_mode=shared,min_proc_units=0.1,desired_proc_units=0.1,max_proc_units=1.0"
	for _, c := range []struct {
		line, want string
		rc         int
	}{
		{"lssyscfg", "parameter -r", 1},
		{"lssyscfg -r nothing", "parameter -r", 1},
		{"lssyscfg -r lpar --wrong", "--wrong is not valid", 1},
		{"lssyscfg -r lpar -m elsewhere", "elsewhere was not found", 1},
		{"lssyscfg -r lpar -r lpar", "more than once", 1},
		{"lssyscfg -r lpar -F NAME", "attribute is NAME", 1},
		{"lssyscfg -r lpar --filter slots=1", "filter slots", 1},
		{"lssyscfg -r lpar --filter lpar_names=none_such", "VIOSI01040010-0003", 0},
		{"mksyscfg -r lpar -i 'name=a,b'", "format", 1},
		{"mksyscfg -r lpar -i name=a", "missing attributes", 1},
		{"mksyscfg -r lpar -i '" + rec + ",bogus=1'", "attribute is bogus", 1},
		{"mksyscfg -r lpar -i '" + strings.Replace(rec, "name=new", "name=uli13lp1", 1) + "'", "already uses the name", 1},
		{"mksyscfg -r lpar -i '" + rec + ",lpar_id=2'", "already uses the ID", 1},
		{"mksyscfg -r lpar -i '" + strings.Replace(rec, "min_mem=512", "min_mem=500", 1) + "'", "region", 1},
		{"mksyscfg -r lpar -i '" + strings.Replace(rec, "max_mem=1024", "max_mem=256", 1) + "'", "order", 1},
		{"mksyscfg -r lpar -i '" + strings.Replace(rec, "desired_procs=1,max_procs=1", "desired_procs=2,max_procs=2", 1) + "'", "too few", 1},
		{"mksyscfg -r lpar -i '" + rec + ",virtual_scsi_adapters=2/client/1/uli13/11/0'", "slot 11 is in use", 1},
		{"mksyscfg -r lpar -i '" + rec + ",conn_monitoring=1'", "conn_monitoring", 1},
		{"chsysstate -r lpar -o on -n uli13lp1", "Not Activated state", 1},
		{"chsysstate -r lpar -o on -f p -n uli13lp2", "-f is not valid", 1},
		{"chsysstate -r lpar -o shutdown -n uli13lp2", "already powered off", 1},
		{"chsysstate -r lpar -o shutdown --immed -n uli13", "management partition", 1},
		{"rmsyscfg -r lpar -n uli13lp1", "Not Activated state", 1},
		{"chhwres -r mem -o a -p uli13lp1 -q 100", "multiple", 1},
		{"chhwres -r mem -o a -p uli13lp1 -q 2048", "minimum and maximum", 1},
		{"chhwres -r proc -o r -p uli13lp1 --procunits 0.05", "minimum and maximum", 1},
		{"chhwres -r virtualio --rsubtype eth -o r -s 9 -p uli13lp1", "no adapter in that slot", 1},
		{"chhwres -r virtualio --rsubtype eth -o a -s 4 --id 2 -a port_vlan_id=1", "slot 4 is in use", 1},
		{"mkvdev -vdev hdisk2 -vadapter vhost1", "is already being used as a backing device.  Specify the -f flag\nto force", 1},
		{"mkvdev -vdev hdisk99 -vadapter vhost1", "hdisk99", 1},
		{"mkvdev -vdev hdisk3 -vadapter ent4", "SVSA", 15},
		{"rmdev -dev hdisk2", "busy", 1},
		{"chdev -dev hdisk3 -attr reserve_policy=sometimes", "not valid", 1},
		{"lsmap -vadapter vhost9", "vhost9", 10},
		{"lsmap -vadapter hdisk0", "SVSA", 15},
		{"lsmap -vadapter hdisk0 -npiv", "FC", 63},
		{"lsmap", "Usage", 1},
		{"ioscli nothing", "nothing", 1},
		{"lsmapp", "rksh: lsmapp:  not found.", 127},
		{"oem_setup_env", "oem_setup_env", 1},
		{"awk 'BEGIN { system(\"id\") }'", "Syntax Error", 2},
		{"migrlpar -o v -t S --ip nowhere -p uli13lp1", "cannot be reached", 1},
		{"migrlpar -o v -t S --ip uli14 -p uli13lp1", "S was not found", 1},
		{"migrlpar -o v -t Server-7998-60X-SN100E7DA --ip uli14 -p uli13", "Virtual I/O Server", 1},
		{"migrlpar -o s -p uli13lp1", "not migrating", 1},
		{"migrlpar -o r -p uli13lp1", "recovered", 1},
		{"mkauthkeys --test --ip uli14 -u root", "mkauthkeys", 1},
	} {
		out, errs, rc := l.Run("uli13", c.line)
		if !strings.Contains(errs, c.want) || rc != c.rc || out != "" {
			t.Errorf("$ %s\nwant %q, exit %d\ngot  %q %q, exit %d", c.line, c.want, c.rc, out, errs, rc)
		}
	}
}

func TestMigrationRefusals(t *testing.T) {
	const dst = "Server-7998-60X-SN100E7DA"
	uli14 := func(old, new string) func(string) string {
		return func(s string) string {
			i := strings.Index(s, `system "uli14" {`)
			return s[:i] + replace(old, new)(s[i:])
		}
	}
	lp1 := func(extra string) func(string) string {
		return replace(`state      = "Running"`, "state = \"Running\"\n"+extra)
	}
	for _, c := range []struct {
		name, want string
		edit       func(string) string
	}{
		{"trust", "mkauthkeys", replace(`trusts  = ["uli14"]`, `trusts = []`)},
		{"rmc", "cannot communicate with partition uli13lp1", lp1(`rmc = "inactive"`)},
		{"vios rmc", "Virtual I/O Server uli14", uli14(`mirrored = false`, "mirrored = false\n rmc = \"inactive\"")},
		{"capability", "does not support active", uli14(`processors   = 2`, "processors = 2\n capabilities = [\"inactive_lpar_mobility_capable\"]")},
		{"count", "maximum of 0", uli14(`processors   = 2`, "processors = 2\n max_active_migrations = 0")},
		{"mover", "no VASI", uli14(`mirrored = false`, "mirrored = false\n vasi = false")},
		{"memory", "available 1024 MB, required 1088 MB (partition 1024 MB, hypervisor 64 MB)", uli14(`firmware_mb  = 256`, `firmware_mb = 1984`)},
		{"processors", "processing units", uli14(`units    = [0.1, 0.2, 2]`, `units = [0.1, 1.95, 2]`)},
		{"region", "region size differs", uli14(`region_mb    = 64`, `region_mb = 128`)},
		{"mode", "POWER6+", uli14(`["default", "POWER6", "POWER6+"]`, `["default", "POWER5"]`)},
		{"work group", "workload group 3", lp1(`work_group = 3`)},
		{"vlan", "VLAN 7 of virtual Ethernet slot 5", replace("    vscsi {", "    ethernet {\n slot = 5\n vlan = 7\n }\n vscsi {")},
		{"lun", "no disk for hdisk2", uli14("hdisk \"hdisk2\" {\n      lun            = \"lp1_root\"\n      reserve_policy = \"no_reserve\"\n    }", "")},
		{"reserve", "reserve_policy single_path", uli14("lun            = \"lp1_root\"\n      reserve_policy = \"no_reserve\"", `lun = "lp1_root"`)},
		{"in use", "in use by x", uli14(`    ethernet "ent0" {`, "vhost \"vhost0\" {\n slot = 21\n disk \"hdisk2\" {\n vtd = \"x\"\n }\n }\n ethernet \"ent0\" {")},
		{"logical volume", "whole disk", replace("      disk \"hdisk2\" {", "disk \"hd_system\" {")},
		{"media", "media loaded", replace("      disk \"hdisk2\" {", "disk \"/var/vio/VMLibrary/x\" {\n vtd = \"vtopt0\"\n lun = 9\n }\n disk \"hdisk2\" {")},
		{"slots", "free virtual slots", uli14("mirrored = false", "mirrored = false\n max_slots = 11")},
		{"partitions", "maximum of 1 partitions", uli14(`processors   = 2`, "processors = 2\n max_partitions = 1")},
		{"physical", "physical I/O", func(s string) string {
			return lp1(`io_slots = ["21020299/none/1"]`)(replace(`  vios "uli13" {`, "io_slot \"U78A5.001.WIH0402-P1-C8\" {\n drc_index = \"21020299\"\n description = \"Ethernet controller\"\n owner = 2\n }\n vios \"uli13\" {")(s))
		}},
		{"name", "already uses the name uli13lp1", func(s string) string {
			i := strings.Index(s, `system "uli14" {`)
			j := strings.Index(s, `ivm "uli13" {`)
			k := strings.LastIndex(s[:j], "}")
			return s[:i] + s[i:k] + "partition \"uli13lp1\" {\n id = 9\n memory = [64,64,64]\n units = [0.1,0.1,0.1]\n procs = [1,1,1]\n }\n" + s[k:]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := startLab(t, 2000, c.edit)
			out, errs, rc := l.Run("uli13", "migrlpar -o v -t "+dst+" --ip uli14 -u padmin -p uli13lp1")
			if rc != 1 || out != "" || !strings.Contains(errs, c.want) || !strings.HasPrefix(errs, "[VIOSE") {
				t.Errorf("want %q, got exit %d %q %q", c.want, rc, out, errs)
			}
		})
	}
}

// A system is the source or the destination of migrations, not both at once.
func TestMixedRoles(t *testing.T) {
	l := startLab(t, 20, func(s string) string {
		return strings.Replace(s, "speed = 1", "speed = 1\n  latency = 0\n  validate = \"0s\"", 1)
	})
	must(t, l, "uli14", "mksyscfg -r lpar -i 'name=back,lpar_env=aixlinux,min_mem=64,desired_mem=64,max_mem=64,min_procs=1,desired_procs=1,max_procs=1,min_proc_units=0.1,desired_proc_units=0.1,max_proc_units=0.1'")
	must(t, l, "uli13", migrate+" --async")
	_, errs, rc := l.Run("uli14", "migrlpar -o m -t Server-7998-61X-SN100390A --ip uli13 -p back")
	if rc != 1 || !strings.Contains(errs, "already the destination of a migration") || !strings.Contains(errs, "already the source of a migration") {
		t.Errorf("%d %s", rc, errs)
	}
	if _, errs, rc = l.Run("uli13", migrate); rc != 1 || !strings.Contains(errs, "already migrating") {
		t.Errorf("%d %s", rc, errs)
	}
	for _, line := range []string{"chsysstate -r lpar -o shutdown --immed -n uli13lp1", "chhwres -r mem -o r -p uli13lp1 -q 64", "rmsyscfg -r lpar -n uli13lp1", "chsyscfg -r prof -i name=uli13lp1,desired_mem=512"} {
		if _, _, rc := l.Run("uli13", line); rc != 1 {
			t.Errorf("%s: exit %d", line, rc)
		}
	}
}

// mkauthkeys asks for the password of the other console and makes the migration possible.
func TestKeyExchange(t *testing.T) {
	l := startLab(t, 1000, replace(`trusts  = ["uli14"]`, `trusts = []`))
	if _, _, rc := l.Run("uli13", "mkauthkeys --test --ip uli14 -u padmin"); rc != 1 {
		t.Error("no key was exchanged yet")
	}
	c, err := client(t, l, "uli13")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for password, want := range map[string]int{"wrong": 1, "padmin": 0} {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		s.Stdin = strings.NewReader(password + "\n")
		out, err := s.Output("mkauthkeys --ip uli14 -u padmin")
		if (err == nil) != (want == 0) || !strings.Contains(string(out), "Enter the password") {
			t.Errorf("%s: %v %q", password, err, out)
		}
	}
	must(t, l, "uli13", "mkauthkeys --test --ip uli14 -u padmin && "+strings.Replace(migrate, "-o m", "-o v", 1))
}

func TestLifeCycle(t *testing.T) {
	l := startLab(t, 1000)
	must(t, l, "uli13", "mksyscfg -r lpar -i 'name=web,lpar_env=aixlinux,min_mem=256,desired_mem=512,max_mem=1024,min_procs=1,desired_procs=1,max_procs=2,proc_mode=shared,min_proc_units=0.1,desired_proc_units=0.2,max_proc_units=1.0,virtual_eth_adapters=4/0/1//0/0'")
	if out := must(t, l, "uli13", "lssyscfg -r prof --filter lpar_names=web -F virtual_scsi_adapters"); out != "2/client/1/uli13/15/1\n" {
		t.Errorf("pair: %s", out)
	}
	if out := must(t, l, "uli13", "lsmap -plc U7998.61X.100390A-V1-C15 -fmt :"); out != "vhost2:U7998.61X.100390A-V1-C15:0x00000000: : : : : \n" {
		t.Errorf("empty adapter: %q", out)
	}
	must(t, l, "uli13", "mksyscfg -r lpar -i 'name=slot,lpar_env=aixlinux,min_mem=256,desired_mem=512,max_mem=1024,min_procs=1,desired_procs=1,max_procs=1,virtual_scsi_adapters=2/client/1/uli13/20/0'")
	must(t, l, "uli13", "lsmap -plc U7998.61X.100390A-V1-C20 && rmsyscfg -r lpar -n slot")
	must(t, l, "uli13", "chsysstate -r lpar -o on -n web")
	eventually(t, l, "uli13", "lssyscfg -r lpar --filter lpar_names=web -F state", "Open Firmware")
	must(t, l, "uli13", "chsysstate -r lpar -o shutdown --immed -n web")
	eventually(t, l, "uli13", "lssyscfg -r lpar --filter lpar_names=web -F state", "Not Activated")
	if out := must(t, l, "uli13", "mkvdev -vdev hdisk3 -vadapter vhost2 -dev web_root"); out != "web_root Available\n" {
		t.Errorf("mkvdev: %q", out)
	}
	must(t, l, "uli13", "chsysstate -r lpar -o on -n web")
	eventually(t, l, "uli13", "lssyscfg -r lpar --filter lpar_names=web -F state,rmc_state", "Running,active")
	must(t, l, "uli13", "chhwres -r mem -o a -p web -q 128; lshwres -r mem --level lpar --filter lpar_names=web -F curr_mem | grep 640")
	must(t, l, "uli13", "chsyscfg -r lpar -i name=web,new_name=web2 && lssyscfg -r lpar --filter lpar_names=web2")
	must(t, l, "uli13", "chsyscfg -r prof -i lpar_id=4,desired_mem=1024 && lssyscfg -r prof --filter lpar_ids=4 -F desired_mem | grep 1024")
	must(t, l, "uli13", "chsysstate -r lpar -o osshutdown -n web2")
	eventually(t, l, "uli13", "lssyscfg -r lpar --filter lpar_names=web2 -F state", "Not Activated")
	must(t, l, "uli13", "rmsyscfg -r lpar -n web2")
	if out := must(t, l, "uli13", "lspv -free -fmt : -field name"); !strings.Contains(out, "hdisk3\n") {
		t.Errorf("the disk did not become free: %s", out)
	}
}

func TestSandbox(t *testing.T) {
	l := startLab(t, 1000)
	dir := t.TempDir()
	marker := filepath.Join(dir, "marker")
	for _, line := range []string{
		"/bin/sh -c 'echo x'", "sh -c id", "cat /etc/passwd", "cat < /etc/passwd", "echo x > " + marker, "echo x >> " + marker,
		"tee " + marker + " < /dev/null", "cd /", ". /etc/profile", "source /etc/profile", "exec /bin/sh", "command /bin/sh", "builtin cd /",
		"eval 'cat <(echo x)'", "trap 'cat <(echo x)' EXIT", "read x < /etc/passwd && echo $x", "[ -e /etc/passwd ]", "test -f /etc/passwd", "x=$(</etc/passwd); echo $x | grep root",
		"echo /etc/* | grep passwd", "echo ~root | grep -v '~root'", "awk 'BEGIN{getline l < \"/etc/passwd\"; print l}'", "grep root /etc/passwd", "sed -n p /etc/passwd",
		"printenv", "env", "echo $GOPATH$SSH_AUTH_SOCK | grep .", "pushd /", "x=~root; echo $x | grep -v '~root'", "eval 'echo ~root | grep -v ~r'", "readonly PATH=/bin; ls", "enable -f x y", "cat <(echo x)", "sort -o " + marker,
		"TMPDIR=/tmp; echo x > /tmp/sh-interp-1", "ulimit -a", "kill -9 1", "lssyscfg -r lpar > " + marker,
	} {
		out, errs, rc := l.Run("uli13", line)
		if rc == 0 && !strings.HasPrefix(line, "trap") || strings.Contains(out, "root:") {
			t.Errorf("$ %s: exit %d, %q %q", line, rc, out, errs)
		}
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a file of the host was written")
	}
}

func TestStrictConsole(t *testing.T) {
	l := startLab(t, 1000, replace(`trusts  = ["uli14"]`, "trusts = [\"uli14\"]\n ioscli_required = true"))
	if _, errs, rc := l.Run("uli13", "lsmap -all"); rc != 127 || errs != "rksh: lsmap:  not found.\n" {
		t.Errorf("%d %q", rc, errs)
	}
	must(t, l, "uli13", "ioscli lsmap -all; /usr/ios/cli/ioscli lsmap -all; lssyscfg -r lpar")
}

func TestLockout(t *testing.T) {
	l := startLab(t, 200)
	try := func(pw string) error {
		c, err := client(t, l, "uli13", ssh.Password(pw))
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := try("padmin"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if try("wrong") == nil {
			t.Fatal("a wrong password was accepted")
		}
	}
	if try("padmin") == nil {
		t.Error("the account is not locked")
	}
	if _, err := client(t, l, "uli13"); err == nil {
		t.Error("a key opened a locked account")
	}
	time.Sleep(5 * time.Minute / 200)
	time.Sleep(50 * time.Millisecond)
	if err := try("padmin"); err != nil {
		t.Errorf("still locked after five minutes: %v", err)
	}
}

func TestOpenSSH(t *testing.T) {
	bin, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("SKIPPED: there is no OpenSSH client on this machine, so nothing proves that it works")
	}
	l := startLab(t, 1000)
	out, err := exec.Command(bin, "-F", l.SSHConfig(), "uli13", "lsmap -all").Output()
	if err != nil || !strings.HasPrefix(string(out), "SVSA            Physloc") {
		t.Fatalf("%v %s", err, out)
	}
	err = exec.Command(bin, "-F", l.SSHConfig(), "uli14", "exit 7").Run()
	if ee, ok := err.(*exec.ExitError); !ok || ee.ExitCode() != 7 {
		t.Errorf("exit status: %v", err)
	}
	cmd := exec.Command(bin, "-tt", "-F", l.SSHConfig(), "uli14")
	cmd.Stdin = strings.NewReader("hostname\rexit 3\r")
	out, err = cmd.Output()
	if ee, ok := err.(*exec.ExitError); !ok || ee.ExitCode() != 3 || !strings.Contains(string(out), "uli14\r\n$ ") {
		t.Errorf("interactive: %v %q", err, out)
	}
	// A shell without a terminal, as scripts feed it.
	cmd = exec.Command(bin, "-T", "-F", l.SSHConfig(), "uli14")
	cmd.Stdin = strings.NewReader("for i in 1 2\ndo echo $i\ndone\nfalse\n")
	out, err = cmd.Output()
	if ee, ok := err.(*exec.ExitError); !ok || ee.ExitCode() != 1 || string(out) != "1\n2\n" {
		t.Errorf("piped: %v %q", err, out)
	}
}

// An expect script sends a line with a carriage return, reads to the prompt and looks for Rc=.
func TestExpect(t *testing.T) {
	l := startLab(t, 1000)
	c, err := client(t, l, "uli13")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Setenv("LANG", "C")
	if err := s.RequestPty("vt100", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	expect := func(what string) string {
		t.Helper()
		var got strings.Builder
		b := make([]byte, 1)
		for !strings.HasSuffix(got.String(), what) {
			if _, err := out.Read(b); err != nil {
				t.Fatalf("waiting for %q: %v after %q", what, err, got.String())
			}
			got.Write(b)
		}
		return got.String()
	}
	expect("$ ")
	for line, want := range map[string]string{
		"lssyscfg -r sys -F name; echo Rc=$?": "Server-7998-61X-SN100390A\r\nRc=0\r\n$ ",
		"lssyscfg -r nope; echo Rc=$?":        "[VIOSE01040120-0006] Required parameter -r or its value is missing or not valid.\r\nRc=1\r\n$ ",
		"lsmap -vadapter vhost9 2>/dev/null":  "\r\n$ ",
		"echo $?":                             "10\r\n$ ",
	} {
		if line == "echo $?" {
			fmt.Fprintf(in, "lsmap -vadapter vhost9 2>/dev/null\r")
			expect("\r\n$ ")
		}
		fmt.Fprintf(in, "%s\r", line)
		if got := expect("\r\n$ "); got != line+"\r\n"+want && got != line+want {
			t.Errorf("%s: %q", line, got)
		}
	}
	// The erase key and an interrupt.
	fmt.Fprintf(in, "hostnameX\x7f\r")
	expect("uli13\r\n$ ")
	fmt.Fprintf(in, "sleep 9999999\r")
	time.Sleep(20 * time.Millisecond)
	fmt.Fprintf(in, "\x03")
	expect("$ ")
	fmt.Fprintf(in, "exit 4\r")
	err = s.Wait()
	if ee, ok := err.(*ssh.ExitError); !ok || ee.ExitStatus() != 4 {
		t.Errorf("exit: %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Run("fail", func(t *testing.T) {
		l := startLab(t, 1000)
		if err := l.Inject(Fault{Action: FaultFail, Command: "^lssyscfg -r sys", Skip: 1, Times: 2, Message: "[VIOSE0000] no", Exit: 9}); err != nil {
			t.Fatal(err)
		}
		var got []int
		for range 4 {
			_, _, rc := l.Run("uli13", "lssyscfg -r sys -F name")
			got = append(got, rc)
		}
		if fmt.Sprint(got) != "[0 9 9 0]" {
			t.Error(got)
		}
	})
	t.Run("drop", func(t *testing.T) {
		l := startLab(t, 1000)
		for action, want := range map[string]string{FaultDropBefore: "uli13lp2", FaultDropAfter: "renamed"} {
			if err := l.Inject(Fault{Action: action, Console: "uli13", Command: "^chsyscfg"}); err != nil {
				t.Fatal(err)
			}
			c, err := client(t, l, "uli13")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, rc := remote(t, c, "chsyscfg -r lpar -i lpar_id=3,new_name=renamed"); rc != -1 {
				t.Errorf("%s: exit %d", action, rc)
			}
			if out := must(t, l, "uli13", "lssyscfg -r lpar --filter lpar_ids=3 -F name"); out != want+"\n" {
				t.Errorf("%s: %q", action, out)
			}
			must(t, l, "uli13", "chsyscfg -r lpar -i lpar_id=3,new_name=uli13lp2")
		}
	})
	t.Run("connection lost while migrating", func(t *testing.T) {
		l := startLab(t, 200)
		c, err := client(t, l, "uli13")
		if err != nil {
			t.Fatal(err)
		}
		go remote(t, c, migrate)
		eventually(t, l, "uli14", "lssyscfg -r lpar -F name,state", "uli13lp1,Migrating - Running")
		c.Close()
		eventually(t, l, "uli14", "lssyscfg -r lpar -F name,state", "uli13lp1,Running")
	})
	for _, percent := range []int{40, 100} {
		t.Run(fmt.Sprintf("migration dies at %d", percent), func(t *testing.T) {
			l := startLab(t, 1000)
			if err := l.Inject(Fault{Action: FaultMigration, Partition: "uli13lp1", Percent: percent}); err != nil {
				t.Fatal(err)
			}
			if _, errs, rc := l.Run("uli13", migrate); rc != 1 || !strings.Contains(errs, "has failed") {
				t.Fatalf("%d %s", rc, errs)
			}
			if out := must(t, l, "uli13", "lslparmigr -r lpar --filter lpar_ids=2 -F migration_state"); out != "Migration Failed\n" {
				t.Errorf("%q", out)
			}
			must(t, l, "uli13", "migrlpar -o r -p uli13lp1")
			home, away := "uli13", "uli14"
			if percent == 100 {
				home, away = away, home
			}
			if out := must(t, l, home, "lssyscfg -r lpar --filter lpar_names=uli13lp1 -F state"); out != "Running\n" {
				t.Errorf("%q", out)
			}
			if out, _, _ := l.Run(away, "lssyscfg -r lpar -F name | grep lp1; lsmap -all | grep 0x8100 | wc -l"); strings.Contains(out, "lp1") {
				t.Errorf("left behind: %q", out)
			}
		})
	}
	t.Run("stop", func(t *testing.T) {
		l := startLab(t, 100)
		must(t, l, "uli13", migrate+" --async")
		must(t, l, "uli13", "migrlpar -o s -p uli13lp1; lssyscfg -r lpar -F name,state | grep uli13lp1,Running")
		if out := must(t, l, "uli14", "lsmap -all; lssyscfg -r lpar -F name"); out != "uli14\n" {
			t.Errorf("the shell is still there: %q", out)
		}
	})
	t.Run("rmc and memory", func(t *testing.T) {
		l := startLab(t, 1000)
		if err := l.Inject(Fault{Action: FaultRMC, Partition: "uli13lp1"}); err != nil {
			t.Fatal(err)
		}
		if err := l.Inject(Fault{Action: FaultTake, System: "uli14", MemoryMB: 2048}); err != nil {
			t.Fatal(err)
		}
		_, errs, rc := l.Run("uli13", migrate)
		if rc != 1 || !strings.Contains(errs, "communicate with partition") || !strings.Contains(errs, "available 704 MB") {
			t.Errorf("%d %s", rc, errs)
		}
	})
	t.Run("refuse", func(t *testing.T) {
		l := startLab(t, 100)
		if err := l.Inject(Fault{Action: FaultRefuse, Console: "uli14", Delay: Duration(10 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		if _, err := client(t, l, "uli14"); err == nil {
			t.Error("connected")
		}
		time.Sleep(150 * time.Millisecond)
		c, err := client(t, l, "uli14")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestMigrationKeepsNamesAndFindsOthers(t *testing.T) {
	l := startLab(t, 1000)
	// Take the slot, the id and two names on the target.
	must(t, l, "uli14", "mksyscfg -r lpar -i 'name=x,lpar_id=2,lpar_env=aixlinux,min_mem=64,desired_mem=64,max_mem=64,min_procs=1,desired_procs=1,max_procs=1'; mkvdev -vdev hdisk3 -vadapter vhost0; mkvdev -vdev hdisk4 -vadapter vhost0 -dev vtscsi3")
	must(t, l, "uli13", migrate)
	out := must(t, l, "uli14", "lsmap -vadapter vhost1 -field clientid physloc vtd backing -fmt :")
	want := "0x00000003:U7998.60X.100E7DA-V1-C13:vtscsi1:hdisk5:vtscsi2:hdisk6:vtscsi4:hdisk8:vtscsi5:hdisk2:vtscsi6:hdisk7\n"
	if words(out) == "" || strings.Count(out, "hdisk") != 5 || !strings.HasPrefix(out, want[:37]) {
		t.Errorf("got %s", out)
	}
	if out := must(t, l, "uli14", "lssyscfg -r lpar --filter lpar_names=uli13lp1 -F lpar_id,logical_serial_num"); out != "3,100E7DA3\n" {
		t.Error(out)
	}
}

func TestSaveFixedPoint(t *testing.T) {
	l := startLab(t, 1000)
	must(t, l, "uli13", migrate)
	must(t, l, "uli13", "chsysstate -r lpar -o on -n uli13lp2")
	eventually(t, l, "uli13", "lssyscfg -r lpar --filter lpar_ids=3 -F rmc_state", "active")
	must(t, l, "uli13", "chhwres -r mem -o a --id 3 -q 64; chhwres -r virtualio --rsubtype eth -o a -s 9 --id 3 -a port_vlan_id=2")
	first, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Parse(first, "first")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Replace(sc); err != nil {
		t.Fatal(err)
	}
	second, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("not the same:\n%s\n---\n%s", first, second)
	}
	if out := must(t, l, "uli14", "lssyscfg -r lpar -F name,state"); !strings.Contains(out, "uli13lp1,Running") {
		t.Error(out)
	}
}

func TestScenarioErrors(t *testing.T) {
	for src, want := range map[string]string{
		"lun \"a\" {\n wwpn = \"1\"\n id = \"1\"\n size_mb = 1\n}": "f.hcl:1: lun",
		"lab {\n sped = 1\n}":                                    "f.hcl:2: Unsupported argument",
		"ivm \"a\" {\n system = \"b\"\n}":                        "no system",
		"lab {\n speed = 0\n}":                                   "speed",
		"fault \"a\" {\n action = \"explode\"\n}":                "explode",
		"fault \"a\" {\n action = \"fail\"\n command = \"[\"\n}": "command",
	} {
		if _, err := Parse([]byte(src), "f.hcl"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nwant %q, got %v", src, want, err)
		}
	}
}

func TestControl(t *testing.T) {
	l := startLab(t, 1000)
	c, err := Dial(filepath.Dir(l.SSHConfig()))
	if err != nil {
		t.Fatal(err)
	}
	src, err := c.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Inject(Fault{Action: FaultFail, Command: "hostname"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Inject(Fault{Action: "nonsense"}); err == nil {
		t.Error("a fault that does not exist was taken")
	}
	if _, _, rc := l.Run("uli13", "hostname"); rc != 1 {
		t.Error(rc)
	}
	if err := c.Replace(src); err != nil {
		t.Error(err)
	}
	log, err := c.Log()
	if err != nil || len(log) != 1 || log[0].Line != "hostname" || log[0].Exit != 1 || log[0].Console != "uli13" {
		t.Errorf("%v %v", log, err)
	}
	st, err := c.Status()
	if err != nil || len(st.Endpoints) != 2 {
		t.Errorf("%v %v", st, err)
	}
	if _, err := Dial(t.TempDir()); err == nil {
		t.Error("connected to nothing")
	}
}

func TestNoGoroutineLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		l := startLab(t, 100)
		c, err := client(t, l, "uli13")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan bool)
		go func() { remote(t, c, "sleep 100000"); close(done) }()
		s, _ := c.NewSession()
		in, _ := s.StdinPipe()
		_ = s.Shell()
		_, _ = io.WriteString(in, "sleep 100000\n")
		time.Sleep(10 * time.Millisecond)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		<-done
		c.Close()
	}
	for i := 0; runtime.NumGoroutine() > before+1; i++ {
		if i > 200 {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestRawConnection(t *testing.T) {
	l := startLab(t, 1000)
	c, err := net.Dial("tcp", l.Endpoints()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := make([]byte, 4)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "SSH-" {
		t.Errorf("%q %v", b, err)
	}
}

// Whatever is typed, the books balance and every pair of adapters fits.
func TestInvariants(t *testing.T) {
	src, err := os.ReadFile(blades)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Parse(append(src, []byte("\n")...), "x")
	if err != nil {
		t.Fatal(err)
	}
	name := rapid.SampledFrom([]string{"uli13lp1", "uli13lp2", "a", "b"})
	rapid.Check(t, func(t *rapid.T) {
		l, err := Start(sc, Options{Speed: 50000})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range rapid.IntRange(1, 14).Draw(t, "n") {
			con := rapid.SampledFrom([]string{"uli13", "uli14"}).Draw(t, "console")
			p := name.Draw(t, "partition")
			other := map[string]string{"uli13": "uli14", "uli14": "uli13"}[con]
			sys := map[string]string{"uli13": "Server-7998-61X-SN100390A", "uli14": "Server-7998-60X-SN100E7DA"}[other]
			q := 64 * rapid.IntRange(1, 12).Draw(t, "q")
			disk := rapid.IntRange(0, 12).Draw(t, "disk")
			line := rapid.SampledFrom([]string{
				"chsysstate -r lpar -o on -n " + p, "chsysstate -r lpar -o shutdown --immed -n " + p, "chsysstate -r lpar -o osshutdown -n " + p,
				"chsysstate -r lpar -o shutdown --immed --restart -n " + p,
				fmt.Sprintf("mksyscfg -r lpar -i 'name=%s,lpar_env=aixlinux,min_mem=64,desired_mem=%d,max_mem=2048,min_procs=1,desired_procs=1,max_procs=2,min_proc_units=0.1,desired_proc_units=0.3,max_proc_units=1'", p, q),
				"rmsyscfg -r lpar -n " + p, fmt.Sprintf("chhwres -r mem -o a -p %s -q %d", p, q), fmt.Sprintf("chhwres -r mem -o r -p %s -q %d", p, q),
				"chhwres -r proc -o a -p " + p + " --procunits 0.2", fmt.Sprintf("mkvdev -vdev hdisk%d -vadapter vhost%d", disk, disk%3), fmt.Sprintf("rmvdev -vdev hdisk%d", disk),
				"migrlpar -o m --async -t " + sys + " --ip " + other + " -p " + p, "migrlpar -o m -t " + sys + " --ip " + other + " -p " + p, "migrlpar -o s -p " + p,
				fmt.Sprintf("chhwres -r virtualio --rsubtype eth -o a -s %d -p %s -a port_vlan_id=1", disk+2, p), "sleep 100", "cfgdev",
				fmt.Sprintf("chsyscfg -r prof -i 'name=%s,virtual_scsi_adapters+=%d/client//uli13/%d/0'", p, disk+2, disk+11),
			}).Draw(t, "line")
			l.Run(con, line)
			l.mu.Lock()
			msg := l.estate.broken()
			l.mu.Unlock()
			if msg != "" {
				t.Fatalf("after %s: %s: %s", con, line, msg)
			}
		}
		if _, err := l.Save(); err != nil {
			t.Fatal(err)
		}
	})
}

// broken names the first invariant that does not hold.
func (e *Estate) broken() string {
	for _, s := range e.Systems {
		if s.freeMem() < 0 || s.freeUnits() < 0 {
			return fmt.Sprintf("%s: %d MB, %d units left", s.Label, s.freeMem(), s.freeUnits())
		}
		v := s.vios()
		slots := map[int]bool{}
		for _, h := range v.VIOS.VHosts {
			if slots[h.Slot] {
				return fmt.Sprintf("slot %d twice", h.Slot)
			}
			slots[h.Slot] = true
			if h.ClientID != 0 && s.partition(h.ClientID) == nil {
				return h.Name + " has no client"
			}
		}
		ids, names := map[int]bool{}, map[string]bool{}
		for _, p := range s.Partitions {
			if ids[p.ID] || names[p.Name] {
				return "id or name twice: " + p.Name
			}
			ids[p.ID], names[p.Name] = true, true
			if p.State == stateOff && p.holds() {
				return p.Name + " is off and holds resources"
			}
			if p.RMC == rmcActive && p.State != stateRunning && p.State != stateMigrating {
				return p.Name + " has RMC in state " + p.State
			}
			for _, a := range p.Scsi {
				if h := v.VIOS.vhostAt(a.RemoteSlot); h == nil || h.ClientID != p.ID || h.ClientSlot != a.Slot {
					return fmt.Sprintf("client adapter %d of %s has no partner", a.Slot, p.Name)
				}
			}
		}
	}
	return ""
}

func TestRecordRoundTrip(t *testing.T) {
	value := rapid.StringMatching(`[ -~]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		var in []pair
		for i := range rapid.IntRange(1, 5).Draw(t, "n") {
			v := value.Draw(t, "v")
			in = append(in, pair{fmt.Sprintf("a%d", i), "=", v})
		}
		out, ok := parseRecord(formatRecord(in))
		if !ok || fmt.Sprint(out) != fmt.Sprint(in) {
			t.Fatalf("%q: %v, %v", formatRecord(in), out, in)
		}
		list := rapid.SliceOfN(value, 1, 4).Draw(t, "list")
		got, ok := splitCSV(joinCSV(list, ','), false)
		if !ok || fmt.Sprint(got) != fmt.Sprint(list) {
			t.Fatalf("%q", joinCSV(list, ','))
		}
	})
}

func FuzzRecord(f *testing.F) {
	for _, s := range []string{`name=a,"b=1,2"`, `"x=""1,2"",3"`, `a+=1`, `,`, `"`, `a=b=c`, `a="b"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pairs, ok := parseRecord(s)
		if !ok {
			return
		}
		for _, p := range pairs {
			if p.Op != "=" {
				return
			}
		}
		again, ok := parseRecord(formatRecord(pairs))
		if !ok || fmt.Sprint(again) != fmt.Sprint(pairs) {
			t.Errorf("%q became %v and %v", s, pairs, again)
		}
	})
}

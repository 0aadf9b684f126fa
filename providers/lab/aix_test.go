package lab

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

const aixEstate = `
lab { latency = 0 }
lun "data01" {
  wwpn    = "500507110110C1A4"
  id      = "0002000000000000"
  size_mb = 20480
  unique_id = "33213600507110180813E50000000000003F304214503IBMfcp"
}
lun "data02" {
  wwpn    = "500507110110C1A4"
  id      = "0003000000000000"
  size_mb = 20480
}
lun "data03" {
  wwpn    = "500507110110C1A4"
  id      = "0004000000000000"
  size_mb = 10240
}
host "nodea" {
  level     = "7200-05-03-2148"
  address   = "10.10.0.21"
  machine   = "00F6F5D04C00"
  memory_mb = 8192
  cluster   = true
  disk "hdisk0" {
    size_mb = 51200
    pvid    = "00f6f5d0a1b2c3d4"
  }
  disk "hdisk1" { size_mb = 51200 }
  luns         = ["data01", "data02"]
  unconfigured = ["data03"]
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }
  interface "en0" {
    address = "10.10.0.21"
    netmask = "255.255.254.0"
  }
}
host "nodeb" {
  level   = "7200-05-03-2148"
  address = "10.10.0.22"
  cluster = true
  disk "hdisk0" { size_mb = 51200 }
  luns = ["data01", "data02"]
  volume_group "rootvg" { disks = ["hdisk0"] }
  user "root" { password = "secret" }
  user "operator" { password = "watch" }
}
host "old6" {
  level = "6100-09-12-1846"
  disk "hdisk0" { size_mb = 34816 }
  disk "hdisk1" { size_mb = 34816 }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 64
  }
}
`

func startHosts(t testing.TB, edit ...func(string) string) *Lab {
	t.Helper()
	src := aixEstate
	for _, f := range edit {
		src = f(src)
	}
	sc, err := Parse([]byte(src), "hosts.hcl")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(sc, Options{Speed: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// run asks a host and expects both streams and the exit code.
func expect(t *testing.T, l *Lab, host, line, out, errs string, rc int) {
	t.Helper()
	o, e, code := l.Run(host, line)
	if o != out || e != errs || code != rc {
		t.Errorf("%s: %s\ngot  [%d] %q\n     %q\nwant [%d] %q\n     %q", host, line, code, o, e, rc, out, errs)
	}
}

func contained(t *testing.T, l *Lab, host, line string, parts ...string) {
	t.Helper()
	out, errs, _ := l.Run(host, line)
	for _, p := range parts {
		if !strings.Contains(out+errs, p) {
			t.Errorf("%s: %s does not hold %q:\n%s%s", host, line, p, out, errs)
		}
	}
}

// The listings that were captured on real hosts, as far as a scenario can make the same.
func TestAixCaptured(t *testing.T) {
	l := startHosts(t)
	must(t, l, "nodea", "mkvg -S -y testvg hdisk2 hdisk3")
	vgid := strings.Fields(must(t, l, "nodea", "lsvg testvg | head -1"))[5]
	expect(t, l, "nodea", "lsvg testvg", `VOLUME GROUP:       testvg                   VG IDENTIFIER:  `+vgid+`
VG STATE:           active                   PP SIZE:        16 megabyte(s)
VG PERMISSION:      read/write               TOTAL PPs:      2550 (40800 megabytes)
MAX LVs:            256                      FREE PPs:       2550 (40800 megabytes)
LVs:                0                        USED PPs:       0 (0 megabytes)
OPEN LVs:           0                        QUORUM:         2 (Enabled)
TOTAL PVs:          2                        VG DESCRIPTORS: 3
STALE PVs:          0                        STALE PPs:      0
ACTIVE PVs:         2                        AUTO ON:        yes
MAX PPs per VG:     32768                    MAX PVs:        1024
LTG size (Dynamic): 256 kilobyte(s)          AUTO SYNC:      no
HOT SPARE:          no                       BB POLICY:      relocatable 
MIRROR POOL STRICT: off 
PV RESTRICTION:     none                     INFINITE RETRY: no
DISK BLOCK SIZE:    512                      CRITICAL VG:    no
FS SYNC OPTION:     no                       CRITICAL PVs:   no
ENCRYPTION:         no
`, "", 0)
	expect(t, l, "nodea", "lsvg -p testvg", "testvg:\nPV_NAME           PV STATE          TOTAL PPs   FREE PPs    FREE DISTRIBUTION\n"+
		"hdisk2            active            1275        1275        255..255..255..255..255\nhdisk3            active            1275        1275        255..255..255..255..255\n", "", 0)
	expect(t, l, "nodea", "mklv -y testlv -e x -t jfs2 testvg 10", "testlv\n", "", 0)
	expect(t, l, "nodea", "lslv testlv", `LOGICAL VOLUME:     testlv                 VOLUME GROUP:   testvg
LV IDENTIFIER:      `+vgid+`.1 PERMISSION:     read/write
VG STATE:           active/complete        LV STATE:       closed/syncd
TYPE:               jfs2                   WRITE VERIFY:   off
MAX LPs:            512                    PP SIZE:        16 megabyte(s)
COPIES:             1                      SCHED POLICY:   parallel
LPs:                10                     PPs:            10
STALE PPs:          0                      BB POLICY:      relocatable
INTER-POLICY:       maximum                RELOCATABLE:    yes
INTRA-POLICY:       middle                 UPPER BOUND:    1024
MOUNT POINT:        N/A                    LABEL:          None
DEVICE UID:         0                      DEVICE GID:     0
DEVICE PERMISSIONS: 432
MIRROR WRITE CONSISTENCY: on/ACTIVE
EACH LP COPY ON A SEPARATE PV ?: yes
Serialize IO ?:     NO
INFINITE RETRY:     no                     PREFERRED READ: 0
DEVICESUBTYPE:      DS_LVZ
COPY 1 MIRROR POOL: None
ENCRYPTION:         no
`, "", 0)
	contained(t, l, "nodea", "lsvg -l testvg", "testvg:\nLV NAME             TYPE       LPs     PPs     PVs  LV STATE      MOUNT POINT\n",
		"testlv              jfs2       10      10      2    closed/syncd  N/A\n")
	contained(t, l, "nodea", "lspv", "hdisk0          00f6f5d0a1b2c3d4                    rootvg          active\nhdisk1          none                                None\n")
	must(t, l, "nodea", "chdev -l hdisk2 -a algorithm=shortest_queue -a reserve_policy=no_reserve -P")
	contained(t, l, "nodea", "lsattr -El hdisk2", "PCM             PCM/friend/fcpother                                 Path Control Module          False\n",
		"algorithm       shortest_queue                                      Algorithm                    True+\n", "location                                                            Location Label               True+\n",
		"unique_id       33213600507110180813E50000000000003F304214503IBMfcp Unique device identifier     False\n")
	contained(t, l, "nodea", "lsdev -Cc disk", "hdisk0 Available           Virtual SCSI Disk Drive\n", "hdisk2 Available C10-T1-01 MPIO FC 2145\n")
	contained(t, l, "old6", "lspv hdisk0", "PHYSICAL VOLUME:    hdisk0                   VOLUME GROUP:     rootvg\nPV IDENTIFIER:      ", " VG IDENTIFIER     ",
		"TOTAL PPs:          543 (34752 megabytes)    VG DESCRIPTORS:   2\n", "MIRROR POOL:        None\n")
	// A normal group on 6.1 ends early, and its quorum has no word behind it.
	contained(t, l, "old6", "lsvg rootvg", "QUORUM:         2\n", "MAX PPs per VG:     32512\nMAX PPs per PV:     1016                     MAX PVs:        32\n")
	if out := must(t, l, "old6", "lsvg rootvg; lslv hd4"); strings.Contains(out, "INFINITE RETRY") || strings.Contains(out, "DEVICE UID") {
		t.Error(out)
	}
	expect(t, l, "nodea", "oslevel -s; oslevel -r; oslevel; uname -s; uname -vr; uname -m; bootinfo -s hdisk2; getconf BOOT_DEVICE",
		"7200-05-03-2148\n7200-05\n7.2.0.0\nAIX\n2 7\n00F6F5D04C00\n20480\nhdisk0\n", "", 0)
	contained(t, l, "nodea", "lparstat -i", "Node Name                                  : nodea\n", "Online Memory                              : 8192 MB\n")
	contained(t, l, "nodea", "df -Pk /", "Filesystem    1024-blocks      Used Available Capacity Mounted on\n/dev/hd4          2097152    420240   1676912      21% /\n")
	contained(t, l, "nodea", "mount", "         /dev/hd4         /                jfs2   Aug 07 09:00 rw,log=/dev/hd8\n         ", "/proc            /proc            procfs Aug 07 09:00 rw\n")
	must(t, l, "nodea", "varyoffvg testvg")
	contained(t, l, "nodea", "lspv hdisk2", "PV STATE:           ???????\nSTALE PARTITIONS:   ???????                  ALLOCATABLE:      ???????\n", "USED PPs:           ???????                  MAX REQUEST:      256 kilobytes\n")
}

// What the modules of community.general send, word by word, and what they look for.
func TestAixModules(t *testing.T) {
	l := startHosts(t)
	run := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	run(`lquerypv -h /dev/hdisk2 20 10; mkvg -S "-s 32" "" -y datavg hdisk2; extendvg datavg hdisk3`)
	contained(t, l, "nodea", "lsvg datavg", "PP SIZE:        32 megabyte(s)")
	if _, errs, rc := l.Run("nodea", "lsfs -l /data"); rc != 1 || !strings.Contains(errs, "No record matching") {
		t.Error(rc, errs)
	}
	contained(t, l, "nodea", "crfs -v jfs2 -g datavg -m /data -A yes -t no -p rw -a size=1G -a agblksize=4096 -a isnapshot=no", "File system created successfully.")
	if out, _, rc := l.Run("nodea", "chfs -a size=1G /data"); rc != exitSame || !strings.Contains(out, "The filesystem size is already") {
		t.Error(rc, out)
	}
	run(`mount /data; umount /data; rmfs -r "" /data`)
	expect(t, l, "nodea", "lsdev -C -l hdisk77", "", "", 0)
	if _, _, rc := l.Run("nodea", "lsattr -El en0 -a delalias4"); rc != exitNoAttr {
		t.Error(rc)
	}
	run(`rmdev -l hdisk1 "" ""; cfgmgr ""; varyoffvg datavg; varyonvg datavg; rmlv -f loglv00; reducevg -df datavg hdisk2 hdisk3`)
	expect(t, l, "nodea", "lsvg", "rootvg\n", "", 0)
}

// refusals: every error path says what it says on the error stream, and has its code.
func TestAixRefusals(t *testing.T) {
	l := startHosts(t)
	must(t, l, "nodea", "mkvg -s 16 -S -y datavg hdisk2; mkvg -M n -s 64 -y normvg hdisk1; mklv -y raw1 -t raw datavg 4; crfs -v jfs2 -g datavg -m /data -a size=1G; mount /data; mkvg -C -S -y ecmvg hdisk3")
	for _, x := range []struct {
		line string
		rc   int
		want string
	}{
		{"lsvg foovg", 1, "0516-306 : Unable to find volume group foovg in the Device\n\tConfiguration Database.\n"},
		{"lsvg ecmvg", 1, vgOffText + "\n"}, {"lsvg -l ecmvg", 1, vgOffText}, {"lspv hdisk3", 1, vgOffText}, {"mklv -y x ecmvg 1", 1, "0516-822"},
		{"lspv hdisk9", 1, "0516-1396 : The physical volume hdisk9, was not found in the\nsystem database.\n"},
		{"mkvg -y x hdisk9", 1, "0516-306 mkvg: Unable to find physical volume hdisk9"}, {"mkvg -y x hdisk0", 1, "0516-862 mkvg"}, {"mkvg -f -y x hdisk3", 1, "0516-1398 mkvg"},
		{"mkvg hdisk9 -y x", 1, "0516-306 mkvg: Unable to find physical volume hdisk9"}, {"mkvg -Z", 1, "mkvg: Not a recognized flag: Z\nUsage: mkvg"}, {"mkvg -B -S hdisk1", 1, "Usage: mkvg"}, {"mkvg -y", 1, "requires an argument"},
		{"rmdev -l hdisk1", 1, "0514-062"}, {"rmdev -l fcs0", 1, "0514-029"}, {"rmdev -l ent0", 1, "0514-029"}, {"rmdev -l hdisk44", 1, "0514-519"}, {"mkdev -l hdisk44", 1, "0514-519"}, {"cfgmgr -l scsi9", 1, "0514-519"},
		{"lsattr -El hdisk1 -a nope", 255, "0514-528 The \"nope\" attribute does not exist"}, {"lsattr -El hdisk44", 255, "0514-519"}, {"chdev -l hdisk1 -a queue_depth=8", 1, "0514-062"},
		{"chdev -l hdisk1 -a queue_depth=9999", 1, "0514-018"}, {"chdev -l hdisk1 -a foo=1", 1, "0514-018"}, {"chdev -l hdisk1 -a pvid=1", 1, "0514-018"}, {"chdev -l hdisk1 -a pv=clear", 1, "0514-062"}, {"chdev -l hdisk9 -a pv=yes", 1, "0514-519"},
		{"lspath -l hdisk1 -s xyz", 1, "lspath: 0514-546 Invalid parameter - xyz."}, {"lspath -l hdisk9", 1, "0514-519"},
		{"extendvg foovg hdisk1", 1, "0516-306 extendvg: Unable to find volume group foovg"}, {"extendvg datavg hdisk1", 1, "0516-1398 extendvg"}, {"extendvg ecmvg hdisk1", 1, "0516-792"},
		{"reducevg datavg hdisk2", 1, "0516-016"}, {"reducevg -df datavg hdisk2", 1, "0516-1008"}, {"reducevg datavg hdisk0", 1, "0516-884"},
		{"chvg -g datavg", 1, "0516-1382"}, {"chvg -t 4 datavg", 1, "Usage: chvg"}, {"chvg -t 40 normvg", 1, "0516-1260"}, {"chvg -G datavg", 1, "0516-1720"}, {"chvg -a maybe datavg", 1, "Usage: chvg"}, {"chvg -P 4096 datavg", 1, "0516-1260"},
		{"varyonvg foovg", 1, "0516-306 varyonvg"}, {"varyonvg -c datavg", 1, "0516-1335"}, {"varyoffvg datavg", 1, "0516-942 varyoffvg: Unable to vary off volume group datavg."}, {"varyoffvg ecmvg", 1, "0516-010 lvaryoffvg"}, {"varyoffvg rootvg", 1, "0516-012"},
		{"exportvg datavg", 1, "0516-764"}, {"importvg -y datavg hdisk3", 1, "0516-776"}, {"importvg -y new hdisk3", 1, "0516-776"}, {"importvg -y new hdisk44", 1, "0516-306"}, {"importvg -L datavg hdisk2", 1, "0516-776"},
		{"lslv part3", 1, "0516-306 getlvodm: Unable to find  part3 in the Device\n\tConfiguration Database.\n"}, {"mklvcopy part3 2", 1, "0516-312 mklvcopy: Unable to find logical volume part3"},
		{"mklv -y x foovg 1", 1, "0516-306 getlvodm: Unable to find volume group foovg"}, {"mklv -y raw1 datavg 1", 1, "0516-360"}, {"mklv -y waytoolongname16 datavg 1", 1, "0516-1181"}, {"mklv -y x datavg 600", 1, "0516-828"},
		{"mklv -y x -x 4000 datavg 2000", 1, "0516-404 allocp: This system cannot fulfill the allocation request.\n\tThere are not enough free partitions or not enough physical volumes\n\tto keep strictness"},
		{"mklv -y x -c 2 datavg 1", 1, "0516-404"}, {"mklv -y x -c 2 -s s datavg 1", 1, "Usage: mklv"}, {"mklv -y x datavg many", 1, "Usage: mklv"}, {"mklv -y x datavg 1 hdisk0", 1, "0516-320"},
		{"extendlv raw1 509", 1, "0516-787 extendlv: Maximum allocation for logical volume raw1\n\tis 512.\n0516-788"}, {"chlv -x 2 raw1", 1, "0516-1260"}, {"chlv -n fslv00 raw1", 1, "0516-360"}, {"chlv -n other fslv00", 1, "0516-1008"},
		{"mklvcopy raw1 2", 1, "0516-404"}, {"rmlvcopy raw1 1", 1, "0516-922"}, {"rmlv -f fslv00", 1, "0516-1008 rmlv: Logical volume fslv00 must be closed."}, {"rmlv -f nope", 1, "0516-306"},
		{"mirrorvg datavg", 1, "0516-1200"}, {"unmirrorvg foovg", 1, "0516-1143"}, {"migratepv hdisk2", 1, "0516-812"}, {"syncvg -v foovg", 1, "0516-306"}, {"syncvg -l nope", 1, "0516-306"},
		{"crfs -v jfs2 -g datavg -m /data -a size=1G", 1, "0506-909"}, {"crfs -v jfs2 -g foovg -m /x -a size=1G", 1, "0516-306"}, {"crfs -v jfs2 -g datavg -m /x -a size=100G", 1, "0516-404"},
		{"crfs -v jfs2 -d fslv00 -m /x", 10, "crfs: lv /dev/fslv00 already being used for filesystem /data"}, {"crfs -v jfs2 -d raw1 -m /x", 10, "0506-931"}, {"crfs -v jfs -g datavg -m /x -a size=1G", 1, "0506-908"}, {"crfs -v jfs2 -g datavg -m /x -a size=1G -a nope=1", 1, "0506-910"},
		{"chfs -a size=1G /data", 28, "The filesystem size is already 2097152."}, {"chfs -a size=+20G /data", 1, "0516-787"}, {"chfs -a size=-9G /data", 1, "0506-913"}, {"chfs -a size=1G /nope", 1, "0506-936"}, {"chfs -a agblksize=512 /data", 1, "0506-910"}, {"chfs -a size=-500M /usr", 0, "Filesystem size changed"}, {"chfs -a size=-2G /usr", 1, "0506-971"},
		{"rmfs /data", 1, "rmfs: 0506-921 /data is currently mounted."}, {"rmfs /nope", 1, "0506-936"}, {"lsfs -l /nope", 1, "No record matching '/nope'"},
		{"mount /nope", 1, "not a known file system"}, {"mount /data", 1, "0506-324 Cannot mount /dev/fslv00 on /data: The requested resource is busy."}, {"mount /dev/raw1 /mnt", 1, "Unformatted"}, {"mount /dev/zip /mnt", 1, "0506-324"},
		{"umount /nope", 1, "umount: 0506-347 Cannot find anything to unmount."}, {"umount /home", 1, "umount: 0506-349 Cannot unmount /dev/hd1: The requested resource is busy."}, {"cd /data; umount /data", 1, "0506-349"}, {"fsck -y /data", 8, "0507-290"},
		{"lssrc -s nope", 1, "0513-085 The nope Subsystem is not on file."}, {"startsrc -s sshd", 1, "0513-029"}, {"stopsrc -s biod", 1, "0513-004"}, {"refresh -s biod", 1, "0513-036"}, {"lslpp -L nope.rte", 1, "0504-132"}, {"getconf NOPE", 1, "getconf"},
		{"ifconfig en9", 1, "0821-0555"}, {"host nowhere", 1, "0827-801"}, {"chdev -l en0 -a netaddr=1.2.3", 1, "0514-018"}, {"df /nope", 1, "does not exist"}, {"foo", 127, "ksh: foo:  not found."}, {"/usr/sbin/foo", 127, "not found"}, {"python -c 1", 127, "ksh: python:  not found."},
		{"echo x > /etc/filesystems", 1, "0403-005"}, {"cat /nope", 2, "cat: 0652-050 Cannot open /nope."}, {"if", 2, "0403-057"}, {"source /etc/environment", 127, "not found"}, {"lspv < /nope", 1, "0403-016"},
		{"mkvg -V 39 -y x hdisk9", 1, "0516-1297"}, {"mkvg -y bad/name hdisk9", 1, "0516-1213"}, {"mkvg -s 3 -y x hdisk9", 1, "0516-306"},
	} {
		out, errs, rc := l.Run("nodea", x.line)
		text := errs
		if rc == 0 || rc == exitSame {
			text = out
		}
		if rc != x.rc || !strings.Contains(text, x.want) {
			t.Errorf("%s: [%d] %q %q; want [%d] %q", x.line, rc, out, errs, x.rc, x.want)
		}
	}
	expect(t, l, "nodea", "chvg -t 2 normvg", "", "0516-1164 chvg: Volume group normvg changed.  With given characteristics normvg\n        can include up to 16 physical volumes with 2032 physical partitions each.\n", 0)
	// A disk that is too large for the group.
	must(t, l, "old6", "mkvg -s 64 -y d hdisk1; reducevg d hdisk1")
	expect(t, l, "old6", "mkvg -s 32 -y d hdisk1", "", text(vgTooManyMake, 32, 1087, "hdisk1", 1016, 1)+"\n"+vgNotMade+"\n", 1)
}

// Two hosts with the same disks: what is on a disk is not what a host knows.
func TestAixSharedDisks(t *testing.T) {
	l := startHosts(t)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	b := func(line string) string { t.Helper(); return must(t, l, "nodeb", line) }
	a("mkvg -S -n -y sharedvg hdisk2; crfs -v jfs2 -g sharedvg -m /shared -a size=1G -A no; mount /shared")
	pvid := strings.Fields(a("lspv | grep hdisk2"))[1]
	if out := b("lspv"); !strings.Contains(out, "hdisk1          none                                None") {
		t.Error(out)
	}
	// The reservation of the first keeps the second out.
	for line, want := range map[string]string{"chdev -l hdisk1 -a pv=yes": "0514-047", "importvg -y sharedvg hdisk1": "0516-024", "mkvg -f -y mine hdisk1": "0516-1184"} {
		if out, errs, rc := l.Run("nodeb", line); rc != 1 || !strings.Contains(errs, want) {
			t.Error(line, rc, out, errs)
		}
	}
	a("umount /shared; varyoffvg sharedvg")
	b("rmdev -dl hdisk1; cfgmgr")
	if out := b("lspv"); !strings.Contains(out, "hdisk1          "+pvid+"                    None") {
		t.Error(out)
	}
	expect(t, l, "nodeb", "mkvg -y mine hdisk1", "", text(vgForeign, "mkvg", "hdisk1")+"\n"+vgNotMade+"\n", 1)
	expect(t, l, "nodeb", "importvg -y sharedvg hdisk1", "sharedvg\n", "", 0)
	contained(t, l, "nodeb", "lsfs -c /shared", "/shared:/dev/fslv00:jfs2:::2097152:rw:no:no")
	expect(t, l, "nodeb", "mount /shared; df -m /shared | tail -1", "/dev/fslv00      1024.00   1023.64    1%        4     1% /shared\n", "", 0)
	// Varied on at both: refused by the reservation.
	contained(t, l, "nodea", "varyonvg sharedvg", "PVMISSING", "0516-013")
	// A change on one side is unknown to the other until it learns.
	b("mklv -y extra sharedvg 5; umount /shared; varyoffvg sharedvg")
	if _, errs, rc := l.Run("nodea", "lslv extra"); rc != 1 || !strings.Contains(errs, "0516-306") {
		t.Error(errs)
	}
	expect(t, l, "nodea", "importvg -L sharedvg hdisk2", "sharedvg\n", "", 0)
	a("varyonvg sharedvg; lslv extra; lsvg -l sharedvg")
	// Without reservations nothing keeps two hosts apart, except the file system that was not unmounted.
	a("umount all; varyoffvg sharedvg; chdev -l hdisk2 -a reserve_policy=no_reserve; varyonvg sharedvg; mount /shared")
	b("chdev -l hdisk1 -a reserve_policy=no_reserve; varyonvg sharedvg")
	contained(t, l, "nodeb", "mount /shared", "is dirty.  Run a full fsck to fix.")
	a("chfs -a mountguard=yes /shared")
	contained(t, l, "nodeb", "mount /shared", "Cannot mount guarded filesystem.")
	b("varyoffvg sharedvg; exportvg sharedvg")
	if out := b("lsvg; lsfs"); strings.Contains(out, "shared") {
		t.Error(out)
	}
	// Enhanced concurrent: both nodes at once, one of them passive.
	a("mkvg -C -S -y ecmvg hdisk3; varyonvg -n -c ecmvg; mklv -y first ecmvg 2")
	b("chdev -l hdisk2 -a pv=yes")
	expect(t, l, "nodeb", "importvg -y ecmvg hdisk2", "ecmvg\n", vgByHand+"\n", 0)
	b("varyonvg -n -c -P ecmvg")
	a("mklv -y second ecmvg 2")
	contained(t, l, "nodeb", "lsvg ecmvg", "VG PERMISSION:      passive-only", "Concurrent:         Enhanced-Capable         Auto-Concurrent: Disabled\nVG Mode:            Concurrent\nNode ID:            2                        Active Nodes:       1\n")
	contained(t, l, "nodeb", "lslv second", "LOGICAL VOLUME:     second")
	if out := b("lsvg -o"); strings.Contains(out, "ecmvg") {
		t.Error(out)
	}
	b("varyonvg -n -c -A -O ecmvg; stopsrc -s clstrmgrES; varyoffvg ecmvg")
	contained(t, l, "nodeb", "varyonvg -c ecmvg", "0516-1939")
	savedAgain(t, l)
}

// savedAgain saves, loads and saves: nothing may be lost.
func savedAgain(t *testing.T, l *Lab) {
	t.Helper()
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
	if string(first) != string(second) {
		t.Errorf("not the same:\n%s\n---\n%s", first, second)
	}
}

func TestAixGrowth(t *testing.T) {
	l := startHosts(t)
	must(t, l, "nodea", "mkvg -s 16 -t 2 -y datavg hdisk2; crfs -v jfs2 -g datavg -m /data -a size=4G; mount /data")
	contained(t, l, "nodea", "chfs -a size=+8G /data", "0516-787 extendlv: Maximum allocation for logical volume fslv00\n\tis 512.")
	must(t, l, "nodea", "chlv -x 4000 fslv00")
	expect(t, l, "nodea", "chfs -a size=+8G /data", "Filesystem size changed to 25165824\n", "", 0)
	contained(t, l, "nodea", "chfs -a size=+8G /data", "0516-404 allocp")
	// The LUN grows: the host sees it at once, the group after chvg -g. An original group holds 1016 partitions of a disk.
	contained(t, l, "nodea", "lsvg datavg", "TOTAL PPs:      1279")
	l.mu.Lock()
	l.estate.lun("data01").SizeMB = 30720
	l.mu.Unlock()
	expect(t, l, "nodea", "bootinfo -s hdisk2; chvg -g datavg", "30720\n", "", 0)
	contained(t, l, "nodea", "lsvg datavg", "TOTAL PPs:      1919 (30704 megabytes)")
	expect(t, l, "nodea", "chfs -a size=+8G /data; df -g /data | tail -1 | cut -c1-24", "Filesystem size changed to 41943040\n/dev/fslv00        20.00\n", "", 0)
}

func TestAixMirrors(t *testing.T) {
	l := startHosts(t)
	run := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	run("mkvg -S -s 64 -y datavg hdisk2 hdisk3; mklv -y one -t jfs2 datavg 8; mklvcopy one 2")
	contained(t, l, "nodea", "lsvg -l datavg", "one                 jfs2       8       16      2    closed/stale  N/A")
	contained(t, l, "nodea", "lsvg datavg", "STALE PVs:          1                        STALE PPs:      8")
	run("syncvg -l one")
	contained(t, l, "nodea", "lslv -m one", "0001  0", "hdisk2", "hdisk3")
	run("rmlvcopy one 1 hdisk2")
	contained(t, l, "nodea", "lslv -l one", "hdisk3            008:000:000")
	expect(t, l, "nodea", "mirrorvg datavg", "", vgQuorumNow+"\n", 0)
	contained(t, l, "nodea", "lsvg datavg", "QUORUM:         1 (Disabled)")
	expect(t, l, "nodea", "unmirrorvg datavg hdisk3", "", vgQuorumNow+"\n", 0)
	run("migratepv hdisk2 hdisk3; reducevg datavg hdisk2")
	expect(t, l, "nodea", "rmlv one < /dev/null", text(lvQuestion, "one"), "", 0)
	expect(t, l, "nodea", "echo y | rmlv one", text(lvQuestion, "one")+"rmlv: Logical volume one is removed.\n", "", 0)
	expect(t, l, "nodea", "reducevg datavg hdisk3", vgGone+"\n", "", 0)
	expect(t, l, "nodea", "lsvg", "rootvg\n", "", 0)
	contained(t, l, "nodea", "mirrorvg rootvg hdisk1", "0516-1200") // not a member
	run("extendvg rootvg hdisk1")
	contained(t, l, "nodea", "mirrorvg rootvg hdisk1", "0516-1126 mirrorvg: rootvg successfully mirrored")
	contained(t, l, "nodea", "lspv -l hdisk1", "hd4                   16      16      00..16..00..00..00    /")
	contained(t, l, "nodea", "lspv -p hdisk1", "PP RANGE  STATE   REGION        LV NAME", "used    outer middle  hd5")
	contained(t, l, "nodea", "lspv -M hdisk1", "hd5:1:2")
	expect(t, l, "nodea", "bootlist -m normal hdisk0 hdisk1; bootlist -m normal -o; bosboot -ad /dev/hdisk1", "hdisk0 blv=hd5 pathid=0\nhdisk1 blv=hd5 pathid=0\n\nbosboot: Boot image is 59757 512 byte blocks.\n", "", 0)
	contained(t, l, "nodea", "bosboot -ad /dev/hdisk2", "0301-168")
	contained(t, l, "nodea", "bootlist -m normal hdisk9", "0514-210")
	run("mkvg -S -s 32 -y qvg hdisk2; mklv -y q -t jfs2 qvg 10")
	expect(t, l, "nodea", "lquerylv -L $(lslv q | awk '/IDENTIFIER/ {print $3}') -cst; lquerypv -M hdisk0", "Csize:          10\nPPsize:         25\n256\n", "", 0)
	contained(t, l, "nodea", "lquerylv -L 1.1 -cst", "0516-306")
	expect(t, l, "nodea", "lquerypv -h /dev/hdisk0 80 10; lquerypv -h /dev/hdisk3 20 10", "00000080   00F6F5D0 A1B2C3D4 00000000 00000000  |................|\n00000020   00000000 00000000 00000000 00000000  |................|\n", "", 0)
	savedAgain(t, l)
}

func TestAixShell(t *testing.T) {
	l := startHosts(t)
	for line, want := range map[string]string{
		"lsvg -o | lsvg -i -p | awk '$2==\"active\" {n+=$3} END {print n}'": "399\n",
		"for d in $(lspv | awk '{print $1}'); do print -n \"$d \"; done":    "hdisk0 hdisk1 hdisk2 hdisk3 ",
		"LANG=C /usr/sbin/lsvg -o && echo ok":                               "rootvg\nok\n",
		"command -v lsvg; which lspv; whence df":                            "/usr/sbin/lsvg\n/usr/sbin/lspv\n/usr/bin/df\n",
		"sh -c 'echo $1 $2' x a \"b c\"":                                    "a b c\n",
		"echo 'echo from $1' > /tmp/s; chmod +x /tmp/s; /tmp/s here; sh /tmp/s there; . /tmp/s; rm /tmp/s; ls /tmp/s 2>/dev/null || echo gone": "from here\nfrom there\nfrom\ngone\n",
		"print 'lsvg\nuname' | sh": "rootvg\nAIX\n",
		"cat > /tmp/f <<EOF\none\ntwo\nEOF\ngrep -c o /tmp/f; wc -l < /tmp/f; sed 1d /tmp/f; tail -1 /tmp/f": "2\n       2\ntwo\ntwo\n",
		"mkdir -p /a/b; cd /a; pwd; ls":                                                            "/a\nb\n",
		"[ -d /usr ] && [ ! -f /nope ] && [ -b /dev/hdisk0 ] && echo yes":                          "yes\n",
		"grep -P nothing /etc/hosts 2>/dev/null; echo $?":                                          "2\n",
		"lsdev -Cc disk -F 'name:description' | head -1":                                           "hdisk0:Virtual SCSI Disk Drive\n",
		"lsattr -El hdisk2 -a queue_depth -F value":                                                "20\n",
		"lsattr -EOl hdisk2 -a queue_depth":                                                        "#queue_depth\n20\n",
		"lsattr -Rl hdisk2 -a reserve_policy":                                                      "no_reserve\nsingle_path\nPR_exclusive\nPR_shared\n",
		"id -u; whoami; hostname; who -b | cut -c1-24":                                             "0\nroot\nnodea\n   .        system boot \n",
		"startsrc -s biod; stopsrc -s biod | cut -c1-8":                                            "0513-059 The biod Subsystem has been started. Subsystem PID is 4194446.\n0513-044\n",
		"lspath -l hdisk2 -F 'status name path_id parent connection'":                              "Enabled hdisk2 0 fscsi0 500507110110c1a4,2000000000000\nEnabled hdisk2 1 fscsi1 500507110110c1a4,2000000000000\n",
		"lslpp -Lcq bos.rte.lvm | cut -d: -f1-3":                                                   "bos:bos.rte.lvm:7.2.5.0\n",
		"expr 3 + 4; basename /a/b.c .c; dirname /a/b":                                             "7\nb\n/a\n",
		"chdev -l hdisk2 -a pv=yes; chdev -l hdisk2 -a pv=clear; chdev -l hdisk1 -a queue_depth=8": "hdisk2 changed\nhdisk2 changed\nhdisk1 changed\n",
		"rmdev -l hdisk3; mkdev -l hdisk3; rmdev -dl hdisk3; cfgmgr; lspv | tail -1 | cut -c1-8":   "hdisk3 Defined\nhdisk3 Available\nhdisk3 deleted\nhdisk4  \n",
	} {
		l := startHosts(t)
		out, errs, _ := l.Run("nodea", line)
		if out != want {
			t.Errorf("%s: %q %q; want %q", line, out, errs, want)
		}
	}
	if err := l.Inject(Fault{Action: FaultFail, Console: "nodea", Command: "^lsvg -o", Message: "0516-008 lsvg: LVM system call returned an unknown\n\terror code (-1).", Exit: 1}); err != nil {
		t.Fatal(err)
	}
	contained(t, l, "nodea", "/usr/sbin/lsvg -o", "0516-008")
	log := l.Log()
	if last := log[len(log)-1]; last.Console != "nodea" || last.User != "root" || last.Exit != 1 {
		t.Error(last)
	}
}

var lvmCommands = []string{"mkvg -S -y v1 hdisk1", "mkvg -s 32 -y v1 hdisk1 hdisk2", "mkvg -f -S -y v2 hdisk2", "mkvg -C -S -y v2 hdisk3 hdisk2", "extendvg v1 hdisk3", "extendvg -f v1 hdisk2", "reducevg v1 hdisk3",
	"reducevg -df v1 hdisk1", "varyoffvg v1", "varyonvg v1", "varyonvg -b v1", "varyonvg -f v1", "varyonvg -c v2", "varyonvg -c -P v2", "varyoffvg v2", "varyonvg v2", "exportvg v1", "exportvg v2", "importvg -y v1 hdisk1", "importvg -y v2 hdisk2", "importvg -n -y v3 hdisk2",
	"importvg -L v1 hdisk1", "importvg -L v2 hdisk2", "mirrorvg v1", "mirrorvg -s v1", "unmirrorvg v1", "unmirrorvg v1 hdisk1", "syncvg -v v1", "migratepv hdisk1 hdisk2", "migratepv -l l1 hdisk1", "mklv -y l1 v1 10", "mklv -y l2 -t jfs2 -c 2 v1 20",
	"mklv -y l3 -e x -u 2 -t jfs2 v2 5", "mklv -y l4 -s n -c 3 v1 3", "mklv -y l5 -c 2 -s s -u 1 v1 2", "extendlv l1 5", "extendlv l2 700", "rmlv -f l1", "rmlv -f l2", "mklvcopy l1 2", "mklvcopy -k l1 3", "rmlvcopy l1 1", "rmlvcopy l2 1 hdisk1", "chlv -x 2000 l2", "chlv -n l9 l1",
	"chlv -s n l2", "crfs -v jfs2 -g v1 -m /f1 -a size=100M", "crfs -v jfs2 -g v2 -m /f2 -a size=300M -a logname=INLINE", "crfs -v jfs2 -d l2 -m /f3", "crfs -v jfs2 -g v1 -m /f4 -a size=90G", "chfs -a size=+200M /f1", "chfs -a size=-50M /f1", "chfs -a size=+1000G /f2", "chfs -m /g1 /f1",
	"mount /f1", "mount /f2", "mount all", "umount /f1", "umount /f2", "rmfs -r /f1", "rmfs /f2", "chvg -t 4 v1", "chvg -G v1", "chvg -B v1", "chvg -Q n v1", "chvg -g v1", "chvg -C v1", "rmdev -dl hdisk2", "rmdev -l hdisk1", "mkdev -l hdisk1", "cfgmgr", "chdev -l hdisk1 -a pv=yes",
	"chdev -l hdisk2 -a pv=yes", "chdev -l hdisk3 -a pv=clear", "chdev -l hdisk2 -a reserve_policy=no_reserve", "chdev -l hdisk1 -a queue_depth=5 -P", "stopsrc -s clstrmgrES", "startsrc -s clstrmgrES", "lspv -p hdisk1", "lsvg -M v1", "lslv -m l2", "df -g", "lsfs -q"}

func firstNumber(t *rapid.T, s string) int {
	n, ok := atoi(strings.Fields(s)[0])
	if !ok {
		t.Fatalf("no number in %q", s)
	}
	return n
}

// After any sequence the lists agree, a command that fails has changed nothing, and the estate survives being saved.
func TestAixBooks(t *testing.T) {
	sc, err := Parse([]byte(aixEstate), "hosts.hcl")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(sc, Options{Speed: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	state := func() string {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.estate.text(1, l.start)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := l.Replace(sc); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 40).Draw(t, "n") {
			host := rapid.SampledFrom([]string{"nodea", "nodea", "nodeb"}).Draw(t, "host")
			line := rapid.SampledFrom(lvmCommands).Draw(t, "line")
			before := state()
			out, errs, rc := l.Run(host, line)
			if rc != 0 && line != "mount all" && state() != before {
				t.Fatalf("%s: %s failed and changed the estate: %s%s", host, line, out, errs)
			}
			if rc != 0 && errs == "" && rc != exitSame {
				t.Fatalf("%s: %s failed in silence", host, line)
			}
			books(t, l, host)
		}
		// Load what would be saved, without the layout, which takes long.
		first := state()
		again, err := Parse([]byte(first), "again")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Replace(again); err != nil {
			t.Fatal(err)
		}
		if second := state(); second != first {
			t.Fatalf("not the same:\n%s\n---\n%s", first, second)
		}
	})
}

func books(t *rapid.T, l *Lab, host string) {
	on, _, _ := l.Run(host, "lsvg -o")
	for _, vg := range strings.Fields(on) {
		info, _, _ := l.Run(host, "lsvg "+vg)
		value := func(label string) int {
			_, rest, ok := strings.Cut(info, label)
			if !ok {
				t.Fatalf("no %s in %s", label, info)
			}
			return firstNumber(t, rest)
		}
		total, free, used := value("TOTAL PPs:"), value("FREE PPs:"), value("USED PPs:")
		if total != free+used || free < 0 {
			t.Fatalf("%s: %s", host, info)
		}
		sumTotal, sumFree, sumUsed := 0, 0, 0
		disks, _, _ := l.Run(host, "lsvg -p "+vg)
		for _, row := range strings.Split(strings.TrimSpace(disks), "\n")[2:] {
			w := strings.Fields(row)
			sumTotal += firstNumber(t, w[2])
			sumFree += firstNumber(t, w[3])
			regions := 0
			for _, x := range strings.Split(w[4], "..") {
				regions += firstNumber(t, x)
			}
			if regions != firstNumber(t, w[3]) {
				t.Fatalf("distribution of %s", row)
			}
			if w[1] == "active" {
				pv, _, _ := l.Run(host, "lspv "+w[0])
				_, rest, ok := strings.Cut(pv, "FREE PPs:")
				if !ok || firstNumber(t, rest) != firstNumber(t, w[3]) {
					t.Fatalf("%s: %s\n%s", host, row, pv)
				}
			}
		}
		volumes, _, _ := l.Run(host, "lsvg -l "+vg)
		for _, row := range strings.Split(strings.TrimSpace(volumes), "\n")[2:] {
			w := strings.Fields(row)
			sumUsed += firstNumber(t, w[3])
			if lv, _, rc := l.Run(host, "lslv "+w[0]); rc == 0 {
				_, rest, _ := strings.Cut(lv, " PPs:            ")
				if firstNumber(t, rest) != firstNumber(t, w[3]) {
					t.Fatalf("%s\n%s", row, lv)
				}
			}
		}
		if sumTotal != total || sumFree != free || sumUsed != used {
			t.Fatalf("%s: %s: %d %d %d\n%s%s%s", host, vg, sumTotal, sumFree, sumUsed, info, disks, volumes)
		}
	}
	// No partition belongs to two volumes.
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.estate.diskGroups() {
		seen := map[part]bool{}
		for _, v := range g.Volumes {
			for _, lp := range v.Parts {
				for _, p := range lp {
					p.stale = false
					if seen[p] || p.pp < 1 || p.pp > p.on.PPs || g.member(p.on.medium) != p.on {
						t.Fatalf("%s: partition %d of %s is used twice or is none", v.Name, p.pp, p.on.medium.name)
					}
					seen[p] = true
				}
			}
		}
	}
}

func TestAixScenarioErrors(t *testing.T) {
	for _, x := range []struct{ old, new, want string }{
		{`level     = "7200-05-03-2148"`, `level     = "7200"`, "level is like"},
		{`machine   = "00F6F5D04C00"`, `machine   = "4711"`, "machine is like"},
		{`volume_group "rootvg" { disks = ["hdisk0"] }`, ``, "no volume_group \"rootvg\""},
		{`luns         = ["data01", "data02"]`, `luns         = ["data01", "nope"]`, "there is no lun"},
		{`pvid    = "00f6f5d0a1b2c3d4"`, `pvid    = "1"`, "pvid is 16"},
		{`disks      = ["hdisk0"]`, `disks      = ["hdisk7"]`, "no free disk"},
		{`netmask = "255.255.254.0"`, `netmask = "255.0.255.0"`, "netmask are IPv4"},
		{`host "nodeb" {`, `host "nodea" {`, "name of another console"},
		{`pp_size_mb = 128`, `pp_size_mb = 100`, "power of two"},
	} {
		if _, err := Parse([]byte(replace(x.old, x.new)(aixEstate)), "hosts.hcl"); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", x.new, err)
		}
	}
}

func TestAixScenario(t *testing.T) {
	l := startHosts(t, replace(`    pp_size_mb = 128
  }`, `    pp_size_mb = 128
  }
  volume_group "datavg" {
    disks      = ["hdisk2", "hdisk3"]
    pp_size_mb = 64
    type       = "scalable"
    logical_volume "loglv00" {
      type = "jfs2log"
      lps  = 1
    }
    logical_volume "datalv" {
      lps    = 16
      copies = 2
    }
    filesystem "/data" {
      lv      = "datalv"
      log     = "loglv00"
      used_mb = 300
    }
  }`), replace(`  volume_group "rootvg" { disks = ["hdisk0"] }`, `  volume_group "rootvg" { disks = ["hdisk0"] }
  imported "datavg" { disk = "hdisk1" }`))
	contained(t, l, "nodea", "lsvg -l datavg; mount; lsfs -c /data", "datalv              jfs2       16      32      2    open/syncd    /data", "/dev/datalv      /data            jfs2", "/data:/dev/datalv:jfs2:::2097152:rw:yes:no")
	contained(t, l, "nodeb", "lspv; lsfs /data", "datavg", "/data")
	contained(t, l, "nodea", "chfs -a size=-900M /data", "0506-971")
	savedAgain(t, l)
}

// Over SSH, with a password, and without the rights of root.
func TestAixSSH(t *testing.T) {
	sc, err := Parse([]byte(aixEstate), "hosts.hcl")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(sc, Options{Speed: 1000, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, ep := range l.Endpoints() {
		if ep.Kind != "aix" || ep.User != "root" {
			t.Error(ep)
		}
	}
	c, err := client(t, l, "nodea")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Output("mkvg -S -y v1 hdisk2 && lsvg -o | lsvg -i -l | grep -c NAME")
	if err != nil || string(out) != "v1\n2\n" {
		t.Errorf("%q %v", out, err)
	}
	shell, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stdin = strings.NewReader("cd /tmp\npwd\nlsvg -o\nexit 3\n")
	out, err = shell.Output("ksh")
	if !strings.Contains(string(out), "/tmp\nv1\nrootvg\n") {
		t.Errorf("%q %v", out, err)
	}
	if _, err := client(t, l, "nodeb", ssh.Password("wrong")); err == nil {
		t.Error("a wrong password was taken")
	}
	watcher, err := ssh.Dial("tcp", l.Endpoints()[1].Address, &ssh.ClientConfig{User: "operator", Auth: []ssh.AuthMethod{ssh.Password("watch")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watcher.Close() }()
	w, err := watcher.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.CombinedOutput("mkvg -y x hdisk1 2>&1; echo $?; lsvg"); err != nil || string(out) != "ksh: mkvg: 0403-006 Execute permission denied.\n126\nrootvg\n" {
		t.Errorf("%q %v", out, err)
	}
	op, err := client(t, l, "nodeb", ssh.Password("secret"))
	if err != nil {
		t.Fatal(err)
	}
	_ = op.Close()
}

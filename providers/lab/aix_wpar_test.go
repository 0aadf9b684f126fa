package lab

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

const wparEstate = `
lab { latency = 0 }
nfs_server "lpar32p682e_pub" {
  address = "172.29.140.32"
  export "/scratch/app20root" {}
  export "/scratch/app20home" {}
  export "/scratch/app20tmp" {}
  export "/scratch/app20var" {}
  export "/export/state" { access = ["lpar55", "lpar56"] }
  export "/closed" { access = ["elsewhere"] }
}
nfs_server "deaf" {
  reachable = false
  export "/x" {}
}
host "lpar55" {
  level    = "6100-09-12-1846"
  software = ["mcr.rte"]
  disk "hdisk0" { size_mb = 34816 }
  volume_group "rootvg" { disks = ["hdisk0"] }
  interface "en0" {
    address = "172.29.140.55"
    netmask = "255.255.192.0"
  }
  mounted "/nfs" {
    dev  = "/export/state"
    vfs  = "nfs3"
    node = "lpar32p682e_pub"
  }
}
host "lpar56" {
  level    = "6100-09-12-1846"
  software = ["mcr.rte"]
  disk "hdisk0" { size_mb = 34816 }
  volume_group "rootvg" { disks = ["hdisk0"] }
  interface "en0" {
    address = "172.29.140.56"
    netmask = "255.255.192.0"
  }
  mounted "/nfs" {
    dev  = "/export/state"
    vfs  = "nfs3"
    node = "lpar32p682e_pub"
  }
}
host "seven" {
  level   = "7200-05-03-2148"
  address = "172.29.140.72"
  disk "hdisk0" { size_mb = 51200 }
  disk "hdisk1" { size_mb = 51200 }
  disk "hdisk2" { size_mb = 20480 }
  volume_group "rootvg" { disks = ["hdisk0"] }
  volume_group "wparvg" { disks = ["hdisk1"] }
  interface "en0" {
    address = "172.29.140.72"
    netmask = "255.255.192.0"
  }
  file "/etc/resolv.conf" { data = "nameserver 172.29.140.1\n" }
}
host "five" {
  level = "5300-12-06-1216"
  disk "hdisk0" { size_mb = 34816 }
  volume_group "rootvg" { disks = ["hdisk0"] }
}
`

func startWpars(t testing.TB, edit ...func(string) string) *Lab {
	t.Helper()
	src := wparEstate
	for _, f := range edit {
		src = f(src)
	}
	sc, err := Parse([]byte(src), "wpars.hcl")
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

var counting = regexp.MustCompile(`(?m)^ *(ran|data|at) += .*\n`)

// wparSaved saves, loads and saves: nothing but the counters may be other.
func wparSaved(t *testing.T, l *Lab) {
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
	if a, b := counting.ReplaceAllString(string(first), ""), counting.ReplaceAllString(string(second), ""); a != b {
		t.Errorf("not the same:\n%s\n---\n%s", a, b)
	}
}

const app20 = "mkwpar -n app20 -h app20 -N interface=en0 netmask=255.255.192.0 address=172.29.140.243 -r -c -M directory=/ vfs=nfs host=lpar32p682e_pub dev=/scratch/app20root" +
	" -M directory=/home vfs=nfs host=lpar32p682e_pub dev=/scratch/app20home -M directory=/tmp vfs=nfs host=lpar32p682e_pub dev=/scratch/app20tmp" +
	" -M directory=/var vfs=nfs host=lpar32p682e_pub dev=/scratch/app20var"

const (
	app20Made = `mkwpar: Creating file systems...
 /
 /home
 /opt
 /proc
 /tmp
 /usr
 /var
Mounting all workload partition file systems.
x ./etc
x ./etc/hosts
x ./etc/inittab
x ./etc/passwd
x ./etc/group
x ./etc/environment
x ./var
x ./var/adm
syncroot: Processing root part installation status.
syncroot: Installp root packages are currently synchronized.
syncroot: RPM root packages are currently synchronized.
syncroot: Root part is currently synchronized.
syncroot: Returns Status = SUCCESS
Workload partition app20 created successfully.
`
	app20Start = "mkwpar: 0960-390 To start the workload partition, execute the following as root: startwpar [-v] app20\n"
)

// What the commands print from the making of a partition to its end.
func TestWparLife(t *testing.T) {
	l := startWpars(t)
	const h = "lpar55"
	expect(t, l, h, "lswpar; lswpar -cG", "", "", 0)
	expect(t, l, h, app20, app20Made, app20Start, 0)
	expect(t, l, h, "lswpar", "Name      State  Type  Hostname              Directory\n"+strings.Repeat("-", 57)+"\napp20     D      S     app20                 /wpars/app20\n", "", 0)
	expect(t, l, h, "startwpar -v app20", `Starting workload partition 'app20'.
Mounting all workload partition file systems.
Mounting /wpars/app20
Mounting /wpars/app20/home
Mounting /wpars/app20/opt
Mounting /wpars/app20/proc
Mounting /wpars/app20/tmp
Mounting /wpars/app20/usr
Mounting /wpars/app20/var
Loading workload partition.
Exporting workload partition devices.
Starting workload partition subsystem 'cor_app20'.
0513-059 The cor_app20 Subsystem has been started. Subsystem PID is 4194578.
Verifying workload partition startup.
Return Status = SUCCESS.
`, "", 0)
	expect(t, l, h, "lswpar -cG app20", "#name:state:type:hostname:routing:vipwpar:directory:owner:script:auto:privateusr:checkpointable:application\napp20:A:S:app20:no::/wpars/app20:root::no:no:yes:\n", "", 0)
	expect(t, l, h, "lswpar -cqN app20", "app20:en0:172.29.140.243:255.255.192.0:172.29.191.255\n", "", 0)
	expect(t, l, h, "lssrc -s cor_app20 | tail -1", " cor_app20        wpars            4194578      active\n", "", 0)
	contained(t, l, h, "mount", "lpar32p682e_pub /scratch/app20root /wpars/app20     nfs3", "         /usr             /wpars/app20/usr namefs")
	contained(t, l, h, "df", "/proc                  -         -     -        -      - /wpars/app20/proc")
	contained(t, l, h, "ifconfig en0", "inet 172.29.140.243 netmask 0xffffc000")
	contained(t, l, h, "startwpar app20; rmwpar app20; mkwpar -n app20", "startwpar: 0960-207", "rmwpar: 0960-207", "mkwpar: 0960-077")
	wparSaved(t, l)
	expect(t, l, h, "stopwpar -v app20", `Stopping workload partition 'app20'.
0513-044 The cor_app20 Subsystem was requested to stop.
Shutting down all workload partition processes.
Unmounting all workload partition file systems.
Umounting /wpars/app20/var.
Umounting /wpars/app20/usr.
Umounting /wpars/app20/tmp.
Umounting /wpars/app20/proc.
Umounting /wpars/app20/opt.
Umounting /wpars/app20/home.
Umounting /wpars/app20.
Return Status = SUCCESS.
`, "stopwpar: 0960-261 Waiting up to 600 seconds for workload partition to halt.\n", 0)
	expect(t, l, h, "ls /wpars/app20; mount | grep -c app20; ifconfig en0 | grep -c 243; lssrc -s cor_app20 | tail -1", "0\n0\n cor_app20        wpars                         inoperative\n", "", 0)
	contained(t, l, h, "stopwpar app20; clogin app20 ls", "stopwpar: 0960-206", "clogin: 0960-206")
	must(t, l, h, "rmwpar app20")
	contained(t, l, h, "lswpar app20; echo $?; lssrc -s cor_app20; lsfs /wpars/app20", "lswpar: 0960-419 Could not find a workload partition called app20.\n", "1\n", "0513-085", "No record matching")
	expect(t, l, "five", "lswpar", "", "ksh: lswpar:  not found.\n", 127)
	expect(t, l, "five", "/usr/sbin/mkwpar -n x; [ -x /usr/sbin/lswpar ] || echo none", "none\n", "ksh: /usr/sbin/mkwpar:  not found.\n", 0)
}

// Local file systems are volumes of the global environment.
func TestWparLocal(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	out := must(t, l, h, "mkwpar -s -a -A -l -r -n web -h web.example.com -g wparvg -N address=172.29.140.90 -R CPU=10%-50%,100% shares_memory=20 -S privs+=PV_NET_CNTL -I rtdest=default rtgateway=172.29.128.1 -M directory=/data vfs=jfs2 size=300M")
	for _, want := range []string{"Workload partition web created successfully.\n", "Starting workload partition 'web'.\n", "Exporting workload partition kernel extensions.\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	expect(t, l, h, "lswpar", "Name           State  Type  Hostname        Directory           RootVG WPAR\n"+strings.Repeat("-", 100)+"\nweb            A      S     web.example.com /wpars/web          no\n", "", 0)
	contained(t, l, h, "lsvg -l wparvg", "fslv00              jfs2       2       2       1    open/syncd    /wpars/web\n", "fslv01              jfs2", "/wpars/web/data")
	contained(t, l, h, "lsfs", "/dev/fslv00     --         /wpars/web             jfs2")
	contained(t, l, h, "lswpar -L web", "/wpars/web               /dev/fslv00      jfs2               log=NULL\n", "CPU Limits:                         10%-50%,100%\n", "Memory Shares:                      20\n",
		"PV_NET_CNTL", "        default              172.29.128.1\n", "lo0           127.0.0.1         255.0.0.0         127.255.255.255\n", "/dev/xti/tcp       clone                                EXPORTED\n",
		"web - Active\n", "Auto:                    yes\n", "Private /usr:            yes\n", "WPAR-Specific Routing:   yes\n")
	contained(t, l, h, "clogin web 'mount; cat /etc/resolv.conf; mkdir /usr/local; echo a > /usr/local/b; cat /usr/local/b; hostname; uname -n; lsvg; mkvg hdisk0; mkwpar -n y; lswpar; exit 7'; echo $?",
		"         Global           /                jfs2   ", "rw,log=NULL\n", "nameserver 172.29.140.1\n", "a\nweb.example.com\nweb\n", "mkvg: 0960-010", "mkwpar: 0960-010", "\n7\n")
	expect(t, l, h, "cat /wpars/web/usr/local/b; echo more >> /wpars/web/usr/local/b; clogin web cat /usr/local/b; ls /usr/local", "a\na\nmore\n", "ls: 0653-341 The file /usr/local does not exist.\n", 2)
	contained(t, l, h, "clogin web 'df /; umount /data; mount /dev/fslv00 /mnt; ifconfig en0 down'", "Global            262144    193880   27%", "umount: 0960-010", "mount: 0960-010", "ifconfig: 0960-010")
	contained(t, l, h, "rmfs /wpars/web/data; umount /wpars/web", "0506-921", "0506-349")
	contained(t, l, h, "clogin web lssrc -s sshd; clogin web stopsrc -s sshd; clogin web startsrc -s sshd", " active\n", "0513-044", "0513-059 The sshd Subsystem has been started.")
	wparSaved(t, l)
	must(t, l, h, "rebootwpar web; stopwpar -F -N web; rmwpar -p web")
	contained(t, l, h, "lsvg -l wparvg; lswpar", "/wpars/web/data")
	contained(t, l, h, "mkwpar -n web -g wparvg -l -M directory=/data vfs=jfs2 size=300M", "mkwpar: 0960-120")
	must(t, l, h, "mkwpar -n web -p -g wparvg -l -M directory=/data vfs=jfs2 size=300M; startwpar web")
	expect(t, l, h, "clogin web cat /usr/local/b", "a\nmore\n", "", 0)
	must(t, l, h, "rmwpar -s web")
	expect(t, l, h, "lsvg -l wparvg | wc -l; ls /wpars", "       2\n", "", 0)
}

// What the command line refuses, and what it finds out only later.
func TestWparRefusals(t *testing.T) {
	l := startWpars(t)
	const h = "lpar55"
	must(t, l, h, "mkwpar -n one -N address=172.29.140.100; mkwpar -n two")
	for _, x := range [][2]string{
		{"mkwpar", "Usage: mkwpar"}, {"mkwpar -n", "Option requires an argument: n"}, {"mkwpar -n x -Z", "Not a recognized flag: Z"}, {"mkwpar -n x y", "Usage"},
		{"mkwpar -n x -w", "Usage"}, {"mkwpar -n x -C", "Usage"}, {"mkwpar -n x -e one -f /tmp/s", "Usage"},
		{"mkwpar -n 'a b'", "0960-086"}, {"mkwpar -n 0a", "0960-086"}, {"mkwpar -n a.b", "0960-086"}, {"mkwpar -n abcdefghijklmnopqrstuvwxyz", "0960-086"}, {"mkwpar -n é", "0960-087"},
		{"mkwpar -n x -h one", "0960-115 The host name one is already used by workload partition one."}, {"mkwpar -n x -N address=172.29.140.100", "0960-116"},
		{"mkwpar -n x -N address=172.29.140.55", "0960-116"}, {"mkwpar -n x -N interface=en5 address=172.29.140.101", "0960-117"}, {"mkwpar -n x -N address=10.9.9.9", "0960-118"},
		{"mkwpar -n x -N address=300.1.1.1", "0960-102"}, {"mkwpar -n x -N adress=172.29.140.101", "0960-101 The attribute adress is not valid for flag -N."},
		{"mkwpar -n x -N interface=en0", "0960-103"}, {"mkwpar -n x -Naddress=172.29.140.101", "0960-104"}, {"mkwpar -n x -N address=172.29.140.101 netmask=255.0.255.0", "0960-102"},
		{"mkwpar -n x -d /wpars/one", "0960-120"}, {"mkwpar -n x -d tmp", "0960-102"}, {"mkwpar -n x -g nope", "0960-121"}, {"mkwpar -n x -M directory=/d vfs=jfs2 size=100G", "0516-404"},
		{"mkwpar -n x -M directory=/d vfs=ext4", "0960-102"}, {"mkwpar -n x -M directory=/d vfs=nfs dev=/x", "0960-103 The attribute host"}, {"mkwpar -n x -M directory=/d", "0960-103 The attribute size"},
		{"mkwpar -n x -M directory=/d vfs=nfs host=nowhere dev=/x", "1831-019"}, {"mkwpar -n x -M directory=/d vfs=nfs host=deaf dev=/x", "1831-010 server deaf not responding"},
		{"mkwpar -n x -M directory=/d vfs=nfs host=lpar32p682e_pub dev=/closed", "1831-011 access denied for lpar32p682e_pub:/closed"},
		{"mkwpar -n x -M directory=/d vfs=nfs host=lpar32p682e_pub dev=/other", "1831-011"}, {"mkwpar -n x -M directory=/d vfs=namefs dev=/nothing", "0506-324"},
		{"mkwpar -n x -R CPU=50%-10%", "0960-102"}, {"mkwpar -n x -R cpus=3", "0960-101"}, {"mkwpar -n x -R shares_CPU=0", "0960-102"}, {"mkwpar -n x -S privs+=PV_NOPE", "0960-102"},
		{"mkwpar -n x -D devname=hdisk0", "0960-132"}, {"mkwpar -n x -D devname=hdisk9", "0960-131"}, {"mkwpar -n x -I rtdest=default", "0960-103 The attribute rtgateway"},
		{"mkwpar -n x -U 12", "0960-102"}, {"mkwpar -f /tmp/nope", "0960-140"}, {"mkwpar -e nope -o /tmp/s -w", "0960-419"},
		{"startwpar nope", "0960-419"}, {"startwpar", "Usage: startwpar"}, {"startwpar -1 -2 one", "Usage"}, {"startwpar -2 one", "0960-208"}, {"stopwpar -h -F one", "Usage"}, {"stopwpar -t 0 one", "0960-206"},
		{"rmwpar nope", "0960-419"}, {"rebootwpar one", "0960-206"}, {"clogin nope ls", "0960-419"}, {"clogin", "Usage: clogin"}, {"lswpar -s X", "Usage"}, {"lswpar -t Q", "Usage"},
		{"lswpar -a nope", "Usage"}, {"lswpar -c -a uuid", "Usage"}, {"lswpar -G -N", "Usage"}, {"lswpar -Lq", "Usage"}, {"lswpar -Z", "Not a recognized flag: Z"}, {"chwpar one", "Usage: chwpar"},
		{"chwpar -d /wpars/two one", "0960-120"}, {"chwpar -d /tmp one", "0960-120"}, {"chwpar -K one", "Usage"}, {"chwpar -n two one", "0960-077"}, {"chwpar -h two one", "0960-115"}, {"chwpar -K -N address=1.2.3.4 one", "0960-102"}, {"chwpar -K -D devname=hdisk3 one", "0960-131"},
	} {
		out, errs, rc := l.Run(h, x[0])
		if !strings.Contains(errs, x[1]) || rc == 0 || strings.Contains(out, "successfully") {
			t.Errorf("%s\n[%d] %s%s\nwant %s", x[0], rc, out, errs, x[1])
		}
	}
	expect(t, l, h, "lswpar -q -a name; ls /wpars; lsfs | grep -c wpars; mount | grep wpars", "one\ntwo\none\ntwo\n14\n", "", 1)
	// The listing of the article as it stands there lacks a blank.
	contained(t, l, h, strings.Replace(app20, "directory=/ vfs", "directory=/vfs", 1), "0960-102 The value of attribute directory is not valid: /vfs=nfs.")
	// Conflicts that can be resolved are.
	must(t, l, h, "mkwpar -a -n three -h one -N address=172.29.140.100 -d /wpars/two")
	expect(t, l, h, "lswpar -cq -a name,hostname,directory three; lswpar -cqN three", "three:one_1:/wpars/two_1\n", "", 0)
	// Nobody looks into file systems that are preserved: start does.
	must(t, l, h, strings.Replace(app20, "-n app20", "-p app20", 1))
	contained(t, l, h, "startwpar app20; lswpar -cq app20; startwpar app20; stopwpar app20", "startwpar: 0960-231", "app20:B:S:app20:/wpars/app20\n", "0960-208 Workload partition app20 is in the Broken state.")
	must(t, l, h, "stopwpar -F app20; rmwpar app20")
	if _, _, rc := l.Run(h, "su nobody -c 'mkwpar -n q'"); rc != exitDenied {
		t.Error("not only root makes workload partitions")
	}
}

// Templates and specification files.
func TestWparSpec(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	must(t, l, h, "mkwpar -n a -c -g wparvg -N address=172.29.140.90 -R CPU=5%-20%,90% -I rtdest=default rtgateway=172.29.128.1")
	must(t, l, h, "mkwpar -e a -o /tmp/a.spec -w")
	contained(t, l, h, "cat /tmp/a.spec", "general:\n\tname = \"a\"\n", "\tcheckpointable = \"yes\"\n", "network:\n\tinterface = \"en0\"\n\taddress = \"172.29.140.90\"\n\tnetmask = \"255.255.192.0\"\n", "\tCPU = \"5%-20%,90%\"\n", "\trtgateway = \"172.29.128.1\"\n")
	before := must(t, l, h, "lswpar -cG a; lswpar -cN a; lswpar -cM a; lswpar -cR a; lswpar -cI a; lswpar -cD a; lswpar -cS a")
	must(t, l, h, "rmwpar a; mkwpar -f /tmp/a.spec")
	if after := must(t, l, h, "lswpar -cG a; lswpar -cN a; lswpar -cM a; lswpar -cR a; lswpar -cI a; lswpar -cD a; lswpar -cS a"); after != before {
		t.Errorf("%s\n%s", before, after)
	}
	must(t, l, h, "mkwpar -n b -e a; lswpar -cq -a name,checkpointable,hostname,directory b")
	expect(t, l, h, "lswpar -cqR b | cut -d: -f6; lswpar -cqN b; lswpar -cq -a checkpointable,hostname,directory b", "5%-20%,90%\nb:lo0:127.0.0.1:255.0.0.0:127.255.255.255\nyes:b:/wpars/b\n", "", 0)
	must(t, l, h, "mkwpar -w -o /tmp/c.spec -n c -h c; lswpar; [ -f /tmp/c.spec ]")
	contained(t, l, h, "lswpar c; echo 'general:' > /tmp/d; echo ' wrong = \"x\"' >> /tmp/d; mkwpar -f /tmp/d", "0960-419", "0960-141 Line 2 of the specification file /tmp/d")
	contained(t, l, h, "lswpar -d, -q -a name,type; lswpar -s Defined -q -a name; lswpar -s A; lswpar -t S -q -a name", "a,S\nb,S\na\nb\na\nb\n")
	contained(t, l, h, "lswpar -Da devname a; lswpar -Dqa devname a", "Device Name\n---------------\n", "/dev/null\n")
}

// chwpar, on a partition that runs and on one that does not.
func TestWparChange(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	must(t, l, h, "mkwpar -n a -s -N address=172.29.140.90")
	must(t, l, h, "chwpar -A -c -h other -N interface=en0 address=172.29.140.91 netmask=255.255.192.0 -R active=yes CPU=1%-2%,3% shares_CPU=10 -u /usr/local/x -X kext=/usr/lib/drivers/x local=yes a")
	contained(t, l, h, "lswpar -cqG a; lswpar -cqN a; lswpar -cqR a; lswpar -cqX a; ifconfig en0; clogin a hostname", "a:A:S:no:other:no::/wpars/a:root:/usr/local/x:yes:no:yes:", "a:en0:172.29.140.91:", "10:1%-2%,3%:", "/usr/lib/drivers/x:yes", "inet 172.29.140.91", "other\n")
	contained(t, l, h, "chwpar -n b a; chwpar -d /wpars/z a", "0960-207", "0960-207")
	must(t, l, h, "chwpar -N -K address=172.29.140.90 a; chwpar -K -A -c -u -R shares_CPU a; chwpar -K -X kext=/usr/lib/drivers/x a")
	contained(t, l, h, "lswpar -cqG a; lswpar -cqR a", "a:A:S:no:other:no::/wpars/a:root::no:no:no:", "unlimited:1%-2%,3%:")
	if out := must(t, l, h, "lswpar -cqN a; ifconfig en0"); strings.Contains(out, "140.90") {
		t.Error(out)
	}
	must(t, l, h, "chwpar -M directory=/more vfs=jfs2 size=64M a; clogin a 'echo x > /more/y'; ls /wpars/a/more/y")
	must(t, l, h, "chwpar -K -M directory=/more a; stopwpar a; chwpar -n b a; chwpar -d /wpars/z b; startwpar b")
	contained(t, l, h, "lswpar -cq b; lsfs /wpars/z; clogin b ls /etc; lssrc -s cor_b", "b:A:S:other:/wpars/z:no", "/dev/fslv00", "inittab", "active")
	wparSaved(t, l)
	// The end of a shell in a partition that is stopped, and states that others see meanwhile.
	must(t, l, h, "startwpar b 2>/dev/null || stopwpar b; startwpar -m b; lswpar -cq -a state b | grep N; stopwpar b; startwpar -1 b; lswpar -s L -cq -a name | grep b; startwpar -2 b; stopwpar -r b")
	contained(t, l, h, "clogin b stopwpar b; lswpar -cq -a state b", "0960-010", "A\n")
}

// The walk through of the article: a partition on NFS is made and moves to the other host while it runs. Nothing that its
// program has counted is lost, and the program does not notice.
func TestWparRelocation(t *testing.T) {
	l := startWpars(t)
	const from, to = "lpar55", "lpar56"
	must(t, l, from, app20)
	must(t, l, from, "startwpar app20; clogin app20 /usr/samples/wpars/counter /var/count")
	pids := must(t, l, from, "clogin app20 ps -e | grep -v ps$")
	eventually(t, l, from, "clogin app20 cat /var/count", `^[1-9][0-9]+\n$`)
	must(t, l, from, "mkwpar -e app20 -o /nfs/app20.spec -w")
	must(t, l, to, "mkwpar -p -f /nfs/app20.spec")
	expect(t, l, to, "lswpar -cq -a name,state,checkpointable; lswpar -cqN; ls /wpars/app20", "app20:D:yes\napp20:en0:172.29.140.243:255.255.192.0:172.29.191.255\n", "", 0)
	expect(t, l, from, "chkptwpar app20", "", "ksh: chkptwpar:  not found.\n", 127)
	expect(t, l, from, "PATH=$PATH:/opt/mcr/bin; chkptwpar -d /nfs/app20.state -o /nfs/app20.ckpt.log -l debug app20", "1020-235 chkptwpar command succeeded\n", "", 0)
	expect(t, l, to, "[ -f /nfs/app20.state/wpar.state ]; lswpar -cq -a state", "D\n", "", 0)
	before := firstWord(must(t, l, from, "cat /wpars/app20/var/count"))
	expect(t, l, from, "sleep 30; lswpar -cq -a state; cat /wpars/app20/var/count", "P\n"+before+"\n", "", 0)
	contained(t, l, from, "clogin app20 ls; stopwpar app20; /opt/mcr/bin/chkptwpar -d /nfs/y app20", "0960-206", "0960-208", "1020-054 Workload partition app20 is in the Paused state.\n1020-187 chkptwpar command failed.")
	wparSaved(t, l)
	expect(t, l, from, "/opt/mcr/bin/killwpar app20; lswpar -cq -a state; mount | grep app20; ifconfig en0 | grep 243", "1020-235 killwpar command succeeded\nD\n", "", 1)
	expect(t, l, to, "/opt/mcr/bin/restartwpar -p -d /nfs/app20.state -o /nfs/app20.rst.log app20; lswpar -cq -a state; sleep 20; cat /wpars/app20/var/count",
		"Starting workload partition 'app20'.\nMounting all workload partition file systems.\nLoading workload partition.\nExporting workload partition devices.\n1020-235 restartwpar command succeeded\nP\n"+before+"\n", "", 0)
	resumed := l.clock.Now()
	expect(t, l, to, "/opt/mcr/bin/resumewpar app20; lswpar -cq -a state", "1020-235 resumewpar command succeeded\nA\n", "", 0)
	if now := must(t, l, to, "clogin app20 ps -e | grep -v ps$"); now != pids {
		t.Errorf("%s%s", pids, now)
	}
	must(t, l, to, "sleep 3")
	after := must(t, l, to, "clogin app20 'cat /var/count; ps -ef'")
	if n, _ := atoi(firstWord(after)); n <= numberOf(before) || n > numberOf(before)+since(l, resumed) || !strings.Contains(after, "/usr/samples/wpars/counter /var/count") {
		t.Errorf("it was at %s and is at %s", before, after)
	}
	must(t, l, from, "rmwpar -p app20; ls /wpars/app20 2>/dev/null; cat /nfs/app20.ckpt.log")
	contained(t, l, to, "lswpar; ifconfig en0; cat /nfs/app20.rst.log", "app20     A", "172.29.140.243", "1020-235 restartwpar")
	wparSaved(t, l)
	// A partition that is moved while it is stopped starts over.
	must(t, l, to, "echo 'count:2:once:/usr/samples/wpars/counter /var/count >/dev/null' >> /wpars/app20/etc/inittab; stopwpar app20; rmwpar -p app20")
	must(t, l, from, "mkwpar -p -f /nfs/app20.spec")
	started := l.clock.Now()
	must(t, l, from, "startwpar app20")
	if n := numberOf(firstWord(must(t, l, from, "clogin app20 'sleep 1; cat /var/count'"))); n < 1 || n > since(l, started) {
		t.Error(n)
	}
}

// since is how far a counter can have come since a moment.
func since(l *Lab, t time.Time) int { return int(l.clock.Now().Sub(t)/time.Second) + 1 }

func firstWord(s string) string { return strings.Fields(s + " x")[0] }

func numberOf(s string) int { n, _ := atoi(s); return n }

// Application partitions live as long as their command.
func TestWparApplication(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	expect(t, l, h, "wparexec -v -n appwpar -N address=172.29.140.95 -- X=5 /usr/bin/env; lswpar", `wparexec: Verifying file systems...
Workload partition appwpar created successfully.
Starting workload partition 'appwpar'.
Mounting all workload partition file systems.
Loading workload partition.
`+must(t, l, h, "X=5 /usr/bin/env"), "", 0)
	contained(t, l, h, "wparexec -n p /usr/bin/uname -W; wparexec /usr/bin/hostname; wparexec -n x /usr/bin/nope; wparexec -n x nope; wparexec; wparexec -n x -q /usr/bin/id; wparexec -n q /usr/bin/ls /nope; echo $?",
		"Loading workload partition.\n1\n", "Workload partition hostname created successfully.", "wparexec: 0960-311 /usr/bin/nope", "Usage: wparexec", "flag: q", "ls: 0653-341", "\n2\n")
	must(t, l, h, "wparexec -1 -c -n app /usr/samples/wpars/counter /tmp/count 2")
	expect(t, l, h, "lswpar", "Name           State  Type  Hostname       Directory           RootVG WPAR\n"+strings.Repeat("-", 100)+"\napp            D      A     app            /                   no\n", "", 0)
	started := l.clock.Now()
	must(t, l, h, "startwpar app; sleep 9")
	if n := numberOf(firstWord(must(t, l, h, "cat /tmp/count"))); n < 4 || n > since(l, started)/2+1 {
		t.Error(n)
	}
	contained(t, l, h, "lswpar -cq app; ps -ef -@ app; ps -o wpar,args -e; clogin app ls; rebootwpar app; stopwpar -r app; uname -W", "app:A:A:app:/:no\n", "         app     root", "/usr/samples/wpars/counter /tmp/count 2", "clogin: 0960-206", "0960-205", "0\n")
	wparSaved(t, l)
	must(t, l, h, "stopwpar app")
	expect(t, l, h, "lswpar app; ps -ef -@ app", "", "lswpar: 0960-419 Could not find a workload partition called app.\nps: 0960-419 Could not find a workload partition called app.\n", 1)
	// One that waits for its command ends when somebody stops it, or kills the process.
	for _, end := range []string{"stopwpar long", "kill $(ps -e -o pid,args | awk '/counter .tmp.long/ && !/vinit/ {print $1; exit}')"} {
		done := make(chan int)
		go func() {
			_, _, rc := l.Run(h, "wparexec -n long /usr/samples/wpars/counter /tmp/long")
			done <- rc
		}()
		eventually(t, l, h, "lswpar -cq -a state long 2>/dev/null", "A")
		must(t, l, h, end)
		if rc := <-done; rc != 0 {
			t.Error(rc)
		}
		expect(t, l, h, "lswpar", "", "", 0)
	}
	must(t, l, h, "wparexec -w -o /tmp/app.spec -n s /usr/bin/uname -W; grep -c 'application = ./usr/bin/uname -W' /tmp/app.spec")
	// It moves, too.
	must(t, l, "lpar55", "wparexec -1 -c -n app -o /nfs/app.spec /usr/samples/wpars/counter /nfs/app.count; startwpar app; sleep 20; /opt/mcr/bin/chkptwpar -k -d /nfs/app.state app")
	was := numberOf(firstWord(must(t, l, "lpar56", "cat /nfs/app.count")))
	resumed := l.clock.Now()
	must(t, l, "lpar56", "wparexec -1 -f /nfs/app.spec; /opt/mcr/bin/restartwpar -d /nfs/app.state app; sleep 2")
	if n := numberOf(firstWord(must(t, l, "lpar55", "cat /nfs/app.count"))); was < 19 || n <= was || n > was+since(l, resumed) {
		t.Errorf("from %d to %d", was, n)
	}
	expect(t, l, "lpar55", "lswpar app", "", "lswpar: 0960-419 Could not find a workload partition called app.\n", 1)
	contained(t, l, h, "wparexec -n d /usr/bin/df /usr", "/dev/hd2         8388608   3861600   54%")
	contained(t, l, h, "wparexec -f /tmp/app.spec", "Workload partition s created successfully.", "\n1\n")
}

// Backups, and partitions that are made of them.
func TestWparBackup(t *testing.T) {
	l := startWpars(t, replace(`  file "/etc/resolv.conf"`, `  software = ["vwpar.52"]
  file "/images/aix52" { data = "mksysb 5200-10-08-0930\n" }
  file "/images/aix53" { data = "mksysb 5300-12-06-1216\n" }
  file "/etc/resolv.conf"`))
	const h = "seven"
	must(t, l, h, "mkwpar -n a -l -g wparvg -s; clogin a 'echo kept > /home/f'")
	contained(t, l, h, "savewpar -f /tmp/a.img a; savewpar -i a", "0512-008", "0512-016")
	contained(t, l, h, "savewpar -f /tmp/a.img -i a; cat /tmp/wpardata/a/image.data", "0512-038 savewpar: Backup Completed Successfully.", "\tMOUNT_POINT= /home\n")
	must(t, l, h, "rmwpar -F a; restwpar -a -f /tmp/a.img -n b -s")
	expect(t, l, h, "clogin b 'hostname; cat /home/f'; lswpar -cq -a name,hostname,directory,privateusr", "b\nkept\nb:b:/wpars/b:yes\n", "", 0)
	must(t, l, h, "mkwpar -n c -B /tmp/a.img -l; startwpar c; clogin c cat /home/f")
	contained(t, l, h, "restwpar -f /etc/hosts; mkwpar -n d -B /nothing; restwpar -f /tmp/a.img -n b", "0960-143", "0960-143", "0960-077")
	// An older version.
	must(t, l, h, "mkwpar -C -B /images/aix52 -n old -g wparvg -s")
	contained(t, l, h, "lswpar -cq old; lswpar -G old; lswpar -t L -q -a name; clogin old 'oslevel; uname -v'", "old:A:L:old:/wpars/old:no\n", "OStype:                  1\n", "old\n", "5.2.0.0\n", "5\n")
	contained(t, l, h, "mkwpar -C -B /images/aix53 -n older", "0960-144 Versioned workload partitions need the fileset vwpar.53.")
	contained(t, l, "lpar55", "echo mksysb 5200-10 > /tmp/i; mkwpar -C -B /tmp/i -n older", "0960-144")
	contained(t, l, h, "syncwpar b; syncwpar -D b; syncwpar -X; mkwpar -n sh; syncwpar -X sh; syncwpar -A", "0960-322", "Synchronizing workload partition b (1 of 1).", "Usage: syncwpar", "Workload partition sh synchronized successfully.\nReturn Status = SUCCESS.\n")
	wparSaved(t, l)
}

// A partition with a root volume group on a disk of its own.
func TestWparRootvg(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	must(t, l, h, "mkwpar -n r -D devname=hdisk2 rootvg=yes -O -s")
	contained(t, l, h, "lswpar; lswpar -cqD r | tail -1; lspv; lsvg; clogin r 'lspv; lsvg -l rootvg; df'; lswpar -Br r", "r              A      S     r              /wpars/r            yes\n", "r:hdisk2:disk::EXPORTED:", "rootvg", "hd4                 jfs2", "/dev/hd4", "Bootset")
	if out := must(t, l, h, "lspv"); strings.Contains(out, "hdisk2") {
		t.Error(out)
	}
	contained(t, l, h, "mkwpar -n q -D devname=hdisk2; mkvg -y x hdisk2; rmwpar -p r; chwpar -K -D devname=hdisk2 r; chwpar -B devname=hdisk2 bootset=9 r; chwpar -b 3 r", "0960-133", "0960-210", "0960-133", "0960-102", "0960-102")
	must(t, l, h, "chwpar -B devname=hdisk2 bootset=1 r; chwpar -K -B bootset=1 r; clogin r 'echo a > /home/f'")
	wparSaved(t, l)
	must(t, l, h, "stopwpar r; lspv | grep hdisk2; startwpar r; clogin r cat /home/f; rmwpar -F r; mkvg -f -y datavg hdisk2; mkwpar -n q -D devname=hdisk1 rootvg=no -d /wpars/q2 || varyoffvg datavg")
	contained(t, l, h, "mkwpar -n q -D devname=hdisk2 rootvg=yes", "0960-132 The disk hdisk2 is in use by volume group datavg.")
	must(t, l, h, "mkwpar -n q -D devname=hdisk2 rootvg=yes -O")
}

// Over SSH: a shell in a partition, and its end.
func TestWparSSH(t *testing.T) {
	l := startWpars(t, replace(`  interface "en0" {
    address = "172.29.140.72"`, `  user "root" { password = "secret" }
  user "guest" { password = "guest" }
  interface "en0" {
    address = "172.29.140.72"`))
	must(t, l, "seven", "mkwpar -s -n web -h inside")
	c, err := client(t, l, "seven", ssh.Password("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	run := func(line, in string) string {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		s.Stdin = strings.NewReader(in)
		out, _ := s.CombinedOutput(line)
		return string(out)
	}
	if out := run("clogin web", "hostname\nuname -W\nexit 3\n"); out != "inside\n1\n" {
		t.Errorf("%q", out)
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	s.Stdin = strings.NewReader("clogin web\nhostname\ncd /etc\npwd\nfor i in 1 2\ndo echo $i\ndone\nexit\nhostname\n")
	var out strings.Builder
	s.Stdout, s.Stderr = &out, &out
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	_ = s.Wait()
	if out.String() != "inside\n/etc\n1\n2\nseven\n" {
		t.Errorf("%q", out.String())
	}
	if out := run("clogin web 'echo $((6*7)); false'; echo $?", ""); out != "42\n1\n" {
		t.Errorf("%q", out)
	}
	g, err := ssh.Dial("tcp", l.Endpoints()[2].Address, &ssh.ClientConfig{User: "guest", Auth: []ssh.AuthMethod{ssh.Password("guest")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	gs, err := g.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := gs.CombinedOutput("clogin web ls 2>&1; echo $?; lswpar -cq -a name"); string(out) != "ksh: clogin: 0403-006 Execute permission denied.\n126\nweb\n" {
		t.Errorf("%q", out)
	}
}

// What goes wrong on the way, and what the commands do not look at.
func TestWparFaults(t *testing.T) {
	l := startWpars(t)
	const from, to = "lpar55", "lpar56"
	const mcr = "/opt/mcr/bin/"
	must(t, l, from, app20+"; startwpar app20; clogin app20 /usr/samples/wpars/counter /var/count; mkwpar -e app20 -o /nfs/s -w; mkwpar -n fixed -s; mkwpar -n local -c -s; clogin local /usr/samples/wpars/counter /var/n")
	must(t, l, to, "mkwpar -p -f /nfs/s")
	for _, x := range [][2]string{
		{"chkptwpar", "Usage: chkptwpar"}, {"chkptwpar -d /nfs/x", "Usage"}, {"chkptwpar -k -p -d /nfs/x app20", "Usage"}, {"chkptwpar -d /nfs/x -l debug app20", "Usage"},
		{"chkptwpar -d /nfs/x nope", "0960-419"}, {"chkptwpar -d /nfs/x fixed", "1020-089 Workload partition fixed is not checkpointable."}, {"chkptwpar -d /none/x app20", "1020-121"},
		{"chkptwpar -d /nfs app20", "1020-120"}, {"chkptwpar -d /nfs/x -o /none/log app20", "1020-124"}, {"resumewpar app20", "1020-054"}, {"killwpar app20", "1020-054"},
		{"restartwpar -d /nfs/x app20", "1020-054"}, {"movewpar app20", "Usage"}, {"movewpar -k /nfs/key -I lpar56 app20", "1020-124"},
	} {
		out, errs, rc := l.Run(from, mcr+x[0])
		if rc == 0 || !strings.Contains(errs, x[1]) {
			t.Errorf("%s [%d]\n%s%s", x[0], rc, out, errs)
		}
	}
	contained(t, l, to, mcr+"restartwpar -d /nfs/none app20; "+mcr+"chkptwpar -d /nfs/y app20", "1020-122", "1020-054 Workload partition app20 is in the Defined state.")
	// The answer is lost: the checkpoint is there, and the partition paused.
	if err := l.Inject(Fault{Action: FaultDropAfter, Console: from, Command: "^chkptwpar"}); err != nil {
		t.Fatal(err)
	}
	if _, _, rc := l.Run(from, mcr+"chkptwpar -d /nfs/one app20"); rc >= 0 && rc != 255 && rc != 1 {
		t.Error(rc)
	}
	expect(t, l, from, "lswpar -cq -a state app20; ls /nfs/one", "P\nwpar.state\n", "", 0)
	must(t, l, from, mcr+"resumewpar app20")
	if err := l.Inject(Fault{Action: FaultFail, Console: from, Command: "^startwpar", Message: "startwpar: 0960-244 Error loading workload partition.", Exit: 3}); err != nil {
		t.Fatal(err)
	}
	contained(t, l, from, "startwpar fixed; echo $?", "0960-244", "3\n")
	// Nobody keeps a second copy from running: both write the same files.
	must(t, l, from, mcr+"chkptwpar -d /nfs/two app20")
	must(t, l, to, mcr+"restartwpar -d /nfs/two app20")
	must(t, l, from, mcr+"resumewpar app20")
	expect(t, l, from, "lswpar -cq -a state app20", "A\n", "", 0)
	expect(t, l, to, "lswpar -cq -a state app20", "A\n", "", 0)
	must(t, l, to, "stopwpar app20")
	// Files that are only here are missing there.
	must(t, l, from, mcr+"chkptwpar -d /nfs/loc -k local; mkwpar -e local -o /nfs/local.spec -w; mkwpar -n elsewhere -c")
	must(t, l, to, "mkwpar -f /nfs/local.spec")
	contained(t, l, to, mcr+"restartwpar -d /nfs/loc local; lswpar -cq -a state local; "+mcr+"restartwpar -d /nfs/loc app20", "1020-155 Could not reopen /var/n", "B\n", "1020-123 The state in directory /nfs/loc is not that of workload partition app20.")
	must(t, l, to, "rmwpar -F local; mkwpar -f /nfs/local.spec; "+mcr+"restartwpar -k -d /nfs/loc local || lswpar -cq -a state local | grep D")
	must(t, l, from, mcr+"restartwpar -d /nfs/loc local; clogin local cat /var/n")
	wparSaved(t, l)
}

// A system at another level gets the state and cannot use it.
func TestWparSkew(t *testing.T) {
	const line = `host "lpar56" {
  level    = "6100-09-12-1846"`
	l := startWpars(t, replace(line, strings.Replace(line, "09-12-1846", "08-03-1339", 1)))
	must(t, l, "lpar55", app20+" -s; mkwpar -e app20 -o /nfs/s -w; /opt/mcr/bin/chkptwpar -k -d /nfs/c app20; lswpar -cq -a state | grep D")
	must(t, l, "lpar56", "mkwpar -p -f /nfs/s")
	contained(t, l, "lpar56", "/opt/mcr/bin/restartwpar -d /nfs/c app20; lswpar -cq -a state", "1020-154", "1020-187 restartwpar command failed.", "B\n")
	must(t, l, "lpar55", "/opt/mcr/bin/restartwpar -d /nfs/c app20")
	expect(t, l, "seven", "/opt/mcr/bin/killwpar app20", "", "ksh: /opt/mcr/bin/killwpar:  not found.\n", 127)
	// Without the partition in the list of clients its own processes cannot get at the files.
	l = startWpars(t, replace(`export "/scratch/app20root" {}`, `export "/scratch/app20root" { access = ["lpar55", "lpar56"] }`))
	must(t, l, "lpar55", app20)
	contained(t, l, "lpar55", "startwpar app20; lswpar -cq -a state", "0960-231", "B\n")
}

// An asynchronous relocation: the departure system waits, and is moving when the arrival system already runs.
func TestWparMove(t *testing.T) {
	root := func(d, e string) string {
		return "mount \"" + d + "\" {\n host = \"lpar32p682e_pub\"\n dev = \"/scratch/app20" + e + "\"\n }\n"
	}
	l := startWpars(t, replace("lab { latency = 0 }", "lab { latency = 100 }"), replace(`  mounted "/nfs" {`, "  wpar \"app20\" {\n checkpointable = true\n network { address = \"172.29.140.243\" }\n"+
		root("/", "root")+root("/home", "home")+root("/tmp", "tmp")+root("/var", "var")+"process \"/usr/samples/wpars/counter /var/count\" {}\n }\n  mounted \"/nfs\" {"))
	const from, to = "lpar55", "lpar56"
	must(t, l, from, "mkwpar -e app20 -o /nfs/s -w; echo secret > /nfs/key")
	must(t, l, to, "mkwpar -p -f /nfs/s; echo other > /tmp/key")
	contained(t, l, to, "/opt/mcr/bin/movewpar -k /nfs/key -I 172.29.140.55 app20", "1020-160")
	done := make(chan string)
	go func() {
		out, errs, _ := l.Run(from, "/opt/mcr/bin/movewpar -k /nfs/key -s -o /nfs/move.log app20")
		done <- out + errs
	}()
	eventually(t, l, from, "lswpar -T app20", "Operation:    move")
	contained(t, l, to, "/opt/mcr/bin/movewpar -k /tmp/key -I 172.29.140.55 app20", "1020-161")
	arrived := make(chan string)
	go func() {
		out, errs, _ := l.Run(to, "/opt/mcr/bin/movewpar -k /nfs/key -I 172.29.140.55 app20")
		arrived <- out + errs
	}()
	eventually(t, l, from, "lswpar -cq -a state app20", "M")
	for _, c := range []chan string{arrived, done} {
		if out := <-c; !strings.Contains(out, "1020-235 movewpar command succeeded\n") {
			t.Error(out)
		}
	}
	expect(t, l, from, "lswpar -cq -a state app20; cat /nfs/move.log | wc -l", "D\n       2\n", "", 0)
	expect(t, l, to, "lswpar -cq -a state app20; ps -e -@ app20 | grep -c counter", "A\n1\n", "", 0)
}

// What public automation sends, and looks for in the answers.
func TestWparAutomation(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	// A driver for test machines: the answer of lswpar decides, whatever its code.
	contained(t, l, h, " /usr/sbin/lswpar kitchenwpar", "0960-419")
	must(t, l, h, " /usr/sbin/mkwpar -s -n kitchenwpar -N address=172.29.140.80 -r -g wparvg -l")
	must(t, l, h, "mkdir /wpars/kitchenwpar/.ssh; chmod 700 /wpars/kitchenwpar/.ssh; mkdir -p /.ssh; echo 'ssh-rsa AAAA' > ~/.ssh/authorized_keys; cp ~/.ssh/authorized_keys /wpars/kitchenwpar/.ssh")
	contained(t, l, h, "/usr/sbin/clogin kitchenwpar /usr/bin/lssrc -s sshd; /usr/sbin/clogin kitchenwpar /usr/bin/mkssys -s sshd2 -p /usr/sbin/sshd -a '-D' -u 0 -S -n 15 -f 9 -R -G local; /usr/sbin/clogin kitchenwpar /usr/bin/startsrc -s sshd2",
		"active", "0513-071 The sshd2 Subsystem has been added.", "0513-059 The sshd2 Subsystem has been started.")
	must(t, l, h, "grep 'sshd account required pam_aix' /wpars/kitchenwpar/etc/pam.conf || /bin/echo \"\\n\\n# sshd Rules\\nsshd account required pam_aix\" >> /wpars/kitchenwpar/etc/pam.conf; clogin kitchenwpar grep sshd /etc/pam.conf; cat /wpars/kitchenwpar/.ssh/authorized_keys")
	// A library that reads the colon form by its header.
	for _, x := range [][2]string{
		{"G", "#name:state:type:rootvgwpar:hostname:routing:vipwpar:directory:owner:script:auto:privateusr:checkpointable:application:ostype:xwparipc:architecture:uuid\nkitchenwpar:A:S:no:kitchenwpar:no::/wpars/kitchenwpar:root::no:yes:no::0:no::"},
		{"N", "#name:interface:address:mask_prefix:broadcast\nkitchenwpar:en0:172.29.140.80:255.255.192.0:172.29.191.255\n"},
		{"M", "#name:mountpoint:device:vfs:nodename:options\nkitchenwpar:/wpars/kitchenwpar:/dev/fslv00:jfs2::log=NULL\n"},
		{"D", "#name:devname:devtype:vdevname:devstatus:devid:rootvg:adapter\nkitchenwpar:/dev/null:pseudo::EXPORTED:::\n"},
		{"R", "#name:state:active:rset:shares_CPU:CPU:shares_memory:memory:procVirtMem:totalVirtMem:totalProcesses:totalThreads:totalPTYs:totalLargePages:pct_msgIDs:pct_semIDs:pct_shmIDs:pct_pinMem\nkitchenwpar:A:yes::unlimited:0%-100%,100%:unlimited:0%-100%,100%:unlimited:"},
		{"S", "#name:state:privs\nkitchenwpar:A:PV_AU_,PV_AU_ADD,"},
	} {
		contained(t, l, h, "/usr/sbin/lswpar -c"+x[0]+" ", x[1])
	}
	must(t, l, h, "/usr/sbin/mkwpar -s -n testwpar -a -A -h testwpar -N address=172.29.140.81 interface=en0 netmask=255.255.192.0 -R CPU=10%-50%,100%; /usr/sbin/syncwpar -X testwpar; /usr/sbin/stopwpar -F testwpar; /usr/sbin/startwpar testwpar")
	// A script of a cluster that sets the addresses before it starts a partition, and watches it.
	must(t, l, h, `stopwpar -F -N testwpar; for c in $(lswpar -Ncq testwpar | awk -F : '$2=="en0" {print $3}'); do chwpar -N -K address=$c testwpar; done; chwpar -N interface=en0 address=172.29.140.82 netmask=255.255.192.0 testwpar; startwpar -v testwpar`)
	must(t, l, h, `[ "$(lswpar -c -q testwpar | cut -d : -f2)" = "A" ] && [ "$(lswpar -q -c -N testwpar | grep 172.29 | cut -d : -f3)" = 172.29.140.82 ] && ps -ef -@ testwpar | grep -c inetd`)
	// An installer, and a scanner that asks where a process is.
	must(t, l, h, `[ -x /usr/sbin/lswpar ] && [ $(/usr/sbin/lswpar -q -c -a name > /dev/null 2> /dev/null; echo $?) -eq 0 ]`)
	expect(t, l, h, "/usr/sbin/lswpar -q -c -a name; lswpar -q -c -a directory testwpar | sed 's#/$##'; /usr/sbin/lswpar -q -s D -a name 2>/dev/null", "kitchenwpar\ntestwpar\n/wpars/testwpar\n", "", 0)
	expect(t, l, h, `p=$(ps -e -o pid,wpar,args | awk '$2=="testwpar" && /inetd/ {print $1}'); ps -o wpar -p $p | awk 'NR==2{print $1}'; ps -o wpar -p 1 | tail -1`, "testwpar\n      Global\n", "", 0)
	expect(t, l, h, "netstat -rn -@ testwpar | grep en0; uname -W; lslpp -Lcq bos.wpars | cut -d: -f2", "172.29.128/18      172.29.140.82     U         0       639 en0     -      -\n0\nbos.wpars\n", "", 0)
	must(t, l, h, "/usr/sbin/rmwpar -F kitchenwpar; rmwpar -F testwpar; grep -c rcwpars /etc/inittab || mkwpar -n boot -A; grep rcwpars /etc/inittab; /etc/rc.wpars; lswpar -s A -q -a name | grep boot; cat /etc/wpars/boot.cf; ls /etc/wpars /usr/samples/wpars")
}

// What takes time can be seen, and interrupted.
func TestWparInterrupted(t *testing.T) {
	l := startWpars(t, replace("lab { latency = 0 }", "lab { latency = 60 }"))
	const h = "seven"
	done := make(chan bool)
	go func() { must(t, l, h, "mkwpar -n a -s"); close(done) }()
	eventually(t, l, h, "lswpar -cq -a state a 2>/dev/null", "T")
	contained(t, l, h, "lswpar -T a; startwpar a; rmwpar a; clogin a ls", "Operation:    create", "startwpar: 0960-208 Workload partition a is in the Transitional state.", "rmwpar: 0960-208", "clogin: 0960-206")
	wparSavedNow(t, l)
	<-done
	must(t, l, h, "lswpar -cq -a state a | grep A")
	// The one who stops it goes away in the middle.
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() {
		s := &session{lab: l, console: h, user: "root", aix: true, out: io.Discard, errOut: io.Discard}
		s.runExec(ctx, "stopwpar a", nil)
		close(ended)
	}()
	eventually(t, l, h, "lswpar -cq -a state a", "T")
	cancel()
	<-ended
	contained(t, l, h, "lswpar -cq -a state a; startwpar a; rmwpar a", "B\n", "0960-208 Workload partition a is in the Broken state.", "rmwpar: 0960-208")
	must(t, l, h, "rmwpar -F a; lswpar; [ ! -d /wpars/a ]")
}

// wparSavedNow tells whether an estate in the middle of something can be saved.
func wparSavedNow(t *testing.T, l *Lab) {
	t.Helper()
	if src, err := l.Save(); err != nil || !strings.Contains(string(src), `operation = "create"`) && !strings.Contains(string(src), `operation       = "create"`) {
		t.Error(err)
	}
}

// The short form in a scenario, and what it does not take.
func TestWparScenario(t *testing.T) {
	const host = `  volume_group "wparvg" { disks = ["hdisk1"] }`
	short := replace(host, host+`
  wpar "web" {
    hostname       = "web.example.com"
    checkpointable = true
    volume_group   = "wparvg"
    network { address = "172.29.140.90" }
    mount "/data" { size_mb = 256 }
    resource_controls = { CPU = "10%-20%,30%" }
    process "/usr/samples/wpars/counter /data/count" {}
  }
  wpar "off" {
    state = "D"
    mount "/" { host = "lpar32p682e_pub", dev = "/scratch/app20root" }
    process "/usr/samples/wpars/counter /var/count 5" {}
  }`)
	l := startWpars(t, func(s string) string {
		return strings.Replace(short(s), `"/" { host = "lpar32p682e_pub", dev = "/scratch/app20root" }`, "\"/\" {\n host = \"lpar32p682e_pub\"\n dev = \"/scratch/app20root\"\n }", 1)
	})
	contained(t, l, "seven", "lswpar; lswpar -cqN; sleep 5; clogin web cat /data/count; lsvg -l wparvg; startwpar off; clogin off ps -e", "web            A      S     web.example.com", "off            D", "web:en0:172.29.140.90:255.255.192.0", "/wpars/web/data", " counter\n")
	wparSaved(t, l)
	for _, x := range [][2]string{
		{`wpar "a b" {}`, "is used once"}, {`wpar "x" { state = "Q" }`, "state is one of"}, {"wpar \"x\" {\n resource_controls = { cpus = \"1\" }\n }", "no resource control"}, {`wpar "x" { state = "F" }`, "short form"},
		{"wpar \"x\" {\n mount \"/\" {\n host = \"deaf\"\n dev = \"/x\"\n }\n }", "1831-010"}, {"wpar \"x\" {\n network { address = \"10.1.1.1\" }\n }", "no interface is in the subnet"},
		{"wpar \"x\" {\n process \"/bin/ls\" {}\n }", "a process is"}, {"wpar \"x\" {\n device \"hdisk7\" {}\n }", "0960-131"},
	} {
		if _, err := Parse([]byte(replace(host, host+"\n"+x[0])(wparEstate)), "wpars.hcl"); err == nil || !strings.Contains(err.Error(), x[1]) {
			t.Errorf("%s: %v", x[0], err)
		}
	}
	if _, err := Parse([]byte(replace(`host "five" {`, `nfs_server "deaf" {}
host "five" {`)(wparEstate)), "x"); err == nil || !strings.Contains(err.Error(), "used once") {
		t.Error(err)
	}
}

var cpuRe = regexp.MustCompile(` [0-9]+:[0-9]{2} `)

// A counter goes on where it was after a checkpoint that was taken back, and after the estate was saved and loaded; so do
// the numbers of the processes.
func TestWparCounter(t *testing.T) {
	l := startWpars(t)
	const h = "lpar55"
	count := func() int { return numberOf(firstWord(must(t, l, h, "clogin app20 cat /var/count"))) }
	must(t, l, h, app20+" -s; clogin app20 /usr/samples/wpars/counter /var/count")
	eventually(t, l, h, "clogin app20 cat /var/count", `^[1-9][0-9]+\n$`)
	must(t, l, h, "/opt/mcr/bin/chkptwpar -d /nfs/c app20")
	at := numberOf(firstWord(must(t, l, h, "cat /wpars/app20/var/count")))
	must(t, l, h, "sleep 60")
	resumed := l.clock.Now()
	must(t, l, h, "/opt/mcr/bin/resumewpar app20")
	if n := count(); at < 10 || n < at || n > at+since(l, resumed) {
		t.Errorf("from %d to %d", at, n)
	}
	pids := must(t, l, h, "clogin app20 ps -e | grep -v ps$; ps -e -@ app20 | grep -v ps$")
	src, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	at = count()
	must(t, l, h, "/opt/mcr/bin/chkptwpar -d /nfs/d app20")
	paused, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	load := func(src []byte) {
		sc, err := Parse(src, "saved")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Replace(sc); err != nil {
			t.Fatal(err)
		}
	}
	load(src)
	loaded := l.clock.Now()
	if n := count(); n < 10 || n > at+since(l, loaded)+2 {
		t.Errorf("%d after %d", n, at)
	}
	if now := must(t, l, h, "clogin app20 ps -e | grep -v ps$; ps -e -@ app20 | grep -v ps$"); cpuRe.ReplaceAllString(now, "") != cpuRe.ReplaceAllString(pids, "") {
		t.Errorf("%s%s", pids, now)
	}
	load(paused)
	stood := must(t, l, h, "sleep 30; lswpar -cq -a state; cat /wpars/app20/var/count")
	resumed = l.clock.Now()
	must(t, l, h, "/opt/mcr/bin/resumewpar app20")
	was := numberOf(strings.Fields(stood)[1])
	if n := count(); !strings.HasPrefix(stood, "P\n") || was < at || n < was || n > was+since(l, resumed) {
		t.Errorf("%s %d %d", stood, at, n)
	}
}

// A process that hangs in the kernel keeps its partition.
func TestWparStuck(t *testing.T) {
	l := startWpars(t)
	const h = "seven"
	must(t, l, h, "mkwpar -n a -s; clogin a /usr/samples/wpars/counter /tmp/c")
	src, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Parse([]byte(strings.Replace(string(src), `process "/usr/samples/wpars/counter /tmp/c" {`, `process "/usr/samples/wpars/counter /tmp/c" {
      cannot_be_killed = true`, 1)), "stuck")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Replace(sc); err != nil {
		t.Fatal(err)
	}
	contained(t, l, h, "stopwpar -t 5 a; lswpar -cq -a state a; stopwpar -F a; lswpar -cq -a state a; startwpar a; stopwpar -t x a", "0960-261 Waiting up to 5 seconds", "0960-258 Processes still running in workload partition 'a'.", "'a'.\nA\nStopping", "'a'.\nB\n", "0960-208")
	wparSaved(t, l)
	must(t, l, h, "rmwpar -F a; lswpar")
	// A server that does not answer keeps what is mounted from it, unless the stop is forced.
	l = startWpars(t)
	must(t, l, "lpar55", app20+" -s; clogin app20 'echo x > /home/x'")
	if src, err = l.Save(); err != nil {
		t.Fatal(err)
	}
	if sc, err = Parse([]byte(strings.Replace(string(src), `nfs_server "lpar32p682e_pub" {`, `nfs_server "lpar32p682e_pub" {
  reachable = false`, 1)), "down"); err != nil {
		t.Fatal(err)
	}
	if err := l.Replace(sc); err != nil {
		t.Fatal(err)
	}
	contained(t, l, "lpar55", "stopwpar app20; lswpar -cq -a state; stopwpar -F app20; lswpar -cq -a state; startwpar app20; lswpar -cq -a state", "0960-251 Could not unmount /wpars/app20/var.", "B\n", "D\n", "1831-010", "0960-243")
}

// A partition that is shut down from within, and a checkpoint whose command goes away.
func TestWparHalt(t *testing.T) {
	l := startWpars(t)
	const h = "lpar55"
	must(t, l, h, "mkwpar -n a -s -c; clogin a /usr/samples/wpars/counter /tmp/n; sleep 3; clogin a shutdown -F; lswpar -cq -a state | grep D; startwpar a; clogin a reboot; lswpar -cq -a state | grep A")
	contained(t, l, h, "clogin a halt -q; lswpar -cq -a state; stopwpar a; startwpar a; ps -e -@ a", "T\n", "stopwpar: 0960-208", "startwpar: 0960-208")
	must(t, l, h, "stopwpar -F a; lswpar -cq -a state | grep D; startwpar -m a; ! rmwpar a; stopwpar a; startwpar a")
	l = startWpars(t, replace("lab { latency = 0 }", "lab { latency = 200 }"), replace(`  mounted "/nfs" {`, `  wpar "a" {
    checkpointable = true
    process "/usr/samples/wpars/counter /tmp/n" {}
  }
  mounted "/nfs" {`))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() {
		s := &session{lab: l, console: h, user: "root", aix: true, out: io.Discard, errOut: io.Discard}
		s.runExec(ctx, "/opt/mcr/bin/chkptwpar -d /nfs/c a", nil)
		close(ended)
	}()
	eventually(t, l, h, "lswpar -cq -a state", "F")
	cancel()
	<-ended
	contained(t, l, h, "lswpar -cq -a state; ls /nfs/c; /opt/mcr/bin/killwpar a; /opt/mcr/bin/resumewpar a; lswpar -cq -a state", "F\n", "does not exist", "1020-054", "1020-235 resumewpar command succeeded\nA\n")
	wparSaved(t, l)
}

// Whatever is done in whatever order: addresses, mounts, volumes and subsystems are those of the partitions that are there.
func TestWparBooks(t *testing.T) {
	ops := []string{"mkwpar -n N -c", "mkwpar -n N -c -s -N address=172.29.140.9A", "mkwpar -p -n N -c", "mkwpar -f /nfs/N.spec", "mkwpar -p -f /nfs/N.spec", "mkwpar -e N -o /nfs/N.spec -w", "startwpar N",
		"startwpar -m N", "stopwpar N", "stopwpar -F N", "rebootwpar N", "rmwpar N", "rmwpar -s N", "rmwpar -p N", "rmwpar -F N", "clogin N /usr/samples/wpars/counter /var/count", "clogin N halt -q",
		"clogin N reboot", "chwpar -N address=172.29.140.8A N", "chwpar -K -N address=172.29.140.8A N", "chwpar -M directory=/d vfs=jfs2 size=64M N", "chwpar -K -M directory=/d N", "chwpar -n M N",
		"chwpar -d /wpars/xN N", "/opt/mcr/bin/chkptwpar -d /nfs/N.state N", "/opt/mcr/bin/chkptwpar -k -d /nfs/N.state N", "/opt/mcr/bin/killwpar N", "/opt/mcr/bin/resumewpar N",
		"/opt/mcr/bin/restartwpar -d /nfs/N.state N", "/opt/mcr/bin/restartwpar -p -d /nfs/N.state N", "rm -r /nfs/N.state", "savewpar -i -f /nfs/N.img N", "restwpar -a -f /nfs/N.img"}
	l := startWpars(t)
	fresh, err := Parse([]byte(wparEstate), "wpars.hcl")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		if err := l.Replace(fresh); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			host := rapid.SampledFrom([]string{"lpar55", "lpar56"}).Draw(rt, "host")
			n := rapid.IntRange(0, 1).Draw(rt, "name")
			line := strings.NewReplacer("N", []string{"a", "b"}[n], "M", []string{"b", "a"}[n], "A", []string{"1", "2"}[n]).Replace(rapid.SampledFrom(ops).Draw(rt, "op"))
			line = strings.ReplaceAll(strings.ReplaceAll(line, "-a ad", "-N ad"), "-b ad", "-N ad")
			line = strings.ReplaceAll(strings.ReplaceAll(line, "-a directory", "-M directory"), "-b directory", "-M directory")
			_, errs, rc := l.Run(host, line)
			if rc != 0 && errs == "" {
				rt.Fatalf("%s says nothing", line)
			}
			wparBooks(rt, l, line)
		}
		l.mu.Lock()
		text := l.estate.text(1, l.start)
		l.mu.Unlock()
		sc, err := Parse([]byte(text), "saved")
		if err != nil {
			rt.Fatal(err)
		}
		if err := l.Replace(sc); err != nil {
			rt.Fatal(err)
		}
		wparBooks(rt, l, "load")
	})
}

func wparBooks(t *rapid.T, l *Lab, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.estate.hosts() {
		volumes := map[string]bool{}
		for _, w := range h.Wpars {
			live := w.inKernel() || w.State == wparBroken || w.State == wparTransit
			for _, m := range w.Mounts {
				if mounted := h.mountAt(w.mountPoint(m)) != nil; mounted != live && w.State != wparBroken {
					t.Fatalf("%s: %s of %s (%s) is mounted: %v", line, m.Dir, w.Name, w.State, mounted)
				}
				if g, v := h.volumeOf(m.Dev); m.VFS == "jfs2" && (v == nil || !h.opened(g, v) && w.inKernel()) {
					t.Fatalf("%s: %s of %s has no open volume", line, m.Dir, w.Name)
				}
				volumes[m.Dev] = true
			}
			for _, n := range w.Nets {
				if on := h.liveAddress(n.Address, w); on != live && w.State != wparBroken {
					t.Fatalf("%s: address %s of %s (%s): %v", line, n.Address, w.Name, w.State, on)
				}
			}
			if s := h.corSubsystem(w); (s.PID > 0) != (contains("A F P", w.State)) && contains("A F P D N", w.State) {
				t.Fatalf("%s: subsystem of %s (%s): %d", line, w.Name, w.State, s.PID)
			}
			if w.State == wparActive && len(w.Procs) == 0 || w.State == wparDefined && len(w.Procs) > 0 {
				t.Fatalf("%s: %s (%s) has %d processes", line, w.Name, w.State, len(w.Procs))
			}
		}
		for _, m := range h.Mounts {
			if strings.HasPrefix(m.Over, "/wpars/") && !volumes[m.Dev] {
				t.Fatalf("%s: %s is mounted for nobody", line, m.Over)
			}
		}
		for _, s := range h.Subsystems {
			if name, ok := strings.CutPrefix(s.Name, "cor_"); ok && h.wpar(name) == nil {
				t.Fatalf("%s: %s is on file", line, s.Name)
			}
		}
		if used := h.fileBytes(); used > mostFiles {
			t.Fatalf("%s: %d bytes of files", line, used)
		}
	}
}

// Files on a server are one tree for all hosts, and cover what a host has under the mount point.
func TestWparServer(t *testing.T) {
	l := startWpars(t, replace(`host "lpar55" {
  level    = "6100-09-12-1846"`, `host "lpar55" {
  file "/nfs" { directory = true }
  file "/nfs/own" { data = "local\n" }
  level    = "6100-09-12-1846"`), replace(`  export "/export/state" { access = ["lpar55", "lpar56"] }`, `  export "/export/state" { access = ["lpar55", "lpar56"] }
  file "/export/state/given" { data = "there\n" }`))
	expect(t, l, "lpar55", "ls /nfs; cat /nfs/given; cat /nfs/own", "given\nthere\n", "cat: 0652-050 Cannot open /nfs/own.\n", 2)
	must(t, l, "lpar55", "mkdir -p /nfs/d/e; echo one > /nfs/d/e/f; rm /nfs/given")
	expect(t, l, "lpar56", "ls /nfs; cat /nfs/d/e/f; echo two >> /nfs/d/e/f; rm -r /nfs/d/e/nope; mkdir /nfs/x; rmdir /nfs/x; mv /nfs/d/e/f /nfs/g; ls /nfs", "d\none\nd\ng\n", "rm: 0653-603 Cannot remove /nfs/d/e/nope.\nA file or directory in the path name does not exist.\n", 0)
	wparSaved(t, l)
	expect(t, l, "lpar55", "cat /nfs/g; ls /nfs/d/e; ls /nfs; df /nfs | tail -1; umount /nfs; ls /nfs; cat /nfs/own", "one\ntwo\nd\ng\nlpar32p682e_pub:/export/state 209715200 209708128    1%        4     1% /nfs\nown\nlocal\n", "", 0)
	expect(t, l, "lpar56", "cat /nfs/g; rm -r /nfs/d; ls /nfs", "one\ntwo\ng\n", "", 0)
	wparSaved(t, l)
	expect(t, l, "seven", "ls /nfs", "", "ls: 0653-341 The file /nfs does not exist.\n", 2)
}

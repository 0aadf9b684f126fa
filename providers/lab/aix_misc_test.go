package lab

import (
	"strings"
	"testing"
	"time"
)

func TestAixMiscShell(t *testing.T) {
	l := startHosts(t)
	for line, want := range map[string]string{
		"typeset -i x=3; x=x+4; echo $x":                                                                                                         "7\n",
		"typeset -i n; n=5*2; (( n += 1 )); echo $n":                                                                                             "11\n",
		"integer c=0; for d in a b c; do c=c+1; done; print $c":                                                                                  "3\n",
		"typeset -u up=abc; echo $up; typeset -Z3 z=7; echo $z; typeset -x E=1; env | grep ^E=":                                                  "ABC\n007\nE=1\n",
		"set -A arr a b c; echo ${arr[1]} ${#arr[*]}":                                                                                            "b 3\n",
		"function add { typeset -i s=$1; s=s+$2; echo $s; }; add 2 40":                                                                           "42\n",
		"echo 'typeset -i k=1\nk=k+1\necho $k' > /tmp/k; ksh /tmp/k; . /tmp/k; cat /tmp/k | ksh":                                                 "2\n2\n2\n",
		"lsvg -o | xargs lsvg -p | tail -1 | cut -c1-6":                                                                                          "hdisk0\n",
		"lspv | awk '{print $1}' | xargs -n2 echo":                                                                                               "hdisk0 hdisk1\nhdisk2 hdisk3\n",
		"lspv | awk '{print $1}' | /usr/bin/xargs -I{} bootinfo -s {} | head -1":                                                                 "51200\n",
		"env LANG=C lsvg; env FOO=bar env | grep FOO; nohup lsvg -o":                                                                             "rootvg\nFOO=bar\nrootvg\n",
		"grep -p /tmp: /etc/filesystems | head -2":                                                                                               "/tmp:\n\tdev\t\t= /dev/hd3\n",
		"echo 'echo ${0##*/} $0 $1' > /tmp/n; chmod +x /tmp/n; /tmp/n a; sh /tmp/n b; echo $0":                                                   "n /tmp/n a\nn /tmp/n b\nksh\n",
		"echo '(640 - 512) / 128' | bc -l; echo 'scale=2; 10/3; 2^10' | bc; echo '7/2' | bc; echo '1 < 2' | bc; echo '1/0' | bc 2>&1":            "1.00000000000000000000\n3.33\n1024\n3\n1\nDivide by zero\n",
		"expr p123_x : '^.*p\\([0-9]*\\)_.*$'; expr abc : 'a.'; expr 1 + 2 \\* 3; expr \\( 1 + 2 \\) \\* 3; expr a '|' b":                        "123\n2\n7\n9\na\n",
		"find /etc/objrepos /dev -name 'hdisk[01]' -exec ls {} \\;":                                                                              "/dev/hdisk0\n/dev/hdisk1\n",
		"lsdev -l iocp0; mkdev -l iocp0; chdev -l iocp0 -P -a autoconfig=available; lsattr -El iocp0 -a autoconfig -O; uname -S other; uname -n": "iocp0 Defined  I/O Completion Ports\niocp0 Available\niocp0 changed\n#autoconfig\navailable\nother\n",
		"ps -e -o state -o ===%t===%p=== -o comm:8 -o ===%a | grep srcmstr | sed 's/===[^=]*===[ 0-9]*===/|/' | head -1":                         "A|srcmstr ===/usr/sbin/srcmstr\n",
		"df -v /home; df -i /home | tail -1 | awk '{print $NF}'":                                                                                 "Filesystem    512-blocks      Used      Free %Used    Iused    Ifree %Iused Mounted on\n/dev/hd1         1048576      2752   1045824    1%       16   130728     1% /home\n/home\n",
		"su - root -c 'id -u'": "0\n",
		"find /dev -name 'rhdisk*' -type c | wc -l; find /etc/objrepos":                              "       4\n/etc/objrepos\n",
		"echo a > /tmp/1; echo b > /tmp/2; cmp -s /tmp/1 /tmp/2 || diff /tmp/1 /tmp/2; cksum /tmp/1": "1c1\n< a\n---\n> b\n2418082923 2 /tmp/1\n",
	} {
		l := startHosts(t)
		if out, errs, _ := l.Run("nodea", line); out != want {
			t.Errorf("%s: %q %q; want %q", line, out, errs, want)
		}
	}
	contained(t, l, "nodea", "lsvg | xargs -Q echo; su - nobody2 -c id; find", "xargs: Not a recognized flag: Q", "3004-500", "Usage: find")
}

// What the public modules and checks send, besides volume groups.
func TestAixMiscSystem(t *testing.T) {
	l := startHosts(t)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	contained(t, l, "nodea", "smtctl; smtctl -t 2; smtctl | grep 'proc8 has'; lsattr -El proc0 -a smt_threads", "This system supports up to 8 SMT threads per processor.", "proc0 has 4 SMT threads.\nBind processor 0 is bound with proc0", "smtctl: SMT is now enabled. It will persist", "proc8 has 2 SMT threads.", "smt_threads 2 Processor SMT threads False")
	expect(t, l, "nodea", "emgr -l; instfix -ik 7200-05_AIX_ML; instfix -icqk 7200-05_AIX_ML | head -1; oslevel -rq | tail -2", "There is no efix data on this system.\n    All filesets for 7200-05_AIX_ML were found.\n7200-05_AIX_ML:bos.adt.lib:7.2.5.0:7.2.5.0:=:AIX 7200-05 Update\n7200-01\n7200-00\n", "", 0)
	expect(t, l, "nodea", "lslpp -cpq bos.rte.lvm; lslpp -lcqa bos.rte.lvm; lppchk -v", "/usr/lib/objrepos:bos.rte.lvm 7.2.5.0:NONE\n/usr/lib/objrepos:bos.rte.lvm:7.2.5.0::COMMITTED:I:Logical Volume Manager:\n", "", 0)
	contained(t, l, "nodea", "lparstat -is; lparstat 1 1; vmstat -v; vmstat 1 1; iostat -d hdisk0; svmon -G -O unit=KB,summary=longreal; swap -s; prtconf; ps -o etime= -p 1; ps aux", "Memory Mode                                : Dedicated\n", "%user  %sys", "              2097152 memory pages\n", "kthr    memory", "hdisk0             0.3", "    8388608", "allocated   =   131072 blocks", "LPAR Info: 1 nodea\nMemory Size: 8192 MB", " 7-00:0", "USER          PID")
	contained(t, l, "nodea", "lsrsrc IBM.Host; sysdumpdev -l; manage_disk_drivers -l; netstat -nrf inet; netstat -an; arp -an", "\tName          = \"nodea\"", "primary              /dev/hd6", "AIX_AAPCM,NO_OVERRIDE", "Route Tree for Protocol Family 2", "*.22", "arp table")
	// Devices besides disks.
	expect(t, l, "nodea", "chdev -l fscsi0 -a dyntrk=no; chdev -l fscsi0 -a dyntrk=no -P; lsattr -El fscsi0 -a dyntrk -F value; lsattr -Dl fscsi0 -a dyntrk -F value; chdev -l sys0 -a maxuproc=512; chdev -U -l en0 -a alias4=10.10.0.70,255.255.254.0", "fscsi0 changed\nno\nyes\nsys0 changed\nen0 changed\n", text(devBusyText, "/usr/lib/methods/chggen")+"\n", 0)
	expect(t, l, "nodea", "odmget -q 'name=hdisk2 and attribute=unique_id' CuAt | grep value; odmget -q \"name like hdisk? AND status=1\" CuDv | grep -c name; odmget -q 'value3=rootvg' CuDvDr | grep value1", "\tvalue = \"33213600507110180813E50000000000003F304214503IBMfcp\"\n4\n\tvalue1 = \"10\"\n", "", 0)
	expect(t, l, "nodea", "odmget -q 'attribute=queue_depth AND uniquetype=disk/fcp/mpioosdisk' PdAt | grep -e deflt -e values", "\tdeflt = \"20\"\n\tvalues = \"1-256,1\"\n", "", 0)
	contained(t, l, "nodea", "odmget Nope; odmget -q 'nope=1' CuDv", "0518-514", "0518-507")
	// Paths.
	expect(t, l, "nodea", "chpath -l hdisk2 -p fscsi0 -s disable; lspath -l hdisk2; rmpath -l hdisk2 -p fscsi1; lspath -l hdisk2; cfgmgr; chpath -l hdisk2 -p fscsi0 -s enable; lspath -F name:parent:path_status:status -l hdisk2", "paths Changed\nDisabled hdisk2 fscsi0\nEnabled hdisk2 fscsi1\npath Defined\nDisabled hdisk2 fscsi0\nDefined hdisk2 fscsi1\npaths Changed\nhdisk2:fscsi0:Available:Enabled\nhdisk2:fscsi1:Available:Enabled\n", "", 0)
	a("chpath -l hdisk2 -p fscsi0 -s disable; mkvg -S -y datavg hdisk2")
	contained(t, l, "nodea", "chpath -l hdisk2 -p fscsi1 -s disable; rmpath -l hdisk9 -p fscsi0; rmpath -l hdisk2 -p vscsi9", "0514-062", "0514-519", "0514-538")
	// Boot lists.
	expect(t, l, "nodea", "bootlist -v -m normal hdisk0 blv=hd5 pathid=0 hdisk1; bootlist -m normal -o; bootlist -m service -o; bootlist -m both hdisk0; bootlist -m service -o", "hdisk0 blv=hd5 pathid=0\nhdisk1 pathid=0\n-\nhdisk0 blv=hd5 pathid=0\n", "", 0)
	contained(t, l, "nodea", "bootlist -m normal hdisk0 pathid=4; bootlist -m normal hdisk0 foo=1; bootlist -m odd -o", "0514-220", "0514-225", "Usage: bootlist")
	// Paging spaces.
	expect(t, l, "nodea", "mkps -a -n -s 4 datavg; lsps -ca | tail -1; chps -s 2 -a n paging00; lsps -a | tail -1 | awk '{print $4,$6,$7}'; rmps paging00; swapoff /dev/paging00; rmps paging00", "paging00\npaging00:hdisk2:datavg:4:2:y:y:lv:0\n96MB yes no\nrmlv: Logical volume paging00 is removed.\n", "0517-062 rmps: Paging space paging00 is active.\n", 0)
	// LVM's own queries.
	vgid := strings.TrimSpace(a("getlvodm -v datavg"))
	expect(t, l, "nodea", "getlvodm -j hdisk2; getlvodm -t "+vgid+"; lqueryvg -p hdisk2 -v; mklv -y l1 datavg 2; getlvcb -AT l1 | grep lvname; getlvodm -j hdisk1", vgid+"\ndatavg\n"+vgid+"\nl1\n\t lvname = l1\n", text(pvNoGroup, "getlvodm", "hdisk1")+"\n", 1)
	expect(t, l, "nodea", "echo '0 1 * * * /usr/bin/true' > /tmp/c; crontab /tmp/c; crontab -l; crontab -r; crontab -l", "0 1 * * * /usr/bin/true\n", "0481-103 Cannot open a file in the /var/spool/cron/crontabs directory.\nA file or directory in the path name does not exist.\n", 1)
	expect(t, l, "nodea", "no -o rfc1323=1 >/dev/null; tunsave -F /tmp/t; grep rfc1323 /tmp/t; no -D >/dev/null; tunrestore -f /tmp/t; no -o rfc1323; tuncheck -f /tmp/t; tunchange -f /tmp/t -t no -o rfc1323=0 -o sack=1; grep -e rfc1323 -e sack /tmp/t", "\trfc1323 = \"1\"\t\nrfc1323 = 1\n\trfc1323 = \"0\"\n\tsack = \"1\"\n", "", 0)
	expect(t, l, "nodea", "mkssys -s app -p /usr/bin/app -u 0 -G apps; startsrc -s app | cut -c1-8; stopsrc -s app; rmssys -s app", "0513-071 The app Subsystem has been added.\n0513-059\n0513-044 The app Subsystem was requested to stop.\n0513-083 Subsystem has been Deleted.\n", "", 0)
	savedAgain(t, l)
	// A boot takes what was changed for it.
	a("chdev -l fcs0 -a num_cmd_elems=1024 -P; smtctl -t 4 -w boot; vmo -r -o minfree=1000")
	savedAgain(t, l)
	_, _, _ = l.Run("nodea", "reboot")
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if _, _, rc := l.Run("nodea", "true"); rc == 0 {
			break
		}
	}
	expect(t, l, "nodea", "lsattr -El fcs0 -a num_cmd_elems -F value; smtctl | grep 'proc0 has'; vmo -o minfree; lspath -l hdisk2", "1024\nproc0 has 4 SMT threads.\nminfree = 1000\nEnabled hdisk2 fscsi0\nEnabled hdisk2 fscsi1\n", "", 0)
}

func TestAixMiscStripes(t *testing.T) {
	l := startHosts(t)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	a("mkvg -S -s 32 -y datavg hdisk1 hdisk2 hdisk3; chvg -g datavg 2>/dev/null; mklv -y st -t jfs2 -S 64K datavg 9 hdisk2 hdisk3")
	contained(t, l, "nodea", "lslv st", "LPs:                10 ", "RELOCATABLE:    no", "UPPER BOUND:    2", "EACH LP COPY ON A SEPARATE PV ?: yes (superstrict)\nSerialize IO ?:     NO\nSTRIPE WIDTH:       2\nSTRIPE SIZE:        64K\n")
	expect(t, l, "nodea", "lslv -m st | tail +3 | awk '{print $3}' | head -4; getlvcb -AT st | grep -e width -e exponent", "hdisk2\nhdisk3\nhdisk2\nhdisk3\n\t stripe width = 2\n\t stripe size in exponent = 16\n", "", 0)
	expect(t, l, "nodea", "extendlv st 3; lslv st | grep '^LPs' | awk '{print $2}'; crfs -v jfs2 -d st -m /st -A no >/dev/null; mount /st; chfs -a size=+64M /st; lslv st | grep '^LPs' | awk '{print $2}'", "14\nFilesystem size changed to 1048576\n16\n", "", 0)
	savedAgain(t, l)
	for _, line := range []string{"mklv -y x -S 64K datavg 4 hdisk1", "mklv -y x -S 63K datavg 4 hdisk1 hdisk2", "mklv -y x -S 64K -u 4 datavg 4", "mklv -y x -S 256M datavg 4 hdisk1 hdisk2", "mklvcopy st 2"} {
		if out, errs, rc := l.Run("nodea", line); rc == 0 {
			t.Errorf("%s: %s%s", line, out, errs)
		}
	}
}

func TestAixMiscDisks(t *testing.T) {
	l := startHosts(t)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	a("mkvg -S -s 32 -y datavg hdisk2; crfs -a logname=INLINE -a size=1G -a maxext=16 -a vix=no -v jfs2 -m /p2 -g datavg -A yes -p rw")
	contained(t, l, "nodea", "lsfs -q /p2; lsvgfs datavg; lsmpio -q; lsmpio -ql hdisk2; fcstat fcs0; lssrc -Ss sshd", "VIX: no", "MAXEXT: 16", "/p2\n", "hdisk2           IBM        2145             20.00GiB  data01\n", "Volume Name:  data01", "World Wide Port Name: 0x", "sshd:::/usr/sbin/sshd:0:0:")
	savedAgain(t, l)
	contained(t, l, "nodea", "dd if=/dev/zero of=/dev/rhdisk2 bs=1024k count=10", "The requested resource is busy.")
	// What a disk holds is gone with its beginning; the database knows it until the disk is read again.
	a("varyoffvg datavg; exportvg datavg")
	expect(t, l, "nodea", "dd if=/dev/zero of=/dev/rhdisk2 bs=1024k count=10; importvg -y datavg hdisk2 2>/dev/null || echo none; rmdev -dl hdisk2; cfgmgr; lspv | grep hdisk2 | awk '{print $2}'", "none\nhdisk2 deleted\nnone\n", "10+0 records in.\n10+0 records out.\n", 0)
	expect(t, l, "nodea", "rendev -l hdisk3 -n asm01; lspv | awk '{print $1}'; ls /dev/rasm01; lsattr -El asm01 -a queue_depth -F value", "asm01\nasm01\nhdisk0\nhdisk1\nhdisk2\nhdisk4\n/dev/rasm01\n20\n", "", 0)
	expect(t, l, "nodea", "mkvg -f -S -y v1 hdisk2; chpv -a n hdisk2; lspv hdisk2 | grep ALLOC | awk '{print $NF}'", "v1\nno\n", "0516-1254 mkvg: Changing the PVID in the ODM.\n", 0)
	expect(t, l, "nodea", "umask; ulimit -n; kill -0 1 && echo runs; useradd -c Oper -g 1 -d /home/o o1; usermod -u 900 o1; lsuser -a id gecos o1; kill 999999", "022\n2000\nruns\no1 id=900 gecos=Oper\n", "kill: 999999: 0403-003 The specified process does not exist.\n", 1)
	contained(t, l, "nodea", "rendev -l hdisk0 -n x; rendev -l hdisk1 -n hdisk0; rendev -l nope -n x; dd if=/etc/hosts of=/tmp/x; chpv -v r hdisk2; ulimit -n; fcstat fcs9", "0514-062", "0514-552", "0514-519", "Only disks", "0516-722", "is invalid")
	savedAgain(t, l)
}

// Modes as chmod takes them; one that it does not know changes nothing.
func TestAixModes(t *testing.T) {
	for word, want := range map[string]int{"644": 0o644, "+x": 0o755, "-x": 0o644, "a-x": 0o644, "u+x,go-r": 0o700, "go=": 0o700, "ug=rw,o=": 0o660, "+w": 0o744, "o+w": 0o746} {
		mode := map[bool]int{true: 0o755, false: 0o744}[strings.Contains(word, "=")]
		set, ok := chmodWord(word)
		if !ok || set(mode) != want {
			t.Errorf("%s of %o: %o, want %o", word, mode, set(mode), want)
		}
	}
	for _, word := range []string{"", "x", "z+x", "u+q", "9"} {
		if _, ok := chmodWord(word); ok {
			t.Errorf("%q is taken", word)
		}
	}
}

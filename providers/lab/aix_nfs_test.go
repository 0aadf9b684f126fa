package lab

import (
	"strings"
	"testing"
	"time"
)

const nfsEstate = `
nfs_server "filer" {
  address = "10.10.0.90"
  export "/export/images" {
    size_mb   = 51200
    used_mb   = 10240
    read_only = true
  }
  export "/export/work" { access = ["nodea"] }
  file "/export/images/README" { data = "images\n" }
}
nfs_server "oldfiler" {
  address   = "10.10.0.91"
  reachable = false
  export "/export" {}
}
`

func nodebWithAddress(s string) string {
	return strings.Replace(s, `  volume_group "rootvg" { disks = ["hdisk0"] }
  user "root" { password = "secret" }`, `  volume_group "rootvg" { disks = ["hdisk0"] }
  interface "en0" {
    address = "10.10.0.22"
    netmask = "255.255.254.0"
  }
  user "root" { password = "secret" }`, 1) + nfsEstate
}

func TestAixNFS(t *testing.T) {
	l := startHosts(t, nodebWithAddress)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	b := func(line string) string { t.Helper(); return must(t, l, "nodeb", line) }
	// A server in the estate.
	b("mkvg -S -y datavg hdisk1; crfs -v jfs2 -g datavg -m /share -a size=1G; mount /share; mkdir /share/sub; echo hello > /share/sub/f")
	contained(t, l, "nodea", "mount nodeb:/share /mnt", "mount: 1831-010 server nodeb not responding: RPC: 1832-019 Program not registered", "1831-008 giving up on:\nnodeb:/share")
	b("startsrc -g nfs")
	contained(t, l, "nodea", "mount nodeb:/share /mnt", "mount: 1831-011 access denied for nodeb:/share")
	b("mknfsexp -d /share -t rw -r nodea -c nodea,nodeb -S sys")
	expect(t, l, "nodeb", "cat /etc/exports; exportfs; cat /etc/xtab; lsnfsexp", strings.Repeat("/share -sec=sys,rw,access=nodea:nodeb,root=nodea\n", 4), "", 0)
	expect(t, l, "nodea", "showmount -e nodeb", "export list for nodeb:\n/share nodea,nodeb\n", "", 0)
	a("mount -o soft,bg nodeb:/share /mnt")
	contained(t, l, "nodea", "mount | tail -1", "nodeb    /share           /mnt             nfs3   ", " soft,bg\n")
	contained(t, l, "nodea", "df -m /mnt", "nodeb:/share     1024.00")
	expect(t, l, "nodea", "cat /mnt/sub/f; echo there > /mnt/g; ls /mnt; rm /mnt/sub/f", "hello\ng\nsub\n", "", 0)
	expect(t, l, "nodeb", "cat /share/g; ls /share/sub; showmount -a", "there\nnodea:/share\n", "", 0)
	contained(t, l, "old6", "mount nodeb:/share /mnt", "1831-011 access denied")
	savedAgain(t, l)
	expect(t, l, "nodea", "cat /mnt/g", "there\n", "", 0)
	for _, x := range [][2]string{{"exportfs -i /share/sub", "parent-directory (/share) already exported"}, {"mknfsexp -d /share", "already exported"}, {"mknfsexp -d /nope", "A file or directory"}, {"exportfs -u /nope", "was not exported"},
		{"exportfs /nope", "not found in /etc/exports"}, {"mknfsexp -d /share/sub -q", "Not a recognized flag: q"}, {"exportfs -o foo /tmp", "option foo"}, {"rmnfsexp -d /x", "not exported"}, {"mount -o fast filer:/export/images /opt", "The option fast"}} {
		if out, errs, rc := l.Run("nodeb", x[0]); rc == 0 || !strings.Contains(errs, x[1]) {
			t.Errorf("%s: %d %s%s", x[0], rc, out, errs)
		}
	}
	// The server stops answering: a soft mount says so.
	b("ifconfig en0 down")
	contained(t, l, "nodea", "df -m /mnt", "did not respond within the timeout period")
	contained(t, l, "nodea", "ping -c 1 nodeb", "1 packets transmitted, 0 packets received, 100% packet loss")
	b("ifconfig en0 up")
	expect(t, l, "nodea", "ping -c 2 nodeb", "PING nodeb: (10.10.0.22): 56 data bytes\n64 bytes from 10.10.0.22: icmp_seq=0 ttl=255 time=0 ms\n64 bytes from 10.10.0.22: icmp_seq=1 ttl=255 time=0 ms\n\n--- nodeb ping statistics ---\n2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0/0/0 ms\n", "", 0)
	a("umount /mnt")
	// One outside of the estate.
	a("mknfsmnt -f /images -d /export/images -h filer -t ro -A -B")
	expect(t, l, "nodea", "cat /images/README; touch /images/x", "images\n", "touch: 0652-046 Cannot create /images/x.\n", 1)
	contained(t, l, "nodea", "cat /etc/filesystems", "/images:\n\tdev\t\t= /export/images\n\tvfs\t\t= nfs\n\tnodename\t= filer\n\tmount\t\t= true\n\toptions\t\t= ro,bg,hard,intr,sec=sys\n")
	contained(t, l, "nodea", "lsnfsmnt; df -g /images", "/export/images  filer      /images                nfs   --      ro,bg,hard,intr,sec=sys yes  no", "50.00     40.00")
	expect(t, l, "nodea", "rmnfsmnt -f /images -B; lsnfsmnt; mount | grep -c images", "0\n", "", 1)
	contained(t, l, "nodeb", "mount filer:/export/work /mnt", "1831-011 access denied for filer:/export/work")
	contained(t, l, "nodea", "mount nowhere:/x /mnt", "nfsmnthelp: 1831-019 nowhere: Hostname and service name not provided or found")
	contained(t, l, "nodea", "mount oldfiler:/export /mnt", "server oldfiler not responding: RPC: 1832-008 Timed out", "vmount: A remote host did not respond within the timeout period.")
	contained(t, l, "nodea", "mount -o bg oldfiler:/export /mnt", "mount: backgrounding\noldfiler:/export")
	contained(t, l, "nodea", "showmount -e oldfiler", "RPC: 1832-018")
	contained(t, l, "nodea", "rpcinfo -p nodeb; rpcinfo -u filer nfs", "    100003    3   tcp   2049  nfs\n", "program 100003 version 3 ready and waiting\n")
	// At a boot NFS comes up where the inittab says so.
	b("mknfs -I; mknfsmnt -f /work -d /export/images -h filer -A -B")
	a("mknfsmnt -f /images -d /export/images -h filer -A -B")
	for _, n := range []string{"nodea", "nodeb"} {
		_, _, _ = l.Run(n, "reboot")
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
			if _, _, rc := l.Run(n, "true"); rc == 0 {
				break
			}
		}
	}
	expect(t, l, "nodeb", "exportfs; mount | grep -c images; lssrc -s nfsd | grep -c active", "/share -sec=sys,rw,access=nodea:nodeb,root=nodea\n1\n1\n", "", 0)
	expect(t, l, "nodea", "mount | grep -c images; lssrc -s biod | tail -1 | awk '{print $NF}'", "0\ninoperative\n", "", 0)
	savedAgain(t, l)
}

func TestAixTCP(t *testing.T) {
	l := startHosts(t, nodebWithAddress)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	a("chdev -l en0 -a alias4=10.10.0.50,255.255.254.0; ifconfig en0 alias 10.10.0.51 netmask 255.255.254.0; ifconfig en0 10.10.0.52 netmask 255.255.254.0 alias")
	expect(t, l, "nodea", "lsattr -El en0 -a alias4 -F value; ifconfig en0 | grep -c inet", "10.10.0.50,255.255.254.0\n4\n", "", 0)
	expect(t, l, "nodeb", "ping -c 1 10.10.0.52 | grep -c ' 0% packet'; ping -c 1 10.10.0.77 | grep -c 100%", "1\n1\n", "", 0)
	savedAgain(t, l)
	a("ifconfig en0 delete 10.10.0.51; ifconfig en0 10.10.0.52 delete; chdev -l en0 -a delalias4=10.10.0.50,255.255.254.0")
	expect(t, l, "nodea", "ifconfig en0 | grep -c inet", "1\n", "", 0)
	a("chdev -l inet0 -a route=net,-hopcount,0,,0,10.10.0.1; route add -net 10.50.0.0 -netmask 255.255.0.0 10.10.0.2")
	contained(t, l, "nodea", "netstat -rn; lsattr -El inet0", "default            10.10.0.1         UG        1      5274 en0     -      -", "10.50/16           10.10.0.2         UG ", "route    net,-hopcount,0,,0,10.10.0.1 Route")
	savedAgain(t, l)
	contained(t, l, "nodea", "route add default 10.10.0.9", "0821-279 writing to the routing socket: The file already exists.")
	contained(t, l, "nodea", "route add 10.60.0.0/16 192.168.7.1", "A route to the remote host is not available.")
	a("route delete -net 10.50.0.0/16 10.10.0.2; hostent -a 10.7.7.7 -h 'svc svc.example.com'")
	expect(t, l, "nodea", "hostent -s svc; host svc; hostent -d 10.7.7.7; host svc", "10.7.7.7\tsvc svc.example.com\nsvc is 10.7.7.7\n", "host: 0827-801 Host name svc does not exist.\n", 1)
	contained(t, l, "nodea", "hostent -a 10.10.0.21 -h x; hostent -d 1.2.3.4; hostent -a nope -h x", "0821-233", "0821-234", "0821-232")
	expect(t, l, "nodea", "namerslv -a -i 10.10.0.5; namerslv -a -D example.com; namerslv -s; namerslv -s -I", "nameserver\t10.10.0.5\ndomain\texample.com\nnameserver\t10.10.0.5\n", "", 0)
	expect(t, l, "nodea", "mktcpip -h newname -a 10.10.0.29 -m 255.255.254.0 -i en0 -g 10.10.0.1 -s; hostname; lsattr -El en0 -a netaddr -F value", "en0\nen0 changed\ninet0 changed\nnewname\n10.10.0.29\n", "", 0)
	expect(t, l, "nodea", "mkitab -i cron 'foo:2:once:/usr/bin/foo'; lsitab foo; chitab 'foo:2:off:/usr/bin/foo'; lsitab foo; lsitab -a | grep -n foo; rmitab foo; lsitab foo", "foo:2:once:/usr/bin/foo\nfoo:2:off:/usr/bin/foo\n7:foo:2:off:/usr/bin/foo\n", "", 1)
	contained(t, l, "nodea", "mkitab 'cron:2:once:x'; chitab 'nope:2:once:x'; rmitab nope; mkitab 'a:2:maybe:x'", "0481-125", "0481-126", "is not valid")
	contained(t, l, "nodea", "entstat -d ent0", "ETHERNET STATISTICS (ent0) :\nDevice Type: Virtual I/O Ethernet Adapter (l-lan)\nHardware Address: fa:")
	contained(t, l, "nodea", "no -o rfc1323; no -p -o rfc1323=1; no -o rfc1323; vmo -o minperm%=5; no -x rfc1323; echo yes | vmo -o maxperm%=85", "rfc1323 = 0\nSetting rfc1323 to 1\nSetting rfc1323 to 1 in nextboot file\nChange to tunable rfc1323, will only be effective for future connections\nrfc1323 = 1\nSetting minperm% to 5\nrfc1323,1,0,1,0,1,boolean,C,\n", "Setting maxperm% to 85")
	contained(t, l, "nodea", "no -o nope; no -o rfc1323=7; no -o ipqmaxlen=200; ioo -o aio_active=1; vmo -o maxperm%=80 < /dev/null", "1485-118", "1485-107", "1485-112", "1485-113", "confirmation required")
	savedAgain(t, l)
}

func TestAixMiscUsers(t *testing.T) {
	l := startHosts(t)
	a := func(line string) string { t.Helper(); return must(t, l, "nodea", line) }
	expect(t, l, "nodea", "id; id -un; groups", "uid=0(root) gid=0(system) groups=2(bin),3(sys),7(security),8(cron),10(audit),11(lp)\nroot\nsystem bin sys security cron audit lp\n", "", 0)
	a("mkgroup id=500 dba; mkuser id=501 pgrp=dba groups=dba,staff home=/home/db2 maxage=13 db2")
	expect(t, l, "nodea", "lsuser -a id pgrp groups home maxage db2; lsuser -c -a id shell db2; grep db2 /etc/passwd /etc/group; id db2", "db2 id=501 pgrp=dba groups=dba,staff home=/home/db2 maxage=13\n#name:id:shell\ndb2:501:/usr/bin/ksh\n"+
		"/etc/passwd:db2:!:501:500::/home/db2:/usr/bin/ksh\n/etc/group:staff:!:1:daemon,db2\n/etc/group:dba:!:500:db2\nuid=501(db2) gid=500(dba) groups=1(staff)\n", "", 0)
	savedAgain(t, l)
	expect(t, l, "nodea", "chuser maxage=0 rlogin=false gecos='DB owner' db2; lsuser -a maxage rlogin gecos db2; chgrpmem -m + root dba; lsgroup -f dba; chgroup admin=true dba; lsgroup -a admin dba", "db2 maxage=0 rlogin=false gecos=DB owner\ndba:\n\tid=500\n\tadmin=false\n\tusers=db2,root\n\tregistry=files\n\ndba admin=true\n", "", 0)
	expect(t, l, "nodea", "chsec -f /etc/security/user -s default -a minlen=8; lssec -c -f /etc/security/user -s default -a minlen; lsuser -a minlen root; lssec -f /etc/security/login.cfg -s usw -a maxlogins", "#name:minlen\ndefault:8\nroot minlen=8\nusw maxlogins=32767\n", "", 0)
	for _, x := range []struct {
		line string
		rc   int
		want string
	}{{"lsuser nobodyelse", 2, "3004-687 User \"nobodyelse\" does not exist."}, {"lsgroup x", 2, "3004-686"}, {"mkuser root", 17, "3004-689"}, {"mkgroup dba", 17, "3004-688"}, {"chuser foo=1 db2", 22, "3004-697"}, {"chuser maxage=many db2", 22, "3004-692"},
		{"rmgroup dba", 1, "3004-693"}, {"mkuser pgrp=none x", 22, "3004-692"}, {"chgrpmem -m - daemon dba", 1, "3004-641"}, {"chsec -f /etc/security/user -s default -a nope=1", 22, "3004-692"}, {"chsec -f /etc/passwd -s root -a x=1", 22, "security file"}, {"lsuser -R LDAP root", 1, "3004-764"}, {"chown nobody2 /tmp", 1, "unknown username"}} {
		if out, errs, rc := l.Run("nodea", x.line); rc != x.rc || !strings.Contains(errs, x.want) {
			t.Errorf("%s: %d %s%s", x.line, rc, out, errs)
		}
	}
	expect(t, l, "nodea", "rmuser -p db2; rmgroup dba; lsuser -a id ALL | wc -l; lsgroup ALL | grep -c dba", "       6\n0\n", "", 1)
	savedAgain(t, l)
}

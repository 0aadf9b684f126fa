package lab

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// step is a command and what it answers: "=text" exactly, "!text" a refusal that holds the text, else a success that
// holds it.
type step struct{ line, want string }

// walk runs commands on a Virtual I/O Server of an HMC, or with a console name in front on that console.
func walk(t *testing.T, l *Lab, steps []step) {
	t.Helper()
	for _, s := range steps {
		console, line := "hmc1", s.line
		switch {
		case strings.HasPrefix(line, "ivm1: "):
			console, line = "ivm1", strings.TrimPrefix(line, "ivm1: ")
		case strings.HasPrefix(line, "hmc1: "):
			line = strings.TrimPrefix(line, "hmc1: ")
		default:
			sys, vios := "SysA", "vios1"
			if at, rest, ok := strings.Cut(line, ": "); ok && strings.Contains(at, "/") {
				sys, vios, _ = strings.Cut(at, "/")
				line = rest
			}
			line = fmt.Sprintf("viosvrcmd -m %s -p %s -c '%s'", sys, vios, line)
		}
		out, errs, rc := l.Run(console, line)
		got := out + errs
		ok := false
		switch {
		case strings.HasPrefix(s.want, "="):
			ok = rc == 0 && got == s.want[1:]
		case strings.HasPrefix(s.want, "!"):
			ok = rc != 0 && strings.Contains(got, s.want[1:])
		default:
			ok = rc == 0 && strings.Contains(got, s.want)
		}
		if !ok {
			t.Errorf("%s\n got [%d] %s\nwant %s", s.line, rc, got, s.want)
		}
	}
}

// viosLists are the listings of a Virtual I/O Server.
var viosLists = []string{"lsdev", "lsmap -all", "lsmap -all -net", "lspv", "lspv -avail", "lsvg", "lsvg rootvg", "lsvg -lv rootvg", "lssp", "lssp -bd -sp rootvg", "lsrep", "lsvopt",
	"lsdev -dev ent6 -attr", "entstat -all ent6 | grep -v Elapsed", "lssp -clustername ssp", "lssp -clustername ssp -sp pool1 -bd", "lu -list", "cluster -list", "cluster -status -clustername ssp"}

// undone runs steps that end where they began: every list must be what it was.
func undone(t *testing.T, l *Lab, steps []step) {
	t.Helper()
	lists := func() string {
		var b strings.Builder
		for _, v := range []string{"SysA --id 1", "SysA --id 2", "SysB --id 1"} {
			for _, line := range viosLists {
				line, _, _ = strings.Cut(line, " | ")
				out, errs, _ := l.Run("hmc1", fmt.Sprintf("viosvrcmd -m %s -c '%s'", v, line))
				b.WriteString("$ " + v + " " + line + "\n" + elapsed.ReplaceAllString(out+errs, ""))
			}
		}
		for _, line := range []string{"lshwres -r virtualio --rsubtype eth --level lpar -m SysA", "lshwres -r virtualio --rsubtype vswitch -m SysA", "lshwres -r virtualio --rsubtype vnetwork -m SysA"} {
			out, _, _ := l.Run("hmc1", line)
			b.WriteString("$ " + line + "\n" + out)
		}
		return b.String()
	}
	before := lists()
	walk(t, l, steps)
	if after := lists(); after != before {
		t.Errorf("not what it was:%s", difference(before, after))
	}
}

var elapsed = regexp.MustCompile(`Elapsed Time: .*`)

// morePorts gives every Virtual I/O Server of the twins two more physical ports and a drive.
func morePorts(s string) string {
	return strings.ReplaceAll(s, "    ethernet \"ent4\" {\n      slot  = 2", `    drives = { "cd0" = 700, "cd1" = 0 }
    files  = { "/home/padmin/aix.iso" = 3000 }
    ethernet "ent1" {
      location = "U78D3.001.WZS00XX-P1-C5-T1"
    }
    ethernet "ent2" {
      location = "U78D3.001.WZS00XX-P1-C5-T2"
    }
    ethernet "ent4" {
      slot  = 2`)
}

func TestVolumes(t *testing.T) {
	undone(t, startTwins(t, morePorts), []step{
		{"mklv -lv data1 rootvg 4500M", "=data1\n"},
		{"mklv rootvg 3", "=lv00\n"},
		{"mklv -prefix web rootvg 1g", "=web00\n"},
		{"lslv data1 -field pps ppsize -fmt :", "=5:1024 megabyte(s)\n"},
		{"lslv data1", "LPs:                5                      PPs:            5\n"},
		{"lslv nothing", "!0516-306 getlvodm: Unable to find  nothing in the Device\n\tConfiguration Database."},
		{"lslv", "!Usage"},
		{"mklv -lv data1 rootvg 1G", "!0516-360"},
		{"mklv -lv abcdefghijklmnop rootvg 1G", "!0516-1181"},
		{"mklv -lv a/b rootvg 1G", "!0516-1181"},
		{"mklv -lv x rootvg 1000", "!0516-404 allocp: This system cannot fulfill the allocation request.\n\tThere are not enough free partitions or not enough physical volumes\n\tto keep strictness and satisfy allocation requests.  The command\n\tshould be retried with different allocation characteristics.\n0516-822"},
		{"mklv -lv x rootvg 0", "!Size"},
		{"mklv -lv x rootvg 5T", "!Size"},
		{"mklv -lv x rootvg 1 hdisk1", "!0516-320"},
		{"mklv -lv x -prefix y rootvg 1", "!Usage"},
		{"mklv -type jfs2 rootvg 1", "!-type"},
		{"mklv nope 3", "!0516-306 getlvodm: Unable to find volume group nope in the Device"},
		{"lsvg -lv rootvg", "data1               jfs        5       5       1    closed/syncd  N/A\n"},
		{"lsvg -lv rootvg -field lvname pps -fmt :", "=data1:5\nlv00:3\nweb00:1\n"},
		{"mkvdev -vdev data1 -vadapter vhost0 -dev data_vt", "=data_vt Available\n"},
		{"mkvdev -vdev data1 -vadapter vhost0", "!already being used as a backing device"},
		{"mkvdev -vdev rootvg -vadapter vhost0", "!not a valid backing device"},
		{"lsvg -lv rootvg", "data1               jfs        5       5       1    open/syncd    N/A\n"},
		{"lsmap -all -type lv -field vtd backing -fmt :", "=data_vt:data1\n"},
		{"rmlv -f data1", "!0516-1008"},
		{"rmlv data1", "continue?"},
		{"rmlv -f nothing", "!0516-306"},
		{"extendlv data1 1", "="},
		{"lslv data1 -field lps -fmt :", "=6\n"},
		{"extendlv data1 1T", "!Size"},
		{"extendlv data1 1000", "!0516-404"},
		{"extendlv nothing 1", "!0516-306"},
		{"rmvdev -vtd data_vt", "=data_vt deleted\n"},
		{"rmlv -f data1", "=rmlv: Logical volume data1 is removed.\n"},
		{"rmlv -f web00", "removed"},
		{"mkvdev -vdev lv00 -vadapter vhost0", "=vtscsi1 Available\n"},
		{"rmvdev -vdev lv00 -rmlv", "=vtscsi1 deleted\n"},
	})
}

// The listing of an existing logical volume and of media, as they were captured (ivm-cli.md, sections 10.2, 11.2 and 11.4).
func TestCapturedStorage(t *testing.T) {
	l := startText(t, `
system "s" {
  name         = "S"
  type_model   = "8233-E8B"
  serial       = "0637D5P"
  memory_mb    = 65536
  firmware_mb  = 1024
  region_mb    = 64
  processors   = 8
  max_partitions = 40
  compat_modes = ["default", "POWER7"]
  vios "v" {
    id        = 1
    level     = "2.2.6.10"
    memory    = [1024, 2048, 4096]
    procs     = [1, 1, 2]
    max_slots = 200
    hdisk "hdisk0" {
      location = "U5802.001.0086848-P1-D1"
      size_mb  = 280000
    }
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 256
      total_pps  = 1092
      volume "linuxos_lv" {
        pps = 191
      }
      volume "VMLibrary" {
        pps = 40
        use = "media_library"
        file "CentOS-7-ppc64-Everything-1804.iso" {
          size_mb = 7240
        }
      }
    }
  }
  partition "linuxos" {
    id     = 26
    state  = "Running"
    memory = [1024, 2048, 4096]
    procs  = [1, 1, 2]
    vscsi {
      slot        = 2
      server_slot = 181
      vhost       = "vhost25"
      disk "linuxos_lv" {
        vtd = "linuxos_1"
        lun = 2
      }
      disk "/var/vio/VMLibrary/CentOS-7-ppc64-Everything-1804.iso" {
        lun = 1
      }
    }
  }
}
ivm "ivm1" {
  system = "s"
}
`)
	walk(t, l, []step{
		{"ivm1: lsrep", `=Size(mb) Free(mb) Parent Pool         Parent Size      Parent Free
   10198     2958 rootvg                   279552           220416

Name                                                  File Size Optical         Access
CentOS-7-ppc64-Everything-1804.iso                         7240 vtopt0          rw
`},
		{"ivm1: lsmap -vadapter vhost25", `=SVSA            Physloc                                      Client Partition ID
--------------- -------------------------------------------- ------------------
vhost25         U8233.E8B.0637D5P-V1-C181                    0x0000001a

VTD                   linuxos_1
Status                Available
LUN                   0x8200000000000000
Backing device        linuxos_lv
Physloc
Mirrored              N/A

VTD                   vtopt0
Status                Available
LUN                   0x8100000000000000
Backing device        /var/vio/VMLibrary/CentOS-7-ppc64-Everything-1804.iso
Physloc
Mirrored              N/A

`},
		{"ivm1: lsrep -field name -fmt ,", "=CentOS-7-ppc64-Everything-1804.iso\n"},
		{"ivm1: lsrep -field free -fmt ,", "=2958\n"},
	})
}

func TestStoragePools(t *testing.T) {
	undone(t, startTwins(t, morePorts), []step{
		{"chdev -dev hdisk3 -attr pv=clear", "changed"},
		{"mksp -fb fb1 -sp rootvg -size 9500M", "=fb1\nFile system created successfully.\n10442752 kilobytes total disk space.\nNew File System size is 20971520\n"},
		{"lssp", "=Pool              Size(mb)   Free(mb)  Alloc Size(mb)    BDs Type\nrootvg              571392     561152            1024      0 LVPOOL\nfb1                  10198      10198              64      0 FBPOOL\n"},
		{"lssp -field pool type -fmt ,", "=rootvg,LVPOOL\nfb1,FBPOOL\n"},
		{"lssp -field nothing", "!Field"},
		{"lssp -sp fb1", "!Usage"},
		{"lssp -bd -sp nothing", "!does not exist"},
		{"lssp -default", "=rootvg\n"},
		{"lssp -detail -sp rootvg", "=Name             PVID                               Size(mb)\nhdisk0           00f78a1f115cb1a0                     572325\n"},
		{"mksp -fb fb1 -sp rootvg -size 1g", "!0516-360"},
		{"mksp -fb fb2 -sp fb1 -size 1g", "!not of the kind"},
		{"mksp -fb fb2 -sp rootvg -size 1", "!Size"},
		{"mksp -fb fb2 -sp rootvg -size 900g", "!0516-404"},
		{"mksp -fb fb2", "!Usage"},
		{"mksp data hdisk2", "data"},
		{"mksp data hdisk3", "!0516-360"},
		{"mksp other hdisk0", "!0516-1398"},
		{"mksp other hdisk1", "!0516-1398"},
		{"mksp other hdisk99", "!0516-306"},
		{"mkvdev -vdev hdisk2 -vadapter vhost0", "!in use by volume group data"},
		{"chsp -add -sp data hdisk3", ""},
		{"chsp -add -sp data hdisk3", "!0516-792"},
		{"lssp -detail -sp data -field name -fmt :", "=hdisk2\nhdisk3\n"},
		{"chsp -rm -sp data hdisk1", "!0516-320"},
		{"chsp -rm -sp data hdisk3", "="},
		{"chsp -default data", "="},
		{"lssp -default", "=data\n"},
		{"mkbdsp 2G -bd bd0", "=Creating logical volume \"bd0\" in storage pool \"data\".\nbd0\n"},
		{"chsp -rm hdisk2", "!0516-016"},
		{"rmsp data", "!not empty"},
		{"rmbdsp -bd bd0", "=rmlv: Logical volume bd0 is removed.\n"},
		{"rmsp data", "removed"},
		{"lssp -default", "=rootvg\n"},
		{"mkbdsp -sp fb1 1G -bd bd1 -vadapter vhost0 -tn bdvt", "=Creating file \"bd1\" in storage pool \"fb1\".\nAssigning file \"bd1\" as a backing device.\nbdvt Available\nbd1\n"},
		{"lsmap -all -type file_disk -field vtd backing lun -fmt :", "=bdvt:/var/vio/storagepools/fb1/bd1:0x8200000000000000\n"},
		{"lsmap -all -type file -field vtd -fmt :", "=bdvt\n"},
		{"lssp -bd -sp fb1", "=Name              Size(mb) VTD             SVSA\nbd1                   1024 bdvt            vhost0\n"},
		{"mkbdsp -sp fb1 1G -bd bd1", "!already used"},
		{"mkbdsp -sp fb1 100G -bd bd2", "!enough free space: 9174 MB, required: 102400 MB"},
		{"mkbdsp -sp fb1 1G -bd bd2 -vadapter vhost9", "!vhost9"},
		{"mkbdsp -sp fb1 1G -bd bd2 -vadapter ent4", "!SVSA"},
		{"mkbdsp -sp fb1 1G -bd bd2 -vadapter vhost0 -tn bdvt", "!already in use"},
		{"mkbdsp -sp fb1 -bd bd1 -vadapter vhost0", "!already being used"},
		{"mkbdsp -sp fb1 1 -bd bd2", "!Size"},
		{"mkbdsp -sp fb1 -bd bd2", "!Usage"},
		{"mkbdsp -sp fb1 1G -bd a/b", "!not valid"},
		{"rmsp fb1", "!in use"},
		{"rmbdsp -sp fb1 -bd bd1 -savebd", "=bdvt deleted\n"},
		{"mkbdsp -sp fb1 -bd bd1 -vadapter vhost0", "=Assigning file \"bd1\" as a backing device.\nvtscsi1 Available\nbd1\n"},
		{"rmsp -f fb1", "!in use"},
		{"rmbdsp -sp fb1 -bd nothing", "!does not exist"},
		{"rmbdsp -vtd vtscsi0", "!not a backing device"},
		{"rmbdsp -vtd nothing", "!nothing"},
		{"rmbdsp -vtd vtscsi1", "=vtscsi1 deleted\nFile \"bd1\" is removed.\n"},
		{"chsp -add -sp fb1 -size 1G", "="},
		{"lssp -field pool size -fmt :", "fb1:11217"},
		{"rmsp fb1", "removed"},
		{"rmsp rootvg", "!not empty"},
		{"mkvg -vg vgx hdisk2 hdisk3", "vgx"},
		{"mkvg hdisk2", "!0516-1398"},
		{"reducevg vgx hdisk3", "="},
		{"extendvg vgx hdisk0", "!0516-1398"},
		{"extendvg nothing hdisk3", "!0516-306"},
		{"reducevg vgx hdisk2", "="},
		{"chdev -dev hdisk2 -attr pv=clear", "changed"},
		{"chdev -dev hdisk3 -attr pv=clear", "changed"},
	})
}

func TestMedia(t *testing.T) {
	undone(t, startTwins(t, morePorts), []step{
		{"lsrep", "!The DVD repository has not been created yet."},
		{"mkvopt -name a -size 1G", "!not been created"},
		{"mkrep -sp rootvg", "!Usage"},
		{"mkrep -sp rootvg -size 10", "!Size"},
		{"mkrep -sp nothing -size 10G", "!does not exist"},
		{"mkrep -sp rootvg -size 900G", "!0516-404"},
		{"mkrep -sp rootvg -size 4G", "=Virtual Media Repository Created\nRepository created within \"VMLibrary\" logical volume\n"},
		{"mkrep -sp rootvg -size 4G", "!already been created"},
		{"lsvg -lv rootvg", "VMLibrary           jfs2       4       4       1    open/syncd    /var/vio/VMLibrary\n"},
		{"rmlv -f VMLibrary", "!0516-1008"},
		{"mkvdev -vdev VMLibrary -vadapter vhost0", "!not a valid backing device"},
		{"mkvopt -name aix -file nothing.iso", "!does not exist or cannot be read"},
		{"mkvopt -name aix -file aix.iso -ro", "="},
		{"mkvopt -name aix -size 1M", "!already exists"},
		{"mkvopt -name big -size 2G", "!enough free space: 1079 MB, required: 2048 MB"},
		{"mkvopt -name no-hyphen -size 1M", "!not valid"},
		{"mkvopt -name " + strings.Repeat("a", 80) + " -size 1M", "!not valid"},
		{"mkvopt -name x -size 1M -dev cd0", "!Usage"},
		{"mkvopt -name x -dev cd1", "!no medium"},
		{"mkvopt -name x -dev cd9", "!cd9"},
		{"chrep -size 1G", "="},
		{"chrep -size 900G", "!0516-404"},
		{"mkvopt -name cd -dev cd0", "="},
		{"mkvopt -name blank -size 100M", "="},
		{"lsrep -field name filesize optical access -fmt :", "=aix:3000:None:ro\nblank:100:None:rw\ncd:700:None:rw\n"},
		{"mkvdev -fbo -vadapter vhost0", "=vtopt0 Available\n"},
		{"mkvdev -fbo -vadapter vhost0 -dev second", "=second Available\n"},
		{"mkvdev -fbo -vadapter vhost9", "!vhost9"},
		{"loadopt -disk nothing -vtd vtopt0", "!does not exist"},
		{"loadopt -disk blank -vtd vtscsi0", "!not a file-backed virtual optical"},
		{"loadopt -disk blank -vtd nothing", "!nothing"},
		{"loadopt -disk blank -vtd vtopt0", "="},
		{"loadopt -disk blank -vtd second", "!loaded in \"vtopt0\""},
		{"loadopt -disk aix -vtd vtopt0", "!already has media"},
		{"loadopt -disk aix -vtd vtopt0 -f", "="},
		{"loadopt -disk aix -vtd second -release", "="},
		{"lsvopt", "=VTD             Media                                                   Size(mb)\nsecond          aix                                                         3000\nvtopt0          aix                                                         3000\n"},
		{"lsmap -all -type optical -field vtd backing -fmt :", "=second:/var/vio/VMLibrary/aix:vtopt0:/var/vio/VMLibrary/aix\n"},
		{"rmvopt -name aix", "!is loaded in"},
		{"chvopt -name aix -access rw", "!is loaded in"},
		{"rmrep", "!is loaded in"},
		{"rmrep -f", "!is loaded in"},
		{"unloadopt -vtd second", "="},
		{"unloadopt -vtd second", "!no media"},
		{"lsvopt -vtd second", "No Media"},
		{"lsvopt -vtd hdisk0", "!not a file-backed"},
		{"rmvopt -name aix -f", "="},
		{"lsvopt -field media -fmt :", "=No Media\nNo Media\n"},
		{"chvopt -name cd -access ro", "="},
		{"chvopt -name cd -access none", "!Usage"},
		{"chvopt -name cd -mv blank", "!already exists"},
		{"chvopt -name cd -mv cd.iso", "="},
		{"lsrep -field name access -fmt :", "=blank:rw\ncd.iso:ro\n"},
		{"rmvopt -name nothing", "!does not exist"},
		{"rmrep", "!not empty"},
		{"rmrep -f", "=" + repGone + "\n"},
		{"rmvdev -vtd second", "deleted"},
		{"rmvdev -vtd vtopt0", "deleted"},
		{"mkvdev -vdev cd0 -vadapter vhost0", "=vtopt0 Available\n"},
		{"lsmap -all -type optical -field vtd backing -fmt :", "=vtopt0:cd0\n"},
		{"rmdev -dev vtopt0", "deleted"},
	})
}

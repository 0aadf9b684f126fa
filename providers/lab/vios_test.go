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

// trunks makes two more trunk adapters on vios1 and one on vios2, and a spare adapter on each.
var trunks = []step{
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios1 -s 30 -a "ieee_virtual_eth=1,port_vlan_id=40,is_trunk=1,trunk_priority=1,\"addl_vlan_ids=41,42\""`, "="},
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios1 -s 31 -a ieee_virtual_eth=0,port_vlan_id=50,is_trunk=1,trunk_priority=1`, "="},
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios1 -s 32 -a ieee_virtual_eth=0,port_vlan_id=99`, "="},
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios2 -s 30 -a "ieee_virtual_eth=1,port_vlan_id=40,is_trunk=1,trunk_priority=2,\"addl_vlan_ids=41,42\""`, "="},
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios2 -s 31 -a ieee_virtual_eth=0,port_vlan_id=50,is_trunk=1,trunk_priority=2`, "="},
	{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios2 -s 32 -a ieee_virtual_eth=0,port_vlan_id=99`, "="},
	{"cfgdev", "="},
	{"SysA/vios2: cfgdev -dev vio0", "="},
}

var noTrunks = []step{
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 30", "="},
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 31", "="},
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 32", "="},
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios2 -s 30", "="},
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios2 -s 31", "="},
	{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios2 -s 32", "="},
}

func sequence(parts ...[]step) []step {
	var out []step
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestTrunkAdapters(t *testing.T) {
	const add = `hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o a `
	const set = `hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o s `
	undone(t, startTwins(t, morePorts), sequence(trunks, []step{
		{"lsdev -plc U9009.42A.78A1F10-V1-C30-T1 -field name description physloc -fmt :", "=ent3:Virtual I/O Ethernet Adapter (l-lan):U9009.42A.78A1F10-V1-C30-T1\n"},
		{"lsdev -dev ent3 -attr", "mac_addr  0x6a7f46fc1f1e "},
		{"entstat ent3", "1e\nElapsed Time"},
		{"hmc1: lshwres -r virtualio --rsubtype eth --level lpar -m SysA --filter lpar_names=vios1,slots=30 -F is_trunk,trunk_priority,ieee_virtual_eth,port_vlan_id,addl_vlan_ids,vswitch", "=1,1,1,40,\"41,42\",ETHERNET0\n"},
		// The same VLAN, virtual switch and priority on another adapter, of this or of another partition.
		{add + `-p vios2 -s 33 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1,trunk_priority=1`, "!HSCL0632"},
		{add + `-p vios1 -s 33 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1`, "!HSCL0632"},
		{add + `-p vios1 -s 33 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1,vswitch=DMZ`, "="},
		{`hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 33`, "="},
		{add + `-p vios1 -s 33 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1,trunk_priority=16`, "!HSCL0617"},
		{add + `-p lp1 -s 33 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1`, "!HSCL"},
		{set + `-p vios1 -s 31 -a trunk_priority=2`, "!HSCL0632"},
		{set + `-p vios1 -s 31 -a trunk_priority=3`, "="},
		{set + `-p vios1 -s 31 -a trunk_priority=1`, "="},
		{set + `-p vios1 -s 30 -a addl_vlan_ids+=43`, "="},
		{set + `-p vios1 -s 30 -a addl_vlan_ids+=43`, "!addl_vlan_ids"},
		{set + `-p vios1 -s 30 -a addl_vlan_ids+=20`, "!HSCL0632"},
		{set + `-p vios1 -s 30 -a addl_vlan_ids-=44`, "!addl_vlan_ids"},
		{"hmc1: lshwres -r virtualio --rsubtype eth --level lpar -m SysA --filter lpar_names=vios1,slots=30 -F addl_vlan_ids", "=\"41,42,43\"\n"},
		{set + `-p vios1 -s 30 -a addl_vlan_ids-=43`, "="},
		{set + `-p vios1 -s 30 -a "\"addl_vlan_ids=101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121\""`, "!addl_vlan_ids"},
		{set + `-p vios1 -s 32 -a ieee_virtual_eth=0,\"addl_vlan_ids=1,2\"`, "!addl_vlan_ids"},
		// What an SEA uses stays.
		{"mkvdev -sea ent1 -vadapter ent3,ent5 -default ent3 -defaultid 40", "=ent8 Available\nen8\net8\n"},
		{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 30", "!HSCL294D"},
		{set + `-p vios1 -s 30 -a is_trunk=0`, "!HSCL294D"},
		{set + `-p vios1 -s 31 -a port_vlan_id=40`, "!HSCL"},
		{"rmdev -dev ent3", "!0514-062"},
		{"rmdev -dev ent8", "=ent8 deleted\n"},
		// Without its adapter an entN comes back with the next cfgdev.
		{"rmdev -dev ent3", "=ent3 deleted\n"},
		{"cfgdev", "="},
		{"lsdev -dev ent3 -field status -fmt :", "=Available\n"},
	}, noTrunks, []step{
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o a --vswitch LAB -a switch_mode=VEPA", "="},
		{"hmc1: lshwres -r virtualio --rsubtype vswitch -m SysA --filter vswitches=LAB", "=vswitch=LAB,switch_mode=VEPA,vlan_ids=\n"},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o a --vswitch LAB", "!LAB"},
		{add + `-p vios1 -s 33 -a ieee_virtual_eth=0,port_vlan_id=7,is_trunk=1,vswitch=LAB`, "="},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o r --vswitch LAB", "!LAB"},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o s --vswitch LAB -a new_name=LAB2", "="},
		{"hmc1: lshwres -r virtualio --rsubtype vnetwork -m SysA --filter vswitches=LAB2 -F vnetwork,vlan_id,vswitch,is_tagged", "=VLAN7-LAB2,7,LAB2,0\n"},
		{"hmc1: lshwres -r virtualio --rsubtype vswitch -m SysA --filter vswitches=LAB2", "switch_mode=VEPA,\"vlan_ids=7\""},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o s --vswitch LAB2 -a new_name=ETHERNET0", "!ETHERNET0"},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o s --vswitch LAB2 -a mode=x", "!mode"},
		{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 33", "="},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o r --vswitch LAB2", "="},
		{"hmc1: chhwres -r virtualio --rsubtype vswitch -m SysA -o r --vswitch ETHERNET0", "!ETHERNET0"},
	}))
}

// A Virtual I/O Server whose profile has a trunk adapter that clashes does not start; one whose adapter is gone loses the device.
func TestTrunkActivation(t *testing.T) {
	l := startTwins(t, morePorts)
	must(t, l, "hmc1", `chsyscfg -r prof -m SysA -i "name=normal,lpar_name=vios2,virtual_eth_adapters=2/0/10//1/0"`)
	walk(t, l, []step{
		{"SysA/vios2: rmdev -dev ent6", "deleted"},
		{"hmc1: chsysstate -r lpar -m SysA -o shutdown --immed -n vios2", "="},
	})
	settle(l)
	walk(t, l, []step{
		{"hmc1: chsysstate -r lpar -m SysA -o on -n vios2 -f normal", "!HSCL0632"},
		{"hmc1: lssyscfg -r lpar -m SysA --filter lpar_names=vios2 -F state", "=Not Activated\n"},
		{`hmc1: chsyscfg -r prof -m SysA -i "name=normal,lpar_name=vios2,virtual_eth_adapters=5/0/10//2/0"`, "="},
		{"hmc1: chsysstate -r lpar -m SysA -o on -n vios2 -f normal", "="},
	})
	settle(l)
	walk(t, l, []step{
		{"SysA/vios2: lsdev -type adapter -virtual -field name physloc -fmt :", "ent3:U9009.42A.78A1F10-V2-C5-T1\n"},
	})
}

func TestBridges(t *testing.T) {
	undone(t, startTwins(t, morePorts), sequence(trunks, []step{
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr ha_mode=auto ctl_chan=ent7", "=ent8 Available\nen8\net8\n"},
		{"rmdev -dev ent8", "=ent8 deleted\n"},
		{"mkvdev -sea ent8 -vadapter ent3 -default ent3 -defaultid 40", "!ent8"},
		{"mkvdev -sea ent0 -vadapter ent3 -default ent3 -defaultid 40", "!real_adapter"},
		{"mkvdev -sea ent5 -vadapter ent3 -default ent3 -defaultid 40", "!real_adapter"},
		{"mkvdev -sea ent1 -vadapter ent4 -default ent4 -defaultid 10", "!virt_adapters"},
		{"mkvdev -sea ent1 -vadapter ent7 -default ent7 -defaultid 99", "!virt_adapters"},
		{"mkvdev -sea ent1 -vadapter ent2 -default ent2 -defaultid 99", "!virt_adapters"},
		{"mkvdev -sea ent1 -vadapter ent3,ent3 -default ent3 -defaultid 40", "!virt_adapters"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent5 -defaultid 50", "!pvid_adapter"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 41", "!pvid"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 4095", "!pvid"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr ha_mode=maybe", "!ha_mode"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr jumbo_frames=maybe", "!jumbo_frames"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr nothing=1", "!nothing"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr ha_mode=auto ctl_chan=ent5", "!ctl_chan"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr ha_mode=auto ctl_chan=ent2", "!ctl_chan"},
		{"mkvdev -sea ent1 -vadapter ent3", "!Usage"},
		{"mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -fbo", "!Usage"},
		// Two servers, with the control channel and without.
		{"mkvdev -sea ent1 -vadapter ent3,ent5 -default ent3 -defaultid 40 -attr ha_mode=auto ctl_chan=ent7 largesend=0 jumbo_frames=yes", "=ent8 Available\nen8\net8\n"},
		{"SysA/vios2: mkvdev -sea ent1 -vadapter ent3,ent5 -default ent3 -defaultid 40 -attr ha_mode=auto ctl_chan=ent7", "=ent8 Available\nen8\net8\n"},
		{"mkvdev -sea ent2 -vadapter ent7 -default ent7 -defaultid 99", "!virt_adapters"},
		{"hmc1: chhwres -r virtualio --rsubtype eth -m SysA -o r -p vios1 -s 32", "!HSCL294D"},
		{"lsdev -dev ent8 -attr virt_adapters,pvid,ha_mode,ctl_chan,jumbo_frames,largesend", "=value\n\nent3,ent5\n40\nauto\nent7\nyes\n0\n"},
		{"entstat -all ent8", "    Control Channel PVID: 99\n    State: PRIMARY\n    Bridge Mode: All\n    High Availability Mode: Auto\n    Priority: 1\n"},
		{"entstat -all ent8", "VLAN Ids :\n    ent3: 40 41 42\n    ent5: 50\n"},
		{"SysA/vios2: entstat -all ent8", "    State: BACKUP\n    Bridge Mode: None\n    High Availability Mode: Auto\n    Priority: 2\n"},
		{"SysA/vios2: entstat -all ent8", "  Priority: 2  Active: False\nPort VLAN ID:    40\nVLAN Tag IDs:  41 42\n"},
		{"chdev -dev ent8 -attr ha_mode=standby", "=ent8 changed\n"},
		{"entstat -all ent8", "State: BACKUP\n"},
		{"SysA/vios2: entstat -all ent8", "State: PRIMARY\n"},
		{"chdev -dev ent8 -attr ha_mode=sharing ctl_chan=", "=ent8 changed\n"},
		{"SysA/vios2: chdev -dev ent8 -attr ha_mode=sharing", "=ent8 changed\n"},
		{"entstat -all ent8", "    Control Channel PVID: 4095\n    State: PRIMARY_SH\n    Bridge Mode: Partial\n    VID shared: 40 41 42\n"},
		{"SysA/vios2: entstat -all ent8", "    State: BACKUP_SH\n    Bridge Mode: Partial\n    VID shared: 50\n"},
		{"chdev -dev ent8 -attr virt_adapters=ent3 pvid_adapter=ent3", "=ent8 changed\n"},
		{"lsmap -all -net -field svea sea backing status -fmt :", "=ent3:ent8:ent1:Available\nent4:ent6:ent0:Available\nent5: : : \nent7: : : \n"},
		{"chdev -dev ent8 -attr virt_adapters=ent5", "!pvid_adapter"},
		{"chdev -dev ent8 -attr virt_adapters=ent3,ent4", "!virt_adapters"},
		{"chdev -dev ent8 -attr virt_adapters=ent5 pvid_adapter=ent5", "!pvid"},
		{"chdev -dev ent8 -attr virt_adapters=ent5 pvid_adapter=ent5 pvid=50", "=ent8 changed\n"},
		{"chdev -dev ent8 -attr nothing=1", "!Attribute"},
		{"chdev -dev ent8 -attr thread=2", "!thread"},
		{"chdev -dev ent8 -attr real_adapter=ent0", "!real_adapter"},
		{"chdev -dev ent8 -attr real_adapter=ent2", "=ent8 changed\n"},
		// A link aggregation and a VLAN device.
		{"mkvdev -lnagg ent0,ent1 -attr mode=8023ad", "!adapter_names"},
		{"mkvdev -lnagg ent1,ent4", "!adapter_names"},
		{"mkvdev -lnagg ent1,ent99", "!ent99"},
		{"mkvdev -lnagg ent1 -attr mode=fast", "!mode"},
		{"mkvdev -lnagg ent1 -attr mode=8023ad", "=ent9 Available\nen9\net9\n"},
		{"lsdev -dev ent9", "EtherChannel / IEEE 802.3ad Link Aggregation"},
		{"lsdev -dev ent9 -attr adapter_names,mode", "=value\n\nent1\n8023ad\n"},
		{"chdev -dev ent8 -attr real_adapter=ent9", "=ent8 changed\n"},
		{"lsmap -vadapter ent5 -net", "SEA                   ent8\nBacking device        ent9\nStatus                Available\nPhysloc\n"},
		{"mkvdev -vlan ent8 -tagid 5", "=ent10 Available\nen10\net10\n"},
		{"mkvdev -vlan ent8 -tagid 5", "!vlan_tag_id"},
		{"mkvdev -vlan ent8 -tagid 6", "=ent11 Available\nen11\net11\n"},
		{"mkvdev -vlan ent8 -tagid 0", "!vlan_tag_id"},
		{"mkvdev -vlan ent10 -tagid 5", "!base_adapter"},
		{"mkvdev -vlan ent99 -tagid 5", "!ent99"},
		{"mkvdev -sea ent10 -vadapter ent3 -default ent3 -defaultid 40", "!real_adapter"},
		{"entstat ent10", "Device Type: VLAN"},
		{"entstat ent99", "!ent99"},
		{"rmdev -dev ent8", "!0514-062"},
		{"rmdev -dev ent9", "!0514-062"},
		{"rmdev -dev ent10", "=ent10 deleted\n"},
		{"rmdev -dev ent11", "=ent11 deleted\n"},
		{"rmdev -dev ent8", "=ent8 deleted\n"},
		{"rmdev -dev ent9", "=ent9 deleted\n"},
		{"rmdev -dev ent1", "!0514-062"},
		{"SysA/vios2: rmdev -dev ent8", "=ent8 deleted\n"},
	}, noTrunks))
}

// A scenario may hold two trunk adapters that clash, as somebody may find them; no bridge comes of them.
func TestClashingTrunks(t *testing.T) {
	l := startTwins(t, morePorts, func(s string) string { return strings.Replace(s, "trunk = 2", "trunk = 1", 1) })
	walk(t, l, []step{
		{"chdev -dev ent6 -attr ha_mode=auto", "!ha_mode"},
		{"chdev -dev ent6 -attr jumbo_frames=yes", "=ent6 changed\n"},
		{"rmdev -dev ent6", "deleted"},
		{"mkvdev -sea ent0 -vadapter ent4 -default ent4 -defaultid 10", "!virt_adapters"},
	})
	old := startTwins(t, func(s string) string { return strings.Replace(s, "3.1.4.21", "2.2.2.6", 1) })
	walk(t, old, []step{{"chdev -dev ent6 -attr ha_mode=auto", "!ctl_chan"}, {"SysA/vios2: chdev -dev ent6 -attr ha_mode=auto", "changed"}})
}

// More than 16 trunk adapters do not fit an SEA.
func TestManyTrunks(t *testing.T) {
	l := startTwins(t, morePorts)
	var names []string
	for i := range 17 {
		must(t, l, "hmc1", fmt.Sprintf("chhwres -r virtualio --rsubtype eth -m SysA -o a -p vios1 -s %d -a ieee_virtual_eth=0,port_vlan_id=%d,is_trunk=1", 100+i, 200+i))
	}
	walk(t, l, []step{{"cfgdev", "="}})
	for i := range 17 {
		out, _, _ := l.Run("hmc1", fmt.Sprintf("viosvrcmd -m SysA -p vios1 -c 'lsdev -plc U9009.42A.78A1F10-V1-C%d-T1 -field name -fmt :'", 100+i))
		names = append(names, strings.TrimSpace(out))
	}
	walk(t, l, []step{
		{"mkvdev -sea ent1 -vadapter " + strings.Join(names, ",") + " -default " + names[0] + " -defaultid 200", "!virt_adapters"},
		{"mkvdev -sea ent1 -vadapter " + strings.Join(names[:16], " ") + " -default " + names[0] + " -defaultid 200", "Available"},
	})
}

// The rules hold on an IVM too.
func TestBridgesIVM(t *testing.T) {
	l := startTwins(t, func(s string) string {
		return strings.Replace(s, "    ethernet \"ent4\" {\n      slot  = 3", "    ethernet \"ent1\" {\n      location = \"U78A5.001.WIH0402-P1-T7\"\n    }\n    ethernet \"ent4\" {\n      slot  = 3", 1)
	})
	const add = "ivm1: chhwres -r virtualio --rsubtype eth -o a -p ivm1 "
	walk(t, l, []step{
		{add + "-s 20 -a ieee_virtual_eth=1,port_vlan_id=40,is_trunk=1,trunk_priority=1,\\\"addl_vlan_ids=41,42\\\"", "="},
		{add + "-s 21 -a ieee_virtual_eth=0,port_vlan_id=41,is_trunk=1,trunk_priority=1", "!VLAN 41"},
		{"ivm1: cfgdev -dev vio0", "="},
		{"ivm1: mkvdev -sea ent1 -vadapter ent2 -default ent2 -defaultid 40", "=ent3 Available\nen3\net3\n"},
		{"ivm1: chhwres -r virtualio --rsubtype eth -o s -s 20 -p ivm1 -a addl_vlan_ids+=10", "!VLAN 10"},
		{"ivm1: chhwres -r virtualio --rsubtype eth -o s -s 20 -p ivm1 -a addl_vlan_ids+=43", "="},
		{"ivm1: chhwres -r virtualio --rsubtype eth -o r -s 20 -p ivm1", "!in use by ent3"},
		{"ivm1: rmdev -dev ent3 && chhwres -r virtualio --rsubtype eth -o r -s 20 -p ivm1", "=ent3 deleted\n"},
		{"ivm1: mkrep -sp rootvg -size 1G", "!does not exist"},
		{"ivm1: lssp -default", "!no default"},
	})
}

// withCluster gives the first server of SysA, both of SysB and the blade a shared storage pool on l3.
func withCluster(s string) string {
	s = strings.Replace(s, "system \"a\" {", `cluster "ssp" {
  nodes = ["a/vios1", "a/vios2", "b/vios1"]
  pool  = "pool1"
  disks = ["l3"]
  logical_unit "boot1" {
    size_mb = 10240
    used_mb = 1024
    udid    = "4eddf7c7a1b2c3d4e5f60718293a4b5c"
  }
}
system "a" {`, 1)
	return morePorts(s)
}

func TestSharedStoragePool(t *testing.T) {
	l := startTwins(t, withCluster)
	out := must(t, l, "hmc1", "viosvrcmd -m SysA -p vios1 -c 'cluster -list -fmt :'")
	if !regexp.MustCompile(`^ssp:[0-9a-f]{32}\n$`).MatchString(out) {
		t.Error(out)
	}
	undone(t, l, []step{
		{"cluster -list", "CLUSTER_NAME:    ssp\nCLUSTER_ID:      "},
		{"cluster -status -clustername ssp -fmt :", "=ssp:OK:vios1:9009-42A078A1F10:1:OK:OK\nssp:OK:vios2:9009-42A078A1F10:2:OK:OK\nssp:OK:vios1:9009-42A078A1F20:1:OK:OK\n"},
		{"cluster -status -clustername ssp", "=Cluster Name         State\nssp                  OK\n\n    Node Name        MTM                Partition Num State  Pool State\n    vios1            9009-42A078A1F10   1             OK     OK\n    vios2            9009-42A078A1F10   2             OK     OK\n    vios1            9009-42A078A1F20   1             OK     OK\n"},
		{"cluster -status -clustername other", "!other"},
		{"cluster -status", "!Usage"},
		{"cluster -create -clustername x", "!-create"},
		{"SysB/vios2: lssp -clustername ssp", "!does not exist on this node"},
		{"lssp -clustername ssp -field pool size free total overcommit lus type -fmt :", "=pool1:51200:50176:10240:0:1:CLPOOL\n"},
		{"lssp -clustername ssp", "POOL_NAME:       pool1\nPOOL_SIZE:       51200\nFREE_SPACE:      50176\nTOTAL_LU_SIZE:   10240\nOVERCOMMIT_SIZE: 0\nTOTAL_LUS:       1\nPOOL_TYPE:       CLPOOL\nPOOL_ID:         "},
		{"lssp -clustername ssp -sp pool1 -bd", "=Lu Name          Size(mb)    ProvisionType    %Used Unused(mb)  Lu Udid\nboot1            10240       THIN             10%   9216        4eddf7c7a1b2c3d4e5f60718293a4b5c\n"},
		{"lssp -clustername ssp -sp nothing -bd", "!does not exist"},
		{"lssp -clustername ssp -sp pool1", "!Usage"},
		// The disks of the pool are nobody else's.
		{"mkvdev -vdev hdisk3 -vadapter vhost0", "!in use by the shared storage pool pool1"},
		{"mksp other hdisk3", "!0516-1398"},
		{"rmdev -dev hdisk3", "!0514-062"},
		{"lspv -free -field name -fmt :", "=hdisk2\n"},
		// A unit, in the older form.
		{"mkbdsp -clustername ssp -sp pool1 40G -bd lu1 -vadapter vhost0 -tn t1", "Assigning file \"lu1\" as a backing device.\n\nVTD:t1\n"},
		{"mkbdsp -clustername ssp -sp pool1 1G -bd lu1", "!already used"},
		{"mkbdsp -clustername ssp -sp pool1 60G -bd lu2 -thick", "!enough free space: 50176 MB, required: 61440 MB"},
		{"mkbdsp -clustername ssp -sp pool1 1 -bd lu2", "!Size"},
		{"mkbdsp -clustername ssp -sp pool1 1G -bd a/b", "!not valid"},
		{"mkbdsp -clustername ssp -sp pool1 1G -bd lu2 -vadapter vhost9", "!vhost9"},
		{"mkbdsp -clustername ssp 1G -bd lu2", "!Usage"},
		{"mkbdsp -clustername nothing -sp pool1 1G -bd lu2", "!does not exist"},
		{"lsmap -all -type cl_disk -field vtd backing -fmt :", "t1:lu1."},
		{"lssp -clustername ssp -field total overcommit lus -fmt :", "=51200:0:2\n"},
		{"mkbdsp -clustername ssp -sp pool1 -bd lu1 -vadapter vhost0", "!already being used"},
		{"SysA/vios2: mkbdsp -clustername ssp -sp pool1 -bd lu1 -vadapter vhost0", "Assigning file \"lu1\" as a backing device.\n\nVTD:vtscsi1\n"},
		{"rmbdsp -clustername ssp -sp pool1 -bd lu1", "!is mapped by \"vtscsi1\" on vios2"},
		{"SysA/vios2: rmvdev -vtd vtscsi1", "=vtscsi1 deleted\n"},
		{"rmbdsp -clustername ssp -sp pool1 -bd lu1", "t1 deleted\nLogical unit lu1 with udid"},
		{"rmbdsp -clustername ssp -sp pool1 -bd lu1", "!does not exist"},
		{"mkbdsp -clustername ssp -sp pool1 40G -bd thick -thick", "Lu Name:thick\nLu Udid:"},
		{"lssp -clustername ssp -field free -fmt :", "=9216\n"},
		{"rmbdsp -clustername ssp -sp pool1 -bd thick", "removed"},
		// The newer form.
		{"lu -create -clustername ssp -lu lu3 -size 5G", "Lu Name:lu3\nLu Udid:"},
		{"lu -create -clustername ssp -lu lu3 -size 5G", "!already used"},
		{"lu -create -clustername ssp -lu lu4", "!Usage"},
		{"lu -list", "POOL_NAME: pool1\nTIER_NAME: SYSTEM\nLU_NAME                 SIZE(MB)    UNUSED(MB)  UDID\nboot1                   10240       9216        4eddf7c7a1b2c3d4e5f60718293a4b5c\nlu3                     5120        5120        "},
		{"lu -list -field lu_name size provision_type -fmt :", "=boot1:10240:THIN\nlu3:5120:THIN\n"},
		{"lu -map -clustername ssp -lu lu3 -vadapter vhost0 -vtd t3", "=Assigning logical unit 'lu3' as a backing device.\n\nVTD:t3\n"},
		{"lu -map -clustername ssp -luudid 4eddf7c7a1b2c3d4e5f60718293a4b5c -vadapter vhost0", "VTD:vtscsi1\n"},
		{"lu -map -clustername ssp -lu nothing -vadapter vhost0", "!does not exist"},
		{"lu -map -clustername ssp -lu lu3", "!Usage"},
		{"SysB/vios1: lu -remove -clustername ssp -lu lu3", "!is mapped by \"t3\""},
		{"lu -remove -clustername ssp -lu lu3", "!is mapped by \"t3\""},
		{"lsmap -all -type cl_disk -field vtd backing lun -fmt :", ":vtscsi1:boot1.4eddf7c7a1b2c3d4e5f60718293a4b5c:0x8300000000000000\n"},
		{"lu -unmap -clustername ssp -lu boot1", "=vtscsi1 deleted\n"},
		{"lu -unmap -clustername ssp -lu boot1", "!not a backing device"},
		{"lu -unmap -clustername ssp -lu lu3 -vtd t3", "=t3 deleted\n"},
		{"lu -remove -clustername ssp -lu lu3", "is removed"},
		{"lu -resize -clustername ssp -lu lu3", "!-resize"},
		{"lu -create -remove -clustername ssp -lu lu3 -size 1G", "!Usage"},
	})
}

// What a partition's disk is decides whether it can move.
func TestStorageMobility(t *testing.T) {
	const validate = "hmc1: migrlpar -o v -m SysA -t SysB -p lp1"
	lone := func(s string) string { // lp1 has one adapter, and only a unit on it
		s = withCluster(s)
		i := strings.Index(s, "    vscsi {\n      slot        = 4")
		j := strings.Index(s, "  partition \"my lpar;2\"")
		return s[:i] + "    vscsi {\n      slot        = 4\n      server_id   = 1\n      server_slot = 21\n      disk \"boot1\" {\n        kind = \"cl_disk\"\n      }\n    }\n  }\n" + s[j:]
	}
	l := startTwins(t, lone)
	walk(t, l, []step{
		{validate, ""},
		{"mklv -lv data rootvg 1G", "data"},
		{"mkvdev -vdev data -vadapter vhost0", "vtscsi1 Available"},
		{validate, "!HSCLA27C Getting the physical device location of vtscsi1 on vios1 failed: data is not a whole disk."},
		{"rmvdev -vdev data", "deleted"},
		{"mksp -fb fb -sp rootvg -size 2G", "fb"},
		{"mkbdsp -sp fb 1G -bd f1 -vadapter vhost0", "vtscsi1 Available"},
		{validate, "!/var/vio/storagepools/fb/f1 is not a whole disk."},
		{"rmbdsp -sp fb -bd f1", "removed"},
		{"mkrep -sp rootvg -size 2G", "Created"},
		{"mkvopt -name m -size 1G", "="},
		{"mkvdev -fbo -vadapter vhost0", "vtopt0"},
		{validate, ""},
		{"loadopt -disk m -vtd vtopt0", "="},
		{validate, "!HSCLA917"},
		{"unloadopt -vtd vtopt0", "="},
		{"mkvdev -vdev cd0 -vadapter vhost0", "vtopt1"},
		{validate, "!cd0 is not a whole disk."},
		{"rmvdev -vtd vtopt1", "deleted"},
		{"hmc1: migrlpar -o m -m SysA -t SysB -p lp1", ""},
		{"SysB/vios1: lsmap -all -type cl_disk -field backing -fmt :", "=boot1.4eddf7c7a1b2c3d4e5f60718293a4b5c\n"},
		{"SysA/vios1: lsmap -all -type cl_disk", "="},
		{"SysB/vios1: lssp -clustername ssp -field lus -fmt :", "=1\n"},
	})
	// Without a node on the destination there is nowhere to go.
	l = startTwins(t, lone, func(s string) string { return strings.Replace(s, `, "b/vios1"]`, `]`, 1) })
	walk(t, l, []step{{validate, "!HSCLA24E"}})
}

func TestStorageMobilityIVM(t *testing.T) {
	for name, c := range map[string]struct{ disk, want string }{
		"unit":    {`disk "u1"`, ""},
		"file":    {`disk "/var/vio/storagepools/fb/f1"`, "whole disk"},
		"volume":  {`disk "fbx"`, "whole disk"},
		"drive":   {`disk "cd0"`, "whole disk"},
		"medium":  {`disk "/var/vio/VMLibrary/m"`, "media loaded"},
		"foreign": {`disk "u2"`, "no access to the logical unit u2."},
	} {
		t.Run(name, func(t *testing.T) {
			l := startLab(t, 2000, func(s string) string {
				s = strings.Replace(s, "      disk \"hdisk2\" {", "      "+c.disk+" {", 1)
				for _, v := range []string{"uli13", "uli14"} {
					i := strings.Index(s, `vios "`+v+`" {`)
					j := i + strings.Index(s[i:], `      volume "hd_system" {`)
					s = s[:j] + "      volume \"fbx\" {\n pps = 1\n }\n volume \"fb\" {\n pps = 9\n use = \"file_pool\"\n file \"f1\" {\n size_mb = 10\n }\n }\n volume \"VMLibrary\" {\n pps = 9\n use = \"media_library\"\n file \"m\" {\n size_mb = 10\n }\n }\n" + s[j:]
					s = s[:i] + strings.Replace(s[i:], "mirrored = false", "mirrored = false\n drives = { \"cd0\" = 1 }\n luns = [\""+v+"x\"]\n zoned = [\"both\"]", 1)
				}
				clusters := `
lun "uli13x" {
  wwpn    = "5005076303030054"
  id      = "4011400100000001"
  size_mb = 1000
}
lun "uli14x" {
  wwpn    = "5005076303030054"
  id      = "4011400100000002"
  size_mb = 1000
}
lun "both" {
  wwpn    = "5005076303030054"
  id      = "4011400100000003"
  size_mb = 1000
}
cluster "one" {
  nodes = ["uli13/uli13", "uli14/uli14"]
  pool  = "p"
  disks = ["both"]
  logical_unit "u1" {
    size_mb = 100
  }
}
`
				if c.want == "no access to the logical unit u2." {
					clusters = strings.Replace(strings.Replace(clusters, `, "uli14/uli14"`, "", 1), `"u1"`, `"u2"`, 1)
				}
				s = strings.ReplaceAll(s, " zoned = [\"both\"]", "")
				s = strings.ReplaceAll(s, "luns = [\"uli13x\"]", "luns = [\"uli13x\", \"both\"]")
				s = strings.ReplaceAll(s, "luns = [\"uli14x\"]", "luns = [\"uli14x\", \"both\"]")
				return s + clusters
			})
			_, errs, rc := l.Run("uli13", strings.Replace(migrate, "-o m", "-o v", 1))
			if c.want == "" && rc != 0 || c.want != "" && (rc == 0 || !strings.Contains(errs, c.want)) {
				t.Errorf("want %q, got [%d] %s", c.want, rc, errs)
			}
			if c.want == "" {
				must(t, l, "uli13", migrate)
				if out := must(t, l, "uli14", "lsmap -all -type cl_disk -field backing -fmt :"); !strings.HasPrefix(out, "u1.") {
					t.Error(out)
				}
			}
		})
	}
}

func TestStorageScenarioErrors(t *testing.T) {
	good := withCluster(twinsText())
	for _, c := range []struct{ old, new, want string }{
		{`"b/vios1"]`, `"b/vios9"]`, "there is no vios"},
		{`"b/vios1"]`, `"a/vios1"]`, "node already"},
		{`disks = ["l3"]`, `disks = ["l9"]`, "no lun"},
		{`disks = ["l3"]`, `disks = []`, "not enough"},
		{`disks = ["l3"]`, `disks = ["l1"]`, "no free hdisk"},
		{`disks = ["l3"]`, "disks = [\"l3\"]\n  repository = \"l3\"", "has it already"},
		{"size_mb = 10240", "size_mb = 0", "not valid"},
		{"used_mb = 1024", "used_mb = 102400", "not valid"},
		{"used_mb = 1024", "thick = true\n    used_mb = 99\n  }\n  logical_unit \"b\" {\n    size_mb = 90000\n    thick = true", "not enough"},
		{"total_pps  = 558", "total_pps = 558\n volume \"x\" {\n pps = 559\n }", "physical partitions"},
		{"total_pps  = 558", "total_pps = 558\n volume \"x\" {\n pps = 1\n use = \"swap\"\n }", "use is"},
		{"total_pps  = 558", "total_pps = 558\n volume \"x\" {\n pps = 1\n file \"a\" {\n size_mb = 1\n }\n }", "needs a use"},
		{"total_pps  = 558", "total_pps = 558\n volume \"x\" {\n pps = 1\n use = \"file_pool\"\n file \"a\" {\n size_mb = 1024\n }\n }", "the files need"},
		{"total_pps  = 558", "total_pps = 558\n volume \"x\" {\n pps = 1\n use = \"media_library\"\n }\n volume \"y\" {\n pps = 1\n use = \"media_library\"\n }", "more than one media library"},
		{"total_pps  = 558", "total_pps = 558\n volume \"hdisk0\" {\n pps = 1\n }", "declared twice"},
		{"drives = {", "default_pool = \"x\"\n drives = {", "default_pool"},
		{`location = "U78D3.001.WZS00XX-P1-C5-T2"`, "base = \"ent0\"", "base and tag"},
		{`location = "U78D3.001.WZS00XX-P1-C5-T2"`, "base = \"ent99\"\n tag = 5", "no base"},
		{`location = "U78D3.001.WZS00XX-P1-C5-T2"`, `aggregate = ["ent9"]`, "no physical ethernet"},
		{"virtual = [\"ent4\"]", "virtual = [\"ent4\"]\n attributes = { thread = \"5\"}", "cannot be"},
		{"virtual = [\"ent4\"]", "virtual = [\"ent4\"]\n ha_mode = \"\"", "ha_mode"},
		{"pp_size_mb = 1024", "pp_size_mb = 0", "pp_size_mb"},
		{"virtual = [\"ent4\"]", "virtual = [\"ent4\"]\n ctl_chan = \"ent9\"", "no ethernet"},
		{`disk "hdisk1" {}`, `disk "boot2" { kind = "cl_disk" }`, "no logical unit"},
		{`disk "hdisk1" {}`, `disk "/var/vio/storagepools/a/b" {}`, "no file"},
		{`disk "hdisk1" {}`, `disk "cd9" { kind = "optical" }`, "no optical drive"},
	} {
		if !strings.Contains(good, c.old) {
			t.Errorf("the scenario does not hold %s", c.old)
			continue
		}
		if _, err := Parse([]byte(strings.Replace(good, c.old, strings.ReplaceAll(strings.ReplaceAll(c.new, "{ kind", "{\n kind"), "\" }", "\"\n }"), 1)), "f.hcl"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nwant %q, got %v", c.new, c.want, err)
		}
	}
	if _, err := Parse([]byte(good), "f.hcl"); err != nil {
		t.Error(err)
	}
}

// The listings of bridges as they were captured (ivm-cli.md, section 10.4).
func TestCapturedBridges(t *testing.T) {
	const server = `
  vios "vNAME" {
    id        = ID
    level     = "2.2.6.10"
    memory    = [1024, 2048, 4096]
    procs     = [1, 1, 2]
    max_slots = 100
    ethernet "REAL" {
      location = "PORT"
    }
    ethernet "VIRTUAL" {
      slot  = SLOT
      vlan  = 20
      trunk = ID
    }
    sea "BRIDGE" {
      real    = "REAL"
      virtual = ["VIRTUAL"]
      vlan    = 20
    }
  }
`
	system := func(tm, serial string, vios ...string) string {
		return fmt.Sprintf("system %q {\n  name = %q\n  type_model = %q\n  serial = %q\n  memory_mb = 65536\n  firmware_mb = 1024\n  region_mb = 64\n  processors = 8\n  compat_modes = [\"default\"]\n%s}\n",
			serial, serial, tm, serial, strings.NewReplacer(vios...).Replace(server))
	}
	l := startText(t, system("9117-570", "65E12FB", "NAME", "2", "ID", "2", "REAL", "ent3", "VIRTUAL", "ent12", "BRIDGE", "ent13", "SLOT", "20", "PORT", "U7311.D20.651372C-P1-C01-T2")+
		system("8204-E8A", "06A85B2", "NAME", "13", "ID", "13", "REAL", "ent1", "VIRTUAL", "ent3", "BRIDGE", "ent10", "SLOT", "11", "PORT", "U7311.D20.06168AC-P1-C06-T1")+
		"hmc \"hmc1\" {\n  systems = [\"65E12FB\", \"06A85B2\"]\n}\n")
	walk(t, l, []step{
		{"65E12FB/v2: lsmap -all -net", `=SVEA   Physloc
------ --------------------------------------------
ent12  U9117.570.65E12FB-V2-C20-T1

SEA                   ent13
Backing device        ent3
Status                Available
Physloc               U7311.D20.651372C-P1-C01-T2

`},
		{"06A85B2/v13: lsmap -all -net -fmt :", "=ent3:U8204.E8A.06A85B2-V13-C11-T1:ent10:ent1:Available:U7311.D20.06168AC-P1-C06-T1\n"},
		{"65E12FB/v2: rmdev -dev ent13", "=ent13 deleted\n"},
		{"65E12FB/v2: lsmap -all -net", "ent12  U9117.570.65E12FB-V2-C20-T1\n\nSEA                   NO SHARED ETHERNET ADAPTER FOUND\n"},
	})
}

// A blade keeps its storage and bridges when the estate is saved.
func TestSaveStorageIVM(t *testing.T) {
	l := startLab(t, 1000, func(s string) string {
		return strings.Replace(s, "mirrored = false", "mirrored = false\n drives = { \"cd0\" = 5 }\n files = { \"/home/padmin/a.iso\" = 7 }", 1)
	})
	for _, line := range []string{"mklv -lv data rootvg 1G", "mkvdev -vdev data -vadapter vhost1", "mksp -fb fb -sp rootvg -size 1G", "mkbdsp -sp fb 100M -bd f1 -vadapter vhost1", "chsp -default fb",
		"mkrep -sp rootvg -size 1G", "mkvopt -name a -file a.iso -ro", "mkvdev -fbo -vadapter vhost1", "loadopt -disk a -vtd vtopt0", "mkvdev -vdev cd0 -vadapter vhost1", "chdev -dev ent8 -attr jumbo_frames=yes",
		"mkvdev -vlan ent8 -tagid 9"} {
		must(t, l, "uli13", line)
	}
	lists := func() string {
		return must(t, l, "uli13", "lsmap -all; lsmap -all -net; lsdev; lssp; lssp -default; lssp -bd -sp fb; lssp -bd -sp rootvg; lsrep; lsvopt; lsvg -lv rootvg; lsdev -dev ent8 -attr; lslv data")
	}
	before := lists()
	first, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Parse(first, "first")
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	if err := l.Replace(sc); err != nil {
		t.Fatal(err)
	}
	if after := lists(); after != before {
		t.Errorf("not the same:%s", difference(before, after))
	}
	if second, _ := l.Save(); string(second) != string(first) {
		t.Errorf("not the same:%s", difference(string(first), string(second)))
	}
}

// Two sessions over SSH: the device database has one writer, and nothing is asked through viosvrcmd.
func TestStorageOverSSH(t *testing.T) {
	l := startLab(t, 1000)
	c, err := client(t, l, "uli13")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []struct {
		line, out, errs string
		rc              int
	}{
		{"ioscli mklv -lv data rootvg 1G", "data\n", "", 0},
		{"ioscli mklv -lv data rootvg 1G", "", viosRemark + "0516-360 mklv: The device name data is already used; choose a different name.\n0516-822 mklv: Unable to create logical volume.\n", 1},
		{"ioscli lslv data -field pps ppsize -fmt :", "8:128 megabyte(s)\n", "", 0},
		{"ioscli lsrep", "", "The DVD repository has not been created yet.\n", 1},
		{"lssp | awk 'NR>1 {print $1, $6}'", "rootvg LVPOOL\n", "", 0},
		{"cluster -list", "", "", 0},
		{"lu -list", "", "Cluster \"\" does not exist on this node.\n", 1},
	} {
		if out, errs, rc := remote(t, c, s.line); out != s.out || errs != s.errs || rc != s.rc {
			t.Errorf("$ %s\n[%d] %q %q", s.line, rc, out, errs)
		}
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	session.Stdin = strings.NewReader("yes\n")
	if out, err := session.Output("ioscli rmlv data"); err != nil || !strings.HasSuffix(string(out), "rmlv: Logical volume data is removed.\n") {
		t.Errorf("%v %q", err, out)
	}
}

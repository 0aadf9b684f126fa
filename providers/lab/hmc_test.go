package lab

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// twins are two systems under one console, a third one under another console, and a blade with its own manager. Nothing
// takes time, so that every answer is final.
const twins = `
lab {
  start          = "2026-03-02T08:00:00Z"
  boot           = "0s"
  rmc            = "0s"
  shutdown       = "0s"
  power_off      = "0s"
  validate       = "0s"
  suspend        = "0s"
  linger         = "0s"
  migration_rate = 1099511627776
  latency        = 0
}
LUNS
system "a" {
  name         = "SysA"
  type_model   = "9009-42A"
  serial       = "78A1F10"
  memory_mb    = 131072
  firmware_mb  = 4096
  region_mb    = 256
  processors   = 20
  min_units_per_virtual_processor = 0.05
  compat_modes = ["default", "POWER7", "POWER8", "POWER9"]
  address      = "10.1.0.11"
  processor_pool "Pool1" {
    id  = 1
    max = 4
  }
  virtual_switch "DMZ" {}
  sriov_adapter "U78D3.001.WZS001A-P1-C4" {
    id        = 1
    drc_index = "21010020"
    port {
      id = 0
    }
    port {
      id   = 1
      type = "roce"
    }
  }
  io_slot "U78D3.001.WZS001A-P1-C4" {
    drc_index   = "21010020"
    bus         = 20
    description = "PCIe3 4-Port SR-IOV Ethernet Adapter"
  }
  io_slot "U78D3.001.WZS001A-P1-C9" {
    drc_index   = "21030012"
    bus         = 48
    description = "PCIe3 x8 SAS RAID Adapter"
  }
VIOS
  partition "lp1" {
    id       = 10
    state    = "Running"
    address  = "10.1.1.10"
    os_version = "AIX 7.2 7200-05-03-2148"
    memory   = [1024, 4096, 8192]
    units    = [0.1, 0.5, 2]
    procs    = [1, 2, 4]
    ethernet {
      slot = 2
      vlan = 10
    }
    vscsi {
      slot        = 4
      server_id   = 1
      server_slot = 21
      disk "hdisk1" {}
    }
    vscsi {
      slot        = 5
      server_id   = 2
      server_slot = 21
      disk "hdisk1" {}
    }
    vfc {
      slot        = 6
      server_id   = 1
      server_slot = 22
      port        = "fcs0"
    }
  }
  partition "my lpar;2" {
    id     = 11
    memory = [1024, 2048, 4096]
    units  = [0.1, 0.2, 1]
    procs  = [1, 1, 2]
    ethernet {
      slot  = 2
      vlan  = 10
      vlans = [20, 30]
    }
  }
}
system "b" {
  name         = "SysB"
  type_model   = "9009-42A"
  serial       = "78A1F20"
  memory_mb    = 131072
  firmware_mb  = 4096
  region_mb    = 256
  processors   = 20
  compat_modes = ["default", "POWER7", "POWER8", "POWER9"]
VIOS
}
system "c" {
  name         = "SysC"
  type_model   = "9119-MME"
  serial       = "21296V0"
  memory_mb    = 65536
  firmware_mb  = 2048
  region_mb    = 256
  processors   = 8
  compat_modes = ["default", "POWER7", "POWER8"]
VIOS
}
system "blade" {
  name         = "Server-7998-61X-SN100390A"
  type_model   = "7998-61X"
  serial       = "100390A"
  memory_mb    = 32768
  firmware_mb  = 768
  region_mb    = 256
  processors   = 4
  compat_modes = ["default", "POWER6", "POWER7", "POWER8", "POWER9"]
  vios "ivm1" {
    id     = 1
    level  = "2.2.6.10"
    memory = [1024, 2048, 4096]
    units  = [0.1, 0.4, 2]
    procs  = [1, 1, 2]
    fc "fcs0" {
      location = "U78A5.001.WIH0402-P1-C6-T1"
      wwpn     = "10000000C9000001"
      npiv     = true
    }
    hdisk "hdisk0" {
      location = "U78A5.001.WIH0402-P1-D1"
      size_mb  = 140000
    }
    hdisk "hdisk1" {
      lun            = "l1"
      reserve_policy = "no_reserve"
    }
    ethernet "ent0" {
      location = "U78A5.001.WIH0402-P1-T6"
    }
    ethernet "ent4" {
      slot  = 3
      vlan  = 10
      trunk = 1
      ieee  = true
    }
    sea "ent6" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 10
    }
  }
}
hmc "hmc1" {
  systems = ["a", "b"]
  address = "10.1.0.1"
  trusts  = ["hmc2", "ivm1"]
  user "hscroot" {
    password = "abc123"
  }
  user "watcher" {
    password = "abc123"
    role     = "hmcviewer"
  }
}
hmc "hmc2" {
  systems = ["c"]
  address = "10.1.0.2"
  trusts  = ["hmc1"]
  user "hscroot" {
    password = "abc123"
  }
}
ivm "ivm1" {
  system = "blade"
  trusts = ["hmc1"]
  user "padmin" {
    password = "padmin"
  }
}
`

// twinVIOS are the two Virtual I/O Servers of a system; each sees the same disks.
func twinVIOS(n int) string {
	var b strings.Builder
	for v := 1; v <= 2; v++ {
		fmt.Fprintf(&b, `
  vios "vios%d" {
    id           = %d
    level        = "3.1.4.21"
    address      = "10.1.%d.%d"
    msp          = true
    profile_name = "normal"
    memory       = [1024, 4096, 8192]
    units        = [0.1, 0.5, 2]
    procs        = [1, 2, 4]
    max_slots    = 200
    fc "fcs0" {
      location = "U78D3.001.WZS00%d%d-P1-C3-T1"
      wwpn     = "10000090FA%d%d00A0"
      npiv     = true
    }
    hdisk "hdisk0" {
      location = "U78D3.001.WZS00%d%d-P1-D1"
      size_mb  = 572325
      pvid     = "00f78a1f%d%d5cb1a0"
    }
    hdisk "hdisk1" {
      lun            = "l1"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk2" {
      lun            = "l2"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk3" {
      lun = "l3"
    }
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS00%d%d-P1-C4-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20, 30]
      trunk = %d
    }
    sea "ent6" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 10
    }
  }
`, v, v, n, v, n, v, n, v, n, v, n, v, n, v, v)
	}
	return b.String()
}

func twinsText() string {
	luns := ""
	for i := 1; i <= 3; i++ {
		luns += fmt.Sprintf("lun \"l%d\" {\n  wwpn      = \"5005076303030053\"\n  id        = \"401140%02d00000000\"\n  size_mb   = 51200\n  unique_id = \"3321360050768000000000000000000%d04214503IBMfcp\"\n}\n", i, i, i)
	}
	text := strings.Replace(twins, "LUNS", luns, 1)
	for n := 1; n <= 3; n++ {
		text = strings.Replace(text, "VIOS\n", twinVIOS(n), 1)
	}
	return text
}

// startText runs a scenario at a speed at which seconds do not count.
func startText(t testing.TB, text string, edit ...func(string) string) *Lab {
	t.Helper()
	for _, f := range edit {
		text = f(text)
	}
	sc, err := Parse([]byte(text), "test.hcl")
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

func startTwins(t testing.TB, edit ...func(string) string) *Lab {
	t.Helper()
	return startText(t, twinsText(), edit...)
}

// everyList are commands whose answers are the whole of what a console shows of a system.
var everyList = []string{
	"lssyscfg -r sys -m %s",
	"lssyscfg -r lpar -m %s -F --header",
	"lssyscfg -r lpar -m %s",
	"lssyscfg -r prof -m %s",
	"lssyscfg -r prof -m %s --lastvalidcfg",
	"lshwres -r mem --level sys -m %s -F",
	"lshwres -r mem --level lpar -m %s",
	"lshwres -r proc --level sys -m %s -F",
	"lshwres -r proc --level lpar -m %s",
	"lshwres -r procpool -m %s",
	"lshwres -r io --rsubtype slot -m %s",
	"lshwres -r virtualio --rsubtype eth --level lpar -m %s -F",
	"lshwres -r virtualio --rsubtype scsi --level lpar -m %s",
	"lshwres -r virtualio --rsubtype fc --level lpar -m %s",
	"lshwres -r virtualio --rsubtype serial --level lpar -m %s",
	"lshwres -r virtualio --rsubtype slot --level lpar -m %s",
	"lshwres -r virtualio --rsubtype slot --level slot -m %s",
	"lshwres -r virtualio --rsubtype vswitch -m %s",
	"lshwres -r virtualio --rsubtype vnetwork -m %s",
	"lshwres -r virtualio --rsubtype vnic -m %s",
	"lshwres -r virtualio --rsubtype vnicbkdev -m %s",
	"lshwres -r sriov --rsubtype logport -m %s",
	"lslparmigr -r lpar -m %s",
	"lslparmigr -r sys -m %s",
	"lsrefcode -r lpar -m %s -F lpar_name,refcode",
	"lslabelvios -r fcport -m %s",
	"viosvrcmd -m %s --id 1 -c 'lsmap -all'",
	"viosvrcmd -m %s --id 2 -c 'lsmap -all'",
	"viosvrcmd -m %s --id 1 -c 'lsmap -all -npiv'",
	"viosvrcmd -m %s --id 1 -c 'lsmap -all -net'",
	"viosvrcmd -m %s --id 1 -c 'lsdev'",
	"viosvrcmd -m %s --id 2 -c 'lsdev -virtual'",
	"viosvrcmd -m %s --id 1 -c 'lspv'",
	"viosvrcmd -m %s --id 1 -c 'lsvg -lv rootvg'",
	"viosvrcmd -m %s --id 1 -c 'lsdev -dev hdisk3 -attr reserve_policy'",
	"viosvrcmd -m %s --id 2 -c 'lsmap -all -net'",
	"viosvrcmd -m %s --id 2 -c 'lsdev'",
	"viosvrcmd -m %s --id 1 -c 'lssp'",
	"viosvrcmd -m %s --id 1 -c 'lssp -default'",
	"viosvrcmd -m %s --id 1 -c 'lssp -bd -sp fb'",
	"viosvrcmd -m %s --id 1 -c 'lssp -bd -sp rootvg'",
	"viosvrcmd -m %s --id 1 -c 'lsvg'",
	"viosvrcmd -m %s --id 1 -c 'lsvg data'",
	"viosvrcmd -m %s --id 1 -c 'lsrep'",
	"viosvrcmd -m %s --id 1 -c 'lsvopt'",
	"viosvrcmd -m %s --id 1 -c 'cluster -list'",
	"viosvrcmd -m %s --id 1 -c 'cluster -status -clustername ssp'",
	"viosvrcmd -m %s --id 1 -c 'lssp -clustername ssp'",
	"viosvrcmd -m %s --id 2 -c 'lssp -clustername ssp -sp pool1 -bd'",
	"viosvrcmd -m %s --id 1 -c 'lu -list'",
	"viosvrcmd -m %s --id 1 -c 'lsdev -dev ent6 -attr'",
	"viosvrcmd -m %s --id 1 -c 'lsdev -dev ent3 -attr'",
	"viosvrcmd -m %s --id 1 -c 'entstat -all ent6'",
	"viosvrcmd -m %s --id 2 -c 'entstat -all ent6'",
}

var clockRe = regexp.MustCompile(`\d\d/\d\d/\d{4} \d\d:\d\d:\d\d|Elapsed Time: .*`)

// snapshot is what the lists of some systems answer, without clocks.
func snapshot(l *Lab, console string, systems ...string) map[string]string {
	out := map[string]string{}
	for _, s := range systems {
		for _, format := range everyList {
			line := fmt.Sprintf(format, s)
			text, errs, rc := l.Run(console, line)
			out[line] = fmt.Sprintf("%s%s[%d]", clockRe.ReplaceAllString(text, "TIME"), errs, rc)
		}
	}
	for _, line := range []string{"lshmcusr", "lshmc -V", "lssysconn -r all"} {
		text, _, _ := l.Run(console, line)
		out[line] = text
	}
	return out
}

// settle lets everything happen that is due.
func settle(l *Lab) {
	for range 100 {
		l.mu.Lock()
		at, more := l.estate.nextEvent()
		if more {
			l.estate.advance(at)
		}
		l.mu.Unlock()
		if !more {
			return
		}
	}
}

// hmcRandom is a random command that is often valid.
func hmcRandom(rt *rapid.T) string {
	pick := func(name string, list ...string) string { return rapid.SampledFrom(list).Draw(rt, name) }
	num := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(rt, name) }
	sys := pick("system", "SysA", "SysA", "SysA", "SysB")
	lpar := pick("lpar", "lp1", "'my lpar;2'", "vios1", "vios2", "new1", "new2", "vnew")
	slot := num("slot", 2, 31)
	switch num("kind", 0, 37) {
	case 0, 1:
		return fmt.Sprintf("mksyscfg -r lpar -m %s -i 'name=%s,profile_name=p%d,lpar_env=aixlinux,min_mem=256,desired_mem=%d,max_mem=8192,proc_mode=shared,sharing_mode=%s,min_procs=1,desired_procs=2,max_procs=4,min_proc_units=0.1,desired_proc_units=0.5,max_proc_units=2.0,max_virtual_slots=40,\"virtual_eth_adapters=\"\"%d/1/10/20,30/0/0/%s//all/none\"\"\",virtual_scsi_adapters=4/client//vios1/%d/0'",
			sys, pick("new", "new1", "new2"), num("prof", 1, 2), 256*num("mem", 1, 32), pick("share", "cap", "uncap"), 10+slot%10, pick("switch", "ETHERNET0", "ETHERNET0"), 30+slot)
	case 2:
		return fmt.Sprintf("mksyscfg -r lpar -m %s -i 'name=vnew,profile_name=default,lpar_env=vioserver,min_mem=1024,desired_mem=2048,max_mem=4096,proc_mode=ded,sharing_mode=%s,min_procs=1,desired_procs=2,max_procs=4,max_virtual_slots=100,msp=1'", sys, pick("share", "keep_idle_procs", "share_idle_procs_always"))
	case 3:
		return fmt.Sprintf("mksyscfg -r prof -m %s -i 'name=q%d,lpar_name=%s,min_mem=256,desired_mem=1024,max_mem=2048,proc_mode=ded,sharing_mode=share_idle_procs,min_procs=1,desired_procs=1,max_procs=2,boot_mode=sms,mem_expansion=1.5,hpt_ratio=1:128'", sys, num("q", 1, 2), strings.Trim(lpar, "'"))
	case 4:
		return fmt.Sprintf("mksyscfg -r prof -m %s -o save -p %s -n %s --force", sys, lpar, pick("prof", "saved", "normal", "p1"))
	case 5:
		return fmt.Sprintf("chsyscfg -r lpar -m %s -i 'name=%s,%s'", sys, strings.Trim(lpar, "'"), pick("attr", "description=a b/c; \\$x %{y}", "msp=0", "time_ref=1", "sync_curr_profile=1",
			"sync_curr_profile=0", "migration_disabled=1", "work_group_id=3", "allow_perf_collection=1", "lpar_avail_priority=200", "power_ctrl_lpar_ids=none", "default_profile=saved",
			"default_profile=q1", "auto_start=1", "shared_proc_pool_util_auth=1", "affinity_group_id=4", "simplified_remote_restart_capable=1", "keystore_kbytes=64", "secure_boot=2"))
	case 6:
		return fmt.Sprintf("chsyscfg -r prof -m %s -i 'name=%s,lpar_name=%s,%s'", sys, pick("prof", "normal", "p1", "q1", "saved", "lp1", "my lpar;2"), strings.Trim(lpar, "'"), pick("attr",
			"desired_mem=2048", "io_slots+=21030012//0", "io_slots=none", "max_virtual_slots=300", "uncap_weight=7", "shared_proc_pool_id=1", "boot_mode=of", "auto_start=1", "conn_monitoring=1",
			"lpar_proc_compat_mode=POWER8", "desired_num_huge_pages=1,max_num_huge_pages=2", "virtual_eth_adapters+=17/0/30//0/1", "virtual_fc_adapters+=18/client//vios2/77//0",
			"virtual_scsi_adapters+=19/server/any//any/1", "virtual_scsi_adapters=none", "virtual_fc_adapters=none", "redundant_err_path_reporting=1", "all_resources=0",
			"sriov_eth_logical_ports=none", "\"virtual_scsi_adapters=8/client//vios1/55/1,9/client//vios2/56/0\"", "new_name=renamed", "power_ctrl_lpar_ids=none", "hpt_ratio=1:512"))
	case 7:
		return fmt.Sprintf("chsyscfg -r lpar -m %s -o apply -p %s -n %s", sys, lpar, pick("prof", "normal", "p1", "q1", "lp1"))
	case 8:
		return fmt.Sprintf("rmsyscfg -r lpar -m %s -n %s %s", sys, lpar, pick("how", "", "--vioscfg"))
	case 9:
		return fmt.Sprintf("rmsyscfg -r prof -m %s -p %s -n %s", sys, lpar, pick("prof", "q1", "q2", "saved"))
	case 10, 11:
		return fmt.Sprintf("chsysstate -r lpar -m %s -o on -n %s %s", sys, lpar, pick("prof", "", "-f p1", "-f normal", "-f q1", "-f lp1", "-b sms", "-k manual"))
	case 12, 13:
		return fmt.Sprintf("chsysstate -r lpar -m %s -o %s -n %s", sys, pick("op", "shutdown --immed", "osshutdown", "shutdown", "osshutdown --immed --restart"), lpar)
	case 14:
		return fmt.Sprintf("chhwres -r mem -m %s -o %s -p %s -q %d", sys, pick("op", "a", "r", "s"), lpar, 256*num("mem", 1, 8))
	case 15:
		return fmt.Sprintf("chhwres -r proc -m %s -o %s -p %s --procunits 0.%d", sys, pick("op", "a", "r"), lpar, num("u", 1, 4))
	case 16:
		return fmt.Sprintf("chhwres -r proc -m %s -o s -p %s -a %s", sys, lpar, pick("attr", "uncap_weight=9", "sharing_mode=cap", "sharing_mode=uncap,uncap_weight=200", "shared_proc_pool_id=1"))
	case 17:
		return fmt.Sprintf("chhwres -r virtualio -m %s -o a -p %s --rsubtype eth -s %d -a 'ieee_virtual_eth=1,port_vlan_id=10,\"addl_vlan_ids=40,50\"'", sys, lpar, slot)
	case 18:
		return fmt.Sprintf("chhwres -r virtualio -m %s -o r -p %s -s %d", sys, lpar, slot)
	case 19:
		return fmt.Sprintf("chhwres -r virtualio -m %s -o a -p %s --rsubtype scsi -s %d -a adapter_type=server,remote_lpar_name=%s,remote_slot_num=%s", sys, pick("v", "vios1", "vios2"), slot, pick("who", "new1", "lp1", "any"), pick("rs", "4", "any", "7"))
	case 20:
		return fmt.Sprintf("chhwres -r virtualio -m %s -o a -p %s --rsubtype %s -s %d -a adapter_type=client,remote_lpar_name=%s,remote_slot_num=%d", sys, lpar, pick("sub", "scsi", "fc"), slot, pick("v", "vios1", "vios2"), num("rs", 2, 40))
	case 21:
		return fmt.Sprintf("chhwres -r virtualio -m %s -o a -p vios1 --rsubtype fc -s %d -a adapter_type=server,remote_lpar_name=lp1,remote_slot_num=%d", sys, slot, num("rs", 2, 31))
	case 22:
		return fmt.Sprintf("chhwres -r io -m %s -o %s -p %s -l 21030012", sys, pick("op", "a", "r"), lpar)
	case 23:
		return fmt.Sprintf("chhwres -r virtualio -m %s --rsubtype vnic -o a -p %s -s %d -a 'port_vlan_id=5,auto_priority_failover=1,\"backing_devices=sriov/vios1/1/1/0/2,sriov/vios2/2/1/1/3/60\"'", sys, lpar, slot)
	case 24:
		return fmt.Sprintf("chhwres -r sriov -m %s --rsubtype logport -o a -p %s -a adapter_id=1,phys_port_id=%d,capacity=%d.0,logical_port_type=%s", sys, lpar, num("port", 0, 1), num("cap", 1, 9), pick("type", "eth", "roce"))
	case 25:
		return fmt.Sprintf("viosvrcmd -m %s -p %s -c '%s'", sys, pick("v", "vios1", "vios2"), pick("cmd", "cfgdev", "mkvdev -vdev hdisk2 -vadapter vhost0", "mkvdev -fbo -vadapter vhost0", "rmvdev -vtd vtscsi0",
			"rmdev -dev vhost0 -recursive", "chdev -dev hdisk3 -attr reserve_policy=no_reserve pv=yes", "vfcmap -vadapter vfchost0 -fcp fcs0", "vfcmap -vadapter vfchost0 -fcp", "rmdev -dev hdisk3", "rmdev -dev ent6",
			"mklv -lv data1 rootvg 4G", "mkvdev -vdev data1 -vadapter vhost0", "rmlv -f data1"))
	case 26:
		from, to := "SysA", "SysB"
		if sys == "SysB" {
			from, to = to, from
		}
		return fmt.Sprintf("migrlpar -o m -m %s -t %s -p %s", from, to, lpar)
	case 27:
		return fmt.Sprintf("chhwres -r virtualio --rsubtype vswitch -m %s -o %s --vswitch %s -a switch_mode=%s", sys, pick("op", "a", "r", "s"), pick("sw", "NEW", "DMZ"), pick("mode", "VEB", "VEPA"))
	case 28:
		return fmt.Sprintf("chsyscfg -r sys -m %s -i power_off_policy=%d,power_on_lpar_start_policy=%s", sys, num("p", 0, 1), pick("pol", "userinit", "autostart"))
	}
	if n := num("vios", 0, 7); n > 0 {
		return viosRandom(rt, sys, n)
	}
	return fmt.Sprintf("%s -m %s -p %s", pick("vt", "mkvterm", "rmvterm"), sys, lpar)
}

// viosRandom is a command about the storage or the networks of a Virtual I/O Server.
func viosRandom(rt *rapid.T, sys string, n int) string {
	pick := func(name string, list ...string) string { return rapid.SampledFrom(list).Draw(rt, name) }
	v, host := pick("v", "vios1", "vios1", "vios2"), pick("host", "vhost0", "vhost0", "vhost1")
	line := ""
	switch n {
	case 1:
		line = pick("cmd", "mklv rootvg 4500M", "mklv -lv data1 rootvg 4G", "extendlv data1 1G", "rmlv -f data1", "rmlv -f lv00", "mkvdev -vdev data1 -vadapter "+host, "mkvdev -f -vdev data1 -vadapter "+host,
			"rmvdev -vdev data1 -rmlv", "mkbdsp -sp rootvg 2G -bd data1 -vadapter "+host, "rmbdsp -sp rootvg -bd data1", "rmbdsp -vtd vtscsi1", "mkvdev -vdev cd0 -vadapter "+host)
	case 2:
		line = pick("cmd", "mksp -fb fb -sp rootvg -size 10G", "mkbdsp -sp fb 1G -bd b1 -vadapter "+host, "mkbdsp -sp fb 2500M -bd b2", "mkbdsp -sp fb -bd b2 -vadapter "+host+" -tn named", "rmbdsp -sp fb -bd b1",
			"rmbdsp -vtd named -savebd", "rmsp fb", "rmsp -f fb", "chsp -default fb", "chsp -add -sp fb -size 1G", "mksp data hdisk2", "mkbdsp -sp data 1G -bd inner", "chsp -default data", "rmsp -f data")
	case 3, 4:
		line = pick("cmd", "mkrep -sp rootvg -size 10G", "mkvopt -name m1 -size 1G", "mkvopt -name m2 -file aix.iso -ro", "mkvdev -fbo -vadapter "+host, "mkvdev -fbo -vadapter "+host+" -dev cdrom", "loadopt -vtd vtopt0 -disk m1",
			"loadopt -vtd cdrom -disk m2 -f", "loadopt -vtd vtopt0 -disk m2 -f", "unloadopt -vtd vtopt0", "rmvopt -name m1 -f", "chvopt -name m1 -mv m3", "chvopt -name m2 -access rw", "rmrep -f", "chrep -size 1G")
	case 5:
		line = pick("cmd", "mkbdsp -clustername ssp -sp pool1 5G -bd u1 -vadapter "+host, "mkbdsp -clustername ssp -sp pool1 5G -bd u2 -thick", "mkbdsp -clustername ssp -sp pool1 -bd u2 -vadapter "+host,
			"rmbdsp -clustername ssp -sp pool1 -bd u1", "lu -create -clustername ssp -lu u3 -size 1G", "lu -map -clustername ssp -lu boot1 -vadapter "+host, "lu -unmap -clustername ssp -lu boot1", "lu -remove -clustername ssp -lu u2")
	case 6:
		return fmt.Sprintf("chhwres -r virtualio --rsubtype eth -m %s -o %s -p %s -s %d -a 'ieee_virtual_eth=1,port_vlan_id=%d,is_trunk=1,trunk_priority=%d,\"addl_vlan_ids=%d,%d\"'", sys, pick("op", "a", "a", "s"), v,
			rapid.IntRange(40, 43).Draw(rt, "slot"), rapid.IntRange(40, 43).Draw(rt, "pvid"), rapid.IntRange(1, 2).Draw(rt, "prio"), rapid.IntRange(44, 45).Draw(rt, "a"), rapid.IntRange(46, 47).Draw(rt, "b"))
	default:
		line = pick("cmd", "cfgdev", "mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid "+pick("pvid", "40", "41", "42"), "mkvdev -sea ent1 -vadapter ent3 -default ent3 -defaultid 40 -attr ha_mode=auto jumbo_frames=yes",
			"chdev -dev ent6 -attr ha_mode=auto", "chdev -dev ent6 -attr ha_mode=sharing largesend=0", "chdev -dev ent6 -attr virt_adapters=ent4,ent3", "chdev -dev ent6 -attr accounting=enabled", "rmdev -dev ent6", "rmdev -dev ent3",
			"rmdev -dev ent5", "mkvdev -lnagg ent1,ent2 -attr mode=8023ad", "mkvdev -vlan ent6 -tagid 7", "mkvdev -vlan ent1 -tagid 7", "mkvdev -sea ent0 -vadapter ent4 -default ent4 -defaultid 10")
	}
	return fmt.Sprintf("viosvrcmd -m %s -p %s -c '%s'", sys, v, line)
}

// brokenStorage names what a Virtual I/O Server serves without having it.
func brokenStorage(e *Estate, p *Partition) string {
	v := p.VIOS
	for _, g := range v.Groups {
		for _, l := range g.Volumes {
			if l.filled() > g.fileSystem(l) && l.Use != "" {
				return l.Name + " of " + p.Name + " is overfull"
			}
		}
	}
	for _, x := range e.Clusters {
		if x.free() < 0 {
			return x.Pool + " is overfull"
		}
	}
	for _, h := range v.VHosts {
		for _, t := range h.VTDs {
			_, l := v.volume(t.Backing)
			_, f := v.file(t.Backing)
			switch {
			case t.Kind == vtdDisk && v.disk(t.Backing) == nil, t.Kind == vtdLV && l == nil, t.Kind == vtdFile && f == nil, t.Kind == vtdDrive && !v.drive(t.Backing),
				t.Kind == vtdUnit && e.unit(t.Backing) == nil:
				return t.Name + " of " + p.Name + " has nothing behind it: " + t.Backing
			}
			writers := 0
			for _, o := range v.users(t.Backing) {
				_, lib := v.library()
				if m := strings.TrimPrefix(o.Backing, libraryPath); lib != nil && lib.file(m) != nil && !lib.file(m).ReadOnly {
					writers++
				}
			}
			if writers > 1 {
				return t.Backing + " of " + p.Name + " is loaded for writing twice"
			}
		}
	}
	for _, s := range v.SEAs {
		for _, n := range append([]string{s.Real, s.PVIDAdapter}, s.Virtual...) {
			if v.eth(n) == nil {
				return s.Name + " of " + p.Name + " has no " + n
			}
		}
	}
	return ""
}

// What is saved must load again and answer every list in the same way; whatever was done, the books balance.
func TestHMCSavedEstate(t *testing.T) { savedEstate(t, 14, hmcRandom) }

// The same for a Virtual I/O Server alone, with longer sequences, because one command needs another one before it.
func TestVIOSSavedEstate(t *testing.T) {
	savedEstate(t, 40, func(rt *rapid.T) string {
		if n := rapid.IntRange(0, 20).Draw(rt, "kind"); n == 0 {
			return rapid.SampledFrom([]string{"chsysstate -r lpar -m SysA -o shutdown --immed -n vios2", "chsysstate -r lpar -m SysA -o on -n vios2 -f normal", "chsysstate -r lpar -m SysA -o on -n vios2"}).Draw(rt, "state")
		}
		return viosRandom(rt, "SysA", rapid.IntRange(1, 7).Draw(rt, "vios"))
	})
}

func savedEstate(t *testing.T, most int, next func(*rapid.T) string) {
	rapid.Check(t, func(rt *rapid.T) {
		l := startTwins(t, withCluster)
		defer func() { _ = l.Close() }()
		var done []string
		for range rapid.IntRange(1, most).Draw(rt, "commands") {
			line := next(rt)
			if strings.HasPrefix(line, "mkvterm") {
				line += " </dev/null"
			}
			out, errs, rc := l.Run("hmc1", line)
			done = append(done, fmt.Sprintf("%s\n    [%d] %s%s", line, rc, out, errs))
			settle(l)
			if msg := brokenInvariant(l); msg != "" {
				rt.Fatalf("%s\nafter %s", msg, strings.Join(done, "\n"))
			}
		}
		before := snapshot(l, "hmc1", "SysA", "SysB")
		src, err := l.Save()
		if err != nil {
			rt.Fatalf("%s\n%v\n%s", strings.Join(done, "\n"), err, src)
		}
		sc, err := Parse(src, "saved.hcl")
		if err != nil {
			rt.Fatalf("%s\n%v\n%s", strings.Join(done, "\n"), err, src)
		}
		again, err := Start(sc, Options{Speed: 1000})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = again.Close() }()
		settle(again)
		for line, want := range snapshot(again, "hmc1", "SysA", "SysB") {
			if before[line] != want {
				rt.Fatalf("%s\n%s%s", strings.Join(done, "\n"), line, difference(before[line], want))
			}
		}
		second, err := again.Save()
		if err != nil || string(second) != string(src) {
			rt.Fatalf("%s\nthe second save differs: %v\n%s\n---\n%s", strings.Join(done, "\n"), err, src, second)
		}
	})
}

// difference shows the lines that two texts do not share.
func difference(a, b string) string {
	var out strings.Builder
	for i, x := range []string{a, b} {
		other := []string{b, a}[i]
		for _, line := range strings.Split(x, "\n") {
			if !strings.Contains("\n"+other+"\n", "\n"+line+"\n") {
				fmt.Fprintf(&out, "\n%s %s", []string{"-", "+"}[i], line)
			}
		}
	}
	return out.String()
}

// brokenInvariant names a rule of the estate that does not hold (hmc-cli.md, section 19).
func brokenInvariant(l *Lab) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.estate.Systems {
		if !s.HMC {
			continue
		}
		if s.freeMem() < 0 || s.freeUnits() < 0 {
			return fmt.Sprintf("%s gives away more than it has: %d MB, %d units left", s.Name, s.freeMem(), s.freeUnits())
		}
		names, ids := map[string]bool{}, map[int]bool{}
		for _, p := range s.Partitions {
			if names[p.Name] || ids[p.ID] {
				return "two partitions share a name or an id on " + s.Name
			}
			names[p.Name], ids[p.ID] = true, true
			if p.RMC == rmcActive && p.State != stateRunning {
				return p.Name + " has RMC in the state " + p.State
			}
			if p.State == stateRunning && !p.holds() {
				return p.Name + " runs on nothing"
			}
			slots := map[int]string{}
			use := func(n int, what string) string {
				if old := slots[n]; old != "" {
					return fmt.Sprintf("slot %d of %s is %s and %s", n, p.Name, old, what)
				}
				slots[n] = what
				return ""
			}
			for _, a := range p.Eth {
				if msg := use(a.Slot, "eth"); msg != "" {
					return msg
				}
			}
			for _, a := range p.Scsi {
				if msg := use(a.Slot, "scsi"); msg != "" {
					return msg
				}
			}
			for _, a := range p.FC {
				if msg := use(a.Slot, "fc"); msg != "" {
					return msg
				}
			}
			for _, a := range p.Servers {
				if msg := use(a.Slot, "server"); msg != "" {
					return msg
				}
			}
			for _, a := range p.VNICs {
				if msg := use(a.Slot, "vnic"); msg != "" {
					return msg
				}
			}
			if v := p.VIOS; v != nil {
				if msg := brokenStorage(l.estate, p); msg != "" {
					return msg
				}
				if msg := s.trunksClash(p, p.Eth); msg != "" && p.live() {
					return msg
				}
				for _, h := range v.VHosts {
					if a := p.server(h.Slot); a == nil || a.FC {
						return h.Name + " of " + p.Name + " has no server adapter"
					}
				}
				for _, h := range v.VFCHosts {
					if a := p.server(h.Slot); a == nil || !a.FC {
						return h.Name + " of " + p.Name + " has no server adapter"
					}
				}
				for _, g := range v.Groups {
					if g.used() > g.TotalPPs {
						return g.Name + " of " + p.Name + " is overfull"
					}
				}
			}
		}
		pairs := map[string]string{}
		for _, p := range s.Partitions {
			for _, a := range p.FC {
				if owner := pairs[a.WWPNs[0]]; owner != "" && owner != p.Name {
					return "a WWPN of " + owner + " is given to " + p.Name
				}
				pairs[a.WWPNs[0]] = p.Name
			}
		}
	}
	return ""
}

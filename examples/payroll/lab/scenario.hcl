# A payroll in a cluster: three frames at the main site and one at the recovery site, with two Virtual I/O Servers each, under
# one console. Three partitions run AIX with PowerHA installed; nothing of the cluster is made yet.

lab {
  speed = 1
  start = "2026-03-02T08:00:00Z"
}

lun "db01root" {
  wwpn      = "5005076810114C3D"
  id        = "0001000000000000"
  size_mb   = 51200
  unique_id = "332136005076800000000000000000104214503IBMfcp"
}

lun "db02root" {
  wwpn      = "5005076810114C3D"
  id        = "0002000000000000"
  size_mb   = 51200
  unique_id = "332136005076800000000000000000204214503IBMfcp"
}

lun "dr01root" {
  wwpn      = "5005076810114C3D"
  id        = "0003000000000000"
  size_mb   = 51200
  unique_id = "332136005076800000000000000000304214503IBMfcp"
}

lun "repo" {
  wwpn      = "5005076810114C3D"
  id        = "0004000000000000"
  size_mb   = 2048
  unique_id = "332136005076800000000000000000404214503IBMfcp"
}

lun "repo2" {
  wwpn      = "5005076810114C3D"
  id        = "0005000000000000"
  size_mb   = 2048
  unique_id = "332136005076800000000000000000504214503IBMfcp"
}

lun "data" {
  wwpn      = "5005076810114C3D"
  id        = "0006000000000000"
  size_mb   = 20480
  unique_id = "332136005076800000000000000000604214503IBMfcp"
}

lun "web" {
  wwpn      = "5005076810114C3D"
  id        = "0007000000000000"
  size_mb   = 10240
  unique_id = "332136005076800000000000000000704214503IBMfcp"
}

lun "more" {
  wwpn      = "5005076810114C3D"
  id        = "0008000000000000"
  size_mb   = 20480
  unique_id = "332136005076800000000000000000804214503IBMfcp"
  pvid      = "00f78a1f0000beef"
}

system "f1" {
  name                            = "frame1"
  type_model                      = "9009-42A"
  serial                          = "78A1F10"
  address                         = "10.1.0.11"
  memory_mb                       = 262144
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  vios "f1vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.1.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS001A-P1-C3-T1"
      wwpn     = "10000090FA1100A0"
      san      = "A"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS001A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f115cb1a0"
      unique_id = "2A1135000C50057E11B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS001A-P1-C4-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 1
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  vios "f1vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.1.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS001A-P1-C6-T1"
      wwpn     = "10000090FA1200A0"
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS001A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f125cb1a0"
      unique_id = "2A1135000C50057E12B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS001A-P1-C7-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 2
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  partition "db01" {
    id         = 10
    state      = "Running"
    address    = "10.1.10.10"
    os_version = "AIX 7.2 7200-05-03-2148"
    memory     = [4096, 16384, 32768]
    units      = [0.5, 2, 4]
    procs      = [2, 4, 8]
    ethernet {
      slot = 2
      vlan = 10
    }
    ethernet {
      slot = 3
      vlan = 20
    }
    vscsi {
      slot        = 4
      server_id   = 1
      server_slot = 21
      disk "hdisk1" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
    vscsi {
      slot        = 5
      server_id   = 2
      server_slot = 21
      disk "hdisk1" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
  }
}

system "f2" {
  name                            = "frame2"
  type_model                      = "9009-42A"
  serial                          = "78A1F20"
  address                         = "10.1.0.12"
  memory_mb                       = 262144
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  vios "f2vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.2.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS002A-P1-C3-T1"
      wwpn     = "10000090FA2100A0"
      san      = "A"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS002A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f215cb1a0"
      unique_id = "2A1135000C50057E21B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS002A-P1-C4-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 1
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  vios "f2vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.2.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS002A-P1-C6-T1"
      wwpn     = "10000090FA2200A0"
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS002A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f225cb1a0"
      unique_id = "2A1135000C50057E22B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS002A-P1-C7-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 2
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  partition "db02" {
    id         = 11
    state      = "Running"
    address    = "10.1.10.11"
    os_version = "AIX 7.2 7200-05-03-2148"
    memory     = [4096, 16384, 32768]
    units      = [0.5, 2, 4]
    procs      = [2, 4, 8]
    ethernet {
      slot = 2
      vlan = 10
    }
    ethernet {
      slot = 3
      vlan = 20
    }
    vscsi {
      slot        = 4
      server_id   = 1
      server_slot = 21
      disk "hdisk2" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
    vscsi {
      slot        = 5
      server_id   = 2
      server_slot = 21
      disk "hdisk2" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
  }
}

system "f3" {
  name                            = "frame3"
  type_model                      = "9009-42A"
  serial                          = "78A1F30"
  address                         = "10.1.0.13"
  memory_mb                       = 262144
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  vios "f3vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.3.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS003A-P1-C3-T1"
      wwpn     = "10000090FA3100A0"
      san      = "A"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS003A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f315cb1a0"
      unique_id = "2A1135000C50057E31B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS003A-P1-C4-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 1
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  vios "f3vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.3.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS003A-P1-C6-T1"
      wwpn     = "10000090FA3200A0"
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS003A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f325cb1a0"
      unique_id = "2A1135000C50057E32B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS003A-P1-C7-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 2
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

}

system "f4" {
  name                            = "frame4"
  type_model                      = "9009-42A"
  serial                          = "78A1F40"
  address                         = "10.1.0.14"
  memory_mb                       = 262144
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  vios "f4vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.4.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS004A-P1-C3-T1"
      wwpn     = "10000090FA4100A0"
      san      = "A"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS004A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f415cb1a0"
      unique_id = "2A1135000C50057E41B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS004A-P1-C4-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 1
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  vios "f4vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.4.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 500

    fc "fcs0" {
      location = "U78D3.001.WZS004A-P1-C6-T1"
      wwpn     = "10000090FA4200A0"
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS004A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f425cb1a0"
      unique_id = "2A1135000C50057E42B0ST600MM000603IBMsas"
    }
    disk_reserve = "no_reserve"
    luns         = ["db01root", "db02root", "dr01root", "repo", "repo2", "data", "web", "more"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location = "U78D3.001.WZS004A-P1-C7-T1"
    }
    ethernet "ent4" {
      slot  = 2
      vlan  = 10
      vlans = [20]
      trunk = 2
    }
    ethernet "ent5" {
      slot = 3
      vlan = 4094
    }
    sea "ent6" {
      real     = "ent0"
      virtual  = ["ent4"]
      vlan     = 10
      ha_mode  = "auto"
      ctl_chan = "ent5"
    }
  }

  partition "dr01" {
    id         = 12
    state      = "Running"
    address    = "10.1.10.12"
    os_version = "AIX 7.2 7200-05-03-2148"
    memory     = [4096, 16384, 32768]
    units      = [0.5, 2, 4]
    procs      = [2, 4, 8]
    ethernet {
      slot = 2
      vlan = 10
    }
    ethernet {
      slot = 3
      vlan = 20
    }
    vscsi {
      slot        = 4
      server_id   = 1
      server_slot = 21
      disk "hdisk3" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
    vscsi {
      slot        = 5
      server_id   = 2
      server_slot = 21
      disk "hdisk3" {}
      disk "hdisk4" {}
      disk "hdisk5" {}
      disk "hdisk6" {}
      disk "hdisk7" {}
    }
  }
}

hmc "hmc1" {
  systems = ["f1", "f2", "f3", "f4"]
  address = "10.1.0.1"
  user "hscroot" {
    password = "abc123"
  }
}

host "db01" {
  level     = "7200-05-03-2148"
  powerha   = "7.2.7"
  partition = "db01"
  system    = "frame1"
  interface "en0" {
    address = "10.1.10.10"
    netmask = "255.255.255.0"
  }
  interface "en1" {
    address = "10.1.20.10"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }

  file "/opt/payroll/bin/payd" {
    mode = "0755"
  }
  file "/opt/payroll/bin/httpd" {
    mode = "0755"
  }
  file "/opt/payroll/start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/payd >/dev/null 2>&1 &\necho $! > /tmp/payd.pid\nexit 0\n"
  }
  file "/opt/payroll/stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/payd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/httpd >/dev/null 2>&1 &\necho $! > /tmp/httpd.pid\nexit 0\n"
  }
  file "/opt/payroll/web_stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/httpd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_check.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nps -ef | grep -v grep | grep -q /opt/payroll/bin/httpd\n"
  }
}

host "db02" {
  level     = "7200-05-03-2148"
  powerha   = "7.2.7"
  partition = "db02"
  system    = "frame2"
  interface "en0" {
    address = "10.1.10.11"
    netmask = "255.255.255.0"
  }
  interface "en1" {
    address = "10.1.20.11"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }

  file "/opt/payroll/bin/payd" {
    mode = "0755"
  }
  file "/opt/payroll/bin/httpd" {
    mode = "0755"
  }
  file "/opt/payroll/start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/payd >/dev/null 2>&1 &\necho $! > /tmp/payd.pid\nexit 0\n"
  }
  file "/opt/payroll/stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/payd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/httpd >/dev/null 2>&1 &\necho $! > /tmp/httpd.pid\nexit 0\n"
  }
  file "/opt/payroll/web_stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/httpd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_check.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nps -ef | grep -v grep | grep -q /opt/payroll/bin/httpd\n"
  }
}

host "dr01" {
  level     = "7200-05-03-2148"
  powerha   = "7.2.7"
  partition = "dr01"
  system    = "frame4"
  interface "en0" {
    address = "10.1.10.12"
    netmask = "255.255.255.0"
  }
  interface "en1" {
    address = "10.1.20.12"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }

  file "/opt/payroll/bin/payd" {
    mode = "0755"
  }
  file "/opt/payroll/bin/httpd" {
    mode = "0755"
  }
  file "/opt/payroll/start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/payd >/dev/null 2>&1 &\necho $! > /tmp/payd.pid\nexit 0\n"
  }
  file "/opt/payroll/stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/payd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_start.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nnohup /opt/payroll/bin/httpd >/dev/null 2>&1 &\necho $! > /tmp/httpd.pid\nexit 0\n"
  }
  file "/opt/payroll/web_stop.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nkill $(cat /tmp/httpd.pid) 2>/dev/null\nexit 0\n"
  }
  file "/opt/payroll/web_check.sh" {
    mode = "0755"
    data = "#!/usr/bin/ksh\nps -ef | grep -v grep | grep -q /opt/payroll/bin/httpd\n"
  }
}

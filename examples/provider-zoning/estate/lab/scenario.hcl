# One frame under a console, with two Virtual I/O Servers on two fabrics and three LUNs; the disks have the defaults of a new Virtual I/O Server.
lab {
  speed = 1
  start = "2026-03-02T08:00:00Z"
}

lun "app01" {
  wwpn      = "5005076810114C3D"
  id        = "0001000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000104214503IBMfcp"
}

lun "app02" {
  wwpn      = "5005076810114C3D"
  id        = "0002000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000204214503IBMfcp"
}

lun "app03" {
  wwpn      = "5005076810114C3D"
  id        = "0003000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000304214503IBMfcp"
}

system "f1" {
  name                            = "frame1"
  type_model                      = "9009-42A"
  serial                          = "78A1F10"
  address                         = "10.1.0.11"
  memory_mb                       = 524288
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  io_slot "U78D3.001.WZS001A-P1-C3" {
    drc_index   = "21010010"
    bus         = 16
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS001A-P1-C4" {
    drc_index   = "21010011"
    bus         = 17
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS001A-P1-C6" {
    drc_index   = "21020010"
    bus         = 32
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS001A-P1-C7" {
    drc_index   = "21020011"
    bus         = 33
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS001A-P1-C9" {
    drc_index   = "21030012"
    bus         = 48
    description = "PCIe3 x8 SAS RAID Adapter"
  }
  io_slot "U78D3.001.WZS001A-P1-C10" {
    drc_index   = "21030013"
    bus         = 49
    description = "Empty slot"
  }

  vios "f1vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.1.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS001A-P1-C3-T1"
      wwpn     = "10000090FA1100A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS001A-P1-C3-T2"
      wwpn     = "10000090FA1100B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS001A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f115cb1a0"
      unique_id = "2A1135000C50057E11B0ST600MM000603IBMsas"
    }
    luns = ["app01", "app02", "app03"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS001A-P1-C4-T1"
      description = "PCIe2 4-Port Ethernet Adapter"
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
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS001A-P1-C6-T1"
      wwpn     = "10000090FA1200A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS001A-P1-C6-T2"
      wwpn     = "10000090FA1200B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS001A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f125cb1a0"
      unique_id = "2A1135000C50057E12B0ST600MM000603IBMsas"
    }
    luns = ["app03", "app02", "app01"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS001A-P1-C7-T1"
      description = "PCIe2 4-Port Ethernet Adapter"
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

hmc "hmc1" {
  systems = ["f1"]
  address = "10.1.0.1"

  user "hscroot" {
    password = "abc123"
  }
  user "watcher" {
    password = "abc123"
    role     = "hmcviewer"
  }
}

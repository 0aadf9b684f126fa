# A small data centre: four POWER9 frames with two Virtual I/O Servers each, under two consoles that know each other, on
# one storage network of two fabrics. The frames are empty: gantry apply fills them from ../main.hcl.

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

lun "app04" {
  wwpn      = "5005076810114C3D"
  id        = "0004000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000404214503IBMfcp"
}

lun "app05" {
  wwpn      = "5005076810114C3D"
  id        = "0005000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000504214503IBMfcp"
}

lun "app06" {
  wwpn      = "5005076810114C3D"
  id        = "0006000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000604214503IBMfcp"
}

lun "app07" {
  wwpn      = "5005076810114C3D"
  id        = "0007000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000704214503IBMfcp"
}

lun "app08" {
  wwpn      = "5005076810114C3D"
  id        = "0008000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000804214503IBMfcp"
}

lun "app09" {
  wwpn      = "5005076810114C3D"
  id        = "0009000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000904214503IBMfcp"
}

lun "app10" {
  wwpn      = "5005076810114C3D"
  id        = "000A000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000A04214503IBMfcp"
}

lun "app11" {
  wwpn      = "5005076810114C3D"
  id        = "000B000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000B04214503IBMfcp"
}

lun "app12" {
  wwpn      = "5005076810114C3D"
  id        = "000C000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000C04214503IBMfcp"
}

lun "app13" {
  wwpn      = "5005076810114C3D"
  id        = "000D000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000D04214503IBMfcp"
}

lun "app14" {
  wwpn      = "5005076810114C3D"
  id        = "000E000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000E04214503IBMfcp"
}

lun "app15" {
  wwpn      = "5005076810114C3D"
  id        = "000F000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000000F04214503IBMfcp"
}

lun "app16" {
  wwpn      = "5005076810114C3D"
  id        = "0010000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001004214503IBMfcp"
}

lun "app17" {
  wwpn      = "5005076810114C3D"
  id        = "0011000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001104214503IBMfcp"
}

lun "app18" {
  wwpn      = "5005076810114C3D"
  id        = "0012000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001204214503IBMfcp"
}

lun "app19" {
  wwpn      = "5005076810114C3D"
  id        = "0013000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001304214503IBMfcp"
}

lun "app20" {
  wwpn      = "5005076810114C3D"
  id        = "0014000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001404214503IBMfcp"
}

lun "app21" {
  wwpn      = "5005076810114C3D"
  id        = "0015000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001504214503IBMfcp"
}

lun "app22" {
  wwpn      = "5005076810114C3D"
  id        = "0016000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001604214503IBMfcp"
}

lun "app23" {
  wwpn      = "5005076810114C3D"
  id        = "0017000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001704214503IBMfcp"
}

lun "app24" {
  wwpn      = "5005076810114C3D"
  id        = "0018000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001804214503IBMfcp"
}

lun "web01" {
  wwpn      = "5005076810114C3D"
  id        = "0019000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001904214503IBMfcp"
}

lun "web02" {
  wwpn      = "5005076810114C3D"
  id        = "001A000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001A04214503IBMfcp"
}

lun "web03" {
  wwpn      = "5005076810114C3D"
  id        = "001B000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001B04214503IBMfcp"
}

lun "web04" {
  wwpn      = "5005076810114C3D"
  id        = "001C000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001C04214503IBMfcp"
}

lun "web05" {
  wwpn      = "5005076810114C3D"
  id        = "001D000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001D04214503IBMfcp"
}

lun "web06" {
  wwpn      = "5005076810114C3D"
  id        = "001E000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001E04214503IBMfcp"
}

lun "web07" {
  wwpn      = "5005076810114C3D"
  id        = "001F000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000001F04214503IBMfcp"
}

lun "web08" {
  wwpn      = "5005076810114C3D"
  id        = "0020000000000000"
  size_mb   = 51200
  unique_id = "3321360050768000000000000000002004214503IBMfcp"
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
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["app01", "app02", "app03", "app04", "app05", "app06", "app07", "app08", "app09", "app10", "app11", "app12", "app13", "app14", "app15", "app16", "app17", "app18", "app19", "app20", "app21", "app22", "app23", "app24", "web01", "web02", "web03", "web04", "web05", "web06", "web07", "web08"]
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
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["web08", "web07", "web06", "web05", "web04", "web03", "web02", "web01", "app24", "app23", "app22", "app21", "app20", "app19", "app18", "app17", "app16", "app15", "app14", "app13", "app12", "app11", "app10", "app09", "app08", "app07", "app06", "app05", "app04", "app03", "app02", "app01"]
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

system "f2" {
  name                            = "frame2"
  type_model                      = "9009-42A"
  serial                          = "78A1F20"
  address                         = "10.1.0.12"
  memory_mb                       = 524288
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  io_slot "U78D3.001.WZS002A-P1-C3" {
    drc_index   = "21010010"
    bus         = 16
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS002A-P1-C4" {
    drc_index   = "21010011"
    bus         = 17
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS002A-P1-C6" {
    drc_index   = "21020010"
    bus         = 32
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS002A-P1-C7" {
    drc_index   = "21020011"
    bus         = 33
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS002A-P1-C9" {
    drc_index   = "21030012"
    bus         = 48
    description = "PCIe3 x8 SAS RAID Adapter"
  }
  io_slot "U78D3.001.WZS002A-P1-C10" {
    drc_index   = "21030013"
    bus         = 49
    description = "Empty slot"
  }

  vios "f2vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.2.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS002A-P1-C3-T1"
      wwpn     = "10000090FA2100A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS002A-P1-C3-T2"
      wwpn     = "10000090FA2100B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS002A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f215cb1a0"
      unique_id = "2A1135000C50057E21B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["web08", "web07", "web06", "web05", "web04", "web03", "web02", "web01", "app24", "app23", "app22", "app21", "app20", "app19", "app18", "app17", "app16", "app15", "app14", "app13", "app12", "app11", "app10", "app09", "app08", "app07", "app06", "app05", "app04", "app03", "app02", "app01"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS002A-P1-C4-T1"
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

  vios "f2vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.2.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS002A-P1-C6-T1"
      wwpn     = "10000090FA2200A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS002A-P1-C6-T2"
      wwpn     = "10000090FA2200B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS002A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f225cb1a0"
      unique_id = "2A1135000C50057E22B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["app01", "app02", "app03", "app04", "app05", "app06", "app07", "app08", "app09", "app10", "app11", "app12", "app13", "app14", "app15", "app16", "app17", "app18", "app19", "app20", "app21", "app22", "app23", "app24", "web01", "web02", "web03", "web04", "web05", "web06", "web07", "web08"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS002A-P1-C7-T1"
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

system "f3" {
  name                            = "frame3"
  type_model                      = "9009-42A"
  serial                          = "78A1F30"
  address                         = "10.1.0.13"
  memory_mb                       = 524288
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  io_slot "U78D3.001.WZS003A-P1-C3" {
    drc_index   = "21010010"
    bus         = 16
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS003A-P1-C4" {
    drc_index   = "21010011"
    bus         = 17
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS003A-P1-C6" {
    drc_index   = "21020010"
    bus         = 32
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS003A-P1-C7" {
    drc_index   = "21020011"
    bus         = 33
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS003A-P1-C9" {
    drc_index   = "21030012"
    bus         = 48
    description = "PCIe3 x8 SAS RAID Adapter"
  }
  io_slot "U78D3.001.WZS003A-P1-C10" {
    drc_index   = "21030013"
    bus         = 49
    description = "Empty slot"
  }

  vios "f3vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.3.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS003A-P1-C3-T1"
      wwpn     = "10000090FA3100A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS003A-P1-C3-T2"
      wwpn     = "10000090FA3100B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS003A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f315cb1a0"
      unique_id = "2A1135000C50057E31B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["app01", "app02", "app03", "app04", "app05", "app06", "app07", "app08", "app09", "app10", "app11", "app12", "app13", "app14", "app15", "app16", "app17", "app18", "app19", "app20", "app21", "app22", "app23", "app24", "web01", "web02", "web03", "web04", "web05", "web06", "web07", "web08"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS003A-P1-C4-T1"
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

  vios "f3vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.3.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS003A-P1-C6-T1"
      wwpn     = "10000090FA3200A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS003A-P1-C6-T2"
      wwpn     = "10000090FA3200B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS003A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f325cb1a0"
      unique_id = "2A1135000C50057E32B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["web08", "web07", "web06", "web05", "web04", "web03", "web02", "web01", "app24", "app23", "app22", "app21", "app20", "app19", "app18", "app17", "app16", "app15", "app14", "app13", "app12", "app11", "app10", "app09", "app08", "app07", "app06", "app05", "app04", "app03", "app02", "app01"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS003A-P1-C7-T1"
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

system "f4" {
  name                            = "frame4"
  type_model                      = "9009-42A"
  serial                          = "78A1F40"
  address                         = "10.1.0.14"
  memory_mb                       = 524288
  firmware_mb                     = 8192
  region_mb                       = 256
  processors                      = 20
  min_units_per_virtual_processor = 0.05
  compat_modes                    = ["default", "POWER7", "POWER8", "POWER9_base", "POWER9"]

  io_slot "U78D3.001.WZS004A-P1-C3" {
    drc_index   = "21010010"
    bus         = 16
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS004A-P1-C4" {
    drc_index   = "21010011"
    bus         = 17
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 1
  }
  io_slot "U78D3.001.WZS004A-P1-C6" {
    drc_index   = "21020010"
    bus         = 32
    description = "8 Gigabit PCI Express Dual Port Fibre Channel Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS004A-P1-C7" {
    drc_index   = "21020011"
    bus         = 33
    description = "PCIe2 4-Port Ethernet Adapter"
    owner       = 2
  }
  io_slot "U78D3.001.WZS004A-P1-C9" {
    drc_index   = "21030012"
    bus         = 48
    description = "PCIe3 x8 SAS RAID Adapter"
  }
  io_slot "U78D3.001.WZS004A-P1-C10" {
    drc_index   = "21030013"
    bus         = 49
    description = "Empty slot"
  }

  vios "f4vios1" {
    id           = 1
    level        = "3.1.4.21"
    address      = "10.1.4.1"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS004A-P1-C3-T1"
      wwpn     = "10000090FA4100A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS004A-P1-C3-T2"
      wwpn     = "10000090FA4100B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS004A-P1-D1"
      size_mb   = 572325
      pvid      = "00f78a1f415cb1a0"
      unique_id = "2A1135000C50057E41B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["web08", "web07", "web06", "web05", "web04", "web03", "web02", "web01", "app24", "app23", "app22", "app21", "app20", "app19", "app18", "app17", "app16", "app15", "app14", "app13", "app12", "app11", "app10", "app09", "app08", "app07", "app06", "app05", "app04", "app03", "app02", "app01"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS004A-P1-C4-T1"
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

  vios "f4vios2" {
    id           = 2
    level        = "3.1.4.21"
    address      = "10.1.4.2"
    msp          = true
    profile_name = "normal"
    memory       = [4096, 8192, 16384]
    units        = [0.5, 1, 2]
    procs        = [1, 2, 4]
    max_slots    = 2000
    uptime       = 8640000

    fc "fcs0" {
      location = "U78D3.001.WZS004A-P1-C6-T1"
      wwpn     = "10000090FA4200A0"
      npiv     = true
      san      = "A"
    }
    fc "fcs1" {
      location = "U78D3.001.WZS004A-P1-C6-T2"
      wwpn     = "10000090FA4200B1"
      npiv     = true
      san      = "B"
    }
    hdisk "hdisk0" {
      location  = "U78D3.001.WZS004A-P1-D2"
      size_mb   = 572325
      pvid      = "00f78a1f425cb1a0"
      unique_id = "2A1135000C50057E42B0ST600MM000603IBMsas"
    }
    disk_reserve     = "no_reserve"
    disk_queue_depth = 32
    luns             = ["app01", "app02", "app03", "app04", "app05", "app06", "app07", "app08", "app09", "app10", "app11", "app12", "app13", "app14", "app15", "app16", "app17", "app18", "app19", "app20", "app21", "app22", "app23", "app24", "web01", "web02", "web03", "web04", "web05", "web06", "web07", "web08"]
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 1024
      total_pps  = 558
    }
    ethernet "ent0" {
      location    = "U78D3.001.WZS004A-P1-C7-T1"
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
  systems = ["f1", "f2"]
  address = "10.1.0.1"
  trusts  = ["hmc2"]

  user "hscroot" {
    password = "abc123"
  }
  user "watcher" {
    password = "abc123"
    role     = "hmcviewer"
  }
}

hmc "hmc2" {
  systems = ["f3", "f4"]
  address = "10.1.0.2"
  trusts  = ["hmc1"]

  user "hscroot" {
    password = "abc123"
  }
}

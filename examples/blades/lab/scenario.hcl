# The two blades of the article "Dynamic partition migration with the Integrated Virtualization Manager" (2008).
# Names, serial numbers, location codes, LUNs, disk numbers and free resources are those of its figures and listings.
# The article does not show hdisk0, hdisk3 and hdisk4 in use, nor the disk that each VIOS boots from: the first three
# are spare LUNs here, and each VIOS has an internal disk behind them.

lab {
  speed = 1
  start = "2008-08-14T09:00:00Z"
}

lun "spare0" {
  wwpn      = "5005076303030053"
  id        = "4011400100000000"
  size_mb   = 10240
  unique_id = "200B75TL771010107210790003IBMfcp"
}

lun "lp2_root" {
  wwpn      = "5005076303030053"
  id        = "4011400300000000"
  size_mb   = 32768
  unique_id = "200B75TL771020307210790003IBMfcp"
}

lun "lp1_root" {
  wwpn      = "5005076303030053"
  id        = "4011400400000000"
  size_mb   = 32768
  unique_id = "200B75TL771030407210790003IBMfcp"
}

lun "spare3" {
  wwpn      = "5005076303030053"
  id        = "4011400500000000"
  size_mb   = 10240
  unique_id = "200B75TL771040507210790003IBMfcp"
}

lun "spare4" {
  wwpn      = "5005076303030053"
  id        = "4011400600000000"
  size_mb   = 10240
  unique_id = "200B75TL771050607210790003IBMfcp"
}

lun "lp1_d1" {
  wwpn      = "5005076303030053"
  id        = "4011400700000000"
  size_mb   = 10240
  unique_id = "200B75TL771060707210790003IBMfcp"
}

lun "lp1_d2" {
  wwpn      = "5005076303030053"
  id        = "4011400800000000"
  size_mb   = 10240
  unique_id = "200B75TL771070807210790003IBMfcp"
}

lun "lp1_d3" {
  wwpn      = "5005076303030053"
  id        = "4011400900000000"
  size_mb   = 10240
  unique_id = "200B75TL771080907210790003IBMfcp"
}

lun "lp1_d4" {
  wwpn      = "5005076303030053"
  id        = "4011400A00000000"
  size_mb   = 10240
  unique_id = "200B75TL771090A07210790003IBMfcp"
}

lun "lp2_d1" {
  wwpn      = "5005076303030053"
  id        = "4011400B00000000"
  size_mb   = 10240
  unique_id = "200B75TL771100B07210790003IBMfcp"
}

lun "lp2_d2" {
  wwpn      = "5005076303030053"
  id        = "4011400C00000000"
  size_mb   = 10240
  unique_id = "200B75TL771110C07210790003IBMfcp"
}

lun "lp2_d3" {
  wwpn      = "5005076303030053"
  id        = "4011400D00000000"
  size_mb   = 10240
  unique_id = "200B75TL771120D07210790003IBMfcp"
}

lun "lp2_d4" {
  wwpn      = "5005076303030053"
  id        = "4011400E00000000"
  size_mb   = 10240
  unique_id = "200B75TL771130E07210790003IBMfcp"
}

system "uli13" {
  name         = "Server-7998-61X-SN100390A"
  type_model   = "7998-61X"
  serial       = "100390A"
  memory_mb    = 4096
  firmware_mb  = 256
  region_mb    = 64
  processors   = 2
  compat_modes = ["default", "POWER6", "POWER6+"]

  io_slot "U78A5.001.WIH0402-P1-C6" {
    drc_index   = "21020206"
    bus         = 512
    description = "Fibre Channel Serial Bus"
    owner       = 1
  }

  vios "uli13" {
    id       = 1
    level    = "1.5.2.1"
    address  = "192.168.14.13"
    memory   = [512, 1024, 2048]
    units    = [0.1, 0.2, 2]
    procs    = [1, 2, 4]
    mirrored = false # the lines of this level have no Mirrored
    uptime   = 2592000

    fc "fcs0" {
      location = "U78A5.001.WIH0402-P1-C6-T1"
      wwpn     = "10000000C96B1301"
    }

    hdisk "hdisk0" {
      lun            = "spare0"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk1" {
      lun            = "lp2_root"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk2" {
      lun            = "lp1_root"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk3" {
      lun            = "spare3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk4" {
      lun            = "spare4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk5" {
      lun            = "lp1_d1"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk6" {
      lun            = "lp1_d2"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk7" {
      lun            = "lp1_d3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk8" {
      lun            = "lp1_d4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk9" {
      lun            = "lp2_d1"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk10" {
      lun            = "lp2_d2"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk11" {
      lun            = "lp2_d3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk12" {
      lun            = "lp2_d4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk13" {
      location = "U78A5.001.WIH0402-P1-D1"
      size_mb  = 70006
      pvid     = "000390adf41c275a"
    }
    volume_group "rootvg" {
      disks      = ["hdisk13"]
      pp_size_mb = 128
      total_pps  = 546
      volume "hd_system" {
        pps = 180
      }
    }

    ethernet "ent0" {
      location = "U78A5.001.WIH0402-P1-T6"
    }
    ethernet "ent4" {
      slot  = 3
      vlan  = 1
      trunk = 1
    }
    ethernet "ent5" {
      slot  = 4
      vlan  = 2
      trunk = 1
    }
    ethernet "ent6" {
      slot  = 5
      vlan  = 3
      trunk = 1
    }
    ethernet "ent7" {
      slot  = 6
      vlan  = 4
      trunk = 1
    }
    sea "ent8" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 1
    }
  }

  partition "uli13lp1" {
    id         = 2
    state      = "Running"
    os_version = "Linux/SuSE 2.6.16-60-ppc64"
    address    = "192.168.14.132"
    uptime     = 1163808 # 13.47 days
    memory     = [512, 1024, 2048]
    units      = [0.1, 0.1, 1]
    procs      = [1, 1, 2]
    sharing    = "uncap"
    weight     = 128

    ethernet {
      slot = 4
      vlan = 1
    }
    vscsi {
      slot        = 2
      server_slot = 11
      disk "hdisk2" {
        vtd = "vtscsi0"
      }
      disk "hdisk5" {
        vtd = "vtscsi1"
      }
      disk "hdisk6" {
        vtd = "vtscsi2"
      }
      disk "hdisk7" {
        vtd = "vtscsi3"
      }
      disk "hdisk8" {
        vtd = "vtscsi4"
      }
    }
  }

  partition "uli13lp2" {
    id         = 3
    os_version = "Linux/SuSE 2.6.16-60-ppc64"
    address    = "192.168.14.133"
    memory     = [512, 1024, 2048]
    units      = [0.1, 0.1, 1]
    procs      = [1, 1, 2]
    sharing    = "uncap"
    weight     = 128

    ethernet {
      slot = 4
      vlan = 1
    }
    vscsi {
      slot        = 2
      server_slot = 13
      disk "hdisk1" {
        vtd = "vtscsi5"
      }
      disk "hdisk9" {
        vtd = "vtscsi6"
      }
      disk "hdisk10" {
        vtd = "vtscsi7"
      }
      disk "hdisk11" {
        vtd = "vtscsi8"
      }
      disk "hdisk12" {
        vtd = "vtscsi9"
      }
    }
  }
}

system "uli14" {
  name         = "Server-7998-60X-SN100E7DA"
  type_model   = "7998-60X"
  serial       = "100E7DA"
  memory_mb    = 4096
  firmware_mb  = 256
  region_mb    = 64
  processors   = 2
  compat_modes = ["default", "POWER6", "POWER6+"]

  io_slot "U78A5.001.WIH1106-P1-C10" {
    drc_index   = "21020200"
    bus         = 512
    description = "Fibre Channel Serial Bus"
    owner       = 1
  }

  vios "uli14" {
    id       = 1
    level    = "1.5.2.1"
    address  = "192.168.14.14"
    memory   = [512, 1024, 2048]
    units    = [0.1, 0.2, 2]
    procs    = [1, 2, 4]
    mirrored = false # the lines of this level have no Mirrored
    uptime   = 2592000

    fc "fcs0" {
      location = "U78A5.001.WIH1106-P1-C10-T1"
      wwpn     = "10000000C96B1401"
    }

    hdisk "hdisk0" {
      lun            = "spare0"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk1" {
      lun            = "lp2_root"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk2" {
      lun            = "lp1_root"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk3" {
      lun            = "spare3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk4" {
      lun            = "spare4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk5" {
      lun            = "lp1_d1"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk6" {
      lun            = "lp1_d2"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk7" {
      lun            = "lp1_d3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk8" {
      lun            = "lp1_d4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk9" {
      lun            = "lp2_d1"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk10" {
      lun            = "lp2_d2"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk11" {
      lun            = "lp2_d3"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk12" {
      lun            = "lp2_d4"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk13" {
      location = "U78A5.001.WIH1106-P1-D1"
      size_mb  = 70006
      pvid     = "000e7dadf41c276a"
    }
    volume_group "rootvg" {
      disks      = ["hdisk13"]
      pp_size_mb = 128
      total_pps  = 546
      volume "hd_system" {
        pps = 180
      }
    }

    ethernet "ent0" {
      location = "U78A5.001.WIH1106-P1-T6"
    }
    ethernet "ent4" {
      slot  = 3
      vlan  = 1
      trunk = 1
    }
    ethernet "ent5" {
      slot  = 4
      vlan  = 2
      trunk = 1
    }
    ethernet "ent6" {
      slot  = 5
      vlan  = 3
      trunk = 1
    }
    ethernet "ent7" {
      slot  = 6
      vlan  = 4
      trunk = 1
    }
    sea "ent8" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 1
    }
  }
}

ivm "uli13" {
  system  = "uli13"
  address = "192.168.14.13"
  trusts  = ["uli14"]

  user "padmin" {
    password = "padmin"
  }
}

ivm "uli14" {
  system  = "uli14"
  address = "192.168.14.14"
  trusts  = ["uli13"]

  user "padmin" {
    password = "padmin"
  }
}

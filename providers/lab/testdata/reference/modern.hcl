# A POWER9 system such as hmc-live-facts.md recorded, under consoles of four levels.
lab {
  start          = "2026-09-21T10:00:00Z"
  boot           = "0s"
  rmc            = "0s"
  shutdown       = "0s"
  power_off      = "0s"
  latency        = 0
}

system "sys" {
  name         = "SYS"
  type_model   = "8375-42A"
  serial       = "78A1F10"
  memory_mb    = 131072
  firmware_mb  = 4096
  region_mb    = 256
  processors   = 20
  compat_modes = ["default", "POWER7", "POWER8", "POWER9", "POWER9_base"]
  address      = "10.1.0.11"
  sriov_adapter "U78D2.001.WZS0001-P1-C4" {
    id        = 1
    drc_index = "21010020"
    port {
      id = 0
      logical_port "27004001" {
        owner    = 2
        capacity = 100
        mac      = "eaadf2188301"
      }
    }
    port {
      id = 1
    }
  }
  io_slot "U78D2.001.WZS0001-P1-C4" {
    drc_index   = "21010020"
    bus         = 16
    description = "PCIe3 4-Port SR-IOV Ethernet Adapter"
  }
  vios "vios-a" {
    id      = 100
    level   = "3.1.4.21"
    address = "10.1.1.1"
    memory  = [1024, 4096, 8192]
    units   = [0.1, 0.5, 2]
    procs   = [1, 2, 4]
    ethernet "ent0" {
      location = "U78D2.001.WZS0001-P1-C3-T1"
    }
  }
  partition "lp3" {
    id     = 3
    memory = [1024, 2048, 4096]
    units  = [0.1, 0.2, 1]
    procs  = [1, 1, 2]
  }
  partition "lpar-b" {
    id     = 2
    state  = "Running"
    memory = [1024, 2048, 4096]
    units  = [0.1, 0.2, 1]
    procs  = [1, 1, 2]
    os_version = "AIX 7.1 7100-03-05-1524"
    ethernet {
      slot = 2
      vlan = 1
      vlans = [3, 4, 5]
    }
  }
}

hmc "hmc8" {
  systems = ["sys"]
  level   = "V8R8.2.0"
}
hmc "hmc9" {
  systems = ["sys"]
  level   = "V9R1M910"
}
hmc "hmc10" {
  systems = ["sys"]
  user "hscroot" {
    password = "abc123"
  }
  user "watcher" {
    role     = "hmcviewer"
    password = "abc123"
  }
}
hmc "hmc11" {
  systems = ["sys"]
  level   = "V11R2M1120"
}

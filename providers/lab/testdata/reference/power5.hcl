# The POWER5 system that hmc-cli.md, sections 5 to 12, shows in captured records, under a console of V7 and one in Polish.
lab {
  start    = "2018-06-03T15:56:33Z"
  boot     = "0s"
  rmc      = "0s"
  shutdown = "0s"
  latency  = 0
}

system "p5" {
  name         = "9131-52A-6535CCG"
  type_model   = "9131-52A"
  serial       = "6535CCG"
  address      = "192.168.200.39"
  memory_mb    = 32768
  firmware_mb  = 256
  region_mb    = 128
  processors   = 2
  compat_modes = ["default"]
  capabilities = ["virtual_io_server_capable", "shared_eth_failover_capable", "micro_lpar_capable"]

  io_slot "U787F.001.DPM0XLZ-P1-C4" {
    drc_index   = "21010002"
    bus         = 2
    description = "PCI-PCI bridge"
    owner       = 3
  }
  io_slot "U787F.001.DPM0XLZ-P1-T12" {
    drc_index   = "21010003"
    bus         = 3
    description = "Universal Serial Bus UHC Spec"
  }
  io_slot "U787F.001.DPM0XLZ-P1-C6" {
    drc_index   = "21050003"
    bus         = 3
    description = "Ethernet controller"
    owner       = 3
  }

  vios "vios1" {
    id           = 2
    level        = "1.5.2.1"
    address      = "192.168.200.200"
    rmc          = "inactive"
    profile_name = "normal"
    memory       = [1024, 6144, 10240]
    units        = [0.1, 0.3, 0.6]
    procs        = [1, 1, 1]
    sharing      = "cap"
    weight       = 0
    max_slots    = 200
    mac_base     = "26E6B00020"
    ethernet "ent1" {
      slot  = 6
      vlan  = 6
      trunk = 1
    }
    status {
      os_version = "Unknown"
      extra      = { redundant_err_path_reporting = "1" }
    }
  }
  vios "vios2" {
    id           = 3
    level        = "1.5.2.1"
    address      = "192.168.200.201"
    profile_name = "normal"
    memory       = [1024, 6144, 10240]
    units        = [0.1, 0.3, 0.6]
    procs        = [1, 1, 1]
    sharing      = "cap"
    weight       = 0
    max_slots    = 200
    mac_base     = "26E6B00030"
    ethernet "ent1" {
      slot  = 6
      vlan  = 6
      trunk = 2
    }
    ethernet "ent2" {
      slot  = 8
      vlan  = 8
      trunk = 2
    }
    ethernet "ent3" {
      slot     = 9
      vlan     = 6
      required = false
    }
  }
  partition "dump" {
    id           = 1
    memory       = [256, 512, 1024]
    units        = [0.1, 0.2, 0.4]
    procs        = [1, 1, 2]
    sharing      = "cap"
    weight       = 0
    profile_name = "test_1"
    curr_profile = "test_1"
    boot_mode    = "sms"
    curr_boot_mode = "sms"
    holds        = false
  }
  partition "nim1" {
    id           = 5
    state        = "Running"
    os_version   = "AIX 6.1 6100-00-01-0748"
    address      = "192.168.200.235"
    memory       = [2048, 6144, 10240]
    units        = [0.1, 0.3, 0.8]
    procs        = [1, 1, 2]
    sharing      = "cap"
    weight       = 0
    max_slots    = 10
    profile_name = "normal"
    curr_profile = "normal"
    mac_base     = "26E6B00050"
    ethernet {
      slot = 6
      vlan = 6
      ieee = true
    }
    ethernet {
      slot = 7
      vlan = 7
    }
    vscsi {
      slot        = 2
      server_id   = 2
      server_slot = 2
      required    = true
    }
    vscsi {
      slot        = 3
      server_id   = 3
      server_slot = 2
      required    = true
    }
  }
}

hmc "hmc7" {
  systems = ["p5"]
  level   = "V7R7.9.0M3"
  address = "192.168.200.34"
  user "hscroot" {
    password = "abc123"
  }
}

hmc "hmcpl" {
  systems = ["p5"]
  level   = "V7R7.9.0M3"
  locale  = "pl_PL.UTF-8"
  user "hscroot" {
    password = "abc123"
  }
}

hmc "hmc8" {
  systems = []
  level   = "V8R8.2.0"
  address = "192.168.200.34"
}

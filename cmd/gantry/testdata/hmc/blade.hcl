# Instead of hmc1: one HMC for each frame and a blade under an IVM. hmc2 and the blade do not know each other.
hmc "hmc1" {
  systems = ["f1"]
  address = "10.1.0.1"
  trusts  = ["hmc2", "blade"]

  user "hscroot" {
    password = "abc123"
  }
}

hmc "hmc2" {
  systems = ["f2"]
  address = "10.1.0.2"
  trusts  = ["hmc1"]

  user "hscroot" {
    password = "abc123"
  }
}

system "b1" {
  name         = "Server-7998-61X-SN100390A"
  type_model   = "7998-61X"
  serial       = "100390A"
  memory_mb    = 65536
  firmware_mb  = 1024
  region_mb    = 256
  processors   = 8
  compat_modes = ["default", "POWER6", "POWER7"]

  vios "blade" {
    id      = 1
    level   = "2.2.4.10"
    address = "10.1.3.1"
    memory  = [512, 2048, 4096]
    units   = [0.1, 0.5, 2]
    procs   = [1, 2, 4]
    uptime  = 2592000

    fc "fcs0" {
      location = "U78A5.001.WIH0402-P1-C6-T1"
      wwpn     = "10000000C96B1301"
    }
    hdisk "hdisk0" {
      location = "U78A5.001.WIH0402-P1-D1"
      size_mb  = 140000
      pvid     = "00f78a1f515cb1a0"
    }
    hdisk "hdisk1" {
      lun            = "app01"
      reserve_policy = "no_reserve"
    }
    hdisk "hdisk2" {
      lun            = "app02"
      reserve_policy = "no_reserve"
    }
    volume_group "rootvg" {
      disks      = ["hdisk0"]
      pp_size_mb = 256
      total_pps  = 546
    }
    ethernet "ent0" {
      location    = "U78A5.001.WIH0402-P1-T6"
      description = "Logical Host Ethernet Port (lp-hea)"
    }
    ethernet "ent4" {
      slot  = 4
      vlan  = 10
      trunk = 1
    }
    sea "ent6" {
      real    = "ent0"
      virtual = ["ent4"]
      vlan    = 10
    }
  }
}

ivm "blade" {
  system = "b1"
  trusts = ["hmc1"]

  user "padmin" {
    password = "padmin"
  }
}

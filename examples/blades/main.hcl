# Two blades, each under its own Integrated Virtualization Manager, and a SAN
# that both see. The lab scenario beside this file plays them:
#
#   gantry lab up lab/scenario.hcl -dir /tmp/blades &
#   export GANTRY_SSH_CONFIG=/tmp/blades/ssh_config
#   gantry plan

gantry {
  required_version = ">= 0.1"
}

provider "ivm" "uli13" {
  host = "uli13"
  user = "padmin"
}

provider "ivm" "uli14" {
  host = "uli14"
  user = "padmin"
}

system "uli13" {
  provider = ivm.uli13
  name     = "Server-7998-61X-SN100390A"
}

system "uli14" {
  provider = ivm.uli14
  name     = "Server-7998-60X-SN100E7DA"
}

network "lan" {
  vlan = 1
}

# A LUN is the same disk whatever hdisk number each Virtual I/O Server gave it.
locals {
  storage_port = "5005076303030053"
}

disk "lp1" {
  for_each = {
    root = "4011400400000000"
    d1   = "4011400700000000"
    d2   = "4011400800000000"
    d3   = "4011400900000000"
    d4   = "4011400A00000000"
  }
  lun = { wwpn = local.storage_port, id = each.value }
}

disk "lp2" {
  for_each = {
    root = "4011400300000000"
    d1   = "4011400B00000000"
    d2   = "4011400C00000000"
    d3   = "4011400D00000000"
    d4   = "4011400E00000000"
  }
  lun = { wwpn = local.storage_port, id = each.value }
}

partition "uli13lp1" {
  system = system.uli13
  state  = "running"

  memory {
    minimum = "512MiB"
    desired = "1GiB"
    maximum = "2GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    units   = { minimum = 0.1, desired = 0.1, maximum = 1 }
    virtual = { minimum = 1, desired = 1, maximum = 2 }
  }
  ethernet "en0" {
    network = network.lan
  }
  dynamic "disk" {
    for_each = disk.lp1
    iterator = lun
    labels   = [lun.key]
    content {
      source = lun.value
    }
  }
  mobility {
    mode       = "auto"
    wait       = "5m"
    on_failure = "recover"
  }
}

partition "uli13lp2" {
  system = system.uli13
  state  = "off"

  memory {
    minimum = "512MiB"
    desired = "1GiB"
    maximum = "2GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    units   = { minimum = 0.1, desired = 0.1, maximum = 1 }
    virtual = { minimum = 1, desired = 1, maximum = 2 }
  }
  ethernet "en0" {
    network = network.lan
  }
  dynamic "disk" {
    for_each = disk.lp2
    iterator = lun
    labels   = [lun.key]
    content {
      source = lun.value
    }
  }
}

# Both partitions exist already; Gantry takes them over as they are.
import {
  to = partition.uli13lp1
}

import {
  to = partition.uli13lp2
}

output "where" {
  value = { for name, p in { lp1 = partition.uli13lp1, lp2 = partition.uli13lp2 } : name => p.logical_serial_number }
}

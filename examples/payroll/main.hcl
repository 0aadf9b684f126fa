provider "hmc" "one" {
  host = "hmc1"
  user = "hscroot"
}

provider "aix" "payroll" {
  user = "root"
}

# The frames and the partitions are there already. Two nodes stand on two frames; the third frame is where either of them can
# go; the fourth one is at the recovery site.

system "f1" {
  name = "frame1"
}

system "f2" {
  name = "frame2"
}

system "f3" {
  name = "frame3"
}

system "f4" {
  name = "frame4"
}

disk "root" {
  for_each = { db01 = "1", db02 = "2", dr01 = "3" }
  lun      = { wwpn = "5005076810114C3D", id = "${each.value}000000000000" }
}

disk "repository" {
  lun = { wwpn = "5005076810114C3D", id = "4000000000000" }
}

disk "repository_backup" {
  lun = { wwpn = "5005076810114C3D", id = "5000000000000" }
}

disk "data" {
  lun = { wwpn = "5005076810114C3D", id = "6000000000000" }
}

disk "web" {
  lun = { wwpn = "5005076810114C3D", id = "7000000000000" }
}

partition "db01" {
  system = system.f1
}

partition "db02" {
  system = system.f2
}

partition "dr01" {
  system = system.f4
}

import {
  to = partition.db01
}

import {
  to = partition.db02
}

import {
  to = partition.dr01
}

host "db01" {
  partition = partition.db01
  site      = "main"
}

host "db02" {
  partition = partition.db02
  site      = "main"
}

host "dr01" {
  partition = partition.dr01
  site      = "recovery"
}

# One definition on three nodes. The repository disk is the heartbeat that needs no IP.

cluster "payroll" {
  nodes      = [host.db01, host.db02, host.dr01]
  version    = "7.2"
  state      = "online"
  type       = "stretched"
  heartbeat  = "unicast"
  repository = [disk.repository, disk.repository_backup]
  features   = ["replication"]
  tested_at  = "2026-02-14"

  settings {
    settling_time = "60s" # groups wait so long for a node that is earlier in their lists
  }

  site "main_site" {
    nodes     = [host.db01, host.db02]
    readiness = "hot"
    link      = 3
  }
  site "recovery" {
    nodes     = [host.dr01]
    readiness = "hot"
    link      = 3
    latency   = 1
  }

  network "net_ether_01" {
    type    = "ether"
    netmask = "255.255.255.0"
  }
  network "net_ether_02" {
    type    = "ether"
    netmask = "255.255.255.0"
  }

  interface "db01" {
    node    = host.db01
    network = "net_ether_01"
    address = "10.1.10.10"
  }
  interface "db02" {
    node    = host.db02
    network = "net_ether_01"
    address = "10.1.10.11"
  }
  interface "dr01" {
    node    = host.dr01
    network = "net_ether_01"
    address = "10.1.10.12"
  }
  interface "db01_b" {
    node    = host.db01
    network = "net_ether_02"
    address = "10.1.20.10"
  }
  interface "db02_b" {
    node    = host.db02
    network = "net_ether_02"
    address = "10.1.20.11"
  }
  interface "dr01_b" {
    node    = host.dr01
    network = "net_ether_02"
    address = "10.1.20.12"
  }

  service_ip "payroll-svc" {
    network = "net_ether_01"
    address = "10.1.10.100"
  }
  service_ip "payroll-web" {
    network = "net_ether_02"
    address = "10.1.20.100"
  }
}

volume_group "datavg" {
  hosts   = [host.db01, host.db02, host.dr01]
  disks   = [disk.data]
  type    = "scalable"
  pp_size = "64MiB"
}

volume_group "webvg" {
  hosts   = [host.db01, host.db02, host.dr01]
  disks   = [disk.web]
  type    = "scalable"
  pp_size = "64MiB"
}

filesystem "data" {
  volume_group = volume_group.datavg
  mount        = "/payroll/data"
  size         = "8GiB"
}

filesystem "shared" {
  volume_group = volume_group.datavg
  mount        = "/payroll/shared"
  size         = "1GiB"
}

filesystem "web" {
  volume_group = volume_group.webvg
  mount        = "/payroll/web"
  size         = "2GiB"
}

# The database is watched by its process, the web front end by a program that asks it.

application "database" {
  cluster             = cluster.payroll
  start               = "/opt/payroll/start.sh"
  stop                = "/opt/payroll/stop.sh"
  kind                = "database"
  process             = "program"
  start_time          = "45s"
  recovers_from_crash = true
  tested_standalone   = true
  files               = ["/payroll/data"]

  monitor "payroll_process" {
    type             = "process"
    processes        = ["payd"]
    owner            = "root"
    instances        = 1
    stabilization    = "90s"
    restarts         = 3
    restart_interval = "10m"
    on_failure       = "fallover"
    cleanup          = "/opt/payroll/stop.sh"
    restart          = "/opt/payroll/start.sh"
  }
  clients {
    arp_refresh = true
    same_subnet = true
    reconnect   = "the web front end connects again by itself"
  }
}

application "web" {
  cluster             = cluster.payroll
  start               = "/opt/payroll/web_start.sh"
  stop                = "/opt/payroll/web_stop.sh"
  kind                = "web"
  start_time          = "15s"
  recovers_from_crash = true
  tested_standalone   = true
  files               = ["/payroll/web"]

  monitor "payroll_web" {
    type             = "custom"
    method           = "/opt/payroll/web_check.sh"
    interval         = "60s"
    stabilization    = "60s"
    restarts         = 2
    restart_interval = "10m"
    on_failure       = "fallover"
    cleanup          = "/opt/payroll/web_stop.sh"
    restart          = "/opt/payroll/web_start.sh"
  }
  clients {
    arp_refresh = true
    same_subnet = true
    reconnect   = "browsers ask again"
  }
}

resource_group "payroll" {
  cluster       = cluster.payroll
  nodes         = [host.db01, host.db02]
  startup       = "first-available"
  fallover      = "next-priority"
  fallback      = "never"
  service_ips   = ["payroll-svc"]
  applications  = [application.database]
  volume_groups = [volume_group.datavg]
  exports_v4    = ["/payroll/shared"]
  nfs_mounts    = { "/payroll/everywhere" = "/payroll/shared" }
  nfs_network   = "net_ether_01"

  secondary_nodes = [host.dr01]
  site_policy     = "primary"
  critical        = true
  on              = host.db01

  recovery_level {
    data      = 5
    link      = 3
    site      = "hot"
    within    = "30m"
    by        = "synchronous-mirror"
    latency   = 5
    tested_at = "2026-02-14"
  }
}

resource_group "web" {
  cluster       = cluster.payroll
  nodes         = [host.db02, host.db01]
  startup       = "first-available"
  fallover      = "next-priority"
  fallback      = "never"
  service_ips   = ["payroll-web"]
  applications  = [application.web]
  volume_groups = [volume_group.webvg]
  start_after   = [resource_group.payroll]

  secondary_nodes = [host.dr01]
  site_policy     = "primary"
  on              = host.db02
}

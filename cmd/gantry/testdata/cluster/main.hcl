provider "aix" "payroll" {
  user = "root"
}

host "db01" {}
host "db02" {}

disk "repository" {
  lun = { wwpn = "5005076810114C3D", id = "1000000000000" }
}
disk "data" {
  lun = { wwpn = "5005076810114C3D", id = "2000000000000" }
}

cluster "payroll" {
  nodes      = [host.db01, host.db02]
  version    = "7.2"
  state      = "online"
  heartbeat  = "unicast"
  repository = [disk.repository]

  network "net_ether_01" {
    type    = "ether"
    netmask = "255.255.255.0"
  }
  interface "db01" {
    node    = host.db01
    network = "net_ether_01"
    address = "10.1.1.11"
  }
  interface "db01_b" {
    node    = host.db01
    network = "net_ether_01"
    address = "10.1.4.11"
  }
  interface "db02" {
    node    = host.db02
    network = "net_ether_01"
    address = "10.1.1.12"
  }
  interface "db02_b" {
    node    = host.db02
    network = "net_ether_01"
    address = "10.1.4.12"
  }
  service_ip "payroll-svc" {
    network = "net_ether_01"
    address = "10.1.2.10"
  }
}

volume_group "datavg" {
  hosts   = [host.db01, host.db02]
  disks   = [disk.data]
  type    = "scalable"
  pp_size = "64MiB"
}

filesystem "data" {
  volume_group = volume_group.datavg
  mount        = "/payroll/data"
  size         = "4GiB"
}

application "payroll" {
  cluster = cluster.payroll
  start   = "/opt/payroll/start.sh"
  stop    = "/opt/payroll/stop.sh"

  monitor "payroll_check" {
    type             = "custom"
    method           = "/opt/payroll/check.sh"
    interval         = "60s"
    stabilization    = "60s"
    restarts         = 3
    restart_interval = "15m"
    on_failure       = "fallover"
  }
}

resource_group "payroll" {
  cluster       = cluster.payroll
  nodes         = [host.db01, host.db02]
  startup       = "first-available"
  fallover      = "next-priority"
  fallback      = "never"
  service_ips   = ["payroll-svc"]
  applications  = [application.payroll]
  volume_groups = [volume_group.datavg]
  on            = host.db01
}

provider "aix" "payroll" {
  user = "root"
}

host "db01" {}

host "db02" {}

disk "data" {
  lun = { wwpn = "5005076810114C3D", id = "1000000000000" }
}

disk "more" {
  lun = { wwpn = "5005076810114C3D", id = "2000000000000" }
}

volume_group "datavg" {
  host    = host.db01
  disks   = [disk.data]
  type    = "scalable"
  pp_size = "64MiB"
  auto_on = true
}

filesystem "data" {
  volume_group = volume_group.datavg
  mount        = "/payroll/data"
  size         = "4GiB"
  auto_mount   = true
}

filesystem "log" {
  volume_group   = volume_group.datavg
  mount          = "/payroll/log"
  logical_volume = "paylog"
  size           = "512MiB"
  inline_log     = true
}

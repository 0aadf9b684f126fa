# Two AIX hosts on one storage network.
lab {
  speed = 1
  start = "2026-03-02T08:00:00Z"
}

lun "data01" {
  wwpn      = "5005076810114C3D"
  id        = "0001000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000104214503IBMfcp"
}

lun "data02" {
  wwpn      = "5005076810114C3D"
  id        = "0002000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000204214503IBMfcp"
}

lun "other" {
  wwpn      = "5005076810114C3D"
  id        = "0003000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000304214503IBMfcp"
}

host "db01" {
  level     = "7200-05-03-2148"
  address   = "10.10.0.21"
  memory_mb = 8192
  disk "hdisk0" {
    size_mb = 51200
    pvid    = "00f6f5d0a1b2c3d4"
  }
  luns = ["data01", "data02"]
  interface "en0" {
    address = "10.10.0.21"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }
}

host "db02" {
  level     = "7300-01-02-2320"
  address   = "10.10.0.22"
  memory_mb = 8192
  disk "hdisk0" {
    size_mb = 51200
    pvid    = "00f6f5d0b1b2c3d5"
  }
  luns = ["other", "data02"]
  interface "en0" {
    address = "10.10.0.22"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }
}

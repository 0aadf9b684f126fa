# Two nodes for a cluster, bare.
lab {
  speed = 1
  start = "2026-03-02T08:00:00Z"
}
lun "repo" {
  wwpn      = "5005076810114C3D"
  id        = "0001000000000000"
  size_mb   = 2048
  unique_id = "3321360050768000000000000000000104214503IBMfcp"
}
lun "data" {
  wwpn      = "5005076810114C3D"
  id        = "0002000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000204214503IBMfcp"
}
lun "more" {
  wwpn      = "5005076810114C3D"
  id        = "0003000000000000"
  size_mb   = 20480
  unique_id = "3321360050768000000000000000000304214503IBMfcp"
}
host "db01" {
  level     = "7200-05-03-2148"
  powerha   = "7.2.7"
  memory_mb = 8192
  disk "hdisk0" {
    size_mb = 51200
  }
  luns = ["repo", "data", "more"]
  interface "en0" {
    address = "10.1.1.11"
    netmask = "255.255.255.0"
  }
  interface "en1" {
    address = "10.1.4.11"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }
  file "/opt/payroll/start.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
  file "/opt/payroll/check.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
  file "/opt/payroll/stop.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
}
host "db02" {
  level     = "7200-05-03-2148"
  powerha   = "7.2.7"
  memory_mb = 8192
  disk "hdisk0" {
    size_mb = 51200
  }
  luns = ["repo", "data", "more"]
  interface "en0" {
    address = "10.1.1.12"
    netmask = "255.255.255.0"
  }
  interface "en1" {
    address = "10.1.4.12"
    netmask = "255.255.255.0"
  }
  volume_group "rootvg" {
    disks      = ["hdisk0"]
    pp_size_mb = 128
  }
  file "/opt/payroll/start.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
  file "/opt/payroll/check.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
  file "/opt/payroll/stop.sh" {
    mode = "0755"
    data = "#!/bin/ksh\nexit 0\n"
  }
}

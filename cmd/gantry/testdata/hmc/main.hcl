provider "hmc" "one" {
  host = "hmc1"
  user = "hscroot"
}

system "f1" {
  type_model    = "9009-42A"
  serial_number = "78A1F10"
  fabric "A" {
    ports = ["f1vios1/fcs0", "f1vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f1vios1/fcs1", "f1vios2/fcs1"]
  }
}

system "f2" {
  type_model    = "9009-42A"
  serial_number = "78A1F20"
  fabric "A" {
    ports = ["f2vios1/fcs0", "f2vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f2vios1/fcs1", "f2vios2/fcs1"]
  }
}

network "prod" {
  vlan = 10
}

network "backup" {
  vlan = 20
}

disk "root" {
  lun = { wwpn = "5005076810114C3D", id = "1000000000000" }
}

partition "db" {
  system      = system.f1
  state       = "running"
  description = "payroll"
  memory {
    minimum = "2GiB"
    desired = "8GiB"
    maximum = "16GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 128
    units   = { minimum = 0.1, desired = 0.4, maximum = 2 }
    virtual = { minimum = 1, desired = 2, maximum = 4 }
  }
  ethernet "en0" {
    network = network.prod
  }
  disk "root" {
    source = disk.root
  }
  npiv "a" {
    fabric = "A"
  }
  npiv "b" {
    fabric = "B"
  }
}

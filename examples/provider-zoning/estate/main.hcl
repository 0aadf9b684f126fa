# A partition whose disks come over two fabrics: it is made, both port names of each of its adapters are zoned, and then it is started.
gantry {
  required_providers {
    zoning = { source = "example.org/gantry/zoning", version = "~> 0.1" }
  }
  mirrors = ["../providers"]
}

variable "switches" {
  type        = string
  default     = null
  nullable    = true
  description = "ssh_config of the switches; without it that of everything else."
}

provider "hmc" "one" {
  host = "hmc1"
  user = "hscroot"
}

provider "zoning" "a" {
  host       = "fabric-a"
  ssh_config = var.switches
}

provider "zoning" "b" {
  host       = "fabric-b"
  ssh_config = var.switches
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

partition "db" {
  system = system.f1
  state  = "running"
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
  npiv "a" {
    fabric = "A"
  }
  npiv "b" {
    fabric = "B"
  }
}

# Fabric A.

zone_configuration "prod_a" {
  provider = zoning.a
  name     = "prod"
}

zone_alias "db_a" {
  provider = zoning.a
  wwpns    = partition.db.npiv["a"].wwpns
}

zone_alias "array_a" {
  provider = zoning.a
  wwpns    = ["5005076810124c3d"]
}

zone "z_db_a" {
  provider      = zoning.a
  configuration = zone_configuration.prod_a
  members       = [zone_alias.db_a, zone_alias.array_a]
}

# Fabric B.

zone_configuration "prod_b" {
  provider = zoning.b
  name     = "prod"
}

zone_alias "db_b" {
  provider = zoning.b
  wwpns    = partition.db.npiv["b"].wwpns
}

zone_alias "array_b" {
  provider = zoning.b
  wwpns    = ["5005076810124c3e"]
}

zone "z_db_b" {
  provider      = zoning.b
  configuration = zone_configuration.prod_b
  members       = [zone_alias.db_b, zone_alias.array_b]
}

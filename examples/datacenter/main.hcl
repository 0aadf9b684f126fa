# Four POWER9 frames with two Virtual I/O Servers each, under two Hardware Management Consoles, and a storage network of
# two fabrics. The lab scenario beside this file plays them; its frames are empty, and the first apply fills them:
#
#   gantry lab up lab/scenario.hcl -dir /tmp/datacenter -speed 50 &
#   export GANTRY_SSH_CONFIG=/tmp/datacenter/ssh_config
#   gantry apply

gantry {
  required_version = ">= 0.1"
}

provider "hmc" "north" {
  host = "hmc1"
  user = "hscroot"
}

provider "hmc" "south" {
  host = "hmc2"
  user = "hscroot"
}

system "f1" {
  provider      = hmc.north
  type_model    = "9009-42A"
  serial_number = "78A1F10"
  headroom      = { memory = "16GiB", units = 1 }
  pool          = "production" # survives the loss of any one of its frames

  fabric "A" {
    ports = ["f1vios1/fcs0", "f1vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f1vios1/fcs1", "f1vios2/fcs1"]
  }
}

system "f2" {
  provider      = hmc.north
  type_model    = "9009-42A"
  serial_number = "78A1F20"
  headroom      = { memory = "16GiB", units = 1 }
  pool          = "production" # survives the loss of any one of its frames

  fabric "A" {
    ports = ["f2vios1/fcs0", "f2vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f2vios1/fcs1", "f2vios2/fcs1"]
  }
}

system "f3" {
  provider      = hmc.south
  type_model    = "9009-42A"
  serial_number = "78A1F30"
  headroom      = { memory = "16GiB", units = 1 }
  pool          = "production" # survives the loss of any one of its frames

  fabric "A" {
    ports = ["f3vios1/fcs0", "f3vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f3vios1/fcs1", "f3vios2/fcs1"]
  }
}

system "f4" {
  provider      = hmc.south
  type_model    = "9009-42A"
  serial_number = "78A1F40"
  headroom      = { memory = "16GiB", units = 1 }
  pool          = "production" # survives the loss of any one of its frames

  fabric "A" {
    ports = ["f4vios1/fcs0", "f4vios2/fcs0"]
  }
  fabric "B" {
    ports = ["f4vios1/fcs1", "f4vios2/fcs1"]
  }
}

network "production" {
  vlan   = 10
  subnet = "10.10.0.0/16"
}

network "backup" {
  vlan   = 20
  subnet = "10.20.0.0/16"
}

# Where everything lives. Moving a server is a change of its word behind "on"; gantry plan -evacuate system.f1 says which
# ones to change, and to what, when a frame must be emptied.
locals {
  servers = {
    app01 = { on = system.f1, memory = 8 }
    app02 = { on = system.f2, memory = 8 }
    app03 = { on = system.f3, memory = 16 }
    app04 = { on = system.f4, memory = 8 }
    app05 = { on = system.f1, memory = 8 }
    app06 = { on = system.f2, memory = 16 }
    app07 = { on = system.f3, memory = 8 }
    app08 = { on = system.f4, memory = 8 }
    app09 = { on = system.f1, memory = 16 }
    app10 = { on = system.f2, memory = 8 }
    app11 = { on = system.f3, memory = 8 }
    app12 = { on = system.f4, memory = 16 }
    app13 = { on = system.f1, memory = 8 }
    app14 = { on = system.f2, memory = 8 }
    app15 = { on = system.f3, memory = 16 }
    app16 = { on = system.f4, memory = 8 }
    app17 = { on = system.f1, memory = 8 }
    app18 = { on = system.f2, memory = 16 }
    app19 = { on = system.f3, memory = 8 }
    app20 = { on = system.f4, memory = 8 }
    app21 = { on = system.f1, memory = 16 }
    app22 = { on = system.f2, memory = 8 }
    app23 = { on = system.f3, memory = 8 }
    app24 = { on = system.f4, memory = 16 }
    web01 = { on = system.f1, memory = 4 }
    web02 = { on = system.f2, memory = 4 }
    web03 = { on = system.f3, memory = 4 }
    web04 = { on = system.f4, memory = 4 }
    web05 = { on = system.f1, memory = 4 }
    web06 = { on = system.f2, memory = 4 }
    web07 = { on = system.f3, memory = 4 }
    web08 = { on = system.f4, memory = 4 }
  }

  # The databases have their disks over NPIV; members of a pair never share a frame.
  databases = {
    db01 = { on = system.f1, pair = "db1" }
    db02 = { on = system.f2, pair = "db1" }
    db03 = { on = system.f3, pair = "db2" }
    db04 = { on = system.f4, pair = "db2" }
    db05 = { on = system.f1, pair = "db3" }
    db06 = { on = system.f2, pair = "db3" }
    db07 = { on = system.f3, pair = "db4" }
    db08 = { on = system.f4, pair = "db4" }
  }

  # The storage numbers its volumes in the order in which they were made.
  volumes = { for i, name in keys(local.servers) : name => format("%X000000000000", i + 1) }
}

module "server" {
  for_each = local.servers
  source   = "./modules/server"

  name     = each.key
  system   = each.value.on
  memory   = each.value.memory
  volume   = { wwpn = "5005076810114C3D", id = local.volumes[each.key] }
  networks = { en0 = network.production, en1 = network.backup }
}

partition "db" {
  for_each    = local.databases
  system      = each.value.on
  state       = "running"
  description = "database of ${each.value.pair}"

  memory {
    minimum = "8GiB"
    desired = "24GiB"
    maximum = "64GiB"
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 192
    units   = { minimum = 0.5, desired = 1, maximum = 4 }
    virtual = { minimum = 1, desired = 2, maximum = 8 }
  }
  ethernet "en0" {
    network = network.production
  }
  ethernet "en1" {
    network = network.backup
  }
  npiv "left" {
    fabric = "A"
  }
  npiv "right" {
    fabric = "B"
  }
  placement {
    apart = each.value.pair
  }
}

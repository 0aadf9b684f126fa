# A server with one SAN volume behind both Virtual I/O Servers of its frame.

variable "name" {
  type = string
}

variable "system" {
  description = "Frame that it lives on."
}

variable "memory" {
  type        = number
  description = "GiB."
}

variable "volume" {
  type        = object({ wwpn = string, id = string })
  description = "LUN of its root disk."
}

variable "networks" {
  description = "Network of each Ethernet adapter."
}

disk "root" {
  lun            = var.volume
  reserve_policy = "no_reserve"
  queue_depth    = 32
}

partition "server" {
  name   = var.name
  system = var.system
  state  = "running"

  memory {
    minimum = "1GiB"
    desired = var.memory * 1024
    maximum = var.memory * 2048
  }
  processor {
    mode    = "shared"
    sharing = "uncapped"
    weight  = 128
    units   = { minimum = 0.1, desired = 0.2, maximum = 2 }
    virtual = { minimum = 1, desired = 2, maximum = 4 }
  }
  dynamic "ethernet" {
    for_each = var.networks
    iterator = adapter
    labels   = [adapter.key]
    content {
      network = adapter.value
    }
  }
  disk "root" {
    source = disk.root
    paths  = 2
  }
  mobility {
    wait = "10m"
  }
}

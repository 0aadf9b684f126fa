provider "aix" "images" {
  user = "root"
}

host "lpar55p682e" {}

host "lpar56p682e" {}

wpar "app20" {
  host            = host.lpar55p682e
  state           = "running"
  hostname        = "app20"
  checkpointable  = true
  name_resolution = true

  network {
    interface = "en0"
    address   = "172.29.140.243"
    netmask   = "255.255.192.0"
  }
  mount "/" {
    type   = "nfs"
    server = "lpar32p682e"
    path   = "/scratch/app20root"
  }
  mount "/home" {
    type   = "nfs"
    server = "lpar32p682e"
    path   = "/scratch/app20home"
  }
  mount "/tmp" {
    type   = "nfs"
    server = "lpar32p682e"
    path   = "/scratch/app20tmp"
  }
  mount "/var" {
    type   = "nfs"
    server = "lpar32p682e"
    path   = "/scratch/app20var"
  }
  resource_control {
    shares_cpu = "10"
    memory     = "5%-50%,100%"
  }
  mobility {
    reason    = "maintenance"
    directory = "/nfs/mobility"
  }
}

wpar "web01" {
  host          = host.lpar55p682e
  state         = "running"
  specification = file("web01.spec")

  mobility {
    reason    = "maintenance"
    directory = "/nfs/mobility"
  }
}

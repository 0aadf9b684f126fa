# Two AIX images and an NFS server, as in the article on live application mobility.
lab {
  speed = 1
  start = "2026-03-02T08:00:00Z"
}

nfs_server "lpar32p682e" {
  address = "172.29.140.32"
  export "/scratch/app20root" {}
  export "/scratch/app20home" {}
  export "/scratch/app20tmp" {}
  export "/scratch/app20var" {}
  export "/scratch/web01root" {}
  export "/scratch/web01home" {}
  export "/scratch/web01tmp" {}
  export "/scratch/web01var" {}
  export "/scratch/mobility" {
    access = ["lpar55p682e", "lpar56p682e"]
  }
}

host "lpar55p682e" {
  level     = "6100-09-12-1846"
  address   = "172.29.140.55"
  memory_mb = 8192
  software  = ["mcr.rte"]
  disk "hdisk0" {
    size_mb = 51200
  }
  volume_group "rootvg" {
    disks = ["hdisk0"]
  }
  interface "en0" {
    address = "172.29.140.55"
    netmask = "255.255.192.0"
  }
  mounted "/nfs/mobility" {
    dev  = "/scratch/mobility"
    vfs  = "nfs3"
    node = "lpar32p682e"
  }
}

host "lpar56p682e" {
  level     = "6100-09-12-1846"
  address   = "172.29.140.56"
  memory_mb = 8192
  software  = ["mcr.rte"]
  disk "hdisk0" {
    size_mb = 51200
  }
  volume_group "rootvg" {
    disks = ["hdisk0"]
  }
  interface "en0" {
    address = "172.29.140.56"
    netmask = "255.255.192.0"
  }
  mounted "/nfs/mobility" {
    dev  = "/scratch/mobility"
    vfs  = "nfs3"
    node = "lpar32p682e"
  }
}

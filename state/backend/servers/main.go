// Command servers runs, for the tests of the stores, the servers that they talk to: etcd and an S3-compatible object store. It is a
// module of its own so that nobody who builds Gantry builds them.
//
//	servers etcd ADDRESS DIRECTORY
//	servers s3 ADDRESS DIRECTORY
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3bolt"
	"go.etcd.io/etcd/server/v3/embed"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: servers etcd|s3 ADDRESS DIRECTORY")
	}
	if err := serve(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func serve(what, address, dir string) error {
	switch what {
	case "s3":
		b, err := s3bolt.NewFile(filepath.Join(dir, "s3.bolt"))
		if err != nil {
			return err
		}
		if ok, err := b.BucketExists("estates"); err != nil || !ok {
			if err := b.CreateBucket("estates"); err != nil {
				return err
			}
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		fmt.Println("ready", l.Addr())
		return http.Serve(l, gofakes3.New(b).Server())
	case "etcd":
		c := embed.NewConfig()
		c.Dir, c.LogLevel, c.LogOutputs = dir, "error", []string{"stderr"}
		c.ListenClientUrls = []url.URL{{Scheme: "http", Host: address}}
		c.AdvertiseClientUrls = c.ListenClientUrls
		c.ListenPeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
		e, err := embed.StartEtcd(c)
		if err != nil {
			return err
		}
		<-e.Server.ReadyNotify()
		fmt.Println("ready", address)
		return <-e.Err()
	}
	return fmt.Errorf("there is no server %q", what)
}

// Command switchlab serves the two fabrics of the example until it is interrupted.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"example.org/gantry-provider-zoning/switchlab"
)

func main() {
	dir := flag.String("dir", "switchlab", "directory for ssh_config, key and known_hosts")
	flag.Parse()
	abs, err := filepath.Abs(*dir)
	if err == nil {
		err = os.MkdirAll(abs, 0o700)
	}
	var l *switchlab.Lab
	if err == nil {
		l, err = switchlab.Start(abs, "fabric-a", "fabric-b")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer l.Close()
	fmt.Println("fabric-a and fabric-b: ssh -F", filepath.Join(abs, "ssh_config"), "fabric-a")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
}

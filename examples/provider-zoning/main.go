// Command gantry-provider-zoning is a provider of Gantry for the zoning of SAN switches: Fabric OS, over SSH.
package main

import "github.com/gantry-power/gantry/providers/sdk"

func main() { sdk.Serve(Provider()) }

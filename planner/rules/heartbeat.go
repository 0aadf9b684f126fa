package rules

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// aliased: topology services beat through aliases on the network; later clusters know no such thing.
func (c *Cluster) aliased(n *ClusterNetwork) bool { return c.Classic() && n.HeartbeatAlias != "" }

// HeartbeatAlias is the address that a boot interface is given for the heartbeat over IP aliases.
type HeartbeatAlias struct {
	Node    *Host
	Label   string // of the boot address of the same interface
	Address string
}

// heartbeatMask is the mask of the aliases: that of the service addresses.
func heartbeatMask(c *Cluster, n *ClusterNetwork) string {
	mask := n.Netmask
	for _, s := range labelsOn(c.ServiceIPs, n) {
		mask = cmp.Or(mask, s.Netmask)
	}
	return mask
}

// HeartbeatAliases allocates the aliases of a network: the host part counts the nodes of the cluster in their order, the
// subnet counts the interfaces of a node.
func HeartbeatAliases(c *Cluster, n *ClusterNetwork) ([]HeartbeatAlias, error) {
	start, err := netip.ParseAddr(n.HeartbeatAlias)
	if err != nil || !start.Is4() {
		return nil, fmt.Errorf("%q is no IPv4 address", n.HeartbeatAlias)
	}
	mask := heartbeatMask(c, n)
	length, ok := maskBits(mask)
	if !ok {
		return nil, fmt.Errorf("%q is no netmask", mask)
	}
	size, first := uint64(1)<<(32-length), uint64(number(start))
	host := first % size
	if host == 0 || host == size-1 {
		return nil, fmt.Errorf("with the mask %s, %s is no address of a host", mask, start)
	}
	// Behind the last subnet come loopback or multicast addresses.
	end := uint64(0xe0000000)
	if first < 0x7f000000 {
		end = 0x7f000000
	}
	if first>>24 == 0 || first>>24 == 0x7f || first >= end {
		return nil, fmt.Errorf("%s is no address that an interface can have", start)
	}
	need, have := uint64(c.most(n)), (end-(first-host))/size
	if need > have {
		return nil, fmt.Errorf("%d subnets are needed from %s with the mask %s on, and there are %d", need, start, mask, have)
	}
	var out []HeartbeatAlias
	for i, h := range c.Nodes {
		for k, b := range c.adapters(h, n) {
			if host+uint64(i) >= size-1 {
				return nil, fmt.Errorf("from %s on, a subnet with the mask %s has addresses for %d nodes, and %s is number %d", start, mask, size-1-host, h.Name, i+1)
			}
			out = append(out, HeartbeatAlias{h, b.Name, addressOf(uint32(first + uint64(i) + uint64(k)*size)).String()})
		}
	}
	return out, nil
}

// heartbeatSubnets are the subnets of the aliases; none where they cannot be allocated.
func heartbeatSubnets(c *Cluster, n *ClusterNetwork) []netip.Prefix {
	all, err := HeartbeatAliases(c, n)
	var out []netip.Prefix
	for _, a := range all {
		if p, ok := subnetOf(a.Address, heartbeatMask(c, n)); ok && err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// maskBits is the length of a prefix; ifconfig writes masks as one hexadecimal number.
func maskBits(mask string) (int, bool) {
	var m uint32
	if hex, ok := strings.CutPrefix(mask, "0x"); ok {
		x, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return 0, false
		}
		m = uint32(x)
	} else {
		a, err := netip.ParseAddr(mask)
		if err != nil || !a.Is4() {
			return 0, false
		}
		m = number(a)
	}
	n := bits.LeadingZeros32(^m)
	return n, ^m == uint32(uint64(1)<<(32-n)-1)
}

func number(a netip.Addr) uint32 { b := a.As4(); return binary.BigEndian.Uint32(b[:]) }

func addressOf(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// subnetOf is the subnet of an IPv4 address; false where the mask is not known.
func subnetOf(address, mask string) (netip.Prefix, bool) {
	a, err := netip.ParseAddr(address)
	n, ok := maskBits(mask)
	if err != nil || !a.Is4() || !ok {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, n).Masked(), true
}

func (l *ClusterLabel) subnet() (netip.Prefix, bool) { return subnetOf(l.Address, l.Netmask) }

// within reports whether an address lies in a subnet.
func inside(p netip.Prefix, address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && p.Contains(a)
}

// reaches reports whether a routing table has a route to a destination. The default route leads everywhere, and is not
// what somebody has in mind who names a destination.
func reaches(routes []string, destination string) bool {
	if slices.Contains(routes, destination) {
		return true
	}
	want, ok := route(destination)
	return ok && slices.ContainsFunc(routes, func(s string) bool {
		p, ok := route(s)
		return ok && p.Bits() > 0 && p.Bits() <= want.Bits() && p.Contains(want.Addr())
	})
}

// route reads a destination as netstat prints it: 10.9/16 is 10.9.0.0/16.
func route(s string) (netip.Prefix, bool) {
	address, length, cut := strings.Cut(s, "/")
	for address != "" && strings.Count(address, ".") < 3 {
		address += ".0"
	}
	if !cut {
		length = "32"
	}
	p, err := netip.ParsePrefix(address + "/" + length)
	return p.Masked(), err == nil
}

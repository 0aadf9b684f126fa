package lab

// serialPath tells whether two nodes of an older release hear each other over a network that is not IP.
func (e *Estate) serialPath(a, b *Host) bool { return false }

// replaces tells whether a label takes the place of a boot address instead of standing beside it.
func (e *Estate) replaces(d *haDef, o *haObject) bool { return false }

func (e *Estate) replaceAddress(h *Host, nics []*hostInterface, address, mask string) bool {
	return false
}
func (e *Estate) restoreBoot(h *Host, d *haDef, n *hostInterface) {}
func (e *Estate) unreplace(h *Host)                               {}
func (e *Estate) heartbeatAliases(h *Host)                        {}
func (v *haCheck) serial(n *haObject)                             {}
func (v *haCheck) oldNetwork(n *haObject)                         {}

func (a *aixCall) oldTopology(s *subsystem) {}
func (a *aixCall) oldNodename() int         { return a.usage() }

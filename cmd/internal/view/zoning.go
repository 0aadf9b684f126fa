package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gantry-power/gantry/cmd/internal/run"
)

// Zoning writes the worksheet for whoever zones the SAN: fabric by fabric, both
// names of every adapter.
func Zoning(w io.Writer, st Style, ports []run.ZonedPort) {
	if len(ports) == 0 {
		fmt.Fprintln(w, "No virtual Fibre Channel adapter is declared or owned.")
		return
	}
	fabric, names, waiting := "\x00", 0, 0
	for _, p := range ports {
		if p.Fabric != fabric {
			fabric = p.Fabric
			title := "fabric " + fabric
			if fabric == "" {
				title = "no fabric block of the system names the port"
			}
			fmt.Fprintf(w, "%s\n", st.Bold.Render(title))
		}
		slot := "slot " + strconv.Itoa(p.Slot)
		if p.Slot == 0 {
			slot = "-"
		}
		if p.WWPN == "" {
			waiting++
			fmt.Fprintf(w, "  %-28s %-10s %-24s %s\n", p.Partition, slot, "not created yet", "-")
			continue
		}
		names++
		fmt.Fprintf(w, "  %-28s %-10s %-24s %s\n", p.Partition, slot, colons(p.WWPN), p.Port)
	}
	fmt.Fprintf(w, "\n%s. Zone both names of a pair to the same storage ports: a live migration logs the second one in.\n", plural(names, "name"))
	if waiting > 0 {
		fmt.Fprintf(w, "%s not created yet; the console gives the names when the partition is made.\n", plural(waiting, "adapter"))
	}
}

// colons writes a world wide port name as switches do.
func colons(wwpn string) string {
	var parts []string
	for ; len(wwpn) > 2; wwpn = wwpn[2:] {
		parts = append(parts, wwpn[:2])
	}
	return strings.Join(append(parts, wwpn), ":")
}

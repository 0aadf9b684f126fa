package hmc

import (
	"strings"
	"testing"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/providers/console"
)

func records(t *testing.T, lines ...string) []console.Record {
	t.Helper()
	recs, err := console.ParseRecords(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return recs
}

// What the answers say of a partition and its system reaches the objects under the names of the kinds. The lines have the form
// that consoles of version 7 to 10 gave them (hmc-live-facts.md, sections 7 to 9).
func TestDiscoveredFacts(t *testing.T) {
	disks := func(able string) console.Section {
		return console.Section{Out: "hdisk1:3321360050768:" + able + "\n"}
	}
	devices := console.Section{Out: "fcs0:Available:U78A1.001-P1-C3-T1\nhdisk1:Available:U78A1.001-P1-C3-T1-W5005076810114C3D-L1000000000000\n"}
	d := &discovery{s: &Session{key: "hmc.one"}, m: managed{name: "frame1", id: "T*1", state: "Operating", service: "3"}, a: &answers{
		lpars: []console.Record{
			{"name": "v1", "lpar_id": "1", "lpar_env": "vioserver", "state": "Running", "rmc_state": "active"},
			{"name": "v2", "lpar_id": "2", "lpar_env": "vioserver", "state": "Running", "rmc_state": "active"},
			{"name": "db", "lpar_id": "3", "lpar_env": "aixlinux", "state": "Running", "default_profile": "normal", "simplified_remote_restart_capable": "1"},
		},
		profs:  records(t, `name=normal,lpar_name=db,lpar_id=3,bsr_arrays=8,"lhea_logical_ports=23000000/1/2/3/none,23000000/2/2/4/none","sriov_eth_logical_ports=config_id=0:adapter_id=1:migratable=1,config_id=1:adapter_id=1:migratable=0"`),
		memSys: records(t, "configurable_sys_mem=1024,curr_avail_num_sys_huge_pages=2,mem_region_size=256"),
		eth: records(t,
			`lpar_name=v1,lpar_id=1,slot_num=2,is_trunk=1,trunk_priority=1,ieee_virtual_eth=1,port_vlan_id=10,vswitch=DMZ,"addl_vlan_ids=20,30",mac_addr=664A9A48690B`),
		vios: map[string]map[string]console.Section{
			"v1": {"lsdev": devices, "chkdev": disks("YES"), "net": console.Section{Out: "ent4:U9009.42A.1-V1-C2-T1:ent6:ent0:Available:U78\n"}},
			"v2": {"lsdev": devices, "chkdev": disks("NO")},
		},
	}}
	objects, err := d.objects()
	if err != nil {
		t.Fatal(err)
	}
	of := func(kind, id string) *schema.Object {
		for _, o := range objects {
			if o.Kind == kind && o.ID == id {
				return o
			}
		}
		t.Fatalf("no %s %s among %d objects", kind, id, len(objects))
		return nil
	}
	db, sys, disk := of("partition", "T*1/db").Value, of("system", "T*1").Value, of("disk", "uid:3321360050768").Value
	if got := schema.Strings(db, "host_ethernet_ports"); len(got) != 2 || got[1] != "23000000/2/2/4/none" {
		t.Errorf("Host Ethernet ports: %q", got)
	}
	if got := schema.Strings(db, "logical_ports"); len(got) != 2 || !strings.Contains(got[1], "migratable=0") {
		t.Errorf("SR-IOV logical ports: %q", got)
	}
	if schema.Num(db, "bsr_arrays") != 8 || !schema.True(db, "remote_restart") {
		t.Errorf("BSR arrays %v, remote restart %v", schema.Num(db, "bsr_arrays"), schema.True(db, "remote_restart"))
	}
	if schema.Num(sys, "memory.huge_pages") != 2 || schema.Num(sys, "service_partition") != 3 || schema.Str(sys, "vios.v1.bridges.ent6.switch") != "DMZ" {
		t.Errorf("huge pages %v, service partition %v, switch %q", schema.Num(sys, "memory.huge_pages"), schema.Num(sys, "service_partition"), schema.Str(sys, "vios.v1.bridges.ent6.switch"))
	}
	// One of two servers has the disk for itself, and it is the second one.
	if got := schema.Str(disk, schema.JoinPath("paths", "T*1", "status")); got != notExportable {
		t.Errorf("the disk is %q", got)
	}
}

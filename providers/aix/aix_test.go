package aix

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/kinds"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// The captured listings of aix-cli.md, as one host would print them.
const (
	lspv = `hdisk0          00f9280c31fc0ae6                    rootvg          active
hdisk1          none                                None
hdisk2          00f6f5d0a1b2c3d4                    testvg          active
`
	lsdev = `hdisk0 Available          Virtual SCSI Disk Drive
hdisk1 Available 24-T1-01 MPIO FC 2145
hdisk2 Available 24-T1-01 MPIO FC 2145
`
	lsattr = `::item hdisk0
#algorithm:pvid:queue_depth:reserve_policy
fail_over:00f9280c31fc0ae60000000000000000:3:no_reserve
::item hdisk2
#PCM:lun_id:pvid:queue_depth:reserve_policy:unique_id:ww_name
PCM/friend/fcpother:0x2000000000000:00f6f5d0a1b2c3d40000000000000000:20:no_reserve:33213600507110180813E50000000000003F304214503IBMfcp:0x500507110110c1a4
`
	lsvg = `::item testvg
VOLUME GROUP:       testvg                   VG IDENTIFIER:  00f6f42a00004c000000017a0bd88942
VG STATE:           active                   PP SIZE:        16 megabyte(s)
VG PERMISSION:      read/write               TOTAL PPs:      2550 (40800 megabytes)
MAX LVs:            256                      FREE PPs:       2490 (39840 megabytes)
LVs:                0                        USED PPs:       60 (960 megabytes)
OPEN LVs:           0                        QUORUM:         2 (Enabled)
TOTAL PVs:          2                        VG DESCRIPTORS: 3
STALE PVs:          0                        STALE PPs:      0
ACTIVE PVs:         2                        AUTO ON:        yes
MAX PPs per VG:     32768                    MAX PVs:        1024
LTG size (Dynamic): 256 kilobyte(s)          AUTO SYNC:      no
HOT SPARE:          no                       BB POLICY:      relocatable
MIRROR POOL STRICT: off
`
	lsvgL = `::item testvg
testvg:
LV NAME             TYPE       LPs     PPs     PVs  LV STATE      MOUNT POINT
loglv00             jfs2log    1       1       1    open/syncd    N/A
fslv00              jfs2       320     320     1    open/syncd    /tmp/issue76
`
	lsfs = `#MountPoint:Device:Vfs:Nodename:Type:Size:Options:AutoMount:Acct
/proc:/proc:procfs:::0:rw:yes:no
#MountPoint:Device:Vfs:Nodename:Type:Size:Options:AutoMount:Acct
/tmp/issue76:/dev/fslv00:jfs2::test_mount:10485760:rw:yes:no
(lv size 10485760:fs size 10485760:block size 4096:sparse files yes:inline log no:inline log size 0:EAformat v1:Quota no:DMAPI no:VIX yes:EFS no:ISNAPSHOT no:MAXEXT 0:MountGuard no:LFF no)
`
	mount = `  node       mounted        mounted over    vfs       date        options
-------- ---------------  ---------------  ------ ------------ ---------------
         /dev/hd4         /                jfs2   Jul 17 13:22 rw,log=/dev/hd8
         /proc            /proc            procfs Jul 17 13:22 rw
         /dev/fslv00      /tmp/issue76     jfs2   Jul 17 13:22 rw,log=/dev/loglv00
192.168.1.11 /stage/middleware1 /stage/middleware2 nfs3   Jul 17 13:24 ro,bg,hard,intr,sec=sys
`
)

func host(t *testing.T) *planner.Inventory {
	t.Helper()
	d := &discovery{endpoint: "aix.x/db01", host: "db01"}
	d.readDisks(lsdev, lspv, lsattr, "::item hdisk0\n51200\n::item hdisk1\n20480\n::item hdisk2\n40960\n")
	if err := d.readGroups("rootvg\ntestvg\n", lsvg, lsvgL, "", "", ""); err != nil {
		t.Fatal(err)
	}
	if err := d.readFilesystems(lsfs, mount); err != nil {
		t.Fatal(err)
	}
	var all []*schema.Object
	cat := kinds.Catalogue()
	d.emit(func(o *schema.Object) {
		if err := cat.Kind(o.Kind).Conform(o.Value); err != nil {
			t.Errorf("%s %s: %v", o.Kind, o.ID, err)
		}
		all = append(all, o)
	})
	return planner.Merge(cat, all, nil)
}

func TestDiscover(t *testing.T) {
	inv := host(t)
	for _, c := range []struct{ kind, id, path, want string }{
		{"disk", "pvid:00f9280c31fc0ae6", "hosts.db01.device", `"hdisk0"`},
		{"disk", "local:db01/hdisk1", "hosts.db01.size", `20480`},
		{"disk", "uid:33213600507110180813E50000000000003F304214503IBMfcp", "unique_id", `"33213600507110180813E50000000000003F304214503IBMfcp"`},
		{"disk", "uid:33213600507110180813E50000000000003F304214503IBMfcp", "hosts.db01.lun", `{"id":"2000000000000","wwpn":"500507110110C1A4"}`},
		{"volume_group", "db01/rootvg", "active", `false`},
		{"volume_group", "db01/testvg", "pp_size", `16`},
		{"volume_group", "db01/testvg", "free", `39840`},
		{"volume_group", "db01/testvg", "type", `"scalable"`},
		{"volume_group", "db01/testvg", "auto_on", `true`},
		{"volume_group", "db01/testvg", "quorum", `true`},
		{"volume_group", "db01/testvg", "log_volumes", `["loglv00"]`},
		{"filesystem", "db01:/tmp/issue76", "size", `5120`},
		{"filesystem", "db01:/tmp/issue76", "volume_group", `"db01/testvg"`},
		{"filesystem", "db01:/tmp/issue76", "mount_group", `"test_mount"`},
		{"filesystem", "db01:/tmp/issue76", "inline_log", `false`},
		{"filesystem", "db01:/tmp/issue76", "mounted", `true`},
	} {
		var o *schema.Object
		for _, x := range inv.Of(c.kind) {
			if x.ID == c.id {
				o = x
			}
		}
		if o == nil {
			t.Errorf("there is no %s %s", c.kind, c.id)
			continue
		}
		if got := string(schema.EncodeValue(schema.Get(o.Value, c.path))); got != c.want {
			t.Errorf("%s of %s is %s, want %s", c.path, c.id, got, c.want)
		}
	}
}

func object(kv ...any) cty.Value {
	v := cty.EmptyObjectVal
	for i := 0; i < len(kv); i += 2 {
		switch x := kv[i+1].(type) {
		case string:
			v = schema.Set(v, kv[i].(string), cty.StringVal(x))
		case int:
			v = schema.Set(v, kv[i].(string), cty.NumberIntVal(int64(x)))
		case bool:
			v = schema.Set(v, kv[i].(string), cty.BoolVal(x))
		case []string:
			var items []cty.Value
			for _, s := range x {
				items = append(items, cty.StringVal(s))
			}
			v = schema.Set(v, kv[i].(string), cty.TupleVal(items))
		}
	}
	return v
}

func TestExplain(t *testing.T) {
	free := "local:db01/hdisk1"
	for name, c := range map[string]struct {
		kind   string
		action planner.Action
		after  cty.Value
		paths  []string
		want   string
	}{
		"a group": {"volume_group", planner.Create, object("host", "db01", "name", "datavg", "type", "big", "pp_size", 64, "auto_on", false, "quorum", false, "disks", []string{free}), nil,
			"mkvg -B -y datavg -s 64 -n hdisk1\nchvg -Q n datavg\n"},
		"a disk of somebody else": {"volume_group", planner.Create, object("host", "db01", "name", "datavg", "disks", []string{"uid:33213600507110180813E50000000000003F304214503IBMfcp"}), nil,
			"! uid:33213600507110180813E50000000000003F304214503IBMfcp (hdisk2) belongs to the volume group testvg on db01.\n"},
		"a disk that it does not see": {"volume_group", planner.Create, object("host", "db01", "name", "datavg", "disks", []string{"uid:x"}), nil,
			"! db01 does not see the disk uid:x.\n"},
		"disks come and go": {"volume_group", planner.Update, object("host", "db01", "name", "testvg", "disks", []string{free}, "auto_on", false), []string{"disks", "auto_on"},
			"extendvg testvg hdisk1\nreducevg testvg hdisk2\nchvg -a n testvg\n"},
		"a group that is not empty": {"volume_group", planner.Delete, cty.NilVal, nil, "! testvg still has fslv00, which this plan does not delete.\n"},
		"a filesystem": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 1024, "auto_mount", true, "inline_log", true, "options", "rw,cio"), nil,
			"crfs -v jfs2 -g testvg -m /data -A yes -a size=1024M -a logname=INLINE -a \"options=rw,cio\"\nmount /data\n"},
		"on a volume of its name, not mounted": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 1024, "logical_volume", "datalv", "mounted", false), nil,
			"mklv -t jfs2 -y datalv -L gantry/data testvg 1024M\ncrfs -v jfs2 -d datalv -m /data\n"},
		"too large": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 40000, "logical_volume", "datalv"), nil,
			"! filesystem.x needs 40000 MiB more in the volume group testvg, where 39840 MiB is free.\n"},
		"more partitions than crfs gives": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 16384), nil,
			"! 16 GiB is 1024 partitions of 16 MiB, and a logical volume that crfs makes has 512 at most.\n"},
		"with room for as many": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 16384, "logical_volume", "datalv", "mounted", false), nil,
			"mklv -t jfs2 -y datalv -L gantry/data -x 1024 testvg 16384M\ncrfs -v jfs2 -d datalv -m /data\n"},
		"over what is mounted": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/tmp", "size", 1024), nil,
			"! /tmp/issue76 is mounted below /tmp and would be hidden by it.\n"},
		"no multiple": {"filesystem", planner.Create, object("volume_group", "db01/testvg", "mount", "/data", "size", 1000), nil,
			"! 1000 MiB is no multiple of 16 MiB, the physical partition of the volume group.\n"},
		"of a group that is off": {"filesystem", planner.Create, object("volume_group", "db01/rootvg", "mount", "/data", "size", 1024), nil,
			"! rootvg is not varied on.\n"},
		"it grows": {"filesystem", planner.Update, object("size", 6144, "auto_mount", false, "mounted", false), []string{"size", "auto_mount", "mounted"},
			"umount /tmp/issue76\nchfs -a size=6144M /tmp/issue76\nchfs -A no /tmp/issue76\n"},
		"it does not shrink": {"filesystem", planner.Update, object("size", 1024), []string{"size"}, "! /tmp/issue76 has 5 GiB and 1 GiB is declared.\n"},
		"it goes":            {"filesystem", planner.Delete, cty.NilVal, nil, "umount /tmp/issue76\nrmfs /tmp/issue76\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inv := host(t)
			before := map[string]string{"volume_group": "db01/testvg", "filesystem": "db01:/tmp/issue76"}[c.kind]
			s := &planner.Step{Address: schema.Address(c.kind + ".x"), Kind: c.kind, Action: c.action, Endpoint: "aix.x/db01"}
			if c.action != planner.Create {
				for _, o := range inv.Of(c.kind) {
					if o.ID == before {
						s.Before = o
					}
				}
			}
			if c.after != cty.NilVal {
				s.After = &schema.Object{Kind: c.kind, ID: "new", Value: c.after}
			}
			for _, p := range c.paths {
				s.Changes = append(s.Changes, planner.Change{Path: p})
			}
			var got strings.Builder
			for _, d := range New().Explain(s, planner.NewFacts(inv)) {
				got.WriteString("! " + d.Detail + "\n")
			}
			for _, x := range s.Commands {
				if x.Purpose == planner.PurposeChange && !strings.HasPrefix(got.String(), "!") {
					got.WriteString(x.Line + "\n")
				}
			}
			if got.String() != c.want {
				t.Errorf("got\n%swant\n%s", got.String(), c.want)
			}
		})
	}
}

// The label that people give a disk may hold a colon.
func TestColonRow(t *testing.T) {
	row := colonRow("#PCM:location:lun_id:unique_id\nPCM/x:rack 4: top: left:0x1:ABC\n")
	if row["location"] != "rack 4: top: left" || row["unique_id"] != "ABC" || row["lun_id"] != "0x1" {
		t.Errorf("%v", row)
	}
	if row := colonRow("#a:b\n1:2:3\n"); row != nil {
		t.Errorf("a row that cannot be told apart tells %v", row)
	}
}

// What a cluster shares is not changed behind its back.
func TestConcurrent(t *testing.T) {
	for _, kind := range []string{"volume_group", "filesystem"} {
		inv := host(t)
		for _, g := range inv.Of("volume_group") {
			g.Value = schema.Set(g.Value, "mode", cty.StringVal("enhanced-concurrent"))
		}
		s := &planner.Step{Address: schema.Address(kind + ".x"), Kind: kind, Action: planner.Delete, Endpoint: "aix.x/db01"}
		for _, o := range inv.Of(kind) {
			if o.ID == "db01/testvg" || kind == "filesystem" {
				s.Before = o
			}
		}
		if d := New().Explain(s, planner.NewFacts(inv)); len(d) != 1 || !strings.Contains(d[0].Detail, "enhanced concurrent, and its hosts are not nodes of a cluster") || len(s.Commands) > 0 {
			t.Errorf("%s: %v %v", kind, d, s.Commands)
		}
	}
}

package lab

import "testing"

// The flow that administrators publish for mirror pools: disks into pools, pools onto copies, strictness, and the mirror that
// follows them. The listings of lsvg -m and lsmp were captured on a real host with disks of other names.
func TestAixMirrorPools(t *testing.T) {
	l := startHosts(t)
	must(t, l, "nodea", "mkvg -S -y datavg hdisk1 hdisk2")
	must(t, l, "nodea", "extendvg datavg hdisk3")
	must(t, l, "nodea", "mklv -y ora001 -t jfs2 datavg 8 hdisk1; mklv -y loglv01 -t jfs2log datavg 1 hdisk1")
	must(t, l, "nodea", "chpv -p Chicago hdisk1; chpv -p London hdisk2 hdisk3")
	expect(t, l, "nodea", "chvg -M s datavg", "", "0516-1814 chvg: Mirror pools must be defined for each copy when mirror pool strictness\n\tis enabled.\n0516-732 chvg: Unable to change volume group datavg.\n", 1)
	must(t, l, "nodea", "chlv -m copy1=Chicago -m copy2=London ora001; chlv -m copy1=Chicago -m copy2=London loglv01; chvg -M s datavg; mirrorvg -c 2 datavg")
	expect(t, l, "nodea", "lsvg -m datavg; lsmp datavg", `Logical Volume    Copy 1            Copy 2            Copy 3
ora001            Chicago           London            None
loglv01           Chicago           London            None
VOLUME GROUP:       datavg              Mirror Pool Super Strict: yes

MIRROR POOL:        Chicago             Mirroring Mode:           SYNC
MIRROR POOL:        London              Mirroring Mode:           SYNC
`, "", 0)
	contained(t, l, "nodea", "lsvg datavg; lslv ora001; lspv hdisk2; lslv -l ora001; lsvg -P datavg", "MIRROR POOL STRICT: super", "COPY 1 MIRROR POOL: Chicago", "COPY 2 MIRROR POOL: London", "MIRROR POOL:        London", "hdisk2            000:008:000", "hdisk3            London")

	for line, why := range map[string]string{
		"mklv -y x datavg 1":                                                "0516-1814 lcreatelv",
		"mklv -y x -p copy1=Chicago datavg 1":                               "0516-1815 lcreatelv",
		"mklv -y x -c 2 -p copy1=Chicago -p copy2=Paris datavg 1":           "0516-1835 mklv",
		"mklv -y x -c 2 -p two=Paris datavg 1":                              "Usage: mklv",
		"chpv -P hdisk3":                                                    "0516-1816 chpv",
		"chpv -p London hdisk1":                                             "0516-1817 chpv: The mirror pool Chicago is used by logical volume ora001",
		"chpv -p a/b hdisk1":                                                "0516-1834",
		"mkvg -B -y other -p Pool hdisk4":                                   "0516-1833",
		"mklv -y x -c 2 -p copy1=Chicago -p copy2=London datavg 100 hdisk2": "0516-404",
		"extendvg datavg hdisk4":                                            "0516-306 extendvg",
		"chlv -M 1 ora001":                                                  "0516-1814 lchangelv",
	} {
		contained(t, l, "nodea", line, why)
	}
	must(t, l, "nodea", "chvg -M n datavg; rmlvcopy -p London ora001 1; chpv -m Rome hdisk1; extendlv ora001 4")
	contained(t, l, "nodea", "lsvg -m datavg; lslv -l ora001", "ora001            Rome              None              None", "hdisk1            012:000:000")
	must(t, l, "nodea", "mklvcopy -k -p copy2=London ora001 2")
	contained(t, l, "nodea", "lslv ora001; migratepv -l ora001 hdisk1 hdisk3", "COPY 2 MIRROR POOL: London", "0516-404")
	savedAgain(t, l)
}

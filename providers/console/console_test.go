package console

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
	"pgregory.net/rapid"
)

func TestParseRecords(t *testing.T) {
	got, err := ParseRecords("name=uli13lp1,lpar_id=2,migration_state=Migration Starting,bytes_transmitted=2366013\n" +
		`name=x,"virtual_eth_adapters=6/1/6//0/0,7/0/7//0/0","virtual_fc_adapters=""4/client/2/v/8/a,b/1"",""6/client/3/w/8/c,d/1""",resource=a=b` + "\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if got[0]["migration_state"] != "Migration Starting" || got[1]["resource"] != "a=b" {
		t.Errorf("%v", got)
	}
	eth, err := got[1].List("virtual_eth_adapters")
	if err != nil || !reflect.DeepEqual(eth, []string{"6/1/6//0/0", "7/0/7//0/0"}) {
		t.Errorf("%v %v", eth, err)
	}
	fc, err := got[1].List("virtual_fc_adapters")
	if err != nil || !reflect.DeepEqual(fc, []string{"4/client/2/v/8/a,b/1", "6/client/3/w/8/c,d/1"}) {
		t.Errorf("%v %v", fc, err)
	}
	for _, bad := range []string{"name", `"name=x`, `"a=b"c`} {
		if _, err := ParseRecords(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if none, err := ParseRecords("No results were found.\n"); err != nil || len(none) != 0 {
		t.Errorf("%v %v", none, err)
	}
}

func FuzzParseRecords(f *testing.F) {
	f.Add("name=a,lpar_id=2\n")
	f.Add(`"a=1,2","b=""x,y"",z"`)
	f.Fuzz(func(t *testing.T, s string) {
		recs, err := ParseRecords(s)
		if err != nil {
			return
		}
		for _, r := range recs {
			for _, n := range r.Names() {
				_, _ = r.List(n) // must not panic
			}
		}
	})
}

// words runs a line through a POSIX shell that only reports the words of its commands.
func words(t interface{ Fatalf(string, ...any) }, line string) [][]string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil {
		t.Fatalf("%q does not parse: %v", line, err)
	}
	var all [][]string
	r, err := interp.New(interp.StdIO(nil, &bytes.Buffer{}, &bytes.Buffer{}), interp.Env(nil), interp.Params("-f"),
		interp.CallHandler(func(_ context.Context, args []string) ([]string, error) {
			all = append(all, args)
			return []string{"true"}, nil
		}))
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := r.Run(context.Background(), file); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return all
}

// No value ever becomes a second command, word or attribute.
func TestBuilderIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringOf(rapid.RuneFrom([]rune("ab 1,=\"'`$;&|<>()[]{}*?~!#\\/-+\n\té"))).Draw(t, "value")
		line, err := New("chsyscfg", "-r", "lpar").Add("-n", value).Record("-i", Set("name", value), SetList("list", value, "x")).Line()
		if err != nil {
			return // refused is safe
		}
		got := words(t, line)
		if len(got) != 1 || len(got[0]) != 7 || got[0][4] != value {
			t.Fatalf("%q became %q", line, got)
		}
		recs, err := ParseRecords(got[0][6])
		if err != nil || len(recs) != 1 || len(recs[0]) != 2 || recs[0]["name"] != value {
			t.Fatalf("record %q became %v, %v", got[0][6], recs, err)
		}
		if list, err := recs[0].List("list"); value != "" && (err != nil || len(list) != 2 || list[0] != value) {
			t.Fatalf("list of %q became %q, %v", value, list, err)
		}
	})
}

func TestLineForms(t *testing.T) {
	for want, c := range map[string]*Command{
		`lssyscfg -r lpar --filter lpar_names=uli13lp1`:                       New("lssyscfg", "-r", "lpar").Filter("lpar_names", "uli13lp1"),
		`lssyscfg -r lpar --filter '"lpar_names=a,b"'`:                        New("lssyscfg", "-r", "lpar").Filter("lpar_names", "a", "b"),
		`lssyscfg -r lpar --filter "lpar_names=~db"`:                          New("lssyscfg", "-r", "lpar").Filter("lpar_names", "~db"), // else bash puts a home directory there
		`mksyscfg -i "name=l1,min_mem=512"`:                                   New("mksyscfg").Record("-i", Set("name", "l1"), Set("min_mem", "512")),
		`ioscli mkvdev -vdev hdisk4 -vadapter $(ioscli lsdev -plc U1-V1-C11)`: Ioscli("mkvdev", "-vdev", "hdisk4", "-vadapter").Output(Ioscli("lsdev", "-plc", "U1-V1-C11")),
	} {
		if got, err := c.Line(); err != nil || got != want {
			t.Errorf("got  %s\nwant %s %v", got, want, err)
		}
	}
	if _, err := New("x", "a\nb").Line(); err == nil {
		t.Error("a line break was let through")
	}
}

func TestBatch(t *testing.T) {
	b := &Batch{}
	b.Add("one", Ioscli("hostname"))
	b.ForEach("two", Ioscli("lsdev"), Ioscli("lsdev", "-dev").AddEach().Add("-attr", "x"))
	line, err := b.Line()
	if err != nil || line != `ioscli hostname; echo "::gantry $?"; for d in $(ioscli lsdev); do echo "::item $d"; ioscli lsdev -dev $d -attr x; done; echo "::gantry $?"` {
		t.Errorf("%s %v", line, err)
	}
	s, err := b.Split("uli13\n::gantry 0\n::item hdisk0\nvalue\n\nno_reserve\n::item hdisk1\n::gantry 2\n")
	if err != nil || s["one"].Out != "uli13\n" || s["two"].Exit != 2 {
		t.Fatalf("%v %v", s, err)
	}
	order, items := Items(s["two"].Out)
	if len(order) != 2 || ParseAttr(items["hdisk0"]) != "no_reserve" || ParseAttr(items["hdisk1"]) != "" {
		t.Errorf("%v %v", order, items)
	}
	for _, bad := range []string{"", "x\n::gantry 0\n", "::gantry 0\n::gantry 0\n::gantry 0\n", "::gantry x\n::gantry 0\n"} {
		if _, err := b.Split(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestParseLsmap(t *testing.T) {
	as, err := ParseLsmap(`SVSA            Physloc                                      Client Partition ID
--------------- -------------------------------------------- ------------------
vhost25         U8233.E8B.0637D5P-V1-C181                    0x0000001a

VTD                   linuxos_1
Status                Available
LUN                   0x8200000000000000
Backing device        linuxos_lv
Physloc
Mirrored              N/A

VTD                   vtopt0
Status                Available
LUN                   0x8100000000000000
Backing device        /var/vio/VMLibrary/CentOS-7-ppc64-Everything-1804.iso
Physloc
Mirrored              N/A

SVSA            Physloc                                      Client Partition ID
--------------- -------------------------------------------- ------------------
vhost1          U7998.61X.100390A-V1-C13                     0x00000000

VTD                   NO VIRTUAL TARGET DEVICE FOUND
`)
	if err != nil || len(as) != 2 || as[0].Client != 26 || as[0].Slot() != 181 || len(as[0].Mappings) != 2 || as[0].Mappings[1].Backing != "/var/vio/VMLibrary/CentOS-7-ppc64-Everything-1804.iso" || as[0].Mappings[0].Physloc != "" || len(as[1].Mappings) != 0 {
		t.Errorf("%+v %v", as, err)
	}
	if as, err := ParseLsmap(""); err != nil || len(as) != 0 {
		t.Errorf("%v %v", as, err)
	}
	if _, err := ParseLsmap("rksh: lsmap:  not found.\n"); err == nil {
		t.Error("an error text was read as a mapping")
	}
}

func FuzzParseLsmap(f *testing.F) {
	f.Add("SVSA Physloc Client\n---- ---- ----\nvhost0 U1-V1-C11 0x00000002\n\nVTD vtscsi0\nLUN 0x81\n")
	f.Fuzz(func(t *testing.T, s string) {
		as, err := ParseLsmap(s)
		for i := range as {
			_ = as[i].Slot()
		}
		_ = err
	})
}

func TestLUN(t *testing.T) {
	w, l, ok := LUN("U78A5.001.WIH0402-P1-C6-T1-W5005076303030053-L4011400400000000")
	if !ok || w != "5005076303030053" || l != "4011400400000000" {
		t.Errorf("%s %s %t", w, l, ok)
	}
	if _, _, ok := LUN("U78A5.001.WIH0402-P1-D1"); ok {
		t.Error("an internal disk has no LUN")
	}
}

// The chain of credentials: one is chosen, the others are not tried.
func TestResolve(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "ssh_config")
	known, key := filepath.Join(dir, "known hosts"), filepath.Join(dir, "with blank")
	for _, f := range []string{known, key} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(conf, []byte("Host uli13\n  HostName 10.0.0.13\n  Port 2222\n  User padmin\n  IdentityFile \""+key+"\"\n  UserKnownHostsFile \""+known+"\"\n  ProxyJump jump@gate:2200\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GANTRY_SSH_CONFIG", conf)
	got, err := Resolve("ivm.uli13", dir, object("host", "uli13"))
	if err != nil || got.Host != "10.0.0.13" || got.Port != "2222" || got.User != "padmin" || got.Identity[0] != key || got.KnownHosts[0] != known || got.Jumps[0] != "jump@gate:2200" {
		t.Errorf("%+v %v", got, err)
	}
	got, err = Resolve("ivm.x", dir, object("host", "elsewhere", "user", "u", "identity_file", "k"))
	if err != nil || got.Host != "elsewhere" || got.Port != "22" || got.User != "u" || got.Identity[0] != filepath.Join(dir, "k") {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := Resolve("ivm.y", dir, object("host", "nobody")); err == nil || !strings.Contains(err.Error(), "no user") {
		t.Errorf("%v", err)
	}
	t.Setenv("THE_PASSWORD", "geheim")
	got, err = Resolve("ivm.z", dir, object("host", "uli13", "password_env", "THE_PASSWORD"))
	if err != nil {
		t.Fatal(err)
	}
	if methods, how, err := got.auth(); err != nil || len(methods) != 1 || how != "the password" || strings.Contains(how, "geheim") {
		t.Errorf("%v %s %v", methods, how, err)
	}
}

func object(pairs ...string) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = cty.StringVal(pairs[i+1])
	}
	return cty.ObjectVal(m)
}

package console

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// What is written to a command log is what is read from it, whatever stands in steps and commands.
func TestCommandLog(t *testing.T) {
	for _, step := range []string{"", "update:partition.db", `create:partition.db["db01"]`, "create:partition.web[0]", `update:module.a["x: y"].partition.db["[1]"]`, `update:a.b["x]: y\"z"]`} {
		for _, line := range []string{"lssyscfg -r sys", "a [b]: c", "set -e\nmkwpar -n w\n[x]: y", "chsyscfg -i \"name=a: b\"", "write hello\n2026-11-26T10:00:03Z hmc.one rc=0 1s [delete:partition.db]: rmsyscfg -n db"} {
			var b, shown bytes.Buffer
			ctx := context.Background()
			if step != "" {
				ctx = WithStep(ctx, step)
			}
			l := &CommandLog{W: &b, Name: "hmc.one"}
			if err := l.Announce(ctx, line); err != nil {
				t.Fatal(err)
			}
			if Announces(b.Bytes()) != (step != "") {
				t.Errorf("%q is announced: %v", step, b.String())
			}
			l.Ended(ctx, line, 3, 1200*time.Millisecond, nil)
			l.Ended(ctx, line, 0, time.Second, errors.New("no answer within 2m0s: write tcp: \"broken\" pipe"))
			got := ParseLog(b.Bytes())
			if step != "" {
				if x := got[0]; !x.Sent || x.Step != step || x.Command != line || x.Console != "hmc.one" {
					t.Errorf("%q %q: %+v", step, line, x)
				}
				got = got[1:]
			}
			if len(got) != 2 || got[0].Step != step || got[0].Command != line || got[0].Exit == nil || *got[0].Exit != 3 || got[0].Took != 1200*time.Millisecond || got[1].Lost != `no answer within 2m0s: write tcp: "broken" pipe` || got[1].Command != line || got[1].Step != step {
				t.Errorf("%q %q: %+v", step, line, got)
			}
			if _, err := Answered(&shown).Write(b.Bytes()); err != nil || len(ParseLog(shown.Bytes())) != 2 || Announces(shown.Bytes()) {
				t.Errorf("%v\n%s", err, shown.String())
			}
		}
	}
	// Who is stopped while it is written down sends nothing.
	ctx, stop := context.WithCancel(WithStep(context.Background(), "s"))
	var b bytes.Buffer
	if err := (&CommandLog{W: &b, Name: "x"}).Announce(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := (&CommandLog{W: &b, Name: "x"}).Announce(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := ParseLog(b.Bytes()); len(got) != 3 || got[2].Lost != "not sent: context canceled" {
		t.Errorf("%+v", got)
	}
	var shown bytes.Buffer
	if _, err := Answered(&shown).Write([]byte("what is this\n")); err != nil || shown.Len() == 0 {
		t.Error("what is no line of a log was left out")
	}
}

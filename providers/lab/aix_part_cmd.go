package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func aixPartCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"shutdown":  {aixShutdown, 100 * ms, "/usr/sbin", true, "shutdown [-d] [-F] [-h] [-i] [-k] [-m] [-p] [-r] [-v] [Time [Message]]"},
		"reboot":    {aixReboot, 100 * ms, "/usr/sbin", true, "reboot [-l] [-n] [-q]"},
		"fastboot":  {aixReboot, 100 * ms, "/usr/sbin", true, "fastboot [-l] [-n] [-q]"},
		"halt":      {aixHalt, 100 * ms, "/usr/sbin", true, "halt [-l] [-n] [-p] [-q] [-y]"},
		"fasthalt":  {aixHalt, 100 * ms, "/usr/sbin", true, "fasthalt [-l] [-n] [-p] [-q] [-y]"},
		"errpt":     {aixErrpt, 200 * ms, "/usr/bin", false, "errpt [-a] [-A] [-c] [-d ErrorClassList] [-e EndDate] [-g] [-j ErrorID[,ErrorID]] [-J ErrorLabel[,ErrorLabel]]\n       [-k ErrorID[,ErrorID]] [-K ErrorLabel[,ErrorLabel]] [-l SequenceNumber] [-N ResourceNameList] [-s StartDate] [-T ErrorTypeList]"},
		"errclear":  {aixErrclear, 200 * ms, "/usr/bin", true, "errclear [-d ErrorClassList] [-J ErrorLabel[,ErrorLabel]] [-j ErrorID[,ErrorID]] [-N ResourceNameList] [-T ErrorTypeList] Days"},
		"errlogger": {aixErrlogger, 50 * ms, "/usr/bin", true, "errlogger Message"},
	}
}

// leave ends the system of a host. Its partition goes down or boots again.
func (a *aixCall) leave(clean, restart bool, d time.Duration) int {
	h, e := a.h, a.e
	// While the hypervisor moves the partition the kernel does not go down.
	s, p := e.place(h)
	for p != nil && p.migrating() {
		if !a.wait(func() bool { _, p := e.place(h); return p == nil || !p.migrating() }) {
			return -1
		}
		s, p = e.place(h)
	}
	e.stopHost(h, clean)
	if p != nil {
		e.finishShutdown(s, p, d, restart)
		return -1
	}
	if restart {
		h.State = hostBooting
		e.after(d+e.Timing.Boot, func() { e.startHost(h) })
	}
	return -1
}

func aixShutdown(a *aixCall) int {
	f, ok := a.flags("dFhikmprv")
	if !ok {
		return 1
	}
	switch {
	case f.any("dim"):
		return a.fail("shutdown: The maintenance mode and the interactive mode need the console.")
	case f.has('r') && f.has('h') || len(f.rest) > 0 && f.rest[0] != "now" && !strings.HasPrefix(f.rest[0], "+"):
		return a.usage()
	}
	if f.has('k') {
		a.say("\nSHUTDOWN PROGRAM\n%s\n\nshutdown: THIS IS NOT A REAL SHUTDOWN", a.e.Now.Format("Mon Jan _2 15:04:05 MST 2006"))
		return 0
	}
	wait := time.Minute
	if len(f.rest) > 0 && f.rest[0] != "now" {
		n, good := atoi(strings.TrimPrefix(f.rest[0], "+"))
		if !good || n < 0 {
			return a.usage()
		}
		wait = time.Duration(n) * time.Minute
	}
	if f.has('F') || len(f.rest) > 0 && f.rest[0] == "now" {
		wait = 0
	}
	if !a.pause(wait) {
		return -1
	}
	if a.h.in != nil {
		return a.leaveWpar(f.has('r'), false)
	}
	return a.leave(true, f.has('r'), a.e.Timing.Shutdown)
}

func aixReboot(a *aixCall) int {
	f, ok := a.flags("lnq")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if a.h.in != nil {
		return a.leaveWpar(true, f.has('q'))
	}
	return a.leave(false, true, a.e.Timing.PowerOff)
}

func aixHalt(a *aixCall) int {
	f, ok := a.flags("lnpqy")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 {
		return a.usage()
	}
	if a.h.in != nil {
		return a.leaveWpar(false, f.has('q'))
	}
	return a.leave(false, false, a.e.Timing.PowerOff)
}

const errorDate = "0102150406"

// errorsFor are the entries that the flags of errpt and errclear name, newest first.
func (a *aixCall) errorsFor(f *flagSet) ([]int, bool) {
	list := func(c byte) []string {
		if !f.has(c) {
			return nil
		}
		return strings.Split(f.get(c), ",")
	}
	var from, to time.Time
	for _, c := range "se" {
		if !f.has(byte(c)) {
			continue
		}
		t, err := time.Parse(errorDate, f.get(byte(c)))
		if err != nil {
			a.fail("%s: 0315-029 The date %s is not valid.", a.name, f.get(byte(c)))
			return nil, false
		}
		if c == 's' {
			from = t
		} else {
			to = t.Add(time.Minute - time.Nanosecond)
		}
	}
	hit := func(c byte, v string) bool { return !f.has(c) || slices.Contains(list(c), v) }
	var out []int
	for i := len(a.h.Errors) - 1; i >= 0; i-- {
		x := a.h.Errors[i]
		if hit('d', x.Class) && hit('j', x.ID) && hit('J', x.Label) && hit('N', x.Resource) && hit('T', x.Type) && !slices.Contains(list('k'), x.ID) && !slices.Contains(list('K'), x.Label) && (!f.has('l') || f.get('l') == fmt.Sprint(i+1)) &&
			(from.IsZero() || !x.at.Before(from)) && (to.IsZero() || !x.at.After(to)) {
			out = append(out, i)
		}
	}
	return out, true
}

func aixErrpt(a *aixCall) int {
	f, ok := a.flags("aAcd:e:gj:J:k:K:l:N:s:T:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.any("cg") || f.has('a') && f.has('A') {
		return a.usage()
	}
	list, ok := a.errorsFor(f)
	if !ok {
		return 1
	}
	if len(list) == 0 {
		return 0
	}
	if !f.any("aA") {
		a.say("IDENTIFIER TIMESTAMP  T C RESOURCE_NAME  DESCRIPTION")
	}
	for _, i := range list {
		x := a.h.Errors[i]
		if !f.any("aA") {
			a.say("%-10s %-10s %-1s %-1s %-14s %s", x.ID, x.at.Format(errorDate), x.Type[:1], x.Class, x.Resource, x.Text)
			continue
		}
		a.say("---------------------------------------------------------------------------\nLABEL:          %s\nIDENTIFIER:     %s\n\nDate/Time:       %s\nSequence Number: %d", x.Label, x.ID, x.at.Format("Mon Jan _2 15:04:05 MST 2006"), i+1)
		a.say("Machine Id:      %s\nNode Id:         %s\nClass:           %s\nType:            %s\nWPAR:            Global\nResource Name:   %s\n\nDescription\n%s\n", a.h.Machine, a.h.Hostname, x.Class, x.Type, x.Resource, x.Text)
		if x.Detail != "" {
			a.say("Detail Data\nMESSAGE FROM ERRLOGGER COMMAND\n%s\n", x.Detail)
		}
	}
	return 0
}

func aixErrclear(a *aixCall) int {
	f, ok := a.flags("d:j:J:N:T:l:")
	if !ok {
		return 1
	}
	days, good := 0, false
	if len(f.rest) == 1 {
		days, good = atoi(f.rest[0])
	}
	if !good || days < 0 {
		return a.usage()
	}
	list, ok := a.errorsFor(f)
	if !ok {
		return 1
	}
	for _, i := range list { // from the newest on, so that the numbers hold
		if days == 0 || !a.h.Errors[i].at.After(a.e.Now.Add(-time.Duration(days)*24*time.Hour)) {
			a.h.Errors = slices.Delete(slices.Clone(a.h.Errors), i, i+1)
		}
	}
	return 0
}

func aixErrlogger(a *aixCall) int {
	if len(a.args) == 0 || len(strings.Join(a.args, " ")) > 2048 {
		return a.usage()
	}
	a.h.logError(hostError{ID: "AA8AB241", Label: "OPMSG", Class: "O", Type: "TEMP", Resource: "OPERATOR", Text: "OPERATOR NOTIFICATION", Detail: strings.Join(a.args, " ")}, a.e.Now)
	return 0
}

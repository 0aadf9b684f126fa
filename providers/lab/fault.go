package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault actions.
const (
	FaultFail       = "fail"        // the command answers Message with Exit and does nothing
	FaultDropBefore = "drop-before" // the connection closes before the command does anything
	FaultDropAfter  = "drop-after"  // the command takes effect, the connection closes without an answer
	FaultLate       = "late"        // the command starts after Delay
	FaultHang       = "hang"        // the command never answers and does nothing
	FaultMigration  = "migration-fails"
	FaultStall      = "migration-stalls"
	FaultRMC        = "rmc-lost"
	FaultTake       = "take-memory"
	FaultRefuse     = "refuse-connections"
	FaultClear      = "clear" // takes back what still waits: the fault of that name, those of that console, or all
)

// Duration is a time.Duration that reads and writes as text ("30s") in JSON.
type Duration time.Duration

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads text such as "30s".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// Fault is something that goes wrong. The first five actions match commands: by console (empty = any) and by a regular
// expression on the command as the shell ran it, that is its words without quotes, joined by single blanks. The first
// Skip matches pass; then Times matches are hit (0 = one).
type Fault struct {
	Name      string   `json:"name,omitempty"`
	Action    string   `json:"action"`
	Console   string   `json:"console,omitempty"`
	System    string   `json:"system,omitempty"`    // take-memory
	Partition string   `json:"partition,omitempty"` // rmc-lost, migration-fails, migration-stalls
	Command   string   `json:"command,omitempty"`
	Skip      int      `json:"skip,omitempty"`
	Times     int      `json:"times,omitempty"`
	Message   string   `json:"message,omitempty"`
	Exit      int      `json:"exit,omitempty"`
	Delay     Duration `json:"delay,omitempty"`   // late, migration-stalls: how long; the last three actions: how long from now; refuse: for how long
	Percent   int      `json:"percent,omitempty"` // migration-fails, migration-stalls, rmc-lost: when this much is transferred
	MemoryMB  int      `json:"memory_mb,omitempty"`
	Interface string   `json:"interface,omitempty"` // interface-down, interface-up: of a host
	Network   string   `json:"network,omitempty"`   // network-down, network-up: a subnet such as 10.10.0.0/24
	LUN       string   `json:"lun,omitempty"`       // disk-lost, disk-back: for one host, or for all without console
}

type armedFault struct {
	Fault
	re    *regexp.Regexp
	until time.Time // refuse-connections
	spent bool
}

func (f *armedFault) encode(w *encoder) {
	if f.spent {
		return
	}
	w.open("fault %s", quoteHCL(f.Name))
	w.str("action", f.Action, "")
	w.str("console", f.Console, "")
	w.str("system", f.System, "")
	w.str("partition", f.Partition, "")
	w.str("command", f.Command, "")
	w.num("skip", f.Skip, 0)
	w.num("times", f.Times, 0)
	w.str("message", f.Message, "")
	w.num("exit", f.Exit, 0)
	if f.Delay != 0 {
		w.line("delay = %q", time.Duration(f.Delay).String())
	}
	w.num("percent", f.Percent, 0)
	w.num("memory_mb", f.MemoryMB, 0)
	w.str("interface", f.Interface, "")
	w.str("network", f.Network, "")
	w.str("lun", f.LUN, "")
	w.close()
}

// arm puts a fault in place, or carries it out if its moment is now.
func (e *Estate) arm(f Fault) error {
	named := f.Name
	if f.Name == "" {
		f.Name = "fault" + strconv.Itoa(len(e.faults)+1)
	}
	a := &armedFault{Fault: f}
	if f.Console != "" && e.console(f.Console) == nil {
		return fmt.Errorf("there is no console %q", f.Console)
	}
	if f.Skip < 0 || f.Times < 0 || f.Percent < 0 || f.Percent > 100 || f.Exit < 0 || f.Exit > 255 {
		return errors.New("skip and times must not be negative, percent is 0 to 100, exit is 0 to 255")
	}
	switch f.Action {
	case FaultClear:
		e.faults = slices.DeleteFunc(e.faults, func(x *armedFault) bool {
			return (named == "" || x.Name == named) && (f.Console == "" || x.Console == f.Console)
		})
		return nil
	case FaultFail, FaultDropBefore, FaultDropAfter, FaultLate, FaultHang:
		if f.Command == "" {
			return errors.New("give command, a regular expression")
		}
		re, err := regexp.Compile(f.Command)
		if err != nil {
			return fmt.Errorf("command: %s", err)
		}
		a.re = re
		if a.Times == 0 {
			a.Times = 1
		}
		if f.Action == FaultFail && f.Exit == 0 {
			a.Exit = 1
		}
		if f.Action == FaultLate && f.Delay <= 0 {
			return errors.New("give delay")
		}
	case FaultMigration:
		if f.Percent == 0 {
			return errors.New("give percent")
		}
	case FaultStall:
		if f.Percent == 0 || f.Delay <= 0 {
			return errors.New("give percent and delay")
		}
	case FaultRMC:
		if f.Partition == "" {
			return errors.New("give partition")
		}
		if f.Percent == 0 {
			e.after(time.Duration(f.Delay), func() {
				a.spent = true
				for _, s := range e.Systems {
					if p := s.partitionNamed(f.Partition); p != nil {
						p.RMC = rmcInactive
					}
				}
			})
		}
	case FaultTake:
		s := e.system(f.System)
		if s == nil || f.MemoryMB <= 0 {
			return errors.New("give system and memory_mb")
		}
		e.after(time.Duration(f.Delay), func() {
			a.spent = true
			s.TakenMB += min(f.MemoryMB, max(0, s.freeMem()))
		})
	case FaultRefuse:
		if f.Console == "" || f.Delay <= 0 {
			return errors.New("give console and delay")
		}
		a.until = e.Now.Add(time.Duration(f.Delay))
	default:
		if known, err := e.armCluster(a); known {
			if err != nil {
				return err
			}
			break
		}
		return fmt.Errorf("action %q is none of fail, drop-before, drop-after, late, hang, migration-fails, migration-stalls, rmc-lost, take-memory, refuse-connections, %s", f.Action, strings.Join(clusterFaults, ", "))
	}
	e.faults = append(e.faults, a)
	return nil
}

// hit finds the fault that a command meets and uses it up once.
func (e *Estate) hit(console, command string) *armedFault {
	for _, f := range e.faults {
		if f.spent || f.re == nil || f.Console != "" && f.Console != console || !f.re.MatchString(command) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.Times--
		f.spent = f.Times == 0
		return f
	}
	return nil
}

func (e *Estate) refuses(console string) bool {
	if c := e.console(console); c != nil && c.Host != nil && c.Host.State != hostUp {
		return true
	}
	for _, f := range e.faults {
		if f.Action == FaultRefuse && f.Console == console && !f.spent {
			if f.until.After(e.Now) {
				return true
			}
			f.spent = true
		}
	}
	return false
}

// migrationFault finds an armed fault that concerns a migration of the partition.
func (e *Estate) migrationFault(action, partition string) *armedFault {
	for _, f := range e.faults {
		if !f.spent && f.Action == action && f.Percent > 0 && (f.Partition == "" || f.Partition == partition) {
			return f
		}
	}
	return nil
}

package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Utilization: what lslparutil reports are samples of counters that grow with the time a partition runs. Monitoring tools
// read them; only samples are kept, no events.

const defaultSampleRate = 300

// sampleRates are the seconds that chlparutil takes.
var sampleRates = []int{0, 30, 60, 300, 1800, 3600}

// maxSamples is how many samples a query answers at most for one resource.
const maxSamples = 2000

// cyclesPerUnit are those of one processing unit in a second: the time base of POWER.
const cyclesPerUnit = 512000000

var (
	utilLparAttrs = strings.Fields(`time event_type resource_type sys_time time_cycles lpar_name lpar_id uptime curr_proc_mode curr_proc_units curr_procs curr_sharing_mode
		curr_uncap_weight curr_shared_proc_pool_name curr_shared_proc_pool_id curr_5250_cpw_percent mem_mode curr_mem curr_io_entitled_mem mapped_io_entitled_mem phys_run_mem
		run_mem_weight mem_overage_cooperation entitled_cycles capped_cycles uncapped_cycles shared_cycles_while_active idle_cycles donated_cycles run_latch_instructions run_latch_cycles`)
	utilSysAttrs = strings.Fields(`time event_type resource_type sys_time time_cycles sys_name state configurable_sys_proc_units configurable_sys_mem curr_avail_sys_proc_units
		curr_avail_5250_cpw_percent curr_avail_sys_mem sys_firmware_mem proc_cycles_per_second`)
	utilPoolAttrs = strings.Fields(`time event_type resource_type sys_time time_cycles shared_proc_pool_id shared_proc_pool_name total_pool_cycles utilized_pool_cycles
		configurable_pool_proc_units borrowed_pool_proc_units curr_avail_pool_proc_units`)
	utilMemPoolAttrs = strings.Fields(`time event_type resource_type sys_time curr_pool_mem lpar_curr_io_entitled_mem lpar_mapped_io_entitled_mem lpar_run_mem sys_firmware_pool_mem`)
	utilAllAttrs     = append(slices.Clone(utilLparAttrs), "sys_name", "used_proc_min", "unreported_proc_min")
)

func hmcLslparutil(h *hcall) int {
	kind, ok := h.one("-r", "config", "hmc", "lpar", "sys", "pool", "procpool", "mempool", "all")
	if !ok {
		return 1
	}
	if kind == "config" {
		var rows []*row
		for _, s := range h.con.managed() {
			if m, given := h.values["-m"]; !given || s.is(m) {
				rows = append(rows, newRow().add("type_model_serial_num", s.TypeModel+"*"+s.Serial).add("name", s.Name).add("sample_rate", strconv.Itoa(s.SampleRate)))
			}
		}
		if m, given := h.values["-m"]; given && len(rows) == 0 {
			return h.refuse(hmcNoSystem, m)
		}
		return h.print(rows, []string{"type_model_serial_num", "name", "sample_rate"})
	}
	if kind == "hmc" {
		return h.print(nil, strings.Fields("time event_type resource_type sys_time"))
	}
	if !h.system(true) {
		return 1
	}
	f, ok := h.filter("event_types", "lpar_names", "lpar_ids", "pools")
	if !ok {
		return 1
	}
	for _, t := range f["event_types"] {
		if !contains("sample config_change state_change utility_cod_proc_usage", t) {
			return h.refuse(hmcBadFilter, "event_types")
		}
	}
	times, ok := h.sampleTimes()
	if !ok {
		return 1
	}
	if !f.matches("event_types", "sample") {
		times = nil
	}
	var rows []*row
	for _, t := range times {
		if kind == "sys" || kind == "all" {
			rows = append(rows, build(utilSysAttrs, func(n string) cell { return h.utilSys(n, t) }))
		}
		if kind == "lpar" || kind == "all" {
			for _, p := range h.sys.Partitions {
				if f.lpar(p) {
					rows = append(rows, build(utilLparAttrs, func(n string) cell { return h.utilLpar(p, n, t) }))
				}
			}
		}
		if kind == "pool" || kind == "procpool" {
			for _, x := range h.sys.Pools {
				if (kind == "procpool" || x.ID == 0) && f.matches("pools", strconv.Itoa(x.ID)) {
					rows = append(rows, build(utilPoolAttrs, func(n string) cell { return h.utilPool(x, n, t) }))
				}
			}
		}
	}
	known := map[string][]string{"lpar": utilLparAttrs, "sys": utilSysAttrs, "pool": utilPoolAttrs, "procpool": utilPoolAttrs, "mempool": utilMemPoolAttrs}[kind]
	if kind == "all" {
		known = append(slices.Clone(utilSysAttrs), utilAllAttrs...)
	}
	return h.print(rows, known)
}

// sampleTimes are the moments of the samples that the options ask for, the newest first.
func (h *hcall) sampleTimes() ([]time.Time, bool) {
	step := time.Duration(h.sys.SampleRate) * time.Second
	if step == 0 {
		return nil, true
	}
	if v, ok := h.values["-s"]; ok {
		every := map[string]time.Duration{"s": step, "h": time.Hour, "d": 24 * time.Hour, "m": 30 * 24 * time.Hour}[v]
		if every == 0 {
			h.refuse(hmcBadParam, "-s")
			return nil, false
		}
		step = max(step, every)
	}
	count := maxSamples
	from, to := h.e.Now.Add(-24*time.Hour), h.e.Now
	for _, o := range []string{"-n", "-d", "-h", "--minutes"} {
		v, given := h.values[o]
		if !given {
			continue
		}
		n, ok := number(v)
		if !ok || n < 1 || n > 1<<20 {
			h.refuse(hmcBadParam, o)
			return nil, false
		}
		switch o {
		case "-n":
			count = min(n, maxSamples)
			from = to.Add(-time.Duration(count) * step)
		case "-d":
			from = to.AddDate(0, 0, -n)
		case "-h":
			from = to.Add(-time.Duration(n) * time.Hour)
		default:
			from = to.Add(-time.Duration(n) * time.Minute)
		}
	}
	moment := func(prefix string, at *time.Time) bool {
		part := []int{at.Year(), int(at.Month()), at.Day(), at.Hour(), at.Minute()}
		given := false
		for i, name := range []string{"year", "month", "day", "hour", "minute"} {
			v, ok := h.values["--"+prefix+name]
			if !ok {
				continue
			}
			given = true
			if part[i], ok = number(v); !ok {
				h.refuse(hmcBadParam, "--"+prefix+name)
				return false
			}
		}
		if given {
			*at = time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], 0, 0, at.Location())
		}
		return true
	}
	if !moment("start", &from) || !moment("end", &to) {
		return nil, false
	}
	if to.After(h.e.Now) {
		to = h.e.Now
	}
	var out []time.Time
	for t := to.Truncate(step); !t.Before(from) && len(out) < count; t = t.Add(-step) {
		out = append(out, t)
	}
	return out, true
}

func (h *hcall) utilHead(kind, n string, t time.Time) (cell, bool) {
	switch n {
	case "time", "sys_time":
		return val(stamp(t)), true
	case "event_type":
		return val("sample"), true
	case "resource_type":
		return val(kind), true
	case "time_cycles":
		return val(strconv.FormatInt(sinceEpoch(t)*cyclesPerUnit, 10)), true
	}
	return cell{}, false
}

// sinceEpoch counts the seconds for which the counters of systems have been growing.
func sinceEpoch(t time.Time) int64 {
	return int64(t.Sub(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)).Seconds())
}

// ran is how many seconds a partition had been running at a moment.
func (p *Partition) ran(t time.Time) int64 {
	if !p.live() || t.Before(p.Booted) {
		return 0
	}
	return int64(t.Sub(p.Booted).Seconds())
}

func (h *hcall) utilLpar(p *Partition, n string, t time.Time) cell {
	if c, ok := h.utilHead("lpar", n, t); ok {
		return c
	}
	entitled := p.ran(t) * cyclesPerUnit * int64(p.Curr.held()) / 100
	cycles := func(share int64) cell { return val(strconv.FormatInt(entitled*share/1000, 10)) }
	switch n {
	case "uptime":
		return val(strconv.FormatInt(p.ran(t), 10))
	case "curr_5250_cpw_percent":
		return val("0.0")
	case "curr_io_entitled_mem", "mapped_io_entitled_mem", "phys_run_mem", "run_mem_weight", "mem_overage_cooperation":
		return val("null")
	case "entitled_cycles":
		return cycles(1000)
	case "capped_cycles":
		return cycles(300)
	case "uncapped_cycles", "donated_cycles":
		return cycles(0)
	case "shared_cycles_while_active":
		return cycles(0)
	case "idle_cycles":
		return cycles(200)
	case "run_latch_instructions":
		return cycles(150)
	case "run_latch_cycles":
		return cycles(100)
	case "lpar_name", "lpar_id", "mem_mode", "curr_mem":
		return h.memCell(p, n)
	}
	return cell{value: h.procCell(p, n).value}
}

func (h *hcall) utilSys(n string, t time.Time) cell {
	if c, ok := h.utilHead("sys", n, t); ok {
		return c
	}
	switch n {
	case "sys_name":
		return val(h.sys.Name)
	case "state":
		return val(h.sys.State)
	case "curr_avail_5250_cpw_percent":
		return val("0.0")
	case "proc_cycles_per_second":
		return val(fmt.Sprint(cyclesPerUnit))
	case "configurable_sys_mem", "curr_avail_sys_mem", "sys_firmware_mem":
		return h.memSysCell(n)
	}
	return h.procSysCell(n)
}

func (h *hcall) utilPool(x *ProcPool, n string, t time.Time) cell {
	if c, ok := h.utilHead("pool", n, t); ok {
		return c
	}
	limit, used := h.sys.Procs, int64(0)
	if x.ID != 0 {
		limit = x.Max
	}
	for _, p := range h.sys.Partitions {
		if p.holds() && !p.Curr.Dedicated && p.Curr.Pool == x.ID {
			used += p.ran(t) * cyclesPerUnit * int64(p.Curr.held()) / 100 * 3 / 10
		}
	}
	switch n {
	case "shared_proc_pool_id":
		return num(x.ID)
	case "shared_proc_pool_name":
		return val(x.Name)
	case "total_pool_cycles":
		return val(strconv.FormatInt(sinceEpoch(t)*cyclesPerUnit/100*int64(limit), 10))
	case "utilized_pool_cycles":
		return val(strconv.FormatInt(used, 10))
	case "configurable_pool_proc_units":
		return val(hmcUnit(limit))
	case "borrowed_pool_proc_units":
		return val("0.0")
	}
	return val(hmcUnit(h.sys.freeUnits()))
}

func hmcChlparutil(h *hcall) int {
	if _, ok := h.one("-r", "config"); !ok {
		return 1
	}
	n, ok := number(h.values["-s"])
	if !ok || !slices.Contains(sampleRates, n) {
		return h.refuse(hmcBadParam, "-s")
	}
	if !h.has("-m") {
		for _, s := range h.con.managed() {
			s.SampleRate = n
		}
		return 0
	}
	if !h.system(true) {
		return 1
	}
	h.sys.SampleRate = n
	return 0
}

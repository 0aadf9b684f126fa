package lab

import (
	"strconv"
	"strings"
	"time"
)

func aixTuneCommands() map[string]aixCommand {
	ms := time.Millisecond
	out := map[string]aixCommand{}
	for _, n := range []string{"no", "vmo", "ioo", "schedo"} {
		out[n] = aixCommand{aixTune, 100 * ms, "/usr/sbin", false, n + " [-p | -r] [-y] -o Tunable[=NewValue] ...\n       " + n + " [-p | -r] [-y] {-d Tunable | -D}\n       " + n + " [-F] {-a | -x [Tunable] | -L [Tunable]}"}
	}
	return out
}

// tunable of the kernel. What a type means: D dynamic, R at a boot, B with bosboot, C for new connections, M for new mounts, I only
// more, S never.
type tunable struct {
	name           string
	def, low, high int
	unit, kind     string
	restricted     bool
}

var tunables = map[string][]tunable{
	"no": {{"arpqsize", 1024, 1, 32767, "numeric", "D", false}, {"arpt_killc", 20, 0, 32767, "minute", "D", false}, {"bcastping", 0, 0, 1, "boolean", "D", false}, {"clean_partial_conns", 0, 0, 1, "boolean", "D", false},
		{"directed_broadcast", 0, 0, 1, "boolean", "D", false}, {"extendednetstats", 0, 0, 1, "boolean", "R", false}, {"fasttimo", 200, 50, 200, "millisecond", "D", false}, {"icmpaddressmask", 0, 0, 1, "boolean", "D", false},
		{"ipforwarding", 0, 0, 1, "boolean", "D", false}, {"ipignoreredirects", 0, 0, 1, "boolean", "D", false}, {"ipqmaxlen", 100, 100, 2147483647, "numeric", "R", false}, {"ipsendredirects", 1, 0, 1, "boolean", "D", false},
		{"ipsrcrouteforward", 1, 0, 1, "boolean", "D", false}, {"ipsrcrouterecv", 0, 0, 1, "boolean", "D", false}, {"ipsrcroutesend", 1, 0, 1, "boolean", "D", false}, {"maxttl", 255, 1, 255, "second", "D", false},
		{"nonlocsrcroute", 0, 0, 1, "boolean", "D", false}, {"passive_dgd", 0, 0, 1, "boolean", "D", false}, {"rfc1323", 0, 0, 1, "boolean", "C", false}, {"routerevalidate", 0, 0, 1, "boolean", "D", false}, {"sack", 0, 0, 1, "boolean", "C", false},
		{"sb_max", 1048576, 4096, 2147483647, "byte", "D", false}, {"tcp_ecn", 0, 0, 1, "boolean", "C", false}, {"tcp_keepidle", 14400, 1, 2147483647, "halfsecond", "C", false}, {"tcp_keepinit", 150, 1, 2147483647, "halfsecond", "D", false},
		{"tcp_keepintvl", 150, 1, 32767, "halfsecond", "C", false}, {"tcp_mssdflt", 1460, 1, 65535, "byte", "C", false}, {"tcp_nodelayack", 0, 0, 1, "boolean", "D", false}, {"tcp_pmtu_discover", 1, 0, 1, "boolean", "D", false},
		{"tcp_recvspace", 16384, 4096, 2147483647, "byte", "C", false}, {"tcp_sendspace", 16384, 4096, 2147483647, "byte", "C", false}, {"tcp_tcpsecure", 0, 0, 7, "numeric", "D", false}, {"udp_pmtu_discover", 1, 0, 1, "boolean", "D", false},
		{"udp_recvspace", 42080, 4096, 2147483647, "byte", "C", false}, {"udp_sendspace", 9216, 4096, 2147483647, "byte", "C", false}, {"use_isno", 1, 0, 1, "boolean", "D", true}, {"thewall", 4194304, 0, 1048576, "kbyte", "S", false}},
	"vmo": {{"ame_cpus_per_pool", 8, 1, 1024, "processors", "B", false}, {"enhanced_affinity_vmpool_limit", 10, -1, 100, "numeric", "B", false}, {"lgpg_regions", 0, 0, 2147483647, "numeric", "D", false}, {"lgpg_size", 0, 0, 268435456, "bytes", "D", false},
		{"low_ps_handling", 1, 1, 2, "numeric", "D", false}, {"maxfree", 1088, 16, 838860, "4KB pages", "D", false}, {"maxpin%", 80, 1, 100, "% memory", "D", true}, {"maxclient%", 90, 1, 100, "% memory", "D", true}, {"maxperm%", 90, 1, 100, "% memory", "D", true},
		{"minfree", 960, 8, 838860, "4KB pages", "D", false}, {"minperm%", 3, 1, 100, "% memory", "D", false}, {"memory_affinity", 1, 0, 1, "boolean", "B", false}, {"nokilluid", 0, 0, 2147483647, "uid", "D", false}, {"npskill", 1024, 1, 131071, "4KB pages", "D", false},
		{"npswarn", 4096, 1, 131071, "4KB pages", "D", false}, {"strict_maxclient", 1, 0, 1, "boolean", "D", true}, {"strict_maxperm", 0, 0, 1, "boolean", "D", true}, {"v_pinshm", 0, 0, 1, "boolean", "D", false}, {"page_steal_method", 1, 0, 1, "boolean", "B", true}, {"vmm_klock_mode", 2, 0, 3, "numeric", "B", false}},
	"ioo": {{"aio_active", 0, 0, 0, "boolean", "S", false}, {"aio_maxreqs", 131072, 4096, 1048576, "numeric", "D", false}, {"aio_maxservers", 30, 1, 20000, "numeric", "D", false}, {"aio_minservers", 3, 0, 20000, "numeric", "D", false},
		{"aio_server_inactivity", 300, 1, 86400, "seconds", "D", false}, {"j2_dynamicBufferPreallocation", 16, 0, 256, "16k slabs", "D", false}, {"j2_inodeCacheSize", 200, 1, 1000, "numeric", "D", false}, {"j2_maxPageReadAhead", 128, 0, 65536, "4KB pages", "D", false},
		{"j2_maxRandomWrite", 0, 0, 65536, "4KB pages", "D", false}, {"j2_metadataCacheSize", 200, 1, 1000, "numeric", "D", false}, {"j2_minPageReadAhead", 2, 0, 65536, "4KB pages", "D", false}, {"j2_nPagesPerWriteBehindCluster", 32, 0, 65536, "numeric", "D", false},
		{"lvm_bufcnt", 9, 1, 64, "128KB/buffer", "D", true}, {"maxpgahead", 8, 0, 4096, "4KB pages", "D", true}, {"minpgahead", 2, 0, 4096, "4KB pages", "D", true}, {"numfsbufs", 196, 1, 2147483647, "numeric", "M", true}, {"posix_aio_maxreqs", 131072, 4096, 1048576, "numeric", "D", false},
		{"posix_aio_maxservers", 30, 1, 20000, "numeric", "D", false}, {"pv_min_pbuf", 512, 512, 2147483647, "numeric", "D", true}, {"spec_accessupdate", 0, 0, 1, "boolean", "D", false}},
	"schedo": {{"affinity_lim", 7, 0, 100, "dispatches", "D", true}, {"maxspin", 16384, 1, 2147483647, "spins", "D", true}, {"sched_D", 16, 0, 32, "numeric", "D", false}, {"sched_R", 16, 0, 32, "numeric", "D", false}, {"smt_snooze_delay", 0, -1, 100000000, "microsecs", "D", true},
		{"timeslice", 1, 0, 2147483647, "clock ticks", "D", false}, {"unboost_inflih", 1, 0, 1, "boolean", "D", true}, {"vpm_fold_policy", 1, 0, 15, "numeric", "D", true}, {"vpm_throughput_mode", 0, 0, 8, "level", "D", false}, {"vpm_xvcpus", 0, -1, 2147483647, "processors", "D", false}},
	"nfso": {{"nfs_max_read_size", 65536, 512, 65536, "bytes", "D", false}, {"nfs_max_threads", 3891, 5, 3891, "threads", "D", false}, {"nfs_max_write_size", 65536, 512, 65536, "bytes", "D", false}, {"nfs_rfc1323", 1, 0, 1, "boolean", "D", false},
		{"nfs_server_base_priority", 65, 31, 125, "pri", "D", false}, {"nfs_socketsize", 600000, 40000, 1048576, "bytes", "D", false}, {"nfs_tcp_socketsize", 600000, 40000, 1048576, "bytes", "D", false}, {"nfs_use_reserved_ports", 0, 0, 1, "boolean", "D", false},
		{"nfs_v3_pdts", 1, 1, 8, "PDTs", "M", false}, {"nfs_v3_vm_bufs", 1000, 512, 5000, "bufs", "M", false}, {"portcheck", 0, 0, 1, "boolean", "D", false}, {"udpchecksum", 1, 0, 1, "boolean", "D", false}, {"client_delegation", 1, 0, 1, "boolean", "D", false}},
}

const (
	tuneUnknown = "%s: 1485-118 %s is not a valid tunable name"
	tuneBad     = "%s: 1485-106 The value %s is not valid for the tunable %s"
	tuneRange   = "%s: 1485-107 The value %s of the tunable %s is outside of %d to %d"
	tuneReboot  = "%s: 1485-112 The tunable %s can only be changed at a reboot: use -r"
	tuneStatic  = "%s: 1485-113 The tunable %s cannot be changed"
	tuneAsk     = "Modification to restricted tunable %s, confirmation required yes/no "
)

func (h *Host) tuned(program string, t tunable) (now, boot int) {
	now, boot = t.def, t.def
	if v, ok := h.Tuned[program+"|"+t.name]; ok {
		now, _ = atoi(v)
	}
	if v, ok := h.Tuned["boot|"+program+"|"+t.name]; ok {
		boot, _ = atoi(v)
	}
	return now, boot
}

func (h *Host) tune(key string, v, def int) {
	if h.Tuned == nil {
		h.Tuned = map[string]string{}
	}
	if h.Tuned[key] = strconv.Itoa(v); v == def {
		delete(h.Tuned, key)
	}
}

// bootTunables are those in force after a boot.
func (h *Host) bootTunables() {
	next := map[string]string{}
	for k, v := range h.Tuned {
		if rest, ok := strings.CutPrefix(k, "boot|"); ok {
			next[k], next[rest] = v, v
		}
	}
	h.Tuned = next
}

// aixTune is no, vmo, ioo, schedo and nfso.
func aixTune(a *aixCall) int {
	// -x and -L take a name or not.
	f, ok := a.flags("o:d:DaxLpryF")
	if !ok {
		return 1
	}
	modes := 0
	for _, c := range "odDaxL" {
		if f.has(byte(c)) {
			modes++
		}
	}
	if modes != 1 || f.has('p') && f.has('r') || len(f.rest) > 0 && !f.any("xL") || f.any("pr") && f.any("axL") {
		return a.usage()
	}
	list := tunables[a.name]
	find := func(name string) *tunable {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
		a.fail(tuneUnknown, a.name, name)
		return nil
	}
	switch {
	case f.has('a'):
		for _, t := range list {
			if now, _ := a.h.tuned(a.name, t); !t.restricted || f.has('F') {
				a.say("%30s = %d", t.name, now)
			}
		}
		return 0
	case f.any("xL"):
		return a.tuneTable(f, list, find)
	}
	type change struct {
		t *tunable
		v int
	}
	var changes []change
	words := f.set['o']
	for _, n := range f.set['d'] {
		if t := find(n); t != nil {
			words = append(words, n+"="+strconv.Itoa(t.def))
		} else {
			return 1
		}
	}
	if f.has('D') {
		for _, t := range list {
			if t.kind != "S" && !t.restricted && (t.kind != "R" && t.kind != "B" || f.any("r")) {
				words = append(words, t.name+"="+strconv.Itoa(t.def))
			}
		}
	}
	var answers []string
	asked := false
	for _, w := range words {
		name, v, set := strings.Cut(w, "=")
		t := find(name)
		if t == nil {
			return 1
		}
		if !set {
			now, boot := a.h.tuned(a.name, *t)
			if f.has('r') {
				now = boot
			}
			a.say("%s = %d", name, now)
			continue
		}
		n, number := atoi(v)
		switch {
		case a.user != "root":
			return a.fail("%s: 1485-103 Only the root user can change tunables.", a.name)
		case !number:
			return a.fail(tuneBad, a.name, v, name)
		case t.kind == "S":
			return a.fail(tuneStatic, a.name, name)
		case n < t.low || n > t.high:
			return a.fail(tuneRange, a.name, v, name, t.low, t.high)
		case (t.kind == "R" || t.kind == "B") && !f.has('r'):
			return a.fail(tuneReboot, a.name, name)
		}
		if t.restricted && !f.has('y') {
			a.out.WriteString(text(tuneAsk, name))
			if !asked {
				answers, asked = strings.FieldsFunc(a.input(), func(r rune) bool { return r == '\n' }), true
			}
			answer := ""
			if len(answers) > 0 {
				answer, answers = answers[0], answers[1:]
			}
			if answer != "yes" && answer != "y" {
				return 1
			}
			a.say("")
		}
		changes = append(changes, change{t, n})
	}
	for _, c := range changes {
		if !f.has('r') {
			a.h.tune(a.name+"|"+c.t.name, c.v, c.t.def)
			a.say("Setting %s to %d", c.t.name, c.v)
		}
		if f.any("pr") {
			a.h.tune("boot|"+a.name+"|"+c.t.name, c.v, c.t.def)
			a.say("Setting %s to %d in nextboot file", c.t.name, c.v)
		}
		switch {
		case c.t.kind == "B":
			a.say("Warning: bosboot must be called and the system rebooted for the %s change to take effect", c.t.name)
		case f.has('r'):
			a.say("Warning: changes will take effect only at next reboot")
		case c.t.kind == "C":
			a.say("Change to tunable %s, will only be effective for future connections", c.t.name)
		case c.t.kind == "M":
			a.say("Change to tunable %s, will only be effective for future mountings", c.t.name)
		}
	}
	return 0
}

func (a *aixCall) tuneTable(f *flagSet, list []tunable, find func(string) *tunable) int {
	var rows []tunable
	for _, n := range f.rest {
		t := find(n)
		if t == nil {
			return 1
		}
		rows = append(rows, *t)
	}
	named := len(rows) > 0
	if !named {
		for _, t := range list {
			if !t.restricted {
				rows = append(rows, t)
			}
		}
	}
	put := func(t tunable) {
		now, boot := a.h.tuned(a.name, t)
		if f.has('x') {
			a.say("%s,%d,%d,%d,%d,%d,%s,%s,", t.name, now, t.def, boot, t.low, t.high, t.unit, t.kind)
			return
		}
		a.say("%-25s %-6d %-6d %-6d %-6d %-6d %-16s %4s\n--------------------------------------------------------------------------------", t.name, now, t.def, boot, t.low, t.high, t.unit, t.kind)
	}
	if f.has('L') {
		a.say("NAME                      CUR    DEF    BOOT   MIN    MAX    UNIT             TYPE\n     DEPENDENCIES\n--------------------------------------------------------------------------------")
	}
	for _, t := range rows {
		put(t)
	}
	if f.has('F') && !named {
		a.say("##Restricted tunables")
		for _, t := range list {
			if t.restricted {
				put(t)
			}
		}
	}
	return 0
}

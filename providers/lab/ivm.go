package lab

import (
	"bytes"
	"context"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"
)

// call is one command that runs on a console. While a command function runs, the estate is locked and its output is
// collected; wait gives the estate free.
type call struct {
	lab     *Lab
	e       *Estate
	con     *Console
	sys     *System
	vp      *Partition // the VIOS that the console lives on
	v       *VIOS
	user    string
	name    string
	args    []string
	stdin   io.Reader
	out     bytes.Buffer
	err     bytes.Buffer
	ctx     context.Context
	tty     bool
	session *session
	dir     string // of the shell on an AIX host
}

func (c *call) say(format string, args ...any) {
	c.out.WriteString(text(format, args...))
	c.out.WriteByte('\n')
}

// fail prints a message on the error stream and is the exit code 1.
func (c *call) fail(format string, args ...any) int {
	c.err.WriteString(text(format, args...))
	c.err.WriteByte('\n')
	return 1
}

// wait gives the estate free until done is true. It returns false when the lab closes or the estate is replaced.
func (c *call) wait(done func() bool) bool {
	for !done() {
		if c.session != nil && c.session.held != nil {
			return false // whoever holds the estate cannot wait for it
		}
		pause := time.Second
		if at, ok := c.e.nextEvent(); ok {
			pause = min(pause, max(at.Sub(c.e.Now), time.Millisecond))
		}
		c.lab.mu.Unlock()
		err := c.lab.clock.Sleep(c.ctx, pause)
		c.lab.mu.Lock()
		if err != nil || c.lab.estate != c.e {
			return false
		}
		c.e.advance(c.lab.clock.Now())
	}
	return true
}

// pause lets virtual time pass inside a command.
func (c *call) pause(d time.Duration) bool {
	d = time.Duration(float64(d) * c.e.Timing.Latency)
	switch {
	case c.ctx == nil:
		return true // a scenario is loaded, or a host starts
	case c.session != nil && c.session.held != nil:
		c.session.held.spend(d)
		return c.ctx.Err() == nil
	}
	end := c.e.Now.Add(d)
	return c.wait(func() bool { return !c.e.Now.Before(end) })
}

type command struct {
	run     func(*call) int
	latency time.Duration
	usage   string
}

// partitionCommands run under their bare names everywhere.
var partitionCommands map[string]command

// deviceCommands are the subcommands of ioscli.
var deviceCommands map[string]command

func init() {
	ms := time.Millisecond
	partitionCommands = map[string]command{
		"lssyscfg":   {cmdLssyscfg, 200 * ms, "lssyscfg -r {lpar | prof | sys | sysprof} [-m managed-system] [--filter \"filter-data\"] [-F [attributes]] [--header] [--stderr] [--help]"},
		"mksyscfg":   {cmdMksyscfg, 2 * time.Second, "mksyscfg -r {lpar} [-m managed-system] {-f file | -i \"data\"} [--stderr] [--help]"},
		"chsyscfg":   {cmdChsyscfg, time.Second, "chsyscfg -r {lpar | prof | sys} [-m managed-system] {-f file | -i \"data\"} [--force] [--stderr] [--help]"},
		"rmsyscfg":   {cmdRmsyscfg, 2 * time.Second, "rmsyscfg -r {lpar} [-m managed-system] {-n name | --id id} [--stderr] [--help]"},
		"chsysstate": {cmdChsysstate, 500 * ms, "chsysstate -r {lpar} -o {on | osshutdown | shutdown | dumprestart | chkey} [-m managed-system] {-n name | --id id} [-b boot-mode] [-k keylock] [--immed] [--restart] [--stderr] [--help]"},
		"lshwres":    {cmdLshwres, 200 * ms, "lshwres -r {io | mem | proc | procpool | virtualio} [--rsubtype type] [--level level] [-m managed-system] [-R] [--filter \"filter-data\"] [-F [attributes]] [--header] [--stderr] [--help]"},
		"chhwres":    {cmdChhwres, 2 * time.Second, "chhwres -r {io | mem | proc | virtualio} -o {a | r | s} [-m managed-system] {-p name | --id id} ... [--stderr] [--help]"},
		"lsrefcode":  {cmdLsrefcode, 200 * ms, "lsrefcode -r {lpar | sys} [-m managed-system] [-n number] [--filter \"filter-data\"] [-F [attributes]] [--header] [--stderr] [--help]"},
		"migrlpar":   {cmdMigrlpar, 300 * ms, "migrlpar -o {s | m | r | v} [-m managed-system] [-t managed-system] [--ip host [-u user]] {-p name | --id id} [-n profile] [-f file | -i \"data\"] [-w minutes] [-d detail] [--async] [-v] [--force] [--stderr] [--help]"},
		"lslparmigr": {cmdLslparmigr, 200 * ms, "lslparmigr -r {manager | lpar | msp | procpool | sys | virtualio} [-m managed-system] [-t managed-system] [--ip host [-u user]] [--filter \"filter-data\"] [-F [attributes]] [--header] [--stderr] [--help]"},
		"lslparutil": {cmdLslparutil, 200 * ms, "lslparutil -r {lpar | sys} [-m managed-system] [-n number] [--filter \"filter-data\"] [-F [attributes]] [--header] [--stderr] [--help]"},
		"mkvt":       {cmdMkvt, 300 * ms, "mkvt [-m managed-system] -id id"},
		"rmvt":       {cmdRmvt, 300 * ms, "rmvt [-m managed-system] -id id"},
	}
	deviceCommands = map[string]command{
		"lsdev":      {cmdLsdev, 150 * ms, usageLsdev},
		"lsmap":      {cmdLsmap, 200 * ms, usageLsmap},
		"lspv":       {cmdLspv, 150 * ms, usageLspv},
		"lspath":     {cmdLspath, 150 * ms, usageLspath},
		"lsvg":       {cmdLsvg, 150 * ms, usageLsvg},
		"chkdev":     {cmdChkdev, 500 * ms, usageChkdev},
		"lsnports":   {cmdLsnports, time.Second, "lsnports [-fmt delimiter] [-field FieldName ...]"},
		"hostname":   {cmdHostname, 20 * ms, "hostname"},
		"ioslevel":   {cmdIoslevel, 100 * ms, "ioslevel"},
		"lsivm":      {cmdLsivm, 100 * ms, "lsivm"},
		"lslparinfo": {cmdLslparinfo, 100 * ms, "lslparinfo"},
		"mkvdev":     {cmdMkvdev, time.Second, usageMkvdev},
		"rmvdev":     {cmdRmvdev, time.Second, usageRmvdev},
		"rmdev":      {cmdRmdev, time.Second, usageRmdev},
		"chdev":      {cmdChdev, time.Second, usageChdev},
		"cfgdev":     {cmdCfgdev, 5 * time.Second, "cfgdev [-dev DeviceName]"},
		"vfcmap":     {cmdVfcmap, time.Second, "vfcmap -vadapter VirtualFCAdapter -fcp [FCPort]"},
		"mklv":       {cmdMklv, time.Second, usageMklv},
		"rmlv":       {cmdRmlv, time.Second, usageRmlv},
		"extendlv":   {cmdExtendlv, time.Second, usageExtendlv},
		"lslv":       {cmdLslv, 150 * ms, usageLslv},
		"mkvg":       {cmdMkvg, time.Second, usageMkvg},
		"extendvg":   {cmdExtendvg, time.Second, usageExtendvg},
		"reducevg":   {cmdReducevg, time.Second, usageReducevg},
		"lssp":       {cmdLssp, 150 * ms, usageLssp},
		"mksp":       {cmdMksp, time.Second, usageMksp},
		"chsp":       {cmdChsp, time.Second, usageChsp},
		"rmsp":       {cmdRmsp, time.Second, usageRmsp},
		"mkbdsp":     {cmdMkbdsp, time.Second, usageMkbdsp},
		"rmbdsp":     {cmdRmbdsp, time.Second, usageRmbdsp},
		"mkrep":      {cmdMkrep, time.Second, usageMkrep},
		"chrep":      {cmdChrep, time.Second, usageChrep},
		"rmrep":      {cmdRmrep, time.Second, usageRmrep},
		"lsrep":      {cmdLsrep, 150 * ms, usageLsrep},
		"mkvopt":     {cmdMkvopt, time.Second, usageMkvopt},
		"rmvopt":     {cmdRmvopt, time.Second, usageRmvopt},
		"chvopt":     {cmdChvopt, time.Second, usageChvopt},
		"lsvopt":     {cmdLsvopt, 150 * ms, usageLsvopt},
		"loadopt":    {cmdLoadopt, time.Second, usageLoadopt},
		"unloadopt":  {cmdUnloadopt, time.Second, usageUnloadopt},
		"cluster":    {cmdCluster, 500 * ms, usageCluster},
		"lu":         {cmdLu, 500 * ms, usageLu},
		"entstat":    {cmdEntstat, 150 * ms, usageEntstat},
		"mkauthkeys": {cmdMkauthkeys, 500 * ms, "mkauthkeys {-a key | -g | [--test] --ip host -u user [--passwd password]}"},
		"help":       {cmdHelp, 50 * ms, "help [command]"},
	}
}

func cmdHelp(c *call) int {
	if len(c.args) > 1 {
		return c.fail(devUsage, "help [command]")
	}
	var names []string
	for _, m := range []map[string]command{partitionCommands, deviceCommands} {
		for n, cmd := range m {
			if len(c.args) == 1 && n == c.args[0] {
				c.say(devUsage, cmd.usage)
				return 0
			}
			names = append(names, n)
		}
	}
	if len(c.args) == 1 {
		return c.fail(msgIoscli, c.args[0])
	}
	sort.Strings(names)
	c.say("%s", strings.Join(names, "\n"))
	return 0
}

// options is a parsed command line of a partition command.
type options struct {
	values map[string]string
	flags  map[string]bool
	sel    selection
	c      *call
}

func (o *options) has(name string) bool {
	_, ok := o.values[name]
	return ok || o.flags[name]
}

// parse reads the options of a partition command. spec lists options with a value, flags those without. -F has an
// optional value. --stderr, --help and -m are known to all.
func (c *call) parse(spec, flags string) (*options, int, bool) {
	o := &options{values: map[string]string{}, flags: map[string]bool{}, c: c}
	valued := map[string]bool{"-m": true}
	for _, s := range strings.Fields(spec) {
		valued[s] = true
	}
	bare := map[string]bool{"--stderr": true, "--help": true}
	for _, s := range strings.Fields(flags) {
		bare[s] = true
	}
	args := c.args
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case o.has(a) || a == "-F" && o.sel.given:
			return nil, c.fail(msgTwice, a), false
		case bare[a]:
			o.flags[a] = true
		case a == "-F" && valued["-F"]:
			o.sel.given, o.sel.delim = true, ','
			if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
				i++
				sel, ok := parseSelection(args[i])
				if !ok {
					return nil, c.fail(msgReqParam, "-F"), false
				}
				o.sel = sel
			}
		case valued[a]:
			if i+1 >= len(args) || strings.HasPrefix(args[i+1], "-") && len(args[i+1]) > 1 {
				return nil, c.fail(msgReqParam, a), false
			}
			i++
			o.values[a] = args[i]
		default:
			return nil, c.fail(msgBadOption, a), false
		}
	}
	if o.flags["--help"] {
		cmd := partitionCommands[c.name]
		c.say(devUsage, cmd.usage)
		return nil, 0, false
	}
	if m, ok := o.values["-m"]; ok && !c.sys.is(m) {
		return nil, c.fail(msgNoSystem, m), false
	}
	return o, 0, true
}

// one checks an option against its allowed values.
func (o *options) one(name string, allowed ...string) (string, bool) {
	v, ok := o.values[name]
	if ok {
		for _, a := range allowed {
			if v == a {
				return v, true
			}
		}
	}
	o.c.fail(msgReqParam, name)
	return "", false
}

// partition finds the partition that nameOpt or --id selects.
func (o *options) partition(nameOpt string) (*Partition, bool) {
	name, byName := o.values[nameOpt]
	id, byID := o.values["--id"]
	if byName && byID {
		o.c.fail(msgTwice, nameOpt+", --id")
		return nil, false
	}
	if byName {
		if p := o.c.sys.partitionNamed(name); p != nil {
			return p, true
		}
		o.c.fail(msgNotFound, name)
		return nil, false
	}
	if byID {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 {
			o.c.fail(msgReqParam, "--id")
			return nil, false
		}
		if p := o.c.sys.partition(n); p != nil {
			return p, true
		}
		o.c.fail(msgNotFound, id)
		return nil, false
	}
	o.c.fail(msgReqParam, nameOpt)
	return nil, false
}

// filter is a parsed --filter: values of one name are alternatives, names are combined.
type filter map[string][]string

func (o *options) filter(allowed ...string) (filter, bool) {
	s, ok := o.values["--filter"]
	if !ok {
		return nil, true
	}
	pairs, ok := parseRecord(s)
	if !ok {
		o.c.fail(msgBadFormat)
		return nil, false
	}
	f := filter{}
	for _, p := range pairs {
		known := false
		for _, a := range allowed {
			known = known || a == p.Name
		}
		if !known || p.Op != "=" || f[p.Name] != nil {
			o.c.fail(msgBadFilter, p.Name)
			return nil, false
		}
		list, ok := splitCSV(p.Value, false)
		if !ok || p.Value == "" {
			o.c.fail(msgBadFilter, p.Name)
			return nil, false
		}
		if strings.HasSuffix(p.Name, "_ids") || p.Name == "slots" {
			for i, v := range list {
				n, err := strconv.Atoi(v)
				if err != nil {
					o.c.fail(msgBadFilter, p.Name)
					return nil, false
				}
				list[i] = strconv.Itoa(n)
			}
		}
		f[p.Name] = list
	}
	if f["lpar_names"] != nil && f["lpar_ids"] != nil {
		o.c.fail(msgBadFilter, "lpar_ids")
		return nil, false
	}
	return f, true
}

func (f filter) matches(name, value string) bool {
	list, ok := f[name]
	if !ok {
		return true
	}
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}

func (f filter) partition(p *Partition) bool {
	return f.matches("lpar_names", p.Name) && f.matches("lpar_ids", strconv.Itoa(p.ID)) &&
		f.matches("profile_names", p.Profile.Name) && f.matches("work_groups", groupText(p.WorkGroup))
}

func groupText(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// print writes rows the way every partition command does: an unknown attribute is an error, no row is a message on the
// error stream with exit code 0.
func (o *options) print(rows []*row, known []string) int {
	if o.flags["--header"] && !o.sel.given {
		return o.c.fail(msgReqParam, "-F")
	}
	out, bad := printRows(rows, known, o.sel, o.flags["--header"])
	if bad != "" {
		return o.c.fail(msgBadAttr, bad)
	}
	if len(rows) == 0 {
		o.c.fail(msgNoResults)
		return 0
	}
	o.c.out.WriteString(out)
	return 0
}

// data reads -i or -f. A console has a file system of its own, which is empty here, so -f never finds its file.
func (o *options) data() ([]pair, bool) {
	s, byText := o.values["-i"]
	name, byFile := o.values["-f"]
	switch {
	case byText && byFile:
		o.c.fail(msgTwice, "-i, -f")
		return nil, false
	case byFile:
		o.c.fail(msgNoFile2, name)
		return nil, false
	case !byText:
		o.c.fail(msgReqParam, "-i")
		return nil, false
	}
	pairs, ok := parseRecord(s)
	if !ok {
		o.c.fail(msgBadFormat)
		return nil, false
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		if seen[p.Name] {
			o.c.fail(msgBadFormat)
			return nil, false
		}
		seen[p.Name] = true
	}
	return pairs, true
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

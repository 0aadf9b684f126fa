package lab

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The Hardware Management Console. Unlike an IVM it manages several systems, writes its messages to the standard output,
// keeps profiles apart from what runs, and reaches the Virtual I/O Servers through viosvrcmd. The texts that are known are
// in hmcText; the others were chosen for the lab, as in messages.go.

// Known texts of the console.
const (
	hmcNoResults   = "No results were found."
	hmcNoResultsPL = "Nie znaleziono wyników."
	hmcBadAttr     = "An invalid attribute was entered.  The invalid attribute is %s.  Please correct your entry and retry the command."
	hmcBadAttrPL   = "Wprowadzono niepoprawny atrybut.  Niepoprawnym atrybutem jest %s.  Popraw wprowadzone dane i ponów komendę."
	hmcBadParam    = "The command entered is either missing a required parameter or a parameter value is invalid. The parameters that are missing or have an invalid value are %s. Please check your entry and retry the command."
	hmcBadOption   = "An invalid parameter was entered.  The parameters %s are not valid.  Please check your entry and retry the command."
	hmcBadFormat   = "The format of the configuration data is invalid."
	hmcNotFound    = "HSCL8012 The partition named %s was not found.  Please check your entry and retry the command."
	hmcNoID        = "HSCL8011 The partition ID \"%s\" was not found.  Please check your entry and retry the command."
	hmcNoProfile   = "HSCL800F The partition profile named \"%s\" was not found.  Please check your entry and retry the command."
	hmcNotOff      = "HSCL05EA The partition must be in the Not Activated state to perform this operation."
	hmcWrongState  = "HSCL05DF The partition is not in a state under which this operation can be performed. Check the state of the partition."
	hmcNotReady    = "HSCL0238 This operation is only allowed when the managed system is in the Operating state."
	hmcNameTaken   = "HSCL05DE A partition in the managed system already uses the name %s."
	hmcNoComm      = "HSCLA246 The management console cannot communicate with partition %s.  Either the network connection is not available or the partition does not have a level of software that is capable of supporting this operation.  Verify the correct network and setup of the partition, and try the operation again."
	hmcNoAMS       = "HSCLA4A0 The operation failed because the managed system does not support Active Memory Sharing or partition suspend and resume operations."
	hmcNoVFCPL     = "HSCLA4C0 System zarządzany nie obsługuje wirtualnego kanału światłowodowego."
	hmcLocked      = "The account is locked due to %d failed logins.\n(%d minutes left to unlock)\n"
	hmcTermOpen    = "A terminal session is already open for this partition. \nOnly one open session is allowed for a partition. \nExiting...."
)

// Chosen: the codes are known, the words behind them are not, or neither is.
const (
	hmcNoSystem    = "HSCL8018 The managed system %s was not found.  Please check your entry and retry the command."
	hmcNoRMC       = "HSCL2957 There is no RMC connection between the management console and partition %s, or the partition does not support dynamic partitioning operations."
	hmcOff         = "HSCL1558 The partition is already powered off."
	hmcNeedRMC     = "HSCL0DB4 An operating system shutdown needs an active RMC connection to partition %s."
	hmcNeedProfile = "HSCL3680 Partition %s was never activated and has no current configuration.  Specify a profile."
	hmcAuthority   = "HSCL350B The user does not have the appropriate authority to run the %s command."
	hmcNoVFC       = "HSCLA4C0 The managed system does not support virtual Fibre Channel."
	hmcASCII       = "HSCLC63B The description must consist of printable ASCII characters."
	hmcKeys        = "HSCL3653 The Secure Shell (SSH) communication configuration between the source and target management consoles has not been set up properly for user %s on %s.  Run the mkauthkeys command to set it up."
	hmcBusy        = "HSCL3205 Partition %s is locked by another operation.  Retry the operation later."
	hmcVIOSFailed  = "HSCL2970 The IOServer command has failed because of the following reason:\n%s"
	hmcBadValue    = "HSCL0617 The value %s for the attribute %s is not valid.%s"
	hmcUnits       = "HSCL0622 The processing units are too few for the virtual processors: each virtual processor needs %s."
	hmcRegion      = "HSCL061A The memory must be a multiple of the memory region size for the managed system, which is %d MB."
	hmcMissing     = "The configuration data is incomplete.  The missing attributes are %s."
	hmcIDTaken     = "HSCL05DD A partition in the managed system already uses the ID %d."
	hmcTooMany     = "HSCL05DC The managed system supports %d partitions."
	hmcSlotUsed    = "HSCL0626 The virtual slot %d is in use."
	hmcSlotRange   = "HSCL0627 The virtual slot %d is outside 2 to %d."
	hmcSlotEmpty   = "HSCL294A There is no virtual adapter in slot %s."
	hmcRemoveFails = "HSCL294D Dynamic remove of virtual I/O resources failed: the adapter in slot %d is in use by %s."
	hmcLimit       = "HSCL294E The quantity is outside the minimum and maximum of partition %s."
	hmcMemory      = "HSCL03EC There is not enough memory: Obtained: %d, Required: %d. Check that there is enough memory available."
	hmcProcs       = "HSCL03EF There are not enough processing resources: Obtained: %s, Required: %s. Check that there are enough processing resources available."
	hmcSlotOwned   = "HSCL0628 The I/O slot %s is not available."
	hmcTermHeld    = "HSCL0629 A virtual terminal of partition %s is open.  Close it with rmvterm."
	hmcProfExists  = "HSCL062A A profile named \"%s\" exists already."
	hmcProfNeeded  = "HSCL062B The profile \"%s\" is the default profile of its partition and cannot be removed."
	hmcFileThere   = "HSCL0630 The file %s exists already.  Use --force to overwrite it."
	hmcFileMissing = "HSCL0631 The file %s was not found."
	hmcMSPOnly     = "The msp attribute is only valid for a Virtual I/O Server partition or profile."
	hmcNoHost      = "HSCL3652 The management console %s cannot be reached."
	hmcBadLogin    = "HSCL3654 The login of user %s on %s failed."
	hmcTrunk       = "HSCL0632 The virtual Ethernet adapter in slot %d cannot be a trunk adapter of priority %d: VLAN %d of virtual switch %s has one of that priority on partition %s."
	hmcTwice       = "The parameters %s cannot be specified together."
)

// hcall is one command that runs on an HMC.
type hcall struct {
	*call
	level  int  // 7 to 11
	polish bool // the language of the caller
	spec   hmcCommand
	values map[string]string
	flags  map[string]bool
	sel    selection
}

type hmcCommand struct {
	run     func(*hcall) int
	latency time.Duration
	options string // "-x" takes a value, "-x!" takes none, "-x?" may take one
	role    int    // who may run it: 0 everybody, 1 operators, 2 super administrators
}

var hmcCommands map[string]hmcCommand

func init() {
	ms := time.Millisecond
	hmcCommands = map[string]hmcCommand{
		"lssyscfg":     {hmcLssyscfg, 150 * ms, "-r -m -e --filter -F? --header! --osrefresh! --lastvalidcfg!", 0},
		"mksyscfg":     {hmcMksyscfg, time.Second, "-r -m -i -f -o -p --id -n --force!", 2},
		"chsyscfg":     {hmcChsyscfg, time.Second, "-r -m -e -i -f -o -p --id -n --force!", 2},
		"rmsyscfg":     {hmcRmsyscfg, time.Second, "-r -m -n -p --id --vioscfg! --vdisks! --vdisk!", 2},
		"chsysstate":   {hmcChsysstate, 500 * ms, "-r -m -o -n --id -f -k -b -i --immed! --restart! --force! --novsi! --all! --test! -t --continue! --bootstring", 1},
		"lshwres":      {hmcLshwres, 150 * ms, "-r -m --rsubtype --level --filter -F? --header! -R! --maxmem --hptratio --stat!", 0},
		"chhwres":      {hmcChhwres, time.Second, "-r -m -o -p --id -t --tp --tid -q --procs --procunits -a -i -f --rsubtype -s -l -w -d --vswitch --logport --physport --adapter --5250cpwpercent --force! --allownetdisrupt! -v!", 1},
		"rsthwres":     {hmcRsthwres, time.Second, "-r -m -p --id -a! -w -d", 1},
		"migrlpar":     {hmcMigrlpar, 300 * ms, "-o -m -t --ip -u -p --id -n -r -i -f -w -d --all! -v! --force! --nodetails! --async! --redundantvios --mpio --vlanbridge --vsi --uuid --protectstorage --npivval --requirerr --redundantvnicbkdev --vniccfg --redundantmsps --migsriov --steps --affinity! --usecurrdata!", 2},
		"lslparmigr":   {hmcLslparmigr, 200 * ms, "-r -m -t --ip -u -p --filter -F? --header! --redundantmsps", 0},
		"viosvrcmd":    {hmcViosvrcmd, 300 * ms, "-m -p --id -c --admin!", 1},
		"lsrefcode":    {hmcLsrefcode, 100 * ms, "-r -m -n -s --filter -F? --header!", 0},
		"lssysconn":    {hmcLssysconn, 100 * ms, "-r -F? --header!", 0},
		"mkauthkeys":   {hmcMkauthkeys, 300 * ms, "-a --add --remove -r --ip -u --passwd --test! -g!", 0},
		"lslic":        {hmcLslic, 400 * ms, "-m -t -w! -F? --header! -r -h -u", 0},
		"lsmemopt":     {hmcLsmemopt, 300 * ms, "-m -o -r -p --id --gid -x --filter -F? --header!", 0},
		"optmem":       {hmcOptmem, 300 * ms, "-m -o -t -p --id --gid --force! -x", 2},
		"lshmcusr":     {hmcLshmcusr, 100 * ms, "-t --filter -F? --header!", 0},
		"lshmc":        {hmcLshmc, 200 * ms, "-V! -v! -n! -r! -e! -b! -L! -l! -h! -F? --header!", 0},
		"mkvterm":      {hmcMkvterm, 50 * ms, "-m -p --id", 1},
		"rmvterm":      {hmcRmvterm, 1500 * ms, "-m -p --id", 1},
		"bkprofdata":   {hmcBkprofdata, 5 * time.Second, "-m -f --force!", 2},
		"rstprofdata":  {hmcRstprofdata, 5 * time.Second, "-m -l -f -a!", 2},
		"lspartition":  {hmcLspartition, 300 * ms, "-dlpar! -i! -ix! -sfp! -all! -c -m", 0},
		"lssvcevents":  {hmcLssvcevents, 300 * ms, "-t -d -i -m --filter -F? --header! -e", 0},
		"lslabelvios":  {hmcLslabelvios, 300 * ms, "-r -m --filter -F? --header!", 0},
		"labelvios":    {hmcLabelvios, 300 * ms, "-r -o -m -p --id -n -l --port --label", 2},
		"lsviosbk":     {hmcLsviosbk, 200 * ms, "--filter -F? --header! -t -m --uuid", 0},
		"mkviosbk":     {hmcMkviosbk, 5 * time.Second, "-t -m -p --id --uuid -f -a", 2},
		"lslparutil":   {hmcLslparutil, 200 * ms, "-r -m -n -s -d -h --minutes --startyear --startmonth --startday --starthour --startminute --endyear --endmonth --endday --endhour --endminute --filter -F? --header!", 0},
		"chlparutil":   {hmcChlparutil, 200 * ms, "-r -m -s", 2},
		"lsaccfg":      {hmcLsaccfg, 100 * ms, "-t --script -n --filter -F? --header!", 0},
		"mkhmcusr":     {hmcMkhmcusr, 500 * ms, "-u -a -d --passwd -M --auth --remoteuser -i -f", 2},
		"chhmcusr":     {hmcChhmcusr, 500 * ms, "-u -t -v -o -i -f", 2},
		"rmhmcusr":     {hmcRmhmcusr, 500 * ms, "-u -t", 2},
		"lspwdpolicy":  {hmcLspwdpolicy, 100 * ms, "-t -F? --header!", 0},
		"lshmcldap":    {hmcLshmcldap, 100 * ms, "-r --filter -F? --header! -v!", 0},
		"hmcshutdown":  {hmcShutdown, 500 * ms, "-t -r!", 2},
		"lsmediadev":   {hmcLsmediadev, 100 * ms, "-F? --header!", 0},
		"lsdump":       {hmcLsdump, 100 * ms, "-m -h! -F? --header!", 0},
		"lsled":        {hmcLsled, 100 * ms, "-r -t -m -e --filter -F? --header!", 0},
		"chled":        {hmcChled, 200 * ms, "-r -t -m -e -o -p --id -l", 1},
		"lscod":        {hmcLscod, 100 * ms, "-t -m -r -c -F? --header! --script", 0},
		"lscodpool":    {hmcLscodpool, 100 * ms, "-p --id --level -t -r -m -F? --header! --script", 0},
		"lsiotopo":     {hmcLsiotopo, 200 * ms, "-m -F? --header!", 0},
		"lpar_netboot": {hmcNetboot, time.Second, "", 1},
		"monhmc":       {hmcMonhmc, 100 * ms, "-r -n", 0},
		"diagrmc":      {hmcDiagrmc, 2 * time.Second, "-m -p --id --ip -v! --autocorrect!", 1},
	}
}

// hmcMajor is the version of a level such as V10R3M1060.
func hmcMajor(level string) int {
	n := 0
	for _, r := range strings.TrimPrefix(level, "V") {
		if r < '0' || r > '9' {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// runHMC runs a command of an HMC. locale is what the caller's shell says.
func (c *call) runHMC(cmd hmcCommand, locale string) int {
	h := &hcall{call: c, level: hmcMajor(c.con.Level), polish: strings.HasPrefix(locale, "pl"), spec: cmd}
	if u := c.con.user(c.user); u != nil {
		rank := map[string]int{roleSuper: 2, "hmcpe": 2, "hmcoperator": 1, "hmcservicerep": 1}[u.Role]
		if rank < cmd.role {
			return h.refuse(hmcAuthority, c.name)
		}
	}
	if cmd.options == "" {
		return cmd.run(h)
	}
	if rc, ok := h.parseOptions(); !ok {
		return rc
	}
	return cmd.run(h)
}

// refuse prints a message where the console prints it, on the standard output, and is the exit code 1.
func (h *hcall) refuse(format string, args ...any) int {
	h.say(format, args...)
	return 1
}

func (h *hcall) badAttr(name string) int {
	if h.polish {
		return h.refuse(hmcBadAttrPL, name)
	}
	return h.refuse(hmcBadAttr, name)
}

func (h *hcall) has(name string) bool {
	_, ok := h.values[name]
	return ok || h.flags[name] || name == "-F" && h.sel.given
}

// parseOptions reads the command line. Words behind the value of an option belong to it: several published clients write
// records and attribute lists without quotes.
func (h *hcall) parseOptions() (int, bool) {
	h.values, h.flags = map[string]string{}, map[string]bool{}
	kinds := map[string]byte{"--help": '!'}
	for _, o := range strings.Fields(h.spec.options) {
		switch k := o[len(o)-1]; k {
		case '!', '?':
			kinds[o[:len(o)-1]] = k
		default:
			kinds[o] = '='
		}
	}
	var unknown []string
	for i := 0; i < len(h.args); i++ {
		a := h.args[i]
		k, ok := kinds[a]
		if !ok {
			unknown = append(unknown, a)
			for i+1 < len(h.args) && !strings.HasPrefix(h.args[i+1], "-") {
				i++
			}
			continue
		}
		if h.has(a) {
			return h.refuse(hmcBadParam, a), false
		}
		if k == '!' {
			h.flags[a] = true
			continue
		}
		var words []string
		for i+1 < len(h.args) {
			next := h.args[i+1]
			if _, option := kinds[next]; option || strings.HasPrefix(next, "-") && len(next) > 1 && len(words) > 0 {
				break
			}
			if strings.HasPrefix(next, "--") {
				break
			}
			i++
			words = append(words, next)
		}
		value := strings.Join(words, " ")
		switch {
		case a == "-F":
			sel, ok := parseSelection(value)
			if len(words) == 0 {
				sel, ok = selection{given: true, delim: ','}, true
			}
			if !ok {
				return h.refuse(hmcBadParam, "-F"), false
			}
			h.sel = sel
		case len(words) == 0:
			return h.refuse(hmcBadParam, a), false
		default:
			h.values[a] = value
		}
	}
	if len(unknown) > 0 {
		return h.refuse(hmcBadOption, strings.Join(unknown, ",")), false
	}
	if h.flags["--help"] {
		h.say("Usage: %s %s", h.name, strings.NewReplacer("!", "", "?", " [attributes]").Replace(h.spec.options))
		return 0, false
	}
	return 0, true
}

// one checks an option against its allowed values.
func (h *hcall) one(name string, allowed ...string) (string, bool) {
	v, ok := h.values[name]
	if ok && slices.Contains(allowed, v) {
		return v, true
	}
	h.refuse(hmcBadParam, name)
	return "", false
}

// only refuses options that do not belong to what the command is asked to do.
func (h *hcall) only(options string) bool {
	var bad []string
	for n := range h.values {
		if !contains(options, n) {
			bad = append(bad, n)
		}
	}
	for n := range h.flags {
		if !contains(options, n) {
			bad = append(bad, n)
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		h.refuse(hmcBadOption, strings.Join(bad, ","))
		return false
	}
	return true
}

// system finds the system behind -m. ready tells that it must be operating.
func (h *hcall) system(ready bool) bool {
	name, ok := h.values["-m"]
	if !ok {
		h.refuse(hmcBadParam, "-m")
		return false
	}
	s := h.con.manages(name)
	if s == nil {
		h.refuse(hmcNoSystem, name)
		return false
	}
	h.sys = s
	if ready && s.State != "Operating" && s.State != "Standby" {
		h.refuse(hmcNotReady)
		return false
	}
	return true
}

// partition finds the partition that nameOpt or --id selects.
func (h *hcall) partition(nameOpt string) (*Partition, bool) {
	name, byName := h.values[nameOpt]
	id, byID := h.values["--id"]
	switch {
	case byName && byID:
		h.refuse(hmcTwice, nameOpt+",--id")
	case byName:
		if p := h.sys.partitionNamed(name); p != nil {
			return p, true
		}
		h.refuse(hmcNotFound, name)
	case byID:
		if n, ok := number(id); ok {
			if p := h.sys.partition(n); p != nil {
				return p, true
			}
		}
		h.refuse(hmcNoID, id)
	default:
		h.refuse(hmcBadParam, nameOpt)
	}
	return nil, false
}

// filter reads --filter. A partition that does not exist is an error, not an empty result.
func (h *hcall) filter(allowed ...string) (filter, bool) {
	s, ok := h.values["--filter"]
	if !ok {
		return nil, true
	}
	pairs, ok := parseRecord(s)
	if !ok {
		h.refuse(hmcBadFormat)
		return nil, false
	}
	f := filter{}
	for _, p := range pairs {
		if !slices.Contains(allowed, p.Name) || p.Op != "=" || f[p.Name] != nil {
			h.refuse(hmcBadFilter, p.Name)
			return nil, false
		}
		// Published test suites write a blank behind the equals sign.
		list, ok := splitCSV(strings.TrimSpace(p.Value), true)
		if !ok || strings.TrimSpace(p.Value) == "" {
			h.refuse(hmcBadFormat)
			return nil, false
		}
		if p.Name == "slots" || strings.HasSuffix(p.Name, "_ids") {
			for i, v := range list {
				if n, ok := number(v); ok {
					list[i] = strconv.Itoa(n)
				}
			}
		}
		f[p.Name] = list
	}
	if f["lpar_names"] != nil && f["lpar_ids"] != nil {
		h.refuse(hmcTwice, "lpar_names,lpar_ids")
		return nil, false
	}
	if h.sys == nil {
		return f, true
	}
	for _, n := range f["lpar_names"] {
		if h.sys.partitionNamed(n) == nil {
			h.refuse(hmcNotFound, n)
			return nil, false
		}
	}
	for _, n := range f["lpar_ids"] {
		if id, ok := number(n); !ok || h.sys.partition(id) == nil {
			h.refuse(hmcNoID, n)
			return nil, false
		}
	}
	return f, true
}

func (f filter) lpar(p *Partition) bool {
	return f.matches("lpar_names", p.Name) && f.matches("lpar_ids", strconv.Itoa(p.ID))
}

// print writes rows, or the sentence for none, with the exit code 0.
func (h *hcall) print(rows []*row, known []string) int {
	if h.flags["--header"] && !h.sel.given {
		return h.refuse(hmcBadParam, "-F")
	}
	out, bad := printRows(rows, known, h.sel, h.flags["--header"])
	if bad != "" {
		return h.badAttr(bad)
	}
	if len(rows) == 0 {
		if h.polish {
			h.say(hmcNoResultsPL)
		} else {
			h.say(hmcNoResults)
		}
		return 0
	}
	h.out.WriteString(out)
	return 0
}

// data reads -i, or -f, whose file would be on the console: it has none.
func (h *hcall) data(option string) ([]pair, bool) {
	s, byText := h.values[option]
	name, byFile := h.values["-f"]
	switch {
	case byText && byFile:
		h.refuse(hmcTwice, option+",-f")
		return nil, false
	case byFile:
		h.refuse(hmcFileMissing, name)
		return nil, false
	case !byText:
		h.refuse(hmcBadParam, option)
		return nil, false
	}
	// Blanks around an attribute do not belong to its value; several clients end their records with one.
	pairs, ok := parseRecord(unquoteValues(strings.TrimSpace(s)))
	if !ok {
		h.refuse(hmcBadFormat)
		return nil, false
	}
	return pairs, true
}

// unquoteValues turns attr="v1,v2", which the console takes too, into the documented "attr=v1,v2".
func unquoteValues(s string) string {
	var b strings.Builder
	start := 0 // of the field
	inQuotes := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"' && !inQuotes && i > start && s[i-1] == '=':
			// The opening quote belongs in front of the name.
			end := i + 1
			for end < len(s) {
				if s[end] == '"' {
					if end+1 < len(s) && s[end+1] == '"' {
						end += 2
						continue
					}
					break
				}
				end++
			}
			if end >= len(s) {
				return s
			}
			name := strings.TrimLeft(s[start:i], " ")
			out := b.String()
			b.Reset()
			b.WriteString(out[:len(out)-len(s[start:i])])
			b.WriteString(`"` + name + s[i+1:end] + `"`)
			i = end
			continue
		case s[i] == '"':
			inQuotes = !inQuotes
		case s[i] == ',' && !inQuotes:
			b.WriteByte(',')
			start = i + 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unit is a number of processing units as this console prints it: one digit where one is enough.
func hmcUnit(hundredths int) string {
	if hundredths%10 == 0 {
		return strconv.Itoa(hundredths/100) + "." + strconv.Itoa(hundredths/10%10)
	}
	return unitText(hundredths)
}

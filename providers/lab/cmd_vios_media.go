package lab

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	usageMkrep     = "mkrep [-sp StoragePool] -size Size"
	usageChrep     = "chrep -size Size"
	usageRmrep     = "rmrep [-f]"
	usageLsrep     = "lsrep [-field FieldName ...] [-fmt Delimiter]"
	usageMkvopt    = "mkvopt -name FileName {-file SourceFile | -size Size | -dev OpticalDevice} [-ro]"
	usageRmvopt    = "rmvopt -name FileName [-f]"
	usageChvopt    = "chvopt -name FileName {-access {ro | rw} | -mv NewFileName}"
	usageLsvopt    = "lsvopt [-vtd VirtualTargetDevice] [-field FieldName ...] [-fmt Delimiter]"
	usageLoadopt   = "loadopt -disk FileName -vtd VirtualTargetDevice [-f] [-release]"
	usageUnloadopt = "unloadopt -vtd VirtualTargetDevice [-release]"
)

// library finds the virtual media repository.
func (v *VIOS) library() (*VolumeGroup, *LogicalVolume) {
	for _, g := range v.Groups {
		for _, l := range g.Volumes {
			if l.Use == useLibrary {
				return g, l
			}
		}
	}
	return nil, nil
}

// repository is the same for a command that cannot do without it.
func (c *call) repository() (*VolumeGroup, *LogicalVolume) {
	g, l := c.v.library()
	if l == nil {
		c.fail(repNone)
	}
	return g, l
}

func cmdMkrep(c *call) int {
	f, ok := c.devFlags(usageMkrep, "-sp= -size=")
	if !ok {
		return 1
	}
	if !f.has("-size") {
		return c.fail(devUsage, usageMkrep)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	if _, l := c.v.library(); l != nil {
		return c.fail(repThere)
	}
	p, n, rc := c.roomIn(f.get("-sp"), f.get("-size"))
	if rc != 0 {
		return rc
	}
	if c.newVolume(p.g, libraryLV, n, useLibrary) == nil {
		return 1
	}
	c.say("Virtual Media Repository Created")
	c.say("Repository created within \"%s\" logical volume", libraryLV)
	return 0
}

func cmdChrep(c *call) int {
	f, ok := c.devFlags(usageChrep, "-size=")
	if !ok {
		return 1
	}
	if !f.has("-size") {
		return c.fail(devUsage, usageChrep)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g, l := c.repository()
	if l == nil {
		return 1
	}
	if _, ok := sizeMB(f.get("-size")); !ok {
		return c.fail(devBadSize, f.get("-size"))
	}
	n, _ := g.parts(f.get("-size"))
	if n > g.free() {
		return c.lvm(lvmNoSpace + "\n" + lvmNotExtended)
	}
	l.PPs += n
	return 0
}

func cmdRmrep(c *call) int {
	f, ok := c.devFlags(usageRmrep, "-f")
	if !ok {
		return 1
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	g, l := c.repository()
	if l == nil {
		return 1
	}
	for _, x := range l.Files {
		if vtds := c.v.users(libraryPath + x.Name); len(vtds) > 0 {
			return c.fail(repLoaded, x.Name, vtds[0].Name)
		}
	}
	if len(l.Files) > 0 && !f.has("-f") {
		return c.fail(repNotEmpty)
	}
	g.drop(l)
	c.say(repGone)
	return 0
}

// media are the files of the repository in the order of a listing.
func (l *LogicalVolume) media() []*File {
	out := append([]*File(nil), l.Files...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func (f *File) access() string {
	if f.ReadOnly {
		return "ro"
	}
	return "rw"
}

func cmdLsrep(c *call) int {
	f, ok := c.devFlags(usageLsrep, "-field+ -fmt=")
	if !ok {
		return 1
	}
	head := []column{{"size", "Size(mb)", 8}, {"free", "Free(mb)", 8}, {"parent", "Parent Pool", -19}, {"psize", "Parent Size", 11}, {"pfree", "Parent Free", 16}}
	body := []column{{"name", "Name", -53}, {"filesize", "File Size", 9}, {"optical", "Optical", -15}, {"access", "Access", 0}}
	var known []string
	for _, col := range append(append([]column(nil), head...), body...) {
		known = append(known, col.field)
	}
	fields, ok := c.fields(f, known...)
	if !ok {
		return 1
	}
	g, l := c.repository()
	if l == nil {
		return 1
	}
	n := strconv.Itoa
	size := g.fileSystem(l)
	top := [][]string{{n(size), n(size - l.filled()), g.Name, n(g.TotalPPs * g.PPSizeMB), n(g.free() * g.PPSizeMB)}}
	var rows [][]string
	for _, x := range l.media() {
		vtds := c.v.users(libraryPath + x.Name)
		if len(vtds) == 0 {
			rows = append(rows, []string{x.Name, n(x.SizeMB), "None", x.access()})
		}
		// A read-only medium has a line for each device that it is in.
		for _, t := range vtds {
			rows = append(rows, []string{x.Name, n(x.SizeMB), t.Name, x.access()})
		}
	}
	// Each half has fields of its own; one without a chosen field is left out.
	split := func(cols []column) *flags {
		var own []string
		for _, name := range fields {
			for _, col := range cols {
				if col.field == name {
					own = append(own, name)
				}
			}
		}
		if fields != nil && own == nil {
			return nil
		}
		return &flags{set: f.set, vals: map[string][]string{"-field": own, "-fmt": f.vals["-fmt"]}}
	}
	first, second := split(head), split(body)
	if first != nil {
		if rc := c.table(first, head, top); rc != 0 {
			return rc
		}
	}
	if second == nil || len(rows) == 0 {
		return 0
	}
	if first != nil && !f.has("-fmt") {
		c.say("")
	}
	return c.table(second, body, rows)
}

var mediaName = regexp.MustCompile(`^[A-Za-z0-9_.]{1,79}$`)

// newMedia checks the name of a new medium.
func (c *call) newMedia(l *LogicalVolume, name string) bool {
	switch {
	case !mediaName.MatchString(name):
		c.fail(optBadName, name)
	case l.file(name) != nil:
		c.fail(optNameUsed, name)
	default:
		return true
	}
	return false
}

func cmdMkvopt(c *call) int {
	f, ok := c.devFlags(usageMkvopt, "-name= -file= -size= -dev= -ro")
	if !ok {
		return 1
	}
	n := 0
	for _, x := range []string{"-file", "-size", "-dev"} {
		if f.has(x) {
			n++
		}
	}
	if n != 1 || !f.has("-name") {
		return c.fail(devUsage, usageMkvopt)
	}
	g, l := c.repository()
	if l == nil || !c.newMedia(l, f.get("-name")) {
		return 1
	}
	size := 0
	switch {
	case f.has("-size"):
		if size, ok = sizeMB(f.get("-size")); !ok {
			return c.fail(devBadSize, f.get("-size"))
		}
	case f.has("-dev"):
		if !c.v.drive(f.get("-dev")) {
			return c.fail(devNotFound, f.get("-dev"))
		}
		if size = c.v.Drives[f.get("-dev")]; size == 0 {
			return c.fail(optNoMedium, f.get("-dev"))
		}
	default:
		path := f.get("-file")
		if !strings.HasPrefix(path, "/") {
			path = "/home/" + c.home() + "/" + path
		}
		if size = c.v.Files[path]; size == 0 {
			return c.fail(optNoFile, f.get("-file"))
		}
	}
	if free := g.fileSystem(l) - l.filled(); size > free {
		return c.fail(repNoRoom, free, size)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	l.Files = append(l.Files, &File{Name: f.get("-name"), SizeMB: size, ReadOnly: f.has("-ro")})
	return 0
}

// home is the home directory of the caller on the VIOS; an HMC runs commands as its prime administrator.
func (c *call) home() string {
	if c.v.hmc || c.user == "" {
		return "padmin"
	}
	return c.user
}

// medium finds a medium of the repository.
func (c *call) medium(name string) (*LogicalVolume, *File) {
	_, l := c.repository()
	if l == nil {
		return nil, nil
	}
	x := l.file(name)
	if x == nil {
		c.fail(optNone, name)
	}
	return l, x
}

func cmdRmvopt(c *call) int {
	f, ok := c.devFlags(usageRmvopt, "-name= -f")
	if !ok {
		return 1
	}
	if !f.has("-name") {
		return c.fail(devUsage, usageRmvopt)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	l, x := c.medium(f.get("-name"))
	if x == nil {
		return 1
	}
	for _, t := range c.v.users(libraryPath + x.Name) {
		if !f.has("-f") {
			return c.fail(repLoaded, x.Name, t.Name)
		}
		t.Backing = ""
	}
	l.dropFile(x)
	return 0
}

func cmdChvopt(c *call) int {
	f, ok := c.devFlags(usageChvopt, "-name= -access= -mv=")
	if !ok {
		return 1
	}
	if !f.has("-name") || f.has("-access") == f.has("-mv") || f.has("-access") && !contains("ro rw", f.get("-access")) {
		return c.fail(devUsage, usageChvopt)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	l, x := c.medium(f.get("-name"))
	if x == nil {
		return 1
	}
	if vtds := c.v.users(libraryPath + x.Name); len(vtds) > 0 {
		return c.fail(repLoaded, x.Name, vtds[0].Name)
	}
	if f.has("-access") {
		x.ReadOnly = f.get("-access") == "ro"
		return 0
	}
	if !c.newMedia(l, f.get("-mv")) {
		return 1
	}
	x.Name = f.get("-mv")
	return 0
}

// optical finds a file-backed virtual optical device.
func (c *call) optical(name string) *VTD {
	_, t := c.v.vtd(name)
	switch {
	case t == nil && !c.v.known(name):
		c.fail(devNotFound, name)
	case t == nil || t.Kind != vtdOptical:
		c.fail(optNotVTD, name)
		return nil
	}
	return t
}

func cmdLsvopt(c *call) int {
	f, ok := c.devFlags(usageLsvopt, "-vtd= -field+ -fmt=")
	if !ok {
		return 1
	}
	if f.has("-vtd") && c.optical(f.get("-vtd")) == nil {
		return 1
	}
	var vtds []*VTD
	for _, h := range c.v.VHosts {
		for _, t := range h.VTDs {
			if t.Kind == vtdOptical && (!f.has("-vtd") || t.Name == f.get("-vtd")) {
				vtds = append(vtds, t)
			}
		}
	}
	sort.Slice(vtds, func(i, j int) bool { return naturalLess(vtds[i].Name, vtds[j].Name) })
	var rows [][]string
	for _, t := range vtds {
		media, size := "No Media", "n/a"
		if t.Backing != "" {
			media = strings.TrimPrefix(t.Backing, libraryPath)
			if _, l := c.v.library(); l != nil && l.file(media) != nil {
				size = strconv.Itoa(l.file(media).SizeMB)
			}
		}
		rows = append(rows, []string{t.Name, media, size})
	}
	if len(rows) == 0 {
		return 0
	}
	return c.table(f, []column{{"vtd", "VTD", -15}, {"media", "Media", -55}, {"size", "Size(mb)", 8}}, rows)
}

func cmdLoadopt(c *call) int {
	f, ok := c.devFlags(usageLoadopt, "-disk= -vtd= -f -release")
	if !ok {
		return 1
	}
	if !f.has("-disk") || !f.has("-vtd") {
		return c.fail(devUsage, usageLoadopt)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	t := c.optical(f.get("-vtd"))
	if t == nil {
		return 1
	}
	_, x := c.medium(f.get("-disk"))
	if x == nil {
		return 1
	}
	if t.Backing != "" && !f.has("-f") {
		return c.fail(optFull, t.Name, strings.TrimPrefix(t.Backing, libraryPath))
	}
	for _, o := range c.v.users(libraryPath + x.Name) {
		if !x.ReadOnly && o != t {
			return c.fail(optShared, x.Name, o.Name)
		}
	}
	t.Backing = libraryPath + x.Name
	return 0
}

func cmdUnloadopt(c *call) int {
	f, ok := c.devFlags(usageUnloadopt, "-vtd= -release")
	if !ok {
		return 1
	}
	if !f.has("-vtd") {
		return c.fail(devUsage, usageUnloadopt)
	}
	if !c.lockODM(time.Second) {
		return 1
	}
	t := c.optical(f.get("-vtd"))
	if t == nil {
		return 1
	}
	if t.Backing == "" {
		return c.fail(optEmpty, t.Name)
	}
	t.Backing = ""
	return 0
}

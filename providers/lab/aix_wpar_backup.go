package lab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

func wparBackupCommands() map[string]aixCommand {
	ms := time.Millisecond
	return map[string]aixCommand{
		"savewpar":   {aixSavewpar, 500 * ms, "/usr/bin", true, "savewpar [-aABeNpPTvVXZ] [-b Blocks] -f Device [-i | -m] wparname"},
		"restwpar":   {aixRestwpar, 500 * ms, "/usr/sbin", true, "restwpar [-aAFkKrsU] [-b Blocks] [-B devexportsFile] [-C] [-d Directory] -f Device [-h hostName]\n                [-i imagedataFile] [-M mkwparFlags] [-n wparname] [-S {a | A | f | F | n}] [-w specFile]"},
		"mkwpardata": {aixMkwpardata, 500 * ms, "/usr/bin", true, "mkwpardata [-m] [-X] wparname"},
		"syncwpar": {aixSyncwpar, 500 * ms, "/usr/sbin", true, `syncwpar [[-a] [-i] | [-F] [-r]] [-p] [-v] [-X] {-A | -f wparnamesfile | wparname}
       syncwpar -D [-d device] [-p] [-v] [-X] {-A | -f wparnamesfile | wparname}`},
	}
}

const (
	backupMagic = "savewpar "
	backupGone  = "0512-016 savewpar: The backup could not be written to %s."
)

// backup is an image of a partition.
type backup struct {
	Spec  string
	Files map[string]savedFile
}

type savedFile struct {
	Dir  bool `json:",omitempty"`
	Mode int
	Data string `json:",omitempty"`
}

// wparData writes the image.data of a partition.
func (a *aixCall) wparData(w *wpar) {
	h, dir := a.h, "/tmp/wpardata/"+w.Name
	h.makeDir(dir, a.e.Now)
	var b strings.Builder
	fmt.Fprintf(&b, "image_data:\n\tIMAGE_TYPE= wpar\n\tDATE_TIME= %s\n\tUNAME_INFO= AIX %s\n\tWPAR_NAME= %s\n\nlogical_volume_policy:\n\tSHRINK= no\n\tEXACT_FIT= no\n", a.e.Now.Format("Mon Jan _2 15:04:05 2006"), h.Hostname, w.Name)
	for _, m := range w.Mounts {
		if g, v := h.volumeOf(m.Dev); m.VFS == "jfs2" && v != nil && v.FS != nil {
			fmt.Fprintf(&b, "\nlv_data:\n\tVOLUME_GROUP= %s\n\tLOGICAL_VOLUME= %s\n\tMOUNT_POINT= %s\n\tLPs= %d\n\nfs_data:\n\tFS_NAME= %s\n\tFS_SIZE= %d\n", g.Name, v.Name, m.Dir, len(v.Parts), m.Dir, v.FS.Blocks)
		}
	}
	h.Files[dir+"/image.data"] = &hostFile{Mode: 0o644, Data: b.String(), at: a.e.Now}
}

func aixMkwpardata(a *aixCall) int {
	f, ok := a.flags("mX")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	a.say("Creating information file (/tmp/wpardata/%s/image.data) for %s.", w.Name, w.Name)
	a.wparData(w)
	return 0
}

func aixSavewpar(a *aixCall) int {
	f, ok := a.flags("aABeNpPTvVXZimb:f:")
	if !ok {
		return 1
	}
	if len(f.rest) != 1 || f.has('i') && f.has('m') {
		return a.usage()
	}
	w := a.wparNamed(f.rest[0])
	if w == nil {
		return 1
	}
	h, to := a.h, f.get('f')
	if to == "" {
		to = "/dev/rmt0"
	}
	switch {
	case w.Kind == wparApplication:
		return a.fail(wparOnlySystem, a.name, "savewpar")
	case !contains("A D", w.State):
		return a.fail(wparBadState, a.name, w.Name, wparStates[w.State])
	}
	data := h.Files["/tmp/wpardata/"+w.Name+"/image.data"]
	if f.any("im") {
		a.say("Creating information file (/tmp/wpardata/%s/image.data) for %s.", w.Name, w.Name)
		a.wparData(w)
	} else if data == nil {
		return a.fail("0512-008 savewpar: The file /tmp/wpardata/%s/image.data does not exist. Use the -i flag.", w.Name)
	}
	mounted := w.State == wparActive
	if !mounted && !a.mountWpar(w, false) {
		a.unmountWpar(w, true)
		return 1
	}
	p := &wparPlan{wpar: h.newWpar("")}
	a.template(p, w, true)
	img := backup{Spec: specText(p), Files: map[string]savedFile{}}
	exclude, _ := h.read("/etc/exclude." + w.Name)
	for n, x := range h.tree(w.base(), f.has('N')) {
		rest := strings.TrimPrefix(n, w.base()+"/")
		if f.has('e') && slices.ContainsFunc(strings.Fields(exclude), func(pat string) bool { return strings.Contains("./"+rest, strings.TrimPrefix(pat, "^")) }) {
			continue
		}
		img.Files["/"+rest] = savedFile{x.Dir, x.Mode, x.Data}
	}
	text, err := json.Marshal(img)
	out := h.create(absolute(a.dir, to), false, a.user, a.e.Now)
	pause := a.pause(30 * time.Second)
	if !mounted {
		a.unmountWpar(w, false)
	}
	if err != nil || out == nil || !pause || h.fileBytes()+len(text) > mostFiles {
		return a.fail(backupGone, to)
	}
	out.Data = backupMagic + string(text) + "\n"
	n := len(img.Files)
	a.say("Creating list of files to back up.\nBacking up %d files\n%d of %d files (100%%)\n0512-038 savewpar: Backup Completed Successfully.", n, n, n)
	return 0
}

// image reads a backup.
func (a *aixCall) image(name string) (*backup, bool) {
	text, ok := a.h.read(absolute(a.dir, name))
	img := &backup{}
	rest, is := strings.CutPrefix(text, backupMagic)
	if !ok || !is || json.Unmarshal([]byte(rest), img) != nil {
		a.fail(wparNoImage, a.name, name)
		return nil, false
	}
	return img, true
}

// checkImage looks at the image that a partition is made of: a backup of one, or of a system of an older version.
func (a *aixCall) checkImage(p *wparPlan) bool {
	if p.Kind != wparVersioned {
		_, ok := a.image(p.image)
		return ok
	}
	if !a.h.atLeast(7, 1) {
		a.fail(wparNoVersion, a.name, "vwpar.52")
		return false
	}
	text, _ := a.h.read(absolute(a.dir, p.image))
	words := strings.Fields(text)
	if len(words) < 2 || words[0] != "mksysb" {
		a.fail(wparNoImage, a.name, p.image)
		return false
	}
	need := ""
	switch {
	case strings.HasPrefix(words[1], "5200"):
		p.OSType, need = 1, "vwpar.52"
	case strings.HasPrefix(words[1], "5300"):
		p.OSType, need = 1024, "vwpar.53"
	default:
		a.fail(wparNoImage, a.name, p.image)
		return false
	}
	if !slices.Contains(a.h.Software, need) {
		a.fail(wparNoVersion, a.name, need)
		return false
	}
	return true
}

// restore puts the files of a backup into the file systems of a partition, which are mounted.
func (a *aixCall) restore(p *wparPlan) {
	if p.image == "" || p.Kind == wparVersioned {
		return
	}
	img, ok := a.image(p.image)
	if !ok {
		return
	}
	for n, x := range img.Files {
		if name := p.outer(n); a.h.mountAt(name) == nil {
			a.h.put(name, &hostFile{Dir: x.Dir, Mode: x.Mode, Data: x.Data, at: a.e.Now})
		}
	}
}

func aixRestwpar(a *aixCall) int {
	f, ok := a.flags("aAFkKrsUb:B:Cd:f:h:i:M:n:S:w:")
	if !ok {
		return 1
	}
	if len(f.rest) > 0 || f.has('S') && !contains("a A f F n", f.get('S')) {
		return a.usage()
	}
	from := f.get('f')
	if from == "" {
		from = "/dev/rmt0"
	}
	img, ok := a.image(from)
	if !ok {
		return 1
	}
	if f.has('i') {
		if _, ok := a.h.read(absolute(a.dir, f.get('i'))); !ok {
			return a.fail(wparNoSpec, a.name, f.get('i'))
		}
	}
	p := &wparPlan{wpar: a.h.newWpar(""), resolve: f.has('a'), force: f.has('F'), image: from}
	if f.has('w') {
		ok = a.readSpec(f.get('w'), p)
	} else {
		ok = a.specFrom(img.Spec, from, p)
	}
	if !ok {
		return 1
	}
	if n := f.get('n'); n != "" && n != p.Name {
		if p.Hostname == p.Name {
			p.Hostname = n
		}
		if p.Dir == "/wpars/"+p.Name {
			p.Dir = "/wpars/" + n
		}
		p.Name, p.UUID = n, ""
	}
	if f.has('h') {
		p.Hostname = f.get('h')
	}
	if f.has('d') {
		p.Dir = f.get('d')
	}
	p.Auto, p.Resolv = p.Auto || f.has('A'), p.Resolv || f.has('r')
	if !validWparName(p.Name) {
		return a.fail(wparBadName, a.name, p.Name)
	}
	if p.UUID == "" || f.has('U') {
		id := stableHex(32, p.Name, a.h.Name, a.e.Now.UnixNano())
		p.UUID = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
	}
	if p.resolve && a.h.wpar(p.Name) != nil {
		for n := 1; a.h.wpar(p.Name) != nil; n++ {
			p.Name = fmt.Sprintf("%s_%d", strings.TrimSuffix(p.Name, fmt.Sprintf("_%d", n-1)), n)
		}
	}
	g := &wparArgs{flagSet: &flagSet{set: map[byte][]string{'e': {""}}}}
	if !a.checkWpar(p, g) {
		return 1
	}
	if rc := a.makeWpar(p, false); rc != 0 {
		return rc
	}
	if f.has('s') {
		return a.startWpar(p.wpar, startOptions{})
	}
	return 0
}

func aixSyncwpar(a *aixCall) int {
	f, ok := a.flags("aiFrpvXADd:f:")
	if !ok {
		return 1
	}
	if f.has('a') && f.has('r') || f.has('i') && f.has('r') || f.has('D') && f.any("aiFr") || f.has('d') && !f.has('D') || (len(f.rest) == 1) == f.any("Af") || len(f.rest) > 1 || f.has('A') && f.has('f') {
		return a.usage()
	}
	names := f.rest
	if f.has('f') {
		text, ok := a.h.read(absolute(a.dir, f.get('f')))
		if !ok {
			return a.fail(wparNoSpec, a.name, f.get('f'))
		}
		names = strings.Fields(text)
	}
	var list []*wpar
	if f.has('A') {
		for _, w := range a.h.Wpars {
			if w.Kind == wparSystem && w.Private == f.has('D') {
				list = append(list, w)
			}
		}
	}
	for _, n := range names {
		w := a.wparNamed(n)
		switch {
		case w == nil:
			return 1
		case w.Kind != wparSystem || w.Private != f.has('D'):
			return a.fail("syncwpar: 0960-322 Workload partition %s is not %s.", n, map[bool]string{true: "detached", false: "shared"}[f.has('D')])
		case !contains("A D", w.State):
			return a.fail(wparBadState, a.name, n, wparStates[w.State])
		}
		list = append(list, w)
	}
	stars := strings.Repeat("*", 79)
	for i, w := range list {
		a.say("%s\nSynchronizing workload partition %s (%d of %d).\n%s\nExecuting /usr/sbin/syncroot in workload partition %s.", stars, w.Name, i+1, len(list), stars, w.Name)
		if !a.pause(20 * time.Second) {
			return 1
		}
		a.say("%s\nWorkload partition %s synchronized successfully.", syncrootText, w.Name)
	}
	a.say("Return Status = SUCCESS.")
	return 0
}

package lab

import (
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// nfsServer is a file server of the estate. What is on it all hosts see that have it mounted.
type nfsServer struct {
	Name, Address string
	Down          bool
	Exports       []nfsExport
	Files         map[string]*hostFile
}

type nfsExport struct {
	Dir      string
	Access   []string // names or addresses of clients; empty: everybody
	ReadOnly bool
}

type nfsServerBody struct {
	Name      string          `hcl:"name,label"`
	Address   *string         `hcl:"address,optional"`
	Reachable *bool           `hcl:"reachable,optional"`
	Exports   []nfsExportBody `hcl:"export,block"`
	Files     []hostFileBody  `hcl:"file,block"`
	Body      hcl.Body        `hcl:",body"`
}

type nfsExportBody struct {
	Dir      string   `hcl:"directory,label"`
	Access   []string `hcl:"access,optional"`
	ReadOnly *bool    `hcl:"read_only,optional"`
	Body     hcl.Body `hcl:",body"`
}

func (b *builder) nfsServer(nb *nfsServerBody) {
	s := &nfsServer{Name: nb.Name, Address: opt(nb.Address, ""), Down: !opt(nb.Reachable, true), Files: map[string]*hostFile{}}
	if b.e.nfsServer(nb.Name) != nil {
		b.fail(nb.Body, "nfs_server %q is declared twice", nb.Name)
	}
	for _, x := range nb.Exports {
		if !strings.HasPrefix(x.Dir, "/") {
			b.fail(x.Body, "export %q: the directory is absolute", x.Dir)
		}
		s.Exports = append(s.Exports, nfsExport{x.Dir, x.Access, opt(x.ReadOnly, false)})
	}
	for _, f := range nb.Files {
		if !strings.HasPrefix(f.Path, "/") {
			b.fail(f.Body, "file %q: the path is absolute", f.Path)
		}
		s.Files[f.Path] = b.hostFile(&f)
	}
	b.e.NFS = append(b.e.NFS, s)
}

func (b *builder) hostFile(f *hostFileBody) *hostFile {
	mode := 0o644
	if opt(f.Dir, false) {
		mode = 0o755
	}
	return &hostFile{Dir: opt(f.Dir, false), Mode: opt(f.Mode, mode), Data: opt(f.Data, ""), at: b.moment(f.Body, f.At, nil)}
}

func (e *Estate) encodeNFS(w *encoder) {
	for _, s := range e.NFS {
		w.open("nfs_server %s", quoteHCL(s.Name))
		w.str("address", s.Address, "")
		w.flag("reachable", !s.Down, true)
		for _, x := range s.Exports {
			w.open("export %s", quoteHCL(x.Dir))
			w.list("access", x.Access)
			w.flag("read_only", x.ReadOnly, false)
			w.close()
		}
		w.files("file", s.Files, nil)
		w.close()
	}
}

// nfsServer finds a server by its name or address.
func (e *Estate) nfsServer(name string) *nfsServer {
	for _, s := range e.NFS {
		if s.Name == name || s.Address == name && name != "" {
			return s
		}
	}
	return nil
}

// export finds the export that a directory is in, and whether the directory is there.
func (s *nfsServer) export(dir string) (*nfsExport, bool) {
	for i := range s.Exports {
		x := &s.Exports[i]
		if dir == x.Dir {
			return x, true
		}
		if strings.HasPrefix(dir, x.Dir+"/") {
			f := s.Files[dir]
			there := f != nil && f.Dir
			for p := range s.Files {
				there = there || strings.HasPrefix(p, dir+"/")
			}
			return x, there
		}
	}
	return nil, false
}

// admits tells whether a client with one of these names may use an export.
func (x *nfsExport) admits(names ...string) bool {
	return len(x.Access) == 0 || slices.ContainsFunc(names, func(n string) bool { return n != "" && slices.Contains(x.Access, n) })
}

// nfsNames are the names by which a server knows a host.
func (h *Host) nfsNames() []string {
	short, _, _ := strings.Cut(h.Hostname, ".")
	out := []string{h.Name, h.Hostname, short, h.Address}
	for _, n := range h.Interfaces {
		out = append(out, n.Address)
	}
	return out
}

// nfsRefusal is what mount says when a directory of a server cannot be mounted; empty: it can.
func (e *Estate) nfsRefusal(h *Host, server, dir string) string {
	giving := "\nmount: 1831-008 giving up on:\n" + server + ":" + dir + "\n"
	s := e.nfsServer(server)
	switch {
	case s == nil:
		return "mount: 1831-007 Host name " + server + " cannot be resolved." + giving + "A remote host did not respond within the timeout period."
	case s.Down:
		return "mount: 1831-010 server " + server + " not responding: RPC: 1832-018 Port mapper failure - RPC: 1832-008 Timed out" + giving + "A remote host did not respond within the timeout period."
	}
	x, there := s.export(dir)
	switch {
	case x == nil || !x.admits(h.nfsNames()...):
		return "mount: 1831-011 access denied for " + server + ":" + dir + giving + "The file access permissions do not allow the specified action."
	case !there:
		return "mount: 1831-011 access denied for " + server + ":" + dir + giving + "A file or directory in the path name does not exist."
	}
	return ""
}

// owner is the mount that a path of a host is in.
func (h *Host) owner(name string) *mounted {
	var best *mounted
	for _, m := range h.Mounts {
		if strings.HasPrefix(name, strings.TrimSuffix(m.Over, "/")+"/") && (best == nil || len(m.Over) >= len(best.Over)) {
			best = m
		}
	}
	return best
}

// remote tells whether a file is on a server.
func (h *Host) remote(name string) bool {
	m := h.owner(name)
	return m != nil && slices.Contains(h.served, m)
}

// settle brings what a host did with the files of servers to the servers, and from there to the other hosts.
func (e *Estate) settle(h *Host) {
	changed := map[*nfsServer]bool{}
	for _, m := range h.served {
		if s := e.nfsServer(m.Node); s != nil && !s.Down {
			h.collect(s, m)
			changed[s] = true
		}
	}
	e.refreshNFS(h)
	for _, x := range e.hosts() {
		if x != h && slices.ContainsFunc(x.served, func(m *mounted) bool { return changed[e.nfsServer(m.Node)] }) {
			e.refreshNFS(x)
		}
	}
}

// refreshNFS shows a host what is on the servers that it has mounted.
func (e *Estate) refreshNFS(h *Host) {
	var now []*mounted
	for _, m := range h.Mounts {
		if s := e.nfsServer(m.Node); m.Node != "" && s != nil && !s.Down {
			now = append(now, m)
		}
	}
	if len(now) == 0 && len(h.served) == 0 {
		return
	}
	// What a mount covers is kept apart, and comes back when it goes.
	within := func(list []*mounted, p string) bool {
		return slices.ContainsFunc(list, func(m *mounted) bool { return strings.HasPrefix(p, strings.TrimSuffix(m.Over, "/")+"/") })
	}
	for p := range h.Files {
		switch o := h.ownerIn(h.served, p); {
		case o != nil:
			delete(h.Files, p)
		case h.ownerIn(now, p) != nil && slices.Contains(now, h.owner(p)):
			h.Hidden[p] = h.Files[p]
			delete(h.Files, p)
		}
	}
	for p, f := range h.Hidden {
		if !within(now, p) {
			h.Files[p] = f
			delete(h.Hidden, p)
		}
	}
	for _, m := range now {
		s := e.nfsServer(m.Node)
		for q, f := range s.Files {
			if rest, ok := strings.CutPrefix(q, m.Dev+"/"); ok {
				if p := strings.TrimSuffix(m.Over, "/") + "/" + rest; h.owner(p) == m {
					h.Files[p] = f
				}
			}
		}
	}
	h.served, h.covers = now, nil
	for _, m := range h.Mounts {
		h.covers = append(h.covers, m.Over)
	}
}

// ownerIn is the mount of a list that a path was in when the list was made.
func (h *Host) ownerIn(list []*mounted, name string) *mounted {
	var best *mounted
	for _, m := range list {
		if strings.HasPrefix(name, strings.TrimSuffix(m.Over, "/")+"/") && (best == nil || len(m.Over) >= len(best.Over)) {
			best = m
		}
	}
	if best != nil {
		for _, over := range h.covers {
			if len(over) > len(best.Over) && strings.HasPrefix(name, over+"/") {
				return nil
			}
		}
	}
	return best
}

// collect brings the files of a mount to its server.
func (h *Host) collect(s *nfsServer, m *mounted) {
	over := strings.TrimSuffix(m.Over, "/")
	mine := map[string]*hostFile{}
	for p, f := range h.Files {
		if rest, ok := strings.CutPrefix(p, over+"/"); ok && h.ownerIn(h.served, p) == m {
			mine[m.Dev+"/"+rest] = f
		}
	}
	for q := range s.Files {
		if rest, ok := strings.CutPrefix(q, m.Dev+"/"); ok && mine[q] == nil && h.ownerIn(h.served, over+"/"+rest) == m {
			delete(s.Files, q)
		}
	}
	for q, f := range mine {
		s.Files[q] = f
	}
}

// files writes blocks of files.
func (w *encoder) files(block string, files map[string]*hostFile, skip func(string) bool) {
	var paths []string
	for p := range files {
		if skip == nil || !skip(p) {
			paths = append(paths, p)
		}
	}
	sort.Strings(paths)
	for _, p := range paths {
		w.file(block, p, files[p])
	}
}

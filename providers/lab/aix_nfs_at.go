package lab

import (
	"context"
	"slices"
	"strings"
	"time"
)

// nothing is what a mount shows whose server does not answer, or exports it no more.
var nothing = &Host{bare: true, Files: map[string]*hostFile{}}

// connectMounts finds the servers behind the mounts: an address may have gone to another host, or nobody has it.
func (e *Estate) connectMounts() {
	for _, h := range e.hosts() {
		for _, m := range h.Mounts {
			if m.Node == "" || h.lookup(e, m.Node) == "" {
				continue
			}
			server, outside, why := e.nfsAnswer(h, m.Node)
			x, _, _, ok := exported(server, outside, m.Dev)
			mount, write := x.allows(h.names())
			switch {
			case why != "":
				m.remote, m.silent = nothing, true
			case !ok || !mount:
				m.remote, m.silent = nothing, false
			case outside != nil:
				m.remote, m.silent = outside.files, false
			default:
				m.remote, m.silent = server, false
			}
			m.readOnly = !write
		}
	}
}

// hangs is the mount that a command waits for: its server does not answer, and it is hard.
func (e *Estate) hangs(h *Host, name string) bool {
	if h.global != nil {
		return e.hangs(h.global, h.in.outer(name))
	}
	e.connectMounts()
	m := h.mountOver(name)
	return m != nil && m.silent && !slices.Contains(strings.Split(m.Options, ","), "soft")
}

// at is where a path of a host really is, and whether it can be written there: below a mount of NFS that is on the server, in a
// workload partition below its directory.
func (h *Host) at(name string) (*Host, string, bool) {
	if h.global != nil {
		if strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/") {
			return h, name, false
		}
		return h.global.at(h.in.outer(name))
	}
	writable := true
	for range 8 {
		best := h.mountOver(name)
		switch {
		case best == nil:
			return h, name, writable
		case best.readOnly || readOnlyOptions(best.Options):
			writable = false
		}
		if best.remote == nil && best.VFS != "namefs" {
			return h, name, writable
		}
		name = strings.TrimSuffix(best.Dev, "/") + strings.TrimPrefix(name, strings.TrimSuffix(best.Over, "/"))
		if best.remote != nil {
			h = best.remote
		}
	}
	return h, name, writable
}

// mountOver is the mount that a path is in.
func (h *Host) mountOver(name string) *mounted {
	var best *mounted
	for _, m := range h.Mounts {
		if (name == m.Over || strings.HasPrefix(name, strings.TrimSuffix(m.Over, "/")+"/")) && (best == nil || len(m.Over) >= len(best.Over)) {
			best = m
		}
	}
	return best
}

func readOnlyOptions(o string) bool { return slices.Contains(strings.Split(o, ","), "ro") }

// readOnly tells whether the host, or the partition, may not write to a path.
func (h *Host) readOnly(name string) bool {
	_, _, writable := h.at(name)
	return !writable
}

// fileCommands open what they are given; on a hard mount whose server does not answer they wait for it.
const fileCommands = "ls mkdir rmdir rm touch chmod chown chgrp cp mv du"

// waitsFor is a path of a command whose server does not answer.
func (a *aixCall) waitsFor() bool {
	if !contains(fileCommands, a.name) {
		return false
	}
	words := append([]string{"."}, a.args...)
	return slices.ContainsFunc(words, func(w string) bool { return !strings.HasPrefix(w, "-") && a.e.hangs(a.h, absolute(a.dir, w)) })
}

// await waits for the server of a file. It returns false when the session ends before.
func (s *session) await(ctx context.Context, name string) bool {
	for {
		hangs := false
		s.onHost(func(e *Estate, h *Host) { hangs = e.hangs(h, name) })
		if !hangs {
			return true
		}
		if !s.sleep(ctx, 5*time.Second) {
			return false
		}
	}
}

// blocksOf is what df says of a mount of NFS.
func (e *Estate) blocksOf(m *mounted) *fileSystem {
	if m.remote == nil {
		return nil
	}
	for _, s := range e.NFS {
		if s.files == m.remote {
			if _, size, used, ok := exported(nil, s, m.Dev); ok {
				return &fileSystem{Blocks: size * 2048, UsedMB: used}
			}
			return nil
		}
	}
	if local := m.remote.mountFor(m.Dev); local != nil {
		if _, v := m.remote.volumeOf(local.Dev); v != nil {
			return v.FS
		}
	}
	return nil
}

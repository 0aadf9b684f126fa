// Package lab simulates the consoles of IBM Power systems, and AIX hosts, behind real SSH servers on the loopback interface.
//
// One estate model (storage network, systems, partitions, virtual I/O servers, hosts) stands behind all of them; that a
// host is a partition of a system it does not know. The
// commands that an administrator types are interpreted over that model and answer with the layouts, message codes,
// exit codes, streams and durations of the real consoles; durations run on a virtual clock whose speed can be chosen.
// What a real console refuses, the lab refuses: an option, attribute, filter or command that it does not know is an
// error and never ignored.
//
// The package knows nothing of the tool that ships it: no configuration language, no plan, no provider, no state file.
// It sees what a console sees. It runs no program of the machine it runs on and opens none of its files on behalf of
// a client; the only files that it writes are the key, host key list, client configuration and control socket that
// Options.Dir asks for.
package lab

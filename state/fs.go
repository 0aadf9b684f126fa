package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// files is what the file store needs of a file system. It is an interface because what survives when a machine loses its power
// cannot be tested on a real one: the test's file system forgets what was not synced.
type files interface {
	Read(path string) ([]byte, error)
	// Temp writes a synced file with a new name beside path, readable by its owner only, and returns its name.
	Temp(path string, b []byte) (string, error)
	// Append adds to a file, which it creates if need be, and syncs it.
	Append(path string, b []byte) error
	Truncate(path string, size int64) error
	// Open opens a file for what is put into it later, whatever its name is by then.
	Open(path string) (openFile, error)
	Link(from, to string) error
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes what was created, renamed and removed in a directory last.
	SyncDir(dir string) error
	MkdirAll(dir string) error
	// Stat returns size and time of last change.
	Stat(path string) (int64, time.Time, error)
	Names(dir string) ([]string, error)
}

type openFile interface {
	// Put writes at an offset and syncs.
	Put(b []byte, at int64) error
	Close() error
}

type disk struct{}

type diskFile struct{ *os.File }

func (d diskFile) Put(b []byte, at int64) error {
	_, err := d.WriteAt(b, at)
	if err == nil {
		err = d.Sync()
	}
	return err
}

func (disk) Open(path string) (openFile, error) {
	if runtime.GOOS == "windows" { // a file that is open there cannot be renamed: force-unlock could not take the lock of a process that hangs
		return byName(path), nil
	}
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	return diskFile{w}, err
}

// byName is a file that is opened for each write.
type byName string

func (n byName) Put(b []byte, at int64) error {
	w, err := os.OpenFile(string(n), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(diskFile{w}.Put(b, at), w.Close())
}

func (byName) Close() error { return nil }

func (disk) Read(path string) ([]byte, error) { return os.ReadFile(path) }

func (disk) Temp(path string, b []byte) (string, error) {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = t.Write(b)
	if err == nil {
		err = t.Sync()
	}
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(t.Name())
		return "", err
	}
	return t.Name(), nil
}

func (disk) Append(path string, b []byte) error {
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

func (disk) Truncate(path string, size int64) error {
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = w.Truncate(size)
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

func (disk) Link(from, to string) error   { return os.Link(from, to) }
func (disk) Rename(from, to string) error { return os.Rename(from, to) }
func (disk) Remove(path string) error     { return os.Remove(path) }
func (disk) SyncDir(dir string) error     { return syncDir(dir) }
func (disk) MkdirAll(dir string) error    { return os.MkdirAll(dir, 0o700) }

func (disk) Stat(path string) (int64, time.Time, error) {
	i, err := os.Stat(path)
	if err != nil {
		return 0, time.Time{}, err
	}
	return i.Size(), i.ModTime(), nil
}

func (disk) Names(dir string) ([]string, error) {
	es, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out, err
}

// Package registry finds the providers that an estate requires, fetches them, and pins them: versions and checksums in gantry.lock.hcl,
// what each says of itself in a file beside it.
//
// The package starts no provider and knows no kind.
package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// LockFile is the name of the lock in the directory of an estate. It is committed with the files.
const LockFile = "gantry.lock.hcl"

// Locked is a provider that is pinned.
type Locked struct {
	Source      string `hcl:"source,label"`
	Version     string `hcl:"version"`
	Constraints string `hcl:"constraints,optional"`
	Key         string `hcl:"key,optional"`
	// Schema is the checksum of what it says of itself, which stands in SchemaFile.
	Schema string `hcl:"schema"`
	// Hashes are the checksums of its executables by platform, as sha256:HEX.
	Hashes map[string]string `hcl:"hashes"`
}

// Lock is what init pinned.
type Lock struct {
	Providers []*Locked `hcl:"provider,block"`
}

// Of is the entry of a source, or nil.
func (l *Lock) Of(source string) *Locked {
	for _, p := range l.Providers {
		if p.Source == source {
			return p
		}
	}
	return nil
}

// ReadLock reads the lock of an estate; without a file it is empty.
func ReadLock(dir string) (*Lock, error) {
	path := filepath.Join(dir, LockFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	f, d := hclparse.NewParser().ParseHCL(b, LockFile)
	l := &Lock{}
	if !d.HasErrors() {
		d = gohcl.DecodeBody(f.Body, nil, l)
	}
	if d.HasErrors() {
		return nil, fmt.Errorf("%w. The file is written by gantry init; take it from version control again, or remove it and run gantry init", d)
	}
	return l, nil
}

// Write writes the lock, in order and whole or not at all.
func (l *Lock) Write(dir string) error {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# Written by gantry init, which also changes it. Commit it.\n")}})
	sort.Slice(l.Providers, func(i, j int) bool { return l.Providers[i].Source < l.Providers[j].Source })
	for _, p := range l.Providers {
		f.Body().AppendNewline()
		b := f.Body().AppendNewBlock("provider", []string{p.Source}).Body()
		b.SetAttributeValue("version", cty.StringVal(p.Version))
		for name, v := range map[string]string{"constraints": p.Constraints, "key": p.Key} {
			if v != "" {
				b.SetAttributeValue(name, cty.StringVal(v))
			}
		}
		b.SetAttributeValue("schema", cty.StringVal(p.Schema))
		hashes := map[string]cty.Value{}
		for k, v := range p.Hashes {
			hashes[k] = cty.StringVal(v)
		}
		b.SetAttributeValue("hashes", cty.MapVal(hashes))
	}
	return writeWhole(filepath.Join(dir, LockFile), hclwrite.Format(f.Bytes()), 0o644)
}

// SchemaFile is where what a provider says of itself is kept beside the lock, under the name that the estate gives it.
func SchemaFile(dir, name string) string { return filepath.Join(dir, "gantry.lock."+name+".json") }

// WriteSchema keeps what a provider says of itself.
func WriteSchema(dir, name string, b []byte) error {
	return writeWhole(SchemaFile(dir, name), b, 0o644)
}

// ReadSchema reads it back; a file that was changed since is refused.
func ReadSchema(dir, name string, p *Locked) ([]byte, error) {
	b, err := os.ReadFile(SchemaFile(dir, name))
	if err != nil {
		return nil, err
	}
	if Sum(b) != p.Schema {
		return nil, fmt.Errorf("%s is not what gantry init wrote", filepath.Base(SchemaFile(dir, name)))
	}
	return b, nil
}

// Sum is a checksum as the lock has it.
func Sum(b []byte) string {
	s := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(s[:])
}

func sumFile(path string) (string, error) {
	if i, err := os.Lstat(path); err == nil && !i.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// writeWhole writes a file beside its place and moves it there.
func writeWhole(path string, b []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Platform is this one, as indexes and locks call it.
func Platform() string { return runtime.GOOS + "_" + runtime.GOARCH }

// short is the last word of a source: what its executables are called.
func short(source string) string { return source[strings.LastIndexByte(source, '/')+1:] }

// File is the name of an executable of a provider in a plugin directory or a mirror.
func File(source, version, platform string) string {
	name := "gantry-provider-" + short(source) + "_" + version + "_" + platform
	if strings.HasPrefix(platform, "windows_") {
		name += ".exe"
	}
	return name
}

// Installed is where init puts the executable for this platform.
func Installed(dir string, p *Locked) string {
	return filepath.Join(dir, ".gantry", "providers", filepath.FromSlash(p.Source), p.Version, File(p.Source, p.Version, Platform()))
}

// Private copies the installed executable into a directory that nobody else can write to and checks the copy against the lock: what is
// started is what was checked.
func Private(dir, private string, p *Locked) (string, error) {
	if err := Verify(dir, p); err != nil {
		return "", err
	}
	path := Installed(dir, p)
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	to := filepath.Join(private, filepath.Base(path))
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return "", err
	}
	if "sha256:"+hex.EncodeToString(h.Sum(nil)) != p.Hashes[Platform()] {
		return "", fmt.Errorf("%s was exchanged while it was being started", path)
	}
	if !runnable(to) {
		return path, nil // nothing may be started from where temporary files are; the other one was checked too
	}
	return to, nil
}

// Verify checks the installed executable against the lock.
func Verify(dir string, p *Locked) error {
	path := Installed(dir, p)
	want := p.Hashes[Platform()]
	have, err := sumFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s %s is not installed here. Run gantry init", p.Source, p.Version)
	case err != nil:
		return err
	case want == "":
		return fmt.Errorf("the lock has no checksum of %s %s for %s. Run gantry init here and commit the lock", p.Source, p.Version, Platform())
	case have != want:
		return fmt.Errorf("%s is not what the lock pins (%s, and %s is pinned). Remove it and run gantry init; if that says so too, somebody has exchanged the file", path, have, want)
	}
	return nil
}

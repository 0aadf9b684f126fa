package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"aead.dev/minisign"
	"github.com/hashicorp/go-version"
)

// Index says which versions of a provider a mirror has. It stands at SOURCE/index.json, the executables beside it, and where it is
// signed SOURCE/index.json.minisig: a directory that any web server serves is a registry.
type Index struct {
	Format   int                `json:"format"`
	Versions map[string]Version `json:"versions"`
}

// Version is one of an index.
type Version struct {
	Protocol int               `json:"protocol"`
	Files    map[string]Binary `json:"files"` // by platform
}

// Binary is an executable beside the index.
type Binary struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Limits of what is fetched, and how long that may take.
const (
	maxIndex   = 4 << 20
	maxBinary  = 512 << 20
	fetchLimit = 10 * time.Minute
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// Finder looks for providers.
type Finder struct {
	// Dirs hold executables by name: plugin directories.
	Dirs []string
	// Mirrors are directories and http or https addresses; relative ones are in Base.
	Mirrors []string
	Base    string
	// Protocol is the version that is spoken; others are passed over.
	Protocol int
	Client   *http.Client
	// Warn is told what is doubtful.
	Warn func(string)
}

// Candidate is a version that was found.
type Candidate struct {
	Version string
	From    string            // directory or mirror, for messages
	Hashes  map[string]string // by platform, as the lock has them
	file    func(ctx context.Context, into io.Writer) error
}

// Find lists the versions of a source for this platform that pass, newest first. What a place has wrong is an error, for a version that
// is silently passed over might be the one that is pinned.
func (f *Finder) Find(ctx context.Context, source, key string, allows func(version string) bool) ([]Candidate, error) {
	var out []Candidate
	var notes []error
	for _, d := range f.Dirs {
		if key != "" {
			continue // nothing there is signed
		}
		entries, err := os.ReadDir(d)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue
		}
		for _, e := range entries {
			rest, ok := strings.CutPrefix(e.Name(), "gantry-provider-"+short(source)+"_")
			v, platform, _ := strings.Cut(strings.TrimSuffix(rest, ".exe"), "_")
			if _, err := version.NewVersion(v); !ok || err != nil || platform != Platform() || !allows(v) {
				continue
			}
			p := filepath.Join(d, e.Name())
			sum, err := sumFile(p)
			if err != nil {
				return nil, err
			}
			out = append(out, Candidate{v, d, map[string]string{platform: sum}, func(_ context.Context, into io.Writer) error { return copyFile(p, into, maxBinary) }})
		}
	}
	for _, m := range f.Mirrors {
		found, err := f.mirror(ctx, m, source, key, allows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m, err)
		}
		if found == nil {
			notes = append(notes, fmt.Errorf("%s does not have it", m))
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return version.Must(version.NewVersion(b.Version)).Compare(version.Must(version.NewVersion(a.Version)))
	})
	if len(out) == 0 {
		return nil, errors.Join(append([]error{fmt.Errorf("no version of %s that fits was found for %s, in %d plugin directories and %d mirrors", source, Platform(), len(f.Dirs), len(f.Mirrors))}, notes...)...)
	}
	return out, nil
}

func (f *Finder) mirror(ctx context.Context, m, source, key string, allows func(string) bool) ([]Candidate, error) {
	get, err := f.reader(m, source)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	switch err := get(ctx, "index.json", maxIndex, &text); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if key != "" {
		var signature bytes.Buffer
		if err := get(ctx, "index.json.minisig", maxIndex, &signature); err != nil {
			return nil, fmt.Errorf("a key is declared for %s, and its index has no signature: %w", source, err)
		}
		var public minisign.PublicKey
		if err := public.UnmarshalText([]byte(key)); err != nil {
			return nil, fmt.Errorf("the key of %s is no public key of minisign: %w", source, err)
		}
		if !minisign.Verify(public, text.Bytes(), signature.Bytes()) {
			return nil, fmt.Errorf("the index of %s is not signed with the key that is declared", source)
		}
	}
	var index Index
	if err := json.Unmarshal(text.Bytes(), &index); err != nil {
		return nil, fmt.Errorf("the index of %s cannot be read: %w", source, err)
	}
	if index.Format != 1 {
		return nil, fmt.Errorf("the index of %s has format %d, and 1 is known", source, index.Format)
	}
	out := []Candidate{}
	for v, x := range index.Versions {
		if _, err := version.NewVersion(v); err != nil || !plainName.MatchString(v) {
			return nil, fmt.Errorf("the index of %s has a version %q", source, v)
		}
		b, has := x.Files[Platform()]
		if !has || x.Protocol != f.Protocol || !allows(v) {
			continue
		}
		c := Candidate{Version: v, From: m, Hashes: map[string]string{}}
		for platform, y := range x.Files {
			if !plainName.MatchString(y.Name) || !plainName.MatchString(platform) || len(y.SHA256) != 64 {
				return nil, fmt.Errorf("the index of %s has a file %q of %s without a name or a checksum", source, y.Name, v)
			}
			c.Hashes[platform] = "sha256:" + strings.ToLower(y.SHA256)
		}
		c.file = func(ctx context.Context, into io.Writer) error { return get(ctx, b.Name, maxBinary, into) }
		out = append(out, c)
	}
	return out, nil
}

// reader reads files of a source on a mirror.
func (f *Finder) reader(m, source string) (func(ctx context.Context, name string, limit int64, into io.Writer) error, error) {
	u, err := url.Parse(m)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "http", "https":
	case "", "file":
		dir := u.Path
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(f.Base, dir)
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("there is no such directory")
		} else if err != nil {
			return nil, err
		}
		return func(_ context.Context, name string, limit int64, into io.Writer) error {
			return copyFile(filepath.Join(dir, filepath.FromSlash(source), name), into, limit)
		}, nil
	default:
		return nil, fmt.Errorf("a mirror is a directory or an address with http or https, not %s", u.Scheme)
	}
	if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "::1" && f.Warn != nil {
		f.Warn(m + " is read without TLS: what is not pinned yet could be anybody's.")
	}
	client := f.Client
	if client == nil {
		client = &http.Client{Timeout: fetchLimit}
	}
	return func(ctx context.Context, name string, limit int64, into io.Writer) error {
		at := *u
		at.Path = path.Join("/", u.Path, source, name)
		var last error
		for try := range 3 {
			if try > 0 {
				select {
				case <-time.After(time.Duration(try) * time.Second):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
			if err != nil {
				return err
			}
			res, err := client.Do(req)
			if err != nil {
				last = err
				continue
			}
			if res.StatusCode != http.StatusOK {
				_ = res.Body.Close()
				if res.StatusCode == http.StatusNotFound {
					return fmt.Errorf("%s: %w", at.Redacted(), fs.ErrNotExist)
				}
				last = fmt.Errorf("%s answered %s", at.Redacted(), res.Status)
				if res.StatusCode < 500 {
					return last
				}
				continue
			}
			err = limited(res.Body, into, limit)
			_ = res.Body.Close()
			return err // a part is in into already
		}
		return last
	}, nil
}

func copyFile(p string, into io.Writer, limit int64) error {
	in, err := os.Open(p)
	if err != nil {
		return err
	}
	defer in.Close()
	return limited(in, into, limit)
}

func limited(in io.Reader, into io.Writer, limit int64) error {
	n, err := io.Copy(into, io.LimitReader(in, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("more than %d MiB", limit>>20)
	}
	return err
}

// Install fetches a candidate for this platform, checks it and puts it where runs look for it.
func Install(ctx context.Context, dir string, p *Locked, c *Candidate) error {
	to := Installed(dir, p)
	if Verify(dir, p) == nil {
		return nil
	}
	if i, err := os.Lstat(filepath.Join(dir, ".gantry")); err == nil && !i.IsDir() {
		return fmt.Errorf("%s is no directory: a link would put what is fetched elsewhere. Remove it", filepath.Join(dir, ".gantry"))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	// What is fetched is not for version control; the lock is.
	if err := writeWhole(filepath.Join(dir, ".gantry", ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(to), ".fetch-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = errors.Join(c.file(ctx, f), f.Chmod(0o755), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("%s %s from %s: %w", p.Source, p.Version, c.From, err)
	}
	have, err := sumFile(f.Name())
	if err != nil {
		return err
	}
	if want := p.Hashes[Platform()]; have != want {
		return fmt.Errorf("%s %s from %s is not what is pinned: its checksum is %s, and %s was expected. Nothing was installed", p.Source, p.Version, c.From, have, want)
	}
	return os.Rename(f.Name(), to)
}

// Publish puts executables of a version into a mirror that is a directory. Those of the version that are there stay.
func Publish(dir, source, v string, protocol int, files map[string]string) error {
	at := filepath.Join(dir, filepath.FromSlash(source))
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	index := Index{Format: 1, Versions: map[string]Version{}}
	if b, err := os.ReadFile(filepath.Join(at, "index.json")); err == nil {
		if err := json.Unmarshal(b, &index); err != nil {
			return err
		}
	}
	x := index.Versions[v]
	if x.Files == nil {
		x.Files = map[string]Binary{}
	}
	x.Protocol = protocol
	for platform, from := range files {
		b, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		sum := strings.TrimPrefix(Sum(b), "sha256:")
		if old, has := x.Files[platform]; has && old.SHA256 != sum {
			return fmt.Errorf("%s %s for %s is published already with another checksum; whoever has pinned it would be refused. Publish a new version", source, v, platform)
		}
		if err := writeWhole(filepath.Join(at, File(source, v, platform)), b, 0o755); err != nil {
			return err
		}
		x.Files[platform] = Binary{File(source, v, platform), sum}
	}
	index.Versions[v] = x
	b, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(at, "index.json"), append(b, '\n'), 0o644)
}

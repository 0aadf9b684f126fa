package run

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gantry-power/gantry/config"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
)

// EvacuationsFile is what is remembered of evacuations. It stands beside the
// files of the estate and not beside the state: it belongs to the lines that
// were changed, is committed and reverted with them, and is there for whoever
// plans the way back from another checkout.
const EvacuationsFile = "gantry.evacuations.json"

// evacuations is the file's form. It holds no date and nothing of this machine,
// so that the same evacuation gives the same bytes.
type evacuations struct {
	Format int            `json:"format"`
	Left   []planner.Left `json:"left"`
}

// ReadEvacuations reads who left which system, and the file's bytes; without the
// file nobody did.
func ReadEvacuations(e *config.Estate) ([]planner.Left, []byte, error) {
	b, err := os.ReadFile(filepath.Join(e.Dir, EvacuationsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var f evacuations
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, nil, fmt.Errorf("%s cannot be read: %w; correct it, or remove it and change the places by hand", EvacuationsFile, err)
	}
	if f.Format != planner.Format {
		return nil, nil, fmt.Errorf("%s has format %d, this Gantry reads format %d", EvacuationsFile, f.Format, planner.Format)
	}
	return f.Left, b, nil
}

// EncodeEvacuations is the file's text, sorted.
func EncodeEvacuations(left []planner.Left) []byte {
	left = slices.Clone(left)
	slices.SortFunc(left, func(a, b planner.Left) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Address, b.Address))
	})
	b, _ := json.MarshalIndent(evacuations{planner.Format, left}, "", "  ") // strings always encode
	return append(b, '\n')
}

// Remember is what is remembered after an evacuation or a return was written.
// An evacuation adds its moves; a return takes out who comes home, who is there
// already, and who went elsewhere since.
func Remember(known []planner.Left, e *planner.Evacuation) []planner.Left {
	gone := map[schema.Address]bool{}
	for _, m := range e.Moves {
		gone[m.Address] = true
	}
	if e.Return {
		for _, m := range e.Already {
			gone[m.Address] = true
		}
		for _, s := range e.Stays {
			gone[s.Address] = gone[s.Address] || s.Forget
		}
	}
	out := []planner.Left{}
	for _, l := range known {
		if l.Evacuated() != e.System || !gone[l.Address] {
			out = append(out, l)
		}
	}
	if !e.Return {
		for _, m := range e.Moves {
			if m.Mode != "" { // else it was only declared there
				left := planner.Left{Address: m.Address, From: m.From, To: m.To}
				if m.From != e.System {
					left.Of = e.System
				}
				out = append(out, left)
			}
		}
	}
	return out
}

// Replacement is a file's new text. Old is what it is to hold before; a file that
// somebody has changed meanwhile is not overwritten. Nil means no file, and a
// new text that is nil removes it.
type Replacement struct {
	Path     string
	Old, New []byte
}

// Replace writes all files or none: every new text is on disk beside its file
// before the first one takes its place. A file keeps its mode, and a link what
// it points to.
func Replace(files []Replacement) (err error) {
	var ready []string
	defer func() {
		if err != nil {
			for _, p := range ready {
				_ = os.Remove(p) // those that took their place are gone; the first error is the one to tell
			}
		}
	}()
	for i := range files {
		f := &files[i]
		if p, err := filepath.EvalSymlinks(f.Path); err == nil {
			f.Path = p
		}
		now, err := os.ReadFile(f.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(now, f.Old) {
			return fmt.Errorf("%s was changed while the plan was made; nothing was written, plan again", f.Path)
		}
		temp := ""
		if f.New != nil {
			if temp, err = beside(f); err != nil {
				return err
			}
		}
		ready = append(ready, temp)
	}
	for i, f := range files {
		if f.New == nil {
			err = os.Remove(f.Path)
		} else {
			err = os.Rename(ready[i], f.Path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; %d of %d files were written", err, i, len(files))
		}
	}
	return nil
}

// beside writes a file's new text next to it.
func beside(f *Replacement) (string, error) {
	mode := fs.FileMode(0o644)
	if st, err := os.Stat(f.Path); err == nil {
		mode = st.Mode().Perm()
	}
	t, err := os.CreateTemp(filepath.Dir(f.Path), "."+filepath.Base(f.Path)+".*")
	if err != nil {
		return "", err
	}
	_, err = t.Write(f.New)
	if err = errors.Join(err, t.Sync(), t.Close(), os.Chmod(t.Name(), mode)); err != nil {
		_ = os.Remove(t.Name()) // the first error is the one to tell
	}
	return t.Name(), err
}

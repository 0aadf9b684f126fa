package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/state"
)

// stores measures the file store: a whole write, reading it back, and the write of one step, with the bytes that each leaves behind.
func stores(sizes []int, runs int) error {
	fmt.Printf("State in a file, medians of %d:\n\n| objects | snapshot MiB | save s | load s | one step ms | one step bytes | growth of save | growth of load |\n|---|---|---|---|---|---|---|---|\n", runs)
	var prev [2]float64
	for i, n := range sizes {
		dir, err := os.MkdirTemp("", "bench-state")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		f := &state.File{Path: filepath.Join(dir, "s.json"), Keep: 1}
		ctx := context.Background()
		l, err := f.Lock(ctx, state.LockInfo{ID: "bench", PID: os.Getpid(), Host: "bench"})
		if err != nil {
			return err
		}
		s := state.New()
		for k := range n {
			a := schema.Address(fmt.Sprintf("partition.p%06d", k))
			s.Records[a] = &schema.Record{Object: &schema.Object{Kind: "partition", Address: a, ID: fmt.Sprintf("sys/%d", k), Endpoint: "hmc.one", Value: cty.ObjectVal(map[string]cty.Value{
				"name": cty.StringVal(string(a)), "system": cty.StringVal("9009-42A*78A1F10"), "state": cty.StringVal("running"), "lpar_id": cty.NumberIntVal(int64(k)),
				"memory": cty.ObjectVal(map[string]cty.Value{"minimum": cty.NumberIntVal(2048), "desired": cty.NumberIntVal(8192), "maximum": cty.NumberIntVal(16384)}),
			})}}
		}
		var save, load, step []float64
		for range runs {
			before := s.Serial
			s.Serial++
			begin := time.Now()
			if err := l.Write(ctx, s, before); err != nil {
				return err
			}
			save = append(save, time.Since(begin).Seconds())
			begin = time.Now()
			if s, err = f.Read(ctx); err != nil {
				return err
			}
			load = append(load, time.Since(begin).Seconds())
			for k := range 20 {
				a := schema.Address(fmt.Sprintf("partition.p%06d", k))
				d := &state.Delta{Lineage: s.Lineage, Serial: s.Serial + 1, Put: map[schema.Address]*schema.Record{a: s.Records[a]}}
				begin = time.Now()
				if err := l.Update(ctx, d); err != nil {
					return err
				}
				step = append(step, time.Since(begin).Seconds()*1000)
				if err := s.Apply(d); err != nil {
					return err
				}
			}
		}
		base, err := os.Stat(f.Path)
		if err != nil {
			return err
		}
		changes, err := os.Stat(f.Path + ".changes")
		if err != nil {
			return err
		}
		if err := l.Unlock(); err != nil {
			return err
		}
		mid := func(xs []float64) float64 { sort.Float64s(xs); return xs[len(xs)/2] }
		now := [2]float64{mid(save), mid(load)}
		g := [2]string{}
		if i > 0 {
			for j := range g {
				g[j] = fmt.Sprintf("%.2f", exponent(prev[j], now[j], sizes[i-1], n))
			}
		}
		prev = now
		fmt.Printf("| %d | %.1f | %.3f | %.3f | %.2f | %d | %s | %s |\n", n, float64(base.Size())/(1<<20), now[0], now[1], mid(step), changes.Size()/20, g[0], g[1])
	}
	fmt.Println()
	return nil
}

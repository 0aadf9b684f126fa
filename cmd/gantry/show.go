package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/cmd/internal/run"
	"github.com/gantry-power/gantry/cmd/internal/view"
	"github.com/gantry-power/gantry/config/schema"
	"github.com/gantry-power/gantry/planner"
	"github.com/gantry-power/gantry/state"
)

// store opens the state of the estate in the current directory.
func (a *app) store(f *variableFlags) (state.Store, error) {
	est, err := a.load(f)
	if err != nil {
		return nil, err
	}
	return run.OpenStore(a.ctx, est)
}

func (a *app) showCmd() *cobra.Command {
	var f variableFlags
	var s shown
	var zoning bool
	var document string
	var serial uint64
	c := &cobra.Command{Use: "show [FILE]", Short: "Show the state, or a saved plan, inventory or state file; no console and no provider is needed", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if zoning && len(args) > 0 {
				return errors.New("-zoning is about the estate in this directory and its state; it takes no file")
			}
			if c.Flags().Changed("serial") && serial == 0 {
				return errors.New("there is no serial 0; gantry state history lists what is kept")
			}
			if serial > 0 && len(args) > 0 {
				return errors.New("-serial is about the history of the state; it takes no file")
			}
			if document != "" {
				return a.document(c.Context(), &f, document, args)
			}
			if len(args) == 0 {
				est, err := a.load(&f)
				if err != nil {
					return err
				}
				st, err := run.OpenStore(a.ctx, est)
				if err != nil {
					return err
				}
				snap, err := at(c.Context(), st, serial)
				if err != nil {
					return err
				}
				if zoning {
					ports := run.Zoning(est.Objects, snap)
					if s.json {
						return view.JSON(a.stdout, ports)
					}
					view.Zoning(a.stdout, view.NewStyle(a.stdout), ports)
					return nil
				}
				return a.showSnapshot(&s, snap)
			}
			b, err := a.saved(args[0], nil)
			if err != nil {
				return err
			}
			var kind struct {
				Steps     json.RawMessage `json:"steps"`
				Endpoints json.RawMessage `json:"endpoints"`
				Records   json.RawMessage `json:"records"`
			}
			if err := json.Unmarshal(b, &kind); err != nil {
				return fmt.Errorf("%s is no file of Gantry: %w", args[0], err)
			}
			switch {
			case kind.Steps != nil:
				p, err := planner.ReadPlan(b)
				if err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				return a.showPlan(&s, &run.Run{Catalogue: a.catalogue()}, &planned{plan: p})
			case kind.Endpoints != nil:
				inv, err := planner.ReadInventory(a.catalogue(), b)
				if err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				if s.json {
					return view.JSON(a.stdout, inv)
				}
				view.Inventory(a.stdout, view.NewStyle(a.stdout), inv, 0, 0)
				return nil
			case kind.Records != nil:
				snap, err := state.Decode(b)
				if err != nil {
					return fmt.Errorf("%s: %w", args[0], err)
				}
				return a.showSnapshot(&s, snap)
			}
			return fmt.Errorf("%s is no plan, no inventory and no state", args[0])
		}}
	f.register(c)
	s.register(c)
	c.Flags().Uint64Var(&serial, "serial", 0, "the state as it was at this serial (gantry state history)")
	c.Flags().BoolVar(&zoning, "zoning", false, "the worksheet for the SAN: both port names of every virtual Fibre Channel adapter, by fabric")
	c.Flags().StringVar(&document, "document", "", "the document of a cluster as Markdown, from what its nodes report now or from a saved inventory: -document cluster.NAME")
	return c
}

// document writes what administrators keep of a cluster. Its nodes are asked, unless a saved inventory is given.
func (a *app) document(ctx context.Context, f *variableFlags, address string, args []string) error {
	est, err := a.load(f)
	if err != nil {
		return err
	}
	r, done, err := a.newRun(est)
	if err != nil {
		return err
	}
	defer done()
	var inv *planner.Inventory
	if len(args) > 0 {
		b, err := a.saved(args[0], est)
		if err != nil {
			return err
		}
		if inv, err = planner.ReadInventory(a.catalogue(), b); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	} else {
		d, err := r.Discover(ctx)
		if err != nil {
			return err
		}
		inv = d.Inventory
	}
	decl := est.Object(schema.Address(address))
	if decl == nil || decl.Kind != "cluster" {
		var names []string
		for _, o := range est.Objects {
			if o.Kind == "cluster" {
				names = append(names, string(o.Address))
			}
		}
		return fmt.Errorf("%s is no cluster of the estate; declared are: %s.%s", address, strings.Join(names, ", "), schema.Suggest(address, names))
	}
	st, err := run.OpenStore(a.ctx, est)
	if err != nil {
		return err
	}
	snap, err := st.Read(ctx)
	if err != nil {
		return err
	}
	facts := planner.Known(r.Input(inv, snap, planner.Options{}))
	found := facts.Object("cluster", schema.Str(decl.Value, "name"))
	if found == nil {
		for _, e := range inv.Endpoints {
			if e.Error != "" {
				return errors.New(e.Error)
			}
		}
		return fmt.Errorf("no host reports the cluster %s: it is not made yet", schema.Str(decl.Value, "name"))
	}
	view.ClusterDocument(a.stdout, r.Catalogue, facts, found)
	return nil
}

func (a *app) showSnapshot(s *shown, snap *state.Snapshot) error {
	if s.json {
		return view.JSON(a.stdout, snap)
	}
	view.Snapshot(a.stdout, view.NewStyle(a.stdout), snap, a.catalogue())
	return nil
}

func (a *app) outputCmd() *cobra.Command {
	var f variableFlags
	var asJSON, raw bool
	c := &cobra.Command{Use: "output [NAME]", Short: "Show the outputs of the estate", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			est, err := a.load(&f)
			if err != nil {
				return err
			}
			st, err := run.OpenStore(a.ctx, est)
			if err != nil {
				return err
			}
			snap, err := st.Read(c.Context())
			if err != nil {
				return err
			}
			values := run.Outputs(est, snap)
			sensitive := map[string]bool{}
			for _, o := range est.Outputs {
				sensitive[o.Name] = o.Sensitive
			}
			if len(args) == 1 {
				v, ok := values[args[0]]
				if !ok {
					names := []string{}
					for _, o := range est.Outputs {
						names = append(names, o.Name)
					}
					return fmt.Errorf("there is no output %q.%s", args[0], schema.Suggest(args[0], names))
				}
				if raw && v.Type() == cty.String {
					_, err := fmt.Fprintln(a.stdout, v.AsString())
					return err
				}
				_, err := fmt.Fprintln(a.stdout, string(schema.EncodeValue(v)))
				return err
			}
			if asJSON {
				out := map[string]any{}
				for _, o := range est.Outputs {
					out[o.Name] = map[string]any{"value": json.RawMessage(schema.EncodeValue(values[o.Name])), "sensitive": o.Sensitive, "description": o.Description}
				}
				return view.JSON(a.stdout, out)
			}
			for _, o := range est.Outputs {
				text := string(schema.EncodeValue(values[o.Name]))
				if sensitive[o.Name] {
					text = "(sensitive)"
				}
				fmt.Fprintf(a.stdout, "%s = %s\n", o.Name, text)
			}
			return nil
		}}
	f.register(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&raw, "raw", false, "print one text output without quotes")
	return c
}

func (a *app) graphCmd() *cobra.Command {
	var f variableFlags
	var plan string
	c := &cobra.Command{Use: "graph", Short: "Print what depends on what, or which step waits for which, as Graphviz", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if plan != "" {
				b, err := a.saved(plan, nil)
				if err != nil {
					return err
				}
				p, err := planner.ReadPlan(b)
				if err != nil {
					return err
				}
				edges := map[string][]string{}
				var nodes []string
				for _, s := range p.Steps {
					nodes = append(nodes, s.ID)
					edges[s.ID] = s.WaitsFor
				}
				view.Graph(a.stdout, nodes, edges)
				return nil
			}
			est, err := a.load(&f)
			if err != nil {
				return err
			}
			edges := map[string][]string{}
			var nodes []string
			for _, o := range est.Objects {
				nodes = append(nodes, string(o.Address))
				for _, d := range est.Deps[o.Address] {
					edges[string(o.Address)] = append(edges[string(o.Address)], string(d))
				}
			}
			view.Graph(a.stdout, nodes, edges)
			return nil
		}}
	f.register(c)
	c.Flags().StringVar(&plan, "plan", "", "draw the steps of a saved plan")
	return c
}

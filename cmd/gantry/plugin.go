package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/gantry-power/gantry/providers"
	"github.com/gantry-power/gantry/providers/aix"
	"github.com/gantry-power/gantry/providers/hmc"
	"github.com/gantry-power/gantry/providers/ivm"
	"github.com/gantry-power/gantry/providers/lpar"
	"github.com/gantry-power/gantry/providers/plugin"
)

// builtinTypes are the types of the providers that Gantry brings.
var builtinTypes = []string{"aix", "hmc", "ivm"}

// inProcess are the providers that Gantry brings, by type.
func inProcess() map[string]providers.Provider {
	reg := &lpar.Registry{}
	return map[string]providers.Provider{"aix": aix.New(), "hmc": hmc.New(reg), "ivm": ivm.New(reg)}
}

// builtins are the providers that Gantry brings: in this process, or, with GANTRY_BUILTINS=plugin, in one of their own that is
// served as any plugin is.
func (a *app) builtins() map[string]providers.Provider {
	switch os.Getenv("GANTRY_BUILTINS") {
	case "plugin":
	default:
		return inProcess()
	}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	p := a.process(&plugin.Process{Name: "gantry", Command: append([]string{self, "plugin"}, builtinTypes...)})
	out := map[string]providers.Provider{}
	for _, t := range builtinTypes {
		out[t] = p.Provider(t)
	}
	return out
}

// process remembers a plugin, so that it ends with the command.
func (a *app) process(p *plugin.Process) *plugin.Process {
	p.Log, p.Context = a.log(), a.ctx
	if d, err := time.ParseDuration(os.Getenv("GANTRY_PLUGIN_TIMEOUT")); err == nil {
		p.Patience = d
	}
	a.processes = append(a.processes, p)
	return p
}

func (a *app) stopPlugins() {
	var wg sync.WaitGroup
	for _, p := range a.processes {
		wg.Go(p.Stop)
	}
	wg.Wait()
	a.processes = nil
}

// log is what plugins say, on standard error: from the level that GANTRY_LOG names (trace, debug, info, warn, error, off), errors otherwise.
func (a *app) log() hclog.Logger {
	level := hclog.LevelFromString(cmp.Or(os.Getenv("GANTRY_LOG"), "error"))
	if level == hclog.NoLevel {
		level = hclog.Error
	}
	return hclog.New(&hclog.LoggerOptions{Name: "gantry", Level: level, Output: a.stderr, Exclude: func(l hclog.Level, msg string, _ ...any) bool {
		return level >= hclog.Error && strings.HasPrefix(msg, "plugin process exited") // what it was asked for tells that with more words
	}})
}

func (a *app) pluginCmd() *cobra.Command {
	return &cobra.Command{
		Use: "plugin TYPE...", Short: "Serve the providers that Gantry brings as a plugin; Gantry starts this by itself", Hidden: true, Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all := inProcess()
			served := map[string]providers.Provider{}
			for _, t := range args {
				if all[t] == nil {
					return fmt.Errorf("there is no provider %q; Gantry brings %s", t, strings.Join(builtinTypes, ", "))
				}
				served[t] = all[t]
			}
			slices.Sort(args)
			plugin.Serve("gantry "+Version+" with the providers "+strings.Join(args, ", "), served)
			return nil
		},
	}
}

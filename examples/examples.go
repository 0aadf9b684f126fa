// Package examples carries the runnable estates and their lab scenarios, so that
// gantry demo needs no files beside the binary.
package examples

import "embed"

// FS holds the example directories.
//
//go:embed blades datacenter hosts mobility payroll
var FS embed.FS

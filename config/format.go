package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/gantry-power/gantry/config/diag"
)

// Format returns the canonical layout of a native-syntax file. It is
// idempotent; a file that does not parse is refused unchanged.
func Format(src []byte, filename string) ([]byte, diag.List) {
	if d := checkLimits(src, filename+".hcl"); d != nil {
		d.Subject.Filename = filename
		return nil, fromHCL(hcl.Diagnostics{d}, map[string][]byte{filename: src})
	}
	if _, d := hclsyntax.ParseConfig(src, filename, hcl.InitialPos); d.HasErrors() {
		return nil, fromHCL(d, map[string][]byte{filename: src})
	}
	out := hclwrite.Format(src)
	out = bytes.TrimRight(out, " \t\r\n")
	if len(out) > 0 {
		out = append(out, '\n')
	}
	return out, nil
}

// Files lists the native-syntax files of a directory that Format applies to,
// variable files included.
func Files(dir string) ([]string, error) {
	files, auto, err := listFiles(dir)
	var out []string
	for _, f := range append(files, auto...) {
		if !bytes.HasSuffix([]byte(f), []byte(".json")) {
			out = append(out, f)
		}
	}
	return out, err
}

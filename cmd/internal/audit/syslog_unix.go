//go:build !windows

package audit

import (
	"io"
	"log/syslog"
)

// Syslog is the system's log, facility authpriv.
func Syslog() (io.Writer, error) { return syslog.New(syslog.LOG_NOTICE|syslog.LOG_AUTHPRIV, "gantry") }

package audit

import (
	"errors"
	"io"
)

// Syslog says that there is none.
func Syslog() (io.Writer, error) {
	return nil, errors.New("there is no syslog on Windows. Leave audit_syslog out")
}

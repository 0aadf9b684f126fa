package lab

import (
	"path"
	"slices"
	"strings"
)

// securityFiles are those that lssec and chsec know.
var securityFiles = []string{"/etc/security/user", "/etc/security/limits", "/etc/security/login.cfg", "/etc/security/lastlog", "/etc/security/passwd", "/etc/security/environ", "/etc/security/group", "/etc/security/user.roles",
	"/etc/security/audit/config", "/usr/lib/security/mkuser.default", "/etc/security/rtc/rtcd_policy.conf", "/etc/secvars.cfg", "/etc/nscontrol.conf"}

// fileDefaults are attributes of other stanzas than those of users.
var fileDefaults = map[string]string{"/etc/security/login.cfg|usw|shells": "/bin/sh,/bin/bsh,/bin/csh,/bin/ksh,/bin/tsh,/bin/ksh93,/usr/bin/sh,/usr/bin/bsh,/usr/bin/csh,/usr/bin/ksh,/usr/bin/tsh,/usr/bin/ksh93",
	"/etc/security/login.cfg|usw|maxlogins": "32767", "/etc/security/login.cfg|usw|logintimeout": "60", "/etc/security/login.cfg|usw|maxroles": "8", "/etc/security/login.cfg|usw|auth_type": "STD_AUTH", "/etc/security/login.cfg|usw|pwd_algorithm": "",
	"/etc/security/login.cfg|default|sak_enabled": "false", "/etc/security/login.cfg|default|logintimes": "", "/etc/security/login.cfg|default|logindisable": "0", "/etc/security/login.cfg|default|logininterval": "0",
	"/etc/security/login.cfg|default|loginreenable": "0", "/etc/security/login.cfg|default|logindelay": "0", "/etc/security/login.cfg|default|herald": ""}

func (h *Host) secAttr(file, stanza, attr string) (string, bool) {
	key := file + "|" + stanza + "|" + attr
	if u := h.user(stanza); u != nil && securityFile(attr) == file {
		v, ok := u.Attrs[attr]
		return v, ok
	}
	if v, ok := h.Security[key]; ok {
		return v, true
	}
	if v, ok := userDefault(attr); ok && stanza == "default" && securityFile(attr) == file {
		return v, true
	}
	v, ok := fileDefaults[key]
	return v, ok
}

func (a *aixCall) secFlags(spec string) (*flagSet, []string, bool) {
	// The words behind -a up to the next flag belong to it.
	var args, words []string
	for i := 0; i < len(a.args); i++ {
		if a.args[i] != "-a" {
			args = append(args, a.args[i])
			continue
		}
		for i+1 < len(a.args) && !strings.HasPrefix(a.args[i+1], "-") {
			i++
			words = append(words, a.args[i])
		}
	}
	a.args = args
	f, ok := a.flags(spec)
	if !ok {
		return nil, nil, false
	}
	if len(f.rest) > 0 || !f.has('f') || !f.has('s') || len(words) == 0 {
		a.usage()
		return nil, nil, false
	}
	if !slices.Contains(securityFiles, f.get('f')) {
		a.fail("3004-692 Error accessing the file %s: it is not a security file.", f.get('f'))
		return nil, nil, false
	}
	return f, words, true
}

func aixLssec(a *aixCall) int {
	f, words, ok := a.secFlags("cf:s:")
	if !ok {
		return exitBadUser
	}
	stanza := f.get('s')
	if f.get('f') == "/etc/security/user" && stanza != "default" && a.h.user(stanza) == nil {
		a.fail(userNone, stanza)
		return exitNoUser
	}
	head, row := "#name", stanza
	var plain []string
	for _, n := range words {
		v, there := a.h.secAttr(f.get('f'), stanza, n)
		if _, known := userDefault(n); !there && !known && fileDefaults[f.get('f')+"|default|"+n] == "" && f.get('f') == "/etc/security/user" {
			a.fail("3004-725 Security attribute does not exist or you have no authority: %s", n)
			return exitNoUser
		}
		head, row = head+":"+n, row+":"+v
		plain = append(plain, n+"="+v)
	}
	if f.has('c') {
		a.say("%s\n%s", head, row)
		return 0
	}
	a.say("%s %s", stanza, strings.Join(plain, " "))
	return 0
}

func aixChsec(a *aixCall) int {
	f, words, ok := a.secFlags("f:s:")
	if !ok {
		return exitBadUser
	}
	file, stanza := f.get('f'), f.get('s')
	if file == "/etc/security/user" && stanza != "default" && a.h.user(stanza) == nil {
		a.fail(userNone, stanza)
		return exitNoUser
	}
	for _, w := range words {
		n, v, eq := strings.Cut(w, "=")
		def, known := userDefault(n)
		_, numeric := atoi(def)
		_, number := atoi(v)
		switch {
		case !eq || n == "":
			return a.usage()
		case contains("/etc/security/user /etc/security/limits", file) && (!known || securityFile(n) != file):
			a.fail("3004-692 Error changing \"%s\" to \"%s\" : Attribute is unknown.", n, v)
			return exitBadUser
		case known && securityFile(n) == file && numeric && v != "" && !number && !contains("expires umask", n):
			a.fail(attrUnknown, n, v)
			return exitBadUser
		}
	}
	for _, w := range words {
		n, v, _ := strings.Cut(w, "=")
		if u := a.h.user(stanza); u != nil && securityFile(n) == file {
			if u.Attrs[n] = v; v == "" {
				delete(u.Attrs, n)
			}
			continue
		}
		key := path.Clean(file) + "|" + stanza + "|" + n
		if a.h.Security[key] = v; v == "" {
			delete(a.h.Security, key)
		}
	}
	return 0
}

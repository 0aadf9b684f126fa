package lab

import "testing"

func TestAixMiscShell(t *testing.T) {
	l := startHosts(t)
	for line, want := range map[string]string{
		"typeset -i x=3; x=x+4; echo $x":                                                             "7\n",
		"typeset -i n; n=5*2; (( n += 1 )); echo $n":                                                 "11\n",
		"integer c=0; for d in a b c; do c=c+1; done; print $c":                                      "3\n",
		"typeset -u up=abc; echo $up; typeset -Z3 z=7; echo $z; typeset -x E=1; env | grep ^E=":      "ABC\n007\nE=1\n",
		"set -A arr a b c; echo ${arr[1]} ${#arr[*]}":                                                "b 3\n",
		"function add { typeset -i s=$1; s=s+$2; echo $s; }; add 2 40":                               "42\n",
		"echo 'typeset -i k=1\nk=k+1\necho $k' > /tmp/k; ksh /tmp/k; . /tmp/k; cat /tmp/k | ksh":     "2\n2\n2\n",
		"lsvg -o | xargs lsvg -p | tail -1 | cut -c1-6":                                              "hdisk0\n",
		"lspv | awk '{print $1}' | xargs -n2 echo":                                                   "hdisk0 hdisk1\nhdisk2 hdisk3\n",
		"lspv | awk '{print $1}' | /usr/bin/xargs -I{} bootinfo -s {} | head -1":                     "51200\n",
		"env LANG=C lsvg; env FOO=bar env | grep FOO; nohup lsvg -o":                                 "rootvg\nFOO=bar\nrootvg\n",
		"grep -p /tmp: /etc/filesystems | head -2":                                                   "/tmp:\n\tdev\t\t= /dev/hd3\n",
		"su - root -c 'id -u'":                                                                       "0\n",
		"find /dev -name 'rhdisk*' -type c | wc -l; find /etc/objrepos":                              "       4\n/etc/objrepos\n",
		"echo a > /tmp/1; echo b > /tmp/2; cmp -s /tmp/1 /tmp/2 || diff /tmp/1 /tmp/2; cksum /tmp/1": "1c1\n< a\n---\n> b\n2418082923 2 /tmp/1\n",
	} {
		l := startHosts(t)
		if out, errs, _ := l.Run("nodea", line); out != want {
			t.Errorf("%s: %q %q; want %q", line, out, errs, want)
		}
	}
	contained(t, l, "nodea", "lsvg | xargs -Q echo; su - nobody2 -c id; find", "xargs: Not a recognized flag: Q", "3004-500", "Usage: find")
}

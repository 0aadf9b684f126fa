package console

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Command is an argument vector for a console's shell. The zero value is unusable;
// New begins one. What cannot be quoted safely makes the command an error.
type Command struct {
	words   []string     // already quoted
	outputs map[int]bool // words that hold an output, by position
	err     error
}

// New begins a command. Words are quoted as needed, so no value becomes a
// second word, option or command.
func New(words ...string) *Command {
	c := &Command{}
	return c.Add(words...)
}

// Add appends words.
func (c *Command) Add(words ...string) *Command {
	for _, w := range words {
		c.words = append(c.words, c.quote(w))
	}
	return c
}

// Record appends an option and an input record.
func (c *Command) Record(option string, attrs ...Attr) *Command {
	r, err := FormatRecord(attrs...)
	if err != nil && c.err == nil {
		c.err = err
	}
	return c.Add(option, r)
}

// Put stands in a record for the output of another command, a list item with commas in it.
const Put = "{output,}"

// RecordPut is Record with the output of another command in place of Put. What the output holds is not quoted any more,
// so it has to be in the form of the record; quotes are taken out of it, because whether a console puts them around a
// value with commas where the delimiter is another one is unconfirmed.
func (c *Command) RecordPut(option string, inner *Command, attrs ...Attr) *Command {
	r, err := FormatRecord(attrs...)
	before, after, ok := strings.Cut(r, Put)
	switch {
	case c.err != nil:
	case err != nil:
		c.err = err
	case inner.err != nil:
		c.err = inner.err
	case !ok || strings.Contains(after, Put):
		c.err = fmt.Errorf("%s has not one place for an output", r)
	}
	c.Add(option)
	c.words = append(c.words, c.quote(before)+`"$(`+strings.Join(inner.words, " ")+` | sed 's/"//g')"`+c.quote(after))
	return c
}

// Filter appends --filter with one name and its values, which are OR-ed.
func (c *Command) Filter(name string, values ...string) *Command {
	return c.Record("--filter", SetList(name, values...))
}

// Output appends $( inner ), whose output becomes one word.
func (c *Command) Output(inner *Command) *Command { return c.OutputAfter("", inner) }

// OutputAfter appends prefix$( inner ) as one word.
func (c *Command) OutputAfter(prefix string, inner *Command) *Command {
	if inner.err != nil && c.err == nil {
		c.err = inner.err
	}
	if c.outputs == nil {
		c.outputs = map[int]bool{}
	}
	c.outputs[len(c.words)] = true
	if prefix != "" {
		prefix = c.quote(prefix)
	}
	c.words = append(c.words, prefix+"$("+strings.Join(inner.words, " ")+")")
	return c
}

// Vios begins a command for a Virtual I/O Server behind an HMC: viosvrcmd runs
// it there as the prime administrator (hmc-cli.md, section 18.1).
func Vios(system, vios string, words ...string) *Command {
	return ViosCommand(system, vios, New(words...))
}

// ViosCommand is Vios for a command that is built already.
func ViosCommand(system, vios string, c *Command) *Command {
	return New("viosvrcmd", "-m", system, "-p", vios, "-c").inner(c)
}

// ViosLines runs several commands on a Virtual I/O Server in one request: the
// shell at the other end reads the text line by line (hmc-live-facts.md, section
// 15, records it for root's shell; for that of padmin it is unconfirmed, so
// nothing may depend on the answer).
func ViosLines(system, vios string, lines ...*Command) *Command {
	c := New("viosvrcmd", "-m", system, "-p", vios, "-c")
	var text []string
	for _, l := range lines {
		line, err := l.Line()
		if err == nil && strings.ContainsAny(line, "'\\\n") {
			err = fmt.Errorf("%s cannot be one line of several", line)
		}
		if err != nil && c.err == nil {
			c.err = err
		}
		text = append(text, line)
	}
	c.words = append(c.words, "$'"+strings.Join(text, `\n`)+"'")
	return c
}

// inner appends a whole command line as one word. It stands in double quotes, so
// that an output inside it is still put in place.
func (c *Command) inner(in *Command) *Command {
	if in.err != nil && c.err == nil {
		c.err = in.err
	}
	line := strings.Join(in.words, " ")
	for i, w := range in.words {
		if !in.outputs[i] && strings.ContainsAny(w, "\"'$`\\") && c.err == nil {
			c.err = fmt.Errorf("%s holds a character that cannot be passed on to a Virtual I/O Server", w)
		}
	}
	c.words = append(c.words, `"`+line+`"`)
	return c
}

func (c *Command) quote(w string) string {
	if err := plain(w); err != nil {
		if c.err == nil {
			c.err = err
		}
		return "''"
	}
	if strings.HasPrefix(w, "$") || strings.HasPrefix(w, "~") {
		return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	// Double quotes keep records readable as the manuals write them; they are
	// safe when nothing inside is special to the shell.
	if strings.ContainsAny(w, ` ,"=*`) && !strings.ContainsAny(w, "$`\\!'") && !strings.Contains(w, `"`) {
		if needsQuotes(w) {
			return `"` + w + `"`
		}
		return w
	}
	q, err := syntax.Quote(w, syntax.LangPOSIX)
	if err != nil {
		if c.err == nil {
			c.err = fmt.Errorf("%q cannot be quoted for a console: %w", w, err)
		}
		return "''"
	}
	return q
}

// needsQuotes: a record of name=value pairs without blanks needs no quotes for
// the shell, but a list, a pattern and a home directory (name=~user) do.
func needsQuotes(w string) bool { return strings.ContainsAny(w, " ,\"*?[]{}();<>|&#~") }

// Line returns the command line, or why it cannot be made.
func (c *Command) Line() (string, error) {
	if c.err != nil {
		return "", c.err
	}
	return strings.Join(c.words, " "), nil
}

// Batch joins commands into one request and marks where each answer ends and
// with which exit code, so that one round trip carries several reads.
type Batch struct {
	names []string
	lines []string
	err   error
}

const batchMark = "::gantry"

// Add appends a named command.
func (b *Batch) Add(name string, c *Command) {
	line, err := c.Line()
	if err != nil && b.err == nil {
		b.err = err
	}
	b.add(name, line)
}

// ForEach appends a loop: for each word that list prints, body is run with the
// word where AddEach stands, behind a line "::item WORD".
func (b *Batch) ForEach(name string, list *Command, body ...*Command) {
	l, err := list.Line()
	if err != nil && b.err == nil {
		b.err = err
	}
	var parts []string
	for _, c := range body {
		line, err := c.Line()
		if err != nil && b.err == nil {
			b.err = err
		}
		parts = append(parts, line)
	}
	b.add(name, "for d in $("+l+"); do echo \"::item $d\"; "+strings.Join(parts, "; ")+"; done")
}

// AddEach appends the word of the ForEach around it.
func (c *Command) AddEach() *Command {
	c.words = append(c.words, "$d")
	return c
}

// AddEachAfter appends a prefix and the word of the ForEach around it as one word.
func (c *Command) AddEachAfter(prefix string) *Command {
	c.words = append(c.words, c.quote(prefix)+"$d")
	return c
}

// Append adds what the command prints to a file.
func (c *Command) Append(file string) *Command {
	c.words = append(c.words, ">>", c.quote(file))
	return c
}

// Background has the command go on when the connection ends, with what it prints in a file.
func (c *Command) Background(log string) *Command {
	c.words = append(append([]string{"nohup"}, c.words...), ">", c.quote(log), "2>&1", "</dev/null", "&")
	return c
}

// Unless has the command run only where another one fails, which changes nothing and whose output goes nowhere.
func (c *Command) Unless(test *Command) *Command {
	if test.err != nil && c.err == nil {
		c.err = test.err
	}
	c.words = append(append(append([]string{}, test.words...), ">/dev/null", "2>&1", "||"), c.words...)
	return c
}

// Pipe hands the output of the command to another one.
func (c *Command) Pipe(to *Command) *Command {
	if to.err != nil && c.err == nil {
		c.err = to.err
	}
	c.words = append(append(c.words, "|"), to.words...)
	return c
}

func (b *Batch) add(name, line string) {
	b.names = append(b.names, name)
	b.lines = append(b.lines, line+"; echo \""+batchMark+" $?\"")
}

// Line returns the whole request.
func (b *Batch) Line() (string, error) { return strings.Join(b.lines, "; "), b.err }

// Section is one command's part of a batch's answer.
type Section struct {
	Out  string
	Exit int
}

// Split takes a batch's answer apart.
func (b *Batch) Split(out string) (map[string]Section, error) {
	sections := map[string]Section{}
	var cur strings.Builder
	i := 0
	for _, line := range strings.Split(strings.ReplaceAll(out, "\r\n", "\n"), "\n") {
		if rc, ok := strings.CutPrefix(line, batchMark+" "); ok {
			if i >= len(b.names) {
				return nil, fmt.Errorf("more answers than questions")
			}
			var n int
			if _, err := fmt.Sscan(rc, &n); err != nil {
				return nil, fmt.Errorf("exit code %q: %w", rc, err)
			}
			sections[b.names[i]] = Section{cur.String(), n}
			cur.Reset()
			i++
			continue
		}
		cur.WriteString(line + "\n")
	}
	if i != len(b.names) {
		return nil, fmt.Errorf("%d answers to %d questions", i, len(b.names))
	}
	return sections, nil
}

// Items takes the answer of a ForEach apart: word -> text.
func Items(out string) ([]string, map[string]string) {
	var order []string
	items := map[string]string{}
	cur := ""
	for _, line := range strings.Split(out, "\n") {
		if w, ok := strings.CutPrefix(line, "::item "); ok {
			cur = w
			order = append(order, w)
			items[w] = ""
			continue
		}
		if cur != "" && line != "" {
			items[cur] += line + "\n"
		}
	}
	return order, items
}

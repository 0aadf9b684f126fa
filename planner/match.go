package planner

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/gantry-power/gantry/config/diag"
	"github.com/gantry-power/gantry/config/schema"
)

// builder carries one run of Build through its stages.
type builder struct {
	in       Input
	plan     *Plan
	facts    *Facts
	desired  map[schema.Address]*schema.Object
	found    map[schema.Address]*schema.Object // what a declared or recorded object is in the world
	owner    map[string]schema.Address         // kind|ID -> address
	records  map[schema.Address]*schema.Record // after moved blocks
	adopt    map[schema.Address]bool
	makes    map[string]schema.Address // kind|ID of what is declared to be made -> address
	renamed  map[schema.Address]bool   // recorded addresses whose object is declared under another one
	holder   map[string]schema.Address // kind|ID -> recorded address
	index    map[string]map[string][]*schema.Object
	steps    []*Step
	ids      map[schema.Address]string  // identities of networks that come to be in this plan
	rewrites map[*Step][][2]string      // systems and servers whose profile a step of a network writes anew
	users    map[*Step][]*schema.Object // partitions that use what a step deletes
	byAddr   map[schema.Address][]*Step
	target   map[schema.Address]bool // nil = everything
	muted    map[string][]string     // system/server that cannot be asked -> partitions with paths there
	assumed  map[schema.Address]bool // what nobody sees and counts as it was recorded
	dead     *detours                // set where no detour breaks the circles
}

// match is stage 1: it joins what is declared and recorded with what was found,
// by recorded identity first and by identifying attributes second.
func (b *builder) match() {
	b.facts.desired = b.desired
	b.applyMoved()
	for _, a := range sortedAddresses(b.records) {
		r := b.records[a]
		b.holder[r.Object.Kind+"|"+r.Object.ID] = a
	}
	imports := map[schema.Address]Import{}
	for _, i := range b.in.Desired.Imports {
		imports[i.To] = i
		if o := b.desired[i.To]; o != nil && !b.in.Catalogue.Kind(o.Kind).Owned(o.Value) {
			b.finding(diag.Diagnostic{Severity: diag.Advice, Code: "import-needless", Summary: "Nothing to import", Detail: fmt.Sprintf("%s exists without Gantry, which does not own it; that it is declared is enough.", i.To), Fix: "Import what Gantry makes: partitions, and disks that a Virtual I/O Server made."}.At(string(i.To), ""))
		}
	}
	// Existing kinds first: others refer to them by place.
	for pass := 0; pass < 2; pass++ {
		for _, o := range b.in.Desired.Objects {
			k := b.in.Catalogue.Kind(o.Kind)
			owned := k.Owned(o.Value)
			if owned == (pass == 0) {
				continue
			}
			if !owned {
				b.matchExisting(k, o)
				continue
			}
			imp, importing := imports[o.Address]
			b.matchOwned(k, o, imp, importing)
		}
	}
	// Recorded and no longer declared.
	for _, a := range sortedAddresses(b.records) {
		if b.desired[a] != nil {
			continue
		}
		r := b.records[a]
		if b.asRecorded(a, r) {
			continue
		}
		if f := b.recorded(b.in.Catalogue.Kind(r.Object.Kind), r.Object); f != nil && !b.free(f) {
			// It is declared under another address: this record only goes away.
			b.renamed[a] = true
			if b.found[b.owner[key(f)]] == f {
				b.finding(diag.Errorf("renamed", "Known under another address", "%s is %s %s, which is recorded as %s, and that is not declared any more.", b.owner[key(f)], r.Object.Kind, nameOf(f), a).At(string(b.owner[key(f)]), "").WithFix("Say that it is the same: moved { from = %s  to = %s }", a, b.owner[key(f)]))
			}
		} else if f != nil {
			b.claim(a, f)
		} else if f := b.same(b.in.Catalogue.Kind(r.Object.Kind), r.Object.Value, r.Object.Endpoint); len(f) == 1 && b.free(f[0]) {
			b.claim(a, f[0])
		}
	}
}

func (b *builder) applyMoved() {
	for _, m := range b.in.Desired.Moved {
		for _, a := range sortedAddresses(b.records) {
			to := a
			if a == m.From {
				to = m.To
			} else if a.Group() == m.From && m.To.Group() == m.To && strings.HasPrefix(string(a), string(m.From)+"[") {
				// All instances of a block go along; into one instance goes only the block without any.
				to = schema.Address(strings.Replace(string(a), string(m.From), string(m.To), 1))
			}
			if to == a {
				continue
			}
			if b.records[to] != nil {
				b.finding(diag.Errorf("moved-occupied", "Address already recorded", "%s is moved to %s, which state records too.", a, to).At(string(to), "").WithFix("Remove the moved block, or forget one of the two: gantry state rm."))
				continue
			}
			r := *b.records[a]
			obj := r.Object.Clone()
			obj.Address = to
			r.Object = obj
			delete(b.records, a)
			b.records[to] = &r
			b.plan.Renamed = append(b.plan.Renamed, Moved{From: a, To: to})
		}
	}
}

// matchExisting finds an object that must be there already.
func (b *builder) matchExisting(k *schema.Kind, o *schema.Object) {
	cands := b.byIdentity(k, o.Value)
	if o.Endpoint != "" && !k.Shared {
		// What a silent console manages is still the same thing when another one reports it.
		silent := b.in.Inventory.Endpoints[o.Endpoint]
		cands = filter(cands, func(c *schema.Object) bool {
			return c.Endpoint == "" || b.manages(o.Endpoint, c) || silent != nil && silent.Error != ""
		})
	}
	switch len(cands) {
	case 1:
		f := cands[0]
		if prev, taken := b.owner[key(f)]; taken {
			b.finding(diag.Errorf("declared-twice", "One thing declared twice", "%s and %s are both %s %s.", prev, o.Address, k.Name, nameOf(f)).At(string(o.Address), "").WithFix("Remove one of the two."))
			return
		}
		b.claim(o.Address, f)
	case 0:
		if e := b.in.Inventory.Endpoints[o.Endpoint]; o.Endpoint != "" && (e == nil || e.Error != "") {
			if name := schema.Str(o.Value, "hostname"); k.Name == "host" && name != "" {
				b.ids[o.Address] = name // what others say of it is of it
			}
			return // the console's own finding says why
		}
		if schema.Has(o.Value, "bridge") {
			if id := "vlan:" + schema.FormatNumber(schema.Get(o.Value, "vlan")); b.alone(k, o, id) {
				b.ids[o.Address] = id
			}
			return // it comes to be where it is bridged
		}
		if k.Shared && len(b.silent()) > 0 {
			return // a console that did not answer may well see it
		}
		d := diag.Errorf("not-found", "Not found", "No console reports the %s that %s describes (%s).", k.Name, o.Address, identityText(k, o.Value)).At(string(o.Address), firstIdentity(k, o.Value))
		if have := b.namesOf(k, o.Endpoint); have != "" {
			d.Fix = "Correct the declaration. Reported are: " + have + "."
		} else {
			d.Fix = "Check the declaration and the console: gantry discover shows what is reported."
		}
		b.finding(d)
	default:
		b.finding(diag.Errorf("ambiguous", "Ambiguous", "%d of the %ss found fit %s (%s).", len(cands), k.Name, o.Address, identityText(k, o.Value)).At(string(o.Address), "").WithFix("Declare what only one of them has: %s.", k.Identity[0][0]))
	}
}

// alone reports whether an object is the first that is declared with an identity which it will have once it is made.
func (b *builder) alone(k *schema.Kind, o *schema.Object, id string) bool {
	first, taken := b.makes[k.Name+"|"+id]
	if taken {
		b.finding(diag.Errorf("declared-twice", "One thing declared twice", "%s and %s are both %s %s.", first, o.Address, k.Name, id).At(string(o.Address), "").WithFix("Remove one of the two."))
		return false
	}
	b.makes[k.Name+"|"+id] = o.Address
	return true
}

func (b *builder) matchOwned(k *schema.Kind, o *schema.Object, imp Import, importing bool) {
	if id := b.made(k, o.Value, o.Endpoint); id != "" && !b.alone(k, o, id) {
		return
	}
	rec := b.records[o.Address]
	if rec != nil {
		if f := b.recorded(k, rec.Object); f != nil && b.free(f) {
			b.claim(o.Address, f)
			if migrating(f) {
				for _, other := range b.same(k, rec.Object.Value, o.Endpoint) {
					if other != f && migrating(other) {
						b.owner[key(other)] = o.Address // the other end of its migration
					}
				}
			}
			return
		}
	}
	value := o.Value
	if rec != nil {
		value = rec.Object.Value // a renamed object still carries its old name
	}
	if importing && imp.ID != "" && rec == nil {
		cands := filter(b.in.Inventory.Of(k.Name), func(f *schema.Object) bool {
			return f.ID == imp.ID || nameOf(f) == imp.ID
		})
		if len(cands) > 1 {
			cands = b.atPlace(k, o, cands)
		}
		if len(cands) != 1 {
			b.finding(diag.Errorf("import-not-found", "Nothing to import", "%d objects found are called %q.", len(cands), imp.ID).At(string(o.Address), "").WithFix("Give the identity that gantry discover shows."))
			return
		}
		b.claim(o.Address, cands[0])
		b.adopt[o.Address] = true
		return
	}
	cands := b.same(k, value, o.Endpoint)
	if len(cands) == 0 && rec != nil {
		cands = b.same(k, o.Value, o.Endpoint)
	}
	cands = filter(cands, b.free)
	if len(cands) > 1 {
		near := b.atPlace(k, o, cands)
		if rec != nil {
			if was := filter(cands, func(f *schema.Object) bool {
				return schema.Str(f.Value, k.Place) == schema.Str(rec.Object.Value, k.Place)
			}); len(was) == 1 {
				near = was
			}
		}
		if len(near) == 1 {
			others := filter(cands, func(f *schema.Object) bool { return f != near[0] })
			cands = near
			if migrating(near[0]) && migrating(others[0]) {
				b.owner[key(others[0])] = o.Address // the other end of its migration
				b.claimOwned(o, near[0], rec, importing)
				return
			}
			b.finding(diag.Errorf("LPM-18", "Name taken", "%s exists more than once: on %s, and also on %s.", nameOf(near[0]), b.placeName(k, near[0]), b.placeName(k, others[0])).At(string(o.Address), k.Place).WithFix("Rename or remove the one on %s, or recover an unfinished migration: gantry migrate -recover.", b.placeName(k, others[0])))
		}
	}
	if len(cands) == 1 && rec == nil {
		if old, ok := b.holder[key(cands[0])]; ok && b.desired[old] == nil {
			b.renamed[old] = true
			b.owner[key(cands[0])] = o.Address
			b.finding(diag.Errorf("renamed", "Known under another address", "%s is %s %s, which is recorded as %s, and that is not declared any more.", o.Address, k.Name, nameOf(cands[0]), old).At(string(o.Address), "").WithFix("Say that it is the same: moved { from = %s  to = %s }", old, o.Address))
			return
		}
		if b.in.InFlight[o.Address] {
			b.owner[key(cands[0])] = o.Address
			b.finding(diag.Errorf("in-flight", "Left open", "An earlier run left %s open; what became of it is not settled yet.", o.Address).At(string(o.Address), "").WithFix("gantry apply settles it first and then plans anew."))
			return
		}
	}
	switch {
	case len(cands) > 1:
		b.finding(diag.Errorf("ambiguous", "Ambiguous", "%d %ss found are called %s.", len(cands), k.Name, nameOf(cands[0])).At(string(o.Address), "").WithFix("Import one by its identity: import { to = %s, id = \"%s\" }.", o.Address, cands[0].ID))
	case len(cands) == 1 && (rec != nil || importing):
		b.claimOwned(o, cands[0], rec, importing)
	case len(cands) == 1:
		b.finding(diag.Errorf("not-owned", "Exists and is not owned", "%s %s exists%s, and Gantry does not own it.", k.Name, nameOf(cands[0]), onPlace(b.placeName(k, cands[0]))).At(string(o.Address), "").WithFix("To take it over as it is, add: import { to = %s }", o.Address))
		b.owner[key(cands[0])] = o.Address // spoken of; not listed again as unmanaged
	case rec != nil:
		b.missing(k, o, rec)
	}
}

// claimOwned claims an object that is recorded, or that an import block hands over.
func (b *builder) claimOwned(o, f *schema.Object, rec *schema.Record, importing bool) {
	b.claim(o.Address, f)
	b.adopt[o.Address] = rec == nil && importing
}

// NotVisible is the code of what nobody can see at the moment.
const NotVisible = "not-visible"

func migrating(o *schema.Object) bool {
	return strings.HasPrefix(schema.Str(o.Value, "state"), "migrating")
}

// missing: recorded, declared, and nowhere to be found. It is made anew only
// when every console that could hide it has answered.
func (b *builder) missing(k *schema.Kind, o *schema.Object, rec *schema.Record) {
	if b.asRecorded(o.Address, rec) || b.inGroupOff(o.Address, rec.Object) {
		return
	}
	if bad := b.hiding(rec.Object); len(bad) > 0 {
		b.finding(diag.Errorf(NotVisible, "Cannot be seen", "%s is recorded, but %s did not answer, so nobody can say whether it still exists.", o.Address, strings.Join(bad, ", ")).At(string(o.Address), "").WithFix("Repair the connection and plan again; nothing is created in the meantime."))
		return
	}
	b.plan.Drift = append(b.plan.Drift, Drift{Address: o.Address, Text: fmt.Sprintf("was %s on %s; no console reports it any more", nameOf(rec.Object), b.placeName(k, rec.Object))})
}

// silent lists what discovery got nothing from: endpoints, and systems whose
// partitions could not be read.
func (b *builder) silent() []string {
	var out []string
	for name, e := range b.in.Inventory.Endpoints {
		if e.Error != "" {
			out = append(out, name)
		}
	}
	for _, id := range sortedStrings(b.unread()) {
		out = append(out, b.show("system", id))
	}
	sort.Strings(out)
	return out
}

// hiding lists what gave no answer and could know of a recorded object: a disk that a Virtual I/O Server made is seen by
// no other, and a logical unit by those of its cluster.
func (b *builder) hiding(o *schema.Object) []string {
	if o.Kind == "disk" {
		return append(b.silent(), b.blind(o.Value)...)
	}
	if k := b.in.Catalogue.Kind(o.Kind); ownProvider(k, o.Endpoint) { // nobody else reports it
		if e := b.in.Inventory.Endpoints[o.Endpoint]; e == nil || e.Error != "" {
			return []string{o.Endpoint}
		}
		return nil
	}
	return b.silent()
}

// inGroupOff refuses to say anything about a filesystem whose volume group is not varied on.
func (b *builder) inGroupOff(a schema.Address, o *schema.Object) bool {
	g := b.lookup("volume_group", schema.Str(o.Value, "volume_group"))
	if o.Kind != "filesystem" || g == nil || schema.True(g.Value, "active") {
		return false
	}
	b.finding(diag.Errorf(NotVisible, "Cannot be seen", "%s is in the volume group %s, which is not varied on at %s, so nobody can say whether it still exists.", a, nameOf(g), b.show("host", schema.Str(g.Value, "host"))).At(string(a), "").WithFix("Vary it on and plan again: varyonvg %s", nameOf(g)))
	return true
}

// asRecorded takes what is in a shared volume group that is varied on nowhere as it was last seen: while a cluster is down that
// is as it should be, and its own commands can change what is in it all the same.
func (b *builder) asRecorded(a schema.Address, rec *schema.Record) bool {
	o := rec.Object
	g := b.lookup("volume_group", schema.Str(o.Value, "volume_group"))
	if o.Kind != "filesystem" && o.Kind != "logical_volume" || g == nil || len(schema.Strings(g.Value, "hosts")) < 2 || schema.True(g.Value, "active") || b.lookup(o.Kind, o.ID) != nil {
		return false
	}
	f := o.Clone()
	f.Address, f.Endpoint = "", g.Endpoint
	b.found[a], b.owner[key(f)], b.assumed[a] = f, a, true
	b.finding(diag.Diagnostic{Severity: diag.Advice, Code: NotVisible, Summary: "As last seen", Address: string(a), Detail: fmt.Sprintf("%s is in the volume group %s, which is varied on nowhere; it counts as it was last seen.", a, nameOf(g)), Fix: "Nothing to do while its cluster is down."})
	return true
}

// blind lists the Virtual I/O Servers that alone could see a disk which they made, and that cannot be asked.
func (b *builder) blind(v cty.Value) []string {
	v = b.resolveAttrs(b.in.Catalogue.Kind("disk").Attributes, v)
	for _, block := range []string{"logical_volume", "file"} {
		if at := schema.Get(v, block); at != cty.NilVal {
			return b.deaf(schema.Str(at, "system"), schema.Str(at, "server"))
		}
	}
	cluster := schema.Str(v, "logical_unit.cluster")
	if cluster == "" {
		return nil
	}
	for _, sys := range b.in.Inventory.Of("system") {
		for _, n := range schema.Items(sys.Value, "vios") {
			if schema.Str(sys.Value, schema.JoinPath("vios", n, "cluster")) == cluster {
				return nil // one member is enough
			}
		}
	}
	return b.deaf("", "")
}

// deaf lists the Virtual I/O Servers under an HMC that were not asked for what they have: of one system or of all ("").
func (b *builder) deaf(system, server string) []string {
	var out []string
	for _, sys := range b.in.Inventory.Of("system") {
		if system != "" && sys.ID != system || schema.Str(sys.Value, "manager") != "hmc" {
			continue
		}
		for _, n := range schema.Items(sys.Value, "vios") {
			if (server == "" || n == server) && !answers(schema.Get(sys.Value, schema.JoinPath("vios", n))) {
				out = append(out, n)
			}
		}
	}
	sort.Strings(out)
	return out
}

// answers reports whether a Virtual I/O Server under an HMC can be asked: it runs, and the console reaches it.
func answers(vios cty.Value) bool {
	return schema.Str(vios, "state") == "Running" && schema.Str(vios, "rmc_state") == "active"
}

// unread are the systems whose partitions no console could read.
func (b *builder) unread() map[string]bool {
	out, read := map[string]bool{}, map[string]bool{}
	for _, e := range b.in.Inventory.Endpoints {
		for _, id := range e.Systems {
			if _, bad := e.Unread[id]; bad {
				out[id] = true
			} else {
				read[id] = true
			}
		}
	}
	for id := range read {
		delete(out, id) // another console could
	}
	return out
}

// manages reports whether an endpoint manages a found system.
func (b *builder) manages(endpoint string, o *schema.Object) bool {
	if o.Endpoint == endpoint {
		return true
	}
	e := b.in.Inventory.Endpoints[endpoint]
	return e != nil && slices.Contains(e.Systems, o.ID)
}

// common is a console that manages both systems, if there is one: what it can do
// alone needs no second console.
func (b *builder) common(x, y *schema.Object) string {
	names := make([]string, 0, len(b.in.Inventory.Endpoints))
	for n := range b.in.Inventory.Endpoints {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		if e := b.in.Inventory.Endpoints[n]; slices.Contains(e.Systems, x.ID) && slices.Contains(e.Systems, y.ID) {
			return n
		}
	}
	return ""
}

func (b *builder) claim(a schema.Address, f *schema.Object) {
	b.found[a] = f
	if d := b.desired[a]; d != nil {
		b.facts.declared[key(f)] = d
	}
	b.owner[key(f)] = a
}

func (b *builder) free(f *schema.Object) bool { _, taken := b.owner[key(f)]; return !taken }

func (b *builder) lookup(kind, id string) *schema.Object { return b.facts.Object(kind, id) }

// same returns the found objects that an owned object can be.
func (b *builder) same(k *schema.Kind, v cty.Value, endpoint string) []*schema.Object {
	if k.Made == nil && k.Provider == "" {
		return b.byIdentity(k, v)
	}
	if f := b.lookup(k.Name, b.made(k, v, endpoint)); f != nil {
		return []*schema.Object{f}
	}
	return nil
}

// made is the identity that an object has, or will have once it is made.
func (b *builder) made(k *schema.Kind, v cty.Value, endpoint string) string {
	if k != nil && k.Provider != "" {
		return k.OwnID(endpoint, b.resolveAttrs(k.Attributes, v))
	}
	if k == nil || k.Made == nil {
		return ""
	}
	return k.Made(b.resolveAttrs(k.Attributes, v))
}

// recorded is the found object that a record is about: the one with its universally unique id, which a renaming by hand
// keeps and a namesake does not have, else the one with its identity.
func (b *builder) recorded(k *schema.Kind, o *schema.Object) *schema.Object {
	if k.Attribute("uuid") != nil && schema.Str(o.Value, "uuid") != "" {
		var same []*schema.Object
		for _, f := range b.by(k, []string{"uuid"}, o.Value) {
			if b.free(f) || f.ID == o.ID {
				same = append(same, f)
			}
		}
		if len(same) == 1 {
			return same[0]
		}
	}
	return b.lookup(o.Kind, o.ID)
}

// byIdentity returns the found objects that agree with v in the first identity
// that v states completely.
func (b *builder) byIdentity(k *schema.Kind, v cty.Value) []*schema.Object {
	for _, paths := range k.Identity {
		if identityKey(v, paths) != "" {
			return b.by(k, paths, v)
		}
	}
	return nil
}

// by returns the found objects that agree with v in the attributes at paths.
func (b *builder) by(k *schema.Kind, paths []string, v cty.Value) []*schema.Object {
	name := k.Name + "|" + strings.Join(paths, ",")
	idx := b.index[name]
	if idx == nil {
		idx = map[string][]*schema.Object{}
		for _, f := range b.in.Inventory.Of(k.Name) {
			keys := []string{identityKey(f.Value, paths)}
			if k.Name == "disk" && paths[0] == "lun.wwpn" {
				// Hosts reach one disk through different ports of the array. A number that means two disks finds both, and is refused.
				for _, h := range schema.Items(f.Value, "hosts") {
					keys = append(keys, identityKey(schema.Get(f.Value, schema.JoinPath("hosts", h)), paths))
				}
			}
			slices.Sort(keys)
			for _, got := range slices.Compact(keys) {
				if got != "" {
					idx[got] = append(idx[got], f)
				}
			}
		}
		b.index[name] = idx
	}
	return idx[identityKey(v, paths)]
}

func identityKey(v cty.Value, paths []string) string {
	var s strings.Builder
	for _, p := range paths {
		x := schema.Get(v, p)
		if x == cty.NilVal {
			return ""
		}
		s.Write(schema.EncodeValue(x))
		s.WriteByte('|')
	}
	return s.String()
}

func identityText(k *schema.Kind, v cty.Value) string {
	for _, paths := range k.Identity {
		if identityKey(v, paths) == "" {
			continue
		}
		var parts []string
		for _, p := range paths {
			parts = append(parts, p+" "+k.Attribute(p).Display(schema.Get(v, p)))
		}
		return strings.Join(parts, ", ")
	}
	var ways []string
	for _, paths := range k.Identity {
		ways = append(ways, strings.Join(paths, " and "))
	}
	return "it declares none of " + strings.Join(ways, ", or ")
}

func firstIdentity(k *schema.Kind, v cty.Value) string {
	for _, paths := range k.Identity {
		if identityKey(v, paths) != "" {
			return strings.SplitN(paths[0], ".", 2)[0]
		}
	}
	return ""
}

func (b *builder) atPlace(k *schema.Kind, o *schema.Object, cands []*schema.Object) []*schema.Object {
	place := b.resolve(schema.Str(o.Value, k.Place))
	return filter(cands, func(f *schema.Object) bool { return schema.Str(f.Value, k.Place) == place })
}

// resolve turns an address into the identity of what it is in the world, or will be, or returns it unchanged while
// nobody knows.
func (b *builder) resolve(ref string) string {
	if f := b.found[schema.Address(ref)]; f != nil {
		return f.ID
	}
	if id := b.ids[schema.Address(ref)]; id != "" {
		return id
	}
	if d := b.desired[schema.Address(ref)]; d != nil {
		if id := b.made(b.in.Catalogue.Kind(d.Kind), d.Value, d.Endpoint); id != "" {
			return id
		}
	}
	return ref
}

// show turns an identity back into the declared address, or into the console's name.
func (b *builder) show(kind, ref string) string {
	if a, ok := b.owner[kind+"|"+ref]; ok {
		return string(a)
	}
	if f := b.lookup(kind, ref); f != nil {
		return nameOf(f)
	}
	return ref
}

func (b *builder) placeName(k *schema.Kind, f *schema.Object) string {
	if k.Place != "" {
		return b.show(k.Attribute(k.Place).RefKind, schema.Str(f.Value, k.Place))
	}
	if kind, at := k.HomeOf(f.Value); at != "" {
		return b.show(kind, at)
	}
	return f.Endpoint
}

// onPlace is the place in a sentence; what has none, such as a disk, says in its name where it is.
func onPlace(name string) string {
	if name == "" {
		return ""
	}
	return " on " + name
}

func (b *builder) namesOf(k *schema.Kind, endpoint string) string {
	var out []string
	for _, f := range b.in.Inventory.Of(k.Name) {
		if endpoint == "" || f.Endpoint == "" || f.Endpoint == endpoint {
			out = append(out, nameOf(f))
		}
	}
	sort.Strings(out)
	if len(out) > 8 {
		return strings.Join(out[:8], ", ") + fmt.Sprintf(" and %d more", len(out)-8)
	}
	return strings.Join(out, ", ")
}

func (b *builder) finding(d diag.Diagnostic) {
	b.plan.Findings = append(b.plan.Findings, Finding{Diagnostic: d})
}

// nameOf is what people call a found object.
func nameOf(o *schema.Object) string {
	for _, attr := range []string{"name", "mount"} {
		if n := schema.Str(o.Value, attr); n != "" {
			return n
		}
	}
	return o.ID
}

func key(o *schema.Object) string { return o.Kind + "|" + o.ID }

func filter(in []*schema.Object, keep func(*schema.Object) bool) []*schema.Object {
	var out []*schema.Object
	for _, o := range in {
		if keep(o) {
			out = append(out, o)
		}
	}
	return out
}

func sortedAddresses[V any](m map[schema.Address]V) []schema.Address {
	out := make([]schema.Address, 0, len(m))
	for a := range m {
		out = append(out, a)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

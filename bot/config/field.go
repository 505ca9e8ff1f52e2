package config

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// field is a key and where its value goes.
type field struct {
	key      string
	doc      string
	required bool
	value
}

// value is what stands at a key: one text, a list, or keys of its own.
type value interface {
	// read takes what stands at path; n is nil if nothing does.
	read(d *decoder, path string, n *yaml.Node)
	// write gives the value as it is printed, or nil if there is none.
	write() *yaml.Node
	// list adds to the table of keys; k is the key that has the value.
	list(k Key) []Key
}

// key is a key with one text for a value. An empty preset leaves the value as
// it is.
func key[T any](name string, k kind[T], to *T, preset, doc string) field {
	return field{key: name, doc: doc, value: scalar[T]{k, to, preset}}
}

// must is a key that has to be given.
func must[T any](name string, k kind[T], to *T, doc string) field {
	f := key(name, k, to, "", doc)
	f.required = true
	return f
}

// several is a key with a list of texts.
func several[T any](name string, k kind[T], to *[]T, doc string) field {
	return field{key: name, doc: doc, value: scalars[T]{k, to}}
}

// section is a key with keys of its own.
func section(name, doc string, fields ...field) field {
	return field{key: name, doc: doc, value: keys(fields)}
}

// sections is a key with a list of such.
func sections[T any](name string, to *[]T, fields func(*T) []field, doc string) field {
	return field{key: name, doc: doc, value: lists[T]{to, fields}}
}

// hidden are the two keys of a secret: itself, or its file.
func hidden(name string, to *Secret, doc string) []field {
	return []field{
		key(name, secretKind, to, "", doc),
		{key: name + "_file", doc: "a file that holds the " + strings.ReplaceAll(name, "_", " ") + ", instead", value: secretFile{to}},
	}
}

// decoder goes through the file and notes what is wrong.
type decoder struct {
	file   string
	env    func(string) (string, bool)
	checks Checks
	root   *yaml.Node
	bad    map[string]bool // what was complained of, by path
	errs   Errors
}

// fail notes what is wrong at a path; n is the node to point at.
func (d *decoder) fail(path string, n *yaml.Node, p problem) {
	d.bad[path] = true
	d.errs = append(d.errs, &Error{d.file, n.Line, n.Column, path, p.value, p.reason, p.hint})
}

func (d *decoder) failAt(line, column int, p problem) {
	d.fail("", &yaml.Node{Line: line, Column: column}, p)
}

// given is what the file has at a path; nil if it has nothing there. It is looked
// for: a note of each would take as much memory again as the channels do.
func (d *decoder) given(path string) *yaml.Node {
	at := strings.LastIndexAny(path, ".[")
	in, name := d.root, path[at+1:]
	if at > 0 {
		in = d.given(path[:at])
	}
	switch {
	case in == nil:
		return nil
	case in.Kind == yaml.SequenceNode:
		i, err := strconv.Atoi(strings.TrimSuffix(name, "]"))
		if err != nil || i >= len(in.Content) {
			return nil
		}
		return follow(in.Content[i])
	case in.Kind != yaml.MappingNode:
		return nil
	}
	for i := 0; i+1 < len(in.Content); i += 2 {
		if keyName(in.Content[i]) != name {
			continue
		}
		if v := follow(in.Content[i+1]); !isNull(v) {
			return v
		}
		break // what comes later with the same name does not count
	}
	return nil
}

// node is what stands at a path, or else at the nearest key above it.
func (d *decoder) node(path string) *yaml.Node {
	for path != "" {
		if n := d.given(path); n != nil {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return d.root
}

// text is the text of a scalar, with its variables filled in.
func (d *decoder) text(n *yaml.Node) (string, *problem) {
	text, p := expand(n.Value, d.env)
	switch {
	case p != nil:
		return "", p
	case text == "" || isNull(n):
		return "", &problem{reason: "is empty"}
	case !utf8.ValidString(text):
		return "", &problem{reason: "is not UTF-8"}
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", &problem{reason: "has a line break or a control character in it"}
	}
	return text, nil
}

// take reads one text.
func take[T any](d *decoder, path string, n *yaml.Node, k kind[T]) (T, bool) {
	var none T
	n = follow(n)
	if n.Kind != yaml.ScalarNode {
		d.fail(path, n, problem{reason: "has keys or a list where one value belongs", hint: k.want})
		return none, false
	}
	text, p := d.text(n)
	if k.blank && n.Value == "" && !isNull(n) {
		text, p = "", nil
	}
	if p == nil {
		var v T
		if v, p = k.parse(text); p == nil {
			return v, true
		}
		if !k.hidden {
			p.value = shown(n, text)
		}
	}
	p.hint = cmp.Or(p.hint, k.want)
	d.fail(path, n, *p)
	return none, false
}

// shown is a node's text as it may be shown: what came from the environment
// stays there.
func shown(n *yaml.Node, text string) string {
	if text != n.Value {
		return harmless(n.Value)
	}
	return harmless(text)
}

// follow gives the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// isNull reports whether a key has nothing behind it, as if it were not there.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// scalar is one text.
type scalar[T any] struct {
	kind   kind[T]
	to     *T
	preset string
}

func (s scalar[T]) read(d *decoder, path string, n *yaml.Node) {
	if n == nil {
		if s.preset != "" {
			*s.to, _ = s.kind.parse(s.preset)
		}
		return
	}
	if v, ok := take(d, path, n, s.kind); ok {
		*s.to = v
	}
}

func (s scalar[T]) write() *yaml.Node { return writeText(s.kind, *s.to) }

func (s scalar[T]) list(k Key) []Key {
	k.Type, k.Default = s.kind.name, s.preset
	return []Key{k}
}

func writeText[T any](k kind[T], v T) *yaml.Node {
	text := k.show(v)
	if text == "" {
		return nil
	}
	n := &yaml.Node{}
	n.SetString(escape(text))
	switch any(v).(type) {
	case int:
		n.Tag = "!!int"
	case bool:
		n.Tag, n.Style = "!!bool", 0
	}
	return n
}

// scalars is a list of texts.
type scalars[T any] struct {
	kind kind[T]
	to   *[]T
}

func (s scalars[T]) read(d *decoder, path string, n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fail(path, n, problem{reason: "is no list", hint: "want one in brackets, as in [one, two]"})
		return
	}
	for i, e := range n.Content {
		if v, ok := take(d, element(path, i), e, s.kind); ok {
			*s.to = append(*s.to, v)
		}
	}
}

func (s scalars[T]) write() *yaml.Node {
	if len(*s.to) == 0 {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range *s.to {
		n.Content = append(n.Content, writeText(s.kind, v))
	}
	return n
}

func (s scalars[T]) list(k Key) []Key {
	k.Type = "list of " + s.kind.name
	return []Key{k}
}

// keys are keys below a key.
type keys []field

func (ks keys) read(d *decoder, path string, n *yaml.Node) { readFields(d, path, n, ks) }
func (ks keys) write() *yaml.Node                          { return writeFields(ks) }

func (ks keys) list(k Key) []Key {
	k.Type = "keys"
	return append([]Key{k}, listFields(k.Path, ks)...)
}

// readFields reads the keys of a section, which is nil if it is not there.
func readFields(d *decoder, path string, n *yaml.Node, fields []field) {
	values := map[string]*yaml.Node{}
	if n != nil && n.Kind != yaml.MappingNode && !isNull(n) {
		d.fail(path, n, problem{reason: "has no keys", hint: "want a line of its own for each key, as in config.example.yaml"})
		n = nil
	}
	if n != nil && n.Kind == yaml.MappingNode {
		values = readKeys(d, path, n, fields)
	}
	for _, f := range fields {
		at := join(path, f.key)
		v := values[f.key]
		if v != nil && isNull(v) {
			v = nil
		}
		if v == nil && n != nil && f.required && !d.bad[at] {
			d.fail(at, n, problem{reason: "is missing", hint: f.doc})
		}
		f.read(d, at, v)
	}
}

// readKeys takes a section apart.
func readKeys(d *decoder, path string, n *yaml.Node, fields []field) map[string]*yaml.Node {
	var known []string
	for _, f := range fields {
		known = append(known, f.key)
	}
	values := map[string]*yaml.Node{}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], follow(n.Content[i+1])
		name := keyName(k)
		switch {
		case !slices.Contains(known, name):
			hint := "want one of " + strings.Join(known, ", ")
			if meant := nearest(name, known); meant != "" {
				hint = "did you mean " + meant + "?"
				d.bad[join(path, meant)] = true
			}
			d.fail(join(path, harmless(name)), k, problem{reason: "is no key", hint: hint})
		case first[name] > 0:
			d.fail(join(path, name), k, problem{reason: "is given twice", hint: "the first stands in line " + strconv.Itoa(first[name])})
		default:
			values[name], first[name] = v, k.Line
		}
	}
	return values
}

// keyName is a key as it may be shown. Where a space after the colon is
// forgotten, the value is a part of the key.
func keyName(k *yaml.Node) string {
	if k.Kind != yaml.ScalarNode {
		return "?"
	}
	name, _, cut := strings.Cut(k.Value, ":")
	if cut {
		name += ":"
	}
	return name
}

func writeFields(fields []field) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fields {
		if v := f.write(); v != nil {
			k := &yaml.Node{}
			k.SetString(f.key)
			n.Content = append(n.Content, k, v)
		}
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

// lists is a list of sections.
type lists[T any] struct {
	to     *[]T
	fields func(*T) []field
}

func (l lists[T]) read(d *decoder, path string, n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fail(path, n, problem{reason: "is no list", hint: `want a dash before the first key of each, as in "- name: world"`})
		return
	}
	*l.to = make([]T, len(n.Content))
	var one T
	fields := l.fields(&one) // once: there may be a hundred thousand
	for i, e := range n.Content {
		one = *new(T)
		readFields(d, element(path, i), follow(e), fields)
		(*l.to)[i] = one
	}
}

func (l lists[T]) write() *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range *l.to {
		n.Content = append(n.Content, writeFields(l.fields(&(*l.to)[i])))
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

func (l lists[T]) list(k Key) []Key {
	k.Type = "list"
	return append([]Key{k}, listFields(k.Path+"[]", l.fields(new(T)))...)
}

// secretFile is a file that holds a secret.
type secretFile struct{ to *Secret }

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 4 << 10

func (s secretFile) read(d *decoder, path string, n *yaml.Node) {
	if n == nil {
		return
	}
	name, ok := take(d, path, n, secretPathKind)
	if !ok {
		return
	}
	if d.given(strings.TrimSuffix(path, "_file")) != nil {
		d.fail(path, n, problem{reason: "is given beside the secret itself", hint: "want one of the two"})
		return
	}
	data, err := readFile(beside(d.file, name), maxSecret)
	if err != nil {
		if pe, ok := err.(*os.PathError); ok {
			err = pe.Err // the path is in the file, and may be a secret in the wrong place
		}
		d.fail(path, n, problem{shown(n, name), "can't be read: " + err.Error(), secretPathKind.want})
		return
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		d.fail(path, n, problem{shown(n, name), "holds nothing", secretPathKind.want})
		return
	}
	v, p := secretKind.parse(text)
	if p != nil {
		d.fail(path, n, problem{shown(n, name), p.reason, p.hint})
		return
	}
	*s.to = v
}

var secretPathKind = said("file", "want the path of a file that holds the secret, "+
	"relative to the configuration file's folder", anything)

func (s secretFile) write() *yaml.Node { return nil }

func (s secretFile) list(k Key) []Key {
	k.Type = "file"
	return []Key{k}
}

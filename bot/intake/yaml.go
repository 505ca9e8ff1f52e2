package intake

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"briefbot/store"
)

// ParseYAML reads stories in the JSON form's fields, written as YAML: one, a
// list of them, or several documents. name is what errors call the file. An
// error is an *Error with line and column, and comes with no story; unknown
// fields are errors.
func ParseYAML(name string, data []byte) ([]store.Story, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := legible(name, data); err != nil {
		return nil, err
	}
	var all []store.Story
	docs := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := docs.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all, nil
		case errors.Is(err, io.EOF):
			return nil, &Error{File: name, Line: 1, Reason: "the file has no stories"}
		case err != nil:
			return nil, noYAML(name, 0, err)
		}
		root := doc.Content[0]
		nodes := []*yaml.Node{root}
		if root.Kind == yaml.SequenceNode {
			nodes = root.Content
		}
		for _, n := range nodes {
			y := yamlStory{file: name, places: map[string]*yaml.Node{}}
			s, err := y.read(n)
			if err == nil {
				err = y.check(s)
			}
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
}

// yamlError is what the YAML parser says: a line, unless it is the first, and
// what is wrong.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// noYAML makes the error for what the parser refuses. before is the number of
// lines that stand before its text.
func noYAML(file string, before int, err error) *Error {
	said := yamlError.FindStringSubmatch(err.Error())
	if said == nil {
		said = []string{"", "", err.Error()}
	}
	line, _ := strconv.Atoi(said[1])
	return &Error{File: file, Line: before + max(line, 1), Reason: "no YAML: " + said[2]}
}

// yamlStory reads one story.
type yamlStory struct {
	file   string
	before int                   // lines before the YAML's own
	places map[string]*yaml.Node // where each value is, by its path
	at     *yaml.Node            // what is looked at
}

func (y *yamlStory) read(n *yaml.Node) (store.Story, error) {
	var s store.Story
	tree, err := y.value("", n, reflect.TypeFor[store.Story]())
	if err != nil {
		return s, y.errorAt(y.at, err)
	}
	data, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return store.Story{}, y.errorAt(n, err)
	}
	return s, nil
}

// check reports what keeps s from being a story.
func (y *yamlStory) check(s store.Story) error {
	where, err := check(s)
	if err == nil {
		return nil
	}
	n := y.places[where]
	if n == nil {
		n = y.places[""]
	}
	return y.errorAt(n, err)
}

func (y *yamlStory) errorAt(n *yaml.Node, err error) *Error {
	return &Error{File: y.file, Line: y.before + max(n.Line, 1), Column: n.Column, Reason: err.Error()}
}

// value gives the value at path as JSON has it. On an error, y.at is where it
// is.
func (y *yamlStory) value(path string, n *yaml.Node, t reflect.Type) (any, error) {
	y.at, y.places[path] = n, n
	if n.Kind == yaml.AliasNode {
		return nil, errors.New("an alias: write out what it stands for")
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" { // as good as a field left out
		return nil, nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if u, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if n.Kind != yaml.ScalarNode {
			return nil, wanted(path, "a text")
		}
		if err := u.UnmarshalText([]byte(n.Value)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return n.Value, nil
	}
	switch t.Kind() {
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			return nil, wanted(path, "fields with their values")
		}
		return y.fields(path, n, fieldsOf(t))
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return nil, wanted(path, "a list")
		}
		all := []any{}
		for i, item := range n.Content {
			v, err := y.value(fmt.Sprintf("%s[%d]", path, i), item, t.Elem())
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil {
			return nil, wanted(path, "a whole number")
		}
		return i, nil
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		return nil, wanted(path, "a text")
	case n.ShortTag() != "!!str":
		return nil, wanted(path, "a text: put "+n.Value+" in quotes")
	}
	return n.Value, nil
}

func (y *yamlStory) fields(path string, n *yaml.Node, types map[string]reflect.Type) (any, error) {
	fields := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		y.at = key
		t, known := types[key.Value]
		if !known || key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("unknown field %q", key.Value)
		}
		if _, twice := fields[key.Value]; twice {
			return nil, fmt.Errorf("field %q stands twice", key.Value)
		}
		v, err := y.value(inside(path, key.Value), n.Content[i+1], t)
		if err != nil {
			return nil, err
		}
		fields[key.Value] = v
	}
	return fields, nil
}

// WriteYAML writes the story as YAML, with the fields of the JSON form.
func WriteYAML(s store.Story) []byte {
	return writeNode(storyNode(s))
}

func writeNode(n *yaml.Node) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	_ = e.Encode(n) // texts and numbers: nothing here can fail
	_ = e.Close()
	return b.Bytes()
}

// storyNode gives the story's fields in their order.
func storyNode(s store.Story) *yaml.Node {
	dec := json.NewDecoder(bytes.NewReader(WriteJSON(s)))
	dec.UseNumber()
	return nextNode(dec)
}

// isTime holds for the fields that are dates or times.
var isTime = map[string]bool{"date": true, "updated": true}

// nextNode makes a node of the next value, or nil at the end of a list.
func nextNode(dec *json.Decoder) *yaml.Node {
	token, _ := dec.Token() // of JSON that was just written
	n := &yaml.Node{}
	switch token := token.(type) {
	case string:
		n.SetString(token)
		n.Tag = "!!str"
		if strings.ContainsRune(token, '\n') {
			n.Style = yaml.DoubleQuotedStyle // a block would lose white space at its edges
		}
	case json.Number:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!int", token.String()
	case json.Delim:
		n.Kind = yaml.MappingNode
		numbers := token == '['
		if token == '[' {
			n.Kind = yaml.SequenceNode
		}
		for dec.More() {
			inner := nextNode(dec)
			if at := len(n.Content); at%2 == 1 && n.Kind == yaml.MappingNode && isTime[n.Content[at-1].Value] {
				inner.Tag = "!!timestamp" // it needs no quotes
			}
			numbers = numbers && inner.Tag == "!!int"
			n.Content = append(n.Content, inner)
		}
		_, _ = dec.Token()
		if numbers {
			n.Style = yaml.FlowStyle
		}
	default: // null
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!null", "null"
	}
	return n
}

package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document parses the file into the mapping that it is, or notes why it is
// none.
func (d *decoder) document(data []byte) *yaml.Node {
	var doc, second yaml.Node
	y := yaml.NewDecoder(bytes.NewReader(data))
	if err := y.Decode(&doc); errors.Is(err, io.EOF) {
		d.failAt(1, 1, problem{reason: "the file is empty", hint: "start from a copy of config.example.yaml"})
		return nil
	} else if err != nil {
		d.syntax(data, err)
		return nil
	}
	if err := y.Decode(&second); err == nil {
		d.failAt(second.Line, second.Column, problem{reason: "a second document begins here", hint: "want one file for one configuration, without ---"})
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(data, err)
		return nil
	}
	root := follow(doc.Content[0])
	if isNull(root) {
		root.Kind, root.Tag = yaml.MappingNode, "!!map"
	}
	if root.Kind != yaml.MappingNode {
		d.failAt(root.Line, root.Column, problem{reason: "this is no configuration", hint: "want keys and values, as in config.example.yaml"})
		return nil
	}
	return root
}

// yamlError is what the YAML parser says: a line, unless it is the first, and
// what is wrong.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax notes an error of the YAML parser, with a line of our own: its own is
// that of the block that the error is in, or the one before, or left out.
func (d *decoder) syntax(data []byte, err error) {
	said := yamlError.FindStringSubmatch(err.Error())
	if said == nil {
		said = []string{"", "", err.Error()}
	}
	lines := strings.SplitAfter(string(data), "\n")
	n, _ := strconv.Atoi(said[1])
	n = min(max(n, 1), len(lines))
	if len(lines) <= maxLines {
		n = brokenLine(lines)
	}
	line := lines[n-1]
	text := strings.TrimLeft(line, " ")
	p := problem{reason: "this is no YAML", hint: harmless(said[2])}
	column := len(line) - len(text) + 1
	if strings.HasPrefix(text, "\t") {
		p.hint = "indent with spaces, not with tabs"
	} else if at := strings.Index(line, ": @"); at >= 0 {
		column, p.hint = at+3, `put what begins with @ in quotes, as in "@worldbrief"`
	}
	d.failAt(n, column, p)
}

// maxLines is how long a file may be for its broken line to be searched: each
// step parses it again.
const maxLines = 1000

// brokenLine is the number of the line from which on the text can't be read:
// up to the one before it, it can.
func brokenLine(lines []string) int {
	n := len(lines)
	for n > 1 && yaml.Unmarshal([]byte(strings.Join(lines[:n-1], "")), new(yaml.Node)) != nil {
		n--
	}
	return n
}

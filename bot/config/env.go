package config

import (
	"regexp"
	"strings"
)

// variable is a place for an environment variable, or its escape.
var variable = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}?`)

var variableName = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`)

// expand puts environment variables into their places: ${NAME}. $${ stands for
// ${ itself.
func expand(text string, env func(string) (string, bool)) (string, *problem) {
	var wrong *problem
	expanded := variable.ReplaceAllStringFunc(text, func(place string) string {
		if place == "$${" {
			return "${"
		}
		if !variableName.MatchString(place) {
			wrong = &problem{reason: "names no environment variable", hint: "want ${NAME}, or $${ for a plain ${"}
			return ""
		}
		name := strings.Trim(place, "${}")
		value, ok := env(name)
		if !ok {
			wrong = &problem{reason: "the environment variable " + name + " is not set", hint: "set it before the start, or write the value here"}
		}
		return value
	})
	return expanded, wrong
}

// escape is expand's inverse.
func escape(text string) string { return strings.ReplaceAll(text, "${", "$${") }

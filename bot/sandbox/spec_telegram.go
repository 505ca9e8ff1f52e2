package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// telegramSpec is the description of the Bot API: methods and types by name,
// each with its fields.
type telegramSpec struct {
	Methods map[string]telegramType `json:"methods"`
	Types   map[string]telegramType `json:"types"`
}

type telegramType struct {
	Name     string          `json:"name"`
	Fields   []telegramField `json:"fields"`
	Subtypes []string        `json:"subtypes"`
}

type telegramField struct {
	Name     string   `json:"name"`
	Types    []string `json:"types"`
	Required bool     `json:"required"`
}

// CheckTelegram says what is wrong with a request: its method, the names of
// its parameters, or their types. Objects are given as JSON.
func (s *Spec) CheckTelegram(method string, params url.Values) error {
	m, ok := s.telegram.Methods[method]
	if !ok {
		return fmt.Errorf("%s: no such method", method)
	}
	known := map[string]bool{}
	for _, f := range m.Fields {
		known[f.Name] = true
		if !params.Has(f.Name) {
			if f.Required {
				return fmt.Errorf("%s: %s is missing", method, f.Name)
			}
			continue
		}
		if err := s.telegram.parameter(f, params.Get(f.Name)); err != nil {
			return fmt.Errorf("%s: %s: %w", method, f.Name, err)
		}
	}
	for k := range params {
		if !known[k] {
			return fmt.Errorf("%s: no parameter %s", method, k)
		}
	}
	return nil
}

// parameter checks a form's value: plain for plain types, else JSON.
func (t *telegramSpec) parameter(f telegramField, s string) error {
	var wrong []error
	for _, name := range f.Types {
		var err error
		switch name {
		case "String", "InputFile":
			return nil
		case "Integer":
			_, err = strconv.ParseInt(s, 10, 64)
		case "Float":
			_, err = strconv.ParseFloat(s, 64)
		case "Boolean":
			_, err = strconv.ParseBool(s)
		default:
			var v any
			d := json.NewDecoder(bytes.NewReader([]byte(s)))
			d.UseNumber()
			if err = d.Decode(&v); err == nil {
				err = t.value(name, v)
			}
		}
		if err == nil {
			return nil
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// value checks a JSON value against a type.
func (t *telegramSpec) value(name string, v any) error {
	if of, ok := strings.CutPrefix(name, "Array of "); ok {
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", brief(v))
		}
		for i, x := range list {
			if err := t.value(of, x); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
	var ok bool
	switch name {
	case "String":
		_, ok = v.(string)
	case "Boolean":
		_, ok = v.(bool)
	case "Float":
		_, ok = v.(json.Number)
	case "Integer":
		if n, isNumber := v.(json.Number); isNumber {
			_, err := n.Int64()
			ok = err == nil
		}
	default:
		return t.object(name, v)
	}
	if !ok {
		return fmt.Errorf("%s is no %s", brief(v), name)
	}
	return nil
}

func (t *telegramSpec) object(name string, v any) error {
	kind, ok := t.Types[name]
	if !ok || len(kind.Fields) == 0 && len(kind.Subtypes) == 0 {
		return nil // a union or an enumeration that is described in words only
	}
	if name == "RichText" {
		// Described in words: plain text, or a list of such texts, beside its
		// subtypes.
		switch v.(type) {
		case string:
			return nil
		case []any:
			return t.value("Array of RichText", v)
		}
	}
	if len(kind.Subtypes) > 0 {
		var wrong []error
		for _, sub := range kind.Subtypes {
			err := t.value(sub, v)
			if err == nil {
				return nil
			}
			wrong = append(wrong, fmt.Errorf("as %s: %w", sub, err))
		}
		return errors.Join(wrong...)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no %s", brief(v), name)
	}
	known := map[string]bool{}
	for _, f := range kind.Fields {
		known[f.Name] = true
		x, given := object[f.Name]
		if !given {
			if f.Required {
				return fmt.Errorf("%s: %s is missing", name, f.Name)
			}
			continue
		}
		if err := t.oneOf(f.Types, x); err != nil {
			return fmt.Errorf("%s.%s: %w", name, f.Name, err)
		}
	}
	for k := range object {
		if !known[k] {
			return fmt.Errorf("%s has no %s", name, k)
		}
	}
	return nil
}

func (t *telegramSpec) oneOf(types []string, v any) error {
	var wrong []error
	for _, name := range types {
		err := t.value(name, v)
		if err == nil {
			return nil
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// brief is a value as an error shows it.
func brief(v any) string {
	s := fmt.Sprint(v)
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return strconv.Quote(s)
}

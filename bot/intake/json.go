package intake

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"briefbot/store"
)

// ParseJSON reads stories in the JSON form: one, a list of them, or one behind
// the other as in JSON Lines. name is what errors call the file. An error is an
// *Error with line and column, and comes with no story; unknown fields are
// errors.
func ParseJSON(name string, data []byte) ([]store.Story, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := legible(name, data); err != nil {
		return nil, err
	}
	var all []store.Story
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		from := len(data) - len(bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n"))
		if from == len(data) {
			return all, nil
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			err := json.Unmarshal(data[from:], new(any)) // which says where
			at := from
			if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
				at += int(syntax.Offset) - 1
			}
			return nil, errorAt(name, data, at, "no JSON: "+err.Error(), "")
		}
		stories, at, err := parseValue(value)
		if err != nil {
			return nil, errorAt(name, data, from+at, err.Error(), "")
		}
		all = append(all, stories...)
	}
}

// parseValue reads a story or a list of them. On an error, at is where it is.
func parseValue(data []byte) (all []store.Story, at int, err error) {
	read, t := json.Unmarshal(data, &all), reflect.TypeFor[[]store.Story]()
	listed := data[0] == '['
	if !listed {
		all = make([]store.Story, 1)
		read, t = json.Unmarshal(data, &all[0]), t.Elem()
	}
	// encoding/json says neither where an unknown field stands nor where a
	// date is that can't be read: a walk over the tokens does.
	w := walk{data: data, dec: json.NewDecoder(bytes.NewReader(data)), places: map[string]int{}}
	w.dec.UseNumber()
	if err = w.value("", t); err == nil {
		err = read
	}
	if err != nil {
		return nil, w.at, err
	}
	if len(all) == 0 {
		return nil, 0, errors.New("the list has no stories")
	}
	for i, s := range all {
		where, err := check(s)
		if err == nil {
			continue
		}
		whole := ""
		if listed {
			whole = fmt.Sprintf("[%d]", i)
		}
		at, there := w.places[inside(whole, where)]
		if !there {
			at = w.places[whole]
		}
		return nil, at, err
	}
	return all, 0, nil
}

// inside gives the path of a field.
func inside(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// WriteJSON writes the story in the JSON form, for people to read.
func WriteJSON(s store.Story) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if y := s.Updated.Year(); y < 0 || y > 9999 {
		s.Updated = time.Time{} // JSON has no form for such a time
	}
	_ = e.Encode(s) // texts, numbers and times: nothing here can fail
	return b.Bytes()
}

// walk goes over a JSON text along a type.
type walk struct {
	data   []byte
	dec    *json.Decoder
	at     int            // where the value looked at begins
	places map[string]int // where each value begins, by its path
}

// value goes over the value at path. On an error, w.at is where it is.
func (w *walk) value(path string, t reflect.Type) error {
	w.at = w.start()
	w.places[path] = w.at
	token, err := w.dec.Token()
	if err != nil || token == nil { // null is as good as a field left out
		return err
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if u, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		text, ok := token.(string)
		if !ok {
			return wanted(path, "a text")
		}
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		if token != json.Delim('{') {
			return wanted(path, "an object in braces")
		}
		return w.object(path, fieldsOf(t))
	case reflect.Slice:
		if token != json.Delim('[') {
			return wanted(path, "a list in square brackets")
		}
		for i := 0; w.dec.More(); i++ {
			if err := w.value(fmt.Sprintf("%s[%d]", path, i), t.Elem()); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
	case reflect.String:
		if _, ok := token.(string); !ok {
			return wanted(path, "a text")
		}
	case reflect.Int:
		number, _ := token.(json.Number)
		if _, err := strconv.Atoi(number.String()); err != nil {
			return wanted(path, "a whole number")
		}
	}
	return err
}

func wanted(path, what string) error {
	if path == "" {
		path = "the story"
	}
	return fmt.Errorf("%s: want %s", path, what)
}

// object goes over an object whose brace is open.
func (w *walk) object(path string, fields map[string]reflect.Type) error {
	for w.dec.More() {
		w.at = w.start()
		token, err := w.dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		t, known := fields[name]
		if !known {
			return fmt.Errorf("unknown field %q", name)
		}
		inner := inside(path, name)
		if _, twice := w.places[inner]; twice {
			return fmt.Errorf("field %q stands twice", name)
		}
		if err := w.value(inner, t); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

// start gives where the next token begins.
func (w *walk) start() int {
	at := int(w.dec.InputOffset())
	return at + len(w.data[at:]) - len(bytes.TrimLeft(w.data[at:], " \t\r\n,:"))
}

// fieldsOf gives the types of a struct's fields by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type, t.NumField())
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields[name] = f.Type
		}
	}
	return fields
}

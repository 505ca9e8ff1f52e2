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

// ParseJSON reads one story in the JSON form. name is what errors call the
// file. An error is an *Error with line and column, and comes with no story;
// unknown fields are errors.
func ParseJSON(name string, data []byte) (store.Story, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := legible(name, data); err != nil {
		return store.Story{}, err
	}
	var s store.Story
	read := json.Unmarshal(data, &s)
	if syntax := (*json.SyntaxError)(nil); errors.As(read, &syntax) {
		return store.Story{}, errorAt(name, data, int(syntax.Offset)-1, "no JSON: "+syntax.Error(), "")
	}
	// encoding/json says neither where an unknown field stands nor where a
	// date is that can't be read: a walk over the tokens does.
	w := walk{data: data, dec: json.NewDecoder(bytes.NewReader(data)), places: map[string]int{}}
	w.dec.UseNumber()
	err := w.value("", reflect.TypeFor[store.Story]())
	if err == nil {
		err = read
	}
	if err != nil {
		return store.Story{}, errorAt(name, data, w.at, err.Error(), "")
	}
	if where, err := check(s); err != nil {
		at, there := w.places[where]
		if !there {
			at = w.places[""]
		}
		return store.Story{}, errorAt(name, data, at, err.Error(), "")
	}
	return s, nil
}

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
		inner := strings.TrimPrefix(path+"."+name, ".")
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

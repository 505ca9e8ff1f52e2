package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A delivery comes back as it was written, byte for byte what its requests were,
// in this form and in the one that was written before.
func TestDeliveryForms(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parts []Part
		lines int
	}{
		{"planned", nil, 1},
		{"out", []Part{{Message: "1"}, {Message: "2"}}, 1},
		{"claimed", []Part{{Body: json.RawMessage(`{"text":"a < b & c\u2028"}`), After: "7"}, {Body: json.RawMessage(`{"text":"d"}`)}}, 3},
		{"some taken away", []Part{{Target: "1"}, {Body: json.RawMessage(`"x"`), Target: "2"}, {Target: "3"}}, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Delivery{ID: 7, Kind: PostDelivery, State: Claimed, Parts: tt.parts}
			written := encode(d)
			if lines := strings.Count(strings.TrimSuffix(string(written), "\n"), "\n") + 1; lines != tt.lines {
				t.Errorf("written in %d lines: %q", lines, written)
			}
			var back, old Delivery
			if err := decode("k", written, &back); err != nil || !reflect.DeepEqual(back, d) {
				t.Errorf("came back as %+v, %v", back, err)
			}
			before, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			if err := decode("k", append([]byte{valueVersion}, before...), &old); err != nil || len(old.Parts) != len(d.Parts) {
				t.Fatalf("the old form came back as %+v, %v", old, err)
			}
			for i, p := range old.Parts {
				var a, b any
				if json.Unmarshal(p.Body, &a) != nil != (json.Unmarshal(d.Parts[i].Body, &b) != nil) || !reflect.DeepEqual(a, b) || p.Target != d.Parts[i].Target {
					t.Errorf("part %d of the old form came back as %+v", i, p)
				}
			}
		})
	}
}

// No field of what is written by hand is forgotten: with each one alone, and with
// all of them, it comes back as it was, and encoding/json reads the same.
func TestWrittenWhole(t *testing.T) {
	writtenWhole[Delivery](t)
	writtenWhole[post](t)
	writtenWhole[posted](t)
	writtenWhole[Progress](t)
	for i := range reflect.TypeFor[Part]().NumField() {
		one := Delivery{Parts: make([]Part, 2)}
		fill(reflect.ValueOf(&one.Parts[1]).Elem().Field(i))
		comesBack(t, one)
	}
}

func writtenWhole[T any](t *testing.T) {
	var all T
	for i := range reflect.TypeFor[T]().NumField() {
		var one T
		fill(reflect.ValueOf(&one).Elem().Field(i))
		comesBack(t, one)
		fill(reflect.ValueOf(&all).Elem().Field(i))
	}
	comesBack(t, all)
}

func comesBack[T any](t *testing.T, v T) {
	t.Helper()
	var back, plain T
	written := encode(v)
	if err := decode("k", written, &back); err != nil || !reflect.DeepEqual(back, v) {
		t.Errorf("%T came back as %+v, %v\nfrom %s", v, back, err, written)
	}
	line, _, _ := strings.Cut(string(written[1:]), "\n")
	if d, ok := any(v).(Delivery); ok { // whose bodies stand behind it
		for i := range d.Parts {
			d.Parts[i].Body = nil
		}
	}
	if err := json.Unmarshal([]byte(line), &plain); err != nil || !reflect.DeepEqual(plain, v) {
		t.Errorf("%T is read as %+v, %v\nfrom %s", v, plain, err, line)
	}
}

// fill gives a value something in each of its fields.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 11, 2, 12, 30, 1, 20, time.UTC)))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"text":"a < b \u2028"}`)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.String:
		v.SetString("\"a\" <b>\n\u2028é")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-7)
	case reflect.Uint64:
		v.SetUint(7)
	default:
		panic(v.Kind())
	}
}

// A body in several lines is kept as what it means.
func TestBodyInLines(t *testing.T) {
	var d Delivery
	if err := decode("k", encode(Delivery{Parts: []Part{{Body: json.RawMessage("{\n\"a\": 1\n}")}}}), &d); err != nil || string(d.Parts[0].Body) != `{"a":1}` {
		t.Errorf("came back as %+v, %v", d, err)
	}
}

// What is no delivery of ours is told, and does no harm.
func TestDamagedDelivery(t *testing.T) {
	for value, want := range map[string]error{
		"2":                           ErrDamaged,
		"2{}":                         ErrDamaged,
		"2{\"parts\":[{}]}\n":         ErrDamaged,
		"2{\"parts\":[{}]}\n1\n2\n":   ErrDamaged,
		"2{\"parts\":\n{}\n":          ErrDamaged,
		"3{}":                         ErrNewer,
		"2{\"parts\":[{}]}\n1\n":      nil,
		"1{\"parts\":[{\"body\":1}]}": nil,
	} {
		if err := decode("k", []byte(value), new(Delivery)); !errors.Is(err, want) {
			t.Errorf("%q: %v", value, err)
		}
	}
	if err := decode("k", []byte("2{}\n"), new(Channel)); !errors.Is(err, ErrNewer) {
		t.Errorf("bodies of what has none: %v", err)
	}
}

package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
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

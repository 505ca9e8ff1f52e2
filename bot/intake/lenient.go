package intake

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// The types of foreign JSON whose fields may be of any type: what is not of
// the type wanted counts as left out.

// text is a text, or nothing.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = text(s)
	return nil
}

// number is a whole number, also one within a text; else 0.
type number int64

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(b, `" `)), 64)
	*n = 0
	if err == nil && -1<<52 < f && f < 1<<52 {
		*n = number(f)
	}
	return nil
}

// listOf has what is of the type T in a list; nothing if there is no list.
type listOf[T any] []T

// UnmarshalJSON never fails.
func (l *listOf[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var all []json.RawMessage
	if json.Unmarshal(b, &all) != nil {
		return nil
	}
	for _, raw := range all {
		var v T
		if !bytes.Equal(raw, []byte("null")) && json.Unmarshal(raw, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// maybe has a T, or its zero value.
type maybe[T any] struct{ v T }

// UnmarshalJSON never fails.
func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) != nil {
		var none T
		v = none
	}
	m.v = v
	return nil
}

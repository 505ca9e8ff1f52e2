package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// What stands in front of every value, so that a later form can be told from
// those that are known.
const (
	// valueVersion: the rest is JSON.
	valueVersion = '1'
	// bodiesVersion: the rest is a delivery's JSON without the bodies of its
	// parts, which follow in the parts' order, each in a line of its own and as it
	// is. Within the JSON each would be checked and copied again and again.
	bodiesVersion = '2'
)

func put(w Writer, k string, v any) { w.Put(k, encode(v)) }

// usualValue is how many bytes most values have at most, and usualDelivery most
// deliveries without their bodies.
const (
	usualValue    = 96
	usualDelivery = 384
)

// encode encodes one of our own nouns, none of which can fail to encode: they
// hold no functions, channels, cycles or foreign marshallers.
func encode(v any) []byte {
	o := object{append(make([]byte, 0, usualValue), valueVersion)}
	switch v := v.(type) {
	case Delivery:
		return encodeDelivery(v)
	case post:
		o.post(v)
		return o.b
	case posted:
		o.posted(v)
		return o.b
	case Progress:
		o.progress(v)
		return o.b
	}
	b := bytes.NewBuffer(o.b)
	if err := json.NewEncoder(b).Encode(v); err != nil {
		panic(fmt.Sprintf("store: encode %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// get reads the value at k into v. It returns ErrNotFound if there is none.
func get(r Reader, k string, v any) error {
	b := r.Get(k)
	if b == nil {
		return ErrNotFound
	}
	return decode(k, b, v)
}

// decode reads the value of the key k into v.
func decode(k string, b []byte, v any) error {
	var err error
	d, ofDelivery := v.(*Delivery)
	switch {
	case b[0] == valueVersion:
		err = jsonv2.Unmarshal(b[1:], v, asEver)
	case b[0] == bodiesVersion && ofDelivery:
		err = decodeBodies(b[1:], d)
	default:
		return fmt.Errorf("value of %q has form %q: %w", k, b[0], ErrNewer)
	}
	if err != nil {
		return fmt.Errorf("%w: value of %q: %w", ErrDamaged, k, err)
	}
	return nil
}

// asEver has JSON read as encoding/json does, but in one go.
var asEver = jsonv2.JoinOptions(jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false))

var errLines = errors.New("the lines are not as many as the parts")

func decodeBodies(b []byte, d *Delivery) error {
	lines := bytes.Split(b, []byte("\n"))
	if err := jsonv2.Unmarshal(lines[0], d, asEver); err != nil {
		return err
	}
	if len(lines) != len(d.Parts)+2 { // nothing follows the last line's end
		return errLines
	}
	for i := range d.Parts {
		if body := lines[i+1]; len(body) > 0 {
			d.Parts[i].Body = bytes.Clone(body)
		}
	}
	return nil
}

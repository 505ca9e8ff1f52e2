package store

import (
	"encoding/json"
	"fmt"
)

// marshal encodes one of our own nouns, none of which can fail to encode: they
// hold no functions, channels, cycles or foreign marshallers.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: encode %T: %v", v, err))
	}
	return b
}

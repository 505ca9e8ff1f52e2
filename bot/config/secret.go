package config

import (
	"fmt"
	"io"
	"log/slog"
)

// mask is what is shown of a secret.
const mask = "<secret>"

// Secret is a text that nothing prints: fmt with any verb, encoders and slog
// show a mask. It stands behind a pointer, since fmt looks into unexported
// fields without asking.
type Secret struct{ text *string }

// NewSecret keeps a text as a secret; an empty text is no secret at all.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal is the secret itself; empty if there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Format prints the mask, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, mask) }

// MarshalText gives the mask to encoders, JSON and YAML among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue gives the mask to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

package intake

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxSize is the most that a story may take: many times the longest that was
// ever met, and little enough to read it whole.
const maxSize = 1 << 20

// Error says where a file is no story, and what to do about it.
type Error struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters; 0 where the whole line is meant
	Reason string
	Hint   string // what to do; may be empty
}

// Error gives "file:line: reason; hint", with the column where it is known.
func (e *Error) Error() string {
	at := fmt.Sprintf("%s:%d", e.File, e.Line)
	if e.Column > 0 {
		at = fmt.Sprintf("%s:%d", at, e.Column)
	}
	if e.Hint == "" {
		return at + ": " + e.Reason
	}
	return at + ": " + e.Reason + "; " + e.Hint
}

// errorAt makes the error for the byte at offset.
func errorAt(file string, data []byte, offset int, reason, hint string) *Error {
	before := data[:min(max(offset, 0), len(data))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return &Error{
		File:   file,
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[line:]) + 1,
		Reason: reason,
		Hint:   hint,
	}
}

// legible reports what keeps data from being read as text at all.
func legible(file string, data []byte) error {
	switch {
	case len(data) > maxSize:
		return &Error{File: file, Line: 1, Reason: "the file is larger than 1 MiB",
			Hint: "a story is a few pages of text: split the file, or keep it elsewhere"}
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return &Error{File: file, Line: 1, Reason: "the text is in UTF-16", Hint: "save it as UTF-8"}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return errorAt(file, data, i, "a NUL byte: the file is no text", "save the story as plain UTF-8 text")
	}
	if !utf8.Valid(data) {
		i := 0
		for {
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n <= 1 {
				return errorAt(file, data, i, fmt.Sprintf("byte 0x%02x is no UTF-8", data[i]), "save the file as UTF-8")
			}
			i += n
		}
	}
	if len(bytes.TrimFunc(data, isBlank)) == 0 {
		return &Error{File: file, Line: 1, Reason: "the file is empty",
			Hint: "write a headline, then bullets that begin with •"}
	}
	return nil
}

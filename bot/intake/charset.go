package intake

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// toUTF8 gives a document in UTF-8. Its bytes are believed before what it or
// the server says of them, and no byte makes it unreadable: what can't be read
// becomes U+FFFD.
func toUTF8(data []byte, declared, contentType string) []byte {
	if e := utf16Of(data); e != nil {
		return decode(e, data)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	e := encodingOf(declared, contentType)
	if bytes.IndexByte(data, 0x1b) >= 0 && e != nil { // ISO-2022 looks like ASCII
		return decode(e, data)
	}
	whole, broken := countUTF8(data)
	switch {
	case broken == 0:
		return data
	case whole >= 4*broken: // chance makes no such text
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	case e == nil:
		e = charmap.Windows1252
	}
	return decode(e, data)
}

func decode(e encoding.Encoding, data []byte) []byte {
	text, err := e.NewDecoder().Bytes(data)
	if err != nil {
		return bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	return text
}

// utf16Of finds UTF-16 by its mark, or by what every feed begins with.
func utf16Of(data []byte) encoding.Encoding {
	if len(data) < 4 {
		return nil
	}
	switch start := string(data[:4]); {
	case strings.HasPrefix(start, "\xff\xfe"), strings.HasPrefix(start, "\xfe\xff"):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case (start[0] == '<' || start[0] == '{') && start[1] == 0 && start[2] != 0 && start[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case start[0] == 0 && (start[1] == '<' || start[1] == '{') && start[2] == 0 && start[3] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// encodingOf gives the encoding that the document or the server names; nil if
// that is UTF-8, or nobody knows it.
func encodingOf(declared, contentType string) encoding.Encoding {
	_, params, _ := mime.ParseMediaType(contentType)
	for _, label := range []string{declared, params["charset"]} {
		e, name := charset.Lookup(label)
		if e != nil && name != "utf-8" && name != "replacement" && !strings.HasPrefix(name, "utf-16") {
			return e
		}
	}
	return nil
}

// countUTF8 counts the characters that are longer than a byte, and the bytes
// that are part of none.
func countUTF8(data []byte) (whole, broken int) {
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			broken++
		} else {
			whole++
		}
		i += n
	}
	return whole, broken
}

package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"

	"briefbot/store"
)

const acceptPage = "text/html, application/xhtml+xml, */*;q=0.5"

// PageOptions say which story's page is a source.
type PageOptions struct {
	PollOptions
	Address   string
	Selectors Selectors
}

// NewPage makes the source of one story's page.
func NewPage(o PageOptions) *Poll {
	o.PollOptions = o.withDefaults()
	return newPoll(o.PollOptions, &storyPage{
		document: document{
			Request: Request{Address: o.Address, Accept: acceptPage, Private: o.Private},
			fetcher: o.Fetcher,
			log:     o.Log,
		},
		id:        pageID(o.Address),
		selectors: o.Selectors,
	})
}

// storyPage reads a page that holds one story.
type storyPage struct {
	document
	id        string
	selectors Selectors
}

func (p *storyPage) read(ctx context.Context) (reading, error) {
	a, err := p.get(ctx)
	if err != nil {
		return reading{}, err
	}
	if a.NotModified {
		return reading{unchanged: true, fresh: a.Fresh}, nil
	}
	s, err := storyOfPage(p.fetcher, a, p.selectors)
	if err != nil {
		return reading{problems: []error{err}, fresh: a.Fresh}, nil
	}
	s.ID = p.id
	return reading{stories: []store.Story{s}, fresh: a.Fresh}, nil
}

// storyOfPage reads the story on a page that was fetched. An error names the
// page without what in its address may be secret.
func storyOfPage(f *Fetcher, a *Answer, sel Selectors) (s store.Story, err error) {
	address := withoutUser(a.Address)
	f.Read(func() { s, err = ParsePage(address, charsetOfPage(a), sel) })
	if e := (*Error)(nil); errors.As(err, &e) {
		shown := *e
		shown.File = shownText(address)
		return s, &shown
	}
	return s, err
}

// charsetOfPage gives a page in UTF-8, if its server says what it is in; what
// the page itself says, its parser reads.
func charsetOfPage(a *Answer) []byte {
	if encodingOf("", a.Type) == nil && utf16Of(a.Body) == nil {
		return a.Body
	}
	return toUTF8(a.Body, "", a.Type)
}

// pageID is by what a page is known: its address, in which a query may be
// secret.
func pageID(address string) string {
	u, err := url.Parse(store.CanonicalURL(address))
	if err != nil {
		return identity("", address, "")
	}
	id := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	if u.RawQuery != "" {
		sum := sha256.Sum256([]byte(u.RawQuery))
		id += "?" + hex.EncodeToString(sum[:8])
	}
	return identity("", id, "")
}

func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

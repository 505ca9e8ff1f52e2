package intake

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"briefbot/bot/brief"
	"briefbot/store"
)

// kagiCredit is what the licence of Kagi's data asks for on each post.
var kagiCredit = store.Credit{
	Name:       "Kagi News",
	URL:        "https://news.kagi.com",
	License:    "CC BY-NC 4.0",
	LicenseURL: "https://creativecommons.org/licenses/by-nc/4.0/",
}

// maxKagiSources is up to how many sources a story gets that it does not cite:
// it may come with a hundred articles, of which most tell the same. Those that
// it cites are all kept.
const maxKagiSources = 20

// ParseKagi reads the stories of one category of Kagi News: the envelope of
// its API, or the older one with clusters. name is what errors call it.
//
// One that is no story, or an end that is missing, loses none of the others:
// the error, of *Error for each, comes beside the stories that are whole. A
// category without stories is no error.
//
// A story's id is its category and its earliest article. Kagi's own ids change
// with each batch, as does the title; articles are added to a story while it
// is news, so that the one that was first mostly stays the first.
func ParseKagi(name string, data []byte) ([]store.Story, error) {
	if len(data) > maxPage {
		return nil, &Error{File: name, Line: 1, Reason: "more than 10 MiB of stories"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	k := kagi{name: name, data: data, taken: map[string]bool{}}
	if err := k.read(); err != nil {
		k.errs = append(k.errs, err)
	}
	slices.SortStableFunc(k.found, func(a, b kagiFound) int {
		if (a.Number == 0) != (b.Number == 0) { // what has no place comes last
			return cmp.Compare(b.Number, a.Number)
		}
		return cmp.Compare(a.Number, b.Number)
	})
	var all []store.Story
	for _, f := range k.found {
		s, err := k.story(f.kagiStory)
		if err != nil {
			k.errs = append(k.errs, &Error{File: name, Line: f.line, Reason: err.Error()})
			continue
		}
		all = append(all, s)
	}
	return all, errors.Join(k.errs...)
}

// kagi is an envelope while it is read.
type kagi struct {
	name  string
	data  []byte
	found []kagiFound
	errs  []error
	taken map[string]bool // identities that stories have

	category     text
	time         number
	untranslated bool
}

type kagiFound struct {
	kagiStory
	line int
}

// read goes over the envelope, so that what is whole of one that is cut off
// counts.
func (k *kagi) read() error {
	d := json.NewDecoder(bytes.NewReader(k.data))
	d.UseNumber()
	wrong := func(err error) error {
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			return errorAt(k.name, k.data, int(syntax.Offset)-1, "no JSON: "+syntax.Error(), "")
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return errorAt(k.name, k.data, int(d.InputOffset()), "no JSON: "+err.Error(), "")
	}
	first, err := d.Token()
	if err != nil {
		return wrong(err)
	}
	if first != json.Delim('{') {
		return errorAt(k.name, k.data, 0, "no stories of Kagi News: want an object in braces", "")
	}
	listed := false
	var said text
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return wrong(err)
		}
		var value json.RawMessage
		switch key {
		case "stories", "clusters":
			listed = true
			err = k.readStories(d)
		case "categoryName", "category":
			err = d.Decode(&k.category)
		case "timestamp":
			err = d.Decode(&k.time)
		case "translationAvailable":
			err = d.Decode(&value)
			k.untranslated = string(value) == "false"
		case "error":
			err = d.Decode(&said)
		default:
			err = d.Decode(&value)
		}
		if err != nil {
			return wrong(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return wrong(err)
	}
	switch {
	case listed:
		return nil
	case said != "":
		return &Error{File: k.name, Line: 1, Reason: fmt.Sprintf("Kagi News answers with an error: %s", said)}
	}
	return &Error{File: k.name, Line: 1, Reason: "no stories of Kagi News: neither \"stories\" nor \"clusters\""}
}

// readStories reads the list of stories; anything else there holds none.
func (k *kagi) readStories(d *json.Decoder) error {
	rest := bytes.TrimLeft(k.data[d.InputOffset():], ": \t\r\n")
	if !bytes.HasPrefix(rest, []byte("[")) {
		var other json.RawMessage
		return d.Decode(&other)
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		at := int(d.InputOffset())
		at += len(k.data[at:]) - len(bytes.TrimLeft(k.data[at:], ", \t\r\n"))
		var s kagiStory
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if string(value) == "null" {
			continue
		}
		if err := json.Unmarshal(value, &s); err != nil {
			k.errs = append(k.errs, errorAt(k.name, k.data, at, "no story: want an object in braces", ""))
			continue
		}
		k.found = append(k.found, kagiFound{s, bytes.Count(k.data[:at], []byte{'\n'}) + 1})
	}
	_, err := d.Token()
	return err
}

// kagiStory is what is read of a story.
type kagiStory struct {
	Number       number              `json:"cluster_number"`
	Title        text                `json:"title"`
	Summary      text                `json:"short_summary"`
	Category     text                `json:"category"`
	Points       listOf[text]        `json:"talking_points"`
	Perspectives listOf[kagiView]    `json:"perspectives"`
	Articles     listOf[kagiArticle] `json:"articles"`
	Primary      maybe[kagiImage]    `json:"primary_image"`
	Secondary    maybe[kagiImage]    `json:"secondary_image"`
	Source       text                `json:"sourceLanguage"`
	Selected     text                `json:"selectedLanguage"`
}

type kagiView struct {
	Text    text                   `json:"text"`
	Sources listOf[kagiViewSource] `json:"sources"`
}

type kagiViewSource struct {
	Name text `json:"name"`
	URL  text `json:"url"`
}

type kagiArticle struct {
	Title  text `json:"title"`
	Link   text `json:"link"`
	Domain text `json:"domain"`
	Date   text `json:"date"`
}

type kagiImage struct {
	URL     text `json:"url"`
	Caption text `json:"caption"`
	Credit  text `json:"credit"`
	Link    text `json:"link"`
}

// kagiReader makes the story of one.
type kagiReader struct {
	kagiStory
	linker
	byDomain map[string][]int // indices of articles
	numbers  []int            // of the articles; 0: not cited yet
	outlets  map[string]string
}

// story makes the story.
func (k *kagi) story(ks kagiStory) (store.Story, error) {
	s := store.Story{Headline: clean(string(ks.Title)), Credit: new(kagiCredit)}
	switch {
	case s.Headline == "":
		return store.Story{}, errors.New("a story without a title")
	case len(s.Headline) > maxHeadline:
		return store.Story{}, fmt.Errorf("a title of more than %d bytes", maxHeadline)
	}
	r := newKagiReader(ks)
	var bullets, labels, views []string
	for _, p := range ks.Points {
		bullets = append(bullets, r.cite(string(p)))
	}
	if !slices.ContainsFunc(bullets, func(s string) bool { return s != "" }) {
		bullets = sentences(r.cite(string(ks.Summary)))
	}
	for _, v := range ks.Perspectives {
		if label, view := r.view(v, len(views)); view != "" {
			labels, views = append(labels, label), append(views, view)
		}
	}
	r.rest()
	s.Sources = r.sources
	c := newCiter(s.Sources)
	for _, b := range bullets {
		if text, cited := c.passages([]passage{{b}}); text[0] != "" {
			s.Bullets = append(s.Bullets, store.Bullet{Text: text[0], Citations: cited})
		}
	}
	if len(s.Bullets) == 0 {
		return store.Story{}, fmt.Errorf("%q has neither talking points nor a summary", s.Headline)
	}
	for i, v := range views {
		text, cited := c.passages([]passage{{v}})
		s.Narratives = append(s.Narratives, store.Narrative{Label: labels[i], Paragraphs: text, Citations: cited})
	}
	if len(s.Sources) > 0 {
		s.URL = s.Sources[0].URL
	}
	s.Date = k.date(r.Articles)
	s.Image = r.image()
	s.Language = k.language(ks)
	for _, t := range []text{k.category, ks.Category} {
		s.Topics = addTopics(s.Topics, cutTopics(clean(string(t))))
	}
	if err := bounded(s); err != nil {
		return store.Story{}, err
	}
	s.ID = k.identity(s, r.Articles)
	return s, nil
}

func newKagiReader(ks kagiStory) *kagiReader {
	r := &kagiReader{
		kagiStory: ks,
		linker:    linker{byURL: map[string]int{}, used: map[int]bool{}},
		byDomain:  map[string][]int{},
		numbers:   make([]int, len(ks.Articles)),
		outlets:   map[string]string{},
	}
	for i := range r.Articles {
		a := &r.Articles[i]
		a.Link = mendLink(a.Link)
		if a.Domain == "" {
			a.Domain = text(hostOf(string(a.Link)))
		}
		domain := domainOf(string(a.Domain))
		r.byDomain[domain] = append(r.byDomain[domain], i)
	}
	for _, v := range r.Perspectives {
		for _, s := range v.Sources {
			if host := hostOf(string(mendLink(s.URL))); host != "" && r.outlets[host] == "" {
				r.outlets[host] = clean(string(s.Name))
			}
		}
	}
	return r
}

func domainOf(s string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "www.")
}

// mendLink gives a link as it was meant; none if it leads nowhere. Some come
// with white space around them, some as https:/host/path.
func mendLink(t text) text {
	s := strings.TrimSpace(string(t))
	if scheme, rest, ok := strings.Cut(s, ":/"); ok && !strings.HasPrefix(rest, "/") {
		s = scheme + "://" + rest
	}
	if s = clean(s); !isAddress(s) {
		return ""
	}
	return text(s)
}

// number gives the number of an article, and with it a place among the
// sources; 0 if there is no place.
func (r *kagiReader) number(i int) int {
	if r.numbers[i] > 0 {
		return r.numbers[i]
	}
	a := r.Articles[i]
	if n := r.byURL[pageKey(string(a.Link))]; n > 0 {
		r.numbers[i] = n // the same article twice
		return n
	}
	s := store.Source{Title: clean(string(a.Title)), URL: string(a.Link), Date: pageDate(string(a.Date))}
	domain := domainOf(string(a.Domain))
	if s.Outlet = r.outlets[domain]; s.Outlet == "" {
		s.Outlet = clean(domain)
	}
	if s.Title == "" && s.URL == "" || !r.add(r.top+1, s) {
		return 0
	}
	r.numbers[i] = r.top
	return r.top
}

// rest adds articles that nothing cites.
func (r *kagiReader) rest() {
	for i := range r.Articles {
		if len(r.sources) < maxKagiSources {
			r.number(i)
		}
	}
}

// cite gives a text in the form that citer reads: the marks of Kagi as
// numbers, every other bracket as text. Marks stand behind the full stop.
func (r *kagiReader) cite(s string) string {
	s = clean(s)
	var out strings.Builder
	plainTo := func(text string) { out.WriteString(strings.ReplaceAll(text, `\`, `\\`)) }
	for {
		i := strings.IndexByte(s, '[')
		if i < 0 {
			plainTo(s)
			return clean(out.String())
		}
		numbers, size := r.marks(s[i:])
		if size == 0 {
			plainTo(s[:i])
			out.WriteString(`\[`)
			s = s[i+1:]
			continue
		}
		plainTo(strings.TrimRightFunc(s[:i], isBlank))
		s = s[i+size:]
		if stop, n := utf8.DecodeRuneInString(s); strings.ContainsRune(".!?。！？", stop) && n > 0 {
			if next, _ := utf8.DecodeRuneInString(s[n:]); !unicode.IsLetter(next) && !unicode.IsDigit(next) {
				out.WriteRune(stop)
				s = s[n:]
			}
		}
		for _, n := range numbers {
			out.WriteString(mark(n))
		}
	}
}

// marks reads the marks at the start of s, with the blanks between them. size
// is 0 if there are none.
func (r *kagiReader) marks(s string) (numbers []int, size int) {
	for rest := s; strings.HasPrefix(rest, "["); rest = strings.TrimLeftFunc(s[size:], isBlank) {
		end := strings.IndexByte(rest, ']')
		if end < 0 || end > 300 {
			break
		}
		var found []int
		for part := range strings.FieldsFuncSeq(rest[1:end], func(r rune) bool { return r == ',' || r == ';' }) {
			n, ok := r.reference(strings.TrimFunc(part, isBlank))
			if !ok {
				return numbers, size
			}
			if n > 0 && !slices.Contains(numbers, n) && !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
		if end == 1 {
			break
		}
		numbers = append(numbers, found...)
		size = len(s) - len(rest) + end + 1
	}
	return numbers, size
}

// reference reads "domain#n" or "common". The number is 0 for what is of this
// form but leads to no article.
func (r *kagiReader) reference(s string) (int, bool) {
	if strings.EqualFold(s, "common") {
		return 0, true
	}
	domain, digits, ok := strings.Cut(s, "#")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 || domain == "" || strings.ContainsFunc(domain, unicode.IsSpace) {
		return 0, false
	}
	if all := r.byDomain[domainOf(domain)]; 1 <= n && n <= len(all) {
		return r.number(all[n-1]), true
	}
	return 0, true
}

// view gives a perspective's label and text, with its sources cited.
func (r *kagiReader) view(v kagiView, i int) (label, view string) {
	label, view, ok := cutView(clean(string(v.Text)))
	if !ok {
		label, view = "", string(v.Text)
	}
	label, cited := r.unmarked(label)
	if view = r.cite(view); view == "" {
		return "", ""
	}
	for _, n := range cited {
		view += mark(n)
	}
	var name string
	for _, s := range v.Sources {
		link, outlet := string(mendLink(s.URL)), clean(string(s.Name))
		name = cmp.Or(name, outlet)
		n := 0
		if key := pageKey(link); key != "" {
			n = r.byURL[key]
			for at := 0; n == 0 && at < len(r.Articles); at++ {
				if pageKey(string(r.Articles[at].Link)) == key {
					n = r.number(at)
				}
			}
		}
		if n == 0 && (link != "" || outlet != "") && r.add(r.top+1, store.Source{Outlet: outlet, URL: link}) {
			n = r.top
		}
		if n > 0 {
			view += mark(n)
		}
	}
	if label == "" {
		label = cmp.Or(name, unnamed(i))
	}
	return label, view
}

// unmarked gives a label without its marks, and the numbers in them.
func (r *kagiReader) unmarked(label string) (string, []int) {
	var cited []int
	for from := 0; from < len(label); {
		i := strings.IndexByte(label[from:], '[')
		if i < 0 {
			break
		}
		numbers, size := r.marks(label[from+i:])
		if size == 0 {
			from += i + 1
			continue
		}
		cited = append(cited, numbers...)
		from += i
		label = label[:from] + label[from+size:]
	}
	return clean(label), cited
}

// unnamed is the label of a narrative that has none.
func unnamed(i int) string { return fmt.Sprintf("Narrative %c", 'A'+i%26) }

// sentences cuts a text into its sentences, each with its marks.
func sentences(text string) []string {
	var all []string
	at := 0
	for _, end := range brief.SentenceEnds(text) {
		all = append(all, clean(text[at:end]))
		at = end
	}
	return append(all, clean(text[at:]))
}

// date is that of the newest article, or, where none has one, of the batch.
func (k *kagi) date(articles []kagiArticle) store.Date {
	batch := store.Date{}
	if k.time > 0 {
		batch = store.Date{Time: time.Unix(int64(k.time), 0).UTC(), Exact: true}
	}
	var newest store.Date
	for _, a := range articles {
		d := pageDate(string(a.Date))
		if d.Time.After(newest.Time) && (batch.IsZero() || !d.Time.After(batch.Time)) {
			newest = d
		}
	}
	if newest.IsZero() {
		return batch
	}
	return newest
}

func (r *kagiReader) image() *store.Image {
	for _, i := range []kagiImage{r.Primary.v, r.Secondary.v} {
		if address := string(mendLink(i.URL)); address != "" {
			credit := clean(string(i.Credit))
			if credit == "" {
				credit = hostOf(string(mendLink(i.Link)))
			}
			return &store.Image{URL: address, Credit: credit, Caption: clean(string(i.Caption))}
		}
	}
	return nil
}

// language is that of the text. What Kagi has no translation of it gives in
// English.
func (k *kagi) language(ks kagiStory) string {
	if k.untranslated {
		return "en"
	}
	if tag := languageTag(string(ks.Selected)); tag != "" && ks.Selected != "default" && ks.Selected != "source" {
		return tag
	}
	return languageTag(string(ks.Source))
}

// identity gives a story its id.
func (k *kagi) identity(s store.Story, articles []kagiArticle) string {
	order := slices.Clone(articles)
	slices.SortStableFunc(order, func(a, b kagiArticle) int {
		x, y := pageDate(string(a.Date)), pageDate(string(b.Date))
		if x.IsZero() != y.IsZero() { // what has no date comes last
			return cmp.Compare(y.Time.Unix(), x.Time.Unix())
		}
		return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(a.Link, b.Link))
	})
	keys := make([]string, 0, len(order)+2)
	for _, a := range order {
		if key := pageKey(string(a.Link)); key != "" {
			keys = append(keys, key)
		}
	}
	title := sameWords(s.Headline) + " " + s.Date.Time.Format(time.DateOnly)
	keys = append(keys, title)
	for n := 2; ; n++ {
		for _, key := range keys {
			sum := sha256.Sum256([]byte(key))
			id := fmt.Sprintf("%s/%x", categorySlug(string(k.category)), sum[:6])
			if !k.taken[id] {
				k.taken[id] = true
				return id
			}
		}
		keys = []string{fmt.Sprintf("%s %d", title, n)}
	}
}

// categorySlug makes a name that can stand in an id.
func categorySlug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return cmp.Or(strings.Join(words, "-"), "news")
}

package brief

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"briefbot/store"
)

// PageSize is how many entries a page of a list has: as many as have a button
// each in a row or two.
const PageSize = 8

// Page says which part of a longer list a message shows.
type Page struct {
	Number int  // from 1
	More   bool // there is another one behind it
	// Turn is what the buttons ask for that turn to another page, but for that
	// page's number.
	Turn Action
}

// first is how many entries stand on the pages before.
func (p Page) first() int { return (max(p.Number, 1) - 1) * PageSize }

// to is what a button asks for that turns to another page: the number stands
// behind whatever else the buttons hold.
func (p Page) to(number int) Action {
	a := p.Turn
	a.With = strings.TrimPrefix(a.With+"."+strconv.Itoa(number), ".")
	return a
}

// maxPage is the last page that anybody turns to.
const maxPage = 1000

// PageOf reads which page a button turns to, and what else it holds.
func PageOf(with string) (number int, rest string) {
	rest, last := "", with
	if i := strings.LastIndexByte(with, '.'); i >= 0 {
		rest, last = with[:i], with[i+1:]
	}
	n, err := strconv.Atoi(last)
	if err != nil || n < 1 || n > maxPage {
		return 1, rest
	}
	return n, rest
}

// List offers several stories to choose from.
func (v Voice) List(title Phrase, entries []store.Entry) Message {
	return v.Stories(v.Text(title), entries, Page{Number: 1})
}

// Stories is a page of a list of stories, with a button for each.
func (v Voice) Stories(title string, entries []store.Entry, p Page) Message {
	return v.entries(title, entries, p, func(s store.Story) Text {
		text := Text{{Text: v.isolate(s.Headline), URL: s.URL}}
		if d := v.day(s.Date); d != "" {
			text = append(text, Span{Text: v.Text(wordComma) + d, Italic: true})
		}
		return v.line(text)
	})
}

// Today is a page of what came in on a day so far: each story as a digest tells
// it.
func (v Voice) Today(day time.Time, entries []store.Entry, p Page) Message {
	return v.entries(v.with(wordToday, values{"Date": v.date(day)}), entries, p, v.digestText)
}

// NothingToday says that nothing came in on a day yet.
func (v Voice) NothingToday(day time.Time) Message {
	return v.Say(v.with(wordNothingToday, values{"Date": v.date(day)}))
}

// entries is a page of a list whose entries are told by tell.
func (v Voice) entries(title string, entries []store.Entry, p Page, tell func(store.Story) Text) Message {
	m := Message{Blocks: []Block{v.pageTitle(title, p)}}
	for i, e := range entries {
		n := p.first() + i
		m.Blocks = append(m.Blocks, Item{Mark: fmt.Sprintf("%d.", n+1), Text: tell(e.Story)})
		m.Buttons = append(m.Buttons, numbered(n, e))
	}
	m.Buttons = append(m.Buttons, v.turns(p)...)
	return m
}

func (v Voice) pageTitle(title string, p Page) Heading {
	if p.Number > 1 {
		title = v.with(wordPage, values{"Title": title, "Page": p.Number})
	}
	return Heading{title}
}

// turns are the buttons that turn to the pages before and behind.
func (v Voice) turns(p Page) []Button {
	var all []Button
	if p.Number > 1 {
		all = append(all, Button{v.Text(wordPrevious), p.to(p.Number - 1)})
	}
	if p.More && p.Number < maxPage {
		all = append(all, Button{v.Text(wordNext), p.to(p.Number + 1)})
	}
	return all
}

// numbered is the button of the story at index i of a list.
func numbered(i int, e store.Entry) Button {
	return Button{fmt.Sprint(i + 1), Action{Verb: ShowStory, Story: e.Short}}
}

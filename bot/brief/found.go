package brief

import (
	"strings"

	"briefbot/store"
)

// Results are a page of what was found for a reader's words.
type Results struct {
	Words string
	// Name brings the words back: by it the buttons know them. Empty: there is
	// but one page.
	Name string
	// Stories are those of the page with the number Page, from 1; Total is how
	// many there are on all.
	Stories     []store.Entry
	Page, Total int
	Built       int // percent of the stories that the search knows
}

// Found lists a page of what was found, with buttons that turn the pages.
func (v Voice) Found(r Results) Message {
	words := quoted(r.Words)
	if len(r.Stories) == 0 {
		return v.building(v.Say(v.with(wordNoneSuch, values{"Words": words})), r.Built)
	}
	title := v.count(wordFound, r.Total, values{"Count": r.Total, "Words": words})
	p := Page{Number: r.Page, More: r.Name != "" && r.Page*PageSize < r.Total, Turn: Action{Verb: ShowFound, With: r.Name}}
	return v.building(v.Stories(title, r.Stories, p), r.Built)
}

// building says that the search does not know all stories yet.
func (v Voice) building(m Message, built int) Message {
	if built < 100 {
		m.Blocks = append(m.Blocks, Note{Plain(v.with(wordBuilding, values{"Percent": built}))})
	}
	return m
}

// shownWords is how many letters of what was asked are said again.
const shownWords = 80

// quoted is what a reader typed, as it is said again.
func quoted(words string) string {
	if r := []rune(words); len(r) > shownWords {
		words = strings.TrimSpace(string(r[:shownWords])) + "…"
	}
	return "“" + words + "”"
}

// HowToSearch says what can be typed behind the command for searching.
func (v Voice) HowToSearch(command string) Message {
	filters := v.list([]string{"topic:world", `outlet:"Harbour Post"`, "on:2026-11-02", "after:2026-11", "before:2026"})
	return v.Say(v.with(wordSearch, values{"Command": "/" + command, "Filters": filters}))
}

// NoDate says that what a reader gave as a date is none.
func (v Voice) NoDate(date string) Message {
	return v.Say(v.with(wordNoDate, values{"Date": quoted(date), "Dates": v.list([]string{"2026-11-02", "2026-11", "2026"})}))
}

package intake

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// left holds for an element that is no part of a story but stands around it:
// ways to other pages, invitations, forms, notices. What a first-level heading
// or a cited source stands in never is.
func (w *walker) left(n *html.Node) bool {
	if r := w.roles[n]; r != 0 {
		return r == dropRole
	}
	if w.whole || w.needed[n] || len(n.Attr) == 0 && !around[n.DataAtom] {
		return false
	}
	switch n.DataAtom {
	case atom.Html, atom.Body, atom.Main, atom.Article:
		return false
	case atom.Header: // a page's own, or a story's
		if !standsIn(n, atom.Article) && !standsIn(n, atom.Main) {
			return true
		}
	}
	if around[n.DataAtom] {
		return true
	}
	hidden := false
	for _, a := range n.Attr {
		switch a.Key {
		case "role":
			if a.Val == "tabpanel" { // the side that is not on top is hidden
				return false
			}
			if aroundRoles[a.Val] {
				return true
			}
		case "hidden":
			hidden = true
		case "aria-hidden":
			hidden = hidden || a.Val == "true"
		case "style":
			hidden = hidden || strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none")
		case "class", "id":
			if isBlock[n.DataAtom] && namesAround(a.Val) {
				return true
			}
		}
	}
	return hidden
}

var (
	around = atoms(atom.Nav, atom.Aside, atom.Footer, atom.Form, atom.Button, atom.Dialog, atom.Menu, atom.Search,
		atom.Label, atom.Input)
	aroundRoles = map[string]bool{"navigation": true, "complementary": true, "contentinfo": true, "dialog": true,
		"alertdialog": true, "search": true, "menu": true, "tablist": true, "toolbar": true, "alert": true}
	// aroundNames are the words by which pages name what stands around a
	// story.
	aroundNames = map[string]bool{"related": true, "recommended": true, "recommendations": true, "share": true,
		"sharing": true, "social": true, "newsletter": true, "signup": true, "subscribe": true, "subscription": true,
		"cookie": true, "cookies": true, "consent": true, "gdpr": true, "breadcrumb": true, "breadcrumbs": true,
		"comments": true, "promo": true, "advert": true, "advertisement": true, "ads": true, "sponsored": true,
		"sidebar": true, "paywall": true, "toolbar": true, "popup": true, "modal": true, "nav": true, "navbar": true,
		"navigation": true, "menu": true, "footer": true, "trending": true, "donate": true, "skip": true,
		"feedback": true, "login": true, "author-bio": true}
)

// namesAround holds for a class or id that has one of the words: "c-related",
// "shareBar". A word that something has ("has-sidebar", "no-ads") or that only
// lays out ("with-sidebar") says nothing of what it is.
func namesAround(name string) bool {
	for _, class := range strings.Fields(name) {
		first := true
		for word := range strings.FieldsFuncSeq(class, func(r rune) bool { return r == '-' || r == '_' || r == ':' }) {
			lower := strings.ToLower(word)
			if first && (lower == "has" || lower == "no" || lower == "with" || lower == "is" || lower == "not") {
				break
			}
			first = false
			if aroundNames[lower] || aroundNames[firstHump(word)] {
				return true
			}
		}
	}
	return false
}

// firstHump gives the first word of a name in camel case.
func firstHump(word string) string {
	if i := strings.IndexFunc(word[min(1, len(word)):], unicode.IsUpper); i >= 0 {
		word = word[:i+1]
	}
	return strings.ToLower(word)
}

func standsIn(n *html.Node, a atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == a {
			return true
		}
	}
	return false
}

package brief

// Message is something to be said: blocks in order, and the buttons below
// them. An adapter makes one or more messages of its platform of it.
type Message struct {
	Blocks []Block
	// Buttons stand on the last of the platform's messages; there is at least
	// one. What stands on the earlier ones, Early says.
	Buttons []Button
	// Sources are what the citation marks name, where a platform can lead from a
	// mark to what it names within the message; elsewhere the marks are links,
	// and Sources are left out.
	Sources SourceList
	// Menu stands beside the buttons of the last message.
	Menu Menu
	// early are the buttons of the earlier messages, where the last one alone
	// does not do.
	early []Button
}

// Menu is a list to choose one from, where the ways on are more than buttons are
// good for. Without options there is none.
type Menu struct {
	Hint string // what is to be chosen
	// Options are at most MaxMenu: of more, the rest is a page that a button
	// leads to.
	Options []Button
}

// MaxMenu is how many options a menu can have: Discord's limit.
const MaxMenu = 25

// All are the Buttons, and the options of the menu behind them: for a platform
// that has no menus.
func (m Message) All() []Button {
	return append(m.Buttons[:len(m.Buttons):len(m.Buttons)], m.Menu.Options...)
}

// Early are the buttons of each of the platform's messages but the last: the
// last of the Buttons, since each must have one to be found by; and where
// narratives are told, the ways to each of them, so that whichever piece of a
// long message is before a reader, the other side is one tap away.
func (m Message) Early() []Button {
	if len(m.early) > 0 {
		return m.early
	}
	return m.Buttons[max(0, len(m.Buttons)-1):]
}

// Block is a piece of a Message that a platform renders as a whole: one of the
// types below. Where one is larger than a platform's message, Pack splits it.
type Block interface{ block() }

// Headline is a story's title, a link if the story has a page.
type Headline struct {
	Text string
	URL  string
}

// Dateline says when the story was and what it is about.
type Dateline struct {
	Date   string
	Topics []string
}

// Picture is the story's image.
type Picture struct {
	URL, Alt, Caption, Credit string
}

// Bullet is one cited statement.
type Bullet struct{ Text Text }

// Heading opens a section: a narrative's label.
type Heading struct{ Text string }

// Paragraph is running text.
type Paragraph struct{ Text Text }

// Fold is text that a reader opens by a tap, under its label.
type Fold struct {
	Label      string
	Paragraphs []Text
}

// Item is one entry of a list, such as a source or a digest's story: what it
// begins with (its number), and its text.
type Item struct {
	Mark string
	Text Text
}

// SourceList are a story's sources by their marks, which a reader opens by a tap
// under their label.
type SourceList struct {
	Label string
	Items []Item
}

// Note is small print.
type Note struct{ Text Text }

func (Headline) block()   {}
func (Dateline) block()   {}
func (Picture) block()    {}
func (Bullet) block()     {}
func (Heading) block()    {}
func (Paragraph) block()  {}
func (Fold) block()       {}
func (Item) block()       {}
func (Note) block()       {}
func (SourceList) block() {}

// Text is a run of spans.
type Text []Span

// Span is text in one style. Its characters are foreign: a renderer escapes
// them.
type Span struct {
	Text   string
	URL    string // makes it a link
	Bold   bool
	Italic bool
	// Cite marks a citation: Text is "[3]".
	Cite bool
}

// Plain is a text of one span without style.
func Plain(s string) Text { return Text{{Text: s}} }

// String is the text without its styles.
func (t Text) String() string {
	s := ""
	for _, span := range t {
		s += span.Text
	}
	return s
}

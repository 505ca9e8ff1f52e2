package brief

// Help says what can be asked, and how.
func Help(commands []Command) Message {
	m := Message{Blocks: []Block{Heading{wordHelp}, Paragraph{Plain(wordHelpIntro)}}}
	for _, c := range commands {
		m.Blocks = append(m.Blocks, Bullet{Text{{Text: "/" + c.Name, Bold: true}, {Text: " – " + c.Help}}})
	}
	m.Blocks = append(m.Blocks, Paragraph{Plain(wordHelpStory)})
	m.Buttons = []Button{{Label: wordLatest, Action: Action{Verb: ShowLatest}}}
	return m
}

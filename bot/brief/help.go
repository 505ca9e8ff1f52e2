package brief

// Help says what can be asked, and how. With ownNames, the commands are called
// as the language calls them.
func (v Voice) Help(commands []Command, ownNames bool) Message {
	m := Message{Blocks: []Block{Heading{v.Text(wordHelp)}, Paragraph{Plain(v.Text(wordHelpIntro))}}}
	for _, c := range commands {
		name := c.Name
		if ownNames {
			name = v.Text(c.Called)
		}
		m.Blocks = append(m.Blocks, Bullet{v.line(Text{{Text: v.isolate("/" + name), Bold: true}, {Text: " – " + v.Text(c.Help)}})})
	}
	m.Blocks = append(m.Blocks, Paragraph{Plain(v.Text(wordHelpStory))})
	m.Buttons = []Button{{Label: v.Text(wordLatest), Action: Action{Verb: ShowLatest}}}
	return m
}

package brief

// Help says what can be asked, and how. What only those who manage the chat can
// use is named in a section of its own. With ownNames, the commands are called
// as the language calls them.
func (v Voice) Help(commands []Command, ownNames bool) Message {
	m := Message{Blocks: []Block{Heading{v.Text(wordHelp)}, Paragraph{Plain(v.Text(wordHelpIntro))}}}
	var forAdmins []string
	for _, c := range commands {
		name := "/" + c.Name
		if ownNames {
			name = "/" + v.Text(c.Called)
		}
		if c.Audience == Admins {
			forAdmins = append(forAdmins, name)
			continue
		}
		m.Blocks = append(m.Blocks, Bullet{v.line(Text{{Text: v.isolate(name), Bold: true}, {Text: " – " + v.Text(c.Help)}})})
	}
	m.Blocks = append(m.Blocks, Paragraph{Plain(v.Text(wordHelpStory))})
	if len(forAdmins) > 0 {
		m.Blocks = append(m.Blocks, Paragraph{v.line(Text{
			{Text: v.Text(wordHelpAdmins), Bold: true}, {Text: v.Text(wordColon) + v.list(forAdmins)},
		})})
	}
	m.Buttons = []Button{{Label: v.Text(wordLatest), Action: Action{Verb: ShowLatest}}}
	return m
}

// About says what the bot is for, to who has not talked with it yet.
func (v Voice) About() string {
	return v.Text(wordHelp) + "\n\n" + v.Text(wordHelpIntro)
}

// InShort says it in a line.
func (v Voice) InShort() string { return v.Text(wordHelp) }

package intake

import "briefbot/store"

// Format is a form that stories are written in.
type Format struct {
	Name  string
	Ext   string // of its files, with the point
	Write func(store.Story) []byte
}

// Formats are all of them.
func Formats() []Format {
	return []Format{
		{"text", ".txt", WriteText},
		{"json", ".json", WriteJSON},
		{"yaml", ".yaml", WriteYAML},
		{"markdown", ".md", WriteMarkdown},
		{"html", ".html", WriteHTML},
	}
}

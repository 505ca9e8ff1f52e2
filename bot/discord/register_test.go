package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"briefbot/bot/brief"
	"briefbot/bot/sandbox"
)

// everyKind is a table with every kind of command and option that there is.
func everyKind() []brief.Command {
	number := brief.Option{Name: "number", Called: brief.NameHelp, Help: brief.HelpHelp, Kind: brief.NumberOption}
	side := brief.Option{Name: "side", Called: brief.NameSources, Help: brief.HelpSources, Choices: []brief.Choice{
		{Value: "crit", Called: brief.NameCritical}, {Value: "est", Called: brief.NameEstablishment},
	}}
	which := aStory
	which.Required = true
	return []brief.Command{
		{Name: "sources", Called: brief.NameSources, Help: brief.HelpSources, OnMessage: "button.sources", Options: []brief.Option{number, side, which}},
		{Name: "latest", Called: brief.NameLatest, Help: brief.HelpLatest, Subs: []brief.Command{
			{Name: "story", Called: brief.NameStory, Help: brief.HelpStory, Options: []brief.Option{aStory, {
				Name: "every", Called: brief.NameHelp, Help: brief.HelpHelp, Kind: brief.NumberOption, Suggests: true,
			}}},
			{Name: "help", Called: brief.NameHelp, Help: brief.HelpHelp},
		}},
		{Name: "story", Called: brief.NameStory, Help: brief.HelpStory, Audience: brief.Alone},
		{Name: "help", Called: brief.NameHelp, Help: brief.HelpHelp, Audience: brief.Admins},
	}
}

// What is registered, in English and with one other language.
func TestRegisteredGolden(t *testing.T) {
	body, err := json.Marshal(commands(everyKind(), languages))
	if err != nil {
		t.Fatal(err)
	}
	one := only(decode[any](t, body), "de")
	got, err := json.MarshalIndent(one, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	name := filepath.Join("testdata", "commands.json")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("registered is\n%s", got)
	}
}

// only leaves one locale where there are several.
func only(x any, locale string) any {
	switch x := x.(type) {
	case []any:
		for i := range x {
			x[i] = only(x[i], locale)
		}
	case map[string]any:
		if word, ok := x[locale]; ok {
			return map[string]any{locale: word}
		}
		for key := range x {
			x[key] = only(x[key], locale)
		}
	}
	return x
}

// What is registered reads the same when it comes back, with all that Discord
// fills in, so that it is not written again.
func TestRegisteredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.start()
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.d = w.adapter(w.server.URL)
		w.d.introduce(w.api.Bot(), w.api.Bot())
		if err := w.d.register(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if writes, _ := w.api.Requests("register"); writes != 1 {
		t.Errorf("written %d times", writes)
	}
	// A change anywhere in it is written.
	w.desk.table[1].Subs[0].Options[1].Suggests = false
	if err := w.d.register(t.Context()); err != nil {
		t.Fatal(err)
	}
	if writes, _ := w.api.Requests("register"); writes != 2 {
		t.Errorf("written %d times after a change", writes)
	}
}

// What sets a chat up stands in the menus of those who manage channels, and of
// nobody else in a server.
func TestMenuOfAdmins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.DiscordOptions{})
	w.desk.table = everyKind()
	w.start()
	names := func(chat string) string {
		var all []string
		for _, c := range w.api.Menu(w.ada, chat) {
			all = append(all, c.Name)
		}
		return fmt.Sprint(all)
	}
	dm, err := w.api.OpenDM(w.ada)
	if err != nil {
		t.Fatal(err)
	}
	group, err := w.api.AddGroupDM("Rowing club", w.ada, w.api.AddUser("ben"))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(w.news); got != "[sources latest]" {
		t.Errorf("a member is offered %s", got)
	}
	if err := w.api.Say(t.Context(), w.ada, w.news, "/help", ""); err == nil {
		t.Error("a member used an admin's command")
	}
	for _, may := range []int64{1 << 4, 1 << 3} { // Manage Channels, Administrator
		if err := w.api.SetMember(w.ada, 1<<10|1<<11|may); err != nil {
			t.Fatal(err)
		}
		if got := names(w.news); got != "[sources latest help]" {
			t.Errorf("an admin is offered %s", got)
		}
	}
	if got := names(dm); got != "[sources latest story help]" {
		t.Errorf("in private there is %s", got)
	}
	if err := w.api.Install(w.ada); err != nil {
		t.Fatal(err)
	}
	if got := names(group); got != "[sources latest]" {
		t.Errorf("among people there is %s", got)
	}
}

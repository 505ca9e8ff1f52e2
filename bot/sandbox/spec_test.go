package sandbox

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"
)

func loadSpec(t *testing.T) *Spec {
	t.Helper()
	dir := os.Getenv("BRIEFBOT_SPECS")
	if dir == "" {
		t.Skip("BRIEFBOT_SPECS does not name the folder with discord-openapi.json and telegram-bot-api.json")
	}
	s, err := LoadSpec(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoadSpecSaysWhatIsMissing(t *testing.T) {
	_, err := LoadSpec(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "discord-openapi.json") {
		t.Errorf("got %v", err)
	}
}

func TestSpecDiscord(t *testing.T) {
	s := loadSpec(t)
	const messages = "/api/v9/channels/112233445566778899/messages"
	for _, x := range []struct {
		name, method, path, body string
		wrong                    string // in the error; empty: none
	}{
		{"a message", "POST", messages, `{"content":"x","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`, ""},
		{"v10 too", "POST", "/api/v10/channels/1/messages", `{"content":"x"}`, ""},
		{"a query", "GET", messages + "?after=112233445566778899&limit=100", ``, ""},
		{"no such parameter", "GET", messages + "?since=1", ``, "no parameter since"},
		{"a parameter out of range", "GET", messages + "?limit=101", ``, "parameter limit"},
		{"no such path", "POST", "/api/v9/channels/1/posts", `{}`, "no such path"},
		{"an id that is none", "GET", "/api/v9/channels/general", ``, "no such path"},
		{"no such method", "DELETE", messages, ``, "no such method"},
		{"unknown key", "POST", messages, `{"content":"x","contents":"y"}`, "contents"},
		{"wrong type", "POST", messages, `{"content":1}`, "content"},
		{"unknown key inside", "POST", messages, `{"embeds":[{"title":"t","colour":1}]}`, "colour"},
		{"too long", "POST", messages, `{"embeds":[{"title":"` + strings.Repeat("x", 257) + `"}]}`, "title"},
		{"no JSON", "POST", messages, `content=x`, "invalid"},
		{"the library's own keys on an edit", "PATCH", messages + "/1", `{"ID":"1","Channel":"2","content":"x"}`, ""},
		{"not on a message", "POST", messages, `{"ID":"1","content":"x"}`, "ID"},
		{"an answer's own path", "PATCH", "/api/v9/webhooks/1/token/messages/@original", `{"content":"x"}`, ""},
	} {
		t.Run(x.name, func(t *testing.T) { wantWrong(t, s.CheckDiscord(x.method, x.path, []byte(x.body)), x.wrong) })
	}
}

func wantWrong(t *testing.T, err error, wrong string) {
	t.Helper()
	switch {
	case wrong == "" && err != nil:
		t.Errorf("refused: %v", err)
	case wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)):
		t.Errorf("got %v, want a word of %q", err, wrong)
	}
}

func TestSpecTelegram(t *testing.T) {
	s := loadSpec(t)
	for _, x := range []struct{ name, method, params, wrong string }{
		{"a message", "sendMessage", `chat_id=-100123&text=x&parse_mode=HTML&disable_notification=true`, ""},
		{"a name as chat", "sendMessage", `chat_id=@world&text=x`, ""},
		{"a keyboard", "sendMessage", `chat_id=1&text=x&reply_markup={"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}`, ""},
		{"no such method", "sendMessages", ``, "no such method"},
		{"missing", "sendMessage", `chat_id=1`, "text is missing"},
		{"unknown", "sendMessage", `chat_id=1&text=x&markup=y`, "no parameter markup"},
		{"no number", "sendMessage", `chat_id=1&text=x&message_thread_id=first`, "message_thread_id"},
		{"no boolean", "sendMessage", `chat_id=1&text=x&protect_content=perhaps`, "protect_content"},
		{"no JSON", "sendMessage", `chat_id=1&text=x&link_preview_options=off`, "link_preview_options"},
		{"wrong type inside", "sendMessage", `chat_id=1&text=x&link_preview_options={"is_disabled":"yes"}`, "is_disabled"},
		{"unknown key inside", "sendMessage", `chat_id=1&text=x&reply_markup={"inline_keyboard":[[{"text":"a","calback_data":"b"}]]}`, "calback_data"},
		{"missing inside", "editMessageReplyMarkup", `chat_id=1&message_id=2&reply_markup={"inline_keyboard":[[{"url":"https://e.org"}]]}`, "text is missing"},
		{"no list of lists", "sendMessage", `chat_id=1&text=x&reply_markup={"inline_keyboard":[{"text":"a"}]}`, "is no list"},
		{"list of plain values", "getUpdates", `allowed_updates=["message"]&timeout=50`, ""},
		{"a rich text of parts", "sendRichMessage", `chat_id=1&rich_message={"blocks":[{"type":"paragraph","text":["a",{"type":"bold","text":"b"}]}]}`, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			params := url.Values{}
			for part := range strings.SplitSeq(x.params, "&") {
				if k, v, ok := strings.Cut(part, "="); ok {
					params.Set(k, v)
				}
			}
			wantWrong(t, s.CheckTelegram(x.method, params), x.wrong)
		})
	}
}

// TestViolations has a stand-in refuse what only the description forbids.
func TestViolations(t *testing.T) {
	w := newTown(t, DiscordOptions{Spec: loadSpec(t)})
	a := w.send("POST", "/channels/"+w.text+"/messages", object{"content": "x", "contents": "y"})
	if a.status != 400 || len(w.Violations()) != 1 || !strings.Contains(w.Violations()[0], "contents") {
		t.Errorf("%d %s, violations %q", a.status, a.body, w.Violations())
	}
	if n := len(w.Messages(w.text)); n != 0 {
		t.Errorf("%d messages stand", n)
	}
}

// TestLibraryFollowsTheSpec has a command with everything that the library can
// put into one.
func TestLibraryFollowsTheSpec(t *testing.T) {
	w := newTown(t, DiscordOptions{Spec: loadSpec(t)})
	rights := int64(8)
	w.register(&discordgo.ApplicationCommand{
		Name: "story", Description: "A story", DefaultMemberPermissions: &rights,
		Contexts:                 &[]discordgo.InteractionContextType{discordgo.InteractionContextGuild},
		IntegrationTypes:         &[]discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall},
		NameLocalizations:        &map[discordgo.Locale]string{discordgo.German: "geschichte"},
		DescriptionLocalizations: &map[discordgo.Locale]string{discordgo.German: "Eine Geschichte"},
		Options: []*discordgo.ApplicationCommandOption{{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "add", Description: "d",
			Options: []*discordgo.ApplicationCommandOption{{Type: discordgo.ApplicationCommandOptionString, Name: "topic", Description: "d",
				Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "World", Value: "world"}}}}}},
	})
	if v := w.Violations(); len(v) > 0 {
		t.Errorf("violations: %q", v)
	}
	c := w.dial()
	c.begin(intentGuilds)
	w.ok(w.SetMember(w.reader, permAdmin))
	w.ok(w.Say(t.Context(), w.reader, w.text, "/story add World", ""))
	var i discordgo.Interaction
	w.ok(json.Unmarshal(c.want("INTERACTION_CREATE").Data, &i))
	if o := i.ApplicationCommandData().Options[0]; o.Name != "add" || o.Options[0].StringValue() != "world" {
		t.Errorf("the subcommand came as %+v", o)
	}
}

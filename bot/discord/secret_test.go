package discord

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
	"briefbot/store"
)

// However Discord, or something on the way to it, answers, even with our own
// secrets, neither the bot's token nor an interaction's is told.
func TestLeaksNoSecret(t *testing.T) {
	const asked = "aW50ZXJhY3Rpb24.secret"
	secrets := []string{token, asked}
	answers := map[string]http.HandlerFunc{
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage": func(rw http.ResponseWriter, r *http.Request) {
			c, _, err := rw.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(c, "%s %s\r\n\r\n", r.Header.Get("Authorization"), r.URL)
			c.Close()
		},
		"half a body": func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Length", "1000")
			io.WriteString(rw, `{"id":`)
		},
	}
	for status := 200; status < 600; status++ {
		if http.StatusText(status) == "" {
			continue
		}
		for form, body := range map[string]string{
			"JSON": `{"code":7,"message":"you said %s to %s","errors":{"token":"%[1]s %[2]s"},"retry_after":0.001}`,
			"page": "<html>%s %s</html>",
		} {
			answers[fmt.Sprint(status, " ", form)] = func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Location", "https://elsewhere.example/"+token)
				rw.WriteHeader(status)
				fmt.Fprintf(rw, body, r.Header.Get("Authorization"), r.URL)
			}
		}
	}
	interaction := &discordgo.Interaction{
		ID: "1", AppID: "2", Token: asked, ChannelID: "3",
		Type: discordgo.InteractionApplicationCommand, Data: discordgo.ApplicationCommandInteractionData{Name: "latest"},
	}
	chat := store.Chat{Platform: store.Discord, ID: "3"}
	dl := store.Delivery{ID: 1, Chat: chat, Parts: []store.Part{{Body: []byte(`{"embeds":[]}`), Target: "4"}}}
	for name, answer := range answers {
		server := httptest.NewServer(answer)
		// An adapter of its own: a ban that one answer brings must not hold
		// back the next.
		w := &world{TB: t, log: &journal{}, desk: &desk{answer: func(context.Context, brief.Question) brief.Message { return english.Say("x") }}}
		d := w.adapter(server.URL)
		told := []string{}
		for _, v := range []store.Verdict{d.Send(t.Context(), dl, 0), d.Edit(t.Context(), dl, 0), d.Delete(t.Context(), dl, 0), d.Settle(t.Context(), dl, 0, atOnce)} {
			told = append(told, v.Reason)
		}
		_, v := d.Resolve(t.Context(), chat)
		_, err := d.Render(t.Context(), store.Place{Chat: chat, Kind: store.DiscordForum}, dl, english.Say("x"))
		told = append(told, v.Reason, fmt.Sprint(err), fmt.Sprint(d.Examine(t.Context(), []store.Channel{{Chat: chat}})))
		d.interact(t.Context(), interaction)
		told = append(told, fmt.Sprint(d.follow(t.Context(), interaction, messages(english.Say("x"), func(int) string { return "a" }))), fmt.Sprintf("%v", d.register(t.Context())))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if strings.HasPrefix(name, "401") || name == "cut" || name == "502 page" {
			told = append(told, fmt.Sprint(d.Run(ctx)))
		}
		cancel()
		told = append(told, w.log.String())
		for _, secret := range secrets {
			if strings.Contains(strings.Join(told, "\n"), secret) {
				t.Errorf("%s: tells %s:\n%s", name, secret, strings.Join(told, "\n"))
			}
		}
		d.http.CloseIdleConnections()
		server.Close()
	}
}

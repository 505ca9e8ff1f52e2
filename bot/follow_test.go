package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"briefbot/bot/config"
	"briefbot/bot/sandbox"
)

// bulletin is an announcement channel in which more follows a post, and a role
// that its posts mention.
func (w *world) bulletin() (c *config.Config, chat, role string) {
	w.Helper()
	guild := w.discord.AddGuild("Second House")
	chat, err := w.discord.AddChannel(guild, "bulletin", "announcement")
	if err == nil {
		role, err = w.discord.AddRole(guild, "Readers", true)
	}
	if err != nil {
		w.Fatal(err)
	}
	c = w.config(everySecond)
	ch := &c.Channels[0]
	ch.Chat.ID, ch.Threads, ch.Publish, ch.Ping = chat, true, true, role
	return c, chat, role
}

// bulletinMessage is what a reader sees of a message in it.
type bulletinMessage struct {
	ID     string
	Flags  int
	Thread *struct{ ID, Name string }
}

func (w *world) messages(chat string) []bulletinMessage {
	w.Helper()
	var all []bulletinMessage
	for _, raw := range w.discord.Messages(chat) {
		var m bulletinMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			w.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// followed tells what follows the posts in a chat: the names of their threads,
// and how many messages are not published.
func (w *world) followed(chat string) (threads []string, unpublished int) {
	for _, m := range w.messages(chat) {
		if m.Thread != nil {
			threads = append(threads, m.Thread.Name)
		}
		if m.Flags&1 == 0 {
			unpublished++
		}
	}
	return threads, unpublished
}

// pings are what the writes into a chat pinged, but for those that did not.
func (w *world) pings(chat string) (all []string) {
	for _, e := range w.discord.Transcript() {
		if e.Chat == chat && len(e.Pings) > 0 {
			all = append(all, fmt.Sprint(e.Method, e.Pings))
		}
	}
	return all
}

// Whatever goes wrong behind a post, its thread is begun once and it is
// published, and neither costs a reader a post, nor brings one twice.
func TestFaultsBehindAPost(t *testing.T) {
	for _, method := range []string{"thread", "publish"} {
		for _, fault := range []sandbox.Fault{
			{Failure: sandbox.DropBefore},
			{Failure: sandbox.DropAfter},
			{Failure: sandbox.Late, Delay: 600 * time.Millisecond},
			{Failure: sandbox.Unavailable},
			{Failure: sandbox.UnavailableAfter},
			{Failure: sandbox.Limited, Delay: time.Second},
			{Failure: sandbox.Limited, Delay: time.Second, Code: 20028},
			{Failure: sandbox.Limited, Delay: time.Second, Global: true},
			{Failure: sandbox.Hang, Delay: time.Second},
		} {
			fault.Method, fault.Times = method, 2
			t.Run(fmt.Sprintf("%s of %s %d", fault.Failure, method, fault.Code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				c, chat, role := w.bulletin()
				w.discord.Fault(fault)
				w.write("1.txt", news(1, false))
				w.write("2.txt", news(2, true))
				w.start(c)
				want := []string{"Harbour report 1", "Harbour report 2"}
				w.until("both threads, and all published", func() bool {
					threads, unpublished := w.followed(chat)
					return len(threads) == 2 && unpublished == 0
				})
				w.stop()
				threads, _ := w.followed(chat)
				messages := w.messages(chat)
				if slices.Sort(threads); !slices.Equal(threads, want) || len(messages) < 3 || messages[len(messages)-1].Thread == nil {
					t.Errorf("threads %q below %+v", threads, messages)
				}
				if got := w.marks(chat); len(got) != 42 {
					t.Errorf("posted: %v", got)
				}
				if got, want := fmt.Sprint(w.pings(chat)), fmt.Sprintf("[create[%s] create[%s]]", role, role); got != want {
					t.Errorf("pings: %s, want %s", got, want)
				}
			})
		}
	}
}

// A bot that may not begin threads posts all the same, and its operator is told
// once.
func TestThreadsNotAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, chat, _ := w.bulletin()
	if err := w.discord.SetPermissions(chat, 1<<10|1<<11|1<<14|1<<16); err != nil {
		t.Fatal(err)
	}
	w.start(c)
	for i := range 3 {
		w.write(fmt.Sprint(i, ".txt"), news(i, false))
		w.until("the post, published", func() bool {
			_, unpublished := w.followed(chat)
			return len(w.marks(chat)) == 2*(i+1) && unpublished == 0
		})
		w.until("the try", func() bool { all, _ := w.discord.Requests("thread"); return all == i+1 })
	}
	w.stop()
	if all, _ := w.discord.Requests("thread"); all != 3 {
		t.Errorf("%d tries for three posts", all)
	}
	if n := strings.Count(w.journal.String(), "posts are left bare"); n != 1 || !strings.Contains(w.journal.String(), "give the bot Create Public Threads") {
		t.Errorf("told %d times", n)
	}
	r, err := recordsOf(t.Context(), c.Data)
	if err != nil {
		t.Fatal(err)
	}
	told := ""
	for _, f := range r.findings(c.Timezone) {
		told += f.About + ": " + f.Text + "\n"
	}
	if !strings.Contains(told, "1 left bare") || strings.Count(told, "was left bare on") != 1 || !strings.Contains(told, "news: desk:0.txt was left bare") {
		t.Errorf("doctor: %s", told)
	}
}

// Below a post, a question is about that post, also when another came since.
func TestAskBelowAPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, chat, _ := w.bulletin()
	w.write("ferry.txt", ferry)
	w.start(c)
	thread := func(i int) string {
		w.until(fmt.Sprint("thread ", i), func() bool {
			all := w.messages(chat)
			return len(all) > i && all[i].Thread != nil
		})
		return w.messages(chat)[i].Thread.ID
	}
	first := thread(0)
	w.write("2.txt", news(2, false))
	second := thread(1)
	w.until("the commands", func() bool { return len(w.discord.Commands(first)) > 0 })
	for where, want := range map[string]string{first: "promise <b>made</b> before an election.", second: "Too late."} {
		w.ask("in "+where, w.discordAnswer, want, func() error {
			return w.discord.Say(t.Context(), w.reader.discord, where, "/critical", "")
		})
	}
}

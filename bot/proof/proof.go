package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"briefbot/bot/sandbox"
)

// Options say how hard to try.
type Options struct {
	// Command runs the program: its path and what stands before its flags.
	Command []string
	// Folder is where the program's files go; it must be empty.
	Folder string
	Seed   uint64
	Kills  int
	// Faults switches on what goes wrong beside the kills.
	Faults bool
	// Output gets the program's log.
	Output io.Writer
}

const (
	discordToken  = "proof.discord.token"
	telegramToken = "4711:proof-telegram-token"
	// settleAfter is the program's; a request that comes late comes within it.
	settleAfter = 1500 * time.Millisecond
	latest      = time.Second
	// comeIn is behind how many newer stories one has surely come in.
	comeIn = 12
	// quiet is longer than any pause that the program makes between two tries.
	quiet = 75 * time.Second
	// calm is how long the program gets at the end, with nothing going wrong,
	// to finish what it has.
	calm = 3 * time.Minute
)

// proof is one run.
type proof struct {
	Options
	rand      *rand.Rand
	discord   *sandbox.Discord
	telegram  *sandbox.Telegram
	address   string
	chats     map[string]string // where posts go: name → id
	role      string            // on Discord: the bulletin's posts mention it
	reader    string            // on Telegram
	stranger  string            // on Discord
	stories   []story
	questions map[string]int // asked, by the group's name
}

// Run tries for so many kills, and says what readers would have to complain
// about. An error says that the proof itself could not be made.
func Run(ctx context.Context, o Options) (Report, error) {
	p := &proof{Options: o, rand: rand.New(rand.NewPCG(o.Seed, 1)), questions: map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Report{}, err
	}
	if err := p.build(l.Addr().String()); err != nil {
		l.Close()
		return Report{}, err
	}
	srv := &http.Server{Handler: sandbox.Mux(p.discord, p.telegram, nil), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	defer func() {
		srv.Close()
		<-served
		p.discord.Close()
		p.telegram.Close()
	}()
	if err := p.configure(); err != nil {
		return Report{}, err
	}
	if err := p.acquaint(ctx); err != nil {
		return Report{}, err
	}
	for range o.Kills {
		if err := p.round(ctx); err != nil {
			return Report{}, err
		}
	}
	p.discord.ClearFaults()
	p.telegram.ClearFaults()
	if err := p.finish(ctx); err != nil {
		return Report{}, err
	}
	return p.report(), nil
}

// build makes both platforms and their chats.
func (p *proof) build(address string) error {
	p.address = "http://" + address
	p.discord = sandbox.NewDiscord(sandbox.DiscordOptions{Token: discordToken, Seed: p.Seed})
	p.telegram = sandbox.NewTelegram(sandbox.TelegramOptions{Token: telegramToken, Username: "proof_bot", Seed: p.Seed})
	// Every other time, answers in groups are for all, and so looked for as posts
	// are.
	p.telegram.SetLoud(p.aloud())
	guild := p.discord.AddGuild("Proof")
	text, err := p.discord.AddChannel(guild, "news", "text")
	if err != nil {
		return err
	}
	bulletin, err := p.discord.AddChannel(guild, "bulletin", "announcement")
	if err != nil {
		return err
	}
	if p.role, err = p.discord.AddRole(guild, "Readers", true); err != nil {
		return err
	}
	group, basic := p.telegram.AddSupergroup("Talk"), p.telegram.AddGroup("Small Talk")
	for _, g := range []string{group, basic} {
		p.telegram.SetRights(g, sandbox.TelegramRights{Admin: true})
	}
	p.stranger = p.discord.AddUser("bob")
	p.reader = p.telegram.AddUser("Ann")
	p.chats = map[string]string{"discord": text, "bulletin": bulletin, "channel": p.telegram.AddChannel("Brief", ""), "rich": p.telegram.AddChannel("Rich Brief", ""), "group": group, "basic": basic, "private": p.reader}
	// The reader has pressed Start, before the proof begins.
	return p.telegram.Say(context.Background(), p.reader, p.reader, "/start", "")
}

func (p *proof) configure() error {
	text := fmt.Sprintf(`
data: data
settle_after: %s
sources: [{name: desk, dir: stories, rescan: 500ms, on_removed: retract}]
web: {listen: off}
discord: {token: %s, api_url: %s, rates: {all: off}}
telegram: {token: "%s", api_url: %s, rates: {all: off, chat: off, group: off}}
questions: {reader: off, chat: off}
channels:
  - {name: discord, discord: %s, schedule: "@every 1s", limit: 30, backfill: 30}
  - {name: bulletin, discord: %s, schedule: "@every 1s", limit: 30, backfill: 30, threads: true, publish: true, ping: %s}
  - {name: channel, telegram: %s, schedule: "@every 1s", limit: 30, backfill: 30}
  - {name: rich, telegram: %s, schedule: "@every 1s", limit: 30, backfill: 30, format: rich}
  - {name: group, telegram: %s, schedule: "@every 1s", limit: 30, backfill: 30}
  - {name: basic, telegram: %s, schedule: "@every 1s", limit: 30, backfill: 30}
  - {name: private, telegram: %s, schedule: "@every 1s", limit: 30, backfill: 30}
`, settleAfter, discordToken, p.address, telegramToken, p.address, p.chats["discord"], p.chats["bulletin"], p.role, p.chats["channel"], p.chats["rich"], p.chats["group"], p.chats["basic"], p.chats["private"])
	if err := os.Mkdir(filepath.Join(p.Folder, "stories"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.Folder, "config.yaml"), []byte(text), 0o600)
}

// start runs the program.
func (p *proof) start(ctx context.Context) (*exec.Cmd, error) {
	args := append(p.Command[1:len(p.Command):len(p.Command)], "--config", filepath.Join(p.Folder, "config.yaml"))
	cmd := exec.CommandContext(ctx, p.Command[0], args...)
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	return cmd, nil
}

// acquaint lets the program post once everywhere, undisturbed. A message that is
// lost on its way into a Telegram chat of which no message is known can't be
// found, and is sent again or held as the channel wants: that is told in the
// README, and no matter of this proof.
func (p *proof) acquaint(ctx context.Context) error {
	cmd, err := p.start(ctx)
	if err != nil {
		return err
	}
	wait := func() error {
		if err := p.write(story{n: 1, bullets: 2}); err != nil {
			return err
		}
		for over := time.After(calm); len(p.report().Wrong) > 0; {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-over:
				return fmt.Errorf("the first story did not come: %v", p.report().Wrong)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	// Told to end, and not killed, so that the posts are on record too.
	return errors.Join(wait(), cmd.Process.Signal(os.Interrupt), cmd.Wait())
}

// round runs the program for a while, lets things happen, and kills it.
func (p *proof) round(ctx context.Context) error {
	if p.Faults {
		p.trouble()
	}
	cmd, err := p.start(ctx)
	if err != nil {
		return err
	}
	end := time.After(time.Duration(150+p.rand.IntN(1500)) * time.Millisecond)
	for alive := true; alive; {
		select {
		case <-end:
			alive = false
		case <-time.After(time.Duration(20+p.rand.IntN(150)) * time.Millisecond):
			if err := p.happen(ctx); err != nil {
				return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
			}
		case <-ctx.Done():
			alive = false
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		return fmt.Errorf("the program ended by itself: %w", errors.Join(err, cmd.Wait()))
	}
	cmd.Wait() // it was killed: that is its error
	return ctx.Err()
}

// happen lets one thing happen: a story comes, changes or is taken back, somebody
// writes, a reader asks.
func (p *proof) happen(ctx context.Context) error {
	switch n := p.rand.IntN(20); {
	case n < 6:
		return p.write(newStory(len(p.stories)+1, p.rand))
	case n < 9 && len(p.stories) > comeIn:
		// Only what surely came in: the order is that of coming in.
		s := &p.stories[p.rand.IntN(len(p.stories)-comeIn)]
		if s.removed {
			return nil
		}
		if p.rand.IntN(4) == 0 {
			s.removed = true
			return os.Remove(filepath.Join(p.Folder, "stories", s.file()))
		}
		s.version++
		return p.save(*s)
	case n < 11:
		return p.telegram.Say(ctx, p.reader, p.chats["group"], "chatter", "")
	case n < 12:
		return p.telegram.Say(ctx, p.reader, p.chats["basic"], "chatter", "")
	case n < 13:
		channel := []string{"channel", "rich"}[p.rand.IntN(2)]
		return p.telegram.Say(ctx, p.reader, p.chats[channel], "an editor's own post", "")
	case n < 15:
		return p.discord.Say(ctx, p.stranger, p.chats["discord"], "chatter", "")
	case n < 16:
		return p.telegram.Say(ctx, p.reader, p.reader, "/help", "")
	default:
		group := []string{"group", "basic"}[n%2]
		question := []string{"/help@proof_bot", "/critical@proof_bot", "/sources@proof_bot"}[p.rand.IntN(3)]
		p.questions[group]++
		return p.telegram.Say(ctx, p.reader, p.chats[group], question, "")
	}
}

func (p *proof) write(s story) error {
	p.stories = append(p.stories, s)
	return p.save(s)
}

// save writes the file as a careful editor does: in one step.
func (p *proof) save(s story) error {
	path := filepath.Join(p.Folder, "stories", s.file())
	if err := os.WriteFile(path+".tmp", []byte(s.text()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// trouble switches on what goes wrong in the next round.
func (p *proof) trouble() {
	p.discord.ClearFaults()
	p.telegram.ClearFaults()
	all := []sandbox.Fault{
		{Failure: sandbox.DropBefore, Method: "create"},
		{Failure: sandbox.DropAfter, Method: "create"},
		{Failure: sandbox.Late, Method: "create", Delay: latest},
		{Failure: sandbox.UnavailableAfter, Method: "create"},
		{Failure: sandbox.Unavailable, Method: "create"},
		{Failure: sandbox.Limited, Method: "create", Delay: time.Second},
		{Failure: sandbox.DropAfter, Method: "edit"},
		{Failure: sandbox.Unavailable, Method: "edit"},
		{Failure: sandbox.DropAfter, Method: "thread"},
		{Failure: sandbox.Late, Method: "thread", Delay: latest},
		{Failure: sandbox.Limited, Method: "publish", Delay: time.Second},
		{Failure: sandbox.DropAfter, Method: "publish"},
		{Failure: sandbox.DropAfter, Method: "updates"},
		{Failure: sandbox.Hang, Method: "create", Delay: 300 * time.Millisecond},
	}
	for range 1 + p.rand.IntN(3) {
		f := all[p.rand.IntN(len(all))]
		f.Chance = 0.1 + 0.3*p.rand.Float64()
		p.discord.Fault(f)
		p.telegram.Fault(f)
	}
}

// finish runs the program with nothing going wrong until everything is posted
// and nothing more happens, or until calm is over.
func (p *proof) finish(ctx context.Context) error {
	cmd, err := p.start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	over := time.After(calm)
	last, since := -1, time.Now()
	for {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if n := len(p.discord.Transcript()) + len(p.telegram.Transcript()); n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > 3*settleAfter+3*time.Second {
			if r := p.report(); r.hopeless || len(r.Wrong) == 0 || time.Since(since) > quiet {
				return nil
			}
		}
	}
}

// report holds what came out against what had to.
func (p *proof) report() Report {
	r := Report{Seed: p.Seed, Kills: p.Kills, Stories: len(p.stories)}
	discord, telegram := p.discord.Transcript(), p.telegram.Transcript()
	for name, chat := range p.chats {
		transcript := telegram
		if name == "discord" || name == "bulletin" {
			transcript = discord
		}
		posts, hopeless, wrong := judge(name, marks(transcript, chat), p.stories)
		r.Posts += posts
		r.hopeless = r.hopeless || hopeless
		r.Wrong = append(r.Wrong, wrong...)
		r.Wrong = append(r.Wrong, stale(name, chat, transcript, p.stories)...)
	}
	r.Wrong = append(r.Wrong, bare(p.discord.Messages(p.chats["bulletin"]))...)
	r.Wrong = append(r.Wrong, pinged(discord, p.chats["bulletin"], p.role)...)
	for _, name := range []string{"channel", "rich", "group", "basic"} {
		r.Wrong = append(r.Wrong, altered(p.telegram.Messages(p.chats[name]))...)
	}
	groups := map[string][]json.RawMessage{}
	for _, name := range []string{"group", "basic"} {
		r.Questions += p.questions[name]
		groups[name] = p.telegram.Seen(p.reader, p.chats[name])
		if p.aloud() {
			r.Wrong = append(r.Wrong, answered(name, groups[name], p.questions[name])...)
		}
	}
	if private := p.telegram.Messages(p.reader); p.aloud() {
		r.Wrong = append(r.Wrong, answeredAlone("private", private)...)
	} else {
		r.Wrong = append(r.Wrong, whispered(groups, private, r.Questions)...)
	}
	return r
}

// aloud says that the API server knows no messages for one reader alone.
func (p *proof) aloud() bool { return p.Seed%2 == 0 }

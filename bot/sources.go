package bot

import (
	"log/slog"

	"briefbot/bot/config"
	"briefbot/bot/intake"
)

// newSource makes the source that the configuration names.
func newSource(s config.Source, fetcher *intake.Fetcher, log *slog.Logger) intake.Source {
	if s.Dir != "" {
		return intake.NewFolder(intake.FolderOptions{
			Name: s.Name, Dir: s.Dir, Topics: s.Topics, Language: s.Language, Rescan: s.Rescan, Log: log,
		})
	}
	poll := intake.PollOptions{
		Name: s.Name, Topics: s.Topics, Language: s.Language, Every: s.Every, Narratives: s.Require == config.Narratives,
		Private: s.AllowPrivate, Fetcher: fetcher, Log: log,
	}
	switch {
	case s.Page != "":
		return intake.NewPage(intake.PageOptions{PollOptions: poll, Address: s.Page, Selectors: intake.Selectors(s.Selectors)})
	case s.Kagi != "":
		return intake.NewKagi(intake.KagiOptions{PollOptions: poll, Category: s.Kagi, APIURL: s.APIURL})
	}
	return intake.NewFeed(intake.FeedOptions{PollOptions: poll, Address: s.Feed, Follow: s.Follow, Selectors: intake.Selectors(s.Selectors)})
}

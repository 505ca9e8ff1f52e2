package brief

// The bot's own words. What a story says is never among them.
const (
	wordCritical      = "Critical"
	wordEstablishment = "Establishment"
	wordSources       = "Sources"
	wordMore          = "More…"
	wordStory         = "Story"
	wordLatest        = "Latest"
	wordUpdated       = "Updated "
	wordFrom          = "From "
	wordRetracted     = "This story was retracted on "
	wordDigest        = "News of "
	wordNoSources     = "This story came without its list of sources: the numbers in brackets are all that is known of them."
	wordUncited       = "This story names no sources."
	wordUntitled      = "(no title)"
	wordUnlisted      = "not in the story's list"
	wordNarrative     = " narrative"
	wordNoSide        = "This story has no narrative of that kind. It has: "
	wordHelp          = "Every story, both sides, all sources"
	wordHelpIntro     = "I post the news as neutral bullets with their sources, and tell you either narrative of a story when you ask."
	wordHelpStory     = "Press a button below a post, reply to it with a command, or name a story: its short id, or words of its headline. With neither, I take the last story posted here."
	wordNoNarratives  = "This story came without narratives."
)

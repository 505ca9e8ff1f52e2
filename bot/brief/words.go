package brief

// Phrase names something that the bot says in words of its own: the catalogues
// in the folder words have it in each language. What a story says is never
// among them.
type Phrase string

// What brief says itself.
const (
	wordCritical      Phrase = "button.critical"
	wordEstablishment Phrase = "button.establishment"
	wordSources       Phrase = "button.sources"
	wordMore          Phrase = "button.more"
	wordStory         Phrase = "button.story"
	wordLatest        Phrase = "button.latest"

	wordUpdated   Phrase = "post.updated"
	wordRetracted Phrase = "post.retracted"
	wordDigest    Phrase = "post.digest"
	wordFrom      Phrase = "post.from"

	wordNarrative    Phrase = "narrative.label"
	wordNoSide       Phrase = "narrative.none_of_that_kind"
	wordNoNarratives Phrase = "narrative.none_at_all"

	wordNoSources Phrase = "sources.without_list"
	wordUncited   Phrase = "sources.none_at_all"
	wordUntitled  Phrase = "sources.untitled"
	wordUnlisted  Phrase = "sources.unlisted" // by their count

	wordLeft        Phrase = "leaning.left"
	wordCentreLeft  Phrase = "leaning.centre_left"
	wordCentre      Phrase = "leaning.centre"
	wordCentreRight Phrase = "leaning.centre_right"
	wordRight       Phrase = "leaning.right"

	wordFarCritical      Phrase = "leaning.critical"
	wordRatherCritical   Phrase = "leaning.rather_critical"
	wordBetween          Phrase = "leaning.between"
	wordRatherEstablish  Phrase = "leaning.rather_establishment"
	wordFarEstablishment Phrase = "leaning.establishment"

	wordHelp      Phrase = "help.title"
	wordHelpIntro Phrase = "help.intro"
	wordHelpStory Phrase = "help.story"

	wordDate     Phrase = "date.day"
	wordComma    Phrase = "punctuation.comma"
	wordList     Phrase = "punctuation.list"
	wordColon    Phrase = "punctuation.colon"
	wordBrackets Phrase = "punctuation.brackets"
)

// months are the names of the months as they stand in a date.
var months = [...]Phrase{
	"month.january", "month.february", "month.march", "month.april", "month.may", "month.june",
	"month.july", "month.august", "month.september", "month.october", "month.november", "month.december",
}

// What the commands are called in a menu that has names in each language, and
// what they do.
const (
	NameCritical      Phrase = "command.critical.name"
	HelpCritical      Phrase = "command.critical.help"
	NameEstablishment Phrase = "command.establishment.name"
	HelpEstablishment Phrase = "command.establishment.help"
	NameSources       Phrase = "command.sources.name"
	HelpSources       Phrase = "command.sources.help"
	NameLatest        Phrase = "command.latest.name"
	HelpLatest        Phrase = "command.latest.help"
	NameStory         Phrase = "command.story.name"
	HelpStory         Phrase = "command.story.help"
	NameHelp          Phrase = "command.help.name"
	HelpHelp          Phrase = "command.help.help"

	NameStoryOption Phrase = "option.story.name"
	HelpStoryOption Phrase = "option.story.help"
)

// What is said instead of an answer, and above a list.
const (
	SayNoStories Phrase = "say.no_stories"
	SayUnknown   Phrase = "say.unknown"
	SayNoSuch    Phrase = "say.no_such"
	SayOldButton Phrase = "say.old_button"
	SayTrouble   Phrase = "say.trouble"
	TitleLatest  Phrase = "title.latest"
	TitleWhich   Phrase = "title.which"
)

// What is said of lists of stories, of all narratives together, and to who asks
// too much.
const (
	NameToday        Phrase = "reading.brief.name"
	HelpToday        Phrase = "reading.brief.help"
	wordToday        Phrase = "reading.brief.title"
	wordNothingToday Phrase = "reading.brief.nothing"

	NameNarratives      Phrase = "reading.narratives.name"
	HelpNarratives      Phrase = "reading.narratives.help"
	OnMessageNarratives Phrase = "reading.narratives.on_message"
	wordChoose          Phrase = "reading.narratives.choose"

	OnMessageSources Phrase = "reading.source.on_message"
	NameNumberOption Phrase = "reading.source.option"
	HelpNumberOption Phrase = "reading.source.option_help"
	wordSource       Phrase = "reading.source.title"
	wordNoSource     Phrase = "reading.source.no_such"

	NameTopics       Phrase = "reading.topics.name"
	HelpTopics       Phrase = "reading.topics.help"
	NameTopicOption  Phrase = "reading.topics.option"
	HelpTopicOption  Phrase = "reading.topics.option_help"
	wordTopics       Phrase = "reading.topics.title"
	wordTopic        Phrase = "reading.topics.single"
	wordTopicStories Phrase = "reading.topics.stories" // by their count
	SayNoTopics      Phrase = "reading.topics.none"
	SayNoSuchTopic   Phrase = "reading.topics.no_such"

	wordPage     Phrase = "reading.page.title"
	wordPrevious Phrase = "reading.page.previous"
	wordNext     Phrase = "reading.page.next"

	wordHelpAdmins Phrase = "reading.help.admins"

	SayTooLong Phrase = "reading.say.too_long"
	SayWait    Phrase = "reading.say.wait"
)

// What is said of Discord's menus.
const (
	SayNotMine Phrase = "discord.not_mine" // of a message that a command was used on
)

// What readers choose for themselves, and what is said of it.
const (
	NameStart           Phrase = "reader.start.name"
	HelpStart           Phrase = "reader.start.help"
	NameMyBrief         Phrase = "reader.mybrief.name"
	HelpMyBrief         Phrase = "reader.mybrief.help"
	NameFollow          Phrase = "reader.follow.name"
	HelpFollow          Phrase = "reader.follow.help"
	NameFollowTopic     Phrase = "reader.follow.topic"
	HelpFollowTopic     Phrase = "reader.follow.topic_help"
	NameFollowStory     Phrase = "reader.follow.story"
	HelpFollowStory     Phrase = "reader.follow.story_help"
	NameFollowList      Phrase = "reader.follow.list"
	HelpFollowList      Phrase = "reader.follow.list_help"
	NameUnfollow        Phrase = "reader.unfollow.name"
	HelpUnfollow        Phrase = "reader.unfollow.help"
	HelpUnfollowTopic   Phrase = "reader.unfollow.topic_help"
	HelpUnfollowStory   Phrase = "reader.unfollow.story_help"
	NameLanguage        Phrase = "reader.language.name"
	HelpLanguage        Phrase = "reader.language.help"
	NameStop            Phrase = "reader.stop.name"
	HelpStop            Phrase = "reader.stop.help"
	NamePrivacy         Phrase = "reader.privacy.name"
	HelpPrivacy         Phrase = "reader.privacy.help"
	NameForgetMe        Phrase = "reader.forgetme.name"
	HelpForgetMe        Phrase = "reader.forgetme.help"
	NameLanguageOption  Phrase = "reader.option.language"
	HelpLanguageOption  Phrase = "reader.option.language_help"
	NameTimeOption      Phrase = "reader.option.time"
	HelpTimeOption      Phrase = "reader.option.time_help"
	NameZoneOption      Phrase = "reader.option.zone"
	HelpZoneOption      Phrase = "reader.option.zone_help"
	wordGreeting        Phrase = "reader.say.greeting"
	wordBack            Phrase = "reader.say.back"
	wordStopped         Phrase = "reader.say.stopped"
	SayWhichLanguage    Phrase = "reader.say.which_language"
	SayNoLanguage       Phrase = "reader.say.no_language"
	wordLanguageSet     Phrase = "reader.say.language_set"
	wordBriefNone       Phrase = "reader.say.brief_none"
	wordBriefAt         Phrase = "reader.say.brief_at"
	wordBriefTyped      Phrase = "reader.say.brief_typed"
	wordBriefSet        Phrase = "reader.say.brief_set"
	wordBriefOff        Phrase = "reader.say.brief_off"
	SayBadTime          Phrase = "reader.say.bad_time"
	SayWhichZone        Phrase = "reader.say.which_zone"
	SayBadZone          Phrase = "reader.say.bad_zone"
	wordZoneTyped       Phrase = "reader.say.zone_typed"
	SayNoHome           Phrase = "reader.say.no_home"
	SayInPrivate        Phrase = "reader.say.in_private"
	wordTopicFollowed   Phrase = "reader.say.topic_followed"
	wordStoryFollowed   Phrase = "reader.say.story_followed"
	wordUnfollowed      Phrase = "reader.say.unfollowed"
	SayNotFollowed      Phrase = "reader.say.not_followed"
	wordFollowUnknown   Phrase = "reader.say.follow_unknown"
	wordTooMany         Phrase = "reader.say.too_many"
	wordFollowsHint     Phrase = "reader.say.follows_hint"
	wordFollowsNothing  Phrase = "reader.say.follows_nothing"
	wordFollowed        Phrase = "reader.say.followed"
	wordMyBrief         Phrase = "reader.button.my_brief"
	wordLanguage        Phrase = "reader.button.language"
	wordHelpButton      Phrase = "reader.button.help"
	wordStart           Phrase = "reader.button.start"
	SayOff              Phrase = "reader.button.off"
	wordOtherTime       Phrase = "reader.button.other_time"
	wordUnfollow        Phrase = "reader.button.unfollow"
	wordFollow          Phrase = "reader.button.follow"
	wordFollows         Phrase = "reader.button.follows"
	wordFollowAnyway    Phrase = "reader.button.follow_anyway"
	wordForgetButton    Phrase = "reader.button.forget"
	wordForgetYes       Phrase = "reader.button.forget_yes"
	wordForgetNo        Phrase = "reader.button.forget_no"
	wordFollowsTitle    Phrase = "reader.title.follows"
	wordPrivacy         Phrase = "reader.stored.title"
	wordPrivacyUser     Phrase = "reader.stored.user"
	wordPrivacyChat     Phrase = "reader.stored.chat"
	wordPrivacyLanguage Phrase = "reader.stored.language"
	wordPrivacyZone     Phrase = "reader.stored.zone"
	wordPrivacyBrief    Phrase = "reader.stored.brief"
	wordPrivacyTopics   Phrase = "reader.stored.topics"
	wordPrivacyStories  Phrase = "reader.stored.stories"
	wordPrivacySince    Phrase = "reader.stored.since"
	wordNothing         Phrase = "reader.stored.nothing"
	wordPrivacyKept     Phrase = "reader.stored.kept"
	wordPrivacyNot      Phrase = "reader.stored.not"
	wordPrivacyForget   Phrase = "reader.stored.forget"
	wordForgetAsk       Phrase = "reader.forget.ask"
	SayNothingErased    Phrase = "reader.forget.nothing"
	wordForgotten       Phrase = "reader.forget.done"
)

// What is said of a search.
const (
	NameSearch      Phrase = "search.name"
	HelpSearch      Phrase = "search.help"
	NameWordsOption Phrase = "search.words"
	HelpWordsOption Phrase = "search.words_help"

	wordFound    Phrase = "search.found" // by their count
	wordBuilding Phrase = "search.building"
	wordNoneSuch Phrase = "search.none"
	wordSearch   Phrase = "search.how"
	wordNoDate   Phrase = "search.no_date"
)

// The rights that the bot may lack in a chat, each with how to give it.
const (
	LackView    Phrase = "chats.lack.view"
	LackSend    Phrase = "chats.lack.send"
	LackSendIn  Phrase = "chats.lack.send_in_threads"
	LackEmbed   Phrase = "chats.lack.embed"
	LackHistory Phrase = "chats.lack.history"
	LackPost    Phrase = "chats.lack.post"
	LackWrite   Phrase = "chats.lack.write"
)

// How a schedule is said.
const (
	wordComes        Phrase = "when.comes"
	wordEveryHour    Phrase = "when.every_hour"
	wordEveryHours   Phrase = "when.every_hours"   // by their count
	wordEveryMinutes Phrase = "when.every_minutes" // by their count
	wordEveryDay     Phrase = "when.every_day"
	wordWorkdays     Phrase = "when.workdays"
	wordOnDays       Phrase = "when.on_days"
	wordSunday       Phrase = "when.sunday"
	wordMonday       Phrase = "when.monday"
	wordTuesday      Phrase = "when.tuesday"
	wordWednesday    Phrase = "when.wednesday"
	wordThursday     Phrase = "when.thursday"
	wordFriday       Phrase = "when.friday"
	wordSaturday     Phrase = "when.saturday"
)

// The commands of those who manage a chat, and what can be said with them.
const (
	NameSubscribe   Phrase = "chats.command.subscribe.name"
	HelpSubscribe   Phrase = "chats.command.subscribe.help"
	NameUnsubscribe Phrase = "chats.command.unsubscribe.name"
	HelpUnsubscribe Phrase = "chats.command.unsubscribe.help"
	NameSchedule    Phrase = "chats.command.schedule.name"
	HelpSchedule    Phrase = "chats.command.schedule.help"
	NameTimezone    Phrase = "chats.command.timezone.name"
	HelpTimezone    Phrase = "chats.command.timezone.help"
	NameMode        Phrase = "chats.command.mode.name"
	HelpMode        Phrase = "chats.command.mode.help"
	NameSettings    Phrase = "chats.command.settings.name"
	HelpSettings    Phrase = "chats.command.settings.help"
	NameTest        Phrase = "chats.command.test.name"
	HelpTest        Phrase = "chats.command.test.help"
	NamePause       Phrase = "chats.command.pause.name"
	HelpPause       Phrase = "chats.command.pause.help"

	NameTopicsOption  Phrase = "chats.option.topics.name"
	HelpTopicsOption  Phrase = "chats.option.topics.help"
	NameOnlyOption    Phrase = "chats.option.only.name"
	HelpOnlyOption    Phrase = "chats.option.only.help"
	NameChannelOption Phrase = "chats.option.channel.name"
	HelpChannelOption Phrase = "chats.option.channel.help"
	NameWhenOption    Phrase = "chats.option.when.name"
	HelpWhenOption    Phrase = "chats.option.when.help"
	NamePlaceOption   Phrase = "chats.option.place.name"
	HelpPlaceOption   Phrase = "chats.option.place.help"
	NameModeOption    Phrase = "chats.option.mode.name"
	HelpModeOption    Phrase = "chats.option.mode.help"
	CalledEach        Phrase = "chats.option.mode.each"
	CalledDigest      Phrase = "chats.option.mode.digest"
)

// What is said to those who manage a chat.
const (
	SayNotAdmin      Phrase = "chats.say.not_admin"
	SayNoChat        Phrase = "chats.say.no_chat"
	SayByOperator    Phrase = "chats.say.by_operator"
	SayNoneHere      Phrase = "chats.say.none_here"
	SayClosed        Phrase = "chats.say.closed"
	SayTooMany       Phrase = "chats.say.too_many"
	SayLacks         Phrase = "chats.say.lacks"
	SaySubscribed    Phrase = "chats.say.subscribed"
	SayWaiting       Phrase = "chats.say.waiting"
	SayExists        Phrase = "chats.say.exists"
	SayEnded         Phrase = "chats.say.ended"
	SayConfirm       Phrase = "chats.say.confirm"
	SayNotUnderstood Phrase = "chats.say.not_understood"
	SayNoZone        Phrase = "chats.say.no_zone"
	SayOtherZone     Phrase = "chats.say.other_zone"
	SayPaused        Phrase = "chats.say.paused"
	wordSayOther     Phrase = "chats.say.other_schedule"
	wordUnheard      Phrase = "chats.say.unheard"
	wordIsSample     Phrase = "chats.say.sample"
)

// The settings of a chat, and what they may be.
const (
	wordSettings      Phrase = "chats.settings.title"
	wordSettingsOf    Phrase = "chats.settings.title_of"
	wordSetSchedule   Phrase = "chats.settings.schedule"
	wordSetTimezone   Phrase = "chats.settings.timezone"
	wordSetTopics     Phrase = "chats.settings.topics"
	wordSetMode       Phrase = "chats.settings.mode"
	wordSetLanguage   Phrase = "chats.settings.language"
	wordSetNarratives Phrase = "chats.settings.narratives"
	wordSetUpdates    Phrase = "chats.settings.updates"
	wordSetQuiet      Phrase = "chats.settings.quiet"
	wordSetFormat     Phrase = "chats.settings.format"
	wordClassic       Phrase = "chats.settings.classic"
	wordRich          Phrase = "chats.settings.rich"
	wordAboutRich     Phrase = "chats.settings.about_rich"
	wordPause         Phrase = "chats.settings.pause"
	wordResume        Phrase = "chats.settings.resume"
	wordSample        Phrase = "chats.settings.sample"
	wordEndIt         Phrase = "chats.settings.end"
	wordYesEnd        Phrase = "chats.settings.yes_end"
	wordAllSettings   Phrase = "chats.settings.back"
	wordMoreTopics    Phrase = "chats.settings.more_topics"
	wordAllTopics     Phrase = "chats.settings.all_topics"
	wordFold          Phrase = "chats.settings.fold"
	wordAsk           Phrase = "chats.settings.ask"
	wordUsual         Phrase = "chats.settings.usual"
	wordEdit          Phrase = "chats.settings.edit"
	wordIgnore        Phrase = "chats.settings.ignore"
	wordRepost        Phrase = "chats.settings.repost"
	wordNever         Phrase = "chats.settings.never"
	wordOwnName       Phrase = "chats.settings.own_name"
)

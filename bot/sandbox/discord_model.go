package sandbox

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The kinds of Discord channels that the stand-in has, by the API's numbers.
const (
	dcText               = 0
	dcDM                 = 1
	dcGroupDM            = 3
	dcAnnouncement       = 5
	dcAnnouncementThread = 10
	dcPublicThread       = 11
	dcPrivateThread      = 12
	dcForum              = 15
)

// Flags of messages.
const (
	dcFlagCrossposted   = 1
	dcFlagNoEmbeds      = 4
	dcFlagHasThread     = 32
	dcFlagEphemeral     = 64
	dcFlagLoading       = 128
	dcFlagSilent        = 4096
	dcFlagComponentsV2  = 32768
	dcFlagRequireTag    = 16 // of a forum, not of a message
	dcFlagsForBots      = dcFlagNoEmbeds | dcFlagSilent | dcFlagComponentsV2
	dcFlagsForAnswers   = dcFlagsForBots | dcFlagEphemeral
	dcMessageReply      = 19
	dcMessageOfCommand  = 20
	dcThreadDefaultHide = 4320 // minutes until a thread is archived
)

// dcEpoch is where Discord's snowflakes begin: 2015-01-01, in ms since 1970.
const dcEpoch = 1420070400000

type dcUser struct {
	ID            string  `json:"id"`
	Username      string  `json:"username"`
	Discriminator string  `json:"discriminator"`
	GlobalName    *string `json:"global_name"`
	Avatar        *string `json:"avatar"`
	Bot           bool    `json:"bot,omitempty"`
	PublicFlags   int     `json:"public_flags"`

	locale      string // of the user's client
	permissions int64  // what the user may do in guilds
	role        string // gives the user what not everybody may; empty if that is nothing
	closed      bool   // takes no direct messages from the bot
	dm          string // the channel of the bot's direct messages, if there is one
	installed   bool   // the user has the app for the user's own account
}

type dcGuild struct {
	ID       string
	Name     string
	role     string // the bot's
	roles    []*dcRole
	joined   time.Time
	channels []*dcChannel // threads too, in the order of their making
	away     bool         // the bot was removed

	strangers []*dcUser // are no members
}

type dcTag struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Moderated bool    `json:"moderated"`
	EmojiID   *string `json:"emoji_id"`
	EmojiName *string `json:"emoji_name"`
}

type dcThread struct {
	Archived            bool   `json:"archived"`
	Locked              bool   `json:"locked"`
	AutoArchiveDuration int    `json:"auto_archive_duration"`
	ArchiveTimestamp    string `json:"archive_timestamp"`
	CreateTimestamp     string `json:"create_timestamp"`
}

func (t *dcThread) archivedAt() time.Time {
	at, err := time.Parse(time.RFC3339, t.ArchiveTimestamp)
	if err != nil {
		return time.Time{}
	}
	return at
}

// dcOverwrite is what a channel allows and denies one member, beside the rights
// that the member has in the guild.
type dcOverwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // 1: a member
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

type dcChannel struct {
	ID                   string        `json:"id"`
	Type                 int           `json:"type"`
	GuildID              string        `json:"guild_id,omitempty"`
	ParentID             string        `json:"parent_id,omitempty"`
	OwnerID              string        `json:"owner_id,omitempty"`
	Name                 string        `json:"name,omitempty"`
	Topic                *string       `json:"topic,omitempty"`
	Position             int           `json:"position"`
	LastMessageID        *string       `json:"last_message_id"`
	NSFW                 bool          `json:"nsfw"`
	Flags                int           `json:"flags"`
	RateLimitPerUser     int           `json:"rate_limit_per_user"`
	PermissionOverwrites []dcOverwrite `json:"permission_overwrites"`
	Recipients           []*dcUser     `json:"recipients,omitempty"`
	Thread               *dcThread     `json:"thread_metadata,omitempty"`
	MessageCount         int           `json:"message_count,omitempty"`
	MemberCount          int           `json:"member_count,omitempty"`
	AvailableTags        []dcTag       `json:"available_tags,omitempty"`
	AppliedTags          []string      `json:"applied_tags,omitempty"`
	// Message is the first one of a forum post, in the answer to its making.
	Message json.RawMessage `json:"message,omitempty"`

	guild       *dcGuild
	parent      *dcChannel
	permissions *int64 // the bot's here; nil: those of the parent, or what it usually has
	messages    []*dcMessage
}

func (c *dcChannel) isThread() bool {
	return c.Type == dcAnnouncementThread || c.Type == dcPublicThread || c.Type == dcPrivateThread
}

// kind is the word that the people's side has for it.
func (c *dcChannel) kind() string {
	switch c.Type {
	case dcDM:
		return "dm"
	case dcGroupDM:
		return "group dm"
	case dcAnnouncement:
		return "announcement"
	case dcForum:
		return "forum"
	case dcText:
		return "text"
	default:
		return "thread"
	}
}

type dcEmbedMedia struct {
	URL string `json:"url"`
}

type dcEmbedFooter struct {
	Text    string `json:"text"`
	IconURL string `json:"icon_url,omitempty"`
}

type dcEmbedAuthor struct {
	Name    string `json:"name"`
	URL     string `json:"url,omitempty"`
	IconURL string `json:"icon_url,omitempty"`
}

type dcEmbedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline"`
}

type dcEmbed struct {
	Type        string         `json:"type,omitempty"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	URL         string         `json:"url,omitempty"`
	Timestamp   string         `json:"timestamp,omitempty"`
	Color       *int           `json:"color,omitempty"`
	Footer      *dcEmbedFooter `json:"footer,omitempty"`
	Image       *dcEmbedMedia  `json:"image,omitempty"`
	Thumbnail   *dcEmbedMedia  `json:"thumbnail,omitempty"`
	Author      *dcEmbedAuthor `json:"author,omitempty"`
	Fields      []dcEmbedField `json:"fields,omitempty"`
}

// trim takes the white space off both ends of all texts: it neither counts nor
// stays.
func (e *dcEmbed) trim() {
	cut := func(ss ...*string) {
		for _, s := range ss {
			*s = strings.TrimSpace(*s)
		}
	}
	cut(&e.Title, &e.Description)
	if e.Footer != nil {
		cut(&e.Footer.Text)
	}
	if e.Author != nil {
		cut(&e.Author.Name)
	}
	for i := range e.Fields {
		cut(&e.Fields[i].Name, &e.Fields[i].Value)
	}
}

// empty says whether nobody would see anything of it.
func (e *dcEmbed) empty() bool {
	return e.Title == "" && e.Description == "" && len(e.Fields) == 0 && e.Image == nil &&
		e.Thumbnail == nil && (e.Footer == nil || e.Footer.Text == "") && (e.Author == nil || e.Author.Name == "")
}

// Types of components.
const (
	dcRow       = 1
	dcButton    = 2
	dcSelect    = 3
	dcSection   = 9
	dcTextBlock = 10
	dcThumbnail = 11
	dcGallery   = 12
	dcFile      = 13
	dcSeparator = 14
	dcContainer = 17
)

type dcSelectOption struct {
	Label       string          `json:"label"`
	Value       string          `json:"value"`
	Description string          `json:"description,omitempty"`
	Emoji       json.RawMessage `json:"emoji,omitempty"`
	Default     bool            `json:"default,omitempty"`
}

type dcGalleryItem struct {
	Media       dcEmbedMedia `json:"media"`
	Description *string      `json:"description,omitempty"`
	Spoiler     bool         `json:"spoiler,omitempty"`
}

type dcComponent struct {
	Type        int              `json:"type"`
	ID          int              `json:"id,omitempty"`
	CustomID    *string          `json:"custom_id,omitempty"`
	Style       int              `json:"style,omitempty"`
	Label       string           `json:"label,omitempty"`
	Emoji       json.RawMessage  `json:"emoji,omitempty"`
	URL         *string          `json:"url,omitempty"`
	SKU         string           `json:"sku_id,omitempty"`
	Disabled    bool             `json:"disabled,omitempty"`
	Options     []dcSelectOption `json:"options,omitempty"`
	Placeholder string           `json:"placeholder,omitempty"`
	MinValues   *int             `json:"min_values,omitempty"`
	MaxValues   *int             `json:"max_values,omitempty"`
	Components  []dcComponent    `json:"components,omitempty"`
	Accessory   *dcComponent     `json:"accessory,omitempty"`
	Content     string           `json:"content,omitempty"`
	Media       *dcEmbedMedia    `json:"media,omitempty"`
	File        *dcEmbedMedia    `json:"file,omitempty"`
	Description *string          `json:"description,omitempty"`
	Items       []dcGalleryItem  `json:"items,omitempty"`
	AccentColor *int             `json:"accent_color,omitempty"`
	Spoiler     bool             `json:"spoiler,omitempty"`
	Divider     *bool            `json:"divider,omitempty"`
	Spacing     *int             `json:"spacing,omitempty"`
}

func (c *dcComponent) isSelect() bool {
	return c.Type == dcSelect || c.Type >= 5 && c.Type <= 8
}

// eachComponent calls f for all components, the nested ones too, in the order
// in which they are read.
func eachComponent(cs []dcComponent, f func(c *dcComponent)) {
	for i := range cs {
		f(&cs[i])
		eachComponent(cs[i].Components, f)
		if a := cs[i].Accessory; a != nil {
			f(a)
		}
	}
}

// placeOf is where a component of the list at path stands in the request.
func placeOf(c *dcComponent, cs []dcComponent, path string) string {
	for i := range cs {
		at := path + "." + strconv.Itoa(i)
		switch c {
		case &cs[i]:
			return at
		case cs[i].Accessory:
			return at + ".accessory"
		}
		if at = placeOf(c, cs[i].Components, at+".components"); at != "" {
			return at
		}
	}
	return ""
}

// numberComponents gives each component its id, as Discord does where the
// request has none.
func numberComponents(cs []dcComponent) {
	used := map[int]bool{}
	eachComponent(cs, func(c *dcComponent) { used[c.ID] = true })
	next := 1
	eachComponent(cs, func(c *dcComponent) {
		if c.ID == 0 {
			for used[next] {
				next++
			}
			c.ID = next
			next++
		}
	})
}

type dcReference struct {
	Type            int    `json:"type,omitempty"`
	MessageID       string `json:"message_id,omitempty"`
	ChannelID       string `json:"channel_id,omitempty"`
	GuildID         string `json:"guild_id,omitempty"`
	FailIfNotExists *bool  `json:"fail_if_not_exists,omitempty"`
}

type dcInteractionMetadata struct {
	ID     string   `json:"id"`
	Type   int      `json:"type"`
	User   *dcUser  `json:"user"`
	Owners dcOwners `json:"authorizing_integration_owners"`
	// InteractedMessageID is the message whose component was used.
	InteractedMessageID string `json:"interacted_message_id,omitempty"`
}

type dcMessage struct {
	ID                  string                 `json:"id"`
	ChannelID           string                 `json:"channel_id"`
	GuildID             string                 `json:"guild_id,omitempty"`
	Type                int                    `json:"type"`
	Author              *dcUser                `json:"author"`
	Content             string                 `json:"content"`
	Timestamp           string                 `json:"timestamp"`
	EditedTimestamp     *string                `json:"edited_timestamp"`
	TTS                 bool                   `json:"tts"`
	MentionEveryone     bool                   `json:"mention_everyone"`
	Mentions            []*dcUser              `json:"mentions"`
	MentionRoles        []string               `json:"mention_roles"`
	Attachments         []struct{}             `json:"attachments"`
	Embeds              []dcEmbed              `json:"embeds"`
	Components          []dcComponent          `json:"components"`
	Pinned              bool                   `json:"pinned"`
	Flags               int                    `json:"flags"`
	Nonce               json.RawMessage        `json:"nonce,omitempty"`
	ApplicationID       string                 `json:"application_id,omitempty"`
	WebhookID           string                 `json:"webhook_id,omitempty"`
	MessageReference    *dcReference           `json:"message_reference,omitempty"`
	ReferencedMessage   *dcMessage             `json:"referenced_message,omitempty"`
	InteractionMetadata *dcInteractionMetadata `json:"interaction_metadata,omitempty"`
	Thread              *dcChannel             `json:"thread,omitempty"`

	at      time.Time
	channel *dcChannel
	user    *dcUser // who alone sees it; nil: all
}

// component returns the enabled button or select with the custom id.
func (m *dcMessage) component(customID string) *dcComponent {
	var found *dcComponent
	eachComponent(m.Components, func(c *dcComponent) {
		if found == nil && c.CustomID != nil && *c.CustomID == customID {
			found = c
		}
	})
	return found
}

type dcChoice struct {
	Name              string            `json:"name"`
	NameLocalizations map[string]string `json:"name_localizations,omitempty"`
	Value             json.RawMessage   `json:"value"`
}

// nameIn is what a choice is called in a locale.
func (c dcChoice) nameIn(locale string) string { return cmp.Or(c.NameLocalizations[locale], c.Name) }

// text is the choice's value without the quotation marks of JSON.
func (c dcChoice) text() string {
	var s string
	if json.Unmarshal(c.Value, &s) == nil {
		return s
	}
	return string(c.Value)
}

type dcOption struct {
	Type                     int               `json:"type"`
	Name                     string            `json:"name"`
	NameLocalizations        map[string]string `json:"name_localizations,omitempty"`
	Description              string            `json:"description"`
	DescriptionLocalizations map[string]string `json:"description_localizations,omitempty"`
	Required                 bool              `json:"required,omitempty"`
	Autocomplete             bool              `json:"autocomplete,omitempty"`
	Choices                  []dcChoice        `json:"choices,omitempty"`
	Options                  []dcOption        `json:"options,omitempty"`
	ChannelTypes             []int             `json:"channel_types,omitempty"`
	MinValue                 *float64          `json:"min_value,omitempty"`
	MaxValue                 *float64          `json:"max_value,omitempty"`
	MinLength                *int              `json:"min_length,omitempty"`
	MaxLength                *int              `json:"max_length,omitempty"`
}

// nameIn is what an option is called in a locale.
func (o *dcOption) nameIn(locale string) string { return cmp.Or(o.NameLocalizations[locale], o.Name) }

// Types of options.
const (
	dcSubcommand      = 1
	dcSubcommandGroup = 2
	dcString          = 3
	dcInteger         = 4
	dcBoolean         = 5
	dcNumber          = 10
)

// Types of commands.
const (
	dcSlash      = 1
	dcOnAMessage = 3 // in the menu of a message, below "Apps"
)

// Where a command may be used, and for whom the app is installed.
const (
	inGuilds  = 0
	inBotDM   = 1
	inPrivate = 2
	forGuilds = 0
	forUsers  = 1
)

type dcCommand struct {
	ID                       string            `json:"id"`
	ApplicationID            string            `json:"application_id"`
	GuildID                  string            `json:"guild_id,omitempty"`
	Version                  string            `json:"version"`
	Type                     int               `json:"type"`
	Name                     string            `json:"name"`
	NameLocalizations        map[string]string `json:"name_localizations"`
	Description              string            `json:"description"`
	DescriptionLocalizations map[string]string `json:"description_localizations"`
	Options                  []dcOption        `json:"options,omitempty"`
	DefaultMemberPermissions *string           `json:"default_member_permissions"`
	DMPermission             *bool             `json:"dm_permission,omitempty"`
	Contexts                 []int             `json:"contexts"`
	IntegrationTypes         []int             `json:"integration_types"`
	NSFW                     bool              `json:"nsfw"`
}

// nameIn is what a command is called in a locale.
func (x *dcCommand) nameIn(locale string) string { return cmp.Or(x.NameLocalizations[locale], x.Name) }

// snowflake reads an id; what is none is 0.
func snowflake(id string) uint64 {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func dcTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000-07:00") }

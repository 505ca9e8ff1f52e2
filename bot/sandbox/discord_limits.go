package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits are those of Discord's documentation: resources/message,
// components/reference and interactions/application-commands.
const (
	maxContent     = 2000
	maxEmbeds      = 10
	maxEmbedTotal  = 6000
	maxRows        = 5
	maxComponents  = 40
	maxBlockText   = 4000
	maxCommands    = 100
	maxCommandText = 8000
	// maxBlockBytes is where Discord fails instead of refusing: observed, in
	// issue 8554 of its API's documentation.
	maxBlockBytes      = 10170
	blockBytesOverhead = 12
)

// length checks a text in code points, which is what Discord counts, and returns
// how many it has.
func (f *formErrors) length(path, s string, atLeast, atMost int) int {
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0 && atLeast > 0:
		f.required(path)
	case n < atLeast || n > atMost && atLeast > 0:
		f.add(path, "BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between %d and %d in length.", atLeast, atMost))
	case n > atMost:
		f.add(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", atMost))
	}
	return n
}

// count checks how many elements a list has.
func (f *formErrors) count(path string, n, atLeast, atMost int) {
	if n < atLeast || n > atMost {
		f.add(path, "BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between %d and %d in length.", atLeast, atMost))
	}
}

// within checks a number.
func (f *formErrors) within(path string, n, atLeast, atMost int) {
	if n < atLeast {
		f.add(path, "NUMBER_TYPE_MIN", fmt.Sprintf("int value should be greater than or equal to %d.", atLeast))
	}
	if n > atMost {
		f.add(path, "NUMBER_TYPE_MAX", fmt.Sprintf("int value should be less than or equal to %d.", atMost))
	}
}

// link checks a URL; what may be an upload may also name one.
func (f *formErrors) link(path, s string, atMost int, schemes ...string) {
	if utf8.RuneCountInString(s) > atMost {
		f.length(path, s, 0, atMost)
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "" || strings.ContainsFunc(s, unicode.IsSpace):
		f.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case !slices.Contains(schemes, u.Scheme):
		f.add(path, "URL_TYPE_INVALID_SCHEME", fmt.Sprintf("Scheme %q is not supported. Scheme must be one of ('%s').",
			u.Scheme, strings.Join(schemes, "', '")))
	}
}

func (f *formErrors) embeds(path string, es []dcEmbed) {
	if len(es) > maxEmbeds {
		f.add(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", maxEmbeds))
	}
	total := 0
	for i := range es {
		total += f.embed(path+"."+strconv.Itoa(i), &es[i])
	}
	if total > maxEmbedTotal {
		f.add(path, "MAX_EMBED_SIZE_EXCEEDED", fmt.Sprintf("Embed size exceeds maximum size of %d", maxEmbedTotal))
	}
}

// embed checks one embed and returns how much text it has.
func (f *formErrors) embed(path string, e *dcEmbed) (total int) {
	text := func(key, s string, atLeast, atMost int) {
		total += f.length(path+"."+key, s, atLeast, atMost)
	}
	media := func(key, s string) { f.link(path+"."+key, s, 2048, "http", "https", "attachment") }
	if e.empty() {
		f.required(path + ".description")
	}
	text("title", e.Title, 0, 256)
	text("description", e.Description, 0, 4096)
	if e.URL != "" {
		f.link(path+".url", e.URL, 2048, "http", "https")
	}
	if e.Timestamp != "" {
		if _, err := time.Parse(time.RFC3339, e.Timestamp); err != nil {
			f.add(path+".timestamp", "DATE_TIME_TYPE_PARSE", fmt.Sprintf("Could not parse %s. Should be ISO8601.", e.Timestamp))
		}
	}
	if e.Color != nil {
		f.within(path+".color", *e.Color, 0, 0xFFFFFF)
	}
	if e.Footer != nil {
		text("footer.text", e.Footer.Text, 0, 2048)
		if e.Footer.IconURL != "" {
			media("footer.icon_url", e.Footer.IconURL)
		}
	}
	if e.Author != nil {
		text("author.name", e.Author.Name, 1, 256)
		if e.Author.URL != "" {
			f.link(path+".author.url", e.Author.URL, 2048, "http", "https")
		}
		if e.Author.IconURL != "" {
			media("author.icon_url", e.Author.IconURL)
		}
	}
	if e.Image != nil {
		media("image.url", e.Image.URL)
	}
	if e.Thumbnail != nil {
		media("thumbnail.url", e.Thumbnail.URL)
	}
	if len(e.Fields) > 25 {
		f.add(path+".fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	for i, x := range e.Fields {
		at := "fields." + strconv.Itoa(i)
		text(at+".name", x.Name, 1, 256)
		text(at+".value", x.Value, 1, 1024)
	}
	return total
}

// components checks a message's components, of the first kind or, with the
// flag for it, of the second.
func (f *formErrors) components(path string, cs []dcComponent, v2 bool) {
	if !v2 && len(cs) > maxRows {
		f.count(path, len(cs), 1, maxRows)
	}
	n, text := 0, 0
	ids := map[string]bool{}
	eachComponent(cs, func(c *dcComponent) {
		n++
		if c.Type == dcTextBlock {
			text += utf8.RuneCountInString(c.Content)
		}
		if c.CustomID == nil {
			return
		}
		if ids[*c.CustomID] {
			f.add(placeOf(c, cs, path)+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
		}
		ids[*c.CustomID] = true
	})
	if v2 && n > maxComponents {
		f.add(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", maxComponents))
	}
	if text > maxBlockText {
		f.add(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
			fmt.Sprintf("Components displayable text size exceeds maximum size of %d", maxBlockText))
	}
	allowed := onTop
	if v2 {
		allowed = onTopV2
	}
	for i := range cs {
		f.component(path+"."+strconv.Itoa(i), &cs[i], allowed)
	}
}

// What may stand where, by type.
var (
	onTop       = []int{dcRow}
	onTopV2     = []int{dcRow, dcSection, dcTextBlock, dcGallery, dcFile, dcSeparator, dcContainer}
	inContainer = []int{dcRow, dcSection, dcTextBlock, dcGallery, dcFile, dcSeparator}
	inSection   = []int{dcTextBlock}
	besides     = []int{dcButton, dcThumbnail} // a section
	inRow       = []int{dcButton, dcSelect, 5, 6, 7, 8}
)

func (f *formErrors) component(path string, c *dcComponent, allowed []int) {
	if !slices.Contains(allowed, c.Type) {
		f.add(path+".type", "UNION_TYPE_CHOICES", fmt.Sprintf("Value of field \"type\" must be one of %v.", allowed))
		return
	}
	switch c.Type {
	case dcRow:
		f.row(path, c)
	case dcButton:
		f.button(path, c)
	case dcSelect, 5, 6, 7, 8:
		f.menu(path, c)
	case dcSection:
		f.count(path+".components", len(c.Components), 1, 3)
		for i := range c.Components {
			f.component(path+".components."+strconv.Itoa(i), &c.Components[i], inSection)
		}
		if c.Accessory == nil {
			f.required(path + ".accessory")
		} else {
			f.component(path+".accessory", c.Accessory, besides)
		}
	case dcTextBlock:
		f.length(path+".content", strings.TrimSpace(c.Content), 1, maxBlockText)
	case dcThumbnail:
		f.media(path+".media", c.Media)
	case dcFile:
		f.media(path+".file", c.File)
	case dcGallery:
		f.count(path+".items", len(c.Items), 1, 10)
		for i := range c.Items {
			f.media(path+".items."+strconv.Itoa(i)+".media", &c.Items[i].Media)
		}
	case dcContainer:
		for i := range c.Components {
			f.component(path+".components."+strconv.Itoa(i), &c.Components[i], inContainer)
		}
		if len(c.Components) == 0 {
			f.required(path + ".components")
		}
	}
}

func (f *formErrors) media(path string, m *dcEmbedMedia) {
	if m == nil || m.URL == "" {
		f.required(path + ".url")
		return
	}
	f.link(path+".url", m.URL, 2048, "http", "https", "attachment")
}

func (f *formErrors) row(path string, c *dcComponent) {
	f.count(path+".components", len(c.Components), 1, 5)
	menus := 0
	for i := range c.Components {
		if c.Components[i].isSelect() {
			menus++
		}
		f.component(path+".components."+strconv.Itoa(i), &c.Components[i], inRow)
	}
	if menus > 0 && len(c.Components) > 1 {
		f.add(path+".components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
	}
}

func (f *formErrors) button(path string, c *dcComponent) {
	f.length(path+".label", c.Label, 0, 80)
	if c.Label == "" && len(c.Emoji) == 0 && c.Style != 6 {
		f.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji")
	}
	switch c.Style {
	case 1, 2, 3, 4:
		f.customID(path, c)
		if c.URL != nil {
			f.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
		}
	case 5:
		if c.CustomID != nil {
			f.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
		}
		if c.URL == nil || *c.URL == "" {
			f.add(path, "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
		} else {
			f.link(path+".url", *c.URL, 512, "http", "https", "discord")
		}
	case 6:
		if c.SKU == "" {
			f.required(path + ".sku_id")
		}
	default:
		f.add(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
	}
}

func (f *formErrors) customID(path string, c *dcComponent) {
	if c.CustomID == nil {
		f.add(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
		return
	}
	f.length(path+".custom_id", *c.CustomID, 1, 100)
}

func (f *formErrors) menu(path string, c *dcComponent) {
	f.customID(path, c)
	f.length(path+".placeholder", c.Placeholder, 0, 150)
	least, most := 1, 1
	if c.MinValues != nil {
		least = *c.MinValues
		f.within(path+".min_values", least, 0, 25)
	}
	if c.MaxValues != nil {
		most = *c.MaxValues
		f.within(path+".max_values", most, 1, 25)
	}
	if c.Type != dcSelect {
		return
	}
	f.count(path+".options", len(c.Options), 1, 25)
	if least > len(c.Options) || most > len(c.Options) {
		f.add(path+".options", "BASE_TYPE_BAD_LENGTH", "There are fewer options than values to choose.")
	}
	seen := map[string]bool{}
	for i, o := range c.Options {
		at := path + ".options." + strconv.Itoa(i)
		f.length(at+".label", o.Label, 1, 100)
		f.length(at+".value", o.Value, 1, 100)
		f.length(at+".description", o.Description, 0, 100)
		if seen[o.Value] {
			f.add(at+".value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		seen[o.Value] = true
	}
}

// blockBytes is the size at which Discord fails on texts in components.
func blockBytes(cs []dcComponent) int {
	n := 0
	eachComponent(cs, func(c *dcComponent) {
		if c.Type == dcTextBlock {
			n += len(c.Content) + blockBytesOverhead
		}
	})
	return n
}

// commandName is the documentation's pattern; sc= is written out.
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

func (f *formErrors) command(path string, c *dcCommand) {
	if path != "" {
		path += "."
	}
	switch c.Type {
	case dcSlash:
		f.name(path+"name", c.Name)
		f.length(path+"description", c.Description, 1, 100)
		f.options(path+"options", c.Options, 0)
	case 2, 3:
		f.length(path+"name", c.Name, 1, 32)
		if c.Description != "" {
			f.add(path+"description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_FORBIDDEN", "Context menu commands cannot have description")
		}
		if len(c.Options) > 0 {
			f.add(path+"options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_FORBIDDEN", "Context menu commands cannot have options")
		}
	default:
		f.add(path+"type", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}.")
	}
	for locale, s := range c.NameLocalizations {
		if c.Type == dcSlash {
			f.name(path+"name_localizations."+locale, s)
		} else {
			f.length(path+"name_localizations."+locale, s, 1, 32)
		}
	}
	for locale, s := range c.DescriptionLocalizations {
		f.length(path+"description_localizations."+locale, s, 1, 100)
	}
	for i, k := range c.IntegrationTypes {
		f.within(path+"integration_types."+strconv.Itoa(i), k, forGuilds, forUsers)
	}
	for i, k := range c.Contexts {
		f.within(path+"contexts."+strconv.Itoa(i), k, inGuilds, inPrivate)
	}
	if p := c.DefaultMemberPermissions; p != nil {
		if _, err := strconv.ParseUint(*p, 10, 64); err != nil {
			f.add(path+"default_member_permissions", "BITWISE_TYPE", "Must be a bit set as a string.")
		}
	}
	if n := commandText(c); n > maxCommandText {
		f.add(strings.TrimSuffix(path, ".")+".name", "APPLICATION_COMMAND_TOO_LARGE",
			fmt.Sprintf("Command exceeds maximum size (%d)", maxCommandText))
	}
}

func (f *formErrors) name(path, s string) {
	if !commandName.MatchString(s) || strings.ToLower(s) != s {
		f.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
	}
}

func (f *formErrors) options(path string, os []dcOption, depth int) {
	if len(os) > 25 {
		f.count(path, len(os), 0, 25)
	}
	seen := map[string]bool{}
	optional, nested := false, 0
	for i, o := range os {
		at := path + "." + strconv.Itoa(i)
		f.name(at+".name", o.Name)
		f.length(at+".description", o.Description, 1, 100)
		if seen[o.Name] {
			f.add(at, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", "Option name must be unique")
		}
		seen[o.Name] = true
		for locale, s := range o.NameLocalizations {
			f.name(at+".name_localizations."+locale, s)
		}
		for locale, s := range o.DescriptionLocalizations {
			f.length(at+".description_localizations."+locale, s, 1, 100)
		}
		if o.Type < 1 || o.Type > 11 || o.Type <= dcSubcommandGroup && depth > 1 || o.Type == dcSubcommandGroup && depth > 0 {
			f.add(at+".type", "APPLICATION_COMMAND_OPTION_TYPE_INVALID", "Option type is invalid")
		}
		if o.Type <= dcSubcommandGroup {
			nested++
			f.options(at+".options", o.Options, depth+1)
			continue
		}
		if o.Required && optional {
			f.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		optional = optional || !o.Required
		f.choices(at+".choices", o)
	}
	if nested > 0 && nested < len(os) {
		f.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and sub-command group option types are mutually exclusive to all other types")
	}
}

func (f *formErrors) choices(path string, o dcOption) {
	typed := o.Type == dcString || o.Type == dcInteger || o.Type == dcNumber
	if o.Autocomplete && (len(o.Choices) > 0 || !typed) {
		f.add(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", "Autocomplete options cannot have choices, and are text or numbers")
	}
	if len(o.Choices) > 0 && !typed {
		f.add(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "Choices are only for text and numbers")
	}
	f.choiceList(path, o.Choices, o.Type == dcString)
}

func (f *formErrors) choiceList(path string, cs []dcChoice, text bool) {
	if len(cs) > 25 {
		f.count(path, len(cs), 0, 25)
	}
	for i, c := range cs {
		at := path + "." + strconv.Itoa(i)
		f.length(at+".name", c.Name, 1, 100)
		var s string
		if json.Unmarshal(c.Value, &s) == nil {
			f.length(at+".value", s, 0, 100)
		} else if text || len(c.Value) == 0 {
			f.add(at+".value", "BASE_TYPE_BAD_STRING", "Value must be a string.")
		}
	}
}

// commandText is how much text a command has: the longest localization of a
// name or description counts.
func commandText(c *dcCommand) int {
	longest := func(s string, locales map[string]string) int {
		n := utf8.RuneCountInString(s)
		for _, l := range locales {
			n = max(n, utf8.RuneCountInString(l))
		}
		return n
	}
	var options func([]dcOption) int
	options = func(os []dcOption) int {
		n := 0
		for _, o := range os {
			n += longest(o.Name, o.NameLocalizations) + longest(o.Description, o.DescriptionLocalizations) + options(o.Options)
			for _, ch := range o.Choices {
				n += longest(ch.Name, ch.NameLocalizations) + utf8.RuneCountInString(ch.text())
			}
		}
		return n
	}
	return longest(c.Name, c.NameLocalizations) + longest(c.Description, c.DescriptionLocalizations) + options(c.Options)
}

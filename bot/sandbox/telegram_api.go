package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tgError is an error answer of the API.
type tgError struct {
	code       int
	text       string
	parameters map[string]any
}

func (e *tgError) reply() reply {
	body := map[string]any{"ok": false, "error_code": e.code, "description": e.text}
	if e.parameters != nil {
		body["parameters"] = e.parameters
	}
	return jsonReply(e.code, body)
}

func bad(format string, args ...any) *tgError {
	return &tgError{code: http.StatusBadRequest, text: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(text string) *tgError { return &tgError{code: http.StatusForbidden, text: text} }

// tgCall is one request of the bot.
type tgCall struct {
	method string
	form   url.Values
	body   json.RawMessage // the parameters, for the transcript
}

// tgMethods are the methods that the stand-in has: what a Fault calls them, and
// what they do.
var tgMethods = map[string]struct {
	fault string
	do    func(*Telegram, *tgCall) (any, *tgError)
}{
	"getMe":                    {"read", (*Telegram).getMe},
	"getChat":                  {"read", (*Telegram).getChat},
	"getChatMember":            {"read", (*Telegram).getChatMember},
	"getChatAdministrators":    {"read", (*Telegram).getAdmins},
	"getMyCommands":            {"read", (*Telegram).getMyCommands},
	"setMyCommands":            {"register", (*Telegram).setMyCommands},
	"deleteMyCommands":         {"register", (*Telegram).deleteMyCommands},
	"getMyDescription":         {"read", about("description", 512, false)},
	"setMyDescription":         {"register", about("description", 512, true)},
	"getMyShortDescription":    {"read", about("short_description", 120, false)},
	"setMyShortDescription":    {"register", about("short_description", 120, true)},
	"getWebhookInfo":           {"read", func(t *Telegram, _ *tgCall) (any, *tgError) { return map[string]any{"url": t.webhook}, nil }},
	"setWebhook":               {"register", func(t *Telegram, c *tgCall) (any, *tgError) { t.webhook = c.form.Get("url"); return true, nil }},
	"deleteWebhook":            {"register", func(t *Telegram, _ *tgCall) (any, *tgError) { t.webhook = ""; return true, nil }},
	"sendMessage":              {"create", (*Telegram).sendMessage},
	"sendPhoto":                {"create", (*Telegram).sendPhoto},
	"sendRichMessage":          {"create", (*Telegram).sendRich},
	"sendChatAction":           {"read", (*Telegram).sendChatAction},
	"editMessageText":          {"edit", (*Telegram).editText},
	"editEphemeralMessageText": {"edit", (*Telegram).editWhisper},
	"editMessageCaption":       {"edit", (*Telegram).editCaption},
	"editMessageReplyMarkup":   {"edit", (*Telegram).editMarkup},
	"deleteMessage":            {"delete", (*Telegram).deleteMessage},
	"answerCallbackQuery":      {"answer", (*Telegram).answerQuery},
	"answerInlineQuery":        {"answer", (*Telegram).answerInline},
	"leaveChat":                {"delete", (*Telegram).leaveChat},
}

// ServeHTTP is the bot's side.
func (t *Telegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	if t.o.Token != "" && token != t.o.Token {
		(&tgError{code: http.StatusUnauthorized, text: "Unauthorized"}).reply().writeTo(w)
		return
	}
	c, err := readCall(method, r)
	if err != nil {
		bad("%v", err).reply().writeTo(w)
		return
	}
	t.mu.Lock()
	t.requests[method]++
	t.mu.Unlock()
	if t.o.Spec != nil {
		if err := t.o.Spec.CheckTelegram(method, c.form); err != nil {
			t.mu.Lock()
			t.violations = append(t.violations, err.Error())
			t.mu.Unlock()
			bad("%v", err).reply().writeTo(w)
			return
		}
	}
	if method == "getUpdates" {
		t.faults.serve(w, r, "updates", "", func() reply { return t.getUpdates(r.Context(), c) }, tgFault)
		return
	}
	m, ok := tgMethods[method]
	if !ok {
		(&tgError{code: http.StatusNotFound, text: "Not Found"}).reply().writeTo(w)
		return
	}
	t.faults.serve(w, r, m.fault, t.chatID(c), func() reply {
		t.mu.Lock()
		defer t.mu.Unlock()
		result, e := m.do(t, c)
		if e != nil {
			if e.code == http.StatusTooManyRequests {
				t.limited[method]++
			}
			return e.reply()
		}
		return tgOK(result)
	}, tgFault)
}

// tgOK is the answer to a request that was carried out.
func tgOK(result any) reply {
	return jsonReply(http.StatusOK, struct {
		OK     bool `json:"ok"`
		Result any  `json:"result"`
	}{true, result})
}

// tgFault gives a Limited or Refused answer the API's form.
func tgFault(x Fault) reply {
	if x.Failure == Limited {
		return tooMany(x.Delay).reply()
	}
	e := &tgError{code: x.Code, text: x.Text}
	if e.code == 0 {
		e.code = x.Status
	}
	return e.reply()
}

func tooMany(d time.Duration) *tgError {
	seconds := max(1, int((d+time.Second-1)/time.Second))
	return &tgError{
		code: http.StatusTooManyRequests, text: fmt.Sprintf("Too Many Requests: retry after %d", seconds),
		parameters: map[string]any{"retry_after": seconds},
	}
}

// maxRequest bounds a request's body.
const maxRequest = 10 << 20

// readCall reads a request's parameters in any of the forms that the API takes.
func readCall(method string, r *http.Request) (*tgCall, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxRequest)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	form := url.Values{}
	switch kind {
	case "application/json":
		var all map[string]json.RawMessage
		b, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(b, &all)
		}
		if err != nil {
			return nil, fmt.Errorf("can't parse JSON: %w", err)
		}
		for k, v := range all {
			text := string(v)
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			form.Set(k, text)
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxRequest); err != nil {
			return nil, err
		}
		form = r.Form
	case "application/x-www-form-urlencoded":
		b, err := io.ReadAll(r.Body)
		if err == nil {
			form, err = url.ParseQuery(string(b) + "&" + r.URL.RawQuery)
		}
		if err != nil {
			return nil, err
		}
	default:
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		form = r.Form
	}
	plain := make(map[string]string, len(form))
	for k := range form {
		plain[k] = form.Get(k)
	}
	return &tgCall{method, form, raw(plain)}, nil
}

// chatID is the number of the chat that a request is for, as faults know it.
func (t *Telegram) chatID(c *tgCall) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if chat := t.chat(c.form.Get("chat_id")); chat != nil {
		return chat.id()
	}
	return ""
}

// target finds the chat of a request that reads.
func (t *Telegram) target(c *tgCall) (*tgChat, *tgError) {
	chat := t.chat(c.form.Get("chat_id"))
	switch {
	case c.form.Get("chat_id") == "":
		return nil, bad("chat_id is empty")
	case chat == nil:
		return nil, bad("chat not found")
	case chat.moved != 0:
		return nil, &tgError{
			code: http.StatusBadRequest, text: "Bad Request: group chat was upgraded to a supergroup chat",
			parameters: map[string]any{"migrate_to_chat_id": chat.moved},
		}
	case chat.out != "":
		return nil, forbidden(chat.out)
	}
	return chat, nil
}

// writable finds the chat of a request that writes, and counts it against the
// rates.
func (t *Telegram) writable(c *tgCall) (*tgChat, *tgError) {
	chat, err := t.target(c)
	if err != nil {
		return nil, err
	}
	if chat.Type == "channel" && !chat.rights.Post {
		return nil, bad("need administrator rights in the channel chat")
	}
	if chat.rights.Muted || chat.rights.ReadOnly && !chat.rights.Admin {
		return nil, bad("not enough rights to send text messages to the chat")
	}
	whisper := !t.whisperless() && (c.form.Get("ephemeral_message_parameters") != "" || c.form.Get("ephemeral_message_id") != "")
	if wait := t.rates.take(chat, whisper, t.o.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	return chat, nil
}

func (t *Telegram) getMe(*tgCall) (any, *tgError) {
	return struct {
		tgUser
		JoinsGroups bool `json:"can_join_groups"`
		ReadsAll    bool `json:"can_read_all_group_messages"`
		Inline      bool `json:"supports_inline_queries"`
	}{t.me, true, t.o.ReadsAll, true}, nil
}

func (t *Telegram) getChat(c *tgCall) (any, *tgError) {
	chat, err := t.target(c)
	if err != nil {
		return nil, err
	}
	return struct {
		*tgChat
		AccentColor  int            `json:"accent_color_id"`
		MaxReactions int            `json:"max_reaction_count"`
		Gifts        map[string]any `json:"accepted_gift_types"`
		Permissions  map[string]any `json:"permissions,omitempty"`
	}{chat, 0, 11, map[string]any{}, chat.permissions()}, nil
}

// permissions are what any member of a group may do.
func (c *tgChat) permissions() map[string]any {
	if c.Type != "group" && c.Type != "supergroup" {
		return nil
	}
	return map[string]any{"can_send_messages": !c.rights.ReadOnly}
}

// menuKey names a list of commands: its scope and language.
func menuKey(c *tgCall) (string, *tgError) {
	scope := struct {
		Type string          `json:"type"`
		Chat json.RawMessage `json:"chat_id"`
	}{Type: "default"}
	if s := c.form.Get("scope"); s != "" {
		if json.Unmarshal([]byte(s), &scope) != nil {
			return "", bad("can't parse BotCommandScope")
		}
	}
	code := c.form.Get("language_code")
	if code != "" && (len(code) != 2 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "") {
		return "", bad("invalid language code specified")
	}
	return scope.Type + string(scope.Chat) + "|" + code, nil
}

func (t *Telegram) getMyCommands(c *tgCall) (any, *tgError) {
	k, err := menuKey(c)
	return append([]tgCommand{}, t.menus[k]...), err
}

func (t *Telegram) setMyCommands(c *tgCall) (any, *tgError) {
	k, e := menuKey(c)
	if e != nil {
		return nil, e
	}
	var all []tgCommand
	if err := json.Unmarshal([]byte(c.form.Get("commands")), &all); err != nil {
		return nil, bad("can't parse commands JSON object")
	}
	for i := range all {
		all[i].Whisper = all[i].Whisper && !t.whisperless()
	}
	if len(all) > 100 {
		return nil, bad("BOT_COMMANDS_TOO_MUCH")
	}
	for _, x := range all {
		if len(x.Name) < 1 || len(x.Name) > 32 || strings.Trim(x.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := len([]rune(x.Help)); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	t.menus[k] = all
	return true, nil
}

// about tells, or takes in, what is said of the bot in one way.
func about(kind string, most int, set bool) func(*Telegram, *tgCall) (any, *tgError) {
	return func(t *Telegram, c *tgCall) (any, *tgError) {
		k := kind + "|" + c.form.Get("language_code")
		if !set {
			return map[string]string{kind: t.about[k]}, nil
		}
		if len([]rune(c.form.Get(kind))) > most {
			return nil, bad("%s is too long", kind)
		}
		t.about[k] = c.form.Get(kind)
		return true, nil
	}
}

// About is what a user reads of the bot before pressing Start, and in its profile.
func (t *Telegram) About(user string) (text, short string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	language := ""
	if u := t.users[user]; u != nil {
		language, _, _ = strings.Cut(u.Language, "-")
	}
	of := func(kind string) string {
		if s := t.about[kind+"|"+language]; s != "" {
			return s
		}
		return t.about[kind+"|"]
	}
	return of("description"), of("short_description")
}

func (t *Telegram) deleteMyCommands(c *tgCall) (any, *tgError) {
	k, err := menuKey(c)
	delete(t.menus, k)
	return true, err
}

func (t *Telegram) sendChatAction(c *tgCall) (any, *tgError) {
	_, err := t.target(c)
	return true, err
}

func (t *Telegram) leaveChat(c *tgCall) (any, *tgError) {
	chat, err := t.target(c)
	if err != nil {
		return nil, err
	}
	chat.out = "Forbidden: bot is not a member of the " + chat.Type + " chat"
	return true, nil
}

// draft reads what all sends have in common.
func (t *Telegram) draft(c *tgCall) (*tgChat, *tgMessage, *tgError) {
	chat, e := t.writable(c)
	if e != nil {
		return nil, nil, e
	}
	m := &tgMessage{byBot: true, Silent: c.form.Get("disable_notification") == "true"}
	if chat.Type != "channel" {
		m.From = &t.me
	}
	if s := c.form.Get("link_preview_options"); s != "" {
		m.Preview = json.RawMessage(s)
	}
	if m.Markup, e = readKeyboard(c.form.Get("reply_markup")); e != nil {
		return nil, nil, e
	}
	if s := c.form.Get("message_thread_id"); s != "" {
		n, _ := strconv.Atoi(s)
		topic := chat.topics[n]
		switch {
		case topic == nil:
			return nil, nil, bad("message thread not found")
		case topic.closed:
			return nil, nil, bad("TOPIC_CLOSED")
		}
		m.Thread, m.InTopic = n, true
		m.ReplyTo = chat.find(s)
	}
	var reply tgReply
	if s := c.form.Get("reply_parameters"); s != "" {
		if json.Unmarshal([]byte(s), &reply) != nil {
			return nil, nil, bad("can't parse reply parameters JSON object")
		}
		to := chat.find(reply.key())
		if to == nil && (!reply.Without || reply.Whisper != 0) {
			return nil, nil, bad("message to be replied not found")
		}
		if to != nil {
			m.ReplyTo = to.quoted()
			if m.Thread == 0 {
				m.Thread, m.InTopic = to.Thread, to.InTopic
			}
		}
	}
	if s := c.form.Get("ephemeral_message_parameters"); s != "" && !t.whisperless() {
		if e := t.whispered(chat, m, s); e != nil {
			return nil, nil, e
		}
	}
	if reply.Whisper != 0 && m.Whisper == 0 {
		return nil, nil, bad("a reply to an ephemeral message must be an ephemeral message")
	}
	return chat, m, nil
}

// tgReply is which message a message replies to.
type tgReply struct {
	ID      int  `json:"message_id"`
	Whisper int  `json:"ephemeral_message_id"`
	Without bool `json:"allow_sending_without_reply"`
}

// key is that message's number.
func (r tgReply) key() string { return (&tgMessage{ID: r.ID, Whisper: r.Whisper}).key() }

// quoted is a message as it stands within a reply to it: without the message
// that it replies to itself.
func (m *tgMessage) quoted() *tgMessage {
	q := *m
	q.ReplyTo = nil
	return &q
}

func (t *Telegram) sendMessage(c *tgCall) (any, *tgError) {
	text, entities, err := tgText(c.form.Get("text"), c.form.Get("parse_mode"), tgMaxText)
	if err != nil {
		return nil, bad("%v", err)
	}
	if text == "" {
		return nil, bad("message text is empty")
	}
	chat, m, e := t.draft(c)
	if e != nil {
		return nil, e
	}
	m.Text, m.Entities = text, entities
	return t.sent(c, chat, m), nil
}

func (t *Telegram) sendPhoto(c *tgCall) (any, *tgError) {
	text, entities, err := tgText(c.form.Get("caption"), c.form.Get("parse_mode"), tgMaxCaption)
	if err != nil {
		return nil, bad("%v", err)
	}
	photo := c.form.Get("photo")
	if u, err := url.Parse(photo); err != nil || u.Host == "" {
		return nil, bad("wrong remote file identifier specified")
	}
	chat, m, e := t.draft(c)
	if e != nil {
		return nil, e
	}
	if !chat.takesPhotos() {
		return nil, errNoPhotos
	}
	m.Caption, m.CaptionMarks, m.PhotoURL = text, entities, photo
	m.Photo = []tgPhoto{{ID: photo, Unique: photo, Width: 1280, Height: 720}}
	return t.sent(c, chat, m), nil
}

// sent puts a message of the bot's into its chat and notes it.
func (t *Telegram) sent(c *tgCall, chat *tgChat, m *tgMessage) *tgMessage {
	t.put(chat, m)
	t.record("create", c, m)
	return m
}

func (t *Telegram) record(method string, c *tgCall, m *tgMessage) {
	if method == "create" && m.Whisper != 0 {
		method = "answer"
	}
	t.log.add(Entry{
		At: t.o.Now(), Platform: "telegram", Method: method, Chat: m.Chat.id(), ID: m.key(), User: m.seenBy(),
		Text: m.Text + m.Caption + m.plain, Body: c.body,
	})
}

// readKeyboard reads an inline keyboard, and holds it against the limits.
func readKeyboard(s string) (*tgKeyboard, *tgError) {
	if s == "" {
		return nil, nil
	}
	var k struct {
		Rows *[][]tgButton `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(s), &k) != nil || k.Rows == nil {
		return nil, bad("object expected as reply markup")
	}
	n := 0
	for _, row := range *k.Rows {
		if len(row) > 8 {
			return nil, bad("reply markup has a row of more than 8 buttons")
		}
		for _, b := range row {
			n++
			switch {
			case b.Text == "":
				return nil, bad("text buttons are unallowed in the inline keyboard")
			case (b.Data == "") == (b.URL == ""):
				return nil, bad("inline keyboard button must have exactly one action")
			case len(b.Data) > 64:
				return nil, bad("BUTTON_DATA_INVALID")
			case b.URL != "" && !strings.HasPrefix(b.URL, "http://") && !strings.HasPrefix(b.URL, "https://") && !strings.HasPrefix(b.URL, "tg://"):
				return nil, bad("BUTTON_URL_INVALID")
			}
		}
	}
	if n == 0 {
		return nil, nil
	}
	if n > 100 {
		return nil, bad("reply markup is too long")
	}
	return &tgKeyboard{*k.Rows}, nil
}

// editable finds the message that an edit is for. The bot may edit its own, and
// in a channel others' where it has the right: then the edit succeeds.
func (t *Telegram) editable(c *tgCall) (*tgMessage, *tgError) {
	chat, e := t.writable(c)
	if e != nil {
		return nil, e
	}
	m := chat.find(c.form.Get("message_id"))
	switch {
	case m == nil:
		return nil, bad("message to edit not found")
	case !m.byBot && !(chat.Type == "channel" && chat.rights.Edit):
		return nil, bad("message can't be edited")
	}
	return m, nil
}

// changed carries an edit out, unless it changes nothing.
func (t *Telegram) changed(c *tgCall, m *tgMessage, edit func(*tgMessage)) (any, *tgError) {
	markup, e := readKeyboard(c.form.Get("reply_markup"))
	if e != nil {
		return nil, e
	}
	content := func(m *tgMessage) string {
		return string(raw([]any{m.Text, m.Entities, m.Caption, m.CaptionMarks, m.Rich, m.Markup, m.Preview}))
	}
	now := *m
	now.Markup = markup
	edit(&now)
	if content(&now) == content(m) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	*m = now
	m.EditDate = t.o.Now().Unix()
	t.show("edit", m)
	t.record("edit", c, m)
	return m, nil
}

func (t *Telegram) editText(c *tgCall) (any, *tgError) {
	if c.form.Get("rich_message") != "" && !t.old {
		return t.editRich(c)
	}
	text, entities, err := tgText(c.form.Get("text"), c.form.Get("parse_mode"), tgMaxText)
	if err != nil {
		return nil, bad("%v", err)
	}
	if text == "" {
		return nil, bad("message text is empty")
	}
	m, e := t.editable(c)
	if e != nil {
		return nil, e
	}
	if m.Text == "" && m.Rich == nil {
		return nil, bad("there is no text in the message to edit")
	}
	return t.changed(c, m, func(m *tgMessage) {
		m.Rich, m.plain = nil, ""
		m.Text, m.Entities, m.Preview = text, entities, nil
		if s := c.form.Get("link_preview_options"); s != "" {
			m.Preview = json.RawMessage(s)
		}
	})
}

func (t *Telegram) editCaption(c *tgCall) (any, *tgError) {
	text, entities, err := tgText(c.form.Get("caption"), c.form.Get("parse_mode"), tgMaxCaption)
	if err != nil {
		return nil, bad("%v", err)
	}
	m, e := t.editable(c)
	if e != nil {
		return nil, e
	}
	return t.changed(c, m, func(m *tgMessage) { m.Caption, m.CaptionMarks = text, entities })
}

func (t *Telegram) editMarkup(c *tgCall) (any, *tgError) {
	m, e := t.editable(c)
	if e != nil {
		return nil, e
	}
	return t.changed(c, m, func(*tgMessage) {})
}

func (t *Telegram) deleteMessage(c *tgCall) (any, *tgError) {
	chat, e := t.target(c)
	if e != nil {
		return nil, e
	}
	m := chat.find(c.form.Get("message_id"))
	switch {
	case m == nil:
		return nil, bad("message to delete not found")
	case !m.byBot:
		return nil, bad("message can't be deleted")
	}
	t.remove(chat, m.key())
	t.record("delete", c, m)
	return true, nil
}

// queryLife is how long a press can be answered.
const queryLife = 15 * time.Second

func (t *Telegram) answerQuery(c *tgCall) (any, *tgError) {
	q := t.queries[c.form.Get("callback_query_id")]
	if q == nil || q.answered || t.o.Now().Sub(q.at) > queryLife {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	text := c.form.Get("text")
	if len([]rune(text)) > 200 {
		return nil, bad("MESSAGE_TOO_LONG")
	}
	q.answered = true
	user := fmt.Sprint(q.user.ID)
	e := Event{Platform: "telegram", Chat: q.chat.id(), User: user, At: t.o.Now()}
	if text != "" {
		e.Kind, e.Text = "toast", text
		t.hub.emit(e)
	}
	if u := c.form.Get("url"); u != "" {
		if _, ok := t.startLink(u); !ok {
			return nil, bad("URL_INVALID")
		}
		t.openLink(q.user, u)
	}
	t.log.add(Entry{At: t.o.Now(), Platform: "telegram", Method: "toast", Chat: q.chat.id(), User: user, Text: text, Body: c.body})
	return true, nil
}

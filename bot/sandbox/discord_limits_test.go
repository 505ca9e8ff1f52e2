package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"
)

type object = map[string]any

func text(n int) string { return strings.Repeat("é", n) }

func texts(n int, make func(i int) any) []any {
	list := []any{}
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

func button(i int) any {
	return object{"type": dcButton, "style": 1, "label": "b", "custom_id": fmt.Sprint("id", i)}
}

func row(components ...any) any { return object{"type": dcRow, "components": components} }

// TestLimitsOfMessages sends each limit at its bound, which passes, and one
// over, which is refused with the place of the mistake.
func TestLimitsOfMessages(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.o.Spec = nil // the stand-in alone must know the limits
	embed := func(key string, v any) object { return object{"embeds": []any{object{"title": "t", key: v}}} }
	components := func(list ...any) object { return object{"components": list} }
	v2 := func(list ...any) object { return object{"flags": dcFlagComponentsV2, "components": list} }
	menu := func(more object) object {
		m := object{"type": dcSelect, "custom_id": "s", "options": []any{object{"label": "l", "value": "v"}}}
		for k, v := range more {
			m[k] = v
		}
		return components(row(m))
	}
	block := func(s string) any { return object{"type": dcTextBlock, "content": s} }
	for _, x := range []struct {
		name     string
		pass     any
		fail     any
		at, code string
	}{
		{"content", object{"content": text(2000)}, object{"content": text(2001)}, "content", "BASE_TYPE_MAX_LENGTH"},
		{"content in code points, trimmed", object{"content": "  " + strings.Repeat("👩‍🚀", 666) + "\n"}, object{"content": strings.Repeat("👩‍🚀", 667)}, "content", "BASE_TYPE_MAX_LENGTH"},
		{"embeds", object{"embeds": texts(10, func(int) any { return object{"title": "t"} })},
			object{"embeds": texts(11, func(int) any { return object{"title": "t"} })}, "embeds", "BASE_TYPE_MAX_LENGTH"},
		{"title", embed("title", text(256)), embed("title", text(257)), "embeds.0.title", "BASE_TYPE_MAX_LENGTH"},
		{"description", embed("description", text(4096)), embed("description", text(4097)), "embeds.0.description", "BASE_TYPE_MAX_LENGTH"},
		{"fields", embed("fields", texts(25, func(int) any { return object{"name": "n", "value": "v"} })),
			embed("fields", texts(26, func(int) any { return object{"name": "n", "value": "v"} })), "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"},
		{"field name", embed("fields", []any{object{"name": text(256), "value": "v"}}), embed("fields", []any{object{"name": text(257), "value": "v"}}), "embeds.0.fields.0.name", "BASE_TYPE_BAD_LENGTH"},
		{"field value", embed("fields", []any{object{"name": "n", "value": text(1024)}}), embed("fields", []any{object{"name": "n", "value": text(1025)}}), "embeds.0.fields.0.value", "BASE_TYPE_BAD_LENGTH"},
		{"field without value", embed("fields", []any{object{"name": "n", "value": "v"}}), embed("fields", []any{object{"name": "n", "value": " "}}), "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"},
		{"footer", embed("footer", object{"text": text(2048)}), embed("footer", object{"text": text(2049)}), "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"},
		{"author", embed("author", object{"name": text(256)}), embed("author", object{"name": text(257)}), "embeds.0.author.name", "BASE_TYPE_BAD_LENGTH"},
		{"all embeds together", object{"embeds": []any{object{"description": text(4000)}, object{"description": text(2000)}}},
			object{"embeds": []any{object{"description": text(4000)}, object{"description": text(2000), "footer": object{"text": "x"}}}}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"},
		{"color", embed("color", 0xFFFFFF), embed("color", 0x1000000), "embeds.0.color", "NUMBER_TYPE_MAX"},
		{"embed url", embed("url", "https://example.org/x"), embed("url", "ftp://example.org/x"), "embeds.0.url", "URL_TYPE_INVALID_SCHEME"},
		{"image", embed("image", object{"url": "https://example.org/x.png"}), embed("image", object{"url": "x.png"}), "embeds.0.image.url", "URL_TYPE_INVALID_URL"},
		{"image length", embed("image", object{"url": "https://example.org/" + strings.Repeat("x", 2028)}), embed("image", object{"url": "https://example.org/" + strings.Repeat("x", 2029)}), "embeds.0.image.url", "BASE_TYPE_MAX_LENGTH"},
		{"timestamp", embed("timestamp", "2026-03-01T10:00:00Z"), embed("timestamp", "1 March"), "embeds.0.timestamp", "DATE_TIME_TYPE_PARSE"},
		{"embed without anything", embed("title", "t"), embed("title", ""), "embeds.0.description", "BASE_TYPE_REQUIRED"},
		{"rows", components(texts(5, func(i int) any { return row(button(i)) })...), components(texts(6, func(i int) any { return row(button(i)) })...), "components", "BASE_TYPE_BAD_LENGTH"},
		{"buttons in a row", components(row(texts(5, button)...)), components(row(texts(6, button)...)), "components.0.components", "BASE_TYPE_BAD_LENGTH"},
		{"button beside rows", components(row(button(1))), components(button(1)), "components.0.type", "UNION_TYPE_CHOICES"},
		{"custom_id", components(row(object{"type": 2, "style": 1, "label": "b", "custom_id": text(100)})),
			components(row(object{"type": 2, "style": 1, "label": "b", "custom_id": text(101)})), "components.0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"},
		{"custom_id empty", components(row(button(1))), components(row(object{"type": 2, "style": 1, "label": "b", "custom_id": ""})), "components.0.components.0.custom_id", "BASE_TYPE_REQUIRED"},
		{"custom_id twice", components(row(button(1), button(2))), components(row(button(1)), row(button(1))), "components.1.components.0.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"},
		{"label", components(row(object{"type": 2, "style": 1, "label": text(80), "custom_id": "a"})),
			components(row(object{"type": 2, "style": 1, "label": text(81), "custom_id": "a"})), "components.0.components.0.label", "BASE_TYPE_MAX_LENGTH"},
		{"link", components(row(object{"type": 2, "style": 5, "label": "b", "url": "https://example.org/" + strings.Repeat("x", 492)})),
			components(row(object{"type": 2, "style": 5, "label": "b", "url": "https://example.org/" + strings.Repeat("x", 493)})), "components.0.components.0.url", "BASE_TYPE_MAX_LENGTH"},
		{"link with custom_id", components(row(object{"type": 2, "style": 5, "label": "b", "url": "https://example.org"})),
			components(row(object{"type": 2, "style": 5, "label": "b", "url": "https://example.org", "custom_id": "x"})), "components.0.components.0", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"},
		{"options", menu(object{"options": texts(25, func(i int) any { return object{"label": "l", "value": fmt.Sprint(i)} })}),
			menu(object{"options": texts(26, func(i int) any { return object{"label": "l", "value": fmt.Sprint(i)} })}), "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"},
		{"no options", menu(nil), menu(object{"options": []any{}}), "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"},
		{"option label", menu(object{"options": []any{object{"label": text(100), "value": "v"}}}), menu(object{"options": []any{object{"label": text(101), "value": "v"}}}), "components.0.components.0.options.0.label", "BASE_TYPE_BAD_LENGTH"},
		{"option value", menu(object{"options": []any{object{"label": "l", "value": text(100)}}}), menu(object{"options": []any{object{"label": "l", "value": text(101)}}}), "components.0.components.0.options.0.value", "BASE_TYPE_BAD_LENGTH"},
		{"option description", menu(object{"options": []any{object{"label": "l", "value": "v", "description": text(100)}}}),
			menu(object{"options": []any{object{"label": "l", "value": "v", "description": text(101)}}}), "components.0.components.0.options.0.description", "BASE_TYPE_MAX_LENGTH"},
		{"placeholder", menu(object{"placeholder": text(150)}), menu(object{"placeholder": text(151)}), "components.0.components.0.placeholder", "BASE_TYPE_MAX_LENGTH"},
		{"select alone in its row", menu(nil), components(row(object{"type": 3, "custom_id": "s", "options": []any{object{"label": "l", "value": "v"}}}, button(1))), "components.0.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"},
		{"v2 needs its flag", v2(block("x")), components(block("x")), "components.0.type", "UNION_TYPE_CHOICES"},
		{"v2 without content", v2(block("x")), object{"flags": dcFlagComponentsV2, "components": []any{block("x")}, "content": "y"}, "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
		{"v2 without embeds", v2(block("x")), object{"flags": dcFlagComponentsV2, "components": []any{block("x")}, "embeds": []any{object{"title": "t"}}}, "embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
		{"v2 texts together", v2(block(text(2000)), block(text(2000))), v2(block(text(2000)), block(text(2001))), "components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
		{"v2 components, nested ones too", v2(object{"type": dcContainer, "components": texts(39, func(int) any { return block("x") })}),
			v2(object{"type": dcContainer, "components": texts(40, func(int) any { return block("x") })}), "components", "BASE_TYPE_MAX_LENGTH"},
		{"section's texts", v2(object{"type": dcSection, "components": texts(3, func(int) any { return block("x") }), "accessory": button(1)}),
			v2(object{"type": dcSection, "components": texts(4, func(int) any { return block("x") }), "accessory": button(1)}), "components.0.components", "BASE_TYPE_BAD_LENGTH"},
		{"gallery", v2(object{"type": dcGallery, "items": texts(10, func(int) any { return object{"media": object{"url": "https://example.org/x.png"}} })}),
			v2(object{"type": dcGallery, "items": texts(11, func(int) any { return object{"media": object{"url": "https://example.org/x.png"}} })}), "components.0.items", "BASE_TYPE_BAD_LENGTH"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if a := w.send("POST", "/channels/"+w.text+"/messages", x.pass); a.status != 200 {
				t.Errorf("at the bound: %d %s", a.status, a.body)
			}
			wantForm(t, w.send("POST", "/channels/"+w.text+"/messages", x.fail), x.at, x.code)
		})
	}
	if a := w.send("POST", "/channels/"+w.text+"/messages", object{"content": " \n "}); a.code() != 50006 {
		t.Errorf("an empty message: %s", a.body)
	}
	if a := w.send("POST", "/channels/"+w.text+"/messages", v2(block(strings.Repeat("は", 3391)))); a.status != 500 {
		t.Errorf("%d bytes in components: %d", 3*3391+12, a.status)
	}
	if a := w.send("POST", "/channels/"+w.text+"/messages", v2(block(strings.Repeat("は", 3386)))); a.status != 200 {
		t.Errorf("%d bytes in components: %s", 3*3386+12, a.body)
	}
}

// wantForm wants code 50035 with an error of one kind at a place of its tree.
func wantForm(t *testing.T, a answer, path, code string) {
	t.Helper()
	if a.status != 400 || a.code() != 50035 {
		t.Errorf("one over: %d %s", a.status, a.body)
		return
	}
	var e struct{ Errors map[string]any }
	if err := json.Unmarshal(a.body, &e); err != nil {
		t.Fatal(err)
	}
	list, _ := at(any(e.Errors), append(strings.Split(path, "."), "_errors")...).([]any)
	for _, x := range list {
		if at(x, "code") == code {
			return
		}
	}
	t.Errorf("no %s at %s: %s", code, path, a.body)
}

func TestComponentsV2Stay(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	a := w.send("POST", "/channels/"+w.text+"/messages", object{"content": "old"})
	var m dcMessage
	w.ok(json.Unmarshal(a.body, &m))
	path := "/channels/" + w.text + "/messages/" + m.ID
	block := []any{object{"type": dcTextBlock, "content": "new"}}
	if a := w.send("PATCH", path, object{"flags": dcFlagComponentsV2, "components": block}); a.status != 400 {
		t.Errorf("with the old content left: %d", a.status)
	}
	if a := w.send("PATCH", path, object{"flags": dcFlagComponentsV2, "components": block, "content": nil, "embeds": []any{}}); a.status != 200 {
		t.Fatalf("adding the flag: %s", a.body)
	}
	if a := w.send("PATCH", path, object{"flags": 0, "components": []any{}, "content": "old"}); a.status != 400 {
		t.Errorf("taking the flag away: %d %s", a.status, a.body)
	}
}

// An edit leaves what it does not name, and takes away what it has null for.
func TestEditsOfParts(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	a := w.send("POST", "/channels/"+w.text+"/messages", object{"content": "old", "flags": dcFlagNoEmbeds,
		"embeds": []any{object{"title": "t"}}, "components": []any{row(button(0))}})
	var m dcMessage
	w.ok(json.Unmarshal(a.body, &m))
	for _, x := range []struct {
		edit object
		want string
	}{
		{object{"content": "new"}, "new, 1 embeds, 1 components, flags 4"},
		{object{"embeds": nil}, "new, 0 embeds, 1 components, flags 4"},
		{object{"content": nil, "flags": nil}, ", 0 embeds, 1 components, flags 0"},
	} {
		a := w.send("PATCH", "/channels/"+w.text+"/messages/"+m.ID, x.edit)
		var m dcMessage
		w.ok(json.Unmarshal(a.body, &m))
		if got := fmt.Sprintf("%s, %d embeds, %d components, flags %d", m.Content, len(m.Embeds), len(m.Components), m.Flags); got != x.want {
			t.Errorf("after %v: %s, want %s", x.edit, got, x.want)
		}
	}
}

func TestLimitsOfCommands(t *testing.T) {
	w := newTown(t, DiscordOptions{})
	w.o.Spec = nil
	base := func(more object) object {
		c := object{"name": "critical", "description": "d"}
		for k, v := range more {
			c[k] = v
		}
		return c
	}
	option := func(more object) object {
		o := object{"type": 3, "name": "story", "description": "d"}
		for k, v := range more {
			o[k] = v
		}
		return base(object{"options": []any{o}})
	}
	options := func(n int) []any {
		return texts(n, func(i int) any { return object{"type": 3, "name": fmt.Sprint("o", i), "description": "d"} })
	}
	choices := func(n int) []any {
		return texts(n, func(i int) any { return object{"name": fmt.Sprint("c", i), "value": fmt.Sprint(i)} })
	}
	size := func(n int) object { // 8 + 1 for the command itself, 25 × (2 + 100), the rest in values
		list := texts(25, func(i int) any {
			return object{"type": 3, "name": fmt.Sprintf("o%02d", i), "description": text(100)}
		})
		used := 8 + 1 + 25*103
		var cs []any
		for i := 0; used < n; i++ {
			k := min(200, n-used)
			cs = append(cs, object{"name": text(k - k/2), "value": text(k / 2)})
			used += k
		}
		for i := 0; len(cs) > 0; i++ {
			k := min(25, len(cs))
			list[i].(object)["choices"] = cs[:k]
			cs = cs[k:]
		}
		return base(object{"options": list})
	}
	for _, x := range []struct {
		name     string
		pass     object
		fail     object
		at, code string
	}{
		{"name", base(object{"name": text(32)}), base(object{"name": text(33)}), "0.name", "APPLICATION_COMMAND_INVALID_NAME"},
		{"name's letters", base(object{"name": "über-uns_2"}), base(object{"name": "two words"}), "0.name", "APPLICATION_COMMAND_INVALID_NAME"},
		{"lower case", base(nil), base(object{"name": "Critical"}), "0.name", "APPLICATION_COMMAND_INVALID_NAME"},
		{"description", base(object{"description": text(100)}), base(object{"description": text(101)}), "0.description", "BASE_TYPE_BAD_LENGTH"},
		{"no description", base(nil), base(object{"description": ""}), "0.description", "BASE_TYPE_REQUIRED"},
		{"options", base(object{"options": options(25)}), base(object{"options": options(26)}), "0.options", "BASE_TYPE_BAD_LENGTH"},
		{"choices", option(object{"choices": choices(25)}), option(object{"choices": choices(26)}), "0.options.0.choices", "BASE_TYPE_BAD_LENGTH"},
		{"choice name", option(object{"choices": []any{object{"name": text(100), "value": "v"}}}), option(object{"choices": []any{object{"name": text(101), "value": "v"}}}), "0.options.0.choices.0.name", "BASE_TYPE_BAD_LENGTH"},
		{"choices or autocomplete", option(object{"autocomplete": true}), option(object{"autocomplete": true, "choices": choices(1)}), "0.options.0.choices", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID"},
		{"required first", base(object{"options": []any{object{"type": 3, "name": "a", "description": "d", "required": true}, object{"type": 3, "name": "b", "description": "d"}}}),
			base(object{"options": []any{object{"type": 3, "name": "a", "description": "d"}, object{"type": 3, "name": "b", "description": "d", "required": true}}}), "0.options.1", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
		{"option names unique", base(object{"options": options(2)}), base(object{"options": []any{options(1)[0], options(1)[0]}}), "0.options.1", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"},
		{"all together", size(8000), size(8001), "0.name", "APPLICATION_COMMAND_TOO_LARGE"},
	} {
		t.Run(x.name, func(t *testing.T) {
			path := "/applications/" + w.Bot() + "/commands"
			if a := w.send("PUT", path, []any{x.pass}); a.status != 200 {
				t.Errorf("at the bound: %d %s", a.status, a.body)
			}
			wantForm(t, w.send("PUT", path, []any{x.fail}), x.at, x.code)
		})
	}
	hundred := func(n int) []any {
		return texts(n, func(i int) any { return base(object{"name": fmt.Sprint("c", i)}) })
	}
	path := "/applications/" + w.Bot() + "/guilds/" + w.guild + "/commands"
	if a := w.send("PUT", path, hundred(100)); a.status != 200 {
		t.Errorf("100 commands: %s", a.body)
	}
	if a := w.send("PUT", path, hundred(101)); a.code() != 30032 {
		t.Errorf("101 commands: %s", a.body)
	}
	if a := w.send("PUT", path, texts(100, func(i int) any { return base(object{"name": fmt.Sprint("d", i)}) })); a.status != 200 {
		t.Errorf("200 creates in a day: %s", a.body)
	}
	w.send("PUT", path, []any{})
	if a := w.send("POST", path, base(nil)); a.code() != 30034 {
		t.Errorf("the 201st create of the day: %s", a.body)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		`**Bold** and __under__ ~~gone~~ ||spoiler||`:      "Bold and under gone spoiler",
		`[a \[1\]](https://example.org/x_y_(z)) and \*`:    "a [1] and *",
		"> quoted\n-# small\n## head":                      "quoted\nsmall\nhead",
		`snake_case stays, _emphasis_ goes`:                "snake_case stays, emphasis goes",
		`<https://example.org/a_b*c> https://e.org/_x_`:    "https://example.org/a_b*c https://e.org/_x_",
		"1\\. 5 \\> 3, \\#tag, \\`code\\`, \\@here, C:\\x": "1. 5 > 3, #tag, `code`, @here, C:\\x",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzDiscordBody sends any body to the methods that take the largest ones:
// each is answered in Discord's form, and what is taken can be read back.
func FuzzDiscordBody(f *testing.F) {
	for _, s := range []string{
		`{"content":"x","embeds":[{"title":"[a](b","fields":[{"name":"n","value":"v"}]}]}`,
		`{"flags":32768,"components":[{"type":17,"components":[{"type":9,"components":[{"type":10,"content":"x"}],"accessory":{"type":11}}]}]}`,
		`{"embeds":[null],"components":[null],"nonce":1}`, `{"name":"t","message":{"content":"\\"}}`,
		`[{"name":"a","description":"d","options":[{"type":1,"options":[null]}]}]`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := NewDiscord(DiscordOptions{})
		defer d.Close()
		guild := d.AddGuild("Harbour")
		text, err := d.AddChannel(guild, "general", "text")
		if err != nil {
			t.Fatal(err)
		}
		forum, err := d.AddChannel(guild, "stories", "forum")
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"POST /channels/" + text + "/messages", "POST /channels/" + forum + "/threads", "PUT /applications/" + d.Bot() + "/commands"} {
			method, path, _ := strings.Cut(to, " ")
			w := httptest.NewRecorder()
			d.ServeHTTP(w, httptest.NewRequest(method, "/api/v10"+path, bytes.NewReader(body)))
			if !json.Valid(w.Body.Bytes()) || w.Code >= 500 && w.Code != 500 {
				t.Errorf("%s: %d %q", to, w.Code, w.Body)
			}
		}
		for _, m := range d.Messages(text) {
			var seen discordgo.Message
			if err := json.Unmarshal(m, &seen); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	})
}

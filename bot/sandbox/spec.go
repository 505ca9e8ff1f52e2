package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Spec has the official descriptions of both platforms' APIs. A stand-in that
// has one refuses every request that does not follow it.
type Spec struct {
	routes []specRoute

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema

	telegram telegramSpec
}

// specRoute is one path of Discord's description.
type specRoute struct {
	segments []string
	path     string
	methods  map[string]specMethod // by upper-case method
}

type specMethod struct {
	body       bool // takes JSON
	parameters map[string]string
}

// specURL is the name under which the description is known to its own schemas.
const specURL = "discord.json"

// LoadSpec reads discord-openapi.json and telegram-bot-api.json from a folder.
func LoadSpec(dir string) (*Spec, error) {
	s := &Spec{schemas: map[string]*jsonschema.Schema{}}
	if err := s.loadDiscord(filepath.Join(dir, "discord-openapi.json")); err != nil {
		return nil, fmt.Errorf("read the description of Discord's API: %w", err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "telegram-bot-api.json"))
	if err != nil {
		return nil, fmt.Errorf("read the description of Telegram's API: %w", err)
	}
	if err := json.Unmarshal(b, &s.telegram); err != nil {
		return nil, fmt.Errorf("read the description of Telegram's API: %w", err)
	}
	return s, nil
}

func (s *Spec) loadDiscord(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	closeObjects(doc)
	allowStrays(doc)
	paths, _ := at(doc, "paths").(map[string]any)
	if len(paths) == 0 {
		return errors.New("it has no paths")
	}
	for path, v := range paths {
		item, _ := v.(map[string]any)
		r := specRoute{segments: strings.Split(path, "/"), path: path, methods: map[string]specMethod{}}
		for method := range item {
			if method == "parameters" {
				continue
			}
			m := specMethod{parameters: map[string]string{}}
			m.body = at(item, method, "requestBody", "content", "application/json", "schema") != nil
			list, _ := at(item, method, "parameters").([]any)
			for i, p := range list {
				if name, ok := at(p, "name").(string); ok && at(p, "in") == "query" {
					m.parameters[name] = pointer("paths", path, method, "parameters", fmt.Sprint(i), "schema")
				}
			}
			r.methods[strings.ToUpper(method)] = m
		}
		s.routes = append(s.routes, r)
	}
	s.compiler = jsonschema.NewCompiler()
	s.compiler.AssertFormat()
	return s.compiler.AddResource(specURL, doc)
}

// at goes into a JSON document by keys; nil if there is nothing.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// pointer is a JSON pointer as the fragment of a URL.
func pointer(keys ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, k := range keys {
		b.WriteString("/" + url.PathEscape(escape.Replace(k)))
	}
	return b.String()
}

// closeObjects lets every object have only the keys that are described. The
// description leaves that open, but a key that it doesn't know is a mistake of
// the sender.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, x := range v {
			closeObjects(x)
		}
	case []any:
		for _, x := range v {
			closeObjects(x)
		}
	}
}

// allowStrays adds what discordgo v0.29.0 sends beside the description, all
// without a meaning to Discord, and corrects what the description has wrong.
func allowStrays(doc any) {
	schemas, _ := at(doc, "components", "schemas").(map[string]any)
	null := map[string]any{"type": "null"}
	no := map[string]any{"enum": []any{false}}
	add := func(schema any, keys map[string]any) {
		properties, _ := at(schema, "properties").(map[string]any)
		for k, v := range keys {
			if _, ok := properties[k]; properties != nil && !ok {
				properties[k] = v
			}
		}
	}
	// MessageEdit has no JSON names for its ID and channel.
	add(schemas["MessageEditRequestPartial"], map[string]any{"ID": map[string]any{"type": "string"}, "Channel": map[string]any{"type": "string"}})
	// ThreadStart always says whether others may be invited, a message whether
	// it is read aloud.
	add(schemas["CreateTextThreadWithMessageRequest"], map[string]any{"invitable": no})
	add(schemas["CreateForumThreadRequest"], map[string]any{"invitable": no})
	add(schemas["BaseCreateMessageCreateRequest"], map[string]any{"tts": no})
	add(schemas["IncomingWebhookUpdateForInteractionCallbackRequestPartial"], map[string]any{"tts": no})
	for name, schema := range schemas {
		if strings.HasPrefix(name, "ApplicationCommand") && strings.HasSuffix(name, "Option") {
			// An option of any type is sent with the empty keys of all types.
			add(schema, map[string]any{"channel_types": null, "options": null, "choices": null, "autocomplete": no, "required": no})
		}
		if p, ok := at(schema, "properties", "default_member_permissions").(map[string]any); ok {
			// The documentation says: a bit set as a string.
			p["type"] = []any{"integer", "string", "null"}
		}
		if strings.HasPrefix(name, "InteractionApplicationCommandAutocompleteCallback") {
			// Every answer is sent with the keys of a message.
			add(schema, map[string]any{"tts": no, "content": map[string]any{"enum": []any{""}}, "components": null, "embeds": null})
		}
	}
}

// CheckDiscord says what is wrong with a request. The path may begin with
// /api/v9 or /api/v10, and a query may follow it.
func (s *Spec) CheckDiscord(method, path string, body []byte) error {
	what := method + " " + path
	path, query, _ := strings.Cut(path, "?")
	for _, v := range []string{"/api/v9", "/api/v10"} {
		path = strings.TrimPrefix(path, v)
	}
	r, ok := s.route(path)
	if !ok {
		return fmt.Errorf("%s: no such path", what)
	}
	m, ok := r.methods[method]
	if !ok {
		return fmt.Errorf("%s: no such method", what)
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for k := range given {
		schema, ok := m.parameters[k]
		if !ok {
			return fmt.Errorf("%s: no parameter %s", what, k)
		}
		if err := s.validate(schema, parameter(given.Get(k))); err != nil {
			return fmt.Errorf("%s: parameter %s: %w", what, k, err)
		}
	}
	if !m.body {
		return nil
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	schema := pointer("paths", r.path, strings.ToLower(method), "requestBody", "content", "application/json", "schema")
	if err := s.validate(schema, v); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// parameter is a value of a query as JSON would have it; ids stay text.
func parameter(s string) any {
	if len(s) < 16 {
		if n := json.Number(s); n != "" {
			if _, err := n.Int64(); err == nil {
				return n
			}
		}
	}
	if s == "true" || s == "false" {
		return s == "true"
	}
	return s
}

// route finds the path; a word that is written out goes before a parameter.
func (s *Spec) route(path string) (specRoute, bool) {
	segments := strings.Split(path, "/")
	var best specRoute
	most := -1
	for _, r := range s.routes {
		if len(r.segments) != len(segments) {
			continue
		}
		exact, fits := 0, true
		for i, x := range r.segments {
			switch {
			case x == segments[i]:
				exact++
			case !strings.HasPrefix(x, "{"), segments[i] == "", strings.HasSuffix(x, "_id}") && snowflake(segments[i]) == 0:
				fits = false
			}
		}
		if fits && exact > most {
			best, most = r, exact
		}
	}
	return best, most >= 0
}

// validate holds a value against the schema at a pointer, compiled when it is
// first needed.
func (s *Spec) validate(pointer string, v any) error {
	s.mu.Lock()
	schema := s.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = s.compiler.Compile(specURL + "#" + pointer); err != nil {
			s.mu.Unlock()
			return err
		}
		s.schemas[pointer] = schema
	}
	s.mu.Unlock()
	if err := schema.Validate(v); err != nil {
		lines := strings.Split(err.Error(), "\n")
		return errors.New(strings.Join(lines[min(1, len(lines)-1):], " "))
	}
	return nil
}

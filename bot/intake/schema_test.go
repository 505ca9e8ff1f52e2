package intake_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"briefbot/bot/intake"
	"briefbot/store"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(intake.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("story.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("story.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaHolds holds stories of all kinds against the schema.
func TestSchemaHolds(t *testing.T) {
	schema := schema(t)
	hold := func(name string, s store.Story) {
		data, err := jsonschema.UnmarshalJSON(bytes.NewReader(intake.WriteJSON(s)))
		if err == nil {
			err = schema.Validate(data)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, intake.WriteJSON(s))
		}
	}
	hold("whole", wholeStory)
	var files []string
	for _, pattern := range []string{"testdata/forms/*", "testdata/whole.*", "../sandbox/stories/*.txt"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	held := 0
	for _, name := range files {
		if stories, err := intake.ReadFile(name); err == nil {
			for _, s := range stories {
				hold(name, s)
				held++
			}
		}
	}
	if held < 30 {
		t.Errorf("only %d stories", held)
	}
	for seed := range uint64(300) {
		hold("random", randomStory(rand.New(rand.NewPCG(seed, 1))))
	}
}

// TestSchemaRefuses: what the reader refuses, the schema does too, and the
// other way round.
func TestSchemaRefuses(t *testing.T) {
	schema := schema(t)
	for _, in := range []string{
		`[]`, `{}`, `{"headline": "a"}`, `{"headline": "a", "bullets": []}`, `{"headline": " ", "bullets": [{"text": "b"}]}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "deck": "c"}`,
		`{"headline": "a", "bullets": [{"text": "b", "citations": [0]}]}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "date": "2026"}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "url": "ftp://c.example"}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "topics": ["c, d"]}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "narratives": [{"label": "c"}]}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "sources": [{"n": 10000}]}`,
		`{"headline": "a", "bullets": [{"text": "b"}], "sources": [{"n": 1, "leaning": {"lr": 6}}]}`,
	} {
		if _, err := intake.ParseJSON("s.json", []byte(in)); err == nil {
			t.Errorf("%s is read", in)
		}
		data, err := jsonschema.UnmarshalJSON(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(data) == nil {
			t.Errorf("%s holds", in)
		}
	}
}

// TestSchemaIsWhole compares the schema's fields with those of a story.
func TestSchemaIsWhole(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(intake.Schema, &doc); err != nil {
		t.Fatal(err)
	}
	compareFields(t, "story", doc, reflect.TypeFor[store.Story]())
}

func compareFields(t *testing.T, path string, node map[string]any, typ reflect.Type) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Pointer:
		compareFields(t, path, node, typ.Elem())
		return
	case reflect.Slice:
		if items, ok := node["items"].(map[string]any); ok {
			compareFields(t, path+"[]", items, typ.Elem())
		}
		return
	case reflect.Struct:
	default:
		return
	}
	if reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return
	}
	properties, _ := node["properties"].(map[string]any)
	seen := map[string]bool{}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		seen[name] = true
		inner, ok := properties[name].(map[string]any)
		if !ok {
			t.Errorf("the schema lacks %s.%s", path, name)
			continue
		}
		compareFields(t, path+"."+name, inner, f.Type)
	}
	for name := range properties {
		if !seen[name] {
			t.Errorf("the schema has %s.%s, which no story has", path, name)
		}
	}
}

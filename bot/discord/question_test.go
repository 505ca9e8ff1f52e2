package discord

import (
	"encoding/json"
	"testing"

	"github.com/bwmarrin/discordgo"

	"briefbot/bot/brief"
)

// Whatever an interaction holds, it is read without harm, and what is asked has
// a form that the desk knows.
func FuzzInteraction(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","token":"t","type":2,"channel_id":"2","guild_id":"3","locale":"de","member":{"user":{"id":"4"},"permissions":"16"},"data":{"id":"5","name":"latest","type":1,
			"options":[{"name":"story","type":1,"options":[{"name":"story","type":3,"value":"ferry"},{"name":"every","type":4,"value":2,"focused":true}]}]}}`,
		`{"id":"1","token":"t","type":2,"channel_id":"2","context":2,"user":{"id":"4"},"data":{"id":"5","name":"Sources","type":3,"target_id":"6","resolved":{"messages":{"6":{"id":"6",
			"author":{"id":"7"},"components":[{"type":1,"components":[{"type":2,"style":2,"label":"Sources","custom_id":"1/src/k7m2p/9.0"}]},{"type":1,"components":[{"type":3,"custom_id":"1/menu//9.0",
			"options":[{"label":"a","value":"1/n3/k7m2p/9.0"}]}]}]}}}}}`,
		`{"id":"1","token":"t","type":3,"channel_id":"2","data":{"custom_id":"1/menu//a","component_type":3,"values":["1/n3/k7m2p/a2"]},"message":{"id":"6","flags":64}}`,
		`{"id":"1","token":"t","type":2,"data":{"name":"Sources","type":3,"target_id":"6","resolved":{"messages":{"6":null}}}}`,
		`{"id":"1","token":"t","type":2,"data":{"name":"a","type":1,"options":[null,{"name":"b","type":1,"options":null}]}}`,
	} {
		f.Add([]byte(seed))
	}
	d := &Discord{desk: &desk{table: everyKind()}, languages: languages}
	f.Fuzz(func(t *testing.T, b []byte) {
		var i discordgo.Interaction
		if json.Unmarshal(b, &i) != nil {
			return
		}
		switch data := i.Data.(type) {
		case discordgo.ApplicationCommandInteractionData:
			d.typed(&i, data)
			d.onMessage(&i, data)
		case discordgo.MessageComponentInteractionData:
			q, known := d.pressed(&i, data)
			if _, _, err := brief.ParseAction(q.Button); known != (err == nil) || q.page < 0 {
				t.Errorf("%q: known %v, page %d", q.Button, known, q.page)
			}
			for _, m := range q.reply(brief.Answer{Message: english.Post(flood(), false), Again: q.Action}).messages {
				if len(m.Components) > maxRows {
					t.Errorf("%q: %d rows", q.Button, len(m.Components))
				}
			}
		}
	})
}

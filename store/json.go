package store

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// A delivery is written three times on its way out, and each post is one: to find
// its fields by reflection would be a tenth of all work of a broadcast. So it is
// written here, and so is what else is written with it, in the form that the
// fields' tags give; TestWrittenWhole finds what is forgotten.

// encodeDelivery encodes a delivery, with its bodies behind it if it has any.
func encodeDelivery(d Delivery) []byte {
	size, version := usualDelivery, byte(valueVersion)
	for _, p := range d.Parts {
		if p.Body != nil {
			version = bodiesVersion
		}
		size += len(p.Body) + 1
	}
	o := object{append(make([]byte, 0, size), version)}
	o.delivery(d)
	if version == valueVersion {
		return o.b
	}
	o.b = append(o.b, '\n')
	for _, p := range d.Parts {
		o.raw(p.Body)
		o.b = append(o.b, '\n')
	}
	return o.b
}

// object appends JSON to b. Members that have the zero value are left out, but for
// those that must be there.
type object struct{ b []byte }

func (o *object) delivery(d Delivery) {
	o.b = append(o.b, '{')
	o.must("id")
	o.b = strconv.AppendUint(o.b, d.ID, 10)
	o.must("kind")
	o.quote(string(d.Kind))
	o.text("channel", d.Channel)
	o.must("chat")
	o.chat(d.Chat)
	each(o, "stories", d.Stories, (*object).ref)
	o.id("of", d.Of)
	o.flag("again", d.Again)
	o.text("ping", d.Ping)
	each(o, "then", d.Then, (*object).step)
	o.text("reply_to", d.ReplyTo)
	o.flag("silent", d.Silent)
	o.flag("rich", d.Rich)
	o.number("lasts", int64(d.Lasts))
	o.must("state")
	o.quote(string(d.State))
	each(o, "parts", d.Parts, (*object).part)
	o.text("reason", d.Reason)
	o.number("attempts", int64(d.Attempts))
	o.number("looks", int64(d.Looks))
	o.number("refusals", int64(d.Refusals))
	o.number("resends", int64(d.Resends))
	o.number("doubles", int64(d.Doubles))
	o.must("planned")
	o.instant(d.Planned)
	o.time("due", d.Due)
	o.time("set", d.Set)
	o.time("done", d.Done)
	o.flag("aside", d.Aside)
	o.flag("parked", d.Parked)
	o.flag("held", d.Held)
	o.flag("farewell", d.Farewell)
	o.b = append(o.b, '}')
}

func (o *object) post(p post) {
	o.b = append(o.b, '{')
	o.must("delivery")
	o.b = strconv.AppendUint(o.b, p.Delivery, 10)
	o.must("last")
	o.b = strconv.AppendUint(o.b, p.Last, 10)
	o.flag("follows", p.Follows)
	o.number("seen", int64(p.Seen))
	o.b = append(o.b, '}')
}

func (o *object) posted(p posted) {
	o.b = append(o.b, '{')
	o.must("delivery")
	o.b = strconv.AppendUint(o.b, p.Delivery, 10)
	each(o, "stories", p.Stories, (*object).ref)
	o.b = append(o.b, '}')
}

func (o *object) progress(p Progress) {
	o.b = append(o.b, '{')
	o.must("began")
	o.instant(p.Began)
	o.must("cursor")
	o.b = strconv.AppendUint(o.b, p.Cursor, 10)
	each(o, "backfill", p.Backfill, (*object).quote)
	o.time("last_run", p.LastRun)
	o.b = append(o.b, '}')
}

func (o *object) chat(c Chat) {
	o.b = append(o.b, '{')
	o.must("platform")
	o.quote(string(c.Platform))
	o.must("id")
	o.quote(c.ID)
	o.number("thread", int64(c.Thread))
	o.b = append(o.b, '}')
}

func (o *object) ref(r Ref) {
	o.b = append(o.b, '{')
	o.must("id")
	o.quote(r.ID)
	o.must("revision")
	o.b = strconv.AppendInt(o.b, int64(r.Revision), 10)
	o.b = append(o.b, '}')
}

func (o *object) step(s Step) {
	o.b = append(o.b, '{')
	o.must("kind")
	o.quote(string(s.Kind))
	each(o, "requests", s.Requests, func(o *object, r json.RawMessage) {
		if r == nil {
			r = json.RawMessage("null")
		}
		o.raw(r)
	})
	o.id("delivery", s.Delivery)
	o.b = append(o.b, '}')
}

// part leaves the body out: it stands behind the delivery.
func (o *object) part(p Part) {
	o.b = append(o.b, '{')
	o.text("after", p.After)
	o.time("claimed", p.Claimed)
	o.time("claimed_there", p.ClaimedThere)
	o.flag("doubt", p.Doubt)
	o.flag("aloud", p.Aloud)
	o.flag("beside", p.Beside)
	o.text("target", p.Target)
	o.text("message", p.Message)
	o.b = append(o.b, '}')
}

// must begins a member.
func (o *object) must(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) text(name, s string) {
	if s != "" {
		o.must(name)
		o.quote(s)
	}
}

// quote writes a string. What is no UTF-8 in it is replaced, as encoding/json does.
func (o *object) quote(s string) { o.b, _ = jsontext.AppendQuote(o.b, s) }

func (o *object) id(name string, id uint64) {
	if id != 0 {
		o.must(name)
		o.b = strconv.AppendUint(o.b, id, 10)
	}
}

func (o *object) number(name string, n int64) {
	if n != 0 {
		o.must(name)
		o.b = strconv.AppendInt(o.b, n, 10)
	}
}

func (o *object) flag(name string, is bool) {
	if is {
		o.must(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) time(name string, t time.Time) {
	if !t.IsZero() {
		o.must(name)
		o.instant(t)
	}
}

func (o *object) instant(t time.Time) {
	o.b = append(o.b, '"')
	o.b = append(t.AppendFormat(o.b, time.RFC3339Nano), '"')
}

// raw writes what is JSON already, in one line.
func (o *object) raw(r json.RawMessage) {
	if !bytes.ContainsRune(r, '\n') { // no adapter makes such
		o.b = append(o.b, r...)
		return
	}
	line := bytes.NewBuffer(o.b)
	if err := json.Compact(line, r); err != nil {
		panic("store: a request that is no JSON: " + err.Error())
	}
	o.b = line.Bytes()
}

func each[T any](o *object, name string, all []T, write func(*object, T)) {
	if len(all) == 0 {
		return
	}
	o.must(name)
	o.b = append(o.b, '[')
	for i, v := range all {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		write(o, v)
	}
	o.b = append(o.b, ']')
}

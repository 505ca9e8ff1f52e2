package store

import (
	"context"
	"time"
)

// IncidentKind says what an operator should know of a delivery that did not go
// as planned.
type IncidentKind string

// The incidents.
const (
	GaveUp   IncidentKind = "given up"
	HeldBack IncidentKind = "held back"  // it may be out: the channel would rather miss it
	SentAnew IncidentKind = "sent anew"  // whether it was out could not be found out
	TookBack IncidentKind = "taken back" // a second copy came to be, and was deleted
	// LeftBare: a post is out, and what was to follow it can't be done. It is
	// told once of a channel, until it can be done again.
	LeftBare IncidentKind = "left bare"
)

var incidentKinds = []IncidentKind{GaveUp, HeldBack, SentAnew, TookBack, LeftBare}

// Incident is something that did not go as planned, and why.
type Incident struct {
	Kind     IncidentKind `json:"kind"`
	At       time.Time    `json:"at"`
	Delivery uint64       `json:"delivery"`
	Channel  string       `json:"channel,omitempty"`
	Chat     Chat         `json:"chat"`
	Stories  []Ref        `json:"stories,omitempty"`
	Reason   string       `json:"reason"`
}

// keptIncidents is how many incidents are kept; all are counted.
const keptIncidents = 500

// noteIncident counts what a change of a delivery tells, and keeps it for the
// operator.
func noteIncident(w Writer, old, d Delivery) {
	kind := incidentOf(old, d)
	if kind == "" || kind == LeftBare && w.Get(bareKey(d)) != nil {
		return
	}
	if kind == LeftBare {
		w.Put(bareKey(d), []byte{valueVersion})
	}
	next(w, "incident "+string(kind))
	n := next(w, "incident")
	at := d.Done
	if d.Set.After(at) {
		at = d.Set
	}
	about := d.Stories
	if len(about) == 0 {
		about = old.Stories
	}
	put(w, key("incident", number(n)), Incident{kind, at, d.ID, d.Channel, d.Chat, about, d.Reason})
	if n > keptIncidents {
		w.Delete(key("incident", number(n-keptIncidents)))
	}
}

func incidentOf(old, d Delivery) IncidentKind {
	switch {
	case d.State == GivenUp && old.State != GivenUp && d.Kind.Follows():
		return LeftBare
	case d.State == GivenUp && old.State != GivenUp && d.Held:
		return HeldBack
	case d.State == GivenUp && old.State != GivenUp:
		return GaveUp
	case d.Resends > old.Resends:
		return SentAnew
	case d.Doubles > old.Doubles:
		return TookBack
	}
	return ""
}

// bareKey marks that it was told that something can't follow a channel's posts.
func bareKey(d Delivery) string { return key("bare", d.Channel, string(d.Kind)) }

// forgetBare forgets what was told of a channel, which has gone.
func forgetBare(w Writer, channel string) {
	for _, k := range []DeliveryKind{ThreadDelivery, PublishDelivery} {
		w.Delete(bareKey(Delivery{Channel: channel, Kind: k}))
	}
}

// Incidents gives the last incidents, the newest first, at most limit, and how
// many of each kind there ever were.
func (s *Store) Incidents(ctx context.Context, limit int) (last []Incident, counts map[IncidentKind]uint64, err error) {
	err = s.e.View(ctx, func(r Reader) error {
		last, counts = nil, map[IncidentKind]uint64{}
		for _, k := range incidentKinds {
			counts[k] = current(r, "incident "+string(k))
		}
		from, to := under("incident")
		for k := range r.ScanBack(from, to) {
			if len(last) == limit {
				break
			}
			var i Incident
			if err := get(r, k, &i); err != nil {
				return err
			}
			last = append(last, i)
		}
		return nil
	})
	return last, counts, err
}

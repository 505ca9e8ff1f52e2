package command

import (
	"cmp"
	"context"
	"strings"

	"briefbot/bot/brief"
	"briefbot/store"
)

// myBrief shows when the asker's private brief comes, or changes it.
func (d *Desk) myBrief(ctx context.Context, q asked, _ store.Entry) (brief.Answer, error) {
	if err := alone(q); err != nil {
		return brief.Answer{}, err
	}
	at, zone := q.Options[timeOption.Name], q.Options[zoneOption.Name]
	if with := q.Action.With; with != "" {
		name := ""
		if at, name, _ = strings.Cut(with, "."); name != "" {
			var ok bool
			if zone, ok = zoneNamed(name); !ok {
				return brief.Answer{}, sayNaming(q.voice, brief.SayOldButton, "mybrief")
			}
		}
	}
	if d.isOff(at) || at == "" && d.isOff(zone) { // "aus" could be Australia
		_, err := d.change(ctx, q, func(p *store.Profile) error {
			p.Brief = ""
			return nil
		})
		return brief.Answer{Message: q.voice.BriefEnded(), Turn: true}, err
	}
	if at != "" {
		minutes, ok := clockOf(at)
		if !ok {
			return brief.Answer{}, say(q.voice, brief.SayBadTime)
		}
		at = clockText(minutes)
	}
	if zone != "" {
		like := zonesLike(zone, maxZones)
		switch {
		case isZone(zone): // as it is written in lists
		case len(like) == 0:
			return brief.Answer{Message: d.zoneChoice(q, brief.SayBadZone, at, likelyZones[q.voice.Code()]), Turn: true}, nil
		case len(like) == 1 || plainPlace(like[0][strings.LastIndex(like[0], "/")+1:]) == plainPlace(zone):
			zone = like[0]
		default:
			return brief.Answer{Message: d.zoneChoice(q, brief.SayWhichZone, at, like), Turn: true}, nil
		}
	}
	if at == "" && zone == "" {
		return brief.Answer{Message: q.voice.BriefChoice(q.profile.Brief, zoneLabel(q.profile.Timezone)), Turn: true}, nil
	}
	if zone == "" && q.profile.Timezone == "" {
		return brief.Answer{Message: d.zoneChoice(q, brief.SayWhichZone, at, append(likelyZones[q.voice.Code()], "UTC")), Turn: true}, nil
	}
	home, err := d.home(ctx, q)
	if err != nil {
		return brief.Answer{}, err
	}
	p, err := d.change(ctx, q, func(p *store.Profile) error {
		p.Home, p.Timezone = home, cmp.Or(zone, p.Timezone)
		if at != "" {
			p.Brief, p.Stopped = at, false
		}
		return nil
	})
	if err != nil {
		return brief.Answer{}, err
	}
	if at == "" {
		return brief.Answer{Message: q.voice.BriefChoice(p.Brief, zoneLabel(p.Timezone)), Turn: true}, nil
	}
	return brief.Answer{Message: q.voice.BriefSet(p.Brief, zoneLabel(p.Timezone)), Turn: true}, nil
}

// maxZones is how many zones are offered.
const maxZones = 8

// defaultTime is taken for the time while only the zone is known.
const defaultTime = "07:30"

func (d *Desk) zoneChoice(q asked, say brief.Phrase, at string, zones []string) brief.Message {
	var names, labels []string
	for _, z := range zones {
		names, labels = append(names, zoneName(z)), append(labels, zoneLabel(z))
	}
	return q.voice.ZoneChoice(say, cmp.Or(at, defaultTime), names, labels)
}

// isOff reports whether words end something, in any language.
func (d *Desk) isOff(words string) bool {
	if words == "" {
		return false
	}
	if strings.EqualFold(words, brief.BriefOff) {
		return true
	}
	for _, v := range d.languages.Voices() {
		if plainPlace(v.Text(brief.SayOff)) == plainPlace(words) {
			return true
		}
	}
	return false
}

// suggestZones gives the zones that words may mean; without words, those of the
// asker's language.
func (d *Desk) suggestZones(v brief.Voice, typed string, limit int) []brief.Suggestion {
	names := zonesLike(typed, limit)
	if strings.TrimSpace(typed) == "" {
		names = append(likelyZones[v.Code()], "UTC")
	}
	var all []brief.Suggestion
	for _, name := range names[:min(limit, len(names))] {
		all = append(all, brief.Suggestion{Label: zoneLabel(name), Value: name})
	}
	return all
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// putAnswer writes an answer that is to be sent.
func putAnswer(w Writer, d Delivery, render func(Delivery) ([]Part, error)) error {
	d.Kind, d.State = AnswerDelivery, Planned
	d.Chat = atPlace(w, d.Chat)
	d.ID = next(w, "delivery")
	var err error
	if d.Parts, err = render(d); err != nil {
		return err
	}
	writeDelivery(w, Delivery{}, d)
	return nil
}

// Delivery gives the delivery with the id, or ErrNotFound.
func (s *Store) Delivery(ctx context.Context, id uint64) (Delivery, error) {
	var d Delivery
	err := s.e.View(ctx, func(r Reader) error { return get(r, deliveryKey(id), &d) })
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %d: %w", id, err)
	}
	return d, nil
}

// ChangeDelivery lets change turn the delivery into what it is now, and writes
// it with all that hangs on it: the queue, the way from a platform's message
// back to the story, the highest message id known in the chat. change may run
// more than once.
func (s *Store) ChangeDelivery(ctx context.Context, id uint64, change func(d *Delivery)) (Delivery, error) {
	c := &changed{id: id, change: func(d *Delivery, _ string) { change(d) }}
	// Nearly always it is still what was last read or written of it.
	if known, ok := s.deliveries.recall(deliveryKey(id)); ok {
		c.decide(known, "")
	}
	return s.changeDelivery(ctx, c)
}

// ErrOutdated is returned by ClaimDelivery for a delivery whose stories are no longer
// told as its parts tell them: who planned the change left it to them.
var ErrOutdated = errors.New("a story has changed since its post was made")

// ClaimDelivery is ChangeDelivery for a change that depends on the highest message
// id known in the chat. It returns ErrOutdated, and changes nothing, if that gives
// the delivery its parts and they are not of its stories as they are.
func (s *Store) ClaimDelivery(ctx context.Context, id uint64, change func(d *Delivery, highest string)) (Delivery, error) {
	return s.changeDelivery(ctx, &changed{id: id, change: change, claims: true})
}

// changeDelivery carries out a change. What the delivery becomes is decided and
// encoded beside the writer, which everybody waits for; and there once more, if
// something else was written meanwhile.
func (s *Store) changeDelivery(ctx context.Context, c *changed) (Delivery, error) {
	var err error
	if c.raw == nil {
		err = s.e.View(ctx, func(r Reader) error { return s.decide(r, c) })
	}
	if err == nil {
		update := s.e.Update
		if c.claims && c.was.value.Kind == AnswerDelivery {
			update = s.e.UpdateFirst
		}
		err = update(ctx, func(w Writer) error {
			if !c.stands(w) {
				if err := s.decide(w, c); err != nil {
					return err
				}
			}
			if c.claims && len(c.was.value.Parts) == 0 {
				if err := s.upToDate(w, c.d); err != nil {
					return err
				}
			}
			c.carryOut(w)
			if !c.d.State.Final() {
				s.deliveries.keep(deliveryKey(c.id), remembered[Delivery]{footprintOf(c.raw), c.d})
			}
			return nil
		})
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("change delivery %d: %w", c.id, err)
	}
	if c.then != nil {
		c.d.Then = c.then
	}
	return c.d, nil
}

// upToDate returns ErrOutdated if a story of the delivery is told otherwise now.
func (s *Store) upToDate(r Reader, d Delivery) error {
	for _, ref := range d.Stories {
		switch e, err := s.story(r, ref.ID); {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case !d.Kind.Tells(e), e.Story.Revision != ref.Revision:
			return ErrOutdated
		}
	}
	return nil
}

// changed is what a delivery becomes, and by what that was decided.
type changed struct {
	id      uint64
	change  func(d *Delivery, highest string)
	claims  bool // change depends on the highest
	was     remembered[Delivery]
	highest string
	d       Delivery
	raw     []byte // of d
	then    []Step // d's, if they have begun
}

// decide lets the change decide by what stands in the store.
func (s *Store) decide(r Reader, c *changed) error {
	was, err := s.deliveries.read(r, deliveryKey(c.id))
	if err != nil {
		return err
	}
	highest := ""
	if c.claims {
		highest = string(r.Get(highestKey(was.value.Chat)))
	}
	c.decide(was, highest)
	return nil
}

func (c *changed) decide(was remembered[Delivery], highest string) {
	c.was, c.highest = was, highest
	c.d = was.value
	c.d.Parts = slices.Clone(was.value.Parts)
	c.change(&c.d, highest)
	c.raw = encodeDelivery(c.d.lasting())
}

// stands reports whether what was decided would be decided again.
func (c *changed) stands(r Reader) bool {
	return footprintOf(r.Get(deliveryKey(c.id))) == c.was.from &&
		(!c.claims || string(r.Get(highestKey(c.was.value.Chat))) == c.highest)
}

// carryOut writes what was decided.
func (c *changed) carryOut(w Writer) {
	relate(w, c.was.value, c.d)
	raw := c.raw
	if c.then = startSteps(w, c.was.value, c.d); c.then != nil {
		d := c.d
		d.Then = c.then
		raw = encodeDelivery(d.lasting())
	}
	w.Put(deliveryKey(c.id), raw)
}

// startSteps makes deliveries of what follows a post that has just come to be
// out for good, and gives what the post knows of them; nil if nothing follows.
func startSteps(w Writer, old, d Delivery) []Step {
	if d.State != Sent || old.State == Sent || len(d.Then) == 0 {
		return nil
	}
	steps := slices.Clone(d.Then)
	for i := range steps {
		step := &steps[i]
		next := Delivery{
			ID: next(w, "delivery"), Kind: step.Kind, Channel: d.Channel, Chat: d.Chat, Stories: d.Stories, Of: d.ID,
			State: Planned, Planned: d.Planned,
		}
		for j, request := range step.Requests {
			if j < len(d.Parts) && len(request) > 0 && string(request) != "null" {
				next.Parts = append(next.Parts, Part{Body: request, Target: d.Parts[j].Message})
			}
		}
		step.Requests, step.Delivery = nil, next.ID
		if len(next.Parts) == 0 {
			next.State, next.Done = Sent, d.Done
		}
		writeDelivery(w, Delivery{}, next)
	}
	return steps
}

// lasting is the delivery as it is kept: one that is done needs its bodies no
// more.
func (d Delivery) lasting() Delivery {
	if d.State.Final() {
		d.Parts = slices.Clone(d.Parts)
		for i := range d.Parts {
			d.Parts[i].Body = nil
		}
		d.Then = slices.DeleteFunc(slices.Clone(d.Then), func(s Step) bool { return s.Delivery == 0 })
	}
	return d
}

// writeDelivery writes d and what differs from old in the keys that follow from
// it, and gives it as it stands there.
func writeDelivery(w Writer, old, d Delivery) remembered[Delivery] {
	if old.ID == 0 && d.Kind != AnswerDelivery {
		d.Parked = isPaused(w, d.Chat)
	}
	relate(w, old, d)
	d = d.lasting()
	raw := encodeDelivery(d)
	w.Put(deliveryKey(d.ID), raw)
	return remembered[Delivery]{footprintOf(raw), d}
}

// relate writes what differs between old and d in the keys that follow from a
// delivery.
func relate(w Writer, old, d Delivery) {
	was, is := "", "" // where it waits
	if old.ID != 0 {
		was = queueKey(old)
	}
	if !d.State.Final() {
		is = queueKey(d)
	}
	if was != "" && was != is {
		w.Delete(was)
	}
	if is != "" && is != was {
		w.Put(is, queueValue(d))
	}
	noteIncident(w, old, d)
	letGo(w, old, d)
	if d.Farewell && d.State.Final() {
		put(w, erasureKey(UserID{d.Chat.Platform, d.Chat.ID}), erasure{Chats: []Chat{d.Chat}, Last: d.ID})
	}
	if d.Kind.Follows() { // its messages are the post's
		if d.State == Sent && len(d.Parts) > 0 {
			w.Delete(bareKey(d))
		}
		return
	}
	for i, p := range d.Parts {
		if p.Message == "" || i < len(old.Parts) && old.Parts[i].Message == p.Message {
			continue
		}
		if _, whispered := Whispered(p.Message); whispered {
			endTrial(w, d.Chat)
			continue // nothing is looked for by its number
		}
		if p.Message == p.Target && d.Kind != AnswerDelivery {
			continue // what it tells of is known already
		}
		put(w, messageKey(d.Chat, p.Message), posted{Delivery: d.ID, Stories: d.Stories})
		raiseHighest(w, d.Chat, p.Message)
		endTrial(w, d.Chat)
		noteOurs(w, d.Chat, p.Message)
		if len(d.Stories) == 1 && (d.Kind == PostDelivery || d.Kind == UpdateDelivery || d.Chat.Private()) {
			w.Put(lastKey(d.Chat), []byte(d.Stories[0].ID))
		}
	}
	if d.Lasts > 0 && d.State == Sent && !old.State.Final() {
		planRemoval(w, d)
	}
}

// letGo forgets of the stories that a post leaves out, since they were taken back
// before it was made, that they come to the channel: they may come in anew.
func letGo(w Writer, old, d Delivery) {
	if len(d.Stories) >= len(old.Stories) || d.Again || d.Kind != PostDelivery && d.Kind != DigestDelivery {
		return
	}
	for _, ref := range old.Stories {
		k := postKey(ref.ID, d.Channel)
		var p post
		if d.has(ref.ID) || get(w, k, &p) != nil || p.Delivery != d.ID {
			continue
		}
		w.Delete(k)
	}
}

// has reports whether a story is one of the delivery's.
func (d Delivery) has(story string) bool {
	return slices.ContainsFunc(d.Stories, func(r Ref) bool { return r.ID == story })
}

// planRemoval plans that an answer's messages are taken away when they have been
// there for long enough.
func planRemoval(w Writer, of Delivery) {
	d := Delivery{
		ID: next(w, "delivery"), Kind: RemovalDelivery, Chat: of.Chat, Of: of.ID, State: Planned,
		Planned: of.Done, Set: of.Done, Due: of.Done.Add(of.Lasts),
	}
	for _, p := range of.Parts {
		if _, whispered := Whispered(p.Message); !whispered {
			d.Parts = append(d.Parts, Part{Target: p.Message})
		}
	}
	if len(d.Parts) > 0 {
		writeDelivery(w, Delivery{}, d)
	}
}

// posted is what is known of a message of ours.
type posted struct {
	Delivery uint64 `json:"delivery"`
	Stories  []Ref  `json:"stories,omitempty"`
}

// Pending gives the deliveries of a chat that may have their turn: the answers
// that are not done, oldest first; of each topic the first post that is not,
// since a later post never overtakes an earlier one; what may be out twice; of what
// waits aside the edits, the first thread that is to be begun, and the first post
// that is to be published; and the first answer that is to be taken away. all says
// that nothing else of the chat is pending.
func (s *Store) Pending(ctx context.Context, c Chat) (ds []Delivery, all bool, err error) {
	err = s.e.View(ctx, func(r Reader) error {
		var ids []string
		ds = nil
		ids, all = pendingIDs(r, c)
		for _, id := range ids {
			d, err := s.deliveries.get(r, key("delivery", id))
			if err != nil {
				return err
			}
			ds = append(ds, d)
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("pending deliveries of %s %s: %w", c.Platform, c.ID, err)
	}
	return ds, all, nil
}

// maxAnswers bounds how many answers of a chat are looked at together.
const maxAnswers = 64

// maxResent bounds how many deliveries that may be out twice are looked at together.
const maxResent = 16

// maxEdits bounds how many edits that wait aside are looked at together.
const maxEdits = 16

// pendingIDs gives the numbers, as keys hold them, of what Pending gives, and
// whether that is all.
func pendingIDs(r Reader, c Chat) (ids []string, all bool) {
	all = true
	left := ranks{maxAnswers, MaxKeys, maxResent, maxEdits, 1, 1, 1}
	var topics []string
	from, to := under("queue", string(c.Platform), c.ID)
	for from != "" {
		start := from
		from = ""
		for k, topic := range r.Scan(start, to) {
			rank := queueRank(k)
			if *left.of(rank) == 0 { // what is left of it may be long
				all = false
				_, from = under("queue", string(c.Platform), c.ID, rank)
				break
			}
			if rank == rankPost {
				if slices.Contains(topics, string(topic)) {
					all = false
					continue
				}
				topics = append(topics, string(topic))
			}
			*left.of(rank)--
			ids = append(ids, last(k))
		}
	}
	return ids, all
}

// Waiting is a chat with deliveries to be made.
type Waiting struct {
	Chat Chat
	// Asked says that a reader's answer is among them.
	Asked bool
}

// PendingChats gives the chats of a platform that have deliveries to be made.
func (s *Store) PendingChats(ctx context.Context, p Platform) ([]Waiting, error) {
	var all []Waiting
	err := s.e.View(ctx, func(r Reader) error {
		all = nil
		from, to := under("queue", string(p))
		for {
			c, ok := firstWaiting(r, from, to)
			if !ok {
				return nil
			}
			all = append(all, c)
			_, from = under("queue", string(p), c.Chat.ID)
		}
	})
	return all, err
}

// firstWaiting gives the first chat of a range. Its answers stand first.
func firstWaiting(r Reader, from, to string) (Waiting, bool) {
	for k := range r.Scan(from, to) {
		return queueChat(k)
	}
	return Waiting{}, false
}

// WatchPending tells of chats that get something to be delivered from now on.
func (s *Store) WatchPending(p Platform) *PendingWatch {
	return &PendingWatch{s.e.Watch(key("queue", string(p)) + sep)}
}

// PendingWatch tells which chats got something to be delivered.
type PendingWatch struct{ w Watch }

// Next waits, and gives the chats.
func (p *PendingWatch) Next(ctx context.Context) ([]Waiting, error) {
	keys, err := p.w.Next(ctx)
	if err != nil {
		return nil, err
	}
	var chats []Waiting
	for _, k := range keys {
		if c, ok := queueChat(k); ok && !slices.Contains(chats[max(0, len(chats)-1):], c) {
			chats = append(chats, c)
		}
	}
	return chats, nil
}

// Close ends the watch.
func (p *PendingWatch) Close() { p.w.Close() }

// The ranks order the deliveries of a chat.
const (
	rankAnswer  = "0"
	rankPost    = "1"
	rankResent  = "2" // what may be out twice
	rankEdit    = "3" // edits that wait aside
	rankThread  = "4"
	rankPublish = "5"
	rankRemoval = "6" // the longest there stands first
)

// ranks has a number for each.
type ranks [7]int

func (r *ranks) of(rank string) *int { return &r[rank[0]-rankAnswer[0]] }

func deliveryKey(id uint64) string { return key("delivery", number(id)) }

// queueKey is where a delivery waits, with the topic as its value: in its chat's
// queue, or parked, by topic, until the chat is to be had again.
func queueKey(d Delivery) string {
	if d.Parked {
		return key("parked", string(d.Chat.Platform), d.Chat.ID, strconv.Itoa(d.Chat.Thread), number(d.ID))
	}
	rank := rankPost
	switch {
	case d.Kind == AnswerDelivery:
		rank = rankAnswer
	case d.Kind == RemovalDelivery:
		rank = rankRemoval
	case d.State == Resent:
		rank = rankResent
	case d.Aside:
		rank = rankEdit
	case d.Kind == ThreadDelivery:
		rank = rankThread
	case d.Kind == PublishDelivery:
		rank = rankPublish
	}
	return key("queue", string(d.Chat.Platform), d.Chat.ID, rank, number(d.ID))
}

// queueValue is what stands at a delivery's queueKey.
func queueValue(d Delivery) []byte {
	v := []byte{valueVersion}
	if d.Chat.Thread != 0 {
		v = strconv.AppendInt(v, int64(d.Chat.Thread), 10)
	}
	return v
}

// queueRank is the rank of what waits at a key of the queue.
func queueRank(k string) string {
	k = k[:strings.LastIndex(k, sep)]
	return k[len(k)-1:]
}

func queueChat(k string) (Waiting, bool) {
	parts := strings.Split(k, sep)
	if len(parts) != 5 {
		return Waiting{}, false
	}
	return Waiting{Chat{Platform: Platform(parts[1]), ID: parts[2]}, parts[3] == rankAnswer}, true
}

// queued reads the delivery that waits at a key of the queue, or parked.
func queued(r Reader, k string) (Delivery, error) {
	var d Delivery
	id, err := strconv.ParseUint(last(k), 16, 64)
	if err != nil {
		return d, fmt.Errorf("%w: key %q", ErrDamaged, k)
	}
	return d, get(r, deliveryKey(id), &d)
}

// MovePending gives everything that waits for the chat from to the chat to, and
// remembers that they are the same: a name that turned out to be a number, a
// group that became a supergroup. It works in steps and may be repeated.
func (s *Store) MovePending(ctx context.Context, from Chat, to Place) error {
	for more := from.ID != to.Chat.ID; more; {
		err := s.e.Update(ctx, func(w Writer) error {
			more = moveChannels(w, from, to.Chat)
			return nil
		})
		if err != nil {
			return fmt.Errorf("move channels of %s to %s: %w", from.ID, to.Chat.ID, err)
		}
	}
	for _, where := range []string{"queue", "parked"} {
		for more := true; more; {
			err := s.e.Update(ctx, func(w Writer) error {
				var err error
				more, err = movePending(w, where, from, to)
				return err
			})
			if err != nil {
				return fmt.Errorf("move deliveries of %s to %s: %w", from.ID, to.Chat.ID, err)
			}
		}
	}
	return nil
}

// movePending moves some of what waits.
func movePending(w Writer, where string, from Chat, to Place) (more bool, err error) {
	put(w, placeKey(from), to)
	put(w, placeKey(to.Chat), to)
	if from.ID == to.Chat.ID {
		return false, nil
	}
	w.Delete(pauseKey(from))
	if story := w.Get(lastKey(from)); story != nil && w.Get(lastKey(to.Chat)) == nil {
		w.Put(lastKey(to.Chat), story)
	}
	lo, hi := under(where, string(from.Platform), from.ID)
	return changeWaiting(w, lo, hi, anyTopic, func(d *Delivery) {
		old := d.Chat
		d.Chat.ID, d.Parked, d.Refusals = to.Chat.ID, false, 0
		if highestKey(old) != highestKey(d.Chat) {
			// The new chat counts its messages by itself: nothing is known of
			// where a message of the old one would stand in it.
			for i := range d.Parts {
				d.Parts[i].After, d.Parts[i].Doubt = "", false
			}
			if d.Kind == RemovalDelivery {
				d.State, d.Reason = GivenUp, "the group became a supergroup, in which other messages have these numbers"
			}
		}
	})
}

// changeWaiting changes some of the deliveries that wait in a range, of the
// topics that are meant, and says whether there are more.
func changeWaiting(w Writer, from, to string, meant func(topic []byte) bool, change func(*Delivery)) (more bool, err error) {
	var some []Delivery
	for k, topic := range w.Scan(from, to) {
		if !meant(topic) {
			continue
		}
		if len(some) == maxMoved {
			more = true
			break
		}
		d, err := queued(w, k)
		if err != nil {
			return false, err
		}
		some = append(some, d)
	}
	for _, old := range some {
		d := old
		d.Parts = slices.Clone(old.Parts)
		change(&d)
		writeDelivery(w, old, d)
	}
	return more, nil
}

func anyTopic([]byte) bool { return true }

// maxMoved keeps a step over what waits within MaxKeys and MaxBytes.
const maxMoved = 20

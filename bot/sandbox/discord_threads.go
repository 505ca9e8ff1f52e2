package sandbox

import (
	"slices"
	"strconv"
	"time"
)

type dcThreadRequest struct {
	Name                string            `json:"name"`
	AutoArchiveDuration int               `json:"auto_archive_duration"`
	Type                int               `json:"type"`
	AppliedTags         []string          `json:"applied_tags"`
	Message             *dcMessageRequest `json:"message"`
}

func (q *dcThreadRequest) check() *dcError {
	f := &formErrors{}
	f.length("name", q.Name, 1, 100)
	if q.AutoArchiveDuration != 0 && !slices.Contains([]int{60, 1440, 4320, 10080}, q.AutoArchiveDuration) {
		f.add("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).")
	}
	if len(q.AppliedTags) > 5 {
		f.add("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
	}
	return f.err()
}

func (d *Discord) newThread(parent *dcChannel, id, name string, kind, archive int, owner string) *dcChannel {
	if archive == 0 {
		archive = dcThreadDefaultHide
	}
	now := dcTime(d.o.Now())
	return &dcChannel{
		ID: id, Type: kind, GuildID: parent.GuildID, ParentID: parent.ID, OwnerID: owner, Name: name,
		Thread: &dcThread{AutoArchiveDuration: archive, ArchiveTimestamp: now, CreateTimestamp: now},
		guild:  parent.guild, parent: parent,
	}
}

// createThreadOn opens a thread on a message; it has the message's id.
func (d *Discord) createThreadOn(c *call) (int, any, *dcError) {
	m, err := d.find(c)
	if err != nil {
		return 0, nil, err
	}
	ch := m.channel
	var q dcThreadRequest
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if err := q.check(); err != nil {
		return 0, nil, err
	}
	kind := dcPublicThread
	switch {
	case ch.Type == dcAnnouncement:
		kind = dcAnnouncementThread
	case ch.Type != dcText:
		return 0, nil, errWrongKind
	}
	switch {
	case !has(d.rights(ch), permCreatePublicThreads):
		return 0, nil, errMissingRights
	case d.channels[m.ID] != nil:
		return 0, nil, errHasThread
	}
	t := d.newThread(ch, m.ID, q.Name, kind, q.AutoArchiveDuration, d.me.ID)
	m.Thread = t
	m.Flags |= dcFlagHasThread
	d.addChannel(t, "THREAD_CREATE")
	d.change(m)
	return 201, t, nil
}

// createThread opens a thread, or makes a forum's post, which is a thread and
// its first message with the same id.
func (d *Discord) createThread(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	q := dcThreadRequest{Type: dcPrivateThread}
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	if err := q.check(); err != nil {
		return 0, nil, err
	}
	if ch.Type == dcForum {
		return d.createPost(ch, &q, c.body)
	}
	need := int64(permCreatePublicThreads)
	switch q.Type {
	case dcPrivateThread:
		need = permCreatePrivateThreads
	case dcPublicThread, dcAnnouncementThread:
	default:
		return 0, nil, badForm("type", "BASE_TYPE_CHOICES", "Value must be one of (10, 11, 12).")
	}
	switch {
	case ch.Type != dcText && ch.Type != dcAnnouncement:
		return 0, nil, errWrongKind
	case !has(d.rights(ch), need):
		return 0, nil, errMissingRights
	}
	t := d.newThread(ch, d.newID(), q.Name, q.Type, q.AutoArchiveDuration, d.me.ID)
	d.addChannel(t, "THREAD_CREATE")
	return 201, t, nil
}

func (d *Discord) createPost(forum *dcChannel, q *dcThreadRequest, body []byte) (int, any, *dcError) {
	rights := d.rights(forum)
	switch {
	case !has(rights, permSend):
		return 0, nil, errMissingRights
	case q.Message == nil:
		f := &formErrors{}
		f.required("message")
		return 0, nil, f.err()
	case forum.Flags&dcFlagRequireTag != 0 && len(q.AppliedTags) == 0:
		return 0, nil, errTagRequired
	}
	for _, id := range q.AppliedTags {
		if !slices.ContainsFunc(forum.AvailableTags, func(t dcTag) bool { return t.ID == id }) {
			return 0, nil, errUnknownTag
		}
	}
	t := d.newThread(forum, d.newID(), q.Name, dcPublicThread, q.AutoArchiveDuration, d.me.ID)
	t.AppliedTags = q.AppliedTags
	m := d.newMessage(t, d.me)
	m.ID = t.ID
	if err := d.compose(m, q.Message, dcFlagsForBots, rights); err != nil {
		return 0, nil, under("message", err)
	}
	forum.LastMessageID = &t.ID
	d.addChannel(t, "THREAD_CREATE")
	d.publish(m)
	d.record("create", m, body)
	made := *t
	made.Message = raw(m)
	return 201, &made, nil
}

// patchThread changes a thread: its name, and whether it is archived or locked.
func (d *Discord) patchThread(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	var q struct {
		Name     *string `json:"name"`
		Archived *bool   `json:"archived"`
		Locked   *bool   `json:"locked"`
	}
	if err := c.decode(&q); err != nil {
		return 0, nil, err
	}
	rights := d.rights(ch)
	switch manages := has(rights, permManageThreads); {
	case ch.Thread == nil:
		return 0, nil, errMissingRights
	case ch.Thread.Locked && !manages:
		return 0, nil, errLocked
	case manages, ch.OwnerID == d.me.ID && q.Locked == nil:
	case q.Name == nil && q.Locked == nil && q.Archived != nil && !*q.Archived && has(rights, permSendInThreads):
		// Who may write may wake a thread up.
	default:
		return 0, nil, errMissingRights
	}
	if q.Name != nil {
		f := &formErrors{}
		if f.length("name", *q.Name, 1, 100); f.err() != nil {
			return 0, nil, f.err()
		}
		ch.Name = *q.Name
	}
	if q.Archived != nil {
		ch.Thread.Archived = *q.Archived
		ch.Thread.ArchiveTimestamp = dcTime(d.o.Now())
	}
	if q.Locked != nil {
		ch.Thread.Locked = *q.Locked
	}
	d.dispatchChannel("CHANNEL_UPDATE", ch)
	return 200, ch, nil
}

func (d *Discord) getActiveThreads(c *call) (int, any, *dcError) {
	g, err := d.home(c.path("guild"))
	if err != nil {
		return 0, nil, err
	}
	return 200, map[string]any{"threads": d.threads(g, func(t *dcChannel) bool { return !t.Thread.Archived }), "members": []any{}}, nil
}

// getArchivedThreads lists those of one channel, latest first.
func (d *Discord) getArchivedThreads(c *call) (int, any, *dcError) {
	ch, err := d.reach(c.path("channel"))
	if err != nil {
		return 0, nil, err
	}
	if ch.guild == nil {
		return 0, nil, errWrongKind
	}
	if !has(d.rights(ch), permHistory) {
		return 0, nil, errMissingAccess
	}
	before := d.o.Now()
	if s := c.query.Get("before"); s != "" {
		t, e := time.Parse(time.RFC3339, s)
		if e != nil {
			return 0, nil, badForm("before", "DATE_TIME_TYPE_PARSE", "Should be ISO8601.")
		}
		before = t
	}
	list := d.threads(ch.guild, func(t *dcChannel) bool {
		return t.parent == ch && t.Thread.Archived && t.Type != dcPrivateThread && !t.Thread.archivedAt().After(before)
	})
	slices.SortStableFunc(list, func(a, b *dcChannel) int {
		return b.Thread.archivedAt().Compare(a.Thread.archivedAt())
	})
	limit := 50
	if n, err := strconv.Atoi(c.query.Get("limit")); err == nil && n > 0 {
		limit = min(n, 100)
	}
	more := len(list) > limit
	if more {
		list = list[:limit]
	}
	return 200, map[string]any{"threads": list, "members": []any{}, "has_more": more}, nil
}

// threads are those of a guild that the bot sees, latest first.
func (d *Discord) threads(g *dcGuild, want func(*dcChannel) bool) []*dcChannel {
	list := []*dcChannel{}
	for _, t := range slices.Backward(g.channels) {
		if t.isThread() && has(d.rights(t), permView) && want(t) {
			list = append(list, t)
		}
	}
	return list
}

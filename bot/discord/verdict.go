package discord

import (
	"errors"
	"net/http"
	"time"

	"briefbot/store"
)

// codeArchived is Discord's refusal to change what stands in an archived
// thread.
const codeArchived = 50083

// gone are the codes by which Discord says that a chat is not to be had, with
// what the operator can do.
var gone = map[int]string{
	10003:        "the channel is unknown: it was deleted, or its id is wrong",
	10004:        "the server is unknown: invite the bot again",
	50001:        "give the bot View Channel there, or invite it again",
	50007:        "the reader takes no private messages from the bot",
	50013:        "give the bot View Channel, Send Messages, Embed Links and Read Message History there, and in threads Send Messages in Threads",
	codeArchived: "the thread is archived",
	160005:       "the thread is locked",
}

const (
	// later is how long everything waits for the operator to give a good token.
	later = 10 * time.Minute
	// aside is how long to wait when something else than Discord's API
	// answers.
	aside = time.Minute
)

// codeOf is Discord's own number of an error, or 0.
func codeOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// verdict says what an error of a request means for what it was to send.
func verdict(err error) store.Verdict {
	if err == nil {
		return store.Verdict{Outcome: store.Delivered}
	}
	v := store.Verdict{Outcome: store.Unknown, Reason: err.Error()}
	var e *apiError
	var unsent *unsentError
	switch {
	case errors.As(err, &unsent):
		v.Outcome = store.Retry
	case !errors.As(err, &e), e.Status >= 500, e.Status < 300, e.Status == http.StatusRequestTimeout:
		// A broken connection, a time-out, a page in front of the API, a
		// success that is none of the API's: it may have been carried out.
	case e.Status == http.StatusTooManyRequests:
		v.Outcome, v.After, v.Everywhere = store.Retry, e.After, e.Global
	case e.Page:
		// Discord has not seen it: api_url, or a proxy on the way, is wrong.
		v.Outcome, v.After = store.Retry, aside
	case e.Status == http.StatusUnauthorized:
		v.Outcome, v.After, v.Everywhere = store.Retry, later, true
		v.Reason += ": " + ErrToken.Error()
	default:
		v.Outcome = store.Refused
		if hint, ok := gone[e.Code]; ok {
			v.Gone = true
			v.Reason += ": " + hint
		}
	}
	return v
}

// verdictIn is the verdict on a request in the channel of a part. That a
// forum's thread is gone says nothing of the forum.
func verdictIn(dl store.Delivery, part int, err error) store.Verdict {
	v := verdict(err)
	v.Gone = v.Gone && thread(dl, part) == dl.Chat.ID
	return v
}

// looked says what an error of a look means: looking again does no harm. It is
// Unknown if the platform refuses the look.
func looked(err error) store.Verdict {
	v := verdict(err)
	if v.Outcome == store.Refused {
		v.Outcome = store.Unknown
	} else {
		v.Outcome = store.Retry
	}
	return v
}

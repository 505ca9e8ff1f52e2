package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// dcError is an error in Discord's own form.
type dcError struct {
	status, code int
	message      string
	form         *formErrors
	header       http.Header
	retryAfter   float64 // seconds; only with 429
	global       bool
}

// The errors that Discord answers with, by the codes of its documentation.
var (
	errDCUnauthorized   = &dcError{status: 401, message: "401: Unauthorized"}
	errDCNotFound       = &dcError{status: 404, message: "404: Not Found"}
	errDCInternal       = &dcError{status: 500, message: "500: Internal Server Error"}
	errUnknownChannel   = &dcError{status: 404, code: 10003, message: "Unknown Channel"}
	errUnknownGuild     = &dcError{status: 404, code: 10004, message: "Unknown Guild"}
	errUnknownMember    = &dcError{status: 404, code: 10007, message: "Unknown Member"}
	errUnknownMessage   = &dcError{status: 404, code: 10008, message: "Unknown Message"}
	errUnknownUser      = &dcError{status: 404, code: 10013, message: "Unknown User"}
	errUnknownWebhook   = &dcError{status: 404, code: 10015, message: "Unknown Webhook"}
	errUnknownAnswer    = &dcError{status: 404, code: 10062, message: "Unknown interaction"}
	errUnknownCommand   = &dcError{status: 404, code: 10063, message: "Unknown application command"}
	errUnknownTag       = &dcError{status: 400, code: 10087, message: "Unknown Tag"}
	errTooManyCommands  = &dcError{status: 400, code: 30032, message: "Maximum number of application commands reached (100)"}
	errCommandCreates   = &dcError{status: 429, code: 30034, message: "Max number of daily application command creates has been reached (200)", retryAfter: 86400}
	errPublished        = &dcError{status: 400, code: 40033, message: "This message has already been crossposted."}
	errAnswered         = &dcError{status: 400, code: 40060, message: "Interaction has already been acknowledged."}
	errTagRequired      = &dcError{status: 400, code: 40067, message: "A tag is required to create a forum post in this channel"}
	errMissingAccess    = &dcError{status: 403, code: 50001, message: "Missing Access"}
	errOthersMessage    = &dcError{status: 403, code: 50005, message: "Cannot edit a message authored by another user"}
	errEmptyMessage     = &dcError{status: 400, code: 50006, message: "Cannot send an empty message"}
	errClosedDMs        = &dcError{status: 403, code: 50007, message: "Cannot send messages to this user"}
	errNoText           = &dcError{status: 400, code: 50008, message: "Cannot send messages in a non-text channel"}
	errMissingRights    = &dcError{status: 403, code: 50013, message: "Missing Permissions"}
	errWrongKind        = &dcError{status: 403, code: 50024, message: "Cannot execute action on this channel type"}
	errTokenOver        = &dcError{status: 401, code: 50027, message: "Invalid Webhook Token"}
	errArchived         = &dcError{status: 400, code: 50083, message: "Thread is archived"}
	errNotJSON          = &dcError{status: 400, code: 50109, message: "The request body contains invalid JSON."}
	errNoHistoryToReply = &dcError{status: 400, code: 160002, message: "Cannot reply without permission to read message history"}
	errHasThread        = &dcError{status: 400, code: 160004, message: "A thread has already been created for this message"}
	errLocked           = &dcError{status: 400, code: 160005, message: "Thread is locked"}
)

func (e *dcError) reply() reply {
	body := map[string]any{"message": e.message, "code": e.code}
	if e.form != nil {
		body["errors"] = e.form.tree()
	}
	if e.status == http.StatusTooManyRequests {
		body["retry_after"] = e.retryAfter
		body["global"] = e.global
		if e.code == 0 {
			delete(body, "code")
		}
	}
	p := jsonReply(e.status, body)
	for k, v := range e.header {
		p.header[k] = v
	}
	return p
}

func jsonReply(status int, v any) reply {
	if v == nil {
		return reply{status: status, header: http.Header{}}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return errDCInternal.reply()
	}
	return reply{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: b}
}

// formErrors gathers what is wrong with a request's form, as code 50035 tells
// it: a tree of the request's keys and indexes.
type formErrors struct {
	list []formError
}

type formError struct{ path, code, message string }

// add notes that the value at path, keys and indexes joined by dots, is wrong.
func (f *formErrors) add(path, code, message string) {
	f.list = append(f.list, formError{path, code, message})
}

func (f *formErrors) required(path string) {
	f.add(path, "BASE_TYPE_REQUIRED", "This field is required")
}

func (f *formErrors) tree() map[string]any {
	root := map[string]any{}
	for _, e := range f.list {
		at := root
		for key := range strings.SplitSeq(e.path, ".") {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		list, _ := at["_errors"].([]any)
		at["_errors"] = append(list, map[string]string{"code": e.code, "message": e.message})
	}
	return root
}

// err is nil if nothing is wrong.
func (f *formErrors) err() *dcError {
	if len(f.list) == 0 {
		return nil
	}
	return &dcError{status: 400, code: 50035, message: "Invalid Form Body", form: f}
}

// badForm is one wrong value.
func badForm(path, code, message string) *dcError {
	f := &formErrors{}
	f.add(path, code, message)
	return f.err()
}

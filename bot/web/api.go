package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"briefbot/store"
)

const (
	// maxBody is how much a request may bring, in bytes.
	maxBody = 1 << 20
	// maxID is the longest id, in bytes.
	maxID = 512
)

// taken is what became of a story.
type taken struct {
	ID string `json:"id"`
	// Story is the ID of the story that another source told already, if it is
	// one with this.
	Story    string `json:"story,omitempty"`
	Short    string `json:"short"`
	Revision int    `json:"revision"`
	Change   string `json:"change"`
}

// problem is what a client that did something wrong is told.
type problem struct {
	Error string `json:"error"`
	Line  int    `json:"line,omitempty"`
}

// refusal is an error that says what is wrong with a request.
type refusal struct {
	status int
	problem
}

func (r *refusal) Error() string { return r.problem.Error }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, problem{Error: fmt.Sprintf(format, args...)}}
}

// post takes in a new story. The same one again changes nothing; another one
// under its id is refused, since the client takes it for new.
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	story, data, err := s.read(w, r)
	if err != nil {
		s.fail(w, err)
		return
	}
	sum := sha256.Sum256(data)
	s.take(w, r, cmp.Or(r.URL.Query().Get("id"), story.ID, hex.EncodeToString(sum[:8])), story, true)
}

// put takes in a story or its new revision.
func (s *Server) put(w http.ResponseWriter, r *http.Request) {
	story, _, err := s.read(w, r)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.take(w, r, r.PathValue("id"), story, false)
}

// take takes in a story under the id that a client has for it.
func (s *Server) take(w http.ResponseWriter, r *http.Request, id string, story store.Story, onlyNew bool) {
	full, err := s.fullID(id)
	if own := story.ID; err == nil && own != "" && own != id {
		if own, err = s.fullID(own); err == nil && own != full {
			err = refuse(http.StatusBadRequest, "the address has the id %q, the story %q", id, story.ID)
		}
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	story.ID = full
	story = s.Stories.Prepare(story)
	s.writing.Lock()
	defer s.writing.Unlock()
	had, err := s.Stories.Telling(r.Context(), story.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(w, err)
		return
	}
	isNew := err != nil || !had.Removed.IsZero()
	if onlyNew && !isNew && !store.SameForReader(had.Story, story) {
		s.fail(w, refuse(http.StatusConflict, "there is another story under the id %s: PUT %s makes this its new revision", story.ID, s.place(story.ID)))
		return
	}
	e, change, err := s.Stories.Take(r.Context(), story)
	if err != nil {
		s.fail(w, err)
		return
	}
	status, said := http.StatusOK, change.String()
	if isNew {
		status = http.StatusCreated
		w.Header().Set("Location", s.place(story.ID))
		if change == store.Unchanged || change == store.Revised { // it was taken back before
			said = store.Added.String()
		}
	}
	answer(w, status, s.taken(story.ID, e, said))
}

// get gives what the API told under an id.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	id, t, err := s.find(r)
	if err == nil && !t.Removed.IsZero() {
		err = refuse(http.StatusNotFound, "the story %s was retracted", id)
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	e, err := s.Stories.Story(r.Context(), id)
	if err != nil {
		s.fail(w, err)
		return
	}
	t.Story.Revision = e.Story.Revision
	answer(w, http.StatusOK, t.Story)
}

// delete retracts what the API told under an id.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	s.writing.Lock()
	defer s.writing.Unlock()
	id, t, err := s.find(r)
	if err != nil {
		s.fail(w, err)
		return
	}
	if t.Removed.IsZero() {
		err = s.Stories.Retract(r.Context(), id)
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	e, err := s.Stories.Story(r.Context(), id)
	if err != nil {
		s.fail(w, err)
		return
	}
	said := "retracted"
	if e.Removed.IsZero() {
		said = "told by others" // and so it stands
	}
	answer(w, http.StatusOK, s.taken(id, e, said))
}

func (s *Server) taken(id string, e store.Entry, change string) taken {
	t := taken{ID: id, Short: e.Short, Revision: e.Story.Revision, Change: change}
	if e.Story.ID != id {
		t.Story = e.Story.ID
	}
	return t
}

// find finds what the API told under the id in the address.
func (s *Server) find(r *http.Request) (id string, t store.Telling, err error) {
	if id, err = s.fullID(r.PathValue("id")); err != nil {
		return "", t, err
	}
	t, err = s.Stories.Telling(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		err = refuse(http.StatusNotFound, "the API has no story %s", id)
	}
	return id, t, err
}

// fullID is the ID of a story whose id a client gives with or without the name
// of the source.
func (s *Server) fullID(id string) (string, error) {
	id = strings.TrimPrefix(id, s.Source+":")
	switch {
	case id == "":
		return "", refuse(http.StatusBadRequest, "want the story's id, as in /api/stories/port-ansel")
	case len(id) > maxID:
		return "", refuse(http.StatusBadRequest, "the id has %d bytes: at most %d", len(id), maxID)
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return "", refuse(http.StatusBadRequest, "the id has characters that can't be shown")
	}
	return s.Source + ":" + id, nil
}

// place is the address of a story of the API.
func (s *Server) place(id string) string {
	return "/api/stories/" + url.PathEscape(strings.TrimPrefix(id, s.Source+":"))
}

// read reads the story that a request brings.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (store.Story, []byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parse := s.Parsers[kind]
	if err != nil || parse == nil {
		known := strings.Join(slices.Sorted(maps.Keys(s.Parsers)), ", ")
		return store.Story{}, nil, refuse(http.StatusUnsupportedMediaType, "want the header Content-Type to be one of %s", known)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return store.Story{}, nil, refuse(http.StatusUnsupportedMediaType, "want the text in UTF-8")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return store.Story{}, nil, refuse(http.StatusRequestEntityTooLarge, "the story is larger than %d KiB", maxBody>>10)
	}
	if err != nil {
		return store.Story{}, nil, refuse(http.StatusBadRequest, "the story did not arrive whole")
	}
	story, err := parse(data)
	if m := (*Mistake)(nil); errors.As(err, &m) {
		return store.Story{}, nil, &refusal{http.StatusUnprocessableEntity, problem{m.Reason, m.Line}}
	}
	return story, data, err
}

// fail tells a client what it did wrong; what went wrong here goes to the log.
func (s *Server) fail(w http.ResponseWriter, err error) {
	if no := (*refusal)(nil); errors.As(err, &no) {
		complain(w, no.status, no.problem.Error, no.Line)
		return
	}
	s.Log.Error("a request of the API came to nothing", "err", err)
	complain(w, http.StatusInternalServerError, "that did not work: the log says why", 0)
}

// only refuses a method that an address does not know.
func only(methods string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", methods)
		complain(w, http.StatusMethodNotAllowed, "want "+methods, 0)
	}
}

func complain(w http.ResponseWriter, status int, reason string, line int) {
	answer(w, status, problem{reason, line})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // a client that has gone needs no answer
}

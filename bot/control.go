package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"briefbot/bot/schedule"
	"briefbot/store"
)

// A bot that runs holds its data file. What asks about the data meanwhile asks
// the bot, through a socket in the data folder that only its owner can open.

const socketName = "briefbot.sock"

// Why asks the records in a data folder why a story was posted, or not: of the
// bot that runs there, or, if none does, of the data file.
func Why(ctx context.Context, folder, story, channel string) ([]string, error) {
	st, err := OpenStore(ctx, folder)
	if errors.Is(err, store.ErrLocked) {
		var all []string
		err = askFor(ctx, folder, "why", url.Values{"story": {story}, "channel": {channel}}, &all)
		return all, err
	}
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return schedule.Why(ctx, st, story, channel, time.Now())
}

// askFor asks the bot that runs, and reads its answer into result.
func askFor(ctx context.Context, folder, what string, query url.Values, result any) error {
	return ask(ctx, folder, what, query, func(answer *json.Decoder) error { return answer.Decode(result) })
}

// orderFor has the bot that runs do something, and reads its answer into result.
func orderFor(ctx context.Context, folder, what string, query url.Values, result any) error {
	return reach(ctx, http.MethodPost, folder, what, query, func(answer *json.Decoder) error { return answer.Decode(result) })
}

// ask asks the bot that runs, and has its answer read.
func ask(ctx context.Context, folder, what string, query url.Values, read func(answer *json.Decoder) error) error {
	return reach(ctx, http.MethodGet, folder, what, query, read)
}

// reach makes a request of the bot that runs.
func reach(ctx context.Context, method, folder, what string, query url.Values, read func(answer *json.Decoder) error) error {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(folder, socketName))
		},
		ResponseHeaderTimeout: 10 * time.Second,
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://briefbot/"+what+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("ask the bot that runs: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		said, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		return errors.Join(err, errors.New(strings.TrimSpace(string(said))))
	}
	if err := read(json.NewDecoder(res.Body)); err != nil {
		return fmt.Errorf("read what the bot that runs answers: %w", err)
	}
	return nil
}

// control answers at the socket until ctx ends. A bot without it runs all the
// same.
func control(ctx context.Context, st *store.Store, folder string, log *slog.Logger) {
	path := filepath.Join(folder, socketName)
	os.Remove(path) // of a bot that was killed: this one holds the data file
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		log.Warn("no socket: briefbot why, doctor, export, channels and approve can't reach the records while the bot runs", "err", err)
		return
	}
	mux := http.NewServeMux()
	answer := func(what string, find func(*http.Request) (any, error)) {
		mux.HandleFunc(what, func(w http.ResponseWriter, r *http.Request) {
			found, err := find(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			json.NewEncoder(w).Encode(found) // a client that has gone needs no answer
		})
	}
	answer("GET /why", func(r *http.Request) (any, error) {
		return schedule.Why(r.Context(), st, r.FormValue("story"), r.FormValue("channel"), time.Now())
	})
	answer("GET /records", func(r *http.Request) (any, error) { return readRecords(r.Context(), st) })
	answer("GET /channels", func(r *http.Request) (any, error) { return channelStates(r.Context(), st) })
	answer("POST /approve", func(r *http.Request) (any, error) { return approve(r.Context(), st, r.FormValue("channel"), log) })
	mux.HandleFunc("GET /stories", func(w http.ResponseWriter, r *http.Request) { answerStories(w, r, st) })
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Warn("socket closed", "err", err)
	}
}

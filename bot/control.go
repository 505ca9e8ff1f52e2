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
		return askWhy(ctx, folder, story, channel)
	}
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return schedule.Why(ctx, st, story, channel, time.Now())
}

// askWhy asks the bot that runs.
func askWhy(ctx context.Context, folder, story, channel string) ([]string, error) {
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(folder, socketName))
		}},
	}
	defer client.CloseIdleConnections()
	query := url.Values{"story": {story}, "channel": {channel}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://briefbot/why?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the bot that runs: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("ask the bot that runs: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(body)))
	}
	var all []string
	return all, json.Unmarshal(body, &all)
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
		log.Warn("no socket: briefbot why will not work while the bot runs", "err", err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /why", func(w http.ResponseWriter, r *http.Request) {
		all, err := schedule.Why(r.Context(), st, r.FormValue("story"), r.FormValue("channel"), time.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		json.NewEncoder(w).Encode(all) // a client that has gone needs no answer
	})
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Warn("socket closed", "err", err)
	}
}

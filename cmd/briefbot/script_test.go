package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"briefbot/bot/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"briefbot": main})
}

// TestScripts runs what testdata/script shows: commands, what they print, how
// they end.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: standIns})
}

// standIns gives a script the demo's stand-ins of both platforms: API is their
// address, and each of their chats has a variable; and SITE, a web site with the
// script's own files.
func standIns(env *testscript.Env) error {
	w, err := newWorld("")
	if err != nil {
		return err
	}
	server := httptest.NewServer(sandbox.Mux(w.discord, w.telegram, nil))
	site := httptest.NewServer(http.FileServer(http.Dir(env.WorkDir)))
	env.Setenv("SITE", site.URL)
	env.Defer(func() {
		site.Close()
		server.CloseClientConnections()
		w.close()
		server.Close()
	})
	for name, value := range w.chats {
		env.Setenv(name, value)
	}
	env.Setenv("API", server.URL)
	env.Setenv("DEMO_DISCORD_TOKEN", demoDiscordToken)
	env.Setenv("DEMO_TELEGRAM_TOKEN", demoTelegramToken)
	return nil
}

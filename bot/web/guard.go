package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guard lets those in who show the token, and slows down those who guess at it.
type guard struct {
	token [sha256.Size]byte
	mu    sync.Mutex
	// guesses are what each address has left, of those that were wrong lately;
	// others is shared by those for whom there is no more room.
	guesses map[netip.Prefix]*rate.Limiter
	others  *rate.Limiter
	forgot  time.Time // when room was made last
}

const (
	// guessesAtOnce is how many wrong tokens an address may show at once, and
	// guessEvery how soon it may show one more.
	guessesAtOnce = 10
	guessEvery    = 10 * time.Second
	// maxGuessers bounds how many addresses are remembered.
	maxGuessers = 4096
)

func newGuard(token string) *guard {
	return &guard{
		token:   sha256.Sum256([]byte(token)),
		guesses: map[netip.Prefix]*rate.Limiter{},
		others:  newGuesses(),
	}
}

func newGuesses() *rate.Limiter { return rate.NewLimiter(rate.Every(guessEvery), guessesAtOnce) }

// admit reports whether the token is right. Whoever has guessed too often is
// not heard for a while, whatever the token, since else the guessing would go
// on.
func (g *guard) admit(from netip.Prefix, token string, now time.Time) (ok bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	left, known := g.guesses[from]
	if !known && len(g.guesses) >= maxGuessers {
		g.forget(now)
		if left = nil; len(g.guesses) >= maxGuessers {
			left = g.others
		}
	}
	if left != nil {
		if missing := 1 - left.TokensAt(now); missing > 0 {
			return false, time.Duration(missing * float64(guessEvery))
		}
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1 {
		return true, 0
	}
	if left == nil {
		left = newGuesses()
		g.guesses[from] = left
	}
	left.AllowN(now, 1)
	return false, 0
}

// forget makes room, now and then: those who have not guessed for long begin
// anew.
func (g *guard) forget(now time.Time) {
	if now.Sub(g.forgot) < guessEvery {
		return
	}
	g.forgot = now
	for from, left := range g.guesses {
		if left.TokensAt(now) >= guessesAtOnce {
			delete(g.guesses, from)
		}
	}
}

// admitted lets requests through that show the token.
func (s *Server) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Token == "" {
			complain(w, http.StatusForbidden, "the API is off: set web.admin_token in the configuration to a secret of your own", 0)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		ok, wait := s.guard.admit(clientOf(r), strings.TrimSpace(token), time.Now())
		switch {
		case ok:
			next.ServeHTTP(w, r)
		case wait > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
			complain(w, http.StatusTooManyRequests, "too many wrong tokens came from this address: wait", 0)
		default:
			s.Log.Warn("the API was asked with a wrong token", "from", r.RemoteAddr)
			w.Header().Set("WWW-Authenticate", "Bearer")
			complain(w, http.StatusUnauthorized, "want the header Authorization: Bearer TOKEN, with the token of web.admin_token", 0)
		}
	})
}

// clientOf is whose guesses are counted together: an address, or the network
// that an IPv6 address is one of billions of. What a proxy says of its clients
// is not believed: anybody can say it.
func clientOf(r *http.Request) netip.Prefix {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // those bits are within each address
	return p
}

package sandbox

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// reply is an answer to a request, ready to be written.
type reply struct {
	status int
	header http.Header // may be nil
	body   []byte
}

func (p reply) writeTo(w http.ResponseWriter) {
	for k, v := range p.header {
		w.Header()[k] = v
	}
	w.WriteHeader(p.status)
	w.Write(p.body)
}

// faults is what goes wrong at present, and what carries requests out
// accordingly. The zero value is of no use: see newFaults.
type faults struct {
	mu   sync.Mutex
	rand *rand.Rand
	list []*activeFault

	late sync.WaitGroup // requests that are carried out after their connection is gone
	done chan struct{}
	once sync.Once
}

type activeFault struct {
	Fault
	seen, hit int
}

// newFaults returns an empty list. The seed decides what a Fault's Chance
// comes to.
func newFaults(seed uint64) *faults {
	return &faults{rand: rand.New(rand.NewPCG(seed, 0x5eed)), done: make(chan struct{})}
}

// add switches a fault on, after those that are there.
func (f *faults) add(x Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &activeFault{Fault: x})
}

// clear switches all faults off. What is late already still comes.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// close ends all waiting and returns when nothing is carried out any more. A
// late request whose time has not come is dropped.
func (f *faults) close() {
	f.mu.Lock()
	f.once.Do(func() { close(f.done) })
	f.mu.Unlock()
	f.late.Wait()
}

// match returns the first fault that a request meets: method is one of those
// named at Fault.Method, chat the chat's id or empty. It counts Skip and Times.
func (f *faults) match(method, chat string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.list {
		if a.Method != "" && a.Method != method || a.Chat != "" && a.Chat != chat {
			continue
		}
		if a.Times > 0 && a.hit >= a.Times {
			continue
		}
		if a.seen++; a.seen <= a.Skip {
			continue
		}
		if a.Chance != 0 && f.rand.Float64() >= a.Chance {
			continue
		}
		a.hit++
		return a.Fault, true
	}
	return Fault{}, false
}

// serve carries a request out the way that the faults have it. act does what
// the request asks for and says what the platform answers; it may run when the
// connection is gone, so it must not touch the request. form gives the
// platform's own form of a Limited or Refused answer.
func (f *faults) serve(w http.ResponseWriter, r *http.Request, method, chat string, act func() reply, form func(Fault) reply) {
	x, ok := f.match(method, chat)
	if !ok {
		act().writeTo(w)
		return
	}
	switch x.Failure {
	case DropBefore:
		cut()
	case DropAfter:
		act()
		cut()
	case Late:
		f.mu.Lock()
		select {
		case <-f.done:
		default:
			f.late.Go(func() {
				if f.wait(nil, x.Delay) {
					act()
				}
			})
		}
		f.mu.Unlock()
		cut()
	case Hang:
		// A request whose sender has gone away while it hung is carried out
		// all the same: the platform has read it.
		f.wait(r.Context().Done(), x.Delay)
		act().writeTo(w)
	case Unavailable:
		unavailable(x).writeTo(w)
	case UnavailableAfter:
		act()
		unavailable(x).writeTo(w)
	default:
		form(x).writeTo(w)
	}
}

// wait returns true when d is over, and false if gone or the list is closed
// before.
func (f *faults) wait(gone <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-gone:
	case <-f.done:
	}
	return false
}

// cut ends the connection without an answer, in the way that net/http has for
// it.
func cut() { panic(http.ErrAbortHandler) }

// unavailable is what stands in front of a platform when it is down: a page
// for people.
func unavailable(x Fault) reply {
	status := x.Status
	if status == 0 {
		status = http.StatusBadGateway
	}
	text := http.StatusText(status)
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}},
		body:   []byte("<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n"),
	}
}

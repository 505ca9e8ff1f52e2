package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"briefbot/bot/brief"
	"briefbot/store"
)

// Store is what the outbox needs of the store.
type Store interface {
	Makings(ctx context.Context, d store.Delivery) (store.Makings, error)
	Channel(ctx context.Context, name string) (store.Channel, error)
	Place(ctx context.Context, c store.Chat) (store.Place, error)
	MovePending(ctx context.Context, from store.Chat, to store.Place) error
	Pending(ctx context.Context, c store.Chat) (ds []store.Delivery, all bool, err error)
	PendingChats(ctx context.Context, p store.Platform) ([]store.Waiting, error)
	WatchPending(p store.Platform) *store.PendingWatch
	PauseChat(ctx context.Context, p store.Pause) error
	PauseOf(ctx context.Context, c store.Chat) (store.Pause, error)
	Paused(ctx context.Context, p store.Platform) ([]store.Pause, error)
	ResumeChat(ctx context.Context, c store.Chat, trial bool) (was bool, err error)
	ChangeDelivery(ctx context.Context, id uint64, change func(d *store.Delivery)) (store.Delivery, error)
	ClaimDelivery(ctx context.Context, id uint64, change func(d *store.Delivery, highest string)) (store.Delivery, error)
}

// Options are an Outbox's parts.
type Options struct {
	Store     Store
	Platforms map[store.Platform]Platform
	Languages *brief.Languages
	// Paces keep the platforms' limits. Their adapters' own requests keep them too.
	Paces map[store.Platform]*Pace
	// Outlets say where outlets stand of which a story does not.
	Outlets store.Outlets
	// SettleAfter is how long an uncertain send is left alone before it is
	// looked for: its request may still be carried out.
	SettleAfter time.Duration
	Log         *slog.Logger
}

// Outbox gets what the store has pending sent.
type Outbox struct {
	Options
}

// New makes an Outbox.
func New(o Options) *Outbox { return &Outbox{o} }

// lastWords is how long a request that is under way when the program is to end
// may take to come back: so long its outcome is worth more than a quick end.
const lastWords = 8 * time.Second

// Run sends what is pending, and what comes to be, until ctx ends; then it
// waits for the requests under way. What is left is in the store.
func (o *Outbox) Run(ctx context.Context) error {
	finish, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })
	defer stop()

	var all sync.WaitGroup
	errs := make(chan error, len(o.Platforms))
	for name, p := range o.Platforms {
		all.Go(func() {
			errs <- newDispatcher(o, name, p).run(ctx, finish)
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

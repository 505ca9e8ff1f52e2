package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"briefbot/store"
	"briefbot/store/bolt"
)

const (
	backupFolder  = "backups" // within the data folder
	backupEvery   = 24 * time.Hour
	backupsKept   = 7
	backupPattern = "briefbot-*.db"
	backupName    = "briefbot-20060102-150405.db" // by its date
)

// Backups gives the backups in a data folder, the oldest first.
func Backups(folder string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(folder, backupFolder, backupPattern))
	slices.Sort(all) // their names hold their dates
	return all, err
}

// Backup writes a backup of the store into the data folder, and drops the
// oldest beyond those that are kept.
func Backup(st *store.Store, folder string, now time.Time) (string, error) {
	path := filepath.Join(folder, backupFolder, now.UTC().Format(backupName))
	if err := st.Backup(path); err != nil {
		return "", err
	}
	all, err := Backups(folder)
	if err != nil {
		return path, err
	}
	// Those with a later date than this one are of a clock that was set back
	// since: they are the older ones.
	i, _ := slices.BinarySearch(all, path)
	all = slices.Concat(all[min(i+1, len(all)):], all[:min(i+1, len(all))])
	for _, old := range all[:max(0, len(all)-backupsKept)] {
		if err := os.Remove(old); err != nil {
			return path, fmt.Errorf("drop an old backup: %w", err)
		}
	}
	return path, nil
}

// backups makes a backup each day until ctx ends, the first when the newest is
// a day old.
func backups(ctx context.Context, st *store.Store, folder string, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(untilBackup(folder, time.Now())):
		}
		if _, err := Backup(st, folder, time.Now()); err != nil {
			log.Error("no backup", "err", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Hour):
			}
		}
	}
}

func untilBackup(folder string, now time.Time) time.Duration {
	all, err := Backups(folder)
	if err != nil {
		return time.Minute
	}
	for _, path := range slices.Backward(all) {
		made, err := time.Parse(backupName, filepath.Base(path))
		if err != nil {
			continue // somebody's own
		}
		// One of the future is of a clock that was set back since.
		return min(backupEvery, max(0, backupEvery-now.Sub(made)))
	}
	return time.Minute // a new bot's data is not worth much yet
}

// Restore brings a backup back into the data folder. What was there is kept
// beside it, under the name that is returned; empty if nothing was there.
func Restore(ctx context.Context, folder, backup string, now time.Time) (kept string, err error) {
	fresh := filepath.Join(folder, ".restore.db")
	if err := copyChecked(backup, fresh); err != nil {
		return "", err
	}
	defer os.Remove(fresh)
	if err := takeIntoUse(ctx, fresh, now); err != nil {
		return "", err
	}
	file := filepath.Join(folder, DataFile)
	// A briefbot that runs would go on writing to the file moved away.
	e, err := bolt.Open(file)
	switch {
	case err == nil:
		err = e.Close()
	case errors.Is(err, store.ErrDamaged):
		err = nil
	}
	if err != nil {
		return "", err
	}
	kept = filepath.Join(folder, "briefbot-before-restore-"+now.UTC().Format("20060102-150405")+".db")
	if err := os.Rename(file, kept); err != nil {
		return "", fmt.Errorf("keep what is there: %w", err)
	}
	if err := os.Rename(fresh, file); err != nil {
		return kept, fmt.Errorf("put the backup in place: %w", err)
	}
	return kept, nil
}

// copyChecked copies a backup, and makes sure that the copy is whole.
func copyChecked(from, to string) error {
	data, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer data.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	_, err = out.ReadFrom(data)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	e, err := bolt.Open(to)
	if err == nil {
		err = errors.Join(e.Check(), e.Close())
	}
	if err != nil {
		return fmt.Errorf("the backup %s can't be used: %w", from, err)
	}
	return nil
}

func takeIntoUse(ctx context.Context, file string, now time.Time) error {
	e, err := bolt.Open(file)
	if err != nil {
		return err
	}
	defer e.Close()
	s, err := store.Open(ctx, e, now)
	if err != nil {
		return err
	}
	return s.Restored(ctx, now)
}

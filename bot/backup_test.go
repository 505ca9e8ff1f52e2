package bot

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// After a clock that ran ahead is set back, there is a backup each day as
// before, and the newest is kept.
func TestBackupAfterClockWasSetBack(t *testing.T) {
	folder := t.TempDir()
	st, err := OpenStore(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	backup := func(at time.Time) string {
		path, err := Backup(st, folder, at)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for day := range backupsKept {
		backup(now.AddDate(1, 0, day))
	}
	if wait := untilBackup(folder, now); wait > backupEvery {
		t.Errorf("the next backup comes in %s", wait)
	}
	if wait := untilBackup(folder, now.AddDate(1, 0, backupsKept-1).Add(time.Hour)); wait != backupEvery-time.Hour {
		t.Errorf("an hour after a backup, the next one comes in %s", wait)
	}
	for day := range 2 {
		newest := backup(now.AddDate(0, 0, day))
		all, err := Backups(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != backupsKept || !slices.Contains(all, newest) {
			t.Errorf("day %d: %d backups, and %s is not among them: %q", day, len(all), filepath.Base(newest), all)
		}
	}
}

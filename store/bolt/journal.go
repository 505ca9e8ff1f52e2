package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"
	"unsafe"

	bbolt "go.etcd.io/bbolt"

	"briefbot/store"
)

// A journal is where commits go first. bbolt writes each page that a commit
// touches anew, which are many and all over the file, and waits for the disk twice;
// here all of a commit stands in one place, and one wait is enough. What it holds
// is folded into bbolt's tree later, much at a time.
//
// Its space is a value in the data file that was as large as this when it was put
// there, so that bbolt, which never changes it again, leaves it where it is. It is
// written past bbolt. Its two halves take turns: a volume is written in one while
// the one before is folded, and a third begins when that is done.
//
// Each record carries a sum over itself and all records before it. So what is read
// is what was written, as far as it goes: a record that a crash has cut off is the
// end, and so is one that is left of an earlier volume.
type journal struct {
	db   *bbolt.DB
	file *os.File
	base int64 // where the space begins in the file
	half int   // how large a half is
	mark mark  // the volume that is written, as far as it goes
	at   int   // where in its half the next record goes
	torn bool  // there may be one that was not written, as far as anybody knows
}

// mark is a place in the journal: behind the record that made the sum what it is.
type mark struct {
	volume uint64
	sum    uint32
}

const (
	// journalHalf is twice what one function may write: a function runs where as
	// much is left, and up to there a fold may take as long as it likes.
	journalHalf = 2 * largest
	// largest is how much of a record one function needs at most.
	largest = store.MaxBytes + store.MaxKeys*2*binary.MaxVarintLen32
	// headSize is a record's sum and length, 4 bytes each.
	headSize = 8
	// journalVersion is the version of the records, the first byte of a mark.
	journalVersion = 1
)

var (
	journalBucket = []byte("journal")
	spaceKey      = []byte("space")
	foldedBucket  = []byte("folded")
	markKey       = []byte("mark")
	castagnoli    = crc32.MakeTable(crc32.Castagnoli)
)

// makeJournal makes the space in a file that has none.
func makeJournal(tx *bbolt.Tx) error {
	if tx.Bucket(journalBucket) != nil {
		return nil
	}
	b, err := tx.CreateBucket(journalBucket)
	if err != nil {
		return err
	}
	if err := b.Put(spaceKey, make([]byte, 2*journalHalf)); err != nil {
		return err
	}
	b, err = tx.CreateBucket(foldedBucket)
	if err != nil {
		return err
	}
	return b.Put(markKey, mark{}.encode())
}

// openJournal finds the space in the file, folds what it holds, and begins a volume.
func openJournal(db *bbolt.DB, path string) (j *journal, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	j = &journal{db: db}
	err = db.View(func(tx *bbolt.Tx) error {
		space := tx.Bucket(journalBucket).Get(spaceKey)
		if len(space) < 2*(headSize+largest) {
			return fmt.Errorf("%w: its journal has %d bytes", store.ErrDamaged, len(space))
		}
		j.half = len(space) / 2
		j.base = int64(uintptr(unsafe.Pointer(unsafe.SliceData(space))) - db.Info().Data)
		return j.mark.decode(tx.Bucket(foldedBucket).Get(markKey))
	})
	if err != nil {
		return nil, err
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	left := newLayer()
	err = j.replay(func(key string, value []byte) { left.Set(key, value) })
	if err == nil && left.Len() > 0 {
		err = foldLayer(db, left, j.mark)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fold the journal: %w", err), j.close())
	}
	return j, j.begin()
}

func (m mark) encode() []byte {
	b := binary.LittleEndian.AppendUint64([]byte{journalVersion}, m.volume)
	return binary.LittleEndian.AppendUint32(b, m.sum)
}

func (m *mark) decode(b []byte) error {
	switch {
	case len(b) > 0 && b[0] > journalVersion:
		return fmt.Errorf("journal of version %d: %w", b[0], store.ErrNewer)
	case len(b) != 13 || b[0] != journalVersion:
		return fmt.Errorf("%w: the journal's mark is %x", store.ErrDamaged, b)
	}
	m.volume = binary.LittleEndian.Uint64(b[1:])
	m.sum = binary.LittleEndian.Uint32(b[9:])
	return nil
}

// next is where the volume after this one begins.
func (m mark) next() mark {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], m.volume+1)
	return mark{m.volume + 1, crc32.Update(m.sum, castagnoli, b[:])}
}

// begin begins the next volume. What is in its half must be folded. Nothing may be
// left behind the last record: who reads the journal would go on to the new volume
// from there.
func (j *journal) begin() error {
	if j.torn {
		head := j.start(j.mark.volume) + int64(j.at)
		if _, err := j.file.WriteAt(make([]byte, headSize), head); err != nil {
			return err
		}
		if err := j.db.Sync(); err != nil {
			return err
		}
	}
	j.mark, j.at, j.torn = j.mark.next(), 0, false
	return nil
}

// room is how large a record may be.
func (j *journal) room() int { return j.half - j.at }

// start is where the half of a volume begins in the file.
func (j *journal) start(volume uint64) int64 { return j.base + int64(volume%2)*int64(j.half) }

// append writes a record, durably. It begins with headSize bytes for its head.
func (j *journal) append(record []byte) error {
	sum := seal(record, j.mark.sum)
	j.torn = true
	if _, err := j.file.WriteAt(record, j.start(j.mark.volume)+int64(j.at)); err != nil {
		return err
	}
	if err := j.db.Sync(); err != nil {
		return err
	}
	j.mark.sum = sum
	j.at += len(record)
	j.torn = false
	return nil
}

// seal writes a record's head, and gives the sum over it and all before.
func seal(record []byte, before uint32) (sum uint32) {
	binary.LittleEndian.PutUint32(record[4:], uint32(len(record)))
	sum = crc32.Update(before, castagnoli, record[4:])
	binary.LittleEndian.PutUint32(record, sum)
	return sum
}

// replay gives the changes that are not folded, in their order, and leaves the
// journal behind them.
func (j *journal) replay(change func(key string, value []byte)) error {
	half := make([]byte, j.half)
	for {
		from := j.mark.next()
		if _, err := j.file.ReadAt(half, j.start(from.volume)); err != nil {
			return err
		}
		sum, any, err := readVolume(half, from.sum, change)
		if err != nil || !any {
			return err
		}
		j.mark = mark{from.volume, sum}
	}
}

// readVolume gives the changes in a volume, and the sum behind them.
func readVolume(half []byte, before uint32, change func(key string, value []byte)) (sum uint32, any bool, err error) {
	for sum = before; ; any = true {
		if len(half) < headSize {
			return sum, any, nil
		}
		size := int(binary.LittleEndian.Uint32(half[4:]))
		if size <= headSize || size > len(half) {
			return sum, any, nil
		}
		next := crc32.Update(sum, castagnoli, half[4:size])
		if next != binary.LittleEndian.Uint32(half) {
			return sum, any, nil
		}
		if err := readChanges(half[headSize:size], change); err != nil {
			return sum, any, err
		}
		sum, half = next, half[size:]
	}
}

// appendChange adds to a record that a key has a value now; nil: that it is deleted.
func appendChange(record []byte, key string, value []byte) []byte {
	record = binary.AppendUvarint(record, uint64(len(key)))
	record = append(record, key...)
	if value == nil {
		return binary.AppendUvarint(record, 0)
	}
	record = binary.AppendUvarint(record, uint64(len(value))+1)
	return append(record, value...)
}

// readChanges reads what appendChange has written.
func readChanges(record []byte, change func(key string, value []byte)) error {
	for len(record) > 0 {
		size, n := binary.Uvarint(record)
		if n <= 0 || size > uint64(len(record)-n) {
			return errRecord
		}
		key := string(record[n:][:size])
		record = record[n+int(size):]
		size, n = binary.Uvarint(record)
		switch {
		case n <= 0 || size > uint64(len(record)-n)+1:
			return errRecord
		case size == 0:
			change(key, nil)
			record = record[n:]
		default:
			change(key, bytes.Clone(record[n:][:size-1]))
			record = record[n+int(size)-1:]
		}
	}
	return nil
}

var errRecord = fmt.Errorf("%w: a record of the journal can't be read", store.ErrDamaged)

// wipe overwrites all that was ever written, which must be folded, with zeros.
func (j *journal) wipe() error {
	if _, err := j.file.WriteAt(make([]byte, 2*j.half), j.base); err != nil {
		return err
	}
	return j.db.Sync()
}

func (j *journal) close() error { return j.file.Close() }

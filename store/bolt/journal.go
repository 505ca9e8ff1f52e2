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

// openJournal finds the space in the file, and gives the volumes in it that are not
// folded, the older first. The journal is behind the last of them.
func openJournal(db *bbolt.DB, path string) (j *journal, left []volume, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	j = &journal{}
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
		return nil, nil, err
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if left, err = j.replay(); err == nil && len(left) == 0 {
		err = j.begin()
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the journal: %w", err), j.close())
	}
	return j, left, nil
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

// begin begins the next volume. What is in its half must be folded.
func (j *journal) begin() error {
	if err := j.settle(); err != nil {
		return err
	}
	j.mark, j.at = j.mark.next(), 0
	return nil
}

// settle makes sure that what was not written, as far as anybody knows, never was.
// Nothing may be left behind the last record: who reads the journal would go on to
// the next volume from there, and whoever wrote it was told that it failed.
func (j *journal) settle() error {
	if !j.torn {
		return nil
	}
	if err := j.write(make([]byte, headSize), j.end()); err != nil {
		return err
	}
	j.torn = false
	return nil
}

// room is how large a record may be.
func (j *journal) room() int { return j.half - j.at }

// start is where the half of a volume begins in the file.
func (j *journal) start(volume uint64) int64 { return j.base + int64(volume%2)*int64(j.half) }

// end is where the last record ends in the file.
func (j *journal) end() int64 { return j.start(j.mark.volume) + int64(j.at) }

// append writes a record, durably. It begins with headSize bytes for its head.
func (j *journal) append(record []byte) error {
	sum := seal(record, j.mark.sum)
	j.torn = true
	if err := j.write(record, j.end()); err != nil {
		return errors.Join(err, j.settle())
	}
	j.mark.sum = sum
	j.at += len(record)
	j.torn = false
	return nil
}

// write writes durably. It waits for the disk by a descriptor of its own: the system
// tells each one once that something could not be written, and bbolt, which waits by
// its own at the same time, would take the news from it, or it from bbolt.
func (j *journal) write(b []byte, at int64) error {
	if _, err := j.file.WriteAt(b, at); err != nil {
		return err
	}
	return datasync(j.file)
}

// seal writes a record's head, and gives the sum over it and all before.
func seal(record []byte, before uint32) (sum uint32) {
	binary.LittleEndian.PutUint32(record[4:], uint32(len(record)))
	sum = crc32.Update(before, castagnoli, record[4:])
	binary.LittleEndian.PutUint32(record, sum)
	return sum
}

// volume is what a volume holds, and its end.
type volume struct {
	layer *layer
	end   mark
}

// replay gives the volumes that are not folded, and leaves the journal behind them.
// It writes them once more: that they can be read does not say that the disk has
// them, and what comes after them counts only as long as they are there.
func (j *journal) replay() (left []volume, err error) {
	half := make([]byte, j.half)
	for {
		from := j.mark.next()
		if _, err := j.file.ReadAt(half, j.start(from.volume)); err != nil {
			return nil, err
		}
		l := newLayer()
		size, sum, err := readVolume(half, from.sum, func(key string, value []byte) { l.Set(key, value) })
		if err != nil || size == 0 {
			return left, err
		}
		j.mark, j.at = mark{from.volume, sum}, size
		if err := j.write(half[:size], j.start(from.volume)); err != nil {
			return nil, err
		}
		left = append(left, volume{l, j.mark})
	}
}

// readVolume gives the changes in a volume, how far it goes, and the sum there.
func readVolume(half []byte, before uint32, change func(key string, value []byte)) (at int, sum uint32, err error) {
	for sum = before; at+headSize <= len(half); {
		head := half[at:]
		size := int(binary.LittleEndian.Uint32(head[4:]))
		if size <= headSize || size > len(head) {
			break
		}
		next := crc32.Update(sum, castagnoli, head[4:size])
		if next != binary.LittleEndian.Uint32(head) {
			break
		}
		if err := readChanges(head[headSize:size], change); err != nil {
			return at, sum, err
		}
		at, sum = at+size, next
	}
	return at, sum, nil
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
	return j.write(make([]byte, 2*j.half), j.base)
}

func (j *journal) close() error { return j.file.Close() }

package store

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"slices"
	"unicode/utf8"
)

// How near two stories' bullets are is measured as Andrei Broder did for the
// pages of the web ("On the resemblance and containment of documents", 1997;
// known as MinHash): a text is the set of its shingles, the runs of a few words
// in it, and of the set the few with the smallest hashes are kept, its sketch.
// Two sketches tell how much the sets have in common.
//
// Of Broder's two measures, containment is taken: the part of the shorter text
// that stands in the longer one too. One source's two sentences and another's
// five bullets tell of the same event if the two stand among the five;
// resemblance would call them different.
//
// Bands of the sketch as keys (locality-sensitive hashing) are not needed to
// find what is near: only stories with the same headline can be the same, so
// the headline is the key.

const (
	// shingleWords is how many words make a shingle.
	shingleWords = 3
	// sketchSize is how many hashes a sketch has at most. Bullets with fewer
	// shingles are compared exactly; beyond, the error is below 1/√sketchSize.
	sketchSize = 512
)

// sketch is what is kept of a text to measure how near another one is.
type sketch struct {
	size  int    // of the set of shingles
	least []byte // the smallest hashes, 4 bytes each, in order
}

// sketchOf makes the sketch of a story's bullets, without their citation
// marks: each source counts its own.
func sketchOf(s Story) sketch {
	var all []uint32
	for _, b := range s.Bullets {
		ws := shingleTokens(withoutMarks(b))
		if len(ws) == 0 {
			continue
		}
		for i := 0; i == 0 || i+shingleWords <= len(ws); i++ {
			all = append(all, hashOf(ws[i:min(i+shingleWords, len(ws))]))
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	k := sketch{size: len(all)}
	for _, h := range all[:min(len(all), sketchSize)] {
		k.least = binary.BigEndian.AppendUint32(k.least, h)
	}
	return k
}

// hashOf is a shingle's hash. It is written into the data, so it stays as it
// is: FNV-1a, and the finish of SplitMix64, since the smallest of hashes are
// only a fair sample if all their bits are well mixed.
func hashOf(shingle []string) uint32 {
	h := fnv.New64a()
	for _, w := range shingle {
		io.WriteString(h, w)
		io.WriteString(h, " ")
	}
	n := h.Sum64()
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return uint32((n ^ n>>31) >> 32)
}

func withoutMarks(b Bullet) string {
	text := b.Text
	for _, m := range slices.Backward(Marks(text, b.Citations)) {
		text = text[:m.Start] + text[m.End:]
	}
	return text
}

// shingleTokens are the words of a text; where a script has no spaces, its
// letters.
func shingleTokens(text string) []string {
	var all []string
	for _, w := range words(plain(text)) {
		start := 0
		for i, r := range w {
			if spaceless(r) {
				if start < i {
					all = append(all, w[start:i])
				}
				start = i + utf8.RuneLen(r)
				all = append(all, w[i:start])
			}
		}
		if start < len(w) {
			all = append(all, w[start:])
		}
	}
	return all
}

// alike is how much of the shorter text stands in the longer one too, from 0 to
// 1.
func alike(a, b sketch) float64 {
	if len(a.least) == 0 || len(b.least) == 0 {
		return 0
	}
	// The smallest hashes of both sets together are a sample of them; where
	// both sketches are whole, they are all there is.
	most := sketchSize
	if a.size <= sketchSize && b.size <= sketchSize {
		most = a.size + b.size
	}
	n, both := 0, 0
	for i, j := 0, 0; n < most && (i < len(a.least) || j < len(b.least)); n++ {
		switch {
		case j >= len(b.least) || i < len(a.least) && hashAt(a, i) < hashAt(b, j):
			i += 4
		case i >= len(a.least) || hashAt(a, i) > hashAt(b, j):
			j += 4
		default:
			both++
			i, j = i+4, j+4
		}
	}
	resemblance := float64(both) / float64(n)
	common := resemblance / (1 + resemblance) * float64(a.size+b.size)
	return min(1, common/float64(min(a.size, b.size)))
}

func hashAt(k sketch, i int) uint32 { return binary.BigEndian.Uint32(k.least[i:]) }

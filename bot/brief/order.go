package brief

import (
	"hash/fnv"
	"slices"

	"briefbot/store"
)

// order gives the narratives as they stand in the story, or the other way round:
// of any two, which comes first alternates from story to story, so that none is
// always first. The story's short id decides, and how the story itself has them
// does not: a reader meets the same order in every post and answer, also when an
// editor turns the narratives.
func order(e store.Entry) []int {
	all := make([]int, len(e.Story.Narratives))
	for i := range all {
		all[i] = i
	}
	if len(all) < 2 {
		return all
	}
	one, other := poles(e.Story)
	if heads(e.Short) != (one < other) {
		slices.Reverse(all)
	}
	return all
}

// poles are two narratives by which it is told how the story has them: the two
// sides that have commands, else the first and the last, by their labels.
func poles(s store.Story) (one, other int) {
	critical, ok := indexOf(s, store.Critical)
	establishment, too := indexOf(s, store.Establishment)
	if ok && too {
		return critical, establishment
	}
	one, other = 0, len(s.Narratives)-1
	if s.Narratives[other].Label < s.Narratives[one].Label {
		one, other = other, one
	}
	return one, other
}

// heads tosses a coin that falls the same way for the same story.
func heads(short string) bool {
	h := fnv.New32a()
	h.Write([]byte(short))
	return h.Sum32()%2 == 0
}

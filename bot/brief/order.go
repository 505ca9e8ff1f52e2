package brief

import (
	"hash/fnv"

	"briefbot/store"
)

// order gives the narratives as they stand in the story, but for the two sides
// that have commands: which of them comes first alternates from story to story,
// so that neither is always first. The story's short id decides, and nothing
// else: a reader meets the same order in every post and answer.
func order(e store.Entry) []int {
	all := make([]int, len(e.Story.Narratives))
	for i := range all {
		all[i] = i
	}
	critical, ok := indexOf(e.Story, store.Critical)
	establishment, too := indexOf(e.Story, store.Establishment)
	if ok && too && criticalFirst(e.Short) != (critical < establishment) {
		all[critical], all[establishment] = establishment, critical
	}
	return all
}

// criticalFirst tosses a coin that falls the same way for the same story.
func criticalFirst(short string) bool {
	h := fnv.New32a()
	h.Write([]byte(short))
	return h.Sum32()%2 == 0
}

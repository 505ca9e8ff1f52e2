package config

import "strings"

// nearest is the word that was probably meant, or empty.
func nearest(word string, words []string) string {
	best, found := 3, ""
	for _, w := range words {
		d := distance(strings.ToLower(word), w)
		if d < best && 2*d <= len(w) {
			best, found = d, w
		}
	}
	return found
}

// distance is how many letters must be put in, left out, changed or swapped
// with the next to get from a to b.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

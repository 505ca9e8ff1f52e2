package intake_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"briefbot/bot/intake"
)

// TestWriteHTMLIsRead: the page that is written gives the story again.
func TestWriteHTMLIsRead(t *testing.T) {
	again, err := one(intake.ParseHTML("whole.html", intake.WriteHTML(wholeStory)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeStory, again); diff != "" {
		t.Error(diff)
	}
}

// Package intake turns what comes from outside into stories: it reads story
// files and watches folders of them, and polls feeds, pages and Kagi News. Each
// form and each source is one file; Source and Sink are the seam between them
// and whoever keeps the stories. What is fetched is bounded by the Fetcher, and
// what is read by each parser.
//
// It must not know a store, a chat platform or a schedule: it gives each story
// to a Sink, and the Sink decides what is new.
//
// # The text form
//
//	Ferry Line Reopens After Nine Years
//
//	Updated Nov 02, 2026
//	Topics: transport, coast
//	Language: en
//	Link: https://example.org/ferry
//	Image: https://example.org/ferry.jpg
//	Image credit: A. Person [via Agency]
//	Image caption: The first boat.
//	Image alt: A white ferry at a quay.
//	Story credit: Coast News
//	Story credit link: https://example.org/
//	Story licence: CC BY 4.0
//	Story licence link: https://example.org/licence
//
//	• A bullet with its citations.[1][2]
//	• Another one.[3]
//
//	Establishment-critical narrative
//
//	A paragraph.
//
//	Another one.[2]
//
//	Articles on this story
//
//	[1] Outlet: "Title" (Nov 01, 2026) (LR: 3 CP: 5) https://example.org/a
//
// Only the headline and one bullet are needed. White space at the edges of a
// line and more than one in a row mean nothing; a line without a mark goes on
// with the bullet or paragraph before it, unless a blank line stands between.
// The headline may stand twice.
//
// A narrative's heading is a line that ends in the word "narrative", or that
// begins with "# ", or that is short, ends in no punctuation and stands alone
// between blank lines with a paragraph behind it. A heading with nothing under
// it is left out.
//
// A citation is a bracketed number of at most three digits, or of four if the
// list of sources has that number; [1, 3] and [2-4] are several. So [sic] and
// [2022] are none.
//
// A backslash at the start of a line makes the line plain text, whatever it
// looks like; before a [ or another backslash it makes that sign plain, so
// that \[5] is no citation. The backslash is not part of the text. WriteText
// sets one where a text would be taken for something else.
//
// # Texts as they are met
//
// Stories are also passed on as the text of a page, a newsletter or a forum's
// post. ParseText knows such a text by lines that the text form has not: "The
// Facts", "The Spin", "Political split", "See sources", a version, a
// statement that ends in its outlet's scores. It is then cut into its stories,
// what stands around them is dropped, and the rest is written as the text form
// has it. Two ways of citing are known besides [1]: a digit glued to the full
// stop, and the outlet's name behind the statement.
package intake

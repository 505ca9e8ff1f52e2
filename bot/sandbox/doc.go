// Package sandbox has stand-ins for the APIs of Discord and Telegram, and a
// page that shows their chats as a reader would see them. The demo runs on it,
// and so do the tests: unmodified client libraries speak to it over loopback.
//
// A stand-in is as strict as its platform: it knows the limits, the error
// texts and the permissions, answers a wrong request as the platform would,
// and, given the platforms' official machine-readable descriptions, holds
// every request against them. Faults can be switched on, and a transcript
// tells what readers could have seen.
//
// It must not know anything of briefbot: no story, no store, no adapter. Only
// what a platform knows.
package sandbox

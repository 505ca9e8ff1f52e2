// Package bot puts the parts together: it starts them, and stops them in
// order. It has no logic of its own.
package bot

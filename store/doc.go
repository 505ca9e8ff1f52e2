// Package store holds the nouns (Story, Channel, Delivery…) and every
// operation on them, written once over a small Engine: an ordered space of
// keys with serialisable transactions.
//
// It must not know where its keys are kept (store/bolt does), how a platform is
// spoken to, what time it is, or what a configuration file looks like.
package store

// Package storetest holds what every store.Engine must pass.
package storetest

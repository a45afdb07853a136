//go:build tools

// Package prometheus pins the metric server that end-to-end tests ask.
package prometheus

import _ "github.com/prometheus/prometheus/cmd/prometheus"

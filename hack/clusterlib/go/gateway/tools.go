//go:build tools

// Package gateway pins the Gateway API data plane that tests send real traffic through.
package gateway

import _ "github.com/traefik/traefik/v3/cmd/traefik"

// Proxy rules (RT-11): whether a request to a host goes through a proxy, from the values of
// HTTPS_PROXY and NO_PROXY. Pure functions; who reads the environment passes it in. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kaizen::net {

struct ProxyEnvironment {
  std::string https_proxy;
  std::string no_proxy;
};

using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Both spellings of both variables; the upper-case one wins when it is not empty, as in client-go.
ProxyEnvironment read_proxy_environment(const EnvironmentLookup& lookup);

// The URL of the proxy for https://host:port, empty for a direct connection. `host` is a name or an
// IP literal without brackets. NO_PROXY is a list of `*`, host names (which cover their
// subdomains), `.suffix` or `*.suffix` (subdomains only), IP addresses and CIDR blocks, each but
// the last with an optional port; localhost and loopback addresses are never proxied. Error
// (kTerminal): HTTPS_PROXY is no http:// URL (socks5, https) — its text is not repeated, because it
// may hold a password.
base::Result<std::string> proxy_for(std::string_view host,
                                    uint16_t port,
                                    const ProxyEnvironment& environment);

}  // namespace kaizen::net

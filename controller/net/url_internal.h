// ServerUrl and ProxyUrl: where a transport connects, taken apart once at start. Values; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kaizen::net {

struct ServerUrl {
  bool tls = true;
  std::string host;  // name or IPv4 address, lower case
  uint16_t port = 443;
  bool is_address = false;

  // For the Host header: the port only when it is not the scheme's own.
  std::string authority() const;
};

// "https://host:port" or "http://host:port", optionally with a final slash. Error (kTerminal): user
// information, a path, a query, and IPv6 literals, which cpprestsdk cannot resolve
// (docs/decisions/0004). The text is not repeated: it may hold a password.
base::Result<ServerUrl> parse_server_url(std::string_view text);

struct ProxyUrl {
  std::string host;
  uint16_t port = 0;
};

// "http://host:port". Errors (kTerminal): other schemes (RT-11), and a user name or password: the
// library leaks memory with each request that it authenticates (docs/decisions/0004).
base::Result<ProxyUrl> parse_proxy_url(std::string_view text);

// Dotted decimal, four parts.
bool is_ipv4_address(std::string_view text);

}  // namespace kaizen::net

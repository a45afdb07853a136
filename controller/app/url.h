// BaseUrl: the URL of a server as a person writes it, in the parts that transports and queries
// need. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/environment.h"
#include "base/result.h"

namespace kaizen::app {

struct BaseUrl {
  bool https = false;
  std::string host;  // without brackets
  uint16_t port = 0;
  std::string origin;  // "https://host:port" as written, no path
  std::string path;    // "/prometheus", without a trailing slash; empty at the root
};

// Error (kTerminal): what is wrong with it and what to write instead, without the URL's text, which
// may hold a password.
base::Result<BaseUrl> parse_base_url(std::string_view url);

// The proxy for requests to it, empty for none: HTTPS_PROXY and NO_PROXY, for https only (RT-11).
// Error (kTerminal): HTTPS_PROXY cannot be used.
base::Result<std::string> proxy_of(const BaseUrl& url, const Environment& environment);

}  // namespace kaizen::app

#include "app/url.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "net/proxy.h"

namespace kaizen::app {

namespace {

// "host", "host:port", "[v6]" or "[v6]:port".
base::Result<base::Unit> read_authority(std::string_view authority, BaseUrl& out) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return base::invalid("has a `[` without its `]`");
    out.host = std::string(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    out.host = std::string(authority.substr(0, colon));
    port = authority.substr(colon);
  }
  if (out.host.empty()) return base::invalid("names no host");
  out.port = out.https ? 443 : 80;
  if (port.empty()) return base::Unit{};
  const std::optional<int64_t> number = base::parse_int(port.substr(1));
  if (!port.starts_with(':') || !number || *number < 1 || *number > 65535) {
    return base::invalid("has a port that is no number from 1 to 65535");
  }
  out.port = static_cast<uint16_t>(*number);
  return base::Unit{};
}

}  // namespace

base::Result<BaseUrl> parse_base_url(std::string_view url) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  BaseUrl out;
  out.https = url.starts_with(kHttps);
  if (!out.https && !url.starts_with(kHttp)) {
    return base::invalid("begins with neither http:// nor https://");
  }
  const auto is_odd = [](char c) {
    return c <= ' ' || c == '\x7f' || c == '"' || c == '\\' || c == '<' || c == '>';
  };
  if (std::ranges::any_of(url, is_odd)) {
    return base::invalid("holds blanks, quotes or control characters");
  }
  const std::string_view scheme = out.https ? kHttps : kHttp;
  const std::string_view rest = url.substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::string_view path = rest.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return base::invalid("holds credentials; put them into a file");
  }
  if (path.find_first_of("?#") != std::string_view::npos) {
    return base::invalid("has a query or fragment; write only scheme, host, port and path");
  }
  KAIZEN_TRY(const base::Unit read, read_authority(authority, out));
  static_cast<void>(read);
  while (path.ends_with('/')) path.remove_suffix(1);
  out.origin = base::concat({scheme, authority});
  out.path = std::string(path);
  return out;
}

base::Result<std::string> proxy_of(const BaseUrl& url, const Environment& environment) {
  if (!url.https) return std::string();
  return net::proxy_for(url.host, url.port, net::read_proxy_environment(environment));
}

}  // namespace kaizen::app

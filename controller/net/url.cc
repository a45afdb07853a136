#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "net/url_internal.h"

namespace kaizen::net {
namespace {

constexpr uint16_t kDefaultProxyPort = 8080;

struct HostPort {
  std::string host;
  uint16_t port = 0;  // 0: not given
};

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

base::Result<HostPort> parse_host_port(std::string_view what, std::string_view text) {
  if (text.find('[') != std::string_view::npos) {
    return base::invalid(base::concat({what,
                                       " has an IPv6 address, which this transport cannot reach; "
                                       "use a DNS name or an IPv4 address"}));
  }
  const size_t colon = text.find(':');
  HostPort result{.host = base::to_lower_ascii(text.substr(0, colon))};
  if (result.host.empty() || !std::ranges::all_of(result.host, is_host_character)) {
    return base::invalid(base::concat({what, " has no valid host; use scheme://host:port"}));
  }
  if (colon == std::string_view::npos) return result;
  const std::optional<int64_t> port = base::parse_int(text.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) {
    return base::invalid(base::concat({what, " has no valid port; use 1 to 65535"}));
  }
  result.port = static_cast<uint16_t>(*port);
  return result;
}

struct SchemeRest {
  std::string scheme;
  std::string_view rest;
};

SchemeRest split_scheme(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos) return {.scheme = "", .rest = text};
  return {.scheme = base::to_lower_ascii(text.substr(0, end)), .rest = text.substr(end + 3)};
}

}  // namespace

std::string ServerUrl::authority() const {
  if (port == (tls ? 443 : 80)) return host;
  return base::concat({host, ":", std::to_string(port)});
}

base::Result<ServerUrl> parse_server_url(std::string_view text) {
  SchemeRest parts = split_scheme(base::trim(text));
  if (parts.scheme != "https" && parts.scheme != "http") {
    return base::invalid("the server's URL must begin with https:// or http://");
  }
  if (parts.rest.ends_with('/')) parts.rest.remove_suffix(1);
  if (parts.rest.find('@') != std::string_view::npos) {
    return base::invalid(
        "the server's URL holds a user name or password; give credentials by a file");
  }
  if (parts.rest.find_first_of("/?#") != std::string_view::npos) {
    return base::invalid("the server's URL has a path or a query; use scheme://host:port only");
  }
  KAIZEN_TRY(const HostPort host_port, parse_host_port("the server's URL", parts.rest));
  ServerUrl url{.tls = parts.scheme == "https", .host = host_port.host};
  url.port = host_port.port != 0 ? host_port.port : static_cast<uint16_t>(url.tls ? 443 : 80);
  url.is_address = is_ipv4_address(url.host);
  return url;
}

base::Result<ProxyUrl> parse_proxy_url(std::string_view text) {
  SchemeRest parts = split_scheme(base::trim(text));
  if (parts.scheme != "http") {
    return base::invalid(
        base::concat({"a proxy of scheme ", parts.scheme.empty() ? "(none)" : parts.scheme,
                      " is not supported; use an http:// proxy or list the server in NO_PROXY"}));
  }
  if (parts.rest.ends_with('/')) parts.rest.remove_suffix(1);
  if (parts.rest.find('@') != std::string_view::npos) {
    return base::invalid(
        "the proxy's URL holds a user name or password, which this transport cannot use; let the "
        "proxy know us by our address");
  }
  if (parts.rest.find_first_of("/?#") != std::string_view::npos) {
    return base::invalid("the proxy's URL has a path or a query; use http://host:port only");
  }
  KAIZEN_TRY(const HostPort host_port, parse_host_port("the proxy's URL", parts.rest));
  return ProxyUrl{.host = host_port.host,
                  .port = host_port.port != 0 ? host_port.port : kDefaultProxyPort};
}

bool is_ipv4_address(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

}  // namespace kaizen::net

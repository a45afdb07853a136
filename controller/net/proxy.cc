#include "net/proxy.h"

#include <algorithm>
#include <array>
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

namespace kaizen::net {
namespace {

// An address in 16 bytes; IPv4 is mapped (::ffff:a.b.c.d), so that both families compare alike.
struct Address {
  std::array<uint8_t, 16> bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string literal(text);
  Address address;
  in_addr v4{};
  if (inet_pton(AF_INET, literal.c_str(), &v4) == 1) {
    const auto raw = ntohl(v4.s_addr);
    address.bytes[10] = 0xff;
    address.bytes[11] = 0xff;
    for (unsigned i = 0; i < 4; ++i) {
      address.bytes[12 + i] = static_cast<uint8_t>((raw >> (24 - 8 * i)) & 0xffU);
    }
    address.is_v4 = true;
    return address;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, literal.c_str(), &v6) != 1) return std::nullopt;
  std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), address.bytes.begin());
  return address;
}

bool in_block(const Address& address, const Address& block, int64_t prefix_bits) {
  if (address.is_v4 != block.is_v4) return false;
  int64_t left = prefix_bits + (block.is_v4 ? 96 : 0);
  for (size_t i = 0; i < address.bytes.size() && left > 0; ++i, left -= 8) {
    const auto mask = static_cast<uint8_t>(left >= 8 ? 0xff : 0xff00 >> left);
    if ((address.bytes.at(i) & mask) != (block.bytes.at(i) & mask)) return false;
  }
  return true;
}

bool matches_block(std::string_view entry, const std::optional<Address>& address) {
  const size_t slash = entry.find('/');
  const std::optional<Address> block = parse_address(entry.substr(0, slash));
  const std::optional<int64_t> bits = base::parse_int(entry.substr(slash + 1));
  if (!block || !bits || *bits < 0 || *bits > (block->is_v4 ? 32 : 128)) return false;
  return address && in_block(*address, *block, *bits);
}

bool is_loopback(const Address& address) {
  static constexpr std::array<uint8_t, 16> kV6Loopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0, 0, 0, 0, 1};
  return address.is_v4 ? address.bytes[12] == 127 : address.bytes == kV6Loopback;
}

struct Entry {
  std::string_view host;
  std::optional<int64_t> port;
};

// "host", "host:port", "[v6]", "[v6]:port"; a bare IPv6 address has more than one colon.
Entry split_port(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return {.host = text, .port = std::nullopt};
    const std::string_view rest = text.substr(close + 1);
    return {.host = text.substr(1, close - 1),
            .port = rest.starts_with(':') ? base::parse_int(rest.substr(1)) : std::nullopt};
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon != text.rfind(':')) {
    return {.host = text, .port = std::nullopt};
  }
  return {.host = text.substr(0, colon), .port = base::parse_int(text.substr(colon + 1))};
}

bool matches_name(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with('*')) pattern.remove_prefix(1);
  if (pattern.empty()) return false;
  if (pattern.starts_with('.')) return host.ends_with(pattern);
  return host == pattern || (host.size() > pattern.size() && host.ends_with(pattern) &&
                             host[host.size() - pattern.size() - 1] == '.');
}

bool matches_entry(std::string_view text,
                   std::string_view host,
                   const std::optional<Address>& address,
                   uint16_t port) {
  if (text == "*") return true;
  if (text.find('/') != std::string_view::npos) return matches_block(text, address);
  const Entry entry = split_port(text);
  if (entry.port && *entry.port != port) return false;
  if (const std::optional<Address> listed = parse_address(entry.host)) {
    return address && address->bytes == listed->bytes;
  }
  return !address && matches_name(entry.host, host);
}

base::Result<std::string> usable_proxy(std::string_view url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return base::concat({"http://", url});
  if (base::to_lower_ascii(url.substr(0, scheme_end)) == "http") return std::string(url);
  return base::invalid(
      base::concat({"HTTPS_PROXY names a proxy of scheme ", url.substr(0, scheme_end),
                    ", which is not supported; use an http:// proxy or list the "
                    "server in NO_PROXY"}));
}

std::string first_set(const EnvironmentLookup& lookup,
                      std::string_view upper,
                      std::string_view lower) {
  const std::string value = lookup(upper).value_or("");
  return value.empty() ? lookup(lower).value_or("") : value;
}

}  // namespace

ProxyEnvironment read_proxy_environment(const EnvironmentLookup& lookup) {
  return {.https_proxy = first_set(lookup, "HTTPS_PROXY", "https_proxy"),
          .no_proxy = first_set(lookup, "NO_PROXY", "no_proxy")};
}

base::Result<std::string> proxy_for(std::string_view host,
                                    uint16_t port,
                                    const ProxyEnvironment& environment) {
  const std::string_view proxy = base::trim(environment.https_proxy);
  if (proxy.empty()) return std::string();
  std::string name = base::to_lower_ascii(host);
  if (name.ends_with('.')) name.pop_back();
  const std::optional<Address> address = parse_address(name);
  if (name == "localhost" || (address && is_loopback(*address))) return std::string();
  const std::string listed = base::to_lower_ascii(environment.no_proxy);
  for (const std::string_view piece : base::split(listed, ',')) {
    const std::string_view entry = base::trim(piece);
    if (!entry.empty() && matches_entry(entry, name, address, port)) return std::string();
  }
  return usable_proxy(proxy);
}

}  // namespace kaizen::net

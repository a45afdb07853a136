#include "base/uid.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::base {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool dash_at(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

std::optional<Uid> parse_uid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uid uid;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (dash_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    uint8_t& byte = uid.bytes.at(nibble / 2);
    byte = static_cast<uint8_t>(static_cast<unsigned>(byte) << 4U | static_cast<unsigned>(value));
    ++nibble;
  }
  return uid;
}

std::string to_string(const Uid& uid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (uid.empty()) return {};
  std::string out;
  out.reserve(36);
  for (const uint8_t byte : uid.bytes) {
    if (dash_at(out.size())) out += '-';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
  }
  return out;
}

}  // namespace kaizen::base

// Uid: the identity of one incarnation of an object, 16 bytes instead of 36 characters.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::base {

struct Uid {
  std::array<uint8_t, 16> bytes{};

  bool empty() const { return *this == Uid{}; }

  auto operator<=>(const Uid&) const = default;
};

// "8-4-4-4-12" hex digits in either case. nullopt: any other text.
std::optional<Uid> parse_uid(std::string_view text);

// Lower case; an empty Uid gives an empty text.
std::string to_string(const Uid& uid);

}  // namespace kaizen::base

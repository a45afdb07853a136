#include "base/duration.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace kaizen::base {
namespace {

constexpr int64_t kMaxMilliseconds = int64_t{10} * 366 * 24 * 3600 * 1000;  // SEC-42: no overflow

// Milliseconds per unit at the start of `text` and the unit's length; zero: no unit there.
struct UnitMatch {
  int64_t ms = 0;
  size_t length = 0;
};

UnitMatch unit_at(std::string_view text) {
  if (text.starts_with("ms")) return {1, 2};
  if (text.starts_with("s")) return {1000, 1};
  if (text.starts_with("m")) return {60'000, 1};
  if (text.starts_with("h")) return {3'600'000, 1};
  return {};
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t total_ms = 0;
  while (!text.empty()) {
    int64_t number = 0;
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + (text[digits] - '0');
      if (number > kMaxMilliseconds) return std::nullopt;
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    const UnitMatch unit = unit_at(text);
    if (unit.length == 0 || number > kMaxMilliseconds / unit.ms) return std::nullopt;
    text.remove_prefix(unit.length);
    total_ms += number * unit.ms;
    if (total_ms > kMaxMilliseconds) return std::nullopt;
  }
  return std::chrono::milliseconds(total_ms);
}

std::string format_duration(Duration span) {
  int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  if (ms <= 0) return "0s";
  std::string out;
  const auto part = [&](int64_t unit, const char* name) {
    if (ms >= unit) out += fmt::format("{}{}", ms / unit, name);
    ms %= unit;
  };
  part(3'600'000, "h");
  part(60'000, "m");
  part(1000, "s");
  part(1, "ms");
  return out;
}

}  // namespace kaizen::base

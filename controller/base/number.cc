#include "base/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/check.h"

namespace kaizen::base {
namespace {

std::string strip_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace

std::optional<int64_t> parse_int(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> parse_fraction(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const std::optional<double> value = parse_decimal(text);
  if (!value || *value < 0 || *value > 1e6) return std::nullopt;
  return percent ? *value / 100 : *value;
}

std::string format_percent(double fraction, int digits) {
  return format_decimal(fraction * 100, digits) + "%";
}

std::string format_decimal(double value, int digits) {
  if (!std::isfinite(value)) return "unknown";
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e6)) return fmt::format("{:.{}g}", value, digits);
  const int before = size < 1 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int leading_zeros =
      size == 0 || size >= 1 ? 0 : static_cast<int>(-std::floor(std::log10(size))) - 1;
  const int decimals = size < 1 ? digits + leading_zeros : std::max(0, digits - before);
  return strip_zeros(fmt::format("{:.{}f}", value, decimals));
}

std::string shortest_decimal(double value) {
  KAIZEN_CHECK(std::isfinite(value), "a number in a list, a map or a required member is finite");
  constexpr double kSmall = 1e-9;
  constexpr double kLarge = 1e15;
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= kSmall && size < kLarge);
  std::array<char, 40> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.begin(), buffer.end(), size == 0 ? 0.0 : value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer.begin(), end};
}

}  // namespace kaizen::base

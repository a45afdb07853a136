#include "base/time.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace kaizen::base {
namespace {

struct Civil {
  int64_t year = 0;
  int32_t month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

Civil civil_of(int64_t unix_s) {
  const std::chrono::sys_seconds point{std::chrono::seconds(unix_s)};
  const auto day_point = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day_point);
  const int64_t rest = (point - day_point).count();
  return Civil{.year = static_cast<int>(date.year()),
               .month = static_cast<int32_t>(static_cast<unsigned>(date.month())),
               .day = static_cast<int32_t>(static_cast<unsigned>(date.day())),
               .hour = static_cast<int32_t>(rest / 3600),
               .minute = static_cast<int32_t>(rest / 60 % 60),
               .second = static_cast<int32_t>(rest % 60)};
}

// Reads exactly `count` digits at `position` and advances; nullopt when there are fewer.
std::optional<int32_t> digits(std::string_view text, size_t& position, size_t count) {
  if (position + count > text.size()) return std::nullopt;
  int32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    const char c = text[position + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  position += count;
  return value;
}

bool literal(std::string_view text, size_t& position, char expected) {
  if (position >= text.size() || text[position] != expected) return false;
  ++position;
  return true;
}

// Fraction of a second in microseconds; digits beyond the sixth are cut.
std::optional<int64_t> fraction_us(std::string_view text, size_t& position) {
  int64_t us = 0;
  size_t count = 0;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    if (count < 6) us = us * 10 + (text[position] - '0');
    ++count;
    ++position;
  }
  if (count == 0 || count > 9) return std::nullopt;
  for (size_t i = count; i < 6; ++i) us *= 10;
  return us;
}

// Offset from UTC in seconds at `position`, which must end the text.
std::optional<int64_t> offset_s(std::string_view text, size_t& position) {
  if (literal(text, position, 'Z')) return 0;
  const bool west = position < text.size() && text[position] == '-';
  if (!west && (position >= text.size() || text[position] != '+')) return std::nullopt;
  ++position;
  const std::optional<int32_t> hours = digits(text, position, 2);
  if (!hours || *hours > 23 || !literal(text, position, ':')) return std::nullopt;
  const std::optional<int32_t> minutes = digits(text, position, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int64_t seconds = int64_t{*hours} * 3600 + int64_t{*minutes} * 60;
  return west ? -seconds : seconds;
}

std::optional<Civil> parse_civil(std::string_view text, size_t& position) {
  const std::optional<int32_t> year = digits(text, position, 4);
  if (!year || *year < 1970 || !literal(text, position, '-')) return std::nullopt;
  const std::optional<int32_t> month = digits(text, position, 2);
  if (!month || !literal(text, position, '-')) return std::nullopt;
  const std::optional<int32_t> day = digits(text, position, 2);
  if (!day || !literal(text, position, 'T')) return std::nullopt;
  const std::optional<int32_t> hour = digits(text, position, 2);
  if (!hour || *hour > 23 || !literal(text, position, ':')) return std::nullopt;
  const std::optional<int32_t> minute = digits(text, position, 2);
  if (!minute || *minute > 59 || !literal(text, position, ':')) return std::nullopt;
  const std::optional<int32_t> second = digits(text, position, 2);
  if (!second || *second > 59) return std::nullopt;
  return Civil{*year, *month, *day, *hour, *minute, *second};
}

}  // namespace

std::string format_time(Time time) {
  const Civil c = civil_of(floor_to(time, 1s).unix_s());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string format_time_us(Time time) {
  const Time whole = floor_to(time, 1s);
  const Civil c = civil_of(whole.unix_s());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, (time - whole).count());
}

std::optional<Time> parse_time(std::string_view text) {
  size_t position = 0;
  const std::optional<Civil> c = parse_civil(text, position);
  if (!c) return std::nullopt;
  int64_t us = 0;
  if (literal(text, position, '.')) {
    const std::optional<int64_t> fraction = fraction_us(text, position);
    if (!fraction) return std::nullopt;
    us = *fraction;
  }
  const std::optional<int64_t> offset = offset_s(text, position);
  if (!offset || position != text.size()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(c->year)),
                                         std::chrono::month(static_cast<unsigned>(c->month)),
                                         std::chrono::day(static_cast<unsigned>(c->day)));
  if (!date.ok()) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds =
      days * 86'400 + int64_t{c->hour} * 3600 + int64_t{c->minute} * 60 + c->second - *offset;
  if (seconds < 0) return std::nullopt;
  return Time::from_unix_us(seconds * 1'000'000 + us);
}

Time floor_to(Time time, Duration step) {
  KAIZEN_CHECK(step.count() > 0, "floor_to needs a positive step");
  const int64_t us = time.unix_us();
  int64_t rest = us % step.count();
  if (rest < 0) rest += step.count();
  return Time::from_unix_us(us - rest);
}

}  // namespace kaizen::base

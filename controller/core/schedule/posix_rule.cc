#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "core/schedule/posix_rule_internal.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ == text_.size(); }

  char peek() const { return at_end() ? '\0' : text_[position_]; }

  bool take(char expected) {
    if (at_end() || text_[position_] != expected) return false;
    ++position_;
    return true;
  }

  base::Error problem(std::string_view what) const {
    return base::invalid(base::concat({"time zone rule ", base::json_quote(text_), ", byte ",
                                       std::to_string(position_ + 1), ": ", what}));
  }

  // What a zone calls its time: letters, or anything between < and >. Only its form matters here.
  base::Result<base::Unit> name() {
    const size_t begin = position_;
    if (take('<')) {
      while (!at_end() && peek() != '>') ++position_;
      if (!take('>')) return problem("a name in < > does not end");
      return base::Unit{};
    }
    while (is_letter(peek())) ++position_;
    if (position_ - begin < 3) return problem("a name of at least three letters is missing");
    return base::Unit{};
  }

  base::Result<int32_t> number(int32_t lowest, int32_t highest) {
    const size_t begin = position_;
    int32_t value = 0;
    while (is_digit(peek()) && value <= highest) value = value * 10 + (text_[position_++] - '0');
    if (position_ == begin || value < lowest || value > highest) {
      position_ = begin;
      return problem(base::concat({"a number from ", std::to_string(lowest), " to ",
                                   std::to_string(highest), " is missing"}));
    }
    return value;
  }

  // [+-]hh[:mm[:ss]] in seconds.
  base::Result<int32_t> time_s(int32_t most_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    KAIZEN_TRY(const int32_t hours, number(0, most_hours));
    int32_t seconds = hours * 3'600;
    if (take(':')) {
      KAIZEN_TRY(const int32_t minutes, number(0, 59));
      seconds += minutes * 60;
      if (take(':')) {
        KAIZEN_TRY(const int32_t rest, number(0, 59));
        seconds += rest;
      }
    }
    return negative ? -seconds : seconds;
  }

 private:
  std::string_view text_;
  size_t position_ = 0;
};

constexpr int32_t kMostOffsetHours = 24;
constexpr int32_t kMostRuleHours = 167;  // RFC 9636: a week, minus what a day may add

base::Result<YearlyMoment> read_day(Reader& reader) {
  YearlyMoment moment;
  if (reader.take('J')) {
    moment.form = YearlyMoment::Form::kJulian;
    KAIZEN_TRY(moment.day, reader.number(1, 365));
    return moment;
  }
  if (!reader.take('M')) {
    moment.form = YearlyMoment::Form::kZeroBased;
    KAIZEN_TRY(moment.day, reader.number(0, 365));
    return moment;
  }
  KAIZEN_TRY(moment.month, reader.number(1, 12));
  if (!reader.take('.')) return reader.problem("`.` and the week are missing");
  KAIZEN_TRY(moment.week, reader.number(1, 5));
  if (!reader.take('.')) return reader.problem("`.` and the weekday are missing");
  KAIZEN_TRY(moment.day, reader.number(0, 6));
  return moment;
}

base::Result<YearlyMoment> read_moment(Reader& reader) {
  if (!reader.take(',')) return reader.problem("`,` and a day are missing");
  KAIZEN_TRY(YearlyMoment moment, read_day(reader));
  if (reader.take('/')) {
    KAIZEN_TRY(moment.time_s, reader.time_s(kMostRuleHours));
  }
  return moment;
}

}  // namespace

base::Result<YearlyRule> parse_posix_rule(std::string_view text) {
  Reader reader(text);
  YearlyRule rule;
  KAIZEN_TRY(const base::Unit standard, reader.name());
  static_cast<void>(standard);
  // POSIX counts offsets west of Greenwich as positive.
  KAIZEN_TRY(const int32_t standard_west_s, reader.time_s(kMostOffsetHours));
  rule.standard_s = -standard_west_s;
  rule.daylight_s = rule.standard_s;
  if (reader.at_end()) return rule;
  KAIZEN_TRY(const base::Unit daylight, reader.name());
  static_cast<void>(daylight);
  rule.daylight_s = rule.standard_s + 3'600;
  if (reader.peek() != ',' && !reader.at_end()) {
    KAIZEN_TRY(const int32_t daylight_west_s, reader.time_s(kMostOffsetHours));
    rule.daylight_s = -daylight_west_s;
  }
  KAIZEN_TRY(rule.daylight_begins, read_moment(reader));
  KAIZEN_TRY(rule.daylight_ends, read_moment(reader));
  if (!reader.at_end()) return reader.problem("nothing may follow");
  return rule;
}

}  // namespace kaizen::core

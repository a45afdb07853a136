#include "core/schedule/cron.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::core {

namespace {

constexpr std::array<std::string_view, 12> kMonthNames = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdayNames = {"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat"};

struct FieldRule {
  std::string_view name;
  int32_t lowest = 0;
  int32_t highest = 0;
  const std::string_view* names = nullptr;  // of the values from `lowest` on
  int32_t name_count = 0;
};

constexpr std::array<FieldRule, 5> kFields = {{
    {"minute", 0, 59},
    {"hour", 0, 23},
    {"day of month", 1, 31},
    {"month", 1, 12, kMonthNames.data(), 12},
    {"weekday", 0, 7, kWeekdayNames.data(), 7},  // 7 is Sunday, too
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShorthands = {{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

// What one field allows.
struct FieldSet {
  uint64_t values = 0;
  bool any = false;
};

struct Range {
  int32_t first = 0;
  int32_t last = 0;
};

// One field: `text` stands at `offset` of the whole expression.
class FieldReader {
 public:
  FieldReader(const FieldRule& rule, std::string_view whole, std::string_view text, size_t offset)
      : rule_(rule), whole_(whole), text_(text), offset_(offset) {}

  base::Result<FieldSet> read() const {
    FieldSet set;
    size_t begin = 0;
    for (const std::string_view item : base::split(text_, ',')) {
      KAIZEN_TRY(const uint64_t values, read_item(item, begin));
      set.values |= values;
      begin += item.size() + 1;
    }
    set.any = text_ == "*" || text_ == "*/1";
    return set;
  }

 private:
  base::Error problem(size_t at, std::string_view what) const {
    return base::invalid(
        base::concat({"cron ", base::json_quote(whole_), ": ", rule_.name, ", character ",
                      std::to_string(offset_ + at + 1), ": ", what}));
  }

  std::string bounds() const {
    std::string text =
        base::concat({std::to_string(rule_.lowest), " to ", std::to_string(rule_.highest)});
    if (rule_.names == nullptr) return text;
    return base::concat({text, " or a name such as ", rule_.names[1]});
  }

  base::Result<uint64_t> read_item(std::string_view item, size_t at) const {
    const size_t slash = item.find('/');
    const std::string_view range_text = item.substr(0, slash);
    KAIZEN_TRY(const Range range, read_range(range_text, at));
    int32_t step = 1;
    if (slash != std::string_view::npos) {
      const bool is_range = range_text == "*" || range_text.find('-') != std::string_view::npos;
      if (!is_range) {
        return problem(at + slash,
                       base::concat({"a step needs `*` or a range before it: write ", range_text,
                                     "-", std::to_string(rule_.highest), item.substr(slash)}));
      }
      KAIZEN_TRY(step, read_step(item.substr(slash + 1), at + slash + 1));
    }
    uint64_t values = 0;
    for (int32_t value = range.first; value <= range.last; value += step) {
      values |= uint64_t{1} << static_cast<unsigned>(value);
    }
    return values;
  }

  base::Result<Range> read_range(std::string_view text, size_t at) const {
    if (text == "*") return Range{rule_.lowest, rule_.highest};
    const size_t dash = text.find('-');
    KAIZEN_TRY(const int32_t first, read_value(text.substr(0, dash), at));
    if (dash == std::string_view::npos) return Range{first, first};
    KAIZEN_TRY(const int32_t last, read_value(text.substr(dash + 1), at + dash + 1));
    if (last < first) {
      return problem(at, base::concat({"the range ", text, " ends before it begins",
                                       rule_.highest == 7 ? "; Sunday as the last day is 7" : ""}));
    }
    return Range{first, last};
  }

  base::Result<int32_t> read_value(std::string_view text, size_t at) const {
    if (text.empty()) return problem(at, base::concat({"a value is missing: ", bounds()}));
    const std::string word = base::to_lower_ascii(text);
    for (int32_t i = 0; i < rule_.name_count; ++i) {
      if (rule_.names[i] == word) return rule_.lowest + i;
    }
    const std::optional<int32_t> value = small_number(text);
    if (!value || *value < rule_.lowest || *value > rule_.highest) {
      return problem(at, base::concat({base::json_quote(text), " is not ", bounds()}));
    }
    return *value;
  }

  base::Result<int32_t> read_step(std::string_view text, size_t at) const {
    // A wider step would leave the first value alone, which hardly anybody means.
    const int32_t widest = rule_.highest - rule_.lowest;
    const std::optional<int32_t> step = small_number(text);
    if (!step || *step < 1 || *step > widest) {
      return problem(at, base::concat({base::json_quote(text), " is no step from 1 to ",
                                       std::to_string(widest)}));
    }
    return *step;
  }

  static std::optional<int32_t> small_number(std::string_view text) {
    if (text.empty() || text.size() > 2) return std::nullopt;
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const std::optional<int64_t> value = base::parse_int(text);
    if (!value) return std::nullopt;
    return static_cast<int32_t>(*value);
  }

  const FieldRule& rule_;
  std::string_view whole_;
  std::string_view text_;
  size_t offset_ = 0;
};

struct Fields {
  std::array<FieldSet, kFields.size()> sets;
  size_t count = 0;
};

base::Error whole_problem(std::string_view text, std::string_view what) {
  return base::invalid(base::concat({"cron ", base::json_quote(text), ": ", what}));
}

base::Result<Fields> read_fields(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  Fields fields;
  size_t at = text.find_first_not_of(kBlank);
  while (at != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(kBlank, at), text.size());
    if (fields.count < kFields.size()) {
      const FieldReader reader(kFields.at(fields.count), text, text.substr(at, end - at), at);
      KAIZEN_TRY(fields.sets.at(fields.count), reader.read());
    }
    ++fields.count;
    at = text.find_first_not_of(kBlank, end);
  }
  return fields;
}

base::Result<CronExpression> read_expression(std::string_view text) {
  KAIZEN_TRY(const Fields fields, read_fields(text));
  if (fields.count != kFields.size()) {
    return whole_problem(text, base::concat({std::to_string(fields.count),
                                             " fields, five are needed: minute, hour, day of "
                                             "month, month, weekday"}));
  }
  CronExpression cron;
  cron.minutes = fields.sets[0].values;
  cron.hours = static_cast<uint32_t>(fields.sets[1].values);
  cron.any_hour = fields.sets[1].any;
  cron.days = static_cast<uint32_t>(fields.sets[2].values);
  cron.any_day = fields.sets[2].any;
  cron.months = static_cast<uint32_t>(fields.sets[3].values);
  const auto weekdays = static_cast<uint32_t>(fields.sets[4].values);
  constexpr uint32_t kSevenDays = 0x7F;
  cron.weekdays = (weekdays & kSevenDays) | (weekdays >> 7U);  // 7 is Sunday
  cron.any_weekday = fields.sets[4].any;
  return cron;
}

}  // namespace

base::Result<CronExpression> parse_cron(std::string_view text) {
  if (text.size() > kLongestCron) {
    return base::invalid(base::concat({"cron of ", std::to_string(text.size()), " bytes, at most ",
                                       std::to_string(kLongestCron), " are allowed"}));
  }
  if (text.find("TZ=") != std::string_view::npos) {
    return whole_problem(text, "TZ= does not belong here; name the zone in timeZone");
  }
  const std::string_view word = base::trim(text);
  if (!word.starts_with('@')) return read_expression(text);
  for (const auto& [name, meaning] : kShorthands) {
    if (name == word) return read_expression(meaning);
  }
  return whole_problem(text,
                       "use @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually or "
                       "five fields");
}

}  // namespace kaizen::core

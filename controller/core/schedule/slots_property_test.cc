// Random schedules against an oracle that shares nothing with them: it goes through every minute
// that a clock on the wall could show and asks the changes of the clock, written out here, when it
// does.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "core/schedule/cron.h"
#include "core/schedule/slots.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zones_test_support.h"

namespace kaizen::core {
namespace {

struct Place {
  const char* zone;
  int32_t year;  // the first of two, in UTC
  int32_t first_offset_s;
  std::vector<std::pair<const char*, int32_t>> changes;
};

const std::vector<Place>& places() {
  static const std::vector<Place> kPlaces = {
      {"America/New_York",
       2025,
       -18'000,
       {{"2025-03-09T07:00:00Z", -14'400},
        {"2025-11-02T06:00:00Z", -18'000},
        {"2026-03-08T07:00:00Z", -14'400},
        {"2026-11-01T06:00:00Z", -18'000}}},
      {"Australia/Lord_Howe",
       2025,
       39'600,
       {{"2025-04-05T15:00:00Z", 37'800},
        {"2025-10-04T15:30:00Z", 39'600},
        {"2026-04-04T15:00:00Z", 37'800},
        {"2026-10-03T15:30:00Z", 39'600}}},
      {"Pacific/Apia",
       2011,
       -36'000,
       {{"2011-04-02T14:00:00Z", -39'600},
        {"2011-09-24T14:00:00Z", -36'000},
        {"2011-12-30T10:00:00Z", 50'400},
        {"2012-03-31T14:00:00Z", 46'800},
        {"2012-09-29T14:00:00Z", 50'400}}},
      {"Africa/Casablanca",
       2025,
       3'600,
       {{"2025-02-23T02:00:00Z", 0},
        {"2025-04-06T02:00:00Z", 3'600},
        {"2026-02-15T02:00:00Z", 0},
        {"2026-03-22T02:00:00Z", 3'600}}},
      {"Asia/Beirut",
       2025,
       7'200,
       {{"2025-03-29T22:00:00Z", 10'800},
        {"2025-10-25T21:00:00Z", 7'200},
        {"2026-03-28T22:00:00Z", 10'800},
        {"2026-10-24T21:00:00Z", 7'200}}},
      {"Asia/Tokyo", 2025, 32'400, {}},
      {"Etc/UTC", 2025, 0, {}},
  };
  return kPlaces;
}

// One minute of the clock on the wall.
struct Minute {
  uint8_t minute, hour, day, month, weekday;
  bool is_shown;
  bool is_shown_twice;
  int32_t first;   // minutes since Place::from; when not shown: when the clock jumped over it
  int32_t second;  // of a minute shown twice
};

// Every minute of the calendar that may concern the place's two years.
class Wall {
 public:
  explicit Wall(const Place& place)
      : from_s_(new_year_s(place.year)),
        total_(static_cast<int32_t>((new_year_s(place.year + 2) - from_s_) / 60)),
        zone_(zone_of(place)) {
    std::vector<std::pair<int64_t, int32_t>> offsets = {{INT64_MIN, place.first_offset_s}};
    for (const auto& [when, offset_s] : place.changes) {
      offsets.emplace_back(at(when).unix_s(), offset_s);
    }
    // Two days before and after, for the clocks that are ahead or behind.
    int32_t year = place.year - 1, month = 12, day = 30;
    int64_t label_s = from_s_ - int64_t{2} * 86'400;
    auto weekday = static_cast<uint8_t>((label_s / 86'400 + 4) % 7);
    while (label_s < from_s_ + int64_t{total_} * 60 + int64_t{2} * 86'400) {
      for (int32_t of_day = 0; of_day < 1'440; ++of_day, label_s += 60) {
        Minute minute{static_cast<uint8_t>(of_day % 60),
                      static_cast<uint8_t>(of_day / 60),
                      static_cast<uint8_t>(day),
                      static_cast<uint8_t>(month),
                      weekday,
                      false,
                      false,
                      0,
                      0};
        place_in_time(minute, label_s, offsets);
        minutes_.push_back(minute);
      }
      weekday = static_cast<uint8_t>((weekday + 1) % 7);
      if (++day <= days_of_month(year, month)) continue;
      day = 1;
      month = month % 12 + 1;
      if (month == 1) ++year;
    }
  }

  const std::vector<Minute>& minutes() const { return minutes_; }

  int32_t total() const { return total_; }

  base::Time time(int32_t minute) const {
    return base::Time::from_unix_s(from_s_ + int64_t{minute} * 60);
  }

  const TimeZone& zone() const { return zone_; }

 private:
  static int64_t new_year_s(int32_t year) {
    return at(std::to_string(year) + "-01-01T00:00:00Z").unix_s();
  }

  static TimeZone zone_of(const Place& place) {
    return std::string(place.zone) == "Etc/UTC" ? TimeZone() : recorded_zone(place.zone);
  }

  static int32_t days_of_month(int32_t year, int32_t month) {
    if (month == 2) return year % 4 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }

  void place_in_time(Minute& minute,
                     int64_t label_s,
                     const std::vector<std::pair<int64_t, int32_t>>& offsets) const {
    for (size_t i = 0; i < offsets.size(); ++i) {
      const int64_t when = label_s - offsets[i].second;
      const bool holds =
          when >= offsets[i].first && (i + 1 == offsets.size() || when < offsets[i + 1].first);
      if (!holds) continue;
      (minute.is_shown ? minute.second : minute.first) =
          static_cast<int32_t>((when - from_s_) / 60);
      minute.is_shown_twice = minute.is_shown;
      minute.is_shown = true;
    }
    for (size_t i = 1; i < offsets.size() && !minute.is_shown; ++i) {
      const int64_t before = offsets[i].first + offsets[i - 1].second;
      const int64_t after = offsets[i].first + offsets[i].second;
      if (label_s >= before && label_s < after) {
        minute.first = static_cast<int32_t>((offsets[i].first - from_s_) / 60);
      }
    }
  }

  int64_t from_s_ = 0;
  int32_t total_ = 0;
  std::vector<Minute> minutes_;
  TimeZone zone_;
};

// A field as text and as what it names, drawn together.
struct Field {
  std::string text = "*";
  bool star = true;
  std::array<bool, 64> names{};
};

Field draw(base::Rng& rng, int32_t low, int32_t high, double star_share) {
  Field field;
  const auto pick = [&rng](int32_t from, int32_t to) {
    return from + static_cast<int32_t>(rng.next() % static_cast<uint64_t>(to - from + 1));
  };
  if (rng.unit() < star_share) {
    field.names.fill(true);
    return field;
  }
  field.star = false;
  field.text.clear();
  const int32_t items = pick(1, 3);
  for (int32_t i = 0; i < items; ++i) {
    if (i > 0) field.text += ",";
    int32_t first = pick(low, high);
    int32_t last = first;
    int32_t step = 1;
    switch (pick(0, 3)) {
      case 0:
        last = pick(first, high);
        field.text += std::to_string(first) + "-" + std::to_string(last);
        break;
      case 1:
        step = pick(2, high - low);
        first = low;
        last = high;
        field.text += "*/" + std::to_string(step);
        break;
      case 2:
        step = pick(1, high - low);
        last = pick(first, high);
        field.text +=
            std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(step);
        break;
      default: field.text += std::to_string(first); break;
    }
    for (int32_t value = first; value <= last; value += step) {
      field.names.at(static_cast<size_t>(value)) = true;
    }
  }
  return field;
}

struct Schedule {
  Field minute, hour, day, month, weekday;

  std::string text() const {
    return minute.text + " " + hour.text + " " + day.text + " " + month.text + " " + weekday.text;
  }

  bool names(const Minute& at) const {
    if (!minute.names[at.minute] || !hour.names[at.hour] || !month.names[at.month]) return false;
    const bool by_day = day.names[at.day];
    const bool by_weekday = weekday.names[at.weekday] || (at.weekday == 0 && weekday.names[7]);
    if (day.star || weekday.star) return by_day && by_weekday;
    return by_day || by_weekday;
  }
};

Schedule draw(base::Rng& rng) {
  return {.minute = draw(rng, 0, 59, 0.05),
          .hour = draw(rng, 0, 23, 0.4),
          .day = draw(rng, 1, 31, 0.6),
          .month = draw(rng, 1, 12, 0.7),
          .weekday = draw(rng, 0, 7, 0.6)};
}

// TG-13, word for word. Minutes since the place's begin, in [0, total).
std::vector<int32_t> expected(const Schedule& schedule, const Wall& wall) {
  std::vector<int32_t> slots;
  for (const Minute& minute : wall.minutes()) {
    if (!schedule.names(minute)) continue;
    const bool is_fixed = !schedule.hour.star;
    if (minute.is_shown || is_fixed) slots.push_back(minute.first);
    if (minute.is_shown_twice && !is_fixed) slots.push_back(minute.second);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  std::erase_if(slots, [&wall](int32_t slot) { return slot < 0 || slot >= wall.total(); });
  return slots;
}

// The first slots one after the other, then single questions all over the two years.
void compare(const Schedule& schedule, const Wall& wall, base::Rng& rng) {
  const base::Result<CronExpression> cron = parse_cron(schedule.text());
  ASSERT_TRUE(cron.ok()) << schedule.text();
  const std::vector<int32_t> slots = expected(schedule, wall);
  const base::Time begin = wall.time(0) - base::Duration(1);
  EXPECT_EQ(count_slots(*cron, wall.zone(), begin, wall.time(wall.total() - 1)),
            static_cast<int64_t>(slots.size()));
  base::Time walked = begin;
  for (size_t i = 0; i < slots.size() && i < 200; ++i) {
    const std::optional<base::Time> next = next_slot(*cron, wall.zone(), walked).slot;
    ASSERT_EQ(next, wall.time(slots[i]));
    walked = *next;
  }
  for (int32_t i = 0; i < 200; ++i) {
    // Half of the questions lie around a slot, where mistakes are.
    int32_t now = static_cast<int32_t>(rng.next() % static_cast<uint64_t>(wall.total()));
    if (i % 2 == 0 && !slots.empty()) {
      now = slots[rng.next() % slots.size()] + static_cast<int32_t>(rng.next() % 3) - 1;
      now = std::clamp(now, 0, wall.total() - 1);
    }
    const auto above = std::upper_bound(slots.begin(), slots.end(), now);
    const std::optional<base::Time> newest =
        newest_slot(*cron, wall.zone(), begin, wall.time(now)).slot;
    const std::optional<base::Time> next = next_slot(*cron, wall.zone(), wall.time(now)).slot;
    if (above == slots.begin()) {
      EXPECT_EQ(newest, std::nullopt);
    } else {
      EXPECT_EQ(newest, wall.time(*std::prev(above)));
    }
    if (above != slots.end()) {
      EXPECT_EQ(next, wall.time(*above));
    }
    EXPECT_EQ(count_slots(*cron, wall.zone(), begin, wall.time(now)), above - slots.begin());
  }
}

TEST(Slots, TG13AgreesWithEveryMinuteOfTwoYears) {
  for (const Place& place : places()) {
    const Wall wall(place);
    base::Rng rng(13);
    for (int round = 0; round < 200; ++round) {
      const Schedule schedule = draw(rng);
      SCOPED_TRACE(schedule.text() + " " + place.zone);
      compare(schedule, wall, rng);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace kaizen::core

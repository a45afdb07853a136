#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "bench.h"
#include "core/schedule/cron.h"
#include "core/schedule/slots.h"
#include "core/schedule/zone_file.h"

namespace kaizen::bench {

namespace {

struct Question {
  const char* what;
  const char* cron;
  const char* after;
  const char* until;  // nullptr: the next slot
};

constexpr Question kQuestions[] = {
    {"newest slot, weekly, a week ago", "0 3 * * MON", "2026-03-01T12:00:00Z",
     "2026-03-08T12:00:00Z"},
    {"newest slot, every minute, ten years missed", "* * * * *", "2016-07-01T00:00:00Z",
     "2026-07-01T00:00:00Z"},
    {"newest slot, leap day around 2100", "0 0 29 2 *", "1990-01-01T00:00:00Z",
     "2104-02-28T00:00:00Z"},
    {"next slot, weekly", "0 3 * * MON", "2026-03-01T12:00:00Z", nullptr},
    {"next slot, leap day around 2100", "0 0 29 2 *", "2096-03-01T00:00:00Z", nullptr},
};

core::SlotSearch ask(const Question& question,
                     const core::CronExpression& cron,
                     const core::TimeZone& zone) {
  const base::Time after = base::parse_time(question.after).value_or(base::Time());
  if (question.until == nullptr) return core::next_slot(cron, zone, after);
  return core::newest_slot(cron, zone, after,
                           base::parse_time(question.until).value_or(base::Time()));
}

}  // namespace

int bench_schedule(const std::string& zone_file) {
  constexpr int kRuns = 1'000;
  const auto zone = core::parse_zone_file(read_file(zone_file));
  if (!zone.ok()) {
    std::fprintf(stderr, "bench: %s: %s\n", zone_file.c_str(), zone.error().message.c_str());
    return 1;
  }
  for (const Question& question : kQuestions) {
    const auto cron = core::parse_cron(question.cron);
    if (!cron.ok()) return 1;
    core::SlotSearch found;
    const uint64_t before = allocations();
    const double took = fastest_us(kRuns, [&] { found = ask(question, *cron, *zone); });
    if (!found.slot) return 1;
    std::printf("schedule: %s: %d months, %.2f us, %.1f allocations\n", question.what, found.months,
                took, static_cast<double>(allocations() - before) / kRuns);
  }
  return 0;
}

}  // namespace kaizen::bench

// Labels: what a clock shows, in minutes since 1970-01-01T00:00 of that clock, and which of them a
// cron expression names. No time zone here. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "core/schedule/cron.h"

namespace kaizen::core {

// A search looks at one month after the other, each in constant time (TG-14).
struct LabelSearch {
  std::optional<int64_t> label;
  int32_t months = 0;  // looked at
};

// The newest named label in [at_least, at_most]. Each field of `cron` names something, as
// parse_cron() ensures.
LabelSearch newest_label(const CronExpression& cron, int64_t at_least, int64_t at_most);

// The oldest named label in [at_least, at_most].
LabelSearch oldest_label(const CronExpression& cron, int64_t at_least, int64_t at_most);

// How many labels in [at_least, at_most] are named; one step per month.
int64_t count_labels(const CronExpression& cron, int64_t at_least, int64_t at_most);

}  // namespace kaizen::core

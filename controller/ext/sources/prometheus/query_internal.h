// Query: one request of a tick, and what its answer is for. The list of a question is made twice,
// when it is asked and when it is read, and is the same both times. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/preset_internal.h"

namespace kaizen::ext::prometheus {

enum class Use : uint8_t { kTotal, kBuckets, kScraped, kNumerator, kDenominator };

struct Query {
  Use use = Use::kTotal;
  const Preset* preset = nullptr;  // of the first three
  size_t signal = 0;               // of the last two: position in question.signals
  bool canary = false;             // of the last two: which arm
  bool earlier = false;            // at question.previous, not question.at
  std::string promql;
};

// All queries of one tick. Error (kTerminal): InvalidQuery, the message names the field.
base::Result<std::vector<Query>> tick_queries(const core::Question& question);

// The queries of the baseline: the stable arm alone, each over the whole range.
base::Result<std::vector<Query>> baseline_queries(const core::Question& question);

// The ticks of the baseline (R3-20).
inline constexpr int64_t kBaselineTicks = 20;

base::Result<base::HttpRequest> instant_request(const core::Question& question, const Query& query);
base::Result<base::HttpRequest> range_request(const core::Question& question,
                                              const Query& query,
                                              base::Duration interval);

}  // namespace kaizen::ext::prometheus
